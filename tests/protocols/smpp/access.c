/* What is in a PDU by name, and PDUs made in one line. */
#include "protocols/smpp/access.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "protocols/smpp/factory.h"
#include "protocols/smpp/print.h"
#include "tests/protocols/smpp/pdus.h"
#include "tests/support/octets.h"

/* Every field of every command, read by name, is what lies in the struct. */
static void
test_every_field_is_found_by_name(void **state)
{
	static struct generated g;
	struct chance c = chance_of(0xACCE);
	size_t count;
	const struct smpp_command_info *commands = smpp_command_table(&count);

	for (size_t i = 0; i < count; i++) {
		generate_pdu(&g, &commands[i], &c);
		for (size_t n = 0; n < commands[i].field_count; n++) {
			const struct smpp_field_info *field = &commands[i].fields[n];
			void *place = field_of(&g.pdu, field);
			bool is_list = field->kind == SMPP_FIELD_DESTINATIONS ||
				       field->kind == SMPP_FIELD_FAILURES;
			struct sb_bytes octets;
			uint8_t value;

			assert_ptr_equal(smpp_field(commands[i].id, field->name), field);
			if (field->kind == SMPP_FIELD_U8) {
				assert_int_equal(smpp_get_integer(&g.pdu, field->name, &value), 0);
				assert_int_equal(value, *(uint8_t *)place);
				assert_int_equal(
					smpp_get_octets(&g.pdu, field->name, &octets), SB_EINVAL);
				assert_int_equal(
					smpp_set_octets(&g.pdu, field->name, sb_bytes(NULL, 0)),
					SB_EINVAL);
				assert_int_equal(
					smpp_set_integer(&g.pdu, field->name, 256), SB_EINVAL);
				assert_int_equal(smpp_set_integer(&g.pdu, field->name, 99), 0);
				assert_int_equal(*(uint8_t *)place, 99);
				continue;
			}
			assert_int_equal(smpp_get_integer(&g.pdu, field->name, &value), SB_EINVAL);
			assert_int_equal(smpp_set_integer(&g.pdu, field->name, 1), SB_EINVAL);
			assert_int_equal(smpp_get_octets(&g.pdu, field->name, &octets),
				is_list ? SB_EINVAL : 0);
			if (is_list)
				continue;
			assert_true(sb_bytes_equal(octets, *(struct sb_bytes *)place));
			assert_int_equal(
				smpp_set_octets(&g.pdu, field->name, sb_bytes_text("new")), 0);
			assert_int_equal(((struct sb_bytes *)place)->size, 3);
		}
	}
	(void)state;
}

static void
test_names_that_are_not_there(void **state)
{
	struct smpp_pdu pdu = {.header.command = SMPP_UNBIND};
	struct sb_bytes octets = {NULL, 0};
	uint8_t value;

	assert_null(smpp_field(SMPP_SUBMIT_SM, "submit"));
	assert_null(smpp_field(0x12345, "source_addr"));
	assert_int_equal(smpp_get_integer(&pdu, "esm_class", &value), SB_ENOENT);
	assert_int_equal(smpp_set_integer(&pdu, "esm_class", 0), SB_ENOENT);
	assert_int_equal(smpp_get_octets(&pdu, "source_addr", &octets), SB_ENOENT);
	assert_int_equal(smpp_set_octets(&pdu, "source_addr", octets), SB_ENOENT);
	assert_int_equal(smpp_get_tlv(&pdu, NULL, "sar_total_segments", &octets), SB_ENOENT);
	(void)state;
}

static void
test_tlvs_by_name(void **state)
{
	static const struct smpp_tlv_info entries[] = {
		{"carrier_code", 0x1401, 1, 9, SMPP_TLV_OCTETS, false, 0x34, SMPP_PRIVACY_OPEN}};
	const struct smpp_tlv_dictionary dictionary = {entries, 1};
	struct smpp_pdu pdu = {.header.command = SMPP_SUBMIT_SM};
	struct sb_bytes value = {NULL, 0};
	uint8_t out[32];
	struct sb_writer w = sb_writer_of(out, sizeof(out));

	assert_int_equal(smpp_put_tlv_by_name(&w, NULL, "message_state", sb_bytes_text("2")), 0);
	assert_int_equal(
		smpp_put_tlv_by_name(&w, NULL, "message_state", sb_bytes_text("22")), SB_EINVAL);
	assert_int_equal(
		smpp_put_tlv_by_name(&w, NULL, "carrier_code", sb_bytes_text("abc")), SB_ENOENT);
	assert_int_equal(
		smpp_put_tlv_by_name(&w, &dictionary, "carrier_code", sb_bytes_text("abc")), 0);
	pdu.tlvs = sb_bytes(out, sb_writer_size(&w));
	assert_int_equal(smpp_get_tlv(&pdu, NULL, "message_state", &value), 0);
	assert_true(sb_bytes_equal(value, sb_bytes_text("2")));
	assert_int_equal(smpp_get_tlv(&pdu, NULL, "carrier_code", &value), SB_ENOENT);
	assert_int_equal(smpp_get_tlv(&pdu, &dictionary, "carrier_code", &value), 0);
	assert_true(sb_bytes_equal(value, sb_bytes_text("abc")));
	(void)state;
}

