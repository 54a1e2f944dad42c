/* What a message centre finds in its store when it starts again. */
#include "core/error.h"
#include "core/module.h"
#include "core/supervisor.h"
#include "daemons/smpp-mc/service.h"
#include "tests/daemons/smpp-mc/bed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct bed bed;
static struct client alice, bob, carol;

#define LISTENER "listener \"smpp\" { address = \"127.0.0.1:2775\" }\n"
#define ALICE    "account \"alice\" { password = \"secret1\" }\n"
#define BOB      "account \"bob\" { password = \"secret2\" deliver_window = 2 }\n"
#define TO_ALICE "route \"1\" { account = \"alice\" }\n"

static void
open_bob(const char *config)
{
	bed_open(&bed, config);
	client_bind(&bob, &bed, SMPP_BIND_TRANSCEIVER, "bob");
}

static struct message_id
submit_pdu(const char *destination, const char *text, uint8_t registered, const char *schedule)
{
	struct smpp_pdu pdu = submit_of("200", destination, text);

	pdu.submit_sm.registered_delivery = registered;
	pdu.submit_sm.schedule_delivery_time = sb_bytes_text(schedule);
	return client_submit(&bob, &pdu);
}

static struct message_id
submit(const char *destination, const char *text, uint8_t registered)
{
	return submit_pdu(destination, text, registered, "");
}

static void
restart(const char *config)
{
	bed_restart(&bed, config);
	client_bind(&bob, &bed, SMPP_BIND_TRANSCEIVER, "bob");
}

/* ---- the store, looked at by a session of our own ---- */

struct look {
	unsigned kind;
	size_t rows;
	uint64_t first; /* id */
	struct sb_store_row put;
};

static struct look look;

static int
look_start(struct sb_session *s, const void *args)
{
	struct sb_store *store = mc_config_of(s)->service->store;
	struct sb_txn *txn;

	(void)args;
	if (!look.put.id)
		return sb_store_scan(s, store, look.kind, 0, 1000, sb_self(s), 1);
	txn = sb_txn_begin(s, store);
	assert_int_equal(sb_txn_put(txn, look.kind, look.put.id, look.put.head, look.put.head_size,
				 look.put.body, look.put.body_size),
		0);
	return sb_txn_commit(txn, sb_self(s), 2);
}

static void
look_message(struct sb_session *s, struct sb_message *m)
{
	const struct sb_store_rows *rows = m->data;

	assert_int_equal(m->status, 0);
	if (m->ref == 1) {
		look.rows = rows->count;
		look.first = rows->count ? rows->rows[0].id : 0;
	}
	sb_close(s, SB_END_LOCAL);
}

static const struct sb_module look_module = {
	.abi = SB_MODULE_ABI,
	.name = "test.look",
	.start = look_start,
	.message = look_message,
};

static void
look_now(void)
{
	assert_int_equal(
		sb_node_start_child(bed.node,
			&(struct sb_child_spec){.module = &look_module, .restart = SB_TEMPORARY}),
		0);
	bed_settle(&bed);
}

static size_t
rows_of(unsigned kind)
{
	look = (struct look){.kind = kind};
	look_now();
	return look.rows;
}

static void
put_row(unsigned kind, uint64_t id, const void *head, size_t head_size, const void *body,
	size_t body_size)
{
	look = (struct look){.kind = kind,
		.put = {.id = id,
			.head = head,
			.head_size = head_size,
			.body = body,
			.body_size = body_size}};
	look_now();
}

/* ---- messages ---- */

static void
test_messages_come_back_in_order_and_once(void **state)
{
	(void)state;
	open_bob(NULL);
	submit("1555", "one", 0);
	submit("1555", "two", 0);
	restart(NULL);
	assert_int_equal(bed_counter(&bed, "smpp_mc_messages "), 2);
	client_bind(&alice, &bed, SMPP_BIND_RECEIVER, "alice");
	client_gets(&alice, "one");
	client_gets(&alice, "two");
	client_expect_nothing(&alice);
	assert_int_equal(rows_of(MC_KIND_MESSAGE), 0);
	restart(NULL);
	client_bind(&alice, &bed, SMPP_BIND_RECEIVER, "alice");
	client_expect_nothing(&alice);
	bed_close(&bed);
}

