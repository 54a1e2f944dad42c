/*
 * Times of messages, and replace_sm (3.4, 4.10): fields that are empty keep what
 * was there, others stay as they were submitted. A replaced message keeps its id,
 * and what was tried.
 */
#include "daemons/smpp-mc/rewrite.h"

#include "daemons/smpp-mc/entry.h"
#include "protocols/smpp/pdu.h"
#include "protocols/smpp/time.h"

#include <stdlib.h>

/* TLVs that stay with a message whose text is another. */
static size_t
tlvs_without_text(struct sb_bytes tlvs, uint8_t *out, size_t capacity)
{
	struct sb_reader r = sb_reader_of(tlvs);
	struct sb_writer w = sb_writer_of(out, capacity);
	struct smpp_tlv tlv;

	while (smpp_next_tlv(&r, &tlv))
		if (tlv.tag != SMPP_TAG_MESSAGE_PAYLOAD) {
			sb_put_u16(&w, tlv.tag);
			sb_put_u16(&w, (uint16_t)tlv.value.size);
			sb_put_bytes(&w, tlv.value.data, tlv.value.size);
		}
	return sb_writer_size(&w);
}

uint32_t
mc_times(struct sb_bytes schedule, struct sb_bytes validity, const struct mc_limits *limits,
	int64_t now_ms, int64_t *start_ms, int64_t *expiry_ms)
{
	int64_t most = now_ms + (int64_t)limits->validity_most_ms;
	int err = smpp_time_parse(schedule, now_ms, start_ms);

	if (err && err != SB_ENOENT)
		return SMPP_RINVSCHED;
	/* Scheduled for after its longest validity: it could never be sent. */
	if (*start_ms > most)
		return SMPP_RINVSCHED;
	err = smpp_time_parse(validity, now_ms, expiry_ms);
	if (err && err != SB_ENOENT)
		return SMPP_RINVEXPIRY;
	/* A default counts from the time of sending. */
	if (err == SB_ENOENT && *start_ms > now_ms && *expiry_ms <= *start_ms)
		*expiry_ms += *start_ms - now_ms;
	if (*expiry_ms > most)
		*expiry_ms = most;
	if (*expiry_ms <= now_ms || (*start_ms && *expiry_ms <= *start_ms))
		return SMPP_RINVEXPIRY;
	return SMPP_ROK;
}

static uint32_t
pdu_merge(struct smpp_pdu *pdu, const struct smpp_replace_sm *with)
{
	if (pdu->header.command != SMPP_SUBMIT_SM)
		return SMPP_RREPLACEFAIL;
	if (with->sm_default_msg_id)
		return SMPP_RINVDFTMSGID;
	/* replace_sm has no esm_class: the old one holds, and says that a header begins the
	 * text. */
	if (pdu->submit_sm.esm_class & SMPP_ESM_UDHI && !with->short_message.size)
		return SMPP_RINVMSGLEN;
	pdu->submit_sm.short_message = with->short_message;
	pdu->submit_sm.registered_delivery = with->registered_delivery;
	return SMPP_ROK;
}

/* A new one, not the old one changed: that may be a message which others still read. */
static struct mc_parcel *
parcel_with(const struct mc_parcel *old, struct sb_bytes account, const struct smpp_pdu *pdu)
{
	size_t size = 1 + account.size + smpp_encoded_size(pdu);
	struct mc_parcel *parcel = malloc(sizeof(*parcel) + size);
	struct sb_writer w;

	if (!parcel)
		return NULL;
	*parcel = *old;
	w = sb_writer_of(parcel->row, size);
	mc_row_put_prefix(&w, account);
	if (smpp_encode(pdu, &w)) {
		free(parcel);
		return NULL;
	}
	parcel->size = (uint32_t)sb_writer_size(&w);
	parcel->registered = pdu->submit_sm.registered_delivery;
	return parcel;
}

uint32_t
mc_rewrite(const struct mc_parcel *old, struct sb_bytes replace_sm, const struct mc_limits *limits,
	int64_t now_ms, struct mc_parcel **out)
{
	struct smpp_pdu pdu, with;
	struct sb_bytes account, octets;
	int64_t start_ms = old->start_ms, expiry_ms = old->expiry_ms;
	uint8_t *tlvs;
	uint32_t status;

	if (mc_row_split(mc_parcel_row(old), &account, &octets) ||
		smpp_decode(octets, NULL, &pdu, NULL) || smpp_decode(replace_sm, NULL, &with, NULL))
		return SMPP_RREPLACEFAIL;
	status = mc_times(with.replace_sm.schedule_delivery_time, with.replace_sm.validity_period,
		limits, now_ms, &start_ms, &expiry_ms);
	if (status == SMPP_ROK)
		status = pdu_merge(&pdu, &with.replace_sm);
	if (status != SMPP_ROK)
		return status;
	tlvs = malloc(pdu.tlvs.size + 1);
	if (!tlvs)
		return SMPP_RSYSERR;
	pdu.tlvs = sb_bytes(tlvs, tlvs_without_text(pdu.tlvs, tlvs, pdu.tlvs.size + 1));
	*out = parcel_with(old, account, &pdu);
	free(tlvs);
	if (!*out)
		return SMPP_RSYSERR;
	(*out)->start_ms = start_ms;
	(*out)->expiry_ms = expiry_ms;
	return SMPP_ROK;
}
