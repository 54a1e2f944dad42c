/*
 * A server: what the sessions of one service share, complete before the first of them
 * starts and not changed afterwards, so that sessions on every shard read it without a
 * lock. Only the decoders are written to, each by its own shard.
 */
#include "core/node.h"
#include "protocols/erps/packet.h"
#include "protocols/erps/server_internal.h"
#include "protocols/erps/session_pending_internal.h"

#include <string.h>

/* A bound for typing errors, far over what a term's other limits let through. */
#define MAX_PAYLOAD_LIMIT (256u << 20)

static uint32_t
or_default(uint32_t value, uint32_t fallback)
{
	return value ? value : fallback;
}

static void
complete(struct erps_service_options *o)
{
	o->max_payload = or_default(o->max_payload, 1u << 20);
	o->window = or_default(o->window, 1024);
	o->answer_ms = or_default(o->answer_ms, SB_UNLIMITED);
	o->drain_ms = or_default(o->drain_ms, 4000);
	o->bad_packets = or_default(o->bad_packets, 100);
}

/* The option that cannot be served; NULL: none. */
static const char *
mistake(const struct erps_service_options *o)
{
	size_t size = o->identifier ? strlen(o->identifier) : 0;

	if (size > ERPS_IDENTIFIER_SIZE)
		return "identifier";
	if (o->max_payload > MAX_PAYLOAD_LIMIT)
		return "max_payload";
	if (o->window > ERPS_SLOT_MASK / 2)
		return "window";
	return NULL;
}

static int
make_shards(struct erps_server *server)
{
	size_t size = server->shard_count * sizeof(struct erps_server_shard);
	/* Cells of a cache line each want its alignment, which an allocation need not have. */
	size_t align = _Alignof(struct erps_server_shard);
	uint8_t *memory = server->env->allocate(server->env->context, size + align);

	if (!memory)
		return SB_ENOMEM;
	server->shards_memory = memory;
	memory += (align - (uintptr_t)memory % align) % align;
	memset(memory, 0, size);
	server->shards = (struct erps_server_shard *)memory;
	for (unsigned i = 0; i < server->shard_count; i++)
		server->shards[i].decoder = (struct erps_decoder){.limits = server->options.terms,
			.atoms = server->options.atoms,
			.env = server->env};
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
}

int
erps_server_new(struct erps_server **server, struct sb_node *node,
	const struct erps_service *service, const struct erps_service_options *options,
	const void *args)
{
	const struct sb_env *env = sb_node_env(node);
	struct erps_service_options o = options ? *options : (struct erps_service_options){0};
	const char *wrong;
	struct erps_server *made;
	size_t text = o.identifier ? strlen(o.identifier) + 1 : 0;

	complete(&o);
	wrong = mistake(&o);
	if (wrong) {
		SB_LOG_TO(sb_node_log(node), ERROR, "erps.option", "service", SB_STR(service->name),
			"option", SB_STR(wrong));
		return SB_EINVAL;
	}
	made = env->allocate(env->context, sizeof(*made) + text);
	if (!made)
		return SB_ENOMEM;
	memset(made, 0, sizeof(*made));
	*made = (struct erps_server){.service = service,
		.args = args,
		.node = node,
		.env = env,
		.options = o,
		.shard_count = sb_node_shards(node)};
	if (o.identifier) {
		made->options.identifier = memcpy(made + 1, o.identifier, text);
		made->identifier = sb_bytes_text(made->options.identifier);
	}
	if (make_shards(made)) {
		erps_server_free(made);
		return SB_ENOMEM;
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
	for (unsigned i = 0; server->shards && i < server->shard_count; i++)
		erps_decoder_fini(&server->shards[i].decoder);
	server->env->release(server->env->context, server->shards_memory);
	server->env->release(server->env->context, server);
}

const struct sb_module *
erps_server_module(const struct erps_server *server)
{
	return &server->module;
}
