/* Every PDU against octets written down from the specification's layouts. */
#include "protocols/smpp/pdu.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "protocols/smpp/print.h"
#include "tests/support/octets.h"

/* What goes over the wire, and what is in it. */
static const struct {
	const char *octets;
	const char *line;
} golden[] = {
	/* clang-format off: one row of a header, then the body as it reads. */
	{
		"0000002B 00000001 00000000 00000001 'alice'00 'secret1'00 'VMS'00 34 "
		"01 02 '^4670'00",
		"command=bind_receiver status=ESME_ROK sequence=1 system_id=\"alice\" "
		"password=\"secret1\" system_type=\"VMS\" interface_version=52 "
		"addr_ton=1 addr_npi=2 address_range=\"^4670\"",
	},
	{
		"0000002B 00000002 00000000 00000002 'alice'00 'secret1'00 'VMS'00 34 "
		"01 02 '^4670'00",
		"command=bind_transmitter status=ESME_ROK sequence=2 "
		"system_id=\"alice\" password=\"secret1\" system_type=\"VMS\" "
		"interface_version=52 addr_ton=1 addr_npi=2 address_range=\"^4670\"",
	},
	{
		"00000023 00000003 00000000 00000003 '00c0ffee'00 01 01 '4670111'00",
		"command=query_sm status=ESME_ROK sequence=3 message_id=\"00c0ffee\" "
		"source_addr_ton=1 source_addr_npi=1 source_addr=\"4670111\"",
	},
	{
		"0000005B 00000004 00000000 00000004 'CMT'00 01 01 '4670111'00 01 01 "
		"'467022233'00 40 7F 03 '240131235959000+'00 '000007000000000R'00 15 "
		"01 08 02 07 050003AB0201 'A'",
		"command=submit_sm status=ESME_ROK sequence=4 service_type=\"CMT\" "
		"source_addr_ton=1 source_addr_npi=1 source_addr=\"4670111\" "
		"dest_addr_ton=1 dest_addr_npi=1 destination_addr=\"467022233\" "
		"esm_class=64 protocol_id=127 priority_flag=3 "
		"schedule_delivery_time=\"240131235959000+\" "
		"validity_period=\"000007000000000R\" registered_delivery=21 "
		"replace_if_present_flag=1 data_coding=8 sm_default_msg_id=2 "
		"short_message=050003ab020141",
	},
	{
		"0000003D 00000004 00000000 7FFFFFFF 00 05 00 'Bank'00 01 01 '46'00 "
		"00 00 00 00 00 01 00 00 00 00 0204 0002 BEEF 1401 0003 'a'00'b' 0424 "
		"0005 'hello'",
		"command=submit_sm status=ESME_ROK sequence=2147483647 "
		"service_type=\"\" source_addr_ton=5 source_addr_npi=0 "
		"source_addr=\"Bank\" dest_addr_ton=1 dest_addr_npi=1 "
		"destination_addr=\"46\" esm_class=0 protocol_id=0 priority_flag=0 "
		"schedule_delivery_time=\"\" validity_period=\"\" "
		"registered_delivery=1 replace_if_present_flag=0 data_coding=0 "
		"sm_default_msg_id=0 short_message= user_message_reference=48879 "
		"0x1401=610062 message_payload=68656c6c6f",
	},
	{
		"0000003B 00000005 00000000 00000005 00 01 01 '46702'00 01 01 "
		"'46701'00 04 00 00 00 00 00 00 00 00 05 'id:1 ' 001E 0002 '1'00 0427 "
		"0001 02",
		"command=deliver_sm status=ESME_ROK sequence=5 service_type=\"\" "
		"source_addr_ton=1 source_addr_npi=1 source_addr=\"46702\" "
		"dest_addr_ton=1 dest_addr_npi=1 destination_addr=\"46701\" "
		"esm_class=4 protocol_id=0 priority_flag=0 "
		"schedule_delivery_time=\"\" validity_period=\"\" "
		"registered_delivery=0 replace_if_present_flag=0 data_coding=0 "
		"sm_default_msg_id=0 short_message=69643a3120 "
		"receipted_message_id=\"1\" message_state=2",
	},
	{
		"00000010 00000006 00000000 00000006",
		"command=unbind status=ESME_ROK sequence=6",
	},
	{
		"0000003B 00000007 00000000 00000007 '00c0ffee'00 01 01 '4670111'00 "
		"00 '240229120000004-'00 01 00 03 'new'",
		"command=replace_sm status=ESME_ROK sequence=7 "
		"message_id=\"00c0ffee\" source_addr_ton=1 source_addr_npi=1 "
		"source_addr=\"4670111\" schedule_delivery_time=\"\" "
		"validity_period=\"240229120000004-\" registered_delivery=1 "
		"sm_default_msg_id=0 short_message=6e6577",
	},
	{
		"00000030 00000008 00000000 00000008 00 '00c0ffee'00 01 01 "
		"'4670111'00 01 01 '467022233'00",
		"command=cancel_sm status=ESME_ROK sequence=8 service_type=\"\" "
		"message_id=\"00c0ffee\" source_addr_ton=1 source_addr_npi=1 "
		"source_addr=\"4670111\" dest_addr_ton=1 dest_addr_npi=1 "
		"destination_addr=\"467022233\"",
	},
	{
		"0000002B 00000009 00000000 00000009 'alice'00 'secret1'00 'VMS'00 34 "
		"01 02 '^4670'00",
		"command=bind_transceiver status=ESME_ROK sequence=9 "
		"system_id=\"alice\" password=\"secret1\" system_type=\"VMS\" "
		"interface_version=52 addr_ton=1 addr_npi=2 address_range=\"^4670\"",
	},
	{
		"0000001B 0000000B 00000000 0000000B 'mc'00 'secret2'00",
		"command=outbind status=ESME_ROK sequence=11 system_id=\"mc\" "
		"password=\"secret2\"",
	},
	{
		"00000010 00000015 00000000 00000015",
		"command=enquire_link status=ESME_ROK sequence=21",
	},
	{
		"00000044 00000021 00000000 00000021 'CMT'00 01 01 '4670111'00 03 01 "
		"01 01 '46702'00 02 'friends'00 01 05 00 'Bob'00 00 00 01 00 00 01 00 "
		"04 00 02 FF00",
		"command=submit_multi status=ESME_ROK sequence=33 "
		"service_type=\"CMT\" source_addr_ton=1 source_addr_npi=1 "
		"source_addr=\"4670111\" dest_address=1/1/\"46702\" "
		"dest_address=\"friends\" dest_address=5/0/\"Bob\" esm_class=0 "
		"protocol_id=0 priority_flag=1 schedule_delivery_time=\"\" "
		"validity_period=\"\" registered_delivery=1 replace_if_present_flag=0 "
		"data_coding=4 sm_default_msg_id=0 short_message=ff00",
	},
	{
		"00000029 00000102 00000000 00000102 01 01 '4670111'00 01 01 "
		"'4670999'00 0422 0001 00",
		"command=alert_notification status=ESME_ROK sequence=258 "
		"source_addr_ton=1 source_addr_npi=1 source_addr=\"4670111\" "
		"esme_addr_ton=1 esme_addr_npi=1 esme_addr=\"4670999\" "
		"ms_availability_status=0",
	},
	{
		"00000034 00000103 00000000 00000103 'CMT'00 01 01 '4670111'00 01 01 "
		"'467022233'00 80 01 F5 0424 0003 010203",
		"command=data_sm status=ESME_ROK sequence=259 service_type=\"CMT\" "
		"source_addr_ton=1 source_addr_npi=1 source_addr=\"4670111\" "
		"dest_addr_ton=1 dest_addr_npi=1 destination_addr=\"467022233\" "
		"esm_class=128 registered_delivery=1 data_coding=245 "
		"message_payload=010203",
	},
	{
		"00000057 00000111 00000000 00000111 'CBS'00 01 01 '4670111'00 00 00 "
		"00 '000001000000000R'00 00 00 00 0606 0004 00 'SWE' 0601 0003 010010 "
		"0604 0002 0003 0605 0003 09001E 0424 0002 'hi'",
		"command=broadcast_sm status=ESME_ROK sequence=273 "
		"service_type=\"CBS\" source_addr_ton=1 source_addr_npi=1 "
		"source_addr=\"4670111\" message_id=\"\" priority_flag=0 "
		"schedule_delivery_time=\"\" validity_period=\"000001000000000R\" "
		"replace_if_present_flag=0 data_coding=0 sm_default_msg_id=0 "
		"broadcast_area_identifier=00535745 broadcast_content_type=010010 "
		"broadcast_rep_num=3 broadcast_frequency_interval=09001e "
		"message_payload=6869",
	},
	{
		"00000023 00000112 00000000 00000112 '00c0ffee'00 01 01 '4670111'00",
		"command=query_broadcast_sm status=ESME_ROK sequence=274 "
		"message_id=\"00c0ffee\" source_addr_ton=1 source_addr_npi=1 "
		"source_addr=\"4670111\"",
	},
	{
		"00000027 00000113 00000000 00000113 'CBS'00 '00c0ffee'00 01 01 "
		"'4670111'00",
		"command=cancel_broadcast_sm status=ESME_ROK sequence=275 "
		"service_type=\"CBS\" message_id=\"00c0ffee\" source_addr_ton=1 "
		"source_addr_npi=1 source_addr=\"4670111\"",
	},
	{
		"00000010 80000000 00000003 00000000",
		"command=generic_nack status=ESME_RINVCMDID sequence=0",
	},
	{
		"00000018 80000001 00000000 00000001 'mc'00 0210 0001 34",
		"command=bind_receiver_resp status=ESME_ROK sequence=1 "
		"system_id=\"mc\" sc_interface_version=52",
	},
	{
		"00000010 80000002 0000000E 00000002",
		"command=bind_transmitter_resp status=ESME_RINVPASWD sequence=2",
	},
	{
		"0000002C 80000003 00000000 00000003 '00c0ffee'00 "
		"'240131235959432+'00 02 00",
		"command=query_sm_resp status=ESME_ROK sequence=3 "
		"message_id=\"00c0ffee\" final_date=\"240131235959432+\" "
		"message_state=2 error_code=0",
	},
	{
		"00000019 80000004 00000000 00000004 '00c0ffee'00",
		"command=submit_sm_resp status=ESME_ROK sequence=4 "
		"message_id=\"00c0ffee\"",
	},
	{
		"00000010 80000004 00000058 00000004",
		"command=submit_sm_resp status=ESME_RTHROTTLED sequence=4",
	},
	{
		"00000016 80000004 00000408 00000004 00 0428 0001 5A",
		"command=submit_sm_resp status=0x00000408 sequence=4 message_id=\"\" "
		"congestion_state=90",
	},
	{
		"00000011 80000005 00000000 00000005 00",
		"command=deliver_sm_resp status=ESME_ROK sequence=5 message_id=\"\"",
	},
	{
		"00000010 80000006 00000000 00000006",
		"command=unbind_resp status=ESME_ROK sequence=6",
	},
	{
		"00000010 80000007 00000013 00000007",
		"command=replace_sm_resp status=ESME_RREPLACEFAIL sequence=7",
	},
	{
		"00000010 80000008 00000000 00000008",
		"command=cancel_sm_resp status=ESME_ROK sequence=8",
	},
	{
		"00000013 80000009 00000000 00000009 'mc'00",
		"command=bind_transceiver_resp status=ESME_ROK sequence=9 "
		"system_id=\"mc\"",
	},
	{
		"00000015 80000015 00000000 00000015 0428 0001 00",
		"command=enquire_link_resp status=ESME_ROK sequence=21 "
		"congestion_state=0",
	},
	{
		"00000030 80000021 00000000 00000021 '00c0ffee'00 02 01 01 '46702'00 "
		"0000000B 05 00 'Bob'00 00000401",
		"command=submit_multi_resp status=ESME_ROK sequence=33 "
		"message_id=\"00c0ffee\" unsuccess_sme=1/1/\"46702\"/ESME_RINVDSTADR "
		"unsuccess_sme=5/0/\"Bob\"/0x00000401",
	},
	{
		"0000002E 80000103 000000FE 00000103 '00c0ffee'00 0425 0001 01 0423 "
		"0003 030021 001D 0005 'busy'00",
		"command=data_sm_resp status=ESME_RDELIVERYFAILURE sequence=259 "
		"message_id=\"00c0ffee\" delivery_failure_reason=1 "
		"network_error_code=030021 additional_status_info_text=\"busy\"",
	},
	{
		"00000029 80000111 00000000 00000111 '00c0ffee'00 0607 0004 0000010D "
		"0606 0004 00 'SWE'",
		"command=broadcast_sm_resp status=ESME_ROK sequence=273 "
		"message_id=\"00c0ffee\" broadcast_error_status=269 "
		"broadcast_area_identifier=00535745",
	},
	{
		"00000040 80000112 00000000 00000112 '00c0ffee'00 0427 0001 02 0606 "
		"0004 00 'SWE' 0608 0001 64 0609 0011 '240131235959432+'00",
		"command=query_broadcast_sm_resp status=ESME_ROK sequence=274 "
		"message_id=\"00c0ffee\" message_state=2 "
		"broadcast_area_identifier=00535745 broadcast_area_success=100 "
		"broadcast_end_time=\"240131235959432+\"",
	},
	{
		"00000010 80000113 0000010F 00000113",
		"command=cancel_broadcast_sm_resp status=ESME_RBCASTCANCELFAIL "
		"sequence=275",
	},
	/* clang-format on */
};

