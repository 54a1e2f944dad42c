/*
 * The configuration of smpp-mc as one immutable snapshot: what the file says,
 * converted and compiled. Sessions look it up through the node in every callback.
 */
#ifndef SMPP_MC_CONFIG_H
#define SMPP_MC_CONFIG_H

#include "daemons/smpp-mc/account.h"
#include "daemons/smpp-mc/parcel.h"
#include "daemons/smpp-mc/route.h"
#include "daemons/smpp-mc/upstream.h"

#include <stddef.h>
#include <stdint.h>

struct mc_service;

/* Failed attempts by what the far side did; each has a back-off of its own. X(NAME, name) */
#define MC_RETRY_MAP(X)         \
	X(TEMPORARY, temporary) \
	X(THROTTLED, throttled) \
	X(TIMEOUT, timeout)

enum mc_retry_class {
#define X(constant, name) MC_RETRY_##constant,
	MC_RETRY_MAP(X)
#undef X
		MC_RETRY_CLASSES
};

/* The n-th retry waits first * 2^(n-1), at most `most`, until there were `attempts` (0: until the
 * message expires). */
struct mc_retry {
	uint64_t first_ms;
	uint64_t most_ms;
	uint32_t attempts;
};

/* A simulated handset. Parts are in thousandths of all messages. */
struct mc_sink {
	const char *name;
	uint64_t delay_ms;
	uint32_t fail;   /* undeliverable */
	uint32_t retry;  /* a temporary failure: tried again */
	uint32_t expire; /* keeps it until its validity ends */
	uint8_t error;   /* err: of the receipts of what failed */
};

struct mc_limits {
	uint64_t queue;       /* messages waiting in the node */
	uint64_t cache_bytes; /* of their texts in memory */
	uint64_t validity_ms; /* of a message that says none */
	uint64_t validity_most_ms;
	uint64_t receipt_validity_ms;
	uint64_t final_ms; /* how long final states are kept */
	uint64_t finals;   /* and how many */
};

struct mc_config {
	struct mc_account *accounts; /* in order of system_id */
	size_t account_count;
	struct mc_sink *sinks;
	size_t sink_count;
	struct mc_upstream *upstreams;
	size_t upstream_count;
	struct mc_route_table *routes;
	char **prefixes; /* of the routes */
	size_t prefix_count;
	uint16_t *targets; /* upstreams of the routes */
	struct mc_retry retries[MC_RETRY_CLASSES];
	struct mc_limits limits;
	struct mc_rate rate; /* of messages that are accepted, over all accounts */
	uint32_t partitions_per_shard;
	bool tells_congestion;    /* congestion_state, to clients of 5.0 */
	bool throttles_when_full; /* the store's queue: else sessions are held */
	uint64_t bind_failures;   /* of one source before its answers are delayed */
	uint64_t bind_delay_ms;   /* the first delay; doubles with each failure */
	uint64_t bind_delay_most_ms;
	struct mc_service *service; /* the running node's; borrowed */
};

/* The account of a system_id; NULL: none. */
const struct mc_account *
mc_config_account(const struct mc_config *config, struct sb_bytes system_id);

/* Queues are numbered: accounts, then sinks, then upstreams. */
static inline size_t
mc_config_queues(const struct mc_config *config)
{
	return config->account_count + config->sink_count + config->upstream_count;
}

/* The upstream of a queue's number; NULL when it is something else's. */
static inline const struct mc_upstream *
mc_config_upstream(const struct mc_config *config, uint16_t queue)
{
	size_t first = config->account_count + config->sink_count;

	return queue < first || queue >= mc_config_queues(config)
		       ? NULL
		       : &config->upstreams[queue - first];
}

/* Who has receiving binds, or sent a message: the account or upstream of that number. */
static inline const struct mc_account *
mc_config_party(const struct mc_config *config, uint16_t queue)
{
	return queue < config->account_count ? &config->accounts[queue]
					     : &mc_config_upstream(config, queue)->party;
}

/* The account or upstream of that name; NULL: none. */
const struct mc_account *
mc_config_party_named(const struct mc_config *config, struct sb_bytes name);

/* The sink of a queue's number; NULL when it is an account's. */
static inline const struct mc_sink *
mc_config_sink(const struct mc_config *config, uint16_t queue)
{
	size_t sink = (size_t)queue - config->account_count;

	if (queue < config->account_count || sink >= config->sink_count)
		return NULL;
	return &config->sinks[sink];
}

/* The queue that a route leads to; MC_NO_TARGET: none, or nowhere. */
uint16_t mc_config_target(const struct mc_config *config, const struct mc_route *route);

/* Frees what the snapshot owns, and itself. Takes NULL. */
void mc_config_free(struct mc_config *config);

#endif
