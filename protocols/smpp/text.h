/*
 * A UTF-8 text as messages, and a message as UTF-8: which encoding is the
 * cheapest, how many parts it takes, and what goes into each. Pure; any thread;
 * memory is the caller's.
 *
 *	const struct smpp_text_options options = {.ref = next_ref++};
 *	struct smpp_text_plan plan;
 *	struct smpp_text_part part;
 *	uint8_t buf[SMPP_TEXT_PART_SIZE_MAX];
 *
 *	if (smpp_text_plan(text, &options, &plan) == 0)
 *		for (;;) {
 *			struct sb_writer w = sb_writer_of(buf, sizeof(buf));
 *
 *			if (smpp_text_next(&plan, &w, &part))
 *				break;
 *			smpp_text_fill(&part, &pdu);
 *			... send pdu
 *		}
 */
#ifndef SB_SMPP_TEXT_H
#define SB_SMPP_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../core/bytes.h"
#include "pdu.h"
#include "text_charset.h"

/* How a text that is longer than one message travels. One that fits has no form. */
enum smpp_text_form {
	SMPP_TEXT_UDH_8,   /* parts, numbered in a user data header by a reference of 8 bits */
	SMPP_TEXT_UDH_16,  /* the same with 16 bits: one octet less a part, fewer mix-ups */
	SMPP_TEXT_SAR,     /* parts, numbered by the three sar_ TLVs */
	SMPP_TEXT_PAYLOAD, /* one PDU with message_payload; the message centre makes the parts */
};

/* Zeroed (or NULL): what nearly every message centre takes. */
struct smpp_text_options {
	uint8_t form;            /* enum smpp_text_form */
	uint8_t default_charset; /* enum smpp_charset: what data_coding 0 is at the peer */
	bool packed;             /* the peer wants septets packed, eight in seven octets */
	uint16_t ref;            /* of the parts: another one for each message to one address */
	unsigned parts_max;      /* 0: 255 */
	size_t candidate_count;  /* 0: the peer's default set, then UTF-16 */
	const struct smpp_encoding *candidates; /* the first wins among the equally cheap */
};

struct smpp_text_plan {
	struct smpp_encoding encoding; /* the cheapest: fewest segments, then fewest octets */
	uint8_t data_coding;
	size_t octets;   /* of all parts, with their user data headers */
	size_t segments; /* messages over the air: what is paid for */
	unsigned parts;  /* PDUs; 1 with SMPP_TEXT_PAYLOAD */
	size_t bad_at;   /* on an error: the offset of the character to blame */
	/* Private: where smpp_text_next() is. */
	struct sb_bytes text;
	size_t at;
	unsigned next;
	uint16_t ref;
	uint8_t form;
	bool packed;
};

/*
 * Chooses. `text` is borrowed until the last part is made. 0; SB_EINVAL when it is
 * no UTF-8, or for an unknown form; SB_ENOTSUP when no candidate has all its characters (GSM 7-bit
 * with a Latin-1 peer has no data_coding, and counts as none); SB_ELIMIT when it takes more than
 * parts_max segments.
 */
int smpp_text_plan(
	struct sb_bytes text, const struct smpp_text_options *options, struct smpp_text_plan *plan);

/* One PDU of the text: views into what the writer wrote. */
struct smpp_text_part {
	unsigned number;   /* from 1 to plan.parts */
	uint8_t esm_class; /* SMPP_ESM_UDHI or 0 */
	uint8_t data_coding;
	struct sb_bytes short_message; /* with the user data header, if there is one */
	struct sb_bytes tlvs;          /* sar_ or message_payload; empty else */
};

/* Room for any part but a message_payload, which takes smpp_text_payload_size(). */
#define SMPP_TEXT_PART_SIZE_MAX 192

size_t smpp_text_payload_size(const struct smpp_text_plan *plan);

/*
 * The next part, appended to `w`. A plan is a value: a copy of it begins where the
 * original was. 0; SB_ENOENT after the last one; SB_ENOSPC, and plan and writer as
 * they were.
 */
int smpp_text_next(struct smpp_text_plan *plan, struct sb_writer *w, struct smpp_text_part *part);

/* Puts a part into a submit_sm or deliver_sm: esm_class (other bits stay), data_coding,
 * short_message, and the TLVs, which replace those of the PDU. */
void smpp_text_fill(const struct smpp_text_part *part, struct smpp_pdu *pdu);

/*
 * What a data_coding says. `default_charset` is what 0 is at that peer. 0 and
 * *encoding (without national tables: the user data header has these); SB_ENOTSUP
 * for 8-bit data and for sets that are not here.
 */
int smpp_text_encoding(
	uint8_t data_coding, enum smpp_charset default_charset, struct smpp_encoding *encoding);

/* How to read the messages of a peer. Zeroed (or NULL): GSM 7-bit by default, unpacked. */
struct smpp_text_reading {
	uint8_t default_charset; /* enum smpp_charset */
	bool packed;
};

/*
 * The text of a PDU with a message (smpp_payload()), or of this part of it, as
 * UTF-8: at most SMPP_UTF8_SIZE_MAX of its octets (of 8 / 7 of these when
 * packed). 0; SB_ENOENT when the command carries none; SB_EPROTO for a bad user
 * data header; SB_ENOTSUP as above; SB_ENOSPC. On an error the writer is as it
 * was.
 */
int smpp_text_read(const struct smpp_pdu *pdu, const struct smpp_text_reading *reading,
	struct sb_writer *utf8);

/* The same for octets at hand: without a user data header, which had `header_size` octets (with
 * UDHL; it matters when packed), and with the national tables of `encoding`. */
int smpp_text_decode(struct sb_bytes octets, const struct smpp_encoding *encoding, bool packed,
	size_t header_size, struct sb_writer *utf8);

#endif
