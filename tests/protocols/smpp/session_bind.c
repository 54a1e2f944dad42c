/* Binds: at once and later, refused and tried again, of every version; what the session tells of
 * itself. */
#include "tests/protocols/smpp/session_bed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct bed bed;

static int
opened(void **state)
{
	static const struct smpp_session_options options = {.system_id = "centre"};

	(void)state;
	bed_open(&bed, &options);
	return 0;
}

static int
done(void **state)
{
	(void)state;
	bed_close(&bed);
	return 0;
}

static void
test_each_bind_leads_to_its_state(void **state)
{
	static const struct {
		uint32_t command;
		enum smpp_state state;
		const char *trace;
	} binds[] = {
		{SMPP_BIND_TRANSMITTER, SMPP_BOUND_TX, "bind alice secret1 bound_tx 34 try 1;"},
		{SMPP_BIND_RECEIVER, SMPP_BOUND_RX, "bind alice secret1 bound_rx 34 try 1;"},
		{SMPP_BIND_TRANSCEIVER, SMPP_BOUND_TRX, "bind alice secret1 bound_trx 34 try 1;"},
	};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		bed_send_bind(&bed, binds[i].command, 0x34, 77);
		bed_expect(&bed, binds[i].command | SMPP_RESPONSE_BIT, SMPP_ROK, 77);
		bed_expect_trace(&bed, binds[i].trace);
		assert_int_equal(smpp_session_state(bed.session), binds[i].state);
		assert_string_equal(sb_identity(bed.session), "alice");
		assert_int_equal(bed_counter(&bed, "smpp_bound_sessions"), i + 1);
		bed_connect(&bed);
	}
}

static void
test_the_response_tells_our_name_and_version(void **state)
{
	struct smpp_pdu pdu;
	uint32_t version;

	(void)state;
	bed_send_bind(&bed, SMPP_BIND_TRANSCEIVER, 0x34, 1);
	pdu = bed_expect(&bed, SMPP_BIND_TRANSCEIVER_RESP, SMPP_ROK, 1);
	assert_memory_equal(pdu.bind_resp.system_id.data, "centre", 7);
	assert_true(smpp_find_tlv_integer(pdu.tlvs, SMPP_TAG_SC_INTERFACE_VERSION, &version));
	assert_int_equal(version, 0x50);
}

static void
test_a_33_peer_is_spared_tlvs_and_data_sm(void **state)
{
	static const uint8_t old[] = {0x00, 0x01, 0x32, 0x33};
	struct smpp_pdu pdu;

	(void)state;
	for (size_t i = 0; i < sizeof(old); i++) {
		bed_send_bind(&bed, SMPP_BIND_RECEIVER, old[i], 1);
		pdu = bed_expect(&bed, SMPP_BIND_RECEIVER_RESP, SMPP_ROK, 1);
		assert_int_equal(pdu.tlvs.size, 0);
		assert_int_equal(smpp_session_version(bed.session), SMPP_VERSION_33);
		bed_connect(&bed);
	}
}

static struct smpp_pdu outgoing;
static int outgoing_result;

static void
act_send(struct bed *b, struct sb_session *s)
{
	(void)b;
	outgoing_result = smpp_send(s, &outgoing, 1);
}

static void
test_nothing_that_33_lacks_is_sent_to_a_33_peer(void **state)
{
	uint8_t tlvs[64];
	struct sb_writer w = sb_writer_of(tlvs, sizeof(tlvs));
	struct smpp_pdu got;

	(void)state;
	bed_send_bind(&bed, SMPP_BIND_RECEIVER, 0x33, 1);
	bed_expect(&bed, SMPP_BIND_RECEIVER_RESP, SMPP_ROK, 1);

	smpp_put_tlv_u8(&w, SMPP_TAG_MESSAGE_STATE, 2);
	outgoing = bed_submit(0);
	outgoing.header.command = SMPP_DELIVER_SM;
	outgoing.tlvs = sb_bytes(tlvs, sb_writer_size(&w));
	bed_act(&bed, act_send);
	assert_int_equal(outgoing_result, 0);
	assert_int_equal(outgoing.tlvs.size, 5); /* the caller's stay */
	got = bed_expect(&bed, SMPP_DELIVER_SM, 0, 1);
	assert_int_equal(got.tlvs.size, 0);

	/* The text itself must not get lost. */
	smpp_put_tlv(&w, SMPP_TAG_MESSAGE_PAYLOAD, sb_bytes_text("text"));
	outgoing.tlvs = sb_bytes(tlvs, sb_writer_size(&w));
	bed_act(&bed, act_send);
	assert_int_equal(outgoing_result, SB_ENOTSUP);

	memset(&outgoing, 0, sizeof(outgoing));
	outgoing.header.command = SMPP_DATA_SM;
	bed_act(&bed, act_send);
	assert_int_equal(outgoing_result, SB_ENOTSUP);
	bed_expect_nothing(&bed);
}

