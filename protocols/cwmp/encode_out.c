/* Texts and scalars of envelopes. */
#include "core/bytes.h"
#include "core/utf8.h"
#include "protocols/cwmp/encode_internal.h"

#include <stdio.h>

/* Of ASCII: what does not stand for itself. Tabs and line feeds do. */
static const bool is_special[128] = {
	1,
	1,
	1,
	1,
	1,
	1,
	1,
	1,
	1,
	0,
	0,
	1,
	1,
	1,
	1,
	1, /* controls */
	1,
	1,
	1,
	1,
	1,
	1,
	1,
	1,
	1,
	1,
	1,
	1,
	1,
	1,
	1,
	1, /* and more */
	['&'] = 1,
	['<'] = 1,
	['>'] = 1,
};

/* What a character is written as; NULL: as itself, if XML has it at all. A carriage return would
 * come back as a line feed. */
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

static size_t
plain_run(struct sb_bytes text)
{
	size_t run = 0;

	while (run < text.size && text.data[run] < 0x80 && !is_special[text.data[run]])
		run++;
	return run;
}

/* One character that is special, or beyond ASCII. Returns its octets; 0: XML cannot carry it. */
static size_t
put_special(struct cwmp_out *o, struct sb_bytes text)
{
	const char *escape = escape_of(*text.data);
	uint32_t code = 0;
	size_t size;

	if (escape) {
		cwmp_put_words(o, escape);
		return 1;
	}
	size = sb_utf8_next(text, &code);
	if (code < 0x20 || code == 0xfffe || code == 0xffff)
		return 0;
	cwmp_put(o, (const char *)text.data, size);
	return size;
}

static bool
is_longer(struct sb_bytes text, size_t max)
{
	size_t characters = 0;

	if (text.size <= max)
		return false;
	for (size_t i = 0; i < text.size; i++)
		characters += (text.data[i] & 0xc0) != 0x80;
	return characters > max;
}

static void
put_escaped(struct cwmp_out *o, struct sb_bytes text)
{
	for (;;) {
		size_t size = plain_run(text);

		cwmp_put(o, (const char *)text.data, size);
		if (size == text.size)
			return;
		text = sb_bytes(text.data + size, text.size - size);
		size = put_special(o, text);
		if (size == 0) {
			o->failed = true;
			return;
		}
		text = sb_bytes(text.data + size, text.size - size);
	}
}

void
cwmp_put_text(struct cwmp_out *o, const char *text, size_t max)
{
	if (!text)
		return;
	if (max && is_longer(sb_bytes_text(text), max))
		o->failed = true;
	else
		put_escaped(o, sb_bytes_text(text));
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
