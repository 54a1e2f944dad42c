/*
 * Brings parameters to values. What types they have is asked first, for people say 5 where the
 * device wants an unsignedInt; presets also want to know which differ, and look at the end whether
 * the device has them now. A value that reads back as nothing is a secret, and believed.
 */
#include "core/error.h"
#include "daemons/acs/json_memory.h"
#include "daemons/acs/service_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum stage { ASKS, SETS, VERIFIES };

struct wish {
	const char *name; /* the task's */
	char *text;
	enum cwmp_type type; /* OTHER: not known yet */
	bool is_given;       /* the type, by who wishes */
	bool is_fulfilled;
};

struct acs_bring {
	enum stage stage;
	bool is_preset;
	bool has_changed;
	size_t asked; /* wishes up to here */
	size_t asking;
	size_t count;
	struct wish wishes[];
};

static void ask(struct cwmp_session *c);

void
acs_bring_free(struct acs_bring *bring)
{
	if (!bring)
		return;
	for (size_t i = 0; i < bring->count; i++)
		free(bring->wishes[i].text);
	free(bring);
}

/* ---- values ---- */

/* Of a boolean, to compare: devices say both. */
static int
truth_of(const char *text)
{
	if (strcmp(text, "1") == 0 || strcmp(text, "true") == 0)
		return 1;
	return strcmp(text, "0") == 0 || strcmp(text, "false") == 0 ? 0 : -1;
}

static bool
is_same(const struct wish *wish, const char *text, bool is_boolean)
{
	if (strcmp(wish->text, text) == 0)
		return true;
	return is_boolean && truth_of(text) >= 0 && truth_of(text) == truth_of(wish->text);
}

static char *
text_of(const json_t *value, enum cwmp_type *type)
{
	char number[32];

	if (json_is_string(value))
		return strdup(json_string_value(value));
	if (json_is_boolean(value)) {
		*type = CWMP_TYPE_BOOLEAN;
		return strdup(json_is_true(value) ? "true" : "false");
	}
	snprintf(number, sizeof(number), "%lld", (long long)json_integer_value(value));
	return strdup(number);
}

/* ---- wishes ---- */

static bool
wish_add(struct acs_bring *bring, const char *name, const json_t *value, const char *type)
{
	struct wish *wish = &bring->wishes[bring->count];

	wish->name = name;
	wish->type = CWMP_TYPE_OTHER;
	wish->text = text_of(value, &wish->type);
	if (type) {
		wish->type = cwmp_type_of(strncmp(type, "xsd:", 4) == 0 ? type + 4 : type);
		wish->is_given = wish->type != CWMP_TYPE_OTHER;
	}
	bring->count += wish->text != NULL;
	return wish->text != NULL;
}

/* {"name": value, "name": {"value", "type"}} */
static bool
wishes_of_task(struct acs_bring *bring, json_t *parameters)
{
	const char *name;
	json_t *value;

	json_object_foreach(parameters, name, value)
	{
		const json_t *plain =
			json_is_object(value) ? json_object_get(value, "value") : value;
		const char *type = json_string_value(json_object_get(value, "type"));

		if (!wish_add(bring, name, plain, type))
			return false;
	}
	return true;
}

/* [{"Name", "Value", "Type"}] */
static bool
wishes_of_presets(struct acs_bring *bring, const json_t *list)
{
	json_t *each;
	size_t i;

	json_array_foreach(list, i,
		each) if (!wish_add(bring, json_string_value(json_object_get(each, "Name")),
				  json_object_get(each, "Value"),
				  json_string_value(json_object_get(each, "Type")))) return false;
	return true;
}

static struct acs_bring *
bring_new(const struct acs_run *run)
{
	bool is_preset = run->work->kind == ACS_WORK_PRESETS;
	json_t *from = json_object_get(run->task, is_preset ? "ParameterList" : "parameters");
	size_t count = is_preset ? json_array_size(from) : json_object_size(from);
	struct acs_bring *bring = calloc(1, sizeof(*bring) + count * sizeof(struct wish));
	bool is_well;

	if (!bring)
		return NULL;
	bring->is_preset = is_preset;
	is_well = is_preset ? wishes_of_presets(bring, from) : wishes_of_task(bring, from);
	if (is_well)
		return bring;
	acs_bring_free(bring);
	return NULL;
}

/* ---- the end ---- */

static void
done(struct cwmp_session *c)
{
	const struct acs_bring *bring = acs_run_of(c)->bring;
	char result[96];

	snprintf(result, sizeof(result), "{\"parameters\":%zu,\"changed\":%s}", bring->count,
		bring->has_changed ? "true" : "false");
	acs_work_report(c, &(struct acs_end){.outcome = ACS_OUTCOME_DONE, .result = result});
}

static void
verified(struct cwmp_session *c)
{
	const struct acs_bring *bring = acs_run_of(c)->bring;
	char reason[400];

	for (size_t i = 0; i < bring->count; i++) {
		if (bring->wishes[i].is_fulfilled)
			continue;
		snprintf(reason, sizeof(reason), "%.300s has another value than it was set to",
			bring->wishes[i].name);
		acs_work_failed(c, reason, true);
		return;
	}
	done(c);
}

/* ---- setting ---- */

static char *
request_text(const struct acs_bring *bring, const char *key)
{
	unsigned before = acs_json_failures();
	json_t *list = json_array(), *request;

	for (size_t i = 0; i < bring->count; i++) {
		const struct wish *wish = &bring->wishes[i];

		if (!wish->is_fulfilled)
			json_array_append_new(
				list, json_pack("{s:s, s:s, s:s}", "Name", wish->name, "Value",
					      wish->text, "Type", cwmp_type_name(wish->type)));
	}
	request = json_pack("{s:s, s:s, s:o}", "method", "SetParameterValues", "ParameterKey", key,
		"ParameterList", list);
	return acs_json_dump(request, before);
}

