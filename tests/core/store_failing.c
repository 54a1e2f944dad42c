/* The disk fails under the rows: what sessions are told, and what is there afterwards. */
#include "core/error.h"
#include "core/metrics.h"
#include "core/node_internal.h"
#include "core/store_internal.h"
#include "store_fixture.h"
#include "tests/support/failing_vfs.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct sb_store *
open_store_with(struct lab *lab, const char *durability)
{
	char uri[160];
	struct sb_store_options options = {.path = uri, .durability = durability};

	snprintf(uri, sizeof(uri), "file:%s?vfs=failing", store_path("rows"));
	return store_open(lab, &options);
}

static struct sb_store *
open_store(struct lab *lab)
{
	return open_store_with(lab, "full");
}

/* What is committed and what comes of it. */
static int
outcome(struct lab *lab, struct probe *probe, struct sb_store *store, uint64_t id)
{
	size_t before = probe->note_count;

	store_put(probe, store, id, "head", "body", id);
	store_settle(lab);
	assert_int_equal(probe->note_count, before + 1);
	assert_int_equal(probe->notes[before].ref, id);
	return probe->notes[before].status;
}

/* The next node, on a disk that is well again. */
static struct sb_store *
start_again(struct lab *lab)
{
	lab_fini(lab);
	failing_vfs_clear();
	lab_init(lab, 2);
	return open_store(lab);
}

static int64_t
gauge(struct lab *lab, const char *name)
{
	return sb_gauge_value(sb_metrics_gauge(lab->node->metrics, name, "", NULL));
}

static void
test_without_space_commits_fail_and_go_on_when_there_is_some(void **state)
{
	struct lab *lab = *state;
	struct sb_store *store = open_store(lab);
	struct probe *probe = store_reader(lab, 0);

	assert_int_equal(outcome(lab, probe, store, 1), 0);
	failing_vfs_set(FAILING_WRITE, "-wal", 0, SQLITE_FULL, ENOSPC);
	store_capture(lab);
	assert_int_equal(outcome(lab, probe, store, 2), SB_ENOSPC);
	assert_int_equal(outcome(lab, probe, store, 3), SB_ENOSPC);
	assert_int_equal(gauge(lab, "sb_store_no_space"), 1);
	assert_row(lab, probe, store, 1, 1, "head", "body");
	assert_no_row(lab, probe, store, 2);
	failing_vfs_clear();
	assert_int_equal(outcome(lab, probe, store, 3), 0);
	assert_int_equal(outcome(lab, probe, store, 4), 0);
	assert_int_equal(gauge(lab, "sb_store_no_space"), 0);
	assert_int_equal(store_said("store.no_space path="), 1);
	assert_int_equal(store_said("store.space_again"), 1);
	assert_int_equal(store_said("failed=2"), 1);
	store = start_again(lab);
	probe = store_reader(lab, 0);
	assert_no_row(lab, probe, store, 2);
	assert_row(lab, probe, store, 3, 1, "head", "body");
}

/* The disk has room again before anybody was told that it was full. */
static void
test_what_is_behind_a_failed_commit_of_its_series_is_not_even_tried(void **state)
{
	struct lab *lab = *state;
	struct sb_store *store = open_store(lab);
	struct probe *probe = store_reader(lab, 0);
	struct sb_store_series *series = sb_store_series_new(probe->session, store);

	store_capture(lab);
	failing_vfs_set(FAILING_WRITE, "-wal", 0, SQLITE_FULL, ENOSPC);
	for (uint64_t id = 1; id <= 2; id++) {
		struct sb_txn *txn = store_begin(probe, store);

		assert_int_equal(sb_txn_put(txn, MESSAGES, id, "head", 4, "body", 4), 0);
		sb_txn_in_series(txn, series);
		assert_int_equal(sb_txn_commit(txn, probe->address, id), 0);
		store_settle(lab);
		assert_answer(probe, id - 1, id, SB_ENOSPC);
		failing_vfs_clear();
	}
	assert_int_equal(store_said("store.space_again"), 0);
	assert_int_equal(outcome(lab, probe, store, 3), 0);
	assert_no_row(lab, probe, store, 2);
	assert_int_equal(store_said("store.space_again"), 1);
}

static void
test_a_quota_is_want_of_space_too(void **state)
{
	struct lab *lab = *state;
	struct sb_store *store = open_store(lab);
	struct probe *probe = store_reader(lab, 0);

	failing_vfs_set(FAILING_WRITE, "-wal", 0, SQLITE_IOERR_WRITE, EDQUOT);
	assert_int_equal(outcome(lab, probe, store, 1), SB_ENOSPC);
	failing_vfs_clear();
	assert_int_equal(outcome(lab, probe, store, 1), 0);
}

static void
test_after_an_error_of_the_disk_nothing_is_written_until_it_is_opened_again(void **state)
{
	static const struct {
		enum failing_call call;
		int code, error;
	} cases[] = {
		{FAILING_WRITE, SQLITE_IOERR_WRITE, EIO}, {FAILING_SYNC, SQLITE_IOERR_FSYNC, EIO},
		{FAILING_SYNC, SQLITE_IOERR_FSYNC, ENOSPC}, /* nobody knows what is there */
	};
	struct lab *lab = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sb_store *store = start_again(lab);
		struct probe *probe = store_reader(lab, 0);
		uint64_t id = i * 10;

		assert_int_equal(outcome(lab, probe, store, id), 0);
		failing_vfs_set(cases[i].call, "-wal", 0, cases[i].code, cases[i].error);
		store_capture(lab);
		assert_int_equal(outcome(lab, probe, store, id + 1), SB_EIO);
		failing_vfs_clear();
		assert_int_equal(outcome(lab, probe, store, id + 2), SB_EIO);
		assert_int_equal(gauge(lab, "sb_store_read_only"), 1);
		assert_int_equal(gauge(lab, "sb_store_last_error"), SB_EIO);
		assert_row(lab, probe, store, id, 1, "head", "body");
		assert_int_equal(store_said("store.read_only path="), 1);
		store = start_again(lab);
		probe = store_reader(lab, 0);
		assert_row(lab, probe, store, id, 1, "head", "body");
		assert_no_row(lab, probe, store, id + 2);
		assert_int_equal(outcome(lab, probe, store, id + 2), 0);
	}
}

