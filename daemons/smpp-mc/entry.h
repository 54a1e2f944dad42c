/*
 * A message as its partition sees it: 64 octets, whatever it says. Entries live
 * in a slab, are linked by number and found by id or by their two addresses.
 */
#ifndef SMPP_MC_ENTRY_H
#define SMPP_MC_ENTRY_H

#include "daemons/smpp-mc/slab.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

struct mc_parcel;

/* Where an entry is; every one is in exactly one place. */
enum mc_entry_state {
	MC_ENTRY_FREE,       /* no entry (any more) */
	MC_ENTRY_COMMITTING, /* in a batch of the store, not acknowledged */
	MC_ENTRY_SCHEDULED,  /* waits for schedule_delivery_time */
	MC_ENTRY_READY,      /* in its target's queue */
	MC_ENTRY_PARKED,     /* in its lane: that is busy or backing off */
	MC_ENTRY_FLYING,     /* at a bind, unanswered */
	MC_ENTRY_AT_SINK,    /* the simulated handset has it */
	MC_ENTRY_LOADING,    /* its body is being read from the store */
	MC_ENTRY_AWAITING,   /* an upstream has it and will say what became of it */
	MC_ENTRY_OVER,       /* found at the start with nowhere to go, or too late: it ends next */
};

#define MC_ENTRY_RECEIPT     0x01 /* a delivery receipt, not a message of a client's */
#define MC_ENTRY_VOLATILE    0x02 /* never stored */
#define MC_ENTRY_TRANSACTION 0x04 /* who submitted it waits for the final state */
#define MC_ENTRY_DATAGRAM    0x08 /* one attempt */
#define MC_ENTRY_KEPT        0x10 /* `body` is inside a kept message, else allocated */
#define MC_ENTRY_INDEXED     0x20 /* can be found by id and addresses */
#define MC_ENTRY_NOTICED     0x40 /* its intermediate notification has been made */
#define MC_ENTRY_CACHED      0x80 /* its body is counted */

/* In `registered`, beside what registered_delivery has: a row says that an upstream has it. */
#define MC_ENTRY_SENT 0x80

struct mc_entry {
	uint64_t id;
	void *body;      /* struct mc_parcel or the kept message around it; NULL: not cached */
	uint32_t expiry; /* tenths of seconds since 2025: what SMPP can say */
	uint32_t next, prev;
	uint32_t by_id, by_pair, by_pair_back; /* chains of the indexes */
	uint32_t source, destination;          /* hashes of the addresses */
	uint32_t place;  /* in the heap of wall deadlines, of its flights, or due at the sink */
	uint16_t bind;   /* where it flies */
	uint16_t target; /* number of its account or sink */
	uint16_t owner;  /* number of the account that submitted it */
	uint8_t state;
	uint8_t flags;
	uint8_t priority;
	uint8_t tries;
	uint8_t registered; /* registered_delivery */
	uint8_t part;       /* of a submit_multi: the id its client knows is `id - part` */
};

static_assert(sizeof(struct mc_entry) == 64, "an entry is one cache line");

/* The id that its client knows. */
static inline uint64_t
mc_entry_public_id(const struct mc_entry *entry)
{
	return entry->id - entry->part;
}

/* What an upstream calls it, hashed: of one that awaits its receipt, which needs these fields for
 * nothing else. `next` is its chain then. */
static inline uint64_t
mc_entry_carrier_key(const struct mc_entry *entry)
{
	return (uint64_t)entry->prev << 32 | (uint32_t)entry->bind << 16 |
	       (uint32_t)entry->priority << 8 | entry->tries;
}

static inline void
mc_entry_set_carrier_key(struct mc_entry *entry, uint64_t key)
{
	entry->prev = (uint32_t)(key >> 32);
	entry->bind = (uint16_t)(key >> 16);
	entry->priority = (uint8_t)(key >> 8);
	entry->tries = (uint8_t)key;
}

/* A doubly linked list of entries. Zeroed is empty. */
struct mc_list {
	uint32_t head, tail, count;
};

static inline struct mc_entry *
mc_entry_at(const struct mc_slab *slab, uint32_t number)
{
	return mc_slab_at(slab, number);
}

void mc_list_push(struct mc_slab *slab, struct mc_list *list, uint32_t number);
void mc_list_push_front(struct mc_slab *slab, struct mc_list *list, uint32_t number);
/* In order of id, looked for from the front: for what comes back. */
void mc_list_insert(struct mc_slab *slab, struct mc_list *list, uint32_t number);
void mc_list_remove(struct mc_slab *slab, struct mc_list *list, uint32_t number);
/* The first, taken out; 0: empty. */
uint32_t mc_list_pop(struct mc_slab *slab, struct mc_list *list);

#endif
