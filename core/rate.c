/*
 * A token bucket in integers: credit counts billionths of a token, so that any
 * time that passes adds exactly what it should and no remainder is lost. Time
 * comes from the caller; nothing here waits.
 */
#include "core/rate.h"

#include "core/limits.h"

#define BILLION UINT64_C(1000000000)

/* The product is at most 2^32 * 10^9 and fits. */
static uint64_t
credit_of(uint32_t tokens)
{
	return tokens * BILLION;
}

void
sb_rate_init(struct sb_rate *rate, uint32_t per_second, uint32_t burst)
{
	burst = burst ? burst : 1;
	*rate = (struct sb_rate){
		.credit = credit_of(burst),
		.per_second = per_second,
		.burst = burst,
	};
}

static void
fill(struct sb_rate *rate, uint64_t now_ns)
{
	uint64_t missing = credit_of(rate->burst) - rate->credit;
	uint64_t elapsed;

	/* The first call finds as_of 0 and a full bucket; shards that share a bucket may be a turn
	 * apart. */
	if (now_ns <= rate->as_of)
		return;
	elapsed = now_ns - rate->as_of;
	rate->as_of = now_ns;
	if (rate->per_second == 0)
		return;
	/* Compared by division: elapsed * per_second may not fit. */
	if (elapsed > missing / rate->per_second)
		rate->credit = credit_of(rate->burst);
	else
		rate->credit += elapsed * rate->per_second;
}

bool
sb_rate_take(struct sb_rate *rate, uint64_t now_ns, uint32_t n)
{
	if (rate->per_second == SB_UNLIMITED)
		return true;
	fill(rate, now_ns);
	if (rate->credit < credit_of(n))
		return false;
	rate->credit -= credit_of(n);
	return true;
}

uint64_t
sb_rate_wait(struct sb_rate *rate, uint64_t now_ns, uint32_t n)
{
	uint64_t missing;

	if (rate->per_second == SB_UNLIMITED)
		return 0;
	fill(rate, now_ns);
	if (rate->credit >= credit_of(n))
		return 0;
	if (rate->per_second == 0 || n > rate->burst)
		return UINT64_MAX;
	missing = credit_of(n) - rate->credit;
	/* Rounded up: a waiter that is early would only wait again. */
	return missing / rate->per_second + (missing % rate->per_second != 0);
}
