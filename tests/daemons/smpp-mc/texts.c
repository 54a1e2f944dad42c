/* What messages become on their way: rows, rewritten ones, receipts, deliveries. */
#include "core/error.h"
#include "daemons/smpp-mc/entry.h"
#include "daemons/smpp-mc/outgoing.h"
#include "daemons/smpp-mc/receipt_row.h"
#include "daemons/smpp-mc/rewrite.h"
#include "protocols/smpp/receipt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define NOW INT64_C(1800000000000)

static const struct mc_limits limits = {
	.validity_ms = 86400000, .validity_most_ms = INT64_C(7) * 86400000};

static uint8_t octets[70000];

static struct sb_bytes
encode(const struct smpp_pdu *pdu)
{
	struct sb_writer w = sb_writer_of(octets, sizeof(octets));

	assert_int_equal(smpp_encode(pdu, &w), 0);
	return sb_bytes(octets, sb_writer_size(&w));
}

static struct smpp_pdu
submit_of(const char *text)
{
	struct smpp_pdu pdu = {.header = {.command = SMPP_SUBMIT_SM, .sequence = 7}};

	pdu.submit_sm.source_addr = sb_bytes_text("100");
	pdu.submit_sm.destination_addr = sb_bytes_text("200");
	pdu.submit_sm.short_message = sb_bytes_text(text);
	return pdu;
}

static struct mc_parcel *
parcel_of(const struct smpp_pdu *pdu)
{
	struct sb_bytes octets_of_pdu = encode(pdu);
	struct mc_parcel *parcel = calloc(1, sizeof(*parcel) + 20 + octets_of_pdu.size);
	struct sb_writer w = sb_writer_of(parcel->row, 20 + octets_of_pdu.size);

	mc_row_put_prefix(&w, sb_bytes_text("alice"));
	sb_put_bytes(&w, octets_of_pdu.data, octets_of_pdu.size);
	parcel->size = (uint32_t)sb_writer_size(&w);
	parcel->expiry_ms = NOW + 5000;
	return parcel;
}

static void
test_a_head_goes_there_and_back(void **state)
{
	struct mc_parcel parcel = {.submit_ms = NOW,
		.start_ms = NOW + 1,
		.expiry_ms = NOW + 2,
		.flags = MC_ENTRY_RECEIPT | MC_ENTRY_KEPT,
		.priority = 3,
		.registered = 17,
		.part = 9,
		.tries = 4,
		.next_ms = NOW + 3};
	struct mc_parcel back = {0};
	uint8_t head[MC_HEAD_SIZE];

	(void)state;
	mc_head_put(&parcel, head);
	assert_int_equal(mc_head_get(sb_bytes(head, sizeof(head)), &back), 0);
	assert_int_equal(back.flags, MC_ENTRY_RECEIPT); /* what is in memory is not stored */
	assert_int_equal(back.priority, 3);
	assert_int_equal(back.registered, 17);
	assert_int_equal(back.part, 9);
	assert_int_equal(back.tries, 4);
	assert_int_equal(back.submit_ms, NOW);
	assert_int_equal(back.start_ms, NOW + 1);
	assert_int_equal(back.expiry_ms, NOW + 2);
	assert_int_equal(back.next_ms, NOW + 3);
	assert_int_equal(mc_head_get(sb_bytes(head, sizeof(head) - 1), &back), SB_ECORRUPT);
}

static void
test_a_damaged_row_is_seen(void **state)
{
	static const uint8_t cut[] = {5, 'a', 'l'}, empty[] = {2, 'a', 'l'};
	struct sb_bytes account, pdu;

	(void)state;
	assert_int_equal(mc_row_split(sb_bytes(cut, 3), &account, &pdu), SB_ECORRUPT);
	assert_int_equal(mc_row_split(sb_bytes(empty, 3), &account, &pdu), SB_ECORRUPT);
	assert_int_equal(mc_row_split(sb_bytes(NULL, 0), &account, &pdu), SB_ECORRUPT);
}

