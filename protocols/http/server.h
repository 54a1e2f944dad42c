/*
 * HTTP/1.1 server sessions (RFC 9112) on llhttp: one core session a connection, one
 * exchange at a time on it. A request is routed when its head is there; its body comes in
 * parts, decoded of chunks and gzip; the answer may be given at once, later, whole or in
 * parts. Later requests of the connection wait until the answer is complete.
 *
 *	static void
 *	hello_end(struct http_exchange *x)
 *	{
 *		http_respond(x, 200, "text/plain", sb_bytes_text("hello\n"));
 *	}
 *
 * The peer is hostile: head, fields, body and time are bounded; a request that can be framed in two
 * ways is a 400 and the end of the connection.
 *
 * All functions: on the session's thread, inside its callbacks.
 */
#ifndef SB_HTTP_SERVER_H
#define SB_HTTP_SERVER_H

#include "../../core/bytes.h"
#include "../../core/end.h"
#include "../../core/listener.h"
#include "../../core/message.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sb_node;
struct sb_session;
struct http_exchange;
struct http_server;

enum http_method {
	HTTP_METHOD_GET,
	HTTP_METHOD_HEAD,
	HTTP_METHOD_POST,
	HTTP_METHOD_PUT,
	HTTP_METHOD_PATCH,
	HTTP_METHOD_DELETE,
	HTTP_METHOD_OPTIONS,
	HTTP_METHOD_OTHER, /* answered 501 unless a route takes it */
};

struct http_field {
	const char *name;
	const char *value;
};

/* What serves an exchange: chosen by the route. Each callback may be NULL. */
struct http_handler {
	size_t state_size; /* octets of zeroed state with each exchange: http_state */

	/* The head is there. May answer at once: then no body and no end come, and what the client
	 * still sends is passed over, or ends the connection if it is much. Here is also the place
	 * for http_limit_body. A client that waits for "100 Continue" gets it afterwards. */
	void (*begin)(struct http_exchange *x);

	/* A part of the body, in place. NULL: the body is passed over. */
	void (*body)(struct http_exchange *x, struct sb_bytes part);

	/* The request is complete: answer now, or later from `message` or a timer. */
	void (*end)(struct http_exchange *x);

	/* A message to the session while this exchange is open. */
	void (*message)(struct http_exchange *x, struct sb_message *m);

	/* Output that was over the high-water mark fell below the low-water mark: write on. */
	void (*drained)(struct http_exchange *x);

	/* The node stops, and the connection ends with this answer: an answer that has no end of
	 * its own (events) ends now. After the session's stop_ms it is cut. */
	void (*stopping)(struct http_exchange *x);

	/* The last call, once for each begin: the answer is complete, or (is_complete false) the
	 * connection went first, the request was broken, or too slow. Frees what the state owns,
	 * stops its timers, cancels its calls; nothing is answered any more. */
	void (*closed)(struct http_exchange *x, bool is_complete);
};

/* 0 takes the default in brackets. */
struct http_limits {
	uint32_t head_bytes; /* request line and fields together [16 KiB] */
	uint32_t fields;     /* [100] */
	uint64_t body_bytes; /* as sent and as inflated; http_limit_body changes it [1 MiB] */
	uint32_t head_ms;    /* from the first octet of a request to the end of its head [10 s] */
	uint32_t body_ms;    /* from there to the end of the body, renewed by each 64 KiB [30 s] */
	uint32_t answer_ms;  /* from the end of the request to the answer's begin [60 s] */
	uint32_t idle_ms;    /* between requests [75 s] */
	uint32_t requests;   /* on one connection; then Connection: close. [no limit] */
};

/* Copied; what it points at lives as long as the server. */
struct http_server_options {
	const char *name; /* of logs and metrics: "acs.cwmp" */
	struct http_limits limits;

	/* Which handler serves the request whose head is there; NULL: 404. Also called for what
	 * the server answers itself otherwise. Required. */
	const struct http_handler *(*route)(struct http_exchange *x, void *context);
	void *context;

