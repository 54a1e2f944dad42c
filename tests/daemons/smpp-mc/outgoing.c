/* What becomes of a client's message on its way to another client. */
#include "daemons/smpp-mc/outgoing.h"

#include "core/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static uint8_t stored[1024], area[512];
static struct mc_outgoing outgoing;

/* A submit_sm or data_sm with these tags, each with a value of two octets. */
static struct sb_bytes
with_tags(uint32_t command, const uint16_t *tags, size_t count)
{
	struct sb_writer w = sb_writer_of(area, sizeof(area));
	struct smpp_pdu pdu = {.header.command = command};

	for (size_t i = 0; i < count; i++) {
		sb_put_u16(&w, tags[i]);
		sb_put_u16(&w, 2);
		sb_put_u16(&w, (uint16_t)i);
	}
	pdu.tlvs = sb_bytes(area, sb_writer_size(&w));
	w = sb_writer_of(stored, sizeof(stored));
	assert_int_equal(smpp_encode(&pdu, &w), 0);
	return sb_bytes(stored, sb_writer_size(&w));
}

static void
assert_tags(const uint16_t *tags, size_t count)
{
	struct sb_reader r = sb_reader_of(outgoing.pdu.tlvs);
	struct smpp_tlv tlv;

	for (size_t i = 0; i < count; i++) {
		assert_true(smpp_next_tlv(&r, &tlv));
		assert_int_equal(tlv.tag, tags[i]);
		assert_int_equal(tlv.value.size, 2);
	}
	assert_false(smpp_next_tlv(&r, &tlv));
}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void
test_wishes_to_the_centre_end_there(void **state)
{
	static const uint16_t sent[] = {SMPP_TAG_MORE_MESSAGES_TO_SEND, SMPP_TAG_SOURCE_PORT,
		SMPP_TAG_SET_DPF, SMPP_TAG_ALERT_ON_MESSAGE_DELIVERY, 0x1401,
		SMPP_TAG_QOS_TIME_TO_LIVE};
	static const uint16_t left[] = {SMPP_TAG_SOURCE_PORT, 0x1401};

	(void)state;
	assert_int_equal(mc_outgoing_make(&outgoing, with_tags(SMPP_SUBMIT_SM, sent, COUNT(sent)),
				 false, SMPP_VERSION_34),
		0);
	assert_int_equal(outgoing.pdu.header.command, SMPP_DELIVER_SM);
	assert_tags(left, COUNT(left));
	mc_outgoing_fini(&outgoing);
}

static void
test_no_client_speaks_as_the_centre(void **state)
{
	static const uint16_t sent[] = {SMPP_TAG_RECEIPTED_MESSAGE_ID, SMPP_TAG_MESSAGE_STATE,
		SMPP_TAG_USER_MESSAGE_REFERENCE, SMPP_TAG_NETWORK_ERROR_CODE,
		SMPP_TAG_CONGESTION_STATE, SMPP_TAG_MORE_MESSAGES_TO_SEND};
	static const uint16_t delivered[] = {SMPP_TAG_USER_MESSAGE_REFERENCE};
	static const uint16_t data[] = {
		SMPP_TAG_USER_MESSAGE_REFERENCE, SMPP_TAG_MORE_MESSAGES_TO_SEND};

	(void)state;
	assert_int_equal(mc_outgoing_make(&outgoing, with_tags(SMPP_SUBMIT_SM, sent, COUNT(sent)),
				 false, SMPP_VERSION_50),
		0);
	assert_tags(delivered, COUNT(delivered));
	mc_outgoing_fini(&outgoing);
	assert_int_equal(mc_outgoing_make(&outgoing, with_tags(SMPP_DATA_SM, sent, COUNT(sent)),
				 false, SMPP_VERSION_50),
		0);
	assert_tags(data, COUNT(data));
	mc_outgoing_fini(&outgoing);
}

static void
test_receipts_keep_what_the_centre_says(void **state)
{
	static const uint16_t sent[] = {SMPP_TAG_RECEIPTED_MESSAGE_ID, SMPP_TAG_MESSAGE_STATE};

	(void)state;
	assert_int_equal(mc_outgoing_make(&outgoing, with_tags(SMPP_DELIVER_SM, sent, COUNT(sent)),
				 true, SMPP_VERSION_34),
		0);
	assert_tags(sent, COUNT(sent));
	assert_null(outgoing.tlvs);
	mc_outgoing_fini(&outgoing);
}

