/* The ends: unbind from either side and both at once, half-close, drain. */
#include "tests/protocols/smpp/session_bed.h"

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
act_unbind(struct bed *b, struct sb_session *s)
{
	smpp_unbind(s, SB_END_LOCAL);
	smpp_unbind(s, SB_END_DEADLINE); /* the first call counts */
	assert_int_equal(bed_deliver(s, 50), SB_GONE);
	assert_null(strstr(b->trace, "unbinding"));
}

static void
deliver(uint64_t context, uint32_t sequence)
{
	assert_int_equal(bed_send_deliver(&bed, context), 0);
	bed_expect(&bed, SMPP_DELIVER_SM, 0, sequence);
}

static void
test_the_peers_unbind_is_answered_and_the_session_ends_at_once(void **state)
{
	(void)state;
	bed_send_header(&bed, SMPP_UNBIND, 0, 5);
	bed_expect(&bed, SMPP_UNBIND_RESP, SMPP_ROK, 5);
	bed_expect_closed(&bed, SB_END_PEER);
	bed_expect_trace(&bed, "unbinding;closed peer;");
	assert_int_equal(bed_counter(&bed, "smpp_bound_sessions"), 0);
}

static void
test_requests_at_hand_are_answered_before_the_unbind(void **state)
{
	(void)state;
	bed.answers_later = true;
	bed_send_submit(&bed, 2);
	bed_send_submit(&bed, 3);
	bed_send_header(&bed, SMPP_UNBIND, 0, 4);
	bed_expect_nothing(&bed);
	assert_int_equal(bed_answer(&bed, 1, SMPP_ROK), 0);
	bed_expect(&bed, SMPP_SUBMIT_SM_RESP, SMPP_ROK, 3);
	bed_expect_nothing(&bed);
	assert_int_equal(bed_answer(&bed, 0, SMPP_ROK), 0);
	bed_expect(&bed, SMPP_SUBMIT_SM_RESP, SMPP_ROK, 2);
	bed_expect(&bed, SMPP_UNBIND_RESP, SMPP_ROK, 4);
	bed_expect_closed(&bed, SB_END_PEER);
}

static void
test_an_unbind_waits_for_responses_of_the_peer(void **state)
{
	(void)state;
	deliver(7, 1);
	bed_send_header(&bed, SMPP_UNBIND, 0, 4);
	bed_expect_nothing(&bed);
	bed_send_header(&bed, SMPP_DELIVER_SM_RESP, 0, 1);
	bed_expect(&bed, SMPP_UNBIND_RESP, SMPP_ROK, 4);
	bed_expect_closed(&bed, SB_END_PEER);
	bed_expect_trace(&bed, "unbinding;response 7 deliver_sm_resp 0;closed peer;");
}

static void
test_the_wait_of_an_unbind_is_bounded(void **state)
{
	(void)state;
	bed.answers_later = true;
	deliver(7, 1);
	bed_send_submit(&bed, 2);
	bed_send_header(&bed, SMPP_UNBIND, 0, 4);
	bed_pass(&bed, 1490);
	bed_expect_nothing(&bed);
	bed_pass(&bed, 20);
	bed_expect(&bed, SMPP_SUBMIT_SM_RESP, SMPP_RSYSERR, 2);
	bed_expect(&bed, SMPP_UNBIND_RESP, SMPP_ROK, 4);
	bed_expect_closed(&bed, SB_END_PEER);
	bed_expect_trace(&bed, "submit_sm 2;unbinding;lost 7 deliver_sm;closed peer;");
}

static void
test_our_unbind_is_answered(void **state)
{
	(void)state;
	bed_act(&bed, act_unbind);
	bed_expect(&bed, SMPP_UNBIND, 0, 1);
	bed_expect_nothing(&bed);
	bed_send_header(&bed, SMPP_UNBIND_RESP, 0, 1);
	bed_expect_closed(&bed, SB_END_LOCAL);
	bed_expect_trace(&bed, "closed local;");
}

