/*
 * Messages that an upstream has taken and has a name for: what becomes of them its
 * receipt says, by that name. Until then such an entry is in no queue, only in the
 * index of names and among the deadlines; a row beside its own says the same to a
 * restart, which sends it again if that row was not committed yet. What a receipt says
 * is an end like any other, and its bind is answered when that is durable.
 */
#include "daemons/smpp-mc/partition_internal.h"

#include "daemons/smpp-mc/receipt_row.h"

#include <stdlib.h>

/* A receipt whose message has to be read from the store before it can end. */
struct mc_noticed {
	struct mc_noticed *next;
	struct sb_from from;
	uint32_t entry;
};

static const struct mc_upstream *
upstream_of(const struct mc_partition *p, uint16_t number)
{
	return mc_config_upstream(mc_partition_config(p), number);
}

bool
mc_asks_receipt(const struct mc_partition *p, const struct mc_entry *entry)
{
	const struct mc_upstream *upstream = upstream_of(p, entry->target);

	return upstream && mc_upstream_asks(upstream, entry->registered);
}

/* ---- into the index, and out of it ---- */

/* A body is only wanted once more, for the client's receipt. */
static void
keep_body(struct mc_partition *p, struct mc_entry *entry)
{
	if ((entry->registered & SMPP_RECEIPT_MASK) == SMPP_RECEIPT_NONE)
		mc_body_drop(p, entry);
	else
		mc_body_cache(p, entry);
}

/* The entry is in no list. Without memory nobody would find it. */
static int
await(struct mc_partition *p, uint32_t number, uint64_t key, int64_t until_ms)
{
	struct mc_entry *entry = mc_partition_entry(p, number);

	mc_entry_set_carrier_key(entry, key);
	if (mc_index_add(&p->by_carrier, number))
		return SB_ENOMEM;
	entry->state = MC_ENTRY_AWAITING;
	entry->place = 0;
	mc_deadline_add(p, number, until_ms);
	keep_body(p, entry);
	return 0;
}

/* It ends next, and its links are its own again. */
static void
take_out(struct mc_partition *p, uint32_t number)
{
	struct mc_entry *entry = mc_partition_entry(p, number);

	mc_index_remove(&p->by_carrier, number);
	entry->next = entry->prev = 0;
	if (entry->place)
		mc_heap_remove(&p->deadlines, entry->place);
}

/* ---- taken ---- */

/* Rides in the next batch: a restart before that sends the message again. */
static void
note_sent(struct mc_partition *p, struct mc_entry *entry, const struct mc_upstream *upstream,
	struct sb_bytes carrier_id, int64_t until_ms)
{
	struct mc_sent sent = {
		.id = entry->id,
		.until_ms = until_ms,
		.source = entry->source,
		.destination = entry->destination,
		.part = entry->part,
	};

	if (entry->flags & MC_ENTRY_VOLATILE)
		return;
	mc_sent_fill(&sent, sb_bytes_text(upstream->party.system_id), carrier_id);
	entry->registered |= MC_ENTRY_SENT;
	mc_batch_sent(p, &sent);
}

bool
mc_await(struct mc_partition *p, uint32_t number, struct sb_bytes carrier_id)
{
	struct mc_entry *entry = mc_partition_entry(p, number);
	const struct mc_upstream *upstream = upstream_of(p, entry->target);
	int64_t now = mc_partition_wall(p), until = mc_tenths_ms(entry->expiry);
	uint64_t key;

	/* Without an id no receipt can be told from another's. */
	if (!upstream || !carrier_id.size || !mc_upstream_asks(upstream, entry->registered))
		return false;
	until = (until > now ? until : now) + (int64_t)upstream->receipt_ms;
	key = mc_upstream_key(
		upstream->party.system_id, upstream->message_ids.response, carrier_id);
	/* Who waits for the far side's answer has it now; the end comes as a receipt. */
	mc_answer_transaction(p, entry, SMPP_STATE_DELIVERED);
	note_sent(p, entry, upstream, carrier_id, until);
	if (await(p, number, key, until))
		mc_ended(p, number, SMPP_STATE_UNKNOWN, 0);
	return true;
}

