/*
 * Message ids of a peer that spells the same number in two ways: hexadecimal in
 * its submit_sm_resp and decimal in its receipts, padded with zeros, in capitals.
 * Brought to one spelling, they can be compared and looked up. Pure; any thread.
 */
#ifndef SB_SMPP_RECEIPT_ID_H
#define SB_SMPP_RECEIPT_ID_H

#include <stdbool.h>
#include <stdint.h>

#include "../../core/bytes.h"

enum smpp_id_spelling {
	SMPP_ID_AS_IS, /* any text: only the same is the same */
	SMPP_ID_DECIMAL,
	SMPP_ID_HEXADECIMAL,
};

/* How a peer spells its ids. Zeroed: as any text, in both. */
struct smpp_id_rule {
	uint8_t response; /* enum smpp_id_spelling: in submit_sm_resp */
	uint8_t receipt;  /* in receipts, text and TLV */
};

/* Kannel's msg-id-type: 0 both decimal, 1 response hexadecimal, 2 receipt hexadecimal, 3 both.
 * SB_EINVAL for another number. */
int smpp_id_rule_from_number(unsigned type, struct smpp_id_rule *rule);

#define SMPP_ID_SIZE_MAX 64

/*
 * The one spelling of an id: as a number, in small hexadecimal digits without
 * leading zeros; an id that is no number of that spelling, as it is. 0;
 * SB_EINVAL for more than SMPP_ID_SIZE_MAX octets; SB_ENOSPC. On an error the
 * writer is as it was.
 */
int smpp_id_normalize(struct sb_bytes id, enum smpp_id_spelling spelling, struct sb_writer *w);

/* Whether a receipt is of the message that was given `response_id`. */
bool
smpp_id_is_same(struct smpp_id_rule rule, struct sb_bytes response_id, struct sb_bytes receipt_id);

#endif
