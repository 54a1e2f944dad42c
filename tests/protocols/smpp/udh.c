/* User data headers and the numbers of parts, in a header or in TLVs. */
#include "protocols/smpp/udh.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/error.h"
#include "protocols/smpp/tlv.h"
#include "tests/support/octets.h"

static const struct {
	const char *octets;
	int split;
	int concat;
	unsigned ref;
	bool wide;
	unsigned total;
	unsigned part;
	size_t text;
} headers[] = {
	{"05 0003AB0201 'text'", 0, 0, 0xAB, false, 2, 1, 4},
	{"06 0804BEEFFFFF", 0, 0, 0xBEEF, true, 255, 255, 0},
	{"0B 0504 23F400000003010101 'x'", 0, 0, 1, false, 1, 1, 1},
	{"00 'x'", 0, SB_ENOENT, 0, false, 0, 0, 1},
	{"00", 0, SB_ENOENT, 0, false, 0, 0, 0},
	{"03 240101 'x'", 0, SB_ENOENT, 0, false, 0, 0, 1},
	{"02 7000", 0, SB_ENOENT, 0, false, 0, 0, 0},
	/* The last of two counts. */
	{"0B 0003AA0201 0804BBBB0302", 0, 0, 0xBBBB, true, 3, 2, 0},
	/* Total and part out of range, wrong sizes. */
	{"05 0003AB0001", 0, SB_EPROTO, 0, false, 0, 0, 0},
	{"05 0003AB0200", 0, SB_EPROTO, 0, false, 0, 0, 0},
	{"05 0003AB0203", 0, SB_EPROTO, 0, false, 0, 0, 0},
	{"06 0004AB020100", 0, SB_EPROTO, 0, false, 0, 0, 0},
	{"05 0803AB0201", 0, SB_EPROTO, 0, false, 0, 0, 0},
	/* Headers longer than the message, elements that do not fill theirs. */
	{"", SB_EPROTO, 0, 0, false, 0, 0, 0},
	{"05", SB_EPROTO, 0, 0, false, 0, 0, 0},
	{"05 0003AB02", SB_EPROTO, 0, 0, false, 0, 0, 0},
	{"06 0003AB020100 'x'", SB_EPROTO, 0, 0, false, 0, 0, 0},
	{"04 0003AB02 'x'", SB_EPROTO, 0, 0, false, 0, 0, 0},
};

static void
test_headers_are_split_and_read(void **state)
{
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		uint8_t buf[64];
		struct sb_bytes message =
			exact_copy(octets_of(headers[i].octets, buf, sizeof(buf)));
		struct sb_bytes elements, text;
		struct smpp_concat concat = {0};

		assert_int_equal(smpp_udh_split(message, &elements, &text), headers[i].split);
		if (headers[i].split == 0) {
			assert_int_equal(text.size, headers[i].text);
			assert_int_equal(elements.size + text.size + 1, message.size);
			assert_int_equal(smpp_udh_concat(elements, &concat), headers[i].concat);
			assert_int_equal(concat.ref, headers[i].ref);
			assert_int_equal(concat.wide, headers[i].wide);
			assert_int_equal(concat.total, headers[i].total);
			assert_int_equal(concat.part, headers[i].part);
		}
		free((void *)message.data);
	}
	(void)state;
}

static void
test_elements_are_walked_until_one_is_cut_off(void **state)
{
	uint8_t buf[16];
	struct sb_reader r = sb_reader_of(octets_of("0504 23F40000 2501", buf, sizeof(buf)));
	struct smpp_udh_element element;

	assert_true(smpp_next_udh_element(&r, &element));
	assert_int_equal(element.id, SMPP_UDH_PORTS_16);
	assert_int_equal(element.value.size, 4);
	assert_false(smpp_next_udh_element(&r, &element));
	assert_true(sb_reader_failed(&r));
	assert_false(smpp_next_udh_element(&r, &element));
	(void)state;
}

static void
expect_header(const struct smpp_concat *concat, const char *others, const char *expected)
{
	uint8_t out[64], kept[64], buf[64];
	struct sb_writer w = sb_writer_of(out, sizeof(out));
	struct sb_bytes octets = octets_of(expected, buf, sizeof(buf));

	assert_int_equal(smpp_udh_put(&w, concat, octets_of(others, kept, sizeof(kept))), 0);
	assert_int_equal(sb_writer_size(&w), octets.size);
	assert_memory_equal(out, octets.data, octets.size);
}

static void
test_headers_are_written_with_what_is_to_be_kept(void **state)
{
	const struct smpp_concat narrow = {0xAB, false, 2, 1};
	const struct smpp_concat wide = {0xABCD, true, 255, 255};

	expect_header(&narrow, "", "05 0003AB0201");
	expect_header(&wide, "", "06 0804ABCDFFFF");
	expect_header(&narrow, "0504 23F40000 240101", "0E 0003AB0201 0504 23F40000 240101");
	/* Another concatenation gives way. */
	expect_header(&narrow, "0003FF0909 240101 0804FFFF0909", "08 0003AB0201 240101");
	(void)state;
}

static void
refuse(struct smpp_concat concat, struct sb_bytes others)
{
	uint8_t out[300];
	struct sb_writer w = sb_writer_of(out, sizeof(out));

	assert_int_equal(smpp_udh_put(&w, &concat, others), SB_EINVAL);
	assert_int_equal(sb_writer_size(&w), 0);
}

