/* Questions about messages, and orders to change them: query, cancel, replace, and many at once. */
#include "tests/daemons/smpp-mc/bed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct bed bed;
static struct client alice, bob;

static void
open_bob(const char *config)
{
	bed_open(&bed, config);
	client_bind(&bob, &bed, SMPP_BIND_TRANSCEIVER, "bob");
}

static struct message_id
submit(const char *destination, const char *text, uint8_t registered)
{
	struct smpp_pdu pdu = submit_of("200", destination, text);

	pdu.submit_sm.registered_delivery = registered;
	return client_submit(&bob, &pdu);
}

static void
test_ids_are_known_in_any_spelling(void **state)
{
	struct message_id id, spelt;
	size_t zeros;

	(void)state;
	open_bob(NULL);
	id = submit("1555", "x", 0);
	assert_int_equal(client_query(&bob, id, "200"), SMPP_STATE_ENROUTE);
	for (size_t i = 0; i < MC_ID_DIGITS; i++)
		spelt.text[i] = (char)(id.text[i] >= 'a' ? id.text[i] - 32 : id.text[i]);
	spelt.text[MC_ID_DIGITS] = '\0';
	assert_int_equal(client_query(&bob, spelt, "200"), SMPP_STATE_ENROUTE);
	zeros = strspn(id.text, "0");
	memmove(spelt.text, id.text + zeros, MC_ID_TEXT - zeros);
	assert_int_equal(client_query(&bob, spelt, "200"), SMPP_STATE_ENROUTE);
	bed_close(&bed);
}

static void
test_messages_are_known_to_their_sender_alone(void **state)
{
	struct message_id id, unknown = {"00000000000000ff"}, rubbish = {"no id"};

	(void)state;
	open_bob(NULL);
	client_bind(&alice, &bed, SMPP_BIND_TRANSCEIVER, "alice");
	id = submit("1999", "x", 0);
	client_gets(&alice, "x");
	assert_int_equal(client_query(&bob, id, "200"), SMPP_STATE_DELIVERED);
	assert_int_equal(client_query(&bob, id, ""), SMPP_STATE_DELIVERED);
	assert_int_equal(client_query(&bob, id, "201"), 256 + SMPP_RINVMSGID);
	assert_int_equal(client_query(&alice, id, "200"), 256 + SMPP_RINVMSGID);
	assert_int_equal(client_query(&bob, unknown, "200"), 256 + SMPP_RINVMSGID);
	assert_int_equal(client_query(&bob, rubbish, "200"), 256 + SMPP_RINVMSGID);
	bed_close(&bed);
}

static void
test_final_states_are_forgotten_after_a_while(void **state)
{
	struct message_id id;

	(void)state;
	open_bob(BED_BASE BED_SINK "delivery { final_keep = 10s }\n");
	id = submit("999", "x", 0);
	bed_pass(&bed, 9000);
	assert_int_equal(client_query(&bob, id, "200"), SMPP_STATE_DELIVERED);
	bed_pass(&bed, 3000);
	assert_int_equal(client_query(&bob, id, "200"), 256 + SMPP_RINVMSGID);
	bed_close(&bed);
}

static void
test_a_cancelled_message_is_not_delivered(void **state)
{
	struct message_id id;

	(void)state;
	open_bob(NULL);
	id = submit("1555", "x", SMPP_RECEIPT_ALWAYS);
	assert_int_equal(client_cancel(&bob, id, "201"), SMPP_RINVMSGID);
	{
		struct smpp_pdu pdu = {.header.command = SMPP_CANCEL_SM};
		struct smpp_pdu receipt, response;
		uint32_t sequence;

		pdu.cancel_sm.message_id = sb_bytes_text(id.text);
		pdu.cancel_sm.source_addr = sb_bytes_text("200");
		sequence = client_send(&bob, &pdu);
		assert_true(client_take(&bob, &response));
		assert_int_equal(response.header.command, SMPP_CANCEL_SM_RESP);
		assert_int_equal(response.header.sequence, sequence);
		assert_int_equal(response.header.status, SMPP_ROK);
		(void)receipt;
	}
	client_gets_receipt(&bob, id, "DELETED");
	client_bind(&alice, &bed, SMPP_BIND_RECEIVER, "alice");
	client_expect_nothing(&alice);
	assert_int_equal(client_query(&bob, id, "200"), SMPP_STATE_DELETED);
	assert_int_equal(client_cancel(&bob, id, "200"), SMPP_RCANCELFAIL);
	bed_close(&bed);
}

