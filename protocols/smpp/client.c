/*
 * The blocking client. What it does to its session it does inside the session's own
 * callbacks, as everybody must: a call is put into `order`, posted as a message, and
 * turns are taken until the message has been handled. What the session is told goes
 * into a queue of events, each one block with the octets that its PDU points into.
 */
#include "protocols/smpp/client.h"

#include "core/log.h"
#include "core/node.h"

#include <string.h>

#define NS_PER_MS  1000000ull
#define QUEUE      1024
#define STOP_MS    10000
#define CONNECT_MS 5000 /* the connector's */
#define SLACK_MS   100

/* Of what has come a little later: a bound, for a centre may never pause. */
#define MORE_TURNS 64

enum client_state {
	CLIENT_CONNECTING,
	CLIENT_READY, /* bound, or connected where the bind is manual */
	CLIENT_REFUSED,
	CLIENT_ENDED,
};

struct entry {
	struct entry *next;
	struct smpp_client_event event;
	uint8_t octets[];
};

struct queue {
	struct entry *first, **last;
	size_t count;
};

/* Messages to the session. */
enum client_message {
	CLIENT_READ_ON,
	CLIENT_ORDER,
	CLIENT_NOTHING, /* asks whether it still takes any */
};

/* What is to be done inside the session, and how it went. */
struct order {
	struct smpp_pdu *request; /* to send; NULL: `answered` is to be answered */
	uint64_t context;
	struct smpp_request answered;
	uint32_t status;
	struct sb_bytes id;
	int result;
	bool is_done;
};

struct smpp_client {
	const struct sb_env *env;
	struct sb_node *node;
	struct smpp_service *service;
	struct sb_log *own_log;
	struct sb_address session;
	enum client_state state;
	enum sb_end why;
	uint32_t bind_status;
	bool has_room; /* window_open has come since the last SB_FULL */
	bool is_held;
	bool leaves_requests, is_bind_manual;
	uint32_t queue_limit;
	uint64_t next_context; /* of requests: odd, so that none is one of the caller's */
	uint64_t awaited;
	struct entry *answer;
	struct queue came;
	struct queue fetched; /* the caller has them until it fetches again */
};

/* ---- the queue ---- */

static void
queue_put(struct queue *queue, struct entry *entry)
{
	entry->next = NULL;
	if (!queue->first)
		queue->last = &queue->first;
	*queue->last = entry;
	queue->last = &entry->next;
	queue->count++;
}

static struct entry *
queue_take(struct queue *queue)
{
	struct entry *entry = queue->first;

	queue->first = entry->next;
	queue->count--;
	return entry;
}

static void
entry_free(const struct smpp_client *client, struct entry *entry)
{
	client->env->release(client->env->context, entry);
}

static void
queue_clear(const struct smpp_client *client, struct queue *queue)
{
	while (queue->first)
		entry_free(client, queue_take(queue));
}

/* A PDU outlives its callback: its octets are put together again and decoded where they stay.
 * `pdu` may be a header alone. */
static struct entry *
entry_new(const struct smpp_client *client, enum smpp_client_event_kind kind,
	const struct smpp_pdu *pdu)
{
	size_t size = SMPP_HEADER_SIZE + pdu->body.size;
	struct entry *entry = client->env->allocate(client->env->context, sizeof(*entry) + size);
	struct sb_writer w;

	if (!entry)
		return NULL;
	memset(entry, 0, sizeof(*entry));
	entry->event.kind = kind;
	w = sb_writer_of(entry->octets, size);
	sb_put_u32(&w, (uint32_t)size);
	sb_put_u32(&w, pdu->header.command);
	sb_put_u32(&w, pdu->header.status);
	sb_put_u32(&w, pdu->header.sequence);
	sb_put_bytes(&w, pdu->body.data, pdu->body.size);
	if (smpp_decode(sb_bytes(entry->octets, size), NULL, &entry->event.pdu, NULL))
		entry->event.pdu = (struct smpp_pdu){.header = pdu->header, .header_only = true};
	return entry;
}

/* ---- the session ---- */

static struct smpp_client *
client_of(const struct sb_session *s)
{
	return *(struct smpp_client **)smpp_state(s);
}

static int
on_start(struct sb_session *s, const void *args)
{
	struct smpp_client *client = (struct smpp_client *)(uintptr_t)args;

	*(struct smpp_client **)smpp_state(s) = client;
	client->session = sb_self(s);
	return 0;
}

