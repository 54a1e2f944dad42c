/*
 * Goes ahead of the writer's checkpoint: moves what is in the write-ahead log by then
 * into the file and waits for the disk, while commits go on. It may fail, or not come
 * to the end; the writer, which makes the checkpoint that counts, finds out for itself,
 * and finds little left to do when all went well.
 */
#include "core/store_sqlite_internal.h"
#include "core/thread_internal.h"

/* What is written during one is left to the next, which is shorter for that. */
#define PASSES 3

static void *
run(void *argument)
{
	struct sb_sqlite_mover *mover = argument;

	pthread_mutex_lock(&mover->lock);
	while (!mover->is_stopping) {
		if (mover->state != SB_SQLITE_MOVING) {
			pthread_cond_wait(&mover->asked, &mover->lock);
			continue;
		}
		pthread_mutex_unlock(&mover->lock);
		for (int pass = 0; pass < PASSES; pass++)
			(void)sqlite3_wal_checkpoint_v2(
				mover->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
		pthread_mutex_lock(&mover->lock);
		mover->state = SB_SQLITE_MOVED;
	}
	pthread_mutex_unlock(&mover->lock);
	return NULL;
}

int
sb_sqlite_mover_start(struct sb_sqlite_mover *mover, sqlite3 *db)
{
	int err;

	*mover = (struct sb_sqlite_mover){.db = db};
	pthread_mutex_init(&mover->lock, NULL);
	pthread_cond_init(&mover->asked, NULL);
	err = sb_thread_start(&mover->thread, "sb.store.mover", run, mover);
	if (err) {
		pthread_cond_destroy(&mover->asked);
		pthread_mutex_destroy(&mover->lock);
	}
	return err;
}

bool
sb_sqlite_mover_goes_ahead(struct sb_sqlite_mover *mover)
{
	bool has_been;

	pthread_mutex_lock(&mover->lock);
	has_been = mover->state == SB_SQLITE_MOVED;
	if (mover->state == SB_SQLITE_RESTING) {
		mover->state = SB_SQLITE_MOVING;
		pthread_cond_signal(&mover->asked);
	} else if (has_been) {
		mover->state = SB_SQLITE_RESTING;
	}
	pthread_mutex_unlock(&mover->lock);
	return !has_been;
}

void
sb_sqlite_mover_stop(struct sb_sqlite_mover *mover)
{
	pthread_mutex_lock(&mover->lock);
	mover->is_stopping = true;
	pthread_cond_signal(&mover->asked);
	pthread_mutex_unlock(&mover->lock);
	pthread_join(mover->thread, NULL);
	pthread_cond_destroy(&mover->asked);
	pthread_mutex_destroy(&mover->lock);
}
