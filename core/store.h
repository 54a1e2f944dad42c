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
struct sb_store;
struct sb_txn;

/* A kind of rows: a table. `head` is small and changes with the state; `body` stays. */
struct sb_store_kind {
	const char *name;
	uint32_t version;
	const char *columns;           /* what the head means, for the schema's own documentation */
	const char *const *migrations; /* from version n to n + 1, NULL-terminated; NULL: none */
};

struct sb_store_options {
	const char *path;         /* "mem:" keeps rows in memory for the node's life */
	const char *durability;   /* "full", "normal", "memory"; NULL: full */
	size_t queue_limit_bytes; /* of what waits to be committed; 0: 64 MiB */
	uint64_t delay_ns;        /* "mem:" only: a completion comes so much later (tests) */
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

/* Opens the node's store before it runs; kinds are borrowed, and numbered as they stand. 0,
 * SB_EINVAL, SB_EEXIST (it has one), SB_ENOTSUP (no such backend), SB_ECORRUPT, SB_EIO, SB_ENOMEM.
 */
int sb_store_open(struct sb_store **store, struct sb_node *node,
	const struct sb_store_options *options, const struct sb_store_kind *kinds, size_t n);
/* After the node has stopped, before it is freed (which does it, too). What was committed is kept;
 * transactions of sessions that are cut later are refused with SB_GONE. Takes NULL. */
void sb_store_close(struct sb_store *store);

/* Begins a transaction of the session; NULL without memory. Commit or abandon it in the same
 * callback. */
struct sb_txn *sb_txn_begin(struct sb_session *s, struct sb_store *store);
void sb_txn_abandon(struct sb_txn *txn);

/* Each copies what it is given. A put replaces head and body. A mark or del of a row that is not
 * there does nothing. 0; SB_EINVAL (kind, size) and SB_ENOMEM: then abandon it. */
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
 * nobody) after it is durable: status 0, SB_ECONFLICT, SB_ENOSPC, SB_EIO. SB_FULL at once when what
 * waits is over the limit (a larger transaction goes alone): nothing was done; hold and try again
 * on SB_MSG_STORE with ref 0, which comes to `to` once there is room. SB_ENOMEM, SB_GONE (closed):
 * nothing was done. */
int sb_txn_commit(struct sb_txn *txn, struct sb_address to, uint64_t ref);

/* Reads one row, or up to `max` rows (and 1 MiB, at least one row) with id >= `from` in order; the
 * answer is SB_MSG_STORE with struct sb_store_rows, or status SB_ENOENT (get), SB_ENOMEM, SB_EIO.
 * It sees whatever this shard has been told is committed, and perhaps more. 0, SB_EINVAL (kind,
 * `to`, max), SB_FULL as sb_txn_commit, SB_ENOMEM, SB_GONE. */
int sb_store_get(struct sb_session *s, struct sb_store *store, unsigned kind, uint64_t id,
	struct sb_address to, uint64_t ref);
int sb_store_scan(struct sb_session *s, struct sb_store *store, unsigned kind, uint64_t from,
	size_t max, struct sb_address to, uint64_t ref);

#endif
