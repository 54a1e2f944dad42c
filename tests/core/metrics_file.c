/* The metrics of a node as a file. */
#include "core/metrics_file.h"
#include "core/error.h"
#include "core/node.h"
#include "core/session.h"
#include "tests/core/lab.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEADLINE_NS INT64_C(20000000000)
#define TURN_NS     10000000

struct fixture {
	struct sb_node *node;
	struct sb_log *log;
	struct sb_counter *counter;
	int log_lines[2];
	char folder[64], path[80];
};

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct sb_log_options log = {.level = SB_LOG_INFO, .format = SB_LOG_LOGFMT};
	struct sb_node_options options = {.threads = 1};

	snprintf(f->folder, sizeof(f->folder), "/tmp/sb-metrics-XXXXXX");
	assert_non_null(mkdtemp(f->folder));
	snprintf(f->path, sizeof(f->path), "%s/node.prom", f->folder);
	assert_int_equal(pipe2(f->log_lines, O_NONBLOCK), 0);
	log.fd = f->log_lines[1];
	f->log = sb_log_new(&log);
	options.log = f->log;
	assert_int_equal(sb_node_new(&f->node, &options), 0);
	f->counter = sb_metrics_counter(
		sb_node_metrics(f->node), "test_total", "Of the test.", (const char *)NULL);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	sb_node_free(f->node);
	sb_log_free(f->log);
	close(f->log_lines[0]);
	close(f->log_lines[1]);
	unlink(f->path);
	assert_int_equal(rmdir(f->folder), 0); /* no temporary file is left */
	free(f);
	return 0;
}

/* Whether the file is there and has the line. */
static bool
has_line(const struct fixture *f, const char *line)
{
	static char text[1 << 20];
	FILE *file = fopen(f->path, "r");
	size_t size;

	if (!file)
		return false;
	size = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[size] = '\0';
	return strstr(text, line) != NULL;
}

static void
turn_until_line(struct fixture *f, const char *line)
{
	uint64_t until = sb_env_system()->now(NULL) + DEADLINE_NS;

	while (!has_line(f, line)) {
		assert_true(sb_env_system()->now(NULL) < until);
		sb_node_turn(f->node, 0, TURN_NS);
	}
}

static void
stop(struct fixture *f)
{
	uint64_t until = sb_env_system()->now(NULL) + DEADLINE_NS;

	sb_node_stop(f->node);
	while (!sb_node_is_stopped(f->node)) {
		assert_true(sb_env_system()->now(NULL) < until);
		sb_node_turn(f->node, 0, TURN_NS);
	}
}

static void
test_the_file_is_written_again_at_each_interval(void **state)
{
	struct fixture *f = *state;
	struct sb_metrics_file_options options = {.path = f->path, .interval_ms = 20};

	assert_int_equal(sb_metrics_file_start(f->node, &options), 0);
	turn_until_line(f, "\ntest_total 0\n");
	sb_counter_add(f->counter, 0, 7);
	turn_until_line(f, "\ntest_total 7\n");
	stop(f);
}

static void
test_the_last_state_is_written_when_the_node_stops(void **state)
{
	struct fixture *f = *state;
	struct sb_metrics_file_options options = {.path = f->path};

	assert_int_equal(sb_metrics_file_start(f->node, &options), 0);
	turn_until_line(f, "\ntest_total 0\n");
	sb_counter_add(f->counter, 0, 3);
	stop(f);
	assert_true(has_line(f, "\ntest_total 3\n"));
}

/* How often the log has named the trouble so far. */
static unsigned
count_said(struct fixture *f)
{
	static char lines[65536];
	static size_t size;
	ssize_t got = read(f->log_lines[0], lines + size, sizeof(lines) - 1 - size);
	unsigned count = 0;

	if (got > 0)
		size += (size_t)got;
	lines[size] = '\0';
	for (char *at = lines; (at = strstr(at, "metrics.file_failed")); at++)
		count++;
	return count;
}

static void
test_trouble_is_said_once_and_tried_again(void **state)
{
	struct fixture *f = *state;
	struct sb_metrics_file_options options = {.path = f->path, .interval_ms = 1};

	/* A folder in its place: nothing can be renamed to it. */
	assert_int_equal(mkdir(f->path, 0700), 0);
	assert_int_equal(sb_metrics_file_start(f->node, &options), 0);
	while (count_said(f) == 0)
		sb_node_turn(f->node, 0, TURN_NS);
	/* A few more times of trouble. */
	for (int i = 0; i < 20; i++)
		sb_node_turn(f->node, 0, 2000000);
	assert_int_equal(rmdir(f->path), 0);
	turn_until_line(f, "\ntest_total 0\n");
	stop(f);
	assert_int_equal(count_said(f), 1);
}

static void
test_a_path_must_be_there_and_fit(void **state)
{
	struct fixture *f = *state;
	static char path[8000];
	struct sb_metrics_file_options options = {0};

	assert_int_equal(sb_metrics_file_start(f->node, &options), SB_EINVAL);
	options.path = "";
	assert_int_equal(sb_metrics_file_start(f->node, &options), SB_EINVAL);
	memset(path, 'a', sizeof(path) - 1);
	options.path = path;
	assert_int_equal(sb_metrics_file_start(f->node, &options), SB_EINVAL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_the_file_is_written_again_at_each_interval, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_the_last_state_is_written_when_the_node_stops, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_trouble_is_said_once_and_tried_again, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_path_must_be_there_and_fit, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
