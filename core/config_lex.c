/*
 * Tokens of a configuration file, as strict as libconfuse is lenient: what that
 * would swallow, or take for something else, is an error here with its line.
 * Comments are overwritten with blanks on the way, so that libconfuse cannot see
 * them differently.
 */
#include "core/config_lex_internal.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_MAX_OCTETS 128

/* The reason is kept in the lexer: a token stays small. */
static struct token __attribute__((format(printf, 3, 4)))
wrong(struct config_lexer *l, unsigned line, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(l->reason, sizeof(l->reason), format, args);
	va_end(args);
	return (struct token){TOKEN_WRONG, l->at, 0, line};
}

/* Which no editor shows, and some terminals obey. */
static bool
is_control(char c)
{
	return ((unsigned char)c < ' ' && c != '\t' && c != '\r' && c != '\n') || c == 0x7f;
}

static bool
begins(const struct config_lexer *l, const char *text)
{
	size_t size = strlen(text);

	return (size_t)(l->end - l->at) >= size && memcmp(l->at, text, size) == 0;
}

/* Passes one character of a comment, which nobody is to see again. */
static void
blank(struct config_lexer *l)
{
	if (*l->at == '\n')
		l->line++;
	else
		*l->at = ' ';
	l->at++;
}

static void
skip_line_comment(struct config_lexer *l)
{
	while (l->at < l->end && *l->at != '\n')
		blank(l);
}

/* False: it has no end. */
static bool
skip_block_comment(struct config_lexer *l)
{
	blank(l);
	blank(l);
	while (l->at < l->end && !begins(l, "*/"))
		blank(l);
	if (l->at == l->end)
		return false;
	blank(l);
	blank(l);
	return true;
}

/* To the next token. False: a comment has no end, and began on *line. */
static bool
skip_space(struct config_lexer *l, unsigned *line)
{
	while (l->at < l->end) {
		*line = l->line;
		if (isspace((unsigned char)*l->at) && !is_control(*l->at))
			blank(l);
		else if (*l->at == '#' || begins(l, "//"))
			skip_line_comment(l);
		else if (!begins(l, "/*"))
			break;
		else if (!skip_block_comment(l))
			return false;
	}
	return true;
}

static bool
is_name(const char *name, size_t size)
{
	if (size == 0 || isdigit((unsigned char)name[0]))
		return false;
	for (size_t i = 0; i < size; i++)
		if (!isalnum((unsigned char)name[i]) && name[i] != '_')
			return false;
	return true;
}

/* Passes ${NAME} or ${NAME:-text}. False: `reason` says why. libconfuse, which expands it, takes a
 * missing one for an empty text: that could be a password. */
static bool
pass_variable(struct config_lexer *l)
{
	char *name = l->at + 2, *close = memchr(name, '}', (size_t)(l->end - name));
	char copy[NAME_MAX_OCTETS];
	size_t size;

	if (!close || memchr(name, '\n', (size_t)(close - name))) {
		wrong(l, l->line, "${ without its }");
		return false;
	}
	size = strcspn(name, ":}");
	if (!is_name(name, size) || size >= sizeof(copy) ||
		(name[size] == ':' && name[size + 1] != '-')) {
		wrong(l, l->line, "not ${NAME} or ${NAME:-text}");
		return false;
	}
	snprintf(copy, sizeof(copy), "%.*s", (int)size, name);
	if (name[size] == '}' && !getenv(copy)) {
		wrong(l, l->line, "the environment has no %s, and ${%s:-...} gives no default",
			copy, copy);
		return false;
	}
	l->at = close + 1;
	return true;
}

/* How long the escape is at `at`, which begins with a backslash; 0: there is none of that kind. */
static size_t
escape_size(const struct config_lexer *l)
{
	size_t left = (size_t)(l->end - l->at);
	bool is_hex;

	if (left < 2)
		return 0;
	if (l->at[1] != 'x')
		return strchr("\\\"'$nrt", l->at[1]) && l->at[1] ? 2 : 0;
	is_hex =
		left >= 4 && isxdigit((unsigned char)l->at[2]) && isxdigit((unsigned char)l->at[3]);
	/* A NUL would end the text before its end. */
	return is_hex && memcmp(l->at + 2, "00", 2) != 0 ? 4 : 0;
}

static bool
pass_escape(struct config_lexer *l)
{
	size_t size = escape_size(l);

	if (size == 0) {
		wrong(l, l->line, "unknown escape \\%.*s", l->at + 1 < l->end && l->at[1] > ' ',
			l->at + 1);
		return false;
	}
	l->at += size;
	return true;
}

