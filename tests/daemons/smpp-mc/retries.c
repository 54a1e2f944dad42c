/* What happens to messages that cannot be delivered at once: back-offs, validity, schedules. */
#include "tests/daemons/smpp-mc/bed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct bed bed;
static struct client alice, bob;

#define RETRIES                                                        \
	"retry \"temporary\" { first = 10s max = 40s attempts = 4 }\n" \
	"retry \"throttled\" { first = 1s max = 1s }\n"                \
	"retry \"timeout\" { first = 3s max = 3s attempts = 2 }\n"

static void
open_pair(const char *config)
{
	bed_open(&bed, config);
	client_bind(&alice, &bed, SMPP_BIND_RECEIVER, "alice");
	client_bind(&bob, &bed, SMPP_BIND_TRANSCEIVER, "bob");
}

static struct message_id
submit(const char *destination, const char *text, uint8_t registered)
{
	struct smpp_pdu pdu = submit_of("200", destination, text);

	pdu.submit_sm.registered_delivery = registered;
	return client_submit(&bob, &pdu);
}

/* Some time in which neither looks dead. */
static void
wait_pinged(unsigned ms)
{
	for (; ms > 1000; ms -= 1000) {
		bed_pass(&bed, 1000);
		client_ping(&bob);
		client_ping(&alice);
	}
	bed_pass(&bed, ms);
}

static void
test_a_temporary_failure_is_retried_after_a_growing_time(void **state)
{
	struct message_id id;

	(void)state;
	open_pair(BED_BASE BED_SINK RETRIES);
	id = submit("1555", "x", SMPP_RECEIPT_ALWAYS);
	client_gets_and(&alice, "x", SMPP_RX_T_APPN);
	bed_pass(&bed, 9900);
	client_expect_nothing(&alice);
	bed_pass(&bed, 200);
	client_gets_and(&alice, "x", SMPP_RX_T_APPN);
	bed_pass(&bed, 19800);
	client_expect_nothing(&alice);
	bed_pass(&bed, 400);
	client_gets(&alice, "x");
	client_gets_receipt(&bob, id, "DELIVRD");
	assert_int_equal(bed_counter(&bed, "smpp_mc_retried_total{account=\"bob\"} "), 2);
	bed_close(&bed);
}

static void
test_after_its_attempts_a_message_is_undeliverable(void **state)
{
	struct message_id id;

	(void)state;
	open_pair(BED_BASE BED_SINK RETRIES);
	id = submit("1555", "x", SMPP_RECEIPT_ON_FAILURE);
	for (int i = 0; i < 4; i++) {
		client_gets_and(&alice, "x", SMPP_RSYSERR);
		wait_pinged(41000);
	}
	client_gets_receipt(&bob, id, "UNDELIV");
	assert_int_equal(client_query(&bob, id, "200"), SMPP_STATE_UNDELIVERABLE);
	bed_close(&bed);
}

static void
test_a_throttled_receiver_gets_it_again_soon(void **state)
{
	(void)state;
	open_pair(BED_BASE BED_SINK RETRIES);
	submit("1555", "x", 0);
	client_gets_and(&alice, "x", SMPP_RTHROTTLED);
	bed_pass(&bed, 1100);
	client_gets_and(&alice, "x", SMPP_RMSGQFUL);
	bed_pass(&bed, 1100);
	client_gets(&alice, "x");
	bed_close(&bed);
}

static void
test_what_a_receiver_refuses_for_good_is_not_sent_again(void **state)
{
	struct message_id rejected, failed;

	(void)state;
	open_pair(BED_BASE BED_SINK RETRIES);
	rejected = submit("1555", "x", SMPP_RECEIPT_ALWAYS);
	client_gets_and(&alice, "x", SMPP_RX_R_APPN);
	client_gets_receipt(&bob, rejected, "REJECTD");
	failed = submit("1555", "y", SMPP_RECEIPT_ALWAYS);
	client_gets_and(&alice, "y", SMPP_RX_P_APPN);
	client_gets_receipt(&bob, failed, "UNDELIV");
	assert_int_equal(client_query(&bob, rejected, "200"), SMPP_STATE_REJECTED);
	bed_close(&bed);
}

