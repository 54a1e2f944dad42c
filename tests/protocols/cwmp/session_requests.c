/* What devices call, and HoldRequests. */
#include "tests/protocols/cwmp/session_bed.h"

static void
start_without_end(struct cwmp_session *c)
{
	(void)c;
}

static const char *
transfer_complete(const char *id)
{
	return bed_envelope(id,
		"<cwmp:TransferComplete><CommandKey>k</CommandKey><FaultStruct>"
		"<FaultCode>0</FaultCode><FaultString></FaultString></FaultStruct>"
		"<StartTime>2026-01-01T00:00:00Z</StartTime>"
		"<CompleteTime>2026-01-01T00:00:00Z</CompleteTime></cwmp:TransferComplete>");
}

static const char *
kicked(const char *id)
{
	return bed_envelope(id, "<cwmp:Kicked><Command>c</Command><Referer>r</Referer><Arg>a</Arg>"
				"<Next>http://next/</Next></cwmp:Kicked>");
}

static void
test_devices_requests_are_answered_before_their_empty_post(void **state)
{
	(void)state;
	bed_post(bed_inform("1"));
	bed_post(transfer_complete("2"));
	bed_expect_status(200);
	bed_expect_body("<cwmp:TransferCompleteResponse");
	bed_expect_body(">2</cwmp:ID>");
	bed_post(kicked("3"));
	bed_expect_body("<NextURL>http://next/</NextURL>");
	bed_post("");
	bed_expect_status(204);
	bed_expect_trace("filter 00259E-C-1;start;request TransferComplete;request Kicked;"
			 "end done;");
}

static void
test_the_methods_are_listed_by_ourselves(void **state)
{
	(void)state;
	bed_post(bed_inform("1"));
	bed_post(bed_envelope("2", "<cwmp:GetRPCMethods></cwmp:GetRPCMethods>"));
	bed_expect_body("<string>Inform</string>");
	bed_expect_body("<string>GetRPCMethods</string>");
	bed_expect_body("<string>TransferComplete</string>");
	assert_null(strstr(bed.body, "<string>Reboot</string>"));
	bed_expect_trace("filter 00259E-C-1;start;");
}

static void
test_a_method_that_nobody_knows_is_answered_with_a_fault(void **state)
{
	(void)state;
	bed_post(bed_inform("1"));
	bed_post(bed_envelope("2", "<cwmp:X_ACME_Do><What>1</What></cwmp:X_ACME_Do>"));
	bed_expect_status(200);
	bed_expect_body("<FaultCode>8000</FaultCode>");
	bed_expect_body(">2</cwmp:ID>");
	bed_post("");
	bed_expect_status(204);
}

static void
test_a_broken_request_is_answered_with_a_fault(void **state)
{
	(void)state;
	bed_post(bed_inform("1"));
	bed_post("<soap:Envelope><soap:Header><cwmp:ID>2</cwmp:ID></soap:Header><soap:Body>");
	bed_expect_status(200);
	bed_expect_body("<FaultCode>8003</FaultCode>");
	bed_expect_body(">2</cwmp:ID>");
	bed_post("");
	bed_expect_status(204);
	bed_expect_trace("filter 00259E-C-1;start;end done;");
}

/* ---- answers that take their time ---- */

static void
answer_later(struct cwmp_session *c, const struct cwmp_envelope *request)
{
	(void)c;
	(void)request;
}

static void
ask_for_later(void)
{
	bed.request = answer_later;
	bed_post(bed_inform("1"));
	bed_post(transfer_complete("2"));
	bed_expect_status(0);
	bed_expect_trace("filter 00259E-C-1;start;request TransferComplete;");
}

static void
test_a_request_is_answered_when_the_service_has_an_answer(void **state)
{
	(void)state;
	ask_for_later();
	assert_int_equal(cwmp_answer(bed.session, NULL), 0);
	assert_int_equal(cwmp_answer(bed.session, NULL), SB_GONE);
	bed_turn();
	assert_true(bed_take(bed.peer));
	bed_expect_body("<cwmp:TransferCompleteResponse");
}

static void
test_a_slow_answer_makes_the_device_ask_again(void **state)
{
	(void)state;
	ask_for_later();
	bed_pass(25100);
	assert_true(bed_take(bed.peer));
	bed_expect_body("<FaultCode>8005</FaultCode>");
	bed_post(transfer_complete("2"));
	bed_expect_status(0);
	bed_expect_trace("");
	assert_int_equal(cwmp_answer(bed.session, NULL), 0);
	bed_turn();
	assert_true(bed_take(bed.peer));
	bed_expect_body("<cwmp:TransferCompleteResponse");
}

static void
test_an_answer_that_came_meanwhile_waits_for_the_device(void **state)
{
	(void)state;
	ask_for_later();
	bed_pass(25100);
	assert_true(bed_take(bed.peer));
	assert_int_equal(cwmp_answer(bed.session, NULL), 0);
	bed_post(transfer_complete("2"));
	bed_expect_body("<cwmp:TransferCompleteResponse");
	bed_expect_trace("");
}

