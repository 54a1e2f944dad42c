/* TLVs: the table, the walk, the finders, the builders and the user's dictionary. */
#include "protocols/smpp/tlv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/error.h"
#include "tests/support/octets.h"

/* Section 4 of the specification, once more: tag, name, least and most octets, type, repeats. */
static const struct {
	uint16_t tag;
	const char *name;
	uint16_t min;
	uint16_t max;
	char type; /* i, o, s */
	bool repeats;
	uint8_t version;
} expected[] = {
	{0x0005, "dest_addr_subunit", 1, 1, 'i', false, 0x34},
	{0x0006, "dest_network_type", 1, 1, 'i', false, 0x34},
	{0x0007, "dest_bearer_type", 1, 1, 'i', false, 0x34},
	{0x0008, "dest_telematics_id", 2, 2, 'i', false, 0x34},
	{0x000D, "source_addr_subunit", 1, 1, 'i', false, 0x34},
	{0x000E, "source_network_type", 1, 1, 'i', false, 0x34},
	{0x000F, "source_bearer_type", 1, 1, 'i', false, 0x34},
	{0x0010, "source_telematics_id", 1, 2, 'i', false, 0x34},
	{0x0017, "qos_time_to_live", 4, 4, 'i', false, 0x34},
	{0x0019, "payload_type", 1, 1, 'i', false, 0x34},
	{0x001D, "additional_status_info_text", 1, 256, 's', false, 0x34},
	{0x001E, "receipted_message_id", 1, 65, 's', false, 0x34},
	{0x0030, "ms_msg_wait_facilities", 1, 1, 'i', false, 0x34},
	{0x0201, "privacy_indicator", 1, 1, 'i', false, 0x34},
	{0x0202, "source_subaddress", 2, 23, 'o', false, 0x34},
	{0x0203, "dest_subaddress", 2, 23, 'o', false, 0x34},
	{0x0204, "user_message_reference", 2, 2, 'i', false, 0x34},
	{0x0205, "user_response_code", 1, 1, 'i', false, 0x34},
	{0x020A, "source_port", 2, 2, 'i', false, 0x34},
	{0x020B, "destination_port", 2, 2, 'i', false, 0x34},
	{0x020C, "sar_msg_ref_num", 2, 2, 'i', false, 0x34},
	{0x020D, "language_indicator", 1, 1, 'i', false, 0x34},
	{0x020E, "sar_total_segments", 1, 1, 'i', false, 0x34},
	{0x020F, "sar_segment_seqnum", 1, 1, 'i', false, 0x34},
	{0x0210, "sc_interface_version", 1, 1, 'i', false, 0x34},
	{0x0302, "callback_num_pres_ind", 1, 1, 'i', true, 0x34},
	{0x0303, "callback_num_atag", 0, 65, 'o', true, 0x34},
	{0x0304, "number_of_messages", 1, 1, 'i', false, 0x34},
	{0x0381, "callback_num", 4, 19, 'o', true, 0x34},
	{0x0420, "dpf_result", 1, 1, 'i', false, 0x34},
	{0x0421, "set_dpf", 1, 1, 'i', false, 0x34},
	{0x0422, "ms_availability_status", 1, 1, 'i', false, 0x34},
	{0x0423, "network_error_code", 3, 3, 'o', false, 0x34},
	{0x0424, "message_payload", 0, 65535, 'o', false, 0x34},
	{0x0425, "delivery_failure_reason", 1, 1, 'i', false, 0x34},
	{0x0426, "more_messages_to_send", 1, 1, 'i', false, 0x34},
	{0x0427, "message_state", 1, 1, 'i', false, 0x34},
	{0x0428, "congestion_state", 1, 1, 'i', false, 0x50},
	{0x0501, "ussd_service_op", 1, 1, 'i', false, 0x34},
	{0x0600, "broadcast_channel_indicator", 1, 1, 'i', false, 0x50},
	{0x0601, "broadcast_content_type", 3, 3, 'o', false, 0x50},
	{0x0602, "broadcast_content_type_info", 1, 255, 'o', false, 0x50},
	{0x0603, "broadcast_message_class", 1, 1, 'i', false, 0x50},
	{0x0604, "broadcast_rep_num", 2, 2, 'i', false, 0x50},
	{0x0605, "broadcast_frequency_interval", 3, 3, 'o', false, 0x50},
	{0x0606, "broadcast_area_identifier", 0, 65535, 'o', true, 0x50},
	{0x0607, "broadcast_error_status", 4, 4, 'i', true, 0x50},
	{0x0608, "broadcast_area_success", 1, 1, 'i', true, 0x50},
	{0x0609, "broadcast_end_time", 16, 17, 's', false, 0x50},
	{0x060A, "broadcast_service_group", 1, 255, 'o', false, 0x50},
	{0x060B, "billing_identification", 1, 1024, 'o', false, 0x50},
	{0x060D, "source_network_id", 7, 65, 's', false, 0x50},
	{0x060E, "dest_network_id", 7, 65, 's', false, 0x50},
	{0x060F, "source_node_id", 6, 6, 'o', false, 0x50},
	{0x0610, "dest_node_id", 6, 6, 'o', false, 0x50},
	{0x0611, "dest_addr_np_resolution", 1, 1, 'i', false, 0x50},
	{0x0612, "dest_addr_np_information", 10, 10, 'o', false, 0x50},
	{0x0613, "dest_addr_np_country", 1, 5, 'o', false, 0x50},
	{0x1201, "display_time", 1, 1, 'i', false, 0x34},
	{0x1203, "sms_signal", 2, 2, 'i', false, 0x34},
	{0x1204, "ms_validity", 1, 4, 'i', false, 0x34},
	{0x130C, "alert_on_message_delivery", 0, 1, 'i', false, 0x34},
	{0x1380, "its_reply_type", 1, 1, 'i', false, 0x34},
	{0x1383, "its_session_info", 2, 2, 'i', false, 0x34},
};

