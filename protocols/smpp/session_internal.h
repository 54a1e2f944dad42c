/* An SMPP session from the inside: what its files share. */
#ifndef SB_SMPP_SESSION_INTERNAL_H
#define SB_SMPP_SESSION_INTERNAL_H

#include "core/node.h"
#include "protocols/smpp/pace.h"
#include "protocols/smpp/service_internal.h"
#include "protocols/smpp/session.h"
#include "protocols/smpp/session_pending_internal.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where a session is on its way; the state (state.h) says what is legal meanwhile. */
enum smpp_phase {
	SMPP_PHASE_AWAY,      /* no connection: before the first, or between two */
	SMPP_PHASE_OPEN,      /* not bound yet */
	SMPP_PHASE_ASKING,    /* our bind waits for its response */
	SMPP_PHASE_BINDING,   /* the application has a bind to answer; input is held */
	SMPP_PHASE_BOUND,     /* requests go both ways */
	SMPP_PHASE_DRAINING,  /* we shall unbind: what is outstanding is finished first */
	SMPP_PHASE_UNBINDING, /* our unbind waits for its response */
	SMPP_PHASE_LEAVING,   /* the peer's unbind waits for its response: as DRAINING */
	SMPP_PHASE_FINISHING, /* the peer sends no more: its requests are answered, then closed */
	SMPP_PHASE_CLOSED,
};

/* Headers of PDUs that were sent and that the application is still to be told of. */
struct smpp_sent {
	uint32_t count, told, capacity;
	struct smpp_header headers[];
};

struct smpp_session {
	struct smpp_service *service;
	struct smpp_pending *in;  /* the peer's unanswered requests; NULL: none for a while */
	struct smpp_pending *out; /* ours */
	struct smpp_sent *sent;
	struct smpp_pace *pace;  /* of an ESME; NULL: none */
	const char *hold_reason; /* the application's; NULL: it does not hold */
	struct sb_timer timer;   /* the one for all deadlines, re-armed lazily */
	uint64_t last_octet;     /* ns: proves the link */
	uint64_t last_request;   /* ns: of the peer's */
	uint64_t ping_at;        /* ns: an enquire_link waits since; 0: none */
	uint64_t phase_since;    /* ns */
	uint32_t generation;     /* of the last request taken */
	uint32_t next_sequence;
	uint32_t ping_sequence;   /* of the last enquire_link; 0: answered */
	uint32_t unbind_sequence; /* ours while UNBINDING, the peer's while LEAVING */
	uint32_t bind_sequence;   /* ours while ASKING */
	uint32_t window_in, window_out;
	uint32_t requests_in, requests_out; /* so far */
	uint16_t shard;
	uint8_t state;    /* enum smpp_state */
	uint8_t phase;    /* enum smpp_phase */
	uint8_t why;      /* enum sb_end: of an unbind of ours */
	uint8_t mode;     /* enum smpp_state: what the bind at hand, ours or theirs, asks for */
	uint8_t version;  /* enum smpp_version */
	uint8_t attempts; /* binds so far, up to 255 */
	bool is_known;    /* to the application, which hears of the end */
	bool is_outbound; /* it connects by the service's options */
	bool is_ending;   /* the session itself ends, not only its connection */
	bool is_cut;      /* the peer has ended the connection, and nobody had unbound */
	bool is_inside;   /* a callback of the module runs, which tells of `sent` at its end */
	bool is_held;
	bool is_counted;        /* in the gauge of bound sessions */
	bool is_window_awaited; /* smpp_send has said SB_FULL */
	bool strict_tlvs;
};

#define SMPP_STATE_OFFSET ((sizeof(struct smpp_session) + 15) & ~(size_t)15)

/* Behind the application's, where there is one. */
static inline size_t
smpp_pace_offset(const struct smpp_application *application)
{
	return SMPP_STATE_OFFSET + ((application->state_size + 15) & ~(size_t)15);
}

static inline const struct smpp_application *
smpp_app(const struct smpp_session *p)
{
	return p->service->application;
}

