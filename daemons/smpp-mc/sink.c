/*
 * A simulated handset for tests, demonstrations and measurements. Its delay is
 * the same for all messages, so the hand is a list in order of time and needs no
 * heap; messages in it keep their lane, as if a bind had them.
 */
#include "daemons/smpp-mc/partition_internal.h"

/* What the simulated handset does with a message. */
enum fate {
	FATE_DELIVER,
	FATE_FAIL,
	FATE_RETRY,
	FATE_EXPIRE,
};

/* xorshift, seeded from the node's randomness: simulations repeat it. */
static uint32_t
draw(struct mc_partition *p)
{
	p->random ^= p->random << 13;
	p->random ^= p->random >> 7;
	p->random ^= p->random << 17;
	return (uint32_t)((p->random >> 32) * 1000 >> 32);
}

/* Thresholds one above the other on one draw: parts never overlap. */
static enum fate
fate_of(struct mc_partition *p, const struct mc_sink *sink)
{
	uint32_t number;

	if (!sink->fail && !sink->retry && !sink->expire)
		return FATE_DELIVER;
	number = draw(p);
	if (number < sink->fail)
		return FATE_FAIL;
	if (number < sink->fail + sink->retry)
		return FATE_RETRY;
	return number < sink->fail + sink->retry + sink->expire ? FATE_EXPIRE : FATE_DELIVER;
}

/* It stays in the hand until its validity ends. */
static void
keep(struct mc_partition *p, uint32_t number)
{
	struct mc_entry *entry = mc_partition_entry(p, number);

	entry->state = MC_ENTRY_AT_SINK;
	entry->bind = MC_NO_BIND; /* not in the hand's list, but among the deadlines */
	entry->place = 0;
	mc_deadline_add(p, number, mc_tenths_ms(entry->expiry));
}

/* An attempt like any: what it comes to goes the way of a bind's answer. */
static void
meet(struct mc_partition *p, uint32_t number, enum fate fate)
{
	struct mc_entry *entry = mc_partition_entry(p, number);
	struct mc_queue *queue = &p->outlets[entry->target].queue;
	uint8_t error = mc_config_sink(mc_partition_config(p), entry->target)->error;

	if (fate == FATE_EXPIRE) {
		keep(p, number);
		return;
	}
	mc_queue_land(queue, number);
	switch (fate) {
	case FATE_DELIVER:
		mc_ended(p, number, SMPP_STATE_DELIVERED, 0);
		break;
	case FATE_FAIL:
		mc_ended(p, number, SMPP_STATE_UNDELIVERABLE, error);
		break;
	case FATE_RETRY:
		mc_retry(p, number, MC_RETRY_TEMPORARY, error);
		break;
	case FATE_EXPIRE:
		break;
	}
}

bool
mc_sink_at_once(struct mc_partition *p, uint32_t number)
{
	struct mc_entry *entry = mc_partition_entry(p, number);
	const struct mc_sink *sink = mc_config_sink(mc_partition_config(p), entry->target);

	/* Nothing to wait for and nothing to decide: it never enters queue or index. */
	if (!sink || sink->delay_ms || sink->fail || sink->retry || sink->expire ||
		mc_queue_has_lane(
			&p->outlets[entry->target].queue, entry->source, entry->destination))
		return false;
	mc_ended(p, number, SMPP_STATE_DELIVERED, 0);
	return true;
}

void
mc_sink_take(struct mc_partition *p, uint32_t number)
{
	struct mc_entry *entry = mc_partition_entry(p, number);
	const struct mc_sink *sink = mc_config_sink(mc_partition_config(p), entry->target);
	struct mc_list *hand = &p->outlets[entry->target].at_sink;
	uint64_t due = mc_partition_now_ms(p) + sink->delay_ms;

	if (!sink->delay_ms) {
		meet(p, number, fate_of(p, sink));
		return;
	}
	/* It will not live to its time: kept among the deadlines, where its end is found. */
	if (mc_tenths_ms(entry->expiry) < mc_partition_wall(p) + (int64_t)sink->delay_ms) {
		keep(p, number);
		return;
	}
	entry->state = MC_ENTRY_AT_SINK;
	entry->place = (uint32_t)due;
	mc_list_push(&p->entries, hand, number);
	if (hand->count == 1)
		mc_soon_start(p, due);
}

/* Milliseconds until an entry's time, by the low half of the clock: that wraps after 49 days, a
 * delay is a day at most. */
static int32_t
left_of(const struct mc_entry *entry, uint64_t now_ms)
{
	return (int32_t)(entry->place - (uint32_t)now_ms);
}

static uint64_t
sink_due(struct mc_partition *p, struct mc_outlet *outlet, uint64_t now_ms)
{
	const struct mc_sink *sink = mc_config_sink(mc_partition_config(p), outlet->queue.number);

	while (outlet->at_sink.head) {
		uint32_t number = outlet->at_sink.head;
		struct mc_entry *entry = mc_partition_entry(p, number);
		int32_t left = left_of(entry, now_ms);

		if (left > 0)
			return now_ms + (uint64_t)left;
		mc_list_pop(&p->entries, &outlet->at_sink);
		entry->place = 0;
		meet(p, number, fate_of(p, sink));
	}
	return UINT64_MAX;
}

uint64_t
mc_sinks_due(struct mc_partition *p, uint64_t now_ms)
{
	uint64_t next = UINT64_MAX;
	size_t first = mc_partition_config(p)->account_count;

	for (size_t i = first; i < first + mc_partition_config(p)->sink_count; i++) {
		uint64_t due = sink_due(p, &p->outlets[i], now_ms);

		if (due < next)
			next = due;
	}
	return next;
}

void
mc_sink_give_back(struct mc_partition *p, uint32_t number)
{
	struct mc_entry *entry = mc_partition_entry(p, number);
	struct mc_outlet *outlet = &p->outlets[entry->target];

	if (entry->place && entry->bind == MC_NO_BIND)
		mc_heap_remove(&p->deadlines, entry->place);
	else if (entry->bind != MC_NO_BIND)
		mc_list_remove(&p->entries, &outlet->at_sink, number);
	entry->place = 0;
	mc_queue_land(&outlet->queue, number);
}
