/*
 * Flow both ways: when the peer is read, and when we may send. A full window
 * towards us stops reading, so that TCP tells the peer to wait: nothing is
 * dropped and nothing answered with an error. A full window towards the peer is
 * told to the application, once, when there is room again.
 */
#include "protocols/smpp/session_internal.h"

/* One reason at a time, the session's own before the application's: the core counts holds by it. */
static const char *
hold_reason(const struct smpp_session *p)
{
	/* An unbind must hear the peer, whoever would rather not. */
	if (p->phase > SMPP_PHASE_BOUND)
		return NULL;
	if (p->phase == SMPP_PHASE_BINDING)
		return "bind";
	/* The response to our bind must be heard; and without a connection there is nothing to
	 * hold. */
	if (p->phase == SMPP_PHASE_ASKING || p->phase == SMPP_PHASE_AWAY)
		return NULL;
	if (smpp_pending_count(p->in) >= p->window_in)
		return "window";
	return p->hold_reason;
}

void
smpp_update_hold(struct sb_session *s, struct smpp_session *p)
{
	const char *reason = hold_reason(p);

	/* Held for another reason is still held: the core is told of changes only. */
	if (!reason == !p->is_held)
		return;
	p->is_held = reason != NULL;
	if (reason) {
		if (smpp_pending_count(p->in) >= p->window_in)
			sb_counter_add(p->service->metrics.window_in_full, p->shard, 1);
		sb_hold(s, reason);
		return;
	}
	/* What the peer sent meanwhile was not looked at: the link is as good as when we held. */
	p->last_octet = sb_now(s);
	sb_resume(s);
}

/* A second reason replaces the first: the application's holds do not nest. */
void
smpp_hold(struct sb_session *s, const char *reason)
{
	struct smpp_session *p = sb_state(s);

	p->hold_reason = reason;
	smpp_update_hold(s, p);
}

void
smpp_resume(struct sb_session *s)
{
	struct smpp_session *p = sb_state(s);

	p->hold_reason = NULL;
	smpp_update_hold(s, p);
}

void
smpp_set_windows(struct sb_session *s, uint32_t in, uint32_t out)
{
	struct smpp_session *p = sb_state(s);

	/* May be smaller than what is outstanding: then nothing is read, or sent, until enough is
	 * answered. */
	if (in)
		p->window_in = in;
	if (out)
		p->window_out = out;
	smpp_update_hold(s, p);
	/* Not from in here: window_open comes with the timer. */
	if (p->is_window_awaited && smpp_window_room(s))
		smpp_timer_nearer(s, p, sb_now(s));
}

void
smpp_set_strict_tlvs(struct sb_session *s, bool strict)
{
	((struct smpp_session *)sb_state(s))->strict_tlvs = strict;
}

uint32_t
smpp_window_used(const struct sb_session *s)
{
	return smpp_pending_count(((struct smpp_session *)sb_state(s))->out);
}

static uint32_t
window_of(const struct smpp_session *p)
{
	return p->pace ? smpp_pace_window(p->pace, p->window_out) : p->window_out;
}

/* High output counts as a full window: a peer that does not read gets no more, whatever its window
 * says. */
static bool
is_window_open(const struct sb_session *s, const struct smpp_session *p)
{
	return smpp_pending_count(p->out) < window_of(p) && !sb_output_is_high(s);
}

uint32_t
smpp_window_room(const struct sb_session *s)
{
	const struct smpp_session *p = sb_state(s);
	uint32_t room, paced;

	/* The same conditions as in smpp_take_room: what this promises, that takes. */
	if (p->phase != SMPP_PHASE_BOUND || !is_window_open(s, p))
		return 0;
	room = window_of(p) - smpp_pending_count(p->out);
	paced = p->pace ? smpp_pace_room(p->pace, sb_now(s)) : UINT32_MAX;
	return paced < room ? paced : room;
}

bool
smpp_take_room(struct sb_session *s, struct smpp_session *p)
{
	if (is_window_open(s, p) && (!p->pace || smpp_pace_take(p->pace, sb_now(s))))
		return true;
	p->is_window_awaited = true;
	smpp_timer_nearer(s, p, smpp_pace_look(s, p));
	return false;
}

/* ---- pace: how the peer takes it ---- */

uint64_t
smpp_pace_look(const struct sb_session *s, const struct smpp_session *p)
{
	uint64_t due;

	if (!p->pace || !p->is_window_awaited || p->phase != SMPP_PHASE_BOUND)
		return UINT64_MAX;
	due = smpp_pace_due(p->pace, sb_now(s));
	return due ? due : UINT64_MAX;
}

static void
say_slowed(struct sb_session *s, struct smpp_session *p, const struct smpp_pdu *pdu)
{
	sb_counter_add(p->service->metrics.slowed, p->shard, 1);
	SB_LOG_LIMITED(s, INFO, "esme.slowed", "status",
		SB_STR(smpp_status_name(pdu->header.status)), "window", SB_UINT(window_of(p)));
}

void
smpp_pace_response(struct sb_session *s, struct smpp_session *p, const struct smpp_pdu *pdu)
{
	uint32_t state;
	bool is_slower = false;

	if (!p->pace)
		return;
	if (pdu->tlvs.size && smpp_find_tlv_integer(pdu->tlvs, SMPP_TAG_CONGESTION_STATE, &state))
		is_slower = smpp_pace_congested(p->pace, sb_now(s), state, p->window_out);
	if (smpp_pace_answered(p->pace, sb_now(s), pdu->header.status, p->window_out))
		is_slower = true;
	if (is_slower)
		say_slowed(s, p, pdu);
}

void
smpp_tell_window(struct sb_session *s, struct smpp_session *p)
{
	if (!p->is_window_awaited || sb_is_closing(s) || !smpp_window_room(s))
		return;
	/* Cleared before the call: a smpp_send inside that is refused waits anew. */
	p->is_window_awaited = false;
	if (smpp_app(p)->window_open)
		smpp_app(p)->window_open(s);
}
