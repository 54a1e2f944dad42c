/*
 * Terms to octets. A builder appends to memory that grows up to a limit, or to a
 * buffer of the caller's; its failure sticks, so that a reply is built whole and asked
 * about once.
 *
 *	erps_put_tuple(b, 2);
 *	erps_put_atom(b, "ok");
 *	erps_put_integer(b, x + y);
 *
 * Integers take their smallest form, atoms SMALL_ATOM_UTF8, floats NEW_FLOAT. Any
 * thread, one at a time a builder.
 */
#ifndef SB_ERPS_BUILD_H
#define SB_ERPS_BUILD_H

#include <stdarg.h>

#include "term.h"

struct sb_env;

struct erps_builder {
	uint8_t *data;
	size_t size, room, limit;
	const struct sb_env *env; /* NULL: the buffer is the caller's */
	int error;                /* 0, or the first that happened */
};

/* In a buffer of the caller's; or in memory of `env`, `limit` octets at most, to be given back. */
void erps_builder_init(struct erps_builder *b, void *buffer, size_t room);
void erps_builder_init_env(struct erps_builder *b, const struct sb_env *env, size_t limit);
void erps_builder_fini(struct erps_builder *b);

/* Each appends one term, or the head of one, to be followed by its elements (of a map: keys and
 * values in turn; no key twice). On failure nothing is appended and the error sticks. */
void erps_put_integer(struct erps_builder *b, int64_t value);
void erps_put_unsigned(struct erps_builder *b, uint64_t value);
void erps_put_float(struct erps_builder *b, double value); /* no NaN, no infinity: SB_EINVAL */
void erps_put_atom(struct erps_builder *b, const char *name);
void erps_put_boolean(struct erps_builder *b, bool value);
void erps_put_binary(struct erps_builder *b, struct sb_bytes octets);
void erps_put_text(struct erps_builder *b, const char *text); /* a binary */
void erps_put_tuple(struct erps_builder *b, size_t arity);
void erps_put_list(struct erps_builder *b, size_t count); /* then its elements, then ... */
void erps_put_nil(struct erps_builder *b);                /* ... this: the end of a proper list */
void erps_put_map(struct erps_builder *b, size_t pairs);
void erps_put_term(struct erps_builder *b, struct erps_term term); /* a copy of it */

/*
 * Appends a whole term written as a pattern of match.h, its names filled from the arguments in
 * order: `x::int` (int64_t), `x::uint` (uint64_t), `x::float` (double), `x::atom` and `x::text`
 * (const char *), `x::binary` (struct sb_bytes), `x::bool` (int), a bare name (struct erps_term):
 * erps_put_pattern(b, "{:ok, sum::int}", x + y), with x and y int64_t.
 */
void erps_put_pattern(struct erps_builder *b, const char *pattern, ...);
void erps_put_pattern_list(struct erps_builder *b, const char *pattern, va_list arguments);

/* What was built as one view; data NULL after a failure. Valid until the next put or fini. */
struct erps_term erps_built(const struct erps_builder *b);

#endif
