/* The compiler of patterns; what matches them is script_match.c. */
#include "protocols/cwmp/script_pattern_internal.h"

#include <ctype.h>
#include <string.h>

struct source {
	const char *at, *end;
	const char *fault;
};

static void
add(struct pattern_item *item, unsigned char c)
{
	item->set[c / 32] |= UINT32_C(1) << c % 32;
}

static void
invert(struct pattern_item *item)
{
	for (unsigned i = 0; i < 8; i++)
		item->set[i] = ~item->set[i];
}

static int (*class_of(int letter))(int)
{
	switch (letter) {
	case 'a':
		return isalpha;
	case 'c':
		return iscntrl;
	case 'd':
		return isdigit;
	case 'g':
		return isgraph;
	case 'l':
		return islower;
	case 'p':
		return ispunct;
	case 's':
		return isspace;
	case 'u':
		return isupper;
	case 'w':
		return isalnum;
	case 'x':
		return isxdigit;
	}
	return NULL;
}

/* %a, %A, %. and the like. */
static void
add_escaped(struct pattern_item *item, unsigned char letter)
{
	int (*is_in)(int) = class_of(tolower(letter));

	if (!is_in) {
		add(item, letter);
		return;
	}
	for (int c = 0; c < 256; c++)
		if (!is_in(c) == !islower(letter))
			add(item, (unsigned char)c);
}

static bool
ends(const struct source *in)
{
	return in->at == in->end;
}

static unsigned char
take(struct source *in)
{
	return (unsigned char)*in->at++;
}

static unsigned char
take_escaped(struct source *in)
{
	if (ends(in)) {
		in->fault = "malformed pattern (ends with '%')";
		return 0;
	}
	return take(in);
}

/* One member of a set: a range, a class or a character. */
static void
compile_member(struct source *in, struct pattern_item *item)
{
	unsigned char c = take(in);

	if (c == '%') {
		add_escaped(item, take_escaped(in));
		return;
	}
	if (in->end - in->at >= 2 && in->at[0] == '-' && in->at[1] != ']') {
		unsigned last = (unsigned char)in->at[1];

		for (unsigned each = c; each <= last; each++)
			add(item, (unsigned char)each);
		in->at += 2;
		return;
	}
	add(item, c);
}

/* Behind the `[`. A `]` that comes first is a member. */
static void
compile_set(struct source *in, struct pattern_item *item)
{
	bool inverted = !ends(in) && *in->at == '^', is_first = true;

	if (inverted)
		in->at++;
	for (; !ends(in) && (is_first || *in->at != ']') && !in->fault; is_first = false)
		compile_member(in, item);
	if (in->fault)
		return;
	if (ends(in)) {
		in->fault = "malformed pattern (missing ']')";
		return;
	}
	in->at++;
	if (inverted)
		invert(item);
}

static void
compile_balance(struct source *in, struct pattern_item *item)
{
	if (in->end - in->at < 2) {
		in->fault = "malformed pattern (missing arguments to '%b')";
		return;
	}
	item->kind = PATTERN_BALANCE;
	item->a = take(in);
	item->b = take(in);
}

static void
compile_frontier(struct source *in, struct pattern_item *item)
{
	item->kind = PATTERN_FRONTIER;
	if (ends(in) || take(in) != '[') {
		in->fault = "malformed pattern (missing '[' after '%f')";
		return;
	}
	compile_set(in, item);
}

static void
compile_escape(struct source *in, struct pattern_item *item)
{
	unsigned char c = take_escaped(in);

	if (in->fault)
		return;
	if (c == 'b')
		compile_balance(in, item);
	else if (c == 'f')
		compile_frontier(in, item);
	else if (isdigit(c)) {
		item->kind = PATTERN_BACK;
		item->a = (unsigned char)(c - '0');
	} else
		add_escaped(item, c);
}

static void
compile_open(struct source *in, struct pattern *pattern, struct pattern_item *item)
{
	if (++pattern->captures > PATTERN_CAPTURES)
		in->fault = "too many captures";
	item->kind = PATTERN_OPEN;
	if (ends(in) || *in->at != ')')
		return;
	in->at++;
	item->kind = PATTERN_POSITION;
}

static void
compile_repeat(struct source *in, struct pattern_item *item)
{
	static const char marks[] = "*+-?";
	const char *mark = ends(in) || !*in->at ? NULL : strchr(marks, *in->at);

	if (item->kind != PATTERN_SET || !mark)
		return;
	item->repeat = (uint8_t)(PATTERN_MOST + (mark - marks));
	in->at++;
}

static void
compile_item(struct source *in, struct pattern *pattern, struct pattern_item *item)
{
	unsigned char c = take(in);

	if (c == '(')
		compile_open(in, pattern, item);
	else if (c == ')')
		item->kind = PATTERN_CLOSE;
	else if (c == '$' && ends(in))
		item->kind = PATTERN_LAST;
	else if (c == '[')
		compile_set(in, item);
	else if (c == '%')
		compile_escape(in, item);
	else if (c == '.')
		invert(item);
	else
		add(item, c);
	if (!in->fault)
		compile_repeat(in, item);
}

/* Captures that are closed before they are open, or never; %1 of one that is not closed yet. */
static const char *
check_captures(const struct pattern *pattern)
{
	bool is_open[PATTERN_CAPTURES] = {false};
	unsigned count = 0;

	for (unsigned i = 0; i < pattern->count; i++) {
		const struct pattern_item *item = &pattern->items[i];
		unsigned last = count;

		if (item->kind == PATTERN_OPEN || item->kind == PATTERN_POSITION)
			is_open[count++] = item->kind == PATTERN_OPEN;
		if (item->kind == PATTERN_BACK &&
			(item->a == 0 || item->a > count || is_open[item->a - 1]))
			return "invalid capture index";
		if (item->kind != PATTERN_CLOSE)
			continue;
		while (last > 0 && !is_open[last - 1])
			last--;
		if (last == 0)
			return "invalid pattern capture";
		is_open[last - 1] = false;
	}
	while (count > 0)
		if (is_open[--count])
			return "unfinished capture";
	return NULL;
}

const char *
pattern_compile(struct pattern *pattern, const char *text, size_t size, bool anchors)
{
	struct source in = {text, text + size, NULL};

	memset(pattern, 0, pattern_room(size));
	pattern->is_anchored = anchors && size > 0 && *text == '^';
	if (pattern->is_anchored)
		in.at++;
	while (!ends(&in) && !in.fault)
		compile_item(&in, pattern, &pattern->items[pattern->count++]);
	return in.fault ? in.fault : check_captures(pattern);
}
