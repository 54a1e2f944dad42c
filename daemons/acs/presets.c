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
#include "daemons/acs/kinds.h"
#include "daemons/acs/preset.h"

#include <stdlib.h>
#include <string.h>

#define PAGE_ROWS 256
#define LOAD_REF  1

struct change;

struct shelf {
	struct acs_keepers *config;
	json_t *by_name; /* name: {"id", "preset"} */
	uint64_t last_id, load_from;
	struct change *changes; /* on their way to the store */
};

/* A change on its way to the store. */
struct change {
	struct change *next;
	struct sb_from from;
	uint32_t type;
	uint64_t id;
	json_t *preset; /* NULL: deleted */
	char name[ACS_NAME_MAX + 1];
};

json_t *
acs_preset_row(const struct sb_store_row *row)
{
	json_t *json = json_loadb(row->body, row->body_size, 0, NULL);
	char fault[128];

	if (json && acs_preset_check(json, fault, sizeof(fault)) == 0)
		return json;
	json_decref(json);
	return NULL;
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
	char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;

	if (!text)
		refuse(s, from, SB_ENOMEM, NULL);
	else if (sb_reply(s, from, 0, SB_GIVE(text, strlen(text), free)))
		free(text);
}

/* ---- keepers ---- */

/* An array; NULL: no memory. */
static json_t *
all(const struct shelf *shelf)
{
	json_t *array = json_array(), *entry;
	const char *name;

	json_object_foreach(shelf->by_name, name, entry)
		json_array_append(array, json_object_get(entry, "preset"));
	return array;
}

static char *
all_text(const struct shelf *shelf)
{
	json_t *array = all(shelf);
	char *text = array ? json_dumps(array, JSON_COMPACT) : NULL;

	json_decref(array);
	return text;
}

static void
publish(struct sb_session *s, const struct shelf *shelf)
{
	char *text = all_text(shelf);
	int err = text ? sb_publish(s, ACS_KEEPERS, ACS_PRESETS_CHANGED, 0, text, strlen(text))
		       : SB_ENOMEM;

	free(text);
	if (err && err != SB_ENOENT)
		SB_LOG(s, ERROR, "acs.presets_refused", "error", SB_ERR(err));
}

/* One that begins, or begins again, while something may have changed. */
static void
keeper_came(struct sb_session *s, const struct shelf *shelf, struct sb_address keeper)
{
	char *text = all_text(shelf);

	if (text)
		(void)sb_post(s, keeper, ACS_PRESETS_CHANGED, 0, SB_GIVE(text, strlen(text), free));
}

/* ---- changes ---- */

static json_t *
entry_of(const struct shelf *shelf, const char *name)
{
	return json_object_get(shelf->by_name, name);
}

/* One change of a name at a time: of two new ones each would be a row. */
static bool
is_changing(const struct shelf *shelf, const char *name)
{
	for (const struct change *c = shelf->changes; c; c = c->next)
		if (strcmp(c->name, name) == 0)
			return true;
	return false;
}

static void
change_take(struct shelf *shelf, struct change *change)
{
	struct change **at = &shelf->changes;

	while (*at && *at != change)
		at = &(*at)->next;
	if (*at)
		*at = change->next;
}

static void
change_free(struct change *change)
{
	json_decref(change->preset);
	free(change);
}

static void
changed(struct sb_session *s, struct shelf *shelf, struct change *change, int status)
{
	json_t *entry;

	change_take(shelf, change);
	if (status) {
		refuse(s, change->from, status, NULL);
	} else if (change->preset) {
		entry = json_pack(
			"{s:I, s:O}", "id", (json_int_t)change->id, "preset", change->preset);
		json_object_set_new(shelf->by_name, change->name, entry);
		answer(s, change->from, change->preset);
		publish(s, shelf);
	} else {
		json_object_del(shelf->by_name, change->name);
		refuse(s, change->from, 0, NULL);
		publish(s, shelf);
	}
	change_free(change);
}

static int
put(struct sb_session *s, struct sb_txn *txn, const struct change *change)
{
	char *text = json_dumps(change->preset, JSON_COMPACT);
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
	err = change->preset ? put(s, txn, change) : sb_txn_del(txn, ACS_KIND_PRESET, change->id);
	if (err) {
		sb_txn_abandon(txn);
		return err;
	}
	return sb_txn_commit(txn, sb_self(s), (uint64_t)(uintptr_t)change);
}

static void
change_begin(struct sb_session *s, struct shelf *shelf, const struct sb_message *m, json_t *preset)
{
	const struct acs_ask *ask = m->data;
	const json_t *entry = entry_of(shelf, ask->device);
	bool is_busy = is_changing(shelf, ask->device);
	struct change *change = is_busy ? NULL : calloc(1, sizeof(*change));
	int err = is_busy ? SB_FULL : SB_ENOMEM;

	if (change) {
		change->from = sb_message_from(m);
		change->preset = json_incref(preset);
		memcpy(change->name, ask->device, sizeof(change->name));
		change->id = entry ? (uint64_t)json_integer_value(json_object_get(entry, "id"))
				   : ++shelf->last_id;
		err = commit(s, shelf, change);
	}
	if (!err) {
		change->next = shelf->changes;
		shelf->changes = change;
		return;
	}
	refuse(s, sb_message_from(m), err, is_busy ? "it is being changed" : NULL);
	if (change)
		change_free(change);
}

static void
ask_put(struct sb_session *s, struct shelf *shelf, const struct sb_message *m)
{
	const struct acs_ask *ask = m->data;
	json_t *preset = json_loadb(ask->text, ask->size, 0, NULL);
	char fault[256] = "not JSON";
	int err = SB_EINVAL;

	if (json_is_object(preset) && *ask->device) {
		json_object_set_new(preset, "name", json_string(ask->device));
		err = acs_preset_check(preset, fault, sizeof(fault));
	}
	if (!err && (ask->size > ACS_PRESET_BYTES ||
			    (!entry_of(shelf, ask->device) &&
				    json_object_size(shelf->by_name) >= ACS_PRESETS_MOST))) {
		err = SB_ELIMIT;
		strcpy(fault, "too long, or too many");
	}
	if (err)
		refuse(s, sb_message_from(m), err, fault);
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
static void
take(struct shelf *shelf, const struct sb_store_row *row)
{
	json_t *preset = acs_preset_row(row);
	const char *name = json_string_value(json_object_get(preset, "name"));

	if (preset)
		json_object_set_new(shelf->by_name, name,
			json_pack("{s:I, s:o}", "id", (json_int_t)row->id, "preset", preset));
	shelf->last_id = row->id;
	shelf->load_from = row->id + 1;
}

static int
loaded(struct sb_session *s)
{
	int err = sb_register(s, ACS_PRESETS);

	return err ? err : sb_registry_watch(s, SB_NAME_TOPIC, ACS_KEEPERS, 0);
}

static void
page_came(struct sb_session *s, struct shelf *shelf, const struct sb_message *m)
{
	const struct sb_store_rows *rows = m->data;
	int err = m->status;

	for (size_t i = 0; !err && i < rows->count; i++)
		take(shelf, &rows->rows[i]);
	if (!err)
		err = rows->is_last ? loaded(s) : page_ask(s, shelf);
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
			keeper_came(s, shelf, event->holder);
		break;
	default:
		refuse(s, sb_message_from(m), SB_ENOTSUP, NULL);
	}
}

static void
shelf_closed(struct sb_session *s, enum sb_end why)
{
	struct shelf *shelf = sb_state(s);

	(void)why;
	while (shelf->changes) {
		struct change *change = shelf->changes;

		shelf->changes = change->next;
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
