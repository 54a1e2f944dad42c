/*
 * The asynchronous client: sessions that connect to an Erps server, call and cast,
 * hear pushes, and come back when the connection is lost.
 *
 *	static void
 *	on_connected(struct sb_session *s, const struct sb_peer *peer)
 *	{
 *		erps_client_call_with(s, NULL, NULL, "{:add, 1, b::int}", INT64_C(2));
 *	}
 *
 *	static void
 *	on_answered(struct sb_session *s, const struct erps_answer *answer)
 *	{
 *		int64_t sum;
 *
 *		if (answer->outcome == ERPS_REPLIED && erps_match(answer->term, "sum::int", &sum))
 *			printf("%" PRId64 "\n", sum);
 *	}
 *
 *	static const struct erps_client_application app = {
 *		.name = "adder", .connected = on_connected, .answered = on_answered,
 *	};
 *
 *	erps_client_start(node, "rpc.example", 4747, &app, NULL, NULL, &client);
 *
 * Ownership. The options are copied into a client: made once, shared by any number of
 * sessions and all their restarts, since a child spec only points at it. Who made it
 * frees it, after sb_node_free, or when all its sessions have ended and no supervisor
 * has a child of it any more. The application, `args` and the TLS context are borrowed
 * for as long.
 *
 * A session keeps its address, its mailbox, the application's state and, where it
 * queues, its queue through all its connections:
 *
 *	start -> connected -> disconnected -> connected -> ... -> closed
 *	      -> disconnected (could not connect) -> ...
 *
 * Outcomes. A call that was taken (0) has exactly one: `answered` comes once, never
 * inside the function that took it, and before `disconnected` or `closed` where one of
 * them is the reason; or erps_client_cancel has said 0, and nothing comes.
 *
 * Who the server is. A server of ours shows itself in its first answer; only then are
 * calls pipelined to it and extensions used (docs/erps-extensions.md). Towards any
 * other, one packet is in flight at a time, since Erps 0.7.0 closes a connection on
 * which two arrive together: what is called meanwhile waits in the queue.
 *
 * Everything below, unless it says otherwise: on the session's own thread, from inside
 * its callbacks. No function calls back before it returns. The core's functions work on
 * the same `s`; only sb_state, sb_connect, sb_write, sb_hold and sb_resume are taken.
 */
#ifndef SB_ERPS_CLIENT_H
#define SB_ERPS_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../core/connector.h"
#include "../../core/module.h"
#include "../../core/session.h"
#include "../../core/supervisor.h"
#include "build.h"
#include "decode.h"
#include "match.h"
#include "pace.h"
#include "packet.h"
#include "sign.h"
#include "term.h"

struct sb_node;
struct sb_tls;
struct erps_client;

/* How a call ended. `term` is the reply, or the reason of a failure; otherwise there is none. */
enum erps_outcome {
	ERPS_REPLIED,   /* the server's reply */
	ERPS_FAILED,    /* the server's error: :badarg, "access denied", ... */
	ERPS_MALFORMED, /* it answered, with what is no term within our limits */
	ERPS_TIMED_OUT, /* no answer within the call's deadline */
	ERPS_LOST,      /* the connection went first: whether it was carried out is not known */
	ERPS_UNSENT,    /* the same, and it had not been sent: it can be called again safely */
};

struct erps_answer {
	enum erps_outcome outcome;
	uint64_t id; /* of the call: erps_client_call's */
	uint64_t context;
	struct erps_term term; /* valid during the callback; copy what is kept */
};

/* Callbacks may be NULL. Terms are valid during the callback. */
struct erps_client_application {
	const char *name;  /* "calculator.client": in logs and metrics */
	size_t state_size; /* octets of zeroed state with each session: erps_client_state() */

	/* The session begins, not connected yet. `args` is what the client was made with. < 0: it
	 * never was, and nothing else is called. */
	int (*start)(struct sb_session *s, const void *args);

	/* A connection is there (with `probe`: and has answered it), again after each loss. */
	void (*connected)(struct sb_session *s, const struct sb_peer *peer);

	/* It is gone, or could not be made; after `retry_ms` another is tried (0: none). */
	void (*disconnected)(struct sb_session *s, enum sb_end why, uint32_t retry_ms);

	void (*answered)(struct sb_session *s, const struct erps_answer *answer);

	/* A part of the stream that the call `id` asked for. Each used one credit:
	 * erps_client_credit gives more. The stream ends with `answered`. */
	void (*part)(struct sb_session *s, uint64_t id, uint64_t context, struct erps_term part);

