/* Before a session begins, or without one: methods, authentication, room, bounds, the drain; and
 * session_filter's word. */
#include "core/error.h"
#include "protocols/http/auth.h"
#include "tests/protocols/cwmp/session_bed.h"

#include <stdio.h>
#include <stdlib.h>

static void
start_without_end(struct cwmp_session *c)
{
	(void)c;
}

/* ---- what is no session's ---- */

static void
test_other_methods_than_post_are_refused(void **state)
{
	(void)state;
	bed_send_octets("GET /acs HTTP/1.1\r\nHost: acs\r\n\r\n");
	bed_turn();
	assert_true(bed_take(bed.peer));
	bed_expect_status(405);
	assert_non_null(strstr(bed.head, "\r\nAllow: POST\r\n"));
}

static void
test_an_inform_without_a_device_is_refused(void **state)
{
	(void)state;
	bed_post(bed_envelope("1", "<cwmp:Inform><DeviceId></DeviceId></cwmp:Inform>"));
	bed_expect_status(400);
	assert_int_equal(cwmp_server_sessions(bed.server), 0);
}

static void
test_what_is_no_message_is_refused(void **state)
{
	(void)state;
	bed_post("<a><b></a>");
	bed_expect_status(400);
	bed_post("<!DOCTYPE a [<!ENTITY e \"x\">]><a>&e;</a>");
	bed_expect_status(400);
	assert_int_equal(bed_counter("cwmp_broken_total"), 2);
}

static void
test_a_message_over_the_bounds_is_413(void **state)
{
	static const struct cwmp_server_options options = {.decode = {.bytes = 500}};

	(void)state;
	bed_open(&options);
	bed_post(bed_inform("1"));
	bed_expect_status(413);
	bed_close();
}

static void
test_a_response_over_the_bounds_fails_its_call_alone(void **state)
{
	static const struct cwmp_server_options options = {.decode = {.text = 100}};
	char body[1024] = "<cwmp:RebootResponse><x>";

	(void)state;
	bed_open(&options);
	bed.start = bed_reboot;
	bed_begin();
	memset(body + strlen(body), 'x', 500);
	bed_post(bed_envelope(bed_id(), body));
	bed_expect_status(0);
	bed_expect_trace("filter 00259E-C-1;start;reboot SB_EPROTO;");
	bed_close();
}

/* ---- room ---- */

static const char *
long_inform(const char *serial)
{
	static char body[40000];

	snprintf(body, sizeof(body), "%-39000s", bed_inform_of("1", serial));
	return body;
}

static void
post_from_elsewhere(const char *body)
{
	bed_connect();
	bed.cookie[0] = '\0';
	bed_post(body);
}

static void
test_envelopes_have_room_together(void **state)
{
	static const struct cwmp_server_options options = {.held_bytes = 30000};
	static char begun[30001];

	(void)state;
	bed_open(&options);
	/* One does not come to its end: another that is long has no room until it is given up. */
	snprintf(begun, sizeof(begun), "%-30000s",
		"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n\r\n<a>");
	bed_send_octets(begun);
	bed_turn();
	post_from_elsewhere(long_inform("1"));
	bed_expect_status(503);
	post_from_elsewhere(bed_inform("1"));
	bed_expect_status(200);
	bed_pass(60000);
	/* An Inform counts until its session ends. */
	for (unsigned i = 0; i < 2; i++) {
		post_from_elsewhere(long_inform("1"));
		bed_expect_status(200);
		post_from_elsewhere(long_inform("2"));
		bed_expect_status(503);
		bed_pass(60000);
	}
	bed_close();
}

static void
expect_busy(void)
{
	const char *after;
	int seconds;

	bed_expect_status(503);
	after = strstr(bed.head, "\r\nRetry-After: ");
	assert_non_null(after);
	seconds = atoi(after + strlen("\r\nRetry-After: "));
	assert_in_range(seconds, 1, 90);
	assert_non_null(strstr(bed.head, "\r\nConnection: close\r\n"));
}

