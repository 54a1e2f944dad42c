/* The configuration: what it becomes, and what is said of what is wrong, with its line. */
#include "daemons/acs/config.h"

#include "core/error.h"
#include "daemons/acs/credentials.h"
#include "tests/support/config_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct config_reports reports;
static struct sb_config *file;
static struct acs_config *made;

static int
load(const char *text)
{
	struct sb_config_source source = {.options = acs_config_options, .rules = acs_config_rules};
	int err;

	config_reports_init(&reports);
	file = NULL;
	made = NULL;
	err = config_text_load(text, source, &reports.errors, &file);
	if (!err)
		err = acs_config_new(file, &made);
	return err;
}

static int
unload(void **state)
{
	(void)state;
	acs_config_free(made);
	sb_config_free(file);
	return 0;
}

#define CWMP "listener \"cwmp\" { address = \"127.0.0.1:7547\" }\n"

static void
expect_report(const char *text, const char *report)
{
	assert_int_equal(load(text), SB_ECONFIG);
	if (!strstr(reports.text, report))
		fail_msg("\"%s\" says not \"%s\" but \"%s\"", text, report, reports.text);
	unload(NULL);
	made = NULL;
	file = NULL;
}

static void
test_a_small_configuration_has_its_defaults(void **state)
{
	(void)state;
	assert_int_equal(load(CWMP), 0);
	assert_int_equal(made->listeners.count, 1);
	assert_int_equal(made->serves[0], ACS_SERVES_CWMP);
	assert_int_equal(made->cwmp.session_timeout_ms, 30000);
	assert_int_equal(made->cwmp.decode.bytes, 16 << 20);
	assert_int_equal(made->policies[0].scheme, HTTP_AUTH_NONE);
	assert_int_equal(made->api.tokens.count, 0);
	assert_int_equal(made->api.wait_ms, 60000);
	assert_int_equal(made->keepers.attempts, 5);
	assert_int_equal(made->keepers.batch, 256);
	assert_int_equal(made->files.limit, 256 << 20);
	assert_null(made->files.url);
	assert_null(made->connection_requests.stun);
}

static void
test_what_a_listener_serves_is_its_title_or_said(void **state)
{
	(void)state;
	assert_int_equal(
		load(CWMP "listener \"people\" { address = \"[::1]:1\" serves = api }\n"), 0);
	assert_int_equal(made->serves[1], ACS_SERVES_API);
	unload(NULL);
	expect_report(CWMP "listener \"people\" { address = \"127.0.0.1:1\" }\n",
		"listener people needs serves = cwmp or serves = api");
}

static void
test_an_api_that_others_reach_needs_a_token(void **state)
{
	(void)state;
	expect_report(CWMP "listener \"api\" { address = \"192.0.2.1:7557\" }\n",
		"the API needs a token section");
	expect_report(CWMP "listener \"api\" { address = \"0.0.0.0:7557\" }\n",
		"the API needs a token section");
	assert_int_equal(
		load(CWMP "listener \"api\" { address = \"0.0.0.0:7557\" }\n"
			  "token \"ops\" { token = \"0123456789abcdef\" rights = {read} }\n"),
		0);
	assert_int_equal(made->api.tokens.each[0].rights, ACS_RIGHT_READ);
}

static void
test_tokens_are_found_by_what_callers_show(void **state)
{
	(void)state;
	assert_int_equal(
		load(CWMP "token \"a\" { token = \"0123456789abcdef\" }\n"
			  "token \"b\" { token = \"fedcba9876543210\" rights = {read} }\n"),
		0);
	assert_string_equal(
		acs_tokens_find(&made->api.tokens, "Bearer fedcba9876543210")->name, "b");
	assert_string_equal(
		acs_tokens_find(&made->api.tokens, "bearer  0123456789abcdef")->name, "a");
	assert_null(acs_tokens_find(&made->api.tokens, "Bearer 0123456789abcde"));
	assert_null(acs_tokens_find(&made->api.tokens, "Basic 0123456789abcdef"));
	assert_null(acs_tokens_find(&made->api.tokens, "Bearer "));
	assert_null(acs_tokens_find(&made->api.tokens, NULL));
}

static const char *
password_of(const char *username)
{
	static char out[HTTP_AUTH_TEXT_MAX];

	return acs_credentials_password(&made->credentials, username, out, sizeof(out)) ? NULL
											: out;
}

