/*
 * A CWMP session from the inside. Whatever comes (a POST, a timer, the service's own
 * message) may change what is to be said or done next; session.c does it, once the callback
 * that it came in has returned. So no function of service.h calls back.
 */
#ifndef SB_CWMP_SESSION_INTERNAL_H
#define SB_CWMP_SESSION_INTERNAL_H

#include "core/registry.h"
#include "core/session.h"
#include "protocols/cwmp/exchange_internal.h"
#include "protocols/cwmp/server_internal.h"
#include "protocols/cwmp/state_internal.h"

/* Where the service's state begins in the session's. */
#define CWMP_STATE_OFFSET ((sizeof(struct cwmp_session) + 15) / 16 * 16)

/* The ref of our watch of the device's name. */
#define CWMP_REF_NAME 0xfec3000000000000u

/* Octets that an envelope is tried in before memory of its size is taken. */
#define CWMP_STACK_ENVELOPE 4096

/* "12345678.17", and a NUL: the cwmp:ID of a call. */
#define CWMP_ID_SIZE 33

/* A call of ours, encoded: waiting, or out. */
struct cwmp_call {
	struct cwmp_call *next;
	struct cwmp_done done;
	uint64_t number; /* in this session; the end of its cwmp:ID */
	uint8_t method;
	bool holds; /* what it says of the device's requests */
	uint32_t size;
	char octets[];
};

/* What session_filter said. To refuse is also to send elsewhere, or away. */
enum cwmp_verdict { CWMP_VERDICT_NONE, CWMP_VERDICT_ACCEPTED, CWMP_VERDICT_REFUSED };

struct cwmp_session {
	struct sb_session *core;
	struct cwmp_server *server;
	struct cwmp_opening *opening; /* NULL before its Inform */
	uint64_t since;

	uint8_t state;      /* enum cwmp_state */
	uint8_t verdict;    /* enum cwmp_verdict */
	uint8_t end;        /* enum cwmp_end, once is_ending */
	bool is_inside : 1; /* a callback is under way: what follows from it is done behind it */
	bool is_ending : 1;
	bool is_known : 1; /* session_filter was called: session_end is owed */
	bool is_finished : 1;
	bool is_lost : 1; /* what we said last may not have come through */
	bool is_draining : 1;
	bool holds : 1;      /* HoldRequests as the service wants it */
	bool says_holds : 1; /* it has wanted it: the header is sent */
	bool is_held : 1;    /* as the device was told last */
	bool knows_booleans : 1;
	bool was_held : 1; /* and is no more: it may have requests left */

	uint32_t posts;         /* that were no answers */
	struct sb_from waiting; /* the POST that waits for our answer; null: none does */
	struct sb_from last;    /* the POST that was answered last */
	uint64_t waiting_since;

	struct cwmp_call *out;                /* sent, not answered */
	struct cwmp_call *first, **last_call; /* waiting */
	uint32_t waiting_calls;
	uint64_t calls;    /* so many have been made */
	uint64_t answered; /* the number of the one that was answered last */

	struct cwmp_envelope *request; /* the device's, with the service */
	struct cwmp_envelope *spent;   /* answered inside its own callback: freed after it */
	struct cwmp_kept *kept;        /* the answer to its last request */
	struct cwmp_reply *refusal;    /* what the Inform is answered instead of InformResponse */

	struct sb_timer timer; /* the state's */
	struct sb_timer stir;  /* progress after what was done outside our own callbacks */
};

static inline const struct cwmp_service *
cwmp_service_of(const struct cwmp_session *c)
{
	return c->server->service;
}

static inline unsigned
cwmp_shard(const struct cwmp_session *c)
{
	return sb_session_shard(c->core);
}

static inline void
cwmp_count(const struct cwmp_session *c, struct sb_counter *counter, uint64_t n)
{
	sb_counter_add(counter, cwmp_shard(c), n);
}

/* ---- session.c ---- */

/* Does what is to be done, now if a callback of ours is under way, else in a turn of its own. */
void cwmp_stir(struct cwmp_session *c);
/* Moves to a state, whose time begins. */
void cwmp_move(struct cwmp_session *c, enum cwmp_state state);
/* How long the device may be silent. */
uint32_t cwmp_timeout_ms(const struct cwmp_session *c);
/* The session is to end; the first word counts. */
void cwmp_end_session(struct cwmp_session *c, enum cwmp_end why);

