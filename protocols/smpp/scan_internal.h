/*
 * Where a string ends: the one loop that every PDU passes several times, for
 * texts of mostly 0 to 20 octets, where a call of memchr() costs more than the
 * scan. Little-endian, as core/bytes.h is.
 */
#ifndef SB_SMPP_SCAN_INTERNAL_H
#define SB_SMPP_SCAN_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "core/bytes.h"

/* The first NUL in [at, end), or NULL. */
static inline const uint8_t *
smpp_find_nul(const uint8_t *at, const uint8_t *end)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	const uint64_t tops = UINT64_C(0x8080808080808080);

	while (end - at >= (ptrdiff_t)sizeof(uint64_t)) {
		uint64_t word, zeros;

		memcpy(&word, at, sizeof(word));
		/* The lowest bit set marks the first zero octet; higher ones may lie. */
		zeros = (word - ones) & ~word & tops;
		if (zeros)
			return at + __builtin_ctzll(zeros) / 8;
		at += sizeof(word);
	}
	for (; at < end; at++)
		if (*at == 0)
			return at;
	return NULL;
}

static inline bool
smpp_has_nul(struct sb_bytes text)
{
	return text.size && smpp_find_nul(text.data, text.data + text.size);
}

#endif
