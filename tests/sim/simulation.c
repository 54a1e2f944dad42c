#include "simulation_internal.h"

#include "core/error.h"

#include <assert.h>
#include <stdlib.h>

#define START_NS 1000000000000u
#define WALL_MS  1767225600000 /* 2026-01-01 */
#define BUFFER   (64u << 10)
#define DELAY_NS 20000000u

/* splitmix64: all of a run comes from one number. */
static uint64_t
next_random(struct simulation *sim)
{
	uint64_t z = sim->random += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

uint64_t
sim_random(struct simulation *sim, uint64_t below)
{
	return next_random(sim) % below;
}

static uint64_t
env_now(void *context)
{
	struct simulation *sim = context;

	if (sim->max_look_ns)
		sim->now += sim_random(sim, sim->max_look_ns);
	return sim->now;
}

static int64_t
env_wall(void *context)
{
	struct simulation *sim = context;

	return WALL_MS + (int64_t)((sim->now - START_NS) / 1000000u);
}

static void
env_random(void *context, void *out, size_t size)
{
	uint8_t *at = out;

	while (size--)
		*at++ = (uint8_t)next_random(context);
}

static bool
allocation_fails(struct simulation *sim)
{
	sim->allocations++;
	return sim->is_starved || (sim->fail_at && sim->allocations == sim->fail_at);
}

static void *
env_allocate(void *context, size_t size)
{
	struct simulation *sim = context;
	void *memory = allocation_fails(sim) ? NULL : malloc(size);

	sim->live += memory != NULL;
	return memory;
}

static void *
env_reallocate(void *context, void *memory, size_t size)
{
	struct simulation *sim = context;
	void *grown = allocation_fails(sim) ? NULL : realloc(memory, size);

	sim->live += grown && !memory;
	return grown;
}

static void
env_release(void *context, void *memory)
{
	((struct simulation *)context)->live -= memory != NULL;
	free(memory);
}

/* ---- loops ---- */

static int
loop_new(void *context, unsigned shard, struct sb_loop **loop)
{
	struct simulation *sim = context;
	struct sb_loop *made = calloc(1, sizeof(*made));

	assert(made && sim->loop_count < 64);
	made->sim = sim;
	made->shard = shard;
	made->has_more = true;
	sim->loops[sim->loop_count++] = made;
	*loop = made;
	return 0;
}

static void
loop_free(struct sb_loop *loop)
{
	struct simulation *sim = loop->sim;

	for (unsigned i = 0; i < sim->loop_count; i++)
		if (sim->loops[i] == loop)
			sim->loops[i] = sim->loops[--sim->loop_count];
	free(loop);
}

static void
loop_watch(struct sb_loop *loop, struct sb_io *io, int events)
{
	struct sim_socket *socket = &loop->sim->sockets[io->fd];

	io->events = events;
	socket->io = events ? io : NULL;
	socket->loop = events ? loop : NULL;
}

static int
pending_events(struct simulation *sim, const struct sb_loop *loop, int fd)
{
	struct sim_socket *socket = &sim->sockets[fd];

	if (socket->kind == SIM_FREE || socket->loop != loop || !socket->io)
		return 0;
	return sim_ready_events(sim, fd) & socket->io->events;
}

/* From a place of the seed's choosing, so that no descriptor is always first. */
static void
loop_poll(struct sb_loop *loop, int64_t wait_ns)
{
	struct simulation *sim = loop->sim;
	int count = SIM_SOCKETS - SIM_FIRST;
	int first = sim->options.is_calm ? 0 : (int)sim_random(sim, (uint64_t)count);

	(void)wait_ns;
	loop->is_awake = false;
	sim_settle(sim);
	for (int i = 0; i < count; i++) {
		int fd = SIM_FIRST + (first + i) % count;
		int events = pending_events(sim, loop, fd);

		if (events && (sim->options.is_calm || sim_random(sim, 4)))
			sim->sockets[fd].io->ready(sim->sockets[fd].io, events);
	}
}

static void
loop_wake(struct sb_loop *loop)
{
	loop->is_awake = true;
}

static int
work_submit(void *context, struct sb_work *work)
{
	struct simulation *sim = context;

	work->next = NULL;
	*sim->work_tail = work;
	sim->work_tail = &work->next;
	return 0;
}

/* ---- life ---- */

struct simulation *
sim_new(const struct sim_options *options)
{
	struct simulation *sim = calloc(1, sizeof(*sim));

	assert(sim);
	sim->options = *options;
	if (!sim->options.socket_buffer)
		sim->options.socket_buffer = BUFFER;
	if (!sim->options.max_delay_ns && !sim->options.is_calm)
		sim->options.max_delay_ns = DELAY_NS;
	sim->random = options->seed;
	sim->now = START_NS;
	sim->next_port = 20000;
	sim->work_tail = &sim->work;
	sim->env = (struct sb_env){
		.context = sim,
		.now = env_now,
		.wall = env_wall,
		.random = env_random,
		.allocate = env_allocate,
		.reallocate = env_reallocate,
		.release = env_release,
		.loop_new = loop_new,
		.loop_free = loop_free,
		.loop_watch = loop_watch,
		.loop_poll = loop_poll,
		.loop_wake = loop_wake,
		.work_submit = work_submit,
	};
	sim_sockets_install(sim);
	return sim;
}

static void
run_work(struct simulation *sim)
{
	struct sb_work *work = sim->work;

	sim->work = work->next;
	if (!sim->work)
		sim->work_tail = &sim->work;
	work->run(work);
	work->done(work);
}

static bool
has_work(const struct simulation *sim)
{
	return sim->work && !sim->is_work_held;
}

void
sim_finish_work(struct simulation *sim)
{
	while (sim->work)
		run_work(sim);
}

void
sim_free(struct simulation *sim)
{
	sim_finish_work(sim);
	while (sim->peers) {
		struct sim_peer *peer = sim->peers;

		sim->peers = peer->next;
		sim_pipe_free(&peer->to_node);
		sim_pipe_free(&peer->from_node);
		free(peer->inbox);
		free(peer);
	}
	free(sim);
}

const struct sb_env *
sim_env(struct simulation *sim)
{
	return &sim->env;
}

void
sim_attach(struct simulation *sim, struct sb_node *node)
{
	sim->node = node;
}

uint64_t
sim_now(const struct simulation *sim)
{
	return sim->now;
}

void
sim_take(struct simulation *sim, uint64_t ns)
{
	sim->now += ns;
}

void
sim_slow_looks(struct simulation *sim, uint64_t max_ns)
{
	sim->max_look_ns = max_ns;
}

void
sim_fail_allocation(struct simulation *sim, uint64_t nth)
{
	sim->fail_at = nth ? sim->allocations + nth : 0;
}

uint64_t
sim_live_allocations(const struct simulation *sim)
{
	return sim->live;
}

void
sim_starve(struct simulation *sim, bool is_starved)
{
	sim->is_starved = is_starved;
}

void
sim_hold_work(struct simulation *sim, bool is_held)
{
	sim->is_work_held = is_held;
}

uint64_t
sim_allocations(const struct simulation *sim)
{
	return sim->allocations;
}

void
sim_fail_accepts(struct simulation *sim, unsigned count)
{
	sim->accepts_to_fail = count;
}

/* ---- steps ---- */

static bool
wants_turn(struct simulation *sim, struct sb_loop *loop)
{
	if (loop->has_more || loop->is_awake ||
		sb_node_deadline(sim->node, loop->shard) <= sim->now)
		return true;
	for (int fd = SIM_FIRST; fd < SIM_SOCKETS; fd++)
		if (pending_events(sim, loop, fd))
			return true;
	return false;
}

static bool
turn_somebody(struct simulation *sim)
{
	/* Between two nodes there is none. */
	unsigned first = sim->loop_count ? (unsigned)sim_random(sim, sim->loop_count) : 0;

	for (unsigned i = 0; i < sim->loop_count; i++) {
		struct sb_loop *loop = sim->loops[(first + i) % sim->loop_count];

		if (!wants_turn(sim, loop))
			continue;
		if (!sim->options.is_calm)
			sim->now += sim_random(sim, 50000);
		loop->has_more = sb_node_turn(sim->node, loop->shard, 0);
		return true;
	}
	return false;
}

static bool
advance(struct simulation *sim, uint64_t until)
{
	uint64_t next = sim_next_arrival(sim);

	for (unsigned i = 0; i < sim->loop_count; i++) {
		uint64_t due = sb_node_deadline(sim->node, sim->loops[i]->shard);

		next = due < next ? due : next;
	}
	if (next == UINT64_MAX && until == UINT64_MAX)
		return false;
	next = next < until ? next : until;
	if (next > sim->now)
		sim->now = next;
	sim_settle(sim);
	return true;
}

static bool
step(struct simulation *sim, uint64_t until)
{
	sim_settle(sim);
	if (has_work(sim) && sim_random(sim, 4) == 0) {
		run_work(sim);
		return true;
	}
	if (turn_somebody(sim))
		return true;
	if (has_work(sim)) {
		run_work(sim);
		return true;
	}
	return advance(sim, until);
}

bool
sim_step(struct simulation *sim)
{
	return step(sim, UINT64_MAX);
}

bool
sim_run_until(struct simulation *sim, bool (*done)(void *context), void *context, uint64_t limit_ns)
{
	uint64_t until = sim->now + limit_ns;

	while (!done(context)) {
		if (sim->now >= until && !turn_somebody(sim))
			return false;
		if (sim->now < until && !step(sim, until))
			return false;
		if (sim->now > until + limit_ns + 1000000000u)
			return false;
	}
	return true;
}

void
sim_run_for(struct simulation *sim, uint64_t ns)
{
	uint64_t until = sim->now + ns;

	while (sim->now < until)
		if (!step(sim, until))
			return;
	while (turn_somebody(sim))
		if (sim->now > until + 1000000000u)
			return;
}
