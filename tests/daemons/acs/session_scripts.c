/* Scripts in real sessions: what they find in `acs`, what is kept of what they change, and what is
 * seen of their end. */
#include "core/error.h"
#include "core/listener.h"
#include "daemons/acs/service.h"
#include "protocols/cwmp/server.h"
#include "tests/daemons/acs/box.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#define NAME "00AABB-Box-1"

static struct bed bed;
static struct box box;
static struct cwmp_server *server;
static struct cwmp_scripts *scripts;
static struct acs_service service;
static int log_fd; /* what the bed logs, to be read */

static int
file(void *context, struct sb_session *s, const char *device, json_t *task)
{
	const char *name = json_string_value(json_object_get(task, "file"));

	(void)context;
	(void)s;
	assert_string_equal(device, NAME);
	assert_string_equal(json_string_value(json_object_get(task, "method")), "download");
	if (strcmp(name, "nowhere") == 0)
		return SB_ECONFIG;
	if (strcmp(name, "fw") != 0)
		return SB_ENOENT;
	json_object_set_new(task, "Username", json_string(device));
	json_object_set_new(task, "Password", json_string("secret"));
	json_object_set_new(task, "FileSize", json_integer(4711));
	return json_object_set_new(task, "URL", json_string("http://127.0.0.1/files/fw"));
}

static void
node_begin(void)
{
	static const struct sb_listener_options listener = {
		.name = "cwmp", .address = "127.0.0.1:7547"};
	static const struct cwmp_server_options options;
	const struct cwmp_scripts_options library = {
		.library = "acs", .functions = acs_library, .function_count = acs_library_size};
	struct sb_listener *out;

	assert_int_equal(cwmp_scripts_new(&scripts, bed.node, &library), 0);
	service = (struct acs_service){.keepers = &bed.keepers, .scripts = scripts, .file = file};
	assert_int_equal(cwmp_server_new(&server, bed.node, &acs_service, &service, &options), 0);
	assert_int_equal(cwmp_server_listen(server, &listener, &out), 0);
	bed_settle(&bed);
}

static int
open_bed(void **state)
{
	char path[64];

	(void)state;
	log_fd = memfd_create("log", MFD_CLOEXEC);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", log_fd);
	assert_int_equal(setenv("BED_LOG", path, 1), 0);
	bed_open(&bed);
	node_begin();
	box_init(&box, &bed);
	return 0;
}

static int
close_bed(void **state)
{
	(void)state;
	bed_stop(&bed);
	cwmp_server_free(server);
	cwmp_scripts_free(scripts);
	bed_free(&bed);
	close(log_fd);
	return 0;
}

static const char *
logged(void)
{
	static char text[1 << 20];
	ssize_t size = pread(log_fd, text, sizeof(text) - 1, 0);

	text[size > 0 ? size : 0] = '\0';
	return text;
}

static void
load(const char *text)
{
	const struct cwmp_script_source source = {
		.name = "test", .text = text, .size = strlen(text)};
	struct cwmp_script_mistake mistake = {0};

	if (cwmp_scripts_load(scripts, &source, 1, &mistake))
		fail_msg("%s", mistake.text);
}

/* A session with this script. */
static void
run_to_any_end(const char *text)
{
	load(text);
	assert_int_equal(ftruncate(log_fd, 0), 0);
	box_session(&box, "2 PERIODIC");
	bed_settle(&bed);
	assert_int_equal(box.status, 204);
}

/* The same, and it comes to its own end. */
static void
run(const char *text)
{
	run_to_any_end(text);
	if (strstr(logged(), "cwmp.script.failed") || strstr(logged(), "cwmp.script.overrun"))
		fail_msg("%s", logged());
}

/* ---- tags ---- */

static void
test_tags_are_read_added_and_taken_away(void **state)
{
	(void)state;
	run("assert(next(acs.tags()) == nil)\n"
	    "local tags = acs.tags{field = true, lab = false, ['a b'] = true}\n"
	    "assert(tags.field and tags['a b'] and not tags.lab)\n");
	assert_true(has(bed_ask(&bed, ACS_DEVICE, NAME, 0, NULL, NULL), "\"field\""));
	bed_ask(&bed, ACS_DEVICE_TAGS, NAME, 0, "{\"add\":[\"lab\"]}", NULL);
	run("local tags = acs.tags()\n"
	    "assert(tags.field and tags.lab)\n"
	    "tags = acs.tags{field = false}\n"
	    "assert(not tags.field and tags.lab and tags['a b'])");
	assert_true(has(bed_ask(&bed, ACS_DEVICE_TAGS, NAME, 0, NULL, NULL),
		"{\"tags\":[\"a b\",\"lab\"]}"));
}

