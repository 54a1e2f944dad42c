/* Input, output and the ends of a connection, octet by octet, on the simulated machine. */
#include "probe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static ssize_t
echo(struct sb_session *s, struct probe *p, struct sb_bytes in)
{
	(void)p;
	assert_int_equal(sb_write(s, in.data, in.size), 0);
	return (ssize_t)in.size;
}

/* Frames of one length octet and so many octets. */
static ssize_t
frames(struct sb_session *s, struct probe *p, struct sb_bytes in)
{
	size_t used = 0;

	(void)p;
	while (used < in.size && in.size - used > in.data[used]) {
		if (!sb_frame(s))
			break;
		used += 1u + in.data[used];
	}
	return (ssize_t)used;
}

static void
test_octets_come_back_in_order(void **state)
{
	struct probe probe = {.on_received = echo};
	struct fixture f;
	struct sim_peer *peer;

	(void)state;
	fixture_init(&f, 1, &probe_module, &probe, NULL);
	peer = sim_connect(f.sim, f.port);
	sim_send(peer, "hello", 5);
	run_ms(&f, 1);
	assert_int_equal(sim_received(peer).size, 5);
	assert_memory_equal(sim_received(peer).data, "hello", 5);
	fixture_fini(&f);
}

static void
test_every_split_gives_the_same_frames(void **state)
{
	static const char stream[] = "\003abc\000\005hello\001x";
	size_t size = sizeof(stream) - 1;

	(void)state;
	for (size_t split = 0; split <= size; split++) {
		struct probe probe = {.on_received = frames};
		struct fixture f;
		struct sim_peer *peer;

		fixture_init(&f, 1, &probe_module, &probe, NULL);
		peer = sim_connect(f.sim, f.port);
		sim_send(peer, stream, split);
		run_ms(&f, 1);
		sim_send(peer, stream + split, size - split);
		run_ms(&f, 1);
		assert_int_equal(probe.text_size, size);
		assert_memory_equal(probe.text, stream, size);
		fixture_fini(&f);
	}
}

static void
test_octet_by_octet_gives_the_same_frames(void **state)
{
	static const char stream[] = "\003abc\000\005hello\001x";
	struct probe probe = {.on_received = frames};
	struct fixture f;
	struct sim_peer *peer;

	(void)state;
	fixture_init(&f, 1, &probe_module, &probe, NULL);
	peer = sim_connect(f.sim, f.port);
	for (size_t i = 0; i < sizeof(stream) - 1; i++) {
		sim_send(peer, stream + i, 1);
		run_ms(&f, 1);
	}
	assert_int_equal(probe.text_size, sizeof(stream) - 1);
	assert_memory_equal(probe.text, stream, sizeof(stream) - 1);
	fixture_fini(&f);
}

static void
test_frames_over_the_budget_come_in_later_turns(void **state)
{
	struct sb_limits limits = {.frame_budget = 3};
	struct probe probe = {.on_received = frames};
	struct fixture f;
	struct sim_peer *peer;
	char stream[20] = {0}; /* 20 empty frames */

	(void)state;
	fixture_init(&f, 1, &probe_module, &probe, &limits);
	peer = sim_connect(f.sim, f.port);
	sim_send(peer, stream, sizeof(stream));
	run_ms(&f, 1);
	assert_int_equal(probe.text_size, 20);
	assert_int_equal(probe.received_calls, 7);
	assert_int_equal(probe.closed, 0);
	fixture_fini(&f);
}

static ssize_t
answer_at_length(struct sb_session *s, struct probe *p, struct sb_bytes in)
{
	static const char answer[1000];
	size_t used = 0;

	(void)p;
	while (used < in.size && sb_frame(s)) {
		assert_int_equal(sb_write(s, answer, sizeof(answer)), 0);
		used++;
	}
	return (ssize_t)used;
}

