/* Terms to octets, piece by piece and by pattern; and patterns the other way. */
#include "protocols/erps/build.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/error.h"
#include "protocols/erps/match.h"
#include "tests/support/octets.h"
#include "tests/support/plain_env.h"

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

/* ---- piece by piece ---- */

static struct erps_builder
fresh(void)
{
	struct erps_builder b;

	erps_builder_init(&b, written, sizeof(written));
	return b;
}

static void
expect_integer(int64_t value, const char *notation)
{
	struct erps_builder b = fresh();

	erps_put_integer(&b, value);
	expect_built(&b, notation);
}

static void
test_integers_take_their_smallest_form(void **state)
{
	struct erps_builder b = fresh();

	expect_integer(0, "6100");
	expect_integer(255, "61ff");
	expect_integer(256, "62 00000100");
	expect_integer(-1, "62 ffffffff");
	expect_integer(INT32_MAX, "62 7fffffff");
	expect_integer(INT32_MIN, "62 80000000");
	expect_integer((int64_t)INT32_MAX + 1, "6e 04 00 00000080");
	expect_integer((int64_t)INT32_MIN - 1, "6e 04 01 01000080");
	expect_integer(INT64_MAX, "6e 08 00 ffffffffffffff7f");
	expect_integer(INT64_MIN, "6e 08 01 0000000000000080");
	erps_put_unsigned(&b, UINT64_MAX);
	expect_built(&b, "6e 08 00 ffffffffffffffff");
	b = fresh();
	erps_put_unsigned(&b, 5);
	expect_built(&b, "6105");
	(void)state;
}

static void
test_big_integers_lose_their_zeros(void **state)
{
	struct erps_builder b = fresh();
	uint8_t octets[300] = {1, 2, 0, 0};

	erps_put_big(&b, sb_bytes(octets, 4), true);
	expect_built(&b, "6e 02 01 0102");
	octets[255] = 9;
	b = fresh();
	erps_put_big(&b, sb_bytes(octets, 300), false);
	expect_built(&b, "6f 00000100 00 0102 00*253 09");
	b = fresh();
	erps_put_big(&b, sb_bytes(NULL, 0), false);
	expect_built(&b, "6e 00 00");
	(void)state;
}

static void
test_every_other_kind_is_built(void **state)
{
	struct erps_builder b = fresh();

	erps_put_version(&b);
	erps_put_tuple(&b, 6);
	erps_put_float(&b, -0.5);
	erps_put_boolean(&b, true);
	erps_put_bits(&b, sb_bytes("\xe0", 1), 3);
	erps_put_bits(&b, sb_bytes("hi", 2), 8);
	erps_put_list(&b, 1);
	erps_put_text(&b, "");
	erps_put_atom(&b, "tail");
	erps_put_list(&b, 0);
	erps_put_nil(&b);
	expect_built(&b, "6806 46 bfe0000000000000 7704'true' 4d 00000001 03 e0 6d00000002'hi' "
			 "6c00000001 6d00000000 7704'tail' 6a");
	assert_int_equal(erps_built_payload(&b).size, b.size);
	assert_int_equal(erps_built_payload(&b).data[0], 131);
	(void)state;
}

static void
test_a_tuple_over_255_elements_is_a_large_one(void **state)
{
	struct erps_builder b = fresh();

	erps_put_tuple(&b, 256);
	for (int i = 0; i < 256; i++)
		erps_put_nil(&b);
	expect_built(&b, "69 00000100 6a*256");
	(void)state;
}

static void
test_a_long_atom_takes_the_long_form(void **state)
{
	struct erps_builder b = fresh();
	char name[1021];

	for (int i = 0; i < 255; i++)
		memcpy(name + 4 * i, "\xf0\x9f\x98\x80", 4);
	erps_put_atom_name(&b, sb_bytes(name, 1020));
	assert_int_equal(b.error, 0);
	assert_memory_equal(erps_built(&b).data, "\x76\x03\xfc\xf0", 4);
	b = fresh();
	erps_put_atom_name(&b, sb_bytes(name, 252));
	assert_memory_equal(erps_built(&b).data, "\x77\xfc\xf0", 3);
	(void)state;
}

/* ---- what cannot be built ---- */

static void
expect_refused(struct erps_builder *b, int error)
{
	size_t size = b->size;

	assert_int_equal(b->error, error);
	/* It sticks. */
	erps_put_nil(b);
	assert_int_equal(b->error, error);
	assert_int_equal(b->size, size);
	assert_null(erps_built(b).data);
	assert_null(erps_built_payload(b).data);
	*b = fresh();
}