static int
on_connected(struct sb_session *s, const struct sb_peer *peer, const void *args)
{
	struct smpp_client *client = client_of(s);

	(void)peer;
	(void)args;
	if (client->is_bind_manual)
		client->state = CLIENT_READY;
	return 0;
}

static void
on_bound(struct sb_session *s, const struct smpp_pdu *response)
{
	(void)response;
	client_of(s)->state = CLIENT_READY;
}

static void
on_bind_refused(struct sb_session *s, const struct smpp_pdu *response)
{
	struct smpp_client *client = client_of(s);

	client->bind_status = response->header.status;
	if (!client->is_bind_manual)
		client->state = CLIENT_REFUSED;
}

static bool
is_full(const struct smpp_client *client)
{
	return client->came.count >= client->queue_limit;
}

/* A response that is waited for is behind what fills the queue: then it is read on. */
static void
hold_if_full(struct sb_session *s)
{
	struct smpp_client *client = client_of(s);

	if (!is_full(client) || client->awaited || client->is_held)
		return;
	client->is_held = true;
	smpp_hold(s, "client");
}

/* Out of memory ends the session: an event that is missing would not be noticed. */
static struct entry *
put(struct sb_session *s, enum smpp_client_event_kind kind, const struct smpp_pdu *pdu)
{
	struct smpp_client *client = client_of(s);
	struct entry *entry = entry_new(client, kind, pdu);

	if (!entry) {
		sb_close(s, SB_END_LIMIT);
		return NULL;
	}
	queue_put(&client->came, entry);
	hold_if_full(s);
	return entry;
}

static void
on_request(struct sb_session *s, struct smpp_request request, const struct smpp_pdu *pdu)
{
	struct entry *entry;

	if (is_full(client_of(s))) {
		(void)smpp_respond(s, request, SMPP_RX_T_APPN, sb_bytes(NULL, 0));
		/* Its caller has given up: this one was the last. */
		hold_if_full(s);
		return;
	}
	entry = put(s, SMPP_CLIENT_PDU, pdu);
	if (!entry)
		return;
	entry->event.request = request;
	if (!client_of(s)->leaves_requests && smpp_answer_of(request.command))
		(void)smpp_respond(s, request, SMPP_ROK, sb_bytes(NULL, 0));
}

/* The one that is waited for goes to who waits, the others to the queue. */
static void
ended(struct sb_session *s, enum smpp_client_event_kind kind, uint64_t context,
	const struct smpp_pdu *pdu)
{
	struct smpp_client *client = client_of(s);
	struct entry *entry;

	if (context & 1) {
		if (client->awaited != context)
			return; /* its caller has given up */
		client->awaited = 0;
		client->answer = entry_new(client, kind, pdu);
		if (client->answer)
			hold_if_full(s);
		else
			sb_close(s, SB_END_LIMIT);
		return;
	}
	entry = put(s, kind, pdu);
	if (entry)
		entry->event.context = context >> 1;
}

static void
on_response(struct sb_session *s, uint64_t context, const struct smpp_pdu *pdu)
{
	ended(s, SMPP_CLIENT_RESPONSE, context, pdu);
}

static void
on_timeout(struct sb_session *s, uint64_t context, uint32_t command)
{
	ended(s, SMPP_CLIENT_TIMEOUT, context, &(struct smpp_pdu){.header.command = command});
}

static void
on_lost(struct sb_session *s, uint64_t context, uint32_t command)
{
	ended(s, SMPP_CLIENT_ERROR, context, &(struct smpp_pdu){.header.command = command});
}

static void
on_window_open(struct sb_session *s)
{
	client_of(s)->has_room = true;
}

static void
on_sent_order(struct sb_session *s, const struct order *order)
{
	struct entry *entry;

	if (order->result || (order->context & 1))
		return;
	entry = put(s, SMPP_CLIENT_SENT, &(struct smpp_pdu){.header = order->request->header});
	if (entry)
		entry->event.context = order->context >> 1;
}

static void
on_message(struct sb_session *s, struct sb_message *m)
{
	struct smpp_client *client = client_of(s);
	struct order *order;

	if (m->type == CLIENT_NOTHING)
		return;
	if (m->type == CLIENT_READ_ON) {
		/* There is room in the queue again. */
		client->is_held = false;
		smpp_resume(s);
		return;
	}
	memcpy(&order, m->data, sizeof(order));
	if (order->request)
		order->result = smpp_send(s, order->request, order->context);
	else
		order->result = smpp_respond(s, order->answered, order->status, order->id);
	order->is_done = true;
	if (order->request)
		on_sent_order(s, order);
}

