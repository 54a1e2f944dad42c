/*
 * All deadlines of a session on one timer: the phase's, the link's, the first of
 * each table. Octets and requests only store their time; the timer looks at what
 * has become of it when it fires, and is armed anew for what is left. So a busy
 * session re-arms it some times a minute and not with each PDU.
 */
#include "protocols/smpp/session_internal.h"

#define NS_PER_MS 1000000ull

/* Tables of a session that has been quiet so long are given back: ten thousand bound sessions
 * that wait for traffic hold none. */
#define IDLE_NS (5000 * NS_PER_MS)

uint64_t
smpp_after(uint64_t since, uint32_t ms)
{
	return ms == SB_UNLIMITED ? UINT64_MAX : since + ms * NS_PER_MS;
}

/* Deadlines that do not run are UINT64_MAX, so that the first of some is their minimum. */
static uint64_t
earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t
link_deadline(const struct smpp_session *p)
{
	/* Before, session_init bounds it, and afterwards unbind_ms. */
	if (p->phase != SMPP_PHASE_BOUND)
		return UINT64_MAX;
	/* A ping is out: no octet moves this deadline. It is in check_link that one proves the
	 * link. */
	if (p->ping_at)
		return smpp_after(p->ping_at, smpp_options(p)->enquire_link_resp_ms);
	return smpp_after(p->last_octet, smpp_options(p)->enquire_link_ms);
}

static uint64_t
phase_deadline(const struct smpp_session *p)
{
	switch ((enum smpp_phase)p->phase) {
	case SMPP_PHASE_OPEN:
	case SMPP_PHASE_ASKING:
		return smpp_after(p->phase_since, smpp_options(p)->session_init_ms);
	case SMPP_PHASE_BOUND:
		return smpp_after(p->last_request, smpp_options(p)->inactivity_ms);
	case SMPP_PHASE_DRAINING:
	case SMPP_PHASE_UNBINDING:
	case SMPP_PHASE_LEAVING:
		return smpp_after(p->phase_since, smpp_options(p)->unbind_ms);
	case SMPP_PHASE_BINDING: /* the answer has a deadline of its own */
	case SMPP_PHASE_FINISHING:
	case SMPP_PHASE_CLOSED:
	case SMPP_PHASE_AWAY:
		break;
	}
	return UINT64_MAX;
}

static uint64_t
table_deadline(const struct smpp_pending *table)
{
	const struct smpp_pending_entry *oldest = smpp_pending_oldest(table);

	return oldest ? oldest->due : UINT64_MAX;
}

/* The clock's multiples of the resolution: many that are due close together cost one look. */
uint64_t
smpp_response_look(const struct smpp_session *p, uint64_t due)
{
	uint64_t step = smpp_options(p)->response_resolution_ms * NS_PER_MS;

	if (step <= NS_PER_MS || due > UINT64_MAX - step)
		return due;
	return (due + step - 1) / step * step;
}

static void
ping(struct sb_session *s, struct smpp_session *p)
{
	/* Set also when nothing is sent: from here on enquire_link_resp_ms runs. */
	p->ping_at = sb_now(s);
	/* A peer that does not read what waits for it would not read this either: it has as long
	 * to begin with it. */
	if (sb_output_is_high(s))
		return;
	p->ping_sequence = smpp_next_sequence(p);
	(void)smpp_write_header(s, p, SMPP_ENQUIRE_LINK, SMPP_ROK, p->ping_sequence);
}

static void
check_link(struct sb_session *s, struct smpp_session *p)
{
	/* While we hold we would not see the answer: the link rests. */
	if (p->is_held)
		p->last_octet = sb_now(s);
	/* Any octet since answers the ping, not just its response: a peer that is busy sending is
	 * alive. */
	if (p->ping_at && p->last_octet >= p->ping_at)
		p->ping_at = 0;
	if (link_deadline(p) > sb_now(s))
		return;
	if (!p->ping_at) {
		ping(s, p);
		return;
	}
	/* Nothing more is said to a peer that does not hear; smpp_finish still flushes what
	 * fits. */
	sb_counter_add(p->service->metrics.links_dead, p->shard, 1);
	SB_LOG(s, WARNING, "smpp.link_dead");
	smpp_finish(s, p, SB_END_DEADLINE);
}

/* Before the bind nobody is told goodbye; an inactive peer is, with an unbind. */
static void
phase_overdue(struct sb_session *s, struct smpp_session *p)
{
	if (p->phase < SMPP_PHASE_BOUND) {
		SB_LOG_LIMITED(s, INFO, "smpp.not_bound", "attempts", SB_UINT(p->attempts));
		smpp_finish(s, p, SB_END_DEADLINE);
	} else if (p->phase == SMPP_PHASE_BOUND) {
		SB_LOG(s, INFO, "smpp.inactive");
		smpp_unbind_begin(s, p, SB_END_DEADLINE);
	} else {
		smpp_unbind_overdue(s, p);
	}
}

/* Only when the timer happens to fire: idle sessions ping, so it does. */
static void
free_idle_tables(struct sb_session *s, struct smpp_session *p)
{
	if (sb_now(s) - p->last_octet < IDLE_NS)
		return;
	if (smpp_pending_count(p->in) == 0)
		smpp_pending_free(s, &p->in);
	if (smpp_pending_count(p->out) == 0)
		smpp_pending_free(s, &p->out);
}

/* In the order in which one may make another needless. */
static void
check_all(struct sb_session *s, struct smpp_session *p)
{
	smpp_responses_overdue(s, p);
	if (!sb_is_closing(s))
		smpp_answer_overdue(s, p);
	if (!sb_is_closing(s) && phase_deadline(p) <= sb_now(s))
		phase_overdue(s, p);
	if (!sb_is_closing(s))
		check_link(s, p);
	if (sb_is_closing(s))
		return;
	smpp_tell_window(s, p);
	free_idle_tables(s, p);
	smpp_timer_arm(s, p);
}

/* The timer is the session's only one: which it was is known. */
static void
timer_fired(struct sb_session *s, struct sb_timer *timer)
{
	struct smpp_session *p = smpp_enter(s);

	(void)timer;
	check_all(s, p);
	smpp_leave(s, p);
}

/* Rounded up to whole milliseconds: a timer that fires early would find nothing due and be armed
 * again at once. */
static void
start(struct sb_session *s, struct smpp_session *p, uint64_t due)
{
	uint64_t now = sb_now(s);

	sb_timer_start(
		s, &p->timer, due > now ? (due - now + NS_PER_MS - 1) / NS_PER_MS : 0, timer_fired);
}

void
smpp_timer_nearer(struct sb_session *s, struct smpp_session *p, uint64_t due)
{
	if (due == UINT64_MAX || (sb_timer_is_started(&p->timer) && p->timer.due <= due))
		return;
	start(s, p, due);
}

void
smpp_timer_arm(struct sb_session *s, struct smpp_session *p)
{
	uint64_t due = earlier(
		earlier(earlier(phase_deadline(p), link_deadline(p)), smpp_pace_look(s, p)),
		earlier(table_deadline(p->in), smpp_response_look(p, table_deadline(p->out))));

	if (due == UINT64_MAX)
		sb_timer_stop(s, &p->timer);
	else
		start(s, p, due);
}
