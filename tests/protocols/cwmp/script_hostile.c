/* Scripts that would stop a shard, take its memory or leave their place: each is ended, by the
 * bound that it overran or an error of its own, and a session beside it goes on. */
#include "tests/protocols/cwmp/script_bed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct bed bed;

/* Small, for tests are quick. */
static const struct cwmp_scripts_options options = {.limits = {.instructions_a_resume = 100000,
							    .instructions_a_session = 500000,
							    .allocation_a_resume = 4 << 20,
							    .memory_a_session = 1 << 20,
							    .memory_a_shard = 4 << 20}};

static int
opened(void **state)
{
	(void)state;
	bed_open(&bed, &options);
	return 0;
}

#define INSTRUCTIONS "more than 100000 instructions without a pause"
#define ALLOCATION   "more than 4194304 octets asked for without a pause"
#define MEMORY       "more than 1048576 octets of memory"

struct hostile {
	const char *what;
	const char *text;
	int status;
	const char *part; /* of what is said */
};

static const struct hostile table[] = {
	{"a loop", "while true do end", SB_ELIMIT, "test:1: " INSTRUCTIONS},
	{"a loop by goto", "\n::x:: goto x", SB_ELIMIT, "test:2: " INSTRUCTIONS},
	{"pcall that swallows the overrun",
		"while true do pcall(function() while true do end end) end", SB_ELIMIT,
		INSTRUCTIONS},
	{"pcall in pcall", "local function f() pcall(f) while true do end end f()", SB_ELIMIT,
		INSTRUCTIONS},
	{"xpcall whose handler loops",
		"local function loop() while true do end end\n"
		"while true do xpcall(loop, loop) end",
		SB_ELIMIT, INSTRUCTIONS},
	{"a variable that loops when it is closed by an error",
		"local x <close> = setmetatable({}, {__close = function() while true do end end})\n"
		"error('x')",
		SB_ELIMIT, INSTRUCTIONS},
	{"a variable that loops when it is closed by an overrun",
		"local x <close> = setmetatable({}, {__close = function() while true do end end})\n"
		"while true do end",
		SB_ELIMIT, INSTRUCTIONS},
	{"variables that throw when they are closed",
		"local function close() error(close) end\n"
		"local function f(n)\n"
		"  local x <close> = setmetatable({}, {__close = close})\n"
		"  if n > 0 then f(n - 1) end\n"
		"  error('x')\n"
		"end\n"
		"f(150)",
		SB_EINVAL, ""},
	{"string.rep of the universe", "local s = ('x'):rep(1 << 60)", SB_EINVAL,
		"test:1: resulting string too large"},
	{"string.rep of nothing", "local s = (''):rep(1 << 60)", SB_ELIMIT, INSTRUCTIONS},
	{"a text that doubles", "local s = 'x' while true do s = s .. s end", SB_ELIMIT,
		"test:1: " MEMORY},
	{"a text that doubles in pcall",
		"while true do pcall(function() local s = 'x' while true do s = s .. s end end) "
		"end",
		SB_ELIMIT, MEMORY},
	{"a table that grows", "local t = {} while true do t[#t + 1] = {} end", SB_ELIMIT, MEMORY},
	{"garbage without end", "local k = ('x'):rep(50000)\nwhile true do local s = k .. 'y' end",
		SB_ELIMIT, "test:2: " ALLOCATION},
	{"garbage in pcall",
		"local k = ('x'):rep(50000)\nwhile true do pcall(function() return k .. 'y' end) "
		"end",
		SB_ELIMIT, ALLOCATION},
	{"recursion", "local function f() return 1 + f() end f()", SB_ELIMIT, MEMORY},
	{"recursion through a library",
		"local function f() return string.gsub('x', 'x', f) end f()", SB_EINVAL,
		"stack overflow"},
	{"recursion through a metatable",
		"local t = setmetatable({}, {}) getmetatable(t).__index = function(t, k) return "
		"t[k] end return t.x",
		SB_EINVAL, "stack overflow"},
	{"a width without end", "string.format('%99999d', 1)", SB_EINVAL, "invalid"},
	{"a precision without end", "string.format('%.99999f', 1)", SB_EINVAL, "invalid"},
	{"a pattern that tries for years", "string.find(('a'):rep(3000), ('.-'):rep(20) .. 'b')",
		SB_ELIMIT, INSTRUCTIONS},
	{"a pattern that tries for years, caught",
		"while true do pcall(string.match, ('a'):rep(3000), ('a*'):rep(20) .. 'b') end",
		SB_ELIMIT, INSTRUCTIONS},
	{"balances without end", "string.gsub(('('):rep(30000), '%b()', '')", SB_ELIMIT,
		INSTRUCTIONS},
	{"a pattern of captures", "string.find('', ('('):rep(100))", SB_EINVAL,
		"too many captures"},
	{"a long pattern", "string.find('', ('x?'):rep(1000))", SB_EINVAL, "pattern too long"},
	{"an empty pattern everywhere", "local s = ('x'):rep(300000) s:gsub('', function() end)",
		SB_ELIMIT, INSTRUCTIONS},
	{"concat of what is not there", "table.concat({}, '', 1, 1 << 60)", SB_ELIMIT,
		INSTRUCTIONS},
	{"concat of members that a C function makes",
		"table.concat(setmetatable({}, {__index = getmetatable, __metatable = ''}), '', 1, "
		"100)",
		SB_EINVAL, "invalid value (at index 1)"},
	{"unpack of what is not there", "table.unpack({}, 1, 1 << 60)", SB_ELIMIT, INSTRUCTIONS},
	{"unpack of too much", "table.unpack({}, 1, 90000)", SB_EINVAL, "too many results"},
	{"move of what is not there", "table.move({}, 1, 1 << 60, 2)", SB_ELIMIT, INSTRUCTIONS},
	{"insertion before holes",
		"local t = {} for i = 0, 62 do t[1 << i] = 1 end\n"
		"table.insert(t, 1, 1) table.remove(t, 1) while true do end",
		SB_ELIMIT, INSTRUCTIONS},
	{"a length that lies",
		"table.insert(setmetatable({}, {__len = function() return 1 << 60 end}), 1, 1)\n"
		"while true do end",
		SB_ELIMIT, INSTRUCTIONS},
	{"sort by a comparison without sense",
		"local t = {} for i = 1, 5000 do t[i] = i end\n"
		"while true do table.sort(t, type) end",
		SB_ELIMIT, INSTRUCTIONS},
	{"sort by a comparison that loops",
		"table.sort({1, 2, 3}, function() while true do end end)", SB_ELIMIT, INSTRUCTIONS},
	{"a sort that takes its members away",
		"local t = {1, 2, 3, 4}\n"
		"table.sort(t, function(a, b) for i = 1, 4 do t[i] = nil end return a < b end)",
		SB_EINVAL, "compare"},
	{"tostring that loops",
		"tostring(setmetatable({}, {__tostring = function() while true do end end}))",
		SB_ELIMIT, INSTRUCTIONS},
	{"a long error", "error(('x'):rep(250000))", SB_EINVAL, "xxxx"},
	{"an error that is a table in a table", "error({{}})", SB_EINVAL, "a table was thrown"},
	{"a finalizer", "setmetatable({}, {__gc = function() while true do end end})", SB_EINVAL,
		"__gc is not for scripts"},
	{"a weak table", "setmetatable({}, {__mode = 'k'})", SB_EINVAL, "__mode"},
	{"a finalizer that comes later",
		"for i = 1, 1000 do\n"
		"  local meta = {} setmetatable({}, meta) meta.__gc = function() while true do end "
		"end\n"
		"end\n"
		"local k = ('x'):rep(50000) while true do local s = k .. 'y' end",
		SB_ELIMIT, ALLOCATION},
	{"a change of texts' methods", "getmetatable('').__index = nil", SB_EINVAL, "index"},
	{"a change of a library", "string.rep = nil", SB_EINVAL, "cannot be changed"},
	{"a change of a library by the way", "table.insert(string, 'x')", SB_EINVAL, "protected"},
	{"another metatable for a library", "setmetatable(string, {})", SB_EINVAL, "protected"},
	{"another metatable for globals", "setmetatable(_G, {})", SB_EINVAL, "protected"},
	{"a change of cpe's methods", "getmetatable(cpe).__index = nil", SB_EINVAL, "index"},
	{"a date without end", "os.date(('%c'):rep(100000))", SB_ELIMIT, INSTRUCTIONS},
	{"numbers in long texts", "local s = ('1'):rep(100000) while true do tonumber(s, 10) end",
		SB_ELIMIT, INSTRUCTIONS},
	{"a chain of metatables",
		"local t = {} for i = 1, 1900 do t = setmetatable({}, {__index = t}) end\n"
		"while true do local x = t.x end",
		SB_ELIMIT, INSTRUCTIONS},
	{"a request of too many members",
		"local t = {} for i = 1, 62 do t[1 << i] = 'x' end t[1] = 'x'\n"
		"cpe:get(t)",
		SB_EINVAL, "more than 65536 members"},
	{"removal at the end of all numbers",
		"local t = {1, 2, 3, 4, 5, 6, 7, 8} t[9] = 1 t[16] = 1 t[17] = 1\n"
		"for i = 5, 62 do t[1 << i] = 1 end t[math.maxinteger] = 1\n"
		"assert(#t == math.maxinteger) table.remove(t, #t) error('done')",
		SB_EINVAL, "done"},
	{"a for loop over all numbers", "for i = math.mininteger, math.maxinteger do end",
		SB_ELIMIT, INSTRUCTIONS},
	{"a for loop that would run over",
		"for i = math.maxinteger - 1, math.maxinteger do end\n"
		"for i = 1, math.maxinteger, math.maxinteger // 2 do end\n"
		"for i = 1, 2, 0 do end",
		SB_EINVAL, "test:3: 'for' step is zero"},
	{"a for loop of tiny steps", "for i = 0, 1, 1e-300 do end", SB_ELIMIT, INSTRUCTIONS},
	{"members that come and go while they are looked through",
		"local t = {1, 2, 3} for k in pairs(t) do t[k] = nil t[k + 3] = 1 end\n"
		"while true do end",
		SB_EINVAL, "next"},
	{"a member that is none", "next({}, 'x')", SB_EINVAL, "next"},
	{"pairs by a function of its own",
		"for k in pairs(setmetatable({}, {__pairs = function() return function() return 1 "
		"end "
		"end})) do end",
		SB_ELIMIT, INSTRUCTIONS},
	{"too much to select from", "print(select(-1, table.unpack({}, 1, 8000)))\nerror('done')",
		SB_EINVAL, "done"},
	{"so many arguments again and again",
		"local function f(...) return select('#', ...) end\n"
		"while true do f(table.unpack({}, 1, 4000)) end",
		SB_ELIMIT, ""},
	{"a text of many characters", "utf8.char(table.unpack({}, 1, 8000))", SB_EINVAL, "number"},
	{"utf8.len again and again",
		"local s = ('\\xe2\\x82\\xac'):rep(10000) while true do utf8.len(s) end", SB_ELIMIT,
		INSTRUCTIONS},
	{"code points of a long text",
		"local s = ('x'):rep(200000) utf8.codepoint(s, 1, -1) error('done')", SB_ELIMIT,
		""},
	{"octets of a long text", "local s = ('x'):rep(200000) s:byte(1, -1) error('done')",
		SB_EINVAL, "string slice too long"},
	{"an error in an error's handler",
		"local function bad() error(bad) end\n"
		"for i = 1, 50 do xpcall(bad, bad) end",
		SB_EINVAL, "a function was thrown"},
	{"an error in the handler of an overrun",
		"local function loop() while true do end end\n"
		"while true do pcall(xpcall, loop, function() error('again') end) end",
		SB_ELIMIT, INSTRUCTIONS},
	{"handlers that throw for ever",
		"local function bad() xpcall(error, bad) end\n"
		"while true do pcall(bad) end",
		SB_ELIMIT, ""},
	{"an error that is nothing", "error(nil)", SB_EINVAL, "nil"},
	{"an error that says itself what it is",
		"error(setmetatable({}, {__tostring = function() return 'my own words' end}))",
		SB_EINVAL, "my own words"},
	{"an error whose words loop",
		"error(setmetatable({}, {__tostring = function() while true do end end}))",
		SB_ELIMIT, INSTRUCTIONS},
	{"an error whose words throw",
		"error(setmetatable({}, {__tostring = function() error('x') end}))", SB_EINVAL,
		"a table was thrown"},
	{"an error whose words are none",
		"error(setmetatable({}, {__tostring = function() return {} end}))", SB_EINVAL,
		"a table was thrown"},
	{"a label that goes back out of what is closed",
		"::again::\n"
		"do local x <close> = setmetatable({}, {__close = function() end}) goto again end",
		SB_ELIMIT, INSTRUCTIONS},
	{"a text in place of a table", "for k in pairs('x') do end", SB_EINVAL, "table"},
	{"a metatable for texts", "setmetatable('', {})", SB_EINVAL, "table expected"},
	{"methods of all texts", "string.rep = print", SB_EINVAL, "cannot be changed"},
	{"texts as objects", "('x').y = 1", SB_EINVAL, "index a string value"},
	{"print of what loops",
		"print(setmetatable({}, {__tostring = function() while true do end end}))",
		SB_ELIMIT, INSTRUCTIONS},
};

