/*
 * A session: an addressable state machine on one shard. What its module's
 * callbacks do with it is here. All functions: on the session's own thread, from
 * inside its callbacks. None of them calls back into a module before it returns.
 */
#ifndef SB_CORE_SESSION_H
#define SB_CORE_SESSION_H

#include "address.h"
#include "bytes.h"
#include "end.h"
#include "error.h"
#include "limits.h"
#include "log.h"
#include "message.h"
#include "module.h"
#include "peer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sb_node;
struct sb_session;
struct sb_shard;

/* The module's state: `state_size` octets, zeroed before `start`, aligned to 16, gone after
 * `closed`. */
void *sb_state(const struct sb_session *s);

struct sb_address sb_self(const struct sb_session *s);
const struct sb_module *sb_session_module(const struct sb_session *s);
struct sb_node *sb_session_node(const struct sb_session *s);
const struct sb_limits *sb_session_limits(const struct sb_session *s);

/* The shard the session lives on: its number (0 ..) and how many there are. */
unsigned sb_session_shard(const struct sb_session *s);

/* The peer of the present connection; NULL without one. */
const struct sb_peer *sb_session_peer(const struct sb_session *s);

/* Monotonic nanoseconds, and Unix milliseconds: both read once a turn. */
uint64_t sb_now(const struct sb_session *s);
int64_t sb_wall_ms(const struct sb_session *s);

/* Fills `out` with random octets fit for secrets (seeded ones in a simulation). */
void sb_random(const struct sb_session *s, void *out, size_t size);

/* Memory from the environment. NULL when there is none; sb_release takes NULL too. */
void *sb_allocate(const struct sb_session *s, size_t size);
void sb_release(const struct sb_session *s, void *memory);

/* Who the peer turned out to be (system_id, device), for every later log line and the operator.
 * Copied, at most 64 octets shown. 0 or SB_ENOMEM. */
int sb_set_identity(struct sb_session *s, const char *identity);
const char *sb_identity(const struct sb_session *s); /* "" before */

/* ---- output ---- */

/*
 * Appends to the connection's output, which is written once at the end of the turn. 0; SB_GONE
 * without a connection or after sb_close; SB_FULL over output_hard: nothing was appended and the
 * session ends with SB_END_LIMIT; SB_ENOMEM: the same.
 */
int sb_write(struct sb_session *s, const void *data, size_t size);

/* The same without a copy: room for `size` octets to encode into, then how many were used. NULL in
 * the cases in which sb_write fails. The room is valid until the next call on this session. */
uint8_t *sb_write_room(struct sb_session *s, size_t size);
void sb_write_commit(struct sb_session *s, size_t used);

/* Octets queued, not yet taken by the kernel; and whether they are over the high-water mark (then
 * reading has stopped, and `drained` will come). */
size_t sb_output_size(const struct sb_session *s);
bool sb_output_is_high(const struct sb_session *s);

/* ---- input ---- */

/* Optional: the coming frame has `size` octets; `received` is not called before they are there.
 * Forgotten when `received` uses octets. Over max_frame: SB_ELIMIT, and the module should return
 * SB_EPROTO; SB_GONE without a connection. 0 otherwise. */
int sb_need(struct sb_session *s, size_t size);

/*
 * Once for each whole frame that `received` is about to handle: true to go on. False when the
 * session is held, closing or handed over, when its output is over the high-water mark, or when it
 * has used its frames of this turn. Then return what was used; `received` comes again, with the
 * rest, which does not count as unfinished. Optional for protocols that have one frame under way at
 * most.
 */
bool sb_frame(struct sb_session *s);

/*
 * Holds the input: no reading and no `received` until sb_resume; the octets left are no unfinished
 * frame and the peer's idle deadline rests. `reason` is a static word ("window", "store") for
 * counters. Holding twice is one hold. After sb_resume `received` comes in the next turn.
 */
