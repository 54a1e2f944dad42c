#include "protocols/http/base64.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"

#include <cmocka.h>

static const struct {
	const char *octets, *digits;
} vectors[] = {
	/* RFC 4648, section 10. */
	{"", ""},
	{"f", "Zg=="},
	{"fo", "Zm8="},
	{"foo", "Zm9v"},
	{"foob", "Zm9vYg=="},
	{"fooba", "Zm9vYmE="},
	{"foobar", "Zm9vYmFy"},
	{"\373\377\276", "+/++"},
};

static void
test_the_vectors_of_rfc_4648_hold_both_ways(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		struct sb_bytes octets = sb_bytes_text(vectors[i].octets);
		char digits[16];
		uint8_t back[8];

		assert_int_equal(http_base64_encode(HTTP_BASE64, octets, digits, sizeof(digits)),
			strlen(vectors[i].digits));
		assert_string_equal(digits, vectors[i].digits);
		assert_int_equal(
			http_base64_decode(sb_bytes_text(digits), back, octets.size), octets.size);
		assert_memory_equal(back, octets.data, octets.size);
	}
}

static void
test_the_other_alphabet_has_no_padding(void **state)
{
	char digits[8];
	uint8_t back[4];

	(void)state;
	assert_int_equal(http_base64_encode(HTTP_BASE64_URL, sb_bytes("\373\377\276\0", 4), digits,
				 sizeof(digits)),
		SB_ELIMIT);
	assert_int_equal(
		http_base64_encode(HTTP_BASE64_URL, sb_bytes("\373\377", 2), digits, 5), 3);
	assert_string_equal(digits, "-_8");
	assert_int_equal(http_base64_decode(sb_bytes_text("-_8"), back, sizeof(back)), 2);
	assert_memory_equal(back, "\373\377", 2);
	assert_int_equal(http_base64_encode(HTTP_BASE64_URL, sb_bytes("", 0), digits, 1), 0);
	assert_int_equal(
		http_base64_encode(HTTP_BASE64_URL, sb_bytes("", 0), digits, 0), SB_ELIMIT);
}

static void
test_what_is_no_base64_is_refused(void **state)
{
	uint8_t out[8];

	(void)state;
	assert_int_equal(http_base64_decode(sb_bytes_text("Z"), out, 8), SB_EINVAL);
	assert_int_equal(http_base64_decode(sb_bytes_text("Zg==="), out, 8), SB_EINVAL);
	assert_int_equal(http_base64_decode(sb_bytes_text("Zm 9"), out, 8), SB_EINVAL);
	assert_int_equal(http_base64_decode(sb_bytes_text("Z=9v"), out, 8), SB_EINVAL);
	assert_int_equal(http_base64_decode(sb_bytes("Zm\0v", 4), out, 8), SB_EINVAL);
	assert_int_equal(http_base64_decode(sb_bytes_text("Zm9vYg=="), out, 3), SB_ELIMIT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_vectors_of_rfc_4648_hold_both_ways),
		cmocka_unit_test(test_the_other_alphabet_has_no_padding),
		cmocka_unit_test(test_what_is_no_base64_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
