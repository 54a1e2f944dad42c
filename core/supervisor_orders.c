/*
 * What passes between a supervisor and the shards its children live on. All of it
 * runs at turn level, on the supervisor's own shard, too.
 */
#include "core/envelope_internal.h"
#include "core/error.h"
#include "core/node_internal.h"
#include "core/session_internal.h"
#include "core/supervisor_internal.h"

#include <string.h>

/* How long a shard may take to run a child's `start`: it is a callback and must not block, so a
 * shard that takes longer is in trouble of its own, and the supervisor goes on without it. */
#define START_DEADLINE_NS 10000000000u

/* What a child carries of its supervisor: its `child_ref`. */
struct sb_child_link {
	const struct sb_env *env;
	uint64_t ref;
	struct sb_address supervisor;
	struct sb_child_plan *plan;          /* until it has started */
	struct sb_envelope *started, *ended; /* notices, until they are sent */
};

static void
envelope_drop(const struct sb_env *env, struct sb_envelope *e)
{
	if (!e)
		return;
	if (e->release)
		e->release((void *)(uintptr_t)e->message.data);
	env->release(env->context, e);
}

/* The order to stop a child travels inside the notice that it has started: who gets that can
 * always end the child. It knows its own environment, in case that nobody does. */
static void
stop_order_drop(void *data)
{
	struct sb_envelope *order = data;
	const struct sb_env *env;

	memcpy(&env, order->inline_data, sizeof(env));
	env->release(env->context, order);
}

static struct sb_envelope *
started_new(struct sb_shard *shard)
{
	struct sb_envelope *e, *order = sb_envelope_new(
				       shard->env, shard, SB_COPY(&shard->env, sizeof(shard->env)));

	if (!order)
		return NULL;
	e = sb_envelope_new(shard->env, shard, SB_GIVE(order, 0, stop_order_drop));
	if (!e)
		stop_order_drop(order);
	return e;
}

static void
link_free(void *data)
{
	struct sb_child_link *link = data;

	if (link->plan)
		sb_child_plan_release(link->plan);
	envelope_drop(link->env, link->started);
	envelope_drop(link->env, link->ended);
	link->env->release(link->env->context, link);
}

static struct sb_child_link *
link_new(struct sb_supervisor *supervisor, struct sb_child *child)
{
	struct sb_shard *shard = supervisor->session->shard;
	struct sb_child_link *link = sb_shard_allocate(shard, sizeof(*link));

	if (!link)
		return NULL;
	memset(link, 0, sizeof(*link));
	link->env = shard->env;
	link->ref = sb_child_new_ref(supervisor, child);
	link->supervisor = supervisor->session->self;
	link->plan = sb_child_plan_use(child->plan);
	/* Both notices, and within the first the order to stop: whatever becomes of the child,
	 * nothing that must be said of it waits for memory. */
	link->started = started_new(shard);
	link->ended = sb_envelope_new(shard->env, shard, SB_NOTHING);
	if (link->started && link->ended)
		return link;
	link_free(link);
	return NULL;
}

/* ---- notices, on the supervisor's shard ---- */

static void
handle_stop(struct sb_shard *shard, struct sb_session *child, struct sb_envelope *e)
{
	(void)shard;
	if (child)
		sb_session_ask_stop(child, (uint32_t)e->message.ref);
}

static void
send_stop(struct sb_shard *shard, struct sb_envelope *order, struct sb_address child,
	uint32_t deadline_ms)
{
	order->handle = handle_stop;
	order->target = child;
	order->message.ref = deadline_ms;
	sb_envelope_send(shard->node, shard, order);
}

static void
handle_started(struct sb_shard *shard, struct sb_session *s, struct sb_envelope *e)
{
	struct sb_supervisor *supervisor = s ? sb_state(s) : NULL;
	struct sb_child *child = s ? sb_child_by_ref(supervisor, e->message.ref) : NULL;
	struct sb_envelope *order = (struct sb_envelope *)(uintptr_t)e->message.data;

	if (e->message.status) {
		if (child)
			sb_supervisor_start_failed(supervisor, child, e->message.status);
		return;
	}
	/* The order inside is the supervisor's now, or goes to the child at once. */
	e->release = NULL;
	if (!child) {
		/* The supervisor has gone, or has given up waiting: nobody wants this child. */
		send_stop(shard, order, e->message.sender, SB_SHUTDOWN_BRUTAL);
		return;
	}
	child->stop_order = order;
	child->address = e->message.sender;
	sb_supervisor_started(supervisor, child);
}

