/* The command line of daemons: what is read, what is said, and how it ends. */
#include "core/cli.h"

#include "core/version.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

static const struct sb_cli_program program = {
	.name = "test-mc", .text = "A program for tests.", .config = "/etc/test-mc.conf"};

/* What sb_cli_parse made of a command line, and what it printed on which descriptor. */
struct outcome {
	struct sb_cli cli;
	char out[4096];
	char err[4096];
};

static int
divert(int fd)
{
	int saved = dup(fd), file = memfd_create("output", 0);

	dup2(file, fd);
	close(file);
	return saved;
}

static void
restore(int fd, int saved, char *text, size_t capacity)
{
	ssize_t n = pread(fd, text, capacity - 1, 0);

	text[n < 0 ? 0 : n] = '\0';
	dup2(saved, fd);
	close(saved);
}

static void
run(struct outcome *o, const struct sb_cli_program *p, int argc, const char *const *argv)
{
	int out, err;

	fflush(NULL);
	out = divert(STDOUT_FILENO);
	err = divert(STDERR_FILENO);
	sb_cli_parse(&o->cli, p, argc, (char **)argv);
	fflush(NULL);
	restore(STDERR_FILENO, err, o->err, sizeof(o->err));
	restore(STDOUT_FILENO, out, o->out, sizeof(o->out));
}

#define RUN(o, ...)                                                                   \
	do {                                                                          \
		const char *argv_[] = {"test-mc", __VA_ARGS__, NULL};                 \
		run(o, &program, (int)(sizeof(argv_) / sizeof(argv_[0])) - 1, argv_); \
	} while (0)

static void
test_without_options_it_runs_with_the_usual_file(void **state)
{
	const char *argv[] = {"test-mc", NULL};
	struct outcome o;

	(void)state;
	run(&o, &program, 1, argv);
	assert_int_equal(o.cli.action, SB_CLI_RUN);
	assert_string_equal(o.cli.config, "/etc/test-mc.conf");
	assert_int_equal(o.cli.override_count, 0);
	assert_string_equal(o.err, "");
	sb_cli_fini(&o.cli);
}

static void
test_file_sets_and_check_are_read(void **state)
{
	struct outcome o;

	(void)state;
	RUN(&o, "-c", "x.conf", "--set", "a.b=c", "-t", "--set=d.e=f g");
	assert_int_equal(o.cli.action, SB_CLI_CHECK);
	assert_string_equal(o.cli.config, "x.conf");
	assert_int_equal(o.cli.override_count, 2);
	assert_string_equal(o.cli.overrides[0], "a.b=c");
	assert_string_equal(o.cli.overrides[1], "d.e=f g");
	sb_cli_fini(&o.cli);
}

static void
test_version_names_the_program(void **state)
{
	struct outcome o;
	char expected[64];

	(void)state;
	snprintf(expected, sizeof(expected), "test-mc %s\n", sb_version());
	RUN(&o, "--version");
	assert_int_equal(o.cli.action, SB_CLI_EXIT);
	assert_int_equal(o.cli.status, 0);
	assert_string_equal(o.out, expected);
	sb_cli_fini(&o.cli);
}

static void
test_help_goes_to_standard_output(void **state)
{
	struct outcome o;

	(void)state;
	RUN(&o, "--help");
	assert_int_equal(o.cli.action, SB_CLI_EXIT);
	assert_int_equal(o.cli.status, 0);
	assert_ptr_equal(
		strstr(o.out, "Usage: test-mc [OPTION]...\nA program for tests.\n"), o.out);
	assert_non_null(strstr(o.out, "(/etc/test-mc.conf)"));
	assert_non_null(strstr(o.out, "--set SECTION.KEY=VALUE"));
	assert_string_equal(o.err, "");
	sb_cli_fini(&o.cli);
}

static void
assert_refused(struct outcome *o, const char *reason)
{
	assert_int_equal(o->cli.action, SB_CLI_EXIT);
	assert_int_equal(o->cli.status, 2);
	assert_non_null(strstr(o->err, reason));
	assert_non_null(strstr(o->err, "Try 'test-mc --help'."));
	assert_string_equal(o->out, "");
	sb_cli_fini(&o->cli);
}

static void
test_a_wrong_command_line_ends_with_2(void **state)
{
	struct sb_cli_program bare = {.name = "test-mc", .text = ""};
	const char *argv[] = {"test-mc", "-t", NULL};
	struct outcome o;

	(void)state;
	RUN(&o, "--sat", "a.b=c");
	assert_refused(&o, "unrecognized option '--sat'");
	RUN(&o, "-c");
	assert_refused(&o, "option requires an argument -- 'c'");
	RUN(&o, "--set");
	assert_refused(&o, "option '--set' requires an argument");
	RUN(&o, "x.conf");
	assert_refused(&o, "unexpected argument 'x.conf'");
	run(&o, &bare, 2, argv);
	assert_refused(&o, "which configuration? -c FILE");
}

static cfg_opt_t options[] = {CFG_INT("threads", 4, CFGF_NONE), CFG_END()};
static const struct sb_config_rule rules[] = {SB_RULE_INTEGER("threads", 1, 9), SB_RULE_END};
static const struct sb_config_rule *const tables[] = {rules, NULL};

static int
load(const char *set, char *text, size_t capacity)
{
	struct sb_config_errors errors = sb_config_errors_to_stderr();
	const char *overrides[] = {set};
	struct sb_cli cli = {.config = "/dev/null", .overrides = overrides, .override_count = 1};
	struct sb_config *config = NULL;
	int out, err, status;

	fflush(NULL);
	out = divert(STDOUT_FILENO);
	err = divert(STDERR_FILENO);
	sb_cli_load(&cli, options, tables, &errors, &config);
	status = sb_cli_checked(&errors);
	fflush(NULL);
	restore(STDERR_FILENO, err, text, capacity);
	if (!*text)
		restore(STDOUT_FILENO, out, text, capacity);
	else
		restore(STDOUT_FILENO, out, (char[1]){0}, 1);
	sb_config_free(config);
	return status;
}

static void
test_check_says_ok_or_what_is_wrong(void **state)
{
	char text[256];

	(void)state;
	assert_int_equal(load("threads=3", text, sizeof(text)), 0);
	assert_string_equal(text, "configuration ok\n");
	assert_int_equal(load("threads=10", text, sizeof(text)), 1);
	assert_string_equal(text, "--set threads=10: threads 10: must be 1 to 9\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_without_options_it_runs_with_the_usual_file),
		cmocka_unit_test(test_file_sets_and_check_are_read),
		cmocka_unit_test(test_version_names_the_program),
		cmocka_unit_test(test_help_goes_to_standard_output),
		cmocka_unit_test(test_a_wrong_command_line_ends_with_2),
		cmocka_unit_test(test_check_says_ok_or_what_is_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
