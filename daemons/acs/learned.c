#include "daemons/acs/learned.h"

#include "core/error.h"
#include "daemons/acs/json_memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct sb_bytes
bytes_of(const char *text)
{
	return sb_bytes_text(text ? text : "");
}

/* ---- responses ---- */

static int
add_values(struct acs_lesson *l, const struct cwmp_parameter_values *list,
	enum acs_writable writable, uint64_t now_s)
{
	int err = acs_changes_reserve(&l->changes, list->count);

	for (size_t i = 0; i < list->count && !err; i++) {
		const struct cwmp_parameter_value *from = &list->each[i];

		err = acs_changes_add(
			&l->changes, &(struct acs_parameter){.name = bytes_of(from->name),
					     .value = bytes_of(from->value.text),
					     .has_value = from->value.text != NULL,
					     .type = from->value.type,
					     .writable = writable,
					     .seen = now_s});
	}
	return err;
}

static int
add_names(struct acs_lesson *l, const struct cwmp_parameter_infos *list, uint64_t now_s)
{
	int err = acs_changes_reserve(&l->changes, list->count);

	for (size_t i = 0; i < list->count && !err; i++)
		err = acs_changes_add(&l->changes,
			&(struct acs_parameter){.name = bytes_of(list->each[i].name),
				.writable = list->each[i].writable ? ACS_WRITABLE : ACS_READ_ONLY,
				.seen = now_s});
	return err;
}

static char *
list_new(struct acs_lesson *l, size_t size)
{
	char **grown = realloc(l->lists, (l->list_count + 1) * sizeof(*grown)), *list;

	if (!grown)
		return NULL;
	l->lists = grown;
	list = calloc(1, size);
	if (list)
		grown[l->list_count++] = list;
	return list;
}

/* "Subscriber,Other"; most have one, or none. */
static int
joined(struct acs_lesson *l, const struct cwmp_strings *strings, struct sb_bytes *out)
{
	size_t size = 1;
	char *list;

	*out = bytes_of(strings->count == 1 ? strings->each[0] : "");
	if (strings->count < 2)
		return 0;
	for (size_t i = 0; i < strings->count; i++)
		size += bytes_of(strings->each[i]).size + 1;
	list = list_new(l, size);
	if (!list)
		return SB_ENOMEM;
	for (size_t i = 0, at = 0; i < strings->count; i++)
		at += (size_t)snprintf(list + at, size - at, "%s%s", i ? "," : "",
			strings->each[i] ? strings->each[i] : "");
	*out = sb_bytes_text(list);
	return 0;
}

static int
add_attributes(struct acs_lesson *l, const struct cwmp_parameter_attributes *list, uint64_t now_s)
{
	int err = acs_changes_reserve(&l->changes, list->count);

	for (size_t i = 0; i < list->count && !err; i++) {
		struct acs_parameter to = {.name = bytes_of(list->each[i].name),
			.notification = list->each[i].notification,
			.has_attributes = true,
			.seen = now_s};

		err = joined(l, &list->each[i].access_list, &to.access);
		if (!err)
			err = acs_changes_add(&l->changes, &to);
	}
	return err;
}

/* ---- requests that were done ---- */

/* An access list that was not to be changed is left as it was. */
static int
add_set_attributes(
	struct acs_lesson *l, const struct cwmp_set_parameter_attributes_list *list, uint64_t now_s)
{
	int err = acs_changes_reserve(&l->changes, list->count);

	for (size_t i = 0; i < list->count && !err; i++) {
		const struct cwmp_set_parameter_attribute *from = &list->each[i];
		struct acs_parameter to = {.name = bytes_of(from->name),
			.notification = from->notification,
			.has_attributes = true,
			.seen = now_s};

		if (from->access_list_change)
			err = joined(l, &from->access_list, &to.access);
		if (!err && from->notification_change)
			err = acs_changes_add(&l->changes, &to);
	}
	return err;
}

static int
add_object(struct acs_lesson *l, const char *object, uint32_t number, uint64_t now_s)
{
	size_t size = bytes_of(object).size + 16;
	char *name = list_new(l, size);

	if (!name)
		return SB_ENOMEM;
	snprintf(name, size, "%s%u.", object ? object : "", number);
	return acs_changes_add(&l->changes,
		&(struct acs_parameter){
			.name = sb_bytes_text(name), .writable = ACS_WRITABLE, .seen = now_s});
}

/* Of a whole object only: an empty path would be everything. */
static int
remove_object(struct acs_lesson *l, const char *object)
{
	size_t size = bytes_of(object).size;

	if (!size || object[size - 1] != '.')
		return SB_EINVAL;
	l->changes.prefix = object;
	l->changes.since = UINT64_MAX;
	return 0;
}

