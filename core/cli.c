/*
 * The command line that all our programs have; what they differ in is a name, a
 * line of text and a usual file.
 */
#include "core/cli.h"

#include "core/version.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#define STATUS_USAGE 2

enum {
	OPTION_SET = 1,
	OPTION_VERSION,
	OPTION_HELP,
};

static void
print_help(const struct sb_cli_program *program)
{
	printf("Usage: %s [OPTION]...\n%s\n\n"
	       "  -c FILE              read this configuration",
		program->name, program->text);
	if (program->config)
		printf(" (%s)", program->config);
	printf("\n"
	       "  --set SECTION.KEY=VALUE, --set SECTION.TITLE.KEY=VALUE\n"
	       "                       set an option over the file's; commas separate the values\n"
	       "                       of a list; may repeat\n"
	       "  -t                   check the configuration and exit\n"
	       "  --version            print the version and exit\n"
	       "  --help               print this and exit\n");
}

static enum sb_cli_action
leave(struct sb_cli *cli, int status)
{
	cli->status = status;
	return cli->action = SB_CLI_EXIT;
}

/* Status 2, as shells and GNU programs have it for a wrong command line. */
static enum sb_cli_action
refuse(struct sb_cli *cli, const struct sb_cli_program *program)
{
	fprintf(stderr, "Try '%s --help'.\n", program->name);
	return leave(cli, STATUS_USAGE);
}

static enum sb_cli_action
take(struct sb_cli *cli, const struct sb_cli_program *program, int option)
{
	switch (option) {
	case 'c':
		cli->config = optarg;
		return cli->action;
	case 't':
		return cli->action = SB_CLI_CHECK;
	case OPTION_SET:
		cli->overrides[cli->override_count++] = optarg;
		return cli->action;
	case OPTION_VERSION:
		printf("%s %s\n", program->name, sb_version());
		return leave(cli, EXIT_SUCCESS);
	case OPTION_HELP:
		print_help(program);
		return leave(cli, EXIT_SUCCESS);
	default:
		return refuse(cli, program);
	}
}

/* What getopt leaves to us. */
static enum sb_cli_action
check(struct sb_cli *cli, const struct sb_cli_program *program, int argc, char **argv)
{
	if (optind < argc) {
		fprintf(stderr, "%s: unexpected argument '%s'\n", argv[0], argv[optind]);
		return refuse(cli, program);
	}
	if (!cli->config) {
		fprintf(stderr, "%s: which configuration? -c FILE\n", argv[0]);
		return refuse(cli, program);
	}
	return cli->action;
}

enum sb_cli_action
sb_cli_parse(struct sb_cli *cli, const struct sb_cli_program *program, int argc, char **argv)
{
	static const struct option options[] = {
		{"set", required_argument, NULL, OPTION_SET},
		{"version", no_argument, NULL, OPTION_VERSION},
		{"help", no_argument, NULL, OPTION_HELP},
		{NULL, 0, NULL, 0},
	};
	int option;

	*cli = (struct sb_cli){.action = SB_CLI_RUN, .config = program->config};
	/* As many as there are arguments: no counting, no growing. */
	cli->overrides = calloc((size_t)argc + 1, sizeof(*cli->overrides));
	if (!cli->overrides)
		return leave(cli, EXIT_FAILURE);
	optind = 0; /* from the beginning: tests parse more than once */
	while ((option = getopt_long(argc, argv, "c:t", options, NULL)) != -1)
		if (take(cli, program, option) == SB_CLI_EXIT)
			return SB_CLI_EXIT;
	return check(cli, program, argc, argv);
}

void
sb_cli_fini(struct sb_cli *cli)
{
	free(cli->overrides);
	*cli = (struct sb_cli){0};
}

int
sb_cli_load(const struct sb_cli *cli, const cfg_opt_t *options,
	const struct sb_config_rule *const *rules, struct sb_config_errors *errors,
	struct sb_config **config)
{
	struct sb_config_source source = {
		.path = cli->config,
		.options = options,
		.rules = rules,
		.overrides = cli->overrides,
		.override_count = cli->override_count,
	};

	return sb_config_load(&source, errors, config);
}

int
sb_cli_checked(const struct sb_config_errors *errors)
{
	if (errors->count)
		return EXIT_FAILURE;
	printf("configuration ok\n");
	return EXIT_SUCCESS;
}
