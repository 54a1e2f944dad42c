/* Terms to octets, piece by piece and by pattern; and patterns the other way. */
#include "protocols/erps/build.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/env.h"
#include "core/error.h"
#include "protocols/erps/match.h"
#include "tests/support/octets.h"

static uint8_t expected[65536], written[65536];

static void
expect_built(const struct erps_builder *b, const char *notation)
{
	struct sb_bytes octets = octets_of(notation, expected, sizeof(expected));
	struct erps_term term = erps_built(b);

	assert_int_equal(b->error, 0);
	assert_int_equal(term.size, octets.size);
	assert_memory_equal(term.data, octets.data, octets.size);
}

static void
test_a_pattern_builds_the_term_it_shows(void **state)
{
	struct erps_builder b, inner;
	uint8_t small[16];

	erps_builder_init(&b, written, sizeof(written));
	erps_put_pattern(&b, "{:ok, sum::int}", (int64_t)300);
	expect_built(&b, "68 02 7702'ok' 62 0000012c");

	erps_builder_init(&inner, small, sizeof(small));
	erps_put_integer(&inner, -1);
	erps_builder_init(&b, written, sizeof(written));
	erps_put_pattern(
		&b, "[1, x, \"text\", {}, [] | t]", erps_built(&inner), erps_built(&inner));
	expect_built(&b, "6c 00000005 6101 62ffffffff 6d00000004'text' 6800 6a 62ffffffff");

	erps_builder_init(&b, written, sizeof(written));
	erps_put_pattern(&b, "%{a: nil, \"b\" => [v::float], 3 => n::text, f: t::bool, n: u::uint}",
		3.5, "x", 1, UINT64_MAX);
	expect_built(&b, "74 00000005 7701'a' 7703'nil' 6d00000001'b' "
			 "6c00000001 46400c000000000000 6a 6103 6d00000001'x' 7701'f' 7704'true' "
			 "7701'n' 6e0800ffffffffffffffff");
	(void)state;
}

static void
test_a_pattern_takes_a_term_apart(void **state)
{
	struct erps_builder b;
	struct erps_term term, any;
	struct erps_walk rest;
	struct sb_bytes name;
	int64_t x, y;
	bool is_set;

	erps_builder_init(&b, written, sizeof(written));
	erps_put_pattern(&b, "{:add, 1, [2, 3, 4], %{flag: true, \"n\" => \"text\"}}");
	term = erps_built(&b);
	assert_true(erps_match(term,
		"{:add, x::int, [y::int | rest], %{\"n\" => n::binary, flag: f::bool}}", &x, &y,
		&rest, &name, &is_set));
	assert_int_equal(x, 1);
	assert_int_equal(y, 2);
	assert_int_equal(name.size, 4);
	assert_true(is_set);
	assert_true(erps_next(&rest, &any));
	assert_true(erps_match(any, "3"));
	assert_true(erps_match(term, "{_, 1, [2, 3 | _], %{flag: true}}"));
	assert_true(erps_match(term, "t::tuple", &any));
	assert_false(erps_match(term, "{:sub, x, y, z}", &any, &any, &any));
	assert_false(erps_match(term, "{:add, 1}"));
	assert_false(erps_match(term, "{_, _, [2, 3], _}"));
	assert_false(erps_match(term, "{_, _, _, %{missing: _}}"));
	(void)state;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_pattern_builds_the_term_it_shows),
		cmocka_unit_test(test_a_pattern_takes_a_term_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
