#include "daemons/smpp-mc/outgoing.h"

#include "protocols/smpp/payload.h"

#define ADDRESS_MAX 20
#define TEXT_MAX    254

/* The mode is between the sender and us; receipts are ours to send, acknowledgements the far
 * side's. */
static uint8_t
esm_of(uint8_t esm_class)
{
	return (uint8_t)(esm_class & ~SMPP_ESM_MODE);
}

static uint8_t
registered_of(uint8_t registered)
{
	return registered & (SMPP_WANT_DELIVERY_ACK | SMPP_WANT_USER_ACK);
}

static void
from_submit(struct smpp_pdu *pdu)
{
	pdu->header.command = SMPP_DELIVER_SM;
	pdu->deliver_sm.esm_class = esm_of(pdu->deliver_sm.esm_class);
	pdu->deliver_sm.registered_delivery = registered_of(pdu->deliver_sm.registered_delivery);
	pdu->deliver_sm.schedule_delivery_time = sb_bytes(NULL, 0);
	pdu->deliver_sm.validity_period = sb_bytes(NULL, 0);
	pdu->deliver_sm.replace_if_present_flag = 0;
	pdu->deliver_sm.sm_default_msg_id = 0;
}

static void
from_data(struct smpp_pdu *pdu)
{
	pdu->data_sm.esm_class = esm_of(pdu->data_sm.esm_class);
	pdu->data_sm.registered_delivery = registered_of(pdu->data_sm.registered_delivery);
}

/* A data_sm as the deliver_sm that a 3.3 peer understands. */
static int
data_as_deliver(struct smpp_pdu *pdu)
{
	struct smpp_data_sm data = pdu->data_sm;

	if (data.source_addr.size > ADDRESS_MAX || data.destination_addr.size > ADDRESS_MAX)
		return SB_ENOTSUP;
	pdu->header.command = SMPP_DELIVER_SM;
	pdu->deliver_sm = (struct smpp_submit_sm){
		.service_type = data.service_type,
		.source_addr_ton = data.source_addr_ton,
		.source_addr_npi = data.source_addr_npi,
		.source_addr = data.source_addr,
		.dest_addr_ton = data.dest_addr_ton,
		.dest_addr_npi = data.dest_addr_npi,
		.destination_addr = data.destination_addr,
		.esm_class = data.esm_class,
		.registered_delivery = data.registered_delivery,
		.data_coding = data.data_coding,
	};
	return 0;
}

static int
without_tlvs(struct smpp_pdu *pdu)
{
	struct sb_bytes text = {NULL, 0};
	int err = 0;

	smpp_payload(pdu, &text);
	if (text.size > TEXT_MAX)
		return SB_ENOTSUP;
	if (pdu->header.command == SMPP_DATA_SM)
		err = data_as_deliver(pdu);
	pdu->deliver_sm.short_message = text;
	pdu->tlvs = sb_bytes(NULL, 0);
	return err;
}

int
mc_outgoing_make(
	struct mc_outgoing *out, struct sb_bytes stored, bool is_receipt, enum smpp_version version)
{
	struct smpp_pdu *pdu = &out->pdu;

	if (smpp_decode(stored, NULL, pdu, NULL))
		return SB_EINVAL;
	pdu->header.status = SMPP_ROK;
	if (!is_receipt && pdu->header.command == SMPP_SUBMIT_SM)
		from_submit(pdu);
	else if (!is_receipt && pdu->header.command == SMPP_DATA_SM)
		from_data(pdu);
	else if (!is_receipt)
		return SB_EINVAL;
	return version == SMPP_VERSION_33 ? without_tlvs(pdu) : 0;
}
