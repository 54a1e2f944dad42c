/*
 * The callbacks that the core calls: octets to the parser of the open exchange, messages to
 * its handler, and the deadlines. A connection without an exchange holds nothing but this.
 */
#include "protocols/http/exchange_internal.h"

#define NS_PER_MS 1000000ull

size_t
http_session_size(const struct http_server_options *options)
{
	return HTTP_STATE_OFFSET + options->connection_size;
}

void *
http_session_state(const struct sb_session *s)
{
	return (uint8_t *)sb_state(s) + HTTP_STATE_OFFSET;
}

struct http_exchange *
http_session_exchange(struct sb_session *s)
{
	return http_session_of(s)->exchange;
}

/* ---- deadlines ---- */

static void timer_fired(struct sb_session *s, struct sb_timer *timer);

/* Rounded up to whole milliseconds: a timer that fires early would find nothing due. */
static void
arm(struct sb_session *s, struct http_session *p)
{
	uint64_t now = sb_now(s);

	sb_timer_start(s, &p->timer, p->due > now ? (p->due - now + NS_PER_MS - 1) / NS_PER_MS : 0,
		timer_fired);
}

/* Deadlines mostly move to later, which costs a store: the timer looks when it fires. */
void
http_deadline(struct sb_session *s, struct http_session *p, uint32_t ms)
{
	p->due = ms == SB_UNLIMITED ? UINT64_MAX : sb_now(s) + ms * NS_PER_MS;
	if (p->due != UINT64_MAX && (!sb_timer_is_started(&p->timer) || p->timer.due > p->due))
		arm(s, p);
}

void
http_kick(struct sb_session *s, struct http_session *p)
{
	if (p->is_kicked)
		return;
	p->is_kicked = true;
	sb_timer_start(s, &p->timer, 0, timer_fired);
}

/* A client that takes its answer, however slowly, is given time: less waits than at the last look,
 * or has meanwhile, before more was added. */
static bool
is_read(struct sb_session *s, struct http_exchange *x)
{
	uint64_t seen = x->output_seen;
	bool has_drained = x->has_drained;

	x->output_seen = sb_output_size(s);
	x->has_drained = false;
	return !sb_output_is_high(s) || !seen || has_drained || x->output_seen < seen;
}

static void
overdue(struct sb_session *s, struct http_session *p)
{
	struct http_exchange *x = p->exchange;

	if (!x) {
		sb_close(s, SB_END_LOCAL);
	} else if (x->answer == HTTP_ANSWER_BEGUN) {
		if (is_read(s, x))
			http_deadline(s, p, http_limits_of(p)->answer_ms);
		else
			http_refuse(x, HTTP_REFUSAL_ANSWER_TIME);
	} else if (x->request == HTTP_REQUEST_HEAD) {
		http_refuse(x, HTTP_REFUSAL_HEAD_TIME);
	} else if (x->request == HTTP_REQUEST_BODY && !x->is_held) {
		http_refuse(x, HTTP_REFUSAL_BODY_TIME);
	} else {
		http_refuse(x, HTTP_REFUSAL_ANSWER_TIME);
	}
}

/* ---- input ---- */

/* Empty lines in front of a request are passed over (RFC 9112, 2.2). */
static struct sb_bytes
without_empty_lines(struct sb_bytes in)
{
	while (in.size >= 2 && in.data[0] == '\r' && in.data[1] == '\n')
		in = sb_bytes(in.data + 2, in.size - 2);
	return in;
}

/* There is one afterwards: false: not now, or not enough to begin with. */
static bool
have_exchange(struct sb_session *s, struct http_session *p, struct sb_bytes *in)
{
	if (p->exchange)
		return true;
	*in = without_empty_lines(*in);
	if (!in->size || (in->size == 1 && in->data[0] == '\r') || !sb_frame(s))
		return false;
	if (http_exchange_open(s, p)) {
		sb_close(s, SB_END_LIMIT);
		return false;
	}
	return true;
}

/* Requests behind one that is not answered wait; and only then is there something to hold. */
static bool
must_wait(struct sb_session *s, struct http_session *p, struct sb_bytes in)
{
	struct http_exchange *x = p->exchange;

	if (x->is_held)
		return true;
	if (x->request != HTTP_REQUEST_DONE)
		return false;
	if (in.size && !p->is_waiting) {
		p->is_waiting = true;
		sb_hold(s, "answer");
	}
	return true;
}

/* What zlib still has comes with what it is given next, or alone if all is given. */
static enum http_event
next_event(struct http_exchange *x, struct sb_bytes *in)
{
	if (!x->has_inflated || x->parser.unread)
		return http_parser_next(&x->parser, in);
	x->parser.part = sb_bytes(NULL, 0);
	return HTTP_EVENT_BODY;
}

static void
go_on(struct sb_session *s, struct http_session *p, struct sb_bytes *in)
{
	struct http_exchange *x;
	enum http_event event;

	while (!sb_is_closing(s) && have_exchange(s, p, in) && !must_wait(s, p, *in)) {
		x = p->exchange;
		if (x->owes_continue && !in->size)
			http_answer_continue(x);
		event = next_event(x, in);
		if (event == HTTP_EVENT_MORE)
			return;
		http_exchange_on(x, event, in);
	}
}

