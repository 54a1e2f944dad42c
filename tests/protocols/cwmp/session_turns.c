/* A session from Inform to 204: whose turn it is, and what is said. */
#include "tests/protocols/cwmp/session_bed.h"

#include <stdio.h>

static void
test_an_inform_is_answered_and_an_empty_post_ends_the_session(void **state)
{
	(void)state;
	bed_post(bed_inform("42"));
	bed_expect_status(200);
	bed_expect_body("<cwmp:ID soap:mustUnderstand=\"1\">42</cwmp:ID>");
	bed_expect_body(
		"<cwmp:InformResponse><MaxEnvelopes>1</MaxEnvelopes></cwmp:InformResponse>");
	assert_non_null(strstr(bed.head, "\r\nContent-Type: text/xml; charset=utf-8\r\n"));
	assert_non_null(strstr(bed.head, "\r\nContent-Length: "));
	assert_non_null(strstr(bed.head, "\r\nSOAPAction: \r\n"));
	assert_non_null(strstr(bed.head, "; Path=/\r\n"));
	assert_int_equal(cwmp_server_sessions(bed.server), 1);
	bed_expect_trace("filter 00259E-C-1;start;");
	bed_post("");
	bed_expect_status(204);
	assert_non_null(strstr(bed.head, "\r\nSet-Cookie: session=; Max-Age=0; Path=/\r\n"));
	assert_null(strstr(bed.head, "\r\nSOAPAction"));
	bed_expect_trace("end done;");
	assert_int_equal(cwmp_server_sessions(bed.server), 0);
}

static void
test_an_inform_without_header_is_answered_with_id_0(void **state)
{
	(void)state;
	bed_post(bed_inform(NULL));
	bed_expect_status(200);
	bed_expect_body(">0</cwmp:ID>");
	bed_post("");
	bed_expect_status(204);
}

static void
test_line_breaks_alone_are_an_empty_post(void **state)
{
	(void)state;
	bed_post(bed_inform("1"));
	bed_post("\r\n");
	bed_expect_status(204);
}

static void
test_a_nul_alone_is_an_empty_post(void **state)
{
	(void)state;
	bed_post(bed_inform("1"));
	bed_send_octets("POST /acs HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
			"1\r\n");
	sim_send(bed.peer, "\0\r\n0\r\n\r\n", 8);
	bed_turn();
	assert_true(bed_take(bed.peer));
	bed_expect_status(204);
}

static void
reboot_and_get(struct cwmp_session *c)
{
	bed_reboot(c);
	bed_get(c);
	cwmp_finish(c);
}

static void
test_calls_are_sent_in_order_one_at_a_time(void **state)
{
	(void)state;
	bed.start = reboot_and_get;
	bed_begin();
	bed_expect_status(200);
	bed_expect_body("<cwmp:Reboot><CommandKey>key</CommandKey></cwmp:Reboot>");
	bed_post(bed_done(bed_id()));
	bed_expect_body("<cwmp:GetParameterValues>");
	bed_expect_trace("filter 00259E-C-1;start;reboot done;");
	bed_post(bed_values(bed_id()));
	bed_expect_status(204);
	bed_expect_trace("get done;end done;");
	assert_int_equal(bed_counter("cwmp_calls_total{service=\"bed\",method=\"Reboot\","
				     "outcome=\"answered\"}"),
		1);
}

/* ---- answers that do not fit ---- */

static void
begin_two_calls(void)
{
	bed.start = reboot_and_get;
	bed_begin();
	bed_expect_trace("filter 00259E-C-1;start;");
}

static void
expect_next_call(const char *trace)
{
	bed_expect_status(200);
	bed_expect_body("<cwmp:GetParameterValues>");
	bed_expect_trace(trace);
}

static void
test_a_fault_ends_its_call_alone(void **state)
{
	(void)state;
	begin_two_calls();
	bed_post(bed_fault(bed_id(), 9001));
	expect_next_call("reboot fault 9001;");
	assert_int_equal(bed_counter("cwmp_faults_total{service=\"bed\",code=\"9001\"}"), 1);
}

static void
test_an_answer_with_another_id_fails_its_call_alone(void **state)
{
	(void)state;
	begin_two_calls();
	bed_post(bed_done("nonsense"));
	expect_next_call("reboot SB_EPROTO;");
}