	void (*pushed)(struct sb_session *s, struct erps_term push);

	/* An error that belongs to no call ("wrong identifier"): see erps_client_options. */
	void (*refused)(struct sb_session *s, struct erps_term reason);

	/* The server stops within `ms`: nothing new is sent to it. What is outstanding is waited
	 * for, then the session connects again, as after any loss. */
	void (*draining)(struct sb_session *s, uint32_t ms);

	/* After SB_FULL: the queue has room again. */
	void (*writable)(struct sb_session *s);

	/* What other sessions post or call, completions; not what erps_client_ask sends. */
	void (*message)(struct sb_session *s, struct sb_message *m);

	/* The last call, exactly once, if `start` said 0. */
	void (*closed)(struct sb_session *s, enum sb_end why);

	/* More pairs for the operator, after the session's own. */
	void (*describe)(const struct sb_session *s, struct sb_fields *fields);
};

/*
 * Times are milliseconds; 0 takes the default in brackets; SB_UNLIMITED switches a time off.
 * Everything is copied but `tls` and `atoms`.
 *
 * A server that refuses our identifier, version or signature says so with an error that names no
 * call. From a server of ours it concerns one packet alone, and only `refused` is told. Erps 0.7.0
 * reads nothing more on that connection: so everything outstanding and queued ends with that reason
 * (ERPS_FAILED), and the connection is given up; the next comes after a growing delay, for whoever
 * runs the server may mend it.
 */
struct erps_client_options {
	/* Where to, and how: `server`, `port`, `transport`, `tls_opts` of Erps.Client. */
	const char *host;        /* name or address */
	uint16_t port;           /* [4747] */
	struct sb_tls *tls;      /* a client's; NULL: plain TCP; borrowed */
	const char *server_name; /* SNI and certificate check; NULL: host */
	const char *source;      /* numeric local address; NULL: any */
	uint32_t connect_ms;     /* resolution and TCP together [5000] */
	struct sb_socket_options socket;
	const struct sb_limits *limits; /* of session and connection; NULL: defaults */

	/* What our packets say. */
	const char *identifier; /* [""]; Erps 0.7.0 itself takes 11 octets at most, a packet 36 */
	struct erps_version version;
	uint32_t compressed; /* zlib level 1..9 of payloads that gain by it; 0: never */
	const struct erps_secret *secret; /* signs every packet; NULL: none */

	/* What we take from the server. */
	struct erps_term_limits terms;
	uint32_t max_payload;           /* octets [1 MiB] */
	const struct erps_atoms *atoms; /* safe mode; NULL: any; borrowed */

	uint32_t call_ms;        /* deadline of calls that name none [5000, as GenServer.call] */
	uint32_t keepalive_ms;   /* a keepalive is sent so often [60000] */
	enum erps_pacing pacing; /* NEVER pipelines from the first packet on: for servers known to
				    read a stream */
	uint32_t window;         /* calls sent and not answered; the rest is queued [1024] */

	/* What waits to be sent: while the window is full, the server is paced, the connection is
	 * congested; and, if so chosen, while there is none. Otherwise calls are then refused
	 * (SB_GONE), and what was queued when it went ends with ERPS_UNSENT. */
	bool queues_while_away;
	uint32_t queue;       /* packets [1024] */
	uint32_t queue_bytes; /* octets [1 MiB] */

	/* A request that every new connection begins with, as a pattern without names: ":ping". Its
	 * answer, whatever it is, shows who the server is, and only then `connected` comes. Without
	 * an answer within call_ms the connection is given up. NULL: none. */
	const char *probe;

	/* What comes after an end, as in smpp_esme_options. Of the connection: SB_PERMANENT
	 * connects again after any end of it, SB_TRANSIENT after an abnormal one, SB_TEMPORARY
	 * never: the session ends with its connection. Of the session: what the supervisor does. */
	enum sb_restart restart;
	uint32_t
		backoff_min_ms; /* first delay; doubles, with jitter, with each failure ... [500] */
	uint32_t backoff_max_ms; /* ... up to this [60000] */
	uint32_t stable_ms;      /* held for so long: the next delay is small again [10000] */
	uint32_t shutdown_ms;    /* from the supervisor's stop to the cut [5000] */
	int shard;               /* of the child: a number, SB_SHARD_SAME or SB_SHARD_SPREAD */
};

/* ---- any thread ---- */

/* 0; SB_EINVAL: an option cannot be served (no host, an identifier over 36 octets, a level over 9,
 * a source that is no address, a probe that is no pattern); SB_ENOMEM. */
