/* Pairs as text: golden lines of both formats, hostile text, and buffers that are too small. */
#include "core/fields.h"

#include "core/error.h"
#include "core/network.h"
#include "core/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* One pair "k" with the value, in a format. */
static const char *
rendered(enum sb_field_format format, struct sb_value value)
{
	static char text[8192];
	struct sb_field_writer w;
	size_t length;

	sb_field_writer_init(&w, format, text, sizeof(text));
	sb_fields_add(&w.fields, "k", value);
	length = sb_field_writer_end(&w);
	assert_int_equal(length, strlen(text));
	return text;
}

#define assert_logfmt(value, text) assert_string_equal(rendered(SB_FIELD_LOGFMT, value), text)
#define assert_json(value, text)   assert_string_equal(rendered(SB_FIELD_JSON, value), text)

static void
test_every_kind_of_value_has_its_logfmt(void **state)
{
	struct sb_address address = {1, 2, 30, 9007199254740993u};
	union sb_socket_address peer;

	(void)state;
	assert_int_equal(sb_sockaddr_parse("[2001:db8::1]:80", &peer), 0);
	assert_logfmt(SB_STR("alice"), "k=alice");
	assert_logfmt(SB_STR(NULL), "k=null");
	assert_logfmt(SB_STR(""), "k=\"\"");
	assert_logfmt(SB_BYTES(sb_bytes("ab", 2)), "k=ab");
	assert_logfmt(SB_INT(INT64_MIN), "k=-9223372036854775808");
	assert_logfmt(SB_INT(0), "k=0");
	assert_logfmt(SB_UINT(UINT64_MAX), "k=18446744073709551615");
	assert_logfmt(SB_BOOL(true), "k=true");
	assert_logfmt(SB_BOOL(false), "k=false");
	assert_logfmt(SB_ERR(SB_GONE), "k=SB_GONE");
	assert_logfmt(SB_ADDRESS(address), "k=1-2-30-9007199254740993");
	assert_logfmt(SB_PEER(&peer.any), "k=[2001:db8::1]:80");
	assert_logfmt(SB_PEER(NULL), "k=null");
	assert_logfmt((struct sb_value){0}, "k=null");
}

static void
test_every_kind_of_value_has_its_json(void **state)
{
	struct sb_address address = {1, 2, 30, 4};
	union sb_socket_address peer;

	(void)state;
	assert_int_equal(sb_sockaddr_parse("192.0.2.1:80", &peer), 0);
	assert_json(SB_STR("alice"), "{\"k\":\"alice\"}");
	assert_json(SB_STR(NULL), "{\"k\":null}");
	assert_json(SB_STR(""), "{\"k\":\"\"}");
	assert_json(SB_INT(-5), "{\"k\":-5}");
	assert_json(SB_UINT(5), "{\"k\":5}");
	assert_json(SB_BOOL(true), "{\"k\":true}");
	assert_json(SB_ERR(SB_EPROTO), "{\"k\":\"SB_EPROTO\"}");
	assert_json(SB_ADDRESS(address), "{\"k\":\"1-2-30-4\"}");
	assert_json(SB_PEER(&peer.any), "{\"k\":\"192.0.2.1:80\"}");
}

static void
test_logfmt_quotes_what_would_not_be_read_back(void **state)
{
	(void)state;
	assert_logfmt(SB_STR("two words"), "k=\"two words\"");
	assert_logfmt(SB_STR("a=b"), "k=\"a=b\"");
	assert_logfmt(SB_STR("say \"hi\""), "k=\"say \\\"hi\\\"\"");
	assert_logfmt(SB_STR("c:\\x"), "k=\"c:\\\\x\"");
	assert_logfmt(SB_STR("gr\xc3\xbc\xc3\x9f"), "k=gr\xc3\xbc\xc3\x9f");
	assert_logfmt(SB_STR("\xf0\x9f\x98\x80"), "k=\xf0\x9f\x98\x80");
}

static void
test_control_characters_become_escapes(void **state)
{
	(void)state;
	assert_logfmt(SB_STR("a\nINFO forged"), "k=\"a\\nINFO forged\"");
	assert_logfmt(SB_STR("\r\t\x1b[2J\x7f"), "k=\"\\r\\t\\u001b[2J\\u007f\"");
	assert_json(SB_STR("\r\n\t\x01\x1f\x7f"), "{\"k\":\"\\r\\n\\t\\u0001\\u001f\\u007f\"}");
	assert_logfmt(SB_BYTES(sb_bytes("a\0b", 3)), "k=\"a\\u0000b\"");
	assert_json(SB_BYTES(sb_bytes("a\0b", 3)), "{\"k\":\"a\\u0000b\"}");
	assert_logfmt(SB_STR("\xc2\x9b"), "k=\"\\u009b\"");
}

