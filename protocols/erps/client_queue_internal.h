/* Requests that wait to be sent, first in, first out; any may be taken out of the middle. */
#ifndef SB_ERPS_CLIENT_QUEUE_INTERNAL_H
#define SB_ERPS_CLIENT_QUEUE_INTERNAL_H

#include <stddef.h>
#include <stdint.h>

#include "protocols/erps/term.h"

struct sb_session;

struct erps_queued {
	struct erps_queued *next, *previous;
	uint64_t id;    /* of the call; 0: a cast */
	uint64_t order; /* rises with each that was put */
	struct erps_term request;
	uint8_t octets[];
};

struct erps_queue {
	struct erps_queued *first, *last;
	size_t count;
	size_t octets;
	uint64_t last_order;
};

/* Puts a copy of the term last. NULL: no memory. */
struct erps_queued *erps_queue_put(
	struct sb_session *s, struct erps_queue *queue, uint64_t id, struct erps_term request);

/* Takes it out and frees it. */
void erps_queue_drop(struct sb_session *s, struct erps_queue *queue, struct erps_queued *queued);

#endif
