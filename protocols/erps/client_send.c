/*
 * What goes out, and when. A packet is sent at once if nothing waits before it and the
 * line is free, or it is put into the queue, from which erps_client_pump sends when
 * the line has become free.
 *
 * The line to a server of ours is free while the window has room and the output is not
 * congested. To any other only one packet is in flight: the line waits for the answer
 * of a call, and rests for a while after a packet that is not answered, or whose caller
 * has stopped to wait, since two packets in one read end the connection there. The core
 * writes once a turn, so that no packet is written together with another.
 */
#include "protocols/erps/client_internal.h"
#include "protocols/erps/tag.h"

#include <string.h>

/* After a cast or a keepalive: the server's read is some microseconds away, or its handler is
 * busy, which nobody can know here. */
#define REST_NS (10 * ERPS_NS_PER_MS)

/* Before the request: 131, the tuple, the Ref. */
#define CALL_PREFIX 8

/* Payloads up to this are made on the stack. */
#define SMALL 1024

struct payload {
	uint8_t *octets;
	size_t size;
	uint8_t small[SMALL];
};

static bool
is_open(const struct erps_client_session *p)
{
	return p->place == ERPS_READY || p->place == ERPS_PROBING;
}

/* Nothing is sent to a server that drains, nor past the probe of one that is not known yet. */
static bool
is_line_free(const struct sb_session *s, const struct erps_client_session *p)
{
	if (p->place != ERPS_READY || sb_output_is_high(s))
		return false;
	if (p->is_paced)
		return !p->in_flight && sb_now(s) >= p->rests_until;
	return p->sent < erps_client_opts(p)->window;
}

/* ---- packets ---- */

static int
payload_init(const struct sb_session *s, struct payload *payload, size_t size)
{
	payload->octets = size <= SMALL ? payload->small : sb_allocate(s, size);
	payload->size = size;
	return payload->octets ? 0 : SB_ENOMEM;
}

static void
payload_fini(const struct sb_session *s, struct payload *payload)
{
	if (payload->octets != payload->small)
		sb_release(s, payload->octets);
}

/* Into room of the output. Without any the core ends the session, which ends its calls. */
static int
write_packet(struct sb_session *s, const struct erps_client_session *p, uint8_t type,
	struct sb_bytes payload)
{
	const struct erps_client_options *o = erps_client_opts(p);
	const struct erps_packet packet = {
		.type = type,
		.version = o->version,
		.identifier = sb_bytes_text(o->identifier),
		.payload = payload,
	};
	size_t size =
		type == ERPS_KEEPALIVE ? ERPS_KEEPALIVE_SIZE : ERPS_HEADER_SIZE + payload.size;
	uint8_t *room = sb_write_room(s, size);
	struct sb_writer w = sb_writer_of(room, size);
	int err;

	if (!room)
		return SB_GONE;
	err = erps_packet_encode(&w, &packet);
	if (err)
		return err;
	sb_write_commit(s, size);
	return 0;
}

static void
put_call(struct payload *payload, uint32_t ref, struct erps_term request)
{
	struct sb_writer w = sb_writer_of(payload->octets, payload->size);

	sb_put_u8(&w, ERPS_TERM_VERSION);
	sb_put_u8(&w, ERPS_TAG_SMALL_TUPLE);
	sb_put_u8(&w, 2);
	sb_put_u8(&w, ERPS_TAG_INTEGER);
	sb_put_u32(&w, ref);
	sb_put_bytes(&w, request.data, request.size);
}

static int
write_call(struct sb_session *s, const struct erps_client_session *p, const struct erps_call *call,
	uint32_t ref, struct erps_term request)
{
	struct payload payload;
	int err = payload_init(s, &payload, CALL_PREFIX + request.size);

	(void)call;
	if (err)
		return err;
	put_call(&payload, ref, request);
	err = write_packet(s, p, ERPS_CALL, sb_bytes(payload.octets, payload.size));
	payload_fini(s, &payload);
	return err;
}

static int
write_cast(struct sb_session *s, const struct erps_client_session *p, struct erps_term request)
{
	struct payload payload;
	int err = payload_init(s, &payload, 1 + request.size);

	if (err)
		return err;
	payload.octets[0] = ERPS_TERM_VERSION;
	memcpy(payload.octets + 1, request.data, request.size);
	err = write_packet(s, p, ERPS_CAST, sb_bytes(payload.octets, payload.size));
	payload_fini(s, &payload);
	return err;
}

/* ---- the line ---- */

static void
rest(struct sb_session *s, struct erps_client_session *p)
{
	if (!p->is_paced)
		return;
	p->rests_until = sb_now(s) + REST_NS;
	erps_client_arm(s, p);
}

/* The first of a connection bears the mark, by which a server of ours knows us. */
static int
send_call(struct sb_session *s, struct erps_client_session *p, struct erps_call *call,
	struct erps_term request)
{
	uint32_t ref = p->marked ? erps_ref_of(call->id) : ERPS_MARK;
	int err = write_call(s, p, call, ref, request);

	if (err)
		return err;
	if (!p->marked)
		p->marked = call->id;
	call->ref = ref;
	call->sent_at = sb_now(s);
	p->sent++;
	if (p->is_paced)
		p->in_flight = call->id;
	return 0;
}

static int
send_cast(struct sb_session *s, struct erps_client_session *p, struct erps_term request)
{
	int err = write_cast(s, p, request);

	if (!err)
		rest(s, p);
	return err;
}

