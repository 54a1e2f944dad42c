/* The ESME side: connecting, binding, being refused, coming back. */
#include "tests/protocols/smpp/session_bed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct bed bed;

static const struct smpp_application idle_application = {
	.name = "smpp.bed.idle", .side = SMPP_ESME};

static int
done(void **state)
{
	(void)state;
	bed_close(&bed);
	return 0;
}

static void
respond(uint32_t command, uint32_t status, uint32_t sequence)
{
	bed_send_header(&bed, command, status, sequence);
}

static void
test_it_binds_with_the_options_and_says_so(void **state)
{
	static const struct smpp_esme_options options = {
		.system_id = "alice",
		.password = "secret1",
		.system_type = "vma",
		.addr_ton = 1,
		.addr_npi = 2,
		.address_range = "^49",
		.bind = SMPP_BIND_TRANSMITTER,
	};
	struct smpp_pdu pdu;

	(void)state;
	bed_open_esme(&bed, &options);
	pdu = bed_expect(&bed, SMPP_BIND_TRANSMITTER, 0, 1);
	assert_true(sb_bytes_equal(pdu.bind.system_id, sb_bytes_text("alice")));
	assert_true(sb_bytes_equal(pdu.bind.password, sb_bytes_text("secret1")));
	assert_true(sb_bytes_equal(pdu.bind.system_type, sb_bytes_text("vma")));
	assert_true(sb_bytes_equal(pdu.bind.address_range, sb_bytes_text("^49")));
	assert_int_equal(pdu.bind.interface_version, 0x34);
	assert_int_equal(pdu.bind.addr_ton, 1);
	assert_int_equal(pdu.bind.addr_npi, 2);
	respond(SMPP_BIND_TRANSMITTER_RESP, 0, 1);
	bed_expect_trace(&bed, "bound_tx 34 by ;");
	assert_int_equal(bed_counter(&bed, "smpp_bound_sessions"), 1);
	assert_int_equal(bed_send_submit_sm(&bed, 5), 0);
	bed_expect(&bed, SMPP_SUBMIT_SM, 0, 2);
	respond(SMPP_SUBMIT_SM_RESP, 0, 2);
	bed_expect_trace(&bed, "response 5 submit_sm_resp 0;");
}

static void
test_options_that_cannot_be_served_are_refused_before_anything_starts(void **state)
{
	static const struct smpp_esme_options wrong[] = {
		{.system_id = "sixteen letters."},
		{.password = "nine char"},
		{.password = "more than eight, and more than any centre would ever take from a "
			     "peer"},
		{.system_type = "thirteen char"},
		{.bind = SMPP_SUBMIT_SM},
		{.session.version = SMPP_VERSION_33},
		{.session.version = (enum smpp_version)0x35},
		{.session.max_pdu = 15},
		{.restart = (enum sb_restart)7},
	};
	static const struct smpp_application mc = {.name = "smpp.mc", .side = SMPP_MC};
	static const struct smpp_application esme = {.name = "smpp.esme", .side = SMPP_ESME};
	struct smpp_service *service = NULL;

	(void)state;
	bed_open_esme(&bed, NULL);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		int err = smpp_esme_new(&service, bed.node, &esme, &wrong[i], NULL);

		/* The second is longer than the book has it, and goes out. */
		assert_int_equal(err, i == 1 ? 0 : SB_EINVAL);
		if (!err)
			smpp_service_free(service);
	}
	assert_int_equal(smpp_esme_new(&service, bed.node, &mc, NULL, NULL), SB_EINVAL);
	assert_int_equal(smpp_service_new(&service, bed.node, &esme, NULL, NULL), SB_EINVAL);
	assert_int_equal(
		smpp_esme_start(bed.node, NULL, 0, &esme, NULL, NULL, &service), SB_EINVAL);
}

static void
test_defaults_are_smppexs(void **state)
{
	const struct smpp_esme_options *o;

	(void)state;
	bed_open_esme(&bed, NULL);
	o = smpp_esme_options(bed.service);
	assert_int_equal(o->session.enquire_link_ms, 30000);
	assert_int_equal(o->session.enquire_link_resp_ms, 30000);
	assert_int_equal(o->session.inactivity_ms, SB_UNLIMITED);
	assert_int_equal(o->session.response_ms, 60000);
	assert_int_equal(o->session.response_resolution_ms, 100);
	assert_int_equal(o->session.session_init_ms, 10000);
	assert_int_equal(o->session.version, SMPP_VERSION_34);
}

