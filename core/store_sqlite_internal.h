/*
 * The backend that keeps rows in a file of SQLite. Two threads of its own: one
 * writes, and commits all that waits as one transaction of SQLite; one reads, with
 * a connection of its own, so that neither waits for the other. A kind of rows is a
 * table, its columns are the head's; nothing but the row's id is indexed.
 */
#ifndef SB_CORE_STORE_SQLITE_INTERNAL_H
#define SB_CORE_STORE_SQLITE_INTERNAL_H

#include "store_internal.h"
#include "store_worker_internal.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of the file's own format: PRAGMA user_version and application_id ("SBst"). */
#define SB_SQLITE_FORMAT      1
#define SB_SQLITE_APPLICATION 0x53427374

/* Parameters of all statements: the id, the body, the columns of the head (of a cas: the revision).
 */
#define SB_SQLITE_ID   1
#define SB_SQLITE_BODY 2
#define SB_SQLITE_HEAD 3

enum sb_sqlite_write {
	SB_SQLITE_PUT,
	SB_SQLITE_MARK,
	SB_SQLITE_DEL,
	SB_SQLITE_CAS,
	SB_SQLITE_CAS_NEW,
	SB_SQLITE_WRITES
};

enum sb_sqlite_read { SB_SQLITE_GET, SB_SQLITE_SCAN, SB_SQLITE_READS };

/* What a transaction of SQLite is made of. */
enum sb_sqlite_step {
	SB_SQLITE_BEGIN,
	SB_SQLITE_COMMIT,
	SB_SQLITE_ROLLBACK,
	SB_SQLITE_SAVE,
	SB_SQLITE_UNDO,
	SB_SQLITE_RELEASE,
	SB_SQLITE_STEPS
};

struct sb_sqlite_kind {
	sqlite3_stmt *writes[SB_SQLITE_WRITES]; /* the writer's */
	sqlite3_stmt *reads[SB_SQLITE_READS];   /* the reader's */
};

struct sb_sqlite {
	struct sb_store *store;
	const struct sb_env *env;
	int lock_fd;
	sqlite3 *writing, *reading;
	sqlite3_stmt *steps[SB_SQLITE_STEPS];
	struct sb_store_worker writer, reader;
	int failure;      /* the writer's: no further commit; 0: none */
	char reason[256]; /* why it cannot be opened; empty: SQLite knows better */
	struct sb_sqlite_kind kinds[];
};

/* store_sqlite_file.c */

/* Opens both connections, with the lock that keeps other processes out. An error of sb_store_open;
 * the connections may be there all the same, to ask why. */
int sb_sqlite_file_open(struct sb_sqlite *s, const struct sb_store_options *options);
void sb_sqlite_file_close(struct sb_sqlite *s);

/* store_sqlite_error.c */

/* Ours for what SQLite returned last on this connection. */
int sb_sqlite_error(sqlite3 *db, int code);

/* store_sqlite_schema.c: brings the file to our kinds, or says why not in the log. 0 or an error
 * of sb_store_open. */
int sb_sqlite_schema(struct sb_sqlite *s, const struct sb_store_options *options);

/* store_sqlite_statements.c: all that will be run, prepared. 0 or an error. */
int sb_sqlite_prepare(struct sb_sqlite *s);
void sb_sqlite_finalize(struct sb_sqlite *s);

/* store_sqlite_commit.c and store_sqlite_read.c: of the workers. */
void sb_sqlite_commit(void *context, struct sb_store_batch *batches);
void sb_sqlite_read(void *context, struct sb_store_batch *batches);

#endif
