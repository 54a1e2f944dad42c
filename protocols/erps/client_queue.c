#include "protocols/erps/client_queue_internal.h"

#include "core/session.h"

#include <string.h>

struct erps_queued *
erps_queue_put(
	struct sb_session *s, struct erps_queue *queue, uint64_t id, struct erps_term request)
{
	struct erps_queued *queued = sb_allocate(s, sizeof(*queued) + request.size);

	if (!queued)
		return NULL;
	memcpy(queued->octets, request.data, request.size);
	queued->id = id;
	queued->order = ++queue->last_order;
	queued->request = (struct erps_term){queued->octets, request.size};
	queued->next = NULL;
	queued->previous = queue->last;
	if (queue->last)
		queue->last->next = queued;
	else
		queue->first = queued;
	queue->last = queued;
	queue->count++;
	queue->octets += request.size;
	return queued;
}

void
erps_queue_drop(struct sb_session *s, struct erps_queue *queue, struct erps_queued *queued)
{
	if (queued->previous)
		queued->previous->next = queued->next;
	else
		queue->first = queued->next;
	if (queued->next)
		queued->next->previous = queued->previous;
	else
		queue->last = queued->previous;
	queue->count--;
	queue->octets -= queued->request.size;
	sb_release(s, queued);
}
