/*
 * A node: everything that its shards share, made before any of them runs and
 * freed after all have stopped. Shard 0 runs on the caller's thread, so that a
 * node of one shard is a program without threads of its own.
 */
#include "core/node.h"

#include "core/epoch_internal.h"
#include "core/listener_internal.h"
#include "core/node_internal.h"
#include "core/registry_internal.h"
#include "core/session_internal.h"
#include "core/store_internal.h"
#include "core/supervisor.h"
#include "core/thread_internal.h"
#include "core/work_internal.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define STOP_MS           30000
#define MESSAGE_BUDGET    4096
#define RECEIVE_BUFFER    (256u << 10)
#define RECEIVE_MIN       (8u << 10) /* a short tail (input.c) and as much again */
#define SPARE_DESCRIPTORS 64         /* for logs, stores, name servers: not for connections */

static unsigned
cores(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n > 0 ? (unsigned)n : 1;
}

/* As many descriptors as we may have; what is left of them for connections. A node with sockets in
 * memory has no such limit. */
static unsigned
raise_descriptor_limit(struct sb_node *node)
{
	struct rlimit limit;

	if (node->env != sb_env_system() || getrlimit(RLIMIT_NOFILE, &limit))
		return UINT32_MAX;
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) && getrlimit(RLIMIT_NOFILE, &limit))
		return UINT32_MAX;
	if (limit.rlim_cur > INT32_MAX)
		limit.rlim_cur = INT32_MAX;
	SB_LOG_TO(node->log, INFO, "node.descriptors", "limit", SB_UINT(limit.rlim_cur));
	if (limit.rlim_cur <= 2 * SPARE_DESCRIPTORS)
		return (unsigned)limit.rlim_cur;
	return (unsigned)limit.rlim_cur - SPARE_DESCRIPTORS;
}

static struct sb_log *
standard_log(struct sb_node *node)
{
	struct sb_log_options options = {
		.level = SB_LOG_INFO, .format = SB_LOG_LOGFMT, .fd = STDERR_FILENO};

	node->own_log = sb_log_new(&options);
	return node->own_log;
}

/* Every 0 becomes its default here, and only here. */
static void
take_options(struct sb_node *node, const struct sb_node_options *given)
{
	static const struct sb_node_options none = {0};
	const struct sb_node_options *options = given ? given : &none;

	node->id = options->id;
	node->env = options->env ? options->env : sb_env_system();
	node->shard_count = options->threads ? options->threads : cores();
	node->log = options->log ? options->log : standard_log(node);
	node->wants_signals = options->signals;
	node->survives_hangup = options->survives_hangup;
	node->stop_ms = options->stop_ms ? options->stop_ms : STOP_MS;
	node->message_budget = options->message_budget ? options->message_budget : MESSAGE_BUDGET;
	node->receive_size = options->receive_buffer ? options->receive_buffer : RECEIVE_BUFFER;
	if (node->receive_size < RECEIVE_MIN)
		node->receive_size = RECEIVE_MIN;
	node->default_limits = sb_limits_complete(NULL, 0);
	node->descriptor_limit = raise_descriptor_limit(node);
}

static int
shared_parts_new(struct sb_node *node)
{
	node->metrics = sb_metrics_new(node->shard_count);
	node->epoch = sb_epoch_new(node->env, node->shard_count);
	if (!node->metrics || !node->epoch)
		return SB_ENOMEM;
	node->registry = sb_registry_new(node);
	node->work_gate = sb_work_gate_new(node);
	return node->registry && node->work_gate ? 0 : SB_ENOMEM;
}

static int
shards_new(struct sb_node *node)
{
	size_t size = node->shard_count * sizeof(struct sb_shard);
	int err = 0;

	node->shards = aligned_alloc(_Alignof(struct sb_shard), size);
	if (!node->shards)
		return SB_ENOMEM;
	memset(node->shards, 0, size);
	for (unsigned i = 0; !err && i < node->shard_count; i++)
		err = sb_shard_init(&node->shards[i], node, i);
	return err;
}

/* The root has no parent to tell: its end is the node's (sb_node_root_ended). */
static int
root_new(struct sb_node *node)
{
	static const struct sb_supervisor_options options = {.strategy = SB_ONE_FOR_ONE};
	static const struct sb_parent nobody = {.kind = SB_PARENT_NONE};
	struct sb_session *root;
	int err = sb_session_new(
		&node->shards[0], &sb_supervisor_module, NULL, false, &nobody, &root);

	if (err)
		return err;
	node->root = root->self;
	return sb_session_begin(root, &options);
}

