/* Our requests and their responses: numbers, windows, what is late, lost or nobody's. */
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
deliver(uint64_t context, uint32_t sequence)
{
	assert_int_equal(bed_send_deliver(&bed, context), 0);
	bed_expect(&bed, SMPP_DELIVER_SM, 0, sequence);
}

static void
test_a_response_comes_with_the_context_of_its_request(void **state)
{
	(void)state;
	deliver(700, 1);
	deliver(800, 2);
	bed_send_header(&bed, SMPP_DELIVER_SM_RESP, 0, 1);
	bed_send_header(&bed, SMPP_DELIVER_SM_RESP, SMPP_RX_T_APPN, 2);
	bed_expect_trace(&bed, "response 700 deliver_sm_resp 0;response 800 deliver_sm_resp 100;");
	assert_int_equal(smpp_window_used(bed.session), 0);
}

static void
test_responses_may_come_in_any_order(void **state)
{
	(void)state;
	for (uint32_t i = 1; i <= 10; i++)
		deliver(i, i);
	for (uint32_t i = 0; i < 10; i++) {
		static const uint32_t order[] = {7, 1, 10, 2, 9, 3, 8, 4, 6, 5};

		bed_send_header(&bed, SMPP_DELIVER_SM_RESP, 0, order[i]);
	}
	bed_expect_trace(&bed, "response 7 deliver_sm_resp 0;response 1 deliver_sm_resp 0;"
			       "response 10 deliver_sm_resp 0;response 2 deliver_sm_resp 0;"
			       "response 9 deliver_sm_resp 0;response 3 deliver_sm_resp 0;"
			       "response 8 deliver_sm_resp 0;response 4 deliver_sm_resp 0;"
			       "response 6 deliver_sm_resp 0;response 5 deliver_sm_resp 0;");
}

static void
test_a_nack_with_our_number_is_the_response(void **state)
{
	(void)state;
	deliver(7, 1);
	bed_send_header(&bed, SMPP_GENERIC_NACK, SMPP_RINVCMDID, 1);
	bed_expect_trace(&bed, "response 7 generic_nack 3;");
	bed_pass(&bed, 10000);
	bed_expect_trace(&bed, "");
}

static void
test_a_response_of_another_command_is_nobodys(void **state)
{
	(void)state;
	deliver(7, 1);
	bed_send_header(&bed, SMPP_SUBMIT_SM_RESP, 0, 1);
	bed_expect_trace(&bed, "");
	assert_int_equal(bed_counter(&bed, "smpp_unmatched_responses_total"), 1);
	bed_send_header(&bed, SMPP_DELIVER_SM_RESP, 0, 1);
	bed_expect_trace(&bed, "response 7 deliver_sm_resp 0;");
}

static void
test_a_second_response_is_discarded_as_late(void **state)
{
	(void)state;
	deliver(7, 1);
	bed_send_header(&bed, SMPP_DELIVER_SM_RESP, 0, 1);
	bed_send_header(&bed, SMPP_DELIVER_SM_RESP, 0, 1);
	bed_expect_trace(&bed, "response 7 deliver_sm_resp 0;");
	assert_int_equal(bed_counter(&bed, "smpp_late_responses_total"), 1);
	bed_expect_nothing(&bed);
}

static void
test_a_request_without_a_response_times_out_and_what_comes_then_is_late(void **state)
{
	(void)state;
	deliver(7, 1);
	for (uint32_t i = 0; i < 2; i++) {
		bed_pass(&bed, 20000);
		bed_send_submit(&bed, 100 + i);
		bed_expect(&bed, SMPP_SUBMIT_SM_RESP, 0, 100 + i);
	}
	deliver(8, 2);
	bed.trace[0] = '\0';
	bed_pass(&bed, 19900);
	bed_expect_trace(&bed, "");
	bed_pass(&bed, 200);
	bed_expect_trace(&bed, "timeout 7 deliver_sm;");
	bed_send_header(&bed, SMPP_DELIVER_SM_RESP, 0, 1);
	bed_expect_trace(&bed, "");
	assert_int_equal(bed_counter(&bed, "smpp_late_responses_total"), 1);
	assert_int_equal(bed_counter(&bed, "smpp_response_timeouts_total"), 1);
	assert_int_equal(smpp_window_used(bed.session), 1);
}