#define GOLDEN (sizeof(golden) / sizeof(golden[0]))

static void
test_every_pdu_is_read_as_the_specification_lays_it_out(void **state)
{
	for (size_t i = 0; i < GOLDEN; i++) {
		uint8_t buf[512];
		char line[1024];
		struct sb_bytes in = exact_copy(octets_of(golden[i].octets, buf, sizeof(buf)));
		struct smpp_decode_error error;
		struct smpp_pdu pdu;

		assert_int_equal(smpp_frame(in, 4096, NULL), in.size);
		assert_int_equal(smpp_decode(in, NULL, &pdu, &error), 0);
		assert_int_equal(error.fault, SMPP_FAULT_NONE);
		assert_int_equal(error.status, SMPP_ROK);
		smpp_pdu_print(line, sizeof(line), &pdu, NULL);
		assert_string_equal(line, golden[i].line);
		free((void *)in.data);
	}
	(void)state;
}

static void
test_every_pdu_is_written_as_the_specification_lays_it_out(void **state)
{
	for (size_t i = 0; i < GOLDEN; i++) {
		uint8_t buf[512], out[512];
		struct sb_bytes in = octets_of(golden[i].octets, buf, sizeof(buf));
		struct sb_writer w = sb_writer_of(out, in.size);
		struct smpp_pdu pdu;

		assert_int_equal(smpp_decode(in, NULL, &pdu, NULL), 0);
		assert_int_equal(smpp_encoded_size(&pdu), in.size);
		assert_int_equal(smpp_encode(&pdu, &w), 0);
		assert_int_equal(sb_writer_size(&w), in.size);
		assert_memory_equal(out, in.data, in.size);
	}
	(void)state;
}

