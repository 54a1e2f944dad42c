/* A POST of the device, or its absence: what it is in this session, and what the table says to it.
 */
#include "protocols/cwmp/session_internal.h"

#include <assert.h>
#include <string.h>

#define BLANKS " \t\r\n"

/* ---- what it is ---- */

/* Blanks around it are those of a device that indents. */
static bool
has_id(const struct cwmp_session *c, const char *id, uint64_t number)
{
	char own[CWMP_ID_SIZE];
	size_t size;

	if (!number)
		return false;
	cwmp_call_id(c, number, own);
	size = strlen(own);
	return strncmp(id, own, size) == 0 && id[size + strspn(id + size, BLANKS)] == '\0';
}

/* A device that leaves the ID out, or empty, means the call that is out: there is but one. */
static enum cwmp_input
classify_answer(const struct cwmp_session *c, const struct cwmp_message *message)
{
	const char *id = message->header.id ? message->header.id : "";
	bool is_ours;

	id += strspn(id, BLANKS);
	is_ours = c->out && (!*id || has_id(c, id, c->out->number));
	if (is_ours && (message->kind == CWMP_FAULT || message->method == c->out->method))
		return CWMP_INPUT_ANSWER;
	return has_id(c, id, c->answered) ? CWMP_INPUT_ANSWER_AGAIN : CWMP_INPUT_MISFIT;
}

static enum cwmp_input
classify(const struct cwmp_session *c, const struct sb_message *m)
{
	const struct cwmp_envelope *envelope = m->data;

	if (m->type == CWMP_MSG_EMPTY)
		return c->is_lost ? CWMP_INPUT_EMPTY_AGAIN : CWMP_INPUT_EMPTY;
	if (m->type == CWMP_MSG_BROKEN)
		return CWMP_INPUT_BROKEN;
	if (envelope->message.kind != CWMP_REQUEST)
		return classify_answer(c, &envelope->message);
	return cwmp_is_request_again(c, envelope) ? CWMP_INPUT_REQUEST_AGAIN : CWMP_INPUT_REQUEST;
}

/* ---- what is done ---- */

/* It waits from here on; who did before has lost its connection. */
static void
let_wait(struct cwmp_session *c, struct sb_from from)
{
	if (!sb_address_is_null(c->waiting.caller))
		cwmp_say_to(c, c->waiting, 400, CWMP_COOKIE_NONE, 0);
	c->waiting = from;
	c->waiting_since = sb_now(c->core);
	c->is_lost = false;
}

static void
refuse(struct cwmp_session *c, const struct sb_message *m)
{
	cwmp_count(c, c->server->metrics.refused, 1);
	SB_LOG_LIMITED(c->core, INFO, "cwmp.refused", "state",
		SB_STR(cwmp_state_name((enum cwmp_state)c->state)), "what",
		SB_STR(m->type == CWMP_MSG_POST
				? ((const struct cwmp_envelope *)m->data)->message.name
				: ""));
	cwmp_say_to(c, sb_message_from(m), 400, CWMP_COOKIE_NONE, 0);
}

static void
fail_call(struct cwmp_session *c, const struct sb_message *m)
{
	bool is_silent;

	assert(m);
	is_silent = m->type == CWMP_MSG_EMPTY;
	SB_LOG_LIMITED(c->core, INFO, "cwmp.misfit", "method",
		SB_STR(cwmp_method_name((enum cwmp_method)c->out->method)), "what",
		SB_STR(m->type == CWMP_MSG_POST
				? ((const struct cwmp_envelope *)m->data)->message.name
			: is_silent ? "an empty POST"
				    : "no message"));
	cwmp_conclude(c, is_silent ? SB_ENOENT : SB_EPROTO, NULL);
}

static void
deliver(struct cwmp_session *c, struct sb_message *m)
{
	struct cwmp_envelope *envelope = sb_message_take(m);
	const union cwmp_body *body = &envelope->message.body;
	bool is_fault = envelope->message.kind == CWMP_FAULT;

	if (!is_fault && envelope->message.method == CWMP_GET_PARAMETER_VALUES)
		cwmp_learn(c, &body->get_parameter_values_response.parameter_list);
	cwmp_conclude(c, is_fault ? SB_EREMOTE : 0, envelope);
}

static const char *
id_of(const struct sb_message *m)
{
	const char *id;

	assert(m);
	id = m->data;
	if (m->type == CWMP_MSG_BROKEN)
		return m->size && *id ? id : NULL;
	return ((const struct cwmp_envelope *)m->data)->message.header.id;
}

static void
say_fault_to(struct cwmp_session *c, const struct sb_message *m, uint32_t code)
{
	cwmp_say_fault(c, id_of(m), code, NULL);
}

/* Nobody has anything to say, for too long. Held requests are let go first, or the device could
 * not end its session either. */
static void
give_up_turn(struct cwmp_session *c)
{
	if (c->is_held) {
		cwmp_release_requests(c);
		return;
	}
	cwmp_say(c, 204, CWMP_COOKIE_EXPIRE, 0);
	cwmp_end_session(c, CWMP_END_IDLE);
}

