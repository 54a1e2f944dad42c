/* Calls, and how they end: each once, whatever ends them. */
#include "tests/protocols/erps/client_bed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct bed bed;

static void
test_a_call_is_answered_with_its_reply(void **state)
{
	(void)state;
	bed_open(&bed, NULL);
	assert_int_equal(bed_call(&bed, 1), 0);
	bed_reply(&bed, bed_expect_call(&bed, 1), "42");
	bed_expect_trace(&bed, "replied 1 42;");
	assert_int_equal(bed_counter(&bed, "erps_client_replies_total"), 1);
}

static void
test_the_first_ref_of_a_connection_is_the_mark_and_the_others_count_up(void **state)
{
	uint32_t second;

	(void)state;
	bed_open(&bed, NULL);
	assert_int_equal(bed_call(&bed, 1), 0);
	assert_int_equal(bed_expect_call(&bed, 1), BED_MARK);
	bed_reply(&bed, BED_MARK, "1");
	assert_int_equal(bed_call(&bed, 2), 0);
	second = bed_expect_call(&bed, 2);
	assert_true(second >= 1u << 27 && second < 1u << 31);
	bed_reply(&bed, second, "2");
	assert_int_equal(bed_call(&bed, 3), 0);
	assert_int_equal(bed_expect_call(&bed, 3), second + 1);
	bed_expect_trace(&bed, "replied 1 1;replied 2 2;");
}

static void
test_an_error_with_a_ref_fails_that_call_alone(void **state)
{
	(void)state;
	bed_open(&bed, NULL);
	assert_int_equal(bed_call(&bed, 1), 0);
	assert_int_equal(bed_call(&bed, 2), 0);
	bed_error(&bed, bed_expect_call(&bed, 1), "\"badarg\"");
	bed_expect_trace(&bed, "failed 1 \"badarg\";");
	bed_reply(&bed, bed_expect_call(&bed, 2), "2");
	bed_expect_trace(&bed, "replied 2 2;");
}

static void
test_a_call_without_an_answer_times_out_and_a_late_one_is_dropped(void **state)
{
	uint32_t ref;

	(void)state;
	bed_open(&bed, NULL);
	assert_int_equal(bed_call_within(&bed, 1, 300), 0);
	ref = bed_expect_call(&bed, 1);
	bed_pass(&bed, 298);
	bed_expect_trace(&bed, "");
	bed_pass(&bed, 3);
	bed_expect_trace(&bed, "timed out 1;");
	bed_reply(&bed, ref, "1");
	bed_expect_trace(&bed, "");
	assert_int_equal(bed_counter(&bed, "erps_client_late_total"), 1);
}

static void
test_the_default_deadline_is_five_seconds(void **state)
{
	(void)state;
	bed_open(&bed, NULL);
	assert_int_equal(bed_call(&bed, 1), 0);
	bed_pass(&bed, 4990);
	bed_expect_trace(&bed, "");
	bed_pass(&bed, 20);
	bed_expect_trace(&bed, "timed out 1;");
}

static void
test_deadlines_end_calls_in_their_own_order(void **state)
{
	(void)state;
	bed_open(&bed, NULL);
	assert_int_equal(bed_call_within(&bed, 1, 300), 0);
	assert_int_equal(bed_call_within(&bed, 2, 100), 0);
	assert_int_equal(bed_call_within(&bed, 3, SB_UNLIMITED), 0);
	assert_int_equal(bed_call_within(&bed, 4, 200), 0);
	bed_pass(&bed, 400);
	bed_expect_trace(&bed, "timed out 2;timed out 4;timed out 1;");
	bed_pass(&bed, 3600000);
	bed_expect_trace(&bed, "");
}