static void
on_closed(struct sb_session *s, enum sb_end why)
{
	struct smpp_client *client = client_of(s);

	if (client->state != CLIENT_REFUSED)
		client->state = CLIENT_ENDED;
	client->why = why;
	client->has_room = true; /* nobody waits for it any more */
}

static const struct smpp_application application = {
	.name = "smpp.client",
	.side = SMPP_ESME,
	.state_size = sizeof(struct smpp_client *),
	.start = on_start,
	.connected = on_connected,
	.bound = on_bound,
	.bind_refused = on_bind_refused,
	.request = on_request,
	.response = on_response,
	.response_timeout = on_timeout,
	.response_lost = on_lost,
	.window_open = on_window_open,
	.message = on_message,
	.closed = on_closed,
};

/* ---- turns ---- */

static uint64_t
now(const struct smpp_client *client)
{
	const struct sb_env *env = sb_node_env(client->node);

	return env->now(env->context);
}

static bool
is_over(const struct smpp_client *client)
{
	return client->state >= CLIENT_REFUSED || sb_node_is_stopped(client->node);
}

/* One turn, which waits until `deadline` where there is nothing to do. False: it has passed. */
static bool
turn(struct smpp_client *client, uint64_t deadline)
{
	uint64_t at = now(client);

	(void)sb_node_turn(client->node, 0, deadline > at ? (int64_t)(deadline - at) : 0);
	return now(client) < deadline;
}

static uint64_t
deadline_in(const struct smpp_client *client, uint64_t ms)
{
	return now(client) + ms * NS_PER_MS;
}

/* Inside the session. SB_GONE when there is none any more. */
static int
carry_out(struct smpp_client *client, struct order *order)
{
	int err = sb_node_post(
		client->node, client->session, CLIENT_ORDER, 0, SB_COPY(&order, sizeof(order)));

	if (err)
		return err;
	/* A message that was taken is handled in the next turn, or dropped with its session, whose
	 * connection may linger long after: then it takes no message any more. */
	while (!order->is_done && !is_over(client)) {
		(void)turn(client, now(client));
		if (!order->is_done && sb_node_post(client->node, client->session, CLIENT_NOTHING,
					       0, SB_NOTHING) == SB_GONE)
			return SB_GONE;
	}
	return order->is_done ? order->result : SB_GONE;
}

static void
read_on(struct smpp_client *client)
{
	(void)sb_node_post(client->node, client->session, CLIENT_READ_ON, 0, SB_NOTHING);
}

/* ---- open and stop ---- */

static int
make_node(struct smpp_client *client, const struct smpp_client_options *o)
{
	static const struct sb_log_options silent = {.level = SB_LOG_FATAL, .fd = 2};
	struct sb_node_options node = {.threads = 1, .env = client->env, .log = o->log};
	struct smpp_esme_options esme = o->esme;

	if (!node.log) {
		client->own_log = sb_log_new(&silent);
		node.log = client->own_log;
	}
	if (!node.log)
		return SB_ENOMEM;
	/* Ending is the caller's to notice; a second life would lose what it knows of the first. */
	esme.restart = SB_TEMPORARY;
	esme.shard = 0;
	if (!esme.session.enquire_link_ms)
		esme.session.enquire_link_ms = SB_UNLIMITED;
	return sb_node_new(&client->node, &node)
		       ? SB_ENOMEM
		       : smpp_esme_start(client->node, esme.host, esme.port, &application, client,
				 &esme, &client->service);
}

/* The session has deadlines of its own for all that it does, and one that could not even start has
 * none: this is behind them. */
static uint64_t
open_deadline(const struct smpp_client *client, const struct smpp_esme_options *o)
{
	uint64_t ms = o->connect_ms ? o->connect_ms : CONNECT_MS;

	if (o->tls)
		ms += sb_limits_complete(o->limits, 0).handshake_ms;
	return deadline_in(
		client, ms + smpp_service_options(client->service)->session_init_ms + SLACK_MS);
}

static int
wait_until_ready(
	struct smpp_client *client, const struct smpp_esme_options *options, uint32_t *status)
{
	uint64_t deadline = open_deadline(client, options);

	while (client->state == CLIENT_CONNECTING && !is_over(client))
		if (!turn(client, deadline))
			return SB_TIMEOUT;
	if (client->state == CLIENT_READY)
		return 0;
	if (status)
		*status = client->bind_status;
	if (client->state == CLIENT_REFUSED)
		return SB_EACCES;
	return client->why == SB_END_DEADLINE ? SB_TIMEOUT : SB_EUNREACH;
}

