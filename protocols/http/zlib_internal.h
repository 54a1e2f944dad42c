/* zlib on an environment's memory. */
#ifndef SB_HTTP_ZLIB_INTERNAL_H
#define SB_HTTP_ZLIB_INTERNAL_H

#include <zlib.h>

#include "core/bytes.h"
#include "core/env.h"

static inline voidpf
http_zlib_allocate(voidpf opaque, uInt count, uInt size)
{
	const struct sb_env *env = opaque;
	size_t all;

	if (!sb_size_mul(count, size, &all))
		return NULL;
	return env->allocate(env->context, all);
}

static inline void
http_zlib_release(voidpf opaque, voidpf memory)
{
	const struct sb_env *env = opaque;

	env->release(env->context, memory);
}

/* A stream before its Init, without input and output yet. */
static inline z_stream
http_zlib_stream(const struct sb_env *env)
{
	return (z_stream){
		.zalloc = http_zlib_allocate,
		.zfree = http_zlib_release,
		.opaque = (voidpf)env,
	};
}

#endif
