/*
 * What happens in CWMP sessions of the daemon: the keeper is told of the Inform, and then
 * its tasks and presets are worked off, one after the other, until there is nothing more.
 */
#ifndef ACS_SERVICE_H
#define ACS_SERVICE_H

#include "daemons/acs/keeper.h"
#include "protocols/cwmp/service.h"

#include <jansson.h>

/* The args of cwmp_server_new; outlives the node. */
struct acs_service {
	/* NULL: nothing is kept of devices. Their sessions are accepted, and have nothing to do. */
	const struct acs_keepers *keepers;

	/* A task "download" or "upload" that says a "file" of ours, and no "URL": adds to `task`
	 * URL, and for a download FileSize; Username and Password if it wants them. Asked when
	 * the device has its session, from that session's callback: what is needed is in memory. 0,
	 * or SB_ENOENT: the task fails. May be NULL: there are no files. */
	int (*file)(void *context, struct sb_session *s, const char *device, json_t *task);
	void *file_context;
};

extern const struct cwmp_service acs_service;

#endif
