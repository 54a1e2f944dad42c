/* How scripts are loaded, chosen, begun and ended, and what the daemon adds to them. */
#include "tests/protocols/cwmp/script_bed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct bed bed;

/* ---- functions of a daemon's ---- */

static struct cwmp_script *asking;
static char asked[256];

static void
tell(const struct cwmp_script_value *value)
{
	size_t at = strlen(asked);
	char *to = asked + at;
	size_t room = sizeof(asked) - at;

	switch (value->kind) {
	case CWMP_SCRIPT_NIL:
		snprintf(to, room, "nil ");
		break;
	case CWMP_SCRIPT_BOOLEAN:
		snprintf(to, room, "%s ", value->as.boolean ? "true" : "false");
		break;
	case CWMP_SCRIPT_INTEGER:
		snprintf(to, room, "%d ", (int)value->as.integer);
		break;
	case CWMP_SCRIPT_NUMBER:
		snprintf(to, room, "%.1f ", value->as.number);
		break;
	case CWMP_SCRIPT_TEXT:
		snprintf(to, room, "'%s' ", value->as.text);
		break;
	case CWMP_SCRIPT_LIST:
		snprintf(to, room, "list ");
		for (size_t i = 0; i < value->as.list.count; i++)
			tell(&value->as.list.each[i]);
		break;
	case CWMP_SCRIPT_MAP:
		snprintf(to, room, "map ");
		for (size_t i = 0; i < value->as.map.count; i++)
			tell(&value->as.map.each[i].value);
		break;
	case CWMP_SCRIPT_VALUE:
		fail(); /* scripts give none */
	}
}

static void
echo(struct cwmp_script *script, const struct cwmp_script_value arguments[], size_t count)
{
	asked[0] = '\0';
	for (size_t i = 0; i < count; i++)
		tell(&arguments[i]);
	cwmp_script_answer(script, 0, count ? &arguments[0] : NULL);
	cwmp_script_answer(script, SB_EINVAL, NULL); /* is too late */
}

static void
refuse(struct cwmp_script *script, const struct cwmp_script_value arguments[], size_t count)
{
	cwmp_script_answer(script, SB_EACCES, count ? &arguments[0] : NULL);
}

static void
later(struct cwmp_script *script, const struct cwmp_script_value arguments[], size_t count)
{
	(void)arguments;
	(void)count;
	asking = script;
}

static void
answer_other(struct cwmp_script *script, const struct cwmp_script_value arguments[], size_t count)
{
	(void)count;
	cwmp_script_answer(asking, 0, &arguments[0]);
	cwmp_script_answer(script, 0, NULL);
}

#define MANY 20000

/* A list of so many texts of about so many octets; each at its own place, or Lua makes them one. */
static void
many(struct cwmp_script *script, const struct cwmp_script_value arguments[], size_t count)
{
	static struct cwmp_script_value each[MANY];
	static char text[1 << 20];
	struct cwmp_script_value value = {.kind = CWMP_SCRIPT_LIST, .as.list.each = each};

	assert_int_equal(count, 2);
	value.as.list.count = (size_t)arguments[0].as.integer;
	memset(text, 'x', sizeof(text));
	text[64 + arguments[1].as.integer] = '\0';
	for (size_t i = 0; i < value.as.list.count; i++)
		each[i] = (struct cwmp_script_value){
			.kind = CWMP_SCRIPT_TEXT, .as.text = text + 64 - i % 64};
	cwmp_script_answer(script, 0, &value);
}

static void
parameter(struct cwmp_script *script, const struct cwmp_script_value arguments[], size_t count)
{
	const struct cwmp_script_value value = {.kind = CWMP_SCRIPT_VALUE,
		.as.value = {cwmp_type_of(arguments[0].as.text), arguments[1].as.text}};

	assert_int_equal(count, 2);
	cwmp_script_answer(script, 0, &value);
}

static const struct cwmp_script_function functions[] = {{"echo", echo}, {"refuse", refuse},
	{"later", later}, {"answer_other", answer_other}, {"many", many}, {"parameter", parameter}};

static const struct cwmp_scripts_options options = {.library = "acs",
	.functions = functions,
	.function_count = sizeof(functions) / sizeof(functions[0])};

static int
opened(void **state)
{
	(void)state;
	asking = NULL;
	bed_open(&bed, &options);
	return 0;
}

