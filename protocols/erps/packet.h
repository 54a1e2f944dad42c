/*
 * Packets: the framing of Erps 0.7.0 (section 1 of the protocol). Pure.
 */
#ifndef SB_ERPS_PACKET_H
#define SB_ERPS_PACKET_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "../../core/bytes.h"

#define ERPS_HEADER_SIZE     96
#define ERPS_KEEPALIVE_SIZE  9
#define ERPS_IDENTIFIER_SIZE 36

enum erps_type {
	ERPS_KEEPALIVE = 0,
	ERPS_ERROR = 1,
	ERPS_REPLY = 2,
	ERPS_PUSH = 3,
	ERPS_CALL = 4,
	ERPS_CAST = 8,
};

struct erps_version {
	uint8_t major, minor, patch;
};

struct erps_packet {
	uint8_t type; /* enum erps_type, or one of ours (docs/erps-extensions.md) */
	struct erps_version version;
	struct sb_bytes identifier; /* without the NULs on its right */
	struct sb_bytes key;        /* 16 octets */
	struct sb_bytes signature;  /* 32 octets */
	struct sb_bytes payload;    /* a term, with its 131 */
	struct sb_bytes octets;     /* the packet whole */
};

/*
 * The packet at the front of `in`: its size, with views into `in`; 0: it is not whole yet, and
 * *need is its size as soon as that is known, otherwise 0; SB_EPROTO: no packet (magic; a type
 * that is none); SB_ELIMIT: the payload is over max_payload, said as soon as its size is there.
 */
ssize_t erps_packet_decode(
	struct sb_bytes in, uint32_t max_payload, struct erps_packet *packet, size_t *need);

/*
 * Appends header and payload. The key and the signature are zero when their views are empty.
 * SB_EINVAL: the identifier is over 36 octets or ends in NUL. A keepalive is 9 octets.
 */
int erps_packet_encode(struct sb_writer *w, const struct erps_packet *packet);

#endif
