/*
 * esme-load: what our own ESME side can send. Sessions of one service connect,
 * bind, keep their window full of submit_sm and count the answers. Unlike
 * smpp-load, which is written by hand to cost a server more than itself, this is
 * an application on protocols/smpp: its figures are the library's.
 */
#include "core/log.h"
#include "core/network.h"
#include "core/node.h"
#include "protocols/smpp/esme.h"
#include "tests/bench/run.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

struct load {
	struct sb_node *node;
	struct run run;
	struct run_order order;
	struct smpp_esme_options esme;
	unsigned connections;
	unsigned bound;
	double cpu_seconds; /* of the run */
	double cpu_before;
	bool has_failed;
};

static double
cpu_now(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

struct session {
	struct load *load;
	struct sb_timer begin;
};

static struct load *
load_of(const struct sb_session *s)
{
	return ((struct session *)smpp_state(s))->load;
}

static void
over(struct load *load)
{
	load->cpu_seconds = cpu_now() - load->cpu_before;
	sb_node_stop(load->node);
}

/* As much as the window and the run take. The context is the time of the turn. */
static void
fill(struct sb_session *s, struct load *load)
{
	struct smpp_pdu pdu = {.header.command = SMPP_SUBMIT_SM};
	uint32_t room = smpp_window_room(s);

	pdu.submit_sm.source_addr = sb_bytes_text("447700900000");
	pdu.submit_sm.destination_addr = sb_bytes_text("491511234567");
	pdu.submit_sm.short_message = sb_bytes_text("twenty octets of it.");
	for (uint64_t n = run_room(&load->run, room); n; n--) {
		if (smpp_send(s, &pdu, sb_now(s)))
			return;
		load->run.sent++;
	}
}

static void
tick(struct sb_session *s, struct load *load)
{
	if (run_tick(&load->run, sb_now(s)))
		over(load);
}

/* ---- the application ---- */

static int
on_start(struct sb_session *s, const void *args)
{
	((struct session *)smpp_state(s))->load = (struct load *)(uintptr_t)args;
	return 0;
}

/* The clock starts when all are bound, so that connecting is no part of the run. Whoever sees it
 * first starts it. */
static void
begin(struct sb_session *s, struct sb_timer *timer)
{
	struct load *load = load_of(s);

	if (load->bound < load->connections) {
		sb_timer_start(s, timer, 1, begin);
		return;
	}
	if (!load->run.started_ns) {
		load->cpu_before = cpu_now();
		run_begin(&load->run, load->order, sb_now(s));
	}
	fill(s, load);
}

static void
on_bound(struct sb_session *s, const struct smpp_pdu *response)
{
	(void)response;
	load_of(s)->bound++;
	begin(s, &((struct session *)smpp_state(s))->begin);
}

static void
on_response(struct sb_session *s, uint64_t sent_ns, const struct smpp_pdu *pdu)
{
	struct load *load = load_of(s);

	if (pdu->header.status != SMPP_ROK)
		load->has_failed = true;
	load->run.done++;
	sb_distribution_add(&load->run.latency, sb_now(s) - sent_ns);
	fill(s, load);
	tick(s, load);
}

static void
on_lost(struct sb_session *s, uint64_t sent_ns, uint32_t command)
{
	(void)sent_ns;
	(void)command;
	load_of(s)->run.lost++;
}

static void
on_closed(struct sb_session *s, enum sb_end why)
{
	struct load *load = load_of(s);

	if (why == SB_END_DRAIN)
		return;
	load->has_failed = true;
	over(load);
}

static const struct smpp_application application = {
	.name = "esme.load",
	.side = SMPP_ESME,
	.state_size = sizeof(struct session),
	.start = on_start,
	.bound = on_bound,
	.response = on_response,
	.response_timeout = on_lost,
	.response_lost = on_lost,
	.closed = on_closed,
};

/* ---- the program ---- */

static int
usage(void)
{
	fputs("usage: esme-load [--connections N] [--window N] [--seconds N | --count N] ADDRESS\n",
		stderr);
	return 2;
}

static bool
read_options(struct load *load, int argc, char **argv)
{
	static const struct option options[] = {
		{"connections", required_argument, NULL, 'c'},
		{"window", required_argument, NULL, 'w'},
		{"seconds", required_argument, NULL, 's'},
		{"count", required_argument, NULL, 'n'},
		{NULL, 0, NULL, 0},
	};
	int option;

	load->connections = 1;
	load->esme.session.window_out = 100;
	load->order = (struct run_order){.kind = ORDER_RUN, .duration_ns = 2000000000};
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'c':
			load->connections = (unsigned)strtoul(optarg, NULL, 10);
			break;
		case 'w':
			load->esme.session.window_out = (uint32_t)strtoul(optarg, NULL, 10);
			break;
		case 's':
			load->order.duration_ns = (uint64_t)(strtod(optarg, NULL) * 1e9);
			break;
		case 'n':
			load->order.count = strtoull(optarg, NULL, 10);
			load->order.duration_ns = 0;
			break;
		default:
			return false;
		}
	}
	return load->connections && optind + 1 == argc;
}

static int
start(struct load *load, const char *address, struct smpp_service **service)
{
	union sb_socket_address at;
	char host[SB_SOCKADDR_TEXT_MAX];
	int err = sb_sockaddr_parse(address, &at);

	if (err)
		return err;
	load->esme.port = sb_sockaddr_port(&at.any);
	sb_sockaddr_format(&at.any, host, sizeof(host));
	*strrchr(host, ':') = '\0';
	load->esme.host = host;
	load->esme.system_id = "load";
	err = smpp_esme_new(service, load->node, &application, &load->esme, load);
	for (unsigned i = 0; !err && i < load->connections; i++) {
		const struct sb_child_spec child = smpp_esme_child(*service, NULL);

		err = sb_node_start_child(load->node, &child);
	}
	return err ? err : sb_node_run(load->node);
}

static void
report(const struct load *load)
{
	printf("{");
	run_print_json(&load->run, stdout);
	printf(", \"lost\": %llu, \"cpu_us\": %.4f}\n", (unsigned long long)load->run.lost,
		load->run.done ? load->cpu_seconds * 1e6 / (double)load->run.done : 0);
}

int
main(int argc, char **argv)
{
	const struct sb_log_options warnings = {.level = SB_LOG_WARNING, .fd = 2};
	struct sb_node_options node = {.threads = 1, .signals = true};
	struct load load = {0};
	struct smpp_service *service = NULL;
	int err;

	if (!read_options(&load, argc, argv))
		return usage();
	node.log = sb_log_new(&warnings);
	err = sb_node_new(&load.node, &node);
	if (!err)
		err = start(&load, argv[optind], &service);
	if (err)
		fprintf(stderr, "esme-load: %s: %s\n", argv[optind], sb_error_text(err));
	else
		report(&load);
	sb_node_free(load.node);
	smpp_service_free(service);
	sb_log_free(node.log);
	return err || load.has_failed || load.run.lost ? 1 : 0;
}
