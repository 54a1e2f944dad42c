/*
 * A connection's life: made with a descriptor, opened (opening.c), read (input.c)
 * and written (output.c), ended in one of two ways. The polite one is a chain of
 * phases that only go forward, OPEN -> FLUSHING -> LINGERING -> DEAD; the other,
 * ABORTING, resets at the next turn level. Everything that a phase decides is a
 * switch over all of them, so that a new one must say what it does.
 *
 * Its deadlines share one word, `due`, and one heap entry with the session's
 * timers. An octet that arrives only notes the time: what that moves is reckoned
 * when the word comes due.
 */
#include "core/connection_internal.h"

#include "core/connector_internal.h"
#include "core/node_internal.h"
#include "core/session_internal.h"

#include <string.h>

#define NS_PER_MS 1000000ull

/* Inside the poll: only noted. The turn works through the list, in its own order and under its
 * budgets. */
static void
on_ready(struct sb_io *io, int events)
{
	struct sb_connection *c = (struct sb_connection *)io; /* the io is its first member */

	sb_connection_enqueue_ready(c, events);
}

int
sb_connection_new(struct sb_shard *shard, struct sb_session *s, int fd,
	const struct sb_limits *limits, struct sb_connection **connection)
{
	struct sb_connection *c = sb_shard_allocate(shard, sizeof(*c));

	if (!c)
		return SB_ENOMEM;
	memset(c, 0, sizeof(*c));
	c->io.fd = fd;
	c->io.ready = on_ready;
	c->session = s;
	c->transport = &sb_transport_plain;
	c->limits = limits;
	c->last_input = shard->now;
	s->connection = c;
	*connection = c;
	return 0;
}

void
sb_connection_begin(struct sb_connection *c, enum sb_proxy_mode proxy, struct sb_tls *tls,
	const char *server_name)
{
	c->phase = SB_CONNECTION_OPEN;
	if (tls) {
		c->phase = SB_CONNECTION_HANDSHAKE;
		if (sb_tls_attach(c, tls, server_name)) {
			sb_connection_abort(c, SB_END_TLS);
			return;
		}
	}
	/* The header comes before TLS on the wire, but TLS is attached already: what fails for want
	 * of memory fails now. */
	if (proxy != SB_PROXY_OFF)
		c->phase = SB_CONNECTION_PROXY;
	sb_connection_arm(c);
	if (c->phase == SB_CONNECTION_HANDSHAKE)
		sb_connection_enqueue_opening(c); /* a client speaks first */
	if (c->phase == SB_CONNECTION_OPEN)
		(void)sb_connection_opened(c);
	sb_connection_update(c);
}

int
sb_connection_opened(struct sb_connection *c)
{
	struct sb_session *s = c->session;
	int err = 0;

	c->phase = SB_CONNECTION_OPEN;
	/* The first octet's time begins when the module could hear it, not with the handshake. */
	c->last_input = s->shard->now;
	sb_connection_arm(c);
	sb_connector_opened(s);
	if (!sb_is_connected(s))
		return SB_ENOMEM; /* not even for its deadlines: it has begun to end */
	if (s->module->connected)
		err = s->module->connected(s, &c->peer);
	if (err >= 0)
		return 0;
	sb_connection_end_session(c, SB_END_LOCAL);
	return err;
}

/* A session that reconnects outlives its connections; for the others the connection is the
 * session. */
void
sb_connection_end_session(struct sb_connection *c, enum sb_end why)
{
	struct sb_session *s = c->session;

	if (sb_connector_reconnects(s))
		sb_disconnect(s, why);
	else
		sb_close(s, why);
}

/* ---- what is watched ---- */

