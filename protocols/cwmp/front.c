/*
 * The HTTP side: a POST is decoded as it comes, then a message to the CWMP session of its
 * device, whose reply is the answer. Which session that is: identify.c.
 *
 * Who is not known (no token of ours, no session on this connection) can only be a device that
 * begins a session: it is refused before its body is read when there is no room, or when it does
 * not authenticate itself. Who is known need not: many devices do so only once, or with a nonce
 * that is long past.
 */
#include "core/node.h"
#include "core/session.h"
#include "protocols/cwmp/front_internal.h"

#include <stdio.h>
#include <string.h>

/* An Inform waits for the session before it, then for session_filter; other POSTs for our turn. */
uint32_t
cwmp_answer_ms(const struct cwmp_server *server)
{
	const struct cwmp_server_options *o = &server->options;
	uint32_t inform_ms = 2 * o->filter_ms;

	return (inform_ms > o->turn_ms ? inform_ms : o->turn_ms) + 5000;
}

/* ---- the request ---- */

static void
front_begin(struct http_exchange *x)
{
	struct cwmp_front *front = http_state(x);
	const char *why;

	if (http_method(x) != HTTP_METHOD_POST) {
		(void)http_set_field(x, "Allow", "POST");
		cwmp_respond(x, 405);
		return;
	}
	if (cwmp_identify(x, &front->session))
		return;
	why = cwmp_overload(cwmp_front_server(x));
	if (why && http_has_body(x))
		cwmp_refuse_overload(x, why);
	else
		(void)cwmp_authenticate(x);
}

/* Line breaks alone are an empty POST, too, and so is the NUL that ends an empty text. */
static bool
is_blank(struct sb_bytes part)
{
	for (size_t i = 0; i < part.size; i++)
		if (!memchr(" \t\r\n", part.data[i], 5))
			return false;
	return true;
}

static void
front_body(struct http_exchange *x, struct sb_bytes part)
{
	struct cwmp_front *front = http_state(x);

	if (!cwmp_hold(cwmp_front_server(x), &front->size, &front->held, part.size)) {
		cwmp_refuse_overload(x, "held_bytes");
		return;
	}
	if (!front->decoder) {
		if (is_blank(part))
			return;
		front->decoder = cwmp_decoder_take(cwmp_front_server(x), cwmp_front_shard(x));
	}
	if (front->decoder)
		(void)cwmp_decoder_push(front->decoder, part);
	else
		cwmp_respond_busy(x, cwmp_retry_after(cwmp_front_server(x), http_session(x)));
}

/* ---- what it says, to whom ---- */

void
cwmp_front_ask(struct http_exchange *x, uint32_t type, struct sb_payload payload)
{
	struct cwmp_front *front = http_state(x);
	int err = sb_call(http_session(x), front->session, type, payload,
		cwmp_answer_ms(cwmp_front_server(x)), &front->ref);

	if (!err) {
		front->is_waiting = true;
		return;
	}
	if (payload.release)
		payload.release((void *)(uintptr_t)payload.data);
	cwmp_respond_busy(x, cwmp_retry_after(cwmp_front_server(x), http_session(x)));
}

static void
refuse_broken(struct http_exchange *x, int err)
{
	struct cwmp_front *front = http_state(x);
	const char *id = cwmp_decoder_id(front->decoder);

	cwmp_front_count(x, cwmp_front_server(x)->metrics.broken);
	SB_LOG_LIMITED(http_session(x), INFO, "cwmp.broken", "what",
		SB_STR(cwmp_decoder_fault(front->decoder)), "error", SB_ERR(err));
	if (err == SB_ENOMEM)
		cwmp_respond_busy(x, cwmp_retry_after(cwmp_front_server(x), http_session(x)));
	else if (!sb_address_is_null(front->session))
		cwmp_front_ask(x, CWMP_MSG_BROKEN, SB_COPY(id, strlen(id) + 1));
	else
		cwmp_respond(x, err == SB_ELIMIT ? 413 : 400);
}

static void
free_envelope(void *envelope)
{
	cwmp_envelope_free(envelope);
}

static void
take_message(struct http_exchange *x, struct cwmp_envelope *envelope)
{
	struct cwmp_front *front = http_state(x);
	const struct cwmp_message *message = &envelope->message;

	if (message->kind == CWMP_REQUEST && message->method == CWMP_INFORM) {
		cwmp_begin_session(x, envelope);
	} else if (!sb_address_is_null(front->session)) {
		cwmp_front_ask(
			x, CWMP_MSG_POST, SB_GIVE(envelope, sizeof(*envelope), free_envelope));
	} else {
		cwmp_envelope_free(envelope);
		cwmp_refuse_unidentified(x, false);
	}
}

