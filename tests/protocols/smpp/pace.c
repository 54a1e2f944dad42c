/* The pace on a clock of the test's own. */
#include "protocols/smpp/pace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include "core/limits.h"
#include "protocols/smpp/status.h"

#include <cmocka.h>

#define MS    1000000ull
#define START (1000 * MS)
#define LIMIT 100

static void
answer(struct smpp_pace *pace, uint64_t now, uint32_t status, unsigned times)
{
	while (times--)
		(void)smpp_pace_answered(pace, now, status, LIMIT);
}

static void
test_without_refusals_there_is_no_brake(void **state)
{
	struct smpp_pace pace;

	(void)state;
	smpp_pace_init(&pace, &(struct smpp_pace_options){0});
	answer(&pace, START, SMPP_ROK, 1000);
	assert_int_equal(smpp_pace_window(&pace, LIMIT), LIMIT);
	assert_int_equal(smpp_pace_room(&pace, START), UINT32_MAX);
	assert_int_equal(smpp_pace_due(&pace, START), 0);
	for (unsigned i = 0; i < 10000; i++)
		assert_true(smpp_pace_take(&pace, START));
}

static void
test_a_refusal_halves_the_window_and_pauses(void **state)
{
	struct smpp_pace pace;

	(void)state;
	smpp_pace_init(&pace, &(struct smpp_pace_options){0});
	assert_true(smpp_pace_answered(&pace, START, SMPP_RTHROTTLED, LIMIT));
	assert_int_equal(smpp_pace_window(&pace, LIMIT), 50);
	assert_int_equal(smpp_pace_due(&pace, START), START + 100 * MS);
	assert_false(smpp_pace_take(&pace, START + 100 * MS - 1));
	assert_int_equal(smpp_pace_room(&pace, START), 0);
	assert_true(smpp_pace_take(&pace, START + 100 * MS));
}

static void
test_the_refusals_of_one_pause_count_once(void **state)
{
	struct smpp_pace pace;

	(void)state;
	smpp_pace_init(&pace, &(struct smpp_pace_options){0});
	answer(&pace, START, SMPP_RMSGQFUL, 100);
	assert_int_equal(smpp_pace_window(&pace, LIMIT), 50);
}

static void
test_pauses_grow_to_their_bound_and_the_window_never_falls_under_one(void **state)
{
	const struct smpp_pace_options options = {.throttle_min_ms = 50, .throttle_max_ms = 300};
	static const unsigned pauses[] = {50, 100, 200, 300, 300, 300, 300, 300};
	struct smpp_pace pace;
	uint64_t now = START;

	(void)state;
	smpp_pace_init(&pace, &options);
	for (size_t i = 0; i < sizeof(pauses) / sizeof(pauses[0]); i++) {
		assert_true(smpp_pace_answered(&pace, now, SMPP_RTHROTTLED, LIMIT));
		assert_int_equal(smpp_pace_due(&pace, now), now + pauses[i] * MS);
		now += pauses[i] * MS;
	}
	assert_int_equal(smpp_pace_window(&pace, LIMIT), 1);
}

static void
test_good_answers_widen_it_by_one_a_window_until_the_limit(void **state)
{
	struct smpp_pace pace;
	unsigned windows = 0;

	(void)state;
	smpp_pace_init(&pace, &(struct smpp_pace_options){0});
	answer(&pace, START, SMPP_RTHROTTLED, 1);
	answer(&pace, START, SMPP_ROK, 49);
	assert_int_equal(smpp_pace_window(&pace, LIMIT), 50);
	answer(&pace, START, SMPP_RINVDSTADR, 1); /* refused, but taken */
	assert_int_equal(smpp_pace_window(&pace, LIMIT), 51);
	while (smpp_pace_window(&pace, LIMIT) < LIMIT) {
		answer(&pace, START, SMPP_ROK, smpp_pace_window(&pace, LIMIT));
		windows++;
	}
	assert_int_equal(windows, 49);
	/* Pauses are short again. */
	assert_true(smpp_pace_answered(&pace, START + 500 * MS, SMPP_RTHROTTLED, LIMIT));
	assert_int_equal(smpp_pace_due(&pace, START + 500 * MS), START + 600 * MS);
}

