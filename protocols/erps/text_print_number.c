#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "protocols/erps/text_big_internal.h"
#include "protocols/erps/text_notation_internal.h"
#include "protocols/erps/text_scalar_internal.h"

/* Decimal digits of a double that always read back. */
#define DIGITS_MAX 17

/* Numbers from 10^-5 up to 10^16 are written without an exponent. */
#define EXPONENT_LEAST (-5)
#define EXPONENT_MOST  15

static void
out_big(struct erps_out *out, struct sb_bytes magnitude)
{
	char digits[ERPS_TEXT_DIGITS_MAX];

	if (magnitude.size <= ERPS_TEXT_DECIMAL_MAX) {
		erps_out_octets(out, digits, erps_big_digits(magnitude, digits));
		return;
	}
	erps_out_words(out, "0x");
	for (size_t i = magnitude.size; i-- > 0 && !out->is_cut;)
		erps_out_hex(out, sb_bytes(magnitude.data + i, 1));
}

void
erps_out_integer(struct erps_out *out, struct erps_term term)
{
	struct sb_bytes magnitude;
	bool is_negative;
	int64_t value;

	if (erps_get_integer(term, &value)) {
		if (value < 0)
			erps_out_words(out, "-");
		erps_out_number(out, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
	} else if (erps_get_big(term, &magnitude, &is_negative)) {
		if (is_negative)
			erps_out_words(out, "-");
		out_big(out, magnitude);
	}
}

/* The fewest digits that read back, and the exponent of the first. */
static size_t
shortest(double value, char digits[DIGITS_MAX], int *exponent)
{
	char text[DIGITS_MAX + 16];
	size_t count = 0;
	const char *at = text;

	for (int precision = 14; precision < DIGITS_MAX; precision++) {
		snprintf(text, sizeof(text), "%.*e", precision, value);
		if (strtod(text, NULL) == value)
			break;
	}
	/* Whatever the locale has for a point is passed over. */
	for (; *at && *at != 'e'; at++)
		if (erps_is_digit((uint8_t)*at))
			digits[count++] = *at;
	*exponent = (int)strtol(at + 1, NULL, 10);
	while (count > 1 && digits[count - 1] == '0')
		count--;
	return count;
}

static void
out_zeros(struct erps_out *out, int count)
{
	while (count-- > 0)
		erps_out_words(out, "0");
}

static void
out_plain(struct erps_out *out, const char *digits, size_t count, int exponent)
{
	size_t whole = exponent < 0 ? 0 : (size_t)exponent + 1;

	if (whole == 0) {
		erps_out_words(out, "0.");
		out_zeros(out, -exponent - 1);
		erps_out_octets(out, digits, count);
	} else if (count <= whole) {
		erps_out_octets(out, digits, count);
		out_zeros(out, (int)(whole - count));
		erps_out_words(out, ".0");
	} else {
		erps_out_octets(out, digits, whole);
		erps_out_words(out, ".");
		erps_out_octets(out, digits + whole, count - whole);
	}
}

static void
out_scientific(struct erps_out *out, const char *digits, size_t count, int exponent)
{
	erps_out_octets(out, digits, 1);
	erps_out_words(out, ".");
	if (count > 1)
		erps_out_octets(out, digits + 1, count - 1);
	else
		erps_out_words(out, "0");
	erps_out_words(out, exponent < 0 ? "e-" : "e");
	erps_out_number(out, (uint64_t)abs(exponent));
}

void
erps_out_float(struct erps_out *out, double value)
{
	char digits[DIGITS_MAX];
	size_t count;
	int exponent;

	if (signbit(value))
		erps_out_words(out, "-");
	count = shortest(fabs(value), digits, &exponent);
	if (exponent >= EXPONENT_LEAST && exponent <= EXPONENT_MOST)
		out_plain(out, digits, count, exponent);
	else
		out_scientific(out, digits, count, exponent);
}
