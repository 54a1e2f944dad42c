/*
 * The address of a session: a value, never a pointer. A generation is never
 * used twice, so an address that has outlived its session reaches nobody
 * rather than somebody else. Pure: any thread.
 */
#ifndef SB_CORE_ADDRESS_H
#define SB_CORE_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

struct sb_address {
	uint16_t node;
	uint16_t shard;
	uint32_t slot;
	uint64_t generation; /* 0 in no address of a session */
};

static inline bool
sb_address_equal(struct sb_address a, struct sb_address b)
{
	return a.node == b.node && a.shard == b.shard && a.slot == b.slot &&
	       a.generation == b.generation;
}

/* Whether it is the zeroed address, which no session has. */
static inline bool
sb_address_is_null(struct sb_address a)
{
	return a.generation == 0;
}

#endif
