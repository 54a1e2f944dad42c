/* Rows in a file: what is there after the end of a node, for whom, and what is not opened. */
#include "core/error.h"
#include "core/node_internal.h"
#include "core/store_internal.h"
#include "store_fixture.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* One node after the other on one file. */
struct stage {
	struct lab lab;
	struct sb_store *store;
	struct probe *reader;
	char path[128];
	const char *durability; /* "memory" where much is written: syncs take their time */
	bool is_up;
};

static void
stage_end(struct stage *stage)
{
	if (stage->is_up)
		lab_fini(&stage->lab);
	stage->is_up = false;
}

static int
stage_try(struct stage *stage, const struct sb_store_kind *kinds, size_t count, const char *views)
{
	struct sb_store_options options = {
		.path = stage->path, .durability = stage->durability, .views = views};

	stage_end(stage);
	lab_init(&stage->lab, 2);
	stage->is_up = true;
	store_capture(&stage->lab);
	return sb_store_open(&stage->store, stage->lab.node, &options, kinds, count);
}

static void
stage_start_with(struct stage *stage, const struct sb_store_kind *kinds, size_t count)
{
	assert_int_equal(stage_try(stage, kinds, count, NULL), 0);
	stage->reader = store_reader(&stage->lab, 0);
}

static void
stage_start(struct stage *stage)
{
	stage_start_with(stage, store_kinds, KINDS);
}

static void
stage_refuses(struct stage *stage, const struct sb_store_kind *kinds, size_t count, int error,
	const char *said)
{
	assert_int_equal(stage_try(stage, kinds, count, NULL), error);
	assert_int_equal(store_said(stage->path), 1);
	assert_true(store_said(said) > 0);
}

static void
stage_put(struct stage *stage, uint64_t id, const char *head, const char *body)
{
	size_t before = stage->reader->note_count;

	store_put(stage->reader, stage->store, id, head, body, id);
	store_settle(&stage->lab);
	assert_answer(stage->reader, before, id, 0);
}

static void
stage_has(struct stage *stage, uint64_t id, uint64_t revision, const char *head, const char *body)
{
	assert_row(&stage->lab, stage->reader, stage->store, id, revision, head, body);
}

/* By a connection of somebody else: the first value of the first row. */
static void
ask_sql(const char *path, const char *sql, char *value, size_t size)
{
	sqlite3 *db;
	sqlite3_stmt *statement;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
	*value = '\0';
	if (sqlite3_step(statement) == SQLITE_ROW)
		snprintf(value, size, "%s", (const char *)sqlite3_column_text(statement, 0));
	sqlite3_finalize(statement);
	sqlite3_close(db);
}

static void
assert_sql(const char *path, const char *sql, const char *expected)
{
	char value[256];

	ask_sql(path, sql, value, sizeof(value));
	assert_string_equal(value, expected);
}

static void
run_sql(const char *path, const char *sql)
{
	char value[256];

	ask_sql(path, sql, value, sizeof(value));
}

/* ---- what stays ---- */

static void
test_a_node_finds_what_the_one_before_has_committed(void **state)
{
	struct stage *stage = *state;

	stage_start(stage);
	stage_put(stage, 1, "head", "body");
	store_put(stage->reader, stage->store, 2, "late", "body", 2);
	stage_end(stage); /* what waits is committed first */
	stage_start(stage);
	stage_has(stage, 1, 1, "head", "body");
	stage_has(stage, 2, 1, "late", "body");
	stage_put(stage, 1, "new", "body");
	stage_start(stage);
	stage_has(stage, 1, 2, "new", "body");
}

static void
test_close_waits_for_every_batch_of_every_lane(void **state)
{
	enum { COUNT = 300 };
	struct stage *stage = *state;
	static struct probe other;

	stage_start(stage);
	memset(&other, 0, sizeof(other));
	lab_start(&stage->lab, 1, &other);
	for (uint64_t id = 0; id < COUNT; id++) {
		store_put(id % 2 ? &other : stage->reader, stage->store, id, "h", "b", id);
		if (id % 50 == 0)
			lab_turn(&stage->lab);
	}
	stage_start(stage);
	assert_int_equal(sb_store_scan(stage->reader->session, stage->store, MESSAGES, 0, COUNT * 2,
				 stage->reader->address, 1),
		0);
	store_settle(&stage->lab);
	assert_int_equal(seen.count, COUNT);
	assert_true(seen.is_last);
}