static void
test_a_message_in_the_receivers_hands_cannot_be_cancelled(void **state)
{
	struct smpp_pdu pdu;
	struct message_id id;

	(void)state;
	open_bob(NULL);
	client_bind(&alice, &bed, SMPP_BIND_RECEIVER, "alice");
	id = submit("1555", "x", 0);
	pdu = client_expect(&alice, SMPP_DELIVER_SM);
	assert_int_equal(client_cancel(&bob, id, "200"), SMPP_RCANCELFAIL);
	client_respond(&alice, &pdu, SMPP_ROK);
	assert_int_equal(client_query(&bob, id, "200"), SMPP_STATE_DELIVERED);
	bed_close(&bed);
}

static uint32_t
cancel_pair(const char *source, const char *destination, const char *service_type)
{
	struct smpp_pdu pdu = {.header.command = SMPP_CANCEL_SM};

	pdu.cancel_sm.service_type = sb_bytes_text(service_type);
	pdu.cancel_sm.source_addr = sb_bytes_text(source);
	pdu.cancel_sm.destination_addr = sb_bytes_text(destination);
	return client_ask(&bob, &pdu).header.status;
}

static void
test_all_between_two_addresses_are_cancelled_at_once(void **state)
{
	struct smpp_pdu wap = submit_of("200", "1555", "wap");

	(void)state;
	open_bob(NULL);
	submit("1555", "a", 0);
	submit("1555", "b", 0);
	submit("1556", "c", 0);
	wap.submit_sm.service_type = sb_bytes_text("WAP");
	client_submit(&bob, &wap);
	assert_int_equal(cancel_pair("201", "1555", ""), SMPP_RCANCELFAIL);
	assert_int_equal(cancel_pair("200", "1555", "WAP"), SMPP_ROK);
	assert_int_equal(cancel_pair("200", "1555", "WAP"), SMPP_RCANCELFAIL);
	assert_int_equal(cancel_pair("200", "1555", ""), SMPP_ROK);
	client_bind(&alice, &bed, SMPP_BIND_RECEIVER, "alice");
	client_gets(&alice, "c");
	client_expect_nothing(&alice);
	bed_close(&bed);
}

static void
test_what_others_have_between_two_addresses_hides_nothing(void **state)
{
	struct client carol;
	struct smpp_pdu pdu = submit_of("200", "1555", "carol's");

	(void)state;
	open_bob(BED_BASE);
	client_bind(&carol, &bed, SMPP_BIND_TRANSMITTER, "carol");
	submit("1555", "bob's", 0);
	for (int i = 0; i < 1100; i++)
		client_submit(&carol, &pdu);
	assert_int_equal(cancel_pair("200", "1555", ""), SMPP_ROK);
	assert_int_equal(cancel_pair("200", "1555", ""), SMPP_RCANCELFAIL);
	bed_close(&bed);
}

/* Orders are not allowed to walk through all that their sender has piled up. */
static void
test_a_service_type_is_looked_for_among_the_newest(void **state)
{
	struct smpp_pdu pdu = submit_of("200", "1555", "x");

	(void)state;
	open_bob(BED_BASE);
	pdu.submit_sm.service_type = sb_bytes_text("WAP");
	client_submit(&bob, &pdu);
	for (int i = 0; i < 1100; i++)
		submit("1555", "x", 0);
	assert_int_equal(cancel_pair("200", "1555", "WAP"), SMPP_RCANCELFAIL);
	client_submit(&bob, &pdu);
	assert_int_equal(cancel_pair("200", "1555", "WAP"), SMPP_ROK);
	assert_int_equal(cancel_pair("200", "1555", ""), SMPP_ROK); /* all the others */
	assert_int_equal(cancel_pair("200", "1555", ""), SMPP_RCANCELFAIL);
	bed_close(&bed);
}

