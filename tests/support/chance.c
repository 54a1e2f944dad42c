#include "tests/support/chance.h"

#include <stdio.h>
#include <stdlib.h>

struct chance
chance_of(uint64_t seed)
{
	const char *chosen = getenv("SB_TEST_SEED");

	if (chosen)
		seed = strtoull(chosen, NULL, 0);
	printf("SB_TEST_SEED=%llu\n", (unsigned long long)seed);
	return (struct chance){seed};
}

/* A 64-bit step and a mix of its bits: any seed will do, 0 too. */
uint64_t
chance_next(struct chance *c)
{
	uint64_t value = c->state += UINT64_C(0x9E3779B97F4A7C15);

	value = (value ^ value >> 31) * UINT64_C(0xD6E8FEB86659FD93);
	value = (value ^ value >> 29) * UINT64_C(0xD6E8FEB86659FD93);
	return value ^ value >> 32;
}

uint32_t
chance_below(struct chance *c, uint32_t bound)
{
	return (uint32_t)(chance_next(c) % bound);
}