static void
test_passwords_come_of_the_list_then_of_all_then_of_the_secret(void **state)
{
	(void)state;
	assert_int_equal(load(CWMP "devices { authentication = digest_md5 username = \"cpe\"\n"
				   "password = \"shared\" secret = \"0123456789abcdef\" }\n"
				   "credential \"b\" { password = \"of b\" }\n"
				   "credential \"a\" { password = \"of a\" }\n"),
		0);
	assert_string_equal(password_of("a"), "of a");
	assert_string_equal(password_of("b"), "of b");
	assert_string_equal(password_of("cpe"), "shared");
	/* printf %s 202BC1-BM632w-000000 | openssl dgst -sha256 -hmac 0123456789abcdef -binary |
	 * base64 | tr +/ -_ | cut -c1-24 */
	assert_string_equal(password_of("202BC1-BM632w-000000"), "sIiGcydJcQ1pWe9B813ePnlh");
}

static void
test_without_a_secret_unknown_names_have_no_password(void **state)
{
	(void)state;
	assert_int_equal(load(CWMP "devices { authentication = basic }\n"
				   "credential \"a\" { password = \"of a\" }\n"),
		0);
	assert_null(password_of("b"));
}

static void
test_who_authenticates_must_be_the_device_where_that_is_asked(void **state)
{
	const struct acs_policy *c;

	(void)state;
	assert_int_equal(load(CWMP "devices { must_match = true }\n"), 0);
	c = made->policies;
	assert_true(acs_policy_fits(c, "O-P-1", "O-P-1", ""));
	assert_false(acs_policy_fits(c, "O-P-1", "O-P-2", ""));
	assert_true(acs_policy_fits(c, "O-P-1", "", "CN=O-P-1,O=Acme"));
	assert_true(acs_policy_fits(c, "O-P-1", "", "O=Acme,CN=O-P-1"));
	assert_false(acs_policy_fits(c, "O-P-1", "", "CN=O-P-10"));
	/* A value with a comma in it is one name still. */
	assert_false(acs_policy_fits(c, "O-P-1", "", "O=Acme\\,CN=O-P-1,CN=O-P-2"));
	assert_true(acs_policy_fits(c, "O-P-1", "", "O=Acme\\\\,CN=O-P-1"));
	assert_false(acs_policy_fits(c, "O-P-1", "", "CN=O-P-1\\,x"));
	assert_false(acs_policy_fits(c, "O-P-1", "", "O=XCN=O-P-1"));
	/* A certificate counts more than a password. */
	assert_false(acs_policy_fits(c, "O-P-1", "O-P-1", "CN=O-P-2"));
}

static void
test_each_listener_has_its_own_policy(void **state)
{
	(void)state;
	assert_int_equal(
		load(CWMP "listener \"b\" { address = \"127.0.0.1:1\" serves = cwmp\n"
			  "authentication = basic must_match = true }\n"
			  "listener \"c\" { address = \"127.0.0.1:2\" serves = cwmp\n"
			  "authentication = none }\n"
			  "listener \"api\" { address = \"127.0.0.1:3\" }\n"
			  "devices { authentication = digest secret = \"0123456789abcdef\" }\n"),
		0);
	assert_int_equal(made->policies[0].scheme, HTTP_AUTH_DIGEST);
	assert_false(made->policies[0].must_match);
	assert_int_equal(made->policies[1].scheme, HTTP_AUTH_BASIC);
	assert_true(made->policies[1].must_match);
	assert_int_equal(made->policies[2].scheme, HTTP_AUTH_NONE);
	unload(NULL);
	expect_report(
		"listener \"cwmp\" { address = \"127.0.0.1:1\" authentication = certificate }\n",
		"listener cwmp needs tls with verify = required");
	expect_report(CWMP "devices { authentication = certificate }\n",
		"listener cwmp needs tls with verify = required");
	expect_report("listener \"api\" { address = \"127.0.0.1:1\" authentication = basic }\n",
		"authentication, must_match: of listeners of devices");
}

static void
test_devices_are_asked_where_they_came_from_unless_more_is_said(void **state)
{
	const struct cwmp_reach *reach;

	(void)state;
	assert_int_equal(load(CWMP), 0);
	reach = &made->connection_requests.options.reach;
	assert_int_equal(reach->kinds, CWMP_REACH_INFORM);
	assert_int_equal(reach->network_count, 0);
	unload(NULL);
	assert_int_equal(
		load(CWMP "connection_request { networks = { 10.0.0.0/8, private, \"::1\" } }\n"),
		0);
	reach = &made->connection_requests.options.reach;
	assert_int_equal(reach->kinds, CWMP_REACH_PRIVATE);
	assert_int_equal(reach->network_count, 2);
	unload(NULL);
	expect_report(CWMP "connection_request { networks = { everywhere } }\n",
		"networks \"everywhere\": must be inform, private, any");
}

