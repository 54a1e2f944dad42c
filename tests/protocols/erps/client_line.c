/* When packets leave: one at a time to a server that may be Erps 0.7.0 (the bed fails when it reads
 * two), a stream to one of ours; queues, keepalives, the probe, extensions. */
#include "tests/protocols/erps/client_bed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct bed bed;

static void
test_one_packet_is_in_flight_until_its_answer(void **state)
{
	(void)state;
	bed_open(&bed, NULL);
	for (int64_t n = 1; n <= 3; n++)
		assert_int_equal(bed_call(&bed, n), 0);
	bed_pass(&bed, 1000);
	bed_reply(&bed, bed_expect_call(&bed, 1), "1");
	bed_reply(&bed, bed_expect_call(&bed, 2), "2");
	bed_reply(&bed, bed_expect_call(&bed, 3), "3");
	bed_expect_trace(&bed, "replied 1 1;replied 2 2;replied 3 3;");
}

static void
test_after_a_cast_the_line_rests(void **state)
{
	(void)state;
	bed_open(&bed, NULL);
	assert_int_equal(bed_cast(&bed, 1), 0);
	assert_int_equal(bed_cast(&bed, 2), 0);
	assert_int_equal(bed_call(&bed, 3), 0);
	bed_expect_cast(&bed, 1);
	bed_pass(&bed, 8);
	bed_expect_nothing(&bed);
	bed_pass(&bed, 3);
	bed_expect_cast(&bed, 2);
	bed_pass(&bed, 11);
	bed_reply(&bed, bed_expect_call(&bed, 3), "3");
	bed_expect_trace(&bed, "replied 3 3;");
}

static void
act_call_cancel_call(struct bed *b, struct sb_session *s)
{
	assert_int_equal(bed_call_in(s, 1), 0);
	assert_int_equal(erps_client_cancel(s, b->last_id), 0);
	assert_int_equal(bed_call_in(s, 2), 0);
}

static void
test_a_call_cancelled_at_once_does_not_share_its_write_with_the_next(void **state)
{
	(void)state;
	bed_open(&bed, NULL);
	bed_act(&bed, act_call_cancel_call);
	bed_expect_call(&bed, 1);
	bed_pass(&bed, 11);
	bed_reply(&bed, bed_expect_call(&bed, 2), "2");
	bed_expect_trace(&bed, "replied 2 2;");
}

static void
test_a_call_that_timed_out_gives_the_line_to_the_next(void **state)
{
	(void)state;
	bed_open(&bed, NULL);
	assert_int_equal(bed_call_within(&bed, 1, 100), 0);
	assert_int_equal(bed_call(&bed, 2), 0);
	bed_pass(&bed, 120);
	bed_expect_trace(&bed, "timed out 1;");
	bed_expect_call(&bed, 1);
	bed_reply(&bed, bed_expect_call(&bed, 2), "2");
	bed_expect_trace(&bed, "replied 2 2;");
}

static void
test_keepalives_are_sent_and_wait_for_the_line(void **state)
{
	const struct erps_client_options options = {
		.restart = SB_PERMANENT, .keepalive_ms = 1000, .call_ms = 3000};

	(void)state;
	bed_open(&bed, &options);
	bed_pass(&bed, 1001);
	bed_expect_type(&bed, ERPS_KEEPALIVE);
	assert_int_equal(bed_call(&bed, 1), 0);
	bed_pass(&bed, 11); /* after the keepalive */
	bed_pass(&bed, 1500);
	bed_reply(&bed, bed_expect_call(&bed, 1), "1");
	bed_expect_type(&bed, ERPS_KEEPALIVE);
	bed_expect_trace(&bed, "replied 1 1;");
	bed_pass(&bed, 490);
	bed_expect_type(&bed, ERPS_KEEPALIVE);
	bed_expect_nothing(&bed);
}

static void
test_keepalives_come_every_minute_by_default(void **state)
{
	(void)state;
	bed_open(&bed, NULL);
	bed_pass(&bed, 59990);
	bed_expect_nothing(&bed);
	bed_pass(&bed, 20);
	bed_expect_type(&bed, ERPS_KEEPALIVE);
	bed_pass(&bed, 60000);
	bed_expect_type(&bed, ERPS_KEEPALIVE);
}