static void
test_a_message_and_its_receipt_have_the_same_owner(void **state)
{
	uint32_t seen = 0;

	(void)state;
	for (uint32_t i = 0; i < 1000; i++) {
		char text[16];
		uint32_t a, b, owner;

		snprintf(text, sizeof(text), "49151%07u", i * 7919);
		a = mc_text_hash(sb_bytes_text(text));
		b = mc_text_hash(sb_bytes_text("447700900000"));
		owner = mc_partition_of(a, b, 8);
		assert_true(owner < 8);
		assert_int_equal(owner, mc_partition_of(b, a, 8));
		seen |= 1u << owner;
	}
	assert_int_equal(seen, 0xff);
}

static void
test_tenths_hold_what_smpp_can_say(void **state)
{
	(void)state;
	assert_int_equal(mc_tenths_ms(mc_tenths_of(NOW + 300)), NOW + 300);
	assert_int_equal(mc_tenths_of(0), 0);
	assert_int_equal(mc_tenths_of(INT64_MAX), UINT32_MAX);
}

static void
test_times_have_their_defaults_and_bounds(void **state)
{
	int64_t start = 0, expiry = NOW + 1000;

	(void)state;
	assert_int_equal(
		mc_times(sb_bytes_text(""), sb_bytes_text(""), &limits, NOW, &start, &expiry),
		SMPP_ROK);
	assert_int_equal(start, 0);
	assert_int_equal(expiry, NOW + 1000);
	/* A default validity counts from the time of sending. */
	assert_int_equal(mc_times(sb_bytes_text("000000000010000R"), sb_bytes_text(""), &limits,
				 NOW, &start, &expiry),
		SMPP_ROK);
	assert_int_equal(start, NOW + 10000);
	assert_int_equal(expiry, NOW + 11000);
	start = 0;
	assert_int_equal(mc_times(sb_bytes_text(""), sb_bytes_text("000100000000000R"), &limits,
				 NOW, &start, &expiry),
		SMPP_ROK);
	assert_int_equal(expiry, NOW + INT64_C(7) * 86400000); /* a month is cut to the most */
}

static void
test_a_rewritten_message_keeps_all_but_its_text(void **state)
{
	static const uint8_t tlvs[] = {0x02, 0x04, 0, 2, 0, 9, 0x04, 0x24, 0, 1, 'p'};
	struct smpp_pdu pdu = submit_of(""), replace = {.header.command = SMPP_REPLACE_SM};
	uint8_t asked[128];
	struct sb_writer w = sb_writer_of(asked, sizeof(asked));
	struct mc_parcel *old, *made;
	uint32_t reference;

	(void)state;
	pdu.submit_sm.data_coding = 4;
	pdu.submit_sm.service_type = sb_bytes_text("WAP");
	pdu.tlvs = sb_bytes(tlvs, sizeof(tlvs));
	old = parcel_of(&pdu);
	replace.replace_sm.short_message = sb_bytes_text("new text");
	replace.replace_sm.registered_delivery = 1;
	assert_int_equal(smpp_encode(&replace, &w), 0);
	assert_int_equal(mc_rewrite(old, sb_bytes(asked, sb_writer_size(&w)), &limits, NOW, &made),
		SMPP_ROK);
	assert_int_equal(smpp_decode(mc_parcel_pdu(made), NULL, &pdu, NULL), 0);
	assert_true(sb_bytes_equal(pdu.submit_sm.short_message, sb_bytes_text("new text")));
	assert_int_equal(pdu.submit_sm.data_coding, 4);
	assert_true(sb_bytes_equal(pdu.submit_sm.service_type, sb_bytes_text("WAP")));
	assert_true(smpp_find_tlv_integer(pdu.tlvs, SMPP_TAG_USER_MESSAGE_REFERENCE, &reference));
	assert_int_equal(pdu.tlvs.size, 6);
	assert_int_equal(made->registered, 1);
	assert_int_equal(made->expiry_ms, old->expiry_ms);
	free(made);
	free(old);
}

static void
test_a_data_sm_cannot_be_rewritten(void **state)
{
	struct smpp_pdu pdu = {.header.command = SMPP_DATA_SM};
	struct smpp_pdu replace = {.header.command = SMPP_REPLACE_SM};
	uint8_t asked[128];
	struct sb_writer w = sb_writer_of(asked, sizeof(asked));
	struct mc_parcel *old = parcel_of(&pdu), *made;

	(void)state;
	assert_int_equal(smpp_encode(&replace, &w), 0);
	assert_int_equal(mc_rewrite(old, sb_bytes(asked, sb_writer_size(&w)), &limits, NOW, &made),
		SMPP_RREPLACEFAIL);
	free(old);
}

