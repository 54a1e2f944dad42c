/* The owner of scripts: what is put and deleted is durable first, then loaded. */
#include "core/bytes.h"
#include "core/error.h"
#include "core/node.h"
#include "core/registry.h"
#include "core/supervisor.h"
#include "daemons/acs/json.h"
#include "daemons/acs/json_memory.h"
#include "daemons/acs/kinds.h"
#include "daemons/acs/scripts_internal.h"

#include <stdlib.h>
#include <string.h>

#define PAGE 64

/* ---- answers ---- */

void
acs_scripts_say(struct sb_session *s, struct sb_from from, int status, const char *text)
{
	/* Rather without words than not at all. */
	if (sb_reply(s, from, status, SB_COPY(text, strlen(text) + 1)))
		(void)sb_reply(s, from, status, SB_NOTHING);
}

void
acs_scripts_answer(struct sb_session *s, struct sb_from from, json_t *value)
{
	char *text = value ? acs_json_print(value, 0) : NULL;

	json_decref(value);
	if (text && sb_reply(s, from, 0, SB_GIVE(text, strlen(text), free)) == 0)
		return;
	free(text);
	acs_scripts_say(s, from, SB_ENOMEM, "");
}

/* ---- stored ones ---- */

struct acs_stored_script **
acs_scripts_find(struct acs_scripts_owner *owner, const char *name)
{
	struct acs_stored_script **at = &owner->stored;

	while (*at && ((*at)->is_new || strcmp((*at)->name, name) != 0))
		at = &(*at)->next;
	return at;
}

static struct acs_stored_script **
find_id(struct acs_scripts_owner *owner, uint64_t id)
{
	struct acs_stored_script **at = &owner->stored;

	while (*at && (*at)->id != id)
		at = &(*at)->next;
	return at;
}

static void
stored_free(struct sb_session *s, struct acs_stored_script **at)
{
	struct acs_stored_script *script = *at;

	if (!script)
		return;
	*at = script->next;
	json_decref(script->object);
	sb_release(s, script);
}

/* Takes the object. NULL: no memory; its name is short enough. */
static struct acs_stored_script *
stored_new(struct sb_session *s, uint64_t id, json_t *object)
{
	struct acs_scripts_owner *owner = sb_state(s);
	struct acs_stored_script *script = sb_allocate(s, sizeof(*script));
	const char *name = acs_json_text(object, "name", "");

	if (!script) {
		json_decref(object);
		return NULL;
	}
	*script = (struct acs_stored_script){.next = owner->stored, .id = id, .object = object};
	memcpy(script->name, name, strlen(name) + 1);
	owner->stored = script;
	if (id > owner->last_id)
		owner->last_id = id;
	return script;
}

static bool
is_of_the_configuration(const struct acs_scripts_owner *owner, const char *name)
{
	for (size_t i = 0; i < owner->scripts->text_count; i++)
		if (strcmp(owner->scripts->texts[i].file->name, name) == 0)
			return true;
	return false;
}

/* ---- changes ---- */

