/*
 * The configuration of acs: what its file says, converted. It points into the tree, which must
 * outlive it. Every key is described in docs/acs.md.
 */
#ifndef ACS_CONFIG_H
#define ACS_CONFIG_H

#include "core/config.h"
#include "core/listener.h"
#include "core/network.h"
#include "daemons/acs/keeper.h"
#include "daemons/acs/token.h"
#include "daemons/common/sections.h"
#include "protocols/cwmp/connection_request.h"
#include "protocols/cwmp/script.h"
#include "protocols/cwmp/server.h"
#include "protocols/http/auth.h"
#include "protocols/http/server.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ACS_PASSWORD_MAX 256
#define ACS_SECRET_MIN   16

extern const cfg_opt_t acs_config_options[];
extern const struct sb_config_rule *const acs_config_rules[];

enum acs_serves { ACS_SERVES_CWMP, ACS_SERVES_API };

/* What a listener of devices asks of who comes. */
struct acs_policy {
	enum http_auth_scheme scheme;
	bool asks_certificate; /* instead; then there is no scheme */
	bool must_match; /* who authenticates, or whom a certificate names, must be the device */
};

/* Whom the ACS takes for whom. */
struct acs_credential {
	const char *username;
	char *password;
};

struct acs_credentials {
	const char *realm;
	uint32_t nonce_lifetime_s;
	struct acs_credential *each; /* by name, sorted */
	size_t count;
	struct acs_credential shared; /* of whoever has no other; no username: nobody */
	char *secret;                 /* passwords made of names; NULL: none */
};

/* How devices of a kind are written to. Globs; NULL: any. */
struct acs_quirk {
	const char *name;
	const char *manufacturer, *oui, *product_class, *software_version;
	int xml_declaration, boolean_words; /* 0, 1, or -1: as otherwise */
	uint32_t batch;                     /* parameters in one request; 0: as otherwise */
};

struct acs_quirks {
	struct acs_quirk *each; /* in the order of the file: a later one's word counts */
	size_t count;
};

/* A script of the configuration: read at the start, and when somebody asks for it. */
struct acs_script_file {
	const char *name, *path; /* as it is in the configuration */
	struct cwmp_script_filter filter;
};

struct acs_script_files {
	struct acs_script_file *each;
	size_t count;
};

struct acs_connection_requests {
	struct cwmp_requester_options options;
	struct sb_network *networks;    /* of options.reach */
	struct acs_credential shared;   /* of devices that have not been told others */
	const char *stun, *stun_public; /* addresses; NULL: no requests over UDP */
};

struct acs_api_options {
	uint32_t body_bytes;
	uint32_t wait_ms; /* the longest wait for a task */
	uint32_t page;    /* the most that a list gives at once */
	struct acs_tokens tokens;
};

struct acs_file_options {
	uint64_t limit; /* octets of one */
	uint64_t total; /* of all together */
	const char
		*url; /* that devices reach us at, without a slash behind it; NULL: as we listen */
	bool is_authenticated; /* devices show who they are here, too */
	uint32_t upload_ms;    /* how long a place for an upload waits for its device */
};

struct acs_config {
	struct sb_daemon_listeners listeners;
	enum acs_serves *serves;     /* of each listener */
	struct acs_policy *policies; /* the same; of the API's nothing */
	struct cwmp_server_options cwmp;
	struct acs_credentials credentials;
	struct acs_quirks quirks;
	struct acs_script_files scripts;
	struct cwmp_script_limits script_limits;
	struct acs_connection_requests connection_requests;
	struct acs_api_options api;
	struct acs_file_options files;
	struct acs_keepers keepers; /* without its store */
};

/* Makes it; the caller frees it when no session runs any more. What is wrong is reported:
 * SB_ECONFIG. SB_ENOMEM. */
int acs_config_new(const struct sb_config *file, struct acs_config **out);

/* Whether a text is a loopback address, with a port or without. */
bool acs_is_loopback(const char *address);

/* Takes NULL. */
void acs_config_free(struct acs_config *config);

#endif
