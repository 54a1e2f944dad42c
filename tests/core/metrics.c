/* Counters, gauges, histograms: who may write and read, and the text that is shown. */
#include "core/metrics.h"

#include "core/error.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SHARDS 4
#define ROUNDS 20000

static struct sb_metrics *
new_metrics(void)
{
	struct sb_metrics *m = sb_metrics_new(SHARDS);

	assert_non_null(m);
	return m;
}

static void
assert_text(struct sb_metrics *m, const char *expected)
{
	char *text;
	size_t size;

	assert_int_equal(sb_metrics_text(m, &text, &size), 0);
	assert_string_equal(text, expected);
	assert_int_equal(size, strlen(expected));
	free(text);
	sb_metrics_free(m);
}

static void
test_a_counter_is_the_sum_of_its_shards(void **state)
{
	struct sb_metrics *m = new_metrics();
	struct sb_counter *c = sb_metrics_counter(m, "sb_turns_total", "Turns.", NULL);

	(void)state;
	sb_counter_add(c, 0, 1);
	sb_counter_add(c, 3, 10);
	sb_counter_add(c, 3, 10);
	sb_counter_add_shared(c, 100);
	assert_int_equal(sb_counter_value(c), 121);
	assert_text(m, "# HELP sb_turns_total Turns.\n# TYPE sb_turns_total counter\n"
		       "sb_turns_total 121\n");
}

static void
test_a_gauge_goes_up_and_down(void **state)
{
	struct sb_metrics *m = new_metrics();
	struct sb_gauge *g = sb_metrics_gauge(m, "sb_sessions", "Sessions.", NULL);

	(void)state;
	sb_gauge_set(g, 0, 5);
	sb_gauge_add(g, 0, -7);
	sb_gauge_add(g, 1, -1);
	sb_gauge_add_shared(g, -2);
	assert_int_equal(sb_gauge_value(g), -5);
	assert_text(m, "# HELP sb_sessions Sessions.\n# TYPE sb_sessions gauge\nsb_sessions -5\n");
}

static void
test_the_same_name_and_labels_are_the_same_series(void **state)
{
	struct sb_metrics *m = new_metrics();
	char name[] = "x_total", label[] = "smpp";
	struct sb_counter *a = sb_metrics_counter(m, name, "X.", "listener", label, NULL);
	struct sb_counter *b = sb_metrics_counter(m, name, "X.", "listener", "http", NULL);

	(void)state;
	memset(label, '?', 4); /* copied: the caller's may go */
	memset(name, '?', 7);
	assert_ptr_equal(sb_metrics_counter(m, "x_total", "X.", "listener", "smpp", NULL), a);
	assert_ptr_not_equal(a, b);
	sb_counter_add(a, 0, 1);
	sb_counter_add(b, 0, 2);
	assert_text(m, "# HELP x_total X.\n# TYPE x_total counter\n"
		       "x_total{listener=\"smpp\"} 1\nx_total{listener=\"http\"} 2\n");
}

static void
test_families_stay_together_in_the_order_of_registration(void **state)
{
	struct sb_metrics *m = new_metrics();

	(void)state;
	sb_metrics_counter(m, "b_total", "B.", "r", "1", "s", "x", NULL);
	sb_metrics_gauge(m, "a", "A.", NULL);
	sb_metrics_counter(m, "b_total", "B.", "r", "2", "s", "x", NULL);
	assert_text(m, "# HELP b_total B.\n# TYPE b_total counter\n"
		       "b_total{r=\"1\",s=\"x\"} 0\nb_total{r=\"2\",s=\"x\"} 0\n"
		       "# HELP a A.\n# TYPE a gauge\na 0\n");
}

static void
test_label_values_are_escaped(void **state)
{
	struct sb_metrics *m = new_metrics();

	(void)state;
	sb_metrics_gauge(m, "g", "G.", "v", "a\"b\\c\nd\x01\xff\xc3\xbc", NULL);
	assert_text(m, "# HELP g G.\n# TYPE g gauge\ng{v=\"a\\\"b\\\\c\\nd??\xc3\xbc\"} 0\n");
}

static void
test_labels_that_are_too_long_count_unseen(void **state)
{
	struct sb_metrics *m = new_metrics();
	struct sb_counter *c;
	char value[2000];

	(void)state;
	memset(value, 'v', sizeof(value) - 1);
	value[sizeof(value) - 1] = '\0';
	c = sb_metrics_counter(m, "c_total", "C.", "v", value, NULL);
	sb_counter_add(c, SHARDS - 1, 1);
	sb_counter_add_shared(c, 1);
	sb_histogram_record(
		sb_metrics_histogram(m, SB_UNIT_COUNT, "h", "H.", "v", value, NULL), 0, 1);
	assert_text(m, "");
}

