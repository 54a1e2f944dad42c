#include "protocols/erps/pattern_internal.h"

#include <ctype.h>
#include <stdlib.h>

static bool
is_name_start(char c)
{
	return isalpha((unsigned char)c) || c == '_';
}

static const char *
end_of_name(const char *at)
{
	while (isalnum((unsigned char)*at) || *at == '_' || *at == '@')
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

static bool
is_text(struct sb_bytes octets, const char *text)
{
	return sb_bytes_equal(octets, sb_bytes_text(text));
}

/* Behind `::`. */
static void
read_type(struct erps_pattern *p)
{
	static const char *const types[] = {
#define X(name) #name,
		ERPS_PATTERN_TYPE_MAP(X)
#undef X
	};
	const char *at = p->next + 2;
	size_t type = 0;

	p->next = end_of_name(at);
	while (type < sizeof(types) / sizeof(types[0]) &&
		!is_text(sb_bytes(at, (size_t)(p->next - at)), types[type]))
		type++;
	if (type == sizeof(types) / sizeof(types[0]))
		p->word = ERPS_WORD_WRONG;
	else
		p->type = (enum erps_pattern_type)type;
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
	} else if (is_text(p->text, "nil") || is_text(p->text, "true") ||
		   is_text(p->text, "false")) {
		p->word = ERPS_WORD_ATOM;
	}
}

static void
read_integer(struct erps_pattern *p)
{
	char *end;

	p->integer = strtoll(p->next, &end, 10);
	p->word = end == p->next ? ERPS_WORD_WRONG : ERPS_WORD_INTEGER;
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

size_t
erps_pattern_count(const struct erps_pattern *p, bool *has_tail)
{
	struct erps_pattern at = *p;
	size_t count = 0, depth = 1;

	*has_tail = false;
	for (erps_pattern_next(&at); depth; erps_pattern_next(&at)) {
		/* The first word of each element, and what separates them. */
		switch (at.word) {
		case ERPS_WORD_END:
		case ERPS_WORD_WRONG:
			return count;
		case ERPS_WORD_TUPLE:
		case ERPS_WORD_LIST:
		case ERPS_WORD_MAP:
			count += count == 0;
			depth++;
			break;
		case ERPS_WORD_TUPLE_END:
		case ERPS_WORD_LIST_END:
			if (--depth == 0)
				return count;
			break;
		case ERPS_WORD_COMMA:
			count += depth == 1;
			break;
		case ERPS_WORD_TAIL:
			*has_tail |= depth == 1;
			break;
		default:
			count += count == 0;
			break;
		}
	}
	return count;
}
