#include "daemons/acs/scripts.h"

#include "core/bytes.h"
#include "core/error.h"
#include "core/node.h"
#include "core/registry.h"
#include "core/session.h"
#include "core/supervisor.h"
#include "daemons/acs/json.h"
#include "daemons/acs/kinds.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define PAGE 64

/* A script of the store. */
struct stored {
	struct stored *next;
	uint64_t id;
	json_t *object; /* as it was put */
	bool is_new;    /* waits for the store to be loaded */
	bool is_going;  /* waits for the store to go */
	struct sb_from from;
	char name[CWMP_SCRIPT_NAME_MAX + 1];
};

struct owner {
	struct acs_scripts *scripts;
	struct stored *stored;
	uint64_t last_id;
	bool is_loaded;
};

/* ---- answers ---- */

static void
answer(struct sb_session *s, struct sb_from from, int status, const char *text)
{
	(void)sb_reply(s, from, status, SB_COPY(text, strlen(text) + 1));
}

static void
answer_json(struct sb_session *s, struct sb_from from, json_t *value)
{
	char *text = value ? json_dumps(value, JSON_COMPACT) : NULL;

	json_decref(value);
	if (!text)
		answer(s, from, SB_ENOMEM, "");
	else if (sb_reply(s, from, 0, SB_GIVE(text, strlen(text), free)))
		free(text);
}

/* ---- the set ---- */

/* A script among others: those of the configuration have the position 0. */
struct place {
	int64_t position;
	struct cwmp_script_source source;
	const char *const *events; /* allocated with the set; NULL: of the configuration */
};

static int
by_place(const void *left, const void *right)
{
	const struct place *a = left, *b = right;

	if (a->position != b->position)
		return a->position < b->position ? -1 : 1;
	return strcmp(a->source.name, b->source.name);
}

static int
place_stored(struct place *place, const json_t *object)
{
	const json_t *filter = json_object_get(object, "filter");
	const json_t *events = json_object_get(filter, "events");
	size_t count = json_array_size(events);
	const char **texts = calloc(count + 1, sizeof(*texts));
	const char *source = acs_json_text(object, "source", "");

	if (!texts)
		return SB_ENOMEM;
	for (size_t i = 0; i < count; i++)
		texts[i] = json_string_value(json_array_get(events, i));
	*place = (struct place){
		.position = acs_json_integer(object, "position", 0),
		.events = texts,
		.source = {.name = acs_json_text(object, "name", ""),
			.text = source,
			.size = strlen(source),
			.filter = {.manufacturer = acs_json_text(filter, "manufacturer", NULL),
				.oui = acs_json_text(filter, "oui", NULL),
				.product_class = acs_json_text(filter, "productClass", NULL),
				.version = acs_json_text(filter, "softwareVersion", NULL),
				.events = texts,
				.event_count = count}},
	};
	return 0;
}

static void
places_free(struct place *places, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free((void *)(uintptr_t)places[i].events);
	free(places);
}

static size_t
stored_count(const struct owner *owner)
{
	size_t count = 0;

	for (const struct stored *script = owner->stored; script; script = script->next)
		count++;
	return count;
}

/* All that hold, in their order. NULL: no memory. */
static struct place *
places_new(const struct owner *owner, size_t *count)
{
	const struct acs_scripts *scripts = owner->scripts;
	struct place *places =
		calloc(scripts->text_count + stored_count(owner) + 1, sizeof(*places));

	*count = 0;
	if (!places)
		return NULL;
	for (size_t i = 0; i < scripts->text_count; i++)
		places[(*count)++].source = (struct cwmp_script_source){
			.name = scripts->texts[i].file->name,
			.text = scripts->texts[i].text,
			.size = scripts->texts[i].size,
			.filter = scripts->texts[i].file->filter,
		};
	for (const struct stored *script = owner->stored; script; script = script->next) {
		if (script->is_new)
			continue;
		if (place_stored(&places[*count], script->object)) {
			places_free(places, *count);
			return NULL;
		}
		++*count;
	}
	qsort(places, *count, sizeof(*places), by_place);
	return places;
}

