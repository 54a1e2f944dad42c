/*
 * A process that runs out of descriptors for real: it refuses, waits, says so, keeps
 * those it has, and serves again when there are some. The node is a child process with
 * few descriptors; the clients are ours.
 */
#include "core/switchboard.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define FEW     48
#define CLIENTS 58

static ssize_t
echo(struct sb_session *s, struct sb_bytes in)
{
	sb_write(s, in.data, in.size);
	return (ssize_t)in.size;
}

static const struct sb_module echo_module = {
	.abi = SB_MODULE_ABI, .name = "echo", .received = echo};

/* Sockets given to it, or made by it: either way it has one descriptor in reserve. */
static int
open_listener(struct sb_node *node, bool is_given, struct sb_listener **listener)
{
	struct sb_listener_options options = {
		.name = "few", .address = "127.0.0.1:0", .module = &echo_module};
	struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd;

	if (is_given) {
		fd = socket(AF_INET, SOCK_STREAM, 0);
		if (fd < 0 || bind(fd, (struct sockaddr *)&any, sizeof(any)) || listen(fd, 128))
			return SB_EIO;
		options.fds = &fd;
		options.fd_count = 1;
	}
	return sb_listen(node, &options, listener);
}

static void
serve(int tell, bool is_given)
{
	struct rlimit few = {FEW, FEW};
	struct sb_log_options log_options = {.level = SB_LOG_FATAL, .fd = STDERR_FILENO};
	struct sb_node_options options = {.threads = 1, .signals = true};
	struct sb_listener *listener;
	struct sb_node *node;
	uint16_t port;

	options.log = sb_log_new(&log_options);
	if (setrlimit(RLIMIT_NOFILE, &few) || sb_node_new(&node, &options) ||
		open_listener(node, is_given, &listener))
		_exit(2);
	port = sb_listener_port(listener);
	if (write(tell, &port, sizeof(port)) != sizeof(port) || sb_node_run(node))
		_exit(3);
	sb_node_free(node);
	sb_log_free(options.log);
	_exit(0);
}

static int
knock(uint16_t port)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct timeval patience = {.tv_sec = 5};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)), 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	return fd;
}

/* Whether the node is at the other end. */
static bool
speaks(int fd)
{
	char octet = 'x';

	return send(fd, &octet, 1, MSG_NOSIGNAL) == 1 && recv(fd, &octet, 1, 0) == 1;
}

static void
run_out_and_recover(bool is_given)
{
	int fds[CLIENTS], served = 0, tell[2], status, again = -1;
	struct rusage usage;
	uint16_t port;
	pid_t pid;

	assert_int_equal(pipe(tell), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		serve(tell[1], is_given);
	assert_int_equal(read(tell[0], &port, sizeof(port)), sizeof(port));
	for (int i = 0; i < CLIENTS; i++)
		fds[i] = knock(port);
	/* Each is served or refused: nobody is left to wait. */
	for (int i = 0; i < CLIENTS; i++)
		served += speaks(fds[i]);
	assert_in_range(served, FEW / 2, FEW);
	assert_true(speaks(fds[0]));
	for (int i = 1; i < CLIENTS; i++)
		close(fds[i]);
	/* It looks again after a while; until then some may be refused still. */
	for (int i = 0; i < 100 && again < 0; i++) {
		again = knock(port);
		if (!speaks(again)) {
			close(again);
			again = -1;
		}
	}
	assert_true(again >= 0);
	assert_true(speaks(fds[0]));
	close(again);
	close(fds[0]);
	kill(pid, SIGTERM);
	assert_int_equal(wait4(pid, &status, 0, &usage), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_true(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec < 2); /* it did not spin */
	close(tell[0]);
	close(tell[1]);
}

static void
test_sockets_of_its_own(void **state)
{
	(void)state;
	run_out_and_recover(false);
}

static void
test_sockets_given_to_it(void **state)
{
	(void)state;
	run_out_and_recover(true);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sockets_of_its_own),
		cmocka_unit_test(test_sockets_given_to_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
