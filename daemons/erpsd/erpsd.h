/*
 * All that erpsd is between its configuration file and the node it runs on.
 *
 *	erpsd_new(&d, file);
 *	sb_node_new(&node, &options);
 *	erpsd_start(d, node);
 *	sb_node_run(node);
 *	sb_node_free(node);
 *	erpsd_free(d);
 */
#ifndef ERPSD_ERPSD_H
#define ERPSD_ERPSD_H

#include "core/config.h"
#include "core/node.h"

#include <stdbool.h>
#include <stdint.h>

struct erpsd;
struct sb_store_memory;

/* Converts the configuration, which must outlive it, and opens its services; what is wrong is
 * reported. 0, SB_ECONFIG or SB_ENOMEM. */
int erpsd_new(struct erpsd **d, const struct sb_config *file);

/* For tests, before erpsd_start: a store in memory that outlives the node (core/store.h), borrowed;
 * and how slow it is. */
void erpsd_set_memory(struct erpsd *d, struct sb_store_memory *memory, uint64_t delay_ns);

/* Opens the store and starts the services' own sessions on a node that does not run yet. Listeners
 * open when all is there. 0, or an error of sb_store_open, erps_server_new and their like. */
int erpsd_start(struct erpsd *d, struct sb_node *node);

/* Whether the node has stopped because the store could not be read, or a listener not be opened. */
bool erpsd_has_failed(const struct erpsd *d);

/* After sb_node_free. Takes NULL. */
void erpsd_free(struct erpsd *d);

#endif
