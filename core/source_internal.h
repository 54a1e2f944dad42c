/*
 * How many connections each source address has, over all shards of a node: one
 * table a listener. An IPv6 source is its /64, which is what one customer has;
 * an IPv4 address is the same in either family's socket. Any thread.
 */
#ifndef SB_CORE_SOURCE_INTERNAL_H
#define SB_CORE_SOURCE_INTERNAL_H

#include "env.h"
#include "peer.h"

#include <stddef.h>
#include <stdint.h>

struct sb_source;
struct sb_sources;

/* An empty table, with memory of `env`, which outlives it. 0 or SB_ENOMEM. */
int sb_sources_new(struct sb_sources **sources, const struct sb_env *env);

/* Frees a table whose sources are all given back. NULL is fine. */
void sb_sources_free(struct sb_sources *sources);

/* Counts one connection of `address`; the caller gives the source back when it ends. 0; SB_ELIMIT:
 * the address has `limit` of them already; SB_ENOMEM. */
int sb_source_take(struct sb_sources *sources, const union sb_socket_address *address,
	uint32_t limit, struct sb_source **source);

/* Uncounts it; its memory goes with the last one. NULL is fine. */
void sb_source_give(struct sb_source *source);

/* Addresses that have a connection now. */
size_t sb_sources_count(struct sb_sources *sources);

#endif
