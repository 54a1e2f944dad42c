/*
 * Time in a partition. Back-offs and simulated handsets run by the monotonic
 * clock, since they are spans; schedules, validities and the age of final states
 * by the clock on the wall, since clients name dates. Two timers, each with a
 * heap; neither runs while nothing waits.
 */
#include "daemons/smpp-mc/partition_internal.h"

/* The clock on the wall may jump: it is looked at so often while anything depends on it. */
#define WALL_TICK_MS 1000

/* While there are more rows of final states to delete than one batch takes. */
#define PURGE_TICK_MS 20

/* Deadlines that one turn serves. */
#define DUE_MOST 1000

static void soon_fired(struct sb_session *s, struct sb_timer *timer);
static void wall_fired(struct sb_session *s, struct sb_timer *timer);

/* The heap tells each owner its place, so that a deadline can be taken out without a search. */
static void
entry_placed(void *context, uint32_t number, uint32_t place)
{
	mc_partition_entry(context, number)->place = place;
}

static void
lane_placed(void *context, uint32_t number, uint32_t place)
{
	struct mc_partition *p = context;

	((struct mc_lane *)mc_slab_at(&p->lanes, number))->place = place;
}

void
mc_waiting_init(struct mc_partition *p)
{
	mc_heap_init(&p->deadlines, entry_placed, p);
	mc_heap_init(&p->backoffs, lane_placed, p);
}

void
mc_soon_start(struct mc_partition *p, uint64_t due_ms)
{
	uint64_t now = mc_partition_now_ms(p);
	uint64_t delay = due_ms > now ? due_ms - now : 0;

	if (due_ms == UINT64_MAX || p->is_loading)
		return;
	/* An earlier one looks at everything anyway. */
	if (sb_timer_is_started(&p->soon) && p->soon.due <= (now + delay) * 1000000)
		return;
	sb_timer_start(p->session, &p->soon, delay, soon_fired);
}

/* One time for all outlets that want to run again: they are few, and it is soon. */
void
mc_again_start(struct mc_partition *p, struct mc_outlet *outlet, uint64_t delay_ms)
{
	outlet->wants_run = true;
	if (!p->again_ms)
		p->again_ms = mc_partition_now_ms(p) + delay_ms;
	mc_soon_start(p, p->again_ms);
}

/* Taken down first: who cannot go now either asks again. */
static void
run_again(struct mc_partition *p, uint64_t now)
{
	if (!p->again_ms || p->again_ms > now)
		return;
	p->again_ms = 0;
	for (size_t i = 0; i < p->outlet_count; i++)
		if (p->outlets[i].wants_run) {
			p->outlets[i].wants_run = false;
			mc_outlet_run(p, (uint16_t)i);
		}
}

/* Nothing depends on the clock: nobody is woken. */
static void
wall_start(struct mc_partition *p, int64_t now, uint64_t tick_ms)
{
	uint64_t first = mc_heap_first(&p->deadlines);
	uint64_t delay = tick_ms;

	if ((first == UINT64_MAX && !p->finals.count && !mc_batches_have_old_rows(&p->batches)) ||
		p->is_loading)
		return;
	/* Never further than a tick ahead: should the clock jump, deadlines are late by that
	 * much. */
	if (first < (uint64_t)now + delay)
		delay = first > (uint64_t)now ? first - (uint64_t)now : 0;
	sb_timer_start(p->session, &p->wall, delay, wall_fired);
}

/* Started with the first that depends on it. */
void
mc_wall_watch(struct mc_partition *p)
{
	if (!sb_timer_is_started(&p->wall))
		wall_start(p, mc_partition_wall(p), WALL_TICK_MS);
}

void
mc_deadline_add(struct mc_partition *p, uint32_t number, int64_t at_ms)
{
	uint64_t due = at_ms > 0 ? (uint64_t)at_ms : 0;
	bool is_first = due < mc_heap_first(&p->deadlines);

	/* Without memory it waits without a deadline; the next attempt looks at the clock. */
	if (mc_heap_add(&p->deadlines, due, number) || !is_first)
		return;
	wall_start(p, mc_partition_wall(p), WALL_TICK_MS);
}

bool
mc_is_waiting(const struct mc_entry *entry)
{
	return entry->state == MC_ENTRY_SCHEDULED || entry->state == MC_ENTRY_READY ||
	       entry->state == MC_ENTRY_PARKED;
}

void
mc_wait(struct mc_partition *p, uint32_t number)
{
	struct mc_entry *entry = mc_partition_entry(p, number);

	if (entry->place || (entry->state != MC_ENTRY_READY && entry->state != MC_ENTRY_PARKED))
		return;
	mc_deadline_add(p, number, mc_tenths_ms(entry->expiry));
	mc_body_cache(p, entry);
}

