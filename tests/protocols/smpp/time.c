/* SMPP times: zones by quarter hours, calendars, what is no time. */
#include "protocols/smpp/time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/error.h"
#include "tests/support/octets.h"

#define MS   INT64_C(1000)
#define HOUR (3600 * MS)
#define DAY  (24 * HOUR)
/* 2024-01-31T12:00:00Z. */
#define NOON_MS (INT64_C(1706702400) * MS)

static const struct {
	const char *text;
	int64_t seconds; /* Unix */
	int64_t ms;
} absolute[] = {
	{"000101000000000+", 946684800, 0},
	{"240131120000000+", 1706702400, 0},
	{"240131120000900-", 1706702400, 900},
	/* One hour ahead of UTC: an hour earlier there. */
	{"240131120000004+", 1706698800, 0},
	{"240131120000004-", 1706706000, 0},
	/* Kathmandu is 5:45 ahead, the Marquesas 9:30 behind, Chatham 12:45. */
	{"240131120000023+", 1706681700, 0},
	{"240131120000038-", 1706736600, 0},
	{"240131120000048+", 1706659200, 0},
	{"240131120000048-", 1706745600, 0},
	{"240131120000001+", 1706701500, 0},
	/* Leap days and the ends of years. */
	{"240229235959900+", 1709251199, 900},
	{"240301000000000+", 1709251200, 0},
	{"231231235959000+", 1704067199, 0},
	{"991231235959000+", INT64_C(4102444799), 0},
	/* Across the first and the last midnight of the century. */
	{"000101000000004+", 946681200, 0},
	{"991231235959004-", INT64_C(4102448399), 0},
};

static void
test_absolute_times_honour_tenths_and_quarter_hours(void **state)
{
	for (size_t i = 0; i < sizeof(absolute) / sizeof(absolute[0]); i++) {
		struct sb_bytes text = exact_copy(sb_bytes_text(absolute[i].text));
		int64_t at_ms = -1;

		assert_int_equal(smpp_time_parse(text, 0, &at_ms), 0);
		assert_true(at_ms == absolute[i].seconds * MS + absolute[i].ms);
		free((void *)text.data);
	}
	(void)state;
}

static void
test_every_zone_goes_there_and_back(void **state)
{
	for (int quarter = -48; quarter <= 48; quarter++) {
		char text[SMPP_TIME_LENGTH + 1];
		int64_t at_ms = 0;

		assert_int_equal(smpp_time_format(NOON_MS + 123, quarter, text), 0);
		assert_int_equal(text[15], quarter < 0 ? '-' : '+');
		assert_int_equal(smpp_time_parse(sb_bytes_text(text), 0, &at_ms), 0);
		assert_true(at_ms == NOON_MS + 100);
	}
	(void)state;
}

static void
test_every_day_of_the_century_goes_there_and_back(void **state)
{
	int64_t first = INT64_C(946684800) * MS;

	for (int day = 0; day < 36525; day++) {
		int64_t at_ms = 0, wanted = first + day * DAY + (day % 86400) * MS + 500;
		char text[SMPP_TIME_LENGTH + 1];

		assert_int_equal(smpp_time_format(wanted, 0, text), 0);
		assert_int_equal(smpp_time_parse(sb_bytes_text(text), 0, &at_ms), 0);
		assert_true(at_ms == wanted);
	}
	(void)state;
}

static void
test_times_are_written_as_read(void **state)
{
	for (size_t i = 0; i < sizeof(absolute) / sizeof(absolute[0]); i++) {
		int quarters = (absolute[i].text[13] - '0') * 10 + absolute[i].text[14] - '0';
		char text[SMPP_TIME_LENGTH + 1];

		if (absolute[i].text[15] == '-')
			quarters = -quarters;
		assert_int_equal(
			smpp_time_format(absolute[i].seconds * MS + absolute[i].ms, quarters, text),
			0);
		/* -0 is written as +0. */
		if (quarters)
			assert_string_equal(text, absolute[i].text);
	}
	(void)state;
}

static void
test_what_cannot_be_written_is_refused(void **state)
{
	char text[SMPP_TIME_LENGTH + 1];

	assert_int_equal(smpp_time_format(NOON_MS, 49, text), SB_EINVAL);
	assert_int_equal(smpp_time_format(NOON_MS, -49, text), SB_EINVAL);
	assert_int_equal(smpp_time_format(-1, 0, text), SB_EINVAL);
	assert_int_equal(smpp_time_format(0, -4, text), SB_EINVAL);
	assert_int_equal(smpp_time_format(INT64_C(946684800) * MS - 1, 0, text), SB_EINVAL);
	assert_int_equal(smpp_time_format(INT64_C(946684800) * MS - 1, 1, text), 0);
	assert_string_equal(text, "000101001459901+");
	assert_int_equal(smpp_time_format(INT64_C(4102444800) * MS, 0, text), SB_EINVAL);
	assert_int_equal(smpp_time_format(INT64_MAX, 0, text), SB_EINVAL);
	(void)state;
}