static void
test_small_frames_with_large_answers_wait_until_the_output_eases(void **state)
{
	struct sb_limits limits = {
		.output_low = 1000, .output_high = 4000, .output_hard = 8000, .frame_ms = 100};
	struct probe probe = {.on_received = answer_at_length};
	struct fixture f;
	struct sim_peer *peer;
	char stream[200] = {0};

	(void)state;
	fixture_init(&f, 1, &probe_module, &probe, &limits);
	peer = sim_connect(f.sim, f.port);
	sim_stall(peer, true);
	sim_send(peer, stream, sizeof(stream));
	run_ms(&f, 1000);
	assert_int_equal(probe.closed, 0);
	assert_in_range(probe.text_size, 1, sizeof(stream) - 1);
	sim_stall(peer, false);
	run_ms(&f, 1000);
	assert_int_equal(probe.text_size, sizeof(stream));
	assert_int_equal(sim_received(peer).size, sizeof(stream) * 1000);
	fixture_fini(&f);
}

static ssize_t
hold_after_the_second(struct sb_session *s, struct probe *p, struct sb_bytes in)
{
	size_t used = 0;

	(void)p;
	while (used < in.size && sb_frame(s))
		if (++used == 2)
			sb_hold(s, "test");
	return (ssize_t)used;
}

static void
resume_it(struct sb_session *s, struct probe *p, struct sb_message *m)
{
	(void)p;
	(void)m;
	sb_resume(s);
}

static void
test_a_held_session_gets_no_further_frame(void **state)
{
	struct probe probe = {.on_received = hold_after_the_second, .on_message = resume_it};
	struct fixture f;

	(void)state;
	fixture_init(&f, 1, &probe_module, &probe, NULL);
	sim_send(sim_connect(f.sim, f.port), "abcd", 4);
	run_ms(&f, 1);
	assert_int_equal(probe.text_size, 2);
	sb_node_post(f.node, probe.self, 0, 0, SB_NOTHING);
	run_ms(&f, 1);
	assert_int_equal(probe.text_size, 4);
	fixture_fini(&f);
}

static ssize_t
use_nothing(struct sb_session *s, struct probe *p, struct sb_bytes in)
{
	(void)s;
	(void)p;
	(void)in;
	return 0;
}

static void
test_an_unfinished_frame_over_its_bound_ends_the_session(void **state)
{
	struct sb_limits limits = {.max_frame = 100};
	struct probe probe = {.on_received = use_nothing};
	struct fixture f;
	struct sim_peer *peer;
	char octets[101] = {0};

	(void)state;
	fixture_init(&f, 1, &probe_module, &probe, &limits);
	peer = sim_connect(f.sim, f.port);
	sim_send(peer, octets, 100);
	run_ms(&f, 1);
	assert_int_equal(probe.closed, 0);
	sim_send(peer, octets, 1);
	sim_finish(peer);
	wait_count(&f, &probe.closed, 1);
	assert_int_equal(probe.end, SB_END_LIMIT);
	fixture_fini(&f);
}

static void
test_an_unfinished_frame_over_its_time_ends_the_session(void **state)
{
	struct sb_limits limits = {.frame_ms = 1000};
	struct probe probe = {.on_received = frames};
	struct fixture f;
	struct sim_peer *peer;

	(void)state;
	fixture_init(&f, 1, &probe_module, &probe, &limits);
	peer = sim_connect(f.sim, f.port);
	sim_send(peer, "\377a", 2);
	for (int i = 0; i < 9; i++) {
		run_ms(&f, 100);
		sim_send(peer, "a", 1); /* a slow loris: octets, but no frame */
	}
	assert_int_equal(probe.closed, 0);
	sim_finish(peer);
	run_ms(&f, 200);
	assert_int_equal(probe.closed, 1);
	assert_int_equal(probe.end, SB_END_DEADLINE);
	fixture_fini(&f);
}

static void
test_a_silent_peer_meets_the_first_octet_deadline(void **state)
{
	struct sb_limits limits = {.first_octet_ms = 500, .linger_ms = 10};
	struct probe probe = {0};
	struct fixture f;

	(void)state;
	fixture_init(&f, 1, &probe_plain_module, &probe, &limits);
	sim_connect(f.sim, f.port);
	run_ms(&f, 400);
	assert_int_equal(probe.closed, 0);
	run_ms(&f, 200);
	assert_int_equal(probe.closed, 1);
	assert_int_equal(probe.end, SB_END_DEADLINE);
	fixture_fini(&f);
}

