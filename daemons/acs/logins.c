/* What the table says of who comes, wherever that is asked. */
#include "daemons/acs/logins.h"

#include "core/error.h"
#include "core/registry.h"
#include "core/session.h"
#include "daemons/acs/connect.h"
#include "daemons/acs/credentials.h"

#include <openssl/crypto.h>
#include <string.h>

/* Hashes of another realm fit nothing that can be shown here; they keep others out all the same. */
int
acs_logins_known(void *context, const char *username, struct http_auth_known *out)
{
	struct acs_logins *logins = context;
	struct acs_login *login = acs_login_find(&logins->table, ACS_LOGIN_USERNAME, username);

	*out = (struct http_auth_known){0};
	if (!login)
		return SB_ENOENT;
	for (int i = 0; i < 2; i++) {
		const struct acs_secret *secret = i == 0 ? &login->is.now : &login->is.before;

		if (strcmp(secret->username, username) != 0)
			continue;
		out->each[out->count] = secret->hash;
		out->ids[out->count++] = secret->id;
	}
	acs_login_release(login);
	return 0;
}

int
acs_logins_password(void *context, const char *username, char *out, size_t size)
{
	struct acs_logins *logins = context;

	return acs_credentials_password(
		(void *)(uintptr_t)logins->credentials, username, out, size);
}

static void
tell_used(struct sb_session *s, const struct acs_comer *comer)
{
	struct acs_ask *ask = acs_ask_new(s, comer->device, NULL);
	struct sb_address owner;

	if (ask)
		ask->id = comer->hash_id;
	/* If it does not come to that, the device shows it again. */
	if (!ask || sb_lookup(s, ACS_LOGINS_OWNER, &owner) ||
		sb_post(s, owner, ACS_LOGIN_USED, 0,
			SB_GIVE(ask, sizeof(*ask) + ask->size + 1, sb_payload_free)))
		sb_payload_free(ask);
}

/* Whoever has shown what one device has is no other device. */
static bool
is_of_another(struct acs_logins *logins, const struct acs_comer *comer)
{
	struct acs_login *login = *comer->username ? acs_login_find(&logins->table,
							     ACS_LOGIN_USERNAME, comer->username)
						   : NULL;
	bool is_so = login && strcmp(login->is.device, comer->device) != 0;

	acs_login_release(login);
	return is_so;
}

static bool
has_shown_its_own(const struct acs_login *login, const struct acs_comer *comer)
{
	return comer->hash_id &&
	       (comer->hash_id == login->is.now.id || comer->hash_id == login->is.before.id);
}

bool
acs_logins_fit(struct acs_logins *logins, struct sb_session *s, const struct acs_comer *comer)
{
	struct acs_login *login;
	bool fits = true;

	if (is_of_another(logins, comer))
		return false;
	login = acs_login_find(&logins->table, ACS_LOGIN_DEVICE, comer->device);
	if (login && acs_login_is_bound(&login->is))
		fits = has_shown_its_own(login, comer) ||
		       acs_subject_names(comer->certificate, comer->device);
	if (login && !login->is.is_used && comer->hash_id && comer->hash_id == login->is.now.id)
		tell_used(s, comer);
	acs_login_release(login);
	return fits;
}

bool
acs_logins_has(struct acs_logins *logins, const char *device)
{
	struct acs_login *login = acs_login_find(&logins->table, ACS_LOGIN_DEVICE, device);
	bool has = login && *login->is.now.username;

	acs_login_release(login);
	return has;
}

void
acs_logins_target(struct acs_logins *logins, const char *device, struct acs_target *target)
{
	struct acs_login *login = acs_login_find(&logins->table, ACS_LOGIN_DEVICE, device);

	if (login && *login->is.request.username) {
		acs_target_set(
			target->username, sizeof(target->username), login->is.request.username);
		acs_target_set(
			target->password, sizeof(target->password), login->is.request.password);
	}
	acs_login_release(login);
}