static void
test_what_is_outstanding_at_the_end_is_lost_in_order(void **state)
{
	(void)state;
	deliver(7, 1);
	deliver(8, 2);
	deliver(9, 3);
	bed_send_header(&bed, SMPP_DELIVER_SM_RESP, 0, 2);
	sim_reset(bed.peer);
	bed_turn(&bed);
	bed_expect_trace(&bed, "response 8 deliver_sm_resp 0;"
			       "lost 7 deliver_sm;lost 9 deliver_sm;closed reset;");
}

static void
test_any_form_of_a_response_is_accepted(void **state)
{
	static const uint8_t forms[][24] = {
		{0, 0, 0, 16, 0x80, 0, 0, 5},
		{0, 0, 0, 17, 0x80, 0, 0, 5},
		{0, 0, 0, 18, 0x80, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0, 'i', 'd'},
		{0, 0, 0, 20, 0x80, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0, 'i', 0, 1, 2},
	};
	uint8_t form[24];

	(void)state;
	for (uint8_t i = 0; i < 4; i++) {
		deliver(7, i + 1u);
		memcpy(form, forms[i], sizeof(form));
		form[15] = (uint8_t)(i + 1);
		bed_send_octets(&bed, sb_bytes(form, form[3]));
		bed_expect_trace(&bed, "response 7 deliver_sm_resp 0;");
	}
}

static void
act_fill(struct bed *b, struct sb_session *s)
{
	(void)b;
	for (uint64_t i = 1; smpp_window_room(s); i++)
		assert_int_equal(bed_deliver(s, i), 0);
	assert_int_equal(bed_deliver(s, 99), SB_FULL);
	assert_int_equal(bed_deliver(s, 99), SB_FULL);
}

static void
test_a_full_window_says_so_and_when_it_opens(void **state)
{
	(void)state;
	bed_act(&bed, act_fill);
	for (uint32_t i = 1; i <= 10; i++)
		bed_expect(&bed, SMPP_DELIVER_SM, 0, i);
	bed_expect_nothing(&bed);
	assert_int_equal(smpp_window_used(bed.session), 10);
	bed_send_header(&bed, SMPP_DELIVER_SM_RESP, 0, 5);
	bed_expect_trace(&bed, "response 5 deliver_sm_resp 0;window_open;");
	/* Told once for each time that it was full. */
	bed_send_header(&bed, SMPP_DELIVER_SM_RESP, 0, 6);
	bed_expect_trace(&bed, "response 6 deliver_sm_resp 0;");
	assert_int_equal(bed_counter(&bed, "smpp_window_out_full_total"), 2);
}

static void
test_a_timeout_opens_the_window_too(void **state)
{
	static const struct smpp_session_options options = {.window_out = 1, .response_ms = 5000};

	(void)state;
	bed_close(&bed);
	bed_open(&bed, &options);
	bed_bind(&bed, SMPP_BIND_RECEIVER);
	bed_act(&bed, act_fill);
	bed_pass(&bed, 5010);
	bed_expect_trace(&bed, "timeout 1 deliver_sm;window_open;");
}

static void
act_widen(struct bed *b, struct sb_session *s)
{
	smpp_set_windows(s, 0, 12);
	/* Not from inside. */
	assert_string_equal(b->trace, "");
}

static void
test_a_wider_window_opens(void **state)
{
	(void)state;
	bed_act(&bed, act_fill);
	bed_act(&bed, act_widen);
	bed_expect_trace(&bed, "window_open;");
	assert_int_equal(smpp_window_room(bed.session), 2);
}

