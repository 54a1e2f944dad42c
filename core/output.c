/*
 * Output: appended by the module during a turn, written once at its end, since a
 * write for each answer would cost ten times the answer. A connection holds a
 * buffer only while octets wait. Three marks: over output_high reading stops,
 * under output_low it goes on, over output_hard the session ends.
 */
#include "core/connection_internal.h"
#include "core/session_internal.h"

#include <assert.h>
#include <string.h>

/* Octets on one connection: a large answer need not wait for the turn's end. */
#define EARLY_FLUSH (64u << 10)

static size_t
waiting(const struct sb_connection *c)
{
	return c->output.end - c->output.start;
}

/* Makes room for `size` more octets behind those that wait. */
static int
reserve(struct sb_connection *c, size_t size)
{
	struct sb_output *out = &c->output;
	struct sb_shard *shard = c->session->shard;
	size_t used = waiting(c), capacity;
	uint8_t *data;

	if (out->capacity - out->end >= size)
		return 0;
	if (out->capacity - used >= size && out->start >= used) {
		/* Only when the two do not overlap, which also says that at least as many octets
		 * were written since as are moved now. */
		memcpy(out->data, out->data + out->start, used);
	} else {
		/* Twice what waits, so that many small appends cost few copies. */
		data = sb_buffer_take(
			shard, used * 2 > used + size ? used * 2 : used + size, &capacity);
		if (!data)
			return SB_ENOMEM;
		if (used)
			memcpy(data, out->data + out->start, used);
		sb_buffer_give(shard, out->data, out->capacity);
		out->data = data;
		out->capacity = (uint32_t)capacity;
	}
	out->start = 0;
	out->end = (uint32_t)used;
	return 0;
}

static void
output_emptied(struct sb_connection *c)
{
	sb_buffer_give(c->session->shard, c->output.data, c->output.capacity);
	c->output = (struct sb_output){0};
}

/* The peer does not read, and its protocol goes on asking: what waits is more than it may cost
 * us. */
static void
refuse(struct sb_session *s, enum sb_limit_kind kind, size_t size)
{
	sb_limit_hit(s, kind, "size", sb_output_size(s) + size);
	sb_close(s, SB_END_LIMIT);
}

uint8_t *
sb_write_room(struct sb_session *s, size_t size)
{
	struct sb_connection *c = s->connection;

	if (!sb_is_connected(s))
		return NULL;
	if (size > c->limits->output_hard || waiting(c) + size > c->limits->output_hard) {
		refuse(s, SB_LIMIT_OUTPUT, size);
		return NULL;
	}
	if (reserve(c, size ? size : 1)) {
		refuse(s, SB_LIMIT_MEMORY, size);
		return NULL;
	}
	return c->output.data + c->output.end;
}

void
sb_write_commit(struct sb_session *s, size_t used)
{
	struct sb_connection *c = s->connection;

	if (!sb_is_connected(s))
		return;
	if (!used && !waiting(c))
		output_emptied(c);
	if (!used)
		return;
	assert(c->output.capacity - c->output.end >= used);
	c->output.end += (uint32_t)used;
	if (!c->is_dirty)
		sb_connection_enqueue_dirty(c);
	/* Not when the poller is waiting for room: the kernel would take nothing. */
	if (waiting(c) > EARLY_FLUSH && !(c->io.events & SB_WRITABLE)) {
		sb_counter_add(s->shard->metrics.early_flushes, s->shard->index, 1);
		sb_output_flush(c);
	}
	if (!c->is_output_high && waiting(c) > c->limits->output_high) {
		c->is_output_high = true;
		sb_counter_add(s->shard->metrics.output_high, s->shard->index, 1);
	}
}

int
sb_write(struct sb_session *s, const void *data, size_t size)
{
	uint8_t *room;

	if (!sb_is_connected(s))
		return SB_GONE;
	if (!size)
		return 0;
	room = sb_write_room(s, size);
	if (!room)
		return SB_FULL;
	memcpy(room, data, size);
	sb_write_commit(s, size);
	return 0;
}

size_t
sb_output_size(const struct sb_session *s)
{
	return s->connection ? waiting(s->connection) : 0;
}

bool
sb_output_is_high(const struct sb_session *s)
{
	return s->connection && s->connection->is_output_high;
}

/* ---- flush ---- */

/* Writes what the kernel takes. A failure aborts the connection at turn level, since this may run
 * inside a callback. */
void
sb_output_flush(struct sb_connection *c)
{
	struct sb_shard *shard = c->session->shard;

	c->blocked_on &= (uint8_t)~SB_READABLE;
	while (waiting(c)) {
		ssize_t n = c->transport->write(c, c->output.data + c->output.start, waiting(c));

		if (n == SB_AGAIN)
			break;
		if (n < 0) {
			sb_connection_abort(c, SB_END_RESET);
			return;
		}
		sb_counter_add(shard->metrics.writes, shard->index, 1);
		sb_counter_add(shard->metrics.octets_out, shard->index, (uint64_t)n);
		c->output.start += (uint32_t)n;
		if (c->phase == SB_CONNECTION_FLUSHING)
			c->last_input = shard->now; /* progress */
	}
	if (!waiting(c) && c->output.data)
		output_emptied(c);
	if (c->is_output_high && waiting(c) < c->limits->output_low) {
		/* The module hears of it at the next turn, not in here. */
		c->is_output_high = false;
		c->is_eased = true;
		if (c->frame_since) { /* its time rested while nobody read */
			c->frame_since = shard->now;
			sb_connection_arm(c);
		}
		sb_connection_enqueue_again(c);
	}
}

/* FIN and then reading: a close with unread input would make the kernel send a reset, which
 * overtakes the last answer. */
void
sb_connection_linger(struct sb_connection *c, enum sb_end why)
{
	c->end = (uint8_t)why;
	c->blocked_on = 0;
	if (c->transport->finish(c) == SB_AGAIN) {
		c->phase = SB_CONNECTION_FLUSHING; /* close_notify does not fit yet */
		sb_connection_update(c);
		return;
	}
	/* Both sides have ended: nothing can be unread. */
	if (c->has_input_ended) {
		sb_connection_destroy(c, why, false);
		return;
	}
	c->phase = SB_CONNECTION_LINGERING;
	c->discarded = 0;
	c->last_input = c->session->shard->now;
	sb_buffer_give(c->session->shard, c->input.data, c->input.capacity);
	c->input = (struct sb_input){0};
	sb_connection_arm(c);
	sb_connection_update(c);
}

static void
flush_one(struct sb_connection *c)
{
	if (c->phase != SB_CONNECTION_OPEN && c->phase != SB_CONNECTION_FLUSHING)
		return;
	sb_output_flush(c);
	if (c->phase == SB_CONNECTION_FLUSHING && !waiting(c))
		sb_connection_linger(c, c->end);
	else
		sb_connection_update(c);
}

void
sb_output_flush_all(struct sb_shard *shard)
{
	/* Those that a flush itself makes dirty (ends told to modules) wait for the next turn. */
	struct sb_connection *last = shard->dirty.tail, *c;

	if (!last)
		return;
	do {
		bool is_last = shard->dirty.head == last;

		c = sb_connection_next_dirty(shard);
		if (!c)
			return;
		flush_one(c);
		if (is_last || sb_slice_is_over(shard))
			return;
	} while (shard->dirty.head);
}
