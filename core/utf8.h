/*
 * UTF-8, one code point at a time, for text whose sender is not to be trusted.
 * Pure, any thread.
 */
#ifndef SB_CORE_UTF8_H
#define SB_CORE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bytes.h"

/* The octets (1 to 4) of the code point at the beginning of `in`, which goes to *code; 0 when `in`
 * is empty or does not begin with well-formed UTF-8 (overlong forms and surrogates are not). */
size_t sb_utf8_next(struct sb_bytes in, uint32_t *code);

/* Whether a code point does more than print: controls, line and paragraph separators, and the
 * marks that reorder or hide text on a terminal. */
bool sb_utf8_is_control(uint32_t code);

/* Whether all of `in` is well-formed. */
bool sb_utf8_valid(struct sb_bytes in);

#endif
