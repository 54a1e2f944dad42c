/* What scripts ask of devices, and what they are told. */
#include "tests/protocols/cwmp/script_bed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct bed bed;

static int
opened(void **state)
{
	(void)state;
	bed_open(&bed, NULL);
	return 0;
}

#define VALUE(name, type, value)                                                             \
	"<ParameterValueStruct><Name>" name "</Name><Value xsi:type=\"xsd:" type "\">" value \
	"</Value></ParameterValueStruct>"
#define VALUES(values)                                                               \
	"<cwmp:GetParameterValuesResponse><ParameterList>" values "</ParameterList>" \
	"</cwmp:GetParameterValuesResponse>"
#define SPV_RESPONSE \
	"<cwmp:SetParameterValuesResponse><Status>0</Status></cwmp:SetParameterValuesResponse>"
#define FAULT(code, text, more)                                                       \
	"<e:Fault><faultcode>Client</faultcode><faultstring>CWMP fault</faultstring>" \
	"<detail><cwmp:Fault><FaultCode>" code "</FaultCode><FaultString>" text       \
	"</FaultString>" more "</cwmp:Fault></detail></e:Fault>"

/* Runs a script whose own assertions say whether it is right. */
static void
expect_good(const char *text)
{
	bed_run(&bed, text);
	bed_expect_end(&bed, 0, "");
}

static void
test_one_name_gives_its_value_by_its_type(void **state)
{
	(void)state;
	bed_will_answer(&bed, VALUES(VALUE("Device.A", "string", "x")));
	bed_will_answer(&bed, VALUES(VALUE("Device.A", "unsignedInt", "4294967295")));
	bed_will_answer(&bed, VALUES(VALUE("Device.A", "int", "-7")));
	bed_will_answer(&bed, VALUES(VALUE("Device.A", "boolean", "true")));
	bed_will_answer(&bed, VALUES(VALUE("Device.A", "boolean", "0")));
	bed_will_answer(&bed, VALUES(VALUE("Device.A", "int", "many")));
	bed_will_answer(&bed, VALUES(VALUE("Device.A", "unsignedLong", "18446744073709551615")));
	bed_will_answer(&bed, VALUES(VALUE("Device.B", "string", "another")));
	expect_good("local function get() return cpe:get('Device.A') end\n"
		    "assert(get() == 'x')\n"
		    "assert(get() == 4294967295)\n"
		    "assert(get() == -7)\n"
		    "assert(get() == true)\n"
		    "assert(get() == false)\n"
		    "assert(get() == 'many')\n"
		    "assert(get() == '18446744073709551615')\n"
		    "assert(get() == nil)\n");
}

static void
test_a_path_gives_a_table(void **state)
{
	(void)state;
	bed_will_answer(
		&bed, VALUES(VALUE("Device.A.X", "string", "x") VALUE("Device.A.Y", "int", "2")));
	expect_good("local t = cpe:get('Device.A.')\n"
		    "assert(t['Device.A.X'] == 'x' and t['Device.A.Y'] == 2)\n");
}

static void
test_several_names_and_lists_are_one_request(void **state)
{
	(void)state;
	bed_will_answer(&bed, VALUES(VALUE("A", "string", "x")));
	bed_will_answer(&bed, VALUES(VALUE("A", "string", "x")));
	bed_run(&bed, "assert(cpe:get('A', 'B').A == 'x') assert(cpe:get{'A'}.A == 'x')");
	bed_expect(&bed,
		"<cwmp:GetParameterValues><ParameterNames SOAP-ENC:arrayType=\"xsd:string[2]\">"
		"<string>A</string><string>B</string></ParameterNames></cwmp:GetParameterValues>;"
		"<cwmp:GetParameterValues><ParameterNames SOAP-ENC:arrayType=\"xsd:string[1]\">"
		"<string>A</string></ParameterNames></cwmp:GetParameterValues>;"
		"done 0;");
}

#define SET_OF(count, values, key)                                                              \
	"<cwmp:SetParameterValues><ParameterList SOAP-ENC:arrayType="                           \
	"\"cwmp:ParameterValueStruct[" count "]\">" values "</ParameterList><ParameterKey>" key \
	"</ParameterKey></cwmp:SetParameterValues>;"

