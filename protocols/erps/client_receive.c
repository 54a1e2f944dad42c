/*
 * What the server sends. Framing is judged by packet.h, every payload by decode.h; what
 * remains is to find whom it concerns. A packet that a server has no business to send
 * ends the connection; a payload that cannot be read costs its own call at most.
 */
#include "protocols/erps/extension_internal.h"
#include "protocols/erps/pool_internal.h"
#include "protocols/erps/tag.h"
#include "protocols/erps/text.h"

static void
malformed(struct sb_session *s, struct erps_client_session *p, const char *what)
{
	sb_counter_add(p->client->metrics.malformed, p->shard, 1);
	SB_LOG_LIMITED(s, WARNING, "erps.client.malformed", "what", SB_STR(what));
}

/* The Ref is the last of a reply, and ours have five octets: those are where they must be even if
 * what stands before them cannot be read. */
static uint32_t
ref_at_end(struct sb_bytes payload)
{
	struct sb_reader r;

	if (payload.size < 8 || payload.data[1] != ERPS_TAG_SMALL_TUPLE)
		return 0;
	r = sb_reader_of(sb_bytes(payload.data + payload.size - 5, 5));
	return sb_get_u8(&r) == ERPS_TAG_INTEGER ? sb_get_u32(&r) : 0;
}

static struct erps_call *
find(struct erps_client_session *p, uint64_t ref)
{
	return ref <= UINT32_MAX ? erps_calls_find_ref(&p->calls, (uint32_t)ref, p->marked) : NULL;
}

static void
end_unread(struct sb_session *s, struct erps_client_session *p, struct sb_bytes payload)
{
	struct erps_call *call = find(p, ref_at_end(payload));

	malformed(s, p, p->decoder.fault.what);
	if (call)
		erps_client_end(s, p, call, ERPS_MALFORMED, (struct erps_term){NULL, 0});
}

/* {something, Ref}, with a Ref that could be one of ours. */
static bool
split(struct erps_term pair, struct erps_term *something, uint64_t *ref)
{
	struct erps_term last;

	return erps_kind(pair) == ERPS_TUPLE && erps_count(pair) == 2 &&
	       erps_element(pair, 0, something) && erps_element(pair, 1, &last) &&
	       erps_get_unsigned(last, ref);
}

/* Before the call ends: what it makes the application do is sent as to one of ours. */
static void
look_for_proof(struct sb_session *s, struct erps_client_session *p,
	const struct erps_packet *packet, uint64_t ref)
{
	if (!p->is_ours && p->marked && ref == ERPS_MARK && erps_has_mark(packet))
		erps_client_proved(s, p);
}

static void
end_answered(struct sb_session *s, struct erps_client_session *p, uint64_t ref,
	enum erps_outcome outcome, struct erps_term term)
{
	struct erps_call *call = find(p, ref);

	/* It may have timed out, or been cancelled: the server cannot know. */
	if (call)
		erps_client_end(s, p, call, outcome, term);
	else
		sb_counter_add(p->client->metrics.late, p->shard, 1);
}

static void
take_reply(struct sb_session *s, struct erps_client_session *p, const struct erps_packet *packet)
{
	struct erps_term pair, reply;
	uint64_t ref;

	if (erps_decode(&p->decoder, packet->payload, &pair)) {
		end_unread(s, p, packet->payload);
		return;
	}
	if (!split(pair, &reply, &ref)) {
		malformed(s, p, "a reply without a Ref");
		return;
	}
	look_for_proof(s, p, packet, ref);
	end_answered(s, p, ref, ERPS_REPLIED, reply);
}

/* Of no call. Erps 0.7.0 never reads that connection again (section 5 of the protocol); a server of
 * ours has judged one packet. The connection is left first: nobody who is told sends on it. */
static void
take_refusal(struct sb_session *s, struct erps_client_session *p, struct erps_term reason)
{
	struct sb_bytes text;

	if (!erps_get_binary(reason, &text))
		text = sb_bytes_text(ERPS_BRIEF(reason));
	SB_LOG_LIMITED(s, WARNING, "erps.client.refused", "reason", SB_BYTES(text),
		"server_is_ours", SB_BOOL(p->is_ours));
	if (!p->is_ours)
		erps_client_leave(s, p, SB_END_PROTOCOL, true);
	if (erps_client_app(p)->refused)
		erps_client_app(p)->refused(s, reason);
	if (p->is_ours)
		return;
	erps_client_end_sent(s, p, ERPS_FAILED, reason);
	erps_client_end_queued(s, p, ERPS_FAILED, reason);
}

static void
take_error(struct sb_session *s, struct erps_client_session *p, const struct erps_packet *packet)
{
	struct erps_term term, reason;
	uint64_t ref;

	if (erps_decode(&p->decoder, packet->payload, &term)) {
		end_unread(s, p, packet->payload);
	} else if (split(term, &reason, &ref)) {
		look_for_proof(s, p, packet, ref);
		end_answered(s, p, ref, ERPS_FAILED, reason);
	} else {
		take_refusal(s, p, term);
	}
}

