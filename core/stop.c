/*
 * How a node stops: listeners pause, accepted and spawned sessions are asked to
 * stop, then the supervision tree from its leaves; at the deadline, or the second
 * time it is asked, what is left is cut. All of it runs on shard 0.
 */
#include "core/envelope_internal.h"
#include "core/listener.h"
#include "core/listener_internal.h"
#include "core/node_internal.h"
#include "core/session_internal.h"

static enum sb_node_phase
phase_of(const struct sb_node *node)
{
	return (enum sb_node_phase)atomic_load(&((struct sb_node *)(uintptr_t)node)->phase);
}

bool
sb_node_is_stopping(const struct sb_node *node)
{
	return atomic_load(&((struct sb_node *)(uintptr_t)node)->stop_requests) != 0;
}

bool
sb_node_is_stopped(const struct sb_node *node)
{
	return phase_of(node) == SB_NODE_STOPPED;
}

/* The phase first, then the wake-up: a shard that wakes must see it. */
void
sb_node_halt(struct sb_node *node)
{
	atomic_store(&node->phase, SB_NODE_STOPPED);
	for (unsigned i = 0; i < node->shard_count; i++)
		node->env->loop_wake(node->shards[i].loop);
}

static void
drain_shard(struct sb_shard *shard, struct sb_session *nobody, struct sb_envelope *e)
{
	(void)nobody;
	sb_shard_drain(shard, *(const bool *)e->message.data);
}

/* Without memory for an order there is no polite way left. */
static void
drain_all(struct sb_node *node, bool cut)
{
	for (unsigned i = 0; i < node->shard_count; i++)
		if (sb_shard_control(
			    node, &node->shards[0], i, drain_shard, SB_COPY(&cut, sizeof(cut))))
			sb_node_halt(node);
}

/* Without a deadline of its own: the node's bounds it. */
static void
stop_tree(struct sb_node *node)
{
	struct sb_session *root = sb_slot_session(&node->shards[0], node->root);

	if (root)
		sb_session_ask_stop(root, SB_SHUTDOWN_INFINITY);
	else
		sb_node_root_ended(node); /* it had given up before */
}

static void
cut(struct sb_node *node)
{
	SB_LOG_TO(node->log, WARNING, "node.cut");
	node->is_cut = true;
	drain_all(node, true);
	if (phase_of(node) == SB_NODE_STOPPING_TREE)
		sb_node_halt(node);
}

/* As the second request: who has not gone in stop_ms will not go by itself. */
static void
stop_overdue(struct sb_session *service, struct sb_timer *timer)
{
	(void)timer;
	cut(service->shard->node);
}

static void
begin_drain(struct sb_node *node)
{
	SB_LOG_TO(node->log, INFO, "node.draining");
	atomic_store(&node->phase, SB_NODE_DRAINING_CONNECTIONS);
	pthread_mutex_lock(&node->lock);
	for (struct sb_listener *listener = node->listeners; listener; listener = listener->next)
		sb_listener_pause(listener);
	pthread_mutex_unlock(&node->lock);
	/* Before the orders go out: a shard without children answers at once. */
	node->shards_draining = node->shard_count;
	sb_timer_start(node->shards[0].service, &node->stop_timer, node->stop_ms, stop_overdue);
	drain_all(node, false);
}

/* On shard 0, so that phases change on one thread and two requests are one after the other. */
static void
stop_step(struct sb_shard *shard, struct sb_session *nobody, struct sb_envelope *e)
{
	struct sb_node *node = shard->node;

	(void)nobody;
	(void)e;
	if (phase_of(node) < SB_NODE_DRAINING_CONNECTIONS)
		begin_drain(node);
	else if (phase_of(node) != SB_NODE_STOPPED)
		cut(node);
}

void
sb_node_stop(struct sb_node *node)
{
	/* At once, from whatever thread: who asks sb_node_is_stopping need not wait for shard 0. */
	atomic_fetch_add(&node->stop_requests, 1);
	if (sb_shard_control(node, NULL, 0, stop_step, SB_NOTHING))
		sb_node_halt(node);
}

void
sb_node_shard_drained(struct sb_node *node)
{
	if (phase_of(node) != SB_NODE_DRAINING_CONNECTIONS || --node->shards_draining)
		return;
	atomic_store(&node->phase, SB_NODE_STOPPING_TREE);
	if (node->is_cut)
		sb_node_halt(node);
	else
		stop_tree(node);
}

void
sb_node_root_ended(struct sb_node *node)
{
	if (phase_of(node) < SB_NODE_DRAINING_CONNECTIONS) {
		/* The root gave up: its children failed more often than it may restart them. */
		SB_LOG_TO(node->log, ERROR, "node.root_failed");
		sb_node_stop(node);
		return;
	}
	if (phase_of(node) == SB_NODE_STOPPING_TREE) {
		SB_LOG_TO(node->log, INFO, "node.stopped");
		sb_node_halt(node);
	}
}
