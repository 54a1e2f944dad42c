/* smpp-load: loads an SMPP message centre and measures it. See --help and docs/smpp-load.md. */
#include "tests/bench/smpp_load/smpp_load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS = 1024, OPENING_AT_ONCE = 64, DESCRIPTORS_OF_OUR_OWN = 16 };

static const uint32_t STDIN_INDEX = UINT32_MAX;
static const int64_t SECOND_NS = 1000000000;
static const int64_t UNBIND_NS = 2000000000;

static int
load_init_sessions(struct load *load)
{
	const struct load_options *o = &load->options;
	uint32_t slots = 16;

	while (slots < 4 * o->window)
		slots *= 2;
	load->slot_mask = slots - 1;
	load->sessions = calloc(o->connections, sizeof(*load->sessions));
	load->slots = calloc((size_t)o->connections * slots, sizeof(*load->slots));
	if (!load->sessions || !load->slots)
		return -1;
	for (uint32_t i = 0; i < o->connections; i++) {
		load->sessions[i].stream.fd = -1;
		load->sessions[i].slots = load->slots + (size_t)i * slots;
	}
	return 0;
}

static int
load_init(struct load *load)
{
	const struct load_options *o = &load->options;

	if (net_raise_descriptors() < (int)o->connections + DESCRIPTORS_OF_OUR_OWN) {
		fputs("smpp-load: more connections than descriptors (ulimit -n)\n", stderr);
		return -1;
	}
	load->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (load->epoll_fd < 0 || load_init_sessions(load) < 0)
		return -1;
	if (o->tls && !(load->tls = stream_client_context(o->ca_file)))
		return -1;
	if (o->match_receipts && receipts_init(&load->receipts) < 0)
		return -1;
	if (o->journal && journal_open(&load->journal, o->journal, o->life) < 0)
		return -1;
	return pool_init(&load->pool, &o->message);
}

static void
load_fini(struct load *load)
{
	for (uint32_t i = 0; load->sessions && i < load->options.connections; i++)
		session_close(load, i);
	free(load->sessions);
	free(load->slots);
	pool_fini(&load->pool);
	receipts_fini(&load->receipts);
	SSL_CTX_free(load->tls);
	load->well &= journal_close(&load->journal) == 0;
	if (load->epoll_fd >= 0)
		close(load->epoll_fd);
}

/* True when standard input is readable. */
static bool
wait_and_handle(struct load *load, const sigset_t *during_wait, int64_t wait_ns)
{
	static struct epoll_event events[EVENTS];
	struct timespec timeout = {wait_ns / SECOND_NS, wait_ns % SECOND_NS};
	int count = epoll_pwait2(
		load->epoll_fd, events, EVENTS, wait_ns < 0 ? NULL : &timeout, during_wait);
	bool readable = false;

	for (int i = 0; i < count; i++) {
		if (events[i].data.u32 == STDIN_INDEX)
			readable = true;
		else
			session_event(load, events[i].data.u32, events[i].events);
	}
	return readable;
}

/* Opens and binds all sessions, a few at a time so that no backlog overflows. */
static int
open_all(struct load *load, const sigset_t *during_wait)
{
	uint32_t begun = 0, wanted = load->options.connections;

	while (load->opened < wanted && !load->failed && !net_stop_requested()) {
		while (begun < wanted && load->opening < OPENING_AT_ONCE && !load->failed)
			session_open(load, begun++);
		if (!load->failed)
			wait_and_handle(load, during_wait, -1);
	}
	return load->opened == wanted ? 0 : -1;
}

static void
unbind_all(struct load *load, const sigset_t *during_wait)
{
	uint64_t until_ns = net_now_ns() + (uint64_t)UNBIND_NS;

	for (uint32_t i = 0; i < load->options.connections; i++)
		session_unbind(load, i);
	while (load->opened) {
		uint64_t now_ns = net_now_ns();

		if (now_ns >= until_ns)
			break;
		wait_and_handle(load, during_wait, (int64_t)(until_ns - now_ns));
	}
}

/* Every session gets its share of what is due, beginning where the last turn ended. */
static void
send_due(struct load *load)
{
	uint32_t connections = load->options.connections;
	uint64_t due = run_room(&load->run, UINT32_MAX);
	uint32_t share = (uint32_t)(due / connections) + 1;

	for (uint32_t i = 0; i < connections && run_room(&load->run, 1); i++) {
		session_fill(load, load->turn, share);
		load->turn = (load->turn + 1) % connections;
	}
}