#define EXPECTED (sizeof(expected) / sizeof(expected[0]))

static void
test_the_table_is_the_specifications(void **state)
{
	static const char types[] = {
		[SMPP_TLV_INTEGER] = 'i', [SMPP_TLV_OCTETS] = 'o', [SMPP_TLV_STRING] = 's'};
	size_t count;
	const struct smpp_tlv_info *table = smpp_tlv_table(&count);

	assert_int_equal(count, EXPECTED);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(table[i].tag, expected[i].tag);
		assert_string_equal(table[i].name, expected[i].name);
		assert_int_equal(table[i].min, expected[i].min);
		assert_int_equal(table[i].max, expected[i].max);
		assert_int_equal(types[table[i].type], expected[i].type);
		assert_int_equal(table[i].repeats, expected[i].repeats);
		assert_int_equal(table[i].version, expected[i].version);
		assert_ptr_equal(smpp_tlv_info(NULL, table[i].tag), &table[i]);
		assert_ptr_equal(smpp_tlv_info_by_name(NULL, table[i].name), &table[i]);
	}
	assert_null(smpp_tlv_info(NULL, 0x1400));
	assert_null(smpp_tlv_info_by_name(NULL, "no_such_tlv"));
	(void)state;
}

static void
put_every_size(const struct smpp_tlv_info *info)
{
	static uint8_t value[65536];
	static uint8_t area[65536 + SMPP_TLV_HEADER_SIZE];

	for (size_t size = 0; size <= 1030; size++) {
		struct sb_writer w = sb_writer_of(area, sizeof(area));
		bool fits = size >= info->min && size <= info->max;
		struct sb_bytes found;

		if (info->type == SMPP_TLV_INTEGER)
			fits = size == info->min || size == info->max;
		assert_int_equal(smpp_tlv_size_fits(info, size), fits);
		assert_int_equal(
			smpp_put_tlv(&w, info->tag, sb_bytes(value, size)), fits ? 0 : SB_EINVAL);
		assert_int_equal(sb_writer_size(&w), fits ? size + SMPP_TLV_HEADER_SIZE : 0);
		assert_int_equal(
			smpp_find_tlv(sb_bytes(area, sb_writer_size(&w)), info->tag, &found), fits);
		if (fits)
			assert_int_equal(found.size, size);
	}
}

static void
test_every_tlv_is_built_in_its_sizes_only(void **state)
{
	size_t count;
	const struct smpp_tlv_info *table = smpp_tlv_table(&count);

	for (size_t i = 0; i < count; i++)
		put_every_size(&table[i]);
	(void)state;
}