static const char answer[] =
	"<cwmp:GetParameterValuesResponse><ParameterList><ParameterValueStruct><Name>A</Name>"
	"<Value xsi:type=\"xsd:string\">x</Value></ParameterValueStruct></ParameterList>"
	"</cwmp:GetParameterValuesResponse>";

static bool
ends_as(const struct hostile *each)
{
	bool is_right = bed.end.status == each->status && strstr(bed.end_text, each->part);

	if (each->status == SB_ELIMIT && !bed_logged(&bed, "cwmp.script.overrun"))
		is_right = false;
	if (!is_right)
		print_message(
			"%s: %s: %s\n", each->what, sb_error_name(bed.end.status), bed.end_text);
	return is_right;
}

static bool
is_ended(const struct hostile *each)
{
	struct cwmp_session *innocent = NULL;
	bool is_right = false;

	bed_open(&bed, &options);
	innocent =
		bed_run(&bed, "local a = {'kept', cpe:get('A')}\n"
			      "assert(string.rep == ('').rep and a[1] == 'kept' and a[2] == 'x')");
	assert_non_null(innocent);
	bed_run(&bed, each->text);
	is_right = ends_as(each);
	bed_answer(&bed, innocent, answer);
	bed_expect_end(&bed, 0, "");
	bed_close(&bed);
	return is_right;
}

