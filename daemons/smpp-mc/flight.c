/*
 * Deliveries in the air. A message flies at a bind as a call, which comes back
 * exactly once: with what the client answered, with a timeout, or because the
 * bind is gone. The bound is the bind's window (flights), counted here at the
 * partition, so that a partition never has more at a bind than that bind could
 * send; many partitions share a bind, whose session queues what exceeds its
 * window.
 */
#include "daemons/smpp-mc/partition_internal.h"

#include "core/registry.h"
#include "daemons/smpp-mc/topic.h"

#include <stdlib.h>

/* A delivery that fits goes by copy; a larger one is given. */
#define COPY_MAX 896

/* The bind answers long before: this is for one that has lost its mind. */
#define DELIVER_MS 600000

/* What an upstream's rate keeps at a bind for longer is given back: there must be time left for the
 * answer, or it would be sent twice. */
#define SEND_NS (UINT64_C(250000) * 1000000)

/* Messages that a sink takes in one run. */
#define SINK_MOST 1000

/* After there was no memory for a call. */
#define AGAIN_MS 50

static struct mc_bind *
bind_at(struct mc_outlet *outlet, uint16_t number)
{
	return &outlet->binds[number];
}

/* Room is what the partition counts, not what the bind says: no question is asked on the way. */
static bool
bind_has_room(void *context, uint16_t number)
{
	const struct mc_bind *bind = bind_at(context, number);

	return !bind->is_leaving && bind->used < bind->window;
}

/* A simulated handset takes everything. */
static bool
sink_has_room(void *context, uint16_t number)
{
	(void)context;
	(void)number;
	return true;
}

/* The bind with most room. Each partition begins to look at another one, so that together they do
 * not all fill the first. */
static uint16_t
roomiest(const struct mc_partition *p, struct mc_outlet *outlet)
{
	uint16_t best = MC_NO_BIND;
	uint32_t most = 0;

	for (uint16_t i = 0; i < outlet->bind_count; i++) {
		uint16_t at = (uint16_t)((i + p->number) % outlet->bind_count);
		const struct mc_bind *bind = bind_at(outlet, at);

		if (!bind->is_leaving && bind->window - bind->used > most) {
			most = bind->window - bind->used;
			best = at;
		}
	}
	return best;
}

/* ---- sending ---- */

/* The PDU goes along, so that the bind's session needs nothing of the partition's. */
static int
call_bind(struct mc_partition *p, struct mc_bind *bind, const struct mc_delivery *head,
	struct sb_bytes pdu, uint64_t *ref)
{
	_Alignas(struct mc_delivery) uint8_t small[COPY_MAX];
	size_t size = sizeof(*head) + pdu.size;
	uint8_t *octets = size <= sizeof(small) ? small : malloc(size);
	struct sb_payload payload = SB_COPY(octets, size);
	int err;

	if (!octets)
		return SB_ENOMEM;
	memcpy(octets, head, sizeof(*head));
	memcpy(((struct mc_delivery *)octets)->pdu, pdu.data, pdu.size);
	if (octets != small)
		payload.release = free;
	err = sb_call(p->session, bind->address, MC_DELIVER, payload, DELIVER_MS, ref);
	if (err && octets != small)
		free(octets);
	return err;
}

/* The call first: once the queue has let an entry fly it has to land, and only a call's answer
 * lands it. */
static int
fly(struct mc_partition *p, struct mc_outlet *outlet, uint32_t number, uint16_t at)
{
	struct mc_entry *entry = mc_partition_entry(p, number);
	struct mc_bind *bind = bind_at(outlet, at);
	struct mc_flight *flight = &bind->flights[bind->free - 1];
	struct sb_bytes pdu = mc_parcel_pdu(mc_body(entry));
	struct mc_delivery head = {
		.ticket = {entry->id, number, (uint16_t)(bind->free - 1), at},
		.size = (uint32_t)pdu.size,
		.is_receipt = entry->flags & MC_ENTRY_RECEIPT,
		.asks_receipt = mc_asks_receipt(p, entry),
		.expiry_ms = mc_tenths_ms(entry->expiry),
		.too_late_ns = sb_now(p->session) + SEND_NS,
	};
	int err = call_bind(p, bind, &head, pdu, &flight->ref);

	if (err)
		return err;
	/* It has been sent already, but an answer that nobody waits for changes nothing: it is
	 * delivered twice, not lost. */
	if (mc_queue_fly(&outlet->queue, number, at)) {
		sb_call_cancel(p->session, flight->ref);
		return SB_ENOMEM;
	}
	flight->entry = number;
	entry->place = bind->free - 1;
	bind->free = flight->next_free;
	bind->used++;
	outlet->room--;
	return 0;
}

