/*
 * A service with its options, on a node: what the sessions of one daemon share. Who has a
 * listener or a supervisor of their own starts sessions with its module; erps_daemon_start
 * (daemon.h) does that for everybody else.
 */
#ifndef SB_ERPS_SERVER_H
#define SB_ERPS_SERVER_H

#include "service.h"

struct sb_node;
struct erps_server;

/*
 * `service` lives as long as the node, `args` as long as its `init` wants. `options` are copied
 * with what they point at, but `atoms`; NULL: defaults. SB_EINVAL: an option that cannot be served,
 * which the log names. Free it after the node.
 */
int erps_server_new(struct erps_server **server, struct sb_node *node,
	const struct erps_service *service, const struct erps_service_options *options,
	const void *args);
void erps_server_free(struct erps_server *server); /* NULL is fine */

/* Of its sessions, whose `start` takes the server itself as args. */
const struct sb_module *erps_server_module(const struct erps_server *server);

#endif
