/*
 * A token bucket in one atomic word, for what sessions of all shards share: so many
 * a second, and a burst that may come at once. (core/rate.h has one for one
 * thread.) Any thread.
 */
#ifndef SMPP_MC_BUCKET_H
#define SMPP_MC_BUCKET_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct mc_rate {
	uint32_t per_second; /* 0: unlimited */
	uint32_t burst;
};

/* Zeroed is full. */
struct mc_bucket {
	_Atomic uint64_t full_ns; /* when it will be full again */
};

/* Takes `count` tokens at once or none; more than the burst of a full bucket, which has to fill
 * from below nothing then. `now_ns` is monotonic. */
bool mc_bucket_take(
	struct mc_bucket *bucket, const struct mc_rate *rate, uint64_t now_ns, uint32_t count);

/* Puts tokens back that were taken for nothing. */
void mc_bucket_give(struct mc_bucket *bucket, const struct mc_rate *rate, uint32_t count);

/* How much of the burst is used: 0 to 100. */
uint32_t
mc_bucket_load(const struct mc_bucket *bucket, const struct mc_rate *rate, uint64_t now_ns);

#endif
