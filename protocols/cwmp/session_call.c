/* Calls of the device: encoded when they are made, sent one by one, each with one outcome. */
#include "protocols/cwmp/schema.h"
#include "protocols/cwmp/session_internal.h"

#include <string.h>

/* What an outcome is part of, so that its envelope can be taken out. */
struct result {
	struct cwmp_outcome outcome; /* first */
	struct cwmp_envelope *owned;
};

static char *
put_number(char *at, uint64_t number)
{
	char digits[20];
	size_t count = 0;

	do
		digits[count++] = (char)('0' + number % 10);
	while (number /= 10);
	while (count)
		*at++ = digits[--count];
	return at;
}

/* Of the session's own, so that an answer to the session before fits nothing here. At most 31
 * characters: devices keep 32. */
void
cwmp_call_id(const struct cwmp_session *c, uint64_t number, char *out)
{
	char *at = put_number(out, sb_self(c->core).generation % UINT32_MAX);

	*at++ = '.';
	*put_number(at, number) = '\0';
}

/* ---- the queue ---- */

static struct cwmp_call *
encode_call(struct cwmp_session *c, enum cwmp_method method, const union cwmp_body *body, int *err)
{
	struct cwmp_message message = {.kind = CWMP_REQUEST, .method = method};
	char id[CWMP_ID_SIZE];
	struct cwmp_call *call;
	uint32_t size = 0;

	cwmp_call_id(c, c->calls + 1, id);
	message.header = cwmp_header_of(c, id);
	if (body)
		message.body = *body;
	call = cwmp_encode_behind(c, &message, offsetof(struct cwmp_call, octets), &size, err);
	if (!call)
		return NULL;
	*call = (struct cwmp_call){
		.number = ++c->calls, .method = (uint8_t)method, .holds = c->holds, .size = size};
	return call;
}

static void
put_last(struct cwmp_session *c, struct cwmp_call *call)
{
	*c->last_call = call;
	c->last_call = &call->next;
	c->waiting_calls++;
}

static struct cwmp_call *
take_first(struct cwmp_session *c)
{
	struct cwmp_call *call = c->first;

	c->first = call->next;
	if (!c->first)
		c->last_call = &c->first;
	c->waiting_calls--;
	return call;
}

int
cwmp_call(struct cwmp_session *c, enum cwmp_method method, const union cwmp_body *body,
	struct cwmp_done done)
{
	const struct cwmp_method_schema *schema = cwmp_method_schema(method);
	struct cwmp_call *call;
	int err;

	if (c->is_finished || c->is_ending || c->state == CWMP_STATE_ENDED || !c->opening)
		return SB_GONE;
	if (!schema || !(schema->sent_by & CWMP_SENT_BY_ACS))
		return SB_EINVAL;
	if (c->waiting_calls >= c->server->options.max_calls)
		return SB_FULL;
	call = encode_call(c, method, body, &err);
	if (!call)
		return err;
	call->done = done;
	put_last(c, call);
	if (c->server->service->called)
		c->server->service->called(c, method, body);
	cwmp_stir(c);
	return 0;
}

/* ---- outcomes ---- */

static enum cwmp_outcome_kind
kind_of(int status)
{
	switch (status) {
	case 0:
		return CWMP_OUTCOME_ANSWERED;
	case SB_EREMOTE:
		return CWMP_OUTCOME_FAULT;
	case SB_EPROTO:
		return CWMP_OUTCOME_MISFIT;
	case SB_ENOENT:
		return CWMP_OUTCOME_NO_ANSWER;
	default:
		return CWMP_OUTCOME_SESSION_ENDED;
	}
}

static void
count(const struct cwmp_session *c, const struct cwmp_call *call, const struct result *result)
{
	const struct cwmp_metrics *metrics = &c->server->metrics;

	cwmp_count(c, metrics->calls[call->method][kind_of(result->outcome.status)], 1);
	if (result->outcome.status == SB_EREMOTE)
		cwmp_count(c,
			cwmp_metrics_fault(metrics, result->owned->message.body.fault.fault_code),
			1);
}

static void
conclude(struct cwmp_session *c, struct cwmp_call *call, int status, struct cwmp_envelope *answer)
{
	struct result result = {{status, answer}, answer};
	struct cwmp_done done = call->done;

	count(c, call, &result);
	sb_payload_free(call);
	if (!status && c->server->service->answered)
		c->server->service->answered(c, answer);
	if (done.function)
		done.function(c, &result.outcome, done.context);
	cwmp_envelope_free(result.owned);
}

void
cwmp_conclude(struct cwmp_session *c, int status, struct cwmp_envelope *answer)
{
	struct cwmp_call *call = c->out;

	c->out = NULL;
	c->answered = call->number;
	conclude(c, call, status, answer);
}

struct cwmp_envelope *
cwmp_outcome_take(const struct cwmp_outcome *o)
{
	struct result *result = (struct result *)(uintptr_t)o;
	struct cwmp_envelope *taken = result->owned;

	result->owned = NULL;
	return taken;
}

void
cwmp_drop_calls(struct cwmp_session *c)
{
	if (c->out)
		cwmp_conclude(c, SB_GONE, NULL);
	while (c->first)
		conclude(c, take_first(c), SB_GONE, NULL);
}

/* ---- our turn ---- */

/* Kept until it is answered, for it may be lost on the way. */
void
cwmp_resend(struct cwmp_session *c)
{
	cwmp_told_hold(c, c->out->holds);
	cwmp_say_octets(c, c->out->octets, c->out->size);
}

void
cwmp_told_hold(struct cwmp_session *c, bool holds)
{
	if (c->is_held && !holds)
		c->was_held = true;
	c->is_held = holds;
}

/* Every device has this method, and it changes nothing. */
void
cwmp_release_requests(struct cwmp_session *c)
{
	struct cwmp_call *call;
	int err;

	c->holds = false;
	call = encode_call(c, CWMP_GET_RPC_METHODS, NULL, &err);
	if (call)
		put_last(c, call);
	else
		cwmp_end_session(c, CWMP_END_FAULT);
}

/* What the device wanted to ask while we held it, it asks now, or never. */
static void
say_end(struct cwmp_session *c)
{
	if (c->was_held) {
		c->was_held = false;
		cwmp_say(c, 204, CWMP_COOKIE_NONE, 0);
		cwmp_move(c, CWMP_STATE_RELEASED);
		return;
	}
	cwmp_say(c, 204, CWMP_COOKIE_EXPIRE, 0);
	cwmp_end_session(c, CWMP_END_DONE);
}

bool
cwmp_speak(struct cwmp_session *c)
{
	if (!c->out && !c->first) {
		if (!c->is_finished)
			return false;
		if (!c->is_held) {
			say_end(c);
			return true;
		}
		cwmp_release_requests(c);
		return true;
	}
	/* One that is out already was lost, or a request came in between. */
	if (!c->out)
		c->out = take_first(c);
	cwmp_resend(c);
	if (!c->is_ending)
		cwmp_move(c, CWMP_STATE_AWAITING);
	return true;
}

void
cwmp_finish(struct cwmp_session *c)
{
	c->is_finished = true;
	cwmp_stir(c);
}

void
cwmp_hold_requests(struct cwmp_session *c, bool hold)
{
	c->holds = hold;
	c->says_holds = c->says_holds || hold;
}
