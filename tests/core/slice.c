/* Turns that have more to do than their time: what is left, what goes first, and when it is done.
 */
#include "probe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define US 1000u

/* Between two looks at the clock a step does so much. */
#define LEAST 8

static struct fixture f;

/* A frame of one octet takes 100 us. */
static ssize_t
slow_frames(struct sb_session *s, struct probe *p, struct sb_bytes in)
{
	size_t used = 0;

	(void)p;
	while (used < in.size && sb_frame(s)) {
		sim_take(f.sim, 100 * US);
		used++;
	}
	return (ssize_t)used;
}

static void
test_a_turn_takes_so_many_connections_as_it_has_time_for(void **state)
{
	struct probe probe = {.on_received = slow_frames};
	struct sim_peer *peers[3 * LEAST];

	(void)state;
	fixture_init(&f, 1, &probe_module, &probe, NULL);
	for (size_t i = 0; i < 3 * LEAST; i++)
		peers[i] = sim_connect(f.sim, f.port);
	wait_count(&f, &probe.connected, 3 * LEAST);
	run_ms(&f, 1);
	for (size_t i = 0; i < 3 * LEAST; i++)
		sim_send(peers[i], "x", 1);
	/* Octets are on their way until the clock moves. */
	sim_take(f.sim, 1000 * US);
	turn(&f, 0);
	assert_in_range(probe.received_calls, 1, LEAST);
	assert_int_equal(counter_value(&f, "sb_budget_hits_total", "budget", "time"), 1);
	wait_count(&f, &probe.received_calls, 3 * LEAST);
	fixture_fini(&f);
}

static void
test_a_connection_with_many_frames_lets_others_have_their_turn(void **state)
{
	struct probe probe = {.on_received = slow_frames};
	struct sim_peer *peer;

	(void)state;
	fixture_init(&f, 1, &probe_module, &probe, NULL);
	peer = sim_connect(f.sim, f.port);
	wait_count(&f, &probe.connected, 1);
	sim_send(peer, "0123456789012345678901234567890", 31);
	wait_count(&f, &probe.received_calls, 3);
	run_ms(&f, 10);
	/* All were served, eight a turn: what was left over was no unfinished frame. */
	assert_in_range(probe.received_calls, 4, 6);
	assert_int_equal(probe.closed, 0);
	/* Three times cut short, and said so once each. */
	assert_int_equal(counter_value(&f, "sb_budget_hits_total", "budget", "time"), 3);
	fixture_fini(&f);
}

static void
slow_message(struct sb_session *s, struct probe *p, struct sb_message *m)
{
	(void)p;
	sim_take(f.sim, 100 * US);
	if (m->type == 1)
		(void)sb_write(s, "m", 1);
}

static void
post_many(const struct probe *probe, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		assert_int_equal(sb_node_post(f.node, probe->self, 1, 0, SB_NOTHING), 0);
}

static void
test_messages_that_are_left_go_before_new_input_but_not_for_ever(void **state)
{
	struct probe probe = {.on_message = slow_message};
	struct sim_peer *peer;

	(void)state;
	fixture_init(&f, 1, &probe_module, &probe, NULL);
	peer = sim_connect(f.sim, f.port);
	wait_count(&f, &probe.connected, 1);
	run_ms(&f, 1);
	post_many(&probe, 20 * LEAST);
	turn(&f, 0);
	assert_int_equal(probe.messages, LEAST);
	sim_send(peer, "x", 1);
	sim_take(f.sim, 1000 * US);
	turn(&f, 0);
	assert_int_equal(probe.messages, 2 * LEAST);
	assert_int_equal(probe.received_calls, 0);
	wait_count(&f, &probe.received_calls, 1);
	assert_in_range(probe.messages, 8 * LEAST, 11 * LEAST);
	wait_count(&f, &probe.messages, 20 * LEAST);
	fixture_fini(&f);
}

static void
test_output_waits_for_messages_that_are_left_for_two_milliseconds(void **state)
{
	struct probe probe = {.on_message = slow_message};
	struct sim_peer *peer;

	(void)state;
	fixture_init(&f, 1, &probe_module, &probe, NULL);
	peer = sim_connect(f.sim, f.port);
	wait_count(&f, &probe.connected, 1);
	run_ms(&f, 1);
	post_many(&probe, 6 * LEAST);
	for (unsigned i = 0; i < 2; i++) {
		turn(&f, 0);
		assert_int_equal(counter_value(&f, "sb_writes_total", NULL, NULL), 0);
	}
	turn(&f, 0);
	assert_int_equal(probe.messages, 3 * LEAST);
	assert_int_equal(counter_value(&f, "sb_writes_total", NULL, NULL), 1);
	while (sb_node_turn(f.node, 0, 0))
		;
	assert_int_equal(probe.messages, 6 * LEAST);
	run_ms(&f, 1);
	assert_int_equal(sim_received(peer).size, 6 * LEAST);
	fixture_fini(&f);
}

static void
say_goodbye(struct sb_session *s, struct probe *p, struct sb_message *m)
{
	(void)m;
	if (p->messages > 1)
		return;
	assert_int_equal(sb_write(s, "goodbye", 7), 0);
	sb_close(s, SB_END_LOCAL);
}

static void
burn(struct sb_session *s, struct probe *p, struct sb_message *m)
{
	(void)s;
	(void)p;
	(void)m;
	sim_take(f.sim, 100 * US);
}

