/*
 * Amounts as people write them, in integers: no fractions, since "1.5h" rounds
 * differently for each reader, and no unit without its name but octets and
 * counts.
 */
#include "core/units.h"

#include "core/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct unit {
	const char *name;
	uint64_t factor;
};

/* Digits at the beginning; what follows them goes to *rest. */
static int
parse_digits(const char *text, uint64_t *number, const char **rest)
{
	uint64_t value = 0;

	if (*text < '0' || *text > '9')
		return SB_EINVAL;
	for (; *text >= '0' && *text <= '9'; text++)
		if (__builtin_mul_overflow(value, 10, &value) ||
			__builtin_add_overflow(value, (uint64_t)(*text - '0'), &value))
			return SB_EINVAL;
	*number = value;
	*rest = text;
	return 0;
}

/* Overflow is an error, and so is the one number that means "unlimited". */
static int
parse_amount(const char *text, const struct unit *units, size_t count, uint64_t *out)
{
	uint64_t number;
	const char *name;

	if (strcmp(text, "unlimited") == 0) {
		*out = SB_UNITS_UNLIMITED;
		return 0;
	}
	if (parse_digits(text, &number, &name))
		return SB_EINVAL;
	for (size_t i = 0; i < count; i++)
		if (strcmp(units[i].name, name) == 0) {
			bool is_over = __builtin_mul_overflow(number, units[i].factor, out);

			return is_over || *out == SB_UNITS_UNLIMITED ? SB_EINVAL : 0;
		}
	return SB_EINVAL;
}

int
sb_duration_parse(const char *text, uint64_t *ms)
{
	static const struct unit units[] = {
		{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}};

	if (strcmp(text, "0") == 0) {
		*ms = 0;
		return 0;
	}
	return parse_amount(text, units, sizeof(units) / sizeof(units[0]), ms);
}

int
sb_size_parse(const char *text, uint64_t *bytes)
{
	static const struct unit units[] = {
		{"", 1}, {"B", 1}, {"KiB", 1u << 10}, {"MiB", 1u << 20}, {"GiB", 1u << 30}};

	return parse_amount(text, units, sizeof(units) / sizeof(units[0]), bytes);
}

int
sb_count_parse(const char *text, uint64_t *count)
{
	static const struct unit units[] = {{"", 1}};

	return parse_amount(text, units, 1, count);
}
