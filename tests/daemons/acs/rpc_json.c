/* RPCs as JSON: what is written reads as what it was, and what is wrong is said where it is. */
#include "daemons/acs/rpc_json.h"
#include "core/error.h"
#include "protocols/cwmp/schema.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int
read_text(struct acs_rpc *rpc, const char *text)
{
	json_t *json = json_loads(text, 0, NULL);
	int err;

	assert_non_null(json);
	err = acs_rpc_read(rpc, json);
	json_decref(json);
	return err;
}

/* Reads it, writes it, and compares, but for the method's name and members of options. */
static void
expect_round(const char *text)
{
	struct acs_rpc rpc;
	json_t *expected = json_loads(text, 0, NULL), *written;

	assert_non_null(expected);
	if (acs_rpc_read(&rpc, expected))
		fail_msg("%s", rpc.fault);
	json_object_del(expected, "method");
	written = acs_rpc_write(CWMP_REQUEST, rpc.method, &rpc.body);
	if (!json_equal(written, expected))
		fail_msg("%s", json_dumps(written, 0));
	json_decref(written);
	json_decref(expected);
	acs_rpc_free(&rpc);
}

static void
test_requests_are_written_as_they_were_read(void **state)
{
	(void)state;
	expect_round("{\"method\":\"SetParameterValues\",\"ParameterKey\":\"7\",\"ParameterList\":["
		     "{\"Name\":\"Device.X\",\"Value\":\"5\",\"Type\":\"unsignedInt\"},"
		     "{\"Name\":\"Device.Y\",\"Value\":\"\",\"Type\":\"string\"}]}");
	expect_round(
		"{\"method\":\"GetParameterValues\",\"ParameterNames\":[\"Device.\",\"A.B\"]}");
	expect_round(
		"{\"method\":\"GetParameterNames\",\"ParameterPath\":\"\",\"NextLevel\":true}");
	expect_round("{\"method\":\"SetParameterAttributes\",\"ParameterList\":[{\"Name\":\"A\","
		     "\"NotificationChange\":true,\"Notification\":2,\"AccessListChange\":false,"
		     "\"AccessList\":[\"Subscriber\"]}]}");
	expect_round("{\"method\":\"ChangeDUState\",\"Operations\":["
		     "{\"Operation\":\"Install\",\"URL\":\"http://x/\"},"
		     "{\"Operation\":\"Uninstall\",\"UUID\":\"u\",\"Version\":\"1\"}],"
		     "\"CommandKey\":\"k\"}");
	expect_round("{\"method\":\"ScheduleDownload\",\"CommandKey\":\"k\",\"FileType\":\"1\","
		     "\"URL\":\"u\",\"Username\":\"\",\"Password\":\"\",\"FileSize\":1,"
		     "\"TargetFileName\":\"\",\"TimeWindowList\":[{\"WindowStart\":0,"
		     "\"WindowEnd\":60,\"WindowMode\":\"2 Immediately\",\"UserMessage\":\"\","
		     "\"MaxRetries\":-1}]}");
	expect_round("{\"method\":\"FactoryReset\"}");
}

static void
test_values_have_the_type_of_their_json(void **state)
{
	struct acs_rpc rpc;
	const struct cwmp_parameter_values *list = &rpc.body.set_parameter_values.parameter_list;

	(void)state;
	assert_int_equal(
		read_text(&rpc, "{\"method\":\"SetParameterValues\",\"ParameterList\":["
				"{\"Name\":\"A\",\"Value\":true},{\"Name\":\"B\",\"Value\":-5},"
				"{\"Type\":\"xsd:dateTime\",\"Name\":\"C\",\"Value\":\"x\"}]}"),
		0);
	assert_int_equal(list->each[0].value.type, CWMP_TYPE_BOOLEAN);
	assert_string_equal(list->each[0].value.text, "true");
	assert_int_equal(list->each[1].value.type, CWMP_TYPE_INT);
	assert_string_equal(list->each[1].value.text, "-5");
	assert_int_equal(list->each[2].value.type, CWMP_TYPE_DATE_TIME);
	acs_rpc_free(&rpc);
}

static void
test_members_in_small_letters_are_others(void **state)
{
	struct acs_rpc rpc;

	(void)state;
	assert_int_equal(
		read_text(&rpc, "{\"method\":\"Reboot\",\"expiresIn\":5,\"CommandKey\":\"k\"}"), 0);
	assert_string_equal(rpc.body.reboot.command_key, "k");
	acs_rpc_free(&rpc);
}

#define TEXT_16  "0123456789abcdef"
#define TEXT_64  TEXT_16 TEXT_16 TEXT_16 TEXT_16
#define TEXT_257 TEXT_64 TEXT_64 TEXT_64 TEXT_64 "x"