int
sb_node_new(struct sb_node **out, const struct sb_node_options *options)
{
	struct sb_node *node = calloc(1, sizeof(*node));
	int err;

	if (!node)
		return SB_ENOMEM;
	pthread_mutex_init(&node->lock, NULL);
	take_options(node, options);
	/* The log's descriptor may be a pipe whose reader has gone. */
	if (node->env == sb_env_system())
		signal(SIGPIPE, SIG_IGN);
	err = shared_parts_new(node);
	if (!err)
		err = shards_new(node);
	if (!err)
		err = root_new(node);
	if (!err && node->wants_signals)
		err = sb_signals_new(node);
	if (err) {
		sb_node_free(node);
		return err;
	}
	*out = node;
	return 0;
}

/* In the order in which things lean on each other. The gate first, so that no work finds the node
 * any more; sessions while everything that their `closed` may use is there; the store after the
 * last commit, the listeners after the last connection that is counted; names and configuration
 * before the epoch that releases them. */
void
sb_node_free(struct sb_node *node)
{
	if (!node)
		return;
	atomic_store(&node->phase, SB_NODE_STOPPED); /* the root's end is no failure of it now */
	sb_work_gate_close(node->work_gate);
	for (unsigned i = 0; node->shards && i < node->shard_count; i++)
		if (node->shards[i].service)
			sb_shard_cut_all(&node->shards[i]);
	sb_store_free(node->store);
	node->store = NULL;
	sb_signals_free(node);
	while (node->listeners) {
		struct sb_listener *listener = node->listeners;

		node->listeners = listener->next;
		sb_listener_free(listener);
	}
	for (unsigned i = 0; node->shards && i < node->shard_count; i++)
		sb_shard_fini(&node->shards[i]);
	free(node->shards);
	sb_registry_free(node->registry);
	sb_node_config_free(node);
	sb_epoch_free(node->epoch);
	sb_metrics_free(node->metrics);
	sb_log_free(node->own_log);
	pthread_mutex_destroy(&node->lock);
	free(node);
}

/* ---- running ---- */

static void
run_shard(struct sb_shard *shard)
{
	/* Without a limit: what there is to do wakes it. */
	while (!sb_node_is_stopped(shard->node))
		(void)sb_shard_turn(shard, -1);
}

static void *
shard_thread(void *argument)
{
	run_shard(argument);
	return NULL;
}

static int
thread_start(struct sb_shard *shard, pthread_t *thread)
{
	char name[16];

	snprintf(name, sizeof(name), "sb.shard.%u", shard->index);
	return sb_thread_start(thread, name, shard_thread, shard);
}

int
sb_node_run(struct sb_node *node)
{
	pthread_t *threads = calloc(node->shard_count, sizeof(*threads));
	unsigned started = 1;
	int err = threads ? 0 : SB_ENOMEM;

	for (; !err && started < node->shard_count; started++) {
		err = thread_start(&node->shards[started], &threads[started]);
		if (err)
			break;
	}
	if (err)
		sb_node_halt(node);
	else
		run_shard(&node->shards[0]);
	for (unsigned i = 1; threads && i < started; i++)
		pthread_join(threads[i], NULL);
	free(threads);
	return err;
}

bool
sb_node_turn(struct sb_node *node, unsigned shard, int64_t wait_ns)
{
	return sb_shard_turn(&node->shards[shard], wait_ns);
}

uint64_t
sb_node_deadline(const struct sb_node *node, unsigned shard)
{
	return sb_heap_first(&node->shards[shard]);
}

/* ---- what it knows ---- */

struct sb_log *
sb_node_log(const struct sb_node *node)
{
	return node->log;
}

struct sb_metrics *
sb_node_metrics(const struct sb_node *node)
{
	return node->metrics;
}

const struct sb_env *
sb_node_env(const struct sb_node *node)
{
	return node->env;
}

unsigned
sb_node_shards(const struct sb_node *node)
{
	return node->shard_count;
}

struct sb_address
sb_node_root(const struct sb_node *node)
{
	return node->root;
}
