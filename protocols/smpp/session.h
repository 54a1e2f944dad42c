/*
 * An SMPP session as a module of the core. It frames and decodes, knows which
 * PDU is legal when, numbers, matches, times out, pings, keeps the windows and
 * answers what is wrong: an application sees requests and responses, never an
 * octet, and every request of the peer gets exactly one answer whatever it does.
 *
 *	static void
 *	mc_bind(struct sb_session *s, struct smpp_request request, const struct smpp_binding
 **binding)
 *	{
 *		smpp_respond(s, request, SMPP_ROK, sb_bytes_text(""));
 *	}
 *
 *	static void
 *	mc_request(struct sb_session *s, struct smpp_request request, const struct smpp_pdu *pdu)
 *	{
 *		if (request.command == SMPP_SUBMIT_SM)
 *			smpp_respond(s, request, SMPP_ROK, sb_bytes_text("4711"));
 *		else
 *			smpp_nack(s, request, SMPP_RINVCMDID);
 *	}
 *
 *	static const struct smpp_application mc = {
 *		.name = "smpp.mc", .side = SMPP_MC, .bind = mc_bind, .request = mc_request,
 *	};
 *
 *	smpp_service_new(&service, node, &mc, NULL, NULL);
 *	smpp_listen(service, &(struct sb_listener_options){.name = "smpp", .address = "[::]:2775"},
 *		&listener);
 *
 * Everything here: on the session's own thread, from inside its callbacks, unless
 * it says otherwise. No function calls back into the application before it
 * returns. The core's functions (sb_call, sb_timer_start, sb_register, ...) work
 * on the same `s`; only sb_state, sb_write, sb_hold and sb_resume are taken.
 */
#ifndef SB_SMPP_SESSION_H
#define SB_SMPP_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../core/listener.h"
#include "../../core/module.h"
#include "../../core/session.h"
#include "pdu.h"
#include "state.h"
#include "status.h"

struct smpp_service;

/*
 * A request of the peer: a value, to be kept until it is answered, also in a
 * message that another session sends back. It means something to its own session
 * alone; one that was answered, or whose deadline passed, is known as such.
 */
struct smpp_request {
	uint32_t command;
	uint32_t sequence;
	uint32_t slot; /* the session's own */
	uint32_t generation;
};

/* What a peer said when it asked to be bound. Valid in the callback. */
struct smpp_binding {
	enum smpp_state mode;           /* SMPP_BOUND_TX, SMPP_BOUND_RX or SMPP_BOUND_TRX */
	enum smpp_version version;      /* what will be spoken with it */
	const struct smpp_bind *fields; /* system_id, password, system_type, address_range, ... */
	const struct sb_peer *peer;     /* address, TLS identity, listener */
	unsigned attempt;               /* 1 for the first bind of the connection */
};

/* A PDU that could not be served as it is. Valid in the callback. */
struct smpp_unparsed {
	struct smpp_header header;      /* zero where it is not there */
	struct smpp_decode_error error; /* the fault, and the answer that the session gives */
	struct sb_bytes octets;         /* the PDU; of a bad length: what has arrived */
};

/*
 * What an application is. Callbacks may be NULL. Views (PDUs, bindings) are valid
 * during the callback only.
 */
struct smpp_application {
	const char *name;    /* "smpp.mc": the module's name in logs and metrics */
	enum smpp_side side; /* SMPP_MC: accepts binds; SMPP_ESME: binds (esme.h) */
	size_t state_size;   /* octets of zeroed state with each session: smpp_state() */

	/* An ESME that connects: the session begins, for all its connections. < 0: it never was; no
	 * other callback comes, `start` has freed what it made. */
	int (*start)(struct sb_session *s, const void *args);

	/* A connection is there; `args` is the service's. < 0: refused, it ends. An ESME sends its
	 * bind when this has returned, unless one was sent in here. */
	int (*connected)(struct sb_session *s, const struct sb_peer *peer, const void *args);

	/* ESME: the centre has connected to us and asks us to bind on this connection: true does
	 * it. NULL: nobody is let in. */
	bool (*outbind)(struct sb_session *s, const struct smpp_outbind *outbind);

	/* ESME: the bind's response, with its TLVs: bound, smpp_session_state says how. */
	void (*bound)(struct sb_session *s, const struct smpp_pdu *response);

	/* ESME: the centre said no: header.status says why (RBINDFAIL for a generic_nack). The
	 * connection is given up (`disconnected`), unless another bind is sent in here with
	 * smpp_send, or binds are manual: these have session_init_ms in all. */
	void (*bind_refused)(struct sb_session *s, const struct smpp_pdu *response);

