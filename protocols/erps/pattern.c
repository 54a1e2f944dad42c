#include "protocols/erps/pattern_internal.h"

#include <errno.h>
#include <stdlib.h>

/* Patterns are read at each use: so no function of the C library for a letter. */
static bool
is_name_start(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static const char *
end_of_name(const char *at)
{
	while (is_name_start(*at) || (*at >= '0' && *at <= '9') || *at == '@')
		at++;
	/* Elixir's names may end so. */
	return *at == '?' || *at == '!' ? at + 1 : at;
}

/* `at`: behind the opening quote. There are no escapes. */
static void
read_quoted(struct erps_pattern *p, enum erps_word word, const char *at)
{
	const char *end = strchr(at, '"');

	p->word = end ? word : ERPS_WORD_WRONG;
	p->text = sb_bytes(at, end ? (size_t)(end - at) : 0);
	p->next = end ? end + 1 : at;
}

static void
read_atom(struct erps_pattern *p)
{
	const char *at = p->next + 1;

	if (*at == '"') {
		read_quoted(p, ERPS_WORD_ATOM, at + 1);
		return;
	}
	p->word = is_name_start(*at) ? ERPS_WORD_ATOM : ERPS_WORD_WRONG;
	p->next = end_of_name(at);
	p->text = sb_bytes(at, (size_t)(p->next - at));
}

/* Behind `::`. */
static void
read_type(struct erps_pattern *p)
{
	static const struct {
		const char *name;
		size_t size;
	} types[] = {
#define X(name) {#name, sizeof(#name) - 1},
		ERPS_PATTERN_TYPE_MAP(X)
#undef X
	};
	const char *at = p->next + 2;
	size_t size;

	p->next = end_of_name(at);
	size = (size_t)(p->next - at);
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (types[i].size == size && memcmp(types[i].name, at, size) == 0) {
			p->type = (enum erps_pattern_type)i;
			return;
		}
	}
	p->word = ERPS_WORD_WRONG;
}

static bool
is_value(struct sb_bytes name)
{
	if (name.size == 3)
		return memcmp(name.data, "nil", 3) == 0;
	if (name.size == 4)
		return memcmp(name.data, "true", 4) == 0;
	return name.size == 5 && memcmp(name.data, "false", 5) == 0;
}

static void
read_name(struct erps_pattern *p)
{
	const char *at = p->next;

	p->next = end_of_name(at);
	p->text = sb_bytes(at, (size_t)(p->next - at));
	p->word = ERPS_WORD_NAME;
	p->type = ERPS_TYPE_any;
	if (p->next[0] == ':' && p->next[1] == ':') {
		read_type(p);
	} else if (*p->next == ':') {
		p->word = ERPS_WORD_KEY;
		p->next++;
	} else if (is_value(p->text)) {
		p->word = ERPS_WORD_ATOM;
	}
}

/* One over 64 bits is a mistake: it would stand for another. */
static void
read_integer(struct erps_pattern *p)
{
	char *end;

	errno = 0;
	p->integer = strtoll(p->next, &end, 10);
	p->word = end == p->next || errno ? ERPS_WORD_WRONG : ERPS_WORD_INTEGER;
	p->next = end;
}

static void
read_sign(struct erps_pattern *p, enum erps_word word, size_t size)
{
	p->word = word;
	p->next += size;
}

void
erps_pattern_next(struct erps_pattern *p)
{
	while (*p->next == ' ')
		p->next++;
	switch (*p->next) {
	case '\0':
		p->word = ERPS_WORD_END;
		break;
	case '{':
		read_sign(p, ERPS_WORD_TUPLE, 1);
		break;
	case '}':
		read_sign(p, ERPS_WORD_TUPLE_END, 1);
		break;
	case '[':
		read_sign(p, ERPS_WORD_LIST, 1);
		break;
	case ']':
		read_sign(p, ERPS_WORD_LIST_END, 1);
		break;
	case ',':
		read_sign(p, ERPS_WORD_COMMA, 1);
		break;
	case '|':
		read_sign(p, ERPS_WORD_TAIL, 1);
		break;
	case '%':
		read_sign(p, p->next[1] == '{' ? ERPS_WORD_MAP : ERPS_WORD_WRONG, 2);
		break;
	case '=':
		read_sign(p, p->next[1] == '>' ? ERPS_WORD_ARROW : ERPS_WORD_WRONG, 2);
		break;
	case ':':
		read_atom(p);
		break;
	case '"':
		read_quoted(p, ERPS_WORD_TEXT, p->next + 1);
		break;
	default:
		if (is_name_start(*p->next))
			read_name(p);
		else
			read_integer(p);
		break;
	}
}

struct erps_pattern
erps_pattern(const char *text)
{
	struct erps_pattern p = {.next = text};

	erps_pattern_next(&p);
	return p;
}

/* On the quotes that close a text. */
static const char *
skip_quoted(const char *at)
{
	const char *end = strchr(at + 1, '"');

	return end ? end : at;
}

size_t
erps_pattern_count(const struct erps_pattern *p, bool *has_tail)
{
	size_t count = 0, depth = 1;

	*has_tail = false;
	for (const char *at = p->next; *at; at++) {
		if (*at == '}' || *at == ']') {
			if (--depth == 0)
				return count;
			continue;
		}
		/* Whatever is there is an element; commas separate more. */
		if (count == 0 && *at != ' ')
			count = 1;
		if (*at == '"')
			at = skip_quoted(at);
		else if (*at == '{' || *at == '[')
			depth++;
		else if (*at == ',' && depth == 1)
			count++;
		else if (*at == '|' && depth == 1)
			*has_tail = true;
	}
	return count;
}
