/*
 * An HTTP session against a hostile client and a whimsical handler, on the simulated
 * machine. The input is what happens: an octet under 240 is the size of a piece that the
 * client sends (it follows), the others are acts of client, handler and clock. Its first
 * octet says how the handler behaves.
 *
 * What must hold: each exchange that began is closed once; nothing is left of it; and where
 * nothing but octets came, the requests that came to their end are the same in whatever
 * pieces they come.
 */
#include "core/listener.h"
#include "core/log.h"
#include "core/node.h"
#include "core/session.h"
#include "protocols/http/server.h"
#include "tests/fuzz/script.h"
#include "tests/sim/simulation.h"

#include <stdlib.h>
#include <string.h>

enum behaviour {
	ANSWERS_LATER = 1,
	ANSWERS_EARLY = 2,
	HOLDS_BODIES = 4,
	ANSWERS_IN_PARTS = 8,
	ANSWERS_MUCH = 16,
	HAS_SMALL_LIMITS = 32,
	HAS_NO_BODY = 64,
};

struct world {
	struct simulation *sim;
	struct sb_node *node;
	struct http_server *server;
	struct sim_peer *peer;
	struct sb_address address;
	struct http_exchange *open;
	unsigned behaviour;
	unsigned begun, closed;
	uint64_t seen;   /* a digest of the present request */
	uint64_t digest; /* ... and of all that came to their end */
	bool is_stalled;
};

enum act {
	ACT_RECONNECT = SCRIPT_OWN_ACTS,
	ACT_ANSWER, /* from here on acts of the handler */
	ACT_RESUME,
	ACT_ABORT,
	ACT_CLOSE,
	ACT_STARVE,
	ACT_STOP,
};

static struct world *world;

/* ---- the handler ---- */

static void
see(const void *data, size_t size)
{
	const uint8_t *at = data;

	for (size_t i = 0; i < size; i++)
		world->seen = (world->seen ^ at[i]) * 0x100000001b3;
}

static void
see_text(const char *text)
{
	see(text, strlen(text) + 1);
}

static void
answer(struct http_exchange *x)
{
	static char text[5000] = "answer";
	size_t size = world->behaviour & ANSWERS_MUCH ? sizeof(text) : 6;

	(void)http_set_field(x, "X-Path", http_path(x));
	if (!(world->behaviour & ANSWERS_IN_PARTS)) {
		(void)http_respond(x, 200, "text/plain", sb_bytes(text, size));
		return;
	}
	if (http_respond_begin(x, 200, "text/plain", UINT64_MAX))
		return;
	(void)http_write(x, text, size);
	(void)http_write(x, text, size);
	(void)http_respond_end(x);
}

static void
on_begin(struct http_exchange *x)
{
	const char *name = "X-Ask";

	world->open = x;
	world->address = sb_self(http_session(x));
	world->begun++;
	world->seen = 0;
	see_text(http_method_name(x));
	see_text(http_path(x));
	see_text(http_query(x));
	for (const char *value = http_field(x, name); value;
		value = http_field_next(x, name, value))
		see_text(value);
	if (world->behaviour & HOLDS_BODIES)
		http_hold(x, "fuzz");
	if (world->behaviour & ANSWERS_EARLY)
		answer(x);
}

static void
on_body(struct http_exchange *x, struct sb_bytes part)
{
	HOLDS(part.size > 0);
	see(part.data, part.size);
	if (world->behaviour & HOLDS_BODIES)
		http_hold(x, "fuzz");
}

static void
on_end(struct http_exchange *x)
{
	see_text("end");
	world->digest = world->digest * 31 + world->seen;
	if (!(world->behaviour & ANSWERS_LATER))
		answer(x);
}

static void
on_message(struct http_exchange *x, struct sb_message *m)
{
	switch (m->type) {
	case ACT_ANSWER:
		answer(x);
		break;
	case ACT_RESUME:
		http_resume(x);
		break;
	case ACT_ABORT:
		http_abort(x);
		break;
	case ACT_CLOSE:
		http_close_after(x);
		break;
	default:
		break;
	}
}

static void
on_closed(struct http_exchange *x, bool is_complete)
{
	(void)is_complete;
	HOLDS(world->open == x);
	world->open = NULL;
	world->closed++;
}

static const struct http_handler *
route(struct http_exchange *x, void *context)
{
	static const struct http_handler handler = {
		.state_size = 100,
		.begin = on_begin,
		.body = on_body,
		.end = on_end,
		.message = on_message,
		.closed = on_closed,
	};
	static const struct http_handler deaf = {
		.begin = on_begin, .end = on_end, .message = on_message, .closed = on_closed};

	(void)context;
	if (strcmp(http_path(x), "/nobody") == 0)
		return NULL;
	return world->behaviour & HAS_NO_BODY ? &deaf : &handler;
}

