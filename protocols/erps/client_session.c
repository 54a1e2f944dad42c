/*
 * The callbacks that the core calls, and the life of a connection; then what an
 * application does with its session.
 */
#include "protocols/erps/pool_internal.h"

void *
erps_client_state(const struct sb_session *s)
{
	return (uint8_t *)sb_state(s) + ERPS_CLIENT_STATE_OFFSET;
}

/* ---- deadlines ---- */

static uint64_t
earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t
after(const struct sb_session *s, uint32_t ms)
{
	return ms == SB_UNLIMITED ? UINT64_MAX : sb_now(s) + ms * ERPS_NS_PER_MS;
}

/* When the line is free again by time alone; UINT64_MAX: it is, or waits for something else. */
static uint64_t
line_deadline(const struct sb_session *s, const struct erps_client_session *p)
{
	uint64_t due = erps_turn_due(&p->turn, sb_now(s));

	if (!due && p->retry_at > sb_now(s))
		return p->retry_at;
	return due ? due : UINT64_MAX;
}

static uint64_t
first_deadline(const struct sb_session *s, const struct erps_client_session *p)
{
	const struct erps_call *call = erps_calls_first(&p->calls);
	uint64_t due = call ? call->due : UINT64_MAX;

	if (p->place == ERPS_READY)
		due = earlier(due, p->keepalive_at);
	if (p->place == ERPS_READY && (p->queue.count || p->is_keepalive_due))
		due = earlier(due, line_deadline(s, p));
	return due;
}

static void
on_timer(struct sb_session *s, struct sb_timer *timer)
{
	struct erps_client_session *p = erps_client_session(s);

	(void)timer;
	erps_client_end_due(s, p);
	if (p->place == ERPS_READY && p->keepalive_at <= sb_now(s)) {
		p->is_keepalive_due = true;
		p->keepalive_at = after(s, erps_client_opts(p)->keepalive_ms);
	}
	erps_client_go_on(s, p);
}

/* One that is armed for sooner looks for itself what is left. */
void
erps_client_arm(struct sb_session *s, struct erps_client_session *p)
{
	uint64_t now = sb_now(s), due = first_deadline(s, p);

	if (due == UINT64_MAX || (sb_timer_is_started(&p->timer) && p->timer.due <= due))
		return;
	due = due > now ? due - now : 0;
	sb_timer_start(s, &p->timer, (due + ERPS_NS_PER_MS - 1) / ERPS_NS_PER_MS, on_timer);
}

void
erps_client_wake(struct sb_session *s, struct erps_client_session *p)
{
	sb_timer_start(s, &p->timer, 0, on_timer);
}

/* ---- going on, and leaving ---- */

bool
erps_client_stays(const struct erps_client_session *p, enum sb_end why)
{
	if (p->is_stopping)
		return false;
	switch (erps_client_opts(p)->restart) {
	case SB_TEMPORARY:
		return false;
	case SB_TRANSIENT:
		return !sb_end_is_normal(why);
	case SB_PERMANENT:
		return true;
	}
	return false;
}

void
erps_client_leave(
	struct sb_session *s, struct erps_client_session *p, enum sb_end why, bool is_useless)
{
	if (p->place == ERPS_AWAY || p->place == ERPS_LEAVING)
		return;
	p->place = ERPS_LEAVING;
	erps_pool_publish(p);
	if (is_useless)
		sb_connect_unsuccessful(s);
	if (erps_client_stays(p, why))
		sb_disconnect(s, why);
	else
		sb_close(s, p->is_stopping ? SB_END_DRAIN : why);
}

/* Half empty, or it would be told of each place. */
static void
tell_room(struct sb_session *s, struct erps_client_session *p)
{
	const struct erps_client_options *o = erps_client_opts(p);

	if (!p->wants_room || p->queue.count > o->queue / 2 || p->queue.octets > o->queue_bytes / 2)
		return;
	p->wants_room = false;
	if (erps_client_app(p)->writable)
		erps_client_app(p)->writable(s);
}

