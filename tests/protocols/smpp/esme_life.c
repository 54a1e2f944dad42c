/* The ESME side, bound: losing the connection, unbinding, being stopped, at every point. */
#include "tests/protocols/smpp/session_bed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct bed bed;

static int
done(void **state)
{
	(void)state;
	bed_close(&bed);
	return 0;
}

static void
open_bound(enum sb_restart restart)
{
	const struct smpp_esme_options options = {
		.system_id = "alice", .password = "secret1", .restart = restart};

	bed_open_esme(&bed, &options);
	bed_accept_bind(&bed);
}

/* The next connection comes within the first delay. */
static void
expect_back(void)
{
	bed_pass(&bed, 510);
	assert_true(bed_accept(&bed));
	bed_expect(&bed, SMPP_BIND_TRANSCEIVER, 0, 1);
}

static void
test_a_reset_loses_what_was_outstanding_once_and_it_comes_back(void **state)
{
	struct sb_address address;

	(void)state;
	open_bound(SB_PERMANENT);
	address = bed.address;
	assert_int_equal(bed_send_submit_sm(&bed, 1), 0);
	assert_int_equal(bed_send_submit_sm(&bed, 2), 0);
	sim_reset(bed.peer);
	bed_turn(&bed);
	bed_expect_trace(&bed, "lost 1 submit_sm;lost 2 submit_sm;disconnected reset for a while;");
	assert_int_equal(bed_counter(&bed, "smpp_bound_sessions"), 0);
	assert_int_equal(bed_send_submit_sm(&bed, 3), SB_GONE);
	bed_pass(&bed, 510);
	bed_accept_bind(&bed);
	assert_true(sb_address_equal(address, bed.address));
	assert_int_equal(bed_send_submit_sm(&bed, 4), 0);
	bed_expect(&bed, SMPP_SUBMIT_SM, 0, 2); /* numbers begin anew */
	bed_send_header(&bed, SMPP_SUBMIT_SM_RESP, 0, 2);
	bed_expect_trace(&bed, "response 4 submit_sm_resp 0;");
}

static void
test_a_request_of_an_old_connection_is_not_answered_on_the_new_one(void **state)
{
	(void)state;
	open_bound(SB_PERMANENT);
	bed.answers_later = true;
	bed_send_header(&bed, SMPP_ENQUIRE_LINK, 0, 1);
	bed_expect(&bed, SMPP_ENQUIRE_LINK_RESP, 0, 1);
	{
		struct smpp_pdu pdu = bed_submit(2);

		pdu.header.command = SMPP_DELIVER_SM;
		bed_send(&bed, &pdu);
	}
	bed_expect_trace(&bed, "deliver_sm 2;");
	sim_reset(bed.peer);
	bed_pass(&bed, 510);
	bed.trace[0] = '\0';
	bed_accept_bind(&bed);
	assert_int_equal(bed_answer(&bed, 0, SMPP_ROK), SB_ENOENT);
	bed_expect_nothing(&bed);
}

static void
test_the_centres_unbind_is_answered_and_a_permanent_one_comes_back(void **state)
{
	(void)state;
	open_bound(SB_PERMANENT);
	bed_send_header(&bed, SMPP_UNBIND, 0, 77);
	bed_expect(&bed, SMPP_UNBIND_RESP, 0, 77);
	assert_true(sim_has_ended(bed.peer));
	sim_finish(bed.peer);
	bed_turn(&bed);
	bed_expect_trace(&bed, "unbinding;disconnected peer for a while;");
	expect_back();
}

static void
test_after_the_centres_unbind_a_transient_one_ends(void **state)
{
	(void)state;
	open_bound(SB_TRANSIENT);
	bed_send_header(&bed, SMPP_UNBIND, 0, 77);
	bed_expect(&bed, SMPP_UNBIND_RESP, 0, 77);
	bed_expect_closed(&bed, SB_END_PEER);
}

static void
test_after_a_reset_a_transient_one_comes_back(void **state)
{
	(void)state;
	open_bound(SB_TRANSIENT);
	sim_reset(bed.peer);
	expect_back();
	bed_expect_trace(&bed, "disconnected reset for a while;");
}

/* A centre that crashes has its kernel say FIN for it: that is no order. */
static void
test_an_end_of_input_without_an_unbind_brings_a_transient_one_back(void **state)
{
	(void)state;
	open_bound(SB_TRANSIENT);
	sim_finish(bed.peer);
	bed_turn(&bed);
	bed_expect_trace(&bed, "disconnected peer for a while;");
	expect_back();
	sim_finish(bed.peer);
	bed_turn(&bed);
	bed_expect_trace(&bed, "disconnected peer for a while;");
}

