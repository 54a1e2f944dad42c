#include "protocols/http/percent.h"

#include "core/error.h"

static int
hex_value(uint8_t digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	digit |= 0x20;
	return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

/* The octet that the two digits after a "%" say; 0: none, and what cannot be in a text. */
static uint8_t
escaped(struct sb_bytes in, size_t percent)
{
	int high, low;

	if (in.size - percent < 3)
		return 0;
	high = hex_value(in.data[percent + 1]);
	low = hex_value(in.data[percent + 2]);
	return high < 0 || low < 0 ? 0 : (uint8_t)(high << 4 | low);
}

ssize_t
http_percent_decode(struct sb_bytes in, bool is_form, char *out, size_t size)
{
	size_t used = 0;

	for (size_t i = 0; i < in.size; i++) {
		uint8_t octet = in.data[i];

		if (octet == '%') {
			octet = escaped(in, i);
			i += 2;
		} else if (octet == '+' && is_form) {
			octet = ' ';
		}
		if (octet == 0)
			return SB_EINVAL;
		if (used + 1 >= size)
			return SB_ELIMIT;
		out[used++] = (char)octet;
	}
	if (size == 0)
		return SB_ELIMIT;
	out[used] = '\0';
	return (ssize_t)used;
}

static bool
is_unreserved(uint8_t octet)
{
	uint8_t letter = octet | 0x20;

	return (letter >= 'a' && letter <= 'z') || (octet >= '0' && octet <= '9') ||
	       (octet && strchr("-._~", octet));
}

ssize_t
http_percent_encode(struct sb_bytes in, char *out, size_t size)
{
	static const char digits[] = "0123456789ABCDEF";
	size_t used = 0;

	for (size_t i = 0; i < in.size; i++) {
		uint8_t octet = in.data[i];
		bool is_plain = is_unreserved(octet);

		if (size - used <= (is_plain ? 1 : 3))
			return SB_ELIMIT;
		out[used++] = is_plain ? (char)octet : '%';
		if (is_plain)
			continue;
		out[used++] = digits[octet >> 4];
		out[used++] = digits[octet & 15];
	}
	if (used >= size)
		return SB_ELIMIT;
	out[used] = '\0';
	return (ssize_t)used;
}
