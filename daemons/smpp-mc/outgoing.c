/*
 * From what was stored to what is sent. A message is stored as it came, octet for
 * octet, and made into the receiver's PDU only when it is delivered, for only
 * then its version is known. Views into the stored octets throughout; TLVs are
 * copied only if one must be left out.
 */
#include "daemons/smpp-mc/outgoing.h"

#include "protocols/smpp/payload.h"

#include <stdlib.h>

#define ADDRESS_MAX 20
#define TEXT_MAX    254

/* A qos_time_to_live. */
#define LIVE_SIZE (SMPP_TLV_HEADER_SIZE + 4)

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

/* A submit_sm and a deliver_sm have the same fields (3.4, 4.6): what was for the centre is
 * emptied. */
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
	/* Too long for the one field that a 3.3 peer has. */
	if (text.size > TEXT_MAX)
		return SB_ENOTSUP;
	if (pdu->header.command == SMPP_DATA_SM)
		err = data_as_deliver(pdu);
	pdu->deliver_sm.short_message = text;
	pdu->tlvs = sb_bytes(NULL, 0);
	return err;
}

/* ---- TLVs ---- */

/* What a receipt, or any word of the centre's, is known by: no client says that to another. */
static bool
is_of_centre(uint16_t tag)
{
	switch (tag) {
	case SMPP_TAG_ADDITIONAL_STATUS_INFO_TEXT:
	case SMPP_TAG_RECEIPTED_MESSAGE_ID:
	case SMPP_TAG_SC_INTERFACE_VERSION:
	case SMPP_TAG_DPF_RESULT:
	case SMPP_TAG_MS_AVAILABILITY_STATUS:
	case SMPP_TAG_NETWORK_ERROR_CODE:
	case SMPP_TAG_DELIVERY_FAILURE_REASON:
	case SMPP_TAG_MESSAGE_STATE:
	case SMPP_TAG_CONGESTION_STATE:
		return true;
	}
	return false;
}

/* What submit_sm has and deliver_sm has not, by the tables of 3.4 and 5.0: wishes of a sender to
 * the centre and to the handset's network. data_sm has them both ways. */
static bool
is_to_centre(uint16_t tag)
{
	switch (tag) {
	case SMPP_TAG_QOS_TIME_TO_LIVE:
	case SMPP_TAG_MS_MSG_WAIT_FACILITIES:
	case SMPP_TAG_NUMBER_OF_MESSAGES:
	case SMPP_TAG_SET_DPF:
	case SMPP_TAG_MORE_MESSAGES_TO_SEND:
	case SMPP_TAG_BILLING_IDENTIFICATION:
	case SMPP_TAG_DISPLAY_TIME:
	case SMPP_TAG_SMS_SIGNAL:
	case SMPP_TAG_MS_VALIDITY:
	case SMPP_TAG_ALERT_ON_MESSAGE_DELIVERY:
		return true;
	}
	return false;
}

static bool
goes_on(const struct smpp_pdu *pdu, uint16_t tag)
{
	return !is_of_centre(tag) && !(pdu->header.command == SMPP_DELIVER_SM && is_to_centre(tag));
}

/* Looked at first: most messages have no TLV to lose, and need no copy. */
static bool
all_go_on(const struct smpp_pdu *pdu)
{
	struct sb_reader r = sb_reader_of(pdu->tlvs);
	struct smpp_tlv tlv;

	while (smpp_next_tlv(&r, &tlv))
		if (!goes_on(pdu, tlv.tag))
			return false;
	return true;
}

/* `live_s`, if not 0, takes the place of a qos_time_to_live. */
static int
tlvs_filter(struct mc_outgoing *out, uint32_t live_s)
{
	struct smpp_pdu *pdu = &out->pdu;
	struct sb_reader r = sb_reader_of(pdu->tlvs);
	struct sb_writer w;
	struct smpp_tlv tlv;

	if (!live_s && all_go_on(pdu))
		return 0;
	out->tlvs = malloc(pdu->tlvs.size + LIVE_SIZE);
	if (!out->tlvs)
		return SB_ENOMEM;
	w = sb_writer_of(out->tlvs, pdu->tlvs.size + LIVE_SIZE);
	while (smpp_next_tlv(&r, &tlv)) {
		if (!goes_on(pdu, tlv.tag) || (live_s && tlv.tag == SMPP_TAG_QOS_TIME_TO_LIVE))
			continue;
		/* With its header, which stands in front of the value: unknown TLVs stay as they
		 * are. */
		sb_put_bytes(&w, tlv.value.data - SMPP_TLV_HEADER_SIZE,
			SMPP_TLV_HEADER_SIZE + tlv.value.size);
	}
	if (live_s)
		smpp_put_tlv_u32(&w, SMPP_TAG_QOS_TIME_TO_LIVE, live_s);
	pdu->tlvs = sb_bytes(out->tlvs, sb_writer_size(&w));
	return 0;
}

