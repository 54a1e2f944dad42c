/*
 * Our requests: numbered, put into the window, matched with their responses, or
 * given up. Whatever smpp_send takes comes back to the application exactly once:
 * as a response, a timeout or a loss.
 */
#include "protocols/smpp/session_internal.h"

/* 3.4, 5.1.4: 1 to this, then 1 again. */
#define LAST_SEQUENCE 0x7fffffffu

uint32_t
smpp_next_sequence(struct smpp_session *p)
{
	uint32_t sequence;

	/* After a wrap a very slow one may still be outstanding. */
	do {
		sequence = p->next_sequence;
		p->next_sequence = sequence < LAST_SEQUENCE ? sequence + 1 : 1;
	} while (smpp_pending_find(p->out, sequence) != SMPP_NO_SLOT);
	return sequence;
}

/* Whether text would be lost on a peer that must be spared TLVs. */
static bool
needs_tlvs(const struct smpp_pdu *pdu)
{
	struct sb_bytes payload;

	return pdu->tlvs.size && smpp_find_tlv(pdu->tlvs, SMPP_TAG_MESSAGE_PAYLOAD, &payload);
}

/* The order of the answers: an end that the caller must know of before a fault of its own, before a
 * limit of the peer's. */
static int
may_send(const struct sb_session *s, const struct smpp_session *p, const struct smpp_pdu *pdu)
{
	uint32_t command = pdu->header.command;
	const struct smpp_command_info *info = smpp_command_find(command);

	if (sb_is_closing(s) || !sb_is_connected(s) || smpp_is_unbinding(p))
		return SB_GONE;
	/* Those two are the session's own. */
	if (!info || smpp_is_response(command) || command == SMPP_ENQUIRE_LINK ||
		command == SMPP_UNBIND)
		return SB_EINVAL;
	/* By 5.0's table, as in session_dispatch.c; what a 3.4 peer cannot understand is told apart
	 * below. */
	if (!smpp_is_legal(p->state, smpp_app(p)->side, SMPP_VERSION_50, command))
		return SB_EINVAL;
	if (p->phase == SMPP_PHASE_ASKING)
		return SB_EINVAL; /* one bind at a time */
	if (info->version > p->version || (p->version < SMPP_VERSION_34 && needs_tlvs(pdu)))
		return SB_ENOTSUP;
	return 0;
}

/* A place in the window for it; and out of it again, when it cannot be written after all. The place
 * first, because a request on the wire without one could not be matched, and cannot be taken
 * back. */
static int
send_in_window(
	struct sb_session *s, struct smpp_session *p, struct smpp_pdu *request, uint64_t context)
{
	const struct smpp_pending_entry entry = {
		.due = smpp_after(sb_now(s), smpp_options(p)->response_ms),
		.context = context,
		.command = request->header.command,
		.sequence = request->header.sequence,
	};
	uint32_t slot = smpp_pending_take(s, &p->out, true, &entry);
	int err;

	if (slot == SMPP_NO_SLOT)
		return SB_ENOMEM;
	err = smpp_write_pdu(s, p, request);
	if (err)
		smpp_pending_remove(p->out, slot);
	else
		smpp_timer_nearer(s, p, smpp_response_look(p, entry.due));
	return err;
}

int
smpp_send(struct sb_session *s, struct smpp_pdu *request, uint64_t context)
{
	struct smpp_session *p = sb_state(s);
	int err = may_send(s, p, request);

	if (err)
		return err;
	/* A bind is before all windows. */
	if (!smpp_is_bind_command(request->header.command) && !smpp_take_room(s, p)) {
		sb_counter_add(p->service->metrics.window_out_full, p->shard, 1);
		return SB_FULL;
	}
	request->header.status = SMPP_ROK;
	request->header.sequence = smpp_next_sequence(p);
	request->header_only = false;
	if (smpp_answer_of(request->header.command))
		err = send_in_window(s, p, request, context);
	else
		err = smpp_write_pdu(s, p, request);
	if (err)
		return err;
	p->requests_out++;
	if (smpp_is_bind_command(request->header.command))
		smpp_bind_sent(s, p, &request->header);
	return 0;
}

/* ---- responses ---- */

static void
discard(struct sb_session *s, struct smpp_session *p, const struct smpp_header *header)
{
	/* Ours count up from 1: a number that we have used belongs to a request that ended. */
	bool is_late = header->sequence && header->sequence < p->next_sequence &&
		       smpp_pending_find(p->out, header->sequence) == SMPP_NO_SLOT;

	sb_counter_add(
		is_late ? p->service->metrics.late : p->service->metrics.unmatched, p->shard, 1);
	SB_LOG_LIMITED(s, INFO, "smpp.response_discarded", "command",
		SB_STR(smpp_command_name(header->command)), "sequence", SB_UINT(header->sequence),
		"status", SB_STR(smpp_status_name(header->status)), "late", SB_BOOL(is_late));
}

/* Responses to what the session itself has asked. They are in no table: there is one ping and one
 * unbind at a time, and they take no room from the application's window. */
static bool
is_own(struct sb_session *s, struct smpp_session *p, const struct smpp_header *header)
{
	bool is_nack = header->command == SMPP_GENERIC_NACK;

	if (p->ping_sequence && header->sequence == p->ping_sequence &&
		(is_nack || header->command == SMPP_ENQUIRE_LINK_RESP)) {
		p->ping_sequence = 0;
		return true;
	}
	if (p->phase == SMPP_PHASE_UNBINDING && header->sequence == p->unbind_sequence &&
		(is_nack || header->command == SMPP_UNBIND_RESP)) {
		smpp_unbind_answered(s, p);
		return true;
	}
	return false;
}