static void
test_a_hostile_script_ends_and_its_neighbour_goes_on(void **state)
{
	unsigned wrong = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		wrong += !is_ended(&table[i]);
	assert_int_equal(wrong, 0);
}

static void
test_what_scripts_must_not_have_is_not_there(void **state)
{
	(void)state;
	bed_run(&bed,
		"for _, name in ipairs{'io', 'debug', 'package', 'require', 'load',\n"
		"  'loadstring', 'loadfile', 'dofile', 'collectgarbage', 'rawset',\n"
		"  'coroutine', 'getfenv', 'setfenv', 'warn'} do\n"
		"  assert(_G[name] == nil, name)\n"
		"end\n"
		"assert(string.dump == nil and string.pack == nil and math.randomseed == nil)\n"
		"assert(os.execute == nil and os.getenv == nil and os.exit == nil)\n"
		"assert(os.remove == nil and os.rename == nil and os.tmpname == nil)\n"
		"assert(next(_G) ~= nil and next(string) == nil)\n"
		"assert(getmetatable('') == false and getmetatable(_G) == false)\n");
	bed_expect_end(&bed, 0, "");
}

static void
test_globals_are_a_sessions_own(void **state)
{
	(void)state;
	bed_run(&bed, "assert(x == nil) x = 1 _G.y = 2 print = 3");
	bed_expect_end(&bed, 0, "");
	bed_begin(&bed, "test");
	bed_expect_end(&bed, 0, "");
	/* And in turns. */
	bed_load(&bed, "assert(x == nil) x = 1 cpe:get('A') assert(x == 1) x = 2");
	for (int i = 0; i < 2; i++)
		bed_begin(&bed, "test");
	for (unsigned i = 2; i < 4; i++) {
		bed_answer(&bed, bed.sessions[i], answer);
		bed_expect_end(&bed, 0, "");
	}
}

