/* Another try, when somebody says so: of what waits for its time at once, of what has ended as a
 * new task that says the same. */
#include "core/error.h"
#include "daemons/acs/json_memory.h"
#include "daemons/acs/keeper_internal.h"

#include <stdlib.h>

/* ---- one that has not ended ---- */

static void
hurried(struct acs_keeper *k, struct acs_commit *c, int status, const struct sb_store_rows *rows)
{
	const uint64_t *id = c->extra;
	struct acs_task *task = status ? NULL : acs_task_find(c->device, *id);

	(void)rows;
	if (task)
		acs_task_answer(k, c->from, task);
	else
		acs_refuse(k, c->from, status ? status : SB_ENOENT, NULL);
}

static struct acs_commit *
commit_of(struct acs_keeper *k, const struct sb_message *m, const struct acs_task *task,
	bool is_read,
	void (*done)(struct acs_keeper *k, struct acs_commit *c, int status,
		const struct sb_store_rows *rows))
{
	struct acs_commit *c = acs_commit_new(k, task->device, is_read, done);
	uint64_t *id = c ? malloc(sizeof(*id)) : NULL;

	if (!id) {
		if (c)
			acs_commit_abandon(k, c);
		return NULL;
	}
	*id = task->id;
	c->extra = id;
	c->release = free;
	c->from = sb_message_from(m);
	return c;
}

static int
hurry(struct acs_keeper *k, const struct sb_message *m, struct acs_task *task)
{
	struct acs_commit *c = commit_of(k, m, task, false, hurried);
	char channel[ACS_CHANNEL_MAX];

	if (!c)
		return SB_ENOMEM;
	acs_task_channel(channel, task);
	acs_fault_clear(k, c, task->device, channel);
	task->due_ms = 0;
	acs_commit_task(c, task, task->state);
	acs_commit_end(k, c);
	return 0;
}

/* ---- one that has ended ---- */

/* `body` is a task's row. */
static void
make_again(
	struct acs_keeper *k, struct acs_device *device, struct sb_bytes body, struct sb_from from)
{
	json_t *json, *request;
	int err = acs_json_load(&json, acs_task_words(body), 0, NULL);

	request = json_object_get(json, "request");
	/* The old one's: the new one gets its own. */
	json_object_del(request, "CommandKey");
	if (device->is_deleted)
		err = SB_ENOENT;
	else if (err != SB_ENOMEM && !request)
		err = SB_ECORRUPT;
	if (err)
		acs_refuse(k, from, err, NULL);
	else
		acs_task_make(k, device, request, from, 0);
	json_decref(json);
}

static void
row_came(struct acs_keeper *k, struct acs_commit *c, int status, const struct sb_store_rows *rows)
{
	if (status)
		acs_refuse(k, c->from, status, status == SB_ENOENT ? "no such task" : NULL);
	else
		make_again(k, c->device, sb_bytes(rows->rows[0].body, rows->rows[0].body_size),
			c->from);
}

static int
repeat(struct acs_keeper *k, const struct sb_message *m, struct acs_task *task)
{
	struct acs_commit *c = commit_of(k, m, task, true, row_came);

	if (!c)
		return SB_ENOMEM;
	acs_commit_read(k, c, ACS_KIND_TASK, task->id);
	return 0;
}

void
acs_ask_task_retry(struct acs_keeper *k, const struct sb_message *m)
{
	struct acs_task *task = acs_asked_task(k, m);
	int err;

	if (!task)
		return;
	if (task->state == ACS_TASK_QUEUED)
		err = hurry(k, m, task);
	/* Its last row is not there yet as long as it has its request. */
	else if (acs_task_has_ended(task) && !task->request)
		err = repeat(k, m, task);
	else
		err = SB_ECONFLICT;
	if (err)
		acs_refuse(k, sb_message_from(m), err,
			err == SB_ECONFLICT ? "it is running, or the device has taken it" : NULL);
}
