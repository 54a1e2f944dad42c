/* The registry from the inside: what the node makes, and what its files share. */
#ifndef SB_CORE_REGISTRY_INTERNAL_H
#define SB_CORE_REGISTRY_INTERNAL_H

struct sb_node;
struct sb_registry;

/* The registry of a node, which has its shards, metrics and epoch already. NULL: no memory. */
struct sb_registry *sb_registry_new(struct sb_node *node);
/* After every session has ended, before the epoch is freed. Takes NULL. */
void sb_registry_free(struct sb_registry *registry);

#endif
