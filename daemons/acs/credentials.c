#include "daemons/acs/credentials.h"

#include "core/bytes.h"
#include "core/error.h"
#include "protocols/http/base64.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>

static int
by_username(const void *username, const void *credential)
{
	return strcmp(username, ((const struct acs_credential *)credential)->username);
}

/* Whoever knows the secret can make any device's password with a line of shell: docs/acs.md. */
static int
derive(const char *secret, const char *username, char *out, size_t size)
{
	uint8_t digest[EVP_MAX_MD_SIZE];
	char text[HTTP_BASE64_SIZE(EVP_MAX_MD_SIZE)];
	unsigned digest_size = sizeof(digest);

	if (!HMAC(EVP_sha256(), secret, (int)strlen(secret), (const uint8_t *)username,
		    strlen(username), digest, &digest_size))
		return SB_ENOMEM;
	(void)http_base64_encode(
		HTTP_BASE64_URL, sb_bytes(digest, digest_size), text, sizeof(text));
	if (size <= ACS_DERIVED_SIZE)
		return SB_ELIMIT;
	memcpy(out, text, ACS_DERIVED_SIZE);
	out[ACS_DERIVED_SIZE] = '\0';
	return 0;
}

static int
copy(const char *password, char *out, size_t size)
{
	size_t length = strlen(password);

	if (length >= size)
		return SB_ELIMIT;
	memcpy(out, password, length + 1);
	return 0;
}

/* A name of the list has the list's password alone. */
int
acs_credentials_password(void *context, const char *username, char *out, size_t size)
{
	const struct acs_credentials *credentials = context;
	const struct acs_credential *one = bsearch(username, credentials->each, credentials->count,
		sizeof(credentials->each[0]), by_username);

	if (one)
		return copy(one->password, out, size);
	if (credentials->shared.username && strcmp(credentials->shared.username, username) == 0)
		return copy(credentials->shared.password, out, size);
	if (credentials->secret)
		return derive(credentials->secret, username, out, size);
	return SB_ENOENT;
}

/* The next part of a subject; NULL: that was the last. A comma behind a backslash is a value's. */
static const char *
next_part(const char *at)
{
	while (*at && *at != ',' && *at != '+')
		at += *at == '\\' && at[1] ? 2 : 1;
	return *at ? at + 1 : NULL;
}

bool
acs_subject_names(const char *subject, const char *device)
{
	size_t size = strlen(device);

	for (const char *at = subject; at; at = next_part(at))
		if (strncmp(at, "CN=", 3) == 0 && strncmp(at + 3, device, size) == 0 &&
			strchr(",+", at[3 + size]))
			return true;
	return false;
}

bool
acs_policy_fits(const struct acs_policy *policy, const char *device, const char *username,
	const char *certificate)
{
	if (!policy->must_match)
		return true;
	if (*certificate)
		return acs_subject_names(certificate, device);
	return strcmp(username, device) == 0;
}
