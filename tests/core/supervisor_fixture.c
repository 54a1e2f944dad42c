#include "supervisor_fixture.h"

#include <stdlib.h>
#include <string.h>

struct sb_child_spec
spec_of(struct probe *probe, const char *id, enum sb_restart restart)
{
	return (struct sb_child_spec){.id = id,
		.module = &probe_module,
		.args = probe,
		.restart = restart,
		.shard = SB_SHARD_SAME};
}

const struct note *
answer_to(struct lab *lab, struct asker *asker)
{
	const struct note *note;

	lab_until_notes(lab, &asker->probe, 1);
	note = &asker->probe.notes[--asker->probe.note_count];
	assert_int_equal(note->type, SB_MSG_REPLY);
	assert_true(note->ref == asker->ref);
	return note;
}

int
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

struct sb_address
start_child(struct lab *lab, struct asker *asker, struct sb_address supervisor,
	const struct sb_child_spec *spec)
{
	struct sb_address child = {0};

	assert_int_equal(try_start(lab, asker, supervisor, spec, &child), 0);
	return child;
}

struct sb_supervisor_counts
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

int
stop_child(
	struct lab *lab, struct asker *asker, struct sb_address supervisor, struct sb_address child)
{
	assert_int_equal(sb_stop_child(asker->probe.session, supervisor, child, &asker->ref), 0);
	return answer_to(lab, asker)->status;
}

static struct asker the_asker;

struct asker *
asker_of(struct lab *lab)
{
	memset(&the_asker, 0, sizeof(the_asker));
	lab_start(lab, 0, &the_asker.probe);
	return &the_asker;
}

struct sb_address
supervisor_of(struct lab *lab, struct asker *asker, const struct sb_supervisor_options *options)
{
	struct sb_child_spec spec = {.module = &sb_supervisor_module,
		.args = options,
		.args_size = sizeof(*options),
		.restart = SB_TEMPORARY,
		.shard = SB_SHARD_SAME};

	return start_child(lab, asker, sb_node_root(lab->node), &spec);
}

/* ---- three children ---- */

struct probe abc[3];
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

void
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

struct sb_address
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

void
assert_trace(struct lab *lab, const char *expected)
{
	lab_settle(lab);
	assert_string_equal(trace, expected);
	memset(trace, 0, sizeof(trace));
}

void
stay(struct sb_session *s, struct probe *probe)
{
	(void)s;
	(void)probe;
}

int
refuse(struct sb_session *s, struct probe *probe)
{
	(void)s;
	(void)probe;
	return SB_EIO;
}

int
set_up(void **state)
{
	struct lab *lab = malloc(sizeof(*lab));

	lab_init(lab, 2);
	*state = lab;
	return 0;
}

int
tear_down(void **state)
{
	lab_fini(*state);
	free(*state);
	return 0;
}
