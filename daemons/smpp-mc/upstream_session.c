/*
 * The application's table for binds at upstreams, and the way out. While the bind
 * is there it is a member of the upstream's topic, so that partitions send to it; what
 * waits for its window or for the upstream's rate waits here. The session outlives its
 * connections; what a lost one had unanswered goes back to the partitions.
 */
#include "daemons/smpp-mc/upstream_session_internal.h"

#include "core/registry.h"
#include "daemons/smpp-mc/outgoing.h"
#include "daemons/smpp-mc/topic.h"

/* ---- its life ---- */

static int send_onward(struct sb_session *s, const struct mc_delivery *delivery, uint64_t context);

static int
upstream_start(struct sb_session *s, const void *context)
{
	const struct mc_upstream_args *args = context;
	struct mc_session *session = mc_session_of(s);

	session->account = args->number;
	session->send = send_onward;
	return 0;
}

/* A receiver takes no messages: it stays out of the topic. */
static void
upstream_bound(struct sb_session *s, const struct smpp_pdu *response)
{
	struct mc_session *session = mc_session_of(s);
	char topic[MC_TOPIC_MAX];

	(void)response;
	session->is_accepted = true;
	if (smpp_session_state(s) == SMPP_BOUND_RX)
		return;
	mc_topic_of(mc_session_account(s), topic);
	session->is_joined = sb_join(s, topic) == 0;
	if (!session->is_joined) {
		SB_LOG(s, ERROR, "mc.receiver_unnamed", "topic", SB_STR(topic));
		return;
	}
	session->is_counted = true;
	atomic_fetch_add(&mc_session_account(s)->state->binds, 1);
}

/* Bound no longer, or about to be: nothing new comes, and what was not sent goes back. */
static void
leave(struct sb_session *s)
{
	mc_bind_leave(s);
	mc_deliver_stop(s);
	mc_bind_release(s);
}

static void
upstream_disconnected(struct sb_session *s, enum sb_end why, uint32_t retry_ms)
{
	(void)why;
	(void)retry_ms;
	leave(s);
}

static void
upstream_closed(struct sb_session *s, enum sb_end why)
{
	struct mc_session *session = mc_session_of(s);

	(void)why;
	session->is_joined = false; /* names have gone already */
	leave(s);
	mc_slots_fini(&session->slots);
	mc_upstream_receipts_fini(s);
}

/* ---- sending ---- */

static void
pause_over(struct sb_session *s, struct sb_timer *timer)
{
	(void)timer;
	mc_deliver_more(s);
}

/* A token comes so often; at most some wait for each of them. */
static void
pause_sending(struct sb_session *s)
{
	uint64_t token_ms = 1000 / mc_session_upstream(s)->rate.per_second;

	sb_timer_start(s, &mc_upstream_session_of(s)->pause, token_ms ? token_ms : 1, pause_over);
}

static int
make_and_send(struct sb_session *s, const struct mc_delivery *delivery, uint64_t context)
{
	const struct mc_onward onward = {delivery->asks_receipt, delivery->expiry_ms,
		mc_service_wall(s, mc_config_of(s)->service)};
	struct mc_outgoing outgoing;
	int err = mc_outgoing_onward(&outgoing, sb_bytes(delivery->pdu, delivery->size), &onward,
		smpp_session_version(s));

	if (!err)
		err = smpp_send(s, &outgoing.pdu, context);
	mc_outgoing_fini(&outgoing);
	return err;
}

/* It has waited for the rate, or a window, for too long: its partition decides anew. */
static bool
is_too_late(struct sb_session *s, const struct mc_delivery *delivery)
{
	return sb_now(s) >= delivery->too_late_ns ||
	       mc_service_wall(s, mc_config_of(s)->service) >= delivery->expiry_ms;
}

/* The token before the PDU, and given back if that could not be sent. */
static int
send_onward(struct sb_session *s, const struct mc_delivery *delivery, uint64_t context)
{
	const struct mc_upstream *upstream = mc_session_upstream(s);
	struct mc_bucket *bucket = &upstream->state->bucket;
	int err;

	if (is_too_late(s, delivery))
		return SB_TIMEOUT;
	if (!mc_bucket_take(bucket, &upstream->rate, sb_now(s), 1)) {
		pause_sending(s);
		return SB_FULL;
	}
	err = make_and_send(s, delivery, context);
	if (err)
		mc_bucket_give(bucket, &upstream->rate, 1);
	else
		sb_counter_add(upstream->state->sent, sb_session_shard(s), 1);
	return err;
}

/* ---- what the upstream says ---- */

static struct sb_bytes
id_of(const struct smpp_pdu *pdu)
{
	struct sb_bytes id = {NULL, 0};

	if (pdu->header_only || pdu->header.status != SMPP_ROK)
		return id;
	if (pdu->header.command == SMPP_SUBMIT_SM_RESP)
		id = pdu->submit_sm_resp.message_id;
	else if (pdu->header.command == SMPP_DATA_SM_RESP)
		id = pdu->data_sm_resp.message_id;
	/* Longer ones than the book's are nobody's. */
	if (id.size > MC_CARRIER_ID_MAX)
		id.size = 0;
	return id;
}

