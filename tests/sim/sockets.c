/* The simulated sockets: what the node sees through its environment. */
#include "simulation_internal.h"

#include "core/error.h"

#include <arpa/inet.h>
#include <assert.h>
#include <stdlib.h>

static struct sim_socket *
socket_of(struct simulation *sim, int fd)
{
	assert(fd >= SIM_FIRST && fd < SIM_SOCKETS && sim->sockets[fd].kind != SIM_FREE);
	return &sim->sockets[fd];
}

static int
socket_take(struct simulation *sim, enum sim_kind kind)
{
	for (int fd = SIM_FIRST; fd < SIM_SOCKETS; fd++) {
		if (sim->sockets[fd].kind != SIM_FREE)
			continue;
		sim->sockets[fd] = (struct sim_socket){.kind = kind};
		return fd;
	}
	return SB_EMFILE;
}

static struct sim_peer *
peer_new(struct simulation *sim, uint16_t port)
{
	struct sim_peer *peer = calloc(1, sizeof(*peer));

	assert(peer);
	peer->sim = sim;
	peer->fd = -1;
	peer->port = port;
	peer->next = sim->peers;
	sim->peers = peer;
	return peer;
}

static bool
is_test_port(const struct simulation *sim, uint16_t port)
{
	for (size_t i = 0; i < sim->test_port_count; i++)
		if (sim->test_ports[i] == port)
			return true;
	return false;
}

/* A listener of the node on the port; with several (one a shard) the seed says which. */
static struct sim_socket *
listener_on(struct simulation *sim, uint16_t port)
{
	struct sim_socket *found = NULL;
	uint64_t count = 0;

	for (int fd = SIM_FIRST; fd < SIM_SOCKETS; fd++) {
		struct sim_socket *socket = &sim->sockets[fd];

		if (socket->kind != SIM_LISTENER || socket->port != port)
			continue;
		if (sim_random(sim, ++count) == 0)
			found = socket;
	}
	return found;
}

static bool
knock(struct simulation *sim, struct sim_peer *peer)
{
	struct sim_socket *listener = listener_on(sim, peer->port);

	if (!listener || listener->pending_count == 64)
		return false;
	peer->pending_at =
		sim->now +
		(sim->options.max_delay_ns ? sim_random(sim, sim->options.max_delay_ns) : 0);
	listener->pending[listener->pending_count++] = peer;
	return true;
}

struct sim_peer *
sim_connect(struct simulation *sim, uint16_t port)
{
	struct sim_peer *peer = peer_new(sim, port);

	if (!knock(sim, peer))
		peer->was_reset = true;
	return peer;
}

void
sim_listen(struct simulation *sim, uint16_t port)
{
	assert(sim->test_port_count < 16);
	sim->test_ports[sim->test_port_count++] = port;
}

struct sim_peer *
sim_accept(struct simulation *sim, uint16_t port)
{
	struct sim_peer *oldest = NULL;

	for (struct sim_peer *peer = sim->peers; peer; peer = peer->next)
		if (peer->port == port && !peer->is_taken && peer->fd >= 0 && !peer->mirror)
			oldest = peer;
	if (oldest)
		oldest->is_taken = true;
	return oldest;
}

/* ---- environment ---- */

static int
env_listen(void *context, const union sb_socket_address *at, int backlog, bool is_first, int *fd)
{
	struct simulation *sim = context;
	int made = socket_take(sim, SIM_LISTENER);
	uint16_t port = ntohs(at->v4.sin_port);

	(void)backlog;
	(void)is_first;
	if (made < 0)
		return made;
	sim->sockets[made].port = port ? port : sim->next_port++;
	*fd = made;
	return 0;
}

static int
env_adopt(void *context, int fd)
{
	return socket_of(context, fd)->kind == SIM_LISTENER ? 0 : SB_EINVAL;
}

static int
env_name(void *context, int fd, union sb_socket_address *local)
{
	struct simulation *sim = context;

	memset(local, 0, sizeof(*local));
	local->v4.sin_family = AF_INET;
	local->v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	local->v4.sin_port = htons(socket_of(sim, fd)->port);
	return 0;
}

static int
env_accept(void *context, int fd, union sb_socket_address *from, int *accepted)
{
	struct simulation *sim = context;
	struct sim_socket *listener = socket_of(sim, fd);
	struct sim_peer *peer;
	int made;

	if (!listener->pending_count || listener->pending[0]->pending_at > sim->now)
		return SB_AGAIN;
	if (sim->accepts_to_fail) {
		sim->accepts_to_fail--;
		return SB_EMFILE;
	}
	made = socket_take(sim, SIM_STREAM);
	if (made < 0)
		return made;
	peer = listener->pending[0];
	listener->pending_count--;
	memmove(listener->pending, listener->pending + 1,
		listener->pending_count * sizeof(listener->pending[0]));
	sim->sockets[made].peer = peer;
	peer->fd = made;
	memset(from, 0, sizeof(*from));
	from->v4.sin_family = AF_INET;
	from->v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	from->v4.sin_port = htons((uint16_t)(40000 + made));
	*accepted = made;
	return 0;
}