static void
test_a_daemons_function_takes_and_gives_values(void **state)
{
	(void)state;
	bed_run(&bed, "local t = acs.echo({1, 'x', {a = true}, {}}, nil, 2.5, -3, 'y')\n"
		      "assert(t[1] == 1 and t[2] == 'x' and t[3].a == true and #t[4] == 0)\n"
		      "assert(acs.echo() == nil)\n"
		      "assert(not pcall(function() acs.echo = 1 end))\n");
	bed_expect_end(&bed, 0, "");
	bed_run(&bed, "acs.echo({1, 'x', {a = true}, {}}, nil, 2.5, -3, 'y')");
	assert_string_equal(asked, "list 1 'x' map true list nil 2.5 -3 'y' ");
}

static void
test_a_parameters_value_comes_as_one_of_the_device(void **state)
{
	(void)state;
	bed_run(&bed, "assert(acs.parameter('unsignedInt', '7') == 7)\n"
		      "assert(acs.parameter('boolean', 'true') == true)\n"
		      "assert(acs.parameter('string', '7') == '7')\n"
		      "assert(acs.parameter('int', 'seven') == 'seven')");
	bed_expect_end(&bed, 0, "");
}

static void
test_an_answer_is_paid_for_by_its_members(void **state)
{
	(void)state;
	bed_run(&bed, "assert(#acs.many(20000, 1) == 20000)");
	bed_expect_end(&bed, 0, "");
	assert_in_range(stand_counter(bed.node, "cwmp_script_instructions_total"), 20000, 40000);
	bed_run(&bed, "while true do acs.many(20000, 0) end");
	bed_expect_end(&bed, SB_ELIMIT, "test:1: more than");
}

static void
test_an_answer_that_is_too_large_ends_the_script(void **state)
{
	(void)state;
	bed_run(&bed, "print(pcall(acs.many, 10, 500000))");
	bed_expect_end(&bed, SB_ELIMIT, "test:1: more than 4194304 octets of memory");
	bed_run(&bed, "print('alive')");
	bed_expect_end(&bed, 0, "");
}

/* 3 MB each, of 4 MiB: the one before is garbage, and nothing keeps it. */
static void
test_an_answer_lasts_as_long_as_the_script_has_it(void **state)
{
	(void)state;
	bed_run(&bed, "for i = 1, 3 do acs.many(6, 500000) end");
	bed_expect_end(&bed, 0, "");
}

static void
test_what_cannot_be_given_is_an_error(void **state)
{
	(void)state;
	bed_run(&bed, "assert(not pcall(acs.echo, print))\n"
		      "local t = {} t.t = t assert(not pcall(acs.echo, t))\n"
		      "assert(not pcall(acs.echo, 'a\\0b'))\n"
		      "local ok, e = pcall(acs.refuse) assert(e == 'acs', e)");
	bed_expect_end(&bed, SB_EINVAL, "refuse: permission denied");
	bed_run(&bed, "acs.refuse('because')");
	bed_expect_end(&bed, SB_EINVAL, "refuse: because");
}

static void
act_answer(void)
{
	const struct cwmp_script_value value = {.kind = CWMP_SCRIPT_INTEGER, .as.integer = 7};

	cwmp_script_answer(asking, 0, &value);
	bed_turn(&bed);
}

static void
test_a_script_sleeps_until_the_daemon_answers(void **state)
{
	(void)state;
	bed_run(&bed, "assert(acs.later() == 7) print('awake')");
	assert_non_null(asking);
	assert_string_equal(cwmp_script_name(asking), "test");
	assert_ptr_equal(cwmp_script_session(asking), bed.sessions[0]);
	assert_false(bed_logged(&bed, "awake"));
	act_answer();
	assert_true(bed_logged(&bed, "awake"));
	bed_expect_end(&bed, 0, "");
}

static void
test_a_function_of_one_script_may_answer_another(void **state)
{
	(void)state;
	bed_run(&bed, "assert(acs.later() == 'from b') print('a is awake')");
	bed_run(&bed, "acs.answer_other('from b') print('b goes on')");
	assert_true(bed_logged(&bed, "a is awake"));
	assert_true(bed_logged(&bed, "b goes on"));
}

static void
test_the_sessions_end_ends_a_script_wherever_it_sleeps(void **state)
{
	struct cwmp_session *c = NULL;

	(void)state;
	c = bed_run(&bed, "cpe:reboot() print('not here')");
	bed_end(&bed, c);
	bed_expect(&bed, "<cwmp:Reboot><CommandKey></CommandKey></cwmp:Reboot>;done SB_GONE;");
	c = bed_run(&bed, "acs.later() print('not here')");
	bed_end(&bed, c);
	bed_expect(&bed, "");
	assert_false(bed_logged(&bed, "not here"));
	assert_int_equal(stand_counter(bed.node, "cwmp_scripts_total{result=\"gone\"}"), 2);
}

/* ---- the set ---- */

