/* Scripts in sessions as they are: devices post over HTTP, cwmp_script_service answers. */
#include "protocols/cwmp/script.h"
#include "tests/protocols/cwmp/session_bed.h"

static const struct cwmp_script_source sources[] = {
	{.name = "get",
		.text = "local x <close> = setmetatable({}, {__close = function() print('closed') "
			"end})\n"
			"local a = cpe:get('Device.A')\n"
			"if a == 'a' then cpe:reboot('as ' .. a) end\n",
		.filter = {.product_class = "*"}},
};

static void *
scripts_made(struct sb_node *node)
{
	struct cwmp_script_source source = sources[0];
	struct cwmp_scripts *scripts = NULL;

	source.size = strlen(source.text);
	assert_int_equal(cwmp_scripts_new(&scripts, node, NULL), 0);
	assert_int_equal(cwmp_scripts_load(scripts, &source, 1, NULL), 0);
	return scripts;
}

static void *
none_made(struct sb_node *node)
{
	struct cwmp_scripts *scripts = NULL;

	assert_int_equal(cwmp_scripts_new(&scripts, node, NULL), 0);
	return scripts;
}

static void
released(void *scripts)
{
	cwmp_scripts_free(scripts);
}

static int
opened(void **state)
{
	static const struct bed_service service = {&cwmp_script_service, scripts_made, released};

	(void)state;
	bed_open_service(&service);
	return 0;
}

static int
opened_without(void **state)
{
	static const struct bed_service service = {&cwmp_script_service, none_made, released};

	(void)state;
	bed_open_service(&service);
	return 0;
}

static void
test_a_script_talks_with_a_device_to_its_end(void **state)
{
	(void)state;
	bed_begin();
	bed_expect_status(200);
	bed_expect_body("<string>Device.A</string>");
	bed_post(bed_values(bed_id()));
	bed_expect_status(200);
	bed_expect_body("<CommandKey>as a</CommandKey>");
	bed_post(bed_done(bed_id()));
	bed_expect_status(204);
	assert_int_equal(cwmp_server_sessions(bed.server), 0);
	assert_int_equal(bed_counter("cwmp_scripts_total{result=\"done\"}"), 1);
}

static void
test_a_fault_that_is_not_caught_ends_script_and_session(void **state)
{
	(void)state;
	bed_begin();
	bed_post(bed_fault(bed_id(), 9005));
	bed_expect_status(204);
	assert_int_equal(bed_counter("cwmp_scripts_total{result=\"fault\"}"), 1);
}

static void
test_a_device_that_answers_nothing_is_a_fault_of_code_0(void **state)
{
	(void)state;
	bed_begin();
	bed_post("");
	bed_expect_status(204);
	assert_int_equal(bed_counter("cwmp_scripts_total{result=\"fault\"}"), 1);
}

static void
test_a_device_that_begins_anew_ends_the_script_before(void **state)
{
	(void)state;
	bed_begin();
	bed_connect();
	bed_begin();
	bed_expect_status(200);
	assert_int_equal(bed_counter("cwmp_scripts_total{result=\"gone\"}"), 1);
	bed_post(bed_fault(bed_id(), 9005));
	bed_expect_status(204);
}

static void
test_a_device_that_stops_ends_the_script_at_its_timeout(void **state)
{
	(void)state;
	bed_begin();
	bed_pass(60000);
	assert_int_equal(cwmp_server_sessions(bed.server), 0);
	assert_int_equal(bed_counter("cwmp_scripts_total{result=\"gone\"}"), 1);
	assert_int_equal(bed_counter("cwmp_scripts_running"), 0);
}

static void
test_a_node_that_stops_ends_scripts(void **state)
{
	(void)state;
	bed_begin();
	/* The teardown stops the node. */
}

static void
test_a_device_without_a_script_is_let_go(void **state)
{
	(void)state;
	bed_begin();
	bed_expect_status(204);
	assert_int_equal(bed_counter("cwmp_scripts_total"), 0);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, opened, bed_closed)
	const struct CMUnitTest tests[] = {
		TEST(test_a_script_talks_with_a_device_to_its_end),
		TEST(test_a_fault_that_is_not_caught_ends_script_and_session),
		TEST(test_a_device_that_answers_nothing_is_a_fault_of_code_0),
		TEST(test_a_device_that_begins_anew_ends_the_script_before),
		TEST(test_a_device_that_stops_ends_the_script_at_its_timeout),
		TEST(test_a_node_that_stops_ends_scripts),
		cmocka_unit_test_setup_teardown(
			test_a_device_without_a_script_is_let_go, opened_without, bed_closed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
