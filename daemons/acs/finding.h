/* Where a device is asked to come: what a call of the API has to find out first. */
#ifndef ACS_FINDING_H
#define ACS_FINDING_H

#include "daemons/acs/call.h"
#include "daemons/acs/connect.h"

/* What call->own begins with, zeroed. */
struct acs_finding {
	struct acs_target target;
	bool is_udp; /* it was asked over UDP, too */
	void (*found)(struct acs_call *call);
};

/* Asks the keeper of the device in the path; then call->own's `found` is called. A device that is
 * not there, or has not said where it is, is answered here. */
void acs_finding_begin(struct acs_call *call);

#endif