static void
test_the_path_may_be_a_uri_and_nothing_else(void **state)
{
	static const char *const bad[] = {"", ":memory:", "http:rows"};
	struct stage *stage = *state;

	snprintf(stage->path, sizeof(stage->path), "file:%s", store_path("rows"));
	stage_start(stage);
	stage_put(stage, 1, "head", "body");
	stage_end(stage);
	assert_int_equal(access(store_path("rows"), F_OK), 0);
	for (size_t i = 0; i < 3; i++) {
		snprintf(stage->path, sizeof(stage->path), "%s", bad[i]);
		assert_int_equal(stage_try(stage, store_kinds, KINDS, NULL), SB_ENOTSUP);
	}
}

static void
test_ids_go_up_to_the_largest_that_is_signed(void **state)
{
	struct stage *stage = *state;
	struct sb_txn *txn;

	stage_start(stage);
	stage_put(stage, INT64_MAX, "last", "body");
	txn = store_begin(stage->reader, stage->store);
	assert_int_equal(
		sb_txn_put(txn, MESSAGES, (uint64_t)INT64_MAX + 1, NULL, 0, NULL, 0), SB_EINVAL);
	sb_txn_abandon(txn);
	stage_has(stage, INT64_MAX, 1, "last", "body");
	assert_no_row(&stage->lab, stage->reader, stage->store, UINT64_MAX);
	assert_int_equal(sb_store_scan(stage->reader->session, stage->store, MESSAGES,
				 (uint64_t)INT64_MAX + 1, 10, stage->reader->address, 1),
		0);
	store_settle(&stage->lab);
	assert_int_equal(seen.count, 0);
	assert_true(seen.is_last);
}

/* ---- columns ---- */

static const struct sb_store_column columns[] = {
	{"order", 1, "a word of SQL"}, {"two", 2, "it's two"}, {"four", 4, NULL}, {"eight", 8, ""}};

static const struct sb_store_kind with_columns = {
	.name = "select", .version = 1, .columns = columns, .column_count = 4};

static const unsigned char head[15] = {
	0x80, 0x01, 0x02, 0xff, 0xff, 0xff, 0xfe, 0xff, 0, 0, 0, 0, 0, 0, 0x07};

static void
test_a_head_is_columns_in_the_table_and_comes_back_as_it_was(void **state)
{
	struct stage *stage = *state;
	struct sb_txn *txn;

	stage_start_with(stage, &with_columns, 1);
	txn = store_begin(stage->reader, stage->store);
	assert_int_equal(sb_txn_put(txn, 0, 5, head, sizeof(head), "body", 4), 0);
	assert_int_equal(sb_txn_commit(txn, stage->reader->address, 1), 0);
	store_settle(&stage->lab);
	read_row(&stage->lab, stage->reader, stage->store, 5);
	assert_int_equal(seen.rows[0].head_size, sizeof(head));
	assert_memory_equal(seen.octets, head, sizeof(head));
	assert_sql(stage->path, "SELECT \"order\"||' '||two||' '||four||' '||eight FROM \"select\"",
		"128 258 4294967294 -72057594037927929");
	assert_sql(stage->path, "SELECT columns FROM sb_kind", "order/1 two/2 four/4 eight/8");
	assert_sql(stage->path, "SELECT text FROM sb_column WHERE name='two'", "it's two");
}

