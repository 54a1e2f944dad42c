/*
 * Epochs. Every retirement is a step of one counter; a shard says at the
 * beginning of each turn what the counter was, and 0 between turns. An object can
 * go when every shard is between turns or in one that began after its retirement.
 * Readers pay one exchange a turn and nothing for each look-up; each has a cache
 * line of its own, since a shared one would travel between them with every turn.
 * The list is in the order of retirement, so that what can go is at its front.
 */
#include "core/epoch_internal.h"

#include <string.h>

struct sb_epoch *
sb_epoch_new(const struct sb_env *env, unsigned readers)
{
	size_t size = sizeof(struct sb_epoch) + readers * sizeof(struct sb_epoch_reader);
	struct sb_epoch *epoch = env->allocate(env->context, size);

	if (!epoch)
		return NULL;
	memset(epoch, 0, size);
	epoch->env = env;
	epoch->reader_count = readers;
	atomic_init(&epoch->current, 1);
	pthread_mutex_init(&epoch->lock, NULL);
	epoch->newest = &epoch->oldest;
	return epoch;
}

/* The epoch of the longest turn under way; UINT64_MAX when none is. */
static uint64_t
epoch_seen_by_all(struct sb_epoch *epoch)
{
	uint64_t least = UINT64_MAX;

	for (unsigned i = 0; i < epoch->reader_count; i++) {
		uint64_t seen = atomic_load_explicit(&epoch->readers[i].seen, memory_order_seq_cst);

		if (seen && seen < least)
			least = seen;
	}
	return least;
}

/* Takes the objects retired up to `epoch` off the list, which is in that order. */
static struct sb_retired *
take_until(struct sb_epoch *epoch, uint64_t until)
{
	struct sb_retired *first = epoch->oldest, **link = &epoch->oldest;
	uint64_t count = 0;

	while (*link && (*link)->epoch <= until) {
		link = &(*link)->next;
		count++;
	}
	if (count == 0)
		return NULL;
	epoch->oldest = *link;
	if (!epoch->oldest)
		epoch->newest = &epoch->oldest;
	*link = NULL;
	atomic_fetch_sub_explicit(&epoch->waiting, count, memory_order_relaxed);
	return first;
}

static void
release_all(struct sb_retired *retired)
{
	while (retired) {
		struct sb_retired *next = retired->next;

		retired->release(retired->context, retired);
		retired = next;
	}
}

void
sb_epoch_collect(struct sb_epoch *epoch)
{
	struct sb_retired *gone;

	pthread_mutex_lock(&epoch->lock);
	gone = take_until(epoch, epoch_seen_by_all(epoch));
	pthread_mutex_unlock(&epoch->lock);
	/* Outside the lock: freeing takes its time, and a release may retire more. */
	release_all(gone);
}

void
sb_epoch_retire(struct sb_epoch *epoch, struct sb_retired *retired,
	void (*release)(void *context, struct sb_retired *retired), void *context)
{
	retired->release = release;
	retired->context = context;
	retired->next = NULL;
	pthread_mutex_lock(&epoch->lock);
	/* Who sees this epoch or a later one at the beginning of a turn finds the object no more.
	 */
	retired->epoch = atomic_fetch_add_explicit(&epoch->current, 1, memory_order_seq_cst) + 1;
	*epoch->newest = retired;
	epoch->newest = &retired->next;
	atomic_fetch_add_explicit(&epoch->waiting, 1, memory_order_relaxed);
	pthread_mutex_unlock(&epoch->lock);
	/* With all shards asleep nobody else would come by. */
	sb_epoch_collect(epoch);
}

void
sb_epoch_free(struct sb_epoch *epoch)
{
	if (!epoch)
		return;
	release_all(take_until(epoch, UINT64_MAX));
	pthread_mutex_destroy(&epoch->lock);
	epoch->env->release(epoch->env->context, epoch);
}
