#include "daemons/acs/task.h"

#include "core/error.h"
#include "daemons/acs/json.h"
#include "daemons/acs/json_memory.h"
#include "daemons/acs/rpc_json.h"
#include "daemons/acs/setting.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ATTEMPTS_MOST 1000
#define PATH_MOST     256 /* characters: of the XSD */

const char *
acs_task_state_name(enum acs_task_state state)
{
	switch (state) {
#define X(state, number, name) \
	case ACS_TASK_##state: \
		return name;
		ACS_TASK_STATE_MAP(X)
#undef X
	}
	return "";
}

/* ---- what a task says ---- */

enum form { FORM_RPC, FORM_REFRESH, FORM_SET, FORM_TRANSFER, FORM_PLAIN, FORM_SCRIPT };

/* Words of ours, and RPCs whose end comes later. */
static const struct {
	const char *method;
	enum form form;
	enum acs_operation operation;
} methods[] = {
	{"refresh", FORM_REFRESH, ACS_OPERATION_NONE},
	{"setParameters", FORM_SET, ACS_OPERATION_NONE},
	{"script", FORM_SCRIPT, ACS_OPERATION_NONE},
	{"download", FORM_TRANSFER, ACS_OPERATION_TRANSFER},
	{"upload", FORM_TRANSFER, ACS_OPERATION_TRANSFER},
	{"reboot", FORM_PLAIN, ACS_OPERATION_BOOT},
	{"factoryReset", FORM_PLAIN, ACS_OPERATION_BOOTSTRAP},
	{"Download", FORM_RPC, ACS_OPERATION_TRANSFER},
	{"Upload", FORM_RPC, ACS_OPERATION_TRANSFER},
	{"ScheduleDownload", FORM_RPC, ACS_OPERATION_TRANSFER},
	{"Reboot", FORM_RPC, ACS_OPERATION_BOOT},
	{"FactoryReset", FORM_RPC, ACS_OPERATION_BOOTSTRAP},
	{"ScheduleInform", FORM_RPC, ACS_OPERATION_SCHEDULE},
	{"ChangeDUState", FORM_RPC, ACS_OPERATION_UNITS},
};

#define METHODS (sizeof(methods) / sizeof(methods[0]))

static size_t
method_of(const json_t *request)
{
	const char *name = json_string_value(json_object_get(request, "method"));
	size_t i = 0;

	while (i < METHODS && (!name || strcmp(methods[i].method, name) != 0))
		i++;
	return i;
}

/* The text of a table, which outlives the task; NULL: there is no such method. */
static const char *
method_named(const char *name)
{
	enum cwmp_method method = cwmp_method_of(name);

	for (size_t i = 0; i < METHODS; i++)
		if (strcmp(methods[i].method, name) == 0)
			return methods[i].method;
	return method == CWMP_OTHER_METHOD ? NULL : cwmp_method_name(method);
}

static int
wrong(char *fault, size_t size, const char *what)
{
	snprintf(fault, size, "%s", what);
	return SB_EINVAL;
}

static bool
is_text(const json_t *request, const char *name, bool is_needed)
{
	const json_t *value = json_object_get(request, name);

	return value ? json_is_string(value) : !is_needed;
}

static int
check_parameters(const json_t *parameters, char *fault, size_t size)
{
	if (!json_object_size(parameters))
		return wrong(fault, size, "parameters: not an object of names and values");
	return acs_settings_check(parameters, fault, size);
}

static int
check_path(const json_t *request, char *fault, size_t size)
{
	const char *path = acs_json_text(request, "path", "");

	if (!is_text(request, "path", false))
		return wrong(fault, size, "path: not a text");
	if (acs_text_characters(path) > PATH_MOST || !acs_text_is_xml(path))
		return wrong(
			fault, size, "path: over 256 characters, or not one that XML can carry");
	return 0;
}

static int
check_rpc(const json_t *request, char *fault, size_t size)
{
	struct acs_rpc rpc;
	int err = acs_rpc_read(&rpc, request);

	if (err == SB_EINVAL)
		snprintf(fault, size, "%s", rpc.fault);
	acs_rpc_free(&rpc);
	return err;
}