static void
test_idle_time_counts_from_the_last_octet(void **state)
{
	struct sb_limits limits = {.idle_ms = 1000, .linger_ms = 10};
	struct probe probe = {0};
	struct fixture f;
	struct sim_peer *peer;

	(void)state;
	fixture_init(&f, 1, &probe_plain_module, &probe, &limits);
	peer = sim_connect(f.sim, f.port);
	for (int i = 0; i < 5; i++) {
		run_ms(&f, 900);
		sim_send(peer, "x", 1);
	}
	run_ms(&f, 900);
	assert_int_equal(probe.closed, 0);
	run_ms(&f, 200);
	assert_int_equal(probe.closed, 1);
	fixture_fini(&f);
}

/* ---- hold ---- */

static ssize_t
hold_after_one(struct sb_session *s, struct probe *p, struct sb_bytes in)
{
	(void)p;
	(void)in;
	sb_hold(s, "test");
	return 1;
}

static void
test_held_octets_wait_without_limit_of_time(void **state)
{
	struct sb_limits limits = {.frame_ms = 100, .idle_ms = 100, .max_frame = 4};
	struct probe probe = {.on_received = hold_after_one, .on_message = resume_it};
	struct fixture f;
	struct sim_peer *peer;

	(void)state;
	fixture_init(&f, 1, &probe_module, &probe, &limits);
	peer = sim_connect(f.sim, f.port);
	sim_send(peer, "abcdefgh", 8);
	run_ms(&f, 10000);
	assert_int_equal(probe.closed, 0);
	assert_int_equal(probe.received_calls, 1);
	for (unsigned i = 2; i <= 8; i++) {
		assert_int_equal(sb_node_post(f.node, probe.self, 1, 0, SB_NOTHING), 0);
		run_ms(&f, 1);
		assert_int_equal(probe.received_calls, i);
	}
	assert_memory_equal(probe.text, "abcdefgh", 8);
	fixture_fini(&f);
}

static void
test_the_end_of_input_waits_behind_held_octets(void **state)
{
	struct probe probe = {.on_received = hold_after_one, .on_message = resume_it};
	struct fixture f;
	struct sim_peer *peer;

	(void)state;
	fixture_init(&f, 1, &probe_module, &probe, NULL);
	peer = sim_connect(f.sim, f.port);
	sim_send(peer, "ab", 2);
	sim_finish(peer);
	run_ms(&f, 100);
	assert_int_equal(probe.input_ended, 0);
	sb_node_post(f.node, probe.self, 1, 0, SB_NOTHING);
	run_ms(&f, 1);
	sb_node_post(f.node, probe.self, 1, 0, SB_NOTHING);
	run_ms(&f, 1);
	assert_int_equal(probe.text_size, 2);
	assert_int_equal(probe.input_ended, 1);
	fixture_fini(&f);
}

/* ---- output ---- */

static ssize_t
answer_much(struct sb_session *s, struct probe *p, struct sb_bytes in)
{
	static const char block[10000];

	(void)p;
	for (size_t i = 0; i < in.size; i++)
		if (sb_write(s, block, sizeof(block)))
			break;
	return (ssize_t)in.size;
}

static void
test_output_over_the_high_mark_stops_reading_until_it_drains(void **state)
{
	struct sb_limits limits = {.output_low = 10000, .output_high = 50000};
	struct probe probe = {.on_received = answer_much};
	struct fixture f;
	struct sim_peer *peer;

	(void)state;
	fixture_init(&f, 1, &probe_module, &probe, &limits);
	peer = sim_connect(f.sim, f.port);
	sim_stall(peer, true);
	sim_send(
		peer, "0123456789abcde", 15); /* 150,000 octets: 64 KiB in flight, the rest waits */
	run_ms(&f, 10);
	assert_int_equal(probe.received_calls, 1);
	sim_send(peer, "x", 1);
	run_ms(&f, 1000);
	assert_int_equal(probe.received_calls, 1);
	assert_int_equal(probe.drained, 0);
	sim_stall(peer, false);
	run_ms(&f, 10);
	assert_int_equal(probe.drained, 1);
	assert_int_equal(probe.received_calls, 2);
	assert_int_equal(sim_received(peer).size, 160000);
	fixture_fini(&f);
}

