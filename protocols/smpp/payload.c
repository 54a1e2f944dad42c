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
	if (octets->size) {
		*octets = payload;
		return SB_EPROTO;
	}
	*octets = payload;
	return 0;
}
