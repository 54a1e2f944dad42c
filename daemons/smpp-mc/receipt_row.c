/*
 * Receipts (3.4, Appendix B) as rows: made when the state is known, with the
 * message at hand, and stored like a message, so that nothing of it has to be
 * looked up when a receiver binds.
 */
#include "daemons/smpp-mc/receipt_row.h"

#include "daemons/smpp-mc/id.h"
#include "protocols/smpp/payload.h"
#include "protocols/smpp/pdu.h"
#include "protocols/smpp/receipt.h"
#include "protocols/smpp/udh.h"

/* Characters that deliver_sm has for an address; data_sm has more. */
#define ADDRESS_MAX 20

/* Octets of the message that a receipt repeats. */
#define TEXT_MAX 20

#define TLV_MAX 128

struct addresses {
	uint8_t source_ton, source_npi, dest_ton, dest_npi;
	struct sb_bytes source, destination, service_type;
	uint8_t esm_class;
};

/* The two PDUs that carry messages have the same addresses under different names. */
static int
addresses_of(const struct smpp_pdu *pdu, struct addresses *out)
{
	const struct smpp_submit_sm *submit = &pdu->submit_sm;
	const struct smpp_data_sm *data = &pdu->data_sm;

	switch (pdu->header.command) {
	case SMPP_SUBMIT_SM:
		*out = (struct addresses){submit->source_addr_ton, submit->source_addr_npi,
			submit->dest_addr_ton, submit->dest_addr_npi, submit->source_addr,
			submit->destination_addr, submit->service_type, submit->esm_class};
		return 0;
	case SMPP_DATA_SM:
		*out = (struct addresses){data->source_addr_ton, data->source_addr_npi,
			data->dest_addr_ton, data->dest_addr_npi, data->source_addr,
			data->destination_addr, data->service_type, data->esm_class};
		return 0;
	}
	return SB_EINVAL;
}

/* The first octets of what people wrote: behind a user data header. */
static struct sb_bytes
text_of(const struct smpp_pdu *pdu, uint8_t esm_class)
{
	struct sb_bytes octets = {NULL, 0}, elements, text;

	smpp_payload(pdu, &octets);
	if (esm_class & SMPP_ESM_UDHI && smpp_udh_split(octets, &elements, &text) == 0)
		octets = text;
	/* Octets, whatever the data_coding: receivers know it as a hint. */
	if (octets.size > TEXT_MAX)
		octets.size = TEXT_MAX;
	return octets;
}

/* The one number that we have: err: and network_error_code say the same. */
static struct smpp_receipt
receipt_of(const struct mc_report *report, struct sb_bytes id, char error[4], struct sb_bytes text)
{
	struct smpp_receipt receipt = smpp_receipt_empty();
	bool is_delivered = report->state == SMPP_STATE_DELIVERED;

	error[0] = (char)('0' + report->error / 100);
	error[1] = (char)('0' + report->error / 10 % 10);
	error[2] = (char)('0' + report->error % 10);
	error[3] = '\0';
	receipt.message_id = id;
	receipt.submitted = 1;
	receipt.delivered = is_delivered ? 1 : 0;
	receipt.submit_ms = report->submit_ms;
	receipt.done_ms = report->done_ms;
	receipt.has_state = true;
	receipt.state = report->state;
	receipt.error = sb_bytes_text(error);
	receipt.text = text;
	if (report->error) {
		receipt.network_type = 3; /* GSM: what the field's readers expect */
		receipt.network_error = report->error;
	}
	return receipt;
}

static struct sb_bytes
cut(struct sb_bytes address)
{
	if (address.size > ADDRESS_MAX)
		address.size = ADDRESS_MAX;
	return address;
}

static void
pdu_fill(struct smpp_pdu *out, const struct addresses *from, const struct mc_report *report)
{
	/* Also that nobody will ever know. */
	bool is_final =
		smpp_message_state_is_final(report->state) || report->state == SMPP_STATE_UNKNOWN;

	*out = (struct smpp_pdu){.header.command = SMPP_DELIVER_SM};
	out->deliver_sm.service_type = from->service_type;
	out->deliver_sm.source_addr_ton = from->dest_ton;
	out->deliver_sm.source_addr_npi = from->dest_npi;
	out->deliver_sm.source_addr = cut(from->destination);
	out->deliver_sm.dest_addr_ton = from->source_ton;
	out->deliver_sm.dest_addr_npi = from->source_npi;
	out->deliver_sm.destination_addr = cut(from->source);
	out->deliver_sm.esm_class = is_final ? SMPP_ESM_RECEIPT : SMPP_ESM_INTERMEDIATE;
}

int
mc_receipt_put(struct sb_writer *w, struct sb_bytes octets, const struct mc_report *report)
{
	uint8_t text[SMPP_RECEIPT_TEXT_MAX], tlvs[TLV_MAX];
	struct sb_writer text_writer = sb_writer_of(text, sizeof(text));
	struct sb_writer tlv_writer = sb_writer_of(tlvs, sizeof(tlvs));
	char id[MC_ID_TEXT], error[4];
	struct smpp_receipt receipt;
	struct addresses addresses;
	struct smpp_pdu pdu, out;
	int err;

	if (smpp_decode(octets, NULL, &pdu, NULL) || addresses_of(&pdu, &addresses))
		return SB_EINVAL;
	mc_id_format(report->id, id);
	receipt = receipt_of(report, sb_bytes_text(id), error, text_of(&pdu, addresses.esm_class));
	err = smpp_receipt_write(&receipt, &text_writer);
	if (!err)
		err = smpp_receipt_put_tlvs(&receipt, &tlv_writer);
	if (err)
		return err;
	pdu_fill(&out, &addresses, report);
	out.deliver_sm.short_message = sb_bytes(text, sb_writer_size(&text_writer));
	out.tlvs = sb_bytes(tlvs, sb_writer_size(&tlv_writer));
	return smpp_encode(&out, w);
}

bool
mc_receipt_is_wanted(uint8_t registered, uint8_t state)
{
	switch (registered & SMPP_RECEIPT_MASK) {
	case SMPP_RECEIPT_ALWAYS:
		return true;
	case SMPP_RECEIPT_ON_FAILURE:
		return state != SMPP_STATE_DELIVERED;
	case SMPP_RECEIPT_ON_SUCCESS:
		return state == SMPP_STATE_DELIVERED;
	}
	return false;
}
