/*
 * What a device shows us, and what we show it: its own credentials, which people have set with the
 * API. Of what it shows only hashes are kept; what we show it, for connection requests, must be
 * kept as it is, for their realm is the device's. A login is made once and never changed: who
 * changes something makes another. Pure but for memory; any thread.
 */
#ifndef ACS_LOGIN_H
#define ACS_LOGIN_H

#include "core/store.h"
#include "protocols/http/auth.h"

#include <jansson.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* What is shown: a name, and the hash of its password. */
struct acs_secret {
	const char *username; /* "": there is none */
	struct http_auth_hash hash;
	uint64_t id; /* random, not 0: which of a device's secrets it is */
};

/* Texts are never NULL. */
struct acs_login_facts {
	uint64_t id; /* of its row */
	const char *device;
	const char *realm; /* that the hashes are of */
	struct acs_secret now;
	struct acs_secret before; /* that `now` takes the place of, until it is used */
	bool is_used;             /* the device has shown `now`: it has nothing but that */
	int64_t changed_ms;       /* Unix: when `now` was set */
	struct acs_request_login {
		const char *username, *password; /* of connection requests; "": none of its own */
		int64_t changed_ms;
	} request;
};

struct acs_login {
	struct acs_login_facts is; /* its texts are behind it */
	size_t size;
	atomic_uint holders;
	char texts[];
};

/* With copies of the texts, and one holder. NULL: no memory. */
struct acs_login *acs_login_new(const struct acs_login_facts *facts);
struct acs_login *acs_login_hold(struct acs_login *login);
/* Takes NULL. */
void acs_login_release(struct acs_login *login);

/* What is known, to be changed and made a login of; of NULL: a device that has nothing. Texts are
 * borrowed. */
struct acs_login_facts acs_login_facts(const struct acs_login *login, const char *device);
/* Whether nothing is left in them. */
bool acs_login_is_empty(const struct acs_login_facts *facts);

/* Another name and password, borrowed. What the device has now goes on to hold beside it, until the
 * new one is used; with `at_once` it does not. `id` is random. 0 or SB_ENOMEM. */
int acs_login_set(struct acs_login_facts *facts, const char *username, const char *realm,
	const char *password, uint64_t id, bool at_once);
/* None. */
void acs_login_unset(struct acs_login_facts *facts);
/* Whether it has shown a secret of its own once: nothing else lets it in. */
bool acs_login_is_bound(const struct acs_login_facts *facts);
/* The device has shown the secret with this id: true if that changes something. */
bool acs_login_use(struct acs_login_facts *facts, uint64_t id);

/* For people: no passwords, and no hashes. NULL: no memory. */
json_t *acs_login_object(const struct acs_login_facts *facts);

/* ---- as a row ---- */

#define ACS_LOGIN_HEAD 9

void acs_login_head(const struct acs_login_facts *facts, uint8_t head[ACS_LOGIN_HEAD]);
/* The row's body, for acs_login_body_free. NULL: no memory. */
char *acs_login_body(const struct acs_login_facts *facts);
void acs_login_body_free(char *body);
/* SB_ECORRUPT, SB_ENOMEM. */
int acs_login_read(const struct sb_store_row *row, struct acs_login **login);

#endif
