/* Who may bind, who may send what, and how much. */
#include "tests/daemons/smpp-mc/bed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct bed bed;
static struct client alice, bob, carol, other;

#define LISTENER "listener \"smpp\" { address = \"127.0.0.1:2775\" }\n"
#define HANDSET  "route \"default\" { sink = \"handset\" } sink \"handset\" { }\n"

static uint32_t
submit_status(struct client *client, const char *source, const char *destination)
{
	struct smpp_pdu pdu = submit_of(source, destination, "x");

	return client_ask(client, &pdu).header.status;
}

static void
test_binds_are_refused_with_the_reason(void **state)
{
	(void)state;
	bed_open(&bed, NULL);
	assert_int_equal(
		client_try(&other, &bed, SMPP_BIND_RECEIVER, "nobody", "x"), SMPP_RINVSYSID);
	assert_int_equal(
		client_try(&other, &bed, SMPP_BIND_RECEIVER, "alice", "secret"), SMPP_RINVPASWD);
	other.peer = NULL;
	assert_int_equal(
		client_try(&other, &bed, SMPP_BIND_RECEIVER, "carol", "x"), SMPP_RBINDFAIL);
	assert_int_equal(client_try(&other, &bed, SMPP_BIND_TRANSMITTER, "carol", "x"), SMPP_ROK);
	assert_int_equal(
		client_try(&other, &bed, SMPP_BIND_TRANSMITTER, "carol", "x"), SMPP_RALYBND);
	bed_close(&bed);
}

static void
test_an_account_has_so_many_binds(void **state)
{
	(void)state;
	bed_open(&bed,
		LISTENER HANDSET "account \"alice\" { password = \"secret1\" max_binds = 2 }\n");
	client_bind(&alice, &bed, SMPP_BIND_TRANSMITTER, "alice");
	client_bind(&bob, &bed, SMPP_BIND_TRANSCEIVER, "alice");
	other.peer = NULL;
	assert_int_equal(
		client_try(&other, &bed, SMPP_BIND_RECEIVER, "alice", "secret1"), SMPP_RBINDFAIL);
	sim_reset(bob.peer);
	bed_settle(&bed);
	client_bind(&bob, &bed, SMPP_BIND_TRANSCEIVER, "alice");
	client_unbind(&bob);
	client_bind(&bob, &bed, SMPP_BIND_TRANSCEIVER, "alice");
	bed_close(&bed);
}

static void
test_who_has_unbound_is_counted_no_longer(void **state)
{
	struct smpp_pdu unbind = {.header.command = SMPP_UNBIND};

	(void)state;
	bed_open(&bed,
		LISTENER HANDSET "account \"alice\" { password = \"secret1\" max_binds = 1 }\n");
	client_bind(&alice, &bed, SMPP_BIND_TRANSCEIVER, "alice");
	assert_int_equal(client_ask(&alice, &unbind).header.status, SMPP_ROK);
	/* Her first connection is still there: she has not closed it. */
	client_bind(&other, &bed, SMPP_BIND_TRANSCEIVER, "alice");
	bed_close(&bed);
}

static void
test_an_account_binds_from_its_networks_only(void **state)
{
	(void)state;
	bed_open(&bed, LISTENER HANDSET
		"account \"alice\" { password = \"secret1\" networks = {\"192.0.2.0/24\"} }\n"
		"account \"bob\" { password = \"secret2\" networks = {\"0.0.0.0/0\"} }\n");
	other.peer = NULL;
	assert_int_equal(
		client_try(&other, &bed, SMPP_BIND_RECEIVER, "alice", "secret1"), SMPP_RBINDFAIL);
	client_bind(&bob, &bed, SMPP_BIND_RECEIVER, "bob");
	bed_close(&bed);
}

static void
test_failed_binds_from_one_source_are_answered_later_and_later(void **state)
{
	struct smpp_pdu pdu = {.header.command = SMPP_BIND_RECEIVER};

	(void)state;
	bed_open(&bed, BED_BASE BED_SINK "bind { free_failures = 2 delay = 1s delay_max = 3s }\n"
					 "smpp { bind_attempts = 100 init_timeout = 60s }\n");
	other.peer = NULL;
	for (int i = 0; i < 2; i++)
		assert_int_equal(client_try(&other, &bed, SMPP_BIND_RECEIVER, "alice", "guess"),
			SMPP_RINVPASWD);
	pdu.bind.system_id = sb_bytes_text("alice");
	pdu.bind.password = sb_bytes_text("guess");
	for (unsigned wait = 1; wait <= 4; wait++) {
		unsigned delay = wait == 1 ? 1000 : wait == 2 ? 2000 : 3000;

		client_send(&other, &pdu);
		bed_pass(&bed, delay - 100);
		client_expect_nothing(&other);
		bed_pass(&bed, 200);
		assert_int_equal(client_expect(&other, SMPP_BIND_RECEIVER_RESP).header.status,
			SMPP_RINVPASWD);
	}
	/* Who knows the password need not wait for those who do not. */
	client_bind(&alice, &bed, SMPP_BIND_RECEIVER, "alice");
	bed_close(&bed);
}

