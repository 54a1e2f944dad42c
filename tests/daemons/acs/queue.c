/* What holds up what, and how people let it go. */
#include "core/error.h"
#include "tests/daemons/acs/bed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define BOX "00AABB-Box-1"

static struct bed bed;

static const struct informed periodic = {.events = {"2 PERIODIC"}, .version = "1.0"};

/* A device that has come once. */
static int
open_bed(void **state)
{
	(void)state;
	bed_open(&bed);
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

/* The device comes; the id of the task that it is given, or 0. */
static uint64_t
come(void)
{
	struct acs_work *work = bed_inform(&bed, 1, "1", &periodic, NULL);
	uint64_t id = work ? work->id : 0;

	free(work);
	return id;
}

/* The same, when the task has ended so; the next one's id. */
static uint64_t
end(uint64_t task, enum acs_outcome outcome, uint32_t code)
{
	struct acs_report *report = acs_report_new(BOX, NULL, "{\"Status\":0}", "why");
	struct acs_work *work;
	uint64_t id;

	assert_non_null(report);
	report->task = task;
	report->outcome = outcome;
	report->fault_code = code;
	work = bed_report(&bed, 1, ACS_DONE, report, NULL);
	id = work ? work->id : 0;
	free(work);
	return id;
}

/* One that backs off, and one behind it. */
static void
hold_up(uint64_t *first, uint64_t *second)
{
	*first = task_new("{\"method\":\"GetRPCMethods\"}");
	*second = task_new("{\"method\":\"GetAllQueuedTransfers\"}");
	assert_int_equal(come(), *first);
	assert_int_equal(end(*first, ACS_OUTCOME_FAULT, 9002), 0);
	assert_int_equal(come(), 0);
}

static void
test_a_task_that_backs_off_is_tried_at_once_when_somebody_says_so(void **state)
{
	uint64_t first, second;

	(void)state;
	hold_up(&first, &second);
	assert_int_equal(id_in(bed_ask(&bed, ACS_TASK_RETRY, BOX, first, NULL, NULL)), first);
	assert_true(has(bed_ask(&bed, ACS_FAULTS, BOX, 0, NULL, NULL), "[]"));
	bed_restart(&bed);
	assert_int_equal(come(), first);
	assert_int_equal(end(first, ACS_OUTCOME_DONE, 0), second);
	assert_true(task_is(first, "\"done\""));
	assert_int_equal(end(second, ACS_OUTCOME_DONE, 0), 0);
}

static void
test_a_task_that_holds_up_others_can_be_put_behind_them(void **state)
{
	uint64_t first, second, again;

	(void)state;
	hold_up(&first, &second);
	bed_ask(&bed, ACS_TASK_CANCEL, BOX, first, NULL, NULL);
	again = id_in(bed_ask(&bed, ACS_TASK_RETRY, BOX, first, NULL, NULL));
	assert_true(again > second);
	assert_int_equal(come(), second);
	assert_int_equal(end(second, ACS_OUTCOME_DONE, 0), again);
	assert_int_equal(end(again, ACS_OUTCOME_DONE, 0), 0);
}

static void
test_a_task_that_has_ended_is_made_anew_with_a_key_of_its_own(void **state)
{
	char key[ACS_ID_SIZE];
	uint64_t first, again;

	(void)state;
	first = task_new("{\"method\":\"reboot\",\"attempts\":7}");
	bed_ask(&bed, ACS_TASK_CANCEL, BOX, first, NULL, NULL);
	bed_restart(&bed);
	again = id_in(bed_ask(&bed, ACS_TASK_RETRY, BOX, first, NULL, NULL));
	assert_true(again != first);
	acs_id_print(key, again);
	assert_true(task_is(again, "\"attempts\":7"));
	assert_true(task_is(again, key));
}

static void
test_what_a_device_does_just_now_is_not_tried_again(void **state)
{
	uint64_t id;
	int status;

	(void)state;
	id = task_new("{\"method\":\"reboot\"}");
	assert_int_equal(come(), id);
	bed_ask(&bed, ACS_TASK_RETRY, BOX, id, NULL, &status);
	assert_int_equal(status, SB_ECONFLICT);
	assert_int_equal(end(id, ACS_OUTCOME_WAITS, 0), 0);
	bed_ask(&bed, ACS_TASK_RETRY, BOX, id, NULL, &status);
	assert_int_equal(status, SB_ECONFLICT);
	bed_ask(&bed, ACS_TASK_RETRY, BOX, id + 1, NULL, &status);
	assert_int_equal(status, SB_ENOENT);
}

static void
test_a_retry_that_is_not_durable_is_none(void **state)
{
	uint64_t first, second;
	int status;

	(void)state;
	hold_up(&first, &second);
	sb_store_memory_fail(bed.memory, SB_EIO);
	bed_ask(&bed, ACS_TASK_RETRY, BOX, first, NULL, &status);
	assert_int_equal(status, SB_EIO);
	sb_store_memory_fail(bed.memory, 0);
	assert_true(task_is(first, "\"queued\""));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_bed, close_bed)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_task_that_backs_off_is_tried_at_once_when_somebody_says_so),
		TEST(test_a_task_that_holds_up_others_can_be_put_behind_them),
		TEST(test_a_task_that_has_ended_is_made_anew_with_a_key_of_its_own),
		TEST(test_what_a_device_does_just_now_is_not_tried_again),
		TEST(test_a_retry_that_is_not_durable_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
