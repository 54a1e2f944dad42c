/*
 * sb-esme-graceful-shutdown [SECONDS]
 *
 * A message centre and two ESMEs in one process. The ESMEs bind to it and send a
 * message now and then. When the process is asked to stop (SIGTERM, or SECONDS are
 * over) both ESMEs finish what they have outstanding, unbind, and wait for the
 * unbind_resp; then the process ends, or after five seconds in any case. The log
 * tells it line by line; what it must not say is that a message was lost.
 *
 * Two nodes: that of the ESMEs ends first, while the centre is still there to answer.
 */
#include <switchboard/core/listener.h>
#include <switchboard/core/network.h>
#include <switchboard/core/node.h>
#include <switchboard/protocols/smpp/esme.h>

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#define TOGETHER_MS 5000 /* all sessions have so long to end */
#define PAUSE_MS    100

/* ---- the centre ---- */

static void
mc_bind(struct sb_session *s, struct smpp_request request, const struct smpp_binding *binding)
{
	(void)binding;
	smpp_respond(s, request, SMPP_ROK, sb_bytes_text("centre"));
}

static void
mc_request(struct sb_session *s, struct smpp_request request, const struct smpp_pdu *pdu)
{
	(void)pdu;
	if (request.command == SMPP_SUBMIT_SM)
		smpp_respond(s, request, SMPP_ROK, sb_bytes_text("4711"));
	else
		smpp_nack(s, request, SMPP_RINVCMDID);
}

static const struct smpp_application mc_application = {
	.name = "graceful.mc",
	.side = SMPP_MC,
	.bind = mc_bind,
	.request = mc_request,
};

struct centre {
	struct sb_node *node;
	struct smpp_service *service;
	uint16_t port;
	pthread_t thread;
	bool runs;
};

static void *
centre_run(void *centre)
{
	(void)sb_node_run(((struct centre *)centre)->node);
	return NULL;
}

/* Signals are for the other node's thread. */
static int
centre_begin(struct centre *centre)
{
	sigset_t all, old;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	centre->runs = pthread_create(&centre->thread, NULL, centre_run, centre) == 0;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return centre->runs ? 0 : SB_ENOMEM;
}

static int
centre_start(struct centre *centre)
{
	const struct sb_node_options node = {.threads = 1};
	const struct sb_listener_options options = {.name = "smpp", .address = "127.0.0.1:0"};
	struct sb_listener *listener;
	int err = sb_node_new(&centre->node, &node);

	if (!err)
		err = smpp_service_new(&centre->service, centre->node, &mc_application, NULL, NULL);
	if (!err)
		err = smpp_listen(centre->service, &options, &listener);
	if (err)
		return err;
	centre->port = sb_sockaddr_port(&sb_listener_address(listener)->any);
	return centre_begin(centre);
}

static void
centre_stop(struct centre *centre)
{
	if (centre->runs) {
		sb_node_stop(centre->node);
		pthread_join(centre->thread, NULL);
	}
	sb_node_free(centre->node);
	smpp_service_free(centre->service);
}

/* ---- an ESME ---- */

struct esme {
	struct sb_timer pause;
	uint64_t submitted, answered, lost;
};

static void
submit(struct sb_session *s, struct sb_timer *pause)
{
	struct smpp_pdu pdu = {.header.command = SMPP_SUBMIT_SM};
	struct esme *esme = smpp_state(s);

	pdu.submit_sm.destination_addr = sb_bytes_text("491511234567");
	pdu.submit_sm.short_message = sb_bytes_text("still here");
	/* Not bound (any more), or the window is full: the next one, then. */
	if (smpp_send(s, &pdu, 0) == 0)
		esme->submitted++;
	sb_timer_start(s, pause, PAUSE_MS, submit);
}

static void
esme_bound(struct sb_session *s, const struct smpp_pdu *response)
{
	struct esme *esme = smpp_state(s);

	(void)response;
	submit(s, &esme->pause);
}

static void
esme_response(struct sb_session *s, uint64_t context, const struct smpp_pdu *pdu)
{
	struct esme *esme = smpp_state(s);

	(void)context;
	esme->answered += pdu->header.status == SMPP_ROK;
}

static void
esme_lost(struct sb_session *s, uint64_t context, uint32_t command)
{
	struct esme *esme = smpp_state(s);

	(void)context;
	(void)command;
	esme->lost++;
}

static void
esme_closed(struct sb_session *s, enum sb_end why)
{
	struct esme *esme = smpp_state(s);

	SB_LOG(s, INFO, "graceful.ended", "why", SB_STR(sb_end_name(why)), "submitted",
		SB_UINT(esme->submitted), "answered", SB_UINT(esme->answered), "lost",
		SB_UINT(esme->lost));
}

static const struct smpp_application esme_application = {
	.name = "graceful.esme",
	.side = SMPP_ESME,
	.state_size = sizeof(struct esme),
	.bound = esme_bound,
	.response = esme_response,
	.response_timeout = esme_lost,
	.response_lost = esme_lost,
	.closed = esme_closed,
};

/* ---- the end ---- */

static void
time_is_up(struct sb_session *s, struct sb_timer *timer)
{
	(void)timer;
	sb_node_stop(sb_session_node(s));
}

static int
clock_start(struct sb_session *s, const void *seconds)
{
	sb_timer_start(s, sb_state(s), *(const unsigned *)seconds * 1000ull, time_is_up);
	return 0;
}

static const struct sb_module clock_module = {
	.abi = SB_MODULE_ABI,
	.name = "graceful.clock",
	.state_size = sizeof(struct sb_timer),
	.start = clock_start,
};

/* ---- the tree of the ESMEs ---- */

/* A supervisor with the two of them: of one service, and so with one set of options. */
static int
start_esmes(struct sb_node *node, struct smpp_service *service, const unsigned *seconds)
{
	const struct sb_child_spec esmes[] = {
		smpp_esme_child(service, "first"),
		smpp_esme_child(service, "second"),
	};
	const struct sb_supervisor_options options = {.children = esmes, .child_count = 2};
	const struct sb_child_spec tree = {.id = "esmes",
		.module = &sb_supervisor_module,
		.args = &options,
		.args_size = sizeof(options),
		.restart = SB_PERMANENT};
	const struct sb_child_spec clock = {.id = "clock",
		.module = &clock_module,
		.args = seconds,
		.args_size = sizeof(*seconds)};
	int err = sb_node_start_child(node, &tree);

	return err || !*seconds ? err : sb_node_start_child(node, &clock);
}

static int
run_esmes(uint16_t port, unsigned seconds)
{
	const struct sb_node_options options = {
		.threads = 1, .signals = true, .stop_ms = TOGETHER_MS};
	const struct smpp_esme_options esme = {.host = "127.0.0.1",
		.port = port,
		.system_id = "alice",
		.password = "secret1",
		.restart = SB_PERMANENT};
	struct smpp_service *service = NULL;
	struct sb_node *node = NULL;
	int err = sb_node_new(&node, &options);

	if (!err)
		err = smpp_esme_new(&service, node, &esme_application, &esme, NULL);
	if (!err)
		err = start_esmes(node, service, &seconds);
	if (!err)
		err = sb_node_run(node);
	sb_node_free(node);
	smpp_service_free(service);
	return err;
}

int
main(int argc, char **argv)
{
	unsigned seconds = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 0;
	struct centre centre = {0};
	int err = centre_start(&centre);

	if (!err)
		err = run_esmes(centre.port, seconds);
	centre_stop(&centre);
	if (err)
		fprintf(stderr, "sb-esme-graceful-shutdown: %s\n", sb_error_text(err));
	return err ? 1 : 0;
}
