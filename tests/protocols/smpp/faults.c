/* Wrong PDUs: what is wrong, which status to answer, and what is still usable. */
#include "protocols/smpp/pdu.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/protocols/smpp/pdus.h"
#include "tests/support/octets.h"

static struct generated generated;
static uint8_t wire[GENERATED_OCTETS];

static const struct {
	const char *octets;
	int result;
	enum smpp_fault fault;
	uint32_t status;
	uint32_t answer;
	const char *field;
} wrong[] = {
	/* No PDU at all. */
	{"", SB_EPROTO, SMPP_FAULT_LENGTH, SMPP_RINVCMDLEN, SMPP_GENERIC_NACK, ""},
	{"00000010 00000015 00000000 000000", SB_EPROTO, SMPP_FAULT_LENGTH, SMPP_RINVCMDLEN,
		SMPP_GENERIC_NACK, ""},
	{"00000011 00000015 00000000 00000001", SB_EPROTO, SMPP_FAULT_LENGTH, SMPP_RINVCMDLEN,
		SMPP_GENERIC_NACK, ""},
	{"0000000F 00000015 00000000 00000001", SB_EPROTO, SMPP_FAULT_LENGTH, SMPP_RINVCMDLEN,
		SMPP_GENERIC_NACK, ""},
	/* Commands that nobody knows: requests are refused, responses are not answered. */
	{"00000010 00000000 00000000 00000001", SB_ENOTSUP, SMPP_FAULT_COMMAND, SMPP_RINVCMDID,
		SMPP_GENERIC_NACK, ""},
	{"00000012 00010200 00000000 00000001 0102", SB_ENOTSUP, SMPP_FAULT_COMMAND, SMPP_RINVCMDID,
		SMPP_GENERIC_NACK, ""},
	{"00000010 8000000B 00000000 00000001", SB_ENOTSUP, SMPP_FAULT_COMMAND, SMPP_RINVCMDID, 0,
		""},
	{"00000010 80010200 00000000 00000001", SB_ENOTSUP, SMPP_FAULT_COMMAND, SMPP_RINVCMDID, 0,
		""},
	/* Bodies that end too early. */
	{"00000010 00000004 00000000 00000001", SB_EPROTO, SMPP_FAULT_BODY, SMPP_RINVCMDLEN,
		SMPP_SUBMIT_SM_RESP, "service_type"},
	{"00000013 00000004 00000000 00000001 'CMT'", SB_EPROTO, SMPP_FAULT_BODY, SMPP_RINVCMDLEN,
		SMPP_SUBMIT_SM_RESP, "service_type"},
	{"00000011 00000004 00000000 00000001 00", SB_EPROTO, SMPP_FAULT_BODY, SMPP_RINVCMDLEN,
		SMPP_SUBMIT_SM_RESP, "source_addr_ton"},
	{"0000001A 00000002 00000000 00000001 'me'00 'secret'00", SB_EPROTO, SMPP_FAULT_BODY,
		SMPP_RINVCMDLEN, SMPP_BIND_TRANSMITTER_RESP, "system_type"},
	{"00000012 0000000B 00000000 00000001 'me'", SB_EPROTO, SMPP_FAULT_BODY, SMPP_RINVCMDLEN, 0,
		"system_id"},
	/* sm_length says more than is there. */
	{"00000025 00000004 00000000 00000001 00 00 00 00 00 00 '1'00 00 00 00 00 00 00 00 00 00 "
	 "04 'abc'",
		SB_EPROTO, SMPP_FAULT_BODY, SMPP_RINVMSGLEN, SMPP_SUBMIT_SM_RESP, "short_message"},
	/* Stray octets and TLVs over the end. */
	{"00000025 00000004 00000000 00000001 00 00 00 00 00 00 '1'00 00 00 00 00 00 00 00 00 00 "
	 "00 020400",
		SB_EPROTO, SMPP_FAULT_TLV_AREA, SMPP_RINVTLVSTREAM, SMPP_SUBMIT_SM_RESP, "tlvs"},
	{"0000002C 00000004 00000000 00000001 00 00 00 00 00 00 '1'00 00 00 00 00 00 00 00 00 00 "
	 "00 0204 0002 0001 0424 0002",
		SB_EPROTO, SMPP_FAULT_TLV_AREA, SMPP_RINVTLVSTREAM, SMPP_SUBMIT_SM_RESP, "tlvs"},
	/* The destinations of submit_multi. */
	{"0000001B 00000021 00000000 00000001 00 00 00 00 01 03 0101 '4'00 00", SB_EPROTO,
		SMPP_FAULT_BODY, SMPP_RINVDESTFLAG, SMPP_SUBMIT_MULTI_RESP, "dest_address"},
	{"0000001A 00000021 00000000 00000001 00 00 00 00 01 01 0101 '46'", SB_EPROTO,
		SMPP_FAULT_BODY, SMPP_RINVCMDLEN, SMPP_SUBMIT_MULTI_RESP, "dest_address"},
	{"0000001B 00000021 00000000 00000001 00 00 00 00 02 01 0101 '46'00", SB_EPROTO,
		SMPP_FAULT_BODY, SMPP_RINVCMDLEN, SMPP_SUBMIT_MULTI_RESP, "dest_address"},
	{"0000001F 00000021 00000000 00000001 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00",
		SB_EPROTO, SMPP_FAULT_FIELD, SMPP_RINVNUMDESTS, SMPP_SUBMIT_MULTI_RESP,
		"number_of_dests"},
	{"00000036 00000021 00000000 00000001 00 00 00 00 01 02 '123456789012345678901'00 "
	 "00 00 00 00 00 00 00 00 00 00",
		SB_EPROTO, SMPP_FAULT_FIELD, SMPP_RINVDLNAME, SMPP_SUBMIT_MULTI_RESP, "dl_name"},
	{"00000038 00000021 00000000 00000001 00 00 00 00 01 01 0101 '123456789012345678901'00 "
	 "00 00 00 00 00 00 00 00 00 00",
		SB_EPROTO, SMPP_FAULT_FIELD, SMPP_RINVDSTADR, SMPP_SUBMIT_MULTI_RESP,
		"destination_addr"},
	/* A broadcast_sm without one of the TLVs that it must have. */
	{"0000001B 00000111 00000000 00000001 00 00 00 00 00 00 00 00 00 00 00", SB_EPROTO,
		SMPP_FAULT_MISSING_TLV, SMPP_RMISSINGTLV, SMPP_BROADCAST_SM_RESP,
		"broadcast_area_identifier"},
};