static void
test_what_is_no_tag_is_an_error_that_can_be_caught(void **state)
{
	(void)state;
	run("local function fails(text, ...)\n"
	    "  local ok, e = pcall(acs.tags, ...)\n"
	    "  assert(not ok and tostring(e):find(text, 1, true), e)\n"
	    "end\n"
	    "fails('true or false', 'field')\n"
	    "fails('true or false', {'field'})\n"
	    "fails('true or false', {field = 1})\n"
	    "fails('too many, or too long', {[('x'):rep(65)] = true})\n"
	    "fails('UTF-8', {['\\xff'] = true})\n"
	    "assert(next(acs.tags()) == nil)");
}

/* ---- what is stored ---- */

static void
test_stored_values_are_read_without_asking_the_device(void **state)
{
	(void)state;
	box_add(&box, "Device.X.Number", "7", CWMP_TYPE_UNSIGNED_INT);
	box_add(&box, "Device.X.Flag", "1", CWMP_TYPE_BOOLEAN);
	box_add(&box, "Device.Y.Text", "y", CWMP_TYPE_STRING);
	run("cpe:get('Device.X.Number', 'Device.X.Flag', 'Device.Y.Text')");
	bed_settle(&bed);
	run("assert(acs.stored('Device.DeviceInfo.SoftwareVersion') == '1.0')\n"
	    "assert(acs.stored('Device.X.Number') == 7)\n"
	    "assert(acs.stored('No.Such') == nil)\n"
	    "local all = acs.stored('Device.X.')\n"
	    "assert(all['Device.X.Number'] == 7 and all['Device.X.Flag'] == true)\n"
	    "assert(all['Device.Y.Text'] == nil)\n"
	    "all = acs.stored('Device.Y.Text', 'Device.X.', 'Device.X.Flag', 'No.Such')\n"
	    "assert(all['Device.Y.Text'] == 'y' and all['Device.X.Flag'] == true)\n"
	    "assert(all['Device.X.Number'] == 7 and all['No.Such'] == nil)\n"
	    "all = acs.stored{'Device.Y.Text'}\n"
	    "assert(all['Device.Y.Text'] == 'y' and all['Device.X.Flag'] == nil)\n"
	    "assert(acs.stored('')['Device.Y.Text'] == 'y')\n"
	    "assert(next(acs.stored('No.')) == nil)");
	assert_string_equal(box.trace, "");
}

static void
test_what_the_inform_says_is_stored_already(void **state)
{
	(void)state;
	run("assert(acs.stored('Device.DeviceInfo.SoftwareVersion') == '1.0')");
}

static void
test_what_names_no_parameters_is_an_error(void **state)
{
	(void)state;
	run("for _, bad in ipairs{{}, {1}, {{a = 1}}, {true}, {'a\\xff'}} do\n"
	    "  assert(not pcall(acs.stored, table.unpack(bad)))\n"
	    "end\n"
	    "assert(not pcall(acs.stored, {}))");
}

/* ---- files ---- */

static void
test_a_file_is_what_a_download_needs(void **state)
{
	(void)state;
	run("local file = acs.file('fw')\n"
	    "assert(file.URL == 'http://127.0.0.1/files/fw' and file.FileSize == 4711)\n"
	    "assert(file.FileType == '1 Firmware Upgrade Image')\n"
	    "assert(file.Username == '" NAME "' and file.Password == 'secret')\n"
	    "file.CommandKey = 'k'\n"
	    "cpe:download(file)\n"
	    "assert(acs.file('other') == nil)\n"
	    "assert(not pcall(acs.file) and not pcall(acs.file, 5))\n"
	    "local ok, e = pcall(acs.file, 'nowhere')\n"
	    "assert(not ok and e:find('url of the section files', 1, true))");
	assert_string_equal(box.trace, "Download;");
	assert_string_equal(box.url, "http://127.0.0.1/files/fw");
}

/* ---- tasks ---- */

static void
test_a_task_is_done_later(void **state)
{
	const char *id;

	(void)state;
	run("log('info', 'id=' .. acs.task{method = 'GetParameterValues',\n"
	    "  ParameterNames = {'Device.DeviceInfo.SoftwareVersion'}, attempts = 2})");
	assert_string_equal(box.trace, "");
	id = strstr(logged(), "id=");
	assert_non_null(id);
	run("");
	assert_string_equal(box.trace, "GetParameterValues;");
	assert_true(has(bed_ask(&bed, ACS_TASKS, NAME, 0, NULL, NULL), "\"done\""));
}

