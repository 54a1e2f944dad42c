/*
 * A token bucket: so many a second, and a burst that may come at once. Integer
 * arithmetic on billionths of a token, so that nothing is lost however often or
 * seldom it is asked: after any time exactly rate * seconds + burst have passed.
 * Pure: no clock of its own. One thread at a time.
 */
#ifndef SB_CORE_RATE_H
#define SB_CORE_RATE_H

#include <stdbool.h>
#include <stdint.h>

struct sb_rate {
	uint64_t credit; /* billionths of a token */
	uint64_t as_of;  /* ns: up to when credit has been counted */
	uint32_t per_second;
	uint32_t burst;
};

/* A full bucket. `per_second` 0 never fills again; SB_UNLIMITED never refuses. `burst` 0 counts as
 * 1, so that a rate alone lets something pass. */
void sb_rate_init(struct sb_rate *rate, uint32_t per_second, uint32_t burst);

/* Takes `n` tokens, or none. `now_ns` is monotonic; a time before the last one counts as the last
 * one. More than the burst is never there. */
bool sb_rate_take(struct sb_rate *rate, uint64_t now_ns, uint32_t n);

/* How long until `n` tokens are there, in nanoseconds: 0: now; UINT64_MAX: never. */
uint64_t sb_rate_wait(struct sb_rate *rate, uint64_t now_ns, uint32_t n);

#endif
