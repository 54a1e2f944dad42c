/*
 * The core under every kind of weather. Sessions echo frames, at times after a
 * hold, a call to another session, or a hand-over to another shard; peers send in
 * pieces, stall, stop half-way and cut. Whatever the seed: what comes back is what
 * was sent, in order; each session that started is closed once; nothing is left.
 */
#include "core/switchboard.h"
#include "seeds.h"
#include "simulation.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PEERS     6
#define HELPERS   3
#define FRAME_MAX 200
#define OCTETS    4000

enum { DOUBLE = 1 };

struct world {
	struct simulation *sim;
	struct sb_node *node;
	struct sb_address helpers[HELPERS];
	unsigned started, closed, misuses;
	bool is_harsh; /* memory fails, peers cut: octets may be lost, nothing else */
};

struct worker {
	struct world *world;
	struct sb_timer resume;
	uint64_t call;
	bool is_in_callback;
	bool is_taker;
};

static struct worker *
enter(struct sb_session *s)
{
	struct worker *w = sb_state(s);

	if (w->is_in_callback)
		w->world->misuses++;
	w->is_in_callback = true;
	return w;
}

static int
worker_start(struct sb_session *s, const void *args)
{
	struct worker *w = sb_state(s);

	w->world = *(struct world *const *)args;
	w->world->started++;
	return 0;
}

static int
taker_start(struct sb_session *s, const void *args)
{
	((struct worker *)sb_state(s))->is_taker = true;
	return worker_start(s, args);
}

static void
resume_due(struct sb_session *s, struct sb_timer *timer)
{
	struct worker *w = enter(s);

	(void)timer;
	sb_resume(s);
	w->is_in_callback = false;
}

static void
hold_a_while(struct sb_session *s, struct worker *w)
{
	sb_hold(s, "weather");
	sb_timer_start(s, &w->resume, sim_random(w->world->sim, 50), resume_due);
}

static void
ask_somebody(struct sb_session *s, struct worker *w)
{
	struct sb_address to = w->world->helpers[sim_random(w->world->sim, HELPERS)];
	uint64_t number = sim_random(w->world->sim, 1000);

	if (w->call || sb_call(s, to, DOUBLE, SB_COPY(&number, sizeof(number)), 200, &w->call))
		return;
	sb_hold(s, "call");
}

static void
worker_message(struct sb_session *s, struct sb_message *m)
{
	struct worker *w = enter(s);

	if (m->type == SB_MSG_REPLY) {
		CHECK(m->ref == w->call);
		CHECK(m->status == 0 || m->status == SB_TIMEOUT || m->status == SB_GONE ||
			m->status == SB_FULL);
		w->call = 0;
		sb_resume(s);
	}
	w->is_in_callback = false;
}

extern const struct sb_module taker_module;

static bool
give_away(struct sb_session *s, struct worker *w)
{
	struct world *world = w->world;
	struct sb_child_spec spec = {
		.module = &taker_module, .args = &world, .args_size = sizeof(world)};
	struct sb_address to;

	if (w->is_taker || sb_spawn(s, &spec, &to))
		return false;
	return sb_hand_over(s, to, 1) == 0;
}

static ssize_t
worker_received(struct sb_session *s, struct sb_bytes in)
{
	struct worker *w = enter(s);
	size_t used = 0;

	while (used < in.size && in.size - used > in.data[used] && sb_frame(s)) {
		size_t frame = 1u + in.data[used];

		if (sb_write(s, in.data + used, frame))
			break;
		used += frame;
		switch (sim_random(w->world->sim, 40)) {
		case 0:
			hold_a_while(s, w);
			goto out;
		case 1:
			ask_somebody(s, w);
			goto out;
		case 2:
			if (give_away(s, w))
				goto out;
			break;
		default:
			break;
		}
	}
out:
	w->is_in_callback = false;
	return (ssize_t)used;
}

static void
worker_closed(struct sb_session *s, enum sb_end why)
{
	struct worker *w = enter(s);

	(void)why;
	w->world->closed++;
}

static const struct sb_module worker_module = {
	.abi = SB_MODULE_ABI,
	.name = "worker",
	.state_size = sizeof(struct worker),
	.start = worker_start,
	.received = worker_received,
	.message = worker_message,
	.closed = worker_closed,
};

const struct sb_module taker_module = {
	.abi = SB_MODULE_ABI,
	.name = "taker",
	.state_size = sizeof(struct worker),
	.start = taker_start,
	.received = worker_received,
	.message = worker_message,
	.closed = worker_closed,
};

/* ---- helpers: they answer, late, or never ---- */

struct helper_args {
	struct world *world;
	unsigned index;
};

static int
helper_start(struct sb_session *s, const void *args)
{
	const struct helper_args *a = args;

	a->world->helpers[a->index] = sb_self(s);
	a->world->started++;
	*(struct world **)sb_state(s) = a->world;
	return 0;
}

static void
helper_message(struct sb_session *s, struct sb_message *m)
{
	struct world *world = *(struct world **)sb_state(s);

	if (m->type == DOUBLE && sim_random(world->sim, 8))
		sb_reply(s, sb_message_from(m), 0, SB_COPY(m->data, m->size));
	if (sim_random(world->sim, 200) == 0)
		sb_close(s, SB_END_LOCAL);
}

static void
helper_closed(struct sb_session *s, enum sb_end why)
{
	(void)why;
	(*(struct world **)sb_state(s))->closed++;
}

