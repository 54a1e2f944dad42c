/* Answers to the peer's requests: each gets one, now, later, or when its deadline passes. */
#include "protocols/smpp/session_internal.h"

/* The slot of requests that take no answer. */
#define UNANSWERABLE SMPP_NO_SLOT

bool
smpp_request_begin(struct sb_session *s, struct smpp_session *p, uint32_t command,
	uint32_t sequence, struct smpp_request *request)
{
	const struct smpp_pending_entry entry = {
		.due = smpp_after(sb_now(s), smpp_options(p)->answer_ms),
		.context = sb_now(s),
		.command = command,
		.sequence = sequence,
		.generation = ++p->generation,
	};

	*request = (struct smpp_request){command, sequence, UNANSWERABLE, entry.generation};
	if (smpp_answer_of(command) == 0)
		return true;
	request->slot = smpp_pending_take(s, &p->in, false, &entry);
	if (request->slot != SMPP_NO_SLOT)
		return true;
	(void)smpp_write_header(s, p, smpp_answer_of(command), SMPP_RSYSERR, sequence);
	return false;
}

static struct smpp_pending_entry *
find(const struct smpp_session *p, struct smpp_request request)
{
	struct smpp_pending_entry *entry;

	if (!p->in || request.slot >= p->in->capacity)
		return NULL;
	entry = &p->in->entries[request.slot];
	return entry->command && entry->generation == request.generation ? entry : NULL;
}

void
smpp_request_wait(struct sb_session *s, struct smpp_session *p, struct smpp_request request)
{
	const struct smpp_pending_entry *entry = find(p, request);

	if (!entry)
		return;
	smpp_timer_nearer(s, p, entry->due);
	smpp_update_hold(s, p);
}

/* An answer was written. */
static void
answered(struct sb_session *s, struct smpp_session *p, struct smpp_pending_entry *entry,
	uint32_t status)
{
	uint32_t command = entry->command;
	uint64_t now = sb_now(s);

	if (entry->context != now)
		sb_histogram_record(
			p->service->metrics.answer_time, p->shard, now - entry->context);
	smpp_pending_remove(p->in, (uint32_t)(entry - p->in->entries));
	if (smpp_is_bind(command))
		smpp_bind_settled(s, p, status);
	if (p->is_held)
		smpp_update_hold(s, p);
	if (p->phase > SMPP_PHASE_BOUND)
		smpp_unbind_progress(s, p);
}

/* Whether a response has an id as the first field of its body, and can do with it alone. */
static bool
takes_id(uint32_t command)
{
	switch (command) {
	case SMPP_SUBMIT_SM:
	case SMPP_DELIVER_SM:
	case SMPP_DATA_SM:
	case SMPP_BROADCAST_SM:
	case SMPP_QUERY_BROADCAST_SM:
		return true;
	default:
		return false;
	}
}

/* submit_multi_resp without failures, or query_sm_resp of which only the id is known. */
static int
write_id_body(struct sb_session *s, struct smpp_session *p, const struct smpp_header *header,
	struct sb_bytes id)
{
	struct smpp_pdu pdu = {.header = *header};

	if (header->command == SMPP_SUBMIT_MULTI_RESP)
		pdu.submit_multi_resp.message_id = id;
	else
		pdu.query_sm_resp.message_id = id;
	return smpp_write_pdu(s, p, &pdu);
}

static int
write_answer(struct sb_session *s, struct smpp_session *p, const struct smpp_pending_entry *entry,
	uint32_t status, struct sb_bytes id)
{
	const struct smpp_header header = {
		0, entry->command | SMPP_RESPONSE_BIT, status, entry->sequence};

	if (smpp_is_bind(entry->command))
		return smpp_bind_answer(s, p, &header, id);
	if (status == SMPP_ROK && takes_id(entry->command))
		return smpp_write_id(s, p, &header, id);
	if (status == SMPP_ROK &&
		(entry->command == SMPP_SUBMIT_MULTI || entry->command == SMPP_QUERY_SM))
		return write_id_body(s, p, &header, id);
	return smpp_write_header(s, p, header.command, status, header.sequence);
}

int
smpp_respond(struct sb_session *s, struct smpp_request request, uint32_t status, struct sb_bytes id)
{
	struct smpp_session *p = sb_state(s);
	struct smpp_pending_entry *entry = find(p, request);
	int err;

	if (sb_is_closing(s))
		return SB_GONE;
	if (!entry)
		return SB_ENOENT;
	err = write_answer(s, p, entry, status, id);
	if (!err)
		answered(s, p, entry, status);
	return err;
}

int
smpp_respond_pdu(struct sb_session *s, struct smpp_request request, struct smpp_pdu *response)
{
	struct smpp_session *p = sb_state(s);
	struct smpp_pending_entry *entry = find(p, request);
	int err;

	if (sb_is_closing(s))
		return SB_GONE;
	if (!entry)
		return SB_ENOENT;
	if (smpp_is_bind(entry->command))
		return SB_EINVAL;
	response->header.command = entry->command | SMPP_RESPONSE_BIT;
	response->header.sequence = entry->sequence;
	err = smpp_write_pdu(s, p, response);
	if (!err)
		answered(s, p, entry, response->header.status);
	return err;
}

int
smpp_nack(struct sb_session *s, struct smpp_request request, uint32_t status)
{
	struct smpp_session *p = sb_state(s);
	struct smpp_pending_entry *entry = find(p, request);
	int err;

	if (sb_is_closing(s))
		return SB_GONE;
	if (!entry)
		return SB_ENOENT;
	/* A bind has its own way to be refused, which counts the attempts. */
	if (smpp_is_bind(entry->command))
		return smpp_respond(s, request, status, sb_bytes(NULL, 0));
	err = smpp_write_header(s, p, SMPP_GENERIC_NACK, status, entry->sequence);
	if (!err)
		answered(s, p, entry, status);
	return err;
}

bool
smpp_is_unanswered(const struct sb_session *s, struct smpp_request request)
{
	return find(sb_state(s), request) != NULL;
}

/* In place of the application, which has forgotten it. False when nothing can be written. */
static bool
answer_oldest(struct sb_session *s, struct smpp_session *p)
{
	struct smpp_pending_entry *entry = &p->in->entries[p->in->oldest];

	sb_counter_add(p->service->metrics.answer_timeouts, p->shard, 1);
	SB_LOG_LIMITED(s, WARNING, "smpp.answer_timeout", "command",
		SB_STR(smpp_command_name(entry->command)), "sequence", SB_UINT(entry->sequence));
	if (write_answer(s, p, entry, SMPP_RSYSERR, sb_bytes(NULL, 0)))
		return false;
	answered(s, p, entry, SMPP_RSYSERR);
	return !sb_is_closing(s);
}

void
smpp_answer_overdue(struct sb_session *s, struct smpp_session *p)
{
	uint64_t now = sb_now(s);

	while (smpp_pending_count(p->in) && p->in->entries[p->in->oldest].due <= now)
		if (!answer_oldest(s, p))
			return;
}

void
smpp_answer_rest(struct sb_session *s, struct smpp_session *p)
{
	while (smpp_pending_count(p->in))
		if (!answer_oldest(s, p))
			return;
}