static inline const struct smpp_session_options *
smpp_options(const struct smpp_session *p)
{
	return &p->service->options;
}

/* For people: "3.4". */
static inline const char *
smpp_version_text(const struct smpp_session *p)
{
	if (p->version < SMPP_VERSION_34)
		return "3.3";
	return p->version < SMPP_VERSION_50 ? "3.4" : "5.0";
}

static inline enum smpp_side
smpp_peer_side(const struct smpp_session *p)
{
	return smpp_app(p)->side == SMPP_MC ? SMPP_ESME : SMPP_MC;
}

/* Every callback of the core begins and ends with these, so that the application is told of what
 * was sent inside it, and never from inside its own call. */
static inline struct smpp_session *
smpp_enter(struct sb_session *s)
{
	struct smpp_session *p = sb_state(s);

	p->is_inside = true;
	return p;
}

/* session_write.c: `sent` is told of what waits; p->sent is not NULL. */
void smpp_tell_sent(struct sb_session *s, struct smpp_session *p);

static inline void
smpp_leave(struct sb_session *s, struct smpp_session *p)
{
	if (p->sent)
		smpp_tell_sent(s, p);
	p->is_inside = false;
}

/* ---- session.c: `start` of every session ---- */
int smpp_session_start(struct sb_session *s, const void *args);

/* ---- session_window.c ---- */

/* Holds or lets go the input, as phase, window and application want it. */
void smpp_update_hold(struct sb_session *s, struct smpp_session *p);
/* Whether one more request of ours may go out; takes its place in the pace. */
bool smpp_take_room(struct sb_session *s, struct smpp_session *p);
/* When the pace lets the next one out that the application waits to send; UINT64_MAX: not the
 * pace's affair. */
uint64_t smpp_pace_look(const struct sb_session *s, const struct smpp_session *p);
/* A response has come: faster, or slower. */
void smpp_pace_response(struct sb_session *s, struct smpp_session *p, const struct smpp_pdu *pdu);
/* Tells the application that there is room, if it waits for that and there is. */
void smpp_tell_window(struct sb_session *s, struct smpp_session *p);

/* ---- session_dispatch.c: one whole frame; and one whose length is wrong ---- */
void smpp_dispatch(struct sb_session *s, struct smpp_session *p, struct sb_bytes frame);
void smpp_refuse_length(struct sb_session *s, struct smpp_session *p, struct sb_bytes octets);

/* ---- session_write.c ---- */

/* PDUs into the output. 0, SB_GONE, SB_FULL (the session ends), SB_EINVAL */
int smpp_write_header(struct sb_session *s, struct smpp_session *p, uint32_t command,
	uint32_t status, uint32_t sequence);
/* A response with an id as its body. */
int smpp_write_id(struct sb_session *s, struct smpp_session *p, const struct smpp_header *header,
	struct sb_bytes id);
/* Without its TLVs to a 3.3 peer. */
int smpp_write_pdu(struct sb_session *s, struct smpp_session *p, struct smpp_pdu *pdu);

/* ---- session_answer.c ---- */

/* Takes a request of the peer's in; false without memory: then it has its answer already. */
bool smpp_request_begin(struct sb_session *s, struct smpp_session *p, uint32_t command,
	uint32_t sequence, struct smpp_request *request);
/* Its callback has returned: the deadline of its answer is armed unless it was given. */
void smpp_request_wait(struct sb_session *s, struct smpp_session *p, struct smpp_request request);
/* Answers those whose deadline has passed; and all that are left, before an end. */
void smpp_answer_overdue(struct sb_session *s, struct smpp_session *p);
void smpp_answer_rest(struct sb_session *s, struct smpp_session *p);

/* ---- session_bind.c ---- */

void smpp_bind_asked(struct sb_session *s, struct smpp_session *p, const struct smpp_pdu *pdu);
/* A bind that was malformed has been refused. */
void smpp_bind_failed(struct sb_session *s, struct smpp_session *p, uint32_t status);
/* Writes the bind's response. As smpp_respond. */
int smpp_bind_answer(struct sb_session *s, struct smpp_session *p, const struct smpp_header *header,
	struct sb_bytes system_id);
