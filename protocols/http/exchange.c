/*
 * An exchange: from the first octet of a request to the last of its answer. It lives in one
 * block of its shard's pool, with the head, the handler's state and the answer's fields
 * where they fit.
 */
#include "protocols/http/exchange_internal.h"

#include <string.h>

int
http_exchange_open(struct sb_session *s, struct http_session *p)
{
	const struct http_limits *limits = http_limits_of(p);
	struct http_exchange *x = http_block_take(p->server, p->shard);

	if (!x)
		return SB_ENOMEM;
	memset(x, 0, sizeof(*x));
	x->session = s;
	x->owner = p;
	x->body_limit = limits->body_bytes;
	http_head_init(&x->parser.head, p->server->env, x->room, HTTP_EXCHANGE_ROOM,
		limits->head_bytes, (uint16_t)limits->fields);
	http_parser_init(&x->parser);
	p->exchange = x;
	sb_gauge_add(p->server->metrics.exchanges, p->shard, 1);
	http_deadline(s, p, limits->head_ms);
	return 0;
}

/* ---- the handler ---- */

void
http_exchange_call(struct http_exchange *x, void (*callback)(struct http_exchange *x))
{
	x->owner->is_inside = true;
	callback(x);
	x->owner->is_inside = false;
	http_exchange_settle(x);
}

/* Behind the head, where it fits. */
static int
make_state(struct http_exchange *x, size_t size)
{
	size_t at = (x->room_used + 15) & ~(size_t)15;

	if (!size)
		return 0;
	if (at < HTTP_EXCHANGE_ROOM && size <= HTTP_EXCHANGE_ROOM - at) {
		x->state = x->room + at;
		x->room_used = (uint32_t)(at + size);
	} else {
		x->state = x->state_memory = sb_allocate(x->session, size);
	}
	if (!x->state)
		return SB_ENOMEM;
	memset(x->state, 0, size);
	return 0;
}

void
http_exchange_close_handler(struct http_exchange *x)
{
	const struct http_handler *handler = x->handler;

	x->handler = NULL;
	if (handler && handler->closed) {
		x->owner->is_inside = true;
		handler->closed(x, x->answer == HTTP_ANSWER_DONE);
		x->owner->is_inside = false;
	}
	sb_release(x->session, x->state_memory);
	x->state = x->state_memory = NULL;
}

void
http_exchange_free(struct http_exchange *x)
{
	struct http_session *p = x->owner;

	if (x->answer != HTTP_ANSWER_DONE)
		http_tally(p, p->server->metrics.broken_off, 1);
	http_exchange_close_handler(x);
	http_inflater_free(x->inflater);
	http_compressor_free(x->compressor);
	http_answer_fields_free(x);
	http_head_fini(&x->parser.head);
	sb_gauge_add(p->server->metrics.exchanges, p->shard, -1);
	p->exchange = NULL;
	http_block_give(p->server, p->shard, x);
}

static void
say(const struct http_exchange *x)
{
	SB_LOG(x->session, DEBUG, "http.answered", "method", SB_STR(http_method_name(x)), "path",
		SB_STR(x->path), "status", SB_UINT(x->status), "body", SB_UINT(x->body_size));
}

/* The connection is idle, or ends. */
static void
end(struct http_exchange *x)
{
	struct http_session *p = x->owner;
	struct sb_session *s = x->session;
	uint32_t idle_ms = http_limits_of(p)->idle_ms;
	bool closes = x->closes || http_is_leaving(s, p);

	if (x->stay_ms > idle_ms)
		idle_ms = x->stay_ms;
	say(x);
	http_exchange_free(x);
	if (closes) {
		sb_close(s, p->is_draining ? SB_END_DRAIN : SB_END_LOCAL);
		return;
	}
	http_deadline(s, p, idle_ms);
	if (p->is_waiting) {
		p->is_waiting = false;
		sb_resume(s);
	}
}

void
http_exchange_settle(struct http_exchange *x)
{
	if (x->owner->is_inside || x->answer != HTTP_ANSWER_DONE)
		return;
	http_exchange_close_handler(x);
	if (x->request == HTTP_REQUEST_DONE)
		end(x);
	else if (x->closes)
		sb_close(x->session, x->owner->is_draining ? SB_END_DRAIN : SB_END_LOCAL);
	else
		http_resume(x);
}

