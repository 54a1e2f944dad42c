/* Presets: put, kept, applied, verified, and the tasks that they have for devices. */
#include "core/error.h"
#include "tests/daemons/acs/bed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define BOX "00AABB-Box-1"

static struct bed bed;

static const struct informed periodic = {
	.events = {"2 PERIODIC"}, .version = "1.0", .parameter_key = ""};

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

static void
put(const char *name, const char *text)
{
	bed_ask(&bed, ACS_PRESET_PUT, name, 0, text, NULL);
}

static struct acs_work *
end(uint64_t task, enum acs_outcome outcome)
{
	struct acs_report *report = acs_report_new(BOX, NULL, NULL, "why");

	assert_non_null(report);
	report->task = task;
	report->outcome = outcome;
	return bed_report(&bed, 1, ACS_DONE, report, NULL);
}

static void
test_presets_are_kept(void **state)
{
	int status;

	(void)state;
	put("wifi", "{\"weight\":1,\"parameters\":{\"Device.X\":\"1\"}}");
	bed_restart(&bed);
	assert_true(has(bed_ask(&bed, ACS_PRESET, "wifi", 0, NULL, NULL), "\"Device.X\":\"1\""));
	assert_true(has(bed_ask(&bed, ACS_PRESET_LIST, "", 0, NULL, NULL), "\"wifi\""));
	bed_ask(&bed, ACS_PRESET_DELETE, "wifi", 0, NULL, NULL);
	bed_ask(&bed, ACS_PRESET, "wifi", 0, NULL, &status);
	assert_int_equal(status, SB_ENOENT);
	bed_restart(&bed);
	assert_true(has(bed_ask(&bed, ACS_PRESET_LIST, "", 0, NULL, NULL), "[]"));
}

/* Two who make the same one at the same moment would make two rows, of which a deletion takes one.
 */
static void
test_a_preset_is_changed_by_one_at_a_time(void **state)
{
	struct order first, second;
	int status;

	(void)state;
	bed_ask_begin(&bed, &first, ACS_PRESET_PUT, "p", 0, 0, "{\"weight\":1}");
	bed_ask_begin(&bed, &second, ACS_PRESET_PUT, "p", 0, 0, "{\"weight\":2}");
	bed_settle(&bed);
	assert_int_equal(first.status, 0);
	assert_int_equal(second.status, SB_FULL);
	order_fini(&first);
	order_fini(&second);
	put("p", "{\"weight\":3}");
	bed_ask(&bed, ACS_PRESET_DELETE, "p", 0, NULL, NULL);
	bed_restart(&bed);
	bed_ask(&bed, ACS_PRESET, "p", 0, NULL, &status);
	assert_int_equal(status, SB_ENOENT);
}

static void
test_a_preset_that_is_none_is_refused(void **state)
{
	static const char *const bad[] = {"5", "{\"x\":1}", "{\"weight\":\"1\"}",
		"{\"parameters\":[]}", "{\"parameters\":{\"Device.\":1}}",
		"{\"parameters\":{\"A\":{\"value\":1,\"type\":\"x\"}}}",
		"{\"tasks\":[{\"method\":\"x\"}]}", "{\"repeat\":\"often\"}",
		"{\"filter\":{\"x\":1}}"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		int status;

		assert_true(*bed_ask(&bed, ACS_PRESET_PUT, "p", 0, bad[i], &status));
		assert_int_equal(status, SB_EINVAL);
	}
}

static void
test_a_device_is_brought_to_what_presets_say_once(void **state)
{
	struct acs_work *work;
	char key[ACS_ID_SIZE];
	struct informed brought = periodic;

	(void)state;
	put("a", "{\"weight\":1,\"parameters\":{\"Device.X\":\"1\",\"Device.Y\":\"1\"}}");
	put("b", "{\"weight\":2,\"filter\":{\"oui\":\"00AABB\"},"
		 "\"parameters\":{\"Device.X\":{\"value\":2,\"type\":\"unsignedInt\"}}}");
	put("c", "{\"weight\":3,\"filter\":{\"oui\":\"other\"},"
		 "\"parameters\":{\"Device.X\":\"3\"}}");
	work = bed_inform(&bed, 1, "1", &periodic, NULL);
	assert_non_null(work);
	assert_int_equal(work->kind, ACS_WORK_PRESETS);
	assert_true(
		has(work->text, "{\"Name\":\"Device.X\",\"Value\":2,\"Type\":\"unsignedInt\"}"));
	assert_true(has(work->text, "{\"Name\":\"Device.Y\",\"Value\":\"1\"}"));
	snprintf(key, sizeof(key), "%s", work->parameter_key);
	assert_true(has(work->text, key));
	free(work);
	assert_null(end(0, ACS_OUTCOME_DONE));
	brought.parameter_key = key;
	assert_null(bed_inform(&bed, 1, "1", &brought, NULL));
	/* Its key is lost: it is looked at again. */
	work = bed_inform(&bed, 1, "1", &periodic, NULL);
	assert_non_null(work);
	free(work);
	assert_null(end(0, ACS_OUTCOME_DONE));
	/* And when a preset changes. */
	put("a", "{\"weight\":1,\"parameters\":{\"Device.Y\":\"2\"}}");
	work = bed_inform(&bed, 1, "1", &brought, NULL);
	assert_non_null(work);
	free(work);
}

