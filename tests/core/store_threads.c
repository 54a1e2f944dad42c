/*
 * Rows in a file on real threads: sessions of three shards commit, compare and read
 * at once, through a queue that is too small for them. Everything is answered once
 * and in order, a read finds what its session was told, and at the end the file holds
 * what it should.
 */
#include "core/error.h"
#include "core/log.h"
#include "core/node.h"
#include "core/session.h"
#include "core/supervisor.h"
#include "store_fixture.h"

#include <stdatomic.h>
#include <stdlib.h>

#define SHARDS  3
#define WORKERS 9
#define ROUNDS  300
#define KEPT    20 /* rows of a worker; older ones are deleted with each commit */

/* Answers to other things than a row of a round. */
#define REF_READ    (UINT64_C(1) << 32)
#define REF_COUNTED (UINT64_C(2) << 32)

struct worker {
	unsigned number;
	uint64_t asked, answered;
	bool is_reading;
};

static struct sb_store *store;
static struct sb_node *node;
static _Atomic unsigned running, wrong;
static _Atomic uint64_t counted;

static void
check(bool holds)
{
	if (!holds)
		atomic_fetch_add(&wrong, 1);
}

static uint64_t
id_of(const struct worker *worker, uint64_t round)
{
	return (uint64_t)worker->number << 32 | round;
}

static int
commit_round(struct sb_session *s, struct worker *worker)
{
	uint64_t round = worker->asked + 1;
	struct sb_txn *txn = sb_txn_begin(s, store);
	int err;

	check(txn != NULL);
	sb_txn_put(txn, MESSAGES, id_of(worker, round), "h", 1, &round, sizeof(round));
	sb_txn_mark(txn, MESSAGES, id_of(worker, round), "m", 1);
	if (round > KEPT)
		sb_txn_del(txn, MESSAGES, id_of(worker, round - KEPT));
	err = sb_txn_commit(txn, sb_self(s), round);
	check(err == 0 || err == SB_FULL);
	if (!err)
		worker->asked = round;
	return err;
}

/* All count in one row: whoever comes second is told so. */
static void
count_one(struct sb_session *s)
{
	struct sb_txn *txn = sb_txn_begin(s, store);
	uint64_t revision = atomic_load(&counted);
	int err;

	check(txn != NULL);
	sb_txn_put(txn, DEVICES, 2, NULL, 0, &revision, sizeof(revision));
	sb_txn_cas(txn, DEVICES, 1, revision, &revision, sizeof(revision));
	err = sb_txn_commit(txn, sb_self(s), REF_COUNTED);
	check(err == 0 || err == SB_FULL);
}

static void
read_back(struct sb_session *s, struct worker *worker)
{
	int err;

	if (worker->is_reading || !worker->answered)
		return;
	err = sb_store_get(s, store, MESSAGES, id_of(worker, worker->answered), sb_self(s),
		REF_READ | worker->answered);
	check(err == 0 || err == SB_FULL);
	worker->is_reading = err == 0;
}

static void
was_read(struct worker *worker, struct sb_message *m)
{
	const struct sb_store_rows *rows = m->data;
	bool is_kept = (uint32_t)m->ref + KEPT > worker->asked;

	worker->is_reading = false;
	/* Its deletion may have been asked for meanwhile. */
	check(m->status == 0 || (m->status == SB_ENOENT && !is_kept));
	check(m->status || (rows->count == 1 && rows->rows[0].revision == 2));
}

static void
was_counted(const struct sb_message *m)
{
	check(m->status == 0 || m->status == SB_ECONFLICT);
	if (m->status == 0)
		atomic_fetch_add(&counted, 1);
}

static void
take(struct worker *worker, struct sb_message *m)
{
	if (m->ref & REF_READ) {
		was_read(worker, m);
	} else if (m->ref & REF_COUNTED) {
		was_counted(m);
	} else if (m->ref) {
		check(m->status == 0 && m->ref == worker->answered + 1);
		worker->answered++;
	}
}

