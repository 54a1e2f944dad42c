/* The receiving binds of an account, as a partition sees them come and go. */
#include "daemons/smpp-mc/partition_internal.h"

#include "core/registry.h"
#include "daemons/smpp-mc/topic.h"

#include <stdlib.h>

/* After there was no memory for a bind. */
#define AGAIN_MS 50

/* Without memory for its lane it is ready at once: out of order is better than lost. */
void
mc_unsent(struct mc_partition *p, struct mc_outlet *outlet, uint32_t number)
{
	if (!mc_queue_park(&outlet->queue, number))
		mc_queue_return(&outlet->queue, number);
	mc_wait(p, number);
}

/* Places are used again, since flights name them by number. */
static struct mc_bind *
free_place(struct mc_outlet *outlet)
{
	struct mc_bind *binds;

	for (uint16_t i = 0; i < outlet->bind_count; i++)
		if (sb_address_is_null(outlet->binds[i].address))
			return &outlet->binds[i];
	/* Its number would be the one that means none. */
	if (outlet->bind_count == MC_NO_BIND)
		return NULL;
	binds = realloc(outlet->binds, (outlet->bind_count + (size_t)1) * sizeof(*binds));
	if (!binds)
		return NULL;
	outlet->binds = binds;
	binds[outlet->bind_count] = (struct mc_bind){0};
	return &binds[outlet->bind_count++];
}

static struct mc_bind *
bind_of(struct mc_outlet *outlet, struct sb_address address)
{
	for (uint16_t i = 0; i < outlet->bind_count; i++)
		if (sb_address_equal(outlet->binds[i].address, address))
			return &outlet->binds[i];
	return NULL;
}

/* An upstream's session stays when its connection is lost, and is bound again; what flew on the old
 * one comes back by itself. */
static void
bind_return(struct mc_outlet *outlet, struct mc_bind *bind)
{
	if (!bind->is_leaving)
		return;
	bind->is_leaving = false;
	outlet->room += bind->window - bind->used;
}

/* False: no memory. */
static bool
bind_join(struct mc_partition *p, struct mc_outlet *outlet, struct sb_address address)
{
	uint32_t window = mc_partition_account(p, outlet->queue.number)->deliver_window;
	struct mc_bind *bind = bind_of(outlet, address);

	if (bind) {
		bind_return(outlet, bind);
		return true;
	}
	bind = free_place(outlet);
	if (!bind)
		return outlet->bind_count == MC_NO_BIND;
	bind->flights = calloc(window, sizeof(*bind->flights));
	if (!bind->flights)
		return false;
	/* The topic says that nothing new may go there, for names go when a close begins; the
	 * monitor, that nothing comes back any more. */
	if (sb_monitor(p->session, address, &bind->monitor)) {
		free(bind->flights);
		bind->flights = NULL;
		return false;
	}
	for (uint32_t i = 0; i < window; i++)
		bind->flights[i].next_free = i + 1 < window ? i + 2 : 0;
	bind->free = 1;
	bind->used = 0;
	bind->window = window;
	bind->is_leaving = false;
	bind->address = address;
	outlet->room += window;
	return true;
}

static void
bind_leave(struct mc_outlet *outlet, struct mc_bind *bind)
{
	if (bind->is_leaving)
		return;
	bind->is_leaving = true;
	/* What still flies there lands without making room. */
	outlet->room -= bind->window - bind->used;
}

/* Nobody says twice that a bind is there: after a while all of them are asked for anew, and until
 * then those that have gone meanwhile cannot be told from the others. */
static void
look_again(struct mc_partition *p, struct mc_outlet *outlet)
{
	char topic[MC_TOPIC_MAX];

	mc_topic_of(mc_partition_account(p, outlet->queue.number), topic);
	sb_registry_unwatch(p->session, SB_NAME_TOPIC, topic);
	outlet->is_watched = false;
	for (uint16_t i = 0; i < outlet->bind_count; i++)
		if (outlet->binds[i].flights)
			bind_leave(outlet, &outlet->binds[i]);
	mc_again_start(p, outlet, AGAIN_MS);
}

/* Present binds are told of when the watch begins, the others as they come. */
void
mc_bind_event(struct mc_partition *p, const struct sb_message *m)
{
	const struct sb_name_event *event = m->data;
	struct mc_outlet *outlet = &p->outlets[m->ref];
	struct mc_bind *bind;

	if (event->is_held) {
		if (bind_join(p, outlet, event->holder))
			mc_outlet_run(p, outlet->queue.number);
		else
			look_again(p, outlet);
		return;
	}
	bind = bind_of(outlet, event->holder);
	if (bind)
		bind_leave(outlet, bind);
}

/* What flew there is parked first and landed then, so that each lane has all of it in order before
 * it lets any go again. */
static void
bind_end(struct mc_partition *p, struct mc_outlet *outlet, struct mc_bind *bind)
{
	bind_leave(outlet, bind);
	for (uint32_t i = 0; i < bind->window; i++)
		if (bind->flights[i].ref) {
			/* An answer that is on its way finds nobody: the message has gone back to
			 * its queue. */
			sb_call_cancel(p->session, bind->flights[i].ref);
			mc_partition_entry(p, bind->flights[i].entry)->place = 0;
			mc_unsent(p, outlet, bind->flights[i].entry);
		}
	for (uint32_t i = 0; i < bind->window; i++)
		if (bind->flights[i].ref) {
			struct mc_entry *entry = mc_partition_entry(p, bind->flights[i].entry);

			mc_queue_land_pair(&outlet->queue, entry->source, entry->destination);
		}
	free(bind->flights);
	*bind = (struct mc_bind){0};
}

void
mc_bind_down(struct mc_partition *p, const struct sb_message *m)
{
	for (size_t i = 0; i < p->outlet_count; i++) {
		struct mc_outlet *outlet = &p->outlets[i];

		for (uint16_t n = 0; n < outlet->bind_count; n++)
			if (outlet->binds[n].flights && outlet->binds[n].monitor == m->ref) {
				bind_end(p, outlet, &outlet->binds[n]);
				mc_outlet_run(p, (uint16_t)i);
				return;
			}
	}
}

/* Monitors and calls end with the partition's session. */
void
mc_outlet_fini(struct mc_outlet *outlet)
{
	for (uint16_t i = 0; i < outlet->bind_count; i++)
		free(outlet->binds[i].flights);
	free(outlet->binds);
	mc_queue_fini(&outlet->queue);
}
