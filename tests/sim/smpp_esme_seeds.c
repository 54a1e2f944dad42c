/*
 * ESMEs of ours and a message centre of ours under every kind of weather: binds are
 * refused or never answered, answers come late, never, or say "throttled", each side
 * resets, unbinds, falls silent, memory fails. Whatever the seed: each request that
 * smpp_send took has one end, on either side; callbacks come in their order; when the
 * weather is over every ESME is bound again, and when the node stops all is unbound,
 * and nothing is left.
 */
#include "core/listener.h"
#include "core/node.h"
#include "protocols/smpp/esme.h"
#include "seeds.h"
#include "simulation.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ESMES  3
#define SECOND UINT64_C(1000000000)

enum act {
	ACT_SEND = 1,
	ACT_RESET,
	ACT_DISCONNECT,
	ACT_UNBIND,
	ACT_HOLD,
	ACT_RESUME,
};

struct world;

/* What an application knows of its requests: they begin and end in pairs. */
struct ledger {
	uint64_t sent, ended;
};

enum place { AWAY, CONNECTED, BOUND };

struct esme {
	struct world *world;
	struct sb_address address;
	struct ledger ledger;
	enum place place;
	unsigned lives; /* started and not closed */
	uint64_t answered_well;
};

struct world {
	struct simulation *sim;
	struct sb_log *log;
	struct sb_node *node;
	struct smpp_service *mc, *services[ESMES];
	struct esme esmes[ESMES];
	struct ledger mc_ledger;
	unsigned mc_sessions;
	bool is_stormy;
};

/* One in `n`, while the weather is bad. */
static bool
chance(struct world *w, uint64_t n)
{
	return w->is_stormy && sim_random(w->sim, n) == 0;
}

/* ---- the centre ---- */

struct late {
	struct sb_timer timer;
	struct smpp_request request;
	bool is_waiting;
};

struct mc_state {
	struct world *world;
	struct late late; /* one request at a time is answered late */
};

static struct world *
mc_world(const struct sb_session *s)
{
	return ((struct mc_state *)smpp_state(s))->world;
}

static int
mc_connected(struct sb_session *s, const struct sb_peer *peer, const void *args)
{
	struct mc_state *state = smpp_state(s);

	(void)peer;
	state->world = (struct world *)(uintptr_t)args;
	state->world->mc_sessions++;
	return chance(state->world, 20) ? SB_EACCES : 0;
}

static void
mc_answer_late(struct sb_session *s, struct sb_timer *timer)
{
	struct mc_state *state = smpp_state(s);

	(void)timer;
	state->late.is_waiting = false;
	(void)smpp_respond(s, state->late.request, SMPP_ROK, sb_bytes_text("late"));
}

static bool
answers_late(struct sb_session *s, struct smpp_request request)
{
	struct mc_state *state = smpp_state(s);

	if (state->late.is_waiting || !chance(state->world, 4))
		return false;
	state->late.request = request;
	state->late.is_waiting = true;
	sb_timer_start(s, &state->late.timer, sim_random(state->world->sim, 6000), mc_answer_late);
	return true;
}

static void
mc_bind(struct sb_session *s, struct smpp_request request, const struct smpp_binding *binding)
{
	struct world *w = mc_world(s);

	CHECK(binding->fields->system_id.size == 5);
	if (chance(w, 5))
		smpp_respond(s, request, SMPP_RINVPASWD, sb_bytes(NULL, 0));
	else if (!chance(w, 10) && !answers_late(s, request))
		smpp_respond(s, request, SMPP_ROK, sb_bytes_text("mc"));
}

static void
mc_deliver(struct sb_session *s)
{
	struct smpp_pdu pdu = {.header.command = SMPP_DELIVER_SM};

	pdu.deliver_sm.short_message = sb_bytes_text("to you");
	if (smpp_send(s, &pdu, 5) == 0)
		mc_world(s)->mc_ledger.sent++;
}

