/* Reading terms: numbers at their edges, names in every form, lists in pieces, maps. */
#include "protocols/erps/decode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/env.h"
#include "core/error.h"
#include "protocols/erps/build.h"
#include "protocols/erps/equal_internal.h"
#include "protocols/erps/hash_internal.h"
#include "protocols/erps/tag.h"
#include "tests/support/octets.h"

static uint8_t room[2][4096];

/* A term from its octets without 131, checked; `place` keeps two at a time. */
static struct erps_term
term_in(int place, const char *notation)
{
	struct erps_decoder decoder = {.env = sb_env_system()};
	struct sb_bytes octets = octets_of(notation, room[place] + 1, sizeof(room[place]) - 1);
	struct erps_term term;

	room[place][0] = ERPS_TERM_VERSION;
	assert_int_equal(erps_decode(&decoder, sb_bytes(room[place], octets.size + 1), &term), 0);
	erps_decoder_fini(&decoder);
	return term;
}

static struct erps_term
term_of(const char *notation)
{
	return term_in(0, notation);
}

static void
expect_integer(const char *notation, int64_t expected)
{
	int64_t value;

	assert_true(erps_get_integer(term_of(notation), &value));
	assert_true(value == expected);
}

static void
test_an_integer_is_read_in_every_form_that_fits(void **state)
{
	int64_t value;

	expect_integer("61 ff", 255);
	expect_integer("62 80000000", INT32_MIN);
	expect_integer("62 7fffffff", INT32_MAX);
	expect_integer("6e 00 00", 0);
	expect_integer("6e 00 01", 0);
	expect_integer("6e 08 00 ffffffffffffff7f", INT64_MAX);
	expect_integer("6e 08 01 0000000000000080", INT64_MIN);
	expect_integer("6e 0a 01 00000000000000800000", INT64_MIN);
	expect_integer("6f 00000001 01 05", -5);
	assert_false(erps_get_integer(term_of("6e 08 00 0000000000000080"), &value));
	assert_false(erps_get_integer(term_of("6e 08 01 0100000000000080"), &value));
	assert_false(erps_get_integer(term_of("6e 09 00 000000000000000001"), &value));
	assert_false(erps_get_integer(term_of("46 3ff0000000000000"), &value));
	assert_false(erps_get_integer((struct erps_term){0}, &value));
	(void)state;
}

static void
test_an_unsigned_integer_reaches_sixty_four_bits(void **state)
{
	uint64_t value;

	assert_true(erps_get_unsigned(term_of("6e 08 00 ffffffffffffffff"), &value));
	assert_true(value == UINT64_MAX);
	assert_true(erps_get_unsigned(term_of("61 07"), &value));
	assert_true(value == 7);
	assert_false(erps_get_unsigned(term_of("6e 09 00 000000000000000001"), &value));
	assert_false(erps_get_unsigned(term_of("62 ffffffff"), &value));
	assert_false(erps_get_unsigned(term_of("6a"), &value));
	(void)state;
}

static void
test_a_big_integer_shows_its_octets(void **state)
{
	struct sb_bytes octets;
	bool is_negative;

	assert_true(erps_get_big(term_of("6e 0a 01 01000000000000000200"), &octets, &is_negative));
	assert_true(is_negative);
	assert_int_equal(octets.size, 9);
	assert_int_equal(octets.data[8], 2);
	assert_true(erps_get_big(term_of("6f 00000002 01 0000"), &octets, &is_negative));
	assert_false(is_negative);
	assert_int_equal(octets.size, 0);
	assert_false(erps_get_big(term_of("61 01"), &octets, &is_negative));
	(void)state;
}

static void
test_a_float_is_read_in_both_forms(void **state)
{
	double value;

	assert_true(erps_get_float(term_of("46 400c000000000000"), &value));
	assert_true(value == 3.5);
	assert_true(erps_get_float(term_of("63 '-1.23456789012345677000e-05' 00000000"), &value));
	assert_true(value == -1.23456789012345677e-05);
	assert_true(erps_get_float(term_of("63 '1.0' 00*28"), &value));
	assert_true(value == 1.0);
	assert_false(erps_get_float(term_of("61 01"), &value));
	(void)state;
}

