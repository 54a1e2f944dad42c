/*
 * Moves pages from the write-ahead log into the file. Not as part of a commit, as
 * SQLite would: who waits for it is told first. Most of it the mover does, while
 * commits go on; what came meanwhile is moved here, between two commits, or the log
 * would never be at its end and begin anew. A read that does not end keeps the
 * log from being used again from its beginning; then it grows, and is tried again
 * from time to time.
 */
#include "core/error.h"
#include "core/metrics.h"
#include "core/store_sqlite_internal.h"

/* 62 MiB: long enough that the syncs of the file itself are rare, short enough to be read in at a
 * start. */
#define FRAMES_MAX   16000
#define FRAMES_AGAIN 1000

/* What it returned would be the commit's result. */
static int
note_frames(void *context, sqlite3 *db, const char *name, int frames)
{
	struct sb_sqlite *s = context;

	(void)db;
	(void)name;
	if (frames < s->wal_frames) /* it has begun anew */
		s->checkpoint_at = FRAMES_MAX;
	s->wal_frames = frames;
	return SQLITE_OK;
}

void
sb_sqlite_checkpoints_init(struct sb_sqlite *s)
{
	s->checkpoint_at = FRAMES_MAX;
	sqlite3_wal_hook(s->writing, note_frames, s);
}

void
sb_sqlite_checkpoint(struct sb_sqlite *s)
{
	int frames = 0, moved = 0, code, err;
	uint64_t since;

	sb_sqlite_wal_is(s, s->wal_frames);
	if (s->wal_frames < s->checkpoint_at || sb_sqlite_mover_goes_ahead(&s->mover))
		return;
	since = s->env->now(s->env->context);
	/* Passive: it waits for no reader, and moves what none of them needs. */
	code = sqlite3_wal_checkpoint_v2(
		s->writing, NULL, SQLITE_CHECKPOINT_PASSIVE, &frames, &moved);
	sb_histogram_record_shared(s->health.checkpoint_time, s->env->now(s->env->context) - since);
	s->checkpoint_at = s->wal_frames + FRAMES_AGAIN;
	err = sb_sqlite_error(s->writing, code);
	if (err && err != SB_EBUSY)
		sb_sqlite_checkpoint_failed(s, err);
	else if (moved < frames)
		sb_counter_add_shared(s->health.starved, 1);
}
