/* Calls and casts of a peer's: served, answered at once or later, refused. */
#include "tests/protocols/erps/session_bed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct bed bed;

static int
opened(void **state)
{
	static const struct erps_service_options options = {.window = 3, .answer_ms = 5000};

	(void)state;
	bed_open(&bed, &options);
	return 0;
}

static void
test_a_call_is_answered_with_its_ref(void **state)
{
	(void)state;
	bed_call(&bed, 67694793, "{:echo, [1, \"two\", :three]}");
	bed_expect(&bed, ERPS_REPLY, "[1, \"two\", :three]", 67694793);
	bed_expect_nothing(&bed);
	assert_int_equal(bed_counter(&bed, "erps_calls_total"), 1);
	assert_int_equal(bed_counter(&bed, "erps_replies_total"), 1);
}

static void
test_the_reply_to_a_call_of_ping_is_the_reference_packet(void **state)
{
	static const uint8_t payload[] = {
		0x83, 0x68, 0x02, 0x64, 0, 4, 'p', 'o', 'n', 'g', 0x62, 0x04, 0x08, 0xf0, 0xc9};
	static const uint8_t call[] = {0x83, 0x68, 0x02, 0x62, 0x04, 0x08, 0xf0, 0xc9, 0x68, 0x02,
		0x64, 0, 4, 'e', 'c', 'h', 'o', 0x64, 0, 4, 'p', 'o', 'n', 'g'};
	uint8_t wanted[ERPS_HEADER_SIZE + sizeof(payload)] = {
		'e', 'r', 'p', 's', 0, 0, 0, sizeof(payload), 2};

	(void)state;
	memcpy(wanted + ERPS_HEADER_SIZE, payload, sizeof(payload));
	bed.identifier = "capsrv";
	bed.version = (struct erps_version){0, 2, 4};
	bed_send_packet(&bed, ERPS_CALL, sb_bytes(call, sizeof(call)));
	assert_true(sb_bytes_equal(sim_received(bed.peer), sb_bytes(wanted, sizeof(wanted))));
}

static void
test_calls_that_come_together_are_all_answered(void **state)
{
	uint8_t octets[4096];
	size_t size = 0;

	(void)state;
	for (int64_t ref = 1; ref <= 10; ref++) {
		struct sb_bytes one = bed_call_octets(&bed, ref, "{:echo, :x}");

		memcpy(octets + size, one.data, one.size);
		size += one.size;
	}
	bed_send_octets(&bed, sb_bytes(octets, size));
	for (int64_t ref = 1; ref <= 10; ref++)
		bed_expect(&bed, ERPS_REPLY, ":x", ref);
	bed_expect_nothing(&bed);
}

static void
test_a_call_may_come_octet_by_octet(void **state)
{
	struct sb_bytes call = bed_call_octets(&bed, 7, "{:echo, :x}");

	(void)state;
	for (size_t i = 0; i < call.size; i++) {
		bed_expect_nothing(&bed);
		bed_send_octets(&bed, sb_bytes(call.data + i, 1));
	}
	bed_expect(&bed, ERPS_REPLY, ":x", 7);
}

static void
test_a_keepalive_costs_nothing(void **state)
{
	(void)state;
	bed_send_octets(&bed, sb_bytes("erps\0\0\0\0", 9));
	bed_send_term(&bed, ERPS_KEEPALIVE, ":x");
	bed_expect_nothing(&bed);
	assert_int_equal(bed_counter(&bed, "erps_keepalives_total"), 2);
	bed_call(&bed, 1, "{:echo, :x}");
	bed_expect(&bed, ERPS_REPLY, ":x", 1);
}

static void
test_casts_are_served_and_never_answered(void **state)
{
	(void)state;
	bed_cast(&bed, ":incr");
	bed_expect_trace(&bed, "cast incr;");
	bed_expect_nothing(&bed);
	bed_cast(&bed, "{:push, {:news, \"hello\"}}");
	bed_expect_term(&bed, ERPS_PUSH, "{:news, \"hello\"}");
}

static void
test_calls_are_answered_later_in_any_order(void **state)
{
	(void)state;
	bed_call(&bed, 11, ":later");
	bed_call(&bed, 12, ":later");
	assert_int_equal(bed_answer(&bed, 1, ":b"), 0);
	bed_expect(&bed, ERPS_REPLY, ":b", 12);
	assert_int_equal(bed_answer(&bed, 0, ":a"), 0);
	bed_expect(&bed, ERPS_REPLY, ":a", 11);
	bed_expect_nothing(&bed);
}

static void
test_a_second_answer_finds_nobody(void **state)
{
	(void)state;
	bed_call(&bed, 11, ":later");
	assert_int_equal(bed_answer(&bed, 0, ":a"), 0);
	bed_call(&bed, 12, ":later");
	assert_int_equal(bed_answer(&bed, 0, ":a"), SB_ENOENT);
	bed_expect(&bed, ERPS_REPLY, ":a", 11);
	bed_expect_nothing(&bed);
	assert_int_equal(bed_answer(&bed, 1, ":b"), 0);
	bed_expect(&bed, ERPS_REPLY, ":b", 12);
	assert_int_equal(bed_counter(&bed, "erps_late_answers_total"), 1);
}

