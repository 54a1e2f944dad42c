/*
 * How values are distributed, within 3 %, in bounded memory: a histogram whose
 * buckets grow with the value (32 to each power of two). Values are
 * nanoseconds, octets or anything else that counts. This one is a plain struct
 * for one thread: a snapshot of sb_histogram, or a load generator's latencies.
 */
#ifndef SB_CORE_DISTRIBUTION_H
#define SB_CORE_DISTRIBUTION_H

#include <stddef.h>
#include <stdint.h>

#define SB_DISTRIBUTION_STEPS   32 /* buckets to a power of two */
#define SB_DISTRIBUTION_OCTAVES 60 /* the first holds 0..31 one by one */

/* 15 KiB. Zeroed is empty. */
struct sb_distribution {
	uint64_t count;
	uint64_t sum;
	uint64_t max; /* the exact largest value */
	uint64_t buckets[SB_DISTRIBUTION_OCTAVES][SB_DISTRIBUTION_STEPS];
};

/* Where a value belongs. */
struct sb_bucket {
	unsigned octave;
	unsigned step;
};

static inline struct sb_bucket
sb_bucket_of(uint64_t value)
{
	unsigned exponent;

	if (value < SB_DISTRIBUTION_STEPS)
		return (struct sb_bucket){0, (unsigned)value};
	exponent = 63 - (unsigned)__builtin_clzll(value);
	return (struct sb_bucket){exponent - 4, (unsigned)(value >> (exponent - 5)) & 31};
}

/* The smallest and the largest value of a bucket. */
uint64_t sb_bucket_low(struct sb_bucket bucket);
uint64_t sb_bucket_high(struct sb_bucket bucket);

void sb_distribution_add(struct sb_distribution *d, uint64_t value);

/* The same value `times` times: what was sent together and came back together. */
void sb_distribution_add_times(struct sb_distribution *d, uint64_t value, uint64_t times);

/* Adds everything of `from` to `to`. */
void sb_distribution_merge(struct sb_distribution *to, const struct sb_distribution *from);

/* The value that `percent` (0 to 100) of all are not above: the middle of its bucket, and never
 * more than the exact largest. 0 when empty. */
uint64_t sb_distribution_percentile(const struct sb_distribution *d, double percent);

/* 0 when empty. */
double sb_distribution_mean(const struct sb_distribution *d);

#endif
