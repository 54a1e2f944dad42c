/*
 * Finds entries by the id their client knows or by their owner and two addresses,
 * and lanes by theirs: a chained hash table that grows a bucket at a time (linear
 * hashing), so that no message pays for a rehash of all. One thread.
 */
#ifndef SMPP_MC_INDEX_H
#define SMPP_MC_INDEX_H

#include "daemons/smpp-mc/entry.h"

#include <stdbool.h>
#include <stdint.h>

enum mc_index_kind {
	MC_INDEX_ID,
	MC_INDEX_PAIR,
	MC_INDEX_LANE,
	MC_INDEX_CARRIER, /* entries that await a receipt, by their carrier's key */
};

struct mc_index {
	struct mc_slab *slab;
	enum mc_index_kind kind;
	uint32_t *buckets;
	uint32_t bucket_count;
	uint32_t capacity;
	uint32_t round; /* buckets at the begin of this round: a power of two */
	uint32_t entries;
	uint64_t salt; /* so that nobody can choose addresses that share a bucket; set before use */
};

/* Allocates nothing; `slab` holds what is found (entries or lanes) and outlives the index. */
void mc_index_init(struct mc_index *index, struct mc_slab *slab, enum mc_index_kind kind);
void mc_index_fini(struct mc_index *index);

/* 0 or SB_ENOMEM. */
int mc_index_add(struct mc_index *index, uint32_t number);
void mc_index_remove(struct mc_index *index, uint32_t number);

/* The first entry with that public id, or those address hashes; 0: none. Several may have one
 * (submit_multi; any pair): mc_index_next gives the others. */
uint32_t mc_index_find_id(const struct mc_index *index, uint64_t id);
uint32_t mc_index_find_pair(const struct mc_index *index, uint32_t source, uint32_t destination);
/* Of an index of entries: those of this account alone. */
uint32_t mc_index_find_owned(
	const struct mc_index *index, uint32_t source, uint32_t destination, uint16_t owner);
/* The newest with that carrier's key; 0: none. */
uint32_t mc_index_find_carrier(const struct mc_index *index, uint64_t key);
uint32_t mc_index_next(const struct mc_index *index, uint32_t number);

#endif