static void
test_a_request_whose_connection_went_is_not_given_to_the_service_twice(void **state)
{
	(void)state;
	ask_for_later();
	sim_reset(bed.peer);
	bed_turn();
	assert_int_equal(cwmp_answer(bed.session, NULL), 0);
	bed_turn();
	bed_connect();
	bed_post(transfer_complete("2"));
	bed_expect_body("<cwmp:TransferCompleteResponse");
	bed_expect_trace("");
}

static void
test_equal_ids_of_two_requests_do_not_make_them_one(void **state)
{
	(void)state;
	bed_post(bed_inform("1"));
	bed_post(transfer_complete("1"));
	bed_post(transfer_complete("1"));
	bed_expect_body("<cwmp:TransferCompleteResponse");
	bed_expect_trace("filter 00259E-C-1;start;request TransferComplete;"
			 "request TransferComplete;");
}

static void
test_a_device_that_gives_its_request_up_goes_on(void **state)
{
	(void)state;
	bed.start = bed_reboot;
	ask_for_later();
	bed_pass(25100);
	assert_true(bed_take(bed.peer));
	bed_post("");
	bed_expect_body("<cwmp:Reboot>");
	/* The service has the first still: another has to wait for it. */
	bed_post(kicked("3"));
	bed_expect_body("<FaultCode>8005</FaultCode>");
	assert_int_equal(cwmp_answer(bed.session, NULL), 0);
	bed_expect_trace("");
}

static void
test_a_request_while_our_call_is_out_is_answered_and_the_call_stays_out(void **state)
{
	const char *id;

	(void)state;
	bed.start = bed_reboot;
	bed_begin();
	id = bed_id();
	bed_post(kicked("2"));
	bed_expect_body("<cwmp:KickedResponse>");
	bed_post(bed_done(id));
	bed_expect_trace("filter 00259E-C-1;start;request Kicked;reboot done;");
}

static void
fault_with_text(struct cwmp_session *c, const struct cwmp_envelope *request)
{
	(void)request;
	assert_int_equal(cwmp_answer_fault(c, 8001, "\x01"), SB_EINVAL);
	assert_int_equal(cwmp_answer_fault(c, 8001, "not today"), 0);
}

static void
test_a_service_may_answer_with_a_fault_of_its_own_words(void **state)
{
	(void)state;
	bed.request = fault_with_text;
	bed_post(bed_inform("1"));
	bed_post(kicked("2"));
	bed_expect_body("<FaultCode>8001</FaultCode><FaultString>not today</FaultString>");
}

/* ---- HoldRequests ---- */

static void
hold_and_reboot(struct cwmp_session *c)
{
	cwmp_hold_requests(c, true);
	bed_reboot(c);
	cwmp_finish(c);
}

static void
test_the_session_does_not_end_while_requests_are_held(void **state)
{
	(void)state;
	bed.start = hold_and_reboot;
	bed_post(bed_inform("1"));
	bed_expect_body("<cwmp:HoldRequests soap:mustUnderstand=\"1\">1</cwmp:HoldRequests>");
	bed_post("");
	bed_expect_body("<cwmp:Reboot>");
	bed_expect_body(">1</cwmp:HoldRequests>");
	bed_post(bed_done(bed_id()));
	bed_expect_body(">0</cwmp:HoldRequests>");
	bed_expect_body("<cwmp:GetRPCMethods");
	bed_post(bed_envelope(bed_id(),
		"<cwmp:GetRPCMethodsResponse><MethodList/></cwmp:GetRPCMethodsResponse>"));
	bed_expect_status(204);
	bed_expect_trace("filter 00259E-C-1;start;reboot done;");
	/* What was held may come now. */
	bed_post(kicked("2"));
	bed_expect_body("<cwmp:KickedResponse>");
	bed_post("");
	bed_expect_status(204);
	bed_expect_trace("request Kicked;end done;");
}

static void
test_a_device_that_held_nothing_back_ends_the_session_by_its_silence(void **state)
{
	(void)state;
	bed.start = hold_and_reboot;
	bed_begin();
	bed_post(bed_done(bed_id()));
	bed_post(bed_fault(bed_id(), 9000));
	bed_expect_status(204);
	bed_pass(30100);
	bed_expect_trace("filter 00259E-C-1;start;reboot done;end done;");
}

static void
hold_for_one_call(struct cwmp_session *c)
{
	cwmp_hold_requests(c, true);
	bed_reboot(c);
	cwmp_hold_requests(c, false);
	bed_get(c);
	cwmp_finish(c);
}

static void
test_a_hold_may_be_taken_back_by_a_later_call(void **state)
{
	(void)state;
	bed.start = hold_for_one_call;
	bed_begin();
	bed_expect_body(">1</cwmp:HoldRequests>");
	bed_post(bed_done(bed_id()));
	bed_expect_body("<cwmp:GetParameterValues>");
	bed_expect_body(">0</cwmp:HoldRequests>");
	bed_post(bed_values(bed_id()));
	bed_expect_status(204);
	bed_post("");
	bed_expect_status(204);
	bed_expect_trace("filter 00259E-C-1;start;reboot done;get done;end done;");
}

