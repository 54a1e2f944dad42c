/* Events that wait for the caller of a blocking client, each one block with its term's octets. */
#ifndef SB_ERPS_BLOCKING_QUEUE_INTERNAL_H
#define SB_ERPS_BLOCKING_QUEUE_INTERNAL_H

#include "protocols/erps/blocking.h"

struct erps_event_entry {
	struct erps_event_entry *next;
	struct erps_event event;
	uint8_t octets[];
};

/* First in, first out. Zeroed memory is an empty one. */
struct erps_event_queue {
	struct erps_event_entry *first, **last;
	size_t count;
};

/* With a copy of the term. NULL: no memory. Freed as what `env` allocates. */
struct erps_event_entry *
erps_event_entry_new(const struct sb_env *env, enum erps_event_kind kind, struct erps_term term);

void erps_event_queue_put(struct erps_event_queue *queue, struct erps_event_entry *entry);
/* The first, which there is. */
struct erps_event_entry *erps_event_queue_take(struct erps_event_queue *queue);
void erps_event_queue_clear(const struct sb_env *env, struct erps_event_queue *queue);

#endif
