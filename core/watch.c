/*
 * Descriptors of other libraries in a session's life: the library says what to
 * wait for, the session's callback what to do. It never runs inside the poll,
 * where the shard has no turn and other descriptors of the library wait to be
 * told of: readiness is noted, and a timer that is due at once brings it first
 * thing in the turn.
 */
#include "core/watch.h"

#include "core/error.h"
#include "core/resource_internal.h"
#include "core/session_internal.h"

#include <string.h>

#define EVENTS (SB_READABLE | SB_WRITABLE)

struct sb_watch {
	struct sb_resource resource; /* first */
	struct sb_io io;
	struct sb_session *session;
	struct sb_timer timer; /* due at once when something is ready */
	int ready_events;
	void (*ready)(struct sb_session *s, struct sb_watch *watch, int events);
	void *context;
};

static struct sb_watch *
watch_of_io(struct sb_io *io)
{
	return (struct sb_watch *)((char *)io - offsetof(struct sb_watch, io));
}

static void
fire(struct sb_session *s, struct sb_timer *timer)
{
	struct sb_watch *watch =
		(struct sb_watch *)((char *)timer - offsetof(struct sb_watch, timer));
	/* What the library has stopped waiting for in between is not told any more. */
	int events = watch->ready_events & watch->io.events;

	watch->ready_events = 0;
	if (events)
		watch->ready(s, watch, events); /* may stop the watch */
}

/* Inside the poll the turn has not begun: the session's callback comes with the timers, first thing
 * after it. */
static void
io_ready(struct sb_io *io, int events)
{
	struct sb_watch *watch = watch_of_io(io);
	struct sb_session *s = watch->session;

	watch->ready_events |= events;
	if (!sb_timer_is_started(&watch->timer))
		sb_timer_start_at(s, &watch->timer, s->shard->now, fire);
}

static void
observe(struct sb_watch *watch, int events)
{
	struct sb_shard *shard = watch->session->shard;

	shard->env->loop_watch(shard->loop, &watch->io, events);
	watch->io.events = events;
}

static void
end(struct sb_session *s, struct sb_resource *resource)
{
	struct sb_watch *watch = (struct sb_watch *)resource;

	/* The descriptor itself is the library's and stays open. */
	if (watch->io.events)
		observe(watch, 0);
	sb_timer_stop(s, &watch->timer);
	sb_shard_release(s->shard, watch);
}

int
sb_watch_start(struct sb_session *s, int fd, int events,
	void (*ready)(struct sb_session *s, struct sb_watch *watch, int events), void *context,
	struct sb_watch **out)
{
	struct sb_watch *watch;

	if (fd < 0 || (events & ~EVENTS) || !ready)
		return SB_EINVAL;
	if (!sb_session_is_open(s))
		return SB_GONE;
	watch = sb_shard_allocate(s->shard, sizeof(*watch));
	if (!watch)
		return SB_ENOMEM;
	memset(watch, 0, sizeof(*watch));
	watch->session = s;
	watch->ready = ready;
	watch->context = context;
	watch->io.fd = fd;
	watch->io.ready = io_ready;
	sb_resource_add(s, &watch->resource, end);
	if (events)
		observe(watch, events);
	*out = watch;
	return 0;
}

void
sb_watch_change(struct sb_watch *watch, int events)
{
	events &= EVENTS;
	if (events != watch->io.events)
		observe(watch, events);
}

void
sb_watch_stop(struct sb_watch *watch)
{
	sb_resource_remove(&watch->resource);
	end(watch->session, &watch->resource);
}

int
sb_watch_fd(const struct sb_watch *watch)
{
	return watch->io.fd;
}

void *
sb_watch_context(const struct sb_watch *watch)
{
	return watch->context;
}
