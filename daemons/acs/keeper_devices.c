/* What people ask about devices. */
#include "core/error.h"
#include "daemons/acs/json_memory.h"
#include "daemons/acs/keeper_internal.h"

#include <stdlib.h>
#include <string.h>

#define LIMIT_MOST 1000

/* ---- how one is shown ---- */

static void
set_time(json_t *object, const char *name, int64_t unix_ms)
{
	char text[ACS_TIME_SIZE];

	if (!unix_ms)
		return;
	acs_time_print(text, unix_ms);
	json_object_set_new(object, name, json_string(text));
}

static json_t *
tags_json(const struct acs_device *d)
{
	json_t *tags = json_array();

	for (uint32_t at = 0; at < d->tags_size; at += strlen(d->tags + at) + 1)
		json_array_append_new(tags, json_string(d->tags + at));
	return tags;
}

static void
set_profile(json_t *object, const struct acs_profile *is)
{
	json_object_set_new(object, "device", json_string(is->name));
	json_object_set_new(object, "manufacturer", json_string(is->manufacturer));
	json_object_set_new(object, "oui", json_string(is->oui));
	json_object_set_new(object, "productClass", json_string(is->product_class));
	json_object_set_new(object, "serialNumber", json_string(is->serial_number));
	json_object_set_new(object, "softwareVersion", json_string(is->version));
}

static void
set_script(json_t *object, const struct acs_ran *ran)
{
	json_t *script = ran ? json_object() : NULL;

	if (!script)
		return;
	json_object_set_new(script, "name", json_string(ran->script));
	set_time(script, "ended", ran->at_ms);
	json_object_set_new(script, "failed", json_boolean(ran->has_failed));
	json_object_set_new(object, "lastScript", script);
}

/* NULL: no memory. */
static json_t *
device_json(const struct acs_device *d)
{
	unsigned before = acs_json_failures();
	json_t *object = json_object();
	char id[ACS_ID_SIZE];

	acs_id_print(id, d->id);
	json_object_set_new(object, "id", json_string(id));
	set_profile(object, &d->profile);
	json_object_set_new(object, "tags", tags_json(d));
	set_time(object, "created", d->created_ms);
	set_time(object, "lastInform", d->inform_ms);
	set_time(object, "lastBoot", d->boot_ms);
	set_time(object, "lastBootstrap", d->bootstrap_ms);
	json_object_set_new(object, "events", acs_events_json(d->events));
	json_object_set_new(object, "informs", json_integer(d->informs));
	json_object_set_new(object, "failures", json_integer(d->failures));
	json_object_set_new(object, "tasks", json_integer(d->live_tasks));
	json_object_set_new(object, "faults", json_integer(d->fault_count));
	json_object_set_new(object, "inSession", json_boolean(d->visit != NULL));
	set_script(object, d->ran);
	return acs_json_whole(object, before);
}

/* Eats what was made since jansson had failed `before` times. */
static void
answer_json(struct acs_keeper *k, struct sb_from from, json_t *json, unsigned before)
{
	char *text = acs_json_dump(json, before);

	if (!text)
		acs_refuse(k, from, SB_ENOMEM, NULL);
	else
		acs_give(k, from, &(struct acs_octets){(uint8_t *)text, strlen(text)});
}

/* ---- one ---- */

static void
inform_came(
	struct acs_keeper *k, struct acs_commit *c, int status, const struct sb_store_rows *rows)
{
	unsigned before = acs_json_failures();
	json_t *object, *inform = NULL;

	if (status && status != SB_ENOENT) {
		acs_refuse(k, c->from, status, NULL);
		return;
	}
	object = device_json(c->device);
	/* A row that is damaged says nothing. */
	if (!status && rows->count)
		inform = acs_inform_json(sb_bytes(rows->rows[0].body, rows->rows[0].body_size));
	if (inform)
		json_object_set_new(object, "inform", inform);
	answer_json(k, c->from, object, before);
}

