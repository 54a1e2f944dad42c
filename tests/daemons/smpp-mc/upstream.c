/* Routes to another centre: the test is that centre. */
#include "core/error.h"
#include "tests/daemons/smpp-mc/bed.h"

#include "protocols/smpp/receipt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define PORT 3000

/* One bind, with or without more options. */
#define CARRIER(options)                                                                         \
	BED_BASE "route \"default\" { upstream = carrier }\n"                                    \
		 "upstream \"carrier\" { host = \"127.0.0.1\" port = 3000 binds = 1 "            \
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
	bed_open(&bed,
		CARRIER("system_type = VMS addr_ton = 1 addr_npi = 2 address_range = \"49\""));
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
	assert_true(
		sb_bytes_equal(pdu.submit_sm.validity_period, sb_bytes_text("000001000000000R")));
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
test_what_waits_for_the_rate_too_long_expires(void **state)
{
	struct smpp_pdu pdu = submit_of("100", "999", "hello");

	(void)state;
	open_with(CARRIER("throughput = 1 window = 100"));
	client_bind(&alice, &bed, SMPP_BIND_TRANSCEIVER, "alice");
	pdu.submit_sm.validity_period = sb_bytes_text("000000000010000R");
	pdu.submit_sm.registered_delivery = SMPP_RECEIPT_ON_FAILURE;
	for (int i = 0; i < 20; i++)
		client_submit(&alice, &pdu);
	bed_pass(&bed, 9000);
	client_expect_nothing(&alice);
	bed_pass(&bed, 9000);
	assert_in_range(bed_counter(&bed, "smpp_mc_expired_total{account=\"alice\"} "), 8, 10);
	bed_close(&bed);
}

