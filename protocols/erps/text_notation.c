#include "protocols/erps/text_notation_internal.h"

size_t
erps_name_size(struct sb_bytes in, bool takes_at)
{
	size_t size = 0;

	if (in.size == 0 || !erps_is_name_start(in.data[0]))
		return 0;
	while (size < in.size &&
		(erps_is_name_character(in.data[size]) || (takes_at && in.data[size] == '@')))
		size++;
	if (size < in.size && (in.data[size] == '?' || in.data[size] == '!'))
		size++;
	return size;
}

/* One part of an alias: capitals first. */
static size_t
part_size(struct sb_bytes in)
{
	size_t size = 0;

	if (in.size == 0 || in.data[0] < 'A' || in.data[0] > 'Z')
		return 0;
	while (size < in.size && erps_is_name_character(in.data[size]))
		size++;
	return size;
}

size_t
erps_alias_size(struct sb_bytes in)
{
	size_t size = part_size(in);

	while (size && size < in.size && in.data[size] == '.') {
		size_t part = part_size(sb_bytes(in.data + size + 1, in.size - size - 1));

		if (part == 0)
			break;
		size += 1 + part;
	}
	return size;
}

/* Elixir has some more; those go in quotes, which it reads as well. */
size_t
erps_operator_size(struct sb_bytes in)
{
	static const char *const operators[] = {"!", "!=", "!==", "%{}", "&", "&&", "&&&", "*",
		"**", "+", "++", "-", "--", "->", "...", "/", "<", "<-", "<<>>", "<=", "<>", "=",
		"==", "===", "=>", "=~", ">", ">=", "@", "^", "{}", "|", "|>", "||", "|||"};
	size_t longest = 0;

	for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
		size_t size = strlen(operators[i]);

		if (size > longest && size <= in.size && !memcmp(operators[i], in.data, size))
			longest = size;
	}
	return longest;
}

static const struct escape {
	uint8_t code;
	char letter;
} escapes[] = {{7, 'a'}, {8, 'b'}, {9, 't'}, {10, 'n'}, {11, 'v'}, {12, 'f'}, {13, 'r'}, {27, 'e'},
	{127, 'd'}, {0, '0'}, {' ', 's'}};

/* The last two are read only: a NUL is not printable, and a blank needs no escape. */
#define PRINTED_ESCAPES (sizeof(escapes) / sizeof(escapes[0]) - 2)

char
erps_escape_letter(uint32_t code)
{
	for (size_t i = 0; i < PRINTED_ESCAPES; i++)
		if (escapes[i].code == code)
			return escapes[i].letter;
	return 0;
}

bool
erps_escape_code(char letter, uint8_t *code)
{
	for (size_t i = 0; i < sizeof(escapes) / sizeof(escapes[0]); i++) {
		if (escapes[i].letter != letter)
			continue;
		*code = escapes[i].code;
		return true;
	}
	return false;
}

size_t
erps_utf8_put(uint32_t code, uint8_t out[4])
{
	size_t size = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
	static const uint8_t marks[] = {0, 0, 0xc0, 0xe0, 0xf0};

	for (size_t i = size; i-- > 1; code >>= 6)
		out[i] = (uint8_t)(0x80 | (code & 0x3f));
	out[0] = (uint8_t)(marks[size] | code);
	return size;
}