static void
test_a_peer_that_leaves_while_its_refusal_waits_is_forgotten(void **state)
{
	struct smpp_pdu pdu = {.header.command = SMPP_BIND_RECEIVER};

	(void)state;
	bed_open(&bed, BED_BASE BED_SINK "bind { free_failures = 0 delay = 5s }\n");
	client_bind(&other, &bed, SMPP_BIND_RECEIVER, "alice");
	other.peer = sim_connect(bed.sim, 2775);
	pdu.bind.system_id = sb_bytes_text("alice");
	client_send(&other, &pdu);
	sim_reset(other.peer);
	bed_pass(&bed, 10000);
	bed_close(&bed);
}

static void
test_an_account_sends_so_much_a_second_over_all_its_binds(void **state)
{
	unsigned accepted = 0;

	(void)state;
	bed_open(&bed, LISTENER HANDSET
		"account \"alice\" { password = \"secret1\" throughput = 10 burst = 5 }\n");
	client_bind(&alice, &bed, SMPP_BIND_TRANSMITTER, "alice");
	client_bind(&other, &bed, SMPP_BIND_TRANSMITTER, "alice");
	for (int i = 0; i < 20; i++) {
		uint32_t status = submit_status(i & 1 ? &alice : &other, "1", "999");

		assert_true(status == SMPP_ROK || status == SMPP_RTHROTTLED);
		accepted += status == SMPP_ROK;
	}
	assert_int_equal(accepted, 5);
	bed_pass(&bed, 200);
	for (int i = 0; i < 20; i++)
		accepted += submit_status(&alice, "1", "999") == SMPP_ROK;
	assert_int_equal(accepted, 7);
	assert_int_equal(bed_counter(&bed, "smpp_mc_throttled_total{account=\"alice\"} "), 33);
	bed_close(&bed);
}

static void
test_all_accounts_together_send_so_much_a_second(void **state)
{
	unsigned accepted = 0;

	(void)state;
	bed_open(&bed,
		LISTENER HANDSET "delivery { throughput = 10 burst = 5 }\n"
				 "account \"alice\" { password = \"secret1\" throughput = 1 }\n"
				 "account \"bob\" { password = \"secret2\" }\n");
	client_bind(&alice, &bed, SMPP_BIND_TRANSMITTER, "alice");
	client_bind(&bob, &bed, SMPP_BIND_TRANSMITTER, "bob");
	/* What alice is refused for herself is left for bob. */
	for (int i = 0; i < 10; i++)
		accepted += submit_status(&alice, "1", "999") == SMPP_ROK;
	assert_int_equal(accepted, 1);
	for (int i = 0; i < 10; i++)
		accepted += submit_status(&bob, "1", "999") == SMPP_ROK;
	assert_int_equal(accepted, 5);
	bed_pass(&bed, 200);
	for (int i = 0; i < 10; i++)
		accepted += submit_status(&bob, "1", "999") == SMPP_ROK;
	assert_int_equal(accepted, 7);
	bed_close(&bed);
}

/* 256: it is not told. */
static uint32_t
congestion_of(struct client *client)
{
	struct smpp_pdu pdu = submit_of("1", "1555", "x");
	struct smpp_pdu response = client_ask(client, &pdu);
	uint32_t value = 256;

	assert_int_equal(response.header.status, SMPP_ROK);
	smpp_find_tlv_integer(response.tlvs, SMPP_TAG_CONGESTION_STATE, &value);
	return value;
}

static void
bind_with_50(struct client *client)
{
	struct smpp_pdu pdu = {.header.command = SMPP_BIND_TRANSMITTER};

	*client = (struct client){.bed = &bed, .peer = sim_connect(bed.sim, 2775)};
	pdu.bind.system_id = sb_bytes_text("carol");
	pdu.bind.password = sb_bytes_text("x");
	pdu.bind.interface_version = SMPP_VERSION_50;
	assert_int_equal(client_ask(client, &pdu).header.status, SMPP_ROK);
}

