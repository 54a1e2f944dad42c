/*
 * A client from the inside, and its session as the files that make it up see it:
 * client_session.c (the core's callbacks), client_send.c (when what goes
 * out), client_write.c (the packets), client_receive.c (what comes), client_outcome.c (how calls
 * end), client_ask.c (what other sessions want).
 */
#ifndef SB_ERPS_CLIENT_INTERNAL_H
#define SB_ERPS_CLIENT_INTERNAL_H

#include "protocols/erps/client.h"
#include "protocols/erps/client_calls_internal.h"
#include "protocols/erps/client_metrics_internal.h"
#include "protocols/erps/client_queue_internal.h"

#define ERPS_NS_PER_MS UINT64_C(1000000)

struct erps_pool_member;

struct erps_client {
	struct sb_module module;
	const struct erps_client_application *application;
	const void *args;
	struct sb_node *node;
	const struct sb_env *env;
	struct erps_client_options options; /* complete; the texts lie behind */
	struct sb_limits limits;
	struct erps_secret secret;
	struct erps_term probe; /* data NULL: none; owned */
	struct erps_client_metrics metrics;
	struct erps_pool_member *member; /* NULL: of no pool */
	char texts[];
};

enum erps_place {
	ERPS_AWAY,     /* no connection */
	ERPS_PROBING,  /* connected, which the application does not know yet */
	ERPS_READY,    /* the application has heard of it */
	ERPS_DRAINING, /* the server stops: what is outstanding is waited for */
	ERPS_LEAVING,  /* we end the connection */
};

/* The application's state lies behind it. */
struct erps_client_session {
	struct erps_client *client;
	uint16_t shard;
	uint8_t place;         /* enum erps_place */
	bool is_known;         /* the application's `start` has said 0 */
	bool is_ours;          /* the server has shown that it is one of ours */
	bool is_stopping;      /* what is under way ends, then the session */
	bool is_keepalive_due; /* it waits for the line */
	bool wants_room;       /* SB_FULL was said: `writable` is due */
	struct erps_calls calls;
	struct erps_queue queue;
	uint32_t sent;         /* calls on this connection without an outcome */
	uint64_t marked;       /* the call that bears this connection's mark; 0: none yet */
	uint64_t probe;        /* the call that is the probe; 0: none */
	struct erps_turn turn; /* the pace towards this server */
	uint64_t in_flight;    /* the call that was sent last, while it has no outcome; 0: none */
	uint64_t retry_at;     /* nothing is sent before: there was no memory */
	uint64_t keepalive_at;
	struct sb_timer timer;
	struct erps_decoder decoder;
	struct erps_signer signer; /* with a secret */
};

#define ERPS_CLIENT_STATE_OFFSET ((sizeof(struct erps_client_session) + 15) / 16 * 16)

static inline struct erps_client_session *
erps_client_session(const struct sb_session *s)
{
	return sb_state(s);
}

static inline const struct erps_client_application *
erps_client_app(const struct erps_client_session *p)
{
	return p->client->application;
}

static inline const struct erps_client_options *
erps_client_opts(const struct erps_client_session *p)
{
	return &p->client->options;
}

/* Before the request in a call's payload: 131, the tuple, the Ref. */
#define ERPS_CALL_PREFIX 8

/* Packets that only a server of ours understands; not where every packet has to wait. */
static inline bool
erps_client_uses_extensions(const struct erps_client_session *p)
{
	return p->is_ours && !p->turn.is_paced;
}

/* ---- client_session.c ---- */

extern const struct sb_module erps_client_callbacks;

/* Whether the session goes on after its connection has ended with `why`. */
bool erps_client_stays(const struct erps_client_session *p, enum sb_end why);

/* The connection is there for the application. */
void erps_client_ready(struct sb_session *s, struct erps_client_session *p);

/* Ends the connection; `is_useless`: the next one waits longer. */
void erps_client_leave(
	struct sb_session *s, struct erps_client_session *p, enum sb_end why, bool is_useless);

/* At the end of whatever may have made room, or ended a call: sends what may be sent, tells
 * `writable`, and goes when nothing is left to wait for. */
void erps_client_go_on(struct sb_session *s, struct erps_client_session *p);

/* Sets the timer to the first of all deadlines. */
void erps_client_arm(struct sb_session *s, struct erps_client_session *p);

/* Goes on in the next turn, for who may not call the application now. */
void erps_client_wake(struct sb_session *s, struct erps_client_session *p);

/* ---- client_write.c: 0, SB_GONE (no connection, or none any more) or SB_ENOMEM ---- */

int erps_client_write_keepalive(struct sb_session *s, struct erps_client_session *p);
int erps_client_write_cast(
	struct sb_session *s, struct erps_client_session *p, struct erps_term request);
int erps_client_write_call(struct sb_session *s, struct erps_client_session *p,
	const struct erps_call *call, uint32_t ref, struct erps_term request);
void erps_client_write_cancel(struct sb_session *s, struct erps_client_session *p, uint32_t ref);
int erps_client_write_credit(
	struct sb_session *s, struct erps_client_session *p, uint32_t ref, uint32_t parts);

/* ---- client_send.c ---- */

/* A call for whoever `call` says: errors as erps_client_call. */
int erps_client_take_call(struct sb_session *s, struct erps_client_session *p,
	const struct erps_call *call, struct erps_term request, uint64_t *id);
int erps_client_take_cast(
	struct sb_session *s, struct erps_client_session *p, struct erps_term request);

/* The probe of a new connection, past the queue. */
int erps_client_send_probe(struct sb_session *s, struct erps_client_session *p);

/* Sends from the queue while the line is free. */
void erps_client_pump(struct sb_session *s, struct erps_client_session *p);

/* A sent call has its outcome: `was_answered` or not. Frees its place on the line. */
void erps_client_off_the_line(
	struct sb_session *s, struct erps_client_session *p, uint64_t id, bool was_answered);

/* The server has shown who it is. */
void erps_client_proved(struct sb_session *s, struct erps_client_session *p);

/* ---- client_receive.c ---- */

ssize_t erps_client_received(struct sb_session *s, struct sb_bytes in);

/* ---- client_outcome.c ---- */

/* Ends a call: it is told to whoever made it. */
void erps_client_end(struct sb_session *s, struct erps_client_session *p, struct erps_call *call,
	enum erps_outcome outcome, struct erps_term term);

/* Takes a call out whose caller waits no longer; a server of ours is told. */
void erps_client_drop(struct sb_session *s, struct erps_client_session *p, struct erps_call *call);

/* Those that were sent, or those that were not; with one outcome. */
void erps_client_end_sent(struct sb_session *s, struct erps_client_session *p,
	enum erps_outcome outcome, struct erps_term term);
void erps_client_end_queued(struct sb_session *s, struct erps_client_session *p,
	enum erps_outcome outcome, struct erps_term term);

/* Those whose deadline has passed. */
void erps_client_end_due(struct sb_session *s, struct erps_client_session *p);

/* ---- client_ask.c ---- */

/* True: the message was one of ours. */
bool erps_client_message(struct sb_session *s, struct erps_client_session *p, struct sb_message *m);

/* Gives a call that was not sent to another client's session. Errors as sb_post. */
int erps_client_forward(struct sb_session *s, struct sb_address to, const struct erps_call *call,
	struct erps_term request);

/* Has a member of the pool that is away give its queue to others. */
void erps_client_ask_move(struct sb_session *s, struct sb_address to);

/* Answers another session's call. */
void erps_client_reply(struct sb_session *s, struct sb_from from, enum erps_outcome outcome,
	struct erps_term term);

#endif
