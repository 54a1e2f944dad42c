/*
 * A log-linear histogram of 64-bit values: 64 buckets for each power of two,
 * so that a value is known to 1.6 per cent at any size. Fixed memory, no
 * allocation, one thread.
 */
#ifndef TESTS_BENCH_HISTOGRAM_H
#define TESTS_BENCH_HISTOGRAM_H

#include <stdint.h>

enum { HISTOGRAM_BUCKETS = 59 * 64 };

/* Zeroed is empty. */
struct histogram {
	uint64_t total;
	uint64_t largest;
	uint64_t counts[HISTOGRAM_BUCKETS];
};

void histogram_add(struct histogram *h, uint64_t value, uint64_t times);

/* Adds what `from` holds to `to`. */
void histogram_merge(struct histogram *to, const struct histogram *from);

/* The value that `share` (0 to 1) of all values do not exceed: the top of its bucket, and never
 * more than the largest value seen. 0 of an empty histogram. */
uint64_t histogram_percentile(const struct histogram *h, double share);

#endif
