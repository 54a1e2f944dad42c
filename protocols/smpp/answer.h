/*
 * Answers straight into a writer, without a struct smpp_pdu: what an MC sends
 * most. Each returns 0 or SB_ENOSPC (SB_EINVAL where it says so), with the
 * writer as it was. `sequence` is the request's, as it came. Pure; any thread.
 */
#ifndef SB_SMPP_ANSWER_H
#define SB_SMPP_ANSWER_H

#include <stdint.h>

#include "../../core/bytes.h"
#include "../../core/error.h"
#include "command.h"
#include "status.h"

/* A PDU of a header alone: any body-less request, any negative response. */
static inline int
smpp_put_header(struct sb_writer *w, uint32_t command, uint32_t status, uint32_t sequence)
{
	const uint32_t words[4] = {
		__builtin_bswap32(SMPP_HEADER_SIZE),
		__builtin_bswap32(command),
		__builtin_bswap32(status),
		__builtin_bswap32(sequence),
	};

	if ((size_t)(w->end - w->at) < sizeof(words) || w->failed)
		return SB_ENOSPC;
	sb_put_bytes(w, words, sizeof(words));
	return 0;
}

static inline int
smpp_put_generic_nack(struct sb_writer *w, uint32_t status, uint32_t sequence)
{
	return smpp_put_header(w, SMPP_GENERIC_NACK, status, sequence);
}

static inline int
smpp_put_enquire_link(struct sb_writer *w, uint32_t sequence)
{
	return smpp_put_header(w, SMPP_ENQUIRE_LINK, SMPP_ROK, sequence);
}

static inline int
smpp_put_enquire_link_resp(struct sb_writer *w, uint32_t sequence)
{
	return smpp_put_header(w, SMPP_ENQUIRE_LINK_RESP, SMPP_ROK, sequence);
}

/* A response whose body is a message_id (submit_sm_resp, data_sm_resp, ...); 16 octets when
 * `status` is not ROK. SB_EINVAL: the id is over 64 octets or has a NUL inside. */
int smpp_put_message_id_resp(struct sb_writer *w, uint32_t command, uint32_t status,
	uint32_t sequence, struct sb_bytes message_id);

static inline int
smpp_put_submit_sm_resp(
	struct sb_writer *w, uint32_t status, uint32_t sequence, struct sb_bytes message_id)
{
	return smpp_put_message_id_resp(w, SMPP_SUBMIT_SM_RESP, status, sequence, message_id);
}

/* 17 octets, the id being always empty; 16 when `status` is not ROK. */
static inline int
smpp_put_deliver_sm_resp(struct sb_writer *w, uint32_t status, uint32_t sequence)
{
	return smpp_put_message_id_resp(
		w, SMPP_DELIVER_SM_RESP, status, sequence, (struct sb_bytes){NULL, 0});
}

#endif
