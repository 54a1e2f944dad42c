/*
 * What waits for one target: an account's receiving binds, or a sink. Entries
 * are ready, by priority and then in order of arrival, or parked in the lane of
 * their two addresses. Pure: knows no bind, no clock and no message. One thread.
 */
#ifndef SMPP_MC_QUEUE_H
#define SMPP_MC_QUEUE_H

#include "daemons/smpp-mc/entry.h"
#include "daemons/smpp-mc/index.h"
#include "daemons/smpp-mc/lane.h"

#include <stdbool.h>
#include <stdint.h>

#define MC_PRIORITIES 5
#define MC_NO_BIND    UINT16_MAX

struct mc_queue {
	struct mc_slab *entries;
	struct mc_slab *lanes;
	struct mc_index by_pair; /* of its lanes */
	struct mc_list ready[MC_PRIORITIES];
	uint32_t ready_count;
	uint32_t parked_count;
	uint16_t number; /* accounts, then sinks */
};

/* Allocates nothing; the slabs are the partition's. */
void mc_queue_init(
	struct mc_queue *queue, struct mc_slab *entries, struct mc_slab *lanes, uint16_t number);
void mc_queue_fini(struct mc_queue *queue);

/* A new entry, behind those of its priority. */
void mc_queue_add(struct mc_queue *queue, uint32_t number);

/* One that was here before, in its old place: in order of id from the front. */
void mc_queue_return(struct mc_queue *queue, uint32_t number);

/*
 * Takes the next entry that may go, or 0. *bind is where its lane flies
 * (MC_NO_BIND: the caller chooses). `has_room` says whether that bind takes one
 * more; an entry whose lane's bind does not, or whose lane backs off or has older
 * ones waiting, is parked on the way.
 */
uint32_t mc_queue_take(struct mc_queue *queue, bool (*has_room)(void *context, uint16_t bind),
	void *context, uint16_t *bind);

/* The entry that was taken now flies at `bind`. 0, or SB_ENOMEM: return it. */
int mc_queue_fly(struct mc_queue *queue, uint32_t number, uint16_t bind);

/* The entry that was taken cannot go yet (its text is being read): until it comes back, by
 * mc_queue_return, nothing of its lane goes before it; without memory for a lane, something may. */
void mc_queue_lead(struct mc_queue *queue, uint32_t number);

/* It flies no longer; the next of its lane may be ready now. */
void mc_queue_land(struct mc_queue *queue, uint32_t number);

/* The same for one of that lane that was parked again before. */
void mc_queue_land_pair(struct mc_queue *queue, uint32_t source, uint32_t destination);

/* An entry that has landed (or was never in flight) and must wait: parks it in its lane, in order.
 * Returns the lane, for the caller to give it a deadline; 0: SB_ENOMEM. */
uint32_t mc_queue_park(struct mc_queue *queue, uint32_t number);

/* The lane's back-off is over (its place in the heap is 0 already). */
void mc_queue_wake(struct mc_queue *queue, uint32_t lane);

/* Takes out an entry that is ready or parked. */
void mc_queue_remove(struct mc_queue *queue, uint32_t number);

/* Whether a lane with these addresses exists: then no entry of it may overtake. */
bool mc_queue_has_lane(const struct mc_queue *queue, uint32_t source, uint32_t destination);

static inline uint32_t
mc_queue_length(const struct mc_queue *queue)
{
	return queue->ready_count + queue->parked_count;
}

#endif
