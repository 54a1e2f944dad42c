/*
 * Put together in the order in which things lean on each other: configuration, store, owners
 * (keepers, files, scripts), CWMP and the API over HTTP, and last the door, which opens the
 * listeners once all owners have read what was stored. A listener that cannot be opened ends the
 * node, rather than leave a daemon that does half its work.
 */
#include "daemons/acs/acs.h"

#include "core/config_core.h"
#include "core/error.h"
#include "core/registry.h"
#include "core/session.h"
#include "core/supervisor.h"
#include "daemons/acs/api.h"
#include "daemons/acs/config.h"
#include "daemons/acs/connect.h"
#include "daemons/acs/files.h"
#include "daemons/acs/front.h"
#include "daemons/acs/keeper.h"
#include "daemons/acs/kinds.h"
#include "daemons/acs/logins.h"
#include "daemons/acs/quirks.h"
#include "daemons/acs/scripts.h"
#include "daemons/acs/service.h"
#include "daemons/common/sections.h"

#include <stdlib.h>

struct acs {
	const struct sb_config *file;
	struct acs_config *config;
	struct sb_store *store;
	struct acs_files files;
	struct acs_scripts scripts;
	struct acs_logins logins;
	struct acs_service service;
	struct acs_front front;
	struct acs_api api;
	struct sb_store_memory *memory; /* NULL but in tests */
	uint64_t delay_ns;
	bool has_failed;
};

/* ---- the door ---- */

/* Owners that have read what is stored, but for keepers, which are many. */
static const char *const owners[] = {
	ACS_FILES_OWNER, ACS_SCRIPTS_OWNER, ACS_PRESETS, ACS_LOGINS_OWNER};

#define OWNERS (sizeof(owners) / sizeof(owners[0]))

/* Notices that an owner is there may find no memory: it is looked for, too. */
#define LOOK_MS 500

struct door {
	struct acs *acs;
	bool is_open;
	struct sb_timer timer;
};

static void
listener_complete(struct acs *acs, size_t i)
{
	struct sb_listener_options *options = &acs->config->listeners.each[i];
	struct http_server *server = acs->config->serves[i] == ACS_SERVES_API
					     ? acs->api.server
					     : acs->front.entrances[i].server;

	options->module = http_server_module(server);
	options->args = server;
}

static void
door_open(struct sb_session *s, struct door *door)
{
	struct acs *acs = door->acs;

	door->is_open = true;
	for (size_t i = 0; i < acs->config->listeners.count; i++) {
		struct sb_listener_options *options = &acs->config->listeners.each[i];
		struct sb_listener *listener;
		int err;

		listener_complete(acs, i);
		err = sb_listen(sb_session_node(s), options, &listener);
		if (!err && acs->config->serves[i] == ACS_SERVES_CWMP)
			acs_files_listen_at(&acs->files, listener, options->tls != NULL);
		if (!err)
			continue;
		SB_LOG(s, ERROR, "acs.listen_failed", "name", SB_STR(options->name), "address",
			SB_STR(options->address), "error", SB_ERR(err));
		acs->has_failed = true;
		sb_node_stop(sb_session_node(s));
		return;
	}
}

static bool
are_all_there(struct sb_session *s, const struct acs *acs)
{
	struct sb_address owner;

	for (size_t i = 0; i < OWNERS; i++)
		if (sb_lookup(s, owners[i], &owner))
			return false;
	return sb_topic_size(s, ACS_KEEPERS) >= acs->config->keepers.count;
}

/* That an owner goes, and comes again, changes nothing once the door is open. */
static void
door_look(struct sb_session *s)
{
	struct door *door = sb_state(s);

	if (!door->is_open && are_all_there(s, door->acs))
		door_open(s, door);
}

static void
door_tick(struct sb_session *s, struct sb_timer *timer)
{
	const struct door *door = sb_state(s);

	door_look(s);
	if (!door->is_open)
		sb_timer_start(s, timer, LOOK_MS, door_tick);
}

static int
door_begin(struct sb_session *s, const void *args)
{
	struct door *door = sb_state(s);
	int err = sb_registry_watch(s, SB_NAME_TOPIC, ACS_KEEPERS, OWNERS);

	door->acs = (struct acs *)(uintptr_t)args;
	for (size_t i = 0; i < OWNERS && !err; i++)
		err = sb_registry_watch(s, SB_NAME_UNIQUE, owners[i], i);
	sb_timer_start(s, &door->timer, LOOK_MS, door_tick);
	return err;
}

static void
door_message(struct sb_session *s, struct sb_message *m)
{
	if (m->type == SB_MSG_NAME)
		door_look(s);
}

static const struct sb_module door_module = {
	.abi = SB_MODULE_ABI,
	.name = "acs.door",
	.state_size = sizeof(struct door),
	.start = door_begin,
	.message = door_message,
};

/* ---- before a node ---- */

