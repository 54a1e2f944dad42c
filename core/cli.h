/*
 * The command line that all daemons have:
 *
 *	smpp-mc [-c FILE] [--set section.key=value]... [-t] [--version] [--help]
 *
 * A daemon's main is
 *
 *	struct sb_config_errors errors = sb_config_errors_to_stderr();
 *
 *	if (sb_cli_parse(&cli, &program, argc, argv) == SB_CLI_EXIT)
 *		return cli.status;
 *	if (sb_cli_load(&cli, options, rules, &errors, &config))
 *		return EXIT_FAILURE;
 *	... convert, which may report more ...
 *	if (cli.action == SB_CLI_CHECK || errors.count)
 *		return sb_cli_checked(&errors);
 *
 * For the main thread, at start.
 */
#ifndef SB_CORE_CLI_H
#define SB_CORE_CLI_H

#include "config.h"

#include <stddef.h>

struct sb_cli_program {
	const char *name;   /* "smpp-mc" */
	const char *text;   /* one sentence on what it is, for --help */
	const char *config; /* the file without -c; NULL: -c must be given */
};

enum sb_cli_action {
	SB_CLI_RUN,
	SB_CLI_CHECK, /* -t */
	SB_CLI_EXIT,  /* all is said: main returns `status` */
};

struct sb_cli {
	enum sb_cli_action action;
	int status;             /* of SB_CLI_EXIT: 0, or 2 for a wrong command line */
	const char *config;     /* as given */
	const char **overrides; /* what --set gave; the array is owned, the texts are argv's */
	size_t override_count;
};

/* Reads the command line and returns `action`. Help and version go to standard output, what is
 * wrong to standard error. sb_cli_fini in any case. */
enum sb_cli_action
sb_cli_parse(struct sb_cli *cli, const struct sb_cli_program *program, int argc, char **argv);

void sb_cli_fini(struct sb_cli *cli);

/* sb_config_load with what the command line says. `rules` as in sb_config_source. */
int sb_cli_load(const struct sb_cli *cli, const cfg_opt_t *options,
	const struct sb_config_rule *const *rules, struct sb_config_errors *errors,
	struct sb_config **config);

/* What -t ends with: "configuration ok" on standard output and 0, or nothing and 1 when errors were
 * reported. */
int sb_cli_checked(const struct sb_config_errors *errors);

#endif