/* As the RPC that it will be, but for a URL that is not known yet. */
static int
check_transfer(const json_t *request, char *fault, size_t size)
{
	const char *method = json_string_value(json_object_get(request, "method"));
	json_t *rpc;
	int err;

	if (!is_text(request, "file", !json_object_get(request, "URL")))
		return wrong(fault, size, "file: not a name, and there is no URL");
	rpc = json_copy((json_t *)(uintptr_t)request);
	if (!rpc)
		return SB_ENOMEM;
	if (json_object_set_new(
		    rpc, "method", json_string(strcmp(method, "upload") ? "Download" : "Upload")))
		err = SB_ENOMEM;
	else
		err = check_rpc(rpc, fault, size);
	json_decref(rpc);
	return err;
}

/* Elements of RPCs begin with a capital letter: what does not is a word of ours. */
static int
check_names(json_t *request, char *fault, size_t size)
{
	static const char *const own[] = {
		[FORM_REFRESH] = "path",
		[FORM_SET] = "parameters",
		[FORM_TRANSFER] = "file",
		[FORM_SCRIPT] = "script",
	};
	size_t method = method_of(request);
	enum form form = method < METHODS ? methods[method].form : FORM_RPC;
	const char *word = form < sizeof(own) / sizeof(own[0]) ? own[form] : NULL, *name;
	json_t *value;

	json_object_foreach(request, name, value)
	{
		if (!islower((unsigned char)*name) || !strcmp(name, "method") ||
			!strcmp(name, "attempts") || !strcmp(name, "expiresIn") ||
			(word && !strcmp(name, word)))
			continue;
		snprintf(fault, size, "%.64s: no such member", name);
		return SB_EINVAL;
	}
	return 0;
}

static int
check(const json_t *request, enum form form, char *fault, size_t size)
{
	switch (form) {
	case FORM_RPC:
		return check_rpc(request, fault, size);
	case FORM_REFRESH:
		return check_path(request, fault, size);
	case FORM_SET:
		return check_parameters(json_object_get(request, "parameters"), fault, size);
	case FORM_SCRIPT:
		return is_text(request, "script", true) ? 0
							: wrong(fault, size, "script: not a name");
	case FORM_TRANSFER:
		return check_transfer(request, fault, size);
	case FORM_PLAIN:
		break;
	}
	return 0;
}

/* ---- a new one ---- */

/* Its own, or the id: the device will say it again. */
static int
key_fill(struct acs_task *task, json_t *request)
{
	const char *given = json_string_value(json_object_get(request, "CommandKey"));
	char id[ACS_ID_SIZE];

	acs_id_print(id, task->id);
	if (task->operation == ACS_OPERATION_NONE)
		return 0;
	if (!given || !*given || strlen(given) >= ACS_KEY_SIZE)
		given = id;
	task->command_key = strdup(given);
	if (!task->command_key)
		return SB_ENOMEM;
	/* FactoryReset has none. */
	if (task->operation == ACS_OPERATION_BOOTSTRAP)
		return 0;
	return json_object_set_new(request, "CommandKey", json_string(task->command_key))
		       ? SB_ENOMEM
		       : 0;
}

static int
options_read(struct acs_task *task, json_t *request, char *fault, size_t size)
{
	json_t *attempts = json_object_get(request, "attempts");
	json_t *expires = json_object_get(request, "expiresIn");

	if (attempts && (!json_is_integer(attempts) || json_integer_value(attempts) < 1 ||
				json_integer_value(attempts) > ATTEMPTS_MOST))
		return wrong(fault, size, "attempts: not a number from 1 to 1000");
	if (expires && (!json_is_integer(expires) || json_integer_value(expires) < 1 ||
			       json_integer_value(expires) > UINT32_MAX))
		return wrong(fault, size, "expiresIn: not a number of seconds");
	task->attempts_most = (uint16_t)json_integer_value(attempts);
	task->expiry_ms = json_integer_value(expires) * 1000;
	return 0;
}

