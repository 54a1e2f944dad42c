/*
 * A listener: its sockets, one a shard, made once and owned by it, so that any
 * shard can adopt any of them. Who accepts on which changes by messages between
 * the shards concerned and never by touching another's poller.
 */
#include "core/listener.h"

#include "core/envelope_internal.h"
#include "core/listener_internal.h"
#include "core/network.h"
#include "core/node_internal.h"
#include "core/session_internal.h"

#include <string.h>

#define BACKLOG 1024 /* connections; the kernel cuts it to its own limit (somaxconn) */

static char *
copy_text(const struct sb_env *env, const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy = env->allocate(env->context, size);

	if (copy)
		memcpy(copy, text, size);
	return copy;
}

static void
metrics_init(struct sb_listener *listener)
{
	struct sb_metrics *m = listener->node->metrics;
	const char *name = listener->name;

#define REFUSED(field, reason)                                                                    \
	listener->metrics.field = sb_metrics_counter(m, "sb_connections_refused_total",           \
		"Connections refused or delayed, by reason.", "listener", name, "reason", reason, \
		NULL)
	REFUSED(refused_limit, "limit");
	REFUSED(refused_source, "source");
	REFUSED(refused_rate, "rate");
	REFUSED(refused_memory, "memory");
	REFUSED(out_of_descriptors, "descriptors");
#undef REFUSED
	listener->metrics.accepted = sb_metrics_counter(m, "sb_connections_accepted_total",
		"Connections accepted.", "listener", name, NULL);
}

/* One socket a shard on the same address; the first one settles the port where it was 0. */
static int
open_sockets(struct sb_listener *listener, const char *address, int backlog)
{
	const struct sb_env *env = listener->node->env;
	int err = sb_sockaddr_parse(address, &listener->address);

	for (size_t i = 0; !err && i < listener->acceptor_count; i++) {
		struct sb_io *io = &listener->acceptors[i].io;

		err = env->socket_listen(env->context, &listener->address,
			backlog ? backlog : BACKLOG, i == 0, &io->fd);
		if (!err && i == 0)
			err = env->socket_name(env->context, io->fd, &listener->address);
	}
	return err;
}

/* Made by somebody else (a test, one day a master): they are listening already. */
static int
take_sockets(struct sb_listener *listener, const int *fds)
{
	const struct sb_env *env = listener->node->env;

	int err = 0;

	for (size_t i = 0; !err && i < listener->acceptor_count; i++)
		err = env->socket_adopt(env->context, fds[i]);
	if (!err)
		err = env->socket_name(env->context, fds[0], &listener->address);
	/* All of them, or none: then they are the caller's still. */
	for (size_t i = 0; !err && i < listener->acceptor_count; i++)
		listener->acceptors[i].io.fd = fds[i];
	return err;
}

/* The caller's texts and lists may be on its stack; module, args and TLS must outlive the
 * listener. */
static int
copy_options(struct sb_listener *listener, const struct sb_listener_options *options)
{
	const struct sb_env *env = listener->node->env;
	size_t size = options->proxy_network_count * sizeof(struct sb_network);

	listener->name = copy_text(env, options->name ? options->name : options->module->name);
	if (!listener->name)
		return SB_ENOMEM;
	if (size) {
		listener->proxy_networks = env->allocate(env->context, size);
		if (!listener->proxy_networks)
			return SB_ENOMEM;
		memcpy(listener->proxy_networks, options->proxy_networks, size);
	}
	listener->proxy_network_count = options->proxy_network_count;
	listener->module = options->module;
	listener->args = options->args;
	listener->tls = options->tls;
	listener->proxy = options->proxy;
	listener->limits = sb_limits_complete(options->limits, options->module->max_frame);
	/* A second's worth at once: a client that opens a handful is not delayed. */
	sb_rate_init(&listener->rate, listener->limits.accept_rate, listener->limits.accept_rate);
	return sb_sources_new(&listener->sources, env);
}

