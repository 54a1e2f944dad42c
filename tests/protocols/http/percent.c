#include "protocols/http/percent.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"

#include <cmocka.h>

static void
test_escapes_are_decoded(void **state)
{
	char out[16];

	(void)state;
	assert_int_equal(
		http_percent_decode(sb_bytes_text("a%20b%2fC%FF+"), false, out, sizeof(out)), 7);
	assert_string_equal(out, "a b/C\377+");
	assert_int_equal(http_percent_decode(sb_bytes_text("a+b"), true, out, sizeof(out)), 3);
	assert_string_equal(out, "a b");
	assert_int_equal(http_percent_decode(sb_bytes_text(""), false, out, 1), 0);
}

static void
test_what_is_no_text_is_refused(void **state)
{
	static const char *const bad[] = {"%", "a%2", "%g0", "%0g", "%00", "%%20", "%+1"};
	char out[16];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(
			http_percent_decode(sb_bytes_text(bad[i]), false, out, sizeof(out)),
			SB_EINVAL);
	assert_int_equal(http_percent_decode(sb_bytes("a\0", 2), false, out, 16), SB_EINVAL);
	assert_int_equal(http_percent_decode(sb_bytes_text("abc"), false, out, 3), SB_ELIMIT);
	assert_int_equal(http_percent_decode(sb_bytes_text(""), false, out, 0), SB_ELIMIT);
}

static void
test_all_octets_there_and_back(void **state)
{
	char octets[256], text[768], back[256];

	(void)state;
	for (unsigned i = 0; i < 255; i++)
		octets[i] = (char)(i + 1);
	octets[255] = '\0';
	assert_true(http_percent_encode(sb_bytes_text(octets), text, sizeof(text)) > 0);
	assert_non_null(strstr(text, "%20%21%22%23%24%25%26%27%28%29%2A%2B%2C-.%2F0123456789%3A"));
	assert_int_equal(http_percent_decode(sb_bytes_text(text), true, back, sizeof(back)), 255);
	assert_string_equal(back, octets);
}

static void
test_encoding_has_bounds(void **state)
{
	char out[8];

	(void)state;
	assert_int_equal(http_percent_encode(sb_bytes_text("a b"), out, 5), SB_ELIMIT);
	assert_int_equal(http_percent_encode(sb_bytes_text("a b"), out, 6), 5);
	assert_string_equal(out, "a%20b");
	assert_int_equal(http_percent_encode(sb_bytes_text("ab"), out, 2), SB_ELIMIT);
	assert_int_equal(http_percent_encode(sb_bytes_text(""), out, 0), SB_ELIMIT);
	assert_int_equal(http_percent_encode(sb_bytes_text(""), out, 1), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_escapes_are_decoded),
		cmocka_unit_test(test_what_is_no_text_is_refused),
		cmocka_unit_test(test_all_octets_there_and_back),
		cmocka_unit_test(test_encoding_has_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
