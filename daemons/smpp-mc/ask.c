/*
 * Questions of clients about messages of theirs: where one is, to take it back,
 * to change it. Only who submitted a message may ask (by account, and by source
 * address where the PDU says one); what waits can be taken back, what flies
 * cannot, for the far side may have it already.
 */
#include "daemons/smpp-mc/partition_internal.h"

#include "daemons/smpp-mc/rewrite.h"
#include "protocols/smpp/pdu.h"

#include <stdlib.h>

/* A client may have a hundred thousand messages between two addresses. So many that are not meant
 * are passed over, from the newest on, and no more: or a few orders would hold up everybody. */
#define PASSED_MOST 1000

/* Every partition answers every question: the client's session counts them. */
static void
answer(struct mc_partition *p, const struct sb_message *m, const struct mc_answer *answer)
{
	sb_reply(p->session, sb_message_from(m), 0, SB_COPY(answer, sizeof(*answer)));
}

static void
answer_status(struct mc_partition *p, const struct sb_message *m, bool is_ours, uint32_t status)
{
	answer(p, m, &(struct mc_answer){.is_ours = is_ours, .status = status});
}

/* The service_type stands first in the body of every PDU that carries a message. Nobody can say
 * when the body is not in memory. */
static bool
service_is(const struct mc_entry *entry, struct sb_bytes service_type)
{
	const struct mc_parcel *parcel = mc_body(entry);
	struct sb_bytes pdu;

	if (!parcel)
		return false;
	pdu = mc_parcel_pdu(parcel);
	if (pdu.size <= SMPP_HEADER_SIZE + service_type.size)
		return false;
	return sb_bytes_equal(
		       sb_bytes(pdu.data + SMPP_HEADER_SIZE, service_type.size), service_type) &&
	       pdu.data[SMPP_HEADER_SIZE + service_type.size] == '\0';
}

static bool
is_asked(const struct mc_entry *entry, const struct mc_ask *ask)
{
	/* Receipts are the centre's; and another account's id is unknown, not forbidden. */
	if (entry->flags & MC_ENTRY_RECEIPT || entry->owner != ask->owner)
		return false;
	if (!ask->any_source && entry->source != ask->source)
		return false;
	if (!ask->any_destination && entry->destination != ask->destination)
		return false;
	return !ask->service_size ||
	       service_is(entry, sb_bytes(ask->service_type, ask->service_size));
}

/* The first asked for from `number` on, along its chain; `passed` counts the others. */
static uint32_t
next_asked(struct mc_partition *p, const struct mc_index *index, const struct mc_ask *ask,
	uint32_t number, uint32_t *passed)
{
	while (number && !is_asked(mc_partition_entry(p, number), ask))
		number = ++*passed < PASSED_MOST ? mc_index_next(index, number) : 0;
	return number;
}

/* Of several parts of a submit_multi the first that this account may see. */
static uint32_t
find(struct mc_partition *p, const struct mc_ask *ask)
{
	uint32_t passed = 0;

	return next_asked(p, &p->by_id, ask, mc_index_find_id(&p->by_id, ask->id), &passed);
}

/* Receipts have no final state of their own: an id here is always a message's. */
static const struct mc_final *
find_final(struct mc_partition *p, const struct mc_ask *ask)
{
	const struct mc_final *final = mc_finals_find(&p->finals, ask->id);

	if (!final || final->owner != ask->owner_key ||
		(!ask->any_source && final->source != ask->source))
		return NULL;
	return final;
}

static void
query(struct mc_partition *p, const struct sb_message *m)
{
	const struct mc_ask *ask = m->data;
	uint32_t number = find(p, ask);
	const struct mc_final *final = number ? NULL : find_final(p, ask);
	struct mc_answer found = {.is_ours = number || final, .status = SMPP_ROK};

	if (number) {
		bool is_scheduled = mc_partition_entry(p, number)->state == MC_ENTRY_SCHEDULED;

		found.state = is_scheduled ? SMPP_STATE_SCHEDULED : SMPP_STATE_ENROUTE;
	} else if (final) {
		found.state = final->state;
		found.error = final->error;
		found.final_ms = final->at_ms;
	}
	answer(p, m, &found);
}

/* Takes back what is not in somebody's hands yet; the simulated handset gives it, too. */
static bool
cancel_entry(struct mc_partition *p, uint32_t number)
{
	struct mc_entry *entry = mc_partition_entry(p, number);

	if (entry->state == MC_ENTRY_AT_SINK)
		mc_sink_give_back(p, number);
	else if (mc_is_waiting(entry))
		mc_unwait(p, number);
	else
		return false;
	mc_ended(p, number, SMPP_STATE_DELETED, 0);
	return true;
}

