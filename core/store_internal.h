/*
 * The store from the inside: the seam between sessions and a backend.
 *
 * What sessions of a shard ask in a turn is collected in its lane without a lock, and
 * handed over as a batch at the end of the turn. A backend takes batches from all
 * lanes: it may serve one on the spot, or later on a thread of its own, many together.
 * A batch comes back whole, and its answers go out in the order of its requests. Each
 * answer's memory was taken when it was asked for.
 */
#ifndef SB_CORE_STORE_INTERNAL_H
#define SB_CORE_STORE_INTERNAL_H

#include "env.h"
#include "session.h"
#include "store.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct sb_counter;
struct sb_envelope;
struct sb_shard;
struct sb_store_batch;
struct sb_store_lane;

/* ---- requests ---- */

enum sb_store_change { SB_STORE_PUT, SB_STORE_MARK, SB_STORE_DEL, SB_STORE_CAS };

/* One change of a row. Head and body follow, in this order. */
struct sb_store_op {
	uint64_t id;
	uint64_t revision; /* cas */
	uint32_t size;     /* octets to the next one */
	uint32_t kind;
	uint32_t head_size;
	uint32_t body_size;
	uint32_t change; /* enum sb_store_change */
	uint32_t unused;
	unsigned char data[];
};

struct sb_store_chunk {
	struct sb_store_chunk *next;
	uint32_t used, capacity;
	unsigned char data[];
};

enum sb_store_ask { SB_STORE_COMMIT, SB_STORE_GET, SB_STORE_SCAN };

struct sb_store_request {
	struct sb_store_request *next;
	struct sb_envelope *answer; /* NULL: nobody asked for one */
	size_t cost;                /* octets of the queue */
	uint8_t ask;                /* enum sb_store_ask */
	int status;                 /* the backend's */

	/* Reads. */
	unsigned kind;
	uint64_t id;
	size_t max;
	struct sb_store_rows *rows; /* the backend's, by sb_store_rows_new */
};

struct sb_txn {
	struct sb_store_request request; /* first */
	struct sb_store_lane *lane;
	uint32_t op_count;
	bool has_cas;
	uint32_t round;                 /* of the series */
	struct sb_store_series *series; /* NULL: in none */
	int error;                      /* of a change that was not taken: no commit */
	struct sb_store_chunk *last;
	struct sb_store_chunk first; /* with the rest of the block */
};

/* Goes through the changes of a transaction. */
struct sb_store_cursor {
	const struct sb_store_chunk *chunk;
	uint32_t offset;
};

static inline struct sb_store_cursor
sb_store_ops(const struct sb_txn *txn)
{
	return (struct sb_store_cursor){&txn->first, 0};
}

/* NULL: no further one. */
static inline const struct sb_store_op *
sb_store_op_next(struct sb_store_cursor *cursor)
{
	const struct sb_store_op *op;

	while (cursor->chunk && cursor->offset >= cursor->chunk->used)
		*cursor = (struct sb_store_cursor){cursor->chunk->next, 0};
	if (!cursor->chunk)
		return NULL;
	op = (const void *)(cursor->chunk->data + cursor->offset);
	cursor->offset += op->size;
	return op;
}

/* An answer for `count` rows with `octets` of heads and bodies together, which are added one by
 * one. NULL: no memory. Any thread. */
struct sb_store_rows *sb_store_rows_new(const struct sb_env *env, size_t count, size_t octets);
void sb_store_rows_add(struct sb_store_rows *rows, const struct sb_store_row *row);
void sb_store_rows_release(void *rows);

/* ---- batches ---- */

struct sb_store_batch {
	struct sb_store_batch *next; /* whoever has it */
	struct sb_store_lane *lane;
	const struct sb_env *env;
	struct sb_store_request *first, **last;
	size_t cost;
	uint64_t due;               /* ns: not answered before */
	struct sb_envelope *notice; /* brings it back to its shard */
	bool is_reads;              /* else commits: never both */
};

struct sb_store_backend {
	bool (*takes)(const char *path); /* whether such a path is its own */
	/* 0, or an error of sb_store_open. */
	int (*open)(struct sb_store *store, const struct sb_store_options *options, void **context);
	/* Every batch taken is done before this returns. */
	void (*close)(void *context);
	/* Takes a batch, on its shard: sets status (and rows) of each request. 0: it is done.
	 * SB_AGAIN: sb_store_batch_done will say so. Batches of a lane of one sort are done in
	 * their order; commits of one batch are independent of each other. */
	int (*submit)(void *context, struct sb_store_batch *batch);
};

