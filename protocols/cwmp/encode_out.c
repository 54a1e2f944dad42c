/* Octets and texts of envelopes. */
#include "core/bytes.h"
#include "core/utf8.h"
#include "protocols/cwmp/encode_internal.h"

#include <stdio.h>
#include <string.h>

void
cwmp_put(struct cwmp_out *o, const char *data, size_t size)
{
	if (o->size <= o->capacity && size <= o->capacity - o->size && size)
		memcpy(o->start + o->size, data, size);
	o->size += size;
}

void
cwmp_put_words(struct cwmp_out *o, const char *words)
{
	cwmp_put(o, words, strlen(words));
}

/* What a character is written as; NULL: as itself. A carriage return would come back as a line
 * feed. */
static const char *
escape_of(unsigned char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '\r':
		return "&#13;";
	default:
		return NULL;
	}
}

/* Whether XML 1.0 has this character at all. */
static bool
is_character(uint32_t code)
{
	if (code >= 0x20)
		return code != 0xfffe && code != 0xffff;
	return code == '\t' || code == '\n' || code == '\r';
}

/* The octets of the character at `text`; 0: XML cannot carry it. */
static size_t
character_size(struct sb_bytes text)
{
	uint32_t code;
	size_t size = sb_utf8_next(text, &code);

	return size && is_character(code) ? size : 0;
}

static void
put_escaped(struct cwmp_out *o, struct sb_bytes text, size_t max)
{
	size_t plain = 0, at = 0, characters = 0;

	while (at < text.size) {
		const char *escape = escape_of(text.data[at]);
		size_t size = character_size(sb_bytes(text.data + at, text.size - at));

		if (size == 0 || (max && ++characters > max)) {
			o->failed = true;
			return;
		}
		if (escape) {
			cwmp_put(o, (const char *)text.data + plain, at - plain);
			cwmp_put_words(o, escape);
			plain = at + size;
		}
		at += size;
	}
	cwmp_put(o, (const char *)text.data + plain, at - plain);
}

void
cwmp_put_text(struct cwmp_out *o, const char *text, size_t max)
{
	if (text)
		put_escaped(o, sb_bytes_text(text), max);
}

void
cwmp_put_number(struct cwmp_out *o, int64_t number)
{
	char digits[24];
	int size = snprintf(digits, sizeof(digits), "%lld", (long long)number);

	cwmp_put(o, digits, (size_t)size);
}

void
cwmp_put_boolean(struct cwmp_out *o, bool value)
{
	if (o->dialect->boolean_words)
		cwmp_put_words(o, value ? "true" : "false");
	else
		cwmp_put_words(o, value ? "1" : "0");
}

void
cwmp_put_open(struct cwmp_out *o, const char *name)
{
	cwmp_put(o, "<", 1);
	cwmp_put_words(o, name);
	cwmp_put(o, ">", 1);
}

void
cwmp_put_close(struct cwmp_out *o, const char *name)
{
	cwmp_put(o, "</", 2);
	cwmp_put_words(o, name);
	cwmp_put(o, ">", 1);
}
