/*
 * All deadlines of a session on one timer, which looks at what is due when it fires
 * and is armed anew for what is left: a call that is answered in time costs it
 * nothing.
 */
#include "protocols/erps/session_internal.h"

#define NS_PER_MS 1000000ull

uint64_t
erps_after(const struct sb_session *s, uint32_t ms)
{
	return ms == SB_UNLIMITED ? UINT64_MAX : sb_now(s) + ms * NS_PER_MS;
}

static void
timer_fired(struct sb_session *s, struct sb_timer *timer)
{
	struct erps_session *p = sb_state(s);
	uint64_t next;

	(void)timer;
	next = erps_answer_overdue(s, p);
	if (sb_is_closing(s))
		return;
	if (p->phase == ERPS_PHASE_DRAINING) {
		if (p->drain_due <= sb_now(s)) {
			erps_finish(s, p, SB_END_DRAIN);
			return;
		}
		if (p->drain_due < next)
			next = p->drain_due;
	}
	erps_timer_nearer(s, p, next);
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
