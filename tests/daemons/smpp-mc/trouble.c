/* A store that fails for a while, or that is full. */
#include "core/error.h"
#include "tests/daemons/smpp-mc/bed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct bed bed;
static struct client alice, bob;

static void
open_pair(const char *config)
{
	bed_open(&bed, config);
	client_bind(&alice, &bed, SMPP_BIND_RECEIVER, "alice");
	client_bind(&bob, &bed, SMPP_BIND_TRANSCEIVER, "bob");
}

static uint32_t
submit_status(const char *destination, const char *text)
{
	struct smpp_pdu pdu = submit_of("200", destination, text);

	pdu.submit_sm.registered_delivery = SMPP_RECEIPT_ALWAYS;
	return client_ask(&bob, &pdu).header.status;
}

static void
restart(void)
{
	bed_restart(&bed, NULL);
	client_bind(&bob, &bed, SMPP_BIND_TRANSCEIVER, "bob");
	client_bind(&alice, &bed, SMPP_BIND_RECEIVER, "alice");
}

/* Bob alone, and a store that takes 100 ms to answer. */
static void
open_late(void)
{
	bed_open(&bed, NULL);
	bed.store_delay_ns = UINT64_C(100000000);
	bed_restart(&bed, NULL);
	bed_pass(&bed, 5000);
	client_bind(&bob, &bed, SMPP_BIND_TRANSMITTER, "bob");
}

static void
pass_pinged(unsigned seconds)
{
	while (seconds--) {
		bed_pass(&bed, 1000);
		client_ping(&alice);
		client_ping(&bob);
	}
}

static void
test_a_full_disk_refuses_and_is_used_again_when_it_has_room(void **state)
{
	(void)state;
	open_pair(NULL);
	sb_store_memory_fail(bed.memory, SB_ENOSPC);
	for (int i = 0; i < 5; i++)
		assert_int_equal(submit_status("1555", "x"), SMPP_RMSGQFUL);
	assert_int_equal(bed_counter(&bed, "smpp_mc_store_failing "), 1);
	pass_pinged(3);
	assert_int_equal(submit_status("1555", "x"), SMPP_RMSGQFUL);
	sb_store_memory_fail(bed.memory, 0);
	pass_pinged(2);
	assert_int_equal(submit_status("1555", "x"), SMPP_ROK);
	assert_int_equal(bed_counter(&bed, "smpp_mc_store_failing "), 0);
	client_gets(&alice, "x");
	bed_close(&bed);
}

static void
test_an_io_error_is_said_to_be_ours(void **state)
{
	(void)state;
	open_pair(NULL);
	sb_store_memory_fail(bed.memory, SB_EIO);
	assert_int_equal(submit_status("1555", "x"), SMPP_RSYSERR);
	assert_int_equal(submit_status("1555", "x"), SMPP_RSYSERR);
	bed_close(&bed);
}

/* What was delivered while nothing could be written is not delivered again. */
static void
test_ends_are_stored_when_the_store_works_again(void **state)
{
	struct smpp_pdu pdu = submit_of("200", "1555", "x");
	struct message_id id;

	(void)state;
	open_pair(NULL);
	client_unbind(&alice);
	pdu.submit_sm.registered_delivery = SMPP_RECEIPT_ALWAYS;
	id = client_submit(&bob, &pdu);
	sb_store_memory_fail(bed.memory, SB_ENOSPC);
	client_bind(&alice, &bed, SMPP_BIND_RECEIVER, "alice");
	client_gets(&alice, "x");
	assert_int_equal(client_query(&bob, id, "200"), SMPP_STATE_DELIVERED);
	/* Its receipt is not more durable than the end. */
	pass_pinged(5);
	client_expect_nothing(&bob);
	sb_store_memory_fail(bed.memory, 0);
	pass_pinged(2);
	restart();
	client_gets_receipt(&bob, id, "DELIVRD");
	client_expect_nothing(&alice);
	assert_int_equal(client_query(&bob, id, "200"), SMPP_STATE_DELIVERED);
	bed_close(&bed);
}

static void
test_without_that_a_restart_delivers_again(void **state)
{
	struct smpp_pdu pdu = submit_of("200", "1555", "x");

	(void)state;
	open_pair(NULL);
	client_unbind(&alice);
	client_submit(&bob, &pdu);
	sb_store_memory_fail(bed.memory, SB_EIO);
	client_bind(&alice, &bed, SMPP_BIND_RECEIVER, "alice");
	client_gets(&alice, "x");
	restart();
	client_gets(&alice, "x");
	bed_close(&bed);
}

