/*
 * All deadlines of a session on one timer, which looks at what is due when it fires
 * and is armed anew for what is left: a call that is answered in time costs it
 * nothing.
 */
#include "protocols/erps/session_internal.h"
#include "protocols/erps/session_outbox_internal.h"

#define NS_PER_MS 1000000ull

uint64_t
erps_after(const struct sb_session *s, uint32_t ms)
{
	return ms == SB_UNLIMITED ? UINT64_MAX : sb_now(s) + ms * NS_PER_MS;
}

/* When the end comes, whoever still waits. */
static uint64_t
drain_due(const struct erps_session *p)
{
	return p->phase > ERPS_PHASE_OPEN ? p->drain_due : UINT64_MAX;
}

/* In the order in which one may make another needless. */
static void
timer_fired(struct sb_session *s, struct sb_timer *timer)
{
	struct erps_session *p = sb_state(s);
	uint64_t next;

	(void)timer;
	/* The connection has ended, and only lingers: nobody waits. */
	if (!sb_is_connected(s))
		return;
	next = erps_answer_overdue(s, p);
	if (p->outbox && !sb_is_closing(s))
		erps_outbox_go(s, p);
	if (sb_is_closing(s))
		return;
	if (drain_due(p) <= sb_now(s))
		erps_finish(s, p, p->phase == ERPS_PHASE_LEAVING ? SB_END_LOCAL : SB_END_DRAIN);
	else
		erps_timer_nearer(s, p, drain_due(p) < next ? drain_due(p) : next);
}

/* Rounded up to whole milliseconds: a timer that fires early would find nothing due. */
void
erps_timer_nearer(struct sb_session *s, struct erps_session *p, uint64_t due)
{
	uint64_t now = sb_now(s);

	if (due == UINT64_MAX || (sb_timer_is_started(&p->timer) && p->timer.due <= due))
		return;
	sb_timer_start(
		s, &p->timer, due > now ? (due - now + NS_PER_MS - 1) / NS_PER_MS : 0, timer_fired);
}
