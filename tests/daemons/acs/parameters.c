/* Parameters on their way into the store, and questions for them. */
#include "core/error.h"
#include "tests/daemons/acs/bed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define BOX "00AABB-Box-1"

static struct bed bed;
static uint64_t task;

static const struct informed periodic = {.events = {"2 PERIODIC"}, .version = "1.0"};

/* In a session, with a task that runs. */
static int
open_bed(void **state)
{
	struct acs_work *work;

	(void)state;
	bed_open(&bed);
	assert_null(bed_inform(&bed, 1, "1", &periodic, NULL));
	task = id_in(bed_ask(
		&bed, ACS_TASK_CREATE, BOX, 0, "{\"method\":\"refresh\",\"path\":\"\"}", NULL));
	work = bed_inform(&bed, 1, "1", &periodic, NULL);
	assert_int_equal(work->id, task);
	free(work);
	return 0;
}

static int
close_bed(void **state)
{
	(void)state;
	bed_close(&bed);
	return 0;
}

static struct acs_report *
report_of(enum acs_learned learned, const char *request, struct cwmp_envelope *envelope)
{
	struct acs_report *report = acs_report_new(BOX, request, NULL, NULL);

	assert_non_null(report);
	report->learned = learned;
	report->envelope = envelope;
	report->task = task;
	return report;
}

static void
seen(enum acs_learned learned, const char *request, struct cwmp_envelope *envelope)
{
	free(bed_report(&bed, 1, ACS_SEEN, report_of(learned, request, envelope), NULL));
}

static const char *
parameters(const char *query)
{
	return bed_ask(&bed, ACS_PARAMETERS, BOX, 0, query, NULL);
}

static void
test_values_are_there_when_they_are_answered(void **state)
{
	(void)state;
	seen(ACS_LEARNED_VALUES, NULL,
		values_of((const char *[]){"Device.A", "1", "Device.B", "2", NULL}));
	seen(ACS_LEARNED_VALUES, NULL, values_of((const char *[]){"Device.A", "3", NULL}));
	bed_restart(&bed);
	assert_true(has(parameters("{}"), "\"name\":\"Device.A\",\"value\":\"3\""));
	assert_true(has(parameters("{\"prefix\":\"Device.B\"}"), "\"value\":\"2\""));
	assert_true(has(parameters("{\"names\":[\"Device.B\",\"X\"]}"), "\"value\":\"2\""));
}

static void
test_what_an_inform_said_last_is_shown_too(void **state)
{
	(void)state;
	assert_true(has(parameters("{}"), "SoftwareVersion\",\"value\":\"1.0\""));
	bed_pass(&bed, 2000);
	seen(ACS_LEARNED_VALUES, NULL,
		values_of((const char *[]){"Device.DeviceInfo.SoftwareVersion", "2.0", NULL}));
	assert_true(has(parameters("{}"), "\"value\":\"2.0\",\"type\":\"string\""));
	bed_pass(&bed, 2000);
	free(bed_inform(&bed, 2, "1",
		&(struct informed){.events = {"4 VALUE CHANGE"}, .version = "3.0"}, NULL));
	assert_true(has(parameters("{}"), "\"value\":\"3.0\",\"type\":\"string\""));
}

static void
test_what_was_set_added_and_deleted_is_known(void **state)
{
	struct cwmp_message added = {.kind = CWMP_RESPONSE,
		.method = CWMP_ADD_OBJECT,
		.body.add_object_response = {.instance_number = 4}};

	(void)state;
	seen(ACS_LEARNED_ADDED, "{\"method\":\"AddObject\",\"ObjectName\":\"Device.X.\"}",
		envelope_of(&added));
	assert_true(has(parameters(NULL), "{\"name\":\"Device.X.4.\",\"writable\":true"));
	seen(ACS_LEARNED_SET,
		"{\"method\":\"SetParameterValues\",\"ParameterList\":["
		"{\"Name\":\"Device.X.4.A\",\"Value\":5}]}",
		NULL);
	assert_true(has(parameters(NULL), "\"Device.X.4.A\",\"value\":\"5\",\"type\":\"int\""));
	seen(ACS_LEARNED_SET_ATTRIBUTES,
		"{\"method\":\"SetParameterAttributes\",\"ParameterList\":[{\"Name\":"
		"\"Device.X.4.A\",\"NotificationChange\":true,\"Notification\":2,"
		"\"AccessListChange\":true,\"AccessList\":[\"a\",\"b\"]}]}",
		NULL);
	assert_true(has(parameters(NULL), "\"notification\":2,\"accessList\":\"a,b\""));
	seen(ACS_LEARNED_DELETED, "{\"method\":\"DeleteObject\",\"ObjectName\":\"Device.X.4.\"}",
		NULL);
	assert_null(strstr(parameters("{\"prefix\":\"Device.X\"}"), "name"));
}

