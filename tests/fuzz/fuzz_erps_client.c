/*
 * A client against a hostile server and a whimsical application, on the simulated
 * machine. The input is what happens: its first octet says how the client is set up;
 * then an octet under 224 is the size of a piece that the server sends (it follows), the
 * others are acts of application, server and clock.
 *
 * What must hold: all that is sent can be decoded; each call that was taken has one
 * outcome by the time the session is closed; nothing is left.
 */
#include "core/log.h"
#include "core/node.h"
#include "protocols/erps/client.h"
#include "tests/fuzz/script.h"
#include "tests/sim/simulation.h"

#include <stdlib.h>
#include <string.h>

#define PORT      4747
#define FIRST_ACT 224

enum setup {
	QUEUES = 1,
	PIPELINES = 2,
	PROBES = 4,
	COMPRESSES = 8,
	HAS_SMALL_BOUNDS = 16,
	CALLS_IN_ANSWERS = 32,
	IS_TEMPORARY = 64,
};

enum act {
	ACT_CALL = FIRST_ACT,
	ACT_CALL_SHORT,
	ACT_CAST,
	ACT_CANCEL,
	ACT_STREAM,
	ACT_CREDIT,
	ACT_CLOSE,
	ACT_REPLY, /* the server's, from here on: to the last call */
	ACT_REPLY_AS_OURS,
	ACT_ERROR,
	ACT_PART,
	ACT_DRAIN,
	ACT_PUSH,
	ACT_FINISH,
	ACT_RESET,
	ACT_STALL,
	ACT_PASS_SOME, /* the clock's */
	ACT_PASS_MUCH,
};

struct world {
	struct simulation *sim;
	struct sb_node *node;
	struct erps_client *client;
	struct sim_peer *peer;
	struct sb_address address;
	unsigned setup;
	uint64_t taken, ended, last_id;
	unsigned opened, closed;
	uint64_t ref; /* of the call that the server has read last */
	uint8_t read[1 << 18];
	size_t read_size;
	bool is_stalled;
};

static struct world *
world_of(const struct sb_session *s)
{
	return *(struct world **)erps_client_state(s);
}

/* ---- the application ---- */

static int
on_start(struct sb_session *s, const void *args)
{
	struct world *w = (struct world *)(uintptr_t)args;

	*(struct world **)erps_client_state(s) = w;
	w->address = sb_self(s);
	w->opened++;
	return 0;
}

static void
call(struct sb_session *s, uint32_t deadline_ms, uint32_t credit)
{
	struct world *w = world_of(s);
	const struct erps_call_options options = {.deadline_ms = deadline_ms, .credit = credit};
	int err = erps_client_call_with(s, &options, &w->last_id,
		"{:hello, \"0123456789012345678901"
		"23456789012345678901234567890\"}");

	HOLDS(err <= 0);
	w->taken += !err;
}

static void
on_answered(struct sb_session *s, const struct erps_answer *answer)
{
	struct world *w = world_of(s);

	HOLDS(answer->id && erps_client_cancel(s, answer->id) == SB_ENOENT);
	HOLDS((answer->term.data != NULL) == (answer->outcome <= ERPS_FAILED));
	HOLDS(++w->ended <= w->taken);
	if ((w->setup & CALLS_IN_ANSWERS) && w->taken < 2000)
		call(s, 0, 0);
}

static void
on_part(struct sb_session *s, uint64_t id, uint64_t context, struct erps_term part)
{
	HOLDS(part.data && id && context == 0 && erps_client_server_is_ours(s));
}

static void
on_pushed(struct sb_session *s, struct erps_term push)
{
	(void)s;
	HOLDS(erps_kind(push) != ERPS_NONE);
}

static void
on_disconnected(struct sb_session *s, enum sb_end why, uint32_t retry_ms)
{
	(void)why;
	(void)retry_ms;
	HOLDS(erps_client_outstanding(s) == 0);
}

static void
cast(struct sb_session *s)
{
	struct erps_builder b;
	uint8_t room[32];

	erps_builder_init(&b, room, sizeof(room));
	erps_put_atom(&b, "hello");
	(void)erps_client_cast(s, erps_built(&b));
}

