/* Supervisors: children on other shards, and those that come and go while they run. */
#include "core/supervisor.h"

#include "core/registry.h"

#include "supervisor_fixture.h"

#include <string.h>

/* ---- shards ---- */

static void
test_children_live_on_the_shard_their_spec_says(void **state)
{
	struct lab *lab = *state;
	struct asker *asker = asker_of(lab);
	static struct probe probes[7];
	static const int shards[7] = {
		0, 1, SB_SHARD_SAME, SB_SHARD_SPREAD, SB_SHARD_SPREAD, SB_SHARD_SPREAD, 2};
	struct sb_address child;
	unsigned spread[2] = {0};

	memset(probes, 0, sizeof(probes));
	for (int i = 0; i < 6; i++) {
		struct sb_child_spec spec = spec_of(&probes[i], NULL, SB_TEMPORARY);

		spec.shard = shards[i];
		child = start_child(lab, asker, sb_node_root(lab->node), &spec);
		assert_true(sb_address_equal(child, probes[i].address));
		if (shards[i] == SB_SHARD_SPREAD)
			spread[probes[i].shard]++;
	}
	assert_int_equal(probes[0].shard, 0);
	assert_int_equal(probes[1].shard, 1);
	assert_int_equal(probes[2].shard, 0);
	assert_int_equal(spread[0] + spread[1], 3);
	assert_true(spread[0] && spread[1]);
	{
		struct sb_child_spec spec = spec_of(&probes[6], NULL, SB_TEMPORARY);

		spec.shard = 2; /* there are two */
		assert_int_equal(
			try_start(lab, asker, sb_node_root(lab->node), &spec, &child), SB_EINVAL);
		spec.shard = -3;
		assert_int_equal(
			try_start(lab, asker, sb_node_root(lab->node), &spec, &child), SB_EINVAL);
	}
}

static void
test_a_child_that_starts_after_its_deadline_is_cut(void **state)
{
	struct lab *lab = *state;
	struct asker *asker = asker_of(lab);
	static struct probe probe;
	struct sb_child_spec spec = spec_of(&probe, NULL, SB_PERMANENT);

	memset(&probe, 0, sizeof(probe));
	spec.shard = 1;
	lab_stop_clock(lab);
	lab_settle(lab);
	assert_int_equal(
		sb_start_child(asker->probe.session, sb_node_root(lab->node), &spec, &asker->ref),
		0);
	/* Only shard 0 has its turns. */
	for (int i = 0; i < 4; i++)
		sb_node_turn(lab->node, 0, 0);
	assert_int_equal(asker->probe.note_count, 0);
	lab_skip(lab, 11 * SECOND);
	for (int i = 0; i < 4; i++)
		sb_node_turn(lab->node, 0, 0);
	assert_int_equal(answer_to(lab, asker)->status, SB_ECANCELED);
	lab_settle(lab);
	assert_int_equal(probe.starts, 1);
	assert_int_equal(probe.ends, 1);
	assert_int_equal(counts_of(lab, asker, sb_node_root(lab->node)).specs, 0);
}

/* ---- dynamic children ---- */

static void
test_ids_are_unique_and_children_are_bounded(void **state)
{
	struct lab *lab = *state;
	struct asker *asker = asker_of(lab);
	static struct probe probes[4];
	struct sb_supervisor_options options = {.strategy = SB_ONE_FOR_ONE, .max_children = 3};
	struct sb_address supervisor = supervisor_of(lab, asker, &options), child;
	struct sb_child_spec spec = spec_of(&probes[0], "one", SB_PERMANENT);

	memset(probes, 0, sizeof(probes));
	child = start_child(lab, asker, supervisor, &spec);
	spec.args = &probes[1];
	assert_int_equal(try_start(lab, asker, supervisor, &spec, &child), SB_EEXIST);
	spec.id = NULL;
	start_child(lab, asker, supervisor, &spec);
	spec.args = &probes[2];
	start_child(lab, asker, supervisor, &spec);
	spec.args = &probes[3];
	assert_int_equal(try_start(lab, asker, supervisor, &spec, &child), SB_ELIMIT);
	assert_int_equal(counts_of(lab, asker, supervisor).active, 3);
	assert_int_equal(counts_of(lab, asker, supervisor).workers, 3);
	assert_int_equal(stop_child(lab, asker, supervisor, probes[0].address), 0);
	spec.id = "one";
	start_child(lab, asker, supervisor, &spec);
}