static void
test_a_receiver_that_does_not_answer_is_a_failed_attempt(void **state)
{
	struct message_id id;

	(void)state;
	open_pair(BED_BASE BED_SINK RETRIES "smpp { response_timeout = 5s }\n");
	id = submit("1555", "x", SMPP_RECEIPT_ALWAYS);
	client_expect(&alice, SMPP_DELIVER_SM);
	bed_pass(&bed, 5100);
	client_expect_nothing(&bob);
	bed_pass(&bed, 3000);
	client_expect(&alice, SMPP_DELIVER_SM);
	bed_pass(&bed, 5100);
	client_gets_receipt(&bob, id, "UNDELIV");
	bed_close(&bed);
}

static void
test_a_lane_keeps_its_order_over_a_failure(void **state)
{
	(void)state;
	open_pair(BED_BASE BED_SINK RETRIES);
	submit("1555", "one", 0);
	client_gets_and(&alice, "one", SMPP_RX_T_APPN);
	submit("1555", "two", 0);
	submit("1556", "elsewhere", 0);
	client_gets(&alice, "elsewhere");
	client_expect_nothing(&alice);
	bed_pass(&bed, 10100);
	client_gets(&alice, "one");
	client_gets(&alice, "two");
	bed_close(&bed);
}

static void
test_a_first_failure_is_told_to_who_wants_to_know(void **state)
{
	struct message_id id;

	(void)state;
	open_pair(BED_BASE BED_SINK RETRIES);
	id = submit("1555", "x", SMPP_RECEIPT_ALWAYS | SMPP_WANT_INTERMEDIATE);
	client_gets_and(&alice, "x", SMPP_RX_T_APPN);
	{
		struct smpp_pdu pdu = client_expect(&bob, SMPP_DELIVER_SM);

		assert_int_equal(pdu.deliver_sm.esm_class, SMPP_ESM_INTERMEDIATE);
		client_respond(&bob, &pdu, SMPP_ROK);
	}
	bed_pass(&bed, 10100);
	client_gets_and(&alice, "x", SMPP_RX_T_APPN);
	client_expect_nothing(&bob);
	bed_pass(&bed, 20100);
	client_gets(&alice, "x");
	client_gets_receipt(&bob, id, "DELIVRD");
	bed_close(&bed);
}

static void
test_a_message_expires_when_its_validity_ends(void **state)
{
	struct smpp_pdu pdu = submit_of("200", "1555", "x");
	struct message_id id;

	(void)state;
	bed_open(&bed, NULL);
	client_bind(&bob, &bed, SMPP_BIND_TRANSCEIVER, "bob");
	pdu.submit_sm.validity_period = sb_bytes_text("000000000005000R");
	pdu.submit_sm.registered_delivery = SMPP_RECEIPT_ALWAYS;
	id = client_submit(&bob, &pdu);
	bed_pass(&bed, 4800);
	client_expect_nothing(&bob);
	bed_pass(&bed, 400);
	client_gets_receipt(&bob, id, "EXPIRED");
	client_bind(&alice, &bed, SMPP_BIND_RECEIVER, "alice");
	client_expect_nothing(&alice);
	assert_int_equal(bed_counter(&bed, "smpp_mc_expired_total{account=\"bob\"} "), 1);
	bed_close(&bed);
}

static void
test_a_message_without_a_validity_takes_the_default(void **state)
{
	struct message_id id;

	(void)state;
	bed_open(&bed, BED_BASE BED_SINK "delivery { validity = 2s }\n");
	client_bind(&bob, &bed, SMPP_BIND_TRANSCEIVER, "bob");
	id = submit("1555", "x", SMPP_RECEIPT_ALWAYS);
	bed_pass(&bed, 2200);
	client_gets_receipt(&bob, id, "EXPIRED");
	bed_close(&bed);
}

static void
test_a_scheduled_message_waits_for_its_time(void **state)
{
	struct smpp_pdu pdu = submit_of("200", "1555", "later");
	struct message_id id;

	(void)state;
	open_pair(NULL);
	pdu.submit_sm.schedule_delivery_time = sb_bytes_text("000000000010000R");
	id = client_submit(&bob, &pdu);
	bed_pass(&bed, 9800);
	client_expect_nothing(&alice);
	assert_int_equal(client_query(&bob, id, "200"), SMPP_STATE_ENROUTE);
	bed_pass(&bed, 400);
	client_gets(&alice, "later");
	bed_close(&bed);
}

