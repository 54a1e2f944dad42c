/*
 * A bound was reached: one counter and one line in the log for each kind, so that
 * an operator sees which bound it was that ended or slowed a session.
 */
#ifndef SB_CORE_LIMIT_HIT_INTERNAL_H
#define SB_CORE_LIMIT_HIT_INTERNAL_H

#include "fields.h"
#include "metrics.h"

struct sb_session;
struct sb_shard;

/* X(name, the limit's name in struct sb_limits, the event) */
#define SB_LIMIT_MAP(X)                                                     \
	X(HANDSHAKE, "handshake_ms", "connection.handshake_deadline")       \
	X(FIRST_OCTET, "first_octet_ms", "connection.first_octet_deadline") \
	X(FRAME_TIME, "frame_ms", "connection.frame_deadline")              \
	X(IDLE, "idle_ms", "connection.idle_deadline")                      \
	X(FLUSH, "linger_ms", "connection.flush_deadline")                  \
	X(LINGER, "linger_ms", "connection.linger_deadline")                \
	X(LINGER_BYTES, "linger_bytes", "connection.linger_limit")          \
	X(STOP, "stop_ms", "session.stop_deadline")                         \
	X(FRAME_SIZE, "max_frame", "connection.frame_limit")                \
	X(OUTPUT, "output_hard", "connection.output_limit")                 \
	X(MAILBOX, "mailbox", "session.mailbox_full")                       \
	X(CALLS, "max_calls", "session.calls_full")                         \
	X(MEMORY, "memory", "connection.out_of_memory")

enum sb_limit_kind {
#define X(name, label, event) SB_LIMIT_##name,
	SB_LIMIT_MAP(X)
#undef X
		SB_LIMIT_COUNT
};

/* Registers the counters `sb_limit_hits_total` of a shard's table. */
void sb_limit_hits_init(struct sb_shard *shard);

/* Counts it and says it (rate-limited by event), with one figure: `key` = `value`. */
void sb_limit_hit(struct sb_session *s, enum sb_limit_kind kind, const char *key, uint64_t value);

#endif