void
acs_ask_device(struct acs_keeper *k, const struct sb_message *m)
{
	struct acs_device *device = acs_asked_device(k, m);
	struct acs_commit *c;

	if (!device)
		return;
	c = acs_commit_new(k, device, true, inform_came);
	if (!c) {
		acs_refuse(k, sb_message_from(m), SB_ENOMEM, NULL);
		return;
	}
	c->from = sb_message_from(m);
	acs_commit_read(k, c, ACS_KIND_INFORM, device->id);
}

/* ---- many ---- */

/* Which devices are asked for. */
struct question {
	struct acs_filter filter;
	int64_t before_ms, after_ms; /* their last Inform was */
};

static bool
fits(const struct question *q, const struct acs_device *device)
{
	return device->inform_ms < q->before_ms && device->inform_ms > q->after_ms &&
	       acs_filter_fits(&q->filter, device, device->events);
}

static void
list(struct acs_keeper *k, const struct sb_message *m, const struct question *question)
{
	const struct acs_ask *ask = m->data;
	uint32_t limit = ask->limit && ask->limit < LIMIT_MOST ? ask->limit : LIMIT_MOST;
	unsigned before = acs_json_failures();
	json_t *devices = json_array();
	bool has_more = false;

	for (size_t i = acs_devices_seek(&k->devices, ask->id + 1); i < k->devices.count; i++) {
		const struct acs_device *device = k->devices.by_id[i];

		if (!fits(question, device))
			continue;
		has_more = json_array_size(devices) == limit;
		if (has_more)
			break;
		json_array_append_new(devices, device_json(device));
	}
	answer_json(k, sb_message_from(m),
		json_pack("{s:o, s:b}", "devices", devices, "more", has_more), before);
}

static int64_t
number_or(const json_t *object, const char *name, int64_t otherwise)
{
	const json_t *number = json_object_get(object, name);

	return json_is_integer(number) ? json_integer_value(number) : otherwise;
}

void
acs_ask_devices(struct acs_keeper *k, const struct sb_message *m)
{
	const struct acs_ask *ask = m->data;
	struct question question;
	char fault[128] = "not JSON";
	json_t *json = NULL;
	int err = ask->size ? acs_json_load(&json, sb_bytes(ask->text, ask->size), 0, NULL) : 0;

	question.before_ms = number_or(json, "informBefore", INT64_MAX);
	question.after_ms = number_or(json, "informAfter", INT64_MIN);
	if (!err)
		err = acs_filter_init(
			&question.filter, json_object_get(json, "filter"), fault, sizeof(fault));
	if (err) {
		acs_refuse(k, sb_message_from(m), err, err == SB_EINVAL ? fault : NULL);
	} else {
		list(k, m, &question);
		acs_filter_fini(&question.filter);
	}
	json_decref(json);
}

void
acs_ask_counts(struct acs_keeper *k, const struct sb_message *m)
{
	answer_json(k, sb_message_from(m),
		json_pack("{s:I, s:I, s:I, s:I}", "devices", (json_int_t)k->devices.count, "tasks",
			(json_int_t)k->tasks, "faults", (json_int_t)k->faults, "sessions",
			(json_int_t)k->visits),
		acs_json_failures());
}

/* ---- tags ---- */

static void
tags_answer(struct acs_keeper *k, struct sb_from from, const struct acs_device *device)
{
	unsigned before = acs_json_failures();

	answer_json(k, from, json_pack("{s:o}", "tags", tags_json(device)), before);
}

static void
tagged(struct acs_keeper *k, struct acs_commit *c, int status, const struct sb_store_rows *rows)
{
	(void)rows;
	if (status)
		acs_refuse(k, c->from, status, NULL);
	else
		tags_answer(k, c->from, c->device);
}

/* Who says what is so already, in every session, costs no commit. */
static bool
tags_differ(const struct acs_device *device, const json_t *tags, bool are_there)
{
	const json_t *each;
	size_t i;

	json_array_foreach(tags, i, each)
	{
		const char *tag = json_string_value(each);

		if (!tag || acs_device_has_tag(device, tag) != are_there)
			return true;
	}
	return false;
}

