#include "tests/bench/histogram.h"

enum { LINEAR_BITS = 6, LINEAR = 1 << LINEAR_BITS };

static unsigned
bucket_of(uint64_t value)
{
	unsigned shift;

	if (value < 2 * LINEAR)
		return (unsigned)value;
	shift = 63 - (unsigned)__builtin_clzll(value) - LINEAR_BITS;
	return shift * LINEAR + (unsigned)(value >> shift);
}

static uint64_t
bucket_top(unsigned bucket)
{
	unsigned shift;

	if (bucket < 2 * LINEAR)
		return bucket;
	shift = bucket / LINEAR - 1;
	return ((uint64_t)(bucket % LINEAR + LINEAR + 1) << shift) - 1;
}

void
histogram_add(struct histogram *h, uint64_t value, uint64_t times)
{
	h->counts[bucket_of(value)] += times;
	h->total += times;
	if (value > h->largest)
		h->largest = value;
}

void
histogram_merge(struct histogram *to, const struct histogram *from)
{
	for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++)
		to->counts[i] += from->counts[i];
	to->total += from->total;
	if (from->largest > to->largest)
		to->largest = from->largest;
}

uint64_t
histogram_percentile(const struct histogram *h, double share)
{
	double wanted = share * (double)h->total;
	uint64_t seen = 0;

	for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
		seen += h->counts[i];
		if (seen && (double)seen >= wanted)
			return bucket_top(i) < h->largest ? bucket_top(i) : h->largest;
	}
	return h->largest;
}
