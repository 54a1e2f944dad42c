/* Listeners at run time and in want: epochs, memory, drains, sockets that move, PROXY. */
#include "core/listener_internal.h"
#include "core/network.h"
#include "probe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* ---- the configuration holds for one callback, in those of a new connection, too ---- */

static unsigned released;

static void
count_release(void *config)
{
	(void)config;
	released++;
}

static void
change_config(struct sb_session *s)
{
	static int values[2];
	struct sb_node *node = sb_session_node(s);
	unsigned before = released;

	assert_int_equal(sb_node_set_config(node, &values[0], count_release), 0);
	before = released;
	assert_ptr_equal(sb_node_config(node), &values[0]);
	assert_int_equal(sb_node_set_config(node, &values[1], count_release), 0);
	assert_int_equal(released, before); /* we may still look at the first */
}

static int
change_at_start(struct sb_session *s, struct probe *p)
{
	(void)p;
	change_config(s);
	return 0;
}

static void
test_a_configuration_outlives_the_callback_that_sees_it(void **state)
{
	struct probe server = {.on_start = change_at_start, .on_connected = change_at_start};
	struct fixture f;

	(void)state;
	released = 0;
	fixture_init(&f, 1, &probe_module, &server, NULL);
	sim_connect(f.sim, f.port);
	wait_count(&f, &server.connected, 1);
	run_ms(&f, 1);
	assert_int_equal(released, 3);
	fixture_fini(&f);
	assert_int_equal(released, 4);
}

static uint16_t far_port;

static int
connect_there(struct sb_session *s, struct probe *p)
{
	struct sb_connector_options options = {.host = "127.0.0.1", .port = far_port};

	(void)p;
	return sb_connect(s, &options);
}

static void
test_it_does_so_when_we_are_who_connects(void **state)
{
	struct probe client = {.on_start = connect_there, .on_connected = change_at_start};
	struct fixture f;

	(void)state;
	fixture_init(&f, 1, &probe_module, NULL, NULL);
	far_port = 9999;
	sim_listen(f.sim, far_port);
	start_probe(&f, &client, 0);
	wait_count(&f, &client.connected, 1);
	fixture_fini(&f);
}

/* ---- want of memory ---- */

/* The kernel spreads connections over all sockets: one that nobody accepts on would keep its own
 * waiting for ever. */
static void
test_each_socket_has_its_shard_or_there_is_no_listener(void **state)
{
	struct sb_listener_options options = {
		.name = "more", .address = "127.0.0.1:0", .module = &probe_module};
	struct probe server = {0};
	struct sb_listener *opened;
	int err = SB_ENOMEM;
	struct fixture f;

	(void)state;
	fixture_init(&f, 2, &probe_module, &server, NULL);
	options.args = &server;
	for (uint64_t n = 1; err; n++) {
		sim_fail_allocation(f.sim, n);
		err = sb_listen(f.node, &options, &opened);
		sim_fail_allocation(f.sim, 0);
		assert_true(!err || err == SB_ENOMEM);
	}
	run_ms(&f, 1);
	assert_int_equal(opened->acceptor_count, 2);
	for (size_t i = 0; i < opened->acceptor_count; i++)
		assert_non_null(opened->acceptors[i].shard);
	fixture_fini(&f);
}

#define TIMED 80

static struct sb_timer timers[TIMED];

static void
fire(struct sb_session *s, struct sb_timer *timer)
{
	(void)s;
	(void)timer;
}

static int
start_timer(struct sb_session *s, struct probe *p)
{
	sb_timer_start(s, p->context, 3600000, fire);
	return 0;
}

/* However many deadlines there are, and however little memory, a listener can wait for its own. */
static void
test_a_listener_pauses_without_memory(void **state)
{
	static struct probe probes[TIMED];
	struct sb_limits limits = {.accept_rate = 1};

	(void)state;
	for (int count = 56; count < TIMED; count++) {
		struct probe server = {0};
		struct fixture f;

		fixture_init(&f, 1, &probe_module, &server, &limits);
		sim_connect(f.sim, f.port);
		wait_count(&f, &server.connected, 1);
		run_ms(&f, 2000); /* its pause is over, and its deadline gone */
		for (int i = 0; i < count; i++) {
			memset(&timers[i], 0, sizeof(timers[i]));
			probes[i] = (struct probe){.on_start = start_timer, .context = &timers[i]};
			start_probe(&f, &probes[i], 0);
		}
		sim_starve(f.sim, true);
		sim_connect(f.sim, f.port);
		run_ms(&f, 1);
		sim_starve(f.sim, false);
		sim_connect(f.sim, f.port);
		wait_count(&f, &server.connected, 2);
		fixture_fini(&f);
	}
}

static void
test_a_socket_moves_without_memory(void **state)
{
	struct probe server = {0};
	struct sb_acceptor *acceptor;
	struct fixture f;

	(void)state;
	fixture_init(&f, 2, &probe_module, &server, NULL);
	acceptor = &f.listener->acceptors[0];
	assert_int_equal(sb_listener_assign(f.listener, 0, 1), 0);
	sim_starve(f.sim, true);
	run_ms(&f, 1);
	sim_starve(f.sim, false);
	assert_int_equal(((struct sb_shard *)acceptor->shard)->index, 1);
	assert_int_equal(sb_listener_assign(f.listener, 0, 0), 0); /* and may move again */
	fixture_fini(&f);
}

