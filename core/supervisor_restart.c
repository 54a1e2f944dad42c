/*
 * What a supervisor does on what happens to its children.
 *
 * A restart that a fault of the child's makes necessary (its `start` failed, or it
 * said sb_fail) comes at once and is counted: too many within the window are the
 * supervisor's own fault. Any other restart is not counted, because nothing is wrong
 * with the child; but one that ends soon after each start comes back later each time.
 */
#include "core/envelope_internal.h"
#include "core/error.h"
#include "core/node_internal.h"
#include "core/session_internal.h"
#include "core/supervisor_internal.h"

#define STABLE_NS    10000000000u /* a life of this length was no short one */
#define DELAY_MIN_NS 100000000ull /* of the second short life in a row; doubles */
#define DELAY_MAX_NS 30000000000ull
#define DUE_STEP_NS  10000000ull /* wakes are that far apart at least, however many wait */

static void supervisor_wake(struct sb_session *s, struct sb_timer *timer);
static void start_next(struct sb_supervisor *supervisor);
static void stop_next(struct sb_supervisor *supervisor);
static void start_failed(struct sb_supervisor *supervisor, struct sb_child *child, int err);

static uint64_t
now_of(const struct sb_supervisor *supervisor)
{
	return supervisor->session->shard->now;
}

static const char *
name_of(const struct sb_child *child)
{
	return child->plan->spec.id ? child->plan->spec.id : child->plan->spec.module->name;
}

void
sb_supervisor_wake_at(struct sb_supervisor *supervisor, uint64_t due)
{
	struct sb_timer *timer = &supervisor->timer;

	due = (due + DUE_STEP_NS - 1) / DUE_STEP_NS * DUE_STEP_NS;
	if (!sb_timer_is_started(timer) || due < timer->due)
		sb_timer_start_at(supervisor->session, timer, due, supervisor_wake);
}

static void
answer(struct sb_supervisor *supervisor, struct sb_from *who, int status, struct sb_payload payload)
{
	(void)sb_reply(supervisor->session, *who, status, payload);
	*who = (struct sb_from){0};
}

static void
forget(struct sb_supervisor *supervisor, struct sb_child *child)
{
	answer(supervisor, &child->stopper, 0, SB_NOTHING);
	sb_child_remove(supervisor, child);
}

/* ---- starting ---- */

static void
start(struct sb_supervisor *supervisor, struct sb_child *child)
{
	int err = sb_child_order_start(supervisor, child);

	if (err)
		start_failed(supervisor, child, err);
}

/* At once, or when its delay is over. */
static void
start_when_due(struct sb_supervisor *supervisor, struct sb_child *child)
{
	if (child->due <= now_of(supervisor)) {
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
			start_when_due(supervisor, child);
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
	child->began = now_of(supervisor);
	answer(supervisor, &child->starter, 0, SB_COPY(&started, sizeof(started)));
	if (child->is_passed || !sb_address_is_null(child->stopper.caller))
		sb_child_order_stop(supervisor, child, false);
	else if (supervisor->mode == SB_SUPERVISOR_STARTING)
		start_next(supervisor);
	else if (supervisor->mode == SB_SUPERVISOR_STOPPING)
		stop_next(supervisor);
}

/* ---- stopping ---- */

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
			forget(supervisor, child);
		return;
	}
	child->is_passed = true;
	supervisor->passed++;
	supervisor->passed_ordered += sb_child_is_ordered(child);
	if (child->state == SB_CHILD_RUNNING)
		sb_child_order_stop(supervisor, child, false);
}

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
static void
stop_down_to(struct sb_supervisor *supervisor, uint64_t order, enum sb_supervisor_goal goal)
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
	stop_down_to(supervisor, 0, goal);
}

void
sb_supervisor_stop_one(struct sb_supervisor *supervisor, struct sb_child *child)
{
	if (child->state == SB_CHILD_RUNNING)
		sb_child_order_stop(supervisor, child, false);
	else if (!sb_child_is_live(child))
		forget(supervisor, child);
}

/* ---- ends ---- */

/* Whether one more fault is one too many. */
static bool
count_fault(struct sb_supervisor *supervisor)
{
	uint64_t now = now_of(supervisor), oldest = supervisor->faults[supervisor->fault_next];

	if (supervisor->fault_count == supervisor->max_restarts &&
		now - oldest <= supervisor->window)
		return true;
	supervisor->faults[supervisor->fault_next] = now;
	supervisor->fault_next = (supervisor->fault_next + 1) % supervisor->max_restarts;
	if (supervisor->fault_count < supervisor->max_restarts)
		supervisor->fault_count++;
	return false;
}

static void
escalate(struct sb_supervisor *supervisor, const struct sb_child *child)
{
	SB_LOG(supervisor->session, ERROR, "supervisor.escalated", "child", SB_STR(name_of(child)),
		"max_restarts", SB_UINT(supervisor->max_restarts));
	sb_counter_add(supervisor->escalations_total, supervisor->session->shard->index, 1);
	sb_supervisor_stop_all(supervisor, SB_GOAL_FAIL);
}

static uint64_t
delay_after_life(struct sb_supervisor *supervisor, struct sb_child *child)
{
	uint64_t delay = DELAY_MIN_NS;

	if (now_of(supervisor) - child->began >= STABLE_NS)
		child->short_lives = 0;
	if (child->short_lives++ == 0)
		return 0;
	for (uint32_t i = 2; i < child->short_lives && delay < DELAY_MAX_NS; i++)
		delay *= 2;
	return delay < DELAY_MAX_NS ? delay : DELAY_MAX_NS;
}

