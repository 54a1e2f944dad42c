/* A server from the inside: complete options, counters, and what one shard's sessions share. */
#ifndef SB_HTTP_SERVER_INTERNAL_H
#define SB_HTTP_SERVER_INTERNAL_H

#include "core/module.h"
#include "protocols/http/date.h"
#include "protocols/http/server.h"
#include "protocols/http/server_metrics_internal.h"

/* Octets of the memory that an exchange lives in, from the shard's pool. */
#define HTTP_EXCHANGE_BLOCK 2048

/* Octets that are inflated, or compressed, at a time. */
#define HTTP_PIECE 16384

/* Cache lines of its own. */
struct http_server_shard {
	_Alignas(64) void *blocks; /* the pool: each begins with the next one's address */
	unsigned block_count;
	int64_t date_s; /* whose date it is */
	char date[HTTP_DATE_SIZE];
	/* Within one callback; both at once, where a body's part is answered with. */
	uint8_t inflated[HTTP_PIECE];
	uint8_t compressed[HTTP_PIECE];
};

struct http_server {
	struct sb_module module;
	struct http_server_options options; /* limits complete */
	const struct sb_env *env;
	struct http_server_metrics metrics;
	struct http_server_shard *shards;
	unsigned shard_count;
	void *shards_memory;
};

/* server.c: a block of the shard's pool; NULL: there is no memory. */
void *http_block_take(struct http_server *server, unsigned shard);
void http_block_give(struct http_server *server, unsigned shard, void *block);

/* session.c: the callbacks of the core. */
extern const struct sb_module http_session_callbacks;

/* session.c: octets of state that a connection of this server takes. */
size_t http_session_size(const struct http_server_options *options);

#endif
