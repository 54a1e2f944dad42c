/*
 * Every option of acs with its default and its rule, then the conversion of those that have
 * no title. Rules judge single values; what must fit together is checked after the
 * conversion.
 */
#include "daemons/acs/config.h"

#include "core/config_core.h"
#include "core/error.h"
#include "core/network.h"
#include "daemons/acs/config_parts_internal.h"

#include <stdlib.h>
#include <string.h>

static cfg_opt_t listener_options[] = {
	SB_CONFIG_LISTENER_OPTIONS,
	CFG_STR("serves", NULL, CFGF_NONE),
	CFG_STR("authentication", NULL, CFGF_NONE),
	CFG_BOOL("must_match", cfg_false, CFGF_NONE),
	CFG_END(),
};

static cfg_opt_t store_options[] = {
	SB_DAEMON_STORE_OPTIONS,
	CFG_END(),
};

static cfg_opt_t cwmp_options[] = {
	CFG_STR("session_timeout", "30s", CFGF_NONE),
	CFG_STR("longest_timeout", "10m", CFGF_NONE),
	CFG_STR("turn_timeout", "25s", CFGF_NONE),
	CFG_STR("max_sessions", "100000", CFGF_NONE),
	CFG_STR("new_sessions_rate", "unlimited", CFGF_NONE),
	CFG_STR("retry_after", "60s", CFGF_NONE),
	CFG_STR("max_message", "16MiB", CFGF_NONE),
	CFG_STR("max_memory", "64MiB", CFGF_NONE),
	CFG_STR("max_at_once", "256MiB", CFGF_NONE),
	CFG_STR("max_value", "1MiB", CFGF_NONE),
	CFG_STR("max_members", "100000", CFGF_NONE),
	CFG_INT("max_depth", 32, CFGF_NONE),
	CFG_BOOL("early_answers", cfg_false, CFGF_NONE),
	CFG_END(),
};

static cfg_opt_t devices_options[] = {
	CFG_STR("authentication", "none", CFGF_NONE),
	CFG_STR("realm", "acs", CFGF_NONE),
	CFG_STR("nonce_lifetime", "5m", CFGF_NONE),
	CFG_STR("username", NULL, CFGF_NONE),
	CFG_STR("password", NULL, CFGF_NONE),
	CFG_STR("password_file", NULL, CFGF_NONE),
	CFG_STR("secret", NULL, CFGF_NONE),
	CFG_STR("secret_file", NULL, CFGF_NONE),
	CFG_BOOL("must_match", cfg_false, CFGF_NONE),
	CFG_STR("max_devices", "1000000", CFGF_NONE),
	CFG_STR("parameters_limit", "16MiB", CFGF_NONE),
	CFG_INT("batch", 256, CFGF_NONE),
	CFG_END(),
};

static cfg_opt_t tasks_options[] = {
	CFG_INT("max", 100, CFGF_NONE),
	CFG_INT("max_results", 20, CFGF_NONE),
	CFG_STR("result_limit", "256KiB", CFGF_NONE),
	CFG_STR("keep", "1d", CFGF_NONE),
	CFG_STR("lifetime", "30d", CFGF_NONE),
	CFG_STR("transfer_lifetime", "1d", CFGF_NONE),
	CFG_INT("attempts", 5, CFGF_NONE),
	CFG_STR("retry", "30s", CFGF_NONE),
	CFG_STR("longest_retry", "1h", CFGF_NONE),
	CFG_END(),
};

static cfg_opt_t credential_options[] = {
	CFG_STR("password", NULL, CFGF_NONE),
	CFG_STR("password_file", NULL, CFGF_NONE),
	CFG_END(),
};

#define KIND_OPTIONS                                                               \
	CFG_STR("manufacturer", NULL, CFGF_NONE), CFG_STR("oui", NULL, CFGF_NONE), \
		CFG_STR("product_class", NULL, CFGF_NONE),                         \
		CFG_STR("software_version", NULL, CFGF_NONE)

static cfg_opt_t quirk_options[] = {
	KIND_OPTIONS,
	CFG_BOOL("xml_declaration", cfg_false, CFGF_NONE),
	CFG_BOOL("boolean_words", cfg_false, CFGF_NONE),
	CFG_INT("batch", 0, CFGF_NONE),
	CFG_END(),
};

