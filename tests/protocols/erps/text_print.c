/* Terms as Elixir's inspect/2 shows them: expectations are what Elixir 1.14 prints, but where
 * text.h says otherwise. */
#include "protocols/erps/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "core/error.h"
#include "core/utf8.h"
#include "tests/support/plain_env.h"

/* The octets of a term, by their number and after its tag. */
#define TERM(...) \
	((struct erps_term){(const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})})

static void
expect(struct erps_term term, const char *expected)
{
	char text[4096];

	assert_int_equal(erps_print(text, sizeof(text), term), strlen(expected));
	assert_string_equal(text, expected);
}

/* Reads a text, and prints what it is. */
static void
expect_of(const char *text, const char *expected)
{
	uint8_t octets[4096];
	struct erps_builder b;

	erps_builder_init(&b, octets, sizeof(octets));
	assert_int_equal(erps_parse(sb_bytes_text(text), &b, NULL), 0);
	expect(erps_built(&b), expected);
}

static void
expect_float(double value, const char *expected)
{
	uint8_t octets[16];
	struct erps_builder b;

	erps_builder_init(&b, octets, sizeof(octets));
	erps_put_float(&b, value);
	expect(erps_built(&b), expected);
}

static void
test_integers_of_every_form_are_decimal(void **state)
{
	expect(TERM(97, 0), "0");
	expect(TERM(97, 255), "255");
	expect(TERM(98, 0xff, 0xff, 0xff, 0xff), "-1");
	expect(TERM(98, 0x80, 0, 0, 0), "-2147483648");
	expect(TERM(110, 8, 0, 255, 255, 255, 255, 255, 255, 255, 255), "18446744073709551615");
	expect(TERM(110, 8, 1, 0, 0, 0, 0, 0, 0, 0, 0x80), "-9223372036854775808");
	expect(TERM(110, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1), "18446744073709551616");
	expect(TERM(110, 9, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1), "-18446744073709551616");
	expect(TERM(110, 13, 0, 0xd2, 0x0a, 0x3f, 0x4e, 0xee, 0xe0, 0x73, 0xc3, 0xf6, 0x0f, 0xe9,
		       0x8e, 0x01),
		"123456789012345678901234567890");
	(void)state;
}

static void
test_an_integer_of_1025_octets_is_hexadecimal(void **state)
{
	uint8_t octets[6 + 1025] = {111, 0, 0, 4, 1, 1};
	char text[4096];

	octets[6 + 1024] = 0x2a;
	erps_print(text, sizeof(text), (struct erps_term){octets, sizeof(octets)});
	assert_int_equal(strlen(text), 3 + 2 * 1025);
	assert_memory_equal(text, "-0x2a0000", 9);
	(void)state;
}

static void
test_floats_have_the_fewest_digits_that_read_back(void **state)
{
	expect_float(0.1, "0.1");
	expect_float(1, "1.0");
	expect_float(-2.5, "-2.5");
	expect_float(100, "100.0");
	expect_float(0.1 + 0.2, "0.30000000000000004");
	expect_float(1e20, "1.0e20");
	expect_float(1.5e-9, "1.5e-9");
	expect_float(0.00001, "0.00001");
	expect_float(1e15, "1000000000000000.0");
	expect_float(123456.789, "123456.789");
	expect_float(1.7976931348623157e308, "1.7976931348623157e308");
	expect_float(0, "0.0");
	expect_float(-0.0, "-0.0");
	(void)state;
}

static void
test_atoms_need_quotes_only_where_elixir_asks_for_them(void **state)
{
	expect_of(":ok", ":ok");
	expect_of("nil", "nil");
	expect_of(":true", "true");
	expect_of(":\"ok\"", ":ok");
	expect_of(":valid?", ":valid?");
	expect_of(":node@host", ":node@host");
	expect_of(":Capital", ":Capital");
	expect_of(":_", ":_");
	expect_of(":\"two words\"", ":\"two words\"");
	expect_of(":\"\"", ":\"\"");
	expect_of(":\"1a\"", ":\"1a\"");
	expect_of(":\"a?b\"", ":\"a?b\"");
	expect_of(":+", ":+");
	expect_of(":\"say \\\"x\\\"\"", ":\"say \\\"x\\\"\"");
	(void)state;
}

