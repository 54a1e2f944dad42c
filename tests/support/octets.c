#include "tests/support/octets.h"

#include <stdio.h>
#include <stdlib.h>

static int
digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	fprintf(stderr, "'%c' in the octets of a test\n", c);
	abort();
}

static void
put(struct sb_writer *w, uint8_t octet)
{
	sb_put_u8(w, octet);
	if (sb_writer_failed(w))
		abort();
}

/* "00" or "00*36": what comes after it. */
static const char *
put_digits(struct sb_writer *w, const char *digits)
{
	uint8_t octet = (uint8_t)(digit(digits[0]) << 4 | digit(digits[1]));
	char *end = (char *)digits + 2;
	unsigned long times = 1;

	if (*end == '*')
		times = strtoul(end + 1, &end, 10);
	while (times-- > 0)
		put(w, octet);
	return end;
}

struct sb_bytes
octets_of(const char *notation, uint8_t *buf, size_t size)
{
	struct sb_writer w = sb_writer_of(buf, size);

	while (*notation) {
		if (*notation == ' ') {
			notation++;
		} else if (*notation == '\'') {
			for (notation++; *notation != '\''; notation++)
				put(&w, (uint8_t)*notation);
			notation++;
		} else {
			notation = put_digits(&w, notation);
		}
	}
	return sb_bytes(buf, sb_writer_size(&w));
}

struct sb_bytes
exact_copy(struct sb_bytes octets)
{
	uint8_t *copy = malloc(octets.size ? octets.size : 1);

	if (!copy)
		abort();
	if (octets.size)
		memcpy(copy, octets.data, octets.size);
	return sb_bytes(copy, octets.size);
}

void
patch_u32(uint8_t *at, uint32_t value)
{
	value = __builtin_bswap32(value);
	memcpy(at, &value, sizeof(value));
}
