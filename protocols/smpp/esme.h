/*
 * The ESME side: sessions that connect to a message centre, bind, and come back
 * when they are lost. They are the sessions of session.h, with the same
 * application and callbacks; what is added is where to, who we are, and how to go
 * on after an end.
 *
 *	static const struct smpp_application app = {
 *		.name = "smpp.carrier", .side = SMPP_ESME,
 *		.bound = on_bound, .request = on_request, .response = on_response,
 *	};
 *	static const struct smpp_esme_options options = {
 *		.system_id = "alice", .password = "secret1", .restart = SB_PERMANENT,
 *	};
 *
 *	smpp_esme_start(node, "smsc.example", 2775, &app, NULL, &options, &service);
 *
 * Ownership. The options are copied into a service (smpp_service_new's kind): made
 * once, shared by any number of binds and by all their restarts, since a child spec
 * only points at it. Who made it frees it, after sb_node_free, or when all its
 * sessions have ended and no supervisor has a child of it any more. The application,
 * `args` and the TLS context are borrowed for as long.
 *
 * A connection's life, as the application hears of it:
 *
 *	start -> connected -> bound -> ... -> (unbinding) -> disconnected -> connected ...
 *	                   -> bind_refused -> disconnected -> ...
 *	      -> disconnected (could not connect) -> ...                     -> closed
 *
 * The session keeps its address, its mailbox and the application's state through all
 * of it. What belonged to a connection goes with it: requests outstanding are told of
 * by response_lost, before `disconnected`; those of the peer's that were not answered
 * cannot be any more (smpp_respond says SB_ENOENT); numbers begin at 1 again.
 */
#ifndef SB_SMPP_ESME_H
#define SB_SMPP_ESME_H

#include <stdbool.h>
#include <stdint.h>

#include "../../core/connector.h"
#include "../../core/supervisor.h"
#include "pace.h"
#include "session.h"

struct sb_node;
struct sb_tls;

/* Times are milliseconds; 0 takes the default in brackets. Everything is copied but `tls`. */
struct smpp_esme_options {
	/* Where to, and how. */
	const char *host;        /* name or address; NULL: sessions are only listened for */
	uint16_t port;           /* [2775; with TLS 3550] */
	struct sb_tls *tls;      /* a client's; NULL: plain TCP; borrowed */
	const char *server_name; /* SNI and certificate check; NULL: host */
	const char *source;      /* numeric local address; NULL: any */
	uint32_t connect_ms;     /* resolution and TCP together [5000] */
	struct sb_socket_options socket;
	const struct sb_limits *limits; /* of session and connection; NULL: defaults */

	/* Who we are: sent in `connected`'s wake, unless the application has sent a bind itself. */
	bool is_bind_manual; /* no bind is sent but by smpp_send, in `connected` or later */
	uint32_t bind;       /* SMPP_BIND_TRANSCEIVER, ... [transceiver; after outbind receiver] */
	const char *system_id;   /* [""] */
	const char *password;    /* [""]; never logged */
	const char *system_type; /* [""] */
	uint8_t addr_ton, addr_npi;
	const char *address_range; /* [""] */

	/*
	 * What comes after an end. Of the connection: SB_PERMANENT connects again after any end of
	 * it, SB_TRANSIENT after an abnormal one (refused, lost, dead, closed without an unbind;
	 * not after an orderly unbind), SB_TEMPORARY never: the session ends with its connection.
	 * Of the session (its own smpp_unbind or sb_close, a fault): what the supervisor does with
	 * such children.
	 */
	enum sb_restart restart;
	uint32_t
		backoff_min_ms; /* first delay; doubles, with jitter, with each failure ... [500] */
	uint32_t backoff_max_ms; /* ... up to this [60000] */
	uint32_t stable_ms; /* bound, and held for so long: the next delay is small again [10000] */
	uint32_t shutdown_ms; /* from the supervisor's stop to the cut [5000] */
	int shard;            /* of the child: a number, SB_SHARD_SAME or SB_SHARD_SPREAD */

	/* How fast requests go out, each bind by itself: smpp_send says SB_FULL over it, and
	 * `window_open` comes when there is room. */
	struct smpp_pace_options pace;

	/*
	 * Of the session: timers, windows, versions. `version` is the interface_version that we
	 * bind with, here [SMPP_VERSION_34]; the one spoken is the lower of it and
	 * sc_interface_version, and 3.4 at most where the centre does not say. `session_init_ms` is
	 * from connection to bind response. `bind_attempts`, `password_max` and `system_id` are not
	 * used.
	 */
	struct smpp_session_options session;
};

/* ---- any thread ---- */

/*
 * A service of the ESME side: to be given to smpp_esme_child, smpp_listen, and in the
 * end smpp_service_free. 0; SB_EINVAL: an option cannot be served (a text too long, a source
 * that is no address, no transceiver in 3.3, an application of the other side); SB_ENOMEM.
 */
int smpp_esme_new(struct smpp_service **service, struct sb_node *node,
	const struct smpp_application *application, const struct smpp_esme_options *options,
	const void *args);

/* With every 0 replaced by its default. The texts are the service's own. */
const struct smpp_esme_options *smpp_esme_options(const struct smpp_service *service);

/*
 * The spec of one child that connects: an initial child of a supervisor, or for
 * sb_start_child. As many binds as there are children. `id` may be NULL, as in
 * struct sb_child_spec.
 */
struct sb_child_spec smpp_esme_child(const struct smpp_service *service, const char *id);

/*
 * All in one: a service, and one child of it under the node's root. `host` and `port`
 * are used in place of the options'; `options` may be NULL. The caller frees *service
 * after sb_node_free. Errors as smpp_esme_new and sb_node_start_child: nothing is left.
 */
int smpp_esme_start(struct sb_node *node, const char *host, uint16_t port,
	const struct smpp_application *application, const void *args,
	const struct smpp_esme_options *options, struct smpp_service **service);

/* ---- from inside a session ---- */

/*
 * Asks `supervisor` for one child of `service`: sb_start_child, whose reply with `*ref` has the
 * address (struct sb_child_started). That the connection is up, or failed, the child's own
 * callbacks say. Errors as sb_start_child.
 */
int smpp_esme_start_under(struct sb_session *s, struct sb_address supervisor,
	const struct smpp_service *service, const char *id, uint64_t *ref);

#endif