static const struct sb_module helper_module = {
	.abi = SB_MODULE_ABI,
	.name = "helper",
	.state_size = sizeof(struct world *),
	.start = helper_start,
	.message = helper_message,
	.closed = helper_closed,
};

/* ---- peers ---- */

struct talker {
	struct sim_peer *peer;
	uint8_t sent[OCTETS];
	size_t size, sent_size;
	bool cuts, is_done;
};

static void
talker_init(struct world *world, struct talker *t, uint16_t port)
{
	struct simulation *sim = world->sim;

	memset(t, 0, sizeof(*t));
	while (t->size < OCTETS - FRAME_MAX - 1 && sim_random(sim, 40)) {
		size_t frame = sim_random(sim, FRAME_MAX);

		t->sent[t->size++] = (uint8_t)frame;
		while (frame--)
			t->sent[t->size++] = (uint8_t)sim_random(sim, 256);
	}
	t->cuts = world->is_harsh && sim_random(sim, 3) == 0;
	t->peer = sim_connect(sim, port);
}

static void
talker_act(struct world *world, struct talker *t)
{
	struct simulation *sim = world->sim;
	size_t piece = t->size - t->sent_size;

	if (t->is_done)
		return;
	sim_stall(t->peer, sim_random(sim, 8) == 0);
	if (t->cuts && sim_random(sim, 10) == 0) {
		sim_reset(t->peer);
		t->is_done = true;
		return;
	}
	if (piece > 1)
		piece = 1 + sim_random(sim, piece);
	sim_send(t->peer, t->sent + t->sent_size, piece);
	t->sent_size += piece;
	if (t->sent_size == t->size) {
		sim_finish(t->peer);
		sim_stall(t->peer, false);
		t->is_done = true;
	}
}

static void
talker_check(const struct world *world, const struct talker *t)
{
	struct sb_bytes got = sim_received(t->peer);

	CHECK(got.size <= t->size);
	CHECK(got.size == 0 || memcmp(got.data, t->sent, got.size) == 0);
	if (!world->is_harsh)
		CHECK(got.size == t->size);
}

static void
run(uint64_t seed)
{
	struct sim_options sim_options = {.seed = seed, .socket_buffer = 1u << (8 + seed % 6)};
	struct sb_log_options log_options = {.level = SB_LOG_FATAL, .fd = STDERR_FILENO};
	struct sb_log *log = sb_log_new(&log_options);
	struct world world = {.sim = sim_new(&sim_options), .is_harsh = seed % 2};
	struct world *pointer = &world;
	struct simulation *sim = world.sim;
	struct sb_limits limits = {.max_frame = FRAME_MAX + 1,
		.frame_budget = 1 + (uint32_t)sim_random(sim, 20),
		.read_budget = 16 + (uint32_t)sim_random(sim, 2000),
		.output_low = 100,
		.output_high = 200 + (uint32_t)sim_random(sim, 2000)};
	struct sb_node_options options = {.threads = 1 + (unsigned)sim_random(sim, 4),
		.env = sim_env(sim),
		.log = log,
		.message_budget = 1 + (uint32_t)sim_random(sim, 20)};
	struct sb_listener_options listener = {.name = "seeds",
		.address = "127.0.0.1:0",
		.module = &worker_module,
		.args = &pointer,
		.limits = &limits};
	struct sb_listener *opened;
	struct talker *talkers = calloc(PEERS, sizeof(*talkers));

	if (seed % 3 == 0)
		sim_slow_looks(sim, 50000);
	CHECK(sb_node_new(&world.node, &options) == 0);
	sim_attach(sim, world.node);
	CHECK(sb_listen(world.node, &listener, &opened) == 0);
	for (unsigned i = 0; i < HELPERS; i++) {
		struct helper_args args = {&world, i};
		struct sb_child_spec spec = {.module = &helper_module,
			.args = &args,
			.args_size = sizeof(args),
			.shard = (int)(i % options.threads)};

		CHECK(sb_node_start_child(world.node, &spec) == 0);
	}
	sim_run_for(sim, 50000000);
	for (int i = 0; i < PEERS; i++)
		talker_init(&world, &talkers[i], sb_listener_port(opened));
	if (seed % 4 == 3)
		sim_fail_allocation(sim, 1 + sim_random(sim, 200));
	for (int step = 0; step < 40; step++) {
		for (int i = 0; i < PEERS; i++)
			talker_act(&world, &talkers[i]);
		sim_run_for(sim, 1000000 + sim_random(sim, 20000000));
	}
	while (sim_random(sim, 2) && world.is_harsh)
		sim_run_for(sim, 10000000);
	if (!world.is_harsh) {
		for (int i = 0; i < PEERS; i++)
			while (!talkers[i].is_done)
				talker_act(&world, &talkers[i]);
		sim_run_for(sim, 20000000000u);
		CHECK(sb_listener_connections(opened) == 0);
	}
	if (sim_random(sim, 2)) {
		sb_node_stop(world.node);
		sim_run_for(sim, 40000000000u);
		CHECK(sb_node_is_stopped(world.node));
		CHECK(sb_listener_connections(opened) == 0);
	}
	for (int i = 0; i < PEERS; i++)
		talker_check(&world, &talkers[i]);
	sb_node_free(world.node);
	CHECK(world.misuses == 0);
	CHECK(world.started == world.closed);
	CHECK(sim_open_sockets(sim) == 0);
	free(talkers);
	sim_free(sim);
	sb_log_free(log);
}

int
main(int argc, char **argv)
{
	return seeds_main(argc, argv, 2000, run);
}
