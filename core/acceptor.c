/*
 * Accepting on one socket, on the shard that has adopted it. What cannot be taken
 * is refused or left in the kernel's queue, and said. It runs inside the poll,
 * `start` and `connected` of the new session with it; what the peer sends waits
 * for the turn as everybody's.
 */
#include "core/listener_internal.h"
#include "core/network.h"
#include "core/node_internal.h"
#include "core/session_internal.h"

#define ACCEPTS_PER_TURN 64         /* a storm of new ones must not keep the open ones waiting */
#define PAUSE_NS         100000000u /* without descriptors or memory: look again after 100 ms */

static bool
accepts(const struct sb_acceptor *acceptor)
{
	return !atomic_load(&acceptor->listener->is_paused) && !acceptor->shard->is_draining &&
	       !sb_timer_is_started(&acceptor->pause);
}

static void
pause_over(struct sb_session *service, struct sb_timer *timer)
{
	struct sb_acceptor *acceptor =
		(struct sb_acceptor *)((char *)timer - offsetof(struct sb_acceptor, pause));

	(void)service;
	sb_acceptor_update(acceptor);
}

/* On the service session's timers, which live as long as the shard: an acceptor has no session. */
static void
pause_for(struct sb_acceptor *acceptor, uint64_t ns)
{
	struct sb_shard *shard = acceptor->shard;

	sb_timer_start_at(shard->service, &acceptor->pause, shard->now + ns, pause_over);
	sb_acceptor_update(acceptor);
}

static bool
rate_allows(struct sb_acceptor *acceptor)
{
	struct sb_listener *listener = acceptor->listener;
	uint64_t now = acceptor->shard->now, wait = 0;

	if (listener->limits.accept_rate == SB_UNLIMITED)
		return true;
	/* One bucket for the listener, whose sockets are on many shards: locked for some dozen
	 * instructions, and only where a rate is configured. */
	pthread_mutex_lock(&listener->rate_lock);
	if (!sb_rate_take(&listener->rate, now, 1))
		wait = sb_rate_wait(&listener->rate, now, 1);
	pthread_mutex_unlock(&listener->rate_lock);
	if (!wait)
		return true;
	sb_counter_add(listener->metrics.refused_rate, acceptor->shard->index, 1);
	SB_LOG_LIMITED_TO(listener->node->log, WARNING, "listener.accept_rate", "name",
		SB_STR(listener->name), "limit", SB_UINT(listener->limits.accept_rate));
	/* Not taken and thrown away: the kernel keeps them until there is a token. */
	pause_for(acceptor, wait);
	return false;
}

static void
refuse(struct sb_acceptor *acceptor, const union sb_socket_address *peer,
	struct sb_counter *counter, const char *reason)
{
	struct sb_listener *listener = acceptor->listener;

	sb_counter_add(counter, acceptor->shard->index, 1);
	SB_LOG_LIMITED_TO(listener->node->log, WARNING, "listener.refused", "name",
		SB_STR(listener->name), "reason", SB_STR(reason), "peer", SB_PEER(&peer->any),
		"connections", SB_UINT(atomic_load(&listener->connections)));
}

/* Counts the connection against the listener's bounds; false: refused and said. */
static bool
admit(struct sb_acceptor *acceptor, const union sb_socket_address *peer, struct sb_source **source)
{
	struct sb_listener *listener = acceptor->listener;
	const struct sb_limits *limits = &listener->limits;

	*source = NULL;
	/* Counted before it is looked at: of two shards that take the last place at once only one
	 * finds it free. */
	if (atomic_fetch_add(&listener->connections, 1) >= limits->max_connections) {
		refuse(acceptor, peer, listener->metrics.refused_limit, "max_connections");
		goto give_back;
	}
	if (listener->proxy != SB_PROXY_OFF && !sb_networks_contain(listener->proxy_networks,
						       listener->proxy_network_count, &peer->any)) {
		refuse(acceptor, peer, listener->metrics.refused_source, "proxy_network");
		goto give_back;
	}
	/* Behind a balancer the source is known when its header is there: sb_listener_count_source.
	 */
	if (limits->max_connections_per_source == SB_UNLIMITED || listener->proxy != SB_PROXY_OFF)
		return true;
	if (sb_source_take(listener->sources, peer, limits->max_connections_per_source, source)) {
		refuse(acceptor, peer, listener->metrics.refused_source, "max_per_source");
		goto give_back;
	}
	return true;

give_back:
	atomic_fetch_sub(&listener->connections, 1);
	return false;
}

