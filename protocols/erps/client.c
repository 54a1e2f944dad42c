/*
 * Clients and the children that connect by them. A child spec has no way to own what
 * its args point at, and a restart must find the options years later: so they live in
 * the client, one block with all texts, and every child of it points there.
 */
#include "protocols/erps/client.h"

#include "core/network.h"
#include "core/node.h"
#include "core/text.h"
#include "protocols/erps/client_internal.h"

#include <string.h>

#define PORT 4747

/* Far over any sensible packet; a bound for typing errors. */
#define MAX_PAYLOAD_LIMIT (UINT32_C(1) << 30)

/* Texts of the options, for all that is done with each of them: X(member) */
#define TEXT_MAP(X) X(host) X(server_name) X(source) X(identifier)

static uint32_t
or_default(uint32_t value, uint32_t fallback)
{
	return value ? value : fallback;
}

static void
complete(struct erps_client_options *o)
{
	if (!o->port)
		o->port = PORT;
	if (!o->identifier)
		o->identifier = "";
	o->max_payload = or_default(o->max_payload, 1u << 20);
	o->call_ms = or_default(o->call_ms, 5000);
	o->keepalive_ms = or_default(o->keepalive_ms, 60000);
	o->window = or_default(o->window, 1024);
	o->queue = or_default(o->queue, 1024);
	o->queue_bytes = or_default(o->queue_bytes, 1u << 20);
}

static bool
is_secret_valid(const struct erps_secret *secret)
{
	struct erps_signer signer = {0};
	int err = erps_signer_init(&signer, secret, 1);

	erps_signer_fini(&signer);
	return err != SB_EINVAL;
}

/* What would only fail with the first connection, and with each after it, fails here. */
static bool
is_valid(const struct erps_client_options *o)
{
	union sb_socket_address source;

	if (!o->host || strlen(o->identifier) > ERPS_IDENTIFIER_SIZE || o->compressed > 9)
		return false;
	if (o->secret && !is_secret_valid(o->secret))
		return false;
	if (o->max_payload > MAX_PAYLOAD_LIMIT || o->restart < SB_TEMPORARY ||
		o->restart > SB_PERMANENT || o->pacing > ERPS_PACING_NEVER)
		return false;
	return !o->source || sb_sockaddr_parse_host(o->source, 0, &source) == 0;
}

static size_t
texts_size(const struct erps_client_options *o)
{
	size_t size = o->secret ? o->secret->size : 0;

#define X(member) size += sb_text_size(o->member);
	TEXT_MAP(X)
#undef X
	return size;
}

static void
keep_options(struct erps_client *client, const struct erps_client_options *o)
{
	char *at = client->texts;

	client->options = *o;
#define X(member) client->options.member = sb_text_keep(&at, o->member);
	TEXT_MAP(X)
#undef X
	if (o->limits) {
		client->limits = *o->limits;
		client->options.limits = &client->limits;
	}
	if (o->secret) {
		client->secret = *o->secret;
		if (o->secret->size)
			client->secret.secret = memcpy(at, o->secret->secret, o->secret->size);
		client->options.secret = &client->secret;
	}
}

static int
copy_probe(struct erps_client *client, struct erps_term probe)
{
	void *octets = client->env->allocate(client->env->context, probe.size);

	if (!octets)
		return SB_ENOMEM;
	client->probe = (struct erps_term){memcpy(octets, probe.data, probe.size), probe.size};
	return 0;
}

/* Built once; every connection sends it. */
static int
keep_probe(struct erps_client *client, const char *pattern)
{
	struct erps_builder b;
	struct erps_term probe;
	int err;

	client->options.probe = NULL;
	if (!pattern)
		return 0;
	erps_builder_init_env(&b, client->env, client->options.max_payload);
	erps_put_pattern(&b, pattern);
	probe = erps_built(&b);
	err = probe.data ? copy_probe(client, probe) : b.error;
	erps_builder_fini(&b);
	return err;
}

static void
keep_module(struct erps_client *client)
{
	/* A module of its own for each client: name, state and frame limit differ. */
	client->module = erps_client_callbacks;
	client->module.name = client->application->name;
	client->module.state_size = ERPS_CLIENT_STATE_OFFSET + client->application->state_size;
	client->module.max_frame = ERPS_HEADER_SIZE + (size_t)client->options.max_payload;
}

int
erps_client_new(struct erps_client **client, struct sb_node *node,
	const struct erps_client_application *application,
	const struct erps_client_options *options, const void *args)
{
	const struct sb_env *env = sb_node_env(node);
	struct erps_client_options o = options ? *options : (struct erps_client_options){0};
	struct erps_client *made;
	int err;

	complete(&o);
	if (!is_valid(&o))
		return SB_EINVAL;
	made = env->allocate(env->context, sizeof(*made) + texts_size(&o));
	if (!made)
		return SB_ENOMEM;
	memset(made, 0, sizeof(*made));
	made->application = application;
	made->args = args;
	made->node = node;
	made->env = env;
	keep_options(made, &o);
	keep_module(made);
	err = keep_probe(made, o.probe);
	if (err) {
		erps_client_free(made);
		return err;
	}
	erps_client_metrics_init(&made->metrics, sb_node_metrics(node), application->name);
	*client = made;
	return 0;
}

void
erps_client_free(struct erps_client *client)
{
	if (!client)
		return;
	client->env->release(client->env->context, (void *)(uintptr_t)client->probe.data);
	client->env->release(client->env->context, client);
}

const struct erps_client_options *
erps_client_options(const struct erps_client *client)
{
	return &client->options;
}

struct sb_child_spec
erps_client_child(const struct erps_client *client, const char *id)
{
	return (struct sb_child_spec){
		.id = id,
		.module = &client->module,
		.args = client,
		.restart = client->options.restart,
		.shutdown_ms = client->options.shutdown_ms,
		.shard = client->options.shard,
		.limits = client->options.limits,
	};
}

int
erps_client_start(struct sb_node *node, const char *host, uint16_t port,
	const struct erps_client_application *application, const void *args,
	const struct erps_client_options *options, struct erps_client **client)
{
	struct erps_client_options o = options ? *options : (struct erps_client_options){0};
	struct erps_client *made;
	struct sb_child_spec child;
	int err;

	o.host = host;
	o.port = port;
	err = erps_client_new(&made, node, application, &o, args);
	if (err)
		return err;
	child = erps_client_child(made, NULL);
	err = sb_node_start_child(node, &child);
	if (err) {
		erps_client_free(made);
		return err;
	}
	*client = made;
	return 0;
}

int
erps_client_start_under(struct sb_session *s, struct sb_address supervisor,
	const struct erps_client *client, const char *id, uint64_t *ref)
{
	const struct sb_child_spec child = erps_client_child(client, id);

	return sb_start_child(s, supervisor, &child, ref);
}
