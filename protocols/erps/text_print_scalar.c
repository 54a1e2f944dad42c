/*
 * What holds no other term: numbers by text_print_number.c; atoms, binaries and
 * opaque ones here.
 */
#include "core/utf8.h"
#include "protocols/erps/tag.h"
#include "protocols/erps/text_notation_internal.h"
#include "protocols/erps/text_scalar_internal.h"

#define ALIAS "Elixir."

/* ---- quoted text ---- */

static void
out_code(struct erps_out *out, uint32_t code)
{
	static const char digits[] = "0123456789ABCDEF";
	char text[6];
	size_t at = sizeof(text);

	do
		text[--at] = digits[code & 0x0f];
	while (code >>= 4);
	erps_out_words(out, "\\u{");
	erps_out_octets(out, text + at, sizeof(text) - at);
	erps_out_words(out, "}");
}

void
erps_out_character(struct erps_out *out, uint32_t code, uint32_t next)
{
	char escaped[2] = {'\\', erps_escape_letter(code)};
	uint8_t octets[4];

	if (code == '"' || code == '\\' || (code == '#' && next == '{'))
		escaped[1] = (char)code;
	if (escaped[1])
		erps_out_octets(out, escaped, sizeof(escaped));
	else if (sb_utf8_is_control(code))
		out_code(out, code);
	else
		erps_out_octets(out, octets, erps_utf8_put(code, octets));
}

/* `text` is UTF-8. */
static void
out_quoted(struct erps_out *out, struct sb_bytes text)
{
	uint32_t code;

	erps_out_words(out, "\"");
	while (text.size && !out->is_cut) {
		size_t size = sb_utf8_next(text, &code);

		text = sb_bytes(text.data + size, text.size - size);
		erps_out_character(out, code, text.size ? text.data[0] : 0);
	}
	erps_out_words(out, "\"");
}

/* ---- atoms ---- */

/* An atom's name in UTF-8: in place, or in `buf` when it came as Latin-1. */
static struct sb_bytes
atom_name(struct erps_term atom, uint8_t buf[510])
{
	struct sb_bytes name = {NULL, 0};
	size_t head = *atom.data == ERPS_TAG_SMALL_ATOM ? 2 : 3, size = 0;

	if (erps_get_atom(atom, &name))
		return name;
	for (size_t i = head; i < atom.size && i < head + 255; i++)
		size += erps_utf8_put(atom.data[i], buf + size);
	return sb_bytes(buf, size);
}

static bool
is_alias(struct sb_bytes name)
{
	size_t prefix = strlen(ALIAS);

	return name.size > prefix && !memcmp(name.data, ALIAS, prefix);
}

/* Elixir takes a first part that is Elixir itself for the prefix: that one goes in quotes. */
static bool
is_plain_alias(struct sb_bytes name)
{
	struct sb_bytes rest = sb_bytes(name.data + strlen(ALIAS), name.size - strlen(ALIAS));

	return erps_alias_size(rest) == rest.size && !is_alias(rest) &&
	       !sb_bytes_equal(rest, sb_bytes_text("Elixir"));
}

static bool
is_word(struct sb_bytes name)
{
	return sb_bytes_equal(name, sb_bytes_text("nil")) ||
	       sb_bytes_equal(name, sb_bytes_text("true")) ||
	       sb_bytes_equal(name, sb_bytes_text("false"));
}

static void
out_atom(struct erps_out *out, struct sb_bytes name)
{
	if (is_alias(name) && is_plain_alias(name)) {
		erps_out_octets(out, name.data + strlen(ALIAS), name.size - strlen(ALIAS));
		return;
	}
	if (!is_word(name))
		erps_out_words(out, ":");
	if (name.size &&
		(erps_name_size(name, true) == name.size || erps_operator_size(name) == name.size))
		erps_out_octets(out, name.data, name.size);
	else
		out_quoted(out, name);
}

