/*
 * How work ends: done, or to be tried again after a while, or failed for good; for some the
 * device says so in another session. A task that ends leaves its row, and a fault when it did not
 * do what it should.
 */
#include "core/error.h"
#include "daemons/acs/keeper_internal.h"
#include "protocols/cwmp/fault.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- tries ---- */

/* Doubles, and is spread by half, so that a thousand devices do not come again together. */
static int64_t
retry_at(const struct acs_keeper *k, uint32_t attempts)
{
	uint64_t delay = k->config->retry_ms, random;

	for (uint32_t i = 1; i < attempts && delay < k->config->longest_retry_ms; i++)
		delay *= 2;
	if (delay > k->config->longest_retry_ms)
		delay = k->config->longest_retry_ms;
	sb_random(k->session, &random, sizeof(random));
	return acs_wall(k) + (int64_t)(delay / 2 + random % (delay / 2 + 1));
}

/* What will not be better the next time: the device does not have the method, or what was asked of
 * it is not there. */
static bool
is_final(uint32_t code)
{
	switch (code) {
	case CWMP_FAULT_METHOD_NOT_SUPPORTED:
	case CWMP_FAULT_INVALID_ARGUMENTS:
	case CWMP_FAULT_INVALID_PARAMETER_NAME:
	case CWMP_FAULT_INVALID_PARAMETER_TYPE:
	case CWMP_FAULT_INVALID_PARAMETER_VALUE:
	case CWMP_FAULT_NON_WRITABLE_PARAMETER:
	case CWMP_FAULT_NOTIFICATION_REQUEST_REJECTED:
	case CWMP_FAULT_UNSUPPORTED_PROTOCOL:
		return true;
	}
	return false;
}

static bool
may_retry(const struct acs_report *report)
{
	switch (report->outcome) {
	case ACS_OUTCOME_FAULT:
		return !is_final(report->fault_code);
	case ACS_OUTCOME_FAILED:
		return report->may_retry;
	case ACS_OUTCOME_LOST:
		return true;
	case ACS_OUTCOME_DONE:
	case ACS_OUTCOME_WAITS:
		break;
	}
	return false;
}

/* ---- faults ---- */

#define CODE_SIZE 32

static void
code_print(char code[CODE_SIZE], const struct acs_report *report)
{
	if (report->outcome == ACS_OUTCOME_FAULT)
		snprintf(code, CODE_SIZE, "cwmp.%u", report->fault_code);
	else
		snprintf(code, CODE_SIZE, "%s",
			report->outcome == ACS_OUTCOME_FAILED ? "task" : "session");
}

static char *
fault_of(const char *channel, const struct acs_report *report, const char *detail)
{
	char code[CODE_SIZE];

	code_print(code, report);
	return acs_fault_text(channel, code, report->reason, detail);
}

static void
note_fault(struct acs_keeper *k, struct acs_commit *c, struct acs_device *device,
	const char *channel, const char *text, int64_t retry_ms)
{
	if (text)
		acs_fault_note(k, c, device, channel, text, retry_ms);
	else if (!c->error)
		c->error = SB_ENOMEM;
}

/* ---- tasks ---- */

/* ,"name":text as a member behind the request. */
static char *
member(const char *name, const char *text)
{
	size_t size = strlen(name) + strlen(text) + 8;
	char *out = malloc(size);

	if (out)
		snprintf(out, size, ",\"%s\":%s", name, text);
	return out;
}

void
acs_task_end(struct acs_keeper *k, struct acs_commit *c, struct acs_task *task,
	enum acs_task_state state, char *ending)
{
	enum acs_task_state before = task->state;
	struct acs_device *device = task->device;
	bool is_done = state == ACS_TASK_DONE;

