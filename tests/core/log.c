/* The log: golden lines, levels, the rate limit and the last words; no thread yet. */
#include "core/log.h"

#include "core/error.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define SECOND 1000000000u

struct fixture {
	struct sb_log *log;
	int fd;
	uint64_t now;
	char text[32768];
};

static uint64_t
fake_wall_ns(void *context)
{
	return ((struct fixture *)context)->now;
}

static void
open_log(struct fixture *f, enum sb_log_level level, enum sb_log_format format)
{
	struct sb_log_options options = {
		.level = level,
		.format = format,
		.limit_burst = 3,
		.limit_interval_ns = SECOND,
		.wall_ns = fake_wall_ns,
		.clock_context = f,
	};

	memset(f, 0, sizeof(*f));
	f->now = 1795201613042117999u;
	f->fd = options.fd = memfd_create("log", 0);
	f->log = sb_log_new(&options);
	assert_non_null(f->log);
}

static void
close_log(struct fixture *f)
{
	sb_log_free(f->log);
	close(f->fd);
}

/* All that was written so far. */
static const char *
written(struct fixture *f)
{
	ssize_t n = pread(f->fd, f->text, sizeof(f->text) - 1, 0);

	assert_true(n >= 0);
	f->text[n] = '\0';
	return f->text;
}

static void
test_logfmt_begins_with_time_level_and_event(void **state)
{
	struct fixture f;

	(void)state;
	open_log(&f, SB_LOG_INFO, SB_LOG_LOGFMT);
	SB_LOG_TO(f.log, INFO, "listening", "name", SB_STR("smpp"), "address",
		SB_STR("127.0.0.1:2775"));
	SB_LOG_TO(f.log, ERROR, "node.stopped");
	assert_string_equal(written(&f),
		"2026-11-20T19:06:53.042117Z INFO listening name=smpp address=127.0.0.1:2775\n"
		"2026-11-20T19:06:53.042117Z ERROR node.stopped\n");
	close_log(&f);
}

static void
test_json_is_one_object_a_line(void **state)
{
	struct fixture f;

	(void)state;
	open_log(&f, SB_LOG_INFO, SB_LOG_JSON);
	SB_LOG_TO(f.log, WARNING, "smpp.bound", "system_id", SB_STR("al\"ice"), "windows",
		SB_UINT(10));
	SB_LOG_TO(f.log, INFO, "bare");
	assert_string_equal(written(&f),
		"{\"time\":\"2026-11-20T19:06:53.042117Z\",\"level\":\"warning\","
		"\"event\":\"smpp.bound\",\"system_id\":\"al\\\"ice\",\"windows\":10}\n"
		"{\"time\":\"2026-11-20T19:06:53.042117Z\",\"level\":\"info\",\"event\":\"bare\"}"
		"\n");
	close_log(&f);
}

static void
test_journal_lines_begin_with_the_priority(void **state)
{
	struct fixture f;

	(void)state;
	open_log(&f, SB_LOG_DEBUG, SB_LOG_JOURNAL);
	SB_LOG_TO(f.log, DEBUG, "a", "n", SB_INT(1));
	SB_LOG_TO(f.log, INFO, "b");
	SB_LOG_TO(f.log, WARNING, "c");
	SB_LOG_TO(f.log, ERROR, "d");
	assert_string_equal(written(&f), "<7>a n=1\n<6>b\n<4>c\n<3>d\n");
	close_log(&f);
}

static void
test_context_comes_before_the_pairs(void **state)
{
	struct sb_field context[] = {{"shard", SB_UINT(2)}, {"peer", SB_STR("192.0.2.1:9")}};
	struct fixture f;

	(void)state;
	open_log(&f, SB_LOG_INFO, SB_LOG_JOURNAL);
	sb_log_write_with(f.log, SB_LOG_INFO, "smpp.bound", context, 2, "system_id",
		SB_STR("alice"), (const char *)NULL);
	assert_string_equal(
		written(&f), "<6>smpp.bound shard=2 peer=192.0.2.1:9 system_id=alice\n");
	close_log(&f);
}

