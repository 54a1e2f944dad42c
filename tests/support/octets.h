/* Octets for tests: written down readably, and lying in memory of exactly their size. */
#ifndef SB_TESTS_SUPPORT_OCTETS_H
#define SB_TESTS_SUPPORT_OCTETS_H

#include "core/bytes.h"

/* Octets from pairs of hexadecimal digits, 00*36 (the octet so many times) and 'texts' (blanks
 * between are skipped), in `buf`. Aborts on anything else. */
struct sb_bytes octets_of(const char *notation, uint8_t *buf, size_t size);

/* A copy that AddressSanitizer guards on both ends; free() its data. */
struct sb_bytes exact_copy(struct sb_bytes octets);

/* Writes a u32 in network order over the octets at `at`. */
void patch_u32(uint8_t *at, uint32_t value);

#endif
