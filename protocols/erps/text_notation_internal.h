/*
 * What the printer and the parser must agree on: which atoms go without quotes, and
 * how characters are escaped. Pure.
 */
#ifndef SB_ERPS_TEXT_NOTATION_INTERNAL_H
#define SB_ERPS_TEXT_NOTATION_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "core/bytes.h"

static inline bool
erps_is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static inline bool
erps_is_name_start(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static inline bool
erps_is_name_character(uint8_t c)
{
	return erps_is_name_start(c) || erps_is_digit(c);
}

/* The value of a digit up to 16, or 255. */
static inline uint8_t
erps_digit_value(uint8_t c)
{
	if (erps_is_digit(c))
		return (uint8_t)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (uint8_t)(c - 'a' + 10);
	if (c >= 'A' && c <= 'F')
		return (uint8_t)(c - 'A' + 10);
	return 255;
}

/* Octets at the beginning that are an identifier: letters of ASCII, digits, _, at most one ? or !
 * at its end. With `takes_at` also @, as an atom may have. 0: none. */
size_t erps_name_size(struct sb_bytes in, bool takes_at);

/* Octets at the beginning that are an alias: Names.With.Capitals. 0: none. */
size_t erps_alias_size(struct sb_bytes in);

/* Octets at the beginning that are an operator which needs no quotes as an atom (:+); the longest
 * one. 0: none. */
size_t erps_operator_size(struct sb_bytes in);

/* The letter that stands for a code after a backslash (10: 'n'), and back; 0: there is none. */
char erps_escape_letter(uint32_t code);
bool erps_escape_code(char letter, uint8_t *code);

/* Octets (1 to 4) of a code point as UTF-8 in `out`. */
size_t erps_utf8_put(uint32_t code, uint8_t out[4]);

#endif
