/*
 * A pool of clients and a service of ours under every kind of weather: answers come
 * late, never, or say no; streams are cut; each side resets, disconnects, ends; memory
 * fails. Whatever the seed: each call of a client, and each of another session through
 * the pool, has one outcome and the answer that belongs to it; no more parts come than
 * there was credit for; when the weather is over every caller is answered, and when the
 * node stops nothing is left.
 */
#include "core/node.h"
#include "core/registry.h"
#include "core/supervisor.h"
#include "protocols/erps/daemon.h"
#include "protocols/erps/pool.h"
#include "seeds.h"
#include "simulation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MEMBERS 3
#define CALLERS 3
#define KEPT    64
#define PARTS   6
#define SECOND  UINT64_C(1000000000)

enum act {
	ACT_ASK = 1, /* a caller's */
	ACT_TELL,
	ACT_GIVE_UP,
	ACT_CALL, /* a member's */
	ACT_STREAM,
	ACT_CANCEL,
	ACT_RESET,
	ACT_DISCONNECT,
	ACT_CLOSE,
};

struct question {
	uint64_t ref;
	int64_t n;
};

struct world;

struct caller {
	struct world *world;
	struct sb_address address;
	struct question open[KEPT];
	size_t open_count;
	uint64_t answered_well;
};

struct world {
	struct simulation *sim;
	struct sb_log *log;
	struct sb_node *node;
	struct erps_daemon *daemon;
	struct erps_pool *pool;
	struct caller callers[CALLERS];
	int64_t next;
	unsigned services, members;
	uint64_t streamed;
	bool is_stormy;
};

/* One in `n`, while the weather is bad. */
static bool
chance(struct world *w, uint64_t n)
{
	return w->is_stormy && sim_random(w->sim, n) == 0;
}

/* ---- the service ---- */

struct service_state {
	struct world *world;
	struct sb_timer timer;
	struct erps_from late; /* one call at a time is answered late */
	int64_t n;
	bool is_waiting;
	struct erps_from stream;
	unsigned parts_left;
};

static int
service_init(struct sb_session *s, const void *args)
{
	struct service_state *state = erps_state(s);

	state->world = (struct world *)(uintptr_t)args;
	if (chance(state->world, 20))
		return SB_EACCES;
	state->world->services++;
	return 0;
}

static void
answer_late(struct sb_session *s, struct sb_timer *timer)
{
	struct service_state *state = erps_state(s);

	(void)timer;
	state->is_waiting = false;
	(void)erps_reply_with(s, state->late, "{:ok, n::int}", state->n);
}

static void
answer_number(struct sb_session *s, struct erps_from from, int64_t n)
{
	struct service_state *state = erps_state(s);
	struct world *w = state->world;

	if (chance(w, 40))
		sb_abort(s, SB_END_LOCAL);
	else if (chance(w, 40))
		erps_disconnect(s);
	else if (chance(w, 8))
		(void)erps_reject(s, from, "not today");
	else if (chance(w, 10))
		return;
	else if (!state->is_waiting && chance(w, 4)) {
		state->is_waiting = true;
		state->late = from;
		state->n = n;
		sb_timer_start(s, &state->timer, sim_random(w->sim, 3000), answer_late);
	} else {
		(void)erps_reply_with(s, from, "{:ok, n::int}", n);
	}
}

static void
go_on_streaming(struct sb_session *s)
{
	struct service_state *state = erps_state(s);
	struct erps_builder b;
	uint8_t room[16];

	erps_builder_init(&b, room, sizeof(room));
	erps_put_atom(&b, "part");
	while (state->parts_left) {
		if (erps_reply_part(s, state->stream, erps_built(&b)))
			return;
		state->parts_left--;
	}
	(void)erps_reply_with(s, state->stream, ":end");
}

