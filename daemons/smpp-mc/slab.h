/*
 * Items of one size, named by 32-bit numbers instead of pointers: half the size
 * of a link, and a queue of ten million messages stays small. Items never move.
 * Number 0 is none. One thread.
 */
#ifndef SMPP_MC_SLAB_H
#define SMPP_MC_SLAB_H

#include <stddef.h>
#include <stdint.h>

#define MC_SLAB_CHUNK_BITS 10
#define MC_SLAB_CHUNK      (1u << MC_SLAB_CHUNK_BITS)

struct mc_slab {
	unsigned char **chunks;
	size_t item_size;
	uint32_t chunk_count;
	uint32_t free; /* first free item, linked by their first four octets */
	uint32_t used;
};

/* Allocates nothing. `item_size` is at least 4. */
void mc_slab_init(struct mc_slab *slab, size_t item_size);
void mc_slab_fini(struct mc_slab *slab);

/* A zeroed item's number; 0 without memory. */
uint32_t mc_slab_take(struct mc_slab *slab);
void mc_slab_give(struct mc_slab *slab, uint32_t number);

/* The item; NULL for number 0. */
static inline void *
mc_slab_at(const struct mc_slab *slab, uint32_t number)
{
	if (!number)
		return NULL;
	return slab->chunks[number >> MC_SLAB_CHUNK_BITS] +
	       (number & (MC_SLAB_CHUNK - 1)) * slab->item_size;
}

#endif
