/*
 * store-bench: the same work through a node's store, a transaction a row. With
 * --batch a session asks for so many in one turn and waits for all answers, so that
 * each commit has that many; without, --window of them are always on their way.
 */
#include "core/error.h"
#include "core/log.h"
#include "core/metrics.h"
#include "core/node.h"
#include "core/session.h"
#include "core/supervisor.h"
#include "tests/bench/store_work.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static const struct sb_store_kind kind = {
	.name = "msg", .version = 1, .columns = store_columns, .column_count = STORE_COLUMNS};

static struct store_work work;
static struct sb_log *own_log;
static struct sb_node *node;
static struct sb_store *store;
static _Atomic uint64_t changes, running;
static double began, cpu_began;

/* One for each thread, with every so-many-th id. */
struct client {
	uint64_t asked, answered, share;
	unsigned number;
};

static void
fail(const char *what, int error)
{
	fprintf(stderr, "store-bench: %s: %s\n", what, sb_error_text(error));
	exit(1);
}

static void
ask(struct sb_session *s, struct client *client)
{
	uint64_t id = client->asked++ * work.threads + client->number + 1;
	uint64_t keep = work.keep - work.keep % work.threads;
	struct sb_txn *txn = sb_txn_begin(s, store);
	unsigned char head[STORE_HEAD];
	int err;

	if (!txn)
		fail("begin", SB_ENOMEM);
	store_work_head(id, head);
	sb_txn_put(txn, 0, id, head, sizeof(head), store_work_body(), work.body);
	atomic_fetch_add_explicit(&changes, 1, memory_order_relaxed);
	if (keep && id > keep) {
		sb_txn_del(txn, 0, id - keep);
		atomic_fetch_add_explicit(&changes, 1, memory_order_relaxed);
	}
	err = sb_txn_commit(txn, sb_self(s), id);
	if (err)
		fail("commit", err);
}

static void
ask_more(struct sb_session *s, struct client *client)
{
	uint64_t open = client->asked - client->answered;
	uint64_t limit = work.batch ? work.batch : work.window;

	if (work.batch && open)
		return;
	for (; open < limit && client->asked < client->share; open++)
		ask(s, client);
}

static int
client_start(struct sb_session *s, const void *args)
{
	struct client *client = sb_state(s);

	client->number = *(const unsigned *)args;
	client->share = (work.rows + work.threads - 1 - client->number) / work.threads;
	ask_more(s, client);
	return 0;
}

static void
client_message(struct sb_session *s, struct sb_message *m)
{
	struct client *client = sb_state(s);

	if (m->type != SB_MSG_STORE)
		return;
	if (m->status)
		fail("answer", m->status);
	if (++client->answered < client->share) {
		ask_more(s, client);
		return;
	}
	sb_close(s, SB_END_LOCAL);
	if (atomic_fetch_sub(&running, 1) == 1)
		sb_node_stop(node);
}

static const struct sb_module client_module = {
	.abi = SB_MODULE_ABI,
	.name = "bench.store",
	.state_size = sizeof(struct client),
	.start = client_start,
	.message = client_message,
};

static void
start(void)
{
	struct sb_node_options options = {.threads = work.threads, .signals = true};
	struct sb_store_options store_options = {.path = work.path,
		.durability = work.durability,
		.queue_limit_bytes = (size_t)1 << 30};
	int err;

	own_log = sb_log_new(&(struct sb_log_options){.level = SB_LOG_WARNING, .fd = 2});
	options.log = own_log;
	err = sb_node_new(&node, &options);
	if (!err)
		err = sb_store_open(&store, node, &store_options, &kind, 1);
	if (err)
		fail(work.path, err);
	atomic_store(&running, work.threads);
	for (unsigned i = 0; i < work.threads; i++) {
		struct sb_child_spec spec = {.module = &client_module,
			.args = &i,
			.args_size = sizeof(i),
			.restart = SB_TEMPORARY,
			.shard = (int)i};

		err = sb_node_start_child(node, &spec);
		if (err)
			fail("start", err);
	}
	began = store_work_now(CLOCK_MONOTONIC);
	cpu_began = store_work_now(CLOCK_PROCESS_CPUTIME_ID);
}

int
main(int argc, char **argv)
{
	struct store_result result = {0};
	struct sb_distribution *commits = malloc(sizeof(*commits));
	struct sb_metrics *metrics;

	store_work_parse(&work, argc, argv);
	start();
	metrics = sb_node_metrics(node);
	if (sb_node_run(node))
		fail("run", SB_EIO);
	result.seconds = store_work_now(CLOCK_MONOTONIC) - began;
	result.process_cpu = store_work_now(CLOCK_PROCESS_CPUTIME_ID) - cpu_began;
	sb_store_close(store);
	result.changes = atomic_load(&changes);
	sb_histogram_read(
		sb_metrics_histogram(metrics, SB_UNIT_COUNT, "sb_store_commit_rows", "", NULL),
		commits);
	result.commits = commits->count;
	result.writer_cpu = (double)sb_counter_value(sb_metrics_counter(
				    metrics, "sb_store_writer_cpu_microseconds_total", "", NULL)) /
			    1e6;
	store_work_report(&work, &result);
	free(commits);
	sb_node_free(node);
	sb_log_free(own_log);
	return 0;
}
