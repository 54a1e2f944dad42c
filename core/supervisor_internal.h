/*
 * The supervisor from the inside. Its children live on any shard, so everything
 * between it and them is messages: an order to start, the notice that it has
 * started, an order to stop, the notice that it has ended. The memory of all four is
 * taken before the first is sent: whoever got a child can end it, and hears its end.
 */
#ifndef SB_CORE_SUPERVISOR_INTERNAL_H
#define SB_CORE_SUPERVISOR_INTERNAL_H

#include "end.h"
#include "env.h"
#include "session.h"
#include "supervisor.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct sb_counter;
struct sb_envelope;
struct sb_session;

/* Calls to a supervisor. */
#define SB_MSG_START_CHILD    0xff000081u /* struct sb_child_plan, given */
#define SB_MSG_STOP_CHILD     0xff000082u /* struct sb_address */
#define SB_MSG_COUNT_CHILDREN 0xff000083u

#define SB_SHUTDOWN_DEFAULT_MS 5000u

/* ---- supervisor_plan.c: child specs that outlive who gave them ---- */

struct sb_child_plan {
	struct sb_child_spec spec; /* points into the plan */
	_Atomic uint32_t uses;
	const struct sb_env *env;
	struct sb_limits limits;
	struct sb_child_plan **nested; /* of a supervisor: the plans of its initial children */
	size_t nested_count;
};

/* Copies a spec with all it points at. 0, SB_EINVAL, SB_ENOMEM. Any thread. */
int sb_child_plan_new(
	const struct sb_env *env, const struct sb_child_spec *spec, struct sb_child_plan **plan);
struct sb_child_plan *sb_child_plan_use(struct sb_child_plan *plan);
/* Gives one use back; the last frees it. A release function of payloads. */
void sb_child_plan_release(void *plan);

/* ---- children ---- */

enum sb_child_state {
	SB_CHILD_IDLE,     /* not there: not started yet, or ended */
	SB_CHILD_DELAYED,  /* to be started at `due` */
	SB_CHILD_STARTING, /* ordered; given up at `due` */
	SB_CHILD_RUNNING,
	SB_CHILD_STOPPING, /* ordered to stop */
};

struct sb_child {
	struct sb_child *next, *previous; /* in the order of their starts */
	struct sb_child_plan *plan;
	struct sb_address address;       /* of the last that ran */
	struct sb_from starter, stopper; /* who waits for an answer */
	struct sb_envelope *stop_order;  /* kept for the day */
	uint64_t order;                  /* rises along the list */
	uint64_t began;                  /* ns */
	uint64_t due;                    /* ns */
	uint32_t place;                  /* in the supervisor's table */
	uint32_t short_lives;            /* that ended soon and without a fault, in a row */
	uint8_t state;                   /* enum sb_child_state */
	bool is_initial;                 /* stays on the list when it is not there */
	bool is_passed;                  /* the stop has come to it, and waits until it has ended */
};

/* A place says which life of which child a ref means: late notices of former ones find nothing. */
struct sb_child_place {
	struct sb_child *child; /* NULL: free */
	uint32_t uses;
	uint32_t next_free;
};

enum sb_supervisor_mode {
	SB_SUPERVISOR_STARTING, /* `cursor` and those after it are to be started, one by one */
	SB_SUPERVISOR_RUNNING,
	SB_SUPERVISOR_STOPPING, /* `cursor` and those before it, down to `stop_down_to` */
};

/* What comes after a stop. */
enum sb_supervisor_goal {
	SB_GOAL_RUN, /* those stopped are started again */
	SB_GOAL_END, /* asked to stop */
	SB_GOAL_FAIL,
};

/* The state of a supervisor's session. */
struct sb_supervisor {
	struct sb_session *session;
	enum sb_strategy strategy;
	uint32_t max_restarts, max_children;
	uint64_t window; /* ns */
	struct sb_child *first, *last;
	struct sb_child_place *places;
	uint32_t place_count, free_place;
	uint32_t child_count;
	uint64_t next_order;

	enum sb_supervisor_mode mode;
	enum sb_supervisor_goal goal;
	struct sb_child *cursor;
	uint64_t stop_down_to;           /* an order */
	uint32_t passed, passed_ordered; /* children the stop waits for */