static void
test_output_over_the_hard_limit_ends_the_session(void **state)
{
	struct sb_limits limits = {.output_low = 1000, .output_high = 2000, .output_hard = 100000};
	struct probe probe = {.on_received = answer_much};
	struct fixture f;
	struct sim_peer *peer;

	(void)state;
	fixture_init(&f, 1, &probe_module, &probe, &limits);
	peer = sim_connect(f.sim, f.port);
	sim_stall(peer, true);
	sim_send(peer, "0123456789abcdefghijklmnopqrstuvwxyz", 36);
	wait_count(&f, &probe.closed, 1);
	assert_int_equal(probe.end, SB_END_LIMIT);
	fixture_fini(&f);
}

/* ---- ends ---- */

static ssize_t
answer_and_close(struct sb_session *s, struct probe *p, struct sb_bytes in)
{
	(void)p;
	sb_write(s, "bye", 3);
	sb_close(s, SB_END_LOCAL);
	return (ssize_t)in.size;
}

static void
test_close_inside_received_delivers_closed_once(void **state)
{
	struct probe probe = {.on_received = answer_and_close};
	struct fixture f;
	struct sim_peer *peer;

	(void)state;
	fixture_init(&f, 1, &probe_module, &probe, NULL);
	peer = sim_connect(f.sim, f.port);
	sim_send(peer, "x", 1);
	run_ms(&f, 1);
	assert_memory_equal(sim_received(peer).data, "bye", 3);
	assert_true(sim_has_ended(peer));
	assert_int_equal(probe.closed, 0); /* lingers for our end */
	sim_finish(peer);
	run_ms(&f, 1);
	assert_int_equal(probe.closed, 1);
	assert_int_equal(probe.end, SB_END_LOCAL);
	assert_false(sim_was_reset(peer));
	assert_int_equal(probe.disconnected, 0);
	fixture_fini(&f);
}

static void
test_unread_input_at_close_does_not_reset_the_last_answer(void **state)
{
	struct probe probe = {.on_received = answer_and_close};
	struct fixture f;
	struct sim_peer *peer;
	char flood[100000] = {0};

	(void)state;
	fixture_init(&f, 1, &probe_module, &probe, NULL);
	peer = sim_connect(f.sim, f.port);
	sim_send(peer, flood, sizeof(flood));
	run_ms(&f, 5);
	sim_finish(peer);
	run_ms(&f, 5);
	assert_int_equal(probe.closed, 1);
	assert_false(sim_was_reset(peer));
	assert_int_equal(sim_received(peer).size, 3);
	fixture_fini(&f);
}

static void
test_a_peer_that_never_ends_is_cut_after_linger(void **state)
{
	struct sb_limits limits = {.linger_ms = 300};
	struct probe probe = {.on_received = answer_and_close};
	struct fixture f;
	struct sim_peer *peer;

	(void)state;
	fixture_init(&f, 1, &probe_module, &probe, &limits);
	peer = sim_connect(f.sim, f.port);
	sim_send(peer, "x", 1);
	run_ms(&f, 200);
	assert_int_equal(probe.closed, 0);
	run_ms(&f, 200);
	assert_int_equal(probe.closed, 1);
	fixture_fini(&f);
}

static void
test_the_peers_end_ends_the_session_by_default(void **state)
{
	struct probe probe = {.on_received = echo};
	struct fixture f;
	struct sim_peer *peer;

	(void)state;
	fixture_init(&f, 1, &probe_plain_module, &probe, NULL);
	peer = sim_connect(f.sim, f.port);
	sim_send(peer, "last", 4);
	sim_finish(peer);
	wait_count(&f, &probe.closed, 1);
	run_ms(&f, 1);
	assert_int_equal(probe.end, SB_END_PEER);
	assert_memory_equal(sim_received(peer).data, "last", 4);
	assert_true(sim_has_ended(peer));
	fixture_fini(&f);
}

