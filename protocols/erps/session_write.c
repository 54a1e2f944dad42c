/*
 * Packets to the peer: encoded straight into the connection's output, or, where the
 * peer is paced and has to be given time, into a packet that waits. A term is copied
 * once, from where the service built it.
 */
#include "protocols/erps/extension_internal.h"
#include "protocols/erps/session_internal.h"
#include "protocols/erps/session_outbox_internal.h"
#include "protocols/erps/tag.h"

#include <string.h>

/* A packet that is being written. */
struct draft {
	uint8_t *octets; /* header and payload; NULL: none */
	size_t size;
	struct erps_waiting *waiting; /* it waits; NULL: in the output */
	int err;
};

static bool
must_wait(const struct sb_session *s, const struct erps_session *p)
{
	return p->outbox || (erps_pace_is_on(&p->pace) && erps_outbox_waits(s, p));
}

/* As the core does it where a peer does not read: what waits is more than it may cost us. */
static bool
is_over_bound(const struct sb_session *s, const struct erps_session *p, size_t size)
{
	return p->outbox && p->outbox->octets + size > sb_session_limits(s)->output_hard;
}

static void
begin_waiting(struct sb_session *s, struct erps_session *p, struct draft *d)
{
	if (is_over_bound(s, p, d->size)) {
		sb_close(s, SB_END_LIMIT);
		d->err = SB_FULL;
		return;
	}
	d->waiting = erps_outbox_add(s, p, d->size);
	if (d->waiting)
		d->octets = d->waiting->octets;
	else
		d->err = SB_ENOMEM;
}

/* Room for a packet, its header written. */
static struct draft
begin(struct sb_session *s, struct erps_session *p, uint8_t type, size_t payload_size)
{
	struct draft d = {.size = ERPS_HEADER_SIZE + payload_size};

	if (!sb_is_connected(s) || p->phase >= ERPS_PHASE_LEAVING)
		d.err = SB_GONE;
	/* It would end the session as a peer that does not read, which it is not. */
	else if (d.size > sb_session_limits(s)->output_hard)
		d.err = SB_ELIMIT;
	else if (must_wait(s, p))
		begin_waiting(s, p, &d);
	else {
		d.octets = sb_write_room(s, d.size);
		d.err = d.octets ? 0 : SB_FULL;
	}
	if (d.octets)
		erps_packet_head(d.octets, type, (uint32_t)payload_size);
	return d;
}

static void
forget(struct sb_session *s, struct erps_session *p, const struct draft *d)
{
	if (d->waiting)
		erps_outbox_drop_last(s, p);
	else
		sb_write_commit(s, 0);
}

/* It is whole: signed where that is configured, and on its way. */
static int
end(struct sb_session *s, struct erps_session *p, struct draft *d)
{
	struct erps_signer *signer = erps_signer_of(p);

	if (signer && erps_signer_sign(signer, d->octets, d->size)) {
		forget(s, p, d);
		return SB_ENOMEM;
	}
	if (d->waiting)
		return 0;
	sb_write_commit(s, d->size);
	if (erps_pace_is_on(&p->pace))
		erps_pace_left(&p->pace, sb_now(s), erps_packet_type(d->octets));
	return 0;
}

int
erps_write_pair(struct sb_session *s, struct erps_session *p, enum erps_type type,
	struct erps_term first, struct erps_term second)
{
	struct draft d = begin(s, p, (uint8_t)type, 3 + first.size + second.size);
	uint8_t *at;

	if (d.err)
		return d.err;
	if (p->is_mark_owed && type != ERPS_PART && erps_ref_is_mark(second)) {
		erps_put_mark(d.octets);
		p->is_mark_owed = false;
	}
	at = d.octets + ERPS_HEADER_SIZE;
	*at++ = ERPS_TERM_VERSION;
	*at++ = ERPS_TAG_SMALL_TUPLE;
	*at++ = 2;
	memcpy(at, first.data, first.size);
	memcpy(at + first.size, second.data, second.size);
	return end(s, p, &d);
}

int
erps_write_term(
	struct sb_session *s, struct erps_session *p, enum erps_type type, struct erps_term term)
{
	struct draft d = begin(s, p, (uint8_t)type, 1 + term.size);

	if (d.err)
		return d.err;
	d.octets[ERPS_HEADER_SIZE] = ERPS_TERM_VERSION;
	memcpy(d.octets + ERPS_HEADER_SIZE + 1, term.data, term.size);
	return end(s, p, &d);
}

struct erps_term
erps_reason(uint8_t room[ERPS_REASON_ROOM], const char *text)
{
	struct erps_builder b;

	/* Behind a tag and four octets of size. */
	erps_builder_init(&b, room, ERPS_REASON_ROOM);
	erps_put_binary(&b, sb_bytes(text, strnlen(text, ERPS_REASON_ROOM - 5)));
	return erps_built(&b);
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
