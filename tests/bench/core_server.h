/*
 * Ours beside the bare servers: a node with one listener, its options from the
 * command line, which they share.
 */
#ifndef TESTS_BENCH_CORE_SERVER_H
#define TESTS_BENCH_CORE_SERVER_H

#include "core/listener.h"
#include "core/node.h"

/* Opens `options` on the node; a service's own way to listen fits here. */
typedef int
core_server_listen(struct sb_node *node, const struct sb_listener_options *options, void *context);

/*
 * Runs a node until SIGTERM or SIGINT: `--port N`, `--threads N` (1), `--cert FILE --key FILE`.
 * `name` is the listener's. Returns the exit status of the program.
 */
int core_server_main(
	int argc, char **argv, const char *name, core_server_listen *listen, void *context);

#endif
