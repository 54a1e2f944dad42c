/*
 * A session's callbacks. An Inform is answered when its keeper has it, and so is what a
 * device says by itself; between them the session does what the keeper gives it (service_work.c).
 */
#include "daemons/acs/service.h"

#include "core/error.h"
#include "daemons/acs/credentials.h"
#include "daemons/acs/inform.h"
#include "daemons/acs/json_memory.h"
#include "daemons/acs/logins.h"
#include "daemons/acs/quirks.h"
#include "daemons/acs/service_internal.h"

#include <stdlib.h>
#include <string.h>

/* Shorter than what a session waits for its service. */
#define KEEPER_MS 15000

#define RETRY_AFTER_S 60

/* ---- the Inform ---- */

static const char *
version_of(const struct cwmp_session *c)
{
	static const char *const names[] = {"1.0", "1.1", "1.2", "1.3", "1.4"};

	return names[cwmp_version(c)];
}

/* Without its port, which is another one with each connection. */
static void
host_of(const struct cwmp_session *c, char out[64])
{
	const char *address = cwmp_address(c), *port = strrchr(address, ':');
	size_t size = port ? (size_t)(port - address) : strlen(address);

	if (size >= 64)
		size = 63;
	memcpy(out, address, size);
	out[size] = '\0';
}

static struct acs_inform *
inform_new(struct cwmp_session *c)
{
	char host[64];

	host_of(c, host);
	return acs_inform_new(cwmp_core(c), cwmp_device(c), cwmp_inform(c), host, version_of(c));
}

static void
refuse(struct cwmp_session *c, int error)
{
	const struct acs_service *service = acs_run_of(c)->service;

	switch (error) {
	case SB_EINVAL:
		cwmp_refuse(c, CWMP_FAULT_ACS_INVALID_ARGUMENTS, NULL);
		break;
	case SB_ELIMIT:
		cwmp_refuse(c, CWMP_FAULT_ACS_RESOURCES_EXCEEDED, NULL);
		break;
	default:
		cwmp_busy(c, service->retry_after_s ? service->retry_after_s : RETRY_AFTER_S);
	}
}

static int
inform_tell(struct cwmp_session *c)
{
	struct acs_run *run = acs_run_of(c);
	struct sb_session *s = cwmp_core(c);
	struct acs_inform *inform;
	int err = acs_keeper_of(s, run->service->keepers, cwmp_device(c), &run->keeper);

	if (err)
		return err;
	/* It will not be shorter the next time: to say "busy" would have it come for ever. */
	if (!acs_inform_fits(cwmp_device(c), &cwmp_inform(c)->device_id))
		return SB_EINVAL;
	inform = inform_new(c);
	if (!inform)
		return SB_ENOMEM;
	err = sb_call(s, run->keeper, ACS_INFORM,
		SB_GIVE(inform, acs_inform_size(inform), sb_payload_free), KEEPER_MS,
		&run->inform_call);
	if (err)
		sb_payload_free(inform);
	run->is_visiting = !err;
	return err;
}

static bool
is_device(const struct cwmp_session *c)
{
	const struct acs_service *service = cwmp_args(c);
	const struct acs_policy *policy = cwmp_entrance(c);
	const struct acs_comer comer = {.device = cwmp_device(c),
		.username = cwmp_username(c),
		.certificate = cwmp_certificate(c),
		.hash_id = cwmp_hash_id(c)};

	if ((!policy || acs_policy_fits(policy, comer.device, comer.username, comer.certificate)) &&
		(!service->logins || acs_logins_fit(service->logins, cwmp_core(c), &comer)))
		return true;
	SB_LOG_LIMITED(cwmp_core(c), WARNING, "acs.device_refused", "username",
		SB_STR(cwmp_username(c)), "certificate", SB_STR(cwmp_certificate(c)));
	return false;
}

static void
session_filter(struct cwmp_session *c)
{
	struct acs_run *run = acs_run_of(c);
	int err;

	run->service = cwmp_args(c);
	if (!run->service->keepers) {
		cwmp_accept(c);
		return;
	}
	err = inform_tell(c);
	if (err)
		refuse(c, err);
}

static void
work_take(struct cwmp_session *c, struct sb_message *m)
{
	struct acs_run *run = acs_run_of(c);
	const struct acs_quirks *quirks = run->service->quirks;
	uint32_t most = quirks ? acs_quirks_batch(quirks, cwmp_inform(c)) : 0;

	run->work = m->size ? sb_message_take(m) : NULL;
	if (run->work && most && run->work->batch > most)
		run->work->batch = most;
	run->is_visiting = run->work != NULL;
}

/* A change is told once: no later Inform says it again, so it is kept as what was read. */
static void
changes_told(struct cwmp_session *c)
{
	const struct cwmp_inform *inform = cwmp_inform(c);
	struct cwmp_envelope told = {
		.message = {.kind = CWMP_RESPONSE, .method = CWMP_GET_PARAMETER_VALUES}};

	told.message.body.get_parameter_values_response.parameter_list = inform->parameter_list;
	for (size_t i = 0; i < inform->event.count; i++) {
		const char *code = inform->event.each[i].event_code;

		if (code && acs_event_bit(code) == ACS_EVENT_BIT(VALUE_CHANGE)) {
			acs_work_overheard(c, &told);
			return;
		}
	}
}

static void
inform_noted(struct cwmp_session *c, struct sb_message *m)
{
	struct acs_run *run = acs_run_of(c);

	run->inform_call = 0;
	if (m->status) {
		refuse(c, m->status);
		return;
	}
	work_take(c, m);
	changes_told(c);
	cwmp_accept(c);
}

/* ---- work ---- */

