/*
 * Receipts of an upstream on their way to the message that they are about. The
 * addresses say the partition, for a receipt has those of its message the other way
 * round; if that one does not know the id, all are asked, since an upstream may have
 * written the addresses anew. A receipt may overtake the response that says the id, on
 * another bind: what is not known yet is asked again for a moment, as long as
 * something flies that it could be about. It is answered when it is durable; one that
 * nobody knows is answered well, or it would come for ever.
 */
#include "daemons/smpp-mc/upstream_session_internal.h"

#include "protocols/smpp/receipt.h"

#include <stdlib.h>
#include <string.h>

/* So long until what is held is asked for again, and so often: while the pair's message flies; and
 * while any does, whose addresses the upstream might have changed. */
#define HOLD_MS     100
#define PAIR_TRIES  50
#define OTHER_TRIES 5

/* Held at a time by one bind; more are taken as unknown. */
#define HELD_MOST 1000

/* One receipt, until it is answered. */
struct mc_inquiry {
	struct mc_group group; /* first */
	struct mc_inquiry *next;
	struct smpp_request request;
	struct mc_notice notice;
	uint32_t waiting; /* for so many partitions */
	uint32_t tries;
	uint32_t owner; /* the partition by its addresses */
	enum mc_may_come may_come;
	bool has_asked_all;
	bool has_failed; /* a partition could not be asked, or does not know for sure */
	bool is_done;    /* one knows the message */
	uint32_t status;
	uint8_t id_size;
	char id[MC_CARRIER_ID_MAX]; /* for the log */
};

static void ask_owner(struct sb_session *s, struct mc_inquiry *inquiry);

/* ---- the end of one ---- */

static void
finish(struct sb_session *s, struct mc_inquiry *inquiry, uint32_t status)
{
	smpp_respond(s, inquiry->request, status, sb_bytes(NULL, 0));
	free(inquiry);
}

static void
count_unmatched(struct sb_session *s, struct sb_bytes id)
{
	const struct mc_upstream *upstream = mc_session_upstream(s);

	sb_counter_add(upstream->state->unmatched, sb_session_shard(s), 1);
	SB_LOG_LIMITED(s, INFO, "mc.receipt_unmatched", "upstream",
		SB_STR(upstream->party.system_id), "message_id", SB_BYTES(id));
}

/* ---- held for a moment ---- */

static void
hold_over(struct sb_session *s, struct sb_timer *timer)
{
	struct mc_upstream_session *session = mc_upstream_session_of(s);
	struct mc_inquiry *inquiry = session->held;

	(void)timer;
	/* Those that are held again go to a new list. */
	session->held = NULL;
	session->held_count = 0;
	while (inquiry) {
		struct mc_inquiry *next = inquiry->next;

		ask_owner(s, inquiry);
		inquiry = next;
	}
}

/* False: there is nothing to wait for. */
static bool
hold(struct sb_session *s, struct mc_inquiry *inquiry)
{
	struct mc_upstream_session *session = mc_upstream_session_of(s);
	uint32_t most = inquiry->may_come == MC_PAIR_FLIES ? PAIR_TRIES : OTHER_TRIES;

	if (inquiry->may_come == MC_NOTHING_FLIES || inquiry->tries >= most ||
		session->held_count >= HELD_MOST)
		return false;
	inquiry->tries++;
	inquiry->next = session->held;
	session->held = inquiry;
	session->held_count++;
	if (!sb_timer_is_started(&session->hold))
		sb_timer_start(s, &session->hold, HOLD_MS, hold_over);
	return true;
}

void
mc_upstream_receipts_fini(struct sb_session *s)
{
	struct mc_upstream_session *session = mc_upstream_session_of(s);

	while (session->held) {
		struct mc_inquiry *inquiry = session->held;

		session->held = inquiry->next;
		free(inquiry);
	}
}

/* ---- asking ---- */

static void
ask_one(struct sb_session *s, struct mc_inquiry *inquiry, uint32_t partition)
{
	struct mc_slots *slots = &mc_session_of(s)->slots;
	struct sb_payload payload = SB_COPY(&inquiry->notice, sizeof(inquiry->notice));
	uint32_t slot;

	if (mc_slot_take(slots, &slot)) {
		inquiry->has_failed = true;
		return;
	}
	slots->slots[slot].request = inquiry->request;
	slots->slots[slot].group = &inquiry->group;
	if (mc_call(s, partition, MC_NOTICE, payload, slot) == 0) {
		inquiry->waiting++;
		return;
	}
	mc_slot_give(slots, slot);
	inquiry->has_failed = true;
}

/* Everybody but the one that was asked already. */
static void
ask_others(struct sb_session *s, struct mc_inquiry *inquiry)
{
	uint32_t count = mc_config_of(s)->service->partition_count;

	inquiry->has_asked_all = true;
	for (uint32_t i = 0; i < count; i++)
		if (i != inquiry->owner)
			ask_one(s, inquiry, i);
}

