/* Delivery receipts: written, read, and read from peers that write them otherwise. */
#include "protocols/smpp/receipt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/support/octets.h"

#define MS INT64_C(1000)
/* 2024-01-31 12:00 and 12:05 UTC. */
#define SUBMIT_MS (INT64_C(1706702400) * MS)
#define DONE_MS   (INT64_C(1706702700) * MS)

static const struct smpp_receipt delivered = {
	.message_id = {(const uint8_t *)"00c0ffee", 8},
	.submitted = 1,
	.delivered = 1,
	.submit_ms = SUBMIT_MS,
	.done_ms = DONE_MS,
	.has_state = true,
	.state = SMPP_STATE_DELIVERED,
	.error = {(const uint8_t *)"000", 3},
	.text = {(const uint8_t *)"Hello, this is a text", 21},
	.network_type = 3,
	.network_error = 0x0021,
};

static const char delivered_text[] =
	"id:00c0ffee sub:001 dlvrd:001 submit date:2401311200 done date:2401311205 stat:DELIVRD "
	"err:000 text:Hello, this is a tex";

static void
test_a_receipt_is_written_in_the_customary_form(void **state)
{
	char text[SMPP_RECEIPT_TEXT_MAX];
	struct sb_writer w = sb_writer_of(text, sizeof(text));

	assert_int_equal(smpp_receipt_write(&delivered, &w), 0);
	assert_int_equal(sb_writer_size(&w), strlen(delivered_text));
	assert_memory_equal(text, delivered_text, strlen(delivered_text));
	(void)state;
}

static void
test_what_is_done_within_a_minute_has_one_date_twice(void **state)
{
	const char *dates = " submit date:2401311200 done date:2401311200 ";
	struct smpp_receipt receipt = delivered;
	char text[SMPP_RECEIPT_TEXT_MAX];
	struct sb_writer w = sb_writer_of(text, sizeof(text));

	receipt.done_ms = SUBMIT_MS + 59 * MS;
	assert_int_equal(smpp_receipt_write(&receipt, &w), 0);
	assert_non_null(memmem(text, sb_writer_size(&w), dates, strlen(dates)));
	(void)state;
}

static void
test_a_receipt_that_says_nothing_has_all_its_keys(void **state)
{
	const char *expected = "id: sub:000 dlvrd:000 submit date:0000000000 done date:0000000000 "
			       "stat:UNKNOWN err:000 text:";
	struct smpp_receipt receipt = smpp_receipt_empty();
	char text[SMPP_RECEIPT_TEXT_MAX];
	struct sb_writer w = sb_writer_of(text, sizeof(text));

	assert_int_equal(smpp_receipt_write(&receipt, &w), 0);
	assert_int_equal(sb_writer_size(&w), strlen(expected));
	assert_memory_equal(text, expected, strlen(expected));
	(void)state;
}

static void
test_the_longest_receipt_fits_a_short_message(void **state)
{
	char longest[400], text[SMPP_RECEIPT_TEXT_MAX];
	struct smpp_receipt receipt = delivered;
	struct sb_writer w = sb_writer_of(text, sizeof(text));

	memset(longest, 'x', sizeof(longest));
	receipt.message_id = sb_bytes(longest, 64);
	receipt.error = sb_bytes(longest, 200);
	receipt.text = sb_bytes(longest, sizeof(longest));
	receipt.submitted = 1000000;
	assert_int_equal(smpp_receipt_write(&receipt, &w), 0);
	assert_int_equal(sb_writer_size(&w), strlen(delivered_text) + 64 - 8);
	assert_non_null(memmem(text, sb_writer_size(&w), " sub:999 ", 9));
	assert_non_null(memmem(text, sb_writer_size(&w), " err:xxx ", 9));
	(void)state;
}

