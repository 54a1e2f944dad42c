/* Histograms: thirty-two steps for each power of two, so that any value is known to three per cent
 * whatever its size, and nothing need be configured. A row for each shard, made when it first
 * records, and in it the steps of a power of two when they first occur: most histograms hold times
 * of a narrow range. */
#include "core/metrics_internal.h"

#include <stdlib.h>
#include <string.h>

/* What one shard has recorded. The steps of a power of two come when they are first used. */
struct row {
	_Atomic uint64_t sum;
	_Atomic uint64_t max;
	_Atomic uint64_t *_Atomic octaves[SB_DISTRIBUTION_OCTAVES];
};

struct sb_histogram {
	unsigned shards;
	struct row *_Atomic rows[]; /* one a shard, and one for all other threads */
};

struct sb_histogram *
metrics_histogram_new(unsigned shards)
{
	struct sb_histogram *h = calloc(1, sizeof(*h) + (shards + 1) * sizeof(h->rows[0]));

	if (h)
		h->shards = shards;
	return h;
}

void
metrics_histogram_free(struct sb_histogram *h)
{
	if (!h)
		return;
	for (unsigned i = 0; i <= h->shards; i++) {
		struct row *r = atomic_load(&h->rows[i]);

		for (unsigned octave = 0; r && octave < SB_DISTRIBUTION_OCTAVES; octave++)
			free(atomic_load(&r->octaves[octave]));
		free(r);
	}
	free(h);
}

/* Rows and octaves are whole cache lines, so that shards share none. */
static void *
zeroed_lines(size_t size)
{
	size_t rounded = (size + 63) / 64 * 64;
	void *memory = aligned_alloc(64, rounded);

	return memory ? memset(memory, 0, rounded) : NULL;
}

/* Two threads may make the shared row at once; one of them throws its own away. */
static struct row *
row_of(struct sb_histogram *h, unsigned index)
{
	struct row *row = atomic_load_explicit(&h->rows[index], memory_order_acquire);
	struct row *fresh;

	if (row)
		return row;
	fresh = zeroed_lines(sizeof(*fresh));
	if (fresh && !atomic_compare_exchange_strong(&h->rows[index], &row, fresh)) {
		free(fresh);
		return row;
	}
	return fresh;
}

static _Atomic uint64_t *
octave_of(struct row *row, unsigned index)
{
	_Atomic uint64_t *octave = atomic_load_explicit(&row->octaves[index], memory_order_acquire);
	_Atomic uint64_t *fresh;

	if (octave)
		return octave;
	fresh = zeroed_lines(SB_DISTRIBUTION_STEPS * sizeof(*fresh));
	if (fresh && !atomic_compare_exchange_strong(&row->octaves[index], &octave, fresh)) {
		free(fresh);
		return octave;
	}
	return fresh;
}

/* A plain load and store: the cell's only writer. */
static void
add(_Atomic uint64_t *c, uint64_t n)
{
	uint64_t value = atomic_load_explicit(c, memory_order_relaxed);

	atomic_store_explicit(c, value + n, memory_order_relaxed);
}

void
sb_histogram_record(struct sb_histogram *h, unsigned shard, uint64_t value)
{
	struct sb_bucket at = sb_bucket_of(value);
	struct row *row = row_of(h, shard);
	_Atomic uint64_t *octave = row ? octave_of(row, at.octave) : NULL;

	/* Without memory a value is not recorded: a measurement must not fail what it measures. */
	if (!octave)
		return;
	add(&octave[at.step], 1);
	add(&row->sum, value);
	if (value > atomic_load_explicit(&row->max, memory_order_relaxed))
		atomic_store_explicit(&row->max, value, memory_order_relaxed);
}

/* From threads that are no shard: the one row that several write, so with real additions. */
void
sb_histogram_record_shared(struct sb_histogram *h, uint64_t value)
{
	struct sb_bucket at = sb_bucket_of(value);
	struct row *row = row_of(h, h->shards);
	_Atomic uint64_t *octave = row ? octave_of(row, at.octave) : NULL;
	uint64_t max;

	if (!octave)
		return;
	atomic_fetch_add_explicit(&octave[at.step], 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&row->sum, value, memory_order_relaxed);
	max = atomic_load_explicit(&row->max, memory_order_relaxed);
	while (value > max && !atomic_compare_exchange_weak(&row->max, &max, value))
		continue;
}

/* Rows of shards that never recorded are not there. */
static void
merge_row(struct sb_distribution *out, struct row *row)
{
	uint64_t max = atomic_load_explicit(&row->max, memory_order_relaxed);

	for (unsigned octave = 0; octave < SB_DISTRIBUTION_OCTAVES; octave++) {
		_Atomic uint64_t *steps =
			atomic_load_explicit(&row->octaves[octave], memory_order_acquire);

		for (unsigned step = 0; steps && step < SB_DISTRIBUTION_STEPS; step++) {
			uint64_t n = atomic_load_explicit(&steps[step], memory_order_relaxed);

			out->buckets[octave][step] += n;
			out->count += n;
		}
	}
	out->sum += atomic_load_explicit(&row->sum, memory_order_relaxed);
	if (max > out->max)
		out->max = max;
}

void
sb_histogram_read(const struct sb_histogram *h, struct sb_distribution *out)
{
	/* Read while others record: the count is that of the buckets as they were read. */
	memset(out, 0, sizeof(*out));
	for (unsigned i = 0; i <= h->shards; i++) {
		struct row *row = atomic_load_explicit(&h->rows[i], memory_order_acquire);

		if (row)
			merge_row(out, row);
	}
}