static void
test_the_version_is_the_lower_one_and_3_4_where_the_centre_is_silent(void **state)
{
	static const struct {
		uint8_t asked, said, spoken;
	} cases[] = {{0x50, 0x50, 0x50}, {0x50, 0x34, 0x34}, {0x34, 0x50, 0x34}, {0x50, 0, 0x34},
		{0x33, 0, 0x33}, {0x34, 0x33, 0x33}, {0x34, 0x12, 0x33}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct smpp_esme_options options = {
			.bind = SMPP_BIND_RECEIVER, .session.version = cases[i].asked};
		struct smpp_pdu pdu = {
			.header = {.command = SMPP_BIND_RECEIVER_RESP, .sequence = 1}};
		const uint8_t tlv[] = {0x02, 0x10, 0, 1, cases[i].said};

		bed_open_esme(&bed, &options);
		assert_int_equal(bed_expect(&bed, SMPP_BIND_RECEIVER, 0, 1).bind.interface_version,
			cases[i].asked);
		if (cases[i].said)
			pdu.tlvs = sb_bytes(tlv, sizeof(tlv));
		bed_send(&bed, &pdu);
		assert_non_null(bed.session);
		assert_int_equal(smpp_session_version(bed.session), cases[i].spoken);
		if (i + 1 < sizeof(cases) / sizeof(cases[0]))
			bed_close(&bed);
	}
}

static void
test_a_centre_that_is_not_there_is_tried_again_ever_later(void **state)
{
	(void)state;
	bed_open_esme_alone(&bed, NULL, NULL);
	bed_turn(&bed);
	bed_expect_trace(&bed, "disconnected connect for a while;");
	bed_pass(&bed, 510);
	bed_expect_trace(&bed, "disconnected connect for a while;");
	bed_pass(&bed, 60000);
	/* 0.5 1 2 4 8 16 s and jitter: not many more than these. */
	assert_true(strlen(bed.trace) < 15 * strlen("disconnected connect for a while;"));
	sim_listen(bed.sim, 2775);
	bed.trace[0] = '\0';
	for (unsigned second = 0; second < 61 && !bed_accept(&bed); second++)
		bed_pass(&bed, 1000);
	bed.trace[0] = '\0';
	bed_accept_bind(&bed);
}

static void
test_a_temporary_one_ends_when_it_cannot_connect(void **state)
{
	static const struct smpp_esme_options options = {.system_id = "alice"};

	(void)state;
	bed_open_esme_alone(&bed, &options, NULL);
	bed_turn(&bed);
	bed_expect_trace(&bed, "disconnected connect;closed connect;");
}

static void
test_a_refused_bind_is_tried_again_ever_later(void **state)
{
	unsigned attempts = 0;

	(void)state;
	bed_open_esme(&bed, NULL);
	for (unsigned second = 0; second < 120; second++) {
		if (attempts == 0 || bed_accept(&bed)) {
			attempts++;
			bed_expect(&bed, SMPP_BIND_TRANSCEIVER, 0, 1);
			respond(SMPP_BIND_TRANSCEIVER_RESP, SMPP_RINVPASWD, 1);
			sim_finish(bed.peer);
		}
		bed_pass(&bed, 1000);
	}
	assert_in_range(attempts, 5, 12);
	assert_int_equal(bed_counter(&bed, "smpp_binds_refused_total"), attempts);
	assert_non_null(
		strstr(bed.trace, "refused ESME_RINVPASWD;disconnected protocol for a while;"));
	assert_null(strstr(bed.trace, "closed"));
}

static void
test_a_silent_centre_is_left_and_does_not_count_as_success(void **state)
{
	unsigned attempts = 0;

	(void)state;
	bed_open_esme(&bed, NULL);
	for (unsigned second = 0; second < 400; second++) {
		if (attempts == 0 || bed_accept(&bed)) {
			attempts++;
			bed_expect(&bed, SMPP_BIND_TRANSCEIVER, 0, 1);
		}
		if (sim_has_ended(bed.peer))
			sim_finish(bed.peer);
		bed_pass(&bed, 1000);
	}
	assert_in_range(attempts, 5, 14);
	assert_non_null(strstr(bed.trace, "disconnected deadline for a while;"));
}

