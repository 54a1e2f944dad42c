/*
 * The callbacks that the core calls, and nothing else: each enters, lets the file
 * whose subject it is do the work, and leaves. Between the two the application
 * may have been called; `sent` is told on the way out, so that no function of
 * ours calls the application from inside a call of its.
 *
 * The application's state lies behind ours in the session's one allocation, which
 * is why sb_state is taken and smpp_state exists.
 */
#include "protocols/smpp/esme_internal.h"
#include "protocols/smpp/session_internal.h"

#include <string.h>

size_t
smpp_session_size(const struct smpp_application *application)
{
	if (application->side == SMPP_ESME)
		return smpp_pace_offset(application) + sizeof(struct smpp_pace);
	return SMPP_STATE_OFFSET + application->state_size;
}

void *
smpp_state(const struct sb_session *s)
{
	return (uint8_t *)sb_state(s) + SMPP_STATE_OFFSET;
}

struct smpp_service *
smpp_session_service(const struct sb_session *s)
{
	return ((struct smpp_session *)sb_state(s))->service;
}

enum smpp_state
smpp_session_state(const struct sb_session *s)
{
	return ((struct smpp_session *)sb_state(s))->state;
}

enum smpp_version
smpp_session_version(const struct sb_session *s)
{
	return ((struct smpp_session *)sb_state(s))->version;
}

/* No connection yet: only what the options say. The clock of session_init begins with `connected`,
 * which a TLS handshake may delay. */
int
smpp_session_start(struct sb_session *s, const void *args)
{
	struct smpp_session *p = sb_state(s);

	p->service = (struct smpp_service *)(uintptr_t)args;
	p->shard = (uint16_t)sb_session_shard(s);
	p->next_sequence = 1;
	p->version = (uint8_t)smpp_options(p)->version;
	p->window_in = smpp_options(p)->window_in;
	p->window_out = smpp_options(p)->window_out;
	p->strict_tlvs = smpp_options(p)->strict_tlvs;
	if (p->service->esme) {
		p->pace = (struct smpp_pace *)((uint8_t *)p + smpp_pace_offset(smpp_app(p)));
		smpp_pace_init(p->pace, &p->service->esme->options.pace);
	}
	return 0;
}

static int
session_connected(struct sb_session *s, const struct sb_peer *peer)
{
	struct smpp_session *p = smpp_enter(s);
	int err = 0;

	p->is_known = true;
	p->state = SMPP_OPEN;
	p->phase = SMPP_PHASE_OPEN;
	p->phase_since = p->last_octet = p->last_request = sb_now(s);
	/* Armed before the application is asked: what it does inside may bring the deadline nearer,
	 * never later. */
	smpp_timer_arm(s, p);
	if (smpp_app(p)->connected)
		err = smpp_app(p)->connected(s, peer, p->service->args);
	if (err < 0)
		p->phase = SMPP_PHASE_CLOSED;
	else if (p->is_outbound)
		smpp_esme_connected(s, p);
	smpp_leave(s, p);
	return err;
}

/* Whole frames at the front of `in`, until the input, the turn's budget or the session ends. */
static ssize_t
take_frames(struct sb_session *s, struct smpp_session *p, struct sb_bytes in)
{
	uint32_t max = smpp_options(p)->max_pdu;
	size_t used = 0;

	/* A PDU may fill the window or begin a bind, and then the next one must wait: held octets
	 * are kept by the core and come again with sb_resume. */
	while (!p->is_held && used < in.size) {
		struct sb_bytes rest = sb_bytes(in.data + used, in.size - used);
		ssize_t size = smpp_frame(rest, max, NULL);

		if (size < 0) {
			smpp_refuse_length(s, p, rest);
			return SB_EPROTO;
		}
		if (size == 0 || !sb_frame(s))
			break;
		used += (size_t)size;
		smpp_dispatch(s, p, sb_bytes(rest.data, (size_t)size));
		/* Told after each frame, not after all of them: the order is that of the peer's
		 * requests and our answers, and the list stays short. */
		if (p->sent)
			smpp_tell_sent(s, p);
		if (sb_is_closing(s))
			break;
	}
	return (ssize_t)used;
}

static ssize_t
session_received(struct sb_session *s, struct sb_bytes in)
{
	struct smpp_session *p = smpp_enter(s);
	ssize_t used;

	/* Any octet proves the link, also a part of a PDU: no ping under load. */
	p->last_octet = sb_now(s);
	used = take_frames(s, p, in);
	smpp_leave(s, p);
	return used;
}

