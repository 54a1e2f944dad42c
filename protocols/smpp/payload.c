/*
 * Where a message is depends on the command and on its length: 3.4 has
 * short_message for up to 254 octets and the TLV message_payload for more (and
 * for data_sm always), never both.
 */
#include "protocols/smpp/payload.h"

int
smpp_payload(const struct smpp_pdu *pdu, struct sb_bytes *octets)
{
	struct sb_bytes payload;

	switch (pdu->header.command) {
	case SMPP_SUBMIT_SM:
	case SMPP_DELIVER_SM:
		*octets = pdu->submit_sm.short_message;
		break;
	case SMPP_SUBMIT_MULTI:
		*octets = pdu->submit_multi.short_message;
		break;
	case SMPP_REPLACE_SM:
		*octets = pdu->replace_sm.short_message;
		break;
	case SMPP_DATA_SM:
	case SMPP_BROADCAST_SM:
		*octets = sb_bytes(NULL, 0);
		break;
	default:
		return SB_ENOENT;
	}
	if (!smpp_find_tlv(pdu->tlvs, SMPP_TAG_MESSAGE_PAYLOAD, &payload))
		return 0;
	/* Both: the caller decides whether to refuse it, and has the longer one if not. */
	if (octets->size) {
		*octets = payload;
		return SB_EPROTO;
	}
	*octets = payload;
	return 0;
}
