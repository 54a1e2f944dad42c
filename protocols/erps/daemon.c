/*
 * A server behind a listener. The listener belongs to the node and cannot be closed;
 * so the daemon is a child of the root which lets it accept while it lives.
 */
#include "core/network.h"
#include "core/node.h"
#include "protocols/erps/daemon_internal.h"

#include <stdio.h>
#include <string.h>

/* ---- the child ---- */

struct keeper {
	const struct erps_daemon *daemon;
};

static int
keeper_start(struct sb_session *s, const void *args)
{
	const struct erps_daemon *daemon = args;
	struct sb_listener *listener = atomic_load(&daemon->listener);

	((struct keeper *)sb_state(s))->daemon = daemon;
	/* One that has just been opened accepts already. */
	if (listener)
		sb_listener_resume(listener);
	return 0;
}

static void
keeper_closed(struct sb_session *s, enum sb_end why)
{
	struct sb_listener *listener =
		atomic_load(&((struct keeper *)sb_state(s))->daemon->listener);

	(void)why;
	if (listener)
		sb_listener_pause(listener);
}

static void
keeper_describe(const struct sb_session *s, struct sb_fields *fields)
{
	const struct sb_listener *listener =
		atomic_load(&((struct keeper *)sb_state(s))->daemon->listener);

	if (!listener)
		return;
	sb_fields_add(fields, "port", SB_UINT(sb_listener_port(listener)));
	sb_fields_add(fields, "connections", SB_UINT(sb_listener_connections(listener)));
}

static const struct sb_module keeper_module = {
	.abi = SB_MODULE_ABI,
	.name = "erps.daemon",
	.state_size = sizeof(struct keeper),
	.start = keeper_start,
	.closed = keeper_closed,
	.describe = keeper_describe,
};

static int
start_keeper(struct erps_daemon *daemon, const struct erps_daemon_options *options)
{
	char id[128];
	const struct sb_child_spec spec = {
		.id = options->id ? options->id : id,
		.module = &keeper_module,
		.args = daemon,
		.restart = options->restart,
	};

	snprintf(id, sizeof(id), "erps.daemon.%s", daemon->server->service->name);
	return sb_node_start_child(daemon->server->node, &spec);
}

/* ---- the listener ---- */

/* Its options are in one place or in the other. */
static int
listener_options(const struct erps_daemon *daemon, const struct erps_daemon_options *options,
	char address[SB_SOCKADDR_TEXT_MAX], struct sb_listener_options *listener)
{
	union sb_socket_address at;

	if (options->listener) {
		*listener = *options->listener;
		return 0;
	}
	*listener = (struct sb_listener_options){
		.name = daemon->server->service->name,
		.address = address,
		.tls = options->tls,
		.limits = options->limits,
	};
	if (sb_sockaddr_parse_host(
		    options->address ? options->address : "127.0.0.1", options->port, &at))
		return SB_EINVAL;
	sb_sockaddr_format(&at.any, address, SB_SOCKADDR_TEXT_MAX);
	return 0;
}

static int
open_listener(struct erps_daemon *daemon, const struct erps_daemon_options *options)
{
	bool has_door = daemon->server_supervisor || daemon->start_server;
	struct sb_listener_options listener;
	char address[SB_SOCKADDR_TEXT_MAX];
	struct sb_listener *opened;
	int err = listener_options(daemon, options, address, &listener);

	if (err)
		return err;
	if (listener.limits)
		daemon->limits = *listener.limits;
	listener.module = has_door ? &erps_door_module : erps_server_module(daemon->server);
	listener.args = has_door ? (const void *)daemon : daemon->server;
	err = sb_listen(daemon->server->node, &listener, &opened);
	if (!err)
		atomic_store(&daemon->listener, opened);
	return err;
}

/* ---- the daemon ---- */

static int
keep_supervisor(struct erps_daemon *daemon, const char *name)
{
	size_t size = name ? strlen(name) + 1 : 0;

	if (!name)
		return 0;
	daemon->server_supervisor = daemon->env->allocate(daemon->env->context, size);
	if (!daemon->server_supervisor)
		return SB_ENOMEM;
	memcpy(daemon->server_supervisor, name, size);
	return 0;
}

static int
make(struct erps_daemon *daemon, struct sb_node *node, const struct erps_service *service,
	const void *args, const struct erps_daemon_options *options)
{
	int err = erps_server_new(&daemon->server, node, service, &options->service, args);

	daemon->start_server = options->start_server;
	daemon->context = options->context;
	daemon->shutdown_ms = options->shutdown_ms;
	if (!err)
		err = keep_supervisor(daemon, options->server_supervisor);
	if (!err)
		err = open_listener(daemon, options);
	return err;
}

int
erps_daemon_start(struct erps_daemon **daemon, struct sb_node *node,
	const struct erps_service *service, const void *args,
	const struct erps_daemon_options *options)
{
	const struct sb_env *env = sb_node_env(node);
	struct erps_daemon *made = env->allocate(env->context, sizeof(*made));
	int err;

	*daemon = NULL;
	if (!made)
		return SB_ENOMEM;
	memset(made, 0, sizeof(*made));
	made->env = env;
	err = make(made, node, service, args, options);
	if (err) {
		erps_daemon_free(made);
		return err;
	}
	/* From here on the node has a listener that leads here: what fails leaves it paused, and
	 * the daemon to be freed after the node. */
	*daemon = made;
	err = start_keeper(made, options);
	if (err)
		sb_listener_pause(atomic_load(&made->listener));
	return err;
}

uint16_t
erps_daemon_port(const struct erps_daemon *daemon)
{
	return sb_listener_port(atomic_load(&daemon->listener));
}

void
erps_daemon_free(struct erps_daemon *daemon)
{
	const struct sb_env *env;

	if (!daemon)
		return;
	env = daemon->env;
	erps_server_free(daemon->server);
	env->release(env->context, daemon->server_supervisor);
	env->release(env->context, daemon);
}
