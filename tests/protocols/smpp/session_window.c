/* The peer's window: requests answered later, out of order, and no more read than may be
 * unanswered. */
#include "tests/protocols/smpp/session_bed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct bed bed;

static int
bound(void **state)
{
	static const struct smpp_session_options options = {.window_in = 3};

	(void)state;
	bed_open(&bed, &options);
	bed_bind(&bed, SMPP_BIND_TRANSCEIVER);
	bed.answers_later = true;
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
test_requests_are_answered_later_in_any_order(void **state)
{
	(void)state;
	bed_send_submit(&bed, 11);
	bed_send_submit(&bed, 12);
	assert_int_equal(bed_answer(&bed, 1, SMPP_ROK), 0);
	bed_expect(&bed, SMPP_SUBMIT_SM_RESP, SMPP_ROK, 12);
	assert_int_equal(bed_answer(&bed, 0, SMPP_RTHROTTLED), 0);
	assert_true(bed_expect(&bed, SMPP_SUBMIT_SM_RESP, SMPP_RTHROTTLED, 11).header_only);
	bed_expect_nothing(&bed);
}

static void
test_no_more_is_read_than_may_be_unanswered(void **state)
{
	(void)state;
	for (uint32_t i = 1; i <= 10; i++)
		bed_send_submit(&bed, i);
	bed_expect_trace(&bed, "submit_sm 1;submit_sm 2;submit_sm 3;");
	assert_true(sb_is_held(bed.session));
	assert_int_equal(bed_answer(&bed, 1, SMPP_ROK), 0);
	bed_expect(&bed, SMPP_SUBMIT_SM_RESP, SMPP_ROK, 2);
	bed_expect_trace(&bed, "submit_sm 4;");
	for (uint32_t i = 1; i <= 10; i++)
		if (i != 2) {
			assert_int_equal(bed_answer(&bed, i - 1, SMPP_ROK), 0);
			bed_expect(&bed, SMPP_SUBMIT_SM_RESP, SMPP_ROK, i);
		}
	assert_false(sb_is_held(bed.session));
	bed_expect_nothing(&bed);
	assert_true(bed_counter(&bed, "smpp_window_in_full_total") > 0);
}

static void
test_the_same_sequence_number_twice_has_two_answers(void **state)
{
	(void)state;
	bed_send_submit(&bed, 5);
	bed_send_submit(&bed, 5);
	assert_int_equal(bed_answer(&bed, 0, SMPP_RTHROTTLED), 0);
	bed_expect(&bed, SMPP_SUBMIT_SM_RESP, SMPP_RTHROTTLED, 5);
	assert_int_equal(bed_answer(&bed, 1, SMPP_ROK), 0);
	bed_expect(&bed, SMPP_SUBMIT_SM_RESP, SMPP_ROK, 5);
	assert_int_equal(bed_answer(&bed, 0, SMPP_ROK), SB_ENOENT);
	bed_expect_nothing(&bed);
}

static void
test_an_answer_is_given_once(void **state)
{
	(void)state;
	bed_send_submit(&bed, 5);
	assert_int_equal(bed_answer(&bed, 0, SMPP_ROK), 0);
	assert_int_equal(bed_answer(&bed, 0, SMPP_ROK), SB_ENOENT);
	/* Nor is another request's place taken for it. */
	bed_send_submit(&bed, 6);
	assert_int_equal(bed_answer(&bed, 0, SMPP_ROK), SB_ENOENT);
	bed_expect(&bed, SMPP_SUBMIT_SM_RESP, SMPP_ROK, 5);
	bed_expect_nothing(&bed);
	assert_true(smpp_is_unanswered(bed.session, bed.kept[1]));
}

static void
act_answer_wrongly(struct bed *b, struct sb_session *s)
{
	static const char id[66] =
		"a message id of more than sixty-four characters is no message id";
	struct smpp_request foreign = {SMPP_SUBMIT_SM, 5, 0xfffff, 1};
	struct smpp_request none = {0};

	assert_int_equal(smpp_respond(s, b->kept[0], SMPP_ROK, sb_bytes(id, 65)), SB_EINVAL);
	assert_int_equal(smpp_respond(s, b->kept[0], SMPP_ROK, sb_bytes("a\0b", 3)), SB_EINVAL);
	assert_true(smpp_is_unanswered(s, b->kept[0]));
	assert_int_equal(smpp_respond(s, foreign, SMPP_ROK, sb_bytes(id, 2)), SB_ENOENT);
	assert_int_equal(smpp_respond(s, none, SMPP_ROK, sb_bytes(id, 2)), SB_ENOENT);
	assert_int_equal(smpp_respond(s, b->kept[0], SMPP_ROK, sb_bytes(id, 64)), 0);
}

static void
test_an_answer_that_cannot_be_sent_leaves_the_request_unanswered(void **state)
{
	(void)state;
	bed_send_submit(&bed, 5);
	bed_act(&bed, act_answer_wrongly);
	assert_int_equal(
		bed_expect(&bed, SMPP_SUBMIT_SM_RESP, SMPP_ROK, 5).submit_sm_resp.message_id.size,
		64);
	bed_expect_nothing(&bed);
}

static void
act_answer_pdu(struct bed *b, struct sb_session *s)
{
	uint8_t tlvs[16];
	struct sb_writer w = sb_writer_of(tlvs, sizeof(tlvs));
	struct smpp_pdu pdu = {0};

	smpp_put_tlv_u8(&w, SMPP_TAG_CONGESTION_STATE, 50);
	pdu.tlvs = sb_bytes(tlvs, sb_writer_size(&w));
	pdu.query_sm_resp.message_id = sb_bytes_text("4711");
	pdu.query_sm_resp.message_state = SMPP_STATE_ENROUTE;
	assert_int_equal(smpp_respond_pdu(s, b->kept[0], &pdu), 0);
	assert_int_equal(smpp_respond_pdu(s, b->kept[0], &pdu), SB_ENOENT);
}

static void
test_an_answer_may_have_a_body_and_tlvs_of_its_own(void **state)
{
	struct smpp_pdu pdu = {.header = {.command = SMPP_QUERY_SM, .sequence = 9}};
	uint32_t congestion;

	(void)state;
	pdu.query_sm.message_id = sb_bytes_text("4711");
	bed_send(&bed, &pdu);
	bed_act(&bed, act_answer_pdu);
	pdu = bed_expect(&bed, SMPP_QUERY_SM_RESP, SMPP_ROK, 9);
	assert_int_equal(pdu.query_sm_resp.message_state, SMPP_STATE_ENROUTE);
	assert_int_equal(pdu.query_sm_resp.message_id.size, 4);
	assert_true(smpp_find_tlv_integer(pdu.tlvs, SMPP_TAG_CONGESTION_STATE, &congestion));
	assert_int_equal(congestion, 50);
}

static void
test_each_request_has_the_body_of_its_response(void **state)
{
	static const struct {
		uint32_t command;
		uint32_t size;
	} responses[] = {
		{SMPP_SUBMIT_SM, 19},
		{SMPP_DATA_SM, 19},
		{SMPP_QUERY_SM, 22},
		{SMPP_CANCEL_SM, 16},
		{SMPP_REPLACE_SM, 16},
		{SMPP_QUERY_BROADCAST_SM, 19},
		{SMPP_CANCEL_BROADCAST_SM, 16},
	};

	(void)state;
	bed.answers_later = false;
	for (uint32_t i = 0; i < sizeof(responses) / sizeof(responses[0]); i++) {
		struct smpp_pdu pdu = {.header = {.command = responses[i].command, .sequence = i}};

		bed_send(&bed, &pdu);
		pdu = bed_expect(&bed, responses[i].command | SMPP_RESPONSE_BIT, SMPP_ROK, i);
		assert_int_equal(pdu.header.length, responses[i].size);
	}
}

static void
act_hold(struct bed *b, struct sb_session *s)
{
	(void)b;
	smpp_hold(s, "store");
	smpp_hold(s, "store");
}

static void
act_resume(struct bed *b, struct sb_session *s)
{
	(void)b;
	smpp_resume(s);
}

static void
test_the_application_may_hold_beside_the_window(void **state)
{
	(void)state;
	for (uint32_t i = 1; i <= 3; i++)
		bed_send_submit(&bed, i);
	bed.trace[0] = '\0';
	bed_act(&bed, act_hold);
	bed_send_submit(&bed, 4);
	assert_int_equal(bed_answer(&bed, 0, SMPP_ROK), 0);
	bed_expect_trace(&bed, "");
	bed_act(&bed, act_resume);
	bed_expect_trace(&bed, "submit_sm 4;");
	/* And its resume does not open the window. */
	bed_send_submit(&bed, 5);
	bed_act(&bed, act_hold);
	bed_act(&bed, act_resume);
	bed_expect_trace(&bed, "");
}

static void
act_narrow(struct bed *b, struct sb_session *s)
{
	(void)b;
	smpp_set_windows(s, 1, 0);
}

static void
act_widen(struct bed *b, struct sb_session *s)
{
	(void)b;
	smpp_set_windows(s, 100, 0);
}

static void
test_the_window_can_be_another_for_an_account(void **state)
{
	(void)state;
	bed_act(&bed, act_narrow);
	for (uint32_t i = 1; i <= 60; i++)
		bed_send_submit(&bed, i);
	bed_expect_trace(&bed, "submit_sm 1;");
	bed_act(&bed, act_widen);
	assert_int_equal(bed.kept_count, 60);
	for (uint32_t i = 60; i >= 1; i--) {
		assert_int_equal(bed_answer(&bed, i - 1, SMPP_ROK), 0);
		bed_expect(&bed, SMPP_SUBMIT_SM_RESP, SMPP_ROK, i);
	}
}

static void
test_more_frames_than_a_turn_has_are_all_served(void **state)
{
	static uint8_t octets[16 * 5000];
	struct sb_writer w = sb_writer_of(octets, sizeof(octets));
	uint32_t header[4] = {__builtin_bswap32(16), __builtin_bswap32(SMPP_ENQUIRE_LINK), 0, 0};

	(void)state;
	for (uint32_t i = 0; i < 5000; i++) {
		header[3] = __builtin_bswap32(i);
		sb_put_bytes(&w, header, sizeof(header));
	}
	sim_send(bed.peer, octets, sizeof(octets));
	/* A half-close right behind them takes none away. */
	sim_finish(bed.peer);
	bed_turn(&bed);
	for (uint32_t i = 0; i < 5000; i++)
		bed_expect(&bed, SMPP_ENQUIRE_LINK_RESP, 0, i);
	bed_expect_closed(&bed, SB_END_PEER);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, bound, done)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_requests_are_answered_later_in_any_order),
		TEST(test_no_more_is_read_than_may_be_unanswered),
		TEST(test_the_same_sequence_number_twice_has_two_answers),
		TEST(test_an_answer_is_given_once),
		TEST(test_an_answer_that_cannot_be_sent_leaves_the_request_unanswered),
		TEST(test_an_answer_may_have_a_body_and_tlvs_of_its_own),
		TEST(test_each_request_has_the_body_of_its_response),
		TEST(test_the_application_may_hold_beside_the_window),
		TEST(test_the_window_can_be_another_for_an_account),
		TEST(test_more_frames_than_a_turn_has_are_all_served),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
