/* A server from the inside: a service, complete options, counters, memory of each shard. */
#ifndef SB_ERPS_SERVER_INTERNAL_H
#define SB_ERPS_SERVER_INTERNAL_H

#include "protocols/erps/server.h"
#include "protocols/erps/server_metrics_internal.h"
#include "protocols/erps/sign.h"
#include "protocols/erps/version.h"

/* What one shard's sessions share; cache lines of its own. */
struct erps_server_shard {
	_Alignas(64) struct erps_decoder decoder;
	struct erps_signer signer; /* where there are secrets */
};

struct erps_server {
	struct sb_module module;
	struct sb_module handed_module; /* of sessions that are given their connection */
	const struct erps_service *service;
	const void *args;
	struct sb_node *node;
	const struct sb_env *env;
	struct erps_service_options options; /* complete; `access` is not looked at any more */
	struct sb_bytes identifier;          /* data NULL: any */
	struct erps_requirement versions;
	struct erps_access *access; /* NULL: everybody may use everything */
	struct erps_server_metrics metrics;
	struct erps_server_shard *shards;
	unsigned shard_count;
	void *shards_memory;
};

/* server_options.c: copies the options, completed, into a zeroed server. 0; SB_EINVAL, and *wrong
 * is the mistaken one's name; SB_ENOMEM. What was made is freed by erps_server_options_fini. */
int erps_server_options_init(
	struct erps_server *server, const struct erps_service_options *options, const char **wrong);
void erps_server_options_fini(struct erps_server *server);

/* session.c: the callbacks of the core. */
extern const struct sb_module erps_session_callbacks;

/* session.c: `start` of a session that is to be given a connection, soon. */
int erps_session_start_handed(struct sb_session *s, const void *args);

/* session.c: octets of state that a session of this service takes. */
size_t erps_session_size(const struct erps_service *service);

#endif
