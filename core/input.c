/*
 * Input: read into the shard's one buffer, given to the module in place. Only an
 * unfinished tail, or what is held, is kept in a buffer of the connection's own.
 */
#include "core/connection_internal.h"
#include "core/connector_internal.h"
#include "core/session_internal.h"
#include "core/tls_internal.h"

#include <assert.h>
#include <string.h>

/* A tail up to this is copied in front of the next read, in the shard's large buffer, and what is
 * left of both is copied back: most tails end with that read, and a read behind a tail in its own
 * small buffer would take as little as that has room for. A longer one is not copied to and fro:
 * the read goes behind it. */
#define SHORT_TAIL 4096u

/* At once when it is empty: an idle connection holds no buffer. */
void
sb_input_drop(struct sb_connection *c)
{
	sb_buffer_give(c->session->shard, c->input.data, c->input.capacity);
	c->input = (struct sb_input){0};
}

/* A buffer of at least `size` that holds the present tail. */
int
sb_input_reserve(struct sb_connection *c, size_t size)
{
	struct sb_shard *shard = c->session->shard;
	size_t capacity;
	uint8_t *data;

	if (c->input.capacity >= size)
		return 0;
	data = sb_buffer_take(shard, size, &capacity);
	if (!data)
		return SB_ENOMEM;
	if (c->input.size)
		memcpy(data, c->input.data, c->input.size);
	sb_buffer_give(shard, c->input.data, c->input.capacity);
	c->input.data = data;
	c->input.capacity = (uint32_t)capacity;
	return 0;
}

/* Keeps `rest`, which lies in the shard's buffer or in the connection's own. */
static int
input_keep(struct sb_connection *c, struct sb_bytes rest)
{
	int err;

	if (!rest.size) {
		sb_input_drop(c);
		return 0;
	}
	if (c->input.data && rest.data >= c->input.data &&
		rest.data < c->input.data + c->input.capacity) {
		/* It lies in the connection's own buffer: only what was used in front of it
		 * goes. */
		memmove(c->input.data, rest.data, rest.size);
		c->input.size = (uint32_t)rest.size;
		return 0;
	}
	c->input.size = 0;
	err = sb_input_reserve(c, rest.size);
	if (err)
		return err;
	assert(rest.data && c->input.data);
	memcpy(c->input.data, rest.data, rest.size);
	c->input.size = (uint32_t)rest.size;
	return 0;
}

/* What `received` left is an unfinished frame, unless held or cut off by a budget: bounds. */
static void
judge_rest(struct sb_connection *c, size_t rest, bool progressed)
{
	struct sb_session *s = c->session;

	if (!rest || s->is_held || c->is_cut_off) {
		c->frame_since = 0;
		c->is_cut_off &= rest != 0;
		return;
	}
	if (rest > sb_connection_max_frame(c)) {
		sb_limit_hit(s, SB_LIMIT_FRAME_SIZE, "size", rest);
		sb_connection_end_session(c, SB_END_LIMIT);
		return;
	}
	/* A frame's time begins with its own first octets, and not anew with each that follows: a
	 * peer that sends one octet a second does not win time. */
	if (progressed || !c->frame_since) {
		c->frame_since = s->shard->now;
		sb_connection_arm(c);
	}
}

/* Answers that were written before it are flushed: the end is polite, only the input is not read
 * any more. */
static void
broke_protocol(struct sb_connection *c, ssize_t error)
{
	SB_LOG_LIMITED(
		c->session, WARNING, "connection.protocol_error", "error", SB_ERR((int)error));
	sb_connection_end_session(c, SB_END_PROTOCOL);
}

static void
settle(struct sb_connection *c, struct sb_bytes view, ssize_t used)
{
	struct sb_session *s = c->session;
	struct sb_bytes rest;

	if (used < 0) {
		s->is_receiving = false;
		broke_protocol(c, used);
		return;
	}
	assert((size_t)used <= view.size);
	rest = sb_bytes(view.data + used, view.size - (size_t)used);
	if (used)
		c->need = 0; /* said of a frame that is used, as far as we know */
	/* Before the rest is judged: whether it is unfinished is for the new owner to say. */
	if (s->hand_over) {
		sb_hand_over_leave(c, rest);
		return;
	}
	judge_rest(c, rest.size, used > 0);
	if (c->phase == SB_CONNECTION_OPEN && input_keep(c, rest)) {
		sb_limit_hit(s, SB_LIMIT_MEMORY, "size", rest.size);
		sb_connection_end_session(c, SB_END_LIMIT);
	}
}

