/* Each bound holds, is counted under its name and says so in the log; and what is fair within them.
 */
#include "probe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

struct bound {
	const char *name;
	struct sb_limits limits;
	void (*drive)(struct fixture *f, struct probe *probe);
	const char *counter, *label, *value;
	const char *event; /* NULL: it ends nothing, and is only counted */
};

/* ---- sessions that reach their bounds ---- */

enum { CLOSE = 1, WRITE, POST, MONITOR };

static void
obey(struct sb_session *s, struct probe *p, struct sb_message *m)
{
	static const char octets[100000];
	uint64_t ref;

	(void)p;
	switch (m->type) {
	case CLOSE:
		sb_close(s, SB_END_LOCAL);
		break;
	case WRITE:
		(void)sb_write(s, octets, sizeof(octets));
		break;
	case POST:
		assert_int_equal(sb_post(s, sb_self(s), 0, 0, SB_NOTHING), 0);
		assert_int_equal(sb_post(s, sb_self(s), 0, 0, SB_NOTHING), SB_FULL);
		break;
	case MONITOR:
		assert_int_equal(sb_monitor(s, sb_self(s), &ref), 0);
		assert_int_equal(sb_monitor(s, sb_self(s), &ref), SB_FULL);
		break;
	default:
		break;
	}
}

/* Frames of one length octet and so many octets. */
static ssize_t
frames(struct sb_session *s, struct probe *p, struct sb_bytes in)
{
	size_t used = 0;

	(void)p;
	while (used < in.size && in.size - used > in.data[used] && sb_frame(s))
		used += 1u + in.data[used];
	return (ssize_t)used;
}

static struct sim_peer *
enter(struct fixture *f, struct probe *probe)
{
	struct sim_peer *peer = sim_connect(f->sim, f->port);

	wait_count(f, &probe->connected, 1);
	return peer;
}

static void
tell(struct fixture *f, struct probe *probe, uint32_t type)
{
	assert_int_equal(sb_node_post(f->node, probe->self, type, 0, SB_NOTHING), 0);
	wait_count(f, &probe->messages, 1);
}

static void
say_nothing(struct fixture *f, struct probe *probe)
{
	(void)enter(f, probe);
	wait_count(f, &probe->closed, 1);
	assert_int_equal(probe->end, SB_END_DEADLINE);
}

static void
say_one_frame(struct fixture *f, struct probe *probe)
{
	sim_send(enter(f, probe), "", 1);
	wait_count(f, &probe->closed, 1);
	assert_int_equal(probe->end, SB_END_DEADLINE);
	assert_int_equal(probe->text_size, 1);
}

static void
say_half_a_frame(struct fixture *f, struct probe *probe)
{
	sim_send(enter(f, probe), "\005a", 2);
	wait_count(f, &probe->closed, 1);
	assert_int_equal(probe->end, SB_END_DEADLINE);
}

static void
say_much_of_a_frame(struct fixture *f, struct probe *probe)
{
	sim_send(enter(f, probe), "\377abcdefghij", 11);
	wait_count(f, &probe->closed, 1);
	assert_int_equal(probe->end, SB_END_LIMIT);
}

static void
stay_after_close(struct fixture *f, struct probe *probe)
{
	(void)enter(f, probe);
	tell(f, probe, CLOSE);
	wait_count(f, &probe->closed, 1);
}

static void
talk_after_close(struct fixture *f, struct probe *probe)
{
	struct sim_peer *peer = enter(f, probe);

	tell(f, probe, CLOSE);
	run_ms(f, 1);
	sim_send(peer, "abcdefghij", 10);
	run_ms(f, 1);
	assert_int_equal(probe->closed, 1);
}

static void
take_nothing_after_close(struct fixture *f, struct probe *probe)
{
	sim_stall(enter(f, probe), true);
	tell(f, probe, WRITE);
	sb_node_post(f->node, probe->self, CLOSE, 0, SB_NOTHING);
	wait_count(f, &probe->closed, 1);
}

static void
take_nothing(struct fixture *f, struct probe *probe)
{
	sim_stall(enter(f, probe), true);
	tell(f, probe, WRITE);
	sb_node_post(f->node, probe->self, WRITE, 0, SB_NOTHING);
	wait_count(f, &probe->closed, 1);
	assert_int_equal(probe->end, SB_END_LIMIT);
}

