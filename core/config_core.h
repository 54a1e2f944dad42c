/*
 * The sections that every daemon's configuration has, with their rules and their
 * conversion into the options of the core:
 *
 *	node { threads = 0 }
 *	log { level = info }
 *	metrics { file = "/run/metrics/smpp-mc.prom" }
 *	listener "smpp" { address = "127.0.0.1:2775" idle_timeout = 5m tls { ... } }
 *
 * A daemon whose listeners have keys of their own makes its own table for them:
 *
 *	static cfg_opt_t listener_options[] = {
 *		SB_CONFIG_LISTENER_OPTIONS, CFG_STR("charset", "gsm", CFGF_NONE), CFG_END()};
 *	static cfg_opt_t options[] = {SB_CONFIG_NODE, SB_CONFIG_LOG,
 *		CFG_SEC("listener", listener_options, CFGF_MULTI | CFGF_TITLE), CFG_END()};
 *	static const struct sb_config_rule *const rules[] = {
 *		sb_config_core_rules, my_rules, NULL};
 *
 * Outbound sections take SB_CONFIG_LIMITS_OPTIONS and SB_CONFIG_TLS and, in their
 * table of rules, SB_RULES_LIMITS("carrier") and SB_RULES_TLS("carrier.tls").
 */
#ifndef SB_CORE_CONFIG_CORE_H
#define SB_CORE_CONFIG_CORE_H

#include "config.h"
#include "limits.h"
#include "listener.h"
#include "log.h"
#include "network.h"
#include "node.h"
#include "tls.h"

/* clang-format off */
#define SB_CONFIG_NODE     CFG_SEC("node", sb_config_node_options, CFGF_NONE)
#define SB_CONFIG_LOG      CFG_SEC("log", sb_config_log_options, CFGF_NONE)
#define SB_CONFIG_LISTENER CFG_SEC("listener", sb_config_listener_options, CFGF_MULTI | CFGF_TITLE)
#define SB_CONFIG_METRICS  CFG_SEC("metrics", sb_config_metrics_options, CFGF_NONE)
#define SB_CONFIG_TLS      CFG_SEC("tls", sb_config_tls_options, CFGF_NONE)

/* What is not set takes the core's default (limits.h), which for input_limit is the protocol's. */
#define SB_CONFIG_LIMITS_OPTIONS                              \
	CFG_STR("max_connections", NULL, CFGF_NONE),            \
	CFG_STR("max_connections_per_source", NULL, CFGF_NONE), \
	CFG_STR("accept_rate", NULL, CFGF_NONE),                \
	CFG_STR("handshake_timeout", NULL, CFGF_NONE),          \
	CFG_STR("first_octet_timeout", NULL, CFGF_NONE),        \
	CFG_STR("frame_timeout", NULL, CFGF_NONE),              \
	CFG_STR("idle_timeout", NULL, CFGF_NONE),               \
	CFG_STR("linger_timeout", NULL, CFGF_NONE),             \
	CFG_STR("stop_timeout", NULL, CFGF_NONE),               \
	CFG_STR("input_limit", NULL, CFGF_NONE),                \
	CFG_STR("output_low", NULL, CFGF_NONE),                 \
	CFG_STR("output_high", NULL, CFGF_NONE),                \
	CFG_STR("output_hard", NULL, CFGF_NONE),                \
	CFG_STR("linger_limit", NULL, CFGF_NONE),               \
	CFG_STR("read_budget", NULL, CFGF_NONE),                \
	CFG_STR("frame_budget", NULL, CFGF_NONE),               \
	CFG_STR("mailbox", NULL, CFGF_NONE),                    \
	CFG_STR("mailbox_size", NULL, CFGF_NONE),               \
	CFG_STR("max_calls", NULL, CFGF_NONE)

#define SB_CONFIG_LISTENER_OPTIONS                            \
	CFG_STR("address", NULL, CFGF_NONE),                    \
	CFG_INT("backlog", 1024, CFGF_NONE),                    \
	CFG_STR("proxy_protocol", "off", CFGF_NONE),            \
	CFG_STR_LIST("proxy_from", NULL, CFGF_NONE),            \
	SB_CONFIG_TLS,                                          \
	SB_CONFIG_LIMITS_OPTIONS

/* 1 ms to a week; 1 octet to 1 GiB. */
#define SB_RULE_DEADLINE(option) SB_RULE_DURATION(option, 1, 604800000)
#define SB_RULE_DEADLINE_OR_UNLIMITED(option) SB_RULE_DURATION_OR_UNLIMITED(option, 1, 604800000)
#define SB_RULE_OCTETS(option)   SB_RULE_SIZE(option, 1, 1 << 30)