static void
test_the_longest_payload_fits_and_no_longer_one(void **state)
{
	static uint8_t value[65536];
	static uint8_t area[65536 + SMPP_TLV_HEADER_SIZE];
	struct sb_writer w = sb_writer_of(area, sizeof(area));
	struct sb_bytes found;

	assert_int_equal(
		smpp_put_tlv(&w, SMPP_TAG_MESSAGE_PAYLOAD, sb_bytes(value, 65536)), SB_EINVAL);
	assert_int_equal(smpp_put_tlv(&w, 0x1400, sb_bytes(value, 65536)), SB_EINVAL);
	assert_int_equal(smpp_put_tlv(&w, SMPP_TAG_MESSAGE_PAYLOAD, sb_bytes(value, 65535)), 0);
	assert_true(smpp_find_tlv(sb_bytes(area, sb_writer_size(&w)), 0x0424, &found));
	assert_int_equal(found.size, 65535);
	(void)state;
}

static void
test_an_area_is_walked_in_order_with_unknown_and_repeated_ones(void **state)
{
	static const uint16_t tags[] = {0x0381, 0x1401, 0x0381, 0x3FFF};
	static const size_t sizes[] = {4, 0, 5, 1};
	uint8_t buf[64];
	struct sb_bytes area = octets_of(
		"0381 0004 01020304 1401 0000 0381 0005 0102030405 3FFF 0001 FF", buf, sizeof(buf));
	struct sb_reader r = sb_reader_of(area);
	struct smpp_tlv tlv;

	for (size_t i = 0; i < 4; i++) {
		assert_true(smpp_next_tlv(&r, &tlv));
		assert_int_equal(tlv.tag, tags[i]);
		assert_int_equal(tlv.value.size, sizes[i]);
	}
	assert_false(smpp_next_tlv(&r, &tlv));
	assert_false(sb_reader_failed(&r));
	assert_int_equal(smpp_tlv_walkable(area), area.size);
	(void)state;
}

static void
test_a_cut_off_area_ends_at_the_last_whole_tlv(void **state)
{
	uint8_t buf[64];
	struct sb_bytes area = octets_of("0204 0002 0001 0424 0003 616263", buf, sizeof(buf));

	for (size_t size = 0; size <= area.size; size++) {
		size_t whole = size == area.size ? area.size : size >= 6 ? 6 : 0;
		struct sb_reader r = sb_reader_of(sb_bytes(buf, size));
		struct smpp_tlv tlv;

		while (smpp_next_tlv(&r, &tlv))
			;
		assert_int_equal(sb_reader_failed(&r), size != whole);
		assert_false(smpp_next_tlv(&r, &tlv));
		assert_int_equal(smpp_tlv_walkable(sb_bytes(buf, size)), whole);
	}
	(void)state;
}

