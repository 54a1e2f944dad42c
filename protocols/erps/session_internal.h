/* A session of a service from the inside: what its files share. */
#ifndef SB_ERPS_SESSION_INTERNAL_H
#define SB_ERPS_SESSION_INTERNAL_H

#include "core/session.h"
#include "protocols/erps/pace.h"
#include "protocols/erps/packet.h"
#include "protocols/erps/refusal_internal.h"
#include "protocols/erps/server_internal.h"
#include "protocols/erps/session_pending_internal.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum erps_phase {
	ERPS_PHASE_NEW,      /* not connected yet, or refused by `init` */
	ERPS_PHASE_OPEN,     /* calls come and are answered */
	ERPS_PHASE_DRAINING, /* the session will end: what is under way is still answered */
	ERPS_PHASE_LEAVING,  /* erps_disconnect: only what is queued is still sent */
	ERPS_PHASE_CLOSED,
};

struct erps_session {
	struct erps_server *server;
	void *hosted;                   /* erps_set_state; NULL: the service's own */
	struct erps_pending_call *call; /* the one that handle_call has at hand; NULL: none */
	struct erps_pending *pending;   /* those that wait; NULL: none does */
	struct erps_outbox *outbox;     /* what waits for a paced peer; NULL: nothing does */
	uint8_t *fits;                  /* access rules that fit the peer; NULL: there are none */
	struct sb_timer timer;          /* the one for all deadlines */
	uint64_t generation;            /* of the last call */
	uint64_t drain_due;             /* ns, while DRAINING or LEAVING */
	struct erps_pace pace;
	uint32_t bad_packets;
	uint16_t shard;
	uint8_t phase; /* enum erps_phase */
	bool is_held;
	bool is_ours;      /* the peer has said that it knows the extensions */
	bool is_mark_owed; /* ... and is still to be told that we do */
};

#define ERPS_STATE_OFFSET ((sizeof(struct erps_session) + 15) & ~(size_t)15)

/* What a type of message says between sessions (session_remote.c); applications number theirs
 * elsewhere. The payload is a term; `ref` the call's. */
#define ERPS_MSG_FIRST 0xfee90000u

enum erps_message {
	ERPS_MSG_REPLY = ERPS_MSG_FIRST,
	ERPS_MSG_REJECT,
	ERPS_MSG_PUSH,
	ERPS_MSG_CALL,
	ERPS_MSG_CAST,
	ERPS_MSG_END,
};

static inline const struct erps_service *
erps_service_of(const struct erps_session *p)
{
	return p->server->service;
}

/* The same, to call one of its callbacks: each begins with the service's own state. */
static inline const struct erps_service *
erps_callback(struct erps_session *p)
{
	p->hosted = NULL;
	return p->server->service;
}

static inline const struct erps_service_options *
erps_options(const struct erps_session *p)
{
	return &p->server->options;
}

static inline struct erps_server_shard *
erps_shard_of(const struct erps_session *p)
{
	return &p->server->shards[p->shard];
}

/* NULL: packets are not signed. */
static inline struct erps_signer *
erps_signer_of(const struct erps_session *p)
{
	return p->server->options.secret_count ? &erps_shard_of(p)->signer : NULL;
}

static inline void
erps_tally(struct erps_session *p, struct sb_counter *counter)
{
	sb_counter_add(counter, p->shard, 1);
}

/* ---- session.c ---- */

/* Holds or lets go the input, as the window and what waits for the peer want it. */
void erps_update_hold(struct sb_session *s, struct erps_session *p);
/* Answers what is left, sends what is queued, and ends. */
void erps_finish(struct sb_session *s, struct erps_session *p, enum sb_end why);
/* Something under way was finished: an end that waits for it may go on. */
void erps_progress(struct sb_session *s, struct erps_session *p);

/* ---- session_receive.c: a packet that is whole. < 0: the peer broke the framing ---- */
int erps_receive(struct sb_session *s, struct erps_session *p, const struct erps_packet *packet);

/* ---- session_answer.c ---- */

/* The call with this id, which may be the one at hand; NULL: it has had its end. */
struct erps_pending_call *erps_call_find(struct erps_session *p, uint64_t id);
struct erps_from erps_from_of(const struct sb_session *s, const struct erps_pending_call *call);

/* Lets the service answer a call of the peer's. */
void erps_call_begin(struct sb_session *s, struct erps_session *p, struct erps_pending_call *call,
	struct erps_term request);
/* The answer of the call with this id. As erps_reply. */
int erps_answer(struct sb_session *s, struct erps_session *p, uint64_t id, enum erps_type type,
	struct erps_term term);
/* Its caller waits no longer: it is forgotten, and the service told. */
void erps_cancel(struct sb_session *s, struct erps_session *p, struct erps_pending_call *call);
/* What is overdue, and when to look again (UINT64_MAX: never). */
uint64_t erps_answer_overdue(struct sb_session *s, struct erps_session *p);
/* Rejects all that is left, before an end. */
void erps_answer_rest(struct sb_session *s, struct erps_session *p, enum erps_refusal refusal);

/* ---- session_extension.c ---- */

/* The peer's CANCEL, CREDIT; false: it is of another shape. */
void erps_cancel_asked(struct sb_session *s, struct erps_session *p, struct erps_term ref);
bool erps_credit_asked(struct sb_session *s, struct erps_session *p, struct erps_term payload);
/* There is room in the output again. */
void erps_credit_drained(struct sb_session *s, struct erps_session *p);
/* Tells a peer of our own that the session will end. */
void erps_tell_drain(struct sb_session *s, struct erps_session *p);

/* ---- session_write.c: packets into the output. 0, SB_GONE, SB_FULL, SB_ELIMIT, SB_ENOMEM ---- */

/* {first, second}: an answer and its Ref. */
int erps_write_pair(struct sb_session *s, struct erps_session *p, enum erps_type type,
	struct erps_term first, struct erps_term second);
int erps_write_term(
	struct sb_session *s, struct erps_session *p, enum erps_type type, struct erps_term term);
/* An ERROR with one of our reasons: {reason, Ref}, or bare where ref.data is NULL. Counts it. */
int erps_write_error(struct sb_session *s, struct erps_session *p, enum erps_refusal refusal,
	struct erps_term ref);

/* A reason as the binary that it travels as; what is over the room is cut. */
#define ERPS_REASON_ROOM 260
struct erps_term erps_reason(uint8_t room[ERPS_REASON_ROOM], const char *text);

/* ---- session_remote.c: a message of another session's of the library's own types ---- */
bool erps_remote_message(struct sb_session *s, struct erps_session *p, struct sb_message *m);

/* ---- session_timers.c ---- */

/* Sees to it that the timer fires at `due` (ns) or before. */
void erps_timer_nearer(struct sb_session *s, struct erps_session *p, uint64_t due);
/* `ms` after now, in ns; UINT64_MAX: never. */
uint64_t erps_after(const struct sb_session *s, uint32_t ms);

#endif