static void
test_a_version_above_ours_gets_ours(void **state)
{
	(void)state;
	bed_send_bind(&bed, SMPP_BIND_TRANSCEIVER, 0xff, 1);
	bed_expect(&bed, SMPP_BIND_TRANSCEIVER_RESP, SMPP_ROK, 1);
	assert_int_equal(smpp_session_version(bed.session), SMPP_VERSION_50);
}

static void
test_our_highest_version_can_be_lowered(void **state)
{
	static const struct smpp_session_options options = {.version = SMPP_VERSION_34};
	struct smpp_pdu pdu;
	uint32_t version;

	(void)state;
	bed_close(&bed);
	bed_open(&bed, &options);
	bed_send_bind(&bed, SMPP_BIND_TRANSCEIVER, 0x50, 1);
	pdu = bed_expect(&bed, SMPP_BIND_TRANSCEIVER_RESP, SMPP_ROK, 1);
	assert_int_equal(smpp_session_version(bed.session), SMPP_VERSION_34);
	assert_true(smpp_find_tlv_integer(pdu.tlvs, SMPP_TAG_SC_INTERFACE_VERSION, &version));
	assert_int_equal(version, 0x34);
}

static void
test_a_refused_bind_may_be_tried_again(void **state)
{
	struct smpp_pdu pdu;

	(void)state;
	bed.bind_status = SMPP_RINVPASWD;
	bed_send_bind(&bed, SMPP_BIND_TRANSMITTER, 0x34, 1);
	pdu = bed_expect(&bed, SMPP_BIND_TRANSMITTER_RESP, SMPP_RINVPASWD, 1);
	assert_true(pdu.header_only);
	assert_string_equal(sb_identity(bed.session), "");
	bed.bind_status = SMPP_ROK;
	bed_send_bind(&bed, SMPP_BIND_TRANSCEIVER, 0x34, 2);
	bed_expect(&bed, SMPP_BIND_TRANSCEIVER_RESP, SMPP_ROK, 2);
	bed_expect_trace(&bed,
		"bind alice secret1 bound_tx 34 try 1;bind alice secret1 bound_trx 34 try 2;");
}

static void
test_the_third_refusal_ends_the_connection_behind_it(void **state)
{
	(void)state;
	bed.bind_status = SMPP_RBINDFAIL;
	for (uint32_t i = 1; i <= 3; i++) {
		bed_send_bind(&bed, SMPP_BIND_TRANSMITTER, 0x34, i);
		bed_expect(&bed, SMPP_BIND_TRANSMITTER_RESP, SMPP_RBINDFAIL, i);
	}
	bed_expect_closed(&bed, SB_END_LIMIT);
}

static void
test_a_bind_may_be_answered_later_and_what_follows_it_waits(void **state)
{
	(void)state;
	bed.binds_later = true;
	bed_send_bind(&bed, SMPP_BIND_TRANSMITTER, 0x34, 1);
	bed_send_submit(&bed, 2);
	bed_expect_nothing(&bed);
	assert_true(sb_is_held(bed.session));
	assert_int_equal(bed_answer(&bed, 0, SMPP_ROK), 0);
	bed_expect(&bed, SMPP_BIND_TRANSMITTER_RESP, SMPP_ROK, 1);
	bed_expect(&bed, SMPP_SUBMIT_SM_RESP, SMPP_ROK, 2);
	bed_expect_trace(&bed, "bind alice secret1 bound_tx 34 try 1;submit_sm 2;");
}

static void
test_a_bind_that_is_refused_later_frees_the_way(void **state)
{
	(void)state;
	bed.binds_later = true;
	bed_send_bind(&bed, SMPP_BIND_TRANSMITTER, 0x34, 1);
	bed_pass(&bed, 5000);
	assert_int_equal(bed_answer(&bed, 0, SMPP_RINVPASWD), 0);
	bed_expect(&bed, SMPP_BIND_TRANSMITTER_RESP, SMPP_RINVPASWD, 1);
	bed.binds_later = false;
	bed_send_bind(&bed, SMPP_BIND_TRANSMITTER, 0x34, 2);
	bed_expect(&bed, SMPP_BIND_TRANSMITTER_RESP, SMPP_ROK, 2);
}

static void
test_a_bind_that_is_forgotten_is_refused(void **state)
{
	(void)state;
	bed.binds_later = true;
	bed_send_bind(&bed, SMPP_BIND_TRANSMITTER, 0x34, 1);
	bed_pass(&bed, 29900);
	bed_expect_nothing(&bed);
	bed_pass(&bed, 200);
	bed_expect(&bed, SMPP_BIND_TRANSMITTER_RESP, SMPP_RSYSERR, 1);
	/* Meanwhile its time to bind is over. */
	bed_expect_closed(&bed, SB_END_DEADLINE);
}

static void
test_a_peer_that_goes_while_its_bind_is_looked_up_is_gone(void **state)
{
	(void)state;
	bed.binds_later = true;
	bed_send_bind(&bed, SMPP_BIND_TRANSMITTER, 0x34, 1);
	sim_reset(bed.peer);
	bed_pass(&bed, 60000);
	assert_null(bed.session);
}

