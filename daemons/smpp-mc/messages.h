/*
 * What the sessions of smpp-mc say to each other: SMPP sessions to partitions
 * and back. Payloads are copied, large ones given.
 */
#ifndef SMPP_MC_MESSAGES_H
#define SMPP_MC_MESSAGES_H

#include "core/message.h"
#include "daemons/smpp-mc/parcel.h"

#include <stdbool.h>
#include <stdint.h>

enum mc_message_type {
	MC_SUBMIT = 1, /* call, session -> partition: struct mc_parcel; struct mc_submitted */
	MC_QUERY,      /* call, session -> all partitions: struct mc_ask; struct mc_answer */
	MC_CANCEL,     /* the same */
	MC_REPLACE,    /* the same, with the replace_sm behind the ask */
	MC_DELIVER,    /* call, partition -> bind: struct mc_delivery; struct mc_delivered */
	MC_NOTICE, /* call, bind at an upstream -> partition: struct mc_notice; struct mc_answer */
	MC_FLUSH,  /* a partition to itself: what came before is a batch */
	MC_LOAD,   /* call, recovery -> partition: parcels one behind the other; struct mc_loaded */
	MC_LOAD_SENT,   /* the same: struct mc_sent one behind the other; struct mc_loaded */
	MC_LOAD_FINALS, /* the same: rows of final states; struct mc_loaded */
	MC_OPEN,        /* the same: nothing; all of an earlier life is there; struct mc_loaded */
	MC_STRIKE,      /* call, session -> doorkeeper: struct mc_strike; struct mc_penalty */
};

/* The answer to MC_SUBMIT, once it is as durable as its route says. */
struct mc_submitted {
	struct smpp_request request;
	uint64_t id; /* as its client knows it */
	uint32_t slot;
	uint32_t status; /* command_status */
	uint8_t load;    /* how full partition and store are: 0 to 100 */
};

struct mc_ask {
	uint64_t id;     /* 0 (cancel only): all that have the two addresses */
	uint32_t source; /* mc_text_hash of the address that must match */
	uint32_t destination;
	uint32_t owner_key;
	uint16_t owner;
	bool any_source; /* the address was left out */
	bool any_destination;
	uint8_t service_size; /* 0: any service_type (cancel) */
	char service_type[5];
	uint32_t pdu_size; /* octets of `pdu` */
	uint8_t pdu[];     /* MC_REPLACE: the replace_sm */
};

/* A receipt may overtake the response that says the id: whether there is something yet to come. */
enum mc_may_come {
	MC_NOTHING_FLIES,
	MC_SOMETHING_FLIES, /* to that upstream */
	MC_PAIR_FLIES,      /* with these addresses */
};

/* What an upstream says of a message's end. */
struct mc_notice {
	uint64_t key;    /* mc_upstream_key of the id in it */
	uint32_t source; /* mc_text_hash, as in the message: the receipt has them reversed */
	uint32_t destination;
	uint16_t upstream; /* number of its queue */
	uint8_t state;
	uint8_t error;
};

struct mc_answer {
	bool is_ours; /* false: this partition does not know it; the rest says nothing */
	uint8_t state;
	uint8_t error;
	uint8_t may_come; /* MC_NOTICE, not ours: enum mc_may_come */
	bool may_be_ours; /* the same: it may have ended, and that is not stored */
	uint32_t status;
	int64_t final_ms; /* Unix time; 0: not final */
};

/* What a bind needs to send one message, and what it gives back. */
struct mc_ticket {
	uint64_t id;
	uint32_t entry;
	uint16_t flight;
	uint16_t bind;
};

struct mc_delivery {
	struct mc_ticket ticket;
	uint32_t size; /* octets of `pdu` */
	bool is_receipt;
	bool asks_receipt;    /* of an upstream */
	int64_t expiry_ms;    /* Unix time */
	uint64_t too_late_ns; /* monotonic: not sent after, but given back */
	uint8_t pdu[];        /* submit_sm, data_sm or (receipts) deliver_sm */
};

enum mc_outcome {
	MC_ANSWERED, /* `status` is the far side's */
	MC_TIMED_OUT,
	MC_NOT_SENT, /* or not answered: it goes back to the head of its queue */
	MC_REFUSED,  /* the peer cannot be sent this at all */
};

struct mc_delivered {
	struct mc_ticket ticket;
	enum mc_outcome outcome;
	uint32_t status;
	char carrier_id[]; /* what an upstream has called it; to the payload's end */
};

/* Of what an earlier life left in the store. */
struct mc_loaded {
	int error; /* 0, or what there was no memory for: SB_ENOMEM */
};

/* Octets that a parcel takes among others: the next one is aligned, too. */
static inline size_t
mc_load_size(const struct mc_parcel *parcel)
{
	return (sizeof(*parcel) + parcel->size + 7) & ~(size_t)7;
}

/* A bind that failed, from one source address. */
struct mc_strike {
	uint8_t host[16]; /* sb_sockaddr_host */
};

struct mc_penalty {
	uint32_t delay_ms; /* before the bind is answered */
	uint32_t failures;
};

#endif
