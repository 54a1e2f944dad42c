/* What is written, octet by octet; what cannot be; and the tables behind it. */
#include "protocols/cwmp/encode.h"

#include "tests/protocols/cwmp/documents.h"

#include <stdio.h>

#include "protocols/cwmp/fault.h"
#include "protocols/cwmp/schema.h"

static char written[4096];

static const char *
encode(const struct cwmp_message *message, const struct cwmp_dialect *dialect)
{
	struct cwmp_dialect ours;
	ssize_t size;

	cwmp_dialect_init(&ours, CWMP_1_0);
	size = cwmp_encode(message, dialect ? dialect : &ours, written, sizeof(written) - 1);
	assert_in_range(size, 1, sizeof(written) - 1);
	written[size] = '\0';
	return written;
}

static void
assert_invalid(const struct cwmp_message *message)
{
	struct cwmp_dialect ours;

	cwmp_dialect_init(&ours, CWMP_1_0);
	assert_int_equal(cwmp_encode(message, &ours, written, sizeof(written)), SB_EINVAL);
}

static struct cwmp_message
inform_response(void)
{
	return (struct cwmp_message){.kind = CWMP_RESPONSE,
		.method = CWMP_INFORM,
		.header.id = "7<",
		.body.inform_response.max_envelopes = 1};
}

static struct cwmp_message
reboot(const char *command_key)
{
	return (struct cwmp_message){.kind = CWMP_REQUEST,
		.method = CWMP_REBOOT,
		.body.reboot.command_key = command_key};
}

#define OURS                                                                              \
	"<SOAP-ENV:Envelope xmlns:SOAP-ENV=\"http://schemas.xmlsoap.org/soap/envelope/\"" \
	" xmlns:SOAP-ENC=\"http://schemas.xmlsoap.org/soap/encoding/\""                   \
	" xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\""                                 \
	" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\""                        \
	" xmlns:cwmp=\"urn:dslforum-org:cwmp-1-0\">"

static void
test_an_envelope_is_written_to_the_octet(void **state)
{
	struct cwmp_message message = inform_response();

	assert_string_equal(encode(&message, NULL),
		OURS "<SOAP-ENV:Header><cwmp:ID SOAP-ENV:mustUnderstand=\"1\">7&lt;</cwmp:ID>"
		     "</SOAP-ENV:Header><SOAP-ENV:Body><cwmp:InformResponse>"
		     "<MaxEnvelopes>1</MaxEnvelopes></cwmp:InformResponse></SOAP-ENV:Body>"
		     "</SOAP-ENV:Envelope>");
	message = reboot("");
	assert_string_equal(encode(&message, NULL),
		OURS "<SOAP-ENV:Body><cwmp:Reboot><CommandKey></CommandKey></cwmp:Reboot>"
		     "</SOAP-ENV:Body></SOAP-ENV:Envelope>");
	(void)state;
}

static void
test_a_device_gets_its_own_dialect(void **state)
{
	struct cwmp_dialect dialect = {.uri = "urn:dslforum-org:cwmp-1-4",
		.env = "e",
		.enc = "n",
		.xsd = "x",
		.xsi = "i",
		.cwmp = "c",
		.xml_declaration = true,
		.boolean_words = true};
	struct cwmp_parameter_value values[] = {
		{"a", {CWMP_TYPE_BOOLEAN, "1"}},
		{"b", {CWMP_TYPE_BOOLEAN, "perhaps"}},
		{"c", {CWMP_TYPE_BASE64, NULL}},
		{"d", {CWMP_TYPE_OTHER, "x"}},
	};
	struct cwmp_message message = {.kind = CWMP_REQUEST,
		.method = CWMP_SET_PARAMETER_VALUES,
		.body.set_parameter_values = {{values, 4}, NULL}};
	const char *text = encode(&message, &dialect);

	assert_ptr_equal(
		text, strstr(text, "<?xml version=\"1.0\" encoding=\"UTF-8\"?><e:Envelope"));
	assert_non_null(strstr(text, " xmlns:c=\"urn:dslforum-org:cwmp-1-4\"><e:Body>"));
	assert_non_null(strstr(text,
		"<ParameterList n:arrayType=\"c:ParameterValueStruct[4]\"><ParameterValueStruct>"
		"<Name>a</Name><Value i:type=\"x:boolean\">true</Value>"));
	assert_non_null(strstr(text, "<Value i:type=\"x:boolean\">perhaps</Value>"));
	assert_non_null(strstr(text, "<Value i:type=\"x:base64Binary\"></Value>"));
	assert_non_null(strstr(text, "<Value>x</Value>"));
	assert_non_null(strstr(text, "<ParameterKey></ParameterKey>"));
	(void)state;
}

