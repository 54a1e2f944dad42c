#include "tests/bench/bare_server.h"
#include "core/error.h"
#include "tests/bench/net.h"
#include "tests/bench/stream.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BUFFER_BYTES = 256 * 1024, EVENTS = 1024 };

/* Octets kept of a connection between two wake-ups; no memory when there are none. */
struct kept {
	uint8_t *data;
	size_t size;
};

struct connection {
	struct stream stream;
	struct kept tail;   /* an unfinished frame */
	struct kept unsent; /* while there is any, the connection is not read */
	bool ready;         /* the handshake is done */
	bool ending;
	max_align_t state[]; /* the service's */
};

struct server {
	const struct bare_service *service;
	SSL_CTX *tls;
	struct connection **by_fd;
	size_t descriptors;
	int epoll_fd;
	int listen_fd;
	uint8_t buffer[BUFFER_BYTES];
};

struct options {
	const char *certificate;
	const char *key;
	uint16_t port;
};

static void
kept_clear(struct kept *kept)
{
	free(kept->data);
	*kept = (struct kept){0};
}

static int
kept_set(struct kept *kept, const uint8_t *data, size_t size)
{
	kept_clear(kept);
	if (size == 0)
		return 0;
	kept->data = malloc(size);
	if (!kept->data)
		return SB_ENOMEM;
	memcpy(kept->data, data, size);
	kept->size = size;
	return 0;
}

static void
connection_close(struct server *server, struct connection *c)
{
	if (server->service->closed)
		server->service->closed(c->state);
	server->by_fd[c->stream.fd] = NULL;
	stream_fini(&c->stream);
	kept_clear(&c->tail);
	kept_clear(&c->unsent);
	free(c);
}

static int
connection_watch(struct server *server, struct connection *c, int how, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.fd = c->stream.fd};

	return epoll_ctl(server->epoll_fd, how, c->stream.fd, &event) < 0
		       ? sb_error_from_errno(errno)
		       : 0;
}

static int
connection_open(struct server *server, int fd)
{
	struct connection *c = calloc(1, sizeof(*c) + server->service->state_size);
	int err = SB_ENOMEM;

	if (!c)
		goto close_fd;
	err = stream_init(&c->stream, fd, server->tls, NULL);
	if (err)
		goto free_connection;
	c->ready = !server->tls;
	server->by_fd[fd] = c;
	err = connection_watch(server, c, EPOLL_CTL_ADD, EPOLLIN);
	if (err)
		connection_close(server, c);
	return err;

free_connection:
	free(c);
close_fd:
	close(fd);
	return err;
}

static void
accept_all(struct server *server)
{
	for (;;) {
		int fd = accept4(server->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd < 0)
			return;
		if ((size_t)fd >= server->descriptors)
			close(fd);
		else
			connection_open(server, fd);
	}
}

/* Sends, and keeps what the socket does not take: then it is watched for room, not for input. */
static int
connection_send(struct server *server, struct connection *c, const uint8_t *data, size_t size)
{
	ssize_t sent = stream_write(&c->stream, data, size);

	if (sent < 0 && sent != SB_AGAIN)
		return (int)sent;
	if (sent < 0)
		sent = 0;
	if ((size_t)sent == size)
		return 0;
	if (kept_set(&c->unsent, data + sent, size - (size_t)sent) < 0)
		return SB_ENOMEM;
	return connection_watch(server, c, EPOLL_CTL_MOD, EPOLLOUT);
}

static int
connection_resend(struct server *server, struct connection *c)
{
	ssize_t sent = stream_write(&c->stream, c->unsent.data, c->unsent.size);

	if (sent < 0)
		return sent == SB_AGAIN ? 0 : (int)sent;
	c->unsent.size -= (size_t)sent;
	memmove(c->unsent.data, c->unsent.data + sent, c->unsent.size);
	if (c->unsent.size)
		return 0;
	kept_clear(&c->unsent);
	return connection_watch(server, c, EPOLL_CTL_MOD, EPOLLIN);
}

/* Reads once and answers. SB_AGAIN: nothing is left to read; SB_ECANCELED: over, and not a fault.
 */
static int
connection_serve(struct server *server, struct connection *c)
{
	struct bare_served served;
	size_t size = c->tail.size, room = BUFFER_BYTES - size;
	ssize_t got = stream_read(&c->stream, server->buffer + size, room);
	int err = 0;

	if (got <= 0)
		return got == 0 ? SB_ECANCELED : (int)got;
	if (size)
		memcpy(server->buffer, c->tail.data, size);
	size += (size_t)got;
	served = server->service->serve(c->state, server->buffer, size);
	if (served.used == 0 && size == BUFFER_BYTES)
		return SB_EPROTO;
	if (size != served.used || c->tail.size)
		err = kept_set(&c->tail, server->buffer + served.used, size - served.used);
	if (served.answer && !err)
		err = connection_send(
			server, c, served.from ? served.from : server->buffer, served.answer);
	c->ending = served.close;
	if (err || (served.close && !c->unsent.size))
		return err ? err : SB_ECANCELED;
	return (size_t)got < room ? SB_AGAIN : 0;
}

