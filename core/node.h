/*
 * A node: the shards of one process (or of one test; two fit one process), their
 * threads, names, metrics, log, listeners, and the root of the supervision tree.
 */
#ifndef SB_CORE_NODE_H
#define SB_CORE_NODE_H

#include "env.h"
#include "log.h"
#include "message.h"
#include "metrics.h"

#include <stdbool.h>
#include <stdint.h>

struct sb_node;

struct sb_node_options {
	uint16_t id;              /* the node's number in addresses */
	unsigned threads;         /* shards; 0: one a core */
	const struct sb_env *env; /* NULL: sb_env_system() */
	struct sb_log *log;       /* borrowed; NULL: standard error, logfmt, info */
	bool signals;             /* SIGTERM and SIGINT drain, a second one cuts */
	bool survives_hangup;     /* with signals: SIGHUP is logged and does nothing, but what
				   * sb_node_on_hangup says */
	uint32_t stop_ms;         /* how long a drain may take before the cut; 0: 30000 */
	uint32_t message_budget;  /* messages a shard and turn; 0: 4096 */
	size_t receive_buffer;    /* octets, one a shard, at least 8 KiB; 0: 256 KiB */
};

/* Makes a node with its shards; nothing runs yet. `options` may be NULL. 0, SB_ENOMEM, SB_EMFILE or
 * SB_EIO. The caller frees it. */
int sb_node_new(struct sb_node **node, const struct sb_node_options *options);

/*
 * Runs shard 0 on the calling thread and the others on threads of their own, until the node has
 * stopped: every session ended. 0, or a negative error when a thread could not be started.
 */
int sb_node_run(struct sb_node *node);

/* Begins the drain: listeners stop, every session is asked to stop, leaves first; after stop_ms, or
 * at the second call, what is left is cut. Any thread. */
void sb_node_stop(struct sb_node *node);

/* What SIGHUP does (survives_hangup): `heard` is called on shard 0's thread, outside any session;
 * it may look names up and post. Before sb_node_run; the last one holds. */
void sb_node_on_hangup(
	struct sb_node *node, void (*heard)(struct sb_node *node, void *context), void *context);

/* Frees a node that runs no longer (or never did). NULL is fine. */
void sb_node_free(struct sb_node *node);

struct sb_log *sb_node_log(const struct sb_node *node);
struct sb_metrics *sb_node_metrics(const struct sb_node *node);
const struct sb_env *sb_node_env(const struct sb_node *node);
unsigned sb_node_shards(const struct sb_node *node);
bool sb_node_is_stopping(const struct sb_node *node); /* any thread */

/* The root supervisor, under which children may be started before and after sb_node_run. */
struct sb_address sb_node_root(const struct sb_node *node);

/* Sends a message from outside any session. As sb_post; any thread. */
int sb_node_post(struct sb_node *node, struct sb_address to, uint32_t type, uint64_t ref,
	struct sb_payload payload);

/*
 * The configuration: one immutable snapshot, looked up through the node. Setting a new one releases
 * the old when every shard has ended a turn since, so a view of it holds for one callback. Any
 * thread.
 */
const void *sb_node_config(const struct sb_node *node);
int sb_node_set_config(struct sb_node *node, void *config, void (*release)(void *config));

/* One turn of one shard, for simulations and tests: poll (waiting at most `wait_ns`), timers,
 * input, messages, flush, ends. True while it has something left to do at once. */
bool sb_node_turn(struct sb_node *node, unsigned shard, int64_t wait_ns);

/* When the shard's first deadline is due (monotonic ns), UINT64_MAX without one; for simulations.
 */
uint64_t sb_node_deadline(const struct sb_node *node, unsigned shard);

/* Whether the node has stopped: every session and supervisor ended. */
bool sb_node_is_stopped(const struct sb_node *node);

#endif