static void
test_marks_that_reorder_or_hide_text_become_escapes(void **state)
{
	(void)state;
	assert_logfmt(SB_STR("\xe2\x80\xae"
			     "exe"),
		"k=\"\\u202eexe\"");
	assert_logfmt(SB_STR("a\xe2\x80\xa8"), "k=\"a\\u2028\"");
	assert_json(SB_STR("\xe2\x81\xa6"), "{\"k\":\"\\u2066\"}");
	assert_logfmt(SB_STR("\xf3\xa0\x80\x81"), "k=\"\\U000e0001\"");
	assert_json(SB_STR("\xf3\xa0\x80\x81"), "{\"k\":\"\\udb40\\udc01\"}");
}

static void
test_octets_that_are_not_utf8_are_made_harmless(void **state)
{
	(void)state;
	assert_logfmt(SB_STR("a\xff"), "k=\"a\\xff\"");
	assert_json(SB_STR("a\xff"), "{\"k\":\"a\\ufffd\"}");
	assert_logfmt(SB_STR("\xc0\xaf"), "k=\"\\xc0\\xaf\"");          /* overlong */
	assert_logfmt(SB_STR("\xe0\x80\xaf"), "k=\"\\xe0\\x80\\xaf\""); /* overlong */
	assert_logfmt(SB_STR("\xed\xa0\x80"), "k=\"\\xed\\xa0\\x80\""); /* a surrogate */
	assert_logfmt(SB_STR("\xf4\x90\x80\x80"), "k=\"\\xf4\\x90\\x80\\x80\"");
	assert_logfmt(SB_STR("\xe2\x82"), "k=\"\\xe2\\x82\""); /* unfinished */
	assert_json(SB_STR("\x80\xf8"), "{\"k\":\"\\ufffd\\ufffd\"}");
}

static void
test_a_long_text_is_cut_between_characters_and_marked(void **state)
{
	char text[SB_FIELD_TEXT_MAX * 2], expected[SB_FIELD_TEXT_MAX + 64];

	(void)state;
	memset(text, 'a', sizeof(text));
	memset(expected, 0, sizeof(expected));
	memcpy(expected, "k=\"", 3);
	memset(expected + 3, 'a', SB_FIELD_TEXT_MAX);
	strcat(expected, "...\"");
	assert_logfmt(SB_BYTES(sb_bytes(text, sizeof(text))), expected);

	text[SB_FIELD_TEXT_MAX] = '\0';
	memcpy(text + SB_FIELD_TEXT_MAX - 2, "\xf0\x9f\x98\x80zz", 7);
	memcpy(expected + 3 + SB_FIELD_TEXT_MAX - 2, "\xf0\x9f\x98\x80...\"", 9);
	assert_logfmt(SB_STR(text), expected);
}

static void
test_a_text_of_just_the_bound_is_whole(void **state)
{
	char text[SB_FIELD_TEXT_MAX + 1] = "", expected[SB_FIELD_TEXT_MAX + 8] = "k=";

	(void)state;
	memset(text, 'a', SB_FIELD_TEXT_MAX);
	strcat(expected, text);
	assert_logfmt(SB_STR(text), expected);
}

static void
test_pairs_follow_each_other(void **state)
{
	struct sb_field_writer w;
	char text[128];

	(void)state;
	sb_field_writer_init(&w, SB_FIELD_LOGFMT, text, sizeof(text));
	sb_fields_add(&w.fields, "a", SB_INT(1));
	sb_fields_add(&w.fields, "b", SB_STR("x"));
	sb_field_writer_end(&w);
	assert_string_equal(text, "a=1 b=x");
	assert_int_equal(w.count, 2);

	sb_field_writer_init(&w, SB_FIELD_JSON, text, sizeof(text));
	sb_fields_add(&w.fields, "a", SB_INT(1));
	sb_fields_add(&w.fields, "b", SB_STR("x"));
	sb_field_writer_end(&w);
	assert_string_equal(text, "{\"a\":1,\"b\":\"x\"}");
}

static void
test_no_pairs_are_an_empty_text_or_object(void **state)
{
	struct sb_field_writer w;
	char text[SB_FIELD_BUFFER_MIN];

	(void)state;
	sb_field_writer_init(&w, SB_FIELD_LOGFMT, text, sizeof(text));
	assert_int_equal(sb_field_writer_end(&w), 0);
	assert_string_equal(text, "");
	sb_field_writer_init(&w, SB_FIELD_JSON, text, sizeof(text));
	assert_int_equal(sb_field_writer_end(&w), 2);
	assert_string_equal(text, "{}");
}