static int
load(struct sb_session *s)
{
	struct owner *owner = sb_state(s);
	struct cwmp_script_mistake mistake = {0};
	struct cwmp_script_source *sources;
	size_t count = 0;
	struct place *places = places_new(owner, &count);
	int err = SB_ENOMEM;

	sources = places ? calloc(count + 1, sizeof(*sources)) : NULL;
	for (size_t i = 0; sources && i < count; i++)
		sources[i] = places[i].source;
	if (sources)
		err = cwmp_scripts_load(owner->scripts->scripts, sources, count, &mistake);
	free(sources);
	places_free(places, count);
	if (err)
		SB_LOG(s, ERROR, "acs.scripts_failed", "script", SB_STR(mistake.script), "text",
			SB_STR(mistake.text), "error", SB_ERR(err));
	else
		SB_LOG(s, INFO, "acs.scripts_loaded", "count", SB_UINT(count));
	return err;
}

/* ---- stored ones ---- */

static struct stored **
find(struct owner *owner, const char *name)
{
	struct stored **at = &owner->stored;

	while (*at && ((*at)->is_new || strcmp((*at)->name, name) != 0))
		at = &(*at)->next;
	return at;
}

static struct stored **
find_id(struct owner *owner, uint64_t id)
{
	struct stored **at = &owner->stored;

	while (*at && (*at)->id != id)
		at = &(*at)->next;
	return at;
}

static void
stored_free(struct sb_session *s, struct stored **at)
{
	struct stored *script = *at;

	*at = script->next;
	json_decref(script->object);
	sb_release(s, script);
}

/* Takes the object. NULL: no memory. */
static struct stored *
stored_new(struct sb_session *s, uint64_t id, json_t *object)
{
	struct owner *owner = sb_state(s);
	struct stored *script = object ? sb_allocate(s, sizeof(*script)) : NULL;
	const char *name = acs_json_text(object, "name", "");

	if (!script || strlen(name) > CWMP_SCRIPT_NAME_MAX) {
		json_decref(object);
		sb_release(s, script);
		return NULL;
	}
	*script = (struct stored){.next = owner->stored, .id = id, .object = object};
	memcpy(script->name, name, strlen(name) + 1);
	owner->stored = script;
	if (id > owner->last_id)
		owner->last_id = id;
	return script;
}

static bool
is_of_the_configuration(const struct owner *owner, const char *name)
{
	for (size_t i = 0; i < owner->scripts->text_count; i++)
		if (strcmp(owner->scripts->texts[i].file->name, name) == 0)
			return true;
	return false;
}

/* ---- changes ---- */

static int
row_put(struct sb_session *s, struct sb_txn *txn, const struct stored *script)
{
	char *body = json_dumps(script->object, JSON_COMPACT);
	uint8_t head[8];
	struct sb_writer w = sb_writer_of(head, sizeof(head));
	int err;

	if (!body)
		return SB_ENOMEM;
	sb_put_u64(&w, (uint64_t)sb_wall_ms(s));
	err = sb_txn_put(txn, ACS_KIND_SCRIPT, script->id, head, sizeof(head), body, strlen(body));
	free(body);
	return err;
}

/* Eats the transaction. */
static int
commit(struct sb_session *s, struct sb_txn *txn, int err, uint64_t id)
{
	if (!txn || err) {
		sb_txn_abandon(txn);
		return err ? err : SB_ENOMEM;
	}
	return sb_txn_commit(txn, sb_self(s), id);
}

/* One change of a name at a time. */
static bool
is_changing(const struct owner *owner, const char *name)
{
	for (const struct stored *script = owner->stored; script; script = script->next)
		if ((script->is_new || script->is_going) && strcmp(script->name, name) == 0)
			return true;
	return false;
}

/* 0, or an error that was answered. */
static int
check(struct sb_session *s, struct sb_from from, const json_t *object)
{
	struct owner *owner = sb_state(s);
	struct cwmp_script_mistake mistake = {0};
	struct place place;
	int err;

	if (is_of_the_configuration(owner, acs_json_text(object, "name", ""))) {
		answer(s, from, SB_ECONFLICT, "the configuration has a script of this name");
		return SB_ECONFLICT;
	}
	if (is_changing(owner, acs_json_text(object, "name", ""))) {
		answer(s, from, SB_FULL, "it is being changed");
		return SB_FULL;
	}
	if (place_stored(&place, object)) {
		answer(s, from, SB_ENOMEM, "");
		return SB_ENOMEM;
	}
	err = cwmp_script_check(owner->scripts->scripts, &place.source, &mistake);
	free((void *)(uintptr_t)place.events);
	if (err)
		answer(s, from, err, mistake.text);
	return err;
}