static void
take_late(struct fixture *f, struct probe *probe)
{
	struct sim_peer *peer = enter(f, probe);

	sim_stall(peer, true);
	tell(f, probe, WRITE);
	sim_stall(peer, false);
	wait_count(f, &probe->drained, 1);
}

static void
ignore_the_stop(struct fixture *f, struct probe *probe)
{
	(void)enter(f, probe);
	sb_node_stop(f->node);
	wait_count(f, &probe->closed, 1);
	assert_int_equal(probe->end, SB_END_DEADLINE);
}

static void
post_twice(struct fixture *f, struct probe *probe)
{
	(void)enter(f, probe);
	tell(f, probe, POST);
}

static void
monitor_twice(struct fixture *f, struct probe *probe)
{
	(void)enter(f, probe);
	tell(f, probe, MONITOR);
}

static void
come_twice(struct fixture *f, struct probe *probe)
{
	struct sim_peer *second;

	(void)enter(f, probe);
	second = sim_connect(f->sim, f->port);
	run_ms(f, 1);
	assert_int_equal(probe->started, 1);
	assert_true(sim_is_closed(second));
}

static void
come_fast(struct fixture *f, struct probe *probe)
{
	(void)enter(f, probe);
	sim_connect(f->sim, f->port);
	run_ms(f, 500);
	assert_int_equal(probe->started, 1);
	run_ms(f, 600);
	assert_int_equal(probe->started, 2);
}

static void
say_much(struct fixture *f, struct probe *probe)
{
	static const char octets[100];

	sim_send(enter(f, probe), octets, sizeof(octets));
	run_ms(f, 1);
	assert_int_equal(probe->text_size, sizeof(octets));
}

#define LIMIT_HIT "sb_limit_hits_total", "limit"
#define REFUSED   "sb_connections_refused_total", "listener=\"test\",reason"

static const struct bound bounds[] = {
	{"first_octet_ms", {.first_octet_ms = 300}, say_nothing, LIMIT_HIT, "first_octet_ms",
		"connection.first_octet_deadline"},
	{"idle_ms", {.idle_ms = 300}, say_one_frame, LIMIT_HIT, "idle_ms",
		"connection.idle_deadline"},
	{"frame_ms", {.frame_ms = 300}, say_half_a_frame, LIMIT_HIT, "frame_ms",
		"connection.frame_deadline"},
	{"max_frame", {.max_frame = 10}, say_much_of_a_frame, LIMIT_HIT, "max_frame",
		"connection.frame_limit"},
	{"linger_ms", {.linger_ms = 300}, stay_after_close, LIMIT_HIT, "linger_ms",
		"connection.linger_deadline"},
	{"linger_ms of output", {.linger_ms = 300}, take_nothing_after_close, LIMIT_HIT,
		"linger_ms", "connection.flush_deadline"},
	{"linger_bytes", {.linger_bytes = 5}, talk_after_close, LIMIT_HIT, "linger_bytes",
		"connection.linger_limit"},
	{"output_hard", {.output_hard = 120000}, take_nothing, LIMIT_HIT, "output_hard",
		"connection.output_limit"},
	{"output_high", {.output_low = 1000, .output_high = 10000}, take_late,
		"sb_output_high_total", NULL, NULL, NULL},
	{"stop_ms", {.stop_ms = 300}, ignore_the_stop, LIMIT_HIT, "stop_ms",
		"session.stop_deadline"},
	{"mailbox_messages", {.mailbox_messages = 1}, post_twice, LIMIT_HIT, "mailbox",
		"session.mailbox_full"},
	{"max_calls", {.max_calls = 1}, monitor_twice, LIMIT_HIT, "max_calls",
		"session.calls_full"},
	{"max_connections", {.max_connections = 1}, come_twice, REFUSED, "limit",
		"listener.refused"},
	{"max_connections_per_source", {.max_connections_per_source = 1}, come_twice, REFUSED,
		"source", "listener.refused"},
	{"accept_rate", {.accept_rate = 1}, come_fast, REFUSED, "rate", "listener.accept_rate"},
	{"read_budget", {.read_budget = 10}, say_much, "sb_budget_hits_total", "budget", "octets",
		NULL},
	{"frame_budget", {.frame_budget = 10}, say_much, "sb_budget_hits_total", "budget", "frames",
		NULL},
};

