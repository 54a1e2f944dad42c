/*
 * The printer's part for terms that hold no other.
 */
#ifndef SB_ERPS_TEXT_SCALAR_INTERNAL_H
#define SB_ERPS_TEXT_SCALAR_INTERNAL_H

#include "term.h"
#include "text_out_internal.h"

/* Any term but a tuple, a list with elements, and a map. */
void erps_out_scalar(struct erps_out *out, struct erps_term term);

void erps_out_integer(struct erps_out *out, struct erps_term term);
void erps_out_float(struct erps_out *out, double value);

/* An atom in front of a value, with its colon and a blank: `key: `, `"two words": `. */
void erps_out_key(struct erps_out *out, struct erps_term atom);

/* Whether Elixir takes an atom as a key of that form: an alias is none. */
bool erps_is_key(struct erps_term term);

/* A character between double quotes, escaped where it must be; `next` follows it or is 0. */
void erps_out_character(struct erps_out *out, uint32_t code, uint32_t next);

#endif
