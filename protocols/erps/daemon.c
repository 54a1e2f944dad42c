/* A server behind a listener of its own. */
#include "protocols/erps/daemon.h"

#include "core/network.h"
#include "core/node.h"
#include "protocols/erps/server_internal.h"

#include <stdio.h>
#include <string.h>

struct erps_daemon {
	struct erps_server *server;
	struct sb_listener *listener;
	const struct sb_env *env;
};

/* The options of the listener are in one place or in the other. */
static int
open_listener(
	struct erps_daemon *daemon, struct sb_node *node, const struct erps_daemon_options *options)
{
	const char *host = options->address ? options->address : "127.0.0.1";
	struct sb_listener_options listener = {
		.name = daemon->server->service->name,
		.tls = options->tls,
		.limits = options->limits,
	};
	union sb_socket_address at;
	char address[SB_SOCKADDR_TEXT_MAX];

	if (options->listener) {
		listener = *options->listener;
	} else {
		if (sb_sockaddr_parse_host(host, options->port, &at))
			return SB_EINVAL;
		sb_sockaddr_format(&at.any, address, sizeof(address));
		listener.address = address;
	}
	listener.module = erps_server_module(daemon->server);
	listener.args = daemon->server;
	return sb_listen(node, &listener, &daemon->listener);
}

int
erps_daemon_start(struct erps_daemon **daemon, struct sb_node *node,
	const struct erps_service *service, const void *args,
	const struct erps_daemon_options *options)
{
	const struct sb_env *env = sb_node_env(node);
	struct erps_daemon *made = env->allocate(env->context, sizeof(*made));
	int err;

	if (!made)
		return SB_ENOMEM;
	*made = (struct erps_daemon){.env = env};
	err = erps_server_new(&made->server, node, service, &options->service, args);
	if (!err)
		err = open_listener(made, node, options);
	if (err) {
		erps_daemon_free(made);
		return err;
	}
	*daemon = made;
	return 0;
}

uint16_t
erps_daemon_port(const struct erps_daemon *daemon)
{
	return sb_listener_port(daemon->listener);
}

void
erps_daemon_free(struct erps_daemon *daemon)
{
	if (!daemon)
		return;
	erps_server_free(daemon->server);
	daemon->env->release(daemon->env->context, daemon);
}
