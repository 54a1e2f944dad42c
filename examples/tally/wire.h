/*
 * The frames of tally: from octets to structs and back, and nothing else. No session,
 * no socket, no memory of its own: it can be fuzzed, and tested without a server.
 *
 *	size:u32 op:u8 ref:u32 number:u64 name
 *
 * `size` counts what follows it, integers are big-endian, `name` is the rest.
 */
#ifndef TALLY_WIRE_H
#define TALLY_WIRE_H

#include <switchboard/core/bytes.h>

#include <stdint.h>
#include <sys/types.h>

#define TALLY_NAME_MAX  64
#define TALLY_FRAME_MAX (4 + 1 + 4 + 8 + TALLY_NAME_MAX)

enum tally_op {
	TALLY_HELLO = 1, /* who the client is: its first frame, once a connection  */
	TALLY_ADD,       /* `number` to a counter: answered by VALUE or REFUSED    */
	TALLY_WATCH,     /* a counter: answered by VALUE, and CHANGED from then on */
	TALLY_PING,      /* either way: answered by PONG                           */
	TALLY_PONG,
	TALLY_BYE,     /* from the server: it stops, say no more                 */
	TALLY_VALUE,   /* the answer with the request's `ref`                    */
	TALLY_CHANGED, /* a watched counter has a new value                      */
	TALLY_REFUSED, /* `number` says why: an error of the core's, positive    */
};

struct tally_frame {
	enum tally_op op;
	uint32_t ref; /* the asker's own, echoed in the answer */
	uint64_t number;
	struct sb_bytes name; /* a view into the octets decoded; no NUL in it */
};

/* Reads the frame at the front of `in`. Returns its size; 0: it is not whole yet; SB_EPROTO. */
ssize_t tally_decode(struct sb_bytes in, struct tally_frame *frame);

/* Appends a frame; the writer has failed when it did not fit. */
void tally_encode(struct sb_writer *w, const struct tally_frame *frame);

#endif