static void
test_a_reset_is_told_once(void **state)
{
	struct probe probe = {0}, plain = {0};
	struct fixture f;
	struct sim_peer *peer;

	(void)state;
	fixture_init(&f, 1, &probe_module, &probe, NULL);
	peer = sim_connect(f.sim, f.port);
	wait_count(&f, &probe.connected, 1);
	sim_reset(peer);
	run_ms(&f, 1);
	assert_int_equal(probe.disconnected, 1);
	assert_int_equal(probe.disconnect_reason, SB_END_RESET);
	assert_int_equal(probe.closed, 0); /* the module has `disconnected`: the session stays */
	fixture_fini(&f);
	assert_int_equal(probe.closed, 1);

	fixture_init(&f, 1, &probe_plain_module, &plain, NULL);
	peer = sim_connect(f.sim, f.port);
	wait_count(&f, &plain.connected, 1);
	sim_reset(peer);
	run_ms(&f, 1);
	assert_int_equal(plain.closed, 1);
	assert_int_equal(plain.end, SB_END_RESET);
	fixture_fini(&f);
}

static ssize_t
break_protocol(struct sb_session *s, struct probe *p, struct sb_bytes in)
{
	(void)p;
	(void)in;
	sb_write(s, "error", 5);
	return SB_EPROTO;
}

static void
test_a_broken_protocol_flushes_the_answer_first(void **state)
{
	struct probe probe = {.on_received = break_protocol};
	struct fixture f;
	struct sim_peer *peer;

	(void)state;
	fixture_init(&f, 1, &probe_module, &probe, NULL);
	peer = sim_connect(f.sim, f.port);
	sim_send(peer, "x", 1);
	run_ms(&f, 1);
	sim_finish(peer);
	wait_count(&f, &probe.closed, 1);
	assert_int_equal(probe.end, SB_END_PROTOCOL);
	assert_memory_equal(sim_received(peer).data, "error", 5);
	fixture_fini(&f);
}

static ssize_t
abort_it(struct sb_session *s, struct probe *p, struct sb_bytes in)
{
	(void)p;
	sb_write(s, "never", 5);
	sb_abort(s, SB_END_LOCAL);
	return (ssize_t)in.size;
}

static void
test_abort_discards_and_resets(void **state)
{
	struct probe probe = {.on_received = abort_it};
	struct fixture f;
	struct sim_peer *peer;

	(void)state;
	fixture_init(&f, 1, &probe_module, &probe, NULL);
	peer = sim_connect(f.sim, f.port);
	sim_send(peer, "x", 1);
	run_ms(&f, 1);
	assert_int_equal(probe.closed, 1);
	assert_true(sim_was_reset(peer));
	assert_int_equal(sim_received(peer).size, 0);
	fixture_fini(&f);
}

static int
refuse(struct sb_session *s, struct probe *p)
{
	(void)s;
	(void)p;
	return SB_EINVAL;
}

static void
test_a_failed_start_never_was(void **state)
{
	struct probe probe = {.on_start = refuse};
	struct fixture f;

	(void)state;
	fixture_init(&f, 1, &probe_module, &probe, NULL);
	sim_connect(f.sim, f.port);
	wait_count(&f, &probe.started, 1);
	run_ms(&f, 10);
	assert_int_equal(probe.connected, 0);
	assert_int_equal(probe.closed, 0);
	assert_int_equal(sb_listener_connections(f.listener), 0);
	fixture_fini(&f);
}

static void
test_a_refused_connection_is_ended(void **state)
{
	struct probe probe = {.on_connected = refuse};
	struct fixture f;
	struct sim_peer *peer;

	(void)state;
	fixture_init(&f, 1, &probe_module, &probe, NULL);
	peer = sim_connect(f.sim, f.port);
	sim_finish(peer);
	wait_count(&f, &probe.closed, 1);
	assert_int_equal(probe.received_calls, 0);
	fixture_fini(&f);
}

