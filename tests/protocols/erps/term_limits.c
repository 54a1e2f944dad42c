/* What a payload may cost: every limit at its edge, and input that is made to cost much. */
#include "protocols/erps/decode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/env.h"
#include "core/error.h"
#include "protocols/erps/tag.h"
#include "tests/support/chance.h"
#include "tests/support/octets.h"
#include "tests/support/plain_env.h"

#define ROOM (4u << 20)

static uint8_t *room;
static struct plain_env plain;
static struct erps_decoder decoder;

static int
set_up(void **state)
{
	(void)state;
	room = malloc(ROOM);
	plain_env_init(&plain);
	decoder = (struct erps_decoder){.env = &plain.env};
	return !room;
}

static int
tear_down(void **state)
{
	(void)state;
	free(room);
	erps_decoder_fini(&decoder);
	return plain.live || plain.octets;
}

static int
decode(struct sb_bytes payload)
{
	struct sb_bytes copy = exact_copy(payload);
	struct erps_term term;
	int err = erps_decode(&decoder, copy, &term);

	assert_true((err == 0) == (term.data != NULL));
	assert_true((err == 0) == (decoder.fault.what == NULL));
	free((void *)copy.data);
	return err;
}

static struct sb_writer
begin(void)
{
	struct sb_writer w = sb_writer_of(room, ROOM);

	sb_put_u8(&w, ERPS_TERM_VERSION);
	return w;
}

static int
end(const struct sb_writer *w)
{
	assert_false(sb_writer_failed(w));
	return decode(sb_bytes(w->start, sb_writer_size(w)));
}

static void
expect_over(int err, const char *what)
{
	assert_int_equal(err, SB_ELIMIT);
	assert_string_equal(decoder.fault.what, what);
}

static int
decode_nested(size_t depth, const char *head, const char *inner)
{
	struct sb_writer w = begin();
	uint8_t octets[16];
	struct sb_bytes opening = octets_of(head, octets, sizeof(octets));

	while (depth--)
		sb_put_bytes(&w, opening.data, opening.size);
	opening = octets_of(inner, octets, sizeof(octets));
	sb_put_bytes(&w, opening.data, opening.size);
	return end(&w);
}

static void
test_the_depth_is_limited(void **state)
{
	static const char *const heads[] = {"6801", "6900000001", "740000000161ff"};

	for (size_t i = 0; i < 3; i++) {
		decoder.limits.depth = 0;
		assert_int_equal(decode_nested(64, heads[i], "6a"), 0);
		expect_over(decode_nested(65, heads[i], "6a"), "nested too deeply");
		decoder.limits.depth = 1;
		assert_int_equal(decode_nested(1, heads[i], "6a"), 0);
		expect_over(decode_nested(2, heads[i], "6a"), "nested too deeply");
		decoder.limits.depth = 1000000; /* 256 is what there is */
		assert_int_equal(decode_nested(256, heads[i], "6a"), 0);
		expect_over(decode_nested(257, heads[i], "6a"), "nested too deeply");
	}
	/* A list that goes on in its tail is one inside the other, too. */
	assert_int_equal(decode_nested(256, "6c000000016107", "6a"), 0);
	expect_over(decode_nested(257, "6c000000016107", "6a"), "nested too deeply");
	(void)state;
}

static void
test_a_million_nested_tuples_are_refused_at_once(void **state)
{
	expect_over(decode_nested(1000000, "6801", "6a"), "nested too deeply");
	assert_int_equal(decoder.fault.at, 1 + 64 * 2);
	assert_int_equal(plain.peak, 0);
	(void)state;
}

static int
decode_flat(uint8_t tag, uint32_t count)
{
	struct sb_writer w = begin();

	sb_put_u8(&w, tag);
	sb_put_u32(&w, count);
	for (uint32_t i = 0; i < count; i++)
		sb_put_u8(&w, ERPS_TAG_NIL);
	if (tag == ERPS_TAG_LIST)
		sb_put_u8(&w, ERPS_TAG_NIL);
	return end(&w);
}

static void
test_the_elements_are_limited(void **state)
{
	decoder.limits.elements = 10;
	assert_int_equal(decode_flat(ERPS_TAG_LARGE_TUPLE, 9), 0);
	expect_over(decode_flat(ERPS_TAG_LARGE_TUPLE, 10), "too many elements");
	/* The tail is one. */
	assert_int_equal(decode_flat(ERPS_TAG_LIST, 8), 0);
	expect_over(decode_flat(ERPS_TAG_LIST, 9), "too many elements");
	decoder.limits.elements = 1;
	assert_int_equal(decode_flat(ERPS_TAG_LARGE_TUPLE, 0), 0);
	decoder.limits.elements = 0;
	assert_int_equal(decode_flat(ERPS_TAG_LARGE_TUPLE, 999999), 0);
	expect_over(decode_flat(ERPS_TAG_LARGE_TUPLE, 1000000), "too many elements");
	assert_int_equal(plain.peak, 0);
	(void)state;
}