	free(task->ending);
	task->ending = ending;
	task->state = state;
	task->ended_ms = acs_wall(k);
	device->live_tasks--;
	device->ended_tasks++;
	k->tasks--;
	if (state == ACS_TASK_FAILED || state == ACS_TASK_EXPIRED)
		device->failures++;
	sb_counter_add(is_done ? k->done : k->failed, sb_session_shard(k->session), 1);
	acs_commit_task(c, task, before);
	acs_say_task(k, c, task);
}

static void
log_failure(struct acs_keeper *k, const struct acs_task *task, const struct acs_report *report,
	bool again)
{
	char id[ACS_ID_SIZE], code[CODE_SIZE];

	acs_id_print(id, task->id);
	code_print(code, report);
	SB_LOG(k->session, INFO, "acs.task_failed", "device", SB_STR(task->device->profile.name),
		"task", SB_STR(id), "method", SB_STR(task->method), "attempts",
		SB_UINT(task->attempts), "again", SB_STR(again ? "yes" : "no"), "code",
		SB_STR(code), "reason", SB_STR(report->reason ? report->reason : ""));
}

static void
task_failed(struct acs_keeper *k, struct acs_commit *c, struct acs_task *task,
	const struct acs_report *report, const char *detail)
{
	uint32_t most = task->attempts_most ? task->attempts_most : k->config->attempts;
	char channel[ACS_CHANNEL_MAX];
	bool again;
	char *text;

	task->attempts++;
	again = may_retry(report) && task->attempts < most;
	acs_task_channel(channel, task);
	text = fault_of(channel, report, detail);
	if (again) {
		enum acs_task_state before = task->state;

		task->state = ACS_TASK_QUEUED;
		task->due_ms = retry_at(k, task->attempts);
		acs_commit_task(c, task, before);
	} else {
		acs_task_end(k, c, task, ACS_TASK_FAILED, text ? member("fault", text) : NULL);
	}
	note_fault(k, c, task->device, channel, text, again ? task->due_ms : 0);
	free(text);
	log_failure(k, task, report, again);
}

static void
task_waits(struct acs_keeper *k, struct acs_commit *c, struct acs_task *task)
{
	enum acs_task_state before = task->state;

	task->state = ACS_TASK_WAITING;
	task->expiry_ms = acs_wall(k) + (int64_t)k->config->operation_ms;
	acs_commit_task(c, task, before);
}

static void
task_done(struct acs_keeper *k, struct acs_commit *c, struct acs_task *task, const char *result)
{
	char channel[ACS_CHANNEL_MAX];

	acs_task_channel(channel, task);
	acs_fault_clear(k, c, task->device, channel);
	acs_task_end(k, c, task, ACS_TASK_DONE, result ? member("result", result) : NULL);
}

static const char *
text_of(const struct acs_report *report, const struct acs_result *result)
{
	return report->result || !result ? report->result : result->text;
}

static void
take_packed(struct acs_task *task, struct acs_result *result)
{
	acs_octets_free(&task->packed);
	if (!result)
		return;
	task->packed = result->packed;
	result->packed = (struct acs_octets){0};
}

void
acs_task_ended(struct acs_keeper *k, struct acs_commit *c, struct acs_task *task,
	const struct acs_report *report, struct acs_result *result)
{
	/* It may have completed, or been canceled, while its answer was on the way. */
	if (acs_task_has_ended(task))
		return;
	switch (report->outcome) {
	case ACS_OUTCOME_DONE:
		take_packed(task, result);
		task_done(k, c, task, text_of(report, result));
		break;
	case ACS_OUTCOME_WAITS:
		task_waits(k, c, task);
		break;
	case ACS_OUTCOME_FAULT:
	case ACS_OUTCOME_FAILED:
	case ACS_OUTCOME_LOST:
		task_failed(k, c, task, report, text_of(report, result));
		break;
	}
}

/* ---- presets ---- */

