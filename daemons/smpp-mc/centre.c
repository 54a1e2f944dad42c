/*
 * The message centre put together: configuration, store, service, sessions, in
 * the order in which they lean on each other. The configuration becomes the
 * node's when it has a node; until then it is the centre's.
 */
#include "daemons/smpp-mc/centre.h"

#include "core/config_core.h"
#include "core/error.h"
#include "core/store.h"
#include "daemons/common/sections.h"
#include "daemons/smpp-mc/config_file.h"
#include "daemons/smpp-mc/front.h"
#include "daemons/smpp-mc/mc_session.h"
#include "daemons/smpp-mc/service.h"
#include "daemons/smpp-mc/upstreams.h"

#include <stdlib.h>

/* What a client's session may have outstanding, where the listener does not say: its window, and
 * what partitions send it. */
#define SESSION_CALLS         16384u
#define SESSION_MAILBOX       16384u
#define SESSION_MAILBOX_BYTES (8u << 20)

struct mc_centre {
	const struct sb_config *file;
	struct mc_config *config; /* NULL once it is the node's */
	struct sb_daemon_listeners listeners;
	struct mc_service *service;
	struct smpp_service *smpp;
	struct mc_upstreams *upstreams;
	struct mc_front front;
	struct sb_store_memory *memory; /* NULL but in tests */
	uint64_t delay_ns;
};

static void
limits_complete(struct sb_listener_options *listener)
{
	struct sb_limits *limits = (struct sb_limits *)(uintptr_t)listener->limits;

	/* The core's defaults are for peers with a handful of calls: each unanswered submit is
	 * one. */
	if (!limits->max_calls)
		limits->max_calls = SESSION_CALLS;
	if (!limits->mailbox_messages)
		limits->mailbox_messages = SESSION_MAILBOX;
	if (!limits->mailbox_bytes)
		limits->mailbox_bytes = SESSION_MAILBOX_BYTES;
}

static int
listeners_convert(struct mc_centre *centre)
{
	int err = sb_daemon_listeners(centre->file, &centre->listeners);

	for (size_t i = 0; i < centre->listeners.count; i++)
		limits_complete(&centre->listeners.each[i]);
	return err;
}

int
mc_centre_new(struct mc_centre **out, const struct sb_config *file)
{
	struct mc_centre *centre = calloc(1, sizeof(*centre));
	int err;

	if (!centre)
		return SB_ENOMEM;
	centre->file = file;
	err = mc_config_new(file, &centre->config);
	if (!err)
		err = listeners_convert(centre);
	if (!err)
		err = mc_upstreams_new(&centre->upstreams, file, centre->config);
	if (err) {
		mc_centre_free(centre);
		return err;
	}
	*out = centre;
	return 0;
}

void
mc_centre_set_memory(struct mc_centre *centre, struct sb_store_memory *memory)
{
	centre->memory = memory;
}

void
mc_centre_set_delay(struct mc_centre *centre, uint64_t delay_ns)
{
	centre->delay_ns = delay_ns;
}

/* What is made here is freed by mc_centre_free, also when a later step fails; the store goes with
 * its node. */
static int
services_make(struct mc_centre *centre, struct sb_node *node)
{
	struct sb_store_options options = sb_daemon_store(centre->file);
	struct smpp_session_options session = mc_config_session(centre->file);
	uint16_t id = sb_config_node(centre->file).id;
	struct sb_store *store;
	int err;

	options.memory = centre->memory;
	options.delay_ns = centre->delay_ns;
	options.views = mc_views;
	err = sb_store_open(&store, node, &options, mc_kinds, MC_KIND_COUNT);
	if (!err)
		err = mc_service_new(&centre->service, node, store, centre->config, id);
	if (!err)
		err = sb_config_metrics(centre->file, node);
	if (!err)
		err = smpp_service_new(&centre->smpp, node, &mc_application, &session, NULL);
	if (!err)
		err = mc_upstreams_open(centre->upstreams, node, centre->config);
	return err;
}

static void
config_release(void *config)
{
	mc_config_free(config);
}

int
mc_centre_start(struct mc_centre *centre, struct sb_node *node)
{
	int err = services_make(centre, node);

	if (!err)
		err = sb_node_set_config(node, centre->config, config_release);
	if (err)
		return err;
	centre->config = NULL;
	centre->front = (struct mc_front){
		.service = centre->service,
		.smpp = centre->smpp,
		.upstreams = centre->upstreams,
		.listeners = centre->listeners.each,
		.listener_count = centre->listeners.count,
	};
	return mc_front_start(&centre->front);
}

bool
mc_centre_has_failed(const struct mc_centre *centre)
{
	return centre->front.has_failed;
}

void
mc_centre_free(struct mc_centre *centre)
{
	if (!centre)
		return;
	smpp_service_free(centre->smpp);
	mc_upstreams_free(centre->upstreams);
	mc_service_free(centre->service);
	mc_config_free(centre->config);
	sb_daemon_listeners_fini(&centre->listeners);
	free(centre);
}
