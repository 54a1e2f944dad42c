/*
 * Sections that daemons' configurations have beside the core's own (core/config_core.h),
 * with their rules and their conversion:
 *
 *	store { path = "/var/lib/smpp-mc/rows" durability = full queue_limit = 64MiB }
 *	listener "smpp" { address = "127.0.0.1:2775" }
 */
#ifndef SB_DAEMONS_COMMON_SECTIONS_H
#define SB_DAEMONS_COMMON_SECTIONS_H

#include "core/config_core.h"
#include "core/store.h"

#include <stddef.h>

/* clang-format off */
/* The keys of a section "store", and their rules; a daemon adds keys of its own behind them. */
#define SB_DAEMON_STORE_OPTIONS                     \
	CFG_STR("path", "mem:", CFGF_NONE),         \
	CFG_STR("durability", "full", CFGF_NONE),   \
	CFG_STR("queue_limit", "64MiB", CFGF_NONE)

#define SB_DAEMON_STORE_RULES                                        \
	SB_RULE_WORD("store.durability", sb_daemon_durability_words), \
	SB_RULE_SIZE("store.queue_limit", 65536, INT64_C(1) << 34)
/* clang-format on */

extern const char *const sb_daemon_durability_words[];

/* The store section. What it points at lives as long as the tree. */
struct sb_store_options sb_daemon_store(const struct sb_config *file);

/* All listener sections, as sb_config_listener makes them. */
struct sb_daemon_listeners {
	struct sb_listener_options *each;
	size_t count;
};

/* SB_ECONFIG when something was reported, SB_ENOMEM. sb_daemon_listeners_fini in any case. */
int sb_daemon_listeners(const struct sb_config *file, struct sb_daemon_listeners *out);

/* Takes zeroed ones. */
void sb_daemon_listeners_fini(struct sb_daemon_listeners *listeners);

#endif
