/* Message ids that a peer spells in two ways. */
#include "protocols/smpp/receipt_id.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/error.h"

static void
test_ids_have_one_spelling(void **state)
{
	static const struct {
		enum smpp_id_spelling spelling;
		const char *id;
		const char *expected;
	} cases[] = {
		{SMPP_ID_AS_IS, "00AB", "00AB"},
		{SMPP_ID_HEXADECIMAL, "00AB", "ab"},
		{SMPP_ID_HEXADECIMAL, "ab", "ab"},
		{SMPP_ID_HEXADECIMAL, "0", "0"},
		{SMPP_ID_DECIMAL, "0000000171", "ab"},
		{SMPP_ID_DECIMAL, "18446744073709551616", "10000000000000000"},
		{SMPP_ID_HEXADECIMAL,
			"FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF",
			"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"},
		{SMPP_ID_DECIMAL,
			"9999999999999999999999999999999999999999999999999999999999999999",
			"184f03e93ff9f4daa797ed6e38ed64bf6a1f00ffffffffffffffff"},
		/* No numbers of that spelling: as they are. */
		{SMPP_ID_DECIMAL, "12AB", "12AB"},
		{SMPP_ID_HEXADECIMAL, "12-AB", "12-AB"},
		{SMPP_ID_DECIMAL, "", ""},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char out[SMPP_ID_SIZE_MAX];
		struct sb_writer w = sb_writer_of(out, sizeof(out));

		assert_int_equal(
			smpp_id_normalize(sb_bytes_text(cases[i].id), cases[i].spelling, &w), 0);
		assert_int_equal(sb_writer_size(&w), strlen(cases[i].expected));
		assert_memory_equal(out, cases[i].expected, strlen(cases[i].expected));
	}
	(void)state;
}

static void
test_kannels_four_rules(void **state)
{
	static const char *const response[] = {"171", "AB", "171", "AB"};
	static const char *const receipt[] = {"0000000171", "171", "00ab", "AB"};

	for (unsigned type = 0; type < 4; type++) {
		struct smpp_id_rule rule;

		assert_int_equal(smpp_id_rule_from_number(type, &rule), 0);
		for (unsigned i = 0; i < 4; i++) {
			bool is_same = smpp_id_is_same(
				rule, sb_bytes_text(response[type]), sb_bytes_text(receipt[i]));

			/* The first two are decimal, and so are the receipts of two rules. */
			assert_int_equal(is_same, (i < 2) == (type < 2));
		}
	}
	assert_int_equal(smpp_id_rule_from_number(4, &(struct smpp_id_rule){0, 0}), SB_EINVAL);
	(void)state;
}

static void
test_without_a_rule_only_the_same_is_the_same(void **state)
{
	const struct smpp_id_rule none = {0, 0};

	assert_true(smpp_id_is_same(none, sb_bytes_text("0a"), sb_bytes_text("0a")));
	assert_false(smpp_id_is_same(none, sb_bytes_text("0a"), sb_bytes_text("0A")));
	assert_false(smpp_id_is_same(none, sb_bytes_text("0a"), sb_bytes_text("a")));
	(void)state;
}

static void
test_ids_that_are_too_long_or_have_no_room(void **state)
{
	static const char id[SMPP_ID_SIZE_MAX + 1] = {'1'};
	const struct smpp_id_rule none = {0, 0};
	char out[4];
	struct sb_writer w = sb_writer_of(out, sizeof(out));

	assert_int_equal(smpp_id_normalize(sb_bytes(id, sizeof(id)), SMPP_ID_AS_IS, &w), SB_EINVAL);
	assert_false(smpp_id_is_same(none, sb_bytes(id, sizeof(id)), sb_bytes(id, sizeof(id))));
	assert_int_equal(smpp_id_normalize(sb_bytes_text("12345"), SMPP_ID_AS_IS, &w), SB_ENOSPC);
	assert_int_equal(
		smpp_id_normalize(sb_bytes_text("99999"), SMPP_ID_HEXADECIMAL, &w), SB_ENOSPC);
	assert_int_equal(sb_writer_size(&w), 0);
	(void)state;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ids_have_one_spelling),
		cmocka_unit_test(test_kannels_four_rules),
		cmocka_unit_test(test_without_a_rule_only_the_same_is_the_same),
		cmocka_unit_test(test_ids_that_are_too_long_or_have_no_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
