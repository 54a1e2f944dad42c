/*
 * A delivery partition from the inside: its state, and what its files do for
 * each other. Everything runs on the partition's own thread.
 */
#ifndef SMPP_MC_PARTITION_INTERNAL_H
#define SMPP_MC_PARTITION_INTERNAL_H

#include "daemons/smpp-mc/batch.h"
#include "daemons/smpp-mc/entry.h"
#include "daemons/smpp-mc/final.h"
#include "daemons/smpp-mc/heap.h"
#include "daemons/smpp-mc/index.h"
#include "daemons/smpp-mc/messages.h"
#include "daemons/smpp-mc/queue.h"
#include "daemons/smpp-mc/service.h"

/* One message at a bind. */
struct mc_flight {
	uint64_t ref; /* of the call; 0: free */
	uint32_t entry;
	uint32_t next_free;
};

/* A bind as a partition sees it. */
struct mc_bind {
	struct sb_address address; /* null: the place is free */
	uint64_t monitor;
	uint32_t used;
	uint32_t window;
	uint32_t free;   /* first free flight, 1-based; 0: none */
	bool is_leaving; /* what flies may still be answered; nothing new goes there */
	struct mc_flight *flights;
};

/* A target of messages: its queue, and the binds of the account, or the sink's hand. */
struct mc_outlet {
	struct mc_queue queue;
	struct mc_bind *binds;
	uint16_t bind_count; /* places, free ones among them */
	uint32_t room;       /* flights free over all binds */
	uint32_t owned;      /* messages of the account and receipts for it, wherever they go */
	uint32_t loading;    /* entries whose body is read for a flight */
	bool is_watched;     /* the account's topic */
	bool wants_run;      /* at again_ms */
	bool is_running;     /* mc_outlet_run is at work: what ends inside it is its own affair */
	struct mc_list at_sink; /* by time: the delay is the same for all */
};

struct mc_partition {
	struct sb_session *session;
	struct mc_service *service;
	uint32_t number;
	bool is_stopping;
	bool is_loading; /* an earlier life's messages come in: nothing moves yet */
	struct mc_slab entries;
	struct mc_slab lanes;
	struct mc_index by_id, by_pair, by_carrier;
	struct mc_heap deadlines; /* of entries that wait, Unix ms */
	struct mc_heap backoffs;  /* of lanes, monotonic ms */
	struct mc_outlet *outlets;
	size_t outlet_count;
	uint32_t orphans; /* messages whose account is gone */
	struct mc_finals finals;
	struct mc_batches batches;
	struct mc_list unread;      /* entries whose body is to be read */
	uint32_t reads;             /* under way */
	struct mc_asking *askings;  /* questions that wait for a body */
	struct mc_noticed *noticed; /* receipts that are answered when their message has ended */
	struct sb_timer read_timer;
	struct sb_timer soon; /* back-offs, sinks, what wants to run again */
	struct sb_timer wall; /* deadlines by the clock on the wall, final states */
	uint64_t again_ms;    /* monotonic; 0: nothing wants to run again */
	uint64_t random;
	uint64_t last_id;      /* the highest of what was submitted */
	uint64_t cached_bytes; /* of bodies of entries that wait */
};

static inline struct mc_entry *
mc_partition_entry(struct mc_partition *p, uint32_t number)
{
	return mc_entry_at(&p->entries, number);
}

static inline const struct mc_config *
mc_partition_config(const struct mc_partition *p)
{
	return mc_config_of(p->session);
}

/* Or the upstream, as the account that it is to us. */
static inline const struct mc_account *
mc_partition_account(const struct mc_partition *p, uint16_t number)
{
	return mc_config_party(mc_partition_config(p), number);
}

/* Monotonic milliseconds. */
static inline uint64_t
mc_partition_now_ms(const struct mc_partition *p)
{
	return sb_now(p->session) / 1000000;
}

