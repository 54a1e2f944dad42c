/*
 * A table of requests under way. Three structures in one allocation: the entries,
 * whose slots are handles and never move within it; a list through them in the
 * order in which they were taken, which is that of their deadlines since each
 * table has one time limit, so that the first deadline is always at hand; and,
 * where asked for, an index by sequence number.
 *
 * The index is open addressing with linear probing at half load. Sequence numbers
 * count up: as they are, a window would be one run of taken places, in which
 * searches end at the first but to take out its oldest walks along all of it. So
 * they are scattered.
 */
#include "protocols/smpp/session_pending_internal.h"

#include "core/session.h"

#include <string.h>

/* A power of two, as index_mask wants; a session that only listens has no table at all. */
#define FIRST_CAPACITY 8

/* Where a number would like to be: the top bits of a product with the golden ratio. */
static uint32_t
home_of(const struct smpp_pending *table, uint32_t sequence)
{
	uint64_t scattered = sequence * 0x9e3779b1u;

	return (uint32_t)(scattered * (table->index_mask + UINT64_C(1)) >> 32);
}

static uint32_t
index_home(const struct smpp_pending *table, uint32_t at)
{
	return home_of(table, table->entries[table->index[at] - 1].sequence);
}

static void
index_put(struct smpp_pending *table, uint32_t slot)
{
	uint32_t at = home_of(table, table->entries[slot].sequence);

	while (table->index[at])
		at = (at + 1) & table->index_mask;
	table->index[at] = slot + 1;
}

/* The place of a number, or the free one where it would go. */
static uint32_t
index_at(const struct smpp_pending *table, uint32_t sequence)
{
	uint32_t at = home_of(table, sequence);

	/* At most half of the places are taken, so that a free one ends each search. */
	while (table->index[at] && table->entries[table->index[at] - 1].sequence != sequence)
		at = (at + 1) & table->index_mask;
	return at;
}

/* Closes the gap, so that no search ends early at it. Marks for deleted places would pile up
 * instead, with a number that never stops growing. */
static void
index_remove(struct smpp_pending *table, uint32_t sequence)
{
	uint32_t gap = index_at(table, sequence);
	uint32_t at = gap;

	for (;;) {
		uint32_t home;

		at = (at + 1) & table->index_mask;
		if (!table->index[at])
			break;
		home = index_home(table, at);
		/* It may move back to the gap only if that is not before its home. */
		if (((at - home) & table->index_mask) < ((at - gap) & table->index_mask))
			continue;
		table->index[gap] = table->index[at];
		gap = at;
	}
	table->index[gap] = 0;
}

/* Downwards, so that the lowest slot is taken first: a window that is hardly used stays in a few
 * cache lines. */
static void
add_free_slots(struct smpp_pending *table, uint32_t first)
{
	for (uint32_t slot = table->capacity; slot-- > first;) {
		table->entries[slot].command = 0;
		table->entries[slot].next = table->free_head;
		table->free_head = slot;
	}
}

/* The index lies behind the entries: one allocation, one release, and nothing that could fail
 * halfway. */
static struct smpp_pending *
table_new(struct sb_session *s, uint32_t capacity, bool indexed)
{
	size_t entries = sizeof(struct smpp_pending) + capacity * sizeof(struct smpp_pending_entry);
	size_t index = indexed ? 2 * (size_t)capacity * sizeof(uint32_t) : 0;
	struct smpp_pending *table = sb_allocate(s, entries + index);

	if (!table)
		return NULL;
	*table = (struct smpp_pending){
		.capacity = capacity,
		.free_head = SMPP_NO_SLOT,
		.oldest = SMPP_NO_SLOT,
		.newest = SMPP_NO_SLOT,
		.index_mask = 2 * capacity - 1,
		.index = indexed ? (uint32_t *)((uint8_t *)table + entries) : NULL,
	};
	if (indexed)
		memset(table->index, 0, index);
	return table;
}

/* Entries keep their slots: handles to them are about. */
static void
table_move(struct smpp_pending *to, const struct smpp_pending *from)
{
	memcpy(to->entries, from->entries, from->capacity * sizeof(from->entries[0]));
	to->count = from->count;
	to->oldest = from->oldest;
	to->newest = from->newest;
	/* The new index is twice as large: each number has another home. */
	if (!to->index)
		return;
	for (uint32_t slot = to->oldest; slot != SMPP_NO_SLOT; slot = to->entries[slot].next)
		index_put(to, slot);
}

static bool
table_grow(struct sb_session *s, struct smpp_pending **table, bool indexed)
{
	struct smpp_pending *old = *table;
	struct smpp_pending *grown;

	/* Twice this, times two for the index, must still be a uint32_t. */
	if (old && old->capacity > UINT32_MAX / 8)
		return false;
	grown = table_new(s, old ? old->capacity * 2 : FIRST_CAPACITY, indexed);
	if (!grown)
		return false;
	if (old)
		table_move(grown, old);
	add_free_slots(grown, old ? old->capacity : 0);
	sb_release(s, old);
	*table = grown;
	return true;
}

/* Last in the list: no deadline is before that of the entry taken before. */
uint32_t
smpp_pending_take(struct sb_session *s, struct smpp_pending **table, bool indexed,
	const struct smpp_pending_entry *entry)
{
	struct smpp_pending *t = *table;
	uint32_t slot;

	if (!t || t->free_head == SMPP_NO_SLOT) {
		if (!table_grow(s, table, indexed))
			return SMPP_NO_SLOT;
		t = *table;
	}
	slot = t->free_head;
	t->free_head = t->entries[slot].next;
	t->entries[slot] = *entry;
	t->entries[slot].next = SMPP_NO_SLOT;
	t->entries[slot].previous = t->newest;
	if (t->newest != SMPP_NO_SLOT)
		t->entries[t->newest].next = slot;
	else
		t->oldest = slot;
	t->newest = slot;
	t->count++;
	if (indexed)
		index_put(t, slot);
	return slot;
}

void
smpp_pending_remove(struct smpp_pending *table, uint32_t slot)
{
	struct smpp_pending_entry *entry = &table->entries[slot];

	if (table->index)
		index_remove(table, entry->sequence);
	if (entry->previous != SMPP_NO_SLOT)
		table->entries[entry->previous].next = entry->next;
	else
		table->oldest = entry->next;
	if (entry->next != SMPP_NO_SLOT)
		table->entries[entry->next].previous = entry->previous;
	else
		table->newest = entry->previous;
	/* Marks the slot as free for a handle that comes late. */
	entry->command = 0;
	entry->next = table->free_head;
	table->free_head = slot;
	table->count--;
}

uint32_t
smpp_pending_find(const struct smpp_pending *table, uint32_t sequence)
{
	/* No index slot gives 0 - 1, which is SMPP_NO_SLOT. */
	return table ? table->index[index_at(table, sequence)] - 1 : SMPP_NO_SLOT;
}

void
smpp_pending_free(struct sb_session *s, struct smpp_pending **table)
{
	sb_release(s, *table);
	*table = NULL;
}