static void
test_over_max_sessions_new_informs_are_sent_away_and_open_sessions_go_on(void **state)
{
	static const struct cwmp_server_options options = {.max_sessions = 1};
	char first[256];

	(void)state;
	bed_open(&options);
	bed_post(bed_inform_of("1", "1"));
	bed_expect_status(200);
	strcpy(first, bed.cookie);
	bed.cookie[0] = '\0';
	bed_connect();
	bed_post(bed_inform_of("1", "2"));
	expect_busy();
	bed_connect();
	strcpy(bed.cookie, first);
	bed_post("");
	bed_expect_status(204);
	bed_post(bed_inform_of("1", "2"));
	bed_expect_status(200);
	bed_close();
}

static void
test_a_second_inform_finds_no_room_where_its_first_has_the_last_place(void **state)
{
	static const struct cwmp_server_options options = {.max_sessions = 1};

	(void)state;
	bed_open(&options);
	bed_post(bed_inform("1"));
	bed_connect();
	bed_post(bed_inform("2"));
	expect_busy();
	bed_close();
}

static void
test_over_the_rate_new_informs_are_sent_away(void **state)
{
	static const struct cwmp_server_options options = {.new_sessions_rate = 1};

	(void)state;
	bed_open(&options);
	bed_post(bed_inform_of("1", "1"));
	bed_expect_status(200);
	bed_connect();
	bed_post(bed_inform_of("1", "2"));
	expect_busy();
	bed_pass(1000);
	bed_connect();
	bed_post(bed_inform_of("1", "2"));
	bed_expect_status(200);
	bed_close();
}

/* ---- the drain ---- */

static void
test_a_stopping_node_lets_open_sessions_end(void **state)
{
	struct sim_peer *idle;

	(void)state;
	bed_open(NULL);
	bed.start = bed_reboot;
	idle = bed.peer;
	bed_connect();
	bed_post(bed_inform("1"));
	sb_node_stop(bed.node);
	bed_turn();
	assert_true(sim_has_ended(idle));
	assert_false(sim_has_ended(bed.peer));
	bed_post("");
	bed_expect_body("<cwmp:Reboot>");
	cwmp_finish(bed.session);
	bed_post(bed_done(bed_id()));
	bed_expect_status(204);
	bed_expect_trace("filter 00259E-C-1;start;reboot done;end done;");
	bed_turn();
	assert_true(sim_has_ended(bed.peer));
	bed_close();
}

static void
test_a_stopping_node_begins_no_sessions(void **state)
{
	(void)state;
	bed_open(NULL);
	bed_post(bed_inform("1"));
	sb_node_stop(bed.node);
	bed_turn();
	bed_post(bed_inform("2"));
	expect_busy();
	bed_close();
}

static void
test_a_session_that_outlasts_the_drain_is_cut(void **state)
{
	static const struct cwmp_server_options options = {.drain_ms = 5000};

	(void)state;
	bed_open(&options);
	bed.start = bed_reboot;
	bed_begin();
	sb_node_stop(bed.node);
	bed_pass(5100);
	bed_expect_trace("filter 00259E-C-1;start;reboot SB_GONE;end drain;");
	assert_true(sb_node_is_stopped(bed.node));
	bed_close();
}

/* ---- authentication ---- */

static int
password(void *context, const char *username, char *out, size_t size)
{
	(void)context;
	if (strcmp(username, "cpe") != 0)
		return SB_ENOENT;
	(void)snprintf(out, size, "secret");
	return 0;
}

static char seen_username[64];

static void
note_username(struct cwmp_session *c)
{
	(void)snprintf(seen_username, sizeof(seen_username), "%s", cwmp_username(c));
	cwmp_accept(c);
}

static void
open_with_password(enum http_auth_scheme scheme)
{
	const struct cwmp_server_options options = {
		.auth = {.scheme = scheme, .realm = "acs", .password = password}};

	bed_open(&options);
	bed.filter = note_username;
	seen_username[0] = '\0';
}

static void
test_a_device_has_to_say_who_it_is_once(void **state)
{
	(void)state;
	open_with_password(HTTP_AUTH_BASIC);
	bed_post(bed_inform("1"));
	bed_expect_status(401);
	assert_non_null(strstr(bed.head, "\r\nWWW-Authenticate: Basic realm=\"acs\""));
	bed.authorization = "Basic Y3BlOndyb25n"; /* cpe:wrong */
	bed_post(bed_inform("1"));
	bed_expect_status(401);
	bed.authorization = "Basic Y3BlOnNlY3JldA=="; /* cpe:secret */
	bed_post(bed_inform("1"));
	bed_expect_status(200);
	assert_string_equal(seen_username, "cpe");
	bed.authorization = NULL;
	bed_post("");
	bed_expect_status(204);
	bed_close();
}