int erps_client_new(struct erps_client **client, struct sb_node *node,
	const struct erps_client_application *application,
	const struct erps_client_options *options, const void *args);

/* NULL is fine. */
void erps_client_free(struct erps_client *client);

/* With every 0 replaced by its default. The texts are the client's own. */
const struct erps_client_options *erps_client_options(const struct erps_client *client);

/* The spec of one child that connects: an initial child of a supervisor, or for sb_start_child. As
 * many connections as there are children. `id` may be NULL, as in struct sb_child_spec. */
struct sb_child_spec erps_client_child(const struct erps_client *client, const char *id);

/*
 * All in one: a client, and one child of it under the node's root. `host` and `port` are used in
 * place of the options'; `options` may be NULL. The caller frees *client after sb_node_free. Errors
 * as erps_client_new and sb_node_start_child: nothing is left.
 */
int erps_client_start(struct sb_node *node, const char *host, uint16_t port,
	const struct erps_client_application *application, const void *args,
	const struct erps_client_options *options, struct erps_client **client);

/* ---- from inside any session ---- */

/* Asks `supervisor` for one child of `client`: sb_start_child, whose reply with `*ref` has the
 * address. Errors as sb_start_child. */
int erps_client_start_under(struct sb_session *s, struct sb_address supervisor,
	const struct erps_client *client, const char *id, uint64_t *ref);

/*
 * Calls through the client session `to`, which may be on another shard: many sessions share one
 * connection. An sb_call: one SB_MSG_REPLY with `*ref` comes, to be read with
 * erps_client_read_answer. `deadline_ms` 0: 5000. Errors as sb_call; SB_EINVAL: no term. No stream
 * can be asked for so: parts go to the session that has the connection (erps_client_call).
 */
int erps_client_ask(struct sb_session *s, struct sb_address to, struct erps_term request,
	uint32_t deadline_ms, uint64_t *ref);

/* What the reply says; `id` is 0, `context` the ref; its term views `m`. */
void erps_client_read_answer(const struct sb_message *m, struct erps_answer *answer);

/* No answer of this call comes any more, and the server is told if it is one of ours. */
void erps_client_ask_cancel(struct sb_session *s, struct sb_address to, uint64_t ref);

/* Casts through the client session `to`. Errors as sb_post; what happens to it then is not told. */
int erps_client_tell(struct sb_session *s, struct sb_address to, struct erps_term request);

/* ---- inside a client's session ---- */

/* The application's state: `state_size` octets, zeroed, aligned to 16, gone after `closed`. */
void *erps_client_state(const struct sb_session *s);

/* 0 takes the default in brackets. */
struct erps_call_options {
	uint32_t deadline_ms; /* [call_ms]; one that is named here a server of ours is told, too */
	uint64_t context;     /* the caller's own, comes back with the answer */
	uint32_t credit;      /* asks for a stream of parts, so many before more credit; only to a
				 server that is known to be ours */
};

/*
 * Calls: `options` and `id` may be NULL. 0: it was taken. SB_GONE: there is no connection (and it
 * does not queue then), or the session ends; SB_FULL: the queue is, `writable` comes; SB_EINVAL: no
 * term, or larger than what lies between output_high and output_hard (limits); SB_ENOTSUP: a
 * stream, and the server is not known to be ours; SB_ENOMEM. The term is copied.
 */
int erps_client_call(struct sb_session *s, struct erps_term request,
	const struct erps_call_options *options, uint64_t *id);

/* The same with a pattern of erps_put_pattern (build.h), filled from the arguments. */
int erps_client_call_with(struct sb_session *s, const struct erps_call_options *options,
	uint64_t *id, const char *pattern, ...);

/* Casts: never answered. Errors as erps_client_call. One that was queued when the session ends, or
 * when the connection goes and it does not queue, is gone. */
int erps_client_cast(struct sb_session *s, struct erps_term request);

/* The call has no outcome any more: one that is queued is not sent; of one that was, a server of
 * ours is told. 0; SB_ENOENT: it has had its outcome. */
int erps_client_cancel(struct sb_session *s, uint64_t id);

/* So many more parts may come. 0; SB_ENOENT: the stream has ended, or is none. */
int erps_client_credit(struct sb_session *s, uint64_t id, uint32_t parts);

/* Whether the present connection's server has shown itself to be one of ours. */
bool erps_client_server_is_ours(const struct sb_session *s);

/* Calls sent and not answered; and packets that wait to be sent. */
size_t erps_client_outstanding(const struct sb_session *s);
size_t erps_client_queued(const struct sb_session *s);

#endif
