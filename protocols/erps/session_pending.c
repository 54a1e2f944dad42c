/*
 * The table of calls under way. One slot is always spoken for while a call is at
 * hand: its number is in the `from` that the service holds already. Most calls are
 * answered before that matters, so that the slot is only noted, and filled when the
 * callback has returned without an answer.
 */
#include "protocols/erps/session_pending_internal.h"

#include "core/session.h"

#include <string.h>

#define FIRST_CAPACITY 8

uint32_t
erps_pending_reserve(struct erps_pending *table)
{
	uint32_t slot;

	if (!table)
		return 0;
	slot = table->free_head;
	if (slot == ERPS_NO_SLOT)
		return table->capacity;
	table->free_head = table->calls[slot].next_free;
	return slot;
}

void
erps_pending_give_back(struct erps_pending *table, uint32_t slot)
{
	if (!table || slot >= table->capacity)
		return;
	table->calls[slot].next_free = table->free_head;
	table->free_head = slot;
}

/* Downwards, so that the lowest is taken first; `reserved` is not free. */
static void
add_free_slots(struct erps_pending *table, uint32_t first, uint32_t reserved)
{
	for (uint32_t slot = table->capacity; slot-- > first;) {
		table->calls[slot].id = 0;
		if (slot != reserved)
			erps_pending_give_back(table, slot);
	}
}

/* Until it has `reserved`, which may be of a table that has gone meanwhile. */
static bool
grow(struct sb_session *s, struct erps_pending **table, uint32_t reserved)
{
	struct erps_pending *old = *table, *grown;
	uint32_t capacity = old ? old->capacity * 2 : FIRST_CAPACITY;

	while (capacity <= reserved)
		capacity *= 2;
	grown = sb_allocate(s, sizeof(*grown) + capacity * sizeof(grown->calls[0]));
	if (!grown)
		return false;
	*grown = (struct erps_pending){.capacity = capacity, .free_head = ERPS_NO_SLOT};
	if (old) {
		memcpy(grown->calls, old->calls, old->capacity * sizeof(old->calls[0]));
		grown->count = old->count;
		grown->free_head = old->free_head;
	}
	add_free_slots(grown, old ? old->capacity : 0, reserved);
	sb_release(s, old);
	*table = grown;
	return true;
}

/* Out of the packet, which will be gone. */
static bool
keep_ref(struct sb_session *s, struct erps_pending_call *call)
{
	uint8_t *copy = call->ref_inline;

	if (call->ref_size > ERPS_REF_INLINE) {
		copy = sb_allocate(s, call->ref_size);
		if (!copy)
			return false;
	}
	memcpy(copy, call->ref, call->ref_size);
	call->ref = copy == call->ref_inline ? NULL : copy;
	return true;
}

int
erps_pending_put(
	struct sb_session *s, struct erps_pending **table, const struct erps_pending_call *call)
{
	uint32_t slot = call->id & ERPS_SLOT_MASK;
	struct erps_pending_call *kept;

	if ((!*table || slot >= (*table)->capacity) && !grow(s, table, slot))
		return SB_ENOMEM;
	kept = &(*table)->calls[slot];
	*kept = *call;
	(*table)->count++;
	if (keep_ref(s, kept))
		return 0;
	kept->ref = NULL;
	erps_pending_remove(s, table, kept);
	return SB_ENOMEM;
}

struct erps_pending_call *
erps_pending_find(struct erps_pending *table, uint64_t id)
{
	uint32_t slot = id & ERPS_SLOT_MASK;

	if (!table || slot >= table->capacity || !id || table->calls[slot].id != id)
		return NULL;
	return &table->calls[slot];
}

void
erps_pending_remove(
	struct sb_session *s, struct erps_pending **table, struct erps_pending_call *call)
{
	struct erps_pending *t = *table;

	sb_release(s, (void *)(uintptr_t)call->ref);
	call->id = 0;
	erps_pending_give_back(t, (uint32_t)(call - t->calls));
	t->count--;
	if (!t->count)
		erps_pending_free(s, table);
}

void
erps_pending_free(struct sb_session *s, struct erps_pending **table)
{
	struct erps_pending *t = *table;

	for (uint32_t slot = 0; t && t->count && slot < t->capacity; slot++)
		if (t->calls[slot].id)
			sb_release(s, (void *)(uintptr_t)t->calls[slot].ref);
	sb_release(s, t);
	*table = NULL;
}
