#include "protocols/http/query.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"

#include <cmocka.h>

#define QUERY "a=1&&b=x+y%26z&c&=d&e=%zz&a=2&%66=g&h="

static void
test_parameters_come_in_order(void **state)
{
	static const char *const expected[][2] = {{"a", "1"}, {"b", "x+y%26z"}, {"c", ""},
		{"", "d"}, {"e", "%zz"}, {"a", "2"}, {"%66", "g"}, {"h", ""}};
	struct sb_bytes name, value;
	size_t at = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		assert_true(http_query_next(QUERY, &at, &name, &value));
		assert_true(sb_bytes_equal(name, sb_bytes_text(expected[i][0])));
		assert_true(sb_bytes_equal(value, sb_bytes_text(expected[i][1])));
	}
	assert_false(http_query_next(QUERY, &at, &name, &value));
	assert_false(http_query_next("", &(size_t){0}, &name, &value));
}

static void
test_a_parameter_is_decoded(void **state)
{
	char out[8];

	(void)state;
	assert_int_equal(http_query_get(QUERY, "a", out, sizeof(out)), 1);
	assert_string_equal(out, "1");
	assert_int_equal(http_query_get(QUERY, "b", out, sizeof(out)), 5);
	assert_string_equal(out, "x y&z");
	assert_int_equal(http_query_get(QUERY, "c", out, sizeof(out)), 0);
	assert_int_equal(http_query_get(QUERY, "f", out, sizeof(out)), 1);
	assert_int_equal(http_query_get(QUERY, "e", out, sizeof(out)), SB_EINVAL);
	assert_int_equal(http_query_get(QUERY, "b", out, 5), SB_ELIMIT);
	assert_int_equal(http_query_get(QUERY, "z", out, sizeof(out)), SB_ENOENT);
}

static void
test_a_number_is_whole_and_bounded(void **state)
{
	static const char *const bad[] = {
		"n=", "n", "n=-1", "n=1x", "n=%201", "n=101", "n=99999999999999999999999", "n=%"};
	uint64_t value = 7;

	(void)state;
	assert_int_equal(http_query_number("m=1", "n", 100, &value), SB_ENOENT);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(http_query_number(bad[i], "n", 100, &value), SB_EINVAL);
	assert_int_equal(value, 7);
	assert_int_equal(http_query_number("n=100", "n", 100, &value), 0);
	assert_int_equal(value, 100);
	assert_int_equal(http_query_number("n=18446744073709551615", "n", UINT64_MAX, &value), 0);
	assert_true(value == UINT64_MAX);
	assert_int_equal(
		http_query_number("n=18446744073709551616", "n", UINT64_MAX, &value), SB_EINVAL);
}

static void
test_paths_match_segment_by_segment(void **state)
{
	struct sb_bytes parts[2];

	(void)state;
	assert_true(http_path_matches("/devices", "/devices", NULL, 0));
	assert_true(http_path_matches(
		"/devices/{id}/tasks/{task}", "/devices/a%2Fb/tasks/7", parts, 2));
	assert_true(sb_bytes_equal(parts[0], sb_bytes_text("a%2Fb")));
	assert_true(sb_bytes_equal(parts[1], sb_bytes_text("7")));

	assert_false(http_path_matches("/devices", "/devices/", parts, 2));
	assert_false(http_path_matches("/devices", "/device", parts, 2));
	assert_false(http_path_matches("/devices", "/Devices", parts, 2));
	assert_false(http_path_matches("/devices/{id}", "/devices/", parts, 2));
	assert_false(http_path_matches("/devices/{id}", "/devices/a/b", parts, 2));
	assert_false(http_path_matches("/devices/{id}/tasks", "/devices//tasks", parts, 2));
	assert_false(http_path_matches("/devices/{id}/tasks", "/devices/a", parts, 2));
	assert_false(http_path_matches("/{a}/{b}", "/x/y", parts, 1));
	assert_false(http_path_matches("/devices", "", parts, 2));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parameters_come_in_order),
		cmocka_unit_test(test_a_parameter_is_decoded),
		cmocka_unit_test(test_a_number_is_whole_and_bounded),
		cmocka_unit_test(test_paths_match_segment_by_segment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
