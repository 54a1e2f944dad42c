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

/* Changed heads that are kept while the store fails: what is over it, a restart knows fewer
 * attempts of. */
#define EXCESS_MARKS_MOST 100000

/* Rows of final states that one batch deletes. */
#define PURGED_MOST 1000

/* The rest is zeroed with the partition. */
int
mc_batches_init(struct mc_partition *p)
{
	struct mc_batches *b = &p->batches;

	b->newest = &b->under_way;
	b->rows_end = &b->rows;
	b->open = calloc(1, sizeof(*b->open));
	b->series = sb_store_series_new(p->session, p->service->store);
	return b->open && b->series ? 0 : SB_ENOMEM;
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

void
mc_rows_free(struct mc_final_row *row)
{
	while (row) {
		struct mc_final_row *next = row->next;

		free(row);
		row = next;
	}
}

void
mc_batch_free(struct mc_batch *batch)
{
	if (!batch)
		return;
	replies_free(batch->replies);
	mc_rows_free(batch->rows);
	free(batch->deleted);
	free(batch->purged);
	free(batch->marked);
	free(batch->sent);
	free(batch->unsent);
	free(batch->finals);
	free(batch);
}

static void
batches_free(struct mc_batch *batch)
{
	while (batch) {
		struct mc_batch *next = batch->next;

		mc_batch_free(batch);
		batch = next;
	}
}

void
mc_batches_fini(struct mc_partition *p)
{
	struct mc_batches *b = &p->batches;

	batches_free(b->under_way);
	batches_free(b->waiting);
	batches_free(b->spare);
	mc_batch_free(b->open);
	mc_rows_free(b->rows);
}

/* Whoever is heard before our own message comes back is in the same batch: that is all of a
 * turn's, without waiting for anything. */
static void
flush_soon(struct mc_partition *p)
{
	struct mc_batches *b = &p->batches;

	if (b->is_posted)
		return;
	b->is_posted = true;
	if (sb_post(p->session, sb_self(p->session), MC_FLUSH, 0, SB_NOTHING))
		mc_batch_flush_later(p, 0);
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
	mc_list_push(&p->entries, &p->batches.open->entries, entry);
	flush_soon(p);
}

void
mc_batch_doom(struct mc_partition *p, uint32_t number)
{
	mc_partition_entry(p, number)->state = MC_ENTRY_COMMITTING;
	mc_list_push(&p->entries, &p->batches.open->doomed, number);
	flush_soon(p);
}

/* What is lost without memory is found in the store at the next start: a message twice, never one
 * too few. */
void
mc_batch_delete(struct mc_partition *p, uint64_t id)
{
	struct mc_batch *b = p->batches.open;

	if (reserve(&b->deleted, &b->deleted_capacity, b->deleted_count, sizeof(*b->deleted)))
		b->deleted[b->deleted_count++] = id;
	flush_soon(p);
}

void
mc_batch_mark(struct mc_partition *p, const struct mc_parcel *parcel)
{
	struct mc_batch *b = p->batches.open;
	struct mc_marked *marked;

	/* Deletions and final states are as many as messages that end; attempts have no end. */
	if (p->batches.error && ++p->batches.excess_marks > EXCESS_MARKS_MOST)
		return;
	if (!reserve(&b->marked, &b->marked_capacity, b->marked_count, sizeof(*b->marked)))
		return;
	marked = &b->marked[b->marked_count++];
	marked->id = parcel->id;
	mc_head_put(parcel, marked->head);
	flush_soon(p);
}

/* Without memory a restart sends the message again: twice rather than not at all. */
void
mc_batch_sent(struct mc_partition *p, const struct mc_sent *sent)
{
	struct mc_batch *b = p->batches.open;

	if (reserve(&b->sent, &b->sent_capacity, b->sent_count, sizeof(*b->sent)))
		b->sent[b->sent_count++] = *sent;
	flush_soon(p);
}

/* Without memory the row stays, and means nothing without its message. */
void
mc_batch_unsent(struct mc_partition *p, uint64_t id)
{
	struct mc_batch *b = p->batches.open;

	if (reserve(&b->unsent, &b->unsent_capacity, b->unsent_count, sizeof(*b->unsent)))
		b->unsent[b->unsent_count++] = id;
	flush_soon(p);
}

/* Without memory it is not stored; query_sm still finds it until a restart. */
void
mc_batch_final(struct mc_partition *p, const struct mc_final *final)
{
	struct mc_batch *b = p->batches.open;

	if (reserve(&b->finals, &b->finals_capacity, b->finals_count, sizeof(*b->finals)))
		b->finals[b->finals_count++] = *final;
	flush_soon(p);
}

void
mc_batch_answer(struct mc_partition *p, struct sb_from from, uint32_t status)
{
	struct mc_answer answer = {.is_ours = true, .status = status};

	sb_reply(p->session, from, 0, SB_COPY(&answer, sizeof(answer)));
}

void
mc_batch_reply(struct mc_partition *p, struct sb_from from, uint32_t status)
{
	struct mc_reply *reply;

	if (mc_batches_are_stuck(&p->batches)) {
		mc_batch_answer(p, from, SMPP_RSYSERR);
		return;
	}
	reply = malloc(sizeof(*reply));
	if (!reply)
		return; /* the caller's deadline answers */
	*reply = (struct mc_reply){p->batches.open->replies, from, status};
	p->batches.open->replies = reply;
	flush_soon(p);
}

void
mc_final_row_keep(struct mc_batches *b, struct mc_final_row *row)
{
	row->next = NULL;
	*b->rows_end = row;
	b->rows_end = &row->next;
	b->rows_records += row->count;
}

/* The newest row stays whatever its age: no id of an earlier life is above it, should the clock be
 * wrong at the next start. */
bool
mc_batch_purge(struct mc_partition *p, int64_t before_ms, size_t most)
{
	struct mc_batches *b = &p->batches;
	struct mc_batch *open = b->open;

	while (b->rows && b->rows->next && (b->rows->at_ms < before_ms || b->rows_records > most)) {
		struct mc_final_row *row = b->rows;

		/* Without memory they stay, until the next look. */
		if (open->purged_count == PURGED_MOST ||
			!reserve(&open->purged, &open->purged_capacity, open->purged_count,
				sizeof(*open->purged)))
			return true;
		open->purged[open->purged_count++] = row->id;
		b->rows = row->next;
		b->rows_records -= row->count;
		free(row);
		flush_soon(p);
	}
	return false;
}

bool
mc_batch_is_empty(const struct mc_batch *batch)
{
	return !batch->entries.count && !batch->doomed.count && !batch->replies &&
	       !batch->deleted_count && !batch->purged_count && !batch->marked_count &&
	       !batch->sent_count && !batch->unsent_count && !batch->finals_count;
}