static void
mc_request(struct sb_session *s, struct smpp_request request, const struct smpp_pdu *pdu)
{
	struct world *w = mc_world(s);

	CHECK(pdu->header.command == SMPP_SUBMIT_SM);
	CHECK(smpp_state_is_bound(smpp_session_state(s)));
	if (sim_random(w->sim, 3) == 0)
		mc_deliver(s);
	if (chance(w, 30))
		smpp_unbind(s, SB_END_LOCAL);
	if (chance(w, 30)) {
		sb_abort(s, SB_END_LOCAL);
		return;
	}
	if (chance(w, 10) || answers_late(s, request))
		return; /* answer_ms answers the forgotten */
	smpp_respond(s, request, chance(w, 6) ? SMPP_RTHROTTLED : SMPP_ROK, sb_bytes_text("id"));
}

static void
mc_ended(struct sb_session *s, uint64_t context, const struct smpp_pdu *pdu)
{
	CHECK(context == 5 && pdu->header.command != SMPP_SUBMIT_SM_RESP);
	mc_world(s)->mc_ledger.ended++;
}

static void
mc_no_response(struct sb_session *s, uint64_t context, uint32_t command)
{
	CHECK(context == 5 && command == SMPP_DELIVER_SM);
	mc_world(s)->mc_ledger.ended++;
}

static void
mc_closed(struct sb_session *s, enum sb_end why)
{
	(void)why;
	mc_world(s)->mc_sessions--;
}

static const struct smpp_application mc_application = {
	.name = "seeds.mc",
	.side = SMPP_MC,
	.state_size = sizeof(struct mc_state),
	.connected = mc_connected,
	.bind = mc_bind,
	.request = mc_request,
	.response = mc_ended,
	.response_timeout = mc_no_response,
	.response_lost = mc_no_response,
	.closed = mc_closed,
};

/* ---- an ESME ---- */

static struct esme *
esme_of(const struct sb_session *s)
{
	return *(struct esme **)smpp_state(s);
}

static int
esme_start(struct sb_session *s, const void *args)
{
	struct esme *e = (struct esme *)(uintptr_t)args;

	if (chance(e->world, 10))
		return SB_EINVAL;
	CHECK(e->lives == 0);
	*(struct esme **)smpp_state(s) = e;
	e->address = sb_self(s);
	e->place = AWAY;
	e->lives++;
	return 0;
}

static int
esme_connected(struct sb_session *s, const struct sb_peer *peer, const void *args)
{
	struct esme *e = esme_of(s);

	(void)args;
	CHECK(peer && e->place == AWAY && smpp_window_used(s) == 0);
	e->place = CONNECTED;
	return chance(e->world, 20) ? SB_EACCES : 0;
}

static void
esme_send(struct sb_session *s)
{
	struct smpp_pdu pdu = {.header.command = SMPP_SUBMIT_SM};
	struct esme *e = esme_of(s);
	int err;

	pdu.submit_sm.short_message = sb_bytes_text("to him");
	err = smpp_send(s, &pdu, e->ledger.sent);
	CHECK(err == 0 || err == SB_FULL || err == SB_ENOMEM || e->place != BOUND ||
		err == SB_GONE);
	CHECK(err || e->place == BOUND);
	if (!err)
		e->ledger.sent++;
}

static void
esme_bound(struct sb_session *s, const struct smpp_pdu *response)
{
	struct esme *e = esme_of(s);

	CHECK(e->place == CONNECTED && response->header.status == SMPP_ROK);
	CHECK(smpp_session_state(s) == SMPP_BOUND_TRX);
	e->place = BOUND;
	for (unsigned i = 0; i < 3; i++)
		esme_send(s);
}

static void
esme_refused(struct sb_session *s, const struct smpp_pdu *response)
{
	CHECK(esme_of(s)->place == CONNECTED && response->header.status != SMPP_ROK);
}

