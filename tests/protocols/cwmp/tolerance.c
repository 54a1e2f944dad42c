/* What devices write beside the specification, and is read all the same. */
#include "tests/protocols/cwmp/documents.h"

#include <stdio.h>

static struct cwmp_decoder *decoder;

static int
make_decoder(void **state)
{
	(void)state;
	decoder = cwmp_decoder_new(sb_env_system(), NULL);
	return decoder ? 0 : -1;
}

static int
free_decoder(void **state)
{
	(void)state;
	cwmp_decoder_free(decoder);
	return 0;
}

/* ---- characters ---- */

struct written {
	const char *document;
	const char *value;
	uint32_t repairs;
};

static void
test_broken_characters_are_repaired_and_counted(void **state)
{
	static const struct written all[] = {
		{VALUE("plain"), "plain", 0},
		{VALUE(""), "", 0},
		{VALUE(" \t a\n "), " \t a\n ", 0},
		{VALUE("a&amp;&lt;&gt;&quot;&apos;&#65;&#x20ac;"), "a&<>\"'A\xe2\x82\xac", 0},
		{VALUE("a&#13;\r\nb"), "a\r\nb", 0},
		{VALUE("<![CDATA[a<b&amp;]]>c"), "a<b&amp;c", 0},
		{VALUE("a<!-- b -->c<?d e?>f"), "acf", 0},
		{VALUE("\xc3\xa9"), "\xc3\xa9", 0},
		{VALUE("a\x02"
		       "b"),
			"ab", 1},
		{VALUE("a&#2;b&amp;c"), "ab&c", 1},
		{VALUE("a & b &amp; c"), "a  b & c", 1},
		{VALUE("a&b;c&lt;d"), "ac<d", 1},
		{VALUE("&#2;&amp;&#3;&lt;"), "&<", 2},
		{VALUE("caf\xe9"), "caf\xc3\xa9", 1},
		{VALUE("\xe9 \xe2\x82\xac &amp; \x80"), "\xc3\xa9 \xe2\x82\xac & \xc2\x80", 1},
		{VALUE("a<Sub>b</Sub>c"), "ac", 0},
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct cwmp_envelope *e = decode_text(decoder, all[i].document);
		const struct cwmp_parameter_values *list = &e->message.body.inform.parameter_list;

		assert_int_equal(list->count, 1);
		assert_string_equal(list->each[0].name, "Device.X");
		assert_string_equal(list->each[0].value.text, all[i].value);
		assert_int_equal(e->repairs, all[i].repairs);
		cwmp_envelope_free(e);
	}
	(void)state;
}

static void
test_blanks_marks_and_nuls_around_the_document_are_nothing(void **state)
{
	static const char mark[] = "\xef\xbb\xbf";
	static const char blanks[] = " \r\n\t\xef\xbb\xbf\n<?xml version=\"1.0\"?>\n";
	static const char nuls[] = "\0\0\n\0";
	const char *const heads[] = {"", mark, blanks, "<?xml version=\"1.0\"?>"};

	for (size_t i = 0; i < 4; i++) {
		char document[2048];
		size_t size =
			(size_t)snprintf(document, sizeof(document), "%s%s", heads[i], VALUE("v"));
		struct cwmp_envelope *e;

		memcpy(document + size, nuls, sizeof(nuls));
		e = decode_octets(decoder, sb_bytes(document, size + sizeof(nuls)));
		assert_int_equal(e->repairs, 0);
		assert_string_equal(e->message.name, "Inform");
		cwmp_envelope_free(e);
	}
	(void)state;
}