/* When it was sent is not stored: the deadline and the time allowed say it. */
static void
record_response(struct sb_session *s, struct smpp_session *p, const struct smpp_pending_entry *e)
{
	uint64_t allowed = (uint64_t)smpp_options(p)->response_ms * 1000000;

	if (e->due != UINT64_MAX)
		sb_histogram_record(p->service->metrics.response_time, p->shard,
			sb_now(s) - (e->due - allowed));
}

/* Responses are read liberally; of one that cannot be read at all the header must do. */
static void
deliver(struct sb_session *s, struct smpp_session *p, const struct smpp_header *header,
	struct sb_bytes frame, uint64_t context)
{
	struct smpp_pdu pdu;

	if (smpp_decode(frame, NULL, &pdu, NULL)) {
		pdu = (struct smpp_pdu){.header = *header, .header_only = true};
		sb_counter_add(p->service->metrics.malformed, p->shard, 1);
	}
	smpp_pace_response(s, p, &pdu);
	if (smpp_app(p)->response)
		smpp_app(p)->response(s, context, &pdu);
}

/* The response to the request in `slot`, which is its own or a generic_nack. */
static void
match(struct sb_session *s, struct smpp_session *p, uint32_t slot, const struct smpp_header *header,
	struct sb_bytes frame)
{
	/* A copy: the entry is gone before the application is called, which may send the next one
	 * into the very slot. */
	const struct smpp_pending_entry entry = p->out->entries[slot];

	record_response(s, p, &entry);
	smpp_pending_remove(p->out, slot);
	deliver(s, p, header, frame, entry.context);
}

/* There is one request less outstanding: for whom that may be what they wait for. */
static void
go_on(struct sb_session *s, struct smpp_session *p)
{
	smpp_tell_window(s, p);
	if (p->phase > SMPP_PHASE_BOUND && !sb_is_closing(s))
		smpp_unbind_progress(s, p);
}

/* A number that fits with a command that does not is a fault of the peer's; the request keeps
 * waiting for its own response. Never nack a response: that could go back and forth for ever. */
static bool
is_answer_to(const struct smpp_session *p, uint32_t slot, const struct smpp_header *header)
{
	return header->command == SMPP_GENERIC_NACK ||
	       header->command == (p->out->entries[slot].command | SMPP_RESPONSE_BIT);
}

/* A bind of the session's own is in no table; one that the application has sent is, and its
 * response comes to it as any other. */
static bool
is_bind_answer(const struct smpp_session *p, const struct smpp_header *header)
{
	return p->phase == SMPP_PHASE_ASKING && header->sequence == p->bind_sequence &&
	       (header->command == SMPP_GENERIC_NACK ||
		       smpp_state_after(SMPP_OPEN, header->command, SMPP_ROK) == p->mode);
}

static void
bind_answered(struct sb_session *s, struct smpp_session *p, const struct smpp_header *header,
	struct sb_bytes frame)
{
	uint32_t slot;

	smpp_bind_response(s, p, header, frame);
	if (sb_is_closing(s))
		return;
	/* Looked for only now: the application may have sent more meanwhile. */
	slot = smpp_pending_find(p->out, header->sequence);
	if (slot != SMPP_NO_SLOT && is_answer_to(p, slot, header)) {
		match(s, p, slot, header, frame);
		go_on(s, p);
	}
	smpp_bind_give_up(s, p);
}

void
smpp_response(struct sb_session *s, struct smpp_session *p, const struct smpp_header *header,
	struct sb_bytes frame)
{
	uint32_t slot;

	if (is_bind_answer(p, header)) {
		bind_answered(s, p, header, frame);
		return;
	}
	if (is_own(s, p, header))
		return;
	slot = smpp_pending_find(p->out, header->sequence);
	if (slot == SMPP_NO_SLOT || !is_answer_to(p, slot, header)) {
		discard(s, p, header);
		return;
	}
	match(s, p, slot, header, frame);
	go_on(s, p);
}

void
smpp_responses_overdue(struct sb_session *s, struct smpp_session *p)
{
	uint64_t now = sb_now(s);

	while (smpp_pending_count(p->out) && p->out->entries[p->out->oldest].due <= now) {
		const struct smpp_pending_entry entry = p->out->entries[p->out->oldest];

		/* Removed before the application hears of it, for it may answer by sending
		 * again. */
		smpp_pending_remove(p->out, p->out->oldest);
		sb_counter_add(p->service->metrics.response_timeouts, p->shard, 1);
		SB_LOG_LIMITED(s, WARNING, "smpp.response_timeout", "command",
			SB_STR(smpp_command_name(entry.command)), "sequence",
			SB_UINT(entry.sequence));
		if (smpp_app(p)->response_timeout)
			smpp_app(p)->response_timeout(s, entry.context, entry.command);
		if (sb_is_closing(s))
			return;
	}
	if (p->phase > SMPP_PHASE_BOUND)
		smpp_unbind_progress(s, p);
}

/* Also when the session is closing: what was taken must come back, now for the last time. */
void
smpp_responses_lost(struct sb_session *s, struct smpp_session *p)
{
	while (smpp_pending_count(p->out)) {
		const struct smpp_pending_entry entry = p->out->entries[p->out->oldest];

		smpp_pending_remove(p->out, p->out->oldest);
		if (smpp_app(p)->response_lost)
			smpp_app(p)->response_lost(s, entry.context, entry.command);
	}
}