static void
test_a_server_of_ours_gets_a_stream(void **state)
{
	(void)state;
	bed_open(&bed, NULL);
	bed_prove(&bed);
	bed.takes_streams = true;
	for (int64_t n = 1; n <= 5; n++)
		assert_int_equal(bed_call(&bed, n), 0);
	for (int64_t n = 1; n <= 5; n++)
		bed_reply(&bed, bed_expect_call(&bed, n), ":ok");
	bed_expect_trace(&bed, "replied 1 :ok;replied 2 :ok;replied 3 :ok;replied 4 :ok;replied 5 "
			       ":ok;");
}

static void
test_proof_counts_for_the_mark_alone(void **state)
{
	(void)state;
	bed_open(&bed, NULL);
	assert_int_equal(bed_call(&bed, 1), 0);
	bed_reply(&bed, bed_expect_call(&bed, 1), "1");
	assert_int_equal(bed_call(&bed, 2), 0);
	bed_reply_as_ours(&bed, bed_expect_call(&bed, 2), "2");
	assert_false(erps_client_server_is_ours(bed.session));
	bed_expect_trace(&bed, "replied 1 1;replied 2 2;");
}

static void
test_who_was_proved_once_must_prove_it_on_every_connection(void **state)
{
	(void)state;
	bed_open(&bed, NULL);
	bed_prove(&bed);
	assert_true(erps_client_server_is_ours(bed.session));
	sim_reset(bed.peer);
	bed_pass(&bed, 1000);
	assert_true(bed_accept(&bed));
	bed_expect_trace(&bed, "disconnected reset for a while;connected;");
	assert_false(erps_client_server_is_ours(bed.session));
	assert_int_equal(bed_call(&bed, 1), 0);
	assert_int_equal(bed_call(&bed, 2), 0);
	assert_int_equal(bed_expect_call(&bed, 1), BED_MARK);
	bed_expect_nothing(&bed);
}

static void
test_pacing_that_was_asked_for_stays(void **state)
{
	const struct erps_client_options options = {
		.restart = SB_PERMANENT, .pacing = ERPS_PACING_ALWAYS};

	(void)state;
	bed_open(&bed, &options);
	bed_prove(&bed);
	assert_int_equal(bed_call_within(&bed, 1, 1000), 0);
	assert_int_equal(bed_call(&bed, 2), 0);
	bed_expect_call(&bed, 1); /* an ordinary one */
	bed_expect_nothing(&bed);
}

static void
test_the_window_bounds_what_is_outstanding(void **state)
{
	const struct erps_client_options options = {.restart = SB_PERMANENT, .window = 2};
	uint32_t first;

	(void)state;
	bed_open(&bed, &options);
	bed_prove(&bed);
	for (int64_t n = 1; n <= 3; n++)
		assert_int_equal(bed_call(&bed, n), 0);
	first = bed_expect_call(&bed, 1);
	bed_expect_call(&bed, 2);
	bed_expect_nothing(&bed);
	bed_reply(&bed, first, "1");
	bed_expect_call(&bed, 3);
	bed_expect_trace(&bed, "replied 1 1;");
}

static void
test_a_full_queue_refuses_and_says_when_there_is_room(void **state)
{
	const struct erps_client_options options = {.restart = SB_PERMANENT, .queue = 2};

	(void)state;
	bed_open(&bed, &options);
	for (int64_t n = 1; n <= 3; n++)
		assert_int_equal(bed_call(&bed, n), 0);
	assert_int_equal(bed_call(&bed, 4), SB_FULL);
	assert_int_equal(bed_cast(&bed, 4), SB_FULL);
	assert_int_equal(bed_counter(&bed, "erps_client_refused_total"), 2);
	bed_reply(&bed, bed_expect_call(&bed, 1), "1");
	bed_expect_trace(&bed, "replied 1 1;writable;");
	assert_int_equal(bed_call(&bed, 5), 0);
}

