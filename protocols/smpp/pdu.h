/*
 * A PDU: header, body, TLVs. Decoding copies and allocates nothing: strings
 * and octets are views into the input, good as long as the input is. Encoding
 * writes into the caller's buffer. Pure: no session, no clock; any thread.
 */
#ifndef SB_SMPP_PDU_H
#define SB_SMPP_PDU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "../../core/bytes.h"
#include "../../core/error.h"
#include "command.h"
#include "multi.h"
#include "pdu_map.h"
#include "status.h"
#include "tlv.h"
#include "values.h"

struct smpp_header {
	uint32_t length; /* of the whole PDU; set by decode, ignored by encode */
	uint32_t command;
	uint32_t status;
	uint32_t sequence;
};

/* struct smpp_bind, struct smpp_submit_sm, ...: the fields of pdu_map.h in that order. Views are
 * without their NUL; an absent string is empty. */
#define SMPP_DECLARE_FIELD(body, kind, field, size, status, privacy) SMPP_TYPE_##kind field;
#define X(body)                                              \
	struct smpp_##body {                                 \
		SMPP_FIELDS_##body(SMPP_DECLARE_FIELD, body) \
	};
SMPP_BODY_MAP(X)
#undef X
#undef SMPP_DECLARE_FIELD

/*
 * The member of the union is the one of header.command (see pdu_map.h):
 * `pdu.bind` for the three binds, `pdu.deliver_sm` (a struct smpp_submit_sm)
 * for deliver_sm, and so on. The others mean nothing then.
 */
struct smpp_pdu {
	struct smpp_header header;
	bool header_only;     /* a response of 16 octets: as read, and as written */
	struct sb_bytes body; /* all octets after the header; set by decode, ignored by encode */
	struct sb_bytes tlvs; /* whole TLVs, back to back (tlv.h) */
	union {
#define X(body) struct smpp_##body body;
		SMPP_BODY_MAP(X)
#undef X
#define X(name, body) struct smpp_##body name;
		SMPP_BODY_ALIAS_MAP(X)
#undef X
	};
};

/*
 * What a session's received() asks. Returns the octets of the first PDU when
 * it is all there; 0 when more must come (*need, may be NULL, is then the
 * octets to have before asking again: 4, or the announced length);
 * SB_EPROTO when the announced length is under 16 or over `max`, which is
 * known as soon as 4 octets are there.
 */
static inline ssize_t
smpp_frame(struct sb_bytes in, uint32_t max, size_t *need)
{
	struct sb_reader r = sb_reader_of(in);
	uint32_t length;

	if (in.size < sizeof(length)) {
		if (need)
			*need = sizeof(length);
		return 0;
	}
	length = sb_get_u32(&r);
	if (length < SMPP_HEADER_SIZE || length > max)
		return SB_EPROTO;
	if (in.size >= length)
		return (ssize_t)length;
	if (need)
		*need = length;
	return 0;
}

/* The header at the start of `in`; false and all zeros when fewer than 16 octets are there. For the
 * sequence number to answer a frame of a bad length with, and for peeking. */
bool smpp_peek_header(struct sb_bytes in, struct smpp_header *header);

/* NULL or zeroed: lenient, newest version, the book's bounds. */
struct smpp_decode_options {
	uint8_t version;    /* enum smpp_version; 0: 5.0. Under 5.0 an sm_length of 255 is wrong */
	bool strict_values; /* integers over the bound in pdu_map.h are faults, too */
	bool strict_tlvs;   /* a known TLV of a wrong size is a fault; else the finders pass it over
			     */
	uint8_t password_max;                         /* characters of a password; 0: 8 */
	const struct smpp_tlv_dictionary *dictionary; /* sizes of more tags; may be NULL */
};

/* What was wrong, by what is left of the PDU. Up to SMPP_FAULT_MISSING_TLV all of the body can be
 * used; from SMPP_FAULT_TLV_AREA on only the fields before the fault; then only the header. */
enum smpp_fault {
	SMPP_FAULT_NONE,
	SMPP_FAULT_FIELD,       /* a field over its bound, or of a wrong value */
	SMPP_FAULT_TLV_SIZE,    /* strict_tlvs only */
	SMPP_FAULT_MISSING_TLV, /* broadcast_sm without one it must have */
	SMPP_FAULT_TLV_AREA,    /* cannot be walked; pdu->tlvs holds what can */
	SMPP_FAULT_BODY,        /* too short, no NUL, sm_length past the end */
	SMPP_FAULT_COMMAND,     /* the command id is not on the table */
	SMPP_FAULT_LENGTH,      /* not one PDU of command_length octets */
};

struct smpp_decode_error {
	enum smpp_fault fault;
	uint32_t status;   /* command_status to answer with */
	uint32_t answer;   /* command id to answer with; 0: do not answer */
	const char *field; /* name of the field or TLV, "" where none is to blame. A static string,
			    * or the dictionary's */
};

/*
 * One whole PDU, as framed. 0, or SB_EPROTO (SB_ENOTSUP for an unknown
 * command) with *error filled; its `answer`, `status` and the header's
 * sequence are the answer to send. `error` may be NULL; it is filled on
 * success, too (fault none, status ROK, answer as for the command).
 *
 * Requests are read by the book: a field that is too long is read to its NUL
 * and reported, so that the session can go on. Responses are read as they
 * come: header only, an id without NUL, missing last fields and stray octets
 * at the end are no faults. Extra octets on a body-less request are neither.
 */
int smpp_decode(struct sb_bytes in, const struct smpp_decode_options *options, struct smpp_pdu *pdu,
	struct smpp_decode_error *error);

/* The longest password that goes out, with its NUL: peers take more than the book's 9. */
#define SMPP_PASSWORD_SIZE_MAX 65

/*
 * Append the PDU. header.length and body are ignored; with header_only
 * nothing follows the header. 0; SB_EINVAL when a field is over its bound, has
 * a NUL inside, a list does not match its count or the TLVs cannot be walked;
 * SB_ENOTSUP for an unknown command; SB_ENOSPC when the writer has too little
 * room. On an error the writer is as it was. Values of integers are not judged.
 */
int smpp_encode(const struct smpp_pdu *pdu, struct sb_writer *w);

/* The exact octets smpp_encode() writes; 0 when it would refuse. */
size_t smpp_encoded_size(const struct smpp_pdu *pdu);

/* The name of the field for which smpp_encode() says SB_EINVAL ("tlvs" for these); NULL when it
 * would not. A static string. */
const char *smpp_invalid_field(const struct smpp_pdu *pdu);

#endif
