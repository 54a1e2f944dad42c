/*
 * A pool: connections to several servers that do the same, under one supervisor. Any
 * session of the node calls through it; each call goes to the connection with the least
 * to do among those that are there and not draining. One that was surely not sent, since
 * its connection went first, moves to another server by itself; one that may have been
 * sent never does.
 *
 *	static const struct erps_pool_server servers[] = {
 *		{.host = "rpc1.example"}, {.host = "rpc2.example"}};
 *
 *	erps_pool_start(node, NULL, NULL, &(struct erps_pool_options){
 *		.name = "rpc", .servers = servers, .server_count = 2}, &pool);
 *
 *	erps_pool_ask(s, pool, request, 1000, &ref);    then, in `message`:
 *	erps_client_read_answer(m, &answer);
 *
 * The connections are client sessions (client.h): they reconnect, probe, keep the pace.
 * An application may be given that hears of their lives and of pushes; its own calls
 * from inside such a session are that session's, and do not move.
 *
 * Ownership as of a client: who made the pool frees it, after sb_node_free.
 */
#ifndef SB_ERPS_POOL_H
#define SB_ERPS_POOL_H

#include <stddef.h>
#include <stdint.h>

#include "client.h"

struct sb_node;
struct erps_pool;

struct erps_pool_server {
	const char *host;
	uint16_t port; /* [4747] */
};

struct erps_pool_options {
	const char *name; /* of the supervisor, and with "/0", "/1", ... of the connections, in the
			     registry; copied */
	const struct erps_pool_server *servers;
	size_t server_count;
	uint32_t size; /* connections a server [1] */

	/* Of each connection; host, port and restart (SB_PERMANENT) are the pool's.
	 * queues_while_away: calls wait for a server while none is there, otherwise they end with
	 * ERPS_UNSENT. `shard` 0 is the supervisor's own; SB_SHARD_SPREAD uses all. */
	struct erps_client_options client;
};

/* ---- any thread ---- */

/* `application` may be NULL. 0; SB_EINVAL: no name, no server, over 1,000 connections; as
 * erps_client_new. */
int erps_pool_new(struct erps_pool **pool, struct sb_node *node,
	const struct erps_client_application *application, const void *args,
	const struct erps_pool_options *options);

/* NULL is fine. */
void erps_pool_free(struct erps_pool *pool);

/* The spec of its supervisor. */
struct sb_child_spec erps_pool_child(const struct erps_pool *pool, const char *id);

/* All in one: a pool, and its supervisor under the node's root. Errors as erps_pool_new and
 * sb_node_start_child: nothing is left. */
int erps_pool_start(struct sb_node *node, const struct erps_client_application *application,
	const void *args, const struct erps_pool_options *options, struct erps_pool **pool);

/* Connections that can be called on now. */
size_t erps_pool_ready(const struct erps_pool *pool);

/* ---- from inside any session of the node ---- */

/* Calls: as erps_client_ask, whose answer comes the same way. SB_GONE: no server is there, and
 * calls do not wait for one; or its connections have not been started yet. */
int erps_pool_ask(struct sb_session *s, struct erps_pool *pool, struct erps_term request,
	uint32_t deadline_ms, uint64_t *ref);

/* No answer of this call comes any more, and a server of ours is told. */
void erps_pool_ask_cancel(struct sb_session *s, struct erps_pool *pool, uint64_t ref);

/* Casts, to one server. As erps_client_tell; SB_GONE as above. */
int erps_pool_tell(struct sb_session *s, struct erps_pool *pool, struct erps_term request);

#endif