static void
test_a_head_that_is_not_its_columns_is_refused(void **state)
{
	struct stage *stage = *state;
	struct sb_txn *txn;

	stage_start_with(stage, &with_columns, 1);
	txn = store_begin(stage->reader, stage->store);
	assert_int_equal(sb_txn_put(txn, 0, 1, head, 14, NULL, 0), SB_EINVAL);
	assert_int_equal(sb_txn_mark(txn, 0, 1, NULL, 0), SB_EINVAL);
	assert_int_equal(sb_txn_commit(txn, stage->reader->address, 1), SB_EINVAL);
	txn = store_begin(stage->reader, stage->store);
	assert_int_equal(sb_txn_cas(txn, 0, 1, 0, "body", 4), 0);
	assert_int_equal(sb_txn_commit(txn, stage->reader->address, 1), 0);
	store_settle(&stage->lab);
	assert_answer(stage->reader, 0, 1, 0);
	read_row(&stage->lab, stage->reader, stage->store, 1);
	assert_int_equal(seen.rows[0].head_size, 0);
}

static void
test_kinds_that_make_no_table_are_refused(void **state)
{
	static const struct sb_store_column bad_columns[] = {
		{"id", 8, NULL}, {"a b", 1, NULL}, {"three", 3, NULL}, {"Upper", 1, NULL}};
	static const char *const bad_names[] = {"", "sb_kind", "sqlite_x", "a\"b", "9a"};
	struct stage *stage = *state;

	for (size_t i = 0; i < 4; i++) {
		struct sb_store_kind kind = {
			.name = "k", .version = 1, .columns = &bad_columns[i], .column_count = 1};

		assert_int_equal(stage_try(stage, &kind, 1, NULL), SB_EINVAL);
	}
	for (size_t i = 0; i < 5; i++) {
		struct sb_store_kind kind = {.name = bad_names[i], .version = 1};

		assert_int_equal(stage_try(stage, &kind, 1, NULL), SB_EINVAL);
	}
	assert_int_equal(access(stage->path, F_OK), -1);
}

/* ---- versions ---- */

static const struct sb_store_column more_columns[] = {{"order", 1, NULL}, {"two", 2, NULL},
	{"four", 4, NULL}, {"eight", 8, NULL}, {"new", 1, NULL}};

static void
test_rows_are_brought_to_a_newer_version_in_one_step(void **state)
{
	static const char *const migrations[] = {
		"ALTER TABLE \"select\" ADD COLUMN new INTEGER NOT NULL DEFAULT 9",
		"UPDATE \"select\" SET two=3", NULL};
	struct sb_store_kind third = {.name = "select",
		.version = 3,
		.columns = more_columns,
		.column_count = 5,
		.migrations = migrations};
	struct stage *stage = *state;
	struct sb_txn *txn;

	stage_start_with(stage, &with_columns, 1);
	txn = store_begin(stage->reader, stage->store);
	assert_int_equal(sb_txn_put(txn, 0, 5, head, sizeof(head), "body", 4), 0);
	assert_int_equal(sb_txn_commit(txn, stage->reader->address, 1), 0);
	stage_start_with(stage, &third, 1);
	assert_int_equal(store_said("store.migrated kind=select version="), 2);
	read_row(&stage->lab, stage->reader, stage->store, 5);
	assert_int_equal(seen.rows[0].head_size, 16);
	assert_memory_equal(seen.octets, "\x80\x00\x03", 3);
	assert_int_equal(seen.octets[15], 9);
	assert_sql(stage->path, "SELECT version FROM sb_kind", "3");
	stage_refuses(stage, &with_columns, 1, SB_ENOTSUP, "version 3 of a newer program");
}

static void
test_a_migration_that_fails_leaves_all_as_it_was(void **state)
{
	static const char *const migrations[] = {
		"ALTER TABLE \"select\" ADD COLUMN new INTEGER; SELECT nonsense", NULL};
	struct sb_store_kind second = {.name = "select",
		.version = 2,
		.columns = more_columns,
		.column_count = 5,
		.migrations = migrations};
	struct stage *stage = *state;

	stage_start_with(stage, &with_columns, 1);
	stage_refuses(stage, &second, 1, SB_EINVAL, "nonsense");
	stage_start_with(stage, &with_columns, 1);
	second.migrations = NULL;
	stage_refuses(stage, &second, 1, SB_ENOTSUP, "no migration of select from version 1");
	second.version = 1;
	stage_refuses(stage, &second, 1, SB_ENOTSUP, "other columns");
	stage_start_with(stage, &with_columns, 1);
}

