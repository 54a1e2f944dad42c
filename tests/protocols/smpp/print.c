/* A PDU as a line: escapes, masks, bounds. (Golden lines for every PDU are in golden.c.) */
#include "protocols/smpp/print.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "tests/protocols/smpp/pdus.h"
#include "tests/support/octets.h"

static const struct smpp_print_options masked = {.mask = true};

static void
expect_line(const char *octets, const struct smpp_print_options *options, const char *expected)
{
	uint8_t buf[512];
	char line[1024];
	struct smpp_pdu pdu;
	struct sb_bytes in = octets_of(octets, buf, sizeof(buf));

	patch_u32(buf, (uint32_t)in.size);
	smpp_decode(in, NULL, &pdu, NULL);
	assert_int_equal(smpp_pdu_print(line, sizeof(line), &pdu, options), strlen(expected));
	assert_string_equal(line, expected);
}

static void
test_texts_are_escaped(void **state)
{
	expect_line("00000000 80000004 00000000 00000001 0A 'a\"\\'7FFF20 00", NULL,
		"command=submit_sm_resp status=ESME_ROK sequence=1 "
		"message_id=\"\\x0aa\\\"\\\\\\x7f\\xff \"");
	(void)state;
}

static void
test_an_unknown_command_shows_its_octets(void **state)
{
	expect_line("00000000 00010203 00000409 00000001 DEADBEEF", NULL,
		"command=0x00010203 status=0x00000409 sequence=1 body=deadbeef");
	expect_line("00000000 00010203 00000000 00000001 DEADBEEF", &masked,
		"command=0x00010203 status=ESME_ROK sequence=1 body=*4");
	(void)state;
}

static void
test_a_mask_hides_what_is_private(void **state)
{
	expect_line("00000000 00000002 00000000 00000001 'alice'00 'secret1'00 00 34 00 00 00",
		&masked,
		"command=bind_transmitter status=ESME_ROK sequence=1 system_id=\"alice\" "
		"password=* "
		"system_type=\"\" interface_version=52 addr_ton=0 addr_npi=0 address_range=\"\"");
	expect_line("00000000 00000103 00000000 00000001 00 0101'46701234567'00 0101'123'00 000000 "
		    "0424 0002 'hi' 0381 0004 00010203 1401 0003 'pin' 0427 0001 02",
		&masked,
		"command=data_sm status=ESME_ROK sequence=1 service_type=\"\" source_addr_ton=1 "
		"source_addr_npi=1 source_addr=\"4670123****\" dest_addr_ton=1 dest_addr_npi=1 "
		"destination_addr=\"***\" esm_class=0 registered_delivery=0 data_coding=0 "
		"message_payload=*2 callback_num=*4 0x1401=*3 message_state=2");
	(void)state;
}

static void
test_a_mask_hides_destinations_and_text_of_submit_multi(void **state)
{
	expect_line("00000000 00000021 00000000 00000001 00 0101'4670'00 02 01 0101'46702'00 "
		    "02 'friends'00 00000000000000000003 'abc'",
		&masked,
		"command=submit_multi status=ESME_ROK sequence=1 service_type=\"\" "
		"source_addr_ton=1 source_addr_npi=1 source_addr=\"****\" "
		"dest_address=1/1/\"4****\" dest_address=\"fri****\" esm_class=0 protocol_id=0 "
		"priority_flag=0 schedule_delivery_time=\"\" validity_period=\"\" "
		"registered_delivery=0 replace_if_present_flag=0 data_coding=0 "
		"sm_default_msg_id=0 short_message=*3");
	expect_line("00000000 80000021 00000000 00000001 00 01 0101'46702'00 00000008", &masked,
		"command=submit_multi_resp status=ESME_ROK sequence=1 message_id=\"\" "
		"unsuccess_sme=1/1/\"4****\"/ESME_RSYSERR");
	(void)state;
}

static void
test_tlvs_of_odd_sizes_are_shown_as_octets(void **state)
{
	expect_line("00000000 00000015 00000000 00000001 0427 0002 0102 130C 0000 0427 0000 "
		    "001E 0002 'ab' 001E 0000 1204 0004 00000100",
		NULL,
		"command=enquire_link status=ESME_ROK sequence=1 message_state=0102 "
		"alert_on_message_delivery= message_state= receipted_message_id=\"ab\" "
		"receipted_message_id=\"\" ms_validity=256");
	(void)state;
}