static int
events_wanted(const struct sb_connection *c)
{
	int writes = c->output.end > c->output.start ? sb_connection_writes_on(c) : 0;

	switch ((enum sb_connection_phase)c->phase) {
	case SB_CONNECTION_PROXY:
		return SB_READABLE;
	case SB_CONNECTION_HANDSHAKE:
		/* Until its next step, for which it stands in a list already, it need not be told
		 * again. */
		if (c->is_opening)
			return 0;
		return c->blocked_on ? c->blocked_on : SB_READABLE;
	case SB_CONNECTION_OPEN:
		/* Output of this turn is written at its end without asking the poller. */
		if (c->is_dirty)
			writes = c->io.events & SB_WRITABLE;
		/* Not watched rather than not read: the kernel's buffer fills, and TCP holds the
		 * peer back. */
		if (c->session->is_held || c->is_output_high || c->has_input_ended)
			return writes;
		return writes | sb_connection_reads_on(c);
	case SB_CONNECTION_FLUSHING:
		return sb_connection_writes_on(c);
	case SB_CONNECTION_LINGERING:
		return SB_READABLE;
	case SB_CONNECTION_ABORTING:
	case SB_CONNECTION_DEAD:
		return 0;
	}
	return 0;
}

void
sb_connection_update(struct sb_connection *c)
{
	struct sb_shard *shard = c->session->shard;
	int events = events_wanted(c);

	if (events != c->io.events)
		shard->env->loop_watch(shard->loop, &c->io, events);
}

/* Sessions without limits of their own share the node's, which know no module: then the module's
 * bound holds. */
uint32_t
sb_connection_max_frame(const struct sb_connection *c)
{
	const struct sb_session *s = c->session;

	if (c->limits == &s->shard->node->default_limits)
		return sb_limits_complete(NULL, s->module->max_frame).max_frame;
	return c->limits->max_frame;
}

/* ---- deadlines ---- */

static uint64_t
after(uint64_t since, uint32_t ms)
{
	return ms == SB_UNLIMITED ? UINT64_MAX : since + ms * NS_PER_MS;
}

static uint64_t
earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* While we hold, or while the peer does not read, it cannot help being late. */
static uint64_t
open_deadline(const struct sb_connection *c)
{
	const struct sb_limits *limits = c->limits;
	uint64_t due;

	if (c->session->is_held)
		return UINT64_MAX;
	due = after(c->last_input, limits->idle_ms);
	if (!c->has_first_octet && c->is_server)
		due = earlier(due, after(c->last_input, limits->first_octet_ms));
	if (c->frame_since && !c->is_output_high)
		due = earlier(due, after(c->frame_since, limits->frame_ms));
	return due;
}

static uint64_t
deadline(const struct sb_connection *c)
{
	switch ((enum sb_connection_phase)c->phase) {
	case SB_CONNECTION_PROXY:
	case SB_CONNECTION_HANDSHAKE:
		return after(c->last_input, c->limits->handshake_ms);
	case SB_CONNECTION_OPEN:
		return open_deadline(c);
	case SB_CONNECTION_FLUSHING:
	case SB_CONNECTION_LINGERING:
		/* While flushing every octet that goes out moves it: linger_ms bounds standing
		 * still, not slowness. */
		return after(c->last_input, c->limits->linger_ms);
	case SB_CONNECTION_ABORTING:
	case SB_CONNECTION_DEAD:
		return UINT64_MAX;
	}
	return UINT64_MAX;
}

static enum sb_limit_kind
open_limit(const struct sb_connection *c)
{
	uint64_t now = c->session->shard->now;

	if (c->frame_since && !c->is_output_high &&
		after(c->frame_since, c->limits->frame_ms) <= now)
		return SB_LIMIT_FRAME_TIME;
	return after(c->last_input, c->limits->idle_ms) <= now ? SB_LIMIT_IDLE
							       : SB_LIMIT_FIRST_OCTET;
}

