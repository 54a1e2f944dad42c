/* Lists of destinations and of failed ones, and where the octets of a message are. */
#include "protocols/smpp/multi.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/error.h"
#include "protocols/smpp/payload.h"
#include "tests/support/octets.h"

static void
test_destinations_are_written_and_read(void **state)
{
	const struct smpp_destination address = {
		SMPP_DESTINATION_ADDRESS, 1, 2, sb_bytes_text("12345678901234567890")};
	const struct smpp_destination list = {
		.flag = SMPP_DESTINATION_LIST, .address = sb_bytes_text("friends")};
	uint8_t octets[64];
	struct sb_writer w = sb_writer_of(octets, sizeof(octets));
	struct smpp_destination read;
	struct sb_reader r;

	assert_int_equal(smpp_put_destination(&w, &address), 0);
	assert_int_equal(smpp_put_destination(&w, &list), 0);
	assert_int_equal(sb_writer_size(&w), 1 + 2 + 21 + 1 + 8);
	r = sb_reader_of(sb_bytes(octets, sb_writer_size(&w)));
	assert_true(smpp_next_destination(&r, &read));
	assert_int_equal(read.flag, SMPP_DESTINATION_ADDRESS);
	assert_int_equal(read.ton, 1);
	assert_int_equal(read.npi, 2);
	assert_true(sb_bytes_equal(read.address, address.address));
	assert_true(smpp_next_destination(&r, &read));
	assert_int_equal(read.flag, SMPP_DESTINATION_LIST);
	assert_int_equal(read.ton, 0);
	assert_true(sb_bytes_equal(read.address, list.address));
	assert_false(smpp_next_destination(&r, &read));
	assert_false(sb_reader_failed(&r));
	(void)state;
}

static void
test_wrong_destinations_are_not_written(void **state)
{
	struct smpp_destination wrong = {
		SMPP_DESTINATION_ADDRESS, 1, 1, sb_bytes_text("123456789012345678901")};
	uint8_t octets[8];
	struct sb_writer w = sb_writer_of(octets, sizeof(octets));

	assert_int_equal(smpp_put_destination(&w, &wrong), SB_EINVAL);
	wrong.address = sb_bytes("4\0006", 3);
	assert_int_equal(smpp_put_destination(&w, &wrong), SB_EINVAL);
	wrong.address = sb_bytes_text("46");
	wrong.flag = 3;
	assert_int_equal(smpp_put_destination(&w, &wrong), SB_EINVAL);
	assert_int_equal(sb_writer_size(&w), 0);
	wrong.flag = SMPP_DESTINATION_ADDRESS;
	assert_int_equal(smpp_put_destination(&w, &wrong), 0);
	assert_int_equal(smpp_put_destination(&w, &wrong), SB_ENOSPC);
	assert_int_equal(sb_writer_size(&w), 6);
	assert_false(sb_writer_failed(&w));
	(void)state;
}

static void
test_failures_are_written_and_read(void **state)
{
	struct smpp_failure failure = {1, 1, sb_bytes_text("46"), 0x0000000B};
	uint8_t octets[16];
	struct sb_writer w = sb_writer_of(octets, sizeof(octets));
	struct smpp_failure read;
	struct sb_reader r;

	assert_int_equal(smpp_put_failure(&w, &failure), 0);
	assert_int_equal(smpp_put_failure(&w, &failure), SB_ENOSPC);
	assert_int_equal(sb_writer_size(&w), 9);
	r = sb_reader_of(sb_bytes(octets, 9));
	assert_true(smpp_next_failure(&r, &read));
	assert_int_equal(read.status, 0x0000000B);
	assert_true(sb_bytes_equal(read.address, failure.address));
	assert_false(smpp_next_failure(&r, &read));
	assert_false(sb_reader_failed(&r));
	failure.address = sb_bytes_text("123456789012345678901");
	assert_int_equal(smpp_put_failure(&w, &failure), SB_EINVAL);
	(void)state;
}

static void
test_cut_off_entries_fail_the_reader(void **state)
{
	uint8_t buf[32];
	struct sb_bytes list = octets_of("01 0101 '46'00", buf, sizeof(buf));
	struct sb_bytes failures = octets_of("0101 '46'00 0000000B", buf + 16, 16);
	struct smpp_destination destination;
	struct smpp_failure failure;

	for (size_t size = 1; size < list.size; size++) {
		struct sb_reader r = sb_reader_of(sb_bytes(list.data, size));

		assert_false(smpp_next_destination(&r, &destination));
		assert_true(sb_reader_failed(&r));
		assert_false(smpp_next_destination(&r, &destination));
	}
	for (size_t size = 1; size < failures.size; size++) {
		struct sb_reader r = sb_reader_of(sb_bytes(failures.data, size));

		assert_false(smpp_next_failure(&r, &failure));
		assert_true(sb_reader_failed(&r));
		assert_false(smpp_next_failure(&r, &failure));
	}
	(void)state;
}

static void
test_the_message_is_in_one_of_two_places(void **state)
{
	const struct sb_bytes text = sb_bytes_text("hi");
	struct smpp_pdu pdu = {.header = {.command = SMPP_SUBMIT_SM}};
	struct sb_bytes octets;
	uint8_t buf[16];

	assert_int_equal(smpp_payload(&pdu, &octets), 0);
	assert_int_equal(octets.size, 0);
	pdu.submit_sm.short_message = text;
	assert_int_equal(smpp_payload(&pdu, &octets), 0);
	assert_true(sb_bytes_equal(octets, text));
	pdu.tlvs = octets_of("0424 0003 'all'", buf, sizeof(buf));
	assert_int_equal(smpp_payload(&pdu, &octets), SB_EPROTO);
	assert_true(sb_bytes_equal(octets, sb_bytes_text("all")));
	pdu.submit_sm.short_message.size = 0;
	assert_int_equal(smpp_payload(&pdu, &octets), 0);
	assert_true(sb_bytes_equal(octets, sb_bytes_text("all")));
	(void)state;
}

static void
test_every_command_with_a_message_gives_it(void **state)
{
	const struct sb_bytes text = sb_bytes_text("hi");
	struct smpp_pdu multi = {
		.header = {.command = SMPP_SUBMIT_MULTI}, .submit_multi = {.short_message = text}};
	struct smpp_pdu replace = {
		.header = {.command = SMPP_REPLACE_SM}, .replace_sm = {.short_message = text}};
	struct smpp_pdu other = {.header = {.command = SMPP_DATA_SM}};
	struct sb_bytes octets;
	uint8_t buf[16];

	assert_int_equal(smpp_payload(&multi, &octets), 0);
	assert_true(sb_bytes_equal(octets, text));
	assert_int_equal(smpp_payload(&replace, &octets), 0);
	assert_true(sb_bytes_equal(octets, text));
	other.tlvs = octets_of("0424 0003 'all'", buf, sizeof(buf));
	assert_int_equal(smpp_payload(&other, &octets), 0);
	assert_int_equal(octets.size, 3);
	other.header.command = SMPP_QUERY_SM;
	assert_int_equal(smpp_payload(&other, &octets), SB_ENOENT);
	(void)state;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_destinations_are_written_and_read),
		cmocka_unit_test(test_wrong_destinations_are_not_written),
		cmocka_unit_test(test_failures_are_written_and_read),
		cmocka_unit_test(test_cut_off_entries_fail_the_reader),
		cmocka_unit_test(test_the_message_is_in_one_of_two_places),
		cmocka_unit_test(test_every_command_with_a_message_gives_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