	/* ESME: there is no connection any more, or none could be made (SB_END_CONNECT). The next
	 * attempt comes in `retry_ms`; 0: none does, the session ends now, unless it is closed
	 * already. Where our side ends the session together with its connection (smpp_unbind,
	 * sb_close, a stop; of one that does not connect again also an unbind of the peer's, a
	 * refused bind, a dead link) only `closed` comes. */
	void (*disconnected)(struct sb_session *s, enum sb_end why, uint32_t retry_ms);

	/*
	 * MC: the peer asks to be bound. Answer with smpp_respond, now or within answer_ms; until
	 * then nothing more is read from it. SMPP_ROK binds it. NULL: every bind is refused
	 * (RBINDFAIL).
	 */
	void (*bind)(struct sb_session *s, struct smpp_request request,
		const struct smpp_binding *binding);

	/*
	 * A well-formed request that is legal in this state (bind, unbind and enquire_link are the
	 * session's own affair). Answer it with smpp_respond, smpp_respond_pdu or smpp_nack, now or
	 * within answer_ms. alert_notification comes with command's answer 0
	 * (smpp_answer_of) and takes none. NULL: requests are answered RINVCMDID.
	 */
	void (*request)(
		struct sb_session *s, struct smpp_request request, const struct smpp_pdu *pdu);

	/* A PDU was malformed, unknown or of a bad length. The session answers it by itself. */
	void (*unparsed)(struct sb_session *s, const struct smpp_unparsed *unparsed);

	/*
	 * Exactly one of these three for each request that smpp_send took: its response (a
	 * generic_nack is one, too; look at pdu->header.status); none within response_ms (one that
	 * comes later is discarded); or the session ended before (then before `closed`).
	 */
	void (*response)(struct sb_session *s, uint64_t context, const struct smpp_pdu *pdu);
	void (*response_timeout)(struct sb_session *s, uint64_t context, uint32_t command);
	void (*response_lost)(struct sb_session *s, uint64_t context, uint32_t command);

	/* smpp_send has said SB_FULL, and now there is room in the window and in the output. */
	void (*window_open)(struct sb_session *s);

	/* A PDU was appended to the output: everyone, also those that the session sends by itself.
	 * Told once the application's callback that caused it has returned, in order. */
	void (*sent)(struct sb_session *s, const struct smpp_header *header);

	/* Bound no longer, and not by the application's own smpp_unbind: one side has begun to
	 * unbind, or the peer sends no more while requests of its are unanswered. smpp_send says
	 * SB_GONE from here on; requests at hand can still be answered, for unbind_ms, or where the
	 * peer only sends no more for their answer_ms. Not told when the session ends at once: then
	 * only `closed` comes. */
	void (*unbinding)(struct sb_session *s);

	/* A message: what other sessions post or call (m->is_call), answers, completions. */
	void (*message)(struct sb_session *s, struct sb_message *m);

	/* The last call, exactly once, if there was a connection (`connected`) or a `start`. */
	void (*closed)(struct sb_session *s, enum sb_end why);

	/* More pairs for the operator, after the session's own. */
	void (*describe)(const struct sb_session *s, struct sb_fields *fields);
};

/* Times are milliseconds. 0 takes the default in brackets; SB_UNLIMITED switches a time off. */
struct smpp_session_options {
	uint32_t session_init_ms;        /* from connection to bind [10000] */
	uint32_t enquire_link_ms;        /* no octet from the peer: ping it [30000] */
	uint32_t enquire_link_resp_ms;   /* still none: the link is dead [30000] */
	uint32_t inactivity_ms;          /* no request from the peer: unbind [off] */
	uint32_t response_ms;            /* the peer's response to a request of ours [60000] */
	uint32_t response_resolution_ms; /* they are looked at so often: so late at most [1] */
	uint32_t answer_ms;              /* ours to one of the peer's, else RSYSERR [30000] */
	uint32_t unbind_ms;              /* each step of an unbind: drain, response [1500] */

	uint32_t window_in;  /* unanswered requests of the peer: no more is read [512] */
	uint32_t window_out; /* unanswered requests of ours: smpp_send says SB_FULL [10] */

	uint32_t max_pdu;          /* octets of a PDU, 16 to 16 MiB [131072] */
	uint32_t bind_attempts;    /* refused binds before the connection is closed [3] */
	uint8_t password_max;      /* characters of a password [8] */
	enum smpp_version version; /* the highest spoken [SMPP_VERSION_50] */
	bool strict_tlvs;          /* a TLV of a wrong size is refused, else passed over */
	bool strict_values;        /* integers over the book's bounds are refused */
	const char *system_id;     /* shown in bind responses; copied [""] */
	const struct smpp_tlv_dictionary *dictionary; /* borrowed; NULL: none */
};

/* ---- services: any thread ---- */

