/*
 * What comes of one packet: who serves it, or why it is refused. Each packet is judged
 * alone, in the order identifier, version, authentication, decoding, access; what is
 * refused is answered where the peer can know what is meant, and the session goes on.
 * Only what no client sends at all ends it.
 */
#include "protocols/erps/session_internal.h"

#include <string.h>

static const struct erps_term no_ref;

static struct erps_decoder *
decoder_of(const struct erps_session *p)
{
	return &p->server->shards[p->shard].decoder;
}

static bool
is_call(const struct erps_packet *packet)
{
	return packet->type == ERPS_CALL;
}

/* ---- refusals ---- */

/* Neither served nor answered: a peer that sends nothing else is let go. */
static int
malformed(struct sb_session *s, struct erps_session *p, const struct erps_packet *packet)
{
	const struct erps_fault *fault = &decoder_of(p)->fault;

	erps_tally(p, p->server->metrics.malformed);
	SB_LOG_LIMITED(s, INFO, "erps.malformed", "type", SB_STR(erps_type_name(packet->type)),
		"what", SB_STR(fault->what), "at", SB_UINT(fault->at));
	return ++p->bad_packets >= erps_options(p)->bad_packets ? SB_EPROTO : 0;
}

/* Before it was decoded: to a call with its Ref if that can be read, otherwise as Erps does it. */
static void
refuse(struct sb_session *s, struct erps_session *p, const struct erps_packet *packet,
	enum erps_refusal refusal)
{
	struct erps_term ref = no_ref;

	SB_LOG_LIMITED(s, INFO, "erps.refused", "reason", SB_STR(erps_refusal_text(refusal)),
		"type", SB_STR(erps_type_name(packet->type)), "identifier",
		SB_BYTES(packet->identifier));
	if (is_call(packet) && !erps_decode_ref(decoder_of(p), packet->payload, &ref))
		ref = no_ref;
	(void)erps_write_error(s, p, refusal, ref);
}

static int
refuse_payload(struct sb_session *s, struct erps_session *p, const struct erps_packet *packet)
{
	const struct erps_fault *fault = &decoder_of(p)->fault;
	struct erps_term ref;

	if (!is_call(packet) || !erps_decode_ref(decoder_of(p), packet->payload, &ref))
		return malformed(s, p, packet);
	SB_LOG_LIMITED(
		s, INFO, "erps.badarg", "what", SB_STR(fault->what), "at", SB_UINT(fault->at));
	(void)erps_write_error(s, p, ERPS_REFUSAL_BADARG, ref);
	return 0;
}

/* ---- what is served ---- */

/* {Ref, Request} */
static bool
split_call(struct erps_term payload, struct erps_term *ref, struct erps_term *request)
{
	return erps_kind(payload) == ERPS_TUPLE && erps_count(payload) == 2 &&
	       erps_element(payload, 0, ref) && erps_element(payload, 1, request);
}

static int
serve_call(struct sb_session *s, struct erps_session *p, const struct erps_packet *packet,
	struct erps_term payload)
{
	struct erps_call call;
	struct erps_term ref, request;

	if (!split_call(payload, &ref, &request)) {
		decoder_of(p)->fault = (struct erps_fault){"not {Ref, Request}", 0};
		return malformed(s, p, packet);
	}
	erps_tally(p, p->server->metrics.calls);
	if (ref.size > ERPS_REF_MAX) {
		(void)erps_write_error(s, p, ERPS_REFUSAL_BADARG, ref);
		return 0;
	}
	call = (struct erps_call){.ref = ref.data, .ref_size = (uint16_t)ref.size};
	call.due = erps_after(s, erps_options(p)->answer_ms);
	erps_call_begin(s, p, &call, request);
	return 0;
}

static int
serve_cast(struct sb_session *s, struct erps_session *p, struct erps_term request)
{
	erps_tally(p, p->server->metrics.casts);
	if (erps_service_of(p)->handle_cast)
		erps_service_of(p)->handle_cast(s, request);
	return 0;
}

/* ---- the checks ---- */

static enum erps_refusal
judge(const struct erps_session *p, const struct erps_packet *packet)
{
	if (p->server->identifier.data &&
		!sb_bytes_equal(p->server->identifier, packet->identifier))
		return ERPS_REFUSAL_WRONG_IDENTIFIER;
	return ERPS_NO_REFUSAL;
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
	if (is_call(packet))
		return serve_call(s, p, packet, payload);
	return serve_cast(s, p, payload);
}

int
erps_receive(struct sb_session *s, struct erps_session *p, const struct erps_packet *packet)
{
	switch (packet->type) {
	case ERPS_CALL:
	case ERPS_CAST:
		return receive_payload(s, p, packet);
	case ERPS_KEEPALIVE:
		erps_tally(p, p->server->metrics.keepalives);
		return 0;
	default:
		SB_LOG_LIMITED(
			s, INFO, "erps.unexpected", "type", SB_STR(erps_type_name(packet->type)));
		return SB_EPROTO;
	}
}
