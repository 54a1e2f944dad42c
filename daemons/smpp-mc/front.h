/*
 * The front: once every partition is there, brings back what an earlier life left in
 * the store, and then opens the listeners. Stops the node when either fails.
 */
#ifndef SMPP_MC_FRONT_H
#define SMPP_MC_FRONT_H

#include "core/listener.h"
#include "core/module.h"
#include "daemons/smpp-mc/service.h"
#include "protocols/smpp/session.h"

#include <stdbool.h>
#include <stddef.h>

struct mc_upstreams;

/* The topic that partitions join. */
#define MC_PARTITIONS "smpp-mc.partitions"

/* What the node is started with; outlives it. */
struct mc_front {
	struct mc_service *service;
	struct smpp_service *smpp;
	const struct mc_upstreams *upstreams;
	const struct sb_listener_options *listeners;
	size_t listener_count;
	bool has_failed; /* set before the node stops */
};

/* Starts doorkeeper, partitions and front under the node's root. 0 or SB_ENOMEM. Before
 * sb_node_run. */
int mc_front_start(struct mc_front *front);

#endif
