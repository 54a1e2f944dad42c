/*
 * All of them are in memory, by name; there are few, and they change seldom. Keepers get them
 * whole with each change, and when they join.
 */
#include "daemons/acs/presets.h"

#include "core/error.h"
#include "core/node.h"
#include "core/registry.h"
#include "core/session.h"
#include "core/supervisor.h"
#include "daemons/acs/json_memory.h"
#include "daemons/acs/kinds.h"
#include "daemons/acs/preset.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_ROWS 256
#define LOAD_REF  1

struct shelf {
	struct acs_keepers *config;
	json_t *by_name; /* name: {"id", "preset"}; null: its first one is on its way */
	uint64_t last_id, load_from;
	struct change *changes;
};

/* A change on its way to the store. */
struct change {
	struct change *next;
	struct sb_from from;
	uint64_t id;
	json_t *entry; /* what its name has then; NULL: nothing, it is deleted */
	char name[ACS_NAME_MAX + 1];
};

int
acs_preset_row(const struct sb_store_row *row, json_t **preset)
{
	char fault[128];
	json_t *json;
	int err = acs_json_load(&json, sb_bytes(row->body, row->body_size), 0, NULL);

	if (!err)
		err = acs_preset_check(json, fault, sizeof(fault));
	if (!err) {
		*preset = json;
		return 0;
	}
	json_decref(json);
	return err == SB_ENOMEM ? err : SB_ECORRUPT;
}

/* ---- answers ---- */

static void
refuse(struct sb_session *s, struct sb_from from, int status, const char *words)
{
	(void)sb_reply(s, from, status, words ? SB_COPY(words, strlen(words)) : SB_NOTHING);
}

static void
answer(struct sb_session *s, struct sb_from from, const json_t *json)
{
	char *text = json ? acs_json_print(json, 0) : NULL;

	if (text && sb_reply(s, from, 0, SB_GIVE(text, strlen(text), free)) == 0)
		return;
	free(text);
	refuse(s, from, SB_ENOMEM, NULL);
}

/* ---- keepers ---- */

/* An array; NULL: no memory. */
static json_t *
all(const struct shelf *shelf)
{
	unsigned before = acs_json_failures();
	json_t *array = json_array(), *entry;
	const char *name;

	json_object_foreach(shelf->by_name, name, entry) if (!json_is_null(entry))
		json_array_append(array, json_object_get(entry, "preset"));
	return acs_json_whole(array, before);
}

static char *
all_text(const struct shelf *shelf)
{
	unsigned before = acs_json_failures();

	return acs_json_dump(all(shelf), before);
}

/* Keepers that it does not reach ask for it. */
static void
publish(struct sb_session *s, struct shelf *shelf)
{
	uint64_t version = atomic_fetch_add(&shelf->config->presets_version, 1) + 1;
	char *text = all_text(shelf);

	if (text)
		(void)sb_publish(s, ACS_KEEPERS, ACS_PRESETS_CHANGED, version, text, strlen(text));
	free(text);
}

/* One that begins, or begins again, while something may have changed; or that has missed it. */
static void
tell(struct sb_session *s, const struct shelf *shelf, struct sb_address keeper)
{
	uint64_t version = atomic_load(&shelf->config->presets_version);
	char *text = all_text(shelf);

	if (text &&
		sb_post(s, keeper, ACS_PRESETS_CHANGED, version, SB_GIVE(text, strlen(text), free)))
		free(text);
}

/* ---- changes ---- */

/* NULL: there is none, or none yet. */
static json_t *
entry_of(const struct shelf *shelf, const char *name)
{
	json_t *entry = json_object_get(shelf->by_name, name);

	return json_is_null(entry) ? NULL : entry;
}

/* One change of a name at a time: two first ones would be two rows. */
static bool
is_changing(const struct shelf *shelf, const char *name)
{
	for (const struct change *change = shelf->changes; change; change = change->next)
		if (strcmp(change->name, name) == 0)
			return true;
	return false;
}

static void
change_free(struct change *change)
{
	json_decref(change->entry);
	free(change);
}

/* Nothing of it can fail: the name has its place already. */
static void
change_apply(struct shelf *shelf, const struct change *change)
{
	if (change->entry)
		json_object_set(shelf->by_name, change->name, change->entry);
	else
		json_object_del(shelf->by_name, change->name);
}

/* A name that was to be new has nothing, and goes. */
static void
change_undo(struct shelf *shelf, const struct change *change)
{
	if (!entry_of(shelf, change->name))
		json_object_del(shelf->by_name, change->name);
}

