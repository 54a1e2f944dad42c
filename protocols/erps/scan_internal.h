/* Octets of a term that was checked: nothing here looks for the end. Pure. */
#ifndef SB_ERPS_SCAN_INTERNAL_H
#define SB_ERPS_SCAN_INTERNAL_H

#include "protocols/erps/tag.h"
#include "protocols/erps/term.h"

static inline uint16_t
erps_u16(const uint8_t *at)
{
	return (uint16_t)((unsigned)at[0] << 8 | at[1]);
}

static inline uint32_t
erps_u32(const uint8_t *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return __builtin_bswap32(value);
}

static inline uint64_t
erps_u64(const uint8_t *at)
{
	return (uint64_t)erps_u32(at) << 32 | erps_u32(at + 4);
}

/* The octets of a term but for those of its elements, which follow. */
size_t erps_own_size(const uint8_t *at);

/* How many terms follow the octets of a term itself: elements and the tail, keys and values. */
uint64_t erps_children(const uint8_t *at);

/* Behind the term that begins at `at`, its elements included. */
const uint8_t *erps_skip(const uint8_t *at);

/* The term that begins at `at`. */
static inline struct erps_term
erps_term_at(const uint8_t *at)
{
	return (struct erps_term){at, (size_t)(erps_skip(at) - at)};
}

#endif
