/*
 * Sockets, clocks and signals for the benchmark programs. Every function that
 * can fail says why on standard error. One thread.
 */
#ifndef TESTS_BENCH_NET_H
#define TESTS_BENCH_NET_H

#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>

/* An IPv4 or IPv6 address with its port. */
struct net_address {
	struct sockaddr_storage storage;
	socklen_t size;
};

/* Resolves HOST, HOST:PORT or [HOST]:PORT (blocking); `port` stands where the text has none.
 * Returns 0, SB_EINVAL or SB_ERESOLVE. */
int net_resolve(const char *text, uint16_t port, struct net_address *out);

/* A non-blocking listening socket on 127.0.0.1:`port`, 0 for any, or a negative code. */
int net_listen(uint16_t port);

/* Prints `listening name=NAME address=127.0.0.1:PORT` on standard error, as the daemons do. */
void net_announce(const char *name, int listen_fd);

/* A non-blocking socket whose connection to `to` has begun, or a negative code. With `spread`, and
 * where `to` is 127.0.0.1, the connection comes from the `spread`-th loopback address, so that
 * ports in TIME_WAIT do not run out. */
int net_connect(const struct net_address *to, unsigned spread);

/* The error that ended a connection attempt, or 0. */
int net_connect_error(int fd);

/* Raises the limit of descriptors to its hard value and returns it. */
int net_raise_descriptors(void);

/* The monotonic clock in nanoseconds. */
uint64_t net_now_ns(void);

/* From here on SIGTERM and SIGINT are seen by net_stop_requested() and wake only a wait that was
 * given `*during_wait` as its signal mask; SIGPIPE is ignored. */
void net_catch_signals(sigset_t *during_wait);
int net_stop_requested(void);

#endif