static void
test_no_more_is_read_than_may_be_under_way(void **state)
{
	(void)state;
	for (int64_t ref = 1; ref <= 10; ref++)
		bed_call(&bed, ref, ":later");
	assert_int_equal(bed.kept_count, 3);
	assert_true(sb_is_held(bed.session));
	assert_int_equal(bed_answer(&bed, 1, ":x"), 0);
	bed_expect(&bed, ERPS_REPLY, ":x", 2);
	assert_int_equal(bed.kept_count, 4);
	for (size_t i = 0; i < 10; i++)
		if (i != 1) {
			assert_int_equal(bed_answer(&bed, i, ":x"), 0);
			bed_expect(&bed, ERPS_REPLY, ":x", (int64_t)i + 1);
		}
	assert_false(sb_is_held(bed.session));
	bed_expect_nothing(&bed);
	assert_true(bed_counter(&bed, "erps_window_full_total") > 0);
}

static void
test_a_call_that_is_forgotten_is_answered_timeout(void **state)
{
	(void)state;
	bed_call(&bed, 5, ":later");
	bed_pass(&bed, 4990);
	bed_expect_nothing(&bed);
	bed_pass(&bed, 20);
	bed_expect(&bed, ERPS_ERROR, "\"timeout\"", 5);
	bed_expect_trace(&bed, "cancel;");
	assert_int_equal(bed_answer(&bed, 0, ":x"), SB_ENOENT);
}

static void
test_a_rejected_call_gets_the_reason_and_its_ref(void **state)
{
	(void)state;
	bed_call(&bed, 5, ":reject");
	bed_expect(&bed, ERPS_ERROR, "\"nope\"", 5);
	bed_call(&bed, 6, ":unknown");
	bed_expect(&bed, ERPS_ERROR, "\"badarg\"", 6);
}

static void
test_any_term_is_a_ref(void **state)
{
	struct erps_packet packet;
	struct erps_term term, ref;

	(void)state;
	bed_send_term(&bed, ERPS_CALL, "{\"a text that is longer than sixteen octets\", :later}");
	bed_send_term(&bed, ERPS_CALL, "{{:a, [1, 2]}, {:echo, 1}}");
	assert_true(bed_take(&bed, &packet, &term));
	assert_true(erps_match(term, "{1, {:a, [1, 2]}}"));
	assert_int_equal(bed_answer(&bed, 0, ":x"), 0);
	assert_true(bed_take(&bed, &packet, &term));
	assert_true(erps_match(term, "{:x, ref}", &ref));
	assert_true(erps_equal(ref, bed_term("\"a text that is longer than sixteen octets\"")));
}

static void
test_the_service_says_goodbye_behind_its_answer(void **state)
{
	(void)state;
	bed_call(&bed, 5, ":bye");
	bed_expect(&bed, ERPS_REPLY, ":ok", 5);
	bed_expect_closed(&bed, SB_END_LOCAL);
}

static void
test_a_push_goes_out_before_the_answer_that_follows_it(void **state)
{
	(void)state;
	/* No Erps.Client has such a Ref: it is not paced. */
	bed_call(&bed, 1 << 28, "{:push, :news}");
	bed_expect_term(&bed, ERPS_PUSH, ":news");
	bed_expect(&bed, ERPS_REPLY, ":ok", 1 << 28);
}

static void
test_a_peer_that_ends_its_side_ends_the_session(void **state)
{
	(void)state;
	bed_call(&bed, 5, ":later");
	bed_call(&bed, 6, "{:echo, :x}");
	sim_finish(bed.peer);
	bed_turn(&bed);
	bed_expect(&bed, ERPS_REPLY, ":x", 6);
	bed_expect_closed(&bed, SB_END_PEER);
	assert_int_equal(bed_counter(&bed, "erps_pending_calls"), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, opened, bed_closed)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_call_is_answered_with_its_ref),
		TEST(the_reply_to_a_call_of_ping_is_the_reference_packet),
		TEST(calls_that_come_together_are_all_answered),
		TEST(a_call_may_come_octet_by_octet),
		TEST(a_keepalive_costs_nothing),
		TEST(casts_are_served_and_never_answered),
		TEST(calls_are_answered_later_in_any_order),
		TEST(a_second_answer_finds_nobody),
		TEST(no_more_is_read_than_may_be_under_way),
		TEST(a_call_that_is_forgotten_is_answered_timeout),
		TEST(a_rejected_call_gets_the_reason_and_its_ref),
		TEST(any_term_is_a_ref),
		TEST(the_service_says_goodbye_behind_its_answer),
		TEST(a_push_goes_out_before_the_answer_that_follows_it),
		TEST(a_peer_that_ends_its_side_ends_the_session),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
