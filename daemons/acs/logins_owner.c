/* The owner of logins: what is put is durable first, then in the table. */
#include "core/error.h"
#include "core/node.h"
#include "core/registry.h"
#include "core/session.h"
#include "core/supervisor.h"
#include "daemons/acs/json.h"
#include "daemons/acs/json_memory.h"
#include "daemons/acs/kinds.h"
#include "daemons/acs/logins.h"

#include <stdlib.h>
#include <string.h>

#define PAGE     256
#define LOAD_REF 1

/* A change on its way to the store. */
struct change {
	struct change *next;
	uint64_t ref, id;    /* of the commit; of the row */
	struct sb_from from; /* who waits; of ACS_LOGIN_USED nobody */
	uint32_t type;
	struct acs_login *old, *login; /* held; NULL: none */
	struct acs_login_spares *spares;
};

struct owner {
	struct acs_logins *logins;
	struct change *changes;
	uint64_t last_id, last_ref;
	uint64_t other_realms;
	bool is_loaded;
	struct sb_gauge *gauge;
	int64_t shown; /* in it, of ours */
};

static void
show(struct sb_session *s, int64_t more)
{
	struct owner *owner = sb_state(s);

	owner->shown += more;
	sb_gauge_add(owner->gauge, sb_session_shard(s), more);
}

/* ---- answers ---- */

static void
say(struct sb_session *s, struct sb_from from, int status, const char *text)
{
	/* Rather without words than not at all. */
	if (sb_reply(s, from, status, text ? SB_COPY(text, strlen(text)) : SB_NOTHING))
		(void)sb_reply(s, from, status, SB_NOTHING);
}

static void
answer(struct sb_session *s, struct sb_from from, const struct acs_login *login)
{
	unsigned before = acs_json_failures();
	char *text = acs_json_dump(acs_login_object(&login->is), before);

	if (text && sb_reply(s, from, 0, SB_GIVE(text, strlen(text), free)) == 0)
		return;
	free(text);
	say(s, from, SB_ENOMEM, NULL);
}

static void
get(struct sb_session *s, const struct sb_message *m)
{
	struct owner *owner = sb_state(s);
	const struct acs_ask *ask = m->data;
	struct acs_login *login =
		acs_login_find(&owner->logins->table, ACS_LOGIN_DEVICE, ask->device);

	if (login)
		answer(s, sb_message_from(m), login);
	else
		say(s, sb_message_from(m), SB_ENOENT, NULL);
	acs_login_release(login);
}

/* ---- what may be changed ---- */

/* One change of a device at a time; and a name that is on its way is taken. */
static bool
is_changing(const struct owner *owner, const char *device, const char *username)
{
	for (const struct change *c = owner->changes; c; c = c->next)
		if (strcmp((c->login ? c->login : c->old)->is.device, device) == 0 ||
			(c->login && *username && strcmp(c->login->is.now.username, username) == 0))
			return true;
	return false;
}

static bool
is_of_the_configuration(const struct acs_credentials *credentials, const char *username)
{
	if (credentials->shared.username && strcmp(credentials->shared.username, username) == 0)
		return true;
	for (size_t i = 0; i < credentials->count; i++)
		if (strcmp(credentials->each[i].username, username) == 0)
			return true;
	return false;
}

/* Why this name cannot be the device's; NULL: it can. */
static const char *
why_taken(const struct owner *owner, const char *device, const char *username)
{
	struct acs_login *login =
		acs_login_find(&owner->logins->table, ACS_LOGIN_USERNAME, username);
	bool is_of_another = login && strcmp(login->is.device, device) != 0;

	acs_login_release(login);
	if (is_of_another)
		return "username: another device has it";
	if (is_of_the_configuration(owner->logins->credentials, username))
		return "username: the configuration has it";
	return NULL;
}

/* ---- changes ---- */

static int
row_put(struct sb_txn *txn, const struct acs_login_facts *facts)
{
	uint8_t head[ACS_LOGIN_HEAD];
	char *body = acs_login_body(facts);
	int err;

	if (!body)
		return SB_ENOMEM;
	acs_login_head(facts, head);
	err = sb_txn_put(txn, ACS_KIND_LOGIN, facts->id, head, sizeof(head), body, strlen(body));
	acs_login_body_free(body);
	return err;
}

static int
commit(struct sb_session *s, const struct change *change)
{
	const struct owner *owner = sb_state(s);
	struct sb_txn *txn = sb_txn_begin(s, owner->logins->store);
	int err;

	if (!txn)
		return SB_ENOMEM;
	err = change->login ? row_put(txn, &change->login->is)
			    : sb_txn_del(txn, ACS_KIND_LOGIN, change->id);
	if (!err)
		return sb_txn_commit(txn, sb_self(s), change->ref);
	sb_txn_abandon(txn);
	return err;
}