static const enum cwmp_end ends[CWMP_ACTION_COUNT] = {
	[CWMP_DO_END_DONE] = CWMP_END_DONE,
	[CWMP_DO_END_IDLE] = CWMP_END_IDLE,
	[CWMP_DO_END_TIMEOUT] = CWMP_END_TIMEOUT,
	[CWMP_DO_END_PROTOCOL] = CWMP_END_PROTOCOL,
	[CWMP_DO_END_REPLACED] = CWMP_END_REPLACED,
};

/* The device has a request with the service, whose answer is late: it is to ask again. */
static void
defer(struct cwmp_session *c)
{
	cwmp_say_fault(c, c->request->message.header.id, CWMP_FAULT_ACS_RETRY_REQUEST, NULL);
}

/* `m`: the POST; NULL when it is none: then the table has no action that looks at one. */
static void
act(struct cwmp_session *c, struct cwmp_step step, struct sb_message *m)
{
	switch (step.action) {
	case CWMP_DO_UNSAID:
	case CWMP_DO_REFUSE:
	case CWMP_DO_NOTHING:
	case CWMP_DO_JOIN:
	case CWMP_DO_TURN:
	case CWMP_ACTION_COUNT:
		return;
	case CWMP_DO_ASK:
		cwmp_ask(c, sb_message_take(m));
		return;
	case CWMP_DO_REPEAT:
		cwmp_repeat(c);
		return;
	case CWMP_DO_DELIVER:
		deliver(c, m);
		return;
	case CWMP_DO_FAIL:
		fail_call(c, m);
		return;
	case CWMP_DO_RESEND:
		cwmp_resend(c);
		return;
	case CWMP_DO_FAULT:
		say_fault_to(c, m, CWMP_FAULT_ACS_INVALID_ARGUMENTS);
		return;
	case CWMP_DO_BUSY:
		say_fault_to(c, m, CWMP_FAULT_ACS_RETRY_REQUEST);
		return;
	case CWMP_DO_DEFER:
		defer(c);
		return;
	case CWMP_DO_SAY_NOTHING:
		give_up_turn(c);
		return;
	case CWMP_DO_END_DONE:
	case CWMP_DO_END_IDLE:
	case CWMP_DO_END_TIMEOUT:
	case CWMP_DO_END_PROTOCOL:
	case CWMP_DO_END_REPLACED:
		cwmp_end_session(c, ends[step.action]);
		return;
	}
}

/* The end moves by itself, when everybody has been told. */
static void
take_step(struct cwmp_session *c, struct cwmp_step step, struct sb_message *m)
{
	if (step.next != CWMP_STATE_ENDED)
		cwmp_move(c, step.next);
	act(c, step, m);
}

/* A device gets on with answers alone: there are as many of them as there are calls, and those are
 * the service's to end. */
static bool
is_too_much(struct cwmp_session *c, enum cwmp_action action)
{
	return action != CWMP_DO_DELIVER && action != CWMP_DO_FAIL &&
	       c->posts++ >= c->server->options.max_posts;
}

void
cwmp_receive(struct cwmp_session *c, struct sb_message *m)
{
	enum cwmp_input input;
	struct cwmp_step step;

	/* Nobody knows it before its Inform has come, but who guessed its address. */
	if (!c->opening || c->is_ending) {
		cwmp_say_to(c, sb_message_from(m), 400, CWMP_COOKIE_NONE, 0);
		return;
	}
	input = classify(c, m);
	step = cwmp_step((enum cwmp_state)c->state, input);
	/* The service still has one that the device has given up: what it answers is not for this.
	 */
	if (step.action == CWMP_DO_ASK && c->request)
		step = (struct cwmp_step){CWMP_DO_BUSY, (enum cwmp_state)c->state};
	if (step.action == CWMP_DO_REFUSE) {
		refuse(c, m);
		return;
	}
	let_wait(c, sb_message_from(m));
	if (is_too_much(c, step.action)) {
		cwmp_end_session(c, CWMP_END_PROTOCOL);
		return;
	}
	if (input != CWMP_INPUT_REQUEST_AGAIN)
		cwmp_forget_answer(c);
	take_step(c, step, m);
}

void
cwmp_suffer(struct cwmp_session *c, enum cwmp_input input)
{
	if (!c->is_ending)
		take_step(c, cwmp_step((enum cwmp_state)c->state, input), NULL);
}

static bool
is_of(struct sb_from from, const struct sb_message *m)
{
	return from.ref == m->ref && sb_address_equal(from.caller, m->sender);
}

/* Of the POST that waits, or of the answer that was the last word; any other is long past. */
void
cwmp_lost(struct cwmp_session *c, const struct sb_message *m)
{
	bool is_waiting = !sb_address_is_null(c->waiting.caller);

	if (!is_of(is_waiting ? c->waiting : c->last, m))
		return;
	c->waiting = (struct sb_from){0};
	c->is_lost = true;
	cwmp_suffer(c, CWMP_INPUT_LOST);
}