static void
service_call(struct sb_session *s, struct erps_from from, struct erps_term request)
{
	struct service_state *state = erps_state(s);
	int64_t n;

	if (erps_match(request, "{:n, n::int}", &n)) {
		answer_number(s, from, n);
	} else if (erps_match(request, ":stream") && !state->parts_left) {
		state->stream = from;
		state->parts_left = PARTS;
		go_on_streaming(s);
	} else {
		(void)erps_reject(s, from, "badarg");
	}
}

static void
service_credit(struct sb_session *s, struct erps_from from)
{
	struct service_state *state = erps_state(s);

	if (state->parts_left && state->stream.ref == from.ref)
		go_on_streaming(s);
}

static void
service_cancel(struct sb_session *s, struct erps_from from)
{
	struct service_state *state = erps_state(s);

	if (state->stream.ref == from.ref)
		state->parts_left = 0;
}

static void
service_terminate(struct sb_session *s, enum sb_end why)
{
	(void)why;
	((struct service_state *)erps_state(s))->world->services--;
}

static const struct erps_service service = {
	.name = "seeds.service",
	.state_size = sizeof(struct service_state),
	.init = service_init,
	.handle_call = service_call,
	.handle_credit = service_credit,
	.handle_cancel = service_cancel,
	.terminate = service_terminate,
};

/* ---- a member of the pool, which calls for itself, too ---- */

struct member_state {
	struct world *world;
	uint64_t sent, ended, last_id, stream;
	unsigned credit;
};

static int
member_start(struct sb_session *s, const void *args)
{
	struct member_state *state = erps_client_state(s);
	struct world *w = (struct world *)(uintptr_t)args;

	if (chance(w, 20))
		return SB_EINVAL;
	state->world = w;
	w->members++;
	return 0;
}

static void
member_call(struct sb_session *s)
{
	struct member_state *state = erps_client_state(s);
	struct world *w = state->world;
	int64_t n = w->next++;
	const struct erps_call_options options = {
		.context = (uint64_t)n, .deadline_ms = 1 + (uint32_t)sim_random(w->sim, 4000)};
	int err = erps_client_call_with(s, &options, &state->last_id, "{:n, n::int}", n);

	CHECK(err == 0 || err == SB_GONE || err == SB_FULL || err == SB_ENOMEM);
	state->sent += !err;
}

static void
member_stream(struct sb_session *s)
{
	struct member_state *state = erps_client_state(s);
	const struct erps_call_options options = {.context = UINT64_MAX, .credit = 2};

	if (state->stream || erps_client_call_with(s, &options, &state->stream, ":stream"))
		return;
	state->credit = 2;
	state->sent++;
}

static void
member_part(struct sb_session *s, uint64_t id, uint64_t context, struct erps_term part)
{
	struct member_state *state = erps_client_state(s);

	CHECK(id == state->stream && context == UINT64_MAX && erps_is_atom(part, "part"));
	CHECK(state->credit-- > 0);
	state->world->streamed++;
	if (!chance(state->world, 10) && erps_client_credit(s, id, 1) == 0)
		state->credit++;
}

static void
member_answered(struct sb_session *s, const struct erps_answer *answer)
{
	struct member_state *state = erps_client_state(s);
	int64_t n;

	CHECK(++state->ended <= state->sent);
	if (answer->context == UINT64_MAX) {
		CHECK(answer->id == state->stream);
		state->stream = 0;
	} else if (answer->outcome == ERPS_REPLIED) {
		CHECK(erps_match(answer->term, "{:ok, n::int}", &n));
		CHECK(n == (int64_t)answer->context);
	}
	if (chance(state->world, 4))
		member_call(s);
}

static void
member_message(struct sb_session *s, struct sb_message *m)
{
	struct member_state *state = erps_client_state(s);

	switch (m->type) {
	case ACT_CALL:
		member_call(s);
		break;
	case ACT_STREAM:
		member_stream(s);
		break;
	case ACT_CANCEL:
		state->ended += erps_client_cancel(s, state->last_id) == 0;
		break;
	case ACT_RESET:
		sb_abort(s, SB_END_RESET);
		break;
	case ACT_DISCONNECT:
		sb_disconnect(s, SB_END_LOCAL);
		break;
	case ACT_CLOSE:
		sb_close(s, SB_END_LOCAL);
		break;
	default:
		break;
	}
}