static void
test_times_that_make_no_sense_are_refused(void **state)
{
	static const struct {
		const char *schedule, *validity;
		uint32_t status;
	} cases[] = {
		{"", "rubbish", SMPP_RINVEXPIRY}, {"rubbish", "", SMPP_RINVSCHED},
		{"", "010101000000000+", SMPP_RINVEXPIRY}, /* long ago */
		{"000000010000000R", "000000000500000R", SMPP_RINVEXPIRY},
		{"990101000000000R", "", SMPP_RINVSCHED}, /* in 99 years */
	};

	(void)state;
	open_pair(NULL);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct smpp_pdu pdu = submit_of("200", "1555", "x");

		pdu.submit_sm.schedule_delivery_time = sb_bytes_text("");
		if (strlen(cases[i].schedule) == 16)
			pdu.submit_sm.schedule_delivery_time = sb_bytes_text(cases[i].schedule);
		if (strlen(cases[i].validity) == 16)
			pdu.submit_sm.validity_period = sb_bytes_text(cases[i].validity);
		if (strcmp(cases[i].schedule, "rubbish") == 0)
			pdu.submit_sm.schedule_delivery_time = sb_bytes_text("rubbishrubbishru");
		if (strcmp(cases[i].validity, "rubbish") == 0)
			pdu.submit_sm.validity_period = sb_bytes_text("rubbishrubbishru");
		assert_int_equal(client_ask(&bob, &pdu).header.status, cases[i].status);
	}
	bed_close(&bed);
}

#define SLOW_SINK                                               \
	"route \"default\" { sink = \"slow\" }\n"               \
	"route \"3\" { sink = \"broken\" }\n"                   \
	"route \"4\" { sink = \"silent\" }\n"                   \
	"route \"5\" { sink = \"moody\" }\n"                    \
	"sink \"slow\" { delay = 3s }\n"                        \
	"sink \"broken\" { fail_percent = 100 error = 42 }\n"   \
	"sink \"silent\" { expire_percent = 100 delay = 1s }\n" \
	"sink \"moody\" { retry_percent = 50 }\n"

static void
test_a_sink_delivers_after_its_delay(void **state)
{
	struct message_id id;

	(void)state;
	open_pair(BED_BASE SLOW_SINK);
	id = submit("999", "x", SMPP_RECEIPT_ALWAYS);
	bed_pass(&bed, 2900);
	client_expect_nothing(&bob);
	bed_pass(&bed, 200);
	client_gets_receipt(&bob, id, "DELIVRD");
	bed_close(&bed);
}

static void
test_a_sink_fails_and_says_its_error(void **state)
{
	struct message_id id;
	struct smpp_pdu query = {.header.command = SMPP_QUERY_SM};
	struct smpp_pdu response;

	(void)state;
	open_pair(BED_BASE SLOW_SINK);
	id = submit("3999", "x", SMPP_RECEIPT_ALWAYS);
	client_gets_receipt(&bob, id, "UNDELIV");
	query.query_sm.message_id = sb_bytes_text(id.text);
	query.query_sm.source_addr = sb_bytes_text("200");
	response = client_ask(&bob, &query);
	assert_int_equal(response.query_sm_resp.error_code, 42);
	assert_int_equal(response.query_sm_resp.final_date.size, 16);
	bed_close(&bed);
}

static void
test_a_sink_keeps_messages_until_they_expire(void **state)
{
	struct smpp_pdu pdu = submit_of("200", "4999", "x");
	struct message_id id;

	(void)state;
	open_pair(BED_BASE SLOW_SINK);
	pdu.submit_sm.registered_delivery = SMPP_RECEIPT_ALWAYS;
	pdu.submit_sm.validity_period = sb_bytes_text("000000000020000R");
	id = client_submit(&bob, &pdu);
	bed_pass(&bed, 19000);
	client_expect_nothing(&bob);
	bed_pass(&bed, 1500);
	client_gets_receipt(&bob, id, "EXPIRED");
	bed_close(&bed);
}

