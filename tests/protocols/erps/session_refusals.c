/* What is refused: by whom it is, what it says, how it is signed, what it asks. */
#include "tests/protocols/erps/session_bed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ERPS_REF_TEST 1100 /* octets, over what a session keeps */

static struct bed bed;

static int
opened(void **state)
{
	static const struct erps_service_options options = {.identifier = "capsrv",
		.versions = "~> 0.2.4",
		.max_payload = 4096,
		.bad_packets = 3};

	(void)state;
	bed_open(&bed, &options);
	bed.identifier = "capsrv";
	bed.version = (struct erps_version){0, 2, 4};
	return 0;
}

static void
expect_alive(void)
{
	bed.identifier = "capsrv";
	bed.version = (struct erps_version){0, 2, 5};
	bed_call(&bed, 1 << 29, "{:echo, :x}");
	bed_expect(&bed, ERPS_REPLY, ":x", 1 << 29);
	bed_expect_nothing(&bed);
}

static void
test_a_wrong_identifier_is_told_with_the_ref(void **state)
{
	(void)state;
	bed.identifier = "capsrw";
	bed_call(&bed, 1 << 28, ":later");
	bed_expect(&bed, ERPS_ERROR, "\"wrong identifier\"", 1 << 28);
	bed.identifier = NULL;
	bed_cast(&bed, ":incr");
	bed_expect_term(&bed, ERPS_ERROR, "\"wrong identifier\"");
	bed_expect_trace(&bed, "");
	expect_alive();
}

static void
test_the_error_without_a_ref_is_the_reference_packet(void **state)
{
	uint8_t wanted[118] = {'e', 'r', 'p', 's', 0, 0, 0, 0x16, 1};

	(void)state;
	memcpy(wanted + 96, "\x83m\0\0\0\x10wrong identifier", 22);
	bed.identifier = "x";
	bed_cast(&bed, ":incr");
	assert_true(sb_bytes_equal(sim_received(bed.peer), sb_bytes(wanted, sizeof(wanted))));
}

static void
test_an_incompatible_version_is_told(void **state)
{
	(void)state;
	bed.version = (struct erps_version){0, 3, 0};
	bed_call(&bed, 1 << 28, ":later");
	bed_expect(&bed, ERPS_ERROR, "\"incompatible version\"", 1 << 28);
	expect_alive();
}

static void
test_a_wrong_identifier_is_said_before_a_version(void **state)
{
	(void)state;
	bed.identifier = "x";
	bed.version = (struct erps_version){0, 3, 0};
	bed_call(&bed, 1 << 28, ":later");
	bed_expect(&bed, ERPS_ERROR, "\"wrong identifier\"", 1 << 28);
}

static void
test_a_signature_is_refused_where_there_are_no_secrets(void **state)
{
	struct sb_bytes call = bed_call_octets(&bed, 1 << 28, ":later");

	(void)state;
	((uint8_t *)(uintptr_t)call.data)[60] = 1;
	bed_send_octets(&bed, call);
	bed_expect(&bed, ERPS_ERROR, "\"authentication provided\"", 1 << 28);
	expect_alive();
}

/* {1 << 28, fun :m.f/0} */
static const uint8_t bad_call[] = {
	131, 104, 2, 98, 16, 0, 0, 0, 113, 119, 1, 'm', 119, 1, 'f', 97, 0};

static void
test_a_call_that_does_not_decode_is_answered_badarg(void **state)
{
	(void)state;
	for (int i = 0; i < 10; i++) {
		bed_send_packet(&bed, ERPS_CALL, sb_bytes(bad_call, sizeof(bad_call)));
		bed_expect(&bed, ERPS_ERROR, "\"badarg\"", 1 << 28);
	}
	assert_int_equal(bed_counter(&bed, "erps_errors_total"), 10);
	expect_alive();
}

static void
test_a_call_whose_ref_is_too_long_is_answered_badarg(void **state)
{
	uint8_t payload[3 + 5 + ERPS_REF_TEST + 3] = {
		131, 104, 2, 109, 0, 0, ERPS_REF_TEST >> 8, ERPS_REF_TEST & 255};
	struct erps_packet packet;
	struct erps_term term;

	(void)state;
	memcpy(payload + sizeof(payload) - 3, "w\001x", 3);
	bed_send_packet(&bed, ERPS_CALL, sb_bytes(payload, sizeof(payload)));
	assert_true(bed_take(&bed, &packet, &term));
	assert_int_equal(packet.type, ERPS_ERROR);
	assert_true(erps_match(term, "{\"badarg\", _}"));
	expect_alive();
}

static void
test_a_few_packets_may_be_unreadable(void **state)
{
	(void)state;
	bed_send_packet(&bed, ERPS_CAST, sb_bytes(bad_call, sizeof(bad_call)));
	bed_send_packet(&bed, ERPS_CALL, sb_bytes("", 0));
	bed_expect_nothing(&bed);
	expect_alive();
	bed_send_term(&bed, ERPS_CALL, ":no_pair");
	bed_expect_closed(&bed, SB_END_PROTOCOL);
	assert_int_equal(bed_counter(&bed, "erps_malformed_total"), 3);
}

static void
test_what_only_servers_send_ends_the_session(void **state)
{
	static const uint8_t types[] = {ERPS_REPLY, ERPS_PUSH, ERPS_ERROR, ERPS_PART, ERPS_DRAIN,
		ERPS_CALL_WITH, ERPS_CANCEL, ERPS_CREDIT};

	(void)state;
	for (size_t i = 0; i < sizeof(types); i++) {
		bed.trace[0] = '\0';
		bed_send_term(&bed, types[i], "{:a, 1}");
		bed_expect_closed(&bed, SB_END_PROTOCOL);
		bed_connect(&bed);
	}
}

static void
test_another_magic_ends_the_session(void **state)
{
	(void)state;
	bed_send_octets(&bed, sb_bytes_text("GET / HTTP/1.1\r\n"));
	bed_expect_closed(&bed, SB_END_PROTOCOL);
}

static void
test_a_size_over_the_limit_ends_the_session_before_it_is_there(void **state)
{
	(void)state;
	bed_send_octets(&bed, sb_bytes("erps\0\0\x10\x01", 8));
	bed_expect_closed(&bed, SB_END_PROTOCOL);
}

static void
test_the_end_of_one_session_is_nobody_elses(void **state)
{
	struct sim_peer *first = bed.peer;

	(void)state;
	bed_connect(&bed);
	bed_send_octets(&bed, sb_bytes_text("nonsense"));
	assert_true(sim_has_ended(bed.peer));
	sim_finish(bed.peer);
	bed_turn(&bed);
	bed.peer = first;
	expect_alive();
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, opened, bed_closed)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_wrong_identifier_is_told_with_the_ref),
		TEST(the_error_without_a_ref_is_the_reference_packet),
		TEST(an_incompatible_version_is_told),
		TEST(a_wrong_identifier_is_said_before_a_version),
		TEST(a_signature_is_refused_where_there_are_no_secrets),
		TEST(a_call_that_does_not_decode_is_answered_badarg),
		TEST(a_call_whose_ref_is_too_long_is_answered_badarg),
		TEST(a_few_packets_may_be_unreadable),
		TEST(what_only_servers_send_ends_the_session),
		TEST(another_magic_ends_the_session),
		TEST(a_size_over_the_limit_ends_the_session_before_it_is_there),
		TEST(the_end_of_one_session_is_nobody_elses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