static cfg_opt_t script_options[] = {
	KIND_OPTIONS,
	CFG_STR("file", NULL, CFGF_NONE),
	CFG_STR_LIST("events", NULL, CFGF_NONE),
	CFG_END(),
};

static cfg_opt_t scripts_options[] = {
	CFG_STR("instructions_a_resume", "1000000", CFGF_NONE),
	CFG_STR("instructions_a_session", "20000000", CFGF_NONE),
	CFG_STR("cpu_a_resume", "200ms", CFGF_NONE),
	CFG_STR("allocation_a_resume", "32MiB", CFGF_NONE),
	CFG_STR("memory_a_session", "4MiB", CFGF_NONE),
	CFG_STR("memory_a_shard", "64MiB", CFGF_NONE),
	CFG_STR("source_limit", "256KiB", CFGF_NONE),
	CFG_INT("log_lines", 200, CFGF_NONE),
	CFG_END(),
};

static char inform_alone[] = "{inform}"; /* libconfuse wants it writable */

static cfg_opt_t connection_request_options[] = {
	CFG_STR("timeout", "20s", CFGF_NONE),
	CFG_STR("connect_timeout", "5s", CFGF_NONE),
	CFG_INT("at_once", 64, CFGF_NONE),
	CFG_INT("waiting", 1024, CFGF_NONE),
	CFG_INT("device_burst", 3, CFGF_NONE),
	CFG_STR("device_interval", "10s", CFGF_NONE),
	CFG_BOOL("allow_basic", cfg_false, CFGF_NONE),
	CFG_STR_LIST("networks", inform_alone, CFGF_NONE),
	CFG_STR("username", NULL, CFGF_NONE),
	CFG_STR("password", NULL, CFGF_NONE),
	CFG_STR("password_file", NULL, CFGF_NONE),
	CFG_END(),
};

static cfg_opt_t stun_options[] = {
	CFG_STR("address", NULL, CFGF_NONE),
	CFG_STR("public_address", NULL, CFGF_NONE),
	CFG_END(),
};

static cfg_opt_t api_options[] = {
	CFG_STR("max_body", "1MiB", CFGF_NONE),
	CFG_STR("max_wait", "60s", CFGF_NONE),
	CFG_INT("max_page", 1000, CFGF_NONE),
	CFG_END(),
};

/* libconfuse wants it writable. */
static char all_rights[] = "{read, write}";

static cfg_opt_t token_options[] = {
	CFG_STR("token", NULL, CFGF_NONE),
	CFG_STR("token_file", NULL, CFGF_NONE),
	CFG_STR_LIST("rights", all_rights, CFGF_NONE),
	CFG_END(),
};

static cfg_opt_t files_options[] = {
	CFG_STR("limit", "256MiB", CFGF_NONE),
	CFG_STR("total", "16GiB", CFGF_NONE),
	CFG_STR("url", NULL, CFGF_NONE),
	CFG_BOOL("authentication", cfg_false, CFGF_NONE),
	CFG_STR("upload_lifetime", "1d", CFGF_NONE),
	CFG_END(),
};

const cfg_opt_t acs_config_options[] = {
	SB_CONFIG_NODE,
	SB_CONFIG_LOG,
	SB_CONFIG_METRICS,
	CFG_SEC("listener", listener_options, CFGF_MULTI | CFGF_TITLE),
	CFG_SEC("store", store_options, CFGF_NONE),
	CFG_SEC("cwmp", cwmp_options, CFGF_NONE),
	CFG_SEC("devices", devices_options, CFGF_NONE),
	CFG_SEC("credential", credential_options, CFGF_MULTI | CFGF_TITLE),
	CFG_SEC("quirk", quirk_options, CFGF_MULTI | CFGF_TITLE),
	CFG_SEC("scripts", scripts_options, CFGF_NONE),
	CFG_SEC("script", script_options, CFGF_MULTI | CFGF_TITLE),
	CFG_SEC("connection_request", connection_request_options, CFGF_NONE),
	CFG_SEC("stun", stun_options, CFGF_NONE),
	CFG_SEC("api", api_options, CFGF_NONE),
	CFG_SEC("token", token_options, CFGF_MULTI | CFGF_TITLE),
	CFG_SEC("files", files_options, CFGF_NONE),
	CFG_SEC("tasks", tasks_options, CFGF_NONE),
	CFG_END(),
};

