/* What people ask about tasks. */
#include "core/error.h"
#include "daemons/acs/json_memory.h"
#include "daemons/acs/keeper_internal.h"

#include <stdlib.h>

struct acs_task *
acs_task_find(const struct acs_device *device, uint64_t id)
{
	struct acs_task *task = device->tasks;

	while (task && task->id != id)
		task = task->next;
	return task;
}

struct acs_task *
acs_asked_task(struct acs_keeper *k, const struct sb_message *m)
{
	const struct acs_ask *ask = m->data;
	struct acs_device *device = acs_asked_device(k, m);
	struct acs_task *task = device ? acs_task_find(device, ask->id) : NULL;

	if (device && !task)
		acs_refuse(k, sb_message_from(m), SB_ENOENT, "no such task");
	return task;
}

/* ---- create ---- */

/* Who asked, and for how long it waits. */
struct creation {
	uint64_t id;
	uint32_t wait_ms;
};

static void
created(struct acs_keeper *k, struct acs_commit *c, int status, const struct sb_store_rows *rows)
{
	const struct creation *of = c->extra;
	struct acs_task *task = status ? NULL : acs_task_find(c->device, of->id);

	(void)rows;
	if (status)
		acs_refuse(k, c->from, status, NULL);
	else if (!task)
		acs_refuse(k, c->from, SB_ENOENT, "the device was deleted");
	else if (!of->wait_ms || acs_task_wait(k, task, c->from, of->wait_ms))
		acs_task_answer(k, c->from, task);
}

static int
create(struct acs_keeper *k, struct acs_commit *c, json_t *request, uint32_t wait_ms, char *fault,
	size_t size)
{
	struct creation *of = malloc(sizeof(*of));
	int err;

	if (!of)
		return SB_ENOMEM;
	c->extra = of;
	c->release = free;
	err = acs_task_queue(k, c, c->device, request, 0, fault, size);
	if (!err)
		*of = (struct creation){c->device->last_task->id, wait_ms};
	return err;
}

void
acs_task_make(struct acs_keeper *k, struct acs_device *device, json_t *request, struct sb_from from,
	uint32_t wait_ms)
{
	struct acs_commit *c = acs_commit_new(k, device, false, created);
	char fault[128] = "";
	int err = c ? create(k, c, request, wait_ms, fault, sizeof(fault)) : SB_ENOMEM;

	if (err) {
		acs_refuse(k, from, err, fault);
		if (c)
			acs_commit_abandon(k, c);
		return;
	}
	c->from = from;
	acs_commit_end(k, c);
}

void
acs_ask_task_create(struct acs_keeper *k, const struct sb_message *m)
{
	const struct acs_ask *ask = m->data;
	struct acs_device *device = acs_asked_device(k, m);
	json_t *request;
	int err;

	if (!device)
		return;
	err = acs_json_load(&request, sb_bytes(ask->text, ask->size), 0, NULL);
	if (err == SB_ENOMEM)
		acs_refuse(k, sb_message_from(m), err, NULL);
	else
		acs_task_make(k, device, request, sb_message_from(m), ask->wait_ms);
	json_decref(request);
}

/* ---- read ---- */

static void
task_came(struct acs_keeper *k, struct acs_commit *c, int status, const struct sb_store_rows *rows)
{
	const struct creation *of = c->extra;
	struct acs_task *task = acs_task_find(c->device, of->id);

	/* Forgotten meanwhile. */
	if (!task || (status == SB_ENOENT)) {
		acs_refuse(k, c->from, SB_ENOENT, "no such task");
		return;
	}
	if (status) {
		acs_refuse(k, c->from, status, NULL);
		return;
	}
	acs_task_tell(k, c->from, task, sb_bytes(rows->rows[0].body, rows->rows[0].body_size));
}

/* Ended ones have their texts in the store. */
static int
task_read(struct acs_keeper *k, const struct sb_message *m, const struct acs_task *task)
{
	struct acs_commit *c = acs_commit_new(k, task->device, true, task_came);
	struct creation *of = c ? malloc(sizeof(*of)) : NULL;

	if (!of) {
		if (c)
			acs_commit_abandon(k, c);
		return SB_ENOMEM;
	}
	*of = (struct creation){.id = task->id};
	c->extra = of;
	c->release = free;
	c->from = sb_message_from(m);
	acs_commit_read(k, c, ACS_KIND_TASK, task->id);
	return 0;
}

void
acs_ask_task(struct acs_keeper *k, const struct sb_message *m)
{
	const struct acs_ask *ask = m->data;
	struct acs_task *task = acs_asked_task(k, m);
	int err = 0;

	if (!task)
		return;
	if (!task->request)
		err = task_read(k, m, task);
	else if (ask->wait_ms)
		err = acs_task_wait(k, task, sb_message_from(m), ask->wait_ms);
	else
		acs_task_answer(k, sb_message_from(m), task);
	if (err)
		acs_refuse(k, sb_message_from(m), err, NULL);
}

void
acs_ask_tasks(struct acs_keeper *k, const struct sb_message *m)
{
	struct acs_device *device = acs_asked_device(k, m);
	struct acs_text t = {0};

	if (!device)
		return;
	acs_text_add(&t, "{\"tasks\":[");
	for (const struct acs_task *task = device->tasks; task; task = task->next) {
		acs_task_show(&t, task, sb_bytes(NULL, 0));
		if (task->next)
			acs_text_add(&t, ",");
	}
	acs_text_add(&t, "]}");
	acs_answer(k, sb_message_from(m), &t);
}

/* ---- cancel ---- */

static void
canceled(struct acs_keeper *k, struct acs_commit *c, int status, const struct sb_store_rows *rows)
{
	const struct creation *of = c->extra;
	struct acs_task *task = status ? NULL : acs_task_find(c->device, of->id);

	(void)rows;
	if (task)
		acs_task_answer(k, c->from, task);
	else
		acs_refuse(k, c->from, status ? status : SB_ENOENT, NULL);
}

static int
cancel(struct acs_keeper *k, const struct sb_message *m, struct acs_task *task)
{
	struct acs_commit *c = acs_commit_new(k, task->device, false, canceled);
	struct creation *of = c ? malloc(sizeof(*of)) : NULL;
	char channel[ACS_CHANNEL_MAX];

	if (!of) {
		if (c)
			acs_commit_abandon(k, c);
		return SB_ENOMEM;
	}
	*of = (struct creation){.id = task->id};
	c->extra = of;
	c->release = free;
	c->from = sb_message_from(m);
	acs_task_channel(channel, task);
	acs_fault_clear(k, c, task->device, channel);
	acs_task_end(k, c, task, ACS_TASK_CANCELED, NULL);
	acs_commit_device(c, task->device, false);
	acs_commit_end(k, c);
	return 0;
}

/* A device that has begun cannot be stopped by us: what it does is told when it is over. */
void
acs_ask_task_cancel(struct acs_keeper *k, const struct sb_message *m)
{
	struct acs_task *task = acs_asked_task(k, m);
	int err;

	if (!task)
		return;
	if (task->state == ACS_TASK_QUEUED || task->state == ACS_TASK_WAITING)
		err = cancel(k, m, task);
	else
		err = SB_ECONFLICT;
	if (err)
		acs_refuse(k, sb_message_from(m), err,
			err == SB_ECONFLICT ? "it is running, or has ended" : NULL);
}