/* For what is to be taken back or changed: it is nobody's then but the caller's. */
void
mc_unwait(struct mc_partition *p, uint32_t number)
{
	struct mc_entry *entry = mc_partition_entry(p, number);

	if (entry->place)
		mc_heap_remove(&p->deadlines, entry->place);
	if (entry->state == MC_ENTRY_READY || entry->state == MC_ENTRY_PARKED)
		mc_queue_remove(&p->outlets[entry->target].queue, number);
}

/* Without memory for its place in the index it is delivered all the same; nobody can ask for it. */
void
mc_index_entry(struct mc_partition *p, uint32_t number)
{
	struct mc_entry *entry = mc_partition_entry(p, number);

	if (entry->flags & MC_ENTRY_INDEXED || mc_index_add(&p->by_id, number))
		return;
	if (mc_index_add(&p->by_pair, number)) {
		mc_index_remove(&p->by_id, number);
		return;
	}
	entry->flags |= MC_ENTRY_INDEXED;
}

static void
enqueue(struct mc_partition *p, uint32_t number)
{
	uint16_t target = mc_partition_entry(p, number)->target;

	mc_queue_add(&p->outlets[target].queue, number);
	/* First try, then wait: most messages are gone before a deadline would have been of use. */
	mc_outlet_run(p, target);
	/* If it is delivered already, its place is free or another's, and this does nothing. */
	mc_wait(p, number);
}

void
mc_schedule(struct mc_partition *p, uint32_t number, int64_t at_ms)
{
	mc_partition_entry(p, number)->state = MC_ENTRY_SCHEDULED;
	mc_deadline_add(p, number, at_ms);
}

void
mc_accept(struct mc_partition *p, uint32_t number)
{
	struct mc_entry *entry = mc_partition_entry(p, number);
	/* A new one always has its body. */
	const struct mc_parcel *parcel = mc_body(entry);

	if (parcel->start_ms && parcel->start_ms > mc_partition_wall(p)) {
		mc_index_entry(p, number);
		mc_schedule(p, number, parcel->start_ms);
		mc_body_cache(p, entry);
		return;
	}
	if (mc_sink_at_once(p, number))
		return;
	mc_index_entry(p, number);
	enqueue(p, number);
}

void
mc_wait_again(struct mc_partition *p, uint32_t number)
{
	const struct mc_entry *entry = mc_partition_entry(p, number);
	const struct mc_parcel *parcel = mc_body(entry);
	uint16_t target = entry->target;

	if (parcel->start_ms > mc_partition_wall(p)) {
		mc_schedule(p, number, parcel->start_ms);
		return;
	}
	mc_queue_return(&p->outlets[target].queue, number);
	mc_outlet_run(p, target);
	mc_wait(p, number);
}

void
mc_back_off(struct mc_partition *p, uint32_t number, uint64_t delay_ms)
{
	struct mc_entry *entry = mc_partition_entry(p, number);
	struct mc_queue *queue = &p->outlets[entry->target].queue;
	uint32_t found = mc_queue_park(queue, number);
	struct mc_lane *lane = mc_slab_at(&p->lanes, found);
	uint64_t due = mc_partition_now_ms(p) + delay_ms;

	/* No memory for its lane: it tries again without a pause, in its old place. */
	if (!found) {
		mc_queue_return(queue, number);
		return;
	}
	if (lane->place)
		return; /* it backs off already, from an earlier failure of this flight */
	if (mc_heap_add(&p->backoffs, due, found) == 0)
		mc_soon_start(p, due);
	else
		mc_queue_wake(queue, found);
}

/* Doubling from the first; the loop ends at the most, however many tries there were. */
static uint64_t
retry_delay(const struct mc_retry *retry, uint8_t tries)
{
	uint64_t delay = retry->first_ms;

	for (uint8_t i = 1; i < tries && delay < retry->most_ms; i++)
		delay *= 2;
	return delay < retry->most_ms ? delay : retry->most_ms;
}

/* What a restart should know: how often it was tried, and when it will be again. */
static void
note_attempt(struct mc_partition *p, struct mc_entry *entry, uint64_t delay_ms)
{
	struct mc_parcel *parcel = mc_body(entry);

	if (!parcel)
		return;
	parcel->tries = entry->tries;
	parcel->next_ms = mc_partition_wall(p) + (int64_t)delay_ms;
	parcel->flags |= entry->flags & MC_ENTRY_NOTICED;
	if (!(entry->flags & MC_ENTRY_VOLATILE))
		mc_batch_mark(p, parcel);
}

