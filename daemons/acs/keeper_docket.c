/*
 * A device's docket: what was said of its parameters and is on its way to the store. The document
 * is read, a job makes the next one, and that is committed together with whatever ended by it; what
 * comes meanwhile gathers for the next round.
 */
#include "core/error.h"
#include "daemons/acs/keeper_internal.h"

#include <stdlib.h>

#define PARAMETERS_HEAD 16

/* A merge on its way: reading, at work, or being stored. */
struct acs_round {
	struct acs_job job;
	struct acs_merge merge;
};

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
	acs_docket_run(k, device);
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
	acs_updates_answer(k, device, round->merge.updates, status);
	round_free(round);
	docket_go_on(k, device);
}

static void
stored(struct acs_keeper *k, struct acs_commit *c, int status, const struct sb_store_rows *rows)
{
	(void)rows;
	acs_updates_answer(k, c->device, c->extra, status);
	docket_go_on(k, c->device);
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
	c->release = acs_updates_release;
	merge->updates = NULL;
	acs_updates_end(k, c, device);
	round_free(round);
	acs_commit_end(k, c);
}

/* Nobody needs what a deleted device has become. */
static void
merge_came(struct acs_keeper *k, struct acs_device *device, struct acs_job *job, int status)
{
	struct acs_round *round = (struct acs_round *)job;

	if (device->is_deleted) {
		acs_updates_answer(k, device, round->merge.updates, SB_ENOENT);
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

/* All is stored that its session has said. Who has left meanwhile is over, and who has come may
 * begin. */
static void
docket_end(struct acs_keeper *k, struct acs_device *device)
{
	acs_docket_free(device);
	if (device->visit && device->visit->has_left)
		acs_visit_over(k, device);
	acs_inform_go_on(k, device);
}

/* No memory to begin a round: all that waits is told. */
static void
docket_fail(struct acs_keeper *k, struct acs_device *device, struct acs_round *round)
{
	struct acs_update *all = round ? round->merge.updates : device->docket->first;

	acs_updates_answer(k, device, all, SB_ENOMEM);
	round_free(round);
	docket_end(k, device);
}

void
acs_docket_run(struct acs_keeper *k, struct acs_device *device)
{
	struct acs_docket *docket = device->docket;
	struct acs_commit *read;
	struct acs_round *round;

	if (!docket || docket->is_busy)
		return;
	if (!docket->first) {
		docket_end(k, device);
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

/* Envelopes of many devices gather when the store or the jobs are slow. */
static bool
is_too_much(const struct acs_keeper *k, const struct acs_update *update)
{
	return k->waiting_bytes &&
	       k->waiting_bytes + update->bytes > (uint64_t)k->config->waiting_bytes;
}

int
acs_docket_add(struct acs_keeper *k, struct acs_device *device, struct acs_update *update)
{
	struct acs_docket *docket = device->docket;

	if (is_too_much(k, update))
		return SB_FULL;
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
	update->is_counted = true;
	k->waiting_bytes += update->bytes;
	return 0;
}