static void
test_an_alias_goes_without_its_prefix(void **state)
{
	expect_of("Calendar.ISO", "Calendar.ISO");
	expect_of(":\"Elixir.Calendar\"", "Calendar");
	expect_of(":\"Elixir.calendar\"", ":\"Elixir.calendar\"");
	expect_of(":\"Elixir.Elixir.Calendar\"", ":\"Elixir.Elixir.Calendar\"");
	expect_of(":Elixir", ":Elixir");
	expect_of("Elixir.Calendar", "Calendar");
	(void)state;
}

static void
test_atoms_in_latin_1_are_shown_in_utf_8(void **state)
{
	expect(TERM(100, 0, 2, 'o', 'k'), ":ok");
	expect(TERM(115, 3, 0xe9, 't', 0xe9), ":\"\xc3\xa9t\xc3\xa9\"");
	expect(TERM(118, 0, 2, 0xc3, 0xa9), ":\"\xc3\xa9\"");
	(void)state;
}

static void
test_binaries_are_text_when_they_are_printable(void **state)
{
	expect_of("\"\"", "\"\"");
	expect_of("<<104, 105>>", "\"hi\"");
	expect_of("\"Gr\xc3\xbc\xc3\x9f"
		  "e\"",
		"\"Gr\xc3\xbc\xc3\x9f"
		"e\"");
	expect_of("<<7, 8, 9, 10, 11, 12, 13, 27, 34, 92, 127>>",
		"\"\\a\\b\\t\\n\\v\\f\\r\\e\\\"\\\\\\d\"");
	expect_of("\"\\#{x} #x\"", "\"\\#{x} #x\"");
	expect_of("<<0>>", "<<0>>");
	expect_of("<<1, 2, 255>>", "<<1, 2, 255>>");
	expect_of("<<194, 128>>", "<<194, 128>>");
	expect_of("<<195>>", "<<195>>");
	(void)state;
}

static void
test_marks_that_nobody_sees_are_written_out(void **state)
{
	expect_of("<<226, 128, 174>>", "\"\\u{202E}\"");
	expect_of("\"a\\u200bb\"", "\"a\\u{200B}b\"");
	(void)state;
}

static void
test_bitstrings_have_a_size_at_their_end(void **state)
{
	expect(TERM(77, 0, 0, 0, 3, 3, 1, 2, 0xa0), "<<1, 2, 5::size(3)>>");
	expect(TERM(77, 0, 0, 0, 1, 1, 0x80), "<<1::size(1)>>");
	/* What lies beyond the last bit means nothing. */
	expect(TERM(77, 0, 0, 0, 1, 3, 0xbf), "<<5::size(3)>>");
	(void)state;
}

static void
test_lists_are_lists_keywords_or_charlists(void **state)
{
	expect_of("[]", "[]");
	expect_of("[1, 2, 3]", "[1, 2, 3]");
	expect_of("[{:a, 1}, {:b, 2}]", "[a: 1, b: 2]");
	expect_of("[{:\"a b\", 1}, {:+, 2}]", "[\"a b\": 1, \"+\": 2]");
	expect_of("[{Calendar, 1}]", "[{Calendar, 1}]");
	expect_of("[{:a, 1}, 2]", "[{:a, 1}, 2]");
	expect_of("[{:a, 1, 2}]", "[{:a, 1, 2}]");
	expect_of("[{\"a\", 1}]", "[{\"a\", 1}]");
	expect_of("[97, 98, 99]", "~c\"abc\"");
	expect_of("[97, 10, 34]", "~c\"a\\n\\\"\"");
	expect_of("[97, 127]", "[97, 127]");
	expect_of("[97, :b]", "[97, :b]");
	expect(TERM(107, 0, 2, 'h', 'i'), "~c\"hi\"");
	expect(TERM(107, 0, 2, 1, 200), "[1, 200]");
	(void)state;
}