/* A cache without room: their texts stay in the store until they are wanted. */
static void
test_messages_that_do_not_fit_in_memory_come_back_all_the_same(void **state)
{
	static const char config[] = BED_BASE BED_SINK "delivery { cache_limit = 0 }\n";
	struct message_id id;

	(void)state;
	open_bob(config);
	for (int i = 0; i < 200; i++) {
		char text[32];

		snprintf(text, sizeof(text), "text %d", i);
		id = submit("1555", text, SMPP_RECEIPT_ALWAYS);
	}
	restart(config);
	client_bind(&alice, &bed, SMPP_BIND_RECEIVER, "alice");
	for (int i = 0; i < 200; i++) {
		char text[32];
		struct smpp_pdu pdu;

		snprintf(text, sizeof(text), "text %d", i);
		client_gets(&alice, text);
		pdu = client_expect(&bob, SMPP_DELIVER_SM);
		client_respond(&bob, &pdu, SMPP_ROK);
	}
	assert_int_equal(client_query(&bob, id, "200"), SMPP_STATE_DELIVERED);
	bed_close(&bed);
}

static void
test_receipts_that_are_owed_come_after_a_restart(void **state)
{
	struct message_id id;
	struct smpp_pdu pdu = submit_of("300", "999", "x");

	(void)state;
	bed_open(&bed, NULL);
	client_bind(&bob, &bed, SMPP_BIND_TRANSMITTER, "bob");
	pdu.submit_sm.registered_delivery = SMPP_RECEIPT_ALWAYS;
	id = client_submit(&bob, &pdu);
	restart(NULL);
	client_gets_receipt(&bob, id, "DELIVRD");
	restart(NULL);
	client_expect_nothing(&bob);
	bed_close(&bed);
}

static void
test_a_schedule_is_kept(void **state)
{
	struct message_id id;

	(void)state;
	open_bob(NULL);
	id = submit_pdu("1555", "later", 0, "000000000010000R");
	bed_pass(&bed, 5000);
	restart(NULL);
	client_bind(&alice, &bed, SMPP_BIND_RECEIVER, "alice");
	/* What a 3.4 client hears of a scheduled one. */
	assert_int_equal(client_query(&bob, id, "200"), SMPP_STATE_ENROUTE);
	bed_pass(&bed, 4000);
	client_expect_nothing(&alice);
	bed_pass(&bed, 2000);
	client_gets(&alice, "later");
	bed_close(&bed);
}

static void
test_a_back_off_and_its_attempts_are_kept(void **state)
{
	static const char config[] =
		BED_BASE BED_SINK "retry \"temporary\" { first = 10s max = 40s attempts = 3 }\n";
	struct message_id id;
	struct smpp_pdu pdu;

	(void)state;
	open_bob(config);
	client_bind(&alice, &bed, SMPP_BIND_RECEIVER, "alice");
	id = submit("1555", "x", SMPP_RECEIPT_ON_FAILURE | SMPP_WANT_INTERMEDIATE);
	submit("1555", "y", 0);
	client_gets_and(&alice, "x", SMPP_RX_T_APPN);
	client_gets_and(&alice, "y", SMPP_RX_T_APPN);
	pdu = client_expect(&bob, SMPP_DELIVER_SM);
	assert_int_equal(pdu.deliver_sm.esm_class, SMPP_ESM_INTERMEDIATE);
	client_respond(&bob, &pdu, SMPP_ROK);
	restart(config);
	client_bind(&alice, &bed, SMPP_BIND_RECEIVER, "alice");
	bed_pass(&bed, 9000);
	client_expect_nothing(&alice);
	bed_pass(&bed, 1500);
	/* The second failure of three: twice as long, and no second notice. */
	client_gets_and(&alice, "x", SMPP_RX_T_APPN);
	client_gets(&alice, "y");
	client_expect_nothing(&bob);
	restart(config);
	client_bind(&alice, &bed, SMPP_BIND_RECEIVER, "alice");
	bed_pass(&bed, 19000);
	client_expect_nothing(&alice);
	bed_pass(&bed, 1500);
	client_gets_and(&alice, "x", SMPP_RX_T_APPN);
	client_gets_receipt(&bob, id, "UNDELIV");
	bed_close(&bed);
}

