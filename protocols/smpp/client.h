/*
 * A blocking client for programs without a loop: connect and bind, ask and wait for
 * the answer, wait for what the centre sends, stop.
 *
 *	struct smpp_client_options options = {.esme = {
 *		.host = "127.0.0.1", .system_id = "alice", .password = "secret1"}};
 *
 *	err = smpp_client_open(&client, &options, &status);
 *	err = smpp_client_request(client, &submit, 0, &event);
 *	if (!err && event->pdu.header.status == SMPP_ROK)
 *		id = event->pdu.submit_sm_resp.message_id;
 *	count = smpp_client_wait_for_pdus(client, 60000, events, 16);
 *	smpp_client_stop(client);
 *
 * No thread and no lock: a client is a node with one session (esme.h), whose turns
 * the caller's own thread takes while it is inside one of these functions, and only
 * then. So the centre's enquire_links and deliver_sms are answered while the program
 * waits here: one that is away for long should come by with
 * smpp_client_wait_for_pdus(client, 0, NULL, 0), more often than its centre is patient
 * (commonly 30 s). For the same reason the client does not ping by itself unless
 * esme.session.enquire_link_ms says so, and does not reconnect: SB_GONE is the end, and
 * another client can be opened. Programs that want more of it use esme.h.
 *
 * One thread at a time for each client; any number of clients.
 */
#ifndef SB_SMPP_CLIENT_H
#define SB_SMPP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "esme.h"

struct sb_env;
struct sb_log;
struct smpp_client;

struct smpp_client_options {
	struct smpp_esme_options esme; /* where, who, windows; `restart` is not used. With
					  is_bind_manual only connected: bind by a request */
	bool leaves_requests; /* the centre's are the caller's to answer: smpp_client_respond.
				 Otherwise each is answered ROK as it comes */
	uint32_t queue;       /* what came and was not fetched: over it nothing is read, but while a
				 request waits for its response; then what the centre asks meanwhile is
				 answered RX_T_APPN (try again) [1024] */
	struct sb_log *log;   /* borrowed; NULL: silent */
	const struct sb_env *env; /* borrowed; NULL: sb_env_system() */
};

enum smpp_client_event_kind {
	SMPP_CLIENT_PDU,      /* a request of the centre's */
	SMPP_CLIENT_RESPONSE, /* to a request of ours */
	SMPP_CLIENT_TIMEOUT,  /* none came within response_ms: pdu.header is the request's */
	SMPP_CLIENT_ERROR,    /* none will come, the connection is gone: likewise */
	SMPP_CLIENT_SENT,     /* a request of smpp_client_send was written: likewise */
};

struct smpp_client_event {
	enum smpp_client_event_kind kind;
	uint64_t context;            /* of smpp_client_send */
	struct smpp_request request; /* of the centre's, to be answered */
	struct smpp_pdu pdu;
};

/*
 * Connects and, unless the bind is manual, binds; within connect_ms and session_init_ms.
 * 0; SB_EACCES: the bind was refused, *status (may be NULL) says why; SB_EUNREACH: there
 * was no connection, or it was lost; SB_TIMEOUT: the bind was not answered; SB_EINVAL,
 * SB_ENOMEM. On an error there is no client.
 */
int smpp_client_open(
	struct smpp_client **client, const struct smpp_client_options *options, uint32_t *status);

/*
 * Sends and waits for the response, for at most timeout_ms (0: response_ms). 0: *response is it,
 * whatever its status, valid until the next smpp_client_request has returned, whose request may be
 * made of it. SB_TIMEOUT: none in time (one that comes later is discarded), or no room in the
 * window in time; SB_GONE: the connection has ended; other errors as smpp_send. What else comes
 * meanwhile waits for smpp_client_wait_for_pdus.
 */
int smpp_client_request(struct smpp_client *client, struct smpp_pdu *request, uint32_t timeout_ms,
	const struct smpp_client_event **response);

/* Sends and does not wait: the response comes by smpp_client_wait_for_pdus, with `context`.
 * SB_FULL: the window is. Errors as smpp_send. */
int smpp_client_send(struct smpp_client *client, struct smpp_pdu *request, uint64_t context);

/*
 * Waits until something has come, or timeout_ms have passed, and fetches at most `max` of it in
 * order. How many; 0: nothing in time; SB_GONE: the connection has ended, and all was fetched. The
 * events are valid until the next call of this function, and requests may be made of them. With
 * `max` 0 it takes its turns and fetches nothing.
 */
ssize_t smpp_client_wait_for_pdus(struct smpp_client *client, uint32_t timeout_ms,
	const struct smpp_client_event *events[], size_t max);

/* Answers a request of the centre's (with leaves_requests). Errors as smpp_respond. */
int smpp_client_respond(struct smpp_client *client, struct smpp_request request, uint32_t status,
	struct sb_bytes id);

/* Unbinds politely, within the times of the session, and frees. NULL is fine. */
void smpp_client_stop(struct smpp_client *client);

#endif
