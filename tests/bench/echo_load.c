#include "tests/bench/echo_load.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS = 1024, OPENING_AT_ONCE = 64 };

static const uint32_t STDIN_INDEX = UINT32_MAX;

static const char help[] =
	"usage: %s [options] HOST:PORT\n"
	"  --connections N  connections held open (1)\n"
	"  --depth N        messages in flight on each (1)\n"
	"  --size OCTETS    of a message (64)\n"
	"  --duration S     seconds (5)\n"
	"  --count N        operations, instead of a duration\n"
	"  --churn          an operation is: connect, one echo, close\n"
	"  --tls            TLS, the server not verified; --ca FILE: verified\n"
	"  --control        open, print {\"ready\":N}, then obey lines of standard input:\n"
	"                   `run SECONDS`, `count N`, `quit`; one line of JSON for each run\n"
	"  --help           this\n";

static const struct option names[] = {{"connections", required_argument, NULL, 'c'},
	{"depth", required_argument, NULL, 'd'}, {"size", required_argument, NULL, 's'},
	{"duration", required_argument, NULL, 't'}, {"count", required_argument, NULL, 'n'},
	{"churn", no_argument, NULL, 'x'}, {"tls", no_argument, NULL, 'T'},
	{"ca", required_argument, NULL, 'C'}, {"control", no_argument, NULL, 'i'},
	{"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};

static bool
parse_option(struct echo_options *o, int option)
{
	switch (option) {
	case 'c':
		o->connections = (uint32_t)strtoul(optarg, NULL, 10);
		return o->connections > 0;
	case 'd':
		o->depth = (uint32_t)strtoul(optarg, NULL, 10);
		return o->depth > 0;
	case 's':
		o->size = (uint32_t)strtoul(optarg, NULL, 10);
		return o->size > 0 && o->size <= ECHO_BUFFER_BYTES;
	case 't':
		o->seconds = strtod(optarg, NULL);
		return o->seconds > 0;
	case 'n':
		o->count = strtoull(optarg, NULL, 10);
		return o->count > 0;
	case 'C':
		o->ca_file = optarg;
		/* fall through */
	case 'T':
		o->tls = true;
		return true;
	case 'x':
		o->churn = true;
		return true;
	case 'i':
		o->control = true;
		return true;
	default:
		return false;
	}
}

static bool
parse_options(int argc, char **argv, const char *name, struct echo_options *o)
{
	int option;

	*o = (struct echo_options){.connections = 1, .depth = 1, .size = 64, .seconds = 5};
	while ((option = getopt_long(argc, argv, "h", names, NULL)) != -1) {
		if (option == 'h') {
			printf(help, name);
			exit(0);
		}
		if (!parse_option(o, option))
			return false;
	}
	if (o->churn)
		o->depth = 1;
	return optind + 1 == argc && net_resolve(argv[optind], 0, &o->server) == 0;
}

static int
load_init(struct echo_load *load)
{
	struct echo_options *o = &load->options;

	if (net_raise_descriptors() < (int)o->connections + 16) {
		fputs("more connections than descriptors\n", stderr);
		return -1;
	}
	if (o->tls && !(load->tls = stream_client_context(o->ca_file)))
		return -1;
	load->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	load->connections = calloc(o->connections, sizeof(*load->connections));
	load->stamps = calloc((size_t)o->connections * o->depth, sizeof(*load->stamps));
	if (load->epoll_fd < 0 || !load->connections || !load->stamps)
		return -1;
	for (uint32_t i = 0; i < o->connections; i++) {
		load->connections[i].stream.fd = -1;
		load->connections[i].sent_ns = load->stamps + (size_t)i * o->depth;
	}
	load->wire->prepare(load);
	return 0;
}

static void
load_fini(struct echo_load *load)
{
	for (uint32_t i = 0; load->connections && i < load->options.connections; i++)
		echo_connection_close(load, i);
	free(load->connections);
	free(load->stamps);
	SSL_CTX_free(load->tls);
	if (load->epoll_fd >= 0)
		close(load->epoll_fd);
}

static void
wait_and_handle(
	struct echo_load *load, const sigset_t *during_wait, int64_t wait_ns, bool *stdin_ready)
{
	static struct epoll_event events[EVENTS];
	struct timespec timeout = {wait_ns / 1000000000, wait_ns % 1000000000};
	int count = epoll_pwait2(
		load->epoll_fd, events, EVENTS, wait_ns < 0 ? NULL : &timeout, during_wait);

	for (int i = 0; i < count; i++) {
		if (events[i].data.u32 == STDIN_INDEX)
			*stdin_ready = true;
		else
			echo_connection_event(load, events[i].data.u32, events[i].events);
	}
}

/* Opens all connections, a few at a time so that no backlog overflows. */
static int
open_all(struct echo_load *load, const sigset_t *during_wait)
{
	uint32_t begun = 0, wanted = load->options.churn ? 0 : load->options.connections;
	bool ignored;

	while (load->opened < wanted && !load->failed && !net_stop_requested()) {
		while (begun < wanted && load->opening < OPENING_AT_ONCE && !load->failed)
			echo_connection_open(load, begun++);
		if (!load->failed)
			wait_and_handle(load, during_wait, -1, &ignored);
	}
	if (load->opened == wanted)
		return 0;
	fputs("cannot open the connections\n", stderr);
	return -1;
}

static void
report(const struct echo_load *load)
{
	putchar('{');
	run_print_json(&load->run, stdout);
	printf(",\"failed\":%u,\"mismatched\":%llu}\n", load->failed,
		(unsigned long long)load->mismatched);
	fflush(stdout);
}

static void
run_once(struct echo_load *load, struct run_order order, const sigset_t *during_wait)
{
	bool ignored;

	run_begin(&load->run, order, net_now_ns());
	for (uint32_t i = 0; i < load->options.connections; i++) {
		if (!load->options.churn)
			echo_connection_fill(load, i);
		else if (run_room(&load->run, 1))
			echo_connection_open(load, i);
	}
	while (!run_tick(&load->run, net_now_ns()) && !net_stop_requested())
		wait_and_handle(load, during_wait, run_wait_ns(&load->run, net_now_ns()), &ignored);
	report(load);
}

static void
obey_orders(struct echo_load *load, const sigset_t *during_wait)
{
	/* Once at a time, or a second order would wake the whole of the first run. */
	struct epoll_event event = {.events = EPOLLIN | EPOLLONESHOT, .data.u32 = STDIN_INDEX};
	struct run_orders orders = {.fd = STDIN_FILENO};
	struct run_order order = {.kind = ORDER_NONE};

	printf("{\"ready\":%u}\n", load->opened);
	fflush(stdout);
	epoll_ctl(load->epoll_fd, EPOLL_CTL_ADD, STDIN_FILENO, &event);
	while (order.kind != ORDER_QUIT && !net_stop_requested()) {
		bool readable = false;

		wait_and_handle(load, during_wait, -1, &readable);
		order = run_next_order(&orders, readable);
		while (order.kind == ORDER_RUN) {
			run_once(load, order, during_wait);
			order = run_next_order(&orders, false);
		}
		epoll_ctl(load->epoll_fd, EPOLL_CTL_MOD, STDIN_FILENO, &event);
	}
}

int
echo_load_main(int argc, char **argv, const char *name, const struct echo_wire *wire)
{
	static struct echo_load load = {.epoll_fd = -1};
	struct run_order order = {.kind = ORDER_RUN};
	sigset_t during_wait;
	int status = 1;

	if (!parse_options(argc, argv, name, &load.options)) {
		fprintf(stderr, help, name);
		return 2;
	}
	load.wire = wire;
	net_catch_signals(&during_wait);
	if (load_init(&load) == 0 && open_all(&load, &during_wait) == 0) {
		order.count = load.options.count;
		if (!order.count)
			order.duration_ns = (uint64_t)(load.options.seconds * 1e9);
		if (load.options.control)
			obey_orders(&load, &during_wait);
		else
			run_once(&load, order, &during_wait);
		status =
			load.failed || load.mismatched || load.run.lost || run_in_flight(&load.run);
	}
	load_fini(&load);
	return status;
}
