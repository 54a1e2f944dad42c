/*
 * A queue with lanes. Priorities are lists of ready entries; a lane exists only
 * while messages of one source and destination fly, are parked or back off, and
 * holds the others of that pair back, so that they go in order and by one bind.
 * One of the parked ones leads: it is ready again, in the lists, and the rest
 * follow one by one as it flies. A leader and not the whole lane, so that a
 * hundred thousand messages to one address do not stand in the way of all others.
 */
#include "daemons/smpp-mc/queue.h"

#include "core/error.h"

void
mc_queue_init(
	struct mc_queue *queue, struct mc_slab *entries, struct mc_slab *lanes, uint16_t number)
{
	*queue = (struct mc_queue){.entries = entries, .lanes = lanes, .number = number};
	mc_index_init(&queue->by_pair, lanes, MC_INDEX_LANE);
}

void
mc_queue_fini(struct mc_queue *queue)
{
	mc_index_fini(&queue->by_pair);
}

static struct mc_lane *
lane_at(const struct mc_queue *queue, uint32_t lane)
{
	return mc_slab_at(queue->lanes, lane);
}

static uint32_t
lane_find(const struct mc_queue *queue, const struct mc_entry *entry)
{
	/* Most queues have no lanes: no look at the index then. */
	if (!queue->by_pair.entries)
		return 0;
	return mc_index_find_pair(&queue->by_pair, entry->source, entry->destination);
}

/* Made when something has to be kept in order, not with each message. */
static uint32_t
lane_new(struct mc_queue *queue, const struct mc_entry *entry)
{
	uint32_t number = mc_slab_take(queue->lanes);
	struct mc_lane *lane = lane_at(queue, number);

	if (!number)
		return 0;
	lane->source = entry->source;
	lane->destination = entry->destination;
	lane->queue = queue->number;
	lane->bind = MC_NO_BIND;
	if (mc_index_add(&queue->by_pair, number)) {
		mc_slab_give(queue->lanes, number);
		return 0;
	}
	return number;
}

static struct mc_list *
list_of(struct mc_queue *queue, const struct mc_entry *entry)
{
	return &queue->ready[entry->priority < MC_PRIORITIES ? entry->priority : MC_PRIORITIES - 1];
}

/* A leader is older than what arrived since: it goes before that of its priority. */
static void
ready_push_front(struct mc_queue *queue, uint32_t number)
{
	struct mc_entry *entry = mc_entry_at(queue->entries, number);

	entry->state = MC_ENTRY_READY;
	mc_list_push_front(queue->entries, list_of(queue, entry), number);
	queue->ready_count++;
}

/* Keeps the promise of a lane: while some are parked and it does not back off, one of it flies or
 * is ready. A lane that nothing needs goes. */
static void
lane_settle(struct mc_queue *queue, uint32_t number)
{
	struct mc_lane *lane = lane_at(queue, number);

	/* It waits for its back-off, or one of it is on its way already. */
	if (lane->place || lane->leader)
		return;
	if (lane->parked.count) {
		lane->leader = mc_list_pop(queue->entries, &lane->parked);
		queue->parked_count--;
		ready_push_front(queue, lane->leader);
		return;
	}
	if (lane->flying)
		return;
	mc_index_remove(&queue->by_pair, number);
	mc_slab_give(queue->lanes, number);
}

/* Not into its lane, even if there is one: mc_queue_take finds that out, when its turn has come. */
void
mc_queue_add(struct mc_queue *queue, uint32_t number)
{
	struct mc_entry *entry = mc_entry_at(queue->entries, number);

	entry->state = MC_ENTRY_READY;
	mc_list_push(queue->entries, list_of(queue, entry), number);
	queue->ready_count++;
}

void
mc_queue_return(struct mc_queue *queue, uint32_t number)
{
	struct mc_entry *entry = mc_entry_at(queue->entries, number);

	entry->state = MC_ENTRY_READY;
	/* By id from the front: what comes back is old, so its place is near. */
	mc_list_insert(queue->entries, list_of(queue, entry), number);
	queue->ready_count++;
}

/* Highest priority first, and within it in order: a flood of high ones starves the low, as 3.4
 * (5.2.14) allows. */
static uint32_t
ready_pop(struct mc_queue *queue)
{
	for (int i = MC_PRIORITIES; i-- > 0;)
		if (queue->ready[i].count) {
			queue->ready_count--;
			return mc_list_pop(queue->entries, &queue->ready[i]);
		}
	return 0;
}

/* In order of id, for it may come back from a flight, before others that were parked meanwhile. */
static void
park(struct mc_queue *queue, struct mc_lane *lane, uint32_t number)
{
	mc_entry_at(queue->entries, number)->state = MC_ENTRY_PARKED;
	mc_list_insert(queue->entries, &lane->parked, number);
	queue->parked_count++;
	if (lane->leader == number)
		lane->leader = 0;
}

/* The back of the lane, for what comes behind all of it. */
static void
park_last(struct mc_queue *queue, struct mc_lane *lane, uint32_t number)
{
	mc_entry_at(queue->entries, number)->state = MC_ENTRY_PARKED;
	mc_list_push(queue->entries, &lane->parked, number);
	queue->parked_count++;
}

