/*
 * A message comes in: a place in the partition, a row in the store, and then its
 * answer. The client's session is answered when the row is durable and not
 * before; the kept message that brought the parcel is the body, so that nothing
 * is copied on the way.
 */
#include "daemons/smpp-mc/partition_internal.h"

#include <stdlib.h>

/* Copies what the session needs to find its request again: the body may be dropped next. */
static void
answer(struct mc_partition *p, const struct sb_message *m, uint32_t status)
{
	const struct mc_parcel *parcel = m->data;
	struct mc_submitted submitted = {
		.request = parcel->request,
		.id = parcel->id - parcel->part,
		.slot = parcel->slot,
		.status = status,
	};

	sb_reply(p->session, sb_message_from(m), 0, SB_COPY(&submitted, sizeof(submitted)));
}

/* What is needed while the body may be away: 64 octets of it. */
static void
entry_fill(struct mc_entry *entry, const struct mc_parcel *parcel)
{
	entry->id = parcel->id;
	entry->expiry = mc_tenths_of(parcel->expiry_ms);
	entry->source = parcel->source;
	entry->destination = parcel->destination;
	entry->target = parcel->target;
	entry->owner = parcel->owner;
	entry->flags = parcel->flags;
	entry->priority = parcel->priority;
	entry->tries = parcel->tries;
	entry->registered = parcel->registered;
	entry->part = parcel->part;
	entry->state = MC_ENTRY_COMMITTING;
}

/* Counted against its account from here on, whatever comes of it. */
uint32_t
mc_entry_new(struct mc_partition *p, const struct mc_parcel *parcel)
{
	uint32_t number = mc_slab_take(&p->entries);

	if (!number)
		return 0;
	entry_fill(mc_partition_entry(p, number), parcel);
	p->outlets[parcel->owner].owned++;
	sb_gauge_add(p->service->messages, sb_session_shard(p->session), 1);
	return number;
}

/* One account whose receivers do not come, or that reads no receipts, leaves room for the others.
 */
static bool
is_full(const struct mc_partition *p, uint16_t owner)
{
	uint64_t places = mc_partition_config(p)->limits.queue / p->service->partition_count;
	uint64_t share = (places * mc_partition_account(p, owner)->queue_percent + 99) / 100;

	return p->entries.used >= places || p->outlets[owner].owned >= share;
}

/* A full partition is said at once: the client's session has nowhere to keep the message
 * meanwhile. */
void
mc_submit(struct mc_partition *p, struct sb_message *m)
{
	const struct mc_parcel *parcel = m->data;
	uint32_t number = 0;

	if (!p->is_stopping && !is_full(p, parcel->owner))
		number = mc_entry_new(p, parcel);
	if (!number) {
		answer(p, m, p->is_stopping ? SMPP_RSYSERR : SMPP_RMSGQFUL);
		return;
	}
	/* The envelope stays, parcel and all: it is freed as the entry's body. */
	mc_partition_entry(p, number)->body = sb_message_keep(m);
	mc_partition_entry(p, number)->flags |= MC_ENTRY_KEPT;
	/* The deletions ride in the transaction that puts the new one: both or neither. */
	if (parcel->replaces)
		mc_replaced(p, parcel);
	if (parcel->flags & MC_ENTRY_VOLATILE)
		mc_committed(p, number, 0);
	else
		mc_batch_put(p, number);
}

static uint32_t
status_of(int error)
{
	switch (error) {
	case 0:
		return SMPP_ROK;
	/* The client may try again later, with this message or another. */
	case SB_ENOSPC:
	case SB_FULL:
		return SMPP_RMSGQFUL;
	}
	return SMPP_RSYSERR;
}

/* Also without a store: a volatile message is as durable as it will be. */
void
mc_committed(struct mc_partition *p, uint32_t number, int status)
{
	struct mc_entry *entry = mc_partition_entry(p, number);

	bool is_new = entry->flags & MC_ENTRY_KEPT;

	if (is_new && !(entry->flags & MC_ENTRY_TRANSACTION))
		answer(p, entry->body, status_of(status));
	/* Answered with the error: the client knows that it must send it again. */
	if (status && is_new) {
		mc_entry_forget(p, number);
		return;
	}
	/* A receipt, or a replaced text, that could not be stored is delivered all the same. */
	mc_accept(p, number);
}