static void
test_a_message_at_the_sink_can_be_cancelled(void **state)
{
	struct message_id hand, kept;

	(void)state;
	open_bob(BED_BASE "route \"4\" { sink = \"silent\" }\n"
			  "route \"default\" { sink = \"slow\" }\n"
			  "sink \"slow\" { delay = 3s }\n"
			  "sink \"silent\" { expire_percent = 100 }\n");
	hand = submit("999", "x", 0);
	kept = submit("4999", "y", 0);
	assert_int_equal(client_cancel(&bob, hand, "200"), SMPP_ROK);
	assert_int_equal(client_cancel(&bob, kept, "200"), SMPP_ROK);
	bed_pass(&bed, 4000);
	assert_int_equal(client_query(&bob, hand, "200"), SMPP_STATE_DELETED);
	assert_int_equal(bed_counter(&bed, "smpp_mc_delivered_total{account=\"bob\"} "), 0);
	bed_close(&bed);
}

static uint32_t
replace(struct message_id id, const char *text, const char *validity, uint8_t registered)
{
	struct smpp_pdu pdu = {.header.command = SMPP_REPLACE_SM};

	pdu.replace_sm.message_id = sb_bytes_text(id.text);
	pdu.replace_sm.source_addr = sb_bytes_text("200");
	pdu.replace_sm.validity_period = sb_bytes_text(validity);
	pdu.replace_sm.registered_delivery = registered;
	pdu.replace_sm.short_message = sb_bytes_text(text);
	return client_ask(&bob, &pdu).header.status;
}

static void
test_a_replaced_text_is_delivered_in_place_of_the_first(void **state)
{
	struct message_id id;

	(void)state;
	open_bob(NULL);
	id = submit("1555", "first", 0);
	assert_int_equal(replace(id, "second, and longer", "", SMPP_RECEIPT_ALWAYS), SMPP_ROK);
	client_bind(&alice, &bed, SMPP_BIND_RECEIVER, "alice");
	client_gets(&alice, "second, and longer");
	client_expect_nothing(&alice);
	client_gets_receipt(&bob, id, "DELIVRD");
	assert_int_equal(replace(id, "third", "", 0), SMPP_RREPLACEFAIL);
	bed_close(&bed);
}

static void
test_a_replaced_validity_counts(void **state)
{
	struct message_id id;

	(void)state;
	open_bob(NULL);
	id = submit("1555", "first", 0);
	assert_int_equal(replace(id, "x", "rubbish-rubbish-", 0), SMPP_RINVEXPIRY);
	assert_int_equal(replace(id, "x", "000000000005000R", SMPP_RECEIPT_ALWAYS), SMPP_ROK);
	bed_pass(&bed, 5500);
	client_gets_receipt(&bob, id, "EXPIRED");
	bed_close(&bed);
}

static void
test_a_text_that_is_only_in_the_store_is_replaced_too(void **state)
{
	struct message_id id;

	(void)state;
	open_bob(BED_BASE BED_SINK "delivery { cache_limit = 0 }\n");
	id = submit("1555", "first", 0);
	assert_int_equal(replace(id, "second", "", 0), SMPP_ROK);
	assert_int_equal(replace(id, "x", "rubbish-rubbish-", 0), SMPP_RINVEXPIRY);
	client_bind(&alice, &bed, SMPP_BIND_RECEIVER, "alice");
	client_gets(&alice, "second");
	client_expect_nothing(&alice);
	bed_close(&bed);
}

/* Its id is not told before its end, but may be guessed. */
static void
test_a_transaction_cannot_be_replaced(void **state)
{
	struct smpp_pdu pdu = submit_of("200", "1555", "first");
	struct message_id id;
	uint64_t number;

	(void)state;
	open_bob(NULL);
	id = submit("1555", "before", 0);
	pdu.submit_sm.esm_class = SMPP_ESM_FORWARD;
	client_send(&bob, &pdu);
	assert_int_equal(mc_id_parse(sb_bytes_text(id.text), &number), 0);
	mc_id_format(number + 1, id.text);
	assert_int_equal(client_query(&bob, id, "200"), SMPP_STATE_ENROUTE);
	assert_int_equal(replace(id, "second", "", 0), SMPP_RREPLACEFAIL);
	client_bind(&alice, &bed, SMPP_BIND_RECEIVER, "alice");
	client_gets(&alice, "before");
	client_gets(&alice, "first");
	assert_int_equal(client_expect(&bob, SMPP_SUBMIT_SM_RESP).header.status, SMPP_ROK);
	bed_close(&bed);
}

