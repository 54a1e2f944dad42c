/*
 * What goes out, and when. A packet is sent at once if nothing waits before it and the
 * line is free, or it is put into the queue, from which erps_client_pump sends when
 * the line has become free.
 *
 * The line to a server of ours is free while the window has room and the output is not
 * congested. To any other only one packet is in flight (pace.h), since two packets in
 * one read end the connection there. The core writes once a turn, so that no packet is
 * then written together with another.
 */
#include "protocols/erps/client_internal.h"
#include "protocols/erps/extension_internal.h"

/* What could not be written for want of memory is tried again after so long. */
#define RETRY_NS (10 * ERPS_NS_PER_MS)

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
	return p->sent < erps_client_opts(p)->window && sb_now(s) >= p->retry_at &&
	       !erps_turn_due(&p->turn, sb_now(s));
}

/* ---- the line ---- */

/* The first of a connection bears the mark, by which a server of ours knows us. */
static int
send_call(struct sb_session *s, struct erps_client_session *p, struct erps_call *call,
	struct erps_term request)
{
	uint32_t ref = p->marked ? erps_ref_of(call->id) : ERPS_MARK;
	int err = erps_client_write_call(s, p, call, ref, request);

	if (err)
		return err;
	if (!p->marked)
		p->marked = call->id;
	call->ref = ref;
	call->sent_at = sb_now(s);
	p->sent++;
	p->in_flight = call->id;
	return 0;
}

void
erps_client_off_the_line(
	struct sb_session *s, struct erps_client_session *p, uint64_t id, bool was_answered)
{
	p->sent--;
	if (p->in_flight != id)
		return;
	p->in_flight = 0;
	erps_turn_answered(&p->turn);
	/* The server may be about to read it still: as after what is not answered. */
	if (!was_answered)
		erps_turn_left(&p->turn, sb_now(s), ERPS_CAST);
}

void
erps_client_proved(struct sb_session *s, struct erps_client_session *p)
{
	p->is_ours = true;
	erps_turn_proved(&p->turn);
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
	if (ERPS_HEADER_SIZE + ERPS_CALL_PREFIX + request.size >
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
	if (call->credit && !erps_client_uses_extensions(p))
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
		return erps_client_write_cast(s, p, request);
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
	(void)erps_client_write_keepalive(s, p);
}

/* Without memory it stays first in the queue, and the timer comes back for it. */
static bool
send_first(struct sb_session *s, struct erps_client_session *p)
{
	struct erps_queued *queued = p->queue.first;
	struct erps_call *call = erps_calls_find(&p->calls, queued->id);
	int err;

	/* A stream was asked for on a connection that has gone: this server is not known yet. */
	if (call && call->credit && !erps_client_uses_extensions(p)) {
		erps_client_end(s, p, call, ERPS_UNSENT, (struct erps_term){NULL, 0});
		return true;
	}
	err = call ? send_call(s, p, call, queued->request)
		   : erps_client_write_cast(s, p, queued->request);

	if (err) {
		p->retry_at = sb_now(s) + RETRY_NS;
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
