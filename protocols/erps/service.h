/*
 * An RPC service: what is done with calls, casts and messages. Sessions, packets,
 * checks and limits are the library's affair; an application sees terms.
 *
 *	static void
 *	handle_call(struct sb_session *s, struct erps_from from, struct erps_term request)
 *	{
 *		int64_t a, b;
 *
 *		if (erps_match(request, "{:add, a::int, b::int}", &a, &b))
 *			erps_reply_with(s, from, "sum::int", a + b);
 *		else
 *			erps_reject(s, from, "badarg");
 *	}
 *
 *	static const struct erps_service calculator = {
 *		.name = "calculator", .handle_call = handle_call,
 *	};
 *
 *	erps_daemon_start(&daemon, node, &calculator, NULL, &(struct erps_daemon_options){
 *		.address = "127.0.0.1", .port = 4747});
 *
 * As in Erps, one session is one connection, with a state of its own: `init` when it
 * is there, `terminate` when it goes. Each call gets exactly one answer: the
 * application's, by whatever session and whenever; or an error when it was rejected,
 * its answer_ms passed or the session of the service ended.
 *
 * Everything here: on the session's own thread, from inside its callbacks, unless it says
 * otherwise. No function calls back before it returns. The core's functions (sb_call,
 * sb_timer_start, sb_register, ...) work on the same `s`; only sb_state, sb_write, sb_hold
 * and sb_resume are taken.
 */
#ifndef SB_ERPS_SERVICE_H
#define SB_ERPS_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../core/message.h"
#include "../../core/module.h"
#include "../../core/registry.h"
#include "../../core/session.h"
#include "access.h"
#include "build.h"
#include "decode.h"
#include "match.h"
#include "pace.h"
#include "packet.h"
#include "sign.h"
#include "term.h"

/*
 * A call that waits for its answer: a value, to be kept, or passed in a message to any
 * session of the node, which answers from there. One that was answered, or whose caller
 * has gone, is known as such.
 */
struct erps_from {
	/* That has the caller's connection; of a local call: who called. */
	struct sb_address session;
	uint64_t ref;      /* which of its calls; never the same twice in a session */
	uint64_t deadline; /* sb_now at which nobody waits any more; 0: none was given */
	bool is_local;     /* another session of the node calls (erps_call_to), no peer */
};

/* Callbacks may be NULL. Terms are valid during the callback; copy what is kept. */
struct erps_service {
	const char *name;  /* "calculator": in logs and metrics */
	size_t state_size; /* octets of zeroed state with each session: erps_state() */

	/* A peer is connected, and its TLS identity known (sb_session_peer). `args` is what the
	 * service was started with. < 0: refused, the connection is closed. */
	int (*init)(struct sb_session *s, const void *args);

	/* Answer with erps_reply, erps_reply_with or erps_reject, now or later. NULL: calls are
	 * rejected with "undef". */
	void (*handle_call)(struct sb_session *s, struct erps_from from, struct erps_term request);

	void (*handle_cast)(struct sb_session *s, struct erps_term request);

	/* What other sessions post or call, completions, timers' kin. NULL: calls are answered
	 * SB_ENOTSUP. */
	void (*handle_message)(struct sb_session *s, struct sb_message *m);

	/* The caller of `from` wants no answer any more (it said so, or its deadline passed): what
	 * is still given is dropped. */
	void (*handle_cancel)(struct sb_session *s, struct erps_from from);

	/* After erps_reply_part has said SB_FULL: there is room for another part. */
	void (*handle_credit)(struct sb_session *s, struct erps_from from);

	/* The node, or the supervisor, stops: what is under way may still be answered for a while
	 * (erps_service_options.drain_ms). */
	void (*handle_stop)(struct sb_session *s);

	/* The last call, exactly once, if `init` said 0. Nothing can be sent to the peer. */
	void (*terminate)(struct sb_session *s, enum sb_end why);

	/* More pairs for the operator, after the session's own. */
	void (*describe)(const struct sb_session *s, struct sb_fields *fields);
};