static void
test_a_wrong_pdu_gets_the_answer_that_the_specification_says(void **state)
{
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		uint8_t buf[512];
		struct sb_bytes in = exact_copy(octets_of(wrong[i].octets, buf, sizeof(buf)));
		struct smpp_decode_error error;
		struct smpp_pdu pdu;

		assert_int_equal(smpp_decode(in, NULL, &pdu, &error), wrong[i].result);
		assert_int_equal(error.fault, wrong[i].fault);
		assert_int_equal(error.status, wrong[i].status);
		assert_int_equal(error.answer, wrong[i].answer);
		assert_string_equal(error.field, wrong[i].field);
		if (in.size >= SMPP_HEADER_SIZE)
			assert_int_equal(pdu.header.sequence, 1);
		free((void *)in.data);
	}
	(void)state;
}

static const struct smpp_decode_options lenient;

static int
decode_generated(const struct smpp_decode_options *options, struct smpp_pdu *pdu,
	struct smpp_decode_error *error)
{
	size_t size = encode_unchecked(&generated.pdu, wire, sizeof(wire));

	return smpp_decode(sb_bytes(wire, size), options, pdu, error);
}

/* A field of a wrong size is read over, named, and not sent. */
static void
expect_field_fault(const struct smpp_field_info *field)
{
	struct smpp_decode_error error;
	struct smpp_pdu pdu;

	assert_int_equal(decode_generated(&lenient, &pdu, &error), SB_EPROTO);
	assert_int_equal(error.fault, SMPP_FAULT_FIELD);
	assert_int_equal(error.status, field->status);
	assert_string_equal(error.field, field->name);
	assert_null(pdu_difference(&generated.pdu, &pdu));
}

