/* What a client of our own may do besides: it shows itself, and gets deadlines, cancels, parts and
 * a word before the end. */
#include "tests/protocols/erps/session_bed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define MARK 0x53425801

static struct bed bed;

static int
opened(void **state)
{
	static const struct erps_service_options options = {.answer_ms = 5000};

	(void)state;
	bed_open(&bed, &options);
	return 0;
}

static void
show_itself(void)
{
	bed_call(&bed, MARK, "{:echo, :x}");
	bed_expect(&bed, ERPS_REPLY, ":x", MARK);
}

static void
test_the_reply_to_its_mark_says_who_we_are(void **state)
{
	struct erps_packet packet;
	struct erps_term term;

	(void)state;
	bed_call(&bed, MARK, ":later");
	bed_call(&bed, MARK + 1, "{:echo, :x}");
	assert_true(bed_take(&bed, &packet, &term));
	assert_int_equal(packet.identifier.size, 0);
	assert_int_equal(bed_answer(&bed, 0, ":y"), 0);
	assert_true(bed_take(&bed, &packet, &term));
	assert_true(sb_bytes_equal(packet.identifier, sb_bytes_text("switchboard")));
	assert_int_equal(packet.version.major, 1);
	bed_call(&bed, MARK, "{:echo, :x}");
	assert_true(bed_take(&bed, &packet, &term));
	assert_int_equal(packet.identifier.size, 0);
}

static void
test_a_deadline_that_passes_ends_the_call_without_an_answer(void **state)
{
	(void)state;
	show_itself();
	bed_send_term(&bed, ERPS_CALL_WITH, "{9, :later, %{deadline: 100}}");
	assert_true(bed.kept[0].deadline > 0);
	bed_pass(&bed, 90);
	bed_expect_trace(&bed, "");
	bed_pass(&bed, 20);
	bed_expect_trace(&bed, "cancel;");
	bed_expect_nothing(&bed);
	assert_int_equal(bed_counter(&bed, "erps_cancels_total"), 1);
	assert_int_equal(bed_counter(&bed, "erps_pending_calls"), 0);
}

static void
test_a_call_without_options_is_a_call(void **state)
{
	(void)state;
	show_itself();
	bed_send_term(&bed, ERPS_CALL_WITH, "{9, {:echo, 1}, %{}}");
	bed_expect(&bed, ERPS_REPLY, "1", 9);
	bed_send_term(&bed, ERPS_CALL_WITH, "{9, :later, %{}}");
	bed_pass(&bed, 5010);
	bed_expect(&bed, ERPS_ERROR, "\"timeout\"", 9);
}

static void
test_a_cancel_is_told_once(void **state)
{
	(void)state;
	show_itself();
	bed_call(&bed, 9, ":later");
	bed_send_term(&bed, ERPS_CANCEL, "9");
	bed_expect_trace(&bed, "cancel;");
	bed_send_term(&bed, ERPS_CANCEL, "9");
	bed_send_term(&bed, ERPS_CANCEL, "10");
	bed_expect_trace(&bed, "");
	assert_int_equal(bed_answer(&bed, 0, ":x"), SB_ENOENT);
	bed_expect_nothing(&bed);
}

static int part_results[4];

static void
act_parts(struct bed *at, struct sb_session *s)
{
	for (size_t i = 0; i < 4; i++)
		part_results[i] = erps_reply_part(s, at->kept[0], bed_term("{:part, 1}"));
}

static void
test_parts_use_the_credit_of_the_caller(void **state)
{
	(void)state;
	show_itself();
	bed_send_term(&bed, ERPS_CALL_WITH, "{9, :later, %{credit: 2}}");
	bed_act(&bed, act_parts);
	assert_int_equal(part_results[1], 0);
	assert_int_equal(part_results[2], SB_FULL);
	bed_expect(&bed, ERPS_PART, "{:part, 1}", 9);
	bed_expect(&bed, ERPS_PART, "{:part, 1}", 9);
	bed_expect_nothing(&bed);
	bed_send_term(&bed, ERPS_CREDIT, "{9, 3}");
	bed_expect_trace(&bed, "credit;");
	bed_act(&bed, act_parts);
	assert_int_equal(part_results[2], 0);
	assert_int_equal(part_results[3], SB_FULL);
	for (int i = 0; i < 3; i++)
		bed_expect(&bed, ERPS_PART, "{:part, 1}", 9);
	assert_int_equal(bed_answer(&bed, 0, ":end"), 0);
	bed_expect(&bed, ERPS_REPLY, ":end", 9);
	bed_act(&bed, act_parts);
	assert_int_equal(part_results[0], SB_ENOENT);
	bed_send_term(&bed, ERPS_CREDIT, "{9, 3}");
	bed_expect_trace(&bed, "");
}