static ssize_t
session_received(struct sb_session *s, struct sb_bytes in)
{
	struct sb_bytes left = in;

	go_on(s, http_session_of(s), &left);
	return (ssize_t)(in.size - left.size);
}

static void
timer_fired(struct sb_session *s, struct sb_timer *timer)
{
	struct http_session *p = http_session_of(s);
	struct sb_bytes none = {0};

	(void)timer;
	if (!sb_is_connected(s))
		return;
	if (p->is_kicked) {
		p->is_kicked = false;
		if (p->exchange)
			http_exchange_settle(p->exchange);
		/* What the parser has read already, and the end of a body, need no octets. */
		if (p->exchange)
			go_on(s, p, &none);
	}
	if (!sb_is_closing(s) && p->due <= sb_now(s))
		overdue(s, p);
	if (!sb_is_closing(s) && p->due != UINT64_MAX)
		arm(s, p);
}

/* ---- the other callbacks ---- */

static int
session_start(struct sb_session *s, const void *args)
{
	struct http_session *p = http_session_of(s);

	p->server = (struct http_server *)(uintptr_t)args;
	p->shard = (uint16_t)sb_session_shard(s);
	return 0;
}

static int
session_connected(struct sb_session *s, const struct sb_peer *peer)
{
	struct http_session *p = http_session_of(s);

	(void)peer;
	http_deadline(s, p, http_limits_of(p)->idle_ms);
	return 0;
}

/* A client may end its side behind its last request, and wait for the answer. */
static void
session_input_ended(struct sb_session *s)
{
	struct http_exchange *x = http_session_of(s)->exchange;

	if (x && x->request == HTTP_REQUEST_DONE)
		x->closes = true;
	else
		sb_close(s, SB_END_PEER);
}

static void
session_drained(struct sb_session *s)
{
	struct http_exchange *x = http_session_of(s)->exchange;

	if (x)
		x->has_drained = true;
	if (x && x->handler && x->handler->drained)
		http_exchange_call(x, x->handler->drained);
}

bool
http_is_leaving(struct sb_session *s, const struct http_session *p)
{
	bool (*is_needed)(struct sb_session *, void *) = p->server->options.is_needed;

	return p->is_draining && !(is_needed && is_needed(s, http_session_state(s)));
}

static void
session_stopping(struct sb_session *s)
{
	struct http_session *p = http_session_of(s);
	struct http_exchange *x = p->exchange;

	p->is_draining = true;
	if (!x) {
		if (http_is_leaving(s, p))
			sb_close(s, SB_END_DRAIN);
		return;
	}
	x->closes = x->closes || http_is_leaving(s, p);
	if (x->handler && x->handler->stopping)
		http_exchange_call(x, x->handler->stopping);
}

static void
session_message(struct sb_session *s, struct sb_message *m)
{
	struct http_session *p = http_session_of(s);
	struct http_exchange *x = p->exchange;

	if (x && x->handler && x->handler->message) {
		p->is_inside = true;
		x->handler->message(x, m);
		p->is_inside = false;
		http_exchange_settle(x);
	} else if (p->server->options.idle_message) {
		p->server->options.idle_message(s, m);
	} else {
		(void)sb_reply(s, sb_message_from(m), SB_ENOTSUP, SB_NOTHING);
	}
}

static void
session_closed(struct sb_session *s, enum sb_end why)
{
	struct http_session *p = http_session_of(s);
	const struct http_server_options *options = &p->server->options;

	if (p->exchange)
		http_exchange_free(p->exchange);
	if (options->connection_closed)
		options->connection_closed(s, http_session_state(s), why);
}

static const char *
phase_name(const struct http_exchange *x)
{
	if (!x)
		return "idle";
	if (x->answer == HTTP_ANSWER_BEGUN)
		return "answer";
	switch ((enum http_request_phase)x->request) {
	case HTTP_REQUEST_HEAD:
		return "head";
	case HTTP_REQUEST_BODY:
		return "body";
	case HTTP_REQUEST_DONE:
		break;
	}
	return "waits for its answer";
}

static void
session_describe(const struct sb_session *s, struct sb_fields *fields)
{
	const struct http_session *p = sb_state(s);
	const struct http_exchange *x = p->exchange;

	sb_fields_add(fields, "state", SB_STR(phase_name(x)));
	sb_fields_add(fields, "requests", SB_UINT(p->requests));
	if (!x || !x->path)
		return;
	sb_fields_add(fields, "method", SB_STR(http_method_name(x)));
	sb_fields_add(fields, "path", SB_STR(x->path));
	sb_fields_add(fields, "body_octets", SB_UINT(x->body_size));
}

const struct sb_module http_session_callbacks = {
	.abi = SB_MODULE_ABI,
	.start = session_start,
	.connected = session_connected,
	.received = session_received,
	.input_ended = session_input_ended,
	.drained = session_drained,
	.stopping = session_stopping,
	.message = session_message,
	.closed = session_closed,
	.describe = session_describe,
};