static void
member_disconnected(struct sb_session *s, enum sb_end why, uint32_t retry_ms)
{
	(void)why;
	(void)retry_ms;
	CHECK(erps_client_outstanding(s) == 0);
}

static void
member_closed(struct sb_session *s, enum sb_end why)
{
	struct member_state *state = erps_client_state(s);

	(void)why;
	CHECK(state->sent == state->ended);
	state->world->members--;
}

static const struct erps_client_application member = {
	.name = "seeds.member",
	.state_size = sizeof(struct member_state),
	.start = member_start,
	.disconnected = member_disconnected,
	.answered = member_answered,
	.part = member_part,
	.message = member_message,
	.closed = member_closed,
};

/* ---- a caller ---- */

static struct caller *
caller_of(const struct sb_session *s)
{
	return *(struct caller **)sb_state(s);
}

static int
caller_start(struct sb_session *s, const void *args)
{
	struct caller *c = (struct caller *)(uintptr_t)args;

	*(struct caller **)sb_state(s) = c;
	c->address = sb_self(s);
	return 0;
}

static void
caller_ask(struct sb_session *s, struct caller *c)
{
	struct world *w = c->world;
	struct question *q = &c->open[c->open_count];
	struct erps_builder b;
	uint8_t room[64];
	int err;

	if (c->open_count == KEPT)
		return;
	q->n = w->next++;
	erps_builder_init(&b, room, sizeof(room));
	erps_put_pattern(&b, "{:n, n::int}", q->n);
	err = erps_pool_ask(
		s, w->pool, erps_built(&b), 1 + (uint32_t)sim_random(w->sim, 9000), &q->ref);
	CHECK(err == 0 || err == SB_GONE || err == SB_FULL || err == SB_ENOMEM);
	c->open_count += !err;
}

static void
caller_answer(struct caller *c, const struct sb_message *m)
{
	struct erps_answer answer;
	size_t at = 0;
	int64_t n;

	while (at < c->open_count && c->open[at].ref != m->ref)
		at++;
	CHECK(at < c->open_count);
	erps_client_read_answer(m, &answer);
	if (answer.outcome == ERPS_REPLIED) {
		CHECK(erps_match(answer.term, "{:ok, n::int}", &n));
		CHECK(n == c->open[at].n);
		c->answered_well++;
	}
	c->open[at] = c->open[--c->open_count];
}

static void
caller_message(struct sb_session *s, struct sb_message *m)
{
	struct caller *c = caller_of(s);
	struct erps_term term = {(const uint8_t *)"\x6a", 1};

	switch (m->type) {
	case SB_MSG_REPLY:
		caller_answer(c, m);
		break;
	case ACT_ASK:
		caller_ask(s, c);
		break;
	case ACT_TELL:
		(void)erps_pool_tell(s, c->world->pool, term);
		break;
	case ACT_GIVE_UP:
		if (c->open_count)
			erps_pool_ask_cancel(s, c->world->pool, c->open[--c->open_count].ref);
		break;
	default:
		break;
	}
}

static const struct sb_module caller = {
	.abi = SB_MODULE_ABI,
	.name = "seeds.caller",
	.state_size = sizeof(struct caller *),
	.start = caller_start,
	.message = caller_message,
};

/* ---- the world ---- */

static void
start_callers(struct world *w)
{
	for (unsigned i = 0; i < CALLERS; i++) {
		const struct sb_child_spec spec = {.module = &caller,
			.args = &w->callers[i],
			.restart = SB_PERMANENT,
			.shard = SB_SHARD_SPREAD};

		w->callers[i].world = w;
		CHECK(sb_node_start_child(w->node, &spec) == 0);
	}
}

