/*
 * The answer that is sent a million times, written without a struct smpp_pdu and
 * without measuring: its size is known from the id alone.
 */
#include "protocols/smpp/answer.h"

#include "protocols/smpp/scan_internal.h"

#define MESSAGE_ID_MAX 64

int
smpp_put_message_id_resp(struct sb_writer *w, uint32_t command, uint32_t status, uint32_t sequence,
	struct sb_bytes message_id)
{
	size_t size = SMPP_HEADER_SIZE + message_id.size + 1;

	/* 3.4 gives a negative response no body. */
	if (status != SMPP_ROK)
		return smpp_put_header(w, command, status, sequence);
	if (message_id.size > MESSAGE_ID_MAX || smpp_has_nul(message_id))
		return SB_EINVAL;
	/* The whole PDU or nothing: the writer stays usable. */
	if (w->failed || (size_t)(w->end - w->at) < size)
		return SB_ENOSPC;
	sb_put_u32(w, (uint32_t)size);
	sb_put_u32(w, command);
	sb_put_u32(w, status);
	sb_put_u32(w, sequence);
	sb_put_bytes(w, message_id.data, message_id.size);
	sb_put_u8(w, 0);
	return 0;
}