/* ---- one node each, whose log is kept ---- */

static void
bound_init(struct fixture *f, int log_fd, const struct bound *bound, struct probe *probe)
{
	struct sim_options sim_options = {.seed = 1, .is_calm = true};
	struct sb_log_options log_options = {.level = SB_LOG_WARNING, .fd = log_fd};
	struct sb_node_options options = {.threads = 1};
	struct sb_listener_options listener = {.name = "test",
		.address = "127.0.0.1:0",
		.module = &probe_module,
		.args = probe,
		.limits = &bound->limits};

	f->sim = sim_new(&sim_options);
	f->log = sb_log_new(&log_options);
	options.env = sim_env(f->sim);
	options.log = f->log;
	assert_int_equal(sb_node_new(&f->node, &options), 0);
	sim_attach(f->sim, f->node);
	assert_int_equal(sb_listen(f->node, &listener, &f->listener), 0);
	f->port = sb_listener_port(f->listener);
	run_ms(f, 1);
}

/* From the text that operators get. */
static unsigned long
metric(struct fixture *f, const struct bound *bound)
{
	char series[160], *text, *at;
	unsigned long value = 0;
	size_t size;

	if (bound->label)
		snprintf(series, sizeof(series), "\n%s{%s=\"%s\"} ", bound->counter, bound->label,
			bound->value);
	else
		snprintf(series, sizeof(series), "\n%s ", bound->counter);
	assert_int_equal(sb_metrics_text(sb_node_metrics(f->node), &text, &size), 0);
	at = strstr(text, series);
	assert_non_null(at);
	value = strtoul(at + strlen(series), NULL, 10);
	free(text);
	return value;
}

static void
check_log(int fd, const char *event)
{
	static char text[65536];
	ssize_t size = pread(fd, text, sizeof(text) - 1, 0);

	assert_true(size >= 0);
	text[size] = '\0';
	if (event && !strstr(text, event))
		fail_msg("no line says %s:\n%s", event, text);
}

/* The session closes when its connection has gone. */
static void
close_too(struct sb_session *s, struct probe *p)
{
	sb_close(s, p->disconnect_reason);
}

static void
test_each_bound_holds_is_counted_and_said(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bounds) / sizeof(bounds[0]); i++) {
		struct probe probe = {
			.on_message = obey, .on_received = frames, .on_disconnected = close_too};
		int fd = memfd_create("log", MFD_CLOEXEC);
		struct fixture f;

		print_message("%s\n", bounds[i].name);
		bound_init(&f, fd, &bounds[i], &probe);
		bounds[i].drive(&f, &probe);
		assert_true(metric(&f, &bounds[i]) >= 1);
		fixture_fini(&f);
		check_log(fd, bounds[i].event);
		close(fd);
	}
}

/* ---- fairness ---- */

static void
test_a_flood_costs_the_quiet_nothing(void **state)
{
	static const char flood[10u << 20];
	struct sb_limits limits = {.read_budget = 1000};
	struct probe loud = {0}, quiet = {0};
	struct sb_listener_options options = {.name = "second",
		.address = "127.0.0.1:0",
		.module = &probe_module,
		.args = &quiet};
	struct sb_listener *second;
	struct sim_peer *peer;
	struct fixture f;

	(void)state;
	fixture_init(&f, 1, &probe_module, &loud, &limits);
	assert_int_equal(sb_listen(f.node, &options, &second), 0);
	run_ms(&f, 1);
	peer = sim_connect(f.sim, sb_listener_port(second));
	wait_count(&f, &quiet.connected, 1);
	sim_send(enter(&f, &loud), flood, sizeof(flood));
	for (unsigned turns = 1; turns <= 50; turns++) {
		sim_send(peer, "x", 1);
		turn(&f, 0);
		assert_int_equal(quiet.text_size, turns);
		assert_in_range(loud.text_size, 1, turns * 1000);
	}
	fixture_fini(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_bound_holds_is_counted_and_said),
		cmocka_unit_test(test_a_flood_costs_the_quiet_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