static void
count_answer(const struct sb_session *s, uint32_t status)
{
	const struct mc_upstream_state *state = mc_session_upstream(s)->state;
	struct sb_counter *counter = state->refused;

	if (status == SMPP_ROK)
		counter = state->accepted;
	else if (status == SMPP_RTHROTTLED || status == SMPP_RMSGQFUL)
		counter = state->throttled;
	sb_counter_add(counter, sb_session_shard(s), 1);
}

/* A generic_nack is no answer of ROK, whatever its status says. */
static uint32_t
status_of(const struct smpp_pdu *pdu)
{
	if (pdu->header.command == SMPP_GENERIC_NACK && pdu->header.status == SMPP_ROK)
		return SMPP_RUNKNOWNERR;
	return pdu->header.status;
}

static void
upstream_response(struct sb_session *s, uint64_t context, const struct smpp_pdu *pdu)
{
	uint32_t status = status_of(pdu);

	count_answer(s, status);
	mc_deliver_taken(s, context, status, id_of(pdu));
}

/* ---- what it sends us ---- */

/* The mode is a sender's wish, and a centre is none; what it might ask for of us in turn we do not
 * do, but acknowledgements are the receiver's. */
static void
take_message(struct sb_session *s, struct mc_order *order, struct sb_bytes destination,
	const struct smpp_pdu *pdu)
{
	uint32_t status;

	order->esm_class &= (uint8_t)~SMPP_ESM_MODE;
	order->registered &= SMPP_WANT_DELIVERY_ACK | SMPP_WANT_USER_ACK;
	status = mc_order_place(s, order, destination, pdu);
	if (status != SMPP_ROK)
		mc_refuse(s, order->request, status);
}

/* True: it is about a message of ours, and not one itself. */
static bool
is_about_ours(uint8_t esm_class)
{
	return smpp_is_receipt(esm_class) || (esm_class & SMPP_ESM_TYPE) == SMPP_ESM_INTERMEDIATE;
}

static void
deliver_sm(struct sb_session *s, struct smpp_request request, const struct smpp_pdu *pdu)
{
	const struct smpp_submit_sm *deliver = &pdu->deliver_sm;
	struct mc_order order = {
		.request = request,
		.source = deliver->source_addr,
		.source_ton = deliver->source_addr_ton,
		.source_npi = deliver->source_addr_npi,
		.esm_class = deliver->esm_class,
		.priority = deliver->priority_flag,
		.registered = deliver->registered_delivery,
	};

	if (is_about_ours(deliver->esm_class))
		mc_upstream_receipt(s, request, pdu);
	else
		take_message(s, &order, deliver->destination_addr, pdu);
}

static void
data_sm(struct sb_session *s, struct smpp_request request, const struct smpp_pdu *pdu)
{
	const struct smpp_data_sm *data = &pdu->data_sm;
	struct mc_order order = {
		.request = request,
		.source = data->source_addr,
		.source_ton = data->source_addr_ton,
		.source_npi = data->source_addr_npi,
		.esm_class = data->esm_class,
		.registered = data->registered_delivery,
	};

	if (is_about_ours(data->esm_class))
		mc_upstream_receipt(s, request, pdu);
	else
		take_message(s, &order, data->destination_addr, pdu);
}

/* ---- the table ---- */

static void
upstream_request(struct sb_session *s, struct smpp_request request, const struct smpp_pdu *pdu)
{
	switch (request.command) {
	case SMPP_DELIVER_SM:
		deliver_sm(s, request, pdu);
		return;
	case SMPP_DATA_SM:
		data_sm(s, request, pdu);
		return;
	}
	if (smpp_answer_of(request.command))
		smpp_nack(s, request, SMPP_RINVCMDID);
}

static void
upstream_message(struct sb_session *s, struct sb_message *m)
{
	switch (m->type) {
	case MC_DELIVER:
		mc_deliver(s, m);
		break;
	case SB_MSG_REPLY:
		mc_submitted(s, m);
		break;
	}
}

static void
upstream_describe(const struct sb_session *s, struct sb_fields *f)
{
	const struct mc_session *session = smpp_state(s);

	sb_fields_add(f, "upstream", SB_STR(mc_session_account(s)->system_id));
	sb_fields_add(f, "unanswered", SB_UINT(session->slots.used));
	sb_fields_add(f, "backlog", SB_UINT(session->backlog.count));
}

const struct smpp_application mc_upstream_application = {
	.name = "smpp.upstream",
	.side = SMPP_ESME,
	.state_size = sizeof(struct mc_upstream_session),
	.start = upstream_start,
	.bound = upstream_bound,
	.disconnected = upstream_disconnected,
	.request = upstream_request,
	.response = upstream_response,
	.response_timeout = mc_deliver_timeout,
	.response_lost = mc_deliver_lost,
	.window_open = mc_deliver_more,
	.unbinding = leave,
	.message = upstream_message,
	.closed = upstream_closed,
	.describe = upstream_describe,
};
