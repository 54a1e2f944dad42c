/* Other sessions of the node: answers, pushes, casts and calls from there. */
#include "tests/protocols/erps/session_bed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* No Erps.Client has it: not paced. */
#define REF (INT64_C(1) << 28)

static struct bed bed;
static struct sb_address beside;

static int
opened(void **state)
{
	(void)state;
	bed_open(&bed, NULL);
	beside = bed_neighbour(&bed);
	return 0;
}

static void
act_reply(struct bed *at, struct sb_session *s)
{
	assert_int_equal(erps_reply_with(s, at->kept[0], "{:from, :beside}"), 0);
}

static void
act_reject(struct bed *at, struct sb_session *s)
{
	assert_int_equal(erps_reject(s, at->kept[0], "no"), 0);
}

static void
test_a_call_is_answered_from_another_session_once(void **state)
{
	(void)state;
	bed_call(&bed, REF, ":later");
	bed_act_at(&bed, beside, act_reply);
	bed_expect(&bed, ERPS_REPLY, "{:from, :beside}", REF);
	bed_act_at(&bed, beside, act_reply);
	bed_act_at(&bed, beside, act_reject);
	bed_expect_nothing(&bed);
	assert_int_equal(bed_counter(&bed, "erps_late_answers_total"), 2);
}

static void
test_a_call_is_rejected_from_another_session(void **state)
{
	(void)state;
	bed_call(&bed, REF, ":later");
	bed_act_at(&bed, beside, act_reject);
	bed_expect(&bed, ERPS_ERROR, "\"no\"", REF);
}

static int last_error;

static void
act_reply_late(struct bed *at, struct sb_session *s)
{
	last_error = erps_reply_with(s, at->kept[0], ":late");
}

static void
test_the_answer_to_a_caller_that_has_gone_is_harmless(void **state)
{
	(void)state;
	bed_call(&bed, REF, ":later");
	sim_reset(bed.peer);
	bed_turn(&bed);
	assert_null(bed.session);
	bed_connect(&bed);
	bed_act_at(&bed, beside, act_reply_late);
	assert_int_equal(last_error, SB_GONE);
	bed_expect_nothing(&bed);
}

static void
act_register(struct bed *at, struct sb_session *s)
{
	(void)at;
	assert_int_equal(sb_register(s, "clock"), 0);
}

static void
act_push_by_name(struct bed *at, struct sb_session *s)
{
	struct sb_address clock;

	(void)at;
	assert_int_equal(sb_lookup(s, "clock", &clock), 0);
	assert_int_equal(erps_push_to(s, clock, bed_term("{:tick, 1}")), 0);
	assert_int_equal(erps_cast_to(s, clock, bed_term(":tack")), 0);
}

static void
test_a_session_with_a_name_is_pushed_to_from_anywhere(void **state)
{
	struct sb_address clock;

	(void)state;
	bed_call(&bed, REF, "{:echo, :x}");
	bed_expect(&bed, ERPS_REPLY, ":x", REF);
	bed_act(&bed, act_register);
	bed_act_at(&bed, beside, act_push_by_name);
	bed_expect_term(&bed, ERPS_PUSH, "{:tick, 1}");
	bed_expect_trace(&bed, "cast tack;");
	assert_int_equal(sb_node_lookup(bed.node, "clock", &clock), 0);
	assert_int_equal(erps_node_push(bed.node, clock, bed_term("{:tick, 2}")), 0);
	bed_turn(&bed);
	bed_expect_term(&bed, ERPS_PUSH, "{:tick, 2}");
	assert_int_equal(bed_counter(&bed, "erps_pushes_total"), 2);
}

static uint64_t call_ref;
static const char *call_request;

static void
act_call(struct bed *at, struct sb_session *s)
{
	assert_int_equal(erps_call_to(s, at->address, bed_term(call_request), 1000, &call_ref), 0);
}

static void
test_a_session_is_called_from_another(void **state)
{
	(void)state;
	call_request = "{:echo, \"here\"}";
	bed_act_at(&bed, beside, act_call);
	bed_expect_trace(&bed, "answer 0 here;");
	call_request = ":reject";
	bed_act_at(&bed, beside, act_call);
	bed_expect_trace(&bed, "answer -23 nope;");
	bed_expect_nothing(&bed);
	assert_int_equal(bed_counter(&bed, "erps_local_calls_total"), 2);
}

static void
test_a_local_call_is_answered_later_or_times_out(void **state)
{
	(void)state;
	call_request = ":later";
	bed_act_at(&bed, beside, act_call);
	assert_true(bed.kept[0].is_local);
	assert_int_equal(bed_answer(&bed, 0, ":x"), 0);
	bed_expect_trace(&bed, "answer 0 a term of 3;");
	bed_act_at(&bed, beside, act_call);
	bed_pass(&bed, 1100);
	bed_expect_trace(&bed, "answer SB_TIMEOUT;");
	assert_int_equal(bed_answer(&bed, 1, ":x"), 0);
	bed_expect_trace(&bed, "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, opened, bed_closed)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_call_is_answered_from_another_session_once),
		TEST(a_call_is_rejected_from_another_session),
		TEST(the_answer_to_a_caller_that_has_gone_is_harmless),
		TEST(a_session_with_a_name_is_pushed_to_from_anywhere),
		TEST(a_session_is_called_from_another),
		TEST(a_local_call_is_answered_later_or_times_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