void
erps_client_off_the_line(
	struct sb_session *s, struct erps_client_session *p, uint64_t id, bool was_answered)
{
	p->sent--;
	if (p->in_flight != id)
		return;
	p->in_flight = 0;
	/* The server may be about to read it still. */
	if (!was_answered)
		rest(s, p);
}

void
erps_client_proved(struct sb_session *s, struct erps_client_session *p)
{
	p->is_ours = true;
	if (erps_client_opts(p)->pacing == ERPS_PACING_ALWAYS)
		return;
	p->is_paced = false;
	p->in_flight = 0;
	SB_LOG(s, DEBUG, "erps.client.proved", "host", SB_STR(erps_client_opts(p)->host));
}

/* ---- the queue ---- */

static bool
has_room(const struct erps_client_session *p, size_t size)
{
	const struct erps_client_options *o = erps_client_opts(p);

	return p->queue.count < o->queue && size <= o->queue_bytes &&
	       p->queue.octets <= o->queue_bytes - size;
}

/* 0: now or later it can be sent. What fits between the marks of the output never brings it over
 * its hard limit, which would end the session. */
static int
may_take(const struct sb_session *s, const struct erps_client_session *p, struct erps_term request)
{
	const struct sb_limits *limits = sb_session_limits(s);

	if (!request.data)
		return SB_EINVAL;
	if (ERPS_HEADER_SIZE + CALL_PREFIX + request.size >
		limits->output_hard - limits->output_high)
		return SB_EINVAL;
	if (sb_is_closing(s) || p->is_stopping)
		return SB_GONE;
	return is_open(p) || erps_client_opts(p)->queues_while_away ? 0 : SB_GONE;
}

static bool
is_sent_at_once(const struct sb_session *s, const struct erps_client_session *p)
{
	return !p->queue.count && !p->is_keepalive_due && is_line_free(s, p);
}

static int
refuse(struct erps_client_session *p)
{
	p->wants_room = true;
	sb_counter_add(p->client->metrics.refused, p->shard, 1);
	return SB_FULL;
}

static int
send_or_queue(struct sb_session *s, struct erps_client_session *p, struct erps_call *call,
	struct erps_term request)
{
	if (is_sent_at_once(s, p))
		return send_call(s, p, call, request);
	if (!has_room(p, request.size))
		return refuse(p);
	call->queued = erps_queue_put(s, &p->queue, call->id, request);
	return call->queued ? 0 : SB_ENOMEM;
}

int
erps_client_take_call(struct sb_session *s, struct erps_client_session *p,
	const struct erps_call *call, struct erps_term request, uint64_t *id)
{
	struct erps_call *added;
	int err = may_take(s, p, request);

	if (err)
		return err;
	if (call->credit && !(p->is_ours && !p->is_paced))
		return SB_ENOTSUP;
	added = erps_calls_add(s, &p->calls, call);
	if (!added)
		return SB_ENOMEM;
	err = send_or_queue(s, p, added, request);
	if (err) {
		erps_calls_remove(&p->calls, added);
		return err;
	}
	*id = added->id;
	sb_counter_add(p->client->metrics.calls, p->shard, 1);
	erps_client_arm(s, p);
	return 0;
}

static int
cast_or_queue(struct sb_session *s, struct erps_client_session *p, struct erps_term request)
{
	if (is_sent_at_once(s, p))
		return send_cast(s, p, request);
	if (!has_room(p, request.size))
		return refuse(p);
	return erps_queue_put(s, &p->queue, 0, request) ? 0 : SB_ENOMEM;
}

int
erps_client_take_cast(struct sb_session *s, struct erps_client_session *p, struct erps_term request)
{
	int err = may_take(s, p, request);

	if (!err)
		err = cast_or_queue(s, p, request);
	if (err)
		return err;
	sb_counter_add(p->client->metrics.casts, p->shard, 1);
	erps_client_arm(s, p);
	return 0;
}

/* Of a connection that is still to be shown to the application. */
int
erps_client_send_probe(struct sb_session *s, struct erps_client_session *p)
{
	const struct erps_call call = {
		.due = sb_now(s) + erps_client_opts(p)->call_ms * ERPS_NS_PER_MS};
	struct erps_call *added = erps_calls_add(s, &p->calls, &call);
	int err;

	if (!added)
		return SB_ENOMEM;
	p->probe = added->id;
	err = send_call(s, p, added, p->client->probe);
	if (err) {
		p->probe = 0;
		erps_calls_remove(&p->calls, added);
	}
	return err;
}

static void
send_keepalive(struct sb_session *s, struct erps_client_session *p)
{
	p->is_keepalive_due = false;
	if (write_packet(s, p, ERPS_KEEPALIVE, sb_bytes(NULL, 0)) == 0)
		rest(s, p);
}

/* Without memory it stays first in the queue, and the timer comes back for it. */
static bool
send_first(struct sb_session *s, struct erps_client_session *p)
{
	struct erps_queued *queued = p->queue.first;
	struct erps_call *call = erps_calls_find(&p->calls, queued->id);
	int err = call ? send_call(s, p, call, queued->request) : send_cast(s, p, queued->request);

	if (err) {
		p->rests_until = sb_now(s) + REST_NS;
		return false;
	}
	if (call)
		call->queued = NULL;
	erps_queue_drop(s, &p->queue, queued);
	return true;
}

void
erps_client_pump(struct sb_session *s, struct erps_client_session *p)
{
	if (p->is_keepalive_due && is_line_free(s, p))
		send_keepalive(s, p);
	while (p->queue.first && !sb_is_closing(s) && is_line_free(s, p))
		if (!send_first(s, p))
			break;
}
