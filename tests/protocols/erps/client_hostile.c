/* A server that breaks rules, or means harm: it costs its own connection or call, and no more. */
#include "tests/protocols/erps/client_bed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct bed bed;

/* A packet with these octets for payload. */
static void
send_raw(uint8_t type, const void *payload, size_t size)
{
	uint8_t octets[4096];
	const struct erps_packet packet = {.type = type, .payload = sb_bytes(payload, size)};
	struct sb_writer w = sb_writer_of(octets, sizeof(octets));

	assert_int_equal(erps_packet_encode(&w, &packet), 0);
	bed_send_octets(&bed, sb_bytes(octets, sb_writer_size(&w)));
}

static void
expect_left(enum sb_end why)
{
	char trace[64];

	assert_true(sim_has_ended(bed.peer) || sim_was_reset(bed.peer));
	sim_finish(bed.peer);
	bed_turn(&bed);
	snprintf(trace, sizeof(trace), "disconnected %s for a while;", sb_end_name(why));
	bed_expect_trace(&bed, trace);
}

static void
test_what_is_no_packet_ends_the_connection(void **state)
{
	(void)state;
	bed_open(&bed, NULL);
	bed_send_octets(&bed, sb_bytes_text("HTTP/1.1 200 OK\r\n"));
	expect_left(SB_END_PROTOCOL);
}

static void
test_a_packet_over_the_limit_ends_the_connection_before_it_is_there(void **state)
{
	static const uint8_t head[] = {'e', 'r', 'p', 's', 0xff, 0xff, 0xff, 0xff, 2};

	(void)state;
	bed_open(&bed, NULL);
	bed_send_octets(&bed, sb_bytes(head, sizeof(head)));
	expect_left(SB_END_PROTOCOL);
}

static void
test_what_only_clients_send_ends_the_connection(void **state)
{
	static const uint8_t types[] = {
		ERPS_CALL, ERPS_CAST, ERPS_CALL_WITH, ERPS_CANCEL, ERPS_CREDIT};

	(void)state;
	bed_open(&bed, NULL);
	for (size_t i = 0; i < sizeof(types); i++) {
		bed_send(&bed, types[i], "{1, 2}");
		expect_left(SB_END_PROTOCOL);
		bed_pass(&bed, 10000);
		assert_true(bed_accept(&bed));
		bed_expect_trace(&bed, "connected;");
	}
}

static void
test_extensions_of_a_server_that_has_not_proved_itself_end_the_connection(void **state)
{
	(void)state;
	bed_open(&bed, NULL);
	bed_send(&bed, ERPS_DRAIN, "1000");
	expect_left(SB_END_PROTOCOL);
	bed_pass(&bed, 1000);
	assert_true(bed_accept(&bed));
	bed_expect_trace(&bed, "connected;");
	bed_send(&bed, ERPS_PART, "{1, 1398953985}");
	expect_left(SB_END_PROTOCOL);
}

static void
test_an_unfinished_packet_is_not_waited_for_for_ever(void **state)
{
	(void)state;
	bed_open(&bed, NULL);
	bed_send_octets(&bed, sb_bytes_text("erps"));
	bed_pass(&bed, 30010);
	expect_left(SB_END_DEADLINE);
}

static void
test_a_reply_that_is_no_term_fails_its_call_alone(void **state)
{
	static const uint8_t fun[] = {131, 104, 2, 113, 1, 2, 98, 0x53, 0x42, 0x58, 0x01};

	(void)state;
	bed_open(&bed, NULL);
	assert_int_equal(bed_call(&bed, 1), 0);
	bed_expect_call(&bed, 1);
	send_raw(ERPS_REPLY, fun, sizeof(fun));
	bed_expect_trace(&bed, "malformed 1;");
	assert_int_equal(bed_call(&bed, 2), 0);
	bed_reply(&bed, bed_expect_call(&bed, 2), "2");
	bed_expect_trace(&bed, "replied 2 2;");
}

static void
test_replies_without_use_are_counted_and_passed_over(void **state)
{
	static const uint8_t big[] = {131, 104, 2, 97, 1, 110, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};

	(void)state;
	bed_open(&bed, NULL);
	assert_int_equal(bed_call(&bed, 1), 0);
	bed_expect_call(&bed, 1);
	bed_reply(&bed, 7, "1");                    /* no Ref of ours */
	bed_reply(&bed, (1u << 27) + 1, "1");       /* the one that it would have */
	bed_send(&bed, ERPS_REPLY, "{1, \"ref\"}"); /* no number */
	bed_send(&bed, ERPS_REPLY, "{1, 2, 3}");    /* no pair */
	send_raw(ERPS_REPLY, big, sizeof(big));
	bed_send(&bed, ERPS_REPLY, "nil");
	send_raw(ERPS_REPLY, "", 0);
	send_raw(ERPS_PUSH, "\x83\x70", 2);
	send_raw(ERPS_ERROR, "\x83", 1);
	bed_expect_trace(&bed, "");
	assert_int_equal(bed_counter(&bed, "erps_client_late_total"), 2);
	assert_int_equal(bed_counter(&bed, "erps_client_malformed_total"), 7);
	bed_reply(&bed, BED_MARK, "1");
	bed_expect_trace(&bed, "replied 1 1;");
}

