#include "daemons/acs/login.h"

#include "core/bytes.h"
#include "core/error.h"
#include "core/text.h"
#include "daemons/acs/json.h"
#include "daemons/acs/keeper.h"
#include "daemons/acs/text_out.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

/* X(text of the facts): all of them. */
#define TEXT_MAP(X)         \
	X(device)           \
	X(realm)            \
	X(now.username)     \
	X(before.username)  \
	X(request.username) \
	X(request.password)

struct acs_login *
acs_login_new(const struct acs_login_facts *facts)
{
	size_t size = sizeof(struct acs_login);
	struct acs_login *login;
	char *at;

#define X(text) size += sb_text_size(facts->text);
	TEXT_MAP(X)
#undef X
	login = malloc(size);
	if (!login)
		return NULL;
	login->is = *facts;
	login->size = size;
	atomic_init(&login->holders, 1);
	at = login->texts;
#define X(text) login->is.text = sb_text_keep(&at, facts->text);
	TEXT_MAP(X)
#undef X
	return login;
}

struct acs_login *
acs_login_hold(struct acs_login *login)
{
	atomic_fetch_add_explicit(&login->holders, 1, memory_order_relaxed);
	return login;
}

void
acs_login_release(struct acs_login *login)
{
	if (!login || atomic_fetch_sub_explicit(&login->holders, 1, memory_order_acq_rel) != 1)
		return;
	OPENSSL_cleanse(login, login->size);
	free(login);
}

/* ---- changes ---- */

static const struct acs_secret no_secret = {.username = ""};

struct acs_login_facts
acs_login_facts(const struct acs_login *login, const char *device)
{
	if (login)
		return login->is;
	return (struct acs_login_facts){
		.device = device,
		.realm = "",
		.now = no_secret,
		.before = no_secret,
		.request = {.username = "", .password = ""},
	};
}

bool
acs_login_is_empty(const struct acs_login_facts *facts)
{
	return !*facts->now.username && !*facts->request.username;
}

int
acs_login_set(struct acs_login_facts *facts, const char *username, const char *realm,
	const char *password, uint64_t id, bool at_once)
{
	struct acs_secret secret = {.username = username, .id = id ? id : 1};

	if (http_auth_hash(username, realm, password, &secret.hash))
		return SB_ENOMEM;
	/* One that was never used does not push out the one that is; and one of another realm,
	 * which no device comes in with, still says that there was one. */
	if (facts->is_used)
		facts->before = facts->now;
	if (at_once)
		facts->before = no_secret;
	facts->now = secret;
	facts->is_used = at_once;
	facts->realm = realm;
	return 0;
}

void
acs_login_unset(struct acs_login_facts *facts)
{
	facts->now = facts->before = no_secret;
	facts->realm = "";
	facts->is_used = false;
}

bool
acs_login_is_bound(const struct acs_login_facts *facts)
{
	return facts->is_used || *facts->before.username;
}

bool
acs_login_use(struct acs_login_facts *facts, uint64_t id)
{
	if (facts->is_used || facts->now.id != id)
		return false;
	facts->before = no_secret;
	facts->is_used = true;
	return true;
}

/* ---- for people ---- */

static void
set_changed(json_t *object, int64_t unix_ms)
{
	char text[ACS_TIME_SIZE];

	acs_time_print(text, unix_ms);
	json_object_set_new(object, "changed", json_string(text));
}

json_t *
acs_login_object(const struct acs_login_facts *facts)
{
	json_t *object = json_pack("{s:s}", "device", facts->device), *part;

	if (*facts->now.username) {
		part = json_pack(
			"{s:s, s:b}", "username", facts->now.username, "used", (int)facts->is_used);
		set_changed(part, facts->changed_ms);
		json_object_set_new(object, "acs", part);
	}
	if (*facts->request.username) {
		part = json_pack("{s:s}", "username", facts->request.username);
		set_changed(part, facts->request.changed_ms);
		json_object_set_new(object, "connectionRequest", part);
	}
	return object;
}
