/* cwmp-load: loads an ACS and measures it. See --help. */
#include "tests/bench/cwmp_load/cwmp_load.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS = 1024, OPENING_AT_ONCE = 64, DESCRIPTORS_OF_OUR_OWN = 16 };

static const uint32_t STDIN_INDEX = UINT32_MAX;
static const int64_t SECOND_NS = 1000000000;

static int
load_init(struct load *load)
{
	const struct load_options *o = &load->options;

	if (net_raise_descriptors() < (int)o->connections + DESCRIPTORS_OF_OUR_OWN) {
		fputs("cwmp-load: more connections than descriptors (ulimit -n)\n", stderr);
		return -1;
	}
	session_settings(&load->http);
	if (o->tls && !(load->tls = stream_client_context(o->ca_file)))
		return -1;
	load->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	load->sessions = calloc(o->connections, sizeof(*load->sessions));
	if (load->epoll_fd < 0 || !load->sessions)
		return -1;
	for (uint32_t i = 0; i < o->connections; i++)
		load->sessions[i] =
			(struct session){.stream.fd = -1, .device = i, .is_greeting = true};
	if (messages_init(&load->messages, o->parameters) < 0)
		return -1;
	load->out = malloc(messages_room(&load->messages));
	return load->out ? 0 : -1;
}

static void
load_fini(struct load *load)
{
	for (uint32_t i = 0; load->sessions && i < load->options.connections; i++)
		session_close(load, i);
	free(load->sessions);
	free(load->out);
	messages_fini(&load->messages);
	SSL_CTX_free(load->tls);
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

/* Opens all connections and has a first session on each, a few at a time so that no backlog
 * overflows. */
static int
open_all(struct load *load, const sigset_t *during_wait)
{
	uint32_t begun = 0, wanted = load->options.connections;

	while (load->opened < wanted && !load->failed && !net_stop_requested()) {
		while (begun < wanted && load->opening < OPENING_AT_ONCE && !load->failed) {
			load->opening++;
			session_open(load, begun++);
		}
		if (!load->failed)
			wait_and_handle(load, during_wait, -1);
	}
	if (load->opened == wanted)
		return 0;
	fputs("cwmp-load: not all connections could have a session\n", stderr);
	return -1;
}

static void
report(const struct load *load)
{
	putchar('{');
	run_print_json(&load->run, stdout);
	printf(",\"failed\":%u,\"mismatched\":%llu}\n", load->failed,
		(unsigned long long)load->mismatched);
	fflush(stdout);
}

static void
run_once(struct load *load, struct run_order order, const sigset_t *during_wait)
{
	run_begin(&load->run, order, net_now_ns());
	for (uint32_t i = 0; i < load->options.connections; i++)
		session_next(load, i);
	while (!run_tick(&load->run, net_now_ns()) && !net_stop_requested())
		wait_and_handle(load, during_wait, run_wait_ns(&load->run, net_now_ns()));
	report(load);
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
	if (open_all(load, &during_wait) < 0)
		return 1;
	if (!order.count)
		order.duration_ns = (uint64_t)(load->options.seconds * (double)SECOND_NS);
	if (load->options.control)
		obey_orders(load, &during_wait);
	else
		run_once(load, order, &during_wait);
	return load->failed || load->mismatched || load->run.lost || run_in_flight(&load->run);
}

int
main(int argc, char **argv)
{
	static struct load load = {.epoll_fd = -1};
	int status = load_parse_options(argc, argv, &load.options);

	if (status)
		return status == 1 ? 0 : status;
	status = load_init(&load) < 0 ? 1 : load_run(&load);
	load_fini(&load);
	return status;
}
