/*
 * The work of a session: which RPCs a task stands for, and how their answers become reports
 * to the keeper, which gives the next work when those are durable.
 */
#include "core/error.h"
#include "core/node.h"
#include "daemons/acs/json_memory.h"
#include "daemons/acs/service_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A merge of a large document on a busy machine. */
#define REPORT_MS 60000

void
acs_work_free(struct acs_run *run)
{
	sb_payload_free(run->work);
	json_decref(run->task);
	acs_refresh_free(run->refresh);
	acs_bring_free(run->bring);
	run->work = NULL;
	run->task = NULL;
	run->refresh = NULL;
	run->bring = NULL;
}

/* ---- reports ---- */

static bool
report_send(struct cwmp_session *c, uint32_t type, struct acs_report *report, uint64_t *ref)
{
	struct acs_run *run = acs_run_of(c);
	size_t size = sizeof(*report) + (report->envelope ? report->envelope->bytes : 0);

	if (sb_call(cwmp_core(c), run->keeper, type, SB_GIVE(report, size, acs_report_free),
		    REPORT_MS, ref) == 0)
		return true;
	acs_report_free(report);
	cwmp_abort(c);
	return false;
}

void
acs_work_report(struct cwmp_session *c, const struct acs_end *end)
{
	struct acs_run *run = acs_run_of(c);
	struct acs_report *report =
		acs_report_new(cwmp_device(c), end->request, end->result, end->reason);

	if (!report) {
		cwmp_envelope_free(end->envelope);
		cwmp_abort(c);
		return;
	}
	report->task = run->work->id;
	report->learned = end->learned;
	report->outcome = end->outcome;
	report->may_retry = end->may_retry;
	report->fault_code = end->fault_code;
	report->batch = end->batch;
	report->envelope = end->envelope;
	acs_work_free(run);
	(void)report_send(c, ACS_DONE, report, &run->done_call);
}

bool
acs_work_seen(struct cwmp_session *c, enum acs_learned learned, const char *request,
	struct cwmp_envelope *envelope)
{
	struct acs_run *run = acs_run_of(c);
	struct acs_report *report = acs_report_new(cwmp_device(c), request, NULL, NULL);
	uint64_t ref;

	if (!report) {
		cwmp_envelope_free(envelope);
		cwmp_abort(c);
		return false;
	}
	/* A script may run without being a task. */
	report->task = run->work ? run->work->id : 0;
	report->learned = learned;
	report->envelope = envelope;
	if (!report_send(c, ACS_SEEN, report, &ref))
		return false;
	run->seen++;
	return true;
}

bool
acs_work_may_go_on(struct cwmp_session *c)
{
	return acs_run_of(c)->seen < ACS_SEEN_MOST;
}

void
acs_work_overheard(struct cwmp_session *c, const struct cwmp_envelope *response)
{
	enum acs_learned learned = acs_learned_by(response->message.method);
	struct cwmp_envelope *copy;

	if (learned != ACS_LEARNED_VALUES && learned != ACS_LEARNED_NAMES &&
		learned != ACS_LEARNED_ATTRIBUTES)
		return;
	if (!acs_work_may_go_on(c))
		return;
	copy = cwmp_envelope_copy(sb_node_env(sb_session_node(cwmp_core(c))), response);
	if (copy)
		(void)acs_work_seen(c, learned, NULL, copy);
}

void
acs_work_failed(struct cwmp_session *c, const char *reason, bool may_retry)
{
	acs_work_report(c,
		&(struct acs_end){
			.outcome = ACS_OUTCOME_FAILED, .may_retry = may_retry, .reason = reason});
}

void
acs_work_go_on(struct cwmp_session *c)
{
	struct acs_run *run = acs_run_of(c);

	if (!run->work || !run->refresh)
		return;
	acs_refresh_step(c);
}

/* ---- answers ---- */

uint32_t
acs_fault_code(const struct cwmp_outcome *o)
{
	return o->status == SB_EREMOTE ? o->envelope->message.body.fault.fault_code : 0;
}

void
acs_work_refused(struct cwmp_session *c, const struct cwmp_outcome *o)
{
	struct acs_end end = {.outcome = ACS_OUTCOME_FAILED, .may_retry = true};

	switch (o->status) {
	case SB_EREMOTE:
		end.outcome = ACS_OUTCOME_FAULT;
		end.fault_code = acs_fault_code(o);
		end.reason = o->envelope->message.body.fault.fault_string;
		if (!end.reason)
			end.reason = cwmp_fault_text(end.fault_code);
		/* The report copies the reason before the envelope could go. */
		end.envelope = cwmp_outcome_take(o);
		break;
	case SB_EPROTO:
		end.reason = "the device answered with something else";
		break;
	case SB_ENOENT:
		end.reason = "the device did not answer";
		break;
	default:
		/* The session has ended: the keeper is told by that. */
		return;
	}
	acs_work_report(c, &end);
}

