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

static const char *
name_of(const struct sb_child *child)
{
	return child->plan->spec.id ? child->plan->spec.id : child->plan->spec.module->name;
}

/* Whether one more fault is one too many: the ring has as many times as are allowed, and the oldest
 * of them is still within the window. */
static bool
count_fault(struct sb_supervisor *supervisor)
{
	uint64_t now = sb_supervisor_now(supervisor),
		 oldest = supervisor->faults[supervisor->fault_next];

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

	if (sb_supervisor_now(supervisor) - child->began >= STABLE_NS)
		child->short_lives = 0;
	/* The first time at once: most ends are single. */
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
	/* A fault is repaired at once, since its number is bounded; an end that nobody is to blame
	 * for is not bounded, so it must be slowed down. */
	child->due =
		is_fault ? 0 : sb_supervisor_now(supervisor) + delay_after_life(supervisor, child);
	switch (supervisor->strategy) {
	case SB_ONE_FOR_ONE:
		if (supervisor->mode != SB_SUPERVISOR_STOPPING)
			sb_supervisor_start_when_due(supervisor, child);
		break;
	case SB_ONE_FOR_ALL:
		sb_supervisor_stop_down_to(supervisor, 0, SB_GOAL_RUN);
		break;
	case SB_REST_FOR_ONE:
		sb_supervisor_stop_down_to(supervisor, child->order, SB_GOAL_RUN);
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
		sb_supervisor_forget(supervisor, child);
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
		sb_supervisor_forget(supervisor, child);
	/* No delay: the start that follows is part of a restart of all. */
	else
		child->due = 0;
	sb_supervisor_go_on(supervisor);
}

static void
child_is_away(struct sb_supervisor *supervisor, struct sb_child *child)
{
	sb_envelope_free(supervisor->session->shard, child->stop_order);
	child->stop_order = NULL;
	child->state = SB_CHILD_IDLE;
}

void
sb_supervisor_start_failed(struct sb_supervisor *supervisor, struct sb_child *child, int err)
{
	bool is_asked = !sb_address_is_null(child->starter.caller);

	child_is_away(supervisor, child);
	SB_LOG(supervisor->session, WARNING, "supervisor.start_failed", "child",
		SB_STR(name_of(child)), "error", SB_ERR(err));
	if (child->is_passed) {
		sb_supervisor_answer(supervisor, &child->starter, SB_ECANCELED, SB_NOTHING);
		ended_as_asked(supervisor, child);
		return;
	}
	/* Who asked for it decides whether to ask again. */
	if (is_asked) {
		sb_supervisor_answer(supervisor, &child->starter, SB_ECANCELED, SB_NOTHING);
		sb_supervisor_forget(supervisor, child);
	} else if (!is_to_restart(child, SB_END_FAULT, true) ||
		   !sb_address_is_null(child->stopper.caller)) {
		stay_away(supervisor, child);
	} else {
		restart(supervisor, child, true);
	}
	sb_supervisor_go_on(supervisor);
}

void
sb_supervisor_ended(
	struct sb_supervisor *supervisor, struct sb_child *child, enum sb_end why, bool is_fault)
{
	/* Its `start` failed there: the end is all that is told of it. */
	if (child->state == SB_CHILD_STARTING) {
		sb_supervisor_start_failed(supervisor, child, SB_ECANCELED);
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
	sb_supervisor_go_on(supervisor);
}
