/* What devices do: sessions of all sorts, and files that they fetch and bring; and their end. */
#include "tests/daemons/acs/things.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- sessions of devices ---- */

static void
come_as_another(void)
{
	snprintf(box.serial, sizeof(box.serial), "n%u", trial);
}

static void
newcomer_is_known(void)
{
	ask("GET", with_trial("/devices/00AABB-Box-n%u"), NULL);
}

static void
heard_is_known(unsigned status)
{
	(void)status;
	if (box.was_heard)
		newcomer_is_known();
}

static void
queue_refresh(void)
{
	task_new("{\"method\":\"refresh\"}");
}

static void
task_comes_to_its_end(void)
{
	bed_pass(&whole.bed, 2000);
	session();
	assert_true(task_is("\"done\""));
}

static void
name_is_read(void)
{
	task_comes_to_its_end();
	parameters_are_whole(get_parameters());
}

static void
wish_for_name(void)
{
	make_preset();
	bed_pass(&whole.bed, 1000);
}

static void
name_is_set(void)
{
	bed_pass(&whole.bed, 2000);
	session();
	assert_string_equal(box_value(&box, "Device.Name"), with_trial("set%u"));
	session();
	assert_string_equal(box.trace, "");
	assert_true(has(ask("GET", DEVICE "/faults", NULL), "\"faults\":[]"));
}

static void
set_once(void)
{
	char body[200];

	snprintf(body, sizeof(body),
		"{\"tasks\":[{\"method\":\"setParameters\",\"parameters\":"
		"{\"Device.Name\":\"once%u\"}}]}",
		trial);
	ask("PUT", "/presets/p", body);
}

static void
name_was_set_once(void)
{
	bed_pass(&whole.bed, 2000);
	session();
	assert_string_equal(box_value(&box, "Device.Name"), with_trial("once%u"));
}

static void
give_firmware(void)
{
	if (trial == 1)
		make_file();
	task_new("{\"method\":\"download\",\"file\":\"fw1\"}");
}

static void
firmware_is_taken(void)
{
	bed_pass(&whole.bed, 2000);
	session();
	assert_true(task_is("\"waiting\""));
	ask("DELETE", task_path, NULL);
}

static void
firmware_is_fetched(void)
{
	give_firmware();
	session();
	assert_true(task_is("\"waiting\""));
	box.completes = true;
}

static void
completed_is_done(unsigned status)
{
	(void)status;
	if (box.has_completed)
		assert_true(task_is("\"done\""));
}

static void
completed_in_the_end(void)
{
	assert_true(box.has_completed);
	assert_true(task_is("\"done\""));
	box.completes = false;
}

static void
reboot(void)
{
	task_new("{\"method\":\"reboot\"}");
	session();
	assert_true(task_is("\"waiting\""));
}

static unsigned
boot(void)
{
	return session_of("1 BOOT");
}

static void
heard_is_done(unsigned status)
{
	(void)status;
	if (box.was_heard)
		assert_true(task_is("\"done\""));
}

static unsigned
periodic(void)
{
	return session_of("2 PERIODIC");
}

static const struct thing sessions_go_on_or_come_again[] = {
	{"new device", .prepare = come_as_another, .act = periodic, .check = heard_is_known,
		.settled = newcomer_is_known},
	{"known device", .act = periodic},
	{"refresh", .prepare = queue_refresh, .act = periodic, .settled = name_is_read},
	{"task", .prepare = queue_task, .act = periodic, .settled = task_comes_to_its_end},
	{"preset", .prepare = wish_for_name, .act = periodic, .settled = name_is_set},
	{"preset's task", .prepare = set_once, .act = periodic, .settled = name_was_set_once},
	{"download", .prepare = give_firmware, .act = periodic, .settled = firmware_is_taken},
	{"complete", .prepare = firmware_is_fetched, .act = periodic, .check = completed_is_done,
		.settled = completed_in_the_end},
	{"boot", .prepare = reboot, .act = boot, .check = heard_is_done},
};

/* ---- files of devices ---- */

static const char *
path_of_url(void)
{
	const char *path = strstr(box.url, ":7547");

	assert_non_null(path);
	return path + 5;
}

static unsigned
fetch(void)
{
	return whole_request(&whole, BOX_PORT, "GET", path_of_url(), "", sb_bytes(NULL, 0));
}

static void
give_firmware_once(void)
{
	if (trial != 1)
		return;
	give_firmware();
	session();
	trial = 1;
}

static void
ask_for_upload(void)
{
	char task[128];

	snprintf(task, sizeof(task), "{\"method\":\"upload\",\"file\":\"up%u\"}", trial);
	task_new(task);
	session();
	snprintf(octets, sizeof(octets), "upload %u", trial);
}

static unsigned
upload(void)
{
	return whole_request(
		&whole, BOX_PORT, "PUT", path_of_url(), "", sb_bytes(octets, sizeof(octets)));
}

static void
upload_is_whole(void)
{
	assert_memory_equal(
		ask("GET", with_trial("/files/up%u/content"), NULL), octets, sizeof(octets));
	ask("DELETE", task_path, NULL);
}

static void
upload_is_as_said(unsigned status)
{
	bed_pass(&whole.bed, 2000);
	if (status == 201)
		assert_memory_equal(ask("GET", with_trial("/files/up%u/content"), NULL), octets,
			sizeof(octets));
}

static const struct thing devices_fetch_and_bring_files[] = {
	{"fetch", .prepare = give_firmware_once, .act = fetch, .check = file_was_read},
	{"upload", .prepare = ask_for_upload, .act = upload, .check = upload_is_as_said,
		.settled = upload_is_whole, .or_else = 409},
};

/* ---- the end of a device ---- */

static void
come_and_go(void)
{
	come_as_another();
	session();
	strcpy(box.serial, "1");
}

static unsigned
delete_device(void)
{
	return whole_ask(&whole, "DELETE", with_trial("/devices/00AABB-Box-n%u"), NULL);
}

static void
device_is_as_said(unsigned status)
{
	unsigned then = whole_ask(&whole, "GET", with_trial("/devices/00AABB-Box-n%u"), NULL);

	if (status)
		assert_int_equal(then, status == 204 || status == 404 ? 404 : 200);
}

static const struct thing devices_are_taken_away[] = {
	{"delete device", .prepare = come_and_go, .act = delete_device, .check = device_is_as_said,
		.or_else = 404},
};

/* ---- all of them ---- */

const struct things things_of_devices[] = {
	THINGS(sessions_go_on_or_come_again),
	THINGS(devices_are_taken_away),
	THINGS(devices_fetch_and_bring_files),
	{NULL, NULL, 0},
};