static int
row_put(struct sb_session *s, struct sb_txn *txn, const struct acs_stored_script *script)
{
	char *body = acs_json_print(script->object, 0);
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
is_changing(const struct acs_scripts_owner *owner, const char *name)
{
	for (const struct acs_stored_script *script = owner->stored; script; script = script->next)
		if ((script->is_new || script->is_going) && strcmp(script->name, name) == 0)
			return true;
	return false;
}

/* 0, or an error that was answered. */
static int
check(struct sb_session *s, struct sb_from from, const json_t *object)
{
	struct acs_scripts_owner *owner = sb_state(s);
	struct cwmp_script_mistake mistake = {0};
	struct acs_script_place place;
	int err;

	if (is_of_the_configuration(owner, acs_json_text(object, "name", ""))) {
		acs_scripts_say(
			s, from, SB_ECONFLICT, "the configuration has a script of this name");
		return SB_ECONFLICT;
	}
	if (is_changing(owner, acs_json_text(object, "name", ""))) {
		acs_scripts_say(s, from, SB_FULL, "it is being changed");
		return SB_FULL;
	}
	if (acs_script_place_stored(&place, object)) {
		acs_scripts_say(s, from, SB_ENOMEM, "");
		return SB_ENOMEM;
	}
	err = cwmp_script_check(owner->scripts->scripts, &place.source, &mistake);
	free((void *)(uintptr_t)place.events);
	if (err)
		acs_scripts_say(s, from, err, mistake.text);
	return err;
}

static void
put(struct sb_session *s, struct sb_message *m)
{
	struct acs_scripts_owner *owner = sb_state(s);
	struct sb_from from = sb_message_from(m);
	struct acs_stored_script *script, *old;
	struct sb_txn *txn;
	json_t *object;
	int err = acs_json_load(&object, sb_bytes(m->data, m->size), 0, NULL);

	if (err) {
		acs_scripts_say(s, from, err, "");
		return;
	}
	if (check(s, from, object)) {
		json_decref(object);
		return;
	}
	script = stored_new(s, owner->last_id + 1, object);
	if (!script) {
		acs_scripts_say(s, from, SB_ENOMEM, "");
		return;
	}
	script->is_new = true;
	script->from = from;
	txn = sb_txn_begin(s, owner->scripts->store);
	err = txn ? row_put(s, txn, script) : SB_ENOMEM;
	old = *acs_scripts_find(owner, script->name);
	if (!err && old)
		err = sb_txn_del(txn, ACS_KIND_SCRIPT, old->id);
	err = commit(s, txn, err, script->id);
	if (err) {
		stored_free(s, find_id(owner, script->id));
		acs_scripts_say(s, from, err, "");
	}
}

static void
was_put(struct sb_session *s, struct acs_stored_script **at)
{
	struct acs_scripts_owner *owner = sb_state(s);
	struct acs_stored_script *script = *at, **old = acs_scripts_find(owner, script->name);

	if (*old)
		stored_free(s, old);
	script->is_new = false;
	if (acs_scripts_load(s) == 0)
		acs_scripts_answer(s, script->from, json_incref(script->object));
	else
		acs_scripts_say(s, script->from, SB_ENOMEM, "");
}

static void
take_away(struct sb_session *s, struct sb_message *m)
{
	struct acs_scripts_owner *owner = sb_state(s);
	struct sb_from from = sb_message_from(m);
	struct acs_stored_script *script = *acs_scripts_find(owner, m->data);
	struct sb_txn *txn;
	int err;

	if (is_of_the_configuration(owner, m->data)) {
		acs_scripts_say(s, from, SB_ECONFLICT, "it is in the configuration");
		return;
	}
	if (!script || is_changing(owner, script->name)) {
		acs_scripts_say(s, from, script ? SB_FULL : SB_ENOENT, "");
		return;
	}
	txn = sb_txn_begin(s, owner->scripts->store);
	err = txn ? sb_txn_del(txn, ACS_KIND_SCRIPT, script->id) : SB_ENOMEM;
	err = commit(s, txn, err, script->id);
	script->from = from;
	script->is_going = err == 0;
	if (err)
		acs_scripts_say(s, from, err, "");
}

static void
was_taken_away(struct sb_session *s, struct acs_stored_script **at)
{
	struct sb_from from = (*at)->from;

	stored_free(s, at);
	acs_scripts_say(s, from, acs_scripts_load(s) == SB_ENOMEM ? SB_ENOMEM : 0, "");
}

static void
committed(struct sb_session *s, const struct sb_message *m)
{
	struct acs_scripts_owner *owner = sb_state(s);
	struct acs_stored_script **at = find_id(owner, m->ref);

	if (!*at)
		return;
	if (m->status) {
		acs_scripts_say(s, (*at)->from, m->status, "");
		if ((*at)->is_new)
			stored_free(s, at);
		else
			(*at)->is_going = false;
	} else if ((*at)->is_going)
		was_taken_away(s, at);
	else
		was_put(s, at);
}

/* ---- the session ---- */

static void
start_failed(struct sb_session *s, int err)
{
	struct acs_scripts_owner *owner = sb_state(s);

	SB_LOG(s, ERROR, "acs.scripts_failed", "error", SB_ERR(err));
	owner->scripts->has_failed = true;
	sb_node_stop(sb_session_node(s));
}

static int
scan(struct sb_session *s)
{
	struct acs_scripts_owner *owner = sb_state(s);

	return sb_store_scan(
		s, owner->scripts->store, ACS_KIND_SCRIPT, owner->last_id + 1, PAGE, sb_self(s), 1);
}

/* 0; SB_EINVAL: it is damaged; SB_ENOMEM. */
static int
row_take(struct sb_session *s, const struct sb_store_row *row)
{
	json_t *object;
	int err = acs_json_load(&object, sb_bytes(row->body, row->body_size), 0, NULL);

	if (err)
		return err;
	if (strlen(acs_json_text(object, "name", "")) > CWMP_SCRIPT_NAME_MAX) {
		json_decref(object);
		return SB_EINVAL;
	}
	return stored_new(s, row->id, object) ? 0 : SB_ENOMEM;
}

static int
rows_take(struct sb_session *s, const struct sb_store_rows *rows)
{
	struct acs_scripts_owner *owner = sb_state(s);

	for (size_t i = 0; i < rows->count; i++) {
		int err = row_take(s, &rows->rows[i]);

		owner->last_id = rows->rows[i].id;
		if (err == SB_ENOMEM)
			return err;
		if (err)
			SB_LOG(s, ERROR, "acs.script_row_damaged", "id", SB_UINT(owner->last_id));
	}
	return 0;
}

/* A script that cannot be compiled any more (another Lua, a smaller limit) keeps nobody out: the
 * ACS starts, and says so. */
static int
scanned(struct sb_session *s, const struct sb_message *m)
{
	struct acs_scripts_owner *owner = sb_state(s);
	const struct sb_store_rows *rows = m->data;
	int err = m->status ? m->status : rows_take(s, rows);

	if (err)
		return err;
	if (!rows->is_last)
		return scan(s);
	owner->is_loaded = true;
	err = acs_scripts_load(s);
	return err == SB_ENOMEM ? err : sb_register(s, ACS_SCRIPTS_OWNER);
}

static void
message(struct sb_session *s, struct sb_message *m)
{
	struct acs_scripts_owner *owner = sb_state(s);
	int err = 0;

	if (acs_scripts_was_read(s, m))
		return;
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
		acs_scripts_get(s, m);
		break;
	case ACS_SCRIPT_LIST:
		acs_scripts_list(s, m);
		break;
	case ACS_SCRIPT_DELETE:
		take_away(s, m);
		break;
	case ACS_SCRIPT_RELOAD:
		acs_scripts_read_again(s);
		break;
	}
	if (err)
		start_failed(s, err);
}

static int
start(struct sb_session *s, const void *args)
{
	struct acs_scripts_owner *owner = sb_state(s);

	owner->scripts = (struct acs_scripts *)(uintptr_t)args;
	return scan(s);
}

static void
closed(struct sb_session *s, enum sb_end why)
{
	struct acs_scripts_owner *owner = sb_state(s);

	(void)why;
	while (owner->stored)
		stored_free(s, &owner->stored);
}

static const struct sb_module owner_module = {
	.abi = SB_MODULE_ABI,
	.name = "acs.scripts",
	.state_size = sizeof(struct acs_scripts_owner),
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
