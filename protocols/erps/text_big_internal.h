/*
 * Integers of any size: little-endian octets, as they travel, to decimal digits and
 * back. Quadratic in the size, which is bounded. Pure.
 */
#ifndef SB_ERPS_TEXT_BIG_INTERNAL_H
#define SB_ERPS_TEXT_BIG_INTERNAL_H

#include "text.h"

/* Digits of the longest decimal: 8 log10(2) an octet, and one. */
#define ERPS_TEXT_DIGITS_MAX (ERPS_TEXT_DECIMAL_MAX * 2409 / 1000 + 2)

/* The decimal digits of at most ERPS_TEXT_DECIMAL_MAX octets into `digits`; how many. */
size_t erps_big_digits(struct sb_bytes magnitude, char digits[ERPS_TEXT_DIGITS_MAX]);

/*
 * Digits of `base` (2, 8, 10, 16; a _ is passed over) into little-endian octets. How many octets,
 * without leading zeros; over ERPS_TEXT_INTEGER_MAX: there is no room.
 */
size_t
erps_big_read(struct sb_bytes digits, unsigned base, uint8_t magnitude[ERPS_TEXT_INTEGER_MAX]);

#endif
