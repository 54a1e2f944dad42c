/*
 * The parts of `erps`, the command line client: what was asked for, and how it ended.
 */
#ifndef SB_ERPS_CLI_H
#define SB_ERPS_CLI_H

#include <stdbool.h>
#include <stdint.h>

#include "core/tls.h"
#include "protocols/erps/build.h"
#include "protocols/erps/client.h"

/* The exit codes. */
enum outcome {
	OUTCOME_DONE = 0,        /* a reply, a cast that was sent, all that was listened for */
	OUTCOME_USAGE = 1,       /* the command line, a file that it names */
	OUTCOME_UNREACHABLE = 2, /* no connection */
	OUTCOME_REFUSED = 3,     /* the server answered with an error */
	OUTCOME_TIMEOUT = 4,     /* no answer in time */
	OUTCOME_BAD_TERM = 5,    /* the term that was given, or that the server answered, is none */
	OUTCOME_LOST = 6,        /* the connection ended first */
	OUTCOME_FAILED = 7,      /* out of memory, or nobody reads our output */
};

enum verb {
	VERB_CALL,
	VERB_CAST,
	VERB_LISTEN,
};

struct arguments {
	enum verb verb;
	const char *term;   /* of call and cast, or --call; NULL: none; "-": standard input */
	const char *target; /* as given */
	struct erps_client_options client;
	struct erps_secret secret;
	struct sb_tls_options tls; /* where is_tls; the certificate is for the client */
	struct sb_tls_certificate certificate;
	uint64_t listen_ms; /* 0: for ever */
	uint64_t count;     /* of pushes; 0: any number */
	uint32_t credit;    /* parts of an answer at a time; 0: it is had whole */
	const char *secret_key, *secret_file;
	bool is_tls, is_json, is_verbose;
	char host[256];
};

/* Reads the command line. True: go on; false: leave with *outcome, all is said. */
bool arguments_read(struct arguments *a, int argc, char **argv, enum outcome *outcome);

/* Reads the secret's file into memory that lives as long as the process. False: said why. */
bool secret_read(struct arguments *a);

/* The term of the command, of `a->term` or standard input. False: said why. */
bool request_read(const struct arguments *a, struct erps_builder *b);

/* One term a line on standard output. False: it cannot be written. */
bool output_term(const struct arguments *a, struct erps_term term);

/* Connects, does it, and says on standard error what went wrong. */
enum outcome command_run(const struct arguments *a, struct erps_term request);

/* "erps: ...", a line on standard error. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