static struct sb_listener *
allocate(struct sb_node *node, size_t acceptors)
{
	size_t size = sizeof(struct sb_listener) + acceptors * sizeof(struct sb_acceptor);
	struct sb_listener *listener = node->env->allocate(node->env->context, size);

	if (!listener)
		return NULL;
	memset(listener, 0, size);
	listener->node = node;
	listener->acceptor_count = acceptors;
	pthread_mutex_init(&listener->rate_lock, NULL);
	for (size_t i = 0; i < acceptors; i++) {
		listener->acceptors[i].io.fd = -1;
		listener->acceptors[i].listener = listener;
	}
	return listener;
}

/* After all shards have stopped: acceptors are let go here by whoever frees the node. */
void
sb_listener_free(struct sb_listener *listener)
{
	const struct sb_env *env = listener->node->env;

	for (size_t i = 0; i < listener->acceptor_count; i++) {
		sb_acceptor_leave(&listener->acceptors[i]);
		if (listener->acceptors[i].io.fd >= 0)
			env->socket_close(env->context, listener->acceptors[i].io.fd);
		env->release(env->context, listener->acceptors[i].order);
	}
	sb_sources_free(listener->sources);
	pthread_mutex_destroy(&listener->rate_lock);
	env->release(env->context, listener->proxy_networks);
	env->release(env->context, listener->name);
	env->release(env->context, listener);
}

/* ---- who accepts on which socket ---- */

struct assignment {
	struct sb_acceptor *acceptor;
	unsigned shard;
};

static void
adopt(struct sb_shard *shard, struct sb_session *nobody, struct sb_envelope *e)
{
	const struct assignment *order = e->message.data;

	(void)nobody;
	sb_acceptor_adopt(shard, order->acceptor);
	/* Only now: the next move would otherwise meet a socket between two shards. */
	atomic_store(&order->acceptor->is_moving, false);
}

/* On the shard that has the socket now: lets it go, and sends it on. Its queue of connections goes
 * with it. */
static void
leave(struct sb_shard *shard, struct sb_session *nobody, struct sb_envelope *e)
{
	const struct assignment *order = e->message.data;

	(void)nobody;
	if (order->acceptor->shard == shard)
		sb_acceptor_leave(order->acceptor);
	sb_envelope_pass_on(shard, e, order->shard, adopt);
}

static int
assign(struct sb_acceptor *acceptor, unsigned shard)
{
	struct sb_node *node = acceptor->listener->node;
	struct assignment order = {acceptor, shard};
	/* `owner` is where the last move will end, not where the socket is: moves to one end before
	 * the next begins. */
	unsigned from = acceptor->is_assigned ? acceptor->owner : shard;
	int err;

	if (atomic_exchange(&acceptor->is_moving, true))
		return SB_AGAIN;
	err = sb_shard_control(node, NULL, from, acceptor->is_assigned ? leave : adopt,
		SB_COPY(&order, sizeof(order)));
	if (err) {
		atomic_store(&acceptor->is_moving, false);
		return err;
	}
	acceptor->is_assigned = true;
	acceptor->owner = shard;
	return 0;
}

int
sb_listener_assign(struct sb_listener *listener, size_t socket, unsigned shard)
{
	struct sb_node *node = listener->node;
	int err;

	if (socket >= listener->acceptor_count || shard >= node->shard_count)
		return SB_EINVAL;
	pthread_mutex_lock(&node->lock);
	err = assign(&listener->acceptors[socket], shard);
	pthread_mutex_unlock(&node->lock);
	return err;
}

static void
update_all(struct sb_shard *shard, struct sb_session *nobody, struct sb_envelope *e)
{
	struct sb_listener *listener = *(struct sb_listener *const *)e->message.data;

	(void)nobody;
	for (size_t i = 0; i < listener->acceptor_count; i++)
		if (listener->acceptors[i].shard == shard)
			sb_acceptor_update(&listener->acceptors[i]);
}

/* Counted by nobody: pausing twice is once. */
static void
set_paused(struct sb_listener *listener, bool is_paused)
{
	struct sb_node *node = listener->node;

	if (atomic_exchange(&listener->is_paused, is_paused) == is_paused)
		return;
	/* Each shard looks at its own acceptors; one that is asked before finds the flag. */
	for (unsigned i = 0; i < node->shard_count; i++)
		(void)sb_shard_control(
			node, NULL, i, update_all, SB_COPY(&listener, sizeof(listener)));
}

void
sb_listener_pause(struct sb_listener *listener)
{
	set_paused(listener, true);
}

