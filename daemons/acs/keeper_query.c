/* Parameters, for people and for scripts: the document is read, what the last Inform said is laid
 * over it where that is newer, and a job searches both. */
#include "core/error.h"
#include "daemons/acs/json_memory.h"
#include "daemons/acs/keeper_internal.h"

#include <stdlib.h>
#include <string.h>

#define LIMIT_DEFAULT 1000
#define LIMIT_MOST    100000

struct search {
	struct acs_job job;
	struct sb_from from;
	json_t *asked; /* the texts' owner */
	struct acs_query query;
	bool is_picked; /* the answer is a document, and not JSON */
	const char **names;
	size_t limit_bytes;
	struct acs_octets packed, inform; /* rows' bodies */
	uint64_t informed_s;
	struct acs_octets answer;
};

static void
search_free(void *search)
{
	struct search *q = search;

	json_decref(q->asked);
	free(q->names);
	acs_octets_free(&q->packed);
	acs_octets_free(&q->inform);
	acs_octets_free(&q->answer);
	free(q);
}

/* A row that is damaged says nothing. */
static int
overlay(const struct search *q, struct acs_octets *document)
{
	struct acs_changes changes = {.are_newer = true};
	struct acs_octets merged;
	uint32_t count;
	int err = acs_inform_changes(
		sb_bytes(q->inform.data, q->inform.size), q->informed_s, &changes);

	if (!err)
		err = acs_document_merge(sb_bytes(document->data, document->size), &changes,
			SIZE_MAX, &merged, &count);
	acs_changes_fini(&changes);
	if (err)
		return err == SB_ENOMEM ? err : 0;
	acs_octets_free(document);
	*document = merged;
	return 0;
}

static int
search_work(void *search, size_t size)
{
	struct search *q = search;
	struct acs_octets document;
	int err = acs_document_unpack(
		sb_bytes(q->packed.data, q->packed.size), q->limit_bytes, &document);

	(void)size;
	if (!err && q->inform.size)
		err = overlay(q, &document);
	if (!err)
		err = (q->is_picked ? acs_document_pick : acs_document_query)(
			sb_bytes(document.data, document.size), &q->query, &q->answer);
	acs_octets_free(&document);
	return err;
}

/* ---- what is asked ---- */

static int
order(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* What lies under a path that is asked for is asked for by that. */
static void
names_unite(struct acs_query *query, const char **names)
{
	size_t count = 0;

	for (size_t i = 0; i < query->name_count; i++) {
		const char *last = count ? names[count - 1] : NULL;

		if (!last || !acs_is_path(last) || strncmp(last, names[i], strlen(last)) != 0)
			names[count++] = names[i];
	}
	query->name_count = count;
}

static int
names_read(struct search *q, const json_t *names)
{
	json_t *each;
	size_t i;

	if (!names)
		return 0;
	q->names = calloc(json_array_size(names) + 1, sizeof(*q->names));
	if (!q->names)
		return SB_ENOMEM;
	json_array_foreach(names, i, each)
	{
		if (!json_is_string(each))
			return SB_EINVAL;
		q->names[q->query.name_count++] = json_string_value(each);
	}
	qsort(q->names, q->query.name_count, sizeof(*q->names), order);
	names_unite(&q->query, q->names);
	q->query.names = q->names;
	return 0;
}

static const char *
text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

static int
search_fill(struct search *q, const struct acs_ask *ask)
{
	uint32_t limit = ask->limit ? ask->limit : LIMIT_DEFAULT;
	int err = acs_json_load(&q->asked, sb_bytes_text(ask->size ? ask->text : "{}"), 0, NULL);

	if (err || !json_is_object(q->asked))
		return err ? err : SB_EINVAL;
	q->query = (struct acs_query){.prefix = text_of(q->asked, "prefix"),
		.after = text_of(q->asked, "after"),
		.limit = limit < LIMIT_MOST ? limit : LIMIT_MOST};
	return names_read(q, json_object_get(q->asked, "names"));
}

/* ---- what is found ---- */

static void
found(struct acs_keeper *k, struct acs_device *device, struct acs_job *job, int status)
{
	struct search *q = (struct search *)job;
	struct acs_octets *text = &q->answer;

	(void)device;
	if (status)
		acs_refuse(k, q->from, status, NULL);
	else
		acs_give(k, q->from, text);
	search_free(q);
}

static void
refuse(struct acs_keeper *k, struct search *q, int status)
{
	acs_refuse(k, q->from, status, NULL);
	search_free(q);
}

/* 0: there is a row, and it was copied, or there is none. */
static int
body_take(struct acs_octets *out, int status, const struct sb_store_rows *rows)
{
	if (status == SB_ENOENT || (!status && !rows->count))
		return 0;
	return status ? status
		      : acs_octets_copy(out, sb_bytes(rows->rows[0].body, rows->rows[0].body_size));
}

static void
inform_came(
	struct acs_keeper *k, struct acs_commit *c, int status, const struct sb_store_rows *rows)
{
	struct search *q = c->extra;
	int err = body_take(&q->inform, status, rows);

	c->release = NULL;
	q->informed_s = (uint64_t)c->device->inform_ms / 1000;
	if (!err)
		err = acs_job_begin(k, &q->job, sizeof(*q), search_work, search_free);
	if (err)
		refuse(k, q, err);
}

static int
read_next(struct acs_keeper *k, struct search *q, enum acs_kind kind,
	void (*came)(struct acs_keeper *k, struct acs_commit *c, int status,
		const struct sb_store_rows *rows))
{
	struct acs_commit *c = acs_commit_new(k, q->job.device, true, came);

	if (!c)
		return SB_ENOMEM;
	c->extra = q;
	c->release = search_free;
	acs_commit_read(k, c, kind, q->job.device->id);
	return 0;
}

static void
document_came(
	struct acs_keeper *k, struct acs_commit *c, int status, const struct sb_store_rows *rows)
{
	struct search *q = c->extra;
	int err = body_take(&q->packed, status, rows);

	c->release = NULL;
	if (!err)
		err = read_next(k, q, ACS_KIND_INFORM, inform_came);
	if (err)
		refuse(k, q, err);
}

void
acs_ask_parameters(struct acs_keeper *k, const struct sb_message *m)
{
	struct acs_device *device = acs_asked_device(k, m);
	struct search *q = device ? calloc(1, sizeof(*q)) : NULL;
	int err = q ? search_fill(q, m->data) : SB_ENOMEM;

	if (!device)
		return;
	if (!err) {
		q->job = (struct acs_job){device, found};
		q->from = sb_message_from(m);
		q->is_picked = m->type == ACS_STORED;
		q->limit_bytes = k->config->document_bytes;
		err = read_next(k, q, ACS_KIND_PARAMETERS, document_came);
	}
	if (!err)
		return;
	acs_refuse(k, sb_message_from(m), err,
		err == SB_EINVAL ? "prefix, after: texts; names: an array of texts" : NULL);
	if (q)
		search_free(q);
}
