/*
 * The kernel's sockets, always non-blocking and close-on-exec, errors turned into
 * ours at once. The only state is the reserve descriptor of the process, with
 * which a connection can be taken and closed when there is no other.
 */
#include "core/connector.h"
#include "core/env_system_internal.h"
#include "core/error.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

static int
last_error(void)
{
	return sb_error_from_errno(errno);
}

static socklen_t
address_size(const union sb_socket_address *address)
{
	return address->any.sa_family == AF_INET6 ? sizeof(address->v6) : sizeof(address->v4);
}

static int
set_option(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value)) ? last_error() : 0;
}

/* For paths that end: the error that led here, not that of the close. */
static int
close_after(int fd, int err)
{
	close(fd);
	return err;
}

/* One descriptor of the process, kept for the moment when there is no other. */
static pthread_mutex_t reserve_lock = PTHREAD_MUTEX_INITIALIZER;
static int reserve_fd = -1;

static void
reserve_open(void)
{
	if (reserve_fd < 0)
		reserve_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

/*
 * Every shard can bind the same address (SO_REUSEPORT), and so could another process of this
 * user: each would have half of the connections, and nobody would be told. Our first socket has
 * the option only when it is bound, which fails beside any other; those after it bind beside it.
 */
static int
bind_beside(int fd, const union sb_socket_address *at, bool is_first)
{
	int err = is_first ? 0 : set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1);

	if (!err && bind(fd, &at->any, address_size(at)))
		err = last_error();
	if (!err && is_first)
		err = set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1);
	return err;
}

int
sb_system_listen(
	void *context, const union sb_socket_address *at, int backlog, bool is_first, int *fd)
{
	int made = socket(at->any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int err;

	(void)context;
	if (made < 0)
		return last_error();
	pthread_mutex_lock(&reserve_lock);
	reserve_open();
	pthread_mutex_unlock(&reserve_lock);
	/* So that a restart need not wait for the connections of its predecessor to be forgotten.
	 */
	err = set_option(made, SOL_SOCKET, SO_REUSEADDR, 1);
	/* So that [::] and 0.0.0.0 can be listened on side by side, whatever the system's default
	 * is. */
	if (!err && at->any.sa_family == AF_INET6)
		err = set_option(made, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	/* What is accepted inherits it: one system call less a connection. */
	if (!err)
		err = set_option(made, IPPROTO_TCP, TCP_NODELAY, 1);
	if (!err)
		err = bind_beside(made, at, is_first);
	if (!err && listen(made, backlog))
		err = last_error();
	if (err)
		return close_after(made, err);
	*fd = made;
	return 0;
}

/* Listening already; what we need of it beyond that is set here, for it may come from anywhere. */
int
sb_system_adopt(void *context, int fd)
{
	int flags = fcntl(fd, F_GETFL);

	(void)context;
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) || fcntl(fd, F_SETFD, FD_CLOEXEC))
		return last_error();
	pthread_mutex_lock(&reserve_lock);
	reserve_open();
	pthread_mutex_unlock(&reserve_lock);
	return set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
}

int
sb_system_accept(void *context, int fd, union sb_socket_address *peer, int *accepted)
{
	socklen_t size = sizeof(*peer);
	int made = accept4(fd, &peer->any, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)context;
	if (made < 0)
		/* Of that connection alone, which has gone again: not a reason to stop
		 * accepting. */
		return errno == EINTR || errno == ECONNABORTED ? SB_ECONNRESET : last_error();
	*accepted = made;
	return 0;
}

void
sb_system_refuse(void *context, int fd)
{
	int made;

	(void)context;
	pthread_mutex_lock(&reserve_lock);
	if (reserve_fd >= 0) {
		close(reserve_fd);
		reserve_fd = -1;
		made = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (made >= 0)
			close(made);
	}
	/* Another thread may have taken the number in between; then it is tried again at the next
	 * refusal. */
	reserve_open();
	pthread_mutex_unlock(&reserve_lock);
}

int
sb_system_connect(void *context, const union sb_socket_address *to,
	const union sb_socket_address *from, int *fd)
{
	int made = socket(to->any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	(void)context;
	if (made < 0)
		return last_error();
	(void)set_option(made, IPPROTO_TCP, TCP_NODELAY, 1);
	if (from && bind(made, &from->any, address_size(from)))
		return close_after(made, last_error());
	if (connect(made, &to->any, address_size(to)) && errno != EINPROGRESS)
		return close_after(made, last_error());
	/* Also when it is connected at once: who waits for writability need not know the
	 * difference. */
	*fd = made;
	return SB_AGAIN;
}

static int
set_unless_zero(int fd, int level, int name, uint32_t value)
{
	if (value > INT_MAX)
		return SB_EINVAL;
	return value ? set_option(fd, level, name, (int)value) : 0;
}

/* The first probe after keepalive_s, the others by the system's own idea of them. */
int
sb_system_tune(void *context, int fd, const struct sb_socket_options *o)
{
	int err = 0;

	(void)context;
	if (o->is_delayed)
		err = set_option(fd, IPPROTO_TCP, TCP_NODELAY, 0);
	if (!err && o->keepalive_s)
		err = set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	if (!err)
		err = set_unless_zero(fd, IPPROTO_TCP, TCP_KEEPIDLE, o->keepalive_s);
	if (!err)
		err = set_unless_zero(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, o->unacked_ms);
	if (!err)
		err = set_unless_zero(fd, SOL_SOCKET, SO_SNDBUF, o->send_bytes);
	if (!err)
		err = set_unless_zero(fd, SOL_SOCKET, SO_RCVBUF, o->receive_bytes);
	return err;
}

int
sb_system_error(void *context, int fd)
{
	int error = 0;
	socklen_t size = sizeof(error);

	(void)context;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size))
		return last_error();
	return error ? sb_error_from_errno(error) : 0;
}

int
sb_system_name(void *context, int fd, union sb_socket_address *local)
{
	socklen_t size = sizeof(*local);

	(void)context;
	return getsockname(fd, &local->any, &size) ? last_error() : 0;
}

/* EINTR says nothing to a socket that does not block. */
ssize_t
sb_system_read(void *context, int fd, void *buf, size_t size)
{
	ssize_t n;

	(void)context;
	do {
		n = read(fd, buf, size);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? last_error() : n;
}

ssize_t
sb_system_write(void *context, int fd, const void *data, size_t size)
{
	ssize_t n;

	(void)context;
	do {
		/* A write to a reset connection is an error to us, not a signal to the process. */
		n = send(fd, data, size, MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? last_error() : n;
}

int
sb_system_finish(void *context, int fd)
{
	(void)context;
	return shutdown(fd, SHUT_WR) ? last_error() : 0;
}

void
sb_system_close(void *context, int fd)
{
	(void)context;
	close(fd);
}

void
sb_system_abort(void *context, int fd)
{
	struct linger reset = {.l_onoff = 1, .l_linger = 0};

	(void)context;
	/* With a linger time of 0 the kernel sends a reset instead of a FIN and forgets what was
	 * queued. */
	(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	close(fd);
}