/* All that were asked have spoken. */
static void
conclude(struct sb_session *s, struct mc_inquiry *inquiry)
{
	if (inquiry->is_done) {
		finish(s, inquiry, inquiry->status == SMPP_ROK ? SMPP_ROK : SMPP_RX_T_APPN);
		return;
	}
	/* Its message cannot be another's as long as its own pair flies. */
	if (!inquiry->has_asked_all && inquiry->may_come != MC_PAIR_FLIES && !inquiry->has_failed) {
		ask_others(s, inquiry);
		if (inquiry->waiting)
			return;
	}
	if (inquiry->has_failed) {
		finish(s, inquiry, SMPP_RX_T_APPN);
		return;
	}
	if (hold(s, inquiry))
		return;
	count_unmatched(s, sb_bytes(inquiry->id, inquiry->id_size));
	finish(s, inquiry, SMPP_ROK);
}

static void
part_done(struct sb_session *s, struct mc_group *group, uint32_t part, uint32_t status,
	const struct mc_answer *answer)
{
	struct mc_inquiry *inquiry = (struct mc_inquiry *)group;

	(void)part;
	(void)status;
	if (!answer || answer->may_be_ours) {
		inquiry->has_failed = true;
	} else if (answer->is_ours) {
		inquiry->is_done = true;
		inquiry->status = answer->status;
	} else if (answer->may_come > inquiry->may_come) {
		inquiry->may_come = answer->may_come;
	}
	if (--inquiry->waiting == 0)
		conclude(s, inquiry);
}

static void
ask_owner(struct sb_session *s, struct mc_inquiry *inquiry)
{
	inquiry->may_come = MC_NOTHING_FLIES;
	inquiry->has_asked_all = false;
	inquiry->has_failed = false;
	ask_one(s, inquiry, inquiry->owner);
	if (!inquiry->waiting)
		finish(s, inquiry, SMPP_RX_T_APPN);
}

/* ---- what a receipt says ---- */

/* err: as a number, where it is one, or the network's. */
static uint8_t
error_of(const struct smpp_receipt *receipt)
{
	uint32_t error = 0;

	for (size_t i = 0; i < receipt->error.size; i++) {
		uint8_t c = receipt->error.data[i];

		if (c < '0' || c > '9')
			return receipt->network_error < UINT8_MAX ? (uint8_t)receipt->network_error
								  : UINT8_MAX;
		error = error * 10 + (c - '0');
	}
	if (!error)
		error = receipt->network_error;
	return error < UINT8_MAX ? (uint8_t)error : UINT8_MAX;
}

/* Else it is on its way still, or in a state of the upstream's own: nothing has changed for us. */
static bool
is_end(const struct smpp_receipt *receipt)
{
	return receipt->has_state && (smpp_message_state_is_final(receipt->state) ||
					     receipt->state == SMPP_STATE_UNKNOWN);
}

/* The receipt comes from where the message was sent to. */
static void
addresses_of(const struct smpp_pdu *pdu, struct mc_notice *notice)
{
	bool is_data = pdu->header.command == SMPP_DATA_SM;

	notice->destination =
		mc_text_hash(is_data ? pdu->data_sm.source_addr : pdu->deliver_sm.source_addr);
	notice->source = mc_text_hash(
		is_data ? pdu->data_sm.destination_addr : pdu->deliver_sm.destination_addr);
}

static void
inquire(struct sb_session *s, struct smpp_request request, const struct smpp_pdu *pdu,
	const struct smpp_receipt *receipt)
{
	const struct mc_upstream *upstream = mc_session_upstream(s);
	struct mc_inquiry *inquiry = calloc(1, sizeof(*inquiry));
	struct mc_notice *notice;

	if (!inquiry) {
		smpp_respond(s, request, SMPP_RX_T_APPN, sb_bytes(NULL, 0));
		return;
	}
	inquiry->group.part_done = part_done;
	inquiry->request = request;
	inquiry->id_size = (uint8_t)receipt->message_id.size;
	memcpy(inquiry->id, receipt->message_id.data, receipt->message_id.size);
	notice = &inquiry->notice;
	notice->upstream = upstream->party.number;
	notice->key = mc_upstream_key(
		upstream->party.system_id, upstream->message_ids.receipt, receipt->message_id);
	notice->state = receipt->state;
	notice->error = error_of(receipt);
	addresses_of(pdu, notice);
	inquiry->owner = mc_partition_of(
		notice->source, notice->destination, mc_config_of(s)->service->partition_count);
	ask_owner(s, inquiry);
}

void
mc_upstream_receipt(struct sb_session *s, struct smpp_request request, const struct smpp_pdu *pdu)
{
	uint8_t esm_class = pdu->header.command == SMPP_DATA_SM ? pdu->data_sm.esm_class
								: pdu->deliver_sm.esm_class;
	struct smpp_receipt receipt = smpp_receipt_empty();
	int err = smpp_receipt_read(pdu, &receipt);
	bool has_id;

	sb_counter_add(mc_session_upstream(s)->state->receipts, sb_session_shard(s), 1);
	has_id = !err && receipt.message_id.size && receipt.message_id.size <= MC_CARRIER_ID_MAX;
	if (smpp_is_receipt(esm_class) && has_id && is_end(&receipt)) {
		inquire(s, request, pdu, &receipt);
		return;
	}
	if (smpp_is_receipt(esm_class) && !has_id)
		count_unmatched(s, receipt.message_id);
	smpp_respond(s, request, SMPP_ROK, sb_bytes(NULL, 0));
}
