/*
 * sb-calculator [-p PORT] [-d FOLDER]
 *
 * Serves the calculator at a port of 127.0.0.1; with -d over mutual TLS, by server.pem,
 * server.key and ca.pem of that folder (make-certificates.sh makes them).
 */
#include "calculator.h"

#include <switchboard/core/switchboard.h>
#include <switchboard/protocols/erps/daemon.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Peers without a certificate by our authority do not come in. */
static int
make_tls(const char *folder, struct sb_tls **tls)
{
	char certificate[1024], key[1024], ca[1024], reason[256];
	struct sb_tls_certificate own = {.certificate = certificate, .key = key};
	struct sb_tls_options options = {.certificates = &own,
		.certificate_count = 1,
		.ca = ca,
		.verify = SB_TLS_VERIFY_REQUIRED};
	int err;

	snprintf(certificate, sizeof(certificate), "%s/server.pem", folder);
	snprintf(key, sizeof(key), "%s/server.key", folder);
	snprintf(ca, sizeof(ca), "%s/ca.pem", folder);
	err = sb_tls_server_new(tls, &options, reason, sizeof(reason));
	if (err)
		fprintf(stderr, "sb-calculator: %s\n", reason);
	return err;
}

int
main(int argc, char **argv)
{
	static const struct calculator_settings settings = {.most = INT64_MAX};
	struct sb_node_options node_options = {.signals = true};
	struct erps_daemon_options options = {.port = 4747};
	struct erps_daemon *daemon = NULL;
	struct sb_node *node = NULL;
	int letter, err = 0;

	while (!err && (letter = getopt(argc, argv, "p:d:")) != -1) {
		if (letter == '?')
			return 2;
		if (letter == 'p')
			options.port = (uint16_t)strtoul(optarg, NULL, 10);
		else
			err = make_tls(optarg, &options.tls);
	}
	if (!err)
		err = sb_node_new(&node, &node_options);
	if (!err)
		err = erps_daemon_start(&daemon, node, &calculator, &settings, &options);
	if (!err)
		err = sb_node_run(node);
	if (err)
		fprintf(stderr, "sb-calculator: %s\n", sb_error_text(err));
	sb_node_free(node);
	erps_daemon_free(daemon);
	sb_tls_free(options.tls);
	return err ? EXIT_FAILURE : EXIT_SUCCESS;
}