static void
expect_refusal(const struct smpp_field_info *field)
{
	uint8_t octets[1024];
	struct sb_writer w = sb_writer_of(octets, sizeof(octets));

	assert_int_equal(smpp_encode(&generated.pdu, &w), SB_EINVAL);
	assert_int_equal(sb_writer_size(&w), 0);
	assert_int_equal(smpp_encoded_size(&generated.pdu), 0);
	assert_string_equal(smpp_invalid_field(&generated.pdu), field->name);
}

static void
try_wrong_texts(const struct smpp_command_info *command, const struct smpp_field_info *field,
	struct chance *c)
{
	struct sb_bytes *text;

	generate_pdu(&generated, command, c);
	generated.pdu.header_only = false;
	text = field_of(&generated.pdu, field);
	*text = generate_text(&generated, field->size, c);
	expect_field_fault(field);
	if (field->kind == SMPP_FIELD_PASSWORD)
		*text = generate_text(&generated, SMPP_PASSWORD_SIZE_MAX, c);
	expect_refusal(field);
	*text = generate_text(&generated, field->size - 1u, c);
	assert_int_equal(decode_generated(&lenient, &(struct smpp_pdu){0}, NULL), 0);
	((uint8_t *)text->data)[0] = 0;
	expect_refusal(field);
}

static void
test_every_text_that_is_too_long_has_its_own_status(void **state)
{
	struct chance c = chance_of(0x4F564552);
	size_t count;
	const struct smpp_command_info *commands = smpp_command_table(&count);

	for (size_t i = 0; i < count; i++) {
		for (size_t f = 0; f < commands[i].field_count; f++) {
			const struct smpp_field_info *field = &commands[i].fields[f];

			if (field->kind == SMPP_FIELD_STRING || field->kind == SMPP_FIELD_PASSWORD)
				try_wrong_texts(&commands[i], field, &c);
		}
	}
	(void)state;
}

static void
test_a_time_is_empty_or_sixteen_characters(void **state)
{
	struct chance c = chance_of(0x54494D45);
	size_t count;
	const struct smpp_command_info *commands = smpp_command_table(&count);

	for (size_t i = 0; i < count; i++) {
		for (size_t f = 0; f < commands[i].field_count; f++) {
			const struct smpp_field_info *field = &commands[i].fields[f];

			if (field->kind != SMPP_FIELD_TIME)
				continue;
			generate_pdu(&generated, &commands[i], &c);
			generated.pdu.header_only = false;
			for (size_t size = 1; size < 20; size += size == 15 ? 2 : 1) {
				*(struct sb_bytes *)field_of(&generated.pdu, field) =
					generate_text(&generated, size, &c);
				expect_field_fault(field);
				expect_refusal(field);
			}
		}
	}
	(void)state;
}

static void
test_values_over_their_bound_are_faults_only_when_asked(void **state)
{
	const struct smpp_decode_options strict = {.strict_values = true};
	struct chance c = chance_of(0x56414C);
	size_t count, tried = 0;
	const struct smpp_command_info *commands = smpp_command_table(&count);

	for (size_t i = 0; i < count; i++) {
		for (size_t f = 0; f < commands[i].field_count; f++) {
			const struct smpp_field_info *field = &commands[i].fields[f];
			struct smpp_decode_error error;
			struct smpp_pdu pdu;

			if (field->kind != SMPP_FIELD_U8 || field->size == UINT8_MAX)
				continue;
			generate_pdu(&generated, &commands[i], &c);
			*(uint8_t *)field_of(&generated.pdu, field) = (uint8_t)(field->size + 1);
			assert_int_equal(decode_generated(&lenient, &pdu, &error), 0);
			assert_int_equal(decode_generated(&strict, &pdu, &error), SB_EPROTO);
			assert_int_equal(error.fault, SMPP_FAULT_FIELD);
			assert_int_equal(error.status, field->status);
			assert_string_equal(error.field, field->name);
			tried++;
		}
	}
	assert_int_equal(tried, 18);
	(void)state;
}