static void
test_nothing_is_copied_when_all_goes_on(void **state)
{
	static const uint16_t sent[] = {SMPP_TAG_SAR_MSG_REF_NUM, 0x1400, 0x3fff, 0x0007};

	(void)state;
	assert_int_equal(mc_outgoing_make(&outgoing, with_tags(SMPP_SUBMIT_SM, sent, COUNT(sent)),
				 false, SMPP_VERSION_34),
		0);
	assert_tags(sent, COUNT(sent));
	assert_null(outgoing.tlvs);
	mc_outgoing_fini(&outgoing);
}

static void
test_what_cannot_be_read_is_not_sent(void **state)
{
	(void)state;
	assert_int_equal(
		mc_outgoing_make(&outgoing, sb_bytes_text("no PDU"), false, SMPP_VERSION_34),
		SB_EINVAL);
	mc_outgoing_fini(&outgoing);
}

/* ---- to an upstream ---- */

static struct sb_bytes
stored_pdu(const struct smpp_pdu *pdu)
{
	struct sb_writer w = sb_writer_of(stored, sizeof(stored));

	assert_int_equal(smpp_encode(pdu, &w), 0);
	return sb_bytes(stored, sb_writer_size(&w));
}

static const struct mc_onward in_an_hour = {
	.asks_receipt = true, .expiry_ms = 1764201600000 + 3600000, .now_ms = 1764201600000};

static void
test_what_we_have_done_is_not_asked_of_an_upstream(void **state)
{
	struct smpp_pdu pdu = {.header.command = SMPP_SUBMIT_SM};

	(void)state;
	pdu.submit_sm.schedule_delivery_time = sb_bytes_text("000000010000000R");
	pdu.submit_sm.validity_period = sb_bytes_text("000002000000000R");
	pdu.submit_sm.replace_if_present_flag = 1;
	pdu.submit_sm.registered_delivery = SMPP_RECEIPT_ON_FAILURE | SMPP_WANT_USER_ACK;
	pdu.submit_sm.short_message = sb_bytes_text("text");
	assert_int_equal(
		mc_outgoing_onward(&outgoing, stored_pdu(&pdu), &in_an_hour, SMPP_VERSION_34), 0);
	assert_int_equal(outgoing.pdu.header.command, SMPP_SUBMIT_SM);
	assert_int_equal(outgoing.pdu.submit_sm.schedule_delivery_time.size, 0);
	assert_int_equal(outgoing.pdu.submit_sm.replace_if_present_flag, 0);
	assert_int_equal(outgoing.pdu.submit_sm.registered_delivery,
		SMPP_RECEIPT_ALWAYS | SMPP_WANT_USER_ACK);
	assert_true(sb_bytes_equal(
		outgoing.pdu.submit_sm.validity_period, sb_bytes_text("000000010000000R")));
	mc_outgoing_fini(&outgoing);
}

static void
test_a_long_validity_is_a_date_for_an_upstream(void **state)
{
	struct smpp_pdu pdu = {.header.command = SMPP_SUBMIT_SM};
	struct mc_onward onward = in_an_hour;

	(void)state;
	onward.expiry_ms = onward.now_ms + INT64_C(60) * 86400000;
	assert_int_equal(
		mc_outgoing_onward(&outgoing, stored_pdu(&pdu), &onward, SMPP_VERSION_34), 0);
	assert_true(sb_bytes_equal(
		outgoing.pdu.submit_sm.validity_period, sb_bytes_text("260126000000000+")));
	mc_outgoing_fini(&outgoing);
}