/* What scripts read and change is kept as what tasks read and change. */
static void
called(struct cwmp_session *c, enum cwmp_method method, const union cwmp_body *body)
{
	const struct acs_run *run = acs_run_of(c);

	if (run->script && run->service->keepers)
		acs_script_asks(c, method, body);
}

static void
answered(struct cwmp_session *c, const struct cwmp_envelope *response)
{
	const struct acs_run *run = acs_run_of(c);

	if (run->script && run->service->keepers)
		acs_script_is_told(c, response);
}

static void
session_start(struct cwmp_session *c)
{
	if (!acs_script_first(c))
		acs_work_begin(c);
}

static void
work_reported(struct cwmp_session *c, struct sb_message *m)
{
	struct acs_run *run = acs_run_of(c);

	run->done_call = 0;
	/* It was not stored: the device may come again, and do it again. */
	if (m->status) {
		cwmp_abort(c);
		return;
	}
	work_take(c, m);
	acs_work_begin(c);
}

/* ---- what a device says by itself ---- */

static uint32_t
units_fault(const struct cwmp_du_state_change_complete *complete)
{
	for (size_t i = 0; i < complete->results.count; i++)
		if (complete->results.each[i].fault.fault_code)
			return complete->results.each[i].fault.fault_code;
	return 0;
}

static void
complete_fill(struct acs_complete *out, const struct cwmp_message *m)
{
	const char *key;

	if (m->method == CWMP_TRANSFER_COMPLETE) {
		out->operation = ACS_OPERATION_TRANSFER;
		out->fault_code = m->body.transfer_complete.fault_struct.fault_code;
		key = m->body.transfer_complete.command_key;
	} else {
		out->operation = ACS_OPERATION_UNITS;
		out->fault_code = units_fault(&m->body.du_state_change_complete);
		key = m->body.du_state_change_complete.command_key;
	}
	strncpy(out->command_key, key ? key : "", sizeof(out->command_key) - 1);
}

/* NULL: no memory. */
static struct acs_complete *
complete_new(struct cwmp_session *c, const struct cwmp_message *m, size_t *size)
{
	json_t *json = acs_rpc_write(m->kind, m->method, &m->body);
	char *text = json ? acs_json_print(json, 0) : NULL;
	struct acs_complete *out = NULL;

	json_decref(json);
	if (text) {
		*size = sizeof(*out) + strlen(text) + 1;
		out = sb_payload_new(cwmp_core(c), *size);
	}
	if (out) {
		memset(out, 0, sizeof(*out));
		strcpy(out->device, cwmp_device(c));
		strcpy(out->text, text);
		complete_fill(out, m);
	}
	free(text);
	return out;
}

static int
complete_tell(struct cwmp_session *c, const struct cwmp_message *m)
{
	struct acs_run *run = acs_run_of(c);
	size_t size = 0;
	struct acs_complete *complete = complete_new(c, m, &size);
	int err;

	if (!complete)
		return SB_ENOMEM;
	err = sb_call(cwmp_core(c), run->keeper, ACS_COMPLETE,
		SB_GIVE(complete, size, sb_payload_free), KEEPER_MS, &run->complete_call);
	if (err)
		sb_payload_free(complete);
	return err;
}

static void
request(struct cwmp_session *c, const struct cwmp_envelope *request)
{
	enum cwmp_method method = request->message.method;
	bool is_kept = acs_run_of(c)->service->keepers != NULL;

	if (!is_kept ||
		(method != CWMP_TRANSFER_COMPLETE && method != CWMP_DU_STATE_CHANGE_COMPLETE))
		cwmp_answer_default(c);
	/* It says it again in its next session. */
	else if (complete_tell(c, &request->message))
		cwmp_answer_fault(c, CWMP_FAULT_ACS_INTERNAL_ERROR, NULL);
}

static void
complete_noted(struct cwmp_session *c, int status)
{
	acs_run_of(c)->complete_call = 0;
	if (status)
		cwmp_answer_fault(c, CWMP_FAULT_ACS_INTERNAL_ERROR, NULL);
	else
		cwmp_answer_default(c);
}

/* ---- messages, the end ---- */

static void
report_noted(struct cwmp_session *c, int status)
{
	struct acs_run *run = acs_run_of(c);

	run->seen--;
	if (status && !run->seen_error)
		run->seen_error = status;
	acs_work_go_on(c);
}

static void
message(struct cwmp_session *c, struct sb_message *m)
{
	struct acs_run *run = acs_run_of(c);

	if (m->type != SB_MSG_REPLY)
		return;
	if (m->ref == run->inform_call)
		inform_noted(c, m);
	else if (m->ref == run->done_call)
		work_reported(c, m);
	else if (m->ref == run->complete_call)
		complete_noted(c, m->status);
	else if (m->ref == run->library_call)
		acs_library_reply(c, m);
	else if (run->seen)
		report_noted(c, m->status);
}

static void
session_end(struct cwmp_session *c, enum cwmp_end why)
{
	struct acs_run *run = acs_run_of(c);
	struct acs_left left = {0};

	(void)why;
	cwmp_script_stop(run->script);
	free(run->change);
	if (run->is_visiting) {
		strcpy(left.device, cwmp_device(c));
		/* A keeper that has no room for it finds out with the next Inform. */
		(void)sb_post(cwmp_core(c), run->keeper, ACS_LEFT, 0, SB_COPY(&left, sizeof(left)));
	}
	acs_work_free(run);
}

const struct cwmp_service acs_service = {
	.name = "acs",
	.state_size = sizeof(struct acs_run),
	.is_device = is_device,
	.session_filter = session_filter,
	.session_start = session_start,
	.request = request,
	.called = called,
	.answered = answered,
	.message = message,
	.session_end = session_end,
};
