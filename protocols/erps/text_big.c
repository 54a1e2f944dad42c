#include "protocols/erps/text_big_internal.h"

#include "protocols/erps/text_notation_internal.h"

/* Of the decimal that one step of a division gives. */
#define STEP        1000000000u
#define STEP_DIGITS 9

/* Words of 32 bits, the lowest first; how many are not zero at the top. */
static size_t
load(struct sb_bytes magnitude, uint32_t *words)
{
	size_t count = (magnitude.size + 3) / 4;

	memset(words, 0, count * sizeof(*words));
	for (size_t i = 0; i < magnitude.size; i++)
		words[i / 4] |= (uint32_t)magnitude.data[i] << i % 4 * 8;
	while (count && words[count - 1] == 0)
		count--;
	return count;
}

/* Divides in place; the remainder. */
static uint32_t
divide(uint32_t *words, size_t count, uint32_t by)
{
	uint64_t rest = 0;

	for (size_t i = count; i-- > 0;) {
		rest = rest << 32 | words[i];
		words[i] = (uint32_t)(rest / by);
		rest %= by;
	}
	return (uint32_t)rest;
}

size_t
erps_big_digits(struct sb_bytes magnitude, char digits[ERPS_TEXT_DIGITS_MAX])
{
	uint32_t words[ERPS_TEXT_DECIMAL_MAX / 4];
	size_t count = load(magnitude, words);
	/* From the end, in steps; then moved to the front. */
	size_t at = ERPS_TEXT_DIGITS_MAX;

	do {
		uint32_t part = divide(words, count, STEP);

		while (count && words[count - 1] == 0)
			count--;
		for (unsigned i = 0; at > 0 && (count ? i < STEP_DIGITS : part || i == 0);
			i++, part /= 10)
			digits[--at] = (char)('0' + part % 10);
	} while (count);
	memmove(digits, digits + at, ERPS_TEXT_DIGITS_MAX - at);
	return ERPS_TEXT_DIGITS_MAX - at;
}

/* words = words * by + add; false: there is no room for what comes over. */
static bool
multiply(uint32_t *words, size_t *count, uint32_t by, uint32_t add)
{
	uint64_t carry = add;

	for (size_t i = 0; i < *count; i++) {
		carry += (uint64_t)words[i] * by;
		words[i] = (uint32_t)carry;
		carry >>= 32;
	}
	if (carry == 0)
		return true;
	if (*count == ERPS_TEXT_INTEGER_MAX / 4)
		return false;
	words[(*count)++] = (uint32_t)carry;
	return true;
}

static size_t
store(const uint32_t *words, size_t count, uint8_t *magnitude)
{
	size_t size = count * 4;

	for (size_t i = 0; i < size; i++)
		magnitude[i] = (uint8_t)(words[i / 4] >> i % 4 * 8);
	while (size && magnitude[size - 1] == 0)
		size--;
	return size;
}

size_t
erps_big_read(struct sb_bytes digits, unsigned base, uint8_t magnitude[ERPS_TEXT_INTEGER_MAX])
{
	uint32_t words[ERPS_TEXT_INTEGER_MAX / 4];
	uint32_t by = 1, part = 0;
	size_t count = 0;
	bool has_room = true;

	/* As many digits at once as a word takes: a pass over the words is for all of them. */
	for (size_t i = 0; i < digits.size && has_room; i++) {
		if (digits.data[i] == '_')
			continue;
		part = part * base + erps_digit_value(digits.data[i]);
		by *= base;
		if (by < STEP / 16)
			continue;
		has_room = multiply(words, &count, by, part);
		by = 1, part = 0;
	}
	if (!has_room || !multiply(words, &count, by, part))
		return ERPS_TEXT_INTEGER_MAX + 1;
	return store(words, count, magnitude);
}