static void
test_every_command_has_a_golden_pdu(void **state)
{
	size_t count;
	const struct smpp_command_info *commands = smpp_command_table(&count);

	for (size_t c = 0; c < count; c++) {
		uint8_t buf[512];
		size_t found = 0;

		for (size_t i = 0; i < GOLDEN; i++) {
			struct smpp_header header;

			smpp_peek_header(octets_of(golden[i].octets, buf, sizeof(buf)), &header);
			found += header.command == commands[c].id;
		}
		if (!found)
			fail_msg("no golden octets for %s", commands[c].name);
	}
	(void)state;
}

static void
test_a_submit_sm_has_its_fields_in_its_struct(void **state)
{
	uint8_t buf[512];
	struct sb_bytes in = octets_of(golden[3].octets, buf, sizeof(buf));
	struct smpp_decode_error error;
	struct smpp_pdu pdu;

	assert_int_equal(smpp_decode(in, NULL, &pdu, &error), 0);
	assert_int_equal(error.answer, SMPP_SUBMIT_SM_RESP);
	assert_string_equal(error.field, "");
	assert_int_equal(pdu.header.command, SMPP_SUBMIT_SM);
	assert_int_equal(pdu.header.sequence, 4);
	assert_int_equal(pdu.header.length, in.size);
	assert_ptr_equal(pdu.body.data, in.data + SMPP_HEADER_SIZE);
	assert_true(sb_bytes_equal(pdu.submit_sm.service_type, sb_bytes_text("CMT")));
	assert_true(sb_bytes_equal(pdu.submit_sm.source_addr, sb_bytes_text("4670111")));
	assert_int_equal(pdu.submit_sm.esm_class, SMPP_ESM_UDHI);
	assert_int_equal(pdu.submit_sm.registered_delivery,
		SMPP_RECEIPT_ALWAYS | SMPP_WANT_DELIVERY_ACK | SMPP_WANT_INTERMEDIATE);
	assert_int_equal(pdu.submit_sm.short_message.size, 7);
	assert_ptr_equal(pdu.submit_sm.short_message.data, in.data + in.size - 7);
	assert_int_equal(pdu.tlvs.size, 0);
	/* A deliver_sm is the same struct under its own name. */
	assert_ptr_equal(&pdu.submit_sm, &pdu.deliver_sm);
	(void)state;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_pdu_is_read_as_the_specification_lays_it_out),
		cmocka_unit_test(test_every_pdu_is_written_as_the_specification_lays_it_out),
		cmocka_unit_test(test_every_command_has_a_golden_pdu),
		cmocka_unit_test(test_a_submit_sm_has_its_fields_in_its_struct),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
