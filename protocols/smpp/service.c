/*
 * A service: what all sessions of one role share, complete before the first of
 * them starts and not changed afterwards, so that sessions on every shard read it
 * without a lock. One allocation holds it and the system_id that it shows.
 */
#include "core/node.h"
#include "protocols/smpp/service_internal.h"

#include <stdlib.h>
#include <string.h>

/* Far over the largest useful PDU (70 KiB); a bound for typing errors. */
#define MAX_PDU_LIMIT (16u << 20)

static uint32_t
or_default(uint32_t value, uint32_t fallback)
{
	return value ? value : fallback;
}

static void
complete_times(struct smpp_session_options *o)
{
	o->session_init_ms = or_default(o->session_init_ms, 10000);
	o->enquire_link_ms = or_default(o->enquire_link_ms, 30000);
	o->enquire_link_resp_ms = or_default(o->enquire_link_resp_ms, 30000);
	o->inactivity_ms = or_default(o->inactivity_ms, SB_UNLIMITED);
	o->response_ms = or_default(o->response_ms, 60000);
	o->response_resolution_ms = or_default(o->response_resolution_ms, 1);
	o->answer_ms = or_default(o->answer_ms, 30000);
	o->unbind_ms = or_default(o->unbind_ms, 1500);
}

/* Every 0 becomes its default; false when an option cannot be served. system_id has its bound from
 * bind_resp (16 octets with NUL), the version must be one of the three. */
static bool
complete(struct smpp_session_options *o)
{
	complete_times(o);
	o->window_in = or_default(o->window_in, 512);
	o->window_out = or_default(o->window_out, 10);
	o->max_pdu = or_default(o->max_pdu, 128u << 10);
	o->bind_attempts = or_default(o->bind_attempts, 3);
	if (!o->password_max)
		o->password_max = 8;
	if (!o->version)
		o->version = SMPP_VERSION_50;
	if (!o->system_id)
		o->system_id = "";
	return o->max_pdu >= SMPP_HEADER_SIZE && o->max_pdu <= MAX_PDU_LIMIT &&
	       strlen(o->system_id) < 16 && smpp_version_of((uint8_t)o->version) == o->version;
}

int
smpp_service_make(struct smpp_service **service, struct sb_node *node,
	const struct smpp_application *application, const struct smpp_session_options *options,
	const void *args)
{
	const struct sb_env *env = sb_node_env(node);
	struct smpp_session_options o = options ? *options : (struct smpp_session_options){0};
	struct smpp_service *made;

	if (!complete(&o))
		return SB_EINVAL;
	made = env->allocate(env->context, sizeof(*made) + sizeof("sixteen octets."));
	if (!made)
		return SB_ENOMEM;
	memset(made, 0, sizeof(*made));
	o.system_id = strcpy((char *)(made + 1), o.system_id);
	/* A module of its own for each service: name, state and frame limit differ, the callbacks
	 * do not. */
	made->module = smpp_session_callbacks;
	made->module.name = application->name;
	made->module.state_size = smpp_session_size(application);
	made->module.max_frame = o.max_pdu;
	made->application = application;
	made->args = args;
	made->node = node;
	made->env = env;
	made->options = o;
	smpp_metrics_init(&made->metrics, sb_node_metrics(node), application->name);
	*service = made;
	return 0;
}

int
smpp_service_new(struct smpp_service **service, struct sb_node *node,
	const struct smpp_application *application, const struct smpp_session_options *options,
	const void *args)
{
	/* An ESME needs to know who it is: smpp_esme_new. */
	if (application->side != SMPP_MC)
		return SB_EINVAL;
	return smpp_service_make(service, node, application, options, args);
}

void
smpp_service_free(struct smpp_service *service)
{
	if (!service)
		return;
	service->env->release(service->env->context, service->esme);
	service->env->release(service->env->context, service);
}

const struct sb_module *
smpp_service_module(const struct smpp_service *service)
{
	return &service->module;
}

const struct smpp_session_options *
smpp_service_options(const struct smpp_service *service)
{
	return &service->options;
}

int
smpp_listen(struct smpp_service *service, const struct sb_listener_options *options,
	struct sb_listener **listener)
{
	struct sb_listener_options ours = *options;

	/* The caller's own module and args would bypass the session; they are not looked at. */
	ours.module = &service->module;
	ours.args = service;
	return sb_listen(service->node, &ours, listener);
}
