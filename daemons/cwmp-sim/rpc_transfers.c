/* Downloads and uploads: asked for, queued, cancelled, done. */
#include "core/error.h"
#include "core/supervisor.h"
#include "daemons/cwmp-sim/rpc.h"
#include "daemons/cwmp-sim/transfer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STATE_WAITING = 1, STATE_RUNNING = 2 };

static const char UNKNOWN_TIME[] = "0001-01-01T00:00:00Z";

static void
transfer_free(struct device_transfer *t)
{
	free(t->file_type);
	free(t->url);
	free(t->username);
	free(t->password);
	free(t->target);
	free(t);
}

void
device_transfers_free(struct device *d, struct sb_session *s)
{
	(void)s;
	while (d->transfers) {
		struct device_transfer *t = d->transfers;

		d->transfers = t->next;
		transfer_free(t);
	}
}

static void
unlink_transfer(struct device *d, struct device_transfer *t)
{
	struct device_transfer **link = &d->transfers;

	while (*link != t)
		link = &(*link)->next;
	*link = t->next;
}

/* ---- the end of one ---- */

static const char *
m_event_of(const struct device_transfer *t)
{
	return t->is_scheduled ? "M ScheduleDownload" : t->is_download ? "M Download" : "M Upload";
}

static const char *
kept(struct sb_arena *arena, const char *text)
{
	size_t length;

	sb_arena_append(arena, text, strlen(text));
	return sb_arena_text(arena, &length);
}

/* The file is what the device runs from its next boot on. */
static void
install(struct device *d, const struct device_transfer *t, const struct transfer_result *result)
{
	if (result->fault || !t->is_download || strncmp(t->file_type, "1 ", 2) != 0)
		return;
	if (result->version[0])
		memcpy(d->firmware, result->version, sizeof(d->firmware));
	if (d->after == AFTER_NOTHING)
		d->after = AFTER_NEW_FIRMWARE;
}

static void
finish(struct device *d, struct sb_session *s, struct device_transfer *t,
	const struct transfer_result *result)
{
	struct device_call *call = device_add_call(
		d, CWMP_TRANSFER_COMPLETE, "7 TRANSFER COMPLETE", m_event_of(t), t->key);
	struct cwmp_transfer_complete *body = call ? &call->body.transfer_complete : NULL;
	struct sim_counters *counters = &d->sim->counters;
	char now[32];

	sb_counter_add(result->fault ? counters->transfers_failed : counters->transfers,
		sb_session_shard(s), 1);
	if (body) {
		device_time(sb_wall_ms(s), now);
		body->command_key = kept(&call->arena, t->key);
		body->fault_struct.fault_code = result->fault;
		body->fault_struct.fault_string = kept(&call->arena, result->text);
		body->start_time = kept(&call->arena, t->start_time);
		body->complete_time = kept(&call->arena, now);
	}
	install(d, t, result);
	unlink_transfer(d, t);
	transfer_free(t);
	device_wake(d, s);
}

void
device_transfer_done(struct device *d, struct sb_session *s, const struct sb_message *m)
{
	const struct transfer_result *result = m->data;

	for (struct device_transfer *t = d->transfers; t; t = t->next) {
		if (t->id == m->ref) {
			finish(d, s, t, result);
			return;
		}
	}
}

/* ---- its begin ---- */

/* What is uploaded: the parameters that can be written, as a configuration file would have them. */
static char *
upload_of(struct device *d, struct sb_session *s, size_t *size)
{
	char *text = NULL;
	FILE *file = open_memstream(&text, size);
	struct sb_arena arena;

	if (!file)
		return NULL;
	sb_arena_init(&arena, sb_env_system(), NULL, 0, SIZE_MAX);
	for (size_t i = 0; i < model_entries(&d->model)->count; i++) {
		const struct model_entry *entry = &model_entries(&d->model)->each[i];
		const char *value;

		if (entry->flags & MODEL_OBJECT)
			continue;
		value = device_value(d, s, entry, &arena);
		fprintf(file, "%s=%s\n", entry->path, value ? value : "");
	}
	sb_arena_fini(&arena);
	if (fclose(file) == 0)
		return text;
	free(text);
	return NULL;
}

