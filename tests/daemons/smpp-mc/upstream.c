/* Routes to another centre: the test is that centre. */
#include "tests/daemons/smpp-mc/bed.h"

#include "protocols/smpp/receipt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define PORT 3000

/* One bind, with or without more options. */
#define CARRIER(options)                                                                  \
	BED_BASE "route \"default\" { upstream = carrier }\n"                            \
		 "upstream \"carrier\" { host = \"127.0.0.1\" port = 3000 binds = 1 "    \
		 "system_id = us password = pw backoff_min = 100ms backoff_max = 100ms " options \
		 " }\n"

static struct bed bed;
static struct client alice, carrier;

/* The next bind that comes is let in. */
static struct smpp_pdu
carrier_accepts(struct client *client, uint32_t command)
{
	struct smpp_pdu bind;

	*client = (struct client){.bed = &bed};
	client->peer = sim_accept(bed.sim, PORT);
	assert_non_null(client->peer);
	bed_settle(&bed);
	bind = client_expect(client, command);
	client_respond(client, &bind, SMPP_ROK);
	return bind;
}

static void
open_with(const char *config)
{
	bed_open(&bed, config);
	sim_listen(bed.sim, PORT);
	bed_pass(&bed, 200);
	carrier_accepts(&carrier, SMPP_BIND_TRANSCEIVER);
}

/* Answers a submit_sm. */
static void
take_as(struct client *client, const struct smpp_pdu *submit, uint32_t status, const char *id)
{
	struct smpp_pdu response = {.header = submit->header};
	uint8_t octets[128];
	struct sb_writer w = sb_writer_of(octets, sizeof(octets));

	response.header.command |= SMPP_RESPONSE_BIT;
	response.header.status = status;
	response.header_only = status != SMPP_ROK;
	response.submit_sm_resp.message_id = sb_bytes_text(id);
	assert_int_equal(smpp_encode(&response, &w), 0);
	sim_send(client->peer, octets, sb_writer_size(&w));
	bed_settle(&bed);
}

static struct smpp_pdu
carrier_gets(const char *text)
{
	struct smpp_pdu pdu = client_expect(&carrier, SMPP_SUBMIT_SM);

	assert_true(sb_bytes_equal(pdu.submit_sm.short_message, sb_bytes_text(text)));
	return pdu;
}

static void
test_we_bind_with_what_the_configuration_says(void **state)
{
	struct smpp_pdu bind;

	(void)state;
	bed_open(&bed, CARRIER("system_type = VMS addr_ton = 1 addr_npi = 2 address_range = \"49\""));
	sim_listen(bed.sim, PORT);
	bed_pass(&bed, 200);
	bind = carrier_accepts(&carrier, SMPP_BIND_TRANSCEIVER);
	assert_true(sb_bytes_equal(bind.bind.system_id, sb_bytes_text("us")));
	assert_true(sb_bytes_equal(bind.bind.password, sb_bytes_text("pw")));
	assert_true(sb_bytes_equal(bind.bind.system_type, sb_bytes_text("VMS")));
	assert_true(sb_bytes_equal(bind.bind.address_range, sb_bytes_text("49")));
	assert_int_equal(bind.bind.addr_ton, 1);
	assert_int_equal(bind.bind.addr_npi, 2);
	assert_int_equal(bind.bind.interface_version, 0x34);
	assert_int_equal(bed_counter(&bed, "smpp_mc_binds{account=\"carrier\"} "), 1);
	bed_close(&bed);
}

static void
test_a_message_goes_on_as_it_was_submitted(void **state)
{
	static const uint8_t tlvs[] = {0x14, 0x01, 0, 2, 'x', 'y', 0x04, 0x26, 0, 1, 1};
	struct smpp_pdu pdu = submit_of("100", "999", "hello");

	(void)state;
	open_with(CARRIER(""));
	client_bind(&alice, &bed, SMPP_BIND_TRANSCEIVER, "alice");
	pdu.submit_sm.source_addr_ton = 5;
	pdu.submit_sm.dest_addr_npi = 1;
	pdu.submit_sm.data_coding = 8;
	pdu.submit_sm.protocol_id = 0x41;
	pdu.submit_sm.priority_flag = 2;
	pdu.submit_sm.esm_class = SMPP_ESM_REPLY_PATH;
	pdu.submit_sm.service_type = sb_bytes_text("WAP");
	pdu.submit_sm.validity_period = sb_bytes_text("000001000000000R");
	pdu.tlvs = sb_bytes(tlvs, sizeof(tlvs));
	client_submit(&alice, &pdu);
	bed_settle(&bed);
	pdu = carrier_gets("hello");
	assert_int_equal(pdu.submit_sm.source_addr_ton, 5);
	assert_int_equal(pdu.submit_sm.dest_addr_npi, 1);
	assert_int_equal(pdu.submit_sm.data_coding, 8);
	assert_int_equal(pdu.submit_sm.protocol_id, 0x41);
	assert_int_equal(pdu.submit_sm.priority_flag, 2);
	assert_int_equal(pdu.submit_sm.esm_class, SMPP_ESM_REPLY_PATH);
	assert_int_equal(pdu.submit_sm.registered_delivery, 0);
	assert_true(sb_bytes_equal(pdu.submit_sm.service_type, sb_bytes_text("WAP")));
	assert_true(sb_bytes_equal(
		pdu.submit_sm.validity_period, sb_bytes_text("000001000000000R")));
	assert_true(sb_bytes_equal(pdu.tlvs, sb_bytes(tlvs, sizeof(tlvs))));
	bed_close(&bed);
}

