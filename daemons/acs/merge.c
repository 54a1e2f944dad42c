/* One after the other, in the order in which they came: a document is unpacked and packed once for
 * all that has gathered meanwhile. */
#include "daemons/acs/merge.h"

#include "core/error.h"
#include "daemons/acs/learned.h"

#include <stdlib.h>

struct acs_update *
acs_update_new(struct acs_report *report, struct sb_from from, bool is_done)
{
	struct acs_update *update = calloc(1, sizeof(*update));

	if (!update)
		return NULL;
	update->report = report;
	update->from = from;
	update->bytes = sizeof(*report) + (report->envelope ? report->envelope->bytes : 0);
	update->is_done = is_done;
	return update;
}

void
acs_updates_free(struct acs_update *update)
{
	struct acs_update *next;

	for (; update; update = next) {
		next = update->next;
		acs_report_free(update->report);
		acs_result_fini(&update->result);
		free(update);
	}
}

void
acs_merge_fini(struct acs_merge *merge)
{
	acs_updates_free(merge->updates);
	acs_octets_free(&merge->old);
	acs_octets_free(&merge->body);
	merge->updates = NULL;
}

/* ---- the document ---- */

/* What cannot be read is not kept: the device knows it better, and will be asked again. */
static int
merge_into(struct acs_merge *m, struct acs_octets *document, struct acs_changes *changes,
	struct acs_octets *merged)
{
	int err = acs_document_merge(sb_bytes(document->data, document->size), changes,
		m->limit_bytes, merged, &m->parameters);

	if (err != SB_ECORRUPT)
		return err;
	m->is_damaged = true;
	acs_octets_free(document);
	return acs_document_merge(
		sb_bytes(NULL, 0), changes, m->limit_bytes, merged, &m->parameters);
}

static int
learn(struct acs_merge *m, struct acs_octets *document, const struct acs_report *report)
{
	struct acs_lesson lesson;
	struct acs_octets merged;
	int err = acs_lesson_init(&lesson, report, m->now_s);

	if (!err)
		err = merge_into(m, document, &lesson.changes, &merged);
	acs_lesson_fini(&lesson);
	if (err)
		return err;
	acs_octets_free(document);
	*document = merged;
	return 0;
}

static int
old_document(struct acs_merge *m, struct acs_octets *document)
{
	int err = acs_document_unpack(sb_bytes(m->old.data, m->old.size), m->limit_bytes, document);

	m->is_damaged = err && err != SB_ENOMEM;
	return m->is_damaged ? 0 : err;
}

static int
merge_all(struct acs_merge *m, struct acs_octets *document, bool *has_changed)
{
	*has_changed = false;
	for (const struct acs_update *u = m->updates; u; u = u->next) {
		int err;

		if (u->report->learned == ACS_LEARNED_NOTHING)
			continue;
		err = learn(m, document, u->report);
		if (err == SB_ENOMEM)
			return err;
		if (err)
			m->error = err;
		else
			*has_changed = true;
	}
	return 0;
}

static int
make_results(struct acs_merge *m)
{
	int err = 0;

	for (struct acs_update *u = m->updates; u && !err; u = u->next) {
		if (!u->is_done || u->needs_no_result || u->report->result || !u->report->envelope)
			continue;
		err = acs_result_make(&u->result, u->report->envelope, m->result_bytes);
	}
	return err;
}

int
acs_merge_run(struct acs_merge *m)
{
	struct acs_octets document = {0};
	bool has_changed;
	int err = old_document(m, &document);

	if (!err)
		err = merge_all(m, &document, &has_changed);
	if (!err && has_changed)
		err = acs_document_pack(sb_bytes(document.data, document.size), &m->body);
	m->octets = (uint32_t)document.size;
	if (!err)
		err = make_results(m);
	acs_octets_free(&document);
	return err;
}
