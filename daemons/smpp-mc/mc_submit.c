/*
 * From a submit_sm or data_sm to a parcel at its partition. Checks go from the
 * client's own faults to ours, and a token is taken last, so that what is refused
 * anyway costs the account nothing. The partition's answer becomes the response:
 * it comes after the commit, through the slot, and a client's window is the bound
 * of what is under way.
 */
#include "daemons/smpp-mc/mc_session_internal.h"

#include "daemons/smpp-mc/entry.h"
#include "daemons/smpp-mc/rewrite.h"
#include "protocols/smpp/payload.h"
#include "protocols/smpp/udh.h"

#include <stdlib.h>

/* Who submits in transaction mode waits no longer: the session's own limit to answer is 30 s. */
#define TRANSACTION_MS 20000

#define SECOND_MS 1000

static unsigned
shard_of(const struct sb_session *s)
{
	return sb_session_shard(s);
}

/* What a centre is told of a message of its own: later (3.4, 5.1.3), or never. */
static uint32_t
status_for_centre(uint32_t status)
{
	switch (status) {
	case SMPP_ROK:
	case SMPP_RSYSERR:
	case SMPP_RMSGQFUL:
	case SMPP_RTHROTTLED:
		return status == SMPP_ROK ? SMPP_ROK : SMPP_RX_T_APPN;
	}
	return SMPP_RX_P_APPN;
}

/* Counted by account: an operator sees who is refused, and how much of it is the rate. */
void
mc_refuse(struct sb_session *s, struct smpp_request request, uint32_t status)
{
	const struct mc_account_state *counters = mc_session_account(s)->state;

	sb_counter_add(counters->refused, shard_of(s), 1);
	if (status == SMPP_RTHROTTLED)
		sb_counter_add(counters->throttled, shard_of(s), 1);
	if (mc_session_of(s)->send)
		status = status_for_centre(status);
	smpp_respond(s, request, status, sb_bytes(NULL, 0));
}

/* From a client: a message of its own, or an acknowledgement. The other types are the centre's
 * (3.4, 5.2.12). */
static uint32_t
esm_status(uint8_t esm_class)
{
	switch (esm_class & SMPP_ESM_TYPE) {
	case 0:
	case SMPP_ESM_DELIVERY_ACK:
	case SMPP_ESM_USER_ACK:
		return SMPP_ROK;
	}
	return SMPP_RINVESMCLASS;
}

static uint8_t
mode_flags(uint8_t esm_class)
{
	switch (esm_class & SMPP_ESM_MODE) {
	/* Neither is stored: datagram has no second attempt, transaction answers with the final
	 * state. */
	case SMPP_ESM_DATAGRAM:
		return MC_ENTRY_VOLATILE | MC_ENTRY_DATAGRAM;
	case SMPP_ESM_FORWARD:
		return MC_ENTRY_VOLATILE | MC_ENTRY_TRANSACTION;
	}
	return 0;
}

/* The defaults need no parser, and most messages have them. */
static uint32_t
order_times(const struct mc_config *config, const struct mc_order *order, int64_t now,
	struct mc_parcel *parcel)
{
	parcel->submit_ms = now;
	parcel->start_ms = 0;
	parcel->expiry_ms = now + (int64_t)config->limits.validity_ms;
	if (order->live_s)
		parcel->expiry_ms = now + (int64_t)order->live_s * SECOND_MS;
	if (!order->schedule.size && !order->validity.size && !order->live_s)
		return SMPP_ROK;
	return mc_times(order->schedule, order->validity, &config->limits, now, &parcel->start_ms,
		&parcel->expiry_ms);
}

uint32_t
mc_order_check(struct sb_session *s, const struct mc_order *order, struct mc_parcel *parcel)
{
	const struct mc_account *account = mc_session_account(s);
	int64_t now = mc_service_wall(s, mc_config_of(s)->service);
	uint32_t status = mc_account_source_status(
		account, order->source_ton, order->source_npi, order->source);

	if (status == SMPP_ROK)
		status = esm_status(order->esm_class);
	if (status == SMPP_ROK && order->priority > 4)
		status = SMPP_RINVPRTFLG;
	if (status == SMPP_ROK && order->registered > 0x1f)
		status = SMPP_RINVREGDLVFLG;
	if (status != SMPP_ROK)
		return status;
	parcel->request = order->request;
	parcel->source = mc_text_hash(order->source);
	parcel->owner = account->number;
	parcel->flags = mode_flags(order->esm_class);
	parcel->priority = order->priority;
	parcel->registered = order->registered;
	parcel->replaces = order->replaces;
	return order_times(mc_config_of(s), order, now, parcel);
}

