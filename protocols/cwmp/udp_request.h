/*
 * Connection requests over UDP, to devices behind a NAT (TR-069, Annex G). One session of the node
 * owns the one socket that this takes: it answers the devices' binding requests (stun.h), by
 * which they keep a way through their NAT open and learn what it looks like from here; and it sends
 * requests from the same port, for only from there they come in.
 *
 * Where a device can be reached, its parameter UDPConnectionRequestAddress says; a binding that
 * `bound` tells of may be newer. Remembering is the caller's.
 *
 * Anybody can send datagrams in another's name. So an answer goes to the host that asked, is no
 * larger than the question (but for one address, of 12 or 24 octets, to who sends a mere header),
 * and there is a bound of them a second; a binding without is_authentic is a hint, no more.
 */
#ifndef SB_CWMP_UDP_REQUEST_H
#define SB_CWMP_UDP_REQUEST_H

#include "../../core/bytes.h"
#include "../../core/network.h"
#include "../../core/peer.h"
#include "connection_request.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sb_node;
struct sb_session;

/* Where a device waits for requests, by a binding request of its own. */
struct cwmp_binding {
	const char *username; /* of its connection requests; "": it did not say */
	union sb_socket_address address;
	bool is_change;    /* it says that the address is another one than before */
	bool is_authentic; /* it has shown that it knows the password */
};

/* 0 takes the default in brackets. Copied; what it points at lives as long as the node. */
struct cwmp_udp_options {
	const char *address;         /* to bind to: "0.0.0.0:3478" */
	const char *public_address;  /* ours as devices see it; NULL: not told them */
	uint32_t answer_rate;        /* bindings answered a second [10000] */
	uint32_t device_burst;       /* requests of one device, at once [1] */
	uint32_t device_interval_ms; /* and then one each, from 1 s; SB_UNLIMITED: any number [10 s]
				      */
	uint32_t copy_interval_ms;   /* between the three copies of a request [500] */
	struct cwmp_reach reach;     /* where devices may be [where they came from] */

	/* The password of a name, as in struct http_auth: whoever claims to know it must. NULL: no
	 * claim is looked at. On the session's thread. */
	int (*password)(void *context, const char *username, char *out, size_t size);
	/* A device can be reached there; on the thread of session `s`, inside its callback. NULL:
	 * nobody is told. */
	void (*bound)(void *context, struct sb_session *s, const struct cwmp_binding *binding);
	void *context;
};

/* Starts the session, under the root, on shard 0. When it cannot have its address the node ends
 * with it. 0, SB_EINVAL, SB_ENOMEM. */
int cwmp_udp_start(struct sb_node *node, const struct cwmp_udp_options *options);

struct cwmp_udp_request {
	const char *device;  /* whose rate it counts to */
	const char *address; /* "192.0.2.1:40000"; without a port: 80 */
	const char *username;
	const char *password;
	const char *from; /* where its last Inform came from; NULL: not known (reach.h) */
};

/*
 * Sends a request, three times. One SB_MSG_REPLY with *ref comes, to be read with
 * cwmp_connection_request_result: CWMP_REQUEST_DONE says that the first has left, and nothing of
 * its arrival. 0; SB_GONE: there is no such session; SB_EINVAL: a text is over 256 octets; SB_FULL,
 * SB_ENOMEM as sb_call.
 */
int cwmp_request_udp(struct sb_session *s, const struct cwmp_udp_request *request, uint64_t *ref);

/* ---- the datagram; pure ---- */

#define CWMP_UDP_TEXT_MAX 1400

struct cwmp_udp_text {
	const char *host; /* and port, where it goes */
	int64_t time_s;   /* Unix: the device takes none that is not newer than the last */
	uint32_t id;      /* the same in the copies of one */
	const char *username, *nonce;
};

/* Its size, NUL not counted; 0: more than `size`, or no memory for the signature. */
size_t cwmp_udp_text_encode(
	const struct cwmp_udp_text *text, const char *password, char *out, size_t size);

/* For simulators: whether a datagram is a request with this password, and what it says: *time_s and
 * *id. */
bool cwmp_udp_text_check(struct sb_bytes in, const char *username, const char *password,
	int64_t *time_s, uint32_t *id);

#endif