/* The flight's place is free again; the entry is in no list. */
static void
land(struct mc_outlet *outlet, struct mc_entry *entry)
{
	struct mc_bind *bind = bind_at(outlet, entry->bind);
	struct mc_flight *flight = &bind->flights[entry->place];

	flight->ref = 0;
	flight->next_free = bind->free;
	bind->free = entry->place + 1;
	bind->used--;
	if (!bind->is_leaving)
		outlet->room++;
	entry->place = 0;
}

/* A flying entry has no deadline: whether it has expired is asked when it comes back. */
static void
leave_heap(struct mc_partition *p, struct mc_entry *entry)
{
	if (entry->place)
		mc_heap_remove(&p->deadlines, entry->place);
}

/* Sends one entry that the queue let go; false: not now. */
static bool
dispatch(struct mc_partition *p, struct mc_outlet *outlet, uint32_t number, uint16_t bind)
{
	struct mc_entry *entry = mc_partition_entry(p, number);

	leave_heap(p, entry);
	/* Its text is in the store only: it comes back to its place in the queue with it. */
	if (!entry->body) {
		mc_queue_lead(&outlet->queue, number);
		mc_body_load(p, number);
		return true;
	}
	if (bind == MC_NO_BIND)
		bind = roomiest(p, outlet);
	if (bind != MC_NO_BIND && fly(p, outlet, number, bind) == 0)
		return true;
	mc_queue_return(&outlet->queue, number);
	mc_wait(p, number);
	if (bind != MC_NO_BIND)
		mc_again_start(p, outlet, AGAIN_MS);
	return false;
}

static void
run_account(struct mc_partition *p, struct mc_outlet *outlet)
{
	uint16_t bind;
	uint32_t number;

	/* Bodies that are being read will want a flight, too. */
	while (outlet->room > outlet->loading &&
		(number = mc_queue_take(&outlet->queue, bind_has_room, outlet, &bind)))
		if (!dispatch(p, outlet, number, bind))
			return;
}

/* An attempt that fails is noted with the text, and may be told of with it. */
static bool
wants_body(const struct mc_sink *sink, const struct mc_entry *entry)
{
	return !entry->body && sink->retry;
}

/* A sink is no bind: its number is 0, and all of a lane may fly. */
static void
run_sink(struct mc_partition *p, struct mc_outlet *outlet)
{
	const struct mc_sink *sink = mc_config_sink(mc_partition_config(p), outlet->queue.number);
	uint16_t bind;
	uint32_t number;
	int taken = 0;

	while ((number = mc_queue_take(&outlet->queue, sink_has_room, outlet, &bind))) {
		struct mc_entry *entry = mc_partition_entry(p, number);

		leave_heap(p, entry);
		if (wants_body(sink, entry)) {
			mc_queue_lead(&outlet->queue, number);
			mc_body_load(p, number);
			continue;
		}
		if (mc_queue_fly(&outlet->queue, number, 0)) {
			mc_queue_return(&outlet->queue, number);
			mc_wait(p, number);
			mc_again_start(p, outlet, AGAIN_MS);
			return;
		}
		mc_sink_take(p, number);
		/* After a restart a million may wait for it. */
		if (++taken == SINK_MOST) {
			mc_again_start(p, outlet, 0);
			return;
		}
	}
}

/* An account is watched from its first message on: until then its binds are no affair of ours. */
static void
watch(struct mc_partition *p, struct mc_outlet *outlet)
{
	char topic[MC_TOPIC_MAX];

	mc_topic_of(mc_partition_account(p, outlet->queue.number), topic);
	outlet->is_watched =
		sb_registry_watch(p->session, SB_NAME_TOPIC, topic, outlet->queue.number) == 0;
	if (!outlet->is_watched)
		mc_again_start(p, outlet, AGAIN_MS);
}