	uint64_t *faults; /* the times of the last ones: a ring of max_restarts */
	uint32_t fault_count, fault_next;
	uint64_t restarts;
	unsigned next_shard;
	struct sb_timer timer; /* the first of the children's `due` */
	/* Orders of the node's children that wait for memory, in their order. */
	struct sb_envelope *late, **late_tail;
	struct sb_timer late_timer;
	struct sb_counter *restarts_total, *escalations_total;
};

/* supervisor_children.c */

/* A child at the end of the order, idle. Takes one use of the plan. 0, SB_EINVAL (shard), SB_EEXIST
 * (id), SB_ELIMIT, SB_ENOMEM. */
int
sb_child_add(struct sb_supervisor *supervisor, struct sb_child_plan *plan, struct sb_child **child);
/* Forgets it; it is not there. */
void sb_child_remove(struct sb_supervisor *supervisor, struct sb_child *child);
struct sb_child *sb_child_by_ref(struct sb_supervisor *supervisor, uint64_t ref);
struct sb_child *sb_child_by_address(struct sb_supervisor *supervisor, struct sb_address address);
/* A new life: no ref of a former one is known any more. */
uint64_t sb_child_new_ref(struct sb_supervisor *supervisor, struct sb_child *child);
void sb_children_free(struct sb_supervisor *supervisor);

/* Whether it has a place in the order of starts and stops. Dynamic children without an id have
 * none among each other: they stop together. */
static inline bool
sb_child_is_ordered(const struct sb_child *child)
{
	return child->is_initial || child->plan->spec.id;
}

static inline bool
sb_child_is_live(const struct sb_child *child)
{
	return child->state >= SB_CHILD_STARTING;
}

/* supervisor_orders.c */

/* Orders its start: 0 (it is STARTING), or SB_ENOMEM. */
int sb_child_order_start(struct sb_supervisor *supervisor, struct sb_child *child);
/* Orders a running child to stop within its deadline, or at once with `cut`. */
void sb_child_order_stop(struct sb_supervisor *supervisor, struct sb_child *child, bool cut);

/* session.c: a child of a supervisor has ended (`closed` has run): tells the supervisor. */
void sb_supervisor_child_ended(struct sb_session *child);

static inline uint64_t
sb_supervisor_now(const struct sb_supervisor *supervisor)
{
	return sb_now(supervisor->session);
}

/* supervisor_restart.c: what a supervisor does on what happens to a child. */

/* Its `start` failed, or nothing was heard of it in time. */
void sb_supervisor_start_failed(struct sb_supervisor *supervisor, struct sb_child *child, int err);
void sb_supervisor_ended(
	struct sb_supervisor *supervisor, struct sb_child *child, enum sb_end why, bool is_fault);

/* supervisor_sequence.c: starts and stops, in order. */

void sb_supervisor_started(struct sb_supervisor *supervisor, struct sb_child *child);
/* A child was added: starts it, now or in its order. */
void sb_supervisor_added(struct sb_supervisor *supervisor, struct sb_child *child);
/* Starts it now, or when its delay is over. */
void sb_supervisor_start_when_due(struct sb_supervisor *supervisor, struct sb_child *child);
void sb_supervisor_start_all(struct sb_supervisor *supervisor);
void sb_supervisor_stop_one(struct sb_supervisor *supervisor, struct sb_child *child);
/* Stops those from the last down to `order`. Also when a stop is under way: that goes on to there,
 * and to the greater goal. */
void sb_supervisor_stop_down_to(
	struct sb_supervisor *supervisor, uint64_t order, enum sb_supervisor_goal goal);
/* Stops all children, last first, then ends (SB_GOAL_END) or fails. */
void sb_supervisor_stop_all(struct sb_supervisor *supervisor, enum sb_supervisor_goal goal);
/* Something has happened that the start or stop under way may have waited for. */
void sb_supervisor_go_on(struct sb_supervisor *supervisor);
/* Looks at `due`, or before, what is due of its children. */
void sb_supervisor_wake_at(struct sb_supervisor *supervisor, uint64_t due);

void sb_supervisor_answer(struct sb_supervisor *supervisor, struct sb_from *who, int status,
	struct sb_payload payload);
/* Drops a child that is not there; who asked for its stop hears that it has ended. */
void sb_supervisor_forget(struct sb_supervisor *supervisor, struct sb_child *child);

#endif