static void
handle_ended(struct sb_shard *shard, struct sb_session *s, struct sb_envelope *e)
{
	struct sb_supervisor *supervisor = s ? sb_state(s) : NULL;
	struct sb_child *child = s ? sb_child_by_ref(supervisor, e->message.ref) : NULL;

	(void)shard;
	if (child)
		sb_supervisor_ended(
			supervisor, child, (enum sb_end)e->message.status, e->message.type != 0);
}

/* ---- orders, on the child's shard ---- */

static void
send_notice(struct sb_shard *shard, struct sb_child_link *link, struct sb_envelope **notice,
	void (*handle)(struct sb_shard *, struct sb_session *, struct sb_envelope *), int status)
{
	struct sb_envelope *e = *notice;

	*notice = NULL;
	e->handle = handle;
	e->target = link->supervisor;
	e->message.ref = link->ref;
	e->message.status = status;
	sb_envelope_send(shard->node, shard, e);
}

static int
start_child(struct sb_shard *shard, struct sb_child_link *link)
{
	const struct sb_child_spec *spec = &link->plan->spec;
	struct sb_parent parent = {SB_PARENT_SUPERVISOR, link->supervisor, (uintptr_t)link};
	struct sb_session *child;
	int err = sb_session_new(shard, spec->module, spec->limits, true, &parent, &child);

	if (err) {
		send_notice(shard, link, &link->started, handle_started, err);
		link_free(link);
		return err;
	}
	link->started->message.sender = child->self;
	return sb_session_begin(child, spec->args);
}

static bool
is_supervised(struct sb_node *node, struct sb_address supervisor)
{
	return sb_slot_is_live(&node->shards[supervisor.shard], supervisor);
}

static void
handle_start(struct sb_shard *shard, struct sb_session *nobody, struct sb_envelope *e)
{
	struct sb_child_link *link = (struct sb_child_link *)(uintptr_t)e->message.data;
	int err;

	(void)nobody;
	e->release = NULL;
	/* The supervisor has ended while the order was on its way: nobody would stop this child. */
	if (!is_supervised(shard->node, link->supervisor)) {
		link_free(link);
		return;
	}
	err = start_child(shard, link);
	if (err)
		return; /* told, or its end will tell */
	sb_child_plan_release(link->plan);
	link->plan = NULL;
	send_notice(shard, link, &link->started, handle_started, 0);
}

void
sb_supervisor_child_ended(struct sb_session *child)
{
	struct sb_child_link *link =
		(struct sb_child_link *)(uintptr_t)child->parent.child.child_ref;

	/* The only use of the type, which no module sees: whether it was the child's own fault. */
	link->ended->message.type = child->is_fault;
	send_notice(child->shard, link, &link->ended, handle_ended, child->why);
	link_free(link);
}

/* ---- the supervisor's side ---- */

static unsigned
shard_for(struct sb_supervisor *supervisor, const struct sb_child_spec *spec)
{
	struct sb_shard *shard = supervisor->session->shard;

	if (spec->shard == SB_SHARD_SAME)
		return shard->index;
	if (spec->shard == SB_SHARD_SPREAD)
		return supervisor->next_shard++ % shard->node->shard_count;
	return (unsigned)spec->shard;
}

int
sb_child_order_start(struct sb_supervisor *supervisor, struct sb_child *child)
{
	struct sb_shard *shard = supervisor->session->shard;
	struct sb_child_link *link = link_new(supervisor, child);
	int err;

	if (!link)
		return SB_ENOMEM;
	/* A child on the supervisor's own shard gets its order by message, too: `start` never runs
	 * inside a callback. */
	err = sb_shard_control(shard->node, shard, shard_for(supervisor, &child->plan->spec),
		handle_start, SB_GIVE(link, sizeof(*link), link_free));
	if (err) {
		link_free(link);
		return err;
	}
	child->state = SB_CHILD_STARTING;
	child->due = shard->now + START_DEADLINE_NS;
	sb_supervisor_wake_at(supervisor, child->due);
	return 0;
}

/* A supervisor has as long as its children need, each of which has a deadline. */
static uint32_t
deadline_of(const struct sb_child_spec *spec)
{
	if (spec->shutdown_ms)
		return spec->shutdown_ms;
	return spec->module == &sb_supervisor_module ? SB_SHUTDOWN_INFINITY
						     : SB_SHUTDOWN_DEFAULT_MS;
}

void
sb_child_order_stop(struct sb_supervisor *supervisor, struct sb_child *child, bool cut)
{
	struct sb_envelope *order = child->stop_order;

	child->stop_order = NULL;
	child->state = SB_CHILD_STOPPING;
	send_stop(supervisor->session->shard, order, child->address,
		cut ? SB_SHUTDOWN_BRUTAL : deadline_of(&child->plan->spec));
}
