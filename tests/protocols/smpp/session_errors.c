/* Who answers what: each row of the sheet's table of errors. */
#include "tests/protocols/smpp/session_bed.h"
#include "tests/support/octets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct bed bed;

static int
bound(void **state)
{
	(void)state;
	bed_open(&bed, NULL);
	bed_bind(&bed, SMPP_BIND_TRANSCEIVER);
	return 0;
}

static int
done(void **state)
{
	(void)state;
	bed_close(&bed);
	return 0;
}

static void
send_text(const char *notation)
{
	static uint8_t octets[4096];

	bed_send_octets(&bed, octets_of(notation, octets, sizeof(octets)));
}

/* The same as a PDU: its length is put before it. */
static void
send_framed(const char *notation)
{
	static uint8_t octets[4096];
	struct sb_bytes pdu = octets_of(notation, octets + 4, sizeof(octets) - 4);

	patch_u32(octets, (uint32_t)pdu.size + 4);
	bed_send_octets(&bed, sb_bytes(octets, pdu.size + 4));
}

/* The octets of a submit_sm, for the test to break; the size. */
static size_t
encoded_submit(uint8_t *octets, size_t size, uint32_t sequence)
{
	struct smpp_pdu pdu = bed_submit(sequence);
	struct sb_writer w = sb_writer_of(octets, size);

	assert_int_equal(smpp_encode(&pdu, &w), 0);
	return sb_writer_size(&w);
}

static void
assert_session_goes_on(void)
{
	bed_expect_nothing(&bed);
	bed_send_submit(&bed, 99);
	bed_expect(&bed, SMPP_SUBMIT_SM_RESP, SMPP_ROK, 99);
}

static void
test_a_length_under_a_header_is_nacked_with_its_sequence_and_ends_the_session(void **state)
{
	(void)state;
	send_text("0000000F 00000004 00000000 00001234");
	bed_expect(&bed, SMPP_GENERIC_NACK, SMPP_RINVCMDLEN, 0x1234);
	bed_expect_closed(&bed, SB_END_PROTOCOL);
	bed_expect_trace(&bed, "unparsed submit_sm ESME_RINVCMDLEN;closed protocol;");
}

static void
test_a_bad_length_alone_is_nacked_with_sequence_0(void **state)
{
	(void)state;
	send_text("00000003");
	bed_expect(&bed, SMPP_GENERIC_NACK, SMPP_RINVCMDLEN, 0);
	bed_expect_closed(&bed, SB_END_PROTOCOL);
}

static void
test_a_length_over_the_limit_is_nacked_and_ends_the_session(void **state)
{
	(void)state;
	send_text("00020001 00000004 00000000 00000007");
	bed_expect(&bed, SMPP_GENERIC_NACK, SMPP_RINVCMDLEN, 7);
	bed_expect_closed(&bed, SB_END_PROTOCOL);
}

static void
test_requests_at_hand_have_their_answer_before_framing_is_lost(void **state)
{
	(void)state;
	bed.answers_later = true;
	bed_send_submit(&bed, 2);
	send_text("7FFFFFFF 00000004 00000000 00000003");
	bed_expect(&bed, SMPP_SUBMIT_SM_RESP, SMPP_RSYSERR, 2);
	bed_expect(&bed, SMPP_GENERIC_NACK, SMPP_RINVCMDLEN, 3);
	bed_expect_closed(&bed, SB_END_PROTOCOL);
}

static void
test_a_pdu_of_exactly_the_limit_is_served(void **state)
{
	static uint8_t octets[128 * 1024];
	struct smpp_pdu answer;
	size_t size = encoded_submit(octets, sizeof(octets), 5);

	(void)state;
	/* Vendor TLVs fill it up. */
	while (size < sizeof(octets)) {
		size_t value = sizeof(octets) - size - 4;

		value = value > 65000 ? 65000 : value;
		octets[size] = 0x14;
		octets[size + 1] = 0;
		octets[size + 2] = (uint8_t)(value >> 8);
		octets[size + 3] = (uint8_t)value;
		size += 4 + value;
	}
	patch_u32(octets, (uint32_t)size);
	bed_send_octets(&bed, sb_bytes(octets, size));
	answer = bed_expect(&bed, SMPP_SUBMIT_SM_RESP, SMPP_ROK, 5);
	assert_int_equal(answer.submit_sm_resp.message_id.size, 2);
	assert_session_goes_on();
}

static void
test_an_unknown_request_is_nacked_and_the_session_goes_on(void **state)
{
	(void)state;
	send_text("00000014 00000042 00000000 80000007 00000000");
	bed_expect(&bed, SMPP_GENERIC_NACK, SMPP_RINVCMDID, 0x80000007);
	bed_expect_trace(&bed, "unparsed unknown ESME_RINVCMDID;");
	assert_session_goes_on();
}