/* ---- session_end.c ---- */

/* Carries the end out: calls the service. */
void cwmp_finish_session(struct cwmp_session *c);

/* ---- session_open.c ---- */

/* Its Inform. */
void cwmp_open(struct cwmp_session *c, struct sb_message *m);
/* The device's name changed hands. */
void cwmp_name_changed(struct cwmp_session *c, const struct sb_name_event *event);
/* Another session of the device has begun. */
void cwmp_challenged(struct cwmp_session *c, const struct sb_message *m);
/* session_filter has decided: does it. */
void cwmp_settle(struct cwmp_session *c);

/* ---- learn.c ---- */

/* How the device writes booleans, by values that it sent. */
void cwmp_learn(struct cwmp_session *c, const struct cwmp_parameter_values *values);

/* ---- session_receive.c ---- */

void cwmp_receive(struct cwmp_session *c, struct sb_message *m);
/* What is no POST: CWMP_INPUT_LOST, SILENCE or REPLACED. */
void cwmp_suffer(struct cwmp_session *c, enum cwmp_input input);
/* A connection went. */
void cwmp_lost(struct cwmp_session *c, const struct sb_message *m);

/* ---- session_call.c ---- */

/* It is our turn, and the device waits: a call, or the end. False: we have nothing to say yet. */
bool cwmp_speak(struct cwmp_session *c);
/* What the device is being told of its requests. */
void cwmp_told_hold(struct cwmp_session *c, bool holds);
/* Sends the call that is out once more. */
void cwmp_resend(struct cwmp_session *c);
/* A call whose only point is that the device may call again. */
void cwmp_release_requests(struct cwmp_session *c);
/* Ends the call that is out, or waits first, with its outcome. */
void cwmp_conclude(struct cwmp_session *c, int status, struct cwmp_envelope *answer);
/* All that wait, too: SB_GONE. */
void cwmp_drop_calls(struct cwmp_session *c);
/* Its cwmp:ID, into `out` of CWMP_ID_SIZE octets. */
void cwmp_call_id(const struct cwmp_session *c, uint64_t number, char *out);

/* ---- session_request.c ---- */

/* Takes the request and gives it to the service. */
void cwmp_ask(struct cwmp_session *c, struct cwmp_envelope *request);
/* Whether `message` is the request that is with the service, or was answered last. */
bool cwmp_is_request_again(const struct cwmp_session *c, const struct cwmp_envelope *envelope);
/* The answer to it once more. */
void cwmp_repeat(struct cwmp_session *c);
/* The device has gone on: its last request does not come again. */
void cwmp_forget_answer(struct cwmp_session *c);

/* ---- session_say.c: answers to the POST that waits ---- */

/* A status without a body. */
void
cwmp_say(struct cwmp_session *c, unsigned status, enum cwmp_cookie cookie, uint32_t retry_after_s);
/* A status without a body to any POST. */
void cwmp_say_to(struct cwmp_session *c, struct sb_from from, unsigned status,
	enum cwmp_cookie cookie, uint32_t retry_after_s);
/* Takes a made reply. */
void cwmp_give_reply(struct cwmp_session *c, struct cwmp_reply *reply);
/* A copy of an envelope. */
void cwmp_say_octets(struct cwmp_session *c, const char *octets, uint32_t size);
/* A fault, to the request with this ID (NULL: none). */
void cwmp_say_fault(struct cwmp_session *c, const char *id, uint32_t code, const char *text);
/* Encodes for this device, behind `room` octets of new memory (sb_payload_new): NULL, and *err. */
void *cwmp_encode_behind(struct cwmp_session *c, const struct cwmp_message *message, size_t room,
	uint32_t *size, int *err);
/* The same as a reply of status 200. */
struct cwmp_reply *
cwmp_reply_of(struct cwmp_session *c, const struct cwmp_message *message, int *err);
/* The header of what answers `id`. */
struct cwmp_header cwmp_header_of(struct cwmp_session *c, const char *id);
/* A fault as a message; valid as long as `text`. */
struct cwmp_message
cwmp_fault_message(struct cwmp_session *c, const char *id, uint32_t code, const char *text);

#endif
