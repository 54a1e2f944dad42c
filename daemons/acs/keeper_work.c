/*
 * What a device has to do next. First it is brought to what presets say, then its tasks
 * come, in their order: one that waits for its time, or for the device to boot, holds those behind
 * it. A visit without work is over: what is asked for later waits for the next Inform.
 */
#include "core/error.h"
#include "daemons/acs/json_memory.h"
#include "daemons/acs/keeper_internal.h"

#include <stdlib.h>
#include <string.h>

void
acs_visit_end(struct acs_keeper *k, struct acs_device *device)
{
	if (!device->visit)
		return;
	if (device->visit->running && device->visit->running->state == ACS_TASK_RUNNING)
		device->visit->running->state = ACS_TASK_QUEUED;
	free(device->visit);
	device->visit = NULL;
	k->visits--;
}

/* ---- presets ---- */

static bool
is_brought(const struct acs_device *device, uint64_t generation)
{
	const struct acs_visit *visit = device->visit;
	char key[ACS_ID_SIZE];

	acs_id_print(key, generation);
	/* A device that does not tell its key is believed to have kept it. */
	if (!visit->has_parameter_key)
		return device->generation == generation;
	return strcmp(visit->parameter_key, key) == 0;
}

static bool
presets_wait(const struct acs_keeper *k, const struct acs_device *device)
{
	const struct acs_fault *fault = acs_fault_find(device, ACS_PRESETS_CHANNEL);

	return fault && fault->retry_ms > acs_wall(k);
}

/* Whether the device has to be looked at: once a visit. */
static bool
wants_presets(struct acs_keeper *k, struct acs_device *device)
{
	struct acs_visit *visit = device->visit;
	bool is_due;

	if (visit->had_presets)
		return false;
	visit->had_presets = true;
	visit->generation = acs_presets_generation(&k->presets, device);
	is_due = visit->generation && !is_brought(device, visit->generation);
	is_due |= acs_presets_for_events(&k->presets, device, visit->events);
	/* It has taken the key, but not the values. */
	is_due |= acs_fault_find(device, ACS_PRESETS_CHANNEL) != NULL;
	return is_due && !presets_wait(k, device);
}

/* ---- tasks ---- */

/* Nothing that comes behind it is meant for the device as it is now. */
static bool
holds_others(const struct acs_task *task)
{
	return task->operation == ACS_OPERATION_BOOT || task->operation == ACS_OPERATION_BOOTSTRAP;
}

static struct acs_task *
task_due(const struct acs_keeper *k, const struct acs_device *device)
{
	for (struct acs_task *task = device->tasks; task; task = task->next) {
		if (acs_task_has_ended(task))
			continue;
		if (task->state == ACS_TASK_WAITING && !holds_others(task))
			continue;
		if (task->state != ACS_TASK_QUEUED || task->is_new || task->due_ms > acs_wall(k))
			return NULL;
		return task;
	}
	return NULL;
}

/* ---- the answer ---- */

static uint32_t
batch_of(const struct acs_keeper *k, const struct acs_device *device)
{
	return device->batch ? device->batch : k->config->batch;
}

static struct acs_work *
work_new(struct acs_keeper *k, const struct acs_device *device, enum acs_work_kind kind,
	uint64_t id, const char *text)
{
	size_t size = text ? strlen(text) : 0;
	struct acs_work *work = text ? sb_payload_new(k->session, sizeof(*work) + size + 1) : NULL;

	if (!work)
		return NULL;
	*work = (struct acs_work){
		.kind = kind, .batch = batch_of(k, device), .id = id, .size = (uint32_t)size};
	acs_id_print(work->parameter_key, device->visit->generation);
	if (!device->visit->generation)
		work->parameter_key[0] = '\0';
	memcpy(work->text, text, size + 1);
	return work;
}

static struct acs_work *
presets_work(struct acs_keeper *k, struct acs_device *device)
{
	struct acs_visit *visit = device->visit;
	json_t *desired =
		acs_presets_desired(&k->presets, device, visit->events, visit->generation);
	char *text = desired ? acs_json_print(desired, 0) : NULL;
	struct acs_work *work = work_new(k, device, ACS_WORK_PRESETS, 0, text);

	visit->runs_presets = work != NULL;
	json_decref(desired);
	free(text);
	return work;
}

static struct acs_work *
task_work(struct acs_keeper *k, struct acs_device *device, struct acs_task *task)
{
	struct acs_work *work = work_new(k, device, ACS_WORK_TASK, task->id, task->request);

	if (!work)
		return NULL;
	task->state = ACS_TASK_RUNNING;
	device->visit->running = task;
	return work;
}

static void
give(struct acs_keeper *k, struct acs_device *device, struct sb_from from, struct acs_work *work)
{
	int err = work ? sb_reply(k->session, from, 0,
				 SB_GIVE(work, sizeof(*work) + work->size + 1, sb_payload_free))
		       : SB_ENOMEM;

	if (!err)
		return;
	sb_payload_free(work);
	acs_refuse(k, from, SB_ENOMEM, NULL);
	acs_visit_end(k, device);
}

void
acs_work_next(struct acs_keeper *k, struct acs_device *device, struct sb_from from)
{
	struct acs_task *task;

	/* It was deleted, or another session has begun: this one has nothing to do any more. */
	if (!device->visit || !sb_address_equal(device->visit->session, from.caller)) {
		acs_refuse(k, from, 0, NULL);
		return;
	}
	/* Nobody hears it any more. */
	if (device->visit->has_left || device->held) {
		acs_visit_end(k, device);
		acs_refuse(k, from, 0, NULL);
		return;
	}
	if (wants_presets(k, device)) {
		give(k, device, from, presets_work(k, device));
		return;
	}
	task = task_due(k, device);
	if (task) {
		give(k, device, from, task_work(k, device, task));
		return;
	}
	acs_visit_end(k, device);
	acs_refuse(k, from, 0, NULL);
}

/* ---- sessions that end too early ---- */

void
acs_visit_lost(struct acs_keeper *k, struct acs_commit *c, struct acs_device *device)
{
	struct acs_visit *visit = device->visit;
	struct acs_report report = {.outcome = ACS_OUTCOME_LOST,
		.task = visit->running ? visit->running->id : 0,
		.reason = "the session ended"};

	if (visit->running || visit->runs_presets)
		acs_work_ended(k, c, device, &report, NULL);
}

static void
left(struct acs_keeper *k, struct acs_commit *c, int status, const struct sb_store_rows *rows)
{
	(void)k;
	(void)c;
	(void)status;
	(void)rows;
}

void
acs_visit_over(struct acs_keeper *k, struct acs_device *device)
{
	struct acs_commit *c = acs_commit_new(k, device, false, left);

	/* Without memory for it, it is only not counted as an attempt. */
	if (c) {
		acs_visit_lost(k, c, device);
		acs_commit_device(c, device, false);
		(void)acs_commit_end(k, c);
	}
	acs_visit_end(k, device);
}

void
acs_keeper_left(struct acs_keeper *k, const struct sb_message *m)
{
	const struct acs_left *gone = m->data;
	struct acs_device *device = acs_devices_find(&k->devices, gone->device);

	if (!device)
		return;
	/* Its Inform was not answered: the device says it again. */
	if (device->held && sb_address_equal(device->held->sender, m->sender))
		acs_inform_forget(k, device);
	if (!device->visit || !sb_address_equal(device->visit->session, m->sender))
		return;
	/* What it has reported is done, though nobody is told any more. */
	if (device->docket)
		device->visit->has_left = true;
	else
		acs_visit_over(k, device);
}