static void
test_a_caller_that_gives_no_credit_takes_no_parts(void **state)
{
	(void)state;
	bed_call(&bed, MARK + 1, ":later");
	bed_act(&bed, act_parts);
	assert_int_equal(part_results[0], SB_ENOTSUP);
	bed_expect_nothing(&bed);
}

static void
act_big_parts(struct bed *at, struct sb_session *s)
{
	char pattern[4100];

	memset(pattern, 'x', sizeof(pattern));
	pattern[0] = pattern[4096] = '"';
	pattern[4097] = '\0';
	do
		part_results[0] = erps_reply_part(s, at->kept[0], bed_term(pattern));
	while (part_results[0] == 0);
}

static void
test_a_caller_that_does_not_read_has_no_credit_either(void **state)
{
	(void)state;
	show_itself();
	bed_send_term(&bed, ERPS_CALL_WITH, "{9, :later, %{credit: 1000000}}");
	sim_stall(bed.peer, true);
	bed_act(&bed, act_big_parts);
	assert_int_equal(part_results[0], SB_FULL);
	assert_true(sb_is_connected(bed.session));
	bed_expect_trace(&bed, "");
	sim_stall(bed.peer, false);
	bed_turn(&bed);
	bed_expect_trace(&bed, "credit;");
}

static void
test_it_is_told_of_a_drain_and_gets_what_is_under_way(void **state)
{
	(void)state;
	show_itself();
	bed_call(&bed, 9, ":later");
	sb_node_stop(bed.node);
	bed_turn(&bed);
	bed_expect_trace(&bed, "stop;");
	bed_expect_term(&bed, ERPS_DRAIN, "4000");
	/* On its way when the peer was told: served. */
	bed_call(&bed, 10, "{:echo, :x}");
	bed_expect(&bed, ERPS_REPLY, ":x", 10);
	assert_int_equal(bed_answer(&bed, 0, ":y"), 0);
	bed_expect(&bed, ERPS_REPLY, ":y", 9);
	assert_false(sim_has_ended(bed.peer));
	sim_finish(bed.peer);
	bed_turn(&bed);
	bed_expect_closed(&bed, SB_END_PEER);
}

static void
test_what_is_not_answered_when_the_drain_is_over_is_rejected(void **state)
{
	(void)state;
	bed_call(&bed, MARK + 9, ":later");
	sb_node_stop(bed.node);
	bed_turn(&bed);
	bed_expect_nothing(&bed);
	assert_false(sim_has_ended(bed.peer));
	bed_pass(&bed, 4010);
	bed_expect(&bed, ERPS_ERROR, "\"stopping\"", MARK + 9);
	bed_expect_closed(&bed, SB_END_DRAIN);
}

static void
test_a_peer_with_nothing_under_way_ends_at_once(void **state)
{
	(void)state;
	sb_node_stop(bed.node);
	bed_turn(&bed);
	bed_expect_closed(&bed, SB_END_DRAIN);
}

static void
test_other_shapes_are_malformed(void **state)
{
	(void)state;
	show_itself();
	bed_send_term(&bed, ERPS_CALL_WITH, "{9, :later}");
	bed_send_term(&bed, ERPS_CALL_WITH, "{9, :later, []}");
	bed_send_term(&bed, ERPS_CALL_WITH, "{9, :later, %{deadline: -1}}");
	bed_send_term(&bed, ERPS_CALL_WITH, "{9, :later, %{credit: :a}}");
	bed_send_term(&bed, ERPS_CREDIT, "9");
	bed_expect_nothing(&bed);
	assert_int_equal(bed.kept_count, 0);
	assert_int_equal(bed_counter(&bed, "erps_malformed_total"), 5);
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, opened, bed_closed)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_reply_to_its_mark_says_who_we_are),
		TEST(a_deadline_that_passes_ends_the_call_without_an_answer),
		TEST(a_call_without_options_is_a_call),
		TEST(a_cancel_is_told_once),
		TEST(parts_use_the_credit_of_the_caller),
		TEST(a_caller_that_gives_no_credit_takes_no_parts),
		TEST(a_caller_that_does_not_read_has_no_credit_either),
		TEST(it_is_told_of_a_drain_and_gets_what_is_under_way),
		TEST(what_is_not_answered_when_the_drain_is_over_is_rejected),
		TEST(a_peer_with_nothing_under_way_ends_at_once),
		TEST(other_shapes_are_malformed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