static int
session_for(struct sb_acceptor *acceptor, int fd, const union sb_socket_address *peer,
	struct sb_source *source)
{
	static const struct sb_parent parent = {.kind = SB_PARENT_SHARD};
	struct sb_listener *listener = acceptor->listener;
	struct sb_shard *shard = acceptor->shard;
	struct sb_connection *c;
	struct sb_session *s;

	if (sb_session_new(shard, listener->module, &listener->limits, false, &parent, &s))
		return SB_ENOMEM;
	if (sb_connection_new(shard, s, fd, &listener->limits, &c)) {
		sb_abort(s, SB_END_LIMIT);
		return SB_ENOMEM;
	}
	c->is_server = true;
	c->listener = listener;
	c->source = source;
	c->peer.address = *peer;
	c->peer.listener = listener->name;
	/* `start` may have closed or aborted it already. */
	if (sb_session_begin(s, listener->args) == 0 && c->phase < SB_CONNECTION_FLUSHING)
		sb_connection_begin(c, listener->proxy, listener->tls, NULL);
	return 0;
}

static void
accepted(struct sb_acceptor *acceptor, int fd, const union sb_socket_address *peer)
{
	struct sb_listener *listener = acceptor->listener;
	const struct sb_env *env = acceptor->shard->env;
	struct sb_source *source;

	/* Descriptors are numbered from below, so the number says how many there are: those above
	 * are kept for files, the resolver, connectors. */
	if ((unsigned)fd >= listener->node->descriptor_limit) {
		refuse(acceptor, peer, listener->metrics.out_of_descriptors, "descriptors");
		env->socket_close(env->context, fd);
		return;
	}
	if (!admit(acceptor, peer, &source)) {
		env->socket_close(env->context, fd);
		return;
	}
	sb_counter_add(listener->metrics.accepted, acceptor->shard->index, 1);
	if (session_for(acceptor, fd, peer, source)) {
		refuse(acceptor, peer, listener->metrics.refused_memory, "memory");
		sb_source_give(source);
		atomic_fetch_sub(&listener->connections, 1);
		env->socket_close(env->context, fd);
	}
}

/* Taking one with the spare descriptor and closing it tells that peer at once; without the pause
 * the others would make the socket readable again and again. */
static void
out_of_descriptors(struct sb_acceptor *acceptor)
{
	struct sb_listener *listener = acceptor->listener;
	const struct sb_env *env = acceptor->shard->env;

	sb_counter_add(listener->metrics.out_of_descriptors, acceptor->shard->index, 1);
	SB_LOG_LIMITED_TO(listener->node->log, ERROR, "listener.out_of_descriptors", "name",
		SB_STR(listener->name), "connections",
		SB_UINT(atomic_load(&listener->connections)));
	env->socket_refuse(env->context, acceptor->io.fd);
	pause_for(acceptor, PAUSE_NS);
}

static void
accept_ready(struct sb_io *io, int events)
{
	struct sb_acceptor *acceptor = (struct sb_acceptor *)io; /* its first member */
	const struct sb_env *env = acceptor->shard->env;

	(void)events;
	sb_shard_refresh(acceptor->shard);
	/* A drain, or a pause that could not be told: not to be asked again at once. */
	if (!accepts(acceptor))
		sb_acceptor_update(acceptor);
	for (int i = 0; i < ACCEPTS_PER_TURN && accepts(acceptor); i++) {
		union sb_socket_address peer = {0};
		int fd = -1, err;

		if (!rate_allows(acceptor))
			return;
		err = env->socket_accept(env->context, acceptor->io.fd, &peer, &fd);
		if (err == SB_AGAIN)
			return;
		if (err == SB_EMFILE || err == SB_ENOMEM) {
			out_of_descriptors(acceptor);
			return;
		}
		/* Other errors are of that connection, which is gone already. */
		if (!err)
			accepted(acceptor, fd, &peer);
	}
}

void
sb_acceptor_update(struct sb_acceptor *acceptor)
{
	struct sb_shard *shard = acceptor->shard;
	int events = accepts(acceptor) ? SB_READABLE : 0;

	if (events != acceptor->io.events)
		shard->env->loop_watch(shard->loop, &acceptor->io, events);
}

void
sb_acceptor_adopt(struct sb_shard *shard, struct sb_acceptor *acceptor)
{
	acceptor->shard = shard;
	acceptor->io.ready = accept_ready;
	sb_acceptor_update(acceptor);
}

/* The descriptor stays open: with it its queue of connections goes to the next shard. */
void
sb_acceptor_leave(struct sb_acceptor *acceptor)
{
	struct sb_shard *shard = acceptor->shard;

	if (!shard)
		return;
	if (acceptor->io.events)
		shard->env->loop_watch(shard->loop, &acceptor->io, 0);
	sb_timer_stop(shard->service, &acceptor->pause);
	acceptor->shard = NULL;
}
