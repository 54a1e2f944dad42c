/*
 * The real environment: threads, libev, sockets. Two nodes run in this process at
 * once, and talk over TCP; what is shared between threads is what ThreadSanitizer
 * is here for.
 */
#include "core/switchboard.h"
#include "tests/core/tls_pair.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define SHARDS   3
#define CLIENTS  24
#define ROUNDS   50
#define DEADLINE 30 /* seconds: a bound of the test, not a wait */

struct shared {
	struct sb_address taker[SHARDS];
	_Atomic unsigned takers;
	_Atomic unsigned handed, finished, closed, relayed;
	struct sb_node *client_node;
	struct sb_tls *server_tls, *client_tls; /* NULL: plain TCP */
	uint16_t port;
};

static struct shared shared;

/* ---- server: every connection is given to a session of another shard, which echoes ---- */

static int
taker_start(struct sb_session *s, const void *args)
{
	(void)args;
	atomic_fetch_add(&shared.takers, 1);
	(void)s;
	return 0;
}

static int
taker_connected(struct sb_session *s, const struct sb_peer *peer)
{
	(void)s;
	/* What TLS proved on the giver's thread holds on this one. */
	if (shared.server_tls)
		assert_string_equal(peer->tls->common_name, "client");
	atomic_fetch_add(&shared.handed, 1);
	return 0;
}

static ssize_t
taker_received(struct sb_session *s, struct sb_bytes in)
{
	sb_write(s, in.data, in.size);
	return (ssize_t)in.size;
}

static void
taker_closed(struct sb_session *s, enum sb_end why)
{
	(void)s;
	(void)why;
	atomic_fetch_add(&shared.closed, 1);
}

static const struct sb_module taker = {
	.abi = SB_MODULE_ABI,
	.name = "taker",
	.start = taker_start,
	.connected = taker_connected,
	.received = taker_received,
	.closed = taker_closed,
};

/* Spawns a taker on its own shard, asks a relay of the next shard to do the same there. */
enum { MAKE = 1 };

static struct sb_address relays[SHARDS];
static _Atomic unsigned relay_count;

static int
relay_start(struct sb_session *s, const void *args)
{
	(void)args;
	relays[sb_session_shard(s)] = sb_self(s);
	atomic_fetch_add(&relay_count, 1);
	return 0;
}

static void
relay_message(struct sb_session *s, struct sb_message *m)
{
	struct sb_child_spec spec = {.module = &taker};
	struct sb_address address;

	if (m->type != MAKE)
		return;
	assert_int_equal(sb_spawn(s, &spec, &address), 0);
	atomic_fetch_add(&shared.relayed, 1);
	sb_reply(s, sb_message_from(m), 0, SB_COPY(&address, sizeof(address)));
}

static const struct sb_module relay = {
	.abi = SB_MODULE_ABI,
	.name = "relay",
	.start = relay_start,
	.message = relay_message,
};

struct greeter {
	struct sb_address to;
};

static int
greeter_connected(struct sb_session *s, const struct sb_peer *peer)
{
	uint64_t ref;

	(void)peer;
	return sb_call(s, relays[(sb_session_shard(s) + 1) % SHARDS], MAKE, SB_NOTHING, 0, &ref);
}

static void
greeter_message(struct sb_session *s, struct sb_message *m)
{
	struct greeter *g = sb_state(s);

	assert_int_equal(m->status, 0);
	memcpy(&g->to, m->data, sizeof(g->to));
	sb_resume(s);
}

static ssize_t
greeter_received(struct sb_session *s, struct sb_bytes in)
{
	struct greeter *g = sb_state(s);

	(void)in;
	if (sb_address_is_null(g->to)) {
		sb_hold(s, "relay");
		return 0;
	}
	assert_int_equal(sb_hand_over(s, g->to, 0), 0);
	return 1;
}

static const struct sb_module greeter = {
	.abi = SB_MODULE_ABI,
	.name = "greeter",
	.state_size = sizeof(struct greeter),
	.connected = greeter_connected,
	.message = greeter_message,
	.received = greeter_received,
};

/* ---- clients ---- */

struct client {
	unsigned rounds;
};

static int
client_start(struct sb_session *s, const void *args)
{
	struct sb_connector_options options = {
		.host = "127.0.0.1", .port = shared.port, .tls = shared.client_tls};

	(void)args;
	return sb_connect(s, &options);
}

static int
client_connected(struct sb_session *s, const struct sb_peer *peer)
{
	(void)peer;
	return sb_write(s, "!abcdefgh", 9);
}

static ssize_t
client_received(struct sb_session *s, struct sb_bytes in)
{
	struct client *c = sb_state(s);

	if (in.size < 8)
		return 0;
	assert_memory_equal(in.data, "abcdefgh", 8);
	if (++c->rounds < ROUNDS) {
		sb_write(s, "abcdefgh", 8);
		return 8;
	}
	if (atomic_fetch_add(&shared.finished, 1) + 1 == CLIENTS)
		sb_node_stop(shared.client_node);
	sb_close(s, SB_END_LOCAL);
	return 8;
}

static const struct sb_module client = {
	.abi = SB_MODULE_ABI,
	.name = "client",
	.state_size = sizeof(struct client),
	.start = client_start,
	.connected = client_connected,
	.received = client_received,
};

static void *
run_node(void *node)
{
	assert_int_equal(sb_node_run(node), 0);
	return NULL;
}

static void
join(pthread_t thread)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += DEADLINE;
	assert_int_equal(pthread_timedjoin_np(thread, NULL, &until), 0);
}

static void
start_relays(struct sb_node *node)
{
	for (int i = 0; i < SHARDS; i++) {
		struct sb_child_spec spec = {.module = &relay, .shard = i};

		assert_int_equal(sb_node_start_child(node, &spec), 0);
	}
}

