/*
 * submit_multi (3.4, 4.5): a message of its own for each destination, under one
 * id. The parts have consecutive ids, each knows its distance from the first, and
 * so all of them are found by what the client was told; partitions answer one by
 * one, and the response waits for the last.
 */
#include "daemons/smpp-mc/mc_session_internal.h"

#include <stdlib.h>
#include <string.h>

#define DESTINATIONS_MAX 255
#define ADDRESS_MAX      20

/* Octets of one failed destination: ton, npi, address, status. */
#define FAILURE_MAX (2 + ADDRESS_MAX + 1 + 4)

struct destination {
	uint8_t ton, npi, size;
	char address[ADDRESS_MAX];
};

struct multi {
	struct mc_group group; /* first */
	struct smpp_request request;
	uint64_t id;
	uint32_t waiting;
	uint32_t count;
	uint32_t last_status;
	uint8_t failures[DESTINATIONS_MAX * FAILURE_MAX];
	size_t failures_size;
	uint8_t failure_count;
	struct destination destinations[];
};

/* Into unsuccess_sme, in the order in which failures are known: the response names destinations,
 * not positions. */
static void
note_failure(struct multi *multi, const struct destination *destination, uint32_t status)
{
	struct sb_writer w = sb_writer_of(multi->failures + multi->failures_size,
		sizeof(multi->failures) - multi->failures_size);
	struct smpp_failure failure = {destination->ton, destination->npi,
		sb_bytes(destination->address, destination->size), status};

	multi->last_status = status;
	if (smpp_put_failure(&w, &failure))
		return;
	multi->failures_size += sb_writer_size(&w);
	multi->failure_count++;
}

static void
multi_answer(struct sb_session *s, const struct multi *multi)
{
	struct smpp_pdu response = {.header.status = SMPP_ROK};
	const struct mc_account_state *counters = mc_session_account(s)->state;
	char id[MC_ID_TEXT];

	sb_counter_add(
		counters->accepted, sb_session_shard(s), multi->count - multi->failure_count);
	sb_counter_add(counters->refused, sb_session_shard(s), multi->failure_count);
	mc_id_format(multi->id, id);
	response.submit_multi_resp.message_id = sb_bytes(id, MC_ID_DIGITS);
	response.submit_multi_resp.unsuccess_sme.octets =
		sb_bytes(multi->failures, multi->failures_size);
	response.submit_multi_resp.unsuccess_sme.count = multi->failure_count;
	/* Nothing was accepted, so there is no id to give. */
	if (multi->failure_count == multi->count)
		smpp_respond(s, multi->request, multi->last_status, sb_bytes(NULL, 0));
	else
		smpp_respond_pdu(s, multi->request, &response);
}

/* The last part answers and frees the group, wherever it comes from. */
static void
part_done(struct sb_session *s, struct mc_group *group, uint32_t part, uint32_t status,
	const struct mc_answer *answer)
{
	struct multi *multi = (struct multi *)group;

	(void)answer;
	if (status != SMPP_ROK)
		note_failure(multi, &multi->destinations[part], status);
	if (--multi->waiting)
		return;
	multi_answer(s, multi);
	free(multi);
}

/* The submit_sm that a client would have sent for this destination. */
static size_t
submit_of(const struct smpp_pdu *pdu, const struct destination *destination, struct sb_writer *w)
{
	const struct smpp_submit_multi *multi = &pdu->submit_multi;
	struct smpp_pdu one = {.header.command = SMPP_SUBMIT_SM, .tlvs = pdu->tlvs};

	one.submit_sm = (struct smpp_submit_sm){
		.service_type = multi->service_type,
		.source_addr_ton = multi->source_addr_ton,
		.source_addr_npi = multi->source_addr_npi,
		.source_addr = multi->source_addr,
		.dest_addr_ton = destination->ton,
		.dest_addr_npi = destination->npi,
		.destination_addr = sb_bytes(destination->address, destination->size),
		.esm_class = multi->esm_class,
		.protocol_id = multi->protocol_id,
		.priority_flag = multi->priority_flag,
		.registered_delivery = multi->registered_delivery,
		.data_coding = multi->data_coding,
		.short_message = multi->short_message,
	};
	return smpp_encode(&one, w) ? 0 : sb_writer_size(w);
}

