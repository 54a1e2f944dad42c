/*
 * A server: what the sessions of one service share, complete before the first of them
 * starts and not changed afterwards, so that sessions on every shard read it without a
 * lock. Only what is a shard's own is written to, by that shard.
 */
#include "core/node.h"
#include "protocols/erps/packet.h"
#include "protocols/erps/server_internal.h"

#include <string.h>

static int
make_shard(struct erps_server *server, struct erps_server_shard *shard)
{
	const struct erps_service_options *o = &server->options;

	shard->decoder =
		(struct erps_decoder){.limits = o->terms, .atoms = o->atoms, .env = server->env};
	return o->secret_count ? erps_signer_init(&shard->signer, o->secrets, o->secret_count) : 0;
}

static int
make_shards(struct erps_server *server, const char **wrong)
{
	unsigned count = sb_node_shards(server->node);
	/* Each has cache lines of its own, for which the memory need not be aligned. */
	size_t align = _Alignof(struct erps_server_shard);
	size_t size = count * sizeof(struct erps_server_shard);
	uint8_t *memory = server->env->allocate(server->env->context, size + align);

	if (!memory)
		return SB_ENOMEM;
	server->shards_memory = memory;
	memory += (align - (uintptr_t)memory % align) % align;
	memset(memory, 0, size);
	server->shards = (struct erps_server_shard *)memory;
	for (; server->shard_count < count; server->shard_count++) {
		int err = make_shard(server, &server->shards[server->shard_count]);

		if (err == SB_EINVAL)
			*wrong = "secrets";
		if (err)
			return err;
	}
	return 0;
}

static void
make_module(struct erps_server *server)
{
	/* A module of its own for each server: name, state and frame limit differ, the callbacks do
	 * not. */
	server->module = erps_session_callbacks;
	server->module.name = server->service->name;
	server->module.state_size = erps_session_size(server->service);
	server->module.max_frame = ERPS_HEADER_SIZE + server->options.max_payload;
	server->handed_module = server->module;
	server->handed_module.start = erps_session_start_handed;
}

static void
say_wrong(const struct erps_server *server, const char *option)
{
	SB_LOG_TO(sb_node_log(server->node), ERROR, "erps.option", "service",
		SB_STR(server->service->name), "option", SB_STR(option));
}

int
erps_server_new(struct erps_server **server, struct sb_node *node,
	const struct erps_service *service, const struct erps_service_options *options,
	const void *args)
{
	static const struct erps_service_options defaults;
	const struct sb_env *env = sb_node_env(node);
	struct erps_server *made = env->allocate(env->context, sizeof(*made));
	const char *wrong = NULL;
	int err;

	if (!made)
		return SB_ENOMEM;
	*made = (struct erps_server){.service = service, .args = args, .node = node, .env = env};
	err = erps_server_options_init(made, options ? options : &defaults, &wrong);
	if (!err)
		err = make_shards(made, &wrong);
	if (err) {
		if (wrong)
			say_wrong(made, wrong);
		erps_server_free(made);
		return err;
	}
	make_module(made);
	erps_server_metrics_init(&made->metrics, sb_node_metrics(node), service->name);
	*server = made;
	return 0;
}

void
erps_server_free(struct erps_server *server)
{
	if (!server)
		return;
	for (unsigned i = 0; i < server->shard_count; i++) {
		erps_decoder_fini(&server->shards[i].decoder);
		erps_signer_fini(&server->shards[i].signer);
	}
	server->env->release(server->env->context, server->shards_memory);
	erps_server_options_fini(server);
	server->env->release(server->env->context, server);
}

const struct sb_module *
erps_server_module(const struct erps_server *server)
{
	return &server->module;
}