/* Whichever write of a commit fails: all of it is there, or nothing. */
static void
test_a_commit_is_whole_whichever_write_fails(void **state)
{
	enum { ROWS = 200, SIZE = 900 };
	static const char body[SIZE];
	struct lab *lab = *state;
	bool is_done = false;

	for (int good = 0; !is_done; good += 5) {
		struct sb_store *store = start_again(lab);
		struct probe *probe = store_reader(lab, 0);
		uint64_t first = (uint64_t)good * 1000;
		struct sb_txn *txn = store_begin(probe, store);

		for (uint64_t i = 0; i < ROWS; i++)
			assert_int_equal(
				sb_txn_put(txn, MESSAGES, first + i, NULL, 0, body, SIZE), 0);
		failing_vfs_set(FAILING_WRITE, "-wal", good, SQLITE_FULL, ENOSPC);
		assert_int_equal(sb_txn_commit(txn, probe->address, 1), 0);
		store_settle(lab);
		failing_vfs_clear();
		is_done = probe->notes[0].status == 0;
		assert_true(is_done || probe->notes[0].status == SB_ENOSPC);
		sb_store_scan(probe->session, store, MESSAGES, first, ROWS, probe->address, 2);
		store_settle(lab);
		assert_int_equal(seen.count, is_done ? ROWS : 0);
	}
}

static void
test_a_read_that_fails_says_so_and_the_next_does_not(void **state)
{
	struct lab *lab = *state;
	struct sb_store *store = open_store(lab);
	struct probe *probe = store_reader(lab, 0);

	assert_int_equal(outcome(lab, probe, store, 1), 0);
	failing_vfs_set(FAILING_READ, "-wal", 0, SQLITE_IOERR_READ, EIO);
	read_row(lab, probe, store, 1);
	assert_int_equal(seen.status, SB_EIO);
	failing_vfs_clear();
	assert_row(lab, probe, store, 1, 1, "head", "body");
	assert_int_equal(outcome(lab, probe, store, 2), 0);
}

static void
test_a_checkpoint_without_space_keeps_all_that_was_committed(void **state)
{
	enum { SIZE = 1 << 20, COUNT = 70 };
	struct lab *lab = *state;
	struct sb_store *store = open_store_with(lab, "memory");
	struct probe *probe = store_reader(lab, 0);
	char *body = calloc(1, SIZE);

	failing_vfs_set(FAILING_WRITE, "rows", 0, SQLITE_FULL, ENOSPC);
	for (uint64_t id = 1; id <= COUNT; id++) {
		struct sb_txn *txn = store_begin(probe, store);

		assert_int_equal(sb_txn_put(txn, MESSAGES, id, NULL, 0, body, SIZE), 0);
		assert_int_equal(sb_txn_commit(txn, probe->address, id), 0);
		store_settle(lab);
		assert_answer(probe, id - 1, id, 0);
	}
	free(body);
	assert_true(gauge(lab, "sb_store_wal_bytes") > COUNT * (int64_t)SIZE);
	assert_int_equal(gauge(lab, "sb_store_last_error"), SB_ENOSPC);
	assert_int_equal(gauge(lab, "sb_store_no_space"), 0);
	store = start_again(lab);
	probe = store_reader(lab, 0);
	read_row(lab, probe, store, COUNT);
	assert_int_equal(seen.rows[0].body_size, SIZE);
}

static void
test_each_commit_is_synced_if_it_is_to_be(void **state)
{
	static const struct {
		const char *durability;
		unsigned syncs;
	} cases[] = {{"full", 1}, {NULL, 1}, {"normal", 0}, {"memory", 0}};
	struct lab *lab = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sb_store *store = open_store_with(lab, cases[i].durability);
		struct probe *probe = store_reader(lab, 0);

		assert_int_equal(outcome(lab, probe, store, 1), 0); /* the log's first */
		failing_vfs_clear();
		assert_int_equal(outcome(lab, probe, store, 2), 0);
		assert_int_equal(failing_vfs_count(FAILING_SYNC), cases[i].syncs);
		lab_fini(lab);
		lab_init(lab, 2);
	}
}

static int
set_up(void **state)
{
	struct lab *lab = malloc(sizeof(*lab));

	assert_int_equal(failing_vfs_register(), SQLITE_OK);
	failing_vfs_clear();
	store_folder_make();
	lab_init(lab, 2);
	*state = lab;
	return 0;
}

static int
tear_down(void **state)
{
	failing_vfs_clear();
	lab_fini(*state);
	free(*state);
	store_folder_remove();
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_without_space_commits_fail_and_go_on_when_there_is_some),
		TEST(test_what_is_behind_a_failed_commit_of_its_series_is_not_even_tried),
		TEST(test_a_quota_is_want_of_space_too),
		TEST(test_after_an_error_of_the_disk_nothing_is_written_until_it_is_opened_again),
		TEST(test_a_commit_is_whole_whichever_write_fails),
		TEST(test_a_read_that_fails_says_so_and_the_next_does_not),
		TEST(test_a_checkpoint_without_space_keeps_all_that_was_committed),
		TEST(test_each_commit_is_synced_if_it_is_to_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