void sb_hold(struct sb_session *s, const char *reason);
void sb_resume(struct sb_session *s);
bool sb_is_held(const struct sb_session *s);

/* ---- ends ---- */

/*
 * Ends the session: no callback but `closed` comes any more, names go, messages to it are SB_GONE.
 * Output is flushed, then close_notify and FIN are sent, and the peer's octets discarded until its
 * EOF for at most linger_ms and linger_bytes. The first call counts.
 */
void sb_close(struct sb_session *s, enum sb_end why);

/* Ends the session at once: output is discarded and the connection reset. */
void sb_abort(struct sb_session *s, enum sb_end why);

/* The module's own fault: as sb_close(s, SB_END_FAULT), and its supervisor counts it. */
void sb_fail(struct sb_session *s);

/* Ends the connection as sb_close does, but the session stays and gets `disconnected` with `why`
 * when it is gone. Nothing without a connection. */
void sb_disconnect(struct sb_session *s, enum sb_end why);

bool sb_is_closing(const struct sb_session *s);
bool sb_is_connected(const struct sb_session *s);

/*
 * Inside `received`, or in any callback while the input is held: gives the connection to `to`,
 * which gets `connected` and then `received` beginning with what this callback does not use, or
 * with all that is held. Unsent output, TLS and the peer's identity go along. This session then has
 * no connection: `disconnected` with SB_END_HANDED (default: it ends). If `to` is gone, has a
 * connection or refuses, the connection is closed and SB_MSG_HAND_OVER with `ref` and the error
 * comes to this session if it is still there. 0, or SB_GONE at once.
 */
int sb_hand_over(struct sb_session *s, struct sb_address to, uint64_t ref);

/* ---- deadlines ---- */

/*
 * A deadline of a session, embedded in its state. Starting a started one moves it; moving it later
 * costs a store. Deadlines stop with sb_close. Zeroed memory is a stopped timer.
 */
struct sb_timer {
	uint64_t due; /* monotonic nanoseconds */
	void (*fire)(struct sb_session *s, struct sb_timer *timer);
	struct sb_timer *next;
	struct sb_timer **link; /* NULL: stopped */
};

void sb_timer_start(struct sb_session *s, struct sb_timer *timer, uint64_t delay_ms,
	void (*fire)(struct sb_session *s, struct sb_timer *timer));
void sb_timer_stop(struct sb_session *s, struct sb_timer *timer);

static inline bool
sb_timer_is_started(const struct sb_timer *timer)
{
	return timer->link != NULL;
}

/* ---- logs ---- */

/* Whether a line of this level would be written. */
bool sb_session_logs(const struct sb_session *s, enum sb_log_level level);

/* Use SB_LOG and SB_LOG_LIMITED. They add shard, module, session, peer and identity. */
void sb_session_log(const struct sb_session *s, enum sb_log_level level, const char *event, ...)
	__attribute__((sentinel));
void sb_session_log_limited(const struct sb_session *s, enum sb_log_level level, const char *event,
	...) __attribute__((sentinel));

/* SB_LOG(s, INFO, "smpp.bound", "system_id", SB_STR(id)): event names are listed in docs/events.md;
 * the level is checked before the arguments are evaluated. */
#define SB_LOG(s, LEVEL, ...)                                                                 \
	do {                                                                                  \
		if (sb_session_logs((s), SB_LOG_##LEVEL))                                     \
			sb_session_log((s), SB_LOG_##LEVEL, __VA_ARGS__, (const char *)NULL); \
	} while (0)

/* The same for lines that a hostile peer can cause at will: limited by the event's rate. */
#define SB_LOG_LIMITED(s, LEVEL, ...)                                                  \
	do {                                                                           \
		if (sb_session_logs((s), SB_LOG_##LEVEL))                              \
			sb_session_log_limited(                                        \
				(s), SB_LOG_##LEVEL, __VA_ARGS__, (const char *)NULL); \
	} while (0)

#endif