static void
test_what_cannot_be_written_leaves_the_writer_as_it_was(void **state)
{
	char id[65], text[SMPP_RECEIPT_TEXT_MAX];
	struct smpp_receipt receipt = delivered;
	struct sb_writer w = sb_writer_of(text, sizeof(text));

	memset(id, '1', sizeof(id));
	receipt.message_id = sb_bytes(id, 65);
	assert_int_equal(smpp_receipt_write(&receipt, &w), SB_EINVAL);
	assert_int_equal(smpp_receipt_put_tlvs(&receipt, &w), SB_EINVAL);
	receipt = delivered;
	receipt.submit_ms = 1;
	assert_int_equal(smpp_receipt_write(&receipt, &w), SB_EINVAL);
	receipt = delivered;
	receipt.done_ms = -1;
	assert_int_equal(smpp_receipt_write(&receipt, &w), SB_EINVAL);
	for (size_t room = 0; room < strlen(delivered_text); room++) {
		w = sb_writer_of(text, room);
		assert_int_equal(smpp_receipt_write(&delivered, &w), SB_ENOSPC);
		assert_int_equal(sb_writer_size(&w), 0);
		assert_false(sb_writer_failed(&w));
	}
	for (size_t room = 0; room < 25; room++) {
		w = sb_writer_of(text, room);
		assert_int_equal(smpp_receipt_put_tlvs(&delivered, &w), SB_ENOSPC);
		assert_int_equal(sb_writer_size(&w), 0);
	}
	(void)state;
}

static void
test_a_receipt_goes_there_and_back(void **state)
{
	struct smpp_receipt read;

	assert_int_equal(smpp_receipt_parse(sb_bytes_text(delivered_text), &read), 0);
	assert_true(sb_bytes_equal(read.message_id, delivered.message_id));
	assert_int_equal(read.submitted, 1);
	assert_int_equal(read.delivered, 1);
	assert_true(read.submit_ms == SUBMIT_MS);
	assert_true(read.done_ms == DONE_MS);
	assert_true(read.has_state);
	assert_int_equal(read.state, SMPP_STATE_DELIVERED);
	assert_true(sb_bytes_equal(read.error, sb_bytes_text("000")));
	assert_true(sb_bytes_equal(read.text, sb_bytes_text("Hello, this is a tex")));
	assert_int_equal(read.network_type, 0);
	(void)state;
}

static void
test_every_state_goes_there_and_back(void **state)
{
	for (uint8_t code = 0; code < 10; code++) {
		struct smpp_receipt receipt = delivered, read;
		char text[SMPP_RECEIPT_TEXT_MAX];
		struct sb_writer w = sb_writer_of(text, sizeof(text));

		receipt.state = code;
		assert_int_equal(smpp_receipt_write(&receipt, &w), 0);
		assert_int_equal(smpp_receipt_parse(sb_bytes(text, sb_writer_size(&w)), &read), 0);
		assert_int_equal(read.state, code);
	}
	(void)state;
}

/* What peers write. A time of 0 is one that is not said. */
static const struct {
	const char *text;
	const char *id;
	int state; /* -1: not said */
	int submitted;
	int64_t submit_ms;
	int64_t done_ms;
	const char *error;
	const char *message;
} others[] = {
	{"stat:EXPIRED done date:240131120530 err:1B id:abc sub:002", "abc", SMPP_STATE_EXPIRED, 2,
		0, DONE_MS + 30 * MS, "1B", ""},
	{"ID:1 SUB:1 DLVRD:0 Submit Date:2401311200 Done Date:2401311205 Stat:undeliv Err:34 "
	 "Text:hi",
		"1", SMPP_STATE_UNDELIVERABLE, 1, SUBMIT_MS, DONE_MS, "34", "hi"},
	{"id:7 stat:DELIVRD text:stat:EXPIRED id:8 err:1", "7", SMPP_STATE_DELIVERED, -1, 0, 0, "",
		"stat:EXPIRED id:8 err:1"},
	{"id:7", "7", -1, -1, 0, 0, "", ""},
	{"stat:ACCEPTD", "", SMPP_STATE_ACCEPTED, -1, 0, 0, "", ""},
	{"id:7 stat:DELIVERED", "7", SMPP_STATE_DELIVERED, -1, 0, 0, "", ""},
	{"id:7 stat:NONSENSE", "7", -1, -1, 0, 0, "", ""},
	{"id:7 stat:", "7", -1, -1, 0, 0, "", ""},
	{"  id:7   xyz:1 sub:abc sub: dlvrd:9999999999 err: stat:REJECTD", "7", SMPP_STATE_REJECTED,
		-1, 0, 0, "", ""},
	{"id:7 submit date:24013112 done date:9913991299 stat:DELETED", "7", SMPP_STATE_DELETED, -1,
		0, 0, "", ""},
	{"hello id:9 restat:EXPIRED", "9", -1, -1, 0, 0, "", ""},
};

