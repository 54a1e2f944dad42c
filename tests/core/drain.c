/* How a node stops: listeners first, then sessions, then the tree; and the cut. */
#include "probe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static bool
is_stopped(void *context)
{
	return sb_node_is_stopped(context);
}

static void
wait_stopped(struct fixture *f)
{
	assert_true(sim_run_until(f->sim, is_stopped, f->node, 60000000000u));
}

static void
say_goodbye(struct sb_session *s, struct probe *p)
{
	(void)p;
	sb_write(s, "bye", 3);
	sb_close(s, SB_END_DRAIN);
}

static void
test_sessions_say_goodbye_and_the_node_stops(void **state)
{
	struct probe probe = {.on_stopping = say_goodbye};
	struct fixture f;
	struct sim_peer *peer;

	(void)state;
	fixture_init(&f, 2, &probe_module, &probe, NULL);
	peer = sim_connect(f.sim, f.port);
	wait_count(&f, &probe.connected, 1);
	sb_node_stop(f.node);
	wait_count(&f, &probe.stopping, 1);
	run_ms(&f, 1);
	assert_memory_equal(sim_received(peer).data, "bye", 3);
	sim_finish(peer);
	wait_stopped(&f);
	assert_int_equal(probe.closed, 1);
	assert_int_equal(probe.end, SB_END_DRAIN);
	fixture_fini(&f);
}

static void
test_nobody_is_accepted_while_draining(void **state)
{
	struct probe probe = {0};
	struct fixture f;

	(void)state;
	fixture_init(&f, 2, &probe_module, &probe, NULL);
	sim_connect(f.sim, f.port);
	wait_count(&f, &probe.connected, 1);
	sb_node_stop(f.node);
	wait_count(&f, &probe.stopping, 1);
	sim_connect(f.sim, f.port);
	run_ms(&f, 100);
	assert_int_equal(probe.started, 1);
	wait_stopped(&f);
	fixture_fini(&f);
}

static void
test_a_session_that_does_not_stop_is_cut_at_its_deadline(void **state)
{
	struct sb_limits limits = {.stop_ms = 700};
	struct probe probe = {0}; /* its `stopping` does nothing */
	struct fixture f;

	(void)state;
	fixture_init(&f, 1, &probe_module, &probe, &limits);
	sim_connect(f.sim, f.port);
	wait_count(&f, &probe.connected, 1);
	sb_node_stop(f.node);
	run_ms(&f, 600);
	assert_int_equal(probe.stopping, 1);
	assert_int_equal(probe.closed, 0);
	wait_count(&f, &probe.closed, 1);
	assert_int_equal(probe.end, SB_END_DEADLINE);
	wait_stopped(&f);
	fixture_fini(&f);
}

static void
test_the_second_stop_cuts(void **state)
{
	struct probe probe = {0};
	struct fixture f;
	struct sim_peer *peer;

	(void)state;
	fixture_init(&f, 2, &probe_module, &probe, NULL);
	peer = sim_connect(f.sim, f.port);
	wait_count(&f, &probe.connected, 1);
	sb_node_stop(f.node);
	wait_count(&f, &probe.stopping, 1);
	sb_node_stop(f.node);
	run_ms(&f, 1);
	assert_int_equal(probe.closed, 1);
	assert_true(sim_was_reset(peer));
	wait_stopped(&f);
	fixture_fini(&f);
}

static void
never_mind(struct sb_session *s, struct probe *p)
{
	(void)s;
	(void)p;
}

static void
stop_what_does_not(unsigned stops, uint64_t within_ms)
{
	struct probe accepted = {.on_stopping = never_mind}, child = {.on_stopping = never_mind};
	struct sb_limits limits = {.stop_ms = 3600000};
	struct sb_child_spec spec = {
		.module = &probe_module, .args = &child, .shutdown_ms = SB_SHUTDOWN_INFINITY};
	struct fixture f;

	fixture_init(&f, 2, &probe_module, &accepted, &limits);
	assert_int_equal(sb_node_start_child(f.node, &spec), 0);
	sim_connect(f.sim, f.port);
	wait_count(&f, &accepted.connected, 1);
	wait_count(&f, &child.started, 1);
	while (stops--)
		sb_node_stop(f.node);
	assert_true(sim_run_until(f.sim, is_stopped, f.node, within_ms * 1000000u));
	fixture_fini(&f);
	assert_int_equal(accepted.closed, 1);
	assert_int_equal(child.closed, 1);
}

static void
test_a_second_stop_cuts_the_tree_too(void **state)
{
	(void)state;
	stop_what_does_not(2, 1000);
}

static void
test_the_deadline_of_the_drain_cuts_the_tree_too(void **state)
{
	(void)state;
	stop_what_does_not(1, 31000);
}

/* Whichever allocation of the stop it is: the node stops. */
static void
test_a_stop_ends_though_memory_fails(void **state)
{
	(void)state;
	for (uint64_t nth = 1; nth < 12; nth++) {
		struct sb_log_options log_options = {.level = SB_LOG_FATAL, .fd = 2};
		struct sim_options sim_options = {.seed = 1, .is_calm = true};
		struct fixture f = {.sim = sim_new(&sim_options), .log = sb_log_new(&log_options)};
		struct sb_node_options options = {
			.threads = 2, .env = sim_env(f.sim), .log = f.log};

		assert_int_equal(sb_node_new(&f.node, &options), 0);
		sim_attach(f.sim, f.node);
		run_ms(&f, 1);
		sim_fail_allocation(f.sim, nth);
		sb_node_stop(f.node);
		wait_stopped(&f);
		fixture_fini(&f);
	}
}

static void
test_freeing_a_running_node_closes_every_session_once(void **state)
{
	struct probe probes[20];
	struct fixture f;

	(void)state;
	memset(probes, 0, sizeof(probes));
	fixture_init(&f, 2, &probe_module, NULL, NULL);
	for (int i = 0; i < 20; i++)
		start_probe(&f, &probes[i], i % 2);
	fixture_fini(&f);
	for (int i = 0; i < 20; i++)
		assert_int_equal(probes[i].closed, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sessions_say_goodbye_and_the_node_stops),
		cmocka_unit_test(test_nobody_is_accepted_while_draining),
		cmocka_unit_test(test_a_session_that_does_not_stop_is_cut_at_its_deadline),
		cmocka_unit_test(test_the_second_stop_cuts),
		cmocka_unit_test(test_a_second_stop_cuts_the_tree_too),
		cmocka_unit_test(test_the_deadline_of_the_drain_cuts_the_tree_too),
		cmocka_unit_test(test_a_stop_ends_though_memory_fails),
		cmocka_unit_test(test_freeing_a_running_node_closes_every_session_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