static void
session_input_ended(struct sb_session *s)
{
	struct smpp_session *p = smpp_enter(s);

	smpp_input_ended(s, p);
	smpp_leave(s, p);
}

/* Without a connection the bind is over, and the session, too, unless it connects again. Requests
 * of ours that will get no answer are told of before `closed`, which only the turn's end brings. */
static void
session_disconnected(struct sb_session *s, enum sb_end why)
{
	struct smpp_session *p = smpp_enter(s);

	p->phase = SMPP_PHASE_CLOSED;
	smpp_responses_lost(s, p);
	if (smpp_app(p)->side == SMPP_ESME)
		smpp_esme_disconnected(s, p, why);
	else
		sb_close(s, why);
	smpp_leave(s, p);
}

static void
session_drained(struct sb_session *s)
{
	struct smpp_session *p = smpp_enter(s);

	/* The peer reads: what it sent meanwhile was not looked at. */
	p->last_octet = sb_now(s);
	smpp_tell_window(s, p);
	smpp_leave(s, p);
}

/* The node drains: the peer gets its unbind. The core's own deadline cuts what takes too long. */
static void
session_stopping(struct sb_session *s)
{
	struct smpp_session *p = smpp_enter(s);

	/* A connection that is ending already: the session would have stayed. */
	if (p->phase == SMPP_PHASE_CLOSED)
		p->why = SB_END_DRAIN;
	p->is_ending = true;
	smpp_unbind_begin(s, p, SB_END_DRAIN);
	smpp_leave(s, p);
}

/* A call must have an answer: without a taker it is told so, rather than left to its timeout. */
static void
session_message(struct sb_session *s, struct sb_message *m)
{
	struct smpp_session *p = smpp_enter(s);

	if (smpp_app(p)->message)
		smpp_app(p)->message(s, m);
	else
		(void)sb_reply(s, sb_message_from(m), SB_ENOTSUP, SB_NOTHING);
	smpp_leave(s, p);
}

/* A session whose `connected` never came is unknown to the application: it hears of no end either.
 * The order is the contract of session.h: `sent`, response_lost, `closed`; only then what they may
 * still look at goes. */
static void
session_closed(struct sb_session *s, enum sb_end why)
{
	struct smpp_session *p = sb_state(s);

	if (!p->is_known)
		return;
	if (p->sent)
		smpp_tell_sent(s, p);
	smpp_responses_lost(s, p);
	smpp_bind_over(p);
	if (smpp_app(p)->closed)
		smpp_app(p)->closed(s, why);
	smpp_pending_free(s, &p->in);
	smpp_pending_free(s, &p->out);
	sb_release(s, p->sent);
}

/* For an operator: reads only, at any moment of the session's life. */
static void
session_describe(const struct sb_session *s, struct sb_fields *fields)
{
	const struct smpp_session *p = sb_state(s);

	sb_fields_add(fields, "state", SB_STR(smpp_state_name(p->state)));
	sb_fields_add(fields, "unbinding", SB_BOOL(smpp_is_unbinding(p)));
	sb_fields_add(fields, "system_id", SB_STR(sb_identity(s)));
	sb_fields_add(fields, "version", SB_STR(smpp_version_text(p)));
	sb_fields_add(fields, "bind_attempts", SB_UINT(p->attempts));
	sb_fields_add(fields, "window_in", SB_UINT(smpp_pending_count(p->in)));
	sb_fields_add(fields, "window_in_limit", SB_UINT(p->window_in));
	sb_fields_add(fields, "window_out", SB_UINT(smpp_pending_count(p->out)));
	sb_fields_add(fields, "window_out_limit", SB_UINT(p->window_out));
	if (p->pace)
		sb_fields_add(
			fields, "pace_window", SB_UINT(smpp_pace_window(p->pace, p->window_out)));
	sb_fields_add(fields, "is_held", SB_BOOL(p->is_held));
	sb_fields_add(fields, "requests_in", SB_UINT(p->requests_in));
	sb_fields_add(fields, "requests_out", SB_UINT(p->requests_out));
	if (smpp_app(p)->describe)
		smpp_app(p)->describe(s, fields);
}

const struct sb_module smpp_session_callbacks = {
	.abi = SB_MODULE_ABI,
	.start = smpp_session_start,
	.connected = session_connected,
	.received = session_received,
	.input_ended = session_input_ended,
	.disconnected = session_disconnected,
	.drained = session_drained,
	.stopping = session_stopping,
	.message = session_message,
	.closed = session_closed,
	.describe = session_describe,
};
