/*
 * What is asked of the store, each with what follows. Memory changes when something is
 * decided, not when it is durable; so a commit that fails has to give back what it took: a task is
 * again what it was, and a device is written whole with its next Inform.
 */
#include "core/error.h"
#include "daemons/acs/keeper_internal.h"

#include <stdlib.h>

struct acs_commit *
acs_commit_new(struct acs_keeper *k, struct acs_device *device, bool is_read,
	void (*done)(struct acs_keeper *k, struct acs_commit *c, int status,
		const struct sb_store_rows *rows))
{
	struct acs_commit *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	if (!is_read) {
		c->txn = sb_txn_begin(k->session, k->config->store);
		if (!c->txn) {
			free(c);
			return NULL;
		}
	}
	c->done = done;
	c->device = device;
	if (device)
		device->pins++;
	c->next = k->commits;
	c->link = &k->commits;
	if (c->next)
		c->next->link = &c->next;
	k->commits = c;
	k->commit_count++;
	return c;
}

void
acs_unpin(struct acs_keeper *k, struct acs_device *device)
{
	(void)k;
	device->pins--;
	if (device->is_deleted && !device->pins)
		acs_device_free(device);
}

static void
commit_free(struct acs_keeper *k, struct acs_commit *c)
{
	*c->link = c->next;
	if (c->next)
		c->next->link = c->link;
	k->commit_count--;
	if (c->txn)
		sb_txn_abandon(c->txn);
	if (c->release)
		c->release(c->extra);
	acs_sayings_end(k, c, false);
	if (c->device)
		acs_unpin(k, c->device);
	free(c->stakes);
	free(c);
}

/* ---- what is put ---- */

static void
note(struct acs_commit *c, int error)
{
	if (!c->error)
		c->error = error;
}

void
acs_commit_put(struct acs_commit *c, enum acs_kind kind, uint64_t id, struct sb_bytes head,
	struct sb_bytes body)
{
	note(c, sb_txn_put(c->txn, kind, id, head.data, head.size, body.data, body.size));
}

void
acs_commit_del(struct acs_commit *c, enum acs_kind kind, uint64_t id)
{
	note(c, sb_txn_del(c->txn, kind, id));
}

void
acs_commit_device(struct acs_commit *c, struct acs_device *device, bool is_whole)
{
	uint8_t head[ACS_DEVICE_HEAD_SIZE];
	struct sb_bytes body;
	int err;

	acs_device_head(device, head);
	if (!is_whole && device->is_stored) {
		note(c, sb_txn_mark(c->txn, ACS_KIND_DEVICE, device->id, head, sizeof(head)));
		return;
	}
	/* Until this one is durable the next one is whole, too. */
	device->is_stored = false;
	c->is_whole = true;
	err = acs_device_body(device, &body);
	if (err) {
		note(c, err);
		return;
	}
	acs_commit_put(c, ACS_KIND_DEVICE, device->id, sb_bytes(head, sizeof(head)), body);
	free((void *)(uintptr_t)body.data);
}

static int
stake_add(struct acs_commit *c, struct acs_task *task, enum acs_task_state before)
{
	struct acs_stake *grown = realloc(c->stakes, (c->stake_count + 1) * sizeof(*c->stakes));

	task->pins++;
	if (!grown) {
		task->unstaked = c->unstaked;
		task->was = before;
		c->unstaked = task;
		return SB_ENOMEM;
	}
	grown[c->stake_count++] = (struct acs_stake){task, before};
	c->stakes = grown;
	return 0;
}

void
acs_commit_task(struct acs_commit *c, struct acs_task *task, enum acs_task_state before)
{
	uint8_t head[ACS_TASK_HEAD_SIZE];
	struct acs_octets body;
	int err = stake_add(c, task, before);

	acs_task_head(task, head);
	if (!err)
		err = acs_task_body(task, &body);
	if (err) {
		note(c, err);
		return;
	}
	acs_commit_put(c, ACS_KIND_TASK, task->id, sb_bytes(head, sizeof(head)),
		sb_bytes(body.data, body.size));
	acs_octets_free(&body);
}