static void
test_a_fault_with_another_id_fails_its_call_alone(void **state)
{
	(void)state;
	begin_two_calls();
	bed_post(bed_fault("nonsense", 9001));
	expect_next_call("reboot SB_EPROTO;");
}

static void
test_the_response_of_another_method_fails_its_call_alone(void **state)
{
	(void)state;
	begin_two_calls();
	bed_post(bed_values(bed_id()));
	expect_next_call("reboot SB_EPROTO;");
}

static void
test_an_answer_without_id_is_taken(void **state)
{
	(void)state;
	begin_two_calls();
	bed_post(bed_done(NULL));
	expect_next_call("reboot done;");
}

static void
test_an_empty_id_is_none_and_blanks_around_one_are_nothing(void **state)
{
	char indented[64];

	(void)state;
	begin_two_calls();
	bed_post(bed_done(""));
	expect_next_call("reboot done;");
	snprintf(indented, sizeof(indented), "\n\t%s\n", bed_id());
	bed_post(bed_values(indented));
	bed_expect_status(204);
	bed_expect_trace("get done;end done;");
}

static void
test_an_empty_post_instead_of_a_response_fails_its_call_alone(void **state)
{
	(void)state;
	begin_two_calls();
	bed_post("");
	expect_next_call("reboot SB_ENOENT;");
}

static void
test_a_broken_response_fails_its_call_alone(void **state)
{
	(void)state;
	begin_two_calls();
	bed_post("<soap:Envelope><cut");
	expect_next_call("reboot SB_EPROTO;");
}

static void
test_an_answer_to_no_call_breaks_the_session(void **state)
{
	(void)state;
	bed_post(bed_inform("1"));
	bed_post(bed_done("1"));
	bed_expect_status(400);
	bed_expect_trace("filter 00259E-C-1;start;end protocol;");
}

/* ---- the device waits for us ---- */

static void
start_without_end(struct cwmp_session *c)
{
	(void)c;
}

static void
test_a_call_made_later_answers_the_post_that_waits(void **state)
{
	(void)state;
	bed.start = start_without_end;
	bed_begin();
	bed_expect_status(0);
	bed_pass(20000);
	bed_reboot(bed.session);
	bed_turn();
	assert_true(bed_take(bed.peer));
	bed_expect_body("<cwmp:Reboot>");
	bed_post(bed_done(bed_id()));
	bed_expect_status(0);
	cwmp_finish(bed.session);
	bed_turn();
	assert_true(bed_take(bed.peer));
	bed_expect_status(204);
	bed_expect_trace("filter 00259E-C-1;start;reboot done;end done;");
}

static void
test_a_service_that_says_nothing_ends_the_session_before_the_device_would(void **state)
{
	(void)state;
	bed.start = start_without_end;
	bed_begin();
	bed_pass(24900);
	bed_expect_nothing();
	bed_pass(200);
	assert_true(bed_take(bed.peer));
	bed_expect_status(204);
	bed_expect_trace("filter 00259E-C-1;start;end idle;");
}

static void
call_again(struct cwmp_session *c, const struct cwmp_outcome *o)
{
	if (o->status == 0 && o->envelope->message.method == CWMP_REBOOT)
		bed_get(c);
	else
		cwmp_finish(c);
}

static void
test_an_outcome_may_call_again(void **state)
{
	(void)state;
	bed.start = bed_reboot;
	bed.outcome = call_again;
	bed_begin();
	bed_post(bed_done(bed_id()));
	bed_expect_body("<cwmp:GetParameterValues>");
	bed_post(bed_values(bed_id()));
	bed_expect_status(204);
	bed_expect_trace("filter 00259E-C-1;start;reboot done;get done;end done;");
}

static struct cwmp_envelope *taken;

static void
take_envelope(struct cwmp_session *c, const struct cwmp_outcome *o)
{
	taken = cwmp_outcome_take(o);
	assert_null(cwmp_outcome_take(o));
	cwmp_finish(c);
}

static void
test_the_answer_can_be_kept_beyond_the_session(void **state)
{
	const struct cwmp_parameter_values *values;

	(void)state;
	bed.start = bed_get;
	bed.outcome = take_envelope;
	bed_begin();
	bed_post(bed_values(bed_id()));
	bed_expect_status(204);
	values = &taken->message.body.get_parameter_values_response.parameter_list;
	assert_int_equal(values->count, 1);
	assert_string_equal(values->each[0].name, "Device.A");
	cwmp_envelope_free(taken);
}

