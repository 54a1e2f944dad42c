/*
 * A lane: one source and destination on their way to one target. It is there
 * only while messages of it fly, wait behind those, or back off after a failure;
 * so it keeps them in order, and with one bind. One thread.
 */
#ifndef SMPP_MC_LANE_H
#define SMPP_MC_LANE_H

#include "daemons/smpp-mc/entry.h"

#include <stdint.h>

struct mc_lane {
	uint32_t chain; /* of its queue's index */
	uint32_t source, destination;
	uint32_t flying;
	struct mc_list parked; /* oldest first */
	uint32_t leader;       /* of the parked ones, the one that is ready again; 0: none */
	uint32_t place;        /* in the heap of back-offs; 0: it does not back off */
	uint16_t queue;        /* number of its queue */
	uint16_t bind;         /* where `flying` are */
};

#endif
