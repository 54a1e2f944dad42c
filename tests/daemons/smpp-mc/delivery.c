/* From a submit to its delivery and its receipt. */
#include "tests/daemons/smpp-mc/bed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct bed bed;
static struct client alice, bob, other;

static void
test_a_message_to_the_sink_is_receipted(void **state)
{
	struct smpp_pdu submit = submit_of("100", "999", "hello");
	struct message_id id;

	(void)state;
	bed_open(&bed, NULL);
	client_bind(&alice, &bed, SMPP_BIND_TRANSCEIVER, "alice");
	submit.submit_sm.registered_delivery = SMPP_RECEIPT_ALWAYS;
	id = client_submit(&alice, &submit);
	client_gets_receipt(&alice, id, "DELIVRD");
	bed_pass(&bed, 1000);
	client_expect_nothing(&alice);
	assert_int_equal(client_query(&alice, id, "100"), SMPP_STATE_DELIVERED);
	assert_int_equal(bed_counter(&bed, "smpp_mc_delivered_total{account=\"alice\"} "), 1);
	assert_int_equal(bed_counter(&bed, "smpp_mc_receipts_total{account=\"alice\"} "), 1);
	bed_close(&bed);
}

static void
test_a_receipt_has_the_addresses_the_other_way_round(void **state)
{
	struct smpp_pdu pdu = submit_of("100", "999", "hello");
	struct sb_bytes value;
	uint32_t message_state;

	(void)state;
	bed_open(&bed, NULL);
	client_bind(&alice, &bed, SMPP_BIND_TRANSCEIVER, "alice");
	pdu.submit_sm.registered_delivery = SMPP_RECEIPT_ALWAYS;
	pdu.submit_sm.source_addr_ton = 1;
	pdu.submit_sm.dest_addr_npi = 8;
	client_submit(&alice, &pdu);
	pdu = client_expect(&alice, SMPP_DELIVER_SM);
	assert_int_equal(pdu.deliver_sm.esm_class, SMPP_ESM_RECEIPT);
	assert_int_equal(pdu.deliver_sm.registered_delivery, 0);
	assert_true(sb_bytes_equal(pdu.deliver_sm.source_addr, sb_bytes_text("999")));
	assert_true(sb_bytes_equal(pdu.deliver_sm.destination_addr, sb_bytes_text("100")));
	assert_int_equal(pdu.deliver_sm.dest_addr_ton, 1);
	assert_int_equal(pdu.deliver_sm.source_addr_npi, 8);
	assert_true(smpp_find_tlv(pdu.tlvs, SMPP_TAG_RECEIPTED_MESSAGE_ID, &value));
	assert_int_equal(value.size, MC_ID_TEXT);
	assert_true(smpp_find_tlv_integer(pdu.tlvs, SMPP_TAG_MESSAGE_STATE, &message_state));
	assert_int_equal(message_state, SMPP_STATE_DELIVERED);
	bed_close(&bed);
}

static void
test_no_receipt_comes_that_was_not_asked_for(void **state)
{
	struct smpp_pdu submit = submit_of("100", "999", "hello");

	(void)state;
	bed_open(&bed, NULL);
	client_bind(&alice, &bed, SMPP_BIND_TRANSCEIVER, "alice");
	client_submit(&alice, &submit);
	submit.submit_sm.registered_delivery = SMPP_RECEIPT_ON_FAILURE;
	client_submit(&alice, &submit);
	bed_pass(&bed, 1000);
	client_expect_nothing(&alice);
	bed_close(&bed);
}

static void
test_a_message_reaches_the_bind_of_its_route(void **state)
{
	struct smpp_pdu submit = submit_of("200", "1555", "hi alice");
	struct message_id id;

	(void)state;
	bed_open(&bed, NULL);
	client_bind(&alice, &bed, SMPP_BIND_RECEIVER, "alice");
	client_bind(&bob, &bed, SMPP_BIND_TRANSCEIVER, "bob");
	submit.submit_sm.registered_delivery = SMPP_RECEIPT_ALWAYS;
	id = client_submit(&bob, &submit);
	client_expect_nothing(&bob);
	assert_int_equal(client_query(&bob, id, "200"), SMPP_STATE_ENROUTE);
	client_gets(&alice, "hi alice");
	client_gets_receipt(&bob, id, "DELIVRD");
	bed_close(&bed);
}

