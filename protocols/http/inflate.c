#include "protocols/http/inflate_internal.h"

#include "core/error.h"
#include "protocols/http/zlib_internal.h"

#define WINDOW_GZIP (15 + 16)
#define WINDOW_ZLIB 15
#define WINDOW_RAW  (-15)

struct http_inflater {
	const struct sb_env *env;
	z_stream z;
	bool is_begun, is_deflate, has_ended;
};

struct http_inflater *
http_inflater_new(const struct sb_env *env, enum http_coding coding)
{
	struct http_inflater *made = env->allocate(env->context, sizeof(*made));

	if (!made)
		return NULL;
	*made = (struct http_inflater){.env = env,
		.z = http_zlib_stream(env),
		.is_deflate = coding == HTTP_CODING_DEFLATE};
	return made;
}

void
http_inflater_free(struct http_inflater *inflater)
{
	if (!inflater)
		return;
	if (inflater->is_begun)
		inflateEnd(&inflater->z);
	inflater->env->release(inflater->env->context, inflater);
}

/* "deflate" is zlib's format, but some have always sent the bare one. The method of zlib's first
 * octet is 8, which in the bare one would be a stored block with bits that zlib leaves zero. */
static int
begin(struct http_inflater *inflater, uint8_t first)
{
	int window = WINDOW_GZIP;

	if (inflater->is_deflate)
		window = (first & 0x0f) == 8 && first >> 4 <= 7 ? WINDOW_ZLIB : WINDOW_RAW;
	if (inflateInit2(&inflater->z, window) != Z_OK)
		return SB_ENOMEM;
	inflater->is_begun = true;
	return 0;
}

ssize_t
http_inflate(struct http_inflater *inflater, struct sb_bytes *in, uint8_t *out, size_t size)
{
	z_stream *z = &inflater->z;
	int status;

	if (!inflater->is_begun) {
		if (!in->size)
			return 0;
		if (begin(inflater, in->data[0]))
			return SB_ENOMEM;
	}
	if (inflater->has_ended)
		return in->size ? SB_EPROTO : 0;
	z->next_in = (z_const Bytef *)in->data;
	z->avail_in = (uInt)in->size;
	z->next_out = out;
	z->avail_out = (uInt)size;
	status = inflate(z, Z_SYNC_FLUSH);
	*in = sb_bytes(z->next_in, z->avail_in);
	inflater->has_ended = status == Z_STREAM_END;
	if (status == Z_MEM_ERROR)
		return SB_ENOMEM;
	/* Without a whole symbol there is nothing to be done, which is no error. */
	if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR)
		return SB_EPROTO;
	return (ssize_t)(size - z->avail_out);
}

bool
http_inflater_has_ended(const struct http_inflater *inflater)
{
	return inflater->has_ended;
}
