/*
 * A delivery receipt as the row it is stored as: a deliver_sm, addressed back to
 * who sent the message. Pure; any thread.
 */
#ifndef SMPP_MC_RECEIPT_ROW_H
#define SMPP_MC_RECEIPT_ROW_H

#include "core/bytes.h"

#include <stdint.h>

/* What a receipt says of a message. */
struct mc_report {
	uint64_t id;       /* as its client knows it */
	int64_t submit_ms; /* Unix time */
	int64_t done_ms;
	uint8_t state; /* enum smpp_message_state; not final: an intermediate notification */
	uint8_t error;
};

/* Room for any of them. */
#define MC_RECEIPT_MAX 768

/* Writes the deliver_sm (its sequence 0) on the message in `pdu`, a submit_sm or data_sm as it
 * came. 0, or SB_EINVAL when that is not one. */
int mc_receipt_put(struct sb_writer *w, struct sb_bytes pdu, const struct mc_report *report);

/* Whether registered_delivery asks for a receipt of this final state. */
bool mc_receipt_is_wanted(uint8_t registered, uint8_t state);

#endif
