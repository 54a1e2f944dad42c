/*
 * A thread of the store's own that serves batches: whenever it is free it takes all
 * that waits, so that what came while it was busy is served together, without a
 * timer. Who puts a batch waits for a mutex held for an instant, never for the work.
 */
#ifndef SB_CORE_STORE_WORKER_INTERNAL_H
#define SB_CORE_STORE_WORKER_INTERNAL_H

#include "store_internal.h"

#include <pthread.h>
#include <stdbool.h>

struct sb_store_worker {
	pthread_mutex_t lock;
	pthread_cond_t more;
	struct sb_store_batch *first, **last;
	bool is_stopping;
	pthread_t thread;
	/* Gives each batch of the list back, in its order. On the thread, without the lock. */
	void (*serve)(void *context, struct sb_store_batch *batches);
	void *context;
};

/* `name` is the thread's. 0 or SB_ENOMEM: no thread, and nothing to stop. */
int sb_store_worker_start(struct sb_store_worker *worker, const char *name,
	void (*serve)(void *context, struct sb_store_batch *batches), void *context);
void sb_store_worker_put(struct sb_store_worker *worker, struct sb_store_batch *batch);
/* Serves what waits, then ends the thread. */
void sb_store_worker_stop(struct sb_store_worker *worker);

#endif