static struct smpp_receipt
receipt_of(const struct smpp_pdu *about, uint8_t message_state, struct smpp_pdu *pdu)
{
	static uint8_t room[MC_RECEIPT_MAX];
	struct sb_writer w = sb_writer_of(room, sizeof(room));
	struct mc_report report = {0xabc, NOW, NOW + 60000, message_state, 0};
	struct smpp_receipt receipt;

	assert_int_equal(mc_receipt_put(&w, encode(about), &report), 0);
	assert_int_equal(smpp_decode(sb_bytes(room, sb_writer_size(&w)), NULL, pdu, NULL), 0);
	pdu->deliver_sm.esm_class = pdu->deliver_sm.esm_class == SMPP_ESM_INTERMEDIATE
					    ? SMPP_ESM_INTERMEDIATE
					    : SMPP_ESM_RECEIPT;
	assert_int_equal(smpp_receipt_parse(pdu->deliver_sm.short_message, &receipt), 0);
	return receipt;
}

static void
test_a_receipt_says_what_became_of_the_message(void **state)
{
	struct smpp_pdu about = submit_of("a text of more than twenty octets"), pdu;
	struct smpp_receipt receipt = receipt_of(&about, SMPP_STATE_DELIVERED, &pdu);

	(void)state;
	assert_int_equal(pdu.header.command, SMPP_DELIVER_SM);
	assert_true(sb_bytes_equal(receipt.message_id, sb_bytes_text("0000000000000abc")));
	assert_int_equal(receipt.delivered, 1);
	assert_int_equal(receipt.state, SMPP_STATE_DELIVERED);
	assert_true(sb_bytes_equal(receipt.text, sb_bytes_text("a text of more than ")));
	assert_int_equal(receipt.submit_ms, NOW - NOW % 60000);
	assert_int_equal(receipt.done_ms - receipt.submit_ms, 60000);
	receipt = receipt_of(&about, SMPP_STATE_EXPIRED, &pdu);
	assert_int_equal(receipt.delivered, 0);
	receipt = receipt_of(&about, SMPP_STATE_ENROUTE, &pdu);
	assert_int_equal(pdu.deliver_sm.esm_class, SMPP_ESM_INTERMEDIATE);
}

static void
test_a_receipt_of_a_part_repeats_its_text_without_the_header(void **state)
{
	static const uint8_t part[] = {5, 0, 3, 1, 2, 1, 'p', 'a', 'r', 't'};
	struct smpp_pdu about = submit_of(""), pdu;
	struct smpp_receipt receipt;

	(void)state;
	about.submit_sm.esm_class = SMPP_ESM_UDHI;
	about.submit_sm.short_message = sb_bytes(part, sizeof(part));
	receipt = receipt_of(&about, SMPP_STATE_DELIVERED, &pdu);
	assert_true(sb_bytes_equal(receipt.text, sb_bytes_text("part")));
}

static void
test_a_receipt_of_a_data_sm_has_addresses_that_fit(void **state)
{
	struct smpp_pdu about = {.header.command = SMPP_DATA_SM}, pdu;

	(void)state;
	about.data_sm.source_addr = sb_bytes_text("123456789012345678901234567890");
	about.data_sm.destination_addr = sb_bytes_text("5");
	receipt_of(&about, SMPP_STATE_DELIVERED, &pdu);
	assert_int_equal(pdu.deliver_sm.destination_addr.size, 20);
}

static void
test_receipts_are_made_for_who_wants_them(void **state)
{
	(void)state;
	assert_false(mc_receipt_is_wanted(0, SMPP_STATE_DELIVERED));
	assert_true(mc_receipt_is_wanted(SMPP_RECEIPT_ALWAYS, SMPP_STATE_DELIVERED));
	assert_true(mc_receipt_is_wanted(SMPP_RECEIPT_ALWAYS, SMPP_STATE_EXPIRED));
	assert_false(mc_receipt_is_wanted(SMPP_RECEIPT_ON_FAILURE, SMPP_STATE_DELIVERED));
	assert_true(mc_receipt_is_wanted(SMPP_RECEIPT_ON_FAILURE, SMPP_STATE_DELETED));
	assert_true(mc_receipt_is_wanted(SMPP_RECEIPT_ON_SUCCESS, SMPP_STATE_DELIVERED));
	assert_false(mc_receipt_is_wanted(SMPP_RECEIPT_ON_SUCCESS, SMPP_STATE_REJECTED));
}

