#include "tests/daemons/acs/things.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TESTS_MOST 32

struct whole whole;
struct box box;
unsigned trial;
char task_path[128], octets[100000];

static const struct trouble *trouble;

static void
open_whole(void)
{
	memset(&whole, 0, sizeof(whole));
	whole.waits_ms = 70000;
	whole.settings = "tasks { retry = \"1s\" longest_retry = \"1s\" }\n";
	if (trouble->setup)
		trouble->setup();
	whole_open(&whole);
	box_init(&box, &whole.bed);
	box.waits_ms = 70000;
	box_add(&box, "Device.Name", "old", CWMP_TYPE_STRING);
	box_session(&box, "0 BOOTSTRAP");
	assert_int_equal(box.status, 204);
}

/* ---- what things share ---- */

const char *
ask(const char *method, const char *target, const char *body)
{
	unsigned status = whole_ask(&whole, method, target, body);

	if (status < 200 || status > 299)
		fail_msg("%s %s: %u %s", method, target, status, whole.body);
	return whole.body;
}

const char *
with_trial(const char *format)
{
	static char text[256];
	const char *place = strstr(format, "%u");

	assert_non_null(place);
	snprintf(text, sizeof(text), "%.*s%u%s", (int)(place - format), format, trial, place + 2);
	return text;
}

uint64_t
task_new(const char *task)
{
	uint64_t id = id_in(ask("POST", DEVICE "/tasks", task));

	snprintf(task_path, sizeof(task_path), DEVICE "/tasks/%016llx", (unsigned long long)id);
	return id;
}

bool
task_is(const char *state)
{
	return has(ask("GET", task_path, NULL), state);
}

void
session(void)
{
	box_session(&box, "2 PERIODIC");
	assert_int_equal(box.status, 204);
}

unsigned
session_of(const char *event)
{
	box_session(&box, event);
	return box.was_heard || box.status != 200 ? box.status : 503;
}

/* ---- a thing in trouble ---- */

/* No answer, or one that says to come again; late, if there was nothing to say it with. */
static bool
is_refused(unsigned status)
{
	return !status || status == 500 || status == 503 || status == 504;
}

static bool
is_done(const struct thing *thing, unsigned status)
{
	return (status >= 200 && status < 300) || (thing->or_else && status == thing->or_else);
}

static void
check(const struct thing *thing, unsigned status)
{
	if (thing->check)
		thing->check(status);
}

static void
settle(const struct thing *thing)
{
	if (thing->settled)
		thing->settled();
}

static unsigned long
step_of(unsigned long count)
{
	const char *every = getenv("BED_EVERY");

	if (every)
		return strtoul(every, NULL, 10);
	return count > trouble->tries ? count / trouble->tries : 1;
}

/* With BED_EVERY what is tried is said: a crash says where, but not when. */
static void
note(const char *name, unsigned long nth, unsigned long count)
{
	if (getenv("BED_EVERY"))
		print_message("%s: from %lu on %lu\n", name, nth, count);
}

static void
prepare(const struct thing *thing)
{
	trial++;
	if (thing->prepare)
		thing->prepare();
}

/* Whether one of them failed. */
static bool
try_at(const struct thing *thing, unsigned long nth, unsigned long count)
{
	unsigned status;
	bool has_failed;

	note(thing->name, nth, count);
	prepare(thing);
	trouble->begin(nth, count);
	status = thing->act();
	trouble->end();
	has_failed = trouble->has_failed();
	if (!is_done(thing, status) && !(has_failed && is_refused(status)))
		fail_msg("%s: %u when %lu from %lu on failed: %s", thing->name, status, count, nth,
			whole.body);
	check(thing, status);
	if (trouble->restarts)
		whole_restart(&whole);
	status = thing->act();
	if (!is_done(thing, status))
		fail_msg("%s: %u after %lu from %lu on had failed: %s", thing->name, status, count,
			nth, whole.body);
	check(thing, status);
	settle(thing);
	return has_failed;
}

static unsigned long
steps_of(const struct thing *thing)
{
	unsigned long count;
	unsigned status;

	prepare(thing);
	trouble->begin(0, 0);
	status = thing->act();
	count = trouble->end();
	if (!is_done(thing, status))
		fail_msg("%s: %u: %s", thing->name, status, whole.body);
	check(thing, status);
	settle(thing);
	return count;
}

static void
try_all(const struct thing *thing)
{
	unsigned long step;

	open_whole();
	trial = 0;
	step = step_of(steps_of(thing));
	for (unsigned long n = 1; try_at(thing, n, 1); n += step)
		;
	/* And from there on: what is done about a failure may fail, too. */
	for (unsigned long n = 1; try_at(thing, n, ULONG_MAX); n += 4 * step)
		;
	whole_restart(&whole);
	whole_close(&whole);
}

static void
test_things(void **state)
{
	const struct things *things = *state;

	for (size_t i = 0; i < things->count; i++)
		try_all(&things->each[i]);
}

/* ---- the start ---- */

static void
stock(void)
{
	trial = 1;
	make_script();
	make_preset();
	make_file();
	fail_task();
	task_new(READ);
	tag();
}

static void
expect_stock(void)
{
	trial = 1;
	assert_true(task_is("\"queued\""));
	assert_true(has(ask("GET", DEVICE, NULL), "\"tags\":[\"field\"]"));
	assert_true(has(ask("GET", DEVICE "/faults", NULL), "cwmp.9001"));
	assert_true(has(ask("GET", "/presets/p", NULL), "set1"));
	assert_true(has(ask("GET", "/scripts/s", NULL), "'by1'"));
	file_is_whole();
}

/* Half a store is none: with what is there it starts, or not at all. */
static bool
start_at(unsigned long nth, unsigned long count)
{
	bool is_started;

	note("start", nth, count);
	whole_cut(&whole);
	trouble->begin(nth, count);
	is_started = whole_start(&whole);
	trouble->end();
	if (!trouble->has_failed())
		assert_true(is_started);
	/* It goes on where it could not, or has stopped by then. */
	if (is_started)
		bed_pass(&whole.bed, 5000);
	if (is_started && whole_is_up(&whole))
		expect_stock();
	return trouble->has_failed();
}

static void
test_it_starts_with_all_that_is_stored_or_not_at_all(void **state)
{
	unsigned long count, step;

	(void)state;
	open_whole();
	stock();
	whole_cut(&whole);
	trouble->begin(0, 0);
	assert_true(whole_start(&whole));
	count = trouble->end();
	step = step_of(count);
	for (unsigned long n = 1; start_at(n, 1); n += step)
		;
	for (unsigned long n = 1; start_at(n, ULONG_MAX); n += 4 * step)
		;
	whole_close(&whole);
}

/* ---- the tests ---- */

static size_t
tests_add(struct CMUnitTest *tests, size_t count, const struct things *things)
{
	for (; things->name; things++)
		tests[count++] = (struct CMUnitTest){.name = things->name,
			.test_func = test_things,
			.initial_state = (void *)(uintptr_t)things};
	return count;
}

int
things_main(const struct trouble *maker)
{
	static struct CMUnitTest tests[TESTS_MOST] = {
		cmocka_unit_test(test_it_starts_with_all_that_is_stored_or_not_at_all)};
	size_t count = 1;

	trouble = maker;
	count = tests_add(tests, count, things_of_api);
	count = tests_add(tests, count, things_kept);
	count = tests_add(tests, count, things_of_devices);
	if (getenv("BED_TEST"))
		cmocka_set_test_filter(getenv("BED_TEST"));
	return _cmocka_run_group_tests(trouble->name, tests, count, NULL, NULL);
}
