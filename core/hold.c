/*
 * What a module says about its input: hold, resume, the size of a frame, the
 * count of frames. Each only sets what input.c looks at, since most are called
 * inside `received`: the poller is asked at the end of that.
 */
#include "core/connection_internal.h"
#include "core/session_internal.h"

int
sb_need(struct sb_session *s, size_t size)
{
	if (!sb_is_connected(s))
		return SB_GONE;
	if (size > sb_connection_max_frame(s->connection))
		return SB_ELIMIT;
	/* Only waits: no memory is taken for what was announced. */
	s->connection->need = (uint32_t)size;
	return 0;
}

/* A connection whose turn has come has one frame at least. */
static bool
has_no_time(const struct sb_session *s)
{
	return s->connection->frames && s->is_receiving && sb_slice_is_over(s->shard);
}

/* What stops the next frame leaves the rest to a later turn. */
static void
cut_off(const struct sb_session *s, bool is_budget)
{
	struct sb_connection *c = s->connection;

	if (!s->is_receiving || c->is_cut_off)
		return;
	c->is_cut_off = true;
	if (is_budget && !c->is_output_high)
		sb_counter_add(s->shard->metrics.budget_frames, s->shard->index, 1);
}

bool
sb_frame(struct sb_session *s)
{
	struct sb_connection *c = s->connection;
	bool is_budget;

	if (!sb_is_connected(s) || s->is_held || s->hand_over)
		return false;
	is_budget = c->frames >= c->limits->frame_budget;
	/* Small requests may have large answers: a turn's worth of them must not reach
	 * output_hard, which would end a peer that did nothing wrong. The slice counts itself. */
	if (is_budget || c->is_output_high || has_no_time(s)) {
		cut_off(s, is_budget);
		return false;
	}
	c->frames++;
	return true;
}

void
sb_hold(struct sb_session *s, const char *reason)
{
	if (s->is_held || !sb_session_is_open(s))
		return;
	s->is_held = true;
	sb_shard_count_hold(s->shard, reason);
	/* Otherwise follow_up does it when `received` has returned. */
	if (s->connection && !s->is_receiving)
		sb_connection_update(s->connection);
}

void
sb_resume(struct sb_session *s)
{
	struct sb_connection *c = s->connection;

	if (!s->is_held)
		return;
	s->is_held = false;
	if (!c || c->phase != SB_CONNECTION_OPEN)
		return;
	/* The peer's deadlines rested: nobody has read what it sent meanwhile. */
	c->last_input = s->shard->now;
	if (c->frame_since)
		c->frame_since = s->shard->now;
	sb_connection_arm(c);
	if (s->is_receiving)
		c->is_cut_off = true; /* what the hold left is no unfinished frame */
	/* What lies in the tail makes no descriptor readable: without this it would wait for the
	 * peer's next octets. */
	sb_connection_enqueue_again(c);
	if (!s->is_receiving)
		sb_connection_update(c);
}

bool
sb_is_held(const struct sb_session *s)
{
	return s->is_held;
}