static void
test_the_queue_is_bounded_in_octets_too(void **state)
{
	const struct erps_client_options options = {.restart = SB_PERMANENT, .queue_bytes = 20};

	(void)state;
	bed_open(&bed, &options);
	assert_int_equal(bed_call(&bed, 1), 0);
	assert_int_equal(bed_call(&bed, 2), 0);
	assert_int_equal(bed_call(&bed, 3), 0);
	assert_int_equal(bed_call(&bed, 4), SB_FULL);
}

static void
test_one_that_queues_sends_when_it_is_connected(void **state)
{
	const struct erps_client_options options = {
		.restart = SB_PERMANENT, .queues_while_away = true};

	(void)state;
	bed_open_alone(&bed, &options);
	bed_turn(&bed);
	assert_int_equal(bed_call_within(&bed, 1, 100), 0);
	assert_int_equal(bed_call(&bed, 2), 0);
	bed_pass(&bed, 110);
	bed_expect_trace(&bed, "disconnected connect for a while;timed out 1;");
	sim_listen(bed.sim, 4747);
	bed_pass(&bed, 1000);
	assert_true(bed_accept(&bed));
	bed_reply(&bed, bed_expect_call(&bed, 2), "2");
	bed_expect_trace(&bed, "connected;replied 2 2;");
}

static void
test_one_that_does_not_queue_refuses(void **state)
{
	(void)state;
	bed_open_alone(&bed, NULL);
	bed_turn(&bed);
	assert_int_equal(bed_call(&bed, 1), SB_GONE);
	assert_int_equal(bed_cast(&bed, 1), SB_GONE);
	bed_expect_trace(&bed, "disconnected connect for a while;");
}

/* ---- the probe ---- */

static const struct erps_client_options probing = {
	.restart = SB_PERMANENT, .probe = "{:n, 7}", .call_ms = 1000};

static void
test_a_probe_shows_who_the_server_is_before_connected(void **state)
{
	(void)state;
	bed_open(&bed, &probing);
	assert_int_equal(bed_expect_call(&bed, 7), BED_MARK);
	bed_expect_trace(&bed, "");
	bed_reply_as_ours(&bed, BED_MARK, ":whatever");
	bed_expect_trace(&bed, "connected;");
	assert_true(erps_client_server_is_ours(bed.session));
}

static void
test_an_error_answers_a_probe_too_and_calls_wait_for_it(void **state)
{
	(void)state;
	bed_open(&bed, &probing);
	assert_int_equal(bed_call(&bed, 1), 0);
	bed_expect_call(&bed, 7);
	bed_expect_nothing(&bed);
	bed_error(&bed, BED_MARK, "\"undef\"");
	bed_expect_call(&bed, 1);
	bed_expect_trace(&bed, "connected;");
}

static void
test_a_probe_without_an_answer_gives_the_connection_up(void **state)
{
	(void)state;
	bed_open(&bed, &probing);
	bed_expect_call(&bed, 7);
	bed_pass(&bed, 1001);
	assert_true(sim_has_ended(bed.peer));
	sim_finish(bed.peer);
	bed_turn(&bed);
	bed_expect_trace(&bed, "disconnected deadline for a while;");
}

/* ---- extensions ---- */

static struct erps_term
payload_of(uint8_t type)
{
	static struct erps_decoder decoder;
	struct erps_packet packet;
	struct erps_term term;

	decoder.env = sb_env_system();
	assert_true(bed_take(&bed, &packet));
	assert_int_equal(packet.type, type);
	assert_int_equal(erps_decode(&decoder, packet.payload, &term), 0);
	erps_decoder_fini(&decoder);
	return term;
}

static void
test_a_deadline_that_was_named_goes_to_a_server_of_ours(void **state)
{
	uint64_t ref;

	(void)state;
	bed_open(&bed, NULL);
	bed_prove(&bed);
	assert_int_equal(bed_call_within(&bed, 1, 700), 0);
	assert_true(erps_match(
		payload_of(ERPS_CALL_WITH), "{ref::uint, {:n, 1}, %{deadline: 700}}", &ref));
	bed_reply(&bed, (uint32_t)ref, ":ok");
	bed_expect_trace(&bed, "replied 1 :ok;");
}