static void
test_a_message_is_not_replaced_by_one_that_is_refused(void **state)
{
	struct smpp_pdu pdu = submit_of("200", "1555", "first");

	(void)state;
	open_pair(NULL);
	client_unbind(&alice);
	client_submit(&bob, &pdu);
	sb_store_memory_fail(bed.memory, SB_ENOSPC);
	pdu.submit_sm.short_message = sb_bytes_text("second");
	pdu.submit_sm.replace_if_present_flag = 1;
	assert_int_equal(client_ask(&bob, &pdu).header.status, SMPP_RMSGQFUL);
	sb_store_memory_fail(bed.memory, 0);
	pass_pinged(0);
	bed_pass(&bed, 2000);
	client_bind(&alice, &bed, SMPP_BIND_RECEIVER, "alice");
	client_gets(&alice, "first");
	client_unbind(&alice);
	pdu.submit_sm.short_message = sb_bytes_text("third");
	client_submit(&bob, &pdu);
	pdu.submit_sm.short_message = sb_bytes_text("fourth");
	client_submit(&bob, &pdu);
	client_bind(&alice, &bed, SMPP_BIND_RECEIVER, "alice");
	client_gets(&alice, "fourth");
	client_expect_nothing(&alice);
	bed_close(&bed);
}

/* Handed over before its partition knew of the failure, to a disk that had room for it: what was
 * acknowledged on one session goes in order, so it would promise that the end is stored, too. */
static void
test_no_message_is_taken_while_an_end_that_came_before_it_is_not_stored(void **state)
{
	struct smpp_pdu pdu = submit_of("200", "1555", "first");

	(void)state;
	open_late();
	client_send(&bob, &pdu);
	bed_pass(&bed, 200);
	assert_int_equal(client_expect(&bob, SMPP_SUBMIT_SM_RESP).header.status, SMPP_ROK);
	sb_store_memory_fail(bed.memory, SB_ENOSPC);
	client_bind(&alice, &bed, SMPP_BIND_RECEIVER, "alice");
	client_gets(&alice, "first");
	sb_store_memory_fail(bed.memory, 0);
	pdu.submit_sm.short_message = sb_bytes_text("second");
	client_send(&bob, &pdu);
	bed_pass(&bed, 200);
	assert_int_equal(client_expect(&bob, SMPP_SUBMIT_SM_RESP).header.status, SMPP_RMSGQFUL);
	bed_pass(&bed, 2000);
	client_send(&bob, &pdu);
	bed_pass(&bed, 200);
	assert_int_equal(client_expect(&bob, SMPP_SUBMIT_SM_RESP).header.status, SMPP_ROK);
	bed.store_delay_ns = 0;
	restart();
	client_gets(&alice, "second");
	client_expect_nothing(&alice);
	bed_close(&bed);
}

static void
test_a_cancel_that_cannot_be_stored_is_not_confirmed(void **state)
{
	struct smpp_pdu pdu = submit_of("200", "1555", "x");
	struct message_id id;

	(void)state;
	open_pair(NULL);
	client_unbind(&alice);
	id = client_submit(&bob, &pdu);
	sb_store_memory_fail(bed.memory, SB_ENOSPC);
	assert_int_equal(client_cancel(&bob, id, "200"), SMPP_RSYSERR);
	sb_store_memory_fail(bed.memory, 0);
	bed_pass(&bed, 2000);
	restart();
	client_expect_nothing(&alice);
	assert_int_equal(client_query(&bob, id, "200"), SMPP_STATE_DELETED);
	bed_close(&bed);
}

/* What ended before it is still to be written; who asks is told at once all the same. */
static void
test_a_cancel_does_not_wait_for_a_store_that_fails(void **state)
{
	struct smpp_pdu pdu = submit_of("200", "1555", "x");
	struct message_id id;

	(void)state;
	open_pair(NULL);
	client_unbind(&alice);
	client_submit(&bob, &pdu);
	pdu.submit_sm.schedule_delivery_time = sb_bytes_text("000000010000000R");
	id = client_submit(&bob, &pdu);
	sb_store_memory_fail(bed.memory, SB_ENOSPC);
	client_bind(&alice, &bed, SMPP_BIND_RECEIVER, "alice");
	client_gets(&alice, "x");
	pass_pinged(2);
	assert_int_equal(client_cancel(&bob, id, "200"), SMPP_RSYSERR);
	sb_store_memory_fail(bed.memory, 0);
	pass_pinged(2);
	restart();
	assert_int_equal(client_query(&bob, id, "200"), SMPP_STATE_DELETED);
	bed_close(&bed);
}

