/* A thousand values as a tree, as text and as a row are 2 ms of work, and 130 KB in the store;
 * packed they are a tenth of both. */
#include "daemons/acs/result.h"

#include "core/error.h"
#include "daemons/acs/json_memory.h"
#include "daemons/acs/rpc_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Fewer are JSON: it is as quick, and whoever looks into the store can read it. */
#define FEWEST_PACKED 32

/* What is read is bounded by what may be configured, not by what is: that may have been more. */
#define DOCUMENT_MOST ((size_t)64 << 20)
#define TEXT_MOST     ((size_t)512 << 20)

/* {"Name":"","Value":"","Type":"unsignedInt"}, */
#define JSON_AROUND 48

static struct sb_bytes
bytes_of(const char *text)
{
	return sb_bytes_text(text ? text : "");
}

/* ---- as JSON ---- */

static int
leave_out(struct acs_result *result, const struct cwmp_envelope *envelope)
{
	char words[96];

	snprintf(words, sizeof(words), "{\"leftOut\":\"%zu octets of XML\"}", envelope->bytes);
	result->text = strdup(words);
	return result->text ? 0 : SB_ENOMEM;
}

static int
make_text(struct acs_result *result, const struct cwmp_envelope *envelope, size_t limit_bytes)
{
	const struct cwmp_message *m = &envelope->message;
	json_t *json;

	/* XML is longer than what it says; JSON may be so, too, but not by as much. */
	if (envelope->bytes > limit_bytes * 4)
		return leave_out(result, envelope);
	json = acs_rpc_write(m->kind, m->method, &m->body);
	result->text = json ? acs_json_print(json, 0) : NULL;
	json_decref(json);
	if (!result->text)
		return SB_ENOMEM;
	if (strlen(result->text) <= limit_bytes)
		return 0;
	free(result->text);
	return leave_out(result, envelope);
}

/* ---- packed ---- */

/* A list that is written as it is made; `size` is that of its JSON, but for what is escaped. */
struct list {
	struct acs_document_writer out;
	size_t size, limit;
	bool is_none; /* there is a name that documents do not have */
};

static void
add(struct list *list, const struct acs_parameter *p)
{
	list->is_none |= !p->name.size || p->name.size > ACS_PARAMETER_NAME_MAX;
	list->size += p->name.size + p->value.size + JSON_AROUND;
	if (!list->is_none && list->size <= list->limit)
		acs_document_add(&list->out, p);
}

static void
add_values(struct list *list, const struct cwmp_parameter_values *values)
{
	for (size_t i = 0; i < values->count; i++) {
		const struct cwmp_parameter_value *from = &values->each[i];

		add(list, &(struct acs_parameter){.name = bytes_of(from->name),
				  .value = bytes_of(from->value.text),
				  .has_value = from->value.text != NULL,
				  .type = from->value.type});
	}
}

static void
add_names(struct list *list, const struct cwmp_parameter_infos *names)
{
	for (size_t i = 0; i < names->count; i++)
		add(list, &(struct acs_parameter){.name = bytes_of(names->each[i].name),
				  .type = CWMP_TYPE_OTHER,
				  .writable =
					  names->each[i].writable ? ACS_WRITABLE : ACS_READ_ONLY});
}

/* Those of whose list it is the whole. */
static bool
is_long(const struct cwmp_message *m)
{
	if (m->kind != CWMP_RESPONSE)
		return false;
	if (m->method == CWMP_GET_PARAMETER_VALUES)
		return m->body.get_parameter_values_response.parameter_list.count >= FEWEST_PACKED;
	return m->method == CWMP_GET_PARAMETER_NAMES &&
	       m->body.get_parameter_names_response.parameter_list.count >= FEWEST_PACKED;
}

static int
pack(struct acs_result *result, struct list *list)
{
	struct acs_octets document;
	int err = acs_document_end(&list->out, &document);

	if (err)
		return err;
	err = acs_document_pack(sb_bytes(document.data, document.size), &result->packed);
	acs_octets_free(&document);
	return err;
}

static int
make_packed(struct acs_result *result, const struct cwmp_envelope *envelope, size_t limit_bytes)
{
	const struct cwmp_message *m = &envelope->message;
	struct list list = {.limit = limit_bytes};

	acs_document_begin(&list.out, DOCUMENT_MOST);
	if (m->method == CWMP_GET_PARAMETER_VALUES)
		add_values(&list, &m->body.get_parameter_values_response.parameter_list);
	else
		add_names(&list, &m->body.get_parameter_names_response.parameter_list);
	if (!list.is_none && list.size <= limit_bytes)
		return pack(result, &list);
	acs_octets_free(&list.out.out);
	return list.is_none ? make_text(result, envelope, limit_bytes)
			    : leave_out(result, envelope);
}

int
acs_result_make(struct acs_result *result, const struct cwmp_envelope *envelope, size_t limit_bytes)
{
	*result = (struct acs_result){0};
	return is_long(&envelope->message) ? make_packed(result, envelope, limit_bytes)
					   : make_text(result, envelope, limit_bytes);
}

void
acs_result_fini(struct acs_result *result)
{
	free(result->text);
	acs_octets_free(&result->packed);
	result->text = NULL;
}

/* ---- to be read ---- */

static void
write_parameter(struct acs_text *t, const struct acs_parameter *p)
{
	acs_text_json(t, "{\"Name\":", p->name);
	if (p->has_value)
		acs_text_json(t, ",\"Value\":", p->value);
	if (p->type != CWMP_TYPE_OTHER)
		acs_text_json(t, ",\"Type\":", sb_bytes_text(cwmp_type_name(p->type)));
	if (p->writable != ACS_WRITABLE_UNKNOWN)
		acs_text_add(t,
			p->writable == ACS_WRITABLE ? ",\"Writable\":true" : ",\"Writable\":false");
	acs_text_add(t, "}");
}

int
acs_result_unpack(struct sb_bytes packed, struct acs_text *t)
{
	struct acs_octets document;
	struct acs_parameter p;
	struct acs_cursor cursor;
	bool is_first = true;
	int err = acs_document_unpack(packed, DOCUMENT_MOST, &document);

	if (err)
		return err;
	acs_cursor_init(&cursor, sb_bytes(document.data, document.size));
	cursor.is_list = true;
	acs_text_add(t, "{\"ParameterList\":[");
	while (t->size < TEXT_MOST && acs_cursor_next(&cursor, &p)) {
		acs_text_add(t, is_first ? "" : ",");
		write_parameter(t, &p);
		is_first = false;
	}
	acs_text_add(t, "]}");
	acs_octets_free(&document);
	return cursor.failed || t->size >= TEXT_MOST ? SB_ECORRUPT : 0;
}
