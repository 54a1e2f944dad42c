/* What went wrong with a device and stands: one for each channel, until that works, or somebody
 * takes it away. */
#include "core/error.h"
#include "daemons/acs/json_memory.h"
#include "daemons/acs/keeper_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FAULT_HEAD  28
#define DETAIL_MOST 4096 /* octets of JSON; more is left out */

void
acs_task_channel(char out[ACS_CHANNEL_MAX], const struct acs_task *task)
{
	char id[ACS_ID_SIZE];

	acs_id_print(id, task->id);
	snprintf(out, ACS_CHANNEL_MAX, "task:%s", id);
}

char *
acs_fault_text(const char *channel, const char *code, const char *message, const char *detail)
{
	struct acs_octets out;
	struct acs_text t = {0};

	acs_text_json(&t, "{\"channel\":", sb_bytes_text(channel));
	acs_text_json(&t, ",\"code\":", sb_bytes_text(code));
	acs_text_json(&t, ",\"message\":", sb_bytes_text(message ? message : ""));
	if (detail && strlen(detail) <= DETAIL_MOST) {
		acs_text_add(&t, ",\"detail\":");
		acs_text_add(&t, detail);
	}
	acs_text_add(&t, "}");
	return acs_text_end(&t, &out) ? NULL : (char *)out.data;
}

struct acs_fault *
acs_fault_find(const struct acs_device *device, const char *channel)
{
	struct acs_fault *fault = device->faults;

	while (fault && strcmp(fault->channel, channel) != 0)
		fault = fault->next;
	return fault;
}

/* ---- memory ---- */

static void
fault_free(struct acs_fault *fault)
{
	free(fault->channel);
	free(fault->text);
	free(fault);
}

static void
fault_remove(struct acs_keeper *k, struct acs_device *device, struct acs_fault *fault)
{
	struct acs_fault **link = &device->faults;

	while (*link != fault)
		link = &(*link)->next;
	*link = fault->next;
	device->fault_count--;
	k->faults--;
	fault_free(fault);
}

void
acs_faults_free(struct acs_keeper *k, struct acs_device *device)
{
	while (device->faults)
		fault_remove(k, device, device->faults);
}

/* NULL: no memory. */
static struct acs_fault *
fault_add(struct acs_keeper *k, struct acs_device *device, uint64_t id, const char *channel,
	const char *text)
{
	struct acs_fault *fault = calloc(1, sizeof(*fault));

	if (!fault)
		return NULL;
	fault->id = id;
	fault->channel = strdup(channel);
	fault->text = strdup(text);
	if (!fault->channel || !fault->text) {
		fault_free(fault);
		return NULL;
	}
	fault->next = device->faults;
	device->faults = fault;
	device->fault_count++;
	k->faults++;
	return fault;
}

static struct acs_fault *
oldest(const struct acs_device *device)
{
	struct acs_fault *found = device->faults;

	for (struct acs_fault *fault = found; fault; fault = fault->next)
		if (fault->at_ms < found->at_ms)
			found = fault;
	return found;
}

/* ---- notes ---- */

static struct acs_fault *
fault_new(struct acs_keeper *k, struct acs_commit *c, struct acs_device *device,
	const char *channel, const char *text)
{
	struct acs_fault *gone;

	if (device->fault_count >= ACS_FAULTS_MOST) {
		gone = oldest(device);
		acs_commit_del(c, ACS_KIND_FAULT, gone->id);
		fault_remove(k, device, gone);
	}
	return fault_add(k, device, acs_id_next(k), channel, text);
}

static bool
fault_say(struct acs_fault *fault, const char *text)
{
	char *copy = strdup(text);

	if (!copy)
		return false;
	free(fault->text);
	fault->text = copy;
	return true;
}

static void
fault_put(struct acs_commit *c, const struct acs_device *device, const struct acs_fault *fault)
{
	uint8_t head[FAULT_HEAD];
	struct sb_writer w = sb_writer_of(head, sizeof(head));

	sb_put_u64(&w, device->id);
	sb_put_u64(&w, (uint64_t)fault->at_ms);
	sb_put_u64(&w, (uint64_t)fault->retry_ms);
	sb_put_u32(&w, fault->count);
	acs_commit_put(c, ACS_KIND_FAULT, fault->id, sb_bytes(head, sizeof(head)),
		sb_bytes_text(fault->text));
}

void
acs_fault_note(struct acs_keeper *k, struct acs_commit *c, struct acs_device *device,
	const char *channel, const char *text, int64_t retry_ms)
{
	struct acs_fault *fault = acs_fault_find(device, channel);

	if (!fault)
		fault = fault_new(k, c, device, channel, text);
	else if (!fault_say(fault, text))
		fault = NULL;
	if (!fault) {
		c->error = SB_ENOMEM;
		return;
	}
	fault->at_ms = acs_wall(k);
	fault->retry_ms = retry_ms;
	fault->count++;
	fault_put(c, device, fault);
	acs_say_fault(k, c, device, fault);
}