static void
test_addresses_are_read_and_set_where_they_are(void **state)
{
	const struct smpp_address from = smpp_address(5, 0, "Bank"), to = smpp_address(1, 1, "467");
	size_t count;
	const struct smpp_command_info *commands = smpp_command_table(&count);

	for (size_t i = 0; i < count; i++) {
		struct smpp_pdu pdu = {.header.command = commands[i].id};
		bool has_source = smpp_field(commands[i].id, "source_addr");
		bool has_destination = smpp_field(commands[i].id, "destination_addr") ||
				       smpp_field(commands[i].id, "esme_addr");
		struct smpp_address address;

		assert_int_equal(smpp_set_source(&pdu, &from), has_source ? 0 : SB_ENOENT);
		assert_int_equal(smpp_set_destination(&pdu, &to), has_destination ? 0 : SB_ENOENT);
		assert_int_equal(smpp_source(&pdu, &address), has_source ? 0 : SB_ENOENT);
		if (has_source)
			assert_true(smpp_address_equal(&address, &from));
		assert_int_equal(smpp_destination(&pdu, &address), has_destination ? 0 : SB_ENOENT);
		if (has_destination)
			assert_true(smpp_address_equal(&address, &to));
	}
	assert_false(smpp_address_equal(&from, &to));
	(void)state;
}

static void
test_questions_of_a_pdu(void **state)
{
	struct smpp_pdu request = smpp_make_bind(SMPP_BIND_RECEIVER, SMPP_VERSION_34, "a", "b");
	struct smpp_pdu response = smpp_make_response_with(&request, SMPP_ROK, sb_bytes_text("mc"));
	struct smpp_pdu nack = smpp_make_generic_nack(0, SMPP_RINVCMDID);

	assert_true(smpp_is_bind(&request));
	assert_false(smpp_is_bind(&response));
	assert_true(smpp_is_bind_resp(&response));
	assert_false(smpp_is_bind_resp(&nack));
	assert_true(smpp_is_success(&response));
	assert_false(smpp_is_success(&nack));
	assert_true(smpp_is_response_to(&response, &request));
	assert_true(smpp_is_response_to(&nack, &request));
	nack.header.sequence = 1;
	assert_false(smpp_is_response_to(&nack, &request));
	assert_false(smpp_is_response_to(&request, &request));
	assert_false(smpp_is_response_to(&response, &response));
	(void)state;
}

static void
test_the_numbers_of_a_part(void **state)
{
	struct smpp_pdu pdu = {.header.command = SMPP_SUBMIT_SM};
	struct smpp_concat concat;
	uint8_t buf[32], tlvs[32];

	assert_int_equal(smpp_part_numbers(&pdu, &concat), SB_ENOENT);
	pdu.tlvs = octets_of("020C0002ABCD 020E000103 020F000102", tlvs, sizeof(tlvs));
	assert_int_equal(smpp_part_numbers(&pdu, &concat), 0);
	assert_int_equal(concat.ref, 0xABCD);
	assert_false(smpp_has_udh(&pdu));
	pdu.submit_sm.esm_class = SMPP_ESM_UDHI;
	pdu.submit_sm.short_message = octets_of("05 0003CD0202 'a'", buf, sizeof(buf));
	assert_true(smpp_has_udh(&pdu));
	assert_int_equal(smpp_part_numbers(&pdu, &concat), 0);
	assert_int_equal(concat.ref, 0xCD);
	pdu.submit_sm.short_message.size = 3;
	assert_int_equal(smpp_part_numbers(&pdu, &concat), SB_EPROTO);
	pdu.header.command = SMPP_UNBIND;
	pdu.tlvs.size = 0;
	assert_int_equal(smpp_part_numbers(&pdu, &concat), SB_ENOENT);
	(void)state;
}

static void
expect_line(const struct smpp_pdu *pdu, const char *expected)
{
	char line[1000];
	uint8_t out[1000];
	struct sb_writer w = sb_writer_of(out, sizeof(out));
	struct smpp_pdu back;

	/* What is made is legal. */
	assert_int_equal(smpp_encode(pdu, &w), 0);
	assert_int_equal(smpp_decode(sb_bytes(out, sb_writer_size(&w)), NULL, &back, NULL), 0);
	smpp_pdu_print(line, sizeof(line), &back, NULL);
	assert_non_null(strstr(line, expected));
}

