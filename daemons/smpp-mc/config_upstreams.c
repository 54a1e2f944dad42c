/*
 * Upstreams of the file: their table of options, their rules, and their part of
 * the snapshot. TLS is not in it (see upstreams.c), for a snapshot opens no files.
 */
#include "daemons/smpp-mc/config_parts_internal.h"

#include "core/config_core.h"
#include "core/error.h"
#include "daemons/smpp-mc/parcel.h"

#include <stdlib.h>
#include <string.h>

#define UPSTREAMS_MAX 1024

cfg_opt_t mc_upstream_options[] = {
	CFG_STR("host", NULL, CFGF_NONE),
	CFG_INT("port", 0, CFGF_NONE),
	CFG_STR("system_id", "", CFGF_NONE),
	CFG_STR("password", NULL, CFGF_NONE),
	CFG_STR("password_file", NULL, CFGF_NONE),
	CFG_STR("system_type", "", CFGF_NONE),
	CFG_STR("bind_type", "transceiver", CFGF_NONE),
	CFG_STR("version", "3.4", CFGF_NONE),
	CFG_INT("addr_ton", 0, CFGF_NONE),
	CFG_INT("addr_npi", 0, CFGF_NONE),
	CFG_STR("address_range", "", CFGF_NONE),
	CFG_INT("binds", 4, CFGF_NONE),
	CFG_INT("window", 10, CFGF_NONE),
	CFG_INT("window_in", 100, CFGF_NONE),
	CFG_STR("throughput", "unlimited", CFGF_NONE),
	CFG_STR("burst", NULL, CFGF_NONE),
	CFG_INT("queue_percent", 50, CFGF_NONE),
	CFG_STR("message_ids", "same", CFGF_NONE),
	CFG_STR("receipts", "wanted", CFGF_NONE),
	CFG_STR("receipt_timeout", "1h", CFGF_NONE),
	CFG_STR("connect_timeout", "5s", CFGF_NONE),
	CFG_STR("bind_timeout", "10s", CFGF_NONE),
	CFG_STR("enquire_link_interval", "30s", CFGF_NONE),
	CFG_STR("enquire_link_timeout", "30s", CFGF_NONE),
	CFG_STR("response_timeout", "60s", CFGF_NONE),
	CFG_STR("unbind_timeout", "1500ms", CFGF_NONE),
	CFG_STR("backoff_min", "500ms", CFGF_NONE),
	CFG_STR("backoff_max", "60s", CFGF_NONE),
	SB_CONFIG_TLS,
	CFG_END(),
};

static const char *const bind_words[] = {"transceiver", "transmitter", "pair", NULL};
static const char *const version_words[] = {"3.3", "3.4", "5.0", NULL};
static const enum smpp_version versions[] = {SMPP_VERSION_33, SMPP_VERSION_34, SMPP_VERSION_50};
static const char *const id_words[] = {
	"same", "decimal", "hex", "hex-decimal", "decimal-hex", NULL};
static const struct smpp_id_rule id_rules[] = {
	{SMPP_ID_AS_IS, SMPP_ID_AS_IS},
	{SMPP_ID_DECIMAL, SMPP_ID_DECIMAL},
	{SMPP_ID_HEXADECIMAL, SMPP_ID_HEXADECIMAL},
	{SMPP_ID_HEXADECIMAL, SMPP_ID_DECIMAL},
	{SMPP_ID_DECIMAL, SMPP_ID_HEXADECIMAL},
};
static const char *const receipt_words[] = {"wanted", "always", NULL};

const struct sb_config_rule mc_upstream_rules[] = {
	SB_RULE_REQUIRED("upstream.host"),
	SB_RULE_TEXT("upstream.host", 1, 255),
	SB_RULE_PORT("upstream.port"),
	SB_RULE_TEXT("upstream.system_id", 0, 15),
	SB_RULE_TEXT("upstream.system_type", 0, 12),
	SB_RULE_WORD("upstream.bind_type", bind_words),
	SB_RULE_WORD("upstream.version", version_words),
	SB_RULE_INTEGER("upstream.addr_ton", 0, 255),
	SB_RULE_INTEGER("upstream.addr_npi", 0, 255),
	SB_RULE_TEXT("upstream.address_range", 0, 40),
	SB_RULE_INTEGER("upstream.binds", 1, 1000),
	SB_RULE_INTEGER("upstream.window", 1, 10000),
	SB_RULE_INTEGER("upstream.window_in", 1, 10000),
	SB_RULE_COUNT_OR_UNLIMITED("upstream.throughput", 1, 10000000),
	SB_RULE_COUNT("upstream.burst", 1, 10000000),
	SB_RULE_INTEGER("upstream.queue_percent", 1, 100),
	SB_RULE_WORD("upstream.message_ids", id_words),
	SB_RULE_WORD("upstream.receipts", receipt_words),
	SB_RULE_DURATION("upstream.receipt_timeout", 0, MC_VALIDITY_MOST_MS),
	SB_RULE_DEADLINE("upstream.connect_timeout"),
	SB_RULE_DEADLINE("upstream.bind_timeout"),
	SB_RULE_DEADLINE_OR_UNLIMITED("upstream.enquire_link_interval"),
	SB_RULE_DEADLINE_OR_UNLIMITED("upstream.enquire_link_timeout"),
	/* Less than a partition waits for a bind. */
	SB_RULE_DURATION("upstream.response_timeout", 1, 300000),
	SB_RULE_DEADLINE("upstream.unbind_timeout"),
	SB_RULE_DEADLINE("upstream.backoff_min"),
	SB_RULE_DEADLINE("upstream.backoff_max"),
	SB_RULES_TLS("upstream.tls"),
	SB_RULE_END,
};