static void
env_refuse(void *context, int fd)
{
	struct simulation *sim = context;
	struct sim_socket *listener = socket_of(sim, fd);

	if (!listener->pending_count)
		return;
	listener->pending[0]->was_reset = true;
	listener->pending_count--;
	memmove(listener->pending, listener->pending + 1,
		listener->pending_count * sizeof(listener->pending[0]));
}

static int
env_connect(void *context, const union sb_socket_address *to, const union sb_socket_address *from,
	int *fd)
{
	struct simulation *sim = context;
	uint16_t port = ntohs(to->v4.sin_port);
	int made = socket_take(sim, SIM_STREAM);
	struct sim_peer *peer, *far;

	(void)from;
	if (made < 0)
		return made;
	peer = peer_new(sim, port);
	peer->fd = made;
	sim->sockets[made].peer = peer;
	sim->sockets[made].connected_at = sim->now + sim->options.max_delay_ns;
	*fd = made;
	if (is_test_port(sim, port))
		return SB_AGAIN;
	/* To a listener of the node itself: the far end is accepted like any other's. */
	far = peer_new(sim, port);
	far->is_mirror = true;
	far->mirror = peer;
	peer->mirror = far;
	sim->sockets[made].is_refused = !knock(sim, far);
	return SB_AGAIN;
}

static int
env_error(void *context, int fd)
{
	struct simulation *sim = context;

	return socket_of(sim, fd)->is_refused ? SB_ECONNREFUSED : 0;
}

/* What the node reads on this end, and where its writes go. */
static struct sim_pipe *
read_pipe(struct sim_peer *peer)
{
	return &peer->to_node;
}

static struct sim_pipe *
write_pipe(struct sim_peer *peer)
{
	return peer->mirror ? &peer->mirror->to_node : &peer->from_node;
}

size_t
sim_room(const struct simulation *sim, const struct sim_pipe *pipe)
{
	return pipe->size < sim->options.socket_buffer ? sim->options.socket_buffer - pipe->size
						       : 0;
}

static ssize_t
env_read(void *context, int fd, void *buf, size_t size)
{
	struct simulation *sim = context;
	struct sim_peer *peer = socket_of(sim, fd)->peer;
	struct sim_pipe *pipe = read_pipe(peer);

	if (peer->was_reset)
		return SB_ECONNRESET;
	if (pipe->visible) {
		if (!sim->options.is_calm && sim_random(sim, 4) == 0)
			size = 1 + sim_random(sim, size < 16 ? size : 16) % size;
		return (ssize_t)sim_pipe_take(pipe, buf, size);
	}
	return pipe->has_ended ? 0 : SB_AGAIN;
}

static ssize_t
env_write(void *context, int fd, const void *data, size_t size)
{
	struct simulation *sim = context;
	struct sim_peer *peer = socket_of(sim, fd)->peer;
	size_t room = sim_room(sim, write_pipe(peer));

	if (peer->was_reset || (peer->mirror && peer->mirror->node_closed))
		return SB_ECONNRESET;
	if (!room)
		return SB_AGAIN;
	if (size > room)
		size = room;
	if (!sim->options.is_calm && size > 1 && sim_random(sim, 4) == 0)
		size = 1 + sim_random(sim, size);
	sim_pipe_put(sim, write_pipe(peer), data, size);
	return (ssize_t)size;
}

static int
env_finish(void *context, int fd)
{
	struct simulation *sim = context;
	struct sim_peer *peer = socket_of(sim, fd)->peer;

	if (peer->was_reset)
		return SB_ECONNRESET;
	sim_pipe_end(sim, write_pipe(peer));
	return 0;
}

/* A close with unread input resets, as a kernel does. */
static void
close_stream(struct simulation *sim, struct sim_peer *peer, bool abort)
{
	if (abort || read_pipe(peer)->size) {
		peer->was_reset = true;
		if (peer->mirror)
			peer->mirror->was_reset = true;
	} else {
		sim_pipe_end(sim, write_pipe(peer));
	}
	peer->node_closed = true;
	peer->fd = -1;
}

static void
close_socket(struct simulation *sim, int fd, bool abort)
{
	struct sim_socket *socket = socket_of(sim, fd);

	assert(!socket->io || socket->io->events == 0);
	if (socket->kind == SIM_STREAM)
		close_stream(sim, socket->peer, abort);
	for (size_t i = 0; i < socket->pending_count; i++)
		socket->pending[i]->was_reset = true;
	*socket = (struct sim_socket){.kind = SIM_FREE};
}

