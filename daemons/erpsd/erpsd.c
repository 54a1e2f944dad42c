/*
 * Put together in the order in which things lean on each other: configuration,
 * store, server, the services' own sessions, and last the door, which opens the
 * listeners once kv has read what was stored. A listener that cannot be opened ends the
 * node, rather than leave a daemon that does half its work.
 */
#include "daemons/erpsd/erpsd.h"

#include "core/config_core.h"
#include "core/error.h"
#include "core/registry.h"
#include "core/supervisor.h"
#include "daemons/common/sections.h"
#include "daemons/erpsd/config.h"
#include "daemons/erpsd/kv_row.h"
#include "protocols/erps/server.h"

#include <stdlib.h>

struct erpsd {
	const struct sb_config *file;
	struct erpsd_config *config;
	struct sb_daemon_listeners listeners;
	struct erps_server *server;
	struct sb_store_memory *memory; /* NULL but in tests */
	uint64_t delay_ns;
	bool has_failed;
};

/* ---- the door ---- */

struct door {
	struct erpsd *erpsd;
	bool is_open;
};

static void
door_open(struct sb_session *s, struct door *door)
{
	struct erpsd *d = door->erpsd;

	door->is_open = true;
	for (size_t i = 0; i < d->listeners.count; i++) {
		struct sb_listener_options *options = &d->listeners.each[i];
		int err;

		options->module = erps_server_module(d->server);
		options->args = d->server;
		err = sb_listen(sb_session_node(s), options, NULL);
		if (!err)
			continue;
		SB_LOG(s, ERROR, "erpsd.listen_failed", "name", SB_STR(options->name), "address",
			SB_STR(options->address), "error", SB_ERR(err));
		d->has_failed = true;
		sb_node_stop(sb_session_node(s));
		return;
	}
}

static int
door_begin(struct sb_session *s, const void *args)
{
	struct door *door = sb_state(s);

	door->erpsd = (struct erpsd *)(uintptr_t)args;
	if (door->erpsd->config->has_kv)
		return sb_registry_watch(s, SB_NAME_UNIQUE, ERPSD_KV_OWNER, 0);
	door_open(s, door);
	return 0;
}

/* That kv's owner goes, and comes again, changes nothing once the door is open. */
static void
door_message(struct sb_session *s, struct sb_message *m)
{
	struct door *door = sb_state(s);
	const struct sb_name_event *event = m->data;

	if (m->type == SB_MSG_NAME && event->is_held && !door->is_open)
		door_open(s, door);
}

static const struct sb_module door_module = {
	.abi = SB_MODULE_ABI,
	.name = "erpsd.door",
	.state_size = sizeof(struct door),
	.start = door_begin,
	.message = door_message,
};

/* ---- before a node ---- */

int
erpsd_new(struct erpsd **out, const struct sb_config *file)
{
	struct erpsd *d = calloc(1, sizeof(*d));
	int err;

	if (!d)
		return SB_ENOMEM;
	d->file = file;
	err = erpsd_config_new(file, &d->config);
	if (!err)
		err = sb_daemon_listeners(file, &d->listeners);
	if (err) {
		erpsd_free(d);
		return err;
	}
	*out = d;
	return 0;
}

void
erpsd_set_memory(struct erpsd *d, struct sb_store_memory *memory, uint64_t delay_ns)
{
	d->memory = memory;
	d->delay_ns = delay_ns;
}

/* ---- on a node ---- */

static int
store_open(struct erpsd *d, struct sb_node *node)
{
	struct sb_store_options options = sb_daemon_store(d->file);

	if (!d->config->has_kv)
		return 0;
	options.views = erpsd_views;
	options.memory = d->memory;
	options.delay_ns = d->delay_ns;
	return sb_store_open(&d->config->kv.store, node, &options, erpsd_kinds, ERPSD_KIND_COUNT);
}

static int
services_start(struct erpsd *d, struct sb_node *node)
{
	int err = 0;

	for (size_t i = 0; i < d->config->part_count && !err; i++) {
		const struct erpsd_part *part = &d->config->parts[i];

		if (part->plugin->start)
			err = part->plugin->start(node, part->args);
		if (err)
			SB_LOG_TO(sb_node_log(node), ERROR, "erpsd.service_failed", "service",
				SB_STR(part->name), "error", SB_ERR(err));
	}
	return err;
}

/* What is made here is freed by erpsd_free, also when a later step fails; the store goes with its
 * node. */
int
erpsd_start(struct erpsd *d, struct sb_node *node)
{
	const struct erpsd_config *config = d->config;
	int err = store_open(d, node);

	if (!err)
		err = sb_config_metrics(d->file, node);
	if (!err)
		err = erps_server_new(
			&d->server, node, &config->host.service, &config->service, &config->host);
	if (!err)
		err = services_start(d, node);
	if (err)
		return err;
	return sb_node_start_child(node, &(struct sb_child_spec){
						 .id = "door",
						 .module = &door_module,
						 .args = d,
						 .restart = SB_PERMANENT,
						 .shard = 0,
					 });
}

bool
erpsd_has_failed(const struct erpsd *d)
{
	return d->has_failed || d->config->kv.has_failed;
}

void
erpsd_free(struct erpsd *d)
{
	if (!d)
		return;
	erps_server_free(d->server);
	sb_daemon_listeners_fini(&d->listeners);
	erpsd_config_free(d->config);
	free(d);
}
