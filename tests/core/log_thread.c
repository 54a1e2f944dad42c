/* The log with its thread: nothing lost that fits, what does not fit is counted, nobody waits. */
#include "core/log.h"

#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define WRITERS 4
#define LINES   500

static struct sb_log *
started_log(int fd, size_t buffer_bytes)
{
	struct sb_log_options options = {
		.fd = fd, .format = SB_LOG_JOURNAL, .buffer_bytes = buffer_bytes};
	struct sb_log *log = sb_log_new(&options);

	assert_non_null(log);
	assert_int_equal(sb_log_start(log), 0);
	return log;
}

struct writer {
	struct sb_log *log;
	unsigned id;
	pthread_t thread;
};

static void *
write_lines(void *argument)
{
	struct writer *w = argument;

	for (unsigned i = 0; i < LINES; i++)
		SB_LOG_TO(w->log, INFO, "line", "writer", SB_UINT(w->id), "n", SB_UINT(i));
	return NULL;
}

static void
run_writers(struct sb_log *log)
{
	struct writer writers[WRITERS];

	for (unsigned i = 0; i < WRITERS; i++) {
		writers[i] = (struct writer){.log = log, .id = i};
		assert_int_equal(
			pthread_create(&writers[i].thread, NULL, write_lines, &writers[i]), 0);
	}
	for (unsigned i = 0; i < WRITERS; i++)
		pthread_join(writers[i].thread, NULL);
}

/* Every line of the file is the next one of its writer. */
static void
assert_all_lines_in_order(int fd)
{
	unsigned next[WRITERS] = {0}, writer, n;
	FILE *file = fdopen(fd, "r");
	char line[256];

	rewind(file);
	while (fgets(line, sizeof(line), file)) {
		assert_int_equal(sscanf(line, "<6>line writer=%u n=%u\n", &writer, &n), 2);
		assert_in_range(writer, 0, WRITERS - 1);
		assert_int_equal(n, next[writer]++);
	}
	for (unsigned i = 0; i < WRITERS; i++)
		assert_int_equal(next[i], LINES);
	fclose(file);
}

static void
test_lines_of_many_threads_come_whole_and_in_order(void **state)
{
	int fd = memfd_create("log", 0);
	struct sb_log *log = started_log(fd, 1 << 20);

	(void)state;
	run_writers(log);
	sb_log_flush(log);
	assert_int_equal(sb_log_dropped(log), 0);
	sb_log_free(log);
	assert_all_lines_in_order(fd);
}

static void
test_flush_waits_for_what_was_given(void **state)
{
	int fd = memfd_create("log", 0);
	struct sb_log *log = started_log(fd, 0);
	char text[64];

	(void)state;
	SB_LOG_TO(log, INFO, "one");
	sb_log_flush(log);
	assert_int_equal(pread(fd, text, sizeof(text), 0), 7);
	assert_memory_equal(text, "<6>one\n", 7);
	sb_log_free(log);
	close(fd);
}

static void
test_after_stop_lines_are_written_at_once(void **state)
{
	int fd = memfd_create("log", 0);
	struct sb_log *log = started_log(fd, 0);
	char text[64];

	(void)state;
	SB_LOG_TO(log, INFO, "one");
	sb_log_stop(log);
	SB_LOG_TO(log, INFO, "two");
	assert_int_equal(pread(fd, text, sizeof(text), 0), 14);
	assert_memory_equal(text, "<6>one\n<6>two\n", 14);
	assert_int_equal(sb_log_start(log), 0);
	SB_LOG_TO(log, INFO, "three");
	sb_log_free(log);
	assert_int_equal(pread(fd, text, sizeof(text), 0), 23);
	close(fd);
}

static double
seconds_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Reads lines until the ones that came and the ones said to be dropped are all there are. */
static void
account_for(int fd, unsigned given)
{
	FILE *file = fdopen(dup(fd), "r");
	unsigned lines = 0, dropped = 0, n;
	char line[256];

	while (lines + dropped < given && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "<4>log.dropped count=%u\n", &n) == 1)
			dropped += n;
		else if (strcmp(line, "<6>line of=\"some twenty octets\"\n") == 0)
			lines++;
		else
			fail_msg("not one of ours: %s", line);
	}
	assert_int_equal(lines + dropped, given);
	assert_true(dropped > 0);
	fclose(file);
}

static void
test_a_full_buffer_drops_at_once_and_says_how_many(void **state)
{
	struct sb_log *log;
	double begin;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	log = started_log(fds[1], 16384);
	begin = seconds_now();
	for (unsigned i = 0; i < 20000; i++)
		SB_LOG_TO(log, INFO, "line", "of", SB_STR("some twenty octets"));
	assert_true(seconds_now() - begin < 30);
	assert_true(sb_log_dropped(log) > 0);
	account_for(fds[0], 20000);
	sb_log_free(log);
	close(fds[0]);
	close(fds[1]);
}

static void
test_stop_gives_up_on_a_reader_that_has_stopped_reading(void **state)
{
	struct sb_log *log;
	double begin;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	log = started_log(fds[1], 0);
	for (unsigned i = 0; i < 4000; i++)
		SB_LOG_TO(log, INFO, "line", "of", SB_STR("some twenty octets"));
	begin = seconds_now();
	sb_log_stop(log);
	assert_true(seconds_now() - begin < 30);
	assert_true(sb_log_dropped(log) > 0);
	sb_log_free(log);
	close(fds[0]);
	close(fds[1]);
}

static void
test_the_thread_says_what_was_suppressed_without_being_asked(void **state)
{
	struct sb_log_options options = {
		.format = SB_LOG_JOURNAL, .limit_burst = 1, .limit_interval_ns = 3600000000000u};
	struct sb_log *log;
	char text[256] = "";
	size_t size = 0;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	options.fd = fds[1];
	log = sb_log_new(&options);
	assert_int_equal(sb_log_start(log), 0);
	for (int i = 0; i < 8; i++)
		SB_LOG_LIMITED_TO(log, INFO, "flood");
	while (!strstr(text, "<4>log.suppressed name=flood count=7\n")) {
		ssize_t n = read(fds[0], text + size, sizeof(text) - 1 - size);

		assert_true(n > 0);
		size += (size_t)n;
	}
	sb_log_free(log);
	close(fds[0]);
	close(fds[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines_of_many_threads_come_whole_and_in_order),
		cmocka_unit_test(test_flush_waits_for_what_was_given),
		cmocka_unit_test(test_after_stop_lines_are_written_at_once),
		cmocka_unit_test(test_a_full_buffer_drops_at_once_and_says_how_many),
		cmocka_unit_test(test_stop_gives_up_on_a_reader_that_has_stopped_reading),
		cmocka_unit_test(test_the_thread_says_what_was_suppressed_without_being_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
