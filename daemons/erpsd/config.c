/*
 * Every option of erpsd with its default and its rule, then the conversion of those
 * that have no title. Rules judge single values; what must fit together is checked
 * after the conversion.
 */
#include "daemons/erpsd/config.h"

#include "core/config_core.h"
#include "core/error.h"
#include "daemons/common/sections.h"
#include "daemons/erpsd/config_parts_internal.h"
#include "daemons/erpsd/kv_row.h"
#include "protocols/erps/version.h"

#include <stdlib.h>
#include <string.h>

static cfg_opt_t rpc_options[] = {
	CFG_STR("identifier", NULL, CFGF_NONE),
	CFG_STR("versions", NULL, CFGF_NONE),
	CFG_STR("max_payload", "1MiB", CFGF_NONE),
	CFG_INT("window", 1024, CFGF_NONE),
	CFG_STR("answer_timeout", "unlimited", CFGF_NONE),
	CFG_STR("drain_timeout", "4s", CFGF_NONE),
	CFG_INT("bad_packets", 100, CFGF_NONE),
	CFG_STR("pacing", "auto", CFGF_NONE),
	CFG_BOOL("safe", cfg_false, CFGF_NONE),
	CFG_STR_LIST("atoms", NULL, CFGF_NONE),
	CFG_END(),
};

static cfg_opt_t term_options[] = {
	CFG_INT("depth", 64, CFGF_NONE),
	CFG_STR("elements", "1000000", CFGF_NONE),
	CFG_INT("atom", 255, CFGF_NONE),
	CFG_STR("integer", "1KiB", CFGF_NONE),
	CFG_STR("inflated", "4MiB", CFGF_NONE),
	CFG_BOOL("trailing", cfg_false, CFGF_NONE),
	CFG_END(),
};

static cfg_opt_t store_options[] = {
	SB_DAEMON_STORE_OPTIONS,
	CFG_END(),
};

static cfg_opt_t kv_options[] = {
	CFG_STR("max_keys", "1000000", CFGF_NONE),
	CFG_STR("max_size", "256MiB", CFGF_NONE),
	CFG_STR("max_key", "255", CFGF_NONE),
	CFG_STR("max_value", "64KiB", CFGF_NONE),
	CFG_END(),
};

static cfg_opt_t service_options[] = {
	CFG_STR("module", NULL, CFGF_NONE),
	CFG_STR_LIST("options", NULL, CFGF_NONE),
	CFG_END(),
};

/* libconfuse wants it writable. */
static char any_method[] = "{\"*\"}";

static cfg_opt_t access_options[] = {
	CFG_STR_LIST("methods", any_method, CFGF_NONE),
	CFG_STR("subject", "*", CFGF_NONE),
	CFG_STR_LIST("networks", NULL, CFGF_NONE),
	CFG_BOOL("allow", cfg_true, CFGF_NONE),
	CFG_END(),
};

static cfg_opt_t secret_options[] = {
	CFG_STR("secret", NULL, CFGF_NONE),
	CFG_STR("secret_file", NULL, CFGF_NONE),
	CFG_END(),
};

const cfg_opt_t erpsd_config_options[] = {
	SB_CONFIG_NODE,
	SB_CONFIG_LOG,
	SB_CONFIG_METRICS,
	SB_CONFIG_LISTENER,
	CFG_SEC("rpc", rpc_options, CFGF_NONE),
	CFG_SEC("terms", term_options, CFGF_NONE),
	CFG_SEC("store", store_options, CFGF_NONE),
	CFG_SEC("kv", kv_options, CFGF_NONE),
	CFG_SEC("service", service_options, CFGF_MULTI | CFGF_TITLE),
	CFG_SEC("access", access_options, CFGF_MULTI | CFGF_TITLE),
	CFG_SEC("secret", secret_options, CFGF_MULTI | CFGF_TITLE),
	CFG_END(),
};

static const char *const pacing_words[] = {"auto", "always", "never", NULL};

static const enum erps_pacing pacings[] = {ERPS_PACING_AUTO, ERPS_PACING_ALWAYS, ERPS_PACING_NEVER};

