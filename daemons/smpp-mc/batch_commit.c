/*
 * Batches on their way to the store, one after the other. A store that fails (its
 * disk is full, or worse) is asked again every second with the oldest of them: what
 * was delivered meanwhile must not be delivered again after a restart. New
 * messages are refused at once then, but for one that finds out whether it is over.
 */
#include "daemons/smpp-mc/batch.h"

#include "core/store.h"
#include "daemons/smpp-mc/partition_internal.h"

#include <stdlib.h>

/* After there was no memory for a transaction; and after the store failed. */
#define AGAIN_MS 20
#define PAUSE_MS 1000

/* Changes that a batch gathers before the next is begun, while the store takes none. */
#define BATCH_MOST 1000

/* What could not be committed is still there. */
static void
flush_again(struct sb_session *s, struct sb_timer *timer)
{
	struct mc_partition *p = sb_state(s);

	(void)timer;
	mc_batch_flush(p);
}

void
mc_batch_flush_later(struct mc_partition *p, uint64_t delay_ms)
{
	p->batches.is_posted = true;
	sb_timer_start(p->session, &p->batches.timer, delay_ms, flush_again);
}

/* ---- the lists ---- */

static void
waiting_insert(struct mc_batches *b, struct mc_batch *batch)
{
	struct mc_batch **at = &b->waiting;

	/* One that failed is older than those that have not been tried. */
	while (*at && (*at)->number < batch->number)
		at = &(*at)->next;
	batch->next = *at;
	*at = batch;
}

static void
under_way_push(struct mc_batches *b, struct mc_batch *batch)
{
	batch->next = NULL;
	*b->newest = batch;
	b->newest = &batch->next;
}

static struct mc_batch *
under_way_pop(struct mc_batches *b)
{
	struct mc_batch *batch = b->under_way;

	b->under_way = batch->next;
	if (!b->under_way)
		b->newest = &b->under_way;
	return batch;
}

/* Empty again, with the memory of its vectors. */
static void
give(struct mc_batches *b, struct mc_batch *batch)
{
	if (b->spare && b->spare->next) {
		mc_batch_free(batch);
		return;
	}
	batch->deleted_count = batch->purged_count = batch->marked_count = batch->finals_count = 0;
	batch->sent_count = batch->unsent_count = 0;
	batch->next = b->spare;
	b->spare = batch;
}

static struct mc_batch *
take(struct mc_batches *b)
{
	struct mc_batch *batch = b->spare;

	if (!batch)
		return calloc(1, sizeof(*batch));
	b->spare = batch->next;
	batch->next = NULL;
	return batch;
}

static size_t
size_of(const struct mc_batch *batch)
{
	return batch->entries.count + batch->doomed.count + batch->deleted_count +
	       batch->marked_count + batch->sent_count + batch->unsent_count + batch->finals_count;
}

/* The open batch waits for the store, and a new one is open. False: no memory. */
static bool
close_open(struct mc_batches *b)
{
	struct mc_batch *next;

	if (mc_batch_is_empty(b->open))
		return true;
	next = take(b);
	if (!next)
		return false;
	b->open->number = ++b->last_number;
	waiting_insert(b, b->open);
	b->open = next;
	return true;
}

/* ---- trouble ---- */

static void
pause_over(struct sb_session *s, struct sb_timer *timer)
{
	struct mc_partition *p = sb_state(s);

	(void)timer;
	p->batches.is_paused = false;
	mc_batch_flush(p);
}

/* Said once a node, though every partition finds out for itself. */
static void
trouble_begins(struct mc_partition *p, int error)
{
	struct mc_batches *b = &p->batches;

	if (!b->error) {
		b->excess_marks = 0;
		sb_gauge_add(p->service->troubled, sb_session_shard(p->session), 1);
		if (atomic_fetch_add(&p->service->trouble_count, 1) == 0)
			SB_LOG(p->session, ERROR, "mc.store_failing", "error", SB_ERR(error));
	}
	b->error = error;
	b->is_paused = true;
	sb_timer_start(p->session, &b->pause, PAUSE_MS, pause_over);
}

/* Not by one that was under way when the next was not even taken: that is still to be tried again.
 */
static void
trouble_ends(struct mc_partition *p)
{
	if (!p->batches.error || p->batches.is_paused)
		return;
	p->batches.error = 0;
	sb_gauge_add(p->service->troubled, sb_session_shard(p->session), -1);
	if (atomic_fetch_sub(&p->service->trouble_count, 1) == 1)
		SB_LOG(p->session, INFO, "mc.store_works");
}

/* ---- what a batch comes to ---- */

static void
reply_all(struct mc_partition *p, struct mc_batch *batch, int error)
{
	while (batch->replies) {
		struct mc_reply *reply = batch->replies;

		batch->replies = reply->next;
		mc_batch_answer(p, reply->from, error ? SMPP_RSYSERR : reply->status);
		free(reply);
	}
}

/* First those who wait for an answer to a submit, then those who wait for a cancel or replace. */
static void
succeeded(struct mc_partition *p, struct mc_batch *batch)
{
	struct mc_batches *b = &p->batches;
	uint32_t number;

	while (batch->rows) {
		struct mc_final_row *row = batch->rows;

		batch->rows = row->next;
		mc_final_row_keep(b, row);
	}
	trouble_ends(p);
	while ((number = mc_list_pop(&p->entries, &batch->entries)))
		mc_committed(p, number, 0);
	while ((number = mc_list_pop(&p->entries, &batch->doomed)))
		mc_replaced(p, number);
	reply_all(p, batch, 0);
	give(b, batch);
}