static void
test_what_a_refresh_did_not_see_goes(void **state)
{
	char request[96];

	(void)state;
	seen(ACS_LEARNED_VALUES, NULL, values_of((const char *[]){"Device.Old", "1", NULL}));
	bed_pass(&bed, 5000);
	snprintf(request, sizeof(request), "{\"path\":\"Device.\",\"since\":%llu}",
		(unsigned long long)sim_env(bed.sim)->wall(sim_env(bed.sim)->context) / 1000);
	seen(ACS_LEARNED_VALUES, NULL, values_of((const char *[]){"Device.New", "1", NULL}));
	seen(ACS_LEARNED_WHOLE, request, NULL);
	assert_true(has(parameters(NULL), "Device.New"));
	assert_null(strstr(parameters(NULL), "Device.Old"));
}

static void
test_reports_that_gather_are_merged_together(void **state)
{
	struct order orders[8] = {0};

	(void)state;
	for (unsigned i = 0; i < 8; i++) {
		char name[32];

		snprintf(name, sizeof(name), "Device.P%u", i);
		orders[i].type = ACS_SEEN;
		orders[i].payload = SB_GIVE(report_of(ACS_LEARNED_VALUES, NULL,
						    values_of((const char *[]){name, "1", NULL})),
			1, acs_report_free);
		bed_send(&bed, 1, BOX, &orders[i]);
	}
	bed_settle(&bed);
	for (unsigned i = 0; i < 8; i++) {
		assert_true(orders[i].is_done);
		assert_int_equal(orders[i].status, 0);
	}
	assert_true(has(parameters(NULL), "Device.P0"));
	assert_true(has(parameters(NULL), "Device.P7"));
}

static void
test_a_task_ends_with_its_parameters_in_one_commit(void **state)
{
	struct acs_report *report = report_of(
		ACS_LEARNED_VALUES, NULL, values_of((const char *[]){"Device.A", "1", NULL}));

	(void)state;
	report->outcome = ACS_OUTCOME_DONE;
	assert_null(bed_report(&bed, 1, ACS_DONE, report, NULL));
	bed_restart(&bed);
	assert_true(has(bed_ask(&bed, ACS_TASK, BOX, task, NULL, NULL),
		"\"result\":{\"ParameterList\":[{\"Name\":\"Device.A\",\"Value\":\"1\","));
	assert_true(has(parameters(NULL), "Device.A"));
}

/* As many as are packed. */
static struct cwmp_envelope *
many_values(void)
{
	static char names[40][32];
	const char *pairs[81] = {NULL};

	for (unsigned i = 0; i < 40; i++) {
		snprintf(names[i], sizeof(names[i]), "Device.P%u", i);
		pairs[2 * i] = names[i];
		pairs[2 * i + 1] = "1";
	}
	return values_of(pairs);
}

#define MANY_FIRST                                                                         \
	"\"result\":{\"ParameterList\":[{\"Name\":\"Device.P0\",\"Value\":\"1\",\"Type\":" \
	"\"string\"},"
#define MANY_LAST "{\"Name\":\"Device.P39\",\"Value\":\"1\",\"Type\":\"string\"}]}}"

