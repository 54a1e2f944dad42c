/* There and back with generated terms of every tag; and the same values in other forms. */
#include "protocols/erps/decode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/env.h"
#include "core/error.h"
#include "protocols/erps/hash_internal.h"
#include "protocols/erps/tag.h"
#include "tests/protocols/erps/terms.h"
#include "tests/support/octets.h"
#include "tests/support/plain_env.h"

#define ROUNDS 3000
#define ROOM   (1 << 20)

static const uint64_t secret[2] = {UINT64_C(0x243F6A8885A308D3), UINT64_C(0x13198A2E03707344)};
static const struct term_wishes wishes = {.depth = 4, .elements = 10};

static uint8_t octets[4][ROOM];

/* A payload decoded from memory of exactly its size. */
struct decoded {
	struct erps_decoder decoder;
	struct sb_bytes payload;
	struct erps_term term;
};

static int
decode(struct decoded *d, struct plain_env *plain, struct sb_bytes payload)
{
	*d = (struct decoded){.decoder = {.limits = {.depth = 256}, .env = &plain->env},
		.payload = exact_copy(payload)};
	return erps_decode(&d->decoder, d->payload, &d->term);
}

static void
drop(struct decoded *d)
{
	free((void *)d->payload.data);
	erps_decoder_fini(&d->decoder);
}

static struct sb_bytes
generate(struct chance *c, uint8_t *room)
{
	struct sb_writer w = sb_writer_of(room, ROOM);

	sb_put_u8(&w, ERPS_TERM_VERSION);
	generate_term(&w, c, &wishes);
	assert_false(sb_writer_failed(&w));
	return sb_bytes(room, sb_writer_size(&w));
}

static struct sb_bytes
rewrite(struct chance *c, struct erps_term term, uint8_t *room)
{
	struct sb_writer w = sb_writer_of(room, ROOM);

	sb_put_u8(&w, ERPS_TERM_VERSION);
	rewrite_term(&w, c, term);
	assert_false(sb_writer_failed(&w));
	return sb_bytes(room, sb_writer_size(&w));
}

static struct sb_bytes
rebuild(struct erps_term term, uint8_t *room)
{
	struct erps_builder b;

	erps_builder_init(&b, room, ROOM);
	erps_put_version(&b);
	rebuild_term(&b, term);
	assert_int_equal(b.error, 0);
	assert_non_null(erps_built(&b).data);
	return erps_built_payload(&b);
}

static void
expect_same(struct erps_term a, struct erps_term b)
{
	assert_int_equal(erps_kind(a), erps_kind(b));
	assert_true(erps_equal(a, b));
	assert_true(erps_equal(b, a));
	assert_true(erps_hash(a, secret) == erps_hash(b, secret));
}

static void
test_a_term_is_the_same_in_every_form_and_after_it_was_rebuilt(void **state)
{
	struct chance c = chance_of(0x45525053);
	struct plain_env plain;
	struct decoded one, other, again;

	plain_env_init(&plain);
	for (int round = 0; round < ROUNDS; round++) {
		assert_int_equal(decode(&one, &plain, generate(&c, octets[0])), 0);
		assert_int_equal(one.term.size, one.payload.size - 1);
		expect_same(one.term, one.term);
		assert_int_equal(decode(&other, &plain, rewrite(&c, one.term, octets[1])), 0);
		expect_same(one.term, other.term);
		assert_int_equal(decode(&again, &plain, rebuild(other.term, octets[2])), 0);
		expect_same(one.term, again.term);
		drop(&one);
		drop(&other);
		drop(&again);
	}
	assert_int_equal(plain.live, 0);
	(void)state;
}

/* Two generated terms are the same only if the first is the second written otherwise, which does
 * not happen to those that have some size. */
static void
test_terms_of_different_value_differ(void **state)
{
	struct chance c = chance_of(0x44494646);
	struct plain_env plain;
	struct decoded one, other;

	plain_env_init(&plain);
	for (int round = 0; round < ROUNDS; round++) {
		assert_int_equal(decode(&one, &plain, generate(&c, octets[0])), 0);
		assert_int_equal(decode(&other, &plain, generate(&c, octets[1])), 0);
		if (one.term.size > 20 && other.term.size > 20) {
			assert_false(erps_equal(one.term, other.term));
			assert_false(erps_hash(one.term, secret) == erps_hash(other.term, secret));
		}
		drop(&one);
		drop(&other);
	}
	(void)state;
}

