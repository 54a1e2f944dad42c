/* Outbound sessions: connecting, refusal, back-off, reconnecting, on the simulated machine. */
#include "probe.h"

#include <netinet/tcp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define FAR_PORT 9999

static struct sb_connector_options far = {.host = "127.0.0.1", .port = FAR_PORT};

static int
connect_far(struct sb_session *s, struct probe *p)
{
	(void)p;
	return sb_connect(s, &far);
}

static ssize_t
echo(struct sb_session *s, struct probe *p, struct sb_bytes in)
{
	(void)p;
	sb_write(s, in.data, in.size);
	return (ssize_t)in.size;
}

static void
test_it_connects_and_speaks(void **state)
{
	struct probe a = {.on_start = connect_far, .on_received = echo};
	struct fixture f;
	struct sim_peer *peer;

	(void)state;
	far = (struct sb_connector_options){.host = "127.0.0.1", .port = FAR_PORT};
	fixture_init(&f, 1, &probe_module, NULL, NULL);
	sim_listen(f.sim, FAR_PORT);
	start_probe(&f, &a, 0);
	wait_count(&f, &a.connected, 1);
	peer = sim_accept(f.sim, FAR_PORT);
	assert_non_null(peer);
	sim_send(peer, "hi", 2);
	run_ms(&f, 1);
	assert_memory_equal(sim_received(peer).data, "hi", 2);
	fixture_fini(&f);
}

static void
test_a_refused_connection_is_told_and_stays_the_sessions_affair(void **state)
{
	struct probe a = {.on_start = connect_far};
	struct fixture f;

	(void)state;
	far = (struct sb_connector_options){.host = "127.0.0.1", .port = FAR_PORT};
	fixture_init(&f, 1, &probe_module, NULL, NULL); /* nobody listens on FAR_PORT */
	start_probe(&f, &a, 0);
	wait_count(&f, &a.disconnected, 1);
	assert_int_equal(a.disconnect_reason, SB_END_CONNECT);
	run_ms(&f, 5000);
	assert_int_equal(a.disconnected, 1);
	assert_int_equal(a.connected, 0);
	fixture_fini(&f);
}

static void
test_it_reconnects_with_growing_delays_until_somebody_is_there(void **state)
{
	struct probe a = {.on_start = connect_far};
	struct fixture f;
	struct sim_peer *peer;

	(void)state;
	far = (struct sb_connector_options){.host = "127.0.0.1",
		.port = FAR_PORT,
		.reconnect = true,
		.backoff_min_ms = 100,
		.backoff_max_ms = 1600};
	fixture_init(&f, 1, &probe_module, NULL, NULL);
	start_probe(&f, &a, 0);
	/* At most 1.6 s and at least 0.8 s apart once it has grown: 5 + 10..20 attempts in 16 s. */
	run_ms(&f, 16000);
	assert_in_range(a.disconnected, 10, 30);
	sim_listen(f.sim, FAR_PORT);
	wait_count(&f, &a.connected, 1);
	assert_int_equal(a.started, 1); /* the same session, the same address */
	peer = sim_accept(f.sim, FAR_PORT);
	sim_reset(peer);
	wait_count(&f, &a.connected, 2);
	assert_int_equal(a.closed, 0);
	fixture_fini(&f);
}

static void
test_the_peers_polite_end_reconnects_too(void **state)
{
	struct probe a = {.on_start = connect_far};
	struct fixture f;

	(void)state;
	far = (struct sb_connector_options){
		.host = "127.0.0.1", .port = FAR_PORT, .reconnect = true, .backoff_min_ms = 10};
	fixture_init(&f, 1, &probe_plain_module, NULL, NULL);
	sim_listen(f.sim, FAR_PORT);
	{
		struct sb_child_spec spec = {.module = &probe_plain_module, .args = &a};

		assert_int_equal(sb_node_start_child(f.node, &spec), 0);
	}
	for (unsigned i = 1; i <= 5; i++) {
		wait_count(&f, &a.connected, i);
		sim_finish(sim_accept(f.sim, FAR_PORT));
	}
	wait_count(&f, &a.connected, 6);
	assert_int_equal(a.closed, 0);
	fixture_fini(&f);
}

