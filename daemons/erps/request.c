/*
 * What is sent: a term from the command line or from standard input.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "core/env.h"
#include "core/utf8.h"
#include "daemons/erps/cli.h"
#include "protocols/erps/text.h"

#define TEXT_MAX ((size_t)16 << 20)

/* A line that is shown with a mark under the fault. */
#define SHOWN_MAX 100

static bool
read_input(char **text, size_t *size)
{
	size_t room = 4096;

	*size = 0;
	for (*text = NULL;; room *= 2) {
		char *more = realloc(*text, room);

		if (!more || room > TEXT_MAX) {
			free(more ? more : *text);
			complain("the term on standard input is too large");
			return false;
		}
		*text = more;
		*size += fread(*text + *size, 1, room - *size, stdin);
		if (*size < room)
			break;
	}
	if (!ferror(stdin))
		return true;
	complain("standard input cannot be read: %s", strerror(errno));
	free(*text);
	return false;
}

/* Columns of a terminal: some characters take two, some none. */
static int
columns(struct sb_bytes text)
{
	uint32_t code;
	size_t size;
	int count = 0;

	while ((size = sb_utf8_next(text, &code)) != 0) {
		int width = wcwidth((wchar_t)code);

		count += width < 0 ? 1 : width;
		text = sb_bytes(text.data + size, text.size - size);
	}
	return count;
}

/* The line with the fault, if it is short, and a mark below it. */
static void
show_line(struct sb_bytes text, const struct erps_text_fault *fault)
{
	size_t start = fault->at, end = start;
	int before;

	while (start > 0 && text.data[start - 1] != '\n')
		start--;
	while (end < text.size && text.data[end] != '\n')
		end++;
	if (end - start > SHOWN_MAX || memchr(text.data + start, '\t', end - start))
		return;
	before = columns(sb_bytes(text.data + start, fault->at - start));
	fprintf(stderr, "  %.*s\n  %*s\n", (int)(end - start), (const char *)text.data + start,
		before + 1, "^");
}

static bool
parse(struct sb_bytes text, struct erps_builder *b)
{
	struct erps_text_fault fault;

	if (erps_parse(text, b, &fault) == 0)
		return true;
	complain("the term: line %u, column %u: %s", fault.line, fault.column, fault.what);
	show_line(text, &fault);
	return false;
}

bool
request_read(const struct arguments *a, struct erps_builder *b)
{
	char *text;
	size_t size;
	bool is_good;

	if (strcmp(a->term, "-") != 0)
		return parse(sb_bytes_text(a->term), b);
	if (!read_input(&text, &size))
		return false;
	is_good = parse(sb_bytes(text, size), b);
	free(text);
	return is_good;
}