static void
hold_without_end(struct cwmp_session *c)
{
	cwmp_hold_requests(c, true);
}

static void
test_a_service_that_says_nothing_lets_held_requests_go_first(void **state)
{
	(void)state;
	bed.start = hold_without_end;
	bed_begin();
	bed_pass(25100);
	assert_true(bed_take(bed.peer));
	bed_expect_body("<cwmp:GetRPCMethods");
	bed_expect_body(">0</cwmp:HoldRequests>");
	bed_post(bed_fault(bed_id(), 9000));
	bed_expect_status(0);
	bed_pass(25100);
	assert_true(bed_take(bed.peer));
	bed_expect_status(204);
	bed_expect_trace("filter 00259E-C-1;start;end idle;");
}

static void
test_no_more_requests_of_the_device_are_passed_over(void **state)
{
	(void)state;
	bed_post("<e:Envelope xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\" "
		 "xmlns:cwmp=\"urn:dslforum-org:cwmp-1-0\"><e:Header><cwmp:ID>1</cwmp:ID>"
		 "<cwmp:NoMoreRequests>1</cwmp:NoMoreRequests></e:Header><e:Body><cwmp:Inform>"
		 "<DeviceId><OUI>00259E</OUI><SerialNumber>1</SerialNumber></DeviceId>"
		 "</cwmp:Inform></e:Body></e:Envelope>");
	bed_expect_status(200);
	bed.start = start_without_end;
	bed_post(transfer_complete("2"));
	bed_expect_body("<cwmp:TransferCompleteResponse");
	bed_post("");
	bed_expect_status(204);
}

/* ---- a device that does not come to its end ---- */

static void
test_a_device_that_asks_for_ever_is_sent_away(void **state)
{
	(void)state;
	bed_open(&(struct cwmp_server_options){.max_posts = 4});
	bed.start = bed_reboot;
	bed_post(bed_inform("1"));
	bed_post(kicked("2"));
	bed_expect_status(200);
	bed_post("<broken");
	bed_expect_status(200);
	bed_post("");
	bed_expect_body("<cwmp:Reboot>");
	bed_post(kicked("3"));
	bed_expect_status(200);
	bed_post(kicked("4"));
	bed_expect_status(400);
	bed_expect_trace("filter 00259E-C-1;start;request Kicked;request Kicked;reboot SB_GONE;"
			 "end protocol;");
	bed_close();
}

static void
get_again(struct cwmp_session *c, const struct cwmp_outcome *o)
{
	static unsigned calls;

	(void)o;
	if (++calls < 10)
		bed_get(c);
	else
		cwmp_finish(c);
}

static void
test_answers_are_not_counted(void **state)
{
	(void)state;
	bed_open(&(struct cwmp_server_options){.max_posts = 1});
	bed.start = bed_get;
	bed.outcome = get_again;
	bed_begin();
	for (unsigned i = 0; i < 10; i++) {
		bed_expect_body("<cwmp:GetParameterValues>");
		bed_post(bed_values(bed_id()));
	}
	bed_expect_status(204);
	bed_close();
}

#define ON_BED(test) cmocka_unit_test_setup_teardown(test, bed_opened, bed_closed)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BED(test_devices_requests_are_answered_before_their_empty_post),
		ON_BED(test_the_methods_are_listed_by_ourselves),
		ON_BED(test_a_method_that_nobody_knows_is_answered_with_a_fault),
		ON_BED(test_a_broken_request_is_answered_with_a_fault),
		ON_BED(test_a_request_is_answered_when_the_service_has_an_answer),
		ON_BED(test_a_slow_answer_makes_the_device_ask_again),
		ON_BED(test_an_answer_that_came_meanwhile_waits_for_the_device),
		ON_BED(test_a_request_whose_connection_went_is_not_given_to_the_service_twice),
		ON_BED(test_equal_ids_of_two_requests_do_not_make_them_one),
		ON_BED(test_a_device_that_gives_its_request_up_goes_on),
		ON_BED(test_a_request_while_our_call_is_out_is_answered_and_the_call_stays_out),
		ON_BED(test_a_service_may_answer_with_a_fault_of_its_own_words),
		ON_BED(test_the_session_does_not_end_while_requests_are_held),
		ON_BED(test_a_device_that_held_nothing_back_ends_the_session_by_its_silence),
		ON_BED(test_a_hold_may_be_taken_back_by_a_later_call),
		ON_BED(test_a_service_that_says_nothing_lets_held_requests_go_first),
		ON_BED(test_no_more_requests_of_the_device_are_passed_over),
		cmocka_unit_test(test_a_device_that_asks_for_ever_is_sent_away),
		cmocka_unit_test(test_answers_are_not_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