extern const struct sb_store_backend sb_store_mem;
extern const struct sb_store_backend sb_store_sqlite;

/* Sends it back. Any thread. */
void sb_store_batch_done(struct sb_store_batch *batch);

/* ---- the store ---- */

/* Who was refused and is to be told of room: a set of notices by their target. */
struct sb_store_waiters {
	struct sb_envelope **places;
	uint32_t count, capacity;
};

/* What one shard has. Only `wanted` is looked at by others. */
struct sb_store_lane {
	struct sb_store *store;
	struct sb_shard *shard;
	struct sb_store_batch *commits, *reads;  /* being collected; NULL: nothing yet */
	struct sb_store_batch *late, **late_end; /* done, but their answers are due later */
	struct sb_timer timer;
	struct sb_store_series *series;
	struct sb_txn *free_txns;
	struct sb_store_batch *free_batches;
	uint32_t free_txn_count;
	size_t allowance; /* of the queue, taken ahead */
	struct sb_store_waiters waiters;
	_Atomic size_t wanted; /* octets the largest of those who wait needs; 0: nobody waits */
	unsigned char own_line[64];
};

struct sb_store {
	struct sb_node *node;
	const struct sb_env *env;
	const struct sb_store_kind *kinds;
	size_t kind_count;
	uint32_t *head_sizes; /* by kind; 0: of any size */
	const struct sb_store_backend *backend;
	void *context; /* the backend's; NULL: closed */
	size_t limit, allowance_step;
	uint64_t delay_ns;
	_Atomic size_t queued; /* octets, with what lanes have taken ahead */
	struct sb_counter *commits, *conflicts, *failures, *reads, *refused;
	struct sb_store_lane lanes[];
};

/* As sb_store_open, with a given backend. */
int sb_store_open_with(struct sb_store **store, struct sb_node *node,
	const struct sb_store_backend *backend, const struct sb_store_options *options,
	const struct sb_store_kind *kinds, size_t n);
/* node.c: closes and frees it. Takes NULL. */
void sb_store_free(struct sb_store *store);

/* store_kind.c: 0, SB_EINVAL (names, octets, versions that make no sense), SB_ENOMEM. */
int sb_store_kinds_take(struct sb_store *store, const struct sb_store_kind *kinds, size_t n);

/* store_lane.c */

void sb_store_lane_init(struct sb_store_lane *lane, struct sb_store *store, struct sb_shard *shard);
void sb_store_lane_fini(struct sb_store_lane *lane);
/* Puts a request at the end of the shard's batch, with an answer to `to` (null: none). 0, SB_FULL,
 * SB_ENOMEM: nothing was done. */
int sb_store_lane_add(struct sb_store_lane *lane, struct sb_store_request *request,
	struct sb_address to, uint64_t ref);
/* The end of the turn: shard->before_flush. */
void sb_store_lane_turn(struct sb_shard *shard, void *context);

/* store_queue.c */

/* A place for `cost` octets. False: there is none. */
bool sb_store_queue_take(struct sb_store_lane *lane, size_t cost);
void sb_store_queue_give(struct sb_store *store, size_t octets);
/* Whether those who wait for so much may try again. */
bool sb_store_queue_has_room(struct sb_store *store, size_t wanted);
/* Some was given back: wakes the lanes whose waiters there is room for. */
void sb_store_queue_room_made(struct sb_store *store, struct sb_shard *from);
/* Counts a refusal, and notes `to` for when there is room: SB_FULL, or SB_ENOMEM. */
int sb_store_queue_refuse(struct sb_store_lane *lane, struct sb_address to, size_t cost);

/* store_waiters.c */

/* Notes that `to` is to be told when there is room for `cost` octets. 0 or SB_ENOMEM. */
int sb_store_waiters_add(struct sb_store_lane *lane, struct sb_address to, size_t cost);
/* Tells all. */
void sb_store_waiters_tell(struct sb_store_lane *lane);
void sb_store_waiters_fini(struct sb_store_lane *lane);

/* store_series.c: of the backend, for the transactions of a lane in their order, and never from two
 * threads at once. */

/* Why the transaction is not to be done: one before it has failed. 0: it may be. */
int sb_store_series_error(const struct sb_txn *txn);
/* Its status is known. */
void sb_store_series_note(const struct sb_txn *txn);
void sb_store_series_fini(struct sb_store_lane *lane);

/* store_request.c */

/* Frees a request of whatever sort, without its answer. */
void sb_store_request_free(struct sb_store_lane *lane, struct sb_store_request *request);
/* The same when the lane is gone, with its answer. */
void sb_store_request_drop(const struct sb_env *env, struct sb_store_request *request);

#endif
