/*
 * The life of a session: made with its address, begun, ended in three steps,
 * freed. Ends are decided inside callbacks, of this session or another, and
 * carried out at turn level: CLOSING hides it at once, ENDED queues it for the
 * end of the turn when its connection is gone, `closed` and freeing happen there.
 * So no callback ever runs on freed memory, and `closed` never inside another
 * callback.
 */
#include "core/session.h"

#include "core/connector_internal.h"
#include "core/envelope_internal.h"
#include "core/node_internal.h"
#include "core/resource_internal.h"
#include "core/session_internal.h"
#include "core/supervisor_internal.h"

#include <assert.h>
#include <string.h>

/* The dynamic supervisor of a shard is this list and no session: to start a child it needs no
 * message, to take one out no search (`link` points at whatever points at it). */
static void
children_add(struct sb_shard *shard, struct sb_session *s)
{
	s->parent.sibling.next = shard->children;
	s->parent.sibling.link = &shard->children;
	if (shard->children)
		shard->children->parent.sibling.link = &s->parent.sibling.next;
	shard->children = s;
	shard->child_count++;
	s->is_listed = true;
}

static void
children_remove(struct sb_shard *shard, struct sb_session *s)
{
	*s->parent.sibling.link = s->parent.sibling.next;
	if (s->parent.sibling.next)
		s->parent.sibling.next->parent.sibling.link = s->parent.sibling.link;
	shard->child_count--;
	s->is_listed = false;
	if (shard->is_draining && shard->child_count == 0)
		sb_shard_drained(shard);
}

static void
parent_set(struct sb_session *s, const struct sb_parent *parent)
{
	s->parent_kind = (uint8_t)parent->kind;
	if (parent->kind == SB_PARENT_SHARD)
		children_add(s->shard, s);
	if (parent->kind == SB_PARENT_SUPERVISOR) {
		s->parent.child.supervisor = parent->supervisor;
		s->parent.child.child_ref = parent->child_ref;
	}
}

static const struct sb_limits *
limits_copy(struct sb_shard *shard, const struct sb_limits *limits, size_t max_frame)
{
	struct sb_limits *copy = sb_shard_allocate(shard, sizeof(*copy));

	if (copy)
		*copy = sb_limits_complete(limits, max_frame);
	return copy;
}

int
sb_session_new(struct sb_shard *shard, const struct sb_module *module,
	const struct sb_limits *limits, bool copy_limits, const struct sb_parent *parent,
	struct sb_session **session)
{
	size_t size = sizeof(struct sb_session) + module->state_size;
	struct sb_session *s;

	/* A fault of the program, not of a peer: a module that was built against other headers. */
	assert(module->abi == SB_MODULE_ABI);
	s = sb_shard_allocate(shard, size);
	if (!s)
		return SB_ENOMEM;
	memset(s, 0, size);
	s->module = module;
	s->shard = shard;
	s->self.node = shard->node->id;
	/* Listeners' limits outlive their sessions and are shared; a spec's may be on the caller's
	 * stack. */
	s->owns_limits = limits && copy_limits;
	if (!limits)
		s->limits = &shard->node->default_limits;
	else
		s->limits = copy_limits ? limits_copy(shard, limits, module->max_frame) : limits;
	if (!s->limits ||
		sb_slot_take(shard, s,
			sb_slot_limit(s->limits->mailbox_messages, s->limits->mailbox_bytes),
			&s->self)) {
		if (s->owns_limits)
			sb_shard_release(shard, (void *)(uintptr_t)s->limits);
		sb_shard_release(shard, s);
		return SB_ENOMEM;
	}
	parent_set(s, parent);
	sb_counter_add(shard->metrics.sessions_started, shard->index, 1);
	sb_gauge_add(shard->metrics.sessions, shard->index, 1);
	*session = s;
	return 0;
}

