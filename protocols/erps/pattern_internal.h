/*
 * Patterns in words: what erps_match and erps_put_pattern read. The text is the
 * program's own.
 */
#ifndef SB_ERPS_PATTERN_INTERNAL_H
#define SB_ERPS_PATTERN_INTERNAL_H

#include "../../core/bytes.h"

enum erps_word {
	ERPS_WORD_END,
	ERPS_WORD_WRONG, /* no word of a pattern */
	ERPS_WORD_ATOM,
	ERPS_WORD_KEY, /* "key:" of a map */
	ERPS_WORD_INTEGER,
	ERPS_WORD_TEXT,
	ERPS_WORD_NAME,
	ERPS_WORD_TUPLE, /* { */
	ERPS_WORD_TUPLE_END,
	ERPS_WORD_LIST, /* [ */
	ERPS_WORD_LIST_END,
	ERPS_WORD_MAP, /* %{ */
	ERPS_WORD_COMMA,
	ERPS_WORD_TAIL,  /* | */
	ERPS_WORD_ARROW, /* => */
};

/* X(name): what may stand behind `::`. */
#define ERPS_PATTERN_TYPE_MAP(X) \
	X(any)                   \
	X(int)                   \
	X(uint)                  \
	X(float)                 \
	X(atom)                  \
	X(binary)                \
	X(text)                  \
	X(bool)                  \
	X(tuple)                 \
	X(list)                  \
	X(map)

enum erps_pattern_type {
#define X(name) ERPS_TYPE_##name,
	ERPS_PATTERN_TYPE_MAP(X)
#undef X
};

/* A cursor; what it stands on is in the members. */
struct erps_pattern {
	const char *next;
	enum erps_word word;
	struct sb_bytes text; /* of an atom, a key, a text, a name */
	int64_t integer;
	enum erps_pattern_type type; /* of a name */
};

/* A cursor on the first word. */
struct erps_pattern erps_pattern(const char *text);

void erps_pattern_next(struct erps_pattern *p);

/* Counts what stands between the opening word, on which `p` is, and its end: elements, or the pairs
 * of a map; *has_tail: there is a `|` (the tail is not counted). `p` stays. */
size_t erps_pattern_count(const struct erps_pattern *p, bool *has_tail);

#endif