static int
tags_change(struct acs_device *device, const json_t *json, bool *is_changed, const char **fault)
{
	const json_t *add = json_object_get(json, "add"), *remove = json_object_get(json, "remove");
	json_t *each;
	size_t i;
	int err = json_is_object(json) ? 0 : SB_EINVAL;

	*is_changed = err || tags_differ(device, add, true) || tags_differ(device, remove, false);
	json_array_foreach(remove, i, each) if (json_is_string(each))
		acs_device_remove_tag(device, json_string_value(each));
	for (i = 0; !err && i < json_array_size(add); i++) {
		each = json_array_get(add, i);
		err = json_is_string(each) ? acs_device_add_tag(device, json_string_value(each))
					   : SB_EINVAL;
	}
	if (err == SB_EINVAL)
		*fault = "add, remove: not arrays of texts";
	if (err == SB_ELIMIT)
		*fault = "too many, or too long";
	return err;
}

void
acs_ask_device_tags(struct acs_keeper *k, const struct sb_message *m)
{
	const struct acs_ask *ask = m->data;
	struct acs_device *device = acs_asked_device(k, m);
	bool is_changed = false;
	const char *fault = NULL;
	struct acs_commit *c;
	json_t *json = NULL;
	int err = 0;

	if (!device)
		return;
	if (ask->size)
		err = acs_json_load(&json, sb_bytes(ask->text, ask->size), 0, NULL);
	if (json)
		err = tags_change(device, json, &is_changed, &fault);
	json_decref(json);
	/* What is on its way to the store has to be there first. */
	if (!err && !is_changed && (!ask->size || device->is_stored)) {
		tags_answer(k, sb_message_from(m), device);
		return;
	}
	/* Those that could be changed were, and are written with what comes next at the latest. */
	device->is_stored = false;
	c = acs_commit_new(k, device, false, tagged);
	if (err || !c)
		acs_refuse(k, sb_message_from(m), err ? err : SB_ENOMEM, fault);
	if (!c)
		return;
	if (!err)
		c->from = sb_message_from(m);
	acs_commit_device(c, device, true);
	acs_commit_end(k, c);
}

/* ---- the end of one ---- */

void
acs_device_forget(struct acs_keeper *k, struct acs_device *device)
{
	acs_visit_end(k, device);
	acs_inform_forget(k, device);
	acs_docket_free(device);
	while (device->tasks)
		acs_task_drop(k, device->tasks);
	acs_faults_free(k, device);
	acs_devices_remove(&k->devices, device);
	device->is_deleted = true;
	if (!device->pins)
		acs_device_free(device);
}

static void
deleted(struct acs_keeper *k, struct acs_commit *c, int status, const struct sb_store_rows *rows)
{
	(void)rows;
	c->device->is_leaving = false;
	if (!status && !c->device->is_deleted)
		acs_device_forget(k, c->device);
	acs_refuse(k, c->from, status, NULL);
}

static void
delete_rows(struct acs_commit *c, const struct acs_device *device)
{
	acs_commit_del(c, ACS_KIND_DEVICE, device->id);
	acs_commit_del(c, ACS_KIND_INFORM, device->id);
	acs_commit_del(c, ACS_KIND_PARAMETERS, device->id);
	for (const struct acs_task *task = device->tasks; task; task = task->next)
		acs_commit_del(c, ACS_KIND_TASK, task->id);
	for (const struct acs_fault *fault = device->faults; fault; fault = fault->next)
		acs_commit_del(c, ACS_KIND_FAULT, fault->id);
}

void
acs_ask_device_delete(struct acs_keeper *k, const struct sb_message *m)
{
	struct acs_device *device = acs_asked_device(k, m);
	struct acs_commit *c;

	if (!device)
		return;
	/* What is on its way would come back behind it. */
	if (device->pins || device->visit) {
		acs_refuse(k, sb_message_from(m), SB_ECONFLICT, "the device is in a session");
		return;
	}
	c = acs_commit_new(k, device, false, deleted);
	if (!c) {
		acs_refuse(k, sb_message_from(m), SB_ENOMEM, NULL);
		return;
	}
	c->from = sb_message_from(m);
	delete_rows(c, device);
	device->is_stored = false;
	device->is_leaving = true;
	acs_commit_end(k, c);
}
