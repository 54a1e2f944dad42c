/* Compressed payloads: inflated under a limit, to exactly the size they announce. */
#include "protocols/erps/decode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <zlib.h>

#include "core/env.h"
#include "core/error.h"
#include "protocols/erps/tag.h"
#include "tests/support/octets.h"
#include "tests/support/plain_env.h"

#define ROOM (16u << 20)

static uint8_t *plain_octets, *packed;
static struct plain_env plain;
static struct erps_decoder decoder;

static int
set_up(void **state)
{
	(void)state;
	plain_octets = malloc(ROOM);
	packed = malloc(ROOM);
	plain_env_init(&plain);
	decoder = (struct erps_decoder){.env = &plain.env};
	return !plain_octets || !packed;
}

static int
tear_down(void **state)
{
	(void)state;
	free(plain_octets);
	free(packed);
	erps_decoder_fini(&decoder);
	return plain.live || plain.octets;
}

/* 131, 80, `announced`, and the first `size` of plain_octets deflated. */
static struct sb_bytes
pack(size_t size, uint32_t announced)
{
	uLongf room = ROOM - 6;

	assert_int_equal(compress2(packed + 6, &room, plain_octets, size, 9), Z_OK);
	packed[0] = ERPS_TERM_VERSION;
	packed[1] = ERPS_TAG_COMPRESSED;
	patch_u32(packed + 2, announced);
	return sb_bytes(packed, 6 + room);
}

/* A binary of zeros: how many octets the term has. */
static size_t
make_zeros(uint32_t size)
{
	plain_octets[0] = ERPS_TAG_BINARY;
	patch_u32(plain_octets + 1, size);
	memset(plain_octets + 5, 0, size);
	return 5 + (size_t)size;
}

static int
decode(struct sb_bytes payload, struct erps_term *term)
{
	struct sb_bytes copy = exact_copy(payload);
	int err = erps_decode(&decoder, copy, term);

	free((void *)copy.data);
	return err;
}

static void
expect_refused(struct sb_bytes payload, int code, const char *what)
{
	struct erps_term term;

	assert_int_equal(decode(payload, &term), code);
	assert_null(term.data);
	assert_string_equal(decoder.fault.what, what);
}

static void
test_a_compressed_term_is_viewed_in_the_decoders_memory(void **state)
{
	struct erps_term term;
	struct sb_bytes octets;
	size_t size = make_zeros(1000);

	assert_int_equal(decode(pack(size, (uint32_t)size), &term), 0);
	assert_true(erps_get_binary(term, &octets));
	assert_int_equal(octets.size, 1000);
	assert_memory_equal(term.data, plain_octets, size);
	/* The small one's memory is used again. */
	assert_int_equal(decode(pack(size, (uint32_t)size), &term), 0);
	assert_int_equal(plain.octets, size);
	assert_int_equal(plain.live, 1);
	(void)state;
}

static void
test_memory_of_a_large_term_goes_with_the_next_payload(void **state)
{
	struct erps_term term;
	size_t size = make_zeros(1000000);

	assert_int_equal(decode(pack(size, (uint32_t)size), &term), 0);
	assert_int_equal(plain.octets, size);
	assert_int_equal(erps_decode(&decoder, sb_bytes("\203j", 2), &term), 0);
	assert_int_equal(plain.octets, 0);
	(void)state;
}

static void
test_what_announces_more_than_the_limit_is_not_inflated(void **state)
{
	size_t size = make_zeros(4u << 20);

	expect_refused(pack(size, (uint32_t)size), SB_ELIMIT, "inflated it would be too large");
	assert_int_equal(plain.peak, 0);
	decoder.limits.inflated = 100;
	size = make_zeros(95);
	assert_int_equal(size, 100);
	assert_int_equal(decode(pack(size, 100), &(struct erps_term){0}), 0);
	size = make_zeros(96);
	expect_refused(pack(size, 101), SB_ELIMIT, "inflated it would be too large");
	(void)state;
}

/* The bomb: it says 1000 octets and is 16 MB. */
static void
test_a_bomb_costs_what_it_announces(void **state)
{
	size_t size = make_zeros(15u << 20);

	expect_refused(
		pack(size, 20000), SB_EPROTO, "compressed octets of another size than announced");
	assert_true(plain.peak < 20000 + 50000); /* with what zlib needs to work */
	assert_int_equal(plain.octets, 0);
	/* Nor can so few octets become so many. */
	plain.peak = 0;
	size = make_zeros(100);
	expect_refused(pack(size, 4u << 20), SB_EPROTO,
		"compressed octets of another size than announced");
	assert_int_equal(plain.peak, 0);
	(void)state;
}

