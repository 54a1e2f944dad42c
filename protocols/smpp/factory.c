/*
 * PDUs by what is in them. Each starts from zeros, which are the book's defaults,
 * and fills in what its maker names.
 */
#include "protocols/smpp/factory.h"

#include "core/error.h"

static struct smpp_pdu
pdu_of(uint32_t command)
{
	return (struct smpp_pdu){.header.command = command};
}

struct smpp_pdu
smpp_make_bind(
	uint32_t command, enum smpp_version version, const char *system_id, const char *password)
{
	struct smpp_pdu pdu = pdu_of(command);

	pdu.bind.system_id = sb_bytes_text(system_id);
	pdu.bind.password = sb_bytes_text(password);
	pdu.bind.interface_version = (uint8_t)version;
	return pdu;
}

struct smpp_pdu
smpp_make_outbind(const char *system_id, const char *password)
{
	struct smpp_pdu pdu = pdu_of(SMPP_OUTBIND);

	pdu.outbind.system_id = sb_bytes_text(system_id);
	pdu.outbind.password = sb_bytes_text(password);
	return pdu;
}

/* Every command that comes here has the addresses it is given. */
static struct smpp_pdu
addressed(
	uint32_t command, const struct smpp_address *source, const struct smpp_address *destination)
{
	struct smpp_pdu pdu = pdu_of(command);

	(void)smpp_set_source(&pdu, source);
	if (destination)
		(void)smpp_set_destination(&pdu, destination);
	return pdu;
}

struct smpp_pdu
smpp_make_submit_sm(const struct smpp_address *source, const struct smpp_address *destination,
	struct sb_bytes message)
{
	struct smpp_pdu pdu = addressed(SMPP_SUBMIT_SM, source, destination);

	pdu.submit_sm.short_message = message;
	return pdu;
}

struct smpp_pdu
smpp_make_deliver_sm(const struct smpp_address *source, const struct smpp_address *destination,
	struct sb_bytes message)
{
	struct smpp_pdu pdu = addressed(SMPP_DELIVER_SM, source, destination);

	pdu.deliver_sm.short_message = message;
	return pdu;
}

struct smpp_pdu
smpp_make_data_sm(const struct smpp_address *source, const struct smpp_address *destination,
	struct sb_bytes tlvs)
{
	struct smpp_pdu pdu = addressed(SMPP_DATA_SM, source, destination);

	pdu.tlvs = tlvs;
	return pdu;
}

struct smpp_pdu
smpp_make_query_sm(struct sb_bytes message_id, const struct smpp_address *source)
{
	struct smpp_pdu pdu = addressed(SMPP_QUERY_SM, source, NULL);

	pdu.query_sm.message_id = message_id;
	return pdu;
}

struct smpp_pdu
smpp_make_cancel_sm(struct sb_bytes message_id, const struct smpp_address *source,
	const struct smpp_address *destination)
{
	struct smpp_pdu pdu = addressed(SMPP_CANCEL_SM, source, destination);

	pdu.cancel_sm.message_id = message_id;
	return pdu;
}

struct smpp_pdu
smpp_make_replace_sm(
	struct sb_bytes message_id, const struct smpp_address *source, struct sb_bytes message)
{
	struct smpp_pdu pdu = addressed(SMPP_REPLACE_SM, source, NULL);

	pdu.replace_sm.message_id = message_id;
	pdu.replace_sm.short_message = message;
	return pdu;
}

struct smpp_pdu
smpp_make_enquire_link(void)
{
	return pdu_of(SMPP_ENQUIRE_LINK);
}

struct smpp_pdu
smpp_make_unbind(void)
{
	return pdu_of(SMPP_UNBIND);
}

struct smpp_pdu
smpp_make_response(const struct smpp_pdu *request, uint32_t status)
{
	return smpp_make_response_with(request, status, sb_bytes(NULL, 0));
}

static void
set_text(struct smpp_pdu *response, struct sb_bytes text)
{
	switch (response->header.command) {
	case SMPP_BIND_TRANSMITTER_RESP:
	case SMPP_BIND_RECEIVER_RESP:
	case SMPP_BIND_TRANSCEIVER_RESP:
		response->bind_resp.system_id = text;
		break;
	case SMPP_SUBMIT_SM_RESP:
	case SMPP_DELIVER_SM_RESP:
	case SMPP_DATA_SM_RESP:
	case SMPP_BROADCAST_SM_RESP:
	case SMPP_QUERY_BROADCAST_SM_RESP:
		response->submit_sm_resp.message_id = text;
		break;
	case SMPP_SUBMIT_MULTI_RESP:
		response->submit_multi_resp.message_id = text;
		break;
	case SMPP_QUERY_SM_RESP:
		response->query_sm_resp.message_id = text;
		break;
	}
}

struct smpp_pdu
smpp_make_response_with(const struct smpp_pdu *request, uint32_t status, struct sb_bytes text)
{
	struct smpp_pdu pdu = pdu_of(smpp_answer_of(request->header.command));

	pdu.header.status = status;
	pdu.header.sequence = request->header.sequence;
	pdu.header_only = status != SMPP_ROK;
	if (!pdu.header_only)
		set_text(&pdu, text);
	return pdu;
}

struct smpp_pdu
smpp_make_generic_nack(uint32_t sequence, uint32_t status)
{
	struct smpp_pdu pdu = pdu_of(SMPP_GENERIC_NACK);

	pdu.header.sequence = sequence;
	pdu.header.status = status;
	return pdu;
}

int
smpp_make_receipt(const struct smpp_address *sender, const struct smpp_address *recipient,
	const struct smpp_receipt *receipt, struct sb_writer *w, struct smpp_pdu *pdu)
{
	struct sb_writer before = *w;
	const uint8_t *tlvs;
	int err = smpp_receipt_write(receipt, w);

	tlvs = w->at;
	if (!err)
		err = smpp_receipt_put_tlvs(receipt, w);
	if (err) {
		*w = before;
		return err;
	}
	*pdu = smpp_make_deliver_sm(
		recipient, sender, sb_bytes(before.at, (size_t)(tlvs - before.at)));
	pdu->deliver_sm.esm_class = SMPP_ESM_RECEIPT;
	pdu->tlvs = sb_bytes(tlvs, (size_t)(w->at - tlvs));
	return 0;
}
