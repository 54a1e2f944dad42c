/*
 * A message on its way. Same-shard ones go to the end of the shard's queue,
 * others through the target's inbox; both keep the order of one sender.
 */
#ifndef SB_CORE_ENVELOPE_INTERNAL_H
#define SB_CORE_ENVELOPE_INTERNAL_H

#include "end.h"
#include "message.h"
#include "shard_internal.h"

#include <stdbool.h>
#include <stdint.h>

struct sb_node;

struct sb_envelope {
	struct sb_message message; /* first: what the module sees */
	struct sb_envelope *next;
	struct sb_address target;

	/* The core's own: run instead of the module's `message`. `target` is NULL when the session
	 * is gone, or the target names only a shard (generation 0). */
	void (*handle)(struct sb_shard *shard, struct sb_session *target, struct sb_envelope *e);

	void (*release)(void *data); /* of a given payload; NULL: copied, lies behind */
	uint32_t reserved_size;      /* counted in the target's mailbox */
	bool is_reserved;
	bool is_kept;
	uint8_t size_class; /* of the pool; 0xff: none */
	_Alignas(16) unsigned char inline_data[];
};

/* A new envelope with the payload taken; NULL: SB_ENOMEM, the payload stays the caller's. `shard`
 * is the caller's own, or NULL on a foreign thread. */
struct sb_envelope *
sb_envelope_new(const struct sb_env *env, struct sb_shard *shard, struct sb_payload payload);
/* Releases the payload, too. */
void sb_envelope_free(struct sb_shard *shard, struct sb_envelope *e);
void sb_envelopes_fini(struct sb_shard *shard);

/* Puts it on its way to e->target's shard. Never refused: reserve first where a bound holds. `from`
 * is the sending shard, NULL on a foreign thread. A target of another node, or of no shard of this
 * one, frees it. */
void sb_envelope_send(struct sb_node *node, struct sb_shard *from, struct sb_envelope *e);

/* What will run `handle` on `shard`, with the payload, when it is sent. NULL: no memory. */
struct sb_envelope *
sb_shard_control_new(struct sb_node *node, struct sb_shard *from, unsigned shard,
	void (*handle)(struct sb_shard *, struct sb_session *, struct sb_envelope *),
	struct sb_payload payload);
/* Runs `handle` on `shard`, with the payload. SB_ENOMEM. */
int sb_shard_control(struct sb_node *node, struct sb_shard *from, unsigned shard,
	void (*handle)(struct sb_shard *, struct sb_session *, struct sb_envelope *),
	struct sb_payload payload);

/* Takes the envelope that is being delivered from who delivers it, its payload released: to be sent
 * on, or kept, by who could not afford to find no memory. */
void sb_envelope_take(struct sb_shard *shard, struct sb_envelope *e);

/* Gives it to its session, which may be NULL, and frees it unless somebody keeps it. Turn level. */
void sb_envelope_deliver(struct sb_shard *shard, struct sb_session *s, struct sb_envelope *e);

/* The envelope that is being delivered goes on to another shard with its payload, copied ones too.
 */
void sb_envelope_pass_on(struct sb_shard *shard, struct sb_envelope *e, unsigned to,
	void (*handle)(struct sb_shard *, struct sb_session *, struct sb_envelope *));

/* Takes the inbox and delivers up to the budget; true: some are left. Turn level only. */
bool sb_messages_deliver(struct sb_shard *shard);
/* Whether any waits. */
bool sb_messages_wait(const struct sb_shard *shard);

/* request.c: calls, monitors and jobs outstanding. */

enum sb_request_kind { SB_REQUEST_CALL, SB_REQUEST_MONITOR, SB_REQUEST_JOB };

/* Notes a request of `s`: gives its ref. `deadline_ms` 0: none. SB_FULL (max_calls), SB_ENOMEM. */
int sb_request_open(struct sb_session *s, enum sb_request_kind kind, uint32_t deadline_ms,
	struct sb_address target, uint64_t *ref);
/* Forgets it: true when it was open. */
bool sb_request_close(struct sb_session *s, uint64_t ref, struct sb_address *target);
/* An answer to be sent later, once, with its status. NULL: no memory, the payload stays the
 * caller's. */
struct sb_envelope *sb_answer_new(const struct sb_env *env, struct sb_shard *from,
	struct sb_from to, uint32_t type, struct sb_payload payload);
/* Sends an answer of `type` to who asked; never refused. SB_ENOMEM. `from` NULL: foreign thread. */
int sb_answer(struct sb_node *node, struct sb_shard *from, struct sb_from to,
	struct sb_address sender, uint32_t type, int status, struct sb_payload payload);
/* Makes an envelope that was taken, and came from who asked, the answer to it; it is not sent yet.
 */
void sb_answer_with(struct sb_envelope *e, struct sb_address sender, uint32_t type, int status);
/* Forgets all of them; answers find no place any more. */
void sb_requests_drop(struct sb_session *s);
/* The deadline of its stop lives beside them; NULL: no memory. */
struct sb_timer *sb_requests_stop_timer(struct sb_session *s);
void sb_requests_fini(struct sb_session *s);
void sb_request_table_fini(struct sb_shard *shard);

/* monitor.c: tells who monitors `s` that it ended. */
void sb_watchers_tell(struct sb_session *s, enum sb_end why);

#endif