static void
test_a_temporary_one_ends_when_its_bind_is_refused(void **state)
{
	static const struct smpp_esme_options options = {.system_id = "alice"};

	(void)state;
	bed_open_esme(&bed, &options);
	bed_expect(&bed, SMPP_BIND_TRANSCEIVER, 0, 1);
	respond(SMPP_GENERIC_NACK, 0, 1);
	bed_expect_trace(&bed, "refused ESME_RBINDFAIL;");
	bed_expect_closed(&bed, SB_END_PROTOCOL);
}

static void
test_another_bind_can_follow_a_refusal_on_the_same_connection(void **state)
{
	(void)state;
	bed_open_esme(&bed, NULL);
	bed.binds_again = true;
	bed_expect(&bed, SMPP_BIND_TRANSCEIVER, 0, 1);
	respond(SMPP_BIND_TRANSCEIVER_RESP, SMPP_RALYBND, 1);
	bed_expect(&bed, SMPP_BIND_RECEIVER, 0, 2);
	respond(SMPP_BIND_RECEIVER_RESP, 0, 2);
	bed_expect_trace(
		&bed, "refused ESME_RALYBND;bound_rx 34 by ;response 7 bind_receiver_resp 0;");
}

static void
test_a_manual_bind_is_the_applications(void **state)
{
	static const struct smpp_esme_options options = {
		.is_bind_manual = true, .restart = SB_PERMANENT};

	(void)state;
	bed_open_esme(&bed, &options);
	bed_expect_nothing(&bed);
	bed_pass(&bed, 9990);
	assert_false(sim_has_ended(bed.peer));
	bed_pass(&bed, 20);
	assert_true(sim_has_ended(bed.peer));
}

static void
test_requests_of_the_centre_before_the_bind_are_refused(void **state)
{
	const struct smpp_pdu outbind = {.header = {.command = SMPP_OUTBIND}};

	(void)state;
	bed_open_esme(&bed, NULL);
	bed_expect(&bed, SMPP_BIND_TRANSCEIVER, 0, 1);
	bed_send_header(&bed, SMPP_DELIVER_SM, 0, 9);
	bed_expect(&bed, SMPP_DELIVER_SM_RESP, SMPP_RINVBNDSTS, 9);
	bed_send_header(&bed, SMPP_SUBMIT_SM, 0, 10);
	bed_expect(&bed, SMPP_SUBMIT_SM_RESP, SMPP_RINVBNDSTS, 10);
	bed_send_header(&bed, SMPP_BIND_RECEIVER, 0, 11);
	bed_expect(&bed, SMPP_BIND_RECEIVER_RESP, SMPP_RINVBNDSTS, 11);
	bed_send(&bed, &outbind);
	bed_send_header(&bed, SMPP_ENQUIRE_LINK, 0, 13);
	bed_expect(&bed, SMPP_ENQUIRE_LINK_RESP, 0, 13);
	bed_send_header(&bed, 0x7777, 0, 14);
	bed_expect(&bed, SMPP_GENERIC_NACK, SMPP_RINVCMDID, 14);
	/* Nor does an outbind mean anything on a connection of ours. */
	bed_expect_trace(&bed, "unparsed unknown ESME_RINVCMDID;");
	assert_false(sim_has_ended(bed.peer));
}

static void
hold(struct bed *b, struct sb_session *s)
{
	(void)b;
	smpp_hold(s, "test");
}

static void
let_go(struct bed *b, struct sb_session *s)
{
	(void)b;
	smpp_resume(s);
}

static void
test_who_holds_in_connected_still_hears_the_binds_response(void **state)
{
	static const struct smpp_esme_options options = {.system_id = "alice"};

	(void)state;
	bed_open_esme_alone(&bed, &options, NULL);
	bed.in_connected = hold;
	sim_listen(bed.sim, 2775);
	bed_turn(&bed);
	assert_true(bed_accept(&bed));
	bed_expect(&bed, SMPP_BIND_TRANSCEIVER, 0, 1);
	respond(SMPP_BIND_TRANSCEIVER_RESP, 0, 1);
	bed_expect_trace(&bed, "bound_trx 34 by ;");
	/* And is held from then on. */
	bed_send_header(&bed, SMPP_ENQUIRE_LINK, 0, 1);
	bed_expect_nothing(&bed);
	bed_act(&bed, let_go);
	bed_expect(&bed, SMPP_ENQUIRE_LINK_RESP, 0, 1);
}

