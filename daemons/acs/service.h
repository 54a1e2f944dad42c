/*
 * What happens in CWMP sessions of the daemon: the keeper is told of the Inform, and then
 * its tasks and presets are worked off, one after the other, until there is nothing more.
 */
#ifndef ACS_SERVICE_H
#define ACS_SERVICE_H

#include "daemons/acs/keeper.h"
#include "protocols/cwmp/script.h"
#include "protocols/cwmp/service.h"

#include <jansson.h>

struct acs_logins;
struct acs_quirks;

/* The args of cwmp_server_new; outlives the node. The entrance of a session (cwmp_entrance) is a
 * struct acs_policy, or NULL: nobody is asked. */
struct acs_service {
	/* NULL: nothing is kept of devices. Their sessions are accepted, and have nothing to do. */
	const struct acs_keepers *keepers;

	/* Scripts of tasks by their name; and the one whose filter fits, first in each session.
	 * NULL: there are none. */
	struct cwmp_scripts *scripts;

	/* A task "download" or "upload" that says a "file" of ours, and no "URL": adds to `task`
	 * URL, and for a download FileSize; FileType, Username and Password if it knows them. Asked
	 * when the device has its session, from that session's callback: what is needed
	 * is in memory. 0, or SB_ENOENT: the task fails. NULL: there are no files. */
	int (*file)(void *context, struct sb_session *s, const char *device, json_t *task);
	void *file_context;

	/* What devices have shown before; and must again. NULL: nothing is known. */
	struct acs_logins *logins;

	/* How many names a device is asked for at once. NULL: nothing is said. */
	const struct acs_quirks *quirks;

	uint32_t retry_after_s; /* for who comes while the store is busy [60] */
};

extern const struct cwmp_service acs_service;

/* What scripts find in `acs`: for the struct cwmp_scripts_options of `scripts`. */
extern const struct cwmp_script_function acs_library[];
extern const size_t acs_library_size;

#endif
