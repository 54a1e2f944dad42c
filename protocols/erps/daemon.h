/*
 * A service behind a listener: Erps.Daemon. Each connection is a session of its own,
 * under its shard, or under a supervisor of the caller's.
 */
#ifndef SB_ERPS_DAEMON_H
#define SB_ERPS_DAEMON_H

#include "../../core/listener.h"
#include "../../core/supervisor.h"
#include "service.h"

struct sb_node;
struct sb_tls;
struct erps_daemon;

/* Zeroed: any free port of 127.0.0.1, plain TCP. Texts are copied. */
struct erps_daemon_options {
	const char *address; /* IP without a port ["127.0.0.1"] */
	uint16_t port;       /* 0: any: erps_daemon_port tells */
	struct sb_tls *tls;  /* NULL: plain TCP; borrowed */
	const struct sb_limits *limits;
	/* Instead of the four above, where more is wanted (name, PROXY, backlog, sockets): `module`
	 * and `args` are not looked at. NULL: none. Copied. */
	const struct sb_listener_options *listener;
	struct erps_service_options service;

	/* Sessions are children of the supervisor that has this name (it is looked up for each);
	 * NULL: of their shard. Temporary ones, with `shutdown_ms`. */
	const char *server_supervisor;
	/* In its place: starts a session by this spec, wherever it likes, as sb_start_child does,
	 * whose reply with *ref must come to `s`. Thread of `s`. */
	int (*start_server)(struct sb_session *s, const struct sb_child_spec *spec, uint64_t *ref,
		void *context);
	void *context;

	/* The daemon is a child of the root: it accepts while it lives. */
	const char *id;          /* ["erps.daemon." and the service's name] */
	enum sb_restart restart; /* [SB_TEMPORARY] */
	uint32_t shutdown_ms;    /* of a session, from handle_stop to the cut [5000] */
};

/*
 * Listens at once. Before sb_node_run, or from a session's callback later. `service` lives as long
 * as the node, `args` as long as the service wants. 0; SB_EINVAL (an option; the log says which);
 * SB_EADDRINUSE, SB_EACCES, SB_EMFILE, SB_ENOMEM. *daemon is freed after the node whatever was
 * returned, if it is not NULL.
 */
int erps_daemon_start(struct erps_daemon **daemon, struct sb_node *node,
	const struct erps_service *service, const void *args,
	const struct erps_daemon_options *options);

/* The port it is bound to. Any thread. */
uint16_t erps_daemon_port(const struct erps_daemon *daemon);

/* After sb_node_free. NULL is fine. */
void erps_daemon_free(struct erps_daemon *daemon);

#endif
