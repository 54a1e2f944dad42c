/* What a client's session tells its pool, and has it do. */
#ifndef SB_ERPS_POOL_INTERNAL_H
#define SB_ERPS_POOL_INTERNAL_H

#include <stdatomic.h>

#include "protocols/erps/client_internal.h"
#include "protocols/erps/pool.h"

#define ERPS_POOL_NAME_SIZE 256

/* One connection: what is atomic is read by sessions of all shards, and is a hint to them; a wrong
 * one costs a detour. */
struct erps_pool_member {
	_Alignas(64) struct erps_pool *pool;
	struct erps_client *client;
	_Atomic bool is_ready;
	_Atomic uint32_t load;   /* calls and casts it has */
	_Atomic uint32_t recent; /* sent to it since it has last said so */
	char name[ERPS_POOL_NAME_SIZE];
};

/* The session's `start`: takes the member's name. */
int erps_pool_join(struct sb_session *s, struct erps_pool_member *member);

/* The session's present state, after whatever has changed it. */
void erps_pool_publish(struct erps_client_session *p);

/* Sends what waits in the session's queue, and came from other sessions, to other members that are
 * there; what none takes stays. */
void erps_pool_move_queue(struct sb_session *s, struct erps_client_session *p);

/* The session can be called on: those that are away may send what waits there. */
void erps_pool_call_for(struct sb_session *s, struct erps_client_session *p);

/* One call: false: there is no other member, or it has moved often enough. */
bool erps_pool_move(struct sb_session *s, struct erps_client_session *p,
	const struct erps_call *call, struct erps_term request);

#endif