static void
test_a_long_result_is_told_to_who_waits_and_who_asks_later(void **state)
{
	struct acs_report *report = report_of(ACS_LEARNED_VALUES, NULL, many_values());
	struct order waiting;
	const char *text;

	(void)state;
	bed_ask_begin(&bed, &waiting, ACS_TASK, BOX, task, 60000, NULL);
	bed_settle(&bed);
	report->outcome = ACS_OUTCOME_DONE;
	assert_null(bed_report(&bed, 1, ACS_DONE, report, NULL));
	assert_true(waiting.is_done);
	assert_true(has(waiting.text, MANY_FIRST));
	assert_true(has(waiting.text, MANY_LAST));
	order_fini(&waiting);
	text = bed_ask(&bed, ACS_TASK, BOX, task, NULL, NULL);
	assert_true(has(text, MANY_LAST));
	bed_restart(&bed);
	text = bed_ask(&bed, ACS_TASK, BOX, task, NULL, NULL);
	assert_true(has(text, MANY_FIRST));
	assert_true(has(text, MANY_LAST));
	assert_true(id_in(bed_ask(&bed, ACS_TASK_RETRY, BOX, task, NULL, NULL)) != task);
}

static void
test_a_result_that_was_not_stored_is_none(void **state)
{
	struct acs_report *report = report_of(ACS_LEARNED_VALUES, NULL, many_values());
	int status;

	(void)state;
	report->outcome = ACS_OUTCOME_DONE;
	sb_store_memory_fail(bed.memory, SB_EIO);
	free(bed_report(&bed, 1, ACS_DONE, report, &status));
	assert_int_equal(status, SB_EIO);
	sb_store_memory_fail(bed.memory, 0);
	assert_null(strstr(bed_ask(&bed, ACS_TASK, BOX, task, NULL, NULL), "result"));
}

static void
test_a_result_that_is_too_long_is_left_out(void **state)
{
	static char value[400000];
	struct acs_report *report;

	(void)state;
	memset(value, 'x', sizeof(value) - 1);
	report = report_of(
		ACS_LEARNED_VALUES, NULL, values_of((const char *[]){"Device.A", value, NULL}));
	report->outcome = ACS_OUTCOME_DONE;
	assert_null(bed_report(&bed, 1, ACS_DONE, report, NULL));
	assert_true(has(bed_ask(&bed, ACS_TASK, BOX, task, NULL, NULL), "\"leftOut\""));
}

static void
test_a_report_that_says_nothing_true_changes_nothing(void **state)
{
	(void)state;
	seen(ACS_LEARNED_SET, "{\"method\":\"Reboot\"}", NULL);
	seen(ACS_LEARNED_VALUES, NULL, NULL);
	seen(ACS_LEARNED_DELETED, "{\"method\":\"DeleteObject\"}", NULL);
	assert_null(strstr(parameters("{\"prefix\":\"Device.X\"}"), "name"));
}

static void
test_a_bad_question_is_refused(void **state)
{
	int status;

	(void)state;
	bed_ask(&bed, ACS_PARAMETERS, BOX, 0, "[]", &status);
	assert_int_equal(status, SB_EINVAL);
	bed_ask(&bed, ACS_PARAMETERS, BOX, 0, "{\"names\":[1]}", &status);
	assert_int_equal(status, SB_EINVAL);
	bed_ask(&bed, ACS_PARAMETERS, "nobody", 0, NULL, &status);
	assert_int_equal(status, SB_ENOENT);
}

static void
test_a_store_that_fails_says_so_to_who_reports(void **state)
{
	int status;

	(void)state;
	sb_store_memory_fail(bed.memory, SB_EIO);
	free(bed_report(&bed, 1, ACS_SEEN,
		report_of(ACS_LEARNED_VALUES, NULL,
			values_of((const char *[]){"Device.A", "1", NULL})),
		&status));
	assert_int_equal(status, SB_EIO);
	sb_store_memory_fail(bed.memory, 0);
	assert_null(strstr(parameters("{\"prefix\":\"Device.X\"}"), "name"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_bed, close_bed)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_values_are_there_when_they_are_answered),
		TEST(test_what_an_inform_said_last_is_shown_too),
		TEST(test_what_was_set_added_and_deleted_is_known),
		TEST(test_what_a_refresh_did_not_see_goes),
		TEST(test_reports_that_gather_are_merged_together),
		TEST(test_a_task_ends_with_its_parameters_in_one_commit),
		TEST(test_a_long_result_is_told_to_who_waits_and_who_asks_later),
		TEST(test_a_result_that_was_not_stored_is_none),
		TEST(test_a_result_that_is_too_long_is_left_out),
		TEST(test_a_report_that_says_nothing_true_changes_nothing),
		TEST(test_a_bad_question_is_refused),
		TEST(test_a_store_that_fails_says_so_to_who_reports),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
