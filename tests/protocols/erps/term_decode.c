/* Octets to terms: every tag, every rule, every limit at its edge. */
#include "protocols/erps/decode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/env.h"
#include "core/error.h"
#include "protocols/erps/match.h"
#include "tests/support/octets.h"
#include "tests/support/plain_env.h"

static uint8_t buf[1 << 20];

/* The payload `notation`, decoded from memory of exactly its size, until the term is forgotten. */
static int
decode_with(struct erps_decoder *decoder, const char *notation, struct erps_term *term)
{
	decoder->env = sb_env_system();
	return erps_decode(decoder, exact_copy(octets_of(notation, buf, sizeof(buf))), term);
}

static void
forget(struct erps_term term)
{
	free((void *)(term.data - 1));
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
	expect_fault("83 4e 00", SB_EPROTO, "a tag of distribution between nodes", 1);
	expect_fault("83 45 00", SB_EPROTO, "a tag of distribution between nodes", 1);
	(void)state;
}

/* What the real library sent (section 11 of the protocol), taken apart. */
static void
test_floats_that_are_no_numbers_are_refused(void **state)
{
	const char *what = "a float that is no finite number";

	expect_fault("83 46 7ff0000000000000", SB_EPROTO, what, 1);
	expect_fault("83 46 fff0000000000001", SB_EPROTO, what, 1);
	expect_kind("83 46 7fefffffffffffff", ERPS_FLOAT);
	expect_kind("83 63 '-1.0E5' 00*25", ERPS_FLOAT);
	expect_kind("83 63 '12345678901234567890.1234567890' ", ERPS_FLOAT);
	expect_fault("83 63 00*31", SB_EPROTO, what, 1);
	expect_fault("83 63 '1.0e400' 00*24", SB_EPROTO, what, 1);
	expect_fault("83 63 '1.0e99999' 00*22", SB_EPROTO, what, 1);
	expect_fault("83 63 '1.' 00*29", SB_EPROTO, what, 1);
	expect_fault("83 63 '.5' 00*29", SB_EPROTO, what, 1);
	expect_fault("83 63 '1.0e' 00*27", SB_EPROTO, what, 1);
	expect_fault("83 63 '1.0e+' 00*26", SB_EPROTO, what, 1);
	expect_fault("83 63 '15' 00*29", SB_EPROTO, what, 1);
	expect_fault("83 63 'inf' 00*28", SB_EPROTO, what, 1);
	expect_fault("83 63 ' 1.0' 00*27", SB_EPROTO, what, 1);
	expect_fault("83 63 '1.0' 00 '1' 00*26", SB_EPROTO, what, 1);
	expect_fault("83 63 '1.0' 00*27", SB_EPROTO, "cut short", 1);
	(void)state;
}

static void
test_atoms_are_utf8_where_they_say_so(void **state)
{
	const char *what = "an atom that is not UTF-8";

	expect_kind("83 77 04 f09f9880", ERPS_ATOM);
	expect_fault("83 77 01 ff", SB_EPROTO, what, 1);
	expect_fault("83 76 0001 e4", SB_EPROTO, what, 1);
	expect_fault("83 77 02 c080", SB_EPROTO, what, 1);
	expect_fault("83 77 03 eda080", SB_EPROTO, what, 1);
	expect_fault("83 77 04 f4908080", SB_EPROTO, what, 1);
	expect_fault("83 77 02 e282", SB_EPROTO, what, 1);
	expect_kind("83 73 01 ff", ERPS_ATOM);
	(void)state;
}

