/*
 * Messages: the only way one session reaches another, on its own shard or on
 * any other. First in, first out from one session to one other; nothing else is
 * promised.
 *
 * Ownership. A payload is copied (SB_COPY, for small ones) or given (SB_GIVE:
 * never copied, released exactly once, also when the receiver is gone). It moves
 * when a function here returns 0; on an error the caller still owns it.
 *
 * Bounds. Mailboxes are bounded in messages and octets (struct sb_limits);
 * sb_post says SB_FULL or SB_GONE at once and never drops in silence. Answers,
 * completions and end notices are never refused: their place was reserved by who
 * asked, so the number of outstanding requests of a session is what is bounded.
 *
 * All functions: on the thread of the session `s`, from inside its callbacks.
 * The exception is sb_node_post in node.h.
 */
#ifndef SB_CORE_MESSAGE_H
#define SB_CORE_MESSAGE_H

#include "address.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sb_session;

/* Types from here up are the core's; protocols and daemons number theirs below. */
#define SB_MSG_CORE 0xff000000u

enum sb_message_type {
	SB_MSG_REPLY = 0xff000000u, /* the answer of a sb_call: ref, status, payload */
	SB_MSG_DOWN,      /* a monitored session ended: ref, status = enum sb_end        */
	SB_MSG_HAND_OVER, /* a hand-over failed: ref, status                             */
	SB_MSG_NAME,      /* a watched name or topic: payload struct sb_name_event       */
	SB_MSG_JOB,       /* a job ended: ref, status, payload the job's data            */
	SB_MSG_STORE,     /* a store request completed: ref, status, struct sb_store_rows */
};

/* What a message carries. `release` NULL: copied in. Otherwise given, and released with it. */
struct sb_payload {
	const void *data;
	size_t size;
	void (*release)(void *data);
};

#define SB_NOTHING                   ((struct sb_payload){NULL, 0, NULL})
#define SB_COPY(data, size)          ((struct sb_payload){(data), (size), NULL})
#define SB_GIVE(data, size, release) ((struct sb_payload){(data), (size), (release)})

/* Memory for a payload to give, aligned to 16: SB_GIVE(data, size, sb_payload_free). NULL when
 * there is none. It may be freed on any thread; NULL is fine. */
void *sb_payload_new(const struct sb_session *s, size_t size);
void sb_payload_free(void *data);

/* Received by sb_module.message; valid during that callback unless kept. */
struct sb_message {
	uint32_t type;
	int status;   /* answers and notices: 0, a negative error, or an enum sb_end       */
	uint64_t ref; /* the sender's correlation; in a call, the core's                   */
	bool is_call; /* the sender waits for sb_reply                                     */
	struct sb_address sender;
	const void *data;
	size_t size;
};

/* Who asked, and which question: a value that may be kept or passed to any session of any shard. */
struct sb_from {
	struct sb_address caller; /* null: nobody waits, and sb_reply does nothing */
	uint64_t ref;
};

/* Sends `payload` as a message of `type` with the sender's own `ref`. 0, SB_GONE, SB_FULL (the
 * receiver's mailbox) or SB_ENOMEM. */
int sb_post(struct sb_session *s, struct sb_address to, uint32_t type, uint64_t ref,
	struct sb_payload payload);

/*
 * Asks `to` and gives a `ref`. Exactly one SB_MSG_REPLY with that ref comes to `s.message`, in a
 * later turn: status 0 (or the replier's own) with the reply's payload, or SB_GONE, SB_FULL,
 * SB_TIMEOUT after `deadline_ms` (0: 60000). Replies later than that are dropped and counted.
 * 0; SB_FULL when `s` has as many calls outstanding as its limits allow; SB_ENOMEM.
 */
int sb_call(struct sb_session *s, struct sb_address to, uint32_t type, struct sb_payload payload,
	uint32_t deadline_ms, uint64_t *ref);

/* No answer of this call comes any more. Unknown refs are ignored. */
void sb_call_cancel(struct sb_session *s, uint64_t ref);

/* The value to answer `m` with, now or later; a null `from` when `m` is not a call. */
struct sb_from sb_message_from(const struct sb_message *m);

/* Answers a call, once, from any session. A caller that is gone or waits no longer is not an error.
 * 0 or SB_ENOMEM. */
int sb_reply(struct sb_session *s, struct sb_from from, int status, struct sb_payload payload);

/* Keeps a message (and its payload) beyond the callback, until sb_message_free, which may come in
 * the same one. */
struct sb_message *sb_message_keep(struct sb_message *m);
void sb_message_free(struct sb_session *s, struct sb_message *m);

/* Takes a given payload out of the message: the receiver owns it from here on, and releases it as
 * the giver's release function does. NULL when the payload was copied. */
void *sb_message_take(struct sb_message *m);

/*
 * Monitors `target`: one SB_MSG_DOWN with `*ref` comes when it has ended, or at once (status
 * SB_END_GONE) when it is not there. 0, SB_FULL (as many monitors as calls may be outstanding) or
 * SB_ENOMEM.
 */
int sb_monitor(struct sb_session *s, struct sb_address target, uint64_t *ref);
void sb_demonitor(struct sb_session *s, uint64_t ref);

#endif