static void
presets_ended(struct acs_keeper *k, struct acs_commit *c, struct acs_device *device,
	const struct acs_report *report, const char *detail)
{
	const struct acs_fault *fault = acs_fault_find(device, ACS_PRESETS_CHANNEL);
	char code[CODE_SIZE];
	int64_t retry_ms;
	char *text;

	if (report->outcome == ACS_OUTCOME_DONE) {
		device->generation = device->visit->generation;
		acs_fault_clear(k, c, device, ACS_PRESETS_CHANNEL);
		return;
	}
	retry_ms = retry_at(k, fault ? fault->count + 1 : 1);
	code_print(code, report);
	text = fault_of(ACS_PRESETS_CHANNEL, report, detail);
	note_fault(k, c, device, ACS_PRESETS_CHANNEL, text, retry_ms);
	free(text);
	SB_LOG(k->session, INFO, "acs.presets_failed", "device", SB_STR(device->profile.name),
		"code", SB_STR(code), "reason", SB_STR(report->reason ? report->reason : ""));
}

void
acs_work_ended(struct acs_keeper *k, struct acs_commit *c, struct acs_device *device,
	const struct acs_report *report, struct acs_result *result)
{
	struct acs_visit *visit = device->visit;
	struct acs_task *task = visit->running;

	if (report->batch)
		device->batch = report->batch > UINT16_MAX ? UINT16_MAX : (uint16_t)report->batch;
	if (visit->runs_presets && report->task == 0) {
		visit->runs_presets = false;
		presets_ended(k, c, device, report, text_of(report, result));
	} else if (task && task->id == report->task) {
		visit->running = NULL;
		acs_task_ended(k, c, task, report, result);
	}
}

/* ---- operations ---- */

/* Whether one that is queued may have been begun. A key of people's own may have been another
 * task's before, so it must have been tried; one that is made of the id says it even when nobody
 * here remembers, for what was under way in a crash is queued again, with no attempt. */
static bool
may_have_begun(const struct acs_task *task)
{
	char id[ACS_ID_SIZE];

	acs_id_print(id, task->id);
	return task->attempts || (task->command_key && strcmp(task->command_key, id) == 0);
}

static bool
has_begun(const struct acs_task *task)
{
	return !acs_task_has_ended(task) &&
	       (task->state != ACS_TASK_QUEUED || may_have_begun(task));
}

static struct acs_task *
task_of_key(const struct acs_device *device, const char *command_key, enum acs_operation operation)
{
	for (struct acs_task *task = device->tasks; task; task = task->next)
		if (has_begun(task) && task->operation == operation &&
			strcmp(task->command_key, command_key) == 0)
			return task;
	return NULL;
}

/* What an Inform's events say of an operation that waits. */
static bool
says_done(const struct acs_inform *inform, const struct acs_task *task)
{
	switch (task->operation) {
	case ACS_OPERATION_BOOT:
		/* Without M Reboot: an old device, or one that was switched off and on. */
		return inform->events & ACS_EVENT_BIT(BOOT) ||
		       acs_inform_has(inform, ACS_EVENT_M_REBOOT, task->command_key);
	case ACS_OPERATION_BOOTSTRAP:
		return inform->events & (ACS_EVENT_BIT(BOOTSTRAP) | ACS_EVENT_BIT(BOOT));
	case ACS_OPERATION_SCHEDULE:
		return acs_inform_has(inform, ACS_EVENT_M_SCHEDULE_INFORM, task->command_key);
	case ACS_OPERATION_NONE:
	case ACS_OPERATION_TRANSFER: /* TransferComplete follows, in this session */
	case ACS_OPERATION_UNITS:
		break;
	}
	return false;
}

/* What names the operation itself, by its key. */
static bool
says_its_key(const struct acs_inform *inform, const struct acs_task *task)
{
	switch (task->operation) {
	case ACS_OPERATION_BOOT:
		return acs_inform_has(inform, ACS_EVENT_M_REBOOT, task->command_key);
	case ACS_OPERATION_SCHEDULE:
		return acs_inform_has(inform, ACS_EVENT_M_SCHEDULE_INFORM, task->command_key);
	case ACS_OPERATION_NONE:
	case ACS_OPERATION_BOOTSTRAP:
	case ACS_OPERATION_TRANSFER:
	case ACS_OPERATION_UNITS:
		break;
	}
	return false;
}