int
acs_new(struct acs **out, const struct sb_config *file)
{
	struct acs *acs = calloc(1, sizeof(*acs));
	unsigned before = sb_config_error_count(file);
	int err;

	if (!acs)
		return SB_ENOMEM;
	acs->file = file;
	err = acs_config_new(file, &acs->config);
	if (!err)
		err = acs_scripts_read(&acs->scripts, file, &acs->config->scripts);
	if (!err && sb_config_error_count(file) != before)
		err = SB_ECONFIG;
	if (err) {
		acs_free(acs);
		return err;
	}
	*out = acs;
	return 0;
}

void
acs_set_memory(struct acs *acs, struct sb_store_memory *memory, uint64_t delay_ns)
{
	acs->memory = memory;
	acs->delay_ns = delay_ns;
}

/* ---- on a node ---- */

static int
store_open(struct acs *acs, struct sb_node *node)
{
	struct sb_store_options options = sb_daemon_store(acs->file);

	options.memory = acs->memory;
	options.delay_ns = acs->delay_ns;
	return sb_store_open(&acs->store, node, &options, acs_kinds, ACS_KIND_COUNT);
}

static int
owners_start(struct acs *acs, struct sb_node *node)
{
	const struct cwmp_scripts_options scripts = {.limits = acs->config->script_limits,
		.library = "acs",
		.functions = acs_library,
		.function_count = acs_library_size};
	int err;

	acs->config->keepers.store = acs->store;
	acs->files.store = acs->store;
	acs->files.options = &acs->config->files;
	acs->files.logins = &acs->logins;
	acs->logins.store = acs->store;
	acs->logins.credentials = &acs->config->credentials;
	acs->scripts.store = acs->store;
	err = cwmp_scripts_new(&acs->scripts.scripts, node, &scripts);
	if (!err)
		err = acs_keepers_start(&acs->config->keepers, node);
	if (!err)
		err = acs_files_start(&acs->files, node);
	if (!err)
		err = acs_scripts_start(&acs->scripts, node);
	if (!err)
		err = acs_logins_start(&acs->logins, node);
	if (!err)
		err = acs_connects_start(node, &acs->config->connection_requests);
	return err;
}

static int
cwmp_start(struct acs *acs, struct sb_node *node)
{
	struct cwmp_server_options options = acs->config->cwmp;

	options.quirks = acs_quirks_apply;
	options.context = &acs->config->quirks;
	acs->service.keepers = &acs->config->keepers;
	acs->service.scripts = acs->scripts.scripts;
	acs->service.logins = &acs->logins;
	acs->service.quirks = &acs->config->quirks;
	acs->service.retry_after_s = acs->config->cwmp.retry_after_s;
	acs->service.file = acs_files_complete;
	acs->service.file_context = &acs->files;
	return cwmp_server_new(&acs->front.cwmp, node, &acs_service, &acs->service, &options);
}

static int
servers_start(struct acs *acs, struct sb_node *node)
{
	int err = cwmp_start(acs, node);

	acs->front.config = acs->config;
	acs->front.files = &acs->files;
	acs->front.logins = &acs->logins;
	acs->api.config = acs->config;
	acs->api.keepers = &acs->config->keepers;
	acs->api.files = &acs->files;
	acs->api.logins = &acs->logins;
	if (!err)
		err = acs_front_init(&acs->front, node);
	if (!err)
		err = acs_api_init(&acs->api, node);
	return err;
}

/* Scripts of the configuration are read again; its other sections are not. */
static void
hung_up(struct sb_node *node, void *context)
{
	struct sb_address scripts;

	(void)context;
	if (sb_node_lookup(node, ACS_SCRIPTS_OWNER, &scripts) == 0)
		(void)sb_node_post(node, scripts, ACS_SCRIPT_RELOAD, 0, SB_NOTHING);
}

/* What is made here is freed by acs_free, also when a later step fails; the store goes with its
 * node. */
int
acs_start(struct acs *acs, struct sb_node *node)
{
	int err = store_open(acs, node);

	if (!err)
		err = sb_config_metrics(acs->file, node);
	if (!err)
		err = owners_start(acs, node);
	if (!err)
		err = servers_start(acs, node);
	if (err)
		return err;
	sb_node_on_hangup(node, hung_up, NULL);
	return sb_node_start_child(node, &(struct sb_child_spec){
						 .id = "door",
						 .module = &door_module,
						 .args = acs,
						 .restart = SB_PERMANENT,
						 .shard = 0,
					 });
}

bool
acs_has_failed(const struct acs *acs)
{
	return acs->has_failed || acs->config->keepers.has_failed || acs->files.has_failed ||
	       acs->scripts.has_failed || acs->logins.has_failed;
}

void
acs_free(struct acs *acs)
{
	if (!acs)
		return;
	acs_api_fini(&acs->api);
	acs_front_fini(&acs->front);
	cwmp_server_free(acs->front.cwmp);
	cwmp_scripts_free(acs->scripts.scripts);
	acs_scripts_fini(&acs->scripts);
	acs_files_fini(&acs->files);
	acs_logins_fini(&acs->logins);
	acs_config_free(acs->config);
	free(acs);
}