static void
overdue(struct sb_connection *c)
{
	struct sb_session *s = c->session;

	switch ((enum sb_connection_phase)c->phase) {
	case SB_CONNECTION_PROXY:
	case SB_CONNECTION_HANDSHAKE:
		sb_limit_hit(s, SB_LIMIT_HANDSHAKE, "limit_ms", c->limits->handshake_ms);
		/* Never opened: there is nobody to be polite to. */
		sb_connection_destroy(c, SB_END_DEADLINE, true);
		return;
	case SB_CONNECTION_OPEN:
		sb_limit_hit(s, open_limit(c), "unfinished", c->frame_since ? c->input.size : 0);
		sb_connection_end_session(c, SB_END_DEADLINE);
		return;
	case SB_CONNECTION_FLUSHING:
		/* It is we who are late: nothing was tried since. */
		if (c->is_dirty) {
			c->last_input = s->shard->now;
			sb_connection_arm(c);
			return;
		}
		sb_limit_hit(s, SB_LIMIT_FLUSH, "lost", c->output.end - c->output.start);
		sb_connection_destroy(c, c->end, true);
		return;
	case SB_CONNECTION_LINGERING:
		sb_limit_hit(s, SB_LIMIT_LINGER, "limit_ms", c->limits->linger_ms);
		/* The FIN was sent long ago: a close, not a reset. */
		sb_connection_destroy(c, c->end, false);
		return;
	case SB_CONNECTION_ABORTING:
	case SB_CONNECTION_DEAD:
		return;
	}
}

void
sb_connection_look(struct sb_connection *c)
{
	struct sb_session *s = c->session;

	/* Cleared first, so that arm takes whatever the deadline is now. */
	c->due = 0;
	if (deadline(c) <= s->shard->now)
		overdue(c);
	else
		sb_connection_arm(c);
}

/* Only ever nearer. A deadline that has moved away is found by sb_connection_look, at most once in
 * the time of the shortest limit. */
void
sb_connection_arm(struct sb_connection *c)
{
	uint64_t due = deadline(c);

	if (due == UINT64_MAX || (c->due && c->due <= due))
		return;
	c->due = due;
	sb_timer_wake_at(c->session, due);
}

/* ---- ends ---- */

void
sb_connection_finish(struct sb_connection *c, enum sb_end why)
{
	if (c->phase >= SB_CONNECTION_FLUSHING)
		return;
	/* Before it is open there is no output and nobody who would understand it. */
	if (c->phase != SB_CONNECTION_OPEN) {
		sb_connection_abort(c, why);
		return;
	}
	c->phase = SB_CONNECTION_FLUSHING;
	c->end = (uint8_t)why;
	/* From here on the time of the last progress. */
	c->last_input = c->session->shard->now;
	sb_connection_arm(c);
	sb_connection_enqueue_dirty(c); /* the flush at the end of the turn takes it further */
}

void
sb_connection_abort(struct sb_connection *c, enum sb_end why)
{
	if (c->phase >= SB_CONNECTION_ABORTING)
		return;
	c->phase = SB_CONNECTION_ABORTING;
	c->end = (uint8_t)why;
	/* This may run inside a callback, which must find its connection afterwards. */
	sb_connection_enqueue_again(c);
}

/* Lists point at it without counting: the last one that it leaves frees it. */
void
sb_connection_release(struct sb_shard *shard, struct sb_connection *c)
{
	if (!c->is_ready && !c->is_again && !c->is_opening && !c->is_dirty)
		sb_shard_release(shard, c);
}

void
sb_connection_destroy(struct sb_connection *c, enum sb_end why, bool abort)
{
	struct sb_session *s = c->session;
	struct sb_shard *shard = s->shard;
	const struct sb_env *env = shard->env;

	/* Out of the poller before the descriptor is closed: its number may be another's at
	 * once. */
	if (c->io.events)
		env->loop_watch(shard->loop, &c->io, 0);
	c->transport->fini(c);
	(abort ? env->socket_abort : env->socket_close)(env->context, c->io.fd);
	sb_listener_connection_ended(c);
	sb_buffer_give(shard, c->input.data, c->input.capacity);
	sb_buffer_give(shard, c->output.data, c->output.capacity);
	c->phase = SB_CONNECTION_DEAD;
	c->session = NULL;
	s->connection = NULL;
	/* The session last: what it does now finds no connection. */
	sb_connection_release(shard, c);
	sb_session_lost_connection(s, why);
}
