/*
 * A job: a function run on a bounded pool of threads, on data given to it, its
 * result a message. For what would block a loop: disks, name resolution, hashing.
 */
#ifndef SB_CORE_JOB_H
#define SB_CORE_JOB_H

#include "message.h"

#include <stdint.h>

struct sb_session;

/*
 * Runs `work` on `payload` (given, not copied; `work` may change it) off the loop. One SB_MSG_JOB
 * with `*ref` comes: status what `work` returned, data the payload; or SB_TIMEOUT after
 * `deadline_ms` (0: none), when the payload is released once `work` returns. 0; SB_FULL (queue, or
 * max_calls), SB_EINVAL (a payload without a release function), SB_ENOMEM, SB_GONE (after
 * sb_close). `work` must not touch sessions.
 */
int sb_job(struct sb_session *s, int (*work)(void *data, size_t size), struct sb_payload payload,
	uint32_t deadline_ms, uint64_t *ref);

#endif