static void
test_clients_of_5_0_are_told_how_full_the_centre_is(void **state)
{
	static const char quiet[] = BED_BASE "smpp { congestion_state = false }\n";
	uint32_t last = 0;

	(void)state;
	/* Four partitions of 25 places, of which carol has 13. */
	bed_open(&bed, BED_BASE "delivery { queue_limit = 100 }\n");
	bind_with_50(&carol);
	for (int i = 0; i < 12; i++) {
		uint32_t now = congestion_of(&carol);

		assert_in_range(now, last, 100);
		last = now;
	}
	assert_in_range(last, 80, 95);
	client_bind(&bob, &bed, SMPP_BIND_TRANSMITTER, "bob");
	assert_int_equal(congestion_of(&bob), 256);
	bed_restart(&bed, quiet);
	bind_with_50(&carol);
	assert_int_equal(congestion_of(&carol), 256);
	bed_close(&bed);
}

static uint32_t
submit_to_ten(struct client *client)
{
	uint8_t room[256];
	struct sb_writer w = sb_writer_of(room, sizeof(room));
	struct smpp_destination destination = {
		.flag = SMPP_DESTINATION_ADDRESS, .address = sb_bytes_text("999")};
	struct smpp_pdu pdu = {.header.command = SMPP_SUBMIT_MULTI};

	for (int i = 0; i < 10; i++)
		assert_int_equal(smpp_put_destination(&w, &destination), 0);
	pdu.submit_multi.dest_address.octets = sb_bytes(room, sb_writer_size(&w));
	pdu.submit_multi.dest_address.count = 10;
	return client_ask(client, &pdu).header.status;
}

static void
test_a_multi_over_the_burst_is_served_after_a_pause(void **state)
{
	(void)state;
	bed_open(&bed, LISTENER HANDSET
		"account \"alice\" { password = \"secret1\" throughput = 10 burst = 5 }\n");
	client_bind(&alice, &bed, SMPP_BIND_TRANSMITTER, "alice");
	assert_int_equal(submit_status(&alice, "1", "999"), SMPP_ROK);
	assert_int_equal(submit_to_ten(&alice), SMPP_RTHROTTLED);
	bed_pass(&bed, 200);
	assert_int_equal(submit_to_ten(&alice), SMPP_ROK);
	bed_pass(&bed, 450);
	assert_int_equal(submit_status(&alice, "1", "999"), SMPP_RTHROTTLED);
	bed_pass(&bed, 200);
	assert_int_equal(submit_status(&alice, "1", "999"), SMPP_ROK);
	bed_close(&bed);
}

static unsigned
accepted_of_ten(struct client *client)
{
	unsigned accepted = 0;

	for (int i = 0; i < 10; i++) {
		uint32_t status = submit_status(client, "200", "1555");

		assert_true(status == SMPP_ROK || status == SMPP_RMSGQFUL);
		accepted += status == SMPP_ROK;
	}
	return accepted;
}

static void
test_a_full_queue_refuses(void **state)
{
	(void)state;
	bed_open(&bed, BED_BASE "delivery { queue_limit = 20 }\n");
	client_bind(&bob, &bed, SMPP_BIND_TRANSMITTER, "bob");
	client_bind(&carol, &bed, SMPP_BIND_TRANSMITTER, "carol");
	/* Four partitions of five places, of which one account takes half. */
	assert_int_equal(accepted_of_ten(&bob), 3);
	assert_int_equal(accepted_of_ten(&carol), 2);
	client_bind(&alice, &bed, SMPP_BIND_RECEIVER, "alice");
	for (int i = 0; i < 5; i++)
		client_gets(&alice, "x");
	assert_int_equal(submit_status(&bob, "200", "1555"), SMPP_ROK);
	bed_close(&bed);
}

