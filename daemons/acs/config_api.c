/* Listeners, and who may use the API. */
#include "daemons/acs/config_parts_internal.h"

#include "core/error.h"
#include "core/network.h"

#include <stdlib.h>
#include <string.h>

/* ---- listeners ---- */

/* Rules let no other word through; a title may be any. */
static int
serves_of(const struct sb_config *file, cfg_t *section, enum acs_serves *out)
{
	const char *word = cfg_getstr(section, "serves");

	if (!word)
		word = cfg_title(section);
	*out = strcmp(word, "api") == 0 ? ACS_SERVES_API : ACS_SERVES_CWMP;
	if (*out == ACS_SERVES_API || strcmp(word, "cwmp") == 0)
		return 0;
	sb_config_error(file, section, NULL, "listener %s needs serves = cwmp or serves = api",
		cfg_title(section));
	return SB_ECONFIG;
}

int
acs_config_listeners(const struct sb_config *file, struct acs_config *out)
{
	cfg_t *root = sb_config_root(file);
	size_t count = cfg_size(root, "listener");
	int err = sb_daemon_listeners(file, &out->listeners);

	if (err)
		return err;
	if (count == 0)
		sb_config_error(file, root, NULL, "no listener");
	out->serves = calloc(count + 1, sizeof(*out->serves));
	if (!out->serves)
		return SB_ENOMEM;
	for (size_t i = 0; i < count; i++)
		serves_of(file, cfg_getnsec(root, "listener", (unsigned)i), &out->serves[i]);
	return 0;
}

/* ---- tokens ---- */

static unsigned
rights_of(cfg_t *section)
{
	unsigned rights = 0;

	for (unsigned i = 0; i < cfg_size(section, "rights"); i++)
		rights |= strcmp(cfg_getnstr(section, "rights", i), "read") == 0 ? ACS_RIGHT_READ
										 : ACS_RIGHT_WRITE;
	return rights;
}

static int
token_fill(const struct sb_config *file, cfg_t *section, struct acs_tokens *tokens)
{
	unsigned before = sb_config_error_count(file);
	char *text;
	bool is_made = true;

	if (acs_config_secret(file, section, "token", &text))
		return SB_ENOMEM;
	if (text && strlen(text) < ACS_TOKEN_MIN)
		sb_config_error(
			file, section, NULL, "a token must have %d octets at least", ACS_TOKEN_MIN);
	else if (text)
		is_made = acs_token_init(&tokens->each[tokens->count++], cfg_title(section),
			rights_of(section), text);
	else if (sb_config_error_count(file) == before)
		sb_config_error(file, section, NULL, "a token needs token or token_file");
	acs_config_secret_free(text);
	return is_made ? 0 : SB_ENOMEM;
}

bool
acs_is_loopback(const char *address)
{
	static const char *const loopback[] = {"127.0.0.0/8", "::1"};
	union sb_socket_address at;
	struct sb_network network;

	if (sb_sockaddr_parse(address, &at) && sb_sockaddr_parse_host(address, 0, &at))
		return false;
	for (size_t i = 0; i < sizeof(loopback) / sizeof(loopback[0]); i++)
		if (sb_network_parse(loopback[i], &network) == 0 &&
			sb_network_contains(&network, &at.any))
			return true;
	return false;
}

/* Whoever reaches the API without a token owns every device. */
static void
check_open(const struct sb_config *file, const struct acs_config *out)
{
	cfg_t *root = sb_config_root(file);

	for (size_t i = 0; i < out->listeners.count; i++) {
		const char *address = out->listeners.each[i].address;

		if (out->serves[i] == ACS_SERVES_API && !acs_is_loopback(address))
			sb_config_error(file, cfg_getnsec(root, "listener", (unsigned)i), "address",
				"address \"%s\": the API needs a token section where others than "
				"this machine reach it",
				address);
	}
}

int
acs_config_api(const struct sb_config *file, struct acs_config *out)
{
	cfg_t *root = sb_config_root(file), *api = cfg_getsec(root, "api");
	size_t count = cfg_size(root, "token");

	out->api.body_bytes = (uint32_t)sb_config_size(api, "max_body", UINT32_MAX);
	out->api.wait_ms = (uint32_t)sb_config_duration(api, "max_wait", UINT32_MAX);
	out->api.page = (uint32_t)cfg_getint(api, "max_page");
	out->api.tokens.each = calloc(count + 1, sizeof(*out->api.tokens.each));
	if (!out->api.tokens.each)
		return SB_ENOMEM;
	for (size_t i = 0; i < count; i++)
		if (token_fill(file, cfg_getnsec(root, "token", (unsigned)i), &out->api.tokens))
			return SB_ENOMEM;
	if (count == 0)
		check_open(file, out);
	return 0;
}
