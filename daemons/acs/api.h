/*
 * The northbound API: JSON over HTTP for people's programs. docs/acs-openapi.json describes it,
 * and is served by it; a test holds the two together.
 */
#ifndef ACS_API_H
#define ACS_API_H

#include "core/metrics.h"
#include "daemons/acs/config.h"
#include "daemons/acs/files.h"
#include "daemons/acs/keeper.h"
#include "protocols/http/server.h"

struct acs_logins;
struct acs_scripts;

/* Zeroed, then filled in; outlives the node. */
struct acs_api {
	const struct acs_config *config;
	const struct acs_keepers *keepers;
	const struct acs_files *files;
	struct acs_logins *logins;
	struct acs_scripts *scripts;
	struct http_server *server;
	struct sb_counter *refused; /* tokens that are none, or not enough */
};

/* Makes what listeners of the API need: api->server, which acs_api_fini frees. 0 or an error. */
int acs_api_init(struct acs_api *api, struct sb_node *node);
void acs_api_fini(struct acs_api *api);

#endif
