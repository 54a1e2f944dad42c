/*
 * The sections that all daemons have: node, log, listener. Options, rules, and
 * their conversion into the core's own structs, in this order, so that a key is
 * in one file.
 */
#include "core/config_core.h"

#include "core/error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME_MAX_OCTETS 64

cfg_opt_t sb_config_node_options[] = {
	CFG_INT("id", 0, CFGF_NONE),
	CFG_INT("threads", 0, CFGF_NONE),
	CFG_STR("stop_timeout", "30s", CFGF_NONE),
	CFG_STR("message_budget", "4096", CFGF_NONE),
	CFG_STR("receive_buffer", "256KiB", CFGF_NONE),
	CFG_END(),
};

cfg_opt_t sb_config_log_options[] = {
	CFG_STR("level", "info", CFGF_NONE),
	CFG_STR("format", "auto", CFGF_NONE),
	CFG_STR("buffer", "256KiB", CFGF_NONE),
	CFG_STR("limit_burst", "10", CFGF_NONE),
	CFG_STR("limit_interval", "1s", CFGF_NONE),
	CFG_END(),
};

cfg_opt_t sb_config_listener_options[] = {SB_CONFIG_LISTENER_OPTIONS, CFG_END()};

static const char *const level_words[] = {"debug", "info", "warning", "error", NULL};
static const char *const format_words[] = {"auto", "logfmt", "json", "journal", NULL};
static const char *const proxy_words[] = {
	[SB_PROXY_OFF] = "off",
	[SB_PROXY_V1] = "v1",
	[SB_PROXY_V2] = "v2",
	[SB_PROXY_ANY] = "any",
	NULL,
};

/* Rules have let only those words through, so one of them is found. */
static size_t
word_index(const char *const *words, const char *word)
{
	size_t i = 0;

	while (words[i] && strcmp(words[i], word) != 0)
		i++;
	return i;
}

/* What a server needs beyond sb_config_check_tls. */
static void
check_server_tls(const struct sb_config *config, cfg_t *tls)
{
	const char *verify = cfg_getstr(tls, "verify");

	if (!sb_config_has(config, tls))
		return;
	if (!cfg_getstr(tls, "certificate"))
		sb_config_error(config, tls, NULL, "tls needs a certificate");
	if (verify && strcmp(verify, "none") != 0 && !cfg_getstr(tls, "ca"))
		sb_config_error(config, tls, "verify", "verify needs ca, who signs the peers");
}

/* What single values cannot say: PROXY headers are believed from listed networks only, so the one
 * needs the other. */
static void
check_listener(const struct sb_config *config, cfg_t *section)
{
	const char *name = cfg_title(section);
	bool has_proxy = strcmp(cfg_getstr(section, "proxy_protocol"), "off") != 0;
	bool has_networks = cfg_size(section, "proxy_from") > 0;

	if (strlen(name) == 0 || strlen(name) > NAME_MAX_OCTETS)
		sb_config_error(config, section, NULL,
			"the name of a listener must have 1 to %d octets", NAME_MAX_OCTETS);
	if (has_proxy && !has_networks)
		sb_config_error(config, section, "proxy_protocol",
			"proxy_protocol needs proxy_from, the networks that may send it");
	if (has_networks && !has_proxy)
		sb_config_error(config, section, "proxy_from", "proxy_from needs proxy_protocol");
	check_server_tls(config, cfg_getsec(section, "tls"));
}

/* Port 0 is as many ports as listeners. */
static bool
is_same_address(cfg_t *a, cfg_t *b)
{
	union sb_socket_address x, y;
	const char *left = cfg_getstr(a, "address"), *right = cfg_getstr(b, "address");

	if (!left || !right || sb_sockaddr_parse(left, &x) || sb_sockaddr_parse(right, &y))
		return false;
	return sb_sockaddr_port(&x.any) != 0 && sb_sockaddr_equal(&x.any, &y.any);
}

/* The kernel would let both bind (SO_REUSEPORT) and give each half of the connections. */
static void
check_addresses(const struct sb_config *config, cfg_t *root)
{
	for (unsigned i = 0; i < cfg_size(root, "listener"); i++)
		for (unsigned j = 0; j < i; j++) {
			cfg_t *a = cfg_getnsec(root, "listener", i);
			cfg_t *b = cfg_getnsec(root, "listener", j);

			if (is_same_address(a, b))
				sb_config_error(config, a, "address",
					"address \"%s\": listener %s has it already",
					cfg_getstr(a, "address"), cfg_title(b));
		}
}

