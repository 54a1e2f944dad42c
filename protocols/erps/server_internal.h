/* A server from the inside: a service, complete options, counters, memory of each shard. */
#ifndef SB_ERPS_SERVER_INTERNAL_H
#define SB_ERPS_SERVER_INTERNAL_H

#include "protocols/erps/server.h"
#include "protocols/erps/server_metrics_internal.h"

struct erps_access;

/* What one shard's sessions share; cache lines of its own. */
struct erps_server_shard {
	_Alignas(64) struct erps_decoder decoder;
};

struct erps_server {
	struct sb_module module;
	const struct erps_service *service;
	const void *args;
	struct sb_node *node;
	const struct sb_env *env;
	struct erps_service_options options; /* complete; its texts lie behind this struct */
	struct sb_bytes identifier;
	struct erps_server_metrics metrics;
	struct erps_server_shard *shards;
	unsigned shard_count;
	void *shards_memory;
};

/* session.c: the callbacks of the core. */
extern const struct sb_module erps_session_callbacks;

/* session.c: octets of state that a session of this service takes. */
size_t erps_session_size(const struct erps_service *service);

#endif
