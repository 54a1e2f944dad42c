#include "protocols/http/base64.h"

#include "core/error.h"

static const char common[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

static char
digit_of(enum http_base64 form, unsigned value)
{
	value &= 63;
	if (value < 62)
		return common[value];
	return (form == HTTP_BASE64_URL ? "-_" : "+/")[value - 62];
}

static int
value_of(uint8_t digit)
{
	const char *at = digit ? strchr(common, digit) : NULL;

	if (at)
		return (int)(at - common);
	if (digit == '+' || digit == '-')
		return 62;
	return digit == '/' || digit == '_' ? 63 : -1;
}

/* Of `size` octets, 1 to 3, so many digits and no padding. */
static size_t
encode_group(enum http_base64 form, const uint8_t *in, size_t size, char *out)
{
	unsigned bits = (unsigned)in[0] << 16;

	if (size > 1)
		bits |= (unsigned)in[1] << 8;
	if (size > 2)
		bits |= in[2];
	for (size_t i = 0; i <= size; i++)
		out[i] = digit_of(form, bits >> (18 - 6 * i));
	return size + 1;
}

ssize_t
http_base64_encode(enum http_base64 form, struct sb_bytes in, char *out, size_t size)
{
	size_t used = 0;

	if (size == 0 || in.size > (size - 1) / 4 * 3)
		return SB_ELIMIT;
	for (size_t i = 0; i < in.size; i += 3) {
		size_t left = in.size - i;

		used += encode_group(form, in.data + i, left < 3 ? left : 3, out + used);
	}
	while (form == HTTP_BASE64 && used % 4)
		out[used++] = '=';
	out[used] = '\0';
	return (ssize_t)used;
}

/* The digits before the padding, however much of it there is: some forget a part. */
static size_t
digits_of(struct sb_bytes in)
{
	size_t digits = in.size;

	while (digits && in.size - digits < 2 && in.data[digits - 1] == '=')
		digits--;
	return digits;
}

ssize_t
http_base64_decode(struct sb_bytes in, uint8_t *out, size_t size)
{
	size_t digits = digits_of(in), used = 0;
	unsigned bits = 0;

	if (digits % 4 == 1)
		return SB_EINVAL;
	if (digits / 4 * 3 + (digits % 4 * 3) / 4 > size)
		return SB_ELIMIT;
	for (size_t i = 0; i < digits; i++) {
		int value = value_of(in.data[i]);

		if (value < 0)
			return SB_EINVAL;
		bits = bits << 6 | (unsigned)value;
		if (i % 4)
			out[used++] = (uint8_t)(bits >> (6 - i % 4 * 2));
	}
	return (ssize_t)used;
}
