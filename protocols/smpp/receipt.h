/*
 * Delivery receipts: the customary text, and the TLVs that say the same. Pure;
 * any thread.
 */
#ifndef SB_SMPP_RECEIPT_H
#define SB_SMPP_RECEIPT_H

#include <stdbool.h>
#include <stdint.h>

#include "../../core/bytes.h"
#include "pdu.h"
#include "values.h"

#define SMPP_RECEIPT_TEXT_MAX 254
#define SMPP_RECEIPT_NO_COUNT (-1)

struct smpp_receipt {
	struct sb_bytes message_id; /* empty: not said */
	int submitted;              /* 0-999, or SMPP_RECEIPT_NO_COUNT */
	int delivered;
	int64_t submit_ms; /* Unix ms, UTC; 0: not said */
	int64_t done_ms;
	bool has_state;
	uint8_t state;         /* enum smpp_message_state */
	struct sb_bytes error; /* err:, at most 3 characters when written; empty: "000" */
	struct sb_bytes text;  /* the start of the message; at most 20 octets are written */
	uint8_t network_type;  /* network_error_code TLV: 1 ANSI-136, 2 IS-95, 3 GSM; 0: not said */
	uint16_t network_error;
};

/* All not said. */
struct smpp_receipt smpp_receipt_empty(void);

/* The text form, all keys (counts that are not said as 000, a missing state as UNKNOWN), dates in
 * UTC to the minute. Fits SMPP_RECEIPT_TEXT_MAX always. 0; SB_EINVAL for an id over 64 octets or a
 * date out of 2000-2099; SB_ENOSPC. On an error the writer is as it was. */
int smpp_receipt_write(const struct smpp_receipt *receipt, struct sb_writer *w);

/* receipted_message_id, message_state and, if known, network_error_code. Errors as smpp_put_tlv. */
int smpp_receipt_put_tlvs(const struct smpp_receipt *receipt, struct sb_writer *w);

/*
 * The text form, read by key: any case, any order, keys missing, dates of 10 or
 * 12 digits; `text:` ends it, whatever follows. What is not said or cannot be
 * read stays as in smpp_receipt_empty(). 0, or SB_ENOENT when neither an id nor
 * a state is there: no receipt. Views into `text`.
 */
int smpp_receipt_parse(struct sb_bytes text, struct smpp_receipt *receipt);

/* A receipt PDU (deliver_sm or data_sm): its text (short_message or message_payload), then the
 * TLVs, which win. 0; SB_ENOENT when esm_class says no receipt or neither form is there. */
int smpp_receipt_read(const struct smpp_pdu *pdu, struct smpp_receipt *receipt);

#endif