static void
test_what_its_sender_put_in_goes_out_again(void **state)
{
	static const uint8_t tlvs[] = {0x14, 0x01, 0, 2, 'x', 'y', 0x02, 0x04, 0, 2, 0, 9};
	struct smpp_pdu pdu = submit_of("200", "1555",
		"\x05"
		"\x00\x03\x07\x02\x01text");
	static const uint8_t text[] = {5, 0, 3, 7, 2, 1, 't', 'e', 'x', 't'};

	(void)state;
	bed_open(&bed, NULL);
	client_bind(&alice, &bed, SMPP_BIND_RECEIVER, "alice");
	client_bind(&bob, &bed, SMPP_BIND_TRANSMITTER, "bob");
	pdu.submit_sm.short_message = sb_bytes(text, sizeof(text));
	pdu.submit_sm.esm_class = SMPP_ESM_UDHI | SMPP_ESM_STORE_AND_FORWARD;
	pdu.submit_sm.data_coding = 8;
	pdu.submit_sm.protocol_id = 0x41;
	pdu.submit_sm.priority_flag = 2;
	pdu.submit_sm.service_type = sb_bytes_text("WAP");
	pdu.submit_sm.validity_period = sb_bytes_text("000001000000000R");
	pdu.submit_sm.registered_delivery = SMPP_RECEIPT_ALWAYS | SMPP_WANT_USER_ACK;
	pdu.tlvs = sb_bytes(tlvs, sizeof(tlvs));
	client_submit(&bob, &pdu);
	pdu = client_expect(&alice, SMPP_DELIVER_SM);
	assert_true(sb_bytes_equal(pdu.deliver_sm.short_message, sb_bytes(text, sizeof(text))));
	assert_int_equal(pdu.deliver_sm.esm_class, SMPP_ESM_UDHI);
	assert_int_equal(pdu.deliver_sm.data_coding, 8);
	assert_int_equal(pdu.deliver_sm.protocol_id, 0x41);
	assert_int_equal(pdu.deliver_sm.priority_flag, 2);
	assert_int_equal(pdu.deliver_sm.validity_period.size, 0);
	assert_int_equal(pdu.deliver_sm.registered_delivery, SMPP_WANT_USER_ACK);
	assert_true(sb_bytes_equal(pdu.deliver_sm.service_type, sb_bytes_text("WAP")));
	assert_true(sb_bytes_equal(pdu.tlvs, sb_bytes(tlvs, sizeof(tlvs))));
	bed_close(&bed);
}

static void
test_a_message_of_64_kilobytes_passes(void **state)
{
	static uint8_t tlvs[4 + 65535];
	static char text[65536];
	struct smpp_pdu pdu = submit_of("200", "1555", "");
	struct sb_writer w = sb_writer_of(tlvs, sizeof(tlvs));
	struct sb_bytes payload;

	(void)state;
	memset(text, 'L', 65535);
	assert_int_equal(smpp_put_tlv(&w, SMPP_TAG_MESSAGE_PAYLOAD, sb_bytes(text, 65535)), 0);
	bed_open(&bed, NULL);
	client_bind(&alice, &bed, SMPP_BIND_RECEIVER, "alice");
	client_bind(&bob, &bed, SMPP_BIND_TRANSMITTER, "bob");
	pdu.tlvs = sb_bytes(tlvs, sizeof(tlvs));
	client_submit(&bob, &pdu);
	pdu = client_expect(&alice, SMPP_DELIVER_SM);
	assert_true(smpp_find_tlv(pdu.tlvs, SMPP_TAG_MESSAGE_PAYLOAD, &payload));
	assert_true(sb_bytes_equal(payload, sb_bytes(text, 65535)));
	bed_close(&bed);
}