bool
erps_is_key(struct erps_term term)
{
	uint8_t buf[510];

	return erps_kind(term) == ERPS_ATOM && !is_alias(atom_name(term, buf));
}

void
erps_out_key(struct erps_out *out, struct erps_term atom)
{
	uint8_t buf[510];
	struct sb_bytes name = atom_name(atom, buf);

	if (name.size && erps_name_size(name, false) == name.size)
		erps_out_octets(out, name.data, name.size);
	else
		out_quoted(out, name);
	erps_out_words(out, ": ");
}

/* ---- binaries ---- */

/* As String.printable?, of which only what has room is looked at. */
static bool
is_printable(struct sb_bytes text, size_t room)
{
	const uint8_t *end = text.data + (text.size < room ? text.size : room);
	uint32_t code;

	while (text.size && text.data < end) {
		size_t size = sb_utf8_next(text, &code);

		if (size == 0 || ((code < 0x20 || code == 0x7f) && !erps_escape_letter(code)) ||
			(code > 0x7f && code < 0xa0) || (code & 0xfffe) == 0xfffe)
			return false;
		text = sb_bytes(text.data + size, text.size - size);
	}
	return true;
}

/* `bits` of the last octet count, from the top. */
static void
out_numbers(struct erps_out *out, struct sb_bytes octets, uint8_t bits)
{
	erps_out_words(out, "<<");
	for (size_t i = 0; i < octets.size && !out->is_cut; i++) {
		bool is_part = i + 1 == octets.size && bits < 8;

		if (i)
			erps_out_words(out, ", ");
		erps_out_number(out, is_part ? octets.data[i] >> (8 - bits) : octets.data[i]);
	}
	if (bits < 8) {
		erps_out_words(out, "::size(");
		erps_out_number(out, bits);
		erps_out_words(out, ")");
	}
	erps_out_words(out, ">>");
}

static void
out_binary(struct erps_out *out, struct sb_bytes octets)
{
	if (is_printable(octets, erps_out_left(out)))
		out_quoted(out, octets);
	else
		out_numbers(out, octets, 8);
}

static void
out_opaque(struct erps_out *out, const char *name, struct erps_term term)
{
	erps_out_words(out, "#");
	erps_out_words(out, name);
	erps_out_words(out, "<");
	erps_out_hex(out, sb_bytes(term.data, term.size));
	erps_out_words(out, ">");
}

static void
out_value(struct erps_out *out, enum erps_kind kind, struct erps_term term)
{
	uint8_t name[510], bits = 8;
	struct sb_bytes octets = {NULL, 0};
	double number = 0;

	if (kind == ERPS_FLOAT && erps_get_float(term, &number))
		erps_out_float(out, number);
	else if (kind == ERPS_ATOM)
		out_atom(out, atom_name(term, name));
	else if (kind == ERPS_BINARY && erps_get_binary(term, &octets))
		out_binary(out, octets);
	else if (kind == ERPS_BITSTRING && erps_get_bits(term, &octets, &bits))
		out_numbers(out, octets, bits);
}

void
erps_out_scalar(struct erps_out *out, struct erps_term term)
{
	enum erps_kind kind = erps_kind(term);

	switch (kind) {
	case ERPS_INTEGER:
		erps_out_integer(out, term);
		break;
	case ERPS_PID:
		out_opaque(out, "PID", term);
		break;
	case ERPS_PORT:
		out_opaque(out, "Port", term);
		break;
	case ERPS_REFERENCE:
		out_opaque(out, "Reference", term);
		break;
	case ERPS_LIST:
		erps_out_words(out, "[]");
		break;
	case ERPS_NONE:
	case ERPS_TUPLE:
	case ERPS_MAP:
		break;
	case ERPS_FLOAT:
	case ERPS_ATOM:
	case ERPS_BINARY:
	case ERPS_BITSTRING:
		out_value(out, kind, term);
		break;
	}
}
