#include "protocols/cwmp/requester_internal.h"

/* The device's place in its set, or the one that is to be given up for it. */
static struct cwmp_limited *
find(struct cwmp_limited set[CWMP_LIMITER_WAYS], uint64_t device)
{
	struct cwmp_limited *oldest = &set[0];

	for (size_t i = 0; i < CWMP_LIMITER_WAYS; i++) {
		if (set[i].device == device)
			return &set[i];
		if (set[i].rate.as_of < oldest->rate.as_of)
			oldest = &set[i];
	}
	return oldest;
}

bool
cwmp_limiter_take(struct cwmp_limiter *limiter, uint64_t device, uint64_t now_ns, uint32_t burst,
	uint32_t interval_ms)
{
	struct cwmp_limited *found = find(limiter->devices[device % CWMP_LIMITER_SETS], device);

	/* A bucket knows whole tokens a second: for it an interval is a second. */
	now_ns = now_ns / interval_ms * 1000;
	if (found->device != device || found->rate.burst == 0) {
		found->device = device;
		sb_rate_init(&found->rate, 1, burst);
	}
	return sb_rate_take(&found->rate, now_ns, 1);
}