static void
test_a_cancelled_call_has_no_other_outcome(void **state)
{
	uint32_t ref;

	(void)state;
	bed_open(&bed, NULL);
	assert_int_equal(bed_call(&bed, 1), 0);
	ref = bed_expect_call(&bed, 1);
	assert_int_equal(bed_cancel(&bed, bed.last_id), 0);
	assert_int_equal(bed_cancel(&bed, bed.last_id), SB_ENOENT);
	bed_reply(&bed, ref, "1");
	bed_pass(&bed, 6000);
	bed_expect_trace(&bed, "");
	assert_int_equal(bed_counter(&bed, "erps_client_cancelled_total"), 1);
}

static void
test_a_queued_call_that_is_cancelled_is_never_sent(void **state)
{
	(void)state;
	bed_open(&bed, NULL);
	assert_int_equal(bed_call(&bed, 1), 0);
	assert_int_equal(bed_call(&bed, 2), 0);
	assert_int_equal(bed_cancel(&bed, bed.last_id), 0);
	bed_reply(&bed, bed_expect_call(&bed, 1), "1");
	bed_pass(&bed, 6000);
	bed_expect_nothing(&bed);
	bed_expect_trace(&bed, "replied 1 1;");
}

static void
test_a_reset_loses_what_was_sent_and_says_what_was_not(void **state)
{
	(void)state;
	bed_open(&bed, NULL);
	assert_int_equal(bed_call(&bed, 1), 0);
	assert_int_equal(bed_call(&bed, 2), 0);
	sim_reset(bed.peer);
	bed_turn(&bed);
	bed_expect_trace(&bed, "lost 1;unsent 2;disconnected reset for a while;");
	assert_int_equal(bed_call(&bed, 3), SB_GONE);
}

static void
test_the_servers_end_of_input_loses_calls_and_it_comes_back(void **state)
{
	(void)state;
	bed_open(&bed, NULL);
	assert_int_equal(bed_call(&bed, 1), 0);
	bed_expect_call(&bed, 1);
	sim_finish(bed.peer);
	bed_turn(&bed);
	bed_expect_trace(&bed, "lost 1;disconnected peer for a while;");
	bed_pass(&bed, 1000);
	assert_true(bed_accept(&bed));
	bed_expect_trace(&bed, "connected;");
	assert_int_equal(bed_call(&bed, 2), 0);
	assert_int_equal(bed_expect_call(&bed, 2), BED_MARK);
	bed_reply(&bed, BED_MARK, "2");
	bed_expect_trace(&bed, "replied 2 2;");
}

static void
act_close(struct bed *b, struct sb_session *s)
{
	(void)b;
	sb_close(s, SB_END_LOCAL);
}

static void
test_closing_the_session_ends_its_calls_before_closed(void **state)
{
	(void)state;
	bed_open(&bed, NULL);
	assert_int_equal(bed_call(&bed, 1), 0);
	assert_int_equal(bed_call(&bed, 2), 0);
	bed_act(&bed, act_close);
	sim_finish(bed.peer);
	bed_turn(&bed);
	/* The supervisor has started another. */
	bed_expect_trace(&bed, "lost 1;unsent 2;closed local;connected;");
}

static void
test_stopped_it_waits_for_its_answers_and_takes_no_more(void **state)
{
	uint32_t ref;

	(void)state;
	bed_open(&bed, NULL);
	assert_int_equal(bed_call(&bed, 1), 0);
	ref = bed_expect_call(&bed, 1);
	sb_node_stop(bed.node);
	bed_turn(&bed);
	bed_expect_trace(&bed, "");
	assert_int_equal(bed_call(&bed, 2), SB_GONE);
	bed_reply(&bed, ref, "1");
	sim_finish(bed.peer);
	bed_turn(&bed);
	bed_expect_trace(&bed, "replied 1 1;closed drain;");
	assert_true(sb_node_is_stopped(bed.node));
}

static void
test_stopped_while_it_waits_to_connect_it_ends_at_once(void **state)
{
	(void)state;
	bed_open_alone(&bed, NULL);
	bed_turn(&bed);
	bed_expect_trace(&bed, "disconnected connect for a while;");
	sb_node_stop(bed.node);
	bed_turn(&bed);
	bed_expect_trace(&bed, "closed drain;");
}