static void
test_requests_are_made(void **state)
{
	const struct smpp_address from = smpp_address(5, 0, "Bank"), to = smpp_address(1, 1, "467");
	const struct sb_bytes id = sb_bytes_text("7"), text = sb_bytes_text("hello");
	struct smpp_pdu pdu;
	uint8_t buf[16];

	pdu = smpp_make_bind(SMPP_BIND_TRANSCEIVER, SMPP_VERSION_34, "alice", "secret1");
	expect_line(&pdu, "command=bind_transceiver status=ESME_ROK sequence=0 system_id=\"alice\" "
			  "password=\"secret1\" system_type=\"\" interface_version=52");
	pdu = smpp_make_outbind("mc", "x");
	expect_line(&pdu, "command=outbind status=ESME_ROK sequence=0 system_id=\"mc\"");
	pdu = smpp_make_submit_sm(&from, &to, text);
	expect_line(&pdu, "source_addr_ton=5 source_addr_npi=0 source_addr=\"Bank\" "
			  "dest_addr_ton=1 dest_addr_npi=1 destination_addr=\"467\"");
	expect_line(&pdu, "short_message=68656c6c6f");
	pdu = smpp_make_deliver_sm(&from, &to, text);
	expect_line(&pdu, "command=deliver_sm");
	pdu = smpp_make_data_sm(&from, &to, octets_of("0424 0001 'a'", buf, sizeof(buf)));
	expect_line(&pdu, "message_payload=61");
	pdu = smpp_make_query_sm(id, &from);
	expect_line(&pdu, "message_id=\"7\" source_addr_ton=5");
	pdu = smpp_make_cancel_sm(id, &from, &to);
	expect_line(&pdu, "destination_addr=\"467\"");
	pdu = smpp_make_replace_sm(id, &from, text);
	expect_line(&pdu, "short_message=68656c6c6f");
	pdu = smpp_make_enquire_link();
	expect_line(&pdu, "command=enquire_link");
	pdu = smpp_make_unbind();
	expect_line(&pdu, "command=unbind");
	(void)state;
}

static void
test_responses_are_made_of_every_request(void **state)
{
	size_t count;
	const struct smpp_command_info *commands = smpp_command_table(&count);

	for (size_t i = 0; i < count; i++) {
		const struct smpp_pdu request = {
			.header = {.command = commands[i].id, .sequence = 9}};
		struct smpp_pdu response =
			smpp_make_response_with(&request, SMPP_ROK, sb_bytes_text("text"));
		uint32_t answer = smpp_answer_of(commands[i].id);
		bool has_text = smpp_field(answer, "message_id") || smpp_field(answer, "system_id");

		assert_int_equal(response.header.command, answer);
		if (!answer)
			continue;
		expect_line(&response, has_text ? "sequence=9" : "status=ESME_ROK sequence=9");
		if (has_text)
			expect_line(&response, "_id=\"text\"");
		response = smpp_make_response(&request, SMPP_RTHROTTLED);
		assert_int_equal(smpp_encoded_size(&response), SMPP_HEADER_SIZE);
		expect_line(&response, "status=ESME_RTHROTTLED sequence=9");
	}
	(void)state;
}

static void
test_a_receipt_goes_back_to_the_sender(void **state)
{
	const struct smpp_address sender = smpp_address(5, 0, "Bank");
	const struct smpp_address recipient = smpp_address(1, 1, "467");
	struct smpp_receipt receipt = smpp_receipt_empty(), read;
	uint8_t out[300];
	struct smpp_pdu pdu;
	int err = SB_ENOSPC;

	receipt.message_id = sb_bytes_text("7");
	receipt.has_state = true;
	receipt.state = SMPP_STATE_DELIVERED;
	for (size_t room = 0; err == SB_ENOSPC; room++) {
		struct sb_writer w = sb_writer_of(out, room);

		err = smpp_make_receipt(&sender, &recipient, &receipt, &w, &pdu);
		assert_true(err == 0 || sb_writer_size(&w) == 0);
	}
	assert_int_equal(err, 0);
	expect_line(&pdu, "source_addr_ton=1 source_addr_npi=1 source_addr=\"467\" "
			  "dest_addr_ton=5 dest_addr_npi=0 destination_addr=\"Bank\" esm_class=4");
	assert_int_equal(smpp_receipt_read(&pdu, &read), 0);
	assert_int_equal(read.state, SMPP_STATE_DELIVERED);
	assert_true(sb_bytes_equal(read.message_id, receipt.message_id));
	(void)state;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_field_is_found_by_name),
		cmocka_unit_test(test_names_that_are_not_there),
		cmocka_unit_test(test_tlvs_by_name),
		cmocka_unit_test(test_addresses_are_read_and_set_where_they_are),
		cmocka_unit_test(test_questions_of_a_pdu),
		cmocka_unit_test(test_the_numbers_of_a_part),
		cmocka_unit_test(test_requests_are_made),
		cmocka_unit_test(test_responses_are_made_of_every_request),
		cmocka_unit_test(test_a_receipt_goes_back_to_the_sender),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
