/*
 * Message ids: 64 bits, milliseconds since 2025 (42) | node (10) | sequence (12).
 * They only grow on a node, so that rows append, and they name their owner. Ids
 * are handed out in blocks of 256 from one counter of the node; a shard takes
 * from its own block without touching the counter.
 */
#ifndef SMPP_MC_ID_H
#define SMPP_MC_ID_H

#include "core/bytes.h"

#include <stdatomic.h>
#include <stdint.h>

/* 2025-01-01T00:00:00Z in Unix milliseconds. */
#define MC_EPOCH_MS INT64_C(1735689600000)

#define MC_ID_BLOCK 256u

/* Digits of an id as text, and room for them with a NUL. */
#define MC_ID_DIGITS 16
#define MC_ID_TEXT   (MC_ID_DIGITS + 1)

/* The counter of a node: milliseconds since 2025 and sequence of the next block. Zeroed memory with
 * `node` set is ready. */
struct mc_ids {
	_Atomic uint64_t next;
	uint16_t node; /* 0..1023 */
};

/* What is left of a block. Zeroed: nothing. One thread. */
struct mc_id_block {
	uint64_t next;
	uint32_t left;
};

/* No later id is at or below `id` (the last one of an earlier life). Any thread. */
void mc_ids_raise(struct mc_ids *ids, uint64_t id);

/* `count` ids one after the other (1..MC_ID_BLOCK); returns the first. A block that is older than a
 * second is given up, so that ids of a quiet partition stay near the clock. `wall_ms` is Unix time;
 * when it runs backwards, ids go on from where they were. */
uint64_t mc_id_take(struct mc_id_block *block, struct mc_ids *ids, int64_t wall_ms, uint32_t count);

/* Gives the block up: the next id is above all that were handed out so far, on any shard. */
static inline void
mc_id_block_drop(struct mc_id_block *block)
{
	block->left = 0;
}

/* Fixed width, lower-case hexadecimal, with its NUL. */
void mc_id_format(uint64_t id, char text[MC_ID_TEXT]);

/* Any case, leading zeros or none. 0, or SB_EINVAL for what no id of ours can be. */
int mc_id_parse(struct sb_bytes text, uint64_t *id);

#endif