static void
test_a_newer_file_or_one_of_somebody_else_is_left_alone(void **state)
{
	struct stage *stage = *state;

	stage_start(stage);
	stage_end(stage);
	stage->durability = "some";
	stage_refuses(stage, store_kinds, KINDS, SB_EINVAL, "durability is");
	stage->durability = NULL;
	stage_end(stage);
	run_sql(stage->path, "PRAGMA user_version=2");
	stage_refuses(stage, store_kinds, KINDS, SB_ENOTSUP, "format 2 of a newer program");
	snprintf(stage->path, sizeof(stage->path), "%s", store_path("other"));
	run_sql(stage->path, "CREATE TABLE theirs(a)");
	stage_refuses(stage, store_kinds, KINDS, SB_ENOTSUP, "another program");
	assert_sql(stage->path, "SELECT group_concat(name) FROM sqlite_schema", "theirs");
}

static void
test_views_are_there_for_operators(void **state)
{
	struct stage *stage = *state;

	assert_int_equal(stage_try(stage, store_kinds, KINDS,
				 "DROP VIEW IF EXISTS readable;"
				 "CREATE VIEW readable AS SELECT 'row '||id AS name FROM msg"),
		0);
	stage->reader = store_reader(&stage->lab, 0);
	stage_put(stage, 7, "h", "b");
	assert_sql(stage->path, "SELECT name FROM readable", "row 7");
	assert_int_equal(stage_try(stage, store_kinds, KINDS, "CREATE nonsense"), SB_EINVAL);
}

/* ---- alone, and not ---- */

static void
test_a_second_process_is_kept_out(void **state)
{
	struct stage *stage = *state;
	struct lab other;
	struct sb_store_options options = {.path = stage->path};
	struct sb_store *store;

	stage_start(stage);
	lab_init(&other, 1);
	store_capture(&other);
	assert_int_equal(sb_store_open(&store, other.node, &options, store_kinds, KINDS), SB_EBUSY);
	assert_int_equal(store_said("rows.lock is held"), 1);
	stage_put(stage, 1, "head", "body");
	stage_end(stage);
	assert_int_equal(sb_store_open(&store, other.node, &options, store_kinds, KINDS), 0);
	lab_fini(&other);
}

/* The program, if it is here, while rows are written. */
static void
test_the_sqlite3_program_reads_while_rows_are_written(void **state)
{
	struct stage *stage = *state;
	char command[256], line[64];

	if (system("command -v sqlite3 >/dev/null") != 0)
		skip();
	stage_start(stage);
	snprintf(command, sizeof(command), "sqlite3 %s 'SELECT count(*) FROM msg'", stage->path);
	for (uint64_t id = 1; id <= 20; id++) {
		FILE *program;

		struct sb_txn *txn;

		stage_put(stage, id, "h", "b");
		txn = store_begin(stage->reader, stage->store);
		assert_int_equal(sb_txn_put(txn, MESSAGES, 1, "h", 1, "more", 4), 0);
		assert_int_equal(sb_txn_commit(txn, nobody, 0), 0);
		lab_turn(&stage->lab);
		program = popen(command, "r");
		assert_non_null(program);
		assert_non_null(fgets(line, sizeof(line), program));
		assert_int_equal(pclose(program), 0);
		assert_int_equal(atoi(line), id);
	}
}

static int64_t
wal_bytes(struct stage *stage)
{
	return sb_gauge_value(
		sb_metrics_gauge(stage->lab.node->metrics, "sb_store_wal_bytes", "", NULL));
}

