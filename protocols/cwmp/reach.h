/*
 * Where connection requests may go. Where a device is, it says itself, and so it can have us
 * connect to anything that we reach and it does not: our own host, a router's pages, the metadata
 * of a cloud. So by default it is asked only at the address that it came from itself, which it
 * cannot invent. Pure; any thread.
 */
#ifndef SB_CWMP_REACH_H
#define SB_CWMP_REACH_H

#include "../../core/network.h"

#include <stdbool.h>
#include <stddef.h>

#define CWMP_REACH_INFORM  1u /* the address that the device's last Inform came from */
#define CWMP_REACH_PRIVATE 2u /* 10/8, 172.16/12, 192.168/16, 100.64/10, fc00::/7 */
#define CWMP_REACH_ANY     4u /* all that can be a device's */

/* Zeroed: CWMP_REACH_INFORM. What no device has is in none of these: loopback, link-local,
 * multicast, addresses that have others inside, a cloud's metadata. Who wants that, too, says so:
 * `networks` are allowed whatever is in them. */
struct cwmp_reach {
	unsigned kinds;
	const struct sb_network *networks; /* borrowed */
	size_t network_count;
};

/* `from` is where the device's last Inform came from, "192.0.2.1" or "[2001:db8::1]"; NULL, "": it
 * is not known. */
bool
cwmp_reach_has(const struct cwmp_reach *reach, const struct sockaddr *address, const char *from);

#endif
