/* Who devices are: passwords of a list, of everybody, or made of names; and what each listener
 * asks. */
#include "daemons/acs/config_parts_internal.h"

#include "core/error.h"

#include <stdlib.h>
#include <string.h>

/* TLS has asked already. */
#define CERTIFICATE "certificate"

static const struct scheme {
	const char *word;
	enum http_auth_scheme scheme;
} schemes[] = {
	{"none", HTTP_AUTH_NONE},
	{"basic", HTTP_AUTH_BASIC},
	{"digest", HTTP_AUTH_DIGEST},
	{"digest_md5", HTTP_AUTH_DIGEST_MD5},
	{"basic_or_digest", HTTP_AUTH_BASIC_OR_DIGEST},
	{CERTIFICATE, HTTP_AUTH_NONE},
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
	if ((out->shared.username != NULL) != (out->shared.password != NULL))
		sb_config_error(file, devices, NULL, "username and password need each other");
	if (out->secret && strlen(out->secret) < ACS_SECRET_MIN)
		sb_config_error(file, devices, NULL, "secret: must have %d octets at least",
			ACS_SECRET_MIN);
}

/* ---- listeners ---- */

/* Whether a listener asks devices for a password. */
static bool
asks(const struct acs_config *config)
{
	for (size_t i = 0; i < config->listeners.count; i++)
		if (config->policies[i].scheme != HTTP_AUTH_NONE)
			return true;
	return false;
}

/* Of the listener, else of all. */
static cfg_t *
who_says(cfg_t *section, cfg_t *devices, const char *key)
{
	return sb_config_is_set(section, key) ? section : devices;
}

static void
policy_fill(const struct sb_config *file, cfg_t *section, cfg_t *devices, struct acs_policy *policy)
{
	cfg_t *says = who_says(section, devices, "authentication");
	const char *word = cfg_getstr(says, "authentication");
	const char *verify = cfg_getstr(cfg_getsec(section, "tls"), "verify");

	policy->scheme = scheme_of(word);
	policy->must_match = cfg_getbool(who_says(section, devices, "must_match"), "must_match");
	policy->asks_certificate = strcmp(word, CERTIFICATE) == 0;
	if (policy->asks_certificate && (!verify || strcmp(verify, "required") != 0))
		sb_config_error(file, says, "authentication",
			"authentication = certificate: listener %s needs tls with verify = "
			"required",
			cfg_title(section));
}

static void
check_is_none(const struct sb_config *file, cfg_t *section)
{
	if (sb_config_is_set(section, "authentication") || sb_config_is_set(section, "must_match"))
		sb_config_error(file, section, NULL,
			"authentication, must_match: of listeners of devices; people show tokens");
}

static int
policies_fill(const struct sb_config *file, struct acs_config *out, cfg_t *devices)
{
	cfg_t *root = sb_config_root(file);

	out->policies = calloc(out->listeners.count + 1, sizeof(*out->policies));
	if (!out->policies)
		return SB_ENOMEM;
	for (size_t i = 0; i < out->listeners.count; i++) {
		cfg_t *section = cfg_getnsec(root, "listener", (unsigned)i);

		if (out->serves[i] == ACS_SERVES_CWMP)
			policy_fill(file, section, devices, &out->policies[i]);
		else
			check_is_none(file, section);
	}
	return 0;
}

static void
check_use(const struct sb_config *file, const struct acs_config *out, cfg_t *devices)
{
	const struct acs_credentials *of = &out->credentials;
	bool has_any = of->count || of->shared.username || of->secret;

	if (asks(out) && !has_any)
		sb_config_warning(file, devices, "authentication",
			"authentication without a credential, a username or a secret: only "
			"devices whose credentials the API sets come in");
	if (!asks(out) && has_any)
		sb_config_warning(file, devices, "authentication",
			"there are passwords, and authentication is none");
}

int
acs_config_credentials(const struct sb_config *file, struct acs_config *out)
{
	cfg_t *root = sb_config_root(file), *devices = cfg_getsec(root, "devices");
	struct acs_credentials *credentials = &out->credentials;
	int err;

	credentials->realm = cfg_getstr(devices, "realm");
	credentials->nonce_lifetime_s =
		(uint32_t)(sb_config_duration(devices, "nonce_lifetime", UINT32_MAX) / 1000);
	credentials->shared.username = cfg_getstr(devices, "username");
	err = acs_config_secret(file, devices, "password", &credentials->shared.password);
	if (!err)
		err = acs_config_secret(file, devices, "secret", &credentials->secret);
	if (!err)
		err = list_fill(file, credentials, root);
	if (!err)
		err = policies_fill(file, out, devices);
	if (err)
		return err;
	check(file, credentials, devices);
	check_use(file, out, devices);
	return 0;
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
