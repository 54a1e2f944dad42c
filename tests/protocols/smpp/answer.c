/* The answers that are written without a struct. */
#include "protocols/smpp/answer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "protocols/smpp/pdu.h"
#include "tests/support/octets.h"

static uint8_t out[128];
static struct sb_writer w;

static void
expect(int result, const char *octets)
{
	uint8_t buf[128];
	struct sb_bytes expected = octets_of(octets, buf, sizeof(buf));

	assert_int_equal(result, 0);
	assert_int_equal(sb_writer_size(&w), expected.size);
	assert_memory_equal(out, expected.data, expected.size);
	w = sb_writer_of(out, sizeof(out));
}

static void
test_answers_are_written_octet_by_octet(void **state)
{
	w = sb_writer_of(out, sizeof(out));
	expect(smpp_put_generic_nack(&w, SMPP_RINVCMDID, 0xFFFFFFFF),
		"00000010 80000000 00000003 FFFFFFFF");
	expect(smpp_put_enquire_link(&w, 1), "00000010 00000015 00000000 00000001");
	expect(smpp_put_enquire_link_resp(&w, 0), "00000010 80000015 00000000 00000000");
	expect(smpp_put_header(&w, SMPP_UNBIND_RESP, SMPP_ROK, 2),
		"00000010 80000006 00000000 00000002");
	expect(smpp_put_submit_sm_resp(&w, SMPP_ROK, 3, sb_bytes_text("c0ffee")),
		"00000017 80000004 00000000 00000003 'c0ffee'00");
	expect(smpp_put_submit_sm_resp(&w, SMPP_RTHROTTLED, 3, sb_bytes_text("c0ffee")),
		"00000010 80000004 00000058 00000003");
	expect(smpp_put_deliver_sm_resp(&w, SMPP_ROK, 4), "00000011 80000005 00000000 00000004 00");
	expect(smpp_put_deliver_sm_resp(&w, SMPP_RX_T_APPN, 4),
		"00000010 80000005 00000064 00000004");
	expect(smpp_put_message_id_resp(&w, SMPP_DATA_SM_RESP, SMPP_ROK, 5, sb_bytes_text("1")),
		"00000012 80000103 00000000 00000005 '1'00");
	(void)state;
}

static void
test_an_answer_is_what_the_encoder_writes(void **state)
{
	struct smpp_pdu pdu = {
		.header = {.command = SMPP_SUBMIT_SM_RESP, .sequence = 9},
		.submit_sm_resp = {.message_id = sb_bytes_text("0123456789abcdef")},
	};
	uint8_t encoded[64];
	struct sb_writer e = sb_writer_of(encoded, sizeof(encoded));

	w = sb_writer_of(out, sizeof(out));
	assert_int_equal(
		smpp_put_submit_sm_resp(&w, SMPP_ROK, 9, pdu.submit_sm_resp.message_id), 0);
	assert_int_equal(smpp_encode(&pdu, &e), 0);
	assert_int_equal(sb_writer_size(&w), sb_writer_size(&e));
	assert_memory_equal(out, encoded, sb_writer_size(&e));
	(void)state;
}

static void
test_ids_of_64_octets_fit_and_no_longer_ones(void **state)
{
	char id[66];

	memset(id, 'a', sizeof(id));
	w = sb_writer_of(out, sizeof(out));
	assert_int_equal(smpp_put_submit_sm_resp(&w, SMPP_ROK, 1, sb_bytes(id, 65)), SB_EINVAL);
	assert_int_equal(smpp_put_submit_sm_resp(&w, SMPP_ROK, 1, sb_bytes("a\0b", 3)), SB_EINVAL);
	assert_int_equal(sb_writer_size(&w), 0);
	assert_int_equal(smpp_put_submit_sm_resp(&w, SMPP_ROK, 1, sb_bytes(id, 64)), 0);
	assert_int_equal(sb_writer_size(&w), 81);
	(void)state;
}

static void
test_an_answer_without_room_leaves_the_writer_as_it_was(void **state)
{
	for (size_t room = 0; room < 18; room++) {
		w = sb_writer_of(out, room);
		assert_int_equal(
			smpp_put_submit_sm_resp(&w, SMPP_ROK, 1, sb_bytes_text("1")), SB_ENOSPC);
		if (room < SMPP_HEADER_SIZE)
			assert_int_equal(smpp_put_generic_nack(&w, SMPP_RINVCMDID, 1), SB_ENOSPC);
		assert_int_equal(sb_writer_size(&w), 0);
		assert_false(sb_writer_failed(&w));
	}
	w = sb_writer_of(out, sizeof(out));
	w.failed = true;
	assert_int_equal(smpp_put_enquire_link_resp(&w, 1), SB_ENOSPC);
	assert_int_equal(smpp_put_deliver_sm_resp(&w, SMPP_ROK, 1), SB_ENOSPC);
	(void)state;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers_are_written_octet_by_octet),
		cmocka_unit_test(test_an_answer_is_what_the_encoder_writes),
		cmocka_unit_test(test_ids_of_64_octets_fit_and_no_longer_ones),
		cmocka_unit_test(test_an_answer_without_room_leaves_the_writer_as_it_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
