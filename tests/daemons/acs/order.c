/* What comes before what: a device that begins again while its last report is on its way,
 * operations whose end comes before their beginning, events behind what they tell. */
#include "core/error.h"
#include "tests/daemons/acs/bed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define BOX     "00AABB-Box-1"
#define SLOW_NS UINT64_C(20000000)

static struct bed bed;

static const struct informed periodic = {.events = {"2 PERIODIC"}, .version = "1.0"};

/* A store that takes its time, and a device that has come once. */
static int
open_bed(void **state)
{
	(void)state;
	bed_open(&bed);
	bed.store_delay_ns = SLOW_NS;
	bed_restart(&bed);
	assert_null(bed_inform(&bed, 1, "1", &periodic, NULL));
	return 0;
}

static int
close_bed(void **state)
{
	(void)state;
	bed_close(&bed);
	return 0;
}

static uint64_t
task_new(const char *text)
{
	return id_in(bed_ask(&bed, ACS_TASK_CREATE, BOX, 0, text, NULL));
}

static bool
task_is(uint64_t id, const char *state)
{
	return has(bed_ask(&bed, ACS_TASK, BOX, id, NULL, NULL), state);
}

/* The device comes, in a session of this caller's; the id of the task that it is given, or 0. */
static uint64_t
come(unsigned caller, const char *event)
{
	const struct informed what = {.events = {event}, .version = "1.0"};
	struct acs_work *work = bed_inform(&bed, caller, "1", &what, NULL);
	uint64_t id = work ? work->id : 0;

	free(work);
	return id;
}

static struct acs_report *
report_of(uint64_t task, enum acs_outcome outcome)
{
	struct acs_report *report = acs_report_new(BOX, NULL, "{\"Status\":1}", "why");

	assert_non_null(report);
	report->task = task;
	report->outcome = outcome;
	return report;
}

/* Values read, which are merged first. */
static struct acs_report *
values_report(uint64_t task)
{
	struct acs_report *report = report_of(task, ACS_OUTCOME_DONE);

	report->learned = ACS_LEARNED_VALUES;
	report->envelope = values_of((const char *[]){"Device.A", "1", NULL});
	return report;
}

/* Said by caller 1, and heard, but not waited for. */
static void
say(struct order *order, uint32_t type, struct acs_report *report)
{
	*order = (struct order){
		.type = type, .payload = SB_GIVE(report, sizeof(*report), acs_report_free)};
	bed_send(&bed, 1, BOX, order);
	bed_pass(&bed, 1);
}

static void
leave(struct order *order)
{
	struct acs_left *left = calloc(1, sizeof(*left));

	strcpy(left->device, BOX);
	*order = (struct order){
		.type = ACS_LEFT, .is_post = true, .payload = SB_GIVE(left, sizeof(*left), free)};
	bed_send(&bed, 1, BOX, order);
}

#define READ "{\"method\":\"GetParameterValues\",\"ParameterNames\":[\"Device.A\"]}"

static void
test_a_second_session_sees_what_the_first_has_reported(void **state)
{
	uint64_t first = task_new(READ), second = task_new(READ);
	struct order report;

	(void)state;
	assert_int_equal(come(1, "2 PERIODIC"), first);
	say(&report, ACS_DONE, values_report(first));
	/* Neither told that it is done, nor given it again. */
	assert_int_equal(come(2, "2 PERIODIC"), second);
	assert_true(report.is_done);
	assert_int_equal(report.size, 0);
	order_fini(&report);
	assert_true(task_is(first, "\"done\""));
	assert_true(task_is(second, "\"attempts\":0"));
	assert_true(has(bed_ask(&bed, ACS_FAULTS, BOX, 0, NULL, NULL), "[]"));
}

static void
test_the_same_when_the_first_has_left_already(void **state)
{
	uint64_t first = task_new(READ), second = task_new(READ);
	struct order report, left;

	(void)state;
	assert_int_equal(come(1, "2 PERIODIC"), first);
	say(&report, ACS_DONE, values_report(first));
	leave(&left);
	assert_int_equal(come(2, "2 PERIODIC"), second);
	assert_true(task_is(first, "\"done\""));
	order_fini(&report);
	order_fini(&left);
}