/*
 * One role on one node: an application, its options and counters. Listeners (and
 * child specs) refer to it; it must outlive the node's sessions. `application` and
 * `args` are borrowed; `options` copied (NULL: defaults). The name of the
 * application labels its metrics. For the side of the MC; smpp_esme_new (esme.h) is
 * that of the ESME. 0, SB_EINVAL (an option, the side), SB_ENOMEM.
 */
int smpp_service_new(struct smpp_service **service, struct sb_node *node,
	const struct smpp_application *application, const struct smpp_session_options *options,
	const void *args);

/* After sb_node_free. NULL is fine. */
void smpp_service_free(struct smpp_service *service);

/* The module of its sessions; their `start` wants the service as its args. */
const struct sb_module *smpp_service_module(const struct smpp_service *service);

/* With every 0 of the options replaced by its default. */
const struct smpp_session_options *smpp_service_options(const struct smpp_service *service);

/* sb_listen on the service's node with its module and args: what `options` has there is not used.
 * Errors as sb_listen. */
int smpp_listen(struct smpp_service *service, const struct sb_listener_options *options,
	struct sb_listener **listener);

/* ---- the session ---- */

/* The application's state: `state_size` octets, zeroed, aligned to 16, gone after `closed`. */
void *smpp_state(const struct sb_session *s);

struct smpp_service *smpp_session_service(const struct sb_session *s);
enum smpp_state smpp_session_state(const struct sb_session *s);
enum smpp_version smpp_session_version(const struct sb_session *s); /* 5.0 before the bind */

/*
 * Answers `request`. A response that has an id as its body (submit_sm_resp,
 * data_sm_resp, submit_multi_resp without failures ...) carries `id`; a bind's
 * response our system_id: `id` when it is not empty, else the options'; other
 * responses carry neither. With a status other than ROK the body is left out.
 * 0; SB_ENOENT when it has its answer already; SB_EINVAL: `id` is too long or has
 * a NUL inside, the request is still unanswered; SB_GONE after the end; SB_FULL or
 * SB_ENOMEM: the session ends.
 */
int smpp_respond(
	struct sb_session *s, struct smpp_request request, uint32_t status, struct sb_bytes id);

/*
 * The same with a body and TLVs of the caller's: header.status and the member of
 * the union that is the response's; command and sequence are set here. A 3.3 peer
 * is spared the TLVs. Not for binds (SB_EINVAL). SB_EINVAL also for what cannot be
 * encoded.
 */
int smpp_respond_pdu(struct sb_session *s, struct smpp_request request, struct smpp_pdu *response);

/* Answers with generic_nack: for a request that is not served (RINVCMDID). Errors as smpp_respond.
 */
int smpp_nack(struct sb_session *s, struct smpp_request request, uint32_t status);

/* Whether `request` still waits for its answer. */
bool smpp_is_unanswered(const struct sb_session *s, struct smpp_request request);

/*
 * Sends a request: header.command, the body and the TLVs are the caller's, the
 * rest of the header is set here. `context` comes back with the response;
 * outbind and alert_notification get none. An ESME may send a bind of its own, too
 * (esme.h), one at a time. 0; SB_FULL over the window, or while
 * the output is high: nothing was sent, `window_open` will come; SB_EINVAL when it
 * cannot be encoded, or is not legal in this state for this side; SB_ENOTSUP: the
 * peer's version does not have it; SB_GONE: not bound any more, or ended;
 * SB_ENOMEM: nothing was sent.
 */
int smpp_send(struct sb_session *s, struct smpp_pdu *request, uint64_t context);

/* How many requests smpp_send would take now; and how many wait for their response. */
uint32_t smpp_window_room(const struct sb_session *s);
uint32_t smpp_window_used(const struct sb_session *s);

/* Other windows than the options', from here on (an account's, from `bind`). 0: unchanged. */
void smpp_set_windows(struct sb_session *s, uint32_t in, uint32_t out);

/* Whether TLVs of a wrong size are refused from here on (an account's). */
void smpp_set_strict_tlvs(struct sb_session *s, bool strict);

/*
 * Holds the peer's input for a reason of the application ("store", a static
 * word), and lets it go on. In place of sb_hold, which the session needs for its
 * window. Twice is once.
 */
void smpp_hold(struct sb_session *s, const char *reason);
void smpp_resume(struct sb_session *s);

/*
 * Ends the session politely: no more requests of ours, those outstanding get
 * unbind_ms to be answered, then unbind, its response, the end. Not bound: closes
 * at once. `why` is what `closed` gets. It is the session's end, also of one that
 * connects again after others; sb_disconnect ends a connection alone, at once.
 */
void smpp_unbind(struct sb_session *s, enum sb_end why);

#endif
