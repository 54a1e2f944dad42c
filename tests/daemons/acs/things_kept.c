/* What people keep: scripts, files; and how the ACS says that it is. */
#include "tests/daemons/acs/things.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- scripts ---- */

#define SCRIPT                                         \
	"{\"filter\":{\"oui\":\"00AABB\"},\"source\":" \
	"\"cpe:set{['Device.Name'] = 'by%u'}\"}"

static unsigned
put_script(void)
{
	char body[256];

	snprintf(body, sizeof(body), SCRIPT, trial);
	return whole_ask(&whole, "PUT", "/scripts/s", body);
}

static void
script_holds(unsigned status)
{
	if (status != 200)
		return;
	assert_true(has(ask("GET", "/scripts/s", NULL), with_trial("'by%u'")));
	session();
	assert_string_equal(box_value(&box, "Device.Name"), with_trial("by%u"));
}

void
make_script(void)
{
	put_script();
}

static unsigned
show_scripts(void)
{
	return whole_ask(&whole, "GET", trial % 2 ? "/scripts" : "/scripts/s", NULL);
}

static void
script_is_whole(unsigned status)
{
	if (status == 200)
		assert_true(has(whole.body, "\"filter\":{\"oui\":\"00AABB\"}"));
}

static unsigned
delete_script(void)
{
	return whole_ask(&whole, "DELETE", "/scripts/s", NULL);
}

static void
script_has_gone(void)
{
	assert_int_equal(whole_ask(&whole, "GET", "/scripts/s", NULL), 404);
}

static unsigned
scripted_session(void)
{
	return session_of("2 PERIODIC");
}

static void
script_has_run(void)
{
	session();
	assert_string_equal(box_value(&box, "Device.Name"), with_trial("by%u"));
}

static const struct thing scripts_are_kept_shown_and_run[] = {
	{"put script", .act = put_script, .check = script_holds},
	{"show scripts", .prepare = make_script, .act = show_scripts, .check = script_is_whole},
	{"delete script", .prepare = make_script, .act = delete_script, .settled = script_has_gone,
		.or_else = 404},
	{"run script", .prepare = make_script, .act = scripted_session, .settled = script_has_run},
};

/* ---- files ---- */

static const char *
file_path(void)
{
	return with_trial("/files/fw%u");
}

static unsigned
put_file(void)
{
	snprintf(octets, sizeof(octets), "octets of %u", trial);
	return whole_request(&whole, 7557, "PUT", file_path(),
		"Content-Type: application/octet-stream\r\n", sb_bytes(octets, sizeof(octets)));
}

void
file_is_whole(void)
{
	char target[64];

	snprintf(target, sizeof(target), "%s/content", file_path());
	assert_memory_equal(ask("GET", target, NULL), octets, sizeof(octets));
}

/* Each shard hears of it at once, or looks. */
static void
file_is_as_said(unsigned status)
{
	bed_pass(&whole.bed, 2000);
	if (status == 201)
		file_is_whole();
}

void
make_file(void)
{
	assert_int_equal(put_file(), 201);
}

static unsigned
show_files(void)
{
	return whole_ask(&whole, "GET", trial % 2 ? "/files" : file_path(), NULL);
}

static void
file_is_listed(unsigned status)
{
	if (status != 200)
		return;
	assert_true(has(whole.body, with_trial("\"name\":\"fw%u\"")));
	if (trial % 2 == 0)
		assert_true(has(whole.body, "\"url\":\"http://127.0.0.1:7547/files/"));
}

static unsigned
read_file(void)
{
	char target[64];

	snprintf(target, sizeof(target), "%s/content", file_path());
	return whole_ask(&whole, "GET", target, NULL);
}

void
file_was_read(unsigned status)
{
	if (status == 200)
		assert_memory_equal(whole.body, octets, sizeof(octets));
}

static unsigned
delete_file(void)
{
	return whole_ask(&whole, "DELETE", file_path(), NULL);
}

static void
file_has_gone(void)
{
	assert_int_equal(whole_ask(&whole, "GET", file_path(), NULL), 404);
}

static const struct thing files_are_kept_and_shown[] = {
	{"put file", .act = put_file, .check = file_is_as_said, .settled = file_is_whole},
	{"show files", .prepare = make_file, .act = show_files, .check = file_is_listed},
	{"read file", .prepare = make_file, .act = read_file, .check = file_was_read},
	{"delete file", .prepare = make_file, .act = delete_file, .settled = file_has_gone,
		.or_else = 404},
};

/* ---- the ACS itself ---- */

static unsigned
get_health(void)
{
	return whole_ask(&whole, "GET", "/health", NULL);
}

static void
health_is_whole(unsigned status)
{
	if (status == 200)
		assert_true(
			has(whole.body, "{\"status\":\"ok\",\"devices\":1,\"tasks\":0,\"faults\":0,"
					"\"sessions\":0}"));
}

static unsigned
get_metrics(void)
{
	return whole_ask(&whole, "GET", "/metrics", NULL);
}

static void
metrics_are_whole(unsigned status)
{
	if (status == 200)
		assert_true(has(whole.body, "\nacs_devices 1\n"));
}

static unsigned
get_document(void)
{
	return whole_ask(&whole, "GET", "/openapi.json", NULL);
}

static unsigned
listen_to_events(void)
{
	return whole_ask(&whole, "GET", "/events", NULL);
}

static unsigned
ask_to_come(void)
{
	return whole_ask(&whole, "POST", DEVICE "/connection-request", NULL);
}

static const struct thing the_acs_says_how_it_is[] = {
	{"health", .act = get_health, .check = health_is_whole},
	{"metrics", .act = get_metrics, .check = metrics_are_whole},
	{"document", .act = get_document},
	{"events", .act = listen_to_events},
	{"connection request", .act = ask_to_come, .or_else = 502},
};

/* ---- all of them ---- */

const struct things things_kept[] = {
	THINGS(scripts_are_kept_shown_and_run),
	THINGS(files_are_kept_and_shown),
	THINGS(the_acs_says_how_it_is),
	{NULL, NULL, 0},
};
