#include "daemons/smpp-mc/route.h"
#include "core/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct mc_route_table *table;

static int
target_of(const char *destination)
{
	const struct mc_route *route = mc_route_find(table, sb_bytes_text(destination));

	return route ? route->target : -1;
}

static void
test_the_longest_prefix_decides(void **state)
{
	static const struct mc_route routes[] = {
		{.prefix = "49", .target = 1},
		{.prefix = "491", .target = 2},
		{.prefix = "49151", .target = 3},
		{.prefix = "+49", .target = 4},
		{.prefix = "", .target = 5},
	};

	(void)state;
	assert_int_equal(mc_route_table_new(&table, routes, 5, NULL), 0);
	assert_int_equal(mc_route_count(table), 5);
	assert_int_equal(target_of("4930"), 1);
	assert_int_equal(target_of("4915"), 2);
	assert_int_equal(target_of("49151"), 3);
	assert_int_equal(target_of("491519"), 3);
	assert_int_equal(target_of("+49151"), 4);
	assert_int_equal(target_of("4"), 5);
	assert_int_equal(target_of(""), 5);
	assert_int_equal(target_of("name"), 5);
	assert_int_equal(target_of("49name"), 1);
	mc_route_table_free(table);
}

static void
test_without_a_rest_some_have_no_route(void **state)
{
	static const struct mc_route routes[] = {{.prefix = "1", .target = 1}};

	(void)state;
	assert_int_equal(mc_route_table_new(&table, routes, 1, NULL), 0);
	assert_int_equal(target_of("2"), -1);
	assert_int_equal(target_of(""), -1);
	mc_route_table_free(table);
	assert_int_equal(mc_route_table_new(&table, NULL, 0, NULL), 0);
	assert_int_equal(target_of("2"), -1);
	mc_route_table_free(table);
}

static void
test_what_makes_no_sense_is_refused_by_its_index(void **state)
{
	static const struct mc_route twice[] = {{.prefix = "1"}, {.prefix = "12"}, {.prefix = "1"}};
	static const struct mc_route letters[] = {{.prefix = "1"}, {.prefix = "1a"}};
	size_t bad;

	(void)state;
	assert_int_equal(mc_route_table_new(&table, twice, 3, &bad), SB_EEXIST);
	assert_int_equal(bad, 2);
	assert_int_equal(mc_route_table_new(&table, letters, 2, &bad), SB_EINVAL);
	assert_int_equal(bad, 1);
}

static void
test_a_table_agrees_with_a_search_through_all(void **state)
{
	enum { COUNT = 300 };
	static char prefixes[COUNT][8];
	static struct mc_route routes[COUNT];
	size_t count = 0;

	(void)state;
	srandom(1);
	while (count < COUNT) {
		snprintf(prefixes[count], 8, "%ld", random() % 3000);
		for (size_t i = 0; i <= count; i++)
			if (i == count) {
				routes[count] = (struct mc_route){
					.prefix = prefixes[count], .target = (uint16_t)count};
				count++;
				break;
			} else if (strcmp(prefixes[i], prefixes[count]) == 0) {
				break;
			}
	}
	assert_int_equal(mc_route_table_new(&table, routes, COUNT, NULL), 0);
	for (int i = 0; i < 3000; i++) {
		char destination[16];
		size_t longest = 0;
		int expected = -1;

		snprintf(destination, sizeof(destination), "%ld", random() % 30000);
		for (size_t k = 0; k < COUNT; k++) {
			size_t size = strlen(prefixes[k]);

			if (size > longest && strncmp(destination, prefixes[k], size) == 0) {
				longest = size;
				expected = (int)k;
			}
		}
		assert_int_equal(target_of(destination), expected);
	}
	mc_route_table_free(table);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_longest_prefix_decides),
		cmocka_unit_test(test_without_a_rest_some_have_no_route),
		cmocka_unit_test(test_what_makes_no_sense_is_refused_by_its_index),
		cmocka_unit_test(test_a_table_agrees_with_a_search_through_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