void
mc_await_over(struct mc_partition *p, uint32_t number)
{
	take_out(p, number);
	mc_ended(p, number, SMPP_STATE_UNKNOWN, 0);
}

/* ---- receipts ---- */

static bool
something_flies(const struct mc_outlet *outlet)
{
	for (uint16_t i = 0; i < outlet->bind_count; i++)
		if (outlet->binds[i].used)
			return true;
	return false;
}

static enum mc_may_come
may_come(const struct mc_partition *p, const struct mc_notice *notice)
{
	const struct mc_outlet *outlet = &p->outlets[notice->upstream];

	if (mc_queue_has_lane(&outlet->queue, notice->source, notice->destination))
		return MC_PAIR_FLIES;
	return something_flies(outlet) ? MC_SOMETHING_FLIES : MC_NOTHING_FLIES;
}

static void
answer_unknown(struct mc_partition *p, const struct sb_message *m)
{
	struct mc_answer answer = {
		.may_come = may_come(p, m->data),
		.may_be_ours = mc_batches_error(p) != 0,
	};

	sb_reply(p->session, sb_message_from(m), 0, SB_COPY(&answer, sizeof(answer)));
}

/* Answered with the batch in which the entry ends, which is this one or, if its text has to be read
 * first, a later one. Without memory nobody answers, and the upstream says it again. */
static void
noticed_add(struct mc_partition *p, uint32_t number, struct sb_from from)
{
	struct mc_noticed *noticed = malloc(sizeof(*noticed));

	if (!noticed)
		return;
	*noticed = (struct mc_noticed){p->noticed, from, number};
	p->noticed = noticed;
}

void
mc_notice(struct mc_partition *p, const struct sb_message *m)
{
	const struct mc_notice *notice = m->data;
	uint32_t number = mc_index_find_carrier(&p->by_carrier, notice->key);

	if (!number) {
		answer_unknown(p, m);
		return;
	}
	take_out(p, number);
	noticed_add(p, number, sb_message_from(m));
	mc_ended(p, number, notice->state, notice->error);
}

void
mc_noticed_end(struct mc_partition *p, uint32_t number)
{
	struct mc_noticed **at = &p->noticed;

	while (*at) {
		struct mc_noticed *noticed = *at;

		if (noticed->entry != number) {
			at = &noticed->next;
			continue;
		}
		*at = noticed->next;
		mc_batch_reply(p, noticed->from, SMPP_ROK);
		free(noticed);
	}
}

void
mc_awaiting_fini(struct mc_partition *p)
{
	while (p->noticed) {
		struct mc_noticed *noticed = p->noticed;

		p->noticed = noticed->next;
		free(noticed);
	}
}

/* ---- at the start ---- */

/* Of several parts with one public id the one that was meant. */
static uint32_t
find_row(struct mc_partition *p, const struct mc_sent *sent)
{
	uint32_t number = mc_index_find_id(&p->by_id, sent->id - sent->part);

	while (number && mc_partition_entry(p, number)->id != sent->id)
		number = mc_index_next(&p->by_id, number);
	return number;
}

static uint64_t
key_of(struct mc_partition *p, const struct mc_sent *sent)
{
	const struct mc_upstream *upstream = NULL;
	const struct mc_account *party;
	struct sb_bytes name, carrier_id;
	char text[MC_UPSTREAM_NAME_MAX + 1];

	mc_sent_split(sent, &name, &carrier_id);
	memcpy(text, name.data, name.size);
	text[name.size] = '\0';
	party = mc_config_party_named(mc_partition_config(p), name);
	if (party)
		upstream = upstream_of(p, party->number);
	/* An upstream that is gone sends no receipts: the key is nobody's. */
	return mc_upstream_key(
		text, upstream ? upstream->message_ids.response : SMPP_ID_AS_IS, carrier_id);
}

int
mc_await_again(struct mc_partition *p, const struct mc_sent *sent)
{
	uint32_t number = find_row(p, sent);
	struct mc_entry *entry = mc_partition_entry(p, number);

	/* Its message could not be read: both stay in the store. */
	if (!number)
		return 0;
	mc_unwait(p, number);
	entry->registered |= MC_ENTRY_SENT;
	return await(p, number, key_of(p, sent), sent->until_ms);
}
