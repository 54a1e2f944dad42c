/*
 * How often an event may be said: a token bucket for each event name, without a
 * lock. A bucket is one number, the time until which it is used up (full_at), so
 * that one compare-and-swap takes a token. Names are the program's own static
 * texts, few, in a table that only fills; what does not fit shares the last
 * bucket.
 */
#include "core/log_limit_internal.h"

#include <stddef.h>
#include <string.h>

/* djb2: names are short, few and ours. */
static unsigned
hash(const char *text)
{
	unsigned h = 5381;

	while (*text)
		h = h * 33 ^ (unsigned char)*text++;
	return h;
}

/* Whether the bucket is (now) the one of that name: an event, or all others. By text and not by
 * address: the same event may be said in several files. */
static bool
claim(struct log_limit_bucket *b, const char *name)
{
	const char *owner = atomic_load(&b->event);

	if (!owner && atomic_compare_exchange_strong(&b->event, &owner, name))
		return true;
	return strcmp(owner, name) == 0;
}

/* A name keeps its bucket for the life of the log: a look-up is one comparison, as a rule. */
struct log_limit_bucket *
log_limit_bucket_of(struct log_limit *l, const char *event)
{
	unsigned at = hash(event);

	for (unsigned i = 0; i < LOG_LIMIT_EVENTS - 1; i++) {
		struct log_limit_bucket *b = &l->buckets[(at + i) % (LOG_LIMIT_EVENTS - 1)];

		if (claim(b, event))
			return b;
	}
	claim(&l->buckets[LOG_LIMIT_EVENTS - 1], "other");
	return &l->buckets[LOG_LIMIT_EVENTS - 1];
}

bool
log_limit_take(struct log_limit *l, struct log_limit_bucket *b, uint64_t now_ns)
{
	/* How far ahead of now a burst may reach. */
	uint64_t depth = l->burst * l->interval_ns;
	uint64_t full_at = atomic_load(&b->full_at_ns), next;

	do {
		next = full_at;
		/* Later than any use could have made it: the clock was set back. */
		if (next < now_ns || next > now_ns + depth)
			next = now_ns;
		next += l->interval_ns;
		if (next > now_ns + depth) {
			atomic_fetch_add(&b->suppressed, 1);
			return false;
		}
	} while (!atomic_compare_exchange_weak(&b->full_at_ns, &full_at, next));
	return true;
}