/* Whether the device has begun it, whatever we have been told: it may have gone before it answered,
 * and to have it do the same again would be wrong. */
static bool
has_done(const struct acs_inform *inform, const struct acs_task *task)
{
	switch (task->state) {
	case ACS_TASK_WAITING:
		return says_done(inform, task);
	case ACS_TASK_RUNNING:
		if (task->operation == ACS_OPERATION_BOOTSTRAP)
			return inform->events & ACS_EVENT_BIT(BOOTSTRAP);
		return says_done(inform, task);
	case ACS_TASK_QUEUED:
		return may_have_begun(task) && says_its_key(inform, task);
	case ACS_TASK_DONE:
	case ACS_TASK_FAILED:
	case ACS_TASK_EXPIRED:
	case ACS_TASK_CANCELED:
		break;
	}
	return false;
}

void
acs_operations_inform(struct acs_keeper *k, struct acs_commit *c, struct acs_device *device,
	const struct acs_inform *inform)
{
	for (struct acs_task *task = device->tasks; task; task = task->next) {
		if (!has_done(inform, task))
			continue;
		if (device->visit && device->visit->running == task)
			device->visit->running = NULL;
		task_done(k, c, task, NULL);
	}
}

static void
completed(struct acs_keeper *k, struct acs_commit *c, int status, const struct sb_store_rows *rows)
{
	(void)rows;
	acs_refuse(k, c->from, status, NULL);
}

/* A transfer that failed is not tried again: the device has had all the tries that it makes. */
static void
transfer_failed(struct acs_keeper *k, struct acs_commit *c, struct acs_task *task,
	const struct acs_complete *complete)
{
	struct acs_report report = {.outcome = ACS_OUTCOME_FAULT,
		.fault_code = complete->fault_code,
		.reason = cwmp_fault_text(complete->fault_code)};
	char channel[ACS_CHANNEL_MAX], *text;

	acs_task_channel(channel, task);
	text = fault_of(channel, &report, complete->text);
	acs_task_end(k, c, task, ACS_TASK_FAILED, text ? member("fault", text) : NULL);
	note_fault(k, c, task->device, channel, text, 0);
	free(text);
}

static int
complete_task(struct acs_keeper *k, const struct sb_message *m, struct acs_task *task)
{
	const struct acs_complete *complete = m->data;
	struct acs_commit *c = acs_commit_new(k, task->device, false, completed);

	if (!c)
		return SB_ENOMEM;
	c->from = sb_message_from(m);
	if (complete->fault_code)
		transfer_failed(k, c, task, complete);
	else
		task_done(k, c, task, complete->text);
	acs_commit_device(c, task->device, false);
	acs_commit_end(k, c);
	return 0;
}

/* Nobody may have asked for it, or long ago, or it is said again because our answer was lost: it is
 * answered well in each case, or the device says it for ever. */
void
acs_keeper_complete(struct acs_keeper *k, const struct sb_message *m)
{
	const struct acs_complete *complete = m->data;
	struct acs_device *device = acs_devices_find(&k->devices, complete->device);
	struct acs_task *task =
		device && !device->is_leaving
			? task_of_key(device, complete->command_key, complete->operation)
			: NULL;
	int err;

	if (!task) {
		SB_LOG(k->session, INFO, "acs.operation_unknown", "device",
			SB_STR(complete->device), "command_key", SB_STR(complete->command_key));
		acs_refuse(k, sb_message_from(m), 0, NULL);
		return;
	}
	/* It runs no more, whatever its session still says of it. */
	if (device->visit && device->visit->running == task)
		device->visit->running = NULL;
	err = complete_task(k, m, task);
	if (err)
		acs_refuse(k, sb_message_from(m), err, NULL);
}
