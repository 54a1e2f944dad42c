/*
 * What scripts find in `acs`: what is known of their device, and what is to be done with it later.
 * A function that cannot answer at once asks the device's keeper, and its script sleeps meanwhile:
 * so one question of a session is under way at a time.
 */
#include "core/error.h"
#include "core/utf8.h"
#include "daemons/acs/json.h"
#include "daemons/acs/json_memory.h"
#include "daemons/acs/script_json.h"
#include "daemons/acs/service_internal.h"

#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The device waits for its answer meanwhile. */
#define ASK_MS 15000

#define PARAMETERS_MOST 10000
#define WORDS_MOST      256 /* octets of what a keeper says is wrong */

/* ---- answers ---- */

static void
fail(struct cwmp_script *script, int status, const char *words)
{
	const struct cwmp_script_value why = {.kind = CWMP_SCRIPT_TEXT, .as.text = words};

	cwmp_script_answer(script, status, words ? &why : NULL);
}

/* The reply's text says why, or its status alone. */
static void
refused(struct cwmp_script *script, const struct sb_message *m)
{
	char words[WORDS_MOST];
	size_t size = m->size < sizeof(words) ? m->size : sizeof(words) - 1;

	if (size)
		memcpy(words, m->data, size);
	words[size] = '\0';
	fail(script, m->status, size ? words : NULL);
}

static struct cwmp_script_pair
text_pair(const char *key, const char *text)
{
	return (struct cwmp_script_pair){key, {.kind = CWMP_SCRIPT_TEXT, .as.text = text}};
}

static void
answer_map(struct cwmp_script *script, const struct cwmp_script_pair pairs[], size_t count)
{
	struct cwmp_script_value map = {.kind = CWMP_SCRIPT_MAP};

	map.as.map.each = pairs;
	map.as.map.count = count;
	cwmp_script_answer(script, 0, &map);
}

/* ---- questions ---- */

static void
ask(struct cwmp_script *script, enum acs_message type, const char *text,
	acs_library_answered *answered)
{
	struct cwmp_session *c = cwmp_script_session(script);
	struct acs_run *run = acs_run_of(c);
	struct acs_ask *question = acs_ask_new(cwmp_core(c), cwmp_device(c), text);
	int err = SB_ENOMEM;

	if (question) {
		question->limit = PARAMETERS_MOST;
		err = acs_ask_send(
			cwmp_core(c), run->keeper, type, question, ASK_MS, &run->library_call);
	}
	run->library_answered = answered;
	if (err)
		fail(script, err, NULL);
}

/* Eats the JSON; `err`: there is none. */
static void
ask_json(struct cwmp_script *script, enum acs_message type, json_t *json, int err,
	acs_library_answered *answered)
{
	char *text = err ? NULL : acs_json_print(json, 0);

	json_decref(json);
	if (text)
		ask(script, type, text, answered);
	else if (err == SB_EINVAL)
		fail(script, err, "texts have to be UTF-8, numbers finite");
	else
		fail(script, SB_ENOMEM, NULL);
	free(text);
}

void
acs_library_reply(struct cwmp_session *c, const struct sb_message *m)
{
	struct acs_run *run = acs_run_of(c);

	run->library_call = 0;
	/* Nobody waits for it any more. */
	if (!run->script)
		return;
	if (m->status)
		refused(run->script, m);
	else
		run->library_answered(run->script, m);
}

/* ---- acs.tags() and acs.tags{field = true, lab = false}: {field = true, ...} ---- */

static void
tags_answered(struct cwmp_script *script, const struct sb_message *m)
{
	struct cwmp_script_pair pairs[ACS_TAGS_MOST];
	const json_t *listed;
	json_t *json, *each;
	size_t i;

	(void)acs_json_load(&json, sb_bytes(m->data, m->size), 0, NULL);
	listed = json_object_get(json, "tags");
	json_array_foreach(listed, i, each)
	{
		if (i == COUNT(pairs))
			break;
		pairs[i] = (struct cwmp_script_pair){
			json_string_value(each), {.kind = CWMP_SCRIPT_BOOLEAN, .as.boolean = true}};
	}
	if (json)
		answer_map(script, pairs, i);
	else
		fail(script, SB_ENOMEM, NULL);
	json_decref(json);
}

