/*
 * How often an event may be logged: a token bucket an event name, so that a
 * flood of one kind of line neither fills the disk nor hides the others.
 * Without locks: callers are all shards at once.
 */
#ifndef SB_CORE_LOG_LIMIT_INTERNAL_H
#define SB_CORE_LOG_LIMIT_INTERNAL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Event names told apart; those beyond share the last bucket. */
#define LOG_LIMIT_EVENTS 128

struct log_limit_bucket {
	const char *_Atomic event;
	/* When the bucket would be full again, had nothing come since: the whole state of a token
	 * bucket in one word. */
	_Atomic uint64_t full_at_ns;
	_Atomic uint64_t suppressed;
};

struct log_limit {
	unsigned burst;
	uint64_t interval_ns;
	struct log_limit_bucket buckets[LOG_LIMIT_EVENTS];
};

/* The bucket of an event, made when it is new. */
struct log_limit_bucket *log_limit_bucket_of(struct log_limit *l, const char *event);

/* Takes a token, or counts one more suppressed line. */
bool log_limit_take(struct log_limit *l, struct log_limit_bucket *b, uint64_t now_ns);

#endif
