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

static int
refuse(struct sb_session *s, struct probe *p)
{
	(void)s;
	(void)p;
	return SB_EACCES;
}

static void
test_a_target_that_refuses_is_told_to_the_giver_whatever_memory_there_is(void **state)
{
	struct probe giver = {.on_received = give_away}, taker = {.on_connected = refuse};
	struct fixture f;
	struct sim_peer *peer;

	(void)state;
	fixture_init(&f, 2, &probe_module, &giver, NULL);
	giver.context = &taker;
	start_probe(&f, &taker, 1);
	peer = sim_connect(f.sim, f.port);
	sim_send(peer, "headrest", 8);
	wait_count(&f, &giver.disconnected, 1);
	sim_starve(f.sim, true);
	wait_count(&f, &giver.messages, 1);
	assert_int_equal(giver.last_type, SB_MSG_HAND_OVER);
	assert_int_equal(giver.last_status, SB_EACCES);
	assert_int_equal(giver.last_ref, 77);
	assert_true(sb_address_equal(giver.last_sender, taker.self));
	sim_starve(f.sim, false);
	sim_finish(peer);
	run_ms(&f, 10);
	assert_true(sim_is_closed(peer));
	assert_int_equal(taker.text_size, 0);
	fixture_fini(&f);
}

/* ---- an order that is not carried out ---- */

enum { BREAK, CLOSE, ABORT, DISCONNECT };

static int ending;

static ssize_t
give_away_but_end(struct sb_session *s, struct probe *p, struct sb_bytes in)
{
	ssize_t used = give_away(s, p, in);

	switch (ending) {
	case BREAK:
		return SB_EPROTO;
	case CLOSE:
		sb_close(s, SB_END_LOCAL);
		break;
	case ABORT:
		sb_abort(s, SB_END_LOCAL);
		break;
	case DISCONNECT:
		sb_disconnect(s, SB_END_LOCAL);
		break;
	}
	return used;
}

static void
test_an_end_inside_received_forgets_the_order(void **state)
{
	(void)state;
	for (ending = BREAK; ending <= DISCONNECT; ending++) {
		struct probe giver = {.on_received = give_away_but_end}, taker = {0};
		struct sb_limits limits = {.mailbox_messages = 1};
		struct sb_child_spec spec = {
			.module = &probe_module, .args = &taker, .limits = &limits};
		struct fixture f;
		struct sim_peer *peer;

		fixture_init(&f, 2, &probe_module, &giver, NULL);
		giver.context = &taker;
		sb_node_start_child(f.node, &spec);
		wait_count(&f, &taker.started, 1);
		peer = sim_connect(f.sim, f.port);
		sim_send(peer, "headrest", 8);
		sim_finish(peer);
		run_ms(&f, 10);
		assert_int_equal(giver.last_status, 0);
		assert_int_equal(taker.connected, 0);
		assert_true(sim_is_closed(peer));
		/* The place in its mailbox is free again. */
		assert_int_equal(sb_node_post(f.node, taker.self, 1, 0, SB_NOTHING), 0);
		fixture_fini(&f);
	}
}

/* ---- chains, ends on the way ---- */

static ssize_t
pass_on(struct sb_session *s, struct probe *p, struct sb_bytes in)
{
	struct probe *to = p->context;

	(void)in;
	if (sb_write(s, "p", 1) || sb_hand_over(s, to->self, 1))
		return SB_EPROTO;
	return 1;
}

