/* A service from the inside: an application, complete options, counters. */
#ifndef SB_SMPP_SERVICE_INTERNAL_H
#define SB_SMPP_SERVICE_INTERNAL_H

#include "protocols/smpp/service_metrics_internal.h"
#include "protocols/smpp/session.h"

struct smpp_service {
	struct sb_module module;
	const struct smpp_application *application;
	const void *args;
	struct sb_node *node;
	const struct sb_env *env;
	struct smpp_session_options options;
	struct smpp_metrics metrics;
};

/* session.c: the callbacks of the core. */
extern const struct sb_module smpp_session_callbacks;

/* session.c: octets of state that a session of this application takes. */
size_t smpp_session_size(const struct smpp_application *application);

#endif
