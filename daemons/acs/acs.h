/*
 * All that acs is between its configuration file and the node it runs on.
 *
 *	acs_new(&a, file);
 *	sb_node_new(&node, &options);
 *	acs_start(a, node);
 *	sb_node_run(node);
 *	sb_node_free(node);
 *	acs_free(a);
 */
#ifndef ACS_ACS_H
#define ACS_ACS_H

#include "core/config.h"
#include "core/node.h"

#include <stdbool.h>
#include <stdint.h>

struct acs;
struct sb_store_memory;

/* Converts the configuration, which must outlive it; what is wrong is reported. 0, SB_ECONFIG or
 * SB_ENOMEM. */
int acs_new(struct acs **acs, const struct sb_config *file);

/* For tests, before acs_start: a store in memory that outlives the node (core/store.h), borrowed;
 * and how slow it is. */
void acs_set_memory(struct acs *acs, struct sb_store_memory *memory, uint64_t delay_ns);

/* Opens the store and starts keepers, files, scripts, on a node that does not run yet. Listeners
 * open when all that is stored is there. 0, or an error of what it starts. */
int acs_start(struct acs *acs, struct sb_node *node);

/* Whether the node has stopped because the store could not be read, or a listener not be opened. */
bool acs_has_failed(const struct acs *acs);

/* After sb_node_free. Takes NULL. */
void acs_free(struct acs *acs);

#endif
