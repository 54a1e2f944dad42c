/*
 * What is in a PDU, by name: fields of its body, TLVs, and questions that most
 * programs ask. For scripts, tests and tools; code that knows its PDUs reads the
 * members of struct smpp_pdu. Made from pdu_map.h and tlv_map.h. Pure; any thread.
 */
#ifndef SB_SMPP_ACCESS_H
#define SB_SMPP_ACCESS_H

#include <stdbool.h>
#include <stdint.h>

#include "../../core/bytes.h"
#include "payload.h"
#include "pdu.h"
#include "udh.h"

/* The row of a command's field; NULL: it has none of that name. */
const struct smpp_field_info *smpp_field(uint32_t command, const char *name);

/*
 * A field of the body. 0; SB_ENOENT when the command has none of that name;
 * SB_EINVAL when it is of another kind (lists are of neither), or when a value to
 * set is over 255. Octets that are set are a view from then on.
 */
int smpp_get_integer(const struct smpp_pdu *pdu, const char *name, uint8_t *value);
int smpp_set_integer(struct smpp_pdu *pdu, const char *name, unsigned value);
int smpp_get_octets(const struct smpp_pdu *pdu, const char *name, struct sb_bytes *value);
int smpp_set_octets(struct smpp_pdu *pdu, const char *name, struct sb_bytes value);

/* The first TLV of that name; `dictionary` (may be NULL) has names of more tags. 0; SB_ENOENT when
 * the PDU has none, or nobody knows the name. */
int smpp_get_tlv(const struct smpp_pdu *pdu, const struct smpp_tlv_dictionary *dictionary,
	const char *name, struct sb_bytes *value);

/* Appends a TLV by name. SB_ENOENT for an unknown name; else as smpp_put_tlv. */
int smpp_put_tlv_by_name(struct sb_writer *w, const struct smpp_tlv_dictionary *dictionary,
	const char *name, struct sb_bytes value);

static inline bool
smpp_is_success(const struct smpp_pdu *pdu)
{
	return pdu->header.status == SMPP_ROK;
}

static inline bool
smpp_is_bind(const struct smpp_pdu *pdu)
{
	return pdu->header.command == SMPP_BIND_TRANSMITTER ||
	       pdu->header.command == SMPP_BIND_RECEIVER ||
	       pdu->header.command == SMPP_BIND_TRANSCEIVER;
}

static inline bool
smpp_is_bind_resp(const struct smpp_pdu *pdu)
{
	return pdu->header.command == SMPP_BIND_TRANSMITTER_RESP ||
	       pdu->header.command == SMPP_BIND_RECEIVER_RESP ||
	       pdu->header.command == SMPP_BIND_TRANSCEIVER_RESP;
}

/* Whether `response` answers `request`: its own response or a generic_nack, of the same sequence
 * number. */
static inline bool
smpp_is_response_to(const struct smpp_pdu *response, const struct smpp_pdu *request)
{
	uint32_t answer = smpp_answer_of(request->header.command);

	return answer && response->header.sequence == request->header.sequence &&
	       (response->header.command == answer ||
		       response->header.command == SMPP_GENERIC_NACK);
}

static inline bool
smpp_has_udh(const struct smpp_pdu *pdu)
{
	return smpp_esm_class(pdu) & SMPP_ESM_UDHI;
}

/* Which part of a long message this is, by its user data header, else by its sar_ TLVs (whose
 * reference is always wide). 0; SB_ENOENT: of none; SB_EPROTO for a bad header. */
int smpp_part_numbers(const struct smpp_pdu *pdu, struct smpp_concat *concat);

#endif