static void
test_declared_encodings_are_read(void **state)
{
	static const char latin[] = "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>" VALUE("\xe9");
	static const char ascii[] = "<?xml version=\"1.0\" encoding=\"us-ascii\"?>" VALUE("e");
	const struct cwmp_inform *inform;
	struct cwmp_envelope *e = decode_text(decoder, latin);
	char wide[2 * sizeof(VALUE("u")) + 2] = "\xff\xfe";

	inform = &e->message.body.inform;
	assert_string_equal(inform->parameter_list.each[0].value.text, "\xc3\xa9");
	cwmp_envelope_free(e);
	e = decode_text(decoder, ascii);
	cwmp_envelope_free(e);
	for (size_t i = 0; i < sizeof(VALUE("u")) - 1; i++)
		wide[2 + 2 * i] = VALUE("u")[i], wide[3 + 2 * i] = '\0';
	e = decode_octets(decoder, sb_bytes(wide, sizeof(wide) - 2));
	inform = &e->message.body.inform;
	assert_string_equal(inform->parameter_list.each[0].value.text, "u");
	cwmp_envelope_free(e);
	(void)state;
}

#define DECLARED(name) "<?xml version=\"1.0\" encoding=\"" name "\"?>\n"

static void
test_an_encoding_that_is_not_what_it_says_is_read_all_the_same(void **state)
{
	static const struct written all[] = {
		{DECLARED("US-ASCII") VALUE("\xc3\xa9"), "\xc3\xa9", 0},
		{DECLARED("ascii") VALUE("\xe9"), "\xc3\xa9", 1},
		{DECLARED("x-of-the-device") VALUE("\xc3\xa9"), "\xc3\xa9", 0},
		{DECLARED("a-name-that-is-longer-than-any-encoding-has") VALUE("a"), "a", 0},
		{DECLARED("") VALUE("a"), "a", 0},
		{DECLARED("UTF-16") VALUE("\xc3\xa9"), "\xc3\xa9", 0},
		{DECLARED("utf8") VALUE("\xc3\xa9"), "\xc3\xa9", 0},
		{DECLARED("windows-1252") VALUE("\x80"), "\xe2\x82\xac", 0},
		{"<?xml version='1.1' encoding='UTF-8' standalone='no' ?>" VALUE("a"), "a", 0},
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct cwmp_envelope *e = decode_text(decoder, all[i].document);

		assert_string_equal(
			e->message.body.inform.parameter_list.each[0].value.text, all[i].value);
		assert_int_equal(e->repairs, all[i].repairs);
		cwmp_envelope_free(e);
	}
	(void)state;
}

/* ---- elements ---- */

static void
test_namespaces_and_prefixes_do_not_matter_below_the_body(void **state)
{
	static const char document[] = ENVELOPE(
		"<q:Inform><c:DeviceId xmlns=\"urn:dslforum-org:cwmp-1-0\">"
		"<Manufacturer xmlns=\"\">M</Manufacturer><c:OUI>00A0BC</c:OUI></c:DeviceId>"
		"<c:Event><c:EventStruct><c:EventCode>1 BOOT</c:EventCode></c:EventStruct>"
		"</c:Event></q:Inform>");
	struct cwmp_envelope *e = decode_text(decoder, document);
	const struct cwmp_inform *inform = &e->message.body.inform;

	assert_int_equal(e->message.method, CWMP_INFORM);
	assert_string_equal(inform->device_id.manufacturer, "M");
	assert_string_equal(inform->device_id.oui, "00A0BC");
	assert_null(inform->device_id.serial_number);
	assert_int_equal(inform->event.count, 1);
	assert_null(inform->event.each[0].command_key);
	assert_string_equal(e->dialect.uri, "urn:dslforum-org:cwmp-1-2");
	assert_int_equal(e->repairs, 0);
	cwmp_envelope_free(e);
	(void)state;
}

