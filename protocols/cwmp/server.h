/*
 * CWMP behind listeners: HTTP sessions (protocols/http) authenticate, decode what devices
 * post, and find its CWMP session by cookie, by connection, or begin one. See service.h for what
 * happens in sessions.
 */
#ifndef SB_CWMP_SERVER_H
#define SB_CWMP_SERVER_H

#include "../http/auth.h"
#include "../http/server.h"
#include "decode.h"
#include "service.h"

struct cwmp_server;
struct sb_node;

/* 0 takes the default in brackets. Copied; what it points at lives as long as the server. */
struct cwmp_server_options {
	uint32_t session_timeout_ms; /* silence of the device; its SessionTimeout may be longer [30
					s] */
	uint32_t longest_timeout_ms; /* what a device may ask for [10 min] */
	uint32_t turn_ms;            /* a parked request is answered within this [25 s] */
	uint32_t filter_ms;          /* session_filter's decision [20 s]; then 503 */
	uint32_t max_calls;          /* waiting in a session [256] */
	uint32_t max_posts;          /* of a session, answers not counted; then 400 [1000] */
	uint32_t max_sessions;       /* at once, over all shards; then 503 [100000] */
	uint32_t new_sessions_rate;  /* a second and shard; then 503 [no limit] */
	uint32_t retry_after_s;      /* of a 503, spread by half [60] */
	uint32_t drain_ms;           /* that open sessions have when the node stops [30 s] */
	size_t held_bytes; /* of envelopes that are read, and of Informs that sessions keep, over
			      all; what is short does not count; then 503 [256 MiB] */
	struct cwmp_decode_limits decode;
	struct http_auth auth; /* scheme NONE: nobody is asked. `secret` is filled in */
	/* A last look at how a device is written to, before its Inform is answered. May be NULL. */
	void (*quirks)(
		void *context, const struct cwmp_inform *inform, struct cwmp_dialect *dialect);
	void *context;
};

/* 0, SB_EINVAL, SB_ENOMEM. `service` and `args` live as long as the node. Freed after it. */
int cwmp_server_new(struct cwmp_server **server, struct sb_node *node,
	const struct cwmp_service *service, const void *args,
	const struct cwmp_server_options *options);
void cwmp_server_free(struct cwmp_server *server);

/* What an HTTP server's connection state begins with when cwmp_server_route is among its routes. */
struct cwmp_connection {
	struct cwmp_server *server;
	struct sb_address session; /* that was last served here: of devices without cookies */
	/* Where the device came in, set by the route before cwmp_server_route; both live as long as
	 * the server. Who must show what there (NULL: as the server's options say), and what the
	 * service may want to know of it: cwmp_entrance. */
	const struct http_auth *auth;
	const void *entrance;
};

/* For http_server_options.is_needed of such a server: sessions that are open go on while the node
 * stops. */
bool cwmp_connection_is_needed(struct sb_session *s, void *connection);

/* In a route of an HTTP server: what serves the POSTs of devices. */
const struct http_handler *cwmp_server_route(struct cwmp_server *server, struct http_exchange *x);

/* Listens for devices alone, on any path. As sb_listen; module and args of `listener` are filled
 * in. */
int cwmp_server_listen(struct cwmp_server *server, const struct sb_listener_options *listener,
	struct sb_listener **out);

/* Sessions that are open now, over all shards. Any thread. */
uint32_t cwmp_server_sessions(const struct cwmp_server *server);

/* The session that a device has open: 0 or SB_ENOENT. From a session's callbacks. */
int cwmp_server_find(struct sb_session *s, const char *device, struct sb_address *session);

#endif