static void
changed(struct sb_session *s, struct shelf *shelf, struct change *change, int status)
{
	struct change **link = &shelf->changes;

	while (*link != change)
		link = &(*link)->next;
	*link = change->next;
	if (status) {
		change_undo(shelf, change);
		refuse(s, change->from, status, NULL);
	} else {
		change_apply(shelf, change);
		publish(s, shelf);
		if (change->entry)
			answer(s, change->from, json_object_get(change->entry, "preset"));
		else
			refuse(s, change->from, 0, NULL);
	}
	change_free(change);
}

static int
put(struct sb_session *s, struct sb_txn *txn, const struct change *change)
{
	char *text = acs_json_print(json_object_get(change->entry, "preset"), 0);
	uint8_t head[8];
	struct sb_writer w = sb_writer_of(head, sizeof(head));
	int err;

	if (!text)
		return SB_ENOMEM;
	sb_put_u64(&w, (uint64_t)sb_wall_ms(s));
	err = sb_txn_put(txn, ACS_KIND_PRESET, change->id, head, sizeof(head), text, strlen(text));
	free(text);
	return err;
}

static int
commit(struct sb_session *s, struct shelf *shelf, struct change *change)
{
	struct sb_txn *txn = sb_txn_begin(s, shelf->config->store);
	int err;

	if (!txn)
		return SB_ENOMEM;
	err = change->entry ? put(s, txn, change) : sb_txn_del(txn, ACS_KIND_PRESET, change->id);
	if (err) {
		sb_txn_abandon(txn);
		return err;
	}
	return sb_txn_commit(txn, sb_self(s), (uint64_t)(uintptr_t)change);
}

/* What has to be done to memory when it is durable is prepared now. */
static int
change_prepare(struct shelf *shelf, struct change *change, json_t *preset)
{
	json_t *old = entry_of(shelf, change->name);

	change->id =
		old ? (uint64_t)json_integer_value(json_object_get(old, "id")) : ++shelf->last_id;
	if (!preset)
		return 0;
	change->entry = json_pack("{s:I, s:O}", "id", (json_int_t)change->id, "preset", preset);
	if (!change->entry)
		return SB_ENOMEM;
	return old || json_object_set_new(shelf->by_name, change->name, json_null()) == 0
		       ? 0
		       : SB_ENOMEM;
}

static void
change_begin(struct sb_session *s, struct shelf *shelf, const struct sb_message *m, json_t *preset)
{
	const struct acs_ask *ask = m->data;
	struct change *change = calloc(1, sizeof(*change));
	int err = SB_ENOMEM;

	if (change) {
		change->from = sb_message_from(m);
		memcpy(change->name, ask->device, sizeof(change->name));
		err = change_prepare(shelf, change, preset);
		if (!err)
			err = commit(s, shelf, change);
		if (err)
			change_undo(shelf, change);
	}
	if (!err) {
		change->next = shelf->changes;
		shelf->changes = change;
		return;
	}
	refuse(s, sb_message_from(m), err, NULL);
	if (change)
		change_free(change);
}

/* 0, or what is wrong, with words perhaps. */
static int
check(const struct shelf *shelf, const struct acs_ask *ask, json_t *preset, char *fault,
	size_t size)
{
	int err;

	if (!json_is_object(preset) || !*ask->device)
		return SB_EINVAL;
	if (json_object_set_new(preset, "name", json_string(ask->device)))
		return SB_ENOMEM;
	err = acs_preset_check(preset, fault, size);
	if (err)
		return err;
	if (ask->size <= ACS_PRESET_BYTES &&
		(entry_of(shelf, ask->device) ||
			json_object_size(shelf->by_name) < ACS_PRESETS_MOST))
		return is_changing(shelf, ask->device) ? SB_FULL : 0;
	snprintf(fault, size, "too long, or too many");
	return SB_ELIMIT;
}

static void
ask_put(struct sb_session *s, struct shelf *shelf, const struct sb_message *m)
{
	const struct acs_ask *ask = m->data;
	char fault[256] = "not JSON";
	json_t *preset;
	int err = acs_json_load(&preset, sb_bytes(ask->text, ask->size), 0, NULL);

	if (!err)
		err = check(shelf, ask, preset, fault, sizeof(fault));
	if (err)
		refuse(s, sb_message_from(m), err,
			err == SB_EINVAL || err == SB_ELIMIT ? fault : NULL);
	else
		change_begin(s, shelf, m, preset);
	json_decref(preset);
}

static void
ask_list(struct sb_session *s, struct shelf *shelf, const struct sb_message *m)
{
	json_t *array = all(shelf), *object = json_pack("{s:o}", "presets", array);

	answer(s, sb_message_from(m), object);
	json_decref(object);
}

static void
ask_one(struct sb_session *s, struct shelf *shelf, const struct sb_message *m)
{
	const struct acs_ask *ask = m->data;
	const json_t *entry = entry_of(shelf, ask->device);

	if (!entry)
		refuse(s, sb_message_from(m), SB_ENOENT, "no such preset");
	else if (m->type == ACS_PRESET)
		answer(s, sb_message_from(m), json_object_get(entry, "preset"));
	else if (is_changing(shelf, ask->device))
		refuse(s, sb_message_from(m), SB_FULL, NULL);
	else
		change_begin(s, shelf, m, NULL);
}