static void
test_a_time_that_is_not_there_is_the_unknown_one(void **state)
{
	struct cwmp_message message = {.kind = CWMP_RESPONSE, .method = CWMP_DOWNLOAD};

	assert_non_null(strstr(encode(&message, NULL),
		"<Status>0</Status><StartTime>0001-01-01T00:00:00Z</StartTime>"
		"<CompleteTime>0001-01-01T00:00:00Z</CompleteTime>"));
	(void)state;
}

static void
test_faults_are_written_with_and_without_detail(void **state)
{
	struct cwmp_message message = {.kind = CWMP_FAULT,
		.method = CWMP_OTHER_METHOD,
		.body.fault = {.is_client = true, .fault_string = "No, & no"}};

	assert_non_null(strstr(encode(&message, NULL),
		"<SOAP-ENV:Fault><faultcode>Client</faultcode><faultstring>No, &amp; no"
		"</faultstring></SOAP-ENV:Fault>"));
	message.body.fault.is_client = false;
	message.body.fault.fault_code = 8005;
	assert_non_null(strstr(encode(&message, NULL),
		"<faultcode>Server</faultcode><faultstring>CWMP fault</faultstring><detail>"
		"<cwmp:Fault><FaultCode>8005</FaultCode><FaultString>No, &amp; no</FaultString>"
		"</cwmp:Fault></detail>"));
	(void)state;
}

static void
test_a_buffer_that_is_too_small_says_how_much_is_needed(void **state)
{
	struct cwmp_message message = inform_response();
	struct cwmp_dialect ours;
	ssize_t size;

	cwmp_dialect_init(&ours, CWMP_1_2);
	size = cwmp_encode(&message, &ours, NULL, 0);
	for (size_t capacity = 0; capacity <= (size_t)size; capacity++) {
		char *room = malloc(capacity ? capacity : 1);

		assert_non_null(room);
		assert_int_equal(cwmp_encode(&message, &ours, room, capacity), size);
		free(room);
	}
	(void)state;
}

static void
test_what_xml_cannot_carry_is_refused(void **state)
{
	static const char *const all[] = {"\x01", "a\x1f", "\x7f\xff", "\xe9", "\xc0\x80",
		"\xed\xa0\x80", "\xef\xbf\xbe", "\xef\xbf\xbf", "\xe2\x82", "\xf4\x90\x80\x80"};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct cwmp_message message = reboot(all[i]);

		assert_invalid(&message);
		message = reboot("k");
		message.header.id = all[i];
		assert_invalid(&message);
	}
	(void)state;
}

static void
test_what_xml_can_carry_is_written(void **state)
{
	struct cwmp_message message =
		reboot("\t\n\r<&>\"'\x7f\xc2\x80\xed\x9f\xbf\xf4\x8f\xbf\xbf");

	assert_non_null(strstr(encode(&message, NULL),
		"<CommandKey>\t\n&#13;&lt;&amp;&gt;\"'\x7f\xc2\x80\xed\x9f\xbf\xf4\x8f\xbf\xbf"
		"</CommandKey>"));
	(void)state;
}

static void
test_lengths_are_those_of_the_xsd_in_characters(void **state)
{
	char key[3 * 33 + 1];
	struct cwmp_message message = reboot(key);

	for (size_t i = 0; i < 32; i++)
		memcpy(key + 3 * i, "\xe2\x82\xac", 4);
	encode(&message, NULL);
	memcpy(key + 96, "\xe2\x82\xac", 4);
	assert_invalid(&message);
	(void)state;
}