static void
test_improper_lists_show_their_tail(void **state)
{
	expect_of("[1 | 2]", "[1 | 2]");
	expect_of("[97 | 98]", "[97 | 98]");
	expect_of("[{:a, 1} | {:b, 2}]", "[{:a, 1} | {:b, 2}]");
	expect_of("[1, 2 | %{}]", "[1, 2 | %{}]");
	(void)state;
}

static void
test_a_list_in_pieces_is_one(void **state)
{
	expect(TERM(108, 0, 0, 0, 1, 97, 1, 108, 0, 0, 0, 1, 97, 2, 106), "[1, 2]");
	expect(TERM(108, 0, 0, 0, 1, 97, 'a', 107, 0, 1, 'b'), "~c\"ab\"");
	expect(TERM(108, 0, 0, 0, 1, 97, 1, 108, 0, 0, 0, 1, 97, 2, 97, 3), "[1, 2 | 3]");
	(void)state;
}

static void
test_maps_have_short_keys_when_all_are_atoms(void **state)
{
	expect_of("%{}", "%{}");
	expect_of("%{:a => 1, :b => [c: 2]}", "%{a: 1, b: [c: 2]}");
	expect_of("%{\"k\" => 1, :a => 2}", "%{\"k\" => 1, :a => 2}");
	expect_of("%{%{a: 1} => %{1 => 2}}", "%{%{a: 1} => %{1 => 2}}");
	expect_of("%{Calendar => 1}", "%{Calendar => 1}");
	expect_of("%Range{first: 1, last: 3}", "%{__struct__: Range, first: 1, last: 3}");
	(void)state;
}

static void
test_opaque_terms_show_their_octets(void **state)
{
	expect(TERM(88, 119, 1, 'n', 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2),
		"#PID<5877016e000000010000000000000002>");
	expect(TERM(89, 119, 1, 'n', 0, 0, 0, 1, 0, 0, 0, 2), "#Port<5977016e0000000100000002>");
	expect(TERM(90, 0, 1, 119, 1, 'n', 0, 0, 0, 2, 0, 0, 0, 7),
		"#Reference<5a000177016e0000000200000007>");
	(void)state;
}

static void
test_tuples_nest(void **state)
{
	expect_of("{}", "{}");
	expect_of("{ :add,1 , {2 ,[ 3 ]} }", "{:add, 1, {2, [3]}}");
	(void)state;
}

static void
test_what_is_nested_too_deeply_is_left_out(void **state)
{
	uint8_t octets[2 * 300 + 2];
	char text[1024];

	for (size_t i = 0; i < 300; i++) {
		octets[2 * i] = 104;
		octets[2 * i + 1] = 1;
	}
	octets[600] = 97;
	octets[601] = 1;
	erps_print(text, sizeof(text), (struct erps_term){octets, sizeof(octets)});
	assert_int_equal(strlen(text), 2 * ERPS_TEXT_DEPTH_MAX + 3);
	assert_memory_equal(text + ERPS_TEXT_DEPTH_MAX, "...}", 4);
	(void)state;
}

static void
test_a_text_is_cut_on_a_whole_character(void **state)
{
	static const uint8_t term[] = {
		109, 0, 0, 0, 8, 0xc3, 0xa9, 0xc3, 0xa9, 0xc3, 0xa9, 0xc3, 0xa9};
	struct erps_term t = {term, sizeof(term)};
	char text[16] = "unchanged";

	assert_int_equal(erps_print(text, 0, t), 0);
	assert_string_equal(text, "unchanged");
	assert_int_equal(erps_print(text, 1, t), 0);
	assert_string_equal(text, "");
	assert_int_equal(erps_print(text, 3, t), 2);
	assert_string_equal(text, "..");
	for (size_t size = 5; size < 11; size++) {
		size_t length = erps_print(text, size, t);

		assert_true(length < size);
		assert_true(sb_utf8_valid(sb_bytes(text, length)));
		assert_string_equal(text + length - 3, "...");
	}
	assert_int_equal(erps_print(text, 11, t), 10);
	assert_string_equal(text, "\"\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\"");
	(void)state;
}

