/*
 * store-bare: the yardstick of the store. One thread and SQLite, with the table
 * and the settings that the store uses: what cannot be had for less.
 */
#include "tests/bench/store_work.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static sqlite3 *db;
static sqlite3_stmt *begin, *commit, *insert, *delete_one;

static void
check(int code)
{
	if (code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_ROW)
		return;
	fprintf(stderr, "store-bare: %s\n", sqlite3_errmsg(db));
	exit(1);
}

static void
file_open(const struct store_work *work)
{
	static const char schema[] =
		"PRAGMA wal_autocheckpoint=16000;PRAGMA journal_size_limit=268435456;"
		"PRAGMA cache_size=-65536;"
		"CREATE TABLE msg(id INTEGER PRIMARY KEY, revision INTEGER NOT NULL,"
		" version INTEGER, flags INTEGER, priority INTEGER, registered INTEGER,"
		" part INTEGER, tries INTEGER, submit_ms INTEGER, start_ms INTEGER,"
		" expiry_ms INTEGER, body BLOB)";
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
	const char *sync = strcmp(work->durability, "full") == 0     ? "PRAGMA synchronous=FULL"
			   : strcmp(work->durability, "normal") == 0 ? "PRAGMA synchronous=NORMAL"
								     : "PRAGMA synchronous=OFF";

	check(sqlite3_open_v2(work->path, &db, flags, NULL));
	check(sqlite3_exec(db, "PRAGMA journal_mode=WAL", NULL, NULL, NULL));
	check(sqlite3_exec(db, sync, NULL, NULL, NULL));
	check(sqlite3_exec(db, schema, NULL, NULL, NULL));
}

static void
prepare(sqlite3_stmt **statement, const char *sql)
{
	check(sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, statement, NULL));
}

static void
run(sqlite3_stmt *statement)
{
	check(sqlite3_step(statement));
	check(sqlite3_reset(statement));
}

/* What the head's columns hold, as integers from the beginning. */
static void
insert_row(const struct store_work *work, uint64_t id)
{
	static const sqlite3_int64 small[6] = {1, 0, 0, 0, 0, 0};
	sqlite3_int64 ms = 1735689600000 + (sqlite3_int64)(id & 0xffffff);

	sqlite3_bind_int64(insert, 1, (sqlite3_int64)id);
	for (int i = 0; i < 6; i++)
		sqlite3_bind_int64(insert, 2 + i, small[i]);
	sqlite3_bind_int64(insert, 8, ms);
	sqlite3_bind_int64(insert, 9, 0);
	sqlite3_bind_int64(insert, 10, ms);
	sqlite3_bind_blob(insert, 11, store_work_body(), (int)work->body, SQLITE_STATIC);
	run(insert);
}

static uint64_t
change(const struct store_work *work, uint64_t id)
{
	insert_row(work, id);
	if (!work->keep || id <= work->keep)
		return 1;
	sqlite3_bind_int64(delete_one, 1, (sqlite3_int64)(id - work->keep));
	run(delete_one);
	return 2;
}

static void
work_off(const struct store_work *work, struct store_result *result)
{
	uint64_t batch = work->batch ? work->batch : 1000;

	for (uint64_t id = 1; id <= work->rows;) {
		run(begin);
		for (uint64_t i = 0; i < batch && id <= work->rows; i++, id++)
			result->changes += change(work, id);
		run(commit);
		result->commits++;
	}
}

int
main(int argc, char **argv)
{
	struct store_work work;
	struct store_result result = {0};

	store_work_parse(&work, argc, argv);
	file_open(&work);
	prepare(&begin, "BEGIN IMMEDIATE");
	prepare(&commit, "COMMIT");
	prepare(&insert, "INSERT INTO msg VALUES(?1,1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11)");
	prepare(&delete_one, "DELETE FROM msg WHERE id=?1");
	result.seconds = -store_work_now(CLOCK_MONOTONIC);
	result.writer_cpu = -store_work_now(CLOCK_THREAD_CPUTIME_ID);
	work_off(&work, &result);
	result.seconds += store_work_now(CLOCK_MONOTONIC);
	result.writer_cpu += store_work_now(CLOCK_THREAD_CPUTIME_ID);
	result.process_cpu = result.writer_cpu;
	store_work_report(&work, &result);
	sqlite3_finalize(begin);
	sqlite3_finalize(commit);
	sqlite3_finalize(insert);
	sqlite3_finalize(delete_one);
	sqlite3_close(db);
	return 0;
}
