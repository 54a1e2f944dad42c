/* Buckets: where values go, how far a percentile may be from the truth. */
#include "core/distribution.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void
test_buckets_cover_all_values_without_gap_or_overlap(void **state)
{
	uint64_t next = 0;

	(void)state;
	for (unsigned octave = 0; octave < SB_DISTRIBUTION_OCTAVES; octave++)
		for (unsigned step = 0; step < SB_DISTRIBUTION_STEPS; step++) {
			struct sb_bucket b = {octave, step};

			assert_int_equal(sb_bucket_low(b), next);
			assert_int_equal(sb_bucket_of(sb_bucket_low(b)).octave, octave);
			assert_int_equal(sb_bucket_of(sb_bucket_low(b)).step, step);
			assert_int_equal(sb_bucket_of(sb_bucket_high(b)).octave, octave);
			assert_int_equal(sb_bucket_of(sb_bucket_high(b)).step, step);
			next = sb_bucket_high(b) + 1;
		}
	assert_int_equal(next, 0); /* after UINT64_MAX */
}

static void
test_a_bucket_is_at_most_3_percent_wide_from_its_middle(void **state)
{
	(void)state;
	for (unsigned octave = 1; octave < SB_DISTRIBUTION_OCTAVES; octave++)
		for (unsigned step = 0; step < SB_DISTRIBUTION_STEPS; step++) {
			struct sb_bucket b = {octave, step};
			double low = (double)sb_bucket_low(b), high = (double)sb_bucket_high(b);

			assert_true((high - low) / 2 <= low * 0.03);
		}
}

static int
compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* Values over nine powers of ten, each as likely. */
static uint64_t
any_value(uint64_t *seed)
{
	uint64_t value;

	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	value = *seed >> 33;
	for (uint64_t n = *seed % 31; n; n--)
		value /= 2;
	return value;
}

static void
test_percentiles_are_within_3_percent_of_the_sorted_truth(void **state)
{
	static const double percents[] = {1, 10, 25, 50, 75, 90, 99, 99.9, 100};
	static struct sb_distribution d;
	static uint64_t values[20000];
	uint64_t seed = 7;

	(void)state;
	for (size_t i = 0; i < 20000; i++) {
		values[i] = any_value(&seed);
		sb_distribution_add(&d, values[i]);
	}
	qsort(values, 20000, sizeof(values[0]), compare);
	for (size_t i = 0; i < sizeof(percents) / sizeof(percents[0]); i++) {
		size_t rank = (size_t)(20000 * percents[i] / 100 + 0.999999);
		double truth = (double)values[rank - 1];
		double told = (double)sb_distribution_percentile(&d, percents[i]);

		assert_true(told >= truth * 0.97 && told <= truth * 1.03);
	}
}

static void
test_small_values_are_exact(void **state)
{
	static struct sb_distribution d;

	(void)state;
	for (uint64_t i = 1; i <= 20; i++)
		sb_distribution_add(&d, i);
	assert_int_equal(sb_distribution_percentile(&d, 50), 10);
	assert_int_equal(sb_distribution_percentile(&d, 95), 19);
	assert_int_equal(sb_distribution_percentile(&d, 100), 20);
	assert_int_equal(sb_distribution_percentile(&d, 0), 1);
	assert_true(sb_distribution_mean(&d) == 10.5);
}

static void
test_no_percentile_is_above_the_largest_value(void **state)
{
	static struct sb_distribution d;

	(void)state;
	sb_distribution_add(&d, 1000000);
	assert_int_equal(sb_distribution_percentile(&d, 50), 1000000);
	sb_distribution_add(&d, UINT64_MAX);
	assert_true(sb_distribution_percentile(&d, 100) > UINT64_MAX / 100 * 97);
}

static void
test_empty_answers_zero(void **state)
{
	static struct sb_distribution d;

	(void)state;
	assert_int_equal(sb_distribution_percentile(&d, 50), 0);
	assert_true(sb_distribution_mean(&d) == 0);
}

static void
test_a_merge_is_as_if_all_were_added_to_one(void **state)
{
	static struct sb_distribution a, b, both;
	uint64_t seed = 3;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		uint64_t value = any_value(&seed);

		sb_distribution_add(i % 3 ? &a : &b, value);
		sb_distribution_add(&both, value);
	}
	sb_distribution_merge(&a, &b);
	assert_memory_equal(&a, &both, sizeof(both));
}

static void
test_a_value_added_many_times_is_as_many_values(void **state)
{
	static struct sb_distribution one_by_one, at_once;

	(void)state;
	for (int i = 0; i < 7; i++)
		sb_distribution_add(&one_by_one, 1000);
	sb_distribution_add_times(&at_once, 1000, 7);
	sb_distribution_add_times(&at_once, 2000, 0);
	assert_memory_equal(&one_by_one, &at_once, sizeof(at_once));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_value_added_many_times_is_as_many_values),
		cmocka_unit_test(test_buckets_cover_all_values_without_gap_or_overlap),
		cmocka_unit_test(test_a_bucket_is_at_most_3_percent_wide_from_its_middle),
		cmocka_unit_test(test_percentiles_are_within_3_percent_of_the_sorted_truth),
		cmocka_unit_test(test_small_values_are_exact),
		cmocka_unit_test(test_no_percentile_is_above_the_largest_value),
		cmocka_unit_test(test_empty_answers_zero),
		cmocka_unit_test(test_a_merge_is_as_if_all_were_added_to_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
