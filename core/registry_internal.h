/* The registry from the inside: what the node makes, and what its files share. */
#ifndef SB_CORE_REGISTRY_INTERNAL_H
#define SB_CORE_REGISTRY_INTERNAL_H

#include "metrics.h"
#include "name_table_internal.h"
#include "registry.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

struct sb_node;
struct sb_session;

#define SB_NAME_KINDS 2 /* enum sb_name_kind */

/* What is published to the sessions of one shard and not yet fanned out there, in octets. */
struct sb_publish_lane {
	_Atomic size_t waiting;
	unsigned char own_line[64 - sizeof(size_t)];
};

struct sb_registry {
	struct sb_node *node;
	const struct sb_env *env;
	struct sb_epoch *epoch;
	uint64_t seed;
	pthread_mutex_t lock; /* of every change, and of the watchers */
	struct sb_name_table names[SB_NAME_KINDS];
	struct sb_name_table watched[SB_NAME_KINDS];
	struct sb_counter *publish_missed; /* by members: no room, or no memory */
	struct sb_counter *notices_lost;
	struct sb_publish_lane lanes[];
};

enum sb_holding_kind { SB_HOLDS_NAME, SB_HOLDS_MEMBERSHIP, SB_HOLDS_WATCH };

/* What a session holds here; embedded in it. */
struct sb_holding {
	struct sb_holding *next, **link;
	enum sb_holding_kind kind;
};

/* The registry of a node, which has its shard count, metrics and epoch already. NULL: no memory. */
struct sb_registry *sb_registry_new(struct sb_node *node);
/* After every session has ended, before the epoch is freed. Takes NULL. */
void sb_registry_free(struct sb_registry *registry);

struct sb_registry *sb_registry_of(const struct sb_session *s);
void sb_holding_add(struct sb_session *s, struct sb_holding *holding, enum sb_holding_kind kind);
void sb_holding_remove(struct sb_holding *holding);

static inline void *
sb_registry_allocate(struct sb_registry *registry, size_t size)
{
	return registry->env->allocate(registry->env->context, size);
}

static inline void
sb_registry_give_back(struct sb_registry *registry, void *memory)
{
	registry->env->release(registry->env->context, memory);
}

/* topic.c, with the lock: the session leaves. Frees the holding. */
void sb_membership_end(struct sb_registry *registry, struct sb_holding *holding);
/* With the lock: calls `each` with every member until it returns an error. */
int sb_topic_members(struct sb_name *topic, unsigned shards,
	int (*each)(void *context, struct sb_address member), void *context);

/* name_watch.c, with the lock: tells who watches. */
void sb_name_changed(struct sb_registry *registry, enum sb_name_kind kind,
	const struct sb_name_key *key, struct sb_address holder, bool is_held);
/* With the lock: the watch ends. Frees the holding. */
void sb_name_watch_end(struct sb_registry *registry, struct sb_holding *holding);

/* registry.c: the holder of a unique name's entry. */
struct sb_address sb_name_holder(const struct sb_name *name);

#endif
