/*
 * A connector: what makes a session an outbound one. The name is resolved off
 * the loop, each address tried in turn, TLS begun, then `connected` comes.
 */
#ifndef SB_CORE_CONNECTOR_H
#define SB_CORE_CONNECTOR_H

#include "limits.h"

#include <stdbool.h>
#include <stdint.h>

struct sb_session;
struct sb_tls;

/* Of a TCP socket of ours. 0: as the system does it. */
struct sb_socket_options {
	bool is_delayed;      /* small writes may wait for others; else TCP_NODELAY is on */
	uint32_t keepalive_s; /* an idle connection is probed by the kernel after so long */
	uint32_t unacked_ms;  /* octets sent may stay unacknowledged so long: then it is reset */
	uint32_t send_bytes;  /* the kernel's buffers: SO_SNDBUF, SO_RCVBUF */
	uint32_t receive_bytes;
};

struct sb_connector_options {
	const char *host; /* name or numeric address; copied */
	uint16_t port;
	const char *source;             /* numeric local address to bind to; NULL: any; copied */
	struct sb_tls *tls;             /* a client's; NULL: plain TCP; borrowed */
	const char *server_name;        /* SNI and certificate check; NULL: host; copied */
	uint32_t connect_ms;            /* resolution and TCP connect together; 0: 5000 */
	const struct sb_limits *limits; /* of the connection; copied; NULL: the session's */
	struct sb_socket_options socket;

	/* Reconnecting: a failed or lost connection is no end of the session; it stays, keeps its
	 * address, and tries again after a jittered, exponentially growing delay, which starts anew
	 * once a connection has held for `stable_ms`. */
	bool reconnect;
	uint32_t backoff_min_ms; /* 0: 500 */
	uint32_t backoff_max_ms; /* 0: 60000 */
	uint32_t stable_ms;      /* 0: 10000 */
};

/*
 * Begins to connect `s`, which has no connection: from `start`, or later. `connected` comes, or
 * `disconnected` with SB_END_CONNECT (also before each retry of one that reconnects). On the
 * session's thread. 0, SB_EEXIST (it has a connection, or is connecting), SB_EINVAL or SB_ENOMEM.
 */
int sb_connect(struct sb_session *s, const struct sb_connector_options *options);

/*
 * Inside `disconnected`. After how many milliseconds it will be tried again; 0: it will not, for
 * the session does not reconnect or was asked to stop.
 */
uint32_t sb_connect_retry_ms(struct sb_session *s);

/* The connection of `s` was of no use (a login was refused): the delay before the next grows,
 * however long this one has held. While there is one, or inside `disconnected`. */
void sb_connect_unsuccessful(struct sb_session *s);

#endif
