#include "core/store_worker_internal.h"

#include "core/thread_internal.h"

/* With the lock: all that waits, in the order in which it came. */
static struct sb_store_batch *
take_all(struct sb_store_worker *worker)
{
	struct sb_store_batch *batches = worker->first;

	worker->first = NULL;
	worker->last = &worker->first;
	return batches;
}

static void *
run(void *argument)
{
	struct sb_store_worker *worker = argument;

	pthread_mutex_lock(&worker->lock);
	while (worker->first || !worker->is_stopping) {
		struct sb_store_batch *batches = take_all(worker);

		if (!batches) {
			pthread_cond_wait(&worker->more, &worker->lock);
			continue;
		}
		pthread_mutex_unlock(&worker->lock);
		worker->serve(worker->context, batches);
		pthread_mutex_lock(&worker->lock);
	}
	pthread_mutex_unlock(&worker->lock);
	return NULL;
}

int
sb_store_worker_start(struct sb_store_worker *worker, const char *name,
	void (*serve)(void *context, struct sb_store_batch *batches), void *context)
{
	int err;

	*worker = (struct sb_store_worker){.serve = serve, .context = context};
	worker->last = &worker->first;
	pthread_mutex_init(&worker->lock, NULL);
	pthread_cond_init(&worker->more, NULL);
	err = sb_thread_start(&worker->thread, name, run, worker);
	if (err) {
		pthread_cond_destroy(&worker->more);
		pthread_mutex_destroy(&worker->lock);
	}
	return err;
}

void
sb_store_worker_put(struct sb_store_worker *worker, struct sb_store_batch *batch)
{
	bool was_empty;

	batch->next = NULL;
	pthread_mutex_lock(&worker->lock);
	was_empty = !worker->first;
	*worker->last = batch;
	worker->last = &batch->next;
	pthread_mutex_unlock(&worker->lock);
	/* It sleeps only with an empty list: one signal for as many as come until it looks. */
	if (was_empty)
		pthread_cond_signal(&worker->more);
}

void
sb_store_worker_stop(struct sb_store_worker *worker)
{
	pthread_mutex_lock(&worker->lock);
	worker->is_stopping = true;
	pthread_cond_signal(&worker->more);
	pthread_mutex_unlock(&worker->lock);
	pthread_join(worker->thread, NULL);
	pthread_cond_destroy(&worker->more);
	pthread_mutex_destroy(&worker->lock);
}
