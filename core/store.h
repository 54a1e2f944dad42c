/*
 * The store: durable rows, off the loop. One store a node, used from every shard;
 * a transaction is built on one shard without locks and committed together with
 * whatever else waits. Completions are messages (SB_MSG_STORE), exactly once, in a
 * later turn, in the order in which that shard committed. A session that has gone
 * loses its completions, not its commits. No order between shards: what must be
 * ordered goes through one session. The daemon describes its kinds of rows; the
 * core knows rows, not messages.
 */
#ifndef SB_CORE_STORE_H
#define SB_CORE_STORE_H

#include "address.h"
#include "message.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sb_node;
struct sb_session;
struct sb_env;
struct sb_store;
struct sb_store_memory;
struct sb_store_series;
struct sb_txn;

/* One unsigned integer of a head, most significant octet first. */
struct sb_store_column {
	const char *name; /* lower case, digits, _; not id, revision, head, body */
	uint8_t octets;   /* 1, 2, 4 or 8 */
	const char *text; /* what it means: kept beside the rows, for who reads the file */
};

/* A kind of rows: a table. `head` is small and changes with the state; `body` stays. With columns
 * each head is exactly these, one behind the other, and an SQL table shows them as integers (those
 * of 8 octets as signed ones); without, a head is octets of any number. */
struct sb_store_kind {
	const char *name; /* lower case, digits, _; not sb_... */
	uint32_t version; /* from 1; another one when columns, or what rows mean, change */
	const struct sb_store_column *columns; /* at most 64 */
	size_t column_count;
	const char *const *migrations; /* SQL: [0] from version 1 to 2, and so on; NULL-terminated.
					* NULL: none */
};

struct sb_store_options {
	const char *path;         /* a file, or "file:..." as SQLite's URI; "mem:": in memory */
	const char *durability;   /* of a file: "full": a commit survives a power failure; "normal":
				   * the end of the process, and never half; "memory": leaves that to
				   * the kernel, a power failure may damage the file. NULL: full */
	size_t queue_limit_bytes; /* of what waits to be committed; 0: 64 MiB */
	const char *views;        /* of a file: SQL run at each open, for operators; NULL: none */
	/* "mem:" only, for tests. */
	uint64_t delay_ns; /* a completion comes so much later */
	struct sb_store_memory
		*memory; /* rows stay here after the close; borrowed. NULL: they go */
};

struct sb_store_row {
	uint64_t id;
	uint64_t revision; /* counts up from 1 with each change */
	const void *head;
	size_t head_size;
	const void *body;
	size_t body_size;
};

/* The payload of SB_MSG_STORE: empty for commits; rows by id for get and scan, valid with the
 * message. */
struct sb_store_rows {
	size_t count;
	bool is_last; /* scan: nothing beyond these */
	const struct sb_store_row *rows;
};

/* Opens the node's store before it runs; kinds are borrowed, and numbered as they stand. 0;
 * SB_EEXIST (it has one), SB_EINVAL (kinds, durability, SQL of the caller), SB_ENOTSUP (no such
 * backend; a file of a newer version, or of an older one without a migration), SB_EBUSY (another
 * process has the file), SB_ECORRUPT, SB_ENOENT (no such directory), SB_EACCES, SB_ENOSPC, SB_EIO,
 * SB_ENOMEM. Why a file could not be opened is in the log (store.open_failed). Nothing in it is
 * ever deleted or cut. */
int sb_store_open(struct sb_store **store, struct sb_node *node,
	const struct sb_store_options *options, const struct sb_store_kind *kinds, size_t n);
/* After the node has stopped, before it is freed (which does it, too). Returns when all that was
 * committed is durable; transactions of sessions that are cut later are refused with SB_GONE. Takes
 * NULL. */
void sb_store_close(struct sb_store *store);

/* Rows in memory that outlive a node, so that a test can cut one at any instant and start the next
 * on what was committed. One store at a time, and always the same kinds. `env` outlives it. NULL:
 * no memory. */