static void
test_a_cancel_is_told_to_a_server_of_ours(void **state)
{
	uint64_t ref;

	(void)state;
	bed_open(&bed, NULL);
	bed_prove(&bed);
	assert_int_equal(bed_call(&bed, 1), 0);
	ref = bed_expect_call(&bed, 1);
	assert_int_equal(bed_cancel(&bed, bed.last_id), 0);
	{
		uint64_t cancelled;

		assert_true(erps_match(payload_of(ERPS_CANCEL), "ref::uint", &cancelled));
		assert_int_equal(cancelled, ref);
	}
}

static void
test_a_call_that_timed_out_by_default_is_cancelled_at_a_server_of_ours(void **state)
{
	uint64_t ref, cancelled;

	(void)state;
	bed_open(&bed, NULL);
	bed_prove(&bed);
	assert_int_equal(bed_call(&bed, 1), 0);
	ref = bed_expect_call(&bed, 1);
	bed_pass(&bed, 5001);
	bed_expect_trace(&bed, "timed out 1;");
	assert_true(erps_match(payload_of(ERPS_CANCEL), "ref::uint", &cancelled));
	assert_int_equal(cancelled, ref);
}

static void
act_stream(struct bed *b, struct sb_session *s)
{
	const struct erps_call_options options = {.context = 9, .credit = 2};
	int err = erps_client_call_with(s, &options, &b->last_id, ":stream");

	assert_int_equal(err, erps_client_server_is_ours(s) ? 0 : SB_ENOTSUP);
}

static void
act_credit(struct bed *b, struct sb_session *s)
{
	assert_int_equal(erps_client_credit(s, b->last_id, 3), 0);
}

static void
act_credit_too_late(struct bed *b, struct sb_session *s)
{
	assert_int_equal(erps_client_credit(s, b->last_id, 3), SB_ENOENT);
}

static void
send_part(uint64_t ref, const char *pattern)
{
	char pair[64];

	snprintf(pair, sizeof(pair), "{%s, %lu}", pattern, (unsigned long)ref);
	bed_send(&bed, ERPS_PART, pair);
}

static void
test_a_stream_comes_in_parts_for_credit(void **state)
{
	uint64_t ref, granted;

	(void)state;
	bed_open(&bed, NULL);
	bed_act(&bed, act_stream); /* refused: who knows who it is */
	bed_prove(&bed);
	bed_act(&bed, act_stream);
	assert_true(
		erps_match(payload_of(ERPS_CALL_WITH), "{ref::uint, :stream, %{credit: 2}}", &ref));
	send_part(ref, "1");
	send_part(ref, "2");
	bed_act(&bed, act_credit);
	assert_true(erps_match(payload_of(ERPS_CREDIT), "{_, n::uint}", &granted));
	assert_int_equal(granted, 3);
	send_part(ref, "3");
	bed_reply(&bed, (uint32_t)ref, ":end");
	send_part(ref, "4");
	bed_act(&bed, act_credit_too_late);
	bed_expect_trace(&bed, "part 9 1;part 9 2;part 9 3;replied 9 :end;");
	assert_int_equal(bed_counter(&bed, "erps_client_late_total"), 1);
}

static void
test_parts_without_credit_are_not_taken(void **state)
{
	uint64_t ref;

	(void)state;
	bed_open(&bed, NULL);
	bed_prove(&bed);
	bed_act(&bed, act_stream);
	assert_true(erps_match(payload_of(ERPS_CALL_WITH), "{ref::uint, _, _}", &ref));
	for (unsigned i = 0; i < 3; i++)
		send_part(ref, "1");
	bed_expect_trace(&bed, "part 9 1;part 9 1;");
	assert_int_equal(bed_counter(&bed, "erps_client_malformed_total"), 1);
}

static void
test_a_part_that_is_no_term_ends_its_stream_and_cancels_it(void **state)
{
	uint8_t octets[ERPS_HEADER_SIZE + 11], payload[] = {131, 104, 2, 113, 1, 1, 98, 0, 0, 0, 0};
	struct sb_writer w = sb_writer_of(octets, sizeof(octets));
	struct erps_packet packet = {
		.type = ERPS_PART, .payload = sb_bytes(payload, sizeof(payload))};
	uint64_t ref, cancelled;

	(void)state;
	bed_open(&bed, NULL);
	bed_prove(&bed);
	bed_act(&bed, act_stream);
	assert_true(erps_match(payload_of(ERPS_CALL_WITH), "{ref::uint, _, _}", &ref));
	for (unsigned i = 0; i < 4; i++)
		payload[7 + i] = (uint8_t)(ref >> (24 - 8 * i));
	assert_int_equal(erps_packet_encode(&w, &packet), 0);
	bed_send_octets(&bed, sb_bytes(octets, sizeof(octets)));
	bed_expect_trace(&bed, "malformed 9;");
	assert_true(erps_match(payload_of(ERPS_CANCEL), "ref::uint", &cancelled));
	assert_int_equal(cancelled, ref);
}