uint32_t
mc_order_route(struct sb_session *s, struct sb_bytes destination, struct mc_parcel *parcel)
{
	const struct mc_config *config = mc_config_of(s);
	const struct mc_route *route = mc_route_find(config->routes, destination);
	int64_t most = parcel->submit_ms + TRANSACTION_MS;

	if (!destination.size || !route)
		return SMPP_RINVDSTADR;
	if (route->kind == MC_ROUTE_NOWHERE)
		return route->status;
	parcel->destination = mc_text_hash(destination);
	parcel->target = mc_config_target(config, route);
	if (route->is_forwarded && !(parcel->flags & MC_ENTRY_DATAGRAM))
		parcel->flags |= MC_ENTRY_VOLATILE | MC_ENTRY_TRANSACTION;
	/* Or the SMPP session would answer in our place before the far side does. */
	if (parcel->flags & MC_ENTRY_TRANSACTION && parcel->expiry_ms > most)
		parcel->expiry_ms = most;
	return SMPP_ROK;
}

/* One contiguous parcel: on the stack when it is small, else allocated and given. */
static int
parcel_call(struct sb_session *s, const struct mc_parcel *head, struct sb_bytes pdu, uint32_t slot)
{
	struct sb_bytes account = sb_bytes_text(mc_session_account(s)->system_id);
	uint32_t partition = mc_partition_of(
		head->source, head->destination, mc_config_of(s)->service->partition_count);
	_Alignas(struct mc_parcel) uint8_t small[MC_COPY_MAX];
	size_t row_size = 1 + account.size + pdu.size;
	size_t size = sizeof(*head) + row_size;
	uint8_t *octets = size <= sizeof(small) ? small : malloc(size);
	struct sb_payload payload = SB_COPY(octets, size);
	struct mc_parcel *parcel = (struct mc_parcel *)octets;
	struct sb_writer w;
	int err;

	if (!octets)
		return SB_ENOMEM;
	*parcel = *head;
	parcel->slot = slot;
	parcel->size = (uint32_t)row_size;
	w = sb_writer_of(parcel->row, row_size);
	mc_row_put_prefix(&w, account);
	sb_put_bytes(&w, pdu.data, pdu.size);
	if (octets != small)
		payload.release = free;
	err = mc_call(s, partition, MC_SUBMIT, payload, slot);
	if (err && octets != small)
		free(octets);
	return err;
}

uint32_t
mc_order_send(struct sb_session *s, const struct mc_parcel *head, struct sb_bytes pdu,
	struct mc_group *group, uint32_t part)
{
	struct mc_session *session = mc_session_of(s);
	uint32_t slot;
	int err;

	/* Before the call, whose answer says its number. */
	if (mc_slot_take(&session->slots, &slot))
		return SMPP_RSYSERR;
	session->slots.slots[slot].request = head->request;
	session->slots.slots[slot].group = group;
	session->slots.slots[slot].part = part;
	err = parcel_call(s, head, pdu, slot);
	if (!err)
		return SMPP_ROK;
	mc_slot_give(&session->slots, slot);
	return err == SB_FULL ? SMPP_RMSGQFUL : SMPP_RSYSERR;
}

/* A header that cannot be walked would reach the handset as text. */
uint32_t
mc_text_status(const struct smpp_pdu *pdu, uint8_t esm_class)
{
	struct sb_bytes octets = {NULL, 0}, elements, text;

	if (smpp_payload(pdu, &octets) == SB_EPROTO)
		return SMPP_RINVMSGLEN;
	if (esm_class & SMPP_ESM_UDHI && smpp_udh_split(octets, &elements, &text))
		return SMPP_RINVMSGLEN;
	return SMPP_ROK;
}

/* The PDU as it came: its header stands before its body. */
static struct sb_bytes
octets_of(const struct smpp_pdu *pdu)
{
	/* The decoder's views point into the frame, header and all. */
	return sb_bytes(pdu->body.data - SMPP_HEADER_SIZE, pdu->body.size + SMPP_HEADER_SIZE);
}

/* The account's first: who is over that takes nothing from others. */
bool
mc_order_take(struct sb_session *s, uint32_t count)
{
	const struct mc_config *config = mc_config_of(s);
	const struct mc_account *account = mc_session_account(s);

	if (!mc_bucket_take(&account->state->bucket, &account->rate, sb_now(s), count))
		return false;
	if (mc_bucket_take(&config->service->bucket, &config->rate, sb_now(s), count))
		return true;
	mc_bucket_give(&account->state->bucket, &account->rate, count);
	return false;
}

uint32_t
mc_order_place(struct sb_session *s, const struct mc_order *order, struct sb_bytes destination,
	const struct smpp_pdu *pdu)
{
	struct mc_parcel parcel = {0};
	uint32_t status = mc_text_status(pdu, order->esm_class);

	if (status == SMPP_ROK)
		status = mc_order_check(s, order, &parcel);
	if (status == SMPP_ROK)
		status = mc_order_route(s, destination, &parcel);
	if (status == SMPP_ROK && !mc_order_take(s, 1))
		status = SMPP_RTHROTTLED;
	if (status != SMPP_ROK)
		return status;
	return mc_order_send(s, &parcel, octets_of(pdu), NULL, 0);
}