static void
test_a_cookie_does_not_begin_a_session_by_itself(void **state)
{
	(void)state;
	open_with_password(HTTP_AUTH_BASIC);
	bed.authorization = "Basic Y3BlOnNlY3JldA==";
	bed_post(bed_inform("1"));
	bed_expect_status(200);
	bed.authorization = NULL;
	bed_post(bed_inform("2"));
	bed_expect_status(401);
	bed_expect_trace("filter 00259E-C-1;start;");
	bed_post("");
	bed_expect_status(204);
	bed_close();
}

static void
answer_challenge(void)
{
	static char authorization[1024];
	const struct http_auth_request request = {
		.username = "cpe",
		.password = "secret",
		.method = "POST",
		.uri = "/acs",
		.cnonce = "abcdef",
		.count = 1,
	};
	const char *at = strstr(bed.head, "\r\nWWW-Authenticate: ");
	char challenge[1024];

	assert_non_null(at);
	at += strlen("\r\nWWW-Authenticate: ");
	(void)snprintf(challenge, sizeof(challenge), "%.*s", (int)strcspn(at, "\r"), at);
	assert_int_equal(
		http_auth_answer(challenge, &request, authorization, sizeof(authorization)), 0);
	bed.authorization = authorization;
}

static void
test_digest_holds_on_another_connection_and_an_old_nonce_is_only_stale(void **state)
{
	(void)state;
	open_with_password(HTTP_AUTH_DIGEST_MD5);
	bed_post(bed_inform("1"));
	bed_expect_status(401);
	answer_challenge();
	bed_connect();
	bed_post(bed_inform("1"));
	bed_expect_status(200);
	bed_post("");
	bed_expect_status(204);
	bed_pass(400000);
	bed_connect();
	bed_post(bed_inform("1"));
	bed_expect_status(401);
	assert_non_null(strstr(bed.head, "stale=true"));
	answer_challenge();
	bed_post(bed_inform("1"));
	bed_expect_status(200);
	bed_close();
}

/* ---- session_filter ---- */

static void
refuse_it(struct cwmp_session *c)
{
	cwmp_refuse(c, CWMP_FAULT_ACS_REQUEST_DENIED, NULL);
	cwmp_accept(c); /* the first word counts */
}

static void
test_a_filter_may_refuse(void **state)
{
	(void)state;
	bed_open(NULL);
	bed.filter = refuse_it;
	bed_post(bed_inform("7"));
	bed_expect_status(200);
	bed_expect_body("<FaultCode>8001</FaultCode>");
	bed_expect_body(">7</cwmp:ID>");
	bed_expect_trace("filter 00259E-C-1;end refused;");
	assert_null(strstr(bed.head, "Set-Cookie: session=A"));
	bed_close();
}

static void
test_a_service_needs_no_callbacks(void **state)
{
	static const struct cwmp_service nothing = {.name = "nothing"};
	const struct sb_listener_options listener = {.name = "other", .address = "127.0.0.1:7548"};
	struct cwmp_server *server = NULL;

	(void)state;
	bed_open(NULL);
	assert_int_equal(cwmp_server_new(&server, bed.node, &nothing, NULL, NULL), 0);
	assert_int_equal(cwmp_server_listen(server, &listener, NULL), 0);
	bed.peer = sim_connect(bed.sim, 7548);
	bed_post(bed_inform("1"));
	bed_expect_status(200);
	bed_post(bed_envelope("2", "<cwmp:Kicked><Next>n</Next></cwmp:Kicked>"));
	bed_expect_body("<NextURL>n</NextURL>");
	bed_post("");
	bed_expect_status(204);
	bed_expect_trace("");
	bed.other = server;
	bed_close();
}

static void
redirect_it(struct cwmp_session *c)
{
	cwmp_redirect(c, 307, "http://other/acs");
}

static void
test_a_filter_may_send_elsewhere(void **state)
{
	(void)state;
	bed_open(NULL);
	bed.filter = redirect_it;
	bed_post(bed_inform("7"));
	bed_expect_status(307);
	assert_non_null(strstr(bed.head, "\r\nLocation: http://other/acs\r\n"));
	bed_expect_trace("filter 00259E-C-1;end refused;");
	bed_close();
}

