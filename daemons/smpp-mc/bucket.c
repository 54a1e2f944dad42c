/*
 * The bucket is kept as the time at which it will be full again: one word, so that
 * sessions of all shards share it without a lock.
 */
#include "daemons/smpp-mc/bucket.h"

#define SECOND_NS UINT64_C(1000000000)

static uint64_t
token_ns(const struct mc_rate *rate)
{
	return SECOND_NS / rate->per_second;
}

bool
mc_bucket_take(
	struct mc_bucket *bucket, const struct mc_rate *rate, uint64_t now_ns, uint32_t count)
{
	uint64_t token, full, least;

	if (!rate->per_second)
		return true;
	token = token_ns(rate);
	full = atomic_load_explicit(&bucket->full_ns, memory_order_relaxed);
	do {
		/* What was not used before now is not saved beyond the burst. */
		least = full > now_ns ? full : now_ns;
		/* One submit_multi may want more than the burst: then a full bucket is overdrawn,
		 * or it would be throttled for ever. */
		if (least > now_ns && least + count * token - now_ns > rate->burst * token)
			return false;
	} while (!atomic_compare_exchange_weak_explicit(&bucket->full_ns, &full,
		least + count * token, memory_order_relaxed, memory_order_relaxed));
	return true;
}

void
mc_bucket_give(struct mc_bucket *bucket, const struct mc_rate *rate, uint32_t count)
{
	if (rate->per_second)
		atomic_fetch_sub_explicit(
			&bucket->full_ns, count * token_ns(rate), memory_order_relaxed);
}

uint32_t
mc_bucket_load(const struct mc_bucket *bucket, const struct mc_rate *rate, uint64_t now_ns)
{
	uint64_t full = atomic_load_explicit(&bucket->full_ns, memory_order_relaxed);
	uint64_t load;

	if (!rate->per_second || full <= now_ns)
		return 0;
	load = (full - now_ns) * 100 / (rate->burst * token_ns(rate));
	return load < 100 ? (uint32_t)load : 100;
}