static const char *const serves_words[] = {"cwmp", "api", NULL};
static const char *const scheme_words[] = {
	"none", "basic", "digest", "digest_md5", "basic_or_digest", "certificate", NULL};
static const char *const right_words[] = {"read", "write", NULL};

#define TEN_YEARS INT64_C(315360000000) /* ms */

#define KIND_RULES(section)                                                                \
	SB_RULE_TEXT(section ".manufacturer", 1, 64), SB_RULE_TEXT(section ".oui", 1, 64), \
		SB_RULE_TEXT(section ".product_class", 1, 64),                             \
		SB_RULE_TEXT(section ".software_version", 1, 64)

static const struct sb_config_rule rules[] = {
	SB_RULES_LIMITS("listener"),
	SB_RULES_TLS("listener.tls"),
	SB_RULE_WORD("listener.serves", serves_words),
	SB_RULE_WORD("listener.authentication", scheme_words),
	SB_DAEMON_STORE_RULES,
	SB_RULE_DURATION("cwmp.session_timeout", 1000, 3600000),
	SB_RULE_DURATION("cwmp.longest_timeout", 1000, 86400000),
	SB_RULE_DURATION("cwmp.turn_timeout", 1000, 600000),
	SB_RULE_COUNT("cwmp.max_sessions", 1, 100000000),
	SB_RULE_COUNT_OR_UNLIMITED("cwmp.new_sessions_rate", 1, 100000000),
	SB_RULE_DURATION("cwmp.retry_after", 1000, 86400000),
	SB_RULE_SIZE("cwmp.max_message", 32768, 1 << 30),
	SB_RULE_SIZE("cwmp.max_memory", 65536, INT64_C(4) << 30),
	SB_RULE_SIZE("cwmp.max_at_once", 65536, INT64_C(1) << 40),
	SB_RULE_SIZE("cwmp.max_value", 1024, 1 << 30),
	SB_RULE_COUNT("cwmp.max_members", 64, 10000000),
	SB_RULE_INTEGER("cwmp.max_depth", 8, 256),
	SB_RULE_WORD("devices.authentication", scheme_words),
	SB_RULE_TEXT("devices.realm", 1, 128),
	SB_RULE_DURATION("devices.nonce_lifetime", 1000, 86400000),
	SB_RULE_TEXT("devices.username", 1, 256),
	SB_RULE_COUNT("devices.max_devices", 1, 100000000),
	SB_RULE_SIZE("devices.parameters_limit", 65536, 1 << 30),
	SB_RULE_INTEGER("devices.batch", 1, 65535),
	SB_RULE_INTEGER("tasks.max", 1, 100000),
	SB_RULE_INTEGER("tasks.max_results", 1, 100000),
	SB_RULE_SIZE("tasks.result_limit", 1024, 64 << 20),
	SB_RULE_DURATION("tasks.keep", 1000, TEN_YEARS),
	SB_RULE_DURATION("tasks.lifetime", 1000, TEN_YEARS),
	SB_RULE_DURATION("tasks.transfer_lifetime", 1000, TEN_YEARS),
	SB_RULE_INTEGER("tasks.attempts", 1, 65535),
	SB_RULE_DURATION("tasks.retry", 100, 86400000),
	SB_RULE_DURATION("tasks.longest_retry", 100, 604800000),
	KIND_RULES("quirk"),
	SB_RULE_INTEGER("quirk.batch", 0, 100000),
	KIND_RULES("script"),
	SB_RULE_TEXT("script.events", 1, 64),
	SB_RULE_COUNT("scripts.instructions_a_resume", 1000, INT64_C(1000000000)),
	SB_RULE_COUNT("scripts.instructions_a_session", 1000, INT64_C(1000000000000)),
	SB_RULE_DURATION("scripts.cpu_a_resume", 1, 10000),
	SB_RULE_SIZE("scripts.allocation_a_resume", 65536, 1 << 30),
	SB_RULE_SIZE("scripts.memory_a_session", 65536, 1 << 30),
	SB_RULE_SIZE("scripts.memory_a_shard", 1 << 20, INT64_C(16) << 30),
	SB_RULE_SIZE("scripts.source_limit", 1024, 16 << 20),
	SB_RULE_INTEGER("scripts.log_lines", 0, 100000),
	SB_RULE_DURATION("connection_request.timeout", 100, 50000),
	SB_RULE_DURATION("connection_request.connect_timeout", 100, 50000),
	SB_RULE_INTEGER("connection_request.at_once", 1, 65536),
	SB_RULE_INTEGER("connection_request.waiting", 1, 1000000),
	SB_RULE_INTEGER("connection_request.device_burst", 1, 1000),
	SB_RULE_DURATION_OR_UNLIMITED("connection_request.device_interval", 1000, 86400000),
	SB_RULE_TEXT("connection_request.networks", 1, 64),
	SB_RULE_TEXT("connection_request.username", 1, 256),
	SB_RULE_ADDRESS("stun.address"),
	SB_RULE_ADDRESS("stun.public_address"),
	SB_RULE_SIZE("api.max_body", 1024, 64 << 20),
	SB_RULE_DURATION("api.max_wait", 1000, 600000),
	SB_RULE_INTEGER("api.max_page", 1, 1000),
	SB_RULE_WORD("token.rights", right_words),
	SB_RULE_SIZE("files.limit", 1, INT64_C(1) << 36),
	SB_RULE_SIZE("files.total", 1, INT64_C(1) << 44),
	SB_RULE_TEXT("files.url", 8, 200),
	SB_RULE_DURATION("files.upload_lifetime", 1000, INT64_C(31536000000)),
	SB_RULE_END,
};

