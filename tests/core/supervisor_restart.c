/* Supervisors: who is started again, how often, and what becomes of who keeps failing. */
#include "core/supervisor.h"

#include "supervisor_fixture.h"

#include <string.h>

/* ---- strategies ---- */

static void
test_one_for_one_restarts_only_who_ended(void **state)
{
	struct lab *lab = *state;
	struct asker *asker = asker_of(lab);
	struct sb_address supervisor = abc_start(lab, asker, SB_ONE_FOR_ONE, SB_PERMANENT);

	sb_fail(abc[1].session);
	assert_trace(lab, "bB");
	assert_int_equal(abc[0].stops + abc[2].stops, 0);
	assert_int_equal(counts_of(lab, asker, supervisor).restarts, 1);
}

static void
test_one_for_all_stops_the_others_and_starts_all_in_order(void **state)
{
	struct lab *lab = *state;

	abc_start(lab, asker_of(lab), SB_ONE_FOR_ALL, SB_PERMANENT);
	sb_fail(abc[1].session);
	assert_trace(lab, "bcaABC");
}

static void
test_rest_for_one_restarts_it_and_those_after_it(void **state)
{
	struct lab *lab = *state;

	abc_start(lab, asker_of(lab), SB_REST_FOR_ONE, SB_PERMANENT);
	sb_fail(abc[1].session);
	assert_trace(lab, "bcBC");
	sb_fail(abc[2].session);
	assert_trace(lab, "cC");
	sb_fail(abc[0].session);
	assert_trace(lab, "acbABC");
}

static void
test_an_earlier_end_during_rest_for_one_widens_it(void **state)
{
	struct lab *lab = *state;

	abc_start(lab, asker_of(lab), SB_REST_FOR_ONE, SB_PERMANENT);
	abc[2].on_stopping = stay;
	sb_fail(abc[1].session);
	assert_trace(lab, "b");
	sb_fail(abc[0].session);
	assert_trace(lab, "a");
	sb_close(abc[2].session, SB_END_LOCAL);
	assert_trace(lab, "cABC");
}

static void
test_a_group_restart_forgets_its_temporary_children(void **state)
{
	struct lab *lab = *state;
	struct asker *asker = asker_of(lab);
	struct sb_address supervisor = abc_start(lab, asker, SB_ONE_FOR_ALL, SB_PERMANENT);
	static struct probe temporary;
	struct sb_child_spec spec = spec_of(&temporary, "t", SB_TEMPORARY);

	memset(&temporary, 0, sizeof(temporary));
	start_child(lab, asker, supervisor, &spec);
	sb_fail(abc[0].session);
	assert_trace(lab, "acbABC");
	assert_int_equal(temporary.starts, 1);
	assert_int_equal(temporary.ends, 1);
	assert_int_equal(counts_of(lab, asker, supervisor).specs, 3);
}

/* ---- who is restarted ---- */

static void
test_the_kind_of_restart_and_of_end_decide(void **state)
{
	static const struct {
		enum sb_restart restart;
		enum sb_end why;
		unsigned starts;
	} cases[] = {
		{SB_TEMPORARY, SB_END_LOCAL, 1},
		{SB_TEMPORARY, SB_END_RESET, 1},
		{SB_TEMPORARY, SB_END_FAULT, 1},
		{SB_TRANSIENT, SB_END_LOCAL, 1},
		{SB_TRANSIENT, SB_END_PEER, 1},
		{SB_TRANSIENT, SB_END_DRAIN, 1},
		{SB_TRANSIENT, SB_END_PROTOCOL, 2},
		{SB_TRANSIENT, SB_END_LIMIT, 2},
		{SB_TRANSIENT, SB_END_DEADLINE, 2},
		{SB_TRANSIENT, SB_END_RESET, 2},
		{SB_TRANSIENT, SB_END_FAULT, 2},
		{SB_PERMANENT, SB_END_LOCAL, 2},
		{SB_PERMANENT, SB_END_RESET, 2},
		{SB_PERMANENT, SB_END_FAULT, 2},
	};
	static struct probe probes[sizeof(cases) / sizeof(cases[0])];
	struct lab *lab = *state;
	struct asker *asker = asker_of(lab);

	memset(probes, 0, sizeof(probes));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sb_supervisor_options options = {.strategy = SB_ONE_FOR_ONE};
		struct sb_address supervisor = supervisor_of(lab, asker, &options);
		struct sb_child_spec spec = spec_of(&probes[i], NULL, cases[i].restart);

		start_child(lab, asker, supervisor, &spec);
		if (cases[i].why == SB_END_FAULT)
			sb_fail(probes[i].session);
		else
			sb_close(probes[i].session, cases[i].why);
		lab_settle(lab);
		assert_int_equal(probes[i].starts, cases[i].starts);
		assert_int_equal(
			counts_of(lab, asker, supervisor).specs, cases[i].starts == 2 ? 1 : 0);
	}
}

/* ---- intensity ---- */

static void
test_one_fault_too_many_fails_the_supervisor(void **state)
{
	struct lab *lab = *state;
	struct asker *asker = asker_of(lab);
	struct sb_address supervisor = abc_start(lab, asker, SB_ONE_FOR_ONE, SB_PERMANENT);
	uint64_t down;

	assert_int_equal(sb_monitor(asker->probe.session, supervisor, &down), 0);
	for (int i = 0; i < 3; i++) {
		sb_fail(abc[1].session);
		assert_trace(lab, "bB");
	}
	assert_int_equal(asker->probe.note_count, 0);
	sb_fail(abc[1].session);
	assert_trace(lab, "bca");
	lab_until_notes(lab, &asker->probe, 1);
	assert_int_equal(asker->probe.notes[0].type, SB_MSG_DOWN);
	assert_int_equal(asker->probe.notes[0].status, SB_END_FAULT);
}

