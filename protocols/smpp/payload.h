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

#endif
