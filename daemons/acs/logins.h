/*
 * The credentials of devices that the API has set. One session owns them: what it is told is
 * durable first, then it holds for who comes. All shards read what it has (login_table.h), so
 * nobody who comes waits for anything.
 *
 * A device that has none comes as the listener and the configuration let it. One that has is let in
 * by them until it has once shown its own: from then on it comes with these alone, by whichever
 * listener, or with a certificate that names it.
 */
#ifndef ACS_LOGINS_H
#define ACS_LOGINS_H

#include "core/message.h"
#include "core/store.h"
#include "daemons/acs/config.h"
#include "daemons/acs/keeper.h"
#include "daemons/acs/login_table.h"

struct acs_target;
struct sb_node;
struct sb_session;

/* The owner's name; it has it once all that is stored is there. */
#define ACS_LOGINS_OWNER "acs.logins"

/* What is asked of it, by sb_call with a struct acs_ask whose `device` it is about; it answers with
 * {"device", "acs": {"username", "used", "changed"}, "connectionRequest": {"username", "changed"}}.
 * SB_ENOENT: there is none; SB_ECONFLICT: the username is somebody else's. A text may say more. */
enum acs_login_message {
	ACS_LOGIN_GET = 500,
	ACS_LOGIN_PUT, /* `text`: {"username", "password", "immediately"}: what the device shows */
	ACS_LOGIN_DELETE,      /* that */
	ACS_LOGIN_REQUEST_PUT, /* `text`: {"username", "password"}: what it is shown */
	ACS_LOGIN_REQUEST_DELETE,
	ACS_LOGIN_USED, /* no call: the device has shown the secret with this `id` */
};

/* Zeroed, with what is said here filled in by whoever starts it; outlives the node. */
struct acs_logins {
	const struct acs_credentials *credentials; /* of the configuration */
	struct sb_store *store;
	struct acs_login_table table;
	_Atomic bool has_failed; /* the store could not be read: the node has stopped */
};

/* Starts the owner. 0 or an error. */
int acs_logins_start(struct acs_logins *logins, struct sb_node *node);
/* After the node. Takes zeroed ones. */
void acs_logins_fini(struct acs_logins *logins);

/* ---- any thread ---- */

/* As struct http_auth wants it; `context` is the struct acs_logins. */
int acs_logins_known(void *context, const char *username, struct http_auth_known *out);
/* The same for names that no device has: by the configuration. */
int acs_logins_password(void *context, const char *username, char *out, size_t size);

/* Who began a session, as cwmp_device and its kin say. */
struct acs_comer {
	const char *device, *username, *certificate;
	uint64_t hash_id;
};

/* Whether who comes may be the device. From a session's callback: the owner may be told. */
bool acs_logins_fit(struct acs_logins *logins, struct sb_session *s, const struct acs_comer *comer);

/* Whether a device has a login of its own for what it shows us. */
bool acs_logins_has(struct acs_logins *logins, const char *device);

/* What a device is shown in connection requests, if it has something of its own. */
void acs_logins_target(struct acs_logins *logins, const char *device, struct acs_target *target);

#endif
