/* Who devices are: passwords of a list, of everybody, or made of names. */
#include "daemons/acs/config_parts_internal.h"

#include "core/error.h"

#include <stdlib.h>
#include <string.h>

static const struct scheme {
	const char *word;
	enum http_auth_scheme scheme;
} schemes[] = {
	{"none", HTTP_AUTH_NONE},
	{"basic", HTTP_AUTH_BASIC},
	{"digest", HTTP_AUTH_DIGEST},
	{"digest_md5", HTTP_AUTH_DIGEST_MD5},
	{"basic_or_digest", HTTP_AUTH_BASIC_OR_DIGEST},
};

/* Rules let no other word through. */
static enum http_auth_scheme
scheme_of(const char *word)
{
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
		if (strcmp(schemes[i].word, word) == 0)
			return schemes[i].scheme;
	return HTTP_AUTH_NONE;
}

static int
by_username(const void *left, const void *right)
{
	const struct acs_credential *a = left, *b = right;

	return strcmp(a->username, b->username);
}

static int
list_fill(const struct sb_config *file, struct acs_credentials *out, cfg_t *root)
{
	size_t count = cfg_size(root, "credential");

	out->each = calloc(count + 1, sizeof(*out->each));
	if (!out->each)
		return SB_ENOMEM;
	for (size_t i = 0; i < count; i++) {
		cfg_t *section = cfg_getnsec(root, "credential", (unsigned)i);
		struct acs_credential *credential = &out->each[out->count];
		unsigned before = sb_config_error_count(file);

		credential->username = cfg_title(section);
		if (acs_config_secret(file, section, "password", &credential->password))
			return SB_ENOMEM;
		if (credential->password)
			out->count++;
		else if (sb_config_error_count(file) == before)
			sb_config_error(file, section, NULL,
				"a credential needs password or password_file");
	}
	qsort(out->each, out->count, sizeof(*out->each), by_username);
	return 0;
}

static void
check(const struct sb_config *file, const struct acs_credentials *out, cfg_t *devices)
{
	bool has_any = out->count || out->shared.username || out->secret;

	if ((out->shared.username != NULL) != (out->shared.password != NULL))
		sb_config_error(file, devices, NULL, "username and password need each other");
	if (out->secret && strlen(out->secret) < ACS_SECRET_MIN)
		sb_config_error(file, devices, NULL, "secret: must have %d octets at least",
			ACS_SECRET_MIN);
	if (out->scheme != HTTP_AUTH_NONE && !has_any)
		sb_config_error(file, devices, "authentication",
			"authentication without a credential, a username or a secret");
	if (out->scheme == HTTP_AUTH_NONE && has_any)
		sb_config_warning(file, devices, "authentication",
			"there are passwords, and authentication is none");
}

int
acs_config_credentials(const struct sb_config *file, struct acs_config *out)
{
	cfg_t *root = sb_config_root(file), *devices = cfg_getsec(root, "devices");
	struct acs_credentials *credentials = &out->credentials;
	int err;

	credentials->scheme = scheme_of(cfg_getstr(devices, "authentication"));
	credentials->realm = cfg_getstr(devices, "realm");
	credentials->nonce_lifetime_s =
		(uint32_t)(sb_config_duration(devices, "nonce_lifetime", UINT32_MAX) / 1000);
	credentials->must_match = cfg_getbool(devices, "must_match");
	credentials->shared.username = cfg_getstr(devices, "username");
	err = acs_config_secret(file, devices, "password", &credentials->shared.password);
	if (!err)
		err = acs_config_secret(file, devices, "secret", &credentials->secret);
	if (!err)
		err = list_fill(file, credentials, root);
	if (!err)
		check(file, credentials, devices);
	return err;
}

void
acs_config_credentials_free(struct acs_credentials *credentials)
{
	for (size_t i = 0; i < credentials->count; i++)
		acs_config_secret_free(credentials->each[i].password);
	free(credentials->each);
	acs_config_secret_free(credentials->shared.password);
	acs_config_secret_free(credentials->secret);
}
