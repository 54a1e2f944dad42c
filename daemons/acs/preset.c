#include "daemons/acs/preset.h"

#include "core/error.h"
#include "daemons/acs/json_memory.h"
#include "daemons/acs/setting.h"
#include "daemons/acs/task.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HASH_START UINT64_C(14695981039346656037)

static uint64_t
hash_of(uint64_t hash, const void *octets, size_t size)
{
	const uint8_t *at = octets;

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ at[i]) * UINT64_C(1099511628211);
	return hash;
}

/* ---- what is one ---- */

static int
wrong(char *fault, size_t size, const char *what)
{
	snprintf(fault, size, "%s", what);
	return SB_EINVAL;
}

static bool
is_known(const char *name)
{
	static const char *const members[] = {
		"name", "weight", "filter", "parameters", "tasks", "repeat", "description"};

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		if (strcmp(members[i], name) == 0)
			return true;
	return false;
}

static int
check_members(const json_t *json, char *fault, size_t size)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)json, name, value)
	{
		if (is_known(name))
			continue;
		snprintf(fault, size, "%.40s: not one of a preset's members", name);
		return SB_EINVAL;
	}
	return 0;
}

static int
check_parameters(const json_t *parameters, char *fault, size_t size)
{
	if (parameters && !json_is_object(parameters))
		return wrong(fault, size, "parameters: not an object");
	return acs_settings_check(parameters, fault, size);
}

/* As it will be when it is some device's. */
static int
check_task(const json_t *each, char *fault, size_t size)
{
	json_t *copy = json_deep_copy(each);
	struct acs_task *task = NULL;
	int err = copy ? acs_task_new(&task, 1, copy, fault, size) : SB_ENOMEM;

	acs_task_free(task);
	json_decref(copy);
	return err;
}

static int
check_tasks(const json_t *tasks, char *fault, size_t size)
{
	char inner[128] = "";
	json_t *each;
	size_t i;

	if (tasks && (!json_is_array(tasks) || json_array_size(tasks) > ACS_PRESET_TASKS))
		return wrong(fault, size, "tasks: not an array of at most 16");
	json_array_foreach(tasks, i, each)
	{
		int err = check_task(each, inner, sizeof(inner));

		if (!err)
			continue;
		snprintf(fault, size, "tasks[%zu].%s", i, inner);
		return err;
	}
	return 0;
}

static int
check_rest(const json_t *json, char *fault, size_t size)
{
	const json_t *weight = json_object_get(json, "weight");
	const json_t *repeat = json_object_get(json, "repeat");
	const char *word = json_string_value(repeat);

	if (!json_string_length(json_object_get(json, "name")))
		return wrong(fault, size, "name: not a text");
	if (weight && !json_is_integer(weight))
		return wrong(fault, size, "weight: not a whole number");
	if (repeat && (!word || (strcmp(word, "once") != 0 && strcmp(word, "always") != 0)))
		return wrong(fault, size, "repeat: neither once nor always");
	return 0;
}

int
acs_preset_check(json_t *json, char *fault, size_t size)
{
	struct acs_filter filter = {0};
	int err;

	if (!json_is_object(json))
		return wrong(fault, size, "not an object");
	err = check_members(json, fault, size);
	if (!err)
		err = check_rest(json, fault, size);
	if (!err)
		err = acs_filter_init(&filter, json_object_get(json, "filter"), fault, size);
	acs_filter_fini(&filter);
	if (!err)
		err = check_parameters(json_object_get(json, "parameters"), fault, size);
	if (!err)
		err = check_tasks(json_object_get(json, "tasks"), fault, size);
	return err;
}

/* ---- sets ---- */

static int
preset_order(const void *left, const void *right)
{
	const struct acs_preset *a = left, *b = right;

	if (a->weight != b->weight)
		return a->weight < b->weight ? -1 : 1;
	return strcmp(a->name, b->name);
}