/* What the store cannot take now is not refused: it is answered later, and the window says so. */
static void
test_a_store_that_is_full_is_waited_for(void **state)
{
	enum { MESSAGES = 40, SIZE = 10000 };
	static uint8_t tlv[4 + SIZE] = {0x04, 0x24, SIZE >> 8, SIZE & 0xff};
	static uint8_t burst[MESSAGES * (SIZE + 100)];
	struct sb_writer w = sb_writer_of(burst, sizeof(burst));
	struct smpp_pdu pdu = submit_of("100", "999", "");

	(void)state;
	bed_open_with(&bed,
		"listener \"smpp\" { address = \"127.0.0.1:2775\" read_budget = 1MiB }\n"
		"account \"alice\" { password = \"secret1\" }\n" HANDSET
		"node { receive_buffer = 1MiB }\n"
		"store { queue_limit = 64KiB }\n",
		1, &(struct sim_options){.is_calm = true, .socket_buffer = 1 << 20});
	client_bind(&alice, &bed, SMPP_BIND_TRANSMITTER, "alice");
	pdu.tlvs = sb_bytes(tlv, sizeof(tlv));
	for (uint32_t i = 0; i < MESSAGES; i++) {
		char destination[8];

		snprintf(destination, sizeof(destination), "9%u", i);
		pdu.submit_sm.destination_addr = sb_bytes_text(destination);
		pdu.header.sequence = 100 + i;
		assert_int_equal(smpp_encode(&pdu, &w), 0);
	}
	sim_send(alice.peer, burst, sb_writer_size(&w));
	bed_pass(&bed, 1000);
	for (int i = 0; i < MESSAGES; i++)
		assert_int_equal(
			client_expect(&alice, SMPP_SUBMIT_SM_RESP).header.status, SMPP_ROK);
	assert_true(bed_counter(&bed, "sb_store_refused_total ") > 0);
	assert_int_equal(
		bed_counter(&bed, "smpp_mc_delivered_total{account=\"alice\"} "), MESSAGES);
	bed_close(&bed);
}

/* The same, for who would rather be told. */
static void
test_a_store_that_is_full_throttles_if_that_is_wanted(void **state)
{
	enum { SIZE = 60000 };
	static const char config[] =
		LISTENER HANDSET "account \"alice\" { password = \"secret1\" }\n"
				 "store { queue_limit = 64KiB full = throttle }\n"
				 "delivery { partitions_per_shard = 1 }\n";
	static uint8_t tlv[4 + SIZE] = {0x04, 0x24, SIZE >> 8, SIZE & 0xff};
	struct smpp_pdu pdu = submit_of("100", "999", "");

	(void)state;
	bed_open(&bed, config);
	bed.store_delay_ns = UINT64_C(1000000000);
	bed_restart(&bed, config);
	bed_pass(&bed, 5000);
	client_bind(&alice, &bed, SMPP_BIND_TRANSMITTER, "alice");
	pdu.tlvs = sb_bytes(tlv, sizeof(tlv));
	/* Under way, waiting, and no more. */
	client_send(&alice, &pdu);
	client_send(&alice, &pdu);
	client_expect_nothing(&alice);
	assert_int_equal(client_ask(&alice, &pdu).header.status, SMPP_RTHROTTLED);
	bed_pass(&bed, 3000);
	for (int i = 0; i < 2; i++)
		assert_int_equal(
			client_expect(&alice, SMPP_SUBMIT_SM_RESP).header.status, SMPP_ROK);
	client_send(&alice, &pdu);
	bed_pass(&bed, 3000);
	assert_int_equal(client_expect(&alice, SMPP_SUBMIT_SM_RESP).header.status, SMPP_ROK);
	bed_close(&bed);
}

static void
test_an_account_sends_from_its_addresses_only(void **state)
{
	struct smpp_pdu pdu = submit_of("4915", "999", "x");

	(void)state;
	bed_open(&bed, LISTENER HANDSET
		"account \"alice\" { password = \"secret1\" address_range = \"^49(15|17)\"\n"
		"	source_ton = {0, 1} source_npi = {0} }\n");
	client_bind(&alice, &bed, SMPP_BIND_TRANSMITTER, "alice");
	assert_int_equal(submit_status(&alice, "4915123", "999"), SMPP_ROK);
	assert_int_equal(submit_status(&alice, "4916123", "999"), SMPP_RINVSRCADR);
	assert_int_equal(submit_status(&alice, "", "999"), SMPP_RINVSRCADR);
	pdu.submit_sm.source_addr_ton = 5;
	assert_int_equal(client_ask(&alice, &pdu).header.status, SMPP_RINVSRCTON);
	pdu.submit_sm.source_addr_ton = 1;
	pdu.submit_sm.source_addr_npi = 1;
	assert_int_equal(client_ask(&alice, &pdu).header.status, SMPP_RINVSRCNPI);
	bed_close(&bed);
}