/* A read that does not end: the log grows, which the gauge shows, until it has ended. */
static void
test_a_long_read_shows_in_the_size_of_the_log(void **state)
{
	enum { SIZE = 1 << 20, COUNT = 66 }; /* over 16,000 pages */
	struct stage *stage = *state;
	char *body = calloc(1, SIZE);
	int64_t longest = 0, at_end = 0;
	sqlite3 *db;

	stage->durability = "memory";
	stage_start(stage);
	stage_put(stage, 1000, "h", "b");
	assert_int_equal(sqlite3_open(stage->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "BEGIN; SELECT * FROM msg", NULL, NULL, NULL), SQLITE_OK);
	for (uint64_t id = 1; id <= COUNT + 10; id++) {
		struct sb_txn *txn = store_begin(stage->reader, stage->store);

		assert_int_equal(sb_txn_put(txn, MESSAGES, id, NULL, 0, body, SIZE), 0);
		assert_int_equal(sb_txn_del(txn, MESSAGES, id - 1), 0);
		assert_int_equal(sb_txn_commit(txn, nobody, 0), 0);
		store_settle(&stage->lab);
		if (wal_bytes(stage) > longest)
			longest = wal_bytes(stage);
		if (id == COUNT) {
			assert_true(longest > COUNT * (int64_t)SIZE);
			at_end = longest;
			assert_int_equal(sqlite3_close(db), SQLITE_OK);
		}
	}
	free(body);
	assert_true(wal_bytes(stage) < longest);
	assert_true(longest < at_end + 10 * SIZE);
}

/* ---- transactions that fail alone ---- */

/* Somebody's trigger refuses one of three that are committed together. */
static void
test_a_transaction_that_the_file_refuses_fails_alone(void **state)
{
	struct stage *stage = *state;
	struct sb_txn *txn;

	stage_start(stage);
	run_sql(stage->path, "CREATE TRIGGER no AFTER INSERT ON msg WHEN new.id=13 "
			     "BEGIN SELECT RAISE(ABORT, 'unlucky'); END");
	store_put(stage->reader, stage->store, 1, "h1", "b", 1);
	txn = store_begin(stage->reader, stage->store);
	assert_int_equal(sb_txn_put(txn, MESSAGES, 12, "h", 1, "b", 1), 0);
	assert_int_equal(sb_txn_put(txn, MESSAGES, 13, "h", 1, "b", 1), 0);
	assert_int_equal(sb_txn_commit(txn, stage->reader->address, 2), 0);
	store_put(stage->reader, stage->store, 13, "h", "b", 3);
	store_put(stage->reader, stage->store, 4, "h4", "b", 4);
	store_settle(&stage->lab);
	assert_answer(stage->reader, 0, 1, 0);
	assert_answer(stage->reader, 1, 2, SB_EINVAL);
	assert_answer(stage->reader, 2, 3, SB_EINVAL);
	assert_answer(stage->reader, 3, 4, 0);
	stage_has(stage, 1, 1, "h1", "b");
	stage_has(stage, 4, 1, "h4", "b");
	assert_no_row(&stage->lab, stage->reader, stage->store, 12);
	assert_no_row(&stage->lab, stage->reader, stage->store, 13);
}

/* ---- files that are not opened ---- */

static void
test_a_missing_folder_and_missing_rights_are_said(void **state)
{
	struct stage *stage = *state;

	snprintf(stage->path, sizeof(stage->path), "%s", store_path("none/rows"));
	stage_refuses(stage, store_kinds, KINDS, SB_ENOENT, "unable to open");
	if (geteuid() == 0)
		return; /* who may do all */
	snprintf(stage->path, sizeof(stage->path), "%s", store_path("rows"));
	stage_start(stage);
	stage_end(stage);
	chmod(stage->path, 0400);
	stage_refuses(stage, store_kinds, KINDS, SB_EACCES, "no right");
	chmod(stage->path, 0600);
	assert_int_equal(mkdir(store_path("closed"), 0500), 0);
	snprintf(stage->path, sizeof(stage->path), "%s", store_path("closed/rows"));
	stage_refuses(stage, store_kinds, KINDS, SB_EACCES, "/closed");
	assert_int_equal(rmdir(store_path("closed")), 0);
	snprintf(stage->path, sizeof(stage->path), "%s", store_path("rows"));
	stage_start(stage);
}

static off_t
size_of(const char *path)
{
	struct stat status;

	assert_int_equal(stat(path, &status), 0);
	return status.st_size;
}

static void
fill(struct stage *stage, uint64_t count)
{
	static const char body[2000];

	stage->durability = "memory";
	stage_start(stage);
	for (uint64_t id = 0; id < count; id++) {
		struct sb_txn *txn = store_begin(stage->reader, stage->store);

		assert_int_equal(sb_txn_put(txn, MESSAGES, id, NULL, 0, body, sizeof(body)), 0);
		assert_int_equal(sb_txn_commit(txn, nobody, 0), 0);
	}
	stage_end(stage);
}

