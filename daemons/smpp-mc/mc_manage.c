/*
 * query_sm, cancel_sm and replace_sm: asked of the partitions; the owner answers.
 * An id does not say its partition (which the addresses do), so all are asked;
 * that costs a message each, for requests that are rare. All partitions answer,
 * and the response waits for the last, so that "unknown" is never said too early.
 */
#include "daemons/smpp-mc/mc_session_internal.h"

#include "protocols/smpp/time.h"

#include <stdlib.h>
#include <string.h>

struct question {
	struct mc_group group; /* first */
	struct smpp_request request;
	uint64_t id;
	uint32_t waiting;
	uint32_t failure;        /* when nobody knows the message */
	struct mc_answer answer; /* of who knows it */
};

/* With the id as we write it, whatever spelling was asked with. */
static void
query_answer(struct sb_session *s, const struct question *question)
{
	const struct mc_answer *answer = &question->answer;
	struct smpp_pdu response = {.header.status = SMPP_ROK};
	char id[MC_ID_TEXT], final_date[SMPP_TIME_LENGTH + 1] = "";

	mc_id_format(question->id, id);
	if (answer->final_ms)
		smpp_time_format(answer->final_ms, 0, final_date);
	response.query_sm_resp.message_id = sb_bytes(id, MC_ID_DIGITS);
	response.query_sm_resp.final_date = sb_bytes_text(final_date);
	response.query_sm_resp.message_state = answer->state;
	response.query_sm_resp.error_code = answer->error;
	/* 3.4 knows no SCHEDULED. */
	if (answer->state == SMPP_STATE_SCHEDULED && smpp_session_version(s) < SMPP_VERSION_50)
		response.query_sm_resp.message_state = SMPP_STATE_ENROUTE;
	smpp_respond_pdu(s, question->request, &response);
}

static void
question_end(struct sb_session *s, struct question *question)
{
	/* RINVMSGID, unless one partition could not be asked: then nobody can say that. */
	if (!question->answer.is_ours)
		smpp_respond(s, question->request, question->failure, sb_bytes(NULL, 0));
	else if (question->request.command == SMPP_QUERY_SM)
		query_answer(s, question);
	else
		smpp_respond(s, question->request, question->answer.status, sb_bytes(NULL, 0));
	free(question);
}

/* A message of several destinations has several owners: one that succeeds is enough. */
static void
part_done(struct sb_session *s, struct mc_group *group, uint32_t part, uint32_t status,
	const struct mc_answer *answer)
{
	struct question *question = (struct question *)group;

	(void)part;
	(void)status;
	if (answer && answer->is_ours && (!question->answer.is_ours || answer->status == SMPP_ROK))
		question->answer = *answer;
	if (--question->waiting == 0)
		question_end(s, question);
}

/* Each partition's answer has a slot of its own, with the group in it. */
static bool
ask_one(struct sb_session *s, struct question *question, uint32_t partition, uint32_t type,
	struct sb_payload payload)
{
	struct mc_slots *slots = &mc_session_of(s)->slots;
	uint32_t slot;

	if (mc_slot_take(slots, &slot))
		return false;
	slots->slots[slot].request = question->request;
	slots->slots[slot].group = &question->group;
	if (mc_call(s, partition, type, payload, slot) == 0)
		return true;
	mc_slot_give(slots, slot);
	return false;
}

/* Asks the partitions from `first` to `last`. */
static void
ask(struct sb_session *s, struct smpp_request request, uint32_t failure, uint32_t type,
	const struct mc_ask *what, uint32_t first, uint32_t last)
{
	struct question *question = calloc(1, sizeof(*question));
	size_t size = sizeof(*what) + what->pdu_size;

	if (!question) {
		smpp_respond(s, request, SMPP_RSYSERR, sb_bytes(NULL, 0));
		return;
	}
	question->group.part_done = part_done;
	question->request = request;
	question->id = what->id;
	question->failure = failure;
	for (uint32_t i = first; i <= last; i++) {
		if (ask_one(s, question, i, type, SB_COPY(what, size)))
			question->waiting++;
		else
			question->failure = SMPP_RSYSERR; /* that one might have known it */
	}
	if (!question->waiting)
		question_end(s, question);
}

