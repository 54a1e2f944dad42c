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

static int
start_ledgers(struct sb_node *node)
{
	static const unsigned indexes[TALLY_LEDGERS] = {0, 1, 2, 3};
	struct sb_child_spec ledgers[TALLY_LEDGERS];
	struct sb_supervisor_options options = {
		.strategy = SB_ONE_FOR_ONE, .children = ledgers, .child_count = TALLY_LEDGERS};
	struct sb_child_spec spec = {.id = "ledgers",
		.module = &sb_supervisor_module,
		.args = &options,
		.args_size = sizeof(options),
		.restart = SB_PERMANENT};

	for (unsigned i = 0; i < TALLY_LEDGERS; i++)
		ledgers[i] = (struct sb_child_spec){.module = &tally_ledger_module,
			.args = &indexes[i],
			.args_size = sizeof(indexes[i]),
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
		.args_size = sizeof(*mirror),
		.restart = SB_PERMANENT,
		.shard = SB_SHARD_SPREAD};

	return *mirror->host ? sb_node_start_child(node, &spec) : 0;
}

static int
listen_for_clients(struct sb_node *node, const struct options *options, struct sb_tls **tls)
{
	struct sb_tls_options tls_options = {
		.certificates = &options->certificate, .certificate_count = 1};
	struct sb_listener_options listener = {.name = "tally",
		.address = options->address,
		.module = &tally_client_module,
		.limits = &limits};
	char reason[256];
	int err = 0;

	if (options->certificate.certificate)
		err = sb_tls_server_new(tls, &tls_options, reason, sizeof(reason));
	if (err) {
		fprintf(stderr, "sb-tally: %s\n", reason);
		return err;
	}
	listener.tls = *tls;
	return sb_listen(node, &listener, NULL);
}

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
	struct sb_tls *tls = NULL;
	struct sb_node *node = NULL;
	int err;

	read_options(argc, argv, &options);
	err = sb_node_new(&node, &node_options);
	if (!err)
		err = start_ledgers(node);
	if (!err)
		err = start_mirror(node, &options.mirror);
	if (!err)
		err = listen_for_clients(node, &options, &tls);
	if (!err)
		err = sb_node_run(node);
	if (err)
		fprintf(stderr, "sb-tally: %s\n", sb_error_text(err));
	sb_node_free(node);
	sb_tls_free(tls);
	return err ? EXIT_FAILURE : EXIT_SUCCESS;
}
