/*
 * Where the octets of a message are: in memory while there is room (as the kept
 * message that brought them, or allocated), else in the store alone, from where
 * they are read again off the loop when it is the message's turn. Messages that
 * are not stored keep theirs whatever the limit says.
 */
#include "daemons/smpp-mc/partition_internal.h"

#include <stdlib.h>

/* Reads under way; the others wait for these in their list. */
#define READS_MOST 64

/* After there was no memory for a read, or somebody else had the file. */
#define AGAIN_MS 50

/* A question that waits for the body of its message. */
struct mc_asking {
	struct mc_asking *next;
	uint32_t entry;
	struct sb_message *ask;
};

struct mc_parcel *
mc_body(const struct mc_entry *entry)
{
	if (!entry->body || !(entry->flags & MC_ENTRY_KEPT))
		return entry->body;
	return (struct mc_parcel *)(uintptr_t)((struct sb_message *)entry->body)->data;
}

/* As it counts against the cache. */
static size_t
body_size(const struct mc_entry *entry)
{
	const struct mc_parcel *parcel = mc_body(entry);

	return parcel ? sizeof(*parcel) + parcel->size : 0;
}

void
mc_body_drop(struct mc_partition *p, struct mc_entry *entry)
{
	if (entry->flags & MC_ENTRY_CACHED)
		p->cached_bytes -= body_size(entry);
	if (entry->flags & MC_ENTRY_KEPT)
		sb_message_free(p->session, entry->body);
	else
		free(entry->body);
	entry->body = NULL;
	entry->flags &= (uint8_t) ~(MC_ENTRY_KEPT | MC_ENTRY_CACHED);
}

void
mc_body_cache(struct mc_partition *p, struct mc_entry *entry)
{
	uint64_t limit = mc_partition_config(p)->limits.cache_bytes / p->service->partition_count;

	if (entry->flags & MC_ENTRY_CACHED || !entry->body)
		return;
	entry->flags |= MC_ENTRY_CACHED;
	p->cached_bytes += body_size(entry);
	/* The newest gives way: older ones are nearer to their delivery. */
	if (p->cached_bytes > limit && !(entry->flags & MC_ENTRY_VOLATILE))
		mc_body_drop(p, entry);
}

void
mc_body_keep(struct mc_partition *p, struct mc_entry *entry, const struct mc_parcel *parcel)
{
	uint64_t limit = mc_partition_config(p)->limits.cache_bytes / p->service->partition_count;
	size_t size = sizeof(*parcel) + parcel->size;

	if (p->cached_bytes + size > limit)
		return;
	entry->body = malloc(size);
	if (!entry->body)
		return; /* read again when it is wanted */
	memcpy(entry->body, parcel, size);
	entry->flags |= MC_ENTRY_CACHED;
	p->cached_bytes += size;
}

/* ---- reading ---- */

/* What a loading entry is wanted for stands in its place: nothing else needs that meanwhile. */
static bool
is_for_flight(const struct mc_partition *p, uint32_t number)
{
	for (const struct mc_asking *at = p->askings; at; at = at->next)
		if (at->entry == number)
			return false;
	return !mc_entry_at(&p->entries, number)->place;
}

static struct mc_asking *
asking_take(struct mc_partition *p, uint32_t number)
{
	for (struct mc_asking **at = &p->askings; *at; at = &(*at)->next) {
		struct mc_asking *asking = *at;

		if (asking->entry == number) {
			*at = asking->next;
			return asking;
		}
	}
	return NULL;
}

static void
asking_free(struct mc_partition *p, struct mc_asking *asking)
{
	if (!asking)
		return;
	sb_message_free(p->session, asking->ask);
	free(asking);
}

/* The row stays in the store and is found again at the next start. */
static void
body_lost(struct mc_partition *p, uint32_t number, int error)
{
	struct mc_entry *entry = mc_partition_entry(p, number);
	struct mc_queue *queue = &p->outlets[entry->target].queue;

	SB_LOG(p->session, ERROR, "mc.body_lost", "id", SB_UINT(entry->id), "error", SB_ERR(error));
	if (is_for_flight(p, number)) {
		p->outlets[entry->target].loading--;
		mc_queue_return(queue, number); /* its lane may wait for it */
		mc_queue_remove(queue, number);
	}
	entry->place = 0;
	asking_free(p, asking_take(p, number));
	mc_entry_forget(p, number);
}

static void
read_again(struct sb_session *s, struct sb_timer *timer)
{
	(void)timer;
	mc_bodies_read(sb_state(s));
}

/* As many as may be under way. The store tells when its queue has room (SB_FULL); without memory
 * nobody does. */