static void
test_the_size_must_be_the_one_announced(void **state)
{
	const char *what = "compressed octets of another size than announced";
	size_t size = make_zeros(1000);

	expect_refused(pack(size, (uint32_t)size - 1), SB_EPROTO, what);
	expect_refused(pack(size, (uint32_t)size + 1), SB_EPROTO, what);
	expect_refused(pack(size, 0), SB_EPROTO, what);
	(void)state;
}

static void
test_what_does_not_inflate_is_refused(void **state)
{
	const char *what = "compressed octets that do not inflate";
	size_t size = make_zeros(1000);
	struct sb_bytes payload = pack(size, (uint32_t)size);

	for (size_t cut = 7; cut < payload.size; cut++)
		expect_refused(sb_bytes(packed, cut), SB_EPROTO, what);
	for (size_t cut = 2; cut < 6; cut++)
		expect_refused(sb_bytes(packed, cut), SB_EPROTO, "cut short");
	packed[8] ^= 0x55;
	expect_refused(payload, SB_EPROTO, what);
	payload = pack(size, (uint32_t)size);
	packed[payload.size - 1] ^= 1; /* the checksum */
	expect_refused(payload, SB_EPROTO, what);
	(void)state;
}

static void
test_octets_behind_either_end_are_refused_or_passed_over(void **state)
{
	size_t size = make_zeros(10);
	struct sb_bytes payload = pack(size, (uint32_t)size);
	struct erps_term term;

	packed[payload.size] = 0;
	payload.size++;
	expect_refused(payload, SB_EPROTO, "octets after the term");
	decoder.limits.takes_trailing = true;
	assert_int_equal(decode(payload, &term), 0);
	payload = pack(size + 1, (uint32_t)size + 1);
	assert_int_equal(decode(payload, &term), 0);
	assert_int_equal(term.size, size);
	decoder.limits.takes_trailing = false;
	expect_refused(payload, SB_EPROTO, "octets after the term");
	assert_int_equal(decoder.fault.at, size);
	(void)state;
}

static void
test_every_allocation_may_fail(void **state)
{
	size_t size = make_zeros(10000);
	struct sb_bytes payload = pack(size, (uint32_t)size);
	struct erps_term term;
	size_t nth = 0;
	int err;

	do {
		plain.fail_at = ++nth;
		err = decode(payload, &term);
		assert_true(err == 0 || err == SB_ENOMEM);
		assert_true(err == 0 || plain.octets == 0);
	} while (err);
	assert_true(nth > 1);
	plain.fail_at = 0;
	(void)state;
}

static void
test_the_ref_of_a_compressed_call_is_read_although_the_rest_is_a_fun(void **state)
{
	struct sb_bytes inner = octets_of("68 02 61 07 70 00000000", plain_octets, ROOM);
	struct sb_bytes payload = exact_copy(pack(inner.size, (uint32_t)inner.size));
	struct erps_term ref;

	expect_refused(payload, SB_EPROTO, "a fun");
	assert_true(erps_decode_ref(&decoder, payload, &ref, NULL));
	assert_int_equal(ref.data[1], 7);
	assert_string_equal(decoder.fault.what, "a fun");
	/* When it does not inflate, nothing can be read. */
	assert_false(
		erps_decode_ref(&decoder, sb_bytes(payload.data, payload.size - 1), &ref, NULL));
	assert_null(ref.data);
	free((void *)payload.data);
	(void)state;
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_compressed_term_is_viewed_in_the_decoders_memory),
		TEST(memory_of_a_large_term_goes_with_the_next_payload),
		TEST(what_announces_more_than_the_limit_is_not_inflated),
		TEST(a_bomb_costs_what_it_announces),
		TEST(the_size_must_be_the_one_announced),
		TEST(what_does_not_inflate_is_refused),
		TEST(octets_behind_either_end_are_refused_or_passed_over),
		TEST(every_allocation_may_fail),
		TEST(the_ref_of_a_compressed_call_is_read_although_the_rest_is_a_fun),
	};
#undef TEST

	return cmocka_run_group_tests(tests, NULL, NULL);
}