static void
test_a_draining_server_is_left_when_its_last_answer_is_here(void **state)
{
	uint32_t ref;

	(void)state;
	bed_open(&bed, NULL);
	bed_prove(&bed);
	assert_int_equal(bed_call(&bed, 1), 0);
	ref = bed_expect_call(&bed, 1);
	bed_send(&bed, ERPS_DRAIN, "4000");
	bed_expect_trace(&bed, "draining 4000;");
	assert_int_equal(bed_call(&bed, 2), SB_GONE);
	assert_false(sim_has_ended(bed.peer));
	bed_reply(&bed, ref, "1");
	assert_true(sim_has_ended(bed.peer));
	sim_finish(bed.peer);
	bed_turn(&bed);
	bed_expect_trace(&bed, "replied 1 1;disconnected peer for a while;");
	bed_pass(&bed, 1000);
	assert_true(bed_accept(&bed));
}

static void
test_one_that_queues_takes_its_queue_from_a_draining_server_to_the_next(void **state)
{
	const struct erps_client_options options = {
		.restart = SB_PERMANENT, .queues_while_away = true};

	(void)state;
	bed_open(&bed, &options);
	bed_prove(&bed);
	bed_send(&bed, ERPS_DRAIN, "4000");
	assert_int_equal(bed_call(&bed, 1), 0);
	bed_expect_nothing(&bed);
	sim_finish(bed.peer);
	bed_pass(&bed, 1000);
	assert_true(bed_accept(&bed));
	bed_expect_call(&bed, 1);
	bed_expect_trace(&bed, "draining 4000;disconnected peer for a while;connected;");
}

/* ---- what packets say ---- */

static void
test_packets_carry_identifier_and_version(void **state)
{
	const struct erps_client_options options = {
		.restart = SB_PERMANENT, .identifier = "capsrv", .version = {0, 2, 4}};
	struct erps_packet packet;

	(void)state;
	bed_open(&bed, &options);
	assert_int_equal(bed_call(&bed, 1), 0);
	assert_true(bed_take(&bed, &packet));
	assert_true(sb_bytes_equal(packet.identifier, sb_bytes_text("capsrv")));
	assert_int_equal(packet.version.minor, 2);
	assert_int_equal(packet.version.patch, 4);
}

static void
act_call_large(struct bed *b, struct sb_session *s)
{
	static const char zeros[2000];
	struct erps_builder builder;
	uint8_t room[2100];

	(void)b;
	erps_builder_init(&builder, room, sizeof(room));
	erps_put_binary(&builder, sb_bytes(zeros, sizeof(zeros)));
	assert_int_equal(erps_client_call(s, erps_built(&builder), NULL, NULL), 0);
}

static void
test_payloads_are_compressed_where_they_gain_by_it(void **state)
{
	const struct erps_client_options options = {.restart = SB_PERMANENT, .compressed = 9};
	static struct erps_decoder decoder;
	struct erps_packet packet;
	struct erps_term term;
	struct sb_bytes octets;
	uint64_t ref;

	(void)state;
	decoder.env = sb_env_system();
	bed_open(&bed, &options);
	bed_act(&bed, act_call_large);
	assert_true(bed_take(&bed, &packet));
	assert_true(packet.payload.size < 100 && packet.payload.data[1] == 80);
	assert_int_equal(erps_decode(&decoder, packet.payload, &term), 0);
	assert_true(erps_match(term, "{ref::uint, b::binary}", &ref, &octets));
	assert_int_equal(octets.size, 2000);
	erps_decoder_fini(&decoder);
	bed_reply(&bed, (uint32_t)ref, "1");
	assert_int_equal(bed_call(&bed, 1), 0);
	bed_expect_call(&bed, 1);
}