static void
test_messages_wait_for_a_receiving_bind(void **state)
{
	struct smpp_pdu first = submit_of("200", "1555", "one");
	struct smpp_pdu second = submit_of("200", "1555", "two");

	(void)state;
	bed_open(&bed, NULL);
	client_bind(&bob, &bed, SMPP_BIND_TRANSMITTER, "bob");
	client_bind(&other, &bed, SMPP_BIND_TRANSMITTER, "alice");
	client_submit(&bob, &first);
	client_submit(&bob, &second);
	bed_pass(&bed, 3600000);
	client_bind(&alice, &bed, SMPP_BIND_RECEIVER, "alice");
	client_gets(&alice, "one");
	client_gets(&alice, "two");
	client_expect_nothing(&alice);
	bed_close(&bed);
}

static void
test_receipts_of_a_transmitter_go_to_any_receiving_bind_of_its_account(void **state)
{
	struct smpp_pdu submit = submit_of("200", "999", "hello");
	struct message_id first, second;

	(void)state;
	bed_open(&bed, NULL);
	client_bind(&bob, &bed, SMPP_BIND_TRANSMITTER, "bob");
	client_bind(&alice, &bed, SMPP_BIND_TRANSCEIVER, "alice");
	submit.submit_sm.registered_delivery = SMPP_RECEIPT_ALWAYS;
	first = client_submit(&bob, &submit);
	bed_pass(&bed, 60000);
	client_expect_nothing(&bob);
	client_bind(&other, &bed, SMPP_BIND_RECEIVER, "bob");
	client_gets_receipt(&other, first, "DELIVRD");
	client_unbind(&other);
	client_bind(&bob, &bed, SMPP_BIND_TRANSMITTER, "bob");
	second = client_submit(&bob, &submit);
	client_bind(&other, &bed, SMPP_BIND_TRANSCEIVER, "bob");
	client_gets_receipt(&other, second, "DELIVRD");
	bed_close(&bed);
}

static void
test_a_priority_overtakes_what_waits(void **state)
{
	struct smpp_pdu low = submit_of("200", "1555", "low");
	struct smpp_pdu high = submit_of("200", "1555", "high");

	(void)state;
	bed_open(&bed, NULL);
	client_bind(&bob, &bed, SMPP_BIND_TRANSMITTER, "bob");
	client_submit(&bob, &low);
	high.submit_sm.priority_flag = 3;
	client_submit(&bob, &high);
	client_bind(&alice, &bed, SMPP_BIND_RECEIVER, "alice");
	client_gets(&alice, "high");
	client_gets(&alice, "low");
	bed_close(&bed);
}

static void
test_nothing_is_sent_over_the_window(void **state)
{
	struct smpp_pdu pdus[5];

	(void)state;
	bed_open(&bed, NULL);
	client_bind(&bob, &bed, SMPP_BIND_RECEIVER, "bob");
	client_bind(&alice, &bed, SMPP_BIND_TRANSMITTER, "alice");
	for (int i = 0; i < 5; i++) {
		char text[2] = {(char)('a' + i), '\0'};

		pdus[i] = submit_of("100", "2555", text);
		client_submit(&alice, &pdus[i]);
	}
	pdus[0] = client_expect(&bob, SMPP_DELIVER_SM);
	pdus[1] = client_expect(&bob, SMPP_DELIVER_SM);
	client_expect_nothing(&bob);
	client_respond(&bob, &pdus[0], SMPP_ROK);
	client_gets(&bob, "c");
	client_gets(&bob, "d");
	client_gets(&bob, "e");
	client_expect_nothing(&bob);
	bed_close(&bed);
}