/* It was written: bound, or refused. */
void smpp_bind_settled(struct sb_session *s, struct smpp_session *p, uint32_t status);
bool smpp_is_bind_command(uint32_t command);

/* Counts it as bound no more. */
void smpp_bind_over(struct smpp_session *p);
/* Bound now, as `mode` says. */
void smpp_bind_done(struct sb_session *s, struct smpp_session *p);
/* What a bind of this command makes of a session. */
enum smpp_state smpp_bind_mode(uint32_t command);

/* ---- session_esme.c ---- */

/* `connected` has returned: our bind, unless the application has sent its own. */
void smpp_esme_connected(struct sb_session *s, struct smpp_session *p);
/* A bind of ours was written with this number. */
void smpp_bind_sent(struct sb_session *s, struct smpp_session *p, const struct smpp_header *header);
/* The response to our bind. */
void smpp_bind_response(struct sb_session *s, struct smpp_session *p,
	const struct smpp_header *header, struct sb_bytes frame);
/* No bind is under way after a refusal: the connection is of no use, but where the application sees
 * to its binds. */
void smpp_bind_give_up(struct sb_session *s, struct smpp_session *p);
void smpp_outbind_asked(struct sb_session *s, struct smpp_session *p, const struct smpp_pdu *pdu);
/* The connection is gone: all of it is forgotten, and the session stays or ends. */
void smpp_esme_disconnected(struct sb_session *s, struct smpp_session *p, enum sb_end why);
/* Whether the session stays when its connection ends so. */
bool smpp_esme_stays(const struct smpp_session *p, enum sb_end why);

/* ---- session_send.c ---- */

/* A sequence number that none of ours outstanding has. */
uint32_t smpp_next_sequence(struct smpp_session *p);
/* A response of the peer's. */
void smpp_response(struct sb_session *s, struct smpp_session *p, const struct smpp_header *header,
	struct sb_bytes frame);
void smpp_responses_overdue(struct sb_session *s, struct smpp_session *p);
/* The connection is gone: response_lost for all that is outstanding. */
void smpp_responses_lost(struct sb_session *s, struct smpp_session *p);

/* ---- session_unbind.c ---- */

void smpp_unbind_asked(struct sb_session *s, struct smpp_session *p, uint32_t sequence);
/* The peer sends no more. */
void smpp_input_ended(struct sb_session *s, struct smpp_session *p);
/* Ours has its response (or a generic_nack). */
void smpp_unbind_answered(struct sb_session *s, struct smpp_session *p);
/* Something outstanding was finished: goes on if it was the last. */
void smpp_unbind_progress(struct sb_session *s, struct smpp_session *p);
/* The step of the unbind has lasted unbind_ms. */
void smpp_unbind_overdue(struct sb_session *s, struct smpp_session *p);
/* Begins an unbind that the application did not ask for: it is told. A session that connects again
 * stays. */
void smpp_unbind_begin(struct sb_session *s, struct smpp_session *p, enum sb_end why);
/* Answers what is left, then closes the connection, and the session with it unless it stays. */
void smpp_finish(struct sb_session *s, struct smpp_session *p, enum sb_end why);
/* Leaves BOUND, or goes on from there. */
void smpp_set_phase(struct sb_session *s, struct smpp_session *p, enum smpp_phase phase);
/* The phase in which one side has begun to unbind. */
bool smpp_is_unbinding(const struct smpp_session *p);

/* ---- session_timers.c ---- */

/* `ms` after `since`, in nanoseconds; UINT64_MAX: never (SB_UNLIMITED). */
uint64_t smpp_after(uint64_t since, uint32_t ms);
/* When the timer looks at the responses to ours, given when the first is due. */
uint64_t smpp_response_look(const struct smpp_session *p, uint64_t due);
/* Sees to it that the timer fires at `due` or before. */
void smpp_timer_nearer(struct sb_session *s, struct smpp_session *p, uint64_t due);
/* The timer fires at the first deadline there is. */
void smpp_timer_arm(struct sb_session *s, struct smpp_session *p);

#endif