static void
esme_request(struct sb_session *s, struct smpp_request request, const struct smpp_pdu *pdu)
{
	struct esme *e = esme_of(s);

	CHECK(e->place == BOUND && pdu->header.command == SMPP_DELIVER_SM);
	if (!chance(e->world, 10))
		smpp_respond(s, request, SMPP_ROK, sb_bytes(NULL, 0));
}

static void
esme_response(struct sb_session *s, uint64_t context, const struct smpp_pdu *pdu)
{
	struct esme *e = esme_of(s);

	CHECK(e->place == BOUND && context < e->ledger.sent);
	e->ledger.ended++;
	e->answered_well += pdu->header.status == SMPP_ROK;
	if (sim_random(e->world->sim, 2))
		esme_send(s);
}

static void
esme_no_response(struct sb_session *s, uint64_t context, uint32_t command)
{
	struct esme *e = esme_of(s);

	CHECK(e->place == BOUND && context < e->ledger.sent && command == SMPP_SUBMIT_SM);
	e->ledger.ended++;
}

static void
esme_disconnected(struct sb_session *s, enum sb_end why, uint32_t retry_ms)
{
	struct esme *e = esme_of(s);

	CHECK(why == SB_END_CONNECT || e->place != AWAY);
	CHECK(retry_ms > 0 && e->ledger.sent == e->ledger.ended);
	e->place = AWAY;
}

static void
esme_message(struct sb_session *s, struct sb_message *m)
{
	switch ((enum act)m->type) {
	case ACT_SEND:
		esme_send(s);
		break;
	case ACT_RESET:
		sb_abort(s, SB_END_RESET);
		break;
	case ACT_DISCONNECT:
		sb_disconnect(s, SB_END_LOCAL);
		break;
	case ACT_UNBIND:
		smpp_unbind(s, SB_END_LOCAL);
		break;
	case ACT_HOLD:
		smpp_hold(s, "whim");
		break;
	case ACT_RESUME:
		smpp_resume(s);
		break;
	}
}

static void
esme_closed(struct sb_session *s, enum sb_end why)
{
	struct esme *e = esme_of(s);

	(void)why;
	CHECK(e->lives == 1 && e->ledger.sent == e->ledger.ended);
	e->lives--;
	e->place = AWAY;
}

static const struct smpp_application esme_application = {
	.name = "seeds.esme",
	.side = SMPP_ESME,
	.state_size = sizeof(struct esme *),
	.start = esme_start,
	.connected = esme_connected,
	.bound = esme_bound,
	.bind_refused = esme_refused,
	.request = esme_request,
	.response = esme_response,
	.response_timeout = esme_no_response,
	.response_lost = esme_no_response,
	.disconnected = esme_disconnected,
	.message = esme_message,
	.closed = esme_closed,
};

/* ---- the world ---- */

static void
start_esmes(struct world *w)
{
	const struct smpp_esme_options options = {.host = "127.0.0.1",
		.system_id = "alice",
		.restart = SB_PERMANENT,
		.backoff_max_ms = 4000,
		.shard = SB_SHARD_SPREAD,
		.pace.throughput = sim_random(w->sim, 2) ? 0 : 50,
		.session = {.window_out = 1 + (uint32_t)sim_random(w->sim, 6),
			.response_ms = 3000,
			.session_init_ms = 4000,
			.enquire_link_ms = 2000,
			.enquire_link_resp_ms = 2000}};
	struct sb_child_spec children[ESMES];
	struct sb_supervisor_options tree = {
		.max_restarts = 10000, .children = children, .child_count = ESMES};
	const struct sb_child_spec spec = {.module = &sb_supervisor_module,
		.args = &tree,
		.args_size = sizeof(tree),
		.restart = SB_PERMANENT};

	for (unsigned i = 0; i < ESMES; i++) {
		w->esmes[i].world = w;
		CHECK(smpp_esme_new(&w->services[i], w->node, &esme_application, &options,
			      &w->esmes[i]) == 0);
		children[i] = smpp_esme_child(w->services[i], NULL);
	}
	CHECK(sb_node_start_child(w->node, &spec) == 0);
}