static void
restart(struct sb_supervisor *supervisor, struct sb_child *child, bool is_fault)
{
	if (is_fault && count_fault(supervisor)) {
		escalate(supervisor, child);
		return;
	}
	supervisor->restarts++;
	sb_counter_add(supervisor->restarts_total, supervisor->session->shard->index, 1);
	child->due = is_fault ? 0 : now_of(supervisor) + delay_after_life(supervisor, child);
	switch (supervisor->strategy) {
	case SB_ONE_FOR_ONE:
		if (supervisor->mode != SB_SUPERVISOR_STOPPING)
			start_when_due(supervisor, child);
		break;
	case SB_ONE_FOR_ALL:
		stop_down_to(supervisor, 0, SB_GOAL_RUN);
		break;
	case SB_REST_FOR_ONE:
		stop_down_to(supervisor, child->order, SB_GOAL_RUN);
		break;
	}
}

/* The supervisor may be waiting for just this child. */
static void
go_on(struct sb_supervisor *supervisor)
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

static bool
is_to_restart(const struct sb_child *child, enum sb_end why, bool is_fault)
{
	switch (child->plan->spec.restart) {
	case SB_TEMPORARY:
		return false;
	case SB_TRANSIENT:
		return is_fault || !sb_end_is_normal(why);
	case SB_PERMANENT:
		return true;
	}
	return false;
}

/* It stays away. An initial one keeps its place, for when all are started again. */
static void
stay_away(struct sb_supervisor *supervisor, struct sb_child *child)
{
	bool is_asked = !sb_address_is_null(child->stopper.caller);

	if (is_asked || !child->is_initial || child->plan->spec.restart == SB_TEMPORARY)
		forget(supervisor, child);
	else if (supervisor->cursor == child && supervisor->mode == SB_SUPERVISOR_STARTING)
		supervisor->cursor = child->next;
}

/* An end that the stop under way has asked for. */
static void
ended_as_asked(struct sb_supervisor *supervisor, struct sb_child *child)
{
	bool is_asked = !sb_address_is_null(child->stopper.caller);

	child->is_passed = false;
	supervisor->passed--;
	supervisor->passed_ordered -= sb_child_is_ordered(child);
	if (is_asked || child->plan->spec.restart == SB_TEMPORARY)
		forget(supervisor, child);
	else
		child->due = 0;
	stop_next(supervisor);
}

static void
child_is_away(struct sb_supervisor *supervisor, struct sb_child *child)
{
	sb_envelope_free(supervisor->session->shard, child->stop_order);
	child->stop_order = NULL;
	child->state = SB_CHILD_IDLE;
}

static void
start_failed(struct sb_supervisor *supervisor, struct sb_child *child, int err)
{
	bool is_asked = !sb_address_is_null(child->starter.caller);

	child_is_away(supervisor, child);
	SB_LOG(supervisor->session, WARNING, "supervisor.start_failed", "child",
		SB_STR(name_of(child)), "error", SB_ERR(err));
	if (child->is_passed) {
		answer(supervisor, &child->starter, SB_ECANCELED, SB_NOTHING);
		ended_as_asked(supervisor, child);
		return;
	}
	if (is_asked) {
		answer(supervisor, &child->starter, SB_ECANCELED, SB_NOTHING);
		forget(supervisor, child);
	} else if (!is_to_restart(child, SB_END_FAULT, true) ||
		   !sb_address_is_null(child->stopper.caller)) {
		stay_away(supervisor, child);
	} else {
		restart(supervisor, child, true);
	}
	go_on(supervisor);
}

void
sb_supervisor_start_failed(struct sb_supervisor *supervisor, struct sb_child *child, int err)
{
	if (child->state == SB_CHILD_STARTING)
		start_failed(supervisor, child, err);
}

void
sb_supervisor_ended(
	struct sb_supervisor *supervisor, struct sb_child *child, enum sb_end why, bool is_fault)
{
	if (child->state == SB_CHILD_STARTING) {
		start_failed(supervisor, child, SB_ECANCELED);
		return;
	}
	child_is_away(supervisor, child);
	if (is_fault)
		SB_LOG(supervisor->session, WARNING, "supervisor.child_failed", "child",
			SB_STR(name_of(child)), "address", SB_ADDRESS(child->address));
	if (child->is_passed) {
		ended_as_asked(supervisor, child);
		return;
	}
	if (!sb_address_is_null(child->stopper.caller) || !is_to_restart(child, why, is_fault))
		stay_away(supervisor, child);
	else
		restart(supervisor, child, is_fault);
	go_on(supervisor);
}

/* ---- what is due ---- */

static void
child_due(struct sb_supervisor *supervisor, struct sb_child *child)
{
	if (child->state == SB_CHILD_STARTING) {
		/* Should it start after all, its ref is not known any more and it is cut. */
		sb_child_new_ref(supervisor, child);
		start_failed(supervisor, child, SB_TIMEOUT);
	} else if (supervisor->mode != SB_SUPERVISOR_STOPPING) {
		start(supervisor, child);
	}
}

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
	uint64_t first = UINT64_MAX, now = now_of(supervisor);
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
