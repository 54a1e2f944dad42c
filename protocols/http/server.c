/*
 * A server: what the sessions of one service share, complete before the first of them
 * starts and not changed afterwards. Only what is a shard's own is written to, by that
 * shard.
 */
#include "core/env.h"
#include "core/error.h"
#include "core/node.h"
#include "protocols/http/head_internal.h"
#include "protocols/http/server_internal.h"

#include <string.h>

/* Blocks that a shard keeps for the exchanges to come. */
#define BLOCKS_KEPT 256

static void
complete32(uint32_t *limit, uint32_t standard)
{
	if (!*limit)
		*limit = standard;
}

static void
complete_limits(struct http_limits *limits)
{
	complete32(&limits->head_bytes, 16u << 10);
	if (limits->head_bytes > HTTP_HEAD_MAX)
		limits->head_bytes = HTTP_HEAD_MAX;
	complete32(&limits->fields, 100);
	if (limits->fields > UINT16_MAX)
		limits->fields = UINT16_MAX;
	if (!limits->body_bytes)
		limits->body_bytes = 1u << 20;
	complete32(&limits->head_ms, 10000);
	complete32(&limits->body_ms, 30000);
	complete32(&limits->answer_ms, 60000);
	complete32(&limits->idle_ms, 75000);
	complete32(&limits->requests, UINT32_MAX);
}

static int
make_shards(struct http_server *server, unsigned count)
{
	/* Each has cache lines of its own, for which the memory need not be aligned. */
	size_t align = _Alignof(struct http_server_shard);
	size_t size = count * sizeof(struct http_server_shard);
	uint8_t *memory = server->env->allocate(server->env->context, size + align);

	if (!memory)
		return SB_ENOMEM;
	server->shards_memory = memory;
	memory += (align - (uintptr_t)memory % align) % align;
	memset(memory, 0, size);
	server->shards = (struct http_server_shard *)memory;
	server->shard_count = count;
	return 0;
}

int
http_server_new(struct http_server **server, struct sb_node *node,
	const struct http_server_options *options)
{
	const struct sb_env *env = sb_node_env(node);
	struct http_server *made;
	int err;

	if (!options->name || !options->route)
		return SB_EINVAL;
	made = env->allocate(env->context, sizeof(*made));
	if (!made)
		return SB_ENOMEM;
	*made = (struct http_server){
		.module = http_session_callbacks, .options = *options, .env = env};
	complete_limits(&made->options.limits);
	made->module.name = options->name;
	made->module.state_size = http_session_size(options);
	err = make_shards(made, sb_node_shards(node));
	if (err) {
		http_server_free(made);
		return err;
	}
	http_server_metrics_init(&made->metrics, sb_node_metrics(node), options->name);
	*server = made;
	return 0;
}

void
http_server_free(struct http_server *server)
{
	if (!server)
		return;
	for (unsigned i = 0; i < server->shard_count; i++) {
		struct http_server_shard *shard = &server->shards[i];
		void *block;

		while ((block = shard->blocks)) {
			memcpy(&shard->blocks, block, sizeof(shard->blocks));
			server->env->release(server->env->context, block);
		}
	}
	server->env->release(server->env->context, server->shards_memory);
	server->env->release(server->env->context, server);
}

const struct sb_module *
http_server_module(const struct http_server *server)
{
	return &server->module;
}

void *
http_block_take(struct http_server *server, unsigned shard)
{
	struct http_server_shard *own = &server->shards[shard];
	void *block = own->blocks;

	if (!block)
		return server->env->allocate(server->env->context, HTTP_EXCHANGE_BLOCK);
	memcpy(&own->blocks, block, sizeof(own->blocks));
	own->block_count--;
	return block;
}

void
http_block_give(struct http_server *server, unsigned shard, void *block)
{
	struct http_server_shard *own = &server->shards[shard];

	if (own->block_count == BLOCKS_KEPT) {
		server->env->release(server->env->context, block);
		return;
	}
	memcpy(block, &own->blocks, sizeof(own->blocks));
	own->blocks = block;
	own->block_count++;
}