static void
test_a_datagram_is_not_stored_when_it_is_replaced_either(void **state)
{
	struct smpp_pdu pdu = submit_of("200", "1555", "first");
	struct message_id id;

	(void)state;
	open_bob(NULL);
	pdu.submit_sm.esm_class = SMPP_ESM_DATAGRAM;
	id = client_submit(&bob, &pdu);
	assert_int_equal(replace(id, "second", "", 0), SMPP_ROK);
	client_bind(&alice, &bed, SMPP_BIND_RECEIVER, "alice");
	client_gets(&alice, "second");
	bed_restart(&bed, NULL);
	client_bind(&alice, &bed, SMPP_BIND_RECEIVER, "alice");
	client_expect_nothing(&alice);
	bed_close(&bed);
}

static void
test_replace_if_present_takes_the_place_of_what_waits(void **state)
{
	struct smpp_pdu pdu = submit_of("200", "1555", "new");
	struct message_id old;

	(void)state;
	open_bob(NULL);
	old = submit("1555", "old", SMPP_RECEIPT_ALWAYS);
	pdu.submit_sm.replace_if_present_flag = 1;
	client_submit(&bob, &pdu);
	client_expect_nothing(&bob);
	client_bind(&alice, &bed, SMPP_BIND_RECEIVER, "alice");
	client_gets(&alice, "new");
	client_expect_nothing(&alice);
	assert_int_equal(client_query(&bob, old, "200"), SMPP_STATE_DELETED);
	bed_close(&bed);
}

/* ---- submit_multi ---- */

static struct smpp_pdu
multi_of(struct sb_writer *w, const char *const *destinations)
{
	struct smpp_pdu pdu = {.header.command = SMPP_SUBMIT_MULTI};

	for (; *destinations; destinations++) {
		struct smpp_destination destination = {
			SMPP_DESTINATION_ADDRESS, 1, 1, sb_bytes_text(*destinations)};

		assert_int_equal(smpp_put_destination(w, &destination), 0);
		pdu.submit_multi.dest_address.count++;
	}
	pdu.submit_multi.source_addr = sb_bytes_text("200");
	pdu.submit_multi.dest_address.octets = sb_bytes(w->start, sb_writer_size(w));
	pdu.submit_multi.short_message = sb_bytes_text("to all");
	return pdu;
}

static void
test_many_destinations_get_a_message_each(void **state)
{
	static const char *const destinations[] = {"1001", "", "1002", "7", NULL};
	uint8_t room[256];
	struct sb_writer w = sb_writer_of(room, sizeof(room));
	struct smpp_pdu response, pdu = multi_of(&w, destinations);
	struct sb_reader r;
	struct smpp_failure failure;
	struct message_id id;

	(void)state;
	open_bob(BED_BASE);
	client_bind(&alice, &bed, SMPP_BIND_RECEIVER, "alice");
	pdu.submit_multi.registered_delivery = SMPP_RECEIPT_ALWAYS;
	response = client_ask(&bob, &pdu);
	assert_int_equal(response.header.status, SMPP_ROK);
	assert_int_equal(response.submit_multi_resp.unsuccess_sme.count, 2);
	r = sb_reader_of(response.submit_multi_resp.unsuccess_sme.octets);
	while (smpp_next_failure(&r, &failure))
		assert_int_equal(failure.status, SMPP_RINVDSTADR);
	memcpy(id.text, response.submit_multi_resp.message_id.data, MC_ID_TEXT);
	client_gets(&alice, "to all");
	client_gets(&alice, "to all");
	client_gets_receipt(&bob, id, "DELIVRD");
	client_gets_receipt(&bob, id, "DELIVRD");
	assert_int_equal(bed_counter(&bed, "smpp_mc_accepted_total{account=\"bob\"} "), 2);
	bed_close(&bed);
}