static void
test_one_refusal_slows_its_bind(void **state)
{
	struct smpp_pdu pdu = submit_of("100", "999", "hello");

	(void)state;
	open_with(CARRIER("window = 100"));
	client_bind(&alice, &bed, SMPP_BIND_TRANSCEIVER, "alice");
	client_submit(&alice, &pdu);
	pdu = carrier_gets("hello");
	take_as(&carrier, &pdu, SMPP_RTHROTTLED, "");
	pdu = submit_of("100", "998", "other");
	client_submit(&alice, &pdu);
	bed_pass(&bed, 50);
	client_expect_nothing(&carrier);
	bed_pass(&bed, 100);
	carrier_gets("other");
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

/* ---- receipts ---- */

static struct smpp_pdu
receipt_of(const char *id, const char *source, const char *destination, const char *stat)
{
	static char text[200];
	struct smpp_pdu pdu = {.header.command = SMPP_DELIVER_SM};

	snprintf(text, sizeof(text),
		"id:%s sub:001 dlvrd:001 submit date:2511270000 done date:2511270000 stat:%s "
		"err:042 text:hello",
		id, stat);
	pdu.deliver_sm.source_addr = sb_bytes_text(source);
	pdu.deliver_sm.destination_addr = sb_bytes_text(destination);
	pdu.deliver_sm.esm_class = SMPP_ESM_RECEIPT;
	pdu.deliver_sm.short_message = sb_bytes_text(text);
	return pdu;
}

/* Of a message from 100 to 999; the status of its answer. */
static uint32_t
carrier_says(const char *id, const char *stat)
{
	struct smpp_pdu pdu = receipt_of(id, "999", "100", stat);

	return client_ask(&carrier, &pdu).header.status;
}

/* Alice's message to 999 is at the carrier. */
static struct message_id
alice_sends(uint8_t registered, struct smpp_pdu *submit)
{
	struct smpp_pdu pdu = submit_of("100", "999", "hello");
	struct message_id id;

	pdu.submit_sm.registered_delivery = registered;
	id = client_submit(&alice, &pdu);
	*submit = carrier_gets("hello");
	return id;
}

static struct message_id
alice_has_sent(uint8_t registered, const char *carrier_id)
{
	struct smpp_pdu submit;
	struct message_id id = alice_sends(registered, &submit);

	take_as(&carrier, &submit, SMPP_ROK, carrier_id);
	return id;
}

static void
open_bound(const char *config)
{
	open_with(config);
	client_bind(&alice, &bed, SMPP_BIND_TRANSCEIVER, "alice");
}

static void
test_a_receipt_is_told_with_our_id(void **state)
{
	struct smpp_receipt receipt;
	struct message_id id;
	struct smpp_pdu pdu;

	(void)state;
	open_bound(CARRIER(""));
	id = alice_has_sent(SMPP_RECEIPT_ALWAYS, "c1");
	client_expect_nothing(&alice);
	assert_int_equal(client_query(&alice, id, "100"), SMPP_STATE_ENROUTE);
	assert_int_equal(client_cancel(&alice, id, "100"), SMPP_RCANCELFAIL);
	assert_int_equal(carrier_says("c1", "UNDELIV"), SMPP_ROK);
	pdu = client_expect(&alice, SMPP_DELIVER_SM);
	client_respond(&alice, &pdu, SMPP_ROK);
	assert_int_equal(smpp_receipt_read(&pdu, &receipt), 0);
	assert_true(sb_bytes_equal(receipt.message_id, sb_bytes_text(id.text)));
	assert_int_equal(receipt.state, SMPP_STATE_UNDELIVERABLE);
	assert_true(sb_bytes_equal(receipt.error, sb_bytes_text("042")));
	assert_int_equal(client_query(&alice, id, "100"), SMPP_STATE_UNDELIVERABLE);
	assert_int_equal(bed_counter(&bed, "smpp_mc_messages "), 0);
	bed_close(&bed);
}

static void
test_a_receipt_is_told_as_it_was_wanted(void **state)
{
	struct message_id id;

	(void)state;
	open_bound(CARRIER("receipts = always"));
	id = alice_has_sent(SMPP_RECEIPT_NONE, "c1");
	assert_int_equal(client_query(&alice, id, "100"), SMPP_STATE_ENROUTE);
	assert_int_equal(carrier_says("c1", "DELIVRD"), SMPP_ROK);
	assert_int_equal(client_query(&alice, id, "100"), SMPP_STATE_DELIVERED);
	alice_has_sent(SMPP_RECEIPT_ON_FAILURE, "c2");
	assert_int_equal(carrier_says("c2", "DELIVRD"), SMPP_ROK);
	client_expect_nothing(&alice);
	bed_close(&bed);
}

static void
test_what_is_on_its_way_is_no_end(void **state)
{
	struct message_id id;

	(void)state;
	open_bound(CARRIER(""));
	id = alice_has_sent(SMPP_RECEIPT_ALWAYS, "c1");
	assert_int_equal(carrier_says("c1", "ENROUTE"), SMPP_ROK);
	assert_int_equal(carrier_says("c1", "ACCEPTD"), SMPP_ROK);
	assert_int_equal(carrier_says("c1", "BUFFERD"), SMPP_ROK);
	assert_int_equal(client_query(&alice, id, "100"), SMPP_STATE_ENROUTE);
	assert_int_equal(carrier_says("c1", "DELIVRD"), SMPP_ROK);
	client_gets_receipt(&alice, id, "DELIVRD");
	bed_close(&bed);
}

static void
test_a_receipt_that_comes_again_changes_nothing(void **state)
{
	struct message_id id;

	(void)state;
	open_bound(CARRIER(""));
	id = alice_has_sent(SMPP_RECEIPT_ALWAYS, "c1");
	assert_int_equal(carrier_says("c1", "DELIVRD"), SMPP_ROK);
	client_gets_receipt(&alice, id, "DELIVRD");
	assert_int_equal(carrier_says("c1", "UNDELIV"), SMPP_ROK);
	client_expect_nothing(&alice);
	assert_int_equal(client_query(&alice, id, "100"), SMPP_STATE_DELIVERED);
	assert_int_equal(
		bed_counter(&bed, "smpp_mc_upstream_unmatched_total{upstream=\"carrier\"} "), 1);
	bed_close(&bed);
}

/* Nobody knows its message any more, but that has not been written. */
static void
test_a_receipt_is_not_taken_for_good_while_its_effect_cannot_be_stored(void **state)
{
	struct message_id id;

	(void)state;
	open_bound(CARRIER(""));
	id = alice_has_sent(SMPP_RECEIPT_ALWAYS, "c1");
	sb_store_memory_fail(bed.memory, SB_ENOSPC);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(carrier_says("c1", "DELIVRD"), SMPP_RX_T_APPN);
		bed_pass(&bed, 1500);
	}
	sb_store_memory_fail(bed.memory, 0);
	bed_pass(&bed, 2000);
	assert_int_equal(carrier_says("c1", "DELIVRD"), SMPP_ROK);
	client_gets_receipt(&alice, id, "DELIVRD");
	bed_close(&bed);
}