static void
on_message(struct sb_session *s, struct sb_message *m)
{
	struct world *w = world_of(s);

	switch ((enum act)m->type) {
	case ACT_CALL:
		call(s, 0, 0);
		break;
	case ACT_CALL_SHORT:
		call(s, 5, 0);
		break;
	case ACT_CAST:
		cast(s);
		break;
	case ACT_CANCEL:
		w->ended += erps_client_cancel(s, w->last_id) == 0;
		break;
	case ACT_STREAM:
		call(s, 0, 3);
		break;
	case ACT_CREDIT:
		(void)erps_client_credit(s, w->last_id, 2);
		break;
	case ACT_CLOSE:
		sb_close(s, SB_END_LOCAL);
		break;
	default:
		break;
	}
}

static void
on_closed(struct sb_session *s, enum sb_end why)
{
	struct world *w = world_of(s);

	(void)why;
	HOLDS(w->ended == w->taken);
	w->closed++;
}

static const struct erps_client_application application = {
	.name = "fuzz",
	.state_size = sizeof(struct world *),
	.start = on_start,
	.disconnected = on_disconnected,
	.answered = on_answered,
	.part = on_part,
	.pushed = on_pushed,
	.message = on_message,
	.closed = on_closed,
};

/* ---- the server ---- */

static bool
has_peer(const struct world *w)
{
	return w->peer && !sim_was_reset(w->peer) && !sim_is_closed(w->peer);
}

static void
note_ref(struct world *w, const struct erps_packet *packet)
{
	static struct erps_decoder decoder;
	struct erps_term term, ref;

	if (packet->type == ERPS_KEEPALIVE)
		return;
	decoder.env = sb_env_system();
	HOLDS(erps_decode(&decoder, packet->payload, &term) == 0);
	if ((packet->type == ERPS_CALL || packet->type == ERPS_CALL_WITH) &&
		erps_element(term, 0, &ref))
		HOLDS(erps_get_unsigned(ref, &w->ref));
	erps_decoder_fini(&decoder);
}

static void
read_packets(struct world *w)
{
	struct sb_bytes in = has_peer(w) ? sim_received(w->peer) : sb_bytes(NULL, 0);
	size_t used = 0;

	HOLDS(in.size <= sizeof(w->read) - w->read_size);
	if (in.size)
		memcpy(w->read + w->read_size, in.data, in.size);
	w->read_size += in.size;
	if (in.size)
		sim_consume(w->peer, in.size);
	while (used < w->read_size) {
		struct erps_packet packet;
		size_t need;
		ssize_t size = erps_packet_decode(
			sb_bytes(w->read + used, w->read_size - used), 1 << 20, &packet, &need);

		HOLDS(size >= 0);
		if (!size)
			break;
		note_ref(w, &packet);
		used += (size_t)size;
	}
	w->read_size -= used;
	memmove(w->read, w->read + used, w->read_size);
}

static void
run_for(struct world *w, uint64_t ns)
{
	struct sim_peer *peer;

	sim_run_for(w->sim, ns);
	read_packets(w);
	peer = sim_accept(w->sim, PORT);
	if (!peer)
		return;
	w->peer = peer;
	w->is_stalled = false;
	w->read_size = 0;
	read_packets(w);
}

static void
send_packet(struct world *w, uint8_t type, const char *pattern, bool as_ours)
{
	uint8_t octets[512], room[256];
	struct erps_packet packet = {.type = type};
	struct sb_writer writer = sb_writer_of(octets, sizeof(octets));
	struct erps_builder b;

	erps_builder_init(&b, room, sizeof(room));
	erps_put_version(&b);
	erps_put_pattern(&b, pattern, w->ref);
	packet.payload = erps_built_payload(&b);
	if (as_ours) {
		packet.identifier = sb_bytes_text("switchboard");
		packet.version.major = 1;
	}
	HOLDS(erps_packet_encode(&writer, &packet) == 0);
	sim_send(w->peer, octets, sb_writer_size(&writer));
}