static const struct sb_config_rule rules[] = {
	SB_RULE_TEXT("rpc.identifier", 0, ERPS_IDENTIFIER_SIZE),
	SB_RULE_SIZE("rpc.max_payload", 1024, 256 << 20),
	SB_RULE_INTEGER("rpc.window", 1, 65536),
	SB_RULE_DEADLINE_OR_UNLIMITED("rpc.answer_timeout"),
	SB_RULE_DEADLINE("rpc.drain_timeout"),
	SB_RULE_INTEGER("rpc.bad_packets", 1, 1000000),
	SB_RULE_WORD("rpc.pacing", pacing_words),
	SB_RULE_TEXT("rpc.atoms", 1, 1020),
	SB_RULE_INTEGER("terms.depth", 1, 256),
	SB_RULE_COUNT("terms.elements", 1, 100000000),
	SB_RULE_INTEGER("terms.atom", 1, 255),
	SB_RULE_SIZE("terms.integer", 8, 1 << 20),
	SB_RULE_SIZE("terms.inflated", 1024, 256 << 20),
	SB_DAEMON_STORE_RULES,
	SB_RULE_COUNT("kv.max_keys", 1, 1000000000),
	SB_RULE_SIZE("kv.max_size", 1, INT64_C(1) << 40),
	SB_RULE_SIZE("kv.max_key", 1, ERPSD_KV_KEY_MAX),
	SB_RULE_SIZE("kv.max_value", 2, 64 << 20),
	SB_RULE_TEXT("service.module", 1, 4000),
	SB_RULE_TEXT("service.options", 1, 4000),
	SB_RULE_TEXT("access.methods", 1, 1020),
	SB_RULE_TEXT("access.subject", 1, 1000),
	SB_RULE_NETWORK("access.networks"),
	SB_RULE_END,
};

const struct sb_config_rule *const erpsd_config_rules[] = {
	sb_config_core_rules, sb_config_metrics_rules, rules, NULL};

/* Rules let no other word through. */
static enum erps_pacing
pacing_of(const char *word)
{
	for (size_t i = 0; pacing_words[i]; i++)
		if (strcmp(pacing_words[i], word) == 0)
			return pacings[i];
	return ERPS_PACING_AUTO;
}

static void
service_fill(struct erps_service_options *out, cfg_t *root)
{
	cfg_t *rpc = cfg_getsec(root, "rpc"), *terms = cfg_getsec(root, "terms");

	*out = (struct erps_service_options){
		.identifier = cfg_getstr(rpc, "identifier"),
		.versions = cfg_getstr(rpc, "versions"),
		.max_payload = (uint32_t)sb_config_size(rpc, "max_payload", UINT32_MAX),
		.window = (uint32_t)cfg_getint(rpc, "window"),
		.answer_ms = (uint32_t)sb_config_duration(rpc, "answer_timeout", SB_UNLIMITED),
		.drain_ms = (uint32_t)sb_config_duration(rpc, "drain_timeout", UINT32_MAX),
		.bad_packets = (uint32_t)cfg_getint(rpc, "bad_packets"),
		.pacing = pacing_of(cfg_getstr(rpc, "pacing")),
		.terms =
			{
				.depth = (uint32_t)cfg_getint(terms, "depth"),
				.elements =
					(uint32_t)sb_config_count(terms, "elements", UINT32_MAX),
				.atom = (uint32_t)cfg_getint(terms, "atom"),
				.integer = (uint32_t)sb_config_size(terms, "integer", UINT32_MAX),
				.inflated = (uint32_t)sb_config_size(terms, "inflated", UINT32_MAX),
				.takes_trailing = cfg_getbool(terms, "trailing"),
			},
	};
}

static struct erpsd_kv_limits
kv_limits_of(cfg_t *root)
{
	cfg_t *kv = cfg_getsec(root, "kv");

	return (struct erpsd_kv_limits){
		.keys = sb_config_count(kv, "max_keys", UINT64_MAX),
		.octets = sb_config_size(kv, "max_size", UINT64_MAX),
		.key = (uint32_t)sb_config_size(kv, "max_key", UINT32_MAX),
		.value = (uint32_t)sb_config_size(kv, "max_value", UINT32_MAX),
	};
}

/* ---- safe mode ---- */

static size_t
list_count(const char *const *names)
{
	size_t count = 0;

	while (names && names[count])
		count++;
	return count;
}

static void
names_append(struct erpsd_config *out, const char *const *names)
{
	for (size_t i = 0; i < list_count(names); i++)
		out->atom_names[out->atoms.count++] = names[i];
}