static void
client_free(struct smpp_client *client)
{
	sb_node_free(client->node);
	smpp_service_free(client->service);
	sb_log_free(client->own_log);
	entry_free(client, client->answer);
	queue_clear(client, &client->came);
	queue_clear(client, &client->fetched);
	client->env->release(client->env->context, client);
}

int
smpp_client_open(
	struct smpp_client **client, const struct smpp_client_options *options, uint32_t *status)
{
	const struct sb_env *env = options->env ? options->env : sb_env_system();
	struct smpp_client *made = env->allocate(env->context, sizeof(*made));
	int err;

	if (!made)
		return SB_ENOMEM;
	memset(made, 0, sizeof(*made));
	made->env = env;
	made->leaves_requests = options->leaves_requests;
	made->is_bind_manual = options->esme.is_bind_manual;
	made->queue_limit = options->queue ? options->queue : QUEUE;
	made->next_context = 1;
	err = make_node(made, options);
	if (!err)
		err = wait_until_ready(made, &options->esme, status);
	if (err) {
		client_free(made);
		return err;
	}
	*client = made;
	return 0;
}

void
smpp_client_stop(struct smpp_client *client)
{
	uint64_t deadline;

	if (!client)
		return;
	deadline = deadline_in(client, STOP_MS);
	sb_node_stop(client->node);
	while (!sb_node_is_stopped(client->node) && turn(client, deadline))
		;
	client_free(client);
}

/* ---- calls ---- */

static int
send_when_there_is_room(struct smpp_client *client, struct order *order, uint64_t deadline)
{
	int err;

	for (;;) {
		order->is_done = client->has_room = false;
		err = carry_out(client, order);
		if (err != SB_FULL)
			return err;
		while (!client->has_room)
			if (!turn(client, deadline))
				return SB_TIMEOUT;
	}
}

int
smpp_client_request(struct smpp_client *client, struct smpp_pdu *request, uint32_t timeout_ms,
	const struct smpp_client_event **response)
{
	uint32_t ms = timeout_ms ? timeout_ms : smpp_service_options(client->service)->response_ms;
	struct order order = {.request = request, .context = client->next_context};
	struct entry *before = client->answer;
	uint64_t deadline = deadline_in(client, ms);
	int err;

	client->answer = NULL;
	client->next_context += 2;
	client->awaited = order.context;
	if (client->is_held)
		read_on(client);
	err = send_when_there_is_room(client, &order, deadline);
	while (!err && !client->answer && !is_over(client))
		if (!turn(client, deadline) && !client->answer)
			err = SB_TIMEOUT;
	client->awaited = 0;
	/* Not sooner: the request may be made of it. */
	entry_free(client, before);
	if (err)
		return err;
	if (!client->answer || client->answer->event.kind == SMPP_CLIENT_ERROR)
		return SB_GONE;
	if (client->answer->event.kind == SMPP_CLIENT_TIMEOUT)
		return SB_TIMEOUT;
	*response = &client->answer->event;
	return 0;
}

int
smpp_client_send(struct smpp_client *client, struct smpp_pdu *request, uint64_t context)
{
	/* One bit says whose the context is. */
	struct order order = {.request = request, .context = context << 1};

	return context >> 63 ? SB_EINVAL : carry_out(client, &order);
}

static void
fetch(struct smpp_client *client, const struct smpp_client_event *events[], size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct entry *entry = queue_take(&client->came);

		events[i] = &entry->event;
		queue_put(&client->fetched, entry);
	}
	if (client->is_held && !is_full(client))
		read_on(client);
}

ssize_t
smpp_client_wait_for_pdus(struct smpp_client *client, uint32_t timeout_ms,
	const struct smpp_client_event *events[], size_t max)
{
	uint64_t deadline = deadline_in(client, timeout_ms);
	size_t count;

	queue_clear(client, &client->fetched);
	do {
		if ((max && client->came.count) || is_over(client))
			break;
	} while (turn(client, deadline));
	/* What has come already is had in any case: some turns without a wait. */
	for (unsigned i = 0; i < MORE_TURNS && sb_node_turn(client->node, 0, 0); i++)
		;
	count = client->came.count < max ? client->came.count : max;
	if (!client->came.count && is_over(client))
		return SB_GONE;
	fetch(client, events, count);
	return (ssize_t)count;
}

int
smpp_client_respond(struct smpp_client *client, struct smpp_request request, uint32_t status,
	struct sb_bytes id)
{
	struct order order = {.answered = request, .status = status, .id = id};

	return carry_out(client, &order);
}