int
mc_outgoing_make(
	struct mc_outgoing *out, struct sb_bytes stored, bool is_receipt, enum smpp_version version)
{
	struct smpp_pdu *pdu = &out->pdu;
	int err = 0;

	out->tlvs = NULL;
	/* It was decoded before it was stored: only damage makes this fail. */
	if (smpp_decode(stored, NULL, pdu, NULL))
		return SB_EINVAL;
	pdu->header.status = SMPP_ROK;
	if (!is_receipt &&
		(pdu->header.command == SMPP_SUBMIT_SM || pdu->header.command == SMPP_DELIVER_SM))
		from_submit(pdu);
	else if (!is_receipt && pdu->header.command == SMPP_DATA_SM)
		from_data(pdu);
	else if (!is_receipt)
		return SB_EINVAL;
	if (!is_receipt && pdu->tlvs.size)
		err = tlvs_filter(out, 0);
	if (!err && version == SMPP_VERSION_33)
		err = without_tlvs(pdu);
	return err;
}

/* ---- to an upstream ---- */

/* Relative, for the centre's clock is not ours; only what is too long for that is a date. */
static void
validity_put(struct mc_outgoing *out, const struct mc_onward *onward)
{
	int64_t left = onward->expiry_ms - onward->now_ms;

	if (left < 0)
		left = 0;
	if (smpp_time_format_relative(left, out->validity) &&
		smpp_time_format(onward->expiry_ms, 0, out->validity))
		out->validity[0] = '\0';
	out->pdu.submit_sm.validity_period = sb_bytes_text(out->validity);
}

/* What was the centre's to do with it is done. */
static void
to_submit(struct mc_outgoing *out, const struct mc_onward *onward)
{
	struct smpp_submit_sm *submit = &out->pdu.submit_sm;

	out->pdu.header.command = SMPP_SUBMIT_SM;
	submit->schedule_delivery_time = sb_bytes(NULL, 0);
	submit->replace_if_present_flag = 0;
	submit->sm_default_msg_id = 0;
	validity_put(out, onward);
}

static uint8_t
registered_onward(uint8_t registered, const struct mc_onward *onward)
{
	return registered_of(registered) |
	       (onward->asks_receipt ? SMPP_RECEIPT_ALWAYS : SMPP_RECEIPT_NONE);
}

/* Rounded up: 0 would be none at all. */
static uint32_t
seconds_left(const struct mc_onward *onward)
{
	int64_t left = onward->expiry_ms - onward->now_ms;

	if (left <= 0)
		return 1;
	return left / 1000 < UINT32_MAX ? (uint32_t)((left + 999) / 1000) : UINT32_MAX;
}

int
mc_outgoing_onward(struct mc_outgoing *out, struct sb_bytes stored, const struct mc_onward *onward,
	enum smpp_version version)
{
	struct smpp_pdu *pdu = &out->pdu;
	bool is_old = version == SMPP_VERSION_33;
	int err = 0;

	out->tlvs = NULL;
	if (smpp_decode(stored, NULL, pdu, NULL))
		return SB_EINVAL;
	pdu->header.status = SMPP_ROK;
	if (is_old)
		err = without_tlvs(pdu);
	if (err)
		return err;
	switch (pdu->header.command) {
	case SMPP_SUBMIT_SM:
	case SMPP_DELIVER_SM:
		to_submit(out, onward);
		pdu->submit_sm.registered_delivery =
			registered_onward(pdu->submit_sm.registered_delivery, onward);
		return pdu->tlvs.size ? tlvs_filter(out, 0) : 0;
	case SMPP_DATA_SM:
		pdu->data_sm.registered_delivery =
			registered_onward(pdu->data_sm.registered_delivery, onward);
		return tlvs_filter(out, seconds_left(onward));
	}
	return SB_EINVAL;
}

void
mc_outgoing_fini(struct mc_outgoing *out)
{
	free(out->tlvs);
}