static void
test_after_the_centres_unbind_its_end_of_input_ends_a_transient_one(void **state)
{
	(void)state;
	open_bound(SB_TRANSIENT);
	assert_int_equal(bed_send_submit_sm(&bed, 1), 0);
	bed_expect(&bed, SMPP_SUBMIT_SM, 0, 2);
	bed_send_header(&bed, SMPP_UNBIND, 0, 77);
	sim_finish(bed.peer); /* it waits neither for our response nor answers our request */
	bed_turn(&bed);
	bed_expect_trace(&bed, "unbinding;lost 1 submit_sm;closed peer;");
}

static void
test_the_centres_end_of_input_is_an_end_of_the_connection(void **state)
{
	(void)state;
	open_bound(SB_PERMANENT);
	sim_finish(bed.peer);
	bed_turn(&bed);
	bed_expect_trace(&bed, "disconnected peer for a while;");
	expect_back();
}

static void
test_a_centre_that_breaks_the_framing_is_left_and_tried_again(void **state)
{
	(void)state;
	open_bound(SB_PERMANENT);
	bed_send_octets(&bed, sb_bytes("\xff\xff\xff\xff", 4));
	bed_expect(&bed, SMPP_GENERIC_NACK, SMPP_RINVCMDLEN, 0);
	sim_finish(bed.peer);
	bed_turn(&bed);
	bed_expect_trace(
		&bed, "unparsed unknown ESME_RINVCMDLEN;disconnected protocol for a while;");
	expect_back();
}

static void
test_a_dead_link_is_found_and_tried_again(void **state)
{
	(void)state;
	open_bound(SB_PERMANENT);
	bed_pass(&bed, 30010);
	bed_expect(&bed, SMPP_ENQUIRE_LINK, 0, 2);
	bed_pass(&bed, 30010);
	assert_true(sim_has_ended(bed.peer));
	bed_pass(&bed, 2010); /* the linger: nobody answers there */
	bed_expect_trace(&bed, "disconnected deadline for a while;");
	expect_back();
}

static void
test_an_inactive_centre_is_unbound_from_and_bound_again(void **state)
{
	static const struct smpp_esme_options options = {
		.system_id = "alice", .restart = SB_PERMANENT, .session.inactivity_ms = 20000};

	(void)state;
	bed_open_esme(&bed, &options);
	bed_accept_bind(&bed);
	bed_pass(&bed, 20010);
	bed_expect(&bed, SMPP_UNBIND, 0, 2);
	bed_send_header(&bed, SMPP_UNBIND_RESP, 0, 2);
	sim_finish(bed.peer);
	bed_turn(&bed);
	bed_expect_trace(&bed, "unbinding;disconnected deadline for a while;");
	expect_back();
}

static void
test_a_missing_response_is_told_at_the_next_look(void **state)
{
	static const struct smpp_esme_options options = {.system_id = "alice",
		.restart = SB_PERMANENT,
		.session = {.response_ms = 1000, .response_resolution_ms = 500}};

	(void)state;
	bed_open_esme(&bed, &options);
	bed_accept_bind(&bed);
	assert_int_equal(bed_send_submit_sm(&bed, 1), 0);
	bed_pass(&bed, 990);
	bed_expect_trace(&bed, "");
	bed_pass(&bed, 510);
	bed_expect_trace(&bed, "timeout 1 submit_sm;");
}

static void
stop(void)
{
	sb_node_stop(bed.node);
	bed_turn(&bed);
}

static void
test_stopped_it_drains_unbinds_and_ends(void **state)
{
	(void)state;
	open_bound(SB_PERMANENT);
	assert_int_equal(bed_send_submit_sm(&bed, 1), 0);
	bed_expect(&bed, SMPP_SUBMIT_SM, 0, 2);
	stop();
	bed_expect_nothing(&bed);
	bed_expect_trace(&bed, "unbinding;");
	bed_send_header(&bed, SMPP_SUBMIT_SM_RESP, 0, 2);
	bed_expect(&bed, SMPP_UNBIND, 0, 3);
	bed_expect_trace(&bed, "response 1 submit_sm_resp 0;");
	bed_send_header(&bed, SMPP_UNBIND_RESP, 0, 3);
	bed_expect_closed(&bed, SB_END_DRAIN);
}

static void
test_stopped_while_it_waits_to_connect_it_ends_at_once(void **state)
{
	(void)state;
	bed_open_esme_alone(&bed, NULL, NULL);
	bed_turn(&bed);
	bed_expect_trace(&bed, "disconnected connect for a while;");
	stop();
	bed_expect_trace(&bed, "closed drain;");
	assert_true(sb_node_is_stopped(bed.node));
}

