/*
 * A bind of ours at an upstream, as an application of the ESME side: it takes
 * messages from the partitions like a receiving bind of an account, and gives them
 * what the upstream sends.
 */
#ifndef SMPP_MC_UPSTREAM_SESSION_H
#define SMPP_MC_UPSTREAM_SESSION_H

#include "protocols/smpp/session.h"

#include <stdint.h>

/* The service's args. */
struct mc_upstream_args {
	uint16_t number; /* of the upstream's queue */
};

extern const struct smpp_application mc_upstream_application;

#endif
