/*
 * A partition as a session: its parts made and freed, its messages handed to the
 * file that knows. A partition owns every message whose two addresses hash to it,
 * from before its commit to its final state, so that order, retries and cancels
 * of a message are decided in one place and without a lock. Its number fixes
 * which messages those are; its address is published in the service, and changes
 * when it is started again.
 */
#include "daemons/smpp-mc/partition.h"

#include "core/registry.h"
#include "daemons/smpp-mc/front.h"
#include "daemons/smpp-mc/partition_internal.h"

#include <stdlib.h>

/* One for each account and each sink, from the start: their numbers are the snapshot's. */
static int
outlets_init(struct mc_partition *p)
{
	size_t count = mc_config_queues(mc_partition_config(p));

	p->outlets = calloc(count + 1, sizeof(*p->outlets));
	if (!p->outlets)
		return SB_ENOMEM;
	p->outlet_count = count;
	for (size_t i = 0; i < count; i++)
		mc_queue_init(&p->outlets[i].queue, &p->entries, &p->lanes, (uint16_t)i);
	return 0;
}

/* The slab is walked whole: at the end nobody knows which lists entries are in. */
static void
entries_fini(struct mc_partition *p)
{
	uint32_t last = p->entries.chunk_count << MC_SLAB_CHUNK_BITS;

	for (uint32_t number = 1; number < last; number++) {
		struct mc_entry *entry = mc_partition_entry(p, number);

		if (entry->state != MC_ENTRY_FREE)
			mc_body_drop(p, entry);
	}
}

static void
partition_fini(struct mc_partition *p)
{
	entries_fini(p);
	mc_bodies_fini(p);
	mc_awaiting_fini(p);
	mc_batches_fini(p);
	mc_finals_fini(&p->finals);
	for (size_t i = 0; i < p->outlet_count; i++)
		mc_outlet_fini(&p->outlets[i]);
	free(p->outlets);
	mc_heap_fini(&p->deadlines);
	mc_heap_fini(&p->backoffs);
	mc_index_fini(&p->by_id);
	mc_index_fini(&p->by_pair);
	mc_index_fini(&p->by_carrier);
	mc_slab_fini(&p->entries);
	mc_slab_fini(&p->lanes);
}

static int
partition_start(struct sb_session *s, const void *context)
{
	const struct mc_partition_args *args = context;
	struct mc_partition *p = sb_state(s);
	int err;

	p->session = s;
	p->service = args->service;
	p->number = args->number;
	mc_slab_init(&p->entries, sizeof(struct mc_entry));
	mc_slab_init(&p->lanes, sizeof(struct mc_lane));
	mc_index_init(&p->by_id, &p->entries, MC_INDEX_ID);
	mc_index_init(&p->by_pair, &p->entries, MC_INDEX_PAIR);
	mc_index_init(&p->by_carrier, &p->entries, MC_INDEX_CARRIER);
	if (mc_batches_init(p) || outlets_init(p)) {
		partition_fini(p);
		return SB_ENOMEM;
	}
	sb_random(s, &p->random, sizeof(p->random));
	/* The generator of sink.c must not start at 0. */
	p->random |= 1;
	p->by_id.salt = p->by_pair.salt = p->by_carrier.salt = p->random;
	for (size_t i = 0; i < p->outlet_count; i++)
		p->outlets[i].queue.by_pair.salt = p->random;
	mc_waiting_init(p);
	mc_service_set_partition(p->service, p->number, sb_self(s));
	/* Last: the front opens the listeners when all partitions are there. */
	err = sb_join(s, MC_PARTITIONS);
	/* A session that never was is not closed. */
	if (err)
		partition_fini(p);
	return err;
}

/* The ref's lowest bit tells the sort of request (batch.h). */
static void
store_answered(struct mc_partition *p, const struct sb_message *m)
{
	if (MC_REF_IS_READ(m->ref))
		mc_body_loaded(p, m);
	else
		mc_batch_done(p, m);
	if (m->ref == 0)
		mc_bodies_read(p);
}

/* What is not stored yet is stored first; what waits is in the store. */
static void
maybe_stop(struct mc_partition *p)
{
	if (p->is_stopping && mc_batches_are_idle(p))
		sb_close(p->session, SB_END_DRAIN);
}

static void
partition_message(struct sb_session *s, struct sb_message *m)
{
	struct mc_partition *p = sb_state(s);

	switch (m->type) {
	case MC_SUBMIT:
		mc_submit(p, m);
		break;
	case MC_LOAD:
	case MC_LOAD_SENT:
	case MC_LOAD_FINALS:
	case MC_OPEN:
		mc_load(p, m);
		break;
	case MC_NOTICE:
		mc_notice(p, m);
		break;
	case MC_FLUSH:
		mc_batch_flush(p);
		break;
	case SB_MSG_STORE:
		store_answered(p, m);
		break;
	case SB_MSG_REPLY:
		mc_delivered(p, m);
		break;
	case SB_MSG_NAME:
		mc_bind_event(p, m);
		break;
	case SB_MSG_DOWN:
		mc_bind_down(p, m);
		break;
	case MC_QUERY:
	case MC_CANCEL:
	case MC_REPLACE:
		mc_ask(p, m);
		break;
	}
	/* Any of these may have been the last that was waited for. */
	if (p->is_stopping)
		maybe_stop(p);
}

/* Deliveries are not waited for: what was not answered is in the store. Commits are, for somebody
 * waits for their answer. */
static void
partition_stopping(struct sb_session *s)
{
	struct mc_partition *p = sb_state(s);

	p->is_stopping = true;
	maybe_stop(p);
}

static void
partition_closed(struct sb_session *s, enum sb_end why)
{
	(void)why;
	partition_fini(sb_state(s));
}

static void
partition_describe(const struct sb_session *s, struct sb_fields *f)
{
	const struct mc_partition *p = sb_state(s);

	sb_fields_add(f, "partition", SB_UINT(p->number));
	sb_fields_add(f, "messages", SB_UINT(p->entries.used));
	sb_fields_add(f, "awaiting", SB_UINT(p->by_carrier.entries));
	sb_fields_add(f, "finals", SB_UINT(p->finals.count));
	sb_fields_add(f, "cached_octets", SB_UINT(p->cached_bytes));
}

const struct sb_module mc_partition_module = {
	.abi = SB_MODULE_ABI,
	.name = "smpp-mc.partition",
	.state_size = sizeof(struct mc_partition),
	.start = partition_start,
	.message = partition_message,
	.stopping = partition_stopping,
	.closed = partition_closed,
	.describe = partition_describe,
};
