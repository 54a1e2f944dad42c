/*
 * Message ids. The node's counter counts ticks of 1/4096 millisecond and runs
 * with the clock, or ahead of it when more than 4,096 ids a millisecond are
 * wanted, and never back; shards take 256 ticks at a time, so that ids cost one
 * shared write in 256.
 */
#include "daemons/smpp-mc/id.h"

#include "core/error.h"

#include <string.h>

#define NODE_SHIFT     12
#define TIME_SHIFT     22
#define SEQUENCE_BITS  12
#define SEQUENCE_MASK  0xfffu
#define STALE_BLOCK_MS 1000

/* 0 before 2025: ids then count on from what they had. */
static uint64_t
ticks_of(int64_t wall_ms)
{
	return wall_ms > MC_EPOCH_MS ? (uint64_t)(wall_ms - MC_EPOCH_MS) << SEQUENCE_BITS : 0;
}

/* Time on top, so that ids rise with it on all nodes; the node below, so that they never meet. */
static uint64_t
id_of(uint64_t ticks, uint16_t node)
{
	return (ticks >> SEQUENCE_BITS) << TIME_SHIFT | (uint64_t)(node & 0x3ffu) << NODE_SHIFT |
	       (ticks & SEQUENCE_MASK);
}

void
mc_ids_raise(struct mc_ids *ids, uint64_t id)
{
	/* The next millisecond: whatever block that id was in, it is over. */
	uint64_t floor = ((id >> TIME_SHIFT) + 1) << SEQUENCE_BITS;
	uint64_t next = atomic_load(&ids->next);

	while (next < floor && !atomic_compare_exchange_weak(&ids->next, &next, floor))
		;
}

/* A block never crosses a millisecond: 4,096 is a multiple of 256. */
static void
block_take(struct mc_id_block *block, struct mc_ids *ids, uint64_t now)
{
	uint64_t next = atomic_load_explicit(&ids->next, memory_order_relaxed);
	uint64_t first;

	do {
		first = next > now ? next : now;
	} while (!atomic_compare_exchange_weak_explicit(&ids->next, &next, first + MC_ID_BLOCK,
		memory_order_relaxed, memory_order_relaxed));
	block->next = id_of(first, ids->node);
	block->left = MC_ID_BLOCK;
}

uint64_t
mc_id_take(struct mc_id_block *block, struct mc_ids *ids, int64_t wall_ms, uint32_t count)
{
	uint64_t now = ticks_of(wall_ms);
	uint64_t age = (now >> SEQUENCE_BITS) - (block->next >> TIME_SHIFT);
	uint64_t first;

	/* A block ahead of the clock has an age below zero, which is a huge one here: keep it. */
	if (block->left < count || (age > STALE_BLOCK_MS && age < UINT64_MAX >> 1))
		block_take(block, ids, now);
	first = block->next;
	block->next += count;
	block->left -= count;
	return first;
}

/* Spreads eight digits of four bits over the octets of a word, the first one lowest. */
static uint64_t
spread(uint32_t value)
{
	uint64_t word = __builtin_bswap32(value);

	word = (word | word << 16) & 0x0000ffff0000ffffu;
	word = (word | word << 8) & 0x00ff00ff00ff00ffu;
	return (word >> 4 & 0x000f000f000f000fu) | (word & 0x000f000f000f000fu) << 8;
}

/* '0' and the digit; those above 9 go on at 'a'. */
static uint64_t
hexadecimal(uint64_t digits)
{
	uint64_t above = (digits + 0x0606060606060606u) >> 4 & 0x0101010101010101u;

	return digits + 0x3030303030303030u + above * ('a' - '0' - 10);
}

/* Eight digits at a time: each submit_sm_resp and each receipt has an id. */
void
mc_id_format(uint64_t id, char text[MC_ID_TEXT])
{
	uint64_t high = hexadecimal(spread((uint32_t)(id >> 32)));
	uint64_t low = hexadecimal(spread((uint32_t)id));

	memcpy(text, &high, sizeof(high));
	memcpy(text + sizeof(high), &low, sizeof(low));
	text[MC_ID_DIGITS] = '\0';
}

/* Upper case as well: clients print ids as they like. */
static int
digit_of(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int
mc_id_parse(struct sb_bytes text, uint64_t *id)
{
	uint64_t value = 0;

	if (text.size == 0)
		return SB_EINVAL;
	for (size_t i = 0; i < text.size; i++) {
		int digit = digit_of(text.data[i]);

		/* Longer than 16 digits, leading zeros apart: not one of ours. */
		if (digit < 0 || value >> 60)
			return SB_EINVAL;
		value = value << 4 | (unsigned)digit;
	}
	*id = value;
	return 0;
}