static void
test_set_takes_the_types_that_the_device_has_told(void **state)
{
	(void)state;
	bed_will_answer(&bed, VALUES(VALUE("B", "unsignedInt", "1")));
	bed_will_answer(&bed, SPV_RESPONSE);
	bed_run(&bed, "cpe:get('B')\n"
		      "assert(cpe:set({B = 5, A = 'x', C = true, D = 3,\n"
		      " ['Device.DeviceInfo.UpTime'] = 1, E = {value = 9, type = 'long'}}, 'key') "
		      "== 0)");
	bed_expect(&bed,
		"<cwmp:GetParameterValues><ParameterNames SOAP-ENC:arrayType=\"xsd:string[1]\">"
		"<string>B</string></ParameterNames></cwmp:GetParameterValues>;" SET_OF("6",
			VALUE("A", "string", "x") VALUE("B", "unsignedInt", "5")
				VALUE("C", "boolean", "1") VALUE("D", "int", "3")
					VALUE("Device.DeviceInfo.UpTime", "unsignedInt", "1")
						VALUE("E", "long", "9"),
			"key") "done 0;");
}

static void
test_faults_are_errors_that_can_be_caught(void **state)
{
	(void)state;
	bed_will_answer(&bed, FAULT("9005", "Invalid parameter name", ""));
	bed_will_answer(&bed, FAULT("9003", "Invalid arguments",
				      "<SetParameterValuesFault><ParameterName>A</ParameterName>"
				      "<FaultCode>9007</FaultCode><FaultString>bad</FaultString>"
				      "</SetParameterValuesFault>"));
	bed_will_answer(&bed, "");
	expect_good("local ok, fault = pcall(cpe.get, cpe, 'A')\n"
		    "assert(not ok and fault.code == 9005)\n"
		    "assert(tostring(fault) == 'test:1: 9005 Invalid parameter name')\n"
		    "local ok, fault = pcall(function()\n"
		    "  cpe:set{A = 1}\n"
		    "end)\n"
		    "assert(fault.code == 9003 and fault.parameters[1].name == 'A')\n"
		    "assert(fault.parameters[1].code == 9007)\n"
		    "assert(tostring(fault) ==\n"
		    " 'test:5: 9003 Invalid arguments (A: 9007 bad)', tostring(fault))\n"
		    "local ok, fault = xpcall(cpe.reboot, function(e) return {e} end, cpe)\n"
		    "assert(not ok and fault[1].code == 0)\n"
		    "assert(fault[1].text == 'the device did not answer')\n");
}

static void
test_an_uncaught_fault_ends_the_script(void **state)
{
	(void)state;
	bed_will_answer(&bed, FAULT("9005", "Invalid parameter name", ""));
	bed_run(&bed, "\n\nlocal x = cpe:get('A')");
	assert_int_equal(bed.end.fault_code, 9005);
	bed_expect_end(&bed, SB_EREMOTE, "test:3: 9005 Invalid parameter name");
	assert_true(bed_logged(&bed, "cwmp.script.failed"));
	assert_true(bed_logged(&bed, "test:3: 9005"));
}

static void
test_errors_of_a_script_name_its_line(void **state)
{
	(void)state;
	bed_run(&bed, "local x\nx.y = 1");
	bed_expect_end(&bed, SB_EINVAL, "test:2: attempt to index a nil value (local 'x')");
	bed_run(&bed, "\nerror({})");
	bed_expect_end(&bed, SB_EINVAL, "test:2: a table was thrown");
	bed_run(&bed, "error()");
	bed_expect_end(&bed, SB_EINVAL, "test:1: nil");
	bed_run(&bed, "error(4711)");
	bed_expect_end(&bed, SB_EINVAL, "test:1: 4711");
}

static void
expect_trace(const char *text, const char *trace)
{
	bed_run(&bed, text);
	assert_string_equal(bed.end_trace, trace);
	assert_int_not_equal(bed.end.status, 0);
	assert_true(bed_logged(&bed, trace));
}