static void
test_dates_are_right_around_leap_days_and_centuries(void **state)
{
	static const struct {
		uint64_t seconds;
		const char *date;
	} dates[] = {
		{0, "1970-01-01T00:00:00.000000Z"},
		{951782399, "2000-02-28T23:59:59.000000Z"},
		{951782400, "2000-02-29T00:00:00.000000Z"},
		{951868800, "2000-03-01T00:00:00.000000Z"},
		{1709164800, "2024-02-29T00:00:00.000000Z"},
		{1735689599, "2024-12-31T23:59:59.000000Z"},
		{1735689600, "2025-01-01T00:00:00.000000Z"},
		{4107542399, "2100-02-28T23:59:59.000000Z"},
		{4107542400, "2100-03-01T00:00:00.000000Z"},
	};
	struct fixture f;

	(void)state;
	for (size_t i = 0; i < sizeof(dates) / sizeof(dates[0]); i++) {
		open_log(&f, SB_LOG_INFO, SB_LOG_LOGFMT);
		f.now = dates[i].seconds * SECOND;
		SB_LOG_TO(f.log, INFO, "e");
		assert_memory_equal(written(&f), dates[i].date, strlen(dates[i].date));
		close_log(&f);
	}
}

static void
test_a_level_that_is_off_evaluates_nothing(void **state)
{
	struct fixture f;
	int evaluated = 0;

	(void)state;
	open_log(&f, SB_LOG_WARNING, SB_LOG_JOURNAL);
	SB_LOG_TO(f.log, DEBUG, "x", "n", SB_INT(++evaluated));
	SB_LOG_TO(f.log, INFO, "x", "n", SB_INT(++evaluated));
	SB_LOG_LIMITED_TO(f.log, INFO, "x", "n", SB_INT(++evaluated));
	assert_int_equal(evaluated, 0);
	sb_log_set_level(f.log, SB_LOG_DEBUG);
	SB_LOG_TO(f.log, DEBUG, "x", "n", SB_INT(++evaluated));
	assert_int_equal(evaluated, 1);
	assert_string_equal(written(&f), "<7>x n=1\n");
	close_log(&f);
}

static void
test_no_log_takes_everything_and_says_nothing(void **state)
{
	int evaluated = 0;

	(void)state;
	SB_LOG_TO(NULL, ERROR, "x", "n", SB_INT(++evaluated));
	SB_LOG_LIMITED_TO(NULL, ERROR, "x", "n", SB_INT(++evaluated));
	assert_int_equal(evaluated, 0);
	sb_log_write(NULL, SB_LOG_ERROR, "x", (const char *)NULL);
	sb_log_set_level(NULL, SB_LOG_DEBUG);
	sb_log_flush(NULL);
	sb_log_stop(NULL);
	sb_log_free(NULL);
	assert_int_equal(sb_log_start(NULL), 0);
	assert_int_equal(sb_log_dropped(NULL), 0);
	assert_false(sb_log_allow(NULL, "x"));
}

static void
test_a_line_over_the_bound_is_truncated_by_pair(void **state)
{
	char value[1000];
	struct fixture f;
	const char *text;

	(void)state;
	memset(value, 'v', sizeof(value));
	open_log(&f, SB_LOG_INFO, SB_LOG_JOURNAL);
	SB_LOG_TO(f.log, INFO, "e", "a", SB_BYTES(sb_bytes(value, 1000)), "b",
		SB_BYTES(sb_bytes(value, 1000)), "c", SB_BYTES(sb_bytes(value, 1000)), "d",
		SB_BYTES(sb_bytes(value, 1000)), "e", SB_BYTES(sb_bytes(value, 1000)));
	text = written(&f);
	assert_true(strlen(text) <= SB_LOG_LINE_MAX);
	assert_non_null(strstr(text, " d=vvv"));
	assert_null(strstr(text, " e=vvv"));
	assert_string_equal(text + strlen(text) - 16, " truncated=true\n");
	close_log(&f);
}

