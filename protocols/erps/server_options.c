/*
 * The options of a server: what was left out gets its default, what cannot be served is
 * found now and not with the first peer, and all of it is copied, so that whoever made
 * them may forget them.
 */
#include "core/env.h"
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

static const char *
mistake(const struct erps_service_options *o)
{
	if (o->identifier && strlen(o->identifier) > ERPS_IDENTIFIER_SIZE)
		return "identifier";
	if (o->max_payload > MAX_PAYLOAD_LIMIT)
		return "max_payload";
	if (o->window > ERPS_SLOT_MASK / 2)
		return "window";
	return NULL;
}

static void *
allocate(struct erps_server *server, size_t size)
{
	return server->env->allocate(server->env->context, size);
}

static int
keep_identifier(struct erps_server *server, const char *identifier)
{
	size_t size = identifier ? strlen(identifier) : 0;
	char *copy;

	if (!identifier)
		return 0;
	copy = allocate(server, size + 1);
	if (!copy)
		return SB_ENOMEM;
	server->options.identifier = memcpy(copy, identifier, size + 1);
	server->identifier = sb_bytes(copy, size);
	return 0;
}

/* The secrets themselves lie behind the table. */
static int
keep_secrets(struct erps_server *server, const struct erps_secret *secrets, size_t count)
{
	size_t size = count * sizeof(secrets[0]);
	struct erps_secret *copy;
	uint8_t *at;

	if (!count)
		return 0;
	for (size_t i = 0; i < count; i++)
		size += secrets[i].size;
	copy = allocate(server, size);
	if (!copy)
		return SB_ENOMEM;
	at = (uint8_t *)(copy + count);
	for (size_t i = 0; i < count; i++) {
		copy[i] = secrets[i];
		copy[i].secret = memcpy(at, secrets[i].secret, secrets[i].size);
		at += secrets[i].size;
	}
	server->options.secrets = copy;
	server->options.secret_count = count;
	return 0;
}

static int
keep_versions(struct erps_server *server, const char *versions, const char **wrong)
{
	struct erps_version_fault fault;
	int err;

	server->options.versions = NULL;
	if (!versions)
		return 0;
	err = erps_requirement_parse(versions, &server->versions, &fault);
	if (err)
		*wrong = "versions";
	return err ? SB_EINVAL : 0;
}

static int
keep_access(struct erps_server *server, const struct erps_service_options *from, const char **wrong)
{
	size_t rule; /* whose it is, its owner can tell: it is the first that is mistaken */
	int err;

	if (!from->access_count)
		return 0;
	err = erps_access_new(
		&server->access, server->env, from->access, from->access_count, &rule);
	if (err == SB_EINVAL)
		*wrong = "access";
	return err;
}

int
erps_server_options_init(
	struct erps_server *server, const struct erps_service_options *options, const char **wrong)
{
	int err;

	server->options = *options;
	/* Set again as they are copied: before that nothing is to be freed. */
	server->options.identifier = NULL;
	server->options.secrets = NULL;
	server->options.secret_count = 0;
	server->options.access = NULL;
	complete(&server->options);
	*wrong = mistake(options);
	if (*wrong)
		return SB_EINVAL;
	err = keep_identifier(server, options->identifier);
	if (!err)
		err = keep_secrets(server, options->secrets, options->secret_count);
	if (!err)
		err = keep_versions(server, options->versions, wrong);
	if (!err)
		err = keep_access(server, options, wrong);
	return err;
}

void
erps_server_options_fini(struct erps_server *server)
{
	const struct sb_env *env = server->env;

	erps_access_free(server->access, env);
	env->release(env->context, (void *)(uintptr_t)server->options.secrets);
	env->release(env->context, (void *)(uintptr_t)server->options.identifier);
}
