/*
 * A session against a hostile peer and a whimsical application, on the simulated
 * machine. The input is what happens: an octet under 240 is the size of a piece
 * that the peer sends (it follows), the others are acts of peer, application and
 * clock. Its first octet says how the application behaves. The session is a message
 * centre's; fuzz_smpp_esme.c has the same world with an ESME of ours, which connects
 * to the peer, again and again.
 *
 * What must hold: all that is sent can be decoded; there are no more answers than
 * requests; each session ends once, and each request of ours has one end.
 */
#include "core/listener.h"
#include "core/log.h"
#include "core/node.h"
#include "protocols/smpp/esme.h"
#include "tests/fuzz/script.h"
#include "tests/sim/simulation.h"

#include <stdlib.h>
#include <string.h>

#ifndef FUZZ_SIDE
#define FUZZ_SIDE SMPP_MC
#endif

#define KEPT 64

enum behaviour {
	ANSWERS_LATER = 1,
	BINDS_LATER = 2,
	REFUSES_BINDS = 4,
	HAS_SMALL_WINDOWS = 8,
	IS_STRICT = 16,
	CLOSES_ON_UNPARSED = 32,
	WANTS_SENT = 64,
	UNBINDS_ON_REQUEST = 128,
};

struct world {
	struct simulation *sim;
	struct sb_node *node;
	struct smpp_service *service;
	struct sim_peer *peer;
	struct sb_session *session;
	struct sb_address address;
	unsigned behaviour;
	struct smpp_request kept[KEPT];
	size_t kept_count;
	unsigned opened, closed;
	uint64_t sent, ended;     /* requests of ours */
	uint64_t asked, answered; /* the peer's */
	uint8_t stream[1 << 16];  /* what the peer has sent and the world not yet counted */
	size_t stream_size;
	bool is_stalled;
};

struct session_state {
	struct world *world;
};

static struct world *
world_of(const struct sb_session *s)
{
	return ((struct session_state *)smpp_state(s))->world;
}

/* ---- the application ---- */

static void
open_session(struct sb_session *s, struct world *w)
{
	((struct session_state *)smpp_state(s))->world = w;
	w->session = s;
	w->address = sb_self(s);
	w->opened++;
}

static int
on_start(struct sb_session *s, const void *args)
{
	open_session(s, (struct world *)(uintptr_t)args);
	return 0;
}

static int
on_connected(struct sb_session *s, const struct sb_peer *peer, const void *args)
{
	(void)peer;
	if (FUZZ_SIDE == SMPP_MC)
		open_session(s, (struct world *)(uintptr_t)args);
	return 0;
}

static void
on_bound(struct sb_session *s, const struct smpp_pdu *response)
{
	HOLDS(response->header.status == SMPP_ROK);
	HOLDS(smpp_state_is_bound(smpp_session_state(s)));
}

static void
on_bind_refused(struct sb_session *s, const struct smpp_pdu *response)
{
	HOLDS(response->header.status != SMPP_ROK);
	HOLDS(!smpp_state_is_bound(smpp_session_state(s)));
}

static void
on_disconnected(struct sb_session *s, enum sb_end why, uint32_t retry_ms)
{
	(void)why;
	HOLDS(retry_ms > 0 && smpp_window_used(s) == 0);
	HOLDS(world_of(s)->sent == world_of(s)->ended);
}

static void
keep(struct world *w, struct smpp_request request)
{
	w->kept[w->kept_count++ % KEPT] = request;
}

static void
on_bind(struct sb_session *s, struct smpp_request request, const struct smpp_binding *binding)
{
	struct world *w = world_of(s);

	HOLDS(binding->fields->system_id.size < 16);
	if (w->behaviour & BINDS_LATER)
		keep(w, request);
	else
		(void)smpp_respond(s, request,
			w->behaviour & REFUSES_BINDS ? SMPP_RBINDFAIL : SMPP_ROK,
			sb_bytes_text("mc"));
}

static const uint32_t our_request = FUZZ_SIDE == SMPP_MC ? SMPP_DELIVER_SM : SMPP_SUBMIT_SM;

static void
deliver(struct sb_session *s)
{
	struct smpp_pdu pdu = {.header = {.command = our_request}};

	pdu.deliver_sm.short_message = sb_bytes_text("text");
	if (smpp_send(s, &pdu, 1) == 0)
		world_of(s)->sent++;
}

static void
on_request(struct sb_session *s, struct smpp_request request, const struct smpp_pdu *pdu)
{
	struct world *w = world_of(s);

	(void)pdu;
	if (w->behaviour & UNBINDS_ON_REQUEST)
		smpp_unbind(s, SB_END_LOCAL);
	if (w->behaviour & ANSWERS_LATER)
		keep(w, request);
	else
		(void)smpp_respond(s, request, SMPP_ROK, sb_bytes_text("id"));
}

