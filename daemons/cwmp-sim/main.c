/* cwmp-sim: simulated devices for an ACS. See --help and docs/cwmp-sim.md. */
#include "core/error.h"
#include "core/log.h"
#include "core/node.h"
#include "core/supervisor.h"
#include "core/tls.h"
#include "daemons/cwmp-sim/device.h"
#include "daemons/cwmp-sim/door.h"
#include "daemons/cwmp-sim/sim.h"
#include "protocols/cwmp/decode.h"
#include "protocols/cwmp/encode.h"
#include "protocols/http/server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { STOP_MS = 10000, REASON_ROOM = 256 };

static int
complain(const char *what, const char *why)
{
	fprintf(stderr, "cwmp-sim: %s: %s\n", what, why);
	return SB_EINVAL;
}

static void
make_dialect(struct sim *sim)
{
	const struct sim_options *o = &sim->options;
	struct cwmp_dialect *dialect = &sim->dialect;

	cwmp_dialect_init(dialect, o->version);
	if (o->namespace)
		snprintf(dialect->uri, sizeof(dialect->uri), "%s", o->namespace);
	if (o->prefix)
		snprintf(dialect->cwmp, sizeof(dialect->cwmp), "%s", o->prefix);
	dialect->xml_declaration = o->xml_declaration;
	dialect->boolean_words = o->boolean_words;
}

static int
make_client(struct sim *sim)
{
	const struct sim_options *o = &sim->options;
	const struct sb_tls_certificate certificate = {
		.certificate = o->certificate, .key = o->key};
	const struct sb_tls_options options = {.certificates = &certificate,
		.certificate_count = o->certificate != NULL,
		.ca = o->ca,
		.verify = o->is_insecure ? SB_TLS_VERIFY_NONE : SB_TLS_VERIFY_REQUIRED};
	char reason[REASON_ROOM] = "";
	struct url acs;
	int err;

	sim->client = (struct client_settings){.closes = o->closes,
		.no_cookies = o->no_cookies,
		.is_chunked = o->is_chunked,
		.compresses = o->compresses,
		.is_basic = o->is_basic,
		.patience_ms = (uint32_t)o->patience_ms};
	/* The system's authorities take long to read: only where somebody may want them. */
	if (url_parse(o->acs, &acs) == 0 && !acs.is_tls && !o->ca && !o->certificate &&
		!o->is_insecure)
		return 0;
	err = sb_tls_client_new(&sim->client.tls, &options, reason, sizeof(reason));
	return err ? complain(sb_error_text(err), reason) : 0;
}

static void
make_counters(struct sim *sim)
{
	struct sb_metrics *m = sb_node_metrics(sim->node);

	sim->counters = (struct sim_counters){
		.sessions = sb_metrics_counter(m, "cwmpsim_sessions", "Sessions", NULL),
		.failed = sb_metrics_counter(m, "cwmpsim_failed", "Sessions failed", NULL),
		.dropped = sb_metrics_counter(m, "cwmpsim_dropped", "Sessions dropped", NULL),
		.served = sb_metrics_counter(m, "cwmpsim_served", "Requests served", NULL),
		.faults = sb_metrics_counter(m, "cwmpsim_faults", "Faults answered", NULL),
		.asked_faults = sb_metrics_counter(
			m, "cwmpsim_asked_faults", "Faults that were asked for", NULL),
		.transfers = sb_metrics_counter(m, "cwmpsim_transfers", "Files", NULL),
		.transfers_failed =
			sb_metrics_counter(m, "cwmpsim_transfers_failed", "Files failed", NULL),
		.requests = sb_metrics_counter(
			m, "cwmpsim_connection_requests", "Connection requests taken", NULL),
		.session_ns = sb_metrics_histogram(m, SB_UNIT_SECONDS, "cwmpsim_session_seconds",
			"Duration of a session", NULL),
		.answer_ns = sb_metrics_histogram(m, SB_UNIT_SECONDS, "cwmpsim_answer_seconds",
			"Time to an answer of the ACS", NULL)};
}

static int
make_decoders(struct sim *sim)
{
	unsigned shards = sb_node_shards(sim->node);

	sim->decoders = calloc(shards, sizeof(struct cwmp_decoder *));
	for (unsigned i = 0; sim->decoders && i < shards; i++) {
		sim->decoders[i] = cwmp_decoder_new(sb_env_system(), NULL);
		if (!sim->decoders[i])
			return SB_ENOMEM;
	}
	return sim->decoders ? 0 : SB_ENOMEM;
}

static int
start_devices(struct sim *sim)
{
	const struct sb_child_spec clock = {.module = &sim_clock_module,
		.args = &sim,
		.args_size = sizeof(struct sim *),
		.restart = SB_TEMPORARY};
	int err = sb_node_start_child(sim->node, &clock);

	for (uint32_t i = 0; !err && i < sim->options.devices; i++) {
		struct device_args args = {.sim = sim, .number = sim->options.first + i};
		const struct sb_child_spec spec = {.module = &device_module,
			.args = &args,
			.args_size = sizeof(args),
			.restart = SB_TEMPORARY,
			.shutdown_ms = STOP_MS,
			.shard = SB_SHARD_SPREAD};

		err = sb_node_start_child(sim->node, &spec);
	}
	return err;
}

/* Each device may have a connection. */
static void
raise_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static enum sb_log_level
level_of(const char *name)
{
	static const char *const names[] = {"debug", "info", "warning", "error"};

	for (enum sb_log_level i = SB_LOG_DEBUG; i <= SB_LOG_ERROR; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	return SB_LOG_WARNING;
}

static double
seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int
run(struct sim *sim)
{
	struct http_server *door = NULL;
	double began = seconds_now();
	int err = make_decoders(sim);

	if (!err && sim->options.door_address)
		err = door_open(sim, &door);
	if (!err)
		err = start_devices(sim);
	if (!err)
		err = sb_node_run(sim->node);
	if (!err)
		sim_report(sim, seconds_now() - began);
	else
		complain("not started", sb_error_text(err));
	if (!err && sb_counter_value(sim->counters.failed))
		err = SB_EREMOTE;
	sb_node_free(sim->node);
	http_server_free(door);
	for (unsigned i = 0; sim->decoders && i < sim->options.threads; i++)
		cwmp_decoder_free(sim->decoders[i]);
	free(sim->decoders);
	return err;
}

static int
make_node(struct sim *sim, struct sb_log *log)
{
	const struct sb_node_options options = {
		.threads = sim->options.threads, .log = log, .signals = true, .stop_ms = STOP_MS};
	int err = sb_node_new(&sim->node, &options);

	if (err)
		return complain("not started", sb_error_text(err));
	make_counters(sim);
	return 0;
}

int
main(int argc, char **argv)
{
	static struct sim sim;
	struct sb_log *log;
	char reason[REASON_ROOM] = "out of memory";
	int err = sim_parse_options(argc, argv, &sim.options);

	if (err)
		return err == 1 ? 0 : err;
	raise_descriptors();
	make_dialect(&sim);
	sim.left = sim.options.devices;
	log = sb_log_new(
		&(struct sb_log_options){.level = level_of(sim.options.log_level), .fd = 2});
	err = model_load(&sim.model, sim.options.model, sim.options.extra, reason, sizeof(reason));
	if (err)
		complain(sim.options.model, reason);
	if (!err)
		err = make_client(&sim);
	if (!err)
		err = make_node(&sim, log);
	if (!err)
		err = run(&sim);
	sb_tls_free(sim.client.tls);
	model_free(sim.model);
	sb_log_free(log);
	return err ? 1 : 0;
}
