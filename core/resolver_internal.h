/* Names to addresses, off the loop. */
#ifndef SB_CORE_RESOLVER_INTERNAL_H
#define SB_CORE_RESOLVER_INTERNAL_H

#include "env.h"
#include "peer.h"
#include "session.h"

#include <stddef.h>
#include <stdint.h>

#define SB_RESOLVED_MAX 8

struct sb_resolution {
	int error;
	size_t count;
	union sb_socket_address addresses[SB_RESOLVED_MAX];
};

/*
 * Resolves `host` and calls `resolved` as a turn-level call of the session, if it is still there,
 * with the `attempt` given. A numeric host needs no thread. 0, SB_FULL, SB_ENOMEM.
 */
int sb_resolve(struct sb_session *s, const char *host, uint16_t port, uint64_t attempt,
	void (*resolved)(
		struct sb_session *s, uint64_t attempt, const struct sb_resolution *resolution));

#endif
