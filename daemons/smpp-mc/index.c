/*
 * Linear hashing: when the table is full, the next bucket in turn is split in
 * two, so that growing costs the same for each entry and never stops a turn.
 * Chains run through the entries, whose keys are asked of them: an index owns
 * nothing but its buckets.
 */
#include "daemons/smpp-mc/index.h"

#include "core/error.h"
#include "daemons/smpp-mc/lane.h"

#include <assert.h>
#include <stdlib.h>

#define FIRST_BUCKETS 64u

/* Where an entry keeps this index's chain. */
static uint32_t *
link_of(const struct mc_index *index, uint32_t number)
{
	void *item = mc_slab_at(index->slab, number);

	switch (index->kind) {
	case MC_INDEX_ID:
		return &((struct mc_entry *)item)->by_id;
	case MC_INDEX_PAIR:
		return &((struct mc_entry *)item)->by_pair;
	case MC_INDEX_LANE:
		return &((struct mc_lane *)item)->chain;
	case MC_INDEX_CARRIER:
		return &((struct mc_entry *)item)->next;
	}
	return NULL;
}

static uint64_t
pair_key(uint32_t source, uint32_t destination)
{
	return (uint64_t)source << 32 | destination;
}

/* What others have between the same addresses is not walked through. */
static uint64_t
owned_key(uint32_t source, uint32_t destination, uint16_t owner)
{
	return pair_key(source, destination) ^ owner * UINT64_C(0x9e3779b97f4a7c15);
}

static uint64_t
key_of(const struct mc_index *index, uint32_t number)
{
	const void *item = mc_slab_at(index->slab, number);
	const struct mc_entry *entry = item;
	const struct mc_lane *lane = item;

	switch (index->kind) {
	case MC_INDEX_ID:
		return mc_entry_public_id(entry);
	case MC_INDEX_PAIR:
		return owned_key(entry->source, entry->destination, entry->owner);
	case MC_INDEX_LANE:
		return pair_key(lane->source, lane->destination);
	case MC_INDEX_CARRIER:
		return mc_entry_carrier_key(entry);
	}
	return 0;
}

static uint32_t
hash_of(const struct mc_index *index, uint64_t key)
{
	/* Ids count up, and the addresses are hashes that a client can choose by their lower bits:
	 * of one multiplication those alone would name the bucket, whatever the salt. */
	key = (key ^ index->salt) * UINT64_C(0x9e3779b97f4a7c15);
	key = (key ^ key >> 32) * UINT64_C(0xd6e8feb86659fd93);
	return (uint32_t)(key >> 32);
}

/* Buckets below the split point have been split already in this round. */
static uint32_t *
bucket_of(const struct mc_index *index, uint64_t key)
{
	uint32_t hash = hash_of(index, key);
	uint32_t bucket = hash & (index->round - 1);

	if (bucket < index->bucket_count - index->round)
		bucket = hash & (index->round * 2 - 1);
	return &index->buckets[bucket];
}

void
mc_index_init(struct mc_index *index, struct mc_slab *slab, enum mc_index_kind kind)
{
	*index = (struct mc_index){.slab = slab, .kind = kind};
}

void
mc_index_fini(struct mc_index *index)
{
	free(index->buckets);
	mc_index_init(index, index->slab, index->kind);
}

/* At the front: what is new is asked for most. */
static void
chain_push(struct mc_index *index, uint32_t number)
{
	uint32_t *bucket = bucket_of(index, key_of(index, number));

	*link_of(index, number) = *bucket;
	if (index->kind == MC_INDEX_PAIR) {
		mc_entry_at(index->slab, number)->by_pair_back = 0;
		if (*bucket)
			mc_entry_at(index->slab, *bucket)->by_pair_back = number;
	}
	*bucket = number;
}

/* Doubled, though buckets come one by one: the copies are few. */
static int
reserve(struct mc_index *index, uint32_t buckets)
{
	uint32_t capacity = index->capacity ? index->capacity * 2 : FIRST_BUCKETS;
	uint32_t *grown;

	if (buckets <= index->capacity)
		return 0;
	grown = realloc(index->buckets, capacity * sizeof(*grown));
	if (!grown)
		return SB_ENOMEM;
	index->buckets = grown;
	index->capacity = capacity;
	return 0;
}

