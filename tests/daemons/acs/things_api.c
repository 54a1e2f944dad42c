/* What people ask about devices, their parameters, tags, tasks, faults, and presets. */
#include "tests/daemons/acs/things.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- the API ---- */

static unsigned
get_devices(void)
{
	return whole_ask(
		&whole, "GET", "/devices?oui=00AABB&tag=%21none&informAfter=2020-01-01", NULL);
}

static void
device_is_whole(unsigned status)
{
	if (status != 200)
		return;
	assert_true(has(whole.body, "\"device\":\"" NAME "\""));
	assert_true(has(whole.body, "\"softwareVersion\":\"1.0\""));
	assert_true(has(whole.body, "\"events\":[\""));
	assert_true(has(whole.body, "\"inSession\":false"));
}

static unsigned
get_device(void)
{
	return whole_ask(&whole, "GET", DEVICE, NULL);
}

static void
device_has_informed(unsigned status)
{
	device_is_whole(status);
	if (status == 200)
		assert_true(has(whole.body, "\"Device.ManagementServer.ParameterKey\":\""));
}

unsigned
get_parameters(void)
{
	return whole_ask(&whole, "GET", DEVICE "/parameters?path=Device.&limit=10", NULL);
}

void
parameters_are_whole(unsigned status)
{
	if (status != 200)
		return;
	assert_true(has(
		whole.body, "\"name\":\"Device.DeviceInfo.SoftwareVersion\",\"value\":\"1.0\""));
	assert_true(has(whole.body, "\"name\":\"Device.Name\",\"value\":\"old\""));
}

static const struct thing devices_are_shown[] = {
	{"list", .act = get_devices, .check = device_is_whole},
	{"device", .act = get_device, .check = device_has_informed},
};

static void
read_parameters(void)
{
	if (trial != 1)
		return;
	task_new("{\"method\":\"refresh\"}");
	session();
}

static const struct thing parameters_are_shown[] = {
	{"parameters", .prepare = read_parameters, .act = get_parameters,
		.check = parameters_are_whole},
};

static void
untag(void)
{
	ask("DELETE", DEVICE "/tags/field", NULL);
}

unsigned
tag(void)
{
	return whole_ask(&whole, "PUT", DEVICE "/tags/field", NULL);
}

static void
is_tagged(unsigned status)
{
	if (status != 200)
		return;
	assert_true(has(whole.body, "[\"field\"]"));
	assert_true(has(ask("GET", DEVICE, NULL), "\"tags\":[\"field\"]"));
}

static void
tag_is_there(void)
{
	is_tagged(tag());
}

static const struct thing tags_are_kept[] = {
	{"tag", .prepare = untag, .act = tag, .check = is_tagged, .settled = tag_is_there},
};

/* ---- tasks ---- */

static void
tasks_end(void)
{
	session();
}

static unsigned
post_task(void)
{
	return whole_ask(&whole, "POST", DEVICE "/tasks", READ);
}

static void
task_is_there(unsigned status)
{
	if (status != 201)
		return;
	snprintf(task_path, sizeof(task_path), DEVICE "/tasks/%016llx",
		(unsigned long long)id_in(whole.body));
	assert_true(task_is("\"queued\""));
}

static unsigned
list_tasks(void)
{
	return whole_ask(&whole, "GET", DEVICE "/tasks", NULL);
}

static void
task_is_listed(unsigned status)
{
	if (status == 200)
		assert_true(has(whole.body, strrchr(task_path, '/') + 1));
}

static unsigned
get_task(void)
{
	return whole_ask(&whole, "GET", task_path, NULL);
}

static void
task_is_whole(unsigned status)
{
	if (status == 200)
		assert_true(has(whole.body, "\"method\":\"GetParameterValues\",\"request\":"));
}

void
queue_task(void)
{
	tasks_end();
	task_new(READ);
}

static void
end_task(void)
{
	queue_task();
	tasks_end();
}

static void
task_is_done(unsigned status)
{
	task_is_whole(status);
	if (status == 200)
		assert_true(has(
			whole.body, "\"result\":{\"ParameterList\":[{\"Name\":\"Device.Name\""));
}

static unsigned
wait_for_task(void)
{
	char target[160];

	snprintf(target, sizeof(target), "%s?wait=1", task_path);
	return whole_ask(&whole, "GET", target, NULL);
}

static unsigned
cancel_task(void)
{
	return whole_ask(&whole, "DELETE", task_path, NULL);
}

static void
task_is_canceled(unsigned status)
{
	if (status != 200)
		return;
	assert_true(has(whole.body, "\"canceled\""));
	assert_true(task_is("\"canceled\""));
}

static void
task_stays_canceled(void)
{
	assert_true(task_is("\"canceled\""));
}

