/*
 * sb-calculate [-h HOST] [-p PORT] [-d FOLDER] add|sub|mul|div A B
 *
 * Asks a calculator, and prints the result; with -d over mutual TLS, by client.pem,
 * client.key and ca.pem of that folder.
 */
#include <switchboard/core/switchboard.h>
#include <switchboard/protocols/erps/blocking.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

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

	snprintf(certificate, sizeof(certificate), "%s/client.pem", folder);
	snprintf(key, sizeof(key), "%s/client.key", folder);
	snprintf(ca, sizeof(ca), "%s/ca.pem", folder);
	err = sb_tls_client_new(tls, &options, reason, sizeof(reason));
	if (err)
		fprintf(stderr, "sb-calculate: %s\n", reason);
	return err;
}

/* 0: the result is printed. The server's reason is a text. */
static int
print(const struct erps_answer *answer)
{
	struct sb_bytes reason = {NULL, 0};
	int64_t result;

	if (answer->outcome == ERPS_REPLIED && erps_match(answer->term, "result::int", &result)) {
		printf("%" PRId64 "\n", result);
		return 0;
	}
	if (answer->outcome == ERPS_FAILED)
		erps_get_binary(answer->term, &reason);
	fprintf(stderr, "sb-calculate: refused: %.*s\n", (int)reason.size,
		reason.data ? (const char *)reason.data : "");
	return SB_EINVAL;
}

static int
ask(const struct erps_blocking_options *options, char **words)
{
	struct erps_blocking *b = NULL;
	struct erps_answer answer;
	int err = erps_blocking_open(&b, options);

	if (!err)
		err = erps_blocking_call_with(b, 0, &answer, "{operation::atom, a::int, b::int}",
			words[0], (int64_t)strtoll(words[1], NULL, 10),
			(int64_t)strtoll(words[2], NULL, 10));
	if (err)
		fprintf(stderr, "sb-calculate: %s\n",
			err == SB_GONE ? "the server closed the connection" : sb_error_text(err));
	else
		err = print(&answer);
	erps_blocking_close(b);
	return err;
}

int
main(int argc, char **argv)
{
	struct erps_blocking_options options = {.client = {.host = "127.0.0.1", .port = 4747}};
	int letter, err = 0;

	/* "+": operands may be negative, and are no options. */
	while (!err && (letter = getopt(argc, argv, "+h:p:d:")) != -1) {
		if (letter == '?')
			return 2;
		if (letter == 'h')
			options.client.host = optarg;
		else if (letter == 'p')
			options.client.port = (uint16_t)strtoul(optarg, NULL, 10);
		else
			err = make_tls(optarg, &options.client.tls);
	}
	if (argc - optind != 3) {
		fprintf(stderr,
			"sb-calculate [-h HOST] [-p PORT] [-d FOLDER] add|sub|mul|div A B\n");
		return 2;
	}
	if (!err)
		err = ask(&options, argv + optind);
	sb_tls_free(options.client.tls);
	return err ? EXIT_FAILURE : EXIT_SUCCESS;
}