static void
test_our_unbind_waits_for_what_is_outstanding(void **state)
{
	(void)state;
	bed.answers_later = true;
	bed_send_submit(&bed, 2);
	deliver(7, 1);
	bed_act(&bed, act_unbind);
	bed_expect_nothing(&bed);
	bed_send_header(&bed, SMPP_DELIVER_SM_RESP, 0, 1);
	bed_expect_nothing(&bed);
	assert_int_equal(bed_answer(&bed, 0, SMPP_ROK), 0);
	bed_expect(&bed, SMPP_SUBMIT_SM_RESP, SMPP_ROK, 2);
	bed_expect(&bed, SMPP_UNBIND, 0, 2);
	bed_send_header(&bed, SMPP_UNBIND_RESP, 0, 2);
	bed_expect_closed(&bed, SB_END_LOCAL);
}

static void
test_each_step_of_our_unbind_is_bounded(void **state)
{
	(void)state;
	bed.answers_later = true;
	bed_send_submit(&bed, 2);
	deliver(7, 1);
	bed_act(&bed, act_unbind);
	bed_pass(&bed, 1510);
	bed_expect(&bed, SMPP_UNBIND, 0, 2);
	bed_pass(&bed, 1480);
	bed_expect_nothing(&bed);
	bed_pass(&bed, 30);
	bed_expect(&bed, SMPP_SUBMIT_SM_RESP, SMPP_RSYSERR, 2);
	bed_expect_closed(&bed, SB_END_LOCAL);
}

static void
test_a_nack_answers_our_unbind(void **state)
{
	(void)state;
	bed_act(&bed, act_unbind);
	bed_expect(&bed, SMPP_UNBIND, 0, 1);
	bed_send_header(&bed, SMPP_GENERIC_NACK, SMPP_RINVCMDID, 1);
	bed_expect_closed(&bed, SB_END_LOCAL);
}

static void
test_unbinds_that_cross_are_both_answered(void **state)
{
	(void)state;
	bed_act(&bed, act_unbind);
	bed_expect(&bed, SMPP_UNBIND, 0, 1);
	bed_send_header(&bed, SMPP_UNBIND, 0, 9);
	bed_expect(&bed, SMPP_UNBIND_RESP, SMPP_ROK, 9);
	bed_send_header(&bed, SMPP_UNBIND_RESP, 0, 1);
	bed_expect_closed(&bed, SB_END_LOCAL);
}

static void
test_a_peer_that_closes_on_our_unbind_has_ended_it(void **state)
{
	(void)state;
	bed_act(&bed, act_unbind);
	bed_expect(&bed, SMPP_UNBIND, 0, 1);
	sim_finish(bed.peer);
	bed_turn(&bed);
	bed_expect_closed(&bed, SB_END_LOCAL);
}

static void
test_an_unbind_before_a_bind_is_answered_and_ends_the_session(void **state)
{
	(void)state;
	bed_connect(&bed);
	bed_send_header(&bed, SMPP_UNBIND, 0, 5);
	bed_expect(&bed, SMPP_UNBIND_RESP, SMPP_RINVBNDSTS, 5);
	bed_expect_closed(&bed, SB_END_PEER);
}

static void
test_a_half_close_lets_what_is_at_hand_be_answered(void **state)
{
	(void)state;
	bed.answers_later = true;
	bed_send_submit(&bed, 2);
	bed_send_submit(&bed, 3);
	sim_finish(bed.peer);
	bed_turn(&bed);
	assert_int_equal(bed_answer(&bed, 0, SMPP_ROK), 0);
	bed_expect(&bed, SMPP_SUBMIT_SM_RESP, SMPP_ROK, 2);
	bed_pass(&bed, 20000);
	assert_int_equal(bed_answer(&bed, 1, SMPP_ROK), 0);
	bed_expect(&bed, SMPP_SUBMIT_SM_RESP, SMPP_ROK, 3);
	bed_expect_closed(&bed, SB_END_PEER);
	bed_expect_trace(&bed, "submit_sm 2;submit_sm 3;unbinding;closed peer;");
}

static void
test_a_half_close_of_an_idle_session_ends_it(void **state)
{
	(void)state;
	deliver(7, 1);
	sim_finish(bed.peer);
	bed_turn(&bed);
	bed_expect_closed(&bed, SB_END_PEER);
	bed_expect_trace(&bed, "lost 7 deliver_sm;closed peer;");
}