static void
test_quirks_say_only_what_stands_there(void **state)
{
	(void)state;
	assert_int_equal(load(CWMP "quirk \"huawei\" { manufacturer = \"Huawei*\"\n"
				   "xml_declaration = true }\n"
				   "quirk \"old\" { boolean_words = false batch = 8 }\n"),
		0);
	assert_int_equal(made->quirks.count, 2);
	assert_int_equal(made->quirks.each[0].xml_declaration, 1);
	assert_int_equal(made->quirks.each[0].boolean_words, -1);
	assert_int_equal(made->quirks.each[1].boolean_words, 0);
	assert_int_equal(made->quirks.each[1].batch, 8);
}

static void
test_scripts_have_filters(void **state)
{
	(void)state;
	assert_int_equal(load(CWMP "script \"provision\" { file = \"provision.lua\"\n"
				   "oui = \"202BC1\" events = { \"0 BOOTSTRAP\", \"1 BOOT\" } }\n"),
		0);
	assert_string_equal(made->scripts.each[0].path, "provision.lua");
	assert_string_equal(made->scripts.each[0].filter.oui, "202BC1");
	assert_null(made->scripts.each[0].filter.version);
	assert_int_equal(made->scripts.each[0].filter.event_count, 2);
	assert_string_equal(made->scripts.each[0].filter.events[1], "1 BOOT");
}

static void
test_what_is_wrong_is_said(void **state)
{
	(void)state;
	expect_report("node { }\n", "no listener");
	expect_report(CWMP "token \"a\" { }\n", "a token needs token or token_file");
	expect_report(
		CWMP "token \"a\" { token = \"short\" }\n", "a token must have 16 octets at least");
	expect_report(
		CWMP "token \"a\" { token = \"0123456789abcdef\" rights = {all} }\n", "rights");
	expect_report(
		CWMP "devices { username = \"x\" }\n", "username and password need each other");
	expect_report(CWMP "devices { secret = \"x\" }\n", "secret: must have 16 octets");
	expect_report(CWMP "credential \"a\" { }\n", "a credential needs password");
	expect_report(CWMP "files { url = \"ftp://example\" }\n", "must begin with http://");
	expect_report(CWMP "files { url = \"http://example/\" }\n", "without the slash");
	expect_report(CWMP "files { authentication = true }\n",
		"authentication of files: listener cwmp asks nobody who they are");
	expect_report(CWMP "listener \"open\" { address = \"127.0.0.1:2\" serves = cwmp }\n"
			   "listener \"shut\" { address = \"127.0.0.1:3\" serves = cwmp "
			   "authentication = digest }\n"
			   "files { authentication = true }\n",
		"authentication of files: listener open asks nobody who they are");
	expect_report(CWMP "script \"a\" { }\n", "a script needs a file");
	expect_report(CWMP "connection_request { username = \"x\" }\n", "need each other");
	expect_report(CWMP "cwmp { max_message = 1KiB }\n", "max_message");
	expect_report(CWMP "api { max_page = 1001 }\n", "max_page");
	expect_report(CWMP "stun { address = \"localhost:3478\" }\n", "address");
}

static void
test_passwords_without_authentication_are_warned_of(void **state)
{
	(void)state;
	assert_int_equal(load(CWMP "credential \"a\" { password = \"x\" }\n"), 0);
	assert_non_null(strstr(reports.text, "there are passwords, and authentication is none"));
	unload(NULL);
	assert_int_equal(load("listener \"cwmp\" { address = \"127.0.0.1:1\" "
			      "authentication = basic }\n"),
		0);
	assert_non_null(strstr(reports.text, "only devices whose credentials the API sets"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_a_small_configuration_has_its_defaults, unload),
		cmocka_unit_test(test_what_a_listener_serves_is_its_title_or_said),
		cmocka_unit_test_teardown(test_an_api_that_others_reach_needs_a_token, unload),
		cmocka_unit_test_teardown(test_tokens_are_found_by_what_callers_show, unload),
		cmocka_unit_test_teardown(
			test_passwords_come_of_the_list_then_of_all_then_of_the_secret, unload),
		cmocka_unit_test_teardown(
			test_without_a_secret_unknown_names_have_no_password, unload),
		cmocka_unit_test_teardown(
			test_who_authenticates_must_be_the_device_where_that_is_asked, unload),
		cmocka_unit_test(test_each_listener_has_its_own_policy),
		cmocka_unit_test(test_devices_are_asked_where_they_came_from_unless_more_is_said),
		cmocka_unit_test_teardown(test_quirks_say_only_what_stands_there, unload),
		cmocka_unit_test_teardown(test_scripts_have_filters, unload),
		cmocka_unit_test(test_what_is_wrong_is_said),
		cmocka_unit_test_teardown(
			test_passwords_without_authentication_are_warned_of, unload),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
