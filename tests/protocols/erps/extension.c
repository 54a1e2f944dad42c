/* What docs/erps-extensions.md shows, octet by octet. */
#include "protocols/erps/extension_internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "tests/support/octets.h"

#include <cmocka.h>

#define PING "77 04 'ping' "

static struct erps_term
term_of(const char *notation, uint8_t *buf, size_t size)
{
	struct sb_bytes octets = octets_of(notation, buf, size);

	return (struct erps_term){octets.data, octets.size};
}

static bool
is_mark(const char *ref)
{
	uint8_t buf[64];

	return erps_ref_is_mark(term_of(ref, buf, sizeof(buf)));
}

static void
test_the_mark_is_one_ref_in_one_form(void **state)
{
	(void)state;
	assert_true(is_mark("62 53425801"));
	assert_false(is_mark("62 53425802"));
	assert_false(is_mark("6e 04 00 01584253"));
	assert_false(is_mark("6d 00000004 'SBX' 01"));
	assert_false(erps_ref_is_mark((struct erps_term){NULL, 0}));
}

static bool
head_has_mark(const char *version_and_identifier)
{
	uint8_t octets[ERPS_HEADER_SIZE], buf[64];
	struct sb_bytes field = octets_of(version_and_identifier, buf, sizeof(buf));
	struct erps_packet packet;

	erps_packet_head(octets, ERPS_REPLY, 0);
	memcpy(octets + 9, field.data, field.size);
	assert_true(erps_packet_decode(sb_bytes(octets, sizeof(octets)), 0, &packet, NULL) > 0);
	return erps_has_mark(&packet);
}

static void
test_the_answer_to_it_says_who_answers(void **state)
{
	uint8_t octets[ERPS_HEADER_SIZE], buf[128];
	struct sb_bytes expected;

	(void)state;
	erps_packet_head(octets, ERPS_REPLY, 15);
	erps_put_mark(octets);
	expected = octets_of(
		"65727073 0000000f 02 010000 'switchboard' 00*25 00*48", buf, sizeof(buf));
	assert_memory_equal(octets, expected.data, sizeof(octets));
	assert_true(head_has_mark("010000 'switchboard'"));
	assert_false(head_has_mark("000000"));
	assert_false(head_has_mark("000000 'switchboard'"));
	assert_false(head_has_mark("010000 'switchboards'"));
	assert_false(head_has_mark("010100 'switchboard'"));
	assert_false(head_has_mark("020000 'switchboard'"));
}

static const struct {
	const char *payload;
	bool is_one;
	bool has_deadline;
	uint32_t deadline_ms, credit;
} calls[] = {
	{"68 03 62 08000000 " PING "74 00000002 77 08 'deadline' 62 000007d0 77 06 'credit' 61 08",
		true, true, 2000, 8},
	{"68 03 62 08000000 " PING "74 00000001 77 08 'deadline' 61 00", true, true, 0, 0},
	{"68 03 62 08000000 " PING "74 00000001 64 0006 'credit' 61 01", true, false, 0, 1},
	{"68 03 62 08000000 " PING "74 00000000", true, false, 0, 0},
	/* What is not known is passed over: a later version may ask for more. */
	{"68 03 62 08000000 " PING "74 00000001 77 04 'gzip' 6a", true, false, 0, 0},
	{"68 03 62 08000000 " PING "74 00000001 77 08 'deadline' 6e 08 00 ff*7 7f", true, true,
		UINT32_MAX - 1, 0},
	{"68 03 62 08000000 " PING "74 00000001 77 06 'credit' 62 7fffffff", true, false, 0,
		1 << 20},
	{"68 03 62 08000000 " PING "74 00000001 77 08 'deadline' 62 ffffffff", false, false, 0, 0},
	{"68 03 62 08000000 " PING "74 00000001 77 06 'credit' 6a", false, false, 0, 0},
	{"68 03 62 08000000 " PING "6a", false, false, 0, 0},
	{"68 02 62 08000000 " PING, false, false, 0, 0},
	{PING, false, false, 0, 0},
};

static void
test_a_call_with_options_is_taken_apart(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		uint8_t buf[128], ref[8], request[8];
		struct erps_term payload = term_of(calls[i].payload, buf, sizeof(buf));
		struct erps_call_payload asked;

		assert_int_equal(erps_split_call_with(payload, &asked), calls[i].is_one);
		if (!calls[i].is_one)
			continue;
		assert_true(erps_equal(asked.ref, term_of("62 08000000", ref, sizeof(ref))));
		assert_true(erps_equal(asked.request, term_of(PING, request, sizeof(request))));
		assert_int_equal(asked.has_deadline, calls[i].has_deadline);
		assert_int_equal(asked.deadline_ms, calls[i].deadline_ms);
		assert_int_equal(asked.credit, calls[i].credit);
	}
}

static void
assert_options(const struct erps_call_payload *asked, const char *notation)
{
	uint8_t room[128], buf[128];
	struct sb_bytes expected = octets_of(notation, buf, sizeof(buf));
	struct erps_builder b;

	erps_builder_init(&b, room, sizeof(room));
	erps_put_call_options(&b, asked);
	assert_int_equal(b.error, 0);
	assert_true(sb_bytes_equal(sb_bytes(b.data, b.size), expected));
}

static void
test_only_options_that_were_asked_for_are_written(void **state)
{
	(void)state;
	assert_options(&(struct erps_call_payload){.credit = 8, .deadline_ms = 7},
		"74 00000001 77 06 'credit' 61 08");
	assert_options(&(struct erps_call_payload){.has_deadline = true, .deadline_ms = 2000},
		"74 00000001 77 08 'deadline' 62 000007d0");
	assert_options(
		&(struct erps_call_payload){.has_deadline = true, .deadline_ms = 2000, .credit = 8},
		"74 00000002 77 08 'deadline' 62 000007d0 77 06 'credit' 61 08");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_mark_is_one_ref_in_one_form),
		cmocka_unit_test(test_the_answer_to_it_says_who_answers),
		cmocka_unit_test(test_a_call_with_options_is_taken_apart),
		cmocka_unit_test(test_only_options_that_were_asked_for_are_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
