/* Which request is served in which state, by the sheet's table and not by the code's. */
#include "tests/protocols/smpp/session_bed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* What comes back: S served (ROK), B its own response with RINVBNDSTS, A RALYBND, N generic_nack
 * RINVCMDID, - nothing. Columns: OPEN, TX, RX, TRX. */
static const struct {
	uint32_t command;
	const char *answers;
} table[] = {
	{SMPP_SUBMIT_SM, "BSBS"},
	{SMPP_SUBMIT_MULTI, "BSBS"},
	{SMPP_QUERY_SM, "BSBS"},
	{SMPP_CANCEL_SM, "BSBS"},
	{SMPP_REPLACE_SM, "BSBS"},
	{SMPP_DATA_SM, "BSBS"},
	{SMPP_BROADCAST_SM, "BSBS"},
	{SMPP_QUERY_BROADCAST_SM, "BSBS"},
	{SMPP_CANCEL_BROADCAST_SM, "BSBS"},
	{SMPP_DELIVER_SM, "BBBB"},
	{SMPP_ALERT_NOTIFICATION, "----"},
	{SMPP_OUTBIND, "----"},
	{SMPP_ENQUIRE_LINK, "SSSS"},
	{SMPP_BIND_TRANSMITTER, "SAAA"},
	{SMPP_BIND_RECEIVER, "SAAA"},
	{SMPP_BIND_TRANSCEIVER, "SAAA"},
	{0x00000000, "NNNN"},
	{0x0000000a, "NNNN"},
	{0x00010200, "NNNN"},
	{0x7fffffff, "NNNN"},
	/* Responses that answer nothing of ours. */
	{SMPP_GENERIC_NACK, "----"},
	{SMPP_SUBMIT_SM_RESP, "----"},
	{SMPP_DELIVER_SM_RESP, "----"},
	{SMPP_UNBIND_RESP, "----"},
	{SMPP_ENQUIRE_LINK_RESP, "----"},
	{SMPP_BIND_TRANSCEIVER_RESP, "----"},
	{0x80001234, "----"},
};

static const uint32_t binds[] = {
	0, SMPP_BIND_TRANSMITTER, SMPP_BIND_RECEIVER, SMPP_BIND_TRANSCEIVER};

static void
put_broadcast_tlvs(struct sb_writer *w)
{
	smpp_put_tlv(w, SMPP_TAG_BROADCAST_AREA_IDENTIFIER, sb_bytes("\1x", 2));
	smpp_put_tlv(w, SMPP_TAG_BROADCAST_CONTENT_TYPE, sb_bytes("\0\0\1", 3));
	smpp_put_tlv_u16(w, SMPP_TAG_BROADCAST_REP_NUM, 1);
	smpp_put_tlv(w, SMPP_TAG_BROADCAST_FREQUENCY_INTERVAL, sb_bytes("\0\0\1", 3));
}

static void
send_command(struct bed *bed, uint32_t command, uint32_t sequence)
{
	static const uint8_t destination[] = "\1\1\1"
					     "4915";
	struct smpp_pdu pdu = {.header = {.command = command, .sequence = sequence}};
	uint8_t tlvs[64];
	struct sb_writer w = sb_writer_of(tlvs, sizeof(tlvs));

	if (!smpp_command_find(command)) {
		bed_send_header(bed, command, 0, sequence);
		return;
	}
	if (command == SMPP_SUBMIT_MULTI)
		pdu.submit_multi.dest_address =
			(struct smpp_list){sb_bytes(destination, sizeof(destination)), 1};
	if (command == SMPP_BROADCAST_SM) {
		put_broadcast_tlvs(&w);
		pdu.tlvs = sb_bytes(tlvs, sb_writer_size(&w));
	}
	bed_send(bed, &pdu);
}

static void
expect_answer(struct bed *bed, uint32_t command, char answer, uint32_t sequence)
{
	switch (answer) {
	case 'S':
		bed_expect(bed, command | SMPP_RESPONSE_BIT, SMPP_ROK, sequence);
		return;
	case 'B':
		bed_expect(bed, command | SMPP_RESPONSE_BIT, SMPP_RINVBNDSTS, sequence);
		return;
	case 'A':
		bed_expect(bed, command | SMPP_RESPONSE_BIT, SMPP_RALYBND, sequence);
		return;
	case 'N':
		bed_expect(bed, SMPP_GENERIC_NACK, SMPP_RINVCMDID, sequence);
		return;
	default:
		bed_expect_nothing(bed);
	}
}

static void
test_every_state_serves_the_requests_of_the_book(void **state)
{
	static struct bed bed;

	(void)state;
	for (size_t column = 0; column < 4; column++) {
		for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
			uint32_t sequence = 0x1000 + (uint32_t)i;

			bed_open(&bed, NULL);
			if (binds[column])
				bed_bind(&bed, binds[column]);
			send_command(&bed, table[i].command, sequence);
			expect_answer(&bed, table[i].command, table[i].answers[column], sequence);
			bed_expect_nothing(&bed);
			/* Whatever it was, the session goes on. */
			bed_send_header(&bed, SMPP_ENQUIRE_LINK, 0, 9);
			bed_expect(&bed, SMPP_ENQUIRE_LINK_RESP, SMPP_ROK, 9);
			bed_close(&bed);
		}
	}
}

