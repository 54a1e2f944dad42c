/* The histogram of the loads: exact where values are small, within 1.6 per cent where they are not.
 */
#include "tests/bench/histogram.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void
test_an_empty_histogram_says_zero(void **state)
{
	static struct histogram h;

	(void)state;
	assert_true(histogram_percentile(&h, 0.5) == 0);
	assert_true(histogram_percentile(&h, 1) == 0);
}

static void
test_small_values_are_exact(void **state)
{
	static struct histogram h;

	(void)state;
	for (uint64_t value = 1; value <= 100; value++)
		histogram_add(&h, value, 1);
	assert_true(histogram_percentile(&h, 0.5) == 50);
	assert_true(histogram_percentile(&h, 0.99) == 99);
	assert_true(histogram_percentile(&h, 1) == 100);
}

static void
test_any_value_is_known_within_its_bucket(void **state)
{
	(void)state;
	for (unsigned bit = 0; bit < 64; bit++) {
		for (int64_t off = -1; off <= 1; off++) {
			static struct histogram h;
			uint64_t value = ((uint64_t)1 << bit) + (uint64_t)off, said;

			h = (struct histogram){0};
			histogram_add(&h, value, 1);
			histogram_add(&h, UINT64_MAX, 1);
			said = histogram_percentile(&h, 0.5);
			assert_true(said >= value);
			assert_true(said - value <= value / 64);
		}
	}
}

static void
test_a_percentile_is_never_over_the_largest_value(void **state)
{
	static struct histogram h;

	(void)state;
	histogram_add(&h, 1000001, 7);
	assert_true(histogram_percentile(&h, 0.5) == 1000001);
	assert_true(histogram_percentile(&h, 0.999) == 1000001);
}

static void
test_merging_adds_counts_and_keeps_the_largest(void **state)
{
	static struct histogram a, b;

	(void)state;
	histogram_add(&a, 10, 3);
	histogram_add(&b, 20, 1);
	histogram_merge(&a, &b);
	assert_true(a.total == 4);
	assert_true(a.largest == 20);
	assert_true(histogram_percentile(&a, 0.75) == 10);
	assert_true(histogram_percentile(&a, 0.76) == 20);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_empty_histogram_says_zero),
		cmocka_unit_test(test_small_values_are_exact),
		cmocka_unit_test(test_any_value_is_known_within_its_bucket),
		cmocka_unit_test(test_a_percentile_is_never_over_the_largest_value),
		cmocka_unit_test(test_merging_adds_counts_and_keeps_the_largest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