static void
test_a_multi_that_reaches_nobody_fails(void **state)
{
	static const char *const destinations[] = {"7", "8", NULL};
	uint8_t room[256];
	struct sb_writer w = sb_writer_of(room, sizeof(room));
	struct smpp_pdu pdu = multi_of(&w, destinations);
	struct smpp_destination list = {SMPP_DESTINATION_LIST, 0, 0, sb_bytes_text("friends")};

	(void)state;
	open_bob(BED_BASE);
	assert_int_equal(client_ask(&bob, &pdu).header.status, SMPP_RINVDSTADR);
	assert_int_equal(smpp_put_destination(&w, &list), 0);
	pdu.submit_multi.dest_address.octets.size = sb_writer_size(&w);
	pdu.submit_multi.dest_address.count++;
	assert_int_equal(client_ask(&bob, &pdu).header.status, SMPP_RINVDLNAME);
	bed_close(&bed);
}

static void
test_a_multi_is_cancelled_as_one(void **state)
{
	static const char *const destinations[] = {"1001", "1002", "1003", "1004", "1005", NULL};
	uint8_t room[256];
	struct sb_writer w = sb_writer_of(room, sizeof(room));
	struct smpp_pdu response, pdu = multi_of(&w, destinations);
	struct message_id id;

	(void)state;
	open_bob(BED_BASE);
	response = client_ask(&bob, &pdu);
	memcpy(id.text, response.submit_multi_resp.message_id.data, MC_ID_TEXT);
	assert_int_equal(client_query(&bob, id, "200"), SMPP_STATE_ENROUTE);
	assert_int_equal(client_cancel(&bob, id, "200"), SMPP_ROK);
	client_bind(&alice, &bed, SMPP_BIND_RECEIVER, "alice");
	client_expect_nothing(&alice);
	bed_close(&bed);
}

/* ---- modes ---- */

static struct smpp_pdu
data_of(const char *destination, const uint8_t *tlvs, size_t size)
{
	struct smpp_pdu pdu = {.header.command = SMPP_DATA_SM};

	pdu.data_sm.source_addr = sb_bytes_text("200");
	pdu.data_sm.destination_addr = sb_bytes_text(destination);
	pdu.tlvs = sb_bytes(tlvs, size);
	return pdu;
}

static const uint8_t payload[] = {0x04, 0x24, 0, 4, 'd', 'a', 't', 'a'};

static void
test_a_data_sm_is_delivered_as_one(void **state)
{
	struct smpp_pdu pdu = data_of("1555", payload, sizeof(payload));
	struct smpp_pdu response;

	(void)state;
	open_bob(NULL);
	client_bind(&alice, &bed, SMPP_BIND_RECEIVER, "alice");
	response = client_ask(&bob, &pdu);
	assert_int_equal(response.header.status, SMPP_ROK);
	assert_int_equal(response.data_sm_resp.message_id.size, MC_ID_DIGITS);
	pdu = client_expect(&alice, SMPP_DATA_SM);
	assert_true(sb_bytes_equal(pdu.tlvs, sb_bytes(payload, sizeof(payload))));
	bed_close(&bed);
}

static void
test_a_transaction_is_answered_with_its_outcome(void **state)
{
	struct smpp_pdu pdu = data_of("1555", payload, sizeof(payload)), delivery;
	uint32_t sequence;

	(void)state;
	open_bob(NULL);
	client_bind(&alice, &bed, SMPP_BIND_RECEIVER, "alice");
	pdu.data_sm.esm_class = SMPP_ESM_FORWARD;
	sequence = client_send(&bob, &pdu);
	client_expect_nothing(&bob);
	delivery = client_expect(&alice, SMPP_DATA_SM);
	client_respond(&alice, &delivery, SMPP_ROK);
	delivery = client_expect(&bob, SMPP_DATA_SM_RESP);
	assert_int_equal(delivery.header.sequence, sequence);
	assert_int_equal(delivery.header.status, SMPP_ROK);
	client_send(&bob, &pdu);
	delivery = client_expect(&alice, SMPP_DATA_SM);
	client_respond(&alice, &delivery, SMPP_RX_T_APPN);
	delivery = client_expect(&bob, SMPP_DATA_SM_RESP);
	assert_int_equal(delivery.header.status, SMPP_RDELIVERYFAILURE);
	bed_close(&bed);
}