static void
put(struct sb_session *s, struct sb_message *m)
{
	struct owner *owner = sb_state(s);
	struct sb_from from = sb_message_from(m);
	json_t *object = json_loadb(m->data, m->size, 0, NULL);
	struct stored *script, *old;
	struct sb_txn *txn;
	int err;

	if (check(s, from, object)) {
		json_decref(object);
		return;
	}
	script = stored_new(s, owner->last_id + 1, object);
	if (!script) {
		answer(s, from, SB_ENOMEM, "");
		return;
	}
	script->is_new = true;
	script->from = from;
	txn = sb_txn_begin(s, owner->scripts->store);
	err = txn ? row_put(s, txn, script) : SB_ENOMEM;
	old = *find(owner, script->name);
	if (!err && old)
		err = sb_txn_del(txn, ACS_KIND_SCRIPT, old->id);
	err = commit(s, txn, err, script->id);
	if (err) {
		stored_free(s, find_id(owner, script->id));
		answer(s, from, err, "");
	}
}

static void
was_put(struct sb_session *s, struct stored **at)
{
	struct owner *owner = sb_state(s);
	struct stored *script = *at, **old = find(owner, script->name);

	if (*old)
		stored_free(s, old);
	script->is_new = false;
	if (load(s) == 0)
		answer_json(s, script->from, json_incref(script->object));
	else
		answer(s, script->from, SB_ENOMEM, "");
}

static void delete (struct sb_session *s, struct sb_message *m)
{
	struct owner *owner = sb_state(s);
	struct sb_from from = sb_message_from(m);
	struct stored *script = *find(owner, m->data);
	struct sb_txn *txn;
	int err;

	if (is_of_the_configuration(owner, m->data)) {
		answer(s, from, SB_ECONFLICT, "it is in the configuration");
		return;
	}
	if (!script || is_changing(owner, script->name)) {
		answer(s, from, script ? SB_FULL : SB_ENOENT, "");
		return;
	}
	txn = sb_txn_begin(s, owner->scripts->store);
	err = txn ? sb_txn_del(txn, ACS_KIND_SCRIPT, script->id) : SB_ENOMEM;
	err = commit(s, txn, err, script->id);
	script->from = from;
	script->is_going = err == 0;
	if (err)
		answer(s, from, err, "");
}

static void
was_deleted(struct sb_session *s, struct stored **at)
{
	struct sb_from from = (*at)->from;

	stored_free(s, at);
	(void)load(s);
	answer(s, from, 0, "");
}

static void
committed(struct sb_session *s, const struct sb_message *m)
{
	struct owner *owner = sb_state(s);
	struct stored **at = find_id(owner, m->ref);

	if (!*at)
		return;
	if (m->status) {
		answer(s, (*at)->from, m->status, "");
		if ((*at)->is_new)
			stored_free(s, at);
		else
			(*at)->is_going = false;
	} else if ((*at)->is_going)
		was_deleted(s, at);
	else
		was_put(s, at);
}

/* ---- questions ---- */

static json_t *
of_the_configuration(const struct acs_script_text *script, bool has_source)
{
	json_t *filter = json_object(), *events = json_array();
	const struct cwmp_script_filter *of = &script->file->filter;

	for (size_t i = 0; i < of->event_count; i++)
		json_array_append_new(events, json_string(of->events[i]));
	json_object_set_new(filter, "manufacturer", json_string(of->manufacturer));
	json_object_set_new(filter, "oui", json_string(of->oui));
	json_object_set_new(filter, "productClass", json_string(of->product_class));
	json_object_set_new(filter, "softwareVersion", json_string(of->version));
	if (of->event_count)
		json_object_set(filter, "events", events);
	json_decref(events);
	return json_pack("{s:s, s:i, s:o, s:s, s:s*}", "name", script->file->name, "position", 0,
		"filter", filter, "file", script->file->path, "source",
		has_source ? script->text : NULL);
}

/* As it was put; without its source. */
static json_t *
head_of(const json_t *object)
{
	json_t *head = json_copy((json_t *)(uintptr_t)object);

	json_object_del(head, "source");
	return head;
}

static const struct acs_script_text *
text_of(const struct owner *owner, const char *name)
{
	for (size_t i = 0; i < owner->scripts->text_count; i++)
		if (strcmp(owner->scripts->texts[i].file->name, name) == 0)
			return &owner->scripts->texts[i];
	return NULL;
}

