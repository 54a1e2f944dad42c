/*
 * What work off the loop holds of its node. Work may end after the node has been
 * freed: it passes a gate that is then closed, and finds nobody to tell.
 */
#ifndef SB_CORE_WORK_INTERNAL_H
#define SB_CORE_WORK_INTERNAL_H

#include "env.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

struct sb_counter;
struct sb_node;

struct sb_work_gate {
	const struct sb_env *env; /* outlives the node */
	pthread_mutex_t lock;
	struct sb_node *node; /* NULL: closed */
	_Atomic uint32_t uses;
	struct sb_counter *jobs, *refused;
};

/* The gate of a node that has its metrics. NULL: no memory. */
struct sb_work_gate *sb_work_gate_new(struct sb_node *node);
/* The node goes. Nobody is inside when this returns, or comes in later. Takes NULL. */
void sb_work_gate_close(struct sb_work_gate *gate);

/* For each piece of work. */
struct sb_work_gate *sb_work_gate_use(struct sb_work_gate *gate);
/* For work that was not taken up after all. */
void sb_work_gate_drop(struct sb_work_gate *gate);
/* When it is done: the node, which stays until sb_work_gate_leave, or NULL. Any thread. */
struct sb_node *sb_work_gate_enter(struct sb_work_gate *gate);
/* Gives the use back. */
void sb_work_gate_leave(struct sb_work_gate *gate);

#endif
