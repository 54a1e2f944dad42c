/* dateTimes as the XSD has them, and as devices write them. */
#include "protocols/cwmp/date.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/support/chance.h"

#define DAY_MS INT64_C(86400000)

struct written {
	const char *text;
	enum cwmp_date_kind kind;
	int64_t ms;
	bool has_zone;
};

static void
test_times_are_read_in_all_their_forms(void **state)
{
	static const struct written all[] = {
		{"1970-01-01T00:00:00Z", CWMP_DATE_ABSOLUTE, 0, true},
		{"2026-11-27T10:00:00Z", CWMP_DATE_ABSOLUTE, 1795773600000, true},
		{"2026-11-27T10:00:00.5Z", CWMP_DATE_ABSOLUTE, 1795773600500, true},
		{"2026-11-27T10:00:00.123456789Z", CWMP_DATE_ABSOLUTE, 1795773600123, true},
		{"2026-11-27T11:00:00+01:00", CWMP_DATE_ABSOLUTE, 1795773600000, true},
		{"2026-11-27T04:30:00-05:30", CWMP_DATE_ABSOLUTE, 1795773600000, true},
		{"2026-11-27T11:00:00+0100", CWMP_DATE_ABSOLUTE, 1795773600000, true},
		{"2026-11-27T11:00:00+01", CWMP_DATE_ABSOLUTE, 1795773600000, true},
		{"2026-11-27T10:00:00", CWMP_DATE_ABSOLUTE, 1795773600000, false},
		{"2026-11-27 10:00:00", CWMP_DATE_ABSOLUTE, 1795773600000, false},
		{" \n2026-11-27t10:00:00z ", CWMP_DATE_ABSOLUTE, 1795773600000, true},
		{"2026-11-27", CWMP_DATE_ABSOLUTE, 1795737600000, false},
		{"2026-11-27Z", CWMP_DATE_ABSOLUTE, 1795737600000, true},
		{"2026-11-26T24:00:00Z", CWMP_DATE_ABSOLUTE, 1795737600000, true},
		{"2016-12-31T23:59:60Z", CWMP_DATE_ABSOLUTE, 1483228800000, true},
		{"2019-03-05T11:54::14", CWMP_DATE_ABSOLUTE, 1551786854000, false},
		{"2000-02-29T00:00:00Z", CWMP_DATE_ABSOLUTE, 951782400000, true},
		{"1969-12-31T23:59:59Z", CWMP_DATE_ABSOLUTE, -1000, true},
		{"9999-12-31T23:59:59.999Z", CWMP_DATE_ABSOLUTE, 253402300799999, true},
		{"0001-01-01T00:00:00Z", CWMP_DATE_UNKNOWN, 0, true},
		{"0001-01-01T00:00:00", CWMP_DATE_UNKNOWN, 0, false},
		{"0000-00-00T00:00:00", CWMP_DATE_UNKNOWN, 0, false},
		{"0001-01-04T01:00:00Z", CWMP_DATE_SINCE_BOOT, 3 * DAY_MS + 3600000, true},
		{"0001-01-01T00:00:00+01:00", CWMP_DATE_SINCE_BOOT, 0, true},
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct cwmp_date date = cwmp_date_parse(all[i].text);

		if (date.kind != all[i].kind || date.ms != all[i].ms)
			print_error("%s: kind %d, %lld ms\n", all[i].text, (int)date.kind,
				(long long)date.ms);
		assert_int_equal(date.kind, all[i].kind);
		assert_true(date.ms == all[i].ms);
		assert_true(date.has_zone == all[i].has_zone);
	}
	(void)state;
}

static void
test_what_is_no_time_is_none(void **state)
{
	static const char *const all[] = {NULL, "", " ", "T", "foo", "2026", "2026-11", "2026-11-",
		"2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-11-31T00:00:00Z",
		"2026-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2026-11-27T", "2026-11-27T10",
		"2026-11-27T10:00", "2026-11-27T10:00:", "2026-11-27T25:00:00Z",
		"2026-11-27T24:00:01Z", "2026-11-27T10:60:00Z", "2026-11-27T10:00:61Z",
		"2026-11-27T10:00:00.Z", "2026-11-27T10:00:00+", "2026-11-27T10:00:00+15:00",
		"2026-11-27T10:00:00+01:60", "2026-11-27T10:00:00+01:", "2026-11-27T10:00:00ZZ",
		"2026-11-27T10:00:00Z later", "-2026-11-27T10:00:00Z", "0000-01-01T00:00:00Z",
		"12026-11-27T10:00:00Z", "0"};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct cwmp_date date = cwmp_date_parse(all[i]);

		if (date.kind != CWMP_DATE_NONE)
			print_error("%s\n", all[i]);
		assert_int_equal(date.kind, CWMP_DATE_NONE);
		assert_true(date.ms == 0);
	}
	(void)state;
}

static void
assert_formats(int64_t ms, const char *expected)
{
	char text[CWMP_DATE_SIZE];

	cwmp_date_format(ms, text);
	assert_string_equal(text, expected);
}

static void
test_times_are_written_in_utc(void **state)
{
	assert_formats(0, "1970-01-01T00:00:00Z");
	assert_formats(1795773600000, "2026-11-27T10:00:00Z");
	assert_formats(1795773600007, "2026-11-27T10:00:00.007Z");
	assert_formats(951782400000, "2000-02-29T00:00:00Z");
	assert_formats(-1, "1969-12-31T23:59:59.999Z");
	assert_formats(253402300799999, "9999-12-31T23:59:59.999Z");
	assert_formats(253402300800000, "0001-01-01T00:00:00Z");
	assert_formats(INT64_MAX, "0001-01-01T00:00:00Z");
	assert_formats(INT64_MIN, "0001-01-01T00:00:00Z");
	(void)state;
}

static void
test_any_time_goes_there_and_back(void **state)
{
	struct chance c = chance_of(0x44415445);
	const int64_t first = -719162 * DAY_MS, span = INT64_C(3652059) * DAY_MS;

	for (int i = 0; i < 20000; i++) {
		int64_t ms = first + 366 * DAY_MS +
			     (int64_t)(chance_next(&c) % (uint64_t)(span - 366 * DAY_MS));
		char text[CWMP_DATE_SIZE];
		struct cwmp_date date;

		cwmp_date_format(ms, text);
		date = cwmp_date_parse(text);
		assert_int_equal(date.kind, CWMP_DATE_ABSOLUTE);
		assert_true(date.ms == ms && date.has_zone);
	}
	(void)state;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_times_are_read_in_all_their_forms),
		cmocka_unit_test(test_what_is_no_time_is_none),
		cmocka_unit_test(test_times_are_written_in_utc),
		cmocka_unit_test(test_any_time_goes_there_and_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
