/* Recursion here is as deep as the pattern, which is the program's own. */
#include "protocols/erps/match.h"

#include <assert.h>
#include <stdarg.h>

#include "protocols/erps/atom_internal.h"
#include "protocols/erps/pattern_internal.h"

struct matching {
	struct erps_pattern pattern;
	va_list pointers;
};

static bool match_term(struct matching *m, struct erps_term term);

/* The pattern goes behind its word when the term fits: else nobody reads on. */
static bool
found(struct matching *m, bool is_so)
{
	if (is_so)
		erps_pattern_next(&m->pattern);
	return is_so;
}

static void
expect(struct matching *m, enum erps_word word)
{
	assert(m->pattern.word == word);
	erps_pattern_next(&m->pattern);
}

static bool
is_atom_named(struct erps_term term, struct sb_bytes name)
{
	uint8_t utf8[ERPS_ATOM_OCTETS];
	struct erps_atom atom;

	if (erps_kind(term) != ERPS_ATOM)
		return false;
	atom = erps_atom_at(term.data);
	if (!atom.is_latin1)
		return sb_bytes_equal(atom.octets, name);
	return sb_bytes_equal(sb_bytes(utf8, erps_atom_utf8(atom, utf8)), name);
}

static bool
is_integer(struct erps_term term, int64_t expected)
{
	int64_t value;

	return erps_get_integer(term, &value) && value == expected;
}

static bool
is_binary(struct erps_term term, struct sb_bytes expected)
{
	struct sb_bytes octets;

	return erps_get_binary(term, &octets) && sb_bytes_equal(octets, expected);
}

static bool
take_kind(struct erps_term term, enum erps_kind kind, struct erps_term *to)
{
	*to = term;
	return kind == ERPS_NONE || erps_kind(term) == kind;
}

static bool
match_name(struct matching *m, struct erps_term term)
{
	switch (m->pattern.type) {
	case ERPS_TYPE_any:
		if (sb_bytes_equal(m->pattern.text, sb_bytes_text("_")))
			return true;
		return take_kind(term, ERPS_NONE, va_arg(m->pointers, struct erps_term *));
	case ERPS_TYPE_int:
		return erps_get_integer(term, va_arg(m->pointers, int64_t *));
	case ERPS_TYPE_uint:
		return erps_get_unsigned(term, va_arg(m->pointers, uint64_t *));
	case ERPS_TYPE_float:
		return erps_get_float(term, va_arg(m->pointers, double *));
	case ERPS_TYPE_atom:
		return erps_get_atom(term, va_arg(m->pointers, struct sb_bytes *));
	case ERPS_TYPE_binary:
	case ERPS_TYPE_text:
		return erps_get_binary(term, va_arg(m->pointers, struct sb_bytes *));
	case ERPS_TYPE_bool:
		return erps_get_boolean(term, va_arg(m->pointers, bool *));
	case ERPS_TYPE_tuple:
		return take_kind(term, ERPS_TUPLE, va_arg(m->pointers, struct erps_term *));
	case ERPS_TYPE_list:
		return take_kind(term, ERPS_LIST, va_arg(m->pointers, struct erps_term *));
	case ERPS_TYPE_map:
		return take_kind(term, ERPS_MAP, va_arg(m->pointers, struct erps_term *));
	}
	return false;
}

/* The elements up to the closing word, which the pattern stands on then. */
static bool
match_elements(struct matching *m, struct erps_walk *walk, enum erps_word end)
{
	struct erps_term element;

	while (m->pattern.word != end && m->pattern.word != ERPS_WORD_TAIL) {
		if (!erps_next(walk, &element) || !match_term(m, element))
			return false;
		if (m->pattern.word == ERPS_WORD_COMMA)
			erps_pattern_next(&m->pattern);
		else
			assert(m->pattern.word == end || m->pattern.word == ERPS_WORD_TAIL);
	}
	return true;
}