static void
change_free(struct change *change)
{
	acs_login_release(change->old);
	acs_login_release(change->login);
	acs_login_spares_free(change->spares);
	free(change);
}

/* 0, or an error that nobody has heard of yet. `old` is taken in any case. */
static int
change_begin(struct sb_session *s, const struct sb_message *m, struct acs_login *old,
	struct acs_login_facts *facts)
{
	struct owner *owner = sb_state(s);
	struct change *change = calloc(1, sizeof(*change));
	bool is_empty = acs_login_is_empty(facts);
	int err;

	if (!change) {
		acs_login_release(old);
		return SB_ENOMEM;
	}
	facts->id = old ? old->is.id : ++owner->last_id;
	*change = (struct change){.next = owner->changes,
		.ref = ++owner->last_ref,
		.id = facts->id,
		.from = sb_message_from(m),
		.type = m->type,
		.old = old,
		.login = is_empty ? NULL : acs_login_new(facts),
		.spares = acs_login_spares_new()};
	err = (change->login || is_empty) && change->spares ? commit(s, change) : SB_ENOMEM;
	if (err)
		change_free(change);
	else
		owner->changes = change;
	return err;
}

static void
committed(struct sb_session *s, const struct sb_message *m)
{
	struct owner *owner = sb_state(s);
	struct change **at = &owner->changes, *change;
	int err = m->status;

	while (*at && (*at)->ref != m->ref)
		at = &(*at)->next;
	change = *at;
	if (!change)
		return; /* there is room again: who was refused asks again */
	*at = change->next;
	if (!err) {
		acs_login_replace_with(
			&owner->logins->table, change->old, change->login, change->spares);
		change->spares = NULL;
		show(s, !change->old - !change->login);
	} else if (change->login) {
		SB_LOG(s, ERROR, "acs.login_failed", "device", SB_STR(change->login->is.device),
			"error", SB_ERR(err));
	}
	if (err || !change->login || change->type == ACS_LOGIN_DELETE ||
		change->type == ACS_LOGIN_REQUEST_DELETE)
		say(s, change->from, err, NULL);
	else if (change->type != ACS_LOGIN_USED)
		answer(s, change->from, change->login);
	change_free(change);
}

/* ---- what is asked ---- */

static int
put(struct sb_session *s, const json_t *json, struct acs_login_facts *facts, const char **why)
{
	struct owner *owner = sb_state(s);
	const char *username = acs_json_text(json, "username", facts->device);
	const char *password = acs_json_text(json, "password", "");
	uint64_t id;

	if (strlen(username) >= HTTP_AUTH_TEXT_MAX) {
		*why = "username: must be given, for the device's name is too long to be one";
		return SB_EINVAL;
	}
	*why = why_taken(owner, facts->device, username);
	if (*why)
		return SB_ECONFLICT;
	if (is_changing(owner, "", username))
		return SB_FULL;
	sb_random(s, &id, sizeof(id));
	facts->changed_ms = sb_wall_ms(s);
	return acs_login_set(facts, username, owner->logins->credentials->realm, password, id,
		acs_json_boolean(json, "immediately", false));
}

/* The change that is asked for, in `facts`: 0; errors with why, or NULL. */
static int
apply(struct sb_session *s, const struct sb_message *m, const json_t *json,
	struct acs_login_facts *facts, const char **why)
{
	const struct acs_ask *ask = m->data;

	switch ((enum acs_login_message)m->type) {
	case ACS_LOGIN_PUT:
		return put(s, json, facts, why);
	case ACS_LOGIN_DELETE:
		if (!*facts->now.username)
			return SB_ENOENT;
		acs_login_unset(facts);
		return 0;
	case ACS_LOGIN_REQUEST_PUT:
		facts->request.username = acs_json_text(json, "username", "");
		facts->request.password = acs_json_text(json, "password", "");
		facts->request.changed_ms = sb_wall_ms(s);
		return 0;
	case ACS_LOGIN_REQUEST_DELETE:
		if (!*facts->request.username)
			return SB_ENOENT;
		facts->request.username = facts->request.password = "";
		return 0;
	case ACS_LOGIN_USED:
		return acs_login_use(facts, ask->id) ? 0 : SB_ENOENT;
	case ACS_LOGIN_GET:
		break;
	}
	return SB_ENOTSUP;
}

static void
change(struct sb_session *s, const struct sb_message *m)
{
	struct owner *owner = sb_state(s);
	const struct acs_ask *ask = m->data;
	struct acs_login *old =
		acs_login_find(&owner->logins->table, ACS_LOGIN_DEVICE, ask->device);
	struct acs_login_facts facts = acs_login_facts(old, ask->device);
	const char *why = NULL;
	json_t *json = NULL;
	int err = is_changing(owner, ask->device, "") ? SB_FULL : 0;

	/* Deleting says nothing. */
	if (!err && ask->size &&
		acs_json_load(&json, sb_bytes(ask->text, ask->size), 0, NULL) == SB_ENOMEM)
		err = SB_ENOMEM;
	if (!err)
		err = apply(s, m, json, &facts, &why);

	if (err)
		acs_login_release(old);
	else
		err = change_begin(s, m, old, &facts);
	if (err)
		say(s, sb_message_from(m), err, why);
	json_decref(json);
}

