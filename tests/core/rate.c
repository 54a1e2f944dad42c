/* A token bucket lets through its burst, then exactly its rate. */
#include "core/rate.h"
#include "core/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define SECOND UINT64_C(1000000000)

static void
test_a_full_bucket_lets_its_burst_through_at_once(void **state)
{
	struct sb_rate rate;

	(void)state;
	sb_rate_init(&rate, 10, 3);
	for (int i = 0; i < 3; i++)
		assert_true(sb_rate_take(&rate, SECOND, 1));
	assert_false(sb_rate_take(&rate, SECOND, 1));
}

static void
test_a_token_comes_when_its_time_has_come_and_not_before(void **state)
{
	struct sb_rate rate;

	(void)state;
	sb_rate_init(&rate, 3, 1);
	assert_true(sb_rate_take(&rate, SECOND, 1));
	assert_false(sb_rate_take(&rate, SECOND + SECOND / 3, 1));
	assert_true(sb_rate_take(&rate, SECOND + SECOND / 3 + 1, 1));
}

/* What a bucket that rounded would lose or gain with each question. */
static void
test_a_day_of_odd_steps_passes_exactly_rate_times_time(void **state)
{
	const uint64_t day = 86400 * SECOND;
	struct sb_rate rate;
	uint64_t passed = 0;

	(void)state;
	sb_rate_init(&rate, 7, 100);
	for (uint64_t now = 0; now < day; now += 12345678901)
		while (sb_rate_take(&rate, now, 1))
			passed++;
	while (sb_rate_take(&rate, day, 1))
		passed++;
	assert_true(passed == 7 * 86400 + 100);
}

static void
test_many_small_steps_lose_nothing(void **state)
{
	struct sb_rate rate;
	unsigned passed = 0;

	(void)state;
	sb_rate_init(&rate, 3, 2);
	for (uint64_t now = 0; now <= 2 * SECOND; now += 1000)
		passed += sb_rate_take(&rate, now, 1);
	assert_int_equal(passed, 2 + 2 * 3);
}

static void
test_credit_stops_at_the_burst_however_long_nobody_asks(void **state)
{
	struct sb_rate rate;

	(void)state;
	sb_rate_init(&rate, UINT32_MAX - 1, UINT32_MAX);
	assert_true(sb_rate_take(&rate, 0, UINT32_MAX));
	assert_true(sb_rate_take(&rate, UINT64_MAX, UINT32_MAX));
	assert_false(sb_rate_take(&rate, UINT64_MAX, 1));
}

static void
test_too_many_tokens_take_none(void **state)
{
	struct sb_rate rate;

	(void)state;
	sb_rate_init(&rate, 1, 5);
	assert_false(sb_rate_take(&rate, 0, 6));
	assert_true(sb_rate_take(&rate, 0, 5));
}

static void
test_a_clock_that_steps_back_gives_nothing(void **state)
{
	struct sb_rate rate;

	(void)state;
	sb_rate_init(&rate, 1, 1);
	assert_true(sb_rate_take(&rate, 10 * SECOND, 1));
	assert_false(sb_rate_take(&rate, 5 * SECOND, 1));
	assert_false(sb_rate_take(&rate, 10 * SECOND + SECOND / 2, 1));
	assert_true(sb_rate_take(&rate, 11 * SECOND, 1));
}

static void
test_a_rate_of_zero_passes_its_burst_once(void **state)
{
	struct sb_rate rate;

	(void)state;
	sb_rate_init(&rate, 0, 0);
	assert_true(sb_rate_take(&rate, 0, 1));
	assert_false(sb_rate_take(&rate, UINT64_MAX, 1));
	assert_true(sb_rate_wait(&rate, UINT64_MAX, 1) == UINT64_MAX);
}

static void
test_unlimited_refuses_nothing(void **state)
{
	struct sb_rate rate;

	(void)state;
	sb_rate_init(&rate, SB_UNLIMITED, 1);
	for (int i = 0; i < 100; i++)
		assert_true(sb_rate_take(&rate, 0, UINT32_MAX));
	assert_int_equal(sb_rate_wait(&rate, 0, UINT32_MAX), 0);
}

static void
test_the_wait_it_says_is_enough_and_no_more(void **state)
{
	struct sb_rate rate;
	uint64_t wait;

	(void)state;
	sb_rate_init(&rate, 7, 4);
	assert_int_equal(sb_rate_wait(&rate, SECOND, 4), 0);
	assert_true(sb_rate_take(&rate, SECOND, 4));
	wait = sb_rate_wait(&rate, SECOND, 3);
	assert_true(wait > 0);
	assert_false(sb_rate_take(&rate, SECOND + wait - 1, 3));
	assert_true(sb_rate_take(&rate, SECOND + wait, 3));
	assert_true(sb_rate_wait(&rate, SECOND + wait, 5) == UINT64_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_full_bucket_lets_its_burst_through_at_once),
		cmocka_unit_test(test_a_token_comes_when_its_time_has_come_and_not_before),
		cmocka_unit_test(test_a_day_of_odd_steps_passes_exactly_rate_times_time),
		cmocka_unit_test(test_many_small_steps_lose_nothing),
		cmocka_unit_test(test_credit_stops_at_the_burst_however_long_nobody_asks),
		cmocka_unit_test(test_too_many_tokens_take_none),
		cmocka_unit_test(test_a_clock_that_steps_back_gives_nothing),
		cmocka_unit_test(test_a_rate_of_zero_passes_its_burst_once),
		cmocka_unit_test(test_unlimited_refuses_nothing),
		cmocka_unit_test(test_the_wait_it_says_is_enough_and_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
