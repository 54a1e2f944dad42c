/* Each method of an ACS has its function, and each function calls its method. */
#include "tests/protocols/cwmp/session_bed.h"

#include <stdio.h>

static void
call_all(struct cwmp_session *c)
{
	static const char *const names[] = {"Device."};
	static const struct cwmp_parameter_value value = {"Device.A", {CWMP_TYPE_STRING, "a"}};
	static const struct cwmp_set_parameter_attribute attribute = {.name = "Device.A"};
	static const struct cwmp_download download = {.url = "http://a/"};
	static const struct cwmp_upload upload = {.url = "http://a/"};
	static const struct cwmp_schedule_download scheduled = {.url = "http://a/"};
	static const struct cwmp_operation operation = {.kind = CWMP_INSTALL, .url = "http://a/"};
	const struct cwmp_done nobody = {0};

	assert_int_equal(cwmp_get_rpc_methods(c, nobody), 0);
	assert_int_equal(cwmp_set_parameter_values(c, &value, 1, "", nobody), 0);
	assert_int_equal(cwmp_get_parameter_values(c, names, 1, nobody), 0);
	assert_int_equal(cwmp_get_parameter_names(c, "", false, nobody), 0);
	assert_int_equal(cwmp_set_parameter_attributes(c, &attribute, 1, nobody), 0);
	assert_int_equal(cwmp_get_parameter_attributes(c, names, 1, nobody), 0);
	assert_int_equal(cwmp_add_object(c, "Device.O.", "", nobody), 0);
	assert_int_equal(cwmp_delete_object(c, "Device.O.1.", "", nobody), 0);
	assert_int_equal(cwmp_reboot(c, "", nobody), 0);
	assert_int_equal(cwmp_download(c, &download, nobody), 0);
	assert_int_equal(cwmp_upload(c, &upload, nobody), 0);
	assert_int_equal(cwmp_factory_reset(c, nobody), 0);
	assert_int_equal(cwmp_schedule_inform(c, 60, "", nobody), 0);
	assert_int_equal(cwmp_get_queued_transfers(c, nobody), 0);
	assert_int_equal(cwmp_get_all_queued_transfers(c, nobody), 0);
	assert_int_equal(cwmp_schedule_download(c, &scheduled, nobody), 0);
	assert_int_equal(cwmp_cancel_transfer(c, "", nobody), 0);
	assert_int_equal(cwmp_change_du_state(c, &operation, 1, "", nobody), 0);
	assert_int_equal(cwmp_set_vouchers(c, names, 1, nobody), 0);
	assert_int_equal(cwmp_get_options(c, "", nobody), 0);
	cwmp_finish(c);
}

static void
test_every_method_of_an_acs_is_called_by_its_function(void **state)
{
	(void)state;
	bed.start = call_all;
	bed_begin();
	for (enum cwmp_method i = CWMP_GET_RPC_METHODS; i <= CWMP_GET_OPTIONS; i++) {
		char element[64];

		(void)snprintf(element, sizeof(element), "<cwmp:%s>", cwmp_method_name(i));
		bed_expect_status(200);
		if (!strstr(bed.body, element)) {
			(void)snprintf(element, sizeof(element), "<cwmp:%s/>", cwmp_method_name(i));
			bed_expect_body(element);
		}
		bed_post(bed_fault(bed_id(), 9000));
	}
	bed_expect_status(204);
	bed_expect_trace("filter 00259E-C-1;start;end done;");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_every_method_of_an_acs_is_called_by_its_function, bed_opened,
			bed_closed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
