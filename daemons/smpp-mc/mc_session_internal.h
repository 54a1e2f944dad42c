/* A client's session from the inside. Everything runs on its own thread. */
#ifndef SMPP_MC_SESSION_INTERNAL_H
#define SMPP_MC_SESSION_INTERNAL_H

#include "daemons/smpp-mc/mc_session.h"
#include "daemons/smpp-mc/messages.h"
#include "daemons/smpp-mc/service.h"

#include <stdbool.h>
#include <stdint.h>

/* Payloads that fit go by copy; larger ones are given. */
#define MC_COPY_MAX 896

struct mc_group;

/* One call to a partition that is unanswered. */
struct mc_slot {
	uint64_t ref;           /* 0: free */
	struct mc_group *group; /* NULL: a message of its own */
	struct smpp_request request;
	uint32_t next_free; /* 1-based */
	uint32_t part;      /* of its group */
};

struct mc_slots {
	struct mc_slot *slots;
	uint32_t capacity;
	uint32_t free; /* 1-based; 0: none */
	uint32_t used;
};

/* Deliveries that wait for the window, oldest first: a ring of kept messages. */
struct mc_backlog {
	struct sb_message **messages;
	uint32_t capacity, first, count;
};

struct mc_session {
	uint16_t account;
	bool is_accepted; /* an account's, from its bind to its end */
	bool is_counted;  /* among the account's binds */
	bool is_joined;   /* the account's topic */
	struct mc_slots slots;
	struct mc_backlog backlog;
	/* How an upstream is sent a message; NULL: to a client. Errors as smpp_send and
	 * mc_outgoing_make; SB_FULL: the session calls mc_deliver_more when there is room. */
	int (*send)(struct sb_session *s, const struct mc_delivery *delivery, uint64_t context);
	struct mc_refusal *refusal; /* a failed bind whose answer is delayed */
};

static inline struct mc_session *
mc_session_of(const struct sb_session *s)
{
	return smpp_state(s);
}

static inline const struct mc_account *
mc_session_account(const struct sb_session *s)
{
	return mc_config_party(mc_config_of(s), mc_session_of(s)->account);
}

/* ---- mc_slots.c ---- */

/* A free slot, 0-based; SB_ENOMEM. Its ref is 0 until it is set. */
int mc_slot_take(struct mc_slots *slots, uint32_t *number);
void mc_slot_give(struct mc_slots *slots, uint32_t number);
/* The slot of a call; NULL: none. */
struct mc_slot *mc_slot_of_ref(struct mc_slots *slots, uint64_t ref);
void mc_slots_fini(struct mc_slots *slots);

/* Calls a partition; the answer finds the slot. `request` and `group` go into it. On an error
 * nothing is kept. SB_FULL, SB_ENOMEM. Large payloads are malloc's and given. */
int mc_call(struct sb_session *s, uint32_t partition, uint32_t type, struct sb_payload payload,
	uint32_t slot);

/* ---- mc_bind.c ---- */

void mc_bind(struct sb_session *s, struct smpp_request request, const struct smpp_binding *binding);
/* The doorkeeper says how long the refusal has to wait. */
void mc_bind_judged(struct sb_session *s, const struct sb_message *m);
bool mc_bind_is_ref(const struct mc_session *session, uint64_t ref);
void mc_bind_leave(struct sb_session *s);
/* Bound no longer: gives the account's bind back. */
void mc_bind_release(struct sb_session *s);
void mc_bind_fini(struct sb_session *s);

/* ---- mc_submit.c ---- */

/* What a message asks for beside its text and destination: the same for all of a submit_multi. */
struct mc_order {
	struct smpp_request request;
	struct sb_bytes source;
	uint8_t source_ton, source_npi;
	uint8_t esm_class, priority, registered;
	bool replaces;
	struct sb_bytes schedule, validity;
	uint32_t live_s; /* qos_time_to_live; 0: not said */
};

/* Checks the fields and fills the parcel but for its id, destination and target. SMPP_ROK or the
 * status to answer with. */
uint32_t
mc_order_check(struct sb_session *s, const struct mc_order *order, struct mc_parcel *parcel);

/* Where it goes: fills destination, target and what the route adds to the flags. */
uint32_t
mc_order_route(struct sb_session *s, struct sb_bytes destination, struct mc_parcel *parcel);

/* Takes so many tokens of the account and of the node; false: throttled. */
bool mc_order_take(struct sb_session *s, uint32_t count);

/* All of these for a message of one destination: SMPP_ROK: an answer will come; else the status to
 * answer with. */
uint32_t mc_order_place(struct sb_session *s, const struct mc_order *order,
	struct sb_bytes destination, const struct smpp_pdu *pdu);

/* Sends the parcel with the PDU to its partition. SMPP_ROK: an answer will come. */
uint32_t mc_order_send(struct sb_session *s, const struct mc_parcel *head, struct sb_bytes pdu,
	struct mc_group *group, uint32_t part);

/* What is wrong with a submit_sm's (or submit_multi's) own fields. */
uint32_t mc_text_status(const struct smpp_pdu *pdu, uint8_t esm_class);

void mc_submit_sm(struct sb_session *s, struct smpp_request request, const struct smpp_pdu *pdu);
void mc_data_sm(struct sb_session *s, struct smpp_request request, const struct smpp_pdu *pdu);
void mc_submitted(struct sb_session *s, const struct sb_message *m);
/* Counts what was refused, and answers. */
void mc_refuse(struct sb_session *s, struct smpp_request request, uint32_t status);

/* ---- mc_multi.c and mc_manage.c ---- */

/* Requests that are answered when several partitions have spoken. */
struct mc_group {
	/* `status` is a command_status; `answer` NULL when the call failed or was a submission. */
	void (*part_done)(struct sb_session *s, struct mc_group *group, uint32_t part,
		uint32_t status, const struct mc_answer *answer);
};

void mc_submit_multi(struct sb_session *s, struct smpp_request request, const struct smpp_pdu *pdu);
void mc_query_sm(struct sb_session *s, struct smpp_request request, const struct smpp_pdu *pdu);
void mc_cancel_sm(struct sb_session *s, struct smpp_request request, const struct smpp_pdu *pdu);
void mc_replace_sm(struct sb_session *s, struct smpp_request request, const struct smpp_pdu *pdu);

/* ---- mc_deliver.c ---- */

void mc_deliver(struct sb_session *s, struct sb_message *m);
void mc_deliver_more(struct sb_session *s);
void mc_deliver_response(struct sb_session *s, uint64_t context, const struct smpp_pdu *pdu);
/* The same with the id that an upstream has given it. */
void mc_deliver_taken(
	struct sb_session *s, uint64_t context, uint32_t status, struct sb_bytes carrier_id);
void mc_deliver_timeout(struct sb_session *s, uint64_t context, uint32_t command);
void mc_deliver_lost(struct sb_session *s, uint64_t context, uint32_t command);
/* Gives back what has not been sent. */
void mc_deliver_stop(struct sb_session *s);

#endif
