/*
 * The one way out: whatever becomes of a message, its final state is counted,
 * told (receipt, answer of a transaction), noted for query_sm, and its row
 * deleted, in one batch with the receipt's. So a restart finds either the message
 * or its receipt, never neither.
 */
#include "daemons/smpp-mc/partition_internal.h"

#include "daemons/smpp-mc/receipt_row.h"

#include <stdlib.h>

void
mc_entry_forget(struct mc_partition *p, uint32_t number)
{
	struct mc_entry *entry = mc_partition_entry(p, number);

	if (entry->flags & MC_ENTRY_INDEXED) {
		mc_index_remove(&p->by_id, number);
		mc_index_remove(&p->by_pair, number);
	}
	if (p->noticed)
		mc_noticed_end(p, number);
	mc_body_drop(p, entry);
	/* A place for the account that submitted it. */
	--*mc_partition_owned(p, entry->owner);
	entry->state = MC_ENTRY_FREE;
	mc_slab_give(&p->entries, number);
	sb_gauge_add(p->service->messages, sb_session_shard(p->session), -1);
}

/* By account of the submitter; a receipt counts only when it has arrived. */
static void
count(struct mc_partition *p, const struct mc_entry *entry, uint8_t state)
{
	const struct mc_account_state *counters;
	unsigned shard = sb_session_shard(p->session);

	if (entry->owner == MC_NO_ACCOUNT)
		return;
	counters = mc_partition_account(p, entry->owner)->state;
	if (entry->flags & MC_ENTRY_RECEIPT) {
		if (state == SMPP_STATE_DELIVERED)
			sb_counter_add(counters->receipts, shard, 1);
		return;
	}
	if (state == SMPP_STATE_DELIVERED)
		sb_counter_add(counters->delivered, shard, 1);
	else if (state == SMPP_STATE_EXPIRED)
		sb_counter_add(counters->expired, shard, 1);
	else
		sb_counter_add(counters->failed, shard, 1);
}

/* Also for messages that were not stored, in memory only: their row would outlive them. */
static void
note_final(struct mc_partition *p, const struct mc_entry *entry, uint8_t state, uint8_t error)
{
	struct mc_final final = {
		.id = mc_entry_public_id(entry),
		.at_ms = mc_partition_wall(p),
		.source = entry->source,
		.state = state,
		.error = error,
	};

	/* Nobody can ask, upstreams least of all. */
	if (!mc_partition_config(p)->limits.finals || entry->owner == MC_NO_ACCOUNT ||
		mc_config_upstream(mc_partition_config(p), entry->owner))
		return;
	final.owner = mc_partition_account(p, entry->owner)->key;
	mc_finals_add(&p->finals, &final);
	mc_wall_watch(p);
	if (!(entry->flags & MC_ENTRY_VOLATILE))
		mc_batch_final(p, &final);
}

/* Who submitted in transaction mode has waited for this. The body is still the kept message of the
 * submit: such a message is never stored or read again. */
void
mc_answer_transaction(struct mc_partition *p, struct mc_entry *entry, uint8_t state)
{
	const struct sb_message *m = entry->body;
	const struct mc_parcel *parcel;
	struct mc_submitted submitted = {
		.id = mc_entry_public_id(entry),
		.status = state == SMPP_STATE_DELIVERED ? SMPP_ROK : SMPP_RDELIVERYFAILURE,
	};

	if (!(entry->flags & MC_ENTRY_TRANSACTION))
		return;
	assert(entry->flags & MC_ENTRY_KEPT);
	parcel = m->data;
	submitted.request = parcel->request;
	submitted.slot = parcel->slot;
	entry->flags &= (uint8_t)~MC_ENTRY_TRANSACTION;
	sb_reply(p->session, sb_message_from(m), 0, SB_COPY(&submitted, sizeof(submitted)));
}

/* The receipt's parcel, but for its row. */
static void
parcel_fill(
	struct mc_partition *p, struct mc_parcel *parcel, const struct mc_entry *entry, int64_t now)
{
	*parcel = (struct mc_parcel){
		.id = mc_service_ids(p->session, p->service, 1),
		.submit_ms = now,
		.expiry_ms = now + (int64_t)mc_partition_config(p)->limits.receipt_validity_ms,
		/* The other way round: a receipt comes from the message's destination. Both orders
		 * give the same partition. */
		.source = entry->destination,
		.destination = entry->source,
		.owner = entry->owner,
		.target = entry->owner,
		.flags = MC_ENTRY_RECEIPT,
	};
}

/* A new entry with a body of its own; false without memory: then the receipt is lost. */
static bool
receipt_add(struct mc_partition *p, const struct mc_parcel *head, struct sb_bytes row)
{
	struct mc_parcel *parcel = malloc(sizeof(*parcel) + row.size);
	uint32_t number = parcel ? mc_entry_new(p, head) : 0;

	if (!number) {
		free(parcel);
		return false;
	}
	*parcel = *head;
	parcel->size = (uint32_t)row.size;
	memcpy(parcel->row, row.data, row.size);
	mc_partition_entry(p, number)->body = parcel;
	mc_batch_put(p, number);
	return true;
}

/* One that cannot be made is lost, and said: the message has ended all the same. */
void
mc_receipt(struct mc_partition *p, struct mc_entry *entry, uint8_t state, uint8_t error)
{
	const struct mc_parcel *about = mc_body(entry);
	uint8_t row[MC_ROW_PREFIX_MAX + MC_RECEIPT_MAX];
	struct sb_writer w = sb_writer_of(row, sizeof(row));
	int64_t now = mc_partition_wall(p);
	struct mc_report report = {mc_entry_public_id(entry), 0, now, state, error};
	struct sb_bytes account, pdu;
	struct mc_parcel head;
	int err = SB_EINVAL;

	if (about && mc_row_split(mc_parcel_row(about), &account, &pdu) == 0) {
		report.submit_ms = about->submit_ms;
		parcel_fill(p, &head, entry, now);
		mc_row_put_prefix(&w, account);
		err = mc_receipt_put(&w, pdu, &report);
	}
	if (err || !receipt_add(p, &head, sb_bytes(row, sb_writer_size(&w))))
		SB_LOG(p->session, ERROR, "mc.receipt_lost", "id", SB_UINT(report.id), "error",
			SB_ERR(err ? err : SB_ENOMEM));
}

void
mc_ended(struct mc_partition *p, uint32_t number, uint8_t state, uint8_t error)
{
	struct mc_entry *entry = mc_partition_entry(p, number);
	bool is_message = !(entry->flags & MC_ENTRY_RECEIPT);
	bool wants_receipt = is_message && mc_receipt_is_wanted(entry->registered, state);

	/* A receipt repeats the first words: comes again when they are read. */
	if (wants_receipt && !entry->body) {
		mc_body_load_to_end(p, number, state, error);
		return;
	}
	if (wants_receipt)
		mc_receipt(p, entry, state, error);
	mc_answer_transaction(p, entry, state);
	count(p, entry, state);
	if (is_message)
		note_final(p, entry, state, error);
	if (!(entry->flags & MC_ENTRY_VOLATILE))
		mc_batch_delete(p, entry->id);
	if (entry->registered & MC_ENTRY_SENT)
		mc_batch_unsent(p, entry->id);
	mc_entry_forget(p, number);
}