static void
test_an_atom_has_one_name_in_every_form(void **state)
{
	static const char *const forms[] = {
		"64 0002 'h' e4", "73 02 'h' e4", "76 0003 'h' c3a4", "77 03 'h' c3a4"};
	struct sb_bytes name;
	char text[1021];

	for (size_t i = 0; i < 4; i++) {
		struct erps_term atom = term_of(forms[i]);

		assert_true(erps_is_atom(atom, "h\xc3\xa4"));
		assert_false(erps_is_atom(atom, "h"));
		assert_false(erps_is_atom(atom, "h\xc3\xa4t"));
		assert_true(erps_copy_atom(atom, text));
		assert_string_equal(text, "h\xc3\xa4");
		assert_int_equal(erps_get_atom(atom, &name), i >= 2);
		for (size_t other = 0; other < 4; other++)
			assert_true(erps_equal(atom, term_in(1, forms[other])));
	}
	assert_true(erps_get_atom(term_of("64 0002 'ok'"), &name));
	assert_int_equal(name.size, 2);
	assert_true(erps_is_atom(term_of("77 00"), ""));
	assert_false(erps_copy_atom(term_of("77 03 'a' 00 'b'"), text));
	assert_false(erps_is_atom(term_of("77 03 'a' 00 'b'"), "a"));
	assert_false(erps_copy_atom(term_of("6a"), text));
	assert_false(erps_get_atom(term_of("6a"), &name));
	assert_false(erps_is_atom(term_of("6d 00000002 'ok'"), "ok"));
	(void)state;
}

static void
test_booleans_are_two_atoms(void **state)
{
	bool value;

	assert_true(erps_get_boolean(term_of("64 0004 'true'"), &value));
	assert_true(value);
	assert_true(erps_get_boolean(term_of("77 05 'false'"), &value));
	assert_false(value);
	assert_false(erps_get_boolean(term_of("77 03 'nil'"), &value));
	assert_false(erps_get_boolean(term_of("61 01"), &value));
	(void)state;
}

static void
test_octets_and_bits_are_read(void **state)
{
	struct sb_bytes octets;
	uint8_t bits;

	assert_true(erps_get_binary(term_of("6d 00000002 'hi'"), &octets));
	assert_memory_equal(octets.data, "hi", 2);
	assert_true(erps_get_binary(term_of("4d 00000002 08 'hi'"), &octets));
	assert_memory_equal(octets.data, "hi", 2);
	assert_false(erps_get_binary(term_of("4d 00000002 07 'hi'"), &octets));
	assert_true(erps_get_bits(term_of("4d 00000002 07 'hi'"), &octets, &bits));
	assert_int_equal(octets.size, 2);
	assert_int_equal(bits, 7);
	assert_true(erps_get_bits(term_of("6d 00000000"), &octets, &bits));
	assert_int_equal(bits, 8);
	assert_false(erps_get_bits(term_of("6a"), &octets, &bits));
	(void)state;
}

/* [1, 2, 3, 4] */
static const char *const one_list[] = {
	"6b 0004 01020304",
	"6c 00000004 6101 6102 6103 6104 6a",
	"6c 00000001 6101 6c 00000002 6102 6103 6b 0001 04",
	"6c 00000002 6101 62 00000002 6b 0002 0304",
	"6c 00000004 6101 6102 6103 6104 6c 00000000 6a",
	"6c 00000004 6101 6102 6103 6104 6b 0000",
};

