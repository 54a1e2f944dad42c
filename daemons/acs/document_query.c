/* Answers are written as they are read, in one go: a page of a large document is never a tree. */
#include "core/error.h"
#include "daemons/acs/document.h"
#include "daemons/acs/text_out.h"

#include <string.h>

static void
write_parameter(struct acs_text *t, const struct acs_parameter *p)
{
	acs_text_json(t, "{\"name\":", p->name);
	if (p->has_value) {
		acs_text_json(t, ",\"value\":", p->value);
		if (p->type != CWMP_TYPE_OTHER)
			acs_text_json(t, ",\"type\":", sb_bytes_text(cwmp_type_name(p->type)));
	}
	if (p->writable != ACS_WRITABLE_UNKNOWN)
		acs_text_add(t,
			p->writable == ACS_WRITABLE ? ",\"writable\":true" : ",\"writable\":false");
	if (p->has_attributes) {
		acs_text_number(t, ",\"notification\":", p->notification);
		acs_text_json(t, ",\"accessList\":", p->access);
	}
	acs_text_time(t, ",\"seen\":", (int64_t)p->seen * 1000);
	acs_text_add(t, "}");
}

/* The last of the names that comes before a parameter's, or is it, says whether it is asked for:
 * none of them lies under a path that is one, too. */
static bool
is_named(const struct acs_query *q, const char *name)
{
	size_t low = 0, high = q->name_count;
	const char *found;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(q->names[middle], name) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0)
		return false;
	found = q->names[low - 1];
	return acs_is_path(found) ? strncmp(found, name, strlen(found)) == 0
				  : strcmp(found, name) == 0;
}

/* Whether the parameter is asked for. */
static bool
is_asked(const struct acs_query *q, const char *name)
{
	if (strncmp(name, q->prefix, strlen(q->prefix)) != 0)
		return false;
	if (*q->after && strcmp(name, q->after) <= 0)
		return false;
	return !q->names || is_named(q, name);
}

int
acs_document_query(struct sb_bytes document, const struct acs_query *query, struct acs_octets *text)
{
	struct acs_text t = {0};
	struct acs_parameter p;
	struct acs_cursor cursor;
	uint32_t count = 0;
	bool has_more = false;

	acs_cursor_init(&cursor, document);
	acs_text_add(&t, "{\"parameters\":[");
	while (!has_more && acs_cursor_next(&cursor, &p)) {
		if (!is_asked(query, cursor.name))
			continue;
		has_more = count == query->limit;
		if (has_more)
			break;
		if (count++)
			acs_text_add(&t, ",");
		write_parameter(&t, &p);
	}
	acs_text_add(&t, has_more ? "],\"more\":true}" : "],\"more\":false}");
	if (cursor.failed) {
		acs_text_fini(&t);
		return SB_ECORRUPT;
	}
	return acs_text_end(&t, text);
}

int
acs_document_pick(
	struct sb_bytes document, const struct acs_query *query, struct acs_octets *picked)
{
	struct acs_document_writer w;
	struct acs_parameter p;
	struct acs_cursor cursor;
	int err = 0;

	acs_cursor_init(&cursor, document);
	acs_document_begin(&w, SIZE_MAX);
	while (!err && acs_cursor_next(&cursor, &p)) {
		if (!p.has_value || !is_asked(query, cursor.name))
			continue;
		if (w.count == query->limit)
			err = SB_ELIMIT;
		else
			acs_document_add(&w, &p);
	}
	if (!err && cursor.failed)
		err = SB_ECORRUPT;
	if (!err)
		return acs_document_end(&w, picked);
	acs_octets_free(&w.out);
	return err;
}
