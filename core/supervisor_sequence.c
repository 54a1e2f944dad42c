/*
 * The order in which a supervisor's children start and stop: one after the other has
 * started, and the other way round one after the other has ended.
 */
#include "core/envelope_internal.h"
#include "core/error.h"
#include "core/node_internal.h"
#include "core/session_internal.h"
#include "core/supervisor_internal.h"

#define DUE_STEP_NS 10000000ull /* wakes are that far apart at least, however many wait */

static void supervisor_wake(struct sb_session *s, struct sb_timer *timer);
static void start_next(struct sb_supervisor *supervisor);
static void stop_next(struct sb_supervisor *supervisor);

void
sb_supervisor_answer(struct sb_supervisor *supervisor, struct sb_from *who, int status,
	struct sb_payload payload)
{
	(void)sb_reply(supervisor->session, *who, status, payload);
	*who = (struct sb_from){0};
}

void
sb_supervisor_forget(struct sb_supervisor *supervisor, struct sb_child *child)
{
	sb_supervisor_answer(supervisor, &child->stopper, 0, SB_NOTHING);
	sb_child_remove(supervisor, child);
}

/* ---- starting ---- */

static void
start(struct sb_supervisor *supervisor, struct sb_child *child)
{
	int err = sb_child_order_start(supervisor, child);

	if (err)
		sb_supervisor_start_failed(supervisor, child, err);
}

/* At once, or when its delay is over. */
void
sb_supervisor_start_when_due(struct sb_supervisor *supervisor, struct sb_child *child)
{
	if (child->due <= sb_supervisor_now(supervisor)) {
		start(supervisor, child);
		return;
	}
	child->state = SB_CHILD_DELAYED;
	sb_supervisor_wake_at(supervisor, child->due);
}

/* The ordered start goes on, one child after the other has started. */
static void
start_next(struct sb_supervisor *supervisor)
{
	while (supervisor->mode == SB_SUPERVISOR_STARTING && supervisor->cursor) {
		struct sb_child *child = supervisor->cursor;

		if (child->state == SB_CHILD_IDLE)
			sb_supervisor_start_when_due(supervisor, child);
		/* Not running yet: the notice of its start goes on from here. A start that failed
		 * at once may have moved the cursor itself. */
		if (supervisor->cursor == child && child->state != SB_CHILD_RUNNING)
			return;
		if (supervisor->cursor == child)
			supervisor->cursor = child->next;
	}
	if (supervisor->mode == SB_SUPERVISOR_STARTING)
		supervisor->mode = SB_SUPERVISOR_RUNNING;
}

void
sb_supervisor_start_all(struct sb_supervisor *supervisor)
{
	supervisor->mode = SB_SUPERVISOR_STARTING;
	supervisor->cursor = supervisor->first;
	start_next(supervisor);
}

void
sb_supervisor_added(struct sb_supervisor *supervisor, struct sb_child *child)
{
	switch (supervisor->mode) {
	case SB_SUPERVISOR_STARTING: /* the cursor comes to it */
	case SB_SUPERVISOR_STOPPING: /* with the start that follows */
		break;
	case SB_SUPERVISOR_RUNNING:
		start(supervisor, child);
		break;
	}
}

void
sb_supervisor_started(struct sb_supervisor *supervisor, struct sb_child *child)
{
	struct sb_child_started started = {child->address};

	child->state = SB_CHILD_RUNNING;
	child->began = sb_supervisor_now(supervisor);
	sb_supervisor_answer(supervisor, &child->starter, 0, SB_COPY(&started, sizeof(started)));
	/* Somebody has asked for its end while it was starting. */
	if (child->is_passed || !sb_address_is_null(child->stopper.caller))
		sb_child_order_stop(supervisor, child, false);
	else if (supervisor->mode == SB_SUPERVISOR_STARTING)
		start_next(supervisor);
	else if (supervisor->mode == SB_SUPERVISOR_STOPPING)
		stop_next(supervisor);
}

/* ---- stopping ---- */

/* All that was to stop has ended. What comes now depends on why it was stopped. */
static void
stop_finished(struct sb_supervisor *supervisor)
{
	switch (supervisor->goal) {
	case SB_GOAL_RUN:
		supervisor->mode = SB_SUPERVISOR_STARTING;
		supervisor->cursor =
			supervisor->cursor ? supervisor->cursor->next : supervisor->first;
		start_next(supervisor);
		break;
	case SB_GOAL_END:
		/* Its own end, and with it the notice to its parent, comes after the last
		 * child's. */
		sb_close(supervisor->session, SB_END_DRAIN);
		break;
	case SB_GOAL_FAIL:
		sb_fail(supervisor->session);
		break;
	}
}

/* Those that have an order wait for all that were started after them; the others stop together. */
static bool
may_pass(const struct sb_supervisor *supervisor, const struct sb_child *child)
{
	if (supervisor->passed == 0)
		return true;
	return supervisor->passed_ordered == 0 && !sb_child_is_ordered(child);
}