static char long_place[2000];

static void
redirect_far(struct cwmp_session *c)
{
	cwmp_redirect(c, 302, long_place);
}

static void
test_a_place_is_said_whole_or_not_at_all(void **state)
{
	(void)state;
	bed_open(NULL);
	bed.filter = redirect_far;
	memset(long_place, 'a', sizeof(long_place) - 1);
	bed_post(bed_inform("7"));
	bed_expect_status(302);
	assert_non_null(strstr(bed.head, long_place));
	memcpy(long_place, "http://a/\r\nX: y", sizeof("http://a/\r\nX: y"));
	bed_post(bed_inform("7"));
	expect_busy();
	assert_null(strstr(bed.head, "X: y"));
	bed_close();
}

static void
send_away(struct cwmp_session *c)
{
	cwmp_busy(c, 7);
}

static void
test_a_filter_may_send_away(void **state)
{
	(void)state;
	bed_open(NULL);
	bed.filter = send_away;
	bed_post(bed_inform("7"));
	bed_expect_status(503);
	assert_non_null(strstr(bed.head, "\r\nRetry-After: 7\r\n"));
	bed_close();
}

static void
test_a_filter_that_does_not_decide_is_503(void **state)
{
	(void)state;
	bed_open(NULL);
	bed.filter = start_without_end;
	bed_post(bed_inform("7"));
	bed_pass(20100);
	assert_true(bed_take(bed.peer));
	expect_busy();
	bed_expect_trace("filter 00259E-C-1;end idle;");
	bed_close();
}

/* ---- how devices are written to ---- */

static const char *
inform_of_version(const char *uri, const char *header)
{
	static char inform[2048];

	(void)snprintf(inform, sizeof(inform),
		"<E:Envelope xmlns:E=\"http://schemas.xmlsoap.org/soap/envelope/\" "
		"xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" "
		"xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" xmlns:w=\"%s\">"
		"<E:Header><w:ID>1</w:ID>%s</E:Header><E:Body><w:Inform><DeviceId>"
		"<OUI>00259E</OUI><SerialNumber>1</SerialNumber></DeviceId>"
		"<ParameterList><ParameterValueStruct><Name>Device.B</Name>"
		"<Value xsi:type=\"xsd:boolean\">true</Value></ParameterValueStruct>"
		"</ParameterList></w:Inform></E:Body></E:Envelope>",
		uri, header);
	return inform;
}

static void
test_a_device_is_answered_in_its_namespace_and_prefixes(void **state)
{
	(void)state;
	bed_open(NULL);
	bed_post(inform_of_version("urn:dslforum-org:cwmp-1-3", ""));
	bed_expect_body("xmlns:w=\"urn:dslforum-org:cwmp-1-3\"");
	bed_expect_body("<w:InformResponse>");
	bed_expect_body("<E:Body>");
	assert_null(strstr(bed.body, "UseCWMPVersion"));
	assert_null(strstr(bed.body, "<?xml"));
	bed_close();
}

static void
test_a_version_is_chosen_only_where_the_device_asks(void **state)
{
	(void)state;
	bed_open(NULL);
	bed_post(inform_of_version("urn:dslforum-org:cwmp-1-2",
		"<w:SupportedCWMPVersions>1.0,1.1,1.2</w:SupportedCWMPVersions>"));
	bed_expect_body("<w:UseCWMPVersion E:mustUnderstand=\"1\">1.2</w:UseCWMPVersion>");
	bed_close();
}

static void
get_names(struct cwmp_session *c)
{
	assert_int_equal(cwmp_get_parameter_names(c, "", true, (struct cwmp_done){0}), 0);
}

static void
test_booleans_are_written_as_the_device_writes_them(void **state)
{
	(void)state;
	bed_open(NULL);
	bed.start = get_names;
	bed_post(inform_of_version("urn:dslforum-org:cwmp-1-0", ""));
	bed_post("");
	bed_expect_body("<NextLevel>true</NextLevel>");
	bed_close();
}

static void
want_declaration(void *context, const struct cwmp_inform *inform, struct cwmp_dialect *dialect)
{
	(void)context;
	dialect->xml_declaration = strcmp(inform->device_id.oui, "00259E") == 0;
}

