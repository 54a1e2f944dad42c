/*
 * Requests that wait for their response, of either direction: slots in the order
 * of their deadlines, found by slot and generation, or by sequence number. Made
 * with the first entry, grown with use, freed when the session is idle.
 */
#ifndef SB_SMPP_SESSION_PENDING_INTERNAL_H
#define SB_SMPP_SESSION_PENDING_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sb_session;

#define SMPP_NO_SLOT UINT32_MAX

struct smpp_pending_entry {
	uint64_t due; /* monotonic ns; never before that of the entry taken before */
	uint64_t context;
	uint32_t command; /* 0: the slot is free */
	uint32_t sequence;
	uint32_t generation;
	uint32_t next, previous; /* in the order of deadlines; free slots: next free one */
};

struct smpp_pending {
	uint32_t capacity;
	uint32_t count;
	uint32_t free_head;
	uint32_t oldest, newest;
	uint32_t index_mask;
	uint32_t *index; /* slot + 1 by sequence, open addressing; NULL: not asked for */
	struct smpp_pending_entry entries[];
};

/*
 * Takes a slot for a copy of `entry` and puts it last. *table is made or grown as needed; `indexed`
 * (the same each time) lets it be found by sequence, which then must not be there already.
 * SMPP_NO_SLOT without memory.
 */
uint32_t smpp_pending_take(struct sb_session *s, struct smpp_pending **table, bool indexed,
	const struct smpp_pending_entry *entry);
void smpp_pending_remove(struct smpp_pending *table, uint32_t slot);

/* The slot of a sequence number in an indexed table; SMPP_NO_SLOT. `table` may be NULL. */
uint32_t smpp_pending_find(const struct smpp_pending *table, uint32_t sequence);

void smpp_pending_free(struct sb_session *s, struct smpp_pending **table);

static inline uint32_t
smpp_pending_count(const struct smpp_pending *table)
{
	return table ? table->count : 0;
}

/* The entry with the first deadline; NULL: none waits. */
static inline const struct smpp_pending_entry *
smpp_pending_oldest(const struct smpp_pending *table)
{
	return table && table->count ? &table->entries[table->oldest] : NULL;
}

#endif