static void
pass(struct sb_supervisor *supervisor, struct sb_child *child)
{
	supervisor->cursor = child->previous;
	if (!sb_child_is_live(child)) {
		child->state = SB_CHILD_IDLE;
		if (child->plan->spec.restart == SB_TEMPORARY && child->began)
			sb_supervisor_forget(supervisor, child);
		return;
	}
	child->is_passed = true;
	supervisor->passed++;
	supervisor->passed_ordered += sb_child_is_ordered(child);
	/* One that is starting is stopped when it has started; one that is stopping needs no second
	 * order. */
	if (child->state == SB_CHILD_RUNNING)
		sb_child_order_stop(supervisor, child, false);
}

/* By order, not by pointer: the child where the stop ends may have gone meanwhile. */
static bool
has_more_to_stop(const struct sb_supervisor *supervisor)
{
	return supervisor->cursor && supervisor->cursor->order >= supervisor->stop_down_to;
}

static void
stop_next(struct sb_supervisor *supervisor)
{
	while (has_more_to_stop(supervisor) && may_pass(supervisor, supervisor->cursor))
		pass(supervisor, supervisor->cursor);
	if (!has_more_to_stop(supervisor) && supervisor->passed == 0)
		stop_finished(supervisor);
}

/* Also when a stop is under way: that goes on to here, and to the greater goal. */
void
sb_supervisor_stop_down_to(
	struct sb_supervisor *supervisor, uint64_t order, enum sb_supervisor_goal goal)
{
	if (supervisor->mode != SB_SUPERVISOR_STOPPING) {
		supervisor->mode = SB_SUPERVISOR_STOPPING;
		supervisor->goal = goal;
		supervisor->stop_down_to = order;
		supervisor->cursor = supervisor->last;
	}
	if (order < supervisor->stop_down_to)
		supervisor->stop_down_to = order;
	if (goal > supervisor->goal)
		supervisor->goal = goal;
	stop_next(supervisor);
}

void
sb_supervisor_stop_all(struct sb_supervisor *supervisor, enum sb_supervisor_goal goal)
{
	sb_supervisor_stop_down_to(supervisor, 0, goal);
}

/* One that is starting is stopped by its stopper when it has started; one that is stopping ends
 * anyway. */
void
sb_supervisor_stop_one(struct sb_supervisor *supervisor, struct sb_child *child)
{
	if (child->state == SB_CHILD_RUNNING)
		sb_child_order_stop(supervisor, child, false);
	else if (!sb_child_is_live(child))
		sb_supervisor_forget(supervisor, child);
}

/* The supervisor may be waiting for just this child. */
void
sb_supervisor_go_on(struct sb_supervisor *supervisor)
{
	switch (supervisor->mode) {
	case SB_SUPERVISOR_STARTING:
		start_next(supervisor);
		break;
	case SB_SUPERVISOR_STOPPING:
		stop_next(supervisor);
		break;
	case SB_SUPERVISOR_RUNNING:
		break;
	}
}

/* ---- what is due ---- */

static void
child_due(struct sb_supervisor *supervisor, struct sb_child *child)
{
	if (child->state == SB_CHILD_STARTING) {
		/* Should it start after all, its ref is not known any more and it is cut. */
		sb_child_new_ref(supervisor, child);
		sb_supervisor_start_failed(supervisor, child, SB_TIMEOUT);
	} else if (supervisor->mode != SB_SUPERVISOR_STOPPING) {
		start(supervisor, child);
	}
}

/* Only these have a deadline of the supervisor's: the others' are their own shard's. */
static bool
waits(const struct sb_child *child)
{
	return child->state == SB_CHILD_DELAYED || child->state == SB_CHILD_STARTING;
}

static void
supervisor_wake(struct sb_session *s, struct sb_timer *timer)
{
	struct sb_supervisor *supervisor = sb_state(s);
	uint32_t count = supervisor->child_count;
	uint64_t first = UINT64_MAX, now = sb_supervisor_now(supervisor);
	struct sb_child *child = supervisor->first, *next;

	(void)timer;
	/* When one is forgotten `next` may be, too: the rest has its turn in the next wake. */
	for (; child && supervisor->child_count == count; child = next) {
		next = child->next;
		if (!waits(child))
			continue;
		if (child->due <= now)
			child_due(supervisor, child);
		else if (child->due < first)
			first = child->due;
	}
	if (supervisor->child_count != count)
		first = now + 1;
	if (first != UINT64_MAX && sb_session_is_open(s))
		sb_supervisor_wake_at(supervisor, first);
}

void
sb_supervisor_wake_at(struct sb_supervisor *supervisor, uint64_t due)
{
	struct sb_timer *timer = &supervisor->timer;

	/* Rounded up to steps, so that a thousand children that came down together are looked at
	 * together. */
	due = (due + DUE_STEP_NS - 1) / DUE_STEP_NS * DUE_STEP_NS;
	if (!sb_timer_is_started(timer) || due < timer->due)
		sb_timer_start_at(supervisor->session, timer, due, supervisor_wake);
}