/* Rules have seen to it that it is one of them. */
static size_t
word_of(cfg_t *section, const char *key, const char *const words[])
{
	size_t at = 0;

	while (words[at] && strcmp(words[at], cfg_getstr(section, key)) != 0)
		at++;
	return words[at] ? at : 0;
}

static uint32_t
duration_of(cfg_t *section, const char *key)
{
	return (uint32_t)sb_config_duration(section, key, SB_UNLIMITED);
}

/* The name stands in rows and topics, beside those of accounts. */
static void
check_name(const struct sb_config *config, cfg_t *section, const struct mc_config *out)
{
	const char *name = cfg_title(section);

	if (!*name || strlen(name) > MC_UPSTREAM_NAME_MAX)
		sb_config_error(config, section, NULL,
			"the name of an upstream must have 1 to %d octets", MC_UPSTREAM_NAME_MAX);
	if (mc_config_account(out, sb_bytes_text(name)))
		sb_config_error(
			config, section, NULL, "upstream \"%s\": an account has that name", name);
}

static void
check_pairs(const struct sb_config *config, cfg_t *section, const struct mc_upstream *upstream)
{
	if (upstream->backoff_min_ms > upstream->backoff_max_ms)
		sb_config_error(config, section, "backoff_min", "backoff_min is over backoff_max");
	/* There is no bind_transceiver in 3.3. */
	if (upstream->version == SMPP_VERSION_33 && upstream->bind == MC_BIND_TRANSCEIVER)
		sb_config_error(config, section, "version",
			"version 3.3 needs a bind_type of transmitter or pair");
}

static void
times_of(cfg_t *section, struct mc_upstream *upstream)
{
	upstream->connect_ms = duration_of(section, "connect_timeout");
	upstream->session_init_ms = duration_of(section, "bind_timeout");
	upstream->enquire_link_ms = duration_of(section, "enquire_link_interval");
	upstream->enquire_link_resp_ms = duration_of(section, "enquire_link_timeout");
	upstream->response_ms = duration_of(section, "response_timeout");
	upstream->unbind_ms = duration_of(section, "unbind_timeout");
	upstream->backoff_min_ms = duration_of(section, "backoff_min");
	upstream->backoff_max_ms = duration_of(section, "backoff_max");
	upstream->receipt_ms = sb_config_duration(section, "receipt_timeout", UINT64_MAX);
}

/* As an account it may send whatever it wants: its own limits are its window and the queue's. */
static void
party_of(cfg_t *section, struct mc_account *party)
{
	party->key = mc_text_hash(sb_bytes_text(party->system_id));
	party->window = (uint32_t)cfg_getint(section, "window_in");
	party->deliver_window = (uint32_t)cfg_getint(section, "window");
	party->queue_percent = (uint32_t)cfg_getint(section, "queue_percent");
}

static int
texts_of(const struct sb_config *config, cfg_t *section, struct mc_upstream *upstream)
{
	upstream->party.system_id = strdup(cfg_title(section));
	upstream->host = strdup(cfg_getstr(section, "host"));
	upstream->system_id = strdup(cfg_getstr(section, "system_id"));
	upstream->password = mc_config_password(config, section, "an upstream");
	upstream->system_type = strdup(cfg_getstr(section, "system_type"));
	upstream->address_range = strdup(cfg_getstr(section, "address_range"));
	if (!upstream->party.system_id || !upstream->host || !upstream->system_id ||
		!upstream->password || !upstream->system_type || !upstream->address_range)
		return SB_ENOMEM;
	return 0;
}

static int
upstream_fill(const struct sb_config *config, cfg_t *section, const struct mc_config *out,
	struct mc_upstream *upstream)
{
	int err = texts_of(config, section, upstream);

	if (err)
		return err;
	check_name(config, section, out);
	party_of(section, &upstream->party);
	upstream->port = (uint16_t)cfg_getint(section, "port");
	upstream->addr_ton = (uint8_t)cfg_getint(section, "addr_ton");
	upstream->addr_npi = (uint8_t)cfg_getint(section, "addr_npi");
	upstream->version = versions[word_of(section, "version", version_words)];
	upstream->bind = (enum mc_upstream_bind)word_of(section, "bind_type", bind_words);
	upstream->binds = (uint32_t)cfg_getint(section, "binds");
	upstream->rate = mc_config_rate(section);
	/* Centres count by less than the second. */
	if (!sb_config_is_set(section, "burst"))
		upstream->rate.burst = upstream->rate.per_second / 10 + 1;
	upstream->message_ids = id_rules[word_of(section, "message_ids", id_words)];
	upstream->asks_always = word_of(section, "receipts", receipt_words) == 1;
	times_of(section, upstream);
	check_pairs(config, section, upstream);
	return 0;
}

int
mc_config_upstreams(const struct sb_config *config, struct mc_config *out)
{
	cfg_t *root = sb_config_root(config);
	size_t count = cfg_size(root, "upstream");
	int err = 0;

	if (count > UPSTREAMS_MAX) {
		sb_config_error(config, root, NULL, "more than %d upstreams", UPSTREAMS_MAX);
		return SB_ECONFIG;
	}
	out->upstreams = calloc(count + 1, sizeof(*out->upstreams));
	if (!out->upstreams)
		return SB_ENOMEM;
	for (size_t i = 0; i < count && !err; i++) {
		struct mc_upstream *upstream = &out->upstreams[i];

		/* Before it is filled: half a one is freed, too. */
		out->upstream_count++;
		err = upstream_fill(
			config, cfg_getnsec(root, "upstream", (unsigned)i), out, upstream);
		upstream->party.number = (uint16_t)(out->account_count + out->sink_count + i);
	}
	return err;
}
