/* Versions and requirements, as Elixir's Version understands them. */
#include "protocols/erps/version.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "core/error.h"

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool
meets(const char *version, const char *text)
{
	struct erps_requirement requirement;
	struct erps_version parsed;

	assert_int_equal(erps_version_parse(version, &parsed, NULL), 0);
	assert_int_equal(erps_requirement_parse(text, &requirement, NULL), 0);
	return erps_requirement_is_met(&requirement, parsed);
}

static const struct {
	const char *text;
	struct erps_version version;
} versions[] = {
	{"1.2.3", {1, 2, 3}},
	{"0.0.0", {0, 0, 0}},
	{"255.255.255", {255, 255, 255}},
	{"0.2.4-dev", {0, 2, 4}},
	{"0.2.4-rc.1.0-x", {0, 2, 4}},
	{"0.2.4+20130417140000.git-0a1b", {0, 2, 4}},
	{"1.0.0-alpha+001", {1, 0, 0}},
};

static void
test_a_version_is_three_numbers_and_the_rest_is_lost(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(versions); i++) {
		struct erps_version version;

		assert_int_equal(erps_version_parse(versions[i].text, &version, NULL), 0);
		assert_memory_equal(&version, &versions[i].version, sizeof(version));
	}
}

struct refused {
	const char *text;
	const char *what;
	size_t at;
};

static const struct refused refused_versions[] = {
	{"", "a number is missing", 0},
	{"a", "a number is missing", 0},
	{" 1.2.3", "a number is missing", 0},
	{"1", "a dot is missing", 1},
	{"1.2", "a dot is missing", 3},
	{"1.2.", "a number is missing", 4},
	{"1..3", "a number is missing", 2},
	{"1.2.3.4", "something follows the version", 5},
	{"1.2.3 ", "something follows the version", 5},
	{"01.2.3", "a number begins with 0", 0},
	{"1.2.03", "a number begins with 0", 4},
	{"256.0.0", "a number is over 255", 7},
	{"4294967296.0.0", "a number is too large", 9},
	{"99999999999999999999.0.0", "a number is too large", 9},
	{"1.2.3-", "an identifier is missing", 6},
	{"1.2.3-a..b", "an identifier is missing", 8},
	{"1.2.3-01", "a number begins with 0", 6},
	{"1.2.3+", "an identifier is missing", 6},
	{"1.2.3+a+b", "something follows the version", 7},
	{"1.2.3-r_c", "something follows the version", 7},
};

static void
test_what_is_no_version_is_refused_with_its_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(refused_versions); i++) {
		const struct refused *row = &refused_versions[i];
		struct erps_version version;
		struct erps_version_fault fault;

		assert_int_equal(erps_version_parse(row->text, &version, &fault), SB_EINVAL);
		assert_string_equal(fault.what, row->what);
		assert_int_equal(fault.at, row->at);
	}
}

static const struct {
	const char *requirement;
	const char *met[6];
	const char *unmet[6];
} table[] = {
	{"1.2.3", {"1.2.3", "1.2.3-rc", "1.2.3+5"}, {"1.2.4", "1.3.3", "2.2.3", "0.2.3"}},
	{"== 1.2.3", {"1.2.3"}, {"1.2.4", "1.2.2"}},
	{"!= 1.2.3", {"1.2.4", "0.2.3"}, {"1.2.3"}},
	{"> 1.2.3", {"1.2.4", "1.3.0", "2.0.0"}, {"1.2.3", "1.2.2", "1.1.9", "0.9.9"}},
	{">= 1.2.3", {"1.2.3", "1.2.4"}, {"1.2.2", "0.200.200"}},
	{"< 1.2.3", {"1.2.2", "1.1.200", "0.9.9"}, {"1.2.3", "1.2.4", "2.0.0"}},
	{"<= 1.2.3", {"1.2.3", "1.2.2"}, {"1.2.4"}},
	{"~> 0.2.4", {"0.2.4", "0.2.5", "0.2.255"}, {"0.2.3", "0.3.0", "1.2.4"}},
	{"~> 1.2.3", {"1.2.3", "1.2.9"}, {"1.2.2", "1.3.0", "2.2.3"}},
	{"~> 1.2", {"1.2.0", "1.2.9", "1.9.0"}, {"1.1.9", "2.0.0", "0.2.0"}},
	{"~> 0.0", {"0.0.0", "0.255.0"}, {"1.0.0"}},
	/* A pre-release comes before its version, which is all that a packet can carry. */
	{"== 1.2.3-rc.1", {NULL}, {"1.2.3"}},
	{"> 1.2.3-rc.1", {"1.2.3"}, {"1.2.2"}},
	{"<= 1.2.3-rc.1", {"1.2.2"}, {"1.2.3"}},
	{"~> 1.2.3-rc", {"1.2.3", "1.2.4"}, {"1.2.2", "1.3.0"}},
	{"~> 1.2-rc", {"1.2.0", "1.3.0"}, {"1.1.0", "2.0.0"}},
	{"== 1.2.3+build.5", {"1.2.3"}, {"1.2.4"}},
	/* More than an octet can say is still a bound. */
	{"< 1000.0.0", {"255.255.255"}, {NULL}},
	{"~> 4294967295.4294967295.0", {NULL}, {"255.255.255"}},
	/* `and` binds closer than `or`, wherever it stands. */
	{">= 1.0.0 and < 2.0.0", {"1.0.0", "1.9.9"}, {"0.9.9", "2.0.0"}},
	{"1.0.0 or 2.0.0", {"1.0.0", "2.0.0"}, {"1.5.0"}},
	{"1.0.0 or > 2.0.0 and < 3.0.0", {"1.0.0", "2.5.0"}, {"2.0.0", "3.0.0", "0.1.0"}},
	{"> 2.0.0 and < 3.0.0 or 1.0.0", {"1.0.0", "2.5.0"}, {"2.0.0", "3.0.0"}},
	{"1.0.0 or 2.0.0 and 3.0.0 or 4.0.0", {"1.0.0", "4.0.0"}, {"2.0.0", "3.0.0"}},
	{"1.0.0 and 2.0.0 or 3.0.0 and 3.0.0", {"3.0.0"}, {"1.0.0", "2.0.0"}},
	{"~> 0.2.4 or >= 1.0.0 and != 1.0.1", {"0.2.9", "1.0.0", "7.0.0"}, {"0.3.0", "1.0.1"}},
	/* Spaces where Elixir takes them. */
	{">=1.0.0 and <2.0.0", {"1.0.0"}, {"2.0.0"}},
	{"  ~>   1.0.0  ", {"1.0.0"}, {"2.0.0"}},
	{"1.0.0   or   2.0.0", {"1.0.0", "2.0.0"}, {"3.0.0"}},
};

