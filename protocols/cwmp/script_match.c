/* Matching by trying: each function goes as deep as the pattern is long, never as the subject is.
 */
#include "protocols/cwmp/script_pattern_internal.h"

#include <string.h>

static const char *
match_from(const struct pattern *pattern, struct pattern_match *m, unsigned i, const char *at);

/* False when there are none left: everything then ends as if nothing matched. */
static bool
step(struct pattern_match *m)
{
	return m->steps > 0 && --m->steps > 0;
}

static bool
is_in(const struct pattern_item *item, unsigned char c)
{
	return item->set[c / 32] >> c % 32 & 1;
}

static bool
fits(const struct pattern_item *item, struct pattern_match *m, const char *at)
{
	return step(m) && at < m->end && is_in(item, (unsigned char)*at);
}

static const char *
match_most(const struct pattern *pattern, struct pattern_match *m, unsigned i, const char *at,
	size_t least)
{
	size_t count = 0;

	while (fits(&pattern->items[i], m, at + count))
		count++;
	for (; count + 1 > least && m->steps > 0; count--) {
		const char *end = match_from(pattern, m, i + 1, at + count);

		if (end || count == 0)
			return end;
	}
	return NULL;
}

static const char *
match_least(const struct pattern *pattern, struct pattern_match *m, unsigned i, const char *at)
{
	for (;;) {
		const char *end = match_from(pattern, m, i + 1, at);

		if (end || !fits(&pattern->items[i], m, at))
			return end;
		at++;
	}
}

static const char *
match_repeated(const struct pattern *pattern, struct pattern_match *m, unsigned i, const char *at)
{
	const struct pattern_item *item = &pattern->items[i];
	const char *end = NULL;

	switch ((enum pattern_repeat)item->repeat) {
	case PATTERN_ONCE:
		return NULL; /* not here: match_from goes on without a call */
	case PATTERN_MOST:
		return match_most(pattern, m, i, at, 0);
	case PATTERN_MOST_ONE:
		return match_most(pattern, m, i, at, 1);
	case PATTERN_LEAST:
		return match_least(pattern, m, i, at);
	case PATTERN_MAYBE:
		if (fits(item, m, at))
			end = match_from(pattern, m, i + 1, at + 1);
		return end ? end : match_from(pattern, m, i + 1, at);
	}
	return NULL;
}

static const char *
match_open(const struct pattern *pattern, struct pattern_match *m, unsigned i, const char *at)
{
	bool is_position = pattern->items[i].kind == PATTERN_POSITION;
	const char *end = NULL;

	m->captures[m->count++] =
		(struct pattern_capture){at, is_position ? PATTERN_IS_POSITION : PATTERN_IS_OPEN};
	end = match_from(pattern, m, i + 1, at);
	if (!end)
		m->count--;
	return end;
}

static const char *
match_close(const struct pattern *pattern, struct pattern_match *m, unsigned i, const char *at)
{
	unsigned last = m->count;
	const char *end = NULL;

	/* There is one: the compiler has seen to it. */
	while (m->captures[last - 1].size != PATTERN_IS_OPEN)
		last--;
	m->captures[last - 1].size = (size_t)(at - m->captures[last - 1].at);
	end = match_from(pattern, m, i + 1, at);
	if (!end)
		m->captures[last - 1].size = PATTERN_IS_OPEN;
	return end;
}

/* Each of the next three: where it ends, NULL when it does not fit. */
static const char *
end_of_back(const struct pattern_item *item, struct pattern_match *m, const char *at)
{
	const struct pattern_capture *capture = &m->captures[item->a - 1];
	size_t size = capture->size;

	/* A position is no text, and longer than any. */
	if ((size_t)(m->end - at) < size)
		return NULL;
	m->steps -= size / 8 < m->steps ? size / 8 : m->steps;
	return memcmp(capture->at, at, size) == 0 ? at + size : NULL;
}

static const char *
end_of_balance(const struct pattern_item *item, struct pattern_match *m, const char *at)
{
	size_t depth = 0;

	if (at == m->end || (unsigned char)*at != item->a)
		return NULL;
	for (; at < m->end && step(m); at++) {
		unsigned char c = (unsigned char)*at;

		if (c == item->b && depth > 0) {
			if (--depth == 0)
				return at + 1;
		} else if (c == item->a)
			depth++;
	}
	return NULL;
}

static const char *
end_of_frontier(const struct pattern_item *item, struct pattern_match *m, const char *at)
{
	unsigned char before = at == m->subject ? '\0' : (unsigned char)at[-1];
	unsigned char here = at == m->end ? '\0' : (unsigned char)*at;

	return !is_in(item, before) && is_in(item, here) ? at : NULL;
}

static const char *
match_from(const struct pattern *pattern, struct pattern_match *m, unsigned i, const char *at)
{
	for (; i < pattern->count && at; i++) {
		const struct pattern_item *item = &pattern->items[i];

		if (!step(m))
			return NULL;
		switch ((enum pattern_kind)item->kind) {
		case PATTERN_SET:
			if (item->repeat != PATTERN_ONCE)
				return match_repeated(pattern, m, i, at);
			at = fits(item, m, at) ? at + 1 : NULL;
			break;
		case PATTERN_OPEN:
		case PATTERN_POSITION:
			return match_open(pattern, m, i, at);
		case PATTERN_CLOSE:
			return match_close(pattern, m, i, at);
		case PATTERN_BACK:
			at = end_of_back(item, m, at);
			break;
		case PATTERN_BALANCE:
			at = end_of_balance(item, m, at);
			break;
		case PATTERN_FRONTIER:
			at = end_of_frontier(item, m, at);
			break;
		case PATTERN_LAST:
			at = at == m->end ? at : NULL;
			break;
		}
	}
	return at;
}

const char *
pattern_match_at(const struct pattern *pattern, struct pattern_match *match, const char *at)
{
	match->count = 0;
	return match_from(pattern, match, 0, at);
}
