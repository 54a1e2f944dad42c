/*
 * Supervisors as sessions: options, the calls that others make, their end. What
 * happens to children is in supervisor_restart.c (policy) and
 * supervisor_sequence.c (order), what passes between shards in
 * supervisor_orders.c, the list itself in supervisor_children.c. A supervisor
 * answers calls from its own state only and never asks a child anything, so none
 * can be held up by its children.
 */
#include "core/supervisor.h"

#include "core/envelope_internal.h"
#include "core/error.h"
#include "core/node_internal.h"
#include "core/registry.h"
#include "core/session_internal.h"
#include "core/supervisor_internal.h"

#include <string.h>

/* Three faults within five seconds: what Elixir's supervisors take for too many. */
#define MAX_RESTARTS_DEFAULT 3
#define MAX_SECONDS_DEFAULT  5
#define NS_PER_SECOND        1000000000ull

/* Until there is memory for a child of the node. */
#define LATE_MS 100

/* ---- the module ---- */

/* One series for all supervisors: a tree has many, and the log names the one. */
static void
metrics_init(struct sb_supervisor *supervisor)
{
	struct sb_metrics *metrics = supervisor->session->shard->node->metrics;

	supervisor->restarts_total = sb_metrics_counter(
		metrics, "sb_restarts_total", "Children started again by supervisors.", NULL);
	supervisor->escalations_total = sb_metrics_counter(metrics, "sb_escalations_total",
		"Supervisors that failed because a child did too often.", NULL);
}

static int
options_take(struct sb_supervisor *supervisor, const struct sb_supervisor_options *options)
{
	uint32_t restarts = options->max_restarts ? options->max_restarts : MAX_RESTARTS_DEFAULT;
	uint32_t seconds = options->max_seconds ? options->max_seconds : MAX_SECONDS_DEFAULT;

	if (options->strategy < SB_ONE_FOR_ONE || options->strategy > SB_REST_FOR_ONE)
		return SB_EINVAL;
	supervisor->strategy = options->strategy;
	supervisor->max_children = options->max_children;
	supervisor->max_restarts = restarts;
	supervisor->window = seconds * NS_PER_SECOND;
	/* A ring of the last faults' times: whether one is too many is a look at the oldest. */
	supervisor->faults = sb_shard_allocate(
		supervisor->session->shard, restarts * sizeof(*supervisor->faults));
	if (!supervisor->faults)
		return SB_ENOMEM;
	memset(supervisor->faults, 0, restarts * sizeof(*supervisor->faults));
	return 0;
}

/* Takes a use of the plan for the child, and gives it back when there is no child. */
static int
adopt(struct sb_supervisor *supervisor, struct sb_child_plan *plan, struct sb_child **child)
{
	int err = sb_child_add(supervisor, sb_child_plan_use(plan), child);

	if (err)
		sb_child_plan_release(plan);
	return err;
}

static int
initial_child_add(struct sb_supervisor *supervisor, const struct sb_child_spec *spec)
{
	struct sb_child_plan *plan;
	struct sb_child *child;
	int err = sb_child_plan_new(supervisor->session->shard->env, spec, &plan);

	if (err)
		return err;
	err = adopt(supervisor, plan, &child);
	/* Ours; the child has a use of its own, if it was taken. */
	sb_child_plan_release(plan);
	if (!err)
		child->is_initial = true;
	return err;
}

static void
late_free(struct sb_supervisor *supervisor)
{
	struct sb_envelope *e = supervisor->late;

	supervisor->late = e->next;
	sb_envelope_free(supervisor->session->shard, e);
}

static void
supervisor_free(struct sb_supervisor *supervisor)
{
	while (supervisor->late)
		late_free(supervisor);
	sb_children_free(supervisor);
	sb_shard_release(supervisor->session->shard, supervisor->faults);
}

static int
supervisor_start(struct sb_session *s, const void *args)
{
	static const struct sb_supervisor_options defaults;
	const struct sb_supervisor_options *options = args ? args : &defaults;
	struct sb_supervisor *supervisor = sb_state(s);
	int err;

	supervisor->session = s;
	metrics_init(supervisor);
	err = options_take(supervisor, options);
	if (!err && options->name)
		err = sb_register(s, options->name);
	for (size_t i = 0; !err && i < options->child_count; i++)
		err = initial_child_add(supervisor, &options->children[i]);
	if (err)
		supervisor_free(supervisor); /* `closed` does not come */
	else
		sb_supervisor_start_all(supervisor);
	return err;
}