static unsigned
retry_task(void)
{
	char target[160];

	snprintf(target, sizeof(target), "%s/retry", task_path);
	return whole_ask(&whole, "POST", target, NULL);
}

static const struct thing tasks_are_made_and_shown[] = {
	{"post task", .prepare = tasks_end, .act = post_task, .check = task_is_there},
	{"list tasks", .prepare = queue_task, .act = list_tasks, .check = task_is_listed},
	{"get task", .prepare = queue_task, .act = get_task, .check = task_is_whole},
	{"get ended task", .prepare = end_task, .act = get_task, .check = task_is_done},
	{"wait for task", .prepare = queue_task, .act = wait_for_task, .check = task_is_whole},
	{"cancel task", .prepare = queue_task, .act = cancel_task, .check = task_is_canceled,
		.settled = task_stays_canceled, .or_else = 409},
	{"retry task", .prepare = end_task, .act = retry_task, .check = task_is_there},
};

/* ---- faults ---- */

void
fail_task(void)
{
	box.fault = 9001;
	task_new("{\"method\":\"GetRPCMethods\",\"attempts\":1}");
	session();
	box.fault = 0;
}

static char channel[160];

static void
fail_and_name(void)
{
	char id[32];

	fail_task();
	snprintf(id, sizeof(id), "%s", strrchr(task_path, '/') + 1);
	snprintf(channel, sizeof(channel), DEVICE "/faults/task:%s", id);
}

static unsigned
list_faults(void)
{
	return whole_ask(&whole, "GET", trial % 2 ? "/faults" : DEVICE "/faults", NULL);
}

static void
fault_is_listed(unsigned status)
{
	if (status == 200)
		assert_true(has(whole.body, strrchr(task_path, '/') + 1));
}

static unsigned
delete_fault(void)
{
	return whole_ask(&whole, "DELETE", channel, NULL);
}

static bool
is_fault_there(void)
{
	return strstr(ask("GET", DEVICE "/faults", NULL), strrchr(channel, '/') + 1);
}

static void
fault_is_as_said(unsigned status)
{
	if (status)
		assert_int_equal(is_fault_there(), status != 204 && status != 404);
}

static void
fault_has_gone(void)
{
	assert_false(is_fault_there());
}

static const struct thing faults_are_shown_and_taken_away[] = {
	{"list faults", .prepare = fail_task, .act = list_faults, .check = fault_is_listed},
	{"delete fault", .prepare = fail_and_name, .act = delete_fault, .check = fault_is_as_said,
		.settled = fault_has_gone, .or_else = 404},
};

/* ---- presets ---- */

#define PRESET "{\"parameters\":{\"Device.Name\":\"set%u\"}}"

static unsigned
put_preset(void)
{
	char body[128];

	snprintf(body, sizeof(body), PRESET, trial);
	return whole_ask(&whole, "PUT", "/presets/p", body);
}

/* Each keeper has heard of it, too. */
static void
preset_holds(unsigned status)
{
	if (status != 200)
		return;
	assert_true(has(ask("GET", "/presets/p", NULL), with_trial("\"set%u\"")));
	bed_pass(&whole.bed, 5000);
	session();
	assert_string_equal(box_value(&box, "Device.Name"), with_trial("set%u"));
}

static void
preset_is_there(void)
{
	assert_true(has(ask("GET", "/presets", NULL), with_trial("\"set%u\"")));
}

void
make_preset(void)
{
	put_preset();
}

static unsigned
list_presets(void)
{
	return whole_ask(&whole, "GET", trial % 2 ? "/presets" : "/presets/p", NULL);
}

static void
preset_is_whole(unsigned status)
{
	if (status == 200)
		assert_true(has(whole.body, with_trial("\"set%u\"")));
}

static unsigned
delete_preset(void)
{
	return whole_ask(&whole, "DELETE", "/presets/p", NULL);
}

static void
preset_has_gone(void)
{
	assert_int_equal(whole_ask(&whole, "GET", "/presets/p", NULL), 404);
}

static const struct thing presets_are_kept_and_shown[] = {
	{"put preset", .act = put_preset, .check = preset_holds, .settled = preset_is_there},
	{"show presets", .prepare = make_preset, .act = list_presets, .check = preset_is_whole},
	{"delete preset", .prepare = make_preset, .act = delete_preset, .settled = preset_has_gone,
		.or_else = 404},
};

/* ---- all of them ---- */

const struct things things_of_api[] = {
	THINGS(devices_are_shown),
	THINGS(parameters_are_shown),
	THINGS(tags_are_kept),
	THINGS(tasks_are_made_and_shown),
	THINGS(faults_are_shown_and_taken_away),
	THINGS(presets_are_kept_and_shown),
	{NULL, NULL, 0},
};