const struct sb_config_rule *const acs_config_rules[] = {
	sb_config_core_rules, sb_config_metrics_rules, rules, NULL};

/* ---- secrets ---- */

int
acs_config_secret(const struct sb_config *file, cfg_t *section, const char *key, char **out)
{
	char text[ACS_PASSWORD_MAX + 1];
	int err;

	*out = NULL;
	if (sb_config_secret(file, section, key, text, sizeof(text)))
		return 0; /* none, or reported */
	*out = strdup(text);
	err = *out ? 0 : SB_ENOMEM;
	sb_config_forget(text, sizeof(text));
	return err;
}

void
acs_config_secret_free(char *secret)
{
	if (secret)
		sb_config_forget(secret, strlen(secret));
	free(secret);
}

/* ---- sections without a title ---- */

static uint32_t
milliseconds(cfg_t *section, const char *key)
{
	return (uint32_t)sb_config_duration(section, key, UINT32_MAX);
}

static uint32_t
seconds(cfg_t *section, const char *key)
{
	return (uint32_t)((sb_config_duration(section, key, UINT32_MAX) + 999) / 1000);
}

static void
cwmp_fill(struct acs_config *out, cfg_t *cwmp)
{
	uint64_t rate = sb_config_count(cwmp, "new_sessions_rate", UINT32_MAX);

	out->cwmp = (struct cwmp_server_options){
		.session_timeout_ms = milliseconds(cwmp, "session_timeout"),
		.longest_timeout_ms = milliseconds(cwmp, "longest_timeout"),
		.turn_ms = milliseconds(cwmp, "turn_timeout"),
		.max_sessions = (uint32_t)sb_config_count(cwmp, "max_sessions", UINT32_MAX),
		.new_sessions_rate = rate == UINT32_MAX ? 0 : (uint32_t)rate,
		.retry_after_s = seconds(cwmp, "retry_after"),
		.held_bytes = sb_config_size(cwmp, "max_at_once", SIZE_MAX),
		.decode =
			{
				.bytes = sb_config_size(cwmp, "max_message", SIZE_MAX),
				.depth = (uint32_t)cfg_getint(cwmp, "max_depth"),
				.text = sb_config_size(cwmp, "max_value", SIZE_MAX),
				.members =
					(uint32_t)sb_config_count(cwmp, "max_members", UINT32_MAX),
				.memory = sb_config_size(cwmp, "max_memory", SIZE_MAX),
			},
	};
	out->keepers.answers_early = cfg_getbool(cwmp, "early_answers");
}

