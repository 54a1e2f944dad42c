/* Memory that goes as a whole: pieces, a text that grows, the bound, failures. */
#include "core/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/error.h"
#include "tests/support/plain_env.h"

static struct plain_env plain;

static int
make_env(void **state)
{
	(void)state;
	plain_env_init(&plain);
	return 0;
}

static int
check_env(void **state)
{
	(void)state;
	return plain.live ? -1 : 0;
}

static void
test_pieces_are_zeroed_aligned_and_apart(void **state)
{
	_Alignas(16) char room[256];
	struct sb_arena arena;
	char *before = NULL;

	memset(room, 0x55, sizeof(room));
	sb_arena_init(&arena, &plain.env, room, sizeof(room), 1 << 20);
	for (size_t size = 1; size < 300; size++) {
		char *piece = sb_arena_take(&arena, size);

		assert_non_null(piece);
		assert_true((uintptr_t)piece % 16 == 0);
		for (size_t i = 0; i < size; i++)
			assert_int_equal(piece[i], 0);
		if (before)
			assert_int_equal(*before, 0x77);
		memset(piece, 0x77, size);
		before = piece;
	}
	assert_true(plain.live > 1);
	sb_arena_fini(&arena);
	(void)state;
}

static void
test_the_first_room_is_used_before_any_block(void **state)
{
	_Alignas(16) char room[64];
	struct sb_arena arena;

	sb_arena_init(&arena, &plain.env, room, sizeof(room), 1 << 20);
	assert_ptr_equal(sb_arena_take(&arena, 10), room);
	assert_ptr_equal(sb_arena_take(&arena, 48), room + 16);
	assert_int_equal(plain.live, 0);
	assert_non_null(sb_arena_take(&arena, 1));
	assert_int_equal(plain.live, 1);
	sb_arena_fini(&arena);
	(void)state;
}

static void
test_a_text_grows_over_blocks(void **state)
{
	struct sb_arena arena;
	const char *text;
	size_t length;

	sb_arena_init(&arena, &plain.env, NULL, 0, 1 << 20);
	for (unsigned i = 0; i < 50000; i++)
		assert_int_equal(sb_arena_append(&arena, &"0123456789"[i % 10], 1), 0);
	assert_int_equal(sb_arena_view(&arena)[49999], '9');
	text = sb_arena_text(&arena, &length);
	assert_int_equal(length, 50000);
	assert_int_equal(strlen(text), 50000);
	for (unsigned i = 0; i < 50000; i++)
		assert_int_equal(text[i], '0' + i % 10);
	assert_string_equal(sb_arena_text(&arena, &length), "");
	assert_int_equal(length, 0);
	sb_arena_append(&arena, "gone", 4);
	sb_arena_drop(&arena);
	sb_arena_append(&arena, "kept", 4);
	assert_string_equal(sb_arena_text(&arena, &length), "kept");
	sb_arena_fini(&arena);
	(void)state;
}

static void
test_the_bound_holds_and_stays_reached(void **state)
{
	struct sb_arena arena;
	size_t length;

	sb_arena_init(&arena, &plain.env, NULL, 0, 10000);
	while (sb_arena_take(&arena, 100))
		;
	assert_int_equal(arena.error, SB_ELIMIT);
	assert_true(plain.octets <= 10000);
	assert_null(sb_arena_take(&arena, 1));
	assert_int_equal(sb_arena_append(&arena, "a", 1), SB_ELIMIT);
	assert_null(sb_arena_text(&arena, &length));
	sb_arena_fini(&arena);
	sb_arena_init(&arena, &plain.env, NULL, 0, 10000);
	while (sb_arena_append(&arena, "0123456789", 10) == 0)
		;
	assert_int_equal(arena.error, SB_ELIMIT);
	assert_true(arena.open > 4000);
	sb_arena_fini(&arena);
	sb_arena_init(&arena, &plain.env, NULL, 0, SIZE_MAX);
	assert_null(sb_arena_take(&arena, SIZE_MAX - 8));
	assert_int_equal(sb_arena_reserve(&arena, SIZE_MAX), SB_ELIMIT);
	sb_arena_fini(&arena);
	(void)state;
}

static void
test_memory_that_is_not_there_is_an_error(void **state)
{
	struct sb_arena arena;

	sb_arena_init(&arena, &plain.env, NULL, 0, 1 << 20);
	assert_non_null(sb_arena_take(&arena, 8000));
	plain.fail_at = 1;
	assert_null(sb_arena_take(&arena, 1000));
	assert_int_equal(arena.error, SB_ENOMEM);
	assert_int_equal(sb_arena_append(&arena, "a", 1), SB_ENOMEM);
	sb_arena_fini(&arena);
	(void)state;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_pieces_are_zeroed_aligned_and_apart, make_env, check_env),
		cmocka_unit_test_setup_teardown(
			test_the_first_room_is_used_before_any_block, make_env, check_env),
		cmocka_unit_test_setup_teardown(test_a_text_grows_over_blocks, make_env, check_env),
		cmocka_unit_test_setup_teardown(
			test_the_bound_holds_and_stays_reached, make_env, check_env),
		cmocka_unit_test_setup_teardown(
			test_memory_that_is_not_there_is_an_error, make_env, check_env),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
