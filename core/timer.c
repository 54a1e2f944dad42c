/*
 * Deadlines of a session. The heap holds one entry a session, at or before its
 * first deadline: moving a deadline later only stores it, and the entry is put
 * right when it comes up.
 */
#include "core/session_internal.h"

#define NS_PER_MS 1000000ull

static void
rearm(struct sb_session *s)
{
	uint64_t first = UINT64_MAX;

	for (struct sb_timer *timer = s->timers; timer; timer = timer->next)
		if (timer->due < first)
			first = timer->due;
	if (s->connection && s->connection->due && s->connection->due < first)
		first = s->connection->due;
	/* A list without order: sessions have few timers, and most are moved later and not
	 * fired. */
	if (first != UINT64_MAX && sb_heap_set(s->shard, s, first))
		sb_abort(s, SB_END_LIMIT);
}

void
sb_timer_wake_at(struct sb_session *s, uint64_t due)
{
	if (s->heap_index && s->shard->heap.entries[s->heap_index - 1].due <= due)
		return;
	/* A session whose deadlines cannot be kept would live for ever: it ends now. */
	if (sb_heap_set(s->shard, s, due))
		sb_abort(s, SB_END_LIMIT);
}

void
sb_timer_start_at(struct sb_session *s, struct sb_timer *timer, uint64_t due,
	void (*fire)(struct sb_session *s, struct sb_timer *timer))
{
	timer->fire = fire;
	/* Starting anew moves it; its heap entry may be too early then, and is put right when it
	 * comes up. */
	timer->due = due;
	if (!timer->link) {
		timer->next = s->timers;
		timer->link = &s->timers;
		if (s->timers)
			s->timers->link = &timer->next;
		s->timers = timer;
	}
	sb_timer_wake_at(s, due);
}

void
sb_timer_start(struct sb_session *s, struct sb_timer *timer, uint64_t delay_ms,
	void (*fire)(struct sb_session *s, struct sb_timer *timer))
{
	uint64_t now = s->shard->now, due;

	if (!sb_session_is_open(s))
		return;
	if (__builtin_mul_overflow(delay_ms, NS_PER_MS, &due) ||
		__builtin_add_overflow(due, now, &due))
		due = UINT64_MAX - 1;
	/* Later than now, or a timer that re-arms itself with 0 would hold the turn for ever. */
	sb_timer_start_at(s, timer, due > now ? due : now + 1, fire);
}

/* The heap entry stays, and finds nothing to do when it comes up: cheaper than taking it out. */
void
sb_timer_stop(struct sb_session *s, struct sb_timer *timer)
{
	(void)s;
	if (!timer->link)
		return;
	*timer->link = timer->next;
	if (timer->next)
		timer->next->link = timer->link;
	timer->link = NULL;
}

void
sb_timers_clear(struct sb_session *s)
{
	while (s->timers)
		sb_timer_stop(s, s->timers);
}

void
sb_timers_fire(struct sb_session *s)
{
	uint64_t now = s->shard->now;
	struct sb_timer *timer = s->timers;

	while (timer) {
		if (timer->due > now) {
			timer = timer->next;
			continue;
		}
		/* Stopped before it is called, so that it can be started again inside. */
		sb_timer_stop(s, timer);
		timer->fire(s, timer);
		/* The list may be another one now. */
		timer = s->timers;
	}
	/* After the module's: what these have written or closed counts. */
	if (s->connection && s->connection->due && s->connection->due <= now)
		sb_connection_look(s->connection);
	rearm(s);
}