static void
get(struct sb_session *s, const struct sb_message *m)
{
	struct owner *owner = sb_state(s);
	const struct acs_script_text *text = text_of(owner, m->data);
	const struct stored *script = *find(owner, m->data);

	if (text)
		answer_json(s, sb_message_from(m), of_the_configuration(text, true));
	else if (script)
		answer_json(s, sb_message_from(m), json_incref(script->object));
	else
		answer(s, sb_message_from(m), SB_ENOENT, "");
}

static void
list(struct sb_session *s, const struct sb_message *m)
{
	struct owner *owner = sb_state(s);
	json_t *array = json_array();
	size_t count = 0;
	struct place *places = places_new(owner, &count);

	for (size_t i = 0; places && i < count; i++) {
		const char *name = places[i].source.name;
		const struct acs_script_text *text = text_of(owner, name);

		json_array_append_new(array, text ? of_the_configuration(text, false)
						  : head_of((*find(owner, name))->object));
	}
	places_free(places, count);
	answer_json(s, sb_message_from(m), places ? json_pack("{s:o}", "scripts", array) : NULL);
}

/* ---- the session ---- */

static void
start_failed(struct sb_session *s, int err)
{
	struct owner *owner = sb_state(s);

	SB_LOG(s, ERROR, "acs.scripts_failed", "error", SB_ERR(err));
	owner->scripts->has_failed = true;
	sb_node_stop(sb_session_node(s));
}

static int
scan(struct sb_session *s)
{
	struct owner *owner = sb_state(s);

	return sb_store_scan(
		s, owner->scripts->store, ACS_KIND_SCRIPT, owner->last_id + 1, PAGE, sb_self(s), 1);
}

static int
rows_take(struct sb_session *s, const struct sb_store_rows *rows)
{
	struct owner *owner = sb_state(s);

	for (size_t i = 0; i < rows->count; i++) {
		const struct sb_store_row *row = &rows->rows[i];

		owner->last_id = row->id;
		if (!stored_new(s, row->id, json_loadb(row->body, row->body_size, 0, NULL)))
			SB_LOG(s, ERROR, "acs.script_row_damaged", "id", SB_UINT(row->id));
	}
	return 0;
}

/* A script that cannot be compiled any more (another Lua, a smaller limit) keeps nobody out: the
 * ACS starts, and says so. */
static int
scanned(struct sb_session *s, const struct sb_message *m)
{
	struct owner *owner = sb_state(s);
	const struct sb_store_rows *rows = m->data;
	int err = m->status ? m->status : rows_take(s, rows);

	if (err)
		return err;
	if (!rows->is_last)
		return scan(s);
	owner->is_loaded = true;
	(void)load(s);
	return sb_register(s, ACS_SCRIPTS_OWNER);
}

static void
message(struct sb_session *s, struct sb_message *m)
{
	struct owner *owner = sb_state(s);
	int err = 0;

	switch (m->type) {
	case SB_MSG_STORE:
		if (owner->is_loaded)
			committed(s, m);
		else
			err = scanned(s, m);
		break;
	case ACS_SCRIPT_PUT:
		put(s, m);
		break;
	case ACS_SCRIPT_GET:
		get(s, m);
		break;
	case ACS_SCRIPT_LIST:
		list(s, m);
		break;
	case ACS_SCRIPT_DELETE:
		delete (s, m);
		break;
	}
	if (err)
		start_failed(s, err);
}

static int
start(struct sb_session *s, const void *args)
{
	struct owner *owner = sb_state(s);

	owner->scripts = (struct acs_scripts *)(uintptr_t)args;
	return scan(s);
}

static void
closed(struct sb_session *s, enum sb_end why)
{
	struct owner *owner = sb_state(s);

	(void)why;
	while (owner->stored)
		stored_free(s, &owner->stored);
}

static const struct sb_module owner_module = {
	.abi = SB_MODULE_ABI,
	.name = "acs.scripts",
	.state_size = sizeof(struct owner),
	.start = start,
	.message = message,
	.closed = closed,
};

int
acs_scripts_start(struct acs_scripts *scripts, struct sb_node *node)
{
	return sb_node_start_child(node, &(struct sb_child_spec){.id = "scripts",
						 .module = &owner_module,
						 .args = scripts,
						 .restart = SB_PERMANENT});
}

void
acs_scripts_fini(struct acs_scripts *scripts)
{
	for (size_t i = 0; i < scripts->text_count; i++)
		free(scripts->texts[i].text);
	free(scripts->texts);
	scripts->texts = NULL;
	scripts->text_count = 0;
}
