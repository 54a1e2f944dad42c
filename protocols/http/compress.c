#include "protocols/http/compress_internal.h"

#include "protocols/http/zlib_internal.h"

/* 64 KiB for a stream instead of 256: what is lost are a few hundredths of what is won. */
#define WINDOW_BITS 13
#define WINDOW_GZIP (WINDOW_BITS + 16)
#define MEMORY      6
#define LEVEL       4

struct http_compressor {
	const struct sb_env *env;
	z_stream z;
};

struct http_compressor *
http_compressor_new(const struct sb_env *env, enum http_coding coding)
{
	struct http_compressor *made = env->allocate(env->context, sizeof(*made));
	int window = coding == HTTP_CODING_GZIP ? WINDOW_GZIP : WINDOW_BITS;

	if (!made)
		return NULL;
	*made = (struct http_compressor){.env = env, .z = http_zlib_stream(env)};
	if (deflateInit2(&made->z, LEVEL, Z_DEFLATED, window, MEMORY, Z_DEFAULT_STRATEGY) == Z_OK)
		return made;
	env->release(env->context, made);
	return NULL;
}

void
http_compressor_free(struct http_compressor *compressor)
{
	if (!compressor)
		return;
	deflateEnd(&compressor->z);
	compressor->env->release(compressor->env->context, compressor);
}

size_t
http_compress_bound(struct http_compressor *compressor, size_t size)
{
	return deflateBound(&compressor->z, (uLong)size);
}

/* What was given so far can be read by the client at once: whoever writes in parts has a reason. */
size_t
http_compress(struct http_compressor *compressor, struct sb_bytes *in, bool is_last, uint8_t *out,
	size_t size)
{
	z_stream *z = &compressor->z;

	z->next_in = (z_const Bytef *)in->data;
	z->avail_in = (uInt)in->size;
	z->next_out = out;
	z->avail_out = (uInt)size;
	(void)deflate(z, is_last ? Z_FINISH : Z_SYNC_FLUSH);
	*in = sb_bytes(z->next_in, z->avail_in);
	return size - z->avail_out;
}
