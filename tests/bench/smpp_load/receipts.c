#include "tests/bench/smpp_load/receipts.h"
#include "core/error.h"

#include <stdlib.h>
#include <string.h>

/* 32 MiB: three million messages may wait for their receipts. */
static const size_t TABLE = 1 << 22, TABLE_FULL = 3 << 20;

enum { SIDE_BITS = 3 };

int
receipts_init(struct receipts *receipts)
{
	*receipts = (struct receipts){.table = calloc(TABLE, sizeof(*receipts->table))};
	return receipts->table ? 0 : SB_ENOMEM;
}

void
receipts_fini(struct receipts *receipts)
{
	free(receipts->table);
	*receipts = (struct receipts){0};
}

void
receipts_clear(struct receipts *receipts)
{
	uint64_t *table = receipts->table;

	if (table && receipts->used)
		memset(table, 0, TABLE * sizeof(*table));
	*receipts = (struct receipts){.table = table};
}

/* FNV-1a, stirred once more because the table uses the low bits; never 0 above the side's bits. */
static uint64_t
hash_of(struct sb_bytes id)
{
	uint64_t hash = 14695981039346656037U;

	for (size_t i = 0; i < id.size; i++)
		hash = (hash ^ id.data[i]) * 1099511628211U;
	hash ^= hash >> 32;
	hash *= 0x9E3779B97F4A7C15U;
	hash ^= hash >> 29;
	return (hash | 4) & ~(uint64_t)SIDE_BITS;
}

static size_t
home_of(uint64_t entry)
{
	return (size_t)(entry >> 3) & (TABLE - 1);
}

/* Closes the gap: moves up what could not stand at its home, so that no search ends too early. */
static void
remove_at(struct receipts *receipts, size_t gap)
{
	size_t mask = TABLE - 1;

	for (size_t i = (gap + 1) & mask; receipts->table[i]; i = (i + 1) & mask) {
		size_t home = home_of(receipts->table[i]);

		if (((i - home) & mask) < ((i - gap) & mask))
			continue;
		receipts->table[gap] = receipts->table[i];
		gap = i;
	}
	receipts->table[gap] = 0;
	receipts->used--;
}

static void
insert_at(struct receipts *receipts, size_t i, uint64_t entry, enum receipts_side side)
{
	if (receipts->used >= TABLE_FULL) {
		receipts->untracked++;
		return;
	}
	receipts->table[i] = entry | side;
	receipts->used++;
	receipts->open[side]++;
}

void
receipts_saw(struct receipts *receipts, enum receipts_side side, struct sb_bytes message_id)
{
	uint64_t entry = hash_of(message_id);
	size_t i = home_of(entry);

	if (!receipts->table)
		return;
	while (receipts->table[i] && (receipts->table[i] & ~(uint64_t)SIDE_BITS) != entry)
		i = (i + 1) & (TABLE - 1);
	if (!receipts->table[i]) {
		insert_at(receipts, i, entry, side);
	} else if ((receipts->table[i] & SIDE_BITS) == side) {
		receipts->duplicates++;
	} else {
		receipts->open[receipts->table[i] & SIDE_BITS]--;
		remove_at(receipts, i);
		receipts->matched++;
	}
}