static void
test_a_response_is_never_answered(void **state)
{
	(void)state;
	send_text("00000010 80000004 00000000 00000007");
	send_text("00000010 80000000 00000003 00000000");
	send_text("00000010 800000FF 00000000 00000001");
	send_text("00000012 80000005 00000000 00000001 FFFF");
	bed_expect_trace(&bed, "");
	assert_int_equal(bed_counter(&bed, "smpp_unmatched_responses_total"), 4);
	assert_session_goes_on();
}

static void
test_a_body_shorter_than_its_fields_is_answered_with_a_length_error(void **state)
{
	uint8_t octets[256];
	size_t size = encoded_submit(octets, sizeof(octets), 6);

	(void)state;
	for (size_t cut = 16; cut + 6 < size; cut++) {
		patch_u32(octets, (uint32_t)cut);
		bed_send_octets(&bed, sb_bytes(octets, cut));
		bed_expect(&bed, SMPP_SUBMIT_SM_RESP, SMPP_RINVCMDLEN, 6);
	}
	assert_session_goes_on();
}

static void
test_an_sm_length_past_the_end_is_an_invalid_message_length(void **state)
{
	uint8_t octets[256];
	size_t size = encoded_submit(octets, sizeof(octets), 6);

	(void)state;
	octets[size - 6] = 200;
	bed_send_octets(&bed, sb_bytes(octets, size));
	bed_expect(&bed, SMPP_SUBMIT_SM_RESP, SMPP_RINVMSGLEN, 6);
	bed_expect_trace(&bed, "unparsed submit_sm ESME_RINVMSGLEN;");
	assert_session_goes_on();
}

static void
test_an_sm_length_of_255_is_wrong_for_a_34_peer(void **state)
{
	uint8_t octets[512];
	size_t size = encoded_submit(octets, sizeof(octets), 6);

	(void)state;
	octets[size - 6] = 255;
	memset(octets + size - 5, 'x', 255);
	size += 250;
	patch_u32(octets, (uint32_t)size);
	bed_send_octets(&bed, sb_bytes(octets, size));
	bed_expect(&bed, SMPP_SUBMIT_SM_RESP, SMPP_RINVMSGLEN, 6);
	assert_session_goes_on();
}

static void
test_an_over_long_field_is_answered_with_its_own_code(void **state)
{
	(void)state;
	/* service_type of 6 characters; source_addr of 21. */
	send_framed("00000004 00000000 00000006 'sixsix' 00 0000 '1' 00 0000 '2' 00"
		    "00 00 00 00 00 00 00 00 00 0A 'abcdefghij'");
	bed_expect(&bed, SMPP_SUBMIT_SM_RESP, SMPP_RINVSERTYP, 6);
	send_framed("00000004 00000000 00000007 00 0000 '123456789012345678901' 00 0000 '2'"
		    "00 00 00 00 00 00 00 00 00 00 05 'abcde' 0204 0002 0001");
	bed_expect(&bed, SMPP_SUBMIT_SM_RESP, SMPP_RINVSRCADR, 7);
	assert_session_goes_on();
}

static void
test_a_tlv_over_the_end_is_an_invalid_tlv_stream(void **state)
{
	uint8_t octets[256];
	size_t size = encoded_submit(octets, sizeof(octets), 6);

	(void)state;
	for (size_t stray = 1; stray < 4; stray++) {
		memset(octets + size, 1, stray);
		patch_u32(octets, (uint32_t)(size + stray));
		bed_send_octets(&bed, sb_bytes(octets, size + stray));
		bed_expect(&bed, SMPP_SUBMIT_SM_RESP, SMPP_RINVTLVSTREAM, 6);
	}
	memcpy(octets + size, "\x02\x04\x00\x03xx", 6);
	patch_u32(octets, (uint32_t)(size + 6));
	bed_send_octets(&bed, sb_bytes(octets, size + 6));
	bed_expect(&bed, SMPP_SUBMIT_SM_RESP, SMPP_RINVTLVSTREAM, 6);
	assert_session_goes_on();
}

static size_t
submit_with_wrong_tlv(uint8_t *octets, size_t capacity)
{
	size_t size = encoded_submit(octets, capacity, 6);

	/* user_message_reference has 2 octets. */
	memcpy(octets + size, "\x02\x04\x00\x01x", 5);
	patch_u32(octets, (uint32_t)(size + 5));
	return size + 5;
}

static void
test_a_tlv_of_a_wrong_size_is_passed_over_when_lenient(void **state)
{
	uint8_t octets[256];
	size_t size = submit_with_wrong_tlv(octets, sizeof(octets));

	(void)state;
	bed_send_octets(&bed, sb_bytes(octets, size));
	bed_expect(&bed, SMPP_SUBMIT_SM_RESP, SMPP_ROK, 6);
	assert_session_goes_on();
}

