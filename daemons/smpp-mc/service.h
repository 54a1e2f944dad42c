/*
 * What the sessions of one smpp-mc share beside the configuration: the store,
 * the id counter, and where the partitions are. Made before the node runs.
 */
#ifndef SMPP_MC_SERVICE_H
#define SMPP_MC_SERVICE_H

#include "core/address.h"
#include "core/metrics.h"
#include "core/node.h"
#include "core/session.h"
#include "core/store.h"
#include "daemons/smpp-mc/config.h"
#include "daemons/smpp-mc/id.h"

#include <stdatomic.h>
#include <stdint.h>

/* Kinds of rows. */
enum mc_kind {
	MC_KIND_MESSAGE, /* messages and receipts that wait: head and body of parcel.h */
	MC_KIND_FINAL,   /* records of final.h, as many as one commit had */
	MC_KIND_SENT,    /* messages that an upstream has: sent.h */
	MC_KIND_COUNT,
};

extern const struct sb_store_kind mc_kinds[MC_KIND_COUNT];

/* SQL for the store's `views`: what is in it, in words (views.c). */
extern const char mc_views[];

/* A shard's own. */
struct mc_shard {
	_Alignas(64) struct mc_id_block ids;
	uint64_t turn_ns; /* the turn in which the clock on the wall was read */
	int64_t wall_ms;
};

/* Where a partition is. Two words that are not read together: a mix of an old and a new address
 * reaches nobody, which is what the old one does, too. */
struct mc_partition_place {
	_Atomic uint64_t where; /* node 16 | shard 16 | slot 32 */
	_Atomic uint64_t generation;
};

struct mc_service {
	struct sb_node *node;
	struct sb_store *store;
	struct mc_ids ids;
	struct mc_shard *shards;
	_Alignas(64) struct mc_bucket bucket;        /* of all accounts together */
	_Alignas(64) _Atomic uint32_t trouble_count; /* partitions whose commits fail */
	struct mc_partition_place *places;
	uint32_t partition_count;
	struct mc_account_state *accounts; /* by number; behind them those of upstreams */
	struct mc_upstream_state *upstreams;
	size_t account_count;
	struct sb_gauge *troubled; /* the same, to be shown */
	struct sb_gauge *messages; /* in all partitions, receipts among them */
};

/* Makes the service of a node whose configuration is `config` and sets config->service. `node_id`
 * goes into message ids. The store is borrowed. 0 or SB_ENOMEM; mc_service_free after sb_node_free.
 */
int mc_service_new(struct mc_service **service, struct sb_node *node, struct sb_store *store,
	struct mc_config *config, uint16_t node_id);
void mc_service_free(struct mc_service *service);

/* The snapshot of a session's node: valid in this callback. */
static inline const struct mc_config *
mc_config_of(const struct sb_session *s)
{
	return sb_node_config(sb_session_node(s));
}

/* Unix milliseconds, read once a turn: a message is asked for its time more than once. */
int64_t mc_service_wall(struct sb_session *s, struct mc_service *service);

/* The next ids, from the shard's block. */
uint64_t mc_service_ids(struct sb_session *s, struct mc_service *service, uint32_t count);

/* The same above all that any shard has taken so far. */
uint64_t mc_service_ids_fresh(struct sb_session *s, struct mc_service *service, uint32_t count);

/* One above `floor`, which this node has handed out. */
uint64_t mc_service_id_above(struct sb_session *s, struct mc_service *service, uint64_t floor);

struct sb_address mc_service_partition(const struct mc_service *service, uint32_t number);
void
mc_service_set_partition(struct mc_service *service, uint32_t number, struct sb_address address);

#endif