static int
preset_fill(struct acs_preset *preset, json_t *json)
{
	char *text = acs_json_print(json, JSON_SORT_KEYS), fault[8];
	const char *repeat = json_string_value(json_object_get(json, "repeat"));

	if (!text)
		return SB_ENOMEM;
	*preset = (struct acs_preset){.json = json_incref(json),
		.name = json_string_value(json_object_get(json, "name")),
		.weight = json_integer_value(json_object_get(json, "weight")),
		.parameters = json_object_get(json, "parameters"),
		.tasks = json_object_get(json, "tasks"),
		.is_always = repeat && strcmp(repeat, "always") == 0,
		.hash = hash_of(HASH_START, text, strlen(text))};
	free(text);
	return acs_filter_init(
		&preset->filter, json_object_get(json, "filter"), fault, sizeof(fault));
}

int
acs_preset_set_init(struct acs_preset_set *set, json_t *array, size_t *refused)
{
	char fault[128];
	json_t *each;
	size_t i;

	*refused = 0;
	*set = (struct acs_preset_set){
		.each = calloc(json_array_size(array) + 1, sizeof(*set->each))};
	if (!set->each)
		return SB_ENOMEM;
	json_array_foreach(array, i, each)
	{
		int err = acs_preset_check(each, fault, sizeof(fault));

		if (err && err != SB_ENOMEM) {
			++*refused;
			continue;
		}
		if (err || preset_fill(&set->each[set->count++], each)) {
			acs_preset_set_fini(set);
			return SB_ENOMEM;
		}
	}
	qsort(set->each, set->count, sizeof(*set->each), preset_order);
	return 0;
}

void
acs_preset_set_fini(struct acs_preset_set *set)
{
	for (size_t i = 0; i < set->count; i++) {
		acs_filter_fini(&set->each[i].filter);
		json_decref(set->each[i].json);
	}
	free(set->each);
	*set = (struct acs_preset_set){0};
}

/* ---- what they say of a device ---- */

uint64_t
acs_presets_generation(const struct acs_preset_set *set, const struct acs_device *device)
{
	uint64_t hash = HASH_START;
	bool is_any = false;

	for (size_t i = 0; i < set->count; i++) {
		const struct acs_preset *p = &set->each[i];

		if (!json_object_size(p->parameters) || p->filter.events ||
			!acs_filter_fits(&p->filter, device, 0))
			continue;
		hash = hash_of(hash, &p->hash, sizeof(p->hash));
		is_any = true;
	}
	return is_any ? hash | 1 : 0;
}

bool
acs_presets_for_events(
	const struct acs_preset_set *set, const struct acs_device *device, uint32_t events)
{
	for (size_t i = 0; i < set->count; i++) {
		const struct acs_preset *p = &set->each[i];

		if (p->filter.events && json_object_size(p->parameters) &&
			acs_filter_fits(&p->filter, device, events))
			return true;
	}
	return false;
}

/* The greater weight comes later, and stands. */
static json_t *
merged(const struct acs_preset_set *set, const struct acs_device *device, uint32_t events)
{
	json_t *all = json_object();

	for (size_t i = 0; all && i < set->count; i++) {
		const struct acs_preset *p = &set->each[i];

		if (p->parameters && acs_filter_fits(&p->filter, device, events))
			json_object_update(all, p->parameters);
	}
	return all;
}

static json_t *
entry_of(const char *name, json_t *value)
{
	json_t *entry = json_object(), *type = json_object_get(value, "type");
	json_t *plain = json_is_object(value) ? json_object_get(value, "value") : value;

	json_object_set_new(entry, "Name", json_string(name));
	json_object_set(entry, "Value", plain);
	if (type)
		json_object_set(entry, "Type", type);
	return entry;
}

json_t *
acs_presets_desired(const struct acs_preset_set *set, const struct acs_device *device,
	uint32_t events, uint64_t generation)
{
	unsigned before = acs_json_failures();
	json_t *all = merged(set, device, events), *list = json_array(), *out, *value;
	char key[ACS_ID_SIZE] = "";
	const char *name;

	if (generation)
		acs_id_print(key, generation);
	json_object_foreach(all, name, value) json_array_append_new(list, entry_of(name, value));
	out = json_pack("{s:s, s:o}", "ParameterKey", key, "ParameterList", list);
	json_decref(all);
	/* A part of them would be set as if it were the whole. */
	return acs_json_whole(out, before);
}

uint64_t
acs_preset_task(const struct acs_preset *preset, size_t number)
{
	return hash_of(preset->hash, &number, sizeof(number)) | 1;
}