/* It waited for room when the store began to fail. */
static void
test_a_message_does_not_wait_for_a_store_that_fails(void **state)
{
	enum { SIZE = 60000 };
	static const char config[] = BED_BASE BED_SINK "store { queue_limit = 64KiB }\n"
						       "delivery { partitions_per_shard = 1 }\n";
	static const uint8_t tlv[4 + SIZE] = {0x04, 0x24, SIZE >> 8, SIZE & 0xff};
	struct smpp_pdu pdu = submit_of("200", "1555", "x");

	(void)state;
	bed_open(&bed, config);
	bed.store_delay_ns = UINT64_C(1000000000);
	bed_restart(&bed, config);
	bed_pass(&bed, 5000);
	client_bind(&bob, &bed, SMPP_BIND_TRANSMITTER, "bob");
	client_send(&bob, &pdu);
	bed_pass(&bed, 1500);
	assert_int_equal(client_expect(&bob, SMPP_SUBMIT_SM_RESP).header.status, SMPP_ROK);
	sb_store_memory_fail(bed.memory, SB_ENOSPC);
	client_bind(&alice, &bed, SMPP_BIND_RECEIVER, "alice");
	client_gets(&alice, "x");
	pdu = submit_of("200", "1555", "");
	pdu.tlvs = sb_bytes(tlv, sizeof(tlv));
	client_send(&bob, &pdu);
	client_send(&bob, &pdu);
	client_expect_nothing(&bob);
	bed_pass(&bed, 1500);
	for (int i = 0; i < 2; i++)
		assert_int_equal(
			client_expect(&bob, SMPP_SUBMIT_SM_RESP).header.status, SMPP_RMSGQFUL);
	sb_store_memory_fail(bed.memory, 0);
	bed_pass(&bed, 5000);
	assert_int_equal(bed_counter(&bed, "smpp_mc_messages "), 0);
	bed_close(&bed);
}

static void
test_a_drain_does_not_wait_for_a_store_that_fails(void **state)
{
	struct smpp_pdu pdu = submit_of("200", "1555", "x");

	(void)state;
	open_pair(NULL);
	client_unbind(&alice);
	client_submit(&bob, &pdu);
	sb_store_memory_fail(bed.memory, SB_ENOSPC);
	client_bind(&alice, &bed, SMPP_BIND_RECEIVER, "alice");
	client_gets(&alice, "x");
	pass_pinged(2);
	sb_node_stop(bed.node);
	bed_pass(&bed, 6000);
	assert_true(sb_node_is_stopped(bed.node));
	bed_close(&bed);
}

/* Its text is to be read, and its receiver found. */
static void
test_want_of_memory_delays_a_message_and_does_not_strand_it(void **state)
{
	static const char config[] = BED_BASE BED_SINK "delivery { cache_limit = 0 }\n";

	(void)state;
	for (unsigned nth = 1; nth <= 30; nth++) {
		struct smpp_pdu pdu = submit_of("200", "1555", "x");

		open_pair(config);
		pdu.submit_sm.schedule_delivery_time = sb_bytes_text("000000000005000R");
		client_submit(&bob, &pdu);
		pass_pinged(4);
		sim_fail_allocation(bed.sim, nth);
		bed_pass(&bed, 3000);
		sim_fail_allocation(bed.sim, 0);
		client_gets(&alice, "x");
		bed_close(&bed);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_full_disk_refuses_and_is_used_again_when_it_has_room),
		cmocka_unit_test(test_an_io_error_is_said_to_be_ours),
		cmocka_unit_test(test_ends_are_stored_when_the_store_works_again),
		cmocka_unit_test(test_without_that_a_restart_delivers_again),
		cmocka_unit_test(test_a_message_is_not_replaced_by_one_that_is_refused),
		cmocka_unit_test(
			test_no_message_is_taken_while_an_end_that_came_before_it_is_not_stored),
		cmocka_unit_test(test_a_cancel_that_cannot_be_stored_is_not_confirmed),
		cmocka_unit_test(test_a_cancel_does_not_wait_for_a_store_that_fails),
		cmocka_unit_test(test_a_message_does_not_wait_for_a_store_that_fails),
		cmocka_unit_test(test_a_drain_does_not_wait_for_a_store_that_fails),
		cmocka_unit_test(test_want_of_memory_delays_a_message_and_does_not_strand_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
