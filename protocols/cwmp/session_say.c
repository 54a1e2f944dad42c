/*
 * What a device is answered: replies to the HTTP session whose POST waits. A reply that
 * cannot be made for want of memory ends the session; one that gets nowhere is said to have been
 * lost by the HTTP session.
 */
#include "protocols/cwmp/session_internal.h"

#include "protocols/cwmp/encode.h"

#include <string.h>

/* The POST that waited is answered from here on. */
static struct sb_from
take_waiting(struct cwmp_session *c)
{
	struct sb_from from = c->waiting;

	c->last = from;
	c->waiting = (struct sb_from){0};
	sb_histogram_record(
		c->server->metrics.parked, cwmp_shard(c), sb_now(c->core) - c->waiting_since);
	return from;
}

/* A device without cookies has to come again on this connection. */
static uint32_t
stay_ms(const struct cwmp_session *c)
{
	return c->is_ending || !c->opening ? 0 : cwmp_timeout_ms(c);
}

void
cwmp_say_to(struct cwmp_session *c, struct sb_from from, unsigned status, enum cwmp_cookie cookie,
	uint32_t retry_after_s)
{
	const struct cwmp_reply reply = {.status = (uint16_t)status,
		.cookie = (uint8_t)cookie,
		.retry_after_s = retry_after_s,
		.stay_ms = stay_ms(c)};

	if (sb_reply(c->core, from, 0, SB_COPY(&reply, sizeof(reply))))
		cwmp_end_session(c, CWMP_END_FAULT);
}

void
cwmp_say(struct cwmp_session *c, unsigned status, enum cwmp_cookie cookie, uint32_t retry_after_s)
{
	cwmp_say_to(c, take_waiting(c), status, cookie, retry_after_s);
}

void
cwmp_give_reply(struct cwmp_session *c, struct cwmp_reply *reply)
{
	size_t size = sizeof(*reply) + reply->size;

	reply->stay_ms = stay_ms(c);
	if (!sb_reply(c->core, take_waiting(c), 0, SB_GIVE(reply, size, sb_payload_free)))
		return;
	sb_payload_free(reply);
	cwmp_end_session(c, CWMP_END_FAULT);
}

void
cwmp_say_octets(struct cwmp_session *c, const char *octets, uint32_t size)
{
	struct cwmp_reply *reply = sb_payload_new(c->core, sizeof(*reply) + size);

	if (!reply) {
		cwmp_end_session(c, CWMP_END_FAULT);
		return;
	}
	*reply = (struct cwmp_reply){.status = 200, .size = size};
	memcpy(reply->octets, octets, size);
	cwmp_give_reply(c, reply);
}

/* ---- envelopes ---- */

/* Most fit the stack: then their size is known before memory is taken. */
void *
cwmp_encode_behind(struct cwmp_session *c, const struct cwmp_message *message, size_t room,
	uint32_t *size, int *err)
{
	char stack[CWMP_STACK_ENVELOPE];
	const struct cwmp_dialect *dialect = &c->opening->envelope->dialect;
	ssize_t needed = cwmp_encode(message, dialect, stack, sizeof(stack));
	char *memory;

	*err = needed < 0 ? (int)needed : SB_ENOMEM;
	if (needed < 0 || needed > UINT32_MAX)
		return NULL;
	memory = sb_payload_new(c->core, room + (size_t)needed);
	if (!memory)
		return NULL;
	if ((size_t)needed <= sizeof(stack))
		memcpy(memory + room, stack, (size_t)needed);
	else
		(void)cwmp_encode(message, dialect, memory + room, (size_t)needed);
	*size = (uint32_t)needed;
	return memory;
}

struct cwmp_reply *
cwmp_reply_of(struct cwmp_session *c, const struct cwmp_message *message, int *err)
{
	uint32_t size = 0;
	struct cwmp_reply *reply =
		cwmp_encode_behind(c, message, offsetof(struct cwmp_reply, octets), &size, err);

	if (reply)
		*reply = (struct cwmp_reply){.status = 200, .size = size};
	return reply;
}

/* Who sent no ID is answered with "0", which such devices are known to take. What was said of the
 * device's requests is said again while it differs from saying nothing. */
struct cwmp_header
cwmp_header_of(struct cwmp_session *c, const char *id)
{
	return (struct cwmp_header){
		.id = id ? id : "0", .has_hold_requests = c->says_holds, .hold_requests = c->holds};
}

/* The device's fault, or ours? */
static bool
is_client_fault(uint32_t code)
{
	return code != CWMP_FAULT_ACS_INTERNAL_ERROR && code != CWMP_FAULT_ACS_RESOURCES_EXCEEDED &&
	       code != CWMP_FAULT_ACS_RETRY_REQUEST && code < 8800;
}

struct cwmp_message
cwmp_fault_message(struct cwmp_session *c, const char *id, uint32_t code, const char *text)
{
	struct cwmp_message message = {.kind = CWMP_FAULT, .method = CWMP_OTHER_METHOD};

	message.header = cwmp_header_of(c, id);
	message.body.fault.is_client = is_client_fault(code);
	message.body.fault.fault_code = code;
	message.body.fault.fault_string = text ? text : cwmp_fault_text(code);
	return message;
}

void
cwmp_say_fault(struct cwmp_session *c, const char *id, uint32_t code, const char *text)
{
	const struct cwmp_message message = cwmp_fault_message(c, id, code, text);
	int err;
	struct cwmp_reply *reply = cwmp_reply_of(c, &message, &err);

	if (reply)
		cwmp_give_reply(c, reply);
	else
		cwmp_end_session(c, CWMP_END_FAULT);
}