static void
test_wrong_headers_are_not_written(void **state)
{
	static uint8_t long_element[252] = {0x70, 250};
	const struct sb_bytes none = {NULL, 0};
	uint8_t out[16];

	refuse((struct smpp_concat){1, false, 0, 0}, none);
	refuse((struct smpp_concat){1, false, 2, 0}, none);
	refuse((struct smpp_concat){1, false, 2, 3}, none);
	refuse((struct smpp_concat){256, false, 2, 1}, none);
	refuse((struct smpp_concat){1, false, 2, 1}, sb_bytes(long_element, 100));
	refuse((struct smpp_concat){1, false, 2, 1}, sb_bytes(long_element, 252));
	for (size_t room = 0; room < SMPP_UDH_SIZE_CONCAT_16; room++) {
		struct smpp_concat concat = {256, true, 2, 1};
		struct sb_writer w = sb_writer_of(out, room);

		assert_int_equal(smpp_udh_put(&w, &concat, none), SB_ENOSPC);
		assert_int_equal(sb_writer_size(&w), 0);
	}
	(void)state;
}

static void
test_headers_of_other_elements_alone(void **state)
{
	uint8_t buf[16], out[300];
	static uint8_t long_element[256] = {0x70, 254};
	struct sb_bytes elements = octets_of("240101 0504 23F40000", buf, sizeof(buf));
	struct sb_writer w = sb_writer_of(out, sizeof(out));

	assert_int_equal(smpp_udh_put_elements(&w, elements), 0);
	assert_int_equal(sb_writer_size(&w), 10);
	assert_int_equal(out[0], 9);
	assert_memory_equal(out + 1, elements.data, 9);
	w = sb_writer_of(out, 9);
	assert_int_equal(smpp_udh_put_elements(&w, elements), SB_ENOSPC);
	assert_int_equal(smpp_udh_put_elements(&w, sb_bytes(NULL, 0)), SB_EINVAL);
	assert_int_equal(smpp_udh_put_elements(&w, sb_bytes(elements.data, 8)), SB_EINVAL);
	assert_int_equal(smpp_udh_put_elements(&w, sb_bytes(long_element, 256)), SB_EINVAL);
	assert_int_equal(sb_writer_size(&w), 0);
	(void)state;
}

static void
test_sar_tlvs_count_together_or_not_at_all(void **state)
{
	static const struct {
		const char *octets;
		int result;
	} cases[] = {
		{"020C 0002 1234 020E 0001 03 020F 0001 02", 0},
		{"020F 0001 02 020E 0001 03 0427 0001 02 020C 0002 1234", 0},
		{"020C 0002 1234 020E 0001 03", SB_ENOENT},
		{"020C 0002 1234 020F 0001 02", SB_ENOENT},
		{"020E 0001 03 020F 0001 02", SB_ENOENT},
		{"020C 0001 12 020E 0001 03 020F 0001 02", SB_ENOENT},
		{"020C 0002 1234 020E 0001 00 020F 0001 00", SB_ENOENT},
		{"020C 0002 1234 020E 0001 03 020F 0001 04", SB_ENOENT},
		{"", SB_ENOENT},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct smpp_concat concat = {0};
		uint8_t buf[64];

		assert_int_equal(
			smpp_sar_concat(octets_of(cases[i].octets, buf, sizeof(buf)), &concat),
			cases[i].result);
		assert_int_equal(concat.ref, cases[i].result ? 0 : 0x1234);
		assert_int_equal(concat.total, cases[i].result ? 0 : 3);
		assert_int_equal(concat.part, cases[i].result ? 0 : 2);
	}
	(void)state;
}

static void
test_sar_tlvs_are_written_all_three(void **state)
{
	const struct smpp_concat concat = {0x1234, true, 3, 2};
	const struct smpp_concat wrong = {0x1234, true, 3, 4};
	uint8_t out[16];
	struct sb_writer w = sb_writer_of(out, sizeof(out));
	struct smpp_concat read;

	assert_int_equal(smpp_sar_put(&w, &wrong), SB_EINVAL);
	assert_int_equal(smpp_sar_put(&w, &concat), 0);
	assert_int_equal(sb_writer_size(&w), 16);
	assert_int_equal(smpp_sar_concat(sb_bytes(out, 16), &read), 0);
	assert_int_equal(read.ref, 0x1234);
	for (size_t room = 0; room < 16; room++) {
		w = sb_writer_of(out, room);
		assert_int_equal(smpp_sar_put(&w, &concat), SB_ENOSPC);
		assert_int_equal(sb_writer_size(&w), 0);
	}
	(void)state;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_headers_are_split_and_read),
		cmocka_unit_test(test_elements_are_walked_until_one_is_cut_off),
		cmocka_unit_test(test_headers_are_written_with_what_is_to_be_kept),
		cmocka_unit_test(test_wrong_headers_are_not_written),
		cmocka_unit_test(test_headers_of_other_elements_alone),
		cmocka_unit_test(test_sar_tlvs_count_together_or_not_at_all),
		cmocka_unit_test(test_sar_tlvs_are_written_all_three),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
