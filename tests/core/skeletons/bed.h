/*
 * What a protocol skeleton stands on: a node on a simulated machine, and peers whose
 * octets come in every split. The skeletons themselves use core/session.h and what it
 * includes, nothing below.
 */
#ifndef SB_TESTS_CORE_SKELETONS_BED_H
#define SB_TESTS_CORE_SKELETONS_BED_H

#include "core/switchboard.h"
#include "tests/sim/simulation.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct bed {
	struct simulation *sim;
	struct sb_node *node;
	struct sb_log *log;
};

/* A node of `shards`; the seed chooses the weather: splits, delays, whose turn it is. */
void bed_init(struct bed *bed, unsigned shards, uint64_t seed);

/* Stops the node with its sessions and frees it; fails the test if it does not stop, or if a
 * descriptor is left. */
void bed_fini(struct bed *bed);

/* Listens with sessions of `module`. Returns the port. */
uint16_t bed_listen(struct bed *bed, const struct sb_module *module, const void *args,
	const struct sb_limits *limits);

/* A permanent child of the root. */
void bed_child(struct bed *bed, const struct sb_module *module, const void *args, int shard);

/* Runs until `name` is held, and gives its holder; fails the test after 30 s of simulated time. */
struct sb_address bed_name(struct bed *bed, const char *name);

/* Runs until so many octets have come to the peer; fails the test after 30 s. */
struct sb_bytes bed_receive(struct bed *bed, struct sim_peer *peer, size_t size);

/* Runs until the peer has seen the end of the node's octets; fails the test after 30 s. */
void bed_ended(struct bed *bed, struct sim_peer *peer);

void bed_run_ms(struct bed *bed, uint64_t ms);

/* Runs until the counter is `count`; fails the test after 30 s. */
void bed_count(struct bed *bed, const unsigned *counter, unsigned count);

#endif
