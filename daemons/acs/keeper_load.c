/*
 * The store is read in pages, one kind after the other, in order of id. Each keeper reads all
 * of it and takes what is its own: which that is depends on how many there are, which may have
 * changed. It joins the topic when all is there. A row that cannot be understood is left where it
 * is, and said.
 */
#include "core/error.h"
#include "core/node.h"
#include "core/registry.h"
#include "daemons/acs/keeper_internal.h"
#include "daemons/acs/presets.h"

#include <stdio.h>
#include <string.h>

#define PAGE_ROWS 1024

static const enum acs_kind order[] = {
	ACS_KIND_PRESET, ACS_KIND_DEVICE, ACS_KIND_TASK, ACS_KIND_FAULT};

#define KINDS (sizeof(order) / sizeof(order[0]))

/* Half a store is none: the node stops, rather than meet devices as if they were new. */
static void
fail(struct acs_keeper *k, int error)
{
	SB_LOG(k->session, ERROR, "acs.load_failed", "error", SB_ERR(error), "kind",
		SB_STR(acs_kinds[order[k->loading]].name), "id", SB_UINT(k->load_from));
	k->config->has_failed = true;
	sb_node_stop(sb_session_node(k->session));
}

static int
page_ask(struct acs_keeper *k)
{
	return sb_store_scan(k->session, k->config->store, order[k->loading], k->load_from,
		PAGE_ROWS, sb_self(k->session), ACS_LOAD_REF);
}

bool
acs_has_loaded(const struct acs_keeper *k)
{
	return k->loading == KINDS;
}

void
acs_load_begin(struct acs_keeper *k)
{
	int err;

	k->load_presets = json_array();
	k->load_from = 1;
	err = k->load_presets ? page_ask(k) : SB_ENOMEM;
	if (err)
		fail(k, err);
}

/* ---- rows ---- */

/* Another keeper says what is wrong with its own; what belongs to nobody is said by the first. */
static void
damaged(struct acs_keeper *k, const struct sb_store_row *row)
{
	if (k->number != 0)
		return;
	k->damaged++;
	SB_LOG_LIMITED(k->session, ERROR, "acs.row_damaged", "kind",
		SB_STR(acs_kinds[order[k->loading]].name), "id", SB_UINT(row->id));
}

static int
take_device(struct acs_keeper *k, const struct sb_store_row *row)
{
	struct acs_device *device;
	int err = acs_device_read(row, &device);

	if (err)
		return err;
	if (acs_keeper_number(k->config, device->profile.name) != k->number) {
		acs_device_free(device);
		return 0;
	}
	if (acs_devices_find(&k->devices, device->profile.name)) {
		acs_device_free(device);
		return SB_ECORRUPT;
	}
	device->is_stored = true;
	err = acs_devices_add(&k->devices, device);
	if (err)
		acs_device_free(device);
	return err;
}

static int
take_task(struct acs_keeper *k, const struct sb_store_row *row)
{
	struct acs_device *device;
	struct acs_task *task;
	uint64_t owner;
	int err = acs_task_read(row, &task, &owner);

	if (err)
		return err;
	device = acs_devices_find_id(&k->devices, owner);
	if (!device) {
		acs_task_free(task);
		return 0;
	}
	acs_task_link(k, device, task);
	return 0;
}

static int
take_preset(struct acs_keeper *k, const struct sb_store_row *row)
{
	json_t *preset;
	int err = acs_preset_row(row, &preset);

	if (err)
		return err;
	return json_array_append_new(k->load_presets, preset) ? SB_ENOMEM : 0;
}

static int
take(struct acs_keeper *k, const struct sb_store_row *row)
{
	switch (order[k->loading]) {
	case ACS_KIND_DEVICE:
		return take_device(k, row);
	case ACS_KIND_TASK:
		return take_task(k, row);
	case ACS_KIND_FAULT:
		return acs_fault_read(k, row);
	case ACS_KIND_PRESET:
		return take_preset(k, row);
	default:
		return 0;
	}
}

static int
page_take(struct acs_keeper *k, const struct sb_store_rows *rows)
{
	for (size_t i = 0; i < rows->count; i++) {
		const struct sb_store_row *row = &rows->rows[i];
		int err;

		acs_id_seen(k, row->id);
		k->load_from = row->id + 1;
		err = take(k, row);
		if (err == SB_ECORRUPT)
			damaged(k, row);
		else if (err)
			return err;
	}
	return 0;
}

/* ---- the end ---- */

static int
loaded(struct acs_keeper *k)
{
	char name[32];
	size_t refused;
	int err = acs_preset_set_init(&k->presets, k->load_presets, &refused);

	json_decref(k->load_presets);
	k->load_presets = NULL;
	snprintf(name, sizeof(name), "acs.keeper.%u", k->number);
	if (!err)
		err = sb_register(k->session, name);
	if (!err)
		err = sb_join(k->session, ACS_KEEPERS);
	if (err)
		return err;
	SB_LOG(k->session, INFO, "acs.loaded", "keeper", SB_UINT(k->number), "devices",
		SB_UINT(k->devices.count), "tasks", SB_UINT(k->tasks), "faults", SB_UINT(k->faults),
		"presets", SB_UINT(k->presets.count), "damaged", SB_UINT(k->damaged), "ms",
		SB_UINT((sb_now(k->session) - k->began_ns) / 1000000));
	return 0;
}

static int
kind_ended(struct acs_keeper *k)
{
	if (++k->loading == KINDS)
		return loaded(k);
	k->load_from = 1;
	return page_ask(k);
}

void
acs_load_page(struct acs_keeper *k, const struct sb_message *m)
{
	const struct sb_store_rows *rows = m->data;
	int err = m->status;

	if (!err)
		err = page_take(k, rows);
	if (!err)
		err = rows->is_last ? kind_ended(k) : page_ask(k);
	if (!err)
		return;
	if (k->loading == KINDS)
		k->loading--;
	fail(k, err);
}