static void
test_integers_are_found_in_every_size_that_is_legal(void **state)
{
	static const struct {
		const char *octets;
		uint16_t tag;
		bool found;
		uint32_t value;
	} cases[] = {
		{"0010 0001 07", 0x0010, true, 7},
		{"0010 0002 0107", 0x0010, true, 0x0107},
		{"0010 0003 010203", 0x0010, false, 0},
		{"1204 0001 02", 0x1204, true, 2},
		{"1204 0004 01020304", 0x1204, true, 0x01020304},
		{"1204 0002 0102", 0x1204, false, 0},
		{"130C 0000", 0x130C, true, 1},
		{"130C 0001 02", 0x130C, true, 2},
		/* A wrong size is passed over, and the next of that tag counts. */
		{"0427 0002 0102 0427 0001 05", 0x0427, true, 5},
		{"0427 0000", 0x0427, false, 0},
		{"0204 0002 0001", 0x0427, false, 0},
		/* Tags of vendors: any size an integer can have. */
		{"1401 0001 FF", 0x1401, true, 255},
		{"1401 0002 FFFF", 0x1401, true, 65535},
		{"1401 0004 FFFFFFFF", 0x1401, true, 0xFFFFFFFF},
		{"1401 0003 FFFFFF", 0x1401, false, 0},
		{"1401 0000", 0x1401, false, 0},
		/* No integer by its type. */
		{"0423 0003 030021", 0x0423, false, 0},
		{"", 0x0427, false, 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t buf[64];
		uint32_t value = 0;

		assert_int_equal(smpp_find_tlv_integer(octets_of(cases[i].octets, buf, sizeof(buf)),
					 cases[i].tag, &value),
			cases[i].found);
		assert_int_equal(value, cases[i].value);
	}
	(void)state;
}

static void
test_texts_are_found_with_and_without_their_nul(void **state)
{
	uint8_t buf[64];
	struct sb_bytes value;
	struct sb_bytes area = octets_of("001E 0003 'ab'00", buf, sizeof(buf));

	assert_true(smpp_find_tlv_string(area, SMPP_TAG_RECEIPTED_MESSAGE_ID, &value));
	assert_true(sb_bytes_equal(value, sb_bytes_text("ab")));
	area = octets_of("001E 0002 'ab'", buf, sizeof(buf));
	assert_true(smpp_find_tlv_string(area, SMPP_TAG_RECEIPTED_MESSAGE_ID, &value));
	assert_true(sb_bytes_equal(value, sb_bytes_text("ab")));
	area = octets_of("001E 0000 1400 0000", buf, sizeof(buf));
	assert_false(smpp_find_tlv_string(area, SMPP_TAG_RECEIPTED_MESSAGE_ID, &value));
	assert_true(smpp_find_tlv_string(area, 0x1400, &value));
	assert_int_equal(value.size, 0);
	(void)state;
}

static void
test_builders_write_network_order_and_nuls(void **state)
{
	uint8_t buf[64], out[64];
	struct sb_writer w = sb_writer_of(out, sizeof(out));
	struct sb_bytes octets = octets_of("0427 0001 02 0204 0002 0102 0017 0004 01020304 130C "
					   "0000 001E 0002 'a'00 1401 0001 00",
		buf, sizeof(buf));

	assert_int_equal(smpp_put_tlv_u8(&w, SMPP_TAG_MESSAGE_STATE, 2), 0);
	assert_int_equal(smpp_put_tlv_u16(&w, SMPP_TAG_USER_MESSAGE_REFERENCE, 0x0102), 0);
	assert_int_equal(smpp_put_tlv_u32(&w, SMPP_TAG_QOS_TIME_TO_LIVE, 0x01020304), 0);
	assert_int_equal(smpp_put_tlv_integer(&w, SMPP_TAG_ALERT_ON_MESSAGE_DELIVERY, 1, 0), 0);
	assert_int_equal(
		smpp_put_tlv_string(&w, SMPP_TAG_RECEIPTED_MESSAGE_ID, sb_bytes_text("a")), 0);
	assert_int_equal(smpp_put_tlv_string(&w, 0x1401, sb_bytes(NULL, 0)), 0);
	assert_int_equal(sb_writer_size(&w), octets.size);
	assert_memory_equal(out, octets.data, octets.size);
	(void)state;
}

static void
test_builders_refuse_what_does_not_fit(void **state)
{
	static uint8_t text[65536];
	uint8_t out[8];
	struct sb_writer w = sb_writer_of(out, sizeof(out));

	memset(text, 'x', sizeof(text));
	assert_int_equal(smpp_put_tlv_u8(&w, SMPP_TAG_USER_MESSAGE_REFERENCE, 1), SB_EINVAL);
	assert_int_equal(smpp_put_tlv_integer(&w, 0x1400, 256, 1), SB_EINVAL);
	assert_int_equal(smpp_put_tlv_integer(&w, 0x1400, 65536, 2), SB_EINVAL);
	assert_int_equal(smpp_put_tlv_integer(&w, 0x1400, 1, 3), SB_EINVAL);
	assert_int_equal(smpp_put_tlv_integer(&w, 0x1400, 1, 5), SB_EINVAL);
	assert_int_equal(smpp_put_tlv_string(&w, 0x1400, sb_bytes("a\0b", 3)), SB_EINVAL);
	assert_int_equal(smpp_put_tlv_string(&w, 0x001E, sb_bytes(text, 65)), SB_EINVAL);
	assert_int_equal(smpp_put_tlv_string(&w, 0x1400, sb_bytes(text, 65535)), SB_EINVAL);
	assert_int_equal(smpp_put_tlv_u32(&w, 0x1400, 1), 0);
	assert_int_equal(smpp_put_tlv_u8(&w, 0x1400, 1), SB_ENOSPC);
	assert_int_equal(smpp_put_tlv_string(&w, 0x1400, sb_bytes(NULL, 0)), SB_ENOSPC);
	assert_int_equal(sb_writer_size(&w), 8);
	assert_false(sb_writer_failed(&w));
	w = sb_writer_of(out, sizeof(out));
	w.failed = true;
	assert_int_equal(smpp_put_tlv_u8(&w, 0x1400, 1), SB_ENOSPC);
	(void)state;
}

static const struct smpp_tlv_info vendor[] = {
	{"dlt_entity_id", 0x1400, 1, 64, SMPP_TLV_STRING, false, 0x34, SMPP_PRIVACY_OPEN},
	{"carrier_code", 0x1401, 1, 4, SMPP_TLV_INTEGER, false, 0x34, SMPP_PRIVACY_OPEN},
	{"long_reference", 0x0204, 4, 4, SMPP_TLV_INTEGER, false, 0x34, SMPP_PRIVACY_OPEN},
};
static const struct smpp_tlv_dictionary dictionary = {vendor, 3};

static void
test_a_dictionary_extends_the_table_and_may_redefine_it(void **state)
{
	assert_int_equal(smpp_tlv_dictionary_check(&dictionary, NULL), 0);
	assert_ptr_equal(smpp_tlv_info(&dictionary, 0x1401), &vendor[1]);
	assert_ptr_equal(smpp_tlv_info_by_name(&dictionary, "Carrier_Code"), &vendor[1]);
	assert_int_equal(smpp_tlv_info(&dictionary, 0x0204)->min, 4);
	assert_string_equal(smpp_tlv_info(&dictionary, 0x0424)->name, "message_payload");
	assert_int_equal(smpp_tlv_info_by_name(&dictionary, "message_payload")->tag, 0x0424);
	assert_null(smpp_tlv_info(&dictionary, 0x1402));
	/* Nothing of it stays in the table. */
	assert_int_equal(smpp_tlv_info(NULL, 0x0204)->min, 2);
	(void)state;
}

static void
expect_bad(struct smpp_tlv_info entry, int expected_error)
{
	struct smpp_tlv_info entries[2] = {vendor[0], entry};
	struct smpp_tlv_dictionary bad = {entries, 2};
	size_t index = 7;

	assert_int_equal(smpp_tlv_dictionary_check(&bad, &index), expected_error);
	assert_int_equal(smpp_tlv_dictionary_check(&bad, NULL), expected_error);
	assert_int_equal(index, 1);
}

static void
test_a_wrong_dictionary_is_told_with_its_entry(void **state)
{
	struct smpp_tlv_info entry = vendor[1];

	entry.name = NULL;
	expect_bad(entry, SB_EINVAL);
	entry.name = "";
	expect_bad(entry, SB_EINVAL);
	entry = vendor[1];
	entry.type = 3;
	expect_bad(entry, SB_EINVAL);
	entry = vendor[1];
	entry.max = 0;
	expect_bad(entry, SB_EINVAL);
	entry.max = 5;
	expect_bad(entry, SB_EINVAL);
	entry = vendor[1];
	entry.tag = vendor[0].tag;
	expect_bad(entry, SB_EEXIST);
	entry = vendor[1];
	entry.name = "DLT_entity_id";
	expect_bad(entry, SB_EEXIST);
	(void)state;
}

static void
test_types_go_by_their_names(void **state)
{
	enum smpp_tlv_type type = SMPP_TLV_OCTETS;

	assert_int_equal(smpp_tlv_type_from_name("integer", &type), 0);
	assert_int_equal(type, SMPP_TLV_INTEGER);
	assert_int_equal(smpp_tlv_type_from_name("octets", &type), 0);
	assert_int_equal(type, SMPP_TLV_OCTETS);
	assert_int_equal(smpp_tlv_type_from_name("String", &type), 0);
	assert_int_equal(type, SMPP_TLV_STRING);
	assert_int_equal(smpp_tlv_type_from_name("float", &type), SB_ENOENT);
	(void)state;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_table_is_the_specifications),
		cmocka_unit_test(test_every_tlv_is_built_in_its_sizes_only),
		cmocka_unit_test(test_the_longest_payload_fits_and_no_longer_one),
		cmocka_unit_test(test_an_area_is_walked_in_order_with_unknown_and_repeated_ones),
		cmocka_unit_test(test_a_cut_off_area_ends_at_the_last_whole_tlv),
		cmocka_unit_test(test_integers_are_found_in_every_size_that_is_legal),
		cmocka_unit_test(test_texts_are_found_with_and_without_their_nul),
		cmocka_unit_test(test_builders_write_network_order_and_nuls),
		cmocka_unit_test(test_builders_refuse_what_does_not_fit),
		cmocka_unit_test(test_a_dictionary_extends_the_table_and_may_redefine_it),
		cmocka_unit_test(test_a_wrong_dictionary_is_told_with_its_entry),
		cmocka_unit_test(test_types_go_by_their_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