static void
test_what_is_no_value_is_refused(void **state)
{
	struct erps_builder b = fresh();
	char name[257];

	erps_put_float(&b, (double)INFINITY);
	expect_refused(&b, SB_EINVAL);
	erps_put_float(&b, (double)NAN);
	expect_refused(&b, SB_EINVAL);
	erps_put_atom(&b, "\xff");
	expect_refused(&b, SB_EINVAL);
	memset(name, 'a', 256);
	name[256] = '\0';
	erps_put_atom(&b, name);
	expect_refused(&b, SB_EINVAL);
	erps_put_bits(&b, sb_bytes("a", 1), 0);
	expect_refused(&b, SB_EINVAL);
	erps_put_bits(&b, sb_bytes("a", 1), 9);
	expect_refused(&b, SB_EINVAL);
	erps_put_bits(&b, sb_bytes("a", 0), 1);
	expect_refused(&b, SB_EINVAL);
	erps_put_term(&b, (struct erps_term){0});
	expect_refused(&b, SB_EINVAL);
	erps_put_tuple(&b, (size_t)UINT32_MAX + 1);
	expect_refused(&b, SB_EINVAL);
	erps_put_list(&b, (size_t)UINT32_MAX + 1);
	expect_refused(&b, SB_EINVAL);
	erps_put_map(&b, (size_t)UINT32_MAX + 1);
	expect_refused(&b, SB_EINVAL);
	(void)state;
}

static void
test_a_term_is_whole_or_not_there(void **state)
{
	struct erps_builder b = fresh();

	assert_null(erps_built(&b).data);
	erps_put_tuple(&b, 2);
	erps_put_nil(&b);
	assert_null(erps_built(&b).data);
	erps_put_nil(&b);
	assert_non_null(erps_built(&b).data);
	assert_null(erps_built_payload(&b).data);
	erps_put_nil(&b);
	expect_refused(&b, SB_EINVAL);
	erps_put_version(&b);
	assert_null(erps_built(&b).data);
	erps_put_version(&b);
	expect_refused(&b, SB_EINVAL);
	(void)state;
}

static void
test_a_buffer_is_filled_to_its_end_and_no_further(void **state)
{
	uint8_t room[8];
	struct erps_builder b;

	erps_builder_init(&b, room, 7);
	erps_put_tuple(&b, 1);
	erps_put_integer(&b, -1);
	assert_int_equal(erps_built(&b).size, 7);
	erps_builder_init(&b, room, 6);
	erps_put_tuple(&b, 1);
	erps_put_integer(&b, -1);
	assert_int_equal(b.size, 2);
	expect_refused(&b, SB_ENOSPC);
	(void)state;
}

static void
fill(struct erps_builder *b, size_t count)
{
	erps_put_list(b, count);
	for (size_t i = 0; i < count; i++)
		erps_put_integer(b, (int64_t)i);
	erps_put_nil(b);
}

static void
test_memory_grows_to_the_limit(void **state)
{
	struct plain_env plain;
	struct erps_builder b;

	plain_env_init(&plain);
	erps_builder_init_env(&b, &plain.env, 5000);
	fill(&b, 999); /* 5 + 2 * 256 + 5 * 743 + 1 */
	assert_int_equal(erps_built(&b).size, 4233);
	assert_int_equal(plain.octets, 5000);
	erps_builder_fini(&b);
	erps_builder_init_env(&b, &plain.env, 4232);
	fill(&b, 999);
	assert_int_equal(b.error, SB_ELIMIT);
	erps_builder_fini(&b);
	assert_int_equal(plain.live, 0);
	(void)state;
}

static void
test_every_allocation_of_a_builder_may_fail(void **state)
{
	struct plain_env plain;
	struct erps_builder b;
	size_t nth = 0;

	plain_env_init(&plain);
	do {
		plain.fail_at = ++nth;
		erps_builder_init_env(&b, &plain.env, 1 << 20);
		fill(&b, 1000);
		assert_true(b.error == 0 || b.error == SB_ENOMEM);
		assert_true((b.error == 0) == (erps_built(&b).data != NULL));
		erps_builder_fini(&b);
		assert_int_equal(plain.live, 0);
	} while (plain.fail_at == 0);
	assert_true(nth > 3);
	(void)state;
}

/* ---- patterns ---- */

static void
test_a_mistaken_pattern_builds_nothing(void **state)
{
	static const char *const mistaken[] = {
		"",
		"{",
		"{1",
		"[1",
		"{1]",
		"[1}",
		"{1 2}",
		"{1,}",
		"{,}",
		"[1, | 2]",
		"[1 | 2 3]",
		"%{a}",
		"%{a 1}",
		"%{a: 1",
		"%[1]",
		"%{1 = 2}",
		":",
		":1",
		"\"a",
		"1 2",
		"x::what",
		"&",
		"=>",
		"::int",
		"{:a}}",
		"-",
		"[| 1",
		"%{a: }",
		"{1 | 2}",
		"1,",
		"9223372036854775808",
		"-9223372036854775809",
		"{18446744073709551616, 1}",
	};
	struct erps_term term = {(const uint8_t *)"j", 1};

	for (size_t i = 0; i < sizeof(mistaken) / sizeof(mistaken[0]); i++) {
		struct erps_builder b = fresh();

		erps_put_pattern(&b, mistaken[i], term, term, term);
		if (b.error != SB_EINVAL)
			fail_msg("%s is no mistake", mistaken[i]);
		assert_null(erps_built(&b).data);
	}
	(void)state;
}