static void
serve(struct world *w, enum act act)
{
	switch (act) {
	case ACT_REPLY:
		send_packet(w, ERPS_REPLY, "{:ok, ref::uint}", false);
		break;
	case ACT_REPLY_AS_OURS:
		send_packet(w, ERPS_REPLY, "{:ok, ref::uint}", true);
		break;
	case ACT_ERROR:
		send_packet(w, ERPS_ERROR, "{\"no\", ref::uint}", false);
		break;
	case ACT_PART:
		send_packet(w, ERPS_PART, "{:part, ref::uint}", false);
		break;
	case ACT_DRAIN:
		send_packet(w, ERPS_DRAIN, "4000", false);
		break;
	case ACT_PUSH:
		send_packet(w, ERPS_PUSH, "{:push, ref::uint}", false);
		break;
	case ACT_FINISH:
		sim_finish(w->peer);
		break;
	case ACT_RESET:
		sim_reset(w->peer);
		break;
	case ACT_STALL:
		w->is_stalled = !w->is_stalled;
		sim_stall(w->peer, w->is_stalled);
		break;
	default:
		break;
	}
}

/* ---- the world ---- */

static void
open_world(struct world *w, struct sb_log *log)
{
	static const struct sim_options calm = {.is_calm = true};
	const struct sb_limits small = {
		.output_low = 300, .output_high = 600, .output_hard = 4000, .max_frame = 2000};
	struct sb_node_options node = {.threads = 1, .log = log};
	struct erps_client_options options = {
		.restart = w->setup & IS_TEMPORARY ? SB_TEMPORARY : SB_PERMANENT,
		.queues_while_away = w->setup & QUEUES,
		.pacing = w->setup & PIPELINES ? ERPS_PACING_NEVER : ERPS_PACING_AUTO,
		.probe = w->setup & PROBES ? ":probe" : NULL,
		.compressed = w->setup & COMPRESSES ? 1 : 0,
		.backoff_min_ms = 5,
		.backoff_max_ms = 20,
		.keepalive_ms = 2000,
	};

	if (w->setup & HAS_SMALL_BOUNDS) {
		options.limits = &small;
		options.queue = 3;
		options.window = 2;
		options.max_payload = 1000;
	}
	w->sim = sim_new(&calm);
	node.env = sim_env(w->sim);
	HOLDS(sb_node_new(&w->node, &node) == 0);
	sim_attach(w->sim, w->node);
	sim_listen(w->sim, PORT);
	HOLDS(erps_client_start(
		      w->node, "127.0.0.1", PORT, &application, w, &options, &w->client) == 0);
	run_for(w, 1000);
}

static void
close_world(struct world *w)
{
	if (has_peer(w))
		sim_stall(w->peer, false);
	sb_node_stop(w->node);
	run_for(w, 1000);
	sb_node_stop(w->node);
	run_for(w, UINT64_C(60000000000));
	HOLDS(sb_node_is_stopped(w->node));
	HOLDS(w->opened == w->closed && w->taken == w->ended);
	sb_node_free(w->node);
	erps_client_free(w->client);
	HOLDS(sim_open_sockets(w->sim) == 0 && sim_live_allocations(w->sim) == 0);
	sim_free(w->sim);
}

static void
happen(struct world *w, const struct script_step *step)
{
	if (!step->act) {
		if (has_peer(w) && step->piece.size)
			sim_send(w->peer, step->piece.data, step->piece.size);
	} else if (step->act < ACT_REPLY) {
		(void)sb_node_post(w->node, w->address, step->act, 0, SB_NOTHING);
	} else if (step->act < ACT_PASS_SOME && has_peer(w)) {
		serve(w, (enum act)step->act);
	}
	run_for(w, step->act == ACT_PASS_MUCH   ? UINT64_C(1000000000)
		   : step->act == ACT_PASS_SOME ? 10000000
						: 1000);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct sb_log_options silent = {.level = SB_LOG_FATAL, .fd = 2};
	static struct sb_log *log;
	struct sb_bytes script;
	struct script_step step;
	struct world *w;

	if (!size || size > 4096)
		return 0;
	if (!log)
		log = sb_log_new(&silent);
	w = calloc(1, sizeof(*w));
	HOLDS(w && log);
	w->setup = data[0];
	open_world(w, log);
	script = sb_bytes(data + 1, size - 1);
	while (script_next(&script, FIRST_ACT, &step))
		happen(w, &step);
	close_world(w);
	free(w);
	return 0;
}
