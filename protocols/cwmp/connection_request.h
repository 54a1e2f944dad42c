/*
 * Connection requests: how an ACS has a device begin a session now (TR-069, 3.2.2). A GET of
 * the URL that the device gave as ManagementServer.ConnectionRequestURL, with Digest where it
 * asks for that; 200 or 204 says that an Inform with "6 CONNECTION REQUEST" comes.
 *
 * One requester a shard, a session, sends them through libcurl on its loop. A device belongs
 * to one of them by its name, so that its rate has one bound on the whole node.
 *
 * The URL is the device's word, and makes us connect to wherever it says. So: http alone, a GET
 * without a body, no redirects, no proxy; answers are bounded in size and time and shown to
 * nobody; and by default it goes nowhere but to where the device came from (reach.h). Names
 * are resolved once, by a job; what is checked is connected to.
 */
#ifndef SB_CWMP_CONNECTION_REQUEST_H
#define SB_CWMP_CONNECTION_REQUEST_H

#include "../../core/message.h"
#include "reach.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sb_node;
struct sb_session;

/* 0 takes the default in brackets. Copied but for networks, which live as long as the node. */
struct cwmp_requester_options {
	uint32_t timeout_ms; /* from asking to the outcome, waiting and all; at most 50 s [20 s] */
	uint32_t connect_ms; /* of that, until the connection is there [5 s] */
	uint32_t at_once;    /* under way on a shard [64] */
	uint32_t waiting;    /* for those, on a shard [1024] */
	uint32_t device_burst;       /* of one device, at once [3] */
	uint32_t device_interval_ms; /* and then one each, from 1 s; SB_UNLIMITED: any number [10 s]
				      */
	bool allow_basic; /* the password may go over the line as it is, if a device wants that */
	struct cwmp_reach reach; /* where devices may be [where they came from] */
};

/* Starts a requester on each shard, under the root. 0, SB_EINVAL, SB_ENOMEM. */
int cwmp_requesters_start(struct sb_node *node, const struct cwmp_requester_options *options);

/* X(name, word) */
#define CWMP_REQUEST_OUTCOME_MAP(X)                                                    \
	X(CWMP_REQUEST_DONE, "done")                 /* 200 or 204: it will come */    \
	X(CWMP_REQUEST_FORBIDDEN, "forbidden")       /* no http URL, or not there */   \
	X(CWMP_REQUEST_LIMITED, "limited")           /* too often, or too many wait */ \
	X(CWMP_REQUEST_UNRESOLVED, "unresolved")     /* its name has no address */     \
	X(CWMP_REQUEST_UNREACHABLE, "unreachable")   /* no connection, or it broke */  \
	X(CWMP_REQUEST_TIMEOUT, "timeout")           /* no answer in time */           \
	X(CWMP_REQUEST_UNAUTHORIZED, "unauthorized") /* 401, whatever we said */       \
	X(CWMP_REQUEST_BUSY, "busy")                 /* 503 */                         \
	X(CWMP_REQUEST_REFUSED, "refused")           /* another status, or no HTTP */  \
	X(CWMP_REQUEST_UNAVAILABLE, "unavailable")   /* no requester here, or no memory */

enum cwmp_request_outcome {
#define X(name, word) name,
	CWMP_REQUEST_OUTCOME_MAP(X)
#undef X
};

#define CWMP_REQUEST_OUTCOMES (CWMP_REQUEST_UNAVAILABLE + 1)

/* "done" */
const char *cwmp_request_outcome_name(enum cwmp_request_outcome outcome);

struct cwmp_connection_request {
	const char *device;   /* whose rate it counts to */
	const char *url;      /* at most 1,024 octets */
	const char *username; /* NULL or "": it is asked without */
	const char *password;
	const char *from; /* where its last Inform came from; NULL: not known (reach.h) */
};

struct cwmp_connection_request_result {
	enum cwmp_request_outcome outcome;
	uint32_t status;     /* of the answer; 0: none came */
	uint32_t elapsed_ms; /* since it was asked */
};

/* Asks a device; all is copied. One SB_MSG_REPLY with *ref comes, to be read with the next
 * function. 0; SB_GONE: no requester; SB_EINVAL: a URL that is too long; SB_FULL, SB_ENOMEM as
 * sb_call. */
int cwmp_request_connection(
	struct sb_session *s, const struct cwmp_connection_request *request, uint64_t *ref);

/* What such a reply says, one that the requester did not make (SB_GONE, SB_TIMEOUT) included. */
struct cwmp_connection_request_result cwmp_connection_request_result(const struct sb_message *m);

#endif