static void
on_unparsed(struct sb_session *s, const struct smpp_unparsed *unparsed)
{
	HOLDS(unparsed->error.fault != SMPP_FAULT_NONE);
	if (world_of(s)->behaviour & CLOSES_ON_UNPARSED)
		sb_close(s, SB_END_PROTOCOL);
}

static void
on_response(struct sb_session *s, uint64_t context, const struct smpp_pdu *pdu)
{
	HOLDS(context == 1 && smpp_is_response(pdu->header.command));
	world_of(s)->ended++;
}

static void
on_no_response(struct sb_session *s, uint64_t context, uint32_t command)
{
	HOLDS(context == 1 && command == our_request);
	world_of(s)->ended++;
}

static void
on_sent(struct sb_session *s, const struct smpp_header *header)
{
	(void)s;
	HOLDS(header->length >= SMPP_HEADER_SIZE);
}

static void
on_closed(struct sb_session *s, enum sb_end why)
{
	struct world *w = world_of(s);

	(void)why;
	HOLDS(w->session == s);
	w->session = NULL;
	w->closed++;
}

static void
answer(struct sb_session *s, uint32_t status)
{
	struct world *w = world_of(s);

	if (w->kept_count == 0)
		return;
	w->kept_count--;
	(void)smpp_respond(s, w->kept[w->kept_count % KEPT], status, sb_bytes_text("id"));
}

enum act {
	ACT_RECONNECT = SCRIPT_OWN_ACTS,
	ACT_ANSWER, /* from here on acts of the application */
	ACT_REFUSE,
	ACT_DELIVER,
	ACT_HOLD,
	ACT_RESUME,
	ACT_UNBIND,
	ACT_CLOSE,
	ACT_NARROW,
	ACT_NACK,
};

static void
on_message(struct sb_session *s, struct sb_message *m)
{
	struct world *w = world_of(s);

	switch (m->type) {
	case ACT_ANSWER:
		answer(s, SMPP_ROK);
		break;
	case ACT_REFUSE:
		answer(s, SMPP_RSYSERR);
		break;
	case ACT_DELIVER:
		deliver(s);
		break;
	case ACT_HOLD:
		smpp_hold(s, "whim");
		break;
	case ACT_RESUME:
		smpp_resume(s);
		break;
	case ACT_UNBIND:
		smpp_unbind(s, SB_END_LOCAL);
		break;
	case ACT_CLOSE:
		sb_close(s, SB_END_LOCAL);
		break;
	case ACT_NARROW:
		smpp_set_windows(s, 1, 1);
		break;
	case ACT_NACK:
		if (w->kept_count)
			(void)smpp_nack(s, w->kept[--w->kept_count % KEPT], SMPP_RINVCMDID);
		break;
	default:
		break;
	}
}

static const struct smpp_application application = {
	.name = "smpp.fuzz",
	.side = FUZZ_SIDE,
	.state_size = sizeof(struct session_state),
	.start = on_start,
	.connected = on_connected,
	.bind = on_bind,
	.bound = on_bound,
	.bind_refused = on_bind_refused,
	.disconnected = on_disconnected,
	.request = on_request,
	.unparsed = on_unparsed,
	.response = on_response,
	.response_timeout = on_no_response,
	.response_lost = on_no_response,
	.window_open = deliver,
	.message = on_message,
	.closed = on_closed,
};

/* ---- the peer ---- */

/* Counts what of the stream is a request that wants an answer; a bad length wants one, too. */
static void
count_asked(struct world *w)
{
	size_t used = 0;

	for (;;) {
		struct sb_bytes rest = sb_bytes(w->stream + used, w->stream_size - used);
		ssize_t size = smpp_frame(rest, sizeof(w->stream), NULL);
		struct smpp_header header;

		if (size < 0)
			w->asked++;
		if (size <= 0)
			break;
		(void)smpp_peek_header(rest, &header);
		w->asked += smpp_answer_of(header.command) != 0;
		used += (size_t)size;
	}
	w->stream_size -= used;
	memmove(w->stream, w->stream + used, w->stream_size);
}

static void
count_answered(struct world *w)
{
	for (;;) {
		struct sb_bytes got = sim_received(w->peer);
		ssize_t size = smpp_frame(got, 1 << 20, NULL);
		struct smpp_pdu pdu;

		HOLDS(size >= 0);
		if (size == 0)
			break;
		HOLDS(smpp_decode(sb_bytes(got.data, (size_t)size), NULL, &pdu, NULL) == 0);
		w->answered += smpp_is_response(pdu.header.command);
		sim_consume(w->peer, (size_t)size);
	}
	HOLDS(w->answered <= w->asked);
}

static void
turn(struct world *w, uint64_t ns)
{
	sim_run_for(w->sim, ns);
	count_answered(w);
}

static void
send_piece(struct world *w, struct sb_bytes piece)
{
	if (sizeof(w->stream) - w->stream_size < piece.size)
		return;
	memcpy(w->stream + w->stream_size, piece.data, piece.size);
	w->stream_size += piece.size;
	count_asked(w);
	sim_send(w->peer, piece.data, piece.size);
	turn(w, 1000);
}