/* The view has quotes and escapes as they stand: libconfuse takes them off when it reads the same
 * place. */
static struct token
lex_double_quoted(struct config_lexer *l)
{
	struct token t = {TOKEN_TEXT, l->at, 0, l->line};

	for (l->at++; l->at < l->end && *l->at != '\n' && *l->at != '"';) {
		bool is_fine = true;

		if (is_control(*l->at))
			return wrong(l, l->line, "control character 0x%02x in a text", *l->at);
		if (*l->at == '\\')
			is_fine = pass_escape(l);
		else if (begins(l, "${"))
			is_fine = pass_variable(l);
		else
			l->at++;
		if (!is_fine)
			return (struct token){TOKEN_WRONG, l->at, 0, l->line};
	}
	if (l->at == l->end || *l->at != '"')
		return wrong(l, t.line, "a text without its closing quote");
	l->at++;
	t.size = (size_t)(l->at - t.text);
	return t;
}

/* Nothing is expanded in it, which is what it is for; a backslash only keeps the next quote. */
static struct token
lex_single_quoted(struct config_lexer *l)
{
	struct token t = {TOKEN_TEXT, l->at, 0, l->line};

	for (l->at++; l->at < l->end && *l->at != '\n' && *l->at != '\''; l->at++) {
		if (is_control(*l->at))
			return wrong(l, l->line, "control character 0x%02x in a text", *l->at);
		if (*l->at == '\\' && l->at + 1 < l->end && l->at[1] != '\n')
			l->at++;
	}
	if (l->at == l->end || *l->at != '\'')
		return wrong(l, t.line, "a text without its closing quote");
	l->at++;
	t.size = (size_t)(l->at - t.text);
	return t;
}

static bool
ends_word(char c)
{
	return strchr(" #\"'\t\n\r={}()+,*", c) != NULL;
}

/* Alone, it is a text; within a word it would be expanded by nobody. */
static struct token
lex_variable(struct config_lexer *l)
{
	struct token t = {TOKEN_TEXT, l->at, 0, l->line};

	if (!pass_variable(l))
		return (struct token){TOKEN_WRONG, l->at, 0, l->line};
	if (l->at < l->end && !ends_word(*l->at))
		return wrong(l, l->line, "a text with ${...} in it must be quoted");
	t.size = (size_t)(l->at - t.text);
	return t;
}

/* What libconfuse takes for a word, less what it would take for something else. */
static struct token
lex_word(struct config_lexer *l)
{
	struct token t = {TOKEN_WORD, l->at, 0, l->line};

	while (l->at < l->end && !ends_word(*l->at)) {
		if (is_control(*l->at))
			return wrong(l, l->line, "control character 0x%02x", *l->at);
		if (begins(l, "${"))
			return wrong(l, l->line, "a text with ${...} in it must be quoted");
		l->at++;
	}
	t.size = (size_t)(l->at - t.text);
	if (t.size == 0)
		return wrong(l, l->line, "'%c' outside of quotes", *l->at);
	/* These would end a word of libconfuse and vanish. */
	if (l->at < l->end && strchr("*+()", *l->at) && !begins(l, "+="))
		return wrong(l, l->line, "a text with '%c' in it must be quoted", *l->at);
	return t;
}

static struct token
lex_symbol(struct config_lexer *l, enum token_kind kind, size_t size)
{
	struct token t = {kind, l->at, size, l->line};

	l->at += size;
	return t;
}

struct token
config_lex(struct config_lexer *l)
{
	unsigned line = l->line;

	if (!skip_space(l, &line))
		return wrong(l, line, "a comment without its */");
	if (l->at == l->end)
		return (struct token){TOKEN_END, l->at, 0, l->line};
	if (begins(l, "+="))
		return lex_symbol(l, TOKEN_APPEND, 2);
	if (begins(l, "${"))
		return lex_variable(l);
	switch (*l->at) {
	case '{':
		return lex_symbol(l, TOKEN_OPEN, 1);
	case '}':
		return lex_symbol(l, TOKEN_CLOSE, 1);
	case '=':
		return lex_symbol(l, TOKEN_EQUAL, 1);
	case ',':
		return lex_symbol(l, TOKEN_COMMA, 1);
	case '"':
		return lex_double_quoted(l);
	case '\'':
		return lex_single_quoted(l);
	default:
		return lex_word(l);
	}
}