static void
test_a_peer_cannot_forge_a_line(void **state)
{
	struct fixture f;

	(void)state;
	open_log(&f, SB_LOG_INFO, SB_LOG_JOURNAL);
	SB_LOG_TO(f.log, INFO, "e", "id", SB_STR("x\n<6>forged ok=true"));
	assert_string_equal(written(&f), "<6>e id=\"x\\n<6>forged ok=true\"\n");
	close_log(&f);
}

static void
log_flood(struct fixture *f, int lines)
{
	for (int i = 0; i < lines; i++)
		SB_LOG_LIMITED_TO(f->log, INFO, "flood", "i", SB_INT(i));
}

static void
test_a_flood_is_cut_to_its_burst_and_said(void **state)
{
	struct fixture f;

	(void)state;
	open_log(&f, SB_LOG_INFO, SB_LOG_JOURNAL);
	log_flood(&f, 100);
	assert_string_equal(written(&f), "<6>flood i=0\n<6>flood i=1\n<6>flood i=2\n");
	f.now += SECOND;
	log_flood(&f, 2);
	assert_string_equal(written(&f), "<6>flood i=0\n<6>flood i=1\n<6>flood i=2\n"
					 "<4>log.suppressed name=flood count=97\n<6>flood i=0\n");
	close_log(&f);
}

static void
test_flush_says_what_was_suppressed(void **state)
{
	struct fixture f;

	(void)state;
	open_log(&f, SB_LOG_INFO, SB_LOG_JOURNAL);
	log_flood(&f, 5);
	sb_log_flush(f.log);
	assert_non_null(strstr(written(&f), "<4>log.suppressed name=flood count=2\n"));
	close_log(&f);
}

static void
test_the_rate_holds_over_time(void **state)
{
	struct fixture f;
	unsigned allowed = 0;

	(void)state;
	open_log(&f, SB_LOG_INFO, SB_LOG_JOURNAL);
	for (int i = 0; i < 1000; i++, f.now += SECOND / 10)
		allowed += sb_log_allow(f.log, "event");
	assert_in_range(allowed, 3 + 98, 3 + 100);
	f.now += 100 * (uint64_t)SECOND;
	allowed = 0;
	for (int i = 0; i < 10; i++)
		allowed += sb_log_allow(f.log, "event");
	assert_int_equal(allowed, 3);
	close_log(&f);
}

static void
test_events_have_buckets_of_their_own(void **state)
{
	struct fixture f;

	(void)state;
	open_log(&f, SB_LOG_INFO, SB_LOG_JOURNAL);
	log_flood(&f, 10);
	SB_LOG_LIMITED_TO(f.log, INFO, "other.event");
	assert_non_null(strstr(written(&f), "<6>other.event\n"));
	close_log(&f);
}

static void
test_more_events_than_buckets_share_the_last(void **state)
{
	static char names[200][16];
	struct fixture f;
	unsigned allowed = 0;

	(void)state;
	open_log(&f, SB_LOG_INFO, SB_LOG_JOURNAL);
	for (unsigned i = 0; i < 200; i++) {
		snprintf(names[i], sizeof(names[i]), "event.%u", i);
		allowed += sb_log_allow(f.log, names[i]);
	}
	assert_int_equal(allowed, 127 + 3);
	sb_log_flush(f.log);
	assert_non_null(strstr(written(&f), "log.suppressed name=other count=70"));
	close_log(&f);
}

static void
test_a_clock_set_back_does_not_silence_an_event(void **state)
{
	struct fixture f;

	(void)state;
	open_log(&f, SB_LOG_INFO, SB_LOG_JOURNAL);
	log_flood(&f, 10);
	assert_false(sb_log_allow(f.log, "flood"));
	f.now -= 3600u * (uint64_t)SECOND;
	assert_true(sb_log_allow(f.log, "flood"));
	close_log(&f);
}