static void
script_limits_fill(struct acs_config *out, cfg_t *scripts)
{
	out->script_limits = (struct cwmp_script_limits){
		.instructions_a_resume =
			sb_config_count(scripts, "instructions_a_resume", UINT64_MAX),
		.instructions_a_session =
			sb_config_count(scripts, "instructions_a_session", UINT64_MAX),
		.resume_ms = milliseconds(scripts, "cpu_a_resume"),
		.allocation_a_resume = sb_config_size(scripts, "allocation_a_resume", SIZE_MAX),
		.memory_a_session = sb_config_size(scripts, "memory_a_session", SIZE_MAX),
		.memory_a_shard = sb_config_size(scripts, "memory_a_shard", SIZE_MAX),
		.source_bytes = sb_config_size(scripts, "source_limit", SIZE_MAX),
		.log_lines = (uint32_t)cfg_getint(scripts, "log_lines"),
	};
}

static void
keepers_fill(struct acs_config *out, cfg_t *devices, cfg_t *tasks)
{
	struct acs_keepers *keepers = &out->keepers;

	keepers->max_devices = (uint32_t)sb_config_count(devices, "max_devices", UINT32_MAX);
	keepers->document_bytes = (uint32_t)sb_config_size(devices, "parameters_limit", UINT32_MAX);
	keepers->batch = (uint32_t)cfg_getint(devices, "batch");
	keepers->max_tasks = (uint32_t)cfg_getint(tasks, "max");
	keepers->max_results = (uint32_t)cfg_getint(tasks, "max_results");
	keepers->result_bytes = (uint32_t)sb_config_size(tasks, "result_limit", UINT32_MAX);
	keepers->result_ms = sb_config_duration(tasks, "keep", UINT64_MAX);
	keepers->expiry_ms = sb_config_duration(tasks, "lifetime", UINT64_MAX);
	keepers->operation_ms = sb_config_duration(tasks, "transfer_lifetime", UINT64_MAX);
	keepers->attempts = (uint32_t)cfg_getint(tasks, "attempts");
	keepers->retry_ms = milliseconds(tasks, "retry");
	keepers->longest_retry_ms = milliseconds(tasks, "longest_retry");
}

static unsigned
reach_of(const char *word)
{
	if (strcmp(word, "inform") == 0)
		return CWMP_REACH_INFORM;
	if (strcmp(word, "private") == 0)
		return CWMP_REACH_PRIVATE;
	return strcmp(word, "any") == 0 ? CWMP_REACH_ANY : 0;
}

static int
networks_fill(const struct sb_config *file, struct acs_connection_requests *out, cfg_t *section)
{
	size_t count = cfg_size(section, "networks");
	struct cwmp_reach *reach = &out->options.reach;

	reach->networks = out->networks = calloc(count + 1, sizeof(*out->networks));
	if (!out->networks)
		return SB_ENOMEM;
	for (size_t i = 0; i < count; i++) {
		const char *word = cfg_getnstr(section, "networks", (unsigned)i);
		unsigned kind = reach_of(word);

		reach->kinds |= kind;
		if (!kind && sb_network_parse(word, &out->networks[reach->network_count++]))
			sb_config_error(file, section, "networks",
				"networks \"%s\": must be inform, private, any, an IP address, or "
				"a "
				"network as 10.0.0.0/8",
				word);
	}
	return 0;
}

