#include "daemons/smpp-mc/id.h"
#include "core/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOON (MC_EPOCH_MS + INT64_C(43200000))

static void
test_ids_name_their_time_and_node(void **state)
{
	struct mc_ids ids = {.node = 5};
	struct mc_id_block block = {0};
	uint64_t id = mc_id_take(&block, &ids, NOON, 1);

	(void)state;
	assert_int_equal(id >> 22, 43200000);
	assert_int_equal(id >> 12 & 0x3ff, 5);
	assert_int_equal(id & 0xfff, 0);
	assert_int_equal(mc_id_take(&block, &ids, NOON, 1), id + 1);
}

static void
test_blocks_of_one_counter_never_overlap(void **state)
{
	struct mc_ids ids = {.node = 0};
	struct mc_id_block a = {0}, b = {0};
	uint64_t last_a = 0, last_b = 0;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		uint64_t of_a = mc_id_take(&a, &ids, NOON + i / 1000, 1);
		uint64_t of_b = mc_id_take(&b, &ids, NOON + i / 1000, 1);

		assert_true(of_a > last_a && of_b > last_b && of_a != of_b);
		last_a = of_a;
		last_b = of_b;
	}
	/* 40,000 ids in 20 ms: the milliseconds to come are used up. */
	assert_true(last_a >> 22 < 43200000 + 40);
}

static void
test_a_dropped_block_is_followed_by_one_above_all(void **state)
{
	struct mc_ids ids = {.node = 0};
	struct mc_id_block a = {0}, b = {0};
	uint64_t of_a = mc_id_take(&a, &ids, NOON, 1), of_b = mc_id_take(&b, &ids, NOON, 1);

	(void)state;
	assert_true(mc_id_take(&a, &ids, NOON, 1) < of_b);
	mc_id_block_drop(&a);
	of_a = mc_id_take(&a, &ids, NOON, 1);
	assert_true(of_a > of_b);
	assert_true(mc_id_take(&b, &ids, NOON, 1) < of_a);
}

static void
test_ids_grow_when_the_clock_jumps_back(void **state)
{
	struct mc_ids ids = {.node = 0};
	struct mc_id_block block = {0};
	uint64_t before = mc_id_take(&block, &ids, NOON, 1);
	uint64_t after = 0;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		after = mc_id_take(&block, &ids, NOON - 3600000, 1);
		assert_true(after > before);
		before = after;
	}
}

static void
test_an_old_block_is_given_up(void **state)
{
	struct mc_ids ids = {.node = 0};
	struct mc_id_block block = {0};

	(void)state;
	mc_id_take(&block, &ids, NOON, 1);
	assert_int_equal(mc_id_take(&block, &ids, NOON + 5000, 1) >> 22, 43205000);
}

static void
test_many_ids_are_one_after_the_other(void **state)
{
	struct mc_ids ids = {.node = 0};
	struct mc_id_block block = {0};
	uint64_t first, next;

	(void)state;
	mc_id_take(&block, &ids, NOON, 250);
	first = mc_id_take(&block, &ids, NOON, 255);
	next = mc_id_take(&block, &ids, NOON, 1);
	assert_int_equal(next, first + 255);
	assert_int_equal((first + 254) >> 22, first >> 22);
}

static void
test_no_id_of_an_earlier_life_comes_again(void **state)
{
	struct mc_ids ids = {.node = 0};
	struct mc_id_block block = {0};
	uint64_t old = (UINT64_C(50000000) << 22) + 77;

	(void)state;
	mc_ids_raise(&ids, old);
	mc_ids_raise(&ids, 3);
	assert_true(mc_id_take(&block, &ids, NOON, 1) > old);
}

static void
test_text_goes_there_and_back(void **state)
{
	char text[MC_ID_TEXT];
	uint64_t id;

	(void)state;
	mc_id_format(UINT64_C(0x0123456789abcdef), text);
	assert_string_equal(text, "0123456789abcdef");
	assert_int_equal(mc_id_parse(sb_bytes_text("123456789ABCDEF"), &id), 0);
	assert_int_equal(id, UINT64_C(0x0123456789abcdef));
	assert_int_equal(mc_id_parse(sb_bytes_text("000000000000000000000ff"), &id), 0);
	assert_int_equal(id, 0xff);
	assert_int_equal(mc_id_parse(sb_bytes_text(""), &id), SB_EINVAL);
	assert_int_equal(mc_id_parse(sb_bytes_text("12g"), &id), SB_EINVAL);
	assert_int_equal(mc_id_parse(sb_bytes_text("10123456789abcdef"), &id), SB_EINVAL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ids_name_their_time_and_node),
		cmocka_unit_test(test_blocks_of_one_counter_never_overlap),
		cmocka_unit_test(test_a_dropped_block_is_followed_by_one_above_all),
		cmocka_unit_test(test_ids_grow_when_the_clock_jumps_back),
		cmocka_unit_test(test_an_old_block_is_given_up),
		cmocka_unit_test(test_many_ids_are_one_after_the_other),
		cmocka_unit_test(test_no_id_of_an_earlier_life_comes_again),
		cmocka_unit_test(test_text_goes_there_and_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