static bool
is_older(const struct mc_queue *queue, uint32_t left, uint32_t right)
{
	return left &&
	       mc_entry_at(queue->entries, left)->id < mc_entry_at(queue->entries, right)->id;
}

/* Whether the lane lets `number` go now; parks it otherwise. */
static bool
lane_admits(struct mc_queue *queue, uint32_t found, uint32_t number,
	bool (*has_room)(void *context, uint16_t bind), void *context)
{
	struct mc_lane *lane = lane_at(queue, found);
	bool is_leader = lane->leader == number;

	/* Older ones have come back from their bind meanwhile: the oldest leads. */
	if (is_leader && is_older(queue, lane->parked.head, number)) {
		park(queue, lane, number);
		lane_settle(queue, found);
		return false;
	}

	/* Behind those that wait already. */
	if (!is_leader && (lane->leader || lane->parked.count)) {
		park_last(queue, lane, number);
		return false;
	}
	/* The lane backs off, or its bind has no room: others of the queue need not wait for
	 * that. */
	if (lane->place || (lane->flying && !has_room(context, lane->bind))) {
		park(queue, lane, number);
		return false;
	}
	return true;
}

/* Entries that cannot go now are parked on the way, so that each is looked at once and not at every
 * run. */
uint32_t
mc_queue_take(struct mc_queue *queue, bool (*has_room)(void *context, uint16_t bind), void *context,
	uint16_t *bind)
{
	uint32_t number;

	while ((number = ready_pop(queue))) {
		uint32_t found = lane_find(queue, mc_entry_at(queue->entries, number));
		struct mc_lane *lane = lane_at(queue, found);

		if (lane && !lane_admits(queue, found, number, has_room, context))
			continue;
		*bind = lane && lane->flying ? lane->bind : MC_NO_BIND;
		return number;
	}
	return 0;
}

int
mc_queue_fly(struct mc_queue *queue, uint32_t number, uint16_t bind)
{
	struct mc_entry *entry = mc_entry_at(queue->entries, number);
	uint32_t found = lane_find(queue, entry);
	struct mc_lane *lane;

	if (!found)
		found = lane_new(queue, entry);
	if (!found)
		return SB_ENOMEM;
	lane = lane_at(queue, found);
	lane->bind = bind;
	lane->flying++;
	entry->state = MC_ENTRY_FLYING;
	entry->bind = bind;
	if (lane->leader == number)
		lane->leader = 0;
	/* The next of the lane may follow at once: a window is filled with one lane, too. */
	lane_settle(queue, found);
	return 0;
}

void
mc_queue_lead(struct mc_queue *queue, uint32_t number)
{
	struct mc_entry *entry = mc_entry_at(queue->entries, number);
	uint32_t found = lane_find(queue, entry);

	if (!found)
		found = lane_new(queue, entry);
	/* If there were another leader it would not have been taken. */
	if (found)
		lane_at(queue, found)->leader = number;
}

void
mc_queue_land(struct mc_queue *queue, uint32_t number)
{
	const struct mc_entry *entry = mc_entry_at(queue->entries, number);

	mc_queue_land_pair(queue, entry->source, entry->destination);
}

void
mc_queue_land_pair(struct mc_queue *queue, uint32_t source, uint32_t destination)
{
	uint32_t found = mc_index_find_pair(&queue->by_pair, source, destination);
	struct mc_lane *lane = lane_at(queue, found);

	assert(lane && lane->flying);
	lane->flying--;
	lane_settle(queue, found);
}

uint32_t
mc_queue_park(struct mc_queue *queue, uint32_t number)
{
	struct mc_entry *entry = mc_entry_at(queue->entries, number);
	uint32_t found = lane_find(queue, entry);

	if (!found)
		found = lane_new(queue, entry);
	if (found)
		park(queue, lane_at(queue, found), number);
	return found;
}

/* What led before the back-off leads again, or the next. */
void
mc_queue_wake(struct mc_queue *queue, uint32_t lane)
{
	lane_settle(queue, lane);
}

void
mc_queue_remove(struct mc_queue *queue, uint32_t number)
{
	struct mc_entry *entry = mc_entry_at(queue->entries, number);
	uint32_t found = lane_find(queue, entry);
	struct mc_lane *lane = lane_at(queue, found);

	if (entry->state == MC_ENTRY_PARKED) {
		mc_list_remove(queue->entries, &lane->parked, number);
		queue->parked_count--;
	} else {
		mc_list_remove(queue->entries, list_of(queue, entry), number);
		queue->ready_count--;
	}
	/* Ready, and never held back by anything. */
	if (!lane)
		return;
	if (lane->leader == number)
		lane->leader = 0;
	lane_settle(queue, found);
}

bool
mc_queue_has_lane(const struct mc_queue *queue, uint32_t source, uint32_t destination)
{
	return queue->by_pair.entries &&
	       mc_index_find_pair(&queue->by_pair, source, destination) != 0;
}
