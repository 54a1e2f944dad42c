#include "core/session_internal.h"
#include "core/shard_internal.h"

#include <stdint.h>

/*
 * A binary heap of sessions by their first deadline; a session knows its place
 * (1-based, 0 is none), so that it can be moved and removed without a search. One
 * entry a session, whatever its timers: ten thousand sessions are 160 KB, and the
 * upper levels stay in the cache.
 */

static void
place(struct sb_heap *heap, size_t index, struct sb_heap_entry entry)
{
	heap->entries[index] = entry;
	entry.session->heap_index = (uint32_t)index + 1;
}

/* The entry travels by value and is written once, where it stays. */
static void
sift_up(struct sb_heap *heap, size_t index, struct sb_heap_entry entry)
{
	while (index > 0) {
		size_t parent = (index - 1) / 2;

		if (heap->entries[parent].due <= entry.due)
			break;
		place(heap, index, heap->entries[parent]);
		index = parent;
	}
	place(heap, index, entry);
}

static void
sift_down(struct sb_heap *heap, size_t index, struct sb_heap_entry entry)
{
	for (;;) {
		size_t child = index * 2 + 1;

		if (child >= heap->count)
			break;
		if (child + 1 < heap->count &&
			heap->entries[child + 1].due < heap->entries[child].due)
			child++;
		if (entry.due <= heap->entries[child].due)
			break;
		place(heap, index, heap->entries[child]);
		index = child;
	}
	place(heap, index, entry);
}

/* Its deadline has changed, in either direction. */
static void
resift(struct sb_heap *heap, size_t index, struct sb_heap_entry entry)
{
	if (index > 0 && heap->entries[(index - 1) / 2].due > entry.due)
		sift_up(heap, index, entry);
	else
		sift_down(heap, index, entry);
}

/* Never shrinks: a node that had so many sessions may have them again. */
static int
grow(struct sb_shard *shard)
{
	struct sb_heap *heap = &shard->heap;
	size_t capacity = heap->capacity ? heap->capacity * 2 : 64;
	struct sb_heap_entry *entries;

	entries = shard->env->reallocate(
		shard->env->context, heap->entries, capacity * sizeof(*entries));
	if (!entries)
		return SB_ENOMEM;
	heap->entries = entries;
	heap->capacity = capacity;
	return 0;
}

int
sb_heap_init(struct sb_shard *shard)
{
	return grow(shard);
}

/* The last place is the service's, which must be able to wait however little memory there is. */
static int
reserve(struct sb_shard *shard, const struct sb_session *session)
{
	size_t kept = session == shard->service ? 0 : 1;

	return shard->heap.count + kept < shard->heap.capacity ? 0 : grow(shard);
}

int
sb_heap_set(struct sb_shard *shard, struct sb_session *session, uint64_t due)
{
	struct sb_heap *heap = &shard->heap;
	struct sb_heap_entry entry = {due, session};

	if (session->heap_index) {
		resift(heap, session->heap_index - 1, entry);
		return 0;
	}
	if (reserve(shard, session))
		return SB_ENOMEM;
	sift_up(heap, heap->count++, entry);
	return 0;
}

void
sb_heap_remove(struct sb_shard *shard, struct sb_session *session)
{
	struct sb_heap *heap = &shard->heap;
	size_t index = session->heap_index;

	if (!index)
		return;
	session->heap_index = 0;
	index--;
	heap->count--;
	/* The last entry takes the free place, unless it was the last itself. */
	if (index < heap->count)
		resift(heap, index, heap->entries[heap->count]);
}

struct sb_session *
sb_heap_due(struct sb_shard *shard, uint64_t now)
{
	struct sb_heap *heap = &shard->heap;
	struct sb_session *session;

	if (heap->count == 0 || heap->entries[0].due > now)
		return NULL;
	session = heap->entries[0].session;
	sb_heap_remove(shard, session);
	return session;
}

uint64_t
sb_heap_first(const struct sb_shard *shard)
{
	return shard->heap.count ? shard->heap.entries[0].due : UINT64_MAX;
}
