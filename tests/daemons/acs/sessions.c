/* Tasks and presets worked off in real sessions, with devices of all sorts. */
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

#include <cmocka.h>

#define NAME "00AABB-Box-1"

static struct bed bed;
static struct box box;
static struct cwmp_server *server;
static struct acs_service service;

static int
file(void *context, struct sb_session *s, const char *device, json_t *task)
{
	(void)context;
	(void)s;
	assert_string_equal(device, NAME);
	if (strcmp(json_string_value(json_object_get(task, "file")), "fw") != 0)
		return SB_ENOENT;
	return json_object_set_new(task, "URL", json_string("http://127.0.0.1/files/fw"));
}

static void
listen_cwmp(void)
{
	static const struct sb_listener_options listener = {
		.name = "cwmp", .address = "127.0.0.1:7547"};
	static const struct cwmp_server_options options;
	struct sb_listener *out;

	service = (struct acs_service){.keepers = &bed.keepers, .file = file};
	assert_int_equal(cwmp_server_new(&server, bed.node, &acs_service, &service, &options), 0);
	assert_int_equal(cwmp_server_listen(server, &listener, &out), 0);
	bed_settle(&bed);
}

static int
open_bed(void **state)
{
	(void)state;
	bed_open(&bed);
	listen_cwmp();
	box_init(&box, &bed);
	box_session(&box, "0 BOOTSTRAP");
	assert_int_equal(box.status, 204);
	return 0;
}

static int
close_bed(void **state)
{
	(void)state;
	bed_stop(&bed);
	cwmp_server_free(server);
	bed_free(&bed);
	return 0;
}

static uint64_t
task_new(const char *text)
{
	return id_in(bed_ask(&bed, ACS_TASK_CREATE, NAME, 0, text, NULL));
}

static bool
task_is(uint64_t id, const char *state)
{
	return has(bed_ask(&bed, ACS_TASK, NAME, id, NULL, NULL), state);
}

static void
test_an_rpc_is_done_and_its_result_kept(void **state)
{
	uint64_t id;

	(void)state;
	id = task_new("{\"method\":\"GetParameterValues\","
		      "\"ParameterNames\":[\"Device.DeviceInfo.SoftwareVersion\"]}");
	box_session(&box, "2 PERIODIC");
	assert_int_equal(box.status, 204);
	assert_string_equal(box.trace, "GetParameterValues;");
	assert_true(task_is(id, "\"done\""));
	assert_true(task_is(id, "\"Value\":\"1.0\""));
}

static void
many(unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		char name[64];

		snprintf(name, sizeof(name), "Device.Object.%u.Value", i);
		box_add(&box, name, "1", CWMP_TYPE_INT);
	}
}

static void
expect_refreshed(uint64_t id, unsigned count)
{
	char result[64];

	snprintf(result, sizeof(result), "{\"parameters\":%u,\"skipped\":", count);
	assert_true(task_is(id, "\"done\""));
	assert_true(task_is(id, result));
	assert_true(has(
		bed_ask(&bed, ACS_PARAMETERS, NAME, 0, "{\"prefix\":\"Device.Object.3.\"}", NULL),
		"\"Device.Object.3.Value\",\"value\":\"1\",\"type\":\"int\",\"writable\":true"));
}

static void
test_a_refresh_reads_all(void **state)
{
	uint64_t id;

	(void)state;
	many(40);
	id = task_new("{\"method\":\"refresh\"}");
	box_session(&box, "2 PERIODIC");
	assert_string_equal(box.trace, "GetParameterNames;GetParameterValues;");
	expect_refreshed(id, 41);
}

static void
test_a_device_that_takes_few_names_is_asked_for_few_from_then_on(void **state)
{
	uint64_t id;
	unsigned first;

	(void)state;
	many(40);
	box.most_values = 7;
	id = task_new("{\"method\":\"refresh\"}");
	box_session(&box, "2 PERIODIC");
	expect_refreshed(id, 41);
	first = box.gets;
	id = task_new("{\"method\":\"refresh\"}");
	box_session(&box, "2 PERIODIC");
	expect_refreshed(id, 41);
	assert_true(box.gets < first);
}

static void
test_a_device_that_cannot_say_all_names_is_asked_level_by_level(void **state)
{
	uint64_t id;

	(void)state;
	many(12);
	box.wants_levels = true;
	id = task_new("{\"method\":\"refresh\",\"path\":\"Device.\"}");
	box_session(&box, "2 PERIODIC");
	expect_refreshed(id, 13);
}

