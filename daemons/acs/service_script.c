/* Scripts in the session of a device: the one that a filter gives it, and tasks that run one by its
 * name; what any of them reads and changes, and how it ended. */
#include "core/error.h"
#include "core/node.h"
#include "daemons/acs/service_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the session's ---- */

/* The keeper shows it, and keeps what went wrong as a fault. One that has no room for it hears it
 * of the next session. */
static void
tell(struct cwmp_session *c, const struct cwmp_script_end *end)
{
	const struct acs_run *run = acs_run_of(c);
	struct sb_session *s = cwmp_core(c);
	struct acs_script_ended *ended;

	if (!run->service->keepers)
		return;
	ended = sb_payload_new(s, sizeof(*ended));
	if (!ended)
		return;
	memset(ended, 0, sizeof(*ended));
	ended->status = end->status;
	ended->fault_code = end->fault_code;
	snprintf(ended->device, sizeof(ended->device), "%s", cwmp_device(c));
	snprintf(ended->script, sizeof(ended->script), "%s", end->script);
	snprintf(ended->text, sizeof(ended->text), "%s", end->text);
	snprintf(ended->trace, sizeof(ended->trace), "%s", end->trace);
	if (sb_post(s, run->keeper, ACS_SCRIPT_ENDED, 0,
		    SB_GIVE(ended, sizeof(*ended), sb_payload_free)))
		sb_payload_free(ended);
}

/* What went wrong was logged; tasks do not suffer for it. */
static void
first_ended(struct cwmp_session *c, const struct cwmp_script_end *end, void *context)
{
	(void)context;
	acs_run_of(c)->script = NULL;
	if (end->status == SB_GONE)
		return;
	tell(c, end);
	acs_work_begin(c);
}

bool
acs_script_first(struct cwmp_session *c)
{
	struct acs_run *run = acs_run_of(c);
	char name[CWMP_SCRIPT_NAME_MAX + 1];
	int err;

	if (!run->service->scripts ||
		cwmp_scripts_choose(run->service->scripts, cwmp_inform(c), name))
		return false;
	err = cwmp_script_start(&run->script, c, run->service->scripts, name,
		(struct cwmp_script_done){first_ended, NULL});
	/* Taken away just now. */
	if (!err || err == SB_ENOENT)
		return !err;
	SB_LOG_LIMITED(cwmp_core(c), WARNING, "cwmp.script.not_started", "script", SB_STR(name),
		"error", SB_ERR(err));
	tell(c, &(struct cwmp_script_end){
			.status = err, .script = name, .text = sb_error_text(err), .trace = ""});
	return false;
}

/* ---- tasks ---- */

/* {"trace": "..."} (malloc); NULL: there is none. */
static char *
detail_of(const struct cwmp_script_end *script)
{
	json_t *json = *script->trace ? json_pack("{s:s}", "trace", script->trace) : NULL;
	char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;

	json_decref(json);
	return text;
}

static void
task_ended(struct cwmp_session *c, const struct cwmp_script_end *script, void *context)
{
	struct acs_end end = {.outcome = ACS_OUTCOME_DONE, .reason = script->text};
	char *detail;

	(void)context;
	acs_run_of(c)->script = NULL;
	/* Its session ended: the keeper is told by that. */
	if (script->status == SB_GONE)
		return;
	if (script->status == SB_EREMOTE && script->fault_code) {
		end.outcome = ACS_OUTCOME_FAULT;
		end.fault_code = script->fault_code;
	} else if (script->status) {
		end.outcome = ACS_OUTCOME_FAILED;
		end.may_retry = script->status == SB_ENOMEM;
	}
	detail = detail_of(script);
	end.result = detail;
	acs_work_report(c, &end);
	free(detail);
}

void
acs_script_begin(struct cwmp_session *c)
{
	struct acs_run *run = acs_run_of(c);
	int err = SB_ENOENT;

	if (run->service->scripts)
		err = cwmp_script_start(&run->script, c, run->service->scripts,
			acs_task_text(run, "script"), (struct cwmp_script_done){task_ended, NULL});
	if (err == SB_ENOENT)
		acs_work_failed(c, "there is no such script", false);
	else if (err)
		acs_work_failed(c, sb_error_text(err), true);
}

/* ---- what it reads and changes ---- */

static bool
is_change(enum acs_learned learned)
{
	switch (learned) {
	case ACS_LEARNED_SET:
	case ACS_LEARNED_SET_ATTRIBUTES:
	case ACS_LEARNED_ADDED:
	case ACS_LEARNED_DELETED:
		return true;
	case ACS_LEARNED_NOTHING:
	case ACS_LEARNED_VALUES:
	case ACS_LEARNED_NAMES:
	case ACS_LEARNED_ATTRIBUTES:
	case ACS_LEARNED_WHOLE:
		break;
	}
	return false;
}

static char *
request_text(enum cwmp_method method, const union cwmp_body *body)
{
	json_t *json = acs_rpc_write(CWMP_REQUEST, method, body);
	char *text = NULL;

	if (json && !json_object_set_new(json, "method", json_string(cwmp_method_name(method))))
		text = json_dumps(json, JSON_COMPACT);
	json_decref(json);
	return text;
}

/* One at a time: a script sleeps until it is answered. */
void
acs_script_asks(struct cwmp_session *c, enum cwmp_method method, const union cwmp_body *body)
{
	struct acs_run *run = acs_run_of(c);

	free(run->change);
	run->change = NULL;
	if (body && is_change(acs_learned_by(method)))
		run->change = request_text(method, body);
}

/* What is not said here shows when it is read again. */
static void
left_out(struct cwmp_session *c, int error)
{
	SB_LOG_LIMITED(cwmp_core(c), WARNING, "acs.parameters_refused", "device",
		SB_STR(cwmp_device(c)), "error", SB_ERR(error));
}

static void
has_changed(struct cwmp_session *c, enum acs_learned learned, struct cwmp_envelope *response)
{
	struct acs_run *run = acs_run_of(c);
	char *request = run->change;

	run->change = NULL;
	if (request && run->seen < ACS_CHANGES_MOST) {
		(void)acs_work_seen(c, learned, request, response);
	} else {
		cwmp_envelope_free(response);
		left_out(c, request ? SB_FULL : SB_ENOMEM);
	}
	free(request);
}

void
acs_script_is_told(struct cwmp_session *c, const struct cwmp_envelope *response)
{
	enum acs_learned learned = acs_learned_by(response->message.method);
	struct cwmp_envelope *copy;

	if (!is_change(learned)) {
		acs_work_overheard(c, response);
		return;
	}
	copy = cwmp_envelope_copy(sb_node_env(sb_session_node(cwmp_core(c))), response);
	if (copy)
		has_changed(c, learned, copy);
	else
		left_out(c, SB_ENOMEM);
}
