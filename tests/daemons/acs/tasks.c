/* Devices and their tasks: asked for, worked off, tried again, ended, waited for. */
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

static int
open_bed(void **state)
{
	(void)state;
	bed_open(&bed);
	return 0;
}

static int
close_bed(void **state)
{
	(void)state;
	bed_close(&bed);
	return 0;
}

/* It has come once, and had nothing to do. */
static void
meet(void)
{
	assert_null(bed_inform(&bed, 1, "1", &periodic, NULL));
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

static struct acs_work *
end(uint64_t task, enum acs_outcome outcome, const char *result)
{
	struct acs_report *report = acs_report_new(BOX, NULL, result, "why");

	assert_non_null(report);
	report->task = task;
	report->outcome = outcome;
	return bed_report(&bed, 1, ACS_DONE, report, NULL);
}

static struct acs_work *
fault(uint64_t task, uint32_t code)
{
	struct acs_report *report = acs_report_new(BOX, NULL, "{\"FaultCode\":1}", "why");

	assert_non_null(report);
	report->task = task;
	report->outcome = ACS_OUTCOME_FAULT;
	report->fault_code = code;
	return bed_report(&bed, 1, ACS_DONE, report, NULL);
}

static void
test_a_device_is_there_after_its_first_inform(void **state)
{
	int status;

	(void)state;
	bed_ask(&bed, ACS_DEVICE, BOX, 0, NULL, &status);
	assert_int_equal(status, SB_ENOENT);
	meet();
	const char *device = bed_ask(&bed, ACS_DEVICE, BOX, 0, NULL, NULL);
	assert_true(has(device, "\"manufacturer\":\"Acme\""));
	assert_true(has(device, "\"softwareVersion\":\"1.0\""));
	assert_true(has(device, "\"informs\":1"));
	assert_true(has(device, "\"events\":[\"2 PERIODIC\"]"));
	assert_true(has(device, "\"Device.DeviceInfo.SoftwareVersion\":\"1.0\""));
	assert_true(has(device, "\"address\":\"192.0.2.1\""));
}

static void
test_tasks_come_in_their_order_and_leave_results(void **state)
{
	struct acs_work *work;
	uint64_t first, second;

	(void)state;
	meet();
	first = task_new("{\"method\":\"GetRPCMethods\"}");
	second = task_new("{\"method\":\"reboot\"}");
	work = bed_inform(&bed, 1, "1", &periodic, NULL);
	assert_non_null(work);
	assert_int_equal(work->id, first);
	assert_string_equal(work->text, "{\"method\":\"GetRPCMethods\"}");
	free(work);
	assert_true(task_is(first, "\"running\""));
	work = end(first, ACS_OUTCOME_DONE, "{\"MethodList\":[]}");
	assert_non_null(work);
	assert_int_equal(work->id, second);
	assert_true(has(work->text, "\"CommandKey\":"));
	free(work);
	assert_true(task_is(first, "\"state\":\"done\""));
	assert_true(task_is(first, "\"result\":{\"MethodList\":[]}"));
	assert_null(end(second, ACS_OUTCOME_WAITS, NULL));
	assert_true(task_is(second, "\"waiting\""));
	work = bed_inform(&bed, 1, "1",
		&(struct informed){.events = {"1 BOOT", "M Reboot/x"}, .version = "1.0"}, NULL);
	assert_null(work);
	assert_true(task_is(second, "\"done\""));
}

static void
test_a_fault_is_tried_again_after_a_while_and_then_fails(void **state)
{
	struct acs_work *work;
	uint64_t id;

	(void)state;
	meet();
	id = task_new("{\"method\":\"FactoryReset\",\"attempts\":2}");
	free(bed_inform(&bed, 1, "1", &periodic, NULL));
	assert_null(fault(id, 9002));
	assert_true(task_is(id, "\"queued\""));
	assert_true(has(bed_ask(&bed, ACS_FAULTS, BOX, 0, NULL, NULL), "\"code\":\"cwmp.9002\""));
	assert_null(bed_inform(&bed, 1, "1", &periodic, NULL));
	bed_pass(&bed, 31000);
	work = bed_inform(&bed, 1, "1", &periodic, NULL);
	assert_non_null(work);
	free(work);
	assert_null(fault(id, 9002));
	assert_true(task_is(id, "\"failed\""));
	assert_true(has(bed_ask(&bed, ACS_FAULTS, "", 0, NULL, NULL), "\"faults\":["));
}

static void
test_what_will_not_be_better_fails_at_once(void **state)
{
	uint64_t id;

	(void)state;
	meet();
	id = task_new("{\"method\":\"GetParameterValues\",\"ParameterNames\":[\"X\"]}");
	free(bed_inform(&bed, 1, "1", &periodic, NULL));
	assert_null(fault(id, 9005));
	assert_true(task_is(id, "\"failed\""));
	assert_true(task_is(id, "\"fault\":{\"channel\":"));
}

static void
test_a_fault_taken_away_lets_its_task_go(void **state)
{
	char channel[64] = "task:";
	struct acs_work *work;
	uint64_t id;

	(void)state;
	meet();
	id = task_new("{\"method\":\"reboot\"}");
	free(bed_inform(&bed, 1, "1", &periodic, NULL));
	assert_null(fault(id, 9002));
	acs_id_print(channel + 5, id);
	bed_ask(&bed, ACS_FAULT_DELETE, BOX, 0, channel, NULL);
	work = bed_inform(&bed, 1, "1", &periodic, NULL);
	assert_non_null(work);
	free(work);
	assert_null(end(id, ACS_OUTCOME_WAITS, NULL));
}

static void
test_who_waits_is_told_when_it_has_ended(void **state)
{
	struct order order;
	struct acs_work *work;

	(void)state;
	meet();
	bed_ask_begin(
		&bed, &order, ACS_TASK_CREATE, BOX, 0, 60000, "{\"method\":\"GetRPCMethods\"}");
	bed_settle(&bed);
	assert_false(order.is_done);
	work = bed_inform(&bed, 1, "1", &periodic, NULL);
	assert_null(end(work->id, ACS_OUTCOME_DONE, "{\"MethodList\":[\"Reboot\"]}"));
	free(work);
	assert_true(order.is_done);
	assert_int_equal(order.status, 0);
	assert_true(has(order.text, "\"state\":\"done\""));
	assert_true(has(order.text, "[\"Reboot\"]"));
	order_fini(&order);
}

static void
test_who_waits_long_enough_is_told_how_it_is(void **state)
{
	struct order order;

	(void)state;
	meet();
	bed_ask_begin(&bed, &order, ACS_TASK_CREATE, BOX, 0, 5000, "{\"method\":\"reboot\"}");
	bed_pass(&bed, 4000);
	assert_false(order.is_done);
	bed_pass(&bed, 2000);
	assert_true(order.is_done);
	assert_true(has(order.text, "\"queued\""));
	order_fini(&order);
}

static void
test_a_task_expires(void **state)
{
	uint64_t id;

	(void)state;
	meet();
	id = task_new("{\"method\":\"reboot\",\"expiresIn\":10}");
	bed_pass(&bed, 9000);
	assert_true(task_is(id, "\"queued\""));
	bed_pass(&bed, 2000);
	assert_true(task_is(id, "\"expired\""));
	assert_null(bed_inform(&bed, 1, "1", &periodic, NULL));
}

static void
test_a_task_can_be_canceled_until_it_runs(void **state)
{
	struct acs_work *work;
	uint64_t id;
	int status;

	(void)state;
	meet();
	id = task_new("{\"method\":\"reboot\"}");
	assert_true(has(bed_ask(&bed, ACS_TASK_CANCEL, BOX, id, NULL, NULL), "\"canceled\""));
	bed_ask(&bed, ACS_TASK_CANCEL, BOX, id, NULL, &status);
	assert_int_equal(status, SB_ECONFLICT);
	id = task_new("{\"method\":\"reboot\"}");
	work = bed_inform(&bed, 1, "1", &periodic, NULL);
	assert_int_equal(work->id, id);
	free(work);
	bed_ask(&bed, ACS_TASK_CANCEL, BOX, id, NULL, &status);
	assert_int_equal(status, SB_ECONFLICT);
}

static void
test_a_bad_task_is_refused_and_said_why(void **state)
{
	int status;

	(void)state;
	meet();
	assert_true(
		has(bed_ask(&bed, ACS_TASK_CREATE, BOX, 0,
			    "{\"method\":\"GetParameterValues\",\"ParameterNames\":[5]}", &status),
			"ParameterNames[0]: not a text"));
	assert_int_equal(status, SB_EINVAL);
	assert_true(has(bed_ask(&bed, ACS_TASK_CREATE, BOX, 0, "{\"method\":\"Nothing\"}", &status),
		"method"));
	assert_int_equal(status, SB_EINVAL);
	bed_ask(&bed, ACS_TASK_CREATE, BOX, 0, "not JSON", &status);
	assert_int_equal(status, SB_EINVAL);
	assert_true(has(bed_ask(&bed, ACS_TASK_CREATE, BOX, 0,
				"{\"method\":\"refresh\",\"paht\":\"Device.\"}", &status),
		"paht: no such member"));
	assert_int_equal(status, SB_EINVAL);
	assert_true(has(bed_ask(&bed, ACS_TASK_CREATE, BOX, 0,
				"{\"method\":\"Reboot\",\"repeat\":\"always\"}", &status),
		"repeat: no such member"));
	assert_int_equal(status, SB_EINVAL);
	assert_true(has(bed_ask(&bed, ACS_TASKS, BOX, 0, NULL, NULL), "[]"));
}

static void
test_tasks_of_a_device_are_bounded(void **state)
{
	int status = 0;

	(void)state;
	meet();
	for (unsigned i = 0; i < 100; i++)
		task_new("{\"method\":\"reboot\"}");
	bed_ask(&bed, ACS_TASK_CREATE, BOX, 0, "{\"method\":\"reboot\"}", &status);
	assert_int_equal(status, SB_ELIMIT);
}

static void
test_a_download_completes_in_another_session(void **state)
{
	char key[ACS_ID_SIZE];
	struct acs_work *work;
	uint64_t id;

	(void)state;
	meet();
	id = task_new("{\"method\":\"Download\",\"FileType\":\"1 Firmware Upgrade Image\","
		      "\"URL\":\"http://127.0.0.1/x\"}");
	acs_id_print(key, id);
	work = bed_inform(&bed, 1, "1", &periodic, NULL);
	assert_true(has(work->text, key));
	free(work);
	assert_null(end(id, ACS_OUTCOME_WAITS, NULL));
	bed_restart(&bed);
	assert_true(task_is(id, "\"waiting\""));
	assert_null(bed_inform(&bed, 2, "1",
		&(struct informed){.events = {"7 TRANSFER COMPLETE"}, .version = "1.0"}, NULL));
	assert_int_equal(bed_complete(&bed, 2, "1", key, 0), 0);
	assert_true(task_is(id, "\"done\""));
	assert_int_equal(bed_complete(&bed, 2, "1", key, 0), 0);
	assert_int_equal(bed_complete(&bed, 2, "1", "nobody's", 0), 0);
}

static void
test_a_transfer_that_failed_is_a_fault(void **state)
{
	char key[ACS_ID_SIZE];
	uint64_t id;

	(void)state;
	meet();
	id = task_new("{\"method\":\"download\",\"URL\":\"http://127.0.0.1/x\"}");
	acs_id_print(key, id);
	free(bed_inform(&bed, 1, "1", &periodic, NULL));
	assert_null(end(id, ACS_OUTCOME_WAITS, NULL));
	assert_int_equal(bed_complete(&bed, 1, "1", key, 9010), 0);
	assert_true(task_is(id, "\"failed\""));
	assert_true(has(bed_ask(&bed, ACS_FAULTS, BOX, 0, NULL, NULL), "cwmp.9010"));
}

static void
test_a_second_session_takes_over_what_the_first_had(void **state)
{
	struct acs_report *late;
	struct acs_work *work;
	uint64_t id;
	int status;

	(void)state;
	meet();
	id = task_new("{\"method\":\"GetRPCMethods\"}");
	free(bed_inform(&bed, 1, "1", &periodic, NULL));
	/* Lost, so it waits for its time first. */
	assert_null(bed_inform(&bed, 2, "1", &periodic, NULL));
	bed_pass(&bed, 31000);
	work = bed_inform(&bed, 3, "1", &periodic, NULL);
	assert_int_equal(work->id, id);
	free(work);
	late = acs_report_new(BOX, NULL, "{}", NULL);
	late->task = id;
	assert_null(bed_report(&bed, 1, ACS_DONE, late, &status));
	assert_int_equal(status, SB_GONE);
	assert_true(task_is(id, "\"running\""));
}

static void
test_what_was_acknowledged_outlives_a_crash(void **state)
{
	uint64_t first, second;

	(void)state;
	meet();
	first = task_new("{\"method\":\"GetRPCMethods\"}");
	second = task_new("{\"method\":\"reboot\"}");
	free(bed_inform(&bed, 1, "1", &periodic, NULL));
	free(end(first, ACS_OUTCOME_DONE, "{\"MethodList\":[\"Reboot\"]}"));
	bed_ask(&bed, ACS_DEVICE_TAGS, BOX, 0, "{\"add\":[\"field\"]}", NULL);
	bed.keepers.count = 3;
	bed_restart(&bed);
	assert_true(task_is(first, "[\"Reboot\"]"));
	assert_true(task_is(second, "\"queued\""));
	assert_true(has(bed_ask(&bed, ACS_DEVICE, BOX, 0, NULL, NULL), "\"tags\":[\"field\"]"));
	assert_true(has(bed_ask(&bed, ACS_DEVICE, BOX, 0, NULL, NULL), "\"informs\":2"));
}

static void
test_nothing_is_acknowledged_by_a_store_that_fails(void **state)
{
	struct acs_work *work;
	uint64_t id;
	int status;

	(void)state;
	meet();
	id = task_new("{\"method\":\"GetRPCMethods\"}");
	free(bed_inform(&bed, 1, "1", &periodic, NULL));
	sb_store_memory_fail(bed.memory, SB_ENOSPC);
	struct acs_report *report = acs_report_new(BOX, NULL, "{}", NULL);
	report->task = id;
	assert_null(bed_report(&bed, 1, ACS_DONE, report, &status));
	assert_int_equal(status, SB_ENOSPC);
	bed_ask(&bed, ACS_TASK_CREATE, BOX, 0, "{\"method\":\"reboot\"}", &status);
	assert_int_equal(status, SB_ENOSPC);
	assert_null(bed_inform(&bed, 1, "1", &periodic, &status));
	assert_int_equal(status, SB_ENOSPC);
	sb_store_memory_fail(bed.memory, 0);
	work = bed_inform(&bed, 1, "1", &periodic, NULL);
	assert_int_equal(work->id, id);
	free(work);
}

static void
test_a_deleted_device_is_gone_with_all_it_had(void **state)
{
	int status;

	(void)state;
	meet();
	task_new("{\"method\":\"reboot\"}");
	bed_ask(&bed, ACS_DEVICE_DELETE, BOX, 0, NULL, NULL);
	bed_ask(&bed, ACS_DEVICE, BOX, 0, NULL, &status);
	assert_int_equal(status, SB_ENOENT);
	bed_restart(&bed);
	bed_ask(&bed, ACS_DEVICE, BOX, 0, NULL, &status);
	assert_int_equal(status, SB_ENOENT);
	meet();
	assert_true(has(bed_ask(&bed, ACS_TASKS, BOX, 0, NULL, NULL), "[]"));
}

static void
test_devices_are_listed_by_page_and_filter(void **state)
{
	char serial[8];
	unsigned found = 0;

	(void)state;
	for (unsigned i = 0; i < 20; i++) {
		struct informed what = {
			.events = {"2 PERIODIC"}, .version = i % 2 ? "1.9" : "1.10"};

		snprintf(serial, sizeof(serial), "%u", i);
		assert_null(bed_inform(&bed, 1, serial, &what, NULL));
	}
	for (uint32_t k = 0; k < bed.keepers.count; k++) {
		struct order order;
		const char *at;

		bed_ask_begin(&bed, &order, ACS_DEVICES, "", 0, 0,
			"{\"filter\":{\"softwareVersion\":\"<1.10\"}}");
		snprintf(order.keeper, sizeof(order.keeper), "acs.keeper.%u", k);
		bed_settle(&bed);
		for (at = order.text; (at = strstr(at, "\"device\"")); at++)
			found++;
		order_fini(&order);
	}
	assert_int_equal(found, 10);
}

static void
test_results_are_forgotten_when_they_are_many_or_old(void **state)
{
	uint64_t first = 0;
	int status;

	(void)state;
	meet();
	for (unsigned i = 0; i < 21; i++) {
		uint64_t id = task_new("{\"method\":\"reboot\"}");

		bed_ask(&bed, ACS_TASK_CANCEL, BOX, id, NULL, NULL);
		first = first ? first : id;
	}
	bed_pass(&bed, 1000);
	bed_ask(&bed, ACS_TASK, BOX, first, NULL, &status);
	assert_int_equal(status, SB_ENOENT);
	bed.keepers.result_ms = 10000;
	bed_pass(&bed, 11000);
	assert_true(has(bed_ask(&bed, ACS_TASKS, BOX, 0, NULL, NULL), "[]"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_bed, close_bed)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_device_is_there_after_its_first_inform),
		TEST(test_tasks_come_in_their_order_and_leave_results),
		TEST(test_a_fault_is_tried_again_after_a_while_and_then_fails),
		TEST(test_what_will_not_be_better_fails_at_once),
		TEST(test_a_fault_taken_away_lets_its_task_go),
		TEST(test_who_waits_is_told_when_it_has_ended),
		TEST(test_who_waits_long_enough_is_told_how_it_is),
		TEST(test_a_task_expires),
		TEST(test_a_task_can_be_canceled_until_it_runs),
		TEST(test_a_bad_task_is_refused_and_said_why),
		TEST(test_tasks_of_a_device_are_bounded),
		TEST(test_a_download_completes_in_another_session),
		TEST(test_a_transfer_that_failed_is_a_fault),
		TEST(test_a_second_session_takes_over_what_the_first_had),
		TEST(test_what_was_acknowledged_outlives_a_crash),
		TEST(test_nothing_is_acknowledged_by_a_store_that_fails),
		TEST(test_a_deleted_device_is_gone_with_all_it_had),
		TEST(test_devices_are_listed_by_page_and_filter),
		TEST(test_results_are_forgotten_when_they_are_many_or_old),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