int
sb_session_begin(struct sb_session *s, const void *args)
{
	int err = 0;

	/* Stopped before its beginning: it never was. */
	if (s->phase != SB_SESSION_STARTING)
		return SB_GONE;
	s->phase = SB_SESSION_OPEN;
	if (s->module->start)
		err = s->module->start(s, args);
	if (err < 0) {
		/* has_started stays false: no `closed`, only the supervisor is told. */
		s->is_fault = true;
		sb_abort(s, SB_END_FAULT);
		return err;
	}
	s->has_started = true;
	return 0;
}

/* ---- ends ---- */

void
sb_session_maybe_ended(struct sb_session *s)
{
	if (s->phase != SB_SESSION_CLOSING || s->connection)
		return;
	/* Not freed here: callbacks of it may be further up on the stack. */
	s->phase = SB_SESSION_ENDED;
	s->ended_next = s->shard->ended;
	s->shard->ended = s;
}

/* The module's timers stop; the deadline of a stop under way goes on. */
static void
module_timers_clear(struct sb_session *s)
{
	struct sb_timer *stop = s->is_stopping ? sb_requests_stop_timer(s) : NULL;
	bool goes_on = stop && sb_timer_is_started(stop);

	sb_timers_clear(s);
	if (goes_on)
		sb_timer_start_at(s, stop, stop->due, stop->fire);
}

/* Nothing reaches the session from here on, and it holds nothing that others could wait for. Hidden
 * first: whoever hears that its name is free, and whoever still finds the name, gets SB_GONE from
 * the address. Names go now and not in `closed`, so that a successor can register while the old
 * connection still lingers. */
static void
begin_close(struct sb_session *s, enum sb_end why)
{
	/* Before its place in the session is another's. */
	sb_hand_over_forget(s);
	s->phase = SB_SESSION_CLOSING;
	s->why = (uint8_t)why;
	sb_slot_hide(s->shard, s->self);
	sb_registry_release(s);
	sb_resources_release(s);
	sb_connector_stop(s);
	sb_requests_drop(s);
	module_timers_clear(s);
	s->is_held = false;
}

void
sb_close(struct sb_session *s, enum sb_end why)
{
	if (!sb_session_is_open(s))
		return;
	begin_close(s, why);
	if (s->connection)
		sb_connection_finish(s->connection, why);
	sb_session_maybe_ended(s);
}

void
sb_abort(struct sb_session *s, enum sb_end why)
{
	if (sb_session_is_open(s))
		begin_close(s, why);
	/* Also of a session that is closing already: a flush or a linger is cut short. */
	if (s->connection)
		sb_connection_abort(s->connection, why);
	sb_session_maybe_ended(s);
}

void
sb_session_cut(struct sb_session *s, enum sb_end why)
{
	sb_abort(s, why);
}

void
sb_fail(struct sb_session *s)
{
	/* A fault in an end that has begun does not make it another end. */
	if (sb_session_is_open(s))
		s->is_fault = true;
	sb_close(s, SB_END_FAULT);
}

void
sb_disconnect(struct sb_session *s, enum sb_end why)
{
	if (sb_session_is_open(s) && s->connection)
		sb_connection_finish(s->connection, why);
}

void
sb_session_lost_connection(struct sb_session *s, enum sb_end why)
{
	/* The connection was all that a closing session waited for. */
	if (!sb_session_is_open(s)) {
		sb_session_maybe_ended(s);
		return;
	}
	/* A hold was of that connection's input; the next one begins anew. */
	s->is_held = false;
	sb_hand_over_forget(s);
	if (s->module->disconnected)
		s->module->disconnected(s, why);
	else if (!sb_connector_reconnects(s))
		sb_close(s, why);
	if (sb_session_is_open(s) && !s->connection && sb_connector_reconnects(s))
		sb_connector_retry(s);
}

static void
stop_deadline(struct sb_session *s, struct sb_timer *timer)
{
	(void)timer;
	sb_limit_hit(s, SB_LIMIT_STOP, "phase", s->phase);
	sb_session_cut(s, SB_END_DEADLINE);
}

