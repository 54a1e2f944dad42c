/*
 * Additive increase, multiplicative decrease, as TCP does it, since the question is
 * the same: how much a queue that we cannot see will take. A pause besides, because
 * a window of 1 still sends as fast as refusals come back, which is what a centre
 * that throttles wants least.
 */
#include "protocols/smpp/pace.h"

#include "core/limits.h"
#include "protocols/smpp/status.h"

#define NS_PER_MS 1000000ull

#define THROTTLE_MIN_MS 100
#define THROTTLE_MAX_MS 5000
#define CONGESTED       90 /* near congestion, by 5.0's 4.8.4.18 */

void
smpp_pace_init(struct smpp_pace *pace, const struct smpp_pace_options *options)
{
	uint32_t throughput = options->throughput ? options->throughput : SB_UNLIMITED;

	*pace = (struct smpp_pace){
		.throttle_min_ms =
			options->throttle_min_ms ? options->throttle_min_ms : THROTTLE_MIN_MS,
		.throttle_max_ms =
			options->throttle_max_ms ? options->throttle_max_ms : THROTTLE_MAX_MS,
		.window = UINT32_MAX,
	};
	if (pace->throttle_max_ms < pace->throttle_min_ms)
		pace->throttle_max_ms = pace->throttle_min_ms;
	pace->pause_ms = pace->throttle_min_ms;
	/* A tenth of a second's worth: smooth enough for a centre that counts by the second. */
	sb_rate_init(&pace->rate, throughput, throughput == SB_UNLIMITED ? 0 : throughput / 10);
}

uint64_t
smpp_pace_due(struct smpp_pace *pace, uint64_t now)
{
	uint64_t wait;

	if (pace->paused_until > now)
		return pace->paused_until;
	wait = sb_rate_wait(&pace->rate, now, 1);
	return wait ? now + wait : 0;
}

uint32_t
smpp_pace_room(struct smpp_pace *pace, uint64_t now)
{
	if (smpp_pace_due(pace, now))
		return 0;
	if (pace->rate.per_second == SB_UNLIMITED)
		return UINT32_MAX;
	/* Counted up to now by the question above. */
	return (uint32_t)(pace->rate.credit / 1000000000u);
}

bool
smpp_pace_take(struct smpp_pace *pace, uint64_t now)
{
	return pace->paused_until <= now && sb_rate_take(&pace->rate, now, 1);
}

/* From what is kept to now, which a limit that was lowered meanwhile may bound. */
static void
narrow(struct smpp_pace *pace, uint32_t limit, bool by_half)
{
	uint32_t window = smpp_pace_window(pace, limit);

	window = by_half ? window / 2 : window - 1;
	pace->window = window ? window : 1;
	pace->good = 0;
}

/* Those that were under way when the pause began say nothing new. */
static bool
throttled(struct smpp_pace *pace, uint64_t now, uint32_t limit)
{
	if (pace->paused_until > now)
		return false;
	narrow(pace, limit, true);
	pace->paused_until = now + pace->pause_ms * NS_PER_MS;
	pace->pause_ms = pace->pause_ms < pace->throttle_max_ms / 2 ? pace->pause_ms * 2
								    : pace->throttle_max_ms;
	return true;
}

/* Each whole window of good answers is one more; at the limit there is nothing left to mind. */
static void
good(struct smpp_pace *pace, uint32_t limit)
{
	if (pace->window == UINT32_MAX || ++pace->good < pace->window)
		return;
	pace->good = 0;
	pace->pause_ms = pace->throttle_min_ms;
	pace->window = pace->window + 1 < limit ? pace->window + 1 : UINT32_MAX;
}

bool
smpp_pace_answered(struct smpp_pace *pace, uint64_t now, uint32_t status, uint32_t limit)
{
	bool is_congested = pace->is_congested;

	pace->is_congested = false;
	if (pace->throttle_min_ms == SB_UNLIMITED)
		return false;
	if (status == SMPP_RTHROTTLED || status == SMPP_RMSGQFUL)
		return throttled(pace, now, limit);
	/* Any other answer, also a refusal of the message itself, was room in the queue. */
	if (!is_congested)
		good(pace, limit);
	return false;
}

bool
smpp_pace_congested(struct smpp_pace *pace, uint64_t now, uint32_t state, uint32_t limit)
{
	uint64_t since = pace->eased_at + pace->throttle_min_ms * NS_PER_MS;

	if (state < CONGESTED || pace->throttle_min_ms == SB_UNLIMITED)
		return false;
	pace->is_congested = true;
	pace->good = 0;
	if (pace->eased_at && now < since)
		return false;
	pace->eased_at = now;
	narrow(pace, limit, false);
	return true;
}
