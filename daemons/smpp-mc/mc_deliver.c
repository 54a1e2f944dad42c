/*
 * Messages on their way to a client: from the partitions, through its window.
 * Each partition respects the window for itself, all of them together do not;
 * what is over it waits here in order. A delivery is a kept message from its
 * arrival until the client's answer, with the message itself as the context of
 * smpp_send; every way out of here replies to it once.
 */
#include "daemons/smpp-mc/mc_session_internal.h"

#include "daemons/smpp-mc/outgoing.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* A reply to the partition's call, with the ticket that names its flight. */
static void
give_back(
	struct sb_session *s, const struct sb_message *m, enum mc_outcome outcome, uint32_t status)
{
	const struct mc_delivery *delivery = m->data;
	struct mc_delivered delivered = {delivery->ticket, outcome, status};

	sb_reply(s, sb_message_from(m), 0, SB_COPY(&delivered, sizeof(delivered)));
}

/* ---- what waits for the window ---- */

static int
backlog_grow(struct mc_backlog *backlog)
{
	uint32_t capacity = backlog->capacity ? backlog->capacity * 2 : 16;
	struct sb_message **grown = malloc(capacity * sizeof(*grown));

	if (!grown)
		return SB_ENOMEM;
	for (uint32_t i = 0; i < backlog->count; i++)
		grown[i] = backlog->messages[(backlog->first + i) % backlog->capacity];
	free(backlog->messages);
	*backlog = (struct mc_backlog){grown, capacity, 0, backlog->count};
	return 0;
}

/* Kept messages, not copies: the PDU is made when there is room for it. */
static void
backlog_add(struct sb_session *s, struct mc_backlog *backlog, struct sb_message *m)
{
	if (backlog->count == backlog->capacity && backlog_grow(backlog)) {
		give_back(s, m, MC_NOT_SENT, 0);
		return;
	}
	backlog->messages[(backlog->first + backlog->count++) % backlog->capacity] =
		sb_message_keep(m);
}

static struct sb_message *
backlog_take(struct mc_backlog *backlog)
{
	struct sb_message *m = backlog->messages[backlog->first];

	backlog->first = (backlog->first + 1) % backlog->capacity;
	backlog->count--;
	return m;
}

/* ---- sending ---- */

/* The PDU is made anew at each try: none is kept for want of room. */
static int
send_to_client(struct sb_session *s, const struct mc_delivery *delivery, uint64_t context)
{
	struct mc_outgoing outgoing;
	int err = mc_outgoing_make(&outgoing, sb_bytes(delivery->pdu, delivery->size),
		delivery->is_receipt, smpp_session_version(s));

	if (!err)
		err = smpp_send(s, &outgoing.pdu, context);
	mc_outgoing_fini(&outgoing);
	return err;
}

/* 0: it is on its way. SB_FULL: not now. Otherwise it has been given back. */
static int
deliver_one(struct sb_session *s, struct sb_message *m)
{
	const struct mc_session *session = mc_session_of(s);
	const struct mc_delivery *delivery = m->data;
	int err = (session->send ? session->send : send_to_client)(
		s, delivery, (uint64_t)(uintptr_t)m);

	if (!err || err == SB_FULL)
		return err;
	if (err == SB_EINVAL || err == SB_ENOTSUP) {
		SB_LOG(s, WARNING, "mc.delivery_refused", "id", SB_UINT(delivery->ticket.id),
			"error", SB_ERR(err));
		give_back(s, m, MC_REFUSED, 0);
	} else {
		give_back(s, m, MC_NOT_SENT, 0);
	}
	return err;
}

void
mc_deliver(struct sb_session *s, struct sb_message *m)
{
	struct mc_session *session = mc_session_of(s);
	int err = SB_FULL;

	/* Unbinding: the partition did not know yet. */
	if (!session->is_joined) {
		give_back(s, m, MC_NOT_SENT, 0);
		return;
	}
	/* Behind those that wait, or it would overtake them. */
	if (!session->backlog.count)
		err = deliver_one(s, m);
	if (err == SB_FULL)
		backlog_add(s, &session->backlog, m);
	else if (!err)
		sb_message_keep(m);
}

void
mc_deliver_more(struct sb_session *s)
{
	struct mc_backlog *backlog = &mc_session_of(s)->backlog;

	while (backlog->count) {
		struct sb_message *m = backlog->messages[backlog->first];
		int err = deliver_one(s, m);

		if (err == SB_FULL)
			return;
		backlog_take(backlog);
		/* It has been given back; sent ones stay until they are answered. */
		if (err)
			sb_message_free(s, m);
	}
}

/* To the partitions, in the order in which they came: other binds may take them. */
void
mc_deliver_stop(struct sb_session *s)
{
	struct mc_backlog *backlog = &mc_session_of(s)->backlog;

	while (backlog->count) {
		struct sb_message *m = backlog_take(backlog);

		give_back(s, m, MC_NOT_SENT, 0);
		sb_message_free(s, m);
	}
	free(backlog->messages);
	*backlog = (struct mc_backlog){0};
}

/* ---- what the client said ---- */

static void
done(struct sb_session *s, uint64_t context, enum mc_outcome outcome, uint32_t status)
{
	struct sb_message *m = (struct sb_message *)(uintptr_t)context;

	give_back(s, m, outcome, status);
	sb_message_free(s, m);
}

void
mc_deliver_taken(
	struct sb_session *s, uint64_t context, uint32_t status, struct sb_bytes carrier_id)
{
	struct sb_message *m = (struct sb_message *)(uintptr_t)context;
	const struct mc_delivery *delivery = m->data;
	_Alignas(struct mc_delivered)
		uint8_t octets[sizeof(struct mc_delivered) + MC_CARRIER_ID_MAX];
	struct mc_delivered *delivered = (struct mc_delivered *)octets;

	assert(carrier_id.size <= MC_CARRIER_ID_MAX);
	*delivered = (struct mc_delivered){delivery->ticket, MC_ANSWERED, status};
	if (carrier_id.size)
		memcpy(delivered->carrier_id, carrier_id.data, carrier_id.size);
	sb_reply(s, sb_message_from(m), 0, SB_COPY(octets, sizeof(*delivered) + carrier_id.size));
	sb_message_free(s, m);
	if (mc_session_of(s)->backlog.count)
		mc_deliver_more(s);
}

void
mc_deliver_response(struct sb_session *s, uint64_t context, const struct smpp_pdu *pdu)
{
	done(s, context, MC_ANSWERED, pdu->header.status);
	if (mc_session_of(s)->backlog.count)
		mc_deliver_more(s);
}

void
mc_deliver_timeout(struct sb_session *s, uint64_t context, uint32_t command)
{
	(void)command;
	done(s, context, MC_TIMED_OUT, 0);
}

void
mc_deliver_lost(struct sb_session *s, uint64_t context, uint32_t command)
{
	(void)command;
	done(s, context, MC_NOT_SENT, 0);
}