static void
act_be_strict(struct bed *b, struct sb_session *s)
{
	(void)b;
	smpp_set_strict_tlvs(s, true);
}

static void
test_a_tlv_of_a_wrong_size_is_refused_when_strict(void **state)
{
	uint8_t octets[256];
	size_t size = submit_with_wrong_tlv(octets, sizeof(octets));

	(void)state;
	bed_act(&bed, act_be_strict);
	bed_send_octets(&bed, sb_bytes(octets, size));
	bed_expect(&bed, SMPP_SUBMIT_SM_RESP, SMPP_RINVTLVLEN, 6);
	assert_session_goes_on();
}

static void
test_a_partial_pdu_may_stay_so_for_frame_ms(void **state)
{
	(void)state;
	send_text("00000020 00000004");
	bed_pass(&bed, 29000);
	assert_non_null(bed.session);
	bed_pass(&bed, 2000);
	bed_expect_closed(&bed, SB_END_DEADLINE);
}

static void
act_nack(struct bed *b, struct sb_session *s)
{
	assert_int_equal(smpp_nack(s, b->kept[0], SMPP_RINVCMDID), 0);
}

static void
test_a_request_that_is_not_served_is_nacked(void **state)
{
	(void)state;
	bed.answers_later = true;
	bed_send_submit(&bed, 6);
	bed_act(&bed, act_nack);
	bed_expect(&bed, SMPP_GENERIC_NACK, SMPP_RINVCMDID, 6);
	assert_int_equal(bed_answer(&bed, 0, 0), SB_ENOENT);
	bed_expect_nothing(&bed);
}

static void
test_odd_sequence_numbers_are_echoed(void **state)
{
	static const uint32_t odd[] = {0, 0x7fffffff, 0x80000000, 0xffffffff};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		bed_send_submit(&bed, odd[i]);
		bed_expect(&bed, SMPP_SUBMIT_SM_RESP, SMPP_ROK, odd[i]);
		bed_send_header(&bed, SMPP_ENQUIRE_LINK, 0, odd[i]);
		bed_expect(&bed, SMPP_ENQUIRE_LINK_RESP, SMPP_ROK, odd[i]);
	}
}

static void
test_octets_behind_a_request_without_a_body_do_not_matter(void **state)
{
	(void)state;
	send_text("00000013 00000015 00000000 00000007 010203");
	bed_expect(&bed, SMPP_ENQUIRE_LINK_RESP, SMPP_ROK, 7);
	send_text("00000013 00000006 00000000 00000008 010203");
	bed_expect(&bed, SMPP_UNBIND_RESP, SMPP_ROK, 8);
	bed_expect_closed(&bed, SB_END_PEER);
}

static void
test_an_invalid_bind_is_refused_by_field_and_counts_as_a_try(void **state)
{
	(void)state;
	bed_close(&bed);
	bed_open(&bed, NULL);
	for (uint32_t i = 1; i <= 3; i++) {
		send_framed("00000009 00000000 00000001 'alice' 00 'nine long' 00"
			    "'type' 00 34 00 00 '3512345' 00");
		bed_expect(&bed, SMPP_BIND_TRANSCEIVER_RESP, SMPP_RINVPASWD, 1);
	}
	bed_expect_closed(&bed, SB_END_LIMIT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, bound, done)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_length_under_a_header_is_nacked_with_its_sequence_and_ends_the_session),
		TEST(test_a_bad_length_alone_is_nacked_with_sequence_0),
		TEST(test_a_length_over_the_limit_is_nacked_and_ends_the_session),
		TEST(test_requests_at_hand_have_their_answer_before_framing_is_lost),
		TEST(test_a_pdu_of_exactly_the_limit_is_served),
		TEST(test_an_unknown_request_is_nacked_and_the_session_goes_on),
		TEST(test_a_response_is_never_answered),
		TEST(test_a_body_shorter_than_its_fields_is_answered_with_a_length_error),
		TEST(test_an_sm_length_past_the_end_is_an_invalid_message_length),
		TEST(test_an_sm_length_of_255_is_wrong_for_a_34_peer),
		TEST(test_an_over_long_field_is_answered_with_its_own_code),
		TEST(test_a_tlv_over_the_end_is_an_invalid_tlv_stream),
		TEST(test_a_tlv_of_a_wrong_size_is_passed_over_when_lenient),
		TEST(test_a_tlv_of_a_wrong_size_is_refused_when_strict),
		TEST(test_a_partial_pdu_may_stay_so_for_frame_ms),
		TEST(test_a_request_that_is_not_served_is_nacked),
		TEST(test_odd_sequence_numbers_are_echoed),
		TEST(test_octets_behind_a_request_without_a_body_do_not_matter),
		TEST(test_an_invalid_bind_is_refused_by_field_and_counts_as_a_try),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
