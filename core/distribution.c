/*
 * A distribution of values without a lock or a name, for load tools and tests:
 * the buckets of histogram.c, counted by one thread and merged.
 */
#include "core/distribution.h"

#include <math.h>

uint64_t
sb_bucket_low(struct sb_bucket bucket)
{
	if (bucket.octave == 0)
		return bucket.step;
	return (uint64_t)(SB_DISTRIBUTION_STEPS + bucket.step) << (bucket.octave - 1);
}

uint64_t
sb_bucket_high(struct sb_bucket bucket)
{
	if (bucket.octave == 0)
		return bucket.step;
	return sb_bucket_low(bucket) + ((1ull << (bucket.octave - 1)) - 1);
}

void
sb_distribution_add_times(struct sb_distribution *d, uint64_t value, uint64_t times)
{
	struct sb_bucket at = sb_bucket_of(value);

	d->buckets[at.octave][at.step] += times;
	d->count += times;
	d->sum += value * times;
	if (times && value > d->max)
		d->max = value;
}

void
sb_distribution_add(struct sb_distribution *d, uint64_t value)
{
	sb_distribution_add_times(d, value, 1);
}

void
sb_distribution_merge(struct sb_distribution *to, const struct sb_distribution *from)
{
	for (unsigned octave = 0; octave < SB_DISTRIBUTION_OCTAVES; octave++)
		for (unsigned step = 0; step < SB_DISTRIBUTION_STEPS; step++)
			to->buckets[octave][step] += from->buckets[octave][step];
	to->count += from->count;
	to->sum += from->sum;
	if (from->max > to->max)
		to->max = from->max;
}

/* A value of a bucket is somewhere in it; the greatest is known exactly. */
static uint64_t
middle(const struct sb_distribution *d, struct sb_bucket bucket)
{
	uint64_t low = sb_bucket_low(bucket), value = low + (sb_bucket_high(bucket) - low) / 2;

	return value < d->max ? value : d->max;
}

uint64_t
sb_distribution_percentile(const struct sb_distribution *d, double percent)
{
	double rank = ceil((double)d->count * percent / 100);
	uint64_t seen = 0;

	for (unsigned octave = 0; octave < SB_DISTRIBUTION_OCTAVES; octave++)
		for (unsigned step = 0; step < SB_DISTRIBUTION_STEPS; step++) {
			seen += d->buckets[octave][step];
			if (seen && (double)seen >= rank)
				return middle(d, (struct sb_bucket){octave, step});
		}
	return d->max;
}

double
sb_distribution_mean(const struct sb_distribution *d)
{
	return d->count ? (double)d->sum / (double)d->count : 0;
}
