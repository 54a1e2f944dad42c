#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "protocols/erps/text_big_internal.h"
#include "protocols/erps/text_notation_internal.h"
#include "protocols/erps/text_scan_internal.h"

/* Characters of a float; one that is printed has 25 at most. */
#define FLOAT_MAX 400

/* Digits of a base, with _ between two of them. */
static struct sb_bytes
scan_digits(struct erps_scan *s, unsigned base)
{
	const uint8_t *start = s->at;

	while (erps_digit_value(erps_scan_peek(s, 0)) < base ||
		(s->at > start && erps_scan_peek(s, 0) == '_' &&
			erps_digit_value(erps_scan_peek(s, 1)) < base))
		s->at++;
	return sb_bytes(start, (size_t)(s->at - start));
}

/* In its smallest form. */
static void
put_integer(struct erps_builder *b, struct sb_bytes magnitude, bool is_negative)
{
	uint64_t value = 0;

	for (size_t i = magnitude.size; i-- > 0 && magnitude.size <= 8;)
		value = value << 8 | magnitude.data[i];
	if (magnitude.size > 8 || (is_negative && value > (uint64_t)INT64_MAX + 1))
		erps_put_big(b, magnitude, is_negative);
	else if (is_negative)
		erps_put_integer(b, (int64_t)(0 - value));
	else
		erps_put_unsigned(b, value);
}

static int
put_digits(struct erps_scan *s, struct sb_bytes digits, unsigned base, bool is_negative)
{
	uint8_t magnitude[ERPS_TEXT_INTEGER_MAX];
	size_t size;

	if (digits.size == 0)
		return erps_scan_fail(s, SB_EINVAL, "digits are missing");
	size = erps_big_read(digits, base, magnitude);
	if (size > sizeof(magnitude))
		return erps_scan_fail(s, SB_ELIMIT, "the integer is too large");
	put_integer(s->b, sb_bytes(magnitude, size), is_negative);
	return 0;
}

/* strtod goes by the locale's point, not by ours. */
static char
point(void)
{
	char half[8];

	snprintf(half, sizeof(half), "%.1f", 0.5);
	return half[1];
}

static int
put_float(struct erps_scan *s, struct sb_bytes digits, bool is_negative)
{
	char text[FLOAT_MAX + 1];
	size_t size = 0;
	double value;

	if (digits.size > FLOAT_MAX)
		return erps_scan_fail(s, SB_ELIMIT, "the float is too long");
	for (size_t i = 0; i < digits.size; i++)
		if (digits.data[i] != '_')
			text[size++] = digits.data[i] == '.' ? point() : (char)digits.data[i];
	text[size] = '\0';
	value = strtod(text, NULL);
	if (!isfinite(value))
		return erps_scan_fail(s, SB_EINVAL, "the float is out of range");
	erps_put_float(s->b, is_negative ? -value : value);
	return 0;
}

/* Behind its whole part. */
static int
scan_fraction(struct erps_scan *s, const uint8_t *start, bool is_negative)
{
	s->at++;
	scan_digits(s, 10);
	if ((erps_scan_peek(s, 0) | 0x20) == 'e') {
		s->at++;
		if (erps_scan_peek(s, 0) == '-' || erps_scan_peek(s, 0) == '+')
			s->at++;
		if (scan_digits(s, 10).size == 0)
			return erps_scan_fail(s, SB_EINVAL, "the float's exponent is missing");
	}
	return put_float(s, sb_bytes(start, (size_t)(s->at - start)), is_negative);
}

/* 16, 2 or 8 when a number begins with 0x, 0b or 0o; otherwise 10. */
static unsigned
base_of(const struct erps_scan *s)
{
	if (erps_scan_is_at(s, "0x"))
		return 16;
	if (erps_scan_is_at(s, "0b"))
		return 2;
	return erps_scan_is_at(s, "0o") ? 8 : 10;
}

static int
scan_code(struct erps_scan *s)
{
	uint8_t octets[4];
	uint32_t code = 0;
	size_t size;
	int err;

	s->at++;
	if (s->at == s->end)
		return erps_scan_fail(s, SB_EINVAL, "a character is missing after ?");
	err = erps_scan_character(s, octets, &size, &code);
	if (!err)
		erps_put_integer(s->b, code);
	return err;
}

int
erps_scan_number(struct erps_scan *s)
{
	bool is_negative = *s->at == '-';
	struct sb_bytes digits;
	unsigned base;

	if (*s->at == '?')
		return scan_code(s);
	s->at += is_negative;
	base = base_of(s);
	if (base != 10)
		s->at += 2;
	digits = scan_digits(s, base);
	if (base == 10 && digits.size && erps_scan_peek(s, 0) == '.' &&
		erps_is_digit(erps_scan_peek(s, 1)))
		return scan_fraction(s, digits.data, is_negative);
	return put_digits(s, digits, base, is_negative);
}

int
erps_scan_small(struct erps_scan *s, uint32_t most, uint32_t *value)
{
	struct sb_bytes digits;
	unsigned base = base_of(s);

	if (base != 10)
		s->at += 2;
	digits = scan_digits(s, base);
	*value = 0;
	for (size_t i = 0; i < digits.size && *value <= most; i++)
		if (digits.data[i] != '_')
			*value = *value * base + erps_digit_value(digits.data[i]);
	if (digits.size && *value <= most)
		return 0;
	if (digits.size)
		s->at = digits.data;
	return erps_scan_fail(s, SB_EINVAL, "a number from 0 to 255 is missing");
}