static int
remove_unseen(struct acs_lesson *l, const json_t *request)
{
	const char *path = json_string_value(json_object_get(request, "path"));
	const json_t *since = json_object_get(request, "since");

	if (!path || !json_is_integer(since))
		return SB_EINVAL;
	l->texts[0] = strdup(path);
	if (!l->texts[0])
		return SB_ENOMEM;
	l->changes.prefix = l->texts[0];
	l->changes.since = (uint64_t)json_integer_value(since);
	return 0;
}

static int
learn_request(struct acs_lesson *l, const struct acs_report *report, uint64_t now_s)
{
	const union cwmp_body *body = &l->rpc.body;
	uint32_t number;

	switch (report->learned) {
	case ACS_LEARNED_SET:
		return add_values(
			l, &body->set_parameter_values.parameter_list, ACS_WRITABLE, now_s);
	case ACS_LEARNED_SET_ATTRIBUTES:
		return add_set_attributes(l, &body->set_parameter_attributes.parameter_list, now_s);
	case ACS_LEARNED_ADDED:
		if (!report->envelope)
			return SB_EINVAL;
		number = report->envelope->message.body.add_object_response.instance_number;
		return add_object(l, body->object.object_name, number, now_s);
	case ACS_LEARNED_DELETED:
		return remove_object(l, body->object.object_name);
	default:
		return SB_EINVAL;
	}
}

/* Which request it has to be for what was learned: unions are read by it. */
static enum cwmp_method
method_of(enum acs_learned learned)
{
	switch (learned) {
	case ACS_LEARNED_VALUES:
		return CWMP_GET_PARAMETER_VALUES;
	case ACS_LEARNED_NAMES:
		return CWMP_GET_PARAMETER_NAMES;
	case ACS_LEARNED_ATTRIBUTES:
		return CWMP_GET_PARAMETER_ATTRIBUTES;
	case ACS_LEARNED_SET:
		return CWMP_SET_PARAMETER_VALUES;
	case ACS_LEARNED_SET_ATTRIBUTES:
		return CWMP_SET_PARAMETER_ATTRIBUTES;
	case ACS_LEARNED_ADDED:
		return CWMP_ADD_OBJECT;
	case ACS_LEARNED_DELETED:
		return CWMP_DELETE_OBJECT;
	case ACS_LEARNED_NOTHING:
	case ACS_LEARNED_WHOLE:
		break;
	}
	return CWMP_OTHER_METHOD;
}

static int
learn_from_request(struct acs_lesson *l, const struct acs_report *report, uint64_t now_s)
{
	json_t *request;
	int err;

	if (!report->request)
		return SB_EINVAL;
	err = acs_json_load(&request, sb_bytes_text(report->request), 0, NULL);
	if (err)
		return err;
	if (report->learned == ACS_LEARNED_WHOLE) {
		err = remove_unseen(l, request);
	} else {
		err = acs_rpc_read(&l->rpc, request);
		if (!err && l->rpc.method != method_of(report->learned))
			err = SB_EINVAL;
		if (!err)
			err = learn_request(l, report, now_s);
	}
	json_decref(request);
	return err;
}

static int
learn_from_response(struct acs_lesson *l, const struct acs_report *report, uint64_t now_s)
{
	const struct cwmp_message *m = report->envelope ? &report->envelope->message : NULL;

	if (!m || m->kind != CWMP_RESPONSE || m->method != method_of(report->learned))
		return SB_EINVAL;
	if (report->learned == ACS_LEARNED_VALUES)
		return add_values(l, &m->body.get_parameter_values_response.parameter_list,
			ACS_WRITABLE_UNKNOWN, now_s);
	if (report->learned == ACS_LEARNED_NAMES)
		return add_names(l, &m->body.get_parameter_names_response.parameter_list, now_s);
	return add_attributes(l, &m->body.get_parameter_attributes_response.parameter_list, now_s);
}

int
acs_lesson_init(struct acs_lesson *lesson, const struct acs_report *report, uint64_t now_s)
{
	*lesson = (struct acs_lesson){0};
	switch (report->learned) {
	case ACS_LEARNED_NOTHING:
		return 0;
	case ACS_LEARNED_VALUES:
	case ACS_LEARNED_NAMES:
	case ACS_LEARNED_ATTRIBUTES:
		return learn_from_response(lesson, report, now_s);
	case ACS_LEARNED_SET:
	case ACS_LEARNED_SET_ATTRIBUTES:
	case ACS_LEARNED_ADDED:
	case ACS_LEARNED_DELETED:
	case ACS_LEARNED_WHOLE:
		return learn_from_request(lesson, report, now_s);
	}
	return SB_EINVAL;
}

void
acs_lesson_fini(struct acs_lesson *lesson)
{
	acs_changes_fini(&lesson->changes);
	acs_rpc_free(&lesson->rpc);
	free(lesson->texts[0]);
	for (size_t i = 0; i < lesson->list_count; i++)
		free(lesson->lists[i]);
	free(lesson->lists);
	*lesson = (struct acs_lesson){0};
}
