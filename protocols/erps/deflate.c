#include "protocols/erps/deflate_internal.h"

#include "core/env.h"
#include "protocols/erps/tag.h"
#include "protocols/erps/zlib_internal.h"

/* 131, 80, the size that it inflates to. */
#define HEAD 6

size_t
erps_deflate_room(size_t size)
{
	return HEAD + compressBound((uLong)size);
}

/* In one go: the room is enough for anything. 0: it failed. */
static size_t
deflate_all(const struct sb_env *env, struct sb_bytes in, unsigned level, uint8_t *out, size_t room)
{
	z_stream z = erps_zlib_stream(env, in, out, room);
	size_t size = 0;

	if (deflateInit(&z, (int)level) != Z_OK)
		return 0;
	if (deflate(&z, Z_FINISH) == Z_STREAM_END)
		size = z.total_out;
	deflateEnd(&z);
	return size;
}

size_t
erps_deflate(const struct sb_env *env, struct sb_bytes payload, unsigned level, uint8_t *out,
	size_t room)
{
	struct sb_writer w = sb_writer_of(out, room);
	size_t size;

	sb_put_u8(&w, ERPS_TERM_VERSION);
	sb_put_u8(&w, ERPS_TAG_COMPRESSED);
	sb_put_u32(&w, (uint32_t)(payload.size - 1));
	if (sb_writer_failed(&w))
		return 0;
	size = deflate_all(
		env, sb_bytes(payload.data + 1, payload.size - 1), level, w.at, room - HEAD);
	return size && HEAD + size < payload.size ? HEAD + size : 0;
}
