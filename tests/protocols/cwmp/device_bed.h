/*
 * A device's listener for connection requests, made by hand: real sockets, turned by the test
 * together with the node, on one thread.
 */
#ifndef SB_TESTS_PROTOCOLS_CWMP_DEVICE_BED_H
#define SB_TESTS_PROTOCOLS_CWMP_DEVICE_BED_H

#include "protocols/http/auth.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DEVICE_CONNECTIONS 16

struct device {
	/* What it does; set by the test. */
	struct http_auth auth;     /* scheme NONE: it asks for nothing */
	const char *answer;        /* to who has shown itself */
	bool closes_after_answers; /* without a word */
	bool cuts_second_requests; /* of a connection: closes it instead of an answer */
	bool is_silent;

	/* What it saw. */
	unsigned connections, requests, right;
	char last[2048]; /* request */

	int listener;
	uint16_t port;
	struct device_connection {
		int fd; /* 0: none */
		unsigned requests;
		size_t used;
		char in[2048];
	} open[DEVICE_CONNECTIONS];
};

/* Takes name "acs" and password "secret". */
void device_open(struct device *device);
void device_close(struct device *device);

/* Does what there is to do now. */
void device_turn(struct device *device);

#endif