static void
test_the_worst_fault_is_told_and_of_equal_ones_the_first(void **state)
{
	struct chance c = chance_of(2);
	struct smpp_decode_error error;
	struct smpp_pdu pdu;
	size_t size;

	generate_pdu(&generated, smpp_command_find(SMPP_SUBMIT_SM), &c);
	generated.pdu.submit_sm.source_addr = generate_text(&generated, 21, &c);
	generated.pdu.submit_sm.destination_addr = generate_text(&generated, 21, &c);
	assert_int_equal(decode_generated(NULL, &pdu, &error), SB_EPROTO);
	assert_int_equal(error.status, SMPP_RINVSRCADR);
	generated.pdu.tlvs = sb_bytes_text("x");
	assert_int_equal(decode_generated(NULL, &pdu, &error), SB_EPROTO);
	assert_int_equal(error.status, SMPP_RINVTLVSTREAM);
	generated.pdu.tlvs.size = 0;
	size = encode_unchecked(&generated.pdu, wire, sizeof(wire)) -
	       generated.pdu.submit_sm.short_message.size - 1;
	patch_u32(wire, (uint32_t)size);
	assert_int_equal(smpp_decode(sb_bytes(wire, size), NULL, &pdu, &error), SB_EPROTO);
	assert_int_equal(error.fault, SMPP_FAULT_BODY);
	assert_int_equal(error.status, SMPP_RINVCMDLEN);
	(void)state;
}

static void
test_the_bound_of_a_password_is_configurable(void **state)
{
	const struct smpp_decode_options longer = {.password_max = 20};
	const struct smpp_decode_options shorter = {.password_max = 4};
	struct smpp_decode_error error;
	struct smpp_pdu pdu;

	generated.pdu = (struct smpp_pdu){
		.header = {.command = SMPP_BIND_TRANSCEIVER, .sequence = 1},
		.bind = {.password = sb_bytes_text("12345678901234567890")},
	};
	assert_int_equal(decode_generated(NULL, &pdu, &error), SB_EPROTO);
	assert_int_equal(error.status, SMPP_RINVPASWD);
	assert_int_equal(decode_generated(&longer, &pdu, &error), 0);
	assert_int_equal(pdu.bind.password.size, 20);
	generated.pdu.bind.password = sb_bytes_text("12345");
	assert_int_equal(decode_generated(NULL, &pdu, &error), 0);
	assert_int_equal(decode_generated(&shorter, &pdu, &error), SB_EPROTO);
	assert_int_equal(error.status, SMPP_RINVPASWD);
	(void)state;
}

