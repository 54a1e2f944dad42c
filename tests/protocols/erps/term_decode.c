/* Octets to terms: every tag, every rule, every limit at its edge. */
#include "protocols/erps/decode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/env.h"
#include "core/error.h"
#include "tests/support/octets.h"

static uint8_t buf[1 << 20];

/* The payload `notation`, decoded from memory of exactly its size, which is not given back: terms
 * view it. */
static int
decode_with(struct erps_decoder *decoder, const char *notation, struct erps_term *term)
{
	decoder->env = sb_env_system();
	return erps_decode(decoder, exact_copy(octets_of(notation, buf, sizeof(buf))), term);
}

static void
expect_fault(const char *notation, int code, const char *what, size_t at)
{
	struct erps_decoder decoder = {.env = sb_env_system()};
	struct sb_bytes payload = exact_copy(octets_of(notation, buf, sizeof(buf)));
	struct erps_term term;

	assert_int_equal(erps_decode(&decoder, payload, &term), code);
	assert_null(term.data);
	assert_string_equal(decoder.fault.what, what);
	assert_int_equal(decoder.fault.at, at);
	free((void *)payload.data);
	erps_decoder_fini(&decoder);
}

static void
expect_kind(const char *notation, enum erps_kind kind)
{
	struct erps_decoder decoder = {.env = sb_env_system()};
	struct sb_bytes payload = exact_copy(octets_of(notation, buf, sizeof(buf)));
	struct erps_term term;

	assert_int_equal(erps_decode(&decoder, payload, &term), 0);
	assert_null(decoder.fault.what);
	assert_int_equal(erps_kind(term), kind);
	assert_int_equal(term.size, payload.size - 1);
	free((void *)payload.data);
	erps_decoder_fini(&decoder);
}

static void
test_every_tag_decodes_to_its_kind(void **state)
{
	expect_kind("83 61 ff", ERPS_INTEGER);
	expect_kind("83 62 ffffffff", ERPS_INTEGER);
	expect_kind("83 6e 01 01 05", ERPS_INTEGER);
	expect_kind("83 6f 00000001 00 05", ERPS_INTEGER);
	expect_kind("83 46 400c000000000000", ERPS_FLOAT);
	expect_kind("83 63 '1.50000000000000000000e+00' 0000000000", ERPS_FLOAT);
	expect_kind("83 64 0002 'ok'", ERPS_ATOM);
	expect_kind("83 73 02 'ok'", ERPS_ATOM);
	expect_kind("83 76 0002 'ok'", ERPS_ATOM);
	expect_kind("83 77 02 'ok'", ERPS_ATOM);
	expect_kind("83 68 00", ERPS_TUPLE);
	expect_kind("83 69 00000001 6a", ERPS_TUPLE);
	expect_kind("83 6a", ERPS_LIST);
	expect_kind("83 6b 0001 07", ERPS_LIST);
	expect_kind("83 6c 00000001 6107 6a", ERPS_LIST);
	expect_kind("83 6d 00000002 'hi'", ERPS_BINARY);
	expect_kind("83 4d 00000001 03 e0", ERPS_BITSTRING);
	expect_kind("83 4d 00000001 08 e0", ERPS_BINARY);
	expect_kind("83 74 00000001 7701'a' 6101", ERPS_MAP);
	expect_kind("83 67 7701'n' 00000001 00000002 03", ERPS_PID);
	expect_kind("83 58 7701'n' 00000001 00000002 00000003", ERPS_PID);
	expect_kind("83 66 7701'n' 00000001 03", ERPS_PORT);
	expect_kind("83 59 7701'n' 00000001 00000003", ERPS_PORT);
	expect_kind("83 78 7701'n' 0000000000000001 00000003", ERPS_PORT);
	expect_kind("83 65 7701'n' 00000001 03", ERPS_REFERENCE);
	expect_kind("83 72 0002 7701'n' 03 00000001 00000002", ERPS_REFERENCE);
	expect_kind("83 5a 0001 7701'n' 00000003 00000001", ERPS_REFERENCE);
	(void)state;
}

static void
test_what_is_no_term_is_refused_by_name(void **state)
{
	const char *version = "no external term: it does not begin with 131";

	expect_fault("", SB_EPROTO, version, 0);
	expect_fault("82 6a", SB_EPROTO, version, 0);
	expect_fault("83", SB_EPROTO, "cut short", 1);
	expect_fault("83 6d 00000002 41", SB_EPROTO, "cut short", 1);
	expect_fault("83 68 03 6a 6a", SB_EPROTO, "more elements than octets", 1);
	expect_fault("83 6c ffffffff 6a 6a", SB_EPROTO, "more elements than octets", 1);
	expect_fault("83 74 80000000 6a 6a", SB_EPROTO, "more elements than octets", 1);
	expect_fault("83 6c 00000000 6101", SB_EPROTO, "a tail without a list", 1);
	expect_fault("83 6a 6a", SB_EPROTO, "octets after the term", 2);
	expect_fault("83 00", SB_EPROTO, "an unknown tag", 1);
	expect_fault("83 70 00000000", SB_EPROTO, "a fun", 1);
	expect_fault("83 68 01 71 6401 6101", SB_EPROTO, "a fun", 3);
	expect_fault("83 75 00", SB_EPROTO, "a fun", 1);
	expect_fault("83 52 00", SB_EPROTO, "a tag of distribution between nodes", 1);
	expect_fault("83 44 00", SB_EPROTO, "a tag of distribution between nodes", 1);
	expect_fault("83 68 01 50 00000001 00", SB_EPROTO, "a compressed term inside a term", 3);
	expect_fault("83 46 7ff8000000000000", SB_EPROTO, "a float that is no finite number", 1);
	expect_fault(
		"83 4d 00000001 09 00", SB_EPROTO, "a bit string with a wrong count of bits", 1);
	expect_fault("83 74 00000002 6101 6a 6101 6a", SB_EPROTO, "a map with a key twice", 1);
	(void)state;
}

static void
test_a_call_reads_as_the_capture_says(void **state)
{
	struct erps_decoder decoder = {0};
	struct erps_term term, ref, name;
	int64_t value;

	assert_int_equal(decode_with(&decoder, "83 68 02 62 0408f0c9 64 0004 70696e67", &term), 0);
	assert_int_equal(erps_count(term), 2);
	assert_true(erps_element(term, 0, &ref));
	assert_true(erps_get_integer(ref, &value));
	assert_int_equal(value, 67694793);
	assert_true(erps_element(term, 1, &name));
	assert_true(erps_is_atom(name, "ping"));
	free((void *)(term.data - 1));
	(void)state;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_tag_decodes_to_its_kind),
		cmocka_unit_test(test_what_is_no_term_is_refused_by_name),
		cmocka_unit_test(test_a_call_reads_as_the_capture_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