static void
test_what_is_no_task_is_an_error_that_says_why(void **state)
{
	(void)state;
	run("local function fails(text, ...)\n"
	    "  local ok, e = pcall(acs.task, ...)\n"
	    "  assert(not ok and e:find(text, 1, true), e)\n"
	    "end\n"
	    "fails('a task expected')\n"
	    "fails('a task expected', 'reboot')\n"
	    "fails('method', {attempts = 1})\n"
	    "fails('method', {method = 'nonsense'})\n"
	    "fails('path', {method = 'refresh', path = 5})\n"
	    "fails('finite', {method = 'refresh', path = 1 / 0})");
	assert_true(has(bed_ask(&bed, ACS_TASKS, NAME, 0, NULL, NULL), "{\"tasks\":[]}"));
}

static void
test_a_device_has_so_many_tasks(void **state)
{
	(void)state;
	bed.keepers.max_tasks = 3;
	run("local count = 0\n"
	    "while pcall(acs.task, {method = 'reboot'}) do count = count + 1 end\n"
	    "assert(count == 3)\n"
	    "local ok, e = pcall(acs.task, {method = 'reboot'})\n"
	    "assert(e:find('the device has 3 tasks', 1, true), e)");
}

/* ---- what scripts change ---- */

static const char *
parameters(const char *question)
{
	bed_settle(&bed);
	return bed_ask(&bed, ACS_PARAMETERS, NAME, 0, question, NULL);
}

static void
test_what_a_script_sets_is_kept_with_its_type(void **state)
{
	(void)state;
	box_add(&box, "Device.Count", "1", CWMP_TYPE_UNSIGNED_INT);
	run("cpe:set{['Device.Count'] = {value = '5', type = 'unsignedInt'}}");
	assert_true(has(parameters("{}"), "\"name\":\"Device.Count\",\"value\":\"5\",\"type\":"
					  "\"unsignedInt\",\"writable\":true"));
	run("for i = 6, 20 do cpe:set{['Device.Count'] = {value = i, type = 'unsignedInt'}} end");
	assert_true(has(parameters("{}"), "\"Device.Count\",\"value\":\"20\""));
}

static void
test_what_a_script_adds_and_deletes_is_there_and_gone(void **state)
{
	(void)state;
	box_add(&box, "Device.X.7.Name", "old", CWMP_TYPE_STRING);
	run("assert(cpe:add('Device.X.') == 7)\n"
	    "cpe:set{['Device.X.7.Name'] = 'new'}");
	assert_true(has(parameters("{}"), "{\"name\":\"Device.X.7.\",\"writable\":true"));
	assert_true(has(parameters("{}"), "\"Device.X.7.Name\",\"value\":\"new\""));
	run("cpe:set_attributes{['Device.X.7.Name'] = {Notification = 2}}");
	assert_true(has(parameters("{}"), "\"notification\":2"));
	run("cpe:delete('Device.X.7.')");
	assert_null(strstr(parameters("{\"prefix\":\"Device.X.\"}"), "name"));
}

static void
test_what_a_device_refuses_a_script_is_not_kept(void **state)
{
	(void)state;
	run("pcall(cpe.set, cpe, {['Device.Nothing'] = 'x'})\n"
	    "cpe:names('Device.', true)");
	assert_null(strstr(parameters("{}"), "Device.Nothing"));
}

/* ---- together ---- */

/* As long as a script sleeps a device may go: what was asked is answered to nobody. */
static void
test_a_session_may_end_while_a_script_waits_for_its_keeper(void **state)
{
	(void)state;
	load("acs.tags{a = true} cpe:reboot() acs.tags{b = true}");
	box.ends_after = 1;
	box_session(&box, "2 PERIODIC");
	box.ends_after = 0;
	run("assert(acs.tags().a)");
}

/* ---- ends ---- */

static const char *
faults(void)
{
	return bed_ask(&bed, ACS_FAULTS, NAME, 0, NULL, NULL);
}

static const char *
device(void)
{
	return bed_ask(&bed, ACS_DEVICE, NAME, 0, NULL, NULL);
}