static void
test_a_reply_twice_is_one_answer(void **state)
{
	uint32_t ref;

	(void)state;
	bed_open(&bed, NULL);
	assert_int_equal(bed_call(&bed, 1), 0);
	ref = bed_expect_call(&bed, 1);
	bed_reply(&bed, ref, "1");
	bed_reply(&bed, ref, "2");
	bed_error(&bed, ref, "\"badarg\"");
	bed_expect_trace(&bed, "replied 1 1;");
}

static void
test_a_queued_call_cannot_be_answered(void **state)
{
	(void)state;
	bed_open(&bed, NULL);
	assert_int_equal(bed_call(&bed, 1), 0);
	assert_int_equal(bed_call(&bed, 2), 0);
	bed_expect_call(&bed, 1);
	bed_reply(&bed, (1u << 27) + 2, "2");
	bed_reply(&bed, 0, "2");
	bed_expect_trace(&bed, "");
}

static void
test_an_answer_of_the_last_connection_is_none_on_this(void **state)
{
	uint32_t ref;

	(void)state;
	bed_open(&bed, NULL);
	bed_prove(&bed);
	assert_int_equal(bed_call(&bed, 1), 0);
	ref = bed_expect_call(&bed, 1);
	sim_reset(bed.peer);
	bed_pass(&bed, 1000);
	assert_true(bed_accept(&bed));
	assert_int_equal(bed_call(&bed, 2), 0);
	bed_expect_trace(&bed, "lost 1;disconnected reset for a while;connected;");
	bed_reply(&bed, ref, "1");
	bed_reply(&bed, ref + 1, "2"); /* its number; it was sent with the mark */
	bed_expect_trace(&bed, "");
}

/* ---- errors of no call ---- */

static void
test_a_refusal_by_erps_itself_ends_all_with_its_reason(void **state)
{
	const struct erps_client_options options = {
		.restart = SB_PERMANENT, .queues_while_away = true};

	(void)state;
	bed_open(&bed, &options);
	assert_int_equal(bed_call(&bed, 1), 0);
	assert_int_equal(bed_call(&bed, 2), 0);
	assert_int_equal(bed_cast(&bed, 3), 0);
	bed_expect_call(&bed, 1);
	bed_send(&bed, ERPS_ERROR, "\"wrong identifier\"");
	bed_expect_trace(&bed, "refused \"wrong identifier\";failed 1 \"wrong identifier\";"
			       "failed 2 \"wrong identifier\";");
	expect_left(SB_END_PROTOCOL);
	bed_pass(&bed, 2000);
	assert_true(bed_accept(&bed));
	bed_expect_nothing(&bed);
}

static void
test_connections_that_are_refused_come_ever_later(void **state)
{
	uint64_t waits[3];

	(void)state;
	bed_open(&bed, NULL);
	for (unsigned i = 0; i < 3; i++) {
		uint64_t since;

		bed_pass(&bed, 11000); /* it would count as stable */
		bed_send(&bed, ERPS_ERROR, "\"incompatible version\"");
		sim_finish(bed.peer);
		bed_turn(&bed);
		since = sim_now(bed.sim);
		while (!bed_accept(&bed))
			bed_pass(&bed, 10);
		waits[i] = sim_now(bed.sim) - since;
	}
	assert_true(waits[2] > waits[0]);
}

static void
test_a_refusal_by_a_server_of_ours_concerns_one_packet(void **state)
{
	uint32_t ref;

	(void)state;
	bed_open(&bed, NULL);
	bed_prove(&bed);
	assert_int_equal(bed_call(&bed, 1), 0);
	ref = bed_expect_call(&bed, 1);
	bed_send(&bed, ERPS_ERROR, "\"authentication failed\"");
	bed_expect_trace(&bed, "refused \"authentication failed\";");
	bed_reply(&bed, ref, "1");
	bed_expect_trace(&bed, "replied 1 1;");
}