static void
take_push(struct sb_session *s, struct erps_client_session *p, const struct erps_packet *packet)
{
	struct erps_term push;

	if (erps_decode(&p->decoder, packet->payload, &push)) {
		malformed(s, p, p->decoder.fault.what);
		return;
	}
	sb_counter_add(p->client->metrics.pushes, p->shard, 1);
	if (erps_client_app(p)->pushed)
		erps_client_app(p)->pushed(s, push);
}

/* {Part, Ref}: of a stream that has ended, or been cancelled, it is late. */
static void
take_part(struct sb_session *s, struct erps_client_session *p, const struct erps_packet *packet)
{
	struct erps_term pair, part;
	struct erps_call *call;
	uint64_t ref;

	/* One that cannot be read ends its stream, and the server should know. */
	if (erps_decode(&p->decoder, packet->payload, &pair)) {
		call = find(p, ref_at_end(packet->payload));
		if (call)
			erps_client_write_cancel(s, p, call->ref);
		end_unread(s, p, packet->payload);
		return;
	}
	call = split(pair, &part, &ref) ? find(p, ref) : NULL;
	if (!call || !call->credit) {
		sb_counter_add(p->client->metrics.late, p->shard, 1);
		return;
	}
	if (!call->credit_left) {
		malformed(s, p, "a part without credit");
		return;
	}
	call->credit_left--;
	sb_counter_add(p->client->metrics.parts, p->shard, 1);
	if (erps_client_app(p)->part)
		erps_client_app(p)->part(s, call->id, call->context, part);
}

/* What waits goes with the next connection, if it may wait; and this one when it is empty. */
static void
take_drain(struct sb_session *s, struct erps_client_session *p, const struct erps_packet *packet)
{
	struct erps_term term;
	uint64_t ms = 0;

	if (!erps_decode(&p->decoder, packet->payload, &term))
		(void)erps_get_unsigned(term, &ms);
	if (p->place != ERPS_READY)
		return;
	p->place = ERPS_DRAINING;
	erps_pool_publish(p);
	erps_pool_move_queue(s, p);
	SB_LOG(s, INFO, "erps.client.draining", "ms", SB_UINT(ms), "outstanding", SB_UINT(p->sent));
	if (erps_client_app(p)->draining)
		erps_client_app(p)->draining(s, ms < UINT32_MAX ? (uint32_t)ms : UINT32_MAX);
	if (!erps_client_opts(p)->queues_while_away)
		erps_client_end_queued(s, p, ERPS_UNSENT, (struct erps_term){NULL, 0});
}

/* False: no server sends this. */
static bool
take_packet(struct sb_session *s, struct erps_client_session *p, const struct erps_packet *packet)
{
	switch (packet->type) {
	case ERPS_KEEPALIVE:
		return true;
	case ERPS_REPLY:
		take_reply(s, p, packet);
		return true;
	case ERPS_ERROR:
		take_error(s, p, packet);
		return true;
	case ERPS_PUSH:
		take_push(s, p, packet);
		return true;
	case ERPS_PART:
		if (p->is_ours)
			take_part(s, p, packet);
		return p->is_ours;
	case ERPS_DRAIN:
		if (p->is_ours)
			take_drain(s, p, packet);
		return p->is_ours;
	default:
		return false;
	}
}

static bool
is_over(const struct sb_session *s, const struct erps_client_session *p)
{
	return sb_is_closing(s) || p->place == ERPS_AWAY || p->place == ERPS_LEAVING;
}

/* Whole packets at the front of `in`; < 0: there is one that is none. */
static ssize_t
take_packets(struct sb_session *s, struct erps_client_session *p, struct sb_bytes in)
{
	size_t used = 0;

	while (used < in.size) {
		struct sb_bytes rest = sb_bytes(in.data + used, in.size - used);
		struct erps_packet packet;
		size_t need = 0;
		ssize_t size =
			erps_packet_decode(rest, erps_client_opts(p)->max_payload, &packet, &need);

		if (size == 0 && need && !used)
			(void)sb_need(s, need);
		if (size < 0)
			return SB_EPROTO;
		if (size == 0 || !sb_frame(s))
			break;
		used += (size_t)size;
		if (!take_packet(s, p, &packet))
			return SB_EPROTO;
		if (is_over(s, p))
			return (ssize_t)in.size;
	}
	return (ssize_t)used;
}

ssize_t
erps_client_received(struct sb_session *s, struct sb_bytes in)
{
	struct erps_client_session *p = erps_client_session(s);
	ssize_t used = is_over(s, p) ? (ssize_t)in.size : take_packets(s, p, in);

	if (used >= 0)
		erps_client_go_on(s, p);
	return used;
}
