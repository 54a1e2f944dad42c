/*
 * From the Inform to its answer: the device's name, so that it has one session at a time; then the
 * word of session_filter.
 *
 * Of two sessions of a device the younger stays, however their messages cross: who finds the
 * name taken challenges its holder, and the holder goes, unless it began later itself.
 */
#include "protocols/cwmp/session_internal.h"

#include <string.h>

static void
begin(struct cwmp_session *c)
{
	const struct cwmp_server_options *o = &c->server->options;

	cwmp_move(c, CWMP_STATE_DECIDING);
	cwmp_learn(c, &cwmp_inform(c)->parameter_list);
	if (o->quirks)
		o->quirks(o->context, cwmp_inform(c), cwmp_dialect(c));
	c->is_known = true;
	SB_LOG(c->core, DEBUG, "cwmp.inform", "address", SB_STR(c->opening->address), "version",
		SB_UINT(cwmp_version(c)), "events", SB_UINT(cwmp_inform(c)->event.count), "retries",
		SB_UINT(cwmp_inform(c)->retry_count));
	if (cwmp_service_of(c)->session_filter)
		cwmp_service_of(c)->session_filter(c);
	else
		cwmp_accept(c);
}

/* ---- the name ---- */

/* Held still, the watch tells by whom, and when no more. */
static void
take_name(struct cwmp_session *c, const char *name)
{
	int err = sb_register(c->core, name);

	if (!err)
		begin(c);
	else if (err != SB_EEXIST)
		cwmp_end_session(c, CWMP_END_FAULT);
}

/* A holder whose mailbox is full is not told; its time runs out, or ours. */
void
cwmp_name_changed(struct cwmp_session *c, const struct sb_name_event *event)
{
	char name[CWMP_NAME_SIZE];

	if (c->state != CWMP_STATE_NAMING || c->is_ending)
		return;
	if (event->is_held) {
		(void)sb_post(c->core, event->holder, CWMP_MSG_REPLACED, 0,
			SB_COPY(&c->since, sizeof(c->since)));
		return;
	}
	cwmp_registry_name(c->opening->device, name);
	take_name(c, name);
	if (c->state != CWMP_STATE_NAMING)
		(void)sb_registry_unwatch(c->core, SB_NAME_UNIQUE, name);
}

void
cwmp_challenged(struct cwmp_session *c, const struct sb_message *m)
{
	uint64_t since;

	if (m->size != sizeof(since))
		return;
	memcpy(&since, m->data, sizeof(since));
	if (since >= c->since)
		cwmp_suffer(c, CWMP_INPUT_REPLACED);
	else
		(void)sb_post(c->core, m->sender, CWMP_MSG_OUTDATED, 0, SB_NOTHING);
}

/* Watched first, for it may go meanwhile. */
static void
wait_for_name(struct cwmp_session *c, const char *name)
{
	if (sb_registry_watch(c->core, SB_NAME_UNIQUE, name, CWMP_REF_NAME)) {
		cwmp_end_session(c, CWMP_END_FAULT);
		return;
	}
	take_name(c, name);
	if (c->state != CWMP_STATE_NAMING)
		(void)sb_registry_unwatch(c->core, SB_NAME_UNIQUE, name);
}

void
cwmp_open(struct cwmp_session *c, struct sb_message *m)
{
	char name[CWMP_NAME_SIZE];
	int err;

	if (c->opening)
		return;
	c->opening = sb_message_take(m);
	c->waiting = sb_message_from(m);
	c->waiting_since = sb_now(c->core);
	(void)sb_set_identity(c->core, c->opening->device);
	if (cwmp_service_of(c)->is_device && !cwmp_service_of(c)->is_device(c)) {
		cwmp_move(c, CWMP_STATE_DECIDING);
		cwmp_refuse(c, CWMP_FAULT_ACS_REQUEST_DENIED, NULL);
		return;
	}
	cwmp_registry_name(c->opening->device, name);
	err = sb_register(c->core, name);
	if (!err)
		begin(c);
	else if (err == SB_EEXIST)
		wait_for_name(c, name);
	else
		cwmp_end_session(c, CWMP_END_FAULT);
}

/* ---- the verdict ---- */

