/* The error list: names, texts and what errno becomes. */
#include "core/error.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const int codes[] = {
#define X(name, code, text) code,
	SB_ERROR_MAP(X)
#undef X
};

#define CODES (sizeof(codes) / sizeof(codes[0]))

static void
test_every_code_is_negative_and_used_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < CODES; i++) {
		assert_true(codes[i] < 0);
		for (size_t j = 0; j < i; j++)
			assert_int_not_equal(codes[i], codes[j]);
	}
}

static void
test_every_code_has_its_name_and_a_text_of_its_own(void **state)
{
	(void)state;
	for (size_t i = 0; i < CODES; i++) {
		assert_memory_equal(sb_error_name(codes[i]), "SB_", 3);
		assert_true(strlen(sb_error_text(codes[i])) > 0);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(sb_error_text(codes[i]), sb_error_text(codes[j]));
	}
	assert_string_equal(sb_error_name(SB_GONE), "SB_GONE");
	assert_string_equal(sb_error_name(SB_ECORRUPT), "SB_ECORRUPT");
}

static void
test_success_and_unknown_codes_have_names_and_texts_too(void **state)
{
	(void)state;
	assert_string_equal(sb_error_name(0), "SB_OK");
	assert_string_equal(sb_error_text(0), "success");
	assert_string_equal(sb_error_name(-9999), "SB_EUNKNOWN");
	assert_string_equal(sb_error_text(7), "unknown error");
}

static void
test_errno_becomes_the_code_that_fits(void **state)
{
	(void)state;
	assert_int_equal(sb_error_from_errno(EAGAIN), SB_AGAIN);
	assert_int_equal(sb_error_from_errno(EADDRINUSE), SB_EADDRINUSE);
	assert_int_equal(sb_error_from_errno(EMFILE), SB_EMFILE);
	assert_int_equal(sb_error_from_errno(ENFILE), SB_EMFILE);
	assert_int_equal(sb_error_from_errno(EPIPE), SB_ECONNRESET);
}

static void
test_errno_without_a_fitting_code_becomes_eio(void **state)
{
	(void)state;
	assert_int_equal(sb_error_from_errno(EXDEV), SB_EIO);
	assert_int_equal(sb_error_from_errno(0), SB_EIO);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_code_is_negative_and_used_once),
		cmocka_unit_test(test_every_code_has_its_name_and_a_text_of_its_own),
		cmocka_unit_test(test_success_and_unknown_codes_have_names_and_texts_too),
		cmocka_unit_test(test_errno_becomes_the_code_that_fits),
		cmocka_unit_test(test_errno_without_a_fitting_code_becomes_eio),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