static void
test_output_that_waited_for_messages_is_written_before_its_deadline_is_judged(void **state)
{
	struct probe probe = {.on_message = say_goodbye};
	struct probe busy = {.on_message = burn};
	struct sim_peer *peer;

	(void)state;
	fixture_init(&f, 1, &probe_module, &probe, NULL);
	start_probe(&f, &busy, 0);
	peer = sim_connect(f.sim, f.port);
	wait_count(&f, &probe.connected, 1);
	run_ms(&f, 1);
	post_many(&probe, 1);
	post_many(&busy, 2 * LEAST);
	turn(&f, 0);
	assert_int_equal(counter_value(&f, "sb_writes_total", NULL, NULL), 0);
	/* The machine stands still: it is not the peer that does not read. */
	sim_take(f.sim, 3000000ull * US);
	run_ms(&f, 1);
	assert_int_equal(sim_received(peer).size, 7);
	assert_false(sim_was_reset(peer));
	sim_finish(peer);
	wait_count(&f, &probe.closed, 1);
	assert_int_equal(probe.end, SB_END_LOCAL);
	fixture_fini(&f);
}

/* Some do so to let others have their turn. */
static void
post_to_itself(struct sb_session *s, struct probe *p, struct sb_message *m)
{
	(void)p;
	(void)m;
	sim_take(f.sim, 20 * US);
	(void)sb_post(s, sb_self(s), 1, 0, SB_NOTHING);
}

static ssize_t
echo(struct sb_session *s, struct probe *p, struct sb_bytes in)
{
	(void)p;
	(void)sb_write(s, in.data, in.size);
	return (ssize_t)in.size;
}

static void
leave(struct sb_session *s, struct probe *p)
{
	(void)p;
	sb_close(s, SB_END_LOCAL);
}

static void
test_a_session_that_posts_to_itself_for_ever_keeps_nobody_from_an_answer(void **state)
{
	struct probe probe = {.on_received = echo, .on_stopping = leave};
	struct probe busy = {.on_message = post_to_itself, .on_stopping = leave};
	struct sim_peer *peer;

	(void)state;
	fixture_init(&f, 1, &probe_module, &probe, NULL);
	start_probe(&f, &busy, 0);
	peer = sim_connect(f.sim, f.port);
	wait_count(&f, &probe.connected, 1);
	post_many(&busy, 1);
	for (unsigned i = 1; i <= 20; i++) {
		sim_send(peer, "x", 1);
		run_ms(&f, 5);
		assert_int_equal(sim_received(peer).size, i);
	}
	sb_node_stop(f.node);
	sim_finish(peer);
	run_ms(&f, 100);
	assert_true(sb_node_is_stopped(f.node));
	fixture_fini(&f);
}

static void
answer_and_hand_over(struct sb_session *s, struct probe *p, struct sb_message *m)
{
	const struct probe *to = p->context;

	(void)m;
	assert_int_equal(sb_write(s, "one", 3), 0);
	sb_hold(s, "test");
	assert_int_equal(sb_hand_over(s, to->self, 1), 0);
}

static int
say_two(struct sb_session *s, struct probe *p)
{
	(void)p;
	return sb_write(s, "two", 3);
}

static void
test_output_that_waits_goes_with_a_connection_that_is_handed_over(void **state)
{
	struct probe taker = {.on_connected = say_two};
	struct probe probe = {.on_message = answer_and_hand_over, .context = &taker};
	struct probe busy = {.on_message = burn};
	struct sim_peer *peer;

	(void)state;
	fixture_init(&f, 2, &probe_module, &probe, NULL);
	start_probe(&f, &taker, 1);
	peer = sim_connect(f.sim, f.port);
	wait_count(&f, &probe.connected, 1);
	start_probe(&f, &busy, probe.self.shard);
	run_ms(&f, 1);
	post_many(&probe, 1);
	post_many(&busy, 20 * LEAST);
	wait_count(&f, &taker.connected, 1);
	run_ms(&f, 10);
	assert_int_equal(sim_received(peer).size, 6);
	assert_memory_equal(sim_received(peer).data, "onetwo", 6);
	fixture_fini(&f);
}

static void
test_a_node_that_is_freed_in_the_middle_of_its_work_leaves_nothing(void **state)
{
	(void)state;
	for (unsigned turns = 1; turns < 12; turns++) {
		struct probe probe = {.on_received = slow_frames, .on_message = slow_message};
		struct sim_peer *peers[3 * LEAST];

		fixture_init(&f, 1, &probe_module, &probe, NULL);
		for (size_t i = 0; i < 3 * LEAST; i++)
			peers[i] = sim_connect(f.sim, f.port);
		wait_count(&f, &probe.connected, 3 * LEAST);
		run_ms(&f, 1);
		for (size_t i = 0; i < 3 * LEAST; i++)
			sim_send(peers[i], "0123456789", 10);
		post_many(&probe, 3 * LEAST);
		sim_take(f.sim, 1000 * US);
		for (unsigned i = 0; i < turns; i++)
			turn(&f, 0);
		sb_node_free(f.node);
		assert_int_equal(probe.closed, 3 * LEAST);
		assert_int_equal(sim_open_sockets(f.sim), 0);
		assert_int_equal(sim_live_allocations(f.sim), 0);
		sim_free(f.sim);
		sb_log_free(f.log);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_turn_takes_so_many_connections_as_it_has_time_for),
		cmocka_unit_test(test_a_connection_with_many_frames_lets_others_have_their_turn),
		cmocka_unit_test(test_messages_that_are_left_go_before_new_input_but_not_for_ever),
		cmocka_unit_test(test_output_waits_for_messages_that_are_left_for_two_milliseconds),
		cmocka_unit_test(
			test_output_that_waited_for_messages_is_written_before_its_deadline_is_judged),
		cmocka_unit_test(
			test_a_session_that_posts_to_itself_for_ever_keeps_nobody_from_an_answer),
		cmocka_unit_test(test_output_that_waits_goes_with_a_connection_that_is_handed_over),
		cmocka_unit_test(
			test_a_node_that_is_freed_in_the_middle_of_its_work_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
