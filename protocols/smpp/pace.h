/*
 * How fast requests may be sent to a peer that says when it has had enough. Two
 * brakes, and a limit of our own:
 *
 * - The window. An answer RTHROTTLED or RMSGQFUL halves it (not below 1); every
 *   window of good answers widens it by one, up to its limit. Since answers come a
 *   round trip late, all refusals within one pause count once.
 * - The pause. After such an answer nothing is sent for throttle_min_ms; when the
 *   next one after the pause is refused again it doubles, up to throttle_max_ms; a
 *   window of good answers makes it short again.
 * - congestion_state (5.0) of 90 and more with any answer is one window less, at most
 *   once a throttle_min_ms, and no widening while it lasts.
 * - throughput: so many requests a second, in bursts of a tenth of that.
 *
 * Pure: no clock of its own, no memory; one thread at a time. Times are monotonic
 * nanoseconds.
 */
#ifndef SB_SMPP_PACE_H
#define SB_SMPP_PACE_H

#include <stdbool.h>
#include <stdint.h>

#include "../../core/rate.h"

/* 0 takes the default in brackets. */
struct smpp_pace_options {
	uint32_t throughput;      /* requests a second; [SB_UNLIMITED] */
	uint32_t throttle_min_ms; /* the first pause; SB_UNLIMITED: refusals slow nothing [100] */
	uint32_t throttle_max_ms; /* the longest [5000] */
};

struct smpp_pace {
	struct sb_rate rate;
	uint64_t paused_until; /* nothing is sent before; 0: no pause */
	uint64_t eased_at;     /* of the last step back for congestion */
	uint32_t throttle_min_ms, throttle_max_ms;
	uint32_t pause_ms; /* the next */
	uint32_t window;   /* now; UINT32_MAX: never slowed */
	uint32_t good;     /* answers since the window last changed */
	bool is_congested; /* says the response that is looked at */
};

void smpp_pace_init(struct smpp_pace *pace, const struct smpp_pace_options *options);

/* The window to keep to, of a `limit`. */
static inline uint32_t
smpp_pace_window(const struct smpp_pace *pace, uint32_t limit)
{
	return pace->window < limit ? pace->window : limit;
}

/* When one more may be sent, if the window has room: 0: now. */
uint64_t smpp_pace_due(struct smpp_pace *pace, uint64_t now);

/* How many may be sent now, if the window has room for them. */
uint32_t smpp_pace_room(struct smpp_pace *pace, uint64_t now);

/* One is sent: false: not now, and nothing has changed. */
bool smpp_pace_take(struct smpp_pace *pace, uint64_t now);

/* A response with this status, to one of `limit` at most. True: slower than before. */
bool smpp_pace_answered(struct smpp_pace *pace, uint64_t now, uint32_t status, uint32_t limit);

/* A response that carried congestion_state, before smpp_pace_answered is told of it. True: slower
 * than before. */
bool smpp_pace_congested(struct smpp_pace *pace, uint64_t now, uint32_t state, uint32_t limit);

#endif
