/*
 * Lua's patterns, matched in a bounded number of steps: the library's own matcher tries
 * (".-"):rep(20) for years, and no hook can stop it. A pattern is compiled into items; trying
 * one item at one place is a step. Pure.
 */
#ifndef SB_CWMP_SCRIPT_PATTERN_INTERNAL_H
#define SB_CWMP_SCRIPT_PATTERN_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PATTERN_MAX      256 /* octets of a pattern */
#define PATTERN_CAPTURES 32

enum pattern_kind {
	PATTERN_SET, /* one character of these */
	PATTERN_OPEN,
	PATTERN_POSITION, /* () */
	PATTERN_CLOSE,
	PATTERN_BACK,     /* %1 */
	PATTERN_BALANCE,  /* %bxy */
	PATTERN_FRONTIER, /* %f[set] */
	PATTERN_LAST,     /* $ at the end */
};

enum pattern_repeat {
	PATTERN_ONCE,
	PATTERN_MOST,     /* * */
	PATTERN_MOST_ONE, /* + */
	PATTERN_LEAST,    /* - */
	PATTERN_MAYBE,    /* ? */
};

struct pattern_item {
	uint8_t kind;
	uint8_t repeat;     /* of a set */
	unsigned char a, b; /* of a balance; a: the number of a capture */
	uint32_t set[8];    /* a bit a character */
};

struct pattern {
	bool is_anchored;
	uint16_t captures;
	uint16_t count;
	struct pattern_item items[];
};

/* A pattern of `size` octets fits into so many. */
static inline size_t
pattern_room(size_t size)
{
	return sizeof(struct pattern) + (size + 1) * sizeof(struct pattern_item);
}

/* Compiles `text` (at most PATTERN_MAX octets) into `pattern`, which has room for it. `anchors`: a
 * ^ at the beginning is one. NULL, or what is wrong with it. */
const char *pattern_compile(struct pattern *pattern, const char *text, size_t size, bool anchors);

#define PATTERN_IS_OPEN     SIZE_MAX
#define PATTERN_IS_POSITION (SIZE_MAX - 1)

struct pattern_capture {
	const char *at;
	size_t size; /* or PATTERN_IS_POSITION */
};

struct pattern_match {
	const char *subject, *end;
	uint64_t steps; /* that are left; 0 afterwards: they were not enough */
	unsigned count;
	struct pattern_capture captures[PATTERN_CAPTURES];
};

/* Where the match that begins at `at` ends; NULL: there is none. */
const char *
pattern_match_at(const struct pattern *pattern, struct pattern_match *match, const char *at);

#endif
