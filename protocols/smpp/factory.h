/*
 * PDUs made in one line, for what is sent most. Nothing is copied: a PDU has
 * views of what it was made from. The sequence number is 0: smpp_send() and
 * smpp_answer() set it, or the caller does. Fields that are not named are 0 or
 * empty; set them in the result. Pure; any thread.
 *
 *	const struct smpp_address from = smpp_address(SMPP_TON_ALPHANUMERIC, 0, "Bank");
 *	const struct smpp_address to = smpp_address(SMPP_TON_INTERNATIONAL, SMPP_NPI_E164, "46701");
 *	struct smpp_pdu pdu = smpp_make_submit_sm(&from, &to, sb_bytes_text("hello"));
 *
 *	pdu.submit_sm.registered_delivery = SMPP_RECEIPT_ALWAYS;
 */
#ifndef SB_SMPP_FACTORY_H
#define SB_SMPP_FACTORY_H

#include "address.h"
#include "pdu.h"
#include "receipt.h"

/* `command` is one of the three binds; interface_version is `version`. */
struct smpp_pdu smpp_make_bind(
	uint32_t command, enum smpp_version version, const char *system_id, const char *password);
struct smpp_pdu smpp_make_outbind(const char *system_id, const char *password);

struct smpp_pdu smpp_make_submit_sm(const struct smpp_address *source,
	const struct smpp_address *destination, struct sb_bytes message);
struct smpp_pdu smpp_make_deliver_sm(const struct smpp_address *source,
	const struct smpp_address *destination, struct sb_bytes message);
/* Its text goes into the TLVs, as message_payload. */
struct smpp_pdu smpp_make_data_sm(const struct smpp_address *source,
	const struct smpp_address *destination, struct sb_bytes tlvs);

struct smpp_pdu smpp_make_query_sm(struct sb_bytes message_id, const struct smpp_address *source);
/* An empty id cancels all from source to destination. */
struct smpp_pdu smpp_make_cancel_sm(struct sb_bytes message_id, const struct smpp_address *source,
	const struct smpp_address *destination);
struct smpp_pdu smpp_make_replace_sm(
	struct sb_bytes message_id, const struct smpp_address *source, struct sb_bytes message);

struct smpp_pdu smpp_make_enquire_link(void);
struct smpp_pdu smpp_make_unbind(void);

/*
 * The response of a request: of its command, with its sequence number, and the
 * status; generic_nack where the request is unknown. A status other than ROK
 * leaves the header alone. The command is 0 for what is never answered.
 */
struct smpp_pdu smpp_make_response(const struct smpp_pdu *request, uint32_t status);

/* The same with the text that a positive one carries: the system_id of a bind_resp, the message_id
 * of the others (empty in a deliver_sm_resp). Responses without a body ignore it. */
struct smpp_pdu
smpp_make_response_with(const struct smpp_pdu *request, uint32_t status, struct sb_bytes text);

struct smpp_pdu smpp_make_generic_nack(uint32_t sequence, uint32_t status);

/*
 * A delivery receipt for a message that went from `sender` to `recipient`: a
 * deliver_sm from the recipient to the sender, with the receipt's text and TLVs
 * written to `w`. 0, or as smpp_receipt_write and smpp_receipt_put_tlvs; then
 * the writer is as it was.
 */
int smpp_make_receipt(const struct smpp_address *sender, const struct smpp_address *recipient,
	const struct smpp_receipt *receipt, struct sb_writer *w, struct smpp_pdu *pdu);

#endif
