/* Deployment units: known by their UUIDs, changed at once, told in a session of their own. */
#include "daemons/cwmp-sim/rpc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct device_unit **
unit_of(struct device *d, const char *uuid)
{
	struct device_unit **link = &d->units;

	while (*link && strcmp((*link)->uuid, uuid) != 0)
		link = &(*link)->next;
	return link;
}

static uint32_t
install(struct device *d, const struct cwmp_operation *o, const char *uuid)
{
	struct device_unit *unit;

	if (*unit_of(d, uuid))
		return CWMP_FAULT_DUPLICATE_DEPLOYMENT_UNIT;
	unit = calloc(1, sizeof(*unit));
	if (!unit)
		return CWMP_FAULT_SYSTEM_RESOURCES_EXCEEDED;
	snprintf(unit->uuid, sizeof(unit->uuid), "%s", uuid);
	snprintf(unit->version, sizeof(unit->version), "%s", o->version ? o->version : "1.0");
	unit->next = d->units;
	d->units = unit;
	return 0;
}

static uint32_t
update(struct device *d, const struct cwmp_operation *o, const char *uuid)
{
	struct device_unit *unit = *unit_of(d, uuid);

	if (!unit)
		return CWMP_FAULT_UNKNOWN_DEPLOYMENT_UNIT;
	if (strcmp(unit->version, rpc_text(o->version)) == 0)
		return CWMP_FAULT_UPDATE_VERSION_EXISTS;
	snprintf(unit->version, sizeof(unit->version), "%s", rpc_text(o->version));
	return 0;
}

static uint32_t
uninstall(struct device *d, const char *uuid)
{
	struct device_unit **link = unit_of(d, uuid), *unit = *link;

	if (!unit)
		return CWMP_FAULT_UNKNOWN_DEPLOYMENT_UNIT;
	*link = unit->next;
	free(unit);
	return 0;
}

static uint32_t
change(struct device *d, const struct cwmp_operation *o, const char *uuid)
{
	switch (o->kind) {
	case CWMP_INSTALL:
		return install(d, o, uuid);
	case CWMP_UPDATE:
		return update(d, o, uuid);
	case CWMP_UNINSTALL:
		return uninstall(d, uuid);
	}
	return CWMP_FAULT_INVALID_ARGUMENTS;
}

static const char *
kept(struct sb_arena *arena, const char *text)
{
	size_t length;

	sb_arena_append(arena, text, strlen(text));
	return sb_arena_text(arena, &length);
}

/* An Install that names no UUID gets one. */
static void
choose_uuid(struct rpc *r, const struct cwmp_operation *o, char out[37])
{
	uint16_t random[8];

	if (o->uuid && o->uuid[0]) {
		snprintf(out, 37, "%s", o->uuid);
		return;
	}
	sb_random(r->session, random, sizeof(random));
	snprintf(out, 37, "%04x%04x-%04x-4%03x-a%03x-%04x%04x%04x", random[0], random[1], random[2],
		random[3] & 0xfff, random[4] & 0xfff, random[5], random[6], random[7]);
}

static void
put_result(struct rpc *r, struct sb_arena *arena, const struct cwmp_operation *o,
	struct cwmp_operation_result *result)
{
	static const char *const states[] = {[CWMP_INSTALL] = "Installed",
		[CWMP_UPDATE] = "Installed",
		[CWMP_UNINSTALL] = "Uninstalled"};
	char uuid[37], now[32];
	uint32_t fault;

	choose_uuid(r, o, uuid);
	fault = change(r->device, o, uuid);
	device_time(sb_wall_ms(r->session), now);
	result->uuid = kept(arena, uuid);
	result->deployment_unit_ref = "Device.SoftwareModules.DeploymentUnit.1";
	result->version = kept(arena, o->version && o->version[0] ? o->version : "1.0");
	result->current_state = fault ? "Failed" : states[o->kind];
	result->resolved = !fault;
	result->execution_unit_ref_list = "";
	result->start_time = result->complete_time = kept(arena, now);
	result->fault.fault_code = fault;
	result->fault.fault_string = fault ? cwmp_fault_text(fault) : "";
}

uint32_t
rpc_change_du_state(struct rpc *r)
{
	const struct cwmp_change_du_state *request = &r->request->change_du_state;
	const char *key = rpc_text(request->command_key);
	struct device_call *call;
	struct cwmp_operation_results *results;

	if (request->operations.count == 0)
		return CWMP_FAULT_INVALID_ARGUMENTS;
	call = device_add_call(r->device, CWMP_DU_STATE_CHANGE_COMPLETE,
		"11 DU STATE CHANGE COMPLETE", "M ChangeDUState", key);
	if (!call)
		return CWMP_FAULT_RESOURCES_EXCEEDED;
	call->body.du_state_change_complete.command_key = kept(&call->arena, key);
	results = &call->body.du_state_change_complete.results;
	results->each =
		sb_arena_take(&call->arena, request->operations.count * sizeof(*results->each));
	if (!results->each)
		return CWMP_FAULT_RESOURCES_EXCEEDED;
	for (size_t i = 0; i < request->operations.count; i++)
		put_result(r, &call->arena, &request->operations.each[i],
			&results->each[results->count++]);
	return 0;
}