static char *
copy_of(const char *text)
{
	return text ? strdup(text) : NULL;
}

static int
spawn(struct device *d, struct sb_session *s, const struct device_transfer *t)
{
	struct transfer_args args = {.sim = d->sim,
		.device = sb_self(s),
		.id = t->id,
		.url = copy_of(t->url),
		.username = t->username && t->username[0] ? copy_of(t->username) : NULL,
		.password = copy_of(t->password),
		.wanted_size = t->file_size};
	struct sb_child_spec spec = {.module = &transfer_module,
		.args = &args,
		.args_size = sizeof(args),
		.restart = SB_TEMPORARY,
		.shard = SB_SHARD_SAME};
	struct sb_address address;
	int err = args.url ? 0 : SB_ENOMEM;

	if (!err && !t->is_download) {
		args.upload = upload_of(d, s, &args.upload_size);
		err = args.upload ? 0 : SB_ENOMEM;
	}
	if (!err)
		err = sb_spawn(s, &spec, &address);
	if (err) {
		free(args.url);
		free(args.username);
		free(args.password);
		free(args.upload);
	}
	return err;
}

static bool
shall_fail(const struct device *d, struct sb_session *s)
{
	uint32_t random;

	sb_random(s, &random, sizeof(random));
	return random < d->sim->options.transfer_fault_rate * UINT32_MAX;
}

static void
on_begin(struct sb_session *s, struct sb_timer *timer)
{
	struct device_transfer *t =
		(struct device_transfer *)((char *)timer - offsetof(struct device_transfer, begin));
	struct device *d = t->device;
	struct transfer_result result = {.fault = CWMP_FAULT_FILE_TRANSFER_FAILURE};

	device_time(sb_wall_ms(s), t->start_time);
	t->is_running = true;
	if (shall_fail(d, s)) {
		snprintf(result.text, sizeof(result.text), "A fault that was asked for");
		finish(d, s, t, &result);
	} else if (spawn(d, s, t)) {
		result.fault = CWMP_FAULT_RESOURCES_EXCEEDED;
		finish(d, s, t, &result);
	}
}

/* ---- requests ---- */

/* Of Download, Upload and ScheduleDownload, whose fields are the same as far as they go. */
struct wanted {
	const char *key, *file_type, *url, *username, *password, *target;
	uint32_t file_size;
	uint64_t delay_ms;
	bool is_download, is_scheduled;
};

static uint32_t
check(const struct device *d, const struct wanted *w)
{
	struct url url;
	size_t count = 0;
	int err = url_parse(rpc_text(w->url), &url);

	for (const struct device_transfer *t = d->transfers; t; t = t->next)
		count++;
	if (count >= DEVICE_TRANSFERS_MAX)
		return CWMP_FAULT_RESOURCES_EXCEEDED;
	if (err)
		return err == SB_ENOTSUP ? CWMP_FAULT_UNSUPPORTED_PROTOCOL
					 : CWMP_FAULT_INVALID_ARGUMENTS;
	return w->file_type && w->file_type[0] ? 0 : CWMP_FAULT_INVALID_ARGUMENTS;
}

static uint32_t
queue(struct rpc *r, const struct wanted *w)
{
	struct device *d = r->device;
	uint32_t fault = check(d, w);
	struct device_transfer *t, **last = &d->transfers;

	if (fault)
		return fault;
	t = calloc(1, sizeof(*t));
	if (!t)
		return CWMP_FAULT_RESOURCES_EXCEEDED;
	*t = (struct device_transfer){.id = ++d->next_id,
		.device = d,
		.is_download = w->is_download,
		.is_scheduled = w->is_scheduled,
		.file_size = w->file_size,
		.file_type = strdup(w->file_type),
		.url = strdup(w->url),
		.username = copy_of(w->username),
		.password = copy_of(w->password),
		.target = copy_of(w->target)};
	if (!t->file_type || !t->url) {
		transfer_free(t);
		return CWMP_FAULT_RESOURCES_EXCEEDED;
	}
	snprintf(t->key, sizeof(t->key), "%s", rpc_text(w->key));
	snprintf(t->start_time, sizeof(t->start_time), "%s", UNKNOWN_TIME);
	while (*last)
		last = &(*last)->next;
	*last = t;
	sb_timer_start(r->session, &t->begin, w->delay_ms, on_begin);
	return 0;
}

