/* erpsd: services over Erps RPC. */
#include "core/cli.h"
#include "core/config_core.h"
#include "core/error.h"
#include "core/node.h"
#include "daemons/erpsd/config.h"
#include "daemons/erpsd/erpsd.h"

#include <stdlib.h>

struct daemon {
	struct sb_cli cli;
	struct sb_config *file;
	struct erpsd *erpsd;
	struct sb_log *log;
	struct sb_node *node;
};

/* Errors of the start are logged here, once; what happens later is said where it happens. */
static int
serve(struct daemon *d)
{
	struct sb_node_options options = sb_config_node(d->file);
	int err;

	options.log = d->log;
	err = sb_node_new(&d->node, &options);
	if (!err)
		err = erpsd_start(d->erpsd, d->node);
	if (!err)
		err = sb_node_run(d->node);
	if (err)
		SB_LOG_TO(d->log, ERROR, "erpsd.start_failed", "error", SB_ERR(err));
	return err;
}

static int
run(struct daemon *d)
{
	struct sb_log_options options = sb_config_log(d->file);

	d->log = sb_log_new(&options);
	if (!d->log || sb_log_start(d->log))
		return EXIT_FAILURE;
	/* A node that was stopped because of a listener has run well and failed all the same. */
	if (serve(d) || erpsd_has_failed(d->erpsd))
		return EXIT_FAILURE;
	return EXIT_SUCCESS;
}

/* The node first: its sessions use all the rest. Each takes what was never made. */
static void
daemon_fini(struct daemon *d)
{
	sb_node_free(d->node);
	erpsd_free(d->erpsd);
	sb_config_free(d->file);
	sb_log_free(d->log);
	sb_cli_fini(&d->cli);
}

int
main(int argc, char **argv)
{
	static const struct sb_cli_program program = {"erpsd", "Services over Erps RPC.", NULL};
	struct sb_config_errors errors = sb_config_errors_to_stderr();
	struct daemon d = {0};
	int status = EXIT_FAILURE;

	if (sb_cli_parse(&d.cli, &program, argc, argv) == SB_CLI_EXIT)
		status = d.cli.status;
	else if (sb_cli_load(&d.cli, erpsd_config_options, erpsd_config_rules, &errors, &d.file) ==
			 0 &&
		 erpsd_new(&d.erpsd, d.file) == 0)
		status = d.cli.action == SB_CLI_CHECK ? sb_cli_checked(&errors) : run(&d);
	daemon_fini(&d);
	return status;
}
