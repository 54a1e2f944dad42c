/*
 * The bound of what waits to be committed, over all shards, and who is told when
 * there is room again.
 */
#include "core/envelope_internal.h"
#include "core/error.h"
#include "core/node_internal.h"
#include "core/session_internal.h"
#include "core/store_internal.h"

/* Added, then looked at: two lanes that come at once cannot both take the last room. */
static bool
queue_add(struct sb_store *store, size_t octets)
{
	size_t before = atomic_fetch_add_explicit(&store->queued, octets, memory_order_relaxed);

	if (before + octets <= store->limit)
		return true;
	atomic_fetch_sub_explicit(&store->queued, octets, memory_order_relaxed);
	return false;
}

/* What nothing but our own allowance stands before: too large to fit ever, so it goes alone. */
static bool
queue_add_alone(struct sb_store_lane *lane, size_t octets)
{
	size_t ours = lane->allowance;

	return atomic_compare_exchange_strong_explicit(&lane->store->queued, &ours, ours + octets,
		memory_order_relaxed, memory_order_relaxed);
}

/* Lanes take ahead, so that a commit does not cost a word that all shards write. */
bool
sb_store_queue_take(struct sb_store_lane *lane, size_t cost)
{
	struct sb_store *store = lane->store;
	size_t missing;

	if (lane->allowance >= cost) {
		lane->allowance -= cost;
		return true;
	}
	missing = cost - lane->allowance;
	/* One addition for some dozen commits; the rest stays in the lane until the turn's end. */
	if (missing < store->allowance_step && queue_add(store, store->allowance_step)) {
		lane->allowance += store->allowance_step - cost;
		return true;
	}
	if (!queue_add(store, missing) && !queue_add_alone(lane, missing))
		return false;
	lane->allowance = 0;
	return true;
}

void
sb_store_queue_give(struct sb_store *store, size_t octets)
{
	atomic_fetch_sub_explicit(&store->queued, octets, memory_order_seq_cst);
}

/* A hint: others add and take meanwhile. */
unsigned
sb_store_load(const struct sb_store *store)
{
	size_t queued = atomic_load_explicit(&store->queued, memory_order_relaxed);

	return queued < store->limit ? (unsigned)(queued * 100 / store->limit) : 100;
}

/* Enough for those who were refused to try again: for the largest, and a good part of the queue, so
 * that they do not come back one by one. */
bool
sb_store_queue_has_room(struct sb_store *store, size_t wanted)
{
	size_t queued = atomic_load_explicit(&store->queued, memory_order_seq_cst);
	size_t least = store->limit / 4;

	if (wanted < least)
		wanted = least;
	return queued == 0 || (wanted <= store->limit && queued <= store->limit - wanted);
}

/* On the lane's own shard; the store may have gone while this was on its way. */
static void
tell_waiters(struct sb_shard *shard, struct sb_session *nobody, struct sb_envelope *e)
{
	(void)nobody;
	(void)e;
	if (shard->node->store)
		sb_store_waiters_tell(&shard->node->store->lanes[shard->index]);
}

/* Lanes that sleep are woken; without memory for that they look for themselves in their next turn.
 */
void
sb_store_queue_room_made(struct sb_store *store, struct sb_shard *from)
{
	for (unsigned i = 0; i < store->node->shard_count; i++) {
		struct sb_store_lane *lane = &store->lanes[i];

		size_t wanted = atomic_load_explicit(&lane->wanted, memory_order_seq_cst);

		if (wanted && sb_store_queue_has_room(store, wanted))
			(void)sb_shard_control(store->node, from, i, tell_waiters, SB_NOTHING);
	}
}

int
sb_store_queue_refuse(struct sb_store_lane *lane, struct sb_address to, size_t cost)
{
	struct sb_store *store = lane->store;

	sb_counter_add(store->refused, lane->shard->index, 1);
	SB_LOG_LIMITED_TO(store->node->log, WARNING, "store.full", "limit", SB_UINT(store->limit));
	/* SB_FULL promises a message when there is room; without memory for that it must not be
	 * said. */
	if (!sb_address_is_null(to) && sb_store_waiters_add(lane, to, cost))
		return SB_ENOMEM;
	return SB_FULL;
}