static void
test_an_old_peer_gets_a_payload_as_a_short_message(void **state)
{
	static const uint8_t tlvs[] = {0x04, 0x24, 0, 3, 'a', 'b', 'c'};
	struct smpp_pdu pdu = submit_of("");
	struct mc_outgoing out;

	(void)state;
	pdu.tlvs = sb_bytes(tlvs, sizeof(tlvs));
	assert_int_equal(mc_outgoing_make(&out, encode(&pdu), false, SMPP_VERSION_33), 0);
	assert_true(sb_bytes_equal(out.pdu.deliver_sm.short_message, sb_bytes_text("abc")));
	assert_int_equal(out.pdu.tlvs.size, 0);
	assert_int_equal(mc_outgoing_make(&out, encode(&pdu), false, SMPP_VERSION_34), 0);
	assert_int_equal(out.pdu.tlvs.size, sizeof(tlvs));
}

static void
test_an_old_peer_gets_a_data_sm_as_a_deliver_sm(void **state)
{
	static const uint8_t tlvs[] = {0x04, 0x24, 0, 3, 'a', 'b', 'c'};
	struct smpp_pdu pdu = {.header.command = SMPP_DATA_SM};
	struct mc_outgoing out;

	(void)state;
	pdu.data_sm.source_addr = sb_bytes_text("100");
	pdu.data_sm.data_coding = 4;
	pdu.tlvs = sb_bytes(tlvs, sizeof(tlvs));
	assert_int_equal(mc_outgoing_make(&out, encode(&pdu), false, SMPP_VERSION_33), 0);
	assert_int_equal(out.pdu.header.command, SMPP_DELIVER_SM);
	assert_int_equal(out.pdu.deliver_sm.data_coding, 4);
	assert_true(sb_bytes_equal(out.pdu.deliver_sm.source_addr, sb_bytes_text("100")));
	assert_true(sb_bytes_equal(out.pdu.deliver_sm.short_message, sb_bytes_text("abc")));
	pdu.data_sm.source_addr = sb_bytes_text("a name that is far too long");
	assert_int_equal(mc_outgoing_make(&out, encode(&pdu), false, SMPP_VERSION_33), SB_ENOTSUP);
}

static void
test_a_text_too_long_for_an_old_peer_is_not_cut(void **state)
{
	static uint8_t tlvs[4 + 300] = {0x04, 0x24, 1, 44};
	struct smpp_pdu pdu = submit_of("");
	struct mc_outgoing out;

	(void)state;
	pdu.tlvs = sb_bytes(tlvs, sizeof(tlvs));
	assert_int_equal(mc_outgoing_make(&out, encode(&pdu), false, SMPP_VERSION_33), SB_ENOTSUP);
	assert_int_equal(
		mc_outgoing_make(&out, sb_bytes(octets, 20), false, SMPP_VERSION_34), SB_EINVAL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_head_goes_there_and_back),
		cmocka_unit_test(test_a_damaged_row_is_seen),
		cmocka_unit_test(test_a_message_and_its_receipt_have_the_same_owner),
		cmocka_unit_test(test_tenths_hold_what_smpp_can_say),
		cmocka_unit_test(test_times_have_their_defaults_and_bounds),
		cmocka_unit_test(test_a_rewritten_message_keeps_all_but_its_text),
		cmocka_unit_test(test_a_data_sm_cannot_be_rewritten),
		cmocka_unit_test(test_a_receipt_says_what_became_of_the_message),
		cmocka_unit_test(test_a_receipt_of_a_part_repeats_its_text_without_the_header),
		cmocka_unit_test(test_a_receipt_of_a_data_sm_has_addresses_that_fit),
		cmocka_unit_test(test_receipts_are_made_for_who_wants_them),
		cmocka_unit_test(test_an_old_peer_gets_a_payload_as_a_short_message),
		cmocka_unit_test(test_an_old_peer_gets_a_data_sm_as_a_deliver_sm),
		cmocka_unit_test(test_a_text_too_long_for_an_old_peer_is_not_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
