/* A node from the inside: what all shards share. */
#ifndef SB_CORE_NODE_INTERNAL_H
#define SB_CORE_NODE_INTERNAL_H

#include "limits.h"
#include "node.h"
#include "session.h"
#include "shard_internal.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct sb_epoch;
struct sb_node_config;
struct sb_listener;
struct sb_registry;
struct sb_signals;
struct sb_store;
struct sb_work_gate;

enum sb_node_phase {
	SB_NODE_READY,
	SB_NODE_RUNNING,
	SB_NODE_DRAINING_CONNECTIONS, /* accepted and spawned sessions are asked to stop */
	SB_NODE_STOPPING_TREE,        /* then the supervision tree, from its leaves */
	SB_NODE_STOPPED,
};

struct sb_node {
	uint16_t id;
	unsigned shard_count;
	const struct sb_env *env;
	struct sb_log *log;
	struct sb_log *own_log; /* made by us, freed by us */
	struct sb_metrics *metrics;
	struct sb_registry *registry;
	struct sb_epoch *epoch;
	struct sb_work_gate *work_gate;
	struct sb_store *store; /* NULL: none was opened */
	struct sb_address root;
	uint32_t stop_ms;
	uint32_t message_budget;
	size_t receive_size;
	struct sb_limits default_limits;
	unsigned descriptor_limit; /* connections are refused from this descriptor on */
	bool wants_signals, survives_hangup;
	struct sb_signals *signals;
	void (*hangup)(struct sb_node *node, void *context); /* NULL: nobody wants to know */
	void *hangup_context;

	_Atomic int phase; /* enum sb_node_phase; changed on shard 0 */
	_Atomic unsigned stop_requests;
	bool is_cut;                /* shard 0's: nobody is asked any more */
	unsigned shards_draining;   /* shard 0's count of shards with children left */
	struct sb_timer stop_timer; /* on shard 0's service session */

	pthread_mutex_t lock; /* of the list of listeners */
	struct sb_listener *listeners;
	_Atomic(struct sb_node_config *) config;

	struct sb_shard *shards;
};

/* stop.c: a shard has no dynamic children left. On shard 0's thread. */
void sb_node_shard_drained(struct sb_node *node);
/* The root supervisor has ended. On shard 0's thread. */
void sb_node_root_ended(struct sb_node *node);

/* stop.c: every shard's thread returns after its turn. Any thread. */
void sb_node_halt(struct sb_node *node);

/* node_config.c: releases the present one. */
void sb_node_config_free(struct sb_node *node);

/* signals.c: SIGTERM and SIGINT as sb_node_stop. 0, SB_EMFILE, SB_ENOMEM. */
int sb_signals_new(struct sb_node *node);
void sb_signals_free(struct sb_node *node);

#endif
