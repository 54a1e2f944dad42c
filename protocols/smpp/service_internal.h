/* A service from the inside: an application, complete options, counters. */
#ifndef SB_SMPP_SERVICE_INTERNAL_H
#define SB_SMPP_SERVICE_INTERNAL_H

#include "protocols/smpp/service_metrics_internal.h"
#include "protocols/smpp/session.h"

struct smpp_esme;

struct smpp_service {
	struct sb_module module;
	const struct smpp_application *application;
	const void *args;
	struct sb_node *node;
	const struct sb_env *env;
	struct smpp_session_options options;
	struct smpp_metrics metrics;
	struct smpp_esme *esme; /* of the ESME side; owned */
};

/* smpp_service_new for either side. */
int smpp_service_make(struct smpp_service **service, struct sb_node *node,
	const struct smpp_application *application, const struct smpp_session_options *options,
	const void *args);

/* session.c: the callbacks of the core. */
extern const struct sb_module smpp_session_callbacks;

/* session_esme.c: the `start` of sessions that connect. */
int smpp_session_start_outbound(struct sb_session *s, const void *args);

/* session.c: octets of state that a session of this application takes. */
size_t smpp_session_size(const struct smpp_application *application);

#endif
