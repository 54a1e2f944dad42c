/* Texts that are terms, and what is said of those that are none. */
#include "protocols/erps/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "core/error.h"
#include "tests/support/plain_env.h"

static void
expect_octets(const char *text, const void *octets, size_t size)
{
	uint8_t buf[512];
	struct erps_builder b;

	erps_builder_init(&b, buf, sizeof(buf));
	assert_int_equal(erps_parse(sb_bytes_text(text), &b, NULL), 0);
	assert_int_equal(b.size, size);
	assert_memory_equal(buf, octets, size);
}

#define EXPECT(text, ...) \
	expect_octets(text, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

static void
expect_same(const char *text, const char *other)
{
	uint8_t a[8192], b[8192];
	struct erps_builder first, second;

	erps_builder_init(&first, a, sizeof(a));
	erps_builder_init(&second, b, sizeof(b));
	assert_int_equal(erps_parse(sb_bytes_text(text), &first, NULL), 0);
	assert_int_equal(erps_parse(sb_bytes_text(other), &second, NULL), 0);
	assert_true(erps_equal(erps_built(&first), erps_built(&second)));
}

static void
expect_fault(const char *text, int error, unsigned column, const char *what)
{
	uint8_t buf[8192];
	struct erps_builder b;
	struct erps_text_fault fault = {NULL, 0, 0, 0};

	erps_builder_init(&b, buf, sizeof(buf));
	erps_put_tuple(&b, 1);
	assert_int_equal(erps_parse(sb_bytes_text(text), &b, &fault), error);
	assert_string_equal(fault.what, what);
	assert_int_equal(fault.line, 1);
	assert_int_equal(fault.column, column);
	/* The builder is as it was, and can be used on. */
	assert_int_equal(b.size, 2);
	assert_int_equal(b.error, 0);
}

static void
test_scalars_are_built_in_their_smallest_form(void **state)
{
	EXPECT("1", 97, 1);
	EXPECT(" \n256\t", 98, 0, 0, 1, 0);
	EXPECT("-1", 98, 255, 255, 255, 255);
	EXPECT("2147483648", 110, 4, 0, 0, 0, 0, 0x80);
	EXPECT("18446744073709551615", 110, 8, 0, 255, 255, 255, 255, 255, 255, 255, 255);
	EXPECT("-18446744073709551616", 110, 9, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1);
	EXPECT("-9223372036854775808", 110, 8, 1, 0, 0, 0, 0, 0, 0, 0, 0x80);
	EXPECT("-9223372036854775809", 110, 8, 1, 1, 0, 0, 0, 0, 0, 0, 0x80);
	EXPECT("1.5", 70, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0);
	EXPECT(":ok", 119, 2, 'o', 'k');
	EXPECT("\"hi\"", 109, 0, 0, 0, 2, 'h', 'i');
	EXPECT("<<1, 5::size(3)>>", 77, 0, 0, 0, 2, 3, 1, 0xa0);
	EXPECT("[]", 106);
	(void)state;
}

static void
test_containers_have_their_counts(void **state)
{
	EXPECT("{:a, {}}", 104, 2, 119, 1, 'a', 104, 0);
	EXPECT("[1, 2]", 108, 0, 0, 0, 2, 97, 1, 97, 2, 106);
	EXPECT("[1 | 2]", 108, 0, 0, 0, 1, 97, 1, 97, 2);
	EXPECT("[a: 1]", 108, 0, 0, 0, 1, 104, 2, 119, 1, 'a', 97, 1, 106);
	EXPECT("%{a: 1, 2 => 3}", 116, 0, 0, 0, 2, 119, 1, 'a', 97, 1, 97, 2, 97, 3);
	EXPECT("%{}", 116, 0, 0, 0, 0);
	EXPECT("~c\"hi\"", 108, 0, 0, 0, 2, 97, 'h', 97, 'i', 106);
	(void)state;
}

static void
test_numbers_are_written_as_in_elixir(void **state)
{
	expect_same("1_000_000", "1000000");
	expect_same("0x1F", "31");
	expect_same("0x1f", "31");
	expect_same("0b101", "5");
	expect_same("0o17", "15");
	expect_same("-0x10", "-16");
	expect_same("?a", "97");
	expect_same("?\\n", "10");
	expect_same("?\xc3\xa9", "233");
	expect_same("1.0e3", "1000.0");
	expect_same("1.0E+3", "1000.0");
	expect_same("1_0.5", "10.5");
	expect_same("000000000000000000000000000000000000000012", "12");
	expect_same("-0", "0");
	(void)state;
}

static void
test_escapes_are_those_of_elixir(void **state)
{
	expect_same("\"\\a\\b\\d\\e\\f\\n\\r\\s\\t\\v\\0\"",
		"<<7, 8, 127, 27, 12, 10, 13, 32, 9, 11, 0>>");
	expect_same("\"\\x41\\xff\"", "<<65, 255>>");
	expect_same("\"\\u00e9\\u{1F600}\"", "\"\xc3\xa9\xf0\x9f\x98\x80\"");
	expect_same("\"\\\"\\\\\\#{\\q\"", "<<34, 92, 35, 123, 113>>");
	expect_same("'it\\'s'", "~c\"it's\"");
	expect_same("'\xc3\xa9'", "[233]");
	expect_same(":'two words'", ":\"two words\"");
	(void)state;
}

static void
test_more_than_is_printed_is_read(void **state)
{
	expect_same("'abc'", "~c\"abc\"");
	expect_same("''", "[]");
	expect_same("<<\"abc\", 0>>", "<<97, 98, 99, 0>>");
	expect_same("<<\"\">>", "\"\"");
	expect_same("<<1::size(8)>>", "<<1>>");
	expect_same("[1, 2,]", "[1, 2]");
	expect_same("%{\"k\" => 1, a: 2}", "%{:a => 2, \"k\" => 1}");
	expect_same("%Date{day: 1}", "%{__struct__: Date, day: 1}");
	expect_same("[1, a: 2]", "[1, {:a, 2}]");
	expect_same("[1 | [2, 3]]", "[1, 2, 3]");
	expect_same("%{a:1}", "%{a: 1}");
	expect_same("{\n\t:a\n}", "{:a}");
	(void)state;
}

static void
test_a_tuple_of_300_is_a_large_one(void **state)
{
	char text[2048] = "{";
	uint8_t buf[2048];
	struct erps_builder b;

	for (int i = 0; i < 299; i++)
		strcat(text, "1,");
	strcat(text, "1}");
	erps_builder_init(&b, buf, sizeof(buf));
	assert_int_equal(erps_parse(sb_bytes_text(text), &b, NULL), 0);
	assert_int_equal(b.size, 5 + 600);
	assert_memory_equal(buf, "\x69\x00\x00\x01\x2c\x61\x01", 7);
	(void)state;
}

static void
test_what_was_built_before_stays(void **state)
{
	uint8_t buf[64];
	struct erps_builder b;

	erps_builder_init(&b, buf, sizeof(buf));
	erps_put_tuple(&b, 2);
	erps_put_atom(&b, "ok");
	assert_null(erps_built(&b).data);
	assert_int_equal(erps_parse(sb_bytes_text("{1, [2]}"), &b, NULL), 0);
	assert_int_equal(erps_built(&b).size, 2 + 4 + 4 + 8);
	/* It is whole. */
	assert_int_equal(erps_parse(sb_bytes_text("1"), &b, NULL), SB_EINVAL);
	(void)state;
}

static void
test_a_fault_says_what_is_missing_and_where(void **state)
{
	expect_fault("", SB_EINVAL, 1, "a term is missing here");
	expect_fault("   ", SB_EINVAL, 4, "a term is missing here");
	expect_fault("{:add, 1 2}", SB_EINVAL, 10, "a comma or } is missing");
	expect_fault("{1, 2", SB_EINVAL, 6, "a comma or } is missing");
	expect_fault("{1,, 2}", SB_EINVAL, 4, "a term is missing here");
	expect_fault("[1 2]", SB_EINVAL, 4, "a comma or ] is missing");
	expect_fault("[1 | 2, 3]", SB_EINVAL, 7, "] is missing after the tail of the list");
	expect_fault("[| 1]", SB_EINVAL, 2, "a term is missing here");
	expect_fault("{1 | 2}", SB_EINVAL, 4, "a comma or } is missing");
	expect_fault("{1]", SB_EINVAL, 3, "a comma or } is missing");
	expect_fault("%{1 2}", SB_EINVAL, 5, "=> is missing after the key");
	expect_fault("%{1}", SB_EINVAL, 4, "=> is missing after the key");
	expect_fault("%{a: }", SB_EINVAL, 6, "a term is missing here");
	expect_fault("%[1]", SB_EINVAL, 1, "a map begins with %{");
	expect_fault("{1}}", SB_EINVAL, 4, "something is left after the term");
	expect_fault("<<1 2>>", SB_EINVAL, 5, "a comma or >> is missing");
	(void)state;
}

static void
test_columns_count_characters_and_lines_are_told(void **state)
{
	static const char text[] = "{\"\xc3\xa9\xc3\xa9\",\n \"\xc3\xa9\" 2}";
	struct erps_text_fault fault;
	struct erps_builder b;
	uint8_t buf[64];

	erps_builder_init(&b, buf, sizeof(buf));
	assert_int_equal(erps_parse(sb_bytes_text(text), &b, &fault), SB_EINVAL);
	assert_int_equal(fault.line, 2);
	assert_int_equal(fault.column, 6);
	assert_int_equal(fault.at, 15);
	(void)state;
}

static void
test_faulty_scalars_are_explained(void **state)
{
	expect_fault("ok", SB_EINVAL, 1, "a word alone is no term: an atom begins with a colon");
	expect_fault("{:a, b: 1}", SB_EINVAL, 6, "key: value is for lists and maps");
	expect_fault(":", SB_EINVAL, 2, "an atom's name is missing: :name, :\"any name\"");
	expect_fault("\"abc", SB_EINVAL, 1, "the closing quote is missing");
	expect_fault("\"abc\\\"", SB_EINVAL, 1, "the closing quote is missing");
	expect_fault(":\"abc", SB_EINVAL, 2, "the closing quote is missing");
	expect_fault(":\"\\xg\"", SB_EINVAL, 5, "\\x wants two hexadecimal digits");
	expect_fault("~c\"abc", SB_EINVAL, 3, "the closing quote is missing");
	expect_fault("\"#{x}\"", SB_EINVAL, 2, "nothing is evaluated here: write \\#{");
	expect_fault("\"\\xg\"", SB_EINVAL, 4, "\\x wants two hexadecimal digits");
	expect_fault("\"\\u{110000}\"", SB_EINVAL, 3, "\\u wants a code point: \\u{e9}");
	expect_fault("\"\\u{d800}\"", SB_EINVAL, 3, "\\u wants a code point: \\u{e9}");
	expect_fault("\"\\u12\"", SB_EINVAL, 3, "\\u wants a code point: \\u{e9}");
	expect_fault("\"\xff\"", SB_EINVAL, 2, "this is not UTF-8");
	expect_fault(":\"\\xff\"", SB_EINVAL, 8, "an atom is UTF-8");
	expect_fault("-x", SB_EINVAL, 2, "digits are missing");
	expect_fault("0x", SB_EINVAL, 3, "digits are missing");
	expect_fault("1.0e", SB_EINVAL, 5, "the float's exponent is missing");
	expect_fault("1.0e999", SB_EINVAL, 8, "the float is out of range");
	expect_fault("1..3", SB_EINVAL, 2, "something is left after the term");
	expect_fault("?", SB_EINVAL, 2, "a character is missing after ?");
	(void)state;
}

static void
test_faulty_octets_are_explained(void **state)
{
	expect_fault("<<256>>", SB_EINVAL, 3, "a number from 0 to 255 is missing");
	expect_fault("<<-1>>", SB_EINVAL, 3, "a number from 0 to 255 is missing");
	expect_fault("<<1::3>>", SB_EINVAL, 6, "after :: comes size(1) to size(8)");
	expect_fault("<<1::size(0)>>", SB_EINVAL, 12, "after :: comes size(1) to size(8)");
	expect_fault("<<8::size(3)>>", SB_EINVAL, 12, "the number has more bits than its size");
	expect_fault("<<1::size(3), 2>>", SB_EINVAL, 15, "only the last octet has a size");
	expect_fault("<<", SB_EINVAL, 3, "a comma or >> is missing");
	(void)state;
}

static void
test_opaque_terms_are_read_as_they_are_printed_and_checked(void **state)
{
	static const char what[] = "only #PID<>, #Port<> and #Reference<> as printed here are read";

	EXPECT("#PID<5877016e000000010000000000000002>", 88, 119, 1, 'n', 0, 0, 0, 1, 0, 0, 0, 0, 0,
		0, 0, 2);
	EXPECT("#Port<5977016e0000000100000002>", 89, 119, 1, 'n', 0, 0, 0, 1, 0, 0, 0, 2);
	expect_fault("#PID<0.110.0>", SB_EINVAL, 1, what);
	expect_fault("#PID<>", SB_EINVAL, 1, what);
	expect_fault("#PID<5977016e0000000100000002>", SB_EINVAL, 1, what);
	expect_fault("#PID<5877016e0000000100000000000000>", SB_EINVAL, 1, what);
	expect_fault("#Reference<6101>", SB_EINVAL, 1, what);
	expect_fault("#PID<58", SB_EINVAL, 1, what);
	expect_fault("#Function<>", SB_EINVAL, 1, what);
	(void)state;
}

static void
test_a_key_is_in_a_map_once(void **state)
{
	expect_fault("%{a: 1, b: 2, a: 3}", SB_EINVAL, 19, "a key is in the map twice");
	expect_fault("[%{1 => 2, 0x1 => 3}]", SB_EINVAL, 20, "a key is in the map twice");
	expect_fault("%Date{__struct__: 1}", SB_EINVAL, 20, "a key is in the map twice");
	expect_same("%{1 => 2, 1.0 => 3}", "%{1.0 => 3, 1 => 2}");
	(void)state;
}

static void
test_depth_is_bounded(void **state)
{
	char text[2 * 257 + 1];

	for (size_t i = 0; i < 256; i++) {
		text[i] = "[{"[i % 2];
		text[2 * 256 - 1 - i] = "]}"[i % 2];
	}
	text[2 * 256] = '\0';
	expect_same(text, text);
	memset(text, '{', 257);
	text[257] = '\0';
	expect_fault(text, SB_ELIMIT, 257, "nested too deeply");
	(void)state;
}

static void
test_sizes_are_bounded(void **state)
{
	static char text[ERPS_TEXT_INTEGER_MAX * 2 + 8];
	uint8_t buf[8];
	struct erps_builder b;
	struct erps_text_fault fault;

	erps_builder_init(&b, buf, sizeof(buf));
	assert_int_equal(erps_parse(sb_bytes_text("{1, 2, 3, 4, 5}"), &b, &fault), SB_ELIMIT);
	assert_string_equal(fault.what, "the term is too large");
	assert_int_equal(b.size, 0);

	memset(text, 'f', sizeof(text) - 1);
	memcpy(text, "0x", 2);
	expect_fault(text, SB_ELIMIT, sizeof(text), "the integer is too large");
	memcpy(text, ":", 2);
	memset(text + 1, 'a', 256);
	text[257] = '\0';
	expect_fault(text, SB_ELIMIT, 258, "an atom has 255 characters at most");
	memcpy(text, ":\"", 2);
	memset(text + 2, 'a', 1100);
	memcpy(text + 1102, "\"", 2);
	expect_fault(text, SB_ELIMIT, 2, "an atom has 255 characters at most");
	memset(text, 'A', 1100);
	text[1100] = '\0';
	expect_fault(text, SB_ELIMIT, 1, "an atom has 255 characters at most");
	memset(text, '1', 500);
	text[1] = '.';
	text[500] = '\0';
	expect_fault(text, SB_ELIMIT, 501, "the float is too long");
	(void)state;
}

static void
test_each_allocation_that_fails_is_said_and_nothing_is_left(void **state)
{
	static const char text[] =
		"[%{1 => 1, 2 => 2, 3 => 3, 4 => 4, 5 => 5, 6 => 6, 7 => 7,"
		"8 => 8, 9 => 9, 10 => \"a text that is long enough to grow\"},"
		"~c\"a charlist that takes more room still, and more, and more\"]";
	size_t failures = 0;
	int err;

	do {
		struct erps_text_fault fault;
		struct erps_builder b;
		struct plain_env plain;

		plain_env_init(&plain);
		plain.fail_at = failures + 1;
		erps_builder_init_env(&b, &plain.env, 4096);
		err = erps_parse(sb_bytes_text(text), &b, &fault);
		if (err) {
			assert_int_equal(err, SB_ENOMEM);
			assert_string_equal(fault.what, "out of memory");
			assert_int_equal(b.size, 0);
		}
		erps_builder_fini(&b);
		assert_int_equal(plain.live, 0);
	} while (err && ++failures < 100);
	assert_in_range(failures, 2, 20);
	(void)state;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scalars_are_built_in_their_smallest_form),
		cmocka_unit_test(test_containers_have_their_counts),
		cmocka_unit_test(test_numbers_are_written_as_in_elixir),
		cmocka_unit_test(test_escapes_are_those_of_elixir),
		cmocka_unit_test(test_more_than_is_printed_is_read),
		cmocka_unit_test(test_a_tuple_of_300_is_a_large_one),
		cmocka_unit_test(test_what_was_built_before_stays),
		cmocka_unit_test(test_a_fault_says_what_is_missing_and_where),
		cmocka_unit_test(test_columns_count_characters_and_lines_are_told),
		cmocka_unit_test(test_faulty_scalars_are_explained),
		cmocka_unit_test(test_faulty_octets_are_explained),
		cmocka_unit_test(test_opaque_terms_are_read_as_they_are_printed_and_checked),
		cmocka_unit_test(test_a_key_is_in_a_map_once),
		cmocka_unit_test(test_depth_is_bounded),
		cmocka_unit_test(test_sizes_are_bounded),
		cmocka_unit_test(test_each_allocation_that_fails_is_said_and_nothing_is_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
