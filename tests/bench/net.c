#include "tests/bench/net.h"
#include "core/error.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BACKLOG = 4096, HOST_MAX = 256, LOOPBACK_ADDRESSES = 250 };

static volatile sig_atomic_t stop_requested;

static int
failed(const char *what)
{
	int err = sb_error_from_errno(errno);

	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	return err;
}

static int
fd_failed(int fd, const char *what)
{
	int err = failed(what);

	close(fd);
	return err;
}

/* Splits off the port: "[::1]:2775" and "host:2775" have one, "host" and "::1" do not. */
static int
split_port(const char *text, char *host, const char **port)
{
	const char *colon = strrchr(text, ':');
	const char *bracket = strrchr(text, ']');
	size_t size = strlen(text);

	if (colon && (bracket ? colon > bracket : strchr(text, ':') == colon)) {
		*port = colon + 1;
		size = (size_t)(colon - text);
	}
	if (text[0] == '[') {
		if (!bracket)
			return SB_EINVAL;
		text++;
		size = (size_t)(bracket - text);
	}
	if (size == 0 || size >= HOST_MAX)
		return SB_EINVAL;
	memcpy(host, text, size);
	host[size] = '\0';
	return 0;
}

int
net_resolve(const char *text, uint16_t port, struct net_address *out)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found;
	char host[HOST_MAX], default_port[8];
	const char *service = default_port;
	int err;

	snprintf(default_port, sizeof(default_port), "%u", port);
	if (split_port(text, host, &service) < 0) {
		fprintf(stderr, "%s: not an address\n", text);
		return SB_EINVAL;
	}
	err = getaddrinfo(host, service, &hints, &found);
	if (err) {
		fprintf(stderr, "%s: %s\n", text, gai_strerror(err));
		return SB_ERESOLVE;
	}
	memcpy(&out->storage, found->ai_addr, found->ai_addrlen);
	out->size = found->ai_addrlen;
	freeaddrinfo(found);
	return 0;
}

int
net_listen(uint16_t port)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int on = 1;

	if (fd < 0)
		return failed("socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	/* Accepted sockets inherit it, which saves a call for each of them. */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0)
		return fd_failed(fd, "bind");
	if (listen(fd, BACKLOG) < 0)
		return fd_failed(fd, "listen");
	return fd;
}

void
net_announce(const char *name, int listen_fd)
{
	struct sockaddr_in at = {0};
	socklen_t size = sizeof(at);

	getsockname(listen_fd, (struct sockaddr *)&at, &size);
	fprintf(stderr, "listening name=%s address=127.0.0.1:%u\n", name, ntohs(at.sin_port));
}

/* Binds to 127.0.0.2 and on; the port is chosen at connect, when it need not be unique by itself.
 */
static void
bind_spread(int fd, const struct net_address *to, unsigned spread)
{
	struct sockaddr_in from = {.sin_family = AF_INET};
	const struct sockaddr_in *server = (const struct sockaddr_in *)&to->storage;
	int on = 1;

	if (server->sin_family != AF_INET || server->sin_addr.s_addr != htonl(INADDR_LOOPBACK))
		return;
	from.sin_addr.s_addr = htonl(INADDR_LOOPBACK + spread % LOOPBACK_ADDRESSES);
	setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&from, sizeof(from)) < 0)
		failed("bind of a loopback address");
}

int
net_connect(const struct net_address *to, unsigned spread)
{
	int fd = socket(to->storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int on = 1;

	if (fd < 0)
		return failed("socket");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (spread)
		bind_spread(fd, to, spread);
	if (connect(fd, (const struct sockaddr *)&to->storage, to->size) < 0 &&
		errno != EINPROGRESS)
		return fd_failed(fd, "connect");
	return fd;
}

int
net_connect_error(int fd)
{
	int err = 0;
	socklen_t size = sizeof(err);

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &size) < 0)
		err = errno;
	return err ? sb_error_from_errno(err) : 0;
}

int
net_raise_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return 1024;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	return (int)limit.rlim_max;
}

uint64_t
net_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

static void
on_stop(int signal_number)
{
	(void)signal_number;
	stop_requested = 1;
}

void
net_catch_signals(sigset_t *during_wait)
{
	struct sigaction action = {.sa_handler = on_stop};
	sigset_t stops;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&stops);
	sigaddset(&stops, SIGTERM);
	sigaddset(&stops, SIGINT);
	sigprocmask(SIG_BLOCK, &stops, during_wait);
	sigdelset(during_wait, SIGTERM);
	sigdelset(during_wait, SIGINT);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
}

int
net_stop_requested(void)
{
	return stop_requested;
}