/* ---- bounds ---- */

static void
test_calls_that_cannot_be_made_are_refused(void **state)
{
	const struct cwmp_done nobody = {0};
	const char *names[] = {"a\x01"};

	(void)state;
	bed.start = start_without_end;
	bed_post(bed_inform("1"));
	assert_int_equal(cwmp_call(bed.session, CWMP_INFORM, NULL, nobody), SB_EINVAL);
	assert_int_equal(cwmp_call(bed.session, CWMP_OTHER_METHOD, NULL, nobody), SB_EINVAL);
	assert_int_equal(cwmp_get_parameter_values(bed.session, names, 1, nobody), SB_EINVAL);
	for (unsigned i = 0; i < 256; i++)
		assert_int_equal(cwmp_reboot(bed.session, "", nobody), 0);
	assert_int_equal(cwmp_reboot(bed.session, "", nobody), SB_FULL);
	cwmp_finish(bed.session);
	assert_int_equal(cwmp_reboot(bed.session, "", nobody), SB_GONE);
}

static void
test_a_call_larger_than_the_stack_is_sent_whole(void **state)
{
	static char value[20000];
	const struct cwmp_parameter_value values[] = {{"Device.X", {CWMP_TYPE_STRING, value}}};

	(void)state;
	memset(value, 'v', sizeof(value) - 1);
	bed.start = start_without_end;
	bed_post(bed_inform("1"));
	assert_int_equal(
		cwmp_set_parameter_values(bed.session, values, 1, "", (struct cwmp_done){0}), 0);
	bed_post("");
	bed_expect_body(value);
}

static void
test_a_device_that_stops_costs_its_timeout(void **state)
{
	(void)state;
	bed.start = reboot_and_get;
	bed_begin();
	bed_pass(29900);
	bed_expect_trace("filter 00259E-C-1;start;");
	bed_pass(200);
	bed_expect_trace("reboot SB_GONE;get SB_GONE;end timeout;");
	bed_post(bed_done("1"));
	bed_expect_status(400);
}

static void
abort_it(struct cwmp_session *c)
{
	cwmp_abort(c);
}

static void
test_a_service_may_break_a_session_off(void **state)
{
	(void)state;
	bed.start = abort_it;
	bed_post(bed_inform("1"));
	bed_expect_status(503);
	bed_expect_trace("filter 00259E-C-1;start;end aborted;");
}

#define ON_BED(test) cmocka_unit_test_setup_teardown(test, bed_opened, bed_closed)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BED(test_an_inform_is_answered_and_an_empty_post_ends_the_session),
		ON_BED(test_an_inform_without_header_is_answered_with_id_0),
		ON_BED(test_line_breaks_alone_are_an_empty_post),
		ON_BED(test_a_nul_alone_is_an_empty_post),
		ON_BED(test_calls_are_sent_in_order_one_at_a_time),
		ON_BED(test_a_fault_ends_its_call_alone),
		ON_BED(test_an_answer_with_another_id_fails_its_call_alone),
		ON_BED(test_a_fault_with_another_id_fails_its_call_alone),
		ON_BED(test_the_response_of_another_method_fails_its_call_alone),
		ON_BED(test_an_answer_without_id_is_taken),
		ON_BED(test_an_empty_id_is_none_and_blanks_around_one_are_nothing),
		ON_BED(test_an_empty_post_instead_of_a_response_fails_its_call_alone),
		ON_BED(test_a_broken_response_fails_its_call_alone),
		ON_BED(test_an_answer_to_no_call_breaks_the_session),
		ON_BED(test_a_call_made_later_answers_the_post_that_waits),
		ON_BED(test_a_service_that_says_nothing_ends_the_session_before_the_device_would),
		ON_BED(test_an_outcome_may_call_again),
		ON_BED(test_the_answer_can_be_kept_beyond_the_session),
		ON_BED(test_calls_that_cannot_be_made_are_refused),
		ON_BED(test_a_call_larger_than_the_stack_is_sent_whole),
		ON_BED(test_a_device_that_stops_costs_its_timeout),
		ON_BED(test_a_service_may_break_a_session_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