static void
test_a_receipt_may_come_before_the_response(void **state)
{
	struct smpp_pdu submit, receipt = receipt_of("c1", "999", "100", "DELIVRD");
	struct message_id id;

	(void)state;
	open_bound(CARRIER(""));
	id = alice_sends(SMPP_RECEIPT_ALWAYS, &submit);
	client_send(&carrier, &receipt);
	bed_pass(&bed, 250);
	client_expect_nothing(&carrier);
	take_as(&carrier, &submit, SMPP_ROK, "c1");
	bed_pass(&bed, 150);
	client_gets_receipt(&alice, id, "DELIVRD");
	client_expect(&carrier, SMPP_DELIVER_SM_RESP);
	bed_close(&bed);
}

static void
test_a_receipt_that_nobody_knows_is_held_for_a_moment_only(void **state)
{
	struct smpp_pdu submit, receipt = receipt_of("other", "999", "100", "DELIVRD");

	(void)state;
	open_bound(CARRIER(""));
	alice_sends(SMPP_RECEIPT_ALWAYS, &submit);
	client_send(&carrier, &receipt);
	bed_pass(&bed, 4000);
	client_expect_nothing(&carrier);
	bed_pass(&bed, 2000);
	assert_int_equal(client_expect(&carrier, SMPP_DELIVER_SM_RESP).header.status, SMPP_ROK);
	bed_close(&bed);
}

static void
test_a_receipt_is_found_whatever_addresses_it_has(void **state)
{
	struct smpp_pdu receipt = receipt_of("c1", "0049999", "short", "DELIVRD");
	struct message_id id;

	(void)state;
	open_bound(CARRIER(""));
	id = alice_has_sent(SMPP_RECEIPT_ALWAYS, "c1");
	assert_int_equal(client_ask(&carrier, &receipt).header.status, SMPP_ROK);
	client_gets_receipt(&alice, id, "DELIVRD");
	bed_close(&bed);
}

static void
test_ids_may_be_spelled_otherwise(void **state)
{
	struct message_id id;

	(void)state;
	open_bound(CARRIER("message_ids = hex-decimal"));
	id = alice_has_sent(SMPP_RECEIPT_ALWAYS, "0001E240");
	assert_int_equal(carrier_says("123456", "DELIVRD"), SMPP_ROK);
	client_gets_receipt(&alice, id, "DELIVRD");
	bed_close(&bed);
}

/* Both are alive all the time. */
static void
pass_quietly(uint64_t ms)
{
	for (uint64_t i = 0; i < ms; i += 10000) {
		bed_pass(&bed, 10000);
		client_expect_nothing(&alice);
		client_expect_nothing(&carrier);
	}
}

static void
test_without_a_receipt_the_end_is_unknown(void **state)
{
	struct smpp_pdu pdu = submit_of("100", "999", "hello");
	struct message_id id;

	(void)state;
	open_bound(CARRIER("receipt_timeout = 10s"));
	pdu.submit_sm.registered_delivery = SMPP_RECEIPT_ALWAYS;
	pdu.submit_sm.validity_period = sb_bytes_text("000000000100000R");
	id = client_submit(&alice, &pdu);
	pdu = carrier_gets("hello");
	take_as(&carrier, &pdu, SMPP_ROK, "c1");
	pass_quietly(60000);
	assert_int_equal(client_query(&alice, id, "100"), SMPP_STATE_ENROUTE);
	bed_pass(&bed, 11000);
	client_gets_receipt(&alice, id, "UNKNOWN");
	assert_int_equal(client_query(&alice, id, "100"), SMPP_STATE_UNKNOWN);
	bed_close(&bed);
}

static void
test_a_text_that_is_in_the_store_alone_is_read_for_the_receipt(void **state)
{
	struct message_id id;

	(void)state;
	open_bound("delivery { cache_limit = 0 }\n" CARRIER(""));
	id = alice_has_sent(SMPP_RECEIPT_ALWAYS, "c1");
	assert_int_equal(carrier_says("c1", "DELIVRD"), SMPP_ROK);
	client_gets_receipt(&alice, id, "DELIVRD");
	bed_close(&bed);
}

