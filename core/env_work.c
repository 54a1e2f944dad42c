/*
 * The process's pool of threads for work off the loops. Its threads start with
 * the first work and end with the process; its queue is bounded.
 */
#include "core/env_system_internal.h"
#include "core/error.h"
#include "core/thread_internal.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#define THREADS_MAX 4 /* work blocks on disks and name servers more than it computes */
#define QUEUE_MAX   4096

static struct {
	pthread_mutex_t lock;
	pthread_cond_t more;
	struct sb_work *head, **tail;
	size_t queued;
	unsigned threads, idle;
} pool = {.lock = PTHREAD_MUTEX_INITIALIZER, .more = PTHREAD_COND_INITIALIZER};

/* Waits without a deadline: the pool's threads live as long as the process. */
static struct sb_work *
take(void)
{
	struct sb_work *work;

	pthread_mutex_lock(&pool.lock);
	pool.idle++;
	while (!pool.head)
		pthread_cond_wait(&pool.more, &pool.lock);
	pool.idle--;
	work = pool.head;
	pool.head = work->next;
	if (!pool.head)
		pool.tail = &pool.head;
	pool.queued--;
	pthread_mutex_unlock(&pool.lock);
	return work;
}

static void *
worker(void *unused)
{
	for (;;) {
		struct sb_work *work = take();

		work->run(work);
		work->done(work);
	}
	return unused;
}

/* With the pool's lock. */
static int
thread_start(void)
{
	pthread_t thread;

	if (sb_thread_start(&thread, "sb.work", worker, NULL))
		return SB_ENOMEM;
	pthread_detach(thread);
	pool.threads++;
	return 0;
}

int
sb_system_work_submit(void *context, struct sb_work *work)
{
	int err = 0;

	(void)context;
	pthread_mutex_lock(&pool.lock);
	if (pool.queued >= QUEUE_MAX)
		err = SB_FULL;
	/* All who are idle have something to do already: one more, and if that fails those there
	 * are will come to it. */
	else if (pool.idle <= pool.queued && pool.threads < THREADS_MAX && thread_start() &&
		 pool.threads == 0)
		err = SB_ENOMEM;
	if (!err) {
		work->next = NULL;
		if (!pool.tail)
			pool.tail = &pool.head;
		*pool.tail = work;
		pool.tail = &work->next;
		pool.queued++;
		pthread_cond_signal(&pool.more);
	}
	pthread_mutex_unlock(&pool.lock);
	return err;
}
