/*
 * What comes of one packet: who serves it, or why it is refused. Each packet is judged
 * alone, in the order identifier, version, authentication, decoding, access; what is
 * refused is answered where the peer can know what is meant, and the session goes on.
 * Only what no client sends at all ends it.
 */
#include "protocols/erps/extension_internal.h"
#include "protocols/erps/session_internal.h"
#include "protocols/erps/session_outbox_internal.h"
#include "protocols/erps/text.h"

#include <stdio.h>

static const struct erps_term no_ref;

/* For the log: which method it was. NULL, shown as null, where none can be read. */
#define METHOD(term) SB_STR(method_text((char[ERPS_BRIEF_SIZE]){0}, (term)))

static const char *
method_text(char buf[ERPS_BRIEF_SIZE], struct erps_term method)
{
	return method.data ? erps_brief(buf, method) : NULL;
}

static struct erps_decoder *
decoder_of(const struct erps_session *p)
{
	return &erps_shard_of(p)->decoder;
}

static bool
is_call(const struct erps_packet *packet)
{
	return packet->type == ERPS_CALL || packet->type == ERPS_CALL_WITH;
}

/* ---- refusals ---- */

/* Neither served nor answered: a peer that sends nothing else is let go. */
static int
malformed(struct sb_session *s, struct erps_session *p, const struct erps_packet *packet,
	const char *what, size_t at)
{
	erps_tally(p, p->server->metrics.malformed);
	SB_LOG_LIMITED(s, INFO, "erps.malformed", "type", SB_STR(erps_type_name(packet->type)),
		"what", SB_STR(what), "at", SB_UINT(at));
	return ++p->bad_packets >= erps_options(p)->bad_packets ? SB_EPROTO : 0;
}

/* To a call with its Ref, otherwise as Erps does it. */
static void
answer_refused(struct sb_session *s, struct erps_session *p, enum erps_refusal refusal,
	struct erps_term ref)
{
	if (ref.data)
		erps_pace_called(&p->pace, sb_now(s), ref);
	(void)erps_write_error(s, p, refusal, ref);
}

/* Before it was decoded. */
static void
refuse(struct sb_session *s, struct erps_session *p, const struct erps_packet *packet,
	enum erps_refusal refusal)
{
	char version[sizeof("255.255.255")];
	struct erps_term ref = no_ref, method = no_ref;

	if (is_call(packet))
		(void)erps_decode_ref(decoder_of(p), packet->payload, &ref, &method);
	snprintf(version, sizeof(version), "%u.%u.%u", packet->version.major, packet->version.minor,
		packet->version.patch);
	SB_LOG_LIMITED(s, INFO, "erps.refused", "reason", SB_STR(erps_refusal_text(refusal)),
		"type", SB_STR(erps_type_name(packet->type)), "method", METHOD(method),
		"identifier", SB_BYTES(packet->identifier), "version", SB_STR(version));
	answer_refused(s, p, refusal, ref);
}

static int
refuse_payload(struct sb_session *s, struct erps_session *p, const struct erps_packet *packet)
{
	const struct erps_fault *fault = &decoder_of(p)->fault;
	struct erps_term ref, method;

	if (!is_call(packet) || !erps_decode_ref(decoder_of(p), packet->payload, &ref, &method))
		return malformed(s, p, packet, fault->what, fault->at);
	SB_LOG_LIMITED(s, INFO, "erps.badarg", "method", METHOD(method), "what",
		SB_STR(fault->what), "at", SB_UINT(fault->at));
	answer_refused(s, p, ERPS_REFUSAL_BADARG, ref);
	return 0;
}

static bool
may(const struct erps_session *p, struct erps_term request)
{
	return !p->server->access || erps_access_allows(p->server->access, p->fits, request);
}

/* Of a certificate that was verified; another's is anybody's word. */
static const char *
subject_of(const struct sb_peer *peer)
{
	const struct sb_tls_identity *tls = peer ? peer->tls : NULL;

	return tls && tls->verified && tls->subject ? tls->subject : "";
}

static void
deny(struct sb_session *s, struct erps_session *p, const struct erps_packet *packet,
	struct erps_term ref, struct erps_term request)
{
	struct erps_term method = erps_access_method(request);

	SB_LOG_LIMITED(s, WARNING, "erps.access_denied", "type",
		SB_STR(erps_type_name(packet->type)), "method", METHOD(method), "subject",
		SB_STR(subject_of(sb_session_peer(s))));
	if (ref.data)
		answer_refused(s, p, ERPS_REFUSAL_ACCESS_DENIED, ref);
	else
		erps_tally(p, p->server->metrics.errors[ERPS_REFUSAL_ACCESS_DENIED]);
}

/* ---- what is served ---- */