static void
test_a_response_without_an_id_is_an_end(void **state)
{
	struct message_id id;

	(void)state;
	open_bound(CARRIER(""));
	id = alice_has_sent(SMPP_RECEIPT_ALWAYS, "");
	client_gets_receipt(&alice, id, "DELIVRD");
	bed_close(&bed);
}

static void
test_forward_mode_is_answered_when_the_upstream_has_it(void **state)
{
	struct smpp_pdu pdu = submit_of("100", "999", "hello");
	struct smpp_pdu submit;

	(void)state;
	open_bound(CARRIER(""));
	pdu.submit_sm.esm_class = SMPP_ESM_FORWARD;
	pdu.submit_sm.registered_delivery = SMPP_RECEIPT_ALWAYS;
	client_send(&alice, &pdu);
	client_expect_nothing(&alice);
	submit = carrier_gets("hello");
	take_as(&carrier, &submit, SMPP_ROK, "c1");
	assert_int_equal(client_expect(&alice, SMPP_SUBMIT_SM_RESP).header.status, SMPP_ROK);
	assert_int_equal(carrier_says("c1", "DELIVRD"), SMPP_ROK);
	client_expect(&alice, SMPP_DELIVER_SM);
	bed_close(&bed);
}

/* ---- across a restart ---- */

static void
restart_with(const char *config)
{
	bed_restart(&bed, config);
	bed_pass(&bed, 200);
	carrier_accepts(&carrier, SMPP_BIND_TRANSCEIVER);
	client_bind(&alice, &bed, SMPP_BIND_TRANSCEIVER, "alice");
	bed_pass(&bed, 10);
}

static void
test_a_restart_remembers_what_the_upstream_has(void **state)
{
	struct message_id id;

	(void)state;
	open_bound(CARRIER(""));
	id = alice_has_sent(SMPP_RECEIPT_ALWAYS, "c1");
	bed_settle(&bed);
	restart_with(CARRIER(""));
	client_expect_nothing(&carrier);
	assert_int_equal(client_query(&alice, id, "100"), SMPP_STATE_ENROUTE);
	assert_int_equal(carrier_says("c1", "DELIVRD"), SMPP_ROK);
	client_gets_receipt(&alice, id, "DELIVRD");
	assert_int_equal(client_query(&alice, id, "100"), SMPP_STATE_DELIVERED);
	/* And nothing is left that a second one would find. */
	restart_with(CARRIER(""));
	client_expect_nothing(&carrier);
	assert_int_equal(bed_counter(&bed, "smpp_mc_messages "), 0);
	bed_close(&bed);
}

static void
test_what_was_not_answered_is_sent_again_after_a_restart(void **state)
{
	struct smpp_pdu submit;
	struct message_id id;

	(void)state;
	open_bound(CARRIER(""));
	id = alice_sends(SMPP_RECEIPT_ALWAYS, &submit);
	restart_with(CARRIER(""));
	submit = carrier_gets("hello");
	take_as(&carrier, &submit, SMPP_ROK, "c2");
	assert_int_equal(carrier_says("c2", "DELIVRD"), SMPP_ROK);
	client_gets_receipt(&alice, id, "DELIVRD");
	bed_close(&bed);
}

static void
test_a_wait_ends_though_its_upstream_is_gone(void **state)
{
	struct message_id id;

	(void)state;
	open_bound(CARRIER("receipt_timeout = 1s"));
	id = alice_has_sent(SMPP_RECEIPT_ALWAYS, "c1");
	bed_settle(&bed);
	bed_restart(&bed, NULL);
	client_bind(&alice, &bed, SMPP_BIND_TRANSCEIVER, "alice");
	bed_pass(&bed, 10000);
	assert_int_equal(client_query(&alice, id, "100"), SMPP_STATE_ENROUTE);
	bed_pass(&bed, 86400000);
	bed_settle(&bed);
	client_bind(&alice, &bed, SMPP_BIND_TRANSCEIVER, "alice");
	bed_settle(&bed);
	client_gets_receipt(&alice, id, "UNKNOWN");
	bed_close(&bed);
}

/* ---- messages of the upstream ---- */