static void
test_a_brief_text_fits_a_line_of_the_log(void **state)
{
	uint8_t octets[5 + 5000] = {109, 0, 0, 0x13, 0x88};
	const char *text;

	memset(octets + 5, 'x', 5000);
	text = ERPS_BRIEF(((struct erps_term){octets, sizeof(octets)}));
	assert_int_equal(strlen(text), ERPS_BRIEF_SIZE - 1);
	assert_string_equal(text + ERPS_BRIEF_SIZE - 4, "...");
	assert_string_equal(ERPS_BRIEF(TERM(97, 1)), "1");
	(void)state;
}

static void
test_memory_of_an_environment_grows_up_to_the_limit(void **state)
{
	uint8_t octets[5 + 5000] = {109, 0, 0, 0x13, 0x88};
	struct erps_term term = {octets, sizeof(octets)};
	struct plain_env plain;
	char *text;
	size_t size;

	plain_env_init(&plain);
	memset(octets + 5, 'x', 5000);
	assert_int_equal(erps_print_env(&plain.env, term, 100000, &text, &size), 0);
	assert_int_equal(size, 5002);
	assert_int_equal(strlen(text), size);
	plain.env.release(plain.env.context, text);
	assert_int_equal(erps_print_env(&plain.env, term, 1000, &text, &size), 0);
	assert_int_equal(size, 1000);
	assert_string_equal(text + 997, "...");
	plain.env.release(plain.env.context, text);
	assert_int_equal(plain.live, 0);
	(void)state;
}

static void
test_each_allocation_that_fails_is_said(void **state)
{
	uint8_t octets[5 + 5000] = {109, 0, 0, 0x13, 0x88};
	struct erps_term term = {octets, sizeof(octets)};
	size_t failures = 0;
	int err;

	do {
		struct plain_env plain;
		char *text;

		plain_env_init(&plain);
		plain.fail_at = failures + 1;
		err = erps_print_env(&plain.env, term, 100000, &text, NULL);
		if (!err)
			plain.env.release(plain.env.context, text);
		else
			assert_int_equal(err, SB_ENOMEM);
		assert_int_equal(plain.live, 0);
	} while (err && ++failures < 100);
	assert_in_range(failures, 2, 20);
	(void)state;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_integers_of_every_form_are_decimal),
		cmocka_unit_test(test_an_integer_of_1025_octets_is_hexadecimal),
		cmocka_unit_test(test_floats_have_the_fewest_digits_that_read_back),
		cmocka_unit_test(test_atoms_need_quotes_only_where_elixir_asks_for_them),
		cmocka_unit_test(test_an_alias_goes_without_its_prefix),
		cmocka_unit_test(test_atoms_in_latin_1_are_shown_in_utf_8),
		cmocka_unit_test(test_binaries_are_text_when_they_are_printable),
		cmocka_unit_test(test_marks_that_nobody_sees_are_written_out),
		cmocka_unit_test(test_bitstrings_have_a_size_at_their_end),
		cmocka_unit_test(test_lists_are_lists_keywords_or_charlists),
		cmocka_unit_test(test_improper_lists_show_their_tail),
		cmocka_unit_test(test_a_list_in_pieces_is_one),
		cmocka_unit_test(test_maps_have_short_keys_when_all_are_atoms),
		cmocka_unit_test(test_opaque_terms_show_their_octets),
		cmocka_unit_test(test_tuples_nest),
		cmocka_unit_test(test_what_is_nested_too_deeply_is_left_out),
		cmocka_unit_test(test_a_text_is_cut_on_a_whole_character),
		cmocka_unit_test(test_a_brief_text_fits_a_line_of_the_log),
		cmocka_unit_test(test_memory_of_an_environment_grows_up_to_the_limit),
		cmocka_unit_test(test_each_allocation_that_fails_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
