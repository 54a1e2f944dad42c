/*
 * Several services behind one listener. A peer has one connection and names no
 * service: the method of its request says whose it is. To the library the host is one
 * service, whose state has a place for each of those that it hosts.
 */
#ifndef ERPSD_HOST_H
#define ERPSD_HOST_H

#include "daemons/erpsd/methods.h"
#include "protocols/erps/plugin.h"

#include <stddef.h>

#define ERPSD_PARTS_MAX 64

/* A hosted service: built in, or of a shared object. */
struct erpsd_part {
	const char *name; /* of its section; borrowed */
	const struct erps_plugin *plugin;
	const void *args; /* of `init` */
	void *object;     /* to be closed; NULL: built in */
};

struct erpsd_host {
	struct erps_service service; /* its args are the host */
	struct erpsd_methods methods;
	const struct erpsd_part *parts; /* borrowed */
	size_t count;
	size_t offsets[ERPSD_PARTS_MAX]; /* of each part's state in the host's */
};

/* Lays out what the parts, at most ERPSD_PARTS_MAX, need. Methods were added already; host->service
 * is complete then. */
void erpsd_host_init(struct erpsd_host *host, const struct erpsd_part *parts, size_t count);

#endif