/* New messages are refused, and what they were to replace waits again. Receipts stay, for the row
 * of their message is deleted by the same transaction. */
static void
refuse(struct mc_partition *p, struct mc_batch *batch, int error)
{
	struct mc_list rest = {0};
	uint32_t number;

	while ((number = mc_list_pop(&p->entries, &batch->entries)))
		if (mc_partition_entry(p, number)->flags & MC_ENTRY_KEPT)
			mc_committed(p, number, error);
		else
			mc_list_push(&p->entries, &rest, number);
	batch->entries = rest;
	while ((number = mc_list_pop(&p->entries, &batch->doomed)))
		mc_wait_again(p, number);
	reply_all(p, batch, error);
}

/* All but what is refused is tried again, and what came after it waits for that: nobody should wait
 * for an answer with it. */
static void
failed(struct mc_partition *p, struct mc_batch *batch, int error)
{
	struct mc_batches *b = &p->batches;

	mc_rows_free(batch->rows);
	batch->rows = NULL;
	trouble_begins(p, error);
	refuse(p, batch, error);
	if (mc_batch_is_empty(batch)) {
		give(b, batch);
		return;
	}
	waiting_insert(b, batch);
	for (struct mc_batch *later = batch->next; later; later = later->next)
		refuse(p, later, error);
	refuse(p, b->open, error);
}

/* ---- commits ---- */

/* From the partition to itself: completions come in the order of commits, and to nobody else. */
static int
batch_commit(struct mc_partition *p, struct mc_batch *batch)
{
	struct sb_txn *txn = sb_txn_begin(p->session, p->service->store);
	int err;

	if (!txn)
		return SB_ENOMEM;
	err = mc_batch_fill(p, batch, txn);
	if (err) {
		sb_txn_abandon(txn);
		return err;
	}
	/* All of them have been answered since one failed (may_commit). */
	if (p->batches.error)
		sb_store_series_resume(p->batches.series);
	sb_txn_in_series(txn, p->batches.series);
	/* In twos, for the lowest bit says that it is a read (batch.h). */
	return sb_txn_commit(txn, sb_self(p->session), batch->number << 1);
}

static bool
may_commit(const struct mc_batches *b)
{
	/* While it fails, one at a time: each is only a question. */
	return b->waiting && !b->is_full && !b->is_paused && !(b->error && b->under_way);
}

/* Nothing of it is lost, only its rows are made anew for the next attempt. */
static void
not_taken(struct mc_partition *p, struct mc_batch *batch, int error)
{
	struct mc_batches *b = &p->batches;

	mc_rows_free(batch->rows);
	batch->rows = NULL;
	/* The store tells when there is room; without memory nobody does, so a timer asks again. */
	b->is_full = error == SB_FULL;
	if (error == SB_ENOMEM)
		mc_batch_flush_later(p, AGAIN_MS);
	if (error == SB_FULL || error == SB_ENOMEM)
		return;
	/* No attempt will do better (ids are used up): as if the store had said so. */
	b->waiting = batch->next;
	failed(p, batch, error);
}

static void
commit_waiting(struct mc_partition *p)
{
	struct mc_batches *b = &p->batches;

	while (may_commit(b)) {
		struct mc_batch *batch = b->waiting;
		int err = batch_commit(p, batch);

		if (!err) {
			b->waiting = batch->next;
			under_way_push(b, batch);
			continue;
		}
		not_taken(p, batch, err);
		return;
	}
}

void
mc_batch_flush(struct mc_partition *p)
{
	struct mc_batches *b = &p->batches;
	bool is_held = b->is_full || b->is_paused || mc_batches_are_stuck(b);

	b->is_posted = false;
	/* What the store does not take now stays open, as one large transaction and not a hundred
	 * small ones; but not larger than this. */
	if ((!is_held || size_of(b->open) >= BATCH_MOST) && !close_open(b))
		mc_batch_flush_later(p, AGAIN_MS);
	commit_waiting(p);
}

/* ---- completions ---- */

void
mc_batch_done(struct mc_partition *p, const struct sb_message *m)
{
	struct mc_batches *b = &p->batches;
	struct mc_batch *batch;

	if (m->ref == 0) {
		b->is_full = false;
		mc_batch_flush(p);
		return;
	}
	/* Completions come in the order of the commits: the oldest is meant. */
	assert(b->under_way && b->under_way->number << 1 == m->ref);
	batch = under_way_pop(b);
	if (m->status)
		failed(p, batch, m->status);
	else
		succeeded(p, batch);
	/* What was held back while others waited has nobody else to remember it. */
	if (b->is_posted)
		commit_waiting(p);
	else
		mc_batch_flush(p);
}

int
mc_batches_error(const struct mc_partition *p)
{
	const struct mc_batches *b = &p->batches;
	/* Nobody else asks the store whether it works again. */
	bool is_question =
		!b->is_paused && !b->waiting && !b->under_way && mc_batch_is_empty(b->open);

	return is_question ? 0 : b->error;
}

bool
mc_batches_are_idle(const struct mc_partition *p)
{
	const struct mc_batches *b = &p->batches;

	if (b->under_way)
		return false;
	return b->error || (!b->waiting && mc_batch_is_empty(b->open));
}
