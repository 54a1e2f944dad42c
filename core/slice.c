/*
 * How long a turn may take. A shard that is away from its poller for milliseconds, since much came
 * at once, answers nobody meanwhile; so each step of a turn has its slice of it, and leaves what is
 * over to the next turn, which comes at once. It does a little whatever the clock says.
 */
#include "core/envelope_internal.h"
#include "core/shard_internal.h"

/* Frames, connections and messages between two looks at the clock. */
#define LOOK_EVERY 8u

/* Messages that are left go before new input, for so many turns: connections must not ask faster
 * than they are answered. And before the flush, for so long: one write carries more then. */
#define PASSED_MAX     8u
#define FLUSH_DELAY_NS 2000000u

/* From the turn's beginning to the end of a step. Messages make more work than they seem to: the
 * answer of the store to a whole batch is one. Where none are, what is ready again has to be told
 * by the poller again, which is dear with a thousand connections: so longer. */
static const uint32_t ends_ns[2][SB_STEP_COUNT] = {
	{[SB_STEP_INPUT] = 200000, [SB_STEP_MESSAGES] = 300000, [SB_STEP_FLUSH] = 400000},
	{[SB_STEP_INPUT] = 30000, [SB_STEP_MESSAGES] = 60000, [SB_STEP_FLUSH] = 90000},
};

void
sb_slice_begin(struct sb_shard *shard, enum sb_step step)
{
	struct sb_slice *slice = &shard->slice;

	if (step == SB_STEP_MESSAGES)
		slice->has_messages = sb_messages_wait(shard);
	slice->end = shard->now + ends_ns[slice->has_messages][step];
	slice->steps = 0;
	slice->is_over = false;
}

bool
sb_slice_is_over(struct sb_shard *shard)
{
	struct sb_slice *slice = &shard->slice;

	if (slice->is_over || ++slice->steps % LOOK_EVERY)
		return slice->is_over;
	return sb_slice_look(shard);
}

bool
sb_slice_look(struct sb_shard *shard)
{
	struct sb_slice *slice = &shard->slice;

	if (slice->is_over)
		return true;
	slice->is_over = shard->env->now(shard->env->context) >= slice->end;
	if (slice->is_over)
		sb_counter_add(shard->metrics.budget_time, shard->index, 1);
	return slice->is_over;
}

bool
sb_slice_passes_input(struct sb_shard *shard)
{
	struct sb_slice *slice = &shard->slice;

	slice->passed = shard->queue_head && slice->passed < PASSED_MAX ? slice->passed + 1 : 0;
	return slice->passed != 0;
}

bool
sb_slice_delays_flush(struct sb_shard *shard)
{
	return shard->queue_head &&
	       shard->env->now(shard->env->context) < shard->flushed_at + FLUSH_DELAY_NS;
}
