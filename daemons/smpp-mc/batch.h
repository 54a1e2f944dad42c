/*
 * What a partition has to tell the store, collected and committed together. Rows
 * to put are entries that wait here until they are durable; deletions, changed
 * heads and final states only ride along. One thread.
 */
#ifndef SMPP_MC_BATCH_H
#define SMPP_MC_BATCH_H

#include "core/message.h"
#include "core/session.h"
#include "daemons/smpp-mc/entry.h"
#include "daemons/smpp-mc/final.h"
#include "daemons/smpp-mc/parcel.h"

#include <stddef.h>
#include <stdint.h>

struct mc_partition;
struct sb_txn;

/* Store refs of a partition: commits, and reads of bodies (ref = entry << 1 | 1). 0 is the store's
 * own: there is room again. */
#define MC_REF_IS_READ(ref) ((ref)&1)

struct mc_marked {
	uint64_t id;
	uint8_t head[MC_HEAD_SIZE];
};

/* A row of final states, and how old it is. */
struct mc_final_row {
	struct mc_final_row *next;
	uint64_t id;
	int64_t at_ms;
	size_t count; /* records */
};

/* One transaction under way. */
struct mc_batch {
	struct mc_batch *next;
	uint64_t ref;
	struct mc_list entries;
	struct mc_reply *replies; /* to give when it is durable */
};

struct mc_reply {
	struct mc_reply *next;
	struct sb_from from;
	uint32_t good_status; /* command_status when it was committed */
	uint32_t bad_status;
};

struct mc_batches {
	struct mc_list entries; /* of the open batch */
	struct mc_reply *replies;
	struct mc_batch *oldest, **newest; /* under way */
	uint64_t *deleted;
	size_t deleted_count, deleted_capacity;
	uint64_t *purged; /* rows of final states */
	size_t purged_count, purged_capacity;
	struct mc_marked *marked;
	size_t marked_count, marked_capacity;
	struct mc_final *finals;
	size_t finals_count, finals_capacity;
	struct mc_final_row *rows, **rows_end; /* oldest first */
	struct mc_final_row *fresh;            /* of the transaction being filled */
	size_t rows_records;
	uint64_t last_ref;
	bool is_posted; /* a flush is on its way to ourselves */
	bool is_full;   /* the store has said so, and will say when it is not */
	struct sb_timer timer;
};

void mc_batches_init(struct mc_partition *p);
void mc_batches_fini(struct mc_partition *p);

/* Each joins the open batch, which is committed soon. */
void mc_batch_put(struct mc_partition *p, uint32_t entry);
void mc_batch_delete(struct mc_partition *p, uint64_t id);
void mc_batch_mark(struct mc_partition *p, const struct mc_parcel *parcel);
void mc_batch_final(struct mc_partition *p, const struct mc_final *final);

/* Answers a cancel or replace once the open batch is durable. */
void mc_batch_reply(
	struct mc_partition *p, struct sb_from from, uint32_t good_status, uint32_t bad_status);

/* Writes what is open into a transaction. 0, or SB_ENOMEM and SB_EINVAL of sb_txn_put and its like:
 * then abandon it. */
int mc_batch_fill(struct mc_partition *p, struct sb_txn *txn);

/* Commits what is open. */
void mc_batch_flush(struct mc_partition *p);

/* SB_MSG_STORE of a commit, or that there is room. */
void mc_batch_done(struct mc_partition *p, const struct sb_message *m);

/* Deletes rows of final states from before `before_ms`, and the oldest while all have more records
 * than `most`. */
void mc_batch_purge(struct mc_partition *p, int64_t before_ms, size_t most);

/* Nothing is open or under way. */
bool mc_batches_are_idle(const struct mc_partition *p);

#endif