static void
was_set(struct cwmp_session *c, const struct cwmp_outcome *o, void *context)
{
	struct acs_bring *bring = acs_run_of(c)->bring;
	char *text;

	(void)context;
	if (o->status) {
		acs_work_refused(c, o);
		return;
	}
	bring->has_changed = true;
	text = request_text(bring, "");
	if (!text || !acs_work_seen(c, ACS_LEARNED_SET, text, NULL)) {
		if (!text)
			acs_work_failed(c, "no memory", true);
	} else if (!bring->is_preset) {
		done(c);
	} else {
		bring->stage = VERIFIES;
		bring->asked = 0;
		ask(c);
	}
	free(text);
}

/* The key goes with values: when none differs, with the first one. */
static void
wish_for_key(struct acs_bring *bring)
{
	for (size_t i = 0; i < bring->count; i++)
		if (!bring->wishes[i].is_fulfilled)
			return;
	if (bring->count)
		bring->wishes[0].is_fulfilled = false;
}

static size_t
values_fill(const struct acs_bring *bring, struct cwmp_parameter_value *values)
{
	size_t count = 0;

	for (size_t i = 0; i < bring->count; i++) {
		const struct wish *wish = &bring->wishes[i];

		if (!wish->is_fulfilled)
			values[count++] =
				(struct cwmp_parameter_value){wish->name, {wish->type, wish->text}};
	}
	return count;
}

static void
types_fill(struct acs_bring *bring)
{
	for (size_t i = 0; i < bring->count; i++)
		if (bring->wishes[i].type == CWMP_TYPE_OTHER)
			bring->wishes[i].type = CWMP_TYPE_STRING;
}

static void
set(struct cwmp_session *c)
{
	struct acs_run *run = acs_run_of(c);
	struct acs_bring *bring = run->bring;
	struct cwmp_parameter_value *values = calloc(bring->count + 1, sizeof(*values));
	int err;

	bring->stage = SETS;
	wish_for_key(bring);
	types_fill(bring);
	err = values ? cwmp_set_parameter_values(c, values, values_fill(bring, values),
			       run->work->parameter_key, (struct cwmp_done){was_set, NULL})
		     : SB_ENOMEM;
	free(values);
	if (err)
		acs_work_failed(c, err == SB_EINVAL ? "what XML cannot carry" : sb_error_text(err),
			err != SB_EINVAL);
}

/* ---- asking ---- */

static struct wish *
wish_find(struct acs_bring *bring, const char *name)
{
	for (size_t i = bring->asked; i < bring->asked + bring->asking; i++)
		if (strcmp(bring->wishes[i].name, name) == 0)
			return &bring->wishes[i];
	return NULL;
}

static void
learn(struct acs_bring *bring, const struct cwmp_parameter_value *is)
{
	const char *text = is->value.text ? is->value.text : "";
	struct wish *wish = is->name ? wish_find(bring, is->name) : NULL;
	bool is_secret;

	if (!wish)
		return;
	if (!wish->is_given && is->value.type != CWMP_TYPE_OTHER)
		wish->type = is->value.type;
	is_secret = bring->stage == VERIFIES && !*text;
	if (bring->is_preset)
		wish->is_fulfilled =
			is_secret || is_same(wish, text, wish->type == CWMP_TYPE_BOOLEAN);
}

static void
next(struct cwmp_session *c)
{
	struct acs_bring *bring = acs_run_of(c)->bring;

	bring->asked += bring->asking;
	if (bring->asked < bring->count)
		ask(c);
	else if (bring->stage == ASKS)
		set(c);
	else
		verified(c);
}

static void
answered(struct cwmp_session *c, const struct cwmp_outcome *o, void *context)
{
	struct acs_bring *bring = acs_run_of(c)->bring;
	const struct cwmp_parameter_values *list;

	(void)context;
	if (o->status == SB_EREMOTE && bring->stage == ASKS) {
		/* It may be one that can only be written, or is made by it: the device will say. */
		next(c);
		return;
	}
	if (o->status) {
		acs_work_refused(c, o);
		return;
	}
	list = &o->envelope->message.body.get_parameter_values_response.parameter_list;
	for (size_t i = 0; i < list->count; i++)
		learn(bring, &list->each[i]);
	if (acs_work_seen(c, ACS_LEARNED_VALUES, NULL, cwmp_outcome_take(o)))
		next(c);
}

static void
ask(struct cwmp_session *c)
{
	struct acs_run *run = acs_run_of(c);
	struct acs_bring *bring = run->bring;
	size_t left = bring->count - bring->asked;
	const char **names;
	int err = SB_ENOMEM;

	bring->asking = left < run->work->batch ? left : run->work->batch;
	names = calloc(bring->asking + 1, sizeof(*names));
	for (size_t i = 0; names && i < bring->asking; i++)
		names[i] = bring->wishes[bring->asked + i].name;
	if (names)
		err = cwmp_get_parameter_values(
			c, names, bring->asking, (struct cwmp_done){answered, NULL});
	free(names);
	if (err)
		acs_work_failed(c, err == SB_EINVAL ? "what XML cannot carry" : sb_error_text(err),
			err != SB_EINVAL);
}

void
acs_bring_begin(struct cwmp_session *c)
{
	struct acs_run *run = acs_run_of(c);

	run->bring = bring_new(run);
	if (!run->bring)
		acs_work_failed(c, "no memory", true);
	else if (!run->bring->count)
		done(c);
	else
		ask(c);
}