const struct sb_config_rule sb_config_core_rules[] = {
	SB_RULE_INTEGER("node.id", 0, UINT16_MAX),
	SB_RULE_INTEGER("node.threads", 0, 1024),
	SB_RULE_DEADLINE("node.stop_timeout"),
	SB_RULE_COUNT("node.message_budget", 1, 1000000),
	SB_RULE_SIZE("node.receive_buffer", 4096, 1 << 26),
	SB_RULE_WORD("log.level", level_words),
	SB_RULE_WORD("log.format", format_words),
	SB_RULE_SIZE("log.buffer", 16384, 1 << 30),
	SB_RULE_COUNT("log.limit_burst", 1, 1000000),
	SB_RULE_DEADLINE("log.limit_interval"),
	SB_RULE_REQUIRED("listener.address"),
	SB_RULE_ADDRESS("listener.address"),
	SB_RULE_INTEGER("listener.backlog", 1, 65535),
	SB_RULE_WORD("listener.proxy_protocol", proxy_words),
	SB_RULE_NETWORK("listener.proxy_from"),
	SB_RULES_LIMITS("listener"),
	SB_RULES_TLS("listener.tls"),
	SB_RULE_SECTION("listener", check_listener),
	SB_RULE_SECTION("", check_addresses),
	SB_RULE_END,
};

struct sb_node_options
sb_config_node(const struct sb_config *config)
{
	cfg_t *node = cfg_getsec(sb_config_root(config), "node");

	return (struct sb_node_options){
		.id = (uint16_t)cfg_getint(node, "id"),
		.threads = (unsigned)cfg_getint(node, "threads"),
		.signals = true,
		.survives_hangup = true,
		.stop_ms = (uint32_t)sb_config_duration(node, "stop_timeout", UINT32_MAX),
		.message_budget = (uint32_t)sb_config_count(node, "message_budget", UINT32_MAX),
		.receive_buffer = sb_config_size(node, "receive_buffer", SIZE_MAX),
	};
}

/* systemd says in JOURNAL_STREAM which device and inode it has connected to the journal. */
static bool
is_journal(int fd)
{
	const char *stream = getenv("JOURNAL_STREAM");
	char expected[64];
	struct stat about;

	if (!stream || fstat(fd, &about))
		return false;
	snprintf(expected, sizeof(expected), "%ju:%ju", (uintmax_t)about.st_dev,
		(uintmax_t)about.st_ino);
	return strcmp(stream, expected) == 0;
}

struct sb_log_options
sb_config_log(const struct sb_config *config)
{
	cfg_t *log = cfg_getsec(sb_config_root(config), "log");
	struct sb_log_options options = {
		.fd = STDERR_FILENO,
		.format = is_journal(STDERR_FILENO) ? SB_LOG_JOURNAL : SB_LOG_LOGFMT,
		.buffer_bytes = sb_config_size(log, "buffer", SIZE_MAX),
		.limit_burst = (unsigned)sb_config_count(log, "limit_burst", UINT32_MAX),
		.limit_interval_ns =
			sb_config_duration(log, "limit_interval", UINT32_MAX) * 1000000,
	};

	sb_log_level_parse(cfg_getstr(log, "level"), &options.level);
	sb_log_format_parse(cfg_getstr(log, "format"), &options.format);
	return options;
}

/* NULL is out of memory, not "none": there is room for one more. */
static struct sb_network *
networks_of(cfg_t *section, const char *key)
{
	size_t count = cfg_size(section, key);
	struct sb_network *networks = calloc(count + 1, sizeof(*networks));

	for (size_t i = 0; networks && i < count; i++)
		sb_network_parse(cfg_getnstr(section, key, (unsigned)i), &networks[i]);
	return networks;
}

static struct sb_limits *
copy_limits(struct sb_limits limits)
{
	struct sb_limits *copy = malloc(sizeof(*copy));

	if (copy)
		*copy = limits;
	return copy;
}

/* Owned copies, since a listener may be opened when the tree is gone. What is half made is freed by
 * the same function as the whole. */
int
sb_config_listener(
	const struct sb_config *config, cfg_t *section, struct sb_listener_options *options)
{
	const char *proxy = cfg_getstr(section, "proxy_protocol");
	int error = 0;

	*options = (struct sb_listener_options){
		.name = strdup(cfg_title(section)),
		.address = strdup(cfg_getstr(section, "address")),
		.backlog = (int)cfg_getint(section, "backlog"),
		.limits = copy_limits(sb_config_limits(section)),
		.proxy = (enum sb_proxy_mode)word_index(proxy_words, proxy),
		.proxy_networks = networks_of(section, "proxy_from"),
		.proxy_network_count = cfg_size(section, "proxy_from"),
	};
	if (!options->name || !options->address || !options->limits || !options->proxy_networks)
		error = SB_ENOMEM;
	if (!error)
		error = sb_config_tls_server(config, section, &options->tls);
	if (error)
		sb_config_listener_fini(options);
	return error;
}

void
sb_config_listener_fini(struct sb_listener_options *options)
{
	free((char *)options->name);
	free((char *)options->address);
	free((struct sb_limits *)options->limits);
	free((struct sb_network *)options->proxy_networks);
	sb_tls_free(options->tls);
	*options = (struct sb_listener_options){0};
}
