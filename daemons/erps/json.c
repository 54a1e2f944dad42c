#include "daemons/erps/json.h"

#include <inttypes.h>

#include "core/utf8.h"
#include "protocols/erps/text.h"

static const char hex[] = "0123456789abcdef";

static void
write_character(FILE *out, const uint8_t *octets, size_t size, uint32_t code)
{
	if (code == '"' || code == '\\')
		fprintf(out, "\\%c", (int)code);
	else if (code == '\n')
		fputs("\\n", out);
	else if (sb_utf8_is_control(code) && code < 0x10000)
		fprintf(out, "\\u%04" PRIx32, code);
	else
		fwrite(octets, 1, size, out);
}

/* `text` is UTF-8. */
static void
write_string(FILE *out, struct sb_bytes text)
{
	uint32_t code;

	putc('"', out);
	while (text.size) {
		size_t size = sb_utf8_next(text, &code);

		write_character(out, text.data, size, code);
		text = sb_bytes(text.data + size, text.size - size);
	}
	putc('"', out);
}

static void
write_atom_name(FILE *out, struct erps_term atom)
{
	struct sb_bytes name = {NULL, 0};
	char copy[1021] = "";

	if (!erps_get_atom(atom, &name) && erps_copy_atom(atom, copy))
		name = sb_bytes_text(copy);
	write_string(out, name);
}

static void
write_atom(FILE *out, struct erps_term atom)
{
	bool truth;

	if (erps_is_atom(atom, "nil"))
		fputs("null", out);
	else if (erps_get_boolean(atom, &truth))
		fputs(truth ? "true" : "false", out);
	else
		write_atom_name(out, atom);
}

/* As the text form has them: JSON takes these digits, too. */
static void
write_number(FILE *out, struct erps_term number)
{
	char digits[2 * ERPS_TEXT_INTEGER_MAX + 4];
	bool is_large = erps_kind(number) == ERPS_INTEGER &&
			!erps_get_integer(number, &(int64_t){0}) &&
			!erps_get_unsigned(number, &(uint64_t){0});

	erps_print(digits, sizeof(digits), number);
	fprintf(out, is_large ? "{\"$integer\":\"%s\"}" : "%s", digits);
}

static void
write_base64(FILE *out, struct sb_bytes octets)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < octets.size; i += 3) {
		size_t left = octets.size - i;
		uint32_t bits = (uint32_t)octets.data[i] << 16;

		bits |= left > 1 ? (uint32_t)octets.data[i + 1] << 8 : 0;
		bits |= left > 2 ? octets.data[i + 2] : 0;
		putc(digits[bits >> 18], out);
		putc(digits[bits >> 12 & 63], out);
		putc(left > 1 ? digits[bits >> 6 & 63] : '=', out);
		putc(left > 2 ? digits[bits & 63] : '=', out);
	}
}

static void
write_binary(FILE *out, struct erps_term term)
{
	struct sb_bytes octets = {NULL, 0};
	uint8_t bits = 8;

	erps_get_bits(term, &octets, &bits);
	if (bits == 8 && sb_utf8_valid(octets)) {
		write_string(out, octets);
		return;
	}
	fputs("{\"$base64\":\"", out);
	write_base64(out, octets);
	putc('"', out);
	if (bits < 8)
		fprintf(out, ",\"$bits\":%u", bits);
	putc('}', out);
}

static void
write_opaque(FILE *out, const char *name, struct erps_term term)
{
	fprintf(out, "{\"$%s\":\"", name);
	for (size_t i = 0; i < term.size; i++) {
		putc(hex[term.data[i] >> 4], out);
		putc(hex[term.data[i] & 15], out);
	}
	fputs("\"}", out);
}

/* ---- with elements ---- */

static void
write_array(FILE *out, struct erps_term term)
{
	struct erps_walk walk = erps_walk(term);
	struct erps_term element;

	putc('[', out);
	for (size_t i = 0; erps_next(&walk, &element); i++) {
		if (i)
			putc(',', out);
		json_write(out, element);
	}
	putc(']', out);
}

static void
write_list(FILE *out, struct erps_term list)
{
	struct erps_term tail;

	if (!erps_tail(list, &tail) || erps_kind(tail) == ERPS_LIST) {
		write_array(out, list);
		return;
	}
	fputs("{\"$list\":", out);
	write_array(out, list);
	fputs(",\"$tail\":", out);
	json_write(out, tail);
	putc('}', out);
}

static bool
is_text(struct erps_term term)
{
	struct sb_bytes octets;

	return erps_get_binary(term, &octets) && sb_utf8_valid(octets);
}

/* An atom and a text could be the same name. */
static bool
is_object(struct erps_term map)
{
	struct erps_walk walk = erps_walk(map);
	struct erps_term key, value;
	size_t atoms = 0, texts = 0, keys = 0;

	for (; erps_next(&walk, &key) && erps_next(&walk, &value); keys++) {
		atoms += erps_kind(key) == ERPS_ATOM;
		texts += is_text(key);
	}
	return atoms == keys || texts == keys;
}

static void
write_map(FILE *out, struct erps_term map)
{
	struct erps_walk walk = erps_walk(map);
	struct erps_term key, value;
	bool is_plain = is_object(map);

	fputs(is_plain ? "{" : "{\"$map\":[", out);
	for (size_t i = 0; erps_next(&walk, &key) && erps_next(&walk, &value); i++) {
		if (i)
			putc(',', out);
		if (!is_plain)
			putc('[', out);
		if (is_plain && erps_kind(key) == ERPS_ATOM)
			write_atom_name(out, key);
		else
			json_write(out, key);
		putc(is_plain ? ':' : ',', out);
		json_write(out, value);
		if (!is_plain)
			putc(']', out);
	}
	fputs(is_plain ? "}" : "]}", out);
}

void
json_write(FILE *out, struct erps_term term)
{
	switch (erps_kind(term)) {
	case ERPS_NONE:
		break;
	case ERPS_INTEGER:
	case ERPS_FLOAT:
		write_number(out, term);
		break;
	case ERPS_ATOM:
		write_atom(out, term);
		break;
	case ERPS_TUPLE:
		write_array(out, term);
		break;
	case ERPS_LIST:
		write_list(out, term);
		break;
	case ERPS_BINARY:
	case ERPS_BITSTRING:
		write_binary(out, term);
		break;
	case ERPS_MAP:
		write_map(out, term);
		break;
	case ERPS_PID:
		write_opaque(out, "pid", term);
		break;
	case ERPS_PORT:
		write_opaque(out, "port", term);
		break;
	case ERPS_REFERENCE:
		write_opaque(out, "reference", term);
		break;
	}
}