static void
cancel(struct mc_partition *p, const struct sb_message *m)
{
	const struct mc_ask *ask = m->data;
	const struct mc_index *index = ask->id ? &p->by_id : &p->by_pair;
	bool is_known = false, is_cancelled = false;
	uint32_t number, next, passed = 0;

	number = ask->id ? mc_index_find_id(index, ask->id)
			 : mc_index_find_owned(index, ask->source, ask->destination, ask->owner);
	while ((number = next_asked(p, index, ask, number, &passed))) {
		next = mc_index_next(index, number);
		is_known = true;
		if (cancel_entry(p, number))
			is_cancelled = true;
		else if (++passed >= PASSED_MOST)
			break;
		number = next;
	}
	/* Answered when the deletion is durable: a message that was cancelled must not come back
	 * with a restart. */
	if (is_cancelled)
		mc_batch_reply(p, sb_message_from(m), SMPP_ROK);
	else
		answer_status(p, m, is_known || (ask->id && find_final(p, ask)), SMPP_RCANCELFAIL);
}

/* Who submits in transaction mode waits with the message as it was, and knows no id yet. */
static bool
is_replaceable(const struct mc_entry *entry)
{
	return mc_is_waiting(entry) && !(entry->flags & MC_ENTRY_TRANSACTION);
}

/* The new text is stored where the old one was, and not at all where that was not. */
static void
rewritten(struct mc_partition *p, uint32_t number, const struct sb_message *m)
{
	struct mc_entry *entry = mc_partition_entry(p, number);

	if (entry->flags & MC_ENTRY_VOLATILE) {
		answer_status(p, m, true, SMPP_ROK);
		mc_accept(p, number);
		return;
	}
	entry->state = MC_ENTRY_COMMITTING;
	mc_batch_put(p, number);
	mc_batch_reply(p, sb_message_from(m), SMPP_ROK);
}

static void
replace(struct mc_partition *p, struct sb_message *m)
{
	const struct mc_ask *ask = m->data;
	uint32_t number = find(p, ask);
	struct mc_entry *entry = mc_partition_entry(p, number);
	struct mc_parcel *parcel;
	uint32_t status;

	if (!number || !is_replaceable(entry)) {
		answer_status(p, m, number || find_final(p, ask), SMPP_RREPLACEFAIL);
		return;
	}
	/* Asked again when it is read. */
	if (!entry->body) {
		if (!mc_body_load_to_ask(p, number, m))
			answer_status(p, m, true, SMPP_RSYSERR);
		return;
	}
	status = mc_rewrite(mc_body(entry), sb_bytes(ask->pdu, ask->pdu_size),
		&mc_partition_config(p)->limits, mc_partition_wall(p), &parcel);
	if (status != SMPP_ROK) {
		answer_status(p, m, true, status);
		return;
	}
	/* Out of its queue while the new text is being stored: it must not be sent half
	 * replaced. */
	mc_unwait(p, number);
	mc_body_drop(p, entry);
	entry->body = parcel;
	entry->registered = parcel->registered;
	entry->expiry = mc_tenths_of(parcel->expiry_ms);
	rewritten(p, number, m);
}

void
mc_ask(struct mc_partition *p, struct sb_message *m)
{
	switch (m->type) {
	case MC_QUERY:
		query(p, m);
		break;
	case MC_CANCEL:
		cancel(p, m);
		break;
	case MC_REPLACE:
		replace(p, m);
		break;
	}
}

/* Up to its NUL; damaged rows have none. */
static struct sb_bytes
service_of(const struct mc_parcel *parcel)
{
	struct sb_bytes pdu = mc_parcel_pdu(parcel);
	const uint8_t *text = pdu.data + SMPP_HEADER_SIZE;

	if (pdu.size <= SMPP_HEADER_SIZE)
		return sb_bytes(NULL, 0);
	return sb_bytes(text, strnlen((const char *)text, pdu.size - SMPP_HEADER_SIZE));
}

void
mc_replace_others(struct mc_partition *p, const struct mc_parcel *parcel)
{
	struct sb_bytes service_type = service_of(parcel);
	uint32_t number, next, passed = 0;

	number = mc_index_find_owned(
		&p->by_pair, parcel->source, parcel->destination, parcel->owner);
	for (; number && passed < PASSED_MOST; number = next) {
		struct mc_entry *entry = mc_partition_entry(p, number);

		next = mc_index_next(&p->by_pair, number);
		if (entry->flags & MC_ENTRY_RECEIPT || entry->owner != parcel->owner ||
			!mc_is_waiting(entry) || !service_is(entry, service_type)) {
			passed++;
			continue;
		}
		mc_unwait(p, number);
		mc_batch_doom(p, number);
	}
}

void
mc_replaced(struct mc_partition *p, uint32_t number)
{
	/* Nobody is told: the new one stands for it. */
	mc_partition_entry(p, number)->registered = 0;
	mc_ended(p, number, SMPP_STATE_DELETED, 0);
}