static int
serve_call(struct sb_session *s, struct erps_session *p, const struct erps_packet *packet,
	const struct erps_call_payload *asked)
{
	struct erps_pending_call call = {
		.ref = asked->ref.data,
		.ref_size = (uint16_t)asked->ref.size,
		.credit = asked->credit,
		.takes_parts = asked->credit > 0,
		.is_callers_due = asked->has_deadline,
	};

	erps_tally(p, p->server->metrics.calls);
	if (!p->is_ours && erps_ref_is_mark(asked->ref))
		p->is_ours = p->is_mark_owed = true;
	if (!may(p, asked->request)) {
		deny(s, p, packet, asked->ref, asked->request);
		return 0;
	}
	if (asked->ref.size > ERPS_REF_MAX) {
		answer_refused(s, p, ERPS_REFUSAL_BADARG, asked->ref);
		return 0;
	}
	call.due = erps_after(
		s, asked->has_deadline ? asked->deadline_ms : erps_options(p)->answer_ms);
	erps_pace_called(&p->pace, sb_now(s), asked->ref);
	erps_call_begin(s, p, &call, asked->request);
	return 0;
}

static int
serve_cast(struct sb_session *s, struct erps_session *p, const struct erps_packet *packet,
	struct erps_term request)
{
	erps_tally(p, p->server->metrics.casts);
	if (!may(p, request))
		deny(s, p, packet, no_ref, request);
	else if (erps_service_of(p)->handle_cast)
		erps_callback(p)->handle_cast(s, request);
	return 0;
}

/* {Ref, Request} */
static bool
split_call(struct erps_term payload, struct erps_call_payload *asked)
{
	*asked = (struct erps_call_payload){0};
	return erps_kind(payload) == ERPS_TUPLE && erps_count(payload) == 2 &&
	       erps_element(payload, 0, &asked->ref) && erps_element(payload, 1, &asked->request);
}

static int
serve(struct sb_session *s, struct erps_session *p, const struct erps_packet *packet,
	struct erps_term payload)
{
	struct erps_call_payload asked;

	if (packet->type == ERPS_CAST)
		return serve_cast(s, p, packet, payload);
	if (packet->type == ERPS_CALL && split_call(payload, &asked))
		return serve_call(s, p, packet, &asked);
	if (packet->type == ERPS_CALL_WITH && erps_split_call_with(payload, &asked))
		return serve_call(s, p, packet, &asked);
	if (packet->type == ERPS_CANCEL) {
		erps_cancel_asked(s, p, payload);
		return 0;
	}
	if (packet->type == ERPS_CREDIT && erps_credit_asked(s, p, payload))
		return 0;
	return malformed(s, p, packet, "another shape", 0);
}

/* ---- the checks ---- */

static enum erps_refusal
judge_authentication(const struct erps_session *p, const struct erps_packet *packet)
{
	struct erps_signer *signer = erps_signer_of(p);

	if (!erps_signer_refusal(signer, packet))
		return ERPS_NO_REFUSAL;
	if (!signer)
		return ERPS_REFUSAL_AUTHENTICATION_PROVIDED;
	return erps_packet_has_authentication(packet) ? ERPS_REFUSAL_AUTHENTICATION_FAILED
						      : ERPS_REFUSAL_AUTHENTICATION_REQUIRED;
}

static enum erps_refusal
judge(const struct erps_session *p, const struct erps_packet *packet)
{
	if (p->server->identifier.data &&
		!sb_bytes_equal(p->server->identifier, packet->identifier))
		return ERPS_REFUSAL_WRONG_IDENTIFIER;
	if (p->server->versions.count &&
		!erps_requirement_is_met(&p->server->versions, packet->version))
		return ERPS_REFUSAL_INCOMPATIBLE_VERSION;
	return judge_authentication(p, packet);
}

static int
receive_payload(struct sb_session *s, struct erps_session *p, const struct erps_packet *packet)
{
	enum erps_refusal refusal = judge(p, packet);
	struct erps_term payload;

	if (refusal != ERPS_NO_REFUSAL) {
		refuse(s, p, packet, refusal);
		return 0;
	}
	if (erps_decode(decoder_of(p), packet->payload, &payload))
		return refuse_payload(s, p, packet);
	return serve(s, p, packet, payload);
}

static int
unexpected(struct sb_session *s, const struct erps_packet *packet)
{
	SB_LOG_LIMITED(s, INFO, "erps.unexpected", "type", SB_STR(erps_type_name(packet->type)));
	return SB_EPROTO;
}

static int
receive(struct sb_session *s, struct erps_session *p, const struct erps_packet *packet)
{
	switch ((enum erps_type)packet->type) {
	case ERPS_CALL:
	case ERPS_CAST:
		return receive_payload(s, p, packet);
	case ERPS_KEEPALIVE:
		erps_tally(p, p->server->metrics.keepalives);
		return 0;
	case ERPS_CALL_WITH:
	case ERPS_CANCEL:
	case ERPS_CREDIT:
		/* Of a peer that has not said that it is one of ours, they are just noise. */
		return p->is_ours ? receive_payload(s, p, packet) : unexpected(s, packet);
	case ERPS_ERROR:
	case ERPS_REPLY:
	case ERPS_PUSH:
	case ERPS_PART:
	case ERPS_DRAIN:
		break;
	}
	return unexpected(s, packet);
}

int
erps_receive(struct sb_session *s, struct erps_session *p, const struct erps_packet *packet)
{
	int err;

	erps_pace_came(&p->pace, packet);
	err = receive(s, p, packet);
	/* It has shown that it reads, or that it is not what it was taken for. */
	if (p->outbox && !err && !sb_is_closing(s))
		erps_outbox_go(s, p);
	return err;
}