static void
test_a_list_is_one_however_it_is_written(void **state)
{
	uint8_t characters[4];

	for (size_t i = 0; i < 6; i++) {
		struct erps_term list = term_of(one_list[i]), element, tail;
		struct erps_walk walk = erps_walk(list);
		int64_t value, sum = 0;

		assert_int_equal(erps_kind(list), ERPS_LIST);
		assert_int_equal(erps_count(list), 4);
		while (erps_next(&walk, &element)) {
			assert_true(erps_get_integer(element, &value));
			sum = 10 * sum + value;
		}
		assert_int_equal(sum, 1234);
		assert_false(erps_next(&walk, &element));
		assert_int_equal(erps_kind(erps_walk_tail(&walk)), ERPS_LIST);
		assert_true(erps_tail(list, &tail));
		assert_int_equal(erps_count(tail), 0);
		assert_true(erps_element(list, 3, &element));
		assert_true(erps_get_integer(element, &value));
		assert_int_equal(value, 4);
		assert_false(erps_element(list, 4, &element));
		assert_int_equal(erps_get_charlist(list, characters, 4), 4);
		assert_memory_equal(characters, "\1\2\3\4", 4);
		assert_int_equal(erps_get_charlist(list, characters, 3), SB_ENOSPC);
		for (size_t other = 0; other < 6; other++)
			assert_true(erps_equal(list, term_in(1, one_list[other])));
	}
	(void)state;
}

static void
test_an_improper_list_has_a_tail(void **state)
{
	struct erps_term list = term_of("6c 00000001 6101 6c 00000001 6102 7701'x'"), tail;
	uint8_t characters[4];

	assert_int_equal(erps_count(list), 2);
	assert_true(erps_tail(list, &tail));
	assert_true(erps_is_atom(tail, "x"));
	assert_int_equal(erps_get_charlist(list, characters, 4), SB_EINVAL);
	assert_true(erps_equal(list, term_in(1, "6c 00000002 6101 6102 73 01 'x'")));
	assert_false(erps_equal(list, term_in(1, "6c 00000002 6101 6102 6a")));
	assert_false(erps_equal(list, term_in(1, "6b 0002 0102")));
	assert_false(erps_equal(list, term_in(1, "6c 00000002 6101 6102 7701'y'")));
	assert_false(erps_tail(term_of("6800"), &tail));
	(void)state;
}

static void
test_a_charlist_is_of_octets_only(void **state)
{
	uint8_t characters[4];

	assert_int_equal(erps_get_charlist(term_of("6a"), characters, 0), 0);
	assert_int_equal(
		erps_get_charlist(term_of("6c 00000001 62 00000100 6a"), characters, 4), SB_EINVAL);
	assert_int_equal(erps_get_charlist(term_of("6c 00000001 6a 6a"), characters, 4), SB_EINVAL);
	assert_int_equal(erps_get_charlist(term_of("6800"), characters, 4), SB_EINVAL);
	(void)state;
}

static void
test_elements_of_a_tuple_are_found(void **state)
{
	struct erps_term tuple = term_of("69 00000003 6802 6101 6102 6a 7701'x'"), element;

	assert_int_equal(erps_count(tuple), 3);
	assert_true(erps_element(tuple, 2, &element));
	assert_true(erps_is_atom(element, "x"));
	assert_int_equal(element.size, 3);
	assert_false(erps_element(tuple, 3, &element));
	assert_false(erps_element(term_of("6101"), 0, &element));
	assert_int_equal(erps_count(term_of("6101")), 0);
	assert_int_equal(erps_count((struct erps_term){0}), 0);
	(void)state;
}

static void
test_values_of_a_map_are_found_by_key(void **state)
{
	struct erps_term map = term_of("74 00000003 640001'a' 6101 6d00000001'b' 6102 61ff 6103");
	struct erps_term value;
	struct erps_walk walk = erps_walk(map);
	size_t count = 0;

	assert_int_equal(erps_count(map), 3);
	assert_true(erps_map_get(map, "a", &value));
	assert_int_equal(value.data[1], 1);
	assert_false(erps_map_get(map, "b", &value));
	assert_true(erps_map_find(map, term_in(1, "4d 00000001 08 'b'"), &value));
	assert_int_equal(value.data[1], 2);
	assert_true(erps_map_find(map, term_in(1, "62 000000ff"), &value));
	assert_int_equal(value.data[1], 3);
	assert_false(erps_map_find(map, term_in(1, "6a"), &value));
	assert_false(erps_element(map, 0, &value));
	while (erps_next(&walk, &value))
		count++;
	assert_int_equal(count, 6);
	assert_false(erps_map_get(term_of("6a"), "a", &value));
	assert_false(erps_map_find(term_of("6a"), term_in(1, "6a"), &value));
	(void)state;
}