static void
test_a_transaction_that_nobody_takes_fails_in_time(void **state)
{
	struct smpp_pdu pdu = data_of("1555", payload, sizeof(payload));

	(void)state;
	open_bob(NULL);
	pdu.data_sm.esm_class = SMPP_ESM_FORWARD;
	client_send(&bob, &pdu);
	bed_pass(&bed, 21000);
	pdu = client_expect(&bob, SMPP_DATA_SM_RESP);
	assert_int_equal(pdu.header.status, SMPP_RDELIVERYFAILURE);
	bed_close(&bed);
}

static void
test_a_datagram_is_tried_once(void **state)
{
	struct smpp_pdu pdu = submit_of("200", "1555", "x");
	struct message_id id;

	(void)state;
	open_bob(NULL);
	client_bind(&alice, &bed, SMPP_BIND_RECEIVER, "alice");
	pdu.submit_sm.esm_class = SMPP_ESM_DATAGRAM;
	id = client_submit(&bob, &pdu);
	client_gets_and(&alice, "x", SMPP_RX_T_APPN);
	bed_pass(&bed, 20000);
	client_expect_nothing(&alice);
	assert_int_equal(client_query(&bob, id, "200"), SMPP_STATE_UNDELIVERABLE);
	bed_close(&bed);
}

static void
test_a_forwarded_route_answers_after_the_far_side(void **state)
{
	struct smpp_pdu pdu = submit_of("200", "1555", "x");

	(void)state;
	bed_open(&bed, "listener \"smpp\" { address = \"127.0.0.1:2775\" }\n"
		       "account \"alice\" { password = \"secret1\" }\n"
		       "account \"bob\" { password = \"secret2\" }\n"
		       "route \"1\" { account = \"alice\" durability = forwarded }\n");
	client_bind(&bob, &bed, SMPP_BIND_TRANSCEIVER, "bob");
	client_bind(&alice, &bed, SMPP_BIND_RECEIVER, "alice");
	client_send(&bob, &pdu);
	client_expect_nothing(&bob);
	client_gets(&alice, "x");
	pdu = client_expect(&bob, SMPP_SUBMIT_SM_RESP);
	assert_int_equal(pdu.header.status, SMPP_ROK);
	bed_close(&bed);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ids_are_known_in_any_spelling),
		cmocka_unit_test(test_messages_are_known_to_their_sender_alone),
		cmocka_unit_test(test_final_states_are_forgotten_after_a_while),
		cmocka_unit_test(test_a_cancelled_message_is_not_delivered),
		cmocka_unit_test(test_a_message_in_the_receivers_hands_cannot_be_cancelled),
		cmocka_unit_test(test_all_between_two_addresses_are_cancelled_at_once),
		cmocka_unit_test(test_what_others_have_between_two_addresses_hides_nothing),
		cmocka_unit_test(test_a_service_type_is_looked_for_among_the_newest),
		cmocka_unit_test(test_a_message_at_the_sink_can_be_cancelled),
		cmocka_unit_test(test_a_replaced_text_is_delivered_in_place_of_the_first),
		cmocka_unit_test(test_a_replaced_validity_counts),
		cmocka_unit_test(test_a_text_that_is_only_in_the_store_is_replaced_too),
		cmocka_unit_test(test_a_transaction_cannot_be_replaced),
		cmocka_unit_test(test_a_datagram_is_not_stored_when_it_is_replaced_either),
		cmocka_unit_test(test_replace_if_present_takes_the_place_of_what_waits),
		cmocka_unit_test(test_many_destinations_get_a_message_each),
		cmocka_unit_test(test_a_multi_that_reaches_nobody_fails),
		cmocka_unit_test(test_a_multi_is_cancelled_as_one),
		cmocka_unit_test(test_a_data_sm_is_delivered_as_one),
		cmocka_unit_test(test_a_transaction_is_answered_with_its_outcome),
		cmocka_unit_test(test_a_transaction_that_nobody_takes_fails_in_time),
		cmocka_unit_test(test_a_datagram_is_tried_once),
		cmocka_unit_test(test_a_forwarded_route_answers_after_the_far_side),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
