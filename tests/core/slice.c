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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_turn_takes_so_many_connections_as_it_has_time_for),
		cmocka_unit_test(test_a_connection_with_many_frames_lets_others_have_their_turn),
		cmocka_unit_test(test_messages_that_are_left_go_before_new_input_but_not_for_ever),
		cmocka_unit_test(test_output_waits_for_messages_that_are_left_for_two_milliseconds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
