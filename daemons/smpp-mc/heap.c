/*
 * A binary heap that tells its owners where they stand. Numbers instead of
 * pointers, 16 octets an item; from place 1 on, so that 0 can mean "not in it".
 */
#include "daemons/smpp-mc/heap.h"

#include "core/error.h"

#include <stdlib.h>

void
mc_heap_init(struct mc_heap *heap, void (*placed)(void *context, uint32_t owner, uint32_t place),
	void *context)
{
	*heap = (struct mc_heap){.placed = placed, .context = context};
}

void
mc_heap_fini(struct mc_heap *heap)
{
	free(heap->items);
	mc_heap_init(heap, heap->placed, heap->context);
}

/* Each move is told: places are the owners' handles. */
static void
put(struct mc_heap *heap, uint32_t place, struct mc_heap_item item)
{
	heap->items[place] = item;
	heap->placed(heap->context, item.owner, place);
}

static void
sift_up(struct mc_heap *heap, uint32_t place, struct mc_heap_item item)
{
	while (place > 1 && heap->items[place / 2].due > item.due) {
		put(heap, place, heap->items[place / 2]);
		place /= 2;
	}
	put(heap, place, item);
}

static void
sift_down(struct mc_heap *heap, uint32_t place, struct mc_heap_item item)
{
	uint32_t child;

	while ((child = place * 2) <= heap->count) {
		if (child < heap->count && heap->items[child + 1].due < heap->items[child].due)
			child++;
		if (heap->items[child].due >= item.due)
			break;
		put(heap, place, heap->items[child]);
		place = child;
	}
	put(heap, place, item);
}

int
mc_heap_add(struct mc_heap *heap, uint64_t due, uint32_t owner)
{
	if (heap->count + 1 >= heap->capacity) {
		uint32_t capacity = heap->capacity ? heap->capacity * 2 : 64;
		struct mc_heap_item *items = realloc(heap->items, capacity * sizeof(*heap->items));

		if (!items)
			return SB_ENOMEM;
		heap->items = items;
		heap->capacity = capacity;
	}
	sift_up(heap, ++heap->count, (struct mc_heap_item){due, owner});
	return 0;
}

void
mc_heap_remove(struct mc_heap *heap, uint32_t place)
{
	struct mc_heap_item last = heap->items[heap->count--];
	uint32_t owner = heap->items[place].owner;

	/* The last one takes the place, and moves whichever way it must. */
	if (place <= heap->count) {
		if (place > 1 && heap->items[place / 2].due > last.due)
			sift_up(heap, place, last);
		else
			sift_down(heap, place, last);
	}
	heap->placed(heap->context, owner, 0);
}

uint64_t
mc_heap_first(const struct mc_heap *heap)
{
	return heap->count ? heap->items[1].due : UINT64_MAX;
}

uint32_t
mc_heap_take_due(struct mc_heap *heap, uint64_t now)
{
	uint32_t owner;

	if (!heap->count || heap->items[1].due > now)
		return 0;
	owner = heap->items[1].owner;
	mc_heap_remove(heap, 1);
	return owner;
}