static void
decide(struct cwmp_session *c, enum cwmp_verdict verdict)
{
	if (c->state != CWMP_STATE_DECIDING || c->verdict)
		return;
	c->verdict = (uint8_t)verdict;
	cwmp_stir(c);
}

void
cwmp_accept(struct cwmp_session *c)
{
	decide(c, CWMP_VERDICT_ACCEPTED);
}

/* What cannot be said (no memory, a text that XML does not carry) is a plain refusal. */
static void
refuse_with(struct cwmp_session *c, struct cwmp_reply *reply)
{
	if (c->state != CWMP_STATE_DECIDING || c->verdict) {
		sb_payload_free(reply);
		return;
	}
	c->refusal = reply;
	decide(c, CWMP_VERDICT_REFUSED);
}

void
cwmp_refuse(struct cwmp_session *c, uint32_t fault_code, const char *text)
{
	const char *id = c->opening->envelope->message.header.id;
	struct cwmp_message message = cwmp_fault_message(c, id, fault_code, text);
	int err;
	struct cwmp_reply *reply = cwmp_reply_of(c, &message, &err);

	if (!reply && err == SB_EINVAL) {
		message = cwmp_fault_message(c, id, fault_code, NULL);
		reply = cwmp_reply_of(c, &message, &err);
	}
	refuse_with(c, reply);
}

static struct cwmp_reply *
reply_without_envelope(struct cwmp_session *c, unsigned status, const char *text)
{
	size_t size = strlen(text);
	struct cwmp_reply *reply = sb_payload_new(c->core, sizeof(*reply) + size + 1);

	if (!reply)
		return NULL;
	*reply = (struct cwmp_reply){.status = (uint16_t)status, .size = (uint32_t)size};
	memcpy(reply->octets, text, size + 1);
	return reply;
}

void
cwmp_redirect(struct cwmp_session *c, unsigned status, const char *url)
{
	refuse_with(c, reply_without_envelope(c, status == 307 ? 307 : 302, url));
}

void
cwmp_busy(struct cwmp_session *c, uint32_t retry_after_s)
{
	struct cwmp_reply *reply = reply_without_envelope(c, 503, "");

	if (reply)
		reply->retry_after_s =
			retry_after_s ? retry_after_s : cwmp_retry_after(c->server, c->core);
	refuse_with(c, reply);
}

/* The highest that both know; NULL: the device did not ask. */
static const char *
common_version(const char *supported)
{
	static const char *const ours[] = {"1.4", "1.3", "1.2", "1.1", "1.0"};

	for (size_t i = 0; supported && i < sizeof(ours) / sizeof(ours[0]); i++)
		if (strstr(supported, ours[i]))
			return ours[i];
	return NULL;
}

static void
answer_inform(struct cwmp_session *c)
{
	const struct cwmp_header *theirs = &c->opening->envelope->message.header;
	struct cwmp_message message = {.kind = CWMP_RESPONSE, .method = CWMP_INFORM};
	struct cwmp_reply *reply;
	int err;

	message.header = cwmp_header_of(c, theirs->id);
	message.header.use_cwmp_version = common_version(theirs->supported_cwmp_versions);
	message.body.inform_response.max_envelopes = 1;
	reply = cwmp_reply_of(c, &message, &err);
	if (!reply) {
		cwmp_end_session(c, CWMP_END_FAULT);
		return;
	}
	reply->cookie = CWMP_COOKIE_SET;
	cwmp_told_hold(c, c->holds);
	cwmp_give_reply(c, reply);
	cwmp_move(c, CWMP_STATE_CPE_TURN);
}

/* The service begins before its device is answered: what it says of the dialect, or of the
 * device's requests, holds for the answer already. */
void
cwmp_settle(struct cwmp_session *c)
{
	if (c->verdict == CWMP_VERDICT_REFUSED) {
		cwmp_end_session(c, CWMP_END_REFUSED);
		return;
	}
	c->state = CWMP_STATE_CPE_TURN;
	if (cwmp_service_of(c)->session_start)
		cwmp_service_of(c)->session_start(c);
	else
		cwmp_finish(c);
	if (!c->is_ending)
		answer_inform(c);
}
