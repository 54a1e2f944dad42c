/* There and back with generated values, for every PDU on the table. */
#include "protocols/smpp/pdu.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "protocols/smpp/print.h"
#include "tests/protocols/smpp/pdus.h"
#include "tests/support/octets.h"

#define ROUNDS    200
#define PDU_BYTES 65536

static struct generated generated;
static uint8_t expected[PDU_BYTES];
static uint8_t written[PDU_BYTES];

static void
go_there_and_back(const struct smpp_pdu *pdu)
{
	const struct smpp_decode_options strict = {.strict_values = true, .strict_tlvs = true};
	size_t size = encode_unchecked(pdu, expected, sizeof(expected));
	struct sb_writer w = sb_writer_of(written, size);
	struct smpp_decode_error error;
	struct smpp_pdu back;
	struct sb_bytes copy;

	assert_null(smpp_invalid_field(pdu));
	assert_int_equal(smpp_encoded_size(pdu), size);
	assert_int_equal(smpp_encode(pdu, &w), 0);
	assert_int_equal(sb_writer_size(&w), size);
	assert_memory_equal(written, expected, size);
	copy = exact_copy(sb_bytes(written, size));
	assert_int_equal(smpp_decode(copy, &strict, &back, &error), 0);
	assert_int_equal(error.fault, SMPP_FAULT_NONE);
	assert_int_equal(error.answer, smpp_answer_of(pdu->header.command));
	assert_null(pdu_difference(pdu, &back));
	free((void *)copy.data);
}

static void
test_every_pdu_goes_there_and_back(void **state)
{
	struct chance c = chance_of(0x534D5050);
	size_t count;
	const struct smpp_command_info *commands = smpp_command_table(&count);

	for (size_t i = 0; i < count; i++) {
		for (int round = 0; round < ROUNDS; round++) {
			generate_pdu(&generated, &commands[i], &c);
			go_there_and_back(&generated.pdu);
		}
	}
	(void)state;
}

/* Cut at every octet, in memory of exactly that size: nothing is read behind the cut. */
static void
cut_everywhere(const struct smpp_pdu *pdu)
{
	size_t size = encode_unchecked(pdu, expected, sizeof(expected));

	for (size_t cut = 0; cut < size; cut++) {
		struct sb_bytes part = exact_copy(sb_bytes(expected, cut));
		struct smpp_decode_error error;
		struct smpp_pdu out;
		char line[256];
		size_t need = 0;

		assert_int_equal(smpp_frame(part, PDU_BYTES, &need), 0);
		assert_int_equal(need, cut < 4 ? 4 : size);
		assert_int_equal(smpp_decode(part, NULL, &out, &error), SB_EPROTO);
		assert_int_equal(error.fault, SMPP_FAULT_LENGTH);
		if (cut >= SMPP_HEADER_SIZE) {
			patch_u32((uint8_t *)part.data, (uint32_t)cut);
			assert_int_equal(smpp_frame(part, PDU_BYTES, NULL), cut);
			if (smpp_decode(part, NULL, &out, &error))
				assert_true(error.fault > SMPP_FAULT_NONE);
			smpp_pdu_print(line, sizeof(line), &out, NULL);
		}
		free((void *)part.data);
	}
}

static void
test_a_pdu_cut_at_any_octet_is_never_read_over(void **state)
{
	struct chance c = chance_of(0x435554);
	size_t count;
	const struct smpp_command_info *commands = smpp_command_table(&count);

	for (size_t i = 0; i < count; i++) {
		for (int round = 0; round < 4; round++) {
			generate_pdu(&generated, &commands[i], &c);
			cut_everywhere(&generated.pdu);
		}
	}
	(void)state;
}

/* Octets changed by chance: what still decodes must encode, and come back the same. */
static void
change_and_decode(struct chance *c)
{
	size_t size = encode_unchecked(&generated.pdu, expected, sizeof(expected));
	struct sb_bytes copy = exact_copy(sb_bytes(expected, size));
	struct smpp_pdu changed, back;
	struct sb_writer w = sb_writer_of(written, sizeof(written));

	for (uint32_t left = chance_below(c, 4); left && size > SMPP_HEADER_SIZE; left--) {
		uint32_t at =
			SMPP_HEADER_SIZE + chance_below(c, (uint32_t)(size - SMPP_HEADER_SIZE));

		((uint8_t *)copy.data)[at] = (uint8_t)chance_below(c, 256);
	}
	if (smpp_decode(copy, NULL, &changed, NULL) == 0) {
		assert_int_equal(smpp_encode(&changed, &w), 0);
		assert_int_equal(
			smpp_decode(sb_bytes(written, sb_writer_size(&w)), NULL, &back, NULL), 0);
		assert_null(pdu_difference(&changed, &back));
	}
	free((void *)copy.data);
}

static void
test_what_decodes_after_a_change_also_encodes(void **state)
{
	struct chance c = chance_of(0x4348414E);
	size_t count;
	const struct smpp_command_info *commands = smpp_command_table(&count);

	for (size_t i = 0; i < count; i++) {
		for (int round = 0; round < ROUNDS; round++) {
			generate_pdu(&generated, &commands[i], &c);
			change_and_decode(&c);
		}
	}
	(void)state;
}

static void
test_an_encoder_without_room_leaves_the_writer_as_it_was(void **state)
{
	struct chance c = chance_of(1);
	size_t size;

	generate_pdu(&generated, smpp_command_find(SMPP_SUBMIT_MULTI), &c);
	size = smpp_encoded_size(&generated.pdu);
	for (size_t room = 0; room < size; room++) {
		struct sb_writer w = sb_writer_of(written, room);

		assert_int_equal(smpp_encode(&generated.pdu, &w), SB_ENOSPC);
		assert_int_equal(sb_writer_size(&w), 0);
		assert_false(sb_writer_failed(&w));
	}
	(void)state;
}

static void
test_an_encoder_appends_behind_what_is_written(void **state)
{
	struct smpp_pdu pdu = {.header = {.command = SMPP_ENQUIRE_LINK, .sequence = 1}};
	struct sb_writer w = sb_writer_of(written, sizeof(written));

	for (size_t i = 1; i <= 3; i++) {
		assert_int_equal(smpp_encode(&pdu, &w), 0);
		assert_int_equal(sb_writer_size(&w), i * SMPP_HEADER_SIZE);
	}
	w.failed = true;
	assert_int_equal(smpp_encode(&pdu, &w), SB_ENOSPC);
	(void)state;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_pdu_goes_there_and_back),
		cmocka_unit_test(test_a_pdu_cut_at_any_octet_is_never_read_over),
		cmocka_unit_test(test_what_decodes_after_a_change_also_encodes),
		cmocka_unit_test(test_an_encoder_without_room_leaves_the_writer_as_it_was),
		cmocka_unit_test(test_an_encoder_appends_behind_what_is_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