static void
expect_equality(const char *a, const char *b, bool is_equal)
{
	assert_int_equal(erps_equal(term_in(0, a), term_in(1, b)), is_equal);
	assert_int_equal(erps_equal(term_in(0, b), term_in(1, a)), is_equal);
}

static void
test_equal_is_by_value(void **state)
{
	expect_equality("6101", "6e 01 00 01", true);
	expect_equality("6101", "46 3ff0000000000000", false);
	expect_equality("46 0000000000000000", "46 8000000000000000", false);
	expect_equality("46 3ff0000000000000", "63 '1.00000000000000000000e+00' 00*5", true);
	expect_equality("4d 00000001 03 ff", "4d 00000001 03 e0", true);
	expect_equality("4d 00000001 03 ff", "4d 00000001 03 c0", false);
	expect_equality("4d 00000001 03 ff", "4d 00000001 04 ff", false);
	expect_equality("6801 6a", "69 00000001 6a", true);
	expect_equality("6801 6a", "6802 6a 6a", false);
	expect_equality("6801 6a", "6c 00000001 6a 6a", false);
	expect_equality("7701'a'", "6d 00000001 'a'", false);
	expect_equality(
		"67 7701'n' 00000001 00000002 03", "58 7701'n' 00000001 00000002 00000003", true);
	expect_equality(
		"67 7701'n' 00000001 00000002 03", "67 7701'm' 00000001 00000002 03", false);
	expect_equality("66 7701'n' 00000001 03", "78 7301'n' 0000000000000001 00000003", true);
	expect_equality(
		"65 7701'n' 00000001 03", "5a 0002 7701'n' 00000003 00000001 00000000", true);
	expect_equality(
		"65 7701'n' 00000001 03", "5a 0002 7701'n' 00000003 00000001 00000001", false);
	(void)state;
}

static void
test_maps_are_equal_in_any_order(void **state)
{
	expect_equality("74 00000003 6101 616a 6102 616b 6103 616c",
		"74 00000003 6103 616c 6101 616a 6102 616b", true);
	expect_equality("74 00000003 6101 616a 6102 616b 6103 616c",
		"74 00000003 6103 616c 6101 616a 6102 616c", false);
	expect_equality(
		"74 00000002 6101 616a 6102 616b", "74 00000002 6101 616a 6103 616b", false);
	expect_equality("74 00000001 6101 6a", "74 00000002 6101 6a 6102 6a", false);
	/* %{%{1 => 2, 3 => 4} => 5, %{1 => 2, 3 => 6} => 7}: a key that is like another at first.
	 */
	expect_equality(
		"74 00000002 74000000026101610261036104 6105 74000000026101610261036106 6107",
		"74 00000002 74000000026103610661016102 6107 74000000026103610461016102 6105",
		true);
	expect_equality(
		"74 00000002 74000000026101610261036104 6105 74000000026101610261036106 6107",
		"74 00000002 74000000026103610661016102 6105 74000000026103610461016102 6107",
		false);
	(void)state;
}

/* %{0 => [0, 1], 1 => [1, 1], ...} from the first key to the last, or the other way round; the
 * last value of all has another end. */
#define PAIRS 2000

static struct erps_term
large_map(struct erps_builder *b, bool is_backward, const char *end)
{
	struct erps_term map;

	erps_builder_init_env(b, sb_env_system(), SIZE_MAX);
	erps_put_map(b, PAIRS);
	for (int64_t i = 0; i < PAIRS; i++) {
		int64_t key = is_backward ? PAIRS - 1 - i : i;

		erps_put_integer(b, key);
		erps_put_pattern(b, key == PAIRS - 1 ? end : "[key::int, 1]", key);
	}
	map = erps_built(b);
	assert_non_null(map.data);
	return map;
}