struct sb_store_memory *sb_store_memory_new(const struct sb_env *env);
/* After its store was closed. Takes NULL. */
void sb_store_memory_free(struct sb_store_memory *memory);
/* Commits fail from now on with this error, as of a full disk; 0: they work again. Any thread. */
void sb_store_memory_fail(struct sb_store_memory *memory, int error);
/* As if the power went: nothing is committed any more (SB_EIO) until it is opened again. Any
 * thread. */
void sb_store_memory_cut(struct sb_store_memory *memory);

/* How full the queue of what waits to be committed is: 0 to 100. Any thread. */
unsigned sb_store_load(const struct sb_store *store);

/* Begins a transaction of the session; NULL without memory. Commit or abandon it in the same
 * callback. */
struct sb_txn *sb_txn_begin(struct sb_session *s, struct sb_store *store);
/* Takes NULL. */
void sb_txn_abandon(struct sb_txn *txn);

/* Each copies what it is given. Ids are at most INT64_MAX. A put replaces head and body. A mark or
 * del of a row that is not there does nothing. 0; SB_EINVAL (kind, id, size, a head that is not its
 * kind's columns) and SB_ENOMEM: then abandon it. */
int sb_txn_put(struct sb_txn *txn, unsigned kind, uint64_t id, const void *head, size_t head_size,
	const void *body, size_t body_size);
/* Only the head changes; the body stays. */
int sb_txn_mark(struct sb_txn *txn, unsigned kind, uint64_t id, const void *head, size_t head_size);
int sb_txn_del(struct sb_txn *txn, unsigned kind, uint64_t id);
/* Replaces the body if the row has `revision` (0: if it is not there), else this transaction alone
 * fails with SB_ECONFLICT. */
int sb_txn_cas(struct sb_txn *txn, unsigned kind, uint64_t id, uint64_t revision, const void *body,
	size_t body_size);

/* Hands the transaction over, always eating it. SB_MSG_STORE with `ref` comes to `to` (null:
 * nobody) after it is durable: status 0, or SB_ECONFLICT, SB_ENOSPC, SB_EIO, SB_ECORRUPT, SB_EBUSY,
 * SB_EINVAL (too large a row), SB_ENOMEM: then nothing was done, except that after SB_EIO it may be
 * there when the store is opened again. SB_FULL at once when what waits is over the limit (a larger
 * transaction goes alone): nothing was done; hold and try again on SB_MSG_STORE with ref 0, which
 * comes to `to` once there is room. SB_ENOMEM, SB_GONE (closed): nothing was done. */
int sb_txn_commit(struct sb_txn *txn, struct sb_address to, uint64_t ref);

/* Commits that keep their order also when they fail. A session that is told of a failure may have
 * handed over the next commit by then, and that one may succeed. In a series it does not: once one
 * has failed all behind it fail with the same error, until the session resumes the series, which it
 * does when all that it has committed in it was answered. Used by one session; the store's, which
 * frees it. NULL: no memory. */
struct sb_store_series *sb_store_series_new(struct sb_session *s, struct sb_store *store);
void sb_store_series_resume(struct sb_store_series *series);
/* Before its commit. */
void sb_txn_in_series(struct sb_txn *txn, struct sb_store_series *series);

/* Reads one row, or up to `max` rows (and 1 MiB, at least one row) with id >= `from` in order; the
 * answer is SB_MSG_STORE with struct sb_store_rows, or status SB_ENOENT (get), SB_ENOMEM, SB_EIO.
 * It sees whatever this shard has been told is committed, and perhaps more. 0, SB_EINVAL (kind,
 * `to`, max), SB_FULL as sb_txn_commit, SB_ENOMEM, SB_GONE. */
int sb_store_get(struct sb_session *s, struct sb_store *store, unsigned kind, uint64_t id,
	struct sb_address to, uint64_t ref);
int sb_store_scan(struct sb_session *s, struct sb_store *store, unsigned kind, uint64_t from,
	size_t max, struct sb_address to, uint64_t ref);

#endif