static void
test_faults_outside_the_window_do_not_count(void **state)
{
	struct lab *lab = *state;

	abc_start(lab, asker_of(lab), SB_ONE_FOR_ONE, SB_PERMANENT);
	lab_stop_clock(lab);
	for (int i = 0; i < 12; i++) {
		sb_fail(abc[1].session);
		assert_trace(lab, "bB");
		lab_skip(lab, 1700 * MS); /* three in the 5 s of the default */
	}
}

static void
test_ends_without_fault_do_not_count_but_are_delayed(void **state)
{
	struct lab *lab = *state;
	uint64_t delay = 100 * MS;

	abc_start(lab, asker_of(lab), SB_ONE_FOR_ONE, SB_PERMANENT);
	lab_stop_clock(lab);
	lab_settle(lab);
	sb_close(abc[1].session, SB_END_RESET);
	assert_trace(lab, "bB"); /* the first at once */
	for (int i = 0; i < 12; i++) {
		sb_close(abc[1].session, SB_END_RESET);
		assert_trace(lab, "b");
		lab_skip(lab, delay - 1 * MS);
		assert_trace(lab, "");
		lab_skip(lab, 11 * MS);
		assert_trace(lab, "B");
		delay = delay * 2 < 30 * SECOND ? delay * 2 : 30 * SECOND;
	}
	lab_skip(lab, 10 * SECOND); /* a life long enough */
	lab_settle(lab);
	sb_close(abc[1].session, SB_END_RESET);
	assert_trace(lab, "bB");
}

static void
test_a_start_that_keeps_failing_escalates(void **state)
{
	struct lab *lab = *state;
	struct asker *asker = asker_of(lab);
	static struct probe probe;
	struct sb_child_spec spec = spec_of(&probe, "bad", SB_PERMANENT);
	struct sb_supervisor_options options = {
		.strategy = SB_ONE_FOR_ONE, .children = &spec, .child_count = 1, .max_restarts = 2};
	struct sb_address supervisor;
	uint64_t down;

	memset(&probe, 0, sizeof(probe));
	probe.on_start = refuse;
	supervisor = supervisor_of(lab, asker, &options);
	assert_int_equal(sb_monitor(asker->probe.session, supervisor, &down), 0);
	lab_until_notes(lab, &asker->probe, 1);
	assert_int_equal(asker->probe.notes[0].type, SB_MSG_DOWN);
	assert_int_equal(probe.starts, 3);
	assert_int_equal(probe.ends, 0); /* it never was */
}

static void
test_a_failed_supervisor_is_restarted_with_its_children_by_its_own(void **state)
{
	struct lab *lab = *state;
	struct asker *asker = asker_of(lab);
	struct sb_child_spec specs[3];
	struct sb_supervisor_options inner = {
		.strategy = SB_ONE_FOR_ONE, .children = specs, .child_count = 3, .max_restarts = 1};
	struct sb_child_spec nested = {.id = "inner",
		.module = &sb_supervisor_module,
		.args = &inner,
		.args_size = sizeof(inner),
		.restart = SB_PERMANENT,
		.shard = 1};
	struct sb_supervisor_options outer = {
		.strategy = SB_ONE_FOR_ONE, .children = &nested, .child_count = 1};
	struct sb_address supervisor;

	abc_reset(specs, SB_PERMANENT);
	supervisor = supervisor_of(lab, asker, &outer);
	/* All of it was copied. */
	memset(specs, 0xff, sizeof(specs));
	memset(&inner, 0xff, sizeof(inner));
	memset(&nested, 0xff, sizeof(nested));
	assert_trace(lab, "ABC");
	sb_fail(abc[0].session);
	assert_trace(lab, "aA");
	sb_fail(abc[0].session);
	assert_trace(lab, "acbABC");
	assert_int_equal(counts_of(lab, asker, supervisor).restarts, 1);
	assert_int_equal(counts_of(lab, asker, supervisor).supervisors, 1);
}

static void
test_a_root_that_fails_stops_the_node(void **state)
{
	struct lab *lab = *state;
	static struct probe probe;
	struct sb_child_spec spec = spec_of(&probe, "bad", SB_PERMANENT);

	memset(&probe, 0, sizeof(probe));
	probe.on_start = refuse;
	assert_int_equal(sb_node_start_child(lab->node, &spec), 0);
	lab_settle(lab);
	assert_int_equal(probe.starts, 4);
	assert_true(sb_node_is_stopped(lab->node));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_one_for_one_restarts_only_who_ended),
		TEST(test_one_for_all_stops_the_others_and_starts_all_in_order),
		TEST(test_rest_for_one_restarts_it_and_those_after_it),
		TEST(test_an_earlier_end_during_rest_for_one_widens_it),
		TEST(test_a_group_restart_forgets_its_temporary_children),
		TEST(test_the_kind_of_restart_and_of_end_decide),
		TEST(test_one_fault_too_many_fails_the_supervisor),
		TEST(test_faults_outside_the_window_do_not_count),
		TEST(test_ends_without_fault_do_not_count_but_are_delayed),
		TEST(test_a_start_that_keeps_failing_escalates),
		TEST(test_a_failed_supervisor_is_restarted_with_its_children_by_its_own),
		TEST(test_a_root_that_fails_stops_the_node),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