/* ---- what happens ---- */

static void
turn(struct world *w, uint64_t ns)
{
	sim_run_for(w->sim, ns);
	sim_consume(w->peer, sim_received(w->peer).size);
}

static void
connect_peer(struct world *w)
{
	sim_reset(w->peer);
	turn(w, 200000000000);
	HOLDS(w->open == NULL);
	w->is_stalled = false;
	w->peer = sim_connect(w->sim, 8080);
	turn(w, 1000);
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

/* False: something but octets came. */
static bool
play(struct world *w, struct sb_bytes script)
{
	bool is_pure = true;
	struct script_step step;
	uint64_t ns;

	while (script_next(&script, SCRIPT_FIRST_ACT, &step)) {
		is_pure &= !step.act;
		if (!step.act) {
			sim_send(w->peer, step.piece.data, step.piece.size);
			turn(w, 1000);
		} else if (step.act < SCRIPT_OWN_ACTS) {
			ns = script_act((enum script_act)step.act, w->peer, &w->is_stalled);
			if (ns)
				turn(w, ns);
		} else if (step.act != ACT_STOP || !sb_node_is_stopping(w->node)) {
			act(w, (enum act)step.act);
		}
		if (step.act == ACT_RECONNECT && sb_node_is_stopping(w->node))
			return false;
	}
	return is_pure;
}

/* The same octets once more: in one piece, or one by one. */
static void
replay(struct world *w, struct sb_bytes script, bool is_whole)
{
	static uint8_t stream[1 << 16];
	size_t size = 0;
	struct script_step step;

	while (script_next(&script, SCRIPT_FIRST_ACT, &step)) {
		if (size + step.piece.size > sizeof(stream))
			return;
		memcpy(stream + size, step.piece.data, step.piece.size);
		size += step.piece.size;
	}
	connect_peer(w);
	for (size_t i = 0; i < size && !is_whole; i++) {
		sim_send(w->peer, stream + i, 1);
		turn(w, 100);
	}
	if (is_whole)
		sim_send(w->peer, stream, size);
	turn(w, 1000);
}

static void
compare(struct world *w, struct sb_bytes script)
{
	uint64_t digest = w->digest;

	w->digest = 0;
	replay(w, script, true);
	HOLDS(w->digest == digest);
	w->digest = 0;
	if (script.size < 2000)
		replay(w, script, false);
	HOLDS(w->digest == digest || script.size >= 2000);
}

/* ---- one world for each input ---- */

static void
open_world(struct world *w, struct sb_log *log)
{
	static const struct sim_options calm = {.is_calm = true, .socket_buffer = 4096};
	static const struct sb_limits limits = {
		.output_low = 256, .output_high = 1024, .output_hard = 16384, .frame_budget = 16};
	struct http_server_options options = {.name = "fuzz", .route = route};
	struct sb_node_options node = {.threads = 1, .log = log, .receive_buffer = 8192};
	struct sb_listener_options listener = {
		.name = "fuzz", .address = "127.0.0.1:8080", .limits = &limits};

	if (w->behaviour & HAS_SMALL_LIMITS)
		options.limits = (struct http_limits){
			.head_bytes = 200, .fields = 4, .body_bytes = 50, .requests = 3};
	w->sim = sim_new(&calm);
	node.env = sim_env(w->sim);
	HOLDS(sb_node_new(&w->node, &node) == 0);
	sim_attach(w->sim, w->node);
	HOLDS(http_server_new(&w->server, w->node, &options) == 0);
	listener.module = http_server_module(w->server);
	listener.args = w->server;
	HOLDS(sb_listen(w->node, &listener, NULL) == 0);
	w->peer = sim_connect(w->sim, 8080);
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
	HOLDS(w->open == NULL && w->begun == w->closed);
	sb_node_free(w->node);
	http_server_free(w->server);
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
	struct sb_bytes script;

	if (!log)
		log = sb_log_new(&quiet);
	memset(&w, 0, sizeof(w));
	if (!size)
		return 0;
	world = &w;
	script = sb_bytes(data + 1, size - 1);
	w.behaviour = data[0];
	open_world(&w, log);
	/* Who answers without being told has seen all that there is. */
	if (play(&w, script) && !(w.behaviour & (ANSWERS_LATER | ANSWERS_EARLY | HOLDS_BODIES)))
		compare(&w, script);
	close_world(&w);
	return 0;
}
