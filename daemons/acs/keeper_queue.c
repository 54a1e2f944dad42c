/* The tasks of devices: linked, queued, expired, forgotten; and those who wait for one. */
#include "core/error.h"
#include "daemons/acs/keeper_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NS_A_MS UINT64_C(1000000)

/* ---- lists ---- */

void
acs_task_link(struct acs_keeper *k, struct acs_device *device, struct acs_task *task)
{
	task->device = device;
	task->previous = device->last_task;
	if (device->last_task)
		device->last_task->next = task;
	else
		device->tasks = task;
	device->last_task = task;
	if (acs_task_has_ended(task)) {
		device->ended_tasks++;
		return;
	}
	device->live_tasks++;
	k->tasks++;
}

static void
unlink_task(struct acs_keeper *k, struct acs_task *task)
{
	struct acs_device *device = task->device;

	if (task->previous)
		task->previous->next = task->next;
	else
		device->tasks = task->next;
	if (task->next)
		task->next->previous = task->previous;
	else
		device->last_task = task->previous;
	if (device->visit && device->visit->running == task)
		device->visit->running = NULL;
	if (acs_task_has_ended(task)) {
		device->ended_tasks--;
		return;
	}
	device->live_tasks--;
	k->tasks--;
}

void
acs_task_drop(struct acs_keeper *k, struct acs_task *task)
{
	acs_waiters_answer(k, task, SB_ENOENT);
	unlink_task(k, task);
	task->device = NULL;
	if (!task->pins)
		acs_task_free(task);
}

/* ---- a new one ---- */

int
acs_task_queue(struct acs_keeper *k, struct acs_commit *c, struct acs_device *device,
	json_t *request, uint64_t preset, char *fault, size_t size)
{
	struct acs_task *task;
	int err;

	if (device->live_tasks >= k->config->max_tasks) {
		snprintf(fault, size, "the device has %u tasks", device->live_tasks);
		return SB_ELIMIT;
	}
	err = acs_task_new(&task, acs_id_next(k), request, fault, size);
	if (err)
		return err;
	task->created_ms = acs_wall(k);
	task->expiry_ms =
		acs_wall(k) + (task->expiry_ms ? task->expiry_ms : (int64_t)k->config->expiry_ms);
	task->preset = preset;
	task->is_new = true;
	acs_task_link(k, device, task);
	acs_commit_task(c, task, ACS_TASK_QUEUED);
	return 0;
}

/* ---- waiters ---- */

void
acs_waiters_answer(struct acs_keeper *k, struct acs_task *task, int status)
{
	struct acs_waiter *next;

	for (struct acs_waiter *w = task->waiters; w; w = next) {
		next = w->next;
		if (status)
			acs_refuse(k, w->from, status, NULL);
		else
			acs_task_answer(k, w->from, task);
		free(w);
		k->waiters--;
	}
	task->waiters = NULL;
}

int
acs_task_wait(struct acs_keeper *k, struct acs_task *task, struct sb_from from, uint32_t wait_ms)
{
	struct acs_waiter *w = calloc(1, sizeof(*w));

	if (!w)
		return SB_ENOMEM;
	w->from = from;
	w->due_ns = sb_now(k->session) + wait_ms * NS_A_MS;
	w->next = task->waiters;
	task->waiters = w;
	k->waiters++;
	return 0;
}

/* They are told how it is by now. */
static void
waiters_tick(struct acs_keeper *k, struct acs_task *task)
{
	struct acs_waiter **link = &task->waiters, *w;

	while ((w = *link)) {
		if (w->due_ns > sb_now(k->session)) {
			link = &w->next;
			continue;
		}
		*link = w->next;
		acs_task_answer(k, w->from, task);
		free(w);
		k->waiters--;
	}
}

/* ---- what becomes durable ---- */

void
acs_task_settled(struct acs_keeper *k, struct acs_task *task, int status)
{
	if (!task->device) {
		if (!task->pins)
			acs_task_free(task);
		return;
	}
	/* Who waits is told so by `done`, if it is not durable. */
	if (task->is_new && status) {
		/* Its preset makes it again with the next Inform. */
		acs_device_forget_once(task->device, task->preset);
		acs_task_drop(k, task);
		return;
	}
	if (!status)
		task->is_new = false;
	if (status || task->pins || !acs_task_has_ended(task))
		return;
	acs_waiters_answer(k, task, 0);
	acs_task_texts_free(task);
}

/* ---- time ---- */

static void
forget(struct acs_keeper *k, struct acs_commit *c, struct acs_task *task)
{
	acs_commit_del(c, ACS_KIND_TASK, task->id);
	acs_task_drop(k, task);
}

static bool
is_old(const struct acs_keeper *k, const struct acs_task *task)
{
	if (!acs_task_has_ended(task) || task->pins)
		return false;
	return task->device->ended_tasks > k->config->max_results ||
	       task->ended_ms + (int64_t)k->config->result_ms < acs_wall(k);
}

static bool
has_expired(const struct acs_keeper *k, const struct acs_task *task)
{
	return (task->state == ACS_TASK_QUEUED || task->state == ACS_TASK_WAITING) && !task->pins &&
	       task->expiry_ms <= acs_wall(k);
}

static void
expire(struct acs_keeper *k, struct acs_commit *c, struct acs_task *task)
{
	bool waited = task->state == ACS_TASK_WAITING;
	char channel[ACS_CHANNEL_MAX], *text;

	acs_task_channel(channel, task);
	text = acs_fault_text(channel, "expired",
		waited ? "the device did not say that it was done"
		       : "the device did not come, or would not, in time",
		NULL);
	acs_task_end(k, c, task, ACS_TASK_EXPIRED, NULL);
	if (text)
		acs_fault_note(k, c, task->device, channel, text, 0);
	free(text);
}

static bool
wants_tick(const struct acs_keeper *k, const struct acs_task *task)
{
	return is_old(k, task) || has_expired(k, task);
}

static void
nothing_follows(
	struct acs_keeper *k, struct acs_commit *c, int status, const struct sb_store_rows *rows)
{
	(void)k;
	(void)c;
	(void)status;
	(void)rows;
}

/* From the oldest on: those are the ones to be forgotten. */
static void
tasks_tick(struct acs_keeper *k, struct acs_commit *c, struct acs_device *device)
{
	struct acs_task *next;

	for (struct acs_task *task = device->tasks; task; task = next) {
		next = task->next;
		if (is_old(k, task))
			forget(k, c, task);
		else if (has_expired(k, task))
			expire(k, c, task);
	}
}

static void
device_tick(struct acs_keeper *k, struct acs_device *device)
{
	struct acs_commit *c;
	bool is_wanted = false;

	for (struct acs_task *task = device->tasks; task; task = task->next) {
		is_wanted |= wants_tick(k, task);
		waiters_tick(k, task);
	}
	c = is_wanted ? acs_commit_new(k, device, false, nothing_follows) : NULL;
	if (!c)
		return;
	tasks_tick(k, c, device);
	acs_commit_device(c, device, false);
	acs_commit_end(k, c);
}

void
acs_queue_tick(struct acs_keeper *k)
{
	size_t most = k->devices.count < ACS_DEVICES_A_TICK ? k->devices.count : ACS_DEVICES_A_TICK;

	for (size_t i = 0; i < most; i++) {
		struct acs_device *device;

		if (k->looked_at >= k->devices.count)
			k->looked_at = 0;
		device = k->devices.by_id[k->looked_at++];
		if (!device->is_leaving)
			device_tick(k, device);
	}
}
