/* Compressed payloads: the size they announce is held against the limit before a single octet is
 * inflated, and is all the room that zlib gets. */
#include "core/env.h"
#include "protocols/erps/decode_internal.h"
#include "protocols/erps/scan_internal.h"
#include "protocols/erps/zlib_internal.h"

/* Deflate makes at most so many octets of one. */
#define GROWTH_MAX 1032

static bool
make_room(struct erps_decoder *decoder, size_t size)
{
	const struct sb_env *env = decoder->env;

	if (decoder->inflated_room >= size)
		return true;
	if (decoder->inflated)
		env->release(env->context, decoder->inflated);
	decoder->inflated = env->allocate(env->context, size);
	decoder->inflated_room = decoder->inflated ? size : 0;
	return decoder->inflated != NULL;
}

static enum erps_fault_code
fault_of(int status, const z_stream *z)
{
	/* No room is left, and it goes on; or it has ended, and left room. */
	if ((status == Z_BUF_ERROR && z->avail_out == 0 && z->avail_in) ||
		(status == Z_STREAM_END && z->avail_out))
		return ERPS_FAULT_INFLATED_SIZE;
	if (status == Z_MEM_ERROR)
		return ERPS_FAULT_MEMORY;
	return status == Z_STREAM_END ? ERPS_FAULT_NONE : ERPS_FAULT_INFLATE;
}

/* In one go, for which zlib needs no window of its own. */
static enum erps_fault_code
inflate_all(struct erps_check *c, struct sb_bytes in, uint32_t size)
{
	z_stream z = erps_zlib_stream(c->decoder->env, in, c->decoder->inflated, size);
	enum erps_fault_code fault;

	if (inflateInit(&z) != Z_OK)
		return ERPS_FAULT_MEMORY;
	fault = fault_of(inflate(&z, Z_FINISH), &z);
	inflateEnd(&z);
	if (!fault && z.avail_in && !c->decoder->limits.takes_trailing)
		fault = ERPS_FAULT_TRAILING;
	return fault;
}

enum erps_fault_code
erps_inflate(struct erps_check *c, struct sb_bytes in)
{
	enum erps_fault_code fault;
	uint32_t size;

	if (in.size < 4)
		return ERPS_FAULT_CUT;
	size = erps_u32(in.data);
	in = sb_bytes(in.data + 4, in.size - 4);
	if (size > c->limits.inflated)
		return ERPS_FAULT_INFLATED_LIMIT;
	if (size == 0 || size / GROWTH_MAX > in.size)
		return ERPS_FAULT_INFLATED_SIZE;
	if (!make_room(c->decoder, size))
		return ERPS_FAULT_MEMORY;
	fault = inflate_all(c, in, size);
	if (fault)
		return fault;
	c->start = c->at = c->decoder->inflated;
	c->end = c->at + size;
	return ERPS_FAULT_NONE;
}