void
mc_retry(struct mc_partition *p, uint32_t number, enum mc_retry_class class, uint8_t error)
{
	struct mc_entry *entry = mc_partition_entry(p, number);
	const struct mc_retry *retry = &mc_partition_config(p)->retries[class];
	uint16_t target = entry->target;
	uint64_t delay;

	if (mc_tenths_ms(entry->expiry) <= mc_partition_wall(p)) {
		mc_ended(p, number, SMPP_STATE_EXPIRED, error);
		return;
	}
	/* Who submitted waits for the first answer (3.4, 5.2.12: datagram and transaction mode). */
	if (entry->flags & (MC_ENTRY_DATAGRAM | MC_ENTRY_TRANSACTION) ||
		(retry->attempts && entry->tries + 1u >= retry->attempts)) {
		mc_ended(p, number, SMPP_STATE_UNDELIVERABLE, error);
		return;
	}
	if (entry->owner != MC_NO_ACCOUNT)
		sb_counter_add(mc_partition_account(p, entry->owner)->state->retried,
			sb_session_shard(p->session), 1);
	if (entry->registered & SMPP_WANT_INTERMEDIATE && !(entry->flags & MC_ENTRY_NOTICED)) {
		entry->flags |= MC_ENTRY_NOTICED;
		/* Once, at the first failure, if the client asked for it (registered_delivery
		 * 0x10). */
		mc_receipt(p, entry, SMPP_STATE_ENROUTE, error);
	}
	if (entry->tries < UINT8_MAX)
		entry->tries++;
	delay = retry_delay(retry, entry->tries);
	note_attempt(p, entry, delay);
	mc_back_off(p, number, delay);
	mc_wait(p, number);
	mc_outlet_run(p, target);
}

/* All that is due, then the next time there is anything. */
static void
soon_fired(struct sb_session *s, struct sb_timer *timer)
{
	struct mc_partition *p = sb_state(s);
	uint64_t now = mc_partition_now_ms(p);
	uint64_t next;
	uint32_t found;

	(void)timer;
	while ((found = mc_heap_take_due(&p->backoffs, now))) {
		const struct mc_lane *lane = mc_slab_at(&p->lanes, found);
		uint16_t target = lane->queue;

		mc_queue_wake(&p->outlets[target].queue, found);
		mc_outlet_run(p, target);
	}
	run_again(p, now);
	next = mc_sinks_due(p, now);
	if (p->again_ms && p->again_ms < next)
		next = p->again_ms;
	if (mc_heap_first(&p->backoffs) < next)
		next = mc_heap_first(&p->backoffs);
	mc_soon_start(p, next);
}

static void
deadline_reached(struct mc_partition *p, uint32_t number)
{
	struct mc_entry *entry = mc_partition_entry(p, number);

	/* Its time has come, not its end. */
	if (entry->state == MC_ENTRY_SCHEDULED) {
		if (!mc_sink_at_once(p, number))
			enqueue(p, number);
		return;
	}
	if (entry->state == MC_ENTRY_AWAITING) {
		mc_await_over(p, number);
		return;
	}
	/* Found at the start with no route; its end says why, as a refused submit would. */
	if (entry->state == MC_ENTRY_OVER && mc_tenths_ms(entry->expiry) > mc_partition_wall(p)) {
		mc_ended(p, number, SMPP_STATE_UNDELIVERABLE, SMPP_RINVDSTADR);
		return;
	}
	if (entry->state == MC_ENTRY_AT_SINK)
		mc_queue_land(&p->outlets[entry->target].queue, number);
	else if (entry->state != MC_ENTRY_OVER)
		mc_queue_remove(&p->outlets[entry->target].queue, number);
	mc_ended(p, number, SMPP_STATE_EXPIRED, 0);
}

void
mc_finals_forget(struct mc_partition *p)
{
	const struct mc_limits *limits = &mc_partition_config(p)->limits;

	mc_finals_purge(&p->finals, mc_partition_wall(p) - (int64_t)limits->final_ms,
		limits->finals / p->service->partition_count);
}

/* By the clock on the wall, which may have jumped: everything is compared anew. So many at a time:
 * after a restart, or a jump, a million may be due at once. */
static void
wall_fired(struct sb_session *s, struct sb_timer *timer)
{
	struct mc_partition *p = sb_state(s);
	const struct mc_limits *limits = &mc_partition_config(p)->limits;
	int64_t now = mc_partition_wall(p);
	uint64_t tick = WALL_TICK_MS;
	uint32_t number;

	(void)timer;
	for (int i = 0; i < DUE_MOST; i++) {
		number = mc_heap_take_due(&p->deadlines, (uint64_t)now);
		if (!number)
			break;
		deadline_reached(p, number);
	}
	mc_finals_forget(p);
	if (mc_batch_purge(p, now - (int64_t)limits->final_ms,
		    limits->finals / p->service->partition_count))
		tick = PURGE_TICK_MS;
	wall_start(p, now, tick);
}

void
mc_waiting_start(struct mc_partition *p)
{
	mc_soon_start(p, mc_heap_first(&p->backoffs));
	mc_wall_watch(p);
}
