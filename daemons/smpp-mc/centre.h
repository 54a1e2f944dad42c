/*
 * A message centre: all that smpp-mc is between its configuration file and the
 * node it runs on.
 *
 *	mc_centre_new(&centre, file);
 *	sb_node_new(&node, &options);
 *	mc_centre_start(centre, node);
 *	sb_node_run(node);
 *	sb_node_free(node);
 *	mc_centre_free(centre);
 */
#ifndef SMPP_MC_CENTRE_H
#define SMPP_MC_CENTRE_H

#include "core/config.h"
#include "core/node.h"

#include <stdbool.h>
#include <stdint.h>

struct mc_centre;
struct sb_store_memory;

/* Converts the configuration, which must outlive the centre; what is wrong with it is reported.
 * 0, SB_ECONFIG or SB_ENOMEM. */
int mc_centre_new(struct mc_centre **centre, const struct sb_config *file);

/* For tests, before mc_centre_start: a store in memory that outlives the node (core/store.h),
 * borrowed; and how slow it is. */
void mc_centre_set_memory(struct mc_centre *centre, struct sb_store_memory *memory);
void mc_centre_set_delay(struct mc_centre *centre, uint64_t delay_ns);

/* Opens the store and starts the centre's sessions on a node that does not run yet. Listeners open
 * when all is there. 0, or an error of sb_store_open, smpp_service_new and their like. */
int mc_centre_start(struct mc_centre *centre, struct sb_node *node);

/* Whether the store could not be read at the start, or a listener not be opened, for which the node
 * has stopped. */
bool mc_centre_has_failed(const struct mc_centre *centre);

/* After sb_node_free. Takes NULL. */
void mc_centre_free(struct mc_centre *centre);

#endif
