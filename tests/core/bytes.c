/* The reader that cannot run over its octets and the writer that cannot run out of them. */
#include "core/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const uint8_t fifteen[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

static void
test_integers_are_read_in_network_order(void **state)
{
	struct sb_reader r = sb_reader_of(sb_bytes(fifteen, sizeof(fifteen)));

	(void)state;
	assert_int_equal(sb_get_u8(&r), 0x01);
	assert_int_equal(sb_get_u16(&r), 0x0203);
	assert_int_equal(sb_get_u32(&r), 0x04050607);
	assert_true(sb_get_u64(&r) == UINT64_C(0x08090a0b0c0d0e0f));
	assert_int_equal(sb_reader_left(&r), 0);
	assert_false(sb_reader_failed(&r));
}

static void
test_a_read_past_the_end_gives_zero_and_fails(void **state)
{
	for (size_t size = 0; size < 4; size++) {
		struct sb_reader r = sb_reader_of(sb_bytes(fifteen, size));

		assert_int_equal(sb_get_u32(&r), 0);
		assert_true(sb_reader_failed(&r));
	}
	(void)state;
}

static void
test_a_failed_reader_stays_failed(void **state)
{
	struct sb_reader r = sb_reader_of(sb_bytes(fifteen, 3));

	(void)state;
	sb_get_u32(&r);
	assert_int_equal(sb_get_u8(&r), 0);
	assert_null(sb_get_bytes(&r, 0).data);
	assert_true(sb_reader_failed(&r));
	assert_int_equal(sb_reader_left(&r), 3);
}

static void
test_a_view_lies_in_the_octets_read(void **state)
{
	struct sb_reader r = sb_reader_of(sb_bytes(fifteen, sizeof(fifteen)));
	struct sb_bytes view;

	(void)state;
	sb_get_u8(&r);
	view = sb_get_bytes(&r, 4);
	assert_ptr_equal(view.data, fifteen + 1);
	assert_int_equal(view.size, 4);
	view = sb_get_bytes(&r, SIZE_MAX);
	assert_int_equal(view.size, 0);
	assert_true(sb_reader_failed(&r));
}

static void
test_a_reader_of_nothing_has_nothing_left(void **state)
{
	struct sb_reader r = sb_reader_of(sb_bytes(NULL, 0));

	(void)state;
	assert_int_equal(sb_reader_left(&r), 0);
	assert_int_equal(sb_get_bytes(&r, 0).size, 0);
	assert_false(sb_reader_failed(&r));
	assert_int_equal(sb_get_u8(&r), 0);
	assert_true(sb_reader_failed(&r));
}

static void
test_what_is_written_is_read_back(void **state)
{
	uint8_t buf[15];
	struct sb_writer w = sb_writer_of(buf, sizeof(buf));

	(void)state;
	sb_put_u8(&w, 0x01);
	sb_put_u16(&w, 0x0203);
	sb_put_u32(&w, 0x04050607);
	sb_put_u64(&w, UINT64_C(0x08090a0b0c0d0e0f));
	assert_false(sb_writer_failed(&w));
	assert_int_equal(sb_writer_size(&w), sizeof(buf));
	assert_memory_equal(buf, fifteen, sizeof(buf));
}

static void
test_a_write_that_does_not_fit_writes_nothing_and_fails(void **state)
{
	uint8_t buf[4] = {0xaa, 0xaa, 0xaa, 0xaa};
	struct sb_writer w = sb_writer_of(buf, 3);

	(void)state;
	sb_put_u32(&w, 0);
	assert_true(sb_writer_failed(&w));
	sb_put_u8(&w, 0);
	assert_int_equal(sb_writer_size(&w), 0);
	assert_null(sb_put_room(&w, 1));
	for (size_t i = 0; i < sizeof(buf); i++)
		assert_int_equal(buf[i], 0xaa);
}

static void
test_room_is_given_until_there_is_none(void **state)
{
	uint8_t buf[8];
	struct sb_writer w = sb_writer_of(buf, sizeof(buf));

	(void)state;
	assert_ptr_equal(sb_put_room(&w, 3), buf);
	assert_ptr_equal(sb_put_room(&w, 5), buf + 3);
	assert_false(sb_writer_failed(&w));
	assert_null(sb_put_room(&w, 1));
	assert_true(sb_writer_failed(&w));
}

static void
test_equal_views_have_equal_octets_wherever_they_lie(void **state)
{
	const char text[] = "same same";

	(void)state;
	assert_true(sb_bytes_equal(sb_bytes(text, 4), sb_bytes(text + 5, 4)));
	assert_true(sb_bytes_equal(sb_bytes_text("same"), sb_bytes(text, 4)));
	assert_true(sb_bytes_equal(sb_bytes(NULL, 0), sb_bytes_text("")));
	assert_false(sb_bytes_equal(sb_bytes(text, 4), sb_bytes(text, 5)));
	assert_false(sb_bytes_equal(sb_bytes_text("same"), sb_bytes_text("sane")));
}

static void
test_checked_arithmetic_says_when_a_result_does_not_fit(void **state)
{
	uint32_t sum32;
	size_t size;

	(void)state;
	assert_true(sb_u32_add(UINT32_MAX - 1, 1, &sum32));
	assert_true(sum32 == UINT32_MAX);
	assert_false(sb_u32_add(UINT32_MAX, 1, &sum32));
	assert_true(sb_size_add(SIZE_MAX - 2, 2, &size));
	assert_true(size == SIZE_MAX);
	assert_false(sb_size_add(SIZE_MAX, 1, &size));
	assert_true(sb_size_mul(SIZE_MAX, 1, &size));
	assert_false(sb_size_mul(SIZE_MAX / 2 + 1, 2, &size));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_integers_are_read_in_network_order),
		cmocka_unit_test(test_a_read_past_the_end_gives_zero_and_fails),
		cmocka_unit_test(test_a_failed_reader_stays_failed),
		cmocka_unit_test(test_a_view_lies_in_the_octets_read),
		cmocka_unit_test(test_a_reader_of_nothing_has_nothing_left),
		cmocka_unit_test(test_what_is_written_is_read_back),
		cmocka_unit_test(test_a_write_that_does_not_fit_writes_nothing_and_fails),
		cmocka_unit_test(test_room_is_given_until_there_is_none),
		cmocka_unit_test(test_equal_views_have_equal_octets_wherever_they_lie),
		cmocka_unit_test(test_checked_arithmetic_says_when_a_result_does_not_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
