/* A centre that has enough: what smpp_send says, and when it says yes again. */
#include "tests/protocols/smpp/session_bed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct bed bed;

static int
done(void **state)
{
	(void)state;
	bed_close(&bed);
	return 0;
}

static void
open_bound(const struct smpp_pace_options *pace, uint32_t window)
{
	const struct smpp_esme_options options = {
		.system_id = "alice", .pace = *pace, .session.window_out = window};

	bed_open_esme(&bed, &options);
	bed_accept_bind(&bed);
}

static void
test_a_full_window_opens_with_a_response(void **state)
{
	(void)state;
	open_bound(&(struct smpp_pace_options){0}, 2);
	assert_int_equal(bed_send_submit_sm(&bed, 1), 0);
	assert_int_equal(bed_send_submit_sm(&bed, 2), 0);
	assert_int_equal(bed_send_submit_sm(&bed, 3), SB_FULL);
	bed_send_header(&bed, SMPP_SUBMIT_SM_RESP, 0, 3);
	bed_expect_trace(&bed, "response 2 submit_sm_resp 0;window_open;");
}

static void
test_a_throttled_sender_waits_and_is_told(void **state)
{
	(void)state;
	open_bound(&(struct smpp_pace_options){0}, 10);
	assert_int_equal(bed_send_submit_sm(&bed, 1), 0);
	bed_send_header(&bed, SMPP_SUBMIT_SM_RESP, SMPP_RTHROTTLED, 2);
	bed_expect_trace(&bed, "response 1 submit_sm_resp 88;");
	assert_int_equal(bed_send_submit_sm(&bed, 2), SB_FULL);
	bed_pass(&bed, 98);
	bed_expect_trace(&bed, "");
	bed_pass(&bed, 3);
	bed_expect_trace(&bed, "window_open;");
	assert_int_equal(smpp_window_room(bed.session), 5);
	assert_int_equal(bed_counter(&bed, "smpp_slowed_total"), 1);
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(bed_send_submit_sm(&bed, i), 0);
	assert_int_equal(bed_send_submit_sm(&bed, 6), SB_FULL);
}

static void
test_congestion_narrows_the_window(void **state)
{
	static const uint8_t tlv[] = {0x04, 0x28, 0, 1, 95};
	struct smpp_pdu pdu = {.header = {.command = SMPP_SUBMIT_SM_RESP, .sequence = 2}};

	(void)state;
	open_bound(&(struct smpp_pace_options){0}, 10);
	assert_int_equal(bed_send_submit_sm(&bed, 1), 0);
	pdu.submit_sm_resp.message_id = sb_bytes_text("id");
	pdu.tlvs = sb_bytes(tlv, sizeof(tlv));
	bed_send(&bed, &pdu);
	assert_int_equal(smpp_window_room(bed.session), 9);
}

static void
test_the_throughput_is_kept(void **state)
{
	(void)state;
	open_bound(&(struct smpp_pace_options){.throughput = 10}, 1000);
	assert_int_equal(bed_send_submit_sm(&bed, 1), 0);
	assert_int_equal(bed_send_submit_sm(&bed, 2), SB_FULL);
	bed_pass(&bed, 101);
	bed_expect_trace(&bed, "window_open;");
	assert_int_equal(bed_send_submit_sm(&bed, 2), 0);
	assert_int_equal(bed_send_submit_sm(&bed, 3), SB_FULL);
}

int
main(void)
{
#define BED_TEST(name) cmocka_unit_test_teardown(name, done)
	const struct CMUnitTest tests[] = {
		BED_TEST(test_a_full_window_opens_with_a_response),
		BED_TEST(test_a_throttled_sender_waits_and_is_told),
		BED_TEST(test_congestion_narrows_the_window),
		BED_TEST(test_the_throughput_is_kept),
	};
#undef BED_TEST

	return cmocka_run_group_tests(tests, NULL, NULL);
}