static void
test_a_device_that_answers_nothing_where_it_is_too_much_is_asked_for_less(void **state)
{
	uint64_t id;

	(void)state;
	many(40);
	box.is_speechless = true;
	box.wants_levels = true;
	box.most_values = 7;
	id = task_new("{\"method\":\"refresh\",\"path\":\"Device.\"}");
	box_session(&box, "2 PERIODIC");
	expect_refreshed(id, 41);
}

static void
test_a_device_that_answers_nothing_at_all_has_not_been_read(void **state)
{
	uint64_t id;

	(void)state;
	many(40);
	box.is_speechless = true;
	box.fault = 9000;
	id = task_new("{\"method\":\"refresh\",\"attempts\":1}");
	box_session(&box, "2 PERIODIC");
	assert_string_equal(box.trace, "GetParameterNames;GetParameterNames;");
	assert_true(task_is(id, "\"failed\""));
}

static void
test_a_name_without_a_value_is_passed_over(void **state)
{
	uint64_t id;

	(void)state;
	many(12);
	box.hidden = "Device.Object.7.Value";
	id = task_new("{\"method\":\"refresh\"}");
	box_session(&box, "2 PERIODIC");
	expect_refreshed(id, 12);
	assert_true(task_is(id, "\"skipped\":1"));
}

static void
test_parameters_are_set_with_the_types_that_they_have(void **state)
{
	uint64_t id;

	(void)state;
	box_add(&box, "Device.Count", "1", CWMP_TYPE_UNSIGNED_INT);
	id = task_new("{\"method\":\"setParameters\",\"parameters\":{\"Device.Count\":5}}");
	box_session(&box, "2 PERIODIC");
	assert_string_equal(box.trace, "GetParameterValues;SetParameterValues;");
	assert_true(task_is(id, "\"done\""));
	assert_string_equal(box_value(&box, "Device.Count"), "5");
	assert_true(has(bed_ask(&bed, ACS_PARAMETERS, NAME, 0, NULL, NULL),
		"\"Device.Count\",\"value\":\"5\",\"type\":\"unsignedInt\""));
}

static void
test_presets_are_applied_verified_and_not_asked_for_again(void **state)
{
	(void)state;
	box_add(&box, "Device.Name", "old", CWMP_TYPE_STRING);
	box_add(&box, "Device.Secret", "x", CWMP_TYPE_STRING);
	box.parameters[2].is_secret = true;
	bed_ask(&bed, ACS_PRESET_PUT, "p", 0,
		"{\"parameters\":{\"Device.Name\":\"new\",\"Device.Secret\":\"y\"}}", NULL);
	box_session(&box, "2 PERIODIC");
	assert_string_equal(box.trace, "GetParameterValues;SetParameterValues;GetParameterValues;");
	assert_string_equal(box_value(&box, "Device.Name"), "new");
	assert_string_equal(box_value(&box, "Device.Secret"), "y");
	box_session(&box, "2 PERIODIC");
	assert_string_equal(box.trace, "");
	assert_true(has(bed_ask(&bed, ACS_FAULTS, NAME, 0, NULL, NULL), "[]"));
}

static void
test_a_preset_that_does_not_hold_is_a_fault(void **state)
{
	(void)state;
	box_add(&box, "Device.Name", "old", CWMP_TYPE_STRING);
	box.parameters[1].is_stubborn = true;
	bed_ask(&bed, ACS_PRESET_PUT, "p", 0, "{\"parameters\":{\"Device.Name\":\"new\"}}", NULL);
	box_session(&box, "2 PERIODIC");
	assert_true(has(
		bed_ask(&bed, ACS_FAULTS, NAME, 0, NULL, NULL), "Device.Name has another value"));
	box_session(&box, "2 PERIODIC");
	assert_string_equal(box.trace, "");
	/* It has the key, and is not believed. */
	box.parameters[1].is_stubborn = false;
	bed_pass(&bed, 31000);
	box_session(&box, "2 PERIODIC");
	assert_string_equal(box_value(&box, "Device.Name"), "new");
	assert_true(has(bed_ask(&bed, ACS_FAULTS, NAME, 0, NULL, NULL), "[]"));
	box_session(&box, "2 PERIODIC");
	assert_string_equal(box.trace, "");
}

