/* acs: an auto configuration server for CWMP devices. */
#include "daemons/acs/acs.h"
#include "daemons/acs/config.h"
#include "daemons/common/daemon.h"

#include <malloc.h>

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

/*
 * Messages and documents are some hundred KiB, come and go a thousand times a second, and lie at
 * the end of the heap. Given back to the kernel each time they would cost more in page faults than
 * in work: a document of 1,000 parameters is stored in 0.4 ms instead of 1.8. What is larger than
 * 2 MiB is rare, and goes back at once.
 */
static void
keep_memory(void)
{
	(void)mallopt(M_MMAP_THRESHOLD, 2 << 20);
	(void)mallopt(M_TRIM_THRESHOLD, 64 << 20);
	(void)mallopt(M_TOP_PAD, 1 << 20);
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

	keep_memory();
	return sb_daemon_main(&daemon, "acs.start_failed", argc, argv);
}