static void
test_requests_and_a_half_close_in_one_piece_are_answered(void **state)
{
	static const struct smpp_session_options options = {.window_in = 2};

	(void)state;
	bed_close(&bed);
	bed_open(&bed, &options);
	bed_bind(&bed, SMPP_BIND_TRANSCEIVER);
	bed.answers_later = true;
	for (uint32_t i = 1; i <= 5; i++) {
		struct smpp_pdu pdu = bed_submit(i);
		uint8_t octets[128];
		struct sb_writer w = sb_writer_of(octets, sizeof(octets));

		assert_int_equal(smpp_encode(&pdu, &w), 0);
		sim_send(bed.peer, octets, sb_writer_size(&w));
	}
	sim_finish(bed.peer);
	bed_turn(&bed);
	for (uint32_t i = 1; i <= 5; i++) {
		assert_int_equal(bed_answer(&bed, i - 1, SMPP_ROK), 0);
		bed_expect(&bed, SMPP_SUBMIT_SM_RESP, SMPP_ROK, i);
	}
	bed_expect_closed(&bed, SB_END_PEER);
}

static void
test_a_node_that_stops_unbinds_its_sessions(void **state)
{
	(void)state;
	sb_node_stop(bed.node);
	bed_turn(&bed);
	bed_expect(&bed, SMPP_UNBIND, 0, 1);
	bed_expect_trace(&bed, "unbinding;");
	bed_send_header(&bed, SMPP_UNBIND_RESP, 0, 1);
	bed_expect_closed(&bed, SB_END_DRAIN);
}

static void
test_a_node_that_stops_drops_who_is_not_bound(void **state)
{
	(void)state;
	bed_connect(&bed);
	bed.binds_later = true;
	bed_send_bind(&bed, SMPP_BIND_RECEIVER, 0x34, 1);
	bed.trace[0] = '\0';
	sb_node_stop(bed.node);
	bed_turn(&bed);
	bed_expect(&bed, SMPP_BIND_RECEIVER_RESP, SMPP_RSYSERR, 1);
	bed_expect_nothing(&bed);
	assert_true(sim_has_ended(bed.peer));
}

static void
act_close_inside(struct bed *b, struct sb_session *s)
{
	(void)b;
	sb_close(s, SB_END_LOCAL);
	assert_int_equal(bed_deliver(s, 1), SB_GONE);
	assert_int_equal(smpp_respond(s, b->kept[0], SMPP_ROK, sb_bytes_text("")), SB_GONE);
	assert_int_equal(smpp_nack(s, b->kept[0], SMPP_RINVCMDID), SB_GONE);
	smpp_unbind(s, SB_END_LOCAL);
}

static void
test_an_application_may_close_at_once(void **state)
{
	(void)state;
	bed.answers_later = true;
	bed_send_submit(&bed, 2);
	bed_act(&bed, act_close_inside);
	bed_expect_closed(&bed, SB_END_LOCAL);
}

static void
test_a_frame_behind_the_unbind_is_not_served(void **state)
{
	static const uint32_t words[8] = {
		0x10000000, 0x06000000, 0, 0x01000000, 0x10000000, 0x15000000, 0, 0x02000000};

	(void)state;
	bed_send_octets(&bed, sb_bytes(words, sizeof(words)));
	bed_expect(&bed, SMPP_UNBIND_RESP, SMPP_ROK, 1);
	bed_expect_closed(&bed, SB_END_PEER);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, bound, done)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_the_peers_unbind_is_answered_and_the_session_ends_at_once),
		TEST(test_requests_at_hand_are_answered_before_the_unbind),
		TEST(test_an_unbind_waits_for_responses_of_the_peer),
		TEST(test_the_wait_of_an_unbind_is_bounded),
		TEST(test_our_unbind_is_answered),
		TEST(test_our_unbind_waits_for_what_is_outstanding),
		TEST(test_each_step_of_our_unbind_is_bounded),
		TEST(test_a_nack_answers_our_unbind),
		TEST(test_unbinds_that_cross_are_both_answered),
		TEST(test_a_peer_that_closes_on_our_unbind_has_ended_it),
		TEST(test_an_unbind_before_a_bind_is_answered_and_ends_the_session),
		TEST(test_a_half_close_lets_what_is_at_hand_be_answered),
		TEST(test_a_half_close_of_an_idle_session_ends_it),
		TEST(test_requests_and_a_half_close_in_one_piece_are_answered),
		TEST(test_a_node_that_stops_unbinds_its_sessions),
		TEST(test_a_node_that_stops_drops_who_is_not_bound),
		TEST(test_an_application_may_close_at_once),
		TEST(test_a_frame_behind_the_unbind_is_not_served),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
