/* Durations, sizes and counts as people write them. */
#include "core/units.h"

#include "core/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static uint64_t
duration(const char *text)
{
	uint64_t ms = 12345;

	return sb_duration_parse(text, &ms) ? 0xbad : ms;
}

static uint64_t
size(const char *text)
{
	uint64_t bytes = 12345;

	return sb_size_parse(text, &bytes) ? 0xbad : bytes;
}

static void
test_durations_are_milliseconds(void **state)
{
	(void)state;
	assert_int_equal(duration("0"), 0);
	assert_int_equal(duration("0s"), 0);
	assert_int_equal(duration("500ms"), 500);
	assert_int_equal(duration("30s"), 30000);
	assert_int_equal(duration("5m"), 300000);
	assert_int_equal(duration("2h"), 7200000);
	assert_int_equal(duration("7d"), 604800000);
	assert_int_equal(duration("unlimited"), SB_UNITS_UNLIMITED);
}

static void
test_what_is_no_duration_is_refused(void **state)
{
	static const char *const wrong[] = {"", "30", "s", "-1s", "1.5s", "30 s", " 30s", "30s ",
		"30S", "1h30m", "1w", "99999999999999999999s", "18446744073709551615s",
		"18446744073709551615ms", "Unlimited"};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (duration(wrong[i]) != 0xbad)
			fail_msg("\"%s\" was taken for a duration", wrong[i]);
}

static void
test_sizes_are_octets(void **state)
{
	(void)state;
	assert_int_equal(size("0"), 0);
	assert_int_equal(size("4096"), 4096);
	assert_int_equal(size("4096B"), 4096);
	assert_int_equal(size("64KiB"), 65536);
	assert_int_equal(size("2MiB"), 2097152);
	assert_int_equal(size("1GiB"), 1073741824);
	assert_int_equal(size("unlimited"), SB_UNITS_UNLIMITED);
}

static void
test_what_is_no_size_is_refused(void **state)
{
	static const char *const wrong[] = {"", "KiB", "64kb", "64K", "64 KiB", "-1", "1.5MiB",
		"0x10", "18446744073709551615GiB", "64KiBx"};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (size(wrong[i]) != 0xbad)
			fail_msg("\"%s\" was taken for a size", wrong[i]);
}

static void
test_counts_are_plain_numbers(void **state)
{
	uint64_t count;

	(void)state;
	assert_int_equal(sb_count_parse("10000", &count), 0);
	assert_int_equal(count, 10000);
	assert_int_equal(sb_count_parse("unlimited", &count), 0);
	assert_int_equal(count, SB_UNITS_UNLIMITED);
	assert_int_equal(sb_count_parse("10k", &count), SB_EINVAL);
	assert_int_equal(sb_count_parse("", &count), SB_EINVAL);
	assert_int_equal(sb_count_parse("18446744073709551616", &count), SB_EINVAL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_durations_are_milliseconds),
		cmocka_unit_test(test_what_is_no_duration_is_refused),
		cmocka_unit_test(test_sizes_are_octets),
		cmocka_unit_test(test_what_is_no_size_is_refused),
		cmocka_unit_test(test_counts_are_plain_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
