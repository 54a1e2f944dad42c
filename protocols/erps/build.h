/*
 * Terms to octets. A builder appends to memory that grows up to a limit, or to a
 * buffer of the caller's; its failure sticks, so that a reply is built whole and asked
 * about once.
 *
 *	erps_put_tuple(b, 2);
 *	erps_put_atom(b, "ok");
 *	erps_put_integer(b, x + y);
 *
 * One builder makes one term. Integers take their smallest form, atoms SMALL_ATOM_UTF8
 * (longer than 255 octets ATOM_UTF8), floats NEW_FLOAT. Any thread, one at a time a
 * builder.
 */
#ifndef SB_ERPS_BUILD_H
#define SB_ERPS_BUILD_H

#include <stdarg.h>

#include "term.h"

struct sb_env;

struct erps_builder {
	uint8_t *data;
	size_t size, room, limit;
	uint64_t missing;         /* terms that are still to come, for what is there to be whole */
	const struct sb_env *env; /* NULL: the buffer is the caller's */
	int error;                /* 0, or the first that happened */
};

/* In a buffer of the caller's; or in memory of `env`, `limit` octets at most, to be given back. */
void erps_builder_init(struct erps_builder *b, void *buffer, size_t room);
void erps_builder_init_env(struct erps_builder *b, const struct sb_env *env, size_t limit);
void erps_builder_fini(struct erps_builder *b);

/* 131, before all else: what is built is a payload. */
void erps_put_version(struct erps_builder *b);

/* Each appends one term, or the head of one, to be followed by its elements (of a map: keys and
 * values in turn; no key twice). On failure nothing is appended and the error sticks: SB_ENOSPC (no
 * room in the caller's buffer), SB_ELIMIT, SB_ENOMEM, SB_EINVAL (no such value; or the term was
 * whole). */
void erps_put_integer(struct erps_builder *b, int64_t value);
void erps_put_unsigned(struct erps_builder *b, uint64_t value);
void erps_put_big(struct erps_builder *b, struct sb_bytes octets, bool is_negative); /* as
	erps_get_big; always in a long form */
void erps_put_float(struct erps_builder *b, double value);    /* no NaN, no infinity: SB_EINVAL */
void erps_put_atom(struct erps_builder *b, const char *name); /* UTF-8, 255 characters at most */
void erps_put_atom_name(struct erps_builder *b, struct sb_bytes name);
void erps_put_boolean(struct erps_builder *b, bool value);
void erps_put_binary(struct erps_builder *b, struct sb_bytes octets);
void erps_put_bits(struct erps_builder *b, struct sb_bytes octets, uint8_t bits_in_last);
void erps_put_text(struct erps_builder *b, const char *text); /* a binary */
void erps_put_tuple(struct erps_builder *b, size_t arity);
void erps_put_list(struct erps_builder *b, size_t count); /* then its elements, then ... */
void erps_put_nil(struct erps_builder *b); /* ... this: the end of a proper list; or any tail */
void erps_put_map(struct erps_builder *b, size_t pairs);
void erps_put_term(struct erps_builder *b, struct erps_term term); /* a copy of it */

/*
 * Appends a whole term written as a pattern of match.h, its names filled from the arguments in
 * order: `x::int` (int64_t), `x::uint` (uint64_t), `x::float` (double), `x::atom` and `x::text`
 * (const char *), `x::binary` (struct sb_bytes), `x::bool` (int), a bare name (struct erps_term):
 * erps_put_pattern(b, "{:ok, sum::int}", x + y), with x and y int64_t. A name behind `|` is the
 * list's tail. A mistake in the pattern is SB_EINVAL.
 */
void erps_put_pattern(struct erps_builder *b, const char *pattern, ...);
void erps_put_pattern_list(struct erps_builder *b, const char *pattern, va_list arguments);

/* What was built as one view, without the 131; data NULL after a failure, or when elements are
 * missing. Valid until the next put or fini. The second: with its 131, when it has one. */
struct erps_term erps_built(const struct erps_builder *b);
struct sb_bytes erps_built_payload(const struct erps_builder *b);

#endif
