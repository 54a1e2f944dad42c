/*
 * The ends of a session: our unbind, the peer's, both at once, the peer's end of
 * input. What is outstanding is finished first, for a bounded time; what is still
 * unanswered then gets RSYSERR; nothing is sent after unbind_resp.
 *
 * The phases are a chain, BOUND -> DRAINING -> UNBINDING for ours, BOUND ->
 * LEAVING for the peer's, each with unbind_ms as its deadline; every answer and
 * response asks smpp_unbind_progress whether it was the last. State stays BOUND
 * until the unbind is answered, so that the responses under way are legal.
 */
#include "protocols/smpp/session_internal.h"

bool
smpp_is_unbinding(const struct smpp_session *p)
{
	return p->phase > SMPP_PHASE_BOUND;
}

/* With a phase go its hold (an unbind must read, whatever the window says) and its deadline. */
void
smpp_set_phase(struct sb_session *s, struct smpp_session *p, enum smpp_phase phase)
{
	p->phase = (uint8_t)phase;
	p->phase_since = sb_now(s);
	smpp_update_hold(s, p);
	smpp_timer_arm(s, p);
}

/* Both flush and linger. A session that stays hears of it when the connection is gone. */
static void
end(struct sb_session *s, struct smpp_session *p, enum sb_end why)
{
	if (smpp_esme_stays(p, why))
		sb_disconnect(s, why);
	else
		sb_close(s, why);
}

/* CLOSED first: answers that are written from here find nothing to go on with. All of them are in
 * the output before sb_close, which flushes it and lingers; no PDU could be added afterwards. */
void
smpp_finish(struct sb_session *s, struct smpp_session *p, enum sb_end why)
{
	p->phase = SMPP_PHASE_CLOSED;
	smpp_answer_rest(s, p);
	end(s, p, why);
}

/* Both ways: neither side should have to ask what became of a request. */
static bool
is_idle(const struct smpp_session *p)
{
	return smpp_pending_count(p->in) == 0 && smpp_pending_count(p->out) == 0;
}

static void
send_unbind(struct sb_session *s, struct smpp_session *p)
{
	p->unbind_sequence = smpp_next_sequence(p);
	/* If it cannot be written the session is ending already, or ends by its deadline. */
	(void)smpp_write_header(s, p, SMPP_UNBIND, SMPP_ROK, p->unbind_sequence);
	smpp_set_phase(s, p, SMPP_PHASE_UNBINDING);
}

/* The answer to the peer's unbind, behind the answers to all else: it is the last PDU. Many wait
 * for the end of the connection right behind it, so we close and do not wait for theirs. */
static void
let_go(struct sb_session *s, struct smpp_session *p)
{
	p->phase = SMPP_PHASE_CLOSED;
	smpp_answer_rest(s, p);
	(void)smpp_write_header(s, p, SMPP_UNBIND_RESP, SMPP_ROK, p->unbind_sequence);
	p->state = SMPP_UNBOUND;
	SB_LOG(s, INFO, "smpp.unbound", "by", SB_STR("peer"));
	end(s, p, p->why);
}

/* A switch without default, so that a new phase must say what it does here. */
void
smpp_unbind_progress(struct sb_session *s, struct smpp_session *p)
{
	switch ((enum smpp_phase)p->phase) {
	case SMPP_PHASE_DRAINING:
		if (is_idle(p))
			send_unbind(s, p);
		break;
	case SMPP_PHASE_LEAVING:
		if (is_idle(p))
			let_go(s, p);
		break;
	case SMPP_PHASE_FINISHING:
		if (smpp_pending_count(p->in) == 0)
			smpp_finish(s, p, p->why);
		break;
	case SMPP_PHASE_AWAY:
	case SMPP_PHASE_OPEN:
	case SMPP_PHASE_ASKING:
	case SMPP_PHASE_BINDING:
	case SMPP_PHASE_BOUND:
	case SMPP_PHASE_UNBINDING:
	case SMPP_PHASE_CLOSED:
		break;
	}
}

/* What has taken too long is left behind, and the unbind goes on: a partner that stopped answering
 * cannot keep the session. */
