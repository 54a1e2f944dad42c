/* What is kept, and not done twice, when the store fails or much happens at once. */
#include "core/error.h"
#include "tests/daemons/acs/bed.h"

#include <setjmp.h>
#include <stdarg.h>
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

static uint64_t
come(unsigned caller)
{
	struct acs_work *work = bed_inform(&bed, caller, "1", &periodic, NULL);
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
test_a_presets_task_that_was_not_stored_comes_with_the_next_inform(void **state)
{
	uint64_t id;
	int status;

	(void)state;
	bed_ask(&bed, ACS_PRESET_PUT, "p", 0, "{\"tasks\":[{\"method\":\"GetRPCMethods\"}]}", NULL);
	sb_store_memory_fail(bed.memory, SB_ENOSPC);
	assert_null(bed_inform(&bed, 1, "1", &periodic, &status));
	assert_int_equal(status, SB_ENOSPC);
	sb_store_memory_fail(bed.memory, 0);
	id = come(1);
	assert_true(id != 0);
	free(bed_report(&bed, 1, ACS_DONE, report_of(id, ACS_OUTCOME_DONE), NULL));
	assert_int_equal(come(1), 0);
}

static void
test_a_device_that_comes_while_it_is_deleted_comes_again(void **state)
{
	struct order order;
	uint64_t id;
	int status;

	(void)state;
	bed_ask_begin(&bed, &order, ACS_DEVICE_DELETE, BOX, 0, 0, NULL);
	bed_pass(&bed, 1);
	assert_null(bed_inform(&bed, 1, "1", &periodic, &status));
	assert_int_equal(status, SB_FULL);
	assert_true(order.is_done);
	assert_int_equal(order.status, 0);
	order_fini(&order);
	assert_int_equal(come(1), 0);
	id = task_new("{\"method\":\"reboot\"}");
	bed_restart(&bed);
	assert_true(task_is(id, "\"queued\""));
	assert_true(has(bed_ask(&bed, ACS_DEVICE, BOX, 0, NULL, NULL), "\"informs\":1"));
}

static void
test_nothing_is_asked_of_a_device_that_is_being_deleted(void **state)
{
	struct order gone, task;

	(void)state;
	bed_ask_begin(&bed, &gone, ACS_DEVICE_DELETE, BOX, 0, 0, NULL);
	bed_pass(&bed, 1);
	bed_ask_begin(&bed, &task, ACS_TASK_CREATE, BOX, 0, 0, "{\"method\":\"reboot\"}");
	bed_settle(&bed);
	assert_int_equal(gone.status, 0);
	assert_int_equal(task.status, SB_FULL);
	order_fini(&gone);
	order_fini(&task);
}

/* A fault that came behind the deletion would be nobody's row. */
static void
test_the_script_of_a_device_that_is_being_deleted_leaves_no_fault(void **state)
{
	struct acs_script_ended *ended = calloc(1, sizeof(*ended));
	struct order said = {.type = ACS_SCRIPT_ENDED,
		.is_post = true,
		.payload = SB_GIVE(ended, sizeof(*ended), free)};
	struct order gone;

	(void)state;
	strcpy(ended->device, BOX);
	strcpy(ended->script, "s");
	ended->status = SB_EINVAL;
	bed_ask_begin(&bed, &gone, ACS_DEVICE_DELETE, BOX, 0, 0, NULL);
	bed_pass(&bed, 1);
	bed.heard[0] = '\0';
	bed_send(&bed, 1, BOX, &said);
	bed_settle(&bed);
	assert_true(gone.is_done);
	assert_int_equal(gone.status, 0);
	assert_null(strstr(bed.heard, "fault {"));
	order_fini(&gone);
	order_fini(&said);
}

static void
test_a_device_that_could_not_be_deleted_is_there(void **state)
{
	uint64_t id = task_new("{\"method\":\"GetRPCMethods\"}");
	int status;

	(void)state;
	sb_store_memory_fail(bed.memory, SB_EIO);
	bed_ask(&bed, ACS_DEVICE_DELETE, BOX, 0, NULL, &status);
	assert_int_equal(status, SB_EIO);
	sb_store_memory_fail(bed.memory, 0);
	assert_int_equal(come(1), id);
}

static void
test_reports_that_wait_are_bounded(void **state)
{
	struct order first, second;
	int status;

	(void)state;
	bed.keepers.waiting_bytes = 4096;
	for (unsigned i = 0; i < 2; i++) {
		struct acs_report *report = report_of(0, ACS_OUTCOME_DONE);

		report->learned = ACS_LEARNED_VALUES;
		report->envelope = values_of((const char *[]){"Device.A", "1", NULL});
		report->envelope->bytes = 3000;
		say(i ? &second : &first, ACS_SEEN, report);
	}
	bed_settle(&bed);
	assert_int_equal(first.status, 0);
	assert_int_equal(second.status, SB_FULL);
	order_fini(&first);
	order_fini(&second);
	free(bed_report(&bed, 1, ACS_SEEN, report_of(0, ACS_OUTCOME_DONE), &status));
	assert_int_equal(status, 0);
}

static void
test_a_key_that_was_used_before_ends_no_task_that_was_not_begun(void **state)
{
	uint64_t id = task_new("{\"method\":\"download\",\"URL\":\"http://127.0.0.1/x\","
			       "\"CommandKey\":\"mine\"}");

	(void)state;
	assert_int_equal(bed_complete(&bed, 1, "1", "mine", 0), 0);
	assert_true(task_is(id, "\"queued\""));
	assert_int_equal(come(1), id);
	assert_int_equal(bed_complete(&bed, 1, "1", "mine", 0), 0);
	assert_true(task_is(id, "\"done\""));
}

/* Begun, and nothing of that was durable: a key that is made of its id cannot have been another's.
 */
static void
test_a_transfer_that_completes_after_a_crash_is_not_done_again(void **state)
{
	uint64_t id = task_new("{\"method\":\"download\",\"URL\":\"http://127.0.0.1/x\"}");
	char key[ACS_ID_SIZE];

	(void)state;
	acs_id_print(key, id);
	assert_int_equal(come(1), id);
	bed_restart(&bed);
	assert_true(task_is(id, "\"queued\""));
	assert_int_equal(bed_complete(&bed, 1, "1", key, 0), 0);
	assert_true(task_is(id, "\"done\""));
	assert_int_equal(come(1), 0);
}

static void
test_a_device_that_rebooted_while_we_crashed_is_not_rebooted_again(void **state)
{
	uint64_t id = task_new("{\"method\":\"reboot\"}");
	uint64_t of_people = task_new("{\"method\":\"reboot\",\"CommandKey\":\"mine\"}");
	struct informed booted = {.events = {"M Reboot/mine"}, .version = "1.0"};
	char event[64] = "M Reboot/";
	struct acs_work *work;

	(void)state;
	acs_id_print(event + strlen(event), id);
	free(bed_inform(&bed, 1, "1", &booted, NULL));
	bed_restart(&bed);
	assert_true(task_is(of_people, "\"queued\""));
	booted.events[0] = event;
	work = bed_inform(&bed, 1, "1", &booted, NULL);
	assert_non_null(work);
	assert_int_equal(work->id, of_people);
	free(work);
	assert_true(task_is(id, "\"done\""));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_bed, close_bed)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_presets_task_that_was_not_stored_comes_with_the_next_inform),
		TEST(test_a_device_that_comes_while_it_is_deleted_comes_again),
		TEST(test_nothing_is_asked_of_a_device_that_is_being_deleted),
		TEST(test_the_script_of_a_device_that_is_being_deleted_leaves_no_fault),
		TEST(test_a_device_that_could_not_be_deleted_is_there),
		TEST(test_reports_that_wait_are_bounded),
		TEST(test_a_key_that_was_used_before_ends_no_task_that_was_not_begun),
		TEST(test_a_transfer_that_completes_after_a_crash_is_not_done_again),
		TEST(test_a_device_that_rebooted_while_we_crashed_is_not_rebooted_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
