/* What is read when: budgets, holds, announced frames, and the deadlines meanwhile. */
#include "probe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* Frames of one octet; asks for the budget first, as a loop may. */
static ssize_t
octet_frames(struct sb_session *s, struct probe *p, struct sb_bytes in)
{
	size_t used = 0;

	(void)p;
	while (sb_frame(s) && used < in.size)
		used++;
	return (ssize_t)used;
}

static void
test_a_budget_that_ends_with_the_input_leaves_nothing_to_do(void **state)
{
	struct sb_limits limits = {.frame_budget = 3};
	struct probe probe = {.on_received = octet_frames};
	struct fixture f;
	struct sim_peer *peer;

	(void)state;
	fixture_init(&f, 1, &probe_module, &probe, &limits);
	peer = sim_connect(f.sim, f.port);
	sim_send(peer, "abc", 3);
	wait_count(&f, &probe.received_calls, 1);
	turn(&f, 0);
	assert_false(sb_node_turn(f.node, 0, 0));
	assert_int_equal(probe.received_calls, 1);
	sim_finish(peer);
	run_ms(&f, 1);
	assert_int_equal(probe.input_ended, 1);
	fixture_fini(&f);
}

static void
count_a_frame(struct sb_session *s, struct probe *p, struct sb_message *m)
{
	(void)p;
	(void)m;
	while (sb_frame(s))
		;
	sb_hold(s, "test");
	sb_resume(s);
}

static void
test_frames_counted_outside_received_leave_nothing_to_do(void **state)
{
	struct sb_limits limits = {.frame_budget = 3};
	struct probe probe = {.on_message = count_a_frame};
	struct fixture f;

	(void)state;
	fixture_init(&f, 1, &probe_module, &probe, &limits);
	sim_connect(f.sim, f.port);
	wait_count(&f, &probe.connected, 1);
	sb_node_post(f.node, probe.self, 1, 0, SB_NOTHING);
	wait_count(&f, &probe.messages, 1);
	turn(&f, 0);
	assert_false(sb_node_turn(f.node, 0, 0));
	fixture_fini(&f);
}

/* ---- what waits for a later turn waits, whoever dies meanwhile ---- */

static void
abort_it(struct sb_session *s, struct probe *p, struct sb_message *m)
{
	(void)p;
	(void)m;
	sb_abort(s, SB_END_LOCAL);
}

static void
test_a_turn_ends_though_the_last_that_waited_has_died(void **state)
{
	struct sb_limits limits = {.frame_budget = 1};
	struct probe busy = {.on_received = octet_frames}, dying = {.on_message = abort_it};
	struct sb_listener_options options = {.name = "second",
		.address = "127.0.0.1:0",
		.module = &probe_module,
		.args = &dying};
	struct sb_listener *second;
	struct sim_peer *peers[2];
	struct fixture f;
	unsigned calls;

	(void)state;
	fixture_init(&f, 1, &probe_module, &busy, &limits);
	assert_int_equal(sb_listen(f.node, &options, &second), 0);
	run_ms(&f, 1);
	peers[1] = sim_connect(f.sim, sb_listener_port(second));
	wait_count(&f, &dying.connected, 1);
	peers[0] = sim_connect(f.sim, f.port);
	wait_count(&f, &busy.connected, 1);
	/* In one turn: the busy one is cut off, then the other is aborted, behind it. */
	sim_send(peers[0], "abcdefgh", 8);
	sb_node_post(f.node, dying.self, 1, 0, SB_NOTHING);
	turn(&f, 0);
	assert_int_equal(dying.messages, 1);
	calls = busy.received_calls;
	/* Its peer speaks: it dies early in the turn. */
	sim_send(peers[1], "x", 1);
	turn(&f, 0);
	assert_int_equal(dying.closed, 1);
	assert_int_equal(busy.received_calls, calls + 1);
	fixture_fini(&f);
}

/* ---- hold ---- */

static ssize_t
hold_and_resume(struct sb_session *s, struct probe *p, struct sb_bytes in)
{
	(void)p;
	(void)in;
	sb_hold(s, "test");
	sb_resume(s);
	return 1;
}

static void
test_a_resume_inside_received_brings_the_rest(void **state)
{
	struct probe probe = {.on_received = hold_and_resume};
	struct fixture f;
	struct sim_peer *peer;

	(void)state;
	fixture_init(&f, 1, &probe_module, &probe, NULL);
	peer = sim_connect(f.sim, f.port);
	sim_send(peer, "abc", 3);
	run_ms(&f, 1);
	assert_int_equal(probe.text_size, 3);
	assert_int_equal(counter_value(&f, "sb_budget_hits_total", "budget", "frames"), 0);
	fixture_fini(&f);
}

static ssize_t
wait_for_four(struct sb_session *s, struct probe *p, struct sb_bytes in)
{
	(void)s;
	(void)p;
	return in.size < 4 ? 0 : 4;
}

static void
hold_or_resume(struct sb_session *s, struct probe *p, struct sb_message *m)
{
	(void)p;
	if (m->type)
		sb_hold(s, "test");
	else
		sb_resume(s);
}

static void
test_an_unfinished_frame_has_its_time_again_after_a_hold(void **state)
{
	struct sb_limits limits = {.frame_ms = 1000};
	struct probe probe = {.on_received = wait_for_four, .on_message = hold_or_resume};
	struct fixture f;
	struct sim_peer *peer;

	(void)state;
	fixture_init(&f, 1, &probe_module, &probe, &limits);
	peer = sim_connect(f.sim, f.port);
	sim_send(peer, "ab", 2);
	run_ms(&f, 500);
	sb_node_post(f.node, probe.self, 1, 0, SB_NOTHING);
	run_ms(&f, 1);
	sim_send(peer, "cd", 2); /* in time, but nobody reads */
	run_ms(&f, 5000);
	sb_node_post(f.node, probe.self, 0, 0, SB_NOTHING);
	run_ms(&f, 10);
	assert_int_equal(probe.disconnected + probe.closed, 0);
	assert_int_equal(probe.text_size, 4);
	fixture_fini(&f);
}