/* Times are milliseconds; 0 takes the default in brackets; SB_UNLIMITED switches a time off. */
struct erps_service_options {
	const char *identifier; /* that packets must have; NULL: any; copied */
	const char *versions;   /* requirement, "~> 0.2.4 or >= 1.0.0"; NULL: any; copied */
	struct erps_term_limits terms;
	uint32_t max_payload;           /* octets [1 MiB] */
	const struct erps_atoms *atoms; /* safe mode: only these may come; NULL: any; borrowed */
	const struct erps_access_rule *access; /* copied */
	size_t access_count;
	const struct erps_secret *secrets; /* every packet must be signed by one; copied */
	size_t secret_count;
	enum erps_pacing pacing;
	uint32_t window;    /* calls of one peer under way: then no more is read [1024] */
	uint32_t answer_ms; /* a call's answer, else {"timeout", Ref} [off] */
	uint32_t drain_ms;  /* from handle_stop to the end of calls under way [4000] */
	/* That could be neither read nor answered: then the session ends [100]. */
	uint32_t bad_packets;
};

/* ---- inside a session ---- */

/* The service's state: `state_size` octets, zeroed, aligned to 16, gone after `terminate`. */
void *erps_state(const struct sb_session *s);

/* For a service that hosts others in its sessions: what erps_state gives while one of them has the
 * word. NULL: the service's own again. Every callback begins with that. */
void erps_set_state(struct sb_session *s, void *state);

/*
 * Answers a call, from the session that has it or from any other of the node, once. 0;
 * SB_ENOENT: it has its answer, or nobody waits (only the session itself knows that at once);
 * SB_ELIMIT: no packet can hold it, and the call still waits; SB_GONE; SB_FULL (the session's
 * mailbox, or its output, which ends it), SB_ENOMEM. The term is copied.
 */
int erps_reply(struct sb_session *s, struct erps_from from, struct erps_term reply);

/* The same with a pattern of erps_put_pattern (build.h): "{:ok, sum::int}". SB_EINVAL: mistaken. */
int erps_reply_with(struct sb_session *s, struct erps_from from, const char *pattern, ...);

/* Answers with an error, {reason, Ref}: the caller gets {:error, reason}. */
int erps_reject(struct sb_session *s, struct erps_from from, const char *reason);

/*
 * A part of an answer that is streamed; erps_reply (or erps_reject) ends it. From the session that
 * has the call alone. 0; SB_ENOTSUP: the caller takes no parts; SB_FULL: the caller has room for no
 * more, and handle_credit comes when it has; SB_ENOENT, SB_ELIMIT, SB_GONE, SB_ENOMEM.
 */
int erps_reply_part(struct sb_session *s, struct erps_from from, struct erps_term part);

/* Sends a push to the peer of this session. SB_FULL: what waits for the peer has reached a bound
 * (towards paced peers nothing is lost but this push); otherwise as sb_write. */
int erps_push(struct sb_session *s, struct erps_term term);

/* Sends what is queued, then ends the connection. */
void erps_disconnect(struct sb_session *s);

/* ---- from any session of the node, by address (sb_lookup finds one by its name) ---- */

/* A push to the peer of a service's session. SB_GONE, SB_FULL, SB_ENOMEM. */
int erps_push_to(struct sb_session *s, struct sb_address to, struct erps_term term);

/* The same from outside any session; any thread. */
int erps_node_push(struct sb_node *node, struct sb_address to, struct erps_term term);

/* Casts: handle_cast of the service's session, as if its peer had. Errors as sb_post. */
int erps_cast_to(struct sb_session *s, struct sb_address to, struct erps_term request);

/*
 * Calls: handle_call of the service's session, with from.is_local. As sb_call: one SB_MSG_REPLY
 * with *ref comes, whose term erps_message_term gives; its status is 0, SB_ECANCELED when the call
 * was rejected (the term is the reason, a binary), SB_GONE, SB_FULL or SB_TIMEOUT.
 */
int erps_call_to(struct sb_session *s, struct sb_address to, struct erps_term request,
	uint32_t deadline_ms, uint64_t *ref);

/* The term that a message of the functions above carries; false: none. Valid as m->data is. */
bool erps_message_term(const struct sb_message *m, struct erps_term *term);

#endif