/* ---- what comes of it ---- */

/* Said once, not with each commit. */
static void
tell_health(struct acs_keeper *k, int status)
{
	bool is_failing = status && status != SB_EINVAL && status != SB_FULL;

	if (is_failing == k->is_failing || (status && !is_failing))
		return;
	k->is_failing = is_failing;
	if (is_failing)
		SB_LOG(k->session, ERROR, "acs.store_failing", "error", SB_ERR(status));
	else
		SB_LOG(k->session, INFO, "acs.store_works");
}

/* A task that is not in the store is none; one that has not ended there has not ended. */
static void
give_back(struct acs_keeper *k, struct acs_task *task, enum acs_task_state before)
{
	if (!task->device)
		return;
	if (acs_task_has_ended(task) && before < ACS_TASK_DONE) {
		task->device->ended_tasks--;
		task->device->live_tasks++;
		k->tasks++;
		task->ended_ms = 0;
		acs_task_ending_free(task);
	}
	task->state = before == ACS_TASK_RUNNING ? ACS_TASK_QUEUED : before;
}

static void
settle_task(struct acs_keeper *k, struct acs_task *task, enum acs_task_state before, int status)
{
	task->pins--;
	/* What was put later of it decides what it is. */
	if (status && !task->pins)
		give_back(k, task, before);
	acs_task_settled(k, task, status);
}

static void
settle(struct acs_keeper *k, struct acs_commit *c, int status)
{
	struct acs_task *next;

	for (size_t i = 0; i < c->stake_count; i++)
		settle_task(k, c->stakes[i].task, c->stakes[i].before, status);
	c->stake_count = 0;
	for (struct acs_task *task = c->unstaked; task; task = next) {
		next = task->unstaked;
		settle_task(k, task, task->was, status);
	}
	c->unstaked = NULL;
	if (c->is_whole && c->device)
		c->device->is_stored = status == 0;
}

static void
finish(struct acs_keeper *k, struct acs_commit *c, int status, const struct sb_store_rows *rows)
{
	/* That a row is not there is an answer. */
	if (status != SB_ENOENT)
		tell_health(k, status);
	settle(k, c, status);
	acs_sayings_end(k, c, status == 0);
	c->done(k, c, status, rows);
	commit_free(k, c);
}

void
acs_commit_abandon(struct acs_keeper *k, struct acs_commit *c)
{
	settle(k, c, SB_ECANCELED);
	commit_free(k, c);
}

int
acs_commit_end(struct acs_keeper *k, struct acs_commit *c)
{
	int err = c->error;
	struct sb_txn *txn = c->txn;

	c->txn = NULL;
	if (err)
		sb_txn_abandon(txn);
	else
		err = sb_txn_commit(txn, sb_self(k->session), (uint64_t)(uintptr_t)c);
	if (err)
		finish(k, c, err, NULL);
	return err;
}

void
acs_commit_read(struct acs_keeper *k, struct acs_commit *c, enum acs_kind kind, uint64_t id)
{
	int err = sb_store_get(k->session, k->config->store, kind, id, sb_self(k->session),
		(uint64_t)(uintptr_t)c);

	if (err)
		finish(k, c, err, NULL);
}

void
acs_commit_done(struct acs_keeper *k, const struct sb_message *m)
{
	/* Each comes back once, and is not freed before. */
	struct acs_commit *c = (struct acs_commit *)(uintptr_t)m->ref;

	finish(k, c, m->status, m->data);
}

void
acs_commits_fini(struct acs_keeper *k)
{
	struct acs_commit *next;

	for (struct acs_commit *c = k->commits; c; c = next) {
		next = c->next;
		settle(k, c, SB_GONE);
		commit_free(k, c);
	}
}
