/*
 * A daemon's main: command line, configuration, log, node. What the daemon itself is
 * stands between its configuration and the node:
 *
 *	static const struct sb_daemon daemon = {...};
 *
 *	return sb_daemon_main(&daemon, "mc.start_failed", argc, argv);
 */
#ifndef SB_DAEMONS_COMMON_DAEMON_H
#define SB_DAEMONS_COMMON_DAEMON_H

#include "core/cli.h"
#include "core/config.h"
#include "core/node.h"

#include <stdbool.h>

struct sb_daemon {
	struct sb_cli_program program;
	const cfg_opt_t *options; /* with SB_CONFIG_NODE and SB_CONFIG_LOG (core/config_core.h) */
	const struct sb_config_rule *const *rules;

	/* Converts the configuration, which outlives what is made; what is wrong with it is
	 * reported. NULL: an error. */
	void *(*make)(const struct sb_config *file);

	/* On a node that does not run yet. 0 or an error, which is logged. */
	int (*start)(void *made, struct sb_node *node);

	/* Asked when the node has stopped: whether it had to, because of an error. */
	bool (*has_failed)(const void *made);

	/* When the node is gone. Takes NULL. */
	void (*free)(void *made);
};

/* What main returns. An error of the start, or of the node, is logged as `event`. */
int sb_daemon_main(const struct sb_daemon *daemon, const char *event, int argc, char **argv);

#endif