static void
test_a_download_is_complete_when_the_device_says_so(void **state)
{
	uint64_t id;

	(void)state;
	id = task_new("{\"method\":\"download\",\"file\":\"fw\"}");
	box_session(&box, "2 PERIODIC");
	assert_string_equal(box.url, "http://127.0.0.1/files/fw");
	assert_true(task_is(id, "\"waiting\""));
	box.completes = true;
	box_session(&box, "7 TRANSFER COMPLETE");
	assert_int_equal(box.status, 204);
	assert_true(task_is(id, "\"done\""));
	/* Again, because an answer was lost. */
	box_session(&box, "7 TRANSFER COMPLETE");
	assert_int_equal(box.status, 204);
}

static void
test_a_file_that_is_not_there_fails_its_task_alone(void **state)
{
	uint64_t id, next;

	(void)state;
	id = task_new("{\"method\":\"download\",\"file\":\"none\"}");
	next = task_new("{\"method\":\"GetRPCMethods\"}");
	box_session(&box, "2 PERIODIC");
	assert_int_equal(box.status, 204);
	assert_true(task_is(id, "there is no such file"));
	assert_true(task_is(next, "\"done\""));
}

static void
test_a_fault_of_a_device_is_the_tasks_alone(void **state)
{
	uint64_t id;

	(void)state;
	box.fault = 9001;
	id = task_new("{\"method\":\"GetRPCMethods\",\"attempts\":1}");
	box_session(&box, "2 PERIODIC");
	assert_int_equal(box.status, 204);
	assert_true(task_is(id, "\"code\":\"cwmp.9001\""));
}

static void
test_a_reboot_is_done_when_the_device_boots(void **state)
{
	uint64_t id, next;

	(void)state;
	id = task_new("{\"method\":\"reboot\"}");
	next = task_new("{\"method\":\"GetRPCMethods\"}");
	box_session(&box, "2 PERIODIC");
	assert_string_equal(box.trace, "Reboot;");
	assert_true(task_is(id, "\"waiting\""));
	assert_true(task_is(next, "\"queued\""));
	box_session(&box, "1 BOOT");
	assert_string_equal(box.trace, "GetRPCMethods;");
	assert_true(task_is(id, "\"done\""));
}

static void
test_a_device_that_goes_in_the_middle_loses_no_task(void **state)
{
	uint64_t id;

	(void)state;
	many(20);
	box.most_values = 4;
	box.ends_after = 4;
	id = task_new("{\"method\":\"refresh\"}");
	box_session(&box, "2 PERIODIC");
	bed_pass(&bed, 31000);
	assert_true(task_is(id, "\"queued\""));
	bed_pass(&bed, 31000);
	box.ends_after = 0;
	box_session(&box, "2 PERIODIC");
	expect_refreshed(id, 21);
}

static void
test_a_store_that_fails_sends_devices_away(void **state)
{
	(void)state;
	sb_store_memory_fail(bed.memory, SB_ENOSPC);
	box_session(&box, "2 PERIODIC");
	assert_int_equal(box.status, 503);
	sb_store_memory_fail(bed.memory, 0);
	box_session(&box, "2 PERIODIC");
	assert_int_equal(box.status, 204);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_bed, close_bed)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_an_rpc_is_done_and_its_result_kept),
		TEST(test_a_refresh_reads_all),
		TEST(test_a_device_that_takes_few_names_is_asked_for_few_from_then_on),
		TEST(test_a_device_that_cannot_say_all_names_is_asked_level_by_level),
		TEST(test_a_device_that_answers_nothing_where_it_is_too_much_is_asked_for_less),
		TEST(test_a_device_that_answers_nothing_at_all_has_not_been_read),
		TEST(test_a_name_without_a_value_is_passed_over),
		TEST(test_parameters_are_set_with_the_types_that_they_have),
		TEST(test_presets_are_applied_verified_and_not_asked_for_again),
		TEST(test_a_preset_that_does_not_hold_is_a_fault),
		TEST(test_a_download_is_complete_when_the_device_says_so),
		TEST(test_a_file_that_is_not_there_fails_its_task_alone),
		TEST(test_a_fault_of_a_device_is_the_tasks_alone),
		TEST(test_a_reboot_is_done_when_the_device_boots),
		TEST(test_a_device_that_goes_in_the_middle_loses_no_task),
		TEST(test_a_store_that_fails_sends_devices_away),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
