/* What the limits say when few of them, or odd ones, are given. */
#include "core/limits.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void
test_nothing_given_gives_every_default(void **state)
{
	struct sb_limits l = sb_limits_complete(NULL, 0);
	const uint32_t *fields = (const uint32_t *)&l;

	(void)state;
	for (size_t i = 0; i < sizeof(l) / sizeof(*fields); i++)
		assert_int_not_equal(fields[i], 0);
	assert_int_equal(l.max_frame, 64 << 10);
}

static void
test_the_modules_bound_of_a_frame_gives_way_to_a_given_one(void **state)
{
	struct sb_limits given = {.max_frame = 7};

	(void)state;
	assert_int_equal(sb_limits_complete(NULL, 5).max_frame, 5);
	assert_int_equal(sb_limits_complete(&given, 5).max_frame, 7);
}

/* Or reading would go on as if there were no high mark. */
static void
test_output_marks_never_cross(void **state)
{
	struct sb_limits low_high = {.output_high = 1000};
	struct sb_limits low_hard = {.output_hard = 500};
	struct sb_limits l;

	(void)state;
	l = sb_limits_complete(&low_high, 0);
	assert_int_equal(l.output_high, 1000);
	assert_int_equal(l.output_low, 1000);
	l = sb_limits_complete(&low_hard, 0);
	assert_int_equal(l.output_hard, 500);
	assert_int_equal(l.output_high, 500);
	assert_int_equal(l.output_low, 500);
}

/* Buffers that double would not fit their 32 bits. */
static void
test_frames_and_outputs_are_bounded_though_unlimited(void **state)
{
	struct sb_limits given = {.max_frame = SB_UNLIMITED, .output_hard = SB_UNLIMITED};

	(void)state;
	assert_int_equal(sb_limits_complete(&given, 0).max_frame, 1 << 30);
	assert_int_equal(sb_limits_complete(&given, 0).output_hard, 1 << 30);
	assert_int_equal(sb_limits_complete(NULL, SIZE_MAX).max_frame, 1 << 30);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_given_gives_every_default),
		cmocka_unit_test(test_the_modules_bound_of_a_frame_gives_way_to_a_given_one),
		cmocka_unit_test(test_output_marks_never_cross),
		cmocka_unit_test(test_frames_and_outputs_are_bounded_though_unlimited),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