static void
test_what_a_device_without_a_key_was_brought_to_is_remembered(void **state)
{
	static const struct informed keyless = {.events = {"2 PERIODIC"}, .version = "1.0"};
	struct acs_work *work;

	(void)state;
	put("a", "{\"parameters\":{\"Device.X\":\"1\"}}");
	work = bed_inform(&bed, 1, "1", &keyless, NULL);
	assert_non_null(work);
	free(work);
	assert_null(end(0, ACS_OUTCOME_DONE));
	bed_restart(&bed);
	assert_null(bed_inform(&bed, 1, "1", &keyless, NULL));
	work = bed_inform(&bed, 1, "1",
		&(struct informed){.events = {"0 BOOTSTRAP"}, .version = "1.0"}, NULL);
	assert_non_null(work);
	free(work);
}

static void
test_a_failure_is_a_fault_and_waits(void **state)
{
	struct acs_work *work;

	(void)state;
	put("a", "{\"parameters\":{\"Device.X\":\"1\"}}");
	free(bed_inform(&bed, 1, "1", &periodic, NULL));
	assert_null(end(0, ACS_OUTCOME_FAILED));
	assert_true(has(bed_ask(&bed, ACS_FAULTS, BOX, 0, NULL, NULL), "\"channel\":\"presets\""));
	assert_null(bed_inform(&bed, 1, "1", &periodic, NULL));
	bed_restart(&bed);
	assert_null(bed_inform(&bed, 1, "1", &periodic, NULL));
	bed_ask(&bed, ACS_FAULT_DELETE, BOX, 0, "presets", NULL);
	work = bed_inform(&bed, 1, "1", &periodic, NULL);
	assert_non_null(work);
	free(work);
	assert_null(end(0, ACS_OUTCOME_DONE));
	assert_true(has(bed_ask(&bed, ACS_FAULTS, BOX, 0, NULL, NULL), "[]"));
}

static void
test_a_preset_for_events_is_looked_at_with_them(void **state)
{
	static const struct informed boot = {
		.events = {"1 BOOT"}, .version = "1.0", .parameter_key = ""};
	struct acs_work *work;

	(void)state;
	put("a", "{\"filter\":{\"events\":[\"1 BOOT\"]},\"parameters\":{\"Device.X\":\"1\"}}");
	assert_null(bed_inform(&bed, 1, "1", &periodic, NULL));
	for (unsigned i = 0; i < 2; i++) {
		work = bed_inform(&bed, 1, "1", &boot, NULL);
		assert_non_null(work);
		assert_true(has(work->text, "\"ParameterKey\":\"\""));
		free(work);
		assert_null(end(0, ACS_OUTCOME_DONE));
	}
}

static void
test_a_presets_task_is_had_once(void **state)
{
	struct acs_work *work;
	uint64_t id;

	(void)state;
	put("old", "{\"filter\":{\"softwareVersion\":\"<2\"},"
		   "\"tasks\":[{\"method\":\"download\",\"file\":\"fw\"}]}");
	work = bed_inform(&bed, 1, "1", &periodic, NULL);
	/* Made with this Inform, and durable with it. */
	assert_non_null(work);
	assert_true(has(work->text, "\"file\":\"fw\""));
	id = work->id;
	free(work);
	assert_null(end(id, ACS_OUTCOME_WAITS));
	assert_null(bed_inform(&bed, 1, "1", &periodic, NULL));
	bed_restart(&bed);
	assert_null(bed_inform(&bed, 1, "1", &periodic, NULL));
	assert_true(has(bed_ask(&bed, ACS_TASK, BOX, id, NULL, NULL), "\"byPreset\":true"));
	/* Another device, another version: not meant. */
	assert_null(bed_inform(&bed, 1, "2",
		&(struct informed){.events = {"2 PERIODIC"}, .version = "2.1", .parameter_key = ""},
		NULL));
}

static void
test_a_presets_task_comes_always_but_not_at_once_again(void **state)
{
	struct acs_work *work;

	(void)state;
	bed.keepers.longest_retry_ms = 60000;
	put("a", "{\"repeat\":\"always\",\"tasks\":[{\"method\":\"GetRPCMethods\"}]}");
	for (unsigned i = 0; i < 2; i++) {
		work = bed_inform(&bed, 1, "1", &periodic, NULL);
		assert_non_null(work);
		assert_null(end(work->id, ACS_OUTCOME_DONE));
		free(work);
		assert_null(bed_inform(&bed, 1, "1", &periodic, NULL));
		bed_pass(&bed, 61000);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_bed, close_bed)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_presets_are_kept),
		TEST(test_a_preset_is_changed_by_one_at_a_time),
		TEST(test_a_preset_that_is_none_is_refused),
		TEST(test_a_device_is_brought_to_what_presets_say_once),
		TEST(test_what_a_device_without_a_key_was_brought_to_is_remembered),
		TEST(test_a_failure_is_a_fault_and_waits),
		TEST(test_a_preset_for_events_is_looked_at_with_them),
		TEST(test_a_presets_task_is_had_once),
		TEST(test_a_presets_task_comes_always_but_not_at_once_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
