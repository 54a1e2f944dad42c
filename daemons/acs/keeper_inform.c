/*
 * An Inform is noted in one transaction: times and counters (the head of the device's row, nothing
 * more as long as it is who it was), what it said if that has changed, operations that it says are
 * done, tasks that presets have for it. The answer comes when that is durable.
 */
#include "core/error.h"
#include "daemons/acs/json_memory.h"
#include "daemons/acs/keeper_internal.h"

#include <stdlib.h>
#include <string.h>

/* ---- the device ---- */

static struct acs_device *
device_new(struct acs_keeper *k, const struct acs_profile *profile)
{
	struct acs_device *device = acs_device_new(acs_id_next(k), profile);

	if (!device)
		return NULL;
	device->created_ms = acs_wall(k);
	if (acs_devices_add(&k->devices, device)) {
		acs_device_free(device);
		return NULL;
	}
	sb_counter_add(k->new_devices, sb_session_shard(k->session), 1);
	return device;
}

static bool
is_same(const struct acs_profile *a, const struct acs_profile *b)
{
	return strcmp(a->version, b->version) == 0 &&
	       strcmp(a->manufacturer, b->manufacturer) == 0 && strcmp(a->oui, b->oui) == 0 &&
	       strcmp(a->product_class, b->product_class) == 0 &&
	       strcmp(a->serial_number, b->serial_number) == 0;
}

/* The device, new or known, as the Inform says that it is. 0, SB_ELIMIT, SB_EINVAL, SB_ENOMEM. */
static int
device_of(struct acs_keeper *k, const struct acs_inform *inform, struct acs_device **device)
{
	struct acs_profile profile;

	if (!acs_inform_profile(acs_inform_row(inform), &profile))
		return SB_EINVAL;
	profile.name = inform->device;
	*device = acs_devices_find(&k->devices, inform->device);
	if (!*device) {
		if (k->devices.count >= k->config->max_devices)
			return SB_ELIMIT;
		*device = device_new(k, &profile);
		return *device ? 0 : SB_ENOMEM;
	}
	/* Its rows would come behind those that go. It comes again. */
	if ((*device)->is_leaving)
		return SB_FULL;
	if (is_same(&(*device)->profile, &profile))
		return 0;
	(*device)->is_stored = false;
	return acs_device_set_profile(*device, &profile);
}

static void
device_note(struct acs_keeper *k, struct acs_device *device, const struct acs_inform *inform)
{
	device->inform_ms = acs_wall(k);
	device->informs++;
	device->events = inform->events;
	if (inform->events & ACS_EVENT_BIT(BOOT))
		device->boot_ms = device->inform_ms;
	if (inform->events & ACS_EVENT_BIT(BOOTSTRAP)) {
		device->bootstrap_ms = device->inform_ms;
		/* Whatever it had been brought to is lost. */
		device->generation = 0;
	}
}

/* ---- the visit ---- */

/* A session that is still under way is dead: the device has begun another one. */
static int
visit_begin(struct acs_keeper *k, struct acs_commit *c, struct acs_device *device,
	const struct sb_message *m)
{
	const struct acs_inform *inform = m->data;
	struct acs_visit *visit;

	if (device->visit) {
		acs_visit_lost(k, c, device);
		acs_visit_end(k, device);
	}
	visit = calloc(1, sizeof(*visit));
	if (!visit)
		return SB_ENOMEM;
	visit->session = m->sender;
	visit->events = inform->events;
	visit->has_parameter_key = inform->has_parameter_key;
	memcpy(visit->parameter_key, inform->parameter_key, sizeof(visit->parameter_key));
	device->visit = visit;
	k->visits++;
	return 0;
}

/* ---- tasks of presets ---- */

/* Whether one is under way, or was not long ago. */
static bool
has_task(const struct acs_keeper *k, const struct acs_device *device, uint64_t preset)
{
	int64_t since = acs_wall(k) - (int64_t)k->config->longest_retry_ms;

	for (const struct acs_task *task = device->tasks; task; task = task->next)
		if (task->preset == preset && (!acs_task_has_ended(task) || task->ended_ms > since))
			return true;
	return false;
}

static int
once_note(struct acs_device *device, uint64_t key)
{
	device->is_stored = false;
	return acs_device_note_once(device, key);
}

static int
preset_queue(struct acs_keeper *k, struct acs_commit *c, struct acs_device *device,
	const json_t *task, uint64_t key)
{
	unsigned before = acs_json_failures();
	json_t *request = acs_json_whole(json_deep_copy(task), before);
	char fault[128] = "";
	int err = request ? acs_task_queue(k, c, device, request, key, fault, sizeof(fault))
			  : SB_ENOMEM;

	json_decref(request);
	return err;
}