static void
overwrite(const char *path, off_t at, const char *what, size_t size)
{
	int fd = open(path, O_WRONLY);

	assert_int_equal(pwrite(fd, what, size, at), (ssize_t)size);
	close(fd);
}

static void
test_a_damaged_file_is_not_opened_and_stays_as_it_is(void **state)
{
	static const char junk[4096] = "junk";
	struct stage *stage = *state;
	off_t size;

	fill(stage, 100);
	size = size_of(stage->path);
	overwrite(stage->path, 20 * 4096, junk, sizeof(junk));
	stage_refuses(stage, store_kinds, KINDS, SB_ECORRUPT, "recover=");
	assert_int_equal(store_said("Page 21"), 1);
	assert_int_equal(size_of(stage->path), size);
	overwrite(stage->path, 0, junk, sizeof(junk));
	stage_refuses(stage, store_kinds, KINDS, SB_ECORRUPT, "not a database");
	assert_int_equal(size_of(stage->path), size);
}

static void
test_a_cut_file_is_not_opened_and_stays_as_it_is(void **state)
{
	static const off_t cuts[] = {100, 4096, 5000, 30 * 4096, 30 * 4096 + 7};
	struct stage *stage = *state;

	for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
		unlink(stage->path);
		fill(stage, 100);
		assert_int_equal(truncate(stage->path, cuts[i]), 0);
		assert_int_equal(stage_try(stage, store_kinds, KINDS, NULL), SB_ECORRUPT);
		assert_int_equal(size_of(stage->path), cuts[i]);
	}
}

/* Of a file too large to look through, too. */
static void
test_damage_that_was_not_found_at_the_start_is_said_when_it_is_met(void **state)
{
	static const char junk[4096] = "junk";
	struct stage *stage = *state;

	fill(stage, 9000);
	overwrite(stage->path, 2000 * 4096, junk, sizeof(junk));
	stage_start(stage);
	for (uint64_t id = 0; id < 9000; id += 1) {
		assert_int_equal(sb_store_scan(stage->reader->session, stage->store, MESSAGES, id,
					 500, stage->reader->address, 1),
			0);
		store_settle(&stage->lab);
		if (seen.status)
			break;
		id = seen.last;
	}
	assert_int_equal(seen.status, SB_ECORRUPT);
	assert_true(store_said("store.read_failed error=SB_ECORRUPT") > 0);
}

static void
test_an_open_without_memory_leaves_nothing_behind(void **state)
{
	struct stage *stage = *state;
	struct sb_store_options options = {.path = stage->path};
	int err = SB_ENOMEM;

	lab_init(&stage->lab, 2);
	stage->is_up = true;
	for (size_t n = 1; err; n++) {
		stage->lab.fail_at = n;
		err = sb_store_open(&stage->store, stage->lab.node, &options, store_kinds, KINDS);
		stage->lab.fail_at = 0;
		assert_true(err == 0 || err == SB_ENOMEM);
		assert_true(err == 0 || n < 20);
	}
}

static void
test_a_read_without_memory_says_so(void **state)
{
	struct stage *stage = *state;

	stage_start(stage);
	stage_put(stage, 1, "head", "body");
	assert_int_equal(sb_store_get(stage->reader->session, stage->store, MESSAGES, 1,
				 stage->reader->address, 77),
		0);
	stage->lab.fail_at = 1; /* the rows: all else was taken at the asking */
	store_settle(&stage->lab);
	assert_int_equal(stage->lab.fail_at, 0);
	assert_int_equal(seen.status, SB_ENOMEM);
	stage_has(stage, 1, 1, "head", "body");
}

static int
set_up(void **state)
{
	struct stage *stage = calloc(1, sizeof(*stage));

	store_folder_make();
	snprintf(stage->path, sizeof(stage->path), "%s", store_path("rows"));
	*state = stage;
	return 0;
}