static const struct {
	const char *text;
	int64_t now; /* seconds */
	int64_t at;
} relative[] = {
	{"000007000000000R", 1706702400, 1706702400 + 7 * 86400},
	{"000000000000000R", 1706702400, 1706702400},
	{"000000010203000R", 1706702400, 1706702400 + 3723},
	/* What follows the seconds does not matter; more than a clock shows does. */
	{"000000990000999R", 1706702400, 1706702400 + 99 * 3600},
	{"000099000000000R", 1706702400, 1706702400 + 99 * 86400},
	/* A month from 31 January is 29 February in a leap year, and 28 in another. */
	{"000100000000000R", 1706702400, 1709208000},
	{"000100000000000R", 1675166400, 1677585600},
	/* Eleven months from 31 January, thirteen, a year, 99 years. */
	{"001100000000000R", 1706702400, 1735646400},
	{"001300000000000R", 1706702400, 1740744000},
	{"010000000000000R", 1706702400, 1738324800},
	{"990000000000000R", 1706702400, INT64_C(4830840000)},
	/* A year from 29 February is 28 February. */
	{"010000000000000R", 1709208000, 1740744000},
};

static void
test_relative_times_count_by_the_calendar(void **state)
{
	for (size_t i = 0; i < sizeof(relative) / sizeof(relative[0]); i++) {
		int64_t at_ms = -1;

		assert_int_equal(smpp_time_parse(sb_bytes_text(relative[i].text),
					 relative[i].now * MS + 7, &at_ms),
			0);
		assert_true(at_ms == relative[i].at * MS + 7);
	}
	(void)state;
}

static void
test_durations_are_written_in_days_to_seconds(void **state)
{
	char text[SMPP_TIME_LENGTH + 1];
	int64_t at_ms;

	assert_int_equal(smpp_time_format_relative(7 * DAY, text), 0);
	assert_string_equal(text, "000007000000000R");
	assert_int_equal(smpp_time_format_relative(0, text), 0);
	assert_string_equal(text, "000000000000000R");
	assert_int_equal(smpp_time_format_relative(DAY + 2 * HOUR + 3 * 60 * MS + 3001, text), 0);
	assert_string_equal(text, "000001020304000R");
	assert_int_equal(smpp_time_parse(sb_bytes_text(text), NOON_MS, &at_ms), 0);
	assert_true(at_ms == NOON_MS + DAY + 2 * HOUR + 3 * 60 * MS + 4 * MS);
	assert_int_equal(smpp_time_format_relative(31 * DAY, text), 0);
	assert_string_equal(text, "000031000000000R");
	assert_int_equal(smpp_time_format_relative(31 * DAY + 1, text), SB_EINVAL);
	assert_int_equal(smpp_time_format_relative(-1, text), SB_EINVAL);
	(void)state;
}

static void
test_what_is_no_time_is_refused(void **state)
{
	static const char *const wrong[] = {
		"2401311200000",
		"240131120000000++",
		"24013112000000 +",
		"240131120000000",
		"240131120000000Z",
		"240131120000049+",
		"240131120000099-",
		"240031120000000+",
		"241331120000000+",
		"240100120000000+",
		"240132120000000+",
		"230229120000000+",
		"240431120000000+",
		"240131240000000+",
		"240131126000000+",
		"240131120060000+",
		"2401311200:0000+",
		"24/131120000000+",
		"240131120000x00+",
		"2401311200000x0+",
		"24013112000000xR",
		"2401311200 0000R",
		"240131120000/00R",
	};
	int64_t at_ms = 42;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(
			smpp_time_parse(sb_bytes_text(wrong[i]), NOON_MS, &at_ms), SB_EINVAL);
	assert_int_equal(smpp_time_parse(sb_bytes_text(""), 0, &at_ms), SB_ENOENT);
	assert_int_equal(smpp_time_parse(sb_bytes_text("000007000000000R"), -1, &at_ms), SB_EINVAL);
	assert_int_equal(
		smpp_time_parse(sb_bytes_text("000007000000000R"), INT64_MAX, &at_ms), SB_EINVAL);
	assert_true(at_ms == 42);
	(void)state;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_absolute_times_honour_tenths_and_quarter_hours),
		cmocka_unit_test(test_every_zone_goes_there_and_back),
		cmocka_unit_test(test_every_day_of_the_century_goes_there_and_back),
		cmocka_unit_test(test_times_are_written_as_read),
		cmocka_unit_test(test_what_cannot_be_written_is_refused),
		cmocka_unit_test(test_relative_times_count_by_the_calendar),
		cmocka_unit_test(test_durations_are_written_in_days_to_seconds),
		cmocka_unit_test(test_what_is_no_time_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
