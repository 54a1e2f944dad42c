/*
 * Services of the ESME side and the children that connect by them. A child spec has
 * no way to own what its args point at, and a restart must find the options years
 * later: so they live in the service, one block with all texts, and every child of it
 * points there.
 */
#include "protocols/smpp/esme.h"

#include "core/network.h"
#include "core/node.h"
#include "core/text.h"
#include "protocols/smpp/esme_internal.h"
#include "protocols/smpp/service_internal.h"
#include "protocols/smpp/session_internal.h"

#include <string.h>

#define PORT     2775
#define TLS_PORT 3550

/* Texts of the options, for all that is done with each of them: X(member) */
#define TEXT_MAP(X) \
	X(host)     \
	X(server_name) X(source) X(system_id) X(password) X(system_type) X(address_range)

static uint32_t
or_default(uint32_t value, uint32_t fallback)
{
	return value ? value : fallback;
}

/* SMPPEX's values, where it has them; what the connector has, that completes. */
static void
complete(struct smpp_esme_options *o)
{
	if (!o->port)
		o->port = o->tls ? TLS_PORT : PORT;
	if (!o->session.version)
		o->session.version = SMPP_VERSION_34;
	o->session.response_resolution_ms = or_default(o->session.response_resolution_ms, 100);
	if (!o->system_id)
		o->system_id = "";
	if (!o->password)
		o->password = "";
	if (!o->system_type)
		o->system_type = "";
	if (!o->address_range)
		o->address_range = "";
}

void
smpp_esme_bind_pdu(const struct smpp_esme_options *o, uint32_t command, struct smpp_pdu *pdu)
{
	*pdu = (struct smpp_pdu){.header = {.command = command}};
	pdu->bind = (struct smpp_bind){
		.system_id = sb_bytes_text(o->system_id),
		.password = sb_bytes_text(o->password),
		.system_type = sb_bytes_text(o->system_type),
		.interface_version = (uint8_t)o->session.version,
		.addr_ton = o->addr_ton,
		.addr_npi = o->addr_npi,
		.address_range = sb_bytes_text(o->address_range),
	};
}

/* What would only fail at the first bind, and at each after it, fails here. */
static bool
is_valid(const struct smpp_esme_options *o)
{
	uint32_t command = o->bind ? o->bind : SMPP_BIND_TRANSCEIVER;
	union sb_socket_address source;
	struct smpp_pdu bind;

	if (!smpp_is_bind_command(command) || o->restart < SB_TEMPORARY ||
		o->restart > SB_PERMANENT)
		return false;
	if (o->source && sb_sockaddr_parse_host(o->source, 0, &source))
		return false;
	/* 3.3 has no transceiver; a manual bind is judged when it is sent. */
	if (o->session.version < SMPP_VERSION_34 && command == SMPP_BIND_TRANSCEIVER &&
		!o->is_bind_manual)
		return false;
	smpp_esme_bind_pdu(o, command, &bind);
	return smpp_encoded_size(&bind) != 0;
}

static size_t
texts_size(const struct smpp_esme_options *o)
{
	size_t size = 0;

#define X(member) size += sb_text_size(o->member);
	TEXT_MAP(X)
#undef X
	return size;
}

static void
keep_options(struct smpp_esme *esme, const struct smpp_esme_options *o)
{
	char *at = esme->texts;

	esme->options = *o;
#define X(member) esme->options.member = sb_text_keep(&at, o->member);
	TEXT_MAP(X)
#undef X
	if (o->limits) {
		esme->limits = *o->limits;
		esme->options.limits = &esme->limits;
	}
}

/* With the service's complete session options, so that both show the same. */
static int
attach(struct smpp_service *service, const struct smpp_esme_options *o)
{
	const struct sb_env *env = service->env;
	struct smpp_esme *esme = env->allocate(env->context, sizeof(*esme) + texts_size(o));

	if (!esme)
		return SB_ENOMEM;
	memset(esme, 0, sizeof(*esme));
	keep_options(esme, o);
	esme->options.session = service->options;
	esme->module = service->module;
	esme->module.start = smpp_session_start_outbound;
	service->esme = esme;
	return 0;
}

int
smpp_esme_new(struct smpp_service **service, struct sb_node *node,
	const struct smpp_application *application, const struct smpp_esme_options *options,
	const void *args)
{
	struct smpp_esme_options o = options ? *options : (struct smpp_esme_options){0};
	struct smpp_service *made;
	int err;

	complete(&o);
	if (application->side != SMPP_ESME || !is_valid(&o))
		return SB_EINVAL;
	o.session.system_id = "";
	err = smpp_service_make(&made, node, application, &o.session, args);
	if (err)
		return err;
	err = attach(made, &o);
	if (err) {
		smpp_service_free(made);
		return err;
	}
	*service = made;
	return 0;
}

const struct smpp_esme_options *
smpp_esme_options(const struct smpp_service *service)
{
	return &service->esme->options;
}

struct sb_child_spec
smpp_esme_child(const struct smpp_service *service, const char *id)
{
	const struct smpp_esme *esme = service->esme;

	return (struct sb_child_spec){
		.id = id,
		.module = &esme->module,
		.args = service,
		.restart = esme->options.restart,
		.shutdown_ms = esme->options.shutdown_ms,
		.shard = esme->options.shard,
		.limits = esme->options.limits,
	};
}

int
smpp_esme_start(struct sb_node *node, const char *host, uint16_t port,
	const struct smpp_application *application, const void *args,
	const struct smpp_esme_options *options, struct smpp_service **service)
{
	struct smpp_esme_options o = options ? *options : (struct smpp_esme_options){0};
	struct smpp_service *made;
	struct sb_child_spec child;
	int err;

	o.host = host;
	o.port = port;
	if (!host)
		return SB_EINVAL;
	err = smpp_esme_new(&made, node, application, &o, args);
	if (err)
		return err;
	child = smpp_esme_child(made, NULL);
	err = sb_node_start_child(node, &child);
	if (err) {
		smpp_service_free(made);
		return err;
	}
	*service = made;
	return 0;
}

int
smpp_esme_start_under(struct sb_session *s, struct sb_address supervisor,
	const struct smpp_service *service, const char *id, uint64_t *ref)
{
	const struct sb_child_spec child = smpp_esme_child(service, id);

	return sb_start_child(s, supervisor, &child, ref);
}