static void
test_a_temporary_client_ends_with_its_connection(void **state)
{
	const struct erps_client_options options = {.restart = SB_TEMPORARY};

	(void)state;
	bed_open(&bed, &options);
	assert_int_equal(bed_call(&bed, 1), 0);
	bed_send_octets(&bed, sb_bytes_text("nonsense"));
	sim_finish(bed.peer);
	bed_turn(&bed);
	bed_expect_trace(&bed, "lost 1;closed protocol;");
}

static void
test_a_transient_client_ends_after_an_orderly_end(void **state)
{
	const struct erps_client_options options = {.restart = SB_TRANSIENT};

	(void)state;
	bed_open(&bed, &options);
	sim_reset(bed.peer);
	bed_pass(&bed, 1000);
	assert_true(bed_accept(&bed));
	bed_expect_trace(&bed, "disconnected reset for a while;connected;");
	assert_int_equal(bed_call(&bed, 1), 0);
	sim_finish(bed.peer);
	bed_turn(&bed);
	bed_expect_trace(&bed, "lost 1;closed peer;");
}

static void
act_close(struct bed *b, struct sb_session *s)
{
	(void)b;
	sb_close(s, SB_END_LOCAL);
}

static void
in_answered_close(struct bed *b, struct sb_session *s)
{
	act_close(b, s);
}

static void
test_closing_inside_an_answer_ends_the_rest_once(void **state)
{
	const struct erps_client_options options = {
		.restart = SB_TEMPORARY, .pacing = ERPS_PACING_NEVER};

	(void)state;
	bed_open(&bed, &options);
	bed.takes_streams = true;
	bed.in_answered = in_answered_close;
	for (int64_t n = 1; n <= 3; n++)
		assert_int_equal(bed_call_within(&bed, n, 100), 0);
	bed_pass(&bed, 200);
	sim_finish(bed.peer);
	bed_turn(&bed);
	bed_expect_trace(&bed, "timed out 1;lost 2;lost 3;closed local;");
}

static void
test_a_server_that_does_not_read_stops_what_is_sent(void **state)
{
	const struct sb_limits limits = {
		.output_low = 1024, .output_high = 4096, .output_hard = 64 << 10};
	const struct erps_client_options options = {.restart = SB_PERMANENT,
		.pacing = ERPS_PACING_NEVER,
		.limits = &limits,
		.queue = 10,
		.window = 100000};
	unsigned taken = 0;
	int err = 0;

	(void)state;
	bed_open(&bed, &options);
	bed.takes_streams = true;
	sim_stall(bed.peer, true);
	while (!err && taken < 5000) {
		err = bed_call_within(&bed, 1, SB_UNLIMITED);
		taken += !err;
	}
	assert_int_equal(err, SB_FULL);
	assert_non_null(bed.session);
	bed_expect_trace(&bed, "");
	sim_stall(bed.peer, false);
	bed_turn(&bed);
	bed_expect_trace(&bed, "writable;");
	for (unsigned i = 0; i < taken; i++)
		bed_expect_call(&bed, 1);
}

int
main(void)
{
#define BED_TEST(name) cmocka_unit_test_teardown(name, bed_closed)
	const struct CMUnitTest tests[] = {
		BED_TEST(test_what_is_no_packet_ends_the_connection),
		BED_TEST(test_a_packet_over_the_limit_ends_the_connection_before_it_is_there),
		BED_TEST(test_what_only_clients_send_ends_the_connection),
		BED_TEST(test_extensions_of_a_server_that_has_not_proved_itself_end_the_connection),
		BED_TEST(test_an_unfinished_packet_is_not_waited_for_for_ever),
		BED_TEST(test_a_reply_that_is_no_term_fails_its_call_alone),
		BED_TEST(test_replies_without_use_are_counted_and_passed_over),
		BED_TEST(test_a_reply_twice_is_one_answer),
		BED_TEST(test_a_queued_call_cannot_be_answered),
		BED_TEST(test_an_answer_of_the_last_connection_is_none_on_this),
		BED_TEST(test_a_refusal_by_erps_itself_ends_all_with_its_reason),
		BED_TEST(test_connections_that_are_refused_come_ever_later),
		BED_TEST(test_a_refusal_by_a_server_of_ours_concerns_one_packet),
		BED_TEST(test_a_temporary_client_ends_with_its_connection),
		BED_TEST(test_a_transient_client_ends_after_an_orderly_end),
		BED_TEST(test_closing_inside_an_answer_ends_the_rest_once),
		BED_TEST(test_a_server_that_does_not_read_stops_what_is_sent),
	};
#undef BED_TEST

	return cmocka_run_group_tests(tests, NULL, NULL);
}