static int
decode_notation(const char *notation)
{
	return decode(octets_of(notation, room, ROOM));
}

static void
expect_refused(const char *notation, const char *what)
{
	assert_int_equal(decode_notation(notation), SB_EPROTO);
	assert_string_equal(decoder.fault.what, what);
	assert_int_equal(plain.peak, 0);
}

static void
test_a_count_is_held_against_the_octets_that_are_left(void **state)
{
	const char *what = "more elements than octets";

	expect_refused("83 6c ffffffff 6a6a6a6a", what);
	expect_refused("83 69 ffffffff 6a6a6a6a", what);
	expect_refused("83 74 ffffffff 6a6a6a6a", what);
	expect_refused("83 74 80000000 6a6a6a6a", what);
	expect_refused("83 6c 00000001 6a", what);
	expect_refused("83 69 00000002 6a", what);
	expect_refused("83 74 00000001 6a", what);
	expect_refused("83 68 02 6a", what);
	expect_refused("83 6d ffffffff 00", "cut short");
	expect_refused("83 4d ffffffff 01 00", "cut short");
	expect_refused("83 6b ffff 00", "cut short");
	(void)state;
}

static int
decode_atom(uint8_t tag, size_t characters, const char *character)
{
	struct sb_writer w = begin();
	size_t size = characters * strlen(character);

	sb_put_u8(&w, tag);
	if (tag == ERPS_TAG_SMALL_ATOM_UTF8 || tag == ERPS_TAG_SMALL_ATOM)
		sb_put_u8(&w, (uint8_t)size);
	else
		sb_put_u16(&w, (uint16_t)size);
	while (characters--)
		sb_put_bytes(&w, character, strlen(character));
	return end(&w);
}

static void
test_the_characters_of_an_atom_are_limited(void **state)
{
	const char *what = "an atom that is too long";

	assert_int_equal(decode_atom(ERPS_TAG_ATOM, 255, "\xe4"), 0);
	expect_over(decode_atom(ERPS_TAG_ATOM, 256, "\xe4"), what);
	assert_int_equal(decode_atom(ERPS_TAG_ATOM_UTF8, 255, "a"), 0);
	expect_over(decode_atom(ERPS_TAG_ATOM_UTF8, 256, "a"), what);
	assert_int_equal(decode_atom(ERPS_TAG_ATOM_UTF8, 255, "\xf0\x9f\x98\x80"), 0);
	expect_over(decode_atom(ERPS_TAG_ATOM_UTF8, 256, "\xf0\x9f\x98\x80"), what);
	decoder.limits.atom = 3;
	assert_int_equal(decode_atom(ERPS_TAG_SMALL_ATOM_UTF8, 3, "\xc3\xa4"), 0);
	expect_over(decode_atom(ERPS_TAG_SMALL_ATOM_UTF8, 4, "\xc3\xa4"), what);
	assert_int_equal(decode_atom(ERPS_TAG_SMALL_ATOM, 3, "\xe4"), 0);
	expect_over(decode_atom(ERPS_TAG_SMALL_ATOM, 4, "\xe4"), what);
	(void)state;
}

static int
decode_integer(uint32_t size)
{
	struct sb_writer w = begin();

	sb_put_u8(&w, ERPS_TAG_LARGE_BIG);
	sb_put_u32(&w, size);
	sb_put_u8(&w, 0);
	while (size--)
		sb_put_u8(&w, 1);
	return end(&w);
}

static void
test_the_octets_of_an_integer_are_limited(void **state)
{
	const char *what = "an integer that is too long";

	assert_int_equal(decode_integer(1024), 0);
	expect_over(decode_integer(1025), what);
	decoder.limits.integer = 4;
	assert_int_equal(decode_integer(4), 0);
	expect_over(decode_integer(5), what);
	expect_over(decode_notation("83 6e 05 00 0102030405"), what);
	/* Said before its octets are there. */
	expect_over(decode_notation("83 6f ffffffff 00"), what);
	(void)state;
}

/* ---- maps that are made to be slow ---- */

/* Keys 0 .. pairs - 1 in an order by chance, each an INTEGER; the last pair again. */
static int
decode_map(uint32_t pairs, bool is_twice)
{
	struct sb_writer w = begin();
	uint32_t step = 7919; /* a prime: every key once */

	sb_put_u8(&w, ERPS_TAG_MAP);
	sb_put_u32(&w, pairs + is_twice);
	for (uint32_t i = 0; i < pairs + is_twice; i++) {
		sb_put_u8(&w, ERPS_TAG_INTEGER);
		sb_put_u32(&w, (uint32_t)((uint64_t)i * step % pairs));
		sb_put_u8(&w, ERPS_TAG_NIL);
	}
	return end(&w);
}