/* Its text is in the store alone when the handset takes it, and is marked and told of all the same.
 */
static void
test_an_attempt_at_a_handset_is_kept_without_a_text_in_memory(void **state)
{
	static const char config[] = BED_BASE "route \"default\" { sink = \"moody\" }\n"
					      "sink \"moody\" { retry_percent = 100 }\n"
					      "retry \"temporary\" { first = 1s attempts = 2 }\n"
					      "delivery { cache_limit = 0 }\n";
	struct message_id id;
	struct smpp_pdu pdu;

	(void)state;
	open_bob(config);
	id = submit_pdu(
		"999", "x", SMPP_RECEIPT_ALWAYS | SMPP_WANT_INTERMEDIATE, "000000000002000R");
	bed_pass(&bed, 2500);
	pdu = client_expect(&bob, SMPP_DELIVER_SM);
	assert_int_equal(pdu.deliver_sm.esm_class, SMPP_ESM_INTERMEDIATE);
	client_respond(&bob, &pdu, SMPP_ROK);
	restart(config);
	bed_pass(&bed, 1500);
	client_gets_receipt(&bob, id, "UNDELIV");
	bed_close(&bed);
}

static void
test_what_expired_meanwhile_expires_at_the_start(void **state)
{
	struct smpp_pdu pdu = submit_of("200", "1555", "x");
	struct message_id id;

	(void)state;
	open_bob(NULL);
	pdu.submit_sm.registered_delivery = SMPP_RECEIPT_ALWAYS;
	pdu.submit_sm.validity_period = sb_bytes_text("000000000500000R");
	id = client_submit(&bob, &pdu);
	bed_crash(&bed);
	sim_run_for(bed.sim, UINT64_C(400000000000));
	bed_start(&bed, NULL);
	client_bind(&bob, &bed, SMPP_BIND_TRANSCEIVER, "bob");
	client_bind(&alice, &bed, SMPP_BIND_RECEIVER, "alice");
	client_gets_receipt(&bob, id, "EXPIRED");
	client_expect_nothing(&alice);
	assert_int_equal(client_query(&bob, id, "200"), SMPP_STATE_EXPIRED);
	bed_close(&bed);
}

/* ---- what clients ask ---- */

static void
test_questions_are_answered_after_a_restart(void **state)
{
	struct message_id waiting, delivered, deleted;

	(void)state;
	open_bob(NULL);
	waiting = submit("1555", "x", 0);
	delivered = submit("999", "x", 0);
	deleted = submit("1666", "x", 0);
	assert_int_equal(client_cancel(&bob, deleted, "200"), SMPP_ROK);
	restart(NULL);
	assert_int_equal(client_query(&bob, waiting, "200"), SMPP_STATE_ENROUTE);
	assert_int_equal(client_query(&bob, delivered, "200"), SMPP_STATE_DELIVERED);
	assert_int_equal(client_query(&bob, deleted, "200"), SMPP_STATE_DELETED);
	assert_int_equal(client_cancel(&bob, waiting, "200"), SMPP_ROK);
	client_bind(&alice, &bed, SMPP_BIND_RECEIVER, "alice");
	client_expect_nothing(&alice);
	bed_close(&bed);
}

static void
test_a_replaced_text_is_kept(void **state)
{
	struct smpp_pdu pdu = {.header.command = SMPP_REPLACE_SM};
	struct message_id id;

	(void)state;
	open_bob(NULL);
	id = submit("1555", "old", 0);
	pdu.replace_sm.message_id = sb_bytes_text(id.text);
	pdu.replace_sm.source_addr = sb_bytes_text("200");
	pdu.replace_sm.short_message = sb_bytes_text("new");
	assert_int_equal(client_ask(&bob, &pdu).header.status, SMPP_ROK);
	restart(NULL);
	pdu.replace_sm.short_message = sb_bytes_text("newest");
	assert_int_equal(client_ask(&bob, &pdu).header.status, SMPP_ROK);
	restart(NULL);
	client_bind(&alice, &bed, SMPP_BIND_RECEIVER, "alice");
	client_gets(&alice, "newest");
	bed_close(&bed);
}