static void
test_a_connection_goes_on_and_on_with_all_its_octets(void **state)
{
	struct probe giver = {.on_received = give_away},
		     links[3] = {{.on_received = pass_on}, {.on_received = pass_on},
			     {.on_received = echo}};
	struct fixture f;
	struct sim_peer *peer;

	(void)state;
	fixture_init(&f, 3, &probe_plain_module, &giver, NULL);
	for (int i = 0; i < 3; i++)
		start_probe(&f, &links[i], i);
	giver.context = &links[0];
	links[0].context = &links[1];
	links[1].context = &links[2];
	peer = sim_connect(f.sim, f.port);
	sim_send(peer, "head01rest", 10);
	sim_finish(peer); /* the end goes over, too */
	wait_count(&f, &links[2].input_ended, 1);
	run_ms(&f, 1);
	assert_int_equal(sim_received(peer).size, 8);
	assert_memory_equal(sim_received(peer).data, "okpprest", 8);
	assert_int_equal(links[0].disconnect_reason, SB_END_HANDED);
	assert_int_equal(links[1].disconnect_reason, SB_END_HANDED);
	assert_int_equal(sb_listener_connections(f.listener), 1);
	fixture_fini(&f);
}

static ssize_t
give_to_itself(struct sb_session *s, struct probe *p, struct sb_bytes in)
{
	if (p->received_calls == 1)
		assert_int_equal(sb_hand_over(s, sb_self(s), 5), 0);
	return p->received_calls == 1 ? 1 : (ssize_t)in.size;
}

static void
test_a_session_may_hand_over_to_itself(void **state)
{
	struct probe probe = {.on_received = give_to_itself};
	struct fixture f;
	struct sim_peer *peer;

	(void)state;
	fixture_init(&f, 1, &probe_module, &probe, NULL);
	peer = sim_connect(f.sim, f.port);
	sim_send(peer, "abc", 3);
	run_ms(&f, 1);
	assert_int_equal(probe.disconnected, 1);
	assert_int_equal(probe.connected, 2);
	assert_int_equal(probe.text_size, 3);
	fixture_fini(&f);
}

static void
test_a_connection_on_its_way_when_the_node_ends_is_closed(void **state)
{
	struct probe giver = {.on_received = give_away}, taker = {0};
	struct fixture f;
	struct sim_peer *peer;

	(void)state;
	fixture_init(&f, 2, &probe_module, &giver, NULL);
	giver.context = &taker;
	peer = sim_connect(f.sim, f.port);
	wait_count(&f, &giver.connected, 1);
	start_probe(&f, &taker, 1 - giver.self.shard);
	sim_send(peer, "headrest", 8);
	turn(&f, giver.self.shard);
	assert_int_equal(giver.disconnected, 1);
	assert_int_equal(taker.connected, 0);
	fixture_fini(&f); /* finds sockets that are left open */
}

