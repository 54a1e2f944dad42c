/* A daemon from the inside. */
#ifndef SB_ERPS_DAEMON_INTERNAL_H
#define SB_ERPS_DAEMON_INTERNAL_H

#include <stdatomic.h>

#include "protocols/erps/daemon.h"
#include "protocols/erps/server_internal.h"

struct erps_daemon {
	struct erps_server *server;
	_Atomic(struct sb_listener *) listener; /* NULL before it is open */
	const struct sb_env *env;
	struct sb_limits limits; /* of the listener, and so of its sessions */
	char *server_supervisor; /* NULL: none */
	int (*start_server)(struct sb_session *s, const struct sb_child_spec *spec, uint64_t *ref,
		void *context);
	void *context;
	uint32_t shutdown_ms;
};

/* daemon_door.c: the session that a connection begins with where a supervisor is to have it. Its
 * args are the daemon. */
extern const struct sb_module erps_door_module;

#endif
