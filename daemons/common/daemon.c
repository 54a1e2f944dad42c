#include "daemons/common/daemon.h"

#include "core/config_core.h"
#include "core/error.h"

#include <stdlib.h>

struct life {
	const struct sb_daemon *daemon;
	struct sb_cli cli;
	struct sb_config *file;
	void *made;
	struct sb_log *log;
	struct sb_node *node;
};

/* Errors of the start are logged here, once; what happens later is said where it happens. */
static int
serve(struct life *life, const char *event)
{
	struct sb_node_options options = sb_config_node(life->file);
	int err;

	options.log = life->log;
	err = sb_node_new(&life->node, &options);
	if (!err)
		err = life->daemon->start(life->made, life->node);
	if (!err)
		err = sb_node_run(life->node);
	if (err)
		SB_LOG_TO(life->log, ERROR, event, "error", SB_ERR(err));
	return err;
}

static int
run(struct life *life, const char *event)
{
	struct sb_log_options options = sb_config_log(life->file);

	life->log = sb_log_new(&options);
	if (!life->log || sb_log_start(life->log))
		return EXIT_FAILURE;
	/* A node that was stopped because of a listener has run well and failed all the same. */
	if (serve(life, event) || life->daemon->has_failed(life->made))
		return EXIT_FAILURE;
	return EXIT_SUCCESS;
}

static bool
is_configured(struct life *life, struct sb_config_errors *errors)
{
	const struct sb_daemon *daemon = life->daemon;

	if (sb_cli_load(&life->cli, daemon->options, daemon->rules, errors, &life->file))
		return false;
	life->made = daemon->make(life->file);
	return life->made != NULL;
}

/* The node first: its sessions use all the rest. Each takes what was never made. */
static void
life_fini(struct life *life)
{
	sb_node_free(life->node);
	life->daemon->free(life->made);
	sb_config_free(life->file);
	sb_log_free(life->log);
	sb_cli_fini(&life->cli);
}

int
sb_daemon_main(const struct sb_daemon *daemon, const char *event, int argc, char **argv)
{
	struct sb_config_errors errors = sb_config_errors_to_stderr();
	struct life life = {.daemon = daemon};
	int status = EXIT_FAILURE;

	if (sb_cli_parse(&life.cli, &daemon->program, argc, argv) == SB_CLI_EXIT)
		status = life.cli.status;
	else if (is_configured(&life, &errors))
		status = life.cli.action == SB_CLI_CHECK ? sb_cli_checked(&errors)
							 : run(&life, event);
	life_fini(&life);
	return status;
}
