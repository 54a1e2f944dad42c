/* A small deterministic generator; the same seed gives the same values everywhere. */
#ifndef SB_TESTS_SUPPORT_CHANCE_H
#define SB_TESTS_SUPPORT_CHANCE_H

#include <stdint.h>

struct chance {
	uint64_t state;
};

/* Seeded from SB_TEST_SEED or `seed`, which is printed: set it to see a failure again. */
struct chance chance_of(uint64_t seed);

uint64_t chance_next(struct chance *c);
uint32_t chance_below(struct chance *c, uint32_t bound);

#endif
