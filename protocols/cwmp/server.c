/*
 * A server: complete before its first session, and not changed afterwards, so that all
 * shards read it without a lock. Only what is a shard's own is written to, by that shard.
 */
#include "core/node.h"
#include "core/registry.h"
#include "core/session.h"
#include "protocols/cwmp/server_internal.h"

#include <string.h>

static uint32_t
or_default(uint32_t value, uint32_t otherwise)
{
	return value ? value : otherwise;
}

static void
complete_options(struct cwmp_server_options *o)
{
	o->session_timeout_ms = or_default(o->session_timeout_ms, 30000);
	o->longest_timeout_ms = or_default(o->longest_timeout_ms, 600000);
	o->turn_ms = or_default(o->turn_ms, 25000);
	o->filter_ms = or_default(o->filter_ms, 20000);
	o->max_calls = or_default(o->max_calls, 256);
	o->max_posts = or_default(o->max_posts, 1000);
	o->max_sessions = or_default(o->max_sessions, 100000);
	o->new_sessions_rate = or_default(o->new_sessions_rate, SB_UNLIMITED);
	o->retry_after_s = or_default(o->retry_after_s, 60);
	o->drain_ms = or_default(o->drain_ms, 30000);
	if (!o->held_bytes)
		o->held_bytes = (size_t)256 << 20;
	if (!o->decode.bytes)
		o->decode.bytes = (size_t)16 << 20;
}

static int
make_shards(struct cwmp_server *server)
{
	unsigned count = sb_node_shards(server->node);
	/* Each has cache lines of its own, for which the memory need not be aligned. */
	size_t align = _Alignof(struct cwmp_server_shard);
	size_t size = count * sizeof(struct cwmp_server_shard);
	uint8_t *memory = server->env->allocate(server->env->context, size + align);
	uint8_t key[CWMP_TOKEN_KEY];
	int err = 0;

	if (!memory)
		return SB_ENOMEM;
	server->shards_memory = memory;
	memory += (align - (uintptr_t)memory % align) % align;
	memset(memory, 0, size);
	server->shards = (struct cwmp_server_shard *)memory;
	server->env->random(server->env->context, key, sizeof(key));
	for (; server->shard_count < count && !err; server->shard_count++) {
		struct cwmp_server_shard *shard = &server->shards[server->shard_count];

		sb_rate_init(&shard->new_sessions, server->options.new_sessions_rate,
			server->options.new_sessions_rate);
		err = cwmp_tokens_init(&shard->tokens, key);
	}
	return err;
}

/* A module of its own for each server: name and state differ, the callbacks do not. */
static void
make_module(struct cwmp_server *server)
{
	server->module = cwmp_session_callbacks;
	server->module.name = server->service->name;
	server->module.state_size = cwmp_session_size(server->service);
}

int
cwmp_server_new(struct cwmp_server **server, struct sb_node *node,
	const struct cwmp_service *service, const void *args,
	const struct cwmp_server_options *options)
{
	const struct sb_env *env = sb_node_env(node);
	struct cwmp_server *made;
	int err;

	if (!service->name)
		return SB_EINVAL;
	made = env->allocate(env->context, sizeof(*made));
	if (!made)
		return SB_ENOMEM;
	*made = (struct cwmp_server){.service = service, .args = args, .node = node, .env = env};
	if (options)
		made->options = *options;
	complete_options(&made->options);
	env->random(env->context, made->options.auth.secret, sizeof(made->options.auth.secret));
	err = make_shards(made);
	if (err) {
		cwmp_server_free(made);
		return err;
	}
	make_module(made);
	cwmp_metrics_init(&made->metrics, sb_node_metrics(node), service->name);
	*server = made;
	return 0;
}

void
cwmp_server_free(struct cwmp_server *server)
{
	if (!server)
		return;
	http_server_free(server->http);
	for (unsigned i = 0; i < server->shard_count; i++) {
		struct cwmp_server_shard *shard = &server->shards[i];

		while (shard->idle_count)
			cwmp_decoder_free(shard->idle[--shard->idle_count]);
		cwmp_tokens_fini(&shard->tokens);
	}
	server->env->release(server->env->context, server->shards_memory);
	server->env->release(server->env->context, server);
}

uint32_t
cwmp_server_sessions(const struct cwmp_server *server)
{
	return atomic_load_explicit(
		&((struct cwmp_server *)(uintptr_t)server)->sessions, memory_order_relaxed);
}

int
cwmp_server_find(struct sb_session *s, const char *device, struct sb_address *session)
{
	char name[CWMP_NAME_SIZE];

	cwmp_registry_name(device, name);
	return sb_lookup(s, name, session);
}

uint32_t
cwmp_retry_after(const struct cwmp_server *server, const struct sb_session *s)
{
	uint32_t mean = server->options.retry_after_s, chance;

	sb_random(s, &chance, sizeof(chance));
	return mean / 2 + chance % (mean + 1) + !(mean / 2);
}

/* ---- a listener of its own ---- */

static const struct http_handler *
route(struct http_exchange *x, void *context)
{
	return cwmp_server_route(context, x);
}

/* The answer is given by the session, which knows its own deadlines: HTTP's is behind them all. */
static int
make_http(struct cwmp_server *server)
{
	const struct cwmp_server_options *o = &server->options;
	const struct http_server_options options = {
		.name = server->service->name,
		.limits = {.body_bytes = o->decode.bytes,
			.answer_ms = cwmp_answer_ms(server) + 5000},
		.route = route,
		.context = server,
		.connection_size = sizeof(struct cwmp_connection),
		.is_needed = cwmp_connection_is_needed,
	};

	return server->http ? 0 : http_server_new(&server->http, server->node, &options);
}

int
cwmp_server_listen(struct cwmp_server *server, const struct sb_listener_options *listener,
	struct sb_listener **out)
{
	struct sb_listener_options own = *listener;
	struct sb_limits limits = {0};
	int err = make_http(server);

	if (err)
		return err;
	own.module = http_server_module(server->http);
	own.args = server->http;
	/* Connections live as long as the sessions on them when the node stops. */
	if (listener->limits)
		limits = *listener->limits;
	if (!limits.stop_ms)
		limits.stop_ms = server->options.drain_ms;
	own.limits = &limits;
	return sb_listen(server->node, &own, out);
}
