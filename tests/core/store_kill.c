/*
 * A process that commits is killed at any instant, and the next one finds all that
 * the sessions of the first were told is there: each transaction whole, none
 * between. The parent kills after a number of answers that the seed chooses.
 */
#include "core/error.h"
#include "core/log.h"
#include "core/node.h"
#include "core/session.h"
#include "core/supervisor.h"
#include "store_fixture.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROUNDS  8
#define WORKERS 3
#define KEPT    40 /* rows of a worker: each transaction puts one and deletes the oldest */
#define WINDOW  20
#define SEED    20261127u

static struct sb_store *store;
static int answers; /* the child's end of the pipe */

/* ---- the process that is killed ---- */

struct worker {
	uint64_t base; /* its first id is one more */
	uint64_t asked, answered;
};

static void
commit_next(struct sb_session *s, struct worker *worker)
{
	static const char body[300] = "body";
	struct sb_txn *txn = sb_txn_begin(s, store);
	uint64_t id = worker->base + ++worker->asked;

	sb_txn_put(txn, MESSAGES, id, "head", 4, body, sizeof(body));
	if (worker->asked > KEPT)
		sb_txn_del(txn, MESSAGES, id - KEPT);
	if (sb_txn_commit(txn, sb_self(s), id))
		_exit(3);
}

static int
worker_start(struct sb_session *s, const void *args)
{
	struct worker *worker = sb_state(s);

	worker->base = *(const uint64_t *)args;
	for (int i = 0; i < WINDOW; i++)
		commit_next(s, worker);
	return 0;
}

static void
worker_message(struct sb_session *s, struct sb_message *m)
{
	struct worker *worker = sb_state(s);

	if (m->type != SB_MSG_STORE)
		return;
	if (m->status || m->ref != worker->base + ++worker->answered)
		_exit(4);
	if (write(answers, &m->ref, sizeof(m->ref)) != sizeof(m->ref))
		_exit(5);
	commit_next(s, worker);
}

static const struct sb_module worker_module = {
	.abi = SB_MODULE_ABI,
	.name = "test.killed",
	.state_size = sizeof(struct worker),
	.start = worker_start,
	.message = worker_message,
};

static uint64_t
base_of(unsigned round, unsigned worker)
{
	return (uint64_t)(round + 1) << 40 | (uint64_t)worker << 32;
}

static _Noreturn void
run_child(unsigned round)
{
	struct sb_log_options quiet = {.level = SB_LOG_ERROR, .fd = 2};
	struct sb_node_options options = {.threads = 2, .log = sb_log_new(&quiet)};
	struct sb_store_options store_options = {.path = store_path("rows")};
	struct sb_node *node;

	if (sb_node_new(&node, &options) ||
		sb_store_open(&store, node, &store_options, store_kinds, KINDS))
		_exit(6);
	for (unsigned i = 0; i < WORKERS; i++) {
		uint64_t base = base_of(round, i);
		struct sb_child_spec spec = {.module = &worker_module,
			.args = &base,
			.args_size = sizeof(base),
			.restart = SB_TEMPORARY,
			.shard = (int)(i % 2)};

		if (sb_node_start_child(node, &spec))
			_exit(7);
	}
	sb_node_run(node);
	_exit(8);
}

/* ---- its parent ---- */

/* The last answer that each worker had: those before it came before. */
static void
read_answers(int fd, unsigned most, uint64_t *last)
{
	uint64_t id;

	while (most-- && read(fd, &id, sizeof(id)) == sizeof(id))
		last[id >> 32 & 0xff] = id;
}

static void
kill_one(unsigned round, unsigned after, uint64_t *last)
{
	int ends[2], status;
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		close(ends[0]);
		answers = ends[1];
		run_child(round);
	}
	close(ends[1]);
	read_answers(ends[0], after, last);
	kill(child, SIGKILL);
	/* And those that it had said by then. */
	read_answers(ends[0], UINT32_MAX, last);
	close(ends[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

/* Whatever the last transaction is: its row, and those before it that it has left. */
static void
assert_kept(struct lab *lab, struct probe *reader, uint64_t base, uint64_t last)
{
	uint64_t rows = 0;

	assert_int_equal(
		sb_store_scan(reader->session, store, MESSAGES, base, 60, reader->address, 1), 0);
	store_settle(lab);
	assert_int_equal(seen.status, 0);
	while (rows < seen.count && rows < 60 && seen.rows[rows].id < base + (UINT64_C(1) << 32))
		rows++;
	if (!rows) {
		assert_int_equal(last, 0);
		return;
	}
	for (uint64_t i = 1; i < rows; i++)
		assert_int_equal(seen.rows[i].id, seen.rows[i - 1].id + 1);
	assert_true(seen.rows[rows - 1].id >= last);
	assert_true(rows == KEPT || (rows < KEPT && seen.rows[0].id == base + 1));
}

static void
test_all_that_was_acknowledged_survives_a_kill(void **state)
{
	uint64_t last[ROUNDS][WORKERS] = {{0}};

	(void)state;
	srand(SEED);
	for (unsigned round = 0; round < ROUNDS; round++) {
		struct sb_store_options options = {.path = store_path("rows")};
		unsigned after = (unsigned)rand() % (round % 2 ? 2000 : 100);
		struct probe *reader;
		struct lab lab;

		kill_one(round, after, last[round]);
		lab_init(&lab, 1);
		store = store_open(&lab, &options);
		reader = store_reader(&lab, 0);
		for (unsigned r = 0; r <= round; r++)
			for (unsigned i = 0; i < WORKERS; i++)
				assert_kept(&lab, reader, base_of(r, i), last[r][i]);
		lab_fini(&lab);
	}
}

static int
set_up(void **state)
{
	(void)state;
	store_folder_make();
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	store_folder_remove();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_all_that_was_acknowledged_survives_a_kill, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
