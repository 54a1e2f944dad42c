/*
 * STUN as devices behind a NAT use it (TR-069, Annex G): binding requests of RFC 3489, which they
 * speak, and RFC 5389, and the answers. Attributes that nobody here knows are passed over: a
 * device with an extension of its own is answered, too. Pure: any thread, no memory.
 */
#ifndef SB_CWMP_STUN_H
#define SB_CWMP_STUN_H

#include "../../core/bytes.h"
#include "../../core/peer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CWMP_STUN_HEADER         20
#define CWMP_STUN_TRANSACTION    16 /* the magic cookie of RFC 5389 is its front */
#define CWMP_STUN_INTEGRITY_SIZE 20
#define CWMP_STUN_RESPONSE_MAX   128

/* A binding request; views into its octets. */
struct cwmp_stun_request {
	const uint8_t *transaction;
	size_t size;               /* of the message */
	bool is_classic;           /* RFC 3489 */
	bool is_for_requests;      /* CONNECTION-REQUEST-BINDING: where the device waits for them */
	bool is_change;            /* BINDING-CHANGE: not the address of before */
	bool wants_another_source; /* CHANGE-REQUEST: not to be answered by who has one address */
	struct sb_bytes username;  /* without padding */
	bool has_response_address;
	union sb_socket_address response_address;
	size_t integrity_at; /* where MESSAGE-INTEGRITY begins in the octets; 0: none */
};

/* Reads one datagram: 0; SB_EPROTO: no STUN, or broken; SB_ENOTSUP: another message of STUN. */
int cwmp_stun_decode(struct sb_bytes in, struct cwmp_stun_request *request);

/* Whether the MESSAGE-INTEGRITY of a request was made with this password, in either RFC's way.
 * False without one. */
bool cwmp_stun_is_authentic(
	struct sb_bytes in, const struct cwmp_stun_request *request, const char *password);

/* The answer: the address that the request came from; what RFC 3489 has besides, ours (`source`;
 * NULL: not known), where the answer is no larger than the question with it: the question may be in
 * another's name. `password` NULL: without MESSAGE-INTEGRITY. Its size; 0: no room, or no memory
 * for a hash. */
size_t cwmp_stun_encode_response(const struct cwmp_stun_request *request,
	const union sb_socket_address *mapped, const union sb_socket_address *source,
	const char *password, uint8_t out[CWMP_STUN_RESPONSE_MAX]);

/* An error, as 431 "Integrity Check Failure". */
size_t cwmp_stun_encode_error(const struct cwmp_stun_request *request, unsigned code,
	const char *reason, uint8_t out[CWMP_STUN_RESPONSE_MAX]);

/* ---- the device's side, for simulators ---- */

/* A classic binding request with CONNECTION-REQUEST-BINDING and USERNAME (none if ""), and with
 * MESSAGE-INTEGRITY if `password` is not NULL. Its size, or 0 as above. `username` has at most 256
 * octets. */
size_t cwmp_stun_encode_request(const uint8_t transaction[CWMP_STUN_TRANSACTION],
	const char *username, const char *password, bool is_change, uint8_t *out, size_t size);

/* The mapped address of an answer to such a request: 0; SB_EPROTO, SB_ENOTSUP (an error). */
int cwmp_stun_decode_response(struct sb_bytes in, const uint8_t transaction[CWMP_STUN_TRANSACTION],
	union sb_socket_address *mapped);

#endif