static void
test_final_states_are_forgotten_in_their_time_whoever_wrote_them(void **state)
{
	static const char config[] = BED_BASE BED_SINK "delivery { final_keep = 60s }\n";
	struct message_id id;

	(void)state;
	open_bob(config);
	for (int i = 0; i < 20; i++) {
		char destination[16];

		snprintf(destination, sizeof(destination), "9%d", i);
		id = submit(destination, "x", 0);
	}
	assert_int_equal(rows_of(MC_KIND_FINAL), 20);
	restart(config);
	assert_int_equal(client_query(&bob, id, "200"), SMPP_STATE_DELIVERED);
	for (int i = 0; i < 70; i++) {
		bed_pass(&bed, 1000);
		client_ping(&bob);
	}
	/* Of each partition the last one stays, for the sake of ids. */
	assert_in_range(rows_of(MC_KIND_FINAL), 1, 4);
	assert_int_equal(client_query(&bob, id, "200"), 256 + SMPP_RINVMSGID);
	bed_close(&bed);
}

/* ---- another configuration ---- */

static void
test_another_number_of_partitions_and_shards_finds_all(void **state)
{
	(void)state;
	open_bob(BED_BASE BED_SINK "delivery { partitions_per_shard = 7 }\n");
	for (int i = 0; i < 30; i++) {
		char destination[16];

		snprintf(destination, sizeof(destination), "1%d", i);
		submit(destination, "x", 0);
	}
	bed.threads = 3;
	restart(BED_BASE BED_SINK "delivery { partitions_per_shard = 2 }\n");
	client_bind(&alice, &bed, SMPP_BIND_RECEIVER, "alice");
	for (int i = 0; i < 30; i++)
		client_gets(&alice, "x");
	client_expect_nothing(&alice);
	bed_close(&bed);
}

static void
test_a_message_whose_route_is_gone_goes_another_way_or_ends(void **state)
{
	struct message_id lost;

	(void)state;
	open_bob(BED_BASE BED_SINK);
	lost = submit("1777", "y", SMPP_RECEIPT_ON_FAILURE);
	/* No alice: 15... is bob's now, 17... nobody's. */
	restart(LISTENER BOB "route \"15\" { account = \"bob\" }\n");
	client_gets_receipt(&bob, lost, "UNDELIV");
	assert_int_equal(client_query(&bob, lost, "200"), SMPP_STATE_UNDELIVERABLE);
	restart(NULL);
	submit("1555", "x", 0);
	restart(LISTENER BOB "route \"15\" { account = \"bob\" }\n");
	client_gets(&bob, "x");
	bed_close(&bed);
}

static void
test_messages_of_an_account_that_is_gone_are_delivered_and_their_receipts_kept(void **state)
{
	static const char without[] = LISTENER ALICE BOB TO_ALICE;
	struct smpp_pdu pdu = submit_of("300", "1555", "x");
	struct message_id id;

	(void)state;
	bed_open(&bed, LISTENER ALICE BOB TO_ALICE "account \"dave\" { password = \"x\" }\n");
	client_bind(&carol, &bed, SMPP_BIND_TRANSMITTER, "dave");
	pdu.submit_sm.registered_delivery = SMPP_RECEIPT_ALWAYS;
	id = client_submit(&carol, &pdu);
	restart(without);
	client_bind(&alice, &bed, SMPP_BIND_RECEIVER, "alice");
	client_gets(&alice, "x");
	assert_int_equal(bed_counter(&bed, "smpp_mc_messages "), 0);
	assert_int_equal(rows_of(MC_KIND_MESSAGE), 1);
	restart(without);
	assert_int_equal(rows_of(MC_KIND_MESSAGE), 1);
	restart(LISTENER ALICE BOB TO_ALICE "account \"dave\" { password = \"x\" }\n");
	client_bind(&carol, &bed, SMPP_BIND_RECEIVER, "dave");
	client_gets_receipt(&carol, id, "DELIVRD");
	assert_int_equal(rows_of(MC_KIND_MESSAGE), 0);
	bed_close(&bed);
}