static void
test_a_descriptor_that_fails_counts_what_is_lost(void **state)
{
	struct sb_log_options options = {.fd = -1};
	struct sb_log *log = sb_log_new(&options);
	int fds[2];

	(void)state;
	SB_LOG_TO(log, INFO, "lost");
	assert_int_equal(sb_log_dropped(log), 1);
	sb_log_free(log);
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(pipe(fds), 0);
	close(fds[0]);
	options.fd = fds[1];
	log = sb_log_new(&options);
	SB_LOG_TO(log, INFO, "lost");
	assert_int_equal(sb_log_dropped(log), 1);
	sb_log_free(log);
	close(fds[1]);
}

/* What a child that ends by sb_fatal writes to its standard error, and its status. */
static int
fatal_in_a_child(bool has_log, char *text, size_t capacity)
{
	struct sb_log_options options = {.fd = STDERR_FILENO, .format = SB_LOG_JOURNAL};
	int fds[2], status;
	ssize_t n;
	pid_t child;

	assert_int_equal(pipe(fds), 0);
	child = fork();
	if (child == 0) {
		dup2(fds[1], STDERR_FILENO);
		sb_fatal(has_log ? sb_log_new(&options) : NULL, "start.failed", "error",
			SB_ERR(SB_ENOMEM), (const char *)NULL);
	}
	close(fds[1]);
	assert_int_equal(waitpid(child, &status, 0), child);
	n = read(fds[0], text, capacity - 1);
	assert_true(n >= 0);
	text[n] = '\0';
	close(fds[0]);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void
test_fatal_writes_the_line_and_exits_with_1(void **state)
{
	char text[4096];

	(void)state;
	assert_int_equal(fatal_in_a_child(true, text, sizeof(text)), 1);
	assert_string_equal(text, "<2>start.failed error=SB_ENOMEM\n");
	assert_int_equal(fatal_in_a_child(false, text, sizeof(text)), 1);
	assert_non_null(strstr(text, " FATAL start.failed error=SB_ENOMEM\n"));
}

static void
test_names_of_levels_and_formats_read_back(void **state)
{
	enum sb_log_level level;
	enum sb_log_format format;

	(void)state;
	for (int i = SB_LOG_DEBUG; i <= SB_LOG_FATAL; i++) {
		assert_int_equal(
			sb_log_level_parse(sb_log_level_name((enum sb_log_level)i), &level), 0);
		assert_int_equal(level, i);
	}
	for (int i = SB_LOG_LOGFMT; i <= SB_LOG_JOURNAL; i++) {
		assert_int_equal(
			sb_log_format_parse(sb_log_format_name((enum sb_log_format)i), &format), 0);
		assert_int_equal(format, i);
	}
	assert_int_equal(sb_log_level_parse("loud", &level), SB_ENOENT);
	assert_int_equal(sb_log_format_parse("xml", &format), SB_ENOENT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_logfmt_begins_with_time_level_and_event),
		cmocka_unit_test(test_json_is_one_object_a_line),
		cmocka_unit_test(test_journal_lines_begin_with_the_priority),
		cmocka_unit_test(test_context_comes_before_the_pairs),
		cmocka_unit_test(test_dates_are_right_around_leap_days_and_centuries),
		cmocka_unit_test(test_a_level_that_is_off_evaluates_nothing),
		cmocka_unit_test(test_no_log_takes_everything_and_says_nothing),
		cmocka_unit_test(test_a_line_over_the_bound_is_truncated_by_pair),
		cmocka_unit_test(test_a_peer_cannot_forge_a_line),
		cmocka_unit_test(test_a_flood_is_cut_to_its_burst_and_said),
		cmocka_unit_test(test_flush_says_what_was_suppressed),
		cmocka_unit_test(test_the_rate_holds_over_time),
		cmocka_unit_test(test_events_have_buckets_of_their_own),
		cmocka_unit_test(test_more_events_than_buckets_share_the_last),
		cmocka_unit_test(test_a_clock_set_back_does_not_silence_an_event),
		cmocka_unit_test(test_a_descriptor_that_fails_counts_what_is_lost),
		cmocka_unit_test(test_fatal_writes_the_line_and_exits_with_1),
		cmocka_unit_test(test_names_of_levels_and_formats_read_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
