/*
 * Patterns, so that a handler reads as what it serves:
 *
 *	if (erps_match(request, "{:add, a, b}", &a, &b))
 *
 * A pattern is a term in Elixir's notation: atoms (:add, :"no name", nil, true), integers
 * (that an int64_t holds), "text", {tuples}, [lists], maps (%{key: value, "key" => value};
 * other keys may be there). A name stands for any term, which goes to the next pointer
 * (struct erps_term *); one with a type takes only that: `x::int` (int64_t *), `x::uint`
 * (uint64_t *), `x::float` (double *), `x::atom` and `x::binary` (struct sb_bytes *),
 * `x::bool` (bool *), `x::tuple`, `x::list` and `x::map` (struct erps_term *). `_` stands
 * for any term and takes no pointer. [a, b | rest] takes lists of two or more: `rest`
 * (struct erps_walk *) stands behind the second; `_` there takes no pointer.
 *
 * A pattern is the program's own and correct: a mistake in it is an assertion's. Pure.
 */
#ifndef SB_ERPS_MATCH_H
#define SB_ERPS_MATCH_H

#include "term.h"

/* On false, what the pointers point at is undefined. */
bool erps_match(struct erps_term term, const char *pattern, ...);

#endif