static void
test_a_pattern_takes_every_type(void **state)
{
	struct erps_builder b = fresh();
	struct erps_term any, tuple, list, map;
	struct sb_bytes name, octets;
	uint64_t absolute;
	int64_t integer;
	double number;
	bool is_set;

	erps_put_pattern(&b, "{i::int, u::uint, f::float, a::atom, t::text, b::bool, {1}, [], %{}}",
		(int64_t)-7, UINT64_MAX, 2.5, "name", "text", 0);
	assert_int_equal(b.error, 0);
	assert_true(erps_match(erps_built(&b),
		"{i::int, u::uint, f::float, a::atom, t::binary, b::bool, x::tuple, y::list, "
		"z::map}",
		&integer, &absolute, &number, &name, &octets, &is_set, &tuple, &list, &map));
	assert_int_equal(integer, -7);
	assert_true(absolute == UINT64_MAX);
	assert_true(number == 2.5);
	assert_memory_equal(name.data, "name", 4);
	assert_memory_equal(octets.data, "text", 4);
	assert_false(is_set);
	assert_int_equal(erps_kind(tuple), ERPS_TUPLE);
	assert_int_equal(erps_kind(list), ERPS_LIST);
	assert_int_equal(erps_kind(map), ERPS_MAP);
	assert_false(erps_match(tuple, "x::list", &any));
	assert_false(erps_match(tuple, "x::map", &any));
	assert_false(erps_match(list, "x::tuple", &any));
	assert_true(erps_match(list, "[]"));
	assert_true(erps_match(list, "[ | _]"));
	assert_false(erps_match(list, "[_ | _]"));
	assert_true(erps_match(map, "%{}"));
	assert_false(erps_match((struct erps_term){0}, "_"));
	(void)state;
}

static void
test_a_pattern_tells_kinds_apart(void **state)
{
	static const char *const patterns[] = {":a", "\"a\"", "97", "{}", "[]", "%{}", "{97}",
		"[97]", ":\"a b\"", "nil", "true", "-97"};
	const size_t count = sizeof(patterns) / sizeof(patterns[0]);

	for (size_t built = 0; built < count; built++) {
		struct erps_builder b = fresh();

		erps_put_pattern(&b, patterns[built]);
		assert_int_equal(b.error, 0);
		for (size_t i = 0; i < count; i++)
			assert_int_equal(erps_match(erps_built(&b), patterns[i]), i == built);
	}
	(void)state;
}

static void
test_keys_of_a_pattern_are_names_texts_or_numbers(void **state)
{
	struct erps_builder b = fresh();
	struct erps_term any;

	erps_put_pattern(&b, "%{:a => 1, \"a\" => 2, 3 => %{c: [4]}, nil => 5}");
	assert_true(erps_match(erps_built(&b), "%{a: 1}"));
	assert_true(erps_match(erps_built(&b), "%{:a => 1, \"a\" => 2}"));
	assert_true(erps_match(erps_built(&b), "%{3 => %{c: [x]}, nil => 5}", &any));
	assert_false(erps_match(erps_built(&b), "%{a: 2}"));
	assert_false(erps_match(erps_built(&b), "%{4 => _}"));
	assert_false(erps_match(erps_built(&b), "%{b: _}"));
	(void)state;
}

static void
test_an_improper_list_matches_its_beginning_only(void **state)
{
	struct erps_builder b = fresh();

	erps_put_pattern(&b, "[1, 2 | 3]");
	assert_true(erps_match(erps_built(&b), "[1, 2 | _]"));
	assert_false(erps_match(erps_built(&b), "[1, 2]"));
	assert_false(erps_match(erps_built(&b), "[1, 2, 3]"));
	(void)state;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_integers_take_their_smallest_form),
		cmocka_unit_test(test_big_integers_lose_their_zeros),
		cmocka_unit_test(test_every_other_kind_is_built),
		cmocka_unit_test(test_a_tuple_over_255_elements_is_a_large_one),
		cmocka_unit_test(test_a_long_atom_takes_the_long_form),
		cmocka_unit_test(test_what_is_no_value_is_refused),
		cmocka_unit_test(test_a_term_is_whole_or_not_there),
		cmocka_unit_test(test_a_buffer_is_filled_to_its_end_and_no_further),
		cmocka_unit_test(test_memory_grows_to_the_limit),
		cmocka_unit_test(test_every_allocation_of_a_builder_may_fail),
		cmocka_unit_test(test_a_pattern_builds_the_term_it_shows),
		cmocka_unit_test(test_a_pattern_takes_a_term_apart),
		cmocka_unit_test(test_a_mistaken_pattern_builds_nothing),
		cmocka_unit_test(test_a_pattern_takes_every_type),
		cmocka_unit_test(test_a_pattern_tells_kinds_apart),
		cmocka_unit_test(test_keys_of_a_pattern_are_names_texts_or_numbers),
		cmocka_unit_test(test_an_improper_list_matches_its_beginning_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