static void
send_bind(struct bed *b, struct sb_session *s)
{
	struct smpp_pdu bind = {.header.command = SMPP_BIND_TRANSCEIVER};

	(void)b;
	assert_int_equal(smpp_send(s, &bind, 7), 0);
}

/* The bind of the application's own is still in the window. */
static void
send_too_much(struct bed *b, struct sb_session *s)
{
	(void)b;
	assert_int_equal(bed_submit_sm(s, 8), SB_FULL);
}

static void
test_who_finds_the_window_full_in_bound_is_told_when_it_opens(void **state)
{
	static const struct smpp_esme_options options = {
		.is_bind_manual = true, .session.window_out = 1};

	(void)state;
	bed_open_esme(&bed, &options);
	bed.in_bound = send_too_much;
	bed_act(&bed, send_bind);
	bed_expect(&bed, SMPP_BIND_TRANSCEIVER, 0, 1);
	respond(SMPP_BIND_TRANSCEIVER_RESP, 0, 1);
	bed_expect_trace(&bed, "bound_trx 34 by ;response 7 bind_transceiver_resp 0;window_open;");
}

static void
unbind(struct bed *b, struct sb_session *s)
{
	(void)b;
	smpp_unbind(s, SB_END_LOCAL);
}

static void
test_who_unbinds_in_bound_waits_for_nothing(void **state)
{
	static const struct smpp_esme_options options = {.is_bind_manual = true};

	(void)state;
	bed_open_esme(&bed, &options);
	bed.in_bound = unbind;
	bed_act(&bed, send_bind);
	bed_expect(&bed, SMPP_BIND_TRANSCEIVER, 0, 1);
	respond(SMPP_BIND_TRANSCEIVER_RESP, 0, 1);
	bed_expect(&bed, SMPP_UNBIND, 0, 2);
	bed_send_header(&bed, SMPP_UNBIND_RESP, 0, 2);
	bed_expect_closed(&bed, SB_END_LOCAL);
}

static void
test_what_could_never_connect_is_refused_when_the_service_is_made(void **state)
{
	static const struct smpp_esme_options wrong = {.host = "127.0.0.1", .source = "nowhere"};
	static const struct smpp_esme_options right = {.host = "127.0.0.1", .source = "::1"};

	(void)state;
	bed_open_esme(&bed, NULL);
	assert_int_equal(
		smpp_esme_new(&bed.other, bed.node, &idle_application, &wrong, NULL), SB_EINVAL);
	assert_int_equal(smpp_esme_new(&bed.other, bed.node, &idle_application, &right, NULL), 0);
}

int
main(void)
{
#define BED_TEST(name) cmocka_unit_test_teardown(name, done)
	const struct CMUnitTest tests[] = {
		BED_TEST(test_it_binds_with_the_options_and_says_so),
		BED_TEST(test_options_that_cannot_be_served_are_refused_before_anything_starts),
		BED_TEST(test_defaults_are_smppexs),
		BED_TEST(test_the_version_is_the_lower_one_and_3_4_where_the_centre_is_silent),
		BED_TEST(test_a_centre_that_is_not_there_is_tried_again_ever_later),
		BED_TEST(test_a_temporary_one_ends_when_it_cannot_connect),
		BED_TEST(test_a_refused_bind_is_tried_again_ever_later),
		BED_TEST(test_a_silent_centre_is_left_and_does_not_count_as_success),
		BED_TEST(test_a_temporary_one_ends_when_its_bind_is_refused),
		BED_TEST(test_another_bind_can_follow_a_refusal_on_the_same_connection),
		BED_TEST(test_a_manual_bind_is_the_applications),
		BED_TEST(test_requests_of_the_centre_before_the_bind_are_refused),
		BED_TEST(test_who_holds_in_connected_still_hears_the_binds_response),
		BED_TEST(test_who_finds_the_window_full_in_bound_is_told_when_it_opens),
		BED_TEST(test_who_unbinds_in_bound_waits_for_nothing),
		BED_TEST(test_what_could_never_connect_is_refused_when_the_service_is_made),
	};
#undef BED_TEST

	return cmocka_run_group_tests(tests, NULL, NULL);
}