static void
expect_large_equality(const char *end, const char *other_end, bool is_equal)
{
	struct erps_builder a, b;
	struct erps_term forward = large_map(&a, false, end);
	struct erps_term backward = large_map(&b, true, other_end);

	/* Pair by pair it would take 2 * 10^6 looks. */
	assert_int_equal(
		erps_equal_within(forward, backward, 100 * (uint64_t)forward.size), ERPS_UNDECIDED);
	assert_int_equal(erps_equal(forward, backward), is_equal);
	assert_int_equal(erps_equal(backward, forward), is_equal);
	erps_builder_fini(&a);
	erps_builder_fini(&b);
}

static void
test_large_maps_in_another_order_are_compared_in_passes(void **state)
{
	expect_large_equality("[key::int, 1]", "[key::int, 1]", true);
	expect_large_equality("[key::int, 1]", "[key::int, 2]", false);
	expect_large_equality("[key::int, 1]", "[key::int | 1]", false);
	(void)state;
}

/* Built, for none so deep is decoded. */
static struct erps_term
deep_map(struct erps_builder *b, bool is_backward, unsigned levels)
{
	erps_builder_init_env(b, sb_env_system(), SIZE_MAX);
	for (unsigned i = 0; i < levels; i++)
		erps_put_tuple(b, 1);
	erps_put_pattern(b, is_backward ? "%{b: 2, a: 1}" : "%{a: 1, b: 2}");
	assert_non_null(erps_built(b).data);
	return erps_built(b);
}

static void
test_terms_of_any_depth_are_hashed_as_they_are_compared(void **state)
{
	static const uint64_t secret[2] = {UINT64_C(0x9e3779b97f4a7c15), 3};

	for (unsigned levels = 250; levels < 2000;
		levels = levels < 260 ? levels + 1 : 2 * levels) {
		struct erps_builder forward, backward;
		struct erps_term a = deep_map(&forward, false, levels);
		struct erps_term b = deep_map(&backward, true, levels);

		assert_true(erps_equal(a, a));
		assert_int_equal(erps_equal(a, b), levels <= 256);
		assert_int_equal(erps_hash(a, secret) == erps_hash(b, secret), levels <= 256);
		erps_builder_fini(&forward);
		erps_builder_fini(&backward);
	}
	(void)state;
}

static void
test_no_term_has_no_kind_and_equals_itself(void **state)
{
	struct erps_term none = {0}, element;
	struct erps_walk walk = erps_walk(none);

	assert_int_equal(erps_kind(none), ERPS_NONE);
	assert_true(erps_equal(none, none));
	assert_false(erps_equal(none, term_of("6a")));
	assert_false(erps_next(&walk, &element));
	(void)state;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_integer_is_read_in_every_form_that_fits),
		cmocka_unit_test(test_an_unsigned_integer_reaches_sixty_four_bits),
		cmocka_unit_test(test_a_big_integer_shows_its_octets),
		cmocka_unit_test(test_a_float_is_read_in_both_forms),
		cmocka_unit_test(test_an_atom_has_one_name_in_every_form),
		cmocka_unit_test(test_booleans_are_two_atoms),
		cmocka_unit_test(test_octets_and_bits_are_read),
		cmocka_unit_test(test_a_list_is_one_however_it_is_written),
		cmocka_unit_test(test_an_improper_list_has_a_tail),
		cmocka_unit_test(test_a_charlist_is_of_octets_only),
		cmocka_unit_test(test_elements_of_a_tuple_are_found),
		cmocka_unit_test(test_values_of_a_map_are_found_by_key),
		cmocka_unit_test(test_equal_is_by_value),
		cmocka_unit_test(test_maps_are_equal_in_any_order),
		cmocka_unit_test(test_large_maps_in_another_order_are_compared_in_passes),
		cmocka_unit_test(test_terms_of_any_depth_are_hashed_as_they_are_compared),
		cmocka_unit_test(test_no_term_has_no_kind_and_equals_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