static void
test_mistakes_in_a_source_are_told_and_change_nothing(void **state)
{
	struct cwmp_script_mistake mistake;

	(void)state;
	bed_load(&bed, "print('first')");
	assert_int_equal(bed_try_load(&bed, "second", "x = 1\ny = = 2", &mistake), SB_EINVAL);
	assert_string_equal(mistake.script, "second");
	assert_string_equal(mistake.text, "second:2: unexpected symbol near '='");
	assert_int_equal(bed_try_load(&bed, "a b", "", &mistake), SB_EINVAL);
	assert_int_equal(bed_try_load(&bed, "", "", NULL), SB_EINVAL);
	/* Not out of the function that it becomes. */
	assert_int_equal(bed_try_load(&bed, "x", "end print('out') function f()", NULL), SB_EINVAL);
	assert_int_equal(bed_try_load(&bed, "x", "\x1bLua", NULL), SB_EINVAL);
	bed_begin(&bed, "test");
	assert_true(bed_logged(&bed, "first"));
}

static void
test_a_source_that_nests_too_deeply_is_refused(void **state)
{
	static char deep[100000];

	(void)state;
	memset(deep, '(', sizeof(deep) - 1);
	assert_int_equal(bed_try_load(&bed, "deep", deep, NULL), SB_EINVAL);
}

static void
test_sessions_under_way_keep_what_they_began_with(void **state)
{
	struct cwmp_session *old = NULL;

	(void)state;
	old = bed_run(&bed, "cpe:reboot() print('old')");
	bed_load(&bed, "print('new')");
	bed_begin(&bed, "test");
	assert_true(bed_logged(&bed, "new"));
	assert_false(bed_logged(&bed, "old"));
	bed_answer(&bed, old, "<cwmp:RebootResponse/>");
	assert_true(bed_logged(&bed, "old"));
}

static void
test_there_may_be_no_script(void **state)
{
	(void)state;
	bed_begin(&bed, "test");
	bed_expect(&bed, "not started SB_ENOENT;");
	bed_load(&bed, "");
	bed_begin(&bed, "other");
	bed_expect(&bed, "not started SB_ENOENT;");
	bed_begin(&bed, NULL);
	bed_expect(&bed, "done 0;");
}

static struct cwmp_event events[] = {{"1 BOOT", ""}, {"M Reboot", ""}};
static struct cwmp_parameter_value parameters[] = {
	{"Device.DeviceInfo.UpTime", {CWMP_TYPE_INT, "1"}},
	{"InternetGatewayDevice.DeviceInfo.SoftwareVersion", {CWMP_TYPE_STRING, "2.1.7"}}};
static const struct cwmp_inform inform = {.device_id = {"Acme Inc.", "00d09E", "Gate-7", "1"},
	.event = {events, 2},
	.parameter_list = {parameters, 2}};

static bool
chosen(struct cwmp_script_filter filter)
{
	const struct cwmp_script_source source = {.name = "x", .text = "", .filter = filter};
	char name[CWMP_SCRIPT_NAME_MAX + 1];

	assert_int_equal(cwmp_scripts_load(bed.scripts, &source, 1, NULL), 0);
	return cwmp_scripts_choose(bed.scripts, &inform, name) == 0;
}

static void
test_filters_choose_by_what_the_inform_says(void **state)
{
	const char *boot[] = {"0 BOOTSTRAP", "1 BOOT"}, *m[] = {"M *"}, *none[] = {"2 PERIODIC"};

	(void)state;
	assert_true(chosen((struct cwmp_script_filter){0}));
	assert_true(chosen((struct cwmp_script_filter){.manufacturer = "Acme*"}));
	assert_false(chosen((struct cwmp_script_filter){.manufacturer = "acme*"}));
	assert_false(chosen((struct cwmp_script_filter){.manufacturer = "Acme"}));
	assert_true(chosen((struct cwmp_script_filter){.oui = "00D09e"}));
	assert_true(chosen((struct cwmp_script_filter){.product_class = "G*e-?"}));
	assert_false(chosen((struct cwmp_script_filter){.product_class = "G*e-??"}));
	assert_true(chosen((struct cwmp_script_filter){.version = "2.*"}));
	assert_false(chosen((struct cwmp_script_filter){.version = "3.*"}));
	assert_true(chosen((struct cwmp_script_filter){.events = boot, .event_count = 2}));
	assert_true(chosen((struct cwmp_script_filter){.events = m, .event_count = 1}));
	assert_false(chosen((struct cwmp_script_filter){.events = none, .event_count = 1}));
	assert_false(chosen((struct cwmp_script_filter){.oui = "00D09E", .version = "1"}));
}

