/* A daemon: its port, and whose children its sessions are. */
#include "protocols/erps/daemon.h"

#include "core/node.h"
#include "core/registry.h"
#include "tests/sim/simulation.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct simulation *sim;
static struct sb_log *quiet;
static struct sb_node *node;
static struct erps_daemon *echo_daemon;
static unsigned inits, ends;

static int
on_init(struct sb_session *s, const void *args)
{
	assert_non_null(sb_session_peer(s));
	assert_string_equal(args, "args");
	inits++;
	return 0;
}

static void
on_call(struct sb_session *s, struct erps_from from, struct erps_term request)
{
	(void)erps_reply(s, from, request);
}

static void
on_terminate(struct sb_session *s, enum sb_end why)
{
	(void)s;
	(void)why;
	ends++;
}

static const struct erps_service service = {
	.name = "echo", .init = on_init, .handle_call = on_call, .terminate = on_terminate};

static int
opened(void **state)
{
	static const struct sim_options calm = {.is_calm = true};
	static const struct sb_log_options log = {.level = SB_LOG_FATAL, .fd = 2};
	struct sb_node_options options = {.threads = 2};

	(void)state;
	quiet = sb_log_new(&log);
	options.log = quiet;
	inits = ends = 0;
	echo_daemon = NULL;
	sim = sim_new(&calm);
	options.env = sim_env(sim);
	assert_int_equal(sb_node_new(&node, &options), 0);
	sim_attach(sim, node);
	return 0;
}

static int
closed(void **state)
{
	(void)state;
	sb_node_stop(node);
	sim_run_for(sim, UINT64_C(30000000000));
	assert_true(sb_node_is_stopped(node));
	assert_int_equal(inits, ends);
	sb_node_free(node);
	erps_daemon_free(echo_daemon);
	sb_log_free(quiet);
	assert_int_equal(sim_open_sockets(sim), 0);
	assert_int_equal(sim_live_allocations(sim), 0);
	sim_free(sim);
	return 0;
}

static void
pass(uint64_t ms)
{
	sim_run_for(sim, ms * 1000000);
}

static void
start(struct erps_daemon_options options, int wanted)
{
	assert_int_equal(erps_daemon_start(&echo_daemon, node, &service, "args", &options), wanted);
}

/* A call on a connection of its own. */
static bool
is_served(struct sim_peer *peer)
{
	static const uint8_t payload[] = {131, 104, 2, 98, 16, 0, 0, 0, 119, 1, 'x'};
	const struct erps_packet packet = {
		.type = ERPS_CALL, .payload = sb_bytes(payload, sizeof(payload))};
	uint8_t octets[128];
	struct sb_writer w = sb_writer_of(octets, sizeof(octets));

	assert_int_equal(erps_packet_encode(&w, &packet), 0);
	sim_consume(peer, sim_received(peer).size);
	sim_send(peer, octets, sb_writer_size(&w));
	pass(1);
	return sim_received(peer).size == sb_writer_size(&w);
}

static void
test_any_free_port_is_told(void **state)
{
	(void)state;
	start((struct erps_daemon_options){0}, 0);
	assert_true(erps_daemon_port(echo_daemon) > 0);
	pass(1);
	assert_true(is_served(sim_connect(sim, erps_daemon_port(echo_daemon))));
	assert_int_equal(inits, 1);
}

static void
test_a_mistaken_option_starts_nothing(void **state)
{
	static const struct erps_access_rule rule = {.network = "nowhere"};

	(void)state;
	start((struct erps_daemon_options){.address = "here"}, SB_EINVAL);
	assert_null(echo_daemon);
	start((struct erps_daemon_options){.service.versions = "=> 1"}, SB_EINVAL);
	start((struct erps_daemon_options){.service = {.access = &rule, .access_count = 1}},
		SB_EINVAL);
	start((struct erps_daemon_options){.service.identifier =
						   "thirty-seven octets are one over the.."},
		SB_EINVAL);
	start((struct erps_daemon_options){.service.max_payload = UINT32_MAX}, SB_EINVAL);
	assert_null(echo_daemon);
}

