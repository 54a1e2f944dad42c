/*
 * sb-tally [-l ADDRESS:PORT] [-c CERTIFICATE -k KEY] [-m HOST -p PORT -w COUNTER]
 *
 * Serves counters; with -m it watches a counter of another sb-tally as well.
 */
#include "tally.h"

#include <switchboard/core/switchboard.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct options {
	const char *address;
	struct sb_tls_certificate certificate;
	struct tally_mirror_args mirror;
};

/* What a stranger may cost us. All that stands here is counted when it is reached, and logged. */
static const struct sb_limits limits = {
	.max_connections = 20000,
	.max_connections_per_source = 200,
	.first_octet_ms = 5000,
	.frame_ms = 5000,
	.output_high = 64 << 10,
	.output_hard = 256 << 10,
};

/* ---- the door ---- */

/* Opened by a session, since that starts when what stands before it in the tree is there. */
struct front {
	struct sb_listener_options listener;
	int err;
};

static int
front_start(struct sb_session *s, const void *args)
{
	struct front *front = (struct front *)(uintptr_t)args;

	front->err = sb_listen(sb_session_node(s), &front->listener, NULL);
	if (front->err)
		sb_node_stop(sb_session_node(s));
	return 0;
}

static const struct sb_module front_module = {
	.abi = SB_MODULE_ABI,
	.name = "tally.front",
	.start = front_start,
};

static int
make_tls(const struct sb_tls_certificate *certificate, struct sb_tls **tls)
{
	struct sb_tls_options options = {.certificates = certificate, .certificate_count = 1};
	char reason[256];
	int err;

	if (!certificate->certificate)
		return 0;
	err = sb_tls_server_new(tls, &options, reason, sizeof(reason));
	if (err)
		fprintf(stderr, "sb-tally: %s\n", reason);
	return err;
}

/* ---- the tree ---- */

/* Started in this order, each when the one before it has. */
static int
start_tree(struct sb_node *node, struct front *front)
{
	static const unsigned indexes[TALLY_LEDGERS] = {0, 1, 2, 3};
	struct sb_child_spec children[TALLY_LEDGERS + 1] = {[TALLY_LEDGERS] = {.id = "front",
								    .module = &front_module,
								    .args = front,
								    .restart = SB_TEMPORARY}};
	struct sb_supervisor_options options = {
		.strategy = SB_ONE_FOR_ONE, .children = children, .child_count = TALLY_LEDGERS + 1};
	struct sb_child_spec spec = {.id = "tally",
		.module = &sb_supervisor_module,
		.args = &options,
		.args_size = sizeof(options),
		.restart = SB_PERMANENT};

	for (unsigned i = 0; i < TALLY_LEDGERS; i++)
		children[i] = (struct sb_child_spec){.module = &tally_ledger_module,
			.args = &indexes[i],
			.restart = SB_PERMANENT,
			.shard = (int)(i % sb_node_shards(node))};
	return sb_node_start_child(node, &spec);
}

static int
start_mirror(struct sb_node *node, const struct tally_mirror_args *mirror)
{
	struct sb_child_spec spec = {.id = "mirror",
		.module = &tally_mirror_module,
		.args = mirror,
		.restart = SB_PERMANENT,
		.shard = SB_SHARD_SPREAD};

	return *mirror->host ? sb_node_start_child(node, &spec) : 0;
}

/* ---- the program ---- */

static void
read_options(int argc, char **argv, struct options *options)
{
	int letter;

	while ((letter = getopt(argc, argv, "l:c:k:m:p:w:")) != -1)
		switch (letter) {
		case 'l':
			options->address = optarg;
			break;
		case 'c':
			options->certificate.certificate = optarg;
			break;
		case 'k':
			options->certificate.key = optarg;
			break;
		case 'm':
			snprintf(options->mirror.host, sizeof(options->mirror.host), "%s", optarg);
			break;
		case 'p':
			options->mirror.port = (uint16_t)strtoul(optarg, NULL, 10);
			break;
		case 'w':
			snprintf(options->mirror.counter, sizeof(options->mirror.counter), "%s",
				optarg);
			break;
		default:
			exit(2);
		}
}

int
main(int argc, char **argv)
{
	struct sb_node_options node_options = {.signals = true};
	struct options options = {.address = "127.0.0.1:7002"};
	struct front front = {
		.listener = {.name = "tally", .module = &tally_client_module, .limits = &limits}};
	struct sb_node *node = NULL;
	int err;

	read_options(argc, argv, &options);
	front.listener.address = options.address;
	err = make_tls(&options.certificate, &front.listener.tls);
	if (!err)
		err = sb_node_new(&node, &node_options);
	if (!err)
		err = start_tree(node, &front);
	if (!err)
		err = start_mirror(node, &options.mirror);
	if (!err)
		err = sb_node_run(node);
	if (!err)
		err = front.err;
	if (err)
		fprintf(stderr, "sb-tally: %s: %s\n", options.address, sb_error_text(err));
	sb_node_free(node);
	sb_tls_free(front.listener.tls);
	return err ? EXIT_FAILURE : EXIT_SUCCESS;
}