static void
test_an_error_says_what_led_to_it(void **state)
{
	(void)state;
	expect_trace("local function inner() error('x') end\n"
		     "local function outer()\n"
		     "  inner()\n"
		     "end\n"
		     "outer()",
		"test:1 in inner < test:3 in outer < test:5");
	expect_trace("local function f() while true do end end\nf()", "test:1 in f < test:2");
	expect_trace("local function f() local t = {} while true do t[#t + 1] = {} end end\nf()",
		"test:1 in f < test:2");
	/* What was caught is not in it; what was thrown while something was closed is. */
	expect_trace("pcall(error, 'caught')\n"
		     "local x <close> = setmetatable({}, {__close = function() error('y') end})\n"
		     "error('x')",
		"test:2");
	bed_will_answer(&bed, FAULT("9005", "Invalid parameter name", ""));
	expect_trace(
		"local function f() cpe:get('A') end\npcall(print)\nf()", "test:1 in f < test:3");
}

static void
test_a_trace_has_a_bound(void **state)
{
	(void)state;
	expect_trace(
		"local function f(n) if n == 0 then error('x') end f(n - 1) return 1 end\nf(40)",
		"test:1 in f < test:1 in f < test:1 in f < test:1 in f < test:1 in f < "
		"test:1 in f < test:1 in f < test:1 in f < ...");
	bed_run(&bed, "local function a_name_that_is_much_longer_than_any_name_should_ever_be(n)\n"
		      "  if n == 0 then error('x') end\n"
		      "  a_name_that_is_much_longer_than_any_name_should_ever_be(n - 1)\n"
		      "  return 1\n"
		      "end\n"
		      "a_name_that_is_much_longer_than_any_name_should_ever_be(40)");
	assert_in_range(strlen(bed.end_trace), 200, CWMP_SCRIPT_TRACE_MAX);
}

static void
test_the_device_and_its_inform_are_there(void **state)
{
	(void)state;
	expect_good("assert(cpe.device.manufacturer == 'Acme' and cpe.device.oui == '00D09E')\n"
		    "assert(cpe.device.product_class == 'Gateway')\n"
		    "assert(cpe.device.serial_number == '1')\n"
		    "assert(cpe.device.id == '00D09E-Gateway-1' and cpe.device.cwmp == '1.1')\n"
		    "local inform = cpe.inform\n"
		    "assert(rawequal(inform, cpe.inform))\n"
		    "assert(inform.events['1 BOOT'] == '' and inform.events['M Reboot'] == 'k1')\n"
		    "assert(not inform.events['0 BOOTSTRAP'])\n"
		    "assert(inform.parameters['Device.DeviceInfo.UpTime'] == 77)\n"
		    "assert(inform.retry_count == 3)\n"
		    "assert(inform.current_time == '2026-11-27T10:00:00Z')\n");
}