enum acs_learned
acs_learned_by(enum cwmp_method method)
{
	switch (method) {
	case CWMP_GET_PARAMETER_VALUES:
		return ACS_LEARNED_VALUES;
	case CWMP_GET_PARAMETER_NAMES:
		return ACS_LEARNED_NAMES;
	case CWMP_GET_PARAMETER_ATTRIBUTES:
		return ACS_LEARNED_ATTRIBUTES;
	case CWMP_SET_PARAMETER_VALUES:
		return ACS_LEARNED_SET;
	case CWMP_SET_PARAMETER_ATTRIBUTES:
		return ACS_LEARNED_SET_ATTRIBUTES;
	case CWMP_ADD_OBJECT:
		return ACS_LEARNED_ADDED;
	case CWMP_DELETE_OBJECT:
		return ACS_LEARNED_DELETED;
	default:
		return ACS_LEARNED_NOTHING;
	}
}

/* What a device has taken, and does later. */
static bool
comes_later(const struct cwmp_message *m)
{
	switch (m->method) {
	case CWMP_DOWNLOAD:
	case CWMP_UPLOAD:
		return m->body.transfer_response.status != 0;
	case CWMP_SCHEDULE_DOWNLOAD:
	case CWMP_REBOOT:
	case CWMP_FACTORY_RESET:
	case CWMP_SCHEDULE_INFORM:
	case CWMP_CHANGE_DU_STATE:
		return true;
	default:
		return false;
	}
}

static void
rpc_answered(struct cwmp_session *c, const struct cwmp_outcome *o, void *context)
{
	struct acs_run *run = acs_run_of(c);
	struct acs_end end = {.outcome = ACS_OUTCOME_DONE};
	char *request;

	(void)context;
	if (o->status) {
		acs_work_refused(c, o);
		return;
	}
	if (comes_later(&o->envelope->message))
		end.outcome = ACS_OUTCOME_WAITS;
	end.learned = acs_learned_by(o->envelope->message.method);
	end.envelope = cwmp_outcome_take(o);
	/* The task, as long as it is here: the report copies it. */
	request = strdup(run->work->text);
	end.request = request;
	acs_work_report(c, &end);
	free(request);
}

void
acs_work_call(struct cwmp_session *c, enum cwmp_method method, const union cwmp_body *body)
{
	int err = cwmp_call(c, method, body, (struct cwmp_done){rpc_answered, NULL});

	if (err == SB_EINVAL)
		acs_work_failed(c, "what XML cannot carry", false);
	else if (err)
		acs_work_failed(c, sb_error_text(err), true);
}

/* ---- tasks ---- */

/* What a task leaves open, and keeps presets from looking again. */
static void
key_fill(const struct acs_run *run, struct acs_rpc *rpc)
{
	const char *key = run->work->parameter_key;

	if (rpc->method == CWMP_SET_PARAMETER_VALUES &&
		!rpc->body.set_parameter_values.parameter_key)
		rpc->body.set_parameter_values.parameter_key = key;
	if ((rpc->method == CWMP_ADD_OBJECT || rpc->method == CWMP_DELETE_OBJECT) &&
		!rpc->body.object.parameter_key)
		rpc->body.object.parameter_key = key;
}

void
acs_rpc_begin(struct cwmp_session *c)
{
	struct acs_run *run = acs_run_of(c);
	struct acs_rpc rpc;
	int err = acs_rpc_read(&rpc, run->task);

	key_fill(run, &rpc);
	if (err)
		acs_work_failed(
			c, err == SB_EINVAL ? rpc.fault : sb_error_text(err), err != SB_EINVAL);
	else
		acs_work_call(c, rpc.method, &rpc.body);
	acs_rpc_free(&rpc);
}

static void
reboot_begin(struct cwmp_session *c)
{
	const char *key = acs_task_text(acs_run_of(c), "CommandKey");

	acs_work_call(c, CWMP_REBOOT, &(union cwmp_body){.reboot = {key ? key : ""}});
}

static void
factory_reset_begin(struct cwmp_session *c)
{
	acs_work_call(c, CWMP_FACTORY_RESET, &(union cwmp_body){0});
}

static const struct {
	const char *method;
	void (*begin)(struct cwmp_session *c);
} words[] = {
	{"refresh", acs_refresh_begin},
	{"setParameters", acs_bring_begin},
	{"download", acs_download_begin},
	{"upload", acs_upload_begin},
	{"reboot", reboot_begin},
	{"factoryReset", factory_reset_begin},
	{"script", acs_script_begin},
};

static void
task_begin(struct cwmp_session *c)
{
	const char *method = acs_task_text(acs_run_of(c), "method");

	for (size_t i = 0; method && i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(words[i].method, method) != 0)
			continue;
		words[i].begin(c);
		return;
	}
	acs_rpc_begin(c);
}

void
acs_work_begin(struct cwmp_session *c)
{
	struct acs_run *run = acs_run_of(c);

	if (!run->work) {
		cwmp_finish(c);
		return;
	}
	run->seen_error = 0;
	(void)acs_json_load(&run->task, sb_bytes(run->work->text, run->work->size), 0, NULL);
	if (!run->task)
		acs_work_failed(c, "no memory", true);
	else if (run->work->kind == ACS_WORK_PRESETS)
		acs_bring_begin(c);
	else
		task_begin(c);
}