void
sb_session_ask_stop(struct sb_session *s, uint32_t deadline_ms)
{
	/* A session that has not begun has nothing to say goodbye to. */
	if (deadline_ms == SB_SHUTDOWN_BRUTAL || s->phase == SB_SESSION_STARTING) {
		sb_session_cut(s, SB_END_DRAIN);
		return;
	}
	if (!sb_session_is_open(s) || s->is_stopping)
		return;
	s->is_stopping = true;
	if (deadline_ms != SB_SHUTDOWN_INFINITY) {
		/* Not in struct sb_session: each session would carry it, few are ever asked. */
		struct sb_timer *timer = sb_requests_stop_timer(s);

		if (!timer) {
			sb_session_cut(s, SB_END_DRAIN);
			return;
		}
		sb_timer_start(s, timer, deadline_ms, stop_deadline);
		if (!sb_session_is_open(s))
			return; /* no memory for the deadline: it was aborted */
	}
	if (s->module->stopping)
		s->module->stopping(s);
	else
		sb_close(s, SB_END_DRAIN);
}

static void
session_free(struct sb_session *s)
{
	struct sb_shard *shard = s->shard;

	sb_timers_clear(s);
	sb_connector_free(s);
	sb_requests_fini(s);
	sb_heap_remove(shard, s);
	/* From here on the slot may be another's. */
	sb_slot_give_back(shard, s->self);
	if (s->owns_limits)
		sb_shard_release(shard, (void *)(uintptr_t)s->limits);
	sb_shard_release(shard, s->identity);
	sb_shard_release(shard, s);
}

/* The order in which others hear of it: its module, who watches it, who owns it. The supervisor
 * last, since it may start the successor. */
static void
reap(struct sb_session *s)
{
	struct sb_shard *shard = s->shard;

	if (s->has_started && s->module->closed)
		s->module->closed(s, s->why);
	sb_counter_add(shard->metrics.sessions_ended[s->why], shard->index, 1);
	sb_gauge_add(shard->metrics.sessions, shard->index, -1);
	sb_watchers_tell(s, s->why);
	if (s->parent_kind == SB_PARENT_SUPERVISOR)
		sb_supervisor_child_ended(s);
	else if (s->is_listed)
		children_remove(shard, s);
	if (sb_address_equal(s->self, shard->node->root))
		sb_node_root_ended(shard->node);
	session_free(s);
}

void
sb_sessions_reap(struct sb_shard *shard)
{
	struct sb_session *s = shard->ended;

	/* Those that end in a `closed` of others wait for the next turn. */
	shard->ended = NULL;
	while (s) {
		struct sb_session *next = s->ended_next;

		reap(s);
		s = next;
	}
}

/* ---- spawn ---- */

static void
begin_spawned(struct sb_shard *shard, struct sb_session *s, struct sb_envelope *e)
{
	(void)shard;
	/* A copied payload lies in the envelope; without one the pointer itself was sent as `ref`.
	 */
	if (s)
		(void)sb_session_begin(s, e->message.size
						  ? e->message.data
						  : (const void *)(uintptr_t)e->message.ref);
}

int
sb_spawn(struct sb_session *s, const struct sb_child_spec *spec, struct sb_address *address)
{
	static const struct sb_parent parent = {.kind = SB_PARENT_SHARD};
	struct sb_shard *shard = s->shard;
	struct sb_session *child;
	struct sb_envelope *e;
	int err;

	if (!sb_session_is_open(s) || shard->is_draining)
		return SB_GONE;
	/* Taken first: once the session is made nothing can fail, and no child is left without its
	 * beginning. */
	e = sb_envelope_new(shard->env, shard, SB_COPY(spec->args, spec->args_size));
	if (!e)
		return SB_ENOMEM;
	err = sb_session_new(shard, spec->module, spec->limits, true, &parent, &child);
	if (err) {
		sb_envelope_free(shard, e);
		return err;
	}
	/* `start` comes by message, in a later step of the turn: the caller's own callback has
	 * returned by then. */
	e->message.ref = (uint64_t)(uintptr_t)spec->args;
	e->target = child->self;
	e->handle = begin_spawned;
	sb_envelope_send(shard->node, shard, e);
	*address = child->self;
	return 0;
}
