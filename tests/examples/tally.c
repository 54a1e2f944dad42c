/*
 * tally on the simulated machine. Whatever the seed chooses (splits, delays, cuts,
 * whose turn it is): nothing is counted twice or lost, every request has one answer,
 * and who comes back finds what it watched.
 */
#include "examples/tally/tally.h"

#include "core/switchboard.h"
#include "tests/sim/seeds.h"
#include "tests/sim/simulation.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CLIENTS  3
#define REQUESTS 30
#define SECOND   1000000000ull

struct world {
	struct simulation *sim;
	struct sb_node *node;
	struct sb_log *log;
	uint16_t port;
};

static void
world_begin(struct world *w, uint64_t seed)
{
	static const unsigned indexes[TALLY_LEDGERS] = {0, 1, 2, 3};
	struct sim_options sim_options = {.seed = seed, .socket_buffer = 1u << (7 + seed % 6)};
	struct sb_log_options log_options = {.level = SB_LOG_FATAL, .fd = STDERR_FILENO};
	struct sb_node_options options = {.threads = 1 + (unsigned)(seed % 3)};
	struct sb_listener_options listener = {
		.name = "tally", .address = "127.0.0.1:0", .module = &tally_client_module};
	struct sb_listener *opened;

	w->sim = sim_new(&sim_options);
	w->log = sb_log_new(&log_options);
	options.env = sim_env(w->sim);
	options.log = w->log;
	CHECK(sb_node_new(&w->node, &options) == 0);
	sim_attach(w->sim, w->node);
	CHECK(sb_listen(w->node, &listener, &opened) == 0);
	w->port = sb_listener_port(opened);
	for (unsigned i = 0; i < TALLY_LEDGERS; i++) {
		struct sb_child_spec spec = {.module = &tally_ledger_module,
			.args = &indexes[i],
			.restart = SB_PERMANENT,
			.shard = (int)(i % options.threads)};

		CHECK(sb_node_start_child(w->node, &spec) == 0);
	}
	sim_run_for(w->sim, SECOND / 10);
}

static void
world_end(struct world *w)
{
	sb_node_stop(w->node);
	sim_run_for(w->sim, 10 * SECOND);
	CHECK(sb_node_is_stopped(w->node));
	sb_node_free(w->node);
	CHECK(sim_open_sockets(w->sim) == 0);
	sim_free(w->sim);
	sb_log_free(w->log);
}

/* ---- peers ---- */

static void
say(struct sim_peer *peer, enum tally_op op, uint32_t ref, uint64_t number, const char *name)
{
	struct tally_frame frame = {op, ref, number, sb_bytes_text(name)};
	uint8_t octets[TALLY_FRAME_MAX];
	struct sb_writer w = sb_writer_of(octets, sizeof(octets));

	tally_encode(&w, &frame);
	CHECK(!sb_writer_failed(&w));
	sim_send(peer, octets, sb_writer_size(&w));
}

/* The next frame, if it has come. Its name lies in *name. */
static bool
heard(struct sim_peer *peer, struct tally_frame *frame, char name[TALLY_NAME_MAX + 1])
{
	ssize_t size = tally_decode(sim_received(peer), frame);

	CHECK(size >= 0);
	if (size == 0)
		return false;
	tally_text(name, frame->name);
	sim_consume(peer, (size_t)size);
	return true;
}

static bool
has_frame(void *context)
{
	struct tally_frame frame;

	return tally_decode(sim_received(context), &frame) > 0;
}

static struct tally_frame
await(struct world *w, struct sim_peer *peer, enum tally_op op, char name[TALLY_NAME_MAX + 1])
{
	struct tally_frame frame;

	CHECK(sim_run_until(w->sim, has_frame, peer, 60 * SECOND));
	CHECK(heard(peer, &frame, name));
	CHECK(frame.op == op);
	return frame;
}

static struct sim_peer *
arrive(struct world *w, const char *name)
{
	struct sim_peer *peer = sim_connect(w->sim, w->port);

	say(peer, TALLY_HELLO, 0, 0, name);
	return peer;
}

/* ---- what must hold ---- */

/* Every request has one answer, with its own ref; the watcher sees the sum in the end. */
static void
run_sums(struct world *w)
{
	static const char *const names[CLIENTS] = {"ann", "bob", "cleo"};
	bool is_answered[CLIENTS][REQUESTS] = {{false}};
	struct sim_peer *watcher = arrive(w, "watcher"), *peers[CLIENTS];
	char name[TALLY_NAME_MAX + 1];
	uint64_t sum = 0, seen = 0;
	struct tally_frame frame;

	say(watcher, TALLY_WATCH, 1, 0, "apples");
	(void)await(w, watcher, TALLY_VALUE, name);
	for (int i = 0; i < CLIENTS; i++)
		peers[i] = arrive(w, names[i]);
	for (uint32_t ref = 0; ref < REQUESTS; ref++)
		for (int i = 0; i < CLIENTS; i++) {
			uint64_t amount = 1 + sim_random(w->sim, 100);

			say(peers[i], TALLY_ADD, ref, amount, "apples");
			sum += amount;
		}
	for (int n = 0; n < CLIENTS * REQUESTS; n++) {
		struct sim_peer *peer = peers[n % CLIENTS];

		frame = await(w, peer, TALLY_VALUE, name);
		CHECK(strcmp(name, "apples") == 0);
		CHECK(frame.ref < REQUESTS && !is_answered[n % CLIENTS][frame.ref]);
		is_answered[n % CLIENTS][frame.ref] = true;
	}
	while (seen != sum) {
		frame = await(w, watcher, TALLY_CHANGED, name);
		CHECK(frame.number > seen);
		seen = frame.number;
	}
}

