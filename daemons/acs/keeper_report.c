/*
 * Reports of sessions. Those that say something of parameters go through the device's docket: the
 * document is read, a job makes the next one, and that is committed together with whatever
 * ended by it; what comes meanwhile gathers for the next round. So the answer to a report
 * says that all of it is durable.
 */
#include "core/error.h"
#include "core/job.h"
#include "daemons/acs/keeper_internal.h"

#include <stdlib.h>
#include <string.h>

#define PARAMETERS_HEAD 16

/* A merge on its way: reading, at work, or being stored. */
struct acs_round {
	struct acs_job job;
	struct acs_merge merge;
};

static void docket_run(struct acs_keeper *k, struct acs_device *device);

static void
round_free(void *round)
{
	struct acs_round *r = round;

	if (!r)
		return;
	acs_merge_fini(&r->merge);
	free(r);
}

static int
round_work(void *round, size_t size)
{
	(void)size;
	return acs_merge_run(&((struct acs_round *)round)->merge);
}

/* The next round, if there is one. */
static void
docket_go_on(struct acs_keeper *k, struct acs_device *device)
{
	if (!device->docket)
		return;
	device->docket->is_busy = false;
	docket_run(k, device);
}

/* ---- the end of a report ---- */

/* Those that wait for one commit. */
static void
answer_all(
	struct acs_keeper *k, struct acs_device *device, const struct acs_update *first, int status)
{
	for (const struct acs_update *u = first; u; u = u->next) {
		if (status || !u->is_done)
			acs_refuse(k, u->from, status, NULL);
		else
			acs_work_next(k, device, u->from);
	}
}

static void
release_updates(void *extra)
{
	acs_updates_free(extra);
}

static void
stored(struct acs_keeper *k, struct acs_commit *c, int status, const struct sb_store_rows *rows)
{
	(void)rows;
	answer_all(k, c->device, c->extra, status);
	docket_go_on(k, c->device);
	if (c->device->visit && c->device->visit->has_left && !c->device->docket)
		acs_visit_end(k, c->device);
}

static void
ended(struct acs_keeper *k, struct acs_commit *c, int status, const struct sb_store_rows *rows)
{
	(void)rows;
	answer_all(k, c->device, c->extra, status);
}

/* A report of the session that the device has now. */
static bool
is_present(const struct acs_device *device, const struct acs_update *u)
{
	return device->visit && sb_address_equal(device->visit->session, u->from.caller);
}

static void
end_works(struct acs_keeper *k, struct acs_commit *c, struct acs_device *device)
{
	bool is_any = false;

	for (struct acs_update *u = c->extra; u; u = u->next) {
		if (!u->is_done || !is_present(device, u))
			continue;
		acs_work_ended(k, c, device, u->report, &u->result);
		is_any = true;
	}
	if (is_any)
		acs_commit_device(c, device, false);
}

/* ---- the document ---- */

static void
put_document(struct acs_keeper *k, struct acs_commit *c, const struct acs_merge *merge)
{
	uint8_t head[PARAMETERS_HEAD];
	struct sb_writer w = sb_writer_of(head, sizeof(head));

	if (!merge->body.size)
		return;
	sb_put_u64(&w, (uint64_t)acs_wall(k));
	sb_put_u32(&w, merge->parameters);
	sb_put_u32(&w, merge->octets);
	acs_commit_put(c, ACS_KIND_PARAMETERS, c->device->id, sb_bytes(head, sizeof(head)),
		sb_bytes(merge->body.data, merge->body.size));
}

static void
tell(struct acs_keeper *k, const struct acs_device *device, const struct acs_merge *merge)
{
	if (merge->error)
		SB_LOG_LIMITED(k->session, WARNING, "acs.parameters_refused", "device",
			SB_STR(device->profile.name), "error", SB_ERR(merge->error));
	if (merge->is_damaged)
		SB_LOG_LIMITED(k->session, ERROR, "acs.parameters_damaged", "device",
			SB_STR(device->profile.name));
}

/* All that gathered is answered with the error; the next ones may do better. */
static void
round_failed(struct acs_keeper *k, struct acs_device *device, struct acs_round *round, int status)
{
	answer_all(k, device, round->merge.updates, status);
	round_free(round);
	docket_go_on(k, device);
}

static void
merged(struct acs_keeper *k, struct acs_device *device, struct acs_round *round)
{
	struct acs_commit *c = acs_commit_new(k, device, false, stored);
	struct acs_merge *merge = &round->merge;

	if (!c) {
		round_failed(k, device, round, SB_ENOMEM);
		return;
	}
	tell(k, device, merge);
	put_document(k, c, merge);
	c->extra = merge->updates;
	c->release = release_updates;
	merge->updates = NULL;
	end_works(k, c, device);
	round_free(round);
	acs_commit_end(k, c);
}

/* Nobody needs what a deleted device has become. */
static void
merge_came(struct acs_keeper *k, struct acs_device *device, struct acs_job *job, int status)
{
	struct acs_round *round = (struct acs_round *)job;

	if (device->is_deleted) {
		answer_all(k, device, round->merge.updates, SB_ENOENT);
		round_free(round);
	} else if (status) {
		round_failed(k, device, round, status);
	} else {
		merged(k, device, round);
	}
}

