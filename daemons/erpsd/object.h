/* Services in shared objects: found, opened, looked at before anything of them is called. */
#ifndef ERPSD_OBJECT_H
#define ERPSD_OBJECT_H

#include "protocols/erps/plugin.h"

#include <stddef.h>

/* What is wrong with one, for people. */
#define ERPSD_REASON_SIZE 512

/* Opens the object at `path`, a path with a slash. 0 with *plugin and *object, which
 * erpsd_object_close takes; SB_ECONFIG with `reason`. */
int erpsd_object_open(const char *path, const struct erps_plugin **plugin, void **object,
	char reason[ERPSD_REASON_SIZE]);

/* Takes NULL. Nothing of the object may be used any more. */
void erpsd_object_close(void *object);

/* Whether a plugin, built in or not, is whole. */
int erpsd_plugin_check(const struct erps_plugin *plugin, char reason[ERPSD_REASON_SIZE]);

#endif
