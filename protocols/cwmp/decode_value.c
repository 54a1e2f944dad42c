/* Texts of elements to C values. Devices write what is none: it is counted, and 0. */
#include "core/utf8.h"
#include "protocols/cwmp/decode_internal.h"

#include <strings.h>

static struct sb_bytes
trimmed(struct sb_bytes text)
{
	while (text.size && cwmp_is_blank(*text.data))
		text.data++, text.size--;
	while (text.size && cwmp_is_blank(text.data[text.size - 1]))
		text.size--;
	return text;
}

/* Digits, at most to `max`. */
static bool
read_digits(struct sb_bytes text, uint64_t max, uint64_t *value)
{
	*value = 0;
	for (size_t i = 0; i < text.size; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return false;
		*value = *value * 10 + (uint64_t)(text.data[i] - '0');
		if (*value > max)
			return false;
	}
	return text.size > 0;
}

static bool
read_uint(struct sb_bytes text, uint32_t *value)
{
	uint64_t digits;

	if (text.size && *text.data == '+')
		text.data++, text.size--;
	if (!read_digits(text, UINT32_MAX, &digits))
		return false;
	*value = (uint32_t)digits;
	return true;
}

static bool
read_int(struct sb_bytes text, int32_t *value)
{
	bool is_negative = text.size && *text.data == '-';
	uint64_t digits;

	if (text.size && (is_negative || *text.data == '+'))
		text.data++, text.size--;
	if (!read_digits(text, (uint64_t)INT32_MAX + is_negative, &digits))
		return false;
	*value = (int32_t)(is_negative ? -(int64_t)digits : (int64_t)digits);
	return true;
}

static bool
is_word(struct sb_bytes text, const char *word)
{
	return text.size == strlen(word) &&
	       strncasecmp((const char *)text.data, word, text.size) == 0;
}

static bool
read_boolean(struct sb_bytes text, bool *value)
{
	*value = is_word(text, "1") || is_word(text, "true");
	return *value || is_word(text, "0") || is_word(text, "false");
}

static void
append(struct cwmp_decoder *d, const void *data, size_t size)
{
	/* The arena keeps its failure; who ends the text sees it. */
	(void)sb_arena_append(&d->arena, data, size);
}

/* What is no UTF-8 is ISO-8859-1 that the document did not declare, octet by octet: libxml2 hands
 * it through. The octets as they came stay behind in the arena. */
static void
append_repaired(struct cwmp_decoder *d, struct sb_bytes octets)
{
	while (octets.size) {
		uint32_t code;
		size_t size = sb_utf8_next(octets, &code);

		if (size) {
			append(d, octets.data, size);
		} else {
			const uint8_t latin[] = {(uint8_t)(0xc0 | *octets.data >> 6),
				(uint8_t)(0x80 | (*octets.data & 0x3f))};

			size = 1;
			append(d, latin, sizeof(latin));
		}
		octets.data += size;
		octets.size -= size;
	}
}

const char *
cwmp_decode_text(struct cwmp_decoder *d)
{
	bool is_valid = sb_utf8_valid(sb_bytes(sb_arena_view(&d->arena), d->arena.open));
	size_t length;
	const char *text = sb_arena_text(&d->arena, &length);

	if (text && !is_valid) {
		append_repaired(d, sb_bytes(text, length));
		text = sb_arena_text(&d->arena, &length);
	}
	if (!text)
		cwmp_refuse_memory(d);
	return text;
}

const char *
cwmp_decode_name(struct cwmp_decoder *d)
{
	struct sb_bytes text = sb_bytes(sb_arena_view(&d->arena), d->arena.open);
	struct sb_bytes name = trimmed(text);
	size_t length;

	/* As above: the text as it came stays behind. */
	if (name.size < text.size && sb_arena_text(&d->arena, &length))
		append(d, name.data, name.size);
	return cwmp_decode_text(d);
}

static bool
read_number(enum cwmp_field_type type, struct sb_bytes text, void *at)
{
	if (type == CWMP_FIELD_UINT)
		return read_uint(text, at);
	if (type == CWMP_FIELD_INT)
		return read_int(text, at);
	return read_boolean(text, at);
}

void
cwmp_decode_scalar(struct cwmp_decoder *d, enum cwmp_field_type type, void *at)
{
	struct sb_bytes text = sb_bytes(sb_arena_view(&d->arena), d->arena.open);

	switch (type) {
	case CWMP_FIELD_TEXT:
	case CWMP_FIELD_DATE_TIME:
	case CWMP_FIELD_BASE64:
		*(const char **)at = cwmp_decode_text(d);
		return;
	case CWMP_FIELD_VALUE:
		((struct cwmp_value *)at)->text = cwmp_decode_text(d);
		return;
	case CWMP_FIELD_UINT:
	case CWMP_FIELD_INT:
	case CWMP_FIELD_BOOLEAN:
		if (!read_number(type, trimmed(text), at))
			d->memory->envelope.defects++;
		sb_arena_drop(&d->arena);
		return;
	case CWMP_FIELD_STRUCT:
	case CWMP_FIELD_ARRAY:
	case CWMP_FIELD_REPEATED:
		return;
	}
}