static void
test_plain_methods_take_and_give_what_the_specification_says(void **state)
{
	(void)state;
	bed_will_answer(&bed, "<cwmp:AddObjectResponse><InstanceNumber>4</InstanceNumber>"
			      "<Status>1</Status></cwmp:AddObjectResponse>");
	bed_will_answer(&bed, "<cwmp:DeleteObjectResponse><Status>0</Status>"
			      "</cwmp:DeleteObjectResponse>");
	bed_will_answer(&bed, "<cwmp:RebootResponse/>");
	bed_will_answer(&bed, "<cwmp:FactoryResetResponse/>");
	bed_will_answer(&bed, "<cwmp:ScheduleInformResponse/>");
	bed_will_answer(&bed, "<cwmp:CancelTransferResponse/>");
	bed_will_answer(&bed, "<cwmp:GetRPCMethodsResponse><MethodList><string>Reboot</string>"
			      "</MethodList></cwmp:GetRPCMethodsResponse>");
	bed_will_answer(&bed, "<cwmp:SetVouchersResponse/>");
	bed_run(&bed, "local i, status = cpe:add('D.O.', 'pk')\n"
		      "assert(i == 4 and status == 1)\n"
		      "assert(cpe:delete('D.O.4.') == 0)\n"
		      "assert(select('#', cpe:reboot('ck')) == 0)\n"
		      "cpe:factory_reset()\n"
		      "cpe:schedule_inform(60, 'si')\n"
		      "cpe:cancel_transfer('ct')\n"
		      "assert(cpe:methods()[1] == 'Reboot')\n"
		      "cpe:set_vouchers{'YQ=='}\n");
	bed_expect(&bed,
		"<cwmp:AddObject><ObjectName>D.O.</ObjectName><ParameterKey>pk</ParameterKey>"
		"</cwmp:AddObject>;"
		"<cwmp:DeleteObject><ObjectName>D.O.4.</ObjectName><ParameterKey></ParameterKey>"
		"</cwmp:DeleteObject>;"
		"<cwmp:Reboot><CommandKey>ck</CommandKey></cwmp:Reboot>;"
		"<cwmp:FactoryReset></cwmp:FactoryReset>;"
		"<cwmp:ScheduleInform><DelaySeconds>60</DelaySeconds><CommandKey>si</CommandKey>"
		"</cwmp:ScheduleInform>;"
		"<cwmp:CancelTransfer><CommandKey>ct</CommandKey></cwmp:CancelTransfer>;"
		"<cwmp:GetRPCMethods></cwmp:GetRPCMethods>;"
		"<cwmp:SetVouchers><VoucherList SOAP-ENC:arrayType=\"SOAP-ENC:base64[1]\">"
		"<base64>YQ==</base64></VoucherList></cwmp:SetVouchers>;"
		"done 0;");
}

static void
test_any_method_is_called_by_the_specifications_names(void **state)
{
	(void)state;
	bed_will_answer(&bed, "<cwmp:DownloadResponse><Status>1</Status><StartTime>a</StartTime>"
			      "<CompleteTime>b</CompleteTime></cwmp:DownloadResponse>");
	bed_will_answer(&bed, "<cwmp:ChangeDUStateResponse/>");
	bed_will_answer(&bed, "<cwmp:ScheduleDownloadResponse/>");
	bed_will_answer(&bed, VALUES(VALUE("A", "int", "3")));
	bed_run(&bed, "local r = cpe:download{FileType = '1 Firmware Upgrade Image',\n"
		      "  URL = 'http://x/', FileSize = 12, CommandKey = 'c'}\n"
		      "assert(r.Status == 1 and r.StartTime == 'a' and r.CompleteTime == 'b')\n"
		      "cpe:change_du_state{Operations = {{Operation = 'Uninstall', UUID = 'u'}}}\n"
		      "cpe:call('ScheduleDownload', {TimeWindowList = {{WindowStart = 1,\n"
		      "  WindowEnd = 2, MaxRetries = -1}}})\n"
		      "local r = cpe:call('GetParameterValues', {ParameterNames = {'A'}})\n"
		      "local p = r.ParameterList[1]\n"
		      "assert(p.Name == 'A' and p.Value == 3 and p.Type == 'int')\n");
	bed_expect_end(&bed, 0, "");
}

static void
test_mistakes_in_a_call_are_errors_that_name_it(void **state)
{
	(void)state;
	expect_good(
		"local function fails(part, f, ...)\n"
		"  local ok, e = pcall(f, ...)\n"
		"  assert(not ok and string.find(tostring(e), part, 1, true), tostring(e))\n"
		"end\n"
		"fails(\"Download has no 'Url'\", cpe.download, cpe, {Url = 'x'})\n"
		"fails('URL: a text expected, got table', cpe.download, cpe, {URL = {}})\n"
		"fails('FileSize: an integer expected', cpe.download, cpe, {FileSize = 'x'})\n"
		"fails('FileSize: -1 is out of range', cpe.download, cpe, {FileSize = -1})\n"
		"fails('CommandKey: more than 32 characters', cpe.reboot, cpe, ('x'):rep(33))\n"
		"fails('a text without NUL', cpe.reboot, cpe, 'a\\0b')\n"
		"fails('cpe expected', cpe.reboot, 'x')\n"
		"fails('cpe expected', cpe.reboot, setmetatable({}, {}))\n"
		"fails(\"no method 'Inform'\", cpe.call, cpe, 'Inform')\n"
		"fails(\"no method 'Frobnicate'\", cpe.call, cpe, 'Frobnicate')\n"
		"fails(\"no type 'x'\", cpe.set, cpe, {A = {value = 1, type = 'x'}})\n"
		"fails('A: a text expected, got nil', cpe.set, cpe, {A = {}})\n"
		"fails(\"Operation: there is no 'x'\", cpe.change_du_state, cpe,\n"
		"  {Operations = {{Operation = 'x'}}})\n"
		"fails('table expected', cpe.set, cpe)\n"
		"fails('TimeWindowList: more than 2 members', cpe.schedule_download, cpe,\n"
		"  {TimeWindowList = {{}, {}, {}}})\n"
		"fails('UUID', cpe.change_du_state, cpe, {Operations = {{Operation = 'Update',\n"
		"  UUID = ('x'):rep(37)}}})\n"
		"fails('Writable', cpe.call, cpe, 'GetParameterNames', {Writable = true})\n"
		"fails('NextLevel: true or false', cpe.call, cpe, 'GetParameterNames',\n"
		"  {NextLevel = 1})\n");
}

