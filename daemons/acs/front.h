/*
 * What devices reach: CWMP on any path, files under /files, and under /uploads what they bring.
 */
#ifndef ACS_FRONT_H
#define ACS_FRONT_H

#include "daemons/acs/config.h"
#include "daemons/acs/files.h"
#include "protocols/cwmp/server.h"
#include "protocols/http/server.h"

struct acs_front;

/* What one listener of devices needs: each has its own policy. */
struct acs_entrance {
	const struct acs_front *front;
	const struct acs_policy *policy;
	struct http_auth auth;
	struct http_server *server; /* NULL: the listener is none of devices */
};

/* Zeroed, then filled in; outlives the node. */
struct acs_front {
	const struct acs_config *config;
	const struct acs_files *files;
	struct acs_logins *logins;
	struct cwmp_server *cwmp;
	struct acs_entrance *entrances; /* of each listener */
};

/* Makes what listeners of devices need: front->entrances. 0 or an error. */
int acs_front_init(struct acs_front *front, struct sb_node *node);
void acs_front_fini(struct acs_front *front);

#endif
