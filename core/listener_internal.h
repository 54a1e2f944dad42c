/* A listener from the inside. */
#ifndef SB_CORE_LISTENER_INTERNAL_H
#define SB_CORE_LISTENER_INTERNAL_H

#include "listener.h"
#include "rate.h"
#include "session_internal.h"
#include "source_internal.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

/* One listening socket. Its io and timer belong to the shard that has adopted it. */
struct sb_acceptor {
	struct sb_io io;
	struct sb_listener *listener;
	struct sb_shard *_Atomic shard; /* NULL: nobody's yet. Others only ask: is it mine? */
	struct sb_timer pause;          /* on the shard's service session */
	unsigned owner;                 /* the shard it was last given to; under the node's lock */
	bool is_assigned;
	struct sb_envelope *order; /* its first assignment, until that is sent */
	_Atomic bool is_moving;    /* from one shard to another */
};

struct sb_listener_metrics {
	struct sb_counter *accepted;
	struct sb_counter *refused_limit, *refused_source, *refused_rate, *refused_memory;
	struct sb_counter *out_of_descriptors;
};

struct sb_listener {
	struct sb_listener *next; /* of the node's */
	struct sb_node *node;
	char *name;
	union sb_socket_address address;
	const struct sb_module *module;
	const void *args;
	struct sb_tls *tls;
	struct sb_limits limits;
	enum sb_proxy_mode proxy;
	struct sb_network *proxy_networks;
	size_t proxy_network_count;

	_Atomic uint32_t connections;
	_Atomic bool is_paused;
	struct sb_sources *sources;
	pthread_mutex_t rate_lock;
	struct sb_rate rate;
	struct sb_listener_metrics metrics;

	size_t acceptor_count;
	struct sb_acceptor acceptors[];
};

/* Closes the sockets and frees it; nothing is accepted any more, no connection is left. */
void sb_listener_free(struct sb_listener *listener);

/* acceptor.c, on the acceptor's shard. */
void sb_acceptor_adopt(struct sb_shard *shard, struct sb_acceptor *acceptor);
void sb_acceptor_leave(struct sb_acceptor *acceptor);
void sb_acceptor_update(struct sb_acceptor *acceptor);

#endif