static int
task_fill(struct acs_task *task, json_t *request, char *fault, size_t size)
{
	size_t method = method_of(request);
	enum form form = method < METHODS ? methods[method].form : FORM_RPC;
	int err = options_read(task, request, fault, size);

	task->operation = method < METHODS ? methods[method].operation : ACS_OPERATION_NONE;
	if (!err)
		err = key_fill(task, request);
	if (!err)
		err = check(request, form, fault, size);
	if (err)
		return err;
	task->method = method_named(acs_json_text(request, "method", ""));
	task->request = acs_json_print(request, 0);
	if (!task->request)
		return SB_ENOMEM;
	if (strlen(task->request) <= ACS_REQUEST_MOST)
		return 0;
	snprintf(fault, size, "too long");
	return SB_ELIMIT;
}

int
acs_task_new(struct acs_task **task, uint64_t id, json_t *request, char *fault, size_t size)
{
	struct acs_task *new = calloc(1, sizeof(*new));
	int err;

	if (!new)
		return SB_ENOMEM;
	new->id = id;
	err = json_is_object(request) ? check_names(request, fault, size)
				      : wrong(fault, size, "not an object");
	if (!err)
		err = task_fill(new, request, fault, size);
	if (err) {
		acs_task_free(new);
		return err;
	}
	*task = new;
	return 0;
}

void
acs_task_ending_free(struct acs_task *task)
{
	free(task->ending);
	task->ending = NULL;
	acs_octets_free(&task->packed);
}

void
acs_task_texts_free(struct acs_task *task)
{
	free(task->request);
	task->request = NULL;
	acs_task_ending_free(task);
}

void
acs_task_free(struct acs_task *task)
{
	if (!task)
		return;
	acs_task_texts_free(task);
	free(task->command_key);
	free(task);
}

/* ---- rows ---- */

void
acs_task_head(const struct acs_task *task, uint8_t head[ACS_TASK_HEAD_SIZE])
{
	struct sb_writer w = sb_writer_of(head, ACS_TASK_HEAD_SIZE);
	/* What runs when the process ends is tried again. */
	bool is_running = task->state == ACS_TASK_RUNNING;

	sb_put_u64(&w, task->device->id);
	sb_put_u64(&w, (uint64_t)task->created_ms);
	sb_put_u64(&w, (uint64_t)task->due_ms);
	sb_put_u64(&w, (uint64_t)task->expiry_ms);
	sb_put_u64(&w, (uint64_t)task->ended_ms);
	sb_put_u64(&w, task->preset);
	sb_put_u16(&w, task->attempts);
	sb_put_u8(&w, is_running ? ACS_TASK_QUEUED : (uint8_t)task->state);
}

/* How a body begins: what an ended task was is read at the start without the rest of it. */
#define METHOD_FIRST "{\"method\":"

int
acs_task_body(const struct acs_task *task, struct acs_octets *body)
{
	struct acs_text t = {0};

	acs_text_json(&t, METHOD_FIRST, sb_bytes_text(task->method));
	acs_text_add(&t, ",\"request\":");
	acs_text_add(&t, task->request);
	if (task->ending)
		acs_text_add(&t, task->ending);
	acs_text_add(&t, "}");
	if (task->packed.size) {
		acs_text_octets(&t, sb_bytes("", 1));
		acs_text_octets(&t, sb_bytes(task->packed.data, task->packed.size));
	}
	return acs_text_end(&t, body);
}

struct sb_bytes
acs_task_words(struct sb_bytes body)
{
	const uint8_t *end = body.size ? memchr(body.data, 0, body.size) : NULL;

	return end ? sb_bytes(body.data, (size_t)(end - body.data)) : body;
}

struct sb_bytes
acs_task_packed(struct sb_bytes body)
{
	size_t size = acs_task_words(body).size;

	return size < body.size ? sb_bytes(body.data + size + 1, body.size - size - 1)
				: sb_bytes(NULL, 0);
}

