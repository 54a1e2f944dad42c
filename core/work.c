/*
 * The gate between the work pool and a node. Work that was handed in cannot be
 * called back, and a node must be able to end nevertheless: each piece holds a
 * count of the gate and asks it for the node when it is done. Closing the gate
 * takes the node out under the lock, so that whoever got it is finished with it
 * before the node goes on to end; the last to let go frees the gate.
 */
#include "core/work_internal.h"

#include "core/node_internal.h"

#include <string.h>

struct sb_work_gate *
sb_work_gate_new(struct sb_node *node)
{
	struct sb_work_gate *gate = node->env->allocate(node->env->context, sizeof(*gate));

	if (!gate)
		return NULL;
	memset(gate, 0, sizeof(*gate));
	gate->env = node->env;
	gate->node = node;
	atomic_init(&gate->uses, 1);
	pthread_mutex_init(&gate->lock, NULL);
	gate->jobs = sb_metrics_counter(node->metrics, "sb_jobs_total", "Jobs begun.", NULL);
	gate->refused = sb_metrics_counter(
		node->metrics, "sb_jobs_refused_total", "Jobs that found the queue full.", NULL);
	return gate;
}

void
sb_work_gate_drop(struct sb_work_gate *gate)
{
	if (atomic_fetch_sub_explicit(&gate->uses, 1, memory_order_acq_rel) != 1)
		return;
	pthread_mutex_destroy(&gate->lock);
	gate->env->release(gate->env->context, gate);
}

/* Waits for whoever holds the gate just now: a send to a shard, no more. */
void
sb_work_gate_close(struct sb_work_gate *gate)
{
	if (!gate)
		return;
	pthread_mutex_lock(&gate->lock);
	gate->node = NULL;
	pthread_mutex_unlock(&gate->lock);
	sb_work_gate_drop(gate);
}

struct sb_work_gate *
sb_work_gate_use(struct sb_work_gate *gate)
{
	atomic_fetch_add_explicit(&gate->uses, 1, memory_order_relaxed);
	return gate;
}

/* Locked until sb_work_gate_leave: the node cannot end in between. */
struct sb_node *
sb_work_gate_enter(struct sb_work_gate *gate)
{
	pthread_mutex_lock(&gate->lock);
	return gate->node;
}

void
sb_work_gate_leave(struct sb_work_gate *gate)
{
	pthread_mutex_unlock(&gate->lock);
	sb_work_gate_drop(gate);
}