void
mc_submit_sm(struct sb_session *s, struct smpp_request request, const struct smpp_pdu *pdu)
{
	const struct smpp_submit_sm *submit = &pdu->submit_sm;
	struct mc_order order = {
		.request = request,
		.source = submit->source_addr,
		.source_ton = submit->source_addr_ton,
		.source_npi = submit->source_addr_npi,
		.esm_class = submit->esm_class,
		.priority = submit->priority_flag,
		.registered = submit->registered_delivery,
		.replaces = submit->replace_if_present_flag == 1,
		.schedule = submit->schedule_delivery_time,
		.validity = submit->validity_period,
	};
	uint32_t status = SMPP_ROK;

	if (submit->sm_default_msg_id)
		status = SMPP_RINVDFTMSGID;
	else if (submit->replace_if_present_flag > 1)
		status = SMPP_RINVREPFLAG;
	if (status == SMPP_ROK)
		status = mc_order_place(s, &order, submit->destination_addr, pdu);
	if (status != SMPP_ROK)
		mc_refuse(s, request, status);
}

void
mc_data_sm(struct sb_session *s, struct smpp_request request, const struct smpp_pdu *pdu)
{
	const struct smpp_data_sm *data = &pdu->data_sm;
	struct mc_order order = {
		.request = request,
		.source = data->source_addr,
		.source_ton = data->source_addr_ton,
		.source_npi = data->source_addr_npi,
		.esm_class = data->esm_class,
		.registered = data->registered_delivery,
	};
	uint32_t status;

	smpp_find_tlv_integer(pdu->tlvs, SMPP_TAG_QOS_TIME_TO_LIVE, &order.live_s);
	status = mc_order_place(s, &order, data->destination_addr, pdu);
	if (status != SMPP_ROK)
		mc_refuse(s, request, status);
}

/* ---- the partition's answer ---- */

static uint32_t
status_of_failure(int error)
{
	return error == SB_FULL ? SMPP_RMSGQFUL : SMPP_RSYSERR;
}

/* congestion_state (5.0, 4.8.4.18): the fullest of all that a message goes through. */
static void
respond_with_load(
	struct sb_session *s, struct smpp_request request, struct sb_bytes id, uint32_t load)
{
	const struct mc_config *config = mc_config_of(s);
	const struct mc_account *account = mc_session_account(s);
	struct smpp_pdu response = {.header.status = SMPP_ROK};
	uint32_t ours = mc_bucket_load(&account->state->bucket, &account->rate, sb_now(s));
	uint32_t all = mc_bucket_load(&config->service->bucket, &config->rate, sb_now(s));
	uint8_t tlv[8];
	struct sb_writer w = sb_writer_of(tlv, sizeof(tlv));

	load = load > ours ? load : ours;
	load = load > all ? load : all;
	smpp_put_tlv_u8(&w, SMPP_TAG_CONGESTION_STATE, (uint8_t)load);
	response.tlvs = sb_bytes(tlv, sb_writer_size(&w));
	if (request.command == SMPP_DATA_SM)
		response.data_sm_resp.message_id = id;
	else
		response.submit_sm_resp.message_id = id;
	smpp_respond_pdu(s, request, &response);
}

/* Accepted is counted when it is answered, as the client counts it. */
static void
answer_one(struct sb_session *s, struct smpp_request request, const struct mc_submitted *submitted)
{
	char text[MC_ID_TEXT];

	sb_counter_add(mc_session_account(s)->state->accepted, shard_of(s), 1);
	mc_id_format(submitted->id, text);
	/* A deliver_sm_resp has no id (3.4, 4.6.2). */
	if (request.command == SMPP_DELIVER_SM)
		smpp_respond(s, request, SMPP_ROK, sb_bytes(NULL, 0));
	else if (mc_config_of(s)->tells_congestion && smpp_session_version(s) == SMPP_VERSION_50)
		respond_with_load(s, request, sb_bytes(text, MC_ID_DIGITS), submitted->load);
	else
		smpp_respond(s, request, SMPP_ROK, sb_bytes(text, MC_ID_DIGITS));
}

/* Copied and given back first: what is answered may bring the next request. */
static void
slot_done(struct sb_session *s, struct mc_slot *slot, uint32_t status,
	const struct mc_submitted *submitted, const struct mc_answer *answer)
{
	struct mc_slots *slots = &mc_session_of(s)->slots;
	struct mc_slot done = *slot;

	mc_slot_give(slots, (uint32_t)(slot - slots->slots));
	if (done.group)
		done.group->part_done(s, done.group, done.part, status, answer);
	else if (submitted && status == SMPP_ROK)
		answer_one(s, done.request, submitted);
	else
		mc_refuse(s, done.request, status);
}

void
mc_submitted(struct sb_session *s, const struct sb_message *m)
{
	struct mc_slots *slots = &mc_session_of(s)->slots;
	const struct mc_submitted *submitted = m->data;
	struct mc_slot *slot;

	/* Its own slot comes with it: no search for what is by far the most frequent. */
	if (m->status == 0 && m->size == sizeof(*submitted)) {
		slot = &slots->slots[submitted->slot];
		slot_done(s, slot, submitted->status, submitted, NULL);
		return;
	}
	slot = mc_slot_of_ref(slots, m->ref);
	if (!slot)
		return;
	if (m->status == 0 && m->size == sizeof(struct mc_answer))
		slot_done(s, slot, SMPP_ROK, NULL, m->data);
	else
		slot_done(s, slot, status_of_failure(m->status), NULL, NULL);
}