static void
test_the_first_that_fits_is_chosen(void **state)
{
	const struct cwmp_script_source sources[] = {
		{.name = "a", .text = "", .filter = {.manufacturer = "Other"}},
		{.name = "b", .text = "", .filter = {.manufacturer = "A*"}},
		{.name = "c", .text = ""},
	};
	char name[CWMP_SCRIPT_NAME_MAX + 1];

	(void)state;
	assert_int_equal(cwmp_scripts_load(bed.scripts, sources, 3, NULL), 0);
	assert_int_equal(cwmp_scripts_choose(bed.scripts, &inform, name), 0);
	assert_string_equal(name, "b");
}

static void
test_names_are_taken_once(void **state)
{
	const struct cwmp_script_source sources[] = {
		{.name = "a", .text = ""}, {.name = "a", .text = ""}};
	struct cwmp_script_mistake mistake;

	(void)state;
	assert_int_equal(cwmp_scripts_load(bed.scripts, sources, 2, &mistake), SB_EINVAL);
	assert_string_equal(mistake.text, "its name is taken");
}

/* ---- memory ---- */

static const char script[] =
	"local x <close> = setmetatable({}, {__close = function() print('closed') end})\n"
	"local ok, t = pcall(cpe.get, cpe, 'A')\n"
	"local s = table.concat({acs.echo('x'), tostring(cpe.inform.retry_count)}, '-')\n"
	"s = s:gsub('x', 'y')\n"
	"acs.later()\n"
	"cpe:set{A = 1, B = true}\n";

static const char values[] =
	"<cwmp:GetParameterValuesResponse><ParameterList><ParameterValueStruct><Name>A</Name>"
	"<Value xsi:type=\"xsd:string\">x</Value></ParameterValueStruct></ParameterList>"
	"</cwmp:GetParameterValuesResponse>";

/* A life whose `nth` allocation fails (0: none); how many there were. */
static uint64_t
live_without(uint64_t nth)
{
	struct cwmp_session *c = NULL;
	uint64_t count = 0;

	bed_open(&bed, &options);
	asking = NULL;
	bed.lacks_memory = true;
	bed_load(&bed, script);
	bed_will_answer(&bed, values);
	bed_will_answer(&bed, "<cwmp:SetParameterValuesResponse><Status>0</Status>"
			      "</cwmp:SetParameterValuesResponse>");
	count = sim_allocations(bed.sim);
	sim_fail_allocation(bed.sim, nth);
	c = bed_begin(&bed, "test");
	if (c && asking && bed.end.status == 0)
		act_answer();
	sim_fail_allocation(bed.sim, 0);
	count = sim_allocations(bed.sim) - count;
	assert_true(bed.end.status == 0 || bed.end.status == SB_ENOMEM);
	/* Whatever became of that one, the next one runs. */
	bed_run(&bed, "print('alive')");
	assert_true(bed_logged(&bed, "alive"));
	bed_close(&bed);
	return count;
}

static void
test_any_allocation_may_fail_once(void **state)
{
	uint64_t count = live_without(0);

	(void)state;
	assert_in_range(count, 100, 2000);
	for (uint64_t nth = 1; nth <= count; nth++)
		(void)live_without(nth);
}

static void
test_a_load_may_fail_for_want_of_memory(void **state)
{
	int err = SB_ENOMEM;

	(void)state;
	for (uint64_t nth = 1; err; nth++) {
		sim_fail_allocation(bed.sim, nth);
		err = bed_try_load(&bed, "test", script, NULL);
		assert_true(err == 0 || err == SB_ENOMEM);
	}
	sim_fail_allocation(bed.sim, 0);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, opened, bed_closed)
	const struct CMUnitTest tests[] = {
		TEST(test_a_daemons_function_takes_and_gives_values),
		TEST(test_a_parameters_value_comes_as_one_of_the_device),
		TEST(test_an_answer_is_paid_for_by_its_members),
		TEST(test_an_answer_that_is_too_large_ends_the_script),
		TEST(test_an_answer_lasts_as_long_as_the_script_has_it),
		TEST(test_what_cannot_be_given_is_an_error),
		TEST(test_a_script_sleeps_until_the_daemon_answers),
		TEST(test_a_function_of_one_script_may_answer_another),
		TEST(test_the_sessions_end_ends_a_script_wherever_it_sleeps),
		TEST(test_mistakes_in_a_source_are_told_and_change_nothing),
		TEST(test_a_source_that_nests_too_deeply_is_refused),
		TEST(test_sessions_under_way_keep_what_they_began_with),
		TEST(test_there_may_be_no_script),
		TEST(test_filters_choose_by_what_the_inform_says),
		TEST(test_the_first_that_fits_is_chosen),
		TEST(test_names_are_taken_once),
		cmocka_unit_test(test_any_allocation_may_fail_once),
		TEST(test_a_load_may_fail_for_want_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