static void
end_second(struct load *load, uint64_t now_ns, bool say)
{
	if (say)
		report_progress(load, now_ns);
	sb_distribution_merge(&load->run.latency, &load->second);
	memset(&load->second, 0, sizeof(load->second));
}

static void
begin(struct load *load, struct run_order order)
{
	order.rate = load->options.rate;
	order.drain_ns = (uint64_t)(load->options.drain_seconds * (double)SECOND_NS);
	run_begin(&load->run, order, net_now_ns());
	for (uint32_t i = 0; load->options.rate <= 0 && i < load->options.connections; i++)
		session_fill(load, i, UINT32_MAX);
}

/* Whether everything was answered, and nothing came that should not have. */
static bool
all_well(const struct load *load)
{
	static const struct anomalies none;
	const struct receipts *r = &load->receipts;

	return !load->failed && !load->run.lost && !run_in_flight(&load->run) &&
	       load->run.done == load->counters.accepted &&
	       memcmp(&load->counters.anomalies, &none, sizeof(none)) == 0 && !r->duplicates &&
	       !r->open[RECEIPTS_RESPONSE] && !r->open[RECEIPTS_RECEIPT];
}

/* What comes from here on belongs to the next run. */
static void
end(struct load *load, uint64_t now_ns)
{
	load->run.phase = RUN_IDLE;
	load->run.seconds_ns = now_ns - load->run.started_ns;
	end_second(load, now_ns, false);
	report_result(load);
	load->well = load->well && all_well(load);
	memset(&load->counters, 0, sizeof(load->counters));
	receipts_clear(&load->receipts);
}

static void
run_once(struct load *load, struct run_order order, const sigset_t *during_wait)
{
	bool say = !load->options.quiet && !load->options.control;
	uint64_t now_ns, second_ns;

	begin(load, order);
	second_ns = load->run.started_ns + (uint64_t)SECOND_NS;
	while (now_ns = net_now_ns(), !run_tick(&load->run, now_ns) && load->opened) {
		int64_t wait_ns;

		if (net_stop_requested())
			load->run.ends_ns = now_ns;
		if (load->run.rate > 0)
			send_due(load);
		if (now_ns >= second_ns) {
			end_second(load, now_ns, say);
			second_ns = now_ns + (uint64_t)SECOND_NS;
		}
		wait_ns = run_wait_ns(&load->run, now_ns);
		if (wait_ns < 0 || (uint64_t)wait_ns > second_ns - now_ns)
			wait_ns = (int64_t)(second_ns - now_ns);
		wait_and_handle(load, during_wait, wait_ns);
	}
	end(load, now_ns);
}

static void
obey_orders(struct load *load, const sigset_t *during_wait)
{
	/* Once at a time, or a second order would wake the whole of the first run. */
	struct epoll_event event = {.events = EPOLLIN | EPOLLONESHOT, .data.u32 = STDIN_INDEX};
	struct run_orders orders = {.fd = STDIN_FILENO};
	struct run_order order = {.kind = ORDER_NONE};

	printf("{\"ready\":%u}\n", load->opened);
	fflush(stdout);
	epoll_ctl(load->epoll_fd, EPOLL_CTL_ADD, STDIN_FILENO, &event);
	while (order.kind != ORDER_QUIT && !net_stop_requested()) {
		bool readable = wait_and_handle(load, during_wait, -1);

		order = run_next_order(&orders, readable);
		while (order.kind == ORDER_RUN) {
			run_once(load, order, during_wait);
			order = run_next_order(&orders, false);
		}
		epoll_ctl(load->epoll_fd, EPOLL_CTL_MOD, STDIN_FILENO, &event);
	}
}

static int
load_run(struct load *load)
{
	struct run_order order = {.kind = ORDER_RUN, .count = load->options.count};
	sigset_t during_wait;

	net_catch_signals(&during_wait);
	if (open_all(load, &during_wait) < 0) {
		fputs("smpp-load: not all sessions could be bound\n", stderr);
		return 1;
	}
	if (!order.count)
		order.duration_ns = (uint64_t)(load->options.seconds * (double)SECOND_NS);
	if (load->options.control)
		obey_orders(load, &during_wait);
	else
		run_once(load, order, &during_wait);
	load->well = load->well && !load->failed;
	unbind_all(load, &during_wait);
	return load->well ? 0 : 1;
}

int
main(int argc, char **argv)
{
	static struct load load = {.epoll_fd = -1, .well = true};
	int status = load_parse_options(argc, argv, &load.options);

	if (status)
		return status == 1 ? 0 : status;
	status = load_init(&load) < 0 ? 1 : load_run(&load);
	load_fini(&load);
	return load.well ? status : 1;
}