static void
test_without_a_receipt_taken_is_delivered(void **state)
{
	struct smpp_pdu pdu = submit_of("100", "999", "hello");
	struct message_id id;

	(void)state;
	open_with(CARRIER(""));
	client_bind(&alice, &bed, SMPP_BIND_TRANSCEIVER, "alice");
	id = client_submit(&alice, &pdu);
	pdu = carrier_gets("hello");
	assert_int_equal(client_query(&alice, id, "100"), SMPP_STATE_ENROUTE);
	take_as(&carrier, &pdu, SMPP_ROK, "c1");
	assert_int_equal(client_query(&alice, id, "100"), SMPP_STATE_DELIVERED);
	assert_int_equal(
		bed_counter(&bed, "smpp_mc_upstream_accepted_total{upstream=\"carrier\"} "), 1);
	bed_close(&bed);
}

static void
test_what_a_lost_connection_had_is_sent_again(void **state)
{
	struct smpp_pdu pdu = submit_of("100", "999", "hello");

	(void)state;
	open_with(CARRIER(""));
	client_bind(&alice, &bed, SMPP_BIND_TRANSCEIVER, "alice");
	client_submit(&alice, &pdu);
	carrier_gets("hello");
	sim_reset(carrier.peer);
	bed_pass(&bed, 1000);
	assert_int_equal(bed_counter(&bed, "smpp_mc_messages "), 1);
	carrier_accepts(&carrier, SMPP_BIND_TRANSCEIVER);
	bed_pass(&bed, 100);
	pdu = carrier_gets("hello");
	take_as(&carrier, &pdu, SMPP_ROK, "c1");
	client_expect_nothing(&carrier);
	assert_int_equal(bed_counter(&bed, "smpp_mc_messages "), 0);
	bed_close(&bed);
}

static void
test_a_throttled_message_is_tried_again(void **state)
{
	struct smpp_pdu pdu = submit_of("100", "999", "hello");

	(void)state;
	open_with(CARRIER(""));
	client_bind(&alice, &bed, SMPP_BIND_TRANSCEIVER, "alice");
	client_submit(&alice, &pdu);
	pdu = carrier_gets("hello");
	take_as(&carrier, &pdu, SMPP_RTHROTTLED, "");
	client_expect_nothing(&carrier);
	bed_pass(&bed, 1100);
	pdu = carrier_gets("hello");
	take_as(&carrier, &pdu, SMPP_ROK, "c1");
	assert_int_equal(
		bed_counter(&bed, "smpp_mc_upstream_throttled_total{upstream=\"carrier\"} "), 1);
	bed_close(&bed);
}

static void
test_a_refused_message_is_undeliverable(void **state)
{
	struct smpp_pdu pdu = submit_of("100", "999", "hello");
	struct message_id id;

	(void)state;
	open_with(CARRIER(""));
	client_bind(&alice, &bed, SMPP_BIND_TRANSCEIVER, "alice");
	pdu.submit_sm.registered_delivery = SMPP_RECEIPT_ALWAYS;
	id = client_submit(&alice, &pdu);
	pdu = carrier_gets("hello");
	assert_int_equal(pdu.submit_sm.registered_delivery, SMPP_RECEIPT_ALWAYS);
	take_as(&carrier, &pdu, SMPP_RINVDSTADR, "");
	client_gets_receipt(&alice, id, "UNDELIV");
	bed_close(&bed);
}

static void
test_messages_wait_while_the_upstream_is_away(void **state)
{
	struct smpp_pdu pdu = submit_of("100", "999", "hello");
	struct message_id id;

	(void)state;
	bed_open(&bed, CARRIER(""));
	client_bind(&alice, &bed, SMPP_BIND_TRANSCEIVER, "alice");
	id = client_submit(&alice, &pdu);
	bed_pass(&bed, 5000);
	assert_int_equal(client_query(&alice, id, "100"), SMPP_STATE_ENROUTE);
	sim_listen(bed.sim, PORT);
	bed_pass(&bed, 200);
	carrier_accepts(&carrier, SMPP_BIND_TRANSCEIVER);
	carrier_gets("hello");
	bed_close(&bed);
}

static void
test_the_rate_holds_over_all_binds(void **state)
{
	struct smpp_pdu pdu = submit_of("100", "999", "hello");
	unsigned count = 0;

	(void)state;
	open_with(CARRIER("throughput = 10 window = 100"));
	client_bind(&alice, &bed, SMPP_BIND_TRANSCEIVER, "alice");
	for (int i = 0; i < 50; i++)
		client_submit(&alice, &pdu);
	bed_pass(&bed, 2000);
	while (client_take(&carrier, &pdu))
		count++;
	assert_in_range(count, 18, 24);
	bed_close(&bed);
}

static void
test_an_end_unbinds_politely(void **state)
{
	struct smpp_pdu unbind;

	(void)state;
	open_with(CARRIER(""));
	sb_node_stop(bed.node);
	bed_pass(&bed, 10);
	unbind = client_expect(&carrier, SMPP_UNBIND);
	client_respond(&carrier, &unbind, SMPP_ROK);
	bed_close(&bed);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_we_bind_with_what_the_configuration_says),
		cmocka_unit_test(test_a_message_goes_on_as_it_was_submitted),
		cmocka_unit_test(test_without_a_receipt_taken_is_delivered),
		cmocka_unit_test(test_what_a_lost_connection_had_is_sent_again),
		cmocka_unit_test(test_a_throttled_message_is_tried_again),
		cmocka_unit_test(test_a_refused_message_is_undeliverable),
		cmocka_unit_test(test_messages_wait_while_the_upstream_is_away),
		cmocka_unit_test(test_the_rate_holds_over_all_binds),
		cmocka_unit_test(test_an_end_unbinds_politely),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
