/* provision.lua, with devices of either data model; and what docs/scripts.md shows. */
#include "tests/protocols/cwmp/script_bed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct bed bed;

static const char *
text_of(const char *name)
{
	static char text[65536];
	char path[4096];
	FILE *file = NULL;
	size_t size = 0;

	assert_non_null(getenv("SB_SOURCE_DIR"));
	snprintf(path, sizeof(path), "%s/%s", getenv("SB_SOURCE_DIR"), name);
	file = fopen(path, "r");
	assert_non_null(file);
	size = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[size] = '\0';
	return text;
}

/* ---- what acs gives scripts, as far as this one uses it ---- */

static bool has_file;

static void
file(struct cwmp_script *script, const struct cwmp_script_value arguments[], size_t count)
{
	static const struct cwmp_script_pair pairs[] = {
		{"URL", {CWMP_SCRIPT_TEXT, .as.text = "http://127.0.0.1:7547/files/x"}},
		{"FileType", {CWMP_SCRIPT_TEXT, .as.text = "1 Firmware Upgrade Image"}},
		{"FileSize", {CWMP_SCRIPT_INTEGER, .as.integer = 4711}},
	};
	const struct cwmp_script_value map = {CWMP_SCRIPT_MAP, .as.map = {pairs, 3}};

	assert_int_equal(count, 1);
	assert_string_equal(arguments[0].as.text, "firmware-2.0.bin");
	cwmp_script_answer(script, 0, has_file ? &map : NULL);
}

static void
tags(struct cwmp_script *script, const struct cwmp_script_value arguments[], size_t count)
{
	assert_int_equal(count, 1);
	assert_int_equal(arguments[0].kind, CWMP_SCRIPT_MAP);
	for (size_t i = 0; i < arguments[0].as.map.count; i++) {
		const struct cwmp_script_pair *pair = &arguments[0].as.map.each[i];

		stand_tell(bed.trace, "%s%s", pair->value.as.boolean ? "" : "not ", pair->key);
	}
	cwmp_script_answer(script, 0, NULL);
}

static int
opened(void **state)
{
	static const struct cwmp_script_function functions[] = {{"file", file}, {"tags", tags}};
	static const struct cwmp_scripts_options options = {
		.library = "acs", .functions = functions, .function_count = 2};

	(void)state;
	has_file = true;
	bed_open(&bed, &options);
	return 0;
}

#define VALUE(name, value)                                                                 \
	"<ParameterValueStruct><Name>" name "</Name><Value xsi:type=\"xsd:string\">" value \
	"</Value></ParameterValueStruct>"
#define VALUES(root, version, wifi, name)                                                     \
	"<cwmp:GetParameterValuesResponse><ParameterList>" VALUE(root "DeviceInfo.ModelName", \
		"Gate") VALUE(root "DeviceInfo.SoftwareVersion", version)                     \
		VALUE(wifi, name) "</ParameterList></cwmp:GetParameterValuesResponse>"
#define INFORM(root, event)                                                       \
	"<cwmp:Inform><DeviceId><Manufacturer>A</Manufacturer><OUI>00D09E</OUI>"  \
	"<ProductClass>G</ProductClass><SerialNumber>1</SerialNumber></DeviceId>" \
	"<Event><EventStruct><EventCode>" event "</EventCode><CommandKey/>"       \
	"</EventStruct></Event><MaxEnvelopes>1</MaxEnvelopes><CurrentTime/>"      \
	"<RetryCount>0</RetryCount><ParameterList>" VALUE(                        \
		root "DeviceInfo.HardwareVersion", "1") "</ParameterList></cwmp:Inform>"
#define GET(root, wifi)                                                                  \
	"<cwmp:GetParameterValues><ParameterNames SOAP-ENC:arrayType=\"xsd:string[3]\">" \
	"<string>" root "DeviceInfo.ModelName</string>"                                  \
	"<string>" root "DeviceInfo.SoftwareVersion</string>"                            \
	"<string>" wifi "</string></ParameterNames></cwmp:GetParameterValues>;"
#define SET(wifi)                                                                            \
	"<cwmp:SetParameterValues><ParameterList SOAP-ENC:arrayType="                        \
	"\"cwmp:ParameterValueStruct[1]\">" VALUE(                                           \
		wifi, "Switchboard") "</ParameterList><ParameterKey>wifi-1</ParameterKey></" \
				     "cwmp:SetParameterValues>;"
#define DOWNLOAD                                                                        \
	"<cwmp:Download><CommandKey>2.0</CommandKey><FileType>1 Firmware Upgrade Image" \
	"</FileType><URL>http://127.0.0.1:7547/files/x</URL><Username>"                 \
	"</Username><Password></Password><FileSize>4711</FileSize><TargetFileName>"     \
	"</TargetFileName><DelaySeconds>0</DelaySeconds><SuccessURL></SuccessURL>"      \
	"<FailureURL></FailureURL></cwmp:Download>;"

#define OLD "old-firmware;"

#define TR181      "Device."
#define TR181_WIFI "Device.WiFi.SSID.1.SSID"
#define TR098      "InternetGatewayDevice."
#define TR098_WIFI "InternetGatewayDevice.LANDevice.1.WLANConfiguration.1.SSID"