static void
test_stopped_while_it_connects_it_ends_at_once(void **state)
{
	static const struct smpp_esme_options options = {
		.host = "localhost", .restart = SB_PERMANENT};

	(void)state;
	bed_open_esme_alone(&bed, &options, NULL);
	sim_hold_work(bed.sim, true);
	bed_turn(&bed);
	stop();
	bed_expect_trace(&bed, "closed drain;");
	sim_hold_work(bed.sim, false);
}

static void
test_stopped_while_it_binds_it_ends_at_once(void **state)
{
	(void)state;
	bed_open_esme(&bed, NULL);
	bed_expect(&bed, SMPP_BIND_TRANSCEIVER, 0, 1);
	stop();
	bed_expect_closed(&bed, SB_END_DRAIN);
}

static void
test_stopped_while_a_lost_connection_lingers_it_does_not_come_back(void **state)
{
	(void)state;
	open_bound(SB_PERMANENT);
	bed_send_header(&bed, SMPP_UNBIND, 0, 77);
	bed_expect(&bed, SMPP_UNBIND_RESP, 0, 77);
	stop();
	bed_expect_closed(&bed, SB_END_DRAIN);
}

static void
act_unbind(struct bed *b, struct sb_session *s)
{
	(void)b;
	smpp_unbind(s, SB_END_LOCAL);
}

static void
test_its_own_unbind_ends_the_session_and_the_supervisor_starts_another(void **state)
{
	struct sb_address first;

	(void)state;
	open_bound(SB_PERMANENT);
	first = bed.address;
	bed_act(&bed, act_unbind);
	bed_expect(&bed, SMPP_UNBIND, 0, 2);
	bed_send_header(&bed, SMPP_UNBIND_RESP, 0, 2);
	bed_expect_nothing(&bed);
	sim_finish(bed.peer);
	bed_turn(&bed);
	bed_expect_trace(&bed, "closed local;");
	bed_pass(&bed, 1000);
	assert_true(bed_accept(&bed));
	assert_false(sb_address_equal(first, bed.address));
}

static void
act_start_another(struct bed *b, struct sb_session *s)
{
	uint64_t ref;

	assert_int_equal(
		smpp_esme_start_under(s, sb_node_root(b->node), b->service, "second", &ref), 0);
}

static void
test_a_session_can_ask_a_supervisor_for_another_bind_of_its_service(void **state)
{
	struct sim_peer *first;
	struct sb_address address;

	(void)state;
	open_bound(SB_PERMANENT);
	first = bed.peer;
	address = bed.address;
	bed_act(&bed, act_start_another);
	assert_true(bed_accept(&bed));
	assert_true(bed.peer != first && !sb_address_equal(bed.address, address));
	bed_expect(&bed, SMPP_BIND_TRANSCEIVER, 0, 1);
	bed_expect_trace(&bed, "reply 0;");
}

static void
test_a_start_that_fails_is_told_of_by_nobody(void **state)
{
	static const struct smpp_esme_options options = {.system_id = "alice"};

	(void)state;
	bed_open_esme_alone(&bed, &options, NULL);
	bed.start_result = SB_EINVAL;
	bed_pass(&bed, 1000);
	bed.session = NULL; /* `start` has seen it */
	bed_expect_trace(&bed, "");
}

static void
test_a_refusal_by_connected_loses_the_connection_and_it_is_tried_again(void **state)
{
	(void)state;
	bed_open_esme_alone(&bed, NULL, NULL);
	sim_listen(bed.sim, 2775);
	bed.connected_result = SB_EACCES;
	bed_turn(&bed);
	assert_true(bed_accept(&bed));
	bed_expect_nothing(&bed);
	sim_finish(bed.peer);
	bed_turn(&bed);
	bed_expect_trace(&bed, "disconnected local for a while;");
	bed.connected_result = 0;
	expect_back();
}

static void
act_disconnect(struct bed *b, struct sb_session *s)
{
	(void)b;
	sb_disconnect(s, SB_END_LOCAL);
}

static void
test_an_answer_that_falls_due_behind_a_disconnect_is_let_go(void **state)
{
	static const struct smpp_esme_options options = {
		.system_id = "alice", .restart = SB_PERMANENT, .session.answer_ms = 100};
	struct smpp_pdu pdu = bed_submit(2);

	(void)state;
	bed_open_esme(&bed, &options);
	bed_accept_bind(&bed);
	bed.answers_later = true;
	pdu.header.command = SMPP_DELIVER_SM;
	bed_send(&bed, &pdu);
	bed_expect_trace(&bed, "deliver_sm 2;");
	bed_act(&bed, act_disconnect);
	bed_pass(&bed, 200); /* it lingers: the peer has not ended its side */
	assert_int_equal(bed_counter(&bed, "smpp_answer_timeouts_total"), 0);
	assert_int_equal(bed_answer(&bed, 0, SMPP_ROK), SB_ENOENT);
	sim_finish(bed.peer);
	bed_turn(&bed);
	bed_expect_trace(&bed, "disconnected local for a while;");
}

