/* Texts kept one behind the other. */
#include "core/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void
test_texts_take_their_room_and_no_more(void **state)
{
	char room[8];
	char *at = room;
	const char *first, *empty, *last;

	(void)state;
	assert_int_equal(sb_text_size("abc") + sb_text_size("") + sb_text_size("de"), 8);
	first = sb_text_keep(&at, "abc");
	empty = sb_text_keep(&at, "");
	last = sb_text_keep(&at, "de");
	assert_ptr_equal(at, room + sizeof(room));
	assert_string_equal(first, "abc");
	assert_string_equal(empty, "");
	assert_string_equal(last, "de");
}

static void
test_no_text_takes_no_room(void **state)
{
	char *at = NULL;

	(void)state;
	assert_int_equal(sb_text_size(NULL), 0);
	assert_null(sb_text_keep(&at, NULL));
	assert_null(at);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts_take_their_room_and_no_more),
		cmocka_unit_test(test_no_text_takes_no_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
