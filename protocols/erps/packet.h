/*
 * Packets: the framing of Erps 0.7.0 (section 1 of the protocol). A packet is found
 * at the front of a stream of octets, however that was split or run together, and
 * nothing of it is copied: what is decoded views the octets it was found in.
 *
 *	size = erps_packet_decode(in, max_payload, &packet, &need);
 *	if (size < 0)
 *		return close_for(size);
 *	if (size == 0)
 *		return wait_for(need);
 *
 * Who may send which type, whose identifier, version and signature are right, and what
 * the payload says, are others' affairs (sign.h, version.h, decode.h). Pure: any thread.
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
#define ERPS_KEY_SIZE        16
#define ERPS_SIGNATURE_SIZE  32

/* X(name, code, text). From 16 on they are ours (docs/erps-extensions.md), and only a peer that
 * has proved that it knows them may send them, or is sent them. */
#define ERPS_TYPE_MAP(X)              \
	X(KEEPALIVE, 0, "keepalive")  \
	X(ERROR, 1, "error")          \
	X(REPLY, 2, "reply")          \
	X(PUSH, 3, "push")            \
	X(CALL, 4, "call")            \
	X(CAST, 8, "cast")            \
	X(CALL_WITH, 16, "call with") \
	X(CANCEL, 17, "cancel")       \
	X(CREDIT, 18, "credit")       \
	X(PART, 19, "part")           \
	X(DRAIN, 20, "drain")

enum erps_type {
#define X(name, code, text) ERPS_##name = (code),
	ERPS_TYPE_MAP(X)
#undef X
};

/* "call"; NULL: a code that is none. A static string. */
const char *erps_type_name(uint8_t type);

static inline bool
erps_type_is_extension(uint8_t type)
{
	return type >= ERPS_CALL_WITH;
}

struct erps_version {
	uint8_t major, minor, patch;
};

/* A keepalive of 9 octets has neither version nor any view but `octets`. */
struct erps_packet {
	uint8_t type; /* enum erps_type */
	struct erps_version version;
	struct sb_bytes identifier; /* without the NULs on its right */
	struct sb_bytes key;        /* 16 octets */
	struct sb_bytes signature;  /* 32 octets */
	struct sb_bytes payload;    /* a term, with its 131; not looked at */
	struct sb_bytes octets;     /* the packet whole */
};

/*
 * The packet at the front of `in`: its size, with views into `in`; 0: it is not whole yet, and
 * *need (may be NULL) is its size as soon as that is known, otherwise 0; SB_EPROTO: no packet
 * (magic; a type that is none); SB_ELIMIT: the payload is over max_payload. Each is refused with
 * the octet that shows it. After 0 and errors *packet is undefined.
 */
ssize_t erps_packet_decode(
	struct sb_bytes in, uint32_t max_payload, struct erps_packet *packet, size_t *need);

/* Whether the key or the signature has anything but zeros: Erps 0.7.0 calls that "authentication
 * provided". */
bool erps_packet_has_authentication(const struct erps_packet *packet);

/*
 * Appends header and payload (`octets` is not read). The key and the signature are zero when their
 * views are empty. A keepalive without payload is 9 octets, whatever else it has. SB_EINVAL, and
 * nothing is appended: a type that is none, an identifier over 36 octets or that ends in NUL, a key
 * or signature of another size, a payload of 4 GiB; SB_FULL, and *w has failed: no room.
 */
int erps_packet_encode(struct sb_writer *w, const struct erps_packet *packet);

/*
 * For payloads that are written in place, behind room for the header: the header of a server's
 * packet (no version, no identifier, not signed), all 96 octets of it.
 */
void erps_packet_head(uint8_t head[ERPS_HEADER_SIZE], uint8_t type, uint32_t payload_size);

/* The same in a copy of a header that was encoded: only the type and the size change. */
void erps_packet_retype(uint8_t head[ERPS_HEADER_SIZE], uint8_t type, uint32_t payload_size);

/* The type that erps_packet_head wrote there. */
uint8_t erps_packet_type(const uint8_t head[ERPS_HEADER_SIZE]);

#endif