static void
test_a_node_connects_to_itself_across_shards(void **state)
{
	struct probe server = {.on_received = echo}, client = {.on_start = connect_far};
	struct fixture f;

	(void)state;
	fixture_init(&f, 2, &probe_plain_module, &server, NULL);
	far = (struct sb_connector_options){.host = "127.0.0.1", .port = f.port};
	start_probe(&f, &client, 1);
	wait_count(&f, &client.connected, 1);
	wait_count(&f, &server.connected, 1);
	fixture_fini(&f);
}

static void
connect_twice(struct sb_session *s, struct probe *p, struct sb_message *m)
{
	(void)m;
	p->last_status = sb_connect(s, &far);
}

static void
test_a_second_connect_is_refused_while_one_is_there(void **state)
{
	struct probe a = {.on_start = connect_far, .on_message = connect_twice};
	struct fixture f;

	(void)state;
	far = (struct sb_connector_options){.host = "127.0.0.1", .port = FAR_PORT};
	fixture_init(&f, 1, &probe_module, NULL, NULL);
	sim_listen(f.sim, FAR_PORT);
	start_probe(&f, &a, 0);
	wait_count(&f, &a.connected, 1);
	sb_node_post(f.node, a.self, 0, 0, SB_NOTHING);
	wait_count(&f, &a.messages, 1);
	assert_int_equal(a.last_status, SB_EEXIST);
	fixture_fini(&f);
}

static int
accepts_on(struct fixture *f, uint16_t port)
{
	int count = 0;

	while (sim_accept(f->sim, port))
		count++;
	return count;
}

static void
connect_elsewhere(struct sb_session *s, struct probe *p)
{
	struct sb_connector_options other = {.host = "localhost", .port = FAR_PORT + 1};

	(void)p;
	if (p->disconnected == 1)
		assert_int_equal(sb_connect(s, &other), 0);
}

static void
test_an_answer_of_the_resolver_to_an_earlier_connect_is_dropped(void **state)
{
	struct probe a = {.on_start = connect_far, .on_disconnected = connect_elsewhere};
	struct fixture f;

	(void)state;
	far = (struct sb_connector_options){
		.host = "localhost", .port = FAR_PORT, .connect_ms = 100};
	fixture_init(&f, 1, &probe_module, NULL, NULL);
	sim_listen(f.sim, FAR_PORT);
	sim_listen(f.sim, FAR_PORT + 1);
	sim_hold_work(f.sim, true);
	start_probe(&f, &a, 0);
	wait_count(&f, &a.disconnected, 1); /* too late */
	run_ms(&f, 10);
	sim_hold_work(f.sim, false);
	wait_count(&f, &a.connected, 1);
	run_ms(&f, 10);
	assert_int_equal(accepts_on(&f, FAR_PORT), 0);
	assert_int_equal(accepts_on(&f, FAR_PORT + 1), 1);
	fixture_fini(&f);
}

static void
test_a_node_may_end_while_a_name_is_looked_up(void **state)
{
	struct probe a = {.on_start = connect_far};
	struct fixture f;

	(void)state;
	far = (struct sb_connector_options){.host = "localhost", .port = FAR_PORT};
	fixture_init(&f, 1, &probe_module, NULL, NULL);
	sim_hold_work(f.sim, true);
	start_probe(&f, &a, 0);
	fixture_fini(&f); /* the look-up completes after the node has gone */
	assert_int_equal(a.closed, 1);
	assert_int_equal(a.disconnected, 0);
}

static void
close_it(struct sb_session *s, struct probe *p, struct sb_message *m)
{
	(void)p;
	(void)m;
	sb_close(s, SB_END_LOCAL);
}

static void
test_the_limits_of_a_connector_hold_until_the_connection_has_ended(void **state)
{
	struct sb_limits limits = {.linger_ms = 300};
	struct probe a = {.on_start = connect_far, .on_message = close_it};
	struct fixture f;

	(void)state;
	far = (struct sb_connector_options){
		.host = "127.0.0.1", .port = FAR_PORT, .limits = &limits, .reconnect = true};
	fixture_init(&f, 1, &probe_module, NULL, NULL);
	sim_listen(f.sim, FAR_PORT);
	start_probe(&f, &a, 0);
	wait_count(&f, &a.connected, 1);
	sb_node_post(f.node, a.self, 0, 0, SB_NOTHING);
	run_ms(&f, 200);
	assert_int_equal(a.closed, 0); /* the peer does not end: it lingers */
	run_ms(&f, 200);
	assert_int_equal(a.closed, 1);
	fixture_fini(&f);
}