static mode_t
mode_of(const char *path, const char *suffix)
{
	char name[160];
	struct stat is;

	snprintf(name, sizeof(name), "%s%s", path, suffix);
	assert_int_equal(stat(name, &is), 0);
	return is.st_mode & 0777;
}

static void
test_a_file_is_its_owners_alone_also_one_that_was_not(void **state)
{
	struct stage *stage = *state;

	stage_start(stage);
	stage_put(stage, 1, "h", "b");
	assert_int_equal(mode_of(stage->path, ""), 0600);
	assert_int_equal(mode_of(stage->path, "-wal"), 0600);
	stage_end(stage);
	assert_int_equal(chmod(stage->path, 0664), 0);
	stage_start(stage);
	assert_int_equal(mode_of(stage->path, ""), 0600);
}

static void
copy_as(const char *from, const char *to, mode_t mode)
{
	uint8_t octets[65536];
	int in = open(from, O_RDONLY), out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	ssize_t size;

	assert_true(in >= 0 && out >= 0);
	while ((size = read(in, octets, sizeof(octets))) > 0)
		assert_int_equal(write(out, octets, (size_t)size), size);
	close(in);
	close(out);
	assert_int_equal(chmod(to, mode), 0);
}

/* As it is found after a crash, whose log nobody has moved into it. */
static void
test_the_log_of_an_old_file_is_its_owners_alone_too(void **state)
{
	struct stage *stage = *state;
	char from[160], to[160];

	stage_start(stage);
	stage_put(stage, 1, "h", "b");
	snprintf(to, sizeof(to), "%s", store_path("old"));
	copy_as(stage->path, to, 0644);
	snprintf(from, sizeof(from), "%s-wal", stage->path);
	snprintf(to, sizeof(to), "%s-wal", store_path("old"));
	copy_as(from, to, 0644);
	snprintf(from, sizeof(from), "%s-shm", stage->path);
	snprintf(to, sizeof(to), "%s-shm", store_path("old"));
	copy_as(from, to, 0666);
	stage_end(stage);
	snprintf(stage->path, sizeof(stage->path), "%s", store_path("old"));
	stage_start(stage);
	stage_has(stage, 1, 1, "h", "b");
	assert_int_equal(mode_of(stage->path, ""), 0600);
	assert_int_equal(mode_of(stage->path, "-wal"), 0600);
	assert_int_equal(mode_of(stage->path, "-shm"), 0600);
}

static int
tear_down(void **state)
{
	stage_end(*state);
	free(*state);
	store_folder_remove();
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_node_finds_what_the_one_before_has_committed),
		TEST(test_close_waits_for_every_batch_of_every_lane),
		TEST(test_the_path_may_be_a_uri_and_nothing_else),
		TEST(test_ids_go_up_to_the_largest_that_is_signed),
		TEST(test_a_head_is_columns_in_the_table_and_comes_back_as_it_was),
		TEST(test_a_head_that_is_not_its_columns_is_refused),
		TEST(test_kinds_that_make_no_table_are_refused),
		TEST(test_rows_are_brought_to_a_newer_version_in_one_step),
		TEST(test_a_migration_that_fails_leaves_all_as_it_was),
		TEST(test_a_newer_file_or_one_of_somebody_else_is_left_alone),
		TEST(test_views_are_there_for_operators),
		TEST(test_a_second_process_is_kept_out),
		TEST(test_the_sqlite3_program_reads_while_rows_are_written),
		TEST(test_a_long_read_shows_in_the_size_of_the_log),
		TEST(test_a_transaction_that_the_file_refuses_fails_alone),
		TEST(test_a_file_is_its_owners_alone_also_one_that_was_not),
		TEST(test_the_log_of_an_old_file_is_its_owners_alone_too),
		TEST(test_a_missing_folder_and_missing_rights_are_said),
		TEST(test_a_damaged_file_is_not_opened_and_stays_as_it_is),
		TEST(test_a_cut_file_is_not_opened_and_stays_as_it_is),
		TEST(test_damage_that_was_not_found_at_the_start_is_said_when_it_is_met),
		TEST(test_an_open_without_memory_leaves_nothing_behind),
		TEST(test_a_read_without_memory_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