static void
test_a_dynamic_child_that_does_not_start_is_forgotten(void **state)
{
	struct lab *lab = *state;
	struct asker *asker = asker_of(lab);
	static struct probe probe;
	struct sb_child_spec spec = spec_of(&probe, "bad", SB_PERMANENT);
	struct sb_address child;

	memset(&probe, 0, sizeof(probe));
	probe.on_start = refuse;
	for (int shard = 0; shard < 2; shard++) {
		spec.shard = shard;
		assert_int_equal(try_start(lab, asker, sb_node_root(lab->node), &spec, &child),
			SB_ECANCELED);
		assert_int_equal(counts_of(lab, asker, sb_node_root(lab->node)).specs, 0);
	}
	assert_int_equal(probe.starts, 2);
	assert_int_equal(probe.ends, 0);
}

static void
test_stopping_who_is_no_child_says_so(void **state)
{
	struct lab *lab = *state;
	struct asker *asker = asker_of(lab);
	static struct probe probe;
	struct sb_child_spec spec = spec_of(&probe, NULL, SB_PERMANENT);
	struct sb_address child;

	memset(&probe, 0, sizeof(probe));
	child = start_child(lab, asker, sb_node_root(lab->node), &spec);
	assert_int_equal(
		stop_child(lab, asker, sb_node_root(lab->node), asker->probe.address), SB_ENOENT);
	assert_int_equal(stop_child(lab, asker, sb_node_root(lab->node), child), 0);
	assert_int_equal(stop_child(lab, asker, sb_node_root(lab->node), child), SB_ENOENT);
	assert_int_equal(probe.starts, 1);
}

static int
copied_start(struct sb_session *s, const void *args)
{
	(void)s;
	assert_string_equal(args, "copied");
	return 0;
}

static const struct sb_module copied_module = {
	.abi = SB_MODULE_ABI, .name = "test.copied", .start = copied_start};

static void
test_args_are_copied_with_their_size(void **state)
{
	struct lab *lab = *state;
	struct asker *asker = asker_of(lab);
	char args[] = "copied";
	struct sb_child_spec spec = {.module = &copied_module,
		.args = args,
		.args_size = sizeof(args),
		.restart = SB_TEMPORARY,
		.shard = 1};

	assert_int_equal(
		sb_start_child(asker->probe.session, sb_node_root(lab->node), &spec, &asker->ref),
		0);
	memset(args, 'x', sizeof(args) - 1);
	assert_int_equal(answer_to(lab, asker)->status, 0);
}

static void
test_a_spec_without_sense_is_refused(void **state)
{
	struct lab *lab = *state;
	static struct probe probe;
	struct sb_child_spec spec = spec_of(&probe, NULL, SB_PERMANENT);
	static const struct sb_module other_abi = {.abi = SB_MODULE_ABI + 1, .name = "test.abi"};

	spec.module = NULL;
	assert_int_equal(sb_node_start_child(lab->node, &spec), SB_EINVAL);
	spec.module = &other_abi;
	assert_int_equal(sb_node_start_child(lab->node, &spec), SB_EINVAL);
	spec = spec_of(&probe, NULL, (enum sb_restart)7);
	assert_int_equal(sb_node_start_child(lab->node, &spec), SB_EINVAL);
}

static void
test_a_supervisor_that_cannot_start_leaves_nothing(void **state)
{
	struct lab *lab = *state;
	struct asker *asker = asker_of(lab);
	struct sb_child_spec specs[3];
	struct sb_supervisor_options options = {
		.strategy = SB_ONE_FOR_ONE, .children = specs, .child_count = 3};
	struct sb_child_spec spec = {.module = &sb_supervisor_module,
		.args = &options,
		.args_size = sizeof(options),
		.restart = SB_TEMPORARY,
		.shard = SB_SHARD_SAME};
	struct sb_address child;

	abc_reset(specs, SB_PERMANENT);
	specs[2].shard = 99;
	assert_int_equal(
		try_start(lab, asker, sb_node_root(lab->node), &spec, &child), SB_ECANCELED);
	assert_trace(lab, "");
}

static void
test_a_supervisor_is_found_by_its_name(void **state)
{
	struct lab *lab = *state;
	struct asker *asker = asker_of(lab);
	char name[] = "peers";
	struct sb_supervisor_options options = {.name = name};
	struct sb_child_spec spec = {.module = &sb_supervisor_module,
		.args = &options,
		.args_size = sizeof(options),
		.shard = SB_SHARD_SAME};
	struct sb_address first, second, found;

	first = start_child(lab, asker, sb_node_root(lab->node), &spec);
	assert_int_equal(
		try_start(lab, asker, sb_node_root(lab->node), &spec, &second), SB_ECANCELED);
	memset(name, 'x', sizeof(name) - 1); /* it was copied */
	assert_int_equal(sb_node_lookup(lab->node, "peers", &found), 0);
	assert_true(sb_address_equal(found, first));
	assert_int_equal(stop_child(lab, asker, sb_node_root(lab->node), first), 0);
	assert_int_equal(sb_node_lookup(lab->node, "peers", &found), SB_ENOENT);
}

