/*
 * UDP sockets owned by a session. Datagrams are received with the timers, as in
 * watch.c, straight into the shard's receive buffer: none is copied or kept, and
 * what does not fit or is not fetched in time the kernel drops, as UDP promises
 * nothing else.
 */
#include "core/datagram.h"

#include "core/error.h"
#include "core/network.h"
#include "core/node_internal.h"
#include "core/resource_internal.h"
#include "core/session_internal.h"

#include <string.h>

#define MAX_SIZE_DEFAULT    2048
#define TURN_BUDGET_DEFAULT 64

/* Freed when nothing of it is on the stack: see `is_receiving`. */
struct sb_datagram {
	struct sb_resource resource; /* first */
	struct sb_io io;
	struct sb_session *session;
	struct sb_timer timer; /* due at once when something is there */
	struct sb_datagram_options options;
	bool is_receiving;
	bool is_closed; /* meanwhile: freed after that */
	struct sb_counter *received, *dropped;
};

/* Reads the next one into the shard's receive buffer. False: there is none now. Errors that a
 * socket reports of what it sent (nobody listens there) are not its end. */
static bool
next(struct sb_datagram *socket, union sb_socket_address *from, struct sb_bytes *in)
{
	struct sb_shard *shard = socket->session->shard;
	ssize_t size = shard->env->datagram_receive(shard->env->context, socket->io.fd, from,
		shard->receive_buffer, socket->options.max_size);

	if (size == SB_AGAIN)
		return false;
	*in = sb_bytes(shard->receive_buffer, size < 0 ? SIZE_MAX : (size_t)size);
	return true;
}

static void
datagram_free(struct sb_datagram *socket)
{
	sb_shard_release(socket->session->shard, socket);
}

/* What is left after the budget makes the socket ready again at the next poll. */
static void
receive(struct sb_session *s, struct sb_timer *timer)
{
	struct sb_datagram *socket =
		(struct sb_datagram *)((char *)timer - offsetof(struct sb_datagram, timer));
	union sb_socket_address from;
	struct sb_bytes in;

	/* `received` may close the socket, or its session: the memory is used until the loop has
	 * ended. */
	socket->is_receiving = true;
	for (uint32_t i = 0; i < socket->options.turn_budget && !socket->is_closed; i++) {
		if (!next(socket, &from, &in))
			break;
		if (in.size > socket->options.max_size) {
			sb_counter_add(socket->dropped, s->shard->index, 1);
			continue;
		}
		sb_counter_add(socket->received, s->shard->index, 1);
		socket->options.received(s, socket, &from, in);
	}
	socket->is_receiving = false;
	if (socket->is_closed)
		datagram_free(socket);
}

/* Inside the poll the turn has not begun: see watch.c. Nothing is read here, so the socket stays
 * readable and is told of again. */
static void
io_ready(struct sb_io *io, int events)
{
	struct sb_datagram *socket =
		(struct sb_datagram *)((char *)io - offsetof(struct sb_datagram, io));
	struct sb_session *s = socket->session;

	(void)events;
	if (!sb_timer_is_started(&socket->timer))
		sb_timer_start_at(s, &socket->timer, s->shard->now, receive);
}

/* With its session, or asked to by it, perhaps inside `received`. */
static void
end(struct sb_session *s, struct sb_resource *resource)
{
	struct sb_datagram *socket = (struct sb_datagram *)resource;
	struct sb_shard *shard = s->shard;

	shard->env->loop_watch(shard->loop, &socket->io, 0);
	shard->env->socket_close(shard->env->context, socket->io.fd);
	sb_timer_stop(s, &socket->timer);
	socket->is_closed = true;
	if (!socket->is_receiving)
		datagram_free(socket);
}

/* Into what is copied: the defaults of what was left out, and bounds by the shard's one buffer. */
static int
options_check(
	struct sb_session *s, struct sb_datagram_options *options, union sb_socket_address *address)
{
	if (options->max_size == 0)
		options->max_size = MAX_SIZE_DEFAULT;
	if (options->turn_budget == 0)
		options->turn_budget = TURN_BUDGET_DEFAULT;
	if (!options->received || !options->address || options->max_size > s->shard->receive_size)
		return SB_EINVAL;
	return sb_sockaddr_parse(options->address, address);
}

static struct sb_datagram *
datagram_new(struct sb_session *s, const struct sb_datagram_options *options)
{
	struct sb_datagram *socket = sb_shard_allocate(s->shard, sizeof(*socket));
	struct sb_metrics *metrics = s->shard->node->metrics;

	if (!socket)
		return NULL;
	memset(socket, 0, sizeof(*socket));
	socket->session = s;
	socket->options = *options;
	/* It was the caller's text, of use for opening only. */
	socket->options.address = NULL;
	socket->received =
		sb_metrics_counter(metrics, "sb_datagrams_in_total", "Datagrams received.", NULL);
	socket->dropped = sb_metrics_counter(metrics, "sb_datagrams_dropped_total",
		"Datagrams larger than their socket takes, or lost to an error.", NULL);
	return socket;
}

int
sb_datagram_open(
	struct sb_session *s, const struct sb_datagram_options *given, struct sb_datagram **out)
{
	const struct sb_env *env = s->shard->env;
	struct sb_datagram_options options = *given;
	union sb_socket_address address;
	struct sb_datagram *socket;
	int err = options_check(s, &options, &address);

	if (err)
		return err;
	if (!sb_session_is_open(s))
		return SB_GONE;
	if (!env->datagram_open)
		return SB_ENOTSUP;
	socket = datagram_new(s, &options);
	if (!socket)
		return SB_ENOMEM;
	err = env->datagram_open(env->context, &address, &socket->io.fd);
	if (err) {
		datagram_free(socket);
		return err;
	}
	socket->io.ready = io_ready;
	env->loop_watch(s->shard->loop, &socket->io, SB_READABLE);
	sb_resource_add(s, &socket->resource, end);
	*out = socket;
	return 0;
}

void
sb_datagram_close(struct sb_datagram *socket)
{
	if (socket->is_closed)
		return;
	sb_resource_remove(&socket->resource);
	end(socket->session, &socket->resource);
}

/* At once and not with the flush: datagrams have no stream to be joined to. */
int
sb_datagram_send(struct sb_datagram *socket, const union sb_socket_address *to, const void *data,
	size_t size)
{
	const struct sb_env *env = socket->session->shard->env;

	if (socket->is_closed)
		return SB_GONE;
	return env->datagram_send(env->context, socket->io.fd, to, data, size);
}

uint16_t
sb_datagram_port(const struct sb_datagram *socket)
{
	const struct sb_env *env = socket->session->shard->env;
	union sb_socket_address address;

	if (socket->is_closed || env->socket_name(env->context, socket->io.fd, &address))
		return 0;
	return sb_sockaddr_port(&address.any);
}