static int64_t
read_int(void *context)
{
	return *(int *)context;
}

static uint64_t
read_natural(void *context)
{
	return (uint64_t) * (int *)context;
}

static void
test_series_may_be_read_from_elsewhere(void **state)
{
	struct sb_metrics *m = new_metrics();
	int value = -3, count = 9;

	(void)state;
	sb_metrics_gauge_read(m, read_int, &value, "g", "G.", NULL);
	sb_metrics_counter_read(m, read_natural, &count, "c_total", "C.", "k", "v", NULL);
	value--;
	assert_text(m, "# HELP g G.\n# TYPE g gauge\ng -4\n"
		       "# HELP c_total C.\n# TYPE c_total counter\nc_total{k=\"v\"} 9\n");
}

static void
test_cells_of_two_shards_share_no_cache_line(void **state)
{
	struct sb_metrics *m = new_metrics();

	(void)state;
	for (int i = 0; i < 200; i++) {
		char name[32];
		struct sb_counter *c;

		snprintf(name, sizeof(name), "c%d_total", i);
		c = sb_metrics_counter(m, name, "C.", NULL);
		for (unsigned shard = 0; shard < SHARDS; shard++) {
			uintptr_t here = (uintptr_t)&c->cells[shard * SB_METRICS_RUN];
			uintptr_t next = (uintptr_t)&c->cells[(shard + 1) * SB_METRICS_RUN];

			assert_int_not_equal(here / 64, next / 64);
		}
		sb_counter_add(c, 0, (uint64_t)i);
		assert_int_equal(sb_counter_value(c), i);
	}
	sb_metrics_free(m);
}

static void
test_a_histogram_merges_its_shards(void **state)
{
	struct sb_metrics *m = new_metrics();
	struct sb_histogram *h = sb_metrics_histogram(m, SB_UNIT_COUNT, "h", "H.", NULL);
	struct sb_distribution d;

	(void)state;
	sb_histogram_read(h, &d);
	assert_int_equal(d.count, 0);
	for (uint64_t i = 1; i <= 10; i++)
		sb_histogram_record(h, (unsigned)(i % SHARDS), i);
	sb_histogram_record_shared(h, 1000000);
	sb_histogram_record_shared(h, 7);
	sb_histogram_read(h, &d);
	assert_int_equal(d.count, 12);
	assert_int_equal(d.sum, 1000062);
	assert_int_equal(d.max, 1000000);
	assert_int_equal(sb_distribution_percentile(&d, 50), 6);
	sb_metrics_free(m);
}

static void
test_a_histogram_of_counts_has_cumulative_buckets(void **state)
{
	struct sb_metrics *m = new_metrics();
	struct sb_histogram *h = sb_metrics_histogram(m, SB_UNIT_COUNT, "h", "H.", "a", "b", NULL);
	char *text;
	size_t size;

	(void)state;
	sb_histogram_record(h, 0, 0);
	sb_histogram_record(h, 0, 1);
	sb_histogram_record(h, 0, 31);
	sb_histogram_record(h, 0, 32);
	sb_histogram_record(h, 0, 64);
	sb_histogram_record(h, 0, 1 << 20);
	assert_int_equal(sb_metrics_text(m, &text, &size), 0);
	assert_non_null(strstr(text, "# TYPE h histogram\nh_bucket{a=\"b\",le=\"0\"} 1\n"
				     "h_bucket{a=\"b\",le=\"1\"} 2\n"));
	assert_non_null(strstr(text, "le=\"15\"} 2\nh_bucket{a=\"b\",le=\"31\"} 3\n"));
	assert_non_null(strstr(text, "le=\"63\"} 4\nh_bucket{a=\"b\",le=\"127\"} 5\n"));
	assert_non_null(strstr(text, "le=\"65535\"} 5\nh_bucket{a=\"b\",le=\"+Inf\"} 6\n"
				     "h_sum{a=\"b\"} 1048704\nh_count{a=\"b\"} 6\n"));
	free(text);
	sb_metrics_free(m);
}

