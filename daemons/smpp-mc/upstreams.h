/*
 * The binds at upstreams, as a node has them: their TLS contexts, their options as
 * services of the ESME side, and the sessions that are started of these.
 */
#ifndef SMPP_MC_UPSTREAMS_H
#define SMPP_MC_UPSTREAMS_H

#include "core/config.h"
#include "core/node.h"
#include "daemons/smpp-mc/config.h"

struct mc_upstreams;

/* Makes what needs files, so that a check of the configuration reports it. SB_ECONFIG when
 * something was reported, SB_ENOMEM. */
int mc_upstreams_new(struct mc_upstreams **upstreams, const struct sb_config *file,
	const struct mc_config *config);

/* Makes the services on a node; `config` becomes its own. 0, or an error of smpp_esme_new. */
int mc_upstreams_open(
	struct mc_upstreams *upstreams, struct sb_node *node, const struct mc_config *config);

/* Starts all binds, under the node's root, spread over its shards. They connect, and come back,
 * for themselves. NULL: there are none. 0 or SB_ENOMEM. */
int mc_upstreams_start(const struct mc_upstreams *upstreams, struct sb_node *node);

/* After sb_node_free. Takes NULL. */
void mc_upstreams_free(struct mc_upstreams *upstreams);

#endif
