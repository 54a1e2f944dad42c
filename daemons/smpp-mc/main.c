/* smpp-mc: an SMPP message centre. */
#include "daemons/common/daemon.h"
#include "daemons/smpp-mc/centre.h"
#include "daemons/smpp-mc/config_file.h"

static void *
make(const struct sb_config *file)
{
	struct mc_centre *centre = NULL;

	return mc_centre_new(&centre, file) == 0 ? centre : NULL;
}

static int
start(void *centre, struct sb_node *node)
{
	return mc_centre_start(centre, node);
}

static bool
has_failed(const void *centre)
{
	return mc_centre_has_failed(centre);
}

static void
release(void *centre)
{
	mc_centre_free(centre);
}

int
main(int argc, char **argv)
{
	static const struct sb_daemon daemon = {
		.program = {"smpp-mc", "An SMPP 3.4 and 5.0 message centre.", NULL},
		.options = mc_config_options,
		.rules = mc_config_rules,
		.make = make,
		.start = start,
		.has_failed = has_failed,
		.free = release,
	};

	return sb_daemon_main(&daemon, "mc.start_failed", argc, argv);
}
