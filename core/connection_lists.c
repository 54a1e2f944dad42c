/*
 * The lists of connections that a turn works through. A connection that died
 * while it stood in one is freed when it comes up: nothing is searched for.
 */
#include "core/connection_internal.h"
#include "core/session_internal.h"

/* The same three functions for four lists. They cannot share one link: a connection may be ready,
 * resumed and dirty at once. Removing is a search, done only by a hand-over. */
#define QUEUE(name)                                                                \
	static void name##_append(struct sb_shard *shard, struct sb_connection *c) \
	{                                                                          \
		struct sb_connection_list *list = &shard->name;                    \
                                                                                   \
		c->name##_next = NULL;                                             \
		if (list->tail)                                                    \
			list->tail->name##_next = c;                               \
		else                                                               \
			list->head = c;                                            \
		list->tail = c;                                                    \
		c->is_##name = true;                                               \
	}                                                                          \
                                                                                   \
	static struct sb_connection *name##_pop(struct sb_shard *shard)            \
	{                                                                          \
		struct sb_connection_list *list = &shard->name;                    \
		struct sb_connection *c = list->head;                              \
                                                                                   \
		list->head = c->name##_next;                                       \
		if (!list->head)                                                   \
			list->tail = NULL;                                         \
		c->is_##name = false;                                              \
		return c;                                                          \
	}                                                                          \
                                                                                   \
	static void name##_remove(struct sb_shard *shard, struct sb_connection *c) \
	{                                                                          \
		struct sb_connection_list *list = &shard->name;                    \
		struct sb_connection *before = NULL, *at = list->head;             \
                                                                                   \
		while (at != c) {                                                  \
			before = at;                                               \
			at = at->name##_next;                                      \
		}                                                                  \
		if (before)                                                        \
			before->name##_next = c->name##_next;                      \
		else                                                               \
			list->head = c->name##_next;                               \
		if (list->tail == c)                                               \
			list->tail = before;                                       \
		c->is_##name = false;                                              \
	}                                                                          \
                                                                                   \
	struct sb_connection *sb_connection_next_##name(struct sb_shard *shard)    \
	{                                                                          \
		while (shard->name.head) {                                         \
			struct sb_connection *c = name##_pop(shard);               \
                                                                                   \
			if (c->phase != SB_CONNECTION_DEAD)                        \
				return c;                                          \
			sb_connection_release(shard, c);                           \
		}                                                                  \
		return NULL;                                                       \
	}

QUEUE(ready)
QUEUE(again)
QUEUE(opening)
QUEUE(dirty)

/* The poller may tell of reading and writing one after the other. */
void
sb_connection_enqueue_ready(struct sb_connection *c, int events)
{
	c->ready_events |= (uint8_t)events;
	if (!c->is_ready)
		ready_append(c->session->shard, c);
}

void
sb_connection_enqueue_again(struct sb_connection *c)
{
	if (!c->is_again)
		again_append(c->session->shard, c);
}

/* A place holder of the shard's own: connections behind it were put there during this turn, or
 * since one that was cut short. */
void
sb_connection_mark_again(struct sb_shard *shard)
{
	if (!shard->mark->is_again)
		again_append(shard, shard->mark);
}

void
sb_connection_enqueue_opening(struct sb_connection *c)
{
	if (!c->is_opening)
		opening_append(c->session->shard, c);
}

void
sb_connection_enqueue_dirty(struct sb_connection *c)
{
	if (!c->is_dirty)
		dirty_append(c->session->shard, c);
}

/* Before a connection leaves its shard: nothing there may point at it any more. */
void
sb_connection_unlink(struct sb_connection *c)
{
	struct sb_shard *shard = c->session->shard;

	if (c->is_ready)
		ready_remove(shard, c);
	if (c->is_again)
		again_remove(shard, c);
	if (c->is_opening)
		opening_remove(shard, c);
	if (c->is_dirty)
		dirty_remove(shard, c);
}