/* What the file says, what services say, and the three that every Elixir has. */
static int
atoms_fill(struct erpsd_config *out, cfg_t *rpc)
{
	static const char *const always[] = {"true", "false", "nil", NULL};
	size_t count = cfg_size(rpc, "atoms") + list_count(always);

	for (size_t i = 0; i < out->part_count; i++)
		count += list_count(out->parts[i].plugin->methods) +
			 list_count(out->parts[i].plugin->atoms);
	out->atom_names = calloc(count, sizeof(*out->atom_names));
	if (!out->atom_names)
		return SB_ENOMEM;
	names_append(out, always);
	for (unsigned i = 0; i < cfg_size(rpc, "atoms"); i++)
		out->atom_names[out->atoms.count++] = cfg_getnstr(rpc, "atoms", i);
	for (size_t i = 0; i < out->part_count; i++) {
		names_append(out, out->parts[i].plugin->methods);
		names_append(out, out->parts[i].plugin->atoms);
	}
	out->atoms.names = out->atom_names;
	if (cfg_getbool(rpc, "safe"))
		out->service.atoms = &out->atoms;
	return 0;
}

/* ---- the whole ---- */

static void
check_versions(const struct sb_config *file, cfg_t *rpc)
{
	const char *text = cfg_getstr(rpc, "versions");
	struct erps_requirement requirement;
	struct erps_version_fault fault;

	if (text && erps_requirement_parse(text, &requirement, &fault))
		sb_config_error(file, rpc, "versions", "versions \"%s\": %s, at character %zu",
			text, fault.what, fault.at + 1);
}

/* Who is cut while it waits for answers does not hear that we stop. */
static void
check_drain(const struct sb_config *file, cfg_t *root, uint32_t drain_ms)
{
	for (unsigned i = 0; i < cfg_size(root, "listener"); i++) {
		cfg_t *listener = cfg_getnsec(root, "listener", i);
		struct sb_limits said = sb_config_limits(listener);

		if (sb_limits_complete(&said, 0).stop_ms <= drain_ms)
			sb_config_error(file, listener, "stop_timeout",
				"stop_timeout of listener %s is not over drain_timeout of rpc",
				cfg_title(listener));
	}
}

/* What single rules cannot see. */
static void
check(const struct sb_config *file, const struct erpsd_config *out)
{
	cfg_t *root = sb_config_root(file), *rpc = cfg_getsec(root, "rpc");

	if (cfg_size(root, "listener") == 0)
		sb_config_error(file, root, NULL, "no listener");
	if (out->part_count == 0 && cfg_size(root, "service") == 0)
		sb_config_error(file, root, NULL, "no service");
	check_versions(file, rpc);
	check_drain(file, root, out->service.drain_ms);
	if (sb_config_is_set(rpc, "atoms") && !cfg_getbool(rpc, "safe"))
		sb_config_error(file, rpc, "atoms", "atoms without safe = true");
	/* A value comes in a packet, with its key. */
	if (out->kv.limits.value > out->service.max_payload)
		sb_config_error(file, cfg_getsec(root, "kv"), "max_value",
			"max_value is over max_payload of rpc");
}

static int
fill(const struct sb_config *file, struct erpsd_config *out)
{
	cfg_t *root = sb_config_root(file);
	int err;

	service_fill(&out->service, root);
	out->kv.limits = kv_limits_of(root);
	err = erpsd_config_services(file, out);
	if (!err)
		err = erpsd_config_access(file, out);
	if (!err)
		err = erpsd_config_secrets(file, out);
	if (!err)
		err = atoms_fill(out, cfg_getsec(root, "rpc"));
	if (!err)
		check(file, out);
	return err;
}

int
erpsd_config_new(const struct sb_config *file, struct erpsd_config **out)
{
	struct erpsd_config *made = calloc(1, sizeof(*made));
	unsigned before = sb_config_error_count(file);
	int err;

	if (!made)
		return SB_ENOMEM;
	err = fill(file, made);
	if (!err && sb_config_error_count(file) != before)
		err = SB_ECONFIG;
	if (err) {
		erpsd_config_free(made);
		return err;
	}
	*out = made;
	return 0;
}

void
erpsd_config_free(struct erpsd_config *config)
{
	if (!config)
		return;
	erpsd_config_services_free(config);
	erpsd_config_secrets_free(config);
	free(config->rules);
	free(config->atom_names);
	free(config);
}