static uint32_t
queue_and_answer(struct rpc *r, const struct wanted *w)
{
	uint32_t fault = queue(r, w);

	if (!fault)
		r->response->transfer_response =
			(struct cwmp_transfer_response){1, UNKNOWN_TIME, UNKNOWN_TIME};
	return fault;
}

uint32_t
rpc_download(struct rpc *r)
{
	const struct cwmp_download *q = &r->request->download;

	return queue_and_answer(r, &(struct wanted){.key = q->command_key,
					   .file_type = q->file_type,
					   .url = q->url,
					   .username = q->username,
					   .password = q->password,
					   .target = q->target_file_name,
					   .file_size = q->file_size,
					   .delay_ms = q->delay_seconds * 1000ULL,
					   .is_download = true});
}

uint32_t
rpc_upload(struct rpc *r)
{
	const struct cwmp_upload *q = &r->request->upload;

	return queue_and_answer(r, &(struct wanted){.key = q->command_key,
					   .file_type = q->file_type,
					   .url = q->url,
					   .username = q->username,
					   .password = q->password,
					   .delay_ms = q->delay_seconds * 1000ULL});
}

/* It comes at the begin of its first window. */
uint32_t
rpc_schedule_download(struct rpc *r)
{
	const struct cwmp_schedule_download *q = &r->request->schedule_download;
	const struct cwmp_time_windows *windows = &q->time_window_list;

	if (windows->count == 0 || windows->each[0].window_end <= windows->each[0].window_start)
		return CWMP_FAULT_INVALID_ARGUMENTS;
	return queue(r, &(struct wanted){.key = q->command_key,
				.file_type = q->file_type,
				.url = q->url,
				.username = q->username,
				.password = q->password,
				.target = q->target_file_name,
				.file_size = q->file_size,
				.delay_ms = windows->each[0].window_start * 1000ULL,
				.is_download = true,
				.is_scheduled = true});
}

uint32_t
rpc_cancel_transfer(struct rpc *r)
{
	const char *key = rpc_text(r->request->cancel_transfer.command_key);
	struct device *d = r->device;

	for (struct device_transfer *t = d->transfers; t; t = t->next) {
		if (strcmp(t->key, key) != 0)
			continue;
		if (t->is_running)
			return CWMP_FAULT_CANCEL_NOT_PERMITTED;
		sb_timer_stop(r->session, &t->begin);
		unlink_transfer(d, t);
		transfer_free(t);
		return 0;
	}
	return 0;
}

uint32_t
rpc_get_queued_transfers(struct rpc *r)
{
	struct cwmp_queued_transfers *list =
		&r->response->get_queued_transfers_response.transfer_list;

	list->each = sb_arena_take(r->arena, DEVICE_TRANSFERS_MAX * sizeof(*list->each));
	if (!list->each)
		return CWMP_FAULT_RESOURCES_EXCEEDED;
	for (struct device_transfer *t = r->device->transfers; t; t = t->next)
		list->each[list->count++] = (struct cwmp_queued_transfer){
			t->key, t->is_running ? STATE_RUNNING : STATE_WAITING};
	return 0;
}

uint32_t
rpc_get_all_queued_transfers(struct rpc *r)
{
	struct cwmp_all_queued_transfers *list =
		&r->response->get_all_queued_transfers_response.transfer_list;

	list->each = sb_arena_take(r->arena, DEVICE_TRANSFERS_MAX * sizeof(*list->each));
	if (!list->each)
		return CWMP_FAULT_RESOURCES_EXCEEDED;
	for (struct device_transfer *t = r->device->transfers; t; t = t->next)
		list->each[list->count++] = (struct cwmp_all_queued_transfer){.command_key = t->key,
			.state = t->is_running ? STATE_RUNNING : STATE_WAITING,
			.is_download = t->is_download,
			.file_type = t->file_type,
			.file_size = t->file_size,
			.target_file_name = rpc_text(t->target)};
	return 0;
}