/* Cut without warning; who comes back under its name still watches. A second one is not let in. */
static void
run_return(struct world *w)
{
	struct sim_peer *first = arrive(w, "ann"), *other = arrive(w, "bob"), *thief, *second;
	char name[TALLY_NAME_MAX + 1];

	say(first, TALLY_WATCH, 1, 0, "pears");
	(void)await(w, first, TALLY_VALUE, name);
	thief = arrive(w, "ann");
	sim_run_for(w->sim, SECOND);
	CHECK(sim_has_ended(thief) || sim_was_reset(thief));
	if (sim_random(w->sim, 2))
		sim_reset(first);
	else
		sim_finish(first);
	sim_run_for(w->sim, 10 * SECOND);
	second = arrive(w, "ann");
	sim_run_for(w->sim, SECOND);
	say(other, TALLY_ADD, 1, 5, "pears");
	CHECK(await(w, second, TALLY_CHANGED, name).number == 5);
}

/* Out of patience: the name is free, and who takes it watches nothing. */
static void
run_patience(struct world *w)
{
	struct sim_peer *first = arrive(w, "ann"), *second;
	char name[TALLY_NAME_MAX + 1];
	struct sb_address holder;

	say(first, TALLY_WATCH, 1, 0, "plums");
	(void)await(w, first, TALLY_VALUE, name);
	sim_finish(first);
	sim_run_for(w->sim, 40 * SECOND);
	CHECK(sb_node_lookup(w->node, "client/ann", &holder) == SB_ENOENT);
	second = arrive(w, "ann");
	say(second, TALLY_ADD, 1, 5, "plums");
	CHECK(await(w, second, TALLY_VALUE, name).number == 5);
}

/* A peer that answers no ping loses its connection; one that does keeps it. */
static void
run_silence(struct world *w)
{
	struct sim_peer *silent = arrive(w, "ann"), *alive = arrive(w, "bob"), *mute;
	char name[TALLY_NAME_MAX + 1];

	mute = sim_connect(w->sim, w->port);
	for (int i = 0; i < 4; i++) {
		(void)await(w, alive, TALLY_PING, name);
		say(alive, TALLY_PONG, 0, 0, "");
	}
	CHECK(sim_has_ended(silent));
	CHECK(sim_has_ended(mute));
	CHECK(!sim_has_ended(alive));
}

/* What no client may say ends its connection, and nobody else's. */
static void
run_nonsense(struct world *w)
{
	struct sim_peer *good = arrive(w, "good"), *bad[3];
	char name[TALLY_NAME_MAX + 1];

	for (int i = 0; i < 3; i++)
		bad[i] = sim_connect(w->sim, w->port);
	say(bad[0], TALLY_ADD, 1, 1, "before hello");
	say(bad[1], TALLY_HELLO, 0, 0, "bad");
	say(bad[1], TALLY_VALUE, 1, 1, "an answer");
	sim_send(bad[2], "\377\377\377\377", 4);
	say(good, TALLY_ADD, 1, 1, "figs");
	(void)await(w, good, TALLY_VALUE, name);
	sim_run_for(w->sim, SECOND);
	for (int i = 0; i < 3; i++)
		CHECK(sim_has_ended(bad[i]));
	CHECK(!sim_has_ended(good));
}

/* Another node is watched; it goes away and comes back, and is watched again. */
static void
run_mirror(struct world *w)
{
	struct tally_mirror_args args = {.host = "127.0.0.1", .port = 4000, .counter = "apples"};
	struct sb_child_spec spec = {.module = &tally_mirror_module,
		.args = &args,
		.restart = SB_PERMANENT,
		.shard = SB_SHARD_SPREAD};
	struct sim_peer *watcher = arrive(w, "watcher"), *upstream;
	char name[TALLY_NAME_MAX + 1], called[TALLY_NAME_MAX + 1] = "";

	say(watcher, TALLY_WATCH, 1, 0, "apples");
	(void)await(w, watcher, TALLY_VALUE, name);
	sim_listen(w->sim, 4000);
	CHECK(sb_node_start_child(w->node, &spec) == 0);
	for (uint64_t round = 1; round <= 3; round++) {
		while (!(upstream = sim_accept(w->sim, 4000)))
			sim_run_for(w->sim, SECOND / 100);
		(void)await(w, upstream, TALLY_HELLO, name);
		CHECK(!*called || strcmp(called, name) == 0);
		strcpy(called, name);
		(void)await(w, upstream, TALLY_WATCH, name);
		CHECK(strcmp(name, "apples") == 0);
		say(upstream, TALLY_VALUE, 0, 7 * round, "apples");
		CHECK(await(w, watcher, TALLY_CHANGED, name).number == 7 * round);
		sim_reset(upstream);
	}
}

/* A stop says BYE. */
static void
run_stop(struct world *w)
{
	struct sim_peer *peer = arrive(w, "ann");
	char name[TALLY_NAME_MAX + 1];

	say(peer, TALLY_ADD, 1, 1, "figs");
	(void)await(w, peer, TALLY_VALUE, name);
	sb_node_stop(w->node);
	(void)await(w, peer, TALLY_BYE, name);
}

static void
run(uint64_t seed)
{
	static void (*const runs[])(struct world * w) = {run_sums, run_return, run_patience,
		run_silence, run_nonsense, run_mirror, run_stop};
	struct world w;

	world_begin(&w, seed);
	runs[seed % (sizeof(runs) / sizeof(*runs))](&w);
	world_end(&w);
}

int
main(int argc, char **argv)
{
	return seeds_main(argc, argv, 350, run);
}
