/*
 * Packets into the output, encoded where they will be sent from: a header that is
 * mostly zeros, then a term that is copied once, from where the service built it.
 */
#include "protocols/erps/session_internal.h"
#include "protocols/erps/tag.h"

#include <string.h>

/* Room for a packet with its header written; NULL with *err. */
static uint8_t *
begin(struct sb_session *s, uint8_t type, size_t payload_size, int *err)
{
	size_t size = ERPS_HEADER_SIZE + payload_size;
	uint8_t *room;

	*err = SB_GONE;
	if (!sb_is_connected(s))
		return NULL;
	/* It would end the session as a peer that does not read, which it is not. */
	*err = SB_ELIMIT;
	if (size > sb_session_limits(s)->output_hard)
		return NULL;
	*err = SB_FULL;
	room = sb_write_room(s, size);
	if (!room)
		return NULL;
	erps_packet_head(room, type, (uint32_t)payload_size);
	*err = 0;
	return room;
}

int
erps_write_pair(struct sb_session *s, struct erps_session *p, enum erps_type type,
	struct erps_term first, struct erps_term second)
{
	size_t size = 3 + first.size + second.size;
	uint8_t *packet, *at;
	int err;

	(void)p;
	packet = begin(s, (uint8_t)type, size, &err);
	if (!packet)
		return err;
	at = packet + ERPS_HEADER_SIZE;
	*at++ = ERPS_TERM_VERSION;
	*at++ = ERPS_TAG_SMALL_TUPLE;
	*at++ = 2;
	memcpy(at, first.data, first.size);
	memcpy(at + first.size, second.data, second.size);
	sb_write_commit(s, ERPS_HEADER_SIZE + size);
	return 0;
}

int
erps_write_term(struct sb_session *s, struct erps_session *p, uint8_t type, struct erps_term term)
{
	uint8_t *packet;
	int err;

	(void)p;
	packet = begin(s, type, 1 + term.size, &err);
	if (!packet)
		return err;
	packet[ERPS_HEADER_SIZE] = ERPS_TERM_VERSION;
	memcpy(packet + ERPS_HEADER_SIZE + 1, term.data, term.size);
	sb_write_commit(s, ERPS_HEADER_SIZE + 1 + term.size);
	return 0;
}

int
erps_write_error(struct sb_session *s, struct erps_session *p, enum erps_refusal refusal,
	struct erps_term ref)
{
	uint8_t room[ERPS_REASON_ROOM];
	struct erps_term reason = erps_reason(room, erps_refusal_text(refusal));

	erps_tally(p, p->server->metrics.errors[refusal]);
	if (ref.data)
		return erps_write_pair(s, p, ERPS_ERROR, reason, ref);
	return erps_write_term(s, p, ERPS_ERROR, reason);
}

struct erps_term
erps_reason(uint8_t room[ERPS_REASON_ROOM], const char *text)
{
	size_t size = strnlen(text, ERPS_REASON_ROOM - 5);

	struct erps_builder b;

	erps_builder_init(&b, room, ERPS_REASON_ROOM);
	erps_put_binary(&b, sb_bytes(text, size));
	return erps_built(&b);
}
