/*
 * The callbacks of the core, and what follows from each: progress.
 */
#include "protocols/cwmp/session_internal.h"

size_t
cwmp_session_size(const struct cwmp_service *service)
{
	return CWMP_STATE_OFFSET + service->state_size;
}

/* ---- progress ---- */

static void
free_spent(struct cwmp_session *c)
{
	cwmp_envelope_free(c->spent);
	c->spent = NULL;
}

/* Calls the service, which may make another step possible. */
static void
progress(struct cwmp_session *c)
{
	while (c->state != CWMP_STATE_ENDED) {
		if (c->is_ending)
			cwmp_finish_session(c);
		else if (c->state == CWMP_STATE_DECIDING && c->verdict)
			cwmp_settle(c);
		else if (c->state != CWMP_STATE_ACS_TURN || !cwmp_speak(c))
			break;
		free_spent(c);
	}
	free_spent(c);
}

/* ---- states and their time ---- */

/* Behind the device's wish stands ours to keep no session for ever. */
uint32_t
cwmp_timeout_ms(const struct cwmp_session *c)
{
	const struct cwmp_server_options *o = &c->server->options;
	uint64_t wish = c->opening->envelope->message.header.session_timeout * UINT64_C(1000);

	if (wish > o->longest_timeout_ms)
		wish = o->longest_timeout_ms;
	return wish > o->session_timeout_ms ? (uint32_t)wish : o->session_timeout_ms;
}

static void
state_is_over(struct sb_session *s, struct sb_timer *timer)
{
	struct cwmp_session *c = sb_state(s);

	(void)timer;
	c->is_inside = true;
	cwmp_suffer(c, CWMP_INPUT_SILENCE);
	progress(c);
	c->is_inside = false;
}

void
cwmp_move(struct cwmp_session *c, enum cwmp_state state)
{
	uint32_t ms = 0;

	c->state = (uint8_t)state;
	switch (state) {
	case CWMP_STATE_NAMING:
	case CWMP_STATE_ENDED:
		return;
	case CWMP_STATE_DECIDING:
		ms = c->server->options.filter_ms;
		break;
	case CWMP_STATE_ASKED:
	case CWMP_STATE_ACS_TURN:
		ms = c->server->options.turn_ms;
		break;
	case CWMP_STATE_CPE_TURN:
	case CWMP_STATE_OWING:
	case CWMP_STATE_LEFT:
	case CWMP_STATE_AWAITING:
	case CWMP_STATE_RELEASED:
	case CWMP_STATE_COUNT:
		ms = cwmp_timeout_ms(c);
	}
	sb_timer_start(c->core, &c->timer, ms, state_is_over);
}

/* ---- what is done outside our own callbacks ---- */

static void
stirred(struct sb_session *s, struct sb_timer *timer)
{
	struct cwmp_session *c = sb_state(s);

	(void)timer;
	c->is_inside = true;
	progress(c);
	c->is_inside = false;
}

void
cwmp_stir(struct cwmp_session *c)
{
	if (!c->is_inside && !sb_timer_is_started(&c->stir))
		sb_timer_start(c->core, &c->stir, 0, stirred);
}

void
cwmp_end_session(struct cwmp_session *c, enum cwmp_end why)
{
	if (c->is_ending)
		return;
	c->is_ending = true;
	c->end = (uint8_t)why;
	cwmp_stir(c);
}

/* ---- callbacks ---- */

/* The Inform follows; who lost it on the way will not come again. */
static int
session_start(struct sb_session *s, const void *args)
{
	struct cwmp_session *c = sb_state(s);

	c->core = s;
	c->server = (struct cwmp_server *)(uintptr_t)args;
	c->since = sb_now(s);
	c->last_call = &c->first;
	sb_gauge_add(c->server->metrics.open, cwmp_shard(c), 1);
	sb_timer_start(s, &c->timer, c->server->options.filter_ms, state_is_over);
	return 0;
}

/* Whether it is one of ours. */
static bool
handle(struct cwmp_session *c, struct sb_message *m)
{
	switch (m->type) {
	case CWMP_MSG_INFORM:
		cwmp_open(c, m);
		return true;
	case CWMP_MSG_POST:
	case CWMP_MSG_EMPTY:
	case CWMP_MSG_BROKEN:
		cwmp_receive(c, m);
		return true;
	case CWMP_MSG_LOST:
		cwmp_lost(c, m);
		return true;
	case CWMP_MSG_REPLACED:
		cwmp_challenged(c, m);
		return true;
	case CWMP_MSG_OUTDATED:
		cwmp_suffer(c, CWMP_INPUT_REPLACED);
		return true;
	case SB_MSG_NAME:
		if (m->ref != CWMP_REF_NAME)
			return false;
		cwmp_name_changed(c, m->data);
		return true;
	default:
		return false;
	}
}

static void
session_message(struct sb_session *s, struct sb_message *m)
{
	struct cwmp_session *c = sb_state(s);

	c->is_inside = true;
	if (!handle(c, m)) {
		if (c->is_known && cwmp_service_of(c)->message)
			cwmp_service_of(c)->message(c, m);
		else
			(void)sb_reply(s, sb_message_from(m), SB_ENOTSUP, SB_NOTHING);
	}
	progress(c);
	c->is_inside = false;
}

/* Open sessions go on: their devices are in the middle of something. New ones are not begun. */
static void
session_stopping(struct sb_session *s)
{
	((struct cwmp_session *)sb_state(s))->is_draining = true;
}

/* The core has cut it: at the end of the drain, or for want of memory. */
static void
session_closed(struct sb_session *s, enum sb_end why)
{
	struct cwmp_session *c = sb_state(s);

	(void)why;
	c->is_inside = true;
	if (c->state != CWMP_STATE_ENDED) {
		if (!c->is_ending)
			c->end = c->is_draining ? CWMP_END_DRAIN : CWMP_END_FAULT;
		cwmp_finish_session(c);
	}
	free_spent(c);
	cwmp_envelope_free(c->request);
	cwmp_forget_answer(c);
	cwmp_opening_free(c->opening);
	sb_payload_free(c->refusal);
	sb_gauge_add(c->server->metrics.open, cwmp_shard(c), -1);
	atomic_fetch_sub_explicit(&c->server->sessions, 1, memory_order_relaxed);
}

static void
session_describe(const struct sb_session *s, struct sb_fields *fields)
{
	const struct cwmp_session *c = sb_state(s);

	sb_fields_add(fields, "state", SB_STR(cwmp_state_name((enum cwmp_state)c->state)));
	sb_fields_add(fields, "device", SB_STR(c->opening ? c->opening->device : NULL));
	sb_fields_add(fields, "address", SB_STR(c->opening ? c->opening->address : NULL));
	sb_fields_add(fields, "calls", SB_UINT(c->calls));
	sb_fields_add(fields, "waiting_calls", SB_UINT(c->waiting_calls));
	sb_fields_add(fields, "is_awaiting", SB_BOOL(c->out != NULL));
	sb_fields_add(fields, "is_finished", SB_BOOL(c->is_finished));
	sb_fields_add(fields, "is_held", SB_BOOL(c->is_held));
}

const struct sb_module cwmp_session_callbacks = {
	.abi = SB_MODULE_ABI,
	.start = session_start,
	.stopping = session_stopping,
	.message = session_message,
	.closed = session_closed,
	.describe = session_describe,
};