static void
test_names_and_attributes_are_tables_by_name(void **state)
{
	(void)state;
	bed_will_answer(&bed,
		"<cwmp:GetParameterNamesResponse><ParameterList><ParameterInfoStruct>"
		"<Name>D.</Name><Writable>0</Writable></ParameterInfoStruct>"
		"<ParameterInfoStruct><Name>D.X</Name><Writable>1</Writable>"
		"</ParameterInfoStruct></ParameterList></cwmp:GetParameterNamesResponse>");
	bed_will_answer(&bed,
		"<cwmp:GetParameterAttributesResponse><ParameterList><ParameterAttributeStruct>"
		"<Name>D.X</Name><Notification>2</Notification><AccessList>"
		"<string>Subscriber</string></AccessList></ParameterAttributeStruct>"
		"</ParameterList></cwmp:GetParameterAttributesResponse>");
	bed_will_answer(&bed, "<cwmp:SetParameterAttributesResponse/>");
	bed_run(&bed, "local n = cpe:names('D.', true)\n"
		      "assert(n['D.'] == false and n['D.X'] == true)\n"
		      "local a = cpe:attributes('D.X')['D.X']\n"
		      "assert(a.Notification == 2 and a.AccessList[1] == 'Subscriber')\n"
		      "cpe:set_attributes{['D.X'] = {Notification = 0}}\n");
	bed_expect(&bed,
		"<cwmp:GetParameterNames><ParameterPath>D.</ParameterPath><NextLevel>1</NextLevel>"
		"</cwmp:GetParameterNames>;"
		"<cwmp:GetParameterAttributes><ParameterNames SOAP-ENC:arrayType=\"xsd:string[1]\">"
		"<string>D.X</string></ParameterNames></cwmp:GetParameterAttributes>;"
		"<cwmp:SetParameterAttributes><ParameterList "
		"SOAP-ENC:arrayType=\"cwmp:SetParameterAttributesStruct[1]\">"
		"<SetParameterAttributesStruct><Name>D.X</Name>"
		"<NotificationChange>1</NotificationChange><Notification>0</Notification>"
		"<AccessListChange>0</AccessListChange>"
		"<AccessList SOAP-ENC:arrayType=\"xsd:string[0]\"></AccessList>"
		"</SetParameterAttributesStruct></ParameterList></cwmp:SetParameterAttributes>;"
		"done 0;");
}

static void
test_queued_transfers_ask_what_the_version_has(void **state)
{
	static const char script[] = "local t = cpe:queued_transfers()\n"
				     "assert(t[1].CommandKey == 'k' and t[1].State == 2)\n";

	(void)state;
	bed_will_answer(&bed,
		"<cwmp:GetAllQueuedTransfersResponse><TransferList><AllQueuedTransferStruct>"
		"<CommandKey>k</CommandKey><State>2</State></AllQueuedTransferStruct>"
		"</TransferList></cwmp:GetAllQueuedTransfersResponse>");
	expect_good(script);
	bed.version = CWMP_1_0;
	bed_will_answer(&bed,
		"<cwmp:GetQueuedTransfersResponse><TransferList><QueuedTransferStruct>"
		"<CommandKey>k</CommandKey><State>2</State></QueuedTransferStruct>"
		"</TransferList></cwmp:GetQueuedTransfersResponse>");
	expect_good(script);
}