static void
supervisor_stopping(struct sb_session *s)
{
	sb_supervisor_stop_all(sb_state(s), SB_GOAL_END);
}

/* A stop that ends in a restart takes new children, one that ends in the supervisor's end does
 * not. */
static bool
is_ending(const struct sb_supervisor *supervisor)
{
	return supervisor->mode == SB_SUPERVISOR_STOPPING && supervisor->goal != SB_GOAL_RUN;
}

static void
start_asked(struct sb_supervisor *supervisor, struct sb_message *m)
{
	struct sb_from from = sb_message_from(m);
	struct sb_child_plan *plan = (struct sb_child_plan *)(uintptr_t)m->data;
	struct sb_child *child;
	int err = is_ending(supervisor) ? SB_GONE : adopt(supervisor, plan, &child);

	if (err) {
		(void)sb_reply(supervisor->session, from, err, SB_NOTHING);
		return;
	}
	/* Answered when the child has started, or will not. */
	child->starter = from;
	sb_supervisor_added(supervisor, child);
}

/* By address and not by id, since dynamic children have none. */
static void
stop_asked(struct sb_supervisor *supervisor, struct sb_message *m)
{
	const struct sb_address *address = m->data;
	struct sb_child *child = sb_child_by_address(supervisor, *address);

	/* A second one who asks is told that it is not there: it will soon be so. */
	if (!child || !sb_address_is_null(child->stopper.caller)) {
		(void)sb_reply(supervisor->session, sb_message_from(m), SB_ENOENT, SB_NOTHING);
		return;
	}
	child->stopper = sb_message_from(m);
	sb_supervisor_stop_one(supervisor, child);
}

static struct sb_supervisor_counts
counts_of(const struct sb_supervisor *supervisor)
{
	struct sb_supervisor_counts counts = {
		.specs = supervisor->child_count, .restarts = supervisor->restarts};

	for (const struct sb_child *child = supervisor->first; child; child = child->next) {
		counts.active += sb_child_is_live(child);
		counts.supervisors += child->plan->spec.module == &sb_supervisor_module;
	}
	counts.workers = counts.specs - counts.supervisors;
	return counts;
}

static void
count_asked(struct sb_supervisor *supervisor, struct sb_message *m)
{
	struct sb_supervisor_counts counts = counts_of(supervisor);

	(void)sb_reply(
		supervisor->session, sb_message_from(m), 0, SB_COPY(&counts, sizeof(counts)));
}

static void
supervisor_message(struct sb_session *s, struct sb_message *m)
{
	switch (m->type) {
	case SB_MSG_START_CHILD:
		start_asked(sb_state(s), m);
		break;
	case SB_MSG_STOP_CHILD:
		stop_asked(sb_state(s), m);
		break;
	case SB_MSG_COUNT_CHILDREN:
		count_asked(sb_state(s), m);
		break;
	default:
		(void)sb_reply(s, sb_message_from(m), SB_ENOTSUP, SB_NOTHING);
	}
}

/* Nobody is left to wait for: what still runs is cut, and hears of no supervisor any more. */
static void
supervisor_closed(struct sb_session *s, enum sb_end why)
{
	struct sb_supervisor *supervisor = sb_state(s);

	(void)why;
	for (struct sb_child *child = supervisor->last; child; child = child->previous) {
		if (child->state == SB_CHILD_RUNNING)
			sb_child_order_stop(supervisor, child, true);
		(void)sb_reply(s, child->starter, SB_GONE, SB_NOTHING);
		(void)sb_reply(s, child->stopper, SB_GONE, SB_NOTHING);
	}
	supervisor_free(supervisor);
}

static void
supervisor_describe(const struct sb_session *s, struct sb_fields *fields)
{
	struct sb_supervisor_counts counts = counts_of(sb_state(s));

	sb_fields_add(fields, "children", SB_UINT(counts.specs));
	sb_fields_add(fields, "active", SB_UINT(counts.active));
	sb_fields_add(fields, "restarts", SB_UINT(counts.restarts));
}