static void
test_a_parameter_without_a_value_has_none(void **state)
{
	static const char document[] = ENVELOPE(PARAMETERS_BEGIN
		"<ParameterValueStruct><Name>a</Name></ParameterValueStruct>"
		"<ParameterValueStruct><Name>b</Name><Value/></ParameterValueStruct>"
		"<ParameterValueStruct><Value i:type=\"s:int\">1</Value><Name>c</Name>"
		"<Extra>2</Extra></ParameterValueStruct>" PARAMETERS_END);
	struct cwmp_envelope *e = decode_text(decoder, document);
	const struct cwmp_parameter_value *each = e->message.body.inform.parameter_list.each;

	assert_int_equal(e->message.body.inform.parameter_list.count, 3);
	assert_null(each[0].value.text);
	assert_string_equal(each[1].value.text, "");
	assert_int_equal(each[1].value.type, CWMP_TYPE_OTHER);
	assert_string_equal(each[2].name, "c");
	assert_int_equal(each[2].value.type, CWMP_TYPE_INT);
	cwmp_envelope_free(e);
	(void)state;
}

#define OF_TYPE(attributes)                                                                \
	ENVELOPE(PARAMETERS_BEGIN "<ParameterValueStruct><Name>a</Name><Value " attributes \
				  ">1</Value></ParameterValueStruct>" PARAMETERS_END)

static void
test_a_type_is_known_by_its_local_name(void **state)
{
	static const struct {
		const char *document;
		enum cwmp_type type;
	} all[] = {
		{OF_TYPE("i:type=\"s:unsignedInt\""), CWMP_TYPE_UNSIGNED_INT},
		{OF_TYPE("type=\"boolean\""), CWMP_TYPE_BOOLEAN},
		{OF_TYPE("a=\"b\" q:type=\"C:base64\""), CWMP_TYPE_BASE64},
		{OF_TYPE("i:type=\"s:dateTime\" c=\"d\""), CWMP_TYPE_DATE_TIME},
		{OF_TYPE("a=\"b\""), CWMP_TYPE_OTHER},
		{OF_TYPE("i:type=\"\""), CWMP_TYPE_OTHER},
		{OF_TYPE("i:type=\"s:\""), CWMP_TYPE_OTHER},
		{OF_TYPE("i:type=\"s:a-type-with-a-name-that-is-long\""), CWMP_TYPE_OTHER},
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct cwmp_envelope *e = decode_text(decoder, all[i].document);

		assert_int_equal(
			e->message.body.inform.parameter_list.each[0].value.type, all[i].type);
		cwmp_envelope_free(e);
	}
	(void)state;
}

static void
test_a_method_of_a_vendor_keeps_its_name(void **state)
{
	struct cwmp_envelope *e =
		decode_text(decoder, ENVELOPE("<c:X_ACME_Do><A>1</A></c:X_ACME_Do>"));

	assert_int_equal(e->message.kind, CWMP_REQUEST);
	assert_int_equal(e->message.method, CWMP_OTHER_METHOD);
	assert_string_equal(e->message.name, "X_ACME_Do");
	cwmp_envelope_free(e);
	e = decode_text(decoder, ENVELOPE("<c:X_ACME_DoResponse/>"));
	assert_int_equal(e->message.kind, CWMP_RESPONSE);
	assert_int_equal(e->message.method, CWMP_OTHER_METHOD);
	cwmp_envelope_free(e);
	(void)state;
}

static void
test_only_the_first_element_of_the_body_counts(void **state)
{
	struct cwmp_envelope *e = decode_text(decoder,
		ENVELOPE("<c:GetRPCMethods/><c:Inform><RetryCount>1</RetryCount></c:Inform>"));

	assert_int_equal(e->message.method, CWMP_GET_RPC_METHODS);
	assert_int_equal(e->defects, 1);
	cwmp_envelope_free(e);
	(void)state;
}