static void
test_numbers_and_bits_have_their_rules(void **state)
{
	const char *bits = "a bit string with a wrong count of bits";

	expect_fault("83 6e 01 02 05", SB_EPROTO, "an integer without a sign", 1);
	expect_fault("83 6f 00000001 ff 05", SB_EPROTO, "an integer without a sign", 1);
	expect_fault("83 6e 02 00 05", SB_EPROTO, "cut short", 1);
	expect_fault("83 6e 02", SB_EPROTO, "cut short", 1);
	expect_fault("83 4d 00000001 00 05", SB_EPROTO, bits, 1);
	expect_fault("83 4d 00000000 00", SB_EPROTO, bits, 1);
	expect_fault("83 4d 00000000 08", SB_EPROTO, bits, 1);
	expect_fault("83 4d 00000002 08 00", SB_EPROTO, "cut short", 1);
	(void)state;
}

static void
test_pids_ports_and_references_have_their_rules(void **state)
{
	const char *words = "a reference of no words, or of more than five";
	const char *node = "a node's name that is no atom";

	expect_fault("83 67 6d00000001'n' 00000001 00000002 03", SB_EPROTO, node, 2);
	expect_fault("83 72 0001 6a 03 00000001", SB_EPROTO, node, 4);
	expect_fault("83 59 4d a8 03 69", SB_EPROTO, node, 2);
	expect_fault("83 67 7701'n' 00000001 00000002", SB_EPROTO, "cut short", 5);
	expect_fault("83 67", SB_EPROTO, "cut short", 1);
	expect_fault("83 67 77ff'n'", SB_EPROTO, "cut short", 2);
	expect_fault("83 72 0000 7701'n' 03", SB_EPROTO, words, 1);
	expect_fault("83 5a 0006 7701'n' 00*4 00*24", SB_EPROTO, words, 1);
	expect_kind("83 5a 0005 7701'n' 00*4 00*20", ERPS_REFERENCE);
	expect_fault("83 5a 0005 7701'n' 00*4 00*19", SB_EPROTO, "cut short", 7);
	expect_fault("83 5a 00", SB_EPROTO, "cut short", 1);
	expect_kind("83 67 73 01 ff 00000001 00000002 03", ERPS_PID);
	(void)state;
}

static void
test_terms_of_the_captures_read_as_they_were_sent(void **state)
{
	struct erps_decoder decoder = {0};
	struct sb_bytes text;
	struct erps_term term;
	int64_t ref;

	assert_int_equal(decode_with(&decoder, "83 68 02 62 0408f0c9 64 0004 70696e67", &term), 0);
	assert_true(erps_match(term, "{ref::int, :ping}", &ref));
	assert_int_equal(ref, 67694793);
	forget(term);
	assert_int_equal(decode_with(&decoder, "83 68 02 64 0004 706f6e67 62 0408f0c9", &term), 0);
	assert_true(erps_match(term, "{:pong, 67694793}"));
	forget(term);
	assert_int_equal(decode_with(&decoder, "83 64 0004 696e6372", &term), 0);
	assert_true(erps_match(term, ":incr"));
	forget(term);
	assert_int_equal(
		decode_with(&decoder, "83 68 02 64 0004 6e657773 6d 00000005 68656c6c6f", &term),
		0);
	assert_true(erps_match(term, "{:news, text::binary}", &text));
	assert_memory_equal(text.data, "hello", 5);
	forget(term);
	assert_int_equal(decode_with(&decoder, "83 6d 00000010 'wrong identifier'", &term), 0);
	assert_true(erps_match(term, "\"wrong identifier\""));
	forget(term);
	(void)state;
}

static void
test_the_echoed_list_of_the_captures_has_every_kind_in_it(void **state)
{
	struct erps_decoder decoder = {0};
	struct erps_term list, big, element;
	struct sb_bytes octets;
	bool is_negative;
	double number;

	assert_int_equal(decode_with(&decoder,
				 "83 6c 00000009 6101 62 00000100 62 ffffffff 46 400c000000000000 "
				 "6d 00000003 62696e 64 0003 6e696c 74 00000001 64000161 6101 6800 "
				 "6e 0d00 d20a3f4eeee073c3f60fe98e01 6a",
				 &list),
		0);
	assert_true(erps_match(list, "[1, 256, -1, number::float, \"bin\", nil, %{a: 1}, {}, big]",
		&number, &big));
	assert_true(number == 3.5);
	/* 123456789012345678901234567890 */
	assert_true(erps_get_big(big, &octets, &is_negative));
	assert_int_equal(octets.size, 13);
	assert_false(is_negative);
	assert_true(erps_element(list, 8, &element));
	assert_true(erps_equal(element, big));
	forget(list);
	(void)state;
}