	/* Of each connection, zeroed: http_connection_state; and its end, if something is owned. */
	size_t connection_size;
	void (*connection_closed)(struct sb_session *s, void *state, enum sb_end why);
	/* Whether this client is in the middle of something that takes further requests: asked
	 * while the node stops, of an idle connection and at each request's begin. True: it stays
	 * open afterwards, until its stop_ms. NULL: never. */
	bool (*is_needed)(struct sb_session *s, void *state);
	/* A message while no exchange is open. NULL: ignored (a call is answered SB_ENOTSUP). */
	void (*idle_message)(struct sb_session *s, struct sb_message *m);

	/* The body of what the server answers itself (400, 408, 413, ...), of this type: into
	 * `out`, its size, at most `size`. NULL: the status's name, as plain text. */
	size_t (*refusal)(unsigned status, char *out, size_t size);
	const char *refusal_type;

	bool no_compression; /* never compress answers, whatever the client accepts */
};

/* Makes what listeners' sessions share. 0, SB_EINVAL, SB_ENOMEM. Freed after the node. */
int http_server_new(struct http_server **server, struct sb_node *node,
	const struct http_server_options *options);
void http_server_free(struct http_server *server);

/* For sb_listener_options: the module, whose args is the server itself. Limits of the listener are
 * those of the connection: output, source addresses; requests have their own, above. */
const struct sb_module *http_server_module(const struct http_server *server);

/* ---- the request ---- */

struct sb_session *http_session(const struct http_exchange *x);
/* The open exchange of a server's session, NULL without one: for timers. */
struct http_exchange *http_session_exchange(struct sb_session *s);
void *http_state(const struct http_exchange *x);
void *http_connection_state(const struct http_exchange *x);
void *http_session_state(const struct sb_session *s); /* the same without an exchange */

enum http_method http_method(const struct http_exchange *x);
const char *http_method_name(const struct http_exchange *x); /* "GET", "PROPFIND" */

/* The target's path as it was sent ("/a%20b"), "*" for OPTIONS *, and what follows its "?", "" if
 * nothing does; both until the exchange is closed. An absolute target has lost scheme and host. */
const char *http_path(const struct http_exchange *x);
const char *http_query(const struct http_exchange *x);

/* A field's value without outer blanks, by its name (any case); NULL: not there. Of several the
 * first; http_field_next gives the others. Until the exchange is closed. */
const char *http_field(const struct http_exchange *x, const char *name);
const char *http_field_next(const struct http_exchange *x, const char *name, const char *previous);

/* Whether the request has a body, and how long (UINT64_MAX: chunked). */
bool http_has_body(const struct http_exchange *x);
uint64_t http_content_length(const struct http_exchange *x);

/* Another bound for this request's body; in begin. Over it: 413. */
void http_limit_body(struct http_exchange *x, uint64_t bytes);

/* Stops reading the body (and the connection) until http_resume: whoever takes it is busy. */
void http_hold(struct http_exchange *x, const char *reason);
void http_resume(struct http_exchange *x);

/* ---- the answer ---- */

/* A field of the answer, copied; before it begins. Line breaks in a value are refused: SB_EINVAL.
 * Content-Length, Transfer-Encoding, Connection, Date are the server's own. */
int http_set_field(struct http_exchange *x, const char *name, const char *value);

/* The whole answer at once. `type` NULL: none. 0, or SB_GONE, SB_FULL, SB_ENOMEM: the connection is
 * ending. A body is compressed if the client asked for it and it is worth it. */
int http_respond(struct http_exchange *x, unsigned status, const char *type, struct sb_bytes body);

/* An answer in parts. `size` UINT64_MAX: not known: chunked, or for HTTP/1.0 until the end of the
 * connection. SB_FULL of http_write: nothing was taken: go on when `drained`. */
int http_respond_begin(struct http_exchange *x, unsigned status, const char *type, uint64_t size);
int http_write(struct http_exchange *x, const void *data, size_t size);
int http_respond_end(struct http_exchange *x);

/* Whether an answer has begun. */
bool http_has_responded(const struct http_exchange *x);

/* No further request on this connection: "Connection: close". Before the answer begins. */
void http_close_after(struct http_exchange *x);

/* The client has so much time for its next request on this connection, if that is more than
 * idle_ms. Before the answer is complete. */
void http_stay(struct http_exchange *x, uint32_t ms);

/* Breaks the exchange off: the client sees an answer that is not whole. */
void http_abort(struct http_exchange *x);

/* "Not Found"; "" for a status without a name. */
const char *http_status_text(unsigned status);

#endif
