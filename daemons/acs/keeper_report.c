/* Reports of sessions: what ended, and what was said of parameters, which goes through the device's
 * docket. The answer to a report says that all of it is durable. */
#include "core/error.h"
#include "daemons/acs/keeper_internal.h"

/* ---- the end of a report ---- */

/* A report of the session that the device has now. */
static bool
is_present(const struct acs_device *device, const struct acs_update *u)
{
	return device->visit && sb_address_equal(device->visit->session, u->from.caller);
}

void
acs_updates_answer(
	struct acs_keeper *k, struct acs_device *device, struct acs_update *first, int status)
{
	for (struct acs_update *u = first; u; u = u->next) {
		if (u->is_counted)
			k->waiting_bytes -= u->bytes;
		u->is_counted = false;
		if (status || !u->is_done)
			acs_refuse(k, u->from, status, NULL);
		else if (!is_present(device, u))
			acs_refuse(k, u->from, SB_GONE, NULL);
		else
			acs_work_next(k, device, u->from);
	}
}

void
acs_updates_release(void *extra)
{
	acs_updates_free(extra);
}

static void
ended(struct acs_keeper *k, struct acs_commit *c, int status, const struct sb_store_rows *rows)
{
	(void)rows;
	acs_updates_answer(k, c->device, c->extra, status);
}

/* The task of a session that the device has no more, if that is all the same: it was taken for
 * lost, and has not been begun again. */
static struct acs_task *
task_of_late(const struct acs_device *device, const struct acs_report *report)
{
	struct acs_task *task = acs_task_find(device, report->task);
	bool is_well = report->outcome == ACS_OUTCOME_DONE || report->outcome == ACS_OUTCOME_WAITS;

	return task && is_well && task->state == ACS_TASK_QUEUED ? task : NULL;
}

static bool
end_work(
	struct acs_keeper *k, struct acs_commit *c, struct acs_device *device, struct acs_update *u)
{
	struct acs_task *late;

	if (!u->is_done)
		return false;
	if (is_present(device, u)) {
		acs_work_ended(k, c, device, u->report, &u->result);
		return true;
	}
	late = task_of_late(device, u->report);
	if (late)
		acs_task_ended(k, c, late, u->report, &u->result);
	return late != NULL;
}

void
acs_updates_end(struct acs_keeper *k, struct acs_commit *c, struct acs_device *device)
{
	bool is_any = false;

	for (struct acs_update *u = c->extra; u; u = u->next)
		is_any |= end_work(k, c, device, u);
	if (is_any)
		acs_commit_device(c, device, false);
}

/* ---- reports ---- */

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
	c->release = acs_updates_release;
	acs_updates_end(k, c, device);
	acs_commit_end(k, c);
	return 0;
}

/* A preset's task that has read parameters: as a result they would be kept twice, for nobody. */
static bool
is_read_for_preset(const struct acs_device *device, const struct acs_report *report)
{
	const struct acs_task *task = acs_task_find(device, report->task);

	return task && task->preset && report->outcome == ACS_OUTCOME_DONE &&
	       (report->learned == ACS_LEARNED_VALUES || report->learned == ACS_LEARNED_NAMES ||
		       report->learned == ACS_LEARNED_ATTRIBUTES);
}

/* Too late: neither does it end anything, nor does it say anything. What was read is true even so.
 */
static bool
is_nothing(const struct acs_device *device, const struct acs_update *u)
{
	return u->is_done && u->report->learned == ACS_LEARNED_NOTHING && !is_present(device, u) &&
	       !task_of_late(device, u->report);
}

static int
report_take(struct acs_keeper *k, struct acs_device *device, struct acs_update *update)
{
	int err;

	if (is_nothing(device, update))
		return SB_GONE;
	update->needs_no_result = is_read_for_preset(device, update->report);
	if (update->is_done && update->report->learned == ACS_LEARNED_NOTHING && !device->docket)
		return end_at_once(k, device, update);
	err = acs_docket_add(k, device, update);
	if (!err)
		acs_docket_run(k, device);
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
	else
		err = device && !device->is_leaving ? report_take(k, device, update) : SB_GONE;
	if (!err)
		return;
	acs_updates_free(update);
	acs_refuse(k, from, err, NULL);
}