static void
test_receipts_of_others_are_read_by_key(void **state)
{
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		struct sb_bytes text = exact_copy(sb_bytes_text(others[i].text));
		struct smpp_receipt read;

		assert_int_equal(smpp_receipt_parse(text, &read), 0);
		assert_true(sb_bytes_equal(read.message_id, sb_bytes_text(others[i].id)));
		assert_int_equal(read.has_state ? read.state : -1, others[i].state);
		assert_int_equal(read.submitted, others[i].submitted);
		assert_int_equal(read.delivered, i == 1 ? 0 : SMPP_RECEIPT_NO_COUNT);
		assert_true(read.submit_ms == others[i].submit_ms);
		assert_true(read.done_ms == others[i].done_ms);
		assert_true(sb_bytes_equal(read.error, sb_bytes_text(others[i].error)));
		assert_true(sb_bytes_equal(read.text, sb_bytes_text(others[i].message)));
		free((void *)text.data);
	}
	(void)state;
}

static void
test_a_text_may_hold_anything(void **state)
{
	static const char text[] = "id:1 text:a\0b stat:X";
	struct smpp_receipt read;

	assert_int_equal(smpp_receipt_parse(sb_bytes(text, sizeof(text) - 1), &read), 0);
	assert_int_equal(read.text.size, 10);
	assert_false(read.has_state);
	(void)state;
}

static void
test_what_is_no_receipt_is_told_and_never_read_over(void **state)
{
	struct smpp_receipt read;

	assert_int_equal(smpp_receipt_parse(sb_bytes(NULL, 0), &read), SB_ENOENT);
	assert_int_equal(smpp_receipt_parse(sb_bytes_text("See you at 8"), &read), SB_ENOENT);
	assert_int_equal(smpp_receipt_parse(sb_bytes_text("text:id:1"), &read), SB_ENOENT);
	assert_int_equal(smpp_receipt_parse(sb_bytes_text("id: stat:"), &read), SB_ENOENT);
	for (size_t size = 0; size < strlen(delivered_text); size++) {
		struct sb_bytes text = exact_copy(sb_bytes(delivered_text, size));

		assert_int_equal(smpp_receipt_parse(text, &read), size < 4 ? SB_ENOENT : 0);
		free((void *)text.data);
	}
	(void)state;
}

static void
test_tlvs_say_the_same(void **state)
{
	uint8_t out[64], buf[64];
	struct sb_writer w = sb_writer_of(out, sizeof(out));
	struct smpp_receipt receipt = delivered;
	struct sb_bytes expected =
		octets_of("001E 0009 '00c0ffee'00 0427 0001 02 0423 0003 030021", buf, sizeof(buf));

	assert_int_equal(smpp_receipt_put_tlvs(&receipt, &w), 0);
	assert_int_equal(sb_writer_size(&w), expected.size);
	assert_memory_equal(out, expected.data, expected.size);
	receipt.network_type = 0;
	receipt.has_state = false;
	w = sb_writer_of(out, sizeof(out));
	assert_int_equal(smpp_receipt_put_tlvs(&receipt, &w), 0);
	assert_int_equal(sb_writer_size(&w), 13);
	(void)state;
}