static int
connection_requests_fill(const struct sb_config *file, struct acs_config *out, cfg_t *root)
{
	cfg_t *section = cfg_getsec(root, "connection_request");
	struct acs_connection_requests *requests = &out->connection_requests;

	requests->options = (struct cwmp_requester_options){
		.timeout_ms = milliseconds(section, "timeout"),
		.connect_ms = milliseconds(section, "connect_timeout"),
		.at_once = (uint32_t)cfg_getint(section, "at_once"),
		.waiting = (uint32_t)cfg_getint(section, "waiting"),
		.device_burst = (uint32_t)cfg_getint(section, "device_burst"),
		.device_interval_ms = milliseconds(section, "device_interval"),
		.allow_basic = cfg_getbool(section, "allow_basic"),
	};
	requests->shared.username = cfg_getstr(section, "username");
	requests->stun = cfg_getstr(cfg_getsec(root, "stun"), "address");
	requests->stun_public = cfg_getstr(cfg_getsec(root, "stun"), "public_address");
	if (networks_fill(file, requests, section) ||
		acs_config_secret(file, section, "password", &requests->shared.password))
		return SB_ENOMEM;
	if ((requests->shared.username != NULL) != (requests->shared.password != NULL))
		sb_config_error(file, section, NULL, "username and password need each other");
	return 0;
}

static void
check_url(const struct sb_config *file, cfg_t *files, const char *url)
{
	size_t size = strlen(url);

	if (strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0)
		sb_config_error(
			file, files, "url", "url \"%s\": must begin with http:// or https://", url);
	else if (url[size - 1] == '/')
		sb_config_error(
			file, files, "url", "url \"%s\": without the slash at its end", url);
}

/* Files that ask would be open by a listener that does not. */
static void
check_asking(const struct sb_config *file, const struct acs_config *out, cfg_t *files)
{
	cfg_t *root = sb_config_root(file);

	for (size_t i = 0; i < out->listeners.count; i++)
		if (out->serves[i] == ACS_SERVES_CWMP && !out->policies[i].asks_certificate &&
			out->policies[i].scheme == HTTP_AUTH_NONE)
			sb_config_error(file, files, "authentication",
				"authentication of files: listener %s asks nobody who they are",
				cfg_title(cfg_getnsec(root, "listener", (unsigned)i)));
}

static void
files_fill(const struct sb_config *file, struct acs_config *out, cfg_t *files)
{
	const char *url = cfg_getstr(files, "url");

	out->files = (struct acs_file_options){
		.limit = sb_config_size(files, "limit", UINT64_MAX),
		.total = sb_config_size(files, "total", UINT64_MAX),
		.url = url,
		.is_authenticated = cfg_getbool(files, "authentication"),
		.upload_ms = milliseconds(files, "upload_lifetime"),
	};
	if (url)
		check_url(file, files, url);
	if (out->files.is_authenticated)
		check_asking(file, out, files);
}

/* ---- the whole ---- */

static int
fill(const struct sb_config *file, struct acs_config *out)
{
	cfg_t *root = sb_config_root(file);
	int err = acs_config_listeners(file, out);

	cwmp_fill(out, cfg_getsec(root, "cwmp"));
	script_limits_fill(out, cfg_getsec(root, "scripts"));
	keepers_fill(out, cfg_getsec(root, "devices"), cfg_getsec(root, "tasks"));
	if (!err)
		err = acs_config_credentials(file, out);
	if (!err)
		err = acs_config_api(file, out);
	if (!err)
		err = acs_config_quirks(file, out);
	if (!err)
		err = acs_config_scripts(file, out);
	if (!err)
		err = connection_requests_fill(file, out, root);
	if (!err)
		files_fill(file, out, cfg_getsec(root, "files"));
	return err;
}

int
acs_config_new(const struct sb_config *file, struct acs_config **out)
{
	struct acs_config *made = calloc(1, sizeof(*made));
	unsigned before = sb_config_error_count(file);
	int err;

	if (!made)
		return SB_ENOMEM;
	err = fill(file, made);
	if (!err && sb_config_error_count(file) != before)
		err = SB_ECONFIG;
	if (err) {
		acs_config_free(made);
		return err;
	}
	*out = made;
	return 0;
}

void
acs_config_free(struct acs_config *config)
{
	if (!config)
		return;
	sb_daemon_listeners_fini(&config->listeners);
	free(config->serves);
	free(config->policies);
	acs_config_credentials_free(&config->credentials);
	acs_config_scripts_free(&config->scripts);
	acs_config_secret_free(config->connection_requests.shared.password);
	free(config->connection_requests.networks);
	free(config->quirks.each);
	free(config->api.tokens.each);
	free(config);
}
