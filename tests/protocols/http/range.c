#include "protocols/http/range.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "protocols/http/date.h"

#include <cmocka.h>

static void
test_one_range_is_read(void **state)
{
	static const struct {
		const char *field;
		uint64_t size;
		enum http_range range;
		uint64_t at, end;
	} cases[] = {
		{NULL, 10, HTTP_RANGE_WHOLE, 0, 10},
		{"bytes=0-0", 10, HTTP_RANGE_PART, 0, 1},
		{"bytes=2-4", 10, HTTP_RANGE_PART, 2, 5},
		{"Bytes= 2-4 ", 10, HTTP_RANGE_PART, 2, 5},
		{"bytes=9-", 10, HTTP_RANGE_PART, 9, 10},
		{"bytes=0-", 10, HTTP_RANGE_PART, 0, 10},
		{"bytes=5-99999999999999999", 10, HTTP_RANGE_PART, 5, 10},
		{"bytes=0-18446744073709551615", 10, HTTP_RANGE_PART, 0, 10},
		{"bytes=-3", 10, HTTP_RANGE_PART, 7, 10},
		{"bytes=-30", 10, HTTP_RANGE_PART, 0, 10},
		{"bytes=10-", 10, HTTP_RANGE_BEYOND, 0, 10},
		{"bytes=10-20", 10, HTTP_RANGE_BEYOND, 0, 10},
		{"bytes=-0", 10, HTTP_RANGE_BEYOND, 0, 10},
		{"bytes=0-", 0, HTTP_RANGE_BEYOND, 0, 0},
		{"bytes=-1", 0, HTTP_RANGE_BEYOND, 0, 0},
		/* Several, and what is none. */
		{"bytes=0-1,3-4", 10, HTTP_RANGE_WHOLE, 0, 10},
		{"bytes=4-2", 10, HTTP_RANGE_WHOLE, 0, 10},
		{"bytes=", 10, HTTP_RANGE_WHOLE, 0, 10},
		{"bytes=-", 10, HTTP_RANGE_WHOLE, 0, 10},
		{"bytes=a-b", 10, HTTP_RANGE_WHOLE, 0, 10},
		{"bytes=1", 10, HTTP_RANGE_WHOLE, 0, 10},
		{"bytes=1-2x", 10, HTTP_RANGE_WHOLE, 0, 10},
		{"bytes=+1-2", 10, HTTP_RANGE_WHOLE, 0, 10},
		{"bytes=0-18446744073709551616", 10, HTTP_RANGE_WHOLE, 0, 10},
		{"lines=1-2", 10, HTTP_RANGE_WHOLE, 0, 10},
		{"", 10, HTTP_RANGE_WHOLE, 0, 10},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t at, end;

		assert_int_equal(
			http_range_read(cases[i].field, cases[i].size, &at, &end), cases[i].range);
		assert_int_equal(at, cases[i].at);
		assert_int_equal(end, cases[i].end);
	}
}

static void
test_entity_tags_are_found_in_lists(void **state)
{
	(void)state;
	assert_true(http_etag_matches("\"a\"", "a", true));
	assert_true(http_etag_matches("\"x\", \"a\"", "a", true));
	assert_true(http_etag_matches("W/\"x\",W/\"a\" ", "a", false));
	assert_true(http_etag_matches("*", "a", true));
	assert_true(http_etag_matches(" *", NULL, true));
	assert_false(http_etag_matches("W/\"a\"", "a", true));
	assert_false(http_etag_matches("\"ab\"", "a", false));
	assert_false(http_etag_matches("\"\"", "a", false));
	assert_false(http_etag_matches("a", "a", false));
	assert_false(http_etag_matches("\"a", NULL, false));
	assert_false(http_etag_matches("", "a", false));
	assert_false(http_etag_matches("\"x\" a", "a", false));
}

static void
test_dates_are_read_as_they_are_written(void **state)
{
	static const int64_t seconds[] = {784111777, 0, -1, 951782400, 951868800, 4102444799,
		-62167219200, 253402300799, 1790000000, -2203891200};
	static const char *const bad[] = {"", "Sun, 06 Nov 1994 08:49:37 UTC",
		"Mon, 06 Nov 1994 08:49:37 GMT", "Sun, 32 Nov 1994 08:49:37 GMT",
		"Sun, 06 Foo 1994 08:49:37 GMT", "Sun, 06 Nov 1994 25:49:37 GMT",
		"Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
		"Sun, 06 Nov 1994 08:49:37 GMT "};
	int64_t read;

	(void)state;
	for (size_t i = 0; i < sizeof(seconds) / sizeof(seconds[0]); i++) {
		char text[HTTP_DATE_SIZE];

		http_date_format(seconds[i], text);
		assert_int_equal(http_date_parse(text, &read), 0);
		assert_true(read == seconds[i]);
	}
	assert_int_equal(http_date_parse("Sun, 06 Nov 1994 08:49:37 GMT", &read), 0);
	assert_int_equal(read, 784111777);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(http_date_parse(bad[i], &read), SB_EINVAL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_range_is_read),
		cmocka_unit_test(test_entity_tags_are_found_in_lists),
		cmocka_unit_test(test_dates_are_read_as_they_are_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
