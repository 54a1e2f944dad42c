/*
 * The callbacks that the core calls, and the ends of a session. The service's state lies
 * behind ours in the session's one allocation, which is why sb_state is taken and
 * erps_state exists.
 */
#include "protocols/erps/session_internal.h"
#include "protocols/erps/session_outbox_internal.h"

/* From the start of a session to the connection that it is started for. */
#define HAND_OVER_MS 10000

size_t
erps_session_size(const struct erps_service *service)
{
	return ERPS_STATE_OFFSET + service->state_size;
}

void *
erps_state(const struct sb_session *s)
{
	const struct erps_session *p = sb_state(s);

	return p->hosted ? p->hosted : (uint8_t *)sb_state(s) + ERPS_STATE_OFFSET;
}

void
erps_set_state(struct sb_session *s, void *state)
{
	((struct erps_session *)sb_state(s))->hosted = state;
}

static int
session_start(struct sb_session *s, const void *args)
{
	struct erps_session *p = sb_state(s);

	p->server = (struct erps_server *)(uintptr_t)args;
	p->shard = (uint16_t)sb_session_shard(s);
	return 0;
}

static void
nobody_came(struct sb_session *s, struct sb_timer *timer)
{
	(void)timer;
	sb_close(s, SB_END_DEADLINE);
}

/* The peer may have gone while this was being started: then nobody else ends it. */
int
erps_session_start_handed(struct sb_session *s, const void *args)
{
	struct erps_session *p = sb_state(s);

	sb_timer_start(s, &p->timer, HAND_OVER_MS, nobody_came);
	return session_start(s, args);
}

/* Which rules fit the peer does not change while it is connected. */
static int
settle_access(struct sb_session *s, struct erps_session *p, const struct sb_peer *peer)
{
	const struct erps_access *access = p->server->access;

	if (!access)
		return 0;
	p->fits = sb_allocate(s, erps_access_count(access));
	if (!p->fits)
		return SB_ENOMEM;
	erps_access_fit(access, peer, p->fits);
	return 0;
}

static int
session_connected(struct sb_session *s, const struct sb_peer *peer)
{
	struct erps_session *p = sb_state(s);
	int err = settle_access(s, p, peer);

	sb_timer_stop(s, &p->timer);
	if (err)
		return err;
	erps_pace_init(&p->pace, erps_options(p)->pacing);
	/* Open already: `init` may push, or disconnect. */
	p->phase = ERPS_PHASE_OPEN;
	if (erps_service_of(p)->init)
		err = erps_callback(p)->init(s, p->server->args);
	if (err < 0)
		p->phase = ERPS_PHASE_NEW;
	return err < 0 ? err : 0;
}

/* What it begins with tells a browser, or a client that speaks TLS, from a broken peer. */
static ssize_t
no_packet(struct sb_session *s, struct sb_bytes in, ssize_t err)
{
	SB_LOG_LIMITED(s, INFO, "erps.no_packet", "what",
		SB_STR(err == SB_ELIMIT ? "its size is over max_payload"
					: "another magic, or an unknown type"),
		"begins", SB_BYTES(sb_bytes(in.data, in.size < 16 ? in.size : 16)));
	return err;
}

/* Whole packets at the front of `in`, until the input, the turn's budget or the session ends. */
static ssize_t
session_received(struct sb_session *s, struct sb_bytes in)
{
	struct erps_session *p = sb_state(s);
	uint32_t max = erps_options(p)->max_payload;
	struct erps_packet packet;
	size_t used = 0, need = 0;
	ssize_t size;

	while (used < in.size) {
		size = erps_packet_decode(
			sb_bytes(in.data + used, in.size - used), max, &packet, &need);
		if (size < 0)
			return no_packet(s, sb_bytes(in.data + used, in.size - used), size);
		if (size == 0 || !sb_frame(s))
			break;
		if (erps_receive(s, p, &packet))
			return SB_EPROTO;
		used += (size_t)size;
	}
	/* Only said where nothing was used: what was used would make it forgotten. */
	if (need && !used && sb_need(s, need) == SB_ELIMIT)
		return SB_EPROTO;
	return (ssize_t)used;
}

static void
session_drained(struct sb_session *s)
{
	erps_credit_drained(s, sb_state(s));
}

static void
session_stopping(struct sb_session *s)
{
	struct erps_session *p = sb_state(s);

	if (p->phase != ERPS_PHASE_OPEN) {
		sb_close(s, SB_END_DRAIN);
		return;
	}
	p->phase = ERPS_PHASE_DRAINING;
	p->drain_due = erps_after(s, erps_options(p)->drain_ms);
	if (erps_service_of(p)->handle_stop)
		erps_callback(p)->handle_stop(s);
	if (sb_is_closing(s))
		return;
	erps_tell_drain(s, p);
	erps_timer_nearer(s, p, p->drain_due);
	erps_progress(s, p);
}

