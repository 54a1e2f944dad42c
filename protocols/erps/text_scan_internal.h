/*
 * The parser's cursor, and its parts for what holds no other term. All take a cursor at
 * the beginning of what they read and leave it behind that; on an error (negative) it
 * stands where the fault is.
 */
#ifndef SB_ERPS_TEXT_SCAN_INTERNAL_H
#define SB_ERPS_TEXT_SCAN_INTERNAL_H

#include "build.h"
#include "core/error.h"
#include "term.h"

struct erps_scan {
	const uint8_t *at, *end;
	struct erps_builder *b;
	const char *what; /* of the fault */
};

static inline struct sb_bytes
erps_scan_rest(const struct erps_scan *s)
{
	return sb_bytes(s->at, (size_t)(s->end - s->at));
}

/* The octet `offset` on; 0 behind the end. */
static inline uint8_t
erps_scan_peek(const struct erps_scan *s, size_t offset)
{
	return (size_t)(s->end - s->at) > offset ? s->at[offset] : 0;
}

static inline bool
erps_scan_is_at(const struct erps_scan *s, const char *word)
{
	size_t size = strlen(word);

	return (size_t)(s->end - s->at) >= size && !memcmp(s->at, word, size);
}

static inline int
erps_scan_fail(struct erps_scan *s, int error, const char *what)
{
	s->what = what;
	return error;
}

void erps_scan_blanks(struct erps_scan *s);

/* Appends octets that are a part of a term: the builder is opened for that (erps_parse). */
static inline void
erps_scan_put(struct erps_scan *s, const void *octets, size_t size)
{
	if (size)
		erps_put_term(s->b, (struct erps_term){octets, size});
}

/* A term that holds no other. */
int erps_scan_scalar(struct erps_scan *s);

/* An integer or a float; a character as ?a. */
int erps_scan_number(struct erps_scan *s);

/* A whole number up to `most`, for the insides of << >>. */
int erps_scan_small(struct erps_scan *s, uint32_t most, uint32_t *value);

/* << >> with what is in it. */
int erps_scan_octets(struct erps_scan *s);

/* ---- quoted text ---- */

/* One character of a quoted text, escaped or not, as the octets (1 to 4) that it stands for;
 * *code is its code point, or the octet of \xHH. */
int erps_scan_character(struct erps_scan *s, uint8_t out[4], size_t *size, uint32_t *code);

/* A binary, and a list of codes, from the opening quote on. */
int erps_scan_text(struct erps_scan *s);
int erps_scan_charlist(struct erps_scan *s);

/* Appends the characters of a quoted text alone. */
int erps_scan_text_octets(struct erps_scan *s);

/* Octets of a quoted text with its quotes; 0: the closing one is missing. */
size_t erps_scan_quoted_size(const struct erps_scan *s);

/* ---- atoms ---- */

/* The atom whose name is next, plain (`size` octets) or between quotes (size 0). */
int erps_scan_name(struct erps_scan *s, size_t size);

/* Whether a key with its colon is next: `name:`, `"two words":`. */
bool erps_scan_is_key(const struct erps_scan *s);
int erps_scan_key(struct erps_scan *s);

/* Names.With.Capitals. */
int erps_scan_alias(struct erps_scan *s, size_t size);

#endif
