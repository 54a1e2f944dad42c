/*
 * How the file is: figures for operators, and the two states in which nothing can
 * be committed. Without space each commit is tried, and the first that succeeds
 * ends it. After an error of the disk nobody knows what the file holds until it is
 * read anew: nothing is written any more.
 */
#include "core/error.h"
#include "core/log.h"
#include "core/metrics.h"
#include "core/node_internal.h"
#include "core/store_sqlite_internal.h"

#define FRAME_HEADER 24 /* before each page in the write-ahead log */

void
sb_sqlite_health_init(struct sb_sqlite *s)
{
	struct sb_metrics *m = s->store->node->metrics;
	struct sb_sqlite_health *h = &s->health;

	h->rows = sb_metrics_histogram(m, SB_UNIT_COUNT, "sb_store_commit_rows",
		"Changes written by one commit of the file.", NULL);
	h->time = sb_metrics_histogram(m, SB_UNIT_SECONDS, "sb_store_commit_seconds",
		"Time of one commit of the file.", NULL);
	h->checkpoint_time = sb_metrics_histogram(m, SB_UNIT_SECONDS, "sb_store_checkpoint_seconds",
		"Time of moving pages from the write-ahead log into the file.", NULL);
	h->cpu = sb_metrics_counter(m, "sb_store_writer_cpu_microseconds_total",
		"CPU time of the writing thread.", NULL);
	h->starved = sb_metrics_counter(m, "sb_store_checkpoints_incomplete_total",
		"Checkpoints that a long read kept from their end.", NULL);
	h->wal_bytes.gauge = sb_metrics_gauge(m, "sb_store_wal_bytes",
		"Octets in use of the write-ahead log: grows while somebody reads on and on.",
		NULL);
	h->no_space.gauge = sb_metrics_gauge(
		m, "sb_store_no_space", "1: commits fail, because there is no space.", NULL);
	h->read_only.gauge = sb_metrics_gauge(m, "sb_store_read_only",
		"1: an error of the disk, nothing is committed until a restart.", NULL);
	h->last_error.gauge = sb_metrics_gauge(
		m, "sb_store_last_error", "The code of the last failure (error.h); 0: none.", NULL);
}

/* Only the writer sets them, which is no shard: what it adds is what has changed. */
static void
figure_set(struct sb_sqlite_figure *figure, int64_t value)
{
	if (value != figure->shown)
		sb_gauge_add_shared(figure->gauge, value - figure->shown);
	figure->shown = value;
}

/* Before the node goes its figures may be read once more. */
void
sb_sqlite_health_fini(struct sb_sqlite *s)
{
	figure_set(&s->health.wal_bytes, 0);
}

static void
say_space_again(struct sb_sqlite *s)
{
	struct sb_sqlite_health *h = &s->health;
	uint64_t now = s->env->now(s->env->context);

	figure_set(&h->no_space, 0);
	SB_LOG_TO(s->store->node->log, WARNING, "store.space_again", "path", SB_STR(s->path),
		"seconds", SB_UINT((now - h->no_space_since) / 1000000000u), "failed",
		SB_UINT(h->no_space_commits));
}

static void
say_no_space(struct sb_sqlite *s)
{
	struct sb_sqlite_health *h = &s->health;

	h->no_space_commits++;
	if (h->no_space.shown)
		return;
	h->no_space_commits = 1;
	h->no_space_since = s->env->now(s->env->context);
	figure_set(&h->no_space, 1);
	SB_LOG_TO(s->store->node->log, ERROR, "store.no_space", "path", SB_STR(s->path), "reason",
		SB_STR(sqlite3_errmsg(s->writing)));
}

static void
become_read_only(struct sb_sqlite *s, int err)
{
	s->failure = err == SB_ECORRUPT ? err : SB_EIO;
	figure_set(&s->health.read_only, 1);
	SB_LOG_TO(s->store->node->log, ERROR, "store.read_only", "path", SB_STR(s->path), "error",
		SB_ERR(err), "reason", SB_STR(sqlite3_errmsg(s->writing)), "errno",
		SB_INT(sb_sqlite_errno(s->writing)));
}

static bool
is_of_the_disk(int err)
{
	return err == SB_EIO || err == SB_ECORRUPT || err == SB_EACCES;
}

void
sb_sqlite_failed(struct sb_sqlite *s, int err)
{
	figure_set(&s->health.last_error, err);
	if (err == SB_ENOSPC)
		say_no_space(s);
	else if (is_of_the_disk(err))
		become_read_only(s, err);
	else
		SB_LOG_LIMITED_TO(s->store->node->log, ERROR, "store.commit_failed", "error",
			SB_ERR(err), "reason", SB_STR(sqlite3_errmsg(s->writing)));
}

/* Without space the log goes on growing where it is, and commits go on. */
void
sb_sqlite_checkpoint_failed(struct sb_sqlite *s, int err)
{
	figure_set(&s->health.last_error, err);
	if (is_of_the_disk(err))
		become_read_only(s, err);
	else
		SB_LOG_LIMITED_TO(s->store->node->log, ERROR, "store.checkpoint_failed", "error",
			SB_ERR(err), "reason", SB_STR(sqlite3_errmsg(s->writing)));
}

void
sb_sqlite_committed(struct sb_sqlite *s, uint64_t rows, uint64_t ns)
{
	struct sb_sqlite_health *h = &s->health;

	sb_histogram_record_shared(h->rows, rows);
	sb_histogram_record_shared(h->time, ns);
	if (h->no_space.shown)
		say_space_again(s);
}

void
sb_sqlite_count_cpu(struct sb_sqlite *s)
{
	struct sb_sqlite_health *h = &s->health;
	uint64_t us;

	if (!s->env->thread_cpu)
		return;
	us = s->env->thread_cpu(s->env->context) / 1000;
	sb_counter_add_shared(h->cpu, us - h->cpu_us);
	h->cpu_us = us;
}

void
sb_sqlite_wal_is(struct sb_sqlite *s, int frames)
{
	figure_set(&s->health.wal_bytes, (int64_t)frames * (s->page_size + FRAME_HEADER));
}
