/*
 * The application's table: what the SMPP session calls, sent on to the files that
 * know. Nothing is decided here but the order of an end: leave the topic, give
 * back what has not been sent, let another bind in.
 */
#include "daemons/smpp-mc/mc_session.h"

#include "daemons/smpp-mc/mc_session_internal.h"

#include <assert.h>

/* The two answers of partitions are told apart by their size. */
static_assert(sizeof(struct mc_submitted) != sizeof(struct mc_answer), "answers look alike");

static void
mc_request(struct sb_session *s, struct smpp_request request, const struct smpp_pdu *pdu)
{
	switch (request.command) {
	case SMPP_SUBMIT_SM:
		mc_submit_sm(s, request, pdu);
		return;
	case SMPP_DATA_SM:
		mc_data_sm(s, request, pdu);
		return;
	case SMPP_SUBMIT_MULTI:
		mc_submit_multi(s, request, pdu);
		return;
	case SMPP_QUERY_SM:
		mc_query_sm(s, request, pdu);
		return;
	case SMPP_CANCEL_SM:
		mc_cancel_sm(s, request, pdu);
		return;
	case SMPP_REPLACE_SM:
		mc_replace_sm(s, request, pdu);
		return;
	}
	/* Cell broadcast and vendors' own commands are not served. */
	if (smpp_answer_of(request.command))
		smpp_nack(s, request, SMPP_RINVCMDID);
}

static void
mc_message(struct sb_session *s, struct sb_message *m)
{
	switch (m->type) {
	case MC_DELIVER:
		mc_deliver(s, m);
		break;
	case SB_MSG_REPLY:
		/* A session has no other calls before it is bound. */
		if (mc_bind_is_ref(mc_session_of(s), m->ref))
			mc_bind_judged(s, m);
		else
			mc_submitted(s, m);
		break;
	}
}

/* What is at hand can still be answered, but nothing new may come. */
static void
mc_unbinding(struct sb_session *s)
{
	mc_bind_leave(s);
	mc_deliver_stop(s);
	/* Who unbinds may bind again at once, with a connection that goes before this one has gone.
	 */
	mc_bind_release(s);
}

/* Replies can still be sent here: partitions get back what was in our hands before they hear that
 * we are gone. */
static void
mc_closed(struct sb_session *s, enum sb_end why)
{
	struct mc_session *session = mc_session_of(s);

	if (session->is_accepted)
		SB_LOG(s, INFO, "mc.bind_ended", "why", SB_STR(sb_end_name(why)));
	session->is_joined = false; /* names have gone already */
	mc_deliver_stop(s);
	mc_bind_fini(s);
	mc_slots_fini(&session->slots);
}

static void
mc_describe(const struct sb_session *s, struct sb_fields *f)
{
	const struct mc_session *session = smpp_state(s);

	if (!session->is_accepted)
		return;
	sb_fields_add(f, "account", SB_STR(mc_session_account(s)->system_id));
	sb_fields_add(f, "unanswered", SB_UINT(session->slots.used));
	sb_fields_add(f, "backlog", SB_UINT(session->backlog.count));
}

const struct smpp_application mc_application = {
	.name = "smpp.mc",
	.side = SMPP_MC,
	.state_size = sizeof(struct mc_session),
	.bind = mc_bind,
	.request = mc_request,
	.response = mc_deliver_response,
	.response_timeout = mc_deliver_timeout,
	.response_lost = mc_deliver_lost,
	.window_open = mc_deliver_more,
	.unbinding = mc_unbinding,
	.message = mc_message,
	.closed = mc_closed,
	.describe = mc_describe,
};
