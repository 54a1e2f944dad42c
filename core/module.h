/*
 * The contract of a protocol: one table of callbacks. Only `received` (or
 * `message`, for a session without a connection) is needed; everything else has
 * a default. All callbacks of a session run on its own shard's thread, one at a
 * time, never inside one another, and must not block.
 */
#ifndef SB_CORE_MODULE_H
#define SB_CORE_MODULE_H

#include "bytes.h"
#include "end.h"
#include "fields.h"
#include "message.h"
#include "peer.h"

#include <stdint.h>
#include <sys/types.h>

#define SB_MODULE_ABI 1

struct sb_session;

struct sb_module {
	uint32_t abi;      /* SB_MODULE_ABI */
	const char *name;  /* "smpp.mc": configuration section, log and metric label */
	size_t state_size; /* octets of zeroed state with each session: sb_state() */
	size_t max_frame;  /* bound of an unfinished frame, 0: 64 KiB; limits override it */

	/*
	 * The session begins. `args` is what its listener, or its child spec, carries. No
	 * connection yet. < 0: it never was: no other callback comes, `start` has freed what it
	 * made, and a supervisor counts a fault. Default: 0.
	 */
	int (*start)(struct sb_session *s, const void *args);

	/*
	 * A connection is there: accepted, connected, reconnected or handed over; after TLS and
	 * PROXY. `peer` lives as long as the connection. < 0: refused, the session ends (one that
	 * reconnects loses its connection). Default: 0.
	 */
	int (*connected)(struct sb_session *s, const struct sb_peer *peer);

	/*
	 * All unconsumed input, contiguous, in place; valid during the call. Returns how many
	 * octets were used: whole frames; 0 means that the frame at the front is not complete yet.
	 * < 0: the peer broke the protocol; what was written is flushed, then the session ends
	 * (one that reconnects loses its connection).
	 * Octets left over while neither held (sb_hold) nor over the budget (sb_frame) are an
	 * unfinished frame, and the core bounds its size and its time.
	 */
	ssize_t (*received)(struct sb_session *s, struct sb_bytes in);

	/* The peer will send no more. Answers may still be sent. Default: sb_close(s, SB_END_PEER);
	 * a session that reconnects drops the connection instead. */
	void (*input_ended)(struct sb_session *s);

	/*
	 * The connection is gone (not after sb_close: then only `closed` comes). The session stays,
	 * without a connection, unless it closes; one that reconnects will. Default: sb_close(s,
	 * why), unless the session reconnects.
	 */
	void (*disconnected)(struct sb_session *s, enum sb_end why);

	/* Output that was over the high-water mark fell below the low-water mark. */
	void (*drained)(struct sb_session *s);

	/* The supervisor asks to stop: say goodbye, then sb_close. A deadline follows. Default:
	 * sb_close(s, SB_END_DRAIN). */
	void (*stopping)(struct sb_session *s);

	/* A message. Default: ignored (a call is answered SB_ENOTSUP). */
	void (*message)(struct sb_session *s, struct sb_message *m);

	/* The last call, exactly once for each session whose `start` succeeded, whatever the end.
	 * Only free what the state owns: messages can still be sent, nothing can be received. */
	void (*closed)(struct sb_session *s, enum sb_end why);

	/* What an operator sees of this session. */
	void (*describe)(const struct sb_session *s, struct sb_fields *fields);
};

#endif
