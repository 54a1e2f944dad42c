/*
 * A foreign descriptor on the session's loop, for libraries that bring their own
 * sockets (libcurl and its like). Their timers are struct sb_timer.
 */
#ifndef SB_CORE_WATCH_H
#define SB_CORE_WATCH_H

#include "env.h"

struct sb_session;
struct sb_watch;

/* Calls `ready` with what is (SB_READABLE | SB_WRITABLE) as a callback of the session. The
 * descriptor stays the caller's; the watch ends with the session, or with sb_watch_stop, which must
 * come before the descriptor is closed. `ready` may stop its own watch. 0, SB_EINVAL, SB_ENOMEM,
 * SB_GONE (after sb_close). */
int sb_watch_start(struct sb_session *s, int fd, int events,
	void (*ready)(struct sb_session *s, struct sb_watch *watch, int events), void *context,
	struct sb_watch **watch);
void sb_watch_change(struct sb_watch *watch, int events);
void sb_watch_stop(struct sb_watch *watch);
int sb_watch_fd(const struct sb_watch *watch);
void *sb_watch_context(const struct sb_watch *watch);

#endif