static void
test_a_pause_that_is_not_told_does_not_spin(void **state)
{
	struct probe server = {0};
	struct fixture f;

	(void)state;
	fixture_init(&f, 1, &probe_module, &server, NULL);
	sim_starve(f.sim, true);
	sb_listener_pause(f.listener);
	sim_starve(f.sim, false);
	sim_connect(f.sim, f.port);
	turn(&f, 0);
	assert_int_equal(f.listener->acceptors[0].io.events, 0);
	assert_int_equal(server.started, 0);
	sb_listener_resume(f.listener);
	wait_count(&f, &server.connected, 1);
	fixture_fini(&f);
}

/* ---- sockets given to us ---- */

static void
test_sockets_that_cannot_be_taken_stay_the_callers(void **state)
{
	struct probe server = {0};
	struct sb_listener *opened;
	struct fixture f;
	int fds[2], stream;

	(void)state;
	fixture_init(&f, 1, &probe_module, &server, NULL);
	sim_connect(f.sim, f.port);
	wait_count(&f, &server.connected, 1);
	stream = server.session->connection->io.fd;
	{
		union sb_socket_address any = {.v4 = {.sin_family = AF_INET}};
		const struct sb_env *env = sim_env(f.sim);
		struct sb_listener_options options = {
			.fds = fds, .fd_count = 2, .module = &probe_module, .args = &server};

		assert_int_equal(env->socket_listen(env->context, &any, 1, true, &fds[0]), 0);
		fds[1] = stream; /* cannot be listened on */
		assert_int_equal(sb_listen(f.node, &options, &opened), SB_EINVAL);
		env->socket_close(env->context, fds[0]); /* fails the run if it were closed */
	}
	fixture_fini(&f);
}

/* ---- PROXY ---- */

static void
test_sources_behind_a_proxy_are_counted_one_by_one(void **state)
{
	static const char *const headers[] = {
		"PROXY TCP4 192.0.2.1 192.0.2.9 1000 2000\r\n",
		"PROXY TCP4 192.0.2.2 192.0.2.9 1000 2000\r\n",
		"PROXY TCP4 192.0.2.1 192.0.2.9 1001 2000\r\n",
	};
	struct sb_limits limits = {.max_connections_per_source = 1};
	struct sb_network proxies;
	struct probe server = {0};
	struct sb_listener_options options = {.name = "proxied",
		.address = "127.0.0.1:0",
		.module = &probe_module,
		.args = &server,
		.limits = &limits,
		.proxy = SB_PROXY_V1,
		.proxy_networks = &proxies,
		.proxy_network_count = 1};
	struct sim_peer *peers[3];
	struct sb_listener *opened;
	struct fixture f;

	(void)state;
	assert_int_equal(sb_network_parse("127.0.0.0/8", &proxies), 0);
	fixture_init(&f, 1, &probe_module, NULL, NULL);
	assert_int_equal(sb_listen(f.node, &options, &opened), 0);
	run_ms(&f, 1);
	for (int i = 0; i < 3; i++) {
		peers[i] = sim_connect(f.sim, sb_listener_port(opened));
		sim_send(peers[i], headers[i], strlen(headers[i]));
		run_ms(&f, 1);
	}
	assert_int_equal(server.connected, 2);
	assert_true(sim_is_closed(peers[2]));
	assert_int_equal(sb_listener_connections(opened), 2);
	sim_reset(peers[0]);
	run_ms(&f, 1);
	peers[2] = sim_connect(f.sim, sb_listener_port(opened));
	sim_send(peers[2], headers[2], strlen(headers[2]));
	wait_count(&f, &server.connected, 3);
	fixture_fini(&f);
}

static void
test_a_slow_proxy_header_meets_its_deadline(void **state)
{
	struct sb_limits limits = {.handshake_ms = 1000};
	struct sb_network proxies;
	struct probe server = {0};
	struct sb_listener_options options = {.name = "proxied",
		.address = "127.0.0.1:0",
		.module = &probe_plain_module,
		.args = &server,
		.limits = &limits,
		.proxy = SB_PROXY_V1,
		.proxy_networks = &proxies,
		.proxy_network_count = 1};
	struct sb_listener *opened;
	struct sim_peer *peer;
	struct fixture f;

	(void)state;
	assert_int_equal(sb_network_parse("127.0.0.0/8", &proxies), 0);
	fixture_init(&f, 1, &probe_module, NULL, NULL);
	assert_int_equal(sb_listen(f.node, &options, &opened), 0);
	run_ms(&f, 1);
	peer = sim_connect(f.sim, sb_listener_port(opened));
	for (int i = 0; i < 9; i++) {
		sim_send(peer, &"PROXY TCP4"[i], 1);
		run_ms(&f, 100);
	}
	assert_int_equal(server.closed, 0);
	run_ms(&f, 200);
	assert_int_equal(server.closed, 1);
	assert_int_equal(server.end, SB_END_DEADLINE);
	assert_int_equal(counter_value(&f, "sb_limit_hits_total", "limit", "handshake_ms"), 1);
	fixture_fini(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_configuration_outlives_the_callback_that_sees_it),
		cmocka_unit_test(test_it_does_so_when_we_are_who_connects),
		cmocka_unit_test(test_each_socket_has_its_shard_or_there_is_no_listener),
		cmocka_unit_test(test_a_listener_pauses_without_memory),
		cmocka_unit_test(test_a_socket_moves_without_memory),
		cmocka_unit_test(test_a_pause_that_is_not_told_does_not_spin),
		cmocka_unit_test(test_sockets_that_cannot_be_taken_stay_the_callers),
		cmocka_unit_test(test_sources_behind_a_proxy_are_counted_one_by_one),
		cmocka_unit_test(test_a_slow_proxy_header_meets_its_deadline),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
