/* A service whose sessions do what their script says. */
#include "protocols/cwmp/script_internal.h"

struct state {
	struct cwmp_script *script;
};

static void
script_ended(struct cwmp_session *c, const struct cwmp_script_end *end, void *context)
{
	struct state *state = cwmp_state(c);

	(void)end;
	(void)context;
	state->script = NULL;
	cwmp_finish(c);
}

static void
session_start(struct cwmp_session *c)
{
	struct state *state = cwmp_state(c);
	int err = cwmp_script_start(&state->script, c, (struct cwmp_scripts *)cwmp_args(c), NULL,
		(struct cwmp_script_done){script_ended, NULL});

	if (!err)
		return;
	if (err != SB_ENOENT)
		SB_LOG_LIMITED(
			cwmp_core(c), WARNING, "cwmp.script.not_started", "error", SB_ERR(err));
	cwmp_finish(c);
}

static void
session_end(struct cwmp_session *c, enum cwmp_end why)
{
	struct state *state = cwmp_state(c);

	(void)why;
	cwmp_script_stop(state->script);
	state->script = NULL;
}

const struct cwmp_service cwmp_script_service = {
	.name = "scripts",
	.state_size = sizeof(struct state),
	.session_start = session_start,
	.session_end = session_end,
};