void
erps_client_go_on(struct sb_session *s, struct erps_client_session *p)
{
	if (sb_is_closing(s))
		return;
	erps_client_pump(s, p);
	tell_room(s, p);
	erps_pool_publish(p);
	if (p->place == ERPS_DRAINING && !p->sent)
		erps_client_leave(s, p, SB_END_PEER, false);
	if (p->is_stopping && !p->sent && !p->queue.count && !sb_is_closing(s))
		sb_close(s, SB_END_DRAIN);
	erps_client_arm(s, p);
}

/* ---- callbacks ---- */

static int
begin_to_connect(struct sb_session *s, const struct erps_client_options *o)
{
	return sb_connect(s, &(struct sb_connector_options){
				     .host = o->host,
				     .port = o->port,
				     .source = o->source,
				     .tls = o->tls,
				     .server_name = o->server_name,
				     .connect_ms = o->connect_ms,
				     .limits = o->limits,
				     .socket = o->socket,
				     .reconnect = o->restart != SB_TEMPORARY,
				     .backoff_min_ms = o->backoff_min_ms,
				     .backoff_max_ms = o->backoff_max_ms,
				     .stable_ms = o->stable_ms,
			     });
}

/* The application last: what fails after it would have to be told to it. */
static int
session_start(struct sb_session *s, const void *args)
{
	struct erps_client_session *p = erps_client_session(s);
	const struct erps_client_options *o;
	int err;

	p->client = (struct erps_client *)(uintptr_t)args;
	p->shard = (uint16_t)sb_session_shard(s);
	o = erps_client_opts(p);
	p->decoder =
		(struct erps_decoder){.limits = o->terms, .atoms = o->atoms, .env = p->client->env};
	err = o->secret ? erps_signer_init(&p->signer, o->secret, 1) : 0;
	if (!err)
		err = begin_to_connect(s, o);
	if (!err && p->client->member)
		err = erps_pool_join(s, p->client->member);
	if (!err && erps_client_app(p)->start)
		err = erps_client_app(p)->start(s, p->client->args);
	p->is_known = err >= 0;
	if (err < 0)
		erps_signer_fini(&p->signer);
	return err < 0 ? err : 0;
}

void
erps_client_ready(struct sb_session *s, struct erps_client_session *p)
{
	p->place = ERPS_READY;
	p->keepalive_at = after(s, erps_client_opts(p)->keepalive_ms);
	erps_pool_publish(p);
	erps_pool_call_for(s, p);
	if (erps_client_app(p)->connected)
		erps_client_app(p)->connected(s, sb_session_peer(s));
}

static int
session_connected(struct sb_session *s, const struct sb_peer *peer)
{
	struct erps_client_session *p = erps_client_session(s);
	const struct erps_client_options *o = erps_client_opts(p);
	int err = 0;

	(void)peer;
	p->place = ERPS_PROBING;
	p->is_ours = p->is_keepalive_due = false;
	erps_turn_init(&p->turn, o->pacing);
	p->marked = p->in_flight = p->retry_at = 0;
	SB_LOG(s, INFO, "erps.client.connected", "host", SB_STR(o->host), "port", SB_UINT(o->port));
	if (p->client->probe.data)
		err = erps_client_send_probe(s, p);
	else
		erps_client_ready(s, p);
	erps_client_go_on(s, p);
	return err;
}

static void
session_input_ended(struct sb_session *s)
{
	erps_client_leave(s, erps_client_session(s), SB_END_PEER, false);
}

