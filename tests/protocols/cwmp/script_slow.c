/* Scripts whose instructions are few and dear: in one instruction of Lua's machine much may be done
 * that no hook sees. Each is ended by the time that it takes, or by a bound that comes before that,
 * and none takes much longer than it may. */
#include "tests/protocols/cwmp/script_bed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static struct bed bed;

#define LOOK_NS 1000000 /* what the simulated clock goes on with each look: 100 are too late */

/* Of the real CPU, for what had no bound took many seconds, and takes some 100 ms at most. */
#define MOST_NS UINT64_C(1500000000)

struct slow {
	const char *what;
	const char *before; /* the script up to a pause, after which the time counts */
	const char *text;
	const char *part; /* of what is said */
};

#define LATE "more than 100 milliseconds without a pause"

static const struct slow table[] = {
	{"what calls itself", "local meta = {} local t = setmetatable({}, meta) meta.__call = t",
		"t()", "more than 262144 octets of stack"},
	{"a chain of what is called",
		"local t = function() end\n"
		"for i = 1, 8000 do t = setmetatable({}, {__call = t}) end",
		"while true do t() end", LATE},
	{"a short chain of what is called",
		"local t = function() end\n"
		"for i = 1, 1200 do t = setmetatable({}, {__call = t}) end",
		"while true do t() end", LATE},
	{"texts compared octet by octet",
		"local k = ('\\0'):rep(1000) local a, b = k:rep(1300), k:rep(1300)",
		"while true do local x = a < b end", LATE},
	{"texts compared by sort",
		"local k, t = ('\\0'):rep(1000), {} for i = 1, 3 do t[i] = k:rep(800) end",
		"while true do table.sort(t) end", LATE},
	{"texts that are equal", "local k = ('x'):rep(1000) local a, b = k:rep(1300), k:rep(1300)",
		"while true do local x = a == b end", LATE},
	{"numbers behind many spaces", "local a = (' '):rep(1000):rep(1900) .. '1'",
		"while true do local x = a + 1 end", LATE},
	{"numbers behind many spaces, for a library", "local a = (' '):rep(1000):rep(1900) .. '1'",
		"while true do ('x'):rep(a) end", LATE},
	{"a table that was emptied",
		"local t = {}\n"
		"for i = 1, 30000 do t[i .. ''] = true end\n"
		"for k in pairs(t) do t[k] = nil end",
		"while true do next(t) end", LATE},
};

static uint64_t
cpu(void)
{
	struct timespec at;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at);
	return (uint64_t)at.tv_sec * 1000000000 + (uint64_t)at.tv_nsec;
}

static const char answer[] =
	"<cwmp:GetParameterValuesResponse><ParameterList/></cwmp:GetParameterValuesResponse>";

/* Whether the script was ended so, and soon. */
static bool
is_ended(const struct slow *each)
{
	static char text[1 << 16];
	struct cwmp_session *c;
	uint64_t began, took;
	bool is_right;

	snprintf(text, sizeof(text), "%s\ncpe:get('A')\n%s", each->before, each->text);
	bed_open(&bed, NULL);
	c = bed_run(&bed, text);
	assert_int_equal(bed.end.status, 0);
	sim_slow_looks(bed.sim, LOOK_NS);
	began = cpu();
	bed_answer(&bed, c, answer);
	took = cpu() - began;
	sim_slow_looks(bed.sim, 0);
	is_right =
		bed.end.status == SB_ELIMIT && strstr(bed.end_text, each->part) && took < MOST_NS;
	if (!is_right)
		print_message("%s: %s: %s, after %u ms\n", each->what,
			sb_error_name(bed.end.status), bed.end_text, (unsigned)(took / 1000000));
	bed_close(&bed);
	return is_right;
}

static void
test_a_dear_instruction_is_not_done_again_and_again(void **state)
{
	unsigned wrong = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		wrong += !is_ended(&table[i]);
	assert_int_equal(wrong, 0);
}

/* ---- texts of the source ---- */

/* It is compiled once, for all sessions. */
static void
test_a_long_text_of_the_source_is_dear_for_each_session(void **state)
{
	static char text[1 << 18];
	struct cwmp_script_source source = {.name = "test", .text = text};
	uint64_t began;

	(void)state;
	bed_open(&bed, NULL);
	snprintf(text, sizeof(text),
		"cpe:get('A') local a, b = [[%0100000d]], [[%0100000d]]\n"
		"while true do local x = a < b end",
		0, 0);
	source.size = strlen(text);
	for (char *each = text; *each; each++)
		if (each[0] == '0' && (each[1] == '0' || each[1] == '\0'))
			*each = '\0';
	assert_int_equal(cwmp_scripts_load(bed.scripts, &source, 1, NULL), 0);
	for (unsigned i = 0; i < 2; i++) {
		bed_begin(&bed, "test");
		sim_slow_looks(bed.sim, LOOK_NS);
		began = cpu();
		bed_answer(&bed, bed.sessions[i], answer);
		assert_true(cpu() - began < MOST_NS);
		sim_slow_looks(bed.sim, 0);
		bed_expect_end(&bed, SB_ELIMIT, LATE);
	}
	bed_close(&bed);
}

/* ---- collecting garbage ---- */

#define KEEPS                                 \
	"local t, k = {}, ('x'):rep(15000)\n" \
	"for i = 1, 25000 do t[i] = {} end\n" \
	"t.rest = ('x'):rep(%u)\n"

static bool
fits(unsigned rest)
{
	char text[512];

	snprintf(text, sizeof(text), KEEPS, rest);
	bed_open(&bed, NULL);
	bed_run(&bed, text);
	bed_close(&bed);
	return bed.end.status == 0;
}

/* As much as there is room for, but for a little. */
static unsigned
rest_of_memory(void)
{
	unsigned low = 0, high = 4 << 20;

	while (high - low > 1000) {
		unsigned middle = low + (high - low) / 2;

		if (fits(middle))
			low = middle;
		else
			high = middle;
	}
	return low;
}

/* Who has filled its memory has all of it collected for each text that it makes. */
static void
test_who_has_garbage_collected_all_the_time_is_late(void **state)
{
	struct slow edge = {"garbage at the edge of memory", NULL,
		"while true do local s = k .. 'y' end", LATE};
	char before[512];

	(void)state;
	snprintf(before, sizeof(before), KEEPS, rest_of_memory() - 10000);
	edge.before = before;
	assert_true(is_ended(&edge));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_dear_instruction_is_not_done_again_and_again),
		cmocka_unit_test(test_a_long_text_of_the_source_is_dear_for_each_session),
		cmocka_unit_test(test_who_has_garbage_collected_all_the_time_is_late),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