static void
test_a_message_of_the_upstream_goes_to_its_route(void **state)
{
	static const uint8_t tlvs[] = {0x14, 0x01, 0, 2, 'x', 'y'};
	struct smpp_pdu pdu = submit_of("999", "1555", "from afar"), response;

	(void)state;
	open_bound(CARRIER(""));
	pdu.header.command = SMPP_DELIVER_SM;
	pdu.deliver_sm.source_addr_ton = 1;
	pdu.deliver_sm.data_coding = 8;
	pdu.tlvs = sb_bytes(tlvs, sizeof(tlvs));
	response = client_ask(&carrier, &pdu);
	assert_int_equal(response.header.status, SMPP_ROK);
	assert_int_equal(response.deliver_sm_resp.message_id.size, 0);
	pdu = client_expect(&alice, SMPP_DELIVER_SM);
	client_respond(&alice, &pdu, SMPP_ROK);
	assert_true(sb_bytes_equal(pdu.deliver_sm.short_message, sb_bytes_text("from afar")));
	assert_int_equal(pdu.deliver_sm.source_addr_ton, 1);
	assert_int_equal(pdu.deliver_sm.data_coding, 8);
	assert_true(sb_bytes_equal(pdu.tlvs, sb_bytes(tlvs, sizeof(tlvs))));
	assert_int_equal(bed_counter(&bed, "smpp_mc_accepted_total{account=\"carrier\"} "), 1);
	bed_close(&bed);
}

static void
test_a_message_of_the_upstream_survives_a_restart(void **state)
{
	struct smpp_pdu pdu = submit_of("999", "2555", "from afar");

	(void)state;
	open_bound(CARRIER(""));
	pdu.header.command = SMPP_DELIVER_SM;
	assert_int_equal(client_ask(&carrier, &pdu).header.status, SMPP_ROK);
	restart_with(CARRIER(""));
	client_bind(&alice, &bed, SMPP_BIND_RECEIVER, "bob");
	bed_settle(&bed);
	client_gets(&alice, "from afar");
	bed_close(&bed);
}

static void
test_a_message_of_the_upstream_without_a_route_is_refused(void **state)
{
	struct smpp_pdu pdu = submit_of("999", "555", "from afar");

	(void)state;
	open_bound(BED_BASE "route \"3\" { upstream = carrier }\n"
			    "upstream \"carrier\" { host = \"127.0.0.1\" port = 3000 binds = 1 "
			    "password = pw backoff_min = 100ms backoff_max = 100ms }\n");
	pdu.header.command = SMPP_DELIVER_SM;
	assert_int_equal(client_ask(&carrier, &pdu).header.status, SMPP_RX_P_APPN);
	bed_close(&bed);
}

static void
test_a_message_of_one_upstream_may_go_to_another(void **state)
{
	struct smpp_pdu pdu = submit_of("999", "555", "from afar");

	(void)state;
	open_bound(CARRIER(""));
	pdu.header.command = SMPP_DELIVER_SM;
	client_send(&carrier, &pdu);
	client_expect(&carrier, SMPP_DELIVER_SM_RESP);
	carrier_gets("from afar");
	bed_close(&bed);
}

static void
test_a_data_sm_of_the_upstream_is_a_message(void **state)
{
	static const uint8_t tlvs[] = {0x04, 0x24, 0, 2, 'h', 'i'};
	struct smpp_pdu pdu = {.header.command = SMPP_DATA_SM};

	(void)state;
	open_bound(CARRIER(""));
	pdu.data_sm.source_addr = sb_bytes_text("999");
	pdu.data_sm.destination_addr = sb_bytes_text("1555");
	pdu.tlvs = sb_bytes(tlvs, sizeof(tlvs));
	assert_int_equal(client_ask(&carrier, &pdu).header.status, SMPP_ROK);
	pdu = client_expect(&alice, SMPP_DATA_SM);
	assert_true(sb_bytes_equal(pdu.tlvs, sb_bytes(tlvs, sizeof(tlvs))));
	bed_close(&bed);
}

/* ---- several ---- */

static void
test_a_route_takes_the_first_upstream_that_is_bound(void **state)
{
	struct smpp_pdu pdu = submit_of("100", "999", "hello");

	(void)state;
	open_bound(
		BED_BASE "route \"default\" { upstream = { first, carrier } }\n"
			 "upstream \"first\" { host = \"127.0.0.1\" port = 3001 password = pw }\n"
			 "upstream \"carrier\" { host = \"127.0.0.1\" port = 3000 binds = 1 "
			 "password = pw backoff_min = 100ms backoff_max = 100ms }\n");
	client_submit(&alice, &pdu);
	carrier_gets("hello");
	bed_close(&bed);
}

