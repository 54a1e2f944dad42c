/*
 * What client and server of ours say to each other beyond Erps (docs/erps-extensions.md):
 * by what they know each other, and the payload that asks for more than an answer.
 * The other payloads are a term or a pair, and need no help.
 */
#ifndef SB_ERPS_EXTENSION_INTERNAL_H
#define SB_ERPS_EXTENSION_INTERNAL_H

#include "protocols/erps/build.h"
#include "protocols/erps/packet.h"
#include "protocols/erps/term.h"

/* The Ref of a client's first call on a connection. phash2 has 27 bits: no Erps.Client sends it. */
#define ERPS_MARK UINT32_C(0x53425801)

bool erps_ref_is_mark(struct erps_term ref);

/* Version and identifier in the header of the answer to it; a server's packets have none. */
void erps_put_mark(uint8_t head[ERPS_HEADER_SIZE]);
bool erps_has_mark(const struct erps_packet *answer);

/* What a peer may have us owe it, in parts. */
#define ERPS_CREDIT_MAX (1u << 20)

/* What a call asks for, and how. */
struct erps_call_payload {
	struct erps_term ref, request;
	uint32_t deadline_ms; /* at most UINT32_MAX - 1 */
	uint32_t credit;      /* at most ERPS_CREDIT_MAX */
	bool has_deadline;
};

/* The payload of a CALL_WITH; false: it is of another shape. */
bool erps_split_call_with(struct erps_term payload, struct erps_call_payload *asked);

/* The third element of it; of `asked` the Ref and the request are not looked at. */
void erps_put_call_options(struct erps_builder *b, const struct erps_call_payload *asked);

#endif