/* ---- safe mode ---- */

static void
expect_atom(const struct erps_atoms *atoms, const char *notation, int code)
{
	struct erps_decoder decoder = {.atoms = atoms, .env = sb_env_system()};
	struct sb_bytes payload = exact_copy(octets_of(notation, buf, sizeof(buf)));
	struct erps_term term;

	assert_int_equal(erps_decode(&decoder, payload, &term), code);
	if (code)
		assert_string_equal(decoder.fault.what, "an unknown atom");
	free((void *)payload.data);
}

static void
expect_safe_mode(const struct erps_atoms *atoms)
{
	expect_atom(atoms, "83 77 04 'ping'", 0);
	expect_atom(atoms, "83 64 0004 'ping'", 0);
	expect_atom(atoms, "83 73 02 'h' e4", 0);
	expect_atom(atoms, "83 77 03 'h' c3a4", 0);
	expect_atom(atoms, "83 77 00", 0);
	/* Values, not names. */
	expect_atom(atoms, "83 77 04 'true'", 0);
	expect_atom(atoms, "83 77 05 'false'", 0);
	expect_atom(atoms, "83 64 0003 'nil'", 0);
	/* A node's name is read by nobody. */
	expect_atom(atoms, "83 67 7706'n@host' 00000001 00000002 03", 0);
	expect_atom(atoms, "83 77 03 'pin'", SB_EACCES);
	expect_atom(atoms, "83 77 05 'pings'", SB_EACCES);
	expect_atom(atoms, "83 77 05 'ping' 00", SB_EACCES);
	expect_atom(atoms, "83 68 02 7704'ping' 7707'unknown'", SB_EACCES);
	expect_atom(atoms, "83 73 02 'h' e5", SB_EACCES);
	expect_atom(atoms, "83 74 00000001 7704'nope' 6a", SB_EACCES);
}

static void
test_only_atoms_of_the_table_pass(void **state)
{
	static const char *const names[] = {"ping", "h\xc3\xa4", "", "pong"};
	struct erps_atoms atoms = {.names = names, .count = 4};

	expect_safe_mode(&atoms);
	assert_int_equal(erps_atoms_index(&atoms, sb_env_system()), 0);
	expect_safe_mode(&atoms);
	assert_int_equal(erps_atoms_index(&atoms, sb_env_system()), 0);
	expect_safe_mode(&atoms);
	erps_atoms_fini(&atoms, sb_env_system());
	expect_safe_mode(&atoms);
	(void)state;
}

static void
test_a_large_table_of_atoms_knows_its_names_and_no_others(void **state)
{
	static char text[4096][8];
	static const char *names[4096];
	struct erps_atoms atoms = {.names = names, .count = 4096};
	struct plain_env plain;

	for (int i = 0; i < 4096; i++) {
		snprintf(text[i], sizeof(text[i]), "m%d", 3 * i);
		names[i] = text[i];
	}
	plain_env_init(&plain);
	plain.fail_at = 1;
	assert_int_equal(erps_atoms_index(&atoms, &plain.env), SB_ENOMEM);
	assert_true(erps_atoms_have(&atoms, sb_bytes_text("m9")));
	assert_int_equal(erps_atoms_index(&atoms, &plain.env), 0);
	for (int i = 0; i < 3 * 4096; i++) {
		char name[16];

		snprintf(name, sizeof(name), "m%d", i);
		assert_int_equal(erps_atoms_have(&atoms, sb_bytes_text(name)), i % 3 == 0);
	}
	erps_atoms_fini(&atoms, &plain.env);
	assert_int_equal(plain.live, 0);
	(void)state;
}