static void
test_a_validity_shorter_than_the_delay_of_a_sink_ends_first(void **state)
{
	struct smpp_pdu pdu = submit_of("200", "999", "x");
	struct message_id id;

	(void)state;
	open_pair(BED_BASE SLOW_SINK);
	pdu.submit_sm.registered_delivery = SMPP_RECEIPT_ALWAYS;
	pdu.submit_sm.validity_period = sb_bytes_text("000000000001000R");
	id = client_submit(&bob, &pdu);
	bed_pass(&bed, 1300);
	client_gets_receipt(&bob, id, "EXPIRED");
	bed_pass(&bed, 3000);
	client_expect_nothing(&bob);
	bed_close(&bed);
}

static void
test_a_moody_sink_delivers_all_in_the_end(void **state)
{
	struct smpp_pdu pdu;
	unsigned receipts = 0;

	(void)state;
	open_pair(BED_BASE SLOW_SINK "retry \"temporary\" { first = 10ms max = 10ms }\n");
	for (int i = 0; i < 50; i++) {
		pdu = submit_of("200", "5999", "x");
		pdu.submit_sm.registered_delivery = SMPP_RECEIPT_ALWAYS;
		client_send(&bob, &pdu);
	}
	for (int i = 0; i < 200 && receipts < 50; i++) {
		bed_pass(&bed, 100);
		while (client_take(&bob, &pdu)) {
			assert_int_equal(pdu.header.status, SMPP_ROK);
			if (pdu.header.command != SMPP_DELIVER_SM)
				continue;
			client_respond(&bob, &pdu, SMPP_ROK);
			receipts++;
		}
	}
	assert_int_equal(receipts, 50);
	assert_true(bed_counter(&bed, "smpp_mc_retried_total{account=\"bob\"} ") > 0);
	bed_close(&bed);
}

/* The same with nothing in memory but the 64 octets: bodies come from the store. */
static void
test_bodies_that_are_not_in_memory_are_read_again(void **state)
{
	struct message_id id, expired;
	struct smpp_pdu pdu = submit_of("200", "1556", "short-lived");

	(void)state;
	bed_open(&bed, BED_BASE BED_SINK "delivery { cache_limit = 0 }\n");
	client_bind(&bob, &bed, SMPP_BIND_TRANSCEIVER, "bob");
	id = submit("1555", "one", SMPP_RECEIPT_ALWAYS);
	submit("1555", "two", 0);
	pdu.submit_sm.validity_period = sb_bytes_text("000000000005000R");
	pdu.submit_sm.registered_delivery = SMPP_RECEIPT_ALWAYS;
	expired = client_submit(&bob, &pdu);
	bed_pass(&bed, 6000);
	client_gets_receipt(&bob, expired, "EXPIRED");
	client_bind(&alice, &bed, SMPP_BIND_RECEIVER, "alice");
	client_gets(&alice, "one");
	client_gets(&alice, "two");
	client_gets_receipt(&bob, id, "DELIVRD");
	bed_close(&bed);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_temporary_failure_is_retried_after_a_growing_time),
		cmocka_unit_test(test_after_its_attempts_a_message_is_undeliverable),
		cmocka_unit_test(test_a_throttled_receiver_gets_it_again_soon),
		cmocka_unit_test(test_what_a_receiver_refuses_for_good_is_not_sent_again),
		cmocka_unit_test(test_a_receiver_that_does_not_answer_is_a_failed_attempt),
		cmocka_unit_test(test_a_lane_keeps_its_order_over_a_failure),
		cmocka_unit_test(test_a_first_failure_is_told_to_who_wants_to_know),
		cmocka_unit_test(test_a_message_expires_when_its_validity_ends),
		cmocka_unit_test(test_a_message_without_a_validity_takes_the_default),
		cmocka_unit_test(test_a_scheduled_message_waits_for_its_time),
		cmocka_unit_test(test_times_that_make_no_sense_are_refused),
		cmocka_unit_test(test_a_sink_delivers_after_its_delay),
		cmocka_unit_test(test_a_sink_fails_and_says_its_error),
		cmocka_unit_test(test_a_sink_keeps_messages_until_they_expire),
		cmocka_unit_test(test_a_validity_shorter_than_the_delay_of_a_sink_ends_first),
		cmocka_unit_test(test_a_moody_sink_delivers_all_in_the_end),
		cmocka_unit_test(test_bodies_that_are_not_in_memory_are_read_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
