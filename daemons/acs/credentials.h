/*
 * Passwords of devices: from a list, made of the name and a secret, or one for all; and whether
 * who authenticated is the device that it says it is. Any thread.
 */
#ifndef ACS_CREDENTIALS_H
#define ACS_CREDENTIALS_H

#include "daemons/acs/config.h"

#include <stdbool.h>
#include <stddef.h>

/* Characters of a password that is made of a name. */
#define ACS_DERIVED_SIZE 24

/* As struct http_auth wants it; `context` is the struct acs_credentials. */
int acs_credentials_password(void *context, const char *username, char *out, size_t size);

/* Whether a certificate's subject "CN=device,O=..." (RFC 2253) has the device as common name. */
bool acs_subject_names(const char *subject, const char *device);

/* `username` and `certificate` as cwmp_username and cwmp_certificate say. True where nothing has to
 * match. */
bool acs_policy_fits(const struct acs_policy *policy, const char *device, const char *username,
	const char *certificate);

#endif
