/* Supervisors: in which order children stop, how long they may take, and what is answered then. */
#include "core/supervisor.h"

#include "supervisor_fixture.h"

#include <string.h>

static void
test_children_stop_in_the_reverse_order_of_their_start(void **state)
{
	struct lab *lab = *state;
	struct asker *asker = asker_of(lab);
	struct sb_address supervisor = abc_start(lab, asker, SB_ONE_FOR_ONE, SB_PERMANENT);

	assert_int_equal(stop_child(lab, asker, sb_node_root(lab->node), supervisor), 0);
	assert_trace(lab, "cba");
	for (int i = 0; i < 3; i++) {
		assert_int_equal(abc[i].stops, 1);
		assert_int_equal(abc[i].why, SB_END_DRAIN);
	}
}

static void
test_each_stop_waits_for_the_one_before(void **state)
{
	struct lab *lab = *state;
	struct asker *asker = asker_of(lab);
	struct sb_address supervisor = abc_start(lab, asker, SB_ONE_FOR_ONE, SB_PERMANENT);

	abc[1].on_stopping = stay;
	assert_int_equal(sb_stop_child(asker->probe.session, sb_node_root(lab->node), supervisor,
				 &asker->ref),
		0);
	assert_trace(lab, "c");
	assert_int_equal(abc[1].stops, 1);
	assert_int_equal(abc[0].stops, 0);
	sb_close(abc[1].session, SB_END_LOCAL);
	assert_trace(lab, "ba");
	assert_int_equal(answer_to(lab, asker)->status, 0);
}

static void
test_who_does_not_stop_is_cut_at_its_deadline(void **state)
{
	struct lab *lab = *state;
	struct asker *asker = asker_of(lab);
	static struct probe probe;
	struct sb_child_spec spec = spec_of(&probe, NULL, SB_PERMANENT);
	struct sb_address child;

	memset(&probe, 0, sizeof(probe));
	probe.on_stopping = stay;
	spec.shutdown_ms = 700;
	lab_stop_clock(lab);
	child = start_child(lab, asker, sb_node_root(lab->node), &spec);
	assert_int_equal(
		sb_stop_child(asker->probe.session, sb_node_root(lab->node), child, &asker->ref),
		0);
	lab_settle(lab);
	lab_skip(lab, 699 * MS);
	lab_settle(lab);
	assert_int_equal(probe.stops, 1);
	assert_int_equal(probe.ends, 0);
	lab_skip(lab, 2 * MS);
	assert_int_equal(answer_to(lab, asker)->status, 0);
	assert_int_equal(probe.ends, 1);
	assert_int_equal(probe.why, SB_END_DEADLINE);
	assert_int_equal(probe.starts, 1);
}

static void
test_a_brutal_stop_asks_nobody(void **state)
{
	struct lab *lab = *state;
	struct asker *asker = asker_of(lab);
	static struct probe probe;
	struct sb_child_spec spec = spec_of(&probe, NULL, SB_PERMANENT);
	struct sb_address child;

	memset(&probe, 0, sizeof(probe));
	spec.shutdown_ms = SB_SHUTDOWN_BRUTAL;
	spec.shard = 1;
	child = start_child(lab, asker, sb_node_root(lab->node), &spec);
	assert_int_equal(stop_child(lab, asker, sb_node_root(lab->node), child), 0);
	assert_int_equal(probe.stops, 0);
	assert_int_equal(probe.ends, 1);
}

static void
test_dynamic_children_stop_together(void **state)
{
	struct lab *lab = *state;
	struct asker *asker = asker_of(lab);
	static struct probe probes[3];
	struct sb_supervisor_options options = {.strategy = SB_ONE_FOR_ONE};
	struct sb_address supervisor = supervisor_of(lab, asker, &options);

	memset(probes, 0, sizeof(probes));
	for (int i = 0; i < 3; i++) {
		struct sb_child_spec spec = spec_of(&probes[i], NULL, SB_TEMPORARY);

		probes[i].on_stopping = stay;
		start_child(lab, asker, supervisor, &spec);
	}
	assert_int_equal(sb_stop_child(asker->probe.session, sb_node_root(lab->node), supervisor,
				 &asker->ref),
		0);
	lab_settle(lab);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(probes[i].stops, 1);
		sb_close(probes[i].session, SB_END_LOCAL);
	}
	assert_int_equal(answer_to(lab, asker)->status, 0);
}

static void
test_children_of_a_cut_supervisor_are_cut(void **state)
{
	struct lab *lab = *state;
	struct asker *asker = asker_of(lab);
	struct sb_child_spec specs[3];
	struct sb_supervisor_options inner = {
		.strategy = SB_ONE_FOR_ONE, .children = specs, .child_count = 3};
	struct sb_child_spec nested = {.module = &sb_supervisor_module,
		.args = &inner,
		.args_size = sizeof(inner),
		.restart = SB_TEMPORARY,
		.shutdown_ms = SB_SHUTDOWN_BRUTAL,
		.shard = SB_SHARD_SAME};
	struct sb_address child;

	abc_reset(specs, SB_PERMANENT);
	child = start_child(lab, asker, sb_node_root(lab->node), &nested);
	assert_trace(lab, "ABC");
	assert_int_equal(stop_child(lab, asker, sb_node_root(lab->node), child), 0);
	lab_settle(lab);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(abc[i].ends, 1);
		assert_int_equal(abc[i].stops, 0);
		assert_int_equal(abc[i].starts, 1);
	}
}

static void
test_calls_to_an_ended_supervisor_are_answered(void **state)
{
	struct lab *lab = *state;
	struct asker *asker = asker_of(lab);
	struct sb_address supervisor = abc_start(lab, asker, SB_ONE_FOR_ONE, SB_PERMANENT), child;
	struct sb_child_spec spec = spec_of(&abc[0], "new", SB_PERMANENT);

	abc[2].on_stopping = stay;
	assert_int_equal(sb_stop_child(asker->probe.session, sb_node_root(lab->node), supervisor,
				 &asker->ref),
		0);
	lab_settle(lab);
	{
		uint64_t stopping = asker->ref;

		assert_int_equal(try_start(lab, asker, supervisor, &spec, &child), SB_GONE);
		sb_close(abc[2].session, SB_END_LOCAL);
		asker->ref = stopping;
		assert_int_equal(answer_to(lab, asker)->status, 0);
	}
	assert_int_equal(try_start(lab, asker, supervisor, &spec, &child), SB_GONE);
}

static void
test_draining_a_node_ends_the_tree_from_its_leaves(void **state)
{
	struct lab *lab = *state;

	abc_start(lab, asker_of(lab), SB_ONE_FOR_ONE, SB_PERMANENT);
	sb_node_stop(lab->node);
	assert_trace(lab, "cba");
	assert_true(sb_node_is_stopped(lab->node));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_children_stop_in_the_reverse_order_of_their_start),
		TEST(test_each_stop_waits_for_the_one_before),
		TEST(test_who_does_not_stop_is_cut_at_its_deadline),
		TEST(test_a_brutal_stop_asks_nobody),
		TEST(test_dynamic_children_stop_together),
		TEST(test_children_of_a_cut_supervisor_are_cut),
		TEST(test_calls_to_an_ended_supervisor_are_answered),
		TEST(test_draining_a_node_ends_the_tree_from_its_leaves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