static uint32_t
part_send(struct sb_session *s, struct multi *multi, const struct smpp_pdu *pdu,
	const struct mc_parcel *order, uint32_t part, uint8_t *room, size_t capacity)
{
	const struct destination *destination = &multi->destinations[part];
	struct sb_writer w = sb_writer_of(room, capacity);
	struct mc_parcel parcel = *order;
	size_t size = submit_of(pdu, destination, &w);
	uint32_t status =
		mc_order_route(s, sb_bytes(destination->address, destination->size), &parcel);

	if (status == SMPP_ROK && !size)
		status = SMPP_RSUBMITFAIL;
	if (status != SMPP_ROK)
		return status;
	parcel.id = multi->id + part;
	parcel.part = (uint8_t)part;
	return mc_order_send(s, &parcel, sb_bytes(room, size), &multi->group, part);
}

static void
parts_send(struct sb_session *s, struct multi *multi, const struct smpp_pdu *pdu,
	const struct mc_parcel *order)
{
	/* A submit_sm is never longer than its submit_multi and one address. */
	size_t capacity = pdu->body.size + SMPP_HEADER_SIZE + 2 * ADDRESS_MAX;
	uint8_t *room = malloc(capacity);

	/* One more is waited for, so that the last answer cannot come before the last question. */
	multi->waiting = multi->count + 1;
	for (uint32_t i = 0; i < multi->count; i++) {
		uint32_t status = SMPP_RSYSERR;

		if (room)
			status = part_send(s, multi, pdu, order, i, room, capacity);
		if (status == SMPP_ROK)
			continue;
		note_failure(multi, &multi->destinations[i], status);
		multi->waiting--;
	}
	free(room);
	if (--multi->waiting)
		return;
	multi_answer(s, multi);
	free(multi);
}

/* SMPP_ROK, or what is wrong with the list. Distribution lists are not kept here: one among the
 * destinations refuses all of them. */
static uint32_t
destinations_read(struct multi *multi, const struct smpp_list *list)
{
	struct sb_reader r = sb_reader_of(list->octets);
	struct smpp_destination from;

	while (multi->count < list->count && smpp_next_destination(&r, &from)) {
		struct destination *to = &multi->destinations[multi->count];

		if (from.flag == SMPP_DESTINATION_LIST)
			return SMPP_RINVDLNAME;
		if (from.address.size > ADDRESS_MAX)
			return SMPP_RINVDSTADR;
		to->ton = from.ton;
		to->npi = from.npi;
		to->size = (uint8_t)from.address.size;
		if (from.address.size)
			memcpy(to->address, from.address.data, from.address.size);
		multi->count++;
	}
	return multi->count ? SMPP_ROK : SMPP_RINVNUMDESTS;
}

static struct multi *
multi_new(struct smpp_request request, const struct smpp_list *list, uint32_t *status)
{
	struct multi *multi = calloc(1, sizeof(*multi) + list->count * sizeof(struct destination));

	*status = SMPP_RSYSERR;
	if (!multi)
		return NULL;
	multi->group.part_done = part_done;
	multi->request = request;
	*status = destinations_read(multi, list);
	if (*status == SMPP_ROK)
		return multi;
	free(multi);
	return NULL;
}

/* Once for all destinations: only the route is each one's own. */
static uint32_t
check(struct sb_session *s, struct smpp_request request, const struct smpp_pdu *pdu,
	struct mc_parcel *order)
{
	const struct smpp_submit_multi *fields = &pdu->submit_multi;
	uint32_t status = mc_text_status(pdu, fields->esm_class);

	if (status != SMPP_ROK)
		return status;
	if (fields->sm_default_msg_id)
		return SMPP_RINVDFTMSGID;
	return mc_order_check(s,
		&(struct mc_order){
			.request = request,
			.source = fields->source_addr,
			.source_ton = fields->source_addr_ton,
			.source_npi = fields->source_addr_npi,
			.esm_class = fields->esm_class,
			.priority = fields->priority_flag,
			.registered = fields->registered_delivery,
			.schedule = fields->schedule_delivery_time,
			.validity = fields->validity_period,
		},
		order);
}

void
mc_submit_multi(struct sb_session *s, struct smpp_request request, const struct smpp_pdu *pdu)
{
	struct mc_parcel order = {0};
	struct multi *multi = NULL;
	uint32_t status = check(s, request, pdu, &order);

	if (status == SMPP_ROK)
		multi = multi_new(request, &pdu->submit_multi.dest_address, &status);
	if (multi && !mc_order_take(s, multi->count)) {
		status = SMPP_RTHROTTLED;
		free(multi);
	}
	if (status != SMPP_ROK) {
		mc_refuse(s, request, status);
		return;
	}
	/* Above all that was acknowledged before. What comes to a partition just before these,
	 * with a higher one, was under way with them. */
	multi->id = mc_service_ids_fresh(s, mc_config_of(s)->service, multi->count);
	parts_send(s, multi, pdu, &order);
}
