/*
 * A simulated machine for nodes: a clock that only moves when nothing is left to
 * do, sockets in memory, no threads. One seed decides which shard takes the next
 * turn, how reads and writes are split, how long octets travel, who is told of
 * what is ready, and when work off the loop completes; the same seed gives the
 * same run. One thread.
 */
#ifndef SB_TESTS_SIM_SIMULATION_H
#define SB_TESTS_SIM_SIMULATION_H

#include "core/env.h"
#include "core/node.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct simulation;
struct sim_peer;

struct sim_options {
	uint64_t seed;
	bool is_calm;          /* no splits, delays or skipped events: for tests of one behaviour */
	size_t socket_buffer;  /* octets in flight one way; 0: 64 KiB */
	uint64_t max_delay_ns; /* of octets on their way; 0: 20 ms (none when calm) */
	/* The kernel's own memory, of octets on their way: never out. NULL: realloc. */
	void *(*kernel_memory)(void *memory, size_t size);
};

struct simulation *sim_new(const struct sim_options *options);
void sim_free(struct simulation *sim);

/* To be given to sb_node_new; then the node is attached, to be driven. One node a simulation. */
const struct sb_env *sim_env(struct simulation *sim);
void sim_attach(struct simulation *sim, struct sb_node *node);

uint64_t sim_now(const struct simulation *sim);
/* The clock moves on inside a callback, as if what it does took so long. */
void sim_take(struct simulation *sim, uint64_t ns);
/* From now on by up to so much whenever it is looked at: turns take time, and are cut short. */
void sim_slow_looks(struct simulation *sim, uint64_t max_ns);
/* A number below `below` (> 0), from the seed. */
uint64_t sim_random(struct simulation *sim, uint64_t below);

/* One step: a turn of some shard, a work item, or the clock moves to what comes next. False: there
 * is nothing to come. */
bool sim_step(struct simulation *sim);

/* Steps until `done` says so: true; false when nothing is to come, or after `limit_ns` of simulated
 * time. */
bool sim_run_until(
	struct simulation *sim, bool (*done)(void *context), void *context, uint64_t limit_ns);

/* Steps until so much simulated time has passed. */
void sim_run_for(struct simulation *sim, uint64_t ns);

/* ---- peers: the other end of a connection to the node, in the test's hands ---- */

/* Connects to the listener on `port`. Owned by the simulation. */
struct sim_peer *sim_connect(struct simulation *sim, uint16_t port);

/* Takes the oldest connection that the node made to `port`, which sim_listen opened; NULL: none. */
void sim_listen(struct simulation *sim, uint16_t port);
struct sim_peer *sim_accept(struct simulation *sim, uint16_t port);

/* Sends octets; they wait at the peer's side while the node does not read. */
void sim_send(struct sim_peer *peer, const void *data, size_t size);
/* What has arrived from the node and was not dropped by sim_consume. */
struct sb_bytes sim_received(struct sim_peer *peer);
void sim_consume(struct sim_peer *peer, size_t size);
void sim_finish(struct sim_peer *peer);                 /* FIN after what was sent */
void sim_reset(struct sim_peer *peer);                  /* RST now */
void sim_stall(struct sim_peer *peer, bool is_stalled); /* reads nothing while stalled */
bool sim_has_ended(struct sim_peer *peer);              /* the node's FIN has arrived */
bool sim_was_reset(struct sim_peer *peer);
bool sim_is_closed(struct sim_peer *peer); /* the node closed its descriptor */

/* ---- faults ---- */

/* The n-th allocation from now on fails (1: the next), once; 0: none does. */
void sim_fail_allocation(struct simulation *sim, uint64_t nth);
/* No allocation succeeds meanwhile. */
void sim_starve(struct simulation *sim, bool is_starved);
uint64_t sim_allocations(const struct simulation *sim);
/* Not released yet. */
uint64_t sim_live_allocations(const struct simulation *sim);
/* Completes all work off the loops, also of a node that has gone. */
void sim_finish_work(struct simulation *sim);
/* No work off the loops completes meanwhile; what is left completes in sim_free at the latest. */
void sim_hold_work(struct simulation *sim, bool is_held);
/* So many accepts fail for want of descriptors. */
void sim_fail_accepts(struct simulation *sim, unsigned count);

/* Descriptors of the node that are open: to find leaks. */
size_t sim_open_sockets(const struct simulation *sim);

#endif
