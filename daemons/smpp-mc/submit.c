/*
 * A message comes in: a place in the partition, a row in the store, and then its
 * answer. The client's session is answered when the row is durable and not
 * before; the kept message that brought the parcel is the body, so that nothing
 * is copied on the way.
 */
#include "daemons/smpp-mc/partition_internal.h"

#include <stdlib.h>

static uint64_t
places_of(const struct mc_partition *p)
{
	return mc_partition_config(p)->limits.queue / p->service->partition_count;
}

static uint64_t
share_of(const struct mc_partition *p, uint16_t owner)
{
	return (places_of(p) * mc_partition_account(p, owner)->queue_percent + 99) / 100;
}

/* For who paces itself by it: the fullest of the places that this account's messages come through,
 * 0 to 100. */
static uint8_t
load_of(const struct mc_partition *p, uint16_t owner)
{
	uint64_t places = p->entries.used * UINT64_C(100) / (places_of(p) + 1);
	uint64_t share = p->outlets[owner].owned * UINT64_C(100) / (share_of(p, owner) + 1);
	uint64_t store = p->batches.is_full ? 100 : sb_store_load(p->service->store);
	uint64_t load = places > share ? places : share;

	load = load > store ? load : store;
	return load < 100 ? (uint8_t)load : 100;
}

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
		.load = load_of(p, parcel->owner),
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
	++*mc_partition_owned(p, parcel->owner);
	sb_gauge_add(p->service->messages, sb_session_shard(p->session), 1);
	return number;
}

/* One account whose receivers do not come, or that reads no receipts, leaves room for the others.
 */
static bool
is_full(const struct mc_partition *p, uint16_t owner)
{
	return p->entries.used >= places_of(p) || p->outlets[owner].owned >= share_of(p, owner);
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

/* Before it is taken; SMPP_ROK: it may come. What the store cannot take now waits for it, its
 * client's window with it, or is throttled. */
static uint32_t
refusal(const struct mc_partition *p, const struct mc_parcel *parcel)
{
	bool is_stored = !(parcel->flags & MC_ENTRY_VOLATILE);

	if (p->is_stopping)
		return SMPP_RSYSERR;
	if (is_full(p, parcel->owner))
		return SMPP_RMSGQFUL;
	if (is_stored && p->batches.is_full && mc_partition_config(p)->throttles_when_full)
		return SMPP_RTHROTTLED;
	return is_stored ? status_of(mc_batches_error(p)) : SMPP_ROK;
}

/* By the partition, so that of all messages between two addresses those that came later have the
 * higher ids, whichever sessions they came through: that is their order after a restart. The parts
 * of a submit_multi have theirs already, from their session; what comes behind is above these. */
static void
id_give(struct mc_partition *p, const struct sb_message *m)
{
	struct mc_parcel *parcel = (struct mc_parcel *)(uintptr_t)m->data;

	if (!parcel->id)
		parcel->id = mc_service_id_above(p->session, p->service, p->last_id);
	if (parcel->id > p->last_id)
		p->last_id = parcel->id;
}

/* A full partition is said at once: the client's session has nowhere to keep the message
 * meanwhile. */
void
mc_submit(struct mc_partition *p, struct sb_message *m)
{
	const struct mc_parcel *parcel = m->data;
	uint32_t number = 0;
	uint32_t status = refusal(p, parcel);

	if (status == SMPP_ROK) {
		id_give(p, m);
		number = mc_entry_new(p, parcel);
		status = number ? SMPP_ROK : SMPP_RMSGQFUL;
	}
	if (status != SMPP_ROK) {
		answer(p, m, status);
		return;
	}
	/* The envelope stays, parcel and all: it is freed as the entry's body. */
	mc_partition_entry(p, number)->body = sb_message_keep(m);
	mc_partition_entry(p, number)->flags |= MC_ENTRY_KEPT;
	/* The deletions ride in the transaction that puts the new one: both or neither. */
	if (parcel->replaces)
		mc_replace_others(p, parcel);
	if (parcel->flags & MC_ENTRY_VOLATILE)
		mc_committed(p, number, 0);
	else
		mc_batch_put(p, number);
}

/* Also without a store: a volatile message is as durable as it will be. */
void
mc_committed(struct mc_partition *p, uint32_t number, int status)
{
	struct mc_entry *entry = mc_partition_entry(p, number);

	if (entry->flags & MC_ENTRY_KEPT && !(entry->flags & MC_ENTRY_TRANSACTION))
		answer(p, entry->body, status_of(status));
	/* Answered with the error: the client knows that it must send it again. */
	if (status) {
		mc_entry_forget(p, number);
		return;
	}
	/* Stored for an account that is gone: it comes back with that. */
	if (entry->flags & MC_ENTRY_RECEIPT && entry->owner == MC_NO_ACCOUNT) {
		mc_entry_forget(p, number);
		return;
	}
	mc_accept(p, number);
}