static void
go_on(struct sb_session *s, struct worker *worker)
{
	while (worker->asked < ROUNDS && worker->asked < worker->answered + 4)
		if (commit_round(s, worker))
			return;
}

static int
worker_start(struct sb_session *s, const void *args)
{
	struct worker *worker = sb_state(s);

	worker->number = *(const unsigned *)args;
	go_on(s, worker);
	return 0;
}

static void
worker_message(struct sb_session *s, struct sb_message *m)
{
	struct worker *worker = sb_state(s);

	if (m->type != SB_MSG_STORE)
		return;
	take(worker, m);
	if (worker->answered == ROUNDS && !worker->is_reading) {
		sb_close(s, SB_END_LOCAL);
		return;
	}
	if (m->ref && m->ref < REF_READ && m->ref % 8 == 0)
		count_one(s);
	if (m->ref && m->ref < REF_READ && m->ref % 5 == 0)
		read_back(s, worker);
	go_on(s, worker);
}

static void
worker_closed(struct sb_session *s, enum sb_end why)
{
	(void)s;
	(void)why;
	if (atomic_fetch_sub(&running, 1) == 1)
		sb_node_stop(node);
}

static const struct sb_module worker_module = {
	.abi = SB_MODULE_ABI,
	.name = "test.store",
	.state_size = sizeof(struct worker),
	.start = worker_start,
	.message = worker_message,
	.closed = worker_closed,
};

static void
run_node(void)
{
	struct sb_log_options quiet = {.level = SB_LOG_FATAL, .fd = 2};
	struct sb_node_options options = {.threads = SHARDS, .log = sb_log_new(&quiet)};
	struct sb_store_options store_options = {
		.path = store_path("rows"), .durability = "normal", .queue_limit_bytes = 16384};

	assert_int_equal(sb_node_new(&node, &options), 0);
	assert_int_equal(sb_store_open(&store, node, &store_options, store_kinds, KINDS), 0);
	atomic_store(&running, WORKERS);
	for (unsigned i = 0; i < WORKERS; i++) {
		struct sb_child_spec spec = {.module = &worker_module,
			.args = &i,
			.args_size = sizeof(i),
			.restart = SB_TEMPORARY,
			.shard = (int)(i % SHARDS)};

		assert_int_equal(sb_node_start_child(node, &spec), 0);
	}
	assert_int_equal(sb_node_run(node), 0);
	sb_node_free(node);
	sb_log_free(options.log);
}

static void
test_every_request_of_every_shard_is_answered_and_kept(void **state)
{
	struct sb_store_options options = {.path = store_path("rows")};
	struct lab *lab = *state;
	struct probe *reader;

	run_node();
	assert_int_equal(atomic_load(&wrong), 0);
	assert_true(atomic_load(&counted) > 0);
	options.path = store_path("rows");
	store = store_open(lab, &options);
	reader = store_reader(lab, 0);
	for (unsigned i = 0; i < WORKERS; i++) {
		struct worker worker = {.number = i};

		assert_int_equal(sb_store_scan(reader->session, store, MESSAGES, id_of(&worker, 0),
					 KEPT, reader->address, 1),
			0);
		store_settle(lab);
		assert_int_equal(seen.count, KEPT);
		assert_int_equal(seen.rows[0].id, id_of(&worker, ROUNDS - KEPT + 1));
		assert_int_equal(seen.last, id_of(&worker, ROUNDS));
	}
}

static int
set_up(void **state)
{
	struct lab *lab = malloc(sizeof(*lab));

	store_folder_make();
	lab_init(lab, 2);
	*state = lab;
	return 0;
}

static int
tear_down(void **state)
{
	lab_fini(*state);
	free(*state);
	store_folder_remove();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_every_request_of_every_shard_is_answered_and_kept, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
