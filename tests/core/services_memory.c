/*
 * Memory that is out, at every single allocation of the log, the metrics, the
 * configuration and the command line: an error or a spare, never a crash or a
 * leak. The linker puts the functions here between ours and the C library's.
 */
#include "core/cli.h"
#include "core/config_core.h"
#include "core/error.h"
#include "core/log.h"
#include "core/metrics.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__real_reallocarray(void *memory, size_t count, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
char *__real_strdup(const char *text);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void *__wrap_reallocarray(void *memory, size_t count, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);
char *__wrap_strdup(const char *text);

static unsigned long until_failure; /* 0: never again */

static bool
fails(void)
{
	return until_failure && --until_failure == 0;
}

void *
__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *
__wrap_calloc(size_t count, size_t size)
{
	return fails() ? NULL : __real_calloc(count, size);
}

void *
__wrap_realloc(void *memory, size_t size)
{
	return fails() ? NULL : __real_realloc(memory, size);
}

void *
__wrap_reallocarray(void *memory, size_t count, size_t size)
{
	return fails() ? NULL : __real_reallocarray(memory, count, size);
}

void *
__wrap_aligned_alloc(size_t alignment, size_t size)
{
	return fails() ? NULL : __real_aligned_alloc(alignment, size);
}

char *
__wrap_strdup(const char *text)
{
	return fails() ? NULL : __real_strdup(text);
}

/* Runs `attempt` with the first allocation failing, then the second, until one run meets no
 * failure. It says whether it succeeded, and must do so in the last run only. Returns how many runs
 * failed. */
static unsigned
fail_each(bool (*attempt)(void))
{
	for (unsigned long n = 1;; n++) {
		bool has_succeeded, has_failed;

		until_failure = n;
		has_succeeded = attempt();
		has_failed = until_failure == 0;
		until_failure = 0;
		assert_int_equal(has_succeeded, !has_failed);
		if (!has_failed)
			return (unsigned)n - 1;
	}
}

static bool
make_log(void)
{
	struct sb_log_options options = {.fd = STDERR_FILENO};
	struct sb_log *log = sb_log_new(&options);
	bool has_succeeded = log != NULL;

	sb_log_free(log);
	return has_succeeded;
}

static void
test_a_log_is_made_whole_or_not_at_all(void **state)
{
	(void)state;
	assert_int_equal(fail_each(make_log), 3);
}

static bool
make_metrics(void)
{
	struct sb_metrics *m = sb_metrics_new(2);
	bool has_succeeded = m != NULL;

	sb_metrics_free(m);
	return has_succeeded;
}

static void
test_metrics_are_made_whole_or_not_at_all(void **state)
{
	(void)state;
	assert_true(fail_each(make_metrics) >= 4);
}

/* Registers and records; true when all can be seen in the text. */
static bool
use_metrics(struct sb_metrics *m)
{
	struct sb_counter *c = sb_metrics_counter(m, "c_total", "C.", "a", "b", NULL);
	struct sb_gauge *g = sb_metrics_gauge(m, "g", "G.", NULL);
	struct sb_histogram *h = sb_metrics_histogram(m, SB_UNIT_COUNT, "h", "H.", NULL);
	struct sb_distribution d;

	sb_counter_add(c, 1, 7);
	sb_gauge_add_shared(g, 3);
	sb_histogram_record(h, 0, 100);
	sb_histogram_record_shared(h, 5);
	sb_histogram_read(h, &d);
	return sb_counter_value(c) == 7 && sb_gauge_value(g) == 3 && d.count == 2;
}

static void
test_series_without_memory_count_unseen_and_break_nothing(void **state)
{
	unsigned failures = 0;

	(void)state;
	for (bool has_failed = true; has_failed; failures++) {
		struct sb_metrics *m = sb_metrics_new(2);
		char *text;
		size_t size;

		until_failure = failures + 1;
		use_metrics(m);
		has_failed = until_failure == 0;
		until_failure = 0;
		assert_int_equal(sb_metrics_text(m, &text, &size), 0);
		free(text);
		sb_metrics_free(m);
	}
	assert_true(failures > 12);
}

static cfg_opt_t options[] = {SB_CONFIG_NODE, SB_CONFIG_LOG, SB_CONFIG_LISTENER, CFG_END()};
static const struct sb_config_rule *const tables[] = {sb_config_core_rules, NULL};
static char path[] = "/tmp/sb-memory-XXXXXX";

static void
say_nothing(struct sb_config_errors *errors, const char *text)
{
	(void)errors;
	(void)text;
}

static bool
load_configuration(void)
{
	static const char *const overrides[] = {
		"node.threads=2", "listener.b.proxy_from=::1,10.0.0.0/8"};
	struct sb_config_errors errors = {.report = say_nothing};
	struct sb_config_source source = {.path = path,
		.options = options,
		.rules = tables,
		.overrides = overrides,
		.override_count = 2};
	struct sb_listener_options listener = {0};
	struct sb_config *config;
	int error = sb_config_load(&source, &errors, &config);

	if (error)
		return false;
	error = sb_config_listener(
		config, cfg_getnsec(sb_config_root(config), "listener", 0), &listener);
	if (!error)
		sb_config_listener_fini(&listener);
	else
		assert_int_equal(error, SB_ENOMEM);
	sb_config_free(config);
	return !error;
}

static void
test_a_configuration_is_loaded_whole_or_not_at_all(void **state)
{
	static const char text[] = "listener a { address = 127.0.0.1:0 }\n"
				   "listener b { address = 127.0.0.1:0 proxy_protocol = v2 }\n";
	int fd = mkstemp(path);

	(void)state;
	assert_int_equal(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
	close(fd);
	assert_true(fail_each(load_configuration) > 15);
	unlink(path);
}

static bool
parse_command_line(void)
{
	static const struct sb_cli_program program = {.name = "x", .text = "X.", .config = "x"};
	char *argv[] = {(char *)"x", (char *)"-t", NULL};
	struct sb_cli cli;
	enum sb_cli_action action = sb_cli_parse(&cli, &program, 2, argv);
	int status = cli.status;

	sb_cli_fini(&cli);
	return action == SB_CLI_CHECK && status == 0;
}

static void
test_a_command_line_is_parsed_or_ends_the_program(void **state)
{
	(void)state;
	assert_int_equal(fail_each(parse_command_line), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_log_is_made_whole_or_not_at_all),
		cmocka_unit_test(test_metrics_are_made_whole_or_not_at_all),
		cmocka_unit_test(test_series_without_memory_count_unseen_and_break_nothing),
		cmocka_unit_test(test_a_configuration_is_loaded_whole_or_not_at_all),
		cmocka_unit_test(test_a_command_line_is_parsed_or_ends_the_program),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
