/*
 * Whatever odd state a node is in, it rests while nothing can be done: no turn finds
 * work for ever, or an event that nobody takes.
 */
#include "core/network.h"
#include "probe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define STEPS 100

/* Time only moves when no turn is left to be taken. */
static void
assert_rests(struct fixture *f)
{
	uint64_t now = sim_now(f->sim);

	for (int i = 0; i < STEPS; i++)
		if (!sim_step(f->sim) || sim_now(f->sim) > now)
			return;
	fail_msg("it does not rest");
}

enum { CLOSE = 1, WRITE, HOLD, DISCONNECT };

static void
obey(struct sb_session *s, struct probe *p, struct sb_message *m)
{
	static const char octets[100000];

	(void)p;
	switch (m->type) {
	case CLOSE:
		sb_close(s, SB_END_LOCAL);
		break;
	case WRITE:
		(void)sb_write(s, octets, sizeof(octets));
		break;
	case HOLD:
		sb_hold(s, "test");
		break;
	case DISCONNECT:
		sb_disconnect(s, SB_END_LOCAL);
		break;
	default:
		break;
	}
}

struct bed {
	struct fixture f;
	struct probe probe;
	struct sim_peer *peer;
};

static void
begin(struct bed *bed, const struct sb_limits *limits)
{
	memset(bed, 0, sizeof(*bed));
	bed->probe.on_message = obey;
	fixture_init(&bed->f, 2, &probe_module, &bed->probe, limits);
	bed->peer = sim_connect(bed->f.sim, bed->f.port);
	wait_count(&bed->f, &bed->probe.connected, 1);
}

static void
tell(struct bed *bed, uint32_t type)
{
	unsigned messages = bed->probe.messages;

	assert_int_equal(sb_node_post(bed->f.node, bed->probe.self, type, 0, SB_NOTHING), 0);
	wait_count(&bed->f, &bed->probe.messages, messages + 1);
}

static void
test_held_with_input_and_its_end(void **state)
{
	static struct bed bed;

	(void)state;
	begin(&bed, NULL);
	tell(&bed, HOLD);
	sim_send(bed.peer, "abc", 3);
	sim_finish(bed.peer);
	assert_rests(&bed.f);
	sim_reset(bed.peer);
	assert_rests(&bed.f);
	fixture_fini(&bed.f);
}

static void
test_output_that_nobody_takes_and_input_that_waits(void **state)
{
	struct sb_limits limits = {.output_low = 1000, .output_high = 10000};
	static struct bed bed;

	(void)state;
	begin(&bed, &limits);
	sim_stall(bed.peer, true);
	tell(&bed, WRITE);
	sim_send(bed.peer, "abc", 3);
	sim_finish(bed.peer);
	assert_rests(&bed.f);
	assert_int_equal(bed.probe.received_calls, 0);
	tell(&bed, HOLD);
	assert_rests(&bed.f);
	tell(&bed, CLOSE); /* flushing, and cannot */
	assert_rests(&bed.f);
	fixture_fini(&bed.f);
}

static void
test_an_end_of_input_that_is_not_answered(void **state)
{
	static struct bed bed;

	(void)state;
	begin(&bed, NULL);
	sim_finish(bed.peer);
	wait_count(&bed.f, &bed.probe.input_ended, 1);
	assert_rests(&bed.f);
	fixture_fini(&bed.f);
}

static void
test_lingering(void **state)
{
	static struct bed bed;

	(void)state;
	begin(&bed, NULL);
	tell(&bed, DISCONNECT);
	assert_rests(&bed.f);
	sim_send(bed.peer, "abc", 3);
	assert_rests(&bed.f);
	fixture_fini(&bed.f);
}

static void
test_a_paused_listener_with_somebody_at_the_door(void **state)
{
	static struct bed bed;

	(void)state;
	begin(&bed, NULL);
	sb_listener_pause(bed.f.listener);
	assert_rests(&bed.f);
	sim_connect(bed.f.sim, bed.f.port);
	assert_rests(&bed.f);
	fixture_fini(&bed.f);
}

static void
test_somebody_at_the_door_while_descriptors_are_out(void **state)
{
	static struct bed bed;

	(void)state;
	begin(&bed, NULL);
	sim_fail_accepts(bed.f.sim, 1000);
	for (int i = 0; i < 10; i++)
		sim_connect(bed.f.sim, bed.f.port);
	assert_rests(&bed.f);
	fixture_fini(&bed.f);
}

static void
never_mind(struct sb_session *s, struct probe *p)
{
	(void)s;
	(void)p;
}

static void
test_somebody_at_the_door_of_a_draining_node(void **state)
{
	struct sb_limits limits = {.stop_ms = 3000};
	static struct bed bed;

	(void)state;
	begin(&bed, &limits);
	bed.probe.on_stopping = never_mind;
	sb_node_stop(bed.f.node);
	wait_count(&bed.f, &bed.probe.stopping, 1);
	sim_connect(bed.f.sim, bed.f.port);
	assert_rests(&bed.f);
	fixture_fini(&bed.f);
}

static void
test_half_a_proxy_header(void **state)
{
	struct sb_network proxies;
	struct probe server = {0};
	struct sb_listener_options options = {.name = "proxied",
		.address = "127.0.0.1:0",
		.module = &probe_module,
		.args = &server,
		.proxy = SB_PROXY_ANY,
		.proxy_networks = &proxies,
		.proxy_network_count = 1};
	struct sb_listener *opened;
	static struct bed bed;

	(void)state;
	assert_int_equal(sb_network_parse("127.0.0.0/8", &proxies), 0);
	begin(&bed, NULL);
	assert_int_equal(sb_listen(bed.f.node, &options, &opened), 0);
	run_ms(&bed.f, 1);
	sim_send(sim_connect(bed.f.sim, sb_listener_port(opened)), "PROXY TCP4 192.", 15);
	wait_count(&bed.f, &server.started, 1);
	assert_rests(&bed.f);
	fixture_fini(&bed.f);
}

static int
connect_nowhere(struct sb_session *s, struct probe *p)
{
	struct sb_connector_options options = {
		.host = "127.0.0.1", .port = 9999, .reconnect = true};

	(void)p;
	return sb_connect(s, &options);
}

static void
test_an_outbound_session_between_its_attempts(void **state)
{
	struct probe client = {.on_start = connect_nowhere};
	static struct bed bed;

	(void)state;
	begin(&bed, NULL);
	start_probe(&bed.f, &client, 1);
	wait_count(&bed.f, &client.disconnected, 2);
	assert_rests(&bed.f);
	fixture_fini(&bed.f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_held_with_input_and_its_end),
		cmocka_unit_test(test_output_that_nobody_takes_and_input_that_waits),
		cmocka_unit_test(test_an_end_of_input_that_is_not_answered),
		cmocka_unit_test(test_lingering),
		cmocka_unit_test(test_a_paused_listener_with_somebody_at_the_door),
		cmocka_unit_test(test_somebody_at_the_door_while_descriptors_are_out),
		cmocka_unit_test(test_somebody_at_the_door_of_a_draining_node),
		cmocka_unit_test(test_half_a_proxy_header),
		cmocka_unit_test(test_an_outbound_session_between_its_attempts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
