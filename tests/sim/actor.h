/*
 * A session that does, in any of its callbacks, anything that a module may do; what
 * it does comes from the simulation's seed. It checks what the core promises of every
 * callback: that none runs inside another one or out of its time, that each answer comes
 * once, that what is given is released once, and that `closed` is the last.
 */
#ifndef SB_TESTS_SIM_ACTOR_H
#define SB_TESTS_SIM_ACTOR_H

#include "core/switchboard.h"
#include "simulation.h"

#include <stdbool.h>
#include <stdint.h>

#define STAGE_KNOWN 16

/* What all actors of a run share. Zeroed but for the first four. */
struct actor_stage {
	struct simulation *sim;
	struct sb_node *node;
	uint16_t port;     /* of the node's listener; 0: none yet */
	uint16_t far_port; /* of the test's */
	struct sb_listener *listener;
	struct sb_address supervisor;         /* null: none yet */
	struct sb_address known[STAGE_KNOWN]; /* sessions, gone ones too */
	unsigned live, started, closed;
	uint64_t given, released;
	const struct sb_session *inside; /* whose callback runs */
	unsigned ends;                   /* so many in 1,000 actions */
	bool is_quiet;                   /* nothing is begun any more */
};

/* args: the stage (args_size 0). Accepted, spawned, a child. */
extern const struct sb_module actor_module;
/* The same, but connects at its start, to the test or to the node, and reconnects. */
extern const struct sb_module actor_client_module;

#endif
