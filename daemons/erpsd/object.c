#include "daemons/erpsd/object.h"

#include "core/error.h"

#include <dlfcn.h>
#include <stdio.h>

#define SYMBOL "erps_plugin"

int
erpsd_plugin_check(const struct erps_plugin *plugin, char reason[ERPSD_REASON_SIZE])
{
	/* First: what follows the number is only known when it is ours. */
	if (plugin->abi != ERPS_PLUGIN_ABI) {
		snprintf(reason, ERPSD_REASON_SIZE,
			"it was built for ABI %u of services, this program has %u",
			(unsigned)plugin->abi, (unsigned)ERPS_PLUGIN_ABI);
		return SB_ECONFIG;
	}
	if (!plugin->service || !plugin->methods || !plugin->methods[0]) {
		snprintf(reason, ERPSD_REASON_SIZE, "its " SYMBOL " has no service or no methods");
		return SB_ECONFIG;
	}
	return 0;
}

/* Names of the object stay its own, and what it lacks is found now rather than in a call. */
int
erpsd_object_open(const char *path, const struct erps_plugin **plugin, void **object,
	char reason[ERPSD_REASON_SIZE])
{
	void *opened = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	int err;

	if (!opened) {
		snprintf(reason, ERPSD_REASON_SIZE, "%s", dlerror());
		return SB_ECONFIG;
	}
	*plugin = dlsym(opened, SYMBOL);
	if (*plugin) {
		err = erpsd_plugin_check(*plugin, reason);
	} else {
		snprintf(reason, ERPSD_REASON_SIZE, "it exports no " SYMBOL);
		err = SB_ECONFIG;
	}
	if (err)
		dlclose(opened);
	else
		*object = opened;
	return err;
}

void
erpsd_object_close(void *object)
{
	if (object)
		dlclose(object);
}
