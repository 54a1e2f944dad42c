/*
 * Every option of smpp-mc with its default and its rule, then the conversion of
 * those that have no title. Rules judge single values; what must fit together is
 * checked after the conversion.
 */
#include "daemons/smpp-mc/config_file.h"

#include "core/config_core.h"
#include "core/error.h"
#include "daemons/common/sections.h"
#include "daemons/smpp-mc/config_parts_internal.h"

#include <stdlib.h>
#include <string.h>

static cfg_opt_t smpp_options[] = {
	CFG_STR("system_id", "smpp-mc", CFGF_NONE),
	CFG_STR("init_timeout", "10s", CFGF_NONE),
	CFG_STR("enquire_link_interval", "30s", CFGF_NONE),
	CFG_STR("enquire_link_timeout", "30s", CFGF_NONE),
	CFG_STR("inactivity_timeout", "unlimited", CFGF_NONE),
	CFG_STR("response_timeout", "60s", CFGF_NONE),
	CFG_STR("unbind_timeout", "1500ms", CFGF_NONE),
	CFG_STR("max_pdu", "128KiB", CFGF_NONE),
	CFG_INT("bind_attempts", 3, CFGF_NONE),
	CFG_BOOL("strict_tlvs", cfg_false, CFGF_NONE),
	CFG_BOOL("strict_values", cfg_false, CFGF_NONE),
	CFG_BOOL("congestion_state", cfg_true, CFGF_NONE),
	CFG_END(),
};

static cfg_opt_t store_options[] = {
	SB_DAEMON_STORE_OPTIONS,
	CFG_STR("full", "hold", CFGF_NONE),
	CFG_END(),
};

static cfg_opt_t delivery_options[] = {
	CFG_INT("partitions_per_shard", 4, CFGF_NONE),
	CFG_STR("queue_limit", "1000000", CFGF_NONE),
	CFG_STR("cache_limit", "256MiB", CFGF_NONE),
	CFG_STR("validity", "1d", CFGF_NONE),
	CFG_STR("validity_max", "7d", CFGF_NONE),
	CFG_STR("receipt_validity", "1d", CFGF_NONE),
	CFG_STR("final_keep", "1h", CFGF_NONE),
	CFG_STR("final_limit", "1000000", CFGF_NONE),
	CFG_STR("throughput", "unlimited", CFGF_NONE),
	CFG_STR("burst", NULL, CFGF_NONE),
	CFG_END(),
};

static cfg_opt_t bind_options[] = {
	CFG_STR("free_failures", "3", CFGF_NONE),
	CFG_STR("delay", "1s", CFGF_NONE),
	CFG_STR("delay_max", "20s", CFGF_NONE),
	CFG_END(),
};

static cfg_opt_t retry_options[] = {
	CFG_STR("first", NULL, CFGF_NONE),
	CFG_STR("max", NULL, CFGF_NONE),
	CFG_STR("attempts", NULL, CFGF_NONE),
	CFG_END(),
};

/* libconfuse wants it writable. */
static char all_bind_types[] = "{transmitter, receiver, transceiver}";

static cfg_opt_t account_options[] = {
	CFG_STR("password", NULL, CFGF_NONE),
	CFG_STR("password_file", NULL, CFGF_NONE),
	CFG_STR_LIST("bind_types", all_bind_types, CFGF_NONE),
	CFG_STR_LIST("networks", NULL, CFGF_NONE),
	CFG_STR("max_binds", "10", CFGF_NONE),
	CFG_INT("window", 100, CFGF_NONE),
	CFG_INT("deliver_window", 10, CFGF_NONE),
	CFG_STR("throughput", "unlimited", CFGF_NONE),
	CFG_STR("burst", NULL, CFGF_NONE),
	CFG_INT("queue_percent", 50, CFGF_NONE),
	CFG_INT_LIST("source_ton", NULL, CFGF_NONE),
	CFG_INT_LIST("source_npi", NULL, CFGF_NONE),
	CFG_STR("address_range", NULL, CFGF_NONE),
	CFG_END(),
};

static cfg_opt_t sink_options[] = {
	CFG_STR("delay", "0", CFGF_NONE),
	CFG_INT("fail_percent", 0, CFGF_NONE),
	CFG_INT("retry_percent", 0, CFGF_NONE),
	CFG_INT("expire_percent", 0, CFGF_NONE),
	CFG_INT("error", 1, CFGF_NONE),
	CFG_END(),
};

static cfg_opt_t route_options[] = {
	CFG_STR("account", NULL, CFGF_NONE),
	CFG_STR("sink", NULL, CFGF_NONE),
	CFG_STR_LIST("upstream", NULL, CFGF_NONE),
	CFG_STR("refuse", NULL, CFGF_NONE),
	CFG_STR("durability", "stored", CFGF_NONE),
	CFG_END(),
};

