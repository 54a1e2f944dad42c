/*
 * A listener with a service behind it: Erps.Daemon. Any thread, but what says otherwise.
 */
#ifndef SB_ERPS_DAEMON_H
#define SB_ERPS_DAEMON_H

#include "../../core/supervisor.h"
#include "service.h"

struct sb_node;
struct sb_tls;
struct erps_daemon;

struct erps_daemon_options {
	const char *address; /* [127.0.0.1] */
	uint16_t port;       /* 0: any: erps_daemon_port tells */
	struct sb_tls *tls;  /* NULL: plain TCP; borrowed */
	const struct sb_limits *limits;
	/* Instead of the four above, where more is wanted (name, PROXY, backlog, sockets): `module`
	 * and `args` are not looked at. NULL: none. Copied. */
	const struct sb_listener_options *listener;
	struct erps_service_options service;
};

/* Before sb_node_run, or from a session's callback later. Errors as sb_listen; SB_EINVAL: an option
 * that cannot be served. */
int erps_daemon_start(struct erps_daemon **daemon, struct sb_node *node,
	const struct erps_service *service, const void *args,
	const struct erps_daemon_options *options);

uint16_t erps_daemon_port(const struct erps_daemon *daemon);

/* After sb_node_free. NULL is fine. */
void erps_daemon_free(struct erps_daemon *daemon);

#endif
