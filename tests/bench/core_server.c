#include "tests/bench/core_server.h"
#include "core/error.h"
#include "core/tls.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

/* The idle benchmarks hold ten thousand and more. */
enum { CONNECTIONS_MAX = 100000 };

struct options {
	struct sb_tls_certificate certificate;
	unsigned threads;
	unsigned port;
};

static int
parse_options(int argc, char **argv, struct options *out)
{
	static const struct option names[] = {{"port", required_argument, NULL, 'p'},
		{"threads", required_argument, NULL, 't'}, {"cert", required_argument, NULL, 'c'},
		{"key", required_argument, NULL, 'k'}, {NULL, 0, NULL, 0}};
	int option;

	while ((option = getopt_long(argc, argv, "", names, NULL)) != -1) {
		if (option == 'p')
			out->port = (unsigned)strtoul(optarg, NULL, 10);
		else if (option == 't')
			out->threads = (unsigned)strtoul(optarg, NULL, 10);
		else if (option == 'c')
			out->certificate.certificate = optarg;
		else if (option == 'k')
			out->certificate.key = optarg;
		else
			return SB_EINVAL;
	}
	return optind == argc ? 0 : SB_EINVAL;
}

static int
make_tls(const struct options *options, struct sb_tls **tls)
{
	struct sb_tls_options tls_options = {
		.certificates = &options->certificate, .certificate_count = 1};
	char reason[256] = "";
	int err;

	if (!options->certificate.certificate)
		return 0;
	err = sb_tls_server_new(tls, &tls_options, reason, sizeof(reason));
	if (err)
		fprintf(stderr, "TLS: %s %s\n", sb_error_text(err), reason);
	return err;
}

static int
serve(struct sb_node *node, const char *name, const struct options *options,
	core_server_listen *listen, void *context)
{
	struct sb_limits limits = {.max_connections = CONNECTIONS_MAX};
	struct sb_listener_options listener = {.name = name, .backlog = 4096, .limits = &limits};
	char address[32];
	int err = make_tls(options, &listener.tls);

	snprintf(address, sizeof(address), "127.0.0.1:%u", options->port);
	listener.address = address;
	if (!err)
		err = listen(node, &listener, context);
	if (!err)
		err = sb_node_run(node);
	sb_tls_free(listener.tls);
	return err;
}

int
core_server_main(int argc, char **argv, const char *name, core_server_listen *listen, void *context)
{
	struct options options = {.threads = 1};
	struct sb_node_options node_options = {.signals = true};
	struct sb_node *node = NULL;
	int err;

	if (parse_options(argc, argv, &options)) {
		fprintf(stderr, "usage: %s [--port N] [--threads N] [--cert FILE --key FILE]\n",
			argv[0]);
		return 2;
	}
	node_options.threads = options.threads;
	err = sb_node_new(&node, &node_options);
	if (!err)
		err = serve(node, name, &options, listen, context);
	if (err)
		fprintf(stderr, "%s: %s\n", argv[0], sb_error_text(err));
	sb_node_free(node);
	return err ? 1 : 0;
}
