/*
 * The backend that keeps rows in a file of SQLite. Three threads of its
 * own, each with a connection: one writes, and commits all that waits as one
 * transaction of SQLite; one reads, so that neither waits for the other; one moves
 * what was written from the log into the file. A kind of rows is a
 * table, its columns are the head's; nothing but the row's id is indexed.
 */
#ifndef SB_CORE_STORE_SQLITE_INTERNAL_H
#define SB_CORE_STORE_SQLITE_INTERNAL_H

#include "store_internal.h"
#include "store_order_internal.h"
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

/* A gauge that the writer alone sets. */
struct sb_sqlite_figure {
	struct sb_gauge *gauge;
	int64_t shown;
};

struct sb_sqlite_health {
	struct sb_histogram *rows, *time, *checkpoint_time;
	struct sb_counter *cpu, *starved;
	struct sb_sqlite_figure wal_bytes, no_space, read_only, last_error;
	uint64_t cpu_us;
	uint64_t no_space_since, no_space_commits;
};

enum sb_sqlite_moving { SB_SQLITE_RESTING, SB_SQLITE_MOVING, SB_SQLITE_MOVED };

/* The thread that goes ahead of the writer's checkpoints. */
struct sb_sqlite_mover {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t asked;
	enum sb_sqlite_moving state;
	bool is_stopping;
	sqlite3 *db; /* its own */
};

struct sb_sqlite {
	struct sb_store *store;
	const struct sb_env *env;
	int lock_fd;
	sqlite3 *writing, *reading, *moving;
	sqlite3_stmt *steps[SB_SQLITE_STEPS];
	struct sb_store_worker writer, reader;
	struct sb_store_order order; /* the writer's */
	struct sb_sqlite_mover mover;
	int failure;       /* the writer's: no further commit; 0: none */
	int wal_frames;    /* in the write-ahead log after the last commit */
	int checkpoint_at; /* so many */
	int page_size;
	const char *path; /* SQLite's own, without a scheme */
	struct sb_sqlite_health health;
	char reason[256]; /* why it cannot be opened; empty: SQLite knows better */
	struct sb_sqlite_kind kinds[];
};

/* store_sqlite_file.c */

/* Opens the connections, with the lock that keeps other processes out. An error of sb_store_open;
 * the connections may be there all the same, to ask why. */
int sb_sqlite_file_open(struct sb_sqlite *s, const struct sb_store_options *options);
void sb_sqlite_file_close(struct sb_sqlite *s);

/* store_sqlite_mover.c */

/* 0 or SB_ENOMEM: nothing to stop. */
int sb_sqlite_mover_start(struct sb_sqlite_mover *mover, sqlite3 *db);
/* A checkpoint is due: true while the mover is at it, which the first question begins; false, once,
 * when it has been, and the writer's turn has come. */
bool sb_sqlite_mover_goes_ahead(struct sb_sqlite_mover *mover);
void sb_sqlite_mover_stop(struct sb_sqlite_mover *mover);

/* store_sqlite_error.c */

/* Ours for what SQLite returned last on this connection. */
int sb_sqlite_error(sqlite3 *db, int code);
/* The system's, of the last call on a file of this connection that failed. */
int sb_sqlite_errno(sqlite3 *db);

/* store_sqlite_check.c */

/* Whether the file is sound, as far as that can be seen quickly. */
int sb_sqlite_check(struct sb_sqlite *s);
/* Says in the log why it was not opened. */
void sb_sqlite_say_failed(struct sb_sqlite *s, const char *path, int err);

/* store_sqlite_schema.c */

/* The one number that the statement gives; 0: it gives none. */
int sb_sqlite_number(struct sb_sqlite *s, const char *sql, long long *number);
/* Brings the file to our kinds, or leaves it as it is, and says why in `reason`. 0 or an error of
 * sb_store_open. */
int sb_sqlite_schema(struct sb_sqlite *s, const struct sb_store_options *options);

/* store_sqlite_statements.c: all that will be run, prepared. 0 or an error. */
int sb_sqlite_prepare(struct sb_sqlite *s);
void sb_sqlite_finalize(struct sb_sqlite *s);

/* store_sqlite_health.c: the writer's figures and states. */

void sb_sqlite_health_init(struct sb_sqlite *s);
void sb_sqlite_health_fini(struct sb_sqlite *s);
void sb_sqlite_committed(struct sb_sqlite *s, uint64_t rows, uint64_t ns);
/* A commit has failed as a whole, or a checkpoint; SQLite still knows why. */
void sb_sqlite_failed(struct sb_sqlite *s, int err);
void sb_sqlite_checkpoint_failed(struct sb_sqlite *s, int err);
void sb_sqlite_count_cpu(struct sb_sqlite *s);
void sb_sqlite_wal_is(struct sb_sqlite *s, int frames);

/* store_sqlite_checkpoint.c */

void sb_sqlite_checkpoints_init(struct sb_sqlite *s);
/* If it is time for one. */
void sb_sqlite_checkpoint(struct sb_sqlite *s);

/* store_sqlite_commit.c and store_sqlite_read.c: of the workers. */
void sb_sqlite_commit(void *context, struct sb_store_batch *batches);
void sb_sqlite_read(void *context, struct sb_store_batch *batches);

#endif