static void
test_what_a_bind_did_not_answer_goes_to_the_next_one_in_order(void **state)
{
	(void)state;
	bed_open(&bed, NULL);
	client_bind(&bob, &bed, SMPP_BIND_RECEIVER, "bob");
	client_bind(&alice, &bed, SMPP_BIND_TRANSMITTER, "alice");
	for (int i = 0; i < 4; i++) {
		char text[2] = {(char)('a' + i), '\0'};
		struct smpp_pdu submit = submit_of("100", "2555", text);

		client_submit(&alice, &submit);
	}
	client_expect(&bob, SMPP_DELIVER_SM);
	sim_reset(bob.peer);
	bed_settle(&bed);
	client_bind(&other, &bed, SMPP_BIND_RECEIVER, "bob");
	client_gets(&other, "a");
	client_gets(&other, "b");
	client_gets(&other, "c");
	client_gets(&other, "d");
	client_expect_nothing(&other);
	bed_close(&bed);
}

static void
test_two_binds_share_what_has_different_addresses(void **state)
{
	unsigned got[2] = {0, 0};
	struct smpp_pdu pdu;

	(void)state;
	bed_open(&bed, NULL);
	client_bind(&bob, &bed, SMPP_BIND_RECEIVER, "bob");
	client_bind(&other, &bed, SMPP_BIND_RECEIVER, "bob");
	client_bind(&alice, &bed, SMPP_BIND_TRANSMITTER, "alice");
	/* Enough that some fall to partitions that begin at either bind. */
	for (int i = 0; i < 10; i++) {
		char destination[5] = {'2', '0', '0', (char)('0' + i), '\0'};
		struct smpp_pdu submit = submit_of("100", destination, "x");

		client_submit(&alice, &submit);
	}
	for (; client_take(&bob, &pdu); got[0]++)
		client_respond(&bob, &pdu, SMPP_ROK);
	for (; client_take(&other, &pdu); got[1]++)
		client_respond(&other, &pdu, SMPP_ROK);
	assert_int_equal(got[0] + got[1], 10);
	assert_true(got[0] && got[1]);
	bed_close(&bed);
}

static void
test_one_pair_of_addresses_stays_with_one_bind(void **state)
{
	struct smpp_pdu pdu, unanswered;
	struct client *has, *idle;

	(void)state;
	bed_open(&bed, NULL);
	client_bind(&bob, &bed, SMPP_BIND_RECEIVER, "bob");
	client_bind(&other, &bed, SMPP_BIND_RECEIVER, "bob");
	client_bind(&alice, &bed, SMPP_BIND_TRANSMITTER, "alice");
	for (int i = 0; i < 6; i++) {
		struct smpp_pdu submit = submit_of("100", "2000", "x");

		client_submit(&alice, &submit);
	}
	has = client_take(&bob, &pdu) ? &bob : &other;
	idle = has == &bob ? &other : &bob;
	if (has == &other)
		assert_true(client_take(has, &pdu));
	unanswered = client_expect(has, SMPP_DELIVER_SM);
	client_expect_nothing(has);
	client_expect_nothing(idle);
	client_respond(has, &pdu, SMPP_ROK);
	client_expect(has, SMPP_DELIVER_SM);
	client_expect_nothing(idle);
	(void)unanswered;
	bed_close(&bed);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_message_to_the_sink_is_receipted),
		cmocka_unit_test(test_a_receipt_has_the_addresses_the_other_way_round),
		cmocka_unit_test(test_no_receipt_comes_that_was_not_asked_for),
		cmocka_unit_test(test_a_message_reaches_the_bind_of_its_route),
		cmocka_unit_test(test_what_its_sender_put_in_goes_out_again),
		cmocka_unit_test(test_a_message_of_64_kilobytes_passes),
		cmocka_unit_test(test_messages_wait_for_a_receiving_bind),
		cmocka_unit_test(
			test_receipts_of_a_transmitter_go_to_any_receiving_bind_of_its_account),
		cmocka_unit_test(test_a_priority_overtakes_what_waits),
		cmocka_unit_test(test_nothing_is_sent_over_the_window),
		cmocka_unit_test(test_what_a_bind_did_not_answer_goes_to_the_next_one_in_order),
		cmocka_unit_test(test_two_binds_share_what_has_different_addresses),
		cmocka_unit_test(test_one_pair_of_addresses_stays_with_one_bind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
