/*
 * When an object that lock-free readers may still look at can be freed. Readers are
 * the shards, each inside its turns; writers are any thread. A writer takes the
 * object out of reach and retires it; it is released once every shard that was in a
 * turn then has ended it. What a reader finds therefore holds until its turn ends.
 */
#ifndef SB_CORE_EPOCH_INTERNAL_H
#define SB_CORE_EPOCH_INTERNAL_H

#include "env.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

/* Embedded in what is retired. */
struct sb_retired {
	struct sb_retired *next;
	uint64_t epoch;
	void (*release)(void *context, struct sb_retired *retired);
	void *context;
};

struct sb_epoch_reader {
	_Atomic uint64_t seen; /* the epoch its turn began in; 0: between turns */
	unsigned char own_line[64 - sizeof(uint64_t)];
};

struct sb_epoch {
	const struct sb_env *env;
	unsigned reader_count;
	_Atomic uint64_t current;
	_Atomic uint64_t waiting; /* retired, not yet released */
	pthread_mutex_t lock;     /* of the list */
	struct sb_retired *oldest, **newest;
	struct sb_epoch_reader readers[];
};

/* For readers 0 .. readers - 1. NULL: no memory. */
struct sb_epoch *sb_epoch_new(const struct sb_env *env, unsigned readers);

/* Releases all that waits, then itself. Nobody reads any more. Takes NULL. */
void sb_epoch_free(struct sb_epoch *epoch);

/* The object cannot be found any more: `release` is called with it later, on any thread, or before
 * this returns. Any thread. */
void sb_epoch_retire(struct sb_epoch *epoch, struct sb_retired *retired,
	void (*release)(void *context, struct sb_retired *retired), void *context);

/* Releases what no reader can see any more. Any thread. */
void sb_epoch_collect(struct sb_epoch *epoch);

/* The reader's turn begins, after it has slept or right after the one before. */
static inline void
sb_epoch_enter(struct sb_epoch *epoch, unsigned reader)
{
	uint64_t current = atomic_load_explicit(&epoch->current, memory_order_acquire);

	/* An exchange is a full barrier on its own: nothing is read before the epoch is said, so a
	 * writer that finds 0 here has made its change visible to all that we read. */
	atomic_exchange_explicit(&epoch->readers[reader].seen, current, memory_order_seq_cst);
	if (atomic_load_explicit(&epoch->waiting, memory_order_relaxed))
		sb_epoch_collect(epoch);
}

/* Its turn is over: it refers to nothing. */
static inline void
sb_epoch_leave(struct sb_epoch *epoch, unsigned reader)
{
	atomic_store_explicit(&epoch->readers[reader].seen, 0, memory_order_release);
	if (atomic_load_explicit(&epoch->waiting, memory_order_relaxed))
		sb_epoch_collect(epoch);
}

#endif
