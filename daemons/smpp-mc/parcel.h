/*
 * A parcel: a message with all that its delivery needs, as a session hands it to
 * its partition and as the partition keeps it. And its two halves in the store:
 * the head, which changes with the attempts, and the row's body, which does not.
 */
#ifndef SMPP_MC_PARCEL_H
#define SMPP_MC_PARCEL_H

#include "core/bytes.h"
#include "protocols/smpp/session.h"

#include <stddef.h>
#include <stdint.h>

/* Octets before the PDU in a row's body: the length of the system_id and itself. */
#define MC_ROW_PREFIX_MAX 16

/* Octets of a row's head. */
#define MC_HEAD_SIZE 37

/* In place of a number: whose account, or whose target, the configuration no longer has. */
#define MC_NO_ACCOUNT UINT16_MAX
#define MC_NO_TARGET  UINT16_MAX

struct mc_parcel {
	struct smpp_request request; /* of the session that submitted it */
	uint32_t slot;               /* the same session's, comes back with the answer */
	uint32_t size;               /* octets of `row` */
	uint64_t id;                 /* 0: the partition gives it one */
	int64_t submit_ms;           /* Unix time */
	int64_t start_ms;            /* schedule_delivery_time; 0: at once */
	int64_t expiry_ms;
	int64_t next_ms;              /* not tried again before; 0: at once */
	uint32_t source, destination; /* mc_text_hash of the addresses */
	uint16_t owner;               /* number of the account that submitted it */
	uint16_t target;              /* number of the queue: accounts, then sinks */
	uint8_t flags;                /* MC_ENTRY_* */
	uint8_t priority;
	uint8_t registered;
	uint8_t part; /* of a submit_multi: the id that its client knows is `id - part` */
	uint8_t tries;
	bool replaces; /* replace_if_present_flag */
	uint8_t row[]; /* length and system_id of the owner, then the PDU as it came */
};

/* Seconds since 2025 in tenths: what an entry keeps of a time. Saturates. */
uint32_t mc_tenths_of(int64_t unix_ms);
int64_t mc_tenths_ms(uint32_t tenths);

/* Of addresses and names. The same in every run, since rows keep it. */
uint32_t mc_text_hash(struct sb_bytes text);

/* Which of `count` partitions owns it. A message and its receipt have the same owner: the two
 * addresses count alike. */
static inline uint32_t
mc_partition_of(uint32_t source, uint32_t destination, uint32_t count)
{
	return (uint32_t)(((uint64_t)(uint32_t)((source + destination) * 0x9e3779b1u) * count) >>
			  32);
}

static inline struct sb_bytes
mc_parcel_row(const struct mc_parcel *parcel)
{
	return sb_bytes(parcel->row, parcel->size);
}

/* Writes what stands before the PDU. */
void mc_row_put_prefix(struct sb_writer *w, struct sb_bytes account);

/* Takes a row's body apart, in place. 0 or SB_ECORRUPT. */
int mc_row_split(struct sb_bytes row, struct sb_bytes *account, struct sb_bytes *pdu);

/* The PDU of a parcel; empty when its row is damaged. */
struct sb_bytes mc_parcel_pdu(const struct mc_parcel *parcel);

/* The head of the parcel's row: times, tries, flags. mc_head_get fills those of the parcel, or
 * returns SB_ECORRUPT. */
void mc_head_put(const struct mc_parcel *parcel, uint8_t head[MC_HEAD_SIZE]);
int mc_head_get(struct sb_bytes head, struct mc_parcel *parcel);

#endif