static void
test_a_session_that_waits_and_leaves_is_forgotten(void **state)
{
	uint64_t first = task_new(READ), second = task_new(READ);
	struct order report, left_first;
	struct acs_left *left = calloc(1, sizeof(*left));
	struct order gone = {
		.type = ACS_LEFT, .is_post = true, .payload = SB_GIVE(left, sizeof(*left), free)};
	struct informed what = periodic;

	(void)state;
	strcpy(left->device, BOX);
	assert_int_equal(come(1, "2 PERIODIC"), first);
	say(&report, ACS_DONE, values_report(first));
	leave(&left_first);
	bed_inform_begin(&bed, 2, "1", &what);
	bed_pass(&bed, 1);
	bed_send(&bed, 2, BOX, &gone);
	bed_settle(&bed);
	bed_forget(&bed);
	assert_true(has(bed_ask(&bed, ACS_DEVICE, BOX, 0, NULL, NULL), "\"inSession\":false"));
	assert_int_equal(come(3, "2 PERIODIC"), second);
	order_fini(&report);
	order_fini(&left_first);
}

static void
test_of_two_sessions_that_wait_the_later_one_is_the_devices(void **state)
{
	uint64_t first = task_new(READ), second = task_new(READ);
	struct order report;

	(void)state;
	assert_int_equal(come(1, "2 PERIODIC"), first);
	say(&report, ACS_DONE, values_report(first));
	bed_inform_begin(&bed, 2, "1", &periodic);
	bed_pass(&bed, 1);
	assert_int_equal(come(3, "2 PERIODIC"), second);
	assert_int_equal(bed_forget(&bed), SB_GONE);
	order_fini(&report);
}

/* It was in the middle of it: what it has read is kept, and the task is lost as any other. */
static void
test_a_session_that_leaves_before_its_end_has_lost_its_task(void **state)
{
	uint64_t id = task_new("{\"method\":\"refresh\"}");
	struct acs_report *report = values_report(id);
	struct order seen, left;

	(void)state;
	assert_int_equal(come(1, "2 PERIODIC"), id);
	report->outcome = ACS_OUTCOME_DONE;
	say(&seen, ACS_SEEN, report);
	leave(&left);
	bed_settle(&bed);
	assert_true(task_is(id, "\"attempts\":1"));
	assert_true(task_is(id, "\"queued\""));
	assert_int_equal(come(2, "2 PERIODIC"), 0);
	assert_true(has(bed_ask(&bed, ACS_PARAMETERS, BOX, 0, NULL, NULL), "Device.A"));
	order_fini(&seen);
	order_fini(&left);
}

static void
test_a_report_that_comes_late_ends_what_waits_to_be_tried_again(void **state)
{
	uint64_t id = task_new(READ);
	int status;

	(void)state;
	assert_int_equal(come(1, "2 PERIODIC"), id);
	assert_int_equal(come(2, "2 PERIODIC"), 0);
	assert_true(task_is(id, "\"queued\""));
	free(bed_report(&bed, 1, ACS_DONE, values_report(id), &status));
	assert_int_equal(status, SB_GONE);
	assert_true(task_is(id, "\"done\""));
	assert_true(has(bed_ask(&bed, ACS_FAULTS, BOX, 0, NULL, NULL), "[]"));
	bed_restart(&bed);
	assert_true(task_is(id, "\"done\""));
}

static void
test_a_transfer_may_complete_before_its_response_is_stored(void **state)
{
	uint64_t id = task_new("{\"method\":\"download\",\"URL\":\"http://127.0.0.1/x\"}");
	struct order seen, report;
	char key[ACS_ID_SIZE];

	(void)state;
	acs_id_print(key, id);
	assert_int_equal(come(1, "2 PERIODIC"), id);
	say(&seen, ACS_SEEN, values_report(id));
	say(&report, ACS_DONE, report_of(id, ACS_OUTCOME_WAITS));
	assert_int_equal(bed_complete(&bed, 1, "1", key, 0), 0);
	assert_true(task_is(id, "\"done\""));
	bed_restart(&bed);
	assert_true(task_is(id, "\"done\""));
	order_fini(&seen);
	order_fini(&report);
}

