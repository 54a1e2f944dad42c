/*
 * A service in a shared object, which erpsd loads at its start:
 *
 *	static const char *const methods[] = {"add", "sub", NULL};
 *
 *	const struct erps_plugin erps_plugin = {
 *		.abi = ERPS_PLUGIN_ABI,
 *		.name = "calculator",
 *		.service = &calculator,
 *		.methods = methods,
 *	};
 *
 *	service "calculator" { module = "calc.so" }
 *
 * Build it with -shared -fPIC against the installed libswitchboard.so, which erpsd uses,
 * too: never the static library, or there would be two of everything.
 *
 * All services of an erpsd share each connection. A peer names none of them: the method
 * of a request, the atom that it is or that its tuple begins with, belongs to one service
 * alone, and two that want the same are a mistake of the configuration. Each has a state
 * of its own in the session. Messages and cancelled calls are shown to all services in
 * turn: leave alone those with a type, ref or `from` that is not yours.
 */
#ifndef SB_ERPS_PLUGIN_H
#define SB_ERPS_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#include "service.h"

struct sb_node;

/* Another one when this structure or struct erps_service changes. */
#define ERPS_PLUGIN_ABI 1

/* One of `options = { "precision=3" }`. */
struct erps_plugin_option {
	const char *key, *value;
};

struct erps_plugin {
	uint32_t abi;     /* ERPS_PLUGIN_ABI */
	const char *name; /* "calculator": for logs */
	const struct erps_service *service;
	const char *const *methods; /* that it answers; ends with NULL */
	const char *const *atoms;   /* others that its requests may have in safe mode; NULL: none */

	/*
	 * Once, while the configuration is read, when it is only checked, too: *args is what `init`
	 * of its sessions gets. < 0: it is refused with the `reason` that was written. NULL: no
	 * options are taken, and `init` gets NULL.
	 */
	int (*load)(const struct erps_plugin_option *options, size_t count, const void **args,
		char *reason, size_t room);
	/* The node is there and does not run yet: sessions that the service has beside those of
	 * peers begin here (sb_node_start_child). < 0: erpsd does not start. May be NULL. */
	int (*start)(struct sb_node *node, const void *args);
	/* What `load` made goes, after the last session. May be NULL. */
	void (*unload)(const void *args);
};

/* The one name that erpsd looks for. */
extern const struct erps_plugin erps_plugin;

#endif