static void
in_answered_call(struct bed *b, struct sb_session *s)
{
	static int64_t next = 100;

	(void)b;
	(void)bed_call_in(s, next++);
}

static void
test_a_call_made_of_an_outcome_does_not_end_with_the_others(void **state)
{
	const struct erps_client_options options = {
		.restart = SB_PERMANENT, .queues_while_away = true};

	(void)state;
	bed_open(&bed, &options);
	bed.in_answered = in_answered_call;
	assert_int_equal(bed_call(&bed, 1), 0);
	assert_int_equal(bed_call(&bed, 2), 0);
	sim_reset(bed.peer);
	bed_turn(&bed);
	bed_expect_trace(&bed, "lost 1;disconnected reset for a while;");
	bed.in_answered = NULL;
	bed_pass(&bed, 1000);
	assert_true(bed_accept(&bed));
	bed_expect_trace(&bed, "connected;");
	bed_reply(&bed, bed_expect_call(&bed, 2), "2");
	bed_reply(&bed, bed_expect_call(&bed, 100), "3");
	bed_expect_trace(&bed, "replied 2 2;replied 100 3;");
}

static void
test_pushes_are_told_and_casts_are_not_answered(void **state)
{
	(void)state;
	bed_open(&bed, NULL);
	bed_send(&bed, ERPS_PUSH, ":news");
	assert_int_equal(bed_cast(&bed, 5), 0);
	bed_expect_cast(&bed, 5);
	bed_expect_trace(&bed, "pushed :news;");
}

static void
test_many_calls_at_once_are_matched_by_their_refs(void **state)
{
	const struct erps_client_options options = {
		.restart = SB_PERMANENT, .pacing = ERPS_PACING_NEVER};
	uint32_t refs[200];

	(void)state;
	bed_open(&bed, &options);
	bed.takes_streams = true;
	for (int64_t n = 0; n < 200; n++) {
		assert_int_equal(bed_call(&bed, n), 0);
		refs[n] = bed_expect_call(&bed, n);
	}
	for (unsigned n = 200; n-- > 0;) {
		char expected[64];

		bed_reply(&bed, refs[n], ":ok");
		snprintf(expected, sizeof(expected), "replied %u :ok;", n);
		bed_expect_trace(&bed, expected);
	}
}

int
main(void)
{
#define BED_TEST(name) cmocka_unit_test_teardown(name, bed_closed)
	const struct CMUnitTest tests[] = {
		BED_TEST(test_a_call_is_answered_with_its_reply),
		BED_TEST(test_the_first_ref_of_a_connection_is_the_mark_and_the_others_count_up),
		BED_TEST(test_an_error_with_a_ref_fails_that_call_alone),
		BED_TEST(test_a_call_without_an_answer_times_out_and_a_late_one_is_dropped),
		BED_TEST(test_the_default_deadline_is_five_seconds),
		BED_TEST(test_deadlines_end_calls_in_their_own_order),
		BED_TEST(test_a_cancelled_call_has_no_other_outcome),
		BED_TEST(test_a_queued_call_that_is_cancelled_is_never_sent),
		BED_TEST(test_a_reset_loses_what_was_sent_and_says_what_was_not),
		BED_TEST(test_the_servers_end_of_input_loses_calls_and_it_comes_back),
		BED_TEST(test_closing_the_session_ends_its_calls_before_closed),
		BED_TEST(test_stopped_it_waits_for_its_answers_and_takes_no_more),
		BED_TEST(test_stopped_while_it_waits_to_connect_it_ends_at_once),
		BED_TEST(test_a_call_made_of_an_outcome_does_not_end_with_the_others),
		BED_TEST(test_pushes_are_told_and_casts_are_not_answered),
		BED_TEST(test_many_calls_at_once_are_matched_by_their_refs),
	};
#undef BED_TEST

	return cmocka_run_group_tests(tests, NULL, NULL);
}