static void
test_an_upstream_gets_the_wishes_to_a_centre(void **state)
{
	static const uint16_t sent[] = {SMPP_TAG_MORE_MESSAGES_TO_SEND, SMPP_TAG_SOURCE_PORT,
		SMPP_TAG_RECEIPTED_MESSAGE_ID, 0x1401, SMPP_TAG_MESSAGE_STATE};
	static const uint16_t left[] = {
		SMPP_TAG_MORE_MESSAGES_TO_SEND, SMPP_TAG_SOURCE_PORT, 0x1401};

	(void)state;
	assert_int_equal(mc_outgoing_onward(&outgoing, with_tags(SMPP_SUBMIT_SM, sent, COUNT(sent)),
				 &in_an_hour, SMPP_VERSION_34),
		0);
	assert_tags(left, COUNT(left));
	mc_outgoing_fini(&outgoing);
}

static void
test_a_data_sm_for_an_upstream_has_the_time_that_is_left(void **state)
{
	static const uint16_t sent[] = {SMPP_TAG_SOURCE_PORT, 0x1401};
	uint32_t seconds;

	(void)state;
	assert_int_equal(mc_outgoing_onward(&outgoing, with_tags(SMPP_DATA_SM, sent, COUNT(sent)),
				 &in_an_hour, SMPP_VERSION_34),
		0);
	assert_int_equal(outgoing.pdu.header.command, SMPP_DATA_SM);
	assert_int_equal(outgoing.pdu.data_sm.registered_delivery, SMPP_RECEIPT_ALWAYS);
	assert_true(smpp_find_tlv_integer(outgoing.pdu.tlvs, SMPP_TAG_QOS_TIME_TO_LIVE, &seconds));
	assert_int_equal(seconds, 3600);
	mc_outgoing_fini(&outgoing);
}

static void
test_an_upstream_of_3_3_gets_a_submit_sm_without_tlvs(void **state)
{
	static const uint8_t payload[] = {0x04, 0x24, 0, 2, 'h', 'i', 0x14, 0x01, 0, 1, 1};
	struct smpp_pdu pdu = {.header.command = SMPP_DATA_SM};

	(void)state;
	pdu.data_sm.destination_addr = sb_bytes_text("49");
	pdu.tlvs = sb_bytes(payload, sizeof(payload));
	assert_int_equal(
		mc_outgoing_onward(&outgoing, stored_pdu(&pdu), &in_an_hour, SMPP_VERSION_33), 0);
	assert_int_equal(outgoing.pdu.header.command, SMPP_SUBMIT_SM);
	assert_int_equal(outgoing.pdu.tlvs.size, 0);
	assert_true(sb_bytes_equal(outgoing.pdu.submit_sm.short_message, sb_bytes_text("hi")));
	assert_true(sb_bytes_equal(outgoing.pdu.submit_sm.destination_addr, sb_bytes_text("49")));
	mc_outgoing_fini(&outgoing);
}

static void
test_a_damaged_row_goes_to_nobody(void **state)
{
	struct smpp_pdu pdu = {.header.command = SMPP_QUERY_SM};

	(void)state;
	assert_int_equal(mc_outgoing_onward(
				 &outgoing, sb_bytes("nonsense", 8), &in_an_hour, SMPP_VERSION_34),
		SB_EINVAL);
	mc_outgoing_fini(&outgoing);
	assert_int_equal(
		mc_outgoing_onward(&outgoing, stored_pdu(&pdu), &in_an_hour, SMPP_VERSION_34),
		SB_EINVAL);
	mc_outgoing_fini(&outgoing);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wishes_to_the_centre_end_there),
		cmocka_unit_test(test_no_client_speaks_as_the_centre),
		cmocka_unit_test(test_receipts_keep_what_the_centre_says),
		cmocka_unit_test(test_nothing_is_copied_when_all_goes_on),
		cmocka_unit_test(test_what_cannot_be_read_is_not_sent),
		cmocka_unit_test(test_what_we_have_done_is_not_asked_of_an_upstream),
		cmocka_unit_test(test_a_long_validity_is_a_date_for_an_upstream),
		cmocka_unit_test(test_an_upstream_gets_the_wishes_to_a_centre),
		cmocka_unit_test(test_a_data_sm_for_an_upstream_has_the_time_that_is_left),
		cmocka_unit_test(test_an_upstream_of_3_3_gets_a_submit_sm_without_tlvs),
		cmocka_unit_test(test_a_damaged_row_goes_to_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