const struct sb_module sb_supervisor_module = {
	.abi = SB_MODULE_ABI,
	.name = "sb.supervisor",
	.state_size = sizeof(struct sb_supervisor),
	.start = supervisor_start,
	.stopping = supervisor_stopping,
	.message = supervisor_message,
	.closed = supervisor_closed,
	.describe = supervisor_describe,
};

/* ---- what others ask ---- */

int
sb_start_child(struct sb_session *s, struct sb_address supervisor, const struct sb_child_spec *spec,
	uint64_t *ref)
{
	struct sb_child_plan *plan;
	int err = sb_child_plan_new(s->shard->env, spec, &plan);

	if (err)
		return err;
	err = sb_call(s, supervisor, SB_MSG_START_CHILD,
		SB_GIVE(plan, sizeof(*plan), sb_child_plan_release), 0, ref);
	if (err)
		sb_child_plan_release(plan);
	return err;
}

int
sb_stop_child(
	struct sb_session *s, struct sb_address supervisor, struct sb_address child, uint64_t *ref)
{
	return sb_call(s, supervisor, SB_MSG_STOP_CHILD, SB_COPY(&child, sizeof(child)), 0, ref);
}

int
sb_count_children(struct sb_session *s, struct sb_address supervisor, uint64_t *ref)
{
	return sb_call(s, supervisor, SB_MSG_COUNT_CHILDREN, SB_NOTHING, 0, ref);
}

/* From a thread that is no session: nobody waits for an answer, so refusals are logged. */
static int
node_child_take(struct sb_supervisor *supervisor, const struct sb_envelope *e)
{
	struct sb_child *child;
	int err;

	if (is_ending(supervisor))
		return 0;
	err = adopt(supervisor, (struct sb_child_plan *)(uintptr_t)e->message.data, &child);
	if (!err)
		sb_supervisor_added(supervisor, child);
	else
		SB_LOG_LIMITED(supervisor->session, ERROR, "supervisor.child_refused", "error",
			SB_ERR(err));
	return err;
}

static void
late_take(struct sb_supervisor *supervisor)
{
	while (supervisor->late && node_child_take(supervisor, supervisor->late) != SB_ENOMEM)
		late_free(supervisor);
}

static void
late_again(struct sb_session *s, struct sb_timer *timer)
{
	struct sb_supervisor *supervisor = sb_state(s);

	late_take(supervisor);
	if (supervisor->late)
		sb_timer_start(s, timer, LATE_MS, late_again);
}

/* Those behind one that waits wait, too: they start in their order. */
static void
late_add(struct sb_supervisor *supervisor, struct sb_envelope *e)
{
	if (!supervisor->late)
		supervisor->late_tail = &supervisor->late;
	e->is_kept = true;
	e->next = NULL;
	*supervisor->late_tail = e;
	supervisor->late_tail = &e->next;
	if (!sb_timer_is_started(&supervisor->late_timer))
		sb_timer_start(supervisor->session, &supervisor->late_timer, LATE_MS, late_again);
}

static void
handle_node_child(struct sb_shard *shard, struct sb_session *root, struct sb_envelope *e)
{
	struct sb_supervisor *supervisor = root ? sb_state(root) : NULL;

	(void)shard;
	if (!root)
		return;
	/* There may be memory by now: nobody waits for the timer behind one that need not wait. */
	late_take(supervisor);
	if (supervisor->late || node_child_take(supervisor, e) == SB_ENOMEM)
		late_add(supervisor, e);
}

int
sb_node_start_child(struct sb_node *node, const struct sb_child_spec *spec)
{
	struct sb_child_plan *plan;
	struct sb_envelope *e;
	int err = sb_child_plan_new(node->env, spec, &plan);

	if (err)
		return err;
	e = sb_envelope_new(node->env, NULL, SB_GIVE(plan, sizeof(*plan), sb_child_plan_release));
	if (!e) {
		sb_child_plan_release(plan);
		return SB_ENOMEM;
	}
	e->target = node->root;
	e->handle = handle_node_child;
	sb_envelope_send(node, NULL, e);
	return 0;
}
