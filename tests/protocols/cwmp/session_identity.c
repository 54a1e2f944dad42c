/* Whose POST it is: cookies, connections, a device that begins anew, connections that go. */
#include "tests/protocols/cwmp/session_bed.h"

#include <stdio.h>

static void
start_without_end(struct cwmp_session *c)
{
	(void)c;
}

static void
reboot_and_get(struct cwmp_session *c)
{
	bed_reboot(c);
	bed_get(c);
	cwmp_finish(c);
}

/* ---- cookies and connections ---- */

static void
test_a_cookie_finds_its_session_on_another_connection(void **state)
{
	(void)state;
	bed_post(bed_inform("1"));
	bed_connect();
	bed_post("");
	bed_expect_status(204);
	bed_expect_trace("filter 00259E-C-1;start;end done;");
}

static void
test_a_device_without_cookies_is_known_by_its_connection(void **state)
{
	(void)state;
	bed.has_no_cookies = true;
	bed_begin();
	bed_expect_status(204);
	bed_expect_trace("filter 00259E-C-1;start;end done;");
	/* Two sessions, one after the other. */
	bed_begin();
	bed_expect_status(204);
	bed_expect_trace("filter 00259E-C-1;start;end done;");
}

static void
test_a_cookie_that_is_not_ours_is_not_made_good_by_its_connection(void **state)
{
	(void)state;
	bed_post(bed_inform("1"));
	strcpy(bed.cookie, "session=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
	bed_post(bed_done("1"));
	bed_expect_status(400);
	bed_expect_trace("filter 00259E-C-1;start;");
}

static void
test_a_cookie_of_something_else_does_not_count(void **state)
{
	(void)state;
	bed_post(bed_inform("1"));
	strcpy(bed.cookie, "other=1");
	bed_post("");
	bed_expect_status(204);
	bed_expect_trace("filter 00259E-C-1;start;end done;");
}

static void
test_an_inform_with_a_stale_cookie_begins_a_session(void **state)
{
	char stale[256];

	(void)state;
	bed_post(bed_inform("1"));
	strcpy(stale, bed.cookie);
	bed_post("");
	bed_expect_trace("filter 00259E-C-1;start;end done;");
	strcpy(bed.cookie, stale);
	bed_post(bed_inform("2"));
	bed_expect_status(200);
	assert_string_not_equal(bed.cookie, stale);
	bed_expect_trace("filter 00259E-C-1;start;");
}

static void
test_of_several_cookies_the_youngest_counts(void **state)
{
	char old[64], young[64];

	(void)state;
	bed_post(bed_inform("1"));
	(void)snprintf(old, sizeof(old), "%.60s", bed.cookie);
	bed_post("");
	bed_post(bed_inform("2"));
	(void)snprintf(young, sizeof(young), "%.60s", bed.cookie);
	(void)snprintf(bed.cookie, sizeof(bed.cookie), "%s; %s", young, old);
	bed_post("");
	bed_expect_status(204);
	bed_expect_trace("filter 00259E-C-1;start;end done;filter 00259E-C-1;start;end done;");
}

static void
test_posts_of_no_session_are_refused(void **state)
{
	(void)state;
	bed_post("");
	bed_expect_status(204);
	bed_post(bed_done("1"));
	bed_expect_status(400);
	bed_post(bed_fault("1", 9001));
	bed_expect_status(400);
	bed_post("no xml");
	bed_expect_status(400);
	bed_expect_trace("");
	assert_int_equal(bed_counter("cwmp_unidentified_total"), 3);
}

static void
test_posts_of_a_session_that_is_over_are_refused(void **state)
{
	char over[256];

	(void)state;
	bed_post(bed_inform("1"));
	strcpy(over, bed.cookie);
	bed_post("");
	strcpy(bed.cookie, over);
	bed_post("");
	bed_expect_status(204);
	strcpy(bed.cookie, over);
	bed_post(bed_done("1"));
	bed_expect_status(400);
}

/* ---- one session a device ---- */

static void
test_a_second_inform_ends_the_first_session(void **state)
{
	(void)state;
	bed.start = reboot_and_get;
	bed_begin();
	bed_expect_trace("filter 00259E-C-1;start;");
	bed_connect();
	bed.cookie[0] = '\0';
	bed_post(bed_inform("2"));
	bed_expect_status(200);
	bed_expect_trace("reboot SB_GONE;get SB_GONE;end replaced;filter 00259E-C-1;start;");
	assert_int_equal(cwmp_server_sessions(bed.server), 1);
	bed_post("");
	bed_expect_body("<cwmp:Reboot>");
}

static bool
is_none(const struct cwmp_session *c)
{
	(void)c;
	return false;
}

static void
test_who_is_not_the_device_ends_no_session(void **state)
{
	char cookie[sizeof(bed.cookie)];

	(void)state;
	bed.start = reboot_and_get;
	bed_begin();
	bed_expect_trace("filter 00259E-C-1;start;");
	strcpy(cookie, bed.cookie);
	bed_connect();
	bed.cookie[0] = '\0';
	bed.is_device = is_none;
	bed_post(bed_inform("2"));
	bed_expect_body("<FaultCode>8001</FaultCode>");
	bed_expect_trace("");
	assert_int_equal(cwmp_server_sessions(bed.server), 1);
	bed_connect();
	strcpy(bed.cookie, cookie);
	bed_post("");
	bed_expect_trace("reboot SB_ENOENT;");
}

static void
test_a_second_inform_on_the_same_connection_ends_the_first_session(void **state)
{
	(void)state;
	bed.has_no_cookies = true;
	bed_post(bed_inform("1"));
	bed_post(bed_inform("2"));
	bed_expect_status(200);
	bed_expect_trace("filter 00259E-C-1;start;end replaced;filter 00259E-C-1;start;");
	bed_post("");
	bed_expect_status(204);
	bed_expect_trace("end done;");
}

static void
test_a_second_inform_ends_a_session_whose_post_waits(void **state)
{
	struct sim_peer *first;

	(void)state;
	bed.start = start_without_end;
	bed_begin();
	first = bed.peer;
	bed_connect();
	bed_post(bed_inform("2"));
	bed_expect_status(200);
	bed_expect_trace("filter 00259E-C-1;start;end replaced;filter 00259E-C-1;start;");
	assert_true(bed_take(first));
	bed_expect_status(400);
}

static void
test_other_devices_have_their_own_sessions(void **state)
{
	char first[256];

	(void)state;
	bed_post(bed_inform_of("1", "1"));
	strcpy(first, bed.cookie);
	bed.cookie[0] = '\0';
	bed_connect();
	bed_post(bed_inform_of("1", "2"));
	bed_expect_trace("filter 00259E-C-1;start;filter 00259E-C-2;start;");
	bed_post("");
	bed_expect_trace("end done;");
	strcpy(bed.cookie, first);
	bed_post("");
	bed_expect_status(204);
	bed_expect_trace("end done;");
}

static void
decide_later(struct cwmp_session *c)
{
	(void)c;
}

static void
test_a_third_inform_ends_the_second_whatever_it_waits_for(void **state)
{
	struct sim_peer *second;

	(void)state;
	bed.filter = decide_later;
	bed_post(bed_inform("1"));
	bed_expect_status(0);
	bed_connect();
	bed_post(bed_inform("2"));
	second = bed.peer;
	bed_connect();
	bed_post(bed_inform("3"));
	bed_expect_trace("filter 00259E-C-1;end replaced;filter 00259E-C-1;end replaced;"
			 "filter 00259E-C-1;");
	assert_true(bed_take(second));
	bed_expect_status(400);
	cwmp_accept(bed.session);
	bed_turn();
	assert_true(bed_take(bed.peer));
	bed_expect_body(">3</cwmp:ID>");
}

/* ---- one POST at a time ---- */

static void
test_another_post_while_one_waits_is_refused_and_changes_nothing(void **state)
{
	struct sim_peer *first;

	(void)state;
	bed.start = start_without_end;
	bed_begin();
	first = bed.peer;
	bed_connect();
	bed_post(bed_envelope("9", "<cwmp:Kicked><Command/></cwmp:Kicked>"));
	bed_expect_status(400);
	bed_post(bed_done("9"));
	bed_expect_status(400);
	cwmp_finish(bed.session);
	bed_turn();
	assert_true(bed_take(first));
	bed_expect_status(204);
}

static void
test_the_same_empty_post_again_waits_instead_of_the_first(void **state)
{
	struct sim_peer *first;

	(void)state;
	bed.start = start_without_end;
	bed_begin();
	first = bed.peer;
	bed_connect();
	bed_post("");
	bed_expect_status(0);
	assert_true(bed_take(first));
	bed_expect_status(400);
	bed_reboot(bed.session);
	bed_turn();
	assert_true(bed_take(bed.peer));
	bed_expect_body("<cwmp:Reboot>");
}

/* ---- what is lost on the way ---- */

static void
lose_connection(void)
{
	sim_reset(bed.peer);
	bed_turn();
	bed_connect();
}

static void
test_a_device_whose_connection_goes_while_it_waits_comes_back(void **state)
{
	(void)state;
	bed.start = start_without_end;
	bed_begin();
	lose_connection();
	bed_reboot(bed.session);
	bed_turn();
	bed_post("");
	bed_expect_body("<cwmp:Reboot>");
	bed_post(bed_done(bed_id()));
	bed_expect_trace("filter 00259E-C-1;start;reboot done;");
}

static void
test_a_device_that_does_not_come_back_costs_its_timeout(void **state)
{
	(void)state;
	bed.start = start_without_end;
	bed_begin();
	lose_connection();
	bed_pass(30100);
	bed_expect_trace("filter 00259E-C-1;start;end timeout;");
}

static void
test_a_response_that_comes_again_has_the_next_call_again(void **state)
{
	const char *response;

	(void)state;
	bed.start = reboot_and_get;
	bed_begin();
	response = bed_done(bed_id());
	bed_post(response);
	bed_expect_body("<cwmp:GetParameterValues>");
	bed_expect_trace("filter 00259E-C-1;start;reboot done;");
	bed_connect();
	bed_post(response);
	bed_expect_body("<cwmp:GetParameterValues>");
	bed_expect_trace("");
	bed_post(bed_values(bed_id()));
	bed_expect_status(204);
	bed_expect_trace("get done;end done;");
}

static void
test_a_connection_that_goes_while_the_filter_decides_ends_the_session(void **state)
{
	(void)state;
	bed.filter = decide_later;
	bed_post(bed_inform("1"));
	lose_connection();
	bed_expect_trace("filter 00259E-C-1;end timeout;");
	bed_post(bed_inform("1"));
	bed_expect_trace("filter 00259E-C-1;");
}

#define ON_BED(test) cmocka_unit_test_setup_teardown(test, bed_opened, bed_closed)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BED(test_a_cookie_finds_its_session_on_another_connection),
		ON_BED(test_a_device_without_cookies_is_known_by_its_connection),
		ON_BED(test_a_cookie_that_is_not_ours_is_not_made_good_by_its_connection),
		ON_BED(test_a_cookie_of_something_else_does_not_count),
		ON_BED(test_an_inform_with_a_stale_cookie_begins_a_session),
		ON_BED(test_of_several_cookies_the_youngest_counts),
		ON_BED(test_posts_of_no_session_are_refused),
		ON_BED(test_posts_of_a_session_that_is_over_are_refused),
		ON_BED(test_a_second_inform_ends_the_first_session),
		ON_BED(test_who_is_not_the_device_ends_no_session),
		ON_BED(test_a_second_inform_on_the_same_connection_ends_the_first_session),
		ON_BED(test_a_second_inform_ends_a_session_whose_post_waits),
		ON_BED(test_other_devices_have_their_own_sessions),
		ON_BED(test_a_third_inform_ends_the_second_whatever_it_waits_for),
		ON_BED(test_another_post_while_one_waits_is_refused_and_changes_nothing),
		ON_BED(test_the_same_empty_post_again_waits_instead_of_the_first),
		ON_BED(test_a_device_whose_connection_goes_while_it_waits_comes_back),
		ON_BED(test_a_device_that_does_not_come_back_costs_its_timeout),
		ON_BED(test_a_response_that_comes_again_has_the_next_call_again),
		ON_BED(test_a_connection_that_goes_while_the_filter_decides_ends_the_session),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
