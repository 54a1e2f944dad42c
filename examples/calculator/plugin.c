/* calc.so: the service as erpsd loads it. */
#include "calculator.h"

#include <switchboard/core/error.h>
#include <switchboard/protocols/erps/plugin.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int
read_option(struct calculator_settings *settings, const struct erps_plugin_option *option)
{
	char *end;

	if (strcmp(option->key, "most") != 0)
		return SB_ECONFIG;
	settings->most = strtoll(option->value, &end, 10);
	return *option->value && !*end && settings->most > 0 ? 0 : SB_ECONFIG;
}

static int
load(const struct erps_plugin_option *options, size_t count, const void **args, char *reason,
	size_t room)
{
	struct calculator_settings *settings = malloc(sizeof(*settings));

	if (!settings)
		return SB_ENOMEM;
	settings->most = INT64_MAX;
	for (size_t i = 0; i < count; i++)
		if (read_option(settings, &options[i])) {
			snprintf(reason, room, "%s=%s: only most=NUMBER is known", options[i].key,
				options[i].value);
			free(settings);
			return SB_ECONFIG;
		}
	*args = settings;
	return 0;
}

static void
unload(const void *args)
{
	free((void *)(uintptr_t)args);
}

static const char *const methods[] = {"add", "sub", "mul", "div", "sum", "last", NULL};

const struct erps_plugin erps_plugin = {
	.abi = ERPS_PLUGIN_ABI,
	.name = "calculator",
	.service = &calculator,
	.methods = methods,
	.load = load,
	.unload = unload,
};