static void
test_a_refused_request_does_not_reach_the_application(void **state)
{
	static struct bed bed;

	(void)state;
	bed_open(&bed, NULL);
	bed_send_submit(&bed, 7);
	bed_expect(&bed, SMPP_SUBMIT_SM_RESP, SMPP_RINVBNDSTS, 7);
	bed_bind(&bed, SMPP_BIND_RECEIVER);
	bed_send_submit(&bed, 8);
	bed_expect(&bed, SMPP_SUBMIT_SM_RESP, SMPP_RINVBNDSTS, 8);
	bed_expect_trace(&bed, "");
	bed_close(&bed);
}

static void
test_requests_of_a_draining_session_may_be_sent_again_elsewhere(void **state)
{
	static struct bed bed;

	(void)state;
	bed_open(&bed, NULL);
	bed_bind(&bed, SMPP_BIND_TRANSCEIVER);
	assert_int_equal(bed_send_deliver(&bed, 1), 0);
	bed_expect(&bed, SMPP_DELIVER_SM, SMPP_ROK, 1);
	sb_node_stop(bed.node);
	bed_turn(&bed);
	bed_expect_trace(&bed, "unbinding;");
	bed_send_submit(&bed, 7);
	bed_expect(&bed, SMPP_SUBMIT_SM_RESP, SMPP_RSYSERR, 7);
	bed_send_header(&bed, SMPP_ENQUIRE_LINK, 0, 8);
	bed_expect(&bed, SMPP_ENQUIRE_LINK_RESP, SMPP_ROK, 8);
	bed_send_bind(&bed, SMPP_BIND_RECEIVER, 0x34, 9);
	bed_expect(&bed, SMPP_BIND_RECEIVER_RESP, SMPP_RALYBND, 9);
	bed_close(&bed);
}

static void
test_requests_behind_the_peers_unbind_are_refused(void **state)
{
	static struct bed bed;

	(void)state;
	bed_open(&bed, NULL);
	bed_bind(&bed, SMPP_BIND_TRANSCEIVER);
	bed.answers_later = true;
	bed_send_submit(&bed, 2);
	bed_send_header(&bed, SMPP_UNBIND, 0, 3);
	bed_send_submit(&bed, 4);
	bed_expect(&bed, SMPP_SUBMIT_SM_RESP, SMPP_RINVBNDSTS, 4);
	bed_send_header(&bed, SMPP_UNBIND, 0, 5);
	bed_expect(&bed, SMPP_UNBIND_RESP, SMPP_RINVBNDSTS, 5);
	bed_send_header(&bed, SMPP_ENQUIRE_LINK, 0, 6);
	bed_expect(&bed, SMPP_ENQUIRE_LINK_RESP, SMPP_ROK, 6);
	bed_close(&bed);
}

static void
test_what_the_mc_may_send_depends_on_the_bind(void **state)
{
	static struct bed bed;

	(void)state;
	bed_open(&bed, NULL);
	assert_int_equal(bed_send_deliver(&bed, 1), SB_EINVAL);
	bed_close(&bed);

	bed_open(&bed, NULL);
	bed_bind(&bed, SMPP_BIND_TRANSMITTER);
	assert_int_equal(bed_send_deliver(&bed, 1), SB_EINVAL);
	bed_close(&bed);

	bed_open(&bed, NULL);
	bed_bind(&bed, SMPP_BIND_RECEIVER);
	assert_int_equal(bed_send_deliver(&bed, 1), 0);
	bed_expect(&bed, SMPP_DELIVER_SM, SMPP_ROK, 1);
	bed_close(&bed);
}

static uint32_t wrong_command;

static void
act_send_wrong(struct bed *bed, struct sb_session *s)
{
	struct smpp_pdu pdu = {.header = {.command = wrong_command}};

	(void)bed;
	assert_int_equal(smpp_send(s, &pdu, 0), SB_EINVAL);
}

static void
test_what_is_not_the_applications_to_send_is_refused(void **state)
{
	static const uint32_t wrong[] = {SMPP_SUBMIT_SM, SMPP_UNBIND, SMPP_ENQUIRE_LINK,
		SMPP_DELIVER_SM_RESP, SMPP_GENERIC_NACK, SMPP_BIND_RECEIVER, SMPP_OUTBIND, 0x77};
	static struct bed bed;

	(void)state;
	bed_open(&bed, NULL);
	bed_bind(&bed, SMPP_BIND_TRANSCEIVER);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		wrong_command = wrong[i];
		bed_act(&bed, act_send_wrong);
		bed_expect_nothing(&bed);
	}
	bed_close(&bed);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_state_serves_the_requests_of_the_book),
		cmocka_unit_test(test_a_refused_request_does_not_reach_the_application),
		cmocka_unit_test(test_requests_of_a_draining_session_may_be_sent_again_elsewhere),
		cmocka_unit_test(test_requests_behind_the_peers_unbind_are_refused),
		cmocka_unit_test(test_what_the_mc_may_send_depends_on_the_bind),
		cmocka_unit_test(test_what_is_not_the_applications_to_send_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