/* What the places of an account are counted by; of those that are gone together. */
static inline uint32_t *
mc_partition_owned(struct mc_partition *p, uint16_t owner)
{
	return owner == MC_NO_ACCOUNT ? &p->orphans : &p->outlets[owner].owned;
}

/* Unix milliseconds. */
static inline int64_t
mc_partition_wall(const struct mc_partition *p)
{
	return mc_service_wall(p->session, p->service);
}

/* ---- body.c: where an entry's parcel is ---- */

/* The parcel, or NULL when its body is not in memory. */
struct mc_parcel *mc_body(const struct mc_entry *entry);

/* Forgets the body; a kept message is freed. */
void mc_body_drop(struct mc_partition *p, struct mc_entry *entry);

/* Counts a body that begins to wait, and drops it when the cache is full and the store has it. */
void mc_body_cache(struct mc_partition *p, struct mc_entry *entry);

/* Copies the body of a stored entry, if the cache has room and memory. */
void mc_body_keep(struct mc_partition *p, struct mc_entry *entry, const struct mc_parcel *parcel);

/* Reads the body of an entry that is in no list. Then it goes back to its queue to fly, or ends
 * with this state. */
void mc_body_load(struct mc_partition *p, uint32_t number);
void mc_body_load_to_end(struct mc_partition *p, uint32_t number, uint8_t state, uint8_t error);
/* The same for one that waits: then `ask`, which is kept, is asked again. False: no memory, and
 * nothing is done. */
bool mc_body_load_to_ask(struct mc_partition *p, uint32_t number, struct sb_message *ask);
/* The store has room again. */
void mc_bodies_read(struct mc_partition *p);
void mc_bodies_fini(struct mc_partition *p);

/* A row came from the store. */
void mc_body_loaded(struct mc_partition *p, const struct sb_message *m);

/* ---- submit.c ---- */

void mc_submit(struct mc_partition *p, struct sb_message *m);

/* The entry is stored: answers who submitted it, and sends it on its way. */
void mc_committed(struct mc_partition *p, uint32_t number, int status);

/* An allocated parcel as a new entry that is not in the store yet (receipts). 0: SB_ENOMEM. */
uint32_t mc_entry_new(struct mc_partition *p, const struct mc_parcel *parcel);

/* ---- waiting.c: the ways of an entry through schedule, queue and deadlines ---- */

/* To its queue, or to wait for its time. */
void mc_accept(struct mc_partition *p, uint32_t number);

/* The same for one that was here before: in its old place. It has its body. */
void mc_wait_again(struct mc_partition *p, uint32_t number);

/* Takes a waiting entry (scheduled, ready or parked) out of everything but the index. */
void mc_unwait(struct mc_partition *p, uint32_t number);

/* Gives a ready or parked entry its deadline, once. */
void mc_wait(struct mc_partition *p, uint32_t number);

/* Waits for its schedule_delivery_time. */
void mc_schedule(struct mc_partition *p, uint32_t number, int64_t at_ms);

/* Waits in its lane, which lets nothing go meanwhile. */
void mc_back_off(struct mc_partition *p, uint32_t number, uint64_t delay_ms);

/* So that it can be found by id and addresses. */
void mc_index_entry(struct mc_partition *p, uint32_t number);

/* Forgets final states that are too old or too many. */
void mc_finals_forget(struct mc_partition *p);

/* Adds an entry to the deadlines by the clock on the wall. */
void mc_deadline_add(struct mc_partition *p, uint32_t number, int64_t at_ms);

/* There is a final state that will have to be forgotten. */
void mc_wall_watch(struct mc_partition *p);

bool mc_is_waiting(const struct mc_entry *entry);

/* An attempt failed: waits in its lane, or ends. It has landed, or never flew. */
void mc_retry(struct mc_partition *p, uint32_t number, enum mc_retry_class class, uint8_t error);

