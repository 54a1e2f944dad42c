/*
 * Where the octets of a message are: in memory while there is room (as the kept
 * message that brought them, or allocated), else in the store alone, from where
 * they are read again off the loop when it is the message's turn. Messages that
 * are not stored keep theirs whatever the limit says.
 */
#include "daemons/smpp-mc/partition_internal.h"

#include <stdlib.h>

/* A body that was asked of the store. */
struct mc_load {
	struct mc_load *next;
	uint64_t id;
	uint32_t entry;
	uint16_t ending;
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

/* The row stays in the store and is found again at the next start. */
static void
body_lost(struct mc_partition *p, uint32_t number, uint16_t ending, bool is_asked, int error)
{
	struct mc_entry *entry = mc_partition_entry(p, number);
	struct mc_queue *queue = &p->outlets[entry->target].queue;

	SB_LOG(p->session, ERROR, "mc.body_lost", "id", SB_UINT(entry->id), "error", SB_ERR(error));
	if (!ending && !is_asked) {
		p->outlets[entry->target].loading--;
		mc_queue_return(queue, number); /* its lane may wait for it */
		mc_queue_remove(queue, number);
	}
	mc_entry_forget(p, number);
}

void
mc_body_load(struct mc_partition *p, uint32_t number, uint16_t ending, struct sb_message *ask)
{
	struct mc_entry *entry = mc_partition_entry(p, number);
	struct mc_load *load = malloc(sizeof(*load));
	uint64_t ref = (uint64_t)number << 1 | 1;

	entry->state = MC_ENTRY_LOADING;
	if (!ending && !ask)
		p->outlets[entry->target].loading++;
	/* The store's queue is full, or memory: nothing can be sent without its text. */
	if (!load || sb_store_get(p->session, p->service->store, MC_KIND_MESSAGE, entry->id,
			     sb_self(p->session), ref)) {
		free(load);
		body_lost(p, number, ending, ask, SB_FULL);
		return;
	}
	*load = (struct mc_load){
		p->loads, entry->id, number, ending, ask ? sb_message_keep(ask) : NULL};
	p->loads = load;
}

/* By entry: there is one load for one at a time. */
static struct mc_load *
load_take(struct mc_partition *p, uint32_t number)
{
	for (struct mc_load **at = &p->loads; *at; at = &(*at)->next) {
		struct mc_load *load = *at;

		if (load->entry == number) {
			*at = load->next;
			return load;
		}
	}
	return NULL;
}

/* As the submit brought it, but for who waited: that was answered long ago. */
static struct mc_parcel *
parcel_of_row(const struct mc_entry *entry, const struct sb_store_row *row)
{
	struct mc_parcel *parcel = calloc(1, sizeof(*parcel) + row->body_size);

	if (!parcel || mc_head_get(sb_bytes(row->head, row->head_size), parcel)) {
		free(parcel);
		return NULL;
	}
	parcel->id = entry->id;
	parcel->owner = entry->owner;
	parcel->target = entry->target;
	parcel->source = entry->source;
	parcel->destination = entry->destination;
	parcel->size = (uint32_t)row->body_size;
	memcpy(parcel->row, row->body, row->body_size);
	return parcel;
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
go_on(struct mc_partition *p, uint32_t number, const struct mc_load *load)
{
	struct mc_entry *entry = mc_partition_entry(p, number);
	uint16_t target = entry->target;

	if (load->ending) {
		mc_ended(p, number, (uint8_t)(load->ending >> 8), (uint8_t)load->ending);
		return;
	}
	if (load->ask) {
		ask_again(p, number, load->ask);
		return;
	}
	/* To its own place: its lane may wait for it. */
	p->outlets[target].loading--;
	mc_queue_return(&p->outlets[target].queue, number);
	mc_outlet_run(p, target);
	mc_wait(p, number);
}

void
mc_body_loaded(struct mc_partition *p, const struct sb_message *m)
{
	const struct sb_store_rows *rows = m->data;
	uint32_t number = (uint32_t)(m->ref >> 1);
	struct mc_load *load = load_take(p, number);
	struct mc_entry *entry = mc_partition_entry(p, number);

	if (!load)
		return;
	if (m->status == 0 && rows && rows->count == 1)
		entry->body = parcel_of_row(entry, &rows->rows[0]);
	if (entry->body)
		go_on(p, number, load);
	else
		body_lost(p, number, load->ending, load->ask, m->status);
	if (load->ask)
		sb_message_free(p->session, load->ask);
	free(load);
}

void
mc_bodies_fini(struct mc_partition *p)
{
	while (p->loads) {
		struct mc_load *load = p->loads;

		p->loads = load->next;
		if (load->ask)
			sb_message_free(p->session, load->ask);
		free(load);
	}
}