static void
front_end(struct http_exchange *x)
{
	struct cwmp_front *front = http_state(x);
	struct cwmp_envelope *envelope;
	int err;

	front->is_empty = !front->decoder;
	if (front->is_empty) {
		if (sb_address_is_null(front->session))
			cwmp_refuse_unidentified(x, true);
		else
			cwmp_front_ask(x, CWMP_MSG_EMPTY, SB_NOTHING);
		return;
	}
	err = cwmp_decoder_finish(front->decoder, &envelope);
	if (err) {
		refuse_broken(x, err);
		return;
	}
	sb_counter_add(
		cwmp_front_server(x)->metrics.repairs, cwmp_front_shard(x), envelope->repairs);
	sb_counter_add(
		cwmp_front_server(x)->metrics.defects, cwmp_front_shard(x), envelope->defects);
	take_message(x, envelope);
}

/* ---- what the session says ---- */

static void
set_fields(struct http_exchange *x, const struct cwmp_reply *reply)
{
	struct cwmp_front *front = http_state(x);
	struct cwmp_connection *connection = http_connection_state(x);

	if (reply->cookie == CWMP_COOKIE_SET)
		cwmp_set_cookie(x, front->session);
	if (reply->cookie == CWMP_COOKIE_EXPIRE) {
		(void)http_set_field(x, "Set-Cookie", CWMP_COOKIE_NAME "=; Max-Age=0; Path=/");
		connection->session = (struct sb_address){0};
		if (sb_node_is_stopping(cwmp_front_server(x)->node))
			http_close_after(x);
	} else {
		connection->session = front->session;
		http_stay(x, reply->stay_ms);
	}
}

static void
pass_on(struct http_exchange *x, const struct cwmp_reply *reply)
{
	struct sb_bytes octets = sb_bytes(reply->octets, reply->size);

	set_fields(x, reply);
	switch (reply->status) {
	case 200:
		(void)http_set_field(x, "SOAPAction", "");
		(void)http_respond(x, 200, "text/xml; charset=utf-8", octets);
		return;
	case 302:
	case 307:
		cwmp_redirect_to(x, reply);
		return;
	case 503:
		cwmp_respond_busy(x, reply->retry_after_s);
		return;
	default:
		cwmp_respond(x, reply->status);
	}
}

/* No session there: the cookie is of one that is over. */
static void
pass_on_failure(struct http_exchange *x, int error)
{
	const struct cwmp_front *front = http_state(x);

	if (error == SB_GONE && !front->is_inform)
		cwmp_refuse_unidentified(x, front->is_empty);
	else
		cwmp_respond_busy(x, cwmp_retry_after(cwmp_front_server(x), http_session(x)));
}

static void
front_message(struct http_exchange *x, struct sb_message *m)
{
	struct cwmp_front *front = http_state(x);

	if (m->type != SB_MSG_REPLY || !front->is_waiting || m->ref != front->ref)
		return;
	front->is_waiting = false;
	front->is_answered = !m->status;
	if (m->status)
		pass_on_failure(x, m->status);
	else
		pass_on(x, m->data);
}

/* The session hears of an answer that did not get through: its device will ask again. */
static void
front_closed(struct http_exchange *x, bool is_complete)
{
	struct cwmp_front *front = http_state(x);
	struct sb_session *s = http_session(x);

	cwmp_decoder_give_back(cwmp_front_server(x), cwmp_front_shard(x), front->decoder);
	cwmp_let_go(cwmp_front_server(x), front->held);
	sb_release(s, front->username);
	if (front->is_waiting)
		sb_call_cancel(s, front->ref);
	if (!is_complete && (front->is_waiting || front->is_answered))
		(void)sb_post(s, front->session, CWMP_MSG_LOST, front->ref, SB_NOTHING);
}

static const struct http_handler handler = {
	.state_size = sizeof(struct cwmp_front),
	.begin = front_begin,
	.body = front_body,
	.end = front_end,
	.message = front_message,
	.closed = front_closed,
};

bool
cwmp_connection_is_needed(struct sb_session *s, void *connection)
{
	(void)s;
	return !sb_address_is_null(((struct cwmp_connection *)connection)->session);
}

const struct http_handler *
cwmp_server_route(struct cwmp_server *server, struct http_exchange *x)
{
	((struct cwmp_connection *)http_connection_state(x))->server = server;
	return &handler;
}
