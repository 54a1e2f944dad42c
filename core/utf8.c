/*
 * UTF-8, strictly: no overlong forms, no surrogates, nothing above U+10FFFF.
 * Whatever is shown to an operator passes here, so the second half knows which
 * characters could make a text look like another.
 */
#include "core/utf8.h"

/* What the first octet says: how many follow, and the least code point of that length. */
static size_t
sequence(uint8_t first, uint32_t *bits, uint32_t *least)
{
	if (first < 0x80) {
		*bits = first, *least = 0;
		return 1;
	}
	if ((first & 0xe0) == 0xc0) {
		*bits = first & 0x1f, *least = 0x80;
		return 2;
	}
	if ((first & 0xf0) == 0xe0) {
		*bits = first & 0x0f, *least = 0x800;
		return 3;
	}
	if ((first & 0xf8) == 0xf0) {
		*bits = first & 0x07, *least = 0x10000;
		return 4;
	}
	return 0;
}

size_t
sb_utf8_next(struct sb_bytes in, uint32_t *code)
{
	uint32_t bits = 0, least = 0;
	size_t size;

	if (in.size == 0)
		return 0;
	size = sequence(in.data[0], &bits, &least);
	if (size == 0 || size > in.size)
		return 0;
	for (size_t i = 1; i < size; i++) {
		if ((in.data[i] & 0xc0) != 0x80)
			return 0;
		bits = bits << 6 | (in.data[i] & 0x3f);
	}
	/* Overlong, out of Unicode, or half of a UTF-16 pair. */
	if (bits < least || bits > 0x10ffff || (bits >= 0xd800 && bits <= 0xdfff))
		return 0;
	*code = bits;
	return size;
}

/* Not only what a terminal obeys, but what nobody sees: two texts that look alike should be
 * alike. */
bool
sb_utf8_is_control(uint32_t code)
{
	static const struct {
		uint32_t first, last;
	} controls[] = {
		{0x00, 0x1f}, {0x7f, 0x9f}, {0xad, 0xad}, {0x61c, 0x61c},
		{0x200b, 0x200f}, /* zero width, direction marks */
		{0x2028, 0x202e}, /* separators, direction embeddings and overrides */
		{0x2060, 0x206f}, /* invisible operators, direction isolates */
		{0xfeff, 0xfeff}, {0xfff9, 0xfffb}, {0xe0000, 0xe007f}, /* tags */
	};

	for (size_t i = 0; i < sizeof(controls) / sizeof(controls[0]); i++)
		if (code >= controls[i].first && code <= controls[i].last)
			return true;
	return false;
}

/* How many octets at the beginning are ASCII: most texts are nothing else. */
static size_t
ascii_run(struct sb_bytes in)
{
	size_t run = 0;
	uint64_t eight;

	for (; in.size - run >= sizeof(eight); run += sizeof(eight)) {
		memcpy(&eight, in.data + run, sizeof(eight));
		if (eight & UINT64_C(0x8080808080808080))
			break;
	}
	while (run < in.size && in.data[run] < 0x80)
		run++;
	return run;
}

bool
sb_utf8_valid(struct sb_bytes in)
{
	uint32_t code;

	for (;;) {
		size_t size = ascii_run(in);

		if (size == in.size)
			return true;
		in = sb_bytes(in.data + size, in.size - size);
		size = sb_utf8_next(in, &code);
		if (size == 0)
			return false;
		in = sb_bytes(in.data + size, in.size - size);
	}
}
