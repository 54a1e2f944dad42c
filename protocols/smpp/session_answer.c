/*
 * Answers to the peer's requests: each gets exactly one, now, later, or when its
 * deadline passes, for the peer's window leaks with each that gets none. A
 * request is a place in the table `in` and its generation, so that an answer
 * which comes too late, or twice, finds nothing.
 *
 * Every request takes its place before the application sees it, also when it is
 * answered inside the callback: one path, and a place costs two list operations.
 * The inbound table has no index by sequence number, for the peer's numbers are
 * its own affair: we echo them, doubled or zero.
 */
#include "protocols/smpp/session_internal.h"

/* The slot of requests that take no answer (outbind, alert_notification): no table has it. */
#define UNANSWERABLE SMPP_NO_SLOT

bool
smpp_request_begin(struct sb_session *s, struct smpp_session *p, uint32_t command,
	uint32_t sequence, struct smpp_request *request)
{
	const struct smpp_pending_entry entry = {
		.due = smpp_after(sb_now(s), smpp_options(p)->answer_ms),
		/* When it came: answer_time is reckoned from here. */
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
	/* Out of memory is the peer's to know as well: it may send this again. */
	(void)smpp_write_header(s, p, smpp_answer_of(command), SMPP_RSYSERR, sequence);
	return false;
}

/* The slot may be taken by a later request meanwhile, and the table may have been freed and made
 * anew; the generation, which only grows, tells. */
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

/* An answer was written: the place is free, and what has waited for that goes on. The window may
 * read again, a bind is settled, an unbind may have been waiting for this one. */
static void
answered(struct sb_session *s, struct smpp_session *p, struct smpp_pending_entry *entry,
	uint32_t status)
{
	uint32_t command = entry->command;
	uint64_t now = sb_now(s);

	/* The clock stands still during a turn: equal means answered at once, which would only
	 * drown the histogram. */
	if (entry->context != now)
		sb_histogram_record(
			p->service->metrics.answer_time, p->shard, now - entry->context);
	/* Before anything that could look at the window; `entry` means nothing from here on. */
	smpp_pending_remove(p->in, (uint32_t)(entry - p->in->entries));
	if (smpp_is_bind_command(command))
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

/* The cheap forms first: nearly all answers are a header, or a header and an id, and are written
 * without a struct smpp_pdu. */
static int
write_answer(struct sb_session *s, struct smpp_session *p, const struct smpp_pending_entry *entry,
	uint32_t status, struct sb_bytes id)
{
	const struct smpp_header header = {
		0, entry->command | SMPP_RESPONSE_BIT, status, entry->sequence};

	if (smpp_is_bind_command(entry->command))
		return smpp_bind_answer(s, p, &header, id);
	if (status == SMPP_ROK && takes_id(entry->command))
		return smpp_write_id(s, p, &header, id);
	if (status == SMPP_ROK &&
		(entry->command == SMPP_SUBMIT_MULTI || entry->command == SMPP_QUERY_SM))
		return write_id_body(s, p, &header, id);
	return smpp_write_header(s, p, header.command, status, header.sequence);
}

/* The place is given back only when the answer is in the output: after SB_EINVAL the caller still
 * has its request and can answer it properly. */
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
	if (smpp_is_bind_command(entry->command))
		return SB_EINVAL;
	/* Whatever the caller had there: a response cannot get another's number. */
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
	if (smpp_is_bind_command(entry->command))
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

/* All deadlines of a table are the same time after their requests, so the oldest is due first, and
 * the search ends at the first that is not. */
void
smpp_answer_overdue(struct sb_session *s, struct smpp_session *p)
{
	uint64_t now = sb_now(s);

	/* The application has ended the connection, which still lingers: nothing that is left can
	 * be answered, and the timer would find it due for ever. */
	if (!sb_is_connected(s)) {
		smpp_pending_free(s, &p->in);
		return;
	}
	while (smpp_pending_count(p->in) && p->in->entries[p->in->oldest].due <= now)
		if (!answer_oldest(s, p))
			return;
}

/* Before an end: nobody is left to answer, and the peer should know that it may try elsewhere. */
void
smpp_answer_rest(struct sb_session *s, struct smpp_session *p)
{
	while (smpp_pending_count(p->in))
		if (!answer_oldest(s, p))
			return;
}