/* ---- listener bounds ---- */

static void
test_connections_over_the_limit_are_refused(void **state)
{
	struct sb_limits limits = {.max_connections = 2};
	struct probe probe = {0};
	struct fixture f;
	struct sim_peer *peers[3];

	(void)state;
	fixture_init(&f, 2, &probe_plain_module, &probe, &limits);
	for (int i = 0; i < 3; i++) {
		peers[i] = sim_connect(f.sim, f.port);
		run_ms(&f, 1);
	}
	assert_int_equal(probe.started, 2);
	assert_true(sim_is_closed(peers[2]));
	sim_finish(peers[0]);
	run_ms(&f, 1);
	sim_connect(f.sim, f.port);
	wait_count(&f, &probe.started, 3);
	fixture_fini(&f);
}

static void
test_connections_of_one_source_are_limited(void **state)
{
	struct sb_limits limits = {.max_connections_per_source = 1};
	struct probe probe = {0};
	struct fixture f;

	(void)state;
	fixture_init(&f, 1, &probe_plain_module, &probe, &limits);
	sim_connect(f.sim, f.port);
	sim_connect(f.sim, f.port);
	run_ms(&f, 1);
	assert_int_equal(probe.started, 1);
	fixture_fini(&f);
}

static void
test_behind_a_balancer_the_clients_are_counted_not_the_balancer(void **state)
{
	static const char one[] = "PROXY TCP4 192.0.2.1 10.0.0.1 1000 2775\r\n";
	static const char other[] = "PROXY TCP4 192.0.2.2 10.0.0.1 1000 2775\r\n";
	struct sb_network balancers;
	struct sb_limits limits = {.max_connections_per_source = 1};
	struct probe probe = {0};
	struct sb_listener_options options = {.name = "proxied",
		.address = "127.0.0.1:0",
		.module = &probe_plain_module,
		.args = &probe,
		.limits = &limits,
		.proxy = SB_PROXY_ANY,
		.proxy_networks = &balancers,
		.proxy_network_count = 1};
	struct sb_listener *proxied;
	struct fixture f;
	struct sim_peer *peers[3];

	(void)state;
	assert_int_equal(sb_network_parse("127.0.0.0/8", &balancers), 0);
	fixture_init(&f, 1, &probe_plain_module, &probe, NULL);
	assert_int_equal(sb_listen(f.node, &options, &proxied), 0);
	run_ms(&f, 1);
	for (int i = 0; i < 3; i++) {
		peers[i] = sim_connect(f.sim, sb_listener_port(proxied));
		sim_send(peers[i], i == 2 ? other : one, sizeof(one) - 1);
		run_ms(&f, 10);
	}
	assert_false(sim_was_reset(peers[0]));
	assert_true(sim_was_reset(peers[1]));
	assert_false(sim_was_reset(peers[2]));
	assert_int_equal(probe.connected, 2);
	sim_finish(peers[0]);
	run_ms(&f, 10);
	peers[1] = sim_connect(f.sim, sb_listener_port(proxied));
	sim_send(peers[1], one, sizeof(one) - 1);
	wait_count(&f, &probe.connected, 3);
	fixture_fini(&f);
}

static void
test_the_accept_rate_delays_and_loses_nobody(void **state)
{
	struct sb_limits limits = {.accept_rate = 10};
	struct probe probe = {0};
	struct fixture f;

	(void)state;
	fixture_init(&f, 1, &probe_plain_module, &probe, &limits);
	for (int i = 0; i < 15; i++)
		sim_connect(f.sim, f.port);
	run_ms(&f, 1);
	assert_int_equal(probe.started, 10);
	run_ms(&f, 205);
	assert_int_equal(probe.started, 12);
	wait_count(&f, &probe.started, 15);
	fixture_fini(&f);
}

