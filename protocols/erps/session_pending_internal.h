/*
 * Calls that wait for their answer: slots, found by the number that a `from` carries,
 * which says the slot and is never given twice. The table is made with the first call
 * that is not answered at once and goes with the last: a session at rest has none.
 */
#ifndef SB_ERPS_SESSION_PENDING_INTERNAL_H
#define SB_ERPS_SESSION_PENDING_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocols/erps/term.h"

struct sb_session;

#define ERPS_SLOT_BITS 24
#define ERPS_SLOT_MASK ((UINT64_C(1) << ERPS_SLOT_BITS) - 1)
#define ERPS_NO_SLOT   UINT32_MAX

/* Octets of a Ref that are kept in its slot: a 32-bit integer, a small bignum, a short binary. A
 * longer one is allocated; over the bound a call is refused. */
#define ERPS_REF_INLINE 16
#define ERPS_REF_MAX    1024

struct erps_pending_call {
	uint64_t id;        /* generation and slot; 0: free, or answered */
	uint64_t due;       /* ns: nobody waits any more, or the answer is overdue; UINT64_MAX */
	uint64_t since;     /* ns: when it came */
	const uint8_t *ref; /* the packet's, or allocated; NULL: ref_inline */
	uint32_t credit;    /* parts that the caller has room for */
	uint32_t next_free;
	uint16_t ref_size;
	bool is_callers_due : 1;    /* `due` is the caller's: nobody is to be told */
	bool takes_parts : 1;       /* it has given credit, if only once */
	bool is_credit_awaited : 1; /* a part was refused */
	uint8_t ref_inline[ERPS_REF_INLINE];
};

struct erps_pending {
	uint32_t capacity, count;
	uint32_t free_head;
	struct erps_pending_call calls[];
};

/* The slot that the call at hand gets if it is not answered at once: out of the free ones, or one
 * that the table will grow by. `table` may be NULL. */
uint32_t erps_pending_reserve(struct erps_pending *table);
/* It was not needed. */
void erps_pending_give_back(struct erps_pending *table, uint32_t slot);

/* Puts a copy of `call`, and of its Ref, into the slot that its id says, which was reserved. 0 or
 * SB_ENOMEM: then the slot is free again. */
int erps_pending_put(
	struct sb_session *s, struct erps_pending **table, const struct erps_pending_call *call);

/* The call with this id; NULL: it had its answer. `table` may be NULL. */
struct erps_pending_call *erps_pending_find(struct erps_pending *table, uint64_t id);
void erps_pending_remove(
	struct sb_session *s, struct erps_pending **table, struct erps_pending_call *call);
void erps_pending_free(struct sb_session *s, struct erps_pending **table);

static inline uint32_t
erps_pending_count(const struct erps_pending *table)
{
	return table ? table->count : 0;
}

static inline struct erps_term
erps_call_ref(const struct erps_pending_call *call)
{
	return (struct erps_term){call->ref ? call->ref : call->ref_inline, call->ref_size};
}

#endif
