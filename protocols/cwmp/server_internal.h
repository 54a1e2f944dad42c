/* A server from the inside: what its sessions on all shards share. */
#ifndef SB_CWMP_SERVER_INTERNAL_H
#define SB_CWMP_SERVER_INTERNAL_H

#include "core/env.h"
#include "core/module.h"
#include "core/rate.h"
#include "protocols/cwmp/metrics_internal.h"
#include "protocols/cwmp/server.h"
#include "protocols/cwmp/token_internal.h"

#include <stdatomic.h>

/* Decoders that wait for their next document: more than that many are freed. */
#define CWMP_IDLE_DECODERS 8

/* What one shard's sessions use; cache lines of its own. */
struct cwmp_server_shard {
	_Alignas(64) struct cwmp_tokens tokens;
	struct sb_rate new_sessions;
	struct cwmp_decoder *idle[CWMP_IDLE_DECODERS];
	unsigned idle_count;
};

struct cwmp_server {
	struct sb_module module; /* of its CWMP sessions */
	const struct cwmp_service *service;
	const void *args;
	struct sb_node *node;
	const struct sb_env *env;
	struct cwmp_server_options options; /* complete */
	struct cwmp_metrics metrics;
	struct cwmp_server_shard *shards;
	unsigned shard_count;
	void *shards_memory;
	_Atomic uint32_t sessions;
	_Atomic size_t held;      /* octets, of options.held_bytes */
	struct http_server *http; /* of cwmp_server_listen */
};

/* session.c: the callbacks of the core; `start` takes the server as args. */
extern const struct sb_module cwmp_session_callbacks;
size_t cwmp_session_size(const struct cwmp_service *service);

/* decoders.c: from the shard's idle ones, or a new one; NULL without memory. And back. */
struct cwmp_decoder *cwmp_decoder_take(struct cwmp_server *server, unsigned shard);
void
cwmp_decoder_give_back(struct cwmp_server *server, unsigned shard, struct cwmp_decoder *decoder);

/* held.c: octets of an envelope that is `*size` long so far, and of which `*held` count; they grow
 * by `more`. False: there is no room for it, and they stay as they are. Any thread. */
bool cwmp_hold(struct cwmp_server *server, size_t *size, size_t *held, size_t more);
void cwmp_let_go(struct cwmp_server *server, size_t held);

/* server.c: when a device that is refused for want of room is to come again: spread, so that they
 * do not all come at once. */
uint32_t cwmp_retry_after(const struct cwmp_server *server, const struct sb_session *s);

/* name.c: of a device in the registry, into `out` of CWMP_NAME_SIZE octets. */
#define CWMP_NAME_SIZE 256
void cwmp_registry_name(const char *device, char out[CWMP_NAME_SIZE]);

/* front.c: a POST that waits is answered within this. */
uint32_t cwmp_answer_ms(const struct cwmp_server *server);

#endif
