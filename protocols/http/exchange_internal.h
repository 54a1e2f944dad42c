/* A session and its exchange from the inside: what their files share. */
#ifndef SB_HTTP_EXCHANGE_INTERNAL_H
#define SB_HTTP_EXCHANGE_INTERNAL_H

#include "core/session.h"
#include "protocols/http/compress_internal.h"
#include "protocols/http/inflate_internal.h"
#include "protocols/http/parser_internal.h"
#include "protocols/http/server_internal.h"

/* A connection of a server; idle ones are nothing but this. The module's state lies behind it. */
struct http_session {
	struct http_server *server;
	struct http_exchange *exchange; /* NULL: idle */
	struct sb_timer timer;          /* the one for all deadlines */
	uint64_t due;                   /* ns: the present one; UINT64_MAX: none */
	uint32_t requests;
	uint16_t shard;
	bool is_draining;
	bool is_inside;  /* a callback of a handler: what follows from it is done behind it */
	bool is_kicked;  /* the timer is to look what can go on */
	bool is_waiting; /* held: there is input behind a request that is not answered */
};

#define HTTP_STATE_OFFSET ((sizeof(struct http_session) + 15) & ~(size_t)15)

/* How far the request has come, and its answer. The exchange ends when both are done. */
enum http_request_phase {
	HTTP_REQUEST_HEAD,
	HTTP_REQUEST_BODY,
	HTTP_REQUEST_DONE,
};

enum http_answer_phase {
	HTTP_ANSWER_NONE,
	HTTP_ANSWER_BEGUN,
	HTTP_ANSWER_DONE,
};

/* How an answer's body is framed. */
enum http_answer_framing {
	HTTP_FRAMING_NONE, /* it has none, or HEAD was asked */
	HTTP_FRAMING_LENGTH,
	HTTP_FRAMING_CHUNKED,
	HTTP_FRAMING_CLOSE, /* HTTP/1.0: to the end of the connection */
};

struct http_exchange {
	struct sb_session *session;
	struct http_session *owner;
	const struct http_handler *handler; /* NULL: none, or its `closed` was called */
	void *state;                        /* the handler's */
	void *state_memory;                 /* of its own; NULL: it lies in the block */

	struct http_parser parser;
	const char *path, *query;
	uint64_t content_length; /* UINT64_MAX: chunked */
	uint64_t body_limit;
	uint64_t wire_size, body_size;      /* of the body: as sent, as given to the handler */
	uint64_t renewed_size;              /* as sent, when its deadline was renewed */
	uint64_t passed_over;               /* octets of the body that came behind the answer */
	struct http_inflater *inflater;     /* NULL: nothing to inflate, or not yet */
	struct http_compressor *compressor; /* of an answer in parts; NULL: as it is */
	const char *accept_encoding;        /* NULL: not sent */

	char *fields;        /* of the answer, as they will be sent; NULL: none yet */
	void *fields_memory; /* of their own; NULL: they lie in the block */
	uint32_t fields_size, fields_capacity;
	uint32_t room_used;   /* of the block's room */
	uint64_t answer_left; /* octets of a body of known length */
	uint64_t output_seen; /* octets of output that waited when the deadline was looked at; 0:
				 not yet */
	uint32_t stay_ms;     /* http_stay */
	uint16_t status;
	uint8_t method;  /* enum http_method */
	uint8_t request; /* enum http_request_phase */
	uint8_t answer;  /* enum http_answer_phase */
	uint8_t framing; /* enum http_answer_framing */
	uint8_t coding;  /* enum http_coding: of the body */
	bool is_1_1;
	bool has_inflated;    /* more of it could be inflated without further input */
	bool is_fixed;        /* the answer says something of its octets: they stay as they are */
	bool is_held;         /* http_hold */
	bool has_drained;     /* since the deadline was looked at */
	bool owes_continue;   /* the client waits for "100 Continue" */
	bool closes;          /* the connection ends with this exchange */
	bool says_keep_alive; /* to a client of HTTP/1.0 that asked for it */
	_Alignas(16) char room[]; /* the head, then the handler's state, then the answer's fields */
};

/* A request that is answered early may still send so much, which is passed over, before its
 * connection ends. */
#define HTTP_PASS_OVER 65536u

#define HTTP_EXCHANGE_ROOM (HTTP_EXCHANGE_BLOCK - sizeof(struct http_exchange))

static inline struct http_session *
http_session_of(struct sb_session *s)
{
	return sb_state(s);
}

static inline const struct http_limits *
http_limits_of(const struct http_session *p)
{
	return &p->server->options.limits;
}

static inline void
http_tally(const struct http_session *p, struct sb_counter *counter, uint64_t n)
{
	sb_counter_add(counter, p->shard, n);
}

/* ---- session.c ---- */

/* The present deadline is `ms` from now. */
void http_deadline(struct sb_session *s, struct http_session *p, uint32_t ms);
/* Whether the connection is to end with the present exchange, or now. */
bool http_is_leaving(struct sb_session *s, const struct http_session *p);
/* Something can go on that no octet and no message will bring about: in the next turn. */
void http_kick(struct sb_session *s, struct http_session *p);

/* ---- exchange.c ---- */

/* 0 or SB_ENOMEM. */
int http_exchange_open(struct sb_session *s, struct http_session *p);
/* The handler's last call, if it had none. */
void http_exchange_close_handler(struct http_exchange *x);
/* The same, and the end of the exchange. */
void http_exchange_free(struct http_exchange *x);
/* What the parser came to; `in` is what is behind it. */
void http_exchange_on(struct http_exchange *x, enum http_event event, struct sb_bytes *in);
/* After any callback: does what follows from the phases. The exchange may be gone then. */
void http_exchange_settle(struct http_exchange *x);
/* One of the handler's callbacks, and what follows. */
void http_exchange_call(struct http_exchange *x, void (*callback)(struct http_exchange *x));

/* ---- body.c ---- */

/* The part that the parser has found; what is not used of it is put back in front of `in`. */
void http_body_part(struct http_exchange *x, struct sb_bytes *in);
/* The request is there: so is the end of what was compressed. */
bool http_body_is_whole(const struct http_exchange *x);

/* ---- refusal.c ---- */

/* Answers for the module, if that can still be, and ends the connection. */
void http_refuse(struct http_exchange *x, enum http_refusal refusal);
const char *http_refusal_text(enum http_refusal refusal);

/* ---- judge.c: sets what the head says. HTTP_NO_REFUSAL, or why it is none of our requests ---- */
enum http_refusal http_judge(struct http_exchange *x);

/* ---- answer.c ---- */

/* The client may send its body. */
void http_answer_continue(struct http_exchange *x);
/* The answer is complete: what follows is done behind the callback, or in the next turn. */
void http_answer_done(struct http_exchange *x);

/* ---- answer_fields.c: those that the handler sets ---- */
void http_answer_fields_free(struct http_exchange *x);

/* ---- answer_head.c ---- */

/* What the status line and the fields say of an answer. */
struct http_answer {
	unsigned status;
	const char *type; /* NULL: none */
	uint64_t size;    /* UINT64_MAX: not known */
	enum http_coding coding;
	bool varies; /* with what the client accepts */
};

/* Writes them. 0, SB_GONE, SB_FULL. */
int http_answer_head(struct http_exchange *x, const struct http_answer *answer);

#endif