/* Every size of buffer, on the heap so that one octet too far is seen. */
static void
assert_well_formed_at(enum sb_field_format format, size_t capacity)
{
	char *text = malloc(capacity);
	struct sb_field_writer w;
	size_t size;

	sb_field_writer_init(&w, format, text, capacity);
	sb_fields_add(&w.fields, "first", SB_STR("quoted \"\n\xff\" text"));
	sb_fields_add(&w.fields, "second", SB_INT(123456789));
	sb_fields_add(&w.fields, "third", SB_STR("\xe2\x80\xae"));
	size = sb_field_writer_end(&w);
	assert_true(size < capacity);
	assert_int_equal(text[size], '\0');
	assert_true(sb_utf8_valid(sb_bytes(text, size)));
	if (w.truncated)
		assert_non_null(strstr(
			text, format == SB_FIELD_JSON ? "\"truncated\":true}" : "truncated=true"));
	else
		assert_int_equal(w.count, 3);
	free(text);
}

static void
test_a_small_buffer_leaves_out_whole_pairs_and_says_so(void **state)
{
	struct sb_field_writer w;
	char text[40];

	(void)state;
	for (size_t capacity = SB_FIELD_BUFFER_MIN; capacity < 160; capacity++) {
		assert_well_formed_at(SB_FIELD_LOGFMT, capacity);
		assert_well_formed_at(SB_FIELD_JSON, capacity);
	}
	sb_field_writer_init(&w, SB_FIELD_JSON, text, sizeof(text));
	sb_fields_add(&w.fields, "a", SB_INT(1));
	sb_fields_add(&w.fields, "b", SB_STR("much too long for what is left"));
	sb_fields_add(&w.fields, "c", SB_INT(3));
	sb_field_writer_end(&w);
	assert_string_equal(text, "{\"a\":1,\"truncated\":true}");
}

static void
test_a_value_alone_is_plain_text_without_controls(void **state)
{
	char text[16];

	(void)state;
	assert_int_equal(sb_value_format(SB_STR("say \"hi\""), text, sizeof(text)), 8);
	assert_string_equal(text, "say \"hi\"");
	sb_value_format(SB_STR("a\x1b[m"), text, sizeof(text));
	assert_string_equal(text, "a\\u001b[m");
	sb_value_format(SB_STR(""), text, sizeof(text));
	assert_string_equal(text, "");
	sb_value_format(SB_STR("123456789012345\xc3\xbc"), text, sizeof(text));
	assert_string_equal(text, "123456789012345");
	sb_value_format(SB_STR("12345678901234\xc3\xbc"), text, sizeof(text));
	assert_string_equal(text, "12345678901234");
	assert_int_equal(sb_value_format(SB_INT(-7), text, sizeof(text)), 2);
	assert_int_equal(sb_value_format(SB_INT(-7), text, 1), 0);
	assert_string_equal(text, "");
}

/* Splits every code point over what an encoder may and may not make of it. */
static void
test_utf8_knows_the_edges_of_each_length(void **state)
{
	static const struct {
		const char *octets;
		size_t size;
		uint32_t code;
	} edges[] = {
		{"\x7f", 1, 0x7f},
		{"\xc2\x80", 2, 0x80},
		{"\xdf\xbf", 2, 0x7ff},
		{"\xe0\xa0\x80", 3, 0x800},
		{"\xed\x9f\xbf", 3, 0xd7ff},
		{"\xee\x80\x80", 3, 0xe000},
		{"\xef\xbf\xbf", 3, 0xffff},
		{"\xf0\x90\x80\x80", 4, 0x10000},
		{"\xf4\x8f\xbf\xbf", 4, 0x10ffff},
		{"\xc1\xbf", 0, 0},
		{"\xe0\x9f\xbf", 0, 0},
		{"\xf0\x8f\xbf\xbf", 0, 0},
		{"\xed\xbf\xbf", 0, 0},
		{"\xc2"
		 "a",
			0, 0},
		{"\xfe", 0, 0},
		{"", 0, 0},
	};
	uint32_t code;

	(void)state;
	for (size_t i = 0; i < sizeof(edges) / sizeof(edges[0]); i++) {
		code = 0;
		assert_int_equal(
			sb_utf8_next(sb_bytes_text(edges[i].octets), &code), edges[i].size);
		assert_int_equal(code, edges[i].code);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_kind_of_value_has_its_logfmt),
		cmocka_unit_test(test_every_kind_of_value_has_its_json),
		cmocka_unit_test(test_logfmt_quotes_what_would_not_be_read_back),
		cmocka_unit_test(test_control_characters_become_escapes),
		cmocka_unit_test(test_marks_that_reorder_or_hide_text_become_escapes),
		cmocka_unit_test(test_octets_that_are_not_utf8_are_made_harmless),
		cmocka_unit_test(test_a_long_text_is_cut_between_characters_and_marked),
		cmocka_unit_test(test_a_text_of_just_the_bound_is_whole),
		cmocka_unit_test(test_pairs_follow_each_other),
		cmocka_unit_test(test_no_pairs_are_an_empty_text_or_object),
		cmocka_unit_test(test_a_small_buffer_leaves_out_whole_pairs_and_says_so),
		cmocka_unit_test(test_a_value_alone_is_plain_text_without_controls),
		cmocka_unit_test(test_utf8_knows_the_edges_of_each_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