static void
test_what_is_wrong_is_said_where_it_is(void **state)
{
	static const char *const cases[][2] = {
		{"{}", "method: not one that a device has"},
		{"{\"method\":\"Inform\"}", "method: not one that a device has"},
		{"{\"method\":\"Reboot\",\"CommandKey\":5}", "CommandKey: not a text"},
		{"{\"method\":\"Reboot\",\"Key\":\"x\"}", "Key: there is no such element"},
		{"{\"method\":\"Reboot\",\"CommandKey\":\"123456789012345678901234567890123\"}",
			"CommandKey: over 32 characters"},
		{"{\"method\":\"Download\",\"URL\":\"" TEXT_257 "\"}", "URL: over 256 characters"},
		{"{\"method\":\"Download\",\"URL\":\"a\\u0001b\"}",
			"URL: has characters that XML cannot carry"},
		{"{\"method\":\"GetParameterValues\",\"ParameterNames\":[\"a\",\"\\uffff\"]}",
			"ParameterNames[1]: has characters that XML cannot carry"},
		{"{\"method\":\"Download\",\"FileSize\":-1}", "FileSize: not a number that fits"},
		{"{\"method\":\"Download\",\"FileSize\":4294967296}",
			"FileSize: not a number that fits"},
		{"{\"method\":\"GetParameterNames\",\"NextLevel\":\"yes\"}",
			"NextLevel: neither true nor false"},
		{"{\"method\":\"SetParameterValues\",\"ParameterList\":[{\"Name\":\"A\"},{\"Name\":"
		 "1}]}",
			"ParameterList[1].Name: not a text"},
		{"{\"method\":\"SetParameterValues\",\"ParameterList\":[5]}",
			"ParameterList[0]: not an object"},
		{"{\"method\":\"SetParameterValues\",\"ParameterList\":{}}",
			"ParameterList: not an array"},
		{"{\"method\":\"SetParameterValues\",\"ParameterList\":[{\"Value\":1.5}]}",
			"ParameterList[0].Value: not a text, a whole number, true or false"},
		{"{\"method\":\"SetParameterValues\",\"ParameterList\":[{\"Value\":\"\","
		 "\"Type\":\"x\"}]}",
			"ParameterList[0]: its Type is not known"},
		{"{\"method\":\"ChangeDUState\",\"Operations\":[{\"Operation\":\"Sing\"}]}",
			"Operations[0]: its Operation is not Install, Update or Uninstall"},
		{"{\"method\":\"ScheduleDownload\",\"TimeWindowList\":[{},{},{}]}",
			"TimeWindowList: too many"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct acs_rpc rpc;

		assert_int_equal(read_text(&rpc, cases[i][0]), SB_EINVAL);
		assert_string_equal(rpc.fault, cases[i][1]);
		acs_rpc_free(&rpc);
	}
}

static void
test_a_fault_says_each_parameter(void **state)
{
	struct cwmp_set_parameter_fault each = {"Device.X", 9007, "Invalid value"};
	union cwmp_body body = {.fault = {.fault_code = 9003,
					.fault_string = "Invalid arguments",
					.set_parameter_values_fault = {&each, 1}}};
	json_t *json = acs_rpc_write(CWMP_FAULT, CWMP_OTHER_METHOD, &body);
	char *text = json_dumps(json, JSON_COMPACT);

	(void)state;
	assert_string_equal(text,
		"{\"FaultCode\":9003,\"FaultString\":\"Invalid arguments\","
		"\"SetParameterValuesFault\":[{\"ParameterName\":\"Device.X\",\"FaultCode\":9007,"
		"\"FaultString\":\"Invalid value\"}]}");
	free(text);
	json_decref(json);
}

/* Every method that an ACS calls can be asked for with nothing said, and be written so. */
static void
test_each_method_can_be_asked_for(void **state)
{
	(void)state;
	for (enum cwmp_method method = 0; method < CWMP_METHOD_COUNT; method++) {
		bool is_ours = cwmp_method_schema(method)->sent_by & CWMP_SENT_BY_ACS;
		char text[64];
		struct acs_rpc rpc;

		snprintf(text, sizeof(text), "{\"method\":\"%s\"}", cwmp_method_name(method));
		assert_int_equal(read_text(&rpc, text), is_ours ? 0 : SB_EINVAL);
		acs_rpc_free(&rpc);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_requests_are_written_as_they_were_read),
		cmocka_unit_test(test_values_have_the_type_of_their_json),
		cmocka_unit_test(test_members_in_small_letters_are_others),
		cmocka_unit_test(test_what_is_wrong_is_said_where_it_is),
		cmocka_unit_test(test_a_fault_says_each_parameter),
		cmocka_unit_test(test_each_method_can_be_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
