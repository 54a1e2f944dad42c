/* The service of the world: what it does of itself, what it is told to, and what it must be told.
 */
#include "core/session.h"
#include "tests/fuzz/cwmp_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct world *world;

struct state {
	unsigned number, calls, outcomes;
};

static void got(struct cwmp_session *c, const struct cwmp_outcome *o, void *context);

static void
call(struct cwmp_session *c)
{
	struct state *state = cwmp_state(c);
	unsigned number = world->calls;
	char name[32];
	const char *names[] = {name};
	int err;

	if (number == CALLS)
		return;
	snprintf(name, sizeof(name), "N%u", number);
	err = cwmp_get_parameter_values(
		c, names, 1, (struct cwmp_done){got, (void *)(uintptr_t)number});
	HOLDS(err == 0 || err == SB_ENOMEM || err == SB_GONE || err == SB_FULL);
	if (err)
		return;
	world->called[world->calls++].session = state->number;
	state->calls++;
}

static void
got(struct cwmp_session *c, const struct cwmp_outcome *o, void *context)
{
	struct state *state = cwmp_state(c);
	unsigned number = (unsigned)(uintptr_t)context;
	char name[32];

	HOLDS(++state->outcomes <= state->calls);
	HOLDS(world->called[number].session == state->number && !world->called[number].ended);
	HOLDS((o->envelope != NULL) == (o->status == 0 || o->status == SB_EREMOTE));
	world->called[number].ended = world->turn;
	if (o->status == 0 && !world->is_rough) {
		const struct cwmp_parameter_values *values =
			&o->envelope->message.body.get_parameter_values_response.parameter_list;

		snprintf(name, sizeof(name), "N%u", number);
		HOLDS(values->count == 1 && strcmp(values->each[0].name, name) == 0);
	}
	if (world->behaviour & CALLS_AGAIN && state->calls < 4 && o->status != SB_GONE)
		call(c);
	else if (world->behaviour & FINISHES)
		cwmp_finish(c);
}

static void
on_filter(struct cwmp_session *c)
{
	struct state *state = cwmp_state(c);
	const char *serial = cwmp_inform(c)->device_id.serial_number;
	struct device *d =
		&world->devices[serial && *serial >= '0' ? (*serial - '0') % DEVICES : 0];

	HOLDS(world->begun < SESSIONS - 1);
	state->number = ++world->begun;
	/* Free bodies may name other devices. */
	HOLDS(d->session == 0 || world->is_rough);
	d->session = state->number;
	world->sessions[state->number].device = d->number;
	world->sessions[state->number].address = sb_self(cwmp_core(c));
	if (!(world->behaviour & DECIDES_LATER) || world->is_good)
		cwmp_accept(c);
}

static void
on_start(struct cwmp_session *c)
{
	if (world->behaviour & HOLDS_AT_START)
		cwmp_hold_requests(c, true);
	if (world->behaviour & CALLS_AT_START)
		call(c);
	if (world->is_good || (world->behaviour & FINISHES && !(world->behaviour & CALLS_AT_START)))
		cwmp_finish(c);
}

static void
on_request(struct cwmp_session *c, const struct cwmp_envelope *request)
{
	HOLDS(cwmp_request(c) == request);
	if (!(world->behaviour & ANSWERS_LATER) || world->is_good)
		(void)cwmp_answer_default(c);
}

static void
do_as_told(struct cwmp_session *c, enum act act)
{
	switch (act) {
	case ACT_ACCEPT:
		cwmp_accept(c);
		break;
	case ACT_REFUSE:
		cwmp_refuse(c, CWMP_FAULT_ACS_REQUEST_DENIED, "no\x01");
		break;
	case ACT_REDIRECT:
		cwmp_redirect(c, 302, "http://elsewhere/");
		break;
	case ACT_BUSY:
		cwmp_busy(c, 7);
		break;
	case ACT_CALL:
		call(c);
		break;
	case ACT_FINISH:
		cwmp_finish(c);
		break;
	case ACT_HOLD:
	case ACT_RELEASE:
		cwmp_hold_requests(c, act == ACT_HOLD);
		break;
	case ACT_ABORT:
		cwmp_abort(c);
		break;
	case ACT_ANSWER_REQUEST:
		(void)cwmp_answer_default(c);
		break;
	case ACT_FAULT_REQUEST:
		(void)cwmp_answer_fault(c, CWMP_FAULT_ACS_INTERNAL_ERROR, NULL);
		break;
	default:
		abort();
	}
}

static void
on_message(struct cwmp_session *c, struct sb_message *m)
{
	do_as_told(c, (enum act)m->type);
}

static void
on_end(struct cwmp_session *c, enum cwmp_end why)
{
	const struct state *state = cwmp_state(c);
	struct device *d = &world->devices[world->sessions[state->number].device];

	(void)why;
	HOLDS(state->calls == state->outcomes);
	HOLDS(world->sessions[state->number].ended == 0);
	world->sessions[state->number].ended = world->turn;
	world->ended++;
	if (d->session == state->number)
		d->session = 0;
}

const struct cwmp_service cwmp_world_service = {
	.name = "fuzz",
	.state_size = sizeof(struct state),
	.session_filter = on_filter,
	.session_start = on_start,
	.request = on_request,
	.message = on_message,
	.session_end = on_end,
};
