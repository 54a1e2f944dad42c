/* The registry from the inside: the peers of each shard, and what goes from shard to shard. */
#ifndef ERPSD_REGISTRY_INTERNAL_H
#define ERPSD_REGISTRY_INTERNAL_H

#include "core/address.h"
#include "core/metrics.h"
#include "core/module.h"
#include "daemons/erpsd/registry.h"

#include <stdint.h>

#define ERPSD_NAME_MAX    200 /* octets */
#define ERPSD_NAMES_MAX   16  /* of one peer */
#define ERPSD_WHO_MOST    10000
#define ERPSD_WHO_DEFAULT 100
#define ERPSD_WHO_OCTETS  (512u << 10)

/* One of a peer's names. */
struct erpsd_name {
	struct erpsd_name *next;
	char text[]; /* as it is in the core's registry, with its prefix */
};

/* A peer's state in the service. */
struct erpsd_registry_peer {
	struct erpsd_registry *registry;
	struct sb_session *session;
	struct erpsd_registry_peer *next, **link;
	struct erpsd_name *names;
	int64_t since_ms;
};

/* Touched by its shard alone; a cache line of its own. */
struct erpsd_registry_shard {
	_Alignas(64) struct erpsd_registry_peer *peers;
};

/* The type of a question that goes from clerk to clerk. */
#define ERPSD_REGISTRY_WHO       0x45525201u /* struct erpsd_who */
#define ERPSD_REGISTRY_BROADCAST 0x45525202u /* struct erpsd_broadcast */

struct erpsd_who {
	struct erps_from from;
	uint32_t limit, count;
	uint32_t size; /* of `terms`: `count` maps, each behind its size in 32 bits */
	uint8_t terms[];
};

struct erpsd_broadcast {
	struct sb_address sender; /* does not get it */
	uint32_t size;
	uint8_t term[];
};

/* The session of the registry on a shard, by the name that it takes: 0 or SB_ENOENT. */
int erpsd_clerk_find(struct sb_session *s, unsigned shard, struct sb_address *clerk);

/* Its args are the struct erpsd_registry. */
extern const struct sb_module erpsd_clerk_module;

/* Appends what is told of a peer, as a map. On its own shard. */
void erpsd_peer_put(struct erps_builder *b, const struct erpsd_registry_peer *peer);

#endif