static void
test_packets_are_signed_where_there_is_a_secret(void **state)
{
	static const struct erps_secret secret = {{1, 2, 3}, "a secret", 8};
	const struct erps_client_options options = {.restart = SB_PERMANENT, .secret = &secret};
	struct erps_signer signer = {0};
	struct erps_packet packet;

	(void)state;
	bed_open(&bed, &options);
	assert_int_equal(bed_call(&bed, 1), 0);
	assert_true(bed_take(&bed, &packet));
	assert_int_equal(erps_signer_init(&signer, &secret, 1), 0);
	assert_null(erps_signer_refusal(&signer, &packet));
	erps_signer_fini(&signer);
}

static void
test_options_that_cannot_be_served_are_refused(void **state)
{
	static const struct erps_client_application app = {.name = "none"};
	static const struct erps_secret no_secret = {{1}, "", 0};
	static const struct erps_client_options wrong[] = {
		{.host = NULL},
		{.host = "h", .identifier = "0123456789012345678901234567890123456"},
		{.host = "h", .compressed = 10},
		{.host = "h", .source = "nowhere"},
		{.host = "h", .probe = "{:half"},
		{.host = "h", .max_payload = UINT32_MAX},
		{.host = "h", .secret = &no_secret},
	};
	struct erps_client *client;

	(void)state;
	bed_open(&bed, NULL);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(
			erps_client_new(&client, bed.node, &app, &wrong[i], NULL), SB_EINVAL);
}

int
main(void)
{
#define BED_TEST(name) cmocka_unit_test_teardown(name, bed_closed)
	const struct CMUnitTest tests[] = {
		BED_TEST(test_one_packet_is_in_flight_until_its_answer),
		BED_TEST(test_after_a_cast_the_line_rests),
		BED_TEST(test_a_call_cancelled_at_once_does_not_share_its_write_with_the_next),
		BED_TEST(test_a_call_that_timed_out_gives_the_line_to_the_next),
		BED_TEST(test_keepalives_are_sent_and_wait_for_the_line),
		BED_TEST(test_keepalives_come_every_minute_by_default),
		BED_TEST(test_a_server_of_ours_gets_a_stream),
		BED_TEST(test_proof_counts_for_the_mark_alone),
		BED_TEST(test_who_was_proved_once_must_prove_it_on_every_connection),
		BED_TEST(test_pacing_that_was_asked_for_stays),
		BED_TEST(test_the_window_bounds_what_is_outstanding),
		BED_TEST(test_a_full_queue_refuses_and_says_when_there_is_room),
		BED_TEST(test_the_queue_is_bounded_in_octets_too),
		BED_TEST(test_one_that_queues_sends_when_it_is_connected),
		BED_TEST(test_one_that_does_not_queue_refuses),
		BED_TEST(test_a_probe_shows_who_the_server_is_before_connected),
		BED_TEST(test_an_error_answers_a_probe_too_and_calls_wait_for_it),
		BED_TEST(test_a_probe_without_an_answer_gives_the_connection_up),
		BED_TEST(test_a_deadline_that_was_named_goes_to_a_server_of_ours),
		BED_TEST(test_a_cancel_is_told_to_a_server_of_ours),
		BED_TEST(test_a_call_that_timed_out_by_default_is_cancelled_at_a_server_of_ours),
		BED_TEST(test_a_stream_comes_in_parts_for_credit),
		BED_TEST(test_parts_without_credit_are_not_taken),
		BED_TEST(test_a_part_that_is_no_term_ends_its_stream_and_cancels_it),
		BED_TEST(test_a_draining_server_is_left_when_its_last_answer_is_here),
		BED_TEST(test_one_that_queues_takes_its_queue_from_a_draining_server_to_the_next),
		BED_TEST(test_packets_carry_identifier_and_version),
		BED_TEST(test_payloads_are_compressed_where_they_gain_by_it),
		BED_TEST(test_packets_are_signed_where_there_is_a_secret),
		BED_TEST(test_options_that_cannot_be_served_are_refused),
	};
#undef BED_TEST

	return cmocka_run_group_tests(tests, NULL, NULL);
}