static void
test_a_pair_receives_on_one_bind_and_sends_on_the_other(void **state)
{
	static struct client receiver;
	struct smpp_pdu pdu = submit_of("100", "999", "hello"), bind;
	struct message_id id;

	(void)state;
	bed_open(&bed, CARRIER("bind_type = pair"));
	sim_listen(bed.sim, PORT);
	bed_pass(&bed, 200);
	carrier = receiver = (struct client){.bed = &bed};
	carrier.peer = sim_accept(bed.sim, PORT);
	receiver.peer = sim_accept(bed.sim, PORT);
	bed_settle(&bed);
	assert_true(client_take(&carrier, &bind));
	if (bind.header.command == SMPP_BIND_RECEIVER) {
		struct sim_peer *peer = carrier.peer;

		client_respond(&carrier, &bind, SMPP_ROK);
		carrier.peer = receiver.peer;
		receiver.peer = peer;
		bind = client_expect(&carrier, SMPP_BIND_TRANSMITTER);
		client_respond(&carrier, &bind, SMPP_ROK);
	} else {
		client_respond(&carrier, &bind, SMPP_ROK);
		bind = client_expect(&receiver, SMPP_BIND_RECEIVER);
		client_respond(&receiver, &bind, SMPP_ROK);
	}
	client_bind(&alice, &bed, SMPP_BIND_TRANSCEIVER, "alice");
	pdu.submit_sm.registered_delivery = SMPP_RECEIPT_ALWAYS;
	id = client_submit(&alice, &pdu);
	pdu = carrier_gets("hello");
	take_as(&carrier, &pdu, SMPP_ROK, "c1");
	pdu = receipt_of("c1", "999", "100", "DELIVRD");
	assert_int_equal(client_ask(&receiver, &pdu).header.status, SMPP_ROK);
	client_gets_receipt(&alice, id, "DELIVRD");
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
		cmocka_unit_test(test_what_waits_for_the_rate_too_long_expires),
		cmocka_unit_test(test_one_refusal_slows_its_bind),
		cmocka_unit_test(test_an_end_unbinds_politely),
		cmocka_unit_test(test_a_receipt_is_told_with_our_id),
		cmocka_unit_test(test_a_receipt_is_told_as_it_was_wanted),
		cmocka_unit_test(test_what_is_on_its_way_is_no_end),
		cmocka_unit_test(test_a_receipt_that_comes_again_changes_nothing),
		cmocka_unit_test(
			test_a_receipt_is_not_taken_for_good_while_its_effect_cannot_be_stored),
		cmocka_unit_test(test_a_receipt_may_come_before_the_response),
		cmocka_unit_test(test_a_receipt_that_nobody_knows_is_held_for_a_moment_only),
		cmocka_unit_test(test_a_receipt_is_found_whatever_addresses_it_has),
		cmocka_unit_test(test_ids_may_be_spelled_otherwise),
		cmocka_unit_test(test_without_a_receipt_the_end_is_unknown),
		cmocka_unit_test(test_a_text_that_is_in_the_store_alone_is_read_for_the_receipt),
		cmocka_unit_test(test_a_response_without_an_id_is_an_end),
		cmocka_unit_test(test_forward_mode_is_answered_when_the_upstream_has_it),
		cmocka_unit_test(test_a_restart_remembers_what_the_upstream_has),
		cmocka_unit_test(test_what_was_not_answered_is_sent_again_after_a_restart),
		cmocka_unit_test(test_a_wait_ends_though_its_upstream_is_gone),
		cmocka_unit_test(test_a_message_of_the_upstream_goes_to_its_route),
		cmocka_unit_test(test_a_message_of_the_upstream_survives_a_restart),
		cmocka_unit_test(test_a_message_of_the_upstream_without_a_route_is_refused),
		cmocka_unit_test(test_a_message_of_one_upstream_may_go_to_another),
		cmocka_unit_test(test_a_data_sm_of_the_upstream_is_a_message),
		cmocka_unit_test(test_a_route_takes_the_first_upstream_that_is_bound),
		cmocka_unit_test(test_a_pair_receives_on_one_bind_and_sends_on_the_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
