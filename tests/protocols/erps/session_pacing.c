/* Peers that look like Erps.Client itself get one packet in ERPS_PACE_GAP_MS, each in a write of
 * its own. */
#include "tests/protocols/erps/session_bed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct bed bed;

/* What phash2 gives: no order. */
static const int64_t refs[] = {67694793, 1234567, 99887766, 3141592, 27182818, 111222333, 5040302};

static int
opened(void **state)
{
	(void)state;
	bed_open(&bed, NULL);
	return 0;
}

static void
test_the_first_packet_leaves_at_once(void **state)
{
	(void)state;
	bed_call(&bed, refs[0], "{:echo, :x}");
	bed_expect(&bed, ERPS_REPLY, ":x", refs[0]);
}

static void
test_two_packets_are_the_gap_apart(void **state)
{
	(void)state;
	bed_call(&bed, refs[0], "{:push, :news}");
	bed_expect_term(&bed, ERPS_PUSH, ":news");
	bed_expect_nothing(&bed);
	bed_pass(&bed, ERPS_PACE_GAP_MS - 2);
	bed_expect_nothing(&bed);
	bed_pass(&bed, 4);
	bed_expect(&bed, ERPS_REPLY, ":ok", refs[0]);
	assert_int_equal(bed_counter(&bed, "erps_paced_total"), 1);
}

static void
test_all_that_waits_leaves_in_order(void **state)
{
	(void)state;
	for (size_t i = 0; i < 5; i++)
		bed_call(&bed, refs[i], "{:echo, :x}");
	for (size_t i = 0; i < 5; i++) {
		bed_expect(&bed, ERPS_REPLY, ":x", refs[i]);
		bed_expect_nothing(&bed);
		bed_pass(&bed, ERPS_PACE_GAP_MS + 2);
	}
	assert_int_equal(bed_counter(&bed, "erps_replies_total"), 5);
}

static void
test_a_peer_that_turns_out_to_be_another_gets_it_all(void **state)
{
	(void)state;
	for (size_t i = 0; i < 4; i++)
		bed_call(&bed, refs[i], "{:echo, :x}");
	bed_expect(&bed, ERPS_REPLY, ":x", refs[0]);
	bed_expect_nothing(&bed);
	bed_call(&bed, 1 << 28, "{:echo, :y}");
	for (size_t i = 1; i < 4; i++)
		bed_expect(&bed, ERPS_REPLY, ":x", refs[i]);
	bed_expect(&bed, ERPS_REPLY, ":y", 1 << 28);
}

static void
test_a_goodbye_waits_for_what_waits(void **state)
{
	(void)state;
	bed_call(&bed, refs[0], "{:push, :news}");
	bed_cast(&bed, ":bye");
	bed_expect_term(&bed, ERPS_PUSH, ":news");
	bed_expect_nothing(&bed);
	assert_false(sim_has_ended(bed.peer));
	bed_pass(&bed, ERPS_PACE_GAP_MS + 2);
	bed_expect(&bed, ERPS_REPLY, ":ok", refs[0]);
	bed_expect_closed(&bed, SB_END_LOCAL);
}

static void
test_a_drain_waits_for_what_waits(void **state)
{
	(void)state;
	bed_call(&bed, refs[0], "{:push, :news}");
	bed_expect_term(&bed, ERPS_PUSH, ":news");
	sb_node_stop(bed.node);
	bed_turn(&bed);
	assert_false(sim_has_ended(bed.peer));
	bed_pass(&bed, ERPS_PACE_GAP_MS + 2);
	bed_expect(&bed, ERPS_REPLY, ":ok", refs[0]);
	bed_expect_closed(&bed, SB_END_DRAIN);
}

static void
act_push_many(struct bed *at, struct sb_session *s)
{
	int err = 0;
	size_t count = 0;

	(void)at;
	for (; count < 1000 && !err; count++)
		err = erps_push(s, bed_term(":news"));
	/* The first left at once, then 256 wait, and the next was refused. */
	assert_int_equal(err, SB_FULL);
	assert_int_equal(count, 1 + 256 + 1);
	assert_true(sb_is_connected(s));
}

static void
test_pushes_are_refused_when_too_many_wait(void **state)
{
	(void)state;
	bed_act(&bed, act_push_many);
	bed_call(&bed, refs[0], "{:echo, :x}");
	/* Its answer waits behind them, and until some have left nothing more is read. */
	bed_call(&bed, refs[1], "{:echo, :x}");
	assert_true(sb_is_held(bed.session));
	bed_pass(&bed, ERPS_PACE_GAP_MS * 300);
	assert_false(sb_is_held(bed.session));
	for (size_t i = 0; i < 257; i++)
		bed_expect_term(&bed, ERPS_PUSH, ":news");
	bed_expect(&bed, ERPS_REPLY, ":x", refs[0]);
	bed_expect(&bed, ERPS_REPLY, ":x", refs[1]);
}

static void
test_a_peer_that_reads_nothing_is_let_go(void **state)
{
	uint8_t big[60000];

	(void)state;
	(void)big;
	sim_stall(bed.peer, true);
	bed_call(&bed, refs[0], "{:push, :news}");
	bed_cast(&bed, ":bye");
	bed_pass(&bed, 10000);
	sim_stall(bed.peer, false);
	bed_turn(&bed);
	assert_true(sim_has_ended(bed.peer));
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, opened, bed_closed)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_first_packet_leaves_at_once),
		TEST(two_packets_are_the_gap_apart),
		TEST(all_that_waits_leaves_in_order),
		TEST(a_peer_that_turns_out_to_be_another_gets_it_all),
		TEST(a_goodbye_waits_for_what_waits),
		TEST(a_drain_waits_for_what_waits),
		TEST(pushes_are_refused_when_too_many_wait),
		TEST(a_peer_that_reads_nothing_is_let_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
