/* Values, names and attributes of parameters. */
#include "core/error.h"
#include "daemons/cwmp-sim/rpc.h"

#include <stdlib.h>
#include <string.h>

static bool
is_partial(const char *path)
{
	size_t length = strlen(path);

	return length == 0 || path[length - 1] == '.';
}

/* What a name of GetParameterValues and its like means: entries from *first on, objects among them;
 * 0: none. */
static size_t
meant_by(const struct device *d, const char *name, size_t *first)
{
	const struct model_entry *entry;
	size_t count;

	if (is_partial(name))
		return model_below(&d->model, name, first);
	entry = model_find(&d->model, name);
	count = entry && !(entry->flags & MODEL_OBJECT);
	*first = entry ? (size_t)(entry - model_entries(&d->model)->each) : 0;
	return count;
}

/* How many entries all names mean together; 0: one of them means none. */
static size_t
count_meant(const struct device *d, const struct cwmp_strings *names)
{
	size_t total = 0, first;

	for (size_t i = 0; i < names->count; i++) {
		size_t count = meant_by(d, rpc_text(names->each[i]), &first);

		if (!count)
			return 0;
		total += count;
	}
	return total;
}

uint32_t
rpc_get_parameter_values(struct rpc *r)
{
	const struct cwmp_strings *names = &r->request->get_parameter_values.parameter_names;
	struct cwmp_parameter_values *list =
		&r->response->get_parameter_values_response.parameter_list;
	struct device *d = r->device;
	size_t total = count_meant(d, names), first;

	if (names->count && !total)
		return CWMP_FAULT_INVALID_PARAMETER_NAME;
	list->each = sb_arena_take(r->arena, (total + 1) * sizeof(*list->each));
	if (!list->each)
		return CWMP_FAULT_RESOURCES_EXCEEDED;
	for (size_t i = 0; i < names->count; i++) {
		size_t count = meant_by(d, rpc_text(names->each[i]), &first);

		for (size_t k = first; k < first + count; k++) {
			const struct model_entry *entry = &model_entries(&d->model)->each[k];
			const char *value;

			if (entry->flags & MODEL_OBJECT)
				continue;
			value = device_value(d, r->session, entry, r->arena);
			if (!value)
				return CWMP_FAULT_RESOURCES_EXCEEDED;
			list->each[list->count++] =
				(struct cwmp_parameter_value){entry->path, {entry->type, value}};
		}
	}
	return 0;
}

/* ---- names ---- */

/* Whether it is directly below `path`, which an object "A.B." is to "A.". */
static bool
is_next_level(const char *path, const char *entry)
{
	const char *rest = entry + strlen(path), *dot = strchr(rest, '.');

	return *rest && (!dot || dot[1] == '\0');
}

uint32_t
rpc_get_parameter_names(struct rpc *r)
{
	const struct cwmp_get_parameter_names *request = &r->request->get_parameter_names;
	struct cwmp_parameter_infos *list =
		&r->response->get_parameter_names_response.parameter_list;
	const char *path = rpc_text(request->parameter_path);
	size_t first, count = meant_by(r->device, path, &first);

	if (request->next_level && !is_partial(path))
		return CWMP_FAULT_INVALID_ARGUMENTS;
	if (!count)
		return CWMP_FAULT_INVALID_PARAMETER_NAME;
	list->each = sb_arena_take(r->arena, count * sizeof(*list->each));
	if (!list->each)
		return CWMP_FAULT_RESOURCES_EXCEEDED;
	for (size_t i = first; i < first + count; i++) {
		const struct model_entry *entry = &model_entries(&r->device->model)->each[i];

		if (!request->next_level || is_next_level(path, entry->path))
			list->each[list->count++] = (struct cwmp_parameter_info){
				entry->path, (entry->flags & MODEL_WRITABLE) != 0};
	}
	return 0;
}

/* ---- setting ---- */

static uint32_t
check_value(const struct device *d, const struct cwmp_parameter_value *wanted)
{
	const struct model_entry *entry = model_find(&d->model, rpc_text(wanted->name));
	const char *text = rpc_text(wanted->value.text);

	if (!entry || (entry->flags & MODEL_OBJECT))
		return CWMP_FAULT_INVALID_PARAMETER_NAME;
	if (!(entry->flags & MODEL_WRITABLE))
		return CWMP_FAULT_NON_WRITABLE_PARAMETER;
	if (wanted->value.type != CWMP_TYPE_OTHER && wanted->value.type != entry->type)
		return CWMP_FAULT_INVALID_PARAMETER_TYPE;
	return device_value_fits(entry->type, text) ? 0 : CWMP_FAULT_INVALID_PARAMETER_VALUE;
}