void
acs_fault_clear(
	struct acs_keeper *k, struct acs_commit *c, struct acs_device *device, const char *channel)
{
	struct acs_fault *fault = acs_fault_find(device, channel);

	if (!fault)
		return;
	acs_commit_del(c, ACS_KIND_FAULT, fault->id);
	fault_remove(k, device, fault);
}

int
acs_fault_read(struct acs_keeper *k, const struct sb_store_row *row)
{
	struct sb_reader r = sb_reader_of(sb_bytes(row->head, row->head_size));
	struct acs_device *device = acs_devices_find_id(&k->devices, sb_get_u64(&r));
	struct acs_fault *fault;
	const char *channel;
	json_t *json;
	char *text;
	int err;

	if (!device)
		return 0;
	err = acs_json_load(&json, sb_bytes(row->body, row->body_size), 0, NULL);
	if (err)
		return err == SB_ENOMEM ? err : SB_ECORRUPT;
	channel = json_string_value(json_object_get(json, "channel"));
	if (!json_is_object(json) || !channel || acs_fault_find(device, channel)) {
		json_decref(json);
		return SB_ECORRUPT;
	}
	text = acs_json_print(json, 0);
	fault = text ? fault_add(k, device, row->id, channel, text) : NULL;
	if (fault) {
		fault->at_ms = (int64_t)sb_get_u64(&r);
		fault->retry_ms = (int64_t)sb_get_u64(&r);
		fault->count = sb_get_u32(&r);
	}
	free(text);
	json_decref(json);
	return fault ? 0 : SB_ENOMEM;
}

/* ---- for people ---- */

static void
show(struct acs_text *t, const struct acs_device *device, const struct acs_fault *fault)
{
	char id[ACS_ID_SIZE];

	acs_id_print(id, device->id);
	acs_text_json(t, "{\"device\":", sb_bytes_text(device->profile.name));
	acs_text_json(t, ",\"deviceId\":", sb_bytes_text(id));
	acs_text_time(t, ",\"at\":", fault->at_ms);
	if (fault->retry_ms)
		acs_text_time(t, ",\"retry\":", fault->retry_ms);
	acs_text_number(t, ",\"count\":", fault->count);
	acs_text_add(t, ",");
	acs_text_add(t, fault->text + 1);
}

static void
show_all(struct acs_text *t, const struct acs_device *device, uint32_t *count)
{
	for (const struct acs_fault *fault = device->faults; fault; fault = fault->next) {
		if ((*count)++)
			acs_text_add(t, ",");
		show(t, device, fault);
	}
}

/* Of all devices behind `id`: until there are `limit`, and those of the last device to its end.
 * True: there are more. */
static bool
show_devices(struct acs_keeper *k, struct acs_text *t, const struct acs_ask *ask, uint32_t *count)
{
	for (size_t i = acs_devices_seek(&k->devices, ask->id + 1); i < k->devices.count; i++) {
		if (ask->limit && *count >= ask->limit && k->devices.by_id[i]->faults)
			return true;
		show_all(t, k->devices.by_id[i], count);
	}
	return false;
}

void
acs_ask_faults(struct acs_keeper *k, const struct sb_message *m)
{
	const struct acs_ask *ask = m->data;
	struct acs_device *device = *ask->device ? acs_asked_device(k, m) : NULL;
	struct acs_text t = {0};
	uint32_t count = 0;
	bool has_more = false;

	if (*ask->device && !device)
		return;
	acs_text_add(&t, "{\"faults\":[");
	if (device)
		show_all(&t, device, &count);
	else
		has_more = show_devices(k, &t, ask, &count);
	acs_text_add(&t, has_more ? "],\"more\":true}" : "]}");
	acs_answer(k, sb_message_from(m), &t);
}

static void
deleted(struct acs_keeper *k, struct acs_commit *c, int status, const struct sb_store_rows *rows)
{
	(void)rows;
	acs_refuse(k, c->from, status, NULL);
}

/* What it held up is due. */
static void
let_go(struct acs_commit *c, const struct acs_device *device, const char *channel)
{
	char name[ACS_CHANNEL_MAX];

	for (struct acs_task *task = device->tasks; task; task = task->next) {
		acs_task_channel(name, task);
		if (task->state != ACS_TASK_QUEUED || strcmp(name, channel) != 0)
			continue;
		task->due_ms = 0;
		acs_commit_task(c, task, task->state);
	}
}

void
acs_ask_fault_delete(struct acs_keeper *k, const struct sb_message *m)
{
	const struct acs_ask *ask = m->data;
	struct acs_device *device = acs_asked_device(k, m);
	struct acs_commit *c;

	if (!device)
		return;
	if (!acs_fault_find(device, ask->text)) {
		acs_refuse(k, sb_message_from(m), SB_ENOENT, "no such fault");
		return;
	}
	c = acs_commit_new(k, device, false, deleted);
	if (!c) {
		acs_refuse(k, sb_message_from(m), SB_ENOMEM, NULL);
		return;
	}
	c->from = sb_message_from(m);
	let_go(c, device, ask->text);
	acs_fault_clear(k, c, device, ask->text);
	acs_commit_end(k, c);
}
