/*
 * Where the octets of a message are: short_message, or the TLV
 * message_payload. Pure; any thread.
 */
#ifndef SB_SMPP_PAYLOAD_H
#define SB_SMPP_PAYLOAD_H

#include "pdu.h"

/*
 * The message of a submit_sm, deliver_sm, submit_multi, data_sm, replace_sm or
 * broadcast_sm, UDH included; empty when neither is there. 0; SB_ENOENT for a
 * command that carries none; SB_EPROTO when both are there (answer RINVMSGLEN,
 * or be lenient: *octets is the payload then, too). A view into the PDU.
 */
int smpp_payload(const struct smpp_pdu *pdu, struct sb_bytes *octets);

/*
 * The same taken apart where esm_class says that there is a user data header: its
 * elements (udh.h), else none; the octets behind it; the octets that it takes,
 * UDHL included. With both forms of a message there the payload counts. 0;
 * SB_ENOENT for a command that carries none; SB_EPROTO for a bad header.
 */
int smpp_message_split(const struct smpp_pdu *pdu, struct sb_bytes *elements,
	struct sb_bytes *octets, size_t *header_size);

/* The esm_class and data_coding; 0 for commands without. A replace_sm has none: the message keeps
 * the coding it had, which only its sender knows. */
uint8_t smpp_esm_class(const struct smpp_pdu *pdu);
uint8_t smpp_data_coding(const struct smpp_pdu *pdu);

#endif