/* ---- the ref of what does not decode ---- */

static struct erps_term method; /* of the last read_ref */

static bool
read_ref(const char *notation, struct erps_term *ref)
{
	const char *const none[] = {"none"};
	const struct erps_atoms atoms = {.names = none, .count = 1};
	struct erps_decoder decoder = {
		.env = sb_env_system(), .atoms = &atoms, .fault = {"as it was", 7}};
	struct sb_bytes payload = octets_of(notation, buf, sizeof(buf));
	bool is_there = erps_decode_ref(&decoder, payload, ref, &method);

	assert_string_equal(decoder.fault.what, "as it was");
	assert_int_equal(decoder.fault.at, 7);
	assert_ptr_equal(decoder.atoms, &atoms);
	return is_there;
}

static void
test_the_ref_is_read_when_it_is_whole_whatever_follows(void **state)
{
	struct erps_term ref;

	assert_true(read_ref("83 68 02 62 0408f0c9 70", &ref));
	assert_int_equal(ref.size, 5);
	assert_true(erps_match(ref, "67694793"));
	assert_true(read_ref("83 68 02 62 0408f0c9", &ref));
	assert_true(read_ref("83 69 ffffffff 6802 6101 6d00000001'x' 00", &ref));
	assert_int_equal(erps_kind(ref), ERPS_TUPLE);
	assert_false(read_ref("83 68 02 62 0408f0", &ref));
	assert_null(ref.data);
	assert_false(read_ref("83 68 00 61 01", &ref));
	assert_false(read_ref("83 68 02", &ref));
	assert_false(read_ref("83 69 00000001", &ref));
	assert_false(read_ref("83 6c 00000001 6101 6a", &ref));
	assert_false(read_ref("83 68 02 70 00000000", &ref));
	assert_false(read_ref("", &ref));
	assert_false(read_ref("82 68 02 6101 6102", &ref));
	(void)state;
}

static void
expect_method(const char *notation, const char *name)
{
	struct erps_term ref;

	assert_true(read_ref(notation, &ref));
	if (name)
		assert_true(erps_is_atom(method, name));
	else
		assert_null(method.data);
}

static void
test_the_method_of_what_does_not_decode_is_seen(void **state)
{
	expect_method("83 68 02 6101 7704'ping' 00", "ping");
	expect_method("83 68 02 6101 6803 77 03'add' 71", "add");
	expect_method("83 68 02 6101 69 00000003 64 0003'add' 71", "add");
	expect_method("83 68 02 6101 6803 77 03'ad'", NULL);
	expect_method("83 68 02 6101 6803 77 01 ff", NULL);
	expect_method("83 68 02 6101 6803", NULL);
	expect_method("83 68 02 6101 6803 4d", NULL);
	expect_method("83 68 02 6101 6803 68 01 7701'a'", NULL);
	expect_method("83 68 02 6101", NULL);
	(void)state;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_tag_decodes_to_its_kind),
		cmocka_unit_test(test_what_is_no_term_is_refused_by_name),
		cmocka_unit_test(test_floats_that_are_no_numbers_are_refused),
		cmocka_unit_test(test_atoms_are_utf8_where_they_say_so),
		cmocka_unit_test(test_numbers_and_bits_have_their_rules),
		cmocka_unit_test(test_pids_ports_and_references_have_their_rules),
		cmocka_unit_test(test_terms_of_the_captures_read_as_they_were_sent),
		cmocka_unit_test(test_the_echoed_list_of_the_captures_has_every_kind_in_it),
		cmocka_unit_test(test_only_atoms_of_the_table_pass),
		cmocka_unit_test(test_a_large_table_of_atoms_knows_its_names_and_no_others),
		cmocka_unit_test(test_the_ref_is_read_when_it_is_whole_whatever_follows),
		cmocka_unit_test(test_the_method_of_what_does_not_decode_is_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