/* What was sent is lost with the connection; what waits, waits on, or is told that it cannot. */
static void
session_disconnected(struct sb_session *s, enum sb_end why)
{
	struct erps_client_session *p = erps_client_session(s);
	const struct erps_term nothing = {NULL, 0};
	bool stays = erps_client_stays(p, why);
	uint32_t retry_ms = stays ? sb_connect_retry_ms(s) : 0;

	if (p->place != ERPS_AWAY)
		SB_LOG(s, WARNING, "erps.client.lost", "why", SB_STR(sb_end_name(why)),
			"outstanding", SB_UINT(p->sent), "retry_ms", SB_UINT(retry_ms));
	sb_counter_add(p->client->metrics.connections_lost, p->shard, 1);
	p->place = ERPS_AWAY;
	p->is_ours = false;
	erps_pool_publish(p);
	erps_client_end_sent(s, p, ERPS_LOST, nothing);
	erps_pool_move_queue(s, p);
	if (!stays || !erps_client_opts(p)->queues_while_away)
		erps_client_end_queued(s, p, ERPS_UNSENT, nothing);
	if (!sb_is_closing(s) && erps_client_app(p)->disconnected)
		erps_client_app(p)->disconnected(s, why, retry_ms);
	if (!stays)
		sb_close(s, p->is_stopping ? SB_END_DRAIN : why);
}

static void
session_drained(struct sb_session *s)
{
	erps_client_go_on(s, erps_client_session(s));
}

/* What is under way may end, for as long as the supervisor waits. */
static void
session_stopping(struct sb_session *s)
{
	struct erps_client_session *p = erps_client_session(s);

	p->is_stopping = true;
	erps_pool_publish(p);
	if (p->place == ERPS_AWAY || p->place == ERPS_LEAVING)
		sb_close(s, SB_END_DRAIN);
	else
		erps_client_go_on(s, p);
}

/* A call must have an answer: without a taker it is told so, rather than left to its timeout. */
static void
session_message(struct sb_session *s, struct sb_message *m)
{
	struct erps_client_session *p = erps_client_session(s);

	if (erps_client_message(s, p, m))
		erps_client_go_on(s, p);
	else if (erps_client_app(p)->message)
		erps_client_app(p)->message(s, m);
	else
		(void)sb_reply(s, sb_message_from(m), SB_ENOTSUP, SB_NOTHING);
}

static void
session_closed(struct sb_session *s, enum sb_end why)
{
	struct erps_client_session *p = erps_client_session(s);
	const struct erps_term nothing = {NULL, 0};

	p->place = ERPS_AWAY;
	erps_pool_publish(p);
	erps_client_end_sent(s, p, ERPS_LOST, nothing);
	erps_pool_move_queue(s, p);
	erps_client_end_queued(s, p, ERPS_UNSENT, nothing);
	if (p->is_known && erps_client_app(p)->closed)
		erps_client_app(p)->closed(s, why);
	erps_calls_fini(s, &p->calls);
	erps_decoder_fini(&p->decoder);
	erps_signer_fini(&p->signer);
}

static void
session_describe(const struct sb_session *s, struct sb_fields *fields)
{
	static const char *const places[] = {
		[ERPS_AWAY] = "away",
		[ERPS_PROBING] = "probing",
		[ERPS_READY] = "ready",
		[ERPS_DRAINING] = "draining",
		[ERPS_LEAVING] = "leaving",
	};
	const struct erps_client_session *p = erps_client_session(s);

	sb_fields_add(fields, "state", SB_STR(places[p->place]));
	sb_fields_add(fields, "host", SB_STR(erps_client_opts(p)->host));
	sb_fields_add(fields, "port", SB_UINT(erps_client_opts(p)->port));
	sb_fields_add(fields, "server_is_ours", SB_BOOL(p->is_ours));
	sb_fields_add(fields, "is_paced", SB_BOOL(p->turn.is_paced));
	sb_fields_add(fields, "outstanding", SB_UINT(p->sent));
	sb_fields_add(fields, "queued", SB_UINT(p->queue.count));
	if (erps_client_app(p)->describe)
		erps_client_app(p)->describe(s, fields);
}

const struct sb_module erps_client_callbacks = {
	.abi = SB_MODULE_ABI,
	.start = session_start,
	.connected = session_connected,
	.received = erps_client_received,
	.input_ended = session_input_ended,
	.disconnected = session_disconnected,
	.drained = session_drained,
	.stopping = session_stopping,
	.message = session_message,
	.closed = session_closed,
	.describe = session_describe,
};