static void
test_a_target_that_stops_meanwhile_does_not_get_it(void **state)
{
	struct probe giver = {.on_received = give_away}, taker = {.on_message = close_it};
	struct fixture f;
	struct sim_peer *peer;

	(void)state;
	fixture_init(&f, 2, &probe_module, &giver, NULL);
	giver.context = &taker;
	peer = sim_connect(f.sim, f.port);
	wait_count(&f, &giver.connected, 1);
	start_probe(&f, &taker, 1 - giver.self.shard);
	sb_node_post(f.node, taker.self, 0, 0, SB_NOTHING);
	sim_send(peer, "headrest", 8);
	turn(&f, giver.self.shard);
	assert_int_equal(giver.disconnected, 1);
	wait_count(&f, &giver.messages, 1);
	assert_int_equal(giver.last_status, SB_GONE);
	assert_int_equal(taker.connected, 0);
	assert_true(sim_is_closed(peer));
	assert_int_equal(sb_listener_connections(f.listener), 0);
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

/* ---- held: in any callback ---- */

static int
hold_it(struct sb_session *s, struct probe *p)
{
	(void)p;
	sb_hold(s, "owner");
	return 0;
}

static void
give_away_held(struct sb_session *s, struct probe *p, struct sb_message *m)
{
	struct probe *to = p->context;

	if (m->type == SB_MSG_HAND_OVER)
		return;
	p->last_status = sb_hand_over(s, to->self, 77);
	assert_int_equal(sb_hand_over(s, to->self, 78), SB_EINVAL);
	if (m->type == 2)
		sb_close(s, SB_END_LOCAL);
}

/* A giver that holds, with a peer that has sent `octets` and then gets its order. */
static struct sim_peer *
order(struct fixture *f, struct probe *giver, struct probe *taker, int shard, uint32_t type,
	const char *octets)
{
	struct sim_peer *peer;

	fixture_init(f, 2, &probe_plain_module, giver, NULL);
	giver->context = taker;
	start_probe(f, taker, shard);
	peer = sim_connect(f->sim, f->port);
	sim_send(peer, octets, strlen(octets));
	wait_count(f, &giver->connected, 1);
	run_ms(f, 1);
	assert_int_equal(giver->received_calls, 0);
	assert_int_equal(sb_node_post(f->node, giver->self, type, 0, SB_NOTHING), 0);
	wait_count(f, &giver->closed, 1);
	return peer;
}

static void
test_a_held_connection_goes_over_without_an_octet_too(void **state)
{
	static const char *const octets[] = {"", "held"};

	(void)state;
	for (int round = 0; round < 4; round++) {
		struct probe giver = {.on_connected = hold_it, .on_message = give_away_held};
		struct probe taker = {.on_received = echo};
		struct fixture f;
		struct sim_peer *peer = order(&f, &giver, &taker, round / 2, 1, octets[round % 2]);

		assert_int_equal(giver.last_status, 0);
		assert_int_equal(giver.end, SB_END_HANDED);
		wait_count(&f, &taker.connected, 1);
		sim_send(peer, "more", 4);
		run_ms(&f, 1);
		assert_int_equal(sim_received(peer).size, strlen(octets[round % 2]) + 4);
		assert_int_equal(sb_listener_connections(f.listener), 1);
		fixture_fini(&f);
	}
}

static void
test_a_close_takes_back_an_order(void **state)
{
	struct probe giver = {.on_connected = hold_it, .on_message = give_away_held};
	struct probe taker = {.on_received = echo};
	struct fixture f;
	struct sim_peer *peer = order(&f, &giver, &taker, 0, 2, "");

	(void)state;
	assert_int_equal(giver.last_status, 0);
	assert_int_equal(giver.end, SB_END_LOCAL);
	assert_int_equal(taker.connected, 0);
	assert_true(sim_has_ended(peer));
	fixture_fini(&f);
}

static void
test_who_neither_receives_nor_holds_gives_nothing_away(void **state)
{
	struct probe giver = {.on_message = give_away_held}, taker = {.on_received = echo};
	struct fixture f;

	(void)state;
	fixture_init(&f, 2, &probe_module, &giver, NULL);
	giver.context = &taker;
	start_probe(&f, &taker, 0);
	(void)sim_connect(f.sim, f.port);
	wait_count(&f, &giver.connected, 1);
	assert_int_equal(sb_node_post(f.node, giver.self, 1, 0, SB_NOTHING), 0);
	wait_count(&f, &giver.messages, 1);
	assert_int_equal(giver.last_status, SB_EINVAL);
	assert_int_equal(giver.closed, 0);
	fixture_fini(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_connection_goes_over_with_its_octets),
		cmocka_unit_test(test_a_target_that_has_gone_is_said_at_once),
		cmocka_unit_test(test_a_target_that_has_a_connection_refuses_and_the_giver_is_told),
		cmocka_unit_test(
			test_a_target_that_refuses_is_told_to_the_giver_whatever_memory_there_is),
		cmocka_unit_test(test_an_end_inside_received_forgets_the_order),
		cmocka_unit_test(test_a_connection_goes_on_and_on_with_all_its_octets),
		cmocka_unit_test(test_a_session_may_hand_over_to_itself),
		cmocka_unit_test(test_a_held_connection_goes_over_without_an_octet_too),
		cmocka_unit_test(test_a_close_takes_back_an_order),
		cmocka_unit_test(test_who_neither_receives_nor_holds_gives_nothing_away),
		cmocka_unit_test(test_a_connection_on_its_way_when_the_node_ends_is_closed),
		cmocka_unit_test(test_a_target_that_stops_meanwhile_does_not_get_it),
		cmocka_unit_test(test_the_givers_shard_is_not_woken_by_what_it_gave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
