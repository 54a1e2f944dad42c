/*
 * What a partition has to tell the store, collected and committed together. Rows
 * to put are entries that wait here until they are durable; deletions, changed
 * heads and final states only ride along. What a batch holds is committed whole or
 * not at all, and nothing but new messages is given up when that fails: it is
 * tried again until the store takes it. One thread.
 */
#ifndef SMPP_MC_BATCH_H
#define SMPP_MC_BATCH_H

#include "core/message.h"
#include "core/session.h"
#include "daemons/smpp-mc/entry.h"
#include "daemons/smpp-mc/final.h"
#include "daemons/smpp-mc/parcel.h"
#include "daemons/smpp-mc/sent.h"

#include <stddef.h>
#include <stdint.h>

struct mc_partition;
struct sb_store_series;
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

struct mc_reply {
	struct mc_reply *next;
	struct sb_from from;
	uint32_t status; /* command_status when it was committed */
};

/* One transaction: being filled, waiting for the store, or under way. */
struct mc_batch {
	struct mc_batch *next;
	uint64_t number; /* in the order in which they were filled */
	struct mc_list entries;
	struct mc_list doomed;    /* replaced: they end with the commit */
	struct mc_reply *replies; /* to give when it is durable */
	uint64_t *deleted;
	size_t deleted_count, deleted_capacity;
	uint64_t *purged; /* rows of final states */
	size_t purged_count, purged_capacity;
	struct mc_marked *marked;
	size_t marked_count, marked_capacity;
	struct mc_sent *sent;
	size_t sent_count, sent_capacity;
	uint64_t *unsent; /* rows of `sent` to delete */
	size_t unsent_count, unsent_capacity;
	struct mc_final *finals;
	size_t finals_count, finals_capacity;
	struct mc_final_row *rows; /* made of `finals` for this attempt */
};

struct mc_batches {
	struct mc_batch *open;    /* what comes now goes into it */
	struct mc_batch *waiting; /* oldest first, like the others */
	struct mc_batch *under_way, **newest;
	struct mc_batch *spare;
	struct sb_store_series *series;        /* of the commits: a failed one is not overtaken */
	struct mc_final_row *rows, **rows_end; /* in the store, oldest first */
	size_t rows_records;
	uint64_t last_number;
	uint32_t excess_marks; /* made while the store fails */
	int error;             /* of the store, since it fails; 0: it works */
	bool is_paused;        /* it failed just now */
	bool is_posted;        /* a flush is on its way to ourselves */
	bool is_full;          /* the store has said so, and will say when it is not */
	struct sb_timer timer;
	struct sb_timer pause;
};

/* 0 or SB_ENOMEM. */
int mc_batches_init(struct mc_partition *p);
void mc_batches_fini(struct mc_partition *p);

/* ---- batch.c ---- */

/* Each joins the open batch, which is committed soon: all that comes in one turn is in one batch.
 */
void mc_batch_put(struct mc_partition *p, uint32_t entry);
void mc_batch_delete(struct mc_partition *p, uint64_t id);
void mc_batch_mark(struct mc_partition *p, const struct mc_parcel *parcel);
void mc_batch_sent(struct mc_partition *p, const struct mc_sent *sent);
void mc_batch_unsent(struct mc_partition *p, uint64_t id);
void mc_batch_final(struct mc_partition *p, const struct mc_final *final);

/* An entry in no list, whose row is deleted with what is put now: it has been replaced when that is
 * durable, else it waits again. */
void mc_batch_doom(struct mc_partition *p, uint32_t entry);

/* Answers a cancel or replace once the open batch is durable; RSYSERR if it cannot be now, at once
 * when the store is known to fail: it is done all the same, but a restart may not know. */
void mc_batch_reply(struct mc_partition *p, struct sb_from from, uint32_t status);

/* A row of final states that is in the store: mc_batch_purge deletes it when its time has come.
 * Takes it. */
void mc_final_row_keep(struct mc_batches *b, struct mc_final_row *row);

/* Deletes rows of final states from before `before_ms`, and the oldest while all have more records
 * than `most`; some of them, if there are many: true. */
bool mc_batch_purge(struct mc_partition *p, int64_t before_ms, size_t most);

/* Whether there are rows that mc_batch_purge might delete some day. */
static inline bool
mc_batches_have_old_rows(const struct mc_batches *b)
{
	return b->rows && b->rows->next;
}

bool mc_batch_is_empty(const struct mc_batch *batch);

/* Of the batches' own files. */
void mc_batch_answer(struct mc_partition *p, struct sb_from from, uint32_t status);
void mc_batch_free(struct mc_batch *batch);
void mc_rows_free(struct mc_final_row *row);

/* ---- batch_fill.c ---- */

/* Writes a batch into a transaction. 0, or SB_ENOMEM and SB_EINVAL of sb_txn_put and its like: then
 * abandon it. */
int mc_batch_fill(struct mc_partition *p, struct mc_batch *batch, struct sb_txn *txn);

/* ---- batch_commit.c ---- */

/* Commits what is open. */
void mc_batch_flush(struct mc_partition *p);

/* The same in a while. */
void mc_batch_flush_later(struct mc_partition *p, uint64_t delay_ms);

/* SB_MSG_STORE of a commit, or that there is room. */
void mc_batch_done(struct mc_partition *p, const struct sb_message *m);

/* What is open waits for older changes, and these for a store that fails. */
static inline bool
mc_batches_are_stuck(const struct mc_batches *b)
{
	return b->error && b->waiting;
}

/* Why the store would not take a new message now; 0: it may, or that is to be found out. */
int mc_batches_error(const struct mc_partition *p);

/* Nothing is open or under way, or nothing of it can be committed. */
bool mc_batches_are_idle(const struct mc_partition *p);

#endif