static void
test_quirks_have_the_last_look_at_how_a_device_is_written_to(void **state)
{
	static const struct cwmp_server_options options = {.quirks = want_declaration};

	(void)state;
	bed_open(&options);
	bed_post(bed_inform("1"));
	assert_ptr_equal(strstr(bed.body, "<?xml"), bed.body);
	bed_close();
}

static void
test_a_device_may_ask_for_more_time(void **state)
{
	static const struct cwmp_server_options options = {.longest_timeout_ms = 60000};

	(void)state;
	bed_open(&options);
	bed_post(inform_of_version(
		"urn:dslforum-org:cwmp-1-2", "<w:SessionTimeout>50</w:SessionTimeout>"));
	bed_pass(49000);
	bed_expect_trace("filter 00259E-1;start;");
	bed_pass(2000);
	bed_expect_trace("end timeout;");
	bed_post(inform_of_version(
		"urn:dslforum-org:cwmp-1-2", "<w:SessionTimeout>5000</w:SessionTimeout>"));
	bed_pass(59000);
	bed_expect_trace("filter 00259E-1;start;");
	bed_pass(2000);
	bed_expect_trace("end timeout;");
	bed_close();
}

static void
test_a_connection_stays_as_long_as_its_device_may_be_silent(void **state)
{
	(void)state;
	bed_open(NULL);
	bed.has_no_cookies = true;
	bed.start = bed_reboot;
	bed_post(inform_of_version(
		"urn:dslforum-org:cwmp-1-2", "<w:SessionTimeout>300</w:SessionTimeout>"));
	bed_post("");
	bed_pass(290000);
	assert_false(sim_has_ended(bed.peer));
	bed_post(bed_envelope(NULL, "<cwmp:RebootResponse/>"));
	bed_expect_trace("filter 00259E-1;start;reboot done;");
	/* Behind a session it is like any other. */
	cwmp_finish(bed.session);
	bed_turn();
	assert_true(bed_take(bed.peer));
	bed_expect_status(204);
	bed_pass(80000);
	assert_true(sim_has_ended(bed.peer));
	bed_close();
}

#define ON_BED(test) cmocka_unit_test_setup_teardown(test, bed_opened, bed_closed)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BED(test_other_methods_than_post_are_refused),
		ON_BED(test_an_inform_without_a_device_is_refused),
		ON_BED(test_what_is_no_message_is_refused),
		cmocka_unit_test(test_a_message_over_the_bounds_is_413),
		cmocka_unit_test(test_envelopes_have_room_together),
		cmocka_unit_test(test_a_response_over_the_bounds_fails_its_call_alone),
		cmocka_unit_test(
			test_over_max_sessions_new_informs_are_sent_away_and_open_sessions_go_on),
		cmocka_unit_test(
			test_a_second_inform_finds_no_room_where_its_first_has_the_last_place),
		cmocka_unit_test(test_over_the_rate_new_informs_are_sent_away),
		cmocka_unit_test(test_a_stopping_node_lets_open_sessions_end),
		cmocka_unit_test(test_a_stopping_node_begins_no_sessions),
		cmocka_unit_test(test_a_session_that_outlasts_the_drain_is_cut),
		cmocka_unit_test(test_a_device_has_to_say_who_it_is_once),
		cmocka_unit_test(test_a_cookie_does_not_begin_a_session_by_itself),
		cmocka_unit_test(
			test_digest_holds_on_another_connection_and_an_old_nonce_is_only_stale),
		cmocka_unit_test(test_a_filter_may_refuse),
		cmocka_unit_test(test_a_service_needs_no_callbacks),
		cmocka_unit_test(test_a_filter_may_send_elsewhere),
		cmocka_unit_test(test_a_place_is_said_whole_or_not_at_all),
		cmocka_unit_test(test_a_filter_may_send_away),
		cmocka_unit_test(test_a_filter_that_does_not_decide_is_503),
		cmocka_unit_test(test_a_device_is_answered_in_its_namespace_and_prefixes),
		cmocka_unit_test(test_a_version_is_chosen_only_where_the_device_asks),
		cmocka_unit_test(test_booleans_are_written_as_the_device_writes_them),
		cmocka_unit_test(test_quirks_have_the_last_look_at_how_a_device_is_written_to),
		cmocka_unit_test(test_a_device_may_ask_for_more_time),
		cmocka_unit_test(test_a_connection_stays_as_long_as_its_device_may_be_silent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
