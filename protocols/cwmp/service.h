/*
 * The ACS's side of CWMP sessions, for those who write what happens in them: what acs_ex
 * gives an Elixir programmer, in C. An Inform begins a session; it is accepted or not; then RPCs
 * are called one after the other, each with a function that gets its answer; the session ends when
 * both sides have nothing more.
 *
 *	static void
 *	got_version(struct cwmp_session *c, const struct cwmp_outcome *o, void *context)
 *	{
 *		if (!o->status)
 *			note(o->envelope->message.body.get_parameter_values_response...);
 *		cwmp_finish(c);
 *	}
 *
 *	static void
 *	session_start(struct cwmp_session *c)
 *	{
 *		const char *names[] = {"Device.DeviceInfo.SoftwareVersion"};
 *
 *		cwmp_get_parameter_values(c, names, 1, (struct cwmp_done){got_version, NULL});
 *	}
 *
 * A CWMP session is a core session without a connection: it outlives many, lives on one
 * shard, and what is touched here is touched by its thread alone. All functions: inside
 * its callbacks. None of them calls back before it returns.
 */
#ifndef SB_CWMP_SERVICE_H
#define SB_CWMP_SERVICE_H

#include "../../core/message.h"
#include "decode.h"
#include "fault.h"
#include "message.h"

struct sb_session;
struct cwmp_session;

/* X(NAME, text): why a session ended. */
#define CWMP_END_MAP(X)                                                                        \
	X(DONE, "done")         /* both sides had nothing more: 204 */                         \
	X(REFUSED, "refused")   /* by session_filter */                                        \
	X(REPLACED, "replaced") /* the device began another one */                             \
	X(TIMEOUT, "timeout")   /* the device stopped in the middle */                         \
	X(IDLE, "idle")         /* the service took too long to decide, or to say what next */ \
	X(PROTOCOL, "protocol") /* the device broke the protocol */                            \
	X(ABORTED, "aborted")   /* by cwmp_abort */                                            \
	X(DRAIN, "drain")       /* the node stopped */                                         \
	X(FAULT, "fault")       /* our own fault, memory among them */

enum cwmp_end {
#define X(name, text) CWMP_END_##name,
	CWMP_END_MAP(X)
#undef X
		CWMP_END_COUNT
};

/* "done", "refused", ... */
const char *cwmp_end_name(enum cwmp_end end);

/* How a call ended. Exactly one comes for each call that was taken. */
struct cwmp_outcome {
	/* 0: the response is in `envelope`. SB_EREMOTE: the device answered with a fault, which is
	 * there. SB_EPROTO: with something that does not fit. SB_ENOENT: with nothing (an empty
	 * POST). SB_GONE: the session ended first. */
	int status;
	const struct cwmp_envelope *envelope; /* NULL unless 0 or SB_EREMOTE */
};

struct cwmp_done {
	void (*function)(struct cwmp_session *c, const struct cwmp_outcome *o, void *context);
	void *context;
};

/* What happens in sessions. Each callback may be NULL. */
struct cwmp_service {
	const char *name;  /* of logs and metrics */
	size_t state_size; /* octets of zeroed state with each session: cwmp_state */

	/* Whether who sent this Inform (cwmp_username, cwmp_certificate) is the device that it
	 * names. Asked at once: if not, it is refused with 8001, nothing else is called, and an
	 * open session of that device goes on. NULL: it is. */
	bool (*is_device)(const struct cwmp_session *c);

	/* A device asks for a session with this Inform (until the session's end: cwmp_inform).
	 * Decide, now or later, with one of cwmp_accept, cwmp_refuse, cwmp_redirect, cwmp_busy. The
	 * Inform is answered then, so what is to be durable first can be. NULL: accepted. */
	void (*session_filter)(struct cwmp_session *c);

	/* It was accepted. Calls made here wait until it is the device's turn to answer. NULL: as
	 * with cwmp_finish. */
	void (*session_start)(struct cwmp_session *c);

	/* The device calls (TransferComplete, RequestDownload, a vendor's, ...; GetRPCMethods is
	 * answered before). Answer, now or later, with cwmp_answer or cwmp_answer_fault. NULL:
	 * cwmp_answer_default. */
	void (*request)(struct cwmp_session *c, const struct cwmp_envelope *request);

	/* A call was taken, whoever makes it (a script, too): a look at what it asks. `body` may be
	 * NULL. */
	void (*called)(
		struct cwmp_session *c, enum cwmp_method method, const union cwmp_body *body);

	/* A call was answered with a response, whoever made it (a script, too): a look at it,
	 * before the call's own function has it. */
	void (*answered)(struct cwmp_session *c, const struct cwmp_envelope *response);

	/* A message to the session that is none of CWMP's own: replies, the store, the daemon's. */
	void (*message)(struct cwmp_session *c, struct sb_message *m);

	/* The last call, once for each session whose session_filter was called; before it, each
	 * outstanding call has had its outcome. */
	void (*session_end)(struct cwmp_session *c, enum cwmp_end why);
};

/* ---- the session ---- */

void *cwmp_state(const struct cwmp_session *c);
struct sb_session *cwmp_core(const struct cwmp_session *c); /* for timers, stores, messages, logs */
struct cwmp_session *cwmp_of(struct sb_session *s);         /* back, for timers' functions */
const void *cwmp_args(const struct cwmp_session *c);        /* of the server */