static void
ask_all(struct sb_session *s, struct smpp_request request, uint32_t failure, uint32_t type,
	const struct mc_ask *what)
{
	ask(s, request, failure, type, what, 0, mc_config_of(s)->service->partition_count - 1);
}

/* Whose it must be is said by account; the address is the client's further wish. */
static void
ask_fill(struct sb_session *s, struct mc_ask *what, struct sb_bytes source, uint64_t id)
{
	const struct mc_account *account = mc_session_account(s);

	*what = (struct mc_ask){
		.id = id,
		.source = mc_text_hash(source),
		.any_source = source.size == 0,
		.any_destination = true,
		.owner = account->number,
		.owner_key = account->key,
	};
}

void
mc_query_sm(struct sb_session *s, struct smpp_request request, const struct smpp_pdu *pdu)
{
	const struct smpp_query_sm *query = &pdu->query_sm;
	struct mc_ask what;
	uint64_t id;

	if (mc_id_parse(query->message_id, &id)) {
		smpp_respond(s, request, SMPP_RINVMSGID, sb_bytes(NULL, 0));
		return;
	}
	ask_fill(s, &what, query->source_addr, id);
	ask_all(s, request, SMPP_RINVMSGID, MC_QUERY, &what);
}

/* Without an id: all between two addresses, and those have one owner. */
static void
cancel_pair(struct sb_session *s, struct smpp_request request, struct mc_ask *what)
{
	uint32_t owner = mc_partition_of(
		what->source, what->destination, mc_config_of(s)->service->partition_count);

	ask(s, request, SMPP_RCANCELFAIL, MC_CANCEL, what, owner, owner);
}

void
mc_cancel_sm(struct sb_session *s, struct smpp_request request, const struct smpp_pdu *pdu)
{
	const struct smpp_cancel_sm *cancel = &pdu->cancel_sm;
	struct mc_ask what;
	uint64_t id = 0;

	if (cancel->message_id.size && (mc_id_parse(cancel->message_id, &id) || !id)) {
		smpp_respond(s, request, SMPP_RINVMSGID, sb_bytes(NULL, 0));
		return;
	}
	ask_fill(s, &what, cancel->source_addr, id);
	what.destination = mc_text_hash(cancel->destination_addr);
	what.any_destination = cancel->destination_addr.size == 0;
	if (id) {
		ask_all(s, request, SMPP_RINVMSGID, MC_CANCEL, &what);
		return;
	}
	if (cancel->service_type.size > sizeof(what.service_type)) {
		smpp_respond(s, request, SMPP_RINVSERTYP, sb_bytes(NULL, 0));
		return;
	}
	what.service_size = (uint8_t)cancel->service_type.size;
	if (what.service_size)
		memcpy(what.service_type, cancel->service_type.data, what.service_size);
	what.any_source = what.any_destination = false;
	cancel_pair(s, request, &what);
}

void
mc_replace_sm(struct sb_session *s, struct smpp_request request, const struct smpp_pdu *pdu)
{
	const struct smpp_replace_sm *replace = &pdu->replace_sm;
	size_t size = pdu->body.size + SMPP_HEADER_SIZE;
	struct mc_ask *what;
	uint64_t id;

	if (mc_id_parse(replace->message_id, &id)) {
		smpp_respond(s, request, SMPP_RINVMSGID, sb_bytes(NULL, 0));
		return;
	}
	what = malloc(sizeof(*what) + size);
	if (!what) {
		smpp_respond(s, request, SMPP_RSYSERR, sb_bytes(NULL, 0));
		return;
	}
	ask_fill(s, what, replace->source_addr, id);
	what->pdu_size = (uint32_t)size;
	memcpy(what->pdu, pdu->body.data - SMPP_HEADER_SIZE, size);
	ask_all(s, request, SMPP_RINVMSGID, MC_REPLACE, what);
	free(what);
}