static void
test_blanks_around_names_are_none_of_them(void **state)
{
	static const char document[] = ENVELOPE(
		"<c:Inform><DeviceId><Manufacturer>\n A B\n</Manufacturer><OUI> 00A0BC</OUI>"
		"<ProductClass> </ProductClass><SerialNumber>\t1\t</SerialNumber></DeviceId>"
		"<Event><EventStruct><EventCode>\r\n1 BOOT\r\n</EventCode>"
		"<CommandKey> k </CommandKey></EventStruct></Event><ParameterList>"
		"<ParameterValueStruct><Name>\n\tDevice.\xe9\n</Name><Value> v </Value>"
		"</ParameterValueStruct></ParameterList></c:Inform>");
	struct cwmp_envelope *e = decode_text(decoder, document);
	const struct cwmp_inform *inform = &e->message.body.inform;

	assert_string_equal(inform->device_id.manufacturer, "A B");
	assert_string_equal(inform->device_id.oui, "00A0BC");
	assert_string_equal(inform->device_id.product_class, "");
	assert_string_equal(inform->device_id.serial_number, "1");
	assert_string_equal(inform->event.each[0].event_code, "1 BOOT");
	assert_string_equal(inform->event.each[0].command_key, " k ");
	assert_string_equal(inform->parameter_list.each[0].name, "Device.\xc3\xa9");
	assert_string_equal(inform->parameter_list.each[0].value.text, " v ");
	cwmp_envelope_free(e);
	(void)state;
}

static void
test_members_that_nothing_wraps_are_members(void **state)
{
	struct cwmp_envelope *e = decode_text(decoder,
		ENVELOPE("<c:GetAllQueuedTransfersResponse>"
			 "<TransferList><CommandKey>a</CommandKey><State>1</State></TransferList>"
			 "<TransferList><State>3</State><CommandKey>b</CommandKey></TransferList>"
			 "</c:GetAllQueuedTransfersResponse>"));
	const struct cwmp_all_queued_transfers *list =
		&e->message.body.get_all_queued_transfers_response.transfer_list;

	assert_int_equal(list->count, 2);
	assert_string_equal(list->each[0].command_key, "a");
	assert_int_equal(list->each[0].state, 1);
	assert_string_equal(list->each[1].command_key, "b");
	assert_int_equal(list->each[1].state, 3);
	cwmp_envelope_free(e);
	e = decode_text(decoder, ENVELOPE("<c:Inform><Event><EventCode>1 BOOT</EventCode>"
					  "<CommandKey/></Event></c:Inform>"));
	assert_int_equal(e->message.body.inform.event.count, 1);
	assert_string_equal(e->message.body.inform.event.each[0].event_code, "1 BOOT");
	cwmp_envelope_free(e);
	/* Any name will do for what does wrap them. */
	e = decode_text(decoder, ENVELOPE("<c:Inform><Event><item><EventCode>2 PERIODIC</EventCode>"
					  "</item></Event></c:Inform>"));
	assert_string_equal(e->message.body.inform.event.each[0].event_code, "2 PERIODIC");
	cwmp_envelope_free(e);
	(void)state;
}

static void
test_a_struct_by_the_name_of_its_type_is_the_struct(void **state)
{
	struct cwmp_envelope *e = decode_text(decoder,
		ENVELOPE("<c:DUStateChangeComplete><Results><OpResultStruct><UUID>u</UUID>"
			 "<FaultStruct><FaultCode>9018</FaultCode><FaultString>t</FaultString>"
			 "</FaultStruct></OpResultStruct></Results></c:DUStateChangeComplete>"));
	const struct cwmp_operation_results *results =
		&e->message.body.du_state_change_complete.results;

	assert_int_equal(results->count, 1);
	assert_int_equal(results->each[0].fault.fault_code, 9018);
	assert_string_equal(results->each[0].fault.fault_string, "t");
	cwmp_envelope_free(e);
	(void)state;
}

/* ---- scalars ---- */

