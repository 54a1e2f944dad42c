/*
 * What devices reach: CWMP on any path, files under /files, and under /uploads what they bring.
 */
#ifndef ACS_FRONT_H
#define ACS_FRONT_H

#include "daemons/acs/config.h"
#include "daemons/acs/files.h"
#include "protocols/cwmp/server.h"
#include "protocols/http/server.h"

/* Zeroed, then filled in; outlives the node. */
struct acs_front {
	const struct acs_config *config;
	const struct acs_files *files;
	struct cwmp_server *cwmp;
	struct http_auth auth; /* of files */
	struct http_server *server;
};

/* Makes what listeners of devices need: front->server. 0 or an error. */
int acs_front_init(struct acs_front *front, struct sb_node *node);
void acs_front_fini(struct acs_front *front);

#endif
