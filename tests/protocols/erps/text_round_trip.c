/* There and back with generated terms of every tag: what is printed reads as the same value, and
 * prints the same again. */
#include "protocols/erps/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/env.h"
#include "core/utf8.h"
#include "protocols/erps/decode.h"
#include "protocols/erps/tag.h"
#include "tests/protocols/erps/terms.h"

#define ROUNDS 3000
#define ROOM   (1 << 20)

static uint8_t octets[2][ROOM];
static char text[2][8 * ROOM];

static struct erps_term
generate(struct chance *c, bool is_rewritten)
{
	static const struct term_wishes wishes = {.depth = 5, .elements = 10};
	struct sb_writer w = sb_writer_of(octets[0], ROOM);
	struct erps_term term = {octets[0], 0};

	generate_term(&w, c, &wishes);
	assert_false(sb_writer_failed(&w));
	term.size = sb_writer_size(&w);
	if (!is_rewritten)
		return term;
	w = sb_writer_of(octets[1], ROOM);
	rewrite_term(&w, c, term);
	assert_false(sb_writer_failed(&w));
	return (struct erps_term){octets[1], sb_writer_size(&w)};
}

/* What is read must be a checked term. */
static void
expect_checked(const struct erps_builder *b)
{
	struct erps_decoder decoder = {.limits = {.depth = 256}, .env = sb_env_system()};
	struct erps_term term;

	assert_int_equal(erps_decode(&decoder, erps_built_payload(b), &term), 0);
	erps_decoder_fini(&decoder);
}

static void
there_and_back(struct erps_term term)
{
	size_t size = erps_print(text[0], sizeof(text[0]), term);
	struct erps_text_fault fault;
	struct erps_builder b;

	erps_builder_init_env(&b, sb_env_system(), ROOM);
	erps_put_version(&b);
	if (erps_parse(sb_bytes(text[0], size), &b, &fault))
		fail_msg("%s at %zu of %s", fault.what, fault.at, text[0]);
	expect_checked(&b);
	if (!erps_equal(term, erps_built(&b)))
		fail_msg("another value: %s", text[0]);
	erps_print(text[1], sizeof(text[1]), erps_built(&b));
	assert_string_equal(text[1], text[0]);
	erps_builder_fini(&b);
}

static void
test_generated_terms_are_the_same_again(void **state)
{
	struct chance c = chance_of(1);

	for (size_t i = 0; i < ROUNDS; i++)
		there_and_back(generate(&c, false));
	(void)state;
}

static void
test_values_in_other_forms_are_the_same_again(void **state)
{
	struct chance c = chance_of(2);

	for (size_t i = 0; i < ROUNDS; i++)
		there_and_back(generate(&c, true));
	(void)state;
}

static void
test_every_cut_is_whole(void **state)
{
	struct chance c = chance_of(3);

	for (size_t i = 0; i < ROUNDS / 10; i++) {
		struct erps_term term = generate(&c, false);
		size_t whole = erps_print(text[0], sizeof(text[0]), term);

		for (size_t size = 1; size <= whole + 1; size += 1 + size / 8) {
			size_t length = erps_print(text[1], size, term);

			assert_true(length < size);
			assert_true(sb_utf8_valid(sb_bytes(text[1], length)));
			if (length >= 3 && size <= whole)
				assert_string_equal(text[1] + length - 3, "...");
		}
	}
	(void)state;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_generated_terms_are_the_same_again),
		cmocka_unit_test(test_values_in_other_forms_are_the_same_again),
		cmocka_unit_test(test_every_cut_is_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
