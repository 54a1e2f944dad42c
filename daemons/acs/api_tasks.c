/*
 * Routes of tasks. A task is made, or tried again, its device is asked to come if that is wanted,
 * and then its end is waited for: three questions, one after the other.
 */
#include "core/error.h"
#include "daemons/acs/call.h"
#include "daemons/acs/finding.h"
#include "daemons/acs/json_memory.h"
#include "daemons/acs/validate.h"
#include "protocols/cwmp/connection_request.h"

#include <stdlib.h>
#include <string.h>

/* ---- one ---- */

/* The keeper has said no such device or no such task: whoever has the task's path knows which. */
static void
task_got(struct acs_call *call, const struct sb_message *m)
{
	if (m->status)
		acs_call_refused(call, m, ACS_PROBLEM_TASK_NOT_FOUND);
	else
		acs_call_text(call, 200, sb_bytes(m->data, m->size));
}

static bool
wait_of(struct acs_call *call, uint32_t *wait_ms)
{
	uint64_t seconds;

	if (acs_call_query_number(call, "wait", call->api->config->api.wait_ms / 1000, 0, &seconds))
		return false;
	*wait_ms = (uint32_t)(seconds * 1000);
	return true;
}

static void
ask_task(struct acs_call *call, enum acs_message type, uint32_t wait_ms, acs_answered *answered)
{
	struct acs_ask *ask;
	uint64_t id;

	if (!acs_id_parse(call->segments[1], &id)) {
		acs_call_fail(call, ACS_PROBLEM_TASK_NOT_FOUND, NULL);
		return;
	}
	ask = acs_ask_new(http_session(call->x), call->segments[0], NULL);
	if (ask) {
		ask->id = id;
		ask->wait_ms = wait_ms;
	}
	acs_call_ask_device(call, type, ask, answered);
}

static const char *const get_query[] = {"wait", NULL};

static void
get(struct acs_call *call)
{
	uint32_t wait_ms;

	if (wait_of(call, &wait_ms))
		ask_task(call, ACS_TASK, wait_ms, task_got);
}

static void
cancel(struct acs_call *call)
{
	ask_task(call, ACS_TASK_CANCEL, 0, task_got);
}

/* ---- of a device ---- */

static void
list(struct acs_call *call)
{
	acs_call_ask_device(call, ACS_TASKS,
		acs_ask_new(http_session(call->x), call->segments[0], NULL), acs_call_pass_on);
}

/* What is to happen with a task that is being made. */
struct making {
	struct acs_finding finding; /* first */
	uint32_t wait_ms;
	bool connects;
	uint64_t id;
	const char *connection; /* what came of asking the device to come; NULL: not known yet */
};

/* A retry may be the task itself, at once, and no new one. */
static unsigned
status_of(const struct acs_call *call)
{
	const struct making *making = call->own;
	uint64_t id;

	return acs_id_parse(call->segments[1], &id) && id == making->id ? 200 : 201;
}

/* The task as its keeper says it, with one member more. */
static void
answer_connected(struct acs_call *call, const struct sb_message *m, const char *connection)
{
	unsigned before = acs_json_failures();
	json_t *task;

	(void)acs_json_load(&task, sb_bytes(m->data, m->size), 0, NULL);
	json_object_set_new(task, "connectionRequest", json_string(connection));
	acs_call_json(call, status_of(call), acs_json_whole(task, before));
}

static void
made_got(struct acs_call *call, const struct sb_message *m)
{
	const struct making *making = call->own;

	if (m->status)
		acs_call_refused(call, m, ACS_PROBLEM_TASK_NOT_FOUND);
	else if (making->connection)
		answer_connected(call, m, making->connection);
	else
		acs_call_text(call, status_of(call), sb_bytes(m->data, m->size));
}

static void
wait_for(struct acs_call *call)
{
	const struct making *making = call->own;
	struct acs_ask *ask = acs_ask_new(http_session(call->x), call->segments[0], NULL);

	if (ask) {
		ask->id = making->id;
		ask->wait_ms = making->wait_ms;
	}
	acs_call_ask_device(call, ACS_TASK, ask, made_got);
}

