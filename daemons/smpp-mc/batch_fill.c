/*
 * A batch as a transaction. Puts before marks before deletions, so that
 * what happened to a message within one batch ends as it should; all of them
 * copied, so that the batch may be filled again if the commit is refused.
 */
#include "daemons/smpp-mc/batch.h"

#include "core/store.h"
#include "daemons/smpp-mc/partition_internal.h"

#include <stdlib.h>

/* Records of a row of final states. */
#define ROW_RECORDS 256

/* The row's body is the parcel's row as it is, with the submitter's name in front: a restart needs
 * no account table to know whose it is. */
static int
put_entry(struct mc_partition *p, struct sb_txn *txn, uint32_t number)
{
	const struct mc_parcel *parcel = mc_body(mc_partition_entry(p, number));
	uint8_t head[MC_HEAD_SIZE];

	mc_head_put(parcel, head);
	return sb_txn_put(
		txn, MC_KIND_MESSAGE, parcel->id, head, sizeof(head), parcel->row, parcel->size);
}

static int
put_finals(struct mc_partition *p, struct mc_batch *batch, struct sb_txn *txn, size_t from,
	size_t count)
{
	uint8_t octets[ROW_RECORDS * MC_FINAL_SIZE];
	struct sb_writer w = sb_writer_of(octets, sizeof(octets));
	struct mc_final_row *row = malloc(sizeof(*row));
	int err;

	if (!row)
		return SB_ENOMEM;
	for (size_t i = from; i < from + count; i++)
		mc_final_put(&w, &batch->finals[i]);
	/* Final states are gathered into rows, since nobody asks the store for a single one; a row
	 * is deleted whole when all of it is old. */
	*row = (struct mc_final_row){
		NULL, mc_service_ids(p->session, p->service, 1), batch->finals[from].at_ms, count};
	err = sb_txn_put(txn, MC_KIND_FINAL, row->id, NULL, 0, octets, sb_writer_size(&w));
	if (err) {
		free(row);
		return err;
	}
	row->next = batch->rows;
	batch->rows = row;
	return 0;
}

/* One row for what one batch has finished, or a few. */
static int
put_final_rows(struct mc_partition *p, struct mc_batch *batch, struct sb_txn *txn)
{
	size_t count = batch->finals_count;
	int err = 0;

	for (size_t i = 0; i < count && !err; i += ROW_RECORDS)
		err = put_finals(
			p, batch, txn, i, count - i < ROW_RECORDS ? count - i : ROW_RECORDS);
	return err;
}

int
mc_batch_fill(struct mc_partition *p, struct mc_batch *b, struct sb_txn *txn)
{
	int err = 0;

	for (uint32_t at = b->entries.head; at && !err; at = mc_partition_entry(p, at)->next)
		err = put_entry(p, txn, at);
	for (size_t i = 0; i < b->marked_count && !err; i++)
		err = sb_txn_mark(txn, MC_KIND_MESSAGE, b->marked[i].id, b->marked[i].head,
			sizeof(b->marked[i].head));
	for (size_t i = 0; i < b->sent_count && !err; i++)
		err = mc_sent_put(txn, MC_KIND_SENT, &b->sent[i]);
	for (size_t i = 0; i < b->deleted_count && !err; i++)
		err = sb_txn_del(txn, MC_KIND_MESSAGE, b->deleted[i]);
	for (uint32_t at = b->doomed.head; at && !err; at = mc_partition_entry(p, at)->next)
		err = sb_txn_del(txn, MC_KIND_MESSAGE, mc_partition_entry(p, at)->id);
	for (size_t i = 0; i < b->unsent_count && !err; i++)
		err = sb_txn_del(txn, MC_KIND_SENT, b->unsent[i]);
	for (size_t i = 0; i < b->purged_count && !err; i++)
		err = sb_txn_del(txn, MC_KIND_FINAL, b->purged[i]);
	if (!err)
		err = put_final_rows(p, b, txn);
	return err;
}