/* To the centre; or, being one, as soon as the ESME tries again. */
static void
arrive(struct world *w)
{
	struct sim_peer *accepted = NULL;

	if (FUZZ_SIDE == SMPP_MC) {
		w->peer = sim_connect(w->sim, 2775);
		turn(w, 1000);
		return;
	}
	for (unsigned second = 0; !accepted && second < 300; second++) {
		sim_run_for(w->sim, 1000000000);
		accepted = sim_accept(w->sim, 2775);
	}
	HOLDS(accepted);
	w->peer = accepted;
	turn(w, 1000);
}

static void
connect_peer(struct world *w)
{
	/* One at a time: the end of the last, and the beginning of the next. While the application
	 * holds nobody reads, so nobody learns of the end: a hold is the application's to bound. */
	(void)sb_node_post(w->node, w->address, ACT_RESUME, 0, SB_NOTHING);
	sim_reset(w->peer);
	if (FUZZ_SIDE == SMPP_MC)
		turn(w, 200000000000);
	HOLDS(w->session == NULL || FUZZ_SIDE == SMPP_ESME);
	w->stream_size = w->kept_count = 0;
	w->asked = w->answered = 0;
	w->is_stalled = false;
	arrive(w);
}

static void
act_of_peer(struct world *w, enum script_act act)
{
	uint64_t ns = script_act(act, w->peer, &w->is_stalled);

	if (ns)
		turn(w, ns);
}

static void
act(struct world *w, enum act act)
{
	if (act == ACT_RECONNECT) {
		connect_peer(w);
		return;
	}
	(void)sb_node_post(w->node, w->address, act, 0, SB_NOTHING);
	turn(w, 1000);
}

static void
play(struct world *w, struct sb_bytes script)
{
	struct script_step step;

	while (script_next(&script, SCRIPT_FIRST_ACT, &step)) {
		if (!step.act)
			send_piece(w, step.piece);
		else if (step.act < SCRIPT_OWN_ACTS)
			act_of_peer(w, (enum script_act)step.act);
		else
			act(w, (enum act)step.act);
	}
}

/* ---- one world for each input ---- */

static void
open_world(struct world *w, struct smpp_application *app, struct sb_log *log)
{
	static const struct sim_options calm = {.is_calm = true, .socket_buffer = 4096};
	static const struct sb_limits limits = {
		.output_low = 256, .output_high = 1024, .output_hard = 16384, .frame_budget = 16};
	struct smpp_session_options options = {.strict_tlvs = w->behaviour & IS_STRICT,
		.strict_values = w->behaviour & IS_STRICT,
		.max_pdu = sizeof(w->stream)};
	struct sb_node_options node = {.threads = 1, .log = log, .receive_buffer = 4096};
	struct sb_listener_options listener = {
		.name = "fuzz", .address = "127.0.0.1:2775", .limits = &limits};

	if (w->behaviour & HAS_SMALL_WINDOWS)
		options.window_in = options.window_out = 2;
	*app = application;
	if (w->behaviour & WANTS_SENT)
		app->sent = on_sent;
	w->sim = sim_new(&calm);
	node.env = sim_env(w->sim);
	HOLDS(sb_node_new(&w->node, &node) == 0);
	sim_attach(w->sim, w->node);
	if (FUZZ_SIDE == SMPP_MC) {
		HOLDS(smpp_service_new(&w->service, w->node, app, &options, w) == 0);
		HOLDS(smpp_listen(w->service, &listener, NULL) == 0);
	} else {
		const struct smpp_esme_options esme = {.system_id = "fuzz",
			.restart = SB_PERMANENT,
			.limits = &limits,
			.session = options};

		sim_listen(w->sim, 2775);
		HOLDS(smpp_esme_start(w->node, "127.0.0.1", 2775, app, w, &esme, &w->service) == 0);
	}
	arrive(w);
}

static void
close_world(struct world *w)
{
	sim_stall(w->peer, false);
	sb_node_stop(w->node);
	turn(w, 1000000000);
	sb_node_stop(w->node);
	turn(w, 200000000000);
	HOLDS(sb_node_is_stopped(w->node));
	HOLDS(w->session == NULL && w->opened == w->closed);
	HOLDS(w->sent == w->ended);
	sb_node_free(w->node);
	smpp_service_free(w->service);
	sim_free(w->sim);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct sb_log_options quiet = {.level = SB_LOG_FATAL, .fd = 2};
	static struct smpp_application app;
	static struct sb_log *log;
	static struct world w;

	if (!log)
		log = sb_log_new(&quiet);
	memset(&w, 0, sizeof(w));
	if (size) {
		w.behaviour = data[0];
		open_world(&w, &app, log);
		play(&w, sb_bytes(data + 1, size - 1));
		close_world(&w);
	}
	return 0;
}