static void
test_no_child_is_lost_for_want_of_memory(void **state)
{
	struct lab *lab = *state;
	struct asker *asker = asker_of(lab);
	struct sb_address supervisor = abc_start(lab, asker, SB_ONE_FOR_ONE, SB_PERMANENT);
	static struct probe probe;
	struct sb_child_spec spec = spec_of(&probe, "more", SB_PERMANENT);
	struct sb_address child;
	bool is_started = false;

	memset(&probe, 0, sizeof(probe));
	spec.shard = 1;
	for (size_t n = 1; !is_started; n++) {
		int err;

		asker->probe.note_count = 0;
		lab->fail_at = n;
		err = sb_start_child(asker->probe.session, supervisor, &spec, &asker->ref);
		lab_settle(lab);
		lab->fail_at = 0;
		if (err) {
			assert_int_equal(err, SB_ENOMEM);
			continue;
		}
		if (asker->probe.note_count)
			is_started = answer_to(lab, asker)->status == 0;
		assert_int_equal(probe.starts - probe.ends, is_started);
		assert_int_equal(counts_of(lab, asker, supervisor).specs, 3u + is_started);
	}
	child = probe.address;
	for (size_t n = 1; n < 6 && probe.session; n++) {
		lab->fail_at = n;
		(void)sb_stop_child(asker->probe.session, supervisor, child, &asker->ref);
		lab_settle(lab);
		lab->fail_at = 0;
	}
	assert_null(probe.session);
	assert_int_equal(probe.starts, probe.ends);
	asker->probe.note_count = 0;
	assert_int_equal(counts_of(lab, asker, supervisor).specs, 3);
}

/* Nobody waits for one of the node's: it comes when there is memory. */
static void
test_a_child_of_the_node_waits_for_memory(void **state)
{
	struct lab *lab = *state;
	static struct probe probes[8];
	unsigned late = 0;

	/* Or on a slow machine the second try comes before we have looked. */
	lab_stop_clock(lab);
	memset(probes, 0, sizeof(probes));
	for (size_t n = 1; n <= 8; n++) {
		struct probe *probe = &probes[n - 1];
		struct sb_child_spec spec = spec_of(probe, NULL, SB_PERMANENT);

		assert_int_equal(sb_node_start_child(lab->node, &spec), 0);
		lab->fail_at = n;
		lab_settle(lab);
		lab->fail_at = 0;
		late += probe->starts == 0;
		lab_skip(lab, 1000000000);
		lab_settle(lab);
		assert_non_null(probe->session);
	}
	assert_true(late > 0);
}

/* The next one takes along those that wait, and is not kept waiting by them. */
static void
test_a_child_of_the_node_does_not_wait_behind_one_that_need_not(void **state)
{
	struct lab *lab = *state;
	static struct probe probes[16];
	unsigned late = 0;

	memset(probes, 0, sizeof(probes));
	for (size_t n = 1; n <= 8; n++) {
		struct probe *first = &probes[2 * n - 2], *second = first + 1;
		struct sb_child_spec specs[] = {
			spec_of(first, NULL, SB_PERMANENT), spec_of(second, NULL, SB_PERMANENT)};

		assert_int_equal(sb_node_start_child(lab->node, &specs[0]), 0);
		lab->fail_at = n;
		lab_settle(lab);
		lab->fail_at = 0;
		late += first->starts == 0;
		assert_int_equal(sb_node_start_child(lab->node, &specs[1]), 0);
		lab_settle(lab);
		assert_true(second->starts > 0);
		lab_skip(lab, 1000000000);
		lab_settle(lab);
		assert_non_null(first->session);
		assert_non_null(second->session);
	}
	assert_true(late > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_children_live_on_the_shard_their_spec_says),
		TEST(test_a_child_that_starts_after_its_deadline_is_cut),
		TEST(test_ids_are_unique_and_children_are_bounded),
		TEST(test_a_dynamic_child_that_does_not_start_is_forgotten),
		TEST(test_stopping_who_is_no_child_says_so),
		TEST(test_args_are_copied_with_their_size),
		TEST(test_a_spec_without_sense_is_refused),
		TEST(test_a_supervisor_that_cannot_start_leaves_nothing),
		TEST(test_a_supervisor_is_found_by_its_name),
		TEST(test_no_child_is_lost_for_want_of_memory),
		TEST(test_a_child_of_the_node_waits_for_memory),
		TEST(test_a_child_of_the_node_does_not_wait_behind_one_that_need_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
