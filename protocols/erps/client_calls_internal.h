/*
 * Calls that have no outcome yet: found by id or by the Ref on the wire, and in the
 * order of their deadlines. Made with the first, grown with use.
 */
#ifndef SB_ERPS_CLIENT_CALLS_INTERNAL_H
#define SB_ERPS_CLIENT_CALLS_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "core/message.h"

struct erps_queued;
struct sb_session;

#define ERPS_NO_CALL UINT32_MAX

struct erps_call {
	uint64_t id;  /* 0: the slot is free */
	uint64_t due; /* monotonic ns; UINT64_MAX: never */
	uint64_t context;
	uint64_t sent_at;
	struct sb_from from;        /* another session asks; caller null: the application does */
	struct erps_queued *queued; /* the packet that waits; NULL: it was sent */
	uint32_t ref;               /* on the wire, when it was sent; otherwise 0 */
	uint32_t deadline_ms;       /* that the caller named; 0: none */
	uint32_t credit;            /* of a stream, at first; 0: it is none */
	uint32_t credit_left;       /* parts that may come now */
	uint32_t moves;             /* from one member of a pool to another */
	uint32_t sooner, later;     /* slots, in the order of deadlines */
};

struct erps_calls {
	uint64_t last_id;
	uint32_t capacity; /* a power of two; 0: no table */
	uint32_t count;
	uint32_t first, last; /* by deadline */
	struct erps_call *slots;
};

/* The Ref that a call with this id is sent with. */
uint32_t erps_ref_of(uint64_t id);

/* Copies `call`, with an id of its own. NULL: no memory. Pointers hold until the next add. */
struct erps_call *
erps_calls_add(struct sb_session *s, struct erps_calls *calls, const struct erps_call *call);

/* NULL: it has had its outcome. */
struct erps_call *erps_calls_find(const struct erps_calls *calls, uint64_t id);
/* Of those that were sent; `marked` is the id of the one that was sent with the mark. */
struct erps_call *
erps_calls_find_ref(const struct erps_calls *calls, uint32_t ref, uint64_t marked);

void erps_calls_remove(struct erps_calls *calls, struct erps_call *call);

/* The one with the first deadline; NULL: none. And the next; NULL: it was the last. */
struct erps_call *erps_calls_first(const struct erps_calls *calls);
struct erps_call *erps_calls_next(const struct erps_calls *calls, const struct erps_call *call);

void erps_calls_fini(struct sb_session *s, struct erps_calls *calls);

#endif