/* Gives the module what is there. The session may be closing, or the connection gone to another,
 * when this returns. */
static void
give(struct sb_connection *c, struct sb_bytes view)
{
	struct sb_session *s = c->session;
	ssize_t used = 0;

	c->frames = 0;
	c->is_cut_off = false;
	if (!s->module->received) {
		broke_protocol(c, SB_ENOTSUP);
		return;
	}
	/* A frame that announced its size is not shown again before it is whole. */
	if (view.size >= c->need) {
		s->is_receiving = true;
		used = s->module->received(s, view);
		s->is_receiving = false;
	}
	/* The module has closed, or broken off, what it wanted to hand over. */
	if (c->phase != SB_CONNECTION_OPEN || used < 0)
		sb_hand_over_forget(s);
	if (c->phase == SB_CONNECTION_OPEN)
		settle(c, view, used);
}

static void
input_ended(struct sb_connection *c)
{
	struct sb_session *s = c->session;

	c->is_end_told = true;
	if (s->module->input_ended)
		s->module->input_ended(s);
	else
		sb_connection_end_session(c, SB_END_PEER);
}

/* After the module had its octets: what else keeps this connection busy. */
static void
follow_up(struct sb_session *s)
{
	struct sb_connection *c = s->connection;

	if (!c || c->phase != SB_CONNECTION_OPEN)
		return;
	/* The poller knows nothing of octets that are here already. */
	if (!s->is_held && !c->is_output_high && (c->is_cut_off || c->transport->pending(c)))
		sb_connection_enqueue_again(c);
	sb_connection_update(c);
}

static void
lost(struct sb_connection *c, ssize_t error)
{
	struct sb_session *s = c->session;

	if (error == SB_ETLS) {
		SB_LOG_LIMITED(
			s, WARNING, "connection.tls_error", "reason", SB_STR(sb_tls_reason(c)));
		sb_connection_linger(c, SB_END_TLS); /* the alert that says why is on its way */
		return;
	}
	SB_LOG_LIMITED(s, INFO, "connection.lost", "error", SB_ERR((int)error));
	sb_connection_destroy(c, SB_END_RESET, false);
}

/* Where the next read goes: behind a short tail in the shard's buffer, or behind a long one in the
 * connection's own, which grows with what has arrived. */
static int
read_target(struct sb_connection *c, uint8_t **base, size_t *room)
{
	struct sb_shard *shard = c->session->shard;
	size_t budget = c->limits->read_budget, tail = c->input.size;

	if (tail <= SHORT_TAIL) {
		if (tail)
			memcpy(shard->receive_buffer, c->input.data, tail);
		*base = shard->receive_buffer;
		*room = shard->receive_size - tail;
	} else {
		/* Twice what has arrived, whatever was announced: a peer pays with octets for the
		 * memory that it takes. */
		if (c->input.capacity == tail && sb_input_reserve(c, tail * 2))
			return SB_ENOMEM;
		*base = c->input.data;
		*room = c->input.capacity - tail;
	}
	if (*room > budget)
		*room = budget;
	return 0;
}

/* A read that fills its budget leaves the rest to the kernel: the next poll says readable again,
 * after all others had their turn. */
static void
count_read(struct sb_connection *c, size_t size, bool is_budget)
{
	struct sb_shard *shard = c->session->shard;

	c->last_input = shard->now;
	c->has_first_octet = true;
	sb_counter_add(shard->metrics.reads, shard->index, 1);
	sb_counter_add(shard->metrics.octets_in, shard->index, size);
	if (is_budget)
		sb_counter_add(shard->metrics.budget_octets, shard->index, 1);
}

static void
read_and_give(struct sb_connection *c)
{
	struct sb_session *s = c->session;
	size_t tail = c->input.size, room;
	uint8_t *base;
	ssize_t n;

	if (read_target(c, &base, &room)) {
		sb_limit_hit(s, SB_LIMIT_MEMORY, "size", tail * 2);
		sb_connection_end_session(c, SB_END_LIMIT);
		return;
	}
	/* It is asked anew: the transport says what it waits for now. */
	c->blocked_on &= (uint8_t)~SB_WRITABLE;
	n = c->transport->read(c, base + tail, room);
	if (n == SB_AGAIN) {
		sb_connection_update(c);
		return;
	}
	if (n < 0) {
		lost(c, n);
		return;
	}
	if (n == 0) {
		c->has_input_ended = true;
		/* Somebody may have cut the stream; the module is told of an end as of any other,
		 * for HTTP's Connection: close is seen without close_notify all the time. */
		if (sb_tls_is_truncated(c))
			SB_LOG_LIMITED(s, INFO, "connection.tls_truncated");
		input_ended(c);
	} else {
		count_read(c, (size_t)n, (size_t)n == c->limits->read_budget);
		if (base == c->input.data)
			c->input.size = (uint32_t)(tail + (size_t)n);
		give(c, sb_bytes(base, tail + (size_t)n));
	}
	follow_up(s);
}