void mc_waiting_init(struct mc_partition *p);
/* Starts the timers that were put off while messages came in. */
void mc_waiting_start(struct mc_partition *p);
/* Runs the outlet again in a while. */
void mc_again_start(struct mc_partition *p, struct mc_outlet *outlet, uint64_t delay_ms);

/* Looks at back-offs and sinks at that time, or before. */
void mc_soon_start(struct mc_partition *p, uint64_t due_ms);

/* ---- flight.c, binds.c and sink.c ---- */

/* An entry that flew was not answered, and nobody is to blame: parks it in its lane. Its flight has
 * still to be landed (mc_queue_land_pair). */
void mc_unsent(struct mc_partition *p, struct mc_outlet *outlet, uint32_t number);

/* Sends what can go. */
void mc_outlet_run(struct mc_partition *p, uint16_t outlet);
void mc_delivered(struct mc_partition *p, const struct sb_message *m);
void mc_bind_event(struct mc_partition *p, const struct sb_message *m);
void mc_bind_down(struct mc_partition *p, const struct sb_message *m);
void mc_outlet_fini(struct mc_outlet *outlet);

/* The simulated handset takes an entry that flies; or one that never waited. */
void mc_sink_take(struct mc_partition *p, uint32_t number);
/* Takes an entry out of the handset's hand before its time; it has landed then. */
void mc_sink_give_back(struct mc_partition *p, uint32_t number);
/* A new message for a sink without a delay ends at once; false: it has to wait. */
bool mc_sink_at_once(struct mc_partition *p, uint32_t number);
/* Those whose time has come; returns when the next one's is, UINT64_MAX: none. */
uint64_t mc_sinks_due(struct mc_partition *p, uint64_t now_ms);

/* ---- ending.c ---- */

/* The final state of an entry that is in no list: noted, told, forgotten. */
void mc_ended(struct mc_partition *p, uint32_t number, uint8_t state, uint8_t error);

/* Makes a receipt of this state for the entry's owner. */
void mc_receipt(struct mc_partition *p, struct mc_entry *entry, uint8_t state, uint8_t error);

/* Answers who has submitted in transaction mode, if somebody has. */
void mc_answer_transaction(struct mc_partition *p, struct mc_entry *entry, uint8_t state);

/* Out of the index, body and slab. */
void mc_entry_forget(struct mc_partition *p, uint32_t number);

/* ---- load.c ---- */

/* MC_LOAD, MC_LOAD_FINALS, MC_OPEN. */
void mc_load(struct mc_partition *p, const struct sb_message *m);

/* ---- awaiting.c: messages that an upstream has taken ---- */

/* Whether the upstream that an entry goes to is asked for a receipt of it. */
bool mc_asks_receipt(const struct mc_partition *p, const struct mc_entry *entry);

/* An entry that has landed was taken by its upstream, which calls it `carrier_id`: it waits for the
 * receipt. False: there will be none. */
bool mc_await(struct mc_partition *p, uint32_t number, struct sb_bytes carrier_id);

/* MC_NOTICE. */
void mc_notice(struct mc_partition *p, const struct sb_message *m);

/* Nobody has said what became of it, and it is too late now. */
void mc_await_over(struct mc_partition *p, uint32_t number);

/* The entry ends, in this batch: answers the receipt that has said so. */
void mc_noticed_end(struct mc_partition *p, uint32_t number);

/* An upstream had it in an earlier life; its message is loaded already. 0 or SB_ENOMEM. */
int mc_await_again(struct mc_partition *p, const struct mc_sent *sent);

void mc_awaiting_fini(struct mc_partition *p);

/* ---- ask.c ---- */

void mc_ask(struct mc_partition *p, struct sb_message *m);

/* Every message of the same owner and service that waits between the parcel's addresses is deleted
 * by the open batch, and ends when that is durable. */
void mc_replace_others(struct mc_partition *p, const struct mc_parcel *parcel);
void mc_replaced(struct mc_partition *p, uint32_t number);

#endif
