/*
 * The real poller: libev on epoll. It only sleeps and tells what is ready; all
 * deadlines are in the shard's own heap, and the sleep ends at the first.
 */
#include "core/env_system_internal.h"
#include "core/error.h"

#include <assert.h>
#include <ev.h>
#include <stdlib.h>

struct sb_loop {
	struct ev_loop *ev;
	ev_async wake;
	ev_timer sleep;
};

static_assert(sizeof(ev_io) <= sizeof(((struct sb_io *)0)->backend), "an ev_io fits an sb_io");

static void
on_io(struct ev_loop *ev, ev_io *watcher, int revents)
{
	struct sb_io *io = watcher->data;
	int events = 0;

	(void)ev;
	if (revents & EV_READ)
		events |= SB_READABLE;
	if (revents & EV_WRITE)
		events |= SB_WRITABLE;
	io->ready(io, events);
}

/* Nothing: that the poll returns is all that was wanted. */
static void
on_wake(struct ev_loop *ev, ev_async *watcher, int revents)
{
	(void)ev;
	(void)watcher;
	(void)revents;
}

static void
on_sleep(struct ev_loop *ev, ev_timer *watcher, int revents)
{
	(void)ev;
	(void)watcher;
	(void)revents;
}

int
sb_system_loop_new(void *context, unsigned shard, struct sb_loop **loop)
{
	struct sb_loop *made = calloc(1, sizeof(*made));

	(void)context;
	(void)shard;
	if (!made)
		return SB_ENOMEM;
	/* epoll by name and no advice from the environment: libev would else take io_uring where it
	 * can, which is slower. */
	made->ev = ev_loop_new(EVBACKEND_EPOLL | EVFLAG_NOENV);
	if (!made->ev) {
		free(made);
		return SB_EMFILE;
	}
	ev_async_init(&made->wake, on_wake);
	ev_async_start(made->ev, &made->wake);
	ev_init(&made->sleep, on_sleep);
	*loop = made;
	return 0;
}

void
sb_system_loop_free(struct sb_loop *loop)
{
	ev_async_stop(loop->ev, &loop->wake);
	ev_timer_stop(loop->ev, &loop->sleep);
	ev_loop_destroy(loop->ev);
	free(loop);
}

void
sb_system_loop_watch(struct sb_loop *loop, struct sb_io *io, int events)
{
	ev_io *watcher = (ev_io *)io->backend;
	int wanted = 0;

	/* libev wants a watcher stopped before it is changed; to the kernel it says only what is
	 * left of it at the next poll. */
	if (io->events)
		ev_io_stop(loop->ev, watcher);
	io->events = events;
	if (!events)
		return;
	if (events & SB_READABLE)
		wanted |= EV_READ;
	if (events & SB_WRITABLE)
		wanted |= EV_WRITE;
	ev_io_init(watcher, on_io, io->fd, wanted);
	watcher->data = io;
	ev_io_start(loop->ev, watcher);
}

void
sb_system_loop_poll(struct sb_loop *loop, int64_t wait_ns)
{
	if (wait_ns == 0) {
		ev_run(loop->ev, EVRUN_NOWAIT);
		return;
	}
	if (wait_ns > 0) {
		ev_timer_set(&loop->sleep, (double)wait_ns / 1e9, 0.);
		ev_timer_start(loop->ev, &loop->sleep);
	}
	ev_run(loop->ev, EVRUN_ONCE);
	if (wait_ns > 0)
		ev_timer_stop(loop->ev, &loop->sleep);
}

void
sb_system_loop_wake(struct sb_loop *loop)
{
	ev_async_send(loop->ev, &loop->wake);
}
