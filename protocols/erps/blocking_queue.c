#include "protocols/erps/blocking_queue_internal.h"

#include "core/env.h"

#include <string.h>

struct erps_event_entry *
erps_event_entry_new(const struct sb_env *env, enum erps_event_kind kind, struct erps_term term)
{
	struct erps_event_entry *entry = env->allocate(env->context, sizeof(*entry) + term.size);

	if (!entry)
		return NULL;
	memcpy(entry->octets, term.data, term.size);
	entry->next = NULL;
	entry->event = (struct erps_event){kind, {entry->octets, term.size}};
	return entry;
}

void
erps_event_queue_put(struct erps_event_queue *queue, struct erps_event_entry *entry)
{
	entry->next = NULL;
	if (!queue->first)
		queue->last = &queue->first;
	*queue->last = entry;
	queue->last = &entry->next;
	queue->count++;
}

struct erps_event_entry *
erps_event_queue_take(struct erps_event_queue *queue)
{
	struct erps_event_entry *entry = queue->first;

	queue->first = entry->next;
	queue->count--;
	return entry;
}

void
erps_event_queue_clear(const struct sb_env *env, struct erps_event_queue *queue)
{
	while (queue->first)
		env->release(env->context, erps_event_queue_take(queue));
}