static void
test_congestion_takes_one_a_pause_and_stops_the_widening(void **state)
{
	struct smpp_pace pace;

	(void)state;
	smpp_pace_init(&pace, &(struct smpp_pace_options){0});
	assert_false(smpp_pace_congested(&pace, START, 89, LIMIT));
	assert_true(smpp_pace_congested(&pace, START, 90, LIMIT));
	assert_false(smpp_pace_congested(&pace, START + 99 * MS, 100, LIMIT));
	assert_int_equal(smpp_pace_window(&pace, LIMIT), 99);
	assert_true(smpp_pace_congested(&pace, START + 100 * MS, 100, LIMIT));
	answer(&pace, START, SMPP_ROK, 97);
	(void)smpp_pace_congested(&pace, START + 101 * MS, 100, LIMIT);
	answer(&pace, START, SMPP_ROK, 97);
	assert_int_equal(smpp_pace_window(&pace, LIMIT), 98);
	assert_int_equal(smpp_pace_due(&pace, START), 0);
}

/* Of a window of one every answer is a whole window. */
static void
test_while_congestion_lasts_a_window_of_one_stays(void **state)
{
	struct smpp_pace pace;

	(void)state;
	smpp_pace_init(&pace, &(struct smpp_pace_options){0});
	for (uint64_t now = START; smpp_pace_window(&pace, LIMIT) > 1; now += 100 * MS)
		assert_true(smpp_pace_congested(&pace, now, 100, LIMIT));
	for (uint64_t now = 100 * START; now < 101 * START; now += 10 * MS) {
		(void)smpp_pace_congested(&pace, now, 100, LIMIT);
		answer(&pace, now, SMPP_ROK, 1);
		assert_int_equal(smpp_pace_window(&pace, LIMIT), 1);
	}
	/* The first answer without it widens. */
	answer(&pace, 101 * START, SMPP_ROK, 1);
	assert_int_equal(smpp_pace_window(&pace, LIMIT), 2);
}

static void
test_throughput_is_kept_in_bursts_of_a_tenth(void **state)
{
	const struct smpp_pace_options options = {.throughput = 1000};
	struct smpp_pace pace;
	unsigned sent = 0;

	(void)state;
	smpp_pace_init(&pace, &options);
	assert_int_equal(smpp_pace_room(&pace, START), 100);
	for (uint64_t now = START; now < START + 1000 * MS; now += MS)
		while (smpp_pace_take(&pace, now))
			sent++;
	assert_in_range(sent, 1098, 1100);
	assert_int_equal(smpp_pace_due(&pace, START + 999 * MS), START + 1000 * MS);
}

static void
test_a_slow_throughput_lets_one_pass(void **state)
{
	const struct smpp_pace_options options = {.throughput = 2};
	struct smpp_pace pace;

	(void)state;
	smpp_pace_init(&pace, &options);
	assert_true(smpp_pace_take(&pace, START));
	assert_false(smpp_pace_take(&pace, START + 499 * MS));
	assert_true(smpp_pace_take(&pace, START + 500 * MS));
}

static void
test_the_brakes_can_be_left_out(void **state)
{
	const struct smpp_pace_options options = {.throttle_min_ms = SB_UNLIMITED};
	struct smpp_pace pace;

	(void)state;
	smpp_pace_init(&pace, &options);
	assert_false(smpp_pace_answered(&pace, START, SMPP_RTHROTTLED, LIMIT));
	assert_false(smpp_pace_congested(&pace, START, 100, LIMIT));
	assert_int_equal(smpp_pace_window(&pace, LIMIT), LIMIT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_without_refusals_there_is_no_brake),
		cmocka_unit_test(test_a_refusal_halves_the_window_and_pauses),
		cmocka_unit_test(test_the_refusals_of_one_pause_count_once),
		cmocka_unit_test(
			test_pauses_grow_to_their_bound_and_the_window_never_falls_under_one),
		cmocka_unit_test(test_good_answers_widen_it_by_one_a_window_until_the_limit),
		cmocka_unit_test(test_congestion_takes_one_a_pause_and_stops_the_widening),
		cmocka_unit_test(test_while_congestion_lasts_a_window_of_one_stays),
		cmocka_unit_test(test_throughput_is_kept_in_bursts_of_a_tenth),
		cmocka_unit_test(test_a_slow_throughput_lets_one_pass),
		cmocka_unit_test(test_the_brakes_can_be_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
