/* erpsd: services over Erps RPC. */
#include "daemons/common/daemon.h"
#include "daemons/erpsd/config.h"
#include "daemons/erpsd/erpsd.h"

static void *
make(const struct sb_config *file)
{
	struct erpsd *d = NULL;

	return erpsd_new(&d, file) == 0 ? d : NULL;
}

static int
start(void *d, struct sb_node *node)
{
	return erpsd_start(d, node);
}

static bool
has_failed(const void *d)
{
	return erpsd_has_failed(d);
}

static void
release(void *d)
{
	erpsd_free(d);
}

int
main(int argc, char **argv)
{
	static const struct sb_daemon daemon = {
		.program = {"erpsd", "Services over Erps RPC.", NULL},
		.options = erpsd_config_options,
		.rules = erpsd_config_rules,
		.make = make,
		.start = start,
		.has_failed = has_failed,
		.free = release,
	};

	return sb_daemon_main(&daemon, "erpsd.start_failed", argc, argv);
}