static void
test_a_device_is_not_called_where_a_script_cannot_sleep(void **state)
{
	(void)state;
	expect_good("local function fails(f, ...)\n"
		    "  local ok, e = pcall(f, ...)\n"
		    "  assert(not ok and string.find(e, 'nothing can be asked from here'), e)\n"
		    "end\n"
		    "local function ask() cpe:reboot() end\n"
		    "fails(string.gsub, 'x', 'x', ask)\n"
		    "fails(table.sort, {1, 2, 3}, ask)\n");
}

static void
test_log_and_print_are_lines_of_the_log(void **state)
{
	(void)state;
	expect_good("log('warning', 'something')\n"
		    "print('a', 1, true)\n"
		    "assert(not pcall(log, 'fatal', 'x'))\n"
		    "for i = 1, 1000 do print(i) end\n");
	assert_true(bed_logged(&bed, "WARNING cwmp.script.says"));
	assert_true(bed_logged(&bed, "text=something"));
	assert_true(bed_logged(&bed, "text=\"a 1 true\""));
	assert_true(bed_logged(&bed, "text=198"));
	assert_false(bed_logged(&bed, "text=199"));
	assert_true(bed_logged(&bed, "says too much"));
}

/* A device may say thousands in its Inform, and each name that is set is looked for there. */
static void
test_what_an_inform_is_searched_for_is_paid_for(void **state)
{
	static char inform[1 << 19];
	size_t size = 0;

	(void)state;
	size = (size_t)snprintf(inform, sizeof(inform),
		"<cwmp:Inform><DeviceId><Manufacturer>A</Manufacturer><OUI>00D09E</OUI>"
		"<ProductClass>G</ProductClass><SerialNumber>1</SerialNumber></DeviceId><Event/>"
		"<MaxEnvelopes>1</MaxEnvelopes><CurrentTime/><RetryCount>0</RetryCount>"
		"<ParameterList>");
	for (unsigned i = 0; i < 4000; i++)
		size += (size_t)snprintf(inform + size, sizeof(inform) - size,
			"<ParameterValueStruct><Name>P%u</Name><Value xsi:type=\"xsd:int\">1"
			"</Value></ParameterValueStruct>",
			i);
	snprintf(inform + size, sizeof(inform) - size, "</ParameterList></cwmp:Inform>");
	bed.inform = inform;
	bed_run(&bed, "local t = {} for i = 1, 200 do t['X' .. i] = i end cpe:set(t)");
	assert_int_equal(bed.end.status, 0);
	assert_true(stand_counter(bed.node, "cwmp_script_instructions_total") > 90000);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, opened, bed_closed)
	const struct CMUnitTest tests[] = {
		TEST(test_one_name_gives_its_value_by_its_type),
		TEST(test_a_path_gives_a_table),
		TEST(test_several_names_and_lists_are_one_request),
		TEST(test_set_takes_the_types_that_the_device_has_told),
		TEST(test_faults_are_errors_that_can_be_caught),
		TEST(test_an_uncaught_fault_ends_the_script),
		TEST(test_errors_of_a_script_name_its_line),
		TEST(test_an_error_says_what_led_to_it),
		TEST(test_a_trace_has_a_bound),
		TEST(test_the_device_and_its_inform_are_there),
		TEST(test_plain_methods_take_and_give_what_the_specification_says),
		TEST(test_any_method_is_called_by_the_specifications_names),
		TEST(test_mistakes_in_a_call_are_errors_that_name_it),
		TEST(test_names_and_attributes_are_tables_by_name),
		TEST(test_queued_transfers_ask_what_the_version_has),
		TEST(test_a_device_is_not_called_where_a_script_cannot_sleep),
		TEST(test_log_and_print_are_lines_of_the_log),
		TEST(test_what_an_inform_is_searched_for_is_paid_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