static void
test_a_dictionary_names_vendor_tlvs(void **state)
{
	static const struct smpp_tlv_info vendor[] = {
		{"entity", 0x1400, 1, 64, SMPP_TLV_STRING, false, 0x34, SMPP_PRIVACY_OPEN},
		{"customer", 0x1401, 1, 64, SMPP_TLV_STRING, false, 0x34, SMPP_PRIVACY_ADDRESS},
		{"pin", 0x1402, 1, 64, SMPP_TLV_STRING, false, 0x34, SMPP_PRIVACY_SECRET},
		{"grade", 0x1403, 4, 4, SMPP_TLV_INTEGER, false, 0x34, SMPP_PRIVACY_OPEN},
	};
	const struct smpp_tlv_dictionary dictionary = {vendor, 4};
	const struct smpp_print_options open = {.dictionary = &dictionary};
	const struct smpp_print_options hidden = {.mask = true, .dictionary = &dictionary};
	const char *octets = "00000000 00000015 00000000 00000001 1400 0003 'abc' 1401 0007 "
			     "'123456'00 1402 0004 '9876' 1403 0004 FFFFFFFF";

	expect_line(octets, &open,
		"command=enquire_link status=ESME_ROK sequence=1 entity=\"abc\" "
		"customer=\"123456\" pin=\"9876\" grade=4294967295");
	expect_line(octets, &hidden,
		"command=enquire_link status=ESME_ROK sequence=1 entity=\"abc\" "
		"customer=\"12****\" pin=* grade=4294967295");
	(void)state;
}

static void
test_what_is_no_pdu_prints_as_an_empty_one(void **state)
{
	const char *octets = "00000040 80000004 00000008 00000007";
	struct smpp_pdu pdu;
	uint8_t buf[16];
	char line[256];

	for (size_t size = 0; size <= sizeof(buf); size++) {
		struct sb_bytes in = octets_of(octets, buf, sizeof(buf));

		memset(&pdu, 0xA5, sizeof(pdu));
		assert_int_equal(smpp_decode(sb_bytes(in.data, size), NULL, &pdu, NULL), SB_EPROTO);
		smpp_pdu_print(line, sizeof(line), &pdu, NULL);
		assert_string_equal(
			line, size < sizeof(buf)
				      ? "command=0x00000000 status=ESME_ROK sequence=0 body="
				      : "command=submit_sm_resp status=ESME_RSYSERR sequence=7 "
					"message_id=\"\"");
	}
	(void)state;
}

static void
test_a_long_line_is_cut_with_dots_at_any_size(void **state)
{
	static struct generated generated;
	static char whole[262144];
	struct chance c = chance_of(0x4C494E45);
	size_t full;

	generate_pdu(&generated, smpp_command_find(SMPP_SUBMIT_MULTI), &c);
	full = smpp_pdu_print(whole, sizeof(whole), &generated.pdu, NULL);
	assert_int_equal(full, strlen(whole));
	assert_int_equal(smpp_pdu_print(NULL, 0, &generated.pdu, NULL), 0);
	for (size_t size = 1; size <= full + 1; size++) {
		char *line = malloc(size);
		size_t dots = size - 1 < 3 ? size - 1 : 3;

		assert_non_null(line);
		assert_int_equal(smpp_pdu_print(line, size, &generated.pdu, NULL), size - 1);
		assert_int_equal(strlen(line), size - 1);
		if (size <= full) {
			assert_memory_equal(line, whole, size - 1 - dots);
			assert_memory_equal(line + size - 1 - dots, "...", dots);
		}
		free(line);
	}
	(void)state;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts_are_escaped),
		cmocka_unit_test(test_an_unknown_command_shows_its_octets),
		cmocka_unit_test(test_a_mask_hides_what_is_private),
		cmocka_unit_test(test_a_mask_hides_destinations_and_text_of_submit_multi),
		cmocka_unit_test(test_tlvs_of_odd_sizes_are_shown_as_octets),
		cmocka_unit_test(test_a_dictionary_names_vendor_tlvs),
		cmocka_unit_test(test_what_is_no_pdu_prints_as_an_empty_one),
		cmocka_unit_test(test_a_long_line_is_cut_with_dots_at_any_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
