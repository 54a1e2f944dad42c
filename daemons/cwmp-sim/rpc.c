/* What an ACS may ask of a device. */
#include "daemons/cwmp-sim/rpc.h"
#include "core/error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_ROOM = 320, SCHEDULES_MAX = 16, VOUCHERS_MAX = 32 };

static const enum cwmp_method methods[] = {CWMP_GET_RPC_METHODS, CWMP_SET_PARAMETER_VALUES,
	CWMP_GET_PARAMETER_VALUES, CWMP_GET_PARAMETER_NAMES, CWMP_SET_PARAMETER_ATTRIBUTES,
	CWMP_GET_PARAMETER_ATTRIBUTES, CWMP_ADD_OBJECT, CWMP_DELETE_OBJECT, CWMP_REBOOT,
	CWMP_DOWNLOAD, CWMP_UPLOAD, CWMP_FACTORY_RESET, CWMP_SCHEDULE_INFORM,
	CWMP_GET_QUEUED_TRANSFERS, CWMP_GET_ALL_QUEUED_TRANSFERS, CWMP_SCHEDULE_DOWNLOAD,
	CWMP_CANCEL_TRANSFER, CWMP_CHANGE_DU_STATE, CWMP_SET_VOUCHERS, CWMP_GET_OPTIONS};

void
rpc_set_key(struct rpc *r, const char *key)
{
	const char *root = r->device->sim->model->root;
	char path[PATH_ROOM];

	snprintf(path, sizeof(path), "%.*s.ManagementServer.ParameterKey", (int)strcspn(root, "."),
		root);
	model_set(&r->device->model, path, rpc_text(key));
}

static uint32_t
rpc_get_rpc_methods(struct rpc *r)
{
	struct cwmp_strings *list = &r->response->get_rpc_methods_response.method_list;

	list->count = sizeof(methods) / sizeof(methods[0]);
	list->each = sb_arena_take(r->arena, sizeof(methods) / sizeof(methods[0]) * sizeof(char *));
	if (!list->each)
		return CWMP_FAULT_RESOURCES_EXCEEDED;
	for (size_t i = 0; i < list->count; i++)
		list->each[i] = cwmp_method_name(methods[i]);
	return 0;
}

static uint32_t
rpc_reboot(struct rpc *r)
{
	struct device *d = r->device;

	d->after = AFTER_REBOOT;
	snprintf(
		d->after_key, sizeof(d->after_key), "%s", rpc_text(r->request->reboot.command_key));
	return 0;
}

static uint32_t
rpc_factory_reset(struct rpc *r)
{
	r->device->after = AFTER_FACTORY_RESET;
	return 0;
}

/* ---- ScheduleInform ---- */

static void
on_schedule(struct sb_session *s, struct sb_timer *timer)
{
	struct device_schedule *schedule =
		(struct device_schedule *)((char *)timer - offsetof(struct device_schedule, timer));
	struct device *d = schedule->device;
	struct device_schedule **link = &d->schedules;

	while (*link != schedule)
		link = &(*link)->next;
	*link = schedule->next;
	device_add_event(d, "3 SCHEDULED", "");
	device_add_event(d, "M ScheduleInform", schedule->key);
	free(schedule);
	device_wake(d, s);
}

static uint32_t
rpc_schedule_inform(struct rpc *r)
{
	const struct cwmp_schedule_inform *request = &r->request->schedule_inform;
	struct device_schedule *schedule;
	size_t count = 0;

	if (request->delay_seconds == 0)
		return CWMP_FAULT_INVALID_ARGUMENTS;
	for (schedule = r->device->schedules; schedule; schedule = schedule->next)
		count++;
	schedule = count < SCHEDULES_MAX ? calloc(1, sizeof(*schedule)) : NULL;
	if (!schedule)
		return CWMP_FAULT_RESOURCES_EXCEEDED;
	snprintf(schedule->key, sizeof(schedule->key), "%s", rpc_text(request->command_key));
	schedule->device = r->device;
	schedule->next = r->device->schedules;
	r->device->schedules = schedule;
	sb_timer_start(r->session, &schedule->timer, request->delay_seconds * 1000ULL, on_schedule);
	return 0;
}

/* ---- options and vouchers: an option for each voucher ---- */

static uint32_t
rpc_set_vouchers(struct rpc *r)
{
	const struct cwmp_strings *list = &r->request->set_vouchers.voucher_list;
	struct device *d = r->device;

	for (size_t i = 0; i < list->count; i++) {
		char **grown =
			d->voucher_count < VOUCHERS_MAX
				? realloc(d->vouchers, (d->voucher_count + 1) * sizeof(*grown))
				: NULL;

		if (!grown)
			return CWMP_FAULT_RESOURCES_EXCEEDED;
		d->vouchers = grown;
		grown[d->voucher_count] = strdup(rpc_text(list->each[i]));
		d->voucher_count += grown[d->voucher_count] != NULL;
	}
	return 0;
}