static void
test_a_device_shows_the_script_of_its_last_session(void **state)
{
	(void)state;
	run("");
	assert_true(has(device(), "\"lastScript\":{\"name\":\"test\",\"ended\":\"2026-"));
	assert_true(has(device(), "\"failed\":false}"));
	run_to_any_end("error('x')");
	assert_true(has(device(), "\"failed\":true}"));
}

static void
test_a_script_that_fails_is_a_fault_until_it_works(void **state)
{
	(void)state;
	run_to_any_end("local function f() error('wrong \\xff\\n') end\nf()");
	assert_true(has(logged(), "cwmp.script.failed"));
	assert_true(has(faults(), "\"count\":1,\"channel\":\"script\",\"code\":\"script\","
				  "\"message\":\"test:1: wrong "));
	assert_true(has(
		faults(), "\"detail\":{\"script\":\"test\",\"trace\":\"test:1 in f < test:2\"}"));
	run_to_any_end("while true do end");
	assert_true(has(faults(), "\"count\":2,"));
	assert_true(has(faults(), "more than 1000000 instructions without a pause"));
	run_to_any_end("cpe:get('No.Such')");
	assert_true(has(faults(), "\"code\":\"cwmp.9005\""));
	run("");
	assert_true(has(faults(), "{\"faults\":[]}"));
}

static void
test_a_fault_of_a_script_outlives_a_restart(void **state)
{
	(void)state;
	run_to_any_end("error('x')");
	bed_stop(&bed);
	cwmp_server_free(server);
	cwmp_scripts_free(scripts);
	bed_start(&bed);
	node_begin();
	assert_true(has(faults(), "\"channel\":\"script\""));
	run("");
	assert_true(has(faults(), "{\"faults\":[]}"));
}

static void
test_a_script_that_is_a_task_fails_with_its_trace(void **state)
{
	const struct cwmp_script_source source = {.name = "other",
		.text = "\nerror('x')",
		.size = 11,
		.filter = {.manufacturer = "nobody"}};

	(void)state;
	assert_int_equal(cwmp_scripts_load(scripts, &source, 1, NULL), 0);
	box_session(&box, "0 BOOTSTRAP");
	bed_ask(&bed, ACS_TASK_CREATE, NAME, 0, "{\"method\":\"script\",\"script\":\"other\"}",
		NULL);
	box_session(&box, "2 PERIODIC");
	assert_true(has(faults(), "\"code\":\"task\",\"message\":\"other:2: x\","
				  "\"detail\":{\"trace\":\"other:2\"}"));
	assert_null(strstr(device(), "lastScript"));
}

/* Too many at once: the session goes on without, and it is said. */
static void
test_a_script_that_cannot_be_begun_is_a_fault(void **state)
{
	(void)state;
	box_session(&box, "0 BOOTSTRAP");
	cwmp_scripts_free(scripts);
	assert_int_equal(
		cwmp_scripts_new(&scripts, bed.node,
			&(struct cwmp_scripts_options){.limits = {.memory_a_session = 100}}),
		0);
	service.scripts = scripts;
	run_to_any_end("");
	assert_true(has(logged(), "cwmp.script.not_started"));
	assert_true(has(faults(), "\"channel\":\"script\""));
	assert_true(has(faults(), "a configured limit was reached"));
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_bed, close_bed)
	const struct CMUnitTest tests[] = {
		TEST(test_tags_are_read_added_and_taken_away),
		TEST(test_what_is_no_tag_is_an_error_that_can_be_caught),
		TEST(test_stored_values_are_read_without_asking_the_device),
		TEST(test_what_the_inform_says_is_stored_already),
		TEST(test_what_names_no_parameters_is_an_error),
		TEST(test_a_file_is_what_a_download_needs),
		TEST(test_a_task_is_done_later),
		TEST(test_what_is_no_task_is_an_error_that_says_why),
		TEST(test_a_device_has_so_many_tasks),
		TEST(test_what_a_script_sets_is_kept_with_its_type),
		TEST(test_what_a_script_adds_and_deletes_is_there_and_gone),
		TEST(test_what_a_device_refuses_a_script_is_not_kept),
		TEST(test_a_device_shows_the_script_of_its_last_session),
		TEST(test_a_script_that_fails_is_a_fault_until_it_works),
		TEST(test_a_fault_of_a_script_outlives_a_restart),
		TEST(test_a_script_that_is_a_task_fails_with_its_trace),
		TEST(test_a_script_that_cannot_be_begun_is_a_fault),
		TEST(test_a_session_may_end_while_a_script_waits_for_its_keeper),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