static void
start(struct world *w)
{
	const struct smpp_session_options session = {
		.answer_ms = 2500, .enquire_link_ms = 5000, .session_init_ms = 5000};
	struct sb_node_options node = {.threads = 1 + (unsigned)sim_random(w->sim, 3),
		.env = sim_env(w->sim),
		.log = w->log};
	const struct sb_listener_options listener = {.name = "mc", .address = "127.0.0.1:2775"};

	CHECK(sb_node_new(&w->node, &node) == 0);
	sim_attach(w->sim, w->node);
	CHECK(smpp_service_new(&w->mc, w->node, &mc_application, &session, w) == 0);
	CHECK(smpp_listen(w->mc, &listener, NULL) == 0);
	start_esmes(w);
	/* The tree is adopted before memory fails: what is refused then is refused for good. */
	sim_run_for(w->sim, SECOND);
}

static void
storm(struct world *w)
{
	static const enum act acts[] = {ACT_SEND, ACT_SEND, ACT_SEND, ACT_SEND, ACT_SEND, ACT_RESET,
		ACT_DISCONNECT, ACT_UNBIND, ACT_HOLD, ACT_RESUME, ACT_RESUME};

	w->is_stormy = true;
	for (unsigned i = 0; i < 150; i++) {
		struct esme *e = &w->esmes[sim_random(w->sim, ESMES)];

		if (sim_random(w->sim, 12) == 0)
			sim_fail_allocation(w->sim, 1 + sim_random(w->sim, 60));
		(void)sb_node_post(w->node, e->address,
			acts[sim_random(w->sim, sizeof(acts) / sizeof(acts[0]))], 0, SB_NOTHING);
		sim_run_for(w->sim, sim_random(w->sim, SECOND));
	}
	sim_fail_allocation(w->sim, 0);
	w->is_stormy = false;
}

/* Longer than anything that the storm has left can last. */
static void
calm(struct world *w)
{
	for (unsigned i = 0; i < ESMES; i++)
		(void)sb_node_post(w->node, w->esmes[i].address, ACT_RESUME, 0, SB_NOTHING);
	sim_run_for(w->sim, 60 * SECOND);
	for (unsigned i = 0; i < ESMES; i++) {
		struct esme *e = &w->esmes[i];
		uint64_t before = e->answered_well;

		CHECK(e->lives == 1 && e->place == BOUND);
		CHECK(sb_node_post(w->node, e->address, ACT_SEND, 0, SB_NOTHING) == 0);
		sim_run_for(w->sim, 10 * SECOND);
		CHECK(e->answered_well > before);
	}
}

static void
stop(struct world *w)
{
	sb_node_stop(w->node);
	sim_run_for(w->sim, 30 * SECOND);
	CHECK(sb_node_is_stopped(w->node));
	CHECK(w->mc_sessions == 0 && w->mc_ledger.sent == w->mc_ledger.ended);
	for (unsigned i = 0; i < ESMES; i++)
		CHECK(w->esmes[i].lives == 0);
	sb_node_free(w->node);
	for (unsigned i = 0; i < ESMES; i++)
		smpp_service_free(w->services[i]);
	smpp_service_free(w->mc);
	CHECK(sim_open_sockets(w->sim) == 0);
	CHECK(sim_live_allocations(w->sim) == 0);
}

static void
run(uint64_t seed)
{
	const struct sim_options options = {.seed = seed};
	const struct sb_log_options log = {.level = SB_LOG_FATAL, .fd = STDERR_FILENO};
	struct world *w = calloc(1, sizeof(*w));

	w->sim = sim_new(&options);
	w->log = sb_log_new(&log);
	start(w);
	storm(w);
	calm(w);
	stop(w);
	sim_free(w->sim);
	sb_log_free(w->log);
	free(w);
}

int
main(int argc, char **argv)
{
	return seeds_main(argc, argv, 200, run);
}