/* Tags to be there, and not to be there. */
static int
tags_sort(const struct cwmp_script_value *changes, json_t *question)
{
	json_t *add = json_object_get(question, "add");
	json_t *remove = json_object_get(question, "remove");

	for (size_t i = 0; i < changes->as.map.count; i++) {
		const struct cwmp_script_pair *pair = &changes->as.map.each[i];
		const struct cwmp_script_value key = text_pair("", pair->key).value;
		json_t *tag;
		int err = acs_script_json(&key, &tag);

		if (err)
			return err;
		if (json_array_append_new(pair->value.as.boolean ? add : remove, tag))
			return SB_ENOMEM;
	}
	return 0;
}

/* An empty table may be either. */
static bool
is_empty(const struct cwmp_script_value *value)
{
	return value->kind == CWMP_SCRIPT_LIST && value->as.list.count == 0;
}

static bool
are_tags(const struct cwmp_script_value *value)
{
	if (value->kind != CWMP_SCRIPT_MAP)
		return false;
	for (size_t i = 0; i < value->as.map.count; i++)
		if (value->as.map.each[i].value.kind != CWMP_SCRIPT_BOOLEAN)
			return false;
	return true;
}

static void
tags(struct cwmp_script *script, const struct cwmp_script_value arguments[], size_t count)
{
	json_t *question = NULL;

	if (count == 0 || is_empty(&arguments[0])) {
		ask(script, ACS_DEVICE_TAGS, "", tags_answered);
	} else if (are_tags(&arguments[0])) {
		question = json_pack("{s:[], s:[]}", "add", "remove");
		ask_json(script, ACS_DEVICE_TAGS, question,
			question ? tags_sort(&arguments[0], question) : SB_ENOMEM, tags_answered);
	} else {
		fail(script, SB_EINVAL, "a table of tags with true or false expected");
	}
}

/* ---- acs.stored(name, ...): as cpe:get, without asking the device ---- */

static struct cwmp_script_value
stored_value(const struct acs_parameter *p, char **at)
{
	struct cwmp_script_value value = {.kind = CWMP_SCRIPT_VALUE};

	value.as.value = (struct cwmp_value){p->type, *at};
	if (p->value.size)
		memcpy(*at, p->value.data, p->value.size);
	(*at)[p->value.size] = '\0';
	*at += p->value.size + 1;
	return value;
}

static size_t
stored_count(struct sb_bytes document, size_t *octets)
{
	struct acs_cursor cursor;
	struct acs_parameter p;
	size_t count = 0;

	*octets = 1;
	for (acs_cursor_init(&cursor, document); acs_cursor_next(&cursor, &p); count++)
		*octets += p.name.size + p.value.size + 2;
	return count;
}

static void
stored_fill(struct sb_bytes document, struct cwmp_script_pair pairs[], char *at)
{
	struct acs_cursor cursor;
	struct acs_parameter p;
	size_t i = 0;

	for (acs_cursor_init(&cursor, document); acs_cursor_next(&cursor, &p); i++) {
		pairs[i].key = at;
		memcpy(at, p.name.data, p.name.size + 1);
		at += p.name.size + 1;
		pairs[i].value = stored_value(&p, &at);
	}
}

static void
stored_answered(struct cwmp_script *script, const struct sb_message *m)
{
	bool is_one = acs_run_of(cwmp_script_session(script))->library_is_one;
	struct sb_bytes document = sb_bytes(m->data, m->size);
	size_t octets, count = stored_count(document, &octets);
	char *memory = malloc(count * sizeof(struct cwmp_script_pair) + octets);
	struct cwmp_script_pair *pairs = (void *)memory;

	if (!memory) {
		fail(script, SB_ENOMEM, NULL);
		return;
	}
	stored_fill(document, pairs, (char *)(pairs + count));
	if (is_one)
		cwmp_script_answer(script, 0, count ? &pairs[0].value : NULL);
	else
		answer_map(script, pairs, count);
	free(memory);
}