static const char set_response[] =
	"<cwmp:SetParameterValuesResponse><Status>0</Status></cwmp:SetParameterValuesResponse>";
static const char download_response[] =
	"<cwmp:DownloadResponse><Status>1</Status><StartTime/><CompleteTime/>"
	"</cwmp:DownloadResponse>";

static void
test_an_old_device_of_tr_181_gets_its_name_and_firmware(void **state)
{
	(void)state;
	bed.inform = INFORM(TR181, "1 BOOT");
	bed_will_answer(&bed, VALUES(TR181, "1.10.3", TR181_WIFI, "Factory"));
	bed_will_answer(&bed, set_response);
	bed_will_answer(&bed, download_response);
	bed_run(&bed, text_of("examples/provision.lua"));
	bed_expect(&bed, GET(TR181, TR181_WIFI) SET(TR181_WIFI) OLD DOWNLOAD "done 0;");
	assert_true(bed_logged(&bed, "a Gate with version 1.10.3"));
}

static void
test_an_old_device_of_tr_098_gets_its_name_and_firmware(void **state)
{
	(void)state;
	bed.inform = INFORM(TR098, "0 BOOTSTRAP");
	bed_will_answer(&bed, VALUES(TR098, "1", TR098_WIFI, ""));
	bed_will_answer(&bed, set_response);
	bed_will_answer(&bed, download_response);
	bed_run(&bed, text_of("examples/provision.lua"));
	bed_expect(&bed, GET(TR098, TR098_WIFI) SET(TR098_WIFI) OLD DOWNLOAD "done 0;");
}

static void
test_a_device_that_has_all_is_left_alone(void **state)
{
	(void)state;
	bed.inform = INFORM(TR181, "2 PERIODIC");
	bed_will_answer(&bed, VALUES(TR181, "2.0.1", TR181_WIFI, "Switchboard"));
	bed_run(&bed, text_of("examples/provision.lua"));
	bed_expect(&bed, GET(TR181, TR181_WIFI) "not " OLD "done 0;");
}

static void
test_a_device_that_tells_of_a_download_is_not_asked_again(void **state)
{
	(void)state;
	bed.inform = INFORM(TR181, "M Download");
	bed_will_answer(&bed, VALUES(TR181, "1.9", TR181_WIFI, "Switchboard"));
	bed_run(&bed, text_of("examples/provision.lua"));
	bed_expect(&bed, GET(TR181, TR181_WIFI) OLD "done 0;");
}

static void
test_a_device_that_refuses_the_name_gets_its_firmware(void **state)
{
	(void)state;
	bed.inform = INFORM(TR181, "1 BOOT");
	bed_will_answer(&bed, VALUES(TR181, "1.9", TR181_WIFI, "Factory"));
	bed_will_answer(&bed,
		"<e:Fault><faultcode>Client</faultcode><faultstring>CWMP fault"
		"</faultstring><detail><cwmp:Fault><FaultCode>9008</FaultCode>"
		"<FaultString>read only</FaultString></cwmp:Fault></detail></e:Fault>");
	bed_will_answer(&bed, download_response);
	bed_run(&bed, text_of("examples/provision.lua"));
	bed_expect(&bed, GET(TR181, TR181_WIFI) SET(TR181_WIFI) OLD DOWNLOAD "done 0;");
	assert_true(bed_logged(&bed, "9008 read only"));
}

static void
test_firmware_that_is_not_there_is_said(void **state)
{
	(void)state;
	has_file = false;
	bed.inform = INFORM(TR181, "1 BOOT");
	bed_will_answer(&bed, VALUES(TR181, "1.9", TR181_WIFI, "Switchboard"));
	bed_run(&bed, text_of("examples/provision.lua"));
	bed_expect(&bed, GET(TR181, TR181_WIFI) OLD "done 0;");
	assert_true(bed_logged(&bed, "there is no file firmware-2.0.bin"));
}

static void
test_what_the_page_shows_can_be_loaded(void **state)
{
	const char *at = text_of("docs/scripts.md");
	unsigned count = 0;

	(void)state;
	while ((at = strstr(at, "```lua\n"))) {
		const char *begin = at + strlen("```lua\n"), *end = strstr(begin, "```\n");
		struct cwmp_script_source source = {.name = "page", .text = begin};
		struct cwmp_script_mistake mistake;

		assert_non_null(end);
		source.size = (size_t)(end - begin);
		if (cwmp_script_check(bed.scripts, &source, &mistake))
			fail_msg("%s in:\n%.*s", mistake.text, (int)source.size, begin);
		at = end;
		count++;
	}
	assert_in_range(count, 5, 50);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, opened, bed_closed)
	const struct CMUnitTest tests[] = {
		TEST(test_an_old_device_of_tr_181_gets_its_name_and_firmware),
		TEST(test_an_old_device_of_tr_098_gets_its_name_and_firmware),
		TEST(test_a_device_that_has_all_is_left_alone),
		TEST(test_a_device_that_tells_of_a_download_is_not_asked_again),
		TEST(test_a_device_that_refuses_the_name_gets_its_firmware),
		TEST(test_firmware_that_is_not_there_is_said),
		TEST(test_what_the_page_shows_can_be_loaded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