static void
test_accept_survives_running_out_of_descriptors(void **state)
{
	struct probe probe = {0};
	struct fixture f;
	struct sim_peer *first;

	(void)state;
	fixture_init(&f, 1, &probe_plain_module, &probe, NULL);
	sim_fail_accepts(f.sim, 1);
	first = sim_connect(f.sim, f.port);
	run_ms(&f, 1);
	assert_true(sim_was_reset(first)); /* taken with the spare descriptor, and told */
	sim_connect(f.sim, f.port);
	run_ms(&f, 50);
	assert_int_equal(probe.started, 0); /* paused */
	run_ms(&f, 100);
	assert_int_equal(probe.started, 1);
	fixture_fini(&f);
}

static void
test_a_paused_listener_takes_nobody_until_resumed(void **state)
{
	struct probe probe = {0};
	struct fixture f;

	(void)state;
	fixture_init(&f, 1, &probe_plain_module, &probe, NULL);
	sb_listener_pause(f.listener);
	run_ms(&f, 1);
	sim_connect(f.sim, f.port);
	run_ms(&f, 10);
	assert_int_equal(probe.started, 0);
	sb_listener_resume(f.listener);
	wait_count(&f, &probe.started, 1);
	fixture_fini(&f);
}

static void
test_a_shard_adopts_anothers_socket(void **state)
{
	struct probe probe = {0};
	struct fixture f;

	(void)state;
	fixture_init(&f, 2, &probe_plain_module, &probe, NULL);
	assert_int_equal(sb_listener_sockets(f.listener), 2);
	assert_int_equal(sb_listener_assign(f.listener, 0, 1), 0);
	assert_int_equal(sb_listener_assign(f.listener, 2, 0), SB_EINVAL);
	run_ms(&f, 1);
	for (unsigned i = 1; i <= 8; i++) {
		sim_connect(f.sim, f.port);
		wait_count(&f, &probe.started, i);
		assert_int_equal(probe.self.shard, 1);
	}
	fixture_fini(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_octets_come_back_in_order),
		cmocka_unit_test(test_every_split_gives_the_same_frames),
		cmocka_unit_test(test_octet_by_octet_gives_the_same_frames),
		cmocka_unit_test(test_frames_over_the_budget_come_in_later_turns),
		cmocka_unit_test(test_small_frames_with_large_answers_wait_until_the_output_eases),
		cmocka_unit_test(test_a_held_session_gets_no_further_frame),
		cmocka_unit_test(test_an_unfinished_frame_over_its_bound_ends_the_session),
		cmocka_unit_test(test_an_unfinished_frame_over_its_time_ends_the_session),
		cmocka_unit_test(test_a_silent_peer_meets_the_first_octet_deadline),
		cmocka_unit_test(test_idle_time_counts_from_the_last_octet),
		cmocka_unit_test(test_held_octets_wait_without_limit_of_time),
		cmocka_unit_test(test_the_end_of_input_waits_behind_held_octets),
		cmocka_unit_test(test_output_over_the_high_mark_stops_reading_until_it_drains),
		cmocka_unit_test(test_output_over_the_hard_limit_ends_the_session),
		cmocka_unit_test(test_close_inside_received_delivers_closed_once),
		cmocka_unit_test(test_unread_input_at_close_does_not_reset_the_last_answer),
		cmocka_unit_test(test_a_peer_that_never_ends_is_cut_after_linger),
		cmocka_unit_test(test_the_peers_end_ends_the_session_by_default),
		cmocka_unit_test(test_a_reset_is_told_once),
		cmocka_unit_test(test_a_broken_protocol_flushes_the_answer_first),
		cmocka_unit_test(test_abort_discards_and_resets),
		cmocka_unit_test(test_a_failed_start_never_was),
		cmocka_unit_test(test_a_refused_connection_is_ended),
		cmocka_unit_test(test_connections_over_the_limit_are_refused),
		cmocka_unit_test(test_connections_of_one_source_are_limited),
		cmocka_unit_test(test_behind_a_balancer_the_clients_are_counted_not_the_balancer),
		cmocka_unit_test(test_the_accept_rate_delays_and_loses_nobody),
		cmocka_unit_test(test_accept_survives_running_out_of_descriptors),
		cmocka_unit_test(test_a_paused_listener_takes_nobody_until_resumed),
		cmocka_unit_test(test_a_shard_adopts_anothers_socket),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