static void
env_close(void *context, int fd)
{
	close_socket(context, fd, false);
}

static void
env_abort(void *context, int fd)
{
	close_socket(context, fd, true);
}

void
sim_sockets_install(struct simulation *sim)
{
	sim->env.socket_listen = env_listen;
	sim->env.socket_adopt = env_adopt;
	sim->env.socket_accept = env_accept;
	sim->env.socket_refuse = env_refuse;
	sim->env.socket_connect = env_connect;
	sim->env.socket_error = env_error;
	sim->env.socket_name = env_name;
	sim->env.socket_read = env_read;
	sim->env.socket_write = env_write;
	sim->env.socket_finish = env_finish;
	sim->env.socket_close = env_close;
	sim->env.socket_abort = env_abort;
}

/* ---- readiness ---- */

int
sim_ready_events(struct simulation *sim, int fd)
{
	struct sim_socket *socket = socket_of(sim, fd);
	struct sim_peer *peer = socket->peer;
	int events = 0;

	if (socket->kind == SIM_LISTENER)
		return socket->pending_count && socket->pending[0]->pending_at <= sim->now
			       ? SB_READABLE
			       : 0;
	if (socket->connected_at > sim->now)
		return 0;
	if (peer->was_reset || read_pipe(peer)->visible || read_pipe(peer)->has_ended)
		events |= SB_READABLE;
	if (peer->was_reset || socket->is_refused || sim_room(sim, write_pipe(peer)))
		events |= SB_WRITABLE;
	return events;
}

/* Lets arrive what is due, and the test's ends read. */
void
sim_settle(struct simulation *sim)
{
	for (struct sim_peer *peer = sim->peers; peer; peer = peer->next) {
		sim_pipe_settle(sim, &peer->to_node);
		sim_pipe_settle(sim, &peer->from_node);
		if (peer->is_stalled || !peer->from_node.visible)
			continue;
		if (peer->inbox_capacity < peer->inbox_size + peer->from_node.visible) {
			peer->inbox_capacity = 2 * (peer->inbox_size + peer->from_node.visible);
			peer->inbox = sim_kernel_memory(sim, peer->inbox, peer->inbox_capacity);
		}
		peer->inbox_size += sim_pipe_take(
			&peer->from_node, peer->inbox + peer->inbox_size, peer->from_node.visible);
	}
}

uint64_t
sim_next_arrival(struct simulation *sim)
{
	uint64_t next = UINT64_MAX;

	for (struct sim_peer *peer = sim->peers; peer; peer = peer->next) {
		uint64_t to = sim_pipe_next(&peer->to_node), from = sim_pipe_next(&peer->from_node);

		next = to < next ? to : next;
		next = from < next ? from : next;
		if (peer->pending_at > sim->now && peer->pending_at < next)
			next = peer->pending_at;
	}
	for (int fd = SIM_FIRST; fd < SIM_SOCKETS; fd++) {
		struct sim_socket *socket = &sim->sockets[fd];

		if (socket->kind == SIM_STREAM && socket->connected_at > sim->now &&
			socket->connected_at < next)
			next = socket->connected_at;
	}
	return next;
}

/* ---- peers ---- */

void
sim_send(struct sim_peer *peer, const void *data, size_t size)
{
	if (!peer->was_reset && !peer->node_closed)
		sim_pipe_put(peer->sim, &peer->to_node, data, size);
}

struct sb_bytes
sim_received(struct sim_peer *peer)
{
	return sb_bytes(peer->inbox, peer->inbox_size);
}

void
sim_consume(struct sim_peer *peer, size_t size)
{
	assert(size <= peer->inbox_size);
	peer->inbox_size -= size;
	if (peer->inbox_size)
		memmove(peer->inbox, peer->inbox + size, peer->inbox_size);
}

void
sim_finish(struct sim_peer *peer)
{
	sim_pipe_end(peer->sim, &peer->to_node);
}

void
sim_reset(struct sim_peer *peer)
{
	peer->was_reset = true;
}

void
sim_stall(struct sim_peer *peer, bool is_stalled)
{
	peer->is_stalled = is_stalled;
}

bool
sim_has_ended(struct sim_peer *peer)
{
	return peer->from_node.has_ended && !peer->from_node.visible;
}

bool
sim_was_reset(struct sim_peer *peer)
{
	return peer->was_reset;
}

bool
sim_is_closed(struct sim_peer *peer)
{
	return peer->node_closed;
}

size_t
sim_open_sockets(const struct simulation *sim)
{
	size_t count = 0;

	for (int fd = SIM_FIRST; fd < SIM_SOCKETS; fd++)
		count += sim->sockets[fd].kind != SIM_FREE;
	return count;
}
