/*
 * Chunks of items that never move, found by number: the upper bits say the chunk,
 * the lower ten the item. Free items are linked through their own memory, the
 * last given first, since it is in the cache.
 */
#include "daemons/smpp-mc/slab.h"

#include <stdlib.h>
#include <string.h>

void
mc_slab_init(struct mc_slab *slab, size_t item_size)
{
	*slab = (struct mc_slab){.item_size = item_size};
}

void
mc_slab_fini(struct mc_slab *slab)
{
	for (uint32_t i = 0; i < slab->chunk_count; i++)
		free(slab->chunks[i]);
	free(slab->chunks);
	mc_slab_init(slab, slab->item_size);
}

static void
link_free(struct mc_slab *slab, uint32_t number)
{
	memcpy(mc_slab_at(slab, number), &slab->free, sizeof(slab->free));
	slab->free = number;
}

/* Linked from the back, so that numbers are taken in rising order. Number 0 is left out. */
static int
slab_grow(struct mc_slab *slab)
{
	uint32_t chunk = slab->chunk_count;
	unsigned char **chunks;

	if (chunk > UINT32_MAX >> MC_SLAB_CHUNK_BITS)
		return -1;
	chunks = realloc(slab->chunks, (chunk + (size_t)1) * sizeof(*chunks));
	if (!chunks)
		return -1;
	slab->chunks = chunks;
	/* Zeroed, so that who walks over all items can tell those never used. */
	chunks[chunk] = calloc(MC_SLAB_CHUNK, slab->item_size);
	if (!chunks[chunk])
		return -1;
	slab->chunk_count++;
	for (uint32_t i = MC_SLAB_CHUNK; i-- > (chunk ? 0 : 1);)
		link_free(slab, chunk << MC_SLAB_CHUNK_BITS | i);
	return 0;
}

uint32_t
mc_slab_take(struct mc_slab *slab)
{
	uint32_t number;
	void *item;

	if (!slab->free && slab_grow(slab))
		return 0;
	number = slab->free;
	item = mc_slab_at(slab, number);
	memcpy(&slab->free, item, sizeof(slab->free));
	memset(item, 0, slab->item_size);
	slab->used++;
	return number;
}

void
mc_slab_give(struct mc_slab *slab, uint32_t number)
{
	link_free(slab, number);
	slab->used--;
}