static void
start_pool(struct world *w)
{
	static const struct erps_pool_server server = {"127.0.0.1", 4747};
	const struct erps_pool_options options = {.name = "rpc",
		.servers = &server,
		.server_count = 1,
		.size = MEMBERS,
		.client = {.probe = sim_random(w->sim, 2) ? ":hello" : NULL,
			.queues_while_away = sim_random(w->sim, 2),
			.window = 1 + (uint32_t)sim_random(w->sim, 8),
			.queue = 1 + (uint32_t)sim_random(w->sim, 20),
			.compressed = (uint32_t)sim_random(w->sim, 2),
			.keepalive_ms = 700,
			.backoff_max_ms = 4000,
			.shard = SB_SHARD_SPREAD}};

	CHECK(erps_pool_start(w->node, &member, w, &options, &w->pool) == 0);
}

static void
start(struct world *w)
{
	const struct erps_daemon_options daemon = {.port = 4747};
	struct sb_node_options node = {.threads = 1 + (unsigned)sim_random(w->sim, 3),
		.env = sim_env(w->sim),
		.log = w->log};

	CHECK(sb_node_new(&w->node, &node) == 0);
	sim_attach(w->sim, w->node);
	CHECK(erps_daemon_start(&w->daemon, w->node, &service, w, &daemon) == 0);
	start_callers(w);
	start_pool(w);
	/* The tree is adopted before memory fails: what is refused then is refused for good. */
	sim_run_for(w->sim, SECOND);
}

static void
act_on_member(struct world *w, enum act act)
{
	struct sb_address to;
	char name[16];

	snprintf(name, sizeof(name), "rpc/%u", (unsigned)sim_random(w->sim, MEMBERS));
	if (sb_node_lookup(w->node, name, &to) == 0)
		(void)sb_node_post(w->node, to, act, 0, SB_NOTHING);
}

static void
storm(struct world *w)
{
	static const enum act of_callers[] = {ACT_ASK, ACT_ASK, ACT_ASK, ACT_TELL, ACT_GIVE_UP};
	static const enum act of_members[] = {ACT_CALL, ACT_CALL, ACT_CALL, ACT_STREAM, ACT_STREAM,
		ACT_CANCEL, ACT_RESET, ACT_DISCONNECT, ACT_CLOSE};

	w->is_stormy = true;
	for (unsigned i = 0; i < 200; i++) {
		struct caller *c = &w->callers[sim_random(w->sim, CALLERS)];

		if (sim_random(w->sim, 12) == 0)
			sim_fail_allocation(w->sim, 1 + sim_random(w->sim, 60));
		if (sim_random(w->sim, 2))
			(void)sb_node_post(w->node, c->address, of_callers[sim_random(w->sim, 5)],
				0, SB_NOTHING);
		else
			act_on_member(w, of_members[sim_random(w->sim, 9)]);
		sim_run_for(w->sim, sim_random(w->sim, SECOND / 2));
	}
	sim_fail_allocation(w->sim, 0);
	w->is_stormy = false;
}

/* Longer than anything that the storm has left can last. */
static void
calm(struct world *w)
{
	sim_run_for(w->sim, 90 * SECOND);
	CHECK(w->members == MEMBERS && erps_pool_ready(w->pool) == MEMBERS);
	for (unsigned i = 0; i < CALLERS; i++) {
		struct caller *c = &w->callers[i];
		uint64_t before = c->answered_well;

		CHECK(c->open_count == 0);
		for (unsigned n = 0; n < 5; n++)
			CHECK(sb_node_post(w->node, c->address, ACT_ASK, 0, SB_NOTHING) == 0);
		sim_run_for(w->sim, 20 * SECOND);
		CHECK(c->open_count == 0 && c->answered_well > before);
	}
}

static void
stop(struct world *w)
{
	sb_node_stop(w->node);
	sim_run_for(w->sim, 30 * SECOND);
	CHECK(sb_node_is_stopped(w->node));
	CHECK(w->services == 0 && w->members == 0);
	sb_node_free(w->node);
	erps_pool_free(w->pool);
	erps_daemon_free(w->daemon);
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
