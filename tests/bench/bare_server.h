/*
 * A TCP or TLS server as a bare program does it: one thread, level-triggered
 * epoll, one buffer that all connections share, one read and one write for
 * what has arrived. It is the yardstick of the benchmarks: it has no timers,
 * no limits, no names, and keeps of an idle connection only its descriptor.
 */
#ifndef TESTS_BENCH_BARE_SERVER_H
#define TESTS_BENCH_BARE_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a service made of the octets it was given. */
struct bare_served {
	size_t used;         /* octets taken; the rest is offered again, with what follows */
	size_t answer;       /* octets to send */
	const uint8_t *from; /* where they stand; NULL: at the start of the buffer */
	bool close;          /* close once the answer is sent */
};

struct bare_service {
	size_t state_size; /* octets of zeroed state with each connection */
	/* Turns octets into their answer. In place it is never longer than what was used; an answer
	 * elsewhere stands until the next call. */
	struct bare_served (*serve)(void *state, uint8_t *octets, size_t size);
	void (*closed)(void *state); /* what the state owns; NULL: nothing */
};

/* Serves until SIGTERM or SIGINT. The options are those of `--help`; `name` stands in the line
 * `listening name=NAME address=IP:PORT`. Returns the exit status of the program. At the end the
 * process's own CPU time is printed on standard error. */
int bare_server_main(int argc, char **argv, const char *name, const struct bare_service *service);

#endif
