/*
 * What waits for a paced peer. The core writes a connection's output once a turn, so a
 * packet that is in the output alone leaves in a write of its own: none is added while
 * there is anything in it.
 */
#include "protocols/erps/session_outbox_internal.h"

#include "protocols/erps/session_internal.h"

#include <string.h>

bool
erps_outbox_waits(const struct sb_session *s, const struct erps_session *p)
{
	return p->outbox || sb_output_size(s) > 0 || erps_pace_due(&p->pace, sb_now(s)) > 0;
}

bool
erps_outbox_is_full(const struct sb_session *s, const struct erps_session *p)
{
	return p->outbox && (p->outbox->count >= ERPS_OUTBOX_MAX ||
				    p->outbox->octets >= sb_session_limits(s)->output_high);
}

static bool
make(struct sb_session *s, struct erps_session *p)
{
	if (p->outbox)
		return true;
	p->outbox = sb_allocate(s, sizeof(*p->outbox));
	if (!p->outbox)
		return false;
	*p->outbox = (struct erps_outbox){.tail = &p->outbox->head};
	return true;
}

/* When the head may leave; a peer that has not read its last one yet is asked again later. */
static void
look_later(struct sb_session *s, struct erps_session *p)
{
	uint64_t due = erps_pace_due(&p->pace, sb_now(s));

	erps_timer_nearer(s, p, due ? due : erps_after(s, ERPS_PACE_GAP_MS));
}

struct erps_waiting *
erps_outbox_add(struct sb_session *s, struct erps_session *p, size_t size)
{
	struct erps_waiting *waiting = sb_allocate(s, sizeof(*waiting) + size);

	if (!waiting)
		return NULL;
	if (!make(s, p)) {
		sb_release(s, waiting);
		return NULL;
	}
	*waiting = (struct erps_waiting){.size = size};
	*p->outbox->tail = waiting;
	p->outbox->tail = &waiting->next;
	p->outbox->count++;
	p->outbox->octets += size;
	erps_tally(p, p->server->metrics.paced);
	look_later(s, p);
	return waiting;
}

static void
free_if_empty(struct sb_session *s, struct erps_session *p)
{
	if (p->outbox->head)
		return;
	sb_release(s, p->outbox);
	p->outbox = NULL;
}

static void
take_head(struct sb_session *s, struct erps_session *p)
{
	struct erps_waiting *head = p->outbox->head;

	p->outbox->head = head->next;
	if (!head->next)
		p->outbox->tail = &p->outbox->head;
	p->outbox->count--;
	p->outbox->octets -= head->size;
	sb_release(s, head);
}

void
erps_outbox_drop_last(struct sb_session *s, struct erps_session *p)
{
	struct erps_waiting **at = &p->outbox->head;

	while (&(*at)->next != p->outbox->tail)
		at = &(*at)->next;
	p->outbox->count--;
	p->outbox->octets -= (*at)->size;
	sb_release(s, *at);
	*at = NULL;
	p->outbox->tail = at;
	free_if_empty(s, p);
}

static void
send_head(struct sb_session *s, struct erps_session *p)
{
	struct erps_waiting *head = p->outbox->head;

	/* Without a connection, or over a bound: the session is ending. */
	if (sb_write(s, head->octets, head->size) == 0)
		erps_pace_left(&p->pace, sb_now(s), erps_packet_type(head->octets));
	take_head(s, p);
}

static bool
may_send(const struct sb_session *s, const struct erps_session *p)
{
	/* The peer has shown that it is not what it was taken for: nothing waits any more. */
	if (!erps_pace_is_on(&p->pace))
		return true;
	return sb_output_size(s) == 0 && erps_pace_due(&p->pace, sb_now(s)) == 0;
}

void
erps_outbox_go(struct sb_session *s, struct erps_session *p)
{
	while (p->outbox && p->outbox->head && may_send(s, p))
		send_head(s, p);
	if (!p->outbox)
		return;
	if (p->outbox->head)
		look_later(s, p);
	free_if_empty(s, p);
	erps_update_hold(s, p);
	erps_progress(s, p);
}

void
erps_outbox_free(struct sb_session *s, struct erps_session *p)
{
	while (p->outbox && p->outbox->head)
		take_head(s, p);
	sb_release(s, p->outbox);
	p->outbox = NULL;
}
