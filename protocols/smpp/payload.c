/*
 * Where a message is depends on the command and on its length: 3.4 has
 * short_message for up to 254 octets and the TLV message_payload for more (and
 * for data_sm always), never both.
 */
#include "protocols/smpp/payload.h"

#include "protocols/smpp/udh.h"

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

int
smpp_message_split(const struct smpp_pdu *pdu, struct sb_bytes *elements, struct sb_bytes *octets,
	size_t *header_size)
{
	struct sb_bytes message;
	int err = 0;

	if (smpp_payload(pdu, &message) == SB_ENOENT)
		return SB_ENOENT;
	*elements = sb_bytes(NULL, 0);
	*octets = message;
	if (smpp_esm_class(pdu) & SMPP_ESM_UDHI)
		err = smpp_udh_split(message, elements, octets);
	*header_size = message.size - octets->size;
	return err;
}

uint8_t
smpp_esm_class(const struct smpp_pdu *pdu)
{
	switch (pdu->header.command) {
	case SMPP_SUBMIT_SM:
	case SMPP_DELIVER_SM:
		return pdu->submit_sm.esm_class;
	case SMPP_SUBMIT_MULTI:
		return pdu->submit_multi.esm_class;
	case SMPP_DATA_SM:
		return pdu->data_sm.esm_class;
	}
	return 0;
}

uint8_t
smpp_data_coding(const struct smpp_pdu *pdu)
{
	switch (pdu->header.command) {
	case SMPP_SUBMIT_SM:
	case SMPP_DELIVER_SM:
		return pdu->submit_sm.data_coding;
	case SMPP_SUBMIT_MULTI:
		return pdu->submit_multi.data_coding;
	case SMPP_DATA_SM:
		return pdu->data_sm.data_coding;
	case SMPP_BROADCAST_SM:
		return pdu->broadcast_sm.data_coding;
	}
	return 0;
}
