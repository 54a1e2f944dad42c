/*
 * Who was refused by the full queue, each once: the notices to tell them, by
 * their target. A session that is refused a hundred times waits with one
 * envelope, taken at the first refusal: told it will be, whatever memory there is
 * then.
 */
#include "core/envelope_internal.h"
#include "core/error.h"
#include "core/node_internal.h"
#include "core/session_internal.h"
#include "core/store_internal.h"

#include <string.h>

#define CAPACITY_MIN 16

static struct sb_envelope **
place_of(struct sb_envelope **places, uint32_t capacity, struct sb_address to)
{
	uint64_t hash =
		(to.generation ^ (uint64_t)to.slot << 32 ^ to.shard) * UINT64_C(0x9e3779b97f4a7c15);
	uint32_t i = (uint32_t)(hash >> 32);

	while (places[i & (capacity - 1)] &&
		!sb_address_equal(places[i & (capacity - 1)]->target, to))
		i++;
	return &places[i & (capacity - 1)];
}

static int
grow(struct sb_store_lane *lane)
{
	struct sb_store_waiters *waiters = &lane->waiters;
	uint32_t capacity = waiters->capacity ? waiters->capacity * 2 : CAPACITY_MIN;
	struct sb_envelope **places =
		sb_shard_allocate(lane->shard, capacity * sizeof(struct sb_envelope *));

	if (!places)
		return SB_ENOMEM;
	memset(places, 0, capacity * sizeof(struct sb_envelope *));
	for (uint32_t i = 0; i < waiters->capacity; i++)
		if (waiters->places[i])
			*place_of(places, capacity, waiters->places[i]->target) =
				waiters->places[i];
	sb_shard_release(lane->shard, waiters->places);
	waiters->places = places;
	waiters->capacity = capacity;
	return 0;
}

int
sb_store_waiters_add(struct sb_store_lane *lane, struct sb_address to, size_t cost)
{
	struct sb_store_waiters *waiters = &lane->waiters;
	size_t wanted = atomic_load_explicit(&lane->wanted, memory_order_relaxed);
	struct sb_envelope **place;

	if (waiters->count * 2 >= waiters->capacity && grow(lane))
		return SB_ENOMEM;
	/* Said before the notice is there: who gives room looks at it without a lock. */
	if (cost > wanted)
		atomic_store_explicit(&lane->wanted, cost, memory_order_seq_cst);
	place = place_of(waiters->places, waiters->capacity, to);
	if (*place)
		return 0;
	*place = sb_envelope_new(lane->shard->env, lane->shard, SB_NOTHING);
	if (!*place)
		return SB_ENOMEM;
	(*place)->target = to;
	(*place)->message.type = SB_MSG_STORE;
	waiters->count++;
	return 0;
}

void
sb_store_waiters_tell(struct sb_store_lane *lane)
{
	struct sb_store_waiters waiters = lane->waiters;

	/* Taken out first: who is told may be refused again, into a new set. */
	lane->waiters = (struct sb_store_waiters){0};
	atomic_store_explicit(&lane->wanted, 0, memory_order_seq_cst);
	for (uint32_t i = 0; i < waiters.capacity; i++)
		if (waiters.places[i])
			sb_envelope_send(lane->store->node, lane->shard, waiters.places[i]);
	sb_shard_release(lane->shard, waiters.places);
}

void
sb_store_waiters_fini(struct sb_store_lane *lane)
{
	const struct sb_env *env = lane->store->env;

	for (uint32_t i = 0; i < lane->waiters.capacity; i++)
		env->release(env->context, lane->waiters.places[i]);
	env->release(env->context, lane->waiters.places);
}