void
mc_outlet_run(struct mc_partition *p, uint16_t number)
{
	struct mc_outlet *outlet = &p->outlets[number];

	/* What ends in the loop below may want the next one sent: the loop does it. */
	if (outlet->is_running)
		return;
	outlet->is_running = true;
	if (mc_config_sink(mc_partition_config(p), number))
		run_sink(p, outlet);
	else if (outlet->is_watched)
		run_account(p, outlet);
	else if (outlet->queue.ready_count)
		watch(p, outlet);
	outlet->is_running = false;
}

/* ---- answers ---- */

static void
judge(struct mc_partition *p, uint32_t number, uint32_t status, struct sb_bytes carrier_id)
{
	/* err: has three characters. */
	uint8_t error = status < UINT8_MAX ? (uint8_t)status : UINT8_MAX;

	switch (status) {
	case SMPP_ROK:
		if (!mc_await(p, number, carrier_id))
			mc_ended(p, number, SMPP_STATE_DELIVERED, 0);
		return;
	case SMPP_RTHROTTLED:
	case SMPP_RMSGQFUL:
		mc_retry(p, number, MC_RETRY_THROTTLED, error);
		return;
	/* 3.4, 5.1.3: the receiver says itself that it may take it later. */
	case SMPP_RX_T_APPN:
	case SMPP_RSYSERR:
		mc_retry(p, number, MC_RETRY_TEMPORARY, error);
		return;
	case SMPP_RX_R_APPN:
		mc_ended(p, number, SMPP_STATE_REJECTED, error);
		return;
	}
	mc_ended(p, number, SMPP_STATE_UNDELIVERABLE, error);
}

/* Whatever was answered, its flight is free first: what the entry's end sends next may want it. */
static void
landed(struct mc_partition *p, uint32_t number, enum mc_outcome outcome, uint32_t status,
	struct sb_bytes carrier_id)
{
	struct mc_entry *entry = mc_partition_entry(p, number);
	uint16_t target = entry->target;
	struct mc_outlet *outlet = &p->outlets[target];

	land(outlet, entry);
	if (outcome == MC_NOT_SENT) {
		/* Back into its lane first, before the lane lets another go in its place. */
		mc_unsent(p, outlet, number);
		mc_queue_land_pair(&outlet->queue, entry->source, entry->destination);
	} else {
		mc_queue_land(&outlet->queue, number);
	}
	switch (outcome) {
	case MC_ANSWERED:
		judge(p, number, status, carrier_id);
		break;
	case MC_TIMED_OUT:
		mc_retry(p, number, MC_RETRY_TIMEOUT, 0);
		break;
	case MC_REFUSED:
		mc_ended(p, number, SMPP_STATE_UNDELIVERABLE, 0);
		break;
	case MC_NOT_SENT:
		break;
	}
	/* Who did not take it now is not asked again in the same breath. */
	if (outcome == MC_NOT_SENT)
		mc_again_start(p, outlet, AGAIN_MS);
	else
		mc_outlet_run(p, target);
}

static uint32_t
flight_of_ref(struct mc_outlet *outlet, uint64_t ref)
{
	for (uint16_t i = 0; i < outlet->bind_count; i++)
		for (uint32_t n = 0; n < outlet->binds[i].window; n++)
			if (outlet->binds[i].flights && outlet->binds[i].flights[n].ref == ref)
				return outlet->binds[i].flights[n].entry;
	return 0;
}

/* A call that failed says only its ref; that is rare enough to be looked for. */
static uint32_t
entry_of_ref(struct mc_partition *p, uint64_t ref)
{
	uint32_t number = 0;

	for (size_t i = 0; i < p->outlet_count && !number; i++)
		number = flight_of_ref(&p->outlets[i], ref);
	return number;
}

void
mc_delivered(struct mc_partition *p, const struct sb_message *m)
{
	const struct mc_delivered *answer = m->data;
	uint32_t number;

	if (m->status == 0 && m->size >= sizeof(*answer)) {
		landed(p, answer->ticket.entry, answer->outcome, answer->status,
			sb_bytes(answer->carrier_id, m->size - sizeof(*answer)));
		return;
	}
	number = entry_of_ref(p, m->ref);
	if (number)
		landed(p, number, m->status == SB_TIMEOUT ? MC_TIMED_OUT : MC_NOT_SENT, 0,
			sb_bytes(NULL, 0));
}
