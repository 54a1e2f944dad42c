/*
 * That an upstream has a message, and how it calls it: a row beside the message's
 * own, so that a restart does not send it again and knows it by its receipt.
 */
#ifndef SMPP_MC_SENT_H
#define SMPP_MC_SENT_H

#include "core/store.h"
#include "daemons/smpp-mc/upstream.h"

#include <stdint.h>

/* Length and name of the upstream, then the id as its response had it. */
#define MC_SENT_BODY_MAX (1 + MC_UPSTREAM_NAME_MAX + MC_CARRIER_ID_MAX)

struct mc_sent {
	uint64_t id; /* of the message's row */
	int64_t until_ms;
	uint32_t source, destination; /* mc_text_hash */
	uint8_t part;
	uint8_t size; /* octets of `body` */
	uint8_t body[MC_SENT_BODY_MAX];
};

/* Fills the body. The name has 1 to 15 octets, the id at most MC_CARRIER_ID_MAX. */
void mc_sent_fill(struct mc_sent *sent, struct sb_bytes upstream, struct sb_bytes carrier_id);

/* Takes the body apart, in place. */
void
mc_sent_split(const struct mc_sent *sent, struct sb_bytes *upstream, struct sb_bytes *carrier_id);

/* To and from the store. mc_sent_put: as sb_txn_put; mc_sent_read: 0 or SB_ECORRUPT. */
int mc_sent_put(struct sb_txn *txn, unsigned kind, const struct mc_sent *sent);
int mc_sent_read(const struct sb_store_row *row, struct mc_sent *sent);

#endif