static void
test_255_octets_and_destinations_need_version_50(void **state)
{
	const struct smpp_decode_options old = {.version = SMPP_VERSION_34};
	const struct smpp_decode_options new = {.version = SMPP_VERSION_50};
	uint8_t entries[255 * 4];
	struct sb_writer w = sb_writer_of(entries, sizeof(entries));
	struct smpp_decode_error error;
	struct smpp_pdu pdu;

	while (smpp_put_destination(
		       &w, &(struct smpp_destination){.flag = SMPP_DESTINATION_ADDRESS}) == 0)
		;
	generated.pdu = (struct smpp_pdu){
		.header = {.command = SMPP_SUBMIT_MULTI, .sequence = 1},
		.submit_multi = {.dest_address = {sb_bytes(entries, sizeof(entries)), 255}},
	};
	assert_int_equal(decode_generated(&new, &pdu, &error), 0);
	assert_int_equal(pdu.submit_multi.dest_address.count, 255);
	assert_int_equal(decode_generated(&old, &pdu, &error), SB_EPROTO);
	assert_int_equal(error.status, SMPP_RINVNUMDESTS);
	generated.pdu.submit_multi.dest_address = (struct smpp_list){sb_bytes(entries, 4), 1};
	generated.pdu.submit_multi.short_message = sb_bytes(wire + sizeof(wire) - 255, 255);
	assert_int_equal(decode_generated(NULL, &pdu, &error), 0);
	assert_int_equal(decode_generated(&old, &pdu, &error), SB_EPROTO);
	assert_int_equal(error.status, SMPP_RINVMSGLEN);
	generated.pdu.submit_multi.short_message.size = 254;
	assert_int_equal(decode_generated(&old, &pdu, &error), 0);
	(void)state;
}

static void
test_tlvs_of_a_wrong_size_are_faults_only_when_asked(void **state)
{
	static const struct smpp_tlv_info vendor[] = {
		{"carrier", 0x1401, 2, 2, SMPP_TLV_INTEGER, false, 0x34, SMPP_PRIVACY_OPEN},
	};
	const struct smpp_tlv_dictionary dictionary = {vendor, 1};
	const struct smpp_decode_options strict = {.strict_tlvs = true, .dictionary = &dictionary};
	struct smpp_decode_error error;
	struct smpp_pdu pdu;
	uint8_t buf[32];

	generated.pdu = (struct smpp_pdu){.header = {.command = SMPP_DATA_SM, .sequence = 1}};
	generated.pdu.tlvs = octets_of("0204 0001 01 0427 0001 02", buf, sizeof(buf));
	assert_int_equal(decode_generated(NULL, &pdu, &error), 0);
	assert_int_equal(decode_generated(&strict, &pdu, &error), SB_EPROTO);
	assert_int_equal(error.fault, SMPP_FAULT_TLV_SIZE);
	assert_int_equal(error.status, SMPP_RINVTLVLEN);
	assert_string_equal(error.field, "user_message_reference");
	generated.pdu.tlvs = octets_of("1401 0001 01", buf, sizeof(buf));
	assert_int_equal(decode_generated(&strict, &pdu, &error), SB_EPROTO);
	assert_string_equal(error.field, "carrier");
	generated.pdu.tlvs = octets_of("1401 0002 0001 1402 0001 01", buf, sizeof(buf));
	assert_int_equal(decode_generated(&strict, &pdu, &error), 0);
	(void)state;
}

/* Every form of a response that peers send is read; only what is there counts. */
static const struct {
	const char *octets;
	const char *message_id;
	size_t tlvs;
	bool header_only;
} responses[] = {
	{"00000010 80000004 00000000 00000001", "", 0, true},
	{"00000010 80000004 00000058 00000001", "", 0, true},
	{"00000011 80000004 00000000 00000001 00", "", 0, false},
	{"00000013 80000004 00000058 00000001 'ab'00", "ab", 0, false},
	{"00000012 80000004 00000000 00000001 'ab'", "ab", 0, false},
	{"00000018 80000004 00000000 00000001 'ab'00 0428 0001 05", "ab", 5, false},
	{"0000001B 80000004 00000000 00000001 'ab'00 0428 0001 05 000102", "ab", 5, false},
	{"00000015 80000004 00000000 00000001 'ab'00 FFFF", "ab", 0, false},
};