const cfg_opt_t mc_config_options[] = {
	SB_CONFIG_NODE,
	SB_CONFIG_LOG,
	SB_CONFIG_METRICS,
	SB_CONFIG_LISTENER,
	CFG_SEC("smpp", smpp_options, CFGF_NONE),
	CFG_SEC("store", store_options, CFGF_NONE),
	CFG_SEC("delivery", delivery_options, CFGF_NONE),
	CFG_SEC("bind", bind_options, CFGF_NONE),
	CFG_SEC("retry", retry_options, CFGF_MULTI | CFGF_TITLE),
	CFG_SEC("account", account_options, CFGF_MULTI | CFGF_TITLE),
	CFG_SEC("sink", sink_options, CFGF_MULTI | CFGF_TITLE),
	CFG_SEC("upstream", mc_upstream_options, CFGF_MULTI | CFGF_TITLE),
	CFG_SEC("route", route_options, CFGF_MULTI | CFGF_TITLE),
	CFG_END(),
};

static const char *const full_words[] = {"hold", "throttle", NULL};
static const char *const class_words[] = {"stored", "forwarded", NULL};

static const struct sb_config_rule rules[] = {
	SB_RULE_INTEGER("node.id", 0, 1023),
	SB_RULE_TEXT("smpp.system_id", 0, 15),
	SB_RULE_DEADLINE_OR_UNLIMITED("smpp.init_timeout"),
	SB_RULE_DEADLINE_OR_UNLIMITED("smpp.enquire_link_interval"),
	SB_RULE_DEADLINE_OR_UNLIMITED("smpp.enquire_link_timeout"),
	SB_RULE_DEADLINE_OR_UNLIMITED("smpp.inactivity_timeout"),
	SB_RULE_DEADLINE("smpp.response_timeout"),
	SB_RULE_DEADLINE("smpp.unbind_timeout"),
	SB_RULE_SIZE("smpp.max_pdu", 1024, 16 << 20),
	SB_RULE_INTEGER("smpp.bind_attempts", 1, 1000),
	SB_DAEMON_STORE_RULES,
	SB_RULE_WORD("store.full", full_words),
	SB_RULE_INTEGER("delivery.partitions_per_shard", 1, 64),
	SB_RULE_COUNT("delivery.queue_limit", 1, UINT32_MAX),
	SB_RULE_SIZE("delivery.cache_limit", 0, INT64_C(1) << 40),
	SB_RULE_DURATION("delivery.validity", 1000, MC_VALIDITY_MOST_MS),
	SB_RULE_DURATION("delivery.validity_max", 1000, MC_VALIDITY_MOST_MS),
	SB_RULE_DURATION("delivery.receipt_validity", 1000, MC_VALIDITY_MOST_MS),
	SB_RULE_DURATION("delivery.final_keep", 0, MC_VALIDITY_MOST_MS),
	SB_RULE_COUNT("delivery.final_limit", 0, 100000000),
	SB_RULE_COUNT_OR_UNLIMITED("delivery.throughput", 1, 10000000),
	SB_RULE_COUNT("delivery.burst", 1, 10000000),
	SB_RULE_COUNT_OR_UNLIMITED("bind.free_failures", 0, 1000000),
	/* Less than the 30 s in which a session must answer. */
	SB_RULE_DURATION("bind.delay", 0, 25000),
	SB_RULE_DURATION("bind.delay_max", 0, 25000),
	SB_RULE_DURATION("retry.first", 1, MC_VALIDITY_MOST_MS),
	SB_RULE_DURATION("retry.max", 1, MC_VALIDITY_MOST_MS),
	SB_RULE_COUNT_OR_UNLIMITED("retry.attempts", 1, 255),
	SB_RULE_WORD("account.bind_types", mc_bind_words),
	SB_RULE_NETWORK("account.networks"),
	SB_RULE_COUNT_OR_UNLIMITED("account.max_binds", 0, 1000000),
	SB_RULE_INTEGER("account.window", 1, 10000),
	SB_RULE_INTEGER("account.deliver_window", 1, 10000),
	SB_RULE_COUNT_OR_UNLIMITED("account.throughput", 1, 10000000),
	SB_RULE_COUNT("account.burst", 1, 10000000),
	SB_RULE_INTEGER("account.queue_percent", 1, 100),
	SB_RULE_INTEGER("account.source_ton", 0, 31),
	SB_RULE_INTEGER("account.source_npi", 0, 31),
	SB_RULE_DURATION("sink.delay", 0, 86400000),
	SB_RULE_INTEGER("sink.fail_percent", 0, 100),
	SB_RULE_INTEGER("sink.retry_percent", 0, 100),
	SB_RULE_INTEGER("sink.expire_percent", 0, 100),
	SB_RULE_INTEGER("sink.error", 0, 255),
	SB_RULE_WORD("route.durability", class_words),
	SB_RULE_END,
};

