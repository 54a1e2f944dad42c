/*
 * PDUs into the output, each counted, and told of to an application that wants to
 * know. They are encoded straight into room of the connection's output: no copy,
 * and a PDU that cannot be encoded leaves nothing behind.
 */
#include "protocols/smpp/answer.h"
#include "protocols/smpp/session_internal.h"

#include <string.h>

/* Makes room for one more header; without memory the application misses it. */
static bool
sent_grow(struct sb_session *s, struct smpp_session *p)
{
	uint32_t capacity = p->sent ? p->sent->capacity * 2 : 8;
	struct smpp_sent *grown =
		sb_allocate(s, sizeof(*grown) + capacity * sizeof(grown->headers[0]));

	if (!grown)
		return false;
	grown->count = grown->told = 0;
	if (p->sent)
		memcpy(grown, p->sent, sizeof(*grown) + p->sent->count * sizeof(grown->headers[0]));
	grown->capacity = capacity;
	/* `told` comes along: this may be inside smpp_tell_sent, which goes on in the new list. */
	sb_release(s, p->sent);
	p->sent = grown;
	return true;
}

static void
remember_sent(struct sb_session *s, struct smpp_session *p, const struct smpp_header *header)
{
	if ((!p->sent || p->sent->count == p->sent->capacity) && !sent_grow(s, p))
		return;
	p->sent->headers[p->sent->count++] = *header;
	/* From a call outside our callbacks (the application on a timer of its own): nobody will
	 * leave soon, so the session's timer does. */
	if (!p->is_inside)
		smpp_timer_nearer(s, p, sb_now(s));
}

/* The list lives only while there is something to tell: a session at rest has none. */
void
smpp_tell_sent(struct sb_session *s, struct smpp_session *p)
{
	/* The list may grow, and move, while it is told. */
	while (p->sent->told < p->sent->count) {
		struct smpp_header header = p->sent->headers[p->sent->told++];

		smpp_app(p)->sent(s, &header);
	}
	sb_release(s, p->sent);
	p->sent = NULL;
}

static void
sent(struct sb_session *s, struct smpp_session *p, const struct smpp_header *header)
{
	smpp_metrics_pdu(&p->service->metrics, p->shard, SMPP_OUT, header->command, header->status);
	if (smpp_app(p)->sent)
		remember_sent(s, p, header);
}

/* Full output means that the hard limit is reached; the core ends the session, and nothing is to be
 * done here. */
static uint8_t *
room_for(struct sb_session *s, size_t size, int *err)
{
	uint8_t *room;

	*err = SB_GONE;
	if (sb_is_closing(s) || !sb_is_connected(s))
		return NULL;
	room = sb_write_room(s, size);
	*err = room ? 0 : SB_FULL;
	return room;
}

int
smpp_write_header(struct sb_session *s, struct smpp_session *p, uint32_t command, uint32_t status,
	uint32_t sequence)
{
	const struct smpp_header header = {SMPP_HEADER_SIZE, command, status, sequence};
	struct sb_writer w;
	int err;

	w = sb_writer_of(room_for(s, SMPP_HEADER_SIZE, &err), SMPP_HEADER_SIZE);
	if (err)
		return err;
	(void)smpp_put_header(&w, command, status, sequence);
	sb_write_commit(s, SMPP_HEADER_SIZE);
	sent(s, p, &header);
	return 0;
}

int
smpp_write_id(struct sb_session *s, struct smpp_session *p, const struct smpp_header *header,
	struct sb_bytes id)
{
	size_t size = SMPP_HEADER_SIZE + id.size + 1;
	struct smpp_header whole = *header;
	struct sb_writer w;
	int err;

	w = sb_writer_of(room_for(s, size, &err), size);
	if (err)
		return err;
	err = smpp_put_message_id_resp(&w, whole.command, whole.status, whole.sequence, id);
	if (err)
		return err;
	/* Room was asked for the longest form; a response that says no is shorter. */
	whole.length = (uint32_t)sb_writer_size(&w);
	sb_write_commit(s, whole.length);
	sent(s, p, &whole);
	return 0;
}

static int
write_encoded(struct sb_session *s, struct smpp_session *p, struct smpp_pdu *pdu)
{
	size_t size = smpp_encoded_size(pdu);
	struct sb_writer w;
	int err;

	/* Our own limit holds both ways: a PDU that we would refuse to read we do not send. */
	if (size == 0 || size > smpp_options(p)->max_pdu)
		return SB_EINVAL;
	w = sb_writer_of(room_for(s, size, &err), size);
	if (err)
		return err;
	err = smpp_encode(pdu, &w);
	if (err)
		return err;
	sb_write_commit(s, size);
	pdu->header.length = (uint32_t)size;
	sent(s, p, &pdu->header);
	return 0;
}

int
smpp_write_pdu(struct sb_session *s, struct smpp_session *p, struct smpp_pdu *pdu)
{
	struct sb_bytes tlvs = pdu->tlvs;
	int err;

	/* Taken out for the encoding only; the caller's PDU is whole again afterwards. */
	if (p->version < SMPP_VERSION_34)
		pdu->tlvs = sb_bytes(NULL, 0);
	/* By the book a response that says no is its header alone; data_sm_resp and
	 * submit_multi_resp may carry reasons, and a caller that gives TLVs wants them sent. */
	if (smpp_is_response(pdu->header.command) && pdu->header.status != SMPP_ROK &&
		pdu->header.command != SMPP_DATA_SM_RESP &&
		pdu->header.command != SMPP_SUBMIT_MULTI_RESP && !pdu->tlvs.size)
		pdu->header_only = true;
	err = write_encoded(s, p, pdu);
	pdu->tlvs = tlvs;
	return err;
}