static void
test_responses_are_read_as_they_come(void **state)
{
	for (size_t i = 0; i < sizeof(responses) / sizeof(responses[0]); i++) {
		uint8_t buf[64];
		struct sb_bytes in = exact_copy(octets_of(responses[i].octets, buf, sizeof(buf)));
		struct smpp_decode_error error;
		struct smpp_pdu pdu;

		assert_int_equal(smpp_decode(in, NULL, &pdu, &error), 0);
		assert_int_equal(error.answer, 0);
		assert_true(sb_bytes_equal(
			pdu.submit_sm_resp.message_id, sb_bytes_text(responses[i].message_id)));
		assert_int_equal(pdu.tlvs.size, responses[i].tlvs);
		assert_int_equal(pdu.header_only, responses[i].header_only);
		free((void *)in.data);
	}
	(void)state;
}

static void
test_a_cut_off_list_of_failures_keeps_what_is_whole(void **state)
{
	uint8_t buf[64];
	struct sb_bytes in = octets_of(
		"00000021 80000021 00000000 00000001 00 02 0101'46'00 0000000B 0101'47'00 00", buf,
		sizeof(buf));
	struct smpp_pdu pdu;

	patch_u32(buf, (uint32_t)in.size);
	assert_int_equal(smpp_decode(in, NULL, &pdu, NULL), 0);
	assert_int_equal(pdu.submit_multi_resp.unsuccess_sme.count, 1);
	assert_int_equal(pdu.submit_multi_resp.unsuccess_sme.octets.size, 9);
	in = octets_of("00000000 80000021 00000000 00000001 00 01 0101'123456789012345678901'00 "
		       "0000000B",
		buf, sizeof(buf));
	patch_u32(buf, (uint32_t)in.size);
	assert_int_equal(smpp_decode(in, NULL, &pdu, NULL), SB_EPROTO);
	assert_int_equal(pdu.submit_multi_resp.unsuccess_sme.count, 1);
	(void)state;
}

static void
test_octets_behind_a_body_less_request_do_not_matter(void **state)
{
	static const char *const requests[] = {
		"00000013 00000015 00000000 00000001 010203",
		"00000014 00000006 00000000 00000001 FFFFFFFF",
		"00000015 00000006 00000000 00000001 0428 0001 05",
	};
	static const size_t tlvs[] = {0, 0, 5};

	for (size_t i = 0; i < 3; i++) {
		uint8_t buf[64];
		struct smpp_pdu pdu;
		struct sb_bytes in = octets_of(requests[i], buf, sizeof(buf));

		assert_int_equal(smpp_decode(in, NULL, &pdu, NULL), 0);
		assert_int_equal(pdu.tlvs.size, tlvs[i]);
	}
	(void)state;
}

static void
test_any_sequence_number_is_read(void **state)
{
	static const uint32_t numbers[] = {0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		struct smpp_pdu pdu;

		generated.pdu = (struct smpp_pdu){
			.header = {.command = SMPP_ENQUIRE_LINK, .sequence = numbers[i]}};
		assert_int_equal(decode_generated(NULL, &pdu, NULL), 0);
		assert_int_equal(pdu.header.sequence, numbers[i]);
	}
	(void)state;
}

static void
refuse_to_encode(const char *field)
{
	uint8_t octets[1024];
	struct sb_writer w = sb_writer_of(octets, sizeof(octets));

	assert_int_equal(smpp_encode(&generated.pdu, &w), SB_EINVAL);
	assert_string_equal(smpp_invalid_field(&generated.pdu), field);
}

