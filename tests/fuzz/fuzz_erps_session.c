/*
 * A session of a service against a hostile peer and a whimsical service, on the simulated
 * machine. The input is what happens: an octet under 240 is the size of a piece that the
 * peer sends (it follows), the others are acts of peer, service and clock. Its first octet
 * says how the service behaves, and is what its options are made of.
 *
 * What must hold: all that is sent can be decoded; there are no more answers than calls;
 * each session that began ends once; nothing is left of it.
 */
#include "core/listener.h"
#include "core/log.h"
#include "core/node.h"
#include "protocols/erps/server.h"
#include "tests/fuzz/script.h"
#include "tests/sim/simulation.h"

#include <stdlib.h>
#include <string.h>

#define KEPT 64

enum behaviour {
	ANSWERS_LATER = 1,
	HAS_SMALL_WINDOW = 2,
	HAS_RULES = 4,
	HAS_IDENTITY = 8,
	IS_PACED = 16,
	ANSWERS_IN_TIME = 32,
	KNOWS_ATOMS = 64,
	DISCONNECTS_ON_CAST = 128,
};

struct world {
	struct simulation *sim;
	struct sb_node *node;
	struct erps_server *server;
	struct sim_peer *peer;
	struct sb_session *session;
	struct sb_address address;
	unsigned behaviour;
	struct erps_from kept[KEPT];
	size_t kept_count;
	unsigned opened, closed;
	uint64_t asked, answered; /* calls of the present peer's, at the most */
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
	return ((struct session_state *)erps_state(s))->world;
}

/* ---- the service ---- */

static int
on_init(struct sb_session *s, const void *args)
{
	struct world *w = (struct world *)(uintptr_t)args;

	((struct session_state *)erps_state(s))->world = w;
	w->session = s;
	w->address = sb_self(s);
	w->opened++;
	return 0;
}

/* Reads all of it, so that a term that is not what it was checked to be is found. */
static void
walk(struct erps_term term, unsigned depth)
{
	struct erps_walk children = erps_walk(term);
	struct erps_term child;

	HOLDS(depth <= 64 && erps_kind(term) != ERPS_NONE && erps_equal(term, term));
	while (erps_next(&children, &child))
		if (!children.is_string)
			walk(child, depth + 1);
}

static void
on_call(struct sb_session *s, struct erps_from from, struct erps_term request)
{
	struct world *w = world_of(s);

	walk(request, 0);
	if (w->behaviour & ANSWERS_LATER)
		w->kept[w->kept_count++ % KEPT] = from;
	else
		(void)erps_reply(s, from, request);
}

static void
on_cast(struct sb_session *s, struct erps_term request)
{
	walk(request, 0);
	(void)erps_push(s, request);
	if (world_of(s)->behaviour & DISCONNECTS_ON_CAST)
		erps_disconnect(s);
}

static void
on_cancel(struct sb_session *s, struct erps_from from)
{
	uint8_t nil[] = {106};

	HOLDS(erps_reply(s, from, (struct erps_term){nil, sizeof(nil)}) != 0);
}

static void
on_terminate(struct sb_session *s, enum sb_end why)
{
	struct world *w = world_of(s);

	(void)why;
	HOLDS(w->session == s);
	w->session = NULL;
	w->closed++;
}

enum act {
	ACT_RECONNECT = SCRIPT_OWN_ACTS,
	ACT_ANSWER, /* from here on acts of the service */
	ACT_REJECT,
	ACT_PART,
	ACT_PUSH,
	ACT_DISCONNECT,
	ACT_CLOSE,
	ACT_STARVE,
	ACT_AGAIN,
	ACT_STOP,
};

static void
answer(struct sb_session *s, struct world *w, uint32_t type)
{
	struct erps_from from;

	if (w->kept_count == 0)
		return;
	from = w->kept[(w->kept_count - 1) % KEPT];
	if (type == ACT_PART) {
		uint8_t nil[] = {106};

		(void)erps_reply_part(s, from, (struct erps_term){nil, sizeof(nil)});
		return;
	}
	if (type != ACT_AGAIN)
		w->kept_count--;
	if (type == ACT_REJECT)
		(void)erps_reject(s, from, "whim");
	else
		(void)erps_reply_with(s, from, "{:ok, [1, \"two\"]}");
}

static void
on_credit(struct sb_session *s, struct erps_from from)
{
	uint8_t nil[] = {106};

	HOLDS(erps_reply_part(s, from, (struct erps_term){nil, sizeof(nil)}) != SB_ENOTSUP);
}

static void
on_message(struct sb_session *s, struct sb_message *m)
{
	struct world *w = world_of(s);
	uint8_t nil[] = {106};

	switch (m->type) {
	case ACT_ANSWER:
	case ACT_REJECT:
	case ACT_PART:
	case ACT_AGAIN:
		answer(s, w, m->type);
		break;
	case ACT_PUSH:
		(void)erps_push(s, (struct erps_term){nil, sizeof(nil)});
		break;
	case ACT_DISCONNECT:
		erps_disconnect(s);
		break;
	case ACT_CLOSE:
		sb_close(s, SB_END_LOCAL);
		break;
	default:
		break;
	}
}

static const struct erps_service service = {
	.name = "fuzz",
	.state_size = sizeof(struct session_state),
	.init = on_init,
	.handle_call = on_call,
	.handle_cast = on_cast,
	.handle_message = on_message,
	.handle_cancel = on_cancel,
	.handle_credit = on_credit,
	.terminate = on_terminate,
};

/* ---- the peer ---- */