static struct smpp_pdu
receipt_pdu(uint32_t command, struct sb_bytes text, struct sb_bytes tlvs)
{
	struct smpp_pdu pdu = {.header = {.command = command}, .tlvs = tlvs};

	if (command == SMPP_DATA_SM) {
		pdu.data_sm.esm_class = SMPP_ESM_RECEIPT;
	} else {
		pdu.deliver_sm.esm_class = SMPP_ESM_RECEIPT;
		pdu.deliver_sm.short_message = text;
	}
	return pdu;
}

static void
test_tlvs_win_over_the_text(void **state)
{
	uint8_t buf[64];
	struct sb_bytes tlvs =
		octets_of("0427 0001 05 001E 0003 'new' 0423 0003 030102", buf, sizeof(buf));
	struct smpp_pdu pdu = receipt_pdu(SMPP_DELIVER_SM, sb_bytes_text(delivered_text), tlvs);
	struct smpp_receipt read;

	assert_int_equal(smpp_receipt_read(&pdu, &read), 0);
	assert_true(sb_bytes_equal(read.message_id, sb_bytes_text("new")));
	assert_int_equal(read.state, SMPP_STATE_UNDELIVERABLE);
	assert_int_equal(read.network_type, 3);
	assert_int_equal(read.network_error, 0x0102);
	assert_true(read.done_ms == DONE_MS);
	(void)state;
}

static void
test_either_form_alone_is_a_receipt(void **state)
{
	uint8_t buf[64];
	struct smpp_pdu pdu =
		receipt_pdu(SMPP_DELIVER_SM, sb_bytes_text("id:1 stat:DELIVRD"), sb_bytes(NULL, 0));
	struct smpp_receipt read;

	assert_int_equal(smpp_receipt_read(&pdu, &read), 0);
	assert_int_equal(read.state, SMPP_STATE_DELIVERED);
	pdu = receipt_pdu(SMPP_DATA_SM, sb_bytes(NULL, 0),
		octets_of("001E 0002 '1'00 0423 0002 0102", buf, sizeof(buf)));
	assert_int_equal(smpp_receipt_read(&pdu, &read), 0);
	assert_true(sb_bytes_equal(read.message_id, sb_bytes_text("1")));
	assert_int_equal(read.network_type, 0);
	pdu = receipt_pdu(SMPP_DATA_SM, sb_bytes(NULL, 0),
		octets_of("0424 000C 'id:22 sub:01'", buf, sizeof(buf)));
	assert_int_equal(smpp_receipt_read(&pdu, &read), 0);
	assert_true(sb_bytes_equal(read.message_id, sb_bytes_text("22")));
	pdu.data_sm.esm_class = 0;
	assert_int_equal(smpp_receipt_read(&pdu, &read), SB_ENOENT);
	pdu = receipt_pdu(SMPP_DELIVER_SM, sb_bytes_text("hello"), sb_bytes(NULL, 0));
	assert_int_equal(smpp_receipt_read(&pdu, &read), SB_ENOENT);
	pdu.header.command = SMPP_SUBMIT_SM;
	assert_int_equal(smpp_receipt_read(&pdu, &read), SB_ENOENT);
	(void)state;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_receipt_is_written_in_the_customary_form),
		cmocka_unit_test(test_what_is_done_within_a_minute_has_one_date_twice),
		cmocka_unit_test(test_a_receipt_that_says_nothing_has_all_its_keys),
		cmocka_unit_test(test_the_longest_receipt_fits_a_short_message),
		cmocka_unit_test(test_what_cannot_be_written_leaves_the_writer_as_it_was),
		cmocka_unit_test(test_a_receipt_goes_there_and_back),
		cmocka_unit_test(test_every_state_goes_there_and_back),
		cmocka_unit_test(test_receipts_of_others_are_read_by_key),
		cmocka_unit_test(test_a_text_may_hold_anything),
		cmocka_unit_test(test_what_is_no_receipt_is_told_and_never_read_over),
		cmocka_unit_test(test_tlvs_say_the_same),
		cmocka_unit_test(test_tlvs_win_over_the_text),
		cmocka_unit_test(test_either_form_alone_is_a_receipt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