/* ---- the load ---- */

static void
load_failed(struct sb_session *s, int err)
{
	struct owner *owner = sb_state(s);

	SB_LOG(s, ERROR, "acs.logins_failed", "error", SB_ERR(err));
	owner->logins->has_failed = true;
	sb_node_stop(sb_session_node(s));
}

static int
scan(struct sb_session *s)
{
	struct owner *owner = sb_state(s);

	return sb_store_scan(s, owner->logins->store, ACS_KIND_LOGIN, owner->last_id + 1, PAGE,
		sb_self(s), LOAD_REF);
}

/* One that is damaged is left where it is: a person may know what to do with it. */
static int
row_take(struct sb_session *s, const struct sb_store_row *row)
{
	struct owner *owner = sb_state(s);
	struct acs_login_table *table = &owner->logins->table;
	struct acs_login *login, *old;
	int err = acs_login_read(row, &login);

	owner->last_id = row->id;
	if (err == SB_ECORRUPT)
		SB_LOG(s, ERROR, "acs.login_row_damaged", "id", SB_UINT(row->id));
	if (err)
		return err == SB_ECORRUPT ? 0 : err;
	owner->other_realms += *login->is.now.username &&
			       strcmp(login->is.realm, owner->logins->credentials->realm) != 0;
	old = acs_login_find(table, ACS_LOGIN_DEVICE, login->is.device);
	err = acs_login_replace(table, old, login);
	show(s, 1);
	acs_login_release(old);
	acs_login_release(login);
	return err;
}

static int
page_came(struct sb_session *s, const struct sb_message *m)
{
	struct owner *owner = sb_state(s);
	const struct sb_store_rows *rows = m->data;
	int err = m->status;

	for (size_t i = 0; !err && i < rows->count; i++)
		err = row_take(s, &rows->rows[i]);
	if (err)
		return err;
	if (!rows->is_last)
		return scan(s);
	if (owner->other_realms)
		SB_LOG(s, WARNING, "acs.logins_of_other_realms", "count",
			SB_UINT(owner->other_realms), "realm",
			SB_STR(owner->logins->credentials->realm));
	owner->is_loaded = true;
	return sb_register(s, ACS_LOGINS_OWNER);
}

static void
store_answered(struct sb_session *s, const struct sb_message *m)
{
	const struct owner *owner = sb_state(s);
	int err;

	if (owner->is_loaded) {
		committed(s, m);
		return;
	}
	err = page_came(s, m);
	if (err)
		load_failed(s, err);
}

/* ---- the session ---- */

static void
message(struct sb_session *s, struct sb_message *m)
{
	switch (m->type) {
	case SB_MSG_STORE:
		store_answered(s, m);
		return;
	case ACS_LOGIN_GET:
		get(s, m);
		return;
	case ACS_LOGIN_PUT:
	case ACS_LOGIN_DELETE:
	case ACS_LOGIN_REQUEST_PUT:
	case ACS_LOGIN_REQUEST_DELETE:
	case ACS_LOGIN_USED:
		change(s, m);
		return;
	default:
		say(s, sb_message_from(m), SB_ENOTSUP, NULL);
	}
}

static int
start(struct sb_session *s, const void *args)
{
	struct owner *owner = sb_state(s);

	owner->logins = (struct acs_logins *)(uintptr_t)args;
	owner->gauge = sb_metrics_gauge(sb_node_metrics(sb_session_node(s)), "acs_logins",
		"Devices that have credentials of their own.", (const char *)NULL);
	return scan(s);
}

static void
closed(struct sb_session *s, enum sb_end why)
{
	struct owner *owner = sb_state(s);

	(void)why;
	show(s, -owner->shown);
	while (owner->changes) {
		struct change *next = owner->changes->next;

		change_free(owner->changes);
		owner->changes = next;
	}
}

static const struct sb_module owner_module = {
	.abi = SB_MODULE_ABI,
	.name = "acs.logins",
	.state_size = sizeof(struct owner),
	.start = start,
	.message = message,
	.closed = closed,
};

int
acs_logins_start(struct acs_logins *logins, struct sb_node *node)
{
	int err = acs_login_table_init(&logins->table);

	return err ? err
		   : sb_node_start_child(node, &(struct sb_child_spec){.id = "logins",
						       .module = &owner_module,
						       .args = logins,
						       .restart = SB_PERMANENT});
}

void
acs_logins_fini(struct acs_logins *logins)
{
	acs_login_table_fini(&logins->table);
}