static void
test_high_output_closes_the_window_until_it_drains(void **state)
{
	static const struct sb_limits limits = {.output_high = 2000, .output_low = 1000};
	static const struct sim_options sim = {.is_calm = true, .socket_buffer = 1000};
	static const struct smpp_session_options options = {.window_out = 1000};
	uint64_t sent = 0;
	int err;

	(void)state;
	bed_close(&bed);
	bed_open_with(&bed, &options, &limits, &sim);
	bed_bind(&bed, SMPP_BIND_TRANSCEIVER);
	sim_stall(bed.peer, true);
	while ((err = bed_send_deliver(&bed, 1)) == 0)
		assert_true(++sent < 1000);
	assert_int_equal(err, SB_FULL);
	assert_int_equal(smpp_window_room(bed.session), 0);
	sim_stall(bed.peer, false);
	bed_turn(&bed);
	for (uint32_t i = 1; i <= sent; i++)
		bed_expect(&bed, SMPP_DELIVER_SM, 0, i);
	bed_expect_trace(&bed, "window_open;");
}

static void
act_unanswered(struct bed *b, struct sb_session *s)
{
	struct smpp_pdu pdu = {.header = {.command = SMPP_ALERT_NOTIFICATION}};

	(void)b;
	for (unsigned i = 0; i < 100; i++)
		assert_int_equal(smpp_send(s, &pdu, 1), 0);
	assert_int_equal(smpp_window_used(s), 0);
}

static void
test_what_takes_no_response_takes_no_place_in_the_window(void **state)
{
	(void)state;
	bed_act(&bed, act_unanswered);
	for (uint32_t i = 1; i <= 100; i++)
		bed_expect(&bed, SMPP_ALERT_NOTIFICATION, 0, i);
	bed_pass(&bed, 29000);
	bed_expect_trace(&bed, "");
}

static void
act_invalid(struct bed *b, struct sb_session *s)
{
	struct smpp_pdu pdu = bed_submit(0);

	(void)b;
	pdu.header.command = SMPP_DELIVER_SM;
	pdu.submit_sm.service_type = sb_bytes_text("far too long");
	assert_int_equal(smpp_send(s, &pdu, 1), SB_EINVAL);
	assert_int_equal(smpp_window_used(s), 0);
}

static void
test_what_cannot_be_encoded_is_not_sent(void **state)
{
	(void)state;
	bed_act(&bed, act_invalid);
	bed_expect_nothing(&bed);
	deliver(7, 2);
}

static void
test_sent_is_told_in_order_and_not_from_inside(void **state)
{
	(void)state;
	bed.tells_sent = true;
	assert_int_equal(bed_send_deliver(&bed, 7), 0);
	bed_expect_trace(&bed, "sent deliver_sm 1 62;");
	bed_send_submit(&bed, 5);
	bed_expect_trace(&bed, "submit_sm 5;sent submit_sm_resp 5 19;");
	bed_send_header(&bed, SMPP_ENQUIRE_LINK, 0, 6);
	bed_expect_trace(&bed, "sent enquire_link_resp 6 16;");
	bed_send_header(&bed, SMPP_DELIVER_SM_RESP, 0, 1);
	bed.trace[0] = '\0';
	bed_send_header(&bed, SMPP_UNBIND, 0, 7);
	sim_finish(bed.peer);
	bed_turn(&bed);
	bed_expect_trace(&bed, "unbinding;sent unbind_resp 7 16;closed peer;");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, bound, done)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_response_comes_with_the_context_of_its_request),
		TEST(test_responses_may_come_in_any_order),
		TEST(test_a_nack_with_our_number_is_the_response),
		TEST(test_a_response_of_another_command_is_nobodys),
		TEST(test_a_second_response_is_discarded_as_late),
		TEST(test_a_request_without_a_response_times_out_and_what_comes_then_is_late),
		TEST(test_what_is_outstanding_at_the_end_is_lost_in_order),
		TEST(test_any_form_of_a_response_is_accepted),
		TEST(test_a_full_window_says_so_and_when_it_opens),
		TEST(test_a_timeout_opens_the_window_too),
		TEST(test_a_wider_window_opens),
		TEST(test_high_output_closes_the_window_until_it_drains),
		TEST(test_what_takes_no_response_takes_no_place_in_the_window),
		TEST(test_what_cannot_be_encoded_is_not_sent),
		TEST(test_sent_is_told_in_order_and_not_from_inside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