static int
connection_input(struct server *server, struct connection *c)
{
	int err = 0;

	if (!c->ready) {
		err = stream_handshake(&c->stream);
		c->ready = err == 0;
	}
	while (!err && !c->unsent.size)
		err = connection_serve(server, c);
	return err == SB_AGAIN ? 0 : err;
}

static void
connection_event(struct server *server, struct connection *c, uint32_t events)
{
	int err = 0;

	if (c->unsent.size && (events & (EPOLLOUT | EPOLLERR | EPOLLHUP))) {
		err = connection_resend(server, c);
		if (!err && c->ending && !c->unsent.size)
			err = SB_ECANCELED;
	}
	if (!err && !c->unsent.size)
		err = connection_input(server, c);
	if (err)
		connection_close(server, c);
}

static void
server_run(struct server *server)
{
	static struct epoll_event events[EVENTS];
	sigset_t during_wait;

	net_catch_signals(&during_wait);
	while (!net_stop_requested()) {
		int count = epoll_pwait(server->epoll_fd, events, EVENTS, -1, &during_wait);

		for (int i = 0; i < count; i++) {
			int fd = events[i].data.fd;

			if (fd == server->listen_fd)
				accept_all(server);
			else if (server->by_fd[fd])
				connection_event(server, server->by_fd[fd], events[i].events);
		}
	}
}

static int
server_init(struct server *server, const struct options *options)
{
	struct epoll_event event = {.events = EPOLLIN};

	if (options->certificate) {
		server->tls = stream_server_context(options->certificate, options->key);
		if (!server->tls)
			return SB_ETLS;
	}
	server->descriptors = (size_t)net_raise_descriptors();
	server->by_fd = calloc(server->descriptors, sizeof(*server->by_fd));
	server->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	server->listen_fd = net_listen(options->port);
	if (server->listen_fd < 0 || server->epoll_fd < 0 || !server->by_fd)
		return SB_EIO;
	event.data.fd = server->listen_fd;
	epoll_ctl(server->epoll_fd, EPOLL_CTL_ADD, server->listen_fd, &event);
	return 0;
}

static void
server_fini(struct server *server)
{
	for (size_t fd = 0; server->by_fd && fd < server->descriptors; fd++)
		if (server->by_fd[fd])
			connection_close(server, server->by_fd[fd]);
	free(server->by_fd);
	SSL_CTX_free(server->tls);
	if (server->epoll_fd >= 0)
		close(server->epoll_fd);
	if (server->listen_fd >= 0)
		close(server->listen_fd);
}

static bool
parse_options(int argc, char **argv, struct options *out)
{
	static const struct option names[] = {{"port", required_argument, NULL, 'p'},
		{"cert", required_argument, NULL, 'c'}, {"key", required_argument, NULL, 'k'},
		{"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
	int option;

	while ((option = getopt_long(argc, argv, "h", names, NULL)) != -1) {
		if (option == 'p')
			out->port = (uint16_t)strtoul(optarg, NULL, 10);
		else if (option == 'c')
			out->certificate = optarg;
		else if (option == 'k')
			out->key = optarg;
		else
			return false;
	}
	return optind == argc && !out->certificate == !out->key;
}

static void
print_cpu(void)
{
	struct rusage used;

	getrusage(RUSAGE_SELF, &used);
	fprintf(stderr, "cpu user=%ld.%06ld system=%ld.%06ld\n", used.ru_utime.tv_sec,
		used.ru_utime.tv_usec, used.ru_stime.tv_sec, used.ru_stime.tv_usec);
}

int
bare_server_main(int argc, char **argv, const char *name, const struct bare_service *service)
{
	static struct server server = {.epoll_fd = -1, .listen_fd = -1};
	struct options options = {0};
	int err;

	if (!parse_options(argc, argv, &options)) {
		fprintf(stderr, "usage: %s [--port N] [--cert FILE --key FILE]\n", argv[0]);
		return 2;
	}
	server.service = service;
	err = server_init(&server, &options);
	if (!err) {
		net_announce(name, server.listen_fd);
		server_run(&server);
		print_cpu();
	}
	server_fini(&server);
	return err ? 1 : 0;
}