static void
test_arrays_have_no_more_members_than_the_xsd_lets_them(void **state)
{
	struct cwmp_time_window windows[3] = {0};
	struct cwmp_message message = {.kind = CWMP_REQUEST,
		.method = CWMP_SCHEDULE_DOWNLOAD,
		.body.schedule_download.time_window_list = {windows, 2}};

	encode(&message, NULL);
	message.body.schedule_download.time_window_list.count = 3;
	assert_invalid(&message);
	(void)state;
}

static void
test_what_has_no_schema_is_refused(void **state)
{
	struct cwmp_operation operation = {.kind = (enum cwmp_operation_kind)3};
	struct cwmp_message message = {.kind = CWMP_REQUEST, .method = CWMP_OTHER_METHOD};

	assert_invalid(&message);
	message.method = CWMP_CHANGE_DU_STATE;
	message.body.change_du_state.operations.each = &operation;
	message.body.change_du_state.operations.count = 1;
	assert_invalid(&message);
	(void)state;
}

/* ---- tables ---- */

static void
test_methods_and_types_have_names_both_ways(void **state)
{
	for (enum cwmp_method i = 0; i < CWMP_METHOD_COUNT; i++)
		assert_int_equal(cwmp_method_of(cwmp_method_name(i)), i);
	assert_int_equal(cwmp_method_of("X_ACME_Do"), CWMP_OTHER_METHOD);
	assert_string_equal(cwmp_method_name(CWMP_OTHER_METHOD), "");
	assert_null(cwmp_body_shape(CWMP_REQUEST, CWMP_OTHER_METHOD));
	for (enum cwmp_type i = 0; i < CWMP_TYPE_OTHER; i++)
		assert_int_equal(cwmp_type_of(cwmp_type_name(i)), i);
	assert_int_equal(cwmp_type_of("base64Binary"), CWMP_TYPE_BASE64);
	assert_int_equal(cwmp_type_of("float"), CWMP_TYPE_OTHER);
	assert_string_equal(cwmp_type_name(CWMP_TYPE_OTHER), "");
	assert_null(cwmp_operation_shape((enum cwmp_operation_kind)3));
	(void)state;
}

static void
test_the_names_of_the_map_are_those_of_the_schema(void **state)
{
#define X(id, words) assert_string_equal(cwmp_method_schema(CWMP_##id)->name, #words);
	CWMP_METHOD_MAP(X)
#undef X
	(void)state;
}

static void
test_fault_codes_have_texts(void **state)
{
	assert_string_equal(cwmp_fault_text(9003), "Invalid arguments");
	assert_string_equal(cwmp_fault_text(8005), "Retry request");
	assert_string_equal(cwmp_fault_text(9800), "Vendor fault");
	assert_string_equal(cwmp_fault_text(8899), "Vendor fault");
	assert_string_equal(cwmp_fault_text(8900), "Unknown fault");
	assert_string_equal(cwmp_fault_text(0), "Unknown fault");
	(void)state;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_envelope_is_written_to_the_octet),
		cmocka_unit_test(test_a_device_gets_its_own_dialect),
		cmocka_unit_test(test_a_time_that_is_not_there_is_the_unknown_one),
		cmocka_unit_test(test_faults_are_written_with_and_without_detail),
		cmocka_unit_test(test_a_buffer_that_is_too_small_says_how_much_is_needed),
		cmocka_unit_test(test_what_xml_cannot_carry_is_refused),
		cmocka_unit_test(test_what_xml_can_carry_is_written),
		cmocka_unit_test(test_lengths_are_those_of_the_xsd_in_characters),
		cmocka_unit_test(test_arrays_have_no_more_members_than_the_xsd_lets_them),
		cmocka_unit_test(test_what_has_no_schema_is_refused),
		cmocka_unit_test(test_methods_and_types_have_names_both_ways),
		cmocka_unit_test(test_the_names_of_the_map_are_those_of_the_schema),
		cmocka_unit_test(test_fault_codes_have_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