/* ---- a supervisor of the caller's ---- */

static void
start_supervisor(uint32_t max_children)
{
	const struct sb_supervisor_options options = {
		.name = "servers", .max_children = max_children};
	const struct sb_child_spec spec = {.id = "servers",
		.module = &sb_supervisor_module,
		.args = &options,
		.args_size = sizeof(options)};

	assert_int_equal(sb_node_start_child(node, &spec), 0);
	pass(1);
}

static void
test_sessions_are_children_of_the_supervisor_by_its_name(void **state)
{
	struct sim_peer *first, *second, *third;

	(void)state;
	start_supervisor(2);
	start((struct erps_daemon_options){.server_supervisor = "servers"}, 0);
	pass(1);
	first = sim_connect(sim, erps_daemon_port(echo_daemon));
	pass(1);
	assert_int_equal(inits, 1);
	second = sim_connect(sim, erps_daemon_port(echo_daemon));
	assert_true(is_served(first) && is_served(second));
	/* The supervisor has its bound, and a place again when one has gone. */
	third = sim_connect(sim, erps_daemon_port(echo_daemon));
	assert_false(is_served(third));
	assert_true(sim_has_ended(third) || sim_was_reset(third));
	sim_reset(first);
	pass(1);
	assert_int_equal(ends, 1);
	assert_true(is_served(sim_connect(sim, erps_daemon_port(echo_daemon))));
}

static void
test_without_the_supervisor_a_connection_is_closed(void **state)
{
	struct sim_peer *peer;

	(void)state;
	start((struct erps_daemon_options){.server_supervisor = "servers"}, 0);
	pass(1);
	peer = sim_connect(sim, erps_daemon_port(echo_daemon));
	pass(1);
	assert_true(sim_has_ended(peer));
	assert_int_equal(inits, 0);
	start_supervisor(0);
	assert_true(is_served(sim_connect(sim, erps_daemon_port(echo_daemon))));
}

static void
test_what_a_peer_has_said_meanwhile_goes_along(void **state)
{
	struct sim_peer *peer;

	(void)state;
	start_supervisor(0);
	start((struct erps_daemon_options){.server_supervisor = "servers"}, 0);
	pass(1);
	peer = sim_connect(sim, erps_daemon_port(echo_daemon));
	/* Not a turn between the two. */
	assert_true(is_served(peer));
}

static unsigned started;

static int
start_it(struct sb_session *s, const struct sb_child_spec *spec, uint64_t *ref, void *context)
{
	struct sb_address supervisor;

	assert_string_equal(context, "context");
	started++;
	assert_int_equal(sb_lookup(s, "servers", &supervisor), 0);
	return sb_start_child(s, supervisor, spec, ref);
}

static void
test_a_function_of_the_caller_starts_sessions(void **state)
{
	char context[] = "context";

	(void)state;
	start_supervisor(0);
	start((struct erps_daemon_options){.start_server = start_it, .context = context}, 0);
	pass(1);
	assert_true(is_served(sim_connect(sim, erps_daemon_port(echo_daemon))));
	assert_int_equal(started, 1);
}

static void
test_a_session_whose_peer_has_gone_meanwhile_ends_by_itself(void **state)
{
	(void)state;
	start_supervisor(1);
	start((struct erps_daemon_options){.server_supervisor = "servers"}, 0);
	pass(1);
	sim_reset(sim_connect(sim, erps_daemon_port(echo_daemon)));
	pass(11000);
	assert_int_equal(inits, ends);
	assert_true(is_served(sim_connect(sim, erps_daemon_port(echo_daemon))));
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, opened, closed)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(any_free_port_is_told),
		TEST(a_mistaken_option_starts_nothing),
		TEST(sessions_are_children_of_the_supervisor_by_its_name),
		TEST(without_the_supervisor_a_connection_is_closed),
		TEST(what_a_peer_has_said_meanwhile_goes_along),
		TEST(a_function_of_the_caller_starts_sessions),
		TEST(a_session_whose_peer_has_gone_meanwhile_ends_by_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