static void
wait_for(_Atomic unsigned *counter, unsigned value)
{
	struct timespec pause = {.tv_nsec = 1000000};

	for (int i = 0; i < DEADLINE * 1000 && atomic_load(counter) < value; i++)
		nanosleep(&pause, NULL);
	assert_int_equal(atomic_load(counter), value);
}

static void
hand_over_and_echo(struct sb_tls *server_tls, struct sb_tls *client_tls)
{
	struct sb_log_options log_options = {.level = SB_LOG_ERROR, .fd = STDERR_FILENO};
	struct sb_log *log = sb_log_new(&log_options);
	struct sb_node_options options = {.threads = SHARDS, .log = log};
	struct sb_listener_options listener = {
		.name = "test", .address = "127.0.0.1:0", .module = &greeter, .tls = server_tls};
	struct sb_listener *opened;
	struct sb_node *server;
	pthread_t server_thread, client_thread;

	memset(&shared, 0, sizeof(shared));
	atomic_store(&relay_count, 0);
	shared.server_tls = server_tls;
	shared.client_tls = client_tls;
	assert_int_equal(sb_node_new(&server, &options), 0);
	assert_int_equal(sb_node_new(&shared.client_node, &options), 0);
	start_relays(server);
	assert_int_equal(sb_listen(server, &listener, &opened), 0);
	shared.port = sb_listener_port(opened);
	assert_int_equal(pthread_create(&server_thread, NULL, run_node, server), 0);
	wait_for(&relay_count, SHARDS);
	for (int i = 0; i < CLIENTS; i++) {
		struct sb_child_spec spec = {.module = &client, .shard = i % SHARDS};

		assert_int_equal(sb_node_start_child(shared.client_node, &spec), 0);
	}
	assert_int_equal(pthread_create(&client_thread, NULL, run_node, shared.client_node), 0);
	join(client_thread);
	sb_node_stop(server);
	join(server_thread);
	assert_int_equal(atomic_load(&shared.finished), CLIENTS);
	assert_int_equal(atomic_load(&shared.handed), CLIENTS);
	assert_int_equal(atomic_load(&shared.closed), CLIENTS);
	sb_node_free(shared.client_node);
	sb_node_free(server);
	sb_log_free(log);
}

static void
test_two_nodes_hand_over_and_echo_across_threads(void **state)
{
	(void)state;
	hand_over_and_echo(NULL, NULL);
}

/* One context for all threads, and connections that move between them. */
static void
test_they_do_so_over_tls(void **state)
{
	struct certificates certificates;
	struct sb_tls *server, *client_tls;

	(void)state;
	assert_int_equal(certificates_open(&certificates), 0);
	server = tls_server_of(&certificates, "server", SB_TLS_VERIFY_REQUIRED, "ca");
	client_tls = tls_client_of(&certificates, "client", SB_TLS_VERIFY_REQUIRED, "ca");
	hand_over_and_echo(server, client_tls);
	sb_tls_free(server);
	sb_tls_free(client_tls);
	certificates_close(&certificates);
}

/* ---- a stop, whenever it comes ---- */

static int
opener_start(struct sb_session *s, const void *args)
{
	return sb_listen(sb_session_node(s), args, NULL);
}

static const struct sb_module opener = {
	.abi = SB_MODULE_ABI,
	.name = "opener",
	.start = opener_start,
};

/* Sockets are on their way to their shards meanwhile, and a listener is opened on one of them. */
static void
test_a_node_that_is_stopped_as_it_starts_stops(void **state)
{
	struct sb_log_options log_options = {.level = SB_LOG_FATAL, .fd = STDERR_FILENO};
	struct sb_listener_options listener = {
		.name = "early", .address = "127.0.0.1:0", .module = &client};
	struct sb_child_spec spec = {
		.module = &opener, .args = &listener, .restart = SB_TEMPORARY, .shard = 2};

	(void)state;
	for (int round = 0; round < 20; round++) {
		struct sb_log *log = sb_log_new(&log_options);
		struct sb_node_options options = {.threads = SHARDS, .log = log};
		struct sb_node *node;

		assert_int_equal(sb_node_new(&node, &options), 0);
		assert_int_equal(sb_listen(node, &listener, NULL), 0);
		assert_int_equal(sb_node_start_child(node, &spec), 0);
		sb_node_stop(node);
		assert_int_equal(sb_node_run(node), 0);
		sb_node_free(node);
		sb_log_free(log);
	}
}

/* The kernel alone would let both have it, and each would get half of the connections. */
static void
test_an_address_that_others_listen_on_is_refused(void **state)
{
	struct sb_node_options options = {.threads = SHARDS};
	struct sb_listener_options listener = {
		.name = "first", .address = "127.0.0.1:0", .module = &client};
	struct sb_listener *first;
	char address[SB_SOCKADDR_TEXT_MAX];
	struct sb_node *node, *other;

	(void)state;
	assert_int_equal(sb_node_new(&node, &options), 0);
	assert_int_equal(sb_node_new(&other, &options), 0);
	assert_int_equal(sb_listen(node, &listener, &first), 0);
	snprintf(address, sizeof(address), "127.0.0.1:%u", sb_listener_port(first));
	listener.address = address;
	assert_int_equal(sb_listen(other, &listener, NULL), SB_EADDRINUSE);
	sb_node_free(node);
	assert_int_equal(sb_listen(other, &listener, NULL), 0);
	sb_node_free(other);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_node_that_is_stopped_as_it_starts_stops),
		cmocka_unit_test(test_an_address_that_others_listen_on_is_refused),
		cmocka_unit_test(test_two_nodes_hand_over_and_echo_across_threads),
		cmocka_unit_test(test_they_do_so_over_tls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