static void
test_wrong_lists_tlvs_and_lengths_are_not_encoded(void **state)
{
	static const uint8_t octets[256] = {SMPP_DESTINATION_LIST, 'a', 0};
	struct smpp_list *list = &generated.pdu.submit_multi.dest_address;

	generated.pdu = (struct smpp_pdu){.header = {.command = SMPP_SUBMIT_MULTI}};
	refuse_to_encode("dest_address");
	*list = (struct smpp_list){sb_bytes(octets, 3), 2};
	refuse_to_encode("dest_address");
	*list = (struct smpp_list){sb_bytes(octets, 2), 1};
	refuse_to_encode("dest_address");
	*list = (struct smpp_list){sb_bytes(octets, 3), 1};
	assert_null(smpp_invalid_field(&generated.pdu));
	generated.pdu.submit_multi.short_message = sb_bytes(octets, 256);
	refuse_to_encode("short_message");
	generated.pdu.submit_multi.short_message.size = 255;
	generated.pdu.tlvs = sb_bytes(octets, 3);
	refuse_to_encode("tlvs");
	generated.pdu = (struct smpp_pdu){.header = {.command = SMPP_SUBMIT_MULTI_RESP}};
	assert_null(smpp_invalid_field(&generated.pdu));
	generated.pdu.submit_multi_resp.unsuccess_sme = (struct smpp_list){sb_bytes(octets, 3), 1};
	refuse_to_encode("unsuccess_sme");
	(void)state;
}

static void
test_an_unknown_command_is_not_encoded(void **state)
{
	struct smpp_pdu pdu = {.header = {.command = 0x00010200}};
	uint8_t octets[64];
	struct sb_writer w = sb_writer_of(octets, sizeof(octets));

	assert_int_equal(smpp_encode(&pdu, &w), SB_ENOTSUP);
	assert_int_equal(smpp_encoded_size(&pdu), 0);
	pdu.header.command = 0x80010200;
	pdu.header_only = true;
	assert_int_equal(smpp_encode(&pdu, &w), SB_ENOTSUP);
	assert_int_equal(sb_writer_size(&w), 0);
	(void)state;
}

static void
test_a_frame_of_a_bad_length_is_seen_with_four_octets(void **state)
{
	static const struct {
		const char *octets;
		ssize_t size;
		size_t need;
	} frames[] = {
		{"", 0, 4},
		{"000000", 0, 4},
		{"00000010", 0, 16},
		{"00000010 00000015 00000000 00000001 0000", 16, 0},
		{"0000000F", SB_EPROTO, 0},
		{"00000000", SB_EPROTO, 0},
		{"00000400", 0, 1024},
		{"00000401", SB_EPROTO, 0},
		{"7FFFFFFF", SB_EPROTO, 0},
		{"FFFFFFFF", SB_EPROTO, 0},
	};

	for (size_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
		uint8_t buf[64];
		size_t need = 0;
		struct sb_bytes in = exact_copy(octets_of(frames[i].octets, buf, sizeof(buf)));

		assert_int_equal(smpp_frame(in, 1024, &need), frames[i].size);
		assert_int_equal(need, frames[i].need);
		assert_int_equal(smpp_frame(in, 1024, NULL), frames[i].size);
		free((void *)in.data);
	}
	(void)state;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_wrong_pdu_gets_the_answer_that_the_specification_says),
		cmocka_unit_test(test_every_text_that_is_too_long_has_its_own_status),
		cmocka_unit_test(test_a_time_is_empty_or_sixteen_characters),
		cmocka_unit_test(test_values_over_their_bound_are_faults_only_when_asked),
		cmocka_unit_test(test_the_worst_fault_is_told_and_of_equal_ones_the_first),
		cmocka_unit_test(test_the_bound_of_a_password_is_configurable),
		cmocka_unit_test(test_255_octets_and_destinations_need_version_50),
		cmocka_unit_test(test_tlvs_of_a_wrong_size_are_faults_only_when_asked),
		cmocka_unit_test(test_responses_are_read_as_they_come),
		cmocka_unit_test(test_a_cut_off_list_of_failures_keeps_what_is_whole),
		cmocka_unit_test(test_octets_behind_a_body_less_request_do_not_matter),
		cmocka_unit_test(test_any_sequence_number_is_read),
		cmocka_unit_test(test_wrong_lists_tlvs_and_lengths_are_not_encoded),
		cmocka_unit_test(test_an_unknown_command_is_not_encoded),
		cmocka_unit_test(test_a_frame_of_a_bad_length_is_seen_with_four_octets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