/* What of the stream may be answered: any packet that is one. */
static void
count_asked(struct world *w)
{
	size_t used = 0;

	for (;;) {
		struct erps_packet packet;
		ssize_t size = erps_packet_decode(
			sb_bytes(w->stream + used, w->stream_size - used), 4096, &packet, NULL);

		if (size <= 0)
			break;
		w->asked += packet.type != ERPS_KEEPALIVE;
		used += (size_t)size;
	}
	w->stream_size -= used;
	memmove(w->stream, w->stream + used, w->stream_size);
}

static void
count_answered(struct world *w)
{
	static struct erps_decoder decoder;

	decoder.env = sb_env_system();
	for (;;) {
		struct sb_bytes got = sim_received(w->peer);
		struct erps_packet packet;
		struct erps_term term;
		ssize_t size = erps_packet_decode(got, 1 << 20, &packet, NULL);

		HOLDS(size >= 0);
		if (size == 0)
			break;
		HOLDS(erps_decode(&decoder, packet.payload, &term) == 0);
		w->answered += packet.type == ERPS_REPLY || packet.type == ERPS_ERROR;
		sim_consume(w->peer, (size_t)size);
	}
	erps_decoder_fini(&decoder);
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

static void
connect_peer(struct world *w)
{
	/* One at a time: the end of the last, and the beginning of the next. Who has a call under
	 * way may be held, and does not see the end: answered, it does. */
	while (w->session && w->kept_count &&
		sb_node_post(w->node, w->address, ACT_ANSWER, 0, SB_NOTHING) == 0)
		turn(w, 1000);
	(void)sb_node_post(w->node, w->address, ACT_CLOSE, 0, SB_NOTHING);
	sim_reset(w->peer);
	turn(w, 200000000000);
	HOLDS(w->session == NULL);
	w->stream_size = w->kept_count = 0;
	w->asked = w->answered = 0;
	w->is_stalled = false;
	w->peer = sim_connect(w->sim, 4747);
	turn(w, 1000);
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
	switch (act) {
	case ACT_RECONNECT:
		connect_peer(w);
		break;
	case ACT_STARVE:
		sim_fail_allocation(w->sim, 2);
		break;
	case ACT_STOP:
		/* Without memory for the order the node halts, and nobody is asked. */
		sim_fail_allocation(w->sim, 0);
		sb_node_stop(w->node);
		turn(w, 1000);
		break;
	default:
		(void)sb_node_post(w->node, w->address, act, 0, SB_NOTHING);
		turn(w, 1000);
	}
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
		/* A second stop cuts: the end of the world, which comes by itself. */
		else if (step.act != ACT_STOP || !sb_node_is_stopping(w->node))
			act(w, (enum act)step.act);
		if (step.act == ACT_RECONNECT && sb_node_is_stopping(w->node))
			return;
	}
}

/* ---- one world for each input ---- */

static struct erps_service_options
options_of(unsigned behaviour)
{
	static const struct erps_access_rule rules[] = {
		{.method = "stop"}, {.network = "0.0.0.0/0", .is_allowed = true}};
	static const char *const names[] = {"echo", "ping", "stop"};
	static const struct erps_atoms atoms = {.names = names, .count = 3};
	struct erps_service_options options = {.max_payload = 4096, .bad_packets = 5};

	if (behaviour & HAS_SMALL_WINDOW)
		options.window = 2;
	if (behaviour & HAS_RULES) {
		options.access = rules;
		options.access_count = 2;
	}
	if (behaviour & HAS_IDENTITY) {
		options.identifier = "capsrv";
		options.versions = "~> 0.2.4";
	}
	if (behaviour & IS_PACED)
		options.pacing = ERPS_PACING_ALWAYS;
	if (behaviour & ANSWERS_IN_TIME)
		options.answer_ms = 500;
	if (behaviour & KNOWS_ATOMS)
		options.atoms = &atoms;
	return options;
}

static void
open_world(struct world *w, struct sb_log *log)
{
	static const struct sim_options calm = {.is_calm = true, .socket_buffer = 4096};
	static const struct sb_limits limits = {
		.output_low = 256, .output_high = 1024, .output_hard = 16384, .frame_budget = 16};
	const struct erps_service_options options = options_of(w->behaviour);
	struct sb_node_options node = {.threads = 1, .log = log, .receive_buffer = 4096};
	struct sb_listener_options listener = {
		.name = "fuzz", .address = "127.0.0.1:4747", .limits = &limits};

	w->sim = sim_new(&calm);
	node.env = sim_env(w->sim);
	HOLDS(sb_node_new(&w->node, &node) == 0);
	sim_attach(w->sim, w->node);
	HOLDS(erps_server_new(&w->server, w->node, &service, &options, w) == 0);
	listener.module = erps_server_module(w->server);
	listener.args = w->server;
	HOLDS(sb_listen(w->node, &listener, NULL) == 0);
	w->peer = sim_connect(w->sim, 4747);
	turn(w, 1000);
}

static void
close_world(struct world *w)
{
	sim_fail_allocation(w->sim, 0);
	sim_stall(w->peer, false);
	sb_node_stop(w->node);
	turn(w, 1000000000);
	sb_node_stop(w->node);
	turn(w, 200000000000);
	HOLDS(sb_node_is_stopped(w->node));
	HOLDS(w->session == NULL && w->opened == w->closed);
	sb_node_free(w->node);
	erps_server_free(w->server);
	HOLDS(sim_live_allocations(w->sim) == 0);
	sim_free(w->sim);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct sb_log_options quiet = {.level = SB_LOG_FATAL, .fd = 2};
	static struct sb_log *log;
	static struct world w;

	if (!log)
		log = sb_log_new(&quiet);
	memset(&w, 0, sizeof(w));
	if (size) {
		w.behaviour = data[0];
		open_world(&w, log);
		play(&w, sb_bytes(data + 1, size - 1));
		close_world(&w);
	}
	return 0;
}