/* Frames of 100,000 octets: more than the default, less than the module's bound. */
static ssize_t
large_frames(struct sb_session *s, struct probe *p, struct sb_bytes in)
{
	(void)s;
	(void)p;
	return in.size < 100000 ? 0 : 100000;
}

static struct sb_module large_module;

static void
test_frames_of_outbound_sessions_are_bounded_by_their_module(void **state)
{
	static const char octets[100000];
	struct sb_limits some = {.idle_ms = 5000};

	(void)state;
	large_module = probe_module;
	large_module.max_frame = 128u << 10;
	for (int i = 0; i < 2; i++) {
		struct probe a = {.on_start = connect_far, .on_received = large_frames};
		struct sb_child_spec spec = {
			.module = &large_module, .args = &a, .limits = i ? &some : NULL};
		struct fixture f;

		far = (struct sb_connector_options){.host = "127.0.0.1", .port = FAR_PORT};
		fixture_init(&f, 1, &probe_module, NULL, NULL);
		sim_listen(f.sim, FAR_PORT);
		assert_int_equal(sb_node_start_child(f.node, &spec), 0);
		wait_count(&f, &a.connected, 1);
		sim_send(sim_accept(f.sim, FAR_PORT), octets, sizeof(octets));
		run_ms(&f, 10);
		assert_int_equal(a.disconnected + a.closed, 0);
		assert_int_not_equal(a.received_calls, 0);
		assert_int_equal(counter_value(&f, "sb_limit_hits_total", "limit", "max_frame"), 0);
		fixture_fini(&f);
	}
}

static int
option_of(int fd, int level, int name)
{
	socklen_t size = sizeof(int);
	int value = 0;

	assert_int_equal(getsockopt(fd, level, name, &value, &size), 0);
	return value;
}

static void
test_socket_options_are_set_and_zeros_are_not(void **state)
{
	const struct sb_socket_options options = {.is_delayed = true,
		.keepalive_s = 33,
		.unacked_ms = 4000,
		.send_bytes = 20000,
		.receive_bytes = 30000};
	const struct sb_env *env = sb_env_system();
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)state;
	assert_int_equal(env->socket_tune(NULL, fd, &(struct sb_socket_options){0}), 0);
	assert_int_equal(option_of(fd, SOL_SOCKET, SO_KEEPALIVE), 0);
	assert_int_equal(env->socket_tune(NULL, fd, &options), 0);
	assert_int_equal(option_of(fd, IPPROTO_TCP, TCP_NODELAY), 0);
	assert_int_equal(option_of(fd, SOL_SOCKET, SO_KEEPALIVE), 1);
	assert_int_equal(option_of(fd, IPPROTO_TCP, TCP_KEEPIDLE), 33);
	assert_int_equal(option_of(fd, IPPROTO_TCP, TCP_USER_TIMEOUT), 4000);
	/* The kernel doubles them. */
	assert_int_equal(option_of(fd, SOL_SOCKET, SO_SNDBUF), 40000);
	assert_int_equal(option_of(fd, SOL_SOCKET, SO_RCVBUF), 60000);
	close(fd);
	assert_true(env->socket_tune(NULL, fd, &options) < 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_it_connects_and_speaks),
		cmocka_unit_test(test_a_refused_connection_is_told_and_stays_the_sessions_affair),
		cmocka_unit_test(test_it_reconnects_with_growing_delays_until_somebody_is_there),
		cmocka_unit_test(test_the_peers_polite_end_reconnects_too),
		cmocka_unit_test(test_a_node_connects_to_itself_across_shards),
		cmocka_unit_test(test_a_second_connect_is_refused_while_one_is_there),
		cmocka_unit_test(test_an_answer_of_the_resolver_to_an_earlier_connect_is_dropped),
		cmocka_unit_test(test_a_node_may_end_while_a_name_is_looked_up),
		cmocka_unit_test(
			test_the_limits_of_a_connector_hold_until_the_connection_has_ended),
		cmocka_unit_test(test_frames_of_outbound_sessions_are_bounded_by_their_module),
		cmocka_unit_test(test_socket_options_are_set_and_zeros_are_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