/* One buffer a turn, however fast they come. */
static void
discard(struct sb_connection *c)
{
	struct sb_shard *shard = c->session->shard;
	ssize_t n = c->transport->read(c, shard->receive_buffer, shard->receive_size);
	uint32_t limit = c->limits->linger_bytes;

	if (n == SB_AGAIN)
		return;
	if (n <= 0) {
		sb_connection_destroy(c, c->end, false);
		return;
	}
	if (limit != SB_UNLIMITED && (size_t)n > limit - c->discarded) {
		sb_limit_hit(c->session, SB_LIMIT_LINGER_BYTES, "limit", limit);
		sb_connection_destroy(c, c->end, false);
		return;
	}
	c->discarded += (uint32_t)n;
	if (c->transport->pending(c))
		sb_connection_enqueue_again(c);
}

/* Octets that the module has not seen as a whole (held, cut off, handed over) come before new ones,
 * and before the end of input. */
static bool
has_unseen(const struct sb_connection *c)
{
	return c->input.size && !c->frame_since;
}

static bool
may_read(const struct sb_connection *c)
{
	return !c->session->is_held && !c->is_output_high && !c->has_input_ended && !has_unseen(c);
}

void
sb_connection_process(struct sb_connection *c, int events)
{
	switch ((enum sb_connection_phase)c->phase) {
	case SB_CONNECTION_PROXY:
		sb_opening_proxy(c);
		break;
	case SB_CONNECTION_HANDSHAKE:
		if (c->is_opening)
			sb_connection_update(c);
		else
			sb_connection_enqueue_opening(c);
		break;
	case SB_CONNECTION_OPEN:
		if (events & sb_connection_writes_on(c))
			sb_connection_enqueue_dirty(c);
		if (events & sb_connection_reads_on(c) && may_read(c))
			read_and_give(c);
		break;
	case SB_CONNECTION_FLUSHING:
		sb_connection_enqueue_dirty(c);
		break;
	case SB_CONNECTION_LINGERING:
		discard(c);
		break;
	case SB_CONNECTION_ABORTING:
		sb_connection_destroy(c, c->end, true);
		break;
	case SB_CONNECTION_DEAD:
		break;
	}
}

/* Output fell below the low mark, and the module did not fill it up again meanwhile. */
static void
drained(struct sb_connection *c)
{
	struct sb_session *s = c->session;

	c->is_eased = false;
	if (!c->is_output_high && s->module->drained)
		s->module->drained(s);
}

/* Kept octets first (held, cut off, handed over), then those that TLS has decrypted already. */
void
sb_input_again(struct sb_connection *c)
{
	struct sb_session *s = c->session;

	if (c->phase != SB_CONNECTION_OPEN) {
		sb_connection_process(c, SB_READABLE);
		return;
	}
	/* Ordered while it was held: nothing of that was shown to anybody. */
	if (s->hand_over) {
		sb_hand_over_leave(c, sb_bytes(c->input.data, c->input.size));
		return;
	}
	/* What was refused for want of room may be sent now, before anything new is asked. */
	if (c->is_eased) {
		drained(c);
		c = s->connection;
		if (!c || c->phase != SB_CONNECTION_OPEN)
			return;
	}
	if (s->is_held || c->is_output_high)
		return;
	if (has_unseen(c))
		give(c, sb_bytes(c->input.data, c->input.size));
	else if (!c->has_input_ended && c->transport->pending(c))
		read_and_give(c);
	c = s->connection;
	/* The end of input was read while octets in front of it were held: told when they are
	 * used. */
	if (c && c->phase == SB_CONNECTION_OPEN && c->has_input_ended && !c->is_end_told &&
		!s->is_held && !c->is_cut_off)
		input_ended(c);
	follow_up(s);
}