void
mc_bodies_read(struct mc_partition *p)
{
	while (p->unread.head && p->reads < READS_MOST) {
		uint32_t number = p->unread.head;
		int err = sb_store_get(p->session, p->service->store, MC_KIND_MESSAGE,
			mc_partition_entry(p, number)->id, sb_self(p->session),
			(uint64_t)number << 1 | 1);

		if (err == SB_ENOMEM)
			sb_timer_start(p->session, &p->read_timer, AGAIN_MS, read_again);
		if (err == SB_ENOMEM || err == SB_FULL)
			return;
		mc_list_pop(&p->entries, &p->unread);
		if (err)
			body_lost(p, number, err);
		else
			p->reads++;
	}
}

static void
load(struct mc_partition *p, uint32_t number, uint16_t ending)
{
	struct mc_entry *entry = mc_partition_entry(p, number);

	entry->state = MC_ENTRY_LOADING;
	entry->place = ending;
	mc_list_push(&p->entries, &p->unread, number);
	mc_bodies_read(p);
}

void
mc_body_load(struct mc_partition *p, uint32_t number)
{
	p->outlets[mc_partition_entry(p, number)->target].loading++;
	load(p, number, 0);
}

void
mc_body_load_to_end(struct mc_partition *p, uint32_t number, uint8_t state, uint8_t error)
{
	load(p, number, (uint16_t)(state << 8 | error));
}

bool
mc_body_load_to_ask(struct mc_partition *p, uint32_t number, struct sb_message *ask)
{
	struct mc_asking *asking = malloc(sizeof(*asking));

	if (!asking)
		return false;
	*asking = (struct mc_asking){p->askings, number, sb_message_keep(ask)};
	p->askings = asking;
	mc_unwait(p, number);
	load(p, number, 0);
	return true;
}

/* As the submit brought it, but for who waited: that was answered long ago. */
static int
parcel_of_row(const struct mc_entry *entry, const struct sb_store_row *row, void **out)
{
	struct mc_parcel *parcel = calloc(1, sizeof(*parcel) + row->body_size);

	if (!parcel)
		return SB_ENOMEM;
	if (mc_head_get(sb_bytes(row->head, row->head_size), parcel)) {
		free(parcel);
		return SB_ECORRUPT;
	}
	parcel->id = entry->id;
	parcel->owner = entry->owner;
	parcel->target = entry->target;
	parcel->source = entry->source;
	parcel->destination = entry->destination;
	parcel->size = (uint32_t)row->body_size;
	memcpy(parcel->row, row->body, row->body_size);
	*out = parcel;
	return 0;
}

/* Who asked may have replaced the text, which is being stored then. Otherwise it waits again. */
static void
ask_again(struct mc_partition *p, uint32_t number, struct sb_message *ask)
{
	struct mc_entry *entry = mc_partition_entry(p, number);
	struct mc_queue *queue = &p->outlets[entry->target].queue;

	/* Into its queue for the time of the question: what is asked looks for it there. */
	mc_queue_return(queue, number);
	mc_ask(p, ask);
	if (entry->state != MC_ENTRY_READY)
		return;
	mc_queue_remove(queue, number);
	mc_accept(p, number);
}

/* What the body was wanted for. */
static void
go_on(struct mc_partition *p, uint32_t number)
{
	struct mc_entry *entry = mc_partition_entry(p, number);
	struct mc_asking *asking = asking_take(p, number);
	uint16_t ending = (uint16_t)entry->place, target = entry->target;

	entry->place = 0;
	if (ending) {
		mc_ended(p, number, (uint8_t)(ending >> 8), (uint8_t)ending);
	} else if (asking) {
		ask_again(p, number, asking->ask);
		asking_free(p, asking);
	} else {
		/* To its own place: its lane may wait for it. */
		p->outlets[target].loading--;
		mc_queue_return(&p->outlets[target].queue, number);
		mc_outlet_run(p, target);
		mc_wait(p, number);
	}
}

/* What passes by itself is asked again; nothing else gets better by asking. */
static void
load_failed(struct mc_partition *p, uint32_t number, int error)
{
	if (error != SB_ENOMEM && error != SB_EBUSY) {
		body_lost(p, number, error);
		mc_bodies_read(p);
		return;
	}
	mc_list_push_front(&p->entries, &p->unread, number);
	sb_timer_start(p->session, &p->read_timer, AGAIN_MS, read_again);
}

void
mc_body_loaded(struct mc_partition *p, const struct sb_message *m)
{
	const struct sb_store_rows *rows = m->data;
	uint32_t number = (uint32_t)(m->ref >> 1);
	struct mc_entry *entry = mc_partition_entry(p, number);
	int err = m->status;

	p->reads--;
	if (!err)
		err = parcel_of_row(entry, &rows->rows[0], &entry->body);
	if (err) {
		load_failed(p, number, err);
		return;
	}
	go_on(p, number);
	mc_bodies_read(p);
}

void
mc_bodies_fini(struct mc_partition *p)
{
	while (p->askings)
		asking_free(p, asking_take(p, p->askings->entry));
}