static void
old_came(struct acs_keeper *k, struct acs_commit *c, int status, const struct sb_store_rows *rows)
{
	struct acs_round *round = c->extra;
	int err = status == SB_ENOENT ? 0 : status;

	c->release = NULL;
	if (!status && rows->count)
		err = acs_octets_copy(
			&round->merge.old, sb_bytes(rows->rows[0].body, rows->rows[0].body_size));
	if (!err && c->device->is_deleted)
		err = SB_ENOENT;
	if (!err)
		err = acs_job_begin(k, &round->job, sizeof(*round), round_work, round_free);
	if (err)
		round_failed(k, c->device, round, err);
}

/* ---- rounds ---- */

static struct acs_round *
round_new(struct acs_keeper *k, struct acs_device *device)
{
	struct acs_docket *docket = device->docket;
	struct acs_round *round = calloc(1, sizeof(*round));

	if (!round)
		return NULL;
	round->job = (struct acs_job){device, merge_came};
	round->merge.limit_bytes = k->config->document_bytes;
	round->merge.result_bytes = k->config->result_bytes;
	round->merge.now_s = (uint64_t)acs_wall(k) / 1000;
	round->merge.updates = docket->first;
	docket->first = NULL;
	docket->end = &docket->first;
	docket->count = 0;
	return round;
}

/* No memory to begin a round: all that waits is told. */
static void
docket_fail(struct acs_keeper *k, struct acs_device *device, struct acs_round *round)
{
	struct acs_update *all = round ? round->merge.updates : device->docket->first;

	answer_all(k, device, all, SB_ENOMEM);
	round_free(round);
	acs_docket_free(device);
}

static void
docket_run(struct acs_keeper *k, struct acs_device *device)
{
	struct acs_docket *docket = device->docket;
	struct acs_commit *read;
	struct acs_round *round;

	if (!docket || docket->is_busy)
		return;
	if (!docket->first) {
		acs_docket_free(device);
		return;
	}
	round = round_new(k, device);
	read = round ? acs_commit_new(k, device, true, old_came) : NULL;
	if (!read) {
		docket_fail(k, device, round);
		return;
	}
	docket->is_busy = true;
	read->extra = round;
	read->release = round_free;
	acs_commit_read(k, read, ACS_KIND_PARAMETERS, device->id);
}

void
acs_docket_free(struct acs_device *device)
{
	if (!device->docket)
		return;
	acs_updates_free(device->docket->first);
	free(device->docket);
	device->docket = NULL;
}

/* ---- reports ---- */

static int
docket_add(struct acs_device *device, struct acs_update *update)
{
	struct acs_docket *docket = device->docket;

	if (!docket) {
		docket = calloc(1, sizeof(*docket));
		if (!docket)
			return SB_ENOMEM;
		docket->end = &docket->first;
		device->docket = docket;
	}
	if (docket->count == ACS_UPDATES_MOST)
		return SB_FULL;
	*docket->end = update;
	docket->end = &update->next;
	docket->count++;
	return 0;
}

/* Nothing of parameters: it needs no job, a short answer is JSON at once. */
static int
end_at_once(struct acs_keeper *k, struct acs_device *device, struct acs_update *update)
{
	const struct acs_report *report = update->report;
	struct acs_commit *c;
	int err = 0;

	if (!report->result && report->envelope)
		err = acs_result_make(&update->result, report->envelope, k->config->result_bytes);
	if (err)
		return err;
	c = acs_commit_new(k, device, false, ended);
	if (!c)
		return SB_ENOMEM;
	c->extra = update;
	c->release = release_updates;
	end_works(k, c, device);
	acs_commit_end(k, c);
	return 0;
}

/* A preset's task that has read parameters: as JSON once more they would cost twice what storing
 * them does. */
static bool
is_read_for_preset(const struct acs_device *device, const struct acs_report *report)
{
	const struct acs_task *task = device->visit ? device->visit->running : NULL;

	if (!task || task->id != report->task || !task->preset)
		return false;
	return report->outcome == ACS_OUTCOME_DONE &&
	       (report->learned == ACS_LEARNED_VALUES || report->learned == ACS_LEARNED_NAMES ||
		       report->learned == ACS_LEARNED_ATTRIBUTES);
}

static int
report_take(struct acs_keeper *k, struct acs_device *device, struct acs_update *update)
{
	int err;

	update->needs_no_result = is_read_for_preset(device, update->report);
	if (update->is_done && update->report->learned == ACS_LEARNED_NOTHING && !device->docket)
		return end_at_once(k, device, update);
	err = docket_add(device, update);
	if (!err)
		docket_run(k, device);
	return err;
}

void
acs_keeper_report(struct acs_keeper *k, struct sb_message *m)
{
	struct sb_from from = sb_message_from(m);
	struct acs_report *report = sb_message_take(m);
	struct acs_device *device = acs_devices_find(&k->devices, report->device);
	struct acs_update *update = acs_update_new(report, from, m->type == ACS_DONE);
	int err = update ? 0 : SB_ENOMEM;

	if (!update)
		acs_report_free(report);
	/* Work that is done, but not of the session that the device has now: too late. What it
	 * has read is true even so; a script reads without having work. */
	else if (!device || (update->is_done && !is_present(device, update)))
		err = SB_GONE;
	else
		err = report_take(k, device, update);
	if (!err)
		return;
	acs_updates_free(update);
	acs_refuse(k, from, err, NULL);
}