static void
connected(struct acs_call *call, const struct sb_message *m)
{
	struct making *making = call->own;

	making->connection = cwmp_request_outcome_name(cwmp_connection_request_result(m).outcome);
}

/* A device that cannot be asked may come by itself: it is waited for all the same, and the answer
 * says what is known. */
static void
found(struct acs_call *call)
{
	struct making *making = call->own;
	uint64_t ref;

	call->aside_answered = connected;
	if (!*making->finding.target.url)
		making->connection = "no_url";
	else if (acs_connect(http_session(call->x), call->segments[0], &making->finding.target,
			 &call->aside))
		making->connection = cwmp_request_outcome_name(CWMP_REQUEST_UNAVAILABLE);
	(void)acs_connect_udp(http_session(call->x), call->segments[0], &making->finding.target,
		&call->api->config->connection_requests, &ref);
	wait_for(call);
}

static void
made(struct acs_call *call, const struct sb_message *m)
{
	struct making *making = call->own;
	json_t *task;
	bool has_id;

	if (m->status) {
		acs_call_refused(call, m,
			*call->segments[1] ? ACS_PROBLEM_TASK_NOT_FOUND
					   : ACS_PROBLEM_DEVICE_NOT_FOUND);
		return;
	}
	(void)acs_json_load(&task, sb_bytes(m->data, m->size), 0, NULL);
	has_id = acs_id_parse(acs_json_text(task, "id", ""), &making->id);
	json_decref(task);
	if (!has_id || (!making->wait_ms && !making->connects))
		acs_call_text(call, status_of(call), sb_bytes(m->data, m->size));
	else if (making->connects)
		acs_finding_begin(call);
	else
		wait_for(call);
}

static void
make(struct acs_call *call, const json_t *task)
{
	char *text = acs_json_print(task, 0);
	struct acs_ask *ask =
		text ? acs_ask_new(http_session(call->x), call->segments[0], text) : NULL;

	free(text);
	acs_call_ask_device(call, ACS_TASK_CREATE, ask, made);
}

static const char *const create_query[] = {"wait", "connect", NULL};

/* NULL: it was answered. */
static struct making *
making_new(struct acs_call *call)
{
	struct making *making = calloc(1, sizeof(*making));
	char connect[8] = "";

	if (!making) {
		acs_call_fail(call, ACS_PROBLEM_BUSY, "no memory");
		return NULL;
	}
	making->finding.found = found;
	call->own = making;
	call->release = free;
	if (!wait_of(call, &making->wait_ms) ||
		acs_call_query(call, "connect", connect, sizeof(connect)) < 0)
		return NULL;
	making->connects = strcmp(connect, "true") == 0;
	if (making->connects || !*connect || strcmp(connect, "false") == 0)
		return making;
	acs_call_fail(call, ACS_PROBLEM_BAD_QUERY, "connect: must be true or false");
	return NULL;
}

static void
create(struct acs_call *call)
{
	struct acs_problem problem = {0};
	const char *why;

	if (acs_validate_task(call->json, &problem)) {
		acs_call_problem(call, &problem);
		return;
	}
	why = acs_files_why_not(call->api->files, call->segments[0], call->json);
	if (why)
		acs_call_fail(call, ACS_PROBLEM_BAD_BODY, why);
	else if (making_new(call))
		make(call, call->json);
}

/* ---- again ---- */

static void
retry(struct acs_call *call)
{
	if (making_new(call))
		ask_task(call, ACS_TASK_RETRY, 0, made);
}

const struct acs_route acs_task_routes[] = {
	{HTTP_METHOD_GET, "/devices/{device}/tasks", NULL, ACS_RIGHT_READ, false, list, NULL},
	{HTTP_METHOD_POST, "/devices/{device}/tasks", create_query, ACS_RIGHT_WRITE, true, create,
		NULL},
	{HTTP_METHOD_GET, "/devices/{device}/tasks/{task}", get_query, ACS_RIGHT_READ, false, get,
		NULL},
	{HTTP_METHOD_DELETE, "/devices/{device}/tasks/{task}", NULL, ACS_RIGHT_WRITE, false, cancel,
		NULL},
	{HTTP_METHOD_POST, "/devices/{device}/tasks/{task}/retry", create_query, ACS_RIGHT_WRITE,
		false, retry, NULL},
	{0},
};
