/* A connection that leaves one session for another, on its own shard and on another. */
#include "probe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* The giver uses 4 octets, answers "ok", and gives the rest away. */
static ssize_t
give_away(struct sb_session *s, struct probe *p, struct sb_bytes in)
{
	struct probe *to = p->context;

	if (in.size < 4)
		return 0;
	assert_int_equal(sb_write(s, "ok", 2), 0);
	p->last_status = sb_hand_over(s, to->self, 77);
	return 4;
}

static ssize_t
echo(struct sb_session *s, struct probe *p, struct sb_bytes in)
{
	(void)p;
	sb_write(s, in.data, in.size);
	return (ssize_t)in.size;
}

static void
test_a_connection_goes_over_with_its_octets(void **state)
{
	(void)state;
	for (int shard = 0; shard < 2; shard++) {
		struct probe giver = {.on_received = give_away}, taker = {.on_received = echo};
		struct fixture f;
		struct sim_peer *peer;

		fixture_init(&f, 2, &probe_plain_module, &giver, NULL);
		giver.context = &taker;
		start_probe(&f, &taker, shard);
		peer = sim_connect(f.sim, f.port);
		sim_send(peer, "headrest", 8);
		wait_count(&f, &taker.received_calls, 1);
		wait_count(&f, &giver.closed, 1);
		assert_int_equal(giver.end, SB_END_HANDED);
		assert_int_equal(taker.connected, 1);
		run_ms(&f, 1);
		assert_int_equal(sim_received(peer).size, 6);
		assert_memory_equal(sim_received(peer).data, "okrest", 6);
		sim_send(peer, "more", 4);
		run_ms(&f, 1);
		assert_memory_equal(sim_received(peer).data, "okrestmore", 10);
		assert_int_equal(sb_listener_connections(f.listener), 1);
		sim_reset(peer);
		wait_count(&f, &taker.disconnected, 1);
		assert_int_equal(sb_listener_connections(f.listener), 0);
		fixture_fini(&f);
	}
}

static void
close_it(struct sb_session *s, struct probe *p, struct sb_message *m)
{
	(void)p;
	(void)m;
	sb_close(s, SB_END_LOCAL);
}

static void
test_a_target_that_has_gone_is_said_at_once(void **state)
{
	struct probe giver = {.on_received = give_away}, taker = {.on_message = close_it};
	struct fixture f;
	struct sim_peer *peer;

	(void)state;
	fixture_init(&f, 2, &probe_module, &giver, NULL);
	giver.context = &taker;
	start_probe(&f, &taker, 1);
	sb_node_post(f.node, taker.self, 0, 0, SB_NOTHING);
	wait_count(&f, &taker.closed, 1);
	peer = sim_connect(f.sim, f.port);
	sim_send(peer, "headrest", 8);
	wait_count(&f, &giver.received_calls, 1);
	assert_int_equal(giver.last_status, SB_GONE);
	assert_int_equal(giver.disconnected, 0); /* it still has it */
	fixture_fini(&f);
}

static void
test_a_target_that_has_a_connection_refuses_and_the_giver_is_told(void **state)
{
	struct probe first = {.on_received = give_away}, taker = {0};
	struct fixture f;
	struct sim_peer *peers[2];

	(void)state;
	fixture_init(&f, 2, &probe_module, &first, NULL);
	first.context = &taker;
	start_probe(&f, &taker, 1);
	peers[0] = sim_connect(f.sim, f.port);
	sim_send(peers[0], "headrest", 8);
	wait_count(&f, &taker.connected, 1);
	peers[1] = sim_connect(f.sim, f.port);
	sim_send(peers[1], "headrest", 8);
	wait_count(&f, &first.messages, 1);
	assert_int_equal(first.last_type, SB_MSG_HAND_OVER);
	assert_int_equal(first.last_status, SB_EEXIST);
	assert_int_equal(first.last_ref, 77);
	run_ms(&f, 10);
	assert_true(sim_is_closed(peers[1]));
	assert_false(sim_is_closed(peers[0]));
	assert_int_equal(sb_listener_connections(f.listener), 1);
	fixture_fini(&f);
}

/* The descriptor's number may come again on the shard that gave it away. */
static void
test_the_givers_shard_is_not_woken_by_what_it_gave(void **state)
{
	struct probe giver = {.on_received = give_away}, taker = {.on_received = echo};
	struct fixture f;
	struct sim_peer *peer, *next;

	(void)state;
	fixture_init(&f, 2, &probe_plain_module, &giver, NULL);
	giver.context = &taker;
	start_probe(&f, &taker, 1);
	peer = sim_connect(f.sim, f.port);
	sim_send(peer, "head", 4);
	wait_count(&f, &taker.connected, 1);
	next = sim_connect(f.sim, f.port);
	sim_send(peer, "to taker", 8);
	sim_send(next, "abc", 3);
	run_ms(&f, 5);
	assert_int_equal(taker.text_size, 8);
	assert_int_equal(giver.text_size, 4);
	fixture_fini(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_connection_goes_over_with_its_octets),
		cmocka_unit_test(test_a_target_that_has_gone_is_said_at_once),
		cmocka_unit_test(test_a_target_that_has_a_connection_refuses_and_the_giver_is_told),
		cmocka_unit_test(test_the_givers_shard_is_not_woken_by_what_it_gave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