static ssize_t
much_for_the_first(struct sb_session *s, struct probe *p, struct sb_bytes in)
{
	static const char block[150000];

	if (in.size < 4)
		return 0;
	if (p->received_calls == 1)
		assert_int_equal(sb_write(s, block, sizeof(block)), 0);
	return 4;
}

static void
test_an_unfinished_frame_has_its_time_while_output_keeps_us_from_reading(void **state)
{
	struct sb_limits limits = {.frame_ms = 1000, .output_low = 10000, .output_high = 50000};
	struct probe probe = {.on_received = much_for_the_first};
	struct fixture f;
	struct sim_peer *peer;

	(void)state;
	fixture_init(&f, 1, &probe_module, &probe, &limits);
	peer = sim_connect(f.sim, f.port);
	sim_stall(peer, true);
	sim_send(peer, "abcdef", 6);
	run_ms(&f, 500);
	sim_send(peer, "gh", 2);
	run_ms(&f, 5000);
	assert_int_equal(probe.disconnected + probe.closed, 0);
	sim_stall(peer, false);
	run_ms(&f, 10);
	assert_int_equal(probe.text_size, 8);
	fixture_fini(&f);
}

/* ---- announced frames ---- */

/* Frames of a length octet, which is announced, and so many octets. */
static ssize_t
announce(struct sb_session *s, struct probe *p, struct sb_bytes in)
{
	size_t used = 0;

	(void)p;
	while (used < in.size && !sb_need(s, 1u + in.data[used]) && in.size - used > in.data[used])
		used += 1u + in.data[used];
	return (ssize_t)used;
}

static void
test_an_announced_frame_is_not_looked_at_before_it_is_there(void **state)
{
	struct probe probe = {.on_received = announce};
	struct fixture f;
	struct sim_peer *peer;
	char octets[106] = {2, 0, 0, 99, [103] = 1};

	(void)state;
	fixture_init(&f, 1, &probe_module, &probe, NULL);
	peer = sim_connect(f.sim, f.port);
	for (size_t i = 0; i < sizeof(octets); i += 2) {
		sim_send(peer, octets + i, 2);
		run_ms(&f, 1);
	}
	assert_int_equal(probe.text_size, 106);
	/* The first frame in two calls, one for the beginning of the second, one that uses it and
	 * sees the third, which is short: what was said of the second does not keep it back. */
	assert_int_equal(probe.received_calls, 5);
	fixture_fini(&f);
}

/* ---- which bound it was ---- */

static void
test_a_silent_peer_that_is_idle_too_long_counts_as_idle(void **state)
{
	struct sb_limits limits = {.idle_ms = 500, .linger_ms = 10};
	struct probe probe = {0};
	struct fixture f;

	(void)state;
	fixture_init(&f, 1, &probe_plain_module, &probe, &limits);
	sim_connect(f.sim, f.port);
	wait_count(&f, &probe.closed, 1);
	assert_int_equal(counter_value(&f, "sb_limit_hits_total", "limit", "idle_ms"), 1);
	assert_int_equal(counter_value(&f, "sb_limit_hits_total", "limit", "first_octet_ms"), 0);
	fixture_fini(&f);
}

static void
test_a_small_receive_buffer_holds_a_long_tail(void **state)
{
	struct sb_log_options log_options = {.level = SB_LOG_FATAL, .fd = 2};
	struct sim_options sim_options = {.seed = 1, .is_calm = true};
	struct probe probe = {.on_received = announce};
	struct sb_node_options options = {.threads = 1, .receive_buffer = 16};
	struct sb_listener_options listener = {
		.address = "127.0.0.1:0", .module = &probe_module, .args = &probe};
	struct fixture f = {.sim = sim_new(&sim_options), .log = sb_log_new(&log_options)};
	struct sim_peer *peer;
	char octets[102] = {101};

	(void)state;
	options.env = sim_env(f.sim);
	options.log = f.log;
	assert_int_equal(sb_node_new(&f.node, &options), 0);
	sim_attach(f.sim, f.node);
	assert_int_equal(sb_listen(f.node, &listener, &f.listener), 0);
	run_ms(&f, 1);
	peer = sim_connect(f.sim, sb_listener_port(f.listener));
	sim_send(peer, octets, 60);
	run_ms(&f, 1);
	sim_send(peer, octets, 42);
	run_ms(&f, 1);
	assert_int_equal(probe.text_size, 102);
	fixture_fini(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_budget_that_ends_with_the_input_leaves_nothing_to_do),
		cmocka_unit_test(test_frames_counted_outside_received_leave_nothing_to_do),
		cmocka_unit_test(test_a_turn_ends_though_the_last_that_waited_has_died),
		cmocka_unit_test(test_a_resume_inside_received_brings_the_rest),
		cmocka_unit_test(test_an_unfinished_frame_has_its_time_again_after_a_hold),
		cmocka_unit_test(
			test_an_unfinished_frame_has_its_time_while_output_keeps_us_from_reading),
		cmocka_unit_test(test_an_announced_frame_is_not_looked_at_before_it_is_there),
		cmocka_unit_test(test_a_silent_peer_that_is_idle_too_long_counts_as_idle),
		cmocka_unit_test(test_a_small_receive_buffer_holds_a_long_tail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