static void
test_destinations_without_a_way_are_refused(void **state)
{
	(void)state;
	bed_open(&bed, BED_BASE "route \"66\" { refuse = \"ESME_RSERTYPDENIED\" }\n");
	client_bind(&alice, &bed, SMPP_BIND_TRANSMITTER, "alice");
	assert_int_equal(submit_status(&alice, "1", "999"), SMPP_RINVDSTADR);
	assert_int_equal(submit_status(&alice, "1", ""), SMPP_RINVDSTADR);
	assert_int_equal(submit_status(&alice, "1", "667"), SMPP_RSERTYPDENIED);
	bed_close(&bed);
}

static void
test_fields_of_no_meaning_are_refused(void **state)
{
	struct smpp_pdu pdu;

	(void)state;
	bed_open(&bed, NULL);
	client_bind(&alice, &bed, SMPP_BIND_TRANSMITTER, "alice");
#define REFUSED(field, value, expected)     \
	pdu = submit_of("100", "999", "x"); \
	pdu.submit_sm.field = (value);      \
	assert_int_equal(client_ask(&alice, &pdu).header.status, (expected))
	REFUSED(sm_default_msg_id, 7, SMPP_RINVDFTMSGID);
	REFUSED(esm_class, SMPP_ESM_RECEIPT, SMPP_RINVESMCLASS);
	REFUSED(esm_class, SMPP_ESM_UDHI, SMPP_RINVMSGLEN);
	REFUSED(priority_flag, 5, SMPP_RINVPRTFLG);
	REFUSED(registered_delivery, 0x20, SMPP_RINVREGDLVFLG);
	REFUSED(replace_if_present_flag, 2, SMPP_RINVREPFLAG);
#undef REFUSED
	{
		static const uint8_t tlv[] = {0x04, 0x24, 0, 1, 'y'};

		pdu = submit_of("100", "999", "x");
		pdu.tlvs = sb_bytes(tlv, sizeof(tlv));
		assert_int_equal(client_ask(&alice, &pdu).header.status, SMPP_RINVMSGLEN);
	}
	assert_int_equal(submit_status(&alice, "100", "999"), SMPP_ROK);
	bed_close(&bed);
}

static void
test_commands_that_are_not_served_are_nacked(void **state)
{
	struct smpp_pdu pdu = {.header.command = SMPP_QUERY_BROADCAST_SM};

	(void)state;
	bed_open(&bed, NULL);
	client_bind(&alice, &bed, SMPP_BIND_TRANSMITTER, "alice");
	pdu.query_sm.message_id = sb_bytes_text("1");
	client_send(&alice, &pdu);
	assert_int_equal(client_expect(&alice, SMPP_GENERIC_NACK).header.status, SMPP_RINVCMDID);
	bed_close(&bed);
}

static void
test_a_drain_answers_what_was_submitted(void **state)
{
	struct smpp_pdu pdu = submit_of("100", "999", "x");

	(void)state;
	bed_open(&bed, NULL);
	client_bind(&alice, &bed, SMPP_BIND_TRANSMITTER, "alice");
	client_submit(&alice, &pdu);
	sb_node_stop(bed.node);
	bed_pass(&bed, 100);
	client_expect(&alice, SMPP_UNBIND);
	bed_close(&bed);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_binds_are_refused_with_the_reason),
		cmocka_unit_test(test_an_account_has_so_many_binds),
		cmocka_unit_test(test_who_has_unbound_is_counted_no_longer),
		cmocka_unit_test(test_an_account_binds_from_its_networks_only),
		cmocka_unit_test(test_failed_binds_from_one_source_are_answered_later_and_later),
		cmocka_unit_test(test_a_peer_that_leaves_while_its_refusal_waits_is_forgotten),
		cmocka_unit_test(test_an_account_sends_so_much_a_second_over_all_its_binds),
		cmocka_unit_test(test_all_accounts_together_send_so_much_a_second),
		cmocka_unit_test(test_clients_of_5_0_are_told_how_full_the_centre_is),
		cmocka_unit_test(test_a_multi_over_the_burst_is_served_after_a_pause),
		cmocka_unit_test(test_a_full_queue_refuses),
		cmocka_unit_test(test_a_store_that_is_full_is_waited_for),
		cmocka_unit_test(test_a_store_that_is_full_throttles_if_that_is_wanted),
		cmocka_unit_test(test_an_account_sends_from_its_addresses_only),
		cmocka_unit_test(test_destinations_without_a_way_are_refused),
		cmocka_unit_test(test_fields_of_no_meaning_are_refused),
		cmocka_unit_test(test_commands_that_are_not_served_are_nacked),
		cmocka_unit_test(test_a_drain_answers_what_was_submitted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