void
sb_listener_resume(struct sb_listener *listener)
{
	set_paused(listener, false);
}

/* ---- opening ---- */

/* Before anybody can connect: a socket without a shard would keep those waiting who do. */
static int
orders_new(struct sb_listener *listener)
{
	struct sb_node *node = listener->node;

	for (size_t i = 0; i < listener->acceptor_count; i++) {
		struct assignment order = {
			&listener->acceptors[i], (unsigned)(i % node->shard_count)};

		order.acceptor->order = sb_shard_control_new(
			node, NULL, order.shard, adopt, SB_COPY(&order, sizeof(order)));
		if (!order.acceptor->order)
			return SB_ENOMEM;
	}
	return 0;
}

static void
order_send(struct sb_acceptor *acceptor, unsigned shard)
{
	struct sb_node *node = acceptor->listener->node;

	pthread_mutex_lock(&node->lock);
	atomic_store(&acceptor->is_moving, true);
	acceptor->is_assigned = true;
	acceptor->owner = shard;
	sb_envelope_send(node, NULL, acceptor->order);
	acceptor->order = NULL;
	pthread_mutex_unlock(&node->lock);
}

/* Last: from its first assignment on it accepts. */
static void
join_node(struct sb_listener *listener)
{
	struct sb_node *node = listener->node;

	pthread_mutex_lock(&node->lock);
	listener->next = node->listeners;
	node->listeners = listener;
	pthread_mutex_unlock(&node->lock);
	/* The drain has paused those it found. */
	if (sb_node_is_stopping(node))
		sb_listener_pause(listener);
	for (size_t i = 0; i < listener->acceptor_count; i++)
		order_send(&listener->acceptors[i], (unsigned)(i % node->shard_count));
	SB_LOG_TO(node->log, INFO, "listening", "name", SB_STR(listener->name), "address",
		SB_PEER(&listener->address.any));
}

int
sb_listen(struct sb_node *node, const struct sb_listener_options *options, struct sb_listener **out)
{
	size_t sockets = options->fd_count ? options->fd_count : node->shard_count;
	struct sb_listener *listener;
	int err;

	if (!options->module || (!options->fd_count && !options->address))
		return SB_EINVAL;
	listener = allocate(node, sockets);
	if (!listener)
		return SB_ENOMEM;
	err = copy_options(listener, options);
	if (!err)
		err = orders_new(listener);
	if (!err)
		err = options->fd_count
			      ? take_sockets(listener, options->fds)
			      : open_sockets(listener, options->address, options->backlog);
	if (err) {
		sb_listener_free(listener);
		return err;
	}
	metrics_init(listener);
	join_node(listener);
	if (out)
		*out = listener;
	return 0;
}

const union sb_socket_address *
sb_listener_address(const struct sb_listener *listener)
{
	return &listener->address;
}

uint16_t
sb_listener_port(const struct sb_listener *listener)
{
	return sb_sockaddr_port(&listener->address.any);
}

const char *
sb_listener_name(const struct sb_listener *listener)
{
	return listener->name;
}

size_t
sb_listener_sockets(const struct sb_listener *listener)
{
	return listener->acceptor_count;
}

uint32_t
sb_listener_connections(const struct sb_listener *listener)
{
	return atomic_load(&((struct sb_listener *)(uintptr_t)listener)->connections);
}

enum sb_proxy_mode
sb_listener_proxy(const struct sb_listener *listener)
{
	return listener->proxy;
}

int
sb_listener_count_source(struct sb_connection *c)
{
	struct sb_listener *listener = c->listener;
	uint32_t limit = listener->limits.max_connections_per_source;
	int err = 0;

	if (limit != SB_UNLIMITED)
		err = sb_source_take(listener->sources, &c->peer.address, limit, &c->source);
	if (err)
		sb_counter_add(listener->metrics.refused_source, c->session->shard->index, 1);
	return err;
}

/* Counted by pointer in the connection, so that it is given back once, wherever the connection has
 * wandered. */
void
sb_listener_connection_ended(struct sb_connection *c)
{
	if (!c->listener)
		return;
	sb_source_give(c->source);
	atomic_fetch_sub(&c->listener->connections, 1);
	c->source = NULL;
	c->listener = NULL;
}