/* ---- damage, and clocks ---- */

static void
test_damaged_rows_are_left_where_they_are(void **state)
{
	static const uint8_t head[37] = {0};
	static const uint8_t final[20] = {1};

	(void)state;
	open_bob(NULL);
	submit("1555", "x", 0);
	put_row(MC_KIND_MESSAGE, 1, head, sizeof(head), "", 0);
	put_row(MC_KIND_MESSAGE, 2, head, sizeof(head), "\3bob no pdu", 11);
	put_row(MC_KIND_MESSAGE, 3, head, sizeof(head), "\77bob", 4);
	put_row(MC_KIND_FINAL, 4, NULL, 0, final, sizeof(final));
	restart(NULL);
	client_bind(&alice, &bed, SMPP_BIND_RECEIVER, "alice");
	client_gets(&alice, "x");
	assert_int_equal(rows_of(MC_KIND_MESSAGE), 3);
	bed_close(&bed);
}

static void
test_ids_go_on_above_those_of_an_earlier_life(void **state)
{
	/* In 2040. */
	static const uint64_t future = UINT64_C(475000000000) << 22;
	static const uint8_t head[37] = {0};
	struct message_id id;
	uint64_t given;

	(void)state;
	open_bob(NULL);
	put_row(MC_KIND_MESSAGE, future, head, sizeof(head), "damaged", 7);
	restart(NULL);
	id = submit("1555", "x", 0);
	assert_int_equal(mc_id_parse(sb_bytes_text(id.text), &given), 0);
	assert_true(given > future);
	bed_close(&bed);
}

/* Nobody waits for what no attempt can store. */
static void
test_a_message_that_no_id_is_left_for_is_refused(void **state)
{
	static const uint8_t head[37] = {0};
	struct smpp_pdu pdu = submit_of("200", "1555", "x");

	(void)state;
	open_bob(NULL);
	put_row(MC_KIND_MESSAGE, INT64_MAX, head, sizeof(head), "damaged", 7);
	restart(NULL);
	assert_int_equal(client_ask(&bob, &pdu).header.status, SMPP_RSYSERR);
	assert_int_equal(bed_counter(&bed, "smpp_mc_store_failing "), 1);
	bed_close(&bed);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_messages_come_back_in_order_and_once),
		cmocka_unit_test(test_messages_that_do_not_fit_in_memory_come_back_all_the_same),
		cmocka_unit_test(test_receipts_that_are_owed_come_after_a_restart),
		cmocka_unit_test(test_a_schedule_is_kept),
		cmocka_unit_test(test_a_back_off_and_its_attempts_are_kept),
		cmocka_unit_test(test_an_attempt_at_a_handset_is_kept_without_a_text_in_memory),
		cmocka_unit_test(test_what_expired_meanwhile_expires_at_the_start),
		cmocka_unit_test(test_questions_are_answered_after_a_restart),
		cmocka_unit_test(test_a_replaced_text_is_kept),
		cmocka_unit_test(test_final_states_are_forgotten_in_their_time_whoever_wrote_them),
		cmocka_unit_test(test_another_number_of_partitions_and_shards_finds_all),
		cmocka_unit_test(test_a_message_whose_route_is_gone_goes_another_way_or_ends),
		cmocka_unit_test(
			test_messages_of_an_account_that_is_gone_are_delivered_and_their_receipts_kept),
		cmocka_unit_test(test_damaged_rows_are_left_where_they_are),
		cmocka_unit_test(test_ids_go_on_above_those_of_an_earlier_life),
		cmocka_unit_test(test_a_message_that_no_id_is_left_for_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