static void
test_numbers_that_are_none_are_zero_and_counted(void **state)
{
	static const struct {
		const char *document;
		uint32_t value, defects;
	} all[] = {
		{ENVELOPE("<c:Inform><RetryCount> 7\n</RetryCount></c:Inform>"), 7, 0},
		{ENVELOPE("<c:Inform><RetryCount>+7</RetryCount></c:Inform>"), 7, 0},
		{ENVELOPE("<c:Inform><RetryCount>007</RetryCount></c:Inform>"), 7, 0},
		{ENVELOPE("<c:Inform><RetryCount>4294967295</RetryCount></c:Inform>"), UINT32_MAX,
			0},
		{ENVELOPE("<c:Inform><RetryCount>4294967296</RetryCount></c:Inform>"), 0, 1},
		{ENVELOPE("<c:Inform><RetryCount>99999999999999999999999</RetryCount></c:Inform>"),
			0, 1},
		{ENVELOPE("<c:Inform><RetryCount>-1</RetryCount></c:Inform>"), 0, 1},
		{ENVELOPE("<c:Inform><RetryCount>1.5</RetryCount></c:Inform>"), 0, 1},
		{ENVELOPE("<c:Inform><RetryCount>seven</RetryCount></c:Inform>"), 0, 1},
		{ENVELOPE("<c:Inform><RetryCount>+</RetryCount></c:Inform>"), 0, 1},
		{ENVELOPE("<c:Inform><RetryCount></RetryCount></c:Inform>"), 0, 1},
		{ENVELOPE("<c:Inform><RetryCount/></c:Inform>"), 0, 1},
		{ENVELOPE("<c:Inform></c:Inform>"), 0, 0},
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct cwmp_envelope *e = decode_text(decoder, all[i].document);

		assert_int_equal(e->message.body.inform.retry_count, all[i].value);
		assert_int_equal(e->defects, all[i].defects);
		cwmp_envelope_free(e);
	}
	(void)state;
}

#define WINDOW(number)                                                                       \
	ENVELOPE("<c:ScheduleDownload><TimeWindowList><TimeWindowStruct><MaxRetries>" number \
		 "</MaxRetries></TimeWindowStruct></TimeWindowList></c:ScheduleDownload>")

static void
test_signed_numbers_have_their_bounds(void **state)
{
	static const struct {
		const char *document;
		int32_t value;
		uint32_t defects;
	} all[] = {
		{WINDOW("-1"), -1, 0},
		{WINDOW("2147483647"), INT32_MAX, 0},
		{WINDOW("-2147483648"), INT32_MIN, 0},
		{WINDOW("2147483648"), 0, 1},
		{WINDOW("-2147483649"), 0, 1},
		{WINDOW("--1"), 0, 1},
		{WINDOW("-"), 0, 1},
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct cwmp_envelope *e = decode_text(decoder, all[i].document);

		assert_int_equal(
			e->message.body.schedule_download.time_window_list.each[0].max_retries,
			all[i].value);
		assert_int_equal(e->defects, all[i].defects);
		cwmp_envelope_free(e);
	}
	(void)state;
}

#define NEXT_LEVEL(text) \
	ENVELOPE("<c:GetParameterNames><NextLevel>" text "</NextLevel></c:GetParameterNames>")

static void
test_booleans_are_taken_in_all_their_forms(void **state)
{
	static const struct {
		const char *document;
		bool value;
		uint32_t defects;
	} all[] = {
		{NEXT_LEVEL("1"), true, 0},
		{NEXT_LEVEL(" true "), true, 0},
		{NEXT_LEVEL("True"), true, 0},
		{NEXT_LEVEL("TRUE"), true, 0},
		{NEXT_LEVEL("0"), false, 0},
		{NEXT_LEVEL("false"), false, 0},
		{NEXT_LEVEL("FALSE"), false, 0},
		{NEXT_LEVEL("truex"), false, 1},
		{NEXT_LEVEL("30"), false, 1},
		{NEXT_LEVEL(""), false, 1},
		{NEXT_LEVEL("0001-01-01T00:00:00"), false, 1},
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct cwmp_envelope *e = decode_text(decoder, all[i].document);

		assert_true(e->message.body.get_parameter_names.next_level == all[i].value);
		assert_int_equal(e->defects, all[i].defects);
		cwmp_envelope_free(e);
	}
	(void)state;
}