/* Who goes through a text octet by octet pays for these, and not for all of it each time. */
static void
test_a_text_may_be_read_octet_by_octet(void **state)
{
	(void)state;
	bed_run(&bed, "local s, n = ('0123456789'):rep(800), 0\n"
		      "for i = 1, #s do n = n + s:byte(i) end\n"
		      "assert(n == 800 * 525)");
	bed_expect_end(&bed, 0, "");
	bed_run(&bed, "local s, n = ('0123456789'):rep(800), 0\n"
		      "for i = 1, #s do if s:sub(i, i) == '7' then n = n + 1 end end\n"
		      "assert(n == 800)");
	bed_expect_end(&bed, 0, "");
}

static void
test_a_session_has_so_many_instructions_whatever_its_pauses(void **state)
{
	(void)state;
	for (int i = 0; i < 20; i++)
		bed_will_answer(&bed, answer);
	bed_run(&bed, "while true do\n  for i = 1, 50000 do end\n  cpe:get('A')\nend");
	bed_expect_end(&bed, SB_ELIMIT, "more than 500000 instructions in a session");
	assert_in_range(bed.answered, 5, 15);
}

static void
test_a_loop_while_a_sleeping_script_is_closed_is_ended(void **state)
{
	struct cwmp_session *c = NULL;

	(void)state;
	c = bed_run(&bed, "local x <close> = setmetatable({}, {__close = function()\n"
			  "  pcall(cpe.get, cpe, 'A')\n"
			  "  while true do pcall(function() while true do end end) end\n"
			  "end})\n"
			  "cpe:get('A')");
	bed_end(&bed, c);
	assert_true(bed_logged(&bed, "cwmp.script.overrun"));
	assert_null(bed.sessions[0]);
	bed_run(&bed, "return");
	bed_expect_end(&bed, 0, "");
}