/* ---- the load ---- */

static void
fail(struct sb_session *s, struct shelf *shelf, int error)
{
	SB_LOG(s, ERROR, "acs.load_failed", "error", SB_ERR(error), "kind", SB_STR("preset"), "id",
		SB_UINT(shelf->load_from));
	shelf->config->has_failed = true;
	sb_node_stop(sb_session_node(s));
}

static int
page_ask(struct sb_session *s, struct shelf *shelf)
{
	return sb_store_scan(s, shelf->config->store, ACS_KIND_PRESET, shelf->load_from, PAGE_ROWS,
		sb_self(s), LOAD_REF);
}

/* One that is damaged is said by the first keeper. */
static int
take(struct shelf *shelf, const struct sb_store_row *row)
{
	json_t *preset = NULL;
	int err = acs_preset_row(row, &preset);

	shelf->last_id = row->id;
	shelf->load_from = row->id + 1;
	if (err)
		return err == SB_ECORRUPT ? 0 : err;
	err = json_object_set_new(shelf->by_name,
		json_string_value(json_object_get(preset, "name")),
		json_pack("{s:I, s:O}", "id", (json_int_t)row->id, "preset", preset));
	json_decref(preset);
	return err ? SB_ENOMEM : 0;
}

static int
loaded(struct sb_session *s, struct shelf *shelf)
{
	int err = sb_register(s, ACS_PRESETS);

	if (!err)
		err = sb_registry_watch(s, SB_NAME_TOPIC, ACS_KEEPERS, 0);
	if (!err)
		publish(s, shelf);
	return err;
}

static void
page_came(struct sb_session *s, struct shelf *shelf, const struct sb_message *m)
{
	const struct sb_store_rows *rows = m->data;
	int err = m->status;

	for (size_t i = 0; !err && i < rows->count; i++)
		err = take(shelf, &rows->rows[i]);
	if (!err)
		err = rows->is_last ? loaded(s, shelf) : page_ask(s, shelf);
	if (err)
		fail(s, shelf, err);
}

/* ---- the session ---- */

static int
shelf_begin(struct sb_session *s, const void *args)
{
	struct shelf *shelf = sb_state(s);
	int err;

	shelf->config = *(struct acs_keepers *const *)args;
	shelf->by_name = json_object();
	shelf->load_from = 1;
	if (!shelf->by_name)
		return SB_ENOMEM;
	err = page_ask(s, shelf);
	if (err)
		fail(s, shelf, err);
	return 0;
}

static void
store_answered(struct sb_session *s, struct shelf *shelf, const struct sb_message *m)
{
	if (m->ref == LOAD_REF)
		page_came(s, shelf, m);
	else if (m->ref)
		changed(s, shelf, (struct change *)(uintptr_t)m->ref, m->status);
}

static void
shelf_message(struct sb_session *s, struct sb_message *m)
{
	const struct sb_name_event *event = m->data;
	struct shelf *shelf = sb_state(s);

	switch (m->type) {
	case ACS_PRESET_PUT:
		ask_put(s, shelf, m);
		break;
	case ACS_PRESET:
	case ACS_PRESET_DELETE:
		ask_one(s, shelf, m);
		break;
	case ACS_PRESET_LIST:
		ask_list(s, shelf, m);
		break;
	case SB_MSG_STORE:
		store_answered(s, shelf, m);
		break;
	case SB_MSG_NAME:
		if (event->is_held)
			tell(s, shelf, event->holder);
		break;
	case ACS_PRESETS_WANTED:
		tell(s, shelf, m->sender);
		break;
	default:
		refuse(s, sb_message_from(m), SB_ENOTSUP, NULL);
	}
}

static void
shelf_closed(struct sb_session *s, enum sb_end why)
{
	struct shelf *shelf = sb_state(s);

	struct change *next;

	(void)why;
	for (struct change *change = shelf->changes; change; change = next) {
		next = change->next;
		change_free(change);
	}
	json_decref(shelf->by_name);
}

static const struct sb_module shelf_module = {
	.abi = SB_MODULE_ABI,
	.name = "acs.presets",
	.state_size = sizeof(struct shelf),
	.start = shelf_begin,
	.message = shelf_message,
	.closed = shelf_closed,
};

int
acs_presets_start(struct acs_keepers *keepers, struct sb_node *node)
{
	return sb_node_start_child(node, &(struct sb_child_spec){
						 .id = "acs.presets",
						 .module = &shelf_module,
						 .args = &keepers,
						 .args_size = sizeof(keepers),
						 .restart = SB_PERMANENT,
						 .shard = 0,
					 });
}
