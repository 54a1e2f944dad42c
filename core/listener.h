/*
 * A listener: accepts connections on one socket a shard (SO_REUSEPORT) and
 * starts a session of its module for each. The sockets are made once, before the
 * node runs, and owned by the node; any shard can adopt another's.
 */
#ifndef SB_CORE_LISTENER_H
#define SB_CORE_LISTENER_H

#include "limits.h"
#include "module.h"
#include "peer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sb_listener;
struct sb_network; /* network.h */
struct sb_node;
struct sb_tls;

enum sb_proxy_mode {
	SB_PROXY_OFF,
	SB_PROXY_V1, /* every connection begins with a PROXY protocol v1 header */
	SB_PROXY_V2,
	SB_PROXY_ANY, /* either version; still required */
};

struct sb_listener_options {
	const char *name;    /* "smpp": log, metric label and sb_peer.listener; copied */
	const char *address; /* "127.0.0.1:2775", "[::]:0"; copied. Not used with `fds` */
	const int *fds;      /* listening sockets given to us (activation, upgrade); taken unless it
				fails */
	size_t fd_count;
	int backlog;                    /* 0: 1024 */
	const struct sb_module *module; /* of the sessions; lives as long as the node */
	const void *args;               /* of their `start`; borrowed, lives as long as the node */
	struct sb_tls *tls;             /* NULL: plain TCP; borrowed */
	const struct sb_limits *limits; /* copied; NULL: defaults */
	enum sb_proxy_mode proxy;
	const struct sb_network *proxy_networks; /* who may send it; others are refused. Copied */
	size_t proxy_network_count;
};

/*
 * Opens the sockets and, once the node runs, accepts. Before sb_node_run, or from a session's
 * callback later. 0; SB_EINVAL (address), SB_EADDRINUSE, SB_EACCES, SB_EMFILE, SB_ENOMEM. The
 * listener belongs to the node. Logs `listening name=... address=IP:PORT` with the real port.
 */
int sb_listen(struct sb_node *node, const struct sb_listener_options *options,
	struct sb_listener **listener);

/* The address it is bound to, with the real port. Any thread. */
const union sb_socket_address *sb_listener_address(const struct sb_listener *listener);
uint16_t sb_listener_port(const struct sb_listener *listener);
const char *sb_listener_name(const struct sb_listener *listener);

/* Stops and starts accepting; the kernel queues meanwhile. Any thread. */
void sb_listener_pause(struct sb_listener *listener);
void sb_listener_resume(struct sb_listener *listener);

/* Gives the socket with index `socket` to `shard`, which accepts on it from its next turn on. Any
 * thread. 0, SB_EINVAL, SB_ENOMEM, or SB_AGAIN while an earlier move is under way. */
int sb_listener_assign(struct sb_listener *listener, size_t socket, unsigned shard);
size_t sb_listener_sockets(const struct sb_listener *listener);

/* Connections open now, over all shards. Any thread. */
uint32_t sb_listener_connections(const struct sb_listener *listener);

#endif
