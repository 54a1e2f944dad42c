#include "protocols/erps/number_internal.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static size_t
without_zeros(const uint8_t *octets, size_t size)
{
	while (size && octets[size - 1] == 0)
		size--;
	return size;
}

/* Integers of 97 and 98: the octets must be made. */
static void
small_magnitude(int64_t value, struct erps_magnitude *magnitude)
{
	uint64_t absolute = value < 0 ? (uint64_t)-value : (uint64_t)value;
	size_t size = 0;

	for (; absolute; absolute >>= 8)
		magnitude->own[size++] = (uint8_t)absolute;
	magnitude->octets = sb_bytes(magnitude->own, size);
	magnitude->is_negative = value < 0;
}

static void
big_magnitude(const uint8_t *at, struct erps_magnitude *magnitude)
{
	bool is_small = *at == ERPS_TAG_SMALL_BIG;
	size_t size = is_small ? at[1] : erps_u32(at + 1);
	const uint8_t *sign = at + (is_small ? 2 : 5);

	magnitude->octets = sb_bytes(sign + 1, without_zeros(sign + 1, size));
	magnitude->is_negative = *sign && magnitude->octets.size;
}

void
erps_magnitude_at(const uint8_t *at, struct erps_magnitude *magnitude)
{
	if (*at == ERPS_TAG_SMALL_INTEGER)
		small_magnitude(at[1], magnitude);
	else if (*at == ERPS_TAG_INTEGER)
		small_magnitude((int32_t)erps_u32(at + 1), magnitude);
	else
		big_magnitude(at, magnitude);
}

/* False: over 64 bits. */
static bool
absolute_of(const struct erps_magnitude *magnitude, uint64_t *absolute)
{
	*absolute = 0;
	if (magnitude->octets.size > sizeof(*absolute))
		return false;
	for (size_t i = magnitude->octets.size; i > 0; i--)
		*absolute = *absolute << 8 | magnitude->octets.data[i - 1];
	return true;
}

bool
erps_get_integer(struct erps_term term, int64_t *value)
{
	struct erps_magnitude magnitude;
	uint64_t absolute;

	if (erps_kind(term) != ERPS_INTEGER)
		return false;
	if (*term.data == ERPS_TAG_SMALL_INTEGER) {
		*value = term.data[1];
		return true;
	}
	erps_magnitude_at(term.data, &magnitude);
	if (!absolute_of(&magnitude, &absolute) ||
		absolute > (uint64_t)INT64_MAX + magnitude.is_negative)
		return false;
	*value = (int64_t)(magnitude.is_negative ? 0 - absolute : absolute);
	return true;
}

bool
erps_get_unsigned(struct erps_term term, uint64_t *value)
{
	struct erps_magnitude magnitude;

	if (erps_kind(term) != ERPS_INTEGER)
		return false;
	erps_magnitude_at(term.data, &magnitude);
	return !magnitude.is_negative && absolute_of(&magnitude, value);
}

bool
erps_get_big(struct erps_term term, struct sb_bytes *octets, bool *is_negative)
{
	struct erps_magnitude magnitude;

	if (!term.data || (*term.data != ERPS_TAG_SMALL_BIG && *term.data != ERPS_TAG_LARGE_BIG))
		return false;
	big_magnitude(term.data, &magnitude);
	*octets = magnitude.octets;
	*is_negative = magnitude.is_negative;
	return true;
}

/* A cursor over the text of a FLOAT, and the digits copied without their point: the C library would
 * want the point of the process's locale. */
struct float_text {
	const uint8_t *at, *end;
	char digits[48];
	size_t count;
	int fraction; /* digits behind the point */
};

static bool
take(struct float_text *t, char octet)
{
	if (t->at == t->end || *t->at != (uint8_t)octet)
		return false;
	t->at++;
	return true;
}

static int
take_digits(struct float_text *t)
{
	int count = 0;

	for (; t->at < t->end && isdigit(*t->at); count++)
		t->digits[t->count++] = (char)*t->at++;
	return count;
}

/* "e", a sign, two or three digits; or nothing. False: something else. */
static bool
take_exponent(struct float_text *t, int *exponent)
{
	bool is_negative = false;
	int digits = 0;

	*exponent = 0;
	if (!take(t, 'e') && !take(t, 'E'))
		return true;
	if (!take(t, '+'))
		is_negative = take(t, '-');
	for (; t->at < t->end && isdigit(*t->at) && digits < 4; digits++)
		*exponent = *exponent * 10 + (*t->at++ - '0');
	if (is_negative)
		*exponent = -*exponent;
	return digits > 0;
}

/* "1.50000000000000000000e+00" and NULs to the end: as nodes before OTP R11 wrote it. */
bool
erps_parse_float(const uint8_t text[31], double *value)
{
	struct float_text t = {.at = text, .end = text + 31};
	int exponent;

	if (take(&t, '-'))
		t.digits[t.count++] = '-';
	if (take_digits(&t) == 0 || !take(&t, '.'))
		return false;
	t.fraction = take_digits(&t);
	if (t.fraction == 0 || !take_exponent(&t, &exponent))
		return false;
	while (t.at < t.end)
		if (*t.at++)
			return false;
	snprintf(t.digits + t.count, sizeof(t.digits) - t.count, "e%d", exponent - t.fraction);
	*value = strtod(t.digits, NULL);
	return isfinite(*value);
}

double
erps_float_at(const uint8_t *at)
{
	double value = 0;
	uint64_t bits;

	if (*at == ERPS_TAG_FLOAT) {
		erps_parse_float(at + 1, &value);
		return value;
	}
	bits = erps_u64(at + 1);
	memcpy(&value, &bits, sizeof(value));
	return value;
}

uint64_t
erps_float_bits(const uint8_t *at)
{
	double value = erps_float_at(at);
	uint64_t bits;

	memcpy(&bits, &value, sizeof(bits));
	return bits;
}

bool
erps_get_float(struct erps_term term, double *value)
{
	if (erps_kind(term) != ERPS_FLOAT)
		return false;
	*value = erps_float_at(term.data);
	return true;
}