static void
session_message(struct sb_session *s, struct sb_message *m)
{
	struct erps_session *p = sb_state(s);

	if (erps_remote_message(s, p, m))
		return;
	if (erps_service_of(p)->handle_message)
		erps_callback(p)->handle_message(s, m);
	else
		(void)sb_reply(s, sb_message_from(m), SB_ENOTSUP, SB_NOTHING);
}

/* One that `init` refused, or that never was connected, is unknown to the service. */
static void
session_closed(struct sb_session *s, enum sb_end why)
{
	struct erps_session *p = sb_state(s);

	sb_gauge_add(
		p->server->metrics.pending, p->shard, -(int64_t)erps_pending_count(p->pending));
	if (p->phase != ERPS_PHASE_NEW && erps_service_of(p)->terminate) {
		p->phase = ERPS_PHASE_CLOSED;
		erps_callback(p)->terminate(s, why);
	}
	erps_pending_free(s, &p->pending);
	erps_outbox_free(s, p);
	sb_release(s, p->fits);
}

static const char *
phase_name(enum erps_phase phase)
{
	switch (phase) {
	case ERPS_PHASE_NEW:
		return "new";
	case ERPS_PHASE_OPEN:
		return "open";
	case ERPS_PHASE_DRAINING:
		return "draining";
	case ERPS_PHASE_LEAVING:
		return "leaving";
	case ERPS_PHASE_CLOSED:
		break;
	}
	return "closed";
}

static void
session_describe(const struct sb_session *s, struct sb_fields *fields)
{
	const struct erps_session *p = sb_state(s);

	sb_fields_add(fields, "state", SB_STR(phase_name((enum erps_phase)p->phase)));
	sb_fields_add(fields, "calls", SB_UINT(p->generation));
	sb_fields_add(fields, "pending", SB_UINT(erps_pending_count(p->pending)));
	sb_fields_add(fields, "window", SB_UINT(erps_options(p)->window));
	sb_fields_add(fields, "is_held", SB_BOOL(p->is_held));
	sb_fields_add(fields, "bad_packets", SB_UINT(p->bad_packets));
	if (erps_service_of(p)->describe)
		erps_service_of(p)->describe(s, fields);
}

const struct sb_module erps_session_callbacks = {
	.abi = SB_MODULE_ABI,
	.start = session_start,
	.connected = session_connected,
	.received = session_received,
	.drained = session_drained,
	.stopping = session_stopping,
	.message = session_message,
	.closed = session_closed,
	.describe = session_describe,
};

/* ---- what is read ---- */

/* One reason at a time: the core counts holds by it. */
static const char *
hold_reason(const struct sb_session *s, const struct erps_session *p)
{
	if (p->phase == ERPS_PHASE_LEAVING)
		return "leaving";
	if (erps_pending_count(p->pending) >= erps_options(p)->window)
		return "window";
	return erps_outbox_is_full(s, p) ? "pacing" : NULL;
}

void
erps_update_hold(struct sb_session *s, struct erps_session *p)
{
	const char *reason = hold_reason(s, p);

	/* Held for another reason is still held: the core is told of changes only. */
	if (!reason == !p->is_held)
		return;
	p->is_held = reason != NULL;
	if (!reason) {
		sb_resume(s);
		return;
	}
	if (erps_pending_count(p->pending) >= erps_options(p)->window)
		erps_tally(p, p->server->metrics.window_full);
	sb_hold(s, reason);
}

/* ---- ends ---- */

void
erps_finish(struct sb_session *s, struct erps_session *p, enum sb_end why)
{
	erps_answer_rest(s, p, ERPS_REFUSAL_STOPPING);
	sb_close(s, why);
}

/* A peer of our own has been told, and leaves when it has all its answers: a call that was on its
 * way when it was told is one of them. */
void
erps_progress(struct sb_session *s, struct erps_session *p)
{
	if (p->outbox || sb_is_closing(s))
		return;
	if (p->phase == ERPS_PHASE_LEAVING)
		sb_close(s, SB_END_LOCAL);
	else if (p->phase == ERPS_PHASE_DRAINING && !p->is_ours &&
		 erps_pending_count(p->pending) == 0)
		sb_close(s, SB_END_DRAIN);
}

/* What waits for a paced peer is sent first, one by one, if it reads. */
void
erps_disconnect(struct sb_session *s)
{
	struct erps_session *p = sb_state(s);

	if (p->phase == ERPS_PHASE_OPEN || p->phase == ERPS_PHASE_NEW)
		p->drain_due = erps_after(s, erps_options(p)->drain_ms);
	p->phase = ERPS_PHASE_LEAVING;
	erps_timer_nearer(s, p, p->drain_due);
	erps_update_hold(s, p);
	erps_progress(s, p);
}