/* {key, ..., key' => ...} with the two at any place. */
static struct sb_bytes
map_with(struct chance *c, struct erps_term key, struct erps_term twin, uint32_t others)
{
	struct sb_writer w = sb_writer_of(octets[3], ROOM);
	uint32_t first = chance_below(c, others + 1), second = chance_below(c, others + 1);

	sb_put_u8(&w, ERPS_TERM_VERSION);
	sb_put_u8(&w, ERPS_TAG_MAP);
	sb_put_u32(&w, others + 2);
	for (uint32_t i = 0; i <= others; i++) {
		if (i == first) {
			sb_put_bytes(&w, key.data, key.size);
			sb_put_u8(&w, ERPS_TAG_NIL);
		}
		if (i == second) {
			sb_put_bytes(&w, twin.data, twin.size);
			sb_put_u8(&w, ERPS_TAG_NIL);
		}
		if (i == others)
			break;
		sb_put_bytes(&w,
			(const uint8_t[]){ERPS_TAG_SMALL_TUPLE, 3, ERPS_TAG_NIL, ERPS_TAG_NIL,
				ERPS_TAG_INTEGER},
			5);
		sb_put_u32(&w, i);
		sb_put_u8(&w, ERPS_TAG_NIL);
	}
	return sb_bytes(octets[3], sb_writer_size(&w));
}

static void
test_a_key_is_found_twice_in_whatever_form(void **state)
{
	struct chance c = chance_of(0x4B455953);
	struct plain_env plain;
	struct decoded one, twin, map;

	plain_env_init(&plain);
	for (int round = 0; round < ROUNDS; round++) {
		uint32_t others = chance_below(&c, 2) ? 0 : chance_below(&c, 40);

		assert_int_equal(decode(&one, &plain, generate(&c, octets[0])), 0);
		assert_int_equal(decode(&twin, &plain, rewrite(&c, one.term, octets[1])), 0);
		assert_int_equal(
			decode(&map, &plain, map_with(&c, one.term, twin.term, others)), SB_EPROTO);
		assert_string_equal(map.decoder.fault.what, "a map with a key twice");
		drop(&one);
		drop(&twin);
		drop(&map);
	}
	assert_int_equal(plain.live, 0);
	(void)state;
}

static void
test_a_term_cut_at_any_octet_is_never_read_over(void **state)
{
	struct chance c = chance_of(0x435554);
	struct plain_env plain;
	struct decoded d;

	plain_env_init(&plain);
	for (int round = 0; round < 300; round++) {
		struct sb_bytes payload = generate(&c, octets[0]);
		size_t step = 1 + payload.size / 200;

		for (size_t cut = 0; cut < payload.size; cut += step) {
			assert_int_equal(
				decode(&d, &plain, sb_bytes(payload.data, cut)), SB_EPROTO);
			assert_null(d.term.data);
			assert_true(d.decoder.fault.at <= cut);
			drop(&d);
		}
	}
	(void)state;
}

/* Octets changed by chance: what still decodes is a term like any other. */
static void
test_what_decodes_after_a_change_can_be_taken_apart(void **state)
{
	struct chance c = chance_of(0x4348414E);
	struct plain_env plain;
	struct decoded d, again;

	plain_env_init(&plain);
	for (int round = 0; round < ROUNDS; round++) {
		struct sb_bytes payload = generate(&c, octets[0]);

		for (uint32_t left = 1 + chance_below(&c, 3); left; left--)
			octets[0][1 + chance_below(&c, (uint32_t)payload.size - 1)] =
				(uint8_t)chance_next(&c);
		if (decode(&d, &plain, payload) == 0) {
			assert_int_equal(decode(&again, &plain, rebuild(d.term, octets[1])), 0);
			expect_same(d.term, again.term);
			drop(&again);
		}
		drop(&d);
	}
	assert_int_equal(plain.live, 0);
	(void)state;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_term_is_the_same_in_every_form_and_after_it_was_rebuilt),
		cmocka_unit_test(test_terms_of_different_value_differ),
		cmocka_unit_test(test_a_key_is_found_twice_in_whatever_form),
		cmocka_unit_test(test_a_term_cut_at_any_octet_is_never_read_over),
		cmocka_unit_test(test_what_decodes_after_a_change_can_be_taken_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
