/*
 * A file on its way: a session that fetches a URL or puts octets to it, and tells the device
 * how that ended. It shares no connection and no cookie with the device's CWMP sessions.
 */
#ifndef SB_DAEMONS_CWMP_SIM_TRANSFER_H
#define SB_DAEMONS_CWMP_SIM_TRANSFER_H

#include "core/address.h"
#include "daemons/cwmp-sim/sim.h"

/* Of the session's start. What it points at is the session's once it has been spawned (malloc). */
struct transfer_args {
	struct sim *sim;
	struct sb_address device;
	uint64_t id;
	char *url, *username, *password;
	char *upload; /* what is put; NULL: the URL is fetched */
	size_t upload_size;
	uint32_t wanted_size; /* of a download; 0: not said */
};

struct transfer_result {
	uint32_t fault;   /* 0, or a code of fault.h */
	char text[65];    /* of the fault */
	char version[33]; /* a fetched file that begins with "version X": X */
};

extern const struct sb_module transfer_module;

#endif
