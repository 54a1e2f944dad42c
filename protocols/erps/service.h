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

#include "../../core/listener.h"
#include "../../core/module.h"
#include "../../core/session.h"
#include "build.h"
#include "decode.h"
#include "match.h"
#include "packet.h"
#include "term.h"

/*
 * A call that waits for its answer: a value, to be kept, or passed in a message to any
 * session of the node, which answers from there. One that was answered, or whose caller
 * has gone, is known as such.
 */
struct erps_from {
	struct sb_address session; /* that has the caller's connection */
	uint32_t slot;             /* the session's own */
	uint32_t generation;
	uint64_t deadline; /* sb_now at which nobody waits any more; 0: none was given */
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

	/* What other sessions post or call, completions, timers' kin. */
	void (*handle_message)(struct sb_session *s, struct sb_message *m);

	/* The caller of `from` wants no answer any more (it said so, or its deadline passed). */
	void (*handle_cancel)(struct sb_session *s, struct erps_from from);

	/* The last call, exactly once, if `init` said 0. */
	void (*terminate)(struct sb_session *s, enum sb_end why);

	/* More pairs for the operator, after the session's own. */
	void (*describe)(const struct sb_session *s, struct sb_fields *fields);
};

/* Who may use what. The first rule whose method and peer match decides; none: allowed when there
 * are no rules at all, otherwise refused (error "access denied", logged). */
struct erps_access_rule {
	const char *method;  /* the atom that a request is, or begins with; "*": any */
	const char *subject; /* of the certificate: "CN=...", a SAN; "*": any, also without one */
	const char *network; /* of the address: "10.0.0.0/8"; NULL: any */
	bool is_allowed;
};

/* A secret by the key that names it (section 6 of the protocol). */
struct erps_secret {
	uint8_t key[16];
	const void *secret;
	size_t size;
};

enum erps_pacing {
	ERPS_PACING_AUTO, /* towards peers that look like Erps 0.7.0 itself */
	ERPS_PACING_ALWAYS,
	ERPS_PACING_NEVER,
};

/* Times are milliseconds; 0 takes the default in brackets; SB_UNLIMITED switches a time off. */
struct erps_service_options {
	const char *identifier; /* that packets must have; NULL: any */
	const char *versions;   /* requirement, "~> 0.2.4 or >= 1.0.0"; NULL: any */
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
	uint32_t idle_ms;   /* nothing came, not even a keepalive: closed [off, as Erps] */
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
 * SB_GONE; SB_FULL, SB_ENOMEM. The term is copied.
 */
int erps_reply(struct sb_session *s, struct erps_from from, struct erps_term reply);

/* The same with a pattern of erps_put_pattern (build.h): "{:ok, sum::int}". SB_EINVAL: mistaken. */
int erps_reply_with(struct sb_session *s, struct erps_from from, const char *pattern, ...);

/* Answers with an error, {reason, Ref}: the caller gets {:error, reason}. */
int erps_reject(struct sb_session *s, struct erps_from from, const char *reason);

/* Sends a push to the peer of this session. Errors as sb_write. */
int erps_push(struct sb_session *s, struct erps_term term);

/* The same to a session by its address, from any other: SB_GONE, SB_FULL, SB_ENOMEM. */
int erps_push_to(struct sb_session *s, struct sb_address to, struct erps_term term);

/* Sends what is queued, then ends the connection. */
void erps_disconnect(struct sb_session *s);

#endif