static void
preset_task(struct acs_keeper *k, struct acs_commit *c, struct acs_device *device,
	const struct acs_preset *preset, size_t number)
{
	uint64_t key = acs_preset_task(preset, number);
	int err;

	if (preset->is_always ? has_task(k, device, key) : acs_device_had(device, key))
		return;
	/* That it had it first: a task of which that is not known comes with each Inform. */
	err = preset->is_always ? 0 : once_note(device, key);
	if (!err)
		err = preset_queue(k, c, device, json_array_get(preset->tasks, number), key);
	if (err)
		acs_device_forget_once(device, key);
	if (err)
		SB_LOG_LIMITED(k->session, WARNING, "acs.preset_task_refused", "device",
			SB_STR(device->profile.name), "preset", SB_STR(preset->name), "error",
			SB_ERR(err));
}

static void
preset_tasks(struct acs_keeper *k, struct acs_commit *c, struct acs_device *device)
{
	for (size_t i = 0; i < k->presets.count; i++) {
		const struct acs_preset *preset = &k->presets.each[i];

		if (!preset->tasks || !acs_filter_fits(&preset->filter, device, device->events))
			continue;
		for (size_t n = 0; n < json_array_size(preset->tasks); n++)
			preset_task(k, c, device, preset, n);
	}
}

/* ---- the answer ---- */

static void
noted(struct acs_keeper *k, struct acs_commit *c, int status, const struct sb_store_rows *rows)
{
	struct acs_device *device = c->device;

	(void)rows;
	if (!status) {
		acs_work_next(k, device, c->from);
		return;
	}
	/* Not known to be in the store: written again with the next one. */
	device->inform_hash = 0;
	acs_refuse(k, c->from, status, NULL);
	acs_visit_end(k, device);
}

static void
early(struct acs_keeper *k, struct acs_commit *c, int status, const struct sb_store_rows *rows)
{
	(void)k;
	(void)rows;
	if (status)
		c->device->inform_hash = 0;
}

static void
note_row(struct acs_commit *c, struct acs_device *device, const struct acs_inform *inform)
{
	if (device->inform_hash == inform->hash)
		return;
	device->inform_hash = inform->hash;
	acs_commit_put(c, ACS_KIND_INFORM, device->id, sb_bytes(NULL, 0), acs_inform_row(inform));
}

static int
note(struct acs_keeper *k, const struct sb_message *m, struct acs_device *device)
{
	const struct acs_inform *inform = m->data;
	bool is_early = k->config->answers_early;
	struct acs_commit *c = acs_commit_new(k, device, false, is_early ? early : noted);
	int err;

	if (!c)
		return SB_ENOMEM;
	c->from = sb_message_from(m);
	device_note(k, device, inform);
	acs_say_inform(k, c, device);
	acs_operations_inform(k, c, device, inform);
	c->error = visit_begin(k, c, device, m);
	preset_tasks(k, c, device);
	note_row(c, device, inform);
	acs_commit_device(c, device, false);
	err = acs_commit_end(k, c);
	if (is_early && !err)
		acs_work_next(k, device, sb_message_from(m));
	/* Those that are not early were answered. */
	return is_early ? err : 0;
}

static void
take(struct acs_keeper *k, const struct sb_message *m)
{
	struct acs_device *device = NULL;
	int err = device_of(k, m->data, &device);

	if (!err)
		err = note(k, m, device);
	if (!err)
		return;
	if (device && device->visit)
		acs_visit_end(k, device);
	acs_refuse(k, sb_message_from(m), err, NULL);
}

/* ---- what it has to wait for ---- */

void
acs_inform_forget(struct acs_keeper *k, struct acs_device *device)
{
	if (device->held)
		sb_message_free(k->session, device->held);
	device->held = NULL;
}

/* One at a time: a device that begins once more has given up the session before. */
static void
hold(struct acs_keeper *k, struct acs_device *device, struct sb_message *m)
{
	if (device->held)
		acs_refuse(k, sb_message_from(device->held), SB_GONE, NULL);
	acs_inform_forget(k, device);
	device->held = sb_message_keep(m);
	if (!device->held)
		acs_refuse(k, sb_message_from(m), SB_ENOMEM, NULL);
}

void
acs_inform_go_on(struct acs_keeper *k, struct acs_device *device)
{
	struct sb_message *m = device->held;

	device->held = NULL;
	if (!m)
		return;
	take(k, m);
	sb_message_free(k->session, m);
}

void
acs_keeper_inform(struct acs_keeper *k, struct sb_message *m)
{
	const struct acs_inform *inform = m->data;
	struct acs_device *device = acs_devices_find(&k->devices, inform->device);

	sb_counter_add(k->informs, sb_session_shard(k->session), 1);
	/* What the session before has reported is on its way to the store: what it has done would
	 * be taken for lost, and done again. */
	if (device && device->visit && device->docket)
		hold(k, device, m);
	else
		take(k, m);
}