static void
test_a_requirement_is_met_as_in_elixir(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(table); i++)
		for (size_t k = 0; k < 6; k++) {
			const char *met = table[i].met[k], *unmet = table[i].unmet[k];

			if (met && !meets(met, table[i].requirement))
				fail_msg("%s does not meet %s", met, table[i].requirement);
			if (unmet && meets(unmet, table[i].requirement))
				fail_msg("%s meets %s", unmet, table[i].requirement);
		}
}

static const struct refused refused_requirements[] = {
	{"", "a number is missing", 0},
	{"   ", "a number is missing", 3},
	{"foo", "a number is missing", 0},
	{"1.2", "a patch number is missing", 3},
	{">= 1.2", "a patch number is missing", 6},
	{"~> 1", "a dot is missing", 4},
	{"~> 1.2.3.4", "'and' or 'or' is missing", 8},
	{">=", "a number is missing", 2},
	{">= >= 1.0.0", "a number is missing", 3},
	{"=> 1.0.0", "a number is missing", 0},
	{"= 1.0.0", "a number is missing", 0},
	{"> = 1.0.0", "a number is missing", 2},
	{"1.0.0 2.0.0", "'and' or 'or' is missing", 6},
	{"1.0.0 || 2.0.0", "'and' or 'or' is missing", 6},
	{"1.0.0, 2.0.0", "'and' or 'or' is missing", 5},
	{"1.0.0>2.0.0", "'and' or 'or' is missing", 5},
	{"1.0.0 AND 2.0.0", "'and' or 'or' is missing", 6},
	{"1.0.0 and", "'and' or 'or' is missing", 6},
	{"1.0.0 and ", "a number is missing", 10},
	{"1.0.0 and2.0.0", "'and' or 'or' is missing", 6},
	{"1.0.0and 2.0.0", "'and' or 'or' is missing", 5},
	{"1.0.0 and or 2.0.0", "a number is missing", 10},
	{"and 1.0.0", "a number is missing", 0},
	{"1.0.0 or (2.0.0)", "a number is missing", 9},
	{"1.0.0\tor 2.0.0", "'and' or 'or' is missing", 5},
	{"1.0.0 or 2.00.0", "a number begins with 0", 11},
};

static void
test_what_is_no_requirement_is_refused_with_its_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(refused_requirements); i++) {
		const struct refused *row = &refused_requirements[i];
		struct erps_requirement requirement;
		struct erps_version_fault fault = {.what = NULL};

		if (erps_requirement_parse(row->text, &requirement, &fault) != SB_EINVAL ||
			strcmp(fault.what, row->what) != 0 || fault.at != row->at)
			fail_msg("'%s': %s at %zu", row->text, fault.what, fault.at);
	}
}

static void
test_a_requirement_has_sixteen_comparisons_at_most(void **state)
{
	struct erps_requirement requirement;
	struct erps_version_fault fault;
	char text[400] = "0.0.0";

	(void)state;
	for (unsigned i = 1; i < 16; i++)
		snprintf(text + strlen(text), 32, " or %u.0.0", i);
	assert_int_equal(erps_requirement_parse(text, &requirement, &fault), 0);
	assert_null(fault.what);
	assert_int_equal(requirement.count, 16);
	assert_true(meets("15.0.0", text));
	assert_false(meets("16.0.0", text));
	strcat(text, " or 16.0.0");
	assert_int_equal(erps_requirement_parse(text, &requirement, &fault), SB_ELIMIT);
	assert_string_equal(fault.what, "too many comparisons");
}

static void
test_without_a_requirement_every_version_passes(void **state)
{
	struct erps_requirement none = {.count = 0};

	(void)state;
	assert_true(erps_requirement_is_met(&none, (struct erps_version){0, 0, 0}));
	assert_true(erps_requirement_is_met(&none, (struct erps_version){255, 1, 7}));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_version_is_three_numbers_and_the_rest_is_lost),
		cmocka_unit_test(test_what_is_no_version_is_refused_with_its_place),
		cmocka_unit_test(test_a_requirement_is_met_as_in_elixir),
		cmocka_unit_test(test_what_is_no_requirement_is_refused_with_its_place),
		cmocka_unit_test(test_a_requirement_has_sixteen_comparisons_at_most),
		cmocka_unit_test(test_without_a_requirement_every_version_passes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
