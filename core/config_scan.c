/*
 * The syntax of a file and the lines of everything in it: a recursive language,
 * but a flat loop that keeps the open section, so that no nesting can exhaust the
 * stack. Repeated scalars and stray braces are found here, since libconfuse takes
 * the last or none without a word.
 */
#include "core/config_scan_internal.h"

#include "core/config_lex_internal.h"
#include "core/error.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NONE SIZE_MAX

/* `section` is the open one; its parents are found by number. */
struct scanner {
	struct config_scan *scan;
	struct config_lexer lexer;
	struct token token; /* the one to be looked at */
	size_t section;     /* where we are */
	int error;
};

/* Room for one more at the end of a growing array; the doubling is at powers of two, so that no
 * capacity need be kept. */
static void *
grow(void *array, size_t count, size_t size)
{
	if (count & (count - 1))
		return array;
	return reallocarray(array, count ? count * 2 : 1, size);
}

static void
next(struct scanner *s)
{
	s->token = config_lex(&s->lexer);
}

/* Reports, and makes it an error. */
static void
report(struct scanner *s, unsigned line, const char *reason)
{
	s->scan->report(s->scan->context, line, reason);
	s->error = SB_ECONFIG;
}

/* What is there is not what was wanted. */
static void
report_unexpected(struct scanner *s, const char *wanted)
{
	const struct token *t = &s->token;
	char reason[256];

	if (t->kind == TOKEN_WRONG) {
		report(s, t->line, s->lexer.reason);
		return;
	}
	if (t->kind == TOKEN_END)
		snprintf(reason, sizeof(reason), "the file ends where %s should be", wanted);
	else
		snprintf(reason, sizeof(reason), "%.*s where %s should be",
			t->size < 64 ? (int)t->size : 64, t->text, wanted);
	report(s, t->line, reason);
}

static bool
is_named(const char *name, size_t size, const struct token *t)
{
	return size == t->size && memcmp(name, t->text, size) == 0;
}

/* How many sections of that name the current one has. */
static size_t
next_ordinal(const struct scanner *s, const struct token *name)
{
	const struct config_scan *scan = s->scan;

	/* From the end: the last one of that name is usually near. */
	for (size_t i = scan->section_count; i-- > 0;) {
		const struct scan_section *other = &scan->sections[i];

		if (other->parent == s->section && is_named(other->name, other->name_size, name))
			return other->ordinal + 1;
	}
	return 0;
}

static void
add_section(struct scanner *s, const struct token *name)
{
	struct config_scan *scan = s->scan;
	struct scan_section *sections =
		grow(scan->sections, scan->section_count, sizeof(*sections));
	struct scan_section added = {
		.parent = s->section,
		.name = name->text,
		.name_size = name->size,
		.first_value = NONE,
		.last_value = NONE,
		.line = name->line,
	};

	if (!sections) {
		s->error = SB_ENOMEM;
		return;
	}
	scan->sections = sections;
	added.ordinal = scan->section_count ? next_ordinal(s, name) : 0;
	s->section = scan->section_count;
	sections[scan->section_count++] = added;
}

static void
add_value(struct scanner *s, const struct token *name, size_t index, unsigned line)
{
	struct config_scan *scan = s->scan;
	struct scan_value *values = grow(scan->values, scan->value_count, sizeof(*values));
	struct scan_section *section = &scan->sections[s->section];
	size_t at = scan->value_count;

	if (!values) {
		s->error = SB_ENOMEM;
		return;
	}
	scan->values = values;
	values[at] = (struct scan_value){name->text, name->size, index, NONE, line};
	scan->value_count++;
	if (section->last_value == NONE)
		section->first_value = at;
	else
		values[section->last_value].next = at;
	section->last_value = at;
}

/* The last value of that name in the current section; NULL: none yet. Along the values of this
 * section only: a file has many of the name, one section a few. */
static const struct scan_value *
last_of(const struct scanner *s, const struct token *name)
{
	const struct config_scan *scan = s->scan;
	const struct scan_value *found = NULL;

	for (size_t i = scan->sections[s->section].first_value; i != NONE; i = scan->values[i].next)
		if (is_named(scan->values[i].name, scan->values[i].name_size, name))
			found = &scan->values[i];
	return found;
}

static void
scan_list(struct scanner *s, const struct token *name, size_t index)
{
	/* A list without values is something that was set, too. */
	if (index == 0)
		add_value(s, name, NONE, name->line);
	for (next(s); s->token.kind != TOKEN_CLOSE && !s->error; index++) {
		if (s->token.kind != TOKEN_WORD && s->token.kind != TOKEN_TEXT) {
			report_unexpected(s, "a value or }");
			return;
		}
		add_value(s, name, index, s->token.line);
		next(s);
		if (s->token.kind == TOKEN_COMMA)
			next(s);
		else if (s->token.kind != TOKEN_CLOSE)
			report_unexpected(s, ", or }");
	}
	if (!s->error)
		next(s);
}