#define SB_RULES_LIMITS(section)                                                             \
	SB_RULE_COUNT_OR_UNLIMITED(section ".max_connections", 1, 100000000),              \
	SB_RULE_COUNT_OR_UNLIMITED(section ".max_connections_per_source", 1, 100000000),   \
	SB_RULE_COUNT_OR_UNLIMITED(section ".accept_rate", 1, 100000000),                  \
	SB_RULE_DEADLINE(section ".handshake_timeout"),                                    \
	SB_RULE_DEADLINE_OR_UNLIMITED(section ".first_octet_timeout"),                     \
	SB_RULE_DEADLINE_OR_UNLIMITED(section ".frame_timeout"),                           \
	SB_RULE_DEADLINE_OR_UNLIMITED(section ".idle_timeout"),                            \
	SB_RULE_DEADLINE(section ".linger_timeout"),                                       \
	SB_RULE_DEADLINE(section ".stop_timeout"),                                         \
	SB_RULE_OCTETS(section ".input_limit"),                                            \
	SB_RULE_OCTETS(section ".output_low"),                                             \
	SB_RULE_OCTETS(section ".output_high"),                                            \
	SB_RULE_OCTETS(section ".output_hard"),                                            \
	SB_RULE_OCTETS(section ".linger_limit"),                                           \
	SB_RULE_OCTETS(section ".read_budget"),                                            \
	SB_RULE_COUNT(section ".frame_budget", 1, 1000000),                                \
	SB_RULE_COUNT(section ".mailbox", 1, 1000000),                                     \
	SB_RULE_OCTETS(section ".mailbox_size"),                                           \
	SB_RULE_COUNT(section ".max_calls", 1, 1000000),                                   \
	SB_RULE_SECTION(section, sb_config_check_limits)

#define SB_RULES_TLS(section)                                                                \
	SB_RULE_FILE(section ".certificate"),                                              \
	SB_RULE_FILE(section ".key"),                                                      \
	SB_RULE_FILE(section ".ca"),                                                       \
	SB_RULE_WORD(section ".verify", sb_config_verify_words),                           \
	SB_RULE_WORD(section ".min_version", sb_config_tls_versions),                      \
	SB_RULE_REQUIRED(section ".name.certificate"),                                     \
	SB_RULE_FILE(section ".name.certificate"),                                         \
	SB_RULE_FILE(section ".name.key"),                                                 \
	SB_RULE_SECTION(section, sb_config_check_tls)
/* clang-format on */

/* Tables that the macros above name; libconfuse wants them writable, nobody writes them. */
extern cfg_opt_t sb_config_node_options[];
extern cfg_opt_t sb_config_log_options[];
extern cfg_opt_t sb_config_metrics_options[];
extern cfg_opt_t sb_config_listener_options[];
extern cfg_opt_t sb_config_tls_options[];
extern const char *const sb_config_verify_words[];
extern const char *const sb_config_tls_versions[];
void sb_config_check_limits(const struct sb_config *config, cfg_t *section);
void sb_config_check_tls(const struct sb_config *config, cfg_t *section);

/* Of node, log and listener. */
extern const struct sb_config_rule sb_config_core_rules[];

/* Of metrics, for who has that section. */
extern const struct sb_config_rule sb_config_metrics_rules[];

/* The node section. `env` and `log` stay NULL, `signals` is true. */
struct sb_node_options sb_config_node(const struct sb_config *config);

/* The log section; lines go to standard error. The format "auto" is "journal" where that is
 * connected to journald, else "logfmt". */
struct sb_log_options sb_config_log(const struct sb_config *config);

/* Starts what the metrics section asks for: nothing without a file. As sb_metrics_file_start. */
int sb_config_metrics(const struct sb_config *config, struct sb_node *node);

/* The limits of a section with SB_CONFIG_LIMITS_OPTIONS; 0 where nothing is set. */
struct sb_limits sb_config_limits(cfg_t *section);

/*
 * The tls section in `section`. *tls is NULL, for plain TCP, when there is none; an empty one is a
 * client that takes the system's authorities. What OpenSSL does not like is reported: SB_ECONFIG.
 * The caller frees *tls.
 */
int sb_config_tls_server(const struct sb_config *config, cfg_t *section, struct sb_tls **tls);
int sb_config_tls_client(const struct sb_config *config, cfg_t *section, struct sb_tls **tls);

/* A listener section as options for sb_listen; `module` and `args` are the daemon's to set. What
 * they point at is owned by them and needs no tree any more: sb_config_listener_fini. SB_ECONFIG
 * when something was reported, SB_ENOMEM; *options is zeroed then. */
int sb_config_listener(
	const struct sb_config *config, cfg_t *section, struct sb_listener_options *options);

/* Takes zeroed ones. */
void sb_config_listener_fini(struct sb_listener_options *options);

#endif