const struct sb_config_rule *const mc_config_rules[] = {
	sb_config_core_rules, sb_config_metrics_rules, rules, mc_upstream_rules, NULL};

struct smpp_session_options
mc_config_session(const struct sb_config *config)
{
	cfg_t *smpp = cfg_getsec(sb_config_root(config), "smpp");

	return (struct smpp_session_options){
		.session_init_ms = (uint32_t)sb_config_duration(smpp, "init_timeout", SB_UNLIMITED),
		.enquire_link_ms =
			(uint32_t)sb_config_duration(smpp, "enquire_link_interval", SB_UNLIMITED),
		.enquire_link_resp_ms =
			(uint32_t)sb_config_duration(smpp, "enquire_link_timeout", SB_UNLIMITED),
		.inactivity_ms =
			(uint32_t)sb_config_duration(smpp, "inactivity_timeout", SB_UNLIMITED),
		.response_ms = (uint32_t)sb_config_duration(smpp, "response_timeout", SB_UNLIMITED),
		.unbind_ms = (uint32_t)sb_config_duration(smpp, "unbind_timeout", SB_UNLIMITED),
		.max_pdu = (uint32_t)sb_config_size(smpp, "max_pdu", UINT32_MAX),
		.bind_attempts = (uint32_t)cfg_getint(smpp, "bind_attempts"),
		.password_max = MC_PASSWORD_MAX,
		.strict_tlvs = cfg_getbool(smpp, "strict_tlvs"),
		.strict_values = cfg_getbool(smpp, "strict_values"),
		.system_id = cfg_getstr(smpp, "system_id"),
	};
}

static void
limits_fill(struct mc_config *out, cfg_t *root)
{
	cfg_t *delivery = cfg_getsec(root, "delivery"), *bind = cfg_getsec(root, "bind");

	out->limits = (struct mc_limits){
		.queue = sb_config_count(delivery, "queue_limit", UINT64_MAX),
		.cache_bytes = sb_config_size(delivery, "cache_limit", UINT64_MAX),
		.validity_ms = sb_config_duration(delivery, "validity", UINT64_MAX),
		.validity_most_ms = sb_config_duration(delivery, "validity_max", UINT64_MAX),
		.receipt_validity_ms = sb_config_duration(delivery, "receipt_validity", UINT64_MAX),
		.final_ms = sb_config_duration(delivery, "final_keep", UINT64_MAX),
		.finals = sb_config_count(delivery, "final_limit", UINT64_MAX),
	};
	out->rate = mc_config_rate(delivery);
	out->tells_congestion = cfg_getbool(cfg_getsec(root, "smpp"), "congestion_state");
	out->throttles_when_full =
		strcmp(cfg_getstr(cfg_getsec(root, "store"), "full"), "throttle") == 0;
	out->partitions_per_shard = (uint32_t)cfg_getint(delivery, "partitions_per_shard");
	out->bind_failures = sb_config_count(bind, "free_failures", UINT32_MAX);
	out->bind_delay_ms = sb_config_duration(bind, "delay", UINT64_MAX);
	out->bind_delay_most_ms = sb_config_duration(bind, "delay_max", UINT64_MAX);
}

/* What single rules cannot see. */
static void
check_limits(const struct sb_config *config, const struct mc_config *out)
{
	cfg_t *delivery = cfg_getsec(sb_config_root(config), "delivery");

	if (out->limits.validity_ms > out->limits.validity_most_ms)
		sb_config_error(config, delivery, "validity", "validity is over validity_max");
	if (cfg_size(sb_config_root(config), "listener") == 0)
		sb_config_error(config, sb_config_root(config), NULL, "no listener");
	if (out->account_count == 0)
		sb_config_error(config, sb_config_root(config), NULL, "no account");
}

int
mc_config_new(const struct sb_config *config, struct mc_config **out)
{
	struct mc_config *made = calloc(1, sizeof(*made));
	unsigned before = sb_config_error_count(config);
	int err = SB_ENOMEM;

	if (!made)
		return SB_ENOMEM;
	limits_fill(made, sb_config_root(config));
	err = mc_config_accounts(config, made);
	if (!err)
		err = mc_config_sinks(config, made);
	if (!err)
		err = mc_config_upstreams(config, made);
	if (!err)
		err = mc_config_routes(config, made);
	if (!err)
		mc_config_retries(config, made);
	if (!err)
		check_limits(config, made);
	if (!err && sb_config_error_count(config) != before)
		err = SB_ECONFIG;
	if (err) {
		mc_config_free(made);
		return err;
	}
	*out = made;
	return 0;
}