/* ---- the request ---- */

static void
begin(struct http_exchange *x, const struct http_handler *handler)
{
	if (make_state(x, handler->state_size)) {
		http_refuse(x, HTTP_REFUSAL_MEMORY);
		return;
	}
	x->handler = handler;
	if (handler->begin)
		http_exchange_call(x, handler->begin);
	if (sb_is_closing(x->session) || x->answer == HTTP_ANSWER_DONE)
		return;
	if (x->content_length != UINT64_MAX && x->content_length > x->body_limit)
		http_refuse(x, HTTP_REFUSAL_BODY_SIZE);
}

static void
nobody_serves(struct http_exchange *x)
{
	bool is_known = x->method != HTTP_METHOD_OTHER;
	unsigned status = is_known ? 404 : 501;

	(void)http_respond(x, status, "text/plain", sb_bytes_text(http_status_text(status)));
	http_exchange_settle(x);
}

static void
on_head(struct http_exchange *x)
{
	struct http_session *p = x->owner;
	const struct http_server_options *options = &p->server->options;
	enum http_refusal refusal = http_judge(x);
	const struct http_handler *handler;

	if (refusal) {
		http_refuse(x, refusal);
		return;
	}
	p->requests++;
	if (p->requests >= options->limits.requests || http_is_leaving(x->session, p))
		x->closes = true;
	x->request = HTTP_REQUEST_BODY;
	x->room_used = x->parser.head.text == x->room ? x->parser.head.size : 0;
	http_deadline(x->session, p, options->limits.body_ms);
	p->is_inside = true;
	handler = options->route(x, options->context);
	p->is_inside = false;
	if (handler)
		begin(x, handler);
	else
		nobody_serves(x);
}

static void
on_end(struct http_exchange *x)
{
	struct http_session *p = x->owner;

	x->request = HTTP_REQUEST_DONE;
	http_tally(p, p->server->metrics.body_octets, x->wire_size);
	if (x->answer != HTTP_ANSWER_DONE && !http_body_is_whole(x)) {
		http_refuse(x, HTTP_REFUSAL_CONTENT);
		return;
	}
	http_inflater_free(x->inflater);
	x->inflater = NULL;
	http_deadline(x->session, p, http_limits_of(p)->answer_ms);
	if (x->answer != HTTP_ANSWER_DONE && x->handler && x->handler->end)
		http_exchange_call(x, x->handler->end);
	else
		http_exchange_settle(x);
}

void
http_exchange_on(struct http_exchange *x, enum http_event event, struct sb_bytes *in)
{
	switch (event) {
	case HTTP_EVENT_MORE:
		break;
	case HTTP_EVENT_HEAD:
		on_head(x);
		break;
	case HTTP_EVENT_BODY:
		http_body_part(x, in);
		break;
	case HTTP_EVENT_END:
		on_end(x);
		break;
	case HTTP_EVENT_REFUSED:
		http_refuse(x, (enum http_refusal)x->parser.refusal);
		break;
	}
}

void
http_hold(struct http_exchange *x, const char *reason)
{
	if (x->request == HTTP_REQUEST_DONE || x->is_held)
		return;
	x->is_held = true;
	sb_hold(x->session, reason);
	http_deadline(x->session, x->owner, http_limits_of(x->owner)->answer_ms);
}

void
http_resume(struct http_exchange *x)
{
	if (!x->is_held)
		return;
	x->is_held = false;
	sb_resume(x->session);
	http_deadline(x->session, x->owner, http_limits_of(x->owner)->body_ms);
	/* All octets may be here, and only the end be missing. */
	http_kick(x->session, x->owner);
}

void
http_abort(struct http_exchange *x)
{
	sb_abort(x->session, SB_END_LOCAL);
}

void
http_close_after(struct http_exchange *x)
{
	x->closes = true;
}

void
http_stay(struct http_exchange *x, uint32_t ms)
{
	x->stay_ms = ms;
}

void
http_limit_body(struct http_exchange *x, uint64_t bytes)
{
	x->body_limit = bytes;
}
