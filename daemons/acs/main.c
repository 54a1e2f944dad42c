/* acs: an auto configuration server for CWMP devices. */
#include "daemons/acs/acs.h"
#include "daemons/acs/config.h"
#include "daemons/common/daemon.h"

static void *
make(const struct sb_config *file)
{
	struct acs *acs = NULL;

	return acs_new(&acs, file) == 0 ? acs : NULL;
}

static int
start(void *acs, struct sb_node *node)
{
	return acs_start(acs, node);
}

static bool
has_failed(const void *acs)
{
	return acs_has_failed(acs);
}

static void
release(void *acs)
{
	acs_free(acs);
}

int
main(int argc, char **argv)
{
	static const struct sb_daemon daemon = {
		.program = {"acs", "An auto configuration server for CWMP (TR-069) devices.", NULL},
		.options = acs_config_options,
		.rules = acs_config_rules,
		.make = make,
		.start = start,
		.has_failed = has_failed,
		.free = release,
	};

	return sb_daemon_main(&daemon, "acs.start_failed", argc, argv);
}