static void
test_what_is_open_is_closed_when_the_session_ends(void **state)
{
	struct cwmp_session *c = NULL;

	(void)state;
	c = bed_run(&bed, "local x <close> = setmetatable({}, {__close = function()\n"
			  "  print('closed', pcall(cpe.get, cpe, 'A'))\n"
			  "end})\n"
			  "cpe:get('A') print('not here')");
	bed_end(&bed, c);
	assert_true(bed_logged(&bed, "closed false"));
	assert_true(bed_logged(&bed, "nothing can be asked from here"));
	assert_false(bed_logged(&bed, "not here"));
}

static void
test_memory_is_collected_between_sessions(void **state)
{
	(void)state;
	bed_load(&bed, "t = {} for i = 1, 100 do t[i] = ('x'):rep(2500) .. i end");
	for (int i = 0; i < 50; i++) {
		bed_begin(&bed, "test");
		bed_expect_end(&bed, 0, "");
	}
	assert_in_range(stand_counter(bed.node, "cwmp_script_memory_bytes"), 10000, 4 << 20);
}

/* Who holds much does not keep others from what is theirs, until all together hold too much. */
static void
test_scripts_that_hoard_overrun_their_own_bound(void **state)
{
	(void)state;
	bed_load(&bed,
		"t = {} k = ('x'):rep(10000) for i = 1, 90 do t[i] = k .. i end cpe:get('A')");
	for (int i = 0; i < 5; i++)
		bed_begin(&bed, "test");
	bed_expect_end(&bed, SB_ELIMIT, "more than 4194304 octets of memory of all scripts");
	bed_answer(&bed, bed.sessions[0], answer);
	bed_expect_end(&bed, 0, "");
	bed_run(&bed, "t = {} k = ('x'):rep(10000) for i = 1, 50 do t[i] = k .. i end");
	bed_expect_end(&bed, 0, "");
}

/* The list of all scripts grows with them, and is nobody's own: of 8 KiB each, it takes 12 and 24.
 */
static void
test_a_script_pays_for_itself_and_not_for_the_list_of_all(void **state)
{
	static const struct cwmp_scripts_options small = {.limits = {.memory_a_session = 8192}};

	(void)state;
	bed_close(&bed);
	bed_open(&bed, &small);
	bed_load(&bed, "cpe:get('A')");
	for (int i = 0; i < 520; i++)
		bed_begin(&bed, "test");
	assert_null(strstr(bed.trace, "not started"));
	assert_null(strstr(bed.trace, "done"));
	assert_int_equal(stand_counter(bed.node, "cwmp_scripts_running"), 520);
}

static void
test_time_ends_what_instructions_do_not_tell(void **state)
{
	(void)state;
	sim_slow_looks(bed.sim, 1000000);
	bed_run(&bed, "for i = 1, 99000 do end while true do end");
	bed_expect_end(&bed, SB_ELIMIT, "more than 100 milliseconds without a pause");
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, opened, bed_closed)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_hostile_script_ends_and_its_neighbour_goes_on),
		TEST(test_what_scripts_must_not_have_is_not_there),
		TEST(test_globals_are_a_sessions_own),
		TEST(test_a_text_may_be_read_octet_by_octet),
		TEST(test_a_session_has_so_many_instructions_whatever_its_pauses),
		TEST(test_a_loop_while_a_sleeping_script_is_closed_is_ended),
		TEST(test_what_is_open_is_closed_when_the_session_ends),
		TEST(test_memory_is_collected_between_sessions),
		TEST(test_scripts_that_hoard_overrun_their_own_bound),
		TEST(test_a_script_pays_for_itself_and_not_for_the_list_of_all),
		TEST(test_time_ends_what_instructions_do_not_tell),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