static void
refuse_second(struct scanner *s, const struct token *name, const struct scan_value *first)
{
	char reason[256];

	snprintf(reason, sizeof(reason), "%.*s is set twice, first on line %u",
		name->size < 64 ? (int)name->size : 64, name->text, first->line);
	report(s, name->line, reason);
}

/* After `name`, at the = or +=. A scalar that is set twice is an error here; with += a list goes
 * on. */
static void
scan_assignment(struct scanner *s, const struct token *name)
{
	const struct scan_value *before = last_of(s, name);
	size_t index = 0;

	if (s->token.kind == TOKEN_APPEND && before)
		index = before->index + 1; /* 0 after the mark of an empty list */
	else if (before) {
		refuse_second(s, name, before);
		return;
	}
	next(s);
	if (s->token.kind == TOKEN_OPEN) {
		scan_list(s, name, index);
	} else if (s->token.kind == TOKEN_WORD || s->token.kind == TOKEN_TEXT) {
		add_value(s, name, index, s->token.line);
		next(s);
	} else {
		report_unexpected(s, "a value");
	}
}

static void
enter_section(struct scanner *s, const struct token *name)
{
	if (s->token.kind != TOKEN_OPEN) {
		report_unexpected(s, "{");
		return;
	}
	add_section(s, name);
	next(s);
}

static bool
is_option_name(const struct token *t)
{
	if (t->kind != TOKEN_WORD)
		return false;
	for (size_t i = 0; i < t->size; i++)
		if (!isalnum((unsigned char)t->text[i]) && !strchr("_-", t->text[i]))
			return false;
	return true;
}

static void
scan_statement(struct scanner *s)
{
	struct token name = s->token;

	if (!is_option_name(&name)) {
		report_unexpected(s, "the name of an option");
		return;
	}
	next(s);
	if (s->token.kind == TOKEN_EQUAL || s->token.kind == TOKEN_APPEND) {
		scan_assignment(s, &name);
		return;
	}
	if (s->token.kind == TOKEN_WORD || s->token.kind == TOKEN_TEXT) {
		next(s);
		enter_section(s, &name);
	} else if (s->token.kind == TOKEN_OPEN) {
		enter_section(s, &name);
	} else {
		report_unexpected(s, "= or {");
	}
}

/* At a } that ends no list. */
static void
leave_section(struct scanner *s)
{
	if (s->section == 0) {
		report(s, s->token.line, "} without its {");
		return;
	}
	s->section = s->scan->sections[s->section].parent;
	next(s);
}

static void
scan_end(struct scanner *s)
{
	const struct scan_section *open = &s->scan->sections[s->section];
	char reason[128];

	if (s->section == 0)
		return;
	snprintf(reason, sizeof(reason), "the section %.*s has no }",
		open->name_size < 64 ? (int)open->name_size : 64, open->name);
	report(s, open->line, reason);
}

int
config_scan(struct config_scan *scan, char *text, size_t size,
	void (*report_to)(void *context, unsigned line, const char *reason), void *context)
{
	struct scanner s = {.scan = scan, .lexer = {text, text + size, 1, ""}};
	struct token file = {TOKEN_WORD, "", 0, 1};

	*scan = (struct config_scan){.report = report_to, .context = context};
	add_section(&s, &file);
	if (!s.error)
		next(&s);
	while (!s.error && s.token.kind != TOKEN_END) {
		if (s.token.kind == TOKEN_CLOSE)
			leave_section(&s);
		else
			scan_statement(&s);
	}
	if (!s.error)
		scan_end(&s);
	return s.error;
}

void
config_scan_fini(struct config_scan *scan)
{
	free(scan->sections);
	free(scan->values);
	*scan = (struct config_scan){0};
}

unsigned
config_scan_value(const struct config_scan *scan, size_t section, const char *name, size_t index)
{
	struct token wanted = {TOKEN_WORD, name, strlen(name), 0};
	unsigned line = 0;

	for (size_t i = scan->sections[section].first_value; i != NONE; i = scan->values[i].next) {
		const struct scan_value *v = &scan->values[i];

		if (!is_named(v->name, v->name_size, &wanted))
			continue;
		if (v->index == index)
			return v->line;
		if (line == 0)
			line = v->line;
	}
	return line;
}