static bool
are_texts(const struct cwmp_script_value values[], size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (values[i].kind != CWMP_SCRIPT_TEXT)
			return false;
	return count > 0;
}

static void
stored(struct cwmp_script *script, const struct cwmp_script_value arguments[], size_t count)
{
	struct acs_run *run = acs_run_of(cwmp_script_session(script));
	struct cwmp_script_value names = {.kind = CWMP_SCRIPT_LIST};
	json_t *list = NULL;
	int err;

	names.as.list.each = arguments;
	names.as.list.count = count;
	run->library_is_one = count == 1 && arguments[0].kind == CWMP_SCRIPT_TEXT &&
			      !acs_is_path(arguments[0].as.text);
	if (count == 1 && arguments[0].kind == CWMP_SCRIPT_LIST)
		names = arguments[0];
	if (!are_texts(names.as.list.each, names.as.list.count)) {
		fail(script, SB_EINVAL, "names of parameters expected");
		return;
	}
	err = acs_script_json(&names, &list);
	ask_json(script, ACS_STORED, err ? NULL : json_pack("{s:o}", "names", list), err,
		stored_answered);
}

/* ---- acs.file(name): what cpe:download needs of a file; nil: there is none ---- */

static void
answer_file(struct cwmp_script *script, const json_t *task)
{
	static const char *const texts[] = {"URL", "FileType", "Username", "Password"};
	struct cwmp_script_pair pairs[COUNT(texts) + 1];
	const json_t *size = json_object_get(task, "FileSize");
	size_t count = 0;

	for (size_t i = 0; i < COUNT(texts); i++) {
		const char *text = acs_json_text(task, texts[i], NULL);

		if (text)
			pairs[count++] = text_pair(texts[i], text);
	}
	if (size)
		pairs[count++] = (struct cwmp_script_pair){"FileSize",
			{.kind = CWMP_SCRIPT_INTEGER, .as.integer = json_integer_value(size)}};
	answer_map(script, pairs, count);
}

static void
file(struct cwmp_script *script, const struct cwmp_script_value arguments[], size_t count)
{
	json_t *task = NULL;
	int err = SB_EINVAL;

	if (are_texts(arguments, count) && count == 1 &&
		sb_utf8_valid(sb_bytes_text(arguments[0].as.text))) {
		task = json_pack("{s:s, s:s}", "method", "download", "file", arguments[0].as.text);
		err = task ? acs_download_fill(cwmp_script_session(script), task) : SB_ENOMEM;
	}
	if (!err)
		answer_file(script, task);
	else if (err == SB_ENOENT)
		cwmp_script_answer(script, 0, NULL);
	else
		fail(script, err,
			err == SB_EINVAL ? "the name of a file expected"
					 : acs_download_reason(err));
	json_decref(task);
}

/* ---- acs.task{method = "reboot"}: its id ---- */

static void
task_answered(struct cwmp_script *script, const struct sb_message *m)
{
	struct cwmp_script_value id;
	json_t *json;

	(void)acs_json_load(&json, sb_bytes(m->data, m->size), 0, NULL);
	id = text_pair("", acs_json_text(json, "id", "")).value;
	cwmp_script_answer(script, json ? 0 : SB_ENOMEM, &id);
	json_decref(json);
}

static void
task(struct cwmp_script *script, const struct cwmp_script_value arguments[], size_t count)
{
	json_t *json = NULL;
	int err;

	if (count != 1 || arguments[0].kind != CWMP_SCRIPT_MAP) {
		fail(script, SB_EINVAL, "a task expected: {method = ...}");
		return;
	}
	err = acs_script_json(&arguments[0], &json);
	ask_json(script, ACS_TASK_CREATE, json, err, task_answered);
}

const struct cwmp_script_function acs_library[] = {
	{"file", file},
	{"stored", stored},
	{"tags", tags},
	{"task", task},
};
const size_t acs_library_size = COUNT(acs_library);
