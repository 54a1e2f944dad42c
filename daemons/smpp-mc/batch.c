/*
 * What a partition has to tell the store, gathered for a turn and committed as
 * one transaction, the next one open while it is under way. The order of its
 * parts does not matter to the client: nothing is answered before all of the
 * transaction is durable. The vectors keep their memory from batch to batch.
 */
#include "daemons/smpp-mc/batch.h"

#include "core/store.h"
#include "daemons/smpp-mc/partition_internal.h"

#include <stdlib.h>

/* After the store had no memory for a transaction. */
#define AGAIN_MS 20

/* What could not be committed is still open. */
static void
flush_again(struct sb_session *s, struct sb_timer *timer)
{
	struct mc_partition *p = sb_state(s);

	(void)timer;
	mc_batch_flush(p);
}

/* The rest is zeroed with the partition. */
void
mc_batches_init(struct mc_partition *p)
{
	p->batches.newest = &p->batches.oldest;
	p->batches.rows_end = &p->batches.rows;
}

static void
replies_free(struct mc_reply *reply)
{
	while (reply) {
		struct mc_reply *next = reply->next;

		free(reply);
		reply = next;
	}
}

static void
rows_free(struct mc_final_row *row)
{
	while (row) {
		struct mc_final_row *next = row->next;

		free(row);
		row = next;
	}
}

void
mc_batches_fini(struct mc_partition *p)
{
	struct mc_batches *b = &p->batches;

	while (b->oldest) {
		struct mc_batch *batch = b->oldest;

		b->oldest = batch->next;
		replies_free(batch->replies);
		free(batch);
	}
	rows_free(b->rows);
	replies_free(b->replies);
	free(b->deleted);
	free(b->purged);
	free(b->marked);
	free(b->finals);
}

/* Whoever is heard before our own message comes back is in the same batch: that is all of a
 * turn's, without waiting for anything. */
static void
flush_soon(struct mc_partition *p)
{
	struct mc_batches *b = &p->batches;

	if (b->is_posted || b->is_full)
		return;
	b->is_posted = true;
	if (sb_post(p->session, sb_self(p->session), MC_FLUSH, 0, SB_NOTHING))
		sb_timer_start(p->session, &b->timer, 0, flush_again);
}

/* Room for one more in a vector; false: no memory. */
static bool
reserve(void *vector, size_t *capacity, size_t count, size_t size)
{
	void *grown;

	if (count < *capacity)
		return true;
	/* Doubled: in a steady state nothing is allocated. */
	grown = realloc(*(void **)vector, (*capacity ? *capacity * 2 : 64) * size);
	if (!grown)
		return false;
	*(void **)vector = grown;
	*capacity = *capacity ? *capacity * 2 : 64;
	return true;
}

/* The list links the entries themselves: no memory is needed to remember them. */
void
mc_batch_put(struct mc_partition *p, uint32_t entry)
{
	mc_list_push(&p->entries, &p->batches.entries, entry);
	flush_soon(p);
}

/* What is lost without memory is found in the store at the next start: a message twice, never one
 * too few. */
void
mc_batch_delete(struct mc_partition *p, uint64_t id)
{
	struct mc_batches *b = &p->batches;

	if (reserve(&b->deleted, &b->deleted_capacity, b->deleted_count, sizeof(*b->deleted)))
		b->deleted[b->deleted_count++] = id;
	flush_soon(p);
}

void
mc_batch_mark(struct mc_partition *p, const struct mc_parcel *parcel)
{
	struct mc_batches *b = &p->batches;
	struct mc_marked *marked;

	if (!reserve(&b->marked, &b->marked_capacity, b->marked_count, sizeof(*b->marked)))
		return;
	marked = &b->marked[b->marked_count++];
	marked->id = parcel->id;
	mc_head_put(parcel, marked->head);
	flush_soon(p);
}

/* Without memory it is not stored; query_sm still finds it until a restart. */
void
mc_batch_final(struct mc_partition *p, const struct mc_final *final)
{
	struct mc_batches *b = &p->batches;

	if (reserve(&b->finals, &b->finals_capacity, b->finals_count, sizeof(*b->finals)))
		b->finals[b->finals_count++] = *final;
	flush_soon(p);
}

void
mc_batch_reply(
	struct mc_partition *p, struct sb_from from, uint32_t good_status, uint32_t bad_status)
{
	struct mc_reply *reply = malloc(sizeof(*reply));

	if (!reply)
		return; /* the caller's deadline answers */
	*reply = (struct mc_reply){p->batches.replies, from, good_status, bad_status};
	p->batches.replies = reply;
	flush_soon(p);
}

