/* The small parts of keepers: filters, versions, rows of devices, what an Inform packs. */
#include "core/error.h"
#include "daemons/acs/connect.h"
#include "daemons/acs/device.h"
#include "daemons/acs/filter.h"
#include "daemons/acs/inform.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void
test_globs(void **state)
{
	(void)state;
	assert_true(acs_glob("*", ""));
	assert_true(acs_glob("a*c", "abbc"));
	assert_true(acs_glob("*b?", "abbc"));
	assert_true(acs_glob("**", "x"));
	assert_false(acs_glob("a?", "a"));
	assert_false(acs_glob("a*b", "abc"));
	assert_false(acs_glob("", "a"));
}

static int
sign(int number)
{
	return (number > 0) - (number < 0);
}

static void
test_versions_are_compared_number_by_number(void **state)
{
	static const struct {
		const char *a, *b;
		int order;
	} cases[] = {
		{"1.9", "1.10", -1},
		{"1.09", "1.9", 0},
		{"2", "1.99.99", 1},
		{"1.2", "1.2.1", -1},
		{"V10b", "V9z", 1},
		{"", "1", -1},
		{"99999999999999999999", "100000000000000000000", -1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(sign(acs_version_order(cases[i].a, cases[i].b)), cases[i].order);
		assert_int_equal(sign(acs_version_order(cases[i].b, cases[i].a)), -cases[i].order);
	}
}

static struct acs_device *
device_of(const char *name, const char *version)
{
	struct acs_profile profile = {name, "Acme", "00AABB", "Box", "1", version};
	struct acs_device *device = acs_device_new(7, &profile);

	assert_non_null(device);
	assert_int_equal(acs_device_add_tag(device, "field"), 0);
	return device;
}

static bool
fits(const char *text, const struct acs_device *device, uint32_t events)
{
	json_t *json = json_loads(text, 0, NULL);
	struct acs_filter filter;
	char fault[128];
	bool is_so;

	assert_int_equal(acs_filter_init(&filter, json, fault, sizeof(fault)), 0);
	json_decref(json);
	is_so = acs_filter_fits(&filter, device, events);
	acs_filter_fini(&filter);
	return is_so;
}

static void
test_a_filter_says_which_devices(void **state)
{
	struct acs_device *device = device_of("00AABB-Box-1", "1.9");

	(void)state;
	assert_true(fits("{}", device, 0));
	assert_true(fits("{\"manufacturer\":\"Ac*\",\"oui\":\"00AABB\"}", device, 0));
	assert_false(fits("{\"manufacturer\":\"Ac*\",\"oui\":\"00AABC\"}", device, 0));
	assert_true(fits("{\"softwareVersion\":\"<1.10\"}", device, 0));
	assert_true(fits("{\"softwareVersion\":\">= 1.9\"}", device, 0));
	assert_false(fits("{\"softwareVersion\":\"!=1.9\"}", device, 0));
	assert_true(fits("{\"softwareVersion\":\"1.?\"}", device, 0));
	assert_true(fits("{\"tags\":[\"field\",\"!lab\"]}", device, 0));
	assert_false(fits("{\"tags\":[\"!field\"]}", device, 0));
	assert_true(fits("{\"events\":[\"1 BOOT\"]}", device, ACS_EVENT_BIT(BOOT)));
	assert_false(fits("{\"events\":[\"1 BOOT\"]}", device, ACS_EVENT_BIT(PERIODIC)));
	acs_device_free(device);
}

static void
test_a_filter_that_is_none_is_refused(void **state)
{
	static const char *const bad[] = {
		"[]", "{\"x\":1}", "{\"oui\":5}", "{\"tags\":\"x\"}", "{\"events\":[5]}"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		json_t *json = json_loads(bad[i], 0, NULL);
		struct acs_filter filter;
		char fault[128] = "";

		assert_int_equal(acs_filter_init(&filter, json, fault, sizeof(fault)), SB_EINVAL);
		assert_true(*fault);
		json_decref(json);
	}
}

static void
test_a_device_is_its_row(void **state)
{
	struct acs_device *device = device_of("00AABB-Box-1", "1.9"), *again;
	uint8_t head[ACS_DEVICE_HEAD_SIZE];
	struct sb_store_row row = {.id = 7, .head = head, .head_size = sizeof(head)};
	struct sb_bytes body;

	(void)state;
	device->informs = 3;
	device->batch = 16;
	acs_device_note_once(device, 99);
	acs_device_head(device, head);
	assert_int_equal(acs_device_body(device, &body), 0);
	row.body = body.data;
	row.body_size = body.size;
	assert_int_equal(acs_device_read(&row, &again), 0);
	assert_string_equal(again->profile.version, "1.9");
	assert_true(acs_device_has_tag(again, "field"));
	assert_true(acs_device_had(again, 99));
	assert_int_equal(again->informs, 3);
	assert_int_equal(again->batch, 16);
	acs_device_free(again);
	/* Half a row, whichever half, is none. */
	for (size_t size = 0; size < body.size; size++) {
		row.body_size = size;
		assert_int_equal(acs_device_read(&row, &again), SB_ECORRUPT);
	}
	free((void *)(uintptr_t)body.data);
	acs_device_free(device);
}

static void
test_devices_are_found_by_name_and_id(void **state)
{
	struct acs_devices devices = {0};
	char name[32];

	(void)state;
	for (unsigned i = 1; i <= 500; i++) {
		struct acs_profile profile = {.name = name};
		/* Not in their order. */
		struct acs_device *device;

		snprintf(name, sizeof(name), "d%u", i * 7 % 503);
		device = acs_device_new(i * 7 % 503, &profile);
		assert_int_equal(acs_devices_add(&devices, device), 0);
	}
	for (unsigned i = 1; i <= 500; i++) {
		struct acs_device *device;

		snprintf(name, sizeof(name), "d%u", i * 7 % 503);
		device = acs_devices_find(&devices, name);
		assert_non_null(device);
		assert_ptr_equal(acs_devices_find_id(&devices, i * 7 % 503), device);
		acs_devices_remove(&devices, device);
		acs_device_free(device);
		assert_null(acs_devices_find(&devices, name));
	}
	acs_devices_fini(&devices);
}

static void *
room(void *context, size_t size)
{
	(void)context;
	return malloc(size);
}

static void
test_an_inform_packs_what_it_says(void **state)
{
	struct cwmp_event events[] = {{"1 BOOT", ""}, {"M Reboot", "key"}};
	struct cwmp_parameter_value values[] = {
		{"Device.DeviceInfo.SoftwareVersion", {CWMP_TYPE_STRING, "2.1"}},
		{"Device.ManagementServer.ParameterKey", {CWMP_TYPE_STRING, "p"}},
		{"Device.X", {CWMP_TYPE_OTHER, NULL}}};
	struct cwmp_inform inform = {.device_id = {"Acme", "00AABB", NULL, "1"},
		.event = {events, 2},
		.parameter_list = {values, 3}};
	struct acs_inform *packed =
		acs_inform_pack(room, NULL, "00AABB-1", &inform, "192.0.2.1", "1.0");
	struct acs_profile profile;
	struct sb_bytes row;

	(void)state;
	assert_non_null(packed);
	assert_int_equal(packed->events, ACS_EVENT_BIT(BOOT) | ACS_EVENT_BIT(M_REBOOT));
	assert_true(acs_inform_has(packed, ACS_EVENT_M_REBOOT, "key"));
	assert_false(acs_inform_has(packed, ACS_EVENT_M_REBOOT, "other"));
	assert_true(packed->has_parameter_key);
	assert_string_equal(packed->parameter_key, "p");
	row = acs_inform_row(packed);
	assert_true(acs_inform_profile(row, &profile));
	assert_string_equal(profile.version, "2.1");
	assert_string_equal(profile.product_class, "");
	for (size_t size = 0; size < row.size; size++) {
		json_t *json = acs_inform_json(sb_bytes(row.data, size));

		(void)acs_inform_profile(sb_bytes(row.data, size), &profile);
		json_decref(json);
	}
	free(packed);
}

static void
test_what_an_inform_says_is_cut_between_characters(void **state)
{
	static char text[5001];
	struct cwmp_parameter_value value = {"Device.X", {CWMP_TYPE_STRING, text}};
	struct cwmp_inform inform = {
		.device_id = {"Acme", "00AABB", NULL, "1"}, .parameter_list = {&value, 1}};

	(void)state;
	for (size_t before = 4090; before < 4100; before++) {
		struct acs_inform *packed;
		json_t *json;

		memset(text, 'x', sizeof(text) - 1);
		memcpy(text + before, "\xf0\x9f\x98\x80", 4);
		packed = acs_inform_pack(room, NULL, "00AABB-1", &inform, "192.0.2.1", "1.0");
		assert_non_null(packed);
		json = acs_inform_json(acs_inform_row(packed));
		assert_non_null(json_object_get(json_object_get(json, "parameters"), "Device.X"));
		json_decref(json);
		free(packed);
	}
}

static void
test_where_a_device_is_asked_to_come_its_inform_says(void **state)
{
	static const char text[] =
		"{\"inform\": {\"address\": \"192.0.2.1\", \"parameters\": {"
		"\"Device.ManagementServer.ConnectionRequestURL\": \"http://192.0.2.1:7547/x\"}}}";
	const struct sb_message m = {.data = text, .size = sizeof(text) - 1};
	struct acs_target target = {0};

	(void)state;
	acs_target_of_device(&target, &m);
	assert_string_equal(target.url, "http://192.0.2.1:7547/x");
	assert_string_equal(target.from, "192.0.2.1");
}

static void
test_who_says_too_much_of_itself_is_nobody(void **state)
{
	char text[300];
	struct cwmp_inform inform = {.device_id = {text, "00AABB", "Box", "1"}};

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_null(acs_inform_pack(room, NULL, "00AABB-Box-1", &inform, "", "1.0"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_globs),
		cmocka_unit_test(test_versions_are_compared_number_by_number),
		cmocka_unit_test(test_a_filter_says_which_devices),
		cmocka_unit_test(test_a_filter_that_is_none_is_refused),
		cmocka_unit_test(test_a_device_is_its_row),
		cmocka_unit_test(test_devices_are_found_by_name_and_id),
		cmocka_unit_test(test_an_inform_packs_what_it_says),
		cmocka_unit_test(test_what_an_inform_says_is_cut_between_characters),
		cmocka_unit_test(test_where_a_device_is_asked_to_come_its_inform_says),
		cmocka_unit_test(test_who_says_too_much_of_itself_is_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