static bool
head_read(struct acs_task *task, const struct sb_store_row *row, uint64_t *device)
{
	struct sb_reader r = sb_reader_of(sb_bytes(row->head, row->head_size));
	uint8_t state;

	*device = sb_get_u64(&r);
	task->created_ms = (int64_t)sb_get_u64(&r);
	task->due_ms = (int64_t)sb_get_u64(&r);
	task->expiry_ms = (int64_t)sb_get_u64(&r);
	task->ended_ms = (int64_t)sb_get_u64(&r);
	task->preset = sb_get_u64(&r);
	task->attempts = sb_get_u16(&r);
	state = sb_get_u8(&r);
	if (state > ACS_TASK_CANCELED || state == ACS_TASK_RUNNING)
		return false;
	task->state = (enum acs_task_state)state;
	return !sb_reader_failed(&r);
}

/* What a live task does is checked again: it may be another version's. */
static int
request_read(struct acs_task *task, const struct sb_store_row *row)
{
	int64_t expiry_ms = task->expiry_ms;
	char fault[128];
	json_t *body;
	int err =
		acs_json_load(&body, acs_task_words(sb_bytes(row->body, row->body_size)), 0, NULL);

	if (!err && !json_is_object(json_object_get(body, "request")))
		err = SB_EINVAL;
	if (!err)
		err = task_fill(task, json_object_get(body, "request"), fault, sizeof(fault));
	json_decref(body);
	task->expiry_ms = expiry_ms;
	return err == SB_EINVAL || err == SB_ELIMIT ? SB_ECORRUPT : err;
}

static const char *
method_read(const struct sb_store_row *row)
{
	struct sb_bytes body = sb_bytes(row->body, row->body_size);
	size_t at = sizeof(METHOD_FIRST), size = 0;
	char name[64];

	if (body.size < at || memcmp(body.data, METHOD_FIRST, at - 1) != 0)
		return NULL;
	while (at + size < body.size && size < sizeof(name) - 1 && body.data[at + size] != '"')
		size++;
	memcpy(name, body.data + at, size);
	name[size] = '\0';
	return method_named(name);
}

int
acs_task_read(const struct sb_store_row *row, struct acs_task **task, uint64_t *device)
{
	struct acs_task *new = calloc(1, sizeof(*new));
	int err = 0;

	if (!new)
		return SB_ENOMEM;
	new->id = row->id;
	if (!head_read(new, row, device))
		err = SB_ECORRUPT;
	else if (acs_task_has_ended(new))
		new->method = method_read(row);
	else
		err = request_read(new, row);
	if (err) {
		acs_task_free(new);
		return err;
	}
	*task = new;
	return 0;
}

/* ---- for people ---- */

void
acs_task_show(struct acs_text *t, const struct acs_task *task, struct sb_bytes body)
{
	struct sb_bytes text = acs_task_words(body);
	char id[ACS_ID_SIZE];

	acs_id_print(id, task->id);
	acs_text_json(t, "{\"id\":", sb_bytes_text(id));
	acs_text_json(t, ",\"device\":", sb_bytes_text(task->device->profile.name));
	acs_text_json(t, ",\"state\":", sb_bytes_text(acs_task_state_name(task->state)));
	acs_text_time(t, ",\"created\":", task->created_ms);
	if (!acs_task_has_ended(task))
		acs_text_time(t, ",\"expires\":", task->expiry_ms);
	if (!acs_task_has_ended(task) && task->due_ms)
		acs_text_time(t, ",\"retry\":", task->due_ms);
	if (task->ended_ms)
		acs_text_time(t, ",\"ended\":", task->ended_ms);
	acs_text_number(t, ",\"attempts\":", task->attempts);
	if (task->preset)
		acs_text_add(t, ",\"byPreset\":true");
	if (text.size > 2) {
		acs_text_add(t, ",");
		acs_text_octets(t, sb_bytes(text.data + 1, text.size - 1));
	} else {
		if (task->method)
			acs_text_json(t, ",\"method\":", sb_bytes_text(task->method));
		acs_text_add(t, "}");
	}
}
