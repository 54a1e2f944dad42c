/* Payloads made smaller, as term_to_binary's `compressed` does. */
#ifndef SB_ERPS_DEFLATE_INTERNAL_H
#define SB_ERPS_DEFLATE_INTERNAL_H

#include <stddef.h>
#include <stdint.h>

#include "core/bytes.h"

struct sb_env;

/* Room that any payload of `size` octets needs here. */
size_t erps_deflate_room(size_t size);

/* Compresses a payload (131 first) with `level` 1..9 into `room` octets at `out`: its size; 0: it
 * gains nothing by it, or there is no memory, and it is sent as it is. */
size_t erps_deflate(const struct sb_env *env, struct sb_bytes payload, unsigned level, uint8_t *out,
	size_t room);

#endif
