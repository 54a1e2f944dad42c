/* zlib on an environment's memory. */
#ifndef SB_ERPS_ZLIB_INTERNAL_H
#define SB_ERPS_ZLIB_INTERNAL_H

#include <zlib.h>

#include "core/bytes.h"
#include "core/env.h"

static inline voidpf
erps_zlib_allocate(voidpf opaque, uInt count, uInt size)
{
	const struct sb_env *env = opaque;
	size_t all;

	if (!sb_size_mul(count, size, &all))
		return NULL;
	return env->allocate(env->context, all);
}

static inline void
erps_zlib_release(voidpf opaque, voidpf memory)
{
	const struct sb_env *env = opaque;

	env->release(env->context, memory);
}

/* A stream from `in` to `out`, before its Init. All are borrowed. */
static inline z_stream
erps_zlib_stream(const struct sb_env *env, struct sb_bytes in, uint8_t *out, size_t room)
{
	return (z_stream){
		.zalloc = erps_zlib_allocate,
		.zfree = erps_zlib_release,
		.opaque = (voidpf)env,
		.next_in = (z_const Bytef *)in.data,
		.avail_in = (uInt)in.size,
		.next_out = out,
		.avail_out = (uInt)room,
	};
}

#endif