/* ---- faults ---- */

static void
test_a_fault_of_soap_alone_has_its_own_words(void **state)
{
	struct cwmp_envelope *e =
		decode_text(decoder, ENVELOPE("<E:Fault><faultcode>E:Server</faultcode>"
					      "<faultstring>Out of order</faultstring></E:Fault>"));
	const struct cwmp_fault *fault = &e->message.body.fault;

	assert_int_equal(e->message.kind, CWMP_FAULT);
	assert_int_equal(e->message.method, CWMP_OTHER_METHOD);
	assert_false(fault->is_client);
	assert_int_equal(fault->fault_code, 0);
	assert_string_equal(fault->fault_string, "Out of order");
	cwmp_envelope_free(e);
	e = decode_text(decoder, ENVELOPE("<E:Fault/>"));
	assert_null(e->message.body.fault.fault_string);
	cwmp_envelope_free(e);
	(void)state;
}

#define DETAIL "<FaultCode>9002</FaultCode><FaultString>Inside</FaultString>"

static void
test_a_detail_is_found_wherever_it_is(void **state)
{
	static const char *const all[] = {
		ENVELOPE("<E:Fault><faultcode>Client</faultcode><faultstring>CWMP "
			 "fault</faultstring>"
			 "<detail><c:Fault>" DETAIL "</c:Fault></detail></E:Fault>"),
		ENVELOPE("<E:Fault><faultcode>Client</faultcode><faultstring>CWMP fault"
			 "<detail><c:Fault>" DETAIL "</c:Fault></detail></faultstring></E:Fault>"),
		ENVELOPE("<E:Fault><detail><c:Fault>" DETAIL "</c:Fault></detail>"
			 "<faultstring>CWMP fault</faultstring>"
			 "<faultcode>x:Client</faultcode></E:Fault>"),
		ENVELOPE("<E:Fault><faultcode>E:Client</faultcode>" DETAIL "</E:Fault>"),
		ENVELOPE("<c:Fault><faultcode>Client.x</faultcode><detail>" DETAIL
			 "</detail></c:Fault>"),
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct cwmp_envelope *e = decode_text(decoder, all[i]);

		assert_int_equal(e->message.kind, CWMP_FAULT);
		assert_true(e->message.body.fault.is_client);
		assert_int_equal(e->message.body.fault.fault_code, 9002);
		assert_string_equal(e->message.body.fault.fault_string, "Inside");
		cwmp_envelope_free(e);
	}
	(void)state;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_broken_characters_are_repaired_and_counted),
		cmocka_unit_test(test_blanks_marks_and_nuls_around_the_document_are_nothing),
		cmocka_unit_test(test_declared_encodings_are_read),
		cmocka_unit_test(test_an_encoding_that_is_not_what_it_says_is_read_all_the_same),
		cmocka_unit_test(test_namespaces_and_prefixes_do_not_matter_below_the_body),
		cmocka_unit_test(test_a_parameter_without_a_value_has_none),
		cmocka_unit_test(test_a_type_is_known_by_its_local_name),
		cmocka_unit_test(test_a_method_of_a_vendor_keeps_its_name),
		cmocka_unit_test(test_only_the_first_element_of_the_body_counts),
		cmocka_unit_test(test_blanks_around_names_are_none_of_them),
		cmocka_unit_test(test_members_that_nothing_wraps_are_members),
		cmocka_unit_test(test_a_struct_by_the_name_of_its_type_is_the_struct),
		cmocka_unit_test(test_numbers_that_are_none_are_zero_and_counted),
		cmocka_unit_test(test_signed_numbers_have_their_bounds),
		cmocka_unit_test(test_booleans_are_taken_in_all_their_forms),
		cmocka_unit_test(test_a_fault_of_soap_alone_has_its_own_words),
		cmocka_unit_test(test_a_detail_is_found_wherever_it_is),
	};

	return cmocka_run_group_tests(tests, make_decoder, free_decoder);
}