void
smpp_unbind_overdue(struct sb_session *s, struct smpp_session *p)
{
	switch ((enum smpp_phase)p->phase) {
	case SMPP_PHASE_DRAINING:
		send_unbind(s, p);
		break;
	case SMPP_PHASE_LEAVING:
		let_go(s, p);
		break;
	case SMPP_PHASE_UNBINDING:
		SB_LOG(s, INFO, "smpp.unbind_timeout");
		smpp_finish(s, p, p->why);
		break;
	case SMPP_PHASE_AWAY:
	case SMPP_PHASE_OPEN:
	case SMPP_PHASE_ASKING:
	case SMPP_PHASE_BINDING:
	case SMPP_PHASE_BOUND:
	case SMPP_PHASE_FINISHING:
	case SMPP_PHASE_CLOSED:
		break;
	}
}

static void
tell_unbinding(struct sb_session *s, struct smpp_session *p)
{
	if (smpp_app(p)->unbinding)
		smpp_app(p)->unbinding(s);
}

static void
begin(struct sb_session *s, struct smpp_session *p, enum sb_end why)
{
	/* Twice is once, and the peer's unbind is as good as ours. */
	if (sb_is_closing(s) || smpp_is_unbinding(p))
		return;
	if (p->phase != SMPP_PHASE_BOUND) {
		smpp_finish(s, p, why);
		return;
	}
	p->why = (uint8_t)why;
	SB_LOG(s, INFO, "smpp.unbinding", "why", SB_STR(sb_end_name(why)), "requests_out",
		SB_UINT(smpp_pending_count(p->out)), "requests_in",
		SB_UINT(smpp_pending_count(p->in)));
	smpp_set_phase(s, p, SMPP_PHASE_DRAINING);
	/* Nothing outstanding: unbind at once. */
	smpp_unbind_progress(s, p);
}

void
smpp_unbind(struct sb_session *s, enum sb_end why)
{
	struct smpp_session *p = sb_state(s);

	/* Also where the connection is ending already: it was its last. */
	if (!p->is_ending)
		p->why = (uint8_t)why;
	p->is_ending = true;
	begin(s, p, why);
}

void
smpp_unbind_begin(struct sb_session *s, struct smpp_session *p, enum sb_end why)
{
	bool was_bound = p->phase == SMPP_PHASE_BOUND;

	begin(s, p, why);
	/* After the phase has changed, so that smpp_send says SB_GONE inside; and not when the
	 * application itself asked, which knows. */
	if (was_bound)
		tell_unbinding(s, p);
}

void
smpp_unbind_asked(struct sb_session *s, struct smpp_session *p, uint32_t sequence)
{
	bool is_news = p->phase == SMPP_PHASE_BOUND;

	if (p->phase < SMPP_PHASE_BOUND || p->phase == SMPP_PHASE_LEAVING) {
		/* Not bound, or unbinding twice: told so, in the response that the peer waits for
		 * (3.4, 4.2). Before the bind the session has no other use left. */
		(void)smpp_write_header(s, p, SMPP_UNBIND_RESP, SMPP_RINVBNDSTS, sequence);
		if (p->phase != SMPP_PHASE_LEAVING)
			smpp_finish(s, p, SB_END_PEER);
		return;
	}
	/* If ours is on its way, too, they cross: each side answers the other's. */
	if (is_news)
		p->why = SB_END_PEER;
	p->unbind_sequence = sequence;
	smpp_set_phase(s, p, SMPP_PHASE_LEAVING);
	if (is_news)
		tell_unbinding(s, p);
	if (!sb_is_closing(s))
		smpp_unbind_progress(s, p);
}

void
smpp_unbind_answered(struct sb_session *s, struct smpp_session *p)
{
	p->state = SMPP_UNBOUND;
	SB_LOG(s, INFO, "smpp.unbound", "by", SB_STR("us"));
	smpp_finish(s, p, p->why);
}

void
smpp_input_ended(struct sb_session *s, struct smpp_session *p)
{
	bool is_news = p->phase == SMPP_PHASE_BOUND;

	if (p->phase <= SMPP_PHASE_BOUND) {
		p->why = SB_END_PEER;
		p->is_cut = true;
	}
	/* A bind without a peer is of no use; requests at hand are. */
	if (p->phase == SMPP_PHASE_BINDING || smpp_pending_count(p->in) == 0) {
		smpp_finish(s, p, p->why);
		return;
	}
	/* Its half of the connection is closed, ours is not: a client that shuts down its side
	 * after the last submit_sm still wants the answers. Their own deadlines (answer_ms) bound
	 * this, not unbind_ms. */
	smpp_set_phase(s, p, SMPP_PHASE_FINISHING);
	if (is_news)
		tell_unbinding(s, p);
}