const struct cwmp_inform *cwmp_inform(const struct cwmp_session *c);
/* "OUI-ProductClass-SerialNumber", or "OUI-SerialNumber", percent-encoded as usual. */
const char *cwmp_device(const struct cwmp_session *c);
enum cwmp_version cwmp_version(const struct cwmp_session *c);
/* How this device is written to; may be changed (quirks). */
struct cwmp_dialect *cwmp_dialect(struct cwmp_session *c);
/* Who authenticated; "" when nobody had to. The verified subject of its TLS certificate, or "". */
const char *cwmp_username(const struct cwmp_session *c);
const char *cwmp_certificate(const struct cwmp_session *c);
/* Of the hash that its username authenticated by; 0: a password, or nothing (http/auth.h). */
uint64_t cwmp_hash_id(const struct cwmp_session *c);
/* What the route said of the connection that the Inform came on: struct cwmp_connection. */
const void *cwmp_entrance(const struct cwmp_session *c);
/* "192.0.2.1:40000": of the same connection. */
const char *cwmp_address(const struct cwmp_session *c);

/* ---- session_filter's word ---- */

void cwmp_accept(struct cwmp_session *c);
/* A fault as answer: an ACS code (CWMP_FAULT_ACS_...). `text` NULL: the code's own. */
void cwmp_refuse(struct cwmp_session *c, uint32_t fault_code, const char *text);
/* 302 or 307, and where to; 503, if that is no text for a header field. */
void cwmp_redirect(struct cwmp_session *c, unsigned status, const char *url);
/* 503 with Retry-After. */
void cwmp_busy(struct cwmp_session *c, uint32_t retry_after_s);

/* ---- calls ---- */

/*
 * Calls any method of the device: request and everything it points at are borrowed for this call.
 * Calls are sent in order, one at a time. 0 (then one outcome comes, in a later turn), SB_EINVAL (a
 * text that XML cannot carry, no ACS's method), SB_FULL (too many wait), SB_ENOMEM, SB_GONE
 * (finished or ended).
 */
int cwmp_call(struct cwmp_session *c, enum cwmp_method method, const union cwmp_body *body,
	struct cwmp_done done);

int cwmp_get_rpc_methods(struct cwmp_session *c, struct cwmp_done done);
int cwmp_get_parameter_values(
	struct cwmp_session *c, const char *const names[], size_t n, struct cwmp_done done);
int cwmp_set_parameter_values(struct cwmp_session *c, const struct cwmp_parameter_value values[],
	size_t n, const char *parameter_key, struct cwmp_done done);
int cwmp_get_parameter_names(
	struct cwmp_session *c, const char *path, bool next_level, struct cwmp_done done);
int cwmp_set_parameter_attributes(struct cwmp_session *c,
	const struct cwmp_set_parameter_attribute attributes[], size_t n, struct cwmp_done done);
int cwmp_get_parameter_attributes(
	struct cwmp_session *c, const char *const names[], size_t n, struct cwmp_done done);
int cwmp_add_object(struct cwmp_session *c, const char *object_name, const char *parameter_key,
	struct cwmp_done done);
int cwmp_delete_object(struct cwmp_session *c, const char *object_name, const char *parameter_key,
	struct cwmp_done done);
int cwmp_reboot(struct cwmp_session *c, const char *command_key, struct cwmp_done done);
int cwmp_factory_reset(struct cwmp_session *c, struct cwmp_done done);
int
cwmp_download(struct cwmp_session *c, const struct cwmp_download *download, struct cwmp_done done);
int cwmp_upload(struct cwmp_session *c, const struct cwmp_upload *upload, struct cwmp_done done);
int cwmp_schedule_inform(struct cwmp_session *c, uint32_t delay_seconds, const char *command_key,
	struct cwmp_done done);
int cwmp_get_queued_transfers(struct cwmp_session *c, struct cwmp_done done);
int cwmp_get_all_queued_transfers(struct cwmp_session *c, struct cwmp_done done);
int cwmp_schedule_download(struct cwmp_session *c, const struct cwmp_schedule_download *download,
	struct cwmp_done done);
int cwmp_cancel_transfer(struct cwmp_session *c, const char *command_key, struct cwmp_done done);
int cwmp_change_du_state(struct cwmp_session *c, const struct cwmp_operation operations[], size_t n,
	const char *command_key, struct cwmp_done done);
int cwmp_set_vouchers(
	struct cwmp_session *c, const char *const vouchers[], size_t n, struct cwmp_done done);
int cwmp_get_options(struct cwmp_session *c, const char *option_name, struct cwmp_done done);

/* Takes the envelope out of an outcome: it is the caller's now, who may keep it, give it to another
 * session or to a job, and frees it. */
struct cwmp_envelope *cwmp_outcome_take(const struct cwmp_outcome *o);

/* Nothing more is called: the session ends when what waits is answered and the device has nothing
 * more. Without it the device waits for the service's next call (some 25 s), so say it. */
void cwmp_finish(struct cwmp_session *c);

/* HoldRequests, of what is said to the device from here on (of calls: made from here on): it keeps
 * its own requests back while true. The session does not end while they are held: what is missing
 * then, a message with false, is sent when nothing else is left. */
void cwmp_hold_requests(struct cwmp_session *c, bool hold);

/* Ends the session at once: 503, or silence, to the device. */
void cwmp_abort(struct cwmp_session *c);

/* ---- answers to the device's calls ---- */

/* `body` NULL: an empty response. As cwmp_call. */
int cwmp_answer(struct cwmp_session *c, const union cwmp_body *body);
int cwmp_answer_fault(struct cwmp_session *c, uint32_t fault_code, const char *text);
/* As an ACS without a mind of its own: an empty response where there is one; KickedResponse with
 * Next; CWMP_FAULT_ACS_METHOD_NOT_SUPPORTED for what it does not know. */
int cwmp_answer_default(struct cwmp_session *c);
/* The request under way, NULL without one; borrowed until it is answered. */
const struct cwmp_envelope *cwmp_request(const struct cwmp_session *c);

#endif
