/* The deadlines of a session, on a clock that the test moves. */
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
reopen(const struct smpp_session_options *options)
{
	bed_close(&bed);
	bed_open(&bed, options);
}

static void
test_who_does_not_bind_in_time_is_dropped(void **state)
{
	(void)state;
	reopen(NULL);
	bed_pass(&bed, 9990);
	assert_non_null(bed.session);
	bed_pass(&bed, 20);
	bed_expect_closed(&bed, SB_END_DEADLINE);
}

static void
test_tries_and_pings_do_not_prolong_the_time_to_bind(void **state)
{
	(void)state;
	reopen(NULL);
	bed.bind_status = SMPP_RINVPASWD;
	bed_pass(&bed, 9000);
	bed_send_bind(&bed, SMPP_BIND_RECEIVER, 0x34, 1);
	bed_expect(&bed, SMPP_BIND_RECEIVER_RESP, SMPP_RINVPASWD, 1);
	bed_send_header(&bed, SMPP_ENQUIRE_LINK, 0, 2);
	bed_expect(&bed, SMPP_ENQUIRE_LINK_RESP, 0, 2);
	bed_pass(&bed, 990);
	assert_non_null(bed.session);
	bed_pass(&bed, 20);
	bed_expect_closed(&bed, SB_END_DEADLINE);
}

static void
test_a_quiet_peer_is_pinged_and_stays_if_it_answers(void **state)
{
	struct smpp_pdu ping;

	(void)state;
	for (uint32_t i = 1; i <= 3; i++) {
		bed_pass(&bed, 29990);
		bed_expect_nothing(&bed);
		bed_pass(&bed, 20);
		ping = bed_expect(&bed, SMPP_ENQUIRE_LINK, 0, i);
		bed_send_header(&bed, SMPP_ENQUIRE_LINK_RESP, 0, ping.header.sequence);
	}
	bed_expect_trace(&bed, "");
	assert_int_equal(bed_counter(&bed, "smpp_unmatched_responses_total"), 0);
}

static void
test_a_peer_that_does_not_answer_a_ping_is_dead(void **state)
{
	(void)state;
	bed_pass(&bed, 30010);
	bed_expect(&bed, SMPP_ENQUIRE_LINK, 0, 1);
	bed_pass(&bed, 29980);
	assert_non_null(bed.session);
	bed_pass(&bed, 30);
	bed_expect_closed(&bed, SB_END_DEADLINE);
	assert_int_equal(bed_counter(&bed, "smpp_dead_links_total"), 1);
}

static void
test_a_nack_answers_a_ping_too(void **state)
{
	(void)state;
	bed_pass(&bed, 30010);
	bed_expect(&bed, SMPP_ENQUIRE_LINK, 0, 1);
	bed_send_header(&bed, SMPP_GENERIC_NACK, SMPP_RINVCMDID, 1);
	bed_pass(&bed, 29900);
	assert_non_null(bed.session);
	assert_int_equal(bed_counter(&bed, "smpp_unmatched_responses_total"), 0);
}

static void
test_any_octet_proves_the_link(void **state)
{
	(void)state;
	bed_pass(&bed, 20000);
	bed_send_octets(&bed, sb_bytes("\0", 1));
	bed_pass(&bed, 20000);
	bed_expect_nothing(&bed);
	/* And once pinged, any octet is as good as its response. */
	bed_send_octets(&bed, sb_bytes("\0\0\x10\0\0\0\x15\0\0\0\0\0\0\0\x07", 15));
	bed_expect(&bed, SMPP_ENQUIRE_LINK_RESP, 0, 7);
	bed_pass(&bed, 30010);
	bed_expect(&bed, SMPP_ENQUIRE_LINK, 0, 1);
	bed_pass(&bed, 20000);
	bed_send_octets(&bed, sb_bytes("\0", 1));
	bed_pass(&bed, 11000);
	assert_non_null(bed.session);
}

static void
test_there_is_no_ping_under_load(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 20; i++) {
		bed_pass(&bed, 10000);
		bed_send_submit(&bed, i);
		bed_expect(&bed, SMPP_SUBMIT_SM_RESP, 0, i);
	}
	bed_expect_nothing(&bed);
}

static void
test_pings_can_be_switched_off(void **state)
{
	static const struct smpp_session_options options = {.enquire_link_ms = SB_UNLIMITED};

	(void)state;
	reopen(&options);
	bed_bind(&bed, SMPP_BIND_TRANSCEIVER);
	bed_pass(&bed, 3600000);
	bed_expect_nothing(&bed);
	assert_non_null(bed.session);
}

static void
test_the_link_rests_while_its_input_is_held(void **state)
{
	static const struct smpp_session_options options = {
		.window_in = 1, .answer_ms = SB_UNLIMITED};

	(void)state;
	reopen(&options);
	bed_bind(&bed, SMPP_BIND_TRANSCEIVER);
	bed.answers_later = true;
	bed_send_submit(&bed, 2);
	bed_pass(&bed, 300000);
	bed_expect_nothing(&bed);
	assert_int_equal(bed_answer(&bed, 0, SMPP_ROK), 0);
	bed_expect(&bed, SMPP_SUBMIT_SM_RESP, 0, 2);
	bed_pass(&bed, 29900);
	bed_expect_nothing(&bed);
	bed_pass(&bed, 200);
	bed_expect(&bed, SMPP_ENQUIRE_LINK, 0, 1);
}

