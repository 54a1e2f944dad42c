/* A session from Inform to 204: whose turn it is, and what is said. */
#include "tests/protocols/cwmp/session_bed.h"

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
	assert_non_null(strstr(bed.head, "\r\nSOAPAction:"));
	assert_non_null(strstr(bed.head, "; Path=/\r\n"));
	assert_int_equal(cwmp_server_sessions(bed.server), 1);
	bed_expect_trace("filter 00259E-C-1;start;");
	bed_post("");
	bed_expect_status(204);
	assert_non_null(strstr(bed.head, "\r\nSet-Cookie: session=; Max-Age=0; Path=/\r\n"));
	bed_expect_trace("end done;");
	assert_int_equal(cwmp_server_sessions(bed.server), 0);
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
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_an_inform_is_answered_and_an_empty_post_ends_the_session, bed_opened,
			bed_closed),
		cmocka_unit_test_setup_teardown(
			test_calls_are_sent_in_order_one_at_a_time, bed_opened, bed_closed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
