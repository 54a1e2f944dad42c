/* Supervisors: starts, stops, strategies, intensity, escalation, children on other shards. */
#include "core/supervisor.h"

#include "core/registry.h"

#include "lab.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MS     1000000ull
#define SECOND 1000000000ull

static struct sb_child_spec
spec_of(struct probe *probe, const char *id, enum sb_restart restart)
{
	return (struct sb_child_spec){.id = id,
		.module = &probe_module,
		.args = probe,
		.restart = restart,
		.shard = SB_SHARD_SAME};
}

/* A probe that asks a supervisor for things, and the answer it got. */
struct asker {
	struct probe probe;
	uint64_t ref;
};

static const struct note *
answer_to(struct lab *lab, struct asker *asker)
{
	const struct note *note;

	lab_until_notes(lab, &asker->probe, 1);
	note = &asker->probe.notes[--asker->probe.note_count];
	assert_int_equal(note->type, SB_MSG_REPLY);
	assert_true(note->ref == asker->ref);
	return note;
}

static int
try_start(struct lab *lab, struct asker *asker, struct sb_address supervisor,
	const struct sb_child_spec *spec, struct sb_address *child)
{
	struct sb_child_started started = {0};
	const struct note *note;
	int err = sb_start_child(asker->probe.session, supervisor, spec, &asker->ref);

	if (err)
		return err;
	note = answer_to(lab, asker);
	if (note->status == 0)
		memcpy(&started, note->data, sizeof(started));
	*child = started.address;
	return note->status;
}

static struct sb_address
start_child(struct lab *lab, struct asker *asker, struct sb_address supervisor,
	const struct sb_child_spec *spec)
{
	struct sb_address child = {0};

	assert_int_equal(try_start(lab, asker, supervisor, spec, &child), 0);
	return child;
}

static struct sb_supervisor_counts
counts_of(struct lab *lab, struct asker *asker, struct sb_address supervisor)
{
	struct sb_supervisor_counts counts;
	const struct note *note;

	assert_int_equal(sb_count_children(asker->probe.session, supervisor, &asker->ref), 0);
	note = answer_to(lab, asker);
	assert_int_equal(note->status, 0);
	memcpy(&counts, note->data, sizeof(counts));
	return counts;
}

static int
stop_child(
	struct lab *lab, struct asker *asker, struct sb_address supervisor, struct sb_address child)
{
	assert_int_equal(sb_stop_child(asker->probe.session, supervisor, child, &asker->ref), 0);
	return answer_to(lab, asker)->status;
}

static struct asker the_asker;

static struct asker *
asker_of(struct lab *lab)
{
	memset(&the_asker, 0, sizeof(the_asker));
	lab_start(lab, 0, &the_asker.probe);
	return &the_asker;
}

static struct sb_address
supervisor_of(struct lab *lab, struct asker *asker, const struct sb_supervisor_options *options)
{
	struct sb_child_spec spec = {.module = &sb_supervisor_module,
		.args = options,
		.args_size = sizeof(*options),
		.restart = SB_TEMPORARY,
		.shard = SB_SHARD_SAME};

	return start_child(lab, asker, sb_node_root(lab->node), &spec);
}

/* Three children under a supervisor; the trace says when they start (A) and end (a). */

static struct probe abc[3];
static char trace[128];

static void
trace_add(struct probe *probe, char first)
{
	size_t length = strlen(trace);

	if (length + 1 < sizeof(trace))
		trace[length] = (char)(first + (probe - abc));
}

static int
trace_start(struct sb_session *s, struct probe *probe)
{
	(void)s;
	trace_add(probe, 'A');
	return 0;
}

static void
trace_closed(struct sb_session *s, struct probe *probe)
{
	(void)s;
	trace_add(probe, 'a');
}

static void
abc_reset(struct sb_child_spec specs[3], enum sb_restart restart)
{
	static const char *const ids[] = {"a", "b", "c"};

	memset(abc, 0, sizeof(abc));
	memset(trace, 0, sizeof(trace));
	for (int i = 0; i < 3; i++) {
		abc[i].on_start = trace_start;
		abc[i].on_closed = trace_closed;
		specs[i] = spec_of(&abc[i], ids[i], restart);
		specs[i].shard = i % 2;
	}
}

static struct sb_address
abc_start(struct lab *lab, struct asker *asker, enum sb_strategy strategy, enum sb_restart restart)
{
	struct sb_child_spec specs[3];
	struct sb_supervisor_options options = {
		.strategy = strategy, .children = specs, .child_count = 3};
	struct sb_address supervisor;

	abc_reset(specs, restart);
	supervisor = supervisor_of(lab, asker, &options);
	lab_until_count(lab, &abc[2].starts, 1);
	lab_settle(lab);
	assert_string_equal(trace, "ABC");
	trace[0] = '\0';
	memset(trace, 0, sizeof(trace));
	return supervisor;
}

static void
assert_trace(struct lab *lab, const char *expected)
{
	lab_settle(lab);
	assert_string_equal(trace, expected);
	memset(trace, 0, sizeof(trace));
}

/* ---- order ---- */

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
stay(struct sb_session *s, struct probe *probe)
{
	(void)s;
	(void)probe;
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

static int
refuse(struct sb_session *s, struct probe *probe)
{
	(void)s;
	(void)probe;
	return SB_EIO;
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

/* ---- the node ---- */

static void
test_draining_a_node_ends_the_tree_from_its_leaves(void **state)
{
	struct lab *lab = *state;

	abc_start(lab, asker_of(lab), SB_ONE_FOR_ONE, SB_PERMANENT);
	sb_node_stop(lab->node);
	assert_trace(lab, "cba");
	assert_true(sb_node_is_stopped(lab->node));
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

static int
set_up(void **state)
{
	struct lab *lab = malloc(sizeof(*lab));

	lab_init(lab, 2);
	*state = lab;
	return 0;
}

static int
tear_down(void **state)
{
	lab_fini(*state);
	free(*state);
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_children_stop_in_the_reverse_order_of_their_start),
		TEST(test_each_stop_waits_for_the_one_before),
		TEST(test_who_does_not_stop_is_cut_at_its_deadline),
		TEST(test_a_brutal_stop_asks_nobody),
		TEST(test_dynamic_children_stop_together),
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
		TEST(test_children_live_on_the_shard_their_spec_says),
		TEST(test_a_child_that_starts_after_its_deadline_is_cut),
		TEST(test_children_of_a_cut_supervisor_are_cut),
		TEST(test_ids_are_unique_and_children_are_bounded),
		TEST(test_a_dynamic_child_that_does_not_start_is_forgotten),
		TEST(test_stopping_who_is_no_child_says_so),
		TEST(test_args_are_copied_with_their_size),
		TEST(test_a_spec_without_sense_is_refused),
		TEST(test_a_supervisor_that_cannot_start_leaves_nothing),
		TEST(test_a_supervisor_is_found_by_its_name),
		TEST(test_calls_to_an_ended_supervisor_are_answered),
		TEST(test_draining_a_node_ends_the_tree_from_its_leaves),
		TEST(test_no_child_is_lost_for_want_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