static void
test_many_keys_cost_eight_octets_each_until_they_are_checked(void **state)
{
	assert_int_equal(decode_map(400000, false), 0);
	assert_true(plain.peak <= 400000 * 8);
	assert_int_equal(plain.octets, 0);
	plain.peak = 0;
	assert_int_equal(decode_map(400000, true), SB_EPROTO);
	assert_string_equal(decoder.fault.what, "a map with a key twice");
	assert_true(plain.peak <= 400001 * 8);
	assert_int_equal(plain.octets, 0);
	/* What few keys took is kept. */
	assert_int_equal(decode_map(100, false), 0);
	assert_int_equal(plain.octets, 800);
	(void)state;
}

static void
put_map_of(struct sb_writer *w, uint32_t pairs, bool is_backwards, uint8_t last)
{
	sb_put_u8(w, ERPS_TAG_MAP);
	sb_put_u32(w, pairs);
	for (uint32_t i = 0; i < pairs; i++) {
		uint32_t key = is_backwards ? pairs - 1 - i : i;

		sb_put_u8(w, ERPS_TAG_INTEGER);
		sb_put_u32(w, key);
		sb_put_u8(w, ERPS_TAG_SMALL_INTEGER);
		sb_put_u8(w, key == 0 ? last : 1);
	}
}

/* Two keys that are maps of the same keys the other way round: to compare them pair by pair would
 * take minutes. */
static void
test_keys_that_are_large_maps_in_another_order_are_told_apart_quickly(void **state)
{
	for (uint8_t last = 1; last <= 2; last++) {
		struct sb_writer w = begin();

		sb_put_u8(&w, ERPS_TAG_MAP);
		sb_put_u32(&w, 2);
		put_map_of(&w, 100000, false, 1);
		sb_put_u8(&w, ERPS_TAG_NIL);
		put_map_of(&w, 100000, true, last);
		sb_put_u8(&w, ERPS_TAG_NIL);
		assert_int_equal(end(&w), last == 1 ? SB_EPROTO : 0);
	}
	(void)state;
}

static void
test_deep_keys_are_compared_without_recursion(void **state)
{
	struct sb_writer w = begin();

	decoder.limits.depth = 256;
	sb_put_u8(&w, ERPS_TAG_MAP);
	sb_put_u32(&w, 2);
	for (int key = 0; key < 2; key++) {
		for (int depth = 0; depth < 255; depth++) {
			sb_put_u8(&w, ERPS_TAG_MAP);
			sb_put_u32(&w, 1);
		}
		for (int depth = 0; depth < 255; depth++)
			sb_put_bytes(&w, "j", 1);
		sb_put_u8(&w, ERPS_TAG_SMALL_INTEGER);
		sb_put_u8(&w, (uint8_t)key);
		sb_put_u8(&w, ERPS_TAG_NIL);
	}
	assert_int_equal(end(&w), 0);
	(void)state;
}

static void
test_without_memory_a_map_of_many_keys_is_refused_and_nothing_is_kept(void **state)
{
	plain.fail_at = 1;
	assert_int_equal(decode_map(100, false), SB_ENOMEM);
	assert_string_equal(decoder.fault.what, "out of memory");
	assert_int_equal(plain.live, 0);
	assert_int_equal(decode_map(100, false), 0);
	(void)state;
}

static void
test_trailing_octets_are_passed_over_when_asked(void **state)
{
	assert_int_equal(decode_notation("83 6801 6a 00"), SB_EPROTO);
	assert_string_equal(decoder.fault.what, "octets after the term");
	assert_int_equal(decoder.fault.at, 4);
	decoder.limits.takes_trailing = true;
	assert_int_equal(decode_notation("83 6801 6a 00"), 0);
	(void)state;
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(the_depth_is_limited),
		TEST(a_million_nested_tuples_are_refused_at_once),
		TEST(the_elements_are_limited),
		TEST(a_count_is_held_against_the_octets_that_are_left),
		TEST(the_characters_of_an_atom_are_limited),
		TEST(the_octets_of_an_integer_are_limited),
		TEST(many_keys_cost_eight_octets_each_until_they_are_checked),
		TEST(keys_that_are_large_maps_in_another_order_are_told_apart_quickly),
		TEST(deep_keys_are_compared_without_recursion),
		TEST(without_memory_a_map_of_many_keys_is_refused_and_nothing_is_kept),
		TEST(trailing_octets_are_passed_over_when_asked),
	};
#undef TEST

	return cmocka_run_group_tests(tests, NULL, NULL);
}