/* ---- outbind ---- */

static void
send_outbind(void)
{
	struct smpp_pdu pdu = {.header = {.command = SMPP_OUTBIND, .sequence = 1}};

	pdu.outbind.system_id = sb_bytes_text("mc");
	pdu.outbind.password = sb_bytes_text("let me");
	bed_send(&bed, &pdu);
}

static void
test_an_outbind_is_answered_with_a_bind_on_its_connection(void **state)
{
	static const struct smpp_esme_options options = {.system_id = "alice"};

	(void)state;
	bed_open_outbind(&bed, &options);
	bed_expect_nothing(&bed);
	send_outbind();
	bed_expect(&bed, SMPP_BIND_RECEIVER, 0, 1);
	bed_send_header(&bed, SMPP_BIND_RECEIVER_RESP, 0, 1);
	bed_expect_trace(&bed, "outbind mc let me;bound_rx 34 by ;");
	bed_send_submit(&bed, 2);
	bed_expect(&bed, SMPP_SUBMIT_SM_RESP, SMPP_RINVBNDSTS, 2);
	sim_finish(bed.peer);
	bed_turn(&bed);
	bed_expect_trace(&bed, "closed peer;");
}

static void
test_an_outbind_that_is_not_welcome_is_cut(void **state)
{
	(void)state;
	bed_open_outbind(&bed, NULL);
	bed.lets_in = false;
	send_outbind();
	bed_expect_closed(&bed, SB_END_PROTOCOL);
}

static void
test_who_connects_and_sends_no_outbind_is_dropped(void **state)
{
	(void)state;
	bed_open_outbind(&bed, NULL);
	bed_pass(&bed, 10010);
	bed_expect_closed(&bed, SB_END_DEADLINE);
}

int
main(void)
{
#define BED_TEST(name) cmocka_unit_test_teardown(name, done)
	const struct CMUnitTest tests[] = {
		BED_TEST(test_a_reset_loses_what_was_outstanding_once_and_it_comes_back),
		BED_TEST(test_a_request_of_an_old_connection_is_not_answered_on_the_new_one),
		BED_TEST(test_the_centres_unbind_is_answered_and_a_permanent_one_comes_back),
		BED_TEST(test_after_the_centres_unbind_a_transient_one_ends),
		BED_TEST(test_after_a_reset_a_transient_one_comes_back),
		BED_TEST(test_an_end_of_input_without_an_unbind_brings_a_transient_one_back),
		BED_TEST(test_after_the_centres_unbind_its_end_of_input_ends_a_transient_one),
		BED_TEST(test_the_centres_end_of_input_is_an_end_of_the_connection),
		BED_TEST(test_a_centre_that_breaks_the_framing_is_left_and_tried_again),
		BED_TEST(test_a_dead_link_is_found_and_tried_again),
		BED_TEST(test_an_inactive_centre_is_unbound_from_and_bound_again),
		BED_TEST(test_a_missing_response_is_told_at_the_next_look),
		BED_TEST(test_stopped_it_drains_unbinds_and_ends),
		BED_TEST(test_stopped_while_it_waits_to_connect_it_ends_at_once),
		BED_TEST(test_stopped_while_it_connects_it_ends_at_once),
		BED_TEST(test_stopped_while_it_binds_it_ends_at_once),
		BED_TEST(test_stopped_while_a_lost_connection_lingers_it_does_not_come_back),
		BED_TEST(test_its_own_unbind_ends_the_session_and_the_supervisor_starts_another),
		BED_TEST(test_a_session_can_ask_a_supervisor_for_another_bind_of_its_service),
		BED_TEST(test_a_start_that_fails_is_told_of_by_nobody),
		BED_TEST(test_a_refusal_by_connected_loses_the_connection_and_it_is_tried_again),
		BED_TEST(test_an_answer_that_falls_due_behind_a_disconnect_is_let_go),
		BED_TEST(test_an_outbind_is_answered_with_a_bind_on_its_connection),
		BED_TEST(test_an_outbind_that_is_not_welcome_is_cut),
		BED_TEST(test_who_connects_and_sends_no_outbind_is_dropped),
	};
#undef BED_TEST

	return cmocka_run_group_tests(tests, NULL, NULL);
}