/* All or none: each one that will not do is named. */
static uint32_t
check_values(struct rpc *r, const struct cwmp_parameter_values *list)
{
	struct cwmp_set_parameter_faults *faults = &r->set_faults;

	faults->each = sb_arena_take(r->arena, (list->count + 1) * sizeof(*faults->each));
	if (!faults->each)
		return CWMP_FAULT_RESOURCES_EXCEEDED;
	for (size_t i = 0; i < list->count; i++) {
		uint32_t fault = check_value(r->device, &list->each[i]);

		if (fault)
			faults->each[faults->count++] = (struct cwmp_set_parameter_fault){
				rpc_text(list->each[i].name), fault, cwmp_fault_text(fault)};
	}
	return faults->count ? CWMP_FAULT_INVALID_ARGUMENTS : 0;
}

/* Another ACS: it does not know the device. */
static void
note_new_acs(struct device *d, const char *path)
{
	static const char end[] = ".ManagementServer.URL";
	size_t length = strlen(path);

	if (length > sizeof(end) && strcmp(path + length - sizeof(end) + 1, end) == 0)
		device_add_event(d, "0 BOOTSTRAP", "");
}

uint32_t
rpc_set_parameter_values(struct rpc *r)
{
	const struct cwmp_parameter_values *list = &r->request->set_parameter_values.parameter_list;
	struct device *d = r->device;
	uint32_t fault = check_values(r, list);

	if (fault)
		return fault;
	for (size_t i = 0; i < list->count; i++) {
		const char *path = list->each[i].name;

		if (model_find(&d->model, path)->flags & MODEL_REBOOTS)
			r->response->status_response.status = 1;
		if (model_set(&d->model, path, rpc_text(list->each[i].value.text)))
			return CWMP_FAULT_RESOURCES_EXCEEDED;
		note_new_acs(d, path);
	}
	rpc_set_key(r, r->request->set_parameter_values.parameter_key);
	return 0;
}

/* ---- attributes ---- */

uint32_t
rpc_get_parameter_attributes(struct rpc *r)
{
	static const char *subscriber[] = {"Subscriber"};
	const struct cwmp_strings *names = &r->request->get_parameter_attributes.parameter_names;
	struct cwmp_parameter_attributes *list =
		&r->response->get_parameter_attributes_response.parameter_list;
	size_t total = count_meant(r->device, names), first;

	if (names->count && !total)
		return CWMP_FAULT_INVALID_PARAMETER_NAME;
	list->each = sb_arena_take(r->arena, (total + 1) * sizeof(*list->each));
	if (!list->each)
		return CWMP_FAULT_RESOURCES_EXCEEDED;
	for (size_t i = 0; i < names->count; i++) {
		size_t count = meant_by(r->device, rpc_text(names->each[i]), &first);

		for (size_t k = first; k < first + count; k++) {
			const struct model_entry *entry =
				&model_entries(&r->device->model)->each[k];

			if (!(entry->flags & MODEL_OBJECT))
				list->each[list->count++] = (struct cwmp_parameter_attribute){
					entry->path, entry->notification, {subscriber, 1}};
		}
	}
	return 0;
}

static uint32_t
set_attribute(struct device *d, const struct cwmp_set_parameter_attribute *wanted)
{
	size_t first, count = meant_by(d, rpc_text(wanted->name), &first);

	if (!count)
		return CWMP_FAULT_INVALID_PARAMETER_NAME;
	if (wanted->notification > 6)
		return CWMP_FAULT_INVALID_ARGUMENTS;
	for (size_t i = first; wanted->notification_change && i < first + count; i++) {
		const struct model_entry *entry = &model_entries(&d->model)->each[i];

		if (!(entry->flags & MODEL_OBJECT) && model_set_notification(&d->model, entry->path,
							      (uint8_t)wanted->notification))
			return CWMP_FAULT_RESOURCES_EXCEEDED;
	}
	return 0;
}

uint32_t
rpc_set_parameter_attributes(struct rpc *r)
{
	const struct cwmp_set_parameter_attributes_list *list =
		&r->request->set_parameter_attributes.parameter_list;
	uint32_t fault = 0;

	for (size_t i = 0; !fault && i < list->count; i++)
		fault = set_attribute(r->device, &list->each[i]);
	return fault;
}