static const char *
option_name(struct sb_arena *arena, size_t number)
{
	char name[32];
	size_t length = (size_t)snprintf(name, sizeof(name), "option %zu", number);

	sb_arena_append(arena, name, length);
	return sb_arena_text(arena, &length);
}

static uint32_t
rpc_get_options(struct rpc *r)
{
	const char *wanted = rpc_text(r->request->get_options.option_name);
	struct cwmp_options *list = &r->response->get_options_response.option_list;
	const struct device *d = r->device;

	list->each = sb_arena_take(r->arena, (d->voucher_count + 1) * sizeof(*list->each));
	for (size_t i = 0; list->each && i < d->voucher_count; i++) {
		const char *name = option_name(r->arena, i + 1);

		if (!name)
			return CWMP_FAULT_RESOURCES_EXCEEDED;
		if (*wanted && strcmp(wanted, name) != 0)
			continue;
		list->each[list->count++] = (struct cwmp_option){.option_name = name,
			.voucher_sn = (uint32_t)i + 1,
			.state = "1",
			.mode = "1",
			.start_date = "2026-01-01T00:00:00Z",
			.expiration_date = "2036-01-01T00:00:00Z",
			.is_transferable = "0"};
	}
	return list->each ? 0 : CWMP_FAULT_RESOURCES_EXCEEDED;
}

/* ---- all of them ---- */

static rpc_handler *
handler_of(enum cwmp_method method)
{
	static rpc_handler *const handlers[CWMP_METHOD_COUNT] = {
		[CWMP_GET_RPC_METHODS] = rpc_get_rpc_methods,
		[CWMP_SET_PARAMETER_VALUES] = rpc_set_parameter_values,
		[CWMP_GET_PARAMETER_VALUES] = rpc_get_parameter_values,
		[CWMP_GET_PARAMETER_NAMES] = rpc_get_parameter_names,
		[CWMP_SET_PARAMETER_ATTRIBUTES] = rpc_set_parameter_attributes,
		[CWMP_GET_PARAMETER_ATTRIBUTES] = rpc_get_parameter_attributes,
		[CWMP_ADD_OBJECT] = rpc_add_object,
		[CWMP_DELETE_OBJECT] = rpc_delete_object,
		[CWMP_REBOOT] = rpc_reboot,
		[CWMP_DOWNLOAD] = rpc_download,
		[CWMP_UPLOAD] = rpc_upload,
		[CWMP_FACTORY_RESET] = rpc_factory_reset,
		[CWMP_SCHEDULE_INFORM] = rpc_schedule_inform,
		[CWMP_GET_QUEUED_TRANSFERS] = rpc_get_queued_transfers,
		[CWMP_GET_ALL_QUEUED_TRANSFERS] = rpc_get_all_queued_transfers,
		[CWMP_SCHEDULE_DOWNLOAD] = rpc_schedule_download,
		[CWMP_CANCEL_TRANSFER] = rpc_cancel_transfer,
		[CWMP_CHANGE_DU_STATE] = rpc_change_du_state,
		[CWMP_SET_VOUCHERS] = rpc_set_vouchers,
		[CWMP_GET_OPTIONS] = rpc_get_options,
	};

	return method < CWMP_METHOD_COUNT ? handlers[method] : NULL;
}

static bool
is_asker(uint32_t code)
{
	return code != CWMP_FAULT_INTERNAL_ERROR && code != CWMP_FAULT_REQUEST_DENIED &&
	       code != CWMP_FAULT_RESOURCES_EXCEEDED && code != CWMP_FAULT_METHOD_NOT_SUPPORTED;
}

void
device_serve(struct device *d, struct sb_session *s, const struct cwmp_message *request,
	struct cwmp_message *response, struct sb_arena *arena)
{
	rpc_handler *handler = handler_of(request->method);
	struct rpc r = {.device = d,
		.session = s,
		.request = &request->body,
		.response = &response->body,
		.arena = arena};
	uint32_t fault = handler ? handler(&r) : CWMP_FAULT_METHOD_NOT_SUPPORTED;

	if (!fault)
		return;
	response->kind = CWMP_FAULT;
	response->body = (union cwmp_body){.fault = {.is_client = is_asker(fault),
						   .fault_code = fault,
						   .fault_string = cwmp_fault_text(fault),
						   .set_parameter_values_fault = r.set_faults}};
}

void
device_state_free(struct device *d)
{
	while (d->schedules) {
		struct device_schedule *schedule = d->schedules;

		d->schedules = schedule->next;
		free(schedule);
	}
	while (d->units) {
		struct device_unit *unit = d->units;

		d->units = unit->next;
		free(unit);
	}
	for (size_t i = 0; i < d->voucher_count; i++)
		free(d->vouchers[i]);
	for (size_t i = 0; i < d->changed_count; i++)
		free(d->changed[i]);
	free(d->vouchers);
	free(d->changed);
	free(d->events);
}