static void
test_a_peer_that_does_not_read_is_dead_in_the_end(void **state)
{
	static const struct sb_limits limits = {.output_high = 2000, .output_low = 1000};
	static const struct sim_options sim = {.is_calm = true, .socket_buffer = 1000};

	(void)state;
	bed_close(&bed);
	bed_open_with(&bed, NULL, &limits, &sim);
	bed_bind(&bed, SMPP_BIND_TRANSCEIVER);
	sim_stall(bed.peer, true);
	for (uint32_t i = 0; i < 200; i++)
		bed_send_header(&bed, SMPP_ENQUIRE_LINK, 0, i);
	bed_pass(&bed, 59000);
	assert_non_null(bed.session);
	bed_pass(&bed, 2000);
	/* What it was to get is still to be flushed, for as long as the core lingers. */
	bed_pass(&bed, 120000);
	assert_null(bed.session);
	assert_non_null(strstr(bed.trace, "closed deadline"));
}

static void
test_a_peer_without_requests_is_unbound_for_inactivity(void **state)
{
	static const struct smpp_session_options options = {.inactivity_ms = 60000};

	(void)state;
	reopen(&options);
	bed_bind(&bed, SMPP_BIND_TRANSCEIVER);
	bed_pass(&bed, 30010);
	bed_expect(&bed, SMPP_ENQUIRE_LINK, 0, 1);
	bed_send_header(&bed, SMPP_ENQUIRE_LINK_RESP, 0, 1);
	bed_pass(&bed, 29900);
	bed_expect_nothing(&bed);
	bed_pass(&bed, 200);
	bed_expect_trace(&bed, "unbinding;");
	bed_expect(&bed, SMPP_UNBIND, 0, 2);
	bed_send_header(&bed, SMPP_UNBIND_RESP, 0, 2);
	bed_expect_closed(&bed, SB_END_DEADLINE);
}

static void
test_a_request_prolongs_the_inactivity(void **state)
{
	static const struct smpp_session_options options = {.inactivity_ms = 20000};

	(void)state;
	reopen(&options);
	bed_bind(&bed, SMPP_BIND_TRANSCEIVER);
	for (uint32_t i = 0; i < 5; i++) {
		bed_pass(&bed, 19900);
		bed_expect_nothing(&bed);
		bed_send_submit(&bed, i);
		bed_expect(&bed, SMPP_SUBMIT_SM_RESP, 0, i);
	}
	bed_pass(&bed, 20010);
	bed_expect(&bed, SMPP_UNBIND, 0, 1);
}

static void
test_a_request_that_the_application_forgets_is_answered(void **state)
{
	(void)state;
	bed.answers_later = true;
	bed_send_submit(&bed, 2);
	bed_pass(&bed, 10000);
	bed_send_submit(&bed, 3);
	bed_pass(&bed, 19900);
	bed_expect_nothing(&bed);
	bed_pass(&bed, 200);
	bed_expect(&bed, SMPP_SUBMIT_SM_RESP, SMPP_RSYSERR, 2);
	bed_expect_nothing(&bed);
	assert_int_equal(bed_answer(&bed, 0, SMPP_ROK), SB_ENOENT);
	assert_int_equal(bed_answer(&bed, 1, SMPP_ROK), 0);
	bed_expect(&bed, SMPP_SUBMIT_SM_RESP, SMPP_ROK, 3);
	bed_expect_nothing(&bed);
	assert_int_equal(bed_counter(&bed, "smpp_answer_timeouts_total"), 1);
}

static void
test_a_session_without_deadlines_sleeps_for_ever(void **state)
{
	static const struct smpp_session_options options = {
		.enquire_link_ms = SB_UNLIMITED, .session_init_ms = SB_UNLIMITED};

	(void)state;
	reopen(&options);
	bed_pass(&bed, 86400000);
	bed_bind(&bed, SMPP_BIND_TRANSCEIVER);
	bed_pass(&bed, 86400000);
	assert_true(sb_node_deadline(bed.node, 0) == UINT64_MAX);
	bed_send_submit(&bed, 2);
	bed_expect(&bed, SMPP_SUBMIT_SM_RESP, 0, 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, bound, done)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_who_does_not_bind_in_time_is_dropped),
		TEST(test_tries_and_pings_do_not_prolong_the_time_to_bind),
		TEST(test_a_quiet_peer_is_pinged_and_stays_if_it_answers),
		TEST(test_a_peer_that_does_not_answer_a_ping_is_dead),
		TEST(test_a_nack_answers_a_ping_too),
		TEST(test_any_octet_proves_the_link),
		TEST(test_there_is_no_ping_under_load),
		TEST(test_pings_can_be_switched_off),
		TEST(test_the_link_rests_while_its_input_is_held),
		TEST(test_a_peer_that_does_not_read_is_dead_in_the_end),
		TEST(test_a_peer_without_requests_is_unbound_for_inactivity),
		TEST(test_a_request_prolongs_the_inactivity),
		TEST(test_a_request_that_the_application_forgets_is_answered),
		TEST(test_a_session_without_deadlines_sleeps_for_ever),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