/* The rows of a transaction that went its way are old ones now. */
static void
rows_keep(struct mc_batches *b)
{
	struct mc_final_row *next;

	for (struct mc_final_row *row = b->fresh; row; row = next) {
		next = row->next;
		row->next = NULL;
		*b->rows_end = row;
		b->rows_end = &row->next;
		b->rows_records += row->count;
	}
	b->fresh = NULL;
}

/* The open batch becomes one under way, and a new one is open. */
static void
batch_close(struct mc_partition *p, struct mc_batch *batch)
{
	struct mc_batches *b = &p->batches;

	batch->next = NULL;
	batch->entries = b->entries;
	batch->replies = b->replies;
	*b->newest = batch;
	b->newest = &batch->next;
	b->entries = (struct mc_list){0};
	rows_keep(b);
	b->replies = NULL;
	b->deleted_count = b->purged_count = b->marked_count = b->finals_count = 0;
}

/* Everything that a batch may hold. */
static bool
is_open_empty(const struct mc_batches *b)
{
	return !b->entries.count && !b->replies && !b->deleted_count && !b->purged_count &&
	       !b->marked_count && !b->finals_count;
}

/* From the partition to itself: completions come in the order of commits, and to nobody else. */
static int
batch_commit(struct mc_partition *p, struct mc_batch *batch)
{
	struct sb_txn *txn = sb_txn_begin(p->session, p->service->store);
	int err;

	if (!txn)
		return SB_ENOMEM;
	err = mc_batch_fill(p, txn);
	if (err) {
		sb_txn_abandon(txn);
		return err;
	}
	/* In twos, for the lowest bit says that it is a read (batch.h). */
	batch->ref = (p->batches.last_ref += 2);
	return sb_txn_commit(txn, sb_self(p->session), batch->ref);
}

void
mc_batch_flush(struct mc_partition *p)
{
	struct mc_batches *b = &p->batches;
	struct mc_batch *batch;
	int err = SB_ENOMEM;

	b->is_posted = false;
	if (is_open_empty(b))
		return;
	batch = malloc(sizeof(*batch));
	if (batch)
		err = batch_commit(p, batch);
	if (!err) {
		batch_close(p, batch);
		return;
	}
	free(batch);
	/* Nothing of the open batch is lost: it goes into the next attempt, only the rows are made
	 * anew. */
	rows_free(b->fresh);
	b->fresh = NULL;
	/* The store tells when there is room; without memory nobody does, so a timer asks again. */
	b->is_full = err == SB_FULL;
	b->is_posted = !b->is_full;
	if (b->is_posted)
		sb_timer_start(p->session, &b->timer, AGAIN_MS, flush_again);
}

static void
reply_all(struct mc_partition *p, struct mc_reply *reply, int status)
{
	while (reply) {
		struct mc_reply *next = reply->next;
		struct mc_answer answer = {
			.is_ours = true, .status = status ? reply->bad_status : reply->good_status};

		sb_reply(p->session, reply->from, 0, SB_COPY(&answer, sizeof(answer)));
		free(reply);
		reply = next;
	}
}

void
mc_batch_done(struct mc_partition *p, const struct sb_message *m)
{
	struct mc_batches *b = &p->batches;
	struct mc_batch *batch = b->oldest;
	uint32_t number;

	if (m->ref == 0) {
		b->is_full = false;
		mc_batch_flush(p);
		return;
	}
	/* Completions come in the order of the commits: the oldest is meant. */
	assert(batch && batch->ref == m->ref);
	b->oldest = batch->next;
	if (!b->oldest)
		b->newest = &b->oldest;
	if (m->status)
		SB_LOG(p->session, ERROR, "mc.commit_failed", "error", SB_ERR(m->status),
			"messages", SB_UINT(batch->entries.count));
	/* First those who wait for an answer to a submit, then those who wait for a cancel or
	 * replace. */
	while ((number = mc_list_pop(&p->entries, &batch->entries)))
		mc_committed(p, number, m->status);
	reply_all(p, batch->replies, m->status);
	free(batch);
}

void
mc_batch_purge(struct mc_partition *p, int64_t before_ms, size_t most)
{
	struct mc_batches *b = &p->batches;

	while (b->rows && (b->rows->at_ms < before_ms || b->rows_records > most)) {
		struct mc_final_row *row = b->rows;

		/* Without memory they stay, until the next look. */
		if (!reserve(&b->purged, &b->purged_capacity, b->purged_count, sizeof(*b->purged)))
			return;
		b->purged[b->purged_count++] = row->id;
		b->rows = row->next;
		if (!b->rows)
			b->rows_end = &b->rows;
		b->rows_records -= row->count;
		free(row);
		flush_soon(p);
	}
}

bool
mc_batches_are_idle(const struct mc_partition *p)
{
	return is_open_empty(&p->batches) && !p->batches.oldest;
}
