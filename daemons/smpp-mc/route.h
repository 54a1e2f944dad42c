/*
 * Routes: the longest prefix of a destination decides. Compiled once into an
 * immutable trie of digits, looked up without a lock or an allocation.
 */
#ifndef SMPP_MC_ROUTE_H
#define SMPP_MC_ROUTE_H

#include "core/bytes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum mc_route_kind {
	MC_ROUTE_NOWHERE,  /* refused with `status` */
	MC_ROUTE_ACCOUNT,  /* to the receiving binds of account number `target` */
	MC_ROUTE_SINK,     /* to sink number `target` */
	MC_ROUTE_UPSTREAM, /* to the first of `upstreams` that is bound */
};

struct mc_route {
	const char *prefix; /* "" matches every destination; borrowed from the configuration */
	enum mc_route_kind kind;
	uint16_t target;
	const uint16_t *upstreams; /* by number, in order of preference; borrowed */
	size_t upstream_count;
	bool is_forwarded; /* not stored; the answer waits for the far side's */
	uint32_t status;   /* MC_ROUTE_NOWHERE */
};

struct mc_route_table;

/* Characters a prefix may have: 0-9, +, *, #. */
bool mc_route_prefix_is_valid(const char *prefix);

/* Compiles `count` routes (copied, their prefixes borrowed). 0; SB_EINVAL: a prefix has other
 * characters; SB_EEXIST: it comes twice (*bad, may be NULL, is its index); SB_ENOMEM. */
int mc_route_table_new(
	struct mc_route_table **table, const struct mc_route *routes, size_t count, size_t *bad);
void mc_route_table_free(struct mc_route_table *table);

/* The route of the longest prefix; NULL: none matches. Lives as long as the table. */
const struct mc_route *
mc_route_find(const struct mc_route_table *table, struct sb_bytes destination);

size_t mc_route_count(const struct mc_route_table *table);

#endif
