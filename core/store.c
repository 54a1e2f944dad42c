/*
 * The store of a node: opened by the scheme of its path, one lane a shard, one
 * backend. It hangs itself into the shards' turns (before_flush), so that all
 * that sessions asked for in a turn goes over as one batch.
 */
#include "core/store.h"

#include "core/envelope_internal.h"
#include "core/error.h"
#include "core/node_internal.h"
#include "core/session_internal.h"
#include "core/store_internal.h"

#include <string.h>

/* Octets that may wait to be committed; and what a lane takes of them ahead. */
#define QUEUE_LIMIT    (64u << 20)
#define ALLOWANCE_STEP (64u << 10)

static int64_t
queue_read(void *context)
{
	struct sb_store *store = context;

	return (int64_t)atomic_load_explicit(&store->queued, memory_order_relaxed);
}

/* Refusals are not failures: they are told to come again. */
static void
metrics_init(struct sb_store *store)
{
	struct sb_metrics *m = store->node->metrics;

	store->commits =
		sb_metrics_counter(m, "sb_store_commits_total", "Transactions committed.", NULL);
	store->conflicts = sb_metrics_counter(
		m, "sb_store_conflicts_total", "Transactions refused for another revision.", NULL);
	store->failures = sb_metrics_counter(
		m, "sb_store_failures_total", "Transactions and reads that failed.", NULL);
	store->reads = sb_metrics_counter(m, "sb_store_reads_total", "Reads answered.", NULL);
	store->refused = sb_metrics_counter(
		m, "sb_store_refused_total", "Requests refused by the full queue.", NULL);
}

static struct sb_store *
store_new(struct sb_node *node)
{
	size_t size = sizeof(struct sb_store) + node->shard_count * sizeof(struct sb_store_lane);
	struct sb_store *store = node->env->allocate(node->env->context, size);

	if (!store)
		return NULL;
	memset(store, 0, size);
	store->node = node;
	store->env = node->env;
	for (unsigned i = 0; i < node->shard_count; i++)
		sb_store_lane_init(&store->lanes[i], store, &node->shards[i]);
	metrics_init(store);
	return store;
}

static void
options_take(struct sb_store *store, const struct sb_store_options *options)
{
	store->limit = options->queue_limit_bytes ? options->queue_limit_bytes : QUEUE_LIMIT;
	/* At most a sixteenth, so that lanes do not hold all of a small queue without using it. */
	store->allowance_step =
		store->limit / 16 < ALLOWANCE_STEP ? store->limit / 16 : ALLOWANCE_STEP;
	store->delay_ns = options->delay_ns;
}

static void
store_release(struct sb_store *store)
{
	store->env->release(store->env->context, store->head_sizes);
	store->env->release(store->env->context, store);
}

int
sb_store_open_with(struct sb_store **out, struct sb_node *node,
	const struct sb_store_backend *backend, const struct sb_store_options *options,
	const struct sb_store_kind *kinds, size_t n)
{
	struct sb_store *store;
	int err;

	if (node->store)
		return SB_EEXIST;
	store = store_new(node);
	if (!store)
		return SB_ENOMEM;
	options_take(store, options);
	store->backend = backend;
	err = sb_store_kinds_take(store, kinds, n);
	if (!err)
		err = backend->open(store, options, &store->context);
	if (err) {
		store_release(store);
		return err;
	}
	/* The store is there for as long as the node's figures. */
	sb_metrics_gauge_read(node->metrics, queue_read, store, "sb_store_queued_bytes",
		"Octets that wait to be committed or read.", NULL);
	/* Before the first turn: shards look at it without a lock. */
	node->store = store;
	for (unsigned i = 0; i < node->shard_count; i++) {
		node->shards[i].before_flush_context = store;
		node->shards[i].before_flush = sb_store_lane_turn;
	}
	*out = store;
	return 0;
}

int
sb_store_open(struct sb_store **store, struct sb_node *node, const struct sb_store_options *options,
	const struct sb_store_kind *kinds, size_t n)
{
	static const struct sb_store_backend *const backends[] = {&sb_store_mem, &sb_store_sqlite};

	if (!options->path || !kinds || n == 0)
		return SB_EINVAL;
	for (size_t i = 0; i < sizeof(backends) / sizeof(backends[0]); i++)
		if (backends[i]->takes(options->path))
			return sb_store_open_with(store, node, backends[i], options, kinds, n);
	return SB_ENOTSUP;
}

/* While the shards are there, since batches come back to them; after it nothing is asked any
 * more. */
void
sb_store_close(struct sb_store *store)
{
	if (!store || !store->context)
		return;
	store->delay_ns = 0; /* no turn comes in which a delay could end */
	/* What sessions have committed in turns that had no end is committed, too. */
	for (unsigned i = 0; i < store->node->shard_count; i++) {
		sb_store_lane_turn(&store->node->shards[i], store);
		store->node->shards[i].before_flush = NULL;
	}
	store->backend->close(store->context);
	store->context = NULL;
}

void
sb_store_free(struct sb_store *store)
{
	if (!store)
		return;
	sb_store_close(store);
	for (unsigned i = 0; i < store->node->shard_count; i++)
		sb_store_lane_fini(&store->lanes[i]);
	store_release(store);
}
