/*
 * Counters, gauges and histograms: one table for the whole node, whatever the
 * number of shards. Every series has a cell per shard which only that shard's
 * thread writes (a plain load and store, no locked instruction, no line shared
 * with another shard) and any thread reads. Series live as long as the table.
 *
 * Registering takes a mutex: do it at start, or when something rare and named
 * comes (a listener, an account), never per session. The same name and labels
 * give the same series, so that two owners may both ask. A name has one kind
 * and one help text; asking for it as another kind is a bug and stops the
 * program. Registering never fails: when memory is out it gives a series that
 * counts and is not shown.
 *
 * Labels are pairs of `const char *name, const char *value` ended by NULL, given
 * in the same order each time; all texts are copied. Labels of more than 1,000
 * octets together are refused like those without memory.
 */
#ifndef SB_CORE_METRICS_H
#define SB_CORE_METRICS_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "distribution.h"

struct sb_metrics;

/* Cells of one shard that lie together: a multiple of a cache line. */
#define SB_METRICS_RUN 64

/* A cell of shard i is cells[i * SB_METRICS_RUN]; the one after the last shard is for all threads
 * that are no shard. */
struct sb_counter {
	_Atomic uint64_t *cells;
	unsigned shards;
};

struct sb_gauge {
	_Atomic int64_t *cells;
	unsigned shards;
};

struct sb_histogram;

enum sb_metrics_unit {
	SB_UNIT_SECONDS, /* recorded in nanoseconds, shown in seconds */
	SB_UNIT_OCTETS,
	SB_UNIT_COUNT,
};

/* For shards 0..shards-1. NULL when memory is out. */
struct sb_metrics *sb_metrics_new(unsigned shards);

/* Frees the table and all its series. Takes NULL. */
void sb_metrics_free(struct sb_metrics *m);

struct sb_counter *sb_metrics_counter(struct sb_metrics *m, const char *name, const char *help, ...)
	__attribute__((sentinel));
struct sb_gauge *sb_metrics_gauge(struct sb_metrics *m, const char *name, const char *help, ...)
	__attribute__((sentinel));
struct sb_histogram *sb_metrics_histogram(struct sb_metrics *m, enum sb_metrics_unit unit,
	const char *name, const char *help, ...) __attribute__((sentinel));

/* A gauge that is read where it is shown: `read` is called by sb_metrics_write, on its thread, and
 * must not block nor touch the table. `context` outlives the table. */
void sb_metrics_gauge_read(struct sb_metrics *m, int64_t (*read)(void *context), void *context,
	const char *name, const char *help, ...) __attribute__((sentinel));

/* The same for a counter that lives elsewhere. */
void sb_metrics_counter_read(struct sb_metrics *m, uint64_t (*read)(void *context), void *context,
	const char *name, const char *help, ...) __attribute__((sentinel));

/* Only the thread of `shard`. */
static inline void
sb_counter_add(struct sb_counter *c, unsigned shard, uint64_t n)
{
	_Atomic uint64_t *cell = c->cells + (size_t)shard * SB_METRICS_RUN;
	uint64_t value = atomic_load_explicit(cell, memory_order_relaxed);

	atomic_store_explicit(cell, value + n, memory_order_relaxed);
}

/* Any thread, also one that is no shard: dearer by a locked instruction. */
static inline void
sb_counter_add_shared(struct sb_counter *c, uint64_t n)
{
	_Atomic uint64_t *cell = c->cells + (size_t)c->shards * SB_METRICS_RUN;

	atomic_fetch_add_explicit(cell, n, memory_order_relaxed);
}

/* The sum over all shards. Any thread. */
uint64_t sb_counter_value(const struct sb_counter *c);

/* What is shown is the sum of what each shard has set. Only the thread of `shard`. */
static inline void
sb_gauge_set(struct sb_gauge *g, unsigned shard, int64_t value)
{
	_Atomic int64_t *cell = g->cells + (size_t)shard * SB_METRICS_RUN;

	atomic_store_explicit(cell, value, memory_order_relaxed);
}

static inline void
sb_gauge_add(struct sb_gauge *g, unsigned shard, int64_t n)
{
	_Atomic int64_t *cell = g->cells + (size_t)shard * SB_METRICS_RUN;
	int64_t value = atomic_load_explicit(cell, memory_order_relaxed);

	atomic_store_explicit(cell, value + n, memory_order_relaxed);
}

/* Any thread, as sb_counter_add_shared. */
static inline void
sb_gauge_add_shared(struct sb_gauge *g, int64_t n)
{
	_Atomic int64_t *cell = g->cells + (size_t)g->shards * SB_METRICS_RUN;

	atomic_fetch_add_explicit(cell, n, memory_order_relaxed);
}

int64_t sb_gauge_value(const struct sb_gauge *g);

/* Counts one value. Memory (256 octets to a power of two) comes when a shard first meets a value of
 * that size; without memory the value is not counted. Only the thread of `shard`. */
void sb_histogram_record(struct sb_histogram *h, unsigned shard, uint64_t value);

/* Any thread, as sb_counter_add_shared. */
void sb_histogram_record_shared(struct sb_histogram *h, uint64_t value);

/* What all shards have recorded, merged into *out, which is emptied first. Any thread. Values
 * recorded meanwhile may be in or not; out->count is always the sum of the buckets. */
void sb_histogram_read(const struct sb_histogram *h, struct sb_distribution *out);

/* Writes all series as Prometheus text (version 0.0.4), in pieces, by `write`, which returns 0 to
 * go on or an error, which is returned. Families come in the order of registration. Any thread;
 * takes no lock, so that `write` may take its time. */
int sb_metrics_write(const struct sb_metrics *m,
	int (*write)(void *context, const char *data, size_t size), void *context);

/* The same into one NUL-terminated text, which the caller frees with free(3). SB_ENOMEM. */
int sb_metrics_text(const struct sb_metrics *m, char **text, size_t *size);

#endif