static void
test_a_histogram_of_time_is_shown_in_seconds(void **state)
{
	struct sb_metrics *m = new_metrics();
	struct sb_histogram *h = sb_metrics_histogram(m, SB_UNIT_SECONDS, "t", "T.", NULL);
	char *text;
	size_t size;

	(void)state;
	sb_histogram_record(h, 0, 500);
	sb_histogram_record(h, 0, 2500000000);
	assert_int_equal(sb_metrics_text(m, &text, &size), 0);
	assert_non_null(strstr(text, "t_bucket{le=\"1.023e-06\"} 1\n"));
	assert_non_null(strstr(text, "t_bucket{le=\"+Inf\"} 2\nt_sum 2.500000500\nt_count 2\n"));
	free(text);
	sb_metrics_free(m);
}

static int
refuse(void *context, const char *data, size_t size)
{
	(void)data;
	(void)size;
	++*(int *)context;
	return SB_EIO;
}

static void
test_a_writer_that_fails_ends_the_writing(void **state)
{
	struct sb_metrics *m = new_metrics();
	int calls = 0;

	(void)state;
	for (int i = 0; i < 100; i++) {
		char name[32];

		snprintf(name, sizeof(name), "h%d", i);
		sb_metrics_histogram(m, SB_UNIT_OCTETS, name, "Long enough to fill a piece.", NULL);
	}
	assert_int_equal(sb_metrics_write(m, refuse, &calls), SB_EIO);
	assert_int_equal(calls, 1);
	sb_metrics_free(m);
}

struct worker {
	struct sb_metrics *m;
	unsigned shard;
	pthread_t thread;
};

/* What a shard does, with series that several find at once. */
static void *
work(void *argument)
{
	struct worker *w = argument;
	struct sb_counter *c = sb_metrics_counter(w->m, "c_total", "C.", "a", "b", NULL);
	struct sb_counter *shared = sb_metrics_counter(w->m, "s_total", "S.", NULL);
	struct sb_histogram *h = sb_metrics_histogram(w->m, SB_UNIT_COUNT, "h", "H.", NULL);

	for (uint64_t i = 0; i < ROUNDS; i++) {
		sb_counter_add(c, w->shard, 1);
		sb_counter_add_shared(shared, 1);
		sb_histogram_record(h, w->shard, i);
		sb_histogram_record_shared(h, i);
	}
	return NULL;
}

static void
test_shards_write_while_others_read(void **state)
{
	struct sb_metrics *m = new_metrics();
	struct sb_counter *c = sb_metrics_counter(m, "c_total", "C.", "a", "b", NULL);
	struct sb_counter *shared = sb_metrics_counter(m, "s_total", "S.", NULL);
	struct sb_histogram *h = sb_metrics_histogram(m, SB_UNIT_COUNT, "h", "H.", NULL);
	struct worker workers[SHARDS];
	struct sb_distribution d;
	uint64_t before = 0, now = 0;

	(void)state;
	for (unsigned i = 0; i < SHARDS; i++) {
		workers[i] = (struct worker){.m = m, .shard = i};
		assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
	}
	for (; now < SHARDS * ROUNDS; before = now) {
		char *text;
		size_t size;

		now = sb_counter_value(c);
		assert_true(now >= before);
		assert_int_equal(sb_metrics_text(m, &text, &size), 0);
		free(text);
	}
	for (unsigned i = 0; i < SHARDS; i++)
		pthread_join(workers[i].thread, NULL);
	sb_histogram_read(h, &d);
	assert_int_equal(sb_counter_value(c), SHARDS * ROUNDS);
	assert_int_equal(sb_counter_value(shared), SHARDS * ROUNDS);
	assert_int_equal(d.count, 2 * SHARDS * ROUNDS);
	assert_int_equal(d.max, ROUNDS - 1);
	sb_metrics_free(m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_counter_is_the_sum_of_its_shards),
		cmocka_unit_test(test_a_gauge_goes_up_and_down),
		cmocka_unit_test(test_the_same_name_and_labels_are_the_same_series),
		cmocka_unit_test(test_families_stay_together_in_the_order_of_registration),
		cmocka_unit_test(test_label_values_are_escaped),
		cmocka_unit_test(test_labels_that_are_too_long_count_unseen),
		cmocka_unit_test(test_series_may_be_read_from_elsewhere),
		cmocka_unit_test(test_cells_of_two_shards_share_no_cache_line),
		cmocka_unit_test(test_a_histogram_merges_its_shards),
		cmocka_unit_test(test_a_histogram_of_counts_has_cumulative_buckets),
		cmocka_unit_test(test_a_histogram_of_time_is_shown_in_seconds),
		cmocka_unit_test(test_a_writer_that_fails_ends_the_writing),
		cmocka_unit_test(test_shards_write_while_others_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