static void
test_a_transfer_may_complete_in_the_session_that_waits(void **state)
{
	uint64_t id = task_new("{\"method\":\"download\",\"URL\":\"http://127.0.0.1/x\"}");
	struct order seen, report;
	char key[ACS_ID_SIZE];

	(void)state;
	acs_id_print(key, id);
	assert_int_equal(come(1, "2 PERIODIC"), id);
	say(&seen, ACS_SEEN, values_report(id));
	say(&report, ACS_DONE, report_of(id, ACS_OUTCOME_WAITS));
	assert_int_equal(come(2, "7 TRANSFER COMPLETE"), 0);
	assert_true(task_is(id, "\"waiting\""));
	assert_int_equal(bed_complete(&bed, 2, "1", key, 0), 0);
	assert_true(task_is(id, "\"done\""));
	order_fini(&seen);
	order_fini(&report);
}

/* Its response was lost: what it says of the key is worth as much. */
static void
test_a_device_that_reboots_without_a_response_is_not_rebooted_again(void **state)
{
	uint64_t id = task_new("{\"method\":\"reboot\"}");
	char event[64] = "M Reboot/";

	(void)state;
	acs_id_print(event + strlen(event), id);
	assert_int_equal(come(1, "2 PERIODIC"), id);
	assert_int_equal(come(2, event), 0);
	assert_true(task_is(id, "\"done\""));
	assert_true(task_is(id, "\"attempts\":0"));
	id = task_new("{\"method\":\"reboot\"}");
	assert_int_equal(come(1, "2 PERIODIC"), id);
	assert_int_equal(come(2, "1 BOOT"), 0);
	assert_true(task_is(id, "\"done\""));
}

static void
test_the_same_when_its_session_was_known_to_be_lost(void **state)
{
	uint64_t id = task_new("{\"method\":\"reboot\"}");
	char event[64] = "M Reboot/";
	struct order left;

	(void)state;
	acs_id_print(event + strlen(event), id);
	assert_int_equal(come(1, "2 PERIODIC"), id);
	leave(&left);
	bed_settle(&bed);
	assert_true(task_is(id, "\"queued\""));
	assert_int_equal(come(2, "1 BOOT"), 0);
	assert_true(task_is(id, "\"queued\""));
	assert_int_equal(come(2, event), 0);
	assert_true(task_is(id, "\"done\""));
	order_fini(&left);
}

static void
test_events_come_behind_what_they_tell(void **state)
{
	uint64_t id = task_new(READ);
	struct order report;

	(void)state;
	assert_int_equal(come(1, "2 PERIODIC"), id);
	bed.heard[0] = '\0';
	say(&report, ACS_DONE, report_of(id, ACS_OUTCOME_DONE));
	bed_pass(&bed, SLOW_NS / 1000000 / 2);
	assert_string_equal(bed.heard, "");
	bed_settle(&bed);
	assert_true(has(bed.heard, "task {"));
	assert_true(has(bed.heard, "\"state\":\"done\""));
	order_fini(&report);
}

static void
test_what_was_not_stored_is_not_told(void **state)
{
	uint64_t id = task_new(READ);
	int status;

	(void)state;
	assert_int_equal(come(1, "2 PERIODIC"), id);
	bed.heard[0] = '\0';
	sb_store_memory_fail(bed.memory, SB_ENOSPC);
	free(bed_report(&bed, 1, ACS_DONE, report_of(id, ACS_OUTCOME_DONE), &status));
	assert_int_equal(status, SB_ENOSPC);
	assert_null(bed_inform(&bed, 1, "1", &periodic, &status));
	assert_string_equal(bed.heard, "");
	sb_store_memory_fail(bed.memory, 0);
	assert_int_equal(come(1, "2 PERIODIC"), id);
	assert_true(has(bed.heard, "inform {\"device\":\"" BOX "\""));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_bed, close_bed)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_second_session_sees_what_the_first_has_reported),
		TEST(test_the_same_when_the_first_has_left_already),
		TEST(test_a_session_that_waits_and_leaves_is_forgotten),
		TEST(test_of_two_sessions_that_wait_the_later_one_is_the_devices),
		TEST(test_a_session_that_leaves_before_its_end_has_lost_its_task),
		TEST(test_a_report_that_comes_late_ends_what_waits_to_be_tried_again),
		TEST(test_a_transfer_may_complete_before_its_response_is_stored),
		TEST(test_a_transfer_may_complete_in_the_session_that_waits),
		TEST(test_a_device_that_reboots_without_a_response_is_not_rebooted_again),
		TEST(test_the_same_when_its_session_was_known_to_be_lost),
		TEST(test_events_come_behind_what_they_tell),
		TEST(test_what_was_not_stored_is_not_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