static void
test_an_application_without_callbacks_refuses_binds(void **state)
{
	static const struct smpp_application mute = {.name = "smpp.mute", .side = SMPP_MC};
	const struct sb_listener_options listener = {.name = "mute", .address = "127.0.0.1:2776"};

	(void)state;
	/* Two applications on one node. */
	assert_int_equal(smpp_service_new(&bed.other, bed.node, &mute, NULL, NULL), 0);
	assert_int_equal(smpp_listen(bed.other, &listener, NULL), 0);
	bed.peer = sim_connect(bed.sim, 2776);
	bed_send_bind(&bed, SMPP_BIND_TRANSMITTER, 0x34, 1);
	bed_expect(&bed, SMPP_BIND_TRANSMITTER_RESP, SMPP_RBINDFAIL, 1);
	bed_send_header(&bed, SMPP_UNBIND, 0, 2);
	bed_expect(&bed, SMPP_UNBIND_RESP, SMPP_RINVBNDSTS, 2);
}

static void
test_a_connection_that_the_application_refuses_ends(void **state)
{
	(void)state;
	bed.connected_result = SB_EACCES;
	bed_connect(&bed);
	assert_true(sim_has_ended(bed.peer) || sim_is_closed(bed.peer));
	sim_finish(bed.peer);
	bed_turn(&bed);
	assert_non_null(strstr(bed.trace, "closed"));
	bed.connected_result = 0;
	bed_connect(&bed);
}

struct text_fields {
	struct sb_fields fields;
	char text[1024];
};

static void
add_text(struct sb_fields *f, const char *key, struct sb_value value)
{
	struct text_fields *t = (struct text_fields *)f;
	size_t used = strlen(t->text);

	if (value.kind == SB_VALUE_TEXT)
		snprintf(t->text + used, sizeof(t->text) - used, "%s=%s ", key, value.as.text);
	else if (value.kind == SB_VALUE_BOOL)
		snprintf(t->text + used, sizeof(t->text) - used, "%s=%d ", key, value.as.boolean);
	else
		snprintf(t->text + used, sizeof(t->text) - used, "%s=%lu ", key,
			(unsigned long)value.as.natural);
}

static void
test_a_session_describes_itself(void **state)
{
	static struct text_fields t = {.fields = {add_text}};

	(void)state;
	bed_bind(&bed, SMPP_BIND_TRANSCEIVER);
	bed.answers_later = true;
	bed_send_submit(&bed, 2);
	bed_send_deliver(&bed, 7);
	sb_session_module(bed.session)->describe(bed.session, &t.fields);
	assert_string_equal(t.text,
		"state=bound_trx unbinding=0 system_id=alice version=3.4 bind_attempts=1 "
		"window_in=1 window_in_limit=512 window_out=1 window_out_limit=10 is_held=0 "
		"requests_in=2 requests_out=1 kept=1 ");
}

static void
test_wrong_options_make_no_service(void **state)
{
	static const struct smpp_application mute = {.name = "smpp.wrong", .side = SMPP_MC};
	static const struct smpp_session_options wrong[] = {
		{.max_pdu = 15},
		{.max_pdu = (16u << 20) + 1},
		{.version = 0x40},
		{.system_id = "sixteen letters!"},
	};
	struct smpp_service *service;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(
			smpp_service_new(&service, bed.node, &mute, &wrong[i], NULL), SB_EINVAL);
	smpp_service_free(NULL);
}

static void
test_the_options_are_complete(void **state)
{
	const struct smpp_session_options *o = smpp_service_options(bed.service);

	(void)state;
	assert_int_equal(o->session_init_ms, 10000);
	assert_int_equal(o->enquire_link_ms, 30000);
	assert_int_equal(o->enquire_link_resp_ms, 30000);
	assert_int_equal(o->inactivity_ms, SB_UNLIMITED);
	assert_int_equal(o->response_ms, 60000);
	assert_int_equal(o->max_pdu, 131072);
	assert_string_equal(o->system_id, "centre");
	assert_ptr_equal(smpp_session_service(bed.session), bed.service);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, opened, done)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_each_bind_leads_to_its_state),
		TEST(test_the_response_tells_our_name_and_version),
		TEST(test_a_33_peer_is_spared_tlvs_and_data_sm),
		TEST(test_nothing_that_33_lacks_is_sent_to_a_33_peer),
		TEST(test_a_version_above_ours_gets_ours),
		TEST(test_our_highest_version_can_be_lowered),
		TEST(test_a_refused_bind_may_be_tried_again),
		TEST(test_the_third_refusal_ends_the_connection_behind_it),
		TEST(test_a_bind_may_be_answered_later_and_what_follows_it_waits),
		TEST(test_a_bind_that_is_refused_later_frees_the_way),
		TEST(test_a_bind_that_is_forgotten_is_refused),
		TEST(test_a_peer_that_goes_while_its_bind_is_looked_up_is_gone),
		TEST(test_an_application_without_callbacks_refuses_binds),
		TEST(test_a_connection_that_the_application_refuses_ends),
		TEST(test_a_session_describes_itself),
		TEST(test_wrong_options_make_no_service),
		TEST(test_the_options_are_complete),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