static bool
match_tuple(struct matching *m, struct erps_term term)
{
	struct erps_walk walk = erps_walk(term);

	if (erps_kind(term) != ERPS_TUPLE)
		return false;
	expect(m, ERPS_WORD_TUPLE);
	return match_elements(m, &walk, ERPS_WORD_TUPLE_END) && walk.left == 0 && found(m, true);
}

static bool
ends_here(struct erps_walk *walk)
{
	struct erps_term element;

	if (erps_next(walk, &element))
		return false;
	element = erps_walk_tail(walk);
	return erps_kind(element) == ERPS_LIST;
}

static bool
match_list(struct matching *m, struct erps_term term)
{
	struct erps_walk walk = erps_walk(term);

	if (erps_kind(term) != ERPS_LIST)
		return false;
	expect(m, ERPS_WORD_LIST);
	if (!match_elements(m, &walk, ERPS_WORD_LIST_END))
		return false;
	if (m->pattern.word == ERPS_WORD_LIST_END)
		return found(m, ends_here(&walk));
	expect(m, ERPS_WORD_TAIL);
	if (!sb_bytes_equal(m->pattern.text, sb_bytes_text("_")))
		*va_arg(m->pointers, struct erps_walk *) = walk;
	expect(m, ERPS_WORD_NAME);
	expect(m, ERPS_WORD_LIST_END);
	return true;
}

/* The value of the key that the pattern stands on, which it then is behind of. */
static bool
find_value(struct matching *m, struct erps_term map, struct erps_term *value)
{
	struct erps_walk walk = erps_walk(map);
	struct erps_pattern key = m->pattern;
	struct erps_term other;

	erps_pattern_next(&m->pattern);
	assert(key.word == ERPS_WORD_KEY || key.word == ERPS_WORD_ATOM ||
		key.word == ERPS_WORD_TEXT || key.word == ERPS_WORD_INTEGER);
	if (key.word != ERPS_WORD_KEY)
		expect(m, ERPS_WORD_ARROW);
	while (erps_next(&walk, &other)) {
		erps_next(&walk, value);
		if (key.word == ERPS_WORD_TEXT          ? is_binary(other, key.text)
			: key.word == ERPS_WORD_INTEGER ? is_integer(other, key.integer)
							: is_atom_named(other, key.text))
			return true;
	}
	return false;
}

static bool
match_map(struct matching *m, struct erps_term term)
{
	struct erps_term value;

	if (erps_kind(term) != ERPS_MAP)
		return false;
	expect(m, ERPS_WORD_MAP);
	while (m->pattern.word != ERPS_WORD_TUPLE_END) {
		if (!find_value(m, term, &value) || !match_term(m, value))
			return false;
		if (m->pattern.word == ERPS_WORD_COMMA)
			erps_pattern_next(&m->pattern);
		else
			assert(m->pattern.word == ERPS_WORD_TUPLE_END);
	}
	return found(m, true);
}

static bool
match_term(struct matching *m, struct erps_term term)
{
	switch (m->pattern.word) {
	case ERPS_WORD_ATOM:
		return found(m, is_atom_named(term, m->pattern.text));
	case ERPS_WORD_INTEGER:
		return found(m, is_integer(term, m->pattern.integer));
	case ERPS_WORD_TEXT:
		return found(m, is_binary(term, m->pattern.text));
	case ERPS_WORD_NAME:
		return found(m, match_name(m, term));
	case ERPS_WORD_TUPLE:
		return match_tuple(m, term);
	case ERPS_WORD_LIST:
		return match_list(m, term);
	case ERPS_WORD_MAP:
		return match_map(m, term);
	default:
		assert(!"a pattern that is none");
		return false;
	}
}

bool
erps_match(struct erps_term term, const char *pattern, ...)
{
	struct matching m = {.pattern = erps_pattern(pattern)};
	bool is_match;

	va_start(m.pointers, pattern);
	is_match = term.data && match_term(&m, term);
	va_end(m.pointers);
	assert(!is_match || m.pattern.word == ERPS_WORD_END);
	return is_match;
}