static uint32_t
reversed(const struct mc_index *index, uint32_t chain)
{
	uint32_t done = 0;

	while (chain) {
		uint32_t rest = *link_of(index, chain);

		*link_of(index, chain) = done;
		done = chain;
		chain = rest;
	}
	return done;
}

/* The newest stay in front: who looks for something does not always look at all. */
static void
relink(struct mc_index *index, uint32_t chain)
{
	chain = reversed(index, chain);
	while (chain) {
		uint32_t rest = *link_of(index, chain);

		chain_push(index, chain);
		chain = rest;
	}
}

/* Splits one bucket; without memory the chains only get longer. */
static void
split(struct mc_index *index)
{
	uint32_t *old;
	uint32_t chain;

	if (reserve(index, index->bucket_count + 1))
		return;
	/* Its entries are dealt again, between it and the new one. */
	old = &index->buckets[index->bucket_count - index->round];
	chain = *old;
	*old = 0;
	index->buckets[index->bucket_count++] = 0;
	relink(index, chain);
	if (index->bucket_count == index->round * 2)
		index->round *= 2;
}

/* Not with the index: most queues never have a lane. */
static int
first_buckets(struct mc_index *index)
{
	if (reserve(index, FIRST_BUCKETS))
		return SB_ENOMEM;
	assert(index->buckets);
	for (uint32_t i = 0; i < FIRST_BUCKETS; i++)
		index->buckets[i] = 0;
	index->bucket_count = index->round = FIRST_BUCKETS;
	return 0;
}

int
mc_index_add(struct mc_index *index, uint32_t number)
{
	if (!index->buckets && first_buckets(index))
		return SB_ENOMEM;
	if (index->entries >= index->bucket_count)
		split(index);
	chain_push(index, number);
	index->entries++;
	return 0;
}

/* Ids and lanes are nearly unique, so that their chains are short: one link is enough. */
static void
remove_by_walk(struct mc_index *index, uint32_t number)
{
	uint32_t *at = bucket_of(index, key_of(index, number));

	while (*at && *at != number)
		at = link_of(index, *at);
	assert(*at == number);
	*at = *link_of(index, number);
}

/* A hundred thousand messages may have the same two addresses: no walking here. */
static void
remove_by_pair(struct mc_index *index, uint32_t number)
{
	struct mc_entry *entry = mc_entry_at(index->slab, number);

	if (entry->by_pair_back)
		mc_entry_at(index->slab, entry->by_pair_back)->by_pair = entry->by_pair;
	else
		*bucket_of(index, key_of(index, number)) = entry->by_pair;
	if (entry->by_pair)
		mc_entry_at(index->slab, entry->by_pair)->by_pair_back = entry->by_pair_back;
	entry->by_pair = entry->by_pair_back = 0;
}

void
mc_index_remove(struct mc_index *index, uint32_t number)
{
	if (index->kind == MC_INDEX_PAIR)
		remove_by_pair(index, number);
	else
		remove_by_walk(index, number);
	index->entries--;
}

static uint32_t
first_with(const struct mc_index *index, uint32_t number, uint64_t key)
{
	while (number && key_of(index, number) != key)
		number = *link_of(index, number);
	return number;
}

uint32_t
mc_index_find_id(const struct mc_index *index, uint64_t id)
{
	return index->buckets ? first_with(index, *bucket_of(index, id), id) : 0;
}

uint32_t
mc_index_find_pair(const struct mc_index *index, uint32_t source, uint32_t destination)
{
	uint64_t key = pair_key(source, destination);

	return index->buckets ? first_with(index, *bucket_of(index, key), key) : 0;
}

uint32_t
mc_index_find_owned(
	const struct mc_index *index, uint32_t source, uint32_t destination, uint16_t owner)
{
	uint64_t key = owned_key(source, destination, owner);

	return index->buckets ? first_with(index, *bucket_of(index, key), key) : 0;
}

uint32_t
mc_index_find_carrier(const struct mc_index *index, uint64_t key)
{
	return index->buckets ? first_with(index, *bucket_of(index, key), key) : 0;
}

/* Along the chain: others of that key may lie behind entries of other keys. */
uint32_t
mc_index_next(const struct mc_index *index, uint32_t number)
{
	return first_with(index, *link_of(index, number), key_of(index, number));
}
