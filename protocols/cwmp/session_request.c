/* Calls by the device: what the ACS answers itself, what the service does, and the answer that is
 * kept in case that it does not come through. */
#include "protocols/cwmp/schema.h"
#include "protocols/cwmp/session_internal.h"

#include <string.h>

/* By what one request is told from another. */
struct mark {
	uint8_t method;
	size_t bytes;
	const char *id;
};

struct cwmp_kept {
	struct mark mark; /* its id lies behind the octets */
	uint32_t size;
	char octets[];
};

static struct mark
mark_of(const struct cwmp_envelope *envelope)
{
	const struct cwmp_message *message = &envelope->message;

	return (struct mark){(uint8_t)message->method, envelope->bytes, message->header.id};
}

static bool
is_same(struct mark a, struct mark b)
{
	return a.method == b.method && a.bytes == b.bytes && a.id && b.id &&
	       strcmp(a.id, b.id) == 0;
}

/* There are devices whose IDs are all alike: answered ones come again only when the answer is known
 * to have been lost. */
bool
cwmp_is_request_again(const struct cwmp_session *c, const struct cwmp_envelope *envelope)
{
	if (c->state == CWMP_STATE_ASKED || c->state == CWMP_STATE_OWING)
		return is_same(mark_of(c->request), mark_of(envelope));
	return c->is_lost && c->kept && is_same(c->kept->mark, mark_of(envelope));
}

void
cwmp_forget_answer(struct cwmp_session *c)
{
	sb_release(c->core, c->kept);
	c->kept = NULL;
}

/* Without memory nothing is kept: the device then asks the service twice. */
static void
keep(struct cwmp_session *c, const struct cwmp_reply *reply)
{
	struct mark mark = mark_of(c->request);
	size_t id = mark.id ? strlen(mark.id) + 1 : 0;

	cwmp_forget_answer(c);
	if (!id)
		return;
	c->kept = sb_allocate(c->core, sizeof(*c->kept) + reply->size + id);
	if (!c->kept)
		return;
	*c->kept = (struct cwmp_kept){mark, reply->size};
	memcpy(c->kept->octets, reply->octets, reply->size);
	c->kept->mark.id = memcpy(c->kept->octets + reply->size, mark.id, id);
}

void
cwmp_repeat(struct cwmp_session *c)
{
	cwmp_say_octets(c, c->kept->octets, c->kept->size);
}

/* ---- the answer ---- */

/* The request is freed when the callback that may still look at it has returned. */
static void
put_aside(struct cwmp_session *c)
{
	cwmp_envelope_free(c->spent);
	c->spent = c->request;
	c->request = NULL;
	cwmp_stir(c);
}

static int
answer(struct cwmp_session *c, const struct cwmp_message *message)
{
	struct cwmp_reply *reply;
	int err;

	if (!c->request || c->state == CWMP_STATE_ENDED)
		return SB_GONE;
	reply = cwmp_reply_of(c, message, &err);
	if (!reply)
		return err;
	/* A device that has given its request up is in another state by now. */
	if (c->state == CWMP_STATE_ASKED || c->state == CWMP_STATE_OWING)
		keep(c, reply);
	put_aside(c);
	if (c->state != CWMP_STATE_ASKED && c->state != CWMP_STATE_OWING) {
		sb_payload_free(reply);
		return 0;
	}
	if (c->state == CWMP_STATE_ASKED) {
		cwmp_told_hold(c, c->holds);
		cwmp_give_reply(c, reply);
	} else {
		c->is_lost = true;
		sb_payload_free(reply);
	}
	cwmp_move(c, c->out ? CWMP_STATE_AWAITING : CWMP_STATE_CPE_TURN);
	return 0;
}

int
cwmp_answer(struct cwmp_session *c, const union cwmp_body *body)
{
	struct cwmp_message message = {.kind = CWMP_RESPONSE};

	if (!c->request)
		return SB_GONE;
	message.method = c->request->message.method;
	message.header = cwmp_header_of(c, c->request->message.header.id);
	if (body)
		message.body = *body;
	return answer(c, &message);
}

int
cwmp_answer_fault(struct cwmp_session *c, uint32_t fault_code, const char *text)
{
	struct cwmp_message message;

	if (!c->request)
		return SB_GONE;
	message = cwmp_fault_message(c, c->request->message.header.id, fault_code, text);
	return answer(c, &message);
}

int
cwmp_answer_default(struct cwmp_session *c)
{
	union cwmp_body body = {0};

	if (!c->request)
		return SB_GONE;
	switch (c->request->message.method) {
	case CWMP_KICKED:
		body.kicked_response.next_url = c->request->message.body.kicked.next;
		return cwmp_answer(c, &body);
	case CWMP_TRANSFER_COMPLETE:
	case CWMP_AUTONOMOUS_TRANSFER_COMPLETE:
	case CWMP_REQUEST_DOWNLOAD:
	case CWMP_DU_STATE_CHANGE_COMPLETE:
	case CWMP_AUTONOMOUS_DU_STATE_CHANGE_COMPLETE:
		return cwmp_answer(c, NULL);
	default:
		return cwmp_answer_fault(c, CWMP_FAULT_ACS_METHOD_NOT_SUPPORTED, NULL);
	}
}

const struct cwmp_envelope *
cwmp_request(const struct cwmp_session *c)
{
	return c->request;
}

/* ---- the request ---- */

/* What a device may call here, whatever the service does with it. */
static void
list_methods(struct cwmp_session *c)
{
	const char *names[CWMP_METHOD_COUNT];
	union cwmp_body body = {0};
	size_t count = 0;

	for (enum cwmp_method i = 0; i < CWMP_METHOD_COUNT; i++)
		if (cwmp_method_schema(i)->sent_by & CWMP_SENT_BY_CPE)
			names[count++] = cwmp_method_name(i);
	body.get_rpc_methods_response.method_list = (struct cwmp_strings){names, count};
	(void)cwmp_answer(c, &body);
}

void
cwmp_ask(struct cwmp_session *c, struct cwmp_envelope *request)
{
	const struct cwmp_message *message = &request->message;

	c->request = request;
	cwmp_count(c, c->server->metrics.requests[message->method], 1);
	SB_LOG(c->core, DEBUG, "cwmp.request", "method", SB_STR(message->name));
	if (message->method == CWMP_GET_RPC_METHODS)
		list_methods(c);
	else if (cwmp_service_of(c)->request)
		cwmp_service_of(c)->request(c, request);
	else
		(void)cwmp_answer_default(c);
}
